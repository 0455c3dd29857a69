// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves libpcap's programs from the wire to a netfilter hook. Used by
 * classifier.c for each family. What cannot be moved cbpf_check.c refuses.
 *
 * Two passes over a program whose jumps only go forward: the first looks at
 * what is reachable and what is known at each instruction, and how many
 * instructions each becomes; the second writes them.
 */
#include "cbpf.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_arp.h>

#include "cbpf_check.h"
#include "cbpf_range.h"

#define GUARD_INSNS 5
#define CHECK_INSNS 3

/**
 * struct place - what is known before an instruction
 * @is_reachable: some path comes here
 * @is_guarded: every path here has seen that there is an Ethernet header
 * @has_type: on some path the accumulator is the ethertype
 * @range: how large the registers may be
 * @first: the slot its translation begins at
 */
struct place {
	bool is_reachable;
	bool is_guarded;
	bool has_type;
	struct skald_cbpf_range range;
	unsigned int first;
};

/**
 * struct slot - one instruction of the new program
 * @insn: the instruction; its jumps are in @jt and @jf
 * @jt: slot to go to when true; of a BPF_JA the only one
 * @jf: slot to go to when false
 * @is_far_true: @jt takes a jump of its own
 * @is_far_false: @jf takes a jump of its own
 * @at: index in the new program
 */
struct slot {
	struct sock_filter insn;
	unsigned int jt;
	unsigned int jf;
	bool is_far_true;
	bool is_far_false;
	unsigned int at;
};

/**
 * struct rewrite - one program on its way
 * @insns: the old program, borrowed
 * @n: instructions of the old program
 * @places: one for each of them
 * @slots: the new program
 * @n_slots: how many
 * @can_match: some reachable return says yes
 */
struct rewrite {
	const struct sock_filter *insns;
	unsigned int n;
	struct place *places;
	struct slot *slots;
	unsigned int n_slots;
	bool can_match;
};

static bool is_jump(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
}

static bool is_goto(const struct sock_filter *insn)
{
	return insn->code == (BPF_JMP | BPF_JA);
}

/*
 * An index below zero is a large one: libpcap finds no byte there, but at a
 * hook it may be one of the offsets that the kernel gives a meaning of its own
 * (SKF_NET_OFF, SKF_LL_OFF).
 */
static bool needs_check(const struct sock_filter *insn,
			const struct place *place)
{
	return skald_cbpf_is_indirect(insn) &&
	       place->range.x > INT32_MAX - insn->k;
}

void skald_cbpf_text(const struct sock_filter *insn, char *text,
		     unsigned int size)
{
	const struct bpf_insn copy = { insn->code, insn->jt, insn->jf,
				       insn->k };
	const char *image = bpf_image(&copy, 0);
	const char *space = strchr(image, ' ');
	unsigned int i, n = 0;

	image = space ? space + 1 : image;
	/* libpcap fills up with spaces and adds where jumps go. */
	for (i = 0; image[i] && n + 1 < size; i++) {
		if (image[i] == ' ' && (!n || image[i + 1] == ' '))
			continue;
		if (!strncmp(image + i, " jt ", 4))
			break;
		text[n++] = image[i];
	}
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
}

/* Control goes to @to with what is known in @state. */
static int arrive(struct rewrite *rw, unsigned int from, uint64_t to,
		  struct place state, struct skald_error *error)
{
	struct place *place;

	if (to <= from || to > UINT32_MAX) {
		skald_error_set(error, EOPNOTSUPP,
				"the expression needs a loop, which the kernel "
				"does not run at a hook");
		skald_error_help(error, "use \"proto\" for \"protochain\"");
		return -EOPNOTSUPP;
	}
	if (to >= rw->n)
		return skald_error_set(error, EINVAL,
				       "libpcap's program leaves its end");
	place = &rw->places[to];
	place->is_guarded =
		state.is_guarded && (!place->is_reachable || place->is_guarded);
	place->has_type |= state.has_type;
	if (place->is_reachable)
		skald_cbpf_range_join(&place->range, &state.range);
	else
		place->range = state.range;
	place->is_reachable = true;
	return 0;
}

static int follow(struct rewrite *rw, unsigned int i, struct place state,
		  struct skald_error *error)
{
	const struct sock_filter *insn = &rw->insns[i];
	int rc;

	if (BPF_CLASS(insn->code) == BPF_RET) {
		rw->can_match |= BPF_RVAL(insn->code) != BPF_K || insn->k;
		return 0;
	}
	/* A loop's jump goes back by a negative distance. */
	if (is_goto(insn))
		return arrive(rw, i, i + 1 + (int64_t)(int32_t)insn->k, state,
			      error);
	if (!is_jump(insn))
		return arrive(rw, i, i + 1, state, error);
	rc = arrive(rw, i, i + 1 + insn->jt, state, error);
	return rc ? rc : arrive(rw, i, i + 1 + insn->jf, state, error);
}

