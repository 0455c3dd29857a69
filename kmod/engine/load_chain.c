// SPDX-License-Identifier: GPL-2.0-only
/* Chains in transactions (nf_tables_newchain(), nf_tables_delchain()). */
#include "change.h"

#define DEVICES_MAX 256
#define IFNAME_LEN 16
#define ATTR_DEVICE_NAME 1
#define ARP_IN 0
#define ARP_OUT 1

static int parse_type(const struct skald_nla *nla, enum skald_chain_type *type)
{
	const char *name = skald_nla_string(nla, 32);

	*type = SKALD_CHAIN_FILTER;
	if (!nla || (name && strcmp(name, "filter") == 0))
		return 0;
	if (!name)
		return -EINVAL;
	if (strcmp(name, "route") == 0)
		*type = SKALD_CHAIN_ROUTE;
	else if (strcmp(name, "nat") == 0)
		*type = SKALD_CHAIN_NAT;
	else
		return -ENOENT;
	return 0;
}

/* The hooks that a type of chain has in a family. */
static u32 hooks_of(u8 family, enum skald_chain_type type)
{
	u32 all = 0x1f;

	if (family == NFPROTO_NETDEV)
		return type == SKALD_CHAIN_FILTER ? 0x3 : 0;
	if (family == NFPROTO_ARP)
		return type == SKALD_CHAIN_FILTER ? 1 << ARP_IN | 1 << ARP_OUT
						  : 0;
	if (family == NFPROTO_BRIDGE)
		return type == SKALD_CHAIN_FILTER ? all : 0;
	if (type == SKALD_CHAIN_ROUTE)
		return 1 << NF_INET_LOCAL_OUT;
	if (type == SKALD_CHAIN_NAT)
		return all & ~(1u << NF_INET_FORWARD);
	return family == NFPROTO_INET ? all | 1 << NF_INET_INGRESS : all;
}

static int add_device(struct skald_vm_base *base, const struct skald_nla *nla)
{
	const u8 *name = skald_nla_data(nla);
	u32 len = min_t(u32, skald_nla_len(nla), IFNAME_LEN - 1);

	if (!len || base->n_devices == DEVICES_MAX)
		return -EINVAL;
	memset(base->devices[base->n_devices], 0, IFNAME_LEN);
	memcpy(base->devices[base->n_devices++], name, len);
	return 0;
}

static u32 count_devices(const struct skald_nla *list)
{
	const u8 *at = skald_nla_data(list);
	u32 len = skald_nla_len(list), n = 0;

	while (skald_nla_next(&at, &len))
		n++;
	return n;
}

static int parse_devices(struct skald_vm_base *base,
			 const struct skald_nla **hook)
{
	const struct skald_nla *list = hook[NFTA_HOOK_DEVS], *nla;
	u32 n = list ? count_devices(list) : 1, len;
	const u8 *at;
	int err = 0;

	if (!list && !hook[NFTA_HOOK_DEV])
		return 0;
	base->devices = kcalloc(n + 1, IFNAME_LEN, GFP_KERNEL);
	if (!base->devices)
		return -ENOMEM;
	if (!list)
		return add_device(base, hook[NFTA_HOOK_DEV]);
	at = skald_nla_data(list);
	len = skald_nla_len(list);
	while (!err && (nla = skald_nla_next(&at, &len))) {
		if (skald_nla_type(nla) == ATTR_DEVICE_NAME)
			err = add_device(base, nla);
	}
	return err;
}

static void parse_counters(struct skald_vm_base *base,
			   const struct skald_nla *nest)
{
	const struct skald_nla *tb[NFTA_COUNTER_PACKETS + 1];

	if (!nest || skald_nla_sort_nest(nest, tb, ARRAY_SIZE(tb)))
		return;
	base->has_counters = true;
	base->packets = skald_nla_be64(tb[NFTA_COUNTER_PACKETS]);
	base->bytes = skald_nla_be64(tb[NFTA_COUNTER_BYTES]);
}

