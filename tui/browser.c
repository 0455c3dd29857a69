// SPDX-License-Identifier: GPL-2.0-only
/*
 * The browser: the stack of views, requests that concern the whole screen, the
 * prompt's meaning. Drawing is in browser_draw.c, the terminal's loop in
 * browser_loop.c, typed commands in browser_command.c.
 */
#include "browser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "list.h"

#define DROPS_FILTER "verdict == drop"

struct skald_view *skald_browser_list(struct skald_browser *browser)
{
	return browser->stack[0];
}

struct skald_view *skald_browser_top(struct skald_browser *browser)
{
	return browser->stack[browser->depth - 1];
}

void skald_browser_say(struct skald_browser *browser, enum skald_paint paint,
		       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(browser->note, sizeof(browser->note), format, args);
	va_end(args);
	browser->note_paint = paint;
}

void skald_browser_fail(struct skald_browser *browser,
			const struct skald_error *error)
{
	skald_browser_say(browser, SKALD_PAINT_FAULT, "%s%s%s", error->text,
			  error->help[0] ? ": " : "", error->help);
}

char *skald_number_format(uint64_t number, char *text, size_t size)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu",
			   (unsigned long long)number);
	size_t out = 0;
	int i;

	for (i = 0; i < len && out + 2 < size; i++) {
		if (i && (len - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

/* ---- the stack ---- */

void skald_browser_push(struct skald_browser *browser,
			const struct skald_view_ops *ops, uint64_t id)
{
	struct skald_error error = { 0 };
	struct skald_view *view;

	if (browser->depth == SKALD_BROWSER_DEPTH) {
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "too many views are open: q closes one");
		return;
	}
	view = skald_view_new(ops, browser, id, &error);
	if (!view) {
		skald_browser_fail(browser, &error);
		return;
	}
	skald_view_place(view, &skald_browser_top(browser)->area);
	browser->stack[browser->depth++] = view;
}

/* Close the view on top; the list stays. */
static void close_view(struct skald_browser *browser)
{
	if (browser->depth > 1)
		skald_view_free(browser->stack[--browser->depth]);
}

void skald_browser_home(struct skald_browser *browser)
{
	while (browser->depth > 1)
		close_view(browser);
}

/* The views above the list, each kind once, for another story. */
static void open_again(struct skald_browser *browser, uint64_t id)
{
	const struct skald_view_ops *kinds[SKALD_BROWSER_DEPTH];
	unsigned int n = 0;
	unsigned int i;
	unsigned int k;

	for (i = 1; i < browser->depth; i++) {
		for (k = 0; k < n && kinds[k] != browser->stack[i]->ops; k++)
			;
		if (k == n && browser->stack[i]->id)
			kinds[n++] = browser->stack[i]->ops;
	}
	skald_browser_home(browser);
	for (i = 0; i < n; i++)
		skald_browser_push(browser, kinds[i], id);
}

static void step_story(struct skald_browser *browser, bool forward)
{
	struct skald_view *list = skald_browser_list(browser);

	if (!skald_list_step(list, forward))
		skald_browser_say(browser, SKALD_PAINT_NOTE,
				  forward ? "this is the newest story"
					  : "this is the oldest story");
	else if (browser->depth > 1 && skald_browser_top(browser)->id)
		open_again(browser, skald_list_id(list));
}

/* The story that a request is about: the view's, or the list's. */
static uint64_t current_id(struct skald_browser *browser)
{
	uint64_t id = skald_browser_top(browser)->id;

	return id ? id : skald_list_id(skald_browser_list(browser));
}

static void open_story(struct skald_browser *browser,
		       const struct skald_view_ops *ops)
{
	uint64_t id = current_id(browser);

	if (!id)
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "there is no story");
	else if (skald_browser_top(browser)->ops == ops)
		close_view(browser);
	else
		skald_browser_push(browser, ops, id);
}

static void open_once(struct skald_browser *browser,
		      const struct skald_view_ops *ops)
{
	if (skald_browser_top(browser)->ops == ops)
		close_view(browser);
	else
		skald_browser_push(browser, ops, 0);
}

/* ---- which stories ---- */

int skald_browser_filter(struct skald_browser *browser, const char *text,
			 bool drops, struct skald_error *error)
{
	const struct skald_browser_source *source = &browser->source;
	char both[SKALD_BROWSER_FILTER];
	int err;

	/* Alone first: the column of an error is then the user's. */
	err = source->ops->filter(source->source, text, error);
	if (err)
		return err;
	if (drops) {
		snprintf(both, sizeof(both),
			 *text ? "(%s) && " DROPS_FILTER : "%s" DROPS_FILTER,
			 text);
		err = source->ops->filter(source->source, both, error);
		if (err)
			return err;
	}
	snprintf(browser->filter, sizeof(browser->filter), "%s", text);
	browser->drops = drops;
	if (browser->depth)
		skald_list_reload(skald_browser_list(browser));
	return 0;
}

static void set_filter(struct skald_browser *browser, const char *text,
		       bool drops)
{
	char copy[SKALD_PROMPT_TEXT];
	struct skald_error error = { 0 };

	snprintf(copy, sizeof(copy), "%s", text);
	if (skald_browser_filter(browser, copy, drops, &error))
		skald_browser_fail(browser, &error);
	else
		skald_browser_home(browser);
}

static int is_pinned(struct skald_browser *browser, uint64_t id, bool *pinned,
		     struct skald_error *error)
{
	const struct skald_browser_source *source = &browser->source;
	struct skald_story story;
	int err;

	err = source->ops->story(source->source, id, &story, error);
	if (err)
		return err;
	*pinned = story.pinned;
	skald_story_done(&story);
	return 0;
}

static void toggle_pin(struct skald_browser *browser)
{
	const struct skald_browser_source *source = &browser->source;
	struct skald_view *list = skald_browser_list(browser);
	uint64_t id = current_id(browser);
	struct skald_error error = { 0 };
	bool pinned;
	int err;

	if (!id)
		return;
	err = is_pinned(browser, id, &pinned, &error);
	if (!err)
		err = source->ops->pin(source->source, id, !pinned, &error);
	if (err) {
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "cannot pin #%llu: %s",
				  (unsigned long long)id, error.text);
		return;
	}
	if (id == skald_list_id(list))
		skald_list_set_pinned(list, !pinned);
	skald_browser_say(browser, SKALD_PAINT_NOTE, "#%llu is %s",
			  (unsigned long long)id,
			  pinned ? "no longer pinned"
				 : "pinned: retention keeps it");
}

