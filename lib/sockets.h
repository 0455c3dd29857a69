/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the sockets of a world
 *
 * Who takes a TCP segment or a UDP datagram: inet_lookup(), udp4_lib_lookup()
 * and their relatives. Which of several that share a port (SO_REUSEPORT) is no
 * question here.
 */
#ifndef SKALD_LIB_SOCKETS_H
#define SKALD_LIB_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "fib.h"
#include "world.h"

/**
 * enum skald_sockets_answer - who takes it
 * @SKALD_SOCKETS_UNKNOWN: the world does not say
 * @SKALD_SOCKETS_NONE: nobody
 * @SKALD_SOCKETS_FOUND: a socket
 */
enum skald_sockets_answer {
	SKALD_SOCKETS_UNKNOWN,
	SKALD_SOCKETS_NONE,
	SKALD_SOCKETS_FOUND,
};

/**
 * skald_sockets_look_up() - who takes a packet
 * @world: the world
 * @flow: the packet: addresses, ports, protocol; @flow->iif is the interface
 * @inode: SKALD_SOCKETS_FOUND: of the socket
 */
enum skald_sockets_answer skald_sockets_look_up(const struct skald_world *world,
						const struct skald_flow *flow,
						uint32_t *inode);

#endif /* SKALD_LIB_SOCKETS_H */
