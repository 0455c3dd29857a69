// SPDX-License-Identifier: GPL-2.0-only
/* Matches of what the host knows of a packet: xt_mark.c, xt_mac.c,
 * xt_pkttype.c, xt_addrtype.c, xt_physdev.c, xt_cpu.c, xt_devgroup.c,
 * ipt_rpfilter.c, xt_set.c, xt_realm.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define TYPE_ETHER 1
#define RTN_UNSPECIFIED 0
#define RTN_IS_UNICAST 1
#define RTN_IS_LOCAL 2

struct mark_info {
	u32 mark;
	u32 mask;
	u8 invert;
};

struct mac_info {
	u8 addr[6];
	s32 invert;
};

struct pkttype_info {
	s32 type;
	s32 invert;
};

struct addrtype_info {
	u16 source;
	u16 dest;
	u32 flags;
};

struct addrtype_info_v0 {
	u16 source;
	u16 dest;
	u32 invert_source;
	u32 invert_dest;
};

struct physdev_info {
	char in[16];
	u8 in_mask[16];
	char out[16];
	u8 out_mask[16];
	u8 invert;
	u8 bits;
};

struct devgroup_info {
	u32 flags;
	u32 src_group;
	u32 src_mask;
	u32 dst_group;
	u32 dst_mask;
};

struct set_info {
	u16 index;
	u8 dim;
	u8 flags;
};

static int match_mark(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct mark_info *info = (const void *)xt->info;

	return ((pkt->view->mark & info->mask) == info->mark) != !!info->invert;
}

static void explain_mark(const struct skald_xt *xt,
			 const struct skald_vm_pkt *pkt,
			 struct skald_miss *miss)
{
	const struct mark_info *info = (const void *)xt->info;
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "mark");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, info->invert ? "!= " : "");
	skald_phrase_hex(&phrase, info->mark);
	skald_phrase_str(&phrase, "/");
	skald_phrase_hex(&phrase, info->mask);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_hex(&phrase, pkt->view->mark);
}

/* mac_mt(): only what came by Ethernet has one. */
static int match_mac(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct mac_info *info = (const void *)xt->info;
	struct skald_link_info link;
	u8 addr[6];
	u32 index = pkt->view->iif ? pkt->view->iif : pkt->view->oif;
	int err = skald_vm_link(pkt, index, &link);

	if (err == -ENODATA)
		return err;
	if (err || link.type != TYPE_ETHER ||
	    pkt->view->link == SKALD_VIEW_NONE)
		return SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->view->link + 6, sizeof(addr), addr);
	if (err)
		return err < 0 ? err : SKALD_XT_NO;
	return (memcmp(addr, info->addr, sizeof(addr)) == 0) != !!info->invert;
}

static void explain_mac(const struct skald_xt *xt,
			const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct mac_info *info = (const void *)xt->info;
	struct skald_phrase phrase;
	u8 addr[6];

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "mac source");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, info->invert ? "!= " : "");
	skald_phrase_value(&phrase, SKALD_AS_MAC, info->addr, 6);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (pkt->view->link != SKALD_VIEW_NONE &&
	    !skald_pkt_copy(pkt, pkt->view->link + 6, 6, addr))
		skald_phrase_value(&phrase, SKALD_AS_MAC, addr, 6);
}

static int match_pkttype(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct pkttype_info *info = (const void *)xt->info;
	u32 at = skald_pkt_network(pkt);
	u8 type, to;

	if (skald_vm_fact(pkt, SKALD_FACT_PKTTYPE, &type))
		return -ENODATA;
	/* pkttype_mt(): of loopback, by the address */
	if (type == 5 && xt->family == NFPROTO_IPV4) {
		if (skald_pkt_copy(pkt, at + 16, 1, &to))
			return -ENODATA;
		type = (to & 0xf0) == 0xe0 ? 2 : 1;
	} else if (type == 5 && xt->family == NFPROTO_IPV6) {
		if (skald_pkt_copy(pkt, at + 24, 1, &to))
			return -ENODATA;
		type = to == 0xff ? 2 : 1;
	}
	return (type == info->type) != !!info->invert;
}

static int read_addresses(const struct skald_xt *xt,
			  const struct skald_vm_pkt *pkt,
			  struct skald_fib_query *query)
{
	u32 len = xt->family == NFPROTO_IPV6 ? 16 : 4;
	u32 at = skald_pkt_network(pkt) + (len == 4 ? 12 : 8);
	int err = skald_xt_pull(pkt, at, len, query->src);

	query->family = len == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	query->l4proto = pkt->tprot;
	return err ? err : skald_xt_pull(pkt, at + len, len, query->dst);
}

