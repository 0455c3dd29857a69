// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expressions become programs, one a family; what is wrong with an expression
 * is said in libpcap's words, at the place where it is.
 */
#include "classifier.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cbpf.h"
#include "hook.h"

static int compile(const char *expression, struct skald_error *error)
{
	struct skald_classifier classifier = { .expression =
						       strdup(expression) };
	int rc;

	*error = (struct skald_error){ 0 };
	rc = skald_classifier_compile(&classifier, error);
	if (rc) {
		cr_assert_null(classifier.ip.insns);
		cr_assert_null(classifier.any.insns);
	}
	skald_classifier_done(&classifier);
	return rc;
}

Test(classifier, an_empty_expression_is_everything)
{
	static const char *const empty[] = { "", "  \t" };
	struct skald_classifier classifier;
	struct hook_packet packet;
	uint64_t seed = 1;
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		hook_compile(empty[i], &classifier);
		for (j = 0; j < 100; j++) {
			const struct skald_program *own;

			hook_packet(&seed, &packet);
			cr_assert(hook_run(&classifier.any, &packet));
			own = hook_family(&classifier, hook_protocol(&packet));
			cr_assert(!own || hook_run(own, &packet));
		}
		skald_classifier_done(&classifier);
	}
}

Test(classifier, a_family_that_cannot_match_has_no_program)
{
	struct skald_classifier classifier;

	hook_compile("icmp6 or host 2001:db8::1", &classifier);
	cr_assert_eq(classifier.ip.n_insns, 0);
	cr_assert_eq(classifier.arp.n_insns, 0);
	cr_assert_gt(classifier.ip6.n_insns, 0);
	cr_assert_gt(classifier.any.n_insns, 0);
	skald_classifier_done(&classifier);
	hook_compile("arp", &classifier);
	cr_assert_eq(classifier.ip.n_insns, 0);
	cr_assert_eq(classifier.ip6.n_insns, 0);
	cr_assert_gt(classifier.arp.n_insns, 0);
	skald_classifier_done(&classifier);
}

/* "ip and (a) or (b)" would be something else. */
Test(classifier, parentheses_of_the_expression_stay_its_own)
{
	struct skald_error error;

	cr_assert_eq(compile("tcp) or (udp", &error), -EINVAL);
	cr_assert_eq(error.column, 4);
}

Test(classifier, compiles_again_over_what_was_compiled)
{
	struct skald_error error;
	struct skald_classifier classifier;

	hook_compile("tcp port 80", &classifier);
	free(classifier.expression);
	classifier.expression = strdup("icmp6");
	cr_assert_eq(skald_classifier_compile(&classifier, &error), 0);
	cr_assert_eq(classifier.ip.n_insns, 0);
	free(classifier.expression);
	classifier.expression = strdup("tcp port");
	cr_assert_eq(skald_classifier_compile(&classifier, NULL), -EINVAL);
	cr_assert_gt(classifier.ip6.n_insns, 0, "lost what it had");
	skald_classifier_done(&classifier);
	cr_assert_null(classifier.expression);
	skald_classifier_done(&classifier);
}

struct wrong {
	const char *expression;
	int code;
	int column;
	const char *words;
};

static const struct wrong wrongs[] = {
	{ "tcp port", -EINVAL, 9, "syntax error" },
	{ "(tcp", -EINVAL, 5, "syntax error" },
	{ "tcp )", -EINVAL, 5, "syntax error" },
	{ "tcp foo udp", -EINVAL, 5, "syntax error" },
	{ "udp  and and tcp", -EINVAL, 10, "syntax error" },
	{ "not", -EINVAL, 4, "syntax error" },
	{ "$", -EINVAL, 1, "syntax error" },
	{ "ip[6:2", -EINVAL, 7, "syntax error" },
	{ "tcp[foo] = 1", -EINVAL, 5, "syntax error" },
	{ "udp and ip[0] = ", -EINVAL, 16, "syntax error" },
	{ "tcp and (udp or (ip[0] == 4 and ) or 5)", -EINVAL, 33,
	  "syntax error" },
	{ "tcp port 99999 and ip", -EINVAL, 10, "99999 > 65535" },
	{ "udp or tcp port 99999", -EINVAL, 17, "99999 > 65535" },
	{ "port nosuch or udp", -EINVAL, 6, "unknown port 'nosuch'" },
	{ "port 80 or 443 or nosuch", -EINVAL, 19, "unknown port 'nosuch'" },
	{ "tcp and portrange 1-foo", -EINVAL, 19, "unknown port in range" },
	{ "ether host foo", -EINVAL, 12, "unknown ether host 'foo'" },
	{ "ether proto foo", -EINVAL, 13, "unknown ether proto 'foo'" },
	{ "net 1.2.3.4/8", -EINVAL, 5, "non-network bits set" },
	{ "net 10.0.0.0/33 and tcp", -EINVAL, 5, "mask length" },
	{ "tcp[0:3] = 1", -EINVAL, 7, "data size must be 1, 2, or 4" },
	{ "ip host ::1", -EINVAL, 9, "'ip' modifier" },
	{ "tcp host 1.2.3.4", -EINVAL, 10, "'tcp' modifier" },
	{ "tcp or ip broadcast", -EINVAL, 11, "netmask not known" },
	{ "tcp and arp", -EINVAL, 9, "rejects all packets" },
	{ "vlan 10 and tcp", -EOPNOTSUPP, 1, "\"vlan\"" },
	{ "udp or mpls and tcp", -EOPNOTSUPP, 8, "\"mpls\"" },
	{ "ip6 and ip", -EINVAL, 9, "rejects all packets" },
	{ "tcp and (icmp or arp)", -EINVAL, 10, "rejects all packets" },
	{ "tcp or pppoed", -EOPNOTSUPP, 8, "\"pppoe\"" },
	{ "arp or pppoes and ip", -EOPNOTSUPP, 8, "\"pppoe\"" },
	{ "not inbound", -EOPNOTSUPP, 5, "\"outbound\"" },
	{ "ip6 protochain 6", -EOPNOTSUPP, 5, "loop" },
	{ "tcp or ether[10:4] = 8", -EOPNOTSUPP, 17, "\"ld [10]\"" },
};