static int parse_hook(struct skald_vm_base *base, u8 family,
		      const struct skald_nla **tb)
{
	const struct skald_nla *hook[NFTA_HOOK_DEVS + 1];
	u32 number;
	int err = skald_nla_sort_nest(tb[NFTA_CHAIN_HOOK], hook,
				      ARRAY_SIZE(hook));

	if (!err)
		err = parse_type(tb[NFTA_CHAIN_TYPE], &base->type);
	if (err)
		return err;
	if (!hook[NFTA_HOOK_HOOKNUM] || !hook[NFTA_HOOK_PRIORITY])
		return -EINVAL;
	number = skald_nla_be32(hook[NFTA_HOOK_HOOKNUM]);
	if (number >= SKALD_VM_HOOKS ||
	    !(hooks_of(family, base->type) & 1u << number))
		return -EOPNOTSUPP;
	base->hook = (u8)number;
	base->priority = (s32)skald_nla_be32(hook[NFTA_HOOK_PRIORITY]);
	parse_counters(base, tb[NFTA_CHAIN_COUNTERS]);
	return parse_devices(base, hook);
}

static int parse_policy(const struct skald_nla *nla, u8 *policy)
{
	u32 value = skald_nla_be32(nla);

	if (!nla)
		return 0;
	if (value != NF_ACCEPT && value != NF_DROP)
		return -EINVAL;
	*policy = (u8)value;
	return 0;
}

static int make_base(struct skald_vm_chain *chain, u8 family,
		     const struct skald_nla **tb)
{
	struct skald_vm_base *base = kzalloc(sizeof(*base), GFP_KERNEL);
	int err;

	if (!base)
		return -ENOMEM;
	chain->base = base;
	base->policy = NF_ACCEPT;
	err = parse_hook(base, family, tb);
	if (!err)
		err = parse_policy(tb[NFTA_CHAIN_POLICY], &base->policy);
	base->next_policy = base->policy;
	return err;
}

/* Chains without a name are those that a rule brings along. */
static char *name_of(struct skald_load *load, const struct skald_nla **tb)
{
	const char *name = skald_nla_string(tb[NFTA_CHAIN_NAME], 256);
	struct skald_phrase phrase;
	char made[40];

	if (name)
		return skald_load_name(name);
	skald_phrase_init(&phrase, made, sizeof(made));
	skald_phrase_str(&phrase, "__chain");
	skald_phrase_number(&phrase, ++load->vm->n_unnamed);
	return skald_load_name(made);
}

static int fill_chain(struct skald_load *load, struct skald_vm_chain *chain,
		      const struct skald_nla **tb)
{
	struct skald_vm_table *table = load->table;

	INIT_LIST_HEAD(&chain->chunks);
	INIT_LIST_HEAD(&chain->checked);
	chain->table = table;
	chain->flags = skald_nla_be32(tb[NFTA_CHAIN_FLAGS]);
	chain->id = skald_nla_be32(tb[NFTA_CHAIN_ID]);
	chain->genmask = skald_vm_now_bit(load->vm);
	chain->handle = load->keeps_handles
				? skald_nla_be64(tb[NFTA_CHAIN_HANDLE])
				: table->next_handle + 1;
	table->next_handle = max(table->next_handle, chain->handle);
	chain->name = name_of(load, tb);
	if (!chain->name)
		return -ENOMEM;
	if (!tb[NFTA_CHAIN_HOOK])
		return tb[NFTA_CHAIN_POLICY] ? -EOPNOTSUPP : 0;
	return make_base(chain, table->family, tb);
}

