/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: bytecode for tests
 *
 * Writes nf_tables messages as the kernel dumps them: tables, chains, rules
 * made of expressions, sets with elements.
 */
#ifndef SKALD_TESTS_BYTECODE_H
#define SKALD_TESTS_BYTECODE_H

#include <stdlib.h>
#include <string.h>

#include "load.h"

#define CODE_MAX (1u << 20)
/* Four bytes in network order. */
#define BE(number)                                          \
	(u8[4])                                             \
	{                                                   \
		(u8)((number) >> 24), (u8)((number) >> 16), \
			(u8)((number) >> 8), (u8)(number)   \
	}

/**
 * struct code - messages in the making
 * @bytes: the messages
 * @len: bytes
 * @message: where the last begins
 * @nest: where open nests begin
 * @depth: open nests
 * @handle: last handle given
 */
struct code {
	u8 *bytes;
	u32 len;
	u32 message;
	u32 nest[8];
	u32 depth;
	u64 handle;
};

static inline void code_init(struct code *code)
{
	memset(code, 0, sizeof(*code));
	code->bytes = calloc(1, CODE_MAX);
}

static inline void code_done(struct code *code)
{
	free(code->bytes);
}

static inline void code_attr(struct code *code, u16 type, const void *value,
			     u32 len)
{
	u16 header[2] = { (u16)(len + 4), type };

	memcpy(code->bytes + code->len, header, sizeof(header));
	memcpy(code->bytes + code->len + 4, value, len);
	code->len += (len + 7) & ~3u;
}

static inline void code_u32(struct code *code, u16 type, u32 value)
{
	u32 be = htonl(value);

	code_attr(code, type, &be, sizeof(be));
}

static inline void code_u64(struct code *code, u16 type, u64 value)
{
	u8 be[8];

	put_unaligned_be64(value, be);
	code_attr(code, type, be, sizeof(be));
}

static inline void code_str(struct code *code, u16 type, const char *string)
{
	code_attr(code, type, string, (u32)strlen(string) + 1);
}

static inline void code_open(struct code *code, u16 type)
{
	code->nest[code->depth++] = code->len;
	code_attr(code, type, "", 0);
}

static inline void code_close(struct code *code)
{
	u32 at = code->nest[--code->depth];
	u16 len = (u16)(code->len - at);

	memcpy(code->bytes + at, &len, sizeof(len));
}

static inline void code_begin(struct code *code, u8 type, u8 family)
{
	struct nlmsghdr nlh = {
		.nlmsg_type = (u16)(NFNL_SUBSYS_NFTABLES << 8 | type),
	};
	struct nfgenmsg nfg = { .nfgen_family = family };

	code->message = code->len;
	memcpy(code->bytes + code->len, &nlh, sizeof(nlh));
	memcpy(code->bytes + code->len + sizeof(nlh), &nfg, sizeof(nfg));
	code->len += sizeof(nlh) + sizeof(nfg);
}

static inline void code_end(struct code *code)
{
	u32 len = code->len - code->message;

	memcpy(code->bytes + code->message, &len, sizeof(len));
}

static inline void code_table(struct code *code, u8 family, const char *name)
{
	code_begin(code, NFT_MSG_NEWTABLE, family);
	code_str(code, NFTA_TABLE_NAME, name);
	code_u64(code, NFTA_TABLE_HANDLE, ++code->handle);
	code_end(code);
}

/* @hook < 0: a chain to jump to. */
static inline void code_chain(struct code *code, u8 family, const char *table,
			      const char *name, int hook, u32 policy)
{
	code_begin(code, NFT_MSG_NEWCHAIN, family);
	code_str(code, NFTA_CHAIN_TABLE, table);
	code_str(code, NFTA_CHAIN_NAME, name);
	code_u64(code, NFTA_CHAIN_HANDLE, ++code->handle);
	if (hook >= 0) {
		code_open(code, NFTA_CHAIN_HOOK);
		code_u32(code, NFTA_HOOK_HOOKNUM, (u32)hook);
		code_u32(code, NFTA_HOOK_PRIORITY, 0);
		code_close(code);
		code_u32(code, NFTA_CHAIN_POLICY, policy);
		code_str(code, NFTA_CHAIN_TYPE, "filter");
	}
	code_end(code);
}

static inline u64 code_rule(struct code *code, u8 family, const char *table,
			    const char *chain)
{
	code_begin(code, NFT_MSG_NEWRULE, family);
	code_str(code, NFTA_RULE_TABLE, table);
	code_str(code, NFTA_RULE_CHAIN, chain);
	code_u64(code, NFTA_RULE_HANDLE, ++code->handle);
	code_open(code, NFTA_RULE_EXPRESSIONS);
	return code->handle;
}

