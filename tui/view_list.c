// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of stories, oldest first, growing at its end while packets are
 * traced. The rows in memory are a window (rows.c) that follows the cursor;
 * work() moves it in small steps, so that no key ever waits for a query.
 */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "browser.h"
#include "list_line.h"
#include "rows.h"

#define BURST 4096
#define SEARCH_ROWS 512
#define STEP_ROWS 256
#define COUNTED_ROWS 1000

enum seek {
	SEEK_NONE,
	SEEK_FORWARD,
	SEEK_BACK
};

/**
 * struct list - the list view's own
 * @rows: what is in memory
 * @following: the cursor stays on the newest story
 * @hold: the user does not want to follow, even at the end
 * @paused: no new stories are taken in
 * @waiting: stories that came since, at most
 * @seek: a search goes on beyond the rows in memory
 * @seek_id: id that it has looked at last
 * @origin: where the cursor was when it began
 * @failed: the source fails: tell once, do not ask on and on
 */
struct list {
	struct skald_rows rows;
	bool following;
	bool hold;
	bool paused;
	uint64_t waiting;
	enum seek seek;
	uint64_t seek_id;
	uint64_t origin;
	bool failed;
};

static struct list *list_of(struct skald_view *view)
{
	return skald_view_private(view);
}

static void took_rows(struct skald_view *view)
{
	struct list *list = list_of(view);

	view->rows = list->rows.n;
	if (list->following && view->rows)
		view->cursor = view->rows - 1;
	skald_view_settle(view);
}

static void check(struct skald_view *view, int err,
		  const struct skald_error *error)
{
	struct list *list = list_of(view);

	list->failed = err != 0;
	if (err)
		skald_browser_fail(view->browser, error);
}

static void load_older(struct skald_view *view, size_t want)
{
	struct list *list = list_of(view);
	struct skald_error error = { 0 };
	size_t added;
	int err;

	err = skald_rows_older(&list->rows, want, &added, &error);
	check(view, err, &error);
	view->cursor += added;
	view->top += added;
	took_rows(view);
}

static void load_newer(struct skald_view *view, size_t want)
{
	struct list *list = list_of(view);
	struct skald_error error = { 0 };
	size_t dropped = 0;
	int err;

	err = skald_rows_newer(&list->rows, want, &dropped, &error);
	check(view, err, &error);
	view->cursor -= dropped < view->cursor ? dropped : view->cursor;
	view->top -= dropped < view->top ? dropped : view->top;
	took_rows(view);
}

/* Rows for a screen, and for one more in each direction. */
static size_t page_rows(const struct skald_view *view)
{
	size_t height = skald_view_height(view);

	return height ? height : 1;
}

/* Ask for the range of ids; while paused, what is new stays outside. */
static void look_again(struct skald_view *view)
{
	struct list *list = list_of(view);
	uint64_t newest = list->rows.newest;
	struct skald_error error = { 0 };

	check(view, skald_rows_refresh(&list->rows, &error), &error);
	list->waiting = 0;
	if (list->paused && list->rows.newest > newest) {
		list->waiting = list->rows.newest - newest;
		list->rows.newest = newest;
	}
}

/* The cursor has left the end: the user wants to read something else. */
static void notice_moves(struct skald_view *view)
{
	if (view->rows && view->cursor + 1 < view->rows)
		list_of(view)->following = false;
}

enum load {
	LOAD_NOTHING,
	LOAD_NEWER,
	LOAD_OLDER
};

/*
 * What to load while no key is pressed: first what the screen lacks, then some
 * more on both sides of it, so that the cursor does not have to wait; with a
 * filter enough of it to tell how many stories match, unless that is many.
 */
static enum load wanted(struct skald_view *view)
{
	const struct list *list = list_of(view);
	const struct skald_rows *rows = &list->rows;
	size_t page = page_rows(view);
	size_t margin = rows->filtered ? COUNTED_ROWS : page;
	bool newer = !skald_rows_at_newest(rows);
	bool older = !skald_rows_at_oldest(rows);

	if (list->failed)
		return LOAD_NOTHING;
	if (newer && (list->following || view->top + page > view->rows))
		return LOAD_NEWER;
	if (older && view->rows < page)
		return LOAD_OLDER;
	if (newer && view->cursor + page + margin > view->rows)
		return LOAD_NEWER;
	if (older && view->top < margin)
		return LOAD_OLDER;
	return LOAD_NOTHING;
}

