// SPDX-License-Identifier: GPL-2.0-only
/* Expressions that remember: counter, limit, quota, last, connlimit, dynset,
 * objref. */
#include "expr_parts.h"
#include "rule_bench.h"

static void begin(struct bench *bench)
{
	bench_begin(bench, NFPROTO_IPV4, NF_INET_LOCAL_IN, "filter");
}

static enum outcome pass(struct bench *bench)
{
	u8 packet[SYN_LEN];

	bench_make_syn(packet);
	return bench_send(bench, packet, sizeof(packet));
}

static const struct skald_vm_expr *first(const struct bench *bench)
{
	struct skald_vm_table *table =
		skald_vm_table(bench->vm, bench->family, "t");

	return skald_rule_first(
		skald_vm_rule_next(skald_vm_chain(table, "in"), NULL));
}

Test(expr_state, counter_goes_on_from_where_it_was)
{
	u64 packets, bytes;
	struct bench bench;

	begin(&bench);
	ADD(&bench, "counter", A64(NFTA_COUNTER_BYTES, 100),
	    A64(NFTA_COUNTER_PACKETS, 2));
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MATCHED);
	skald_counter_read(first(&bench), &packets, &bytes);
	cr_expect_eq(packets, 4);
	cr_expect_eq(bytes, 100 + 2 * SYN_LEN);
	bench_done(&bench);
}

static void begin_limit(struct bench *bench, u64 rate, u32 burst, u32 type,
			u32 flags)
{
	begin(bench);
	ADD(bench, "limit", A64(NFTA_LIMIT_RATE, rate), A64(NFTA_LIMIT_UNIT, 1),
	    A32(NFTA_LIMIT_BURST, burst), A32(NFTA_LIMIT_TYPE, type),
	    A32(NFTA_LIMIT_FLAGS, flags));
	cr_assert_eq(bench_close(bench), 0);
}

Test(expr_state, limit_lets_a_burst_pass_and_then_the_rate)
{
	struct bench bench;
	unsigned int i;

	begin_limit(&bench, 10, 3, NFT_LIMIT_PKTS, 0);
	for (i = 0; i < 3; i++)
		cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MISSED);
	bench.now += 99999999;
	cr_expect_eq(pass(&bench), MISSED, "a tenth of a second is not over");
	bench.now += 1;
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MISSED);
	bench.now += 3600000000000ull;
	for (i = 0; i < 3; i++)
		cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MISSED, "a long wait fills it, no more");
	bench_done(&bench);
}

Test(expr_state, limit_over_is_the_reverse)
{
	struct bench bench;

	begin_limit(&bench, 10, 1, NFT_LIMIT_PKTS, NFT_LIMIT_F_INV);
	cr_expect_eq(pass(&bench), MISSED);
	cr_expect_eq(pass(&bench), MATCHED);
	bench_done(&bench);
}

Test(expr_state, limit_by_bytes_counts_the_packet)
{
	struct bench bench;

	begin_limit(&bench, SYN_LEN, SYN_LEN, NFT_LIMIT_PKT_BYTES, 0);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MISSED);
	bench.now += 1000000000;
	cr_expect_eq(pass(&bench), MATCHED);
	bench_done(&bench);
}

Test(expr_state, limits_that_do_not_fit_are_refused)
{
	struct bench bench;

	begin(&bench);
	ADD(&bench, "limit", A64(NFTA_LIMIT_RATE, 0), A64(NFTA_LIMIT_UNIT, 1));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench);
	ADD(&bench, "limit", A64(NFTA_LIMIT_RATE, 1),
	    A64(NFTA_LIMIT_UNIT, U64_MAX / 1000));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench);
	ADD(&bench, "limit", A64(NFTA_LIMIT_RATE, U64_MAX),
	    A64(NFTA_LIMIT_UNIT, 1), A32(NFTA_LIMIT_BURST, 2));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

static void begin_quota(struct bench *bench, u64 bytes, u32 flags, u64 used)
{
	begin(bench);
	ADD(bench, "quota", A64(NFTA_QUOTA_BYTES, bytes),
	    A32(NFTA_QUOTA_FLAGS, flags), A64(NFTA_QUOTA_CONSUMED, used));
	(void)bench_close(bench);
}

Test(expr_state, quota_is_used_up_byte_by_byte)
{
	struct bench bench;

	begin_quota(&bench, 2 * SYN_LEN, 0, 0);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MATCHED, "the last byte is in it");
	cr_expect_eq(pass(&bench), MISSED);
	bench_done(&bench);
	begin_quota(&bench, 2 * SYN_LEN, NFT_QUOTA_F_INV, SYN_LEN + 1);
	cr_expect_eq(pass(&bench), MATCHED, "over by one");
	bench_done(&bench);
	begin_quota(&bench, U64_MAX, 0, 0);
	cr_expect_eq(bench.err, -EOVERFLOW);
	bench_done(&bench);
}

