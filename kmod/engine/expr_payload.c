// SPDX-License-Identifier: GPL-2.0-only
/* payload: bytes of the packet (nft_payload_eval(), nft_payload_set_eval()). */
#include "csum.h"
#include "explain.h"
#include "expr_parts.h"
#include "vm_pkt.h"

#define CSUM_SCTP 2
#define SCTP_HEADER 12
#define SCTP_CHECKSUM 8
#define PIECE 256

/* clang-format off */
static const struct skald_param_word bases[] = {
	{ NFT_PAYLOAD_LL_HEADER, "ll" }, { NFT_PAYLOAD_NETWORK_HEADER, "nh" },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, "th" },
	{ NFT_PAYLOAD_INNER_HEADER, "ih" }, { 0, NULL },
};
static const struct skald_param_word sums[] = {
	{ NFT_PAYLOAD_CSUM_NONE, "none" }, { NFT_PAYLOAD_CSUM_INET, "inet" },
	{ CSUM_SCTP, "sctp" }, { 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ NFT_PAYLOAD_L4CSUM_PSEUDOHDR, "pseudo-header" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_PAYLOAD_DREG, .type = SKALD_PARAM_DREG, .name = "dreg",
	  .help = "register read into" },
	{ .attr = NFTA_PAYLOAD_SREG, .type = SKALD_PARAM_SREG, .name = "sreg",
	  .help = "register written to the packet" },
	{ .attr = NFTA_PAYLOAD_BASE, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "base",
	  .help = "header: link layer, network, transport, inner",
	  .words = bases },
	{ .attr = NFTA_PAYLOAD_OFFSET, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "offset",
	  .help = "bytes from the header's start", .most = 65535 },
	{ .attr = NFTA_PAYLOAD_LEN, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "len", .help = "bytes",
	  .most = SKALD_DATA_MAX },
	{ .attr = NFTA_PAYLOAD_CSUM_TYPE, .type = SKALD_PARAM_BE32,
	  .name = "csum_type", .help = "checksum to repair", .words = sums },
	{ .attr = NFTA_PAYLOAD_CSUM_OFFSET, .type = SKALD_PARAM_BE32,
	  .name = "csum_offset", .help = "where it is in the header",
	  .most = 255 },
	{ .attr = NFTA_PAYLOAD_CSUM_FLAGS, .type = SKALD_PARAM_BE32,
	  .name = "csum_flags",
	  .help = "repair the transport checksum as well", .is_flags = true,
	  .words = flags },
};
/* clang-format on */

static int parse_set(struct skald_payload *payload, const struct skald_nla **tb)
{
	payload->is_set = true;
	payload->csum_type = (u8)skald_nla_be32(tb[NFTA_PAYLOAD_CSUM_TYPE]);
	payload->csum_offset = (u8)skald_nla_be32(tb[NFTA_PAYLOAD_CSUM_OFFSET]);
	payload->csum_flags = (u8)skald_nla_be32(tb[NFTA_PAYLOAD_CSUM_FLAGS]);
	if (payload->csum_type == CSUM_SCTP &&
	    (payload->base != NFT_PAYLOAD_TRANSPORT_HEADER ||
	     payload->csum_offset != SCTP_CHECKSUM))
		return -EINVAL;
	return skald_reg_source(tb[NFTA_PAYLOAD_SREG], payload->len,
				&payload->reg);
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_payload *payload = skald_expr_data(expr);

	payload->base = (u8)skald_nla_be32(tb[NFTA_PAYLOAD_BASE]);
	payload->offset = skald_nla_be32(tb[NFTA_PAYLOAD_OFFSET]);
	payload->len = (u16)skald_nla_be32(tb[NFTA_PAYLOAD_LEN]);
	if (!payload->len)
		return -EINVAL;
	if (tb[NFTA_PAYLOAD_SREG])
		return tb[NFTA_PAYLOAD_DREG] ? -EINVAL : parse_set(payload, tb);
	return skald_reg_target(tb[NFTA_PAYLOAD_DREG], payload->len,
				&payload->reg);
}

static void get(const struct skald_payload *payload, struct skald_regs *regs,
		struct skald_vm_pkt *pkt)
{
	u32 *to = &regs->data[payload->reg];
	u32 off;
	int err = skald_pkt_base(pkt, payload->base, &off);

	if (!err) {
		to[(payload->len - 1) / 4] = 0;
		err = skald_pkt_copy(pkt, off + payload->offset, payload->len,
				     to);
	}
	skald_regs_loaded(regs, err, payload->reg, payload->len,
			  "bytes of the packet");
}