/* The type of one address, as a bit. */
static int type_bit(const struct skald_xt *xt, const struct skald_vm_pkt *pkt,
		    bool is_src, u32 dev, u32 *bit)
{
	struct skald_fib_query query = { .is_type = true };
	struct skald_fib_answer answer = { 0 };
	int err = read_addresses(xt, pkt, &query);

	if (err)
		return err < 0 ? err : -ENODATA;
	if (is_src)
		memcpy(query.dst, query.src, sizeof(query.dst));
	query.flags = is_src ? NFTA_FIB_F_SADDR : NFTA_FIB_F_DADDR;
	query.dev = dev;
	if (dev)
		query.flags |=
			dev == pkt->view->iif ? NFTA_FIB_F_IIF : NFTA_FIB_F_OIF;
	if (!pkt->world->fib)
		return -ENODATA;
	err = pkt->world->fib(pkt->owner, pkt, &query, &answer);
	if (err == -ENODATA)
		return err;
	*bit = 1u << (err ? RTN_UNSPECIFIED : answer.type & 31);
	return 0;
}

#define TYPE(type) (1u << (type))
#define RTN_IS_ANYCAST 4
#define RTN_IS_MULTICAST 5
#define RTN_IS_UNREACHABLE 7
#define RTN_IS_PROHIBIT 8

/* match_type6(): what an IPv6 address is, it is by itself; only where it leads
 * is asked of the tables. */
static int check_type6(const struct skald_xt *xt,
		       const struct skald_vm_pkt *pkt, u16 want, bool is_src,
		       u32 dev, bool invert)
{
	static const u8 none[16];
	struct skald_fib_query query = { 0 };
	u32 bit, asked = TYPE(RTN_IS_LOCAL) | TYPE(RTN_IS_ANYCAST) |
			 TYPE(RTN_IS_PROHIBIT) | TYPE(RTN_IS_UNREACHABLE);
	const u8 *address = is_src ? query.src : query.dst;
	int err = read_addresses(xt, pkt, &query);
	bool is_group, is_none;

	if (err)
		return err < 0 ? err : -ENODATA;
	is_group = address[0] == 0xff;
	is_none = memcmp(address, none, sizeof(none)) == 0;
	if (((want & TYPE(RTN_IS_MULTICAST)) && !is_group) ||
	    ((want & TYPE(RTN_IS_UNICAST)) && (is_group || is_none)) ||
	    ((want & TYPE(RTN_UNSPECIFIED)) && !is_none))
		return invert;
	if (!(want & asked))
		return !invert;
	err = type_bit(xt, pkt, is_src, dev, &bit);
	/* no route at all is one that leads nowhere */
	if (!err && bit == TYPE(RTN_UNSPECIFIED))
		bit = TYPE(RTN_IS_UNREACHABLE);
	return err ? err : !!(want & bit) != invert;
}

static int check_type(const struct skald_xt *xt, const struct skald_vm_pkt *pkt,
		      u16 want, bool is_src, u32 dev, bool invert)
{
	u32 bit;
	int err;

	if (!want)
		return SKALD_XT_YES;
	if (xt->family == NFPROTO_IPV6)
		return check_type6(xt, pkt, want, is_src, dev, invert);
	err = type_bit(xt, pkt, is_src, dev, &bit);
	return err ? err : !!(want & bit) != invert;
}

#define ADDRTYPE_INVERT_SOURCE 1
#define ADDRTYPE_INVERT_DEST 2
#define ADDRTYPE_IFACE_IN 4
#define ADDRTYPE_IFACE_OUT 8

static int match_addrtype(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct addrtype_info *info = (const void *)xt->info;
	u32 dev = 0;
	int answer;

	if (info->flags & ADDRTYPE_IFACE_IN)
		dev = pkt->view->iif;
	else if (info->flags & ADDRTYPE_IFACE_OUT)
		dev = pkt->view->oif;
	answer = check_type(xt, pkt, info->source, true, dev,
			    info->flags & ADDRTYPE_INVERT_SOURCE);
	if (answer != SKALD_XT_YES)
		return answer;
	return check_type(xt, pkt, info->dest, false, dev,
			  info->flags & ADDRTYPE_INVERT_DEST);
}

static int match_addrtype_v0(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct addrtype_info_v0 *info = (const void *)xt->info;
	int answer =
		check_type(xt, pkt, info->source, true, 0, info->invert_source);

	if (answer != SKALD_XT_YES)
		return answer;
	return check_type(xt, pkt, info->dest, false, 0, info->invert_dest);
}

