// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes as the kernel found them, and neighbours.
 *
 * A packet's route is looked up rule by rule: each table that was searched is
 * an event, the one that had an answer gets what came of it. A packet of this
 * host has its route before it is marked: only the result is known then.
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "route_parts.h"
#include "telling_kmod.h"

#define PREFIX_UNKNOWN 255

static const char *table_of(struct skald_records *records, uint32_t table)
{
	struct skald_telling *telling = records->telling;

	if (!telling->tables)
		telling->tables = skald_table_names(telling->lasting);
	return skald_table_name(telling->tables, table, &telling->arena);
}

static const char *address_text(struct skald_records *records,
				unsigned int family,
				const struct skald_r_addr *address)
{
	struct skald_value value = skald_records_address(family, address);
	char text[48];

	if (value.type == SKALD_VALUE_NONE)
		return NULL;
	skald_value_format(&value, text, sizeof(text));
	return skald_records_text(records, text, sizeof(text));
}

static bool is_zero(const struct skald_r_addr *address)
{
	static const struct skald_r_addr zero;

	return !memcmp(address, &zero, sizeof(zero));
}

/* fib_rules.h: what a lookup gives instead of a route */
static const char *error_text(int error)
{
	switch (-error) {
	case EAGAIN:
		return "no match";
	case ENETUNREACH:
	case ESRCH:
		return "network unreachable";
	case EHOSTUNREACH:
		return "host unreachable";
	case EACCES:
		return "prohibit";
	case EINVAL:
		return "blackhole";
	case EXDEV:
		return "rp_filter: no way back by that interface";
	}
	return strerror(-error);
}

void skald_records_iprule(struct skald_records *records,
			  const struct skald_r_iprule *iprule)
{
	records->iprule = iprule->priority;
	records->has_iprule = true;
}

static const char *prefix_text(struct skald_records *records,
			       const struct skald_r_fib *fib)
{
	const char *address = address_text(records, fib->family, &fib->prefix);

	if (!address || fib->prefix_len == PREFIX_UNKNOWN)
		return NULL;
	if (!fib->prefix_len)
		return "default";
	return skald_arena_printf(&records->telling->arena, "%s/%u", address,
				  fib->prefix_len);
}

static void fill_found(struct skald_records *records, struct skald_event *event,
		       const struct skald_r_fib *fib)
{
	const char *prefix = prefix_text(records, fib);
	const char *dev = skald_records_dev(records, &fib->dev);

	if (prefix)
		SKALD_SET(event, route, prefix, prefix);
	if (fib->via_family)
		SKALD_SET(event, route, via,
			  address_text(records, fib->via_family, &fib->via));
	if (dev)
		SKALD_SET(event, route, oif, dev);
	if (fib->type)
		SKALD_SET(event, route, type, fib->type);
}

/*
 * Where nobody made ip rules, tables local and main are searched as one, which
 * is called main (fib_frontend.c: fib_trie_unmerge()).
 */
static uint32_t table_number(const struct skald_r_fib *fib, bool has_iprule)
{
	bool is_local = fib->type == RTN_LOCAL || fib->type == RTN_BROADCAST;

	if (!has_iprule && !fib->error && is_local &&
	    fib->table == RT_TABLE_MAIN)
		return RT_TABLE_LOCAL;
	return fib->table;
}

void skald_records_fib(struct skald_records *records,
		       const struct skald_r_fib *fib)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_ROUTE);
	bool has_iprule = records->has_iprule;

	if (!event)
		return;
	SKALD_SET(event, route, origin, SKALD_ORIGIN_OBSERVED);
	if (has_iprule)
		SKALD_SET(event, route, rule, records->iprule);
	records->has_iprule = false;
	SKALD_SET(event, route, table,
		  table_of(records, table_number(fib, has_iprule)));
	SKALD_SET(event, route, purpose, fib->purpose);
	if (fib->error) {
		SKALD_SET(event, route, error, error_text(fib->error));
		return;
	}
	fill_found(records, event, fib);
	if (fib->purpose != SKALD_PURPOSE_REVERSE)
		records->route = telling->story.n_events - 1;
}

