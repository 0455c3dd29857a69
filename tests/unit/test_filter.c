// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter language: what it accepts, how it complains, and that what it
 * finds is what it says, whichever way the store goes to find it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fail_malloc.h"
#include "filter.h"
#include "filter_internal.h"
#include "random_event.h"
#include "scratch_store.h"

TestSuite(filter, .init = scratch_make, .fini = scratch_remove);

/* ---- what is refused ---- */

static const struct {
	const char *text;
	int column;
	const char *words;
	const char *help;
} refused[] = {
	{ "ip.foo == 1", 1, "\"ip.foo\" is not a field", "Did you mean" },
	{ "ip.scr == 1", 1, "not a field", "ip.src" },
	{ "verdict = drop && portt == 3", 19, "\"portt\"", "port" },
	{ "verdict", 8, "ends where one of == !=", "" },
	{ "verdict drop", 9, "\"drop\" stands where", "" },
	{ "verdict == ", 12, "ends where a value", "" },
	{ "verdict == maybe", 12, "drop, accept, unknown, delivered", "" },
	{ "verdict < drop", 9, "one of == != or \"in\"", "" },
	{ "port ~ 4", 6, "one of == != < <= > >=", "" },
	{ "rule < 4", 6, "one of == != ~ !~", "" },
	{ "port == http", 9, "expected a number", "" },
	{ "port == 99999999999999999999", 9, "expected a number", "" },
	{ "port == -1", 9, "expected a number", "" },
	{ "ip.src == 10.0.0.0/33", 11, "expected an address", "" },
	{ "ip.src == 10.0.0", 11, "expected an address", "" },
	{ "ip.src == 2001:db8::/129", 11, "expected an address", "" },
	{ "ip.src == 10.0.0.0/", 11, "expected an address", "" },
	{ "mac.src == 02:00:00", 12, "six bytes", "" },
	{ "complete == perhaps", 13, "yes or no", "" },
	{ "time > yesterday", 8, "a time such as", "" },
	{ "time > 2024-13-01", 8, "a time such as", "" },
	{ "time > 25:00", 8, "a time such as", "" },
	{ "time > -10", 8, "a time such as", "" },
	{ "duration > 10", 12, "with its unit", "" },
	{ "duration > 9999999999999999999h", 12, "with its unit", "" },
	{ "hook == middle", 9, "prerouting", "" },
	{ "state == open", 10, "established", "" },
	{ "source == pcap", 11, "kmod", "" },
	{ "event == jump", 10, "kind of event", "" },
	{ "rule ~ \"x", 8, "does not end", "" },
	{ "rule ~ 'x\\'", 8, "does not end", "" },
	{ "(port == 1", 11, "ends where \")\"", "" },
	{ "port == 1)", 10, "stands where && or ||", "" },
	{ "port == 1 port == 2", 11, "stands where && or ||", "" },
	{ "port == 1 &&", 13, "ends where a field", "" },
	{ "&& port == 1", 1, "stands where a field", "" },
	{ "not", 4, "ends where a field", "" },
	{ "port in 1", 9, "stands where \"{\"", "" },
	{ "port in {}", 10, "stands where a value", "" },
	{ "port in {1 2}", 12, "stands where \",\" or \"}\"", "" },
	{ "port in {1,}", 12, "stands where a value", "" },
	{ "port == 1 & port == 2", 11, "\"&\" means nothing", "" },
	{ "port == 1 ; drop", 11, "\";\" means nothing", "" },
	{ "port == \x01", 9, "0x1 means nothing", "" },
};

Test(filter, what_is_wrong_is_said_with_its_column)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct skald_filter *filter = NULL;
		struct skald_error error = { 0 };
		int err =
			skald_filter_compile(refused[i].text, &filter, &error);

		cr_assert_eq(err, -EINVAL, "%s: %d", refused[i].text, err);
		cr_assert_null(filter);
		cr_assert_eq(error.column, refused[i].column, "%s: column %d",
			     refused[i].text, error.column);
		cr_assert_not_null(strstr(error.text, refused[i].words),
				   "%s: %s", refused[i].text, error.text);
		cr_assert_not_null(strstr(error.help, refused[i].help),
				   "%s: %s", refused[i].text, error.help);
	}
}

