/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stories for tests: a SYN that a router translates and sends on, and one that
 * its forward chain drops. Made by hand, field by field.
 */
#ifndef SKALD_TESTS_SAMPLE_H
#define SKALD_TESTS_SAMPLE_H

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <string.h>

#include "story.h"

#define SAMPLE_START 1700000000123456789ull
#define SAMPLE_END 1700000000123599789ull

static const uint8_t sample_ll[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
};
/* 10.1.0.2 > 10.1.0.1, length 60, TTL 64, DF */
static const uint8_t sample_ip[] = {
	0x45, 0, 0,  60, 0x12, 0x34, 0x40, 0, 64, 6,
	0,    0, 10, 1,	 0,    2,    10,   1, 0,  1,
};
/* 40000 > 8080 SYN */
static const uint8_t sample_tcp[] = {
	0x9c, 0x40, 0x1f, 0x90, 0,    0,    0, 1, 0, 0,
	0,    0,    0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
};

static inline void sample_snap(struct skald_snap *snap)
{
	memset(snap, 0, sizeof(*snap));
	snap->iif = 2;
	snap->lltype = ARPHRD_ETHER;
	snap->ethertype = ETH_P_IP;
	snap->ll_len = sizeof(sample_ll);
	snap->nh_len = sizeof(sample_ip);
	snap->th_len = sizeof(sample_tcp);
	memcpy(snap->ll, sample_ll, sizeof(sample_ll));
	memcpy(snap->nh, sample_ip, sizeof(sample_ip));
	memcpy(snap->th, sample_tcp, sizeof(sample_tcp));
}

static inline struct skald_event *sample_event(struct skald_story *story,
					       uint32_t kind)
{
	struct skald_event *event = &story->events[story->n_events++];

	event->kind = kind;
	event->t_ns = story->start_ns + story->n_events * 1000;
	return event;
}

static inline void sample_rule(struct skald_story *story, const char *chain,
			       uint64_t handle, uint64_t verdict,
			       const char *text)
{
	struct skald_event *event = sample_event(story, SKALD_RULE);

	SKALD_SET(event, rule, family, SKALD_FAMILY_INET);
	SKALD_SET(event, rule, table, "filter");
	SKALD_SET(event, rule, chain, chain);
	SKALD_SET(event, rule, handle, handle);
	SKALD_SET(event, rule, verdict, verdict);
	SKALD_SET(event, rule, text, text);
	SKALD_SET(event, rule, loaded, 5);
}

static inline void sample_begin(struct skald_story *story,
				struct skald_event *events)
{
	struct skald_event *event;

	memset(story, 0, sizeof(*story));
	story->id = 17;
	story->start_ns = SAMPLE_START;
	story->end_ns = SAMPLE_END;
	story->source = SKALD_SOURCE_NFT;
	story->generation = 5;
	story->host = "testhost";
	story->netns = "router";
	story->iif = "eth0";
	story->complete = true;
	story->shape = 3;
	story->events = events;
	sample_snap(&story->first);
	story->last = story->first;
	event = sample_event(story, SKALD_MARK);
	SKALD_SET(event, mark, classifier, "tcp port 8080");
	SKALD_SET(event, mark, family, SKALD_FAMILY_IP);
	SKALD_SET(event, mark, hook, SKALD_HOOK_PREROUTING);
	SKALD_SET(event, mark, iif, "eth0");
	event = sample_event(story, SKALD_CHAIN);
	SKALD_SET(event, chain, family, SKALD_FAMILY_INET);
	SKALD_SET(event, chain, table, "filter");
	SKALD_SET(event, chain, chain, "forward");
	SKALD_SET(event, chain, hook, SKALD_HOOK_FORWARD);
	SKALD_SET(event, chain, priority, "filter");
	SKALD_SET(event, chain, type, "filter");
}

static inline void sample_end(struct skald_story *story)
{
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
}

/* @events: room for at least 8 */
static inline void sample_dropped(struct skald_story *story,
				  struct skald_event *events)
{
	struct skald_event *event;

	sample_begin(story, events);
	sample_rule(story, "forward", 17, SKALD_VERDICT_DROP,
		    "tcp dport 8080 counter drop comment \"no, thanks\"");
	event = sample_event(story, SKALD_DROP);
	SKALD_SET(event, drop, reason, "NETFILTER_DROP");
	SKALD_SET(event, drop, place, "forward");
	story->ending = (struct skald_ending){
		.kind = SKALD_ENDING_DROPPED,
		.hook = SKALD_HOOK_FORWARD,
		.family = SKALD_FAMILY_INET,
		.handle = 17,
		.reason = "NETFILTER_DROP",
		.table = "filter",
		.chain = "forward",
		.text = "tcp dport 8080 counter drop comment \"no, thanks\"",
	};
	sample_end(story);
}

/* Destination 10.1.0.1 becomes 10.2.0.9, TTL 63; leaves by eth1. */
static inline void sample_sent(struct skald_story *story,
			       struct skald_event *events)
{
	struct skald_event *event;

	sample_begin(story, events);
	sample_rule(story, "forward", 18, SKALD_VERDICT_ACCEPT, "accept");
	story->oif = "eth1";
	story->last.oif = 3;
	story->last.nh[8] = 63;
	story->last.nh[17] = 2;
	story->last.nh[19] = 9;
	event = sample_event(story, SKALD_MANGLE);
	SKALD_SET(event, mangle, field, "daddr");
	event->ev_mangle.old.type = SKALD_VALUE_IP4;
	memcpy(event->ev_mangle.old.bytes, sample_ip + 16, 4);
	event->ev_mangle.new.type = SKALD_VALUE_IP4;
	memcpy(event->ev_mangle.new.bytes, story->last.nh + 16, 4);
	event->present |= SKALD_BIT(mangle, old) | SKALD_BIT(mangle, new);
	SKALD_SET(event, mangle, by, "rule ip nat pre 4");
	event = sample_event(story, SKALD_ROUTE);
	SKALD_SET(event, route, origin, SKALD_ORIGIN_RECOMPUTED);
	SKALD_SET(event, route, prefix, "10.2.0.0/24");
	SKALD_SET(event, route, oif, "eth1");
	event = sample_event(story, SKALD_SEND);
	SKALD_SET(event, send, device, "eth1");
	story->ending = (struct skald_ending){ .kind = SKALD_ENDING_SENT };
	sample_end(story);
}

#define SAMPLE_EVENTS 8

#endif /* SKALD_TESTS_SAMPLE_H */
