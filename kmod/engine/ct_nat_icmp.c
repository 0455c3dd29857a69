// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors of translated conversations: what they quote is translated back,
 * so that who gets them knows the packet, and the outer header as any packet's.
 * As nf_nat_proto.c.
 */
#include "ct_nat.h"

#include "checksum.h"

#define ICMP_LEN 8
#define ICMP_CHECK 2
#define ICMP_REDIRECTED 5
#define ICMPV6_REDIRECTED 137
#define IPV4_MIN 20
#define IPV6_LEN 40
/* of a quoted packet that change */
#define QUOTED_MAX (IPV6_LEN + 60 + 20)

/* A redirect would tell a client about a router that it cannot reach. */
static bool may_pass(const struct skald_ct_packet *packet, u8 type)
{
	const struct skald_ct *ct = packet->ct;
	u8 redirect = packet->view->family == NFPROTO_IPV4 ? ICMP_REDIRECTED
							   : ICMPV6_REDIRECTED;

	if (type != redirect)
		return true;
	return skald_nat_is_bound(ct, SKALD_NAT_SRC) &&
	       skald_nat_is_bound(ct, SKALD_NAT_DST) &&
	       !skald_ct_is(ct, SKALD_CT_SRC_NAT) &&
	       !skald_ct_is(ct, SKALD_CT_DST_NAT);
}

static bool is_sum_right(const struct skald_view *view)
{
	u8 proto = view->family == NFPROTO_IPV6 ? IPPROTO_ICMPV6 : 0;
	u16 sum;

	/* what is not known is not wrong */
	return skald_checksum_transport(view, proto,
					view->end - view->transport, &sum) ||
	       !sum;
}

/* The sum of what may change in a quoted packet. */
static u64 sum_quoted(const struct skald_view *view, u32 off)
{
	u32 len = min_t(u32, QUOTED_MAX, view->end - off);
	u64 sum = 0;

	if (off + len > view->known)
		len = view->known - off;
	skald_checksum_view(view, off, len, &sum);
	return sum;
}

static bool translate_quoted(struct skald_ct_packet *packet,
			     enum skald_nat_manip manip)
{
	struct skald_view *view = packet->view;
	u32 quoted = view->transport + ICMP_LEN;
	u64 before = sum_quoted(view, quoted);
	u8 *check;

	/* the other half of the other direction: that is where it came from */
	if (!skald_nat_rewrite(
		    view, quoted, skald_ct_tuple(packet->ct, !packet->dir),
		    manip == SKALD_NAT_SRC ? SKALD_NAT_DST : SKALD_NAT_SRC))
		return false;
	check = view->data + view->transport + ICMP_CHECK;
	put_unaligned_be16(skald_nat_checksum(get_unaligned_be16(check), before,
					      sum_quoted(view, quoted)),
			   check);
	return true;
}

bool skald_nat_icmp_error(struct skald_ct_packet *packet, u8 hook)
{
	enum skald_nat_manip manip = skald_nat_manip_of(hook);
	struct skald_view *view = packet->view;
	struct skald_ct_tuple target;
	u32 header =
		ICMP_LEN + (view->family == NFPROTO_IPV4 ? IPV4_MIN : IPV6_LEN);

	if (view->transport > view->end ||
	    header > view->end - view->transport ||
	    skald_view_write(view, view->transport + header) ||
	    !is_sum_right(view) ||
	    !may_pass(packet, view->data[view->transport]))
		return false;
	if (!skald_nat_is_changed(packet, manip))
		return true;
	if (!translate_quoted(packet, manip) ||
	    !skald_ct_tuple_invert(&target,
				   skald_ct_tuple(packet->ct, !packet->dir)))
		return false;
	target.proto =
		view->family == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return skald_nat_rewrite(view, view->network, &target, manip);
}