static void put_types(struct skald_phrase *phrase, u16 types)
{
	u8 type;

	for (type = 0; type < 16; type++) {
		if (!(types & 1 << type))
			continue;
		skald_phrase_value(phrase, SKALD_AS_FIBTYPE, &type, 1);
		skald_phrase_str(phrase, " ");
	}
}

static void explain_addrtype(const struct skald_xt *xt,
			     const struct skald_vm_pkt *pkt,
			     struct skald_miss *miss)
{
	const struct addrtype_info *info = (const void *)xt->info;
	bool is_dst = info->dest;
	struct skald_phrase phrase;
	u32 bit;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase,
			 is_dst ? "addrtype destination" : "addrtype source");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	put_types(&phrase, is_dst ? info->dest : info->source);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (!type_bit(xt, pkt, !is_dst, 0, &bit))
		put_types(&phrase, (u16)bit);
}

#define RPF_LOOSE 1
#define RPF_MARK 2
#define RPF_LOCAL 4
#define RPF_INVERT 8

static bool is_reversible(const struct skald_vm_pkt *pkt, u8 flags,
			  const struct skald_fib_answer *answer)
{
	if (answer->type != RTN_IS_UNICAST &&
	    !(answer->type == RTN_IS_LOCAL && (flags & RPF_LOCAL)))
		return false;
	return (flags & RPF_LOOSE) || answer->oif == pkt->view->iif;
}

/* rpfilter_mt(): packets of the host itself, and DHCP, are let pass. */
static int match_rpfilter(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	struct skald_fib_query query = { 0 };
	struct skald_fib_answer answer = { 0 };
	struct skald_link_info link;
	u8 flags = *(const u8 *)xt->info, addr[16];
	bool invert = flags & RPF_INVERT;
	int err = read_addresses(xt, pkt, &query);

	if (err)
		return err;
	if (!skald_vm_link(pkt, pkt->view->iif, &link) && link.type == 772)
		return !invert;
	if (xt->family == NFPROTO_IPV4 && !query.src[0] &&
	    (query.dst[0] == 255 || query.dst[0] == 224))
		return !invert;
	memcpy(addr, query.src, sizeof(addr));
	memcpy(query.src, query.dst, sizeof(addr));
	memcpy(query.dst, addr, sizeof(addr));
	query.flags = NFTA_FIB_F_SADDR;
	if (!(flags & RPF_LOOSE)) {
		query.flags |= NFTA_FIB_F_IIF;
		query.dev = pkt->view->iif;
	}
	query.takes_local = flags & RPF_LOCAL;
	if (flags & RPF_MARK) {
		query.flags |= NFTA_FIB_F_MARK;
		query.mark = pkt->view->mark;
	}
	if (!pkt->world->fib)
		return -ENODATA;
	err = pkt->world->fib(pkt->owner, pkt, &query, &answer);
	if (err == -ENODATA)
		return err;
	return (!err && is_reversible(pkt, flags, &answer)) != invert;
}

static bool is_name(const char *name, const char *want, const u8 *mask)
{
	u32 i;

	for (i = 0; i < 16; i++) {
		if ((name[i] ^ want[i]) & mask[i])
			return false;
	}
	return true;
}

static int port_name(const struct skald_vm_pkt *pkt, enum skald_fact fact,
		     char *name, bool *is_there)
{
	struct skald_link_info link;
	u32 index = 0;
	int err = skald_vm_fact(pkt, fact, &index);

	memset(name, 0, 16);
	*is_there = false;
	if (err)
		return err == -ENODATA ? err : 0;
	if (!index)
		return 0;
	err = skald_vm_link(pkt, index, &link);
	if (err)
		return -ENODATA;
	*is_there = true;
	memcpy(name, link.name, 16);
	return 0;
}

#define PHYSDEV_IN 1
#define PHYSDEV_OUT 2
#define PHYSDEV_BRIDGED 4
#define PHYSDEV_ISIN 8
#define PHYSDEV_ISOUT 16

static bool odd(const struct physdev_info *info, u8 bit, bool is)
{
	return (info->bits & bit) && is == !!(info->invert & bit);
}

/* physdev_mt() */
static int match_physdev(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct physdev_info *info = (const void *)xt->info;
	char in[16], out[16];
	bool has_in, has_out;
	u8 bridged = 0;

	if (port_name(pkt, SKALD_FACT_PHYSIN, in, &has_in) ||
	    port_name(pkt, SKALD_FACT_PHYSOUT, out, &has_out) ||
	    skald_vm_fact(pkt, SKALD_FACT_IS_BRIDGED, &bridged) == -ENODATA)
		return -ENODATA;
	if (!has_in && !has_out && !bridged) {
		/* not a bridged packet: only "not" can hold */
		u8 bits =
			info->bits & (PHYSDEV_BRIDGED | PHYSDEV_ISIN |
				      PHYSDEV_ISOUT | PHYSDEV_IN | PHYSDEV_OUT);

		return !(bits & (u8)~info->invert);
	}
	if (odd(info, PHYSDEV_BRIDGED, bridged) ||
	    odd(info, PHYSDEV_ISIN, has_in) ||
	    odd(info, PHYSDEV_ISOUT, has_out))
		return SKALD_XT_NO;
	if (odd(info, PHYSDEV_IN, is_name(in, info->in, info->in_mask)))
		return SKALD_XT_NO;
	return !odd(info, PHYSDEV_OUT, is_name(out, info->out, info->out_mask));
}