static int new_chain(struct skald_load *load, const struct skald_nla **tb)
{
	struct skald_vm_chain *chain;
	struct skald_change *change;
	int err = -ENOMEM;

	if (!tb[NFTA_CHAIN_NAME] && !tb[NFTA_CHAIN_ID])
		return -EINVAL;
	chain = kzalloc(sizeof(*chain), GFP_KERNEL);
	if (!chain)
		return -ENOMEM;
	err = fill_chain(load, chain, tb);
	if (err)
		goto err_chain;
	err = skald_names_add(&load->table->chain_names, &chain->by_name);
	if (err)
		goto err_chain;
	err = -ENOMEM;
	change = skald_change_add(load, SKALD_CHANGE_CHAIN, false);
	if (!change)
		goto err_name;
	change->chain = chain;
	list_add_tail_rcu(&chain->list, &load->table->chains);
	return 0;

err_name:
	skald_names_remove(&load->table->chain_names, &chain->by_name);
err_chain:
	skald_chain_free(chain);
	return err;
}

static int change_chain(struct skald_load *load, struct skald_vm_chain *chain,
			const struct skald_message *message,
			const struct skald_nla **tb)
{
	struct skald_change *change;
	u8 policy;
	int err;

	if (message->flags & NLM_F_EXCL)
		return skald_load_refuse(load, -EEXIST, "chain", chain->name);
	if (!!tb[NFTA_CHAIN_HOOK] && !chain->base)
		return -EEXIST;
	if (!tb[NFTA_CHAIN_POLICY])
		return 0;
	if (!chain->base)
		return -EOPNOTSUPP;
	err = parse_policy(tb[NFTA_CHAIN_POLICY], &policy);
	if (err || policy == chain->base->next_policy)
		return err;
	change = skald_change_add(load, SKALD_CHANGE_POLICY, false);
	if (!change)
		return -ENOMEM;
	change->chain = chain;
	chain->base->next_policy = policy;
	return 0;
}

/* Rules go with the chain; what leads here must not be left. */
static int drop_chain(struct skald_load *load, struct skald_vm_chain *chain)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_chunk *chunk;
	struct skald_change *change;
	u32 i;
	int err;

	list_for_each_entry(chunk, &chain->chunks, list) {
		for (i = 0; i < chunk->n; i++) {
			if (!chunk->rules[i] ||
			    (chunk->rules[i]->genmask & bit))
				continue;
			err = skald_load_drop_rule(load, chunk->rules[i]);
			if (err)
				return err;
		}
	}
	if (chain->use)
		return skald_load_refuse(load, -EBUSY, "in use: chain",
					 chain->name);
	change = skald_change_add(load, SKALD_CHANGE_CHAIN, true);
	if (!change)
		return -ENOMEM;
	change->chain = chain;
	chain->genmask |= bit;
	return 0;
}

static struct skald_vm_chain *find_chain(const struct skald_load *load,
					 const struct skald_nla **tb)
{
	const char *name = skald_nla_string(tb[NFTA_CHAIN_NAME], 256);
	u64 handle = skald_nla_be64(tb[NFTA_CHAIN_HANDLE]);
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_chain *chain;

	if (name || load->keeps_handles || !tb[NFTA_CHAIN_HANDLE])
		return name ? skald_load_chain(load, name, 0) : NULL;
	list_for_each_entry(chain, &load->table->chains, list) {
		if (chain->handle == handle && !(chain->genmask & bit))
			return chain;
	}
	return NULL;
}

int skald_load_chain_message(struct skald_load *load,
			     const struct skald_message *message)
{
	const struct skald_nla *tb[NFTA_CHAIN_USERDATA + 1];
	struct skald_vm_chain *chain;
	int err = skald_nla_sort(message->attrs, message->len, tb,
				 ARRAY_SIZE(tb));

	if (!err)
		err = skald_load_find_table(load, message,
					    tb[NFTA_CHAIN_TABLE]);
	if (err)
		return err;
	chain = find_chain(load, tb);
	if (skald_message_is_del(message))
		return chain ? drop_chain(load, chain) : -ENOENT;
	if (chain)
		return change_chain(load, chain, message, tb);
	return new_chain(load, tb);
}
