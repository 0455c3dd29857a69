// SPDX-License-Identifier: GPL-2.0-only
/* Elements in transactions (nft_add_set_elem(), nft_del_setelem()). */
#include "change.h"

#define MS 1000000ull
#define ELEM_ATTRS (NFTA_SET_ELEM_EXPRESSIONS + 1)

/* What an element says of itself, before it is one. */
struct wanted {
	u8 key[SKALD_SET_KEY_MAX];
	u8 end[SKALD_SET_KEY_MAX];
	u8 data[SKALD_SET_KEY_MAX];
	bool has_end;
	bool has_data;
	u32 flags;
};

static int parse_exact(const struct skald_nla *nest, u32 want, void *value)
{
	u32 len;
	int err = skald_data_value(nest, SKALD_SET_KEY_MAX, value, &len);

	return err ? err : len == want ? 0 : -EINVAL;
}

static int parse_keys(const struct skald_vm_set *set,
		      const struct skald_nla **tb, struct wanted *wanted)
{
	int err;

	wanted->flags = skald_nla_be32(tb[NFTA_SET_ELEM_FLAGS]);
	if (wanted->flags & NFT_SET_ELEM_CATCHALL)
		return tb[NFTA_SET_ELEM_KEY] ? -EINVAL : 0;
	err = parse_exact(tb[NFTA_SET_ELEM_KEY], set->klen, wanted->key);
	if (err || !tb[NFTA_SET_ELEM_KEY_END])
		return err;
	wanted->has_end = true;
	return parse_exact(tb[NFTA_SET_ELEM_KEY_END], set->klen, wanted->end);
}

static int parse_obj(struct skald_load *load, struct skald_vm_elem *elem,
		     const struct skald_nla *nla)
{
	const char *name = skald_nla_string(nla, 256);

	if (!name)
		return -EINVAL;
	elem->obj = skald_load_obj(load, name, load->set->objtype);
	if (!elem->obj)
		return skald_load_refuse(load, -ENOENT, "no object", name);
	elem->obj->use++;
	return 0;
}

static int parse_value(struct skald_load *load, struct skald_vm_elem *elem,
		       const struct skald_nla **tb)
{
	struct skald_vm_set *set = load->set;
	bool ends = elem->flags & NFT_SET_ELEM_INTERVAL_END;

	if (set->flags & NFT_SET_OBJECT)
		return ends ? 0
			    : parse_obj(load, elem, tb[NFTA_SET_ELEM_OBJREF]);
	if (!(set->flags & NFT_SET_MAP))
		return tb[NFTA_SET_ELEM_DATA] ? -EINVAL : 0;
	if (!tb[NFTA_SET_ELEM_DATA])
		return ends ? 0 : -EINVAL;
	if (set->dtype != NFT_DATA_VERDICT)
		return parse_exact(tb[NFTA_SET_ELEM_DATA], set->dlen,
				   elem->data);
	if (skald_data_verdict(load, tb[NFTA_SET_ELEM_DATA], &elem->verdict))
		return load->error[0] ? -ENOENT : -EINVAL;
	if (elem->verdict.chain)
		load->vm->needs_check = true;
	return 0;
}

static int add_expr(struct skald_load *load, struct skald_vm_elem *elem, u32 n,
		    const struct skald_nla *nest)
{
	int err;

	if (n >= SKALD_SET_EXPRS)
		return -E2BIG;
	elem->expr[n] = skald_expr_new(load, nest, &err);
	return elem->expr[n] ? 0 : err;
}

static int parse_exprs(struct skald_load *load, struct skald_vm_elem *elem,
		       const struct skald_nla **tb)
{
	const struct skald_nla *list = tb[NFTA_SET_ELEM_EXPRESSIONS], *nla;
	const u8 *at;
	u32 len, n = 0;
	int err = 0;

	if (tb[NFTA_SET_ELEM_EXPR])
		return add_expr(load, elem, 0, tb[NFTA_SET_ELEM_EXPR]);
	if (list) {
		at = skald_nla_data(list);
		len = skald_nla_len(list);
		while (!err && (nla = skald_nla_next(&at, &len)))
			err = add_expr(load, elem, n++, nla);
		return err;
	}
	for (n = 0; n < load->set->n_exprs; n++) {
		elem->expr[n] = skald_expr_clone(load->set->expr[n]);
		if (!elem->expr[n])
			return -ENOMEM;
	}
	return 0;
}

