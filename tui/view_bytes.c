// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet's bytes as it was marked and as it was last seen: each header in
 * hexadecimal and ASCII, lines that changed twice ("-" before, "+" after), and
 * the named fields beside them or, on narrow screens, below.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "browser.h"
#include "utf8.h"

#define PER_LINE 16
#define HEX_COLUMNS 76
#define FIELD_COLUMNS 40
#define BYTES_MAX 64

/**
 * struct header - one header, before and after
 * @title: what it is
 * @before: as it was marked
 * @n_before: bytes that are known
 * @after: as it was last seen
 * @n_after: bytes that are known
 */
struct header {
	const char *title;
	const uint8_t *before;
	unsigned int n_before;
	const uint8_t *after;
	unsigned int n_after;
};

static struct skald_story *story_of(struct skald_view *view)
{
	return skald_view_private(view);
}

static int bytes_open(struct skald_view *view, uint64_t id,
		      struct skald_error *error)
{
	const struct skald_browser_source *source = &view->browser->source;

	return source->ops->story(source->source, id, story_of(view), error);
}

static void bytes_close(struct skald_view *view)
{
	skald_story_done(story_of(view));
}

/* ---- hexadecimal ---- */

static bool differs(const struct header *header, unsigned int at)
{
	if (at >= header->n_before || at >= header->n_after)
		return header->n_before && header->n_after;
	return header->before[at] != header->after[at];
}

static bool row_differs(const struct header *header, unsigned int from)
{
	unsigned int i;

	for (i = from; i < from + PER_LINE; i++) {
		if ((i < header->n_before || i < header->n_after) &&
		    differs(header, i))
			return true;
	}
	return false;
}

static void put_hex(struct skald_page *page, const struct header *header,
		    const uint8_t *bytes, unsigned int len, unsigned int from,
		    enum skald_paint changed)
{
	unsigned int i;

	for (i = from; i < from + PER_LINE; i++) {
		if (i == from + PER_LINE / 2)
			skald_page_text(page, SKALD_PAINT_PLAIN, " ");
		if (i < len)
			skald_page_printf(page,
					  differs(header, i)
						  ? changed
						  : SKALD_PAINT_PLAIN,
					  "%02x", bytes[i]);
		else
			skald_page_text(page, SKALD_PAINT_PLAIN, "  ");
		skald_page_text(page, SKALD_PAINT_PLAIN, " ");
	}
	skald_page_text(page, SKALD_PAINT_PLAIN, " ");
	for (i = from; i < from + PER_LINE && i < len; i++)
		skald_page_printf(
			page, differs(header, i) ? changed : SKALD_PAINT_DIM,
			"%c", isprint(bytes[i]) ? bytes[i] : '.');
}

static void put_row(struct skald_page *page, const struct header *header,
		    bool after, unsigned int from)
{
	bool changed = row_differs(header, from);
	const char *sign = !changed ? "  " : after ? "+ " : "- ";
	enum skald_paint paint = after ? SKALD_PAINT_NEW : SKALD_PAINT_OLD;

	page->marked = changed;
	skald_page_text(page, changed ? paint : SKALD_PAINT_PLAIN, sign);
	skald_page_printf(page, SKALD_PAINT_DIM, "%04x  ", from);
	if (after)
		put_hex(page, header, header->after, header->n_after, from,
			paint);
	else
		put_hex(page, header, header->before, header->n_before, from,
			paint);
	skald_page_end(page);
}

/* Without colours: what changed is pointed at. */
static void put_pointers(struct skald_page *page, const struct header *header,
			 unsigned int from)
{
	unsigned int i;

	page->joined = true;
	skald_page_text(page, SKALD_PAINT_PLAIN, "        ");
	for (i = from; i < from + PER_LINE; i++) {
		bool there = i < header->n_before || i < header->n_after;

		if (i == from + PER_LINE / 2)
			skald_page_text(page, SKALD_PAINT_PLAIN, " ");
		skald_page_text(page, SKALD_PAINT_TITLE,
				there && differs(header, i) ? "^^ " : "   ");
	}
	skald_page_end(page);
}

