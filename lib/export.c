// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all export formats share. Called by "skald export" and the browser.
 */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct skald_export {
	const struct skald_export_format *format;
	const struct skald_output *output;
	void *state;
};

#define FORMAT_POINTER(name) &skald_export_##name,
static const struct skald_export_format *const formats[] = {
	SKALD_EXPORT_FORMATS(FORMAT_POINTER) NULL,
};

const struct skald_export_format *skald_export_format(unsigned int i)
{
	return i < sizeof(formats) / sizeof(formats[0]) ? formats[i] : NULL;
}

const struct skald_export_format *skald_export_find(const char *name)
{
	const struct skald_export_format *const *format;

	for (format = formats; *format; format++)
		if (!strcmp((*format)->name, name))
			break;
	return *format;
}

int skald_export_new(const struct skald_export_format *format,
		     const struct skald_output *output,
		     struct skald_export **export)
{
	struct skald_export *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	new->format = format;
	new->output = output;
	ret = format->begin(output, &new->state);
	if (ret) {
		skald_export_free(new);
		return ret;
	}
	*export = new;
	return 0;
}

int skald_export_add(struct skald_export *export,
		     const struct skald_story *story)
{
	return export->format->story(export->output, export->state, story);
}

int skald_export_end(struct skald_export *export)
{
	if (!export->format->end)
		return 0;
	return export->format->end(export->output, export->state);
}

void skald_export_free(struct skald_export *export)
{
	if (!export)
		return;
	if (export->format->free && export->state)
		export->format->free(export->state);
	free(export);
}
