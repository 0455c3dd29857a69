// SPDX-License-Identifier: GPL-2.0-only
/* Base chains at their hooks. */
#include "table.h"

static void add_hook(struct skald_vm_chain *chain, u8 pf, u8 hooknum)
{
	struct skald_vm_base *base = chain->base;
	struct skald_vm_hook *hook = &base->hooks[base->n_hooks++];
	struct list_head *head = &chain->table->vm->hooks[pf][hooknum];
	struct list_head *at = head->next;

	/* nf_hook_entries_grow(): before those of the same priority */
	while (at != head &&
	       list_entry(at, struct skald_vm_hook, list)
			       ->chain->base->priority < base->priority)
		at = at->next;
	hook->chain = chain;
	hook->pf = pf;
	list_add_tail_rcu(&hook->list, at);
}

void skald_hooks_add(struct skald_vm_chain *chain)
{
	u8 family = chain->table->family, hook = chain->base->hook;

	if (chain->base->n_hooks)
		return;
	if (family != NFPROTO_INET) {
		add_hook(chain, family, hook);
	} else if (hook == NF_INET_INGRESS) {
		add_hook(chain, NFPROTO_NETDEV, NF_NETDEV_INGRESS);
	} else {
		add_hook(chain, NFPROTO_IPV4, hook);
		add_hook(chain, NFPROTO_IPV6, hook);
	}
}

void skald_hooks_remove(struct skald_vm_chain *chain)
{
	while (chain->base->n_hooks)
		list_del_rcu(&chain->base->hooks[--chain->base->n_hooks].list);
}

static bool is_device(const struct skald_vm_base *base, const char *device)
{
	u32 i;

	if (!device || !base->n_devices)
		return !device;
	for (i = 0; i < base->n_devices; i++) {
		if (strncmp(base->devices[i], device, 16) == 0)
			return true;
	}
	return false;
}

struct skald_vm_hook *skald_vm_hook_next(const struct skald_vm *vm, u8 pf,
					 u8 hook, const char *device,
					 const struct skald_vm_hook *last)
{
	const struct list_head *head, *at;
	struct skald_vm_hook *next;

	if (pf >= SKALD_VM_FAMILIES || hook >= SKALD_VM_HOOKS)
		return NULL;
	head = &vm->hooks[pf][hook];
	for (at = last ? last->list.next : head->next; at != head;
	     at = at->next) {
		next = list_entry(at, struct skald_vm_hook, list);
		if (pf != NFPROTO_NETDEV ||
		    is_device(next->chain->base, device))
			return next;
	}
	return NULL;
}