Test(expr_state, last_always_matches)
{
	struct bench bench;

	begin(&bench);
	ADD(&bench, "last", A32(NFTA_LAST_SET, 1),
	    A64(NFTA_LAST_MSECS, U64_MAX / 1000000));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	ADD(&bench, "last", A32(NFTA_LAST_SET, 1),
	    A64(NFTA_LAST_MSECS, U64_MAX / 1000000 + 1));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

static enum outcome connections(u32 count, u32 limit, u32 flags)
{
	struct bench bench;

	begin(&bench);
	bench.connections = count;
	ADD(&bench, "connlimit", A32(NFTA_CONNLIMIT_COUNT, limit),
	    A32(NFTA_CONNLIMIT_FLAGS, flags));
	return bench_syn(&bench);
}

Test(expr_state, connlimit_counts_up_to_and_over)
{
	cr_expect_eq(connections(3, 3, 0), MATCHED);
	cr_expect_eq(connections(4, 3, 0), MISSED);
	cr_expect_eq(connections(3, 3, NFT_CONNLIMIT_F_INV), MISSED);
	cr_expect_eq(connections(4, 3, NFT_CONNLIMIT_F_INV), MATCHED);
}

static void add_dynset(struct bench *bench, const char *set, u32 op, u32 flags,
		       u64 timeout)
{
	code_payload(&bench->code, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	ADD(bench, "dynset", ATEXT(NFTA_DYNSET_SET_NAME, set),
	    A32(NFTA_DYNSET_OP, op), A32(NFTA_DYNSET_SREG_KEY, NFT_REG_1),
	    A64(NFTA_DYNSET_TIMEOUT, timeout), A32(NFTA_DYNSET_FLAGS, flags));
}

static u32 size_of(const struct bench *bench, const char *name)
{
	const struct skald_vm_table *table =
		skald_vm_table(bench->vm, bench->family, "t");
	const struct skald_vm_set *set;

	list_for_each_entry(set, &table->sets, list) {
		if (!strcmp(set->name, name))
			return (u32)set->n;
	}
	return U32_MAX;
}

/* As kernels dump it: a timeout of 0 for a set without. */
Test(expr_state, dynset_adds_once)
{
	struct bench bench;

	begin(&bench);
	add_dynset(&bench, "d", NFT_DYNSET_OP_ADD, 0, 0);
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(size_of(&bench, "d"), 1);
	bench_done(&bench);
}

Test(expr_state, dynset_inverted_is_to_fail)
{
	struct bench bench;

	begin(&bench);
	add_dynset(&bench, "d", NFT_DYNSET_OP_ADD, NFT_DYNSET_F_INV, 0);
	cr_expect_eq(bench_syn(&bench), MISSED);
}

Test(expr_state, dynset_deletes)
{
	struct bench bench;

	begin(&bench);
	add_dynset(&bench, "d", NFT_DYNSET_OP_ADD, 0, 0);
	add_dynset(&bench, "d", 2, 0, 0);
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(pass(&bench), MATCHED);
	cr_expect_eq(size_of(&bench, "d"), 0);
	bench_done(&bench);
}

Test(expr_state, dynset_refuses_what_the_set_is_not_made_for)
{
	struct bench bench;

	begin(&bench);
	add_dynset(&bench, "d", NFT_DYNSET_OP_ADD, 0, 5);
	cr_expect_eq(bench_syn(&bench), REFUSED, "it has no timeouts");
	begin(&bench);
	add_dynset(&bench, "o", NFT_DYNSET_OP_ADD, 0, 0);
	cr_expect_eq(bench_syn(&bench), REFUSED, "it has objects");
	begin(&bench);
	add_dynset(&bench, "nowhere", NFT_DYNSET_OP_ADD, 0, 0);
	cr_expect_eq(bench_syn(&bench), REFUSED, "it is not there");
}

Test(expr_state, dynset_elements_time_out)
{
	struct bench bench;

	begin(&bench);
	add_dynset(&bench, "e", NFT_DYNSET_OP_ADD, 0, 1000);
	code_lookup(&bench.code, "e", -1);
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(pass(&bench), MATCHED);
	bench.now += 2000000000;
	cr_expect_eq(pass(&bench), MATCHED, "it is added again");
	bench_done(&bench);
}

Test(expr_state, objref_uses_the_object)
{
	struct bench bench;

	begin(&bench);
	ADD(&bench, "objref", A32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER),
	    ATEXT(NFTA_OBJREF_IMM_NAME, "c"));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	ADD(&bench, "objref", A32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_QUOTA),
	    ATEXT(NFTA_OBJREF_IMM_NAME, "c"));
	cr_expect_eq(bench_syn(&bench), REFUSED, "it is no quota");
}

static enum outcome object_of(u32 offset)
{
	struct bench bench;

	begin(&bench);
	code_payload(&bench.code, NFT_PAYLOAD_NETWORK_HEADER, offset, 4);
	ADD(&bench, "objref", A32(NFTA_OBJREF_SET_SREG, NFT_REG_1),
	    ATEXT(NFTA_OBJREF_SET_NAME, "o"));
	return bench_syn(&bench);
}

Test(expr_state, objref_by_map_fails_where_the_map_has_none)
{
	struct bench bench;

	cr_expect_eq(object_of(12), MATCHED);
	cr_expect_eq(object_of(16), MISSED);
	begin(&bench);
	ADD(&bench, "objref", A32(NFTA_OBJREF_SET_SREG, NFT_REG_1),
	    ATEXT(NFTA_OBJREF_SET_NAME, "s"));
	cr_expect_eq(bench_syn(&bench), REFUSED, "a set without objects");
}
