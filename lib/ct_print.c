// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connection tracking in words.
 */
#include "ct_print.h"

#include <stdio.h>
#include <time.h>

#include "ct_helper.h"
#include "ct_proto.h"
#include "text.h"

#define NS_PER_S 1000000000ull

char *skald_ct_addr_text(const union skald_addr *addr, uint8_t family,
			 char *text, size_t size)
{
	int af = family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;

	if (!inet_ntop(af, addr, text, (socklen_t)size) && size)
		*text = '\0';
	return text;
}

static void add_end(char *text, size_t size, const struct skald_ct_tuple *tuple,
		    const union skald_addr *addr, uint16_t port, bool has_port)
{
	char name[INET6_ADDRSTRLEN];

	skald_ct_addr_text(addr, tuple->family, name, sizeof(name));
	if (!has_port)
		skald_text_add(text, size, "%s", name);
	else if (tuple->family == NFPROTO_IPV6)
		skald_text_add(text, size, "[%s]:%u", name, port);
	else
		skald_text_add(text, size, "%s:%u", name, port);
}

static bool is_icmp(const struct skald_ct_tuple *tuple)
{
	return tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6;
}

static bool has_ports(const struct skald_ct_tuple *tuple)
{
	return !is_icmp(tuple) && tuple->proto != IPPROTO_GRE &&
	       (tuple->sport || tuple->dport);
}

static void add_proto(char *text, size_t size, uint8_t proto)
{
	const struct skald_ct_proto *ops = skald_ct_proto_find(proto);

	if (ops == &skald_ct_proto_generic)
		skald_text_add(text, size, "proto %u ", proto);
	else
		skald_text_add(text, size, "%s ", ops->name);
}

char *skald_ct_tuple_text(const struct skald_ct_tuple *tuple, char *text,
			  size_t size)
{
	bool ports = has_ports(tuple);

	if (size)
		*text = '\0';
	add_proto(text, size, tuple->proto);
	add_end(text, size, tuple, &tuple->src, ntohs(tuple->sport), ports);
	skald_text_add(text, size, " > ");
	add_end(text, size, tuple, &tuple->dst, ntohs(tuple->dport), ports);
	if (is_icmp(tuple))
		skald_text_add(text, size, " type %u code %u id %u",
			       skald_ct_icmp_type(tuple),
			       skald_ct_icmp_code(tuple), ntohs(tuple->sport));
	if (tuple->proto == IPPROTO_GRE && (tuple->sport || tuple->dport))
		skald_text_add(text, size, " keys %u %u", ntohs(tuple->sport),
			       ntohs(tuple->dport));
	return text;
}

char *skald_ct_flags_text(uint8_t flags, char *text, size_t size)
{
	static const char letters[] = "FSRPAUEC";
	size_t i, n = 0;

	for (i = 0; i < 8 && n + 1 < size; i++) {
		if (flags & 1u << i)
			text[n++] = letters[i];
	}
	if (!n && size > 1)
		text[n++] = '.';
	if (size)
		text[n] = '\0';
	return text;
}

char *skald_ct_time_text(uint64_t t_ns, char *text, size_t size)
{
	time_t seconds = (time_t)(t_ns / NS_PER_S);
	struct tm tm;

	if (!size)
		return text;
	*text = '\0';
	if (gmtime_r(&seconds, &tm) &&
	    strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm))
		skald_text_add(text, size, ".%09u",
			       (unsigned int)(t_ns % NS_PER_S));
	return text;
}

const char *skald_ct_note_word(enum skald_ct_note_kind kind)
{
	switch (kind) {
	case SKALD_CT_NOTE_NEW:
		return "new";
	case SKALD_CT_NOTE_UPDATE:
		return "update";
	case SKALD_CT_NOTE_DESTROY:
		return "destroy";
	case SKALD_CT_NOTE_INVALID:
		return "invalid";
	case SKALD_CT_NOTE_IGNORED:
		return "ignored";
	case SKALD_CT_NOTE_EXPECT:
		return "expect";
	case SKALD_CT_NOTE_UNEXPECT:
		return "unexpect";
	case SKALD_CT_NOTE_HELPER:
		return "helper";
	case SKALD_CT_NOTE_DROP:
		return "drop";
	case SKALD_CT_NOTE_CLASH:
		return "clash";
	}
	return "unknown";
}

const char *skald_ct_end_word(enum skald_ct_end end)
{
	switch (end) {
	case SKALD_CT_END_EXPIRED:
		return "expired";
	case SKALD_CT_END_REOPENED:
		return "reopened";
	case SKALD_CT_END_RESET:
		return "reset";
	case SKALD_CT_END_EVICTED:
		return "evicted";
	case SKALD_CT_END_DELETED:
		return "deleted";
	case SKALD_CT_END_TABLE:
		return "table";
	}
	return "unknown";
}

