// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing here links to nf_conntrack: what is needed of it is inline in its
 * headers, or taken by symbol_get() while it is loaded.
 */
#include <linux/module.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_expect.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "compat.h"
#include "conntrack.h"
#include "packet.h"
#include "ring.h"
#include "wrap.h"

/* Longest text of a SKALD_R_INVALID. */
#define TEXT_MAX 128

static typeof(&nf_ct_get_id) id_of;

u32 skald_conntrack_id(const struct nf_conn *ct)
{
	return ct && id_of ? (__force u32)id_of(ct) : 0;
}

void skald_tuple_tell(struct skald_r_tuple *to,
		      const struct nf_conntrack_tuple *tuple)
{
	memcpy(&to->src, &tuple->src.u3, sizeof(to->src));
	memcpy(&to->dst, &tuple->dst.u3, sizeof(to->dst));
	to->sport = tuple->src.u.all;
	to->dport = tuple->dst.u.all;
	to->family = tuple->src.l3num;
	to->protocol = tuple->dst.protonum;
}

static u8 state_of(const struct nf_conn *ct, enum ip_conntrack_info info)
{
	if (info == IP_CT_UNTRACKED)
		return SKALD_R_CT_UNTRACKED;
	if (!ct)
		return SKALD_R_CT_INVALID;
	switch (info) {
	case IP_CT_ESTABLISHED:
	case IP_CT_ESTABLISHED_REPLY:
		return SKALD_R_CT_ESTABLISHED;
	case IP_CT_RELATED:
	case IP_CT_RELATED_REPLY:
		return SKALD_R_CT_RELATED;
	default:
		return SKALD_R_CT_NEW;
	}
}

static void helper_tell(char *name, const struct nf_conn *ct)
{
	const struct nf_conn_help *help =
		skald_ct_extension(ct, NF_CT_EXT_HELPER);
	const struct nf_conntrack_helper *helper;

	helper = help ? rcu_dereference_raw(help->helper) : NULL;
	if (helper)
		memcpy(name, helper->name, sizeof(helper->name));
}

static void entry_tell(struct skald_r_conntrack *to, const struct nf_conn *ct,
		       enum ip_conntrack_info info)
{
	to->id = skald_conntrack_id(ct);
	to->status = READ_ONCE(ct->status);
#ifdef CONFIG_NF_CONNTRACK_MARK
	to->mark = READ_ONCE(ct->mark);
#endif
	if (nf_ct_is_confirmed(ct))
		to->timeout = jiffies_to_msecs(nf_ct_expires(ct));
	to->zone = nf_ct_zone_id(nf_ct_zone(ct), IP_CT_DIR_ORIGINAL);
	to->reply = CTINFO2DIR(info) == IP_CT_DIR_REPLY;
	if (nf_ct_protonum(ct) == IPPROTO_TCP)
		to->tcp = ct->proto.tcp.state;
	helper_tell(to->helper, ct);
	skald_tuple_tell(&to->original,
			 &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple);
	skald_tuple_tell(&to->answer, &ct->tuplehash[IP_CT_DIR_REPLY].tuple);
}

void skald_conntrack_tell(struct skald_packet *packet,
			  const struct sk_buff *skb)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);
	struct skald_r_conntrack *to;
	struct skald_space space;

	BUILD_BUG_ON(NF_CT_HELPER_NAME_LEN != sizeof(to->helper));
	packet->flags &= ~SKALD_PACKET_TRACKED;
	to = skald_ring_begin(&space, packet->id, SKALD_R_CONNTRACK,
			      sizeof(*to));
	if (!to)
		return;
	to->state = state_of(ct, info);
	if (ct)
		entry_tell(to, ct, info);
	skald_ring_end(&space);
}

void skald_conntrack_pending(struct skald_packet *packet,
			     const struct sk_buff *skb)
{
	if (packet->flags & SKALD_PACKET_TRACKED)
		skald_conntrack_tell(packet, skb);
}

