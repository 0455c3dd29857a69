/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: parameters of x_tables' matches and targets
 *
 * What the structures of xt.h's registry hold, for people and front ends. One
 * list a name: revisions say the same in other layouts.
 */
#ifndef SKALD_ENGINE_XT_FIELDS_H
#define SKALD_ENGINE_XT_FIELDS_H

#include "xt.h"

/**
 * struct skald_xt_field - a parameter
 * @name: as iptables' options call it
 * @type: of its value, in words
 * @help: one line
 * @words: valid values, ended by a NULL word; NULL: any of the type
 * @is_flags: a combination of @words
 * @most: greatest number or longest text; 0: what the type allows
 */
struct skald_xt_field {
	const char *name;
	const char *type;
	const char *help;
	const struct skald_param_word *words;
	bool is_flags;
	u32 most;
};

/**
 * struct skald_xt_fields - the parameters of one name
 * @name: match or target
 * @is_target: which of both
 * @n: parameters; 0: it has none
 * @fields: parameters
 */
struct skald_xt_fields {
	const char *name;
	bool is_target;
	u32 n;
	const struct skald_xt_field *fields;
};

/* The lists. Return: the n-th; NULL: no more */
const struct skald_xt_fields *skald_xt_fields_at(u32 n);

/* Return: the list of a match or target, NULL: there is none */
const struct skald_xt_fields *skald_xt_fields(const struct skald_xt_ops *ops);

/* Lists of matches, of those of IPv6 headers and frames, and of targets, each
 * ended by one without a name. */
extern const struct skald_xt_fields skald_xt_match_fields[];
extern const struct skald_xt_fields skald_xt_link_fields[];
extern const struct skald_xt_fields skald_xt_target_fields[];

/* Parameters: any value, the greatest, one of words, several of them. */
/* clang-format off */
#define SKALD_XT_PLAIN(title, kind, text) \
	{ .name = (title), .type = (kind), .help = (text) }
#define SKALD_XT_LIMIT(title, kind, text, top) \
	{ .name = (title), .type = (kind), .help = (text), .most = (top) }
#define SKALD_XT_ONE_OF(title, kind, text, list) \
	{ .name = (title), .type = (kind), .help = (text), .words = (list) }
#define SKALD_XT_FLAGS(title, kind, text, list) \
	{ .name = (title), .type = (kind), .help = (text), .words = (list), \
	  .is_flags = true }
#define SKALD_XT_FIELDS(title, target, list) \
	{ .name = (title), .is_target = (target), .n = ARRAY_SIZE(list), \
	  .fields = (list) }
/* clang-format on */

#endif /* SKALD_ENGINE_XT_FIELDS_H */