static inline void code_rule_end(struct code *code)
{
	code_close(code);
	code_end(code);
}

static inline void code_expr(struct code *code, const char *name)
{
	code_open(code, NFTA_LIST_ELEM);
	code_str(code, NFTA_EXPR_NAME, name);
	code_open(code, NFTA_EXPR_DATA);
}

static inline void code_expr_end(struct code *code)
{
	code_close(code);
	code_close(code);
}

static inline void code_data(struct code *code, u16 type, const void *bytes,
			     u32 len)
{
	code_open(code, type);
	code_attr(code, NFTA_DATA_VALUE, bytes, len);
	code_close(code);
}

static inline void code_payload(struct code *code, u32 base, u32 offset,
				u32 len)
{
	code_expr(code, "payload");
	code_u32(code, NFTA_PAYLOAD_DREG, NFT_REG_1);
	code_u32(code, NFTA_PAYLOAD_BASE, base);
	code_u32(code, NFTA_PAYLOAD_OFFSET, offset);
	code_u32(code, NFTA_PAYLOAD_LEN, len);
	code_expr_end(code);
}

static inline void code_meta(struct code *code, u32 key)
{
	code_expr(code, "meta");
	code_u32(code, NFTA_META_DREG, NFT_REG_1);
	code_u32(code, NFTA_META_KEY, key);
	code_expr_end(code);
}

static inline void code_cmp(struct code *code, u32 op, const void *bytes,
			    u32 len)
{
	code_expr(code, "cmp");
	code_u32(code, NFTA_CMP_SREG, NFT_REG_1);
	code_u32(code, NFTA_CMP_OP, op);
	code_data(code, NFTA_CMP_DATA, bytes, len);
	code_expr_end(code);
}

static inline void code_verdict_data(struct code *code, u16 type, int verdict,
				     const char *chain)
{
	code_open(code, type);
	code_open(code, NFTA_DATA_VERDICT);
	code_u32(code, NFTA_VERDICT_CODE, (u32)verdict);
	if (chain)
		code_str(code, NFTA_VERDICT_CHAIN, chain);
	code_close(code);
	code_close(code);
}

static inline void code_verdict(struct code *code, int verdict,
				const char *chain)
{
	code_expr(code, "immediate");
	code_u32(code, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	code_verdict_data(code, NFTA_IMMEDIATE_DATA, verdict, chain);
	code_expr_end(code);
}

static inline void code_lookup(struct code *code, const char *set, int dreg)
{
	code_expr(code, "lookup");
	code_str(code, NFTA_LOOKUP_SET, set);
	code_u32(code, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (dreg >= 0)
		code_u32(code, NFTA_LOOKUP_DREG, (u32)dreg);
	code_expr_end(code);
}

static inline void code_set(struct code *code, u8 family, const char *table,
			    const char *name, u32 flags, u32 klen)
{
	code_begin(code, NFT_MSG_NEWSET, family);
	code_str(code, NFTA_SET_TABLE, table);
	code_str(code, NFTA_SET_NAME, name);
	code_u32(code, NFTA_SET_FLAGS, flags);
	code_u32(code, NFTA_SET_KEY_LEN, klen);
	code_u64(code, NFTA_SET_HANDLE, ++code->handle);
	if (flags & NFT_SET_MAP)
		code_u32(code, NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
}

static inline void code_elems(struct code *code, u8 type, u8 family,
			      const char *table, const char *set)
{
	code_begin(code, type, family);
	code_str(code, NFTA_SET_ELEM_LIST_TABLE, table);
	code_str(code, NFTA_SET_ELEM_LIST_SET, set);
	code_open(code, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static inline void code_elem(struct code *code, const void *key, u32 len,
			     u32 flags)
{
	code_open(code, NFTA_LIST_ELEM);
	code_data(code, NFTA_SET_ELEM_KEY, key, len);
	if (flags)
		code_u32(code, NFTA_SET_ELEM_FLAGS, flags);
	code_close(code);
}

static inline void code_elems_end(struct code *code)
{
	code_close(code);
	code_end(code);
}

/* Load messages as a dump. */
static inline int code_load(struct code *code, struct skald_vm *vm)
{
	struct skald_load load;
	int err;

	skald_load_begin(&load, vm, 1);
	err = skald_load_dump(&load, code->bytes, code->len);
	if (err)
		skald_load_abort(&load);
	else
		err = skald_load_commit(&load);
	return err;
}

#endif /* SKALD_TESTS_BYTECODE_H */
