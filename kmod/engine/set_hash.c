// SPDX-License-Identifier: GPL-2.0-only
/* Sets of single keys (nft_set_hash.c). */
#include "buckets.h"
#include "set.h"

static int init(struct skald_vm_set *set)
{
	struct skald_buckets *buckets = kzalloc(sizeof(*buckets), GFP_KERNEL);

	if (!buckets)
		return -ENOMEM;
	buckets->seed = (u64)(unsigned long)buckets * 0x9e3779b97f4a7c15ull;
	set->index = buckets;
	return 0;
}

static struct hlist_head *head_of(const struct skald_buckets *buckets, u32 hash)
{
	return &buckets->heads[hash & (buckets->size - 1)];
}

static int insert(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	struct skald_buckets *buckets = set->index;

	elem->hash = skald_key_hash(elem->key, set->klen, buckets->seed);
	return skald_buckets_add(buckets, elem);
}

static struct skald_vm_elem *lookup(struct skald_vm_set *set, const void *key,
				    u8 genmask, u64 now)
{
	const struct skald_buckets *buckets = set->index;
	u32 hash = skald_key_hash(key, set->klen, buckets->seed);
	struct skald_vm_elem *elem;

	if (!buckets->size)
		return NULL;
	hlist_for_each_entry(elem, head_of(buckets, hash), node) {
		if (elem->hash == hash &&
		    memcmp(elem->key, key, set->klen) == 0 &&
		    skald_elem_is_live(elem, genmask, now))
			return elem;
	}
	return NULL;
}

static struct skald_vm_elem *exact(struct skald_vm_set *set,
				   const struct skald_vm_elem *like, u8 genmask)
{
	return lookup(set, like->key, genmask, 0);
}

static void remove_elem(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	skald_buckets_remove(set->index, elem);
}

static void done(struct skald_vm_set *set)
{
	if (set->index)
		skald_buckets_done(set->index);
	kfree(set->index);
}

const struct skald_set_ops skald_set_hash = {
	.init = init,
	.insert = insert,
	.lookup = lookup,
	.exact = exact,
	.remove = remove_elem,
	.free = done,
};