static int parse_times(struct skald_load *load, struct skald_vm_elem *elem,
		       const struct skald_nla **tb)
{
	u64 timeout = skald_nla_be64(tb[NFTA_SET_ELEM_TIMEOUT]);
	u64 left = skald_nla_be64(tb[NFTA_SET_ELEM_EXPIRATION]);

	if (timeout > U64_MAX / MS / 2 || left > U64_MAX / MS / 2)
		return -ERANGE;
	if (!(load->set->flags & NFT_SET_TIMEOUT) ||
	    (elem->flags & NFT_SET_ELEM_INTERVAL_END))
		return tb[NFTA_SET_ELEM_TIMEOUT] ? -EINVAL : 0;
	if (tb[NFTA_SET_ELEM_TIMEOUT])
		elem->timeout = timeout * MS;
	else if (!load->keeps_handles || tb[NFTA_SET_ELEM_EXPIRATION])
		elem->timeout = load->set->timeout;
	if (tb[NFTA_SET_ELEM_EXPIRATION])
		elem->expires = load->now + max_t(u64, left * MS, 1);
	else if (elem->timeout && !load->keeps_handles)
		elem->expires = load->now + elem->timeout;
	return 0;
}

static int parse_user(struct skald_vm_elem *elem, const struct skald_nla *nla)
{
	if (!nla || !skald_nla_len(nla))
		return 0;
	if (skald_nla_len(nla) > U8_MAX)
		return -EINVAL;
	elem->n_user = (u8)skald_nla_len(nla);
	elem->user = kmemdup(skald_nla_data(nla), elem->n_user, GFP_KERNEL);
	return elem->user ? 0 : -ENOMEM;
}

/* Enter an element; those of new sets are not noted. */
static int enter(struct skald_load *load, struct skald_vm_elem *elem)
{
	struct skald_vm_set *set = load->set;
	struct skald_change *change = NULL;
	int err;

	if (!skald_change_is_new(load, set->genmask)) {
		elem->genmask = skald_vm_now_bit(load->vm);
		change = skald_change_add(load, SKALD_CHANGE_ELEM, false);
		if (!change)
			return -ENOMEM;
		change->set = set;
		change->elem = elem;
	}
	err = skald_set_insert(set, elem);
	if (err && change) {
		list_del(&change->list);
		load->n_changes--;
		kfree(change);
	}
	return err;
}

/* What is there already: the same again is no error, another value is. */
static int meet(const struct skald_vm_set *set,
		const struct skald_vm_elem *elem,
		const struct skald_vm_elem *found, u16 flags)
{
	bool same = found->obj == elem->obj &&
		    found->verdict.code == elem->verdict.code &&
		    found->verdict.chain == elem->verdict.chain &&
		    (set->dtype == NFT_DATA_VERDICT ||
		     memcmp(found->data, elem->data, set->dlen) == 0);

	if (!same)
		return (set->flags & (NFT_SET_MAP | NFT_SET_OBJECT)) ? -EBUSY
								     : -EEXIST;
	return flags & NLM_F_EXCL ? -EEXIST : 0;
}

static int fill_elem(struct skald_load *load, struct skald_vm_elem *elem,
		     const struct skald_nla **tb)
{
	int err = parse_times(load, elem, tb);

	if (!err)
		err = parse_user(elem, tb[NFTA_SET_ELEM_USERDATA]);
	if (!err)
		err = parse_exprs(load, elem, tb);
	if (!err)
		err = parse_value(load, elem, tb);
	return err;
}

static void undo_elem(struct skald_vm_elem *elem)
{
	skald_elem_hold(elem, -1);
	skald_elem_free(elem);
}