static void start_at_newest(struct skald_view *view)
{
	struct list *list = list_of(view);

	skald_rows_reset(&list->rows, list->rows.newest + 1);
	list->following = true;
	list->hold = false;
	view->top = 0;
	view->cursor = 0;
	load_older(view, page_rows(view));
}

static void start_at(struct skald_view *view, uint64_t id)
{
	struct list *list = list_of(view);
	skald_rows_reset(&list->rows, id);
	list->following = false;
	view->top = 0;
	view->cursor = 0;
	load_newer(view, page_rows(view));
	load_older(view, page_rows(view));
	view->top = view->cursor + 1;
	skald_view_show(view, view->cursor);
}

static int list_open(struct skald_view *view, uint64_t id,
		     struct skald_error *error)
{
	struct list *list = list_of(view);
	int err;

	list->rows.source = &view->browser->source;
	list->rows.filtered = view->browser->filter[0] || view->browser->drops;
	err = skald_rows_refresh(&list->rows, error);
	if (err)
		return err;
	skald_rows_reset(&list->rows, list->rows.newest + 1);
	list->following = true;
	return 0;
}

static void list_close(struct skald_view *view)
{
	skald_rows_done(&list_of(view)->rows);
}

static struct skald_list_form form_of(struct skald_view *view)
{
	const struct list *list = list_of(view);

	return (struct skald_list_form){
		.width = (size_t)view->area.columns + view->left,
		.newest = list->rows.newest,
		.ascii = view->browser->screen.ascii,
	};
}

static struct skald_line list_line(struct skald_view *view, size_t index)
{
	const struct skald_rows *rows = &list_of(view)->rows;
	const struct skald_list_form form = form_of(view);

	skald_page_clear(&view->page);
	skald_list_line(&view->page, &form, &rows->row[index],
			rows->row[rows->n - 1].start_ns);
	return skald_page_line(&view->page, 0);
}

static void list_head(struct skald_view *view, struct skald_page *page)
{
	const struct skald_list_form form = form_of(view);

	skald_list_head(page, &form);
}

/* ---- status ---- */

/* How far an id is between the oldest and the newest, in per cent. */
static unsigned int per_cent(const struct skald_rows *rows, uint64_t id)
{
	uint64_t all = rows->newest - rows->oldest;

	if (id >= rows->newest || !all)
		return 100;
	if (id <= rows->oldest)
		return 0;
	return (unsigned int)((double)(id - rows->oldest) * 100 / (double)all);
}

static bool all_seen(const struct skald_rows *rows)
{
	return skald_rows_at_oldest(rows) && skald_rows_at_newest(rows);
}

static void list_state(struct skald_view *view, char *text, size_t size)
{
	struct list *list = list_of(view);
	const struct skald_rows *rows = &list->rows;
	const bool ascii = view->browser->screen.ascii;
	const char *more = ascii ? "..." : "…";
	uint64_t seen =
		rows->high >= rows->low ? rows->high - rows->low + 1 : 0;
	uint64_t all = rows->newest - rows->oldest + 1;
	char number[32];

	if (!rows->newest) {
		snprintf(text, size, "empty");
	} else if (list->seek != SEEK_NONE) {
		snprintf(text, size, "searching at %u%%%s",
			 per_cent(rows, list->seek_id), more);
	} else if (!rows->filtered && view->rows) {
		snprintf(text, size, "#%llu  %u%%",
			 (unsigned long long)rows->row[view->cursor].id,
			 per_cent(rows, rows->row[view->cursor].id));
	} else if (all_seen(rows)) {
		snprintf(text, size, "%zu of %s match",
			 view->rows ? view->cursor + 1 : 0,
			 skald_number_format(rows->n, number, sizeof(number)));
	} else {
		snprintf(text, size, "%s+ match, %u%% looked at%s",
			 skald_number_format(rows->n, number, sizeof(number)),
			 (unsigned int)((double)seen * 100 / (double)all),
			 wanted(view) == LOAD_NOTHING ? "" : more);
	}
}

