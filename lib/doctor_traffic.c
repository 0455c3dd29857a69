// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check "traffic": what the watch means.
 */
#include "doctor_exam.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *link_name(const struct skald_exam *exam, uint32_t index)
{
	const struct skald_exam_link *link = skald_exam_link(exam, index);

	return link ? link->name : "?";
}

static void row(struct skald_exam *exam, enum skald_check_state state,
		const char *help, const char *text)
{
	skald_exam_row(exam, "traffic", state, help, "%s", text);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void nothing_on_the_wire(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;
	char text[512];

	snprintf(text, sizeof(text),
		 "no matching packet on %s%s of namespace %s in %u.%u s",
		 exam->wish->device ? "interface " : "any interface",
		 exam->wish->device ? exam->wish->device : "", exam->netns.name,
		 watch->elapsed_ms / 1000, watch->elapsed_ms % 1000 / 100);
	row(exam, SKALD_CHECK_BAD,
	    "send one now; if it is sent, try the expression with tcpdump, or "
	    "another namespace with --netns",
	    text);
}

/* A row about something that stands before the first chain. */
static const struct skald_check *suspect(const struct skald_exam *exam)
{
	static const char *const names[] = { "tc", "ingress", "offload",
					     "xdp" };
	const struct skald_doctor *doctor = exam->doctor;
	unsigned int i;
	size_t n;

	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		for (i = 0; i < doctor->n_checks; i++)
			if (doctor->checks[i].state == SKALD_CHECK_WARN &&
			    !strcmp(doctor->checks[i].name, names[n]))
				return &doctor->checks[i];
	return NULL;
}

/* In front of the first chain only the device, tc and the IP layer stand. */
static void lost_before_the_hook(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;
	const struct skald_exam_link *link;
	const struct skald_check *who = suspect(exam);
	char text[256], help[1024];

	link = skald_exam_link(exam, watch->in_index);
	if (link && link->master)
		snprintf(help, sizeof(help),
			 "%s is a port of %s %s, which may take its packets",
			 link->name, link->port_kind,
			 link_name(exam, link->master));
	else if (who)
		snprintf(help, sizeof(help), "look at what stands there: %s",
			 who->text);
	else
		snprintf(help, sizeof(help),
			 "nothing of the kernel's own is known to stand there; "
			 "look at the IP error counters (nstat -az)");
	snprintf(text, sizeof(text),
		 "%" PRIu64 " matching packet%s came in by %s, none reached "
		 "the first chain of prerouting",
		 watch->in, plural(watch->in), link ? link->name : "?");
	row(exam, SKALD_CHECK_BAD, help, text);
}

static void for_others(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;
	char text[256];

	snprintf(text, sizeof(text),
		 "%" PRIu64 " matching packet%s on %s carr%s another "
		 "station's link-layer address",
		 watch->other, plural(watch->other),
		 link_name(exam, watch->in_index),
		 watch->other == 1 ? "ies" : "y");
	row(exam, SKALD_CHECK_BAD,
	    "the sender's neighbour table or a switch sends them wrong; the "
	    "kernel ignores them",
	    text);
}

static void only_leaving(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;
	char text[256];

	snprintf(text, sizeof(text),
		 "%" PRIu64 " matching packet%s left by %s, but none came by "
		 "the first chains",
		 watch->out, plural(watch->out),
		 link_name(exam, watch->out_index));
	row(exam, SKALD_CHECK_BAD,
	    "packets are chosen before NAT: use the addresses and ports they "
	    "have then",
	    text);
}

static void seen(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;
	char text[256];

	snprintf(text, sizeof(text),
		 "%" PRIu64 " matching packet%s at the first chains in "
		 "%u.%u s (%" PRIu64 " came in, %" PRIu64 " left)",
		 watch->seen, plural(watch->seen), watch->elapsed_ms / 1000,
		 watch->elapsed_ms % 1000 / 100, watch->in, watch->out);
	row(exam, SKALD_CHECK_OK, "", text);
}

/* One of the two counts could not be had. */
static void half_known(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;
	char text[SKALD_ERROR_TEXT + 128];

	if (watch->hooks_known && watch->seen) {
		seen(exam);
		return;
	}
	if (watch->wire_known && !watch->in && !watch->out && !watch->other) {
		nothing_on_the_wire(exam);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 " in, %" PRIu64 " out; %s",
		 watch->in, watch->out,
		 watch->wire_known ? watch->hooks_error.text
				   : watch->wire_error.text);
	row(exam, SKALD_CHECK_UNKNOWN,
	    watch->wire_known ? watch->hooks_error.help
			      : watch->wire_error.help,
	    text);
}

static void with_expression(struct skald_exam *exam)
{
	const struct skald_exam_watch *watch = &exam->watch;

	if (!watch->wire_known && !watch->hooks_known)
		row(exam, SKALD_CHECK_UNKNOWN, "run it as root",
		    exam->has_classifier ? watch->wire_error.text
					 : "there is nothing to look for");
	else if (!watch->wire_known || !watch->hooks_known)
		half_known(exam);
	else if (watch->seen)
		seen(exam);
	else if (watch->in)
		lost_before_the_hook(exam);
	else if (watch->out)
		only_leaving(exam);
	else if (watch->other)
		for_others(exam);
	else
		nothing_on_the_wire(exam);
}

static void without_expression(struct skald_exam *exam)
{
	uint64_t rx = exam->after.rx - exam->before.rx;
	uint64_t tx = exam->after.tx - exam->before.tx;
	char text[256];

	snprintf(text, sizeof(text),
		 "%" PRIu64 " packet%s in and %" PRIu64 " out on all "
		 "interfaces in %u.%u s",
		 rx, plural(rx), tx, exam->watch.elapsed_ms / 1000,
		 exam->watch.elapsed_ms % 1000 / 100);
	row(exam, rx || tx ? SKALD_CHECK_OK : SKALD_CHECK_WARN,
	    rx || tx ? ""
		     : "is this the right namespace? --netns NAME looks at "
		       "another",
	    text);
}

void skald_check_traffic(struct skald_exam *exam)
{
	if (exam->wish->expression)
		with_expression(exam);
	else
		without_expression(exam);
}
