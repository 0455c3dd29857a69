// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of helpers.
 */
#include "ct_helpers.h"

const struct skald_ct_helper *const skald_ct_helpers[] = {
#define HELPER_ENTRY(name) &skald_ct_helper_##name,
	SKALD_CT_HELPERS(HELPER_ENTRY) NULL,
};

static bool fits(const struct skald_ct_helper *helper, u8 family, u8 proto)
{
	return helper->proto == proto &&
	       (helper->family == NFPROTO_UNSPEC || helper->family == family);
}

const struct skald_ct_helper *skald_ct_helper_find(const char *name, u8 family,
						   u8 proto)
{
	u32 i;

	for (i = 0; skald_ct_helpers[i]; i++)
		if (fits(skald_ct_helpers[i], family, proto) &&
		    !strcmp(skald_ct_helpers[i]->name, name))
			return skald_ct_helpers[i];
	return NULL;
}

static bool has_port(const struct skald_ct_helper *helper, u16 port)
{
	u32 i;

	for (i = 0; helper->ports[i]; i++)
		if (helper->ports[i] == port)
			return true;
	return false;
}

const struct skald_ct_helper *skald_ct_helper_by_port(u8 family, u8 proto,
						      u16 port)
{
	u32 i;

	for (i = 0; skald_ct_helpers[i]; i++)
		if (fits(skald_ct_helpers[i], family, proto) &&
		    has_port(skald_ct_helpers[i], port))
			return skald_ct_helpers[i];
	return NULL;
}
