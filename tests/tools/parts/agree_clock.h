/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rules that the clock decides
 *
 * A limit is filled up by the time between two packets. When the kernel looked
 * at its clock nobody else knows: at the limit it may say otherwise.
 */
#ifndef SKALD_TESTS_AGREE_CLOCK_H
#define SKALD_TESTS_AGREE_CLOCK_H

#include <string.h>

#include "expr_parts.h"
#include "table.h"
#include "xt.h"

/* Whether a rule has a limit. */
static inline bool agree_has_limit(const struct skald_vm_rule *rule)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_xt *xt = skald_expr_data(expr);

		if (expr->ops == &skald_expr_limit ||
		    (expr->ops == &skald_expr_match &&
		     (!strcmp(xt->name, "limit") ||
		      !strcmp(xt->name, "hashlimit"))))
			return true;
		expr = skald_expr_next(expr);
	}
	return false;
}

#endif /* SKALD_TESTS_AGREE_CLOCK_H */
