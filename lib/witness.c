// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chains of our own as tables, made from the lists in witness.h. The debug
 * table creates them, the assembler asks what a chain is.
 */
#include "witness.h"

#include <ctype.h>
#include <linux/netfilter.h>
#include <stddef.h>
#include <string.h>

#include "event.h"

#define WITNESS(nf_family, chain, at, prio, what, where) \
	{                                                \
		.name = #chain,                          \
		.family = (nf_family),                   \
		.hook = SKALD_HOOK_##at,                 \
		.priority = (prio),                      \
		.role = SKALD_ROLE_##what,               \
		.need = SKALD_NEED_##where,              \
	},
#define IP(...) WITNESS(NFPROTO_IPV4, __VA_ARGS__)
#define BRIDGE(...) WITNESS(NFPROTO_BRIDGE, __VA_ARGS__)
#define ARP(...) WITNESS(NFPROTO_ARP, __VA_ARGS__)

/* clang-format off */
static const struct skald_witness witnesses_ip[] = {
	SKALD_WITNESSES_IP(IP)
	{ .name = NULL },
};

static const struct skald_witness witnesses_bridge[] = {
	SKALD_WITNESSES_BRIDGE(BRIDGE)
	{ .name = NULL },
};

static const struct skald_witness witnesses_arp[] = {
	SKALD_WITNESSES_ARP(ARP)
	{ .name = NULL },
};
/* clang-format on */

const struct skald_witness *skald_witnesses(unsigned int family)
{
	switch (family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
		return witnesses_ip;
	case NFPROTO_BRIDGE:
		return witnesses_bridge;
	case NFPROTO_ARP:
		return witnesses_arp;
	default:
		return NULL;
	}
}

static const struct skald_witness *find(unsigned int family, const char *chain)
{
	const struct skald_witness *witness = skald_witnesses(family);

	for (; witness && witness->name; witness++) {
		if (!strcmp(witness->name, chain))
			return witness;
	}
	return NULL;
}

/* "skald", "skald-123" and "skald-123-2" are names that an instance takes. */
static bool is_instance(const char *table)
{
	size_t len = strlen(SKALD_TABLE);

	if (strncmp(table, SKALD_TABLE, len))
		return false;
	for (table += len; *table; table++) {
		if (*table != '-' && !isdigit((unsigned char)*table))
			return false;
	}
	return true;
}

const struct skald_witness *
skald_witness_find(const char *own_table, unsigned int family,
		   const char *table, const char *chain, enum skald_role *role)
{
	const struct skald_witness *witness = NULL;

	*role = SKALD_ROLE_USER;
	if (is_instance(table))
		witness = find(family, chain);
	if (!witness)
		return NULL;
	if (strcmp(table, own_table)) {
		*role = SKALD_ROLE_FOREIGN;
		return NULL;
	}
	*role = witness->role;
	return witness;
}
