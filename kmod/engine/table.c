// SPDX-License-Identifier: GPL-2.0-only
/* Rulesets and tables: made, searched, freed. */
#include "table.h"

#include "set.h"

struct skald_vm *skald_vm_new(void)
{
	struct skald_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	u32 pf, hook;

	if (!vm)
		return NULL;
	INIT_LIST_HEAD(&vm->tables);
	INIT_LIST_HEAD(&vm->recent);
	INIT_LIST_HEAD(&vm->hashlimits);
	for (pf = 0; pf < SKALD_VM_FAMILIES; pf++) {
		for (hook = 0; hook < SKALD_VM_HOOKS; hook++)
			INIT_LIST_HEAD(&vm->hooks[pf][hook]);
	}
	return vm;
}

static void free_contents(struct skald_vm_table *table)
{
	struct skald_vm_chain *chain;
	struct skald_vm_set *set;

	list_for_each_entry(chain, &table->chains, list)
		skald_chain_clear(chain);
	list_for_each_entry(set, &table->sets, list)
		skald_set_clear(set);
}

static void free_obj(struct skald_vm_obj *obj)
{
	skald_expr_free(obj->expr);
	kfree(obj->name);
	kfree(obj);
}

void skald_table_free(struct skald_vm_table *table)
{
	struct skald_vm_flowtable *flow, *next_flow;
	struct skald_vm_chain *chain, *next_chain;
	struct skald_vm_set *set, *next_set;
	struct skald_vm_obj *obj, *next_obj;

	if (!table)
		return;
	free_contents(table);
	list_for_each_entry_safe(set, next_set, &table->sets, list)
		skald_set_free(set);
	list_for_each_entry_safe(obj, next_obj, &table->objs, list)
		free_obj(obj);
	list_for_each_entry_safe(flow, next_flow, &table->flowtables, list) {
		kfree(flow->name);
		kfree(flow);
	}
	list_for_each_entry_safe(chain, next_chain, &table->chains, list) {
		if (chain->base)
			skald_hooks_remove(chain);
		skald_chain_free(chain);
	}
	skald_names_done(&table->chain_names);
	skald_names_done(&table->set_names);
	skald_names_done(&table->rule_handles);
	kfree(table->name);
	kfree(table);
}

void skald_vm_free(struct skald_vm *vm)
{
	struct skald_vm_table *table, *next;

	if (!vm)
		return;
	list_for_each_entry_safe(table, next, &vm->tables, list)
		skald_table_free(table);
	kfree(vm);
}

struct skald_vm_table *skald_vm_table(const struct skald_vm *vm, u8 family,
				      const char *name)
{
	struct skald_vm_table *table;

	list_for_each_entry(table, &vm->tables, list) {
		if (table->family == family &&
		    !(table->genmask & skald_vm_now_bit(vm)) &&
		    strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

struct skald_vm_chain *skald_vm_chain(const struct skald_vm_table *table,
				      const char *name)
{
	struct hlist_head *bucket = skald_names_bucket(
		&table->chain_names, skald_names_hash_string(name));
	struct skald_vm_chain *chain;

	if (!bucket)
		return NULL;
	hlist_for_each_entry(chain, bucket, by_name) {
		if (!(chain->genmask & skald_vm_now_bit(table->vm)) &&
		    strcmp(chain->name, name) == 0)
			return chain;
	}
	return NULL;
}

struct skald_vm_rule *skald_vm_rule(const struct skald_vm_table *table,
				    u64 handle)
{
	struct hlist_head *bucket = skald_names_bucket(
		&table->rule_handles, skald_names_hash_number(handle));
	struct skald_vm_rule *rule;

	if (!bucket)
		return NULL;
	hlist_for_each_entry(rule, bucket, by_handle) {
		if (!(rule->genmask & skald_vm_now_bit(table->vm)) &&
		    rule->handle == handle)
			return rule;
	}
	return NULL;
}
