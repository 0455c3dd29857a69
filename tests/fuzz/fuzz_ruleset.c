// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeds rulesets nobody would write: the first byte chooses between bytecode,
 * nft's listing and iptables-save's output.
 */
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Table ip filter with chains INPUT and __chain0, two rules each. */
static void fill(struct skald_parts *parts)
{
	static const char *const names[] = { "INPUT", "__chain0" };
	const struct skald_part_table table = { .family = NFPROTO_IPV4,
						.handle = 1,
						.name = "filter",
						.is_iptables = true };

	if (skald_parts_add_table(parts, &table))
		abort();
	for (uint64_t i = 0; i < 4; i++) {
		struct skald_part_chain chain = {
			.chain = { .family = NFPROTO_IPV4,
				   .table = "filter",
				   .name = names[i / 2],
				   .is_base = i < 2 },
			.table = skald_parts_table(parts, NFPROTO_IPV4,
						   "filter"),
		};
		struct skald_part_rule rule = {
			.rule = { .family = NFPROTO_IPV4,
				  .table = "filter",
				  .chain = names[i / 2],
				  .handle = i + 1 },
			.inner = names[1],
		};

		if (i % 2 == 0 && skald_parts_add_chain(parts, &chain))
			abort();
		if (skald_parts_add_rule(parts, &rule))
			abort();
	}
	if (skald_parts_index_rules(parts))
		abort();
}

static void join(struct skald_parts *parts, uint8_t mode, const char *text)
{
	fill(parts);
	if (mode % 2)
		(void)skald_ruleset_join(parts, text);
	else
		(void)skald_ruleset_join_iptables(parts, NFPROTO_IPV4, "tool",
						  text);
	for (size_t i = 0; i < parts->n_rules; i++) {
		const char *rule = parts->rules[i].rule.text;

		if (rule && strlen(rule) > 2 * strlen(text) + 2)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_parts parts;
	char *copy;

	if (!size)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	skald_parts_init(&parts);
	if (data[0] % 4 < 2)
		(void)skald_ruleset_read(&parts, copy, size - 1);
	else
		join(&parts, data[0], copy);
	skald_parts_done(&parts);
	free(copy);
	return 0;
}
