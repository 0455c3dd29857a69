// SPDX-License-Identifier: GPL-2.0-only
/* What rules can be made of, from the engine's tables. */
#include "registry.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "expr.h"
#include "xt_fields.h"

static const char *type_word(u8 type)
{
	switch ((enum skald_param_type)type) {
	case SKALD_PARAM_U8:
		return "u8";
	case SKALD_PARAM_BE16:
		return "u16";
	case SKALD_PARAM_BE32:
		return "u32";
	case SKALD_PARAM_BE64:
		return "u64";
	case SKALD_PARAM_STRING:
		return "text";
	case SKALD_PARAM_DATA:
		return "value";
	case SKALD_PARAM_SREG:
		return "register read";
	case SKALD_PARAM_DREG:
		return "register written";
	case SKALD_PARAM_NEST:
		return "expressions";
	case SKALD_PARAM_BLOB:
		return "bytes";
	}
	return "?";
}

static json_t *values(const struct skald_param_word *word)
{
	json_t *list = json_array();

	for (; word && word->word; word++)
		json_array_append_new(
			list, json_pack("{s:s, s:I}", "word", word->word,
					"number", (json_int_t)word->number));
	return list;
}

/* @most 0: null */
static json_t *parameter(const char *name, const char *type, bool is_required,
			 const char *help)
{
	return json_pack("{s:s, s:s, s:b, s:s}", "name", name, "type", type,
			 "required", is_required, "help", help);
}

static void limit(json_t *json, const struct skald_param_word *words,
		  bool is_flags, u32 most)
{
	json_object_set_new(json, "flags", json_boolean(is_flags));
	json_object_set_new(json, "values", values(words));
	json_object_set_new(json, "most",
			    most ? json_integer(most) : json_null());
}

static json_t *row(const char *kind, const char *name, const char *help)
{
	return json_pack("{s:s, s:s, s:s, s:[], s:[], s:[]}", "kind", kind,
			 "name", name, "help", help, "revisions", "families",
			 "parameters");
}

static json_t *expression(const char *kind, const struct skald_expr_ops *ops)
{
	json_t *json = row(kind, ops->name, ops->help);
	json_t *list = json_object_get(json, "parameters");
	u32 i;

	for (i = 0; i < ops->n_params; i++) {
		const struct skald_param *param = &ops->params[i];
		json_t *one = parameter(param->name, type_word(param->type),
					param->is_required, param->help);

		limit(one, param->words, param->is_flags, param->most);
		json_array_append_new(list, one);
	}
	return json;
}

static json_t *match(const struct skald_xt_ops *ops)
{
	const struct skald_xt_fields *fields = skald_xt_fields(ops);
	json_t *json =
		row(ops->match ? "match" : "target", ops->name, ops->help);
	json_t *list = json_object_get(json, "parameters");
	u32 i;

	for (i = 0; fields && i < fields->n; i++) {
		const struct skald_xt_field *field = &fields->fields[i];
		json_t *one =
			parameter(field->name, field->type, true, field->help);

		limit(one, field->words, field->is_flags, field->most);
		json_array_append_new(list, one);
	}
	return json;
}

static void append_once(json_t *list, json_t *value)
{
	size_t i;
	json_t *old;

	json_array_foreach(list, i, old)
	{
		if (json_equal(old, value)) {
			json_decref(value);
			return;
		}
	}
	json_array_append_new(list, value);
}

/* One entry of xt's tables is one revision, for one family or for any. */
static void add_revision(json_t *json, const struct skald_xt_ops *ops)
{
	json_t *families = json_object_get(json, "families");

	if (ops->revision != SKALD_XT_ANY)
		append_once(json_object_get(json, "revisions"),
			    json_integer(ops->revision));
	if (ops->family == NFPROTO_IPV4)
		append_once(families, json_string("ip"));
	if (ops->family == NFPROTO_IPV6)
		append_once(families, json_string("ip6"));
}

static json_t *find(json_t *all, const char *kind, const char *name)
{
	size_t i;
	json_t *json;

	json_array_foreach(all, i, json)
	{
		if (!strcmp(json_string_value(json_object_get(json, "kind")),
			    kind) &&
		    !strcmp(json_string_value(json_object_get(json, "name")),
			    name))
			return json;
	}
	return NULL;
}

/* Behind those of other kinds that are there, among its own by name. */
static void insert(json_t *all, json_t *json)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *name = json_string_value(json_object_get(json, "name"));
	size_t at;
	json_t *other;

	json_array_foreach(all, at, other)
	{
		if (!strcmp(json_string_value(json_object_get(other, "kind")),
			    kind) &&
		    strcmp(json_string_value(json_object_get(other, "name")),
			   name) > 0)
			break;
	}
	json_array_insert_new(all, at, json);
}

static bool is_wanted(const char *wanted, const char *kind, const char *name)
{
	return !wanted || !strcmp(wanted, kind) || !strcmp(wanted, name);
}

static void add_expressions(json_t *all, const char *wanted)
{
	const struct skald_expr_ops *ops;
	u32 n;

	for (n = 0; (ops = skald_expr_kind(n)); n++) {
		if (is_wanted(wanted, "expression", ops->name))
			insert(all, expression("expression", ops));
	}
	for (n = 0; n <= NFT_OBJECT_MAX; n++) {
		ops = skald_obj_kind(n);
		if (ops && is_wanted(wanted, "object", ops->name))
			insert(all, expression("object", ops));
	}
}

static void add_xt(json_t *all, const char *wanted, bool is_target)
{
	const char *kind = is_target ? "target" : "match";
	const struct skald_xt_ops *ops;
	json_t *json;
	u32 n;

	for (n = 0; (ops = skald_xt_kind(n)); n++) {
		if (!ops->match != is_target ||
		    !is_wanted(wanted, kind, ops->name))
			continue;
		json = find(all, kind, ops->name);
		if (!json) {
			json = match(ops);
			insert(all, json);
		}
		add_revision(json, ops);
	}
}

json_t *skald_registry(const char *name)
{
	json_t *all = json_array();

	if (!all)
		return NULL;
	add_expressions(all, name);
	add_xt(all, name, false);
	add_xt(all, name, true);
	return all;
}
