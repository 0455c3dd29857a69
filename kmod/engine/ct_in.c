// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet comes in: its entry, a new one perhaps, and its state.
 */
#include "ct_expect.h"
#include "ct_helper.h"
#include "ct_proto.h"
#include "ct_table.h"

/* A killed entry leads to another look; more than that is a mistake. */
#define TURNS 4

/* ---- telling ---- */

void skald_ct_tell(const struct skald_ct_packet *packet,
		   struct skald_ct_note *note)
{
	const struct skald_ct_owner *owner = &packet->table->owner;

	if (!owner->tell)
		return;
	note->ct = note->ct ? note->ct : packet->ct;
	note->view = packet->view;
	note->dir = packet->dir;
	note->now_ns = packet->now_ns;
	owner->tell(owner->user, note);
}

static void tell_reason(const struct skald_ct_packet *packet,
			enum skald_ct_note_kind kind)
{
	struct skald_ct_note note = { .kind = kind, .reason = packet->reason };

	if (skald_ct_told(packet->table))
		skald_ct_tell(packet, &note);
}

void skald_ct_refuse(struct skald_ct_packet *packet,
		     enum skald_ct_reason reason)
{
	packet->reason = reason;
	tell_reason(packet, SKALD_CT_NOTE_INVALID);
}

void skald_ct_ignore(struct skald_ct_packet *packet,
		     enum skald_ct_reason reason)
{
	packet->reason = reason;
	tell_reason(packet, SKALD_CT_NOTE_IGNORED);
}

/* ---- a new entry ---- */

static int expected(struct skald_ct_packet *packet,
		    const struct skald_ct_tuple *tuple)
{
	struct skald_ct_expect *expect = skald_ct_expect_take(packet, tuple);
	struct skald_ct *ct = packet->ct;

	if (!expect)
		return 0;
	set_bit(SKALD_CT_EXPECTED, &ct->status);
	ct->master = expect->master;
	ct->mark = READ_ONCE(expect->master->mark);
	if (expect->assign)
		skald_ct_help_attach(ct, expect->assign);
	atomic64_inc(&packet->table->stats.expect_new);
	if (expect->expectfn)
		expect->expectfn(packet, expect);
	skald_ct_expect_put(expect);
	return 1;
}

/* init_conntrack() */
static int begin_entry(struct skald_ct_packet *packet,
		       const struct skald_ct_input *input,
		       const struct skald_ct_tuple *tuple, u32 hash)
{
	struct skald_ct_tuple reply;
	int error = 0;

	if (!skald_ct_tuple_invert(&reply, tuple)) {
		skald_ct_refuse(packet, SKALD_CT_REASON_NO_INVERSE);
		return -EINVAL;
	}
	packet->ct = skald_ct_new(packet, tuple, &reply, hash, &error);
	if (!packet->ct)
		return error;
	packet->dir = SKALD_CT_ORIGINAL;
	packet->ct->timeouts = input->timeouts;
	if (packet->table->n_expects && expected(packet, tuple))
		return 0;
	if (input->helper)
		skald_ct_help_attach(packet->ct, input->helper);
	return 0;
}

/* ---- an entry for the packet ---- */

static void set_state(struct skald_ct_packet *packet, enum skald_ct_dir dir)
{
	const struct skald_ct *ct = packet->ct;

	packet->dir = dir;
	if (dir == SKALD_CT_REPLY || skald_ct_is(ct, SKALD_CT_SEEN_REPLY))
		packet->state = SKALD_CT_ESTABLISHED;
	else if (skald_ct_is(ct, SKALD_CT_EXPECTED))
		packet->state = SKALD_CT_RELATED;
	else
		packet->state = SKALD_CT_NEW;
}

/*
 * resolve_normal_ct(). Return: 0; -EINVAL: it belongs to nothing; -ENFILE,
 * -ENOMEM: no room for a new entry
 */
static int find_entry(struct skald_ct_packet *packet,
		      const struct skald_ct_input *input)
{
	struct skald_ct_table *table = packet->table;
	u16 id = skald_ct_zone_id(&packet->zone, SKALD_CT_ORIGINAL);
	u16 reply_id = skald_ct_zone_id(&packet->zone, SKALD_CT_REPLY);
	struct skald_ct_tuple tuple;
	struct skald_ct_node *node;
	u32 hash;
	int ret;

	if (!skald_ct_tuple_of(table, packet->view, &tuple)) {
		skald_ct_refuse(packet, SKALD_CT_REASON_SHORT);
		return -EINVAL;
	}
	hash = skald_ct_tuple_hash(&tuple, id, &table->key);
	node = skald_ct_lookup(table, &packet->zone, &tuple, hash,
			       packet->now_ns);
	if (!node && id != reply_id)
		node = skald_ct_lookup(table, &packet->zone, &tuple,
				       skald_ct_tuple_hash(&tuple, reply_id,
							   &table->key),
				       packet->now_ns);
	if (node) {
		packet->ct = skald_ct_of_node(node);
		set_state(packet, node->tuple.dir);
		return 0;
	}
	ret = begin_entry(packet, input, &tuple, hash);
	if (!ret)
		set_state(packet, SKALD_CT_ORIGINAL);
	return ret;
}

