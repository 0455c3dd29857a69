// SPDX-License-Identifier: GPL-2.0-only
/* Expressions on registers: immediate, cmp, range, bitwise, byteorder, lookup,
 * hash, numgen. */
#include "jhash.h"
#include "rule_bench.h"

#define B(...) ((const u8[]){ __VA_ARGS__ })

static void begin(struct bench *bench)
{
	bench_begin(bench, NFPROTO_IPV4, NF_INET_LOCAL_IN, "filter");
}

static enum outcome compare(u32 op, const u8 *have, const u8 *want, u32 len)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, have, len);
	code_cmp(&bench.code, op, want, len);
	return bench_syn(&bench);
}

Test(expr_registers, cmp_orders_bytes_from_the_first)
{
	const u8 *two = B(0, 2), *ten = B(0, 10), *high = B(1, 0);

	cr_expect_eq(compare(NFT_CMP_EQ, two, two, 2), MATCHED);
	cr_expect_eq(compare(NFT_CMP_EQ, two, ten, 2), MISSED);
	cr_expect_eq(compare(NFT_CMP_NEQ, two, ten, 2), MATCHED);
	cr_expect_eq(compare(NFT_CMP_NEQ, two, two, 2), MISSED);
	cr_expect_eq(compare(NFT_CMP_LT, two, ten, 2), MATCHED);
	cr_expect_eq(compare(NFT_CMP_LT, ten, ten, 2), MISSED);
	cr_expect_eq(compare(NFT_CMP_LTE, ten, ten, 2), MATCHED);
	cr_expect_eq(compare(NFT_CMP_LTE, high, ten, 2), MISSED);
	cr_expect_eq(compare(NFT_CMP_GT, high, ten, 2), MATCHED);
	cr_expect_eq(compare(NFT_CMP_GT, ten, ten, 2), MISSED);
	cr_expect_eq(compare(NFT_CMP_GTE, ten, ten, 2), MATCHED);
	cr_expect_eq(compare(NFT_CMP_GTE, two, ten, 2), MISSED);
}

Test(expr_registers, cmp_takes_one_byte_to_sixty_four)
{
	u8 bytes[65], other[65];
	u32 len;

	memset(bytes, 7, sizeof(bytes));
	memset(other, 7, sizeof(other));
	for (len = 1; len <= 64; len++) {
		other[len - 1] = 8;
		cr_expect_eq(compare(NFT_CMP_EQ, bytes, bytes, len), MATCHED);
		cr_expect_eq(compare(NFT_CMP_EQ, bytes, other, len), MISSED);
		other[len - 1] = 7;
	}
	cr_expect_eq(compare(NFT_CMP_EQ, bytes, bytes, 65), REFUSED);
}

/* The last word is there, what would lie behind it is not. */
Test(expr_registers, values_end_with_the_last_register)
{
	struct bench bench;
	u8 value[8] = { 1 };

	begin(&bench);
	bench_load(&bench, NFT_REG32_15, value, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	bench_load(&bench, NFT_REG32_15, value, 5);
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench);
	bench_load(&bench, NFT_REG_4, value, 8);
	cr_expect_eq(bench_syn(&bench), MATCHED);
}

Test(expr_registers, immediate_decides)
{
	static const int codes[] = { NF_ACCEPT, NF_DROP, NFT_CONTINUE,
				     NFT_RETURN };
	struct bench bench;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		begin(&bench);
		ADD(&bench, "immediate",
		    A32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT),
		    AVERDICT(NFTA_IMMEDIATE_DATA, codes[i]));
		cr_expect_eq(bench_syn(&bench), MATCHED);
		cr_expect_eq(bench.verdict, codes[i]);
	}
	begin(&bench);
	ADD(&bench, "immediate", A32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT),
	    AVERDICT(NFTA_IMMEDIATE_DATA, 17));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench);
	ADD(&bench, "immediate", A32(NFTA_IMMEDIATE_DREG, NFT_REG_1),
	    AVERDICT(NFTA_IMMEDIATE_DATA, NF_DROP));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

