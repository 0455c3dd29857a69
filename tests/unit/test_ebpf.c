// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifiers as eBPF, run by the kernel itself on frames of ours
 * (BPF_PROG_TEST_RUN): at a socket filter, skb->data stands where it stands at
 * a hook.
 */
#include "ebpf.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libpcap has a struct of this name too. */
#define bpf_insn kernel_bpf_insn
#include <linux/bpf.h>
#undef bpf_insn

#include "cbpf.h"
#include "hook.h"

#define PACKETS 300

static void need_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("bpf(2) needs root");
}

static int load(const struct skald_program *program, const char *name)
{
	struct skald_error error = { 0 };
	const int fd =
		skald_ebpf_load(program->insns, program->n_insns, &error);

	cr_assert_geq(fd, 0, "%s: %s", name, error.text);
	return fd;
}

/* What the program returns in the kernel for a frame */
static uint32_t answer(int fd, const struct hook_packet *packet)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (uintptr_t)packet->frame;
	attr.test.data_size_in = packet->len;
	cr_assert_eq(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)),
		     0, "test run of %u bytes: %s", packet->len,
		     strerror(errno));
	return attr.test.retval;
}

static bool run(int fd, const struct hook_packet *packet)
{
	return answer(fd, packet) != 0;
}

/* The kernel takes whole Ethernet and IP headers. */
static void next_packet(uint64_t *seed, struct hook_packet *packet)
{
	do {
		hook_packet(seed, packet);
	} while (packet->len < HOOK_LINK + 40);
}

static unsigned int check_packets(const char *expression,
				  const struct skald_program *program)
{
	const int fd = load(program, expression);
	struct hook_packet packet;
	struct bpf_program judge;
	unsigned int i, matched = 0;
	uint64_t seed = 13;

	hook_judge(expression, &judge);
	for (i = 0; i < PACKETS; i++) {
		bool verdict;

		next_packet(&seed, &packet);
		verdict = hook_verdict(&judge, &packet);
		matched += verdict;
		cr_assert_eq(run(fd, &packet), verdict,
			     "\"%s\", packet %u: not %d", expression, i,
			     verdict);
	}
	pcap_freecode(&judge);
	close(fd);
	return matched;
}

Test(ebpf, says_in_the_kernel_what_libpcap_says_of_the_frame)
{
	struct skald_classifier classifier;
	unsigned int i, matched = 0;

	need_root();
	for (i = 0; i < HOOK_CASES; i++) {
		hook_compile(hook_cases[i].expression, &classifier);
		matched += check_packets(hook_cases[i].expression,
					 &classifier.any);
		skald_classifier_done(&classifier);
	}
	cr_assert_gt(matched, HOOK_CASES * PACKETS / 10);
}

Test(ebpf, runs_what_is_too_long_for_the_bpf_match)
{
	char expression[4096] = "host 10.0.0.1";
	struct skald_classifier classifier;
	unsigned int i;

	need_root();
	for (i = 3; i < 80; i++)
		sprintf(expression + strlen(expression),
			" or ether src 02:00:00:00:01:%02x or port %u", i,
			10 * i + 3);
	hook_compile(expression, &classifier);
	cr_assert_gt(classifier.ip.n_insns, SKALD_CBPF_MATCH_MAX);
	cr_assert_gt(classifier.any.n_insns, SKALD_CBPF_MATCH_MAX);
	cr_assert_gt(check_packets(expression, &classifier.any), 0);
	skald_classifier_done(&classifier);
}

