// SPDX-License-Identifier: GPL-2.0-only
/* fib: what the routing tables say of an address (nft_fib4_eval(),
 * nft_fib6_eval(), nft_fib4_eval_type(), nft_fib6_eval_type()). */
#include "expr_parts.h"
#include "place.h"
#include "vm_pkt.h"

#define TYPE_LOOPBACK 772
#define NAME_LEN 16

struct fib {
	u8 result;
	u8 reg;
	u8 len;
	u32 flags;
};

/* clang-format off */
static const struct skald_param_word results[] = {
	{ NFT_FIB_RESULT_OIF, "oif" }, { NFT_FIB_RESULT_OIFNAME, "oifname" },
	{ NFT_FIB_RESULT_ADDRTYPE, "type" }, { 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ NFTA_FIB_F_SADDR, "saddr" }, { NFTA_FIB_F_DADDR, "daddr" },
	{ NFTA_FIB_F_MARK, "mark" }, { NFTA_FIB_F_IIF, "iif" },
	{ NFTA_FIB_F_OIF, "oif" }, { NFTA_FIB_F_PRESENT, "exists" },
	{ 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_FIB_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_FIB_RESULT, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "result",
	  .help = "interface, its name, or type of the address",
	  .words = results },
	{ .attr = NFTA_FIB_FLAGS, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "flags", .help = "what is looked up",
	  .is_flags = true, .words = flags },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct fib *fib = skald_expr_data(expr);
	u32 both = NFTA_FIB_F_SADDR | NFTA_FIB_F_DADDR;

	fib->result = (u8)skald_nla_be32(tb[NFTA_FIB_RESULT]);
	fib->flags = skald_nla_be32(tb[NFTA_FIB_FLAGS]);
	if (!(fib->flags & both) || (fib->flags & both) == both)
		return -EINVAL;
	if ((fib->flags & NFTA_FIB_F_IIF) && (fib->flags & NFTA_FIB_F_OIF))
		return -EINVAL;
	if (fib->result != NFT_FIB_RESULT_ADDRTYPE &&
	    (fib->flags & NFTA_FIB_F_OIF))
		return -EINVAL;
	fib->len = fib->result == NFT_FIB_RESULT_OIFNAME ? NAME_LEN : 4;
	return skald_reg_target(tb[NFTA_FIB_DREG], fib->len, &fib->reg);
}

/* nft_fib_store_result(). -ENODATA: the name is not known */
static int store(const struct fib *fib, const struct skald_vm_pkt *pkt,
		 u32 index, u32 *to)
{
	struct skald_link_info link;
	int err;

	if (fib->flags & NFTA_FIB_F_PRESENT) {
		*to = !!index;
		return 0;
	}
	if (fib->result == NFT_FIB_RESULT_OIF) {
		*to = index;
		return 0;
	}
	memset(to, 0, NAME_LEN);
	err = skald_vm_link(pkt, index, &link);
	if (!err)
		memcpy(to, link.name, NAME_LEN);
	return err == -ENODATA ? err : 0;
}

/* nft_fib_can_skip(): packets of the host itself are not looked up. */
static bool is_loopback(const struct skald_vm_pkt *pkt)
{
	struct skald_link_info link;

	if (pkt->hook != NF_INET_PRE_ROUTING && pkt->hook != NF_INET_LOCAL_IN &&
	    pkt->hook != NF_INET_INGRESS)
		return false;
	return !skald_vm_link(pkt, pkt->view->iif, &link) &&
	       link.type == TYPE_LOOPBACK;
}

static int addresses(const struct skald_vm_pkt *pkt,
		     struct skald_fib_query *query)
{
	u32 at = skald_pkt_network(pkt), len;
	u8 header[40];
	int err;

	if (skald_pkt_protocol(pkt) == ETH_P_IPV6) {
		err = skald_pkt_copy(pkt, at, sizeof(header), header);
		query->family = NFPROTO_IPV6;
		len = 16;
		at = 8;
		query->dscp = (u8)(get_unaligned_be16(header) >> 4);
	} else {
		err = skald_pkt_copy(pkt, at, 20, header);
		query->family = NFPROTO_IPV4;
		len = 4;
		at = 12;
		query->dscp = header[1];
	}
	if (err)
		return err;
	memcpy(query->src, header + at, len);
	memcpy(query->dst, header + at + len, len);
	return 0;
}

static void turn(struct skald_fib_query *query)
{
	u8 addr[16];

	memcpy(addr, query->src, sizeof(addr));
	memcpy(query->src, query->dst, sizeof(addr));
	memcpy(query->dst, addr, sizeof(addr));
}

/* From 0.0.0.0 to all: DHCP is answered with the interface it came by. */
static bool is_bootp(const struct skald_fib_query *query)
{
	static const u8 all[4] = { 255, 255, 255, 255 };

	if (query->family != NFPROTO_IPV4 || query->src[0])
		return false;
	return memcmp(query->dst, all, 4) == 0 ||
	       (query->dst[0] == 224 && !query->dst[1] && !query->dst[2]);
}

