// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list view's window over the stories of a source. Grows at both ends, one
 * bounded step at a time, and forgets at the far end.
 */
#include "rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ROWS 4096
#define STRIDE_START 2048
#define STRIDE_MIN 256
#define STRIDE_MAX (1u << 22)
#define STEP_SHORT_NS 8000000u
#define STEP_LONG_NS 30000000u

static void row_done(struct skald_row *row)
{
	free(row->text);
}

static void rows_clear(struct skald_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		row_done(&rows->row[i]);
	rows->n = 0;
}

void skald_rows_done(struct skald_rows *rows)
{
	rows_clear(rows);
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
}

int skald_rows_refresh(struct skald_rows *rows, struct skald_error *error)
{
	return rows->source->ops->range(rows->source->source, &rows->oldest,
					&rows->newest, error);
}

void skald_rows_reset(struct skald_rows *rows, uint64_t id)
{
	rows_clear(rows);
	rows->low = id ? id : 1;
	rows->high = rows->low - 1;
	rows->stride = STRIDE_START;
}

bool skald_rows_at_oldest(const struct skald_rows *rows)
{
	return rows->low <= rows->oldest || !rows->newest;
}

bool skald_rows_at_newest(const struct skald_rows *rows)
{
	return rows->high >= rows->newest;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void adapt_stride(struct skald_rows *rows, uint64_t took_ns)
{
	if (took_ns < STEP_SHORT_NS && rows->stride < STRIDE_MAX)
		rows->stride *= 2;
	else if (took_ns > STEP_LONG_NS && rows->stride > STRIDE_MIN)
		rows->stride /= 2;
}

/* Append to @to, moving the end along. Return: where it begins */
static const char *put_text(char **to, const char *text)
{
	const char *start = *to;

	*to = stpcpy(*to, text) + 1;
	return start;
}

/* The answer without what can be done without: there is little room for it. */
static void format_brief(const struct skald_story *story, const char *answer,
			 char *text, size_t size)
{
	const struct skald_ending *ending = &story->ending;
	bool is_good = ending->kind == SKALD_ENDING_SENT ||
		       ending->kind == SKALD_ENDING_DELIVERED;
	const char *remark = strstr(answer, " (");
	int word = (int)strcspn(answer, " ");

	if (ending->table && ending->chain && ending->handle)
		snprintf(text, size, "%.*s %s %s %llu", word, answer,
			 ending->table, ending->chain,
			 (unsigned long long)ending->handle);
	else if (ending->table && ending->chain)
		snprintf(text, size, "%.*s %s %s policy", word, answer,
			 ending->table, ending->chain);
	else if (is_good && remark)
		snprintf(text, size, "%.*s", (int)(remark - answer), answer);
	else
		snprintf(text, size, "%s", answer);
}

static int row_init(struct skald_row *row, const struct skald_story *story)
{
	const char *netns = story->netns ? story->netns : "";
	char packet[256];
	char answer[512];
	char brief[512];
	char path[80];
	char *text;

	skald_packet_summary(&story->packet, packet, sizeof(packet));
	skald_story_answer(story, answer, sizeof(answer));
	format_brief(story, answer, brief, sizeof(brief));
	snprintf(path, sizeof(path), "%.32s%s%.32s",
		 story->iif ? story->iif : "", story->oif ? " > " : "",
		 story->oif ? story->oif : "");
	text = malloc(strlen(packet) + strlen(answer) + strlen(brief) +
		      strlen(path) + strlen(netns) + 5);
	if (!text)
		return -ENOMEM;
	row->text = text;
	row->id = story->id;
	row->start_ns = story->start_ns;
	row->ending = story->ending.kind;
	row->complete = story->complete;
	row->pinned = story->pinned;
	row->packet = put_text(&text, packet);
	row->answer = put_text(&text, answer);
	row->brief = put_text(&text, brief);
	row->path = put_text(&text, path);
	row->netns = put_text(&text, netns);
	return 0;
}

/* Rows that a query found, in its order. */
struct catch
{
	struct skald_row *row;
	size_t n;
	size_t size;
	bool failed;
};

static bool catch_row(void *user, const struct skald_story *story)
{
	struct catch *catch = user;

	if (catch->n == catch->size)
		return false;
	if (row_init(&catch->row[catch->n], story)) {
		catch->failed = true;
		return false;
	}
	catch->n++;
	return true;
}

static void catch_done(struct catch *catch)
{
	size_t i;

	for (i = 0; i < catch->n; i++)
		row_done(&catch->row[i]);
	free(catch->row);
}

static int rows_query(struct skald_rows *rows, struct skald_list_query *query,
		      struct catch *catch, struct skald_error *error)
{
	const struct skald_browser_source *source = rows->source;
	uint64_t start = now_ns();
	int err;

	catch->size = query->limit;
	catch->row = calloc(query->limit, sizeof(*catch->row));
	if (!catch->row)
		return skald_error_set(error, ENOMEM, "out of memory");
	err = source->ops->list(source->source, query, catch_row, catch, error);
	if (!err && catch->failed)
		err = skald_error_set(error, ENOMEM, "out of memory");
	if (err) {
		catch_done(catch);
		return err;
	}
	adapt_stride(rows, now_ns() - start);
	return 0;
}

/* Room for @more rows; afterwards the array is there, even for none. */
static int rows_reserve(struct skald_rows *rows, size_t more,
			struct skald_error *error)
{
	size_t size = rows->n + more;
	struct skald_row *row;

	if (rows->row && size <= rows->size)
		return 0;
	size++;
	size += size / 2;
	row = reallocarray(rows->row, size, sizeof(*row));
	if (!row)
		return skald_error_set(error, ENOMEM, "out of memory");
	rows->row = row;
	rows->size = size;
	return 0;
}

static void trim_newest(struct skald_rows *rows)
{
	if (rows->n <= MAX_ROWS)
		return;
	while (rows->n > MAX_ROWS)
		row_done(&rows->row[--rows->n]);
	rows->high = rows->row[rows->n - 1].id;
}

static size_t trim_oldest(struct skald_rows *rows)
{
	size_t extra = rows->n > MAX_ROWS ? rows->n - MAX_ROWS : 0;
	size_t i;

	if (!extra)
		return 0;
	for (i = 0; i < extra; i++)
		row_done(&rows->row[i]);
	rows->n -= extra;
	memmove(rows->row, rows->row + extra, rows->n * sizeof(*rows->row));
	rows->low = rows->row[0].id;
	return extra;
}

int skald_rows_older(struct skald_rows *rows, size_t want, size_t *added,
		     struct skald_error *error)
{
	struct skald_list_query query = {
		.before = rows->low,
		.limit = want,
	};
	struct catch catch = { 0 };
	size_t i;
	int err;

	*added = 0;
	if (rows->low <= 1)
		return 0;
	if (rows->filtered && rows->low - 1 > rows->stride)
		query.after = rows->low - 1 - rows->stride;
	err = rows_query(rows, &query, &catch, error);
	if (err)
		return err;
	err = rows_reserve(rows, catch.n, error);
	if (err) {
		catch_done(&catch);
		return err;
	}
	memmove(rows->row + catch.n, rows->row, rows->n * sizeof(*rows->row));
	for (i = 0; i < catch.n; i++)
		rows->row[i] = catch.row[catch.n - 1 - i];
	rows->n += catch.n;
	rows->low = catch.n == want ? rows->row[0].id : query.after + 1;
	*added = catch.n;
	free(catch.row);
	trim_newest(rows);
	return 0;
}

int skald_rows_newer(struct skald_rows *rows, size_t want, size_t *dropped,
		     struct skald_error *error)
{
	struct skald_list_query query = {
		.after = rows->high,
		.oldest_first = true,
		.limit = want,
	};
	uint64_t end = rows->newest;
	struct catch catch = { 0 };
	int err;

	*dropped = 0;
	if (skald_rows_at_newest(rows))
		return 0;
	if (rows->filtered && end - rows->high > rows->stride)
		end = rows->high + rows->stride;
	query.before = end + 1;
	err = rows_query(rows, &query, &catch, error);
	if (err)
		return err;
	err = rows_reserve(rows, catch.n, error);
	if (err) {
		catch_done(&catch);
		return err;
	}
	memcpy(rows->row + rows->n, catch.row, catch.n * sizeof(*rows->row));
	rows->n += catch.n;
	rows->high = catch.n == want ? rows->row[rows->n - 1].id : end;
	free(catch.row);
	*dropped = trim_oldest(rows);
	return 0;
}

size_t skald_rows_find(const struct skald_rows *rows, uint64_t id)
{
	size_t low = 0;
	size_t high = rows->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows->row[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