static void forget_entry(struct skald_ct_packet *packet)
{
	skald_ct_put(packet->table, packet->ct);
	packet->ct = NULL;
	packet->state = SKALD_CT_INVALID;
}

static void pass(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;

	if (packet->dir == SKALD_CT_REPLY &&
	    packet->state == SKALD_CT_ESTABLISHED &&
	    skald_ct_mark(ct, SKALD_CT_SEEN_REPLY))
		skald_ct_changed(packet, SKALD_CT_CHANGE_REPLY, 0,
				 skald_ct_left(packet));
}

static int no_room(struct skald_ct_packet *packet, int error)
{
	atomic64_inc(&packet->table->stats.drop);
	packet->reason = error == -ENFILE ? SKALD_CT_REASON_FULL
					  : SKALD_CT_REASON_NO_MEMORY;
	tell_reason(packet, SKALD_CT_NOTE_DROP);
	return NF_DROP;
}

static int track(struct skald_ct_packet *packet,
		 const struct skald_ct_input *input)
{
	struct skald_ct_table *table = packet->table;
	enum skald_ct_action action;
	unsigned int turn;
	int ret;

	for (turn = 0; turn < TURNS; turn++) {
		ret = find_entry(packet, input);
		if (ret == -EINVAL)
			break;
		if (ret)
			return no_room(packet, ret);
		action = skald_ct_proto_of(table, skald_ct_protonum(packet->ct))
				 ->packet(packet);
		if (action == SKALD_CT_PASS) {
			pass(packet);
			return NF_ACCEPT;
		}
		forget_entry(packet);
		if (action == SKALD_CT_DROP) {
			atomic64_inc(&table->stats.drop);
			return NF_DROP;
		}
		if (action == SKALD_CT_REFUSE)
			break;
	}
	atomic64_inc(&table->stats.invalid);
	return NF_ACCEPT;
}

/* ICMP errors find their entry by what they quote. */
static enum skald_ct_action look_at_icmp(struct skald_ct_packet *packet)
{
	const struct skald_view *view = packet->view;
	enum skald_ct_action action = SKALD_CT_PASS;

	if (view->family == NFPROTO_IPV4 && view->l4proto == IPPROTO_ICMP)
		action = skald_ct_icmp_error(packet);
	else if (view->family == NFPROTO_IPV6 &&
		 view->l4proto == IPPROTO_ICMPV6)
		action = skald_ct_icmpv6_error(packet);
	if (action != SKALD_CT_PASS)
		atomic64_inc(&packet->table->stats.error);
	return action;
}

int skald_ct_in(struct skald_ct_table *table, struct skald_view *view,
		const struct skald_ct_input *input, u64 now_ns,
		struct skald_ct_packet *packet)
{
	static const struct skald_ct_input nothing = {
		.hook = NF_INET_PRE_ROUTING,
	};

	input = input ? input : &nothing;
	memset(packet, 0, sizeof(*packet));
	packet->table = table;
	packet->view = view;
	packet->now_ns = now_ns;
	packet->hook = input->hook;
	packet->zone = input->zone;
	if (input->untracked) {
		packet->state = SKALD_CT_UNTRACKED;
		return NF_ACCEPT;
	}
	if (view->transport == SKALD_VIEW_NONE ||
	    (view->family != NFPROTO_IPV4 && view->family != NFPROTO_IPV6)) {
		atomic64_inc(&table->stats.invalid);
		skald_ct_refuse(packet, SKALD_CT_REASON_NO_L4);
		return NF_ACCEPT;
	}
	if (view->l4proto == IPPROTO_ICMP || view->l4proto == IPPROTO_ICMPV6) {
		if (look_at_icmp(packet) != SKALD_CT_PASS)
			return NF_ACCEPT;
		if (packet->ct || packet->state == SKALD_CT_UNTRACKED)
			return NF_ACCEPT;
	}
	return track(packet, input);
}

void skald_ct_done(struct skald_ct_packet *packet)
{
	skald_ct_put(packet->table, packet->ct);
	packet->ct = NULL;
}