static void copy_id(struct skald_browser *browser)
{
	uint64_t id = current_id(browser);
	char text[24];

	if (!id)
		return;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	if (skald_screen_copy(&browser->screen, text))
		skald_browser_say(browser, SKALD_PAINT_NOTE,
				  "copied %s, if the terminal lets us", text);
	else
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "the terminal has no clipboard; the id is %s",
				  text);
}

static void read_again(struct skald_browser *browser)
{
	struct skald_view *top = skald_browser_top(browser);
	uint64_t id = top->id;

	skald_list_reload(skald_browser_list(browser));
	if (id)
		open_again(browser, id);
	skald_browser_poll(browser);
	skald_browser_count(browser);
}

/* ---- searching ---- */

static void find(struct skald_browser *browser, bool forward)
{
	struct skald_view *top = skald_browser_top(browser);

	if (!browser->search[0])
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "nothing to search for: / asks");
	else if (!skald_view_find(top, browser->search, forward))
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "\"%s\" is not in this view",
				  browser->search);
}

static void escape(struct skald_browser *browser)
{
	if (browser->search[0])
		browser->search[0] = '\0';
	else if (browser->depth > 1)
		close_view(browser);
	else
		skald_browser_say(browser, SKALD_PAINT_NOTE, "q quits");
}

/* ---- requests ---- */

static void drop_preview(struct skald_browser *browser)
{
	skald_view_free(browser->preview);
	browser->preview = NULL;
}

static void switch_view(struct skald_browser *browser)
{
	if (browser->depth > 1)
		skald_browser_home(browser);
	else
		open_story(browser, &skald_view_story);
}

static void toggle_split(struct skald_browser *browser)
{
	browser->single = !browser->single;
	drop_preview(browser);
	if (!skald_browser_split(browser) && !browser->single)
		skald_browser_say(browser, SKALD_PAINT_NOTE,
				  "the screen is too small for list and story");
}

