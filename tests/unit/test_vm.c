// SPDX-License-Identifier: GPL-2.0-only
/* The rule machine: rules, jumps, verdicts, what is not known, and why not. */
#include <criterion/criterion.h>

#include "bytecode.h"
#include "fail_malloc.h"
#include "jhash.h"

#define IP NFPROTO_IPV4

/* clang-format off */
static const u8 syn[] = {
	0x45, 0, 0, 44, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0,
	10, 0, 0, 1, 10, 0, 0, 2,
	0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 1, 0, 0, 0, 0, 0,
	2, 4, 0x05, 0xb4,
};
/* clang-format on */

/* What was told of a packet. */
struct told {
	u64 rules[32];
	u32 n_rules;
	u32 n_left;
	u32 n_policy;
	struct skald_miss miss;
	u64 missed;
	u64 unknown;
};

static void take_rule(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_rule *rule,
		      const struct skald_verdict *verdict)
{
	struct told *told = tracer;

	told->rules[told->n_rules++] = rule->handle;
}

static void take_miss(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_rule *rule,
		      const struct skald_miss *miss)
{
	struct told *told = tracer;

	told->missed = rule->handle;
	told->miss = *miss;
}

static void take_unknown(void *tracer, const struct skald_vm_pkt *pkt,
			 const struct skald_vm_rule *rule,
			 const struct skald_miss *miss)
{
	struct told *told = tracer;

	told->unknown = rule->handle;
	told->miss = *miss;
}

static void take_leave(void *tracer, const struct skald_vm_pkt *pkt,
		       const struct skald_vm_chain *chain,
		       const struct skald_vm_rule *rule)
{
	((struct told *)tracer)->n_left++;
}

static void take_policy(void *tracer, const struct skald_vm_pkt *pkt,
			const struct skald_vm_chain *chain, u32 verdict)
{
	((struct told *)tracer)->n_policy++;
}

static const struct skald_vm_trace trace = {
	.rule = take_rule,
	.miss = take_miss,
	.unknown = take_unknown,
	.leave = take_leave,
	.policy = take_policy,
};

/* One packet through one chain. */
static u32 run(struct skald_vm *vm, const char *chain, struct told *told,
	       u8 *bytes, u32 *mark)
{
	struct skald_vm_table *table = skald_vm_table(vm, IP, "t");
	struct skald_vm_pkt pkt;
	struct skald_view view;
	u32 verdict;

	memset(told, 0, sizeof(*told));
	skald_view_init(&view, bytes, sizeof(syn), sizeof(syn));
	cr_assert_eq(skald_view_set_network(&view, 0, ETH_P_IP), 0);
	skald_vm_pkt_init(&pkt, &view, IP, NF_INET_LOCAL_IN, 1000);
	pkt.trace = &trace;
	pkt.tracer = told;
	verdict = skald_vm_run(skald_vm_chain(table, chain), &pkt);
	if (mark)
		*mark = view.mark;
	return verdict;
}

static u32 run_in(struct skald_vm *vm, struct told *told)
{
	u8 bytes[sizeof(syn)];

	memcpy(bytes, syn, sizeof(bytes));
	return run(vm, "in", told, bytes, NULL);
}

static struct code code;

static void begin(void)
{
	code_init(&code);
	code_table(&code, IP, "t");
	code_chain(&code, IP, "t", "in", NF_INET_LOCAL_IN, NF_ACCEPT);
}

static struct skald_vm *load(int want)
{
	struct skald_vm *vm = skald_vm_new();

	cr_assert_not_null(vm);
	cr_expect_eq(code_load(&code, vm), want);
	code_done(&code);
	return vm;
}

