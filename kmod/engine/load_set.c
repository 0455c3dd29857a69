// SPDX-License-Identifier: GPL-2.0-only
/* Sets in transactions (nf_tables_newset(), nf_tables_delset()). */
#include "change.h"

#define MS 1000000ull
#define FIELD_MAX 16
/* to NFT_SET_EXPR */
#define FLAGS_KNOWN 0x1ff

static int parse_fields(struct skald_vm_set *set, const struct skald_nla *list)
{
	const struct skald_nla *tb[NFTA_SET_FIELD_LEN + 1], *nla;
	const u8 *at = skald_nla_data(list);
	u32 len = skald_nla_len(list), total = 0;
	int err;

	while ((nla = skald_nla_next(&at, &len))) {
		u32 field;

		err = skald_nla_sort_nest(nla, tb, ARRAY_SIZE(tb));
		if (err)
			return err;
		field = skald_nla_be32(tb[NFTA_SET_FIELD_LEN]);
		if (!field || field > FIELD_MAX)
			return -EINVAL;
		if (set->n_fields == SKALD_SET_FIELDS)
			return -E2BIG;
		set->field_len[set->n_fields++] = (u8)field;
		total += (field + 3) & ~3u;
	}
	return total > set->klen ? -EINVAL : 0;
}

static int parse_desc(struct skald_vm_set *set, const struct skald_nla *nest)
{
	const struct skald_nla *tb[NFTA_SET_DESC_CONCAT + 1];
	int err = skald_nla_sort_nest(nest, tb, ARRAY_SIZE(tb));

	if (err)
		return err;
	set->size = skald_nla_be32(tb[NFTA_SET_DESC_SIZE]);
	if (!tb[NFTA_SET_DESC_CONCAT])
		return 0;
	return parse_fields(set, tb[NFTA_SET_DESC_CONCAT]);
}

static int parse_data(struct skald_vm_set *set, const struct skald_nla **tb)
{
	if (set->flags & NFT_SET_OBJECT) {
		if (set->flags & NFT_SET_MAP)
			return -EINVAL;
		set->objtype = skald_nla_be32(tb[NFTA_SET_OBJ_TYPE]);
		return set->objtype ? 0 : -EINVAL;
	}
	if (!(set->flags & NFT_SET_MAP))
		return 0;
	set->dtype = skald_nla_be32(tb[NFTA_SET_DATA_TYPE]);
	if (set->dtype == NFT_DATA_VERDICT)
		return 0;
	set->dlen = skald_nla_be32(tb[NFTA_SET_DATA_LEN]);
	return set->dlen && set->dlen <= SKALD_SET_KEY_MAX ? 0 : -EINVAL;
}

static int add_expr(struct skald_load *load, struct skald_vm_set *set,
		    const struct skald_nla *nest)
{
	int err;

	if (set->n_exprs == SKALD_SET_EXPRS)
		return -E2BIG;
	set->expr[set->n_exprs] = skald_expr_new(load, nest, &err);
	if (!set->expr[set->n_exprs])
		return err;
	return set->expr[set->n_exprs++]->ops->flags & SKALD_EXPR_STATEFUL
		       ? 0
		       : -EOPNOTSUPP;
}

static int parse_exprs(struct skald_load *load, struct skald_vm_set *set,
		       const struct skald_nla **tb)
{
	const struct skald_nla *list = tb[NFTA_SET_EXPRESSIONS], *nla;
	const u8 *at;
	u32 len;
	int err = 0;

	if (tb[NFTA_SET_EXPR])
		return add_expr(load, set, tb[NFTA_SET_EXPR]);
	if (!list)
		return 0;
	at = skald_nla_data(list);
	len = skald_nla_len(list);
	while (!err && (nla = skald_nla_next(&at, &len)))
		err = add_expr(load, set, nla);
	return err;
}

/* "__set%d": a number is found for it (nf_tables_set_alloc_name()). */
static char *name_of(struct skald_load *load, const char *name)
{
	const char *percent = load->keeps_handles ? NULL : strchr(name, '%');
	struct skald_phrase phrase;
	char made[64];
	u32 n;

	if (!percent)
		return skald_load_name(name);
	if (percent[1] != 'd' || percent[2] || percent - name > 32)
		return NULL;
	n = (u32)(percent - name);
	memcpy(made, name, n);
	skald_phrase_init(&phrase, made + n, (u32)sizeof(made) - n);
	skald_phrase_number(&phrase, ++load->vm->n_unnamed);
	return skald_load_name(made);
}

