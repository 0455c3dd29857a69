// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories by the words of the command line.
 */
#include "ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static int read_number(const char *word, uint64_t *number, const char **end)
{
	char *behind;

	if (*word < '0' || *word > '9')
		return -EINVAL;
	*number = strtoull(word, &behind, 10);
	*end = behind;
	return 0;
}

/* "17", "#17", "17-20". Return: 0, -EINVAL */
static int read_range(const char *word, struct skald_ids *ids)
{
	const char *end;

	if (*word == '#')
		word++;
	if (read_number(word, &ids->first, &end))
		return -EINVAL;
	ids->last = ids->first;
	if (*end == '-' && read_number(end + 1, &ids->last, &end))
		return -EINVAL;
	return *end || ids->first > ids->last ? -EINVAL : 0;
}

int skald_ids_read(const char *command, struct skald_store *store,
		   const char *word, struct skald_ids *ids)
{
	bool is_newest = !strcmp(word, "last");
	struct skald_store_summary summary;
	struct skald_error error = { 0 };
	struct skald_ids read;

	if (!is_newest && read_range(word, &read))
		return skald_usage(command, "\"%s\" is no story's ID", word);
	if (skald_store_summary(store, &summary, &error))
		return skald_fail(&error);
	if (is_newest && !summary.newest_id) {
		fprintf(stderr, "skald: there is no story yet\n");
		return SKALD_EXIT_NOTHING;
	}
	if (is_newest)
		read.first = read.last = summary.newest_id;
	else if (read.first > summary.newest_id)
		read.last = read.first;
	else if (read.last > summary.newest_id)
		read.last = summary.newest_id;
	*ids = read;
	return SKALD_EXIT_DONE;
}

int skald_ids_missing(uint64_t id)
{
	fprintf(stderr,
		"skald: there is no story %" PRIu64 "\n"
		"skald: \"skald list\" shows those that are\n",
		id);
	return SKALD_EXIT_NOTHING;
}