static unsigned int n_slots_of(const struct sock_filter *insn,
			       const struct place *place)
{
	if (skald_cbpf_is_link(insn))
		return place->is_guarded ? 1 : GUARD_INSNS + 1;
	if (needs_check(insn, place))
		return CHECK_INSNS + 1;
	if (insn->code == (BPF_LD | BPF_W | BPF_LEN))
		return 2;
	return 1;
}

static int look(struct rewrite *rw, unsigned int i, struct skald_error *error)
{
	const struct sock_filter *insn = &rw->insns[i];
	struct place *place = &rw->places[i];
	struct place after;
	int rc;

	place->first = rw->n_slots;
	if (!place->is_reachable)
		return 0;
	rc = skald_cbpf_check(insn, place->has_type, error);
	if (rc)
		return rc;
	rw->n_slots += n_slots_of(insn, place);
	after = *place;
	after.is_guarded |= skald_cbpf_is_link(insn);
	if (skald_cbpf_is_type(insn))
		after.has_type = true;
	else if (BPF_CLASS(insn->code) == BPF_LD ||
		 BPF_CLASS(insn->code) == BPF_ALU ||
		 insn->code == (BPF_MISC | BPF_TXA))
		after.has_type = false;
	skald_cbpf_range_step(&after.range, insn);
	return follow(rw, i, after, error);
}

static struct slot *put(struct rewrite *rw, struct sock_filter insn,
			unsigned int jt, unsigned int jf)
{
	struct slot *slot = &rw->slots[rw->n_slots++];

	slot->insn = insn;
	slot->jt = jt;
	slot->jf = jf;
	return slot;
}

static void put_simple(struct rewrite *rw, uint16_t code, uint32_t k)
{
	put(rw, (struct sock_filter)BPF_STMT(code, k), 0, 0);
}

/*
 * A packet of a tunnel or of a point-to-point device has no Ethernet header,
 * and what stands before its network header is something else. A packet that
 * has no device yet makes the load of its type end the program with the
 * accumulator (convert_bpf_extensions() in net/core/filter.c): so that is 0.
 */
static void put_guard(struct rewrite *rw)
{
	const unsigned int load = rw->n_slots + GUARD_INSNS;
	const uint16_t jeq = BPF_JMP | BPF_JEQ | BPF_K;

	put_simple(rw, BPF_LD | BPF_IMM, 0);
	put_simple(rw, BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_HATYPE);
	put(rw, (struct sock_filter)BPF_STMT(jeq, ARPHRD_ETHER), load,
	    rw->n_slots + 1);
	put(rw, (struct sock_filter)BPF_STMT(jeq, ARPHRD_LOOPBACK), load,
	    rw->n_slots + 1);
	put_simple(rw, BPF_RET | BPF_K, 0);
}

/* The accumulator is free: what is loaded goes there. */
static void put_check(struct rewrite *rw, const struct sock_filter *insn)
{
	const uint16_t jgt = BPF_JMP | BPF_JGT | BPF_K;

	put_simple(rw, BPF_MISC | BPF_TXA, 0);
	put(rw, (struct sock_filter)BPF_STMT(jgt, INT32_MAX - insn->k),
	    rw->n_slots + 1, rw->n_slots + 2);
	put_simple(rw, BPF_RET | BPF_K, 0);
}

static void put_load(struct rewrite *rw, const struct sock_filter *insn,
		     const struct place *place)
{
	if (skald_cbpf_is_type(insn)) {
		put_simple(rw, BPF_LD | BPF_W | BPF_ABS,
			   SKF_AD_OFF + SKF_AD_PROTOCOL);
	} else if (skald_cbpf_is_link(insn)) {
		if (!place->is_guarded)
			put_guard(rw);
		put_simple(rw, insn->code, SKF_LL_OFF + insn->k);
	} else if (BPF_MODE(insn->code) == BPF_LEN) {
		put_simple(rw, insn->code, 0);
		put_simple(rw, BPF_ALU | BPF_ADD, SKALD_CBPF_LINK);
	} else if (BPF_MODE(insn->code) == BPF_IMM ||
		   BPF_MODE(insn->code) == BPF_MEM) {
		put_simple(rw, insn->code, insn->k);
	} else {
		if (needs_check(insn, place))
			put_check(rw, insn);
		put_simple(rw, insn->code, insn->k - SKALD_CBPF_LINK);
	}
}

