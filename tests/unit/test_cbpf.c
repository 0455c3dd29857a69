// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rewriting of programs: what libpcap says about the whole frame, the
 * rewritten program says at a hook.
 */
#include "cbpf.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "hook.h"

#define PACKETS 4000

static int rewrite(const struct sock_filter *insns, unsigned int n,
		   struct skald_program *program, struct skald_error *error)
{
	*error = (struct skald_error){ 0 };
	return skald_cbpf_rewrite(insns, n, program, error);
}

static unsigned int check_packets(const char *expression,
				  const struct skald_classifier *classifier)
{
	struct hook_packet packet;
	struct bpf_program judge;
	unsigned int i, matched = 0;
	uint64_t seed = 7;

	hook_judge(expression, &judge);
	for (i = 0; i < PACKETS; i++) {
		const struct skald_program *own;
		bool verdict;

		hook_packet(&seed, &packet);
		verdict = hook_verdict(&judge, &packet);
		matched += verdict;
		cr_assert_eq(hook_run(&classifier->any, &packet), verdict,
			     "\"%s\", packet %u: not %d", expression, i,
			     verdict);
		own = hook_family(classifier, hook_protocol(&packet));
		if (own)
			cr_assert_eq(hook_run(own, &packet), verdict,
				     "\"%s\", packet %u, its family: not %d",
				     expression, i, verdict);
	}
	pcap_freecode(&judge);
	return matched;
}

Test(cbpf, says_at_a_hook_what_libpcap_says_of_the_frame)
{
	struct skald_classifier classifier;
	unsigned int i, matched;

	for (i = 0; i < HOOK_CASES; i++) {
		const char *expression = hook_cases[i].expression;

		hook_compile(expression, &classifier);
		matched = check_packets(expression, &classifier);
		cr_assert_gt(matched, 0, "\"%s\" never matched", expression);
		cr_assert(matched < PACKETS || i == 0, "\"%s\" always matched",
			  expression);
		skald_classifier_done(&classifier);
	}
}

Test(cbpf, never_matches_by_the_link_layer_where_there_is_none)
{
	static const char *const expressions[] = {
		"ether multicast",
		"not ether host 02:00:00:00:00:01",
		"ip and ether[0] >= 0",
	};
	struct skald_classifier classifier;
	struct hook_packet packet;
	uint64_t seed = 3;
	unsigned int i, j;

	for (i = 0; i < 3; i++) {
		hook_compile(expressions[i], &classifier);
		for (j = 0; j < 600; j++) {
			hook_packet(&seed, &packet);
			packet.has_link = j % 3 != 0;
			packet.has_device = j % 3 != 1;
			if (j % 3 == 2)
				packet.device = ARPHRD_NONE;
			cr_assert_not(hook_run(&classifier.any, &packet), "%s",
				      expressions[i]);
			cr_assert_not(hook_run(&classifier.ip, &packet), "%s",
				      expressions[i]);
		}
		skald_classifier_done(&classifier);
	}
}

Test(cbpf, reads_link_layer_addresses_on_the_loopback_device)
{
	struct skald_classifier classifier;
	struct hook_packet packet;
	uint64_t seed = 3;

	hook_compile("ether[0:2] = 0x1234", &classifier);
	hook_packet(&seed, &packet);
	hook_put(packet.frame, 0x1234, 2);
	packet.device = ARPHRD_LOOPBACK;
	cr_assert(hook_run(&classifier.any, &packet));
	skald_classifier_done(&classifier);
}

Test(cbpf, asks_for_the_device_once_on_a_path)
{
	struct skald_classifier classifier;
	unsigned int i, asked = 0;

	hook_compile("ether src 02:00:00:00:00:01 and "
		     "ether dst 02:00:00:00:00:02",
		     &classifier);
	for (i = 0; i < classifier.any.n_insns; i++)
		asked += classifier.any.insns[i].k ==
			 (uint32_t)(SKF_AD_OFF + SKF_AD_HATYPE);
	cr_assert_eq(asked, 1);
	skald_classifier_done(&classifier);
}

