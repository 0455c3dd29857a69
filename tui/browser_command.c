// SPDX-License-Identifier: GPL-2.0-only
/* Commands that are typed behind ':'; their list is in request.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browser.h"
#include "list.h"

static int go_to(struct skald_browser *browser, const char *text,
		 struct skald_error *error)
{
	struct skald_view *list = skald_browser_list(browser);
	unsigned long long id;
	char *end;

	errno = 0;
	id = strtoull(text, &end, 10);
	if (errno || *end || !id)
		return skald_error_set(error, EINVAL, "\"%s\" is no story's id",
				       text);
	skald_browser_home(browser);
	skald_list_goto(list, id);
	if (skald_list_id(list) != id)
		skald_browser_say(browser, SKALD_PAINT_FAULT,
				  "#%llu is not in the list", id);
	return 0;
}

static int save(struct skald_browser *browser, const char *path,
		struct skald_error *error)
{
	FILE *stream;
	int failed;

	if (!*path)
		return skald_error_set(error, EINVAL,
				       "save where? give a file");
	stream = fopen(path, "we");
	if (!stream)
		return skald_error_set(error, errno, "cannot write %s: %s",
				       path, strerror(errno));
	browser->prompt.open = false;
	skald_browser_draw(browser);
	skald_screen_save(&browser->screen, false, stream);
	failed = ferror(stream);
	if (fclose(stream) || failed)
		return skald_error_set(error, EIO, "cannot write %s: %s", path,
				       strerror(errno));
	skald_browser_say(browser, SKALD_PAINT_NOTE, "saved to %s", path);
	return 0;
}

static int set_filter(struct skald_browser *browser, const char *text,
		      struct skald_error *error)
{
	int err;

	err = skald_browser_filter(browser, text, browser->drops, error);
	/* The column counts from the filter on, the caret from the command. */
	if (err && error && error->column)
		error->column += (int)strlen("filter ");
	if (!err)
		skald_browser_home(browser);
	return err;
}

int skald_browser_command(struct skald_browser *browser, const char *line,
			  struct skald_error *error)
{
	size_t word = strcspn(line, " ");
	const char *rest = line + word + strspn(line + word, " ");

	if (!word)
		return 0;
	if (isdigit((unsigned char)*line))
		return go_to(browser, line, error);
	if (!strncmp(line, "filter", word))
		return set_filter(browser, rest, error);
	if (!strncmp(line, "save", word))
		return save(browser, rest, error);
	if (!strncmp(line, "help", word))
		skald_browser_key(browser, '?');
	else if (!strncmp(line, "quit", word))
		browser->quit = true;
	else
		return skald_error_set(error, EINVAL,
				       "there is no command \"%.*s\"",
				       (int)word, line);
	return 0;
}
