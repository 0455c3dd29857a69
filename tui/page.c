// SPDX-License-Identifier: GPL-2.0-only
/*
 * Painted text in memory. Views fill pages, draw.c puts them on the screen.
 * Where memory ends, text is missing; nothing else happens.
 */
#include "page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

#define TAB 4

struct page_line {
	size_t text;
	size_t span;
	size_t n_spans;
	bool joined;
	bool marked;
	uint64_t ref;
};

void skald_page_clear(struct skald_page *page)
{
	page->text.len = 0;
	page->spans.len = 0;
	page->lines.len = 0;
	page->start = 0;
	page->n_spans = 0;
	page->joined = false;
	page->marked = false;
	page->ref = 0;
}

void skald_page_done(struct skald_page *page)
{
	skald_buffer_done(&page->text);
	skald_buffer_done(&page->spans);
	skald_buffer_done(&page->lines);
	memset(page, 0, sizeof(*page));
}

static void put_span(struct skald_page *page, enum skald_paint paint)
{
	struct skald_span span = {
		.start = (uint32_t)(page->text.len - page->start),
		.paint = paint,
	};

	if (page->n_spans) {
		const uint8_t *end = page->spans.data + page->spans.len;
		struct skald_span last;

		memcpy(&last, end - sizeof(last), sizeof(last));
		if (last.paint == paint)
			return;
	}
	skald_buffer_put(&page->spans, &span, sizeof(span));
	page->n_spans++;
}

static void put_spaces(struct skald_page *page, size_t count)
{
	while (count--)
		skald_buffer_put_u8(&page->text, ' ');
}

void skald_page_text(struct skald_page *page, enum skald_paint paint,
		     const char *text)
{
	if (!*text)
		return;
	if (page->margin && page->text.len == page->start) {
		put_span(page, SKALD_PAINT_PLAIN);
		put_spaces(page, page->margin);
	}
	put_span(page, paint);
	while (*text) {
		size_t len = strcspn(text, "\t");

		skald_buffer_put(&page->text, text, len);
		text += len;
		if (*text != '\t')
			break;
		put_spaces(page, TAB - skald_page_column(page) % TAB);
		text++;
	}
}

void skald_page_printf(struct skald_page *page, enum skald_paint paint,
		       const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	skald_page_text(page, paint, text);
}

/* The text of the unfinished line has no NUL yet: count by hand. */
size_t skald_page_column(const struct skald_page *page)
{
	size_t columns = 0;
	size_t at = page->start;

	while (at < page->text.len) {
		size_t left = page->text.len - at;
		char one[SKALD_UTF8_MAX] = "";
		const char *text = one;

		memcpy(one, page->text.data + at, left < 4 ? left : 4);
		columns += (size_t)skald_utf8_width(skald_utf8_next(&text));
		at += text > one ? (size_t)(text - one) : 1;
	}
	return columns;
}

void skald_page_pad(struct skald_page *page, size_t column)
{
	size_t now = skald_page_column(page);

	put_span(page, SKALD_PAINT_PLAIN);
	put_spaces(page, now < column ? column - now : 1);
}

/* Return: bytes of @text that fit into @columns */
static size_t fitting(const char *text, size_t columns, size_t *used)
{
	const char *next = text;
	const char *end = text;

	*used = 0;
	for (;;) {
		uint32_t character = skald_utf8_next(&next);
		size_t width = (size_t)skald_utf8_width(character);

		if (!character || *used + width > columns)
			return (size_t)(end - text);
		*used += width;
		end = next;
	}
}

void skald_page_cell(struct skald_page *page, enum skald_paint paint,
		     const char *text, size_t columns, bool ascii)
{
	size_t used;
	size_t len = fitting(text, columns, &used);

	if (!columns)
		return;
	put_span(page, paint);
	if (text[len])
		len = fitting(text, columns - 1, &used);
	skald_buffer_put(&page->text, text, len);
	if (text[len]) {
		skald_buffer_put(&page->text, ascii ? ">" : "…",
				 ascii ? 1 : strlen("…"));
		used++;
	}
	put_spaces(page, columns - used);
}

void skald_page_end(struct skald_page *page)
{
	struct page_line line = {
		.text = page->start,
		.span = page->spans.len / sizeof(struct skald_span) -
			page->n_spans,
		.n_spans = page->n_spans,
		.joined = page->joined,
		.marked = page->marked,
		.ref = page->ref,
	};

	skald_buffer_put_u8(&page->text, '\0');
	if (!page->text.failed && !page->spans.failed)
		skald_buffer_put(&page->lines, &line, sizeof(line));
	page->start = page->text.len;
	page->n_spans = 0;
	page->joined = false;
	page->marked = false;
}

size_t skald_page_lines(const struct skald_page *page)
{
	return page->lines.len / sizeof(struct page_line);
}

struct skald_line skald_page_line(const struct skald_page *page, size_t index)
{
	const struct page_line *line =
		(const struct page_line *)page->lines.data + index;
	const struct skald_span *spans =
		(const struct skald_span *)page->spans.data;

	return (struct skald_line){
		.text = (const char *)page->text.data + line->text,
		.spans = spans ? spans + line->span : NULL,
		.n_spans = line->n_spans,
		.joined = line->joined,
		.marked = line->marked,
		.ref = line->ref,
	};
}

static void sink_text(void *user, enum skald_ink ink, const char *text)
{
	skald_page_text(user, (enum skald_paint)ink, text);
}

static void sink_end(void *user)
{
	skald_page_end(user);
}

void skald_page_sink(struct skald_page *page, struct skald_sink *sink)
{
	sink->text = sink_text;
	sink->end = sink_end;
	sink->user = page;
}
