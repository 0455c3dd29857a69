// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes runs of netlink messages so that lengths stay right most of the time:
 * whole messages are doubled, dropped and moved, and attributes are changed
 * inside of their place. Linked with the fuzzers of netlink.
 */
#include <linux/netlink.h>

#include "fuzz.h"

#define MESSAGES_MAX 64

struct span {
	size_t at;
	size_t len;
};

/* Return: how many messages there are; only whole ones count */
static unsigned int split(const uint8_t *data, size_t size, struct span *spans)
{
	struct nlmsghdr head;
	unsigned int n = 0;
	size_t at = 0;

	while (n < MESSAGES_MAX && size - at >= sizeof(head)) {
		memcpy(&head, data + at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) ||
		    head.nlmsg_len > size - at ||
		    NLMSG_ALIGN(head.nlmsg_len) > size - at)
			break;
		spans[n].at = at;
		spans[n].len = NLMSG_ALIGN(head.nlmsg_len);
		at += spans[n++].len;
	}
	return n;
}

static uint32_t next(unsigned int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* @from once more, in front of @to */
static size_t copy_message(uint8_t *data, size_t size, size_t max_size,
			   const struct span *from, const struct span *to)
{
	uint8_t *copy;

	if (size + from->len > max_size)
		return 0;
	copy = fuzz_copy(data + from->at, from->len);
	memmove(data + to->at + from->len, data + to->at, size - to->at);
	memcpy(data + to->at, copy, from->len);
	free(copy);
	return size + from->len;
}

static size_t drop_message(uint8_t *data, size_t size, const struct span *span)
{
	memmove(data + span->at, data + span->at + span->len,
		size - span->at - span->len);
	return size - span->len;
}

/*
 * The attribute of @data that a die chooses, or one of those inside it.
 * Return: false when there is none
 */
static int choose_attribute(const uint8_t *data, struct span *inside,
			    unsigned int *seed)
{
	struct span found = { 0, 0 };
	struct nlattr attr;
	size_t at = inside->at, left = inside->len;
	unsigned int n = 0;

	while (left >= sizeof(attr)) {
		memcpy(&attr, data + at, sizeof(attr));
		if (attr.nla_len < sizeof(attr) || attr.nla_len > left)
			break;
		if (next(seed) % ++n == 0)
			found = (struct span){ at + NLA_HDRLEN,
					       attr.nla_len - NLA_HDRLEN };
		if (NLA_ALIGN((size_t)attr.nla_len) >= left)
			break;
		at += NLA_ALIGN((size_t)attr.nla_len);
		left -= NLA_ALIGN((size_t)attr.nla_len);
	}
	if (!n || !found.len)
		return 0;
	*inside = found;
	if (found.len >= 2 * sizeof(attr) && next(seed) % 4)
		(void)choose_attribute(data, inside, seed);
	return 1;
}

/* Header or attributes, with their places and lengths left alone. */
static size_t change_message(uint8_t *data, size_t size,
			     const struct span *span, unsigned int *seed)
{
	/* behind the header and struct nfgenmsg */
	struct span place = { span->at + 20, span->len - 20 };
	uint8_t *piece;
	size_t len;

	if (span->len < 24 || next(seed) % 16 == 0 ||
	    !choose_attribute(data, &place, seed))
		place = (struct span){ span->at + 4, span->len - 4 };
	piece = fuzz_copy(data + place.at, place.len);
	len = LLVMFuzzerMutate(piece, place.len, place.len);
	memcpy(data + place.at, piece, len);
	free(piece);
	return size;
}

static size_t change(uint8_t *data, size_t size, size_t max_size,
		     unsigned int seed)
{
	struct span spans[MESSAGES_MAX];
	unsigned int n = split(data, size, spans);
	const struct span *one, *other;

	if (!n)
		return 0;
	one = &spans[next(&seed) % n];
	other = &spans[next(&seed) % n];
	switch (next(&seed) % 8) {
	case 0:
		return copy_message(data, size, max_size, one, other);
	case 1:
		return n > 1 ? drop_message(data, size, one) : 0;
	default:
		return change_message(data, size, one, &seed);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	size_t changed = 0;

	if (next(&seed) % 4)
		changed = change(data, size, max_size, seed);
	return changed ? changed : LLVMFuzzerMutate(data, size, max_size);
}
