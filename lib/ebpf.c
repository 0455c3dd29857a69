// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translates classic BPF to extended BPF and loads it, for programs that are
 * longer than the bpf match of nf_tables takes. Used by the debug table.
 *
 * Registers: A is r0, where the packet loads of extended BPF leave their
 * result; X is r7; r6 is the context, as those loads demand; r8 and r9 are
 * scratch that survives a load; M[i] is a word of the stack. The upper half
 * of r0 and r7 is zero at every instruction.
 */
#include "ebpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_arp.h>

#include "cbpf.h"

#define A BPF_REG_0
#define CTX BPF_REG_6
#define X BPF_REG_7
#define SCRATCH BPF_REG_8
#define SCRATCH2 BPF_REG_9

#define PER_INSN 16 /* longest translation of one instruction */
#define LOG_SIZE (64 * 1024)

/**
 * struct translation - extended BPF being made
 * @insns: the new program
 * @n: how many instructions so far
 * @starts: where the translation of each old instruction begins
 * @targets: for each new instruction the old one that its jump goes to, or -1
 */
struct translation {
	struct bpf_insn *insns;
	unsigned int n;
	unsigned int *starts;
	int *targets;
};

static void put(struct translation *tr, struct bpf_insn insn, int target)
{
	tr->targets[tr->n] = target;
	tr->insns[tr->n++] = insn;
}

static void put_alu(struct translation *tr, uint8_t op, uint8_t dst,
		    int32_t imm)
{
	put(tr,
	    (struct bpf_insn){
		    .code = BPF_ALU | op | BPF_K, .dst_reg = dst, .imm = imm },
	    -1);
}

static void put_alu_reg(struct translation *tr, uint8_t op, uint8_t dst,
			uint8_t src)
{
	put(tr,
	    (struct bpf_insn){ .code = BPF_ALU | op | BPF_X,
			       .dst_reg = dst,
			       .src_reg = src },
	    -1);
}

static void put_mem(struct translation *tr, uint8_t code, uint8_t dst,
		    uint8_t src, int16_t off)
{
	put(tr,
	    (struct bpf_insn){
		    .code = code, .dst_reg = dst, .src_reg = src, .off = off },
	    -1);
}

static void put_exit(struct translation *tr)
{
	put(tr, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT }, -1);
}

/* Skip @off instructions when @dst @op @imm. */
static void put_skip(struct translation *tr, uint8_t op, uint8_t dst,
		     int32_t imm, int16_t off)
{
	put(tr,
	    (struct bpf_insn){ .code = BPF_JMP | op | BPF_K,
			       .dst_reg = dst,
			       .off = off,
			       .imm = imm },
	    -1);
}

static void put_goto(struct translation *tr, int target)
{
	put(tr, (struct bpf_insn){ .code = BPF_JMP | BPF_JA }, target);
}

static void put_packet_load(struct translation *tr, uint8_t size, uint8_t mode,
			    int32_t offset)
{
	put(tr,
	    (struct bpf_insn){ .code = BPF_LD | size | mode,
			       .src_reg = mode == BPF_IND ? X : 0,
			       .imm = offset },
	    -1);
}

/* A = ARPHRD_ETHER when there is an Ethernet header, else another type */
static void put_hatype(struct translation *tr)
{
	/*
	 * With an Ethernet header, 14 bytes behind its beginning stands the
	 * network header, byte by byte; without one, something further on in
	 * the packet, or nothing, and the load ends the program with "no".
	 */
	put_packet_load(tr, BPF_W, BPF_ABS, SKF_LL_OFF + SKALD_CBPF_LINK);
	put_alu_reg(tr, BPF_MOV, SCRATCH, A);
	put_packet_load(tr, BPF_W, BPF_ABS, 0);
	put_alu_reg(tr, BPF_XOR, SCRATCH, A);
	put_packet_load(tr, BPF_W, BPF_ABS, SKF_LL_OFF + SKALD_CBPF_LINK + 4);
	put_alu_reg(tr, BPF_MOV, SCRATCH2, A);
	put_packet_load(tr, BPF_W, BPF_ABS, 4);
	put_alu_reg(tr, BPF_XOR, SCRATCH2, A);
	put_alu_reg(tr, BPF_OR, SCRATCH, SCRATCH2);
	put_alu(tr, BPF_MOV, A, ARPHRD_NONE);
	put_skip(tr, BPF_JNE, SCRATCH, 0, 1);
	put_alu(tr, BPF_MOV, A, ARPHRD_ETHER);
}

