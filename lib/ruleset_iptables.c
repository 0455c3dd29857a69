// SPDX-License-Identifier: GPL-2.0-only
/*
 * What iptables writes of the tables that iptables-nft made. nft can list
 * them, but not with everything that is in them; iptables-save writes them as
 * their owner wrote them. Its lines find their rule by table, chain and place.
 */
#include "ruleset_parts.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

#define TIMEOUT_MS 10000

/* A stretch of iptables-save's output: the lines of one table. */
struct section {
	const char *text;
	const char *end;
};

static const char *line_end(const char *at, const char *end)
{
	const char *found = memchr(at, '\n', end - at);

	return found ? found : end;
}

static const char *next_line(const char *at, const char *end)
{
	at = line_end(at, end);
	return at < end ? at + 1 : end;
}

/* Chain that "-A CHAIN ..." belongs to, or NULL. */
static struct skald_part_chain *chain_of(const struct skald_parts *parts,
					 const struct skald_part_table *table,
					 const char *line, const char *end)
{
	const char *name = line + strlen("-A ");
	char copy[128];
	size_t len;

	if (end - line < 3 || memcmp(line, "-A ", 3) != 0)
		return NULL;
	len = end - name;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == ' ')
			len = i;
	}
	if (len >= sizeof(copy))
		return NULL;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return skald_parts_chain(parts, table->family, table->name, copy);
}

/* How many lines each chain has; 0 where the kernel has another number. */
static void count_lines(struct skald_parts *parts,
			const struct skald_part_table *table,
			const struct section *section)
{
	for (size_t i = 0; i < parts->n_chains; i++)
		parts->chains[i]->seen = 0;
	for (const char *at = section->text; at < section->end;
	     at = next_line(at, section->end)) {
		struct skald_part_chain *chain =
			chain_of(parts, table, at, line_end(at, section->end));

		if (chain)
			chain->seen++;
	}
	for (size_t i = 0; i < parts->n_chains; i++) {
		if (parts->chains[i]->seen != parts->chains[i]->n)
			parts->chains[i]->seen = 0;
	}
}

static int join_section(struct skald_parts *parts,
			const struct skald_part_table *table,
			const struct section *section)
{
	count_lines(parts, table, section);
	for (const char *at = section->text; at < section->end;
	     at = next_line(at, section->end)) {
		const char *end = line_end(at, section->end);
		struct skald_part_chain *chain =
			chain_of(parts, table, at, end);
		struct skald_part_rule *rule;

		if (!chain || !chain->seen)
			continue;
		rule = &parts->rules[chain->first + chain->n - chain->seen--];
		rule->rule.text =
			skald_arena_strndup(&parts->arena, at, end - at);
		if (!rule->rule.text)
			return -ENOMEM;
	}
	return 0;
}

static void keep_section(struct skald_parts *parts, const char *tool,
			 const struct section *section, bool *is_begun)
{
	if (!*is_begun) {
		skald_buffer_put(&parts->iptables, "# ", 2);
		skald_buffer_put(&parts->iptables, tool, strlen(tool));
		skald_buffer_put(&parts->iptables, "\n", 1);
		*is_begun = true;
	}
	for (const char *at = section->text; at < section->end;
	     at = next_line(at, section->end)) {
		/* comments tell the date: the same rules, another text */
		if (*at != '#')
			skald_buffer_put(&parts->iptables, at,
					 next_line(at, section->end) - at);
	}
}

/* "*TABLE". Return: the table when iptables made it, or NULL */
static const struct skald_part_table *table_of(const struct skald_parts *parts,
					       unsigned int family,
					       const char *line,
					       const char *end)
{
	const struct skald_part_table *table;
	char name[32];
	int len = (int)(end - line - 1);

	if (*line != '*' || len >= (int)sizeof(name))
		return NULL;
	(void)snprintf(name, sizeof(name), "%.*s", len, line + 1);
	table = skald_parts_table(parts, family, name);
	return table && table->is_iptables ? table : NULL;
}

int skald_ruleset_join_iptables(struct skald_parts *parts, unsigned int family,
				const char *tool, const char *text)
{
	const char *end = text + strlen(text);
	bool is_begun = false;
	const char *at = text;
	int err = 0;

	while (!err && at < end) {
		const struct skald_part_table *table =
			table_of(parts, family, at, line_end(at, end));
		struct section section = { at, next_line(at, end) };

		while (section.end < end && *section.end != '*')
			section.end = next_line(section.end, end);
		if (table) {
			err = join_section(parts, table, &section);
			keep_section(parts, tool, &section, &is_begun);
		}
		at = section.end;
	}
	return parts->iptables.failed ? -ENOMEM : err;
}

static bool has_iptables(const struct skald_parts *parts, unsigned int family)
{
	for (size_t i = 0; i < parts->n_chains; i++) {
		if (parts->chains[i]->chain.family == family &&
		    parts->chains[i]->table->is_iptables)
			return true;
	}
	return false;
}

int skald_ruleset_write_iptables(struct skald_parts *parts)
{
	static const struct {
		unsigned int family;
		const char *tool;
	} tools[] = {
		{ NFPROTO_IPV4, "iptables-nft-save" },
		{ NFPROTO_IPV6, "ip6tables-nft-save" },
		{ NFPROTO_ARP, "arptables-nft-save" },
		{ NFPROTO_BRIDGE, "ebtables-nft-save" },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools) && !err; i++) {
		const char *const argv[] = { tools[i].tool, NULL };
		struct skald_buffer output = { 0 };

		if (!has_iptables(parts, tools[i].family))
			continue;
		err = skald_tool_run(argv, TIMEOUT_MS, &output);
		if (!err)
			err = skald_ruleset_join_iptables(
				parts, tools[i].family, tools[i].tool,
				(const char *)output.data);
		else if (err != -ENOMEM)
			err = 0;
		skald_buffer_done(&output);
	}
	return err;
}

static void put_names(struct skald_buffer *names, const char *family,
		      const char *path)
{
	FILE *file = fopen(path, "re");
	char name[64];

	if (!file)
		return;
	while (fscanf(file, "%63s", name) == 1) {
		if (names->len)
			skald_buffer_put(names, ", ", 2);
		skald_buffer_put(names, family, strlen(family));
		skald_buffer_put(names, " ", 1);
		skald_buffer_put(names, name, strlen(name));
	}
	(void)fclose(file);
}

int skald_ruleset_legacy(struct skald_buffer *names)
{
	put_names(names, "ip", "/proc/thread-self/net/ip_tables_names");
	put_names(names, "ip6", "/proc/thread-self/net/ip6_tables_names");
	put_names(names, "arp", "/proc/thread-self/net/arp_tables_names");
	return names->failed ? -ENOMEM : 0;
}
