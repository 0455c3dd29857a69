// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns a rewritten program into nf_tables comparisons by walking every path
 * to a "match" with values that are not known yet. Used by the debug table.
 */
#include "native.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cbpf.h"
#include "cbpf_check.h"
#include "native_test.h"

/* Instructions looked at, all paths together, before it is too much */
#define STEPS (1u << 20)

/**
 * enum value_kind - what a register holds
 * @CONSTANT: value.add
 * @LOADED: ((bytes of the packet & value.mask) >> value.shift) + value.add
 * @HEADER: length of the IPv4 header, + value.add
 * @OPAQUE: something that cannot be expressed, made by instruction value.by
 */
enum value_kind {
	CONSTANT,
	LOADED,
	HEADER,
	OPAQUE
};

struct value {
	enum value_kind kind;
	uint8_t base;
	uint8_t len;
	uint8_t shift;
	uint32_t offset;
	uint32_t mask;
	uint32_t add;
	unsigned int by;
};

/**
 * struct machine - the registers on a path
 * @at: next instruction
 * @a: accumulator
 * @x: index register
 * @mem: scratch memory
 */
struct machine {
	unsigned int at;
	struct value a;
	struct value x;
	struct value mem[BPF_MEMWORDS];
};

/**
 * struct walk - the whole walk
 * @program: what is walked
 * @can_match: for each instruction: whether a match is reachable from it
 * @path: tests passed so far
 * @steps: instructions looked at so far
 * @native: rules found so far
 * @error: for whoever fails
 */
struct walk {
	const struct skald_program *program;
	uint8_t *can_match;
	struct skald_path path;
	unsigned int steps;
	struct skald_native *native;
	struct skald_error *error;
};

static int refuse(struct walk *walk, unsigned int by)
{
	char text[64];

	skald_cbpf_text(&walk->program->insns[by], text, sizeof(text));
	skald_error_set(walk->error, EOPNOTSUPP,
			"the expression has no form in nf_tables' own "
			"comparisons: instruction %u, \"%s\"",
			by, text);
	skald_error_help(walk->error,
			 "use a simpler expression here, or a kernel with "
			 "the bpf match (CONFIG_NETFILTER_XT_MATCH_BPF)");
	return -EOPNOTSUPP;
}

static int too_big(struct walk *walk)
{
	skald_error_set(walk->error, E2BIG,
			"the expression needs more than %d rules of %d "
			"expressions in nf_tables' own comparisons",
			SKALD_NATIVE_RULES, SKALD_NATIVE_EXPRESSIONS);
	skald_error_help(walk->error, "split it into several classifiers");
	return -E2BIG;
}

static uint32_t full_mask(unsigned int len)
{
	return len == 4 ? UINT32_MAX : (1u << (8 * len)) - 1;
}

static struct value constant(uint32_t number)
{
	return (struct value){ .kind = CONSTANT, .add = number };
}

static struct value opaque(const struct machine *m)
{
	return (struct value){ .kind = OPAQUE, .by = m->at };
}

static bool is_same(const struct value *a, const struct value *b)
{
	return a->kind == b->kind && a->kind != OPAQUE && a->base == b->base &&
	       a->len == b->len && a->shift == b->shift &&
	       a->offset == b->offset && a->mask == b->mask && a->add == b->add;
}

/* A packet load: from here on the path needs the bytes to be there. */
static int load(struct walk *walk, struct value *value, uint8_t base,
		uint32_t offset, unsigned int len)
{
	const struct skald_native_test presence = { .base = base,
						    .op = SKALD_NATIVE_EQ,
						    .len = len,
						    .offset = offset };

	*value = (struct value){ .kind = LOADED,
				 .base = base,
				 .len = len,
				 .offset = offset,
				 .mask = full_mask(len) };
	if (base > SKALD_NATIVE_TH) /* what is about the packet is there */
		return 0;
	return skald_path_push(&walk->path, &presence) ? too_big(walk) : 0;
}

