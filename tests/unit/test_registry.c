// SPDX-License-Identifier: GPL-2.0-only
/* What rules can be made of: all that is registered has help, and help names
 * nothing else. */
#include <criterion/criterion.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "expr.h"
#include "registry.h"
#include "xt_fields.h"

static const char *text(const json_t *json, const char *key)
{
	const char *string = json_string_value(json_object_get(json, key));

	return string ? string : "(no string)";
}

static const json_t *find(const json_t *all, const char *kind, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)all, i, row)
	{
		if (!strcmp(text(row, "kind"), kind) &&
		    !strcmp(text(row, "name"), name))
			return row;
	}
	return NULL;
}

static void expect_help(const json_t *row)
{
	const json_t *parameter;
	size_t i;

	cr_expect_gt(strlen(text(row, "help")), 5, "%s", text(row, "name"));
	json_array_foreach(json_object_get(row, "parameters"), i, parameter)
	{
		cr_expect_gt(strlen(text(parameter, "help")), 1, "%s %s",
			     text(row, "name"), text(parameter, "name"));
		cr_expect_str_neq(text(parameter, "type"), "?");
		cr_expect(json_is_array(json_object_get(parameter, "values")));
	}
}

Test(registry, every_expression_and_object_is_in_it)
{
	json_t *all = skald_registry(NULL);
	const struct skald_expr_ops *ops;
	const json_t *row;
	u32 n;

	for (n = 0; (ops = skald_expr_kind(n)); n++) {
		row = find(all, "expression", ops->name);
		cr_assert_not_null(row, "%s", ops->name);
		expect_help(row);
		cr_expect_eq(
			json_array_size(json_object_get(row, "parameters")),
			ops->n_params);
	}
	for (n = 0; n <= NFT_OBJECT_MAX; n++) {
		if (skald_obj_kind(n))
			expect_help(
				find(all, "object", skald_obj_kind(n)->name));
	}
	json_decref(all);
}

Test(registry, every_match_and_target_has_parameters)
{
	json_t *all = skald_registry(NULL);
	const struct skald_xt_ops *ops;
	const json_t *row;
	u32 n;

	for (n = 0; (ops = skald_xt_kind(n)); n++) {
		row = find(all, ops->match ? "match" : "target", ops->name);
		cr_assert_not_null(row, "%s", ops->name);
		expect_help(row);
		cr_expect_not_null(skald_xt_fields(ops), "%s", ops->name);
		if (ops->size)
			cr_expect(json_array_size(
					  json_object_get(row, "parameters")),
				  "%s", ops->name);
	}
	json_decref(all);
}

Test(registry, parameters_are_of_what_is_registered)
{
	const struct skald_xt_fields *list;
	const struct skald_xt_ops *ops;
	bool is_there;
	u32 n, i;

	for (n = 0; (list = skald_xt_fields_at(n)); n++) {
		is_there = false;
		for (i = 0; (ops = skald_xt_kind(i)); i++)
			is_there |= skald_xt_fields(ops) == list;
		cr_expect(is_there, "%s", list->name);
	}
}

Test(registry, a_name_gives_that_alone)
{
	json_t *list = skald_registry("ct");
	const json_t *row = json_array_get(list, 0);
	json_t *key = json_array_get(json_object_get(row, "parameters"), 1);

	cr_assert_eq(json_array_size(list), 1);
	cr_expect_str_eq(text(row, "kind"), "expression");
	cr_expect_str_eq(text(key, "name"), "key");
	cr_expect_str_eq(text(json_array_get(json_object_get(key, "values"), 0),
			      "word"),
			 "state");
	json_decref(list);
}

Test(registry, revisions_of_one_match_are_one_entry)
{
	json_t *list = skald_registry("hashlimit");
	json_t *want = json_pack("[i, i, i]", 1, 2, 3);

	cr_assert_eq(json_array_size(list), 1);
	cr_expect(json_equal(
		json_object_get(json_array_get(list, 0), "revisions"), want));
	json_decref(want);
	json_decref(list);
}

Test(registry, a_kind_gives_its_names_in_order)
{
	json_t *list = skald_registry("object");
	const char *last = "";
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		cr_expect_str_eq(text(row, "kind"), "object");
		cr_expect_lt(strcmp(last, text(row, "name")), 0);
		last = text(row, "name");
	}
	cr_expect_eq(i, 10u);
	json_decref(list);
}

Test(registry, what_is_not_registered_is_not_there)
{
	json_t *list = skald_registry("oracle");

	cr_assert_not_null(list);
	cr_expect_eq(json_array_size(list), 0);
	json_decref(list);
}
