// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packed encoding rules, ITU-T X.691, aligned variant.
 */
#include "ct_per.h"

/* What ends a walk without an error: a type that the table does not know. */
#define ENOUGH 1
/* Lengths from here on come in fragments, which no such message needs. */
#define LENGTH_MAX 0x4000

/**
 * struct reader - where the walk is
 * @bytes: the bytes
 * @end: bits that may be read, from @bytes on
 * @at: the next bit
 * @notes: what was found
 */
struct reader {
	const u8 *bytes;
	u64 end;
	u64 at;
	struct skald_per_notes *notes;
};

static bool has(const struct reader *reader, u64 bits)
{
	return bits <= reader->end - reader->at;
}

static int skip(struct reader *reader, u64 bits)
{
	if (!has(reader, bits))
		return -EINVAL;
	reader->at += bits;
	return 0;
}

/* To the next octet; the end is one. */
static void align(struct reader *reader)
{
	reader->at = (reader->at + 7) & ~7ull;
}

/* Up to 32 bits. */
static int read_bits(struct reader *reader, u32 bits, u32 *value)
{
	u32 number = 0;

	if (!has(reader, bits))
		return -EINVAL;
	while (bits--) {
		u8 byte = reader->bytes[reader->at / 8];

		number = number << 1 | (byte >> (7 - reader->at % 8) & 1);
		reader->at++;
	}
	*value = number;
	return 0;
}

/* X.691 section 10.9.3: a length without bounds. */
static int read_length(struct reader *reader, u32 *length)
{
	int err;

	align(reader);
	err = read_bits(reader, 8, length);
	if (err || !(*length & 0x80))
		return err;
	reader->at -= 8;
	err = read_bits(reader, 16, length);
	if (err)
		return err;
	*length &= 0x7fff;
	return *length < LENGTH_MAX ? 0 : -EINVAL;
}

static int skip_octets(struct reader *reader, u32 octets)
{
	align(reader);
	return skip(reader, 8ull * octets);
}

/* X.691 section 10.5.7: a length in a range; from 8 bits on it is aligned. */
static int read_bounded(struct reader *reader,
			const struct skald_per_type *type, u32 *length)
{
	int err;

	if (type->a >= 8)
		align(reader);
	err = read_bits(reader, type->a, length);
	if (!err)
		*length += type->b;
	return err;
}

static void note(struct reader *reader, u8 kind, u8 mark, u32 off, u32 value)
{
	struct skald_per_notes *notes = reader->notes;

	if (mark && notes->n < SKALD_PER_NOTES)
		notes->note[notes->n++] = (struct skald_per_note){
			.mark = mark, .kind = kind, .off = off, .value = value
		};
}

/* X.691 section 10.5.7.4: octets of the number, less one, in two bits. */
static int walk_number(struct reader *reader, const struct skald_per_type *type,
		       u8 mark)
{
	u32 octets, value;
	int err = read_bits(reader, 2, &octets);

	if (err)
		return err;
	align(reader);
	err = read_bits(reader, 8 * (octets + 1), &value);
	if (!err)
		note(reader, SKALD_PER_NUMBER, mark, 0, value + type->a);
	return err;
}

static int walk_address(struct reader *reader, u8 kind, u8 mark)
{
	u32 octets = kind == SKALD_PER_IPV4 ? 6 : 18;
	u32 off;

	align(reader);
	off = (u32)(reader->at / 8);
	if (skip(reader, 8ull * octets))
		return -EINVAL;
	note(reader, kind, mark, off, 0);
	return 0;
}

static int walk(struct reader *reader, const struct skald_per_type *type,
		u8 mark);

static int walk_field(struct reader *reader,
		      const struct skald_per_field *field, u8 mark)
{
	return walk(reader, field->type, field->mark ? field->mark : mark);
}

/* A length, and so many octets that hold a value of their own. */
static int walk_open(struct reader *reader, const struct skald_per_field *field,
		     u8 mark)
{
	u64 end = reader->end, inner_end;
	u32 length = 0;
	int err = read_length(reader, &length);

	if (err || !has(reader, 8ull * length))
		return -EINVAL;
	inner_end = reader->at + 8ull * length;
	if (field && field->type && length) {
		reader->end = inner_end;
		err = walk_field(reader, field, mark);
		reader->end = end;
	}
	/* what the table does not know in there ends nothing out here */
	reader->at = inner_end;
	return err < 0 ? err : 0;
}

/* X.691 section 18.7: a map of the additions, each with its length. */
static int walk_additions(struct reader *reader,
			  const struct skald_per_type *type, u8 mark)
{
	u32 n = 0, i, is_there, at;
	u64 map;
	int err = read_bits(reader, 7, &n);

	map = reader->at;
	if (err || skip(reader, ++n))
		return -EINVAL;
	for (i = 0; i < n; i++) {
		is_there =
			reader->bytes[(map + i) / 8] >> (7 - (map + i) % 8) & 1;
		at = type->n_root + i;
		if (!is_there)
			continue;
		err = walk_open(reader,
				at < type->n_fields ? &type->fields[at] : NULL,
				mark);
		if (err)
			return err;
	}
	return 0;
}

