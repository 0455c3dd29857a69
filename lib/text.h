/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: text from outside
 *
 * Names and comments of rulesets, commands of processes: anybody may have
 * written them. Before they reach a terminal they are made harmless.
 */
#ifndef SKALD_LIB_TEXT_H
#define SKALD_LIB_TEXT_H

#include <stddef.h>

/**
 * skald_text_utf8() - length of the character a string starts with
 * @text: the string
 *
 * Return: 1 to 4 bytes, 0 when they are no well-formed UTF-8 (overlong forms
 * and surrogates are not) or at the end of the string.
 */
size_t skald_text_utf8(const char *text);

/**
 * skald_text_clean() - make a string safe to show, in place
 * @text: the string; control characters and bytes that are no UTF-8 become '?'
 *
 * Return: @text.
 */
char *skald_text_clean(char *text);

/**
 * skald_text_add() - append to a string in a fixed buffer
 * @text: the string
 * @size: size of its buffer
 * @format: printf format; what does not fit is cut off
 */
void skald_text_add(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* SKALD_LIB_TEXT_H */
