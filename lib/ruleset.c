// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of a namespace's ruleset: the kernel's dump, nft's listing and
 * iptables' listing of one generation, joined rule by rule.
 */
#include "ruleset.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_parts.h"

#define TRIES 8

/* Texts that no tool wrote: the number of a priority, no text of a rule. */
static int fill_gaps(struct skald_parts *parts)
{
	for (size_t i = 0; i < parts->n_rules; i++) {
		if (!parts->rules[i].rule.text)
			parts->rules[i].rule.text = "";
	}
	for (size_t i = 0; i < parts->n_chains; i++) {
		struct skald_chain *chain = &parts->chains[i]->chain;

		if (!chain->is_base || chain->priority_name)
			continue;
		chain->priority_name = skald_arena_printf(&parts->arena, "%d",
							  chain->priority);
		if (!chain->priority_name)
			return -ENOMEM;
	}
	return 0;
}

static char *to_string(struct skald_arena *arena,
		       const struct skald_buffer *buffer)
{
	return skald_arena_strndup(arena, (const char *)buffer->data,
				   buffer->len);
}

static int copy_arrays(const struct skald_parts *parts,
		       struct skald_ruleset *ruleset)
{
	struct skald_arena *arena = &ruleset->arena;

	ruleset->chains = skald_arena_alloc(
		arena, parts->n_chains * sizeof(*ruleset->chains));
	ruleset->rules = skald_arena_alloc(
		arena, parts->n_rules * sizeof(*ruleset->rules));
	if (!ruleset->chains || !ruleset->rules)
		return -ENOMEM;
	for (size_t i = 0; i < parts->n_chains; i++)
		ruleset->chains[i] = parts->chains[i]->chain;
	for (size_t i = 0; i < parts->n_rules; i++)
		ruleset->rules[i] = parts->rules[i].rule;
	ruleset->n_chains = parts->n_chains;
	ruleset->n_rules = parts->n_rules;
	return 0;
}

/* Moves the parts, with their memory, into what the caller gets. */
static int put_together(struct skald_parts *parts,
			const struct skald_buffer *legacy,
			struct skald_ruleset *ruleset)
{
	struct skald_ruleset made = { 0 };
	int err = fill_gaps(parts);

	if (err)
		return err;
	made.arena = parts->arena;
	parts->arena.head = NULL;
	made.text = to_string(&made.arena, &parts->text);
	made.iptables = to_string(&made.arena, &parts->iptables);
	made.legacy = to_string(&made.arena, legacy);
	made.textless = to_string(&made.arena, &parts->textless);
	if (!made.text || !made.iptables || !made.legacy || !made.textless ||
	    copy_arrays(parts, &made)) {
		skald_arena_done(&made.arena);
		return -ENOMEM;
	}
	made.bytecode = parts->bytecode.data;
	made.bytecode_len = parts->bytecode.len;
	parts->bytecode.data = NULL;
	*ruleset = made;
	return 0;
}

/*
 * One look, in the namespace. Return: 0; -EINTR when the ruleset changed under
 * our hands; another -errno.
 */
static int look(struct skald_call *call, struct skald_ruleset *ruleset,
		struct skald_error *error)
{
	struct skald_buffer legacy = { 0 };
	uint32_t before = 0, after = 0;
	struct skald_parts parts;
	int err, same;

	skald_parts_init(&parts);
	err = skald_ruleset_generation(call, &before);
	if (err) {
		err = skald_error_set(error, -err,
				      "cannot ask nf_tables for its "
				      "generation: %s",
				      strerror(-err));
		if (err == -EPERM)
			skald_error_help(error,
					 "the rules of a running system are "
					 "for root; a saved world or a file of "
					 "rules is for everybody");
		goto out;
	}
	err = skald_ruleset_dump(call, &parts, error);
	if (!err)
		err = skald_ruleset_write(&parts, error);
	if (!err)
		err = skald_ruleset_write_iptables(&parts);
	if (!err)
		err = skald_ruleset_legacy(&legacy);

	/* whatever else went wrong: a change may be the reason */
	same = skald_ruleset_generation(call, &after);
	if (!same && before != after)
		err = -EINTR;
	if (!err)
		err = put_together(&parts, &legacy, ruleset);
	if (!err)
		ruleset->generation = before;
out:
	skald_buffer_done(&legacy);
	skald_parts_done(&parts);
	return err;
}

static int look_again(struct skald_call *call, struct skald_ruleset *ruleset,
		      struct skald_error *error)
{
	struct skald_error last = { 0 };
	int err = -EINTR;

	for (int i = 0; i < TRIES && err == -EINTR; i++)
		err = look(call, ruleset, &last);
	if (err == -EINTR)
		return skald_error_set(error, EAGAIN,
				       "the ruleset changed %d times while it "
				       "was read",
				       TRIES);
	if (err == -ENOMEM)
		return skald_error_set(error, ENOMEM,
				       "no memory for the ruleset");
	if (err && error)
		*error = last;
	return err;
}

int skald_ruleset_take(const struct skald_netns *netns,
		       struct skald_ruleset *ruleset, struct skald_error *error)
{
	struct skald_call call;
	int back, err;

	err = skald_call_open(netns, NETLINK_NETFILTER, &call);
	if (err)
		return skald_error_set(error, -err,
				       "cannot reach nf_tables in namespace "
				       "%s: %s",
				       netns->name, strerror(-err));
	back = skald_netns_enter(netns);
	if (back < 0) {
		err = skald_error_set(error, -back,
				      "cannot enter namespace %s: %s",
				      netns->name, strerror(-back));
		goto out;
	}
	err = look_again(&call, ruleset, error);
	skald_netns_leave(back);
out:
	skald_call_close(&call);
	return err;
}

int skald_ruleset_remake(const void *bytecode, size_t len, const char *text,
			 uint32_t generation, struct skald_ruleset *ruleset)
{
	struct skald_buffer legacy = { 0 };
	struct skald_parts parts;
	int err;

	skald_parts_init(&parts);
	err = skald_ruleset_read(&parts, bytecode, len);
	if (!err && text) {
		skald_buffer_put(&parts.text, text, strlen(text));
		err = skald_ruleset_join(&parts, text);
	}
	if (!err)
		err = put_together(&parts, &legacy, ruleset);
	if (!err)
		ruleset->generation = generation;
	skald_parts_done(&parts);
	return err;
}

void skald_ruleset_done(struct skald_ruleset *ruleset)
{
	free(ruleset->bytecode);
	skald_arena_done(&ruleset->arena);
	memset(ruleset, 0, sizeof(*ruleset));
}