static u32 count_optional(const struct skald_per_type *type)
{
	u32 i, n = 0;

	for (i = 0; i < type->n_root; i++)
		n += type->fields[i].is_optional;
	return n;
}

static int walk_sequence(struct reader *reader,
			 const struct skald_per_type *type, u8 mark)
{
	u32 has_more = 0, there = 0, optional = type->a, i;
	int err = 0;

	/* tables that end early say how many optional ones there are */
	if (!optional)
		optional = count_optional(type);
	if (type->is_extensible)
		err = read_bits(reader, 1, &has_more);
	if (!err)
		err = read_bits(reader, optional, &there);
	for (i = 0; i < type->n_root && !err; i++) {
		if (type->fields[i].is_optional && !(there >> --optional & 1))
			continue;
		err = walk_field(reader, &type->fields[i], mark);
	}
	if (!err && has_more)
		err = walk_additions(reader, type, mark);
	return err;
}

static int walk_choice(struct reader *reader, const struct skald_per_type *type,
		       u8 mark)
{
	u32 is_added = 0, index = 0;
	int err = 0;

	if (type->is_extensible)
		err = read_bits(reader, 1, &is_added);
	if (!err && is_added) {
		/* X.691 section 10.6: a small number */
		err = read_bits(reader, 1, &index);
		if (!err && index)
			return -EINVAL;
		if (!err)
			err = read_bits(reader, 6, &index);
		index += type->n_root;
	} else if (!err) {
		err = read_bits(reader, type->a, &index);
		if (!err && index >= type->n_root)
			return -EINVAL;
	}
	if (err)
		return err;
	if (type->kind == SKALD_PER_INDEX) {
		note(reader, SKALD_PER_INDEX, mark, 0, index);
		mark = SKALD_PER_NO_MARK;
	}
	if (is_added)
		return walk_open(reader,
				 index < type->n_fields ? &type->fields[index]
							: NULL,
				 mark);
	return walk_field(reader, &type->fields[index], mark);
}

static int walk_list(struct reader *reader, const struct skald_per_type *type,
		     u8 mark)
{
	u32 n = 0, i;
	int err = read_length(reader, &n);

	for (i = 0; i < n && !err; i++)
		err = walk_field(reader, &type->fields[0], mark);
	return err;
}

static int walk_string(struct reader *reader, const struct skald_per_type *type)
{
	u32 length = 0;
	int err = read_bounded(reader, type, &length);

	if (err)
		return err;
	align(reader);
	if (type->kind == SKALD_PER_DIGITS)
		return skip(reader, 4ull * length);
	return skip_octets(reader,
			   type->kind == SKALD_PER_WIDE ? 2 * length : length);
}

static int walk_octets(struct reader *reader, const struct skald_per_type *type)
{
	u32 length = type->a;
	int err;

	switch (type->kind) {
	case SKALD_PER_OID:
	case SKALD_PER_LONG:
		err = read_length(reader, &length);
		return err ? err : skip_octets(reader, length);
	case SKALD_PER_BYTE:
		return skip_octets(reader, 1);
	case SKALD_PER_WORD:
		return skip_octets(reader, 2);
	default:
		/* X.691 section 16.6: up to two octets are not aligned */
		if (length <= 2)
			return skip(reader, 8ull * length);
		return skip_octets(reader, length);
	}
}

static int walk(struct reader *reader, const struct skald_per_type *type,
		u8 mark)
{
	switch (type->kind) {
	case SKALD_PER_NULL:
		return 0;
	case SKALD_PER_BITS:
		return skip(reader, type->a);
	case SKALD_PER_NUMBER:
		return walk_number(reader, type, mark);
	case SKALD_PER_STRING:
	case SKALD_PER_DIGITS:
	case SKALD_PER_WIDE:
		return walk_string(reader, type);
	case SKALD_PER_IPV4:
	case SKALD_PER_IPV6:
		return walk_address(reader, type->kind, mark);
	case SKALD_PER_SEQUENCE:
		return walk_sequence(reader, type, mark);
	case SKALD_PER_CHOICE:
	case SKALD_PER_INDEX:
		return walk_choice(reader, type, mark);
	case SKALD_PER_LIST:
		return walk_list(reader, type, mark);
	case SKALD_PER_OPEN:
		return walk_open(reader, &type->fields[0], mark);
	case SKALD_PER_UNKNOWN:
		return ENOUGH;
	default:
		return walk_octets(reader, type);
	}
}

int skald_per_walk(const u8 *bytes, u32 len, u32 from,
		   const struct skald_per_type *type,
		   struct skald_per_notes *notes)
{
	struct reader reader = { .bytes = bytes,
				 .end = 8ull * len,
				 .at = 8ull * from,
				 .notes = notes };
	int err;

	notes->n = 0;
	if (from > len)
		return -EINVAL;
	err = walk(&reader, type, SKALD_PER_NO_MARK);
	return err < 0 ? err : 0;
}
