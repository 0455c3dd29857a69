// SPDX-License-Identifier: GPL-2.0-only
/* Runs the browser from a file of keys. Used by cmd_browse.c. */
#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

/* Work that a key may cause: far above what any script needs. */
#define STEPS_MAX 1000000

static const struct {
	const char *name;
	enum skald_mouse mouse;
} mice[] = {
	{ "click", SKALD_MOUSE_CLICK },
	{ "double", SKALD_MOUSE_DOUBLE },
	{ "up", SKALD_MOUSE_WHEEL_UP },
	{ "down", SKALD_MOUSE_WHEEL_DOWN },
};

/* Until nothing is left to load: what is on the screen is then certain. */
static void settle(struct skald_browser *browser)
{
	unsigned int steps = 0;

	skald_browser_draw(browser);
	while (!browser->quit && steps++ < STEPS_MAX &&
	       skald_browser_work(browser))
		;
	skald_browser_draw(browser);
}

/* Read a number and step over it. Return: -1 when there is none */
static int number(const char **text)
{
	char *end;
	long value = strtol(*text, &end, 10);

	if (end == *text || value < 0 || value > 10000)
		return -1;
	*text = end;
	return (int)value;
}

static int resize(struct skald_browser *browser, const char *rest,
		  struct skald_error *error)
{
	const char *text = rest;
	int columns = number(&text);
	int lines = -1;

	if (*text == 'x') {
		text++;
		lines = number(&text);
	}
	if (*text || skald_screen_resize(&browser->screen, lines, columns))
		return skald_error_set(error, EINVAL, "no size: \"%s\"", rest);
	return 0;
}

static int mouse(struct skald_browser *browser, const char *rest,
		 struct skald_error *error)
{
	size_t word = strcspn(rest, " ");
	const char *text = rest + word;
	int y = number(&text);
	int x = number(&text);
	size_t i;

	if (*text || y < 0 || x < 0)
		return skald_error_set(error, EINVAL, "no place: \"%s\"", rest);
	for (i = 0; i < sizeof(mice) / sizeof(mice[0]); i++) {
		if (strlen(mice[i].name) == word &&
		    !strncmp(mice[i].name, rest, word)) {
			skald_browser_mouse(browser, mice[i].mouse, y, x);
			return 0;
		}
	}
	return skald_error_set(error, EINVAL, "no mouse does that: \"%s\"",
			       rest);
}

static int save(struct skald_browser *browser, const char *path, bool paints,
		struct skald_error *error)
{
	FILE *stream = fopen(path, "we");

	if (!stream)
		return skald_error_set(error, errno, "cannot write %s: %s",
				       path, strerror(errno));
	skald_screen_save(&browser->screen, paints, stream);
	if (fclose(stream))
		return skald_error_set(error, errno, "cannot write %s: %s",
				       path, strerror(errno));
	return 0;
}

static int run_command(struct skald_browser *browser, const char *line,
		       struct skald_error *error)
{
	size_t word = strcspn(line, " ");
	const char *rest = line + word + strspn(line + word, " ");

	if (!strncmp(line, "resize ", 7))
		return resize(browser, rest, error);
	if (!strncmp(line, "mouse ", 6))
		return mouse(browser, rest, error);
	if (!strncmp(line, "save ", 5))
		return save(browser, rest, false, error);
	if (!strncmp(line, "paints ", 7))
		return save(browser, rest, true, error);
	if (!strcmp(line, "poll")) {
		skald_browser_poll(browser);
		skald_browser_count(browser);
		return 0;
	}
	return skald_browser_command(browser, line, error);
}

static int run_keys(struct skald_browser *browser, const char *line,
		    struct skald_error *error)
{
	int key;

	while (!browser->quit && (key = skald_key_parse(&line))) {
		if (key < 0)
			return skald_error_set(error, EINVAL,
					       "no such key before \"%s\"",
					       line);
		skald_browser_key(browser, key);
		settle(browser);
	}
	return 0;
}

static int run_line(struct skald_browser *browser, const char *line,
		    struct skald_error *error)
{
	int err = 0;

	if (*line == ':')
		err = run_command(browser, line + 1, error);
	else if (*line != '#')
		err = run_keys(browser, line, error);
	settle(browser);
	return err;
}

int skald_script_run(struct skald_browser *browser, const char *path,
		     FILE *stream, struct skald_error *error)
{
	struct skald_error what = { 0 };
	unsigned int at = 0;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	skald_browser_count(browser);
	settle(browser);
	while (!err && !browser->quit && getline(&line, &size, stream) >= 0) {
		at++;
		line[strcspn(line, "\n")] = '\0';
		err = run_line(browser, line, &what);
	}
	free(line);
	if (err)
		skald_error_set(error, -err, "%s, line %u: %s", path, at,
				what.text);
	return err;
}
