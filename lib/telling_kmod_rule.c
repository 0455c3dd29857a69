// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules, of nf_tables and of the legacy tables, and those that did not match.
 *
 * The kernel tells rules that matched. Between two of them in a chain stand,
 * in the ruleset of that moment, those that were tried and did not match: the
 * walk through a chain is made again beside the records.
 */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "telling_kmod.h"
#include "trace.h"

/* Of rules that did not match, more than this in a row are counted only. */
#define MISSES_MAX 64
/* A chain is no longer than this, or the book's order has a loop. */
#define WALK_MAX 1000000

void skald_records_run(struct skald_records *records)
{
	records->run = (struct skald_run){ .policy = SKALD_NO_EVENT };
}

static void keep_rule(struct skald_records *records,
		      const struct skald_run_rule *rule)
{
	struct skald_run *run = &records->run;

	/* the last one counts most: it may be what dropped the packet */
	if (run->n_rules == SKALD_RUN_RULES)
		run->n_rules--;
	run->rules[run->n_rules++] = *rule;
}

/* ---- rules that did not match ---- */

static void tell_miss(struct skald_telling *telling,
		      const struct skald_rule *rule)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_MISS);

	if (!event)
		return;
	SKALD_SET(event, miss, family, rule->family);
	SKALD_SET(event, miss, table, rule->table);
	SKALD_SET(event, miss, chain, rule->chain);
	SKALD_SET(event, miss, handle, rule->handle);
	if (rule->text && *rule->text)
		SKALD_SET(event, miss, text, rule->text);
}

/* How many rules stand before @handle; -1: it is not there. 0: the end */
static long count_until(const struct skald_rule *rule, uint64_t handle)
{
	long n = 0;

	while (rule && rule->handle != handle && n < WALK_MAX) {
		rule = rule->next;
		n++;
	}
	return (rule || !handle) && n < WALK_MAX ? n : -1;
}

/* Of very many the last ones are told, and how many the others are. */
static void tell_misses(struct skald_telling *telling,
			const struct skald_rule *rule, long n)
{
	struct skald_rule others = *rule;

	if (n > MISSES_MAX) {
		others.handle = 0;
		others.text =
			skald_arena_printf(&telling->arena,
					   "%ld rules that are not listed",
					   n - MISSES_MAX);
		tell_miss(telling, &others);
	}
	for (; rule && n > MISSES_MAX; n--)
		rule = rule->next;
	for (; rule && n > 0; n--) {
		tell_miss(telling, rule);
		rule = rule->next;
	}
}

static const struct skald_rule *first_of(const struct skald_records *records,
					 const struct skald_step *step,
					 const char *chain)
{
	const struct skald_telling *telling = records->telling;

	if (!telling->book || !chain)
		return NULL;
	return skald_rulebook_first(telling->book, step->family, step->table,
				    chain, telling->generation);
}

/* Everything up to the rule that spoke, or to the chain's end. */
static void pass_misses(struct skald_records *records,
			const struct skald_step *step)
{
	struct skald_run *run = &records->run;
	const struct skald_rule *rule = run->at[run->depth];
	long n;

	if (!run->knows || !rule)
		return;
	n = count_until(rule, step->handle);
	if (n < 0) {
		run->knows = false;
		return;
	}
	tell_misses(records->telling, rule, n);
	for (; rule && n > 0; n--)
		rule = rule->next;
	run->at[run->depth] = rule ? rule->next : NULL;
}

/* Where the walk goes on after a rule, or at the end of a chain. */
static void move(struct skald_records *records, const struct skald_step *step)
{
	struct skald_run *run = &records->run;
	bool is_over = step->type == SKALD_NFT_RETURN ||
		       (step->type == SKALD_NFT_RULE && !step->handle);

	if (step->verdict == SKALD_VERDICT_JUMP &&
	    run->depth + 1 < SKALD_RUN_DEPTH)
		run->at[++run->depth] = first_of(records, step, step->jump);
	else if (step->verdict == SKALD_VERDICT_GOTO)
		run->at[run->depth] = first_of(records, step, step->jump);
	else if (is_over && run->depth)
		run->depth--;
}

/* ---- nf_tables ---- */

/* Names as strings, for as long as a record is told. */
struct names {
	char table[256];
	char chain[256];
	char target[256];
};