static int replace_csum(struct skald_vm_pkt *pkt, u32 at, const void *old,
			const void *new, u32 len)
{
	u8 sum[2];
	u16 made;
	int err = skald_pkt_copy(pkt, at, sizeof(sum), sum);

	if (err)
		return err;
	made = skald_csum_replace(get_unaligned_be16(sum), old, new, len);
	/* CSUM_MANGLED_0: zero would say that there is no checksum */
	put_unaligned_be16(made ? made : 0xffff, sum);
	return skald_pkt_store(pkt, at, sizeof(sum), sum);
}

/* nft_payload_l4csum_offset() */
static int transport_csum(struct skald_vm_pkt *pkt, u32 *at)
{
	u8 sum[2];

	if (pkt->fragoff)
		return -ENOENT;
	switch (pkt->tprot) {
	case IPPROTO_TCP:
		*at = pkt->thoff + 16;
		return 0;
	case IPPROTO_UDP:
		if (skald_pkt_copy(pkt, pkt->thoff + 6, 2, sum) ||
		    !get_unaligned_be16(sum))
			return -ENOENT;
		fallthrough;
	case IPPROTO_UDPLITE:
		*at = pkt->thoff + 6;
		return 0;
	case IPPROTO_ICMPV6:
		*at = pkt->thoff + 2;
		return 0;
	default:
		return -ENOENT;
	}
}

static int repair(const struct skald_payload *payload, struct skald_vm_pkt *pkt,
		  u32 off, const void *new)
{
	u8 old[SKALD_DATA_MAX];
	u32 at;
	int err = skald_pkt_copy(pkt, off + payload->offset, payload->len, old);

	if (!err && payload->csum_type == NFT_PAYLOAD_CSUM_INET)
		err = replace_csum(pkt, off + payload->csum_offset, old, new,
				   payload->len);
	if (!err && payload->csum_flags && !transport_csum(pkt, &at))
		err = replace_csum(pkt, at, old, new, payload->len);
	return err;
}

static u32 crc_of(const struct skald_vm_pkt *pkt, u32 from)
{
	u8 piece[PIECE];
	u32 crc = U32_MAX, at = from, len;

	for (; at < pkt->limit; at += len) {
		len = min_t(u32, pkt->limit - at, sizeof(piece));
		if (skald_pkt_copy(pkt, at, len, piece))
			return 0;
		if (at == from && len >= SCTP_HEADER)
			memset(piece + SCTP_CHECKSUM, 0, 4);
		crc = skald_csum_crc32c(piece, len, crc);
	}
	return ~crc;
}

static int repair_sctp(struct skald_vm_pkt *pkt)
{
	u32 crc = crc_of(pkt, pkt->thoff);
	u8 sum[4] = { (u8)crc, (u8)(crc >> 8), (u8)(crc >> 16),
		      (u8)(crc >> 24) };

	if (pkt->fragoff || pkt->tprot != IPPROTO_SCTP)
		return 0;
	return skald_pkt_store(pkt, pkt->thoff + SCTP_CHECKSUM, sizeof(sum),
			       sum);
}

static void set(const struct skald_payload *payload, struct skald_regs *regs,
		struct skald_vm_pkt *pkt)
{
	const u32 *from = &regs->data[payload->reg];
	u32 off;
	int err;

	if (skald_regs_is_unknown(regs, payload->reg, payload->len)) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	if (!skald_regs_is_sure(regs))
		return;
	err = skald_pkt_base(pkt, payload->base, &off);
	if (!err && (payload->csum_type == NFT_PAYLOAD_CSUM_INET ||
		     payload->csum_flags))
		err = repair(payload, pkt, off, from);
	if (!err)
		err = skald_pkt_store(pkt, off + payload->offset, payload->len,
				      from);
	if (!err && payload->csum_type == CSUM_SCTP)
		err = repair_sctp(pkt);
	if (err)
		skald_regs_fail(regs, err, "bytes of the packet");
	skald_pkt_changed(pkt);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_payload *payload = skald_expr_data(expr);

	if (payload->is_set)
		set(payload, regs, pkt);
	else
		get(payload, regs, pkt);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	const struct skald_payload *payload = skald_expr_data(expr);

	return payload->is_set ? 0 : payload->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct skald_payload *payload = skald_expr_data(expr);

	return skald_field_name(pkt, payload->base, payload->offset,
				payload->len, name);
}

/* A load that failed: the packet has no such bytes. */
static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	(void)field(expr, pkt, &phrase);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, "a packet that has it");
}

const struct skald_expr_ops skald_expr_payload = {
	.name = "payload",
	.help = "read bytes of the packet, or write them",
	.size = sizeof(struct skald_payload),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.explain = explain,
	.get_target = get_target,
};