static void translate(struct rewrite *rw, unsigned int i)
{
	const struct sock_filter *insn = &rw->insns[i];
	const struct place *places = rw->places;

	if (BPF_CLASS(insn->code) == BPF_LD || BPF_CLASS(insn->code) == BPF_LDX)
		put_load(rw, insn, &places[i]);
	else if (is_goto(insn))
		put(rw, *insn, places[i + 1 + insn->k].first, 0);
	else if (is_jump(insn))
		put(rw, *insn, places[i + 1 + insn->jt].first,
		    places[i + 1 + insn->jf].first);
	else
		put(rw, *insn, 0, 0);
}

static unsigned int place_slots(struct rewrite *rw)
{
	unsigned int i, at = 0;

	for (i = 0; i < rw->n_slots; i++) {
		rw->slots[i].at = at;
		at += 1 + rw->slots[i].is_far_true + rw->slots[i].is_far_false;
	}
	return at;
}

/*
 * A conditional jump reaches 255 instructions. Where that is too short it
 * jumps to an unconditional jump right behind it.
 *
 * Return: true when one more jump became far.
 */
static bool stretch(struct rewrite *rw)
{
	bool changed = false;
	unsigned int i;

	for (i = 0; i < rw->n_slots; i++) {
		struct slot *slot = &rw->slots[i];

		if (!is_jump(&slot->insn))
			continue;
		if (!slot->is_far_true &&
		    rw->slots[slot->jt].at - slot->at - 1 > UINT8_MAX)
			changed = slot->is_far_true = true;
		if (!slot->is_far_false &&
		    rw->slots[slot->jf].at - slot->at - 1 > UINT8_MAX)
			changed = slot->is_far_false = true;
	}
	return changed;
}

static void encode(const struct rewrite *rw, const struct slot *slot,
		   struct sock_filter *out)
{
	const uint16_t ja = BPF_JMP | BPF_JA;
	unsigned int to_true = rw->slots[slot->jt].at;
	unsigned int to_false = rw->slots[slot->jf].at;
	unsigned int at = slot->at;

	out[at] = slot->insn;
	if (is_goto(&slot->insn)) {
		out[at].k = to_true - at - 1;
		return;
	}
	if (!is_jump(&slot->insn))
		return;
	out[at].jt = slot->is_far_true ? 0 : to_true - at - 1;
	out[at].jf = slot->is_far_false ? slot->is_far_true : to_false - at - 1;
	if (slot->is_far_true) {
		at++;
		out[at] = (struct sock_filter)BPF_STMT(ja, to_true - at - 1);
	}
	if (slot->is_far_false) {
		at++;
		out[at] = (struct sock_filter)BPF_STMT(ja, to_false - at - 1);
	}
}

static int assemble(struct rewrite *rw, struct skald_program *program)
{
	unsigned int i, n = place_slots(rw);
	struct sock_filter *out;

	while (stretch(rw))
		n = place_slots(rw);
	out = calloc(n ? n : 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (i = 0; i < rw->n_slots; i++)
		encode(rw, &rw->slots[i], out);
	program->insns = out;
	program->n_insns = n;
	return 0;
}

static int rewrite_insns(struct rewrite *rw, struct skald_program *program,
			 struct skald_error *error)
{
	unsigned int i;
	int rc;

	rw->places[0].is_reachable = true;
	skald_cbpf_range_init(&rw->places[0].range);
	for (i = 0; i < rw->n; i++) {
		rc = look(rw, i, error);
		if (rc)
			return rc;
	}
	if (!rw->can_match) {
		*program = (struct skald_program){ 0 };
		return 0;
	}
	rw->slots = calloc(rw->n_slots, sizeof(*rw->slots));
	if (!rw->slots)
		return -ENOMEM;
	rw->n_slots = 0;
	for (i = 0; i < rw->n; i++)
		if (rw->places[i].is_reachable)
			translate(rw, i);
	return assemble(rw, program);
}

int skald_cbpf_rewrite(const struct sock_filter *insns, unsigned int n,
		       struct skald_program *program, struct skald_error *error)
{
	struct rewrite rw = { .insns = insns, .n = n };
	int rc;

	if (!n)
		return skald_error_set(error, EINVAL,
				       "libpcap made an empty program");
	rw.places = calloc(n, sizeof(*rw.places));
	if (!rw.places)
		return skald_error_set(error, ENOMEM, "no memory");
	rc = rewrite_insns(&rw, program, error);
	if (rc == -ENOMEM)
		skald_error_set(error, ENOMEM,
				"no memory for a program of "
				"%u instructions",
				n);
	free(rw.slots);
	free(rw.places);
	return rc;
}

void skald_cbpf_done(struct skald_program *program)
{
	free(program->insns);
	*program = (struct skald_program){ 0 };
}
