// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON lines: one story a line, with its events; the same objects as
 * "skald show --json" prints.
 */
#include "export.h"

#include <errno.h>
#include <stdlib.h>

#include "json.h"

static int json_begin(const struct skald_output *output, void **state)
{
	return 0;
}

static int json_story(const struct skald_output *output, void *state,
		      const struct skald_story *story)
{
	char *line = skald_json_line(story, true);
	int ret;

	if (!line)
		return -ENOMEM;
	ret = skald_output_text(output, line);
	if (!ret)
		ret = skald_output_text(output, "\n");
	free(line);
	return ret;
}

const struct skald_export_format skald_export_json = {
	.name = "json",
	.help = "JSON lines: one story with its events a line",
	.begin = json_begin,
	.story = json_story,
};
