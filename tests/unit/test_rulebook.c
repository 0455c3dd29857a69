// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a rulebook remembers, and what it must not mix up.
 */
#include "ruleset.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "fail_malloc.h"

#define MANY 20000

static struct skald_rule rule(const char *table, uint64_t table_handle,
			      uint64_t handle, const char *text)
{
	return (struct skald_rule){ .family = NFPROTO_IPV4,
				    .table = table,
				    .table_handle = table_handle,
				    .chain = "input",
				    .handle = handle,
				    .text = text };
}

static struct skald_ruleset ruleset(uint32_t generation,
				    struct skald_rule *rules, size_t n)
{
	return (struct skald_ruleset){ .generation = generation,
				       .rules = rules,
				       .n_rules = n };
}

static struct skald_rulebook *book;

static void setup(void)
{
	book = skald_rulebook_new();
	cr_assert(book);
}

static void teardown(void)
{
	skald_rulebook_free(book);
}

TestSuite(rulebook, .init = setup, .fini = teardown);

static void enter(uint32_t generation, struct skald_rule *rules, size_t n)
{
	const struct skald_ruleset set = ruleset(generation, rules, n);

	cr_assert_eq(skald_rulebook_add(book, &set), 0);
}

static const struct skald_rule *look_up(const char *table, uint64_t handle)
{
	return skald_rulebook_rule(book, NFPROTO_IPV4, table, handle,
				   skald_rulebook_generation(book));
}

Test(rulebook, an_empty_book_knows_nothing)
{
	cr_assert_null(look_up("filter", 1));
	cr_assert_null(
		skald_rulebook_chain(book, NFPROTO_IPV4, "filter", "input"));
	cr_assert_eq(skald_rulebook_generation(book), 0);
}

Test(rulebook, rules_of_the_first_ruleset_are_older_than_it)
{
	struct skald_rule first[] = { rule("filter", 1, 5, "accept") };
	struct skald_rule second[] = { rule("filter", 1, 5, "accept"),
				       rule("filter", 1, 6, "drop") };

	enter(7, first, 1);
	enter(9, second, 2);
	cr_assert_eq(look_up("filter", 5)->loaded, 0);
	cr_assert_eq(look_up("filter", 6)->loaded, 9);
	cr_assert_str_eq(look_up("filter", 6)->text, "drop");
	cr_assert_eq(skald_rulebook_generation(book), 9);
}

Test(rulebook, a_rule_that_is_gone_keeps_its_text)
{
	struct skald_rule rules[] = { rule("filter", 1, 5, "accept") };

	enter(1, rules, 1);
	enter(2, NULL, 0);
	cr_assert_str_eq(look_up("filter", 5)->text, "accept");
	cr_assert_str_eq(look_up("filter", 5)->chain, "input");
}

Test(rulebook, a_book_copies_what_it_is_given)
{
	char table[] = "filter", text[] = "accept";
	struct skald_rule rules[] = { rule(table, 1, 5, text) };

	enter(1, rules, 1);
	memset(table, 'x', 3);
	memset(text, 'x', 3);
	cr_assert_str_eq(look_up("filter", 5)->text, "accept");
	cr_assert_str_eq(look_up("filter", 5)->table, "filter");
}

static const struct skald_rule *look_back(uint64_t handle, uint32_t generation)
{
	return skald_rulebook_rule(book, NFPROTO_IPV4, "filter", handle,
				   generation);
}

Test(rulebook, a_replaced_rule_has_the_text_of_its_generation)
{
	struct skald_rule first[] = { rule("filter", 1, 5, "accept") };
	struct skald_rule second[] = { rule("filter", 1, 5, "drop") };

	enter(1, first, 1);
	enter(2, first, 1);
	enter(4, second, 1);
	cr_assert_str_eq(look_back(5, 1)->text, "accept");
	cr_assert_str_eq(look_back(5, 2)->text, "accept");
	cr_assert_str_eq(look_back(5, 4)->text, "drop");
	cr_assert_str_eq(look_back(5, 9)->text, "drop");
	cr_assert_eq(look_back(5, 4)->loaded, 4);
	cr_assert_eq(look_back(5, 1)->loaded, 0);
}

Test(rulebook, between_two_meanings_nobody_knows)
{
	struct skald_rule first[] = { rule("filter", 1, 5, "accept") };
	struct skald_rule second[] = { rule("filter", 1, 5, "drop") };

	enter(1, first, 1);
	enter(4, second, 1);
	cr_assert_null(look_back(5, 2));
	cr_assert_null(look_back(5, 3));
}

Test(rulebook, a_rule_seen_late_is_that_rule)
{
	struct skald_rule first[] = { rule("filter", 1, 5, "accept") };
	struct skald_rule second[] = { rule("filter", 1, 6, "drop") };

	enter(1, first, 1);
	enter(4, second, 1);
	cr_assert_str_eq(look_back(6, 2)->text, "drop");
	cr_assert_str_eq(look_back(5, 3)->text, "accept");
}