static const char *list_blank(struct skald_view *view)
{
	const struct skald_rows *rows = &list_of(view)->rows;

	if (!rows->newest)
		return "  No stories yet. \"skald follow 'tcp port 443'\" "
		       "records some; they appear here.";
	if (all_seen(rows))
		return "  No story matches. f edits the filter, x shows all "
		       "stories.";
	return "  Looking...";
}

const char *skald_list_mode(struct skald_view *view, char *text, size_t size)
{
	const struct list *list = list_of(view);
	char number[32];

	if (list->paused && list->waiting)
		snprintf(text, size, "PAUSED +%s",
			 skald_number_format(list->waiting, number,
					     sizeof(number)));
	else
		snprintf(text, size, "%s",
			 list->paused	   ? "PAUSED"
			 : list->following ? "FOLLOWING"
					   : "LIVE");
	return text;
}

/* ---- moving ---- */

static bool list_matches(struct skald_view *view, size_t index,
			 const char *needle)
{
	const struct skald_row *row = &list_of(view)->rows.row[index];
	char id[24];

	snprintf(id, sizeof(id), "#%llu", (unsigned long long)row->id);
	return skald_text_find(row->packet, needle) ||
	       skald_text_find(row->answer, needle) ||
	       skald_text_find(row->path, needle) ||
	       skald_text_find(row->netns, needle) ||
	       skald_text_find(id, needle);
}

/* Without a filter a step is short: have the rows before the cursor needs them.
 */
static void list_ahead(struct skald_view *view, long delta)
{
	struct list *list = list_of(view);
	size_t step = (size_t)(delta < 0 ? -delta : delta);

	list->hold = false;
	if (delta < 0) {
		list->following = false;
		if (view->cursor < step && !skald_rows_at_oldest(&list->rows))
			load_older(view, step + page_rows(view));
	} else if (view->cursor + step >= view->rows &&
		   !skald_rows_at_newest(&list->rows)) {
		load_newer(view, step + page_rows(view));
	}
}

static void toggle_follow(struct skald_view *view)
{
	struct list *list = list_of(view);

	if (list->following) {
		list->following = false;
		list->hold = true;
		return;
	}
	list->paused = false;
	look_again(view);
	start_at_newest(view);
}

static void toggle_pause(struct skald_view *view)
{
	struct list *list = list_of(view);

	list->paused = !list->paused;
	look_again(view);
}

/* ---- searching: through the rows in memory, then on in steps ---- */

static void search_start(struct skald_view *view, bool forward)
{
	struct list *list = list_of(view);

	list->seek = forward ? SEEK_FORWARD : SEEK_BACK;
	list->seek_id = skald_list_id(view);
	list->origin = list->seek_id;
	list->following = false;
}

static void search_stop(struct skald_view *view)
{
	struct list *list = list_of(view);

	if (list->seek == SEEK_NONE)
		return;
	list->seek = SEEK_NONE;
	skald_list_goto(view, list->origin);
}

/* Rows behind the last one looked at. Return: true when one matches */
static bool search_rows(struct skald_view *view)
{
	struct list *list = list_of(view);
	bool forward = list->seek == SEEK_FORWARD;
	size_t index = skald_rows_find(&list->rows, list->seek_id + forward);

	while (forward ? index < view->rows : index > 0) {
		index -= !forward;
		if (list_matches(view, index, view->browser->search)) {
			skald_view_show(view, index);
			return true;
		}
		index += forward;
	}
	list->seek_id = forward ? list->rows.high : list->rows.low;
	return false;
}

static void search_step(struct skald_view *view)
{
	struct list *list = list_of(view);
	bool forward = list->seek == SEEK_FORWARD;

	if (search_rows(view)) {
		list->seek = SEEK_NONE;
	} else if (list->failed) {
		search_stop(view);
	} else if (forward ? skald_rows_at_newest(&list->rows)
			   : skald_rows_at_oldest(&list->rows)) {
		search_stop(view);
		skald_browser_say(view->browser, SKALD_PAINT_FAULT,
				  "no %s story has \"%s\"",
				  forward ? "later" : "earlier",
				  view->browser->search);
	} else if (forward) {
		load_newer(view, SEARCH_ROWS);
	} else {
		load_older(view, SEARCH_ROWS);
	}
}