static int add_elem(struct skald_load *load, const struct skald_nla *nest,
		    u16 flags)
{
	struct skald_vm_elem *elem, *found = NULL;
	struct wanted wanted = { .has_end = false };
	const struct skald_nla *tb[ELEM_ATTRS];
	struct skald_vm_set *set = load->set;
	int err = skald_nla_sort_nest(nest, tb, ARRAY_SIZE(tb));

	if (!err)
		err = parse_keys(set, tb, &wanted);
	if (err)
		return err;
	if (set->size && set->n >= set->size && !load->keeps_handles)
		return skald_load_refuse(load, -ENFILE, "full: set", set->name);
	elem = skald_elem_new(set, wanted.key,
			      wanted.has_end ? wanted.end : NULL, NULL);
	if (!elem)
		return -ENOMEM;
	elem->flags = wanted.flags;
	err = fill_elem(load, elem, tb);
	if (err)
		goto err_elem;
	if (!load->keeps_handles || (elem->flags & NFT_SET_ELEM_CATCHALL))
		found = skald_set_exact(set, elem);
	if (found) {
		err = meet(set, elem, found, flags);
		goto err_elem;
	}
	err = enter(load, elem);
	if (!err)
		return 0;
err_elem:
	undo_elem(elem);
	return err;
}

static int drop_elem(struct skald_load *load, struct skald_vm_elem *elem)
{
	struct skald_change *change =
		skald_change_add(load, SKALD_CHANGE_ELEM, true);

	if (!change)
		return -ENOMEM;
	change->set = load->set;
	change->elem = elem;
	elem->genmask |= skald_vm_next_bit(load->vm);
	elem->is_given_up = true;
	skald_elem_hold(elem, -1);
	return 0;
}

static int del_elem(struct skald_load *load, const struct skald_nla *nest)
{
	struct skald_vm_elem *like, *found;
	struct wanted wanted = { .has_end = false };
	const struct skald_nla *tb[ELEM_ATTRS];
	int err = skald_nla_sort_nest(nest, tb, ARRAY_SIZE(tb));

	if (!err)
		err = parse_keys(load->set, tb, &wanted);
	if (err)
		return err;
	like = skald_elem_new(load->set, wanted.key,
			      wanted.has_end ? wanted.end : NULL, NULL);
	if (!like)
		return -ENOMEM;
	like->flags = wanted.flags;
	found = skald_set_exact(load->set, like);
	skald_elem_free(like);
	return found ? drop_elem(load, found) : -ENOENT;
}

static int flush(struct skald_load *load)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_elem *elem;
	int err = 0;

	list_for_each_entry(elem, &load->set->elems, list) {
		if (!err && !(elem->genmask & bit))
			err = drop_elem(load, elem);
	}
	return err;
}

int skald_load_elems(struct skald_load *load,
		     const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_SET_ELEM_LIST_SET_ID + 1], *nla;
	bool is_del = skald_message_is_del(message);
	const char *name;
	const u8 *at;
	u32 len;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (!err)
		err = skald_load_find_table(load, message,
					    tb[NFTA_SET_ELEM_LIST_TABLE]);
	if (err)
		return err;
	name = skald_nla_string(tb[NFTA_SET_ELEM_LIST_SET], 256);
	if (!name)
		return -EINVAL;
	load->set = skald_set_find(
		load, name, skald_nla_be32(tb[NFTA_SET_ELEM_LIST_SET_ID]));
	if (!load->set)
		return skald_load_refuse(load, -ENOENT, "no set", name);
	if (!tb[NFTA_SET_ELEM_LIST_ELEMENTS])
		return is_del ? flush(load) : load->keeps_handles ? 0 : -EINVAL;
	at = skald_nla_data(tb[NFTA_SET_ELEM_LIST_ELEMENTS]);
	len = skald_nla_len(tb[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while (!err && (nla = skald_nla_next(&at, &len)))
		err = is_del ? del_elem(load, nla)
			     : add_elem(load, nla, message->flags);
	return err;
}
