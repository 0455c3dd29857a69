// SPDX-License-Identifier: GPL-2.0-only
/* Objects by name or by number. */
#include "names.h"

#define SIZE_FIRST 16

static void rehash(struct skald_names *names, struct hlist_head *buckets,
		   u32 size)
{
	u32 i;

	for (i = 0; i < names->size; i++) {
		while (names->buckets[i].first) {
			struct hlist_node *node = names->buckets[i].first;

			hlist_del(node);
			hlist_add_head(
				node, &buckets[names->hash(node) & (size - 1)]);
		}
	}
	kvfree(names->buckets);
	names->buckets = buckets;
	names->size = size;
}

static void grow(struct skald_names *names)
{
	u32 size = names->size ? names->size * 2 : SIZE_FIRST;
	struct hlist_head *buckets =
		kvcalloc(size, sizeof(*buckets), GFP_KERNEL);

	if (buckets)
		rehash(names, buckets, size);
}

int skald_names_add(struct skald_names *names, struct hlist_node *node)
{
	if (names->n >= names->size)
		grow(names);
	if (!names->size)
		return -ENOMEM;
	hlist_add_head(node,
		       &names->buckets[names->hash(node) & (names->size - 1)]);
	names->n++;
	return 0;
}

void skald_names_remove(struct skald_names *names, struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	hlist_del_init(node);
	names->n--;
}

void skald_names_done(struct skald_names *names)
{
	kvfree(names->buckets);
	names->buckets = NULL;
	names->size = 0;
	names->n = 0;
}

struct hlist_head *skald_names_bucket(const struct skald_names *names, u32 hash)
{
	return names->size ? &names->buckets[hash & (names->size - 1)] : NULL;
}

/* FNV-1a */
u32 skald_names_hash_string(const char *name)
{
	u32 hash = 2166136261u;

	while (*name)
		hash = (hash ^ (u8)*name++) * 16777619u;
	return hash ^ hash >> 15;
}

u32 skald_names_hash_number(u64 number)
{
	number *= 0x9e3779b97f4a7c15ull;
	return (u32)(number >> 32);
}
