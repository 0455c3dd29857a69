// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiles tcpdump expressions into the programs of the debug table.
 */
#include "classifier.h"

#include <ctype.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caret.h"
#include "cbpf.h"

#define SNAPLEN 262144

/* libpcap's optimizer takes 0.8 s for 4 kB of hosts, 4 s for 7 kB, and so on */
#define LONGEST_EXPRESSION 4096

/*
 * libpcap before 1.8 compiles with global variables, and so does any version
 * in getservbyname() and its kin.
 */
static pthread_mutex_t compile_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const sources[] = {
	[SKALD_SOURCE_WISH_AUTO] = "auto",
	[SKALD_SOURCE_WISH_NFT] = "nft",
	[SKALD_SOURCE_WISH_KMOD] = "kmod",
};

bool skald_source_wish(const char *word, enum skald_source_wish *wish)
{
	unsigned int i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcmp(sources[i], word))
			continue;
		*wish = (enum skald_source_wish)i;
		return true;
	}
	return false;
}

const char *skald_source_wish_word(enum skald_source_wish wish)
{
	return sources[wish];
}

static bool is_empty(const char *expression)
{
	while (isspace((unsigned char)*expression))
		expression++;
	return !*expression;
}

/* The expression, for one family only where @family is not NULL */
static char *narrow(const char *family, const char *expression)
{
	const size_t size = 16 + strlen(expression);
	char *text = malloc(size);

	if (!text)
		return NULL;
	if (!family)
		(void)snprintf(text, size, "%s", expression);
	else if (is_empty(expression)) /* "ip and ()" is no expression */
		(void)snprintf(text, size, "%s", family);
	else
		(void)snprintf(text, size, "%s and (%s)", family, expression);
	return text;
}

/* Return: 0, or -1 with libpcap's words in @pcap. */
static int compile(pcap_t *pcap, const char *text, struct bpf_program *compiled)
{
	int rc;

	(void)pthread_mutex_lock(&compile_lock);
	rc = pcap_compile(pcap, compiled, text, 1, PCAP_NETMASK_UNKNOWN);
	(void)pthread_mutex_unlock(&compile_lock);
	return rc;
}

/*
 * libpcap takes the trouble to prove that nothing matches, and complains. That
 * is an error for the expression, but not for the expression in a family.
 */
static bool is_never(const char *complaint)
{
	return strstr(complaint, "rejects all packets") != NULL;
}

/**
 * struct compiler - how an expression is compiled
 * @pcap: with its link type
 * @is_plain: as libpcap says it; else rewritten for a netfilter hook
 */
struct compiler {
	pcap_t *pcap;
	bool is_plain;
};

static int convert(const struct compiler *compiler,
		   const struct bpf_program *compiled,
		   struct skald_program *program, struct skald_error *error)
{
	struct sock_filter *insns;
	unsigned int i;
	int rc;

	insns = calloc(compiled->bf_len, sizeof(*insns));
	if (!insns)
		return skald_error_set(error, ENOMEM, "no memory");
	for (i = 0; i < compiled->bf_len; i++) {
		insns[i].code = compiled->bf_insns[i].code;
		insns[i].jt = compiled->bf_insns[i].jt;
		insns[i].jf = compiled->bf_insns[i].jf;
		insns[i].k = compiled->bf_insns[i].k;
	}
	if (compiler->is_plain) {
		program->insns = insns;
		program->n_insns = compiled->bf_len;
		return 0;
	}
	rc = skald_cbpf_rewrite(insns, compiled->bf_len, program, error);
	free(insns);
	return rc;
}

static int compile_for(const struct compiler *compiler, const char *family,
		       const char *expression, struct skald_program *program,
		       struct skald_error *error)
{
	pcap_t *pcap = compiler->pcap;
	char *text = narrow(family, expression);
	struct bpf_program compiled;
	int rc;

	if (!text)
		return skald_error_set(error, ENOMEM, "no memory");
	rc = compile(pcap, text, &compiled);
	free(text);
	if (rc && family && is_never(pcap_geterr(pcap))) {
		*program = (struct skald_program){ 0 };
		return 0;
	}
	if (rc)
		return skald_error_set(error, EINVAL, "%s", pcap_geterr(pcap));
	rc = convert(compiler, &compiled, program, error);
	pcap_freecode(&compiled);
	return rc;
}

/**
 * struct attempt - what is needed to ask again about another expression
 * @compiler: how
 * @error: libpcap's words
 */
