// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the largest number of each register through a classic BPF program.
 * Used by cbpf.c.
 */
#include "cbpf_range.h"

#include <stdbool.h>

#define MSH_MAX 60 /* 4 * ([k] & 0xf) */

void skald_cbpf_range_init(struct skald_cbpf_range *range)
{
	unsigned int i;

	range->a = range->x = UINT32_MAX;
	for (i = 0; i < BPF_MEMWORDS; i++)
		range->mem[i] = UINT32_MAX;
}

static uint32_t largest(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* A number that does not fit wraps, and may be anything. */
static uint32_t fit(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

/* All bits up to the highest one of @number */
static uint32_t fill(uint32_t number)
{
	unsigned int shift;

	for (shift = 1; shift < 32; shift *= 2)
		number |= number >> shift;
	return number;
}

static uint32_t loaded(const struct skald_cbpf_range *range,
		       const struct sock_filter *insn)
{
	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		return insn->k;
	case BPF_MEM:
		return range->mem[insn->k % BPF_MEMWORDS];
	case BPF_MSH:
		return MSH_MAX;
	case BPF_LEN:
		return UINT32_MAX;
	}
	return BPF_SIZE(insn->code) == BPF_B   ? UINT8_MAX
	       : BPF_SIZE(insn->code) == BPF_H ? UINT16_MAX
					       : UINT32_MAX;
}

static uint32_t shifted(uint64_t a, const struct sock_filter *insn)
{
	const bool is_left = BPF_OP(insn->code) == BPF_LSH;

	if (BPF_SRC(insn->code) == BPF_X)
		return is_left && a ? UINT32_MAX : fit(a);
	return is_left ? fit(a << (insn->k & 31)) : fit(a >> (insn->k & 31));
}

static uint32_t calculated(const struct skald_cbpf_range *range,
			   const struct sock_filter *insn)
{
	const bool by_x = BPF_SRC(insn->code) == BPF_X;
	const uint32_t a = range->a, b = by_x ? range->x : insn->k;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return fit((uint64_t)a + b);
	case BPF_SUB:
		return b ? UINT32_MAX : a;
	case BPF_MUL:
		return fit((uint64_t)a * b);
	case BPF_DIV:
		return by_x || !b ? a : a / b;
	case BPF_MOD:
		return b ? least(a, b - 1) : 0;
	case BPF_AND:
		return least(a, b);
	case BPF_OR:
	case BPF_XOR:
		return fill(a | b);
	case BPF_LSH:
	case BPF_RSH:
		return shifted(a, insn);
	default: /* BPF_NEG */
		return a ? UINT32_MAX : 0;
	}
}

void skald_cbpf_range_step(struct skald_cbpf_range *range,
			   const struct sock_filter *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		range->a = loaded(range, insn);
		break;
	case BPF_LDX:
		range->x = loaded(range, insn);
		break;
	case BPF_ST:
		range->mem[insn->k % BPF_MEMWORDS] = range->a;
		break;
	case BPF_STX:
		range->mem[insn->k % BPF_MEMWORDS] = range->x;
		break;
	case BPF_ALU:
		range->a = calculated(range, insn);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			range->x = range->a;
		else
			range->a = range->x;
		break;
	}
}

void skald_cbpf_range_join(struct skald_cbpf_range *range,
			   const struct skald_cbpf_range *other)
{
	unsigned int i;

	range->a = largest(range->a, other->a);
	range->x = largest(range->x, other->x);
	for (i = 0; i < BPF_MEMWORDS; i++)
		range->mem[i] = largest(range->mem[i], other->mem[i]);
}
