/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: objects by name or by number, in a table that grows */
#ifndef SKALD_ENGINE_NAMES_H
#define SKALD_ENGINE_NAMES_H

#include "env.h"

/**
 * struct skald_names - the table
 * @buckets: heads, NULL: empty
 * @size: number of them, a power of two, or 0
 * @n: objects
 * @hash: hash of an object; set it before the first is added
 *
 * Where there is no memory for a larger table the old one serves on.
 */
struct skald_names {
	struct hlist_head *buckets;
	u32 size;
	u32 n;
	u32 (*hash)(const struct hlist_node *node);
};

/* 0 or -ENOMEM: there is no table yet and none can be had. */
int skald_names_add(struct skald_names *names, struct hlist_node *node);
void skald_names_remove(struct skald_names *names, struct hlist_node *node);
void skald_names_done(struct skald_names *names);
/* Objects of that hash and others; NULL: none. */
struct hlist_head *skald_names_bucket(const struct skald_names *names,
				      u32 hash);

/* What objects are found by: their name, or their handle. */
u32 skald_names_hash_string(const char *name);
u32 skald_names_hash_number(u64 number);

#endif /* SKALD_ENGINE_NAMES_H */
