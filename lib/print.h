/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stories as text for people
 *
 * The library does not print: text goes line by line to a sink that knows about
 * terminals and colours. "skald show", "skald follow", the browser's story
 * view and reports all tell a story through this file.
 */
#ifndef SKALD_LIB_PRINT_H
#define SKALD_LIB_PRINT_H

#include "story.h"

/* What a piece of text is; a sink turns it into a colour, or into nothing. */
/* clang-format off */
#define SKALD_INKS(I) \
	I(PLAIN) I(DIM) I(TITLE) I(GOOD) I(BAD) I(WARN) I(HOOK) I(CHAIN) \
	I(RULE) I(OLD) I(NEW) I(VALUE)
/* clang-format on */
#define SKALD_INK_ENUM(name) SKALD_INK_##name,
enum skald_ink {
	SKALD_INKS(SKALD_INK_ENUM) SKALD_N_INKS
};

/**
 * struct skald_sink - where text goes
 * @text: a piece of a line
 * @end: the line is over
 * @width: columns to wrap rule texts to, 0: never
 * @ascii: no characters outside ASCII
 * @verbose: every event, not only those that decide, change or match
 * @user: for the functions
 */
struct skald_sink {
	void (*text)(void *user, enum skald_ink ink, const char *text);
	void (*end)(void *user);
	unsigned int width;
	bool ascii;
	bool verbose;
	void *user;
};

/* The answer first, then the path, indented by hook and chain. */
void skald_print_story(const struct skald_story *story,
		       const struct skald_sink *sink);
/**
 * skald_print_story_loaded() - the same, with who loaded the rule
 * @story: the story
 * @loaded: what the store knows about the generation that
 *	skald_story_loaded() names, "12:03 by pid 991 ufw"; NULL: nothing
 * @sink: where it goes
 */
void skald_print_story_loaded(const struct skald_story *story,
			      const char *loaded,
			      const struct skald_sink *sink);
/* One line: "#17 12:03:11.120 DROPPED tcp 10.1.0.2:54066 > … in …" */
void skald_print_line(const struct skald_story *story,
		      const struct skald_sink *sink);

#endif /* SKALD_LIB_PRINT_H */
