/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: connection tracking in words
 *
 * Tuples, entries and verdicts as text for people and for the comments of
 * captures.
 */
#ifndef SKALD_LIB_CT_PRINT_H
#define SKALD_LIB_CT_PRINT_H

#include <stddef.h>

#include "ct.h"

#define SKALD_CT_TUPLE_TEXT 160

/* Address of a family. Return: @text */
char *skald_ct_addr_text(const union skald_addr *addr, uint8_t family,
			 char *text, size_t size);
/* "tcp 192.0.2.1:1024 > 192.0.2.2:80". Return: @text */
char *skald_ct_tuple_text(const struct skald_ct_tuple *tuple, char *text,
			  size_t size);
/* "SA", "." is none. Return: @text */
char *skald_ct_flags_text(uint8_t flags, char *text, size_t size);
/* Seconds with nanoseconds since the epoch, UTC: "2006-06-26
 * 09:56:23.860327000" */
char *skald_ct_time_text(uint64_t t_ns, char *text, size_t size);

/* Words of the lists in ct_note.h; static. */
const char *skald_ct_note_word(enum skald_ct_note_kind kind);
const char *skald_ct_end_word(enum skald_ct_end end);
const char *skald_ct_status_word(enum skald_ct_status status);

/**
 * skald_ct_verdict_text() - why a packet is invalid or ignored
 * @note: SKALD_CT_NOTE_INVALID, _IGNORED or _DROP
 * @text: lines without a newline at the end: what, then all numbers
 * @size: its size
 *
 * Return: @text.
 */
char *skald_ct_verdict_text(const struct skald_ct_note *note, char *text,
			    size_t size);

#endif /* SKALD_LIB_CT_PRINT_H */
