/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: sets and maps
 *
 * A set is a list of elements and, beside it, the structure that finds one by
 * its key: a hash table, a sorted array of interval ends, or, for ranges in
 * several fields, hash tables by the bits that a range's ends share. They
 * answer as the kernel's nft_set_hash, nft_set_rbtree and nft_set_pipapo do.
 */
#ifndef SKALD_ENGINE_SET_H
#define SKALD_ENGINE_SET_H

#include "env.h"
#include "expr.h"
#include "table.h"

/* Longest key and longest data, bytes (NFT_DATA_VALUE_MAXLEN). */
#define SKALD_SET_KEY_MAX 64
#define SKALD_SET_FIELDS 16
#define SKALD_SET_EXPRS 2

struct skald_vm_set;

/**
 * struct skald_vm_elem - an element
 * @list: in its set
 * @node: for the structure that finds it
 * @hash: likewise
 * @flags: NFT_SET_ELEM_*
 * @expires: when it ends, ns; 0 never
 * @timeout: its own timeout, ns; 0 none
 * @expr: its expressions (counter, limit, ...)
 * @obj: its object, for maps of objects
 * @verdict: for verdict maps
 * @data: for other maps: follows the keys
 * @genmask: generations it is not active in
 * @is_given_up: it will go: its references were given up
 * @n_user: bytes of user data
 * @user: user data (comment), or NULL
 * @key: key, padded to words; then for ranges the upper key; then data
 */
struct skald_vm_elem {
	struct list_head list;
	struct hlist_node node;
	u32 hash;
	u32 flags;
	u64 expires;
	u64 timeout;
	struct skald_vm_expr *expr[SKALD_SET_EXPRS];
	struct skald_vm_obj *obj;
	struct skald_verdict verdict;
	u32 *data;
	u8 *user;
	u8 genmask;
	bool is_given_up;
	u8 n_user;
	u8 key[];
};

/**
 * struct skald_set_ops - a structure that finds elements
 * @init: make @set->index
 * @insert: enter an element
 * @lookup: the element for a key, active for @genmask and not expired
 * @exact: the element with the very key, end and flags of another, active for
 *	@genmask
 * @settle: make what was entered findable; before the commit; may be NULL
 * @remove: take an element out; cannot fail
 * @free: give back @set->index; elements stay
 */
struct skald_set_ops {
	int (*init)(struct skald_vm_set *set);
	int (*insert)(struct skald_vm_set *set, struct skald_vm_elem *elem);
	struct skald_vm_elem *(*lookup)(struct skald_vm_set *set,
					const void *key, u8 genmask, u64 now);
	struct skald_vm_elem *(*exact)(struct skald_vm_set *set,
				       const struct skald_vm_elem *like,
				       u8 genmask);
	int (*settle)(struct skald_vm_set *set);
	void (*remove)(struct skald_vm_set *set, struct skald_vm_elem *elem);
	void (*free)(struct skald_vm_set *set);
};

extern const struct skald_set_ops skald_set_hash;
extern const struct skald_set_ops skald_set_tree;
extern const struct skald_set_ops skald_set_concat;

/**
 * struct skald_vm_set - a set or map
 * @list: in its table
 * @by_name: in its table's names
 * @table: its table
 * @name: name
 * @handle: handle
 * @id: NFTA_SET_ID within a transaction
 * @ops: how elements are found
 * @index: for @ops
 * @elems: elements, in order of their coming
 * @catchall: the element for all other keys, or NULL
 * @n: elements
 * @size: most elements, 0: no limit
 * @flags: NFT_SET_*
 * @ktype: type of the key, as nft wrote it
 * @klen: bytes of a key
 * @dtype: type of data; NFT_DATA_VERDICT: a verdict map
 * @dlen: bytes of data
 * @objtype: NFT_OBJECT_* of a map of objects
 * @timeout: default timeout, ns
 * @n_fields: fields of a concatenation, 0: not told
 * @field_len: their bytes
 * @n_exprs: expressions of each element
 * @expr: their templates
 * @use: who refers to it
 * @genmask: generations it is not active in
 */