static enum outcome within(u32 op, const u8 *have, const u8 *from, const u8 *to,
			   u32 len)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, have, len);
	ADD(&bench, "range", A32(NFTA_RANGE_SREG, NFT_REG_1),
	    A32(NFTA_RANGE_OP, op), AVALUE(NFTA_RANGE_FROM_DATA, from, len),
	    AVALUE(NFTA_RANGE_TO_DATA, to, len));
	return bench_syn(&bench);
}

Test(expr_registers, range_has_both_ends)
{
	const u8 *from = B(0, 10), *to = B(1, 5);

	cr_expect_eq(within(NFT_RANGE_EQ, B(0, 10), from, to, 2), MATCHED);
	cr_expect_eq(within(NFT_RANGE_EQ, B(1, 5), from, to, 2), MATCHED);
	cr_expect_eq(within(NFT_RANGE_EQ, B(0, 9), from, to, 2), MISSED);
	cr_expect_eq(within(NFT_RANGE_EQ, B(1, 6), from, to, 2), MISSED);
	cr_expect_eq(within(NFT_RANGE_NEQ, B(1, 6), from, to, 2), MATCHED);
	cr_expect_eq(within(NFT_RANGE_NEQ, B(0, 200), from, to, 2), MISSED);
}

Test(expr_registers, ranges_ends_are_of_one_length)
{
	struct bench bench;

	begin(&bench);
	ADD(&bench, "range", A32(NFTA_RANGE_SREG, NFT_REG_1),
	    A32(NFTA_RANGE_OP, NFT_RANGE_EQ),
	    AVALUE(NFTA_RANGE_FROM_DATA, B(1, 2), 2),
	    AVALUE(NFTA_RANGE_TO_DATA, B(1, 2, 3, 4), 4));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

static enum outcome mask(const u8 *have, const u8 *keep, const u8 *flip,
			 const u8 *want, u32 len)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, have, len);
	ADD(&bench, "bitwise", A32(NFTA_BITWISE_SREG, NFT_REG_1),
	    A32(NFTA_BITWISE_DREG, NFT_REG_1), A32(NFTA_BITWISE_LEN, len),
	    AVALUE(NFTA_BITWISE_MASK, keep, len),
	    AVALUE(NFTA_BITWISE_XOR, flip, len));
	bench_expect(&bench, want, len);
	return bench_syn(&bench);
}

Test(expr_registers, bitwise_keeps_and_flips)
{
	cr_expect_eq(mask(B(0xab), B(0xf0), B(0x0f), B(0xaf), 1), MATCHED);
	cr_expect_eq(mask(B(0xab), B(0xf0), B(0x0f), B(0xab), 1), MISSED);
	cr_expect_eq(mask(B(1, 2, 3, 4, 5, 6), B(255, 0, 255, 0, 255, 0),
			  B(0, 9, 0, 9, 0, 9), B(1, 9, 3, 9, 5, 9), 6),
		     MATCHED);
}

static enum outcome shift(u32 op, u32 value, u32 by, u32 want)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, &value, 4);
	/* the number of bits is in host order */
	ADD(&bench, "bitwise", A32(NFTA_BITWISE_SREG, NFT_REG_1),
	    A32(NFTA_BITWISE_DREG, NFT_REG_2), A32(NFTA_BITWISE_LEN, 4),
	    A32(NFTA_BITWISE_OP, op), AVALUE(NFTA_BITWISE_DATA, &by, 4));
	ADD(&bench, "cmp", A32(NFTA_CMP_SREG, NFT_REG_2),
	    A32(NFTA_CMP_OP, NFT_CMP_EQ), AVALUE(NFTA_CMP_DATA, &want, 4));
	return bench_syn(&bench);
}

