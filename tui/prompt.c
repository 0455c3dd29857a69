// SPDX-License-Identifier: GPL-2.0-only
/*
 * Editing of one line, as people know it from shells: arrows, Home and End,
 * C-a C-e C-b C-f, C-u C-k C-w, history with Up and Down, Tab completes.
 */
#include "prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "utf8.h"

#define CONTROL(letter) ((letter) - 'a' + 1)

#define PROMPT_LABEL(name, label) [SKALD_PROMPT_##name] = (label),
static const char *const labels[SKALD_N_PROMPTS] = { SKALD_PROMPTS(
	PROMPT_LABEL) };

const char *skald_prompt_label(enum skald_prompt_kind kind)
{
	return labels[kind];
}

static void set_text(struct skald_prompt *prompt, const char *text)
{
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	prompt->at = strlen(prompt->text);
}

void skald_prompt_start(struct skald_prompt *prompt,
			enum skald_prompt_kind kind, const char *text)
{
	prompt->open = true;
	prompt->kind = kind;
	prompt->recalled = 0;
	prompt->error.text[0] = '\0';
	set_text(prompt, text);
}

static void delete_range(struct skald_prompt *prompt, size_t from, size_t to)
{
	memmove(prompt->text + from, prompt->text + to,
		strlen(prompt->text + to) + 1);
	prompt->at = from;
}

static void insert(struct skald_prompt *prompt, const char *text, size_t len)
{
	size_t tail = strlen(prompt->text + prompt->at) + 1;

	if (prompt->at + len + tail > sizeof(prompt->text))
		return;
	memmove(prompt->text + prompt->at + len, prompt->text + prompt->at,
		tail);
	memcpy(prompt->text + prompt->at, text, len);
	prompt->at += len;
}

static size_t before(const struct skald_prompt *prompt)
{
	size_t at = prompt->at;

	while (at && ((unsigned char)prompt->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t behind(const struct skald_prompt *prompt)
{
	const char *next = prompt->text + prompt->at;

	skald_utf8_next(&next);
	return (size_t)(next - prompt->text);
}

static size_t word_start(const struct skald_prompt *prompt)
{
	size_t at = prompt->at;

	while (at && prompt->text[at - 1] == ' ')
		at--;
	while (at && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

static void recall(struct skald_prompt *prompt, bool older)
{
	const char(*history)[SKALD_PROMPT_TEXT] = prompt->history[prompt->kind];

	if (older) {
		if (prompt->recalled == SKALD_PROMPT_HISTORY ||
		    !history[prompt->recalled][0])
			return;
		set_text(prompt, history[prompt->recalled++]);
	} else if (prompt->recalled) {
		prompt->recalled--;
		set_text(prompt,
			 prompt->recalled ? history[prompt->recalled - 1] : "");
	}
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_';
}

static size_t common_length(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] && a[len] == b[len])
		len++;
	return len;
}

/* Adds what all words that begin like the one before the cursor share. */
static void complete(struct skald_prompt *prompt)
{
	const char *const *word;
	const char *found = NULL;
	size_t start = prompt->at;
	size_t shared = 0;
	size_t len;

	while (start && in_word(prompt->text[start - 1]))
		start--;
	len = prompt->at - start;
	for (word = prompt->words; word && *word && len; word++) {
		if (strncmp(*word, prompt->text + start, len))
			continue;
		if (!found)
			shared = strlen(*word);
		else if (common_length(found, *word) < shared)
			shared = common_length(found, *word);
		found = *word;
	}
	if (found && shared > len)
		insert(prompt, found + len, shared - len);
}

static void move_key(struct skald_prompt *prompt, const char *name)
{
	if (!strcmp(name, "Left") || !strcmp(name, "C-b"))
		prompt->at = before(prompt);
	else if (!strcmp(name, "Right") || !strcmp(name, "C-f"))
		prompt->at = behind(prompt);
	else if (!strcmp(name, "Home") || !strcmp(name, "C-a"))
		prompt->at = 0;
	else if (!strcmp(name, "End") || !strcmp(name, "C-e"))
		prompt->at = strlen(prompt->text);
	else if (!strcmp(name, "Up") || !strcmp(name, "C-p"))
		recall(prompt, true);
	else if (!strcmp(name, "Down") || !strcmp(name, "C-n"))
		recall(prompt, false);
	else if (!strcmp(name, "Tab"))
		complete(prompt);
}

static void edit_key(struct skald_prompt *prompt, const char *name)
{
	if (!strcmp(name, "Backspace"))
		delete_range(prompt, before(prompt), prompt->at);
	else if (!strcmp(name, "Delete") || !strcmp(name, "C-d"))
		delete_range(prompt, prompt->at, behind(prompt));
	else if (!strcmp(name, "C-u"))
		delete_range(prompt, 0, prompt->at);
	else if (!strcmp(name, "C-k"))
		prompt->text[prompt->at] = '\0';
	else if (!strcmp(name, "C-w"))
		delete_range(prompt, word_start(prompt), prompt->at);
	else
		move_key(prompt, name);
}

static bool is_empty_backspace(const struct skald_prompt *prompt,
			       const char *name)
{
	return !strcmp(name, "Backspace") && !prompt->text[0] &&
	       prompt->kind != SKALD_PROMPT_FILTER;
}

enum skald_prompt_result skald_prompt_key(struct skald_prompt *prompt, int key)
{
	char name[SKALD_KEY_NAME];

	skald_key_name(key, name);
	prompt->error.text[0] = '\0';
	if (!strcmp(name, "Enter"))
		return SKALD_PROMPT_ACCEPTED;
	if (!strcmp(name, "Esc") || !strcmp(name, "C-c") ||
	    !strcmp(name, "C-g") || is_empty_backspace(prompt, name)) {
		prompt->open = false;
		return SKALD_PROMPT_CANCELLED;
	}
	if (key >= ' ' && key != 127 && key < SKALD_KEY_CODE) {
		char text[SKALD_UTF8_MAX] = "";
		size_t len = skald_utf8_put(text, (uint32_t)key);

		insert(prompt, text, len);
	} else {
		edit_key(prompt, name);
	}
	return SKALD_PROMPT_EDITING;
}

void skald_prompt_accept(struct skald_prompt *prompt)
{
	char(*history)[SKALD_PROMPT_TEXT] = prompt->history[prompt->kind];

	prompt->open = false;
	if (!prompt->text[0] || !strcmp(history[0], prompt->text))
		return;
	memmove(history[1], history[0],
		(SKALD_PROMPT_HISTORY - 1) * sizeof(history[0]));
	memcpy(history[0], prompt->text, sizeof(history[0]));
}

void skald_prompt_refuse(struct skald_prompt *prompt)
{
	size_t column = prompt->error.column > 0
				? (size_t)prompt->error.column - 1
				: strlen(prompt->text);
	size_t len = strlen(prompt->text);

	prompt->at = column < len ? column : len;
}
