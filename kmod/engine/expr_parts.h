/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: insides of common expressions
 *
 * Private bytes of those expressions that others look into: guards are made
 * from comparisons, explanations follow a value from its load to its use, and
 * loops are searched through verdicts.
 */
#ifndef SKALD_ENGINE_EXPR_PARTS_H
#define SKALD_ENGINE_EXPR_PARTS_H

#include "expr.h"

/* The longest value of an expression (NFT_DATA_VALUE_MAXLEN). */
#define SKALD_DATA_MAX 64

/**
 * struct skald_payload - payload
 * @base: NFT_PAYLOAD_*
 * @reg: word; where to, or, when @is_set, where from
 * @is_set: it writes
 * @csum_type: NFT_PAYLOAD_CSUM_*
 * @csum_flags: NFT_PAYLOAD_L4CSUM_PSEUDOHDR
 * @csum_offset: offset of the checksum in the header
 * @offset: offset in the header
 * @len: bytes
 */
struct skald_payload {
	u8 base;
	u8 reg;
	bool is_set;
	u8 csum_type;
	u8 csum_flags;
	u8 csum_offset;
	u16 len;
	u32 offset;
};

/**
 * struct skald_meta - meta
 * @key: NFT_META_*
 * @reg: word
 * @len: bytes
 * @is_set: it writes
 */
struct skald_meta {
	u32 key;
	u8 reg;
	u8 len;
	bool is_set;
};

/**
 * struct skald_cmp - cmp
 * @op: NFT_CMP_*
 * @reg: word
 * @len: bytes
 * @value: what to compare with
 */
struct skald_cmp {
	u8 op;
	u8 reg;
	u8 len;
	u32 value[SKALD_DATA_MAX / 4];
};

/**
 * struct skald_range - range
 * @reg: word
 * @len: bytes
 * @op: NFT_RANGE_*
 * @from: lowest value
 * @to: highest value
 */
struct skald_range {
	u8 reg;
	u8 len;
	u8 op;
	u32 from[SKALD_DATA_MAX / 4];
	u32 to[SKALD_DATA_MAX / 4];
};

/**
 * struct skald_bitwise - bitwise
 * @op: NFT_BITWISE_*, newer ones AND, OR, XOR
 * @source: word
 * @source2: second operand of AND, OR, XOR; 0: @mask holds it
 * @target: word
 * @len: bytes
 * @mask: mask, or the second operand
 * @xor: xor
 * @shift: bits
 */
struct skald_bitwise {
	u8 op;
	u8 source;
	u8 source2;
	u8 target;
	u8 len;
	u32 shift;
	u32 mask[SKALD_DATA_MAX / 4];
	u32 xor [SKALD_DATA_MAX / 4];
};

/**
 * struct skald_immediate - immediate
 * @reg: word; 0: the verdict
 * @len: bytes
 * @verdict: verdict; holds a reference of its chain
 * @value: value
 */
struct skald_immediate {
	u8 reg;
	u8 len;
	struct skald_verdict verdict;
	u32 value[SKALD_DATA_MAX / 4];
};

/**
 * struct skald_lookup - lookup
 * @set: the set; referenced
 * @source: word of the key
 * @target: word of the data; 0: the verdict, with @has_target
 * @has_target: a map
 * @is_inverted: only what is not in the set
 */
struct skald_lookup {
	struct skald_vm_set *set;
	u8 source;
	u8 target;
	bool has_target;
	bool is_inverted;
};

/**
 * struct skald_numgen - numgen
 * @modulus: how many numbers
 * @offset: the first
 * @counter: the last, without @offset
 * @reg: word
 * @is_random: by chance, not in turn
 * @is_lost: how far the kernel has counted is not known
 */
struct skald_numgen {
	u32 modulus;
	u32 offset;
	u32 counter;
	u8 reg;
	bool is_random;
	bool is_lost;
};

/* For sets' own expressions and objects. */
struct skald_limit {
	u64 tokens;
	u64 tokens_max;
	u64 last;
	u64 rate;
	u64 nsecs;
	u64 cost;
	u32 burst;
	bool is_inverted;
	bool is_bytes;
	bool is_started;
};

/**
 * skald_tcp_header() - the TCP header with its options
 * @pkt: the context
 * @buf: room for 60 bytes
 * @len: written: bytes of the header
 *
 * As nft_tcp_header_pointer().
 *
 * Return: the bytes, NULL: there is none, or not all of it is known.
 */
const u8 *skald_tcp_header(const struct skald_vm_pkt *pkt, u8 *buf, u32 *len);

/* Bytes of the packet, within what its skb would have. -EINVAL: beyond its end;
 * -ENODATA: not known. */
int skald_pkt_copy(const struct skald_vm_pkt *pkt, u32 off, u32 len, void *to);

/* Make bytes writable and write them. -EINVAL, -ENODATA */
int skald_pkt_store(struct skald_vm_pkt *pkt, u32 off, u32 len,
		    const void *from);

/* Offset of a payload base. -EINVAL: there is no such header */
int skald_pkt_base(struct skald_vm_pkt *pkt, u8 base, u32 *off);

/* Break, or lack what is not known. */
static inline void skald_regs_fail(struct skald_regs *regs, int err,
				   const char *missing)
{
	if (err == -ENODATA)
		skald_regs_maybe(regs, missing);
	else
		skald_regs_break(regs);
}

/* A load failed: break, or mark the target. */
static inline void skald_regs_failed_load(struct skald_regs *regs, int err,
					  u32 reg, u32 len, const char *missing)
{
	if (err == -ENODATA)
		skald_regs_lack(regs, reg, len, missing);
	else
		skald_regs_break(regs);
}

/* A load is over: the target is known, lacks something, or the rule fails. */
static inline void skald_regs_loaded(struct skald_regs *regs, int err, u32 reg,
				     u32 len, const char *missing)
{
	if (unlikely(err))
		skald_regs_failed_load(regs, err, reg, len, missing);
	else
		skald_regs_known(regs, reg, len);
}

/* 8 and 16 bits in a word: the rest is zero (nft_reg_store8(), 16()). */
static inline void skald_reg_store8(u32 *word, u8 value)
{
	*word = 0;
	memcpy(word, &value, sizeof(value));
}

static inline void skald_reg_store16(u32 *word, u16 value)
{
	*word = 0;
	memcpy(word, &value, sizeof(value));
}

static inline u8 skald_reg_load8(const u32 *word)
{
	u8 value;

	memcpy(&value, word, sizeof(value));
	return value;
}

static inline u16 skald_reg_load16(const u32 *word)
{
	u16 value;

	memcpy(&value, word, sizeof(value));
	return value;
}

static inline void skald_reg_store_be16(u32 *word, u16 value)
{
	*word = 0;
	put_unaligned_be16(value, word);
}

/* What a counter counted. */
void skald_counter_read(const struct skald_vm_expr *expr, u64 *packets,
			u64 *bytes);

#endif /* SKALD_ENGINE_EXPR_PARTS_H */
