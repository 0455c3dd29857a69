/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: writing Markdown
 *
 * Reports are Markdown that also reads well as it stands. Whatever comes from
 * outside (rule texts, names) goes through skald_md_code() or into a fence, so
 * that it can neither change the page nor a terminal.
 */
#ifndef SKALD_LIB_MARKDOWN_H
#define SKALD_LIB_MARKDOWN_H

#include <stdint.h>

#include "output.h"

/* Opens and ends a block of preformatted text. */
#define SKALD_MD_FENCE "````````"

/**
 * struct skald_md - a page in the making
 * @output: where it goes
 * @status: 0, or the first -errno; then nothing more is written
 */
struct skald_md {
	const struct skald_output *output;
	int status;
};

/* Text of our own; arguments that are not must not be in it. */
void skald_md_printf(struct skald_md *md, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Text from outside, as inline code: one line, whatever was in it. */
void skald_md_code(struct skald_md *md, const char *text);
/* The same, unless it is NULL or empty; with @before in front of it. */
void skald_md_note(struct skald_md *md, const char *before, const char *text);
/* Text from outside in a fence: line by line, made harmless. */
void skald_md_block(struct skald_md *md, const char *text);
/* "2026-11-23 07:36:01.123456789 UTC" */
void skald_md_time(struct skald_md *md, uint64_t t_ns);

#endif /* SKALD_LIB_MARKDOWN_H */
