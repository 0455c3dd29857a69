/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the bridges of a world
 *
 * Bridges, their ports, what they know of link-layer addresses, and where a
 * frame goes: br_handle_frame_finish(), br_fdb_find_rcu(), br_flood(). What
 * frames teach is remembered, as br_fdb_update() does.
 */
#ifndef SKALD_LIB_BRIDGE_H
#define SKALD_LIB_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#define SKALD_MAC 6

/**
 * struct skald_bridge - a bridge
 * @index: its interface
 * @calls_ip: br_netfilter gives its frames to hooks of ip, whatever the sysctl
 *	says
 * @calls_ip6: the same for ip6
 * @calls_arp: the same for arp
 * @filters_vlans: it looks at VLANs
 * @snoops: it listens who joins groups
 */
struct skald_bridge {
	uint32_t index;
	bool calls_ip;
	bool calls_ip6;
	bool calls_arp;
	bool filters_vlans;
	bool snoops;
};

/**
 * struct skald_bridge_port - a port
 * @index: its interface
 * @bridge: index of the bridge
 * @state: BR_STATE_*
 * @hairpin: frames may leave by where they came in
 * @isolated: nothing goes to other such ports
 * @locked: only known senders
 * @learns: senders are remembered
 * @floods: frames for an unknown address leave by it
 * @floods_groups: the same for groups
 * @floods_all: the same for broadcasts
 */
struct skald_bridge_port {
	uint32_t index;
	uint32_t bridge;
	uint8_t state;
	bool hairpin;
	bool isolated;
	bool locked;
	bool learns;
	bool floods;
	bool floods_groups;
	bool floods_all;
};

/**
 * struct skald_bridge_entry - who is behind a port
 * @bridge: index of the bridge
 * @port: index of the port, or of the bridge itself
 * @vlan: VLAN id, 0: none
 * @mac: whose
 * @is_local: the address is this machine's
 * @is_fixed: frames do not move it
 */
struct skald_bridge_entry {
	uint32_t bridge;
	uint32_t port;
	uint16_t vlan;
	uint8_t mac[SKALD_MAC];
	bool is_local;
	bool is_fixed;
};

/**
 * struct skald_bridges - all of them
 * @bridges: heap
 * @n_bridges: how many
 * @ports: heap
 * @n_ports: how many
 * @entries: heap
 * @n_entries: how many
 */
struct skald_bridges {
	struct skald_bridge *bridges;
	size_t n_bridges;
	struct skald_bridge_port *ports;
	size_t n_ports;
	struct skald_bridge_entry *entries;
	size_t n_entries;
};

/**
 * enum skald_bridge_way - where a frame goes
 * @SKALD_BRIDGE_UP: to the bridge's own stack
 * @SKALD_BRIDGE_PORT: to one port
 * @SKALD_BRIDGE_FLOOD: to all that there are
 * @SKALD_BRIDGE_FLOOD_UP: to all, and to the bridge's own stack
 */
enum skald_bridge_way {
	SKALD_BRIDGE_UP,
	SKALD_BRIDGE_PORT,
	SKALD_BRIDGE_FLOOD,
	SKALD_BRIDGE_FLOOD_UP,
};

/**
 * skald_bridges_read() - take a world's bridges apart
 * @world: the world
 * @bridges: written on success; give to skald_bridges_done()
 *
 * Return: 0, -EBADMSG: the messages are damaged, -ENOMEM.
 */
int skald_bridges_read(const struct skald_world *world,
		       struct skald_bridges *bridges);
void skald_bridges_done(struct skald_bridges *bridges);

/* Return: the bridge, the port, or NULL */
const struct skald_bridge *
skald_bridges_find(const struct skald_bridges *bridges, uint32_t index);
const struct skald_bridge_port *
skald_bridges_port(const struct skald_bridges *bridges, uint32_t index);

/* Return: who has the address, or NULL */
const struct skald_bridge_entry *
skald_bridges_look_up(const struct skald_bridges *bridges, uint32_t bridge,
		      const uint8_t *mac);

/* A frame came from there. Return: 0, -ENOMEM */
int skald_bridges_learn(struct skald_bridges *bridges,
			const struct skald_bridge_port *port,
			const uint8_t *mac);

/**
 * skald_bridges_decide() - where a frame goes
 * @bridges: the bridges
 * @port: the port by which it came in
 * @mac: whom it is for
 * @to: SKALD_BRIDGE_PORT: index of the port
 */
enum skald_bridge_way skald_bridges_decide(const struct skald_bridges *bridges,
					   const struct skald_bridge_port *port,
					   const uint8_t *mac, uint32_t *to);

/**
 * skald_bridges_delivers() - whether a frame may leave by a port
 * @from: where it came in; NULL: the bridge's own stack
 * @to: where it would leave
 *
 * should_deliver() in net/bridge/br_forward.c.
 */
bool skald_bridges_delivers(const struct skald_bridge_port *from,
			    const struct skald_bridge_port *to);

/* Whether a frame for that address is flooded to a port: br_flood(). */
bool skald_bridges_floods(const struct skald_bridge_port *from,
			  const struct skald_bridge_port *to,
			  const uint8_t *mac);

#endif /* SKALD_LIB_BRIDGE_H */
