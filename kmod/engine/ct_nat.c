// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: which entry has which, and what a packet gets at a hook. As
 * nf_nat_core.c.
 */
#include "ct_nat.h"

#include "ct_proto.h"
#include "nat64.h"

#define BUCKETS_MIN 64

/* ---- the hash of sources ---- */

u32 skald_nat_source_bucket(const struct skald_nat *nat,
			    const struct skald_ct_zone *zone,
			    const struct skald_ct_tuple *tuple)
{
	u64 words[3];

	words[0] = tuple->src.words[0];
	words[1] = tuple->src.words[1];
	words[2] = (u64)(__force u16)tuple->sport << 32 |
		   (u32)tuple->proto << 24 | (u32)tuple->family << 16;
	/* a zone of one direction is not the source's */
	if (zone->dirs == SKALD_CT_ZONE_BOTH)
		words[2] |= zone->id;
	return hsiphash(words, sizeof(words), &nat->key) & nat->mask;
}

static spinlock_t *lock_of(struct skald_nat *nat, u32 bucket)
{
	return &nat->locks[bucket % SKALD_NAT_LOCKS];
}

static void remember_source(struct skald_nat *nat, struct skald_ct *ct)
{
	u32 bucket = skald_nat_source_bucket(
		nat, &ct->zone, skald_ct_tuple(ct, SKALD_CT_ORIGINAL));

	spin_lock_bh(lock_of(nat, bucket));
	hlist_add_head_rcu(&ct->nat->by_source, &nat->sources[bucket]);
	spin_unlock_bh(lock_of(nat, bucket));
}

static void forget(struct skald_ct_table *table, struct skald_ct *ct)
{
	struct skald_nat *nat = table->nat_data;
	u32 bucket;

	if (!ct->nat)
		return;
	if (!hlist_unhashed(&ct->nat->by_source)) {
		bucket = skald_nat_source_bucket(
			nat, &ct->zone, skald_ct_tuple(ct, SKALD_CT_ORIGINAL));
		spin_lock_bh(lock_of(nat, bucket));
		hlist_del_rcu(&ct->nat->by_source);
		spin_unlock_bh(lock_of(nat, bucket));
	}
	skald_nat64_release(ct->nat->binding);
	kfree_rcu(ct->nat, rcu);
	ct->nat = NULL;
}

static const struct skald_ct_nat_ops nat_ops = {
	.forget = forget,
};

struct skald_nat *skald_nat_new(struct skald_ct_table *table, u32 buckets)
{
	struct skald_nat *nat = kzalloc(sizeof(*nat), GFP_KERNEL);
	u32 n = BUCKETS_MIN, i;

	if (!nat)
		return NULL;
	if (!buckets)
		buckets = table->mask + 1;
	while (n < buckets && n < 1u << 30)
		n <<= 1;
	nat->sources = kvcalloc(n, sizeof(*nat->sources), GFP_KERNEL);
	if (!nat->sources)
		goto err_sources;
	nat->mask = n - 1;
	for (i = 0; i < SKALD_NAT_LOCKS; i++)
		spin_lock_init(&nat->locks[i]);
	for (i = 0; i < ARRAY_SIZE(nat->key.key); i++)
		nat->key.key[i] = (u64)skald_ct_random(table) << 32 |
				  skald_ct_random(table);
	table->nat = &nat_ops;
	table->nat_data = nat;
	return nat;

err_sources:
	kfree(nat);
	return NULL;
}

void skald_nat_free(struct skald_nat *nat)
{
	if (!nat)
		return;
	kvfree(nat->sources);
	kfree(nat);
}

/* ---- binding ---- */

/* nf_ct_nat_ext_add() */
struct skald_ct_nat *skald_nat_slot(struct skald_ct *ct)
{
	if (ct->nat)
		return ct->nat;
	ct->nat = kzalloc(sizeof(*ct->nat), GFP_ATOMIC);
	if (ct->nat)
		ct->nat->ct = ct;
	return ct->nat;
}

int skald_nat_setup(struct skald_ct_packet *packet,
		    const struct skald_nat_range *range,
		    enum skald_nat_manip manip)
{
	struct skald_ct *ct = packet->ct;
	struct skald_ct_tuple from, to, reply;

