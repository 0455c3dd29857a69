// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mix of stories that fill.c stores; see mix.h.
 */
#include "mix.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_EVENTS 40
#define NETWORKS 24
#define IP_PROTOCOL 9
#define IP_SADDR 12
#define IP_DADDR 16

/**
 * struct way - one way through the rules
 * @rules: rules that match in the filter's chains
 * @first_handle: of them
 * @is_nat: the destination is translated
 * @is_masqueraded: the source is
 * @is_dropped: the last rule drops it
 * @is_tcp: else UDP
 * @oif: device it leaves by
 * @prefix: of the route
 */
struct way {
	unsigned int rules;
	unsigned int first_handle;
	bool is_nat;
	bool is_masqueraded;
	bool is_dropped;
	bool is_tcp;
	char oif[16];
	char prefix[32];
};

/**
 * struct draft - a story in the making
 * @story: the story
 * @events: its events
 * @texts: their strings
 * @n_texts: used
 * @random: what is left of the number's randomness
 */
static struct draft {
	struct skald_story *story;
	struct skald_event events[MAX_EVENTS];
	char texts[MAX_EVENTS][64];
	unsigned int n_texts;
	uint64_t random;
} draft;

static uint64_t mixed(uint64_t number, uint64_t seed)
{
	return skald_hash64(&number, sizeof(number), seed);
}

/* Below @n, small numbers far more often: the square of an even choice. */
static unsigned int skewed(uint64_t random, unsigned int n)
{
	double even = (random >> 11) / (double)(UINT64_C(1) << 53);

	return (unsigned int)(even * even * even * n);
}

static void choose_way(unsigned int shape, struct way *way)
{
	uint64_t random = mixed(shape, 1);
	unsigned int network = random % NETWORKS;

	way->rules = 1 + (random >> 8) % 6;
	way->first_handle = 10 + (random >> 16) % 500;
	way->is_nat = shape % 4 == 1;
	way->is_masqueraded = shape % 4 < 2;
	way->is_dropped = shape % 16 == 7;
	way->is_tcp = shape % 3 != 2;
	(void)snprintf(way->oif, sizeof(way->oif), "eth%u", 1 + network % 4);
	(void)snprintf(way->prefix, sizeof(way->prefix), "10.%u.0.0/16",
		       10 + network);
}

static struct skald_event *add(enum skald_event_kind kind)
{
	struct skald_story *story = draft.story;
	struct skald_event *event = &draft.events[story->n_events++];

	memset(event, 0, sizeof(*event));
	event->kind = kind;
	draft.random = mixed(draft.random, 2);
	story->end_ns += 400 + draft.random % 3000;
	event->t_ns = story->end_ns;
	return event;
}

__attribute__((format(printf, 1, 2))) static const char *
text(const char *format, ...)
{
	char *string = draft.texts[draft.n_texts++];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(string, sizeof(draft.texts[0]), format, args);
	va_end(args);
	return string;
}

/* ---- the packet ---- */

static void put16(uint8_t *to, unsigned int number)
{
	to[0] = (uint8_t)(number >> 8);
	to[1] = (uint8_t)number;
}

static void put_address(uint8_t *to, unsigned int network, unsigned int host)
{
	to[0] = 10;
	to[1] = (uint8_t)network;
	put16(to + 2, host);
}

static void make_packet(const struct way *way, unsigned int flow,
			struct skald_snap *snap)
{
	static const uint8_t link[14] = { 2, 0, 0, 0, 0, 1, 2,
					  0, 0, 0, 0, 2, 8, 0 };
	uint64_t random = mixed(flow, 3);

	memset(snap, 0, sizeof(*snap));
	snap->iif = 2;
	snap->lltype = ARPHRD_ETHER;
	snap->ethertype = ETH_P_IP;
	snap->ll_len = sizeof(link);
	memcpy(snap->ll, link, sizeof(link));
	snap->th_len = way->is_tcp ? 20 : 8;
	snap->nh_len = 20 + snap->th_len;
	snap->nh[0] = 0x45;
	put16(snap->nh + 2, 60 + draft.random % 1400);
	put16(snap->nh + 4, draft.random >> 16);
	snap->nh[6] = 0x40;
	snap->nh[8] = 64;
	snap->nh[IP_PROTOCOL] = way->is_tcp ? IPPROTO_TCP : IPPROTO_UDP;
	put_address(snap->nh + IP_SADDR, 1, random % 4096);
	put_address(snap->nh + IP_DADDR, 10 + (random >> 12) % NETWORKS,
		    (random >> 20) % 512);
	put16(snap->th, 32768 + (random >> 32) % 28000);
	put16(snap->th + 2, way->is_tcp ? 443 : 53);
	if (way->is_tcp) {
		memcpy(snap->th + 4, &draft.random, 8);
		snap->th[12] = 0x50;
		snap->th[13] = 0x10;
		put16(snap->th + 14, 64240);
	}
	memcpy(snap->nh + 20, snap->th, snap->th_len);
}

