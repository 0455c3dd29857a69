// SPDX-License-Identifier: GPL-2.0-only
/* Stories by how they ended, and by which rule. */
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 1024

/**
 * struct skald_tally_row - an answer
 * @answer: heap
 * @hash: of it
 * @n: stories
 */
struct skald_tally_row {
	char *answer;
	uint64_t hash;
	uint64_t n;
};

int skald_tally_add(struct skald_tally *tally, const struct skald_story *story)
{
	struct skald_tally_row *rows = tally->rows;
	char answer[ANSWER_MAX];
	uint64_t hash;
	char *copy;

	skald_story_answer(story, answer, sizeof(answer));
	hash = skald_hash64(answer, strlen(answer), 0);
	for (size_t i = 0; i < tally->n; i++) {
		if (rows[i].hash != hash || strcmp(rows[i].answer, answer))
			continue;
		rows[i].n++;
		return 0;
	}
	if (!(tally->n & (tally->n - 1)))
		rows = reallocarray(rows, tally->n ? tally->n * 2 : 1,
				    sizeof(*rows));
	copy = rows ? strdup(answer) : NULL;
	if (rows)
		tally->rows = rows;
	if (!copy)
		return -ENOMEM;
	rows[tally->n++] = (struct skald_tally_row){ copy, hash, 1 };
	return 0;
}

static int by_count(const void *a, const void *b)
{
	const struct skald_tally_row *first = a, *second = b;

	if (first->n != second->n)
		return first->n < second->n ? 1 : -1;
	return strcmp(first->answer, second->answer);
}

void skald_tally_print(const struct skald_tally *tally, FILE *stream)
{
	if (tally->n)
		qsort(tally->rows, tally->n, sizeof(*tally->rows), by_count);
	for (size_t i = 0; i < tally->n; i++)
		fprintf(stream, "%8" PRIu64 " x  %s\n", tally->rows[i].n,
			tally->rows[i].answer);
}

void skald_tally_done(struct skald_tally *tally)
{
	for (size_t i = 0; i < tally->n; i++)
		free(tally->rows[i].answer);
	free(tally->rows);
	memset(tally, 0, sizeof(*tally));
}
