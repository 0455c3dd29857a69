// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations of all helpers, with and without NAT, in which each allocation
 * fails in turn: a packet passes or is dropped as the kernel has it, nothing is
 * left behind, and a packet that is sent again makes up for the lost one.
 */
#include "ct_seqadj.h"
#include "ct_wire.h"
#include "fail_malloc.h"

#include "../conntrack/helpers/talks.h"

#define MANY (1L << 30)
#define A_WEEK (7 * 24 * 3600 * SKALD_NS_PER_S)
#define SEEN 0xc6336405 /* 198.51.100.5 */

/**
 * struct hungry - a conversation that goes through a router
 * @wire: the router
 * @name: of the conversation
 * @left: allocations that succeed before one does not
 * @failed: bytes of the one that failed, 0: none did yet
 * @passed: the last packet went through
 * @is_expected: it began a conversation that was expected, and is not any more
 * @is_made_up: the packet that was dropped for it was sent again
 */
struct hungry {
	struct wire wire;
	const char *name;
	long left;
	size_t failed;
	bool passed;
	bool is_expected;
	bool is_made_up;
};

static bool all_hear(void *user, const struct skald_view *view, __be32 *mask)
{
	*mask = htonl(0xffffff00);
	return view->data[view->network + 19] == 255;
}

static void start(struct hungry *hungry, const struct talk *talk, bool has_nat,
		  long left)
{
	memset(hungry, 0, sizeof(*hungry));
	wire_init(&hungry->wire);
	hungry->wire.table->owner.broadcast = all_hear;
	hungry->wire.has_snat = has_nat;
	hungry->wire.snat.ip = htonl(SEEN);
	hungry->name = talk->name;
	hungry->left = left;
}

/* Return: the helper of the packet's conversation, NULL: none */
static const struct skald_ct_helper *route(struct hungry *hungry,
					   const uint8_t *bytes, uint32_t len)
{
	const struct skald_nat_rules rules = { .user = &hungry->wire,
					       .bind = wire_bind };
	const struct skald_ct_helper *helper = NULL;
	struct skald_ct_packet track;
	struct packet packet = { 0 };
	int verdict;

	memcpy(packet.data, bytes, len);
	skald_view_room_init(&packet.room, packet.data, sizeof(packet.data),
			     len, len);
	cr_assert_eq(skald_view_set_network(&packet.room.view, 0, ETH_P_IP), 0);
	fail_malloc_after = hungry->left;
	verdict = skald_ct_in(hungry->wire.table, &packet.room.view, NULL,
			      hungry->wire.now_ns, &track);
	wire_attach(&track);
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&track, NF_INET_PRE_ROUTING, &rules);
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&track, NF_INET_POST_ROUTING, &rules);
	if (verdict == NF_ACCEPT)
		verdict = skald_ct_out(&track);
	hungry->left = fail_malloc_after;
	fail_malloc_after = -1;
	if (track.ct && track.ct->help)
		helper = track.ct->help->helper;
	hungry->is_expected =
		track.ct && skald_ct_is(track.ct, SKALD_CT_EXPECTED);
	skald_ct_done(&track);
	hungry->passed = verdict == NF_ACCEPT;
	return helper;
}

static bool is_named(const struct skald_ct_helper *helper, const char *name)
{
	return helper && !strcmp(helper->name, name);
}

/*
 * What the kernel does without memory for an entry (resolve_normal_ct()), for
 * NAT's slot and the sequence adjustment (nf_nat_setup_info()), for the
 * helper's slot (nft_ct_helper_obj_eval()), for a key (exp_gre()), and for an
 * expectation: the help() of each helper.
 */
static bool may_pass(size_t size, const struct skald_ct_helper *helper)
{
	if (size == sizeof(struct skald_ct) ||
	    size == sizeof(struct skald_ct_nat) ||
	    size == sizeof(struct skald_ct_seqadj))
		return false;
	if (size == sizeof(struct skald_ct_help))
		return true;
	/* keys, expectations; what the others hold of a message */
	return is_named(helper, "pptp") || is_named(helper, "netbios-ns") ||
	       is_named(helper, "snmp");
}

