// SPDX-License-Identifier: GPL-2.0-only
/*
 * What helpers share.
 */
#include "ct_help.h"
#include "ct_mangle.h"

#define UDP_LEN 8
/* Ports that are tried, as in nf_nat_exp_find_port(). */
#define PORT_ATTEMPTS 128

bool skald_help_payload(const struct skald_ct_packet *packet,
			struct skald_help_payload *payload)
{
	struct skald_view *view = packet->view;

	/* not an ICMP error of this connection */
	if (view->transport == SKALD_VIEW_NONE ||
	    view->l4proto != skald_ct_protonum(packet->ct))
		return false;
	if (view->l4proto == IPPROTO_TCP) {
		if (!skald_seqadj_payload(view, &payload->at, &payload->len,
					  &payload->seq))
			return false;
	} else {
		if (view->end - view->transport < UDP_LEN)
			return false;
		payload->at = view->transport + UDP_LEN;
		payload->len = view->end - payload->at;
		payload->seq = 0;
	}
	/* what cannot be made flat is not all known */
	if (!payload->len ||
	    (view->linear < view->end && skald_view_write(view, view->end)))
		return false;
	payload->bytes = view->data + payload->at;
	return true;
}

int skald_help_segment(struct skald_ct_packet *packet,
		       int (*take)(struct skald_ct_packet *packet,
				   const struct skald_help_payload *payload))
{
	struct skald_help_payload payload;
	int verdict;

	if (!skald_help_is_open(packet) ||
	    !skald_help_payload(packet, &payload))
		return NF_ACCEPT;
	spin_lock_bh(&packet->ct->lock);
	verdict = take(packet, &payload);
	spin_unlock_bh(&packet->ct->lock);
	return verdict;
}

struct skald_ct_expect *
skald_help_expect_new(const struct skald_ct_packet *packet,
		      const struct skald_help_wish *wish)
{
	const __be16 ports[2] = { wish->sport, wish->dport };
	struct skald_ct_expect *expect = skald_ct_expect_new(packet->ct);

	if (!expect)
		return NULL;
	skald_ct_expect_tuple(expect, wish->class, wish->src, wish->dst,
			      wish->proto, ports);
	return expect;
}

int skald_help_expect(struct skald_ct_packet *packet,
		      const struct skald_help_wish *wish)
{
	struct skald_ct_expect *expect = skald_help_expect_new(packet, wish);
	int verdict = NF_ACCEPT;

	if (!expect)
		return skald_ct_help_drop(packet, "no memory for what follows");
	if (skald_ct_expect_related(packet, expect, false))
		verdict = skald_ct_help_drop(packet, "cannot be expected");
	skald_ct_expect_put(expect);
	return verdict;
}

void skald_help_bind(struct skald_ct_packet *packet,
		     const struct skald_help_bind *bind)
{
	struct skald_nat_range range = { .flags = SKALD_NAT_MAP_IPS,
					 .min_addr = bind->addr,
					 .max_addr = bind->addr };

	if (bind->has_port) {
		range.flags |= SKALD_NAT_PROTO_SPECIFIED;
		range.min_proto = bind->port;
		range.max_proto = bind->port;
	}
	skald_nat_setup(packet, &range, bind->manip);
}

u16 skald_help_expect_port(struct skald_ct_packet *packet,
			   struct skald_ct_expect *expect, u16 port)
{
	u32 range = U16_MAX - (u32)port;
	u32 left = min(range, (u32)PORT_ATTEMPTS);
	u16 lowest = port;
	int err;

	if (!expect->expectfn)
		expect->expectfn = skald_nat_follow_master;
	for (;;) {
		expect->tuple.dport = htons(port);
		err = skald_ct_expect_related(packet, expect, false);
		if (!err)
			return port;
		if (err != -EBUSY || !left--)
			break;
		port = (u16)(lowest +
			     skald_random_below(skald_ct_random(packet->table),
						range));
	}
	skald_ct_help_tell(packet, "all ports are in use");
	return 0;
}

int skald_help_write(struct skald_ct_packet *packet,
		     const struct skald_help_edit *edit)
{
	struct skald_help_payload payload;

	if (!skald_help_payload(packet, &payload))
		return -ENODATA;
	if (edit->off > payload.len || edit->old_len > payload.len - edit->off)
		return -EINVAL;
	return skald_mangle(packet->view, payload.at + edit->off, edit->old_len,
			    edit->text, edit->len);
}

struct skald_ct_seqadj *skald_help_adj(struct skald_ct *ct)
{
	if (!ct->seqadj) {
		ct->seqadj = kzalloc(sizeof(*ct->seqadj), GFP_ATOMIC);
		if (ct->seqadj)
			set_bit(SKALD_CT_SEQ_ADJUST, &ct->status);
	}
	return ct->seqadj;
}

/* Whether a segment has bytes of a replacement that is to be forgotten. */
static bool repeats_older(const struct skald_seqadj_way *way, u32 seq,
			  u32 start)
{
	return way->start != way->end && (s32)(start - way->start) > 0 &&
	       (s32)(way->end - seq) > 0;
}

int skald_help_replace(struct skald_ct_packet *packet, u32 start, u32 end,
		       const void *text, u32 len)
{
	struct skald_ct_seqadj *adj = skald_help_adj(packet->ct);
	struct skald_help_payload payload;

	if (!adj)
		return -ENOMEM;
	if (len > SKALD_SEQADJ_TEXT)
		return -EMSGSIZE;
	if (!skald_help_payload(packet, &payload))
		return -ENODATA;
	if (repeats_older(&adj->way[packet->dir], payload.seq, start))
		return -EAGAIN;
	skald_seqadj_set(adj, packet->dir, start, end, text, len);
	return skald_seqadj_repeat(adj, packet->view, packet->dir);
}
