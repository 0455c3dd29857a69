/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: loading rulesets
 *
 * A ruleset changes by transactions: begin, any number of nf_tables messages,
 * commit or abort. Until the commit packets see nothing of it; a commit that
 * fails, and an abort, leave everything as it was. A dump of the kernel's
 * ruleset (messages of GETTABLE, GETCHAIN, ... as received) is one transaction.
 *
 *	skald_load_begin(&load, vm);
 *	err = skald_load_dump(&load, bytes, len);
 *	if (!err)
 *		err = skald_load_commit(&load);
 *	else
 *		skald_load_abort(&load);
 */
#ifndef SKALD_ENGINE_LOAD_H
#define SKALD_ENGINE_LOAD_H

#include "env.h"
#include "nla.h"
#include "set.h"
#include "table.h"

/**
 * struct skald_load - a transaction
 * @vm: the ruleset it changes
 * @changes: what was done so far, in order (change.h)
 * @n_changes: how many
 * @keeps_handles: messages are of a dump: their handles are taken over
 * @now: ns: elements' timeouts count from here
 * @family: of the message at work
 * @table: table at work
 * @chain: chain at work, or NULL
 * @rule: rule at work, or NULL
 * @set: set at work, or NULL
 * @scratch: expressions of the rule at work
 * @error: what was refused, in words; "" when nothing was
 */
struct skald_load {
	struct skald_vm *vm;
	struct list_head changes;
	u32 n_changes;
	bool keeps_handles;
	u64 now;
	u8 family;
	struct skald_vm_table *table;
	struct skald_vm_chain *chain;
	struct skald_vm_rule *rule;
	struct skald_vm_set *set;
	struct skald_expr_info *scratch;
	char error[160];
};

/**
 * struct skald_message - one message of nf_tables
 * @type: NFT_MSG_*
 * @flags: NLM_F_*
 * @family: NFPROTO_*
 * @attrs: its attributes
 * @len: bytes of them
 */
struct skald_message {
	u8 type;
	u8 family;
	u16 flags;
	const void *attrs;
	u32 len;
};

/* A transaction on @vm; @now: wall clock, ns, from which timeouts count. */
void skald_load_begin(struct skald_load *load, struct skald_vm *vm, u64 now);

/**
 * skald_load_message() - do what a message says
 * @load: the transaction
 * @message: NEW and DEL of tables, chains, rules, sets, elements, objects and
 *	flowtables
 *
 * Return: 0 or -errno as the kernel's (-ENOENT, -EEXIST, -EINVAL, -EBUSY,
 * -EOPNOTSUPP, ...) with @error; then the transaction must be aborted.
 */
int skald_load_message(struct skald_load *load,
		       const struct skald_message *message);

/**
 * skald_load_dump() - take over a dump
 * @load: the transaction
 * @bytes: netlink messages, 4-byte aligned, one after the other
 * @len: bytes
 *
 * Messages may come in any order of kinds. Others than NEW* are passed over.
 */
int skald_load_dump(struct skald_load *load, const void *bytes, size_t len);

/**
 * skald_load_commit() - let packets see it
 * @load: the transaction; over afterwards, whatever comes of it
 *
 * Return: 0; -EMLINK: jumps go too deep or in a circle; -EOPNOTSUPP: an
 * expression stands where it must not. Then everything is as before.
 */
int skald_load_commit(struct skald_load *load);
void skald_load_abort(struct skald_load *load);

/* Among what the transaction sees: by name, or by id when @name is NULL.
 * Return: NULL: none */
struct skald_vm_chain *skald_load_chain(const struct skald_load *load,
					const char *name, u32 id);
struct skald_vm_obj *skald_load_obj(const struct skald_load *load,
				    const char *name, u32 type);
struct skald_vm_flowtable *skald_load_flowtable(const struct skald_load *load,
						const char *name);

/* Say what was refused. Return: @err */
int skald_load_refuse(struct skald_load *load, int err, const char *what,
		      const char *name);

#endif /* SKALD_ENGINE_LOAD_H */
