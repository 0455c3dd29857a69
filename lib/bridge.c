// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bridges as net/bridge decides: forwarding table, flooding, what ports allow.
 */
#include "bridge.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"

/* What frames can teach, at most. */
#define ENTRIES_MAX 65536

const struct skald_bridge *
skald_bridges_find(const struct skald_bridges *bridges, uint32_t index)
{
	for (size_t i = 0; i < bridges->n_bridges; i++) {
		if (bridges->bridges[i].index == index)
			return &bridges->bridges[i];
	}
	return NULL;
}

const struct skald_bridge_port *
skald_bridges_port(const struct skald_bridges *bridges, uint32_t index)
{
	for (size_t i = 0; i < bridges->n_ports; i++) {
		if (bridges->ports[i].index == index)
			return &bridges->ports[i];
	}
	return NULL;
}

static struct skald_bridge_entry *entry_of(const struct skald_bridges *bridges,
					   uint32_t bridge, const uint8_t *mac)
{
	for (size_t i = 0; i < bridges->n_entries; i++) {
		struct skald_bridge_entry *entry = &bridges->entries[i];

		if (entry->bridge == bridge &&
		    !memcmp(entry->mac, mac, SKALD_MAC))
			return entry;
	}
	return NULL;
}

const struct skald_bridge_entry *
skald_bridges_look_up(const struct skald_bridges *bridges, uint32_t bridge,
		      const uint8_t *mac)
{
	return entry_of(bridges, bridge, mac);
}

int skald_bridges_learn(struct skald_bridges *bridges,
			const struct skald_bridge_port *port,
			const uint8_t *mac)
{
	struct skald_bridge_entry *entry = entry_of(bridges, port->bridge, mac);

	if (!port->learns || (entry && entry->is_fixed))
		return 0;
	if (entry) {
		entry->port = port->index;
		return 0;
	}
	if (bridges->n_entries >= ENTRIES_MAX)
		return 0;
	entry = skald_grow((void **)&bridges->entries, &bridges->n_entries,
			   sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->bridge = port->bridge;
	entry->port = port->index;
	memcpy(entry->mac, mac, SKALD_MAC);
	return 0;
}

enum skald_bridge_way skald_bridges_decide(const struct skald_bridges *bridges,
					   const struct skald_bridge_port *port,
					   const uint8_t *mac, uint32_t *to)
{
	const struct skald_bridge_entry *entry;

	if (mac[0] & 1)
		return SKALD_BRIDGE_FLOOD_UP;
	entry = entry_of(bridges, port->bridge, mac);
	if (!entry)
		return SKALD_BRIDGE_FLOOD;
	if (entry->is_local)
		return SKALD_BRIDGE_UP;
	*to = entry->port;
	return SKALD_BRIDGE_PORT;
}

bool skald_bridges_delivers(const struct skald_bridge_port *from,
			    const struct skald_bridge_port *to)
{
	if (to->state != BR_STATE_FORWARDING)
		return false;
	if (!from)
		return true;
	return (to->hairpin || from->index != to->index) &&
	       !(from->isolated && to->isolated);
}

bool skald_bridges_floods(const struct skald_bridge_port *from,
			  const struct skald_bridge_port *to,
			  const uint8_t *mac)
{
	static const uint8_t all[SKALD_MAC] = { 0xff, 0xff, 0xff,
						0xff, 0xff, 0xff };
	bool floods = to->floods;

	if (from && to->bridge != from->bridge)
		return false;
	/* what is made here goes to all who listen to a group */
	if (mac[0] & 1)
		floods = !from ||
			 (memcmp(mac, all, SKALD_MAC) ? to->floods_groups
						      : to->floods_all);
	return floods && skald_bridges_delivers(from, to);
}

void skald_bridges_done(struct skald_bridges *bridges)
{
	free(bridges->bridges);
	free(bridges->ports);
	free(bridges->entries);
	memset(bridges, 0, sizeof(*bridges));
}
