/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what is to be followed, from the command line
 *
 * The options that "skald follow" and "skald debug add" share.
 */
#ifndef SKALD_TUI_WISH_H
#define SKALD_TUI_WISH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct skald_wish - a classifier to ask for
 * @expression: heap
 * @iif: borrowed, or NULL
 * @oif: borrowed, or NULL
 * @hook: "prerouting", "output" or "both"
 * @netns: name, "all", or NULL
 * @rate: marked packets a second at most, 0: any
 * @sample: mark one packet in so many
 * @source: "auto", "nft" or "kmod"; NULL: as tracerd likes
 */
struct skald_wish {
	char *expression;
	const char *iif;
	const char *oif;
	const char *hook;
	const char *netns;
	uint64_t rate;
	uint64_t sample;
	const char *source;
};

enum {
	SKALD_WISH_SAMPLE = 512,
	SKALD_WISH_HOOK,
	SKALD_WISH_NETNS,
	SKALD_WISH_SOURCE,
};

/* For getopt_long(). */
#define SKALD_WISH_LETTERS "r:i:o:"
/* clang-format off */
#define SKALD_WISH_OPTIONS \
	{ "rate", required_argument, NULL, 'r' }, \
	{ "iif", required_argument, NULL, 'i' }, \
	{ "oif", required_argument, NULL, 'o' }, \
	{ "sample", required_argument, NULL, SKALD_WISH_SAMPLE }, \
	{ "hook", required_argument, NULL, SKALD_WISH_HOOK }, \
	{ "netns", required_argument, NULL, SKALD_WISH_NETNS }, \
	{ "source", required_argument, NULL, SKALD_WISH_SOURCE }

/* For the help text. */
#define SKALD_WISH_HELP \
	"  -r, --rate N       mark at most N packets a second; 0: any (1000)\n" \
	"  -i, --iif DEV      only packets that come in by DEV\n" \
	"  -o, --oif DEV      only packets of our own that go out by DEV\n" \
	"      --sample N     only one packet in N\n" \
	"      --hook HOOK    prerouting, output or both (both)\n" \
	"      --netns NAME   in that network namespace: a name, a process id,\n" \
	"                     a path; all: in all of them\n" \
	"      --source WORD  who marks and tells: auto, nft or kmod (auto)\n"
/* clang-format on */

void skald_wish_init(struct skald_wish *wish);
void skald_wish_done(struct skald_wish *wish);
/* Return: whether the option is one of ours and its value makes sense */
bool skald_wish_option(struct skald_wish *wish, int option, const char *value);
/* The request "add". */
json_t *skald_wish_request(const struct skald_wish *wish);
/* "512"; whole, and not negative. */
bool skald_wish_number(const char *text, uint64_t *number);

#endif /* SKALD_TUI_WISH_H */
