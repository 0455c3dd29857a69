// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet goes out: helper, and a new entry goes into the table, or clashes
 * with one that was faster.
 */
#include "ct_helper.h"
#include "ct_proto.h"
#include "ct_seqadj.h"
#include "ct_table.h"

/* Longest chain, and how much of that is chance, as the kernel. */
#define CHAIN_MIN 50u
#define CHAIN_CHANCE 30u
/* How long an entry lives that lost a clash. */
#define CLASH_NS SKALD_NS_PER_S

static void tell_new(const struct skald_ct_packet *packet)
{
	struct skald_ct_note note = { .kind = SKALD_CT_NOTE_NEW };
	const struct skald_ct_proto *proto;

	if (!skald_ct_told(packet->table))
		return;
	proto = skald_ct_proto_of(packet->table, skald_ct_protonum(packet->ct));
	note.new_state = proto->state ? proto->state(packet->ct) : 0;
	skald_ct_tell(packet, &note);
}

/*
 * The node of @hash's chain that has @tuple already. Return: false when the
 * chain is too long
 */
static bool find_rival(const struct skald_ct_packet *packet, u32 hash,
		       const struct skald_ct_tuple *tuple, u32 longest,
		       struct skald_ct_node **rival)
{
	struct skald_ct_table *table = packet->table;
	struct skald_ct_node *node;
	u32 n = 0;

	*rival = NULL;
	hlist_for_each_entry(
		node, &table->buckets[skald_ct_bucket(table, hash)], chain) {
		if (skald_ct_node_equal(node, tuple, &packet->ct->zone) &&
		    !skald_ct_expired(skald_ct_of_node(node), packet->now_ns)) {
			*rival = node;
			return true;
		}
		if (n++ > longest)
			return false;
	}
	return true;
}

static void insert(const struct skald_ct_packet *packet, u32 reply_hash)
{
	struct skald_ct_table *table = packet->table;
	struct skald_ct *ct = packet->ct;

	/* from now on the timeout is a time */
	WRITE_ONCE(ct->expires_ns, ct->expires_ns + packet->now_ns);
	ct->begin_ns = packet->now_ns;
	refcount_inc(&ct->refs);
	hlist_add_head_rcu(&ct->nodes[SKALD_CT_ORIGINAL].chain,
			   &table->buckets[skald_ct_bucket(table, ct->hash)]);
	hlist_add_head_rcu(&ct->nodes[SKALD_CT_REPLY].chain,
			   &table->buckets[skald_ct_bucket(table, reply_hash)]);
	set_bit(SKALD_CT_CONFIRMED, &ct->status);
	atomic64_inc(&table->stats.insert);
}

/* ---- clashes ---- */

static bool same_tuples(const struct skald_ct *a, enum skald_ct_dir a_dir,
			const struct skald_ct *b)
{
	return skald_ct_tuple_equal(skald_ct_tuple(a, a_dir),
				    skald_ct_tuple(b, SKALD_CT_ORIGINAL)) &&
	       skald_ct_tuple_equal(skald_ct_tuple(a, !a_dir),
				    skald_ct_tuple(b, SKALD_CT_REPLY)) &&
	       skald_ct_zone_id(&a->zone, a_dir) ==
		       skald_ct_zone_id(&b->zone, SKALD_CT_ORIGINAL) &&
	       skald_ct_zone_id(&a->zone, !a_dir) ==
		       skald_ct_zone_id(&b->zone, SKALD_CT_REPLY);
}

/* The packet goes to the entry that was faster, if that is the same flow. */
static bool merge(struct skald_ct_packet *packet, struct skald_ct_node *rival)
{
	struct skald_ct *loser = packet->ct;
	struct skald_ct *ct = skald_ct_of_node(rival);
	struct skald_ct_count *count = &ct->count[packet->dir];

	if (!same_tuples(ct, SKALD_CT_ORIGINAL, loser) &&
	    !same_tuples(ct, SKALD_CT_REPLY, loser))
		return false;
	atomic64_add(atomic64_read(&loser->count[packet->dir].packets),
		     &count->packets);
	atomic64_add(atomic64_read(&loser->count[packet->dir].bytes),
		     &count->bytes);
	refcount_inc(&ct->refs);
	packet->ct = ct;
	return true;
}

/*
 * nf_ct_resolve_clash_harder(): only the answers' tuple goes into the table,
 * for a second; the packets of the other direction are the faster entry's.
 */
static bool insert_reply_only(struct skald_ct_packet *packet, u32 reply_hash)
{
	struct skald_ct_table *table = packet->table;
	struct skald_ct *ct = packet->ct;
	struct skald_ct_node *rival;

	if (!find_rival(packet, reply_hash, skald_ct_tuple(ct, SKALD_CT_REPLY),
			U32_MAX, &rival) ||
	    rival)
		return false;
	WRITE_ONCE(ct->expires_ns, packet->now_ns + CLASH_NS);
	ct->begin_ns = packet->now_ns;
	set_bit(SKALD_CT_FIXED_TIMEOUT, &ct->status);
	set_bit(SKALD_CT_NAT_CLASH, &ct->status);
	refcount_inc(&ct->refs);
	hlist_add_head_rcu(&ct->nodes[SKALD_CT_REPLY].chain,
			   &table->buckets[skald_ct_bucket(table, reply_hash)]);
	set_bit(SKALD_CT_CONFIRMED, &ct->status);
	return true;
}

