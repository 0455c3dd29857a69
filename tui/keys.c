// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of keys, and which request each of them makes. Used by the browser's
 * loop, the help view, scripts and the generator of the key tables.
 */
#include "keys.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

#define REQUEST_DESC(name, group, keys, hint, help) \
	[SKALD_REQ_##name] = { SKALD_REQ_GROUP_##group, keys, hint, help },
const struct skald_request_desc skald_requests[SKALD_N_REQ] = {
	[SKALD_REQ_NONE] = { SKALD_REQ_GROUP_OTHER, "", "", "" },
	SKALD_REQUESTS(REQUEST_DESC)
};

#define GROUP_TITLE(name, title) [SKALD_REQ_GROUP_##name] = (title),
const char *const skald_request_groups[SKALD_N_REQ_GROUPS] = {
	SKALD_REQUEST_GROUPS(GROUP_TITLE)
};

#define TYPED_DESC(name, arguments, help) { #name, arguments, help },
const struct skald_typed_desc skald_typed[] = {
	SKALD_TYPED(TYPED_DESC){ NULL, NULL, NULL },
};

/* Control characters that have names of their own come before C-x. */
static const struct {
	int key;
	const char *name;
} named[] = {
	{ '\r', "Enter" },
	{ '\n', "Enter" },
	{ SKALD_KEY_CODE + KEY_ENTER, "Enter" },
	{ SKALD_KEY_ESCAPE, "Esc" },
	{ '\t', "Tab" },
	{ ' ', "Space" },
	{ 127, "Backspace" },
	{ '\b', "Backspace" },
	{ SKALD_KEY_CODE + KEY_BACKSPACE, "Backspace" },
	{ SKALD_KEY_CODE + KEY_DC, "Delete" },
	{ SKALD_KEY_CODE + KEY_UP, "Up" },
	{ SKALD_KEY_CODE + KEY_DOWN, "Down" },
	{ SKALD_KEY_CODE + KEY_LEFT, "Left" },
	{ SKALD_KEY_CODE + KEY_RIGHT, "Right" },
	{ SKALD_KEY_CODE + KEY_HOME, "Home" },
	{ SKALD_KEY_CODE + KEY_END, "End" },
	{ SKALD_KEY_CODE + KEY_PPAGE, "PageUp" },
	{ SKALD_KEY_CODE + KEY_NPAGE, "PageDown" },
	{ SKALD_KEY_CODE + KEY_F(1), "F1" },
	{ SKALD_KEY_CODE + KEY_F(5), "F5" },
	{ '<', "lt" },
};

#define N_NAMED (sizeof(named) / sizeof(named[0]))

char *skald_key_name(int key, char *name)
{
	size_t i;

	name[0] = '\0';
	for (i = 0; i < N_NAMED && key != '<'; i++) {
		if (named[i].key != key)
			continue;
		snprintf(name, SKALD_KEY_NAME, "%s", named[i].name);
		return name;
	}
	if (key > 0 && key < ' ')
		snprintf(name, SKALD_KEY_NAME, "C-%c", key + 'a' - 1);
	else if (key > ' ' && key < SKALD_KEY_CODE)
		name[skald_utf8_put(name, (uint32_t)key)] = '\0';
	return name;
}

static int key_by_name(const char *name, size_t len)
{
	size_t i;

	if (len == 3 && !strncmp(name, "C-", 2) && name[2] >= 'a' &&
	    name[2] <= 'z')
		return name[2] - 'a' + 1;
	for (i = 0; i < N_NAMED; i++) {
		if (strlen(named[i].name) == len &&
		    !strncmp(named[i].name, name, len))
			return named[i].key;
	}
	return -1;
}

int skald_key_parse(const char **text)
{
	const char *close;
	int key;

	if (!**text)
		return 0;
	close = **text == '<' ? strchr(*text, '>') : NULL;
	if (!close)
		return (int)skald_utf8_next(text);
	key = key_by_name(*text + 1, (size_t)(close - *text - 1));
	*text = close + 1;
	return key;
}

static bool lists(const char *keys, const char *name)
{
	size_t len = strlen(name);

	while (*keys) {
		size_t word = strcspn(keys, " ");

		if (word == len && !strncmp(keys, name, len))
			return true;
		keys += word;
		keys += strspn(keys, " ");
	}
	return false;
}

enum skald_request skald_key_request(int key)
{
	char name[SKALD_KEY_NAME];
	int request;

	if (!*skald_key_name(key, name))
		return SKALD_REQ_NONE;
	for (request = 1; request < SKALD_N_REQ; request++) {
		if (lists(skald_requests[request].keys, name))
			return (enum skald_request)request;
	}
	return SKALD_REQ_NONE;
}