static void back_or_quit(struct skald_browser *browser)
{
	if (browser->depth > 1)
		close_view(browser);
	else
		browser->quit = true;
}

static bool open_request(struct skald_browser *browser,
			 enum skald_request request)
{
	if (request == SKALD_REQ_BACK)
		back_or_quit(browser);
	else if (request == SKALD_REQ_ESCAPE)
		escape(browser);
	else if (request == SKALD_REQ_SWITCH)
		switch_view(browser);
	else if (request == SKALD_REQ_SPLIT)
		toggle_split(browser);
	else if (request == SKALD_REQ_BYTES)
		open_story(browser, &skald_view_bytes);
	else if (request == SKALD_REQ_RULESET)
		open_story(browser, &skald_view_ruleset);
	else if (request == SKALD_REQ_SHAPES)
		open_once(browser, &skald_view_shapes);
	else if (request == SKALD_REQ_HELP)
		open_once(browser, &skald_view_help);
	else if (request == SKALD_REQ_QUIT)
		browser->quit = true;
	else
		return false;
	return true;
}

static bool story_request(struct skald_browser *browser,
			  enum skald_request request)
{
	if (request == SKALD_REQ_NEXT_STORY || request == SKALD_REQ_PREV_STORY)
		step_story(browser, request == SKALD_REQ_NEXT_STORY);
	else if (request == SKALD_REQ_DROPS)
		set_filter(browser, browser->filter, !browser->drops);
	else if (request == SKALD_REQ_CLEAR)
		set_filter(browser, "", false);
	else if (request == SKALD_REQ_PIN)
		toggle_pin(browser);
	else if (request == SKALD_REQ_COPY)
		copy_id(browser);
	else if (request == SKALD_REQ_RELOAD)
		read_again(browser);
	else if (request == SKALD_REQ_FOLLOW || request == SKALD_REQ_PAUSE)
		skald_view_request(skald_browser_list(browser), request);
	else
		return false;
	return true;
}

static void other_request(struct skald_browser *browser,
			  enum skald_request request)
{
	struct skald_prompt *prompt = &browser->prompt;

	prompt->words = NULL;
	if (request == SKALD_REQ_FILTER) {
		prompt->words = browser->words;
		skald_prompt_start(prompt, SKALD_PROMPT_FILTER,
				   browser->filter);
	} else if (request == SKALD_REQ_SEARCH) {
		skald_prompt_start(prompt, SKALD_PROMPT_SEARCH, "");
	} else if (request == SKALD_REQ_COMMAND) {
		skald_prompt_start(prompt, SKALD_PROMPT_COMMAND, "");
	} else if (request == SKALD_REQ_REDRAW) {
		skald_screen_redraw(&browser->screen);
	} else if (request == SKALD_REQ_SEARCH_NEXT ||
		   request == SKALD_REQ_SEARCH_PREV) {
		find(browser, request == SKALD_REQ_SEARCH_NEXT);
	} else {
		skald_browser_say(browser, SKALD_PAINT_NOTE,
				  "not in this view; ? helps");
	}
}

static void serve(struct skald_browser *browser, enum skald_request request)
{
	if (skald_view_request(skald_browser_top(browser), request))
		return;
	if (open_request(browser, request) || story_request(browser, request))
		return;
	other_request(browser, request);
}

/* ---- the prompt ---- */

/* At its end the list has everything behind it: there it is searched back. */
static void search_first(struct skald_browser *browser)
{
	struct skald_view *top = skald_browser_top(browser);
	bool back =
		top == skald_browser_list(browser) && skald_list_at_end(top);

	if (!skald_view_request(top, back ? SKALD_REQ_SEARCH_PREV
					  : SKALD_REQ_SEARCH_NEXT))
		find(browser, true);
}

static int accept_text(struct skald_browser *browser, const char *text,
		       struct skald_error *error)
{
	switch (browser->prompt.kind) {
	case SKALD_PROMPT_FILTER:
		skald_browser_home(browser);
		return skald_browser_filter(browser, text, browser->drops,
					    error);
	case SKALD_PROMPT_SEARCH:
		snprintf(browser->search, sizeof(browser->search), "%s", text);
		if (*text)
			search_first(browser);
		return 0;
	case SKALD_PROMPT_COMMAND:
		return skald_browser_command(browser, text, error);
	case SKALD_N_PROMPTS:
		break;
	}
	return 0;
}