static u64 port_rule(u16 port, int verdict)
{
	u8 be[2] = { (u8)(port >> 8), (u8)port };
	u8 tcp = IPPROTO_TCP;
	u64 handle = code_rule(&code, IP, "t", "in");

	code_meta(&code, NFT_META_L4PROTO);
	code_cmp(&code, NFT_CMP_EQ, &tcp, 1);
	code_payload(&code, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	code_cmp(&code, NFT_CMP_EQ, be, 2);
	code_verdict(&code, verdict, NULL);
	code_rule_end(&code);
	return handle;
}

Test(vm, the_first_rule_that_matches_decides)
{
	struct skald_vm *vm;
	struct told told;
	u64 drops;

	begin();
	port_rule(443, NF_ACCEPT);
	drops = port_rule(80, NF_DROP);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_DROP);
	cr_expect_eq(told.n_rules, 1u);
	cr_expect_eq(told.rules[0], drops);
	cr_expect_eq(told.n_policy, 0u);
	skald_vm_free(vm);
}

Test(vm, a_miss_names_field_expected_and_actual)
{
	struct skald_vm *vm;
	struct told told;
	u64 handle;

	begin();
	handle = port_rule(443, NF_DROP);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_ACCEPT);
	cr_expect_eq(told.missed, handle);
	cr_expect_str_eq(told.miss.expression, "cmp");
	cr_expect_eq(told.miss.index, 3u);
	cr_expect_str_eq(told.miss.field, "tcp dport");
	cr_expect_str_eq(told.miss.expected, "443");
	cr_expect_str_eq(told.miss.actual, "80");
	cr_expect_eq(told.n_left, 1u);
	cr_expect_eq(told.n_policy, 1u);
	skald_vm_free(vm);
}

Test(vm, what_is_not_known_is_passed_over_and_told)
{
	struct skald_vm *vm;
	struct told told;
	u64 unknown;

	begin();
	unknown = code_rule(&code, IP, "t", "in");
	code_meta(&code, NFT_META_SKUID);
	code_cmp(&code, NFT_CMP_EQ, "\0\0\0\0", 4);
	code_verdict(&code, NF_DROP, NULL);
	code_rule_end(&code);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_ACCEPT);
	cr_expect_eq(told.unknown, unknown);
	cr_expect_str_eq(told.miss.missing, "skuid");
	cr_expect_eq(told.n_rules, 0u);
	skald_vm_free(vm);
}

Test(vm, a_rule_that_fails_anyhow_is_not_unknown)
{
	u8 other[2] = { 1, 187 };
	struct skald_vm *vm;
	struct told told;

	begin();
	code_rule(&code, IP, "t", "in");
	code_meta(&code, NFT_META_SKUID);
	code_cmp(&code, NFT_CMP_EQ, "\0\0\0\0", 4);
	code_payload(&code, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	code_cmp(&code, NFT_CMP_EQ, other, 2);
	code_verdict(&code, NF_DROP, NULL);
	code_rule_end(&code);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_ACCEPT);
	cr_expect_eq(told.unknown, 0u);
	cr_expect_str_eq(told.miss.field, "tcp dport");
	skald_vm_free(vm);
}

/* Chains c0 -> c1 -> ... each with a jump to the next. */
static void jumps(u32 n, int last)
{
	char name[16], next[16];
	u32 i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		code_chain(&code, IP, "t", name, -1, 0);
	}
	code_rule(&code, IP, "t", "in");
	code_verdict(&code, NFT_JUMP, "c0");
	code_rule_end(&code);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		snprintf(next, sizeof(next), "c%u", i + 1);
		code_rule(&code, IP, "t", name);
		if (i + 1 < n)
			code_verdict(&code, NFT_JUMP, next);
		else
			code_verdict(&code, last,
				     last == NFT_JUMP ? "c0" : NULL);
		code_rule_end(&code);
	}
}

Test(vm, jumps_may_be_fifteen_deep)
{
	struct skald_vm *vm;
	struct told told;

	begin();
	jumps(15, NF_DROP);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_DROP);
	cr_expect_eq(told.n_rules, 16u);
	skald_vm_free(vm);
}

Test(vm, jumps_deeper_than_that_are_refused)
{
	begin();
	jumps(16, NF_DROP);
	skald_vm_free(load(-EMLINK));
}

Test(vm, circles_are_refused_where_packets_can_enter)
{
	begin();
	jumps(3, NFT_JUMP);
	skald_vm_free(load(-EMLINK));
}