/* Return: whether the packet may pass */
static bool resolve(struct skald_ct_packet *packet, struct skald_ct_node *rival,
		    u32 reply_hash)
{
	const struct skald_ct_proto *proto =
		skald_ct_proto_of(packet->table, skald_ct_protonum(packet->ct));

	if (!proto->allow_clash)
		return false;
	return merge(packet, rival) || insert_reply_only(packet, reply_hash);
}

static int drop(struct skald_ct_packet *packet, enum skald_ct_reason reason)
{
	struct skald_ct_note note = { .kind = SKALD_CT_NOTE_DROP,
				      .reason = reason };
	struct skald_ct_stats *stats = &packet->table->stats;

	atomic64_inc(&stats->insert_failed);
	atomic64_inc(reason == SKALD_CT_REASON_CHAIN ? &stats->chaintoolong
						     : &stats->drop);
	packet->reason = reason;
	skald_ct_tell(packet, &note);
	return NF_DROP;
}

/* ---- confirming ---- */

/* Under the locks of both chains. Return: 0, -ENOSPC, -EEXIST with @rival */
static int try_insert(const struct skald_ct_packet *packet, u32 reply_hash,
		      struct skald_ct_node **rival)
{
	const struct skald_ct *ct = packet->ct;
	u32 longest =
		CHAIN_MIN + skald_random_below(skald_ct_random(packet->table),
					       CHAIN_CHANCE);

	if (!find_rival(packet, ct->hash, skald_ct_tuple(ct, SKALD_CT_ORIGINAL),
			longest, rival))
		return -ENOSPC;
	if (!*rival &&
	    !find_rival(packet, reply_hash, skald_ct_tuple(ct, SKALD_CT_REPLY),
			longest, rival))
		return -ENOSPC;
	if (*rival)
		return -EEXIST;
	insert(packet, reply_hash);
	return 0;
}

static int put_in(struct skald_ct_packet *packet)
{
	struct skald_ct_table *table = packet->table;
	struct skald_ct *mine = packet->ct;
	u32 hash = mine->hash, reply_hash = skald_ct_reply_hash(table, mine);
	struct skald_ct_note clash = { .kind = SKALD_CT_NOTE_CLASH,
				       .reason = SKALD_CT_REASON_CLASH };
	struct skald_ct_node *rival;
	bool resolved = false;
	int ret;

	skald_ct_lock_two(table, hash, reply_hash);
	ret = try_insert(packet, reply_hash, &rival);
	if (ret == -EEXIST)
		resolved = resolve(packet, rival, reply_hash);
	skald_ct_unlock_two(table, hash, reply_hash);
	if (!ret) {
		tell_new(packet);
		return NF_ACCEPT;
	}
	if (!resolved)
		return drop(packet, ret == -ENOSPC ? SKALD_CT_REASON_CHAIN
						   : SKALD_CT_REASON_CLASH);
	atomic64_inc(&table->stats.clash_resolve);
	clash.ct = mine;
	skald_ct_tell(packet, &clash);
	if (packet->ct != mine)
		skald_ct_put(table, mine);
	return NF_ACCEPT;
}

int skald_ct_confirm(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;

	if (!ct || skald_ct_is(ct, SKALD_CT_CONFIRMED) ||
	    packet->dir != SKALD_CT_ORIGINAL)
		return NF_ACCEPT;
	if (skald_ct_is(ct, SKALD_CT_DYING)) {
		atomic64_inc(&packet->table->stats.insert_failed);
		return NF_DROP;
	}
	return put_in(packet);
}

static int adjust(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	int err;

	spin_lock_bh(&ct->lock);
	err = skald_seqadj_apply(ct->seqadj, packet->view, packet->dir);
	spin_unlock_bh(&ct->lock);
	if (!err)
		return NF_ACCEPT;
	atomic64_inc(&packet->table->stats.drop);
	return NF_DROP;
}

int skald_ct_out(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	int verdict = NF_ACCEPT;

	if (!ct)
		return NF_ACCEPT;
	/* helpers do not expect ICMP errors */
	if (ct->help && ct->help->helper &&
	    !(packet->state == SKALD_CT_RELATED &&
	      packet->dir == SKALD_CT_REPLY))
		verdict = ct->help->helper->help(packet);
	if (verdict == NF_ACCEPT && ct->seqadj &&
	    packet->view->l4proto == IPPROTO_TCP)
		verdict = adjust(packet);
	return verdict == NF_ACCEPT ? skald_ct_confirm(packet) : verdict;
}
