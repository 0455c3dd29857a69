// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ruleset in a report: that of the packet's moment, not today's. Small ones
 * whole, of large ones the chains that the packet went through.
 */
#include "report_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More lines than these are not shown whole. */
#define WHOLE_LINES 200

static void loader(void *user, const struct skald_generation_row *row)
{
	struct skald_md *md = user;

	skald_md_printf(md, " (");
	skald_md_printf(md, row->pid ? "loaded " : "first seen ");
	skald_md_time(md, row->t_ns);
	skald_md_note(md, " by ", row->process);
	if (row->pid)
		skald_md_printf(md, "%s pid %" PRIu32,
				row->process ? "," : " by", row->pid);
	skald_md_printf(md, ")");
}

void skald_report_loader(struct skald_md *md, struct skald_store *store,
			 const struct skald_story *story, uint64_t generation)
{
	const struct skald_generation_key key = {
		.netns = story->netns,
		.number = (uint32_t)generation,
		.t_ns = story->start_ns,
	};

	if (!story->netns || generation > UINT32_MAX)
		return;
	/* not being there is no failure: the report says less then */
	(void)skald_store_generation(store, &key, loader, md, NULL);
}

static unsigned int count_lines(const char *text)
{
	unsigned int n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static bool is_chain(const struct skald_event *event, const char *family,
		     const char *table, const char *chain)
{
	uint64_t of_family;
	const char *of_table, *of_chain;

	if (event->kind == SKALD_CHAIN) {
		of_family = event->ev_chain.family;
		of_table = event->ev_chain.table;
		of_chain = event->ev_chain.chain;
	} else if (event->kind == SKALD_RULE) {
		of_family = event->ev_rule.family;
		of_table = event->ev_rule.table;
		of_chain = event->ev_rule.chain;
	} else {
		return false;
	}
	return of_table && of_chain && !strcmp(of_table, table) &&
	       !strcmp(of_chain, chain) &&
	       !strcmp(skald_word(skald_words_of_FAMILY, of_family), family);
}

static bool is_touched(const struct skald_story *story, const char *family,
		       const char *table, const char *chain)
{
	unsigned int i;

	for (i = 0; i < story->n_events; i++)
		if (is_chain(&story->events[i], family, table, chain))
			return true;
	return false;
}

/**
 * struct excerpt - the chains of a listing that were touched
 * @story: by whom
 * @family: of the table we are in
 * @table: its name
 * @table_line: its first line, not shown yet, or NULL
 * @inside: in a chain that was touched
 * @text: the excerpt
 */
struct excerpt {
	const struct skald_story *story;
	char family[16];
	char table[256];
	const char *table_line;
	bool inside;
	struct skald_buffer text;
};

static void keep(struct excerpt *excerpt, const char *line)
{
	skald_buffer_put(&excerpt->text, line, strlen(line));
	skald_buffer_put_u8(&excerpt->text, '\n');
}

static void chain_line(struct excerpt *excerpt, const char *chain,
		       const char *line)
{
	if (!is_touched(excerpt->story, excerpt->family, excerpt->table, chain))
		return;
	if (excerpt->table_line)
		keep(excerpt, excerpt->table_line);
	excerpt->table_line = NULL;
	excerpt->inside = true;
	keep(excerpt, line);
}

/*
 * nft's own listing: "table ip nat {" at the margin, "\tchain x {" and "\t}"
 * one tab in, rules two.
 */
static void excerpt_line(struct excerpt *excerpt, const char *line)
{
	char chain[256];

	if (sscanf(line, "table %15s %255s {", excerpt->family,
		   excerpt->table) == 2 &&
	    line[0] == 't') {
		excerpt->table_line = line;
	} else if (excerpt->inside) {
		keep(excerpt, line);
		excerpt->inside = strcmp(line, "\t}") != 0;
	} else if (sscanf(line, "\tchain %255s {", chain) == 1 &&
		   line[0] == '\t') {
		chain_line(excerpt, chain, line);
	} else if (line[0] == '}' && !excerpt->table_line) {
		keep(excerpt, line);
	}
}

static void show_excerpt(struct skald_md *md, const struct skald_story *story,
			 const char *text)
{
	struct excerpt excerpt = { .story = story };
	char *copy = strdup(text), *line, *rest;

	for (rest = copy; rest && (line = strsep(&rest, "\n"));)
		excerpt_line(&excerpt, line);
	skald_buffer_put_u8(&excerpt.text, '\0');
	if (!copy || excerpt.text.failed)
		md->status = md->status ? md->status : -ENOMEM;
	else
		skald_md_block(md, (const char *)excerpt.text.data);
	skald_buffer_done(&excerpt.text);
	free(copy);
}

/* What the callback has to know. */
struct section {
	struct skald_md *md;
	const struct skald_story *story;
};

static void back_ends(struct skald_md *md,
		      const struct skald_generation_row *row)
{
	if (!row->legacy || !*row->legacy)
		return;
	skald_md_printf(md, "\n**Both back ends are in use.** iptables-legacy "
			    "tables were present too (");
	skald_md_code(md, row->legacy);
	skald_md_printf(md, "); their rules are not traced and not shown "
			    "here.\n");
}

static void listing(void *user, const struct skald_generation_row *row)
{
	struct section *section = user;
	struct skald_md *md = section->md;
	unsigned int lines;

	loader(md, row);
	skald_md_printf(md, "\n");
	back_ends(md, row);
	if (!row->text || !*row->text) {
		skald_md_printf(md, "\nIt was empty.\n");
		return;
	}
	lines = count_lines(row->text);
	if (lines <= WHOLE_LINES) {
		skald_md_printf(md, "\n");
		skald_md_block(md, row->text);
	} else {
		skald_md_printf(md,
				"\nOf its %u lines, the chains that the "
				"packet went through:\n\n",
				lines);
		show_excerpt(md, section->story, row->text);
	}
	if (row->iptables && *row->iptables &&
	    count_lines(row->iptables) <= WHOLE_LINES) {
		skald_md_printf(md, "\nTables of iptables-nft, in its words:"
				    "\n\n");
		skald_md_block(md, row->iptables);
	}
}

void skald_report_ruleset(struct skald_md *md, struct skald_store *store,
			  const struct skald_story *story)
{
	const struct skald_generation_key key = {
		.netns = story->netns,
		.number = (uint32_t)story->generation,
		.t_ns = story->start_ns,
	};
	struct section section = { md, story };
	int ret = -ENOENT;

	skald_md_printf(md, "\n## Ruleset\n\nGeneration %" PRIu64,
			story->generation);
	skald_md_note(md, " of namespace ", story->netns);
	skald_md_printf(md, " was in force");
	if (story->netns && story->generation <= UINT32_MAX)
		ret = skald_store_generation(store, &key, listing, &section,
					     NULL);
	if (ret)
		skald_md_printf(md, ".\n\nIts text is not in the store.\n");
}