static int load_absolute(struct walk *walk, struct machine *m,
			 const struct sock_filter *insn)
{
	const uint32_t k = insn->k;

	if (k == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))
		return load(walk, &m->a, SKALD_NATIVE_PROTOCOL, 0, 2);
	if (k == (uint32_t)(SKF_AD_OFF + SKF_AD_HATYPE))
		return load(walk, &m->a, SKALD_NATIVE_IIFTYPE, 0, 2);
	if (k <= INT32_MAX)
		return load(walk, &m->a, SKALD_NATIVE_NH, k,
			    skald_cbpf_load_size(insn));
	if (k >= (uint32_t)SKF_LL_OFF && k < (uint32_t)SKF_NET_OFF)
		return load(walk, &m->a, SKALD_NATIVE_LL, k - SKF_LL_OFF,
			    skald_cbpf_load_size(insn));
	return refuse(walk, m->at);
}

static int load_indirect(struct walk *walk, struct machine *m,
			 const struct sock_filter *insn)
{
	const uint32_t offset = m->x.add + insn->k;
	const uint8_t base =
		m->x.kind == HEADER ? SKALD_NATIVE_TH : SKALD_NATIVE_NH;

	if ((m->x.kind != HEADER && m->x.kind != CONSTANT) ||
	    offset > UINT16_MAX)
		return refuse(walk, m->at);
	return load(walk, &m->a, base, offset, skald_cbpf_load_size(insn));
}

/* x = 4*([0]&0xf): from here on [x + k] is the transport header. */
static int load_header_length(struct walk *walk, struct machine *m,
			      const struct sock_filter *insn)
{
	struct value ignored;

	if (insn->k)
		return refuse(walk, m->at);
	m->x = (struct value){ .kind = HEADER };
	return load(walk, &ignored, SKALD_NATIVE_NH, 0, 1);
}

static int run_load(struct walk *walk, struct machine *m,
		    const struct sock_filter *insn)
{
	const bool is_x = BPF_CLASS(insn->code) == BPF_LDX;
	struct value *to = is_x ? &m->x : &m->a;

	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		return load_absolute(walk, m, insn);
	case BPF_IND:
		return load_indirect(walk, m, insn);
	case BPF_MSH:
		return load_header_length(walk, m, insn);
	case BPF_LEN:
		return load(walk, to, SKALD_NATIVE_LEN, 0, 4);
	case BPF_IMM:
		*to = constant(insn->k);
		return 0;
	default:
		*to = m->mem[insn->k % BPF_MEMWORDS];
		return 0;
	}
}

static uint32_t calculate(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_MOD:
		return a % b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default:
		return -a; /* BPF_NEG */
	}
}

/* Lengths are far from 2^32, so that adding to them does not wrap. */
static bool can_add(const struct value *value, uint32_t number)
{
	return (value->kind == HEADER ||
		(value->kind == LOADED && value->base == SKALD_NATIVE_LEN &&
		 value->mask == UINT32_MAX)) &&
	       number <= UINT16_MAX && value->add <= UINT16_MAX;
}

static struct value apply(const struct machine *m, uint16_t op, uint32_t number)
{
	struct value value = m->a;
	const bool is_plain = value.kind == LOADED && !value.add;

	if (value.kind == CONSTANT) {
		if (!number && (op == BPF_DIV || op == BPF_MOD))
			return opaque(m);
		return constant(calculate(op, value.add, number));
	}
	if (op == BPF_ADD && can_add(&value, number)) {
		value.add += number;
		return value;
	}
	if (op == BPF_AND && is_plain) {
		value.mask &= number << value.shift;
		return value;
	}
	if (op == BPF_RSH && is_plain && number + value.shift < 32) {
		value.shift += number;
		value.mask &= UINT32_MAX << value.shift;
		return value;
	}
	return opaque(m);
}

static void run_arithmetic(struct machine *m, const struct sock_filter *insn)
{
	const uint16_t op = BPF_OP(insn->code);
	struct value by = constant(insn->k);

	if (BPF_SRC(insn->code) == BPF_X && op != BPF_NEG)
		by = m->x;
	if (by.kind == CONSTANT) {
		m->a = apply(m, op, by.add);
	} else if (op == BPF_ADD && m->a.kind == CONSTANT &&
		   can_add(&by, m->a.add)) {
		by.add += m->a.add;
		m->a = by;
	} else {
		m->a = opaque(m);
	}
}

