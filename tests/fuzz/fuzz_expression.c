// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifiers: tcpdump expressions, from text to a program for each family,
 * and what the programs say of packets. Names are not looked up: the network
 * has no place here.
 */
#include <errno.h>
#include <netdb.h>

#include "fuzz.h"
#include "hook.h"

#define PACKETS 20

/* libpcap asks these; the program's own come first. */
int getaddrinfo(const char *node, const char *service,
		const struct addrinfo *hints, struct addrinfo **found)
{
	return EAI_NONAME;
}

struct hostent *gethostbyname(const char *name)
{
	return NULL;
}

struct netent *getnetbyname(const char *name)
{
	return NULL;
}

/* One rule matches where the program does, and never two. */
static void compare_native(const struct skald_program *program)
{
	struct skald_error error = { 0 };
	struct skald_native native;
	struct hook_packet packet;
	uint64_t seed = 9;
	unsigned int i;

	if (skald_native_translate(program, &native, &error)) {
		fuzz_check(*error.text);
		return;
	}
	for (i = 0; i < PACKETS; i++) {
		hook_packet(&seed, &packet);
		fuzz_check(hook_native(&native, &packet) ==
			   hook_run(program, &packet));
	}
	skald_native_done(&native);
}

/*
 * The kernel shifts by a register modulo 32, libpcap's own machine gives 0 for
 * more than 31. Live captures of tcpdump run in the kernel.
 */
static bool shifts_by_x(const struct bpf_program *program)
{
	unsigned int i;

	for (i = 0; i < program->bf_len; i++) {
		const uint16_t code = program->bf_insns[i].code;

		if (code == (BPF_ALU | BPF_LSH | BPF_X) ||
		    code == (BPF_ALU | BPF_RSH | BPF_X))
			return true;
	}
	return false;
}

static void compare(const char *expression,
		    const struct skald_classifier *classifier)
{
	struct hook_packet packet;
	struct bpf_program judge;
	uint64_t seed = 7;
	unsigned int i;

	hook_judge(expression, &judge);
	for (i = 0; i < PACKETS && !shifts_by_x(&judge); i++) {
		const struct skald_program *own;
		bool verdict;

		hook_packet(&seed, &packet);
		if (hook_get(packet.frame + 12, 2) < ETH_P_802_3_MIN)
			continue;
		verdict = hook_verdict(&judge, &packet);
		fuzz_check(hook_run(&classifier->any, &packet) == verdict);
		own = hook_family(classifier, hook_protocol(&packet));
		fuzz_check(!own || hook_run(own, &packet) == verdict);
	}
	pcap_freecode(&judge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_classifier classifier = { 0 };
	struct skald_error error = { 0 };
	char *text = fuzz_string(data, size);
	int err;

	classifier.expression = text;
	err = skald_classifier_compile(&classifier, &error);
	if (err) {
		fuzz_check(err == -EINVAL || err == -EOPNOTSUPP);
		fuzz_check(*error.text);
		fuzz_check(error.column >= 0 &&
			   (size_t)error.column <= strlen(text) + 1);
	} else {
		compare(text, &classifier);
		compare_native(&classifier.any);
		compare_native(&classifier.ip);
		compare_native(&classifier.ip6);
	}
	skald_classifier_done(&classifier);
	return 0;
}
