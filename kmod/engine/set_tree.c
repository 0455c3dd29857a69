// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of intervals (nft_set_rbtree.c): every end of an interval is an element,
 * and a key is in the set when the nearest element at or below it begins one.
 *
 * The ends lie sorted in an array; new ones wait behind it, where packets do
 * not look, until the set is settled before the commit.
 */
#include "set.h"

#define ROOM_FIRST 16
/* So many may wait before a search for one of them settles the set. */
#define WAITING_MAX 256

/* Longest key: an address, or a name of an interface. */
#define KEY_MAX 16

/* A key as two numbers. */
struct key {
	u64 high;
	u64 low;
};

/**
 * struct end - an element in the array
 * @key: its key
 * @is_end: it ends an interval
 * @elem: the element; NULL: removed
 */
struct end {
	struct key key;
	bool is_end;
	struct skald_vm_elem *elem;
};

/**
 * struct ends - the array
 * @at: ends
 * @n: how many
 * @sorted: how many are sorted
 * @room: how many there is room for
 * @klen: bytes of a key
 */
struct ends {
	struct end *at;
	u32 n;
	u32 sorted;
	u32 room;
	u32 klen;
};

static struct key key_of(const void *bytes, u32 len)
{
	u8 padded[KEY_MAX] = { 0 };
	struct key key;

	memcpy(padded, bytes, len);
	key.high = get_unaligned_be64(padded);
	key.low = get_unaligned_be64(padded + 8);
	return key;
}

static int compare_keys(struct key a, struct key b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	if (a.low != b.low)
		return a.low < b.low ? -1 : 1;
	return 0;
}

static int init(struct skald_vm_set *set)
{
	struct ends *ends;

	if (set->klen > KEY_MAX)
		return -EOPNOTSUPP;
	ends = kzalloc(sizeof(*ends), GFP_KERNEL);
	if (!ends)
		return -ENOMEM;
	ends->klen = set->klen;
	set->index = ends;
	return 0;
}

static int make_room(struct ends *ends)
{
	u32 room = ends->room ? ends->room * 2 : ROOM_FIRST;
	struct end *at, *old = ends->at;

	if (ends->n < ends->room)
		return 0;
	at = kvcalloc(room, sizeof(*at), GFP_KERNEL);
	if (!at)
		return -ENOMEM;
	if (old)
		memcpy(at, old, ends->n * sizeof(*at));
	rcu_assign_pointer(ends->at, at);
	ends->room = room;
	skald_free_later(old);
	return 0;
}

static int insert(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	struct ends *ends = set->index;
	struct end *end;
	int err = make_room(ends);

	if (err)
		return err;
	end = &ends->at[ends->n++];
	end->key = key_of(elem->key, ends->klen);
	end->is_end = elem->flags & NFT_SET_ELEM_INTERVAL_END;
	end->elem = elem;
	return 0;
}

/* At the same key an end comes before a beginning, so that the nearest at or
 * below a key is the beginning. */
static int compare(const struct end *a, const struct end *b)
{
	int diff = compare_keys(a->key, b->key);

	return diff ? diff : (int)b->is_end - (int)a->is_end;
}

static int compare_ends(const void *a, const void *b)
{
	return compare(a, b);
}

static bool is_sorted(const struct end *at, u32 n)
{
	u32 i;

	for (i = 1; i < n; i++) {
		if (compare(&at[i - 1], &at[i]) > 0)
			return false;
	}
	return true;
}

/* Two sorted runs become one. */
static void merge(const struct end *a, u32 n_a, const struct end *b, u32 n_b,
		  struct end *to)
{
	while (n_a && n_b) {
		if (compare(a, b) <= 0) {
			*to++ = *a++;
			n_a--;
		} else {
			*to++ = *b++;
			n_b--;
		}
	}
	memcpy(to, a, n_a * sizeof(*to));
	memcpy(to + n_a, b, n_b * sizeof(*to));
}

