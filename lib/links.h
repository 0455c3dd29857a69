/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the interfaces of a world
 *
 * Made from a world's RTM_NEWLINK and RTM_NEWADDR messages; found by index and
 * by name.
 */
#ifndef SKALD_LIB_LINKS_H
#define SKALD_LIB_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

/**
 * struct skald_iface - an interface
 * @index: its index
 * @master: index of its bridge or VRF, 0: none
 * @flags: IFF_*
 * @mtu: bytes
 * @group: group
 * @type: ARPHRD_*
 * @mac_len: bytes of @mac
 * @mac: link-layer address
 * @name: name, padded with NUL
 * @is_partial: name and index are all that is known
 * @kind: "bridge", "vlan", "", padded with NUL
 */
struct skald_iface {
	uint32_t index;
	uint32_t master;
	uint32_t flags;
	uint32_t mtu;
	uint32_t group;
	uint16_t type;
	uint8_t mac_len;
	bool is_partial;
	uint8_t mac[8];
	char name[16];
	char kind[16];
};

/**
 * struct skald_address - an address of an interface
 * @index: the interface
 * @family: AF_INET or AF_INET6
 * @prefix_len: bits
 * @scope: RT_SCOPE_*
 * @flags: IFA_F_*
 * @address: the local address
 */
struct skald_address {
	uint32_t index;
	uint8_t family;
	uint8_t prefix_len;
	uint8_t scope;
	uint32_t flags;
	uint8_t address[16];
};

/**
 * struct skald_links - the interfaces of a world
 * @ifaces: by index, heap
 * @n_ifaces: how many
 * @addresses: in the kernel's order, heap
 * @n_addresses: how many
 */
struct skald_links {
	struct skald_iface *ifaces;
	size_t n_ifaces;
	struct skald_address *addresses;
	size_t n_addresses;
};

/**
 * skald_links_read() - take a world's interfaces apart
 * @world: the world
 * @links: written on success; give to skald_links_done()
 *
 * Return: 0, -EBADMSG: the messages are damaged, -ENOMEM.
 */
int skald_links_read(const struct skald_world *world,
		     struct skald_links *links);
void skald_links_done(struct skald_links *links);

/* One more, made up: an Ethernet device that is up. Return: its index, or 0 */
uint32_t skald_links_make_up(struct skald_links *links, const char *name);

/* An interface that is known by name and index alone; one that is there stays.
 */
void skald_links_learn(struct skald_links *links, const char *name,
		       uint32_t index);

/* Return: the interface, or NULL */
const struct skald_iface *skald_links_find(const struct skald_links *links,
					   uint32_t index);
const struct skald_iface *skald_links_named(const struct skald_links *links,
					    const char *name);

/* Whether an interface has an address; @index 0: any has. */
bool skald_links_has(const struct skald_links *links, uint32_t index,
		     unsigned int family, const void *address);

#endif /* SKALD_LIB_LINKS_H */
