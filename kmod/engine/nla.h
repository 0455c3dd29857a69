/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: netlink attributes, read without trust
 *
 * The engine reads the same attributes in a process and in the kernel. An
 * attribute is a u16 length, a u16 type (two flag bits on top) and a value;
 * lengths are checked once, when attributes are sorted by type; from then on
 * the length of an attribute's value is what it says.
 */
#ifndef SKALD_ENGINE_NLA_H
#define SKALD_ENGINE_NLA_H

#include "env.h"

#define SKALD_NLA_HEADER 4u

/**
 * struct skald_nla - an attribute, as it lies in memory
 * @len: bytes with this header, without padding
 * @type: its type and flags
 */
struct skald_nla {
	u16 len;
	u16 type;
};

static inline const void *skald_nla_data(const struct skald_nla *nla)
{
	return (const u8 *)nla + SKALD_NLA_HEADER;
}

static inline u32 skald_nla_len(const struct skald_nla *nla)
{
	return nla->len - SKALD_NLA_HEADER;
}

static inline u16 skald_nla_type(const struct skald_nla *nla)
{
	return nla->type & 0x3fff;
}

/**
 * skald_nla_next() - the next attribute of a run
 * @at: where to look; moved behind it
 * @len: bytes left; lessened
 *
 * Return: the attribute, or NULL: the end, or what is there is none.
 */
const struct skald_nla *skald_nla_next(const u8 **at, u32 *len);

/**
 * skald_nla_sort() - attributes by type
 * @bytes: the run, 4-byte aligned
 * @len: its bytes
 * @tb: written: @n pointers, NULL where absent; the last of a type counts
 * @n: types below @n are wanted, others passed over
 *
 * Return: 0; -EINVAL when the run is damaged.
 */
int skald_nla_sort(const void *bytes, u32 len, const struct skald_nla **tb,
		   u32 n);

/* The same for attributes inside one; @nest may be NULL: all are absent. */
int skald_nla_sort_nest(const struct skald_nla *nest,
			const struct skald_nla **tb, u32 n);

/* Values; 0 when @nla is NULL or has another length. Numbers of nf_tables are
 * in network order. */
u8 skald_nla_u8(const struct skald_nla *nla);
u16 skald_nla_be16(const struct skald_nla *nla);
u32 skald_nla_be32(const struct skald_nla *nla);
u64 skald_nla_be64(const struct skald_nla *nla);

/**
 * skald_nla_string() - a string that ends within its attribute
 * @nla: the attribute, or NULL
 * @most: bytes it may have, the NUL included
 *
 * Return: the string, in place; NULL when absent, not ended or too long.
 */
const char *skald_nla_string(const struct skald_nla *nla, u32 most);

#endif /* SKALD_ENGINE_NLA_H */