/* The lookup that led to this route, or an event of its own. */
static struct skald_event *route_event(struct skald_records *records,
				       const struct skald_r_route *route)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event;

	if (records->route != SKALD_NO_EVENT) {
		event = &telling->events[records->route];
		records->route = SKALD_NO_EVENT;
		return event;
	}
	event = skald_telling_add(telling, SKALD_ROUTE);
	if (!event)
		return NULL;
	SKALD_SET(event, route, origin, SKALD_ORIGIN_OBSERVED);
	SKALD_SET(event, route, purpose, route->purpose);
	return event;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/*
 * The lookup of a packet of this host was made before the packet: it is made
 * again, and its table, rule and prefix are told if it comes to the same route.
 */
static void ask_again(struct skald_records *records, struct skald_event *event,
		      uint32_t oif)
{
	struct skald_telling *telling = records->telling;
	struct skald_event answer = { .kind = SKALD_ROUTE };
	const struct skald_route_query query = {
		.packet = &records->packet,
		.oif_seen = oif,
	};

	if (!records->has_snap ||
	    telling->ops->route(telling->user, telling->raw->netns, &query,
				&telling->arena, &answer))
		return;
	if (!SKALD_HAS(&answer, route, oif) ||
	    !same_text(answer.ev_route.oif, event->ev_route.oif) ||
	    !same_text(answer.ev_route.via, event->ev_route.via))
		return;
	if (SKALD_HAS(&answer, route, rule))
		SKALD_SET(event, route, rule, answer.ev_route.rule);
	if (SKALD_HAS(&answer, route, table))
		SKALD_SET(event, route, table, answer.ev_route.table);
	if (SKALD_HAS(&answer, route, prefix))
		SKALD_SET(event, route, prefix, answer.ev_route.prefix);
}

void skald_records_route(struct skald_records *records,
			 const struct skald_r_route *route)
{
	bool is_found = records->route != SKALD_NO_EVENT;
	struct skald_event *event = route_event(records, route);
	const char *dev = skald_records_dev(records, &route->dev);

	if (!event)
		return;
	if (route->error) {
		SKALD_SET(event, route, error, error_text(route->error));
		return;
	}
	if (route->type)
		SKALD_SET(event, route, type, route->type);
	if (dev)
		SKALD_SET(event, route, oif, dev);
	if (route->via_family)
		SKALD_SET(event, route, via,
			  address_text(records, route->via_family,
				       &route->via));
	if (!is_zero(&route->source))
		SKALD_SET(event, route, source,
			  address_text(records, route->family, &route->source));
	if (!is_found && route->purpose == SKALD_PURPOSE_OUTPUT)
		ask_again(records, event, route->dev.ifindex);
}

/* include/uapi/linux/neighbour.h: NUD_* */
static const char *neigh_state(unsigned int state)
{
	static const struct skald_word states[] = {
		{ NUD_INCOMPLETE, "incomplete" },
		{ NUD_REACHABLE, "reachable" },
		{ NUD_STALE, "stale" },
		{ NUD_DELAY, "delay" },
		{ NUD_PROBE, "probe" },
		{ NUD_FAILED, "failed" },
		{ NUD_NOARP, "noarp" },
		{ NUD_PERMANENT, "permanent" },
		{ 0, "none" },
		{ 0, NULL },
	};

	return skald_word(states, state);
}

void skald_records_neigh(struct skald_records *records,
			 const struct skald_r_neigh *neigh)
{
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_NEIGH);
	const char *dev = skald_records_dev(records, &neigh->dev);
	struct skald_value lladdr = { .type = SKALD_VALUE_MAC };

	if (!event)
		return;
	if (dev)
		SKALD_SET(event, neigh, device, dev);
	SKALD_SET(event, neigh, address,
		  skald_records_address(neigh->family, &neigh->address));
	if (neigh->lladdr_len == 6) {
		memcpy(lladdr.bytes, neigh->lladdr, 6);
		SKALD_SET(event, neigh, lladdr, lladdr);
	}
	SKALD_SET(event, neigh, state, neigh_state(neigh->state));
}
