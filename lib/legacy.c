// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts of legacy rules, from the output of iptables-legacy-save.
 */
#include "legacy.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "tool.h"

#define TIMEOUT_MS 5000

/**
 * struct rule - one rule
 * @next: the one entered before
 * @name: which
 * @text: as it is written
 */
struct rule {
	struct rule *next;
	struct skald_legacy_rule name;
	const char *text;
};

struct skald_legacy {
	struct rule *rules;
	struct skald_arena arena;
};

void skald_legacy_free(struct skald_legacy *legacy)
{
	if (!legacy)
		return;
	skald_arena_done(&legacy->arena);
	free(legacy);
}

/* The number of the next rule of a chain. */
static uint32_t next_number(const struct skald_legacy *legacy,
			    const struct skald_legacy_rule *name)
{
	const struct rule *rule;

	/* newest first: rules of a chain stand together */
	for (rule = legacy->rules; rule; rule = rule->next)
		if (rule->name.family == name->family &&
		    !strcmp(rule->name.chain, name->chain) &&
		    !strcmp(rule->name.table, name->table))
			return rule->name.number + 1;
	return 1;
}

/* "-A FORWARD -p udp -j DROP" */
static int add_rule(struct skald_legacy *legacy, unsigned int family,
		    const char *table, const char *line, size_t len)
{
	const char *chain = line + 3;
	size_t chain_len = 0;
	struct rule *rule = skald_arena_alloc(&legacy->arena, sizeof(*rule));

	while (chain + chain_len < line + len && chain[chain_len] != ' ')
		chain_len++;
	if (!rule)
		return -ENOMEM;
	rule->name.family = family;
	rule->name.table = table;
	rule->name.chain =
		skald_arena_strndup(&legacy->arena, chain, chain_len);
	rule->text = skald_arena_strndup(&legacy->arena, line, len);
	if (!rule->name.chain || !rule->text)
		return -ENOMEM;
	rule->name.number = next_number(legacy, &rule->name);
	rule->next = legacy->rules;
	legacy->rules = rule;
	return 0;
}

static int parse(struct skald_legacy *legacy, unsigned int family,
		 const char *text)
{
	const char *table = "";
	size_t len;
	int err = 0;

	for (; *text && !err; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (*text == '*') {
			table = skald_arena_strndup(&legacy->arena, text + 1,
						    len - 1);
			err = table ? 0 : -ENOMEM;
		} else if (len > 3 && !strncmp(text, "-A ", 3)) {
			err = add_rule(legacy, family, table, text, len);
		}
	}
	return err;
}

/* @applet: what the one program of all is asked for where there are no links */
static int take_family(struct skald_legacy *legacy, unsigned int family,
		       const char *tool, const char *applet)
{
	const char *const argv[] = { tool, NULL };
	const char *const multi[] = { "xtables-legacy-multi", applet, NULL };
	struct skald_buffer output = { 0 };
	int err = skald_tool_run(argv, TIMEOUT_MS, &output);

	if (err == -ENOENT)
		err = skald_tool_run(multi, TIMEOUT_MS, &output);
	/* what cannot be had leaves its rules without text */
	err = err ? 0 : parse(legacy, family, (const char *)output.data);
	skald_buffer_done(&output);
	return err;
}

int skald_legacy_take(const struct skald_netns *netns,
		      struct skald_legacy **legacy)
{
	struct skald_legacy *made = calloc(1, sizeof(*made));
	int back = made ? skald_netns_enter(netns) : -ENOMEM;
	int err;

	if (back < 0) {
		free(made);
		return back;
	}
	err = take_family(made, NFPROTO_IPV4, "iptables-legacy-save",
			  "iptables-save");
	if (!err)
		err = take_family(made, NFPROTO_IPV6, "ip6tables-legacy-save",
				  "ip6tables-save");
	skald_netns_leave(back);
	if (err) {
		skald_legacy_free(made);
		return err;
	}
	*legacy = made;
	return 0;
}

const char *skald_legacy_rule(const struct skald_legacy *legacy,
			      const struct skald_legacy_rule *rule)
{
	const struct rule *known;

	for (known = legacy ? legacy->rules : NULL; known; known = known->next)
		if (known->name.number == rule->number &&
		    known->name.family == rule->family &&
		    !strcmp(known->name.chain, rule->chain) &&
		    !strcmp(known->name.table, rule->table))
			return known->text;
	return NULL;
}
