// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of x_tables' matches and targets, found by name. */
#include "xt_fields.h"

static const struct skald_xt_fields *const lists[] = {
	skald_xt_match_fields,
	skald_xt_link_fields,
	skald_xt_target_fields,
};

const struct skald_xt_fields *skald_xt_fields_at(u32 n)
{
	const struct skald_xt_fields *list;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (list = lists[i]; list->name; list++) {
			if (!n--)
				return list;
		}
	}
	return NULL;
}

const struct skald_xt_fields *skald_xt_fields(const struct skald_xt_ops *ops)
{
	const struct skald_xt_fields *list;
	u32 n;

	for (n = 0; (list = skald_xt_fields_at(n)); n++) {
		if (list->is_target == !ops->match &&
		    strcmp(list->name, ops->name) == 0)
			return list;
	}
	return NULL;
}