	if (skald_ct_is(ct, SKALD_CT_CONFIRMED))
		return NF_ACCEPT;
	if (skald_nat_is_bound(ct, manip))
		return NF_DROP;
	if (!skald_nat_slot(ct)) {
		/* whoever asked may not look: no entry with half a mapping */
		set_bit(SKALD_CT_DYING, &ct->status);
		return NF_DROP;
	}
	/* as it is by now: an earlier binding counts */
	if (!skald_ct_tuple_invert(&from, skald_ct_tuple(ct, SKALD_CT_REPLY)))
		return NF_DROP;
	skald_nat_choose_tuple(packet, &from, range, manip, &to);
	if (!skald_ct_tuple_equal(&from, &to)) {
		if (!skald_ct_tuple_invert(&reply, &to))
			return NF_DROP;
		skald_ct_set_reply(ct, &reply);
		set_bit(manip == SKALD_NAT_SRC ? SKALD_CT_SRC_NAT
					       : SKALD_CT_DST_NAT,
			&ct->status);
	}
	if (manip == SKALD_NAT_SRC)
		remember_source(packet->table->nat_data, ct);
	set_bit(manip == SKALD_NAT_SRC ? SKALD_CT_SRC_NAT_DONE
				       : SKALD_CT_DST_NAT_DONE,
		&ct->status);
	return NF_ACCEPT;
}

/**
 * setup_null() - bind an entry to the addresses it has
 * @packet: its packet
 * @manip: what would be changed
 *
 * As __nf_nat_alloc_null_binding(). Return: as skald_nat_setup().
 */
static int setup_null(struct skald_ct_packet *packet,
		      enum skald_nat_manip manip)
{
	const struct skald_ct_tuple *reply =
		skald_ct_tuple(packet->ct, SKALD_CT_REPLY);
	struct skald_nat_range range = { .flags = SKALD_NAT_MAP_IPS };

	/* the reply's: another hook may have changed it already */
	range.min_addr = manip == SKALD_NAT_SRC ? reply->dst : reply->src;
	range.max_addr = range.min_addr;
	return skald_nat_setup(packet, &range, manip);
}

/* ---- packets ---- */

/* nf_nat_packet() */
static int change(struct skald_ct_packet *packet, enum skald_nat_manip manip)
{
	struct skald_ct_tuple target;

	if (!skald_nat_is_changed(packet, manip))
		return NF_ACCEPT;
	if (!skald_ct_tuple_invert(&target,
				   skald_ct_tuple(packet->ct, !packet->dir)))
		return NF_DROP;
	return skald_nat_rewrite(packet->view, packet->view->network, &target,
				 manip)
		       ? NF_ACCEPT
		       : NF_DROP;
}

/* A route changed, and with it the address to masquerade with. */
static bool has_left(const struct skald_ct_packet *packet, u8 hook)
{
	const struct skald_ct_nat *slot = packet->ct->nat;

	return slot && slot->masq_index && hook == NF_INET_POST_ROUTING &&
	       packet->dir == SKALD_CT_ORIGINAL &&
	       slot->masq_index != packet->view->oif;
}

static int bind_new(struct skald_ct_packet *packet, u8 hook,
		    const struct skald_nat_rules *rules)
{
	enum skald_nat_manip manip = skald_nat_manip_of(hook);
	int verdict;

	if (rules && rules->bind) {
		verdict = rules->bind(rules->user, packet, hook);
		if (verdict != NF_ACCEPT)
			return verdict;
	}
	if (skald_nat_is_bound(packet->ct, manip))
		return NF_ACCEPT;
	return setup_null(packet, manip);
}

static bool is_icmp(const struct skald_view *view)
{
	return view->l4proto ==
	       (view->family == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* nf_nat_inet_fn() */
static int translate(struct skald_ct_packet *packet, u8 hook,
		     const struct skald_nat_rules *rules)
{
	enum skald_nat_manip manip = skald_nat_manip_of(hook);
	bool is_first = packet->state == SKALD_CT_NEW ||
			packet->state == SKALD_CT_RELATED;
	int verdict;

	if (is_first && !skald_nat_is_bound(packet->ct, manip)) {
		verdict = bind_new(packet, hook, rules);
		if (verdict != NF_ACCEPT)
			return verdict;
	} else if (has_left(packet, hook)) {
		skald_ct_kill(packet->table, packet->ct, packet->now_ns,
			      SKALD_CT_END_DELETED);
		return NF_DROP;
	}
	return change(packet, manip);
}

int skald_nat(struct skald_ct_packet *packet, u8 hook,
	      const struct skald_nat_rules *rules)
{
	if (!packet->ct)
		return NF_ACCEPT;
	if (packet->state == SKALD_CT_RELATED && is_icmp(packet->view))
		return skald_nat_icmp_error(packet, hook) ? NF_ACCEPT : NF_DROP;
	return translate(packet, hook, rules);
}