static void copy_name(char name[256], const char *from, size_t len)
{
	if (len > 255)
		len = 255;
	memcpy(name, from, len);
	name[len] = '\0';
}

static struct skald_step *step_of(struct skald_records *records,
				  const struct skald_r_nft *nft)
{
	struct skald_telling *telling = records->telling;
	uint32_t netns = telling->raw->netns;
	struct skald_record_names parts;
	struct names names;
	struct skald_trace trace = {
		.family = nft->family,
		.type = nft->type,
		.verdict = skald_trace_verdict(nft->verdict),
		.handle = nft->handle,
		.table = names.table,
		.chain = names.chain,
	};
	struct skald_step *step;

	skald_record_nft_names(nft, &parts);
	copy_name(names.table, parts.table, parts.table_len);
	copy_name(names.chain, parts.chain, parts.chain_len);
	copy_name(names.target, parts.last, parts.last_len);
	if (parts.last_len)
		trace.jump = names.target;
	step = skald_steps_find(telling->steps, netns, &trace);
	if (!step)
		step = skald_steps_add(telling->steps, netns, &trace);
	if (!step)
		telling->failed = true;
	return step;
}

static void keep_step(struct skald_records *records,
		      const struct skald_step *step,
		      const struct skald_told *told)
{
	const struct skald_run_rule rule = {
		.family = step->family,
		.table = step->table,
		.chain = step->chain,
		.handle = step->handle,
		.text = told->rule ? told->rule->text : NULL,
		.verdict = step->verdict,
		.flags = told->flags,
		.nat = told->nat,
		.by = told->by,
	};

	keep_rule(records, &rule);
}

void skald_records_nft(struct skald_records *records,
		       const struct skald_r_nft *nft)
{
	struct skald_telling *telling = records->telling;
	struct skald_run *run = &records->run;
	const struct skald_step *step = step_of(records, nft);
	const struct skald_told *told =
		step ? skald_telling_told(telling, step) : NULL;
	struct skald_raw_event raw = { .step = step };

	if (!told) {
		telling->failed = true;
		return;
	}
	/* chains begin with the first message of their function */
	if (!run->has_rules || run->is_policy) {
		raw.enters = true;
		run->depth = 0;
		run->at[0] = first_of(records, step, step->chain);
		run->knows = true;
	}
	run->has_rules = true;
	run->is_policy = step->type == SKALD_NFT_POLICY;
	if (raw.enters && told->chain && told->chain->is_base)
		telling->hook = told->chain->hook;
	if (raw.enters)
		skald_telling_chain(telling, step, told);
	raw.enters = false;
	pass_misses(records, step);
	skald_telling_rule(telling, &raw, told);
	move(records, step);
	if (step->handle || run->is_policy)
		keep_step(records, step, told);
}

/* ---- legacy tables ---- */

static void tell_xt_chain(struct skald_records *records,
			  const struct skald_r_xt *xt,
			  const struct skald_run_rule *rule)
{
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_CHAIN);

	if (!event)
		return;
	SKALD_SET(event, chain, family, xt->family);
	SKALD_SET(event, chain, table, rule->table);
	SKALD_SET(event, chain, chain, rule->chain);
	SKALD_SET(event, chain, hook,
		  skald_hook_from_nft(xt->family, xt->hook));
}

/* A target that ends the walk, as the rule's text names it. */
static unsigned int verdict_of(const char *text, const char **target)
{
	static const struct {
		const char *word;
		unsigned int verdict;
	} targets[] = {
		{ "ACCEPT", SKALD_VERDICT_ACCEPT },
		{ "DROP", SKALD_VERDICT_DROP },
		{ "RETURN", SKALD_VERDICT_RETURN },
		{ "REJECT", SKALD_VERDICT_DROP },
		{ "NFQUEUE", SKALD_VERDICT_QUEUE },
	};
	const char *at = text ? strstr(text, " -j ") : NULL;
	size_t i, len;

	*target = NULL;
	if (!at)
		return SKALD_VERDICT_CONTINUE;
	at += 4;
	len = strcspn(at, " ");
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (len == strlen(targets[i].word) &&
		    !strncmp(at, targets[i].word, len))
			return targets[i].verdict;
	/* chains of users have names of their own, targets capital ones */
	if (*at >= 'A' && *at <= 'Z')
		return SKALD_VERDICT_CONTINUE;
	*target = at;
	return SKALD_VERDICT_JUMP;
}