Test(vm, circles_that_nobody_enters_are_let_be)
{
	struct skald_vm *vm;
	struct told told;

	begin();
	code_chain(&code, IP, "t", "a", -1, 0);
	code_rule(&code, IP, "t", "a");
	code_verdict(&code, NFT_JUMP, "a");
	code_rule_end(&code);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_ACCEPT);
	skald_vm_free(vm);
}

Test(vm, return_goes_on_behind_the_jump)
{
	struct skald_vm *vm;
	struct told told;

	begin();
	jumps(1, NFT_RETURN);
	port_rule(80, NF_DROP);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_DROP);
	cr_expect_eq(told.n_left, 1u);
	cr_expect_eq(told.n_rules, 2u);
	skald_vm_free(vm);
}

Test(vm, goto_does_not_come_back)
{
	struct skald_vm *vm;
	struct told told;

	begin();
	code_chain(&code, IP, "t", "a", -1, 0);
	code_rule(&code, IP, "t", "in");
	code_verdict(&code, NFT_GOTO, "a");
	code_rule_end(&code);
	port_rule(80, NF_DROP);
	vm = load(0);
	cr_expect_eq(run_in(vm, &told), (u32)NF_ACCEPT);
	cr_expect_eq(told.n_policy, 1u);
	skald_vm_free(vm);
}

Test(vm, guards_change_no_answer)
{
	struct skald_vm_pkt pkt;
	struct skald_view view;
	u8 bytes[sizeof(syn)];
	struct skald_vm *vm;
	struct told told;
	u32 i;

	begin();
	for (i = 0; i < 200; i++)
		port_rule((u16)(1000 + i), NF_ACCEPT);
	port_rule(80, NF_DROP);
	vm = load(0);
	memcpy(bytes, syn, sizeof(bytes));
	skald_view_init(&view, bytes, sizeof(syn), sizeof(syn));
	cr_assert_eq(skald_view_set_network(&view, 0, ETH_P_IP), 0);
	skald_vm_pkt_init(&pkt, &view, IP, NF_INET_LOCAL_IN, 1000);
	cr_expect_eq(
		skald_vm_run(skald_vm_chain(skald_vm_table(vm, IP, "t"), "in"),
			     &pkt),
		(u32)NF_DROP);
	cr_expect_eq(pkt.n_rules, 201u);
	cr_expect_eq(run_in(vm, &told), (u32)NF_DROP);
	skald_vm_free(vm);
}

