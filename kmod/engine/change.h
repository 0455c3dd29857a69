/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what a transaction did so far
 *
 * Rules of chains and elements of sets that are new in the transaction are not
 * noted: nobody sees them before their chain or set, and they go with it.
 */
#ifndef SKALD_ENGINE_CHANGE_H
#define SKALD_ENGINE_CHANGE_H

#include "env.h"
#include "load.h"

enum skald_change_kind {
	SKALD_CHANGE_TABLE,
	SKALD_CHANGE_TABLE_FLAGS,
	SKALD_CHANGE_CHAIN,
	SKALD_CHANGE_POLICY,
	SKALD_CHANGE_RULE,
	SKALD_CHANGE_SET,
	SKALD_CHANGE_ELEM,
	SKALD_CHANGE_OBJ,
	SKALD_CHANGE_FLOWTABLE,
};

/**
 * struct skald_change - one change
 * @list: in the transaction
 * @kind: of what
 * @is_del: deleted, not new
 * @table: the object, by @kind, as are the next five
 * @chain: see @table
 * @rule: see @table
 * @set: see @table; also of an element
 * @obj: see @table
 * @flowtable: see @table
 * @elem: the element
 */
struct skald_change {
	struct list_head list;
	enum skald_change_kind kind;
	bool is_del;
	union {
		struct skald_vm_table *table;
		struct skald_vm_chain *chain;
		struct skald_vm_rule *rule;
		struct skald_vm_set *set;
		struct skald_vm_obj *obj;
		struct skald_vm_flowtable *flowtable;
	};
	struct skald_vm_elem *elem;
};

/* Note a change; its object is for the caller to fill in. NULL: no memory */
struct skald_change *skald_change_add(struct skald_load *load,
				      enum skald_change_kind kind, bool is_del);

/* Whether an object was made in this transaction. */
static inline bool skald_change_is_new(const struct skald_load *load,
				       u8 genmask)
{
	return genmask & skald_vm_now_bit(load->vm);
}

/* What messages say, by kind. */
int skald_load_table(struct skald_load *load,
		     const struct skald_message *message);
int skald_load_chain_message(struct skald_load *load,
			     const struct skald_message *message);
int skald_load_rule(struct skald_load *load,
		    const struct skald_message *message);
int skald_load_set(struct skald_load *load,
		   const struct skald_message *message);
int skald_load_elems(struct skald_load *load,
		     const struct skald_message *message);
int skald_load_object(struct skald_load *load,
		      const struct skald_message *message);
int skald_load_flow(struct skald_load *load,
		    const struct skald_message *message);

/* Delete with all that belongs to it; also part of other deletions. */
int skald_load_drop_rule(struct skald_load *load, struct skald_vm_rule *rule);

/* Find the message's table, and set @load->table. -ENOENT */
int skald_load_find_table(struct skald_load *load,
			  const struct skald_message *message,
			  const struct skald_nla *name);

/* A copy of a name. NULL: no memory */
char *skald_load_name(const char *name);

/* Whether the message deletes; "destroy" as well, without asking. */
bool skald_message_is_del(const struct skald_message *message);

/* Search for loops, and for what stands in the wrong place. */
int skald_load_check(struct skald_load *load);

#endif /* SKALD_ENGINE_CHANGE_H */