/* Leave out what was removed. Return: how many are left */
static u32 close_up(const struct end *from, u32 n, struct end *to)
{
	u32 i, kept = 0;

	for (i = 0; i < n; i++) {
		if (from[i].elem)
			to[kept++] = from[i];
	}
	return kept;
}

static int settle(struct skald_vm_set *set)
{
	struct ends *ends = set->index;
	struct end *old = ends->at, *at, *work;
	u32 n_old, n_new;

	if (ends->n == ends->sorted)
		return 0;
	at = kvcalloc(ends->room, sizeof(*at), GFP_KERNEL);
	work = kvcalloc(ends->room, sizeof(*work), GFP_KERNEL);
	if (!at || !work) {
		kvfree(at);
		kvfree(work);
		return -ENOMEM;
	}
	n_old = close_up(old, ends->sorted, work);
	n_new = close_up(old + ends->sorted, ends->n - ends->sorted,
			 work + n_old);
	if (!is_sorted(work + n_old, n_new))
		sort(work + n_old, n_new, sizeof(*work), compare_ends, NULL);
	merge(work, n_old, work + n_old, n_new, at);
	ends->n = n_old + n_new;
	rcu_assign_pointer(ends->at, at);
	smp_store_release(&ends->sorted, ends->n);
	skald_free_later(old);
	kvfree(work);
	return 0;
}

/* How many ends are at or below a key. */
static u32 count_below(const struct ends *ends, struct key key)
{
	u32 low = 0, high = ends->sorted;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (compare_keys(ends->at[middle].key, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct skald_vm_elem *lookup(struct skald_vm_set *set, const void *key,
				    u8 genmask, u64 now)
{
	const struct ends *ends = set->index;
	u32 at = count_below(ends, key_of(key, ends->klen));

	while (at--) {
		struct skald_vm_elem *elem = ends->at[at].elem;

		if (!elem || (elem->genmask & genmask))
			continue;
		if (ends->at[at].is_end ||
		    !skald_elem_is_live(elem, genmask, now))
			return NULL;
		return elem;
	}
	return NULL;
}

static bool is_like(const struct end *end, const struct skald_vm_elem *like,
		    struct key key, u8 genmask)
{
	return end->elem && !(end->elem->genmask & genmask) &&
	       end->is_end == !!(like->flags & NFT_SET_ELEM_INTERVAL_END) &&
	       compare_keys(end->key, key) == 0;
}

static struct skald_vm_elem *exact(struct skald_vm_set *set,
				   const struct skald_vm_elem *like, u8 genmask)
{
	struct ends *ends = set->index;
	struct key key = key_of(like->key, ends->klen);
	u32 at, i;

	if (ends->n - ends->sorted > WAITING_MAX)
		(void)settle(set);
	for (i = ends->sorted; i < ends->n; i++) {
		if (is_like(&ends->at[i], like, key, genmask))
			return ends->at[i].elem;
	}
	for (at = count_below(ends, key);
	     at && compare_keys(ends->at[at - 1].key, key) == 0; at--) {
		if (is_like(&ends->at[at - 1], like, key, genmask))
			return ends->at[at - 1].elem;
	}
	return NULL;
}

static void remove_elem(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	struct ends *ends = set->index;
	u32 at, i;

	for (i = ends->sorted; i < ends->n; i++) {
		if (ends->at[i].elem == elem) {
			ends->at[i] = ends->at[--ends->n];
			return;
		}
	}
	for (at = count_below(ends, key_of(elem->key, ends->klen)); at; at--) {
		if (ends->at[at - 1].elem == elem) {
			WRITE_ONCE(ends->at[at - 1].elem, NULL);
			return;
		}
	}
}

static void done(struct skald_vm_set *set)
{
	struct ends *ends = set->index;

	if (ends)
		kvfree(ends->at);
	kfree(ends);
}

const struct skald_set_ops skald_set_tree = {
	.init = init,
	.insert = insert,
	.lookup = lookup,
	.exact = exact,
	.settle = settle,
	.remove = remove_elem,
	.free = done,
};