static int compile_repeated(const char *before, const char *part, size_t n,
			    const char *after)
{
	size_t len = strlen(part);
	char *text = malloc(strlen(before) + n * len + strlen(after) + 1);
	char *to = stpcpy(text, before);
	struct skald_filter *filter = NULL;
	int err;

	while (n--)
		to = stpcpy(to, part);
	strcpy(to, after);
	err = skald_filter_compile(text, &filter, NULL);
	skald_filter_free(filter);
	free(text);
	return err;
}

Test(filter, hostile_sizes_are_refused)
{
	cr_assert_eq(compile_repeated("", "!", 60, "port == 1"), 0);
	cr_assert_eq(compile_repeated("", "!", 70, "port == 1"), -EINVAL);
	cr_assert_eq(compile_repeated("", "(", 1000, "port == 1"), -EINVAL);
	cr_assert_eq(compile_repeated("id==1", "||id==1", 199, ""), 0);
	cr_assert_eq(compile_repeated("id==1", "||id==1", 200, ""), -EINVAL);
	cr_assert_eq(compile_repeated("id in {1", ",1", 399, "}"), 0);
	cr_assert_eq(compile_repeated("id in {1", ",1", 400, "}"), -EINVAL);
	cr_assert_eq(compile_repeated("rule ~ \"", "x", 10000, "\""), -EINVAL);
	cr_assert_eq(compile_repeated("", " ", 10000, ""), -EINVAL);
	cr_assert_eq(compile_repeated("", " ", 100, ""), 0);
}

Test(filter, compiling_survives_every_failed_allocation)
{
	struct skald_filter *filter = NULL;
	struct skald_error error;
	int err = -ENOMEM;
	long n;

	for (n = 0; n < 1000 && err == -ENOMEM; n++) {
		fail_malloc_after = n;
		err = skald_filter_compile(
			"verdict == drop && (rule ~ \"x\" || "
			"ip.src in {10.0.0.0/8, ::1})",
			&filter, &error);
		fail_malloc_after = -1;
	}
	cr_assert_eq(err, 0);
	cr_assert_gt(n, 5, "only %ld allocations", n);
	skald_filter_free(filter);
}

/* ---- times ---- */

#define NOW_NS 1700000000123456789ll

static const struct {
	const char *text;
	int64_t t_ns;
} times[] = {
	{ "now", NOW_NS },
	{ "-10m", NOW_NS - 600000000000ll },
	{ "-1h30m5s", NOW_NS - 5405000000000ll },
	{ "-2w", NOW_NS - 1209600000000000ll },
	{ "-9000d", NOW_NS - 9000ll * 86400000000000ll },
	{ "-99999d", 0 },
	{ "@1700000000.5", 1700000000500000000ll },
	{ "@0", 0 },
	{ "2023-11-14", 1699916400000000000ll },
	{ "2023-11-14T22:13:20Z", 1700000000000000000ll },
	{ "2023-11-14 22:13:20.25Z", 1700000000250000000ll },
	{ "2023-11-14T23:13:20", 1700000000000000000ll },
	{ "2023-11-14T22:13+02:00", 1699992780000000000ll },
	{ "2023-11-14T22:13:20-0100", -1 },
	{ "2023-11-14T22:13:20-01", 1700003600000000000ll },
	{ "23:13:20", 1700000000000000000ll },
	{ "00:00", 1699916400000000000ll },
	{ "2300-01-01", -1 },
	{ "1969-01-01", -1 },
	{ "2023-11-14T", -1 },
	{ "2023-11-14Tx", -1 },
	{ "22:13:20.", -1 },
	{ "22", -1 },
	{ "@", -1 },
	{ "@99999999999", -1 },
	{ "-", -1 },
	{ "-5", -1 },
	{ "-5y", -1 },
	{ "", -1 },
};

Test(filter, times_are_read_as_people_write_them)
{
	/* An hour east of Greenwich; in POSIX the sign is the other way. */
	cr_assert_eq(setenv("TZ", "TST-1", 1), 0);
	tzset();
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		int64_t t_ns = -1;
		bool is_time = skald_filter_time(times[i].text, NOW_NS, &t_ns);

		cr_assert_eq(is_time, times[i].t_ns >= 0, "%s", times[i].text);
		if (is_time)
			cr_assert_eq(t_ns, times[i].t_ns, "%s: %lld",
				     times[i].text, (long long)t_ns);
	}
}

