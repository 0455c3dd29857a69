// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of ranges in several fields (nft_set_pipapo.c).
 *
 * The two ends of a range share their leading bits. Elements are grouped by how
 * many these are in each field; in a group an element is found by the hash of
 * the shared bits alone, and its ranges are compared then. Rulesets have few
 * groups: prefixes of the same lengths, single ports, some ranges.
 */
#include "buckets.h"
#include "set.h"

/**
 * struct group - elements whose ranges share the same bits
 * @list: in the index
 * @buckets: the elements
 * @mask: the bits
 */
struct group {
	struct list_head list;
	struct skald_buckets buckets;
	u8 mask[SKALD_SET_KEY_MAX];
};

struct index {
	struct list_head groups;
};

static int init(struct skald_vm_set *set)
{
	struct index *index = kzalloc(sizeof(*index), GFP_KERNEL);

	if (!index)
		return -ENOMEM;
	INIT_LIST_HEAD(&index->groups);
	set->index = index;
	return 0;
}

/* Leading bits that both ends of a field have. */
static void share(const u8 *from, const u8 *to, u32 len, u8 *mask)
{
	u32 i;

	for (i = 0; i < len; i++) {
		u8 diff = from[i] ^ to[i];

		if (!diff) {
			mask[i] = 0xff;
			continue;
		}
		/* bits above the first that differs */
		mask[i] = (u8) ~((1u << fls(diff)) - 1);
		return;
	}
}

static void mask_of(const struct skald_vm_set *set,
		    const struct skald_vm_elem *elem, u8 *mask)
{
	const u8 *end = skald_elem_end(set, elem);
	u32 at = 0, i;

	memset(mask, 0, SKALD_SET_KEY_MAX);
	for (i = 0; i < set->n_fields; i++) {
		share(elem->key + at, end + at, set->field_len[i], mask + at);
		at += (set->field_len[i] + 3u) & ~3u;
	}
}

static u32 hash_of(const struct skald_vm_set *set, const struct group *group,
		   const u8 *key)
{
	u64 hash = group->buckets.seed, word, mask;
	u32 at;

	for (at = 0; at < set->klen; at += 8) {
		u32 len = min_t(u32, set->klen - at, 8);

		word = 0;
		mask = 0;
		memcpy(&word, key + at, len);
		memcpy(&mask, group->mask + at, len);
		hash = skald_key_mix(hash, word & mask);
	}
	hash *= 0xff51afd7ed558ccdull;
	return (u32)(hash >> 32);
}

static struct group *find_group(const struct index *index, const u8 *mask)
{
	struct group *group;

	list_for_each_entry(group, &index->groups, list) {
		if (memcmp(group->mask, mask, sizeof(group->mask)) == 0)
			return group;
	}
	return NULL;
}

static struct group *make_group(struct index *index, const u8 *mask)
{
	struct group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return NULL;
	memcpy(group->mask, mask, sizeof(group->mask));
	group->buckets.seed = (u64)(unsigned long)group * 0x9e3779b97f4a7c15ull;
	list_add_tail_rcu(&group->list, &index->groups);
	return group;
}

static int insert(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	struct index *index = set->index;
	u8 mask[SKALD_SET_KEY_MAX];
	struct group *group;

	mask_of(set, elem, mask);
	group = find_group(index, mask);
	if (!group)
		group = make_group(index, mask);
	if (!group)
		return -ENOMEM;
	elem->hash = hash_of(set, group, elem->key);
	return skald_buckets_add(&group->buckets, elem);
}

static bool is_within(const struct skald_vm_set *set,
		      const struct skald_vm_elem *elem, const u8 *key)
{
	const u8 *end = skald_elem_end(set, elem);
	u32 at = 0, i;

	for (i = 0; i < set->n_fields; i++) {
		u32 len = set->field_len[i];

		if (memcmp(key + at, elem->key + at, len) < 0 ||
		    memcmp(key + at, end + at, len) > 0)
			return false;
		at += (len + 3) & ~3u;
	}
	return true;
}

static struct skald_vm_elem *lookup(struct skald_vm_set *set, const void *key,
				    u8 genmask, u64 now)
{
	const struct index *index = set->index;
	struct skald_vm_elem *elem;
	struct group *group;

	list_for_each_entry_rcu(group, &index->groups, list) {
		u32 hash = hash_of(set, group, key);

		if (!group->buckets.size)
			continue;
		hlist_for_each_entry(
			elem,
			&group->buckets.heads[hash & (group->buckets.size - 1)],
			node) {
			if (elem->hash == hash && is_within(set, elem, key) &&
			    skald_elem_is_live(elem, genmask, now))
				return elem;
		}
	}
	return NULL;
}

static struct skald_vm_elem *exact(struct skald_vm_set *set,
				   const struct skald_vm_elem *like, u8 genmask)
{
	u8 mask[SKALD_SET_KEY_MAX];
	struct skald_vm_elem *elem;
	struct group *group;
	u32 hash;

	mask_of(set, like, mask);
	group = find_group(set->index, mask);
	if (!group || !group->buckets.size)
		return NULL;
	hash = hash_of(set, group, like->key);
	hlist_for_each_entry(
		elem, &group->buckets.heads[hash & (group->buckets.size - 1)],
		node) {
		if (elem->hash == hash && !(elem->genmask & genmask) &&
		    memcmp(elem->key, like->key, set->klen) == 0 &&
		    memcmp(skald_elem_end(set, elem), skald_elem_end(set, like),
			   set->klen) == 0)
			return elem;
	}
	return NULL;
}

static void remove_elem(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	u8 mask[SKALD_SET_KEY_MAX];
	struct group *group;

	mask_of(set, elem, mask);
	group = find_group(set->index, mask);
	if (group)
		skald_buckets_remove(&group->buckets, elem);
}

static void done(struct skald_vm_set *set)
{
	struct index *index = set->index;
	struct group *group, *next;

	if (!index)
		return;
	list_for_each_entry_safe(group, next, &index->groups, list) {
		skald_buckets_done(&group->buckets);
		kfree(group);
	}
	kfree(index);
}

const struct skald_set_ops skald_set_concat = {
	.init = init,
	.insert = insert,
	.lookup = lookup,
	.exact = exact,
	.remove = remove_elem,
	.free = done,
};
