// SPDX-License-Identifier: GPL-2.0-only
/*
 * Knows the rules in the debug table: their handles, what they stand for, and
 * their counters.
 */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <time.h>

#include "debug_table_priv.h"

/* A dump is asked for again as often when the ruleset changes meanwhile. */
#define N_DUMPS 64
/* Deleted rules are known for so long: longer than any socket buffer holds. */
#define GONE_NS (60 * UINT64_C(1000000000))

uint64_t skald_table_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static int rules_add(struct skald_known_rules *rules,
		     const struct skald_known_rule *rule)
{
	struct skald_known_rule *items;
	size_t size;

	if (rules->n == rules->size) {
		size = rules->size ? rules->size * 2 : 64;
		items = realloc(rules->items, size * sizeof(*items));
		if (!items)
			return -ENOMEM;
		rules->items = items;
		rules->size = size;
	}
	rules->items[rules->n++] = *rule;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct skald_debug_rule *one = a, *other = b;

	if (one->family != other->family)
		return one->family < other->family ? -1 : 1;
	if (one->handle != other->handle)
		return one->handle < other->handle ? -1 : 1;
	return 0;
}

/* Asks the kernel for all rules of our tables, once. */
static int dump_once(struct skald_debug_table *table, skald_nftnl_take take,
		     void *user)
{
	struct skald_nftnl_batch batch;
	int family, err = 0;

	for (family = 0; family < SKALD_TABLE_N && !err; family++) {
		if (!table->is_made[family])
			continue;
		err = skald_nftnl_batch_init(&batch, &table->nl);
		if (err)
			break;
		skald_nftnl_message(&batch, NFT_MSG_GETRULE,
				    skald_debug_table_nfproto(family), 0);
		skald_nftnl_put_string(&batch, NFTA_RULE_TABLE, table->name);
		err = skald_nftnl_dump(&table->nl, &batch, take, user);
		skald_nftnl_batch_done(&batch);
	}
	return err;
}

static int take_rule(const struct nlmsghdr *nlh, void *user)
{
	struct skald_known_rule known = { .gone_ns = 0 };
	int err = skald_debug_rule_parse(nlh, &known.rule);

	/* Without the owner flag, anybody may put rules into our tables. */
	if (err)
		return err == -ENOENT ? 0 : err;
	return rules_add(user, &known);
}

static int dump_rules(struct skald_debug_table *table,
		      struct skald_known_rules *rules)
{
	int err = -EINTR, turn;

	for (turn = 0; turn < N_DUMPS && err == -EINTR; turn++) {
		rules->n = 0;
		err = dump_once(table, take_rule, rules);
	}
	return err;
}

int skald_debug_table_learn(struct skald_debug_table *table)
{
	struct skald_known_rules rules = { .items = NULL };
	uint64_t now = skald_table_now_ns();
	size_t i;
	int err;

	err = dump_rules(table, &rules);
	for (i = 0; i < table->rules.n && !err; i++) {
		if (table->rules.items[i].gone_ns &&
		    now - table->rules.items[i].gone_ns < GONE_NS)
			err = rules_add(&rules, &table->rules.items[i]);
	}
	if (err) {
		free(rules.items);
		return err;
	}
	if (rules.n)
		qsort(rules.items, rules.n, sizeof(*rules.items), compare);
	free(table->rules.items);
	table->rules = rules;
	return 0;
}

bool skald_known_rule_is(const struct skald_known_rule *known, uint32_t id)
{
	return !known->gone_ns && known->rule.role == SKALD_ROLE_MARK &&
	       known->rule.value == id;
}

int skald_debug_table_count(struct skald_debug_table *table, uint32_t id,
			    struct skald_classifier_count *count)
{
	struct skald_known_rules rules = { .items = NULL };
	struct skald_classifier_count sum = { .seen = 0 };
	bool found = false;
	size_t i;
	int err;

	err = dump_rules(table, &rules);
	for (i = 0; i < rules.n && !err; i++) {
		if (!skald_known_rule_is(&rules.items[i], id))
			continue;
		sum.seen += rules.items[i].rule.seen;
		sum.marked += rules.items[i].rule.marked;
		found = true;
	}
	free(rules.items);
	if (err)
		return err;
	if (!found)
		return -ENOENT;
	*count = sum;
	return 0;
}

int skald_debug_table_value(struct skald_debug_table *table,
			    unsigned int family, uint64_t handle)
{
	const struct skald_debug_rule key = { .family = family,
					      .handle = handle };
	const struct skald_known_rule *known = NULL;
	int value = -1;

	pthread_rwlock_rdlock(&table->lock);
	if (table->rules.n)
		known = bsearch(&key, table->rules.items, table->rules.n,
				sizeof(*known), compare);
	if (known)
		value = (int)known->rule.value;
	pthread_rwlock_unlock(&table->lock);
	return value;
}