struct attempt {
	const struct compiler *compiler;
	struct skald_error error;
};

static const char *attempt(void *user, const char *expression)
{
	struct skald_program program;
	struct attempt *again = user;

	if (compile_for(again->compiler, NULL, expression, &program,
			&again->error))
		return again->error.text;
	skald_cbpf_done(&program);
	return NULL;
}

static void point(const struct compiler *compiler, const char *expression,
		  int rc, struct skald_error *error)
{
	const bool is_late = rc == -EOPNOTSUPP || is_never(error->text);
	struct attempt again = { .compiler = compiler };

	error->column = skald_caret_find(expression, error->text, is_late,
					 attempt, &again);
}

static void help(struct skald_error *error)
{
	if (strstr(error->text, "netmask not known"))
		skald_error_help(error,
				 "name the address (dst host 192.0.2.255), or "
				 "say \"ether broadcast\"");
	else if (strstr(error->text, "unknown host"))
		skald_error_help(error, "give the address, or see whether the "
					"name server answers");
	else if (is_never(error->text))
		skald_error_help(error,
				 "its parts exclude each other; did you mean "
				 "\"or\"?");
}

/* The expression by itself: what is wrong with it shows here. */
static int compile_whole(const struct compiler *compiler,
			 const char *expression, struct skald_program *program,
			 struct skald_error *error)
{
	const int rc = compile_for(compiler, NULL, expression, program, error);

	if (!error || (rc != -EINVAL && rc != -EOPNOTSUPP))
		return rc;
	if (rc == -EINVAL)
		help(error);
	point(compiler, expression, rc, error);
	return rc;
}

static int compile_families(const struct compiler *compiler,
			    struct skald_classifier *made,
			    struct skald_error *error)
{
	const char *expression = made->expression;
	int rc;

	rc = compile_whole(compiler, expression, &made->any, error);
	if (!rc)
		rc = compile_for(compiler, "ip", expression, &made->ip, error);
	if (!rc)
		rc = compile_for(compiler, "ip6", expression, &made->ip6,
				 error);
	if (!rc)
		rc = compile_for(compiler, "arp", expression, &made->arp,
				 error);
	return rc;
}

static void free_programs(struct skald_classifier *classifier)
{
	skald_cbpf_done(&classifier->ip);
	skald_cbpf_done(&classifier->ip6);
	skald_cbpf_done(&classifier->arp);
	skald_cbpf_done(&classifier->any);
}

static int refuse_length(struct skald_error *error)
{
	skald_error_set(error, EINVAL, "the expression is longer than %d bytes",
			LONGEST_EXPRESSION);
	skald_error_help(error, "say \"net\" for many hosts and \"portrange\" "
				"for many ports, or make several classifiers");
	return -EINVAL;
}

int skald_classifier_compile(struct skald_classifier *classifier,
			     struct skald_error *error)
{
	struct skald_classifier made = { .expression = classifier->expression };
	struct compiler compiler = { 0 };
	int rc;

	if (strlen(made.expression) > LONGEST_EXPRESSION)
		return refuse_length(error);
	compiler.pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	if (!compiler.pcap)
		return skald_error_set(error, ENOMEM, "no memory for libpcap");
	rc = compile_families(&compiler, &made, error);
	pcap_close(compiler.pcap);
	if (rc) {
		free_programs(&made);
		return rc;
	}
	free_programs(classifier);
	classifier->ip = made.ip;
	classifier->ip6 = made.ip6;
	classifier->arp = made.arp;
	classifier->any = made.any;
	return 0;
}

int skald_expression_compile(const char *expression, bool has_link,
			     struct skald_program *program,
			     struct skald_error *error)
{
	struct compiler compiler = { .is_plain = true };
	int rc;

	if (strlen(expression) > LONGEST_EXPRESSION)
		return refuse_length(error);
	compiler.pcap =
		pcap_open_dead(has_link ? DLT_EN10MB : DLT_RAW, SNAPLEN);
	if (!compiler.pcap)
		return skald_error_set(error, ENOMEM, "no memory for libpcap");
	rc = compile_whole(&compiler, expression, program, error);
	pcap_close(compiler.pcap);
	return rc;
}

void skald_classifier_done(struct skald_classifier *classifier)
{
	free_programs(classifier);
	free(classifier->expression);
	free(classifier->iif);
	free(classifier->oif);
	*classifier = (struct skald_classifier){ 0 };
}