struct skald_vm_set {
	struct list_head list;
	struct hlist_node by_name;
	struct skald_vm_table *table;
	const char *name;
	u64 handle;
	u32 id;
	const struct skald_set_ops *ops;
	void *index;
	struct list_head elems;
	struct skald_vm_elem *catchall;
	u32 n;
	u32 size;
	u32 flags;
	u32 ktype;
	u32 klen;
	u32 dtype;
	u32 dlen;
	u32 objtype;
	u64 timeout;
	u8 n_fields;
	u8 field_len[SKALD_SET_FIELDS];
	u8 n_exprs;
	struct skald_vm_expr *expr[SKALD_SET_EXPRS];
	u32 use;
	u8 genmask;
};

/* Bytes of a key in an element. */
static inline u32 skald_set_key_size(const struct skald_vm_set *set)
{
	return (set->klen + 3) & ~3u;
}

/* The upper ends of a range's fields. */
static inline const u8 *skald_elem_end(const struct skald_vm_set *set,
				       const struct skald_vm_elem *elem)
{
	return elem->key + skald_set_key_size(set);
}

/* Whether an element is there for a generation, at a moment. */
static inline bool skald_elem_is_live(const struct skald_vm_elem *elem,
				      u8 genmask, u64 now)
{
	return !(elem->genmask & genmask) &&
	       (!elem->expires || now < elem->expires);
}

/**
 * skald_set_lookup() - find an element for a packet
 * @set: the set
 * @key: @set->klen bytes
 * @genmask: bit of the generation, skald_vm_now_bit()
 * @now: ns
 *
 * Falls back to the catch-all element.
 *
 * Return: the element, or NULL.
 */
struct skald_vm_elem *skald_set_lookup(struct skald_vm_set *set,
				       const void *key, u8 genmask, u64 now);

/**
 * skald_set_nearest() - the element nearest to a key that was not found
 * @set: the set
 * @key: @set->klen bytes
 * @genmask: generation
 *
 * The one that shares most leading bits; for explanations. Looks at up to 4096
 * elements.
 *
 * Return: the element, or NULL: the set is empty.
 */
struct skald_vm_elem *skald_set_nearest(const struct skald_vm_set *set,
					const void *key, u8 genmask);

/* Among the transaction's sets: by name, or by @id when it has no name yet. */
struct skald_vm_set *skald_set_find(struct skald_load *load, const char *name,
				    u32 id);

/* Made and unmade; for load.c and dynset. */
struct skald_vm_elem *skald_elem_new(const struct skald_vm_set *set,
				     const void *key, const void *end,
				     const void *data);
/* Memory alone; references are given up with skald_elem_hold(). */
void skald_elem_free(struct skald_vm_elem *elem);
/* Takes (1) or gives up (-1) its references of chain and object. */
void skald_elem_hold(const struct skald_vm_elem *elem, int delta);
/* Enter it in the structure and in the list. -ENOMEM */
int skald_set_insert(struct skald_vm_set *set, struct skald_vm_elem *elem);
/* The element of the next generation with the very key of another. */
struct skald_vm_elem *skald_set_exact(struct skald_vm_set *set,
				      const struct skald_vm_elem *like);
/* Free what has expired. */
void skald_set_expire(struct skald_vm_set *set, u64 now);
/* Takes the element out and frees it. */
void skald_set_drop(struct skald_vm_set *set, struct skald_vm_elem *elem);
int skald_set_init(struct skald_vm_set *set);
/* Free all elements; the set without elements. */
void skald_set_clear(struct skald_vm_set *set);
void skald_set_free(struct skald_vm_set *set);

#endif /* SKALD_ENGINE_SET_H */
