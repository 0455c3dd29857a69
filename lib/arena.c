// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arenas: many small allocations, freed in one piece. A told story or a batch
 * of raw ones lives in one.
 */
#include "event.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN 2048
#define BLOCK_MAX 65536

struct skald_arena_block {
	struct skald_arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) uint8_t data[];
};

/* Blocks double, so that a big story costs few calls of malloc. */
static struct skald_arena_block *add_block(struct skald_arena *arena,
					   size_t need)
{
	struct skald_arena_block *block;
	size_t size = BLOCK_MIN - sizeof(*block);

	if (need > SIZE_MAX / 2)
		return NULL;
	if (arena->head)
		size = arena->head->size * 2;
	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < need)
		size = need;

	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->next = arena->head;
	block->used = 0;
	block->size = size;
	arena->head = block;
	return block;
}

static void *take(struct skald_arena *arena, size_t size, size_t align)
{
	struct skald_arena_block *block = arena->head;
	size_t at = 0;

	if (block)
		at = (block->used + align - 1) & ~(align - 1);
	if (!block || at > block->size || block->size - at < size) {
		block = add_block(arena, size);
		if (!block)
			return NULL;
		at = 0;
	}
	block->used = at + size;
	return block->data + at;
}

void *skald_arena_alloc(struct skald_arena *arena, size_t size)
{
	void *memory = take(arena, size, alignof(max_align_t));

	return memory ? memset(memory, 0, size) : NULL;
}

char *skald_arena_strndup(struct skald_arena *arena, const char *string,
			  size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = take(arena, len + 1, 1);
	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, string, len);
	copy[len] = '\0';
	return copy;
}

char *skald_arena_printf(struct skald_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	text = take(arena, (size_t)len + 1, 1);
	if (!text)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

static void free_blocks(struct skald_arena_block *block)
{
	while (block) {
		struct skald_arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void skald_arena_done(struct skald_arena *arena)
{
	free_blocks(arena->head);
	arena->head = NULL;
}

/* The newest block is the largest. */
void skald_arena_reuse(struct skald_arena *arena)
{
	if (!arena->head)
		return;
	free_blocks(arena->head->next);
	arena->head->next = NULL;
	arena->head->used = 0;
}