static void prompt_key(struct skald_browser *browser, int key)
{
	struct skald_prompt *prompt = &browser->prompt;
	struct skald_error error = { 0 };

	if (skald_prompt_key(prompt, key) != SKALD_PROMPT_ACCEPTED)
		return;
	if (accept_text(browser, prompt->text, &error)) {
		prompt->error = error;
		skald_prompt_refuse(prompt);
	} else {
		skald_prompt_accept(prompt);
	}
}

/* ---- input ---- */

void skald_browser_key(struct skald_browser *browser, int key)
{
	enum skald_request request;
	char name[SKALD_KEY_NAME];

	browser->note[0] = '\0';
	if (browser->prompt.open) {
		prompt_key(browser, key);
		return;
	}
	request = skald_key_request(key);
	if (request != SKALD_REQ_NONE)
		serve(browser, request);
	else if (*skald_key_name(key, name))
		skald_browser_say(browser, SKALD_PAINT_NOTE,
				  "%s does nothing; ? helps", name);
}

/* The view that a place of the screen belongs to, or NULL. */
static struct skald_view *view_at(struct skald_browser *browser, int y, int x)
{
	struct skald_view *list = skald_browser_list(browser);
	struct skald_view *top = skald_browser_top(browser);

	if (skald_area_has(&top->area, y, x))
		return top;
	if (!skald_browser_split(browser))
		return NULL;
	if (skald_area_has(&list->area, y, x))
		return list;
	if (browser->preview && skald_area_has(&browser->preview->area, y, x))
		return browser->preview;
	return NULL;
}

static void click(struct skald_browser *browser, struct skald_view *view,
		  bool twice, int y)
{
	if (view == skald_browser_list(browser))
		skald_browser_home(browser);
	else if (view == browser->preview)
		open_story(browser, &skald_view_story);
	if (view == browser->preview || !skald_view_click(view, y))
		return;
	if (twice)
		serve(browser, SKALD_REQ_ENTER);
}

void skald_browser_mouse(struct skald_browser *browser, enum skald_mouse mouse,
			 int y, int x)
{
	struct skald_view *view = view_at(browser, y, x);

	browser->note[0] = '\0';
	if (!view || browser->prompt.open)
		return;
	if (mouse == SKALD_MOUSE_WHEEL_UP || mouse == SKALD_MOUSE_WHEEL_DOWN)
		skald_view_wheel(view, mouse == SKALD_MOUSE_WHEEL_UP);
	else
		click(browser, view, mouse == SKALD_MOUSE_DOUBLE, y);
}

bool skald_browser_work(struct skald_browser *browser)
{
	struct skald_view *list = skald_browser_list(browser);

	return list->ops->work(list);
}

void skald_browser_poll(struct skald_browser *browser)
{
	skald_list_poll(skald_browser_list(browser));
}

void skald_browser_count(struct skald_browser *browser)
{
	const struct skald_browser_source *source = &browser->source;

	/* On failure the old numbers stay; the list will say what is wrong. */
	(void)source->ops->summary(source->source, &browser->summary, NULL);
}

/* ---- opening and closing ---- */

int skald_browser_open(struct skald_browser *browser,
		       const struct skald_browser_config *config,
		       struct skald_error *error)
{
	const char *filter = config->filter ? config->filter : "";
	int err;

	memset(browser, 0, sizeof(*browser));
	browser->source = config->source;
	browser->words = config->words;
	err = skald_browser_filter(browser, filter, false, error);
	if (err)
		return err;
	err = skald_screen_open(&browser->screen, &config->screen, error);
	if (err)
		return err;
	browser->stack[0] = skald_view_new(&skald_view_list, browser, 0, error);
	if (!browser->stack[0]) {
		skald_screen_close(&browser->screen);
		return -EIO;
	}
	browser->depth = 1;
	skald_browser_draw(browser);
	skald_list_reload(skald_browser_list(browser));
	return 0;
}

void skald_browser_close(struct skald_browser *browser)
{
	drop_preview(browser);
	skald_browser_home(browser);
	skald_view_free(browser->stack[0]);
	skald_screen_close(&browser->screen);
}
