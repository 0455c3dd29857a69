// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changes on the way: headers, translations, the tracker's view.
 *
 * Headers are shown when a hook function that changed them has come back. Who
 * changed them is that function, or, when it runs a chain, the one rule of
 * those that matched in it whose text can make such a change.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "telling_kmod.h"

#define IP6_HEADER 40
#define IP4_HEADER 20
#define VLAN_TAG 4
#define MACS 12

/* ---- snaps ---- */

/* The link-layer header as on the wire: with its tag where that is beside it */
static void take_link_layer(const struct skald_r_snap *from,
			    struct skald_snap *to)
{
	uint16_t tag[2] = { htons(ETH_P_8021Q), htons(from->vlan & 0xefff) };

	if (!from->ll_len)
		return;
	to->lltype = ARPHRD_ETHER;
	to->ll_len = from->ll_len;
	memcpy(to->ll, from->ll, from->ll_len);
	if (!from->vlan || from->ll_len != ETH_HLEN)
		return;
	memcpy(to->ll + MACS + VLAN_TAG, from->ll + MACS, ETH_HLEN - MACS);
	memcpy(to->ll + MACS, tag, VLAN_TAG);
	to->ll_len = ETH_HLEN + VLAN_TAG;
}

static size_t network_len(const struct skald_r_snap *from)
{
	size_t len = from->bytes_len;
	size_t header = len;

	if (from->protocol == htons(ETH_P_IP) && len >= IP4_HEADER)
		header = (from->bytes[0] & 15u) * 4u;
	else if (from->protocol == htons(ETH_P_IPV6) && len >= IP6_HEADER)
		header = IP6_HEADER;
	return header < len ? header : len;
}

static void take_snap(const struct skald_r_snap *from, struct skald_snap *to)
{
	size_t network = network_len(from);
	size_t transport = from->bytes_len - network;

	*to = (struct skald_snap){ .mark = from->mark };
	to->ethertype = ntohs(from->protocol);
	take_link_layer(from, to);
	to->nh_len = network < SKALD_SNAP_NH ? network : SKALD_SNAP_NH;
	to->th_len = transport < SKALD_SNAP_TH ? transport : SKALD_SNAP_TH;
	memcpy(to->nh, from->bytes, to->nh_len);
	memcpy(to->th, from->bytes + network, to->th_len);
}

/* ---- who did it ---- */

/* What a rule must be able to do to have changed this field. */
static unsigned int flag_of(enum skald_packet_field field)
{
	switch (field) {
	case SKALD_P_saddr:
	case SKALD_P_daddr:
	case SKALD_P_sport:
	case SKALD_P_dport:
	case SKALD_P_icmp_id:
		return SKALD_TOLD_NAT;
	case SKALD_P_mark:
		return SKALD_TOLD_MARK;
	case SKALD_P_ttl:
		return SKALD_TOLD_TTL;
	case SKALD_P_dscp:
	case SKALD_P_ecn:
		return SKALD_TOLD_TOS;
	default:
		return SKALD_TOLD_WRITES;
	}
}

/* The rule of this function that can do it; @n: how many there are */
static const struct skald_run_rule *
find_author(const struct skald_run *run, unsigned int flag, unsigned int *n)
{
	const struct skald_run_rule *author = NULL;
	unsigned int i;

	*n = 0;
	for (i = 0; i < run->n_rules; i++) {
		if (!(run->rules[i].flags & flag))
			continue;
		author = &run->rules[i];
		++*n;
	}
	return author;
}

/* ip_forward() and ip6_forward() take one from the time to live. */
static bool is_forwarding(const struct skald_packet *old,
			  const struct skald_packet *new,
			  enum skald_packet_field field)
{
	return field == SKALD_P_ttl &&
	       old->value[field].num == new->value[field].num + 1;
}

static const char *author_of(struct skald_records *records,
			     enum skald_packet_field field,
			     const struct skald_packet *old,
			     const struct skald_packet *new)
{
	struct skald_telling *telling = records->telling;
	const struct skald_run_rule *author;
	unsigned int n;

	author = find_author(&records->run, flag_of(field), &n);
	if (!n && is_forwarding(old, new, field))
		return "forwarding";
	if (!n)
		author = find_author(&records->run, SKALD_TOLD_WRITES, &n);
	if (n > 1)
		return skald_arena_printf(&telling->arena, "one of %u rules",
					  n);
	if (author && author->by)
		return author->by;
	if (records->was_queued)
		return "user space";
	return records->stage;
}

static void tell_changes(struct skald_records *records,
			 const struct skald_packet *old,
			 const struct skald_packet *new)
{
	struct skald_telling *telling = records->telling;
	int field;

	for (field = 0; field < SKALD_N_P; field++) {
		if (!skald_packet_descs[field].mangle ||
		    !old->value[field].type || !new->value[field].type ||
		    skald_value_equal(&old->value[field], &new->value[field]))
			continue;
		skald_telling_mangle(telling, telling->at, field, old, new,
				     author_of(records, field, old, new));
	}
}