void skald_conntrack_on_seen(struct pt_regs *regs, unsigned long parent)
{
	struct skald_packet *packet = skald_packet_get(skald_arg(regs, 0));

	if (packet)
		packet->flags |= SKALD_PACKET_TRACKED;
}

static void window_tell(struct skald_r_window *to,
			const struct ip_ct_tcp_state *side)
{
	to->end = side->td_end;
	to->maxend = side->td_maxend;
	to->maxwin = side->td_maxwin;
	to->maxack = side->td_maxack;
	to->scale = side->td_scale;
	to->flags = side->flags;
}

static void invalid_tell(u64 id, const struct nf_conn *ct,
			 enum ip_conntrack_info info, u8 protocol,
			 const char *text)
{
	size_t len = strnlen(text, TEXT_MAX);
	struct skald_r_invalid *to;
	struct skald_space space;
	unsigned int dir;

	to = skald_ring_begin(&space, id, SKALD_R_INVALID, sizeof(*to) + len);
	if (!to)
		return;
	to->id = skald_conntrack_id(ct);
	to->protocol = protocol;
	to->text_len = len;
	memcpy(to->text, text, len);
	if (ct && protocol == IPPROTO_TCP) {
		dir = CTINFO2DIR(info);
		to->reply = dir == IP_CT_DIR_REPLY;
		to->tcp = ct->proto.tcp.state;
		window_tell(&to->window[0], &ct->proto.tcp.seen[dir]);
		window_tell(&to->window[1], &ct->proto.tcp.seen[!dir]);
	}
	skald_ring_end(&space);
}

/* It only wraps another format. */
static bool is_wrapper(const char *format)
{
	return !strcmp(format, "%pV");
}

/*
 * A format that only wraps another (older nf_tcp_log_invalid()) or a text
 * (udp_error_log()): what it wraps, which is the first argument behind it.
 */
static const char *text_of(struct pt_regs *regs)
{
	const char *format = skald_arg(regs, 3);
	const void *first = skald_arg(regs, 4);
	const struct va_format *inner = first;

	if (!strcmp(format, "%s"))
		return first ?: format;
	return is_wrapper(format) ? inner->fmt : format;
}

void skald_conntrack_on_invalid(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = skald_arg(regs, 0);
	const struct nf_conn *ct = skald_arg(regs, 1);
	struct skald_packet *packet = skald_packet_get(skb);
	enum ip_conntrack_info info;

	if (!packet)
		return;
	/* Where the entry is not the packet's yet, it goes as the original. */
	if (nf_ct_get(skb, &info) != ct)
		info = IP_CT_NEW;
	invalid_tell(packet->id, ct, info, nf_ct_protonum(ct), text_of(regs));
}

/* Called by nf_ct_l4proto_log_invalid() it has been told already. */
void skald_conntrack_on_malformed(struct pt_regs *regs, unsigned long parent)
{
	struct skald_packet *packet = skald_packet_get(skald_arg(regs, 0));

	if (packet && !is_wrapper(skald_arg(regs, 3)))
		invalid_tell(packet->id, NULL, IP_CT_NEW,
			     skald_arg_u32(regs, 2), text_of(regs));
}

/* The helper was called for the packet whose hook function runs here. */
void skald_conntrack_on_expect(struct pt_regs *regs, unsigned long parent)
{
	const struct nf_conntrack_expect *expect = skald_arg(regs, 0);
	u64 id = skald_wrap_running(expect->master);
	struct skald_space space;
	struct skald_r_expect *to;

	if (!id)
		return;
	to = skald_ring_begin(&space, id, SKALD_R_EXPECT, sizeof(*to));
	if (!to)
		return;
	to->master = skald_conntrack_id(expect->master);
	helper_tell(to->helper, expect->master);
	skald_tuple_tell(&to->tuple, &expect->tuple);
	skald_ring_end(&space);
}

void skald_conntrack_arm(void)
{
	if (!id_of)
		WRITE_ONCE(id_of, symbol_get(nf_ct_get_id));
}

void skald_conntrack_disarm(void)
{
	if (!id_of)
		return;
	WRITE_ONCE(id_of, NULL);
	symbol_put(nf_ct_get_id);
}
