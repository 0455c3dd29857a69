// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes nf_tables expressions into the message being built. The debug table's
 * rules are put together from these.
 */
#include "nft_expr.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_bpf.h>
#include <string.h>

/* An expression being built. */
struct expr {
	struct nlattr *elem;
	struct nlattr *data;
};

static struct expr expr_begin(struct skald_nftnl_batch *batch, const char *name)
{
	struct expr expr;

	expr.elem = skald_nftnl_nest(batch, NFTA_LIST_ELEM);
	skald_nftnl_put_string(batch, NFTA_EXPR_NAME, name);
	expr.data = skald_nftnl_nest(batch, NFTA_EXPR_DATA);
	return expr;
}

static void expr_end(struct skald_nftnl_batch *batch, struct expr expr)
{
	skald_nftnl_unnest(batch, expr.data);
	skald_nftnl_unnest(batch, expr.elem);
}

/* A value in its NFTA_DATA_VALUE nest. */
static void put_value(struct skald_nftnl_batch *batch, unsigned int type,
		      const void *data, size_t len)
{
	struct nlattr *nest = skald_nftnl_nest(batch, type);

	skald_nftnl_put(batch, NFTA_DATA_VALUE, data, len);
	skald_nftnl_unnest(batch, nest);
}

void skald_expr_put_meta(struct skald_nftnl_batch *batch, unsigned int key)
{
	struct expr expr = expr_begin(batch, "meta");

	skald_nftnl_put_u32(batch, NFTA_META_DREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_META_KEY, key);
	expr_end(batch, expr);
}

void skald_expr_put_ct(struct skald_nftnl_batch *batch, unsigned int key)
{
	struct expr expr = expr_begin(batch, "ct");

	skald_nftnl_put_u32(batch, NFTA_CT_DREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_CT_KEY, key);
	expr_end(batch, expr);
}

void skald_expr_put_payload(struct skald_nftnl_batch *batch, unsigned int base,
			    unsigned int offset, unsigned int len)
{
	struct expr expr = expr_begin(batch, "payload");

	skald_nftnl_put_u32(batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_PAYLOAD_BASE, base);
	skald_nftnl_put_u32(batch, NFTA_PAYLOAD_OFFSET, offset);
	skald_nftnl_put_u32(batch, NFTA_PAYLOAD_LEN, len);
	expr_end(batch, expr);
}

void skald_expr_put_numgen(struct skald_nftnl_batch *batch, uint32_t modulus)
{
	struct expr expr = expr_begin(batch, "numgen");

	skald_nftnl_put_u32(batch, NFTA_NG_DREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_NG_MODULUS, modulus);
	skald_nftnl_put_u32(batch, NFTA_NG_TYPE, NFT_NG_INCREMENTAL);
	skald_nftnl_put_u32(batch, NFTA_NG_OFFSET, 0);
	expr_end(batch, expr);
}

void skald_expr_put_hton(struct skald_nftnl_batch *batch, unsigned int len)
{
	struct expr expr = expr_begin(batch, "byteorder");

	skald_nftnl_put_u32(batch, NFTA_BYTEORDER_SREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_BYTEORDER_DREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	skald_nftnl_put_u32(batch, NFTA_BYTEORDER_LEN, len);
	skald_nftnl_put_u32(batch, NFTA_BYTEORDER_SIZE, len);
	expr_end(batch, expr);
}

void skald_expr_put_mask(struct skald_nftnl_batch *batch, const void *mask,
			 size_t len)
{
	static const uint8_t zero[sizeof(uint32_t)];
	struct expr expr = expr_begin(batch, "bitwise");

	skald_nftnl_put_u32(batch, NFTA_BITWISE_SREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_BITWISE_DREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_BITWISE_LEN, len);
	put_value(batch, NFTA_BITWISE_MASK, mask, len);
	put_value(batch, NFTA_BITWISE_XOR, zero, len);
	expr_end(batch, expr);
}

void skald_expr_put_cmp(struct skald_nftnl_batch *batch, unsigned int op,
			const void *data, size_t len)
{
	struct expr expr = expr_begin(batch, "cmp");

	skald_nftnl_put_u32(batch, NFTA_CMP_SREG, NFT_REG_1);
	skald_nftnl_put_u32(batch, NFTA_CMP_OP, op);
	put_value(batch, NFTA_CMP_DATA, data, len);
	expr_end(batch, expr);
}

void skald_expr_put_bpf(struct skald_nftnl_batch *batch,
			const struct skald_program *program, int fd)
{
	struct xt_bpf_info_v1 info = { .mode = XT_BPF_MODE_BYTECODE };
	struct expr expr = expr_begin(batch, "match");

	if (fd >= 0) {
		info.mode = XT_BPF_MODE_FD_ELF;
		info.fd = fd;
	} else {
		info.bpf_program_num_elem = program->n_insns;
		memcpy(info.bpf_program, program->insns,
		       program->n_insns * sizeof(*program->insns));
	}
	skald_nftnl_put_string(batch, NFTA_MATCH_NAME, "bpf");
	skald_nftnl_put_u32(batch, NFTA_MATCH_REV, 1);
	skald_nftnl_put(batch, NFTA_MATCH_INFO, &info, sizeof(info));
	expr_end(batch, expr);
}

void skald_expr_put_counter(struct skald_nftnl_batch *batch)
{
	expr_end(batch, expr_begin(batch, "counter"));
}

void skald_expr_put_limit(struct skald_nftnl_batch *batch, const char *name)
{
	struct expr expr = expr_begin(batch, "objref");

	skald_nftnl_put_u32(batch, NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_LIMIT);
	skald_nftnl_put_string(batch, NFTA_OBJREF_IMM_NAME, name);
	expr_end(batch, expr);
}

void skald_expr_put_nftrace(struct skald_nftnl_batch *batch)
{
	static const uint8_t one = 1;
	struct expr expr = expr_begin(batch, "immediate");

	skald_nftnl_put_u32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_value(batch, NFTA_IMMEDIATE_DATA, &one, sizeof(one));
	expr_end(batch, expr);
	expr = expr_begin(batch, "meta");
	skald_nftnl_put_u32(batch, NFTA_META_KEY, NFT_META_NFTRACE);
	skald_nftnl_put_u32(batch, NFTA_META_SREG, NFT_REG_1);
	expr_end(batch, expr);
}

void skald_expr_put_accept(struct skald_nftnl_batch *batch)
{
	struct expr expr = expr_begin(batch, "immediate");
	struct nlattr *data, *verdict;

	skald_nftnl_put_u32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = skald_nftnl_nest(batch, NFTA_IMMEDIATE_DATA);
	verdict = skald_nftnl_nest(batch, NFTA_DATA_VERDICT);
	skald_nftnl_put_u32(batch, NFTA_VERDICT_CODE, NF_ACCEPT);
	skald_nftnl_unnest(batch, verdict);
	skald_nftnl_unnest(batch, data);
	expr_end(batch, expr);
}