Test(cbpf, moves_offsets_and_leaves_the_rest)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 30),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static const uint32_t expected[] = {
		SKF_AD_OFF + SKF_AD_PROTOCOL, 0, 16, 0, 3, 0,
	};
	struct skald_program program;
	struct skald_error error;
	unsigned int i;

	cr_assert_eq(rewrite(insns, 6, &program, &error), 0, "%s", error.text);
	cr_assert_eq(program.n_insns, 6);
	for (i = 0; i < 6; i++)
		cr_assert_eq(program.insns[i].k, expected[i], "%u", i);
	skald_cbpf_done(&program);
	cr_assert_null(program.insns);
}

/* -0x100000 and -0x200000 are where the kernel's own offsets begin. */
Test(cbpf, an_index_below_zero_never_matches)
{
	static const uint32_t indices[] = {
		0,	     -1,
		-14,	     -20,
		SKF_NET_OFF, SKF_NET_OFF - 14,
		SKF_LL_OFF,  SKF_LL_OFF + 4,
		SKF_AD_OFF,  INT32_MAX - 14,
		INT32_MAX,   INT32_MIN,
	};
	struct skald_program program;
	struct hook_packet packet;
	struct skald_error error;
	uint64_t seed = 5;
	unsigned int i;

	for (i = 0; i < sizeof(indices) / sizeof(*indices); i++) {
		const struct sock_filter insns[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 14),
			BPF_STMT(BPF_MISC | BPF_TAX, 0),
			BPF_STMT(BPF_LD | BPF_B | BPF_IND, 14),
			BPF_STMT(BPF_RET | BPF_K, 1),
		};

		cr_assert_eq(rewrite(insns, 4, &program, &error), 0);
		cr_assert_eq(program.n_insns, 7);
		hook_packet(&seed, &packet);
		packet.len = 200;
		hook_put(packet.frame + 14, indices[i], 4);
		cr_assert_eq(hook_run(&program, &packet), indices[i] == 0, "%d",
			     (int)indices[i]);
		skald_cbpf_done(&program);
	}
}

Test(cbpf, a_small_index_needs_no_check)
{
	struct skald_classifier classifier;
	unsigned int i, saved = 0;

	hook_compile("tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
		     &classifier);
	for (i = 0; i < classifier.ip.n_insns; i++)
		saved += classifier.ip.insns[i].code ==
			 (BPF_JMP | BPF_JGT | BPF_K);
	cr_assert_eq(saved, 0);
	skald_classifier_done(&classifier);
}

Test(cbpf, a_program_that_never_says_yes_becomes_empty)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 1), /* nothing comes here */
	};
	struct skald_program program = { .n_insns = 9 };
	struct skald_error error;

	cr_assert_eq(rewrite(insns, 4, &program, &error), 0);
	cr_assert_eq(program.n_insns, 0);
	cr_assert_null(program.insns);
}

Test(cbpf, leaves_out_what_nothing_reaches)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 3), /* would be guarded */
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	struct skald_program program;
	struct skald_error error;

	cr_assert_eq(rewrite(insns, 3, &program, &error), 0);
	cr_assert_eq(program.n_insns, 2);
	cr_assert_eq(program.insns[0].k, 0);
	skald_cbpf_done(&program);
}

/*
 * 250 lengths between a jump and its targets become 500 instructions: more
 * than a conditional jump reaches.
 */