Test(classifier, an_error_is_libpcaps_and_points_at_its_place)
{
	struct skald_error error;
	size_t i;

	for (i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		const struct wrong *wrong = &wrongs[i];

		cr_assert_eq(compile(wrong->expression, &error), wrong->code,
			     "%s", wrong->expression);
		cr_assert_not_null(strstr(error.text, wrong->words), "%s: %s",
				   wrong->expression, error.text);
		cr_assert(!wrong->column || error.column == wrong->column,
			  "%s: column %d, not %d", wrong->expression,
			  error.column, wrong->column);
	}
}

Test(classifier, what_cannot_be_seen_is_refused_with_what_would_help)
{
	struct skald_error error;

	cr_assert_eq(compile("vlan and host 10.0.0.1", &error), -EOPNOTSUPP);
	cr_assert_not_null(strstr(error.text, "tag is gone"));
	cr_assert_not_null(strstr(error.help, "eth0.10"));
	cr_assert_eq(compile("pppoes", &error), -EOPNOTSUPP);
	cr_assert_not_null(strstr(error.help, "ppp0"));
	cr_assert_eq(compile("outbound", &error), -EOPNOTSUPP);
	cr_assert_not_null(strstr(error.help, "hook"));
	cr_assert_eq(compile("ether proto 0x88a8", &error), -EOPNOTSUPP);
	cr_assert_eq(compile("ip broadcast", &error), -EINVAL);
	cr_assert_not_null(strstr(error.help, "ether broadcast"));
}

Test(classifier, an_endless_expression_is_refused_at_once, .timeout = 5)
{
	char *expression = calloc(1, 1 << 20);
	struct skald_error error;

	memset(expression, '(', (1 << 20) - 1);
	cr_assert_eq(compile(expression, &error), -EINVAL);
	cr_assert_not_null(strstr(error.text, "longer than"));
	expression[4096] = '\0';
	cr_assert_eq(compile(expression, &error), -EINVAL);
	free(expression);
}

/* libpcap compiles whatever it is given, so it is given whatever. */
Test(classifier, random_words_do_no_harm, .timeout = 60)
{
	static const char *const words[] = {
		"tcp ",	 "port ",  "80 ", "host ",  "10.0.0.1 ",  "and ",
		"or ",	 "not ",   "( ",  ") ",	    "ip",	  "[ ",
		"] ",	 "& ",	   "= ",  "ether ", "len ",	  "0x8100 ",
		"vlan ", "proto ", "- ",  "ip6 ",   "multicast ", "<< ",
	};
	char expression[256];
	struct skald_error error;
	unsigned int i, j, good = 0;
	uint64_t seed = 23;

	for (i = 0; i < 1500; i++) {
		expression[0] = '\0';
		for (j = hook_random(&seed) % 9; j; j--)
			strcat(expression, words[hook_random(&seed) % 24]);
		if (!compile(expression, &error))
			good++;
		else
			cr_assert(error.column >= 0 &&
				  error.column <= (int)strlen(expression) + 1);
	}
	cr_assert_gt(good, 20);
}

static void *compile_often(void *unused)
{
	struct skald_error error;
	unsigned int i;

	for (i = 0; i < 40; i++)
		cr_assert_eq(compile("tcp port 443 or udp port 53", &error), 0);
	return unused;
}

Test(classifier, threads_may_compile_at_the_same_time)
{
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, compile_often,
					    NULL),
			     0);
	for (i = 0; i < 4; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
}

/* The kernel checks classic BPF of sockets as it checks that of the match. */
Test(classifier, the_kernel_takes_every_program)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct skald_classifier classifier;
	unsigned int i, j;

	for (i = 0; i < HOOK_CASES; i++) {
		hook_compile(hook_cases[i].expression, &classifier);
		const struct skald_program *programs[] = {
			&classifier.ip,
			&classifier.ip6,
			&classifier.arp,
			&classifier.any,
		};
		for (j = 0; j < 4; j++) {
			const struct sock_fprog filter = {
				.len = programs[j]->n_insns,
				.filter = programs[j]->insns,
			};

			if (!filter.len)
				continue;
			cr_assert_eq(
				setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER,
					   &filter, sizeof(filter)),
				0, "\"%s\", program %u: %s",
				hook_cases[i].expression, j, strerror(errno));
		}
		skald_classifier_done(&classifier);
	}
	close(fd);
}

/*
 * The bpf match has room for 64 instructions; what people type every day must
 * fit, in every family.
 */
Test(classifier, everyday_expressions_fit_the_bpf_match)
{
	struct skald_classifier classifier;
	unsigned int i;

	for (i = 0; i < HOOK_CASES; i++) {
		hook_compile(hook_cases[i].expression, &classifier);
		cr_assert_leq(classifier.ip.n_insns, SKALD_CBPF_MATCH_MAX);
		cr_assert_leq(classifier.ip6.n_insns, SKALD_CBPF_MATCH_MAX);
		cr_assert_leq(classifier.arp.n_insns, SKALD_CBPF_MATCH_MAX);
		cr_assert_leq(classifier.any.n_insns, SKALD_CBPF_MATCH_MAX,
			      "%s: %u", hook_cases[i].expression,
			      classifier.any.n_insns);
		skald_classifier_done(&classifier);
	}
}
