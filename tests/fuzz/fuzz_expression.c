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

static void compare(const char *expression,
		    const struct skald_classifier *classifier)
{
	struct hook_packet packet;
	struct bpf_program judge;
	uint64_t seed = 7;
	unsigned int i;

	hook_judge(expression, &judge);
	for (i = 0; i < PACKETS; i++) {
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
	}
	skald_classifier_done(&classifier);
	return 0;
}