static void take_frame(void *user, const uint8_t *frame, uint32_t len)
{
	struct hungry *hungry = user;
	const struct skald_ct_helper *helper;

	fail_malloc_size = 0;
	helper = route(hungry, frame + ETH_HLEN, len - ETH_HLEN);
	if (!fail_malloc_size)
		return;
	hungry->failed = fail_malloc_size;
	cr_expect_eq(hungry->passed, may_pass(fail_malloc_size, helper),
		     "%s, %zu bytes", hungry->name, fail_malloc_size);
	if (hungry->passed)
		return;
	/* what was expected came, and came too early */
	hungry->is_made_up = !hungry->is_expected;
	route(hungry, frame + ETH_HLEN, len - ETH_HLEN);
}

static void play(struct hungry *hungry, const struct talk *talk, bool has_nat)
{
	const struct talk_player player = {
		.frame = take_frame,
		.user = hungry,
		.client_seen = has_nat ? SEEN : TALK_CLIENT,
		.server_seen = TALK_SERVER,
	};

	talk_play(talk, &player);
}

static void finish(struct hungry *hungry)
{
	struct wire *wire = &hungry->wire;

	wire->now_ns += A_WEEK;
	skald_ct_gc(wire->table, wire->now_ns, U32_MAX);
	cr_expect_eq(atomic_read(&wire->table->n), 0, "%s", hungry->name);
	cr_expect_eq(wire->table->n_expects, 0u, "%s", hungry->name);
	wire_done(wire);
}

/* Whether the @n-th allocation was missed: there are no more than that. */
static bool starve(const struct talk *talk, bool has_nat, long n,
		   const struct hungry *fed)
{
	struct hungry hungry;
	bool is_missed;

	start(&hungry, talk, has_nat, n);
	play(&hungry, talk, has_nat);
	is_missed = hungry.failed != 0;
	/* a conversation without its helper expects less */
	cr_expect_leq(hungry.wire.table->n_expects, fed->wire.table->n_expects,
		      "%s, %ld", talk->name, n);
	if (hungry.is_made_up) {
		cr_expect_eq(hungry.wire.table->n_expects,
			     fed->wire.table->n_expects, "%s, %ld: %zu bytes",
			     talk->name, n, hungry.failed);
		cr_expect_eq(atomic_read(&hungry.wire.table->n),
			     atomic_read(&fed->wire.table->n), "%s, %ld",
			     talk->name, n);
	}
	finish(&hungry);
	return is_missed;
}

static void starve_all(const struct talk *talk, bool has_nat)
{
	struct hungry fed;
	long n = 0;

	start(&fed, talk, has_nat, MANY);
	play(&fed, talk, has_nat);
	fail_malloc_once = true;
	while (starve(talk, has_nat, n, &fed))
		n++;
	fail_malloc_once = false;
	cr_expect_eq(n, MANY - fed.left, "%s: each failed once", talk->name);
	cr_expect_geq(n, 2, "%s needs memory", talk->name);
	finish(&fed);
}

Test(ct_memory, each_allocation_of_each_helper_may_fail)
{
	unsigned int i;

	for (i = 0; i < n_talks; i++)
		if (talks[i].only != TALK_TRANSLATED)
			starve_all(&talks[i], false);
}

Test(ct_memory, each_allocation_of_each_helper_may_fail_under_nat)
{
	unsigned int i;

	for (i = 0; i < n_talks; i++)
		if (talks[i].only != TALK_HERE)
			starve_all(&talks[i], true);
}

/* What fails is told apart by its size. */
Test(ct_memory, no_two_kinds_have_one_size)
{
	static const size_t sizes[] = {
		sizeof(struct skald_ct),	sizeof(struct skald_ct_nat),
		sizeof(struct skald_ct_seqadj), sizeof(struct skald_ct_help),
		sizeof(struct skald_ct_expect),
	};
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (j = 0; j < i; j++)
			cr_expect_neq(sizes[i], sizes[j]);
}

static bool is_read_by(const struct talk *talk,
		       const struct skald_ct_helper *helper)
{
	const struct talk_step *step;
	u32 i;

	for (step = talk->steps; step->kind != TALK_END; step++)
		for (i = 0; helper->ports[i]; i++)
			if (step->port == helper->ports[i])
				return true;
	return false;
}

/* No helper is left out; that of H.245 follows from another. */
Test(ct_memory, every_helper_has_a_conversation)
{
	const struct skald_ct_helper *helper;
	u32 i, j;

	for (i = 0; skald_ct_helpers[i]; i++) {
		helper = skald_ct_helpers[i];
		for (j = 0; j < n_talks; j++)
			if (is_read_by(&talks[j], helper))
				break;
		cr_expect(j < n_talks || !helper->ports[0], "%s", helper->name);
	}
}
