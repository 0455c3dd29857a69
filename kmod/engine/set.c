// SPDX-License-Identifier: GPL-2.0-only
/* Sets: elements made, entered, found and freed. */
#include "set.h"

#include "load.h"

/* An explanation does not look at more elements. */
#define NEAREST_MAX 4096

static bool is_ranged(const struct skald_vm_set *set)
{
	return set->ops == &skald_set_concat;
}

/* nft_select_set_ops(), by what a set can do. */
int skald_set_init(struct skald_vm_set *set)
{
	INIT_LIST_HEAD(&set->elems);
	if (!(set->flags & NFT_SET_INTERVAL))
		set->ops = &skald_set_hash;
	else if (set->n_fields > 1)
		set->ops = &skald_set_concat;
	else
		set->ops = &skald_set_tree;
	return set->ops->init(set);
}

struct skald_vm_elem *skald_elem_new(const struct skald_vm_set *set,
				     const void *key, const void *end,
				     const void *data)
{
	u32 ksize = skald_set_key_size(set);
	u32 at = is_ranged(set) ? ksize * 2 : ksize;
	u32 size = set->dtype == NFT_DATA_VERDICT ? 0 : (set->dlen + 3) & ~3u;
	struct skald_vm_elem *elem =
		kzalloc(sizeof(*elem) + at + size, GFP_ATOMIC);

	if (!elem)
		return NULL;
	memcpy(elem->key, key, set->klen);
	if (is_ranged(set))
		memcpy(elem->key + ksize, end ? end : key, set->klen);
	elem->data = (u32 *)(void *)(elem->key + at);
	if (data)
		memcpy(elem->data, data, set->dlen);
	return elem;
}

void skald_elem_free(struct skald_vm_elem *elem)
{
	u32 i;

	if (!elem)
		return;
	for (i = 0; i < SKALD_SET_EXPRS; i++)
		skald_expr_free(elem->expr[i]);
	kfree(elem->user);
	skald_free_later(elem);
}

void skald_elem_hold(const struct skald_vm_elem *elem, int delta)
{
	if (elem->verdict.chain)
		elem->verdict.chain->use += (u32)delta;
	if (elem->obj)
		elem->obj->use += (u32)delta;
}

int skald_set_insert(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	int err = 0;

	if (elem->flags & NFT_SET_ELEM_CATCHALL)
		set->catchall = elem;
	else
		err = set->ops->insert(set, elem);
	if (err)
		return err;
	list_add_tail_rcu(&elem->list, &set->elems);
	set->n++;
	return 0;
}

struct skald_vm_elem *skald_set_exact(struct skald_vm_set *set,
				      const struct skald_vm_elem *like)
{
	u8 bit = skald_vm_next_bit(set->table->vm);

	if (like->flags & NFT_SET_ELEM_CATCHALL)
		return set->catchall && !(set->catchall->genmask & bit)
			       ? set->catchall
			       : NULL;
	return set->ops->exact(set, like, bit);
}

void skald_set_drop(struct skald_vm_set *set, struct skald_vm_elem *elem)
{
	if (set->catchall == elem)
		set->catchall = NULL;
	else if (!(elem->flags & NFT_SET_ELEM_CATCHALL))
		set->ops->remove(set, elem);
	list_del_rcu(&elem->list);
	set->n--;
	skald_elem_free(elem);
}

void skald_set_expire(struct skald_vm_set *set, u64 now)
{
	struct skald_vm_elem *elem, *next;

	list_for_each_entry_safe(elem, next, &set->elems, list) {
		if (!elem->expires || now < elem->expires)
			continue;
		skald_elem_hold(elem, -1);
		skald_set_drop(set, elem);
	}
}

void skald_set_clear(struct skald_vm_set *set)
{
	struct skald_vm_elem *elem, *next;

	list_for_each_entry_safe(elem, next, &set->elems, list) {
		if (!elem->is_given_up)
			skald_elem_hold(elem, -1);
		skald_elem_free(elem);
	}
	INIT_LIST_HEAD(&set->elems);
	set->catchall = NULL;
	set->ops->free(set);
	set->index = NULL;
	set->n = 0;
}

void skald_set_free(struct skald_vm_set *set)
{
	u32 i;

	if (!set)
		return;
	if (set->index)
		set->ops->free(set);
	for (i = 0; i < set->n_exprs; i++)
		skald_expr_free(set->expr[i]);
	kfree(set->name);
	kfree(set);
}

struct skald_vm_elem *skald_set_lookup(struct skald_vm_set *set,
				       const void *key, u8 genmask, u64 now)
{
	struct skald_vm_elem *elem = set->ops->lookup(set, key, genmask, now);

	if (elem || !set->catchall)
		return elem;
	return skald_elem_is_live(set->catchall, genmask, now) ? set->catchall
							       : NULL;
}

static u32 shared_bits(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (a[i] != b[i])
			return i * 8 + 8 - (u32)fls(a[i] ^ b[i]);
	}
	return len * 8;
}

struct skald_vm_elem *skald_set_nearest(const struct skald_vm_set *set,
					const void *key, u8 genmask)
{
	struct skald_vm_elem *elem, *best = NULL;
	u32 most = 0, left = NEAREST_MAX, bits;

	list_for_each_entry(elem, &set->elems, list) {
		if (!left--)
			break;
		if ((elem->genmask & genmask) ||
		    (elem->flags &
		     (NFT_SET_ELEM_INTERVAL_END | NFT_SET_ELEM_CATCHALL)))
			continue;
		bits = shared_bits(elem->key, key, set->klen);
		if (!best || bits > most) {
			best = elem;
			most = bits;
		}
	}
	return best;
}

struct skald_vm_set *skald_set_find(struct skald_load *load, const char *name,
				    u32 id)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_set *set;
	struct hlist_head *bucket;

	bucket = skald_names_bucket(&load->table->set_names,
				    skald_names_hash_string(name));
	if (bucket) {
		hlist_for_each_entry(set, bucket, by_name) {
			if (!(set->genmask & bit) &&
			    strcmp(set->name, name) == 0)
				return set;
		}
	}
	if (!id)
		return NULL;
	list_for_each_entry(set, &load->table->sets, list) {
		if (set->id == id && !(set->genmask & bit))
			return set;
	}
	return NULL;
}