static void tell_xt_rule(struct skald_records *records,
			 struct skald_run_rule *rule)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_RULE);
	const char *target;

	rule->verdict = verdict_of(rule->text, &target);
	if (!event)
		return;
	SKALD_SET(event, rule, family, rule->family);
	SKALD_SET(event, rule, table, rule->table);
	SKALD_SET(event, rule, chain, rule->chain);
	SKALD_SET(event, rule, handle, rule->handle);
	SKALD_SET(event, rule, verdict, rule->verdict);
	if (target)
		SKALD_SET(event, rule, target,
			  skald_records_text(records, target,
					     strcspn(target, " ")));
	if (rule->text)
		SKALD_SET(event, rule, text, rule->text);
}

static void tell_xt_return(struct skald_records *records,
			   const struct skald_run_rule *rule)
{
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_RETURN);

	if (!event)
		return;
	SKALD_SET(event, return, family, rule->family);
	SKALD_SET(event, return, table, rule->table);
	SKALD_SET(event, return, chain, rule->chain);
	SKALD_SET(event, return, handle, rule->handle);
	if (rule->text)
		SKALD_SET(event, return, text, rule->text);
}

static void tell_xt_policy(struct skald_records *records,
			   const struct skald_run_rule *rule)
{
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_POLICY);

	if (!event)
		return;
	SKALD_SET(event, policy, family, rule->family);
	SKALD_SET(event, policy, table, rule->table);
	SKALD_SET(event, policy, chain, rule->chain);
	records->run.is_policy = true;
	records->run.policy = records->telling->story.n_events - 1;
}

static bool is_word(const struct skald_record_names *names, const char *word)
{
	return names->last_len == strlen(word) &&
	       !memcmp(names->last, word, names->last_len);
}

static const char *legacy_text(const struct skald_telling *telling,
			       const struct skald_run_rule *rule)
{
	const struct skald_legacy_rule asked = {
		.family = rule->family,
		.table = rule->table,
		.chain = rule->chain,
		.number = (uint32_t)rule->handle,
	};

	const char *text = NULL;

	if (telling->ops->legacy)
		text = telling->ops->legacy(telling->user, telling->raw->netns,
					    &asked);
	/* cppcheck-suppress returnDanglingLifetime */
	return text;
}

void skald_records_xt(struct skald_records *records,
		      const struct skald_r_xt *xt)
{
	struct skald_telling *telling = records->telling;
	struct skald_run *run = &records->run;
	struct skald_record_names names;
	struct skald_run_rule rule = { .family = xt->family };

	skald_record_xt_names(xt, &names);
	rule.table = skald_records_text(records, names.table, names.table_len);
	rule.chain = skald_records_text(records, names.chain, names.chain_len);
	if (!rule.table || !rule.chain)
		return;
	if (!run->has_rules || run->is_policy)
		tell_xt_chain(records, xt, &rule);
	run->has_rules = true;
	run->is_policy = false;
	if (is_word(&names, "policy")) {
		tell_xt_policy(records, &rule);
		keep_rule(records, &rule);
		return;
	}
	rule.handle = xt->number;
	rule.text = legacy_text(telling, &rule);
	if (rule.text)
		skald_telling_understand(rule.text, &rule.flags, &rule.nat);
	rule.by = skald_arena_printf(&telling->arena, "%s %s %s rule %u",
				     skald_word(skald_words_of_FAMILY,
						rule.family),
				     rule.table, rule.chain, xt->number);
	if (is_word(&names, "return"))
		tell_xt_return(records, &rule);
	else
		tell_xt_rule(records, &rule);
	keep_rule(records, &rule);
}

void skald_records_verdict(struct skald_records *records, unsigned int verdict)
{
	struct skald_run *run = &records->run;
	struct skald_event *event;

	if (run->policy == SKALD_NO_EVENT)
		return;
	event = &records->telling->events[run->policy];
	SKALD_SET(event, policy, verdict, verdict);
	if (run->n_rules)
		run->rules[run->n_rules - 1].verdict = verdict;
	run->policy = SKALD_NO_EVENT;
}
