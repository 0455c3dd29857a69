// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes, read without trust. */
#include "nla.h"

const struct skald_nla *skald_nla_next(const u8 **at, u32 *len)
{
	const struct skald_nla *nla = (const struct skald_nla *)*at;
	u32 step;

	if (*len < SKALD_NLA_HEADER || nla->len < SKALD_NLA_HEADER ||
	    nla->len > *len)
		return NULL;
	step = min_t(u32, ((u32)nla->len + 3) & ~3u, *len);
	*at += step;
	*len -= step;
	return nla;
}

int skald_nla_sort(const void *bytes, u32 len, const struct skald_nla **tb,
		   u32 n)
{
	const struct skald_nla *nla;
	const u8 *at = bytes;

	memset(tb, 0, n * sizeof(*tb));
	while ((nla = skald_nla_next(&at, &len))) {
		if (skald_nla_type(nla) < n)
			tb[skald_nla_type(nla)] = nla;
	}
	return len ? -EINVAL : 0;
}

int skald_nla_sort_nest(const struct skald_nla *nest,
			const struct skald_nla **tb, u32 n)
{
	if (nest)
		return skald_nla_sort(skald_nla_data(nest), skald_nla_len(nest),
				      tb, n);
	memset(tb, 0, n * sizeof(*tb));
	return 0;
}

static const u8 *number(const struct skald_nla *nla, u32 len)
{
	return nla && skald_nla_len(nla) == len ? skald_nla_data(nla) : NULL;
}

u8 skald_nla_u8(const struct skald_nla *nla)
{
	const u8 *bytes = number(nla, 1);

	return bytes ? *bytes : 0;
}

u16 skald_nla_be16(const struct skald_nla *nla)
{
	const u8 *bytes = number(nla, 2);

	return bytes ? get_unaligned_be16(bytes) : 0;
}

u32 skald_nla_be32(const struct skald_nla *nla)
{
	const u8 *bytes = number(nla, 4);

	return bytes ? get_unaligned_be32(bytes) : 0;
}

u64 skald_nla_be64(const struct skald_nla *nla)
{
	const u8 *bytes = number(nla, 8);

	return bytes ? get_unaligned_be64(bytes) : 0;
}

const char *skald_nla_string(const struct skald_nla *nla, u32 most)
{
	const char *string;
	u32 len;

	if (!nla)
		return NULL;
	string = skald_nla_data(nla);
	len = skald_nla_len(nla);
	if (!len || len > most || !memchr(string, '\0', len))
		return NULL;
	return string;
}
