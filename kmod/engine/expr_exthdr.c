// SPDX-License-Identifier: GPL-2.0-only
/*
 * exthdr: options and extension headers: of IPv6, of TCP (read, write, remove),
 * of IPv4, chunks of SCTP, options of DCCP (nft_exthdr_*_eval()).
 */
#include "csum.h"
#include "expr_parts.h"
#include "options.h"
#include "vm_pkt.h"

#define OP_SCTP 3
#define OP_DCCP 4
#define OPTION_MSS 2
#define OPTION_NOP 1
#define TCP_MIN 20
#define TCP_MAX 60

struct exthdr {
	u8 type;
	u8 offset;
	u8 len;
	u8 op;
	u8 reg;
	bool asks_presence;
	bool is_set;
	bool is_strip;
};

/* clang-format off */
static const struct skald_param_word operations[] = {
	{ NFT_EXTHDR_OP_IPV6, "ipv6" }, { NFT_EXTHDR_OP_TCPOPT, "tcp option" },
	{ NFT_EXTHDR_OP_IPV4, "ip option" }, { OP_SCTP, "sctp chunk" },
	{ OP_DCCP, "dccp option" }, { 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ NFT_EXTHDR_F_PRESENT, "exists" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_EXTHDR_DREG, .type = SKALD_PARAM_DREG, .name = "dreg",
	  .help = "register read into" },
	{ .attr = NFTA_EXTHDR_TYPE, .type = SKALD_PARAM_U8,
	  .is_required = true, .name = "type",
	  .help = "number of the header, option or chunk" },
	{ .attr = NFTA_EXTHDR_OFFSET, .type = SKALD_PARAM_BE32,
	  .name = "offset", .help = "bytes from its start", .most = 255 },
	{ .attr = NFTA_EXTHDR_LEN, .type = SKALD_PARAM_BE32, .name = "len",
	  .help = "bytes", .most = SKALD_DATA_MAX },
	{ .attr = NFTA_EXTHDR_FLAGS, .type = SKALD_PARAM_BE32,
	  .name = "flags", .help = "exists: only whether it is there",
	  .is_flags = true, .words = flags },
	{ .attr = NFTA_EXTHDR_OP, .type = SKALD_PARAM_BE32, .name = "op",
	  .help = "of which protocol", .words = operations },
	{ .attr = NFTA_EXTHDR_SREG, .type = SKALD_PARAM_SREG, .name = "sreg",
	  .help = "register written from; without any register the option is "
		  "removed" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct exthdr *ext = skald_expr_data(expr);

	ext->type = skald_nla_u8(tb[NFTA_EXTHDR_TYPE]);
	ext->offset = (u8)skald_nla_be32(tb[NFTA_EXTHDR_OFFSET]);
	ext->len = (u8)skald_nla_be32(tb[NFTA_EXTHDR_LEN]);
	ext->op = (u8)skald_nla_be32(tb[NFTA_EXTHDR_OP]);
	ext->asks_presence = skald_nla_be32(tb[NFTA_EXTHDR_FLAGS]);
	if (tb[NFTA_EXTHDR_DREG]) {
		if (tb[NFTA_EXTHDR_SREG] ||
		    (ext->asks_presence && ext->len != 1))
			return -EINVAL;
		return skald_reg_target(tb[NFTA_EXTHDR_DREG], ext->len,
					&ext->reg);
	}
	if (ext->op != NFT_EXTHDR_OP_TCPOPT || ext->asks_presence)
		return -EOPNOTSUPP;
	if (!tb[NFTA_EXTHDR_SREG]) {
		ext->is_strip = true;
		return 0;
	}
	ext->is_set = true;
	if (ext->offset < 2 || (ext->len != 2 && ext->len != 4))
		return -EOPNOTSUPP;
	return skald_reg_source(tb[NFTA_EXTHDR_SREG], ext->len, &ext->reg);
}

/* The register gets bytes, or whether they are there. */
static void store(const struct exthdr *ext, struct skald_regs *regs,
		  const struct skald_vm_pkt *pkt, int err, u32 at)
{
	u32 *to = &regs->data[ext->reg];

	if (err == -ENODATA) {
		skald_regs_lack(regs, ext->reg, ext->len,
				"bytes of the packet");
		return;
	}
	if (ext->asks_presence) {
		skald_reg_store8(to, !err);
		skald_regs_known(regs, ext->reg, 1);
		return;
	}
	if (!err) {
		to[(ext->len - 1) / 4] = 0;
		err = skald_pkt_copy(pkt, at + ext->offset, ext->len, to);
	}
	skald_regs_loaded(regs, err, ext->reg, ext->len, "bytes of the packet");
}

static void get_ipv6(const struct exthdr *ext, struct skald_regs *regs,
		     const struct skald_vm_pkt *pkt)
{
	u16 fragoff;
	u32 at = 0;
	int err;

	if (skald_pkt_protocol(pkt) != ETH_P_IPV6) {
		skald_regs_break(regs);
		return;
	}
	err = skald_pkt_ipv6_find(pkt, ext->type, &at, &fragoff);
	store(ext, regs, pkt, err < 0 ? err : 0, at);
}

static void get_ipv4(const struct exthdr *ext, struct skald_regs *regs,
		     const struct skald_vm_pkt *pkt)
{
	u32 at = 0;
	int err;

	if (skald_pkt_protocol(pkt) != ETH_P_IP) {
		skald_regs_break(regs);
		return;
	}
	err = skald_options_ipv4(pkt, ext->type, &at);
	store(ext, regs, pkt, err, at);
}

/* The kernel reads options from a copy of the header. */
static void get_tcp(const struct exthdr *ext, struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt)
{
	u32 *to = &regs->data[ext->reg];
	u8 buf[TCP_MAX];
	u32 len, at, size;
	const u8 *tcp = skald_tcp_header(pkt, buf, &len);
	bool found = tcp &&
		     skald_options_tcp(tcp, len, ext->type, &at, &size) &&
		     at + size <= len && ext->len + ext->offset <= size;

	if (ext->asks_presence) {
		skald_reg_store8(to, found);
	} else if (!found) {
		skald_regs_break(regs);
		return;
	} else {
		to[(ext->len - 1) / 4] = 0;
		memcpy(to, tcp + at + ext->offset, ext->len);
	}
	skald_regs_known(regs, ext->reg, ext->len);
}

static void get_sctp(const struct exthdr *ext, struct skald_regs *regs,
		     const struct skald_vm_pkt *pkt)
{
	u32 at = 0;
	int err = -ENOENT;

	if (pkt->tprot == IPPROTO_SCTP)
		err = skald_options_sctp(pkt, ext->type, ext->asks_presence,
					 ext->offset + ext->len, &at);
	store(ext, regs, pkt, err, at);
}

static void get_dccp(const struct exthdr *ext, struct skald_regs *regs,
		     const struct skald_vm_pkt *pkt)
{
	int err = skald_options_dccp(pkt, ext->type);

	if (err == -ENODATA) {
		skald_regs_lack(regs, ext->reg, ext->len,
				"bytes of the packet");
		return;
	}
	skald_reg_store8(&regs->data[ext->reg], !err);
	skald_regs_known(regs, ext->reg, 1);
}

/* The header's checksum follows what changed at an offset, odd or even. */
static void fix_sum(u8 *tcp, u32 at, const u8 *old, const u8 *new, u32 len)
{
	u16 sum = get_unaligned_be16(tcp + 16);
	u8 before[TCP_MAX] = { 0 }, after[TCP_MAX] = { 0 };

	memcpy(before + (at & 1), old, len);
	memcpy(after + (at & 1), new, len);
	len = (len + (at & 1) + 1) & ~1u;
	put_unaligned_be16(skald_csum_replace(sum, before, after, len),
			   tcp + 16);
}

static void write_back(struct skald_vm_pkt *pkt, struct skald_regs *regs,
		       const u8 *tcp, u32 len)
{
	int err = skald_pkt_store(pkt, pkt->thoff, len, tcp);

	if (err)
		skald_regs_fail(regs, err, "bytes of the packet");
	skald_pkt_changed(pkt);
}

static void set_tcp(const struct exthdr *ext, struct skald_regs *regs,
		    struct skald_vm_pkt *pkt)
{
	const u8 *value = (const u8 *)&regs->data[ext->reg];
	u8 tcp[TCP_MAX], *option;
	u32 len, at, size;

	if (skald_regs_is_unknown(regs, ext->reg, ext->len)) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	if (!skald_tcp_header(pkt, tcp, &len)) {
		skald_regs_break(regs);
		return;
	}
	if (!skald_options_tcp(tcp, len, ext->type, &at, &size))
		return;
	if (at + size > len || ext->len + ext->offset > size) {
		skald_regs_break(regs);
		return;
	}
	option = tcp + at + ext->offset;
	/* a larger MSS could stall the connection */
	if (ext->len == 2 && ext->type == OPTION_MSS &&
	    get_unaligned_be16(option) <= get_unaligned_be16(value))
		return;
	if (memcmp(option, value, ext->len) == 0)
		return;
	fix_sum(tcp, 0, option, value, ext->len);
	memcpy(option, value, ext->len);
	write_back(pkt, regs, tcp, len);
}

static void strip_tcp(const struct exthdr *ext, struct skald_regs *regs,
		      struct skald_vm_pkt *pkt)
{
	u8 tcp[TCP_MAX], nops[TCP_MAX];
	u32 len, at, size;

	if (!skald_tcp_header(pkt, tcp, &len)) {
		skald_regs_break(regs);
		return;
	}
	if (!skald_options_tcp(tcp, len, ext->type, &at, &size))
		return;
	if (at + size > len) {
		regs->verdict.code = NF_DROP;
		return;
	}
	memset(nops, OPTION_NOP, size);
	fix_sum(tcp, at, tcp + at, nops, size);
	memcpy(tcp + at, nops, size);
	write_back(pkt, regs, tcp, len);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct exthdr *ext = skald_expr_data(expr);

	if (ext->is_set || ext->is_strip) {
		if (!skald_regs_is_sure(regs))
			return;
		if (ext->is_set)
			set_tcp(ext, regs, pkt);
		else
			strip_tcp(ext, regs, pkt);
		return;
	}
	if (ext->op == NFT_EXTHDR_OP_IPV6)
		get_ipv6(ext, regs, pkt);
	else if (ext->op == NFT_EXTHDR_OP_IPV4)
		get_ipv4(ext, regs, pkt);
	else if (ext->op == NFT_EXTHDR_OP_TCPOPT)
		get_tcp(ext, regs, pkt);
	else if (ext->op == OP_SCTP)
		get_sctp(ext, regs, pkt);
	else
		get_dccp(ext, regs, pkt);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	const struct exthdr *ext = skald_expr_data(expr);

	return ext->is_set || ext->is_strip ? 0 : ext->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct exthdr *ext = skald_expr_data(expr);

	skald_phrase_str(name, operations[ext->op].word);
	skald_phrase_str(name, " ");
	skald_phrase_number(name, ext->type);
	if (ext->asks_presence)
		return SKALD_AS_YES;
	skald_phrase_str(name, " @");
	skald_phrase_number(name, ext->offset);
	return SKALD_AS_BE;
}

const struct skald_expr_ops skald_expr_exthdr = {
	.name = "exthdr",
	.help = "read, write or remove options and extension headers",
	.size = sizeof(struct exthdr),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.get_target = get_target,
};