Test(rulebook, a_text_found_later_is_taken)
{
	struct skald_rule first[] = { rule("filter", 1, 5, "") };
	struct skald_rule second[] = { rule("filter", 1, 5, "accept") };

	enter(1, first, 1);
	enter(2, second, 1);
	cr_assert_str_eq(look_up("filter", 5)->text, "accept");
	cr_assert_eq(look_up("filter", 5)->loaded, 0,
		     "it was there before the first ruleset");
}

Test(rulebook, a_table_made_anew_has_other_rules)
{
	struct skald_rule first[] = { rule("filter", 1, 5, "accept") };
	struct skald_rule second[] = { rule("filter", 2, 5, "drop") };
	const struct skald_rule *old;

	enter(1, first, 1);
	old = look_up("filter", 5);
	enter(4, second, 1);
	cr_assert_str_eq(look_up("filter", 5)->text, "drop");
	cr_assert_eq(look_up("filter", 5)->loaded, 4);
	cr_assert_str_eq(old->text, "accept", "handed out: stays as it was");
}

Test(rulebook, families_and_tables_are_kept_apart)
{
	struct skald_rule rules[] = { rule("filter", 1, 5, "one"),
				      rule("nat", 2, 5, "two"),
				      rule("filter", 3, 5, "three") };

	rules[2].family = NFPROTO_IPV6;
	enter(1, rules, 3);
	cr_assert_str_eq(look_up("filter", 5)->text, "one");
	cr_assert_str_eq(look_up("nat", 5)->text, "two");
	cr_assert_str_eq(
		skald_rulebook_rule(book, NFPROTO_IPV6, "filter", 5, 1)->text,
		"three");
	cr_assert_null(skald_rulebook_rule(book, NFPROTO_IPV6, "nat", 5, 1));
}

Test(rulebook, a_chain_is_the_newest_of_its_name)
{
	struct skald_chain chain = { .family = NFPROTO_INET,
				     .table = "t",
				     .name = "in",
				     .is_base = true,
				     .hook = SKALD_HOOK_INPUT,
				     .priority = 5,
				     .priority_name = "filter + 5",
				     .type = "filter",
				     .policy = SKALD_VERDICT_ACCEPT };
	struct skald_ruleset set = { .generation = 1,
				     .chains = &chain,
				     .n_chains = 1 };
	const struct skald_chain *old, *new;

	cr_assert_eq(skald_rulebook_add(book, &set), 0);
	old = skald_rulebook_chain(book, NFPROTO_INET, "t", "in");
	cr_assert_eq(skald_rulebook_add(book, &set), 0);
	cr_assert_eq(skald_rulebook_chain(book, NFPROTO_INET, "t", "in"), old);

	chain.policy = SKALD_VERDICT_DROP;
	cr_assert_eq(skald_rulebook_add(book, &set), 0);
	new = skald_rulebook_chain(book, NFPROTO_INET, "t", "in");
	cr_assert_eq(new->policy, SKALD_VERDICT_DROP);
	cr_assert_str_eq(new->priority_name, "filter + 5");
	cr_assert_eq(old->policy, SKALD_VERDICT_ACCEPT);
}

Test(rulebook, a_chain_without_hook_has_no_strings)
{
	struct skald_chain chain = { .family = NFPROTO_INET,
				     .table = "t",
				     .name = "c" };
	struct skald_ruleset set = { .generation = 1,
				     .chains = &chain,
				     .n_chains = 1 };
	const struct skald_chain *found;

	cr_assert_eq(skald_rulebook_add(book, &set), 0);
	found = skald_rulebook_chain(book, NFPROTO_INET, "t", "c");
	cr_assert(found && !found->is_base);
	cr_assert_null(found->priority_name);
	cr_assert_null(found->type);
}

Test(rulebook, many_rules_are_all_found)
{
	static struct skald_rule rules[MANY];
	static char texts[MANY][16];

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "rule %zu", i);
		rules[i] = rule(i % 2 ? "filter" : "nat", 1, i, texts[i]);
	}
	enter(1, rules, MANY);
	enter(2, rules, MANY);
	for (size_t i = 0; i < MANY; i++) {
		const struct skald_rule *found = look_up(rules[i].table, i);

		cr_assert(found && !strcmp(found->text, texts[i]), "rule %zu",
			  i);
		cr_assert_null(look_up(i % 2 ? "nat" : "filter", i));
	}
}

Test(rulebook, running_out_of_memory_leaves_a_whole_book)
{
	struct skald_rule first[] = { rule("filter", 1, 1, "accept") };
	static struct skald_rule rules[1000];
	struct skald_ruleset set = ruleset(2, rules, 1000);
	int err = -ENOMEM;

	for (size_t i = 0; i < 1000; i++)
		rules[i] = rule("nat", 2, i, "masquerade");
	enter(1, first, 1);
	for (long n = 0; err == -ENOMEM; n++) {
		fail_malloc_after = n;
		err = skald_rulebook_add(book, &set);
		fail_malloc_after = -1;
		cr_assert_str_eq(look_up("filter", 1)->text, "accept");
		cr_assert_eq(skald_rulebook_generation(book), err ? 1 : 2);
	}
	cr_assert_eq(err, 0);
	cr_assert_eq(look_up("nat", 999)->loaded, 2);
}
