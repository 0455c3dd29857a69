// SPDX-License-Identifier: GPL-2.0-only
/* Fields of packet{} back into the bytes of a snap. */
#include "snap_set.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

enum where {
	IN_LL,
	IN_NH,
	IN_TH
};

/**
 * struct place - where a field is
 * @field: its name
 * @family: ETH_P_IP, ETH_P_IPV6; 0: both
 * @proto: IPPROTO_*; 0: any
 * @where: in which header
 * @at: byte offset
 * @len: bytes
 * @shift: bits to the right of it in those bytes
 * @bits: its bits; 0: all of @len
 */
struct place {
	const char *field;
	uint16_t family;
	uint8_t proto;
	enum where where;
	uint8_t at;
	uint8_t len;
	uint8_t shift;
	uint8_t bits;
};

/* clang-format off */
static const struct place places[] = {
	{ "saddr", ETH_P_IP, 0, IN_NH, 12, 4, 0, 0 },
	{ "daddr", ETH_P_IP, 0, IN_NH, 16, 4, 0, 0 },
	{ "saddr", ETH_P_IPV6, 0, IN_NH, 8, 16, 0, 0 },
	{ "daddr", ETH_P_IPV6, 0, IN_NH, 24, 16, 0, 0 },
	{ "sport", 0, 0, IN_TH, 0, 2, 0, 0 },
	{ "dport", 0, 0, IN_TH, 2, 2, 0, 0 },
	{ "len", ETH_P_IP, 0, IN_NH, 2, 2, 0, 0 },
	{ "ttl", ETH_P_IP, 0, IN_NH, 8, 1, 0, 0 },
	{ "ttl", ETH_P_IPV6, 0, IN_NH, 7, 1, 0, 0 },
	{ "dscp", ETH_P_IP, 0, IN_NH, 1, 1, 2, 6 },
	{ "dscp", ETH_P_IPV6, 0, IN_NH, 0, 2, 6, 6 },
	{ "ecn", ETH_P_IP, 0, IN_NH, 1, 1, 0, 2 },
	{ "ecn", ETH_P_IPV6, 0, IN_NH, 0, 2, 4, 2 },
	{ "id", ETH_P_IP, 0, IN_NH, 4, 2, 0, 0 },
	{ "dont_fragment", ETH_P_IP, 0, IN_NH, 6, 1, 6, 1 },
	{ "frag_more", ETH_P_IP, 0, IN_NH, 6, 1, 5, 1 },
	{ "flow_label", ETH_P_IPV6, 0, IN_NH, 0, 4, 0, 20 },
	{ "seq", 0, IPPROTO_TCP, IN_TH, 4, 4, 0, 0 },
	{ "ack", 0, IPPROTO_TCP, IN_TH, 8, 4, 0, 0 },
	{ "tcp_flags", 0, IPPROTO_TCP, IN_TH, 13, 1, 0, 0 },
	{ "window", 0, IPPROTO_TCP, IN_TH, 14, 2, 0, 0 },
	{ "icmp_type", 0, IPPROTO_ICMP, IN_TH, 0, 1, 0, 0 },
	{ "icmp_code", 0, IPPROTO_ICMP, IN_TH, 1, 1, 0, 0 },
	{ "icmp_id", 0, IPPROTO_ICMP, IN_TH, 4, 2, 0, 0 },
	{ "icmp_seq", 0, IPPROTO_ICMP, IN_TH, 6, 2, 0, 0 },
	{ "icmp_type", 0, IPPROTO_ICMPV6, IN_TH, 0, 1, 0, 0 },
	{ "icmp_code", 0, IPPROTO_ICMPV6, IN_TH, 1, 1, 0, 0 },
	{ "icmp_id", 0, IPPROTO_ICMPV6, IN_TH, 4, 2, 0, 0 },
	{ "icmp_seq", 0, IPPROTO_ICMPV6, IN_TH, 6, 2, 0, 0 },
	{ "dmac", 0, 0, IN_LL, 0, 6, 0, 0 },
	{ "smac", 0, 0, IN_LL, 6, 6, 0, 0 },
	{ "vlan", 0, 0, IN_LL, 14, 2, 0, 12 },
};
/* clang-format on */

/* Hooks of bridges do not say it: the header's version does. */
static unsigned int family_of(const struct skald_snap *snap)
{
	if (snap->ethertype || !snap->nh_len)
		return snap->ethertype;
	switch (snap->nh[0] >> 4) {
	case 4:
		return ETH_P_IP;
	case 6:
		return ETH_P_IPV6;
	}
	return 0;
}

static unsigned int proto_of(const struct skald_snap *snap)
{
	if (family_of(snap) == ETH_P_IP)
		return snap->nh_len > 9 ? snap->nh[9] : 0;
	return snap->nh_len > 6 ? snap->nh[6] : 0;
}

static const struct place *find(const struct skald_snap *snap,
				const char *field)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct place *place = &places[i];

		if (strcmp(place->field, field) != 0 ||
		    (place->family && place->family != family_of(snap)) ||
		    (place->proto && place->proto != proto_of(snap)))
			continue;
		return place;
	}
	return NULL;
}

/* Return: the field's bytes, NULL: the snap does not have them */
static uint8_t *bytes_of(struct skald_snap *snap, const struct place *place)
{
	unsigned int end = place->at + place->len;

	switch (place->where) {
	case IN_LL:
		return end <= snap->ll_len ? snap->ll + place->at : NULL;
	case IN_NH:
		return end <= snap->nh_len ? snap->nh + place->at : NULL;
	case IN_TH:
		return end <= snap->th_len ? snap->th + place->at : NULL;
	}
	return NULL;
}

static void put_number(uint8_t *bytes, const struct place *place,
		       uint64_t number)
{
	uint64_t mask = place->bits ? (1ull << place->bits) - 1 : UINT64_MAX;
	uint64_t word = 0;

	for (unsigned int i = 0; i < place->len; i++)
		word = word << 8 | bytes[i];
	word = (word & ~(mask << place->shift)) | (number & mask)
							  << place->shift;
	for (unsigned int i = place->len; i--; word >>= 8)
		bytes[i] = (uint8_t)word;
}

void skald_snap_set(struct skald_snap *snap, const char *field,
		    const struct skald_value *value)
{
	const struct place *place;
	uint8_t *bytes;

	if (!field)
		return;
	if (!strcmp(field, "mark")) {
		snap->mark = (uint32_t)value->num;
		return;
	}
	place = find(snap, field);
	bytes = place ? bytes_of(snap, place) : NULL;
	if (!bytes)
		return;
	if (value->type == SKALD_VALUE_NUM)
		put_number(bytes, place, value->num);
	else if (value->type != SKALD_VALUE_NONE)
		memcpy(bytes, value->bytes,
		       place->len < sizeof(value->bytes)
			       ? place->len
			       : sizeof(value->bytes));
}
