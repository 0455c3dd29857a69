/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: UTF-8
 *
 * Text on the screen comes from stores that anybody may have written. It is
 * decoded here, whatever the locale: what is no UTF-8 becomes U+FFFD.
 */
#ifndef SKALD_TUI_UTF8_H
#define SKALD_TUI_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define SKALD_UTF8_BAD 0xfffdu
#define SKALD_UTF8_MAX 5 /* bytes of a character, and the final NUL */

/* Read one character and step over it. Return: 0 at the end */
uint32_t skald_utf8_next(const char **text);

/* Write one character, without NUL. Return: bytes written, at most 4 */
size_t skald_utf8_put(char *text, uint32_t character);

/*
 * Return: columns it takes on a screen; 0 for what is left out: combining
 * characters and those that change the direction of writing. Control characters
 * take one: a "?" is shown in their place.
 */
int skald_utf8_width(uint32_t character);

/* Return: columns that a whole text takes */
size_t skald_utf8_columns(const char *text);

#endif /* SKALD_TUI_UTF8_H */
