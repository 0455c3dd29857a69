// SPDX-License-Identifier: GPL-2.0-only
/*
 * H.323, registration, admission and status (RAS, H.225.0): whom a gatekeeper
 * lets call, and where calls arrive. As nf_conntrack_h323_main.c and
 * nf_nat_h323.c with their defaults: calls come from the gatekeeper.
 */
#include "ct_h323.h"
#include "ct_helpers.h"

/* Seconds of a registration that does not say so. */
#define TIME_TO_LIVE 300
/* Seconds for the answer to one that ends. */
#define FAREWELL 30

static bool is_source(const struct skald_h323_look *look,
		      const struct skald_h323_addr *addr)
{
	return skald_addr_equal(&addr->addr,
				&skald_help_tuple(look->packet)->src);
}

static const struct skald_per_note *find(const struct skald_h323_look *look,
					 u8 mark)
{
	u32 i;

	for (i = 0; i < look->notes.n; i++)
		if (look->notes.note[i].mark == mark)
			return &look->notes.note[i];
	return NULL;
}

/* set_ras_addr(): the RAS channel itself, as the other side knows it. */
static int map_ras(struct skald_h323_look *look)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	const struct skald_ct_tuple *other = skald_help_other(look->packet);
	struct skald_h323_addr addr;
	u32 i;

	for (i = 0; look->has_nat && i < look->notes.n; i++) {
		const struct skald_per_note *note = &look->notes.note[i];

		if (note->mark == SKALD_H323_RAS &&
		    skald_h323_read(look, note, &addr) &&
		    is_source(look, &addr) && addr.port == tuple->sport)
			return skald_h323_write(look, note, &other->dst,
						other->dport);
	}
	return 0;
}

/* set_sig_addr(): where calls arrive, as the other side knows it. */
static int map_signal(struct skald_h323_look *look, u8 mark)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	const struct skald_ct_tuple *other = skald_help_other(look->packet);
	__be16 own = look->data->port[look->packet->dir];
	__be16 theirs = look->data->port[!look->packet->dir];
	struct skald_h323_addr addr;
	u32 i;

	for (i = 0; look->has_nat && i < look->notes.n; i++) {
		const struct skald_per_note *note = &look->notes.note[i];

		if (note->mark != mark || !skald_h323_read(look, note, &addr) ||
		    addr.port != own)
			continue;
		if (is_source(look, &addr))
			return skald_h323_write(look, note, &other->dst,
						theirs);
		if (skald_addr_equal(&addr.addr, &tuple->dst))
			return skald_h323_write(look, note, &other->src,
						theirs);
	}
	return 0;
}

/* expect_q931(): calls to the speaker. */
static int expect_calls(struct skald_h323_look *look)
{
	const struct skald_ct_tuple *other = skald_help_other(look->packet);
	struct skald_h323_wish wish = { .assign = &skald_ct_helper_q931,
					.is_permanent = true };
	struct skald_h323_addr addr;
	__be16 seen;
	int err;
	u32 i;

	for (i = 0; i < look->notes.n; i++) {
		const struct skald_per_note *note = &look->notes.note[i];

		if (note->mark != SKALD_H323_SIGNAL ||
		    !skald_h323_read(look, note, &addr) || !addr.port ||
		    !is_source(look, &addr))
			continue;
		wish.note = note;
		wish.wish = (struct skald_help_wish){ .src = &other->src,
						      .dst = &other->dst,
						      .proto = IPPROTO_TCP,
						      .dport = addr.port };
		err = skald_h323_expect(look, &wish, &seen);
		if (err)
			return err;
		look->data->port[look->packet->dir] = addr.port;
		look->data->port[!look->packet->dir] = seen;
		return 0;
	}
	return 0;
}

/* What a gatekeeper tells: somebody else's address, from whom it told. */
static int expect_there(struct skald_h323_look *look, u8 mark, u8 proto,
			const struct skald_ct_helper *assign)
{
	const struct skald_per_note *note = find(look, mark);
	struct skald_h323_wish wish = { .assign = assign,
					.is_permanent = proto == IPPROTO_TCP };
	struct skald_h323_addr addr;

	if (!note || !skald_h323_read(look, note, &addr))
		return 0;
	wish.wish = (struct skald_help_wish){
		.src = &skald_help_other(look->packet)->src,
		.dst = &addr.addr,
		.proto = proto,
		.dport = addr.port,
	};
	return skald_h323_expect(look, &wish, NULL);
}

/* ---- messages ---- */

static int gatekeeper_confirm(struct skald_h323_look *look)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	const struct skald_per_note *note = find(look, SKALD_H323_RAS);
	struct skald_h323_addr addr;

	if (!note || !skald_h323_read(look, note, &addr))
		return 0;
	/* registration goes where discovery went */
	if (is_source(look, &addr) && addr.port == tuple->sport)
		return 0;
	if (skald_ct_is(look->packet->ct, SKALD_CT_EXPECTED))
		return 0;
	return expect_there(look, SKALD_H323_RAS, IPPROTO_UDP,
			    &skald_ct_helper_ras);
}

static int registration_request(struct skald_h323_look *look)
{
	const struct skald_per_note *note = find(look, SKALD_H323_TIME_TO_LIVE);
	int err = expect_calls(look);

	if (!err)
		err = map_ras(look);
	if (!err)
		look->data->time_to_live = note ? note->value : TIME_TO_LIVE;
	return err;
}

