// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of the module's debug table.
 */
#include "kmod_debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cbpf.h"

#define NS_PER_SECOND UINT64_C(1000000000)
/* Both programs are in one attribute, whose length is a number of 16 bits. */
#define INSNS_MAX 8000

/**
 * struct programs - what a line looks with
 * @l2: from the link-layer header
 * @l3: from the network header; none: the expression is about the frame
 */
struct programs {
	struct skald_program l2;
	struct skald_program l3;
};

static void programs_done(struct programs *programs)
{
	skald_cbpf_done(&programs->l2);
	skald_cbpf_done(&programs->l3);
}

/* What is wrong with an expression shows with Ethernet. */
static int compile(const struct skald_classifier *classifier,
		   struct programs *programs, struct skald_error *error)
{
	int err = skald_expression_compile(classifier->expression, true,
					   &programs->l2, error);

	if (err)
		return err;
	/* "arp", "ether host ...": nothing without link layer can match */
	err = skald_expression_compile(classifier->expression, false,
				       &programs->l3, NULL);
	if (err == -EINVAL)
		return 0;
	if (err)
		programs_done(programs);
	return err ? skald_error_set(error, -err, "no memory") : 0;
}

/* Frames of the host that no program for packets can tell show later. */
static uint32_t points_of(const struct skald_classifier *classifier,
			  const struct programs *programs)
{
	uint32_t points = 0;

	if (classifier->hooks & SKALD_AT_PREROUTING)
		points |= SKALD_POINT_RECEIVE;
	if (classifier->hooks & SKALD_AT_OUTPUT)
		points |= programs->l3.n_insns ? SKALD_POINT_OUTPUT
					       : SKALD_POINT_TRANSMIT;
	return points;
}

static void put_program(struct nlmsghdr *nlh, uint16_t type,
			const struct skald_program *program)
{
	if (program->n_insns)
		mnl_attr_put(nlh, type,
			     program->n_insns * sizeof(*program->insns),
			     program->insns);
}

/* Seconds that are left, rounded up; at least one */
static uint32_t time_left(uint64_t expires_ns)
{
	struct timespec now;
	uint64_t now_ns;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	now_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	if (expires_ns <= now_ns)
		return 1;
	return (uint32_t)((expires_ns - now_ns + NS_PER_SECOND - 1) /
			  NS_PER_SECOND);
}

static void put_limits(struct nlmsghdr *nlh,
		       const struct skald_classifier *classifier)
{
	if (classifier->iif)
		mnl_attr_put_strz(nlh, SKALD_CLASSIFIER_A_IIF, classifier->iif);
	if (classifier->oif)
		mnl_attr_put_strz(nlh, SKALD_CLASSIFIER_A_OIF, classifier->oif);
	if (classifier->rate)
		mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_RATE,
				 classifier->rate);
	if (classifier->sample > 1)
		mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_SAMPLE,
				 classifier->sample);
	if (classifier->first)
		mnl_attr_put_u64(nlh, SKALD_CLASSIFIER_A_FIRST,
				 classifier->first);
	if (classifier->expires_ns)
		mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_TTL,
				 time_left(classifier->expires_ns));
}

static int take_line(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest[SKALD_CLASSIFIER_A_MAX + 1];
	const struct nlattr *tb[SKALD_A_MAX + 1];
	uint32_t *line = user;

	skald_kmod_attributes(nlh, tb);
	if (!tb[SKALD_A_CLASSIFIER])
		return 0;
	skald_attrs_parse_nested(tb[SKALD_A_CLASSIFIER], nest,
				 SKALD_CLASSIFIER_A_MAX + 1);
	*line = skald_attr_u32(nest[SKALD_CLASSIFIER_A_ID]);
	return 0;
}

/* Only the beginning of an expression fits; it is for people. */
static void put_text(struct nlmsghdr *nlh, const char *expression)
{
	char text[128] = { 0 };

	strncpy(text, expression, sizeof(text) - 1);
	mnl_attr_put_strz(nlh, SKALD_CLASSIFIER_A_TEXT, text);
}

