// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal: opening and closing, the theme, size, saving, the clipboard.
 * Everything that knows of ncurses' global state is here.
 */
#include "screen.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

#define NONE (-1)
/* Readable on dark and on light. */
#define GREY 244
#define BLUE 33

/**
 * struct style - what a paint looks like
 * @letter: stands for it in saved screens
 * @fg: with eight colours
 * @bg: the same
 * @fg256: with 256 colours
 * @attrs: with colours
 * @mono: without
 */
struct style {
	char letter;
	short fg;
	short bg;
	short fg256;
	attr_t attrs;
	attr_t mono;
};

static const struct style theme[SKALD_N_PAINTS] = {
	[SKALD_PAINT_PLAIN] = { '.', NONE, NONE, NONE, 0, 0 },
	[SKALD_PAINT_DIM] = { 'd', NONE, NONE, GREY, 0, A_DIM },
	[SKALD_PAINT_TITLE] = { 't', NONE, NONE, NONE, A_BOLD, A_BOLD },
	[SKALD_PAINT_GOOD] = { 'g', COLOR_GREEN, NONE, COLOR_GREEN, A_BOLD,
			       A_BOLD },
	[SKALD_PAINT_BAD] = { 'b', COLOR_RED, NONE, COLOR_RED, A_BOLD, A_BOLD },
	[SKALD_PAINT_WARN] = { 'w', COLOR_YELLOW, NONE, COLOR_YELLOW, A_BOLD,
			       A_BOLD },
	[SKALD_PAINT_HOOK] = { 'h', COLOR_BLUE, NONE, BLUE, A_BOLD, A_BOLD },
	[SKALD_PAINT_CHAIN] = { 'c', COLOR_CYAN, NONE, COLOR_CYAN, 0, 0 },
	[SKALD_PAINT_RULE] = { 'r', NONE, NONE, NONE, 0, 0 },
	[SKALD_PAINT_OLD] = { 'o', COLOR_RED, NONE, COLOR_RED, 0, A_UNDERLINE },
	[SKALD_PAINT_NEW] = { 'n', COLOR_GREEN, NONE, COLOR_GREEN, 0,
			      A_REVERSE },
	[SKALD_PAINT_VALUE] = { 'v', COLOR_MAGENTA, NONE, COLOR_MAGENTA, 0, 0 },
	[SKALD_PAINT_BAR] = { 'B', COLOR_WHITE, COLOR_BLUE, 15, A_BOLD,
			      A_REVERSE | A_BOLD },
	[SKALD_PAINT_STATUS] = { 'S', COLOR_BLACK, COLOR_WHITE, 0, 0,
				 A_REVERSE },
	[SKALD_PAINT_HEAD] = { 'H', COLOR_BLACK, COLOR_GREEN, 0, 0, A_REVERSE },
	[SKALD_PAINT_SHADE] = { 's', COLOR_BLACK, COLOR_WHITE, 0, 0,
				A_UNDERLINE },
	[SKALD_PAINT_CURSOR] = { 'C', COLOR_BLACK, COLOR_CYAN, 0, 0,
				 A_REVERSE },
	[SKALD_PAINT_GHOST] = { 'G', COLOR_BLACK, COLOR_WHITE, 0, 0,
				A_UNDERLINE },
	[SKALD_PAINT_MATCH] = { 'M', COLOR_BLACK, COLOR_YELLOW, 0, 0,
				A_REVERSE | A_BOLD },
	[SKALD_PAINT_FAULT] = { 'F', COLOR_RED, NONE, COLOR_RED, A_BOLD,
				A_BOLD },
	[SKALD_PAINT_NOTE] = { 'N', NONE, NONE, NONE, A_BOLD, A_BOLD },
	[SKALD_PAINT_KEY] = { 'K', COLOR_CYAN, NONE, COLOR_CYAN, A_BOLD,
			      A_BOLD },
	[SKALD_PAINT_MARKED] = { 'm', NONE, NONE, NONE, A_BOLD, A_BOLD },
};

static void theme_start(struct skald_screen *screen, bool mono)
{
	const char *no_color = getenv("NO_COLOR");
	int i;

	screen->colours = 0;
	if (!mono && !(no_color && *no_color) && has_colors() &&
	    start_color() == OK) {
		use_default_colors();
		screen->colours = COLORS >= 256 ? 256 : 8;
	}
	for (i = 0; i < SKALD_N_PAINTS; i++) {
		const struct style *style = &theme[i];
		short fg = screen->colours == 256 ? style->fg256 : style->fg;

		screen->attrs[i] = screen->colours ? style->attrs : style->mono;
		screen->pairs[i] = 0;
		if (!screen->colours || (fg == NONE && style->bg == NONE))
			continue;
		init_pair((short)(i + 1), fg, style->bg);
		screen->pairs[i] = (short)(i + 1);
	}
}

static int streams_open(struct skald_screen *screen, bool headless,
			struct skald_error *error)
{
	if (headless) {
		screen->in = fopen("/dev/null", "r");
		screen->out = fopen("/dev/null", "w");
		if (screen->in && screen->out)
			return 0;
		return skald_error_set(error, errno, "cannot open /dev/null");
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		skald_error_set(error, ENOTTY, "the browser needs a terminal");
		skald_error_help(error, "use \"skald list\" and \"skald show\" "
					"where there is none");
		return -ENOTTY;
	}
	screen->in = stdin;
	screen->out = stdout;
	return 0;
}