static int put_ancillary(struct translation *tr, const struct sock_filter *insn,
			 struct skald_error *error)
{
	switch (insn->k - SKF_AD_OFF) {
	case SKF_AD_PROTOCOL:
		put_mem(tr, BPF_LDX | BPF_W | BPF_MEM, A, CTX,
			offsetof(struct __sk_buff, protocol));
		put(tr,
		    (struct bpf_insn){ .code = BPF_ALU | BPF_END | BPF_TO_BE,
				       .dst_reg = A,
				       .imm = 16 },
		    -1);
		return 0;
	case SKF_AD_HATYPE:
		put_hatype(tr);
		return 0;
	default:
		return skald_error_set(error, EOPNOTSUPP,
				       "no eBPF for what the expression asks "
				       "about the packet (0x%x)",
				       insn->k);
	}
}

static int16_t word_at(uint32_t k)
{
	return -4 * (int16_t)(k + 1);
}

static int refuse(const struct sock_filter *insn, struct skald_error *error)
{
	char text[64];

	skald_cbpf_text(insn, text, sizeof(text));
	return skald_error_set(error, EOPNOTSUPP, "no eBPF for \"%s\" (0x%x)",
			       text, insn->code);
}

static int put_ld(struct translation *tr, const struct sock_filter *insn,
		  struct skald_error *error)
{
	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		if (insn->k >= (uint32_t)SKF_AD_OFF)
			return put_ancillary(tr, insn, error);
		put_packet_load(tr, BPF_SIZE(insn->code), BPF_ABS, insn->k);
		return 0;
	case BPF_IND:
		put_packet_load(tr, BPF_SIZE(insn->code), BPF_IND, insn->k);
		return 0;
	case BPF_IMM:
		put_alu(tr, BPF_MOV, A, insn->k);
		return 0;
	case BPF_MEM:
		put_mem(tr, BPF_LDX | BPF_W | BPF_MEM, A, BPF_REG_10,
			word_at(insn->k));
		return 0;
	case BPF_LEN:
		put_mem(tr, BPF_LDX | BPF_W | BPF_MEM, A, CTX,
			offsetof(struct __sk_buff, len));
		return 0;
	default:
		return refuse(insn, error);
	}
}

static int put_ldx(struct translation *tr, const struct sock_filter *insn,
		   struct skald_error *error)
{
	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		put_alu(tr, BPF_MOV, X, insn->k);
		return 0;
	case BPF_MEM:
		put_mem(tr, BPF_LDX | BPF_W | BPF_MEM, X, BPF_REG_10,
			word_at(insn->k));
		return 0;
	case BPF_MSH:
		put_alu_reg(tr, BPF_MOV, SCRATCH, A);
		put_packet_load(tr, BPF_B, BPF_ABS, insn->k);
		put_alu(tr, BPF_AND, A, 0xf);
		put_alu(tr, BPF_LSH, A, 2);
		put_alu_reg(tr, BPF_MOV, X, A);
		put_alu_reg(tr, BPF_MOV, A, SCRATCH);
		return 0;
	default:
		return refuse(insn, error);
	}
}

static void put_arithmetic(struct translation *tr,
			   const struct sock_filter *insn)
{
	const uint8_t op = BPF_OP(insn->code);
	const bool by_x = BPF_SRC(insn->code) == BPF_X;

	if (by_x && (op == BPF_DIV || op == BPF_MOD)) {
		/* Classic BPF says "no" when it divides by zero. */
		put_skip(tr, BPF_JNE, X, 0, 2);
		put_alu(tr, BPF_MOV, A, 0);
		put_exit(tr);
	}
	if (op != BPF_NEG && by_x)
		put_alu_reg(tr, op, A, X);
	else
		put_alu(tr, op, A, op == BPF_NEG ? 0 : insn->k);
}

static void put_jump(struct translation *tr, const struct sock_filter *insn,
		     unsigned int i)
{
	const uint8_t op = BPF_OP(insn->code);
	bool by_x = BPF_SRC(insn->code) == BPF_X;
	uint8_t src = X;

	if (op == BPF_JA) {
		put_goto(tr, i + 1 + insn->k);
		return;
	}
	/* An immediate of 64-bit jumps is extended by its sign. */
	if (!by_x && insn->k > INT32_MAX) {
		put_alu(tr, BPF_MOV, SCRATCH, insn->k);
		by_x = true;
		src = SCRATCH;
	}
	put(tr,
	    (struct bpf_insn){ .code = BPF_JMP | op | (by_x ? BPF_X : BPF_K),
			       .dst_reg = A,
			       .src_reg = by_x ? src : 0,
			       .imm = by_x ? 0 : (int32_t)insn->k },
	    i + 1 + insn->jt);
	if (insn->jf)
		put_goto(tr, i + 1 + insn->jf);
}

