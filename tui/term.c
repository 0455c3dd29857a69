// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text to a terminal: colours where they are wanted, none elsewhere.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"

/* SGR parameters: the eight colours every terminal has, bold and dim. */
static const char *const colours[SKALD_N_INKS] = {
	[SKALD_INK_PLAIN] = NULL,  [SKALD_INK_DIM] = "2",
	[SKALD_INK_TITLE] = "1",   [SKALD_INK_GOOD] = "1;32",
	[SKALD_INK_BAD] = "1;31",  [SKALD_INK_WARN] = "1;33",
	[SKALD_INK_HOOK] = "1;34", [SKALD_INK_CHAIN] = "36",
	[SKALD_INK_RULE] = NULL,   [SKALD_INK_OLD] = "31",
	[SKALD_INK_NEW] = "32",	   [SKALD_INK_VALUE] = "35",
};

static void put_plain(void *user, enum skald_ink ink, const char *text)
{
	fputs(text, user);
}

static void put_coloured(void *user, enum skald_ink ink, const char *text)
{
	if (colours[ink])
		fprintf(user, "\033[%sm%s\033[0m", colours[ink], text);
	else
		fputs(text, user);
}

static void put_end(void *user)
{
	fputc('\n', user);
}

static bool wants_colours(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (!isatty(fileno(stream)) || (no_color && *no_color))
		return false;
	return term && *term && strcmp(term, "dumb");
}

static unsigned int columns(FILE *stream)
{
	struct winsize size;

	if (ioctl(fileno(stream), TIOCGWINSZ, &size) || size.ws_col < 40)
		return 0;
	return size.ws_col;
}

void skald_term_sink(struct skald_sink *sink, FILE *stream)
{
	*sink = (struct skald_sink){
		.text = wants_colours(stream) ? put_coloured : put_plain,
		.end = put_end,
		.width = columns(stream),
		.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
		.user = stream,
	};
}
