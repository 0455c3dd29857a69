/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: DCC offers in IRC
 *
 * RFC 1459 lines; the Client-to-Client Protocol's "DCC SEND file ip port size".
 */
#ifndef SKALD_ENGINE_CT_IRC_H
#define SKALD_ENGINE_CT_IRC_H

#include "ct_helper.h"

/**
 * struct skald_irc_offer - a connection that a client offers
 * @ip: address, host order
 * @port: port, host order, not 0
 * @off: offset in the line of address and port
 * @len: how many bytes they are, the blank between them included
 */
struct skald_irc_offer {
	u32 ip;
	u16 port;
	u32 off;
	u32 len;
};

/**
 * skald_irc_parse() - read a line of a client
 * @line: the line, with its newline
 * @len: bytes
 * @offer: written on success
 *
 * Return: whether it offers a connection.
 */
bool skald_irc_parse(const u8 *line, u32 len, struct skald_irc_offer *offer);

/* Whether more bytes could make an offer of it whose address has begun. */
bool skald_irc_may_become(const u8 *piece, u32 len, u8 dir);

extern const struct skald_ct_helper skald_ct_helper_irc;

#endif /* SKALD_ENGINE_CT_IRC_H */