static unsigned int count_changes(const struct header *header)
{
	unsigned int len = header->n_before > header->n_after ? header->n_before
							      : header->n_after;
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		n += differs(header, i);
	return n;
}

static void put_header_title(struct skald_page *page,
			     const struct header *header)
{
	unsigned int changes = count_changes(header);

	skald_page_printf(page, SKALD_PAINT_HOOK, "%s", header->title);
	if (!header->n_before && !header->n_after)
		skald_page_text(page, SKALD_PAINT_DIM, "  not seen");
	else if (!header->n_after)
		skald_page_printf(page, SKALD_PAINT_DIM,
				  "  %u bytes, not seen later",
				  header->n_before);
	else if (!header->n_before)
		skald_page_printf(page, SKALD_PAINT_DIM,
				  "  %u bytes, not seen at the mark",
				  header->n_after);
	else
		skald_page_printf(page, SKALD_PAINT_DIM, "  %u bytes, ",
				  header->n_after);
	if (header->n_before && header->n_after)
		skald_page_printf(page,
				  changes ? SKALD_PAINT_WARN : SKALD_PAINT_DIM,
				  "%u changed", changes);
	skald_page_end(page);
}

static void put_header(struct skald_page *page, const struct header *header,
		       bool pointers)
{
	unsigned int len = header->n_before > header->n_after ? header->n_before
							      : header->n_after;
	unsigned int from;

	put_header_title(page, header);
	for (from = 0; from < len; from += PER_LINE) {
		if (!row_differs(header, from)) {
			put_row(page, header, !header->n_before, from);
			continue;
		}
		put_row(page, header, false, from);
		put_row(page, header, true, from);
		if (pointers)
			put_pointers(page, header, from);
	}
	skald_page_end(page);
}

static void put_headers(struct skald_page *page,
			const struct skald_story *story, bool pointers)
{
	const struct skald_snap *first = &story->first;
	const struct skald_snap *last = &story->last;
	const struct header headers[] = {
		{ "link layer", first->ll, first->ll_len, last->ll,
		  last->ll_len },
		{ "network header", first->nh, first->nh_len, last->nh,
		  last->nh_len },
		{ "transport header", first->th, first->th_len, last->th,
		  last->th_len },
	};
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		put_header(page, &headers[i], pointers);
}

/* ---- named fields ---- */

static void put_value(struct skald_page *page, enum skald_paint paint,
		      const struct skald_value *value)
{
	char text[48];

	skald_page_text(page, paint,
			value->type == SKALD_VALUE_NONE
				? "-"
				: skald_value_format(value, text,
						     sizeof(text)));
}

static void put_field(struct skald_page *page, const struct skald_story *story,
		      unsigned int field, bool ascii)
{
	const struct skald_value *before = &story->packet.value[field];
	const struct skald_value *after = &story->final.value[field];
	bool changed = !skald_value_equal(before, after);

	page->marked = changed;
	skald_page_text(page, changed ? SKALD_PAINT_WARN : SKALD_PAINT_PLAIN,
			changed ? "* " : "  ");
	skald_page_printf(page, SKALD_PAINT_CHAIN, "%-14s",
			  skald_packet_descs[field].name);
	put_value(page, changed ? SKALD_PAINT_OLD : SKALD_PAINT_VALUE, before);
	if (changed) {
		skald_page_text(page, SKALD_PAINT_DIM, ascii ? " -> " : " → ");
		put_value(page, SKALD_PAINT_NEW, after);
	}
	skald_page_end(page);
}