Test(expr_registers, bitwise_shifts_by_one_to_thirty_one)
{
	cr_expect_eq(shift(NFT_BITWISE_LSHIFT, 3, 4, 48), MATCHED);
	cr_expect_eq(shift(NFT_BITWISE_RSHIFT, 48, 4, 3), MATCHED);
	cr_expect_eq(shift(NFT_BITWISE_LSHIFT, 3, 31, 0x80000000), MATCHED);
	cr_expect_eq(shift(NFT_BITWISE_RSHIFT, 0x80000000, 31, 1), MATCHED);
	cr_expect_eq(shift(NFT_BITWISE_LSHIFT, 3, 0, 3), REFUSED);
	cr_expect_eq(shift(NFT_BITWISE_LSHIFT, 3, 32, 3), REFUSED);
}

/* 3: and, 4: or, 5: xor of newer kernels; 8: NFTA_BITWISE_SREG2 */
static enum outcome of_two(u32 op, u8 a, u8 b, u8 want)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, &a, 1);
	bench_load(&bench, NFT_REG_2, &b, 1);
	ADD(&bench, "bitwise", A32(NFTA_BITWISE_SREG, NFT_REG_1),
	    A32(NFTA_BITWISE_DREG, NFT_REG_1), A32(NFTA_BITWISE_LEN, 1),
	    A32(NFTA_BITWISE_OP, op), A32(8, NFT_REG_2));
	bench_expect(&bench, &want, 1);
	return bench_syn(&bench);
}

Test(expr_registers, bitwise_of_two_registers)
{
	cr_expect_eq(of_two(3, 0xcc, 0xaa, 0x88), MATCHED);
	cr_expect_eq(of_two(4, 0xcc, 0xaa, 0xee), MATCHED);
	cr_expect_eq(of_two(5, 0xcc, 0xaa, 0x66), MATCHED);
}

static enum outcome turn(const u8 *have, const u8 *want, u32 len, u32 size)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, have, len);
	ADD(&bench, "byteorder", A32(NFTA_BYTEORDER_SREG, NFT_REG_1),
	    A32(NFTA_BYTEORDER_DREG, NFT_REG_1),
	    A32(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON),
	    A32(NFTA_BYTEORDER_LEN, len), A32(NFTA_BYTEORDER_SIZE, size));
	bench_expect(&bench, want, len);
	return bench_syn(&bench);
}

Test(expr_registers, byteorder_turns_each_number)
{
	cr_expect_eq(turn(B(1, 2), B(2, 1), 2, 2), MATCHED);
	cr_expect_eq(turn(B(1, 2, 3, 4), B(4, 3, 2, 1), 4, 4), MATCHED);
	cr_expect_eq(turn(B(1, 2, 3, 4, 5, 6, 7, 8), B(8, 7, 6, 5, 4, 3, 2, 1),
			  8, 8),
		     MATCHED);
	cr_expect_eq(turn(B(1, 2, 3, 4, 5, 6, 7, 8), B(4, 3, 2, 1, 8, 7, 6, 5),
			  8, 4),
		     MATCHED);
	cr_expect_eq(turn(B(1, 2), B(1, 2), 2, 2), MISSED);
}

static enum outcome look(u32 flags, const u8 *key)
{
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, key, 4);
	ADD(&bench, "lookup", ATEXT(NFTA_LOOKUP_SET, "s"),
	    A32(NFTA_LOOKUP_SREG, NFT_REG_1), A32(NFTA_LOOKUP_FLAGS, flags));
	return bench_syn(&bench);
}

Test(expr_registers, lookup_finds_and_finds_not)
{
	cr_expect_eq(look(0, B(10, 0, 0, 1)), MATCHED);
	cr_expect_eq(look(0, B(10, 0, 0, 2)), MISSED);
	cr_expect_eq(look(NFT_LOOKUP_F_INV, B(10, 0, 0, 1)), MISSED);
	cr_expect_eq(look(NFT_LOOKUP_F_INV, B(10, 0, 0, 2)), MATCHED);
}

