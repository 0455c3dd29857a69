// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outputs in memory and the text sink. Files are in output_file.c.
 */
#include "output.h"

#include <errno.h>
#include <string.h>

int skald_output_write(const struct skald_output *output, const void *data,
		       size_t len)
{
	return len ? output->write(output->user, data, len) : 0;
}

int skald_output_text(const struct skald_output *output, const char *text)
{
	return skald_output_write(output, text, strlen(text));
}

static int buffer_write(void *user, const void *data, size_t len)
{
	struct skald_buffer *buffer = user;

	skald_buffer_put(buffer, data, len);
	return buffer->failed ? -ENOMEM : 0;
}

struct skald_output skald_output_buffer(struct skald_buffer *buffer)
{
	return (struct skald_output){ .write = buffer_write, .user = buffer };
}

static void sink_put(struct skald_output_sink *sink, const char *text)
{
	if (!sink->status)
		sink->status = skald_output_text(sink->output, text);
}

static void sink_text(void *user, enum skald_ink ink, const char *text)
{
	struct skald_output_sink *sink = user;

	if (sink->fresh && sink->prefix)
		sink_put(sink, sink->prefix);
	sink->fresh = false;
	sink_put(sink, text);
}

static void sink_end(void *user)
{
	struct skald_output_sink *sink = user;

	sink_put(sink, "\n");
	sink->fresh = true;
}

void skald_output_sink(struct skald_output_sink *sink,
		       const struct skald_output *output)
{
	*sink = (struct skald_output_sink){
		.sink = { .text = sink_text, .end = sink_end, .user = sink },
		.output = output,
		.fresh = true,
	};
}
