/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: invented packets
 *
 * A packet in words, as people say it:
 *
 *	tcp 192.0.2.7:40000 > 198.51.100.9:443 flags S ttl 60
 *	udp [2001:db8::1]:53 > [2001:db8::2]:53 len 200
 *	icmp 10.0.0.1 > 10.0.0.2 type echo-request
 *
 * becomes bytes with right lengths and checksums. docs/man/skald-ask.1 lists
 * all words.
 */
#ifndef SKALD_LIB_INVENT_H
#define SKALD_LIB_INVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define SKALD_INVENTED_MAX 65600

/**
 * struct skald_invented - a packet that somebody thought of
 * @bytes: from the link-layer header on where @has_link, else from the network
 *	header on
 * @len: bytes
 * @has_link: they begin with an Ethernet header: "mac" or "vlan" was said
 * @ethertype: of the network header, host order
 * @mark: nfmark
 */
struct skald_invented {
	uint8_t bytes[SKALD_INVENTED_MAX];
	size_t len;
	bool has_link;
	uint16_t ethertype;
	uint32_t mark;
};

/**
 * skald_invent() - a packet from words
 * @text: the words
 * @packet: written on success
 * @error: in words, with the column of what is not understood
 *
 * Return: 0 or -EINVAL.
 */
int skald_invent(const char *text, struct skald_invented *packet,
		 struct skald_error *error);

/**
 * skald_invent_hex() - a packet from hexadecimal digits
 * @text: digits; spaces, colons and newlines between bytes do not count
 * @packet: written on success; the bytes begin with the network header when the
 *	first digit is 4 or 6 and the lengths fit, else with an Ethernet header
 * @error: in words
 */
int skald_invent_hex(const char *text, struct skald_invented *packet,
		     struct skald_error *error);

#endif /* SKALD_LIB_INVENT_H */
