// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of x_tables' matches and targets, found by name. */
#include "xt_fields.h"

const struct skald_xt_fields *skald_xt_fields_at(u32 n)
{
	const struct skald_xt_fields *list = skald_xt_match_fields;

	for (; list->name; list++) {
		if (!n--)
			return list;
	}
	for (list = skald_xt_target_fields; list->name; list++) {
		if (!n--)
			return list;
	}
	return NULL;
}

const struct skald_xt_fields *skald_xt_fields(const struct skald_xt_ops *ops)
{
	const struct skald_xt_fields *list =
		ops->match ? skald_xt_match_fields : skald_xt_target_fields;

	for (; list->name; list++) {
		if (strcmp(list->name, ops->name) == 0)
			return list;
	}
	return NULL;
}
