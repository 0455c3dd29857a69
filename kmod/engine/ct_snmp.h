/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_ENGINE_CT_SNMP_H
#define SKALD_ENGINE_CT_SNMP_H

#include "env.h"

/**
 * skald_snmp_find_addr() - the next address in an SNMP message
 * @bytes: the message, BER (X.690)
 * @len: its bytes
 * @at: where to begin; 0 at first, then behind the last address
 * @addr: written: offset of the four bytes of an IpAddress (RFC 1155)
 *
 * Steps into everything that is constructed. Lengths that do not fit end it.
 *
 * Return: whether there is one.
 */
bool skald_snmp_find_addr(const u8 *bytes, u32 len, u32 at, u32 *addr);

/* Return: whether a message says that it is SNMPv1 or SNMPv2c. */
bool skald_snmp_is_basic(const u8 *bytes, u32 len);

#endif /* SKALD_ENGINE_CT_SNMP_H */
