// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rules want done beyond their verdict, done to the packet in the engine.
 */
#include "engine_priv.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "checksum.h"
#include "ct_helper.h"
#include "ct_helpers.h"
#include "source_address.h"

/* First address of an interface; IPv4's of scope universe, as
 * inet_select_addr() with no destination does. */
static bool first_address(const struct skald_engine *engine, uint32_t index,
			  unsigned int family, union skald_addr *address)
{
	memset(address, 0, sizeof(*address));
	for (size_t i = 0; i < engine->links.n_addresses; i++) {
		const struct skald_address *own = &engine->links.addresses[i];

		if (own->index != index || own->family != family ||
		    own->scope > RT_SCOPE_LINK)
			continue;
		memcpy(address->bytes, own->address, skald_addr_len(family));
		return true;
	}
	return false;
}

/* Scope of an IPv6 address or group, 0: more than the link and the site. */
static unsigned int scope6(const uint8_t *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (address[0] == 0xff)
		return (address[1] & 0xf) == 1 || (address[1] & 0xf) == 2 ||
				       (address[1] & 0xf) == 5
			       ? address[1] & 0xf
			       : 0;
	if (memcmp(address, loopback, sizeof(loopback)) == 0)
		return 1;
	if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
		return 2;
	return address[0] == 0xfe && (address[1] & 0xc0) == 0xc0 ? 5 : 0;
}

/* nf_nat_redirect_ipv4(), nf_nat_redirect_ipv6(): of the interface it came in
 * by; IPv6's is of the scope that the destination has. */
static bool redirect_address(const struct skald_passage *passage,
			     unsigned int family, union skald_addr *address)
{
	const struct skald_links *links = &passage->engine->links;
	const struct skald_view *view = &passage->room.view;
	unsigned int scope = 0;

	if (family != AF_INET6)
		return first_address(passage->engine, view->iif, family,
				     address);
	scope = scope6(view->data + view->network + 24);
	memset(address, 0, sizeof(*address));
	for (size_t i = 0; i < links->n_addresses; i++) {
		const struct skald_address *own = &links->addresses[i];

		if (own->index != view->iif || own->family != AF_INET6 ||
		    (scope && scope6(own->address) != scope))
			continue;
		memcpy(address->bytes, own->address, 16);
		return true;
	}
	return false;
}

static void make_range(const struct skald_vm_nat *from,
		       struct skald_nat_range *range)
{
	memset(range, 0, sizeof(*range));
	range->flags = from->flags;
	memcpy(range->min_addr.bytes, from->min_addr, 16);
	memcpy(range->max_addr.bytes, from->max_addr, 16);
	range->min_proto = (__force __be16)from->min_port;
	range->max_proto = (__force __be16)from->max_port;
	range->base_proto = (__force __be16)from->base_port;
}

/* The source that the kernel would choose for the way out:
 * nf_nat_masquerade_ipv4(), nf_nat_masquerade_ipv6(). */
static bool masquerade_address(const struct skald_passage *passage,
			       unsigned int family, union skald_addr *address)
{
	const struct skald_fib_hop *hop = passage->routing.fib.hop;
	const struct skald_links *links = &passage->engine->links;
	const struct skald_view *view = &passage->room.view;
	const uint8_t *ip = view->data + view->network;
	const uint8_t *found;

	if (family == AF_INET6)
		found = skald_source_ip6(links, view->oif, ip + 24);
	else
		found = skald_source_ip4(links, view->oif,
					 hop && hop->hop.family == AF_INET
						 ? hop->hop.via
						 : ip + 16);
	memset(address, 0, sizeof(*address));
	if (found)
		memcpy(address->bytes, found, skald_addr_len(family));
	return found;
}

static int translate(struct skald_passage *passage,
		     const struct skald_vm_nat *nat)
{
	unsigned int family = nat->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
	struct skald_view *view = skald_passage_view(passage);
	struct skald_nat_range range;
	union skald_addr address;
	bool has;

	if (!passage->has_ct || !passage->ct.ct)
		return NF_ACCEPT;
	make_range(nat, &range);
	if ((nat->kind == SKALD_VM_NAT_MASQUERADE ||
	     nat->kind == SKALD_VM_NAT_REDIRECT) &&
	    !passage->engine->has_routes) {
		skald_passage_assume(passage, "rules alone have no addresses: "
					      "what it is translated to is "
					      "not known");
		return NF_ACCEPT;
	}
	passage->nat_kind[!nat->is_dnat] =
		nat->is_dnat ? SKALD_NAT_DNAT : SKALD_NAT_SNAT;
	switch (nat->kind) {
	case SKALD_VM_NAT_MASQUERADE:
		passage->nat_kind[1] = SKALD_NAT_MASQUERADE;
		has = masquerade_address(passage, family, &address);
		return skald_nat_masquerade(&passage->ct, &range,
					    has ? &address : NULL, view->oif);
	case SKALD_VM_NAT_REDIRECT:
		passage->nat_kind[0] = SKALD_NAT_REDIRECT;
		has = redirect_address(passage, family, &address);
		return skald_nat_redirect(&passage->ct, &range, passage->hook,
					  has ? &address : NULL);
	case SKALD_VM_NAT_NETMAP:
	case SKALD_VM_NAT_PLAIN:
		break;
	}
	return skald_nat_setup(&passage->ct, &range,
			       nat->is_dnat ? SKALD_NAT_DST : SKALD_NAT_SRC);
}

