// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifiers as comparisons of nf_tables: what libpcap says of the frame,
 * exactly one rule says, or none.
 */
#include "native.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "cbpf.h"
#include "hook.h"

#define PACKETS 4000

static void check_packets(const char *expression, const char *family,
			  const struct skald_program *program,
			  const struct skald_classifier *classifier)
{
	struct skald_error error = { 0 };
	struct skald_native native;
	struct hook_packet packet;
	struct bpf_program judge;
	uint64_t seed = 11;
	unsigned int i;

	cr_assert_eq(skald_native_translate(program, &native, &error), 0,
		     "\"%s\", %s: %s", expression, family, error.text);
	hook_judge(expression, &judge);
	for (i = 0; i < PACKETS; i++) {
		hook_packet(&seed, &packet);
		if (program != &classifier->any &&
		    program != hook_family(classifier, hook_protocol(&packet)))
			continue;
		cr_assert_eq(hook_native(&native, &packet),
			     hook_verdict(&judge, &packet),
			     "\"%s\", %s, packet %u: %u rules match",
			     expression, family, i,
			     hook_native(&native, &packet));
	}
	pcap_freecode(&judge);
	skald_native_done(&native);
}

Test(native, says_at_a_hook_what_libpcap_says_of_the_frame)
{
	struct skald_classifier c;
	unsigned int i;

	for (i = 0; i < HOOK_CASES; i++) {
		const char *expression = hook_cases[i].expression;

		if (hook_cases[i].is_foreign)
			continue;
		hook_compile(expression, &c);
		check_packets(expression, "ip", &c.ip, &c);
		check_packets(expression, "ip6", &c.ip6, &c);
		check_packets(expression, "arp", &c.arp, &c);
		check_packets(expression, "any", &c.any, &c);
		skald_classifier_done(&c);
	}
}

Test(native, refuses_by_the_instruction_what_has_no_form)
{
	struct skald_classifier c;
	struct skald_native native = { .n_rules = 5 };
	unsigned int i;

	for (i = 0; i < HOOK_CASES; i++) {
		struct skald_error error = { 0 };

		if (!hook_cases[i].is_foreign)
			continue;
		hook_compile(hook_cases[i].expression, &c);
		cr_assert_eq(skald_native_translate(&c.any, &native, &error),
			     -EOPNOTSUPP, "%s", hook_cases[i].expression);
		cr_assert_not_null(strstr(error.text, "instruction"));
		cr_assert(*error.help);
		cr_assert_eq(native.n_rules, 5, "written on failure");
		skald_classifier_done(&c);
	}
}

Test(native, a_transport_field_is_read_from_the_transport_header)
{
	struct skald_classifier c;
	struct skald_native native;
	const struct skald_native_rule *rule;

	hook_compile("ip and udp src port 53", &c);
	cr_assert_eq(skald_native_translate(&c.ip, &native, NULL), 0);
	cr_assert_eq(native.n_rules, 1);
	rule = &native.rules[0];
	cr_assert_eq(rule->n_tests, 4);
	cr_assert_eq(rule->tests[0].base, SKALD_NATIVE_PROTOCOL);
	cr_assert_eq(rule->tests[1].base, SKALD_NATIVE_NH);
	cr_assert_eq(rule->tests[1].offset, 9);
	cr_assert_eq(rule->tests[2].mask, 0x1fff);
	cr_assert_eq(rule->tests[3].base, SKALD_NATIVE_TH);
	cr_assert_eq(rule->tests[3].offset, 0);
	cr_assert_eq(rule->tests[3].len, 2);
	cr_assert_eq(rule->tests[3].value, 53);
	skald_native_done(&native);
	skald_classifier_done(&c);
}

Test(native, contradictions_and_repetitions_make_no_tests)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 10, 0, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 3, 0), /* never */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1), /* always */
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct skald_program program = {
		.insns = (struct sock_filter *)insns,
		.n_insns = 7,
	};
	struct skald_native native;

	cr_assert_eq(skald_native_translate(&program, &native, NULL), 0);
	cr_assert_eq(native.n_rules, 1);
	cr_assert_eq(native.rules[0].n_tests, 1);
	cr_assert_eq(native.rules[0].tests[0].op, SKALD_NATIVE_EQ);
	cr_assert_eq(native.rules[0].tests[0].value, 17);
	skald_native_done(&native);
}