const char *skald_ct_status_word(enum skald_ct_status status)
{
	switch (status) {
	case SKALD_CT_EXPECTED:
		return "expected";
	case SKALD_CT_SEEN_REPLY:
		return "seen_reply";
	case SKALD_CT_ASSURED:
		return "assured";
	case SKALD_CT_CONFIRMED:
		return "confirmed";
	case SKALD_CT_SRC_NAT:
		return "src_nat";
	case SKALD_CT_DST_NAT:
		return "dst_nat";
	case SKALD_CT_SEQ_ADJUST:
		return "seq_adjust";
	case SKALD_CT_SRC_NAT_DONE:
		return "src_nat_done";
	case SKALD_CT_DST_NAT_DONE:
		return "dst_nat_done";
	case SKALD_CT_DYING:
		return "dying";
	case SKALD_CT_FIXED_TIMEOUT:
		return "fixed_timeout";
	case SKALD_CT_NAT_CLASH:
		return "nat_clash";
	case SKALD_CT_HELPER:
		return "helper";
	}
	return NULL;
}

/* ---- verdicts ---- */

/* What was compared with the bound, and how it should have been. */
static const char *bound_of(enum skald_ct_reason reason)
{
	switch (reason) {
	case SKALD_CT_REASON_TCP_SEQ_OVER:
	case SKALD_CT_REASON_TCP_OVERSHOT:
		return "seq must be below";
	case SKALD_CT_REASON_TCP_ACK_OVER:
		return "ack or sack must be below";
	case SKALD_CT_REASON_TCP_SEQ_UNDER:
		return "end must be above";
	case SKALD_CT_REASON_TCP_ACK_UNDER:
		return "ack or sack must be above";
	case SKALD_CT_REASON_TCP_RST:
		return "seq must not be below";
	default:
		return NULL;
	}
}

static void add_side(char *text, size_t size, const char *name,
		     const struct skald_ct_tcp_side *side)
{
	skald_text_add(
		text, size,
		"\n%s end %u maxend %u maxwin %u maxack %u scale %u%s%s%s",
		name, side->end, side->maxend, side->maxwin, side->maxack,
		side->scale,
		side->flags & SKALD_CT_TCP_SACK_PERM ? " sack" : "",
		side->flags & SKALD_CT_TCP_BE_LIBERAL ? " liberal" : "",
		side->flags & SKALD_CT_TCP_UNACKED ? " unacked" : "");
}

static void add_window(char *text, size_t size,
		       const struct skald_ct_note *note)
{
	const struct skald_ct_window *window = note->window;
	const char *bound = bound_of(note->reason);
	char flags[12];

	if (bound)
		skald_text_add(text, size, "\n%s %u, off by %u", bound,
			       window->bound, window->off);
	skald_text_add(text, size,
		       "\npacket flags %s seq %u end %u ack %u sack %u "
		       "win %u scaled %u payload %u",
		       skald_ct_flags_text(window->tcp_flags, flags,
					   sizeof(flags)),
		       window->seq, window->end, window->ack, window->sack,
		       window->win, window->scaled, window->payload);
	add_side(text, size, "sender", &window->sender);
	add_side(text, size, "receiver", &window->receiver);
}

static void add_entry(char *text, size_t size, const struct skald_ct_note *note)
{
	const struct skald_ct *ct = note->ct;
	const struct skald_ct_proto *proto =
		skald_ct_proto_find(skald_ct_protonum(ct));
	char tuple[SKALD_CT_TUPLE_TEXT];

	skald_text_add(text, size, "\nentry %llu %s",
		       (unsigned long long)ct->id,
		       skald_ct_tuple_text(skald_ct_tuple(ct, note->dir), tuple,
					   sizeof(tuple)));
	if (proto->state && proto->state_word)
		skald_text_add(text, size, " %s",
			       proto->state_word(proto->state(ct)));
	skald_text_add(text, size, ", %s direction",
		       note->dir == SKALD_CT_REPLY ? "reply" : "original");
}

char *skald_ct_verdict_text(const struct skald_ct_note *note, char *text,
			    size_t size)
{
	if (size)
		*text = '\0';
	skald_text_add(text, size, "%s: %s: %s", skald_ct_note_word(note->kind),
		       skald_ct_reason_word(note->reason),
		       skald_ct_reason_text(note->reason));
	if (note->helper)
		skald_text_add(text, size, " (%s)", note->helper->name);
	if (note->text)
		skald_text_add(text, size, ": %s", note->text);
	if (note->ct)
		add_entry(text, size, note);
	if (note->window)
		add_window(text, size, note);
	return text;
}
