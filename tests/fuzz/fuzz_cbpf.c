// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs of classic BPF on their way to a hook: seed:u64, then
 * instructions. What the rewriting lets through must be a valid program, and
 * say at a hook what the old one says of the frame. The kernel is asked as
 * well: where it takes the old program, it must take the new one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "cbpf.h"
#include "fuzz.h"
#include "hook.h"
#include "native.h"

#define INSNS_MAX 512
#define PACKETS 8

/* ---- is it a program ---- */

static bool is_load(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_MEM:
	case BPF_LDX | BPF_B | BPF_MSH:
		return true;
	}
	return false;
}

static bool is_known(const struct sock_filter *insn)
{
	const uint16_t code = insn->code;

	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX:
		return is_load(code);
	case BPF_ST:
	case BPF_STX:
		return code == BPF_ST || code == BPF_STX;
	case BPF_ALU:
		return code == (BPF_ALU | BPF_NEG) ||
		       (!(code & ~0xff) && BPF_OP(code) <= BPF_XOR &&
			BPF_OP(code) != BPF_NEG);
	case BPF_JMP:
		return code == (BPF_JMP | BPF_JA) ||
		       (!(code & ~0xff) && BPF_OP(code) >= BPF_JEQ &&
			BPF_OP(code) <= BPF_JSET);
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
	default:
		return code == (BPF_MISC | BPF_TAX) ||
		       code == (BPF_MISC | BPF_TXA);
	}
}

static bool is_in_memory(const struct sock_filter *insn)
{
	const unsigned int class = BPF_CLASS(insn->code);
	bool is_memory = class == BPF_ST || class == BPF_STX ||
			 (class <= BPF_LDX && BPF_MODE(insn->code) == BPF_MEM);

	return !is_memory || insn->k < BPF_MEMWORDS;
}

static void check_program(const struct skald_program *program)
{
	unsigned int i;

	for (i = 0; i < program->n_insns; i++) {
		const struct sock_filter *insn = &program->insns[i];
		uint64_t left = program->n_insns - i - 1;

		fuzz_check(is_known(insn));
		fuzz_check(is_in_memory(insn));
		if (BPF_CLASS(insn->code) == BPF_JMP) {
			if (BPF_OP(insn->code) == BPF_JA)
				fuzz_check(insn->k < left);
			else
				fuzz_check(insn->jt < left && insn->jf < left);
		}
	}
	if (i)
		fuzz_check(BPF_CLASS(program->insns[i - 1].code) == BPF_RET);
}

/* Return: whether the kernel takes it, -1: it is not to be asked */
static int ask_kernel(const struct sock_filter *insns, unsigned int n)
{
	static int fd = -1;
	struct sock_fprog fprog = { .len = n,
				    .filter = (struct sock_filter *)insns };

	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog,
			sizeof(fprog)))
		return 1;
	return errno == EINVAL ? 0 : -1;
}

/* ---- what it says ---- */

/**
 * struct judge - a program that runs on the whole frame
 * @a: accumulator
 * @x: index
 * @mem: scratch memory
 */
struct judge {
	uint32_t a;
	uint32_t x;
	uint32_t mem[BPF_MEMWORDS];
};

/* Return: false when the packet does not have the bytes. */
static bool judge_load(struct judge *judge, const struct hook_packet *packet,
		       const struct sock_filter *insn)
{
	bool is_x = BPF_CLASS(insn->code) == BPF_LDX;
	unsigned int size = BPF_SIZE(insn->code) == BPF_W   ? 4
			    : BPF_SIZE(insn->code) == BPF_H ? 2
							    : 1;
	uint32_t *to = is_x ? &judge->x : &judge->a;
	uint64_t at = insn->k;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		*to = insn->k;
		return true;
	case BPF_MEM:
		*to = judge->mem[insn->k];
		return true;
	case BPF_LEN:
		*to = packet->len;
		return true;
	case BPF_IND:
		at += judge->x;
		break;
	}
	if (at + size > packet->len)
		return false;
	*to = hook_get(packet->frame + at, size);
	if (BPF_MODE(insn->code) == BPF_MSH)
		*to = (*to & 0xf) * 4;
	return true;
}

static uint32_t judge_answer(struct judge *judge,
			     const struct sock_filter *insn)
{
	return BPF_RVAL(insn->code) == BPF_A ? judge->a : insn->k;
}

/* Return: what it says; the arithmetic is that of hook.h. */
static bool judge_run(struct judge *judge, const struct sock_filter *insns,
		      const struct hook_packet *packet)
{
	const struct sock_filter *insn;
	struct hook_cpu cpu;

	for (insn = insns; BPF_CLASS(insn->code) != BPF_RET; insn++) {
		cpu.a = judge->a;
		cpu.x = judge->x;
		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
		case BPF_LDX:
			if (!judge_load(judge, packet, insn))
				return false;
			break;
		case BPF_ST:
			judge->mem[insn->k] = judge->a;
			break;
		case BPF_STX:
			judge->mem[insn->k] = judge->x;
			break;
		case BPF_ALU:
			if (!hook_calculate(&cpu, insn))
				return false;
			judge->a = cpu.a;
			break;
		case BPF_JMP:
			insn += hook_jump(&cpu, insn);
			break;
		default:
			if (BPF_MISCOP(insn->code) == BPF_TAX)
				judge->x = judge->a;
			else
				judge->a = judge->x;
		}
	}
	return judge_answer(judge, insn) != 0;
}

static void compare(const struct sock_filter *insns,
		    const struct skald_program *program, uint64_t seed)
{
	struct hook_packet packet;
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		struct judge judge = { 0 };
		bool verdict;

		hook_packet(&seed, &packet);
		verdict = judge_run(&judge, insns, &packet);
		/* Frames with a length have no such number at a hook. */
		if (hook_get(packet.frame + 12, 2) < ETH_P_802_3_MIN)
			continue;
		fuzz_check(hook_run(program, &packet) == verdict);
	}
}

/*
 * Programs of libpcap ask for a transport header only behind a check that there
 * is one, so what the comparisons of any other program say does not count.
 */
static void try_native(const struct skald_program *program)
{
	struct skald_error error = { 0 };
	struct skald_native native;

	if (skald_native_translate(program, &native, &error)) {
		fuzz_check(*error.text);
		return;
	}
	fuzz_check(native.n_rules <= SKALD_NATIVE_RULES);
	skald_native_done(&native);
}

static void check(const struct sock_filter *insns, unsigned int n,
		  const struct skald_program *program, uint64_t seed)
{
	bool is_valid = ask_kernel(insns, n) == 1;

	check_program(program);
	if (!is_valid)
		return;
	if (program->n_insns)
		fuzz_check(ask_kernel(program->insns, program->n_insns));
	compare(insns, program, seed);
	try_native(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint64_t seed = fuzz_take_u64(&input);
	unsigned int n = input.size / sizeof(struct sock_filter);
	struct skald_program program;
	struct skald_error error = { 0 };
	struct sock_filter *insns;
	unsigned int i;
	char text[24];

	if (!n || n > INSNS_MAX)
		return 0;
	insns = fuzz_copy(input.data, n * sizeof(*insns));
	for (i = 0; i < n; i++)
		skald_cbpf_text(&insns[i], text, sizeof(text));
	if (skald_cbpf_rewrite(insns, n, &program, &error)) {
		fuzz_check(*error.text);
	} else {
		check(insns, n, &program, seed);
		skald_cbpf_done(&program);
	}
	free(insns);
	return 0;
}
