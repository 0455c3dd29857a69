// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembers the newest packets by what does not change on their way.
 */
#include "kin.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "story.h"

#define IP4_MIN 20
#define IP6_LEN 40
#define TH_KEY 8

/* RFC 791: identification, flags and offset, protocol, addresses. */
enum {
	IP4_ID = 4,
	IP4_FRAG = 6,
	IP4_PROTO = 9,
	IP4_SADDR = 12
};
/* RFC 8200: flow label, length, next header, hop limit, addresses. */
enum {
	IP6_FLOW = 1,
	IP6_PAYLOAD = 4,
	IP6_NEXT = 6,
	IP6_HOPS = 7,
	IP6_SADDR = 8
};
/* What a trace shows of a fragment behind the first */
#define IP6_SHOWN 20
#define IP6_FRAGMENT_LEN 8

static bool is_ip4(const struct skald_snap *snap)
{
	return snap->nh_len >= IP4_MIN && snap->nh[0] >> 4 == 4;
}

static bool is_ip6(const struct skald_snap *snap)
{
	return snap->nh_len >= IP6_LEN && snap->nh[0] >> 4 == 6;
}

static bool begins_as_ip6(const struct skald_snap *snap)
{
	return snap->nh_len >= IP6_SHOWN && snap->nh[0] >> 4 == 6;
}

bool skald_kin_is_fragment(const struct skald_snap *snap)
{
	if (begins_as_ip6(snap))
		return snap->nh[IP6_NEXT] == IPPROTO_FRAGMENT;
	/* more fragments, or an offset */
	return is_ip4(snap) &&
	       ((snap->nh[IP4_FRAG] & 0x3f) || snap->nh[IP4_FRAG + 1]);
}

uint64_t skald_kin_likely_key(uint32_t netns, const struct skald_snap *snap)
{
	uint8_t bytes[4 + IP6_SHOWN - IP6_SADDR];

	if (!begins_as_ip6(snap))
		return 0;
	memcpy(bytes, snap->nh + IP6_FLOW, 3);
	bytes[0] &= 0x0f; /* the rest is of the traffic class */
	bytes[3] = snap->nh[IP6_HOPS];
	memcpy(bytes + 4, snap->nh + IP6_SADDR, IP6_SHOWN - IP6_SADDR);
	return skald_hash64(bytes, sizeof(bytes), netns) | 1;
}

uint32_t skald_kin_carried(const struct skald_snap *snap)
{
	uint32_t len;

	if (!begins_as_ip6(snap))
		return 0;
	len = (uint32_t)snap->nh[IP6_PAYLOAD] << 8 | snap->nh[IP6_PAYLOAD + 1];
	if (!skald_kin_is_fragment(snap))
		return len;
	return len > IP6_FRAGMENT_LEN ? len - IP6_FRAGMENT_LEN : 0;
}

uint64_t skald_kin_datagram_key(uint32_t netns, const struct skald_snap *snap)
{
	uint8_t bytes[11];

	if (!is_ip4(snap))
		return 0;
	memcpy(bytes, snap->nh + IP4_SADDR, 8);
	memcpy(bytes + 8, snap->nh + IP4_ID, 2);
	bytes[10] = snap->nh[IP4_PROTO];
	return skald_hash64(bytes, sizeof(bytes), netns) | 1;
}

uint64_t skald_kin_packet_key(uint32_t netns, const struct skald_snap *snap)
{
	uint64_t seed;

	if (is_ip4(snap))
		seed = skald_kin_datagram_key(netns, snap);
	else if (is_ip6(snap))
		seed = skald_hash64(snap->nh + IP6_SADDR, 32, netns);
	else
		return 0;
	return skald_hash64(snap->th,
			    snap->th_len < TH_KEY ? snap->th_len : TH_KEY,
			    seed) |
	       1;
}

static size_t slot(uint64_t key)
{
	return (key >> 1) % SKALD_KIN_SLOTS;
}

void skald_kin_note(struct skald_kin *kin, const struct skald_kin_entry *entry)
{
	if (entry->key)
		kin->entries[slot(entry->key)] = *entry;
}

const struct skald_kin_entry *skald_kin_find(const struct skald_kin *kin,
					     uint64_t key, uint64_t now_ns,
					     uint64_t age_ns)
{
	const struct skald_kin_entry *entry;

	if (!key)
		return NULL;
	entry = &kin->entries[slot(key)];
	if (entry->key != key || entry->t_ns + age_ns < now_ns)
		return NULL;
	return entry;
}