static int run_plain(struct walk *walk, struct machine *m,
		     const struct sock_filter *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		return run_load(walk, m, insn);
	case BPF_ST:
		m->mem[insn->k % BPF_MEMWORDS] = m->a;
		return 0;
	case BPF_STX:
		m->mem[insn->k % BPF_MEMWORDS] = m->x;
		return 0;
	case BPF_ALU:
		run_arithmetic(m, insn);
		return 0;
	default: /* BPF_MISC */
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return 0;
	}
}

static bool compare(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return a & b; /* BPF_JSET */
	}
}

/* The comparison of a loaded value with @k as a test, or what it comes to */
static enum skald_truth make_test(const struct value *value, uint16_t op,
				  uint32_t k, struct skald_native_test *test)
{
	*test = (struct skald_native_test){ .base = value->base,
					    .len = value->len,
					    .offset = value->offset,
					    .mask = value->mask };
	if (op == BPF_JSET) {
		test->op = SKALD_NATIVE_NE;
		test->mask &= k << value->shift;
		return test->mask ? SKALD_MAYBE : SKALD_NEVER;
	}
	if (k < value->add)
		return op == BPF_JEQ ? SKALD_NEVER : SKALD_ALWAYS;
	k -= value->add;
	if (k << value->shift >> value->shift != k)
		return SKALD_NEVER;
	test->value = k << value->shift;
	test->op = op == BPF_JEQ   ? SKALD_NATIVE_EQ
		   : op == BPF_JGT ? SKALD_NATIVE_GT
				   : SKALD_NATIVE_GE;
	return SKALD_MAYBE;
}

static enum skald_truth boolean(bool is_true)
{
	return is_true ? SKALD_ALWAYS : SKALD_NEVER;
}

/**
 * decide() - what a conditional jump does
 * @test: the test it comes to, when it may go either way
 *
 * Return: enum skald_truth, or -EOPNOTSUPP.
 */
static int decide(struct walk *walk, const struct machine *m,
		  const struct sock_filter *insn,
		  struct skald_native_test *test)
{
	const uint16_t op = BPF_OP(insn->code);
	struct value with = constant(insn->k);
	enum skald_truth truth;

	if (BPF_SRC(insn->code) == BPF_X)
		with = m->x;
	if (op != BPF_JSET && is_same(&m->a, &with))
		return boolean(op != BPF_JGT);
	if (with.kind != CONSTANT || m->a.kind == HEADER ||
	    (op == BPF_JSET && m->a.kind == LOADED && m->a.add))
		return refuse(walk, m->at);
	if (m->a.kind == OPAQUE)
		return refuse(walk, m->a.by);
	if (m->a.kind == CONSTANT)
		return boolean(compare(op, m->a.add, with.add));
	truth = make_test(&m->a, op, with.add, test);
	return truth == SKALD_MAYBE ? skald_path_decide(&walk->path, test)
				    : truth;
}

static int add_rule(struct walk *walk)
{
	struct skald_native *native = walk->native;
	int rc;

	if (native->n_rules == SKALD_NATIVE_RULES)
		return too_big(walk);
	rc = skald_path_reduce(&walk->path, &native->rules[native->n_rules]);
	if (rc == -E2BIG)
		return too_big(walk);
	if (!rc)
		native->n_rules++;
	return rc;
}

static int run(struct walk *walk, struct machine m);

static int run_side(struct walk *walk, const struct machine *m, unsigned int to,
		    const struct skald_native_test *test)
{
	const unsigned int n = walk->path.n;
	struct machine copy = *m;
	int rc;

	if (!walk->can_match[to])
		return 0;
	if (skald_path_push(&walk->path, test))
		return too_big(walk);
	copy.at = to;
	rc = run(walk, copy);
	walk->path.n = n;
	return rc;
}

/* Return: 1 to go on at m->at, 0 when both sides are done, or -errno. */
static int run_jump(struct walk *walk, struct machine *m,
		    const struct sock_filter *insn)
{
	const unsigned int next = m->at + 1;
	struct skald_native_test test, inverse;
	int rc;

	if (BPF_OP(insn->code) == BPF_JA) {
		m->at = next + insn->k;
		return 1;
	}
	rc = decide(walk, m, insn, &test);
	if (rc < 0)
		return rc;
	if (rc != SKALD_MAYBE) {
		m->at = next + (rc == SKALD_ALWAYS ? insn->jt : insn->jf);
		return 1;
	}
	rc = run_side(walk, m, next + insn->jt, &test);
	if (rc)
		return rc;
	inverse = skald_native_negate(&test);
	return run_side(walk, m, next + insn->jf, &inverse);
}

