/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_ENGINE_CT_AMANDA_H
#define SKALD_ENGINE_CT_AMANDA_H

#include "env.h"

/* Ports that one answer may name. */
#define SKALD_AMANDA_STREAMS 4

/**
 * struct skald_amanda_port - a port that is named
 * @port: the port, host order, not 0
 * @off: where it stands
 * @len: its digits
 */
struct skald_amanda_port {
	u16 port;
	u32 off;
	u32 len;
};

/**
 * skald_amanda_parse() - read "CONNECT DATA 1 MESG 2 INDEX 3"
 * @bytes: a datagram
 * @len: its bytes
 * @stream: 0 to SKALD_AMANDA_STREAMS - 1: data, messages, index, state
 * @port: written on success
 *
 * Return: whether it names a port for that stream.
 */
bool skald_amanda_parse(const u8 *bytes, u32 len, u32 stream,
			struct skald_amanda_port *port);

#endif /* SKALD_ENGINE_CT_AMANDA_H */