static void streams_close(struct skald_screen *screen)
{
	if (!screen->headless)
		return;
	if (screen->in)
		fclose(screen->in);
	if (screen->out)
		fclose(screen->out);
}

static void input_start(const struct skald_screen_config *config)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	if (config->mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED,
			  NULL);
		mouseinterval(0);
	}
}

int skald_screen_open(struct skald_screen *screen,
		      const struct skald_screen_config *config,
		      struct skald_error *error)
{
	const char *type = config->headless ? "xterm-256color" : NULL;
	int err;

	memset(screen, 0, sizeof(*screen));
	screen->headless = config->headless;
	screen->ascii = config->ascii || strcmp(nl_langinfo(CODESET), "UTF-8");
	err = streams_open(screen, config->headless, error);
	if (err)
		goto err_streams;
	screen->term = newterm(type, screen->out, screen->in);
	if (!screen->term) {
		const char *term = type ? type : getenv("TERM");

		err = skald_error_set(error, ENODEV,
				      "the terminal type \"%s\" is not known",
				      term ? term : "");
		skald_error_help(error, "set TERM, for example to \"xterm\"");
		goto err_streams;
	}
	input_start(config);
	theme_start(screen, config->mono);
	if (config->headless)
		resizeterm(config->lines, config->columns);
	skald_screen_resized(screen);
	return 0;

err_streams:
	streams_close(screen);
	return err;
}

void skald_screen_close(struct skald_screen *screen)
{
	if (!screen->term)
		return;
	endwin();
	delscreen(screen->term);
	screen->term = NULL;
	streams_close(screen);
}

void skald_screen_resized(struct skald_screen *screen)
{
	getmaxyx(stdscr, screen->lines, screen->columns);
}

int skald_screen_resize(struct skald_screen *screen, int lines, int columns)
{
	if (lines < 1 || columns < 1 || lines > 1000 || columns > 1000)
		return -EINVAL;
	if (resizeterm(lines, columns) == ERR)
		return -ENOMEM;
	skald_screen_resized(screen);
	return 0;
}

void skald_screen_show(struct skald_screen *screen)
{
	wnoutrefresh(stdscr);
	doupdate();
}

void skald_screen_redraw(struct skald_screen *screen)
{
	clearok(curscr, TRUE);
}

static char paint_letter(const struct skald_screen *screen, attr_t attrs,
			 short pair)
{
	const attr_t shown = A_BOLD | A_DIM | A_UNDERLINE | A_REVERSE;
	int i;

	for (i = 0; i < SKALD_N_PAINTS; i++) {
		if (screen->attrs[i] == (attrs & shown) &&
		    screen->pairs[i] == pair)
			return theme[i].letter;
	}
	return '?';
}

/* Writes one cell as UTF-8. Return: bytes; 0 for the right half of a wide one
 */
static size_t save_cell(const struct skald_screen *screen, bool paints,
			const cchar_t *cell, char *text)
{
	wchar_t wide[CCHARW_MAX + 1];
	attr_t attrs;
	short pair;

	if (getcchar(cell, wide, &attrs, &pair, NULL) == ERR || !wide[0])
		return 0;
	if (!paints)
		return skald_utf8_put(text, (uint32_t)wide[0]);
	text[0] = paint_letter(screen, attrs, pair);
	return 1;
}

static void save_line(const struct skald_screen *screen, int y, bool paints,
		      FILE *stream)
{
	int spaces = 0;
	int x;

	for (x = 0; x < screen->columns; x++) {
		char text[SKALD_UTF8_MAX];
		cchar_t cell;
		size_t len;

		if (mvin_wch(y, x, &cell) == ERR)
			break;
		len = save_cell(screen, paints, &cell, text);
		if (len == 1 && text[0] == ' ') {
			spaces++;
			continue;
		}
		for (; len && spaces; spaces--)
			putc(' ', stream);
		fwrite(text, 1, len, stream);
	}
	putc('\n', stream);
}

void skald_screen_save(const struct skald_screen *screen, bool paints,
		       FILE *stream)
{
	int y;

	for (y = 0; y < screen->lines; y++)
		save_line(screen, y, paints, stream);
}

static void put_base64(const char *text, FILE *stream)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *bytes = (const uint8_t *)text;
	size_t len = strlen(text);
	size_t i;

	for (i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		if (i + 1 < len)
			three |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < len)
			three |= bytes[i + 2];
		putc(digits[three >> 18], stream);
		putc(digits[three >> 12 & 63], stream);
		putc(i + 1 < len ? digits[three >> 6 & 63] : '=', stream);
		putc(i + 2 < len ? digits[three & 63] : '=', stream);
	}
}

bool skald_screen_copy(struct skald_screen *screen, const char *text)
{
	if (screen->headless)
		return false;
	fputs("\033]52;c;", screen->out);
	put_base64(text, screen->out);
	fputs("\a", screen->out);
	return fflush(screen->out) == 0;
}