/* The expectation of calls lives as long as the registration. */
static void renew(struct skald_h323_look *look)
{
	struct skald_ct_packet *packet = look->packet;
	u32 seconds = look->data->time_to_live;
	struct skald_ct_expect *expect;

	skald_ct_refresh(packet, seconds);
	spin_lock_bh(&packet->table->expect_lock);
	hlist_for_each_entry(expect, &packet->ct->help->expects, sibling) {
		if (expect->tuple.proto == IPPROTO_TCP &&
		    expect->tuple.dport == look->data->port[!packet->dir] &&
		    skald_addr_equal(&expect->tuple.dst,
				     &skald_help_tuple(packet)->dst))
			expect->expires_ns =
				packet->now_ns + seconds * SKALD_NS_PER_S;
	}
	spin_unlock_bh(&packet->table->expect_lock);
}

static int registration_confirm(struct skald_h323_look *look)
{
	const struct skald_per_note *note = find(look, SKALD_H323_TIME_TO_LIVE);
	int err = map_signal(look, SKALD_H323_SIGNAL);

	if (err)
		return err;
	if (note)
		look->data->time_to_live = note->value;
	if (look->data->time_to_live)
		renew(look);
	return 0;
}

static int unregistration_request(struct skald_h323_look *look)
{
	struct skald_ct_packet *packet = look->packet;
	int err = map_signal(look, SKALD_H323_SIGNAL);

	if (err)
		return err;
	skald_ct_expect_remove_all(packet->table, packet->ct, packet->now_ns);
	look->data->port[SKALD_CT_ORIGINAL] = 0;
	look->data->port[SKALD_CT_REPLY] = 0;
	skald_ct_refresh(packet, FAREWELL);
	return 0;
}

/* Who asks to answer a call, or to make one, says where it is. */
static int admission_request(struct skald_h323_look *look)
{
	const union skald_addr *seen = &skald_help_other(look->packet)->dst;
	const struct skald_per_note *note = find(look, SKALD_H323_DEST_SIGNAL);
	struct skald_h323_addr addr;

	if (!look->has_nat)
		return 0;
	if (note && skald_h323_read(look, note, &addr) &&
	    is_source(look, &addr) &&
	    addr.port == look->data->port[look->packet->dir])
		return skald_h323_write(look, note, seen,
					look->data->port[!look->packet->dir]);
	note = find(look, SKALD_H323_SOURCE_SIGNAL);
	if (note && skald_h323_read(look, note, &addr) &&
	    is_source(look, &addr))
		return skald_h323_write(look, note, seen, addr.port);
	return 0;
}

static int admission_confirm(struct skald_h323_look *look)
{
	const struct skald_per_note *note = find(look, SKALD_H323_DEST_SIGNAL);
	struct skald_h323_addr addr;

	if (!note || !skald_h323_read(look, note, &addr))
		return 0;
	/* the call is for whom this is said to */
	if (skald_addr_equal(&addr.addr, &skald_help_tuple(look->packet)->dst))
		return map_signal(look, SKALD_H323_DEST_SIGNAL);
	return expect_there(look, SKALD_H323_DEST_SIGNAL, IPPROTO_TCP,
			    &skald_ct_helper_q931);
}

static int info_response(struct skald_h323_look *look)
{
	int err = map_ras(look);

	return err ? err : map_signal(look, SKALD_H323_SIGNAL);
}

static int take_message(struct skald_h323_look *look)
{
	const struct skald_per_note *message = find(look, SKALD_H323_MESSAGE);

	switch (message ? message->value : U32_MAX) {
	case SKALD_RAS_GRQ:
	case SKALD_RAS_LRQ:
		return map_ras(look);
	case SKALD_RAS_GCF:
		return gatekeeper_confirm(look);
	case SKALD_RAS_RRQ:
		return registration_request(look);
	case SKALD_RAS_RCF:
		return registration_confirm(look);
	case SKALD_RAS_URQ:
		return unregistration_request(look);
	case SKALD_RAS_ARQ:
		return admission_request(look);
	case SKALD_RAS_ACF:
		return admission_confirm(look);
	case SKALD_RAS_LCF:
		return expect_there(look, SKALD_H323_SIGNAL, IPPROTO_TCP,
				    &skald_ct_helper_q931);
	case SKALD_RAS_IRR:
		return info_response(look);
	default:
		return 0;
	}
}

static int take_datagram(struct skald_h323_look *look,
			 const struct skald_help_payload *payload)
{
	u8 *copy = NULL;
	int err;

	look->bytes = payload->bytes;
	if (look->has_nat) {
		/* what is read must not move when something is written */
		copy = kmemdup(payload->bytes, payload->len, GFP_ATOMIC);
		if (!copy)
			return -ENOMEM;
		look->bytes = copy;
	}
	/* a message that is damaged passes, whatever was in it */
	err = skald_per_walk(look->bytes, payload->len, 0, &skald_h323_ras,
			     &look->notes);
	err = err ? 0 : take_message(look);
	kfree(copy);
	return err;
}

static int help(struct skald_ct_packet *packet)
{
	struct skald_h323_look look = {
		.packet = packet,
		.data = skald_ct_help_data(packet->ct, struct skald_h323_data),
		.has_nat = skald_help_has_nat(packet->ct) &&
			   skald_ct_family(packet->ct) == NFPROTO_IPV4,
	};
	struct skald_help_payload payload;
	int err;

	if (!skald_help_payload(packet, &payload))
		return NF_ACCEPT;
	spin_lock_bh(&packet->ct->lock);
	err = take_datagram(&look, &payload);
	spin_unlock_bh(&packet->ct->lock);
	return err ? skald_ct_help_drop(packet, "cannot process RAS message")
		   : NF_ACCEPT;
}

static const u16 ports[] = { 1719, 0 };
static const struct skald_ct_expect_policy policy = { "ras", 32, 240 };

const struct skald_ct_helper skald_ct_helper_ras = {
	.name = "RAS",
	.text = "calls of a gatekeeper",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
};
