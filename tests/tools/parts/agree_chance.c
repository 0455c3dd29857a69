// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers that lead where the kernel's did: see agree_chance.h.
 */
#include "agree_chance.h"

#include <stdio.h>
#include <string.h>

#include "event.h"
#include "expr_parts.h"
#include "set.h"
#include "xt.h"

/* xt_statistic_info of include/uapi/linux/netfilter/xt_statistic.h */
#define STATISTIC_RANDOM 0
#define STATISTIC_INVERT 1

/* Behind "CHAIN/HANDLE " in the lines of the rule's table; NULL: not there */
static const char *find_rule(const char *path, const struct skald_vm_rule *rule)
{
	const struct skald_vm_table *table = rule->chain->table;
	char line[160], word[160];
	const char *at = path;

	(void)snprintf(line, sizeof(line), "\n %s %s ",
		       skald_word(skald_words_of_FAMILY, table->family),
		       table->name);
	(void)snprintf(word, sizeof(word), " %s/%llu ", rule->chain->name,
		       (unsigned long long)rule->handle);
	while ((at = strstr(at, line))) {
		const char *end = strchr(at + 1, '\n');
		const char *found = strstr(at, word);

		if (found && (!end || found < end))
			return found + strlen(word);
		at++;
	}
	return NULL;
}

/* "goto CHAIN", "jump CHAIN" */
static bool leads_to(const char *verdict, const char *chain)
{
	size_t len = strlen(chain);

	if (strncmp(verdict, "goto ", 5) != 0 &&
	    strncmp(verdict, "jump ", 5) != 0)
		return false;
	verdict += 5;
	return !strncmp(verdict, chain, len) &&
	       (!verdict[len] || strchr(" \n", verdict[len]));
}

static bool draw_statistic(const struct skald_xt *xt, bool is_hit,
			   uint32_t *number)
{
	uint16_t mode[2];

	memcpy(mode, xt->info, sizeof(mode));
	if (mode[0] != STATISTIC_RANDOM)
		return false;
	*number = is_hit != !!(mode[1] & STATISTIC_INVERT) ? 0 : 0x7fffffff;
	return true;
}

/* reciprocal_scale() turned round, for @key of the numbers. */
static bool draw_key(const struct skald_numgen *numgen, const uint8_t *key,
		     uint32_t *number)
{
	uint64_t wanted;
	uint32_t value;

	memcpy(&value, key, sizeof(value));
	if (value < numgen->offset || value - numgen->offset >= numgen->modulus)
		return false;
	wanted = (uint64_t)(value - numgen->offset) << 32;
	*number = (uint32_t)((wanted + numgen->modulus - 1) / numgen->modulus);
	return true;
}

/* The member that leads where the kernel went. */
static bool draw_member(const struct skald_numgen *numgen,
			const struct skald_lookup *lookup, const char *verdict,
			uint32_t *number)
{
	const struct skald_vm_elem *elem;

	if (lookup->set->dtype != NFT_DATA_VERDICT || lookup->set->klen != 4 ||
	    !verdict)
		return false;
	list_for_each_entry(elem, &lookup->set->elems, list) {
		if (elem->verdict.chain &&
		    leads_to(verdict, elem->verdict.chain->name))
			return draw_key(numgen, elem->key, number);
	}
	return false;
}

bool agree_chance(void *path, const struct skald_vm_rule *rule,
		  uint32_t *number)
{
	const char *verdict = find_rule(path, rule);
	const struct skald_vm_expr *expr = skald_rule_first(rule);
	const struct skald_numgen *numgen = NULL;

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_xt *xt = skald_expr_data(expr);

		if (expr->ops == &skald_expr_match &&
		    !strcmp(xt->name, "statistic"))
			return draw_statistic(xt, verdict != NULL, number);
		if (expr->ops == &skald_expr_numgen)
			numgen = skald_expr_data(expr);
		if (numgen && expr->ops == &skald_expr_lookup)
			return draw_member(numgen, skald_expr_data(expr),
					   verdict, number);
		expr = skald_expr_next(expr);
	}
	return false;
}
