/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: own bytes against a template
 *
 * Stories of one shape have own bytes that are laid out alike and mostly equal:
 * the same MAC and IP headers, the same first bytes of everything. The store
 * keeps the own bytes of a shape's first story as its *template*, and of every
 * story only what differs:
 *
 *	length:varint, then until so many bytes are made:
 *	token:u8	high half: bytes to copy from the template, from the
 *			place reached; low half: bytes that follow in the token
 *	[copy:varint]	more bytes to copy, when the high half is 15
 *	[literal:varint] more bytes that follow, when the low half is 15
 *	bytes
 */
#ifndef SKALD_LIB_STORE_DIFF_H
#define SKALD_LIB_STORE_DIFF_H

#include "event.h"

/* Longest own bytes that are believed. */
#define SKALD_OWN_MAX (4u << 20)

/* Append @data as a difference to @base. */
void skald_diff_encode(const uint8_t *base, size_t base_len,
		       const uint8_t *data, size_t len,
		       struct skald_buffer *buffer);

/**
 * skald_diff_decode() - the bytes again
 * @base: the template
 * @base_len: its length
 * @diff: bytes that are not trusted
 * @diff_len: their length
 * @buffer: appended to
 *
 * Return: 0, -EBADMSG when @diff does not fit @base, -ENOMEM.
 */
int skald_diff_decode(const uint8_t *base, size_t base_len, const uint8_t *diff,
		      size_t diff_len, struct skald_buffer *buffer);

#endif /* SKALD_LIB_STORE_DIFF_H */