/* nft_fib_v6_skip_icmpv6(): from nowhere, or to and from the link alone. */
static bool is_link_icmp6(const struct skald_vm_pkt *pkt,
			  const struct skald_fib_query *query)
{
	static const u8 any[16];

	if (query->family != NFPROTO_IPV6 || pkt->tprot != IPPROTO_ICMPV6 ||
	    memcmp(query->src, any, sizeof(any)) != 0)
		return false;
	return query->dst[0] == 0xff ||
	       (query->dst[0] == 0xfe && (query->dst[1] & 0xc0) == 0x80);
}

static int ask(const struct fib *fib, const struct skald_vm_pkt *pkt,
	       struct skald_fib_query *query, struct skald_fib_answer *answer)
{
	query->flags = fib->flags & ~(u32)NFTA_FIB_F_PRESENT;
	query->is_type = fib->result == NFT_FIB_RESULT_ADDRTYPE;
	query->l4proto = pkt->tprot;
	if (fib->flags & NFTA_FIB_F_MARK)
		query->mark = pkt->view->mark;
	if (fib->flags & NFTA_FIB_F_IIF)
		query->dev = pkt->view->iif;
	else if (fib->flags & NFTA_FIB_F_OIF)
		query->dev = pkt->view->oif;
	if (fib->flags & NFTA_FIB_F_SADDR) {
		if (pkt->hook == NF_INET_FORWARD &&
		    (fib->flags & NFTA_FIB_F_IIF))
			query->iif = pkt->view->oif;
		turn(query);
	}
	if (!pkt->world->fib)
		return -ENODATA;
	return pkt->world->fib(pkt->owner, pkt, query, answer);
}

static int look(const struct fib *fib, const struct skald_vm_pkt *pkt, u32 *to)
{
	struct skald_fib_query query = { 0 };
	struct skald_fib_answer answer = { 0 };
	int err = addresses(pkt, &query);

	if (err)
		return err;
	/* whether it is ICMPv6 decides */
	if (pkt->flags & SKALD_PKT_LACKS)
		return -ENODATA;
	if (fib->result != NFT_FIB_RESULT_ADDRTYPE &&
	    (is_loopback(pkt) || is_bootp(&query) ||
	     is_link_icmp6(pkt, &query)))
		return store(fib, pkt, pkt->view->iif, to);
	err = ask(fib, pkt, &query, &answer);
	if (err == -ENODATA)
		return err;
	if (fib->result != NFT_FIB_RESULT_ADDRTYPE)
		return store(fib, pkt, err ? 0 : answer.oif, to);
	*to = err ? 0 : answer.type;
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct fib *fib = skald_expr_data(expr);
	u16 protocol = skald_pkt_protocol(pkt);
	int err = -EINVAL;

	if (protocol == ETH_P_IP || protocol == ETH_P_IPV6)
		err = look(fib, pkt, &regs->data[fib->reg]);
	skald_regs_loaded(regs, err, fib->reg, fib->len, "routing tables");
}

/* nft_fib_validate() */
static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	const struct fib *fib = skald_expr_data(expr);
	u32 in = SKALD_AT(NF_INET_PRE_ROUTING) | SKALD_AT(NF_INET_LOCAL_IN) |
		 SKALD_AT(NF_INET_FORWARD);
	u32 out = SKALD_AT(NF_INET_LOCAL_OUT) | SKALD_AT(NF_INET_POST_ROUTING) |
		  SKALD_AT(NF_INET_FORWARD);

	if (base->table->family == NFPROTO_NETDEV)
		return skald_place_hooks(base, SKALD_AT(NF_NETDEV_INGRESS));
	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	if (fib->result != NFT_FIB_RESULT_ADDRTYPE ||
	    (fib->flags & NFTA_FIB_F_IIF))
		return skald_place_hooks(base, in);
	if (fib->flags & NFTA_FIB_F_OIF)
		return skald_place_hooks(base, out);
	return skald_place_hooks(base, in | out);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct fib *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct fib *fib = skald_expr_data(expr);
	const struct skald_param_word *word;
	bool is_first = true;

	skald_phrase_str(name, "fib ");
	for (word = flags; word->word; word++) {
		if (!(fib->flags & word->number) ||
		    word->number == NFTA_FIB_F_PRESENT)
			continue;
		if (!is_first)
			skald_phrase_str(name, " . ");
		is_first = false;
		skald_phrase_str(name, word->word);
	}
	skald_phrase_str(name, " ");
	skald_phrase_str(name, results[fib->result - 1].word);
	if (fib->flags & NFTA_FIB_F_PRESENT)
		return SKALD_AS_YES;
	if (fib->result == NFT_FIB_RESULT_ADDRTYPE)
		return SKALD_AS_FIBTYPE;
	return fib->result == NFT_FIB_RESULT_OIF ? SKALD_AS_NUMBER
						 : SKALD_AS_STRING;
}

const struct skald_expr_ops skald_expr_fib = {
	.name = "fib",
	.help = "look an address up in the routing tables",
	.size = sizeof(struct fib),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
	.field = field,
	.get_target = get_target,
};
