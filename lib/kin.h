/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: kin: stories of the same packet
 *
 * A packet that comes round by loopback, is cloned or is put together from
 * fragments goes on under another trace id. What stays the same (addresses,
 * protocol, IPv4 identification, the transport header's first bytes) is kept
 * here for the newest packets, so that the later story can name the earlier.
 */
#ifndef SKALD_LIB_KIN_H
#define SKALD_LIB_KIN_H

#include <stdint.h>

#include "packet.h"

#define SKALD_KIN_SLOTS 4096

/**
 * struct skald_kin_entry - one packet remembered
 * @key: hash of what stays the same; 0: empty
 * @serial: its story
 * @t_ns: when it was last seen
 * @hook: enum skald_words_HOOK where it was last seen
 * @family: NFPROTO_* of the chain that saw it
 */
struct skald_kin_entry {
	uint64_t key;
	uint64_t serial;
	uint64_t t_ns;
	uint32_t hook;
	uint32_t family;
};

/**
 * struct skald_kin - the newest packets, one for each slot
 */
struct skald_kin {
	struct skald_kin_entry entries[SKALD_KIN_SLOTS];
};

/* Return: key of a packet, 0 when it has none (not IP) */
uint64_t skald_kin_packet_key(uint32_t netns, const struct skald_snap *snap);
/* Return: key that all fragments of a datagram and the whole share, 0: none */
uint64_t skald_kin_datagram_key(uint32_t netns, const struct skald_snap *snap);
/* Whether the snap shows a fragment. */
bool skald_kin_is_fragment(const struct skald_snap *snap);
/*
 * Of IPv6 no trace shows the fragment header with its identification.
 * Return: key that all fragments of a datagram and the whole share, but others
 * of the same flow as well; 0: none
 */
uint64_t skald_kin_likely_key(uint32_t netns, const struct skald_snap *snap);
/* Return: bytes of the datagram that an IPv6 packet or fragment carries */
uint32_t skald_kin_carried(const struct skald_snap *snap);

/* Remember @entry, unless its key is 0. */
void skald_kin_note(struct skald_kin *kin, const struct skald_kin_entry *entry);
/* Return: the entry if it is not older than @age_ns, or NULL */
const struct skald_kin_entry *skald_kin_find(const struct skald_kin *kin,
					     uint64_t key, uint64_t now_ns,
					     uint64_t age_ns);

#endif /* SKALD_LIB_KIN_H */
