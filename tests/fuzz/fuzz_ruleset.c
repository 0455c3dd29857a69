// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ruleset's dump, as the kernel sends it and the store keeps it: netlink
 * messages. What can be read can be kept and read again, and every rule of it
 * is found.
 */
#include <linux/netlink.h>

#include "debug_rule.h"
#include "fuzz.h"
#include "ruleset_parts.h"

static void check_chains(const struct skald_parts *parts)
{
	size_t i;

	for (i = 0; i < parts->n_chains; i++) {
		const struct skald_part_chain *chain = parts->chains[i];

		fuzz_check(chain->first + chain->n <= parts->n_rules);
		fuzz_check(chain->table);
		fuzz_check(skald_parts_chain(parts, chain->chain.family,
					     chain->chain.table,
					     chain->chain.name));
		fuzz_check(!chain->chain.is_base || chain->chain.type);
	}
}

static void check_rules(const struct skald_parts *parts)
{
	size_t i;

	for (i = 0; i < parts->n_rules; i++) {
		const struct skald_rule *rule = &parts->rules[i].rule;

		fuzz_check(skald_parts_rule(parts, rule->family, rule->table,
					    rule->handle));
		fuzz_check(skald_parts_chain(parts, rule->family, rule->table,
					     rule->chain));
	}
}

static void read_again(const struct skald_parts *parts)
{
	struct skald_parts again;

	skald_parts_init(&again);
	fuzz_check(!skald_ruleset_read(&again, parts->bytecode.data,
				       parts->bytecode.len));
	fuzz_check(again.n_chains == parts->n_chains);
	fuzz_check(again.n_rules == parts->n_rules);
	fuzz_check(again.bytecode.len == parts->bytecode.len);
	fuzz_check(!again.bytecode.len ||
		   !memcmp(again.bytecode.data, parts->bytecode.data,
			   again.bytecode.len));
	skald_parts_done(&again);
}

/* The debug table reads its own rules back from the same messages. */
static void read_own(const uint8_t *data, size_t size)
{
	struct skald_debug_rule rule;
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)data;

	if (size < sizeof(*nlh) + 4 || nlh->nlmsg_len > size ||
	    nlh->nlmsg_len < sizeof(*nlh) + 4)
		return;
	if (!skald_debug_rule_parse(nlh, &rule))
		fuzz_check(rule.chain && rule.chain->role == rule.role);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	struct skald_parts parts;

	skald_parts_init(&parts);
	if (!skald_ruleset_read(&parts, copy, size)) {
		check_chains(&parts);
		check_rules(&parts);
		read_again(&parts);
	}
	skald_parts_done(&parts);
	read_own(copy, size);
	free(copy);
	return 0;
}