Test(expr_registers, lookup_wants_a_set_and_data_of_a_map)
{
	struct bench bench;

	begin(&bench);
	ADD(&bench, "lookup", ATEXT(NFTA_LOOKUP_SET, "nowhere"),
	    A32(NFTA_LOOKUP_SREG, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench);
	ADD(&bench, "lookup", ATEXT(NFTA_LOOKUP_SET, "s"),
	    A32(NFTA_LOOKUP_SREG, NFT_REG_1), A32(NFTA_LOOKUP_DREG, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

/* reciprocal_scale() of Jenkins' hash, and an offset. */
Test(expr_registers, hash_is_jenkins_hash_scaled)
{
	const u8 *key = B(10, 0, 0, 1);
	u32 want = (u32)((u64)skald_jhash(key, 4, 99) * 10 >> 32) + 5;
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, key, 4);
	ADD(&bench, "hash", A32(NFTA_HASH_SREG, NFT_REG_1),
	    A32(NFTA_HASH_DREG, NFT_REG_1), A32(NFTA_HASH_LEN, 4),
	    A32(NFTA_HASH_MODULUS, 10), A32(NFTA_HASH_SEED, 99),
	    A32(NFTA_HASH_OFFSET, 5));
	bench_expect(&bench, &want, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED);
}

static enum outcome hash_of(u32 modulus, u32 offset, bool has_seed)
{
	struct bench bench;
	u32 zero = 0;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, &zero, 4);
	ADD(&bench, "hash", A32(NFTA_HASH_SREG, NFT_REG_1),
	    A32(NFTA_HASH_DREG, NFT_REG_1), A32(NFTA_HASH_LEN, 4),
	    A32(NFTA_HASH_MODULUS, modulus), A32(NFTA_HASH_OFFSET, offset),
	    A32(has_seed ? NFTA_HASH_SEED : NFTA_HASH_OFFSET,
		has_seed ? 1 : offset));
	bench_expect(&bench, &zero, 4);
	return bench_syn(&bench);
}

Test(expr_registers, hash_of_a_seed_that_nobody_tells_is_unknown)
{
	cr_expect_eq(hash_of(1, 0, true), MATCHED);
	cr_expect_eq(hash_of(1, 0, false), UNKNOWN);
	cr_expect_eq(hash_of(0, 0, true), REFUSED);
	cr_expect_eq(hash_of(2, U32_MAX, true), REFUSED);
}

Test(expr_registers, numgen_goes_round)
{
	u8 packet[SYN_LEN];
	struct bench bench;
	u32 want = 7;
	unsigned int i;

	begin(&bench);
	ADD(&bench, "numgen", A32(NFTA_NG_DREG, NFT_REG_1),
	    A32(NFTA_NG_MODULUS, 3), A32(NFTA_NG_TYPE, NFT_NG_INCREMENTAL),
	    A32(NFTA_NG_OFFSET, 7));
	bench_expect(&bench, &want, 4);
	cr_assert_eq(bench_close(&bench), 0);
	for (i = 0; i < 9; i++) {
		bench_make_syn(packet);
		cr_expect_eq(bench_send(&bench, packet, sizeof(packet)),
			     i % 3 == 0 ? MATCHED : MISSED);
	}
	bench_done(&bench);
}

Test(expr_registers, numgen_by_chance_is_the_worlds)
{
	u32 random = 0xffffffff, want = 9;
	struct bench bench;

	begin(&bench);
	FACT(&bench, RANDOM, random);
	ADD(&bench, "numgen", A32(NFTA_NG_DREG, NFT_REG_1),
	    A32(NFTA_NG_MODULUS, 10), A32(NFTA_NG_TYPE, NFT_NG_RANDOM));
	bench_expect(&bench, &want, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	bench.missing = 1u << SKALD_FACT_RANDOM;
	ADD(&bench, "numgen", A32(NFTA_NG_DREG, NFT_REG_1),
	    A32(NFTA_NG_MODULUS, 10), A32(NFTA_NG_TYPE, NFT_NG_RANDOM));
	bench_expect(&bench, &want, 4);
	cr_expect_eq(bench_syn(&bench), UNKNOWN);
}
