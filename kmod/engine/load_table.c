// SPDX-License-Identifier: GPL-2.0-only
/* Tables in transactions (nf_tables_newtable(), nf_tables_deltable()). */
#include "change.h"

#define FLAGS_KNOWN 0x7

static u32 hash_chain(const struct hlist_node *node)
{
	return skald_names_hash_string(
		container_of(node, struct skald_vm_chain, by_name)->name);
}

static u32 hash_set(const struct hlist_node *node)
{
	return skald_names_hash_string(
		container_of(node, struct skald_vm_set, by_name)->name);
}

static u32 hash_rule(const struct hlist_node *node)
{
	return skald_names_hash_number(
		container_of(node, struct skald_vm_rule, by_handle)->handle);
}

static struct skald_vm_table *make_table(struct skald_vm *vm, const char *name)
{
	struct skald_vm_table *table = kzalloc(sizeof(*table), GFP_KERNEL);

	if (!table)
		return NULL;
	table->name = skald_load_name(name);
	if (!table->name) {
		kfree(table);
		return NULL;
	}
	table->vm = vm;
	table->chain_names.hash = hash_chain;
	table->set_names.hash = hash_set;
	table->rule_handles.hash = hash_rule;
	INIT_LIST_HEAD(&table->chains);
	INIT_LIST_HEAD(&table->sets);
	INIT_LIST_HEAD(&table->objs);
	INIT_LIST_HEAD(&table->flowtables);
	return table;
}

static bool is_family(u8 family)
{
	return family == NFPROTO_IPV4 || family == NFPROTO_IPV6 ||
	       family == NFPROTO_INET || family == NFPROTO_ARP ||
	       family == NFPROTO_BRIDGE || family == NFPROTO_NETDEV;
}

static int new_table(struct skald_load *load,
		     const struct skald_message *message,
		     const struct skald_nla **tb, u32 flags)
{
	const char *name = skald_nla_string(tb[NFTA_TABLE_NAME], 256);
	struct skald_vm_table *table;
	struct skald_change *change;

	if (!name || !is_family(message->family))
		return name ? -EAFNOSUPPORT : -EINVAL;
	table = make_table(load->vm, name);
	if (!table)
		return -ENOMEM;
	change = skald_change_add(load, SKALD_CHANGE_TABLE, false);
	if (!change) {
		skald_table_free(table);
		return -ENOMEM;
	}
	change->table = table;
	table->family = message->family;
	table->flags = flags;
	table->next_flags = flags;
	table->genmask = skald_vm_now_bit(load->vm);
	table->handle = load->keeps_handles
				? skald_nla_be64(tb[NFTA_TABLE_HANDLE])
				: load->vm->next_handle + 1;
	load->vm->next_handle = max(load->vm->next_handle, table->handle);
	list_add_tail_rcu(&table->list, &load->vm->tables);
	return 0;
}

static int change_table(struct skald_load *load,
			const struct skald_message *message, u32 flags)
{
	struct skald_change *change;

	if (message->flags & NLM_F_EXCL)
		return -EEXIST;
	if (flags == load->table->next_flags)
		return 0;
	change = skald_change_add(load, SKALD_CHANGE_TABLE_FLAGS, false);
	if (!change)
		return -ENOMEM;
	change->table = load->table;
	load->table->next_flags = flags;
	return 0;
}

static int drop_table(struct skald_load *load, struct skald_vm_table *table)
{
	struct skald_change *change =
		skald_change_add(load, SKALD_CHANGE_TABLE, true);

	if (!change)
		return -ENOMEM;
	change->table = table;
	table->genmask |= skald_vm_next_bit(load->vm);
	return 0;
}

/* Without a name: all tables of the family, or of all (nft flush ruleset). */
static int drop_tables(struct skald_load *load,
		       const struct skald_message *message)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_table *table;
	int err = 0;

	list_for_each_entry(table, &load->vm->tables, list) {
		if (err || (table->genmask & bit) ||
		    (message->family && table->family != message->family))
			continue;
		err = drop_table(load, table);
	}
	return err;
}

static struct skald_vm_table *by_handle(const struct skald_load *load,
					const struct skald_message *message,
					u64 handle)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_table *table;

	list_for_each_entry(table, &load->vm->tables, list) {
		if (table->handle == handle && !(table->genmask & bit) &&
		    table->family == message->family)
			return table;
	}
	return NULL;
}

int skald_load_table(struct skald_load *load,
		     const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_TABLE_USERDATA + 1];
	u32 flags;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (err)
		return err;
	flags = skald_nla_be32(tb[NFTA_TABLE_FLAGS]);
	if (skald_message_is_del(message)) {
		if (tb[NFTA_TABLE_HANDLE]) {
			load->table = by_handle(
				load, message,
				skald_nla_be64(tb[NFTA_TABLE_HANDLE]));
			return load->table ? drop_table(load, load->table)
					   : -ENOENT;
		}
		if (!tb[NFTA_TABLE_NAME])
			return drop_tables(load, message);
		err = skald_load_find_table(load, message, tb[NFTA_TABLE_NAME]);
		return err ? err : drop_table(load, load->table);
	}
	if (flags & ~FLAGS_KNOWN)
		return -EOPNOTSUPP;
	err = skald_load_find_table(load, message, tb[NFTA_TABLE_NAME]);
	if (err == -ENOENT)
		return new_table(load, message, tb, flags);
	return err ? err : change_table(load, message, flags);
}
