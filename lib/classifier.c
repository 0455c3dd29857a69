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
#define LONGEST_EXPRESSION (64 * 1024)

/*
 * libpcap before 1.8 compiles with global variables, and so does any version
 * in getservbyname() and its kin.
 */
static pthread_mutex_t compile_lock = PTHREAD_MUTEX_INITIALIZER;

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
static int compile(pcap_t *pcap, const char *text, int optimize,
		   struct bpf_program *compiled)
{
	int rc;

	(void)pthread_mutex_lock(&compile_lock);
	rc = pcap_compile(pcap, compiled, text, optimize, PCAP_NETMASK_UNKNOWN);
	(void)pthread_mutex_unlock(&compile_lock);
	return rc;
}

static const char *try_compile(void *user, const char *text)
{
	struct bpf_program compiled;

	if (compile(user, text, 0, &compiled))
		return pcap_geterr(user);
	pcap_freecode(&compiled);
	return NULL;
}

/* libpcap takes the trouble to prove that nothing matches, and complains. */
static bool is_never(pcap_t *pcap)
{
	return strstr(pcap_geterr(pcap), "rejects all packets") != NULL;
}

static int rewrite(const struct bpf_program *compiled,
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
	rc = skald_cbpf_rewrite(insns, compiled->bf_len, program, error);
	free(insns);
	return rc;
}

static int compile_for(pcap_t *pcap, const char *family, const char *expression,
		       struct skald_program *program, struct skald_error *error)
{
	char *text = narrow(family, expression);
	struct bpf_program compiled;
	int rc;

	if (!text)
		return skald_error_set(error, ENOMEM, "no memory");
	rc = compile(pcap, text, 1, &compiled);
	free(text);
	if (rc && is_never(pcap)) {
		*program = (struct skald_program){ 0 };
		return 0;
	}
	if (rc)
		return skald_error_set(error, EINVAL, "%s", pcap_geterr(pcap));
	rc = rewrite(&compiled, program, error);
	pcap_freecode(&compiled);
	return rc;
}

/* The expression by itself comes first: what is wrong with it shows here. */
static int compile_any(pcap_t *pcap, struct skald_classifier *classifier,
		       struct skald_error *error)
{
	char complaint[PCAP_ERRBUF_SIZE];
	int rc, column;

	rc = compile_for(pcap, NULL, classifier->expression, &classifier->any,
			 error);
	if (rc != -EINVAL)
		return rc;
	(void)snprintf(complaint, sizeof(complaint), "%s", pcap_geterr(pcap));
	column = skald_caret_find(classifier->expression, complaint,
				  try_compile, pcap);
	if (error)
		error->column = column;
	return rc;
}

static int compile_families(pcap_t *pcap, struct skald_classifier *made,
			    struct skald_error *error)
{
	int rc;

	rc = compile_any(pcap, made, error);
	if (!rc)
		rc = compile_for(pcap, "ip", made->expression, &made->ip,
				 error);
	if (!rc)
		rc = compile_for(pcap, "ip6", made->expression, &made->ip6,
				 error);
	if (!rc)
		rc = compile_for(pcap, "arp", made->expression, &made->arp,
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

int skald_classifier_compile(struct skald_classifier *classifier,
			     struct skald_error *error)
{
	struct skald_classifier made = { .expression = classifier->expression };
	pcap_t *pcap;
	int rc;

	if (strlen(made.expression) > LONGEST_EXPRESSION)
		return skald_error_set(error, EINVAL,
				       "the expression is longer than %d bytes",
				       LONGEST_EXPRESSION);
	pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	if (!pcap)
		return skald_error_set(error, ENOMEM, "no memory for libpcap");
	rc = compile_families(pcap, &made, error);
	pcap_close(pcap);
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

void skald_classifier_done(struct skald_classifier *classifier)
{
	free_programs(classifier);
	free(classifier->expression);
	free(classifier->iif);
	free(classifier->oif);
	*classifier = (struct skald_classifier){ 0 };
}