static int match_cpu(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const u32 *info = (const void *)xt->info;
	u32 cpu;

	if (skald_vm_fact(pkt, SKALD_FACT_CPU, &cpu))
		return -ENODATA;
	return (cpu == info[0]) != !!info[1];
}

static int match_realm(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const u32 *info = (const void *)xt->info;
	u32 realm;
	int err = skald_vm_fact(pkt, SKALD_FACT_RTCLASSID, &realm);

	if (err)
		return err == -ENOENT ? SKALD_XT_NO : -ENODATA;
	return (info[0] == (realm & info[1])) != !!(u8)info[2];
}

static int group_fails(const struct skald_vm_pkt *pkt, u32 index, u32 group,
		       u32 mask, bool invert)
{
	struct skald_link_info link;

	if (skald_vm_link(pkt, index, &link))
		return -ENODATA;
	return (((group ^ link.group) & mask) == 0) == invert;
}

static int match_devgroup(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct devgroup_info *info = (const void *)xt->info;
	int answer;

	if (info->flags & 1) {
		answer = group_fails(pkt, pkt->view->iif, info->src_group,
				     info->src_mask, info->flags & 2);
		if (answer)
			return answer < 0 ? answer : SKALD_XT_NO;
	}
	if (!(info->flags & 4))
		return SKALD_XT_YES;
	answer = group_fails(pkt, pkt->view->oif, info->dst_group,
			     info->dst_mask, info->flags & 8);
	return answer < 0 ? answer : !answer;
}

#define SET_INVERT 1

static int match_set(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct set_info *info = (const void *)xt->info;
	int err = -ENODATA;

	if (pkt->world->ipset)
		err = pkt->world->ipset(pkt->owner, pkt, info->index, info->dim,
					info->flags);
	if (err && err != -ENOENT)
		return -ENODATA;
	return !err != !!(info->flags & SET_INVERT);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_host[] = {
	{ .name = "mark", .revision = 1, .size = sizeof(struct mark_info),
	  .help = "mark of the packet", .match = match_mark,
	  .explain = explain_mark },
	{ .name = "mac", .revision = 0, .size = sizeof(struct mac_info),
	  .help = "source address of Ethernet", .match = match_mac,
	  .missing = "link-layer header", .explain = explain_mac },
	{ .name = "pkttype", .revision = 0,
	  .size = sizeof(struct pkttype_info), .help = "unicast, broadcast, ...",
	  .match = match_pkttype, .missing = "packet type" },
	{ .name = "addrtype", .revision = 1,
	  .size = sizeof(struct addrtype_info), .help = "types of the addresses",
	  .match = match_addrtype, .missing = "routing tables",
	  .explain = explain_addrtype },
	{ .name = "addrtype", .revision = 0,
	  .size = sizeof(struct addrtype_info_v0),
	  .help = "types of the addresses", .match = match_addrtype_v0,
	  .missing = "routing tables", .explain = explain_addrtype },
	{ .name = "rpfilter", .revision = 0, .size = 1,
	  .help = "whether the source is reached by the way it came",
	  .match = match_rpfilter, .missing = "routing tables" },
	{ .name = "physdev", .revision = 0,
	  .size = sizeof(struct physdev_info), .help = "ports of the bridge",
	  .match = match_physdev, .missing = "ports of the bridge" },
	{ .name = "cpu", .revision = 0, .size = 8, .help = "processor",
	  .match = match_cpu, .missing = "processor" },
	{ .name = "realm", .revision = 0, .size = 12,
	  .help = "realm of the route", .match = match_realm,
	  .missing = "routing realm" },
	{ .name = "devgroup", .revision = 0,
	  .size = sizeof(struct devgroup_info), .help = "groups of interfaces",
	  .match = match_devgroup, .missing = "groups of interfaces" },
	{ .name = "set", .revision = SKALD_XT_ANY,
	  .size = sizeof(struct set_info), .help = "sets of ipset",
	  .match = match_set, .missing = "members of an ipset" },
	{ .name = NULL },
};
/* clang-format on */
