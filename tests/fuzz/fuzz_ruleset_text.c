// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nft and iptables print of a ruleset, joined with what the kernel holds:
 * the listing, a NUL byte, and what iptables-save printed. The kernel's side is
 * always the same; it has the names of make_seeds.c.
 */
#include <linux/netfilter.h>

#include "fuzz.h"
#include "ruleset_parts.h"

#define RULES_EACH 4

static const struct skald_part_table tables[] = {
	{ NFPROTO_INET, 1, "fw", false },
	{ NFPROTO_IPV4, 2, "nat", true },
	{ NFPROTO_IPV4, 3, "filter", true },
	{ NFPROTO_BRIDGE, 4, "b", false },
};

static const struct {
	unsigned int table;
	const char *name;
	const char *type;
} chains[] = {
	{ 0, "pre", "nat" },	     { 0, "across", "filter" },
	{ 0, "side", NULL },	     { 0, "__chain0", NULL },
	{ 1, "POSTROUTING", "nat" }, { 2, "INPUT", "filter" },
	{ 2, "FORWARD", "filter" },  { 3, "x", "filter" },
};

static void add_rules(struct skald_parts *parts, unsigned int chain)
{
	const struct skald_part_table *table = &tables[chains[chain].table];
	struct skald_part_rule rule = { 0 };
	unsigned int i;

	rule.rule.family = table->family;
	rule.rule.table = table->name;
	rule.rule.chain = chains[chain].name;
	for (i = 0; i < RULES_EACH; i++) {
		rule.rule.handle = 1 + chain * RULES_EACH + i;
		rule.inner = i == 3 ? "__chain0" : NULL;
		fuzz_check(!skald_parts_add_rule(parts, &rule));
	}
}

static void fill(struct skald_parts *parts)
{
	unsigned int i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		fuzz_check(!skald_parts_add_table(parts, &tables[i]));
	for (i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		const struct skald_part_table *table = &tables[chains[i].table];
		struct skald_part_chain chain = { 0 };

		chain.table =
			skald_parts_table(parts, table->family, table->name);
		fuzz_check(chain.table);
		chain.chain.family = table->family;
		chain.chain.table = table->name;
		chain.chain.name = chains[i].name;
		chain.chain.type = chains[i].type;
		chain.chain.is_base = chains[i].type != NULL;
		fuzz_check(!skald_parts_add_chain(parts, &chain));
		add_rules(parts, i);
	}
	fuzz_check(!skald_parts_index_rules(parts));
}

/* Every text came out of what was printed, byte by byte. */
static void check(const struct skald_parts *parts, size_t size)
{
	size_t i, total = 0;

	fuzz_check(parts->n_rules ==
		   RULES_EACH * sizeof(chains) / sizeof(*chains));
	for (i = 0; i < parts->n_rules; i++) {
		const char *text = parts->rules[i].rule.text;

		total += text ? strlen(text) : 0;
		fuzz_check(!text || !strchr(text, '\n'));
	}
	for (i = 0; i < parts->n_chains; i++) {
		const char *name = parts->chains[i]->chain.priority_name;

		fuzz_check(!name || strlen(name) <= size);
	}
	/* what stands in braces is in two rules, with a ";" more a line */
	fuzz_check(total <= 4 * size + 8);
	fuzz_check(parts->text.len <= size + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t first = nul ? (size_t)(nul - data) : size;
	char *nft = fuzz_string(data, first);
	char *iptables = fuzz_string(data + (nul ? first + 1 : size),
				     nul ? size - first - 1 : 0);
	struct skald_parts parts;

	skald_parts_init(&parts);
	fill(&parts);
	fuzz_check(!skald_ruleset_join(&parts, nft));
	fuzz_check(!skald_ruleset_join_iptables(&parts, NFPROTO_IPV4,
						"iptables-nft-save", iptables));
	check(&parts, size);
	skald_parts_done(&parts);
	free(nft);
	free(iptables);
	return 0;
}
