// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams that skald.ko sent in a guest (tests/kernel, NAME.records), and the
 * stories that were told of them: what either side of the contract changes
 * shows here. SKALD_TEST_TELL=1 writes what is told now beside them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "kmod_rig.h"

#define RECORDS "tests/unit/records/"

static char *slurp(const char *name, const char *what, size_t *len)
{
	char path[256], *bytes = NULL;
	size_t size = 0;
	FILE *from, *to = open_memstream(&bytes, &size);
	int byte;

	snprintf(path, sizeof(path), RECORDS "%s.%s", name, what);
	from = fopen(path, "r");
	cr_assert(from && to, "%s: %s", path, strerror(errno));
	while ((byte = fgetc(from)) != EOF)
		fputc(byte, to);
	fclose(from);
	fclose(to);
	*len = size;
	return bytes;
}

/* Each on a line, as "skald follow --json" tells them. */
static char *told(const struct rig *rig)
{
	char *text = NULL, *line;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	unsigned int i;

	cr_assert(to);
	for (i = 0; i < rig->n; i++) {
		line = skald_json_line(&rig->stories[i], true);
		cr_assert(line);
		fprintf(to, "%s\n", line);
		free(line);
	}
	fclose(to);
	return text;
}

static void keep(const char *name, const char *text)
{
	char path[256];
	FILE *to;

	if (!getenv("SKALD_TEST_TELL"))
		return;
	snprintf(path, sizeof(path), RECORDS "%s.told", name);
	to = fopen(path, "w");
	cr_assert(to);
	fputs(text, to);
	fclose(to);
}

static void retell(const char *name)
{
	size_t stream_len, wanted_len;
	char *stream = slurp(name, "records", &stream_len), *now;
	char *wanted = slurp(name, "stories", &wanted_len);
	struct rig rig;
	unsigned int i;

	rig_up(&rig);
	cr_assert_eq(play_bytes(&rig, (const uint8_t *)stream, stream_len), 0);
	now = told(&rig);
	keep(name, now);
	cr_expect_eq(rig.lost, 0);
	for (i = 0; i < rig.n; i++)
		cr_expect(rig.stories[i].complete, "story %u", i + 1);
	cr_expect_str_eq(now, wanted);
	free(now);
	rig_down(&rig);
	free(wanted);
	free(stream);
}

/* A ping of three fragments: put together, tracked, cut again. */
Test(kmod_recorded, in_fragments)
{
	retell("fragments");
}
