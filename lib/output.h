/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: outputs
 *
 * Where exports and reports put their bytes. Writers only know struct
 * skald_output; whether it is a file, a pipe or a buffer in memory is the
 * caller's business. Text made by lib/print.h gets into an output through
 * skald_output_sink().
 */
#ifndef SKALD_LIB_OUTPUT_H
#define SKALD_LIB_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "event.h"
#include "print.h"

/**
 * struct skald_output - where bytes go
 * @write: takes all @len bytes, or none that count; 0 or -errno
 * @user: for @write
 */
struct skald_output {
	int (*write)(void *user, const void *data, size_t len);
	void *user;
};

/* Bytes, or a terminated text. Return: what @output says */
int skald_output_write(const struct skald_output *output, const void *data,
		       size_t len);
int skald_output_text(const struct skald_output *output, const char *text);

/* An output that appends to @buffer, which must outlive it. */
struct skald_output skald_output_buffer(struct skald_buffer *buffer);

/**
 * struct skald_output_sink - a sink for lib/print.h that writes to an output
 * @sink: give this to the printer
 * @output: where the text goes
 * @prefix: put before each line, or NULL
 * @fresh: the next piece of text begins a line
 * @status: 0, or the first -errno of the output
 */
struct skald_output_sink {
	struct skald_sink sink;
	const struct skald_output *output;
	const char *prefix;
	bool fresh;
	int status;
};
/* @sink stays where it is while its @sink member is in use. */
void skald_output_sink(struct skald_output_sink *sink,
		       const struct skald_output *output);

struct skald_output_file;

/**
 * skald_output_open() - begin to write a file
 * @path: the file; "-" is standard output
 * @file: written on success
 * @error: in words
 *
 * A regular file is written beside its place under another name and takes its
 * place in skald_output_commit(): a failure leaves what was there before.
 * Devices and pipes are written directly.
 *
 * Return: 0 or -errno.
 */
int skald_output_open(const char *path, struct skald_output_file **file,
		      struct skald_error *error);
/* Buffered; errors (-ENOSPC, ...) come here or in skald_output_commit(). */
const struct skald_output *
skald_output_of(const struct skald_output_file *file);
/* Everything reaches the disk and the file gets its name. Frees @file. */
int skald_output_commit(struct skald_output_file *file,
			struct skald_error *error);
/* Nothing is left behind. Frees @file; NULL is fine. */
void skald_output_abort(struct skald_output_file *file);

#endif /* SKALD_LIB_OUTPUT_H */