static int fill_set(struct skald_load *load, struct skald_vm_set *set,
		    const struct skald_nla **tb)
{
	struct skald_vm_table *table = load->table;
	int err;

	set->table = table;
	set->flags = skald_nla_be32(tb[NFTA_SET_FLAGS]);
	set->ktype = skald_nla_be32(tb[NFTA_SET_KEY_TYPE]);
	set->klen = skald_nla_be32(tb[NFTA_SET_KEY_LEN]);
	set->id = skald_nla_be32(tb[NFTA_SET_ID]);
	set->timeout = skald_nla_be64(tb[NFTA_SET_TIMEOUT]) * MS;
	set->genmask = skald_vm_now_bit(load->vm);
	set->handle = load->keeps_handles ? skald_nla_be64(tb[NFTA_SET_HANDLE])
					  : table->next_handle + 1;
	table->next_handle = max(table->next_handle, set->handle);
	if (!set->klen || set->klen > SKALD_SET_KEY_MAX)
		return -EINVAL;
	if (set->flags & ~FLAGS_KNOWN)
		return -EOPNOTSUPP;
	err = parse_data(set, tb);
	if (!err && tb[NFTA_SET_DESC])
		err = parse_desc(set, tb[NFTA_SET_DESC]);
	if (!err)
		err = parse_exprs(load, set, tb);
	return err ? err : skald_set_init(set);
}

static int new_set(struct skald_load *load, const struct skald_nla **tb,
		   const char *name)
{
	struct skald_vm_set *set = kzalloc(sizeof(*set), GFP_KERNEL);
	struct skald_change *change;
	int err = -ENOMEM;

	if (!set)
		return -ENOMEM;
	set->name = name_of(load, name);
	if (!set->name)
		goto err_set;
	err = fill_set(load, set, tb);
	if (err)
		goto err_set;
	err = skald_names_add(&load->table->set_names, &set->by_name);
	if (err)
		goto err_set;
	err = -ENOMEM;
	change = skald_change_add(load, SKALD_CHANGE_SET, false);
	if (!change)
		goto err_name;
	change->set = set;
	list_add_tail_rcu(&set->list, &load->table->sets);
	return 0;

err_name:
	skald_names_remove(&load->table->set_names, &set->by_name);
err_set:
	if (err && !load->error[0])
		skald_load_refuse(load, err, "set", name);
	skald_set_free(set);
	return err;
}

/* Elements go with the set: what they refer to is given up at once. */
static int drop_set(struct skald_load *load, struct skald_vm_set *set)
{
	struct skald_change *change;
	struct skald_vm_elem *elem;

	if (set->use)
		return skald_load_refuse(load, -EBUSY, "in use: set",
					 set->name);
	change = skald_change_add(load, SKALD_CHANGE_SET, true);
	if (!change)
		return -ENOMEM;
	change->set = set;
	set->genmask |= skald_vm_next_bit(load->vm);
	list_for_each_entry(elem, &set->elems, list) {
		if (elem->is_given_up)
			continue;
		elem->is_given_up = true;
		skald_elem_hold(elem, -1);
	}
	return 0;
}

static struct skald_vm_set *by_handle(const struct skald_load *load, u64 handle)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_set *set;

	list_for_each_entry(set, &load->table->sets, list) {
		if (set->handle == handle && !(set->genmask & bit))
			return set;
	}
	return NULL;
}

int skald_load_set(struct skald_load *load, const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_SET_EXPRESSIONS + 1];
	struct skald_vm_set *set = NULL;
	const char *name;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (!err)
		err = skald_load_find_table(load, message, tb[NFTA_SET_TABLE]);
	if (err)
		return err;
	name = skald_nla_string(tb[NFTA_SET_NAME], 256);
	if (name)
		set = skald_set_find(load, name, 0);
	else if (tb[NFTA_SET_HANDLE])
		set = by_handle(load, skald_nla_be64(tb[NFTA_SET_HANDLE]));
	if (skald_message_is_del(message))
		return set ? drop_set(load, set) : -ENOENT;
	if (!name)
		return -EINVAL;
	if (set)
		return message->flags & NLM_F_EXCL ? -EEXIST : 0;
	return new_set(load, tb, name);
}
