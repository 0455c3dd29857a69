/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: worlds in the making
 *
 * world_make.c drives, world_private.c gives a namespace of its own,
 * world_links.c makes interfaces in it, world_rules.c has the real tools load
 * rules.
 */
#ifndef SKALD_LIB_WORLD_PARTS_H
#define SKALD_LIB_WORLD_PARTS_H

#include "netlink_call.h"
#include "world.h"

/* Sockets into the world; kernels that do not tell leave it without. */
void skald_world_take_sockets(const struct skald_netns *netns,
			      struct skald_world *world);

/* Whether a section is of sockets: those may not be known. */
static inline bool skald_world_is_sockets(enum skald_world_section section)
{
	return section == SKALD_WORLD_TCP_SOCKETS ||
	       section == SKALD_WORLD_UDP_SOCKETS;
}

/* Leave to a new namespace. @back: for skald_world_return(), -1: there is no
 * way back. Return: 0 or -errno */
int skald_world_leave(int *back, struct skald_error *error);
void skald_world_return(int back);

/**
 * struct skald_world_link - an interface to be made
 * @name: its name
 * @index: its index, 0: any
 * @mtu: bytes, 0: any
 * @address: link-layer address, NULL: any
 * @address_len: its length
 */
struct skald_world_link {
	const char *name;
	uint32_t index;
	uint32_t mtu;
	const void *address;
	size_t address_len;
};

/* Make an interface of a kind that does nothing. One that is there already is
 * fine. Return: 0 or -errno */
int skald_world_add_link(struct skald_call *call,
			 const struct skald_world_link *link);

/* The interfaces of a world, made again. */
int skald_world_add_links(struct skald_call *call,
			  const struct skald_world *world,
			  struct skald_error *error);

/**
 * skald_world_load_rules() - have the real tools load a file
 * @path: the file
 * @call: rtnetlink, for interfaces that the rules ask for; NULL: none are made
 * @made_up: names of those, with commas between, are appended
 * @error: in words
 */
int skald_world_load_rules(const char *path, struct skald_call *call,
			   struct skald_buffer *made_up,
			   struct skald_error *error);

#endif /* SKALD_LIB_WORLD_PARTS_H */
