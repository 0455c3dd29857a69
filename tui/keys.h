/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: keys
 *
 * A key is one number: a Unicode character, or an ncurses KEY_* code with
 * SKALD_KEY_CODE added. Its name is what help shows and scripts are written
 * in. Which key asks for what stands in request.h.
 */
#ifndef SKALD_TUI_KEYS_H
#define SKALD_TUI_KEYS_H

#include <stddef.h>

#include "request.h"

#define SKALD_KEY_CODE 0x200000
#define SKALD_KEY_ESCAPE 27
#define SKALD_KEY_NAME 16

/**
 * struct skald_request_desc - a request, for people
 * @group: enum skald_request_group
 * @keys: names of its keys, separated by spaces
 * @hint: a word for the bottom line
 * @help: one line
 */
struct skald_request_desc {
	enum skald_request_group group;
	const char *keys;
	const char *hint;
	const char *help;
};

/* By enum skald_request; the first, SKALD_REQ_NONE, is empty. */
extern const struct skald_request_desc skald_requests[SKALD_N_REQ];
extern const char *const skald_request_groups[SKALD_N_REQ_GROUPS];

/**
 * struct skald_typed_desc - a command of the ':' prompt, for people
 * @name: its name
 * @arguments: what follows
 * @help: one line
 */
struct skald_typed_desc {
	const char *name;
	const char *arguments;
	const char *help;
};

/* Ended by a NULL name. */
extern const struct skald_typed_desc skald_typed[];

/**
 * skald_key_name() - what a key is called
 * @key: the key
 * @name: buffer of SKALD_KEY_NAME bytes
 *
 * Return: @name: "j", "Enter", "C-l"; empty for keys without a name.
 */
char *skald_key_name(int key, char *name);

/**
 * skald_key_parse() - the next key of a script line
 * @text: where to read; moved behind the key
 *
 * A character stands for itself, "<Name>" for a named key, "<lt>" for "<".
 *
 * Return: the key, 0 at the end of the line, -1 for an unknown name.
 */
int skald_key_parse(const char **text);

/* Return: what the key asks for, or SKALD_REQ_NONE */
enum skald_request skald_key_request(int key);

#endif /* SKALD_TUI_KEYS_H */