Test(cbpf, jumps_further_than_a_byte_where_instructions_were_added)
{
	enum {
		LOADS = 250,
		N = LOADS + 4
	};
	struct sock_filter insns[N];
	struct hook_packet packet;
	struct skald_program program;
	struct skald_error error;
	uint64_t seed = 5;
	unsigned int i;

	insns[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23);
	insns[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6,
						LOADS + 1, 0);
	for (i = 0; i < LOADS; i++)
		insns[2 + i] = (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_LEN, 0);
	insns[N - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	insns[N - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 1);
	cr_assert_eq(rewrite(insns, N, &program, &error), 0, "%s", error.text);
	cr_assert_gt(program.n_insns, 2 * LOADS);
	for (i = 0; i < 500; i++) {
		hook_packet(&seed, &packet);
		packet.len = 300;
		cr_assert_eq(hook_run(&program, &packet),
			     packet.frame[23] == 6);
	}
	skald_cbpf_done(&program);
}

static void assert_refused(const char *name, const struct sock_filter *insns,
			   unsigned int n, int code, const char *words)
{
	struct skald_program program = { .n_insns = 77 };
	struct skald_error error;

	cr_assert_eq(rewrite(insns, n, &program, &error), code, "%s", name);
	cr_assert_not_null(strstr(error.text, words), "%s: %s", name,
			   error.text);
	cr_assert_eq(program.n_insns, 77, "%s: written on failure", name);
}

#define REFUSED(code, words, ...)                                            \
	assert_refused(#__VA_ARGS__,                                         \
		       (const struct sock_filter[]){                         \
			       __VA_ARGS__, BPF_STMT(BPF_RET | BPF_K, 1) },  \
		       sizeof((const struct sock_filter[]){ __VA_ARGS__ }) / \
				       sizeof(struct sock_filter) +          \
			       1,                                            \
		       code, words)

Test(cbpf, refuses_parts_of_the_link_layer_that_hooks_do_not_have)
{
	REFUSED(-EOPNOTSUPP, "ldb [12]",
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 12));
	REFUSED(-EOPNOTSUPP, "ld [10]", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 10));
	REFUSED(-EOPNOTSUPP, "ld [13]", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 13));
	REFUSED(-EOPNOTSUPP, "in front of the network header",
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 2));
	REFUSED(-EOPNOTSUPP, "in front of the network header",
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, (uint32_t)-6));
	REFUSED(-EOPNOTSUPP, "capture",
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)));
	REFUSED(-EOPNOTSUPP, "inbound",
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)));
	REFUSED(-EOPNOTSUPP, "vlan",
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)));
	REFUSED(-EOPNOTSUPP, "vlan",
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)));
}

Test(cbpf, refuses_programs_that_are_none)
{
	struct skald_program program;
	struct skald_error error;
	const struct sock_filter open[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 1),
	};

	REFUSED(-EINVAL, "leaves its end",
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1));
	REFUSED(-EINVAL, "leaves its end", BPF_STMT(BPF_JMP | BPF_JA, 1));
	REFUSED(-EOPNOTSUPP, "loop", BPF_STMT(BPF_LD | BPF_IMM, 0),
		BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)-2));
	REFUSED(-EINVAL, "memory", BPF_STMT(BPF_ST, BPF_MEMWORDS));
	REFUSED(-EINVAL, "load", BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0));
	REFUSED(-EINVAL, "load", BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS));
	REFUSED(-EINVAL, "load", BPF_STMT(BPF_LD | BPF_B | BPF_MSH, 14));
	REFUSED(-EINVAL, "load", BPF_STMT(BPF_LD | BPF_B | BPF_IMM, 1));
	REFUSED(-EINVAL, "not known", BPF_STMT(BPF_ALU | 0xd0, 1));
	REFUSED(-EINVAL, "not known", BPF_STMT(BPF_ALU | BPF_DIV, 0));
	REFUSED(-EINVAL, "not known", BPF_STMT(BPF_ALU | BPF_LSH, 32));
	REFUSED(-EINVAL, "not known", BPF_JUMP(BPF_JMP | 0xb0, 6, 0, 0));
	REFUSED(-EINVAL, "not known", BPF_STMT(BPF_MISC | 0x40, 0));
	REFUSED(-EINVAL, "not known", BPF_STMT(BPF_RET | BPF_X, 0));
	cr_assert_eq(rewrite(open, 1, &program, &error), -EINVAL);
	cr_assert_eq(rewrite(open, 0, &program, &error), -EINVAL);
}

Test(cbpf, an_instruction_is_shown_in_tcpdumps_words)
{
	static const struct sock_filter load =
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2);
	static const struct sock_filter jump =
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x50, 3, 4);
	char text[64], small[4];

	skald_cbpf_text(&load, text, sizeof(text));
	cr_assert_str_eq(text, "ldh [x + 2]");
	skald_cbpf_text(&jump, text, sizeof(text));
	cr_assert_str_eq(text, "jeq #0x50");
	skald_cbpf_text(&jump, small, sizeof(small));
	cr_assert_str_eq(small, "jeq");
}
