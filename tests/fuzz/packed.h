/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packed stories as inputs
 *
 *	start_ns:u64 duration_ns:u64 generation:u64 complete:u8 shape_len:u16
 *	shape own
 *
 * Numbers are in the machine's order. The mutator also changes stories event
 * by event, so that most of its inputs still are some.
 */
#ifndef SKALD_FUZZ_PACKED_H
#define SKALD_FUZZ_PACKED_H

#include "fuzz.h"
#include "story.h"

#define PACKED_HEAD 27

/**
 * packed_read() - an input as a packed story
 * @data: the input
 * @size: its size
 * @packed: written on success: shape and own are copies, packed_done() frees
 *	them
 *
 * Return: false when the input is too short.
 */
int packed_read(const uint8_t *data, size_t size, struct skald_packed *packed);
void packed_done(struct skald_packed *packed);

/* And back. Return: bytes written, 0: more than @max_size */
size_t packed_write(const struct skald_packed *packed, uint8_t *data,
		    size_t max_size);

#endif /* SKALD_FUZZ_PACKED_H */
