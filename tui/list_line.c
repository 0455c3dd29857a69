// SPDX-License-Identifier: GPL-2.0-only
/*
 * One story as a line of the list view: which columns there are in how much
 * room, and what stands in them.
 */
#include "list_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

#define TIME 14
#define TIME_SHORT 10
#define PACKET_MAX 62

static size_t digits(uint64_t number)
{
	size_t n = 1;

	while (number >= 10) {
		number /= 10;
		n++;
	}
	return n;
}

static bool same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_yday == b->tm_yday && a->tm_year == b->tm_year;
}

/* The date where it is another day than the newest row's. */
static void format_time(uint64_t newest_ns, uint64_t t_ns, bool brief,
			char *text, size_t size)
{
	time_t newest_s = (time_t)(newest_ns / 1000000000);
	time_t t_s = (time_t)(t_ns / 1000000000);
	struct tm newest;
	struct tm tm;
	char clock[16];

	localtime_r(&t_s, &tm);
	localtime_r(&newest_s, &newest);
	if (!same_day(&tm, &newest)) {
		strftime(text, size, brief ? "%m-%d %Hh" : "%m-%d %H:%M", &tm);
		return;
	}
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (brief) {
		snprintf(text, size, "%s", clock);
		return;
	}
	snprintf(text, size, "%s.%03u", clock,
		 (unsigned int)(t_ns / 1000000 % 1000));
}

static const enum skald_paint ending_paints[] = {
	[SKALD_ENDING_UNKNOWN] = SKALD_PAINT_WARN,
	[SKALD_ENDING_DELIVERED] = SKALD_PAINT_GOOD,
	[SKALD_ENDING_SENT] = SKALD_PAINT_GOOD,
	[SKALD_ENDING_DROPPED] = SKALD_PAINT_BAD,
	[SKALD_ENDING_CONSUMED] = SKALD_PAINT_VALUE,
};

static enum skald_paint ending_paint(uint32_t ending)
{
	return ending < sizeof(ending_paints) / sizeof(ending_paints[0])
		       ? ending_paints[ending]
		       : SKALD_PAINT_PLAIN;
}

/* The first word says how it ended and has the colour. */
static void put_answer(struct skald_page *page, const struct skald_row *row,
		       size_t columns, bool ascii)
{
	bool fits = skald_utf8_columns(row->answer) <= columns;
	const char *answer = fits ? row->answer : row->brief;
	size_t len = strcspn(answer, " ");
	char word[16];

	if (len >= columns || len >= sizeof(word)) {
		skald_page_cell(page, ending_paint(row->ending), answer,
				columns, ascii);
		return;
	}
	memcpy(word, answer, len);
	word[len] = '\0';
	skald_page_text(page, ending_paint(row->ending), word);
	skald_page_cell(page, SKALD_PAINT_PLAIN, answer + len, columns - len,
			ascii);
}

/**
 * struct columns - widths of the columns, with the space behind; 0: not shown
 */
struct columns {
	size_t id;
	size_t time;
	size_t netns;
	size_t path;
	size_t packet;
	size_t answer;
};

static struct columns lay_out(const struct skald_list_form *form)
{
	size_t id = digits(form->newest);
	size_t width = form->width;
	struct columns columns = {
		.id = id < 4 ? 4 : id,
		.time = width < 60    ? 0
			: width < 100 ? TIME_SHORT
				      : TIME,
		.netns = width >= 136 ? 13 : 0,
		.path = width >= 112 ? 16 : 0,
	};
	size_t used = 2 + columns.id + 2 + columns.time + columns.netns +
		      columns.path;

	width -= used < width ? used : width;
	columns.packet = width * 4 / 7;
	if (columns.packet > PACKET_MAX)
		columns.packet = PACKET_MAX;
	columns.answer = width - columns.packet;
	return columns;
}

/* A column, and a space to the next. */
static void put_column(struct skald_page *page, enum skald_paint paint,
		       const char *text, size_t columns, bool ascii)
{
	if (!columns)
		return;
	skald_page_cell(page, paint, text, columns - 1, ascii);
	skald_page_text(page, SKALD_PAINT_PLAIN, " ");
}

static const char *row_flag(const struct skald_row *row, bool ascii)
{
	if (!row->complete)
		return "!";
	if (row->pinned)
		return ascii ? "*" : "•";
	return " ";
}

void skald_list_line(struct skald_page *page,
		     const struct skald_list_form *form,
		     const struct skald_row *row, uint64_t newest_ns)
{
	const struct columns columns = lay_out(form);
	const bool ascii = form->ascii;
	char text[32];

	page->ref = row->id;
	skald_page_text(page, SKALD_PAINT_WARN, row_flag(row, ascii));
	skald_page_printf(page, SKALD_PAINT_VALUE, " %*llu  ", (int)columns.id,
			  (unsigned long long)row->id);
	format_time(newest_ns, row->start_ns, columns.time == TIME_SHORT, text,
		    sizeof(text));
	put_column(page, SKALD_PAINT_DIM, text, columns.time, ascii);
	put_column(page, SKALD_PAINT_DIM, row->netns, columns.netns, ascii);
	put_column(page, SKALD_PAINT_CHAIN, row->path, columns.path, ascii);
	put_column(page, SKALD_PAINT_PLAIN, row->packet, columns.packet, ascii);
	put_answer(page, row, columns.answer, ascii);
	skald_page_end(page);
}

void skald_list_head(struct skald_page *page,
		     const struct skald_list_form *form)
{
	const struct columns columns = lay_out(form);
	const enum skald_paint paint = SKALD_PAINT_PLAIN;

	skald_page_printf(page, paint, "  %*s  ", (int)columns.id, "ID");
	put_column(page, paint, "TIME", columns.time, form->ascii);
	put_column(page, paint, "NAMESPACE", columns.netns, form->ascii);
	put_column(page, paint, "IN > OUT", columns.path, form->ascii);
	put_column(page, paint, "PACKET", columns.packet, form->ascii);
	put_column(page, paint, "ENDING", columns.answer, form->ascii);
}