static int put_insn(struct translation *tr, const struct sock_filter *insn,
		    unsigned int i, struct skald_error *error)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return put_ld(tr, insn, error);
	case BPF_LDX:
		return put_ldx(tr, insn, error);
	case BPF_ST:
	case BPF_STX:
		put_mem(tr, BPF_STX | BPF_W | BPF_MEM, BPF_REG_10,
			BPF_CLASS(insn->code) == BPF_ST ? A : X,
			word_at(insn->k));
		return 0;
	case BPF_ALU:
		put_arithmetic(tr, insn);
		return 0;
	case BPF_JMP:
		put_jump(tr, insn, i);
		return 0;
	case BPF_RET:
		if (BPF_RVAL(insn->code) == BPF_K)
			put_alu(tr, BPF_MOV, A, insn->k);
		put_exit(tr);
		return 0;
	default: /* BPF_MISC, the last of the eight */
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			put_alu_reg(tr, BPF_MOV, X, A);
		else
			put_alu_reg(tr, BPF_MOV, A, X);
		return 0;
	}
}

/* The verifier wants everything that is read to have been written. */
static void put_prologue(struct translation *tr)
{
	unsigned int i;

	put(tr,
	    (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
			       .dst_reg = CTX,
			       .src_reg = BPF_REG_1 },
	    -1);
	put_alu(tr, BPF_MOV, A, 0);
	put_alu(tr, BPF_MOV, X, 0);
	for (i = 0; i < BPF_MEMWORDS; i++)
		put_mem(tr, BPF_STX | BPF_W | BPF_MEM, BPF_REG_10, A,
			word_at(i));
}

static int aim(struct translation *tr, unsigned int n,
	       struct skald_error *error)
{
	unsigned int i;
	long off;

	for (i = 0; i < tr->n; i++) {
		if (tr->targets[i] < 0)
			continue;
		if ((unsigned int)tr->targets[i] >= n)
			return skald_error_set(error, EINVAL,
					       "a jump leaves the program");
		off = (long)tr->starts[tr->targets[i]] - i - 1;
		if (off > INT16_MAX)
			return skald_error_set(error, EOPNOTSUPP,
					       "the expression is too long for "
					       "eBPF: %u instructions",
					       tr->n);
		tr->insns[i].off = off;
	}
	return 0;
}

static int translate(struct translation *tr, const struct sock_filter *insns,
		     unsigned int n, struct skald_error *error)
{
	unsigned int i;
	int rc;

	put_prologue(tr);
	for (i = 0; i < n; i++) {
		tr->starts[i] = tr->n;
		rc = put_insn(tr, &insns[i], i, error);
		if (rc)
			return rc;
	}
	return aim(tr, n, error);
}

/* The last line of the log that is not the verifier's own statistics */
static const char *last_words(char *log)
{
	char *line = log, *last = log, *next;

	for (; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (*line && strncmp(line, "processed ", 10))
			last = line;
	}
	return last;
}

/* @log: address of a buffer of LOG_SIZE bytes, or 0 */
static int load(const struct translation *tr, uintptr_t log)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)tr->insns;
	attr.insn_cnt = tr->n;
	attr.license = (uintptr_t) "GPL";
	attr.log_buf = log;
	attr.log_size = log ? LOG_SIZE : 0;
	attr.log_level = log ? 1 : 0;
	memcpy(attr.prog_name, "skald", 6);
	/* The kernel makes every BPF descriptor close-on-exec. */
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

static int load_with_words(const struct translation *tr,
			   struct skald_error *error)
{
	int fd = load(tr, 0);
	char *log;

	if (fd >= 0)
		return fd;
	log = calloc(1, LOG_SIZE);
	if (log)
		fd = load(tr, (uintptr_t)log); /* again, for its words */
	if (fd >= 0)
		goto out;
	skald_error_set(error, -fd,
			"the kernel refuses the expression as eBPF: %s%s%.300s",
			strerror(-fd), log && *log ? ": " : "",
			log ? last_words(log) : "");
	if (fd == -EPERM)
		skald_error_help(error, "it needs CAP_BPF or CAP_SYS_ADMIN; on "
					"kernels before 5.11 also a higher "
					"limit of locked memory (ulimit -l)");
out:
	free(log);
	return fd;
}

static bool make_room(struct translation *tr, unsigned int n)
{
	const size_t room = (size_t)n * PER_INSN + 3 + BPF_MEMWORDS;

	tr->insns = calloc(room, sizeof(*tr->insns));
	tr->targets = calloc(room, sizeof(*tr->targets));
	tr->starts = calloc(n, sizeof(*tr->starts));
	return tr->insns && tr->targets && tr->starts;
}

int skald_ebpf_load(const struct sock_filter *insns, unsigned int n,
		    struct skald_error *error)
{
	struct translation tr = { 0 };
	int rc;

	if (!n || n > BPF_MAXINSNS)
		return skald_error_set(error, EOPNOTSUPP,
				       "the expression makes %u instructions, "
				       "eBPF is made of 1 to %u",
				       n, BPF_MAXINSNS);
	if (make_room(&tr, n)) {
		rc = translate(&tr, insns, n, error);
		if (!rc)
			rc = load_with_words(&tr, error);
	} else {
		rc = skald_error_set(error, ENOMEM, "no memory for eBPF");
	}
	free(tr.starts);
	free(tr.targets);
	free(tr.insns);
	return rc;
}
