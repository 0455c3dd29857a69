// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large the registers of classic BPF can be: no run of a program may hold
 * more than was said.
 */
#include "cbpf_range.h"

#include <criterion/criterion.h>

#include "hook.h"

#define PROGRAMS 20000
#define INSNS 24

static uint32_t operand(uint64_t *seed)
{
	return HOOK_PICK(seed, 0, 1, 2, 4, 14, 31, 0xf0, 0xff, 0xffff,
			 0x7fffffff, 0xffffffff);
}

/* One of the instructions without jumps, as libpcap makes them */
static struct sock_filter insn(uint64_t *seed)
{
	const uint16_t codes[] = {
		BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_H | BPF_ABS,
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_IMM,
		BPF_LD | BPF_MEM,
		BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_IMM,
		BPF_LDX | BPF_MEM,
		BPF_LDX | BPF_B | BPF_MSH,
		BPF_ST,
		BPF_STX,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_ALU | BPF_NEG,
		BPF_ALU | BPF_ADD | BPF_K,
		BPF_ALU | BPF_ADD | BPF_X,
		BPF_ALU | BPF_SUB | BPF_K,
		BPF_ALU | BPF_SUB | BPF_X,
		BPF_ALU | BPF_MUL | BPF_K,
		BPF_ALU | BPF_MUL | BPF_X,
		BPF_ALU | BPF_DIV | BPF_X,
		BPF_ALU | BPF_MOD | BPF_X,
		BPF_ALU | BPF_AND | BPF_K,
		BPF_ALU | BPF_AND | BPF_X,
		BPF_ALU | BPF_OR | BPF_K,
		BPF_ALU | BPF_OR | BPF_X,
		BPF_ALU | BPF_XOR | BPF_K,
		BPF_ALU | BPF_XOR | BPF_X,
		BPF_ALU | BPF_LSH | BPF_X,
		BPF_ALU | BPF_RSH | BPF_X,
		BPF_ALU | BPF_LSH | BPF_K,
		BPF_ALU | BPF_RSH | BPF_K,
	};
	const uint16_t code =
		codes[hook_random(seed) % (sizeof(codes) / sizeof(*codes))];
	struct sock_filter made = BPF_STMT(code, operand(seed));

	if (BPF_CLASS(code) <= BPF_STX)
		made.k %= BPF_MEMWORDS;
	else if (BPF_OP(code) == BPF_LSH || BPF_OP(code) == BPF_RSH)
		made.k %= 32;
	return made;
}

static void assert_within(const struct hook_cpu *cpu,
			  const struct skald_cbpf_range *range)
{
	unsigned int i;

	cr_assert(cpu->a <= range->a, "a is %u, not up to %u", cpu->a,
		  range->a);
	cr_assert(cpu->x <= range->x, "x is %u, not up to %u", cpu->x,
		  range->x);
	for (i = 0; i < BPF_MEMWORDS; i++)
		cr_assert(cpu->mem[i] <= range->mem[i]);
}

/* Return: false when the program ends here. */
static bool run(const struct sock_filter *made, struct hook_cpu *cpu,
		const struct hook_packet *packet)
{
	switch (BPF_CLASS(made->code)) {
	case BPF_LD:
	case BPF_LDX:
		return hook_load(packet, cpu, made);
	case BPF_ST:
		cpu->mem[made->k] = cpu->a;
		return true;
	case BPF_STX:
		cpu->mem[made->k] = cpu->x;
		return true;
	case BPF_ALU:
		return hook_calculate(cpu, made);
	default:
		if (BPF_MISCOP(made->code) == BPF_TAX)
			cpu->x = cpu->a;
		else
			cpu->a = cpu->x;
		return true;
	}
}

Test(cbpf_range, no_run_holds_more)
{
	struct skald_cbpf_range range;
	struct hook_packet packet;
	struct hook_cpu cpu;
	uint64_t seed = 11;
	unsigned int i, j;

	for (i = 0; i < PROGRAMS; i++) {
		skald_cbpf_range_init(&range);
		memset(&cpu, 0, sizeof(cpu));
		hook_packet(&seed, &packet);
		for (j = 0; j < INSNS; j++) {
			struct sock_filter made = insn(&seed);

			if (!run(&made, &cpu, &packet))
				break;
			skald_cbpf_range_step(&range, &made);
			assert_within(&cpu, &range);
		}
	}
}

Test(cbpf_range, a_header_length_stays_small)
{
	/* tcp[((tcp[12] & 0xf0) >> 2)] */
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 26),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
	};
	struct skald_cbpf_range range;
	unsigned int i;

	skald_cbpf_range_init(&range);
	for (i = 0; i < sizeof(insns) / sizeof(*insns); i++)
		skald_cbpf_range_step(&range, &insns[i]);
	cr_assert_eq(range.x, 120);
}

Test(cbpf_range, below_zero_is_large)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
		BPF_STMT(BPF_ALU | BPF_NEG, 0),
	};
	struct skald_cbpf_range range;

	skald_cbpf_range_init(&range);
	skald_cbpf_range_step(&range, &insns[0]);
	cr_assert_eq(range.a, 255);
	skald_cbpf_range_step(&range, &insns[1]);
	cr_assert_eq(range.a, UINT32_MAX);
}

Test(cbpf_range, of_two_paths_the_larger_counts)
{
	struct skald_cbpf_range range = { .a = 5, .x = 60, .mem = { 7 } };
	const struct skald_cbpf_range other = { .a = 9, .x = 4, .mem = { 8 } };

	skald_cbpf_range_join(&range, &other);
	cr_assert_eq(range.a, 9);
	cr_assert_eq(range.x, 60);
	cr_assert_eq(range.mem[0], 8);
}