static void put_fields(struct skald_page *page, const struct skald_story *story,
		       bool ascii)
{
	const struct skald_packet *packet = &story->packet;
	unsigned int i;

	skald_page_printf(page, SKALD_PAINT_HOOK, "fields");
	skald_page_printf(page, SKALD_PAINT_DIM, "  %s %s %s", packet->family,
			  packet->proto, packet->flags);
	skald_page_end(page);
	for (i = 0; i < SKALD_N_P; i++) {
		if (packet->value[i].type != SKALD_VALUE_NONE ||
		    story->final.value[i].type != SKALD_VALUE_NONE)
			put_field(page, story, i, ascii);
	}
}

/* ---- the page ---- */

static void copy_line(struct skald_page *page, const struct skald_line *line)
{
	char text[256];
	size_t i;

	for (i = 0; i < line->n_spans; i++) {
		const char *start = line->text + line->spans[i].start;
		size_t len = i + 1 < line->n_spans
				     ? line->spans[i + 1].start -
					       line->spans[i].start
				     : strlen(start);

		snprintf(text, sizeof(text), "%.*s", (int)len, start);
		skald_page_text(page, line->spans[i].paint, text);
	}
}

/* Two pages side by side, line by line. */
static void put_beside(struct skald_page *page, const struct skald_page *left,
		       const struct skald_page *right)
{
	size_t n_left = skald_page_lines(left);
	size_t n_right = skald_page_lines(right);
	size_t i;

	for (i = 0; i < n_left || i < n_right; i++) {
		struct skald_line line = { .text = "" };
		bool marked = false;

		if (i < n_left) {
			line = skald_page_line(left, i);
			copy_line(page, &line);
			marked = line.marked;
		}
		if (i < n_right) {
			line = skald_page_line(right, i);
			skald_page_pad(page, HEX_COLUMNS);
			copy_line(page, &line);
			marked |= line.marked;
		}
		page->marked = marked;
		skald_page_end(page);
	}
}

static void bytes_fill(struct skald_view *view)
{
	const struct skald_screen *screen = &view->browser->screen;
	const struct skald_story *story = story_of(view);
	struct skald_page left = { 0 };
	struct skald_page right = { 0 };

	if (view->area.columns < HEX_COLUMNS + FIELD_COLUMNS) {
		put_headers(&view->page, story, !screen->colours);
		put_fields(&view->page, story, screen->ascii);
		return;
	}
	put_headers(&left, story, !screen->colours);
	put_fields(&right, story, screen->ascii);
	put_beside(&view->page, &left, &right);
	skald_page_done(&left);
	skald_page_done(&right);
}

static void bytes_head(struct skald_view *view, struct skald_page *page)
{
	skald_page_printf(page, SKALD_PAINT_PLAIN,
			  " #%" PRIu64 "  bytes: - as marked, + as last seen",
			  view->id);
}

static void bytes_state(struct skald_view *view, char *text, size_t size)
{
	snprintf(text, size, "line %zu of %zu",
		 view->rows ? view->cursor + 1 : 0, view->rows);
}

static bool bytes_request(struct skald_view *view, enum skald_request request)
{
	if (request != SKALD_REQ_NEXT_MARK && request != SKALD_REQ_PREV_MARK)
		return false;
	if (!skald_view_next_mark(view, request == SKALD_REQ_NEXT_MARK))
		skald_browser_say(view->browser, SKALD_PAINT_NOTE,
				  "no byte that we saw has changed");
	return true;
}

static const enum skald_request hints[] = {
	SKALD_REQ_NEXT_MARK,  SKALD_REQ_PREV_MARK, SKALD_REQ_NEXT_STORY,
	SKALD_REQ_PREV_STORY, SKALD_REQ_SEARCH,	   SKALD_REQ_HELP,
	SKALD_REQ_BACK,	      SKALD_REQ_NONE,
};

const struct skald_view_ops skald_view_bytes = {
	.name = "bytes",
	.private_size = sizeof(struct skald_story),
	.hints = hints,
	.open = bytes_open,
	.close = bytes_close,
	.fill = bytes_fill,
	.request = bytes_request,
	.head = bytes_head,
	.state = bytes_state,
};
