// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merges the CPUs' streams. There are few of them and they come in runs: the
 * stream with the oldest record is looked for once a run.
 */
#include "kmod_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

/**
 * struct stream - one CPU's records that wait
 * @bytes: records, aligned for 8
 * @at: the oldest one
 */
struct stream {
	struct skald_buffer bytes;
	size_t at;
};

/**
 * struct skald_kmod_order - all of them
 * @streams: by CPU
 * @n: how many
 * @run: the stream that is being taken from, or NULL
 * @run_until: it has the oldest record as long as that is not younger
 * @waiting: bytes in all
 */
struct skald_kmod_order {
	struct stream *streams;
	uint32_t n;
	struct stream *run;
	uint64_t run_until;
	size_t waiting;
};

struct skald_kmod_order *skald_kmod_order_new(void)
{
	return calloc(1, sizeof(struct skald_kmod_order));
}

void skald_kmod_order_free(struct skald_kmod_order *order)
{
	uint32_t i;

	if (!order)
		return;
	for (i = 0; i < order->n; i++)
		skald_buffer_done(&order->streams[i].bytes);
	free(order->streams);
	free(order);
}

static int grow(struct skald_kmod_order *order, uint32_t cpu)
{
	struct stream *streams;

	if (cpu < order->n)
		return 0;
	if (cpu >= SKALD_ORDER_CPUS)
		return -EINVAL;
	streams = reallocarray(order->streams, cpu + 1, sizeof(*streams));
	if (!streams)
		return -ENOMEM;
	memset(streams + order->n, 0, (cpu + 1 - order->n) * sizeof(*streams));
	order->streams = streams;
	order->n = cpu + 1;
	order->run = NULL;
	return 0;
}

/* What was taken makes room for what comes. */
static void tidy(struct stream *stream)
{
	size_t left = stream->bytes.len - stream->at;

	if (stream->at < left)
		return;
	if (left)
		memmove(stream->bytes.data, stream->bytes.data + stream->at,
			left);
	stream->bytes.len = left;
	stream->at = 0;
}

int skald_kmod_order_add(struct skald_kmod_order *order, uint32_t cpu,
			 const struct skald_r_record *record)
{
	int err = grow(order, cpu);
	struct stream *stream;

	if (err)
		return err;
	stream = &order->streams[cpu];
	tidy(stream);
	skald_buffer_put(&stream->bytes, record, record->len);
	if (stream->bytes.failed) {
		stream->bytes.failed = false;
		return -ENOMEM;
	}
	order->waiting += record->len;
	order->run = NULL;
	return 0;
}

static const struct skald_r_record *oldest_of(const struct stream *stream)
{
	if (stream->at >= stream->bytes.len)
		return NULL;
	return (const void *)(stream->bytes.data + stream->at);
}

/* Finds the stream with the oldest record, and how long it stays that. */
static void find_run(struct skald_kmod_order *order)
{
	uint64_t best = UINT64_MAX;
	uint32_t i;

	order->run = NULL;
	order->run_until = UINT64_MAX;
	for (i = 0; i < order->n; i++) {
		const struct skald_r_record *record =
			oldest_of(&order->streams[i]);

		if (!record)
			continue;
		if (!order->run || record->time < best) {
			if (order->run)
				order->run_until = best;
			order->run = &order->streams[i];
			best = record->time;
		} else if (record->time < order->run_until) {
			order->run_until = record->time;
		}
	}
}

const struct skald_r_record *
skald_kmod_order_next(struct skald_kmod_order *order, uint64_t before)
{
	const struct skald_r_record *record = NULL;

	if (order->run)
		record = oldest_of(order->run);
	if (!record || record->time > order->run_until) {
		find_run(order);
		if (!order->run)
			return NULL;
		record = oldest_of(order->run);
	}
	if (record->time >= before)
		return NULL;
	order->run->at += record->len;
	order->waiting -= record->len;
	return record;
}

size_t skald_kmod_order_bytes(const struct skald_kmod_order *order)
{
	return order->waiting;
}
