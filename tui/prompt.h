/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the prompt
 *
 * One line of text that is being typed: a filter, a search, a command. Knows
 * editing and history; what the text means is the browser's affair.
 */
#ifndef SKALD_TUI_PROMPT_H
#define SKALD_TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define SKALD_PROMPT_TEXT 512
#define SKALD_PROMPT_HISTORY 16

/* What is asked for: P(NAME, "label") */
#define SKALD_PROMPTS(P)      \
	P(FILTER, "filter: ") \
	P(SEARCH, "/")        \
	P(COMMAND, ":")
#define SKALD_PROMPT_ENUM(name, label) SKALD_PROMPT_##name,
enum skald_prompt_kind {
	SKALD_PROMPTS(SKALD_PROMPT_ENUM) SKALD_N_PROMPTS
};

/* What became of a key. */
enum skald_prompt_result {
	SKALD_PROMPT_EDITING,
	SKALD_PROMPT_ACCEPTED,
	SKALD_PROMPT_CANCELLED,
};

/**
 * struct skald_prompt - the prompt; zero-initialised: closed
 * @open: it has the keyboard
 * @kind: what it asks for
 * @text: what has been typed, UTF-8
 * @at: byte offset of the cursor
 * @error: why the text was refused; text empty: it was not
 * @history: accepted texts of each kind, newest first
 * @recalled: which of them is shown, 0: none
 * @words: for completion with Tab, ended by NULL; or NULL
 */
struct skald_prompt {
	bool open;
	enum skald_prompt_kind kind;
	char text[SKALD_PROMPT_TEXT];
	size_t at;
	struct skald_error error;
	char history[SKALD_N_PROMPTS][SKALD_PROMPT_HISTORY][SKALD_PROMPT_TEXT];
	unsigned int recalled;
	const char *const *words;
};

/* What stands in front of what is typed. */
const char *skald_prompt_label(enum skald_prompt_kind kind);

/* Open it with a text, the cursor behind it. */
void skald_prompt_start(struct skald_prompt *prompt,
			enum skald_prompt_kind kind, const char *text);
/* A key for the open prompt. ACCEPTED leaves it open: see below. */
enum skald_prompt_result skald_prompt_key(struct skald_prompt *prompt, int key);
/* The text was good: remember it and close. */
void skald_prompt_accept(struct skald_prompt *prompt);
/* The text was refused: stay open, cursor where @prompt->error says. */
void skald_prompt_refuse(struct skald_prompt *prompt);

#endif /* SKALD_TUI_PROMPT_H */