static void set_helper(struct skald_passage *passage,
		       const struct skald_effect *effect)
{
	struct skald_ct *entry = passage->ct.ct;
	const struct skald_ct_helper *helper;

	if (!entry || entry->help || skald_ct_is(entry, SKALD_CT_CONFIRMED))
		return;
	helper = skald_ct_helper_find(effect->ct.name, skald_ct_family(entry),
				      effect->ct.l4proto);
	if (helper)
		(void)skald_ct_help_attach(entry, helper);
	else
		skald_passage_assume(passage, "what helper \"%.40s\" does",
				     effect->ct.name);
}

/* A template, once: nft_ct_set_zone_eval(), xt_ct_target(). */
static void set_zone(struct skald_passage *passage,
		     const struct skald_effect *effect)
{
	if (passage->has_ct || passage->is_untracked || passage->zone_dirs)
		return;
	passage->zone = (uint16_t)effect->ct.value;
	passage->zone_dirs = effect->ct.direction > 1
				     ? SKALD_CT_ZONE_BOTH
				     : (uint8_t)(1 << effect->ct.direction);
}

/*
 * nft_synproxy_do_eval() has nf_ip_checksum() look at the checksum, IPv6 or
 * not: with the bytes where IPv4 has its addresses. A SYN is answered; which
 * cookies are good is the kernel's secret.
 */
static int look_at_syn(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;
	const uint8_t *ip = view->data + view->network;
	uint32_t len = view->end - passage->pkt.thoff;
	uint64_t sum = IPPROTO_TCP + len;

	if (passage->input->trusts_checksums || view->known < view->end)
		return -ENODATA;
	sum = skald_checksum_add(ip + 12, 8, sum);
	sum = skald_checksum_add(view->data + passage->pkt.thoff, len, sum);
	return skald_checksum_fold(sum) ? -EINVAL : -ENODATA;
}

int skald_engine_effect(void *owner, struct skald_vm_pkt *pkt,
			const struct skald_effect *effect)
{
	struct skald_passage *passage = owner;

	switch (effect->kind) {
	case SKALD_EFFECT_NAT:
		return translate(passage, &effect->nat);
	case SKALD_EFFECT_NOTRACK:
		passage->is_untracked |= !passage->has_ct;
		skald_vm_ct_forget(pkt);
		return 0;
	case SKALD_EFFECT_CT_ZONE:
		set_zone(passage, effect);
		skald_vm_ct_forget(pkt);
		return 0;
	case SKALD_EFFECT_CT_MARK:
		if (passage->ct.ct)
			passage->ct.ct->mark = effect->ct.value;
		skald_vm_ct_forget(pkt);
		return 0;
	case SKALD_EFFECT_CT_LABELS:
		skald_vm_ct_forget(pkt);
		return passage->ct.ct ? skald_engine_label(passage->engine,
							   passage->ct.ct,
							   effect->ct.labels)
				      : 0;
	case SKALD_EFFECT_CT_HELPER:
		set_helper(passage, effect);
		return 0;
	case SKALD_EFFECT_TPROXY:
		skald_passage_assume(passage, "which socket tproxy finds");
		return -ENOENT;
	case SKALD_EFFECT_SYNPROXY:
		return look_at_syn(passage);
	case SKALD_EFFECT_REJECT:
		skald_passage_reject(passage, effect);
		return 0;
	case SKALD_EFFECT_LOG:
	case SKALD_EFFECT_META:
	case SKALD_EFFECT_CHECKSUM:
	case SKALD_EFFECT_CT_SECMARK:
	case SKALD_EFFECT_CT_EVENTS:
	case SKALD_EFFECT_CT_TIMEOUT:
	case SKALD_EFFECT_CT_EXPECT:
	case SKALD_EFFECT_DUP:
	case SKALD_EFFECT_FWD:
	case SKALD_EFFECT_OFFLOAD:
	case SKALD_EFFECT_TUNNEL:
	case SKALD_EFFECT_SET:
		return 0;
	}
	return 0;
}