/* ---- hostile text ---- */

Test(filter, any_text_is_a_filter_or_an_error)
{
	static const char *const tokens[] = {
		"verdict",    "==",
		"drop",	      "(",
		")",	      "&&",
		"||",	      "!",
		"in",	      "{",
		"}",	      ",",
		"port",	      "80",
		"\"",	      "'",
		"\\",	      "ip.src",
		"10.0.0.0/8", "~",
		"!=",	      "<",
		">=",	      "time",
		"-10m",	      "rule",
		"complete",   "and",
		"or",	      "not",
		"\xff",	      "%",
		"_",	      "--",
		";",	      "2001:db8::/32",
		"mac.src",    "02:00:00:00:00:01",
		"duration",   "5ms",
		"len",	      "\t",
		"shape",      "id",
		"=",	      "@1.5",
	};
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	static struct scratch_ids found;
	struct dice dice = { 41 };
	unsigned int n_valid = 0;
	char text[2048];

	scratch_fill(store, 0, 10);
	for (int round = 0; round < 60000; round++) {
		struct skald_filter *filter = NULL;
		struct skald_error error = { 0 };
		struct skald_list_query query = { 0 };
		char *to = text;

		for (uint64_t i = 1 + roll_below(&dice, 9); i; i--) {
			to = stpcpy(to,
				    tokens[roll_below(
					    &dice,
					    sizeof(tokens) / sizeof(*tokens))]);
			if (roll_below(&dice, 4))
				*to++ = ' ';
		}
		*to = '\0';
		if (skald_filter_compile(text, &filter, &error)) {
			cr_assert_gt(error.column, 0, "%s", text);
			cr_assert_leq(error.column, (int)strlen(text) + 1);
			continue;
		}
		n_valid++;
		query.filter = filter;
		scratch_list(store, &query, &found);
		skald_filter_free(filter);
	}
	cr_assert_gt(n_valid, 50);
	skald_store_close(store);
}

Test(filter, what_looks_like_sql_is_text)
{
	static struct scratch_ids found;
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_list_query all = { 0 };

	scratch_fill(store, 0, 5);
	scratch_list_text(store, "rule == \"x' OR 1=1 --\"", all, &found);
	cr_assert_eq(found.n, 0);
	scratch_list_text(store, "rule ~ \"'; DROP TABLE story; --\"", all,
			  &found);
	cr_assert_eq(found.n, 0);
	scratch_list_text(store, "rule ~ 'iifname \"eth0\"'", all, &found);
	cr_assert_eq(found.n, 5);
	scratch_list_text(store, "rule ~ \"iifname \\\"eth0\\\"\"", all,
			  &found);
	cr_assert_eq(found.n, 5);
	scratch_list_text(store, "rule ~ \"jump_from\"", all, &found);
	cr_assert_eq(found.n, 0);
	cr_assert_eq(scratch_count(store), 5);
	skald_store_close(store);
}

/* ---- the list of fields ---- */

Test(filter, every_field_is_in_the_manual)
{
	FILE *stream = fopen("docs/filter.md", "r");
	char *text = calloc(1, 65536);

	if (!stream)
		cr_skip_test("not run from the top of the tree");
	cr_assert_gt(fread(text, 1, 65535, stream), 0);
	for (const struct skald_filter_field *field = skald_filter_fields;
	     field->name; field++) {
		char row[256];

		snprintf(row, sizeof(row), "| `%s` | %s | %s |", field->name,
			 field->type, field->help);
		cr_assert_not_null(strstr(text, row), "%s", row);
	}
	fclose(stream);
	free(text);
}

Test(filter, names_of_packet_fields_are_those_of_packets)
{
	for (const struct skald_filter_desc *desc = skald_filter_descs;
	     desc->name; desc++) {
		const char *name = desc->columns + (*desc->columns == '+');
		bool is_known = !strcmp(name, "flags");

		if (desc->scope != SKALD_SCOPE_PACKET)
			continue;
		for (int i = 0; i < SKALD_N_P; i++)
			is_known |= !strcmp(name, skald_packet_descs[i].name);
		cr_assert(is_known, "%s", desc->name);
	}
}
