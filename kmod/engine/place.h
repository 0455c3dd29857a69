/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: where an expression may stand */
#ifndef SKALD_ENGINE_PLACE_H
#define SKALD_ENGINE_PLACE_H

#include "env.h"
#include "table.h"

#define SKALD_AT(hook) (1u << (hook))

/* nft_chain_validate_hooks() */
static inline int skald_place_hooks(const struct skald_vm_chain *base,
				    u32 hooks)
{
	return hooks & SKALD_AT(base->base->hook) ? 0 : -EOPNOTSUPP;
}

/* nft_chain_validate_dependency() */
static inline int skald_place_nat(const struct skald_vm_chain *base, u32 hooks)
{
	if (base->base->type != SKALD_CHAIN_NAT)
		return -EOPNOTSUPP;
	return skald_place_hooks(base, hooks);
}

static inline bool skald_place_is_inet(const struct skald_vm_chain *base)
{
	u8 family = base->table->family;

	return family == NFPROTO_IPV4 || family == NFPROTO_IPV6 ||
	       family == NFPROTO_INET;
}

#endif /* SKALD_ENGINE_PLACE_H */