static bool list_request(struct skald_view *view, enum skald_request request)
{
	struct list *list = list_of(view);

	search_stop(view);
	if (request == SKALD_REQ_FIRST)
		start_at(view, list->rows.oldest);
	else if (request == SKALD_REQ_LAST)
		start_at_newest(view);
	else if (request == SKALD_REQ_FOLLOW)
		toggle_follow(view);
	else if (request == SKALD_REQ_PAUSE)
		toggle_pause(view);
	else if (request == SKALD_REQ_ENTER && skald_list_id(view))
		skald_browser_push(view->browser, &skald_view_story,
				   skald_list_id(view));
	else if ((request == SKALD_REQ_SEARCH_NEXT ||
		  request == SKALD_REQ_SEARCH_PREV) &&
		 view->browser->search[0])
		search_start(view, request == SKALD_REQ_SEARCH_NEXT);
	else
		return false;
	return true;
}

/* ---- loading ---- */

/* Return: false when there is nothing to load */
static bool load_step(struct skald_view *view, enum load load)
{
	struct list *list = list_of(view);
	const struct skald_rows *rows = &list->rows;

	switch (load) {
	case LOAD_NOTHING:
		return false;
	case LOAD_NEWER:
		if (list->following && !rows->filtered &&
		    rows->newest - rows->high > BURST)
			start_at_newest(view);
		else
			load_newer(view, STEP_ROWS);
		break;
	case LOAD_OLDER:
		load_older(view, STEP_ROWS);
		break;
	}
	return true;
}

static bool list_work(struct skald_view *view)
{
	struct list *list = list_of(view);

	notice_moves(view);
	if (list->seek == SEEK_NONE || list->failed)
		return load_step(view, wanted(view));
	search_step(view);
	return true;
}

void skald_list_poll(struct skald_view *view)
{
	struct list *list = list_of(view);

	list->following = !list->hold && skald_rows_at_newest(&list->rows);
	notice_moves(view);
	look_again(view);
}

/* ---- for the browser ---- */

uint64_t skald_list_id(struct skald_view *view)
{
	const struct list *list = list_of(view);

	return view->cursor < list->rows.n ? list->rows.row[view->cursor].id
					   : 0;
}

bool skald_list_at_end(struct skald_view *view)
{
	return skald_rows_at_newest(&list_of(view)->rows) &&
	       view->cursor + 1 >= view->rows;
}

void skald_list_set_pinned(struct skald_view *view, bool pinned)
{
	struct list *list = list_of(view);

	if (view->cursor < list->rows.n)
		list->rows.row[view->cursor].pinned = pinned;
}

bool skald_list_step(struct skald_view *view, bool forward)
{
	uint64_t id = skald_list_id(view);

	skald_view_move(view, forward ? 1 : -1);
	return skald_list_id(view) != id;
}

void skald_list_goto(struct skald_view *view, uint64_t id)
{
	struct list *list = list_of(view);
	size_t index = skald_rows_find(&list->rows, id);

	list->following = false;
	if (index < list->rows.n && list->rows.row[index].id == id) {
		skald_view_show(view, index);
		return;
	}
	start_at(view, id);
}

void skald_list_reload(struct skald_view *view)
{
	struct skald_browser *browser = view->browser;
	struct list *list = list_of(view);
	uint64_t id = skald_list_id(view);

	list->rows.filtered = browser->filter[0] || browser->drops;
	list->seek = SEEK_NONE;
	look_again(view);
	if (list->following || !id)
		start_at_newest(view);
	else
		start_at(view, id);
}

static const enum skald_request hints[] = {
	SKALD_REQ_ENTER, SKALD_REQ_HELP,   SKALD_REQ_FILTER,
	SKALD_REQ_DROPS, SKALD_REQ_SEARCH, SKALD_REQ_SHAPES,
	SKALD_REQ_PAUSE, SKALD_REQ_BACK,   SKALD_REQ_NONE,
};

const struct skald_view_ops skald_view_list = {
	.name = "stories",
	.private_size = sizeof(struct list),
	.hints = hints,
	.open = list_open,
	.close = list_close,
	.line = list_line,
	.matches = list_matches,
	.ahead = list_ahead,
	.request = list_request,
	.work = list_work,
	.head = list_head,
	.state = list_state,
	.blank = list_blank,
};