static int add(struct skald_kmod *kmod,
	       const struct skald_classifier *classifier,
	       const struct programs *programs, uint32_t netns, uint32_t *line,
	       struct skald_error *error)
{
	void *buffer = malloc(SKALD_KMOD_REQUEST);
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	int err;

	if (!buffer)
		return -ENOMEM;
	nlh = skald_kmod_request(kmod, buffer, SKALD_CMD_CLASSIFIER_ADD);
	nest = mnl_attr_nest_start(nlh, SKALD_A_CLASSIFIER);
	put_program(nlh, SKALD_CLASSIFIER_A_L2, &programs->l2);
	put_program(nlh, SKALD_CLASSIFIER_A_L3, &programs->l3);
	mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_POINTS,
			 points_of(classifier, programs));
	mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_NETNS, netns);
	put_limits(nlh, classifier);
	put_text(nlh, classifier->expression);
	mnl_attr_nest_end(nlh, nest);
	err = skald_call_ask(&kmod->call, nlh, take_line, line, error);
	free(buffer);
	return err;
}

int skald_kmod_debug_add(struct skald_kmod *kmod,
			 const struct skald_classifier *classifier,
			 uint32_t netns, uint32_t *line,
			 struct skald_error *error)
{
	struct programs programs = { 0 };
	struct skald_error why = { .text = "no memory" };
	uint32_t made = 0;
	int err;

	err = compile(classifier, &programs, error);
	if (err)
		return err;
	if (programs.l2.n_insns + programs.l3.n_insns > INSNS_MAX)
		err = skald_error_set(&why, E2BIG, "its program is too long");
	else
		err = add(kmod, classifier, &programs, netns, &made, &why);
	programs_done(&programs);
	if (err)
		return skald_error_set(error, -err,
				       "skald.ko refuses the classifier: %s",
				       why.text);
	*line = made;
	return 0;
}

int skald_kmod_debug_delete(struct skald_kmod *kmod, uint32_t line,
			    struct skald_error *error)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh =
		skald_kmod_request(kmod, buffer, SKALD_CMD_CLASSIFIER_DEL);
	struct nlattr *nest = mnl_attr_nest_start(nlh, SKALD_A_CLASSIFIER);

	mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_ID, line);
	mnl_attr_nest_end(nlh, nest);
	return skald_call_ask(&kmod->call, nlh, NULL, NULL, error);
}

/**
 * struct wanted - a line that is looked for in the dump
 * @line: its number
 * @is_found: it was there
 * @count: what it did
 */
struct wanted {
	uint32_t line;
	bool is_found;
	struct skald_classifier_count count;
};

static int take_count(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest[SKALD_CLASSIFIER_A_MAX + 1];
	const struct nlattr *tb[SKALD_A_MAX + 1];
	struct wanted *wanted = user;

	skald_kmod_attributes(nlh, tb);
	if (!tb[SKALD_A_CLASSIFIER])
		return 0;
	skald_attrs_parse_nested(tb[SKALD_A_CLASSIFIER], nest,
				 SKALD_CLASSIFIER_A_MAX + 1);
	if (skald_attr_u32(nest[SKALD_CLASSIFIER_A_ID]) != wanted->line)
		return 0;
	wanted->is_found = true;
	wanted->count.seen = skald_attr_u64(nest[SKALD_CLASSIFIER_A_MATCHED]);
	wanted->count.marked = skald_attr_u64(nest[SKALD_CLASSIFIER_A_MARKED]);
	return 0;
}

int skald_kmod_debug_count(struct skald_kmod *kmod, uint32_t line,
			   struct skald_classifier_count *count)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh =
		skald_kmod_request(kmod, buffer, SKALD_CMD_CLASSIFIER_GET);
	struct wanted wanted = { .line = line };
	int err;

	nlh->nlmsg_flags |= NLM_F_DUMP;
	err = skald_call_do(&kmod->call, nlh, take_count, &wanted);
	if (err)
		return err;
	if (!wanted.is_found)
		return -ENOENT;
	*count = wanted.count;
	return 0;
}