/* ---- the events ---- */

static void add_change(const char *field, const struct skald_value *old,
		       const struct skald_value *new, const char *by)
{
	struct skald_event *event = add(SKALD_MANGLE);

	SKALD_SET(event, mangle, field, field);
	SKALD_SET(event, mangle, old, *old);
	SKALD_SET(event, mangle, new, *new);
	SKALD_SET(event, mangle, by, by);
}

static void add_chain(const char *chain, unsigned int hook,
		      const char *priority, const char *type)
{
	struct skald_event *event = add(SKALD_CHAIN);

	SKALD_SET(event, chain, family, SKALD_FAMILY_INET);
	SKALD_SET(event, chain, table, "fw");
	SKALD_SET(event, chain, chain, chain);
	SKALD_SET(event, chain, hook, hook);
	SKALD_SET(event, chain, priority, priority);
	SKALD_SET(event, chain, type, type);
}

static struct skald_event *add_rule(const char *chain, unsigned int handle,
				    unsigned int verdict, const char *words)
{
	struct skald_event *event = add(SKALD_RULE);

	SKALD_SET(event, rule, family, SKALD_FAMILY_INET);
	SKALD_SET(event, rule, table, "fw");
	SKALD_SET(event, rule, chain, chain);
	SKALD_SET(event, rule, handle, handle);
	SKALD_SET(event, rule, verdict, verdict);
	SKALD_SET(event, rule, text, words);
	return event;
}

/**
 * struct translation - what a rule of a nat chain does
 * @chain: chain
 * @handle: rule
 * @nat: enum skald_words_NAT
 * @field: address that it writes
 * @words: text of the rule, up to the address
 */
struct translation {
	const char *chain;
	unsigned int handle;
	unsigned int nat;
	const char *field;
	const char *words;
};

static void translate(const struct translation *how, uint8_t *address)
{
	struct skald_value old = { .type = SKALD_VALUE_IP4 }, new = old;
	const char *by = text("inet fw %s rule %u", how->chain, how->handle);
	struct skald_event *event;

	memcpy(old.bytes, address, 4);
	put_address(address, 200, how->handle);
	memcpy(new.bytes, address, 4);
	add_rule(how->chain, how->handle, SKALD_VERDICT_ACCEPT,
		 text("%s 10.200.%u.%u", how->words, new.bytes[2],
		      new.bytes[3]));
	event = add(SKALD_NAT);
	SKALD_SET(event, nat, type, how->nat);
	SKALD_SET(event, nat, old,
		  text("10.%u.%u.%u:443", old.bytes[1], old.bytes[2],
		       old.bytes[3]));
	SKALD_SET(event, nat, new,
		  text("10.200.%u.%u:443", new.bytes[2], new.bytes[3]));
	SKALD_SET(event, nat, family, SKALD_FAMILY_INET);
	SKALD_SET(event, nat, table, "fw");
	SKALD_SET(event, nat, chain, how->chain);
	SKALD_SET(event, nat, handle, how->handle);
	add_change(how->field, &old, &new, by);
}

static void tell_arrival(const struct way *way)
{
	const struct translation dnat = { "pre", way->first_handle + 1000,
					  SKALD_NAT_DNAT, "daddr",
					  "ip daddr 10.0.0.0/8 dnat ip to" };
	struct skald_event *event = add(SKALD_MARK);

	SKALD_SET(event, mark, classifier, "ip");
	SKALD_SET(event, mark, family, SKALD_FAMILY_IP);
	SKALD_SET(event, mark, hook, SKALD_HOOK_PREROUTING);
	SKALD_SET(event, mark, iif, "eth0");
	SKALD_SET(event, mark, mark, 0);
	event = add(SKALD_CONNTRACK);
	SKALD_SET(event, conntrack, id, draft.random & UINT32_MAX);
	SKALD_SET(event, conntrack, state,
		  way->rules == 1 ? SKALD_CTSTATE_ESTABLISHED
				  : SKALD_CTSTATE_NEW);
	SKALD_SET(event, conntrack, direction, SKALD_CTDIR_ORIGINAL);
	SKALD_SET(event, conntrack, status, "assured,confirmed");
	add_chain("pre", SKALD_HOOK_PREROUTING, "dstnat", "nat");
	if (way->is_nat)
		translate(&dnat, draft.story->last.nh + IP_DADDR);
	event = add(SKALD_ROUTE);
	SKALD_SET(event, route, origin, SKALD_ORIGIN_RECOMPUTED);
	SKALD_SET(event, route, rule, 32766);
	SKALD_SET(event, route, table, "main");
	SKALD_SET(event, route, prefix, way->prefix);
	SKALD_SET(event, route, oif, way->oif);
	SKALD_SET(event, route, type, SKALD_RTTYPE_UNICAST);
}

