// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fields of the filter language as tables, and finding one by its name, or
 * by something like its name.
 */
#include "filter_field.h"

#include <string.h>

#include "filter.h"

#define NAME_MAX_LEN 24

#define WORDS_OF(type) words_of_##type
#define TYPE_WORDS_CONST(name, words) \
	static const char words_of_##name[] = words;
SKALD_FILTER_TYPES(TYPE_WORDS_CONST)

#define FIELD_ROW(name, type, scope, columns, help) \
	{ name, WORDS_OF(type), help },
const struct skald_filter_field skald_filter_fields[] = { SKALD_FILTER_FIELDS(
	FIELD_ROW){ NULL, NULL, NULL } };

#define DESC_ROW(name, type, scope, columns, help) \
	{ name, SKALD_FILTER_##type, SKALD_SCOPE_##scope, columns },
const struct skald_filter_desc skald_filter_descs[] = { SKALD_FILTER_FIELDS(
	DESC_ROW){ NULL, 0, 0, NULL } };

const struct skald_filter_desc *skald_filter_find(const char *name, size_t len)
{
	const struct skald_filter_desc *desc;

	for (desc = skald_filter_descs; desc->name; desc++)
		if (strlen(desc->name) == len && !memcmp(desc->name, name, len))
			return desc;
	return NULL;
}

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance, row by row. */
static unsigned int distance(const char *a, size_t a_len, const char *b,
			     size_t b_len)
{
	unsigned int row[NAME_MAX_LEN + 1];
	unsigned int corner, above;

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1,
				       corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[b_len];
}

const char *skald_filter_guess(const char *name, size_t len)
{
	const struct skald_filter_desc *desc;
	const char *best = NULL;
	/* A guess that changes half of the word is no help. */
	unsigned int best_distance = len / 2 + 1;
	unsigned int d;

	if (len > NAME_MAX_LEN)
		return NULL;
	for (desc = skald_filter_descs; desc->name; desc++) {
		d = distance(name, len, desc->name, strlen(desc->name));
		if (d < best_distance) {
			best = desc->name;
			best_distance = d;
		}
	}
	return best;
}