/* What is not shown again did not go away. */
static void fill_missing(struct skald_snap *snap, const struct skald_snap *last)
{
	if (snap->ll_len)
		return;
	memcpy(snap->ll, last->ll, last->ll_len);
	snap->ll_len = last->ll_len;
	snap->lltype = last->lltype;
}

static unsigned int family_of(uint16_t ethertype)
{
	switch (ethertype) {
	case ETH_P_IP:
		return SKALD_FAMILY_IP;
	case ETH_P_IPV6:
		return SKALD_FAMILY_IP6;
	case ETH_P_ARP:
		return SKALD_FAMILY_ARP;
	}
	return SKALD_FAMILY_UNSPEC;
}

/* The mark is told before the packet is shown. */
static void complete_marks(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;
	unsigned int i;

	for (i = 0; i < telling->story.n_events; i++) {
		struct skald_event *event = &telling->events[i];

		if (event->kind != SKALD_MARK)
			continue;
		SKALD_SET(event, mark, mark, records->snap.mark);
		if (!SKALD_HAS(event, mark, family))
			SKALD_SET(event, mark, family,
				  family_of(records->snap.ethertype));
	}
}

void skald_records_snap(struct skald_records *records,
			const struct skald_r_snap *snap)
{
	struct skald_packet old = records->packet;
	struct skald_snap seen;

	take_snap(snap, &seen);
	if (records->has_snap)
		fill_missing(&seen, &records->snap);
	skald_packet_parse(&seen, &records->packet);
	records->snap = seen;
	if (records->has_snap) {
		tell_changes(records, &old, &records->packet);
		return;
	}
	records->first = seen;
	records->has_snap = true;
	complete_marks(records);
}

/* ---- translation ---- */

static struct skald_value port_of(const struct skald_r_tuple *tuple,
				  enum skald_nat_what what)
{
	uint16_t port = what == SKALD_NAT_SOURCE ? tuple->sport : tuple->dport;
	struct skald_value value = { 0 };

	if (tuple->protocol != IPPROTO_TCP && tuple->protocol != IPPROTO_UDP &&
	    tuple->protocol != IPPROTO_SCTP &&
	    tuple->protocol != IPPROTO_UDPLITE)
		return value;
	value.type = SKALD_VALUE_NUM;
	value.num = ntohs(port);
	return value;
}

/* When no rule says so: a flow that is known, in one of its directions */
static unsigned int known_kind(const struct skald_r_nat *nat)
{
	if (nat->what == SKALD_NAT_SOURCE)
		return nat->reply ? SKALD_NAT_REVERSE_DNAT : SKALD_NAT_SNAT;
	return nat->reply ? SKALD_NAT_REVERSE_SNAT : SKALD_NAT_DNAT;
}

static void tell_author(struct skald_event *event,
			const struct skald_run_rule *author)
{
	SKALD_SET(event, nat, type, author->nat);
	SKALD_SET(event, nat, family, author->family);
	SKALD_SET(event, nat, table, author->table);
	SKALD_SET(event, nat, chain, author->chain);
	SKALD_SET(event, nat, handle, author->handle);
}

void skald_records_nat(struct skald_records *records,
		       const struct skald_r_nat *nat)
{
	struct skald_telling *telling = records->telling;
	bool is_source = nat->what == SKALD_NAT_SOURCE;
	const struct skald_packet *packet = &records->packet;
	const struct skald_r_addr *to =
		is_source ? &nat->target.src : &nat->target.dst;
	struct skald_value address =
		skald_records_address(nat->target.family, to);
	struct skald_value port = port_of(&nat->target, nat->what);
	enum skald_packet_field old_port =
		is_source ? SKALD_P_sport : SKALD_P_dport;
	enum skald_packet_field old = is_source ? SKALD_P_saddr : SKALD_P_daddr;
	const struct skald_run_rule *author;
	struct skald_event *event;
	unsigned int n;

	/* it is translated in any case, often to what it has already */
	if (skald_value_equal(&packet->value[old], &address) &&
	    skald_value_equal(&packet->value[old_port], &port))
		return;
	event = skald_telling_add(telling, SKALD_NAT);
	if (!event)
		return;
	SKALD_SET(event, nat, old,
		  skald_telling_endpoint(telling, &packet->value[old],
					 &packet->value[old_port]));
	SKALD_SET(event, nat, new,
		  skald_telling_endpoint(telling, &address, &port));
	author = find_author(&records->run, SKALD_TOLD_NAT, &n);
	if (n == 1)
		tell_author(event, author);
	else
		SKALD_SET(event, nat, type, known_kind(nat));
}

/* ---- connection tracking ---- */

static unsigned int state_of(unsigned int state)
{
	switch ((enum skald_r_ct_state)state) {
	case SKALD_R_CT_INVALID:
		return SKALD_CTSTATE_INVALID;
	case SKALD_R_CT_NEW:
		return SKALD_CTSTATE_NEW;
	case SKALD_R_CT_ESTABLISHED:
		return SKALD_CTSTATE_ESTABLISHED;
	case SKALD_R_CT_RELATED:
		return SKALD_CTSTATE_RELATED;
	case SKALD_R_CT_UNTRACKED:
		return SKALD_CTSTATE_UNTRACKED;
	}
	return SKALD_CTSTATE_UNKNOWN;
}

