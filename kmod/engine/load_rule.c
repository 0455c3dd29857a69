// SPDX-License-Identifier: GPL-2.0-only
/* Rules in transactions (nf_tables_newrule(), nf_tables_delrule()). */
#include "change.h"
#include "expr_parts.h"

#define EXPRS_MAX 128
#define USER_MAX 256

static int count_exprs(struct skald_load *load, const struct skald_nla *list,
		       u32 *n, u32 *size)
{
	const struct skald_nla *nla;
	const u8 *at;
	u32 len;
	int err;

	*n = 0;
	*size = 0;
	if (!list)
		return 0;
	at = skald_nla_data(list);
	len = skald_nla_len(list);
	while ((nla = skald_nla_next(&at, &len))) {
		if (skald_nla_type(nla) != NFTA_LIST_ELEM)
			return -EINVAL;
		if (*n == EXPRS_MAX)
			return -E2BIG;
		err = skald_expr_prepare(load, nla, &load->scratch[*n]);
		if (err)
			return err;
		*size += load->scratch[(*n)++].size;
	}
	return len ? -EINVAL : 0;
}

/* Whether the rule must be looked at when jumps and places are checked. */
static bool is_checked(const struct skald_vm_expr *expr)
{
	if (expr->ops->validate)
		return true;
	if (expr->ops == &skald_expr_immediate) {
		const struct skald_immediate *imm = skald_expr_data(expr);

		return imm->verdict.chain;
	}
	if (expr->ops == &skald_expr_lookup) {
		const struct skald_lookup *lookup = skald_expr_data(expr);

		return lookup->has_target && !lookup->target;
	}
	return false;
}

static void free_filled(struct skald_vm_rule *rule)
{
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;

	for (i = 0; i < rule->n_exprs; i++) {
		skald_expr_hold(expr, -1);
		skald_expr_done(expr);
		expr = skald_expr_next(expr);
	}
	kfree(rule);
}

static int fill_exprs(struct skald_load *load, struct skald_vm_rule *rule,
		      u32 n, bool *needs_check)
{
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;
	int err;

	for (i = 0; i < n; i++) {
		err = skald_expr_fill(load, &load->scratch[i], expr);
		if (err)
			return err;
		rule->n_exprs++;
		*needs_check |= is_checked(expr);
		expr = skald_expr_next(expr);
	}
	return 0;
}

static int make_rule(struct skald_load *load, const struct skald_nla **tb,
		     struct skald_vm_rule **made)
{
	const struct skald_nla *user = tb[NFTA_RULE_USERDATA];
	struct skald_vm_rule *rule;
	bool needs_check = false;
	u32 n, size, n_user = user ? skald_nla_len(user) : 0;
	int err = count_exprs(load, tb[NFTA_RULE_EXPRESSIONS], &n, &size);

	if (err)
		return err;
	if (n_user > USER_MAX)
		return -EINVAL;
	rule = kzalloc(sizeof(*rule) + size + n_user, GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	INIT_LIST_HEAD(&rule->checked);
	rule->chain = load->chain;
	rule->size = size;
	rule->n_user = (u16)n_user;
	rule->id = skald_nla_be32(tb[NFTA_RULE_ID]);
	rule->genmask = skald_change_is_new(load, load->chain->genmask)
				? 0
				: skald_vm_now_bit(load->vm);
	load->rule = rule;
	err = fill_exprs(load, rule, n, &needs_check);
	if (err) {
		free_filled(rule);
		return err;
	}
	if (n_user)
		memcpy((u8 *)rule->data + size, skald_nla_data(user), n_user);
	if (needs_check) {
		list_add_tail(&rule->checked, &load->chain->checked);
		load->vm->needs_check = true;
	}
	*made = rule;
	return 0;
}

static struct skald_vm_rule *find_rule(const struct skald_load *load,
				       u64 handle)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_rule *rule;
	struct hlist_head *bucket = skald_names_bucket(
		&load->table->rule_handles, skald_names_hash_number(handle));

	if (!bucket)
		return NULL;
	hlist_for_each_entry(rule, bucket, by_handle) {
		if (rule->handle == handle && !(rule->genmask & bit) &&
		    (!load->chain || rule->chain == load->chain))
			return rule;
	}
	return NULL;
}

static struct skald_vm_rule *find_id(const struct skald_load *load, u32 id)
{
	struct skald_change *change;

	list_for_each_entry(change, &load->changes, list) {
		if (change->kind == SKALD_CHANGE_RULE && !change->is_del &&
		    change->rule->id == id &&
		    change->rule->chain == load->chain)
			return change->rule;
	}
	return NULL;
}

/* The rule that a new one is to stand beside. -ENOENT; *@beside NULL: none */
static int find_beside(const struct skald_load *load,
		       const struct skald_nla **tb,
		       struct skald_vm_rule **beside)
{
	*beside = NULL;
	if (load->keeps_handles)
		return 0;
	if (tb[NFTA_RULE_POSITION])
		*beside =
			find_rule(load, skald_nla_be64(tb[NFTA_RULE_POSITION]));
	else if (tb[NFTA_RULE_POSITION_ID])
		*beside = find_id(load,
				  skald_nla_be32(tb[NFTA_RULE_POSITION_ID]));
	else
		return 0;
	return *beside ? 0 : -ENOENT;
}