Test(native, bytes_that_are_read_must_be_there)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 40),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	const struct skald_program program = {
		.insns = (struct sock_filter *)insns,
		.n_insns = 2,
	};
	struct skald_native native;
	struct hook_packet packet;
	uint64_t seed = 1;

	cr_assert_eq(skald_native_translate(&program, &native, NULL), 0);
	cr_assert_eq(native.n_rules, 1);
	hook_packet(&seed, &packet);
	packet.len = HOOK_LINK + 44;
	cr_assert_eq(hook_native(&native, &packet), 1);
	packet.len--;
	cr_assert_eq(hook_native(&native, &packet), 0);
	skald_native_done(&native);
}

Test(native, everything_is_one_rule_without_tests_and_nothing_is_none)
{
	const struct skald_program nothing = { 0 };
	struct skald_classifier c;
	struct skald_native native;

	hook_compile("", &c);
	cr_assert_eq(skald_native_translate(&c.any, &native, NULL), 0);
	cr_assert_eq(native.n_rules, 1);
	cr_assert_eq(native.rules[0].n_tests, 0);
	skald_native_done(&native);
	cr_assert_eq(skald_native_translate(&nothing, &native, NULL), 0);
	cr_assert_eq(native.n_rules, 0);
	skald_native_done(&native);
	skald_classifier_done(&c);
}

static void assert_too_big(const char *expression)
{
	struct skald_error error = { 0 };
	struct skald_classifier c;
	struct skald_native native;

	hook_compile(expression, &c);
	cr_assert_eq(skald_native_translate(&c.ip, &native, &error), -E2BIG);
	cr_assert_not_null(strstr(error.text, "64 rules"));
	cr_assert(*error.help);
	skald_classifier_done(&c);
}

Test(native, more_rules_than_a_classifier_may_have_are_refused)
{
	char expression[4096] = "port 1";
	unsigned int i;

	for (i = 2; i < 20; i++)
		sprintf(expression + strlen(expression), " or %u", i);
	assert_too_big(expression);
}

Test(native, more_tests_than_a_rule_holds_are_refused)
{
	char expression[4096] = "ip[8] != 0";
	unsigned int i;

	for (i = 1; i < 60; i++)
		sprintf(expression + strlen(expression), " and ip[8] != %u",
			3 * i);
	assert_too_big(expression);
}

/* Paths to "no" are many too; they must not take for ever. */
Test(native, a_program_with_too_many_paths_is_given_up, .timeout = 20)
{
	enum {
		DIAMONDS = 60,
		N = DIAMONDS * 3 + 4
	};
	struct sock_filter insns[N];
	const struct skald_program program = { .insns = insns, .n_insns = N };
	struct skald_native native;
	unsigned int i;

	for (i = 0; i < DIAMONDS; i++) {
		insns[3 * i] = (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_B | BPF_ABS, i);
		insns[3 * i + 1] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1);
		insns[3 * i + 2] =
			(struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, i);
	}
	/* The constant or the byte is never greater than 255. */
	insns[N - 4] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K,
						    300, 0, 1);
	insns[N - 3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 1);
	insns[N - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	insns[N - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	cr_assert_eq(skald_native_translate(&program, &native, NULL), -E2BIG);
}

Test(native, a_broken_program_is_refused)
{
	static const struct sock_filter far[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	static const struct sock_filter open[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 1),
	};
	struct skald_program program = { (struct sock_filter *)far, 2 };
	struct skald_error error = { 0 };
	struct skald_native native;

	cr_assert_eq(skald_native_translate(&program, &native, &error),
		     -EOPNOTSUPP);
	program = (struct skald_program){ (struct sock_filter *)open, 1 };
	cr_assert_eq(skald_native_translate(&program, &native, &error),
		     -EOPNOTSUPP);
	cr_assert_not_null(strstr(error.text, "end"));
}
