// SPDX-License-Identifier: GPL-2.0-only
/*
 * A world that answers at once, and sometimes does not know.
 */
#include "world.h"

#include <errno.h>

#include "fuzz.h"

#define N_RULES 40

static const char *const texts[] = {
	"tcp dport 8080 dnat to 10.2.0.2:80",
	"oifname \"out\" masquerade",
	"meta mark set 0x00000010",
	"ip ttl set 3",
	"ip dscp set ef",
	"tcp option maxseg size set rt mtu",
	"counter packets 1 bytes 2 drop",
	"-A FORWARD -p tcp -j TPROXY --on-port 3129",
	"snat to 192.0.2.1",
	"",
	"jump side",
	"redirect to :3128",
	"ct state invalid log prefix \"x\x1b[31m\" drop",
	"-A PREROUTING -j MARK --set-xmark 0x1/0x1",
	"queue num 3 bypass",
};

#define CHAIN(of, at, prio, kind)                                       \
	{                                                               \
		.family = SKALD_FAMILY_INET, .table = "fw", .name = of, \
		.is_base = true, .hook = SKALD_HOOK_##at,               \
		.priority_name = prio, .type = kind                     \
	}

static struct skald_chain chains[] = {
	CHAIN("pre", PREROUTING, "dstnat", "nat"),
	CHAIN("across", FORWARD, "filter", "filter"),
	CHAIN("post", POSTROUTING, "srcnat", "nat"),
	CHAIN("mangle", OUTPUT, "mangle", "route"),
	{ .family = SKALD_FAMILY_INET, .table = "fw", .name = "side" },
};

struct skald_rulebook *world_new(void)
{
	static const char *const names[] = { "pre", "across", "post", "side" };
	struct skald_rulebook *book = skald_rulebook_new();
	struct skald_rule rules[N_RULES] = { 0 };
	struct skald_ruleset ruleset = {
		.generation = 3,
		.chains = chains,
		.n_chains = sizeof(chains) / sizeof(*chains),
		.rules = rules,
		.n_rules = N_RULES,
	};
	unsigned int i;

	for (i = 0; i < N_RULES; i++) {
		rules[i].family = SKALD_FAMILY_INET;
		rules[i].handle = i + 1;
		rules[i].table = "fw";
		rules[i].chain = names[i % 4];
		rules[i].text = texts[i % (sizeof(texts) / sizeof(*texts))];
	}
	fuzz_check(book && !skald_rulebook_add(book, &ruleset));
	return book;
}

static const struct skald_rulebook *rulebook(void *user, uint32_t netns,
					     uint32_t generation)
{
	return generation % 5 == 4 ? NULL : user;
}

static const char *netns_name(void *user, uint32_t netns)
{
	return "router";
}

static const char *ifname(void *user, uint32_t netns, uint32_t index)
{
	static const char *const names[] = { NULL, "lo", "in", "out" };

	return index < 4 ? names[index] : "other";
}

static int route(void *user, uint32_t netns,
		 const struct skald_route_query *query,
		 struct skald_arena *arena, struct skald_event *event)
{
	if (query->packet->value[SKALD_P_daddr].type == SKALD_VALUE_NONE)
		return -EOPNOTSUPP;
	SKALD_SET(event, route, origin, SKALD_ORIGIN_RECOMPUTED);
	SKALD_SET(event, route, table, "main");
	SKALD_SET(event, route, type, SKALD_RTTYPE_UNICAST);
	if (query->oif_seen)
		SKALD_SET(event, route, agrees, query->oif_seen == 3);
	else
		SKALD_SET(event, route, error, "Network is unreachable");
	return 0;
}

static const char *classifier(void *user, uint32_t id)
{
	return id % 2 ? "tcp port 8080" : NULL;
}

static uint64_t story_id(void *user, uint64_t serial)
{
	return serial % 3 ? serial + 100 : 0;
}

const struct skald_teller_ops world_ops = {
	.rulebook = rulebook,
	.netns_name = netns_name,
	.ifname = ifname,
	.route = route,
	.classifier = classifier,
	.story_id = story_id,
};
