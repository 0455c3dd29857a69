/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the subcommands of skald
 *
 * One line here, one file cmd_<name>.c. "skald help", the completion and the
 * manual's synopsis list come from this table.
 */
#ifndef SKALD_TUI_COMMAND_H
#define SKALD_TUI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"
#include "filter.h"
#include "print.h"

struct skald_world_source;

/* Exit status of every subcommand. */
enum skald_exit {
	SKALD_EXIT_DONE = 0,
	SKALD_EXIT_NOTHING = 1, /* nothing found */
	SKALD_EXIT_USAGE = 2,
	SKALD_EXIT_CANNOT = 3, /* privilege, kernel feature, file */
};

/* C(name, arguments, summary) */
#define SKALD_COMMANDS(C)                                                     \
	C(follow,                                                             \
	  "[-d DB] [-n STORIES] [-t SECONDS] [-r RATE] [-i DEV] "             \
	  "[--netns NAME|all] [--json] [EXPRESSION]",                         \
	  "follow packets from now on")                                       \
	C(list, "[-d DB] [-w FILTER] [-n STORIES] [--shapes] [--json]",       \
	  "list recorded stories")                                            \
	C(show, "[-d DB] [-v] [--json] ID...", "show stories in full")        \
	C(why, "[-d DB] ID [--rule HANDLE] [--world FILE] [--json]",          \
	  "why the rules above did not match")                                \
	C(browse, "[-d DB] [-w FILTER]", "look through stories")              \
	C(export, "[-d DB] [-w FILTER] --format pcapng|json|csv -o FILE",     \
	  "write stories for other tools")                                    \
	C(report, "[-d DB] ID... -o FILE",                                    \
	  "write a report for others to read")                                \
	C(debug, "add|list|delete ...",                                       \
	  "the debug table of a running tracerd")                             \
	C(ask,                                                                \
	  "[--world FILE|live] [--rules FILE] [--iif DEV] [--json] PACKET",   \
	  "what would happen to a packet")                                    \
	C(replay,                                                             \
	  "[--world FILE|live] [--rules FILE] [--iif DEV] [-d DB] "           \
	  "[--json] CAPTURE",                                                 \
	  "what would happen to the packets of a capture")                    \
	C(snapshot,                                                           \
	  "[--netns NAME] [--rules FILE [--world FILE|live]] -o WORLD",       \
	  "what verdicts depend on, into one file")                           \
	C(verify, "[-d DB] [-w FILTER] [--world FILE] [--json]",              \
	  "the engine's path of each story against the kernel's")             \
	C(whatif, "[-d DB] [-w FILTER] --rules FILE [--world FILE] [--json]", \
	  "whose verdict other rules would flip")                             \
	C(filter, "help [NAME] [--json]", "what rules can be made of")        \
	C(conntrack, "replay|check|halfclose [OPTION...] CAPTURE...",         \
	  "captures through connection tracking")                             \
	C(status, "[-d DB] [--json]", "what the daemon and the store hold")   \
	C(doctor, "[--netns NAME] [-i DEV] [--json] [EXPRESSION]",            \
	  "why nothing arrives")

#define SKALD_COMMAND_DECLARE(name, arguments, summary) \
	int skald_cmd_##name(int argc, char **argv);
SKALD_COMMANDS(SKALD_COMMAND_DECLARE)

/* argv[0] of a subcommand is its name. */

/**
 * struct skald_command - one subcommand
 * @name: its name
 * @arguments: for the usage line
 * @summary: what it does
 */
struct skald_command {
	const char *name;
	const char *arguments;
	const char *summary;
};
/* SKALD_COMMANDS as a table, ended by a NULL name. */
extern const struct skald_command skald_commands[];
/* Return: the subcommand, or NULL: there is none of that name */
const struct skald_command *skald_command_find(const char *name);

/* "skald: <text>" and the help to stderr. Return: SKALD_EXIT_CANNOT */
int skald_fail(const struct skald_error *error);
/* The same of memory that is not there. */
int skald_no_memory(void);
/* "skald <command>: <text>" and how to get help. Return: SKALD_EXIT_USAGE */
int skald_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for what getopt_long() did not like; @option: '?' or ':'. */
int skald_usage_option(const char *command, int option, char **argv);
/* The same for the value of the option that getopt_long() gave last. */
int skald_usage_value(const char *command, char **argv);
/* For --world, --rules and --netns that do not go together. Return:
 * SKALD_EXIT_USAGE; -1: they do */
int skald_usage_world(const char *command,
		      const struct skald_world_source *source);
/* The help text of a subcommand, made from the table and its options. */
int skald_help(const char *command, const char *options);

/* Show where in an input the error is; @column 0: nowhere. */
void skald_show_place(const char *text, int column);
/**
 * skald_where() - the filter that -w gives
 * @command: whose option it is
 * @text: "" matches all
 * @filter: set on success; skald_filter_free()
 *
 * Says what is wrong, and where. Return: 0, or SKALD_EXIT_USAGE
 */
int skald_where(const char *command, const char *text,
		struct skald_filter **filter);
/* Words with spaces between them, heap; NULL: no memory. */
char *skald_join(char *const *words, int n);

/* Store that -d names, else ./skald.db if there, else the daemon's. */
const char *skald_store_path(const char *option);

/**
 * skald_term_sink() - a sink that writes to a stream
 * @sink: filled in
 * @stream: usually stdout
 *
 * Colours when it is a terminal and NO_COLOR is not set, eight colours where
 * the terminal has no more; ASCII where the locale is not UTF-8.
 */
void skald_term_sink(struct skald_sink *sink, FILE *stream);

#endif /* SKALD_TUI_COMMAND_H */
