/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the address that a machine would choose for itself
 *
 * For masquerade and redirect: what the kernel would put as the source of a
 * packet that leaves by an interface.
 */
#ifndef SKALD_LIB_SOURCE_ADDRESS_H
#define SKALD_LIB_SOURCE_ADDRESS_H

#include "links.h"

/**
 * skald_source_ip4() - inet_select_addr() with scope universe
 * @links: interfaces
 * @index: interface it leaves by
 * @next_hop: next hop, or the destination; NULL: any
 *
 * Primary addresses; one of the next hop's network is preferred, and one of
 * another interface is better than none.
 *
 * Return: 4 bytes, borrowed; NULL: there is none.
 */
const uint8_t *skald_source_ip4(const struct skald_links *links, uint32_t index,
				const uint8_t *next_hop);

/**
 * skald_source_ip6() - ipv6_dev_get_saddr()
 * @links: interfaces
 * @index: interface it leaves by
 * @destination: where to
 *
 * The rules of RFC 6724, section 5, but for home addresses and privacy.
 *
 * Return: 16 bytes, borrowed; NULL: there is none.
 */
const uint8_t *skald_source_ip6(const struct skald_links *links, uint32_t index,
				const uint8_t *destination);

#endif /* SKALD_LIB_SOURCE_ADDRESS_H */
