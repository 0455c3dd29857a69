/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stories for other programs
 *
 * Formats are ops tables in SKALD_EXPORT_FORMATS: one line here, one file
 * export_<name>.c. An export takes told stories one after the other and needs
 * no more memory for many than for few.
 */
#ifndef SKALD_LIB_EXPORT_H
#define SKALD_LIB_EXPORT_H

#include "error.h"
#include "output.h"
#include "story.h"

/* X(name) */
#define SKALD_EXPORT_FORMATS(X) X(pcapng) X(json) X(csv)

struct skald_export;

/**
 * struct skald_export_format - one format
 * @name: for --format
 * @help: what it is, one line
 * @begin: makes *@state and writes what comes first; @state may stay NULL
 * @story: writes one story
 * @end: writes what comes last
 * @free: frees what @begin made
 *
 * @end may be NULL. All return 0 or -errno.
 */
struct skald_export_format {
	const char *name;
	const char *help;
	int (*begin)(const struct skald_output *output, void **state);
	int (*story)(const struct skald_output *output, void *state,
		     const struct skald_story *story);
	int (*end)(const struct skald_output *output, void *state);
	void (*free)(void *state);
};

#define SKALD_EXPORT_DECLARE(name) \
	extern const struct skald_export_format skald_export_##name;
SKALD_EXPORT_FORMATS(SKALD_EXPORT_DECLARE)

/* Return: the format, or NULL: there is none of that name */
const struct skald_export_format *skald_export_find(const char *name);
/* The @i-th format, or NULL behind the last. */
const struct skald_export_format *skald_export_format(unsigned int i);

/**
 * skald_export_new() - begin an export
 * @format: from skald_export_find()
 * @output: where to; borrowed until skald_export_free()
 * @export: written on success
 *
 * Return: 0, -ENOMEM or what @output says.
 */
int skald_export_new(const struct skald_export_format *format,
		     const struct skald_output *output,
		     struct skald_export **export);
/* After an error the output is not worth keeping. */
int skald_export_add(struct skald_export *export,
		     const struct skald_story *story);
int skald_export_end(struct skald_export *export);
void skald_export_free(struct skald_export *export);

#endif /* SKALD_LIB_EXPORT_H */
