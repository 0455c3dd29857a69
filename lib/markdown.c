// SPDX-License-Identifier: GPL-2.0-only
/*
 * Markdown. Called by report_*.c.
 */
#include "markdown.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

#define NS_PER_S 1000000000ull

static void put(struct skald_md *md, const char *text)
{
	if (!md->status)
		md->status = skald_output_text(md->output, text);
}

void skald_md_printf(struct skald_md *md, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		md->status = md->status ? md->status : -ENOMEM;
		return;
	}
	put(md, text);
	free(text);
}

static size_t longest_run(const char *text, char character)
{
	size_t run = 0, longest = 0;

	for (; *text; text++) {
		run = *text == character ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* CommonMark 6.1: longer backtick strings outside than any inside. */
static void put_code(struct skald_md *md, const char *clean)
{
	size_t n = longest_run(clean, '`');
	const char *space = n ? " " : "";
	size_t i;

	for (i = 0; i < n + 1; i++)
		put(md, "`");
	put(md, space);
	put(md, clean);
	put(md, space);
	for (i = 0; i < n + 1; i++)
		put(md, "`");
}

void skald_md_code(struct skald_md *md, const char *text)
{
	char *copy;

	if (!text || !*text)
		return;
	copy = strdup(text);
	if (!copy) {
		md->status = md->status ? md->status : -ENOMEM;
		return;
	}
	put_code(md, skald_text_clean(copy));
	free(copy);
}

void skald_md_note(struct skald_md *md, const char *before, const char *text)
{
	if (!text || !*text)
		return;
	put(md, before);
	skald_md_code(md, text);
}

/* A tab is the one control character that rulesets are written with. */
static void put_line(struct skald_md *md, char *line)
{
	size_t tabs = strspn(line, "\t");

	/* a line that would end the fence is pushed away from the margin */
	if (!tabs && longest_run(line, '`') >= sizeof(SKALD_MD_FENCE) - 1)
		put(md, "    ");
	skald_text_clean(line + tabs);
	put(md, line);
	put(md, "\n");
}

void skald_md_block(struct skald_md *md, const char *text)
{
	char *copy = strdup(text), *line, *rest;

	if (!copy) {
		md->status = md->status ? md->status : -ENOMEM;
		return;
	}
	put(md, SKALD_MD_FENCE "text\n");
	for (rest = copy; (line = strsep(&rest, "\n"));)
		if (rest || *line)
			put_line(md, line);
	put(md, SKALD_MD_FENCE "\n");
	free(copy);
}

void skald_md_time(struct skald_md *md, uint64_t t_ns)
{
	time_t seconds = (time_t)(t_ns / NS_PER_S);
	char text[64];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, sizeof(text), "second %lld", (long long)seconds);
	skald_md_printf(md, "%s.%09" PRIu64 " UTC", text,
			(uint64_t)(t_ns % NS_PER_S));
}
