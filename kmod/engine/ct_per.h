/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packed encoding rules
 *
 * Walks through a message in the aligned variant of PER (ITU-T X.691) by a
 * table of types, and notes where in it certain things are. Nothing is built:
 * what is of interest is a handful of addresses.
 *
 * A table needs no more than the way to them: everything that was added to a
 * type later has its length in front, and is stepped over. Where a table says
 * that it does not know a type the walk ends, and what was noted until then
 * counts.
 *
 * A table's types do not contain themselves, so the depth is bounded; every
 * element of a list takes a bit at least, so the time is.
 */
#ifndef SKALD_ENGINE_CT_PER_H
#define SKALD_ENGINE_CT_PER_H

#include "env.h"

enum skald_per_kind {
	SKALD_PER_NULL,
	SKALD_PER_BITS, /* @a bits: BOOLEAN, small numbers */
	SKALD_PER_BYTE, /* number of one octet */
	SKALD_PER_WORD, /* number of two octets */
	SKALD_PER_NUMBER, /* number of up to four octets, from @a on */
	SKALD_PER_OID,
	SKALD_PER_OCTETS, /* @a octets */
	SKALD_PER_STRING, /* octets; length in @a bits, at least @b */
	SKALD_PER_LONG, /* octets, any length */
	SKALD_PER_DIGITS, /* half octets; length in @a bits, at least @b */
	SKALD_PER_WIDE, /* pairs of octets; length in @a bits, at least @b */
	SKALD_PER_IPV4, /* four octets and a number of two: an address */
	SKALD_PER_IPV6, /* sixteen and two */
	SKALD_PER_SEQUENCE,
	SKALD_PER_CHOICE, /* index in @a bits */
	SKALD_PER_INDEX, /* a choice whose index is noted; marks end */
	SKALD_PER_LIST, /* of @fields[0], any length */
	SKALD_PER_OPEN, /* octets, any length, that hold @fields[0] */
	SKALD_PER_UNKNOWN, /* here the walk ends */
};

/* Nothing to note. */
#define SKALD_PER_NO_MARK 0

struct skald_per_type;

/**
 * struct skald_per_field - a component of a type
 * @type: its type; NULL, of later additions: of no interest
 * @mark: what addresses, indices and numbers in it are noted as; 0: as those
 *	around it are
 * @is_optional: may be missing; of the root components alone
 */
struct skald_per_field {
	const struct skald_per_type *type;
	u8 mark;
	bool is_optional;
};

/**
 * struct skald_per_type - a type
 * @kind: enum skald_per_kind
 * @a: depends on @kind
 * @b: depends on @kind
 * @is_extensible: "..." stands in it
 * @n_root: fields before that
 * @n_fields: all fields that the table knows
 * @fields: the fields
 */
struct skald_per_type {
	u8 kind;
	u8 a;
	u8 b;
	bool is_extensible;
	u8 n_root;
	u8 n_fields;
	const struct skald_per_field *fields;
};

/**
 * struct skald_per_note - something of interest
 * @mark: of the field
 * @kind: SKALD_PER_IPV4, SKALD_PER_IPV6, SKALD_PER_INDEX, SKALD_PER_NUMBER
 * @off: addresses: offset in the message; the port follows
 * @value: index of a choice, number
 */
struct skald_per_note {
	u8 mark;
	u8 kind;
	u32 off;
	u32 value;
};

/* Notes of one message; what is beyond is not noted. */
#define SKALD_PER_NOTES 48

/**
 * struct skald_per_notes - what was found
 * @n: how many
 * @note: in order
 */
struct skald_per_notes {
	u32 n;
	struct skald_per_note note[SKALD_PER_NOTES];
};

/**
 * skald_per_walk() - walk through a message
 * @bytes: the bytes
 * @len: how many
 * @from: where the message begins in them; offsets count from @bytes
 * @type: its type
 * @notes: written
 *
 * Return: 0; -EINVAL when it is cut short or has a choice that cannot be.
 * @notes has what was found until then.
 */
int skald_per_walk(const u8 *bytes, u32 len, u32 from,
		   const struct skald_per_type *type,
		   struct skald_per_notes *notes);

#endif /* SKALD_ENGINE_CT_PER_H */
