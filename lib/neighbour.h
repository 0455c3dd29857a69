/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: the neighbours of a world: link-layer addresses of hosts */
#ifndef SKALD_LIB_NEIGHBOUR_H
#define SKALD_LIB_NEIGHBOUR_H

#include <stdint.h>

#include "world.h"

/**
 * skald_neighbour_find() - the Ethernet address of a host
 * @world: the world
 * @index: interface behind which it is
 * @family: AF_INET or AF_INET6
 * @address: its address
 *
 * Return: six bytes, in the world; NULL: not known.
 */
const uint8_t *skald_neighbour_find(const struct skald_world *world,
				    uint32_t index, unsigned int family,
				    const void *address);

#endif /* SKALD_LIB_NEIGHBOUR_H */