/* What libpcap does not make: the whole instruction set, by hand */
Test(ebpf, every_instruction_does_what_it_does_in_classic_bpf)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_ST, 2),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_STX, 15),
		BPF_STMT(BPF_LD | BPF_MEM, 15),
		BPF_STMT(BPF_LDX | BPF_IMM, 3),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 7),
		BPF_STMT(BPF_LDX | BPF_MEM, 2),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 24),
		BPF_STMT(BPF_ALU | BPF_NEG, 0),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0x80000001),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 3),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0x1fffff),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x80000000, 0, 1),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80000001, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_A, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct skald_program program = {
		.insns = (struct sock_filter *)insns,
		.n_insns = sizeof(insns) / sizeof(*insns),
	};
	struct hook_packet packet;
	uint32_t last = 0, different = 0;
	unsigned int i;
	uint64_t seed = 17;
	int fd;

	need_root();
	fd = load(&program, "by hand");
	for (i = 0; i < 2000; i++) {
		uint32_t expected;

		next_packet(&seed, &packet);
		packet.frame[HOOK_LINK] = hook_random(&seed);
		expected = hook_answer(&program, &packet);
		cr_assert_eq(answer(fd, &packet), expected, "packet %u: %u", i,
			     expected);
		different += expected != last;
		last = expected;
	}
	cr_assert_gt(different, 1000);
	close(fd);
}

Test(ebpf, dividing_by_zero_says_no)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_IMM, 8),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	const struct skald_program program = {
		.insns = (struct sock_filter *)insns,
		.n_insns = 5,
	};
	struct hook_packet packet;
	uint64_t seed = 1;
	int fd;

	need_root();
	fd = load(&program, "division");
	next_packet(&seed, &packet);
	packet.frame[HOOK_LINK] = 0;
	cr_assert_not(run(fd, &packet));
	packet.frame[HOOK_LINK] = 9;
	cr_assert(run(fd, &packet));
	close(fd);
}

/* 70 kB of packet data cannot be at hand: the load must end the program. */
Test(ebpf, a_load_behind_the_packet_says_no)
{
	static const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 70000),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	const struct skald_program program = {
		.insns = (struct sock_filter *)insns,
		.n_insns = 3,
	};
	struct hook_packet packet;
	uint64_t seed = 1;
	int fd;

	need_root();
	fd = load(&program, "far load");
	next_packet(&seed, &packet);
	cr_assert_not(run(fd, &packet));
	close(fd);
}

Test(ebpf, the_descriptor_does_not_outlive_exec)
{
	static const struct sock_filter yes = BPF_STMT(BPF_RET | BPF_K, 1);
	int fd;

	need_root();
	fd = skald_ebpf_load(&yes, 1, NULL);
	cr_assert_geq(fd, 0);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void assert_refused(const struct sock_filter *insns, unsigned int n,
			   int code, const char *words)
{
	struct skald_error error = { 0 };

	cr_assert_eq(skald_ebpf_load(insns, n, &error), code, "%s", error.text);
	cr_assert_not_null(strstr(error.text, words), "%s", error.text);
}

Test(ebpf, what_has_no_translation_is_refused)
{
	static const struct sock_filter ancillary[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static const struct sock_filter load_x[] = {
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static const struct sock_filter far[] = {
		BPF_STMT(BPF_JMP | BPF_JA, 7),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	assert_refused(ancillary, 2, -EOPNOTSUPP, "no eBPF");
	assert_refused(load_x, 2, -EOPNOTSUPP, "no eBPF");
	assert_refused(far, 2, -EINVAL, "leaves");
	assert_refused(far, 0, -EOPNOTSUPP, "0 instructions");
}

Test(ebpf, the_verifiers_words_are_told)
{
	static const struct sock_filter shift[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 5),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 40),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	need_root();
	assert_refused(shift, 3, -EINVAL, "invalid shift 40");
}

Test(ebpf, without_privilege_it_says_what_is_missing)
{
	static const struct sock_filter load_neg[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_LL_OFF),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct skald_error error = { 0 };
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int disabled = 0;

	if (file) {
		cr_assert_eq(fscanf(file, "%d", &disabled), 1);
		fclose(file);
	}
	if (!disabled)
		cr_skip_test("everybody may load socket filters here");
	if (geteuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	cr_assert_eq(skald_ebpf_load(load_neg, 2, &error), -EPERM);
	cr_assert_not_null(strstr(error.help, "CAP_BPF"));
}
