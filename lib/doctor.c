// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor: gathers, lets every check look, and decides what explains most.
 * Called by "skald doctor" and by "skald follow" when nothing comes.
 */
#include "doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_exam.h"
#include "text.h"

#define CHECK_FUNCTION(name, help) skald_check_##name,
static void (*const checks[])(struct skald_exam *exam) = {
	SKALD_CHECKS(CHECK_FUNCTION)
};

#define N_CHECKS (sizeof(checks) / sizeof(checks[0]))

const char *skald_check_state_word(enum skald_check_state state)
{
#define STATE_WORD(name, word) [SKALD_CHECK_##name] = word,
	static const char *const words[SKALD_N_CHECK_STATES] = {
		SKALD_CHECK_STATES(STATE_WORD)
	};

	return state < SKALD_N_CHECK_STATES ? words[state] : "?";
}

void skald_exam_row(struct skald_exam *exam, const char *name,
		    enum skald_check_state state, const char *help,
		    const char *format, ...)
{
	struct skald_doctor *doctor = exam->doctor;
	struct skald_check *check = &doctor->checks[doctor->n_checks];
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check->name = name;
	check->state = state;
	check->text = skald_arena_printf(&doctor->arena, "%s",
					 skald_text_clean(text));
	check->help = skald_arena_printf(&doctor->arena, "%s", help);
	if (check->text && check->help)
		doctor->n_checks++;
	else
		exam->failed = true;
}

void skald_exam_name(struct skald_exam_names *names, const char *format, ...)
{
	size_t used = strlen(names->text);
	char name[sizeof(names->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	names->n++;
	if (names->is_cut)
		return;
	names->is_cut =
		used + strlen(name) + sizeof(", , ...") > sizeof(names->text);
	skald_text_add(names->text, sizeof(names->text), "%s%s",
		       used ? ", " : "", names->is_cut ? "..." : name);
}

static void compile(struct skald_exam *exam)
{
	const char *expression = exam->wish->expression;

	if (!expression)
		return;
	exam->classifier.expression = strdup(expression);
	exam->classifier.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT;
	exam->classifier.id = 1;
	exam->classifier.rate = 1;
	if (exam->wish->device)
		exam->classifier.iif = strdup(exam->wish->device);
	if (!exam->classifier.expression ||
	    (exam->wish->device && !exam->classifier.iif)) {
		exam->failed = true;
		return;
	}
	exam->classifier_status = skald_classifier_compile(
		&exam->classifier, &exam->classifier_error);
	exam->has_classifier = !exam->classifier_status;
	if (!exam->has_classifier)
		exam->doctor->column = exam->classifier_error.column;
}

static void gather(struct skald_exam *exam)
{
	exam->nftables = skald_exam_nftables(&exam->netns);
	exam->links_error =
		skald_exam_links(&exam->netns, &exam->links, &exam->n_links);
	compile(exam);
	skald_exam_count(exam, &exam->before);
	skald_exam_watch(exam);
	skald_exam_count(exam, &exam->after);
}

static const struct skald_check *find_state(const struct skald_doctor *doctor,
					    enum skald_check_state state)
{
	unsigned int i;

	for (i = 0; i < doctor->n_checks; i++)
		if (doctor->checks[i].state == state)
			return &doctor->checks[i];
	return NULL;
}

/* A warning explains nothing when the packets were seen all the same. */
static void decide(const struct skald_exam *exam)
{
	struct skald_doctor *doctor = exam->doctor;

	doctor->likely = find_state(doctor, SKALD_CHECK_BAD);
	if (!doctor->likely && !exam->watch.seen)
		doctor->likely = find_state(doctor, SKALD_CHECK_WARN);
}

static int examine(struct skald_exam *exam)
{
	struct skald_doctor *doctor = exam->doctor;
	unsigned int i;

	doctor->netns =
		skald_arena_printf(&doctor->arena, "%s", exam->netns.name);
	doctor->checks = skald_arena_alloc(&doctor->arena,
					   N_CHECKS * sizeof(*doctor->checks));
	if (!doctor->netns || !doctor->checks)
		return -ENOMEM;
	gather(exam);
	for (i = 0; i < N_CHECKS; i++)
		checks[i](exam);
	if (exam->failed)
		return -ENOMEM;
	decide(exam);
	return 0;
}

int skald_doctor_examine(const struct skald_doctor_wish *wish,
			 struct skald_doctor *doctor, struct skald_error *error)
{
	struct skald_doctor new = { 0 };
	struct skald_exam exam = { .wish = wish, .doctor = &new };
	int ret;

	ret = skald_netns_open(wish->netns, &exam.netns, error);
	if (ret)
		return ret;
	ret = examine(&exam);
	skald_classifier_done(&exam.classifier);
	free(exam.links);
	skald_netns_close(&exam.netns);
	if (ret) {
		skald_doctor_done(&new);
		return skald_error_set(error, -ret, "cannot examine: %s",
				       strerror(-ret));
	}
	*doctor = new;
	return 0;
}

void skald_doctor_done(struct skald_doctor *doctor)
{
	skald_arena_done(&doctor->arena);
	memset(doctor, 0, sizeof(*doctor));
}

static json_t *check_json(const struct skald_check *check)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "name", check->name, "state",
			 skald_check_state_word(check->state), "text",
			 check->text, "help", check->help);
}

json_t *skald_doctor_json(const struct skald_doctor *doctor)
{
	json_t *rows = json_array();
	unsigned int i;

	if (!rows)
		return NULL;
	for (i = 0; i < doctor->n_checks; i++) {
		if (json_array_append_new(rows,
					  check_json(&doctor->checks[i]))) {
			json_decref(rows);
			return NULL;
		}
	}
	return json_pack("{s:s, s:s?, s:o}", "netns", doctor->netns, "likely",
			 doctor->likely ? doctor->likely->text : NULL, "checks",
			 rows);
}