static int run_return(struct walk *walk, const struct machine *m,
		      const struct sock_filter *insn)
{
	if (BPF_RVAL(insn->code) == BPF_K)
		return insn->k ? add_rule(walk) : 0;
	if (m->a.kind != CONSTANT)
		return refuse(walk, m->at);
	return m->a.add ? add_rule(walk) : 0;
}

/* Recursion is bounded by the tests that fit a path. */
static int run(struct walk *walk, struct machine m)
{
	const unsigned int n = walk->path.n;
	int rc = 1;

	while (rc > 0) {
		const struct sock_filter *insn = &walk->program->insns[m.at];

		if (++walk->steps > STEPS) {
			rc = too_big(walk);
		} else if (!walk->can_match[m.at]) {
			rc = 0;
		} else if (BPF_CLASS(insn->code) == BPF_RET) {
			rc = run_return(walk, &m, insn);
		} else if (BPF_CLASS(insn->code) == BPF_JMP) {
			rc = run_jump(walk, &m, insn);
		} else {
			rc = run_plain(walk, &m, insn);
			rc = rc ? rc : 1;
			m.at++;
		}
	}
	walk->path.n = n;
	return rc;
}

static bool is_inside(const struct skald_program *program, unsigned int i)
{
	const struct sock_filter *insn = &program->insns[i];
	const unsigned int left = program->n_insns - i - 1;

	if (BPF_CLASS(insn->code) == BPF_RET)
		return true;
	if (insn->code == (BPF_JMP | BPF_JA))
		return insn->k < left;
	if (BPF_CLASS(insn->code) == BPF_JMP)
		return insn->jt < left && insn->jf < left;
	return left;
}

/* Backwards, as jumps only go forward. Return: false for a broken program */
static bool mark_matching(struct walk *walk)
{
	const struct skald_program *program = walk->program;
	uint8_t *can = walk->can_match;
	unsigned int i = program->n_insns;

	while (i--) {
		const struct sock_filter *insn = &program->insns[i];

		if (!is_inside(program, i))
			return false;
		if (BPF_CLASS(insn->code) == BPF_RET)
			can[i] = BPF_RVAL(insn->code) != BPF_K || insn->k;
		else if (insn->code == (BPF_JMP | BPF_JA))
			can[i] = can[i + 1 + insn->k];
		else if (BPF_CLASS(insn->code) == BPF_JMP)
			can[i] = can[i + 1 + insn->jt] || can[i + 1 + insn->jf];
		else
			can[i] = can[i + 1];
	}
	return true;
}

static int walk_program(struct walk *walk)
{
	struct skald_native *native = walk->native;
	const struct machine start = { 0 };

	walk->can_match = calloc(walk->program->n_insns, 1);
	native->rules = calloc(SKALD_NATIVE_RULES, sizeof(*native->rules));
	if (!walk->can_match || !native->rules)
		return -ENOMEM;
	if (!mark_matching(walk))
		return skald_error_set(walk->error, EOPNOTSUPP,
				       "the program leaves its end");
	return run(walk, start);
}

int skald_native_translate(const struct skald_program *program,
			   struct skald_native *native,
			   struct skald_error *error)
{
	struct skald_native made = { 0 };
	struct walk *walk;
	int rc = -ENOMEM;

	if (!program->n_insns) {
		*native = made;
		return 0;
	}
	walk = calloc(1, sizeof(*walk));
	if (walk) {
		walk->program = program;
		walk->native = &made;
		walk->error = error;
		rc = walk_program(walk);
		free(walk->can_match);
	}
	free(walk);
	if (rc) {
		skald_native_done(&made);
		return rc == -ENOMEM ? skald_error_set(error, ENOMEM,
						       "no memory for rules")
				     : rc;
	}
	*native = made;
	return 0;
}

void skald_native_done(struct skald_native *native)
{
	unsigned int i;

	for (i = 0; i < native->n_rules; i++)
		free(native->rules[i].tests);
	free(native->rules);
	*native = (struct skald_native){ 0 };
}