Test(vm, a_mark_that_is_set_is_seen_by_the_next_rule)
{
	u8 bytes[sizeof(syn)];
	struct skald_vm *vm;
	struct told told;
	u32 five = 5, mark;

	begin();
	code_rule(&code, IP, "t", "in");
	code_expr(&code, "immediate");
	code_u32(&code, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	code_data(&code, NFTA_IMMEDIATE_DATA, &five, 4);
	code_expr_end(&code);
	code_expr(&code, "meta");
	code_u32(&code, NFTA_META_SREG, NFT_REG_1);
	code_u32(&code, NFTA_META_KEY, NFT_META_MARK);
	code_expr_end(&code);
	code_rule_end(&code);
	code_rule(&code, IP, "t", "in");
	code_meta(&code, NFT_META_MARK);
	code_cmp(&code, NFT_CMP_EQ, &five, 4);
	code_verdict(&code, NF_DROP, NULL);
	code_rule_end(&code);
	vm = load(0);
	memcpy(bytes, syn, sizeof(bytes));
	cr_expect_eq(run(vm, "in", &told, bytes, &mark), (u32)NF_DROP);
	cr_expect_eq(mark, 5u);
	skald_vm_free(vm);
}

Test(vm, an_mss_is_lowered_and_the_checksum_follows)
{
	u8 bytes[sizeof(syn)], mss[2] = { 0x05, 0x00 };
	struct skald_vm *vm;
	struct told told;

	begin();
	code_rule(&code, IP, "t", "in");
	code_expr(&code, "immediate");
	code_u32(&code, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	code_data(&code, NFTA_IMMEDIATE_DATA, mss, 2);
	code_expr_end(&code);
	code_expr(&code, "exthdr");
	code_u32(&code, NFTA_EXTHDR_SREG, NFT_REG_1);
	code_attr(&code, NFTA_EXTHDR_TYPE, "\2", 1);
	code_u32(&code, NFTA_EXTHDR_OFFSET, 2);
	code_u32(&code, NFTA_EXTHDR_LEN, 2);
	code_u32(&code, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
	code_expr_end(&code);
	code_rule_end(&code);
	vm = load(0);
	memcpy(bytes, syn, sizeof(bytes));
	put_unaligned_be16(0x1234, bytes + 36);
	cr_expect_eq(run(vm, "in", &told, bytes, NULL), (u32)NF_ACCEPT);
	cr_expect_eq(get_unaligned_be16(bytes + 42), 0x0500);
	cr_expect_eq(get_unaligned_be16(bytes + 36), 0x1234 + 0xb4);
	skald_vm_free(vm);
}

Test(vm, registers_out_of_range_are_refused)
{
	static const u32 bad[] = { NFT_REG_VERDICT, 5, 7, 24, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		begin();
		code_rule(&code, IP, "t", "in");
		code_expr(&code, "payload");
		code_u32(&code, NFTA_PAYLOAD_DREG, bad[i]);
		code_u32(&code, NFTA_PAYLOAD_BASE, 1);
		code_u32(&code, NFTA_PAYLOAD_OFFSET, 0);
		code_u32(&code, NFTA_PAYLOAD_LEN, 4);
		code_expr_end(&code);
		code_rule_end(&code);
		skald_vm_free(load(bad[i] ? -ERANGE : -EINVAL));
	}
}

Test(vm, what_is_unknown_is_refused_by_name)
{
	struct skald_vm *vm = skald_vm_new();
	struct skald_load transaction;

	begin();
	code_rule(&code, IP, "t", "in");
	code_expr(&code, "oracle");
	code_expr_end(&code);
	code_rule_end(&code);
	skald_load_begin(&transaction, vm, 1);
	cr_expect_eq(skald_load_dump(&transaction, code.bytes, code.len),
		     -ENOENT);
	cr_expect_str_eq(transaction.error, "expression oracle");
	skald_load_abort(&transaction);
	cr_expect(list_empty(&vm->tables));
	skald_vm_free(vm);
	code_done(&code);
}

Test(vm, every_kind_describes_itself)
{
	const struct skald_expr_ops *ops, *last = NULL;
	u32 n, i;

	for (n = 0; (ops = skald_expr_kind(n)); n++) {
		cr_expect(ops->help && ops->parse && ops->eval, "%s",
			  ops->name);
		cr_expect(!last || strcmp(last->name, ops->name) < 0);
		cr_expect_eq(skald_expr_find(ops->name), ops);
		for (i = 0; i < ops->n_params; i++) {
			cr_expect(ops->params[i].name && ops->params[i].help);
			cr_expect_lt(ops->params[i].attr, SKALD_EXPR_ATTRS);
		}
		last = ops;
	}
	cr_expect_eq(n, 39u);
}

/* A vector of lookup3.c's driver5(): hashlittle() starts from the length. */
Test(vm, jenkins_hash_is_his)
{
	const char *text = "Four score and seven years ago";

	cr_expect_eq(skald_jhash(text, 30, 0), 0x17770551u);
	cr_expect_eq(skald_jhash(text, 30, 1), 0xcd628161u);
}

Test(vm, memory_that_runs_out_leaves_nothing_behind)
{
	struct skald_vm *vm;
	long after;
	int err = -ENOMEM;

	begin();
	jumps(4, NF_DROP);
	port_rule(80, NF_DROP);
	for (after = 0; err; after++) {
		vm = skald_vm_new();
		cr_assert_not_null(vm);
		fail_malloc_after = after;
		err = code_load(&code, vm);
		fail_malloc_after = -1;
		cr_assert(!err || err == -ENOMEM, "%ld: %d", after, err);
		cr_assert_eq(list_empty(&vm->tables), !!err);
		skald_vm_free(vm);
	}
	cr_expect_gt(after, 20);
	code_done(&code);
}