static int place_rule(struct skald_load *load, struct skald_vm_rule *rule,
		      struct skald_vm_rule *beside, bool is_append)
{
	if (is_append)
		return beside ? skald_chain_insert(load->chain, rule, beside)
			      : skald_chain_append(load->chain, rule);
	return skald_chain_insert(load->chain, rule,
				  beside ? skald_chain_before(beside) : NULL);
}

static void undo_rule(struct skald_vm_rule *rule)
{
	list_del_init(&rule->checked);
	free_filled(rule);
}

/* Enter a rule; those of new chains are not noted. */
static int add_rule(struct skald_load *load, struct skald_vm_rule *rule,
		    struct skald_vm_rule *beside, bool is_append)
{
	struct skald_change *change = NULL;
	int err = skald_names_add(&load->table->rule_handles, &rule->by_handle);

	if (err)
		goto err_rule;
	if (!skald_change_is_new(load, load->chain->genmask)) {
		err = -ENOMEM;
		change = skald_change_add(load, SKALD_CHANGE_RULE, false);
		if (!change)
			goto err_name;
	}
	err = place_rule(load, rule, beside, is_append);
	if (err)
		goto err_change;
	if (change)
		change->rule = rule;
	return 0;

err_change:
	if (change) {
		list_del(&change->list);
		load->n_changes--;
		kfree(change);
	}
err_name:
	skald_names_remove(&load->table->rule_handles, &rule->by_handle);
err_rule:
	undo_rule(rule);
	return err;
}

static int new_rule(struct skald_load *load,
		    const struct skald_message *message,
		    const struct skald_nla **tb)
{
	bool is_append = load->keeps_handles || (message->flags & NLM_F_APPEND);
	struct skald_vm_rule *old = NULL, *beside, *rule;
	int err = find_beside(load, tb, &beside);

	if (err)
		return err;
	if (tb[NFTA_RULE_HANDLE] && !load->keeps_handles) {
		old = find_rule(load, skald_nla_be64(tb[NFTA_RULE_HANDLE]));
		if (!old)
			return -ENOENT;
		if (!(message->flags & NLM_F_REPLACE))
			return message->flags & NLM_F_EXCL ? -EEXIST
							   : -EOPNOTSUPP;
		beside = old;
		is_append = true;
	}
	err = make_rule(load, tb, &rule);
	if (err)
		return err;
	rule->handle = load->keeps_handles
			       ? skald_nla_be64(tb[NFTA_RULE_HANDLE])
			       : load->table->next_handle + 1;
	if (old)
		rule->handle = old->handle;
	load->table->next_handle = max(load->table->next_handle, rule->handle);
	err = add_rule(load, rule, beside, is_append);
	if (!err && old)
		err = skald_load_drop_rule(load, old);
	return err;
}

int skald_load_drop_rule(struct skald_load *load, struct skald_vm_rule *rule)
{
	struct skald_change *change =
		skald_change_add(load, SKALD_CHANGE_RULE, true);
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;

	if (!change)
		return -ENOMEM;
	change->rule = rule;
	rule->genmask |= skald_vm_next_bit(load->vm);
	rule->is_given_up = true;
	for (i = 0; i < rule->n_exprs; i++) {
		skald_expr_hold(expr, -1);
		expr = skald_expr_next(expr);
	}
	return 0;
}

/* All rules of the chain at work. */
static int drop_all(struct skald_load *load)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_chunk *chunk;
	u32 i;
	int err = 0;

	list_for_each_entry(chunk, &load->chain->chunks, list) {
		for (i = 0; i < chunk->n && !err; i++) {
			if (chunk->rules[i] &&
			    !(chunk->rules[i]->genmask & bit))
				err = skald_load_drop_rule(load,
							   chunk->rules[i]);
		}
	}
	return err;
}

/* Of one rule, of a chain, of a table. */
static int del_rules(struct skald_load *load, const struct skald_nla **tb)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_rule *rule;
	int err = 0;

	if (tb[NFTA_RULE_HANDLE]) {
		rule = find_rule(load, skald_nla_be64(tb[NFTA_RULE_HANDLE]));
		return rule ? skald_load_drop_rule(load, rule) : -ENOENT;
	}
	if (load->chain)
		return drop_all(load);
	list_for_each_entry(load->chain, &load->table->chains, list) {
		if (!err && !(load->chain->genmask & bit))
			err = drop_all(load);
	}
	load->chain = NULL;
	return err;
}

static int ensure_scratch(struct skald_load *load)
{
	if (!load->scratch)
		load->scratch =
			kvcalloc(EXPRS_MAX, sizeof(*load->scratch), GFP_KERNEL);
	return load->scratch ? 0 : -ENOMEM;
}

int skald_load_rule(struct skald_load *load,
		    const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_RULE_CHAIN_ID + 1];
	const char *name;
	u32 id;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (!err)
		err = skald_load_find_table(load, message, tb[NFTA_RULE_TABLE]);
	if (!err)
		err = ensure_scratch(load);
	if (err)
		return err;
	name = skald_nla_string(tb[NFTA_RULE_CHAIN], 256);
	id = skald_nla_be32(tb[NFTA_RULE_CHAIN_ID]);
	load->chain = skald_load_chain(load, name, id);
	if (!load->chain && (name || id))
		return skald_load_refuse(load, -ENOENT, "no chain", name);
	if (skald_message_is_del(message))
		return del_rules(load, tb);
	return load->chain ? new_rule(load, message, tb) : -EINVAL;
}
