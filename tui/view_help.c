// SPDX-License-Identifier: GPL-2.0-only
/*
 * Help, made from the list of requests and the fields of the filter language:
 * there is no other text to keep up to date.
 */
#include <stdio.h>
#include <string.h>

#include "browser.h"
#include "filter.h"
#include "keys.h"

#define KEYS_COLUMN 4
#define HELP_COLUMN 24

static void put_title(struct skald_page *page, const char *title)
{
	skald_page_end(page);
	skald_page_printf(page, SKALD_PAINT_HOOK, "  %s", title);
	skald_page_end(page);
}

/* Return: bytes of @text for one line, broken between words if possible */
static size_t line_length(const char *text, size_t columns)
{
	size_t len = strlen(text);
	size_t at;

	if (len <= columns)
		return len;
	for (at = columns; at && text[at] != ' '; at--)
		;
	return at ? at : columns;
}

static void put_entry(struct skald_view *view, const char *key,
		      const char *text)
{
	size_t columns = (size_t)view->area.columns;
	size_t width = columns > HELP_COLUMN + 20 ? columns - HELP_COLUMN : 20;
	struct skald_page *page = &view->page;

	skald_page_pad(page, KEYS_COLUMN);
	skald_page_text(page, SKALD_PAINT_KEY, key);
	do {
		size_t len = line_length(text, width);

		skald_page_pad(page, HELP_COLUMN);
		skald_page_printf(page, SKALD_PAINT_PLAIN, "%.*s", (int)len,
				  text);
		skald_page_end(page);
		page->joined = true;
		text += len;
		text += strspn(text, " ");
	} while (*text);
	page->joined = false;
}

static void put_requests(struct skald_view *view, unsigned int group)
{
	int request;

	put_title(&view->page, skald_request_groups[group]);
	for (request = 1; request < SKALD_N_REQ; request++) {
		const struct skald_request_desc *desc =
			&skald_requests[request];

		if (desc->group == group)
			put_entry(view, desc->keys, desc->help);
	}
}

static void put_typed(struct skald_view *view)
{
	const struct skald_typed_desc *typed;

	put_title(&view->page, "Commands");
	for (typed = skald_typed; typed->name; typed++) {
		char text[64];

		snprintf(text, sizeof(text), ":%s%s%s",
			 strcmp(typed->name, "NUMBER") ? typed->name : "",
			 strcmp(typed->name, "NUMBER") && *typed->arguments
				 ? " "
				 : "",
			 typed->arguments);
		put_entry(view, text, typed->help);
	}
}

static void put_fields(struct skald_view *view)
{
	const struct skald_filter_field *field;

	put_title(&view->page, "Fields of filters");
	for (field = skald_filter_fields; field->name; field++) {
		char text[160];

		snprintf(text, sizeof(text), "%s (%s)", field->help,
			 field->type);
		put_entry(view, field->name, text);
	}
}

static void put_signs(struct skald_view *view)
{
	put_title(&view->page, "Signs");
	put_entry(view, "!", "the story has a gap: events are missing from it");
	put_entry(view, "* or a dot", "the story is pinned");
	put_entry(view, "FOLLOWING", "the cursor stays on the newest story");
	put_entry(view, "LIVE", "new stories come in, the cursor stays");
	put_entry(view, "PAUSED", "no new stories come in");
	put_entry(view, "mouse",
		  "a click selects, a double click opens, the "
		  "wheel scrolls");
}

static void help_fill(struct skald_view *view)
{
	unsigned int group;

	skald_page_text(&view->page, SKALD_PAINT_PLAIN,
			"  The browser shows the stories of a store. q or Esc "
			"leaves this help.");
	skald_page_end(&view->page);
	for (group = 0; group < SKALD_N_REQ_GROUPS; group++)
		put_requests(view, group);
	put_typed(view);
	put_signs(view);
	put_fields(view);
}

static void help_head(struct skald_view *view, struct skald_page *page)
{
	skald_page_text(page, SKALD_PAINT_PLAIN, " keys and commands");
}

static void help_state(struct skald_view *view, char *text, size_t size)
{
	snprintf(text, size, "line %zu of %zu",
		 view->rows ? view->cursor + 1 : 0, view->rows);
}

static const enum skald_request hints[] = {
	SKALD_REQ_PAGE_DOWN, SKALD_REQ_PAGE_UP, SKALD_REQ_SEARCH,
	SKALD_REQ_BACK,	     SKALD_REQ_NONE,
};

const struct skald_view_ops skald_view_help = {
	.name = "help",
	.wide = true,
	.hints = hints,
	.fill = help_fill,
	.head = help_head,
	.state = help_state,
};