/* Whether it says nothing that was not told before. */
static bool is_known(const struct skald_telling *telling, unsigned int state,
		     const struct skald_r_conntrack *conntrack)
{
	return telling->has_ct && telling->ct.ct_state == state &&
	       telling->ct.ct_id == conntrack->id &&
	       telling->ct.ct_status == conntrack->status;
}

static void fill_entry(struct skald_records *records, struct skald_event *event,
		       const struct skald_r_conntrack *conntrack)
{
	struct skald_telling *telling = records->telling;

	SKALD_SET(event, conntrack, id, conntrack->id);
	SKALD_SET(event, conntrack, direction,
		  conntrack->reply ? SKALD_CTDIR_REPLY : SKALD_CTDIR_ORIGINAL);
	if (conntrack->status)
		SKALD_SET(event, conntrack, status,
			  skald_telling_status(telling, conntrack->status));
	if (conntrack->zone)
		SKALD_SET(event, conntrack, zone, conntrack->zone);
	if (conntrack->mark)
		SKALD_SET(event, conntrack, mark, conntrack->mark);
	if (conntrack->timeout)
		SKALD_SET(event, conntrack, timeout, conntrack->timeout / 1000);
}

void skald_records_conntrack(struct skald_records *records,
			     const struct skald_r_conntrack *conntrack)
{
	struct skald_telling *telling = records->telling;
	unsigned int state = state_of(conntrack->state);
	struct skald_event *event;

	if (is_known(telling, state, conntrack) && !records->invalid)
		return;
	telling->has_ct = true;
	telling->ct.has_ct = true;
	telling->ct.ct_state = state;
	telling->ct.ct_id = conntrack->id;
	telling->ct.ct_dir = conntrack->reply;
	telling->ct.ct_status = conntrack->status;
	event = skald_telling_add(telling, SKALD_CONNTRACK);
	if (!event)
		return;
	SKALD_SET(event, conntrack, state, state);
	if (conntrack->id)
		fill_entry(records, event, conntrack);
	if (records->invalid && state == SKALD_CTSTATE_INVALID)
		SKALD_SET(event, conntrack, reason, records->invalid);
	records->invalid = NULL;
}

static bool has_window(const struct skald_r_invalid *invalid)
{
	return invalid->protocol == IPPROTO_TCP &&
	       (invalid->window[0].maxend || invalid->window[1].maxend);
}

/* nf_conntrack_proto_tcp.c: tcp_in_window() */
static const char *with_window(struct skald_records *records, const char *text,
			       const struct skald_r_invalid *invalid)
{
	const struct skald_r_window *sender = &invalid->window[0];
	const struct skald_r_window *receiver = &invalid->window[1];

	return skald_arena_printf(
		&records->telling->arena,
		"%s (sender: end %u, maxend %u, maxwin %u, scale %u; "
		"receiver: end %u, maxend %u, maxwin %u, scale %u)",
		text, sender->end, sender->maxend, sender->maxwin,
		sender->scale, receiver->end, receiver->maxend,
		receiver->maxwin, receiver->scale);
}

void skald_records_invalid(struct skald_records *records,
			   const struct skald_r_invalid *invalid)
{
	const char *text =
		skald_records_text(records, invalid->text, invalid->text_len);

	if (text && has_window(invalid))
		text = with_window(records, text, invalid);
	records->invalid = text;
}

/* "tcp 10.0.0.1 > 10.0.0.2:40000"; what is any is left out */
static const char *tuple_text(struct skald_records *records,
			      const struct skald_r_tuple *tuple)
{
	struct skald_telling *telling = records->telling;
	struct skald_value src =
		skald_records_address(tuple->family, &tuple->src);
	struct skald_value dst =
		skald_records_address(tuple->family, &tuple->dst);
	struct skald_value sport = port_of(tuple, SKALD_NAT_SOURCE);
	struct skald_value dport = port_of(tuple, SKALD_NAT_DESTINATION);
	const char *protocol = tuple->protocol == IPPROTO_TCP	? "tcp"
			       : tuple->protocol == IPPROTO_UDP ? "udp"
								: "ip";

	if (!sport.num)
		sport.type = SKALD_VALUE_NONE;
	return skald_arena_printf(&telling->arena, "%s %s > %s", protocol,
				  skald_telling_endpoint(telling, &src, &sport),
				  skald_telling_endpoint(telling, &dst,
							 &dport));
}

void skald_records_expect(struct skald_records *records,
			  const struct skald_r_expect *expect)
{
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_EXPECT);
	const char *helper = skald_records_text(records, expect->helper,
						sizeof(expect->helper));

	if (!event)
		return;
	if (helper && *helper)
		SKALD_SET(event, expect, helper, helper);
	SKALD_SET(event, expect, tuple, tuple_text(records, &expect->tuple));
}