static void tell_filter(const struct way *way)
{
	const struct skald_value old = { .type = SKALD_VALUE_NUM, .num = 64 };
	const struct skald_value new = { .type = SKALD_VALUE_NUM, .num = 63 };
	unsigned int i, verdict = SKALD_VERDICT_JUMP;
	struct skald_event *event;

	add_change("ttl", &old, &new, "forwarding");
	draft.story->last.nh[8] = 63;
	add_chain("forward", SKALD_HOOK_FORWARD, "filter", "filter");
	for (i = 0; i < way->rules; i++) {
		if (i + 1 == way->rules)
			verdict = way->is_dropped ? SKALD_VERDICT_DROP
						  : SKALD_VERDICT_ACCEPT;
		event = add_rule(i ? "services" : "forward",
				 way->first_handle + i, verdict,
				 text("tcp dport %u counter",
				      1000 + way->first_handle + i));
		if (verdict == SKALD_VERDICT_JUMP)
			SKALD_SET(event, rule, target, "services");
	}
}

static void tell_drop(const struct way *way)
{
	struct skald_ending *ending = &draft.story->ending;
	struct skald_event *event = add(SKALD_DROP);

	ending->kind = SKALD_ENDING_DROPPED;
	ending->hook = SKALD_HOOK_FORWARD;
	ending->family = SKALD_FAMILY_INET;
	ending->table = "fw";
	ending->chain = way->rules == 1 ? "forward" : "services";
	ending->handle = way->first_handle + way->rules - 1;
	ending->reason = "NETFILTER_DROP";
	ending->text = "counter drop";
	SKALD_SET(event, drop, reason, ending->reason);
	SKALD_SET(event, drop, place, "forward");
	SKALD_SET(event, drop, by,
		  text("inet fw %s rule %u", ending->chain,
		       (unsigned int)ending->handle));
}

static void tell_departure(const struct way *way)
{
	static const struct translation snat = { "post", 7, SKALD_NAT_SNAT,
						 "saddr",
						 "oifname eth* snat ip to" };
	struct skald_ending *ending = &draft.story->ending;
	struct skald_event *event;

	add_chain("post", SKALD_HOOK_POSTROUTING, "srcnat", "nat");
	if (way->is_masqueraded)
		translate(&snat, draft.story->last.nh + IP_SADDR);
	event = add(SKALD_SEND);
	SKALD_SET(event, send, device, way->oif);
	draft.story->oif = way->oif;
	ending->kind = SKALD_ENDING_SENT;
	ending->hook = SKALD_HOOK_POSTROUTING;
	ending->reason = "handed to the device";
}

void mix_story(uint64_t number, struct skald_story *story)
{
	static struct way way;
	unsigned int flow = skewed(mixed(number, 4), MIX_FLOWS);

	draft.story = story;
	draft.n_texts = 0;
	draft.random = mixed(number, 5);
	/* A flow takes one of a few ways. */
	choose_way(skewed(mixed(flow + number % 2 * 77777, 6), MIX_SHAPES),
		   &way);
	memset(story, 0, sizeof(*story));
	story->start_ns = MIX_START_NS + number * 25000 + draft.random % 9000;
	story->end_ns = story->start_ns;
	story->source = SKALD_SOURCE_NFT;
	story->generation = 7;
	story->netns = "host";
	story->iif = "eth0";
	story->complete = true;
	story->events = draft.events;
	make_packet(&way, flow, &story->first);
	story->last = story->first;
	tell_arrival(&way);
	tell_filter(&way);
	if (way.is_dropped) {
		tell_drop(&way);
		return;
	}
	story->last.oif = 3;
	tell_departure(&way);
}
