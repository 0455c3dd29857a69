/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One story that has a bit of everything: marked at prerouting, DNATed, routed,
 * forwarded through a jump, marked by a rule, dropped by another one.
 */
#ifndef SKALD_TEST_SAMPLE_STORY_H
#define SKALD_TEST_SAMPLE_STORY_H

#include <string.h>

#include "story.h"

#define SAMPLE_DROP_RULE                                                       \
	"ip saddr { 10.1.0.0/24, 10.3.0.0/24, 10.4.0.0/16, 192.168.17.0/24 } " \
	"tcp dport { 22, 23, 80, 443, 8443 } counter packets 0 bytes 0 drop"

static inline struct skald_event *sample_add(struct skald_story *story,
					     uint32_t kind)
{
	struct skald_event *event = &story->events[story->n_events];

	event->kind = kind;
	event->t_ns = story->start_ns + 7300ull * story->n_events;
	story->end_ns = event->t_ns;
	story->n_events++;
	return event;
}

static inline void sample_chain(struct skald_story *story, uint64_t family,
				const char *table, const char *chain,
				uint64_t hook, const char *priority)
{
	struct skald_event *event = sample_add(story, SKALD_CHAIN);

	SKALD_SET(event, chain, family, family);
	SKALD_SET(event, chain, table, table);
	SKALD_SET(event, chain, chain, chain);
	SKALD_SET(event, chain, hook, hook);
	SKALD_SET(event, chain, priority, priority);
	SKALD_SET(event, chain, type, "filter");
}

static inline struct skald_event *
sample_rule(struct skald_story *story, uint64_t family, const char *table,
	    const char *chain, uint64_t handle, uint64_t verdict,
	    const char *text)
{
	struct skald_event *event = sample_add(story, SKALD_RULE);

	SKALD_SET(event, rule, family, family);
	SKALD_SET(event, rule, table, table);
	SKALD_SET(event, rule, chain, chain);
	SKALD_SET(event, rule, handle, handle);
	SKALD_SET(event, rule, verdict, verdict);
	if (text)
		SKALD_SET(event, rule, text, text);
	return event;
}

static inline void sample_policy(struct skald_story *story, uint64_t family,
				 const char *table, const char *chain,
				 uint64_t verdict)
{
	struct skald_event *event = sample_add(story, SKALD_POLICY);

	SKALD_SET(event, policy, family, family);
	SKALD_SET(event, policy, table, table);
	SKALD_SET(event, policy, chain, chain);
	SKALD_SET(event, policy, verdict, verdict);
}

static inline void sample_mangle(struct skald_story *story,
				 enum skald_packet_field field,
				 const struct skald_packet *old,
				 const struct skald_packet *new, const char *by)
{
	struct skald_event *event = sample_add(story, SKALD_MANGLE);

	SKALD_SET(event, mangle, field, skald_packet_descs[field].name);
	SKALD_SET(event, mangle, old, old->value[field]);
	SKALD_SET(event, mangle, new, new->value[field]);
	SKALD_SET(event, mangle, by, by);
}

/* 10.1.0.2:54066 > 10.1.0.1:8080 as it came, > 10.2.0.2:80 as it was seen last
 */
static inline void sample_packets(struct skald_story *story)
{
	static const uint8_t ip[20] = { 0x45, 0,  0,  60, 0x12, 0x34, 0x40,
					0,    64, 6,  0,  0,	10,   1,
					0,    2,  10, 1,  0,	1 };
	static const uint8_t tcp[20] = { 0xd3, 0x32, 0x1f, 0x90, 0, 0,	  0,
					 1,    0,    0,	   0,	 0, 0xa0, 2,
					 0xfa, 0xf0, 0,	   0,	 0, 0 };
	struct skald_snap *snap = &story->first;

	snap->ethertype = 0x800;
	snap->nh_len = 40;
	snap->th_len = 20;
	memcpy(snap->nh, ip, 20);
	memcpy(snap->nh + 20, tcp, 20);
	memcpy(snap->th, tcp, 20);
	story->last = story->first;
	story->last.mark = 16;
	story->last.nh[8] = 63;
	story->last.nh[17] = 2;
	story->last.nh[19] = 2;
	story->last.nh[22] = 0;
	story->last.nh[23] = 80;
	story->last.th[2] = 0;
	story->last.th[3] = 80;
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
}

static inline void sample_prerouting(struct skald_story *story)
{
	struct skald_event *event = sample_add(story, SKALD_MARK);

	SKALD_SET(event, mark, classifier, "tcp port 8080");
	SKALD_SET(event, mark, family, SKALD_FAMILY_IP);
	SKALD_SET(event, mark, hook, SKALD_HOOK_PREROUTING);
	SKALD_SET(event, mark, iif, "eth0");
	SKALD_SET(event, mark, mark, 0);
	event = sample_add(story, SKALD_CONNTRACK);
	SKALD_SET(event, conntrack, id, 771222);
	SKALD_SET(event, conntrack, state, SKALD_CTSTATE_NEW);
	SKALD_SET(event, conntrack, direction, SKALD_CTDIR_ORIGINAL);
	sample_chain(story, SKALD_FAMILY_INET, "filter", "raw_pre",
		     SKALD_HOOK_PREROUTING, "raw");
	sample_policy(story, SKALD_FAMILY_INET, "filter", "raw_pre",
		      SKALD_VERDICT_ACCEPT);
	sample_chain(story, SKALD_FAMILY_IP, "nat", "pre",
		     SKALD_HOOK_PREROUTING, "dstnat");
	sample_rule(story, SKALD_FAMILY_IP, "nat", "pre", 4,
		    SKALD_VERDICT_ACCEPT, "tcp dport 8080 dnat to 10.2.0.2:80");
	event = sample_add(story, SKALD_NAT);
	SKALD_SET(event, nat, type, SKALD_NAT_DNAT);
	SKALD_SET(event, nat, old, "10.1.0.1:8080");
	SKALD_SET(event, nat, new, "10.2.0.2:80");
	SKALD_SET(event, nat, handle, 4);
	sample_mangle(story, SKALD_P_daddr, &story->packet, &story->final,
		      "ip nat pre rule 4");
	sample_mangle(story, SKALD_P_dport, &story->packet, &story->final,
		      "ip nat pre rule 4");
}

static inline void sample_route(struct skald_story *story)
{
	struct skald_event *event = sample_add(story, SKALD_ROUTE);

	SKALD_SET(event, route, origin, SKALD_ORIGIN_RECOMPUTED);
	SKALD_SET(event, route, rule, 32766);
	SKALD_SET(event, route, table, "main");
	SKALD_SET(event, route, prefix, "10.2.0.0/24");
	SKALD_SET(event, route, oif, "eth1");
	SKALD_SET(event, route, source, "10.2.0.1");
	SKALD_SET(event, route, type, SKALD_RTTYPE_UNICAST);
	SKALD_SET(event, route, agrees, 1);
	sample_mangle(story, SKALD_P_ttl, &story->packet, &story->final,
		      "forwarding");
}

static inline void sample_forward(struct skald_story *story)
{
	struct skald_event *event;

	sample_chain(story, SKALD_FAMILY_INET, "filter", "forward",
		     SKALD_HOOK_FORWARD, "filter");
	event = sample_rule(story, SKALD_FAMILY_INET, "filter", "forward", 12,
			    SKALD_VERDICT_JUMP,
			    "iifname \"eth0\" jump from_lan");
	SKALD_SET(event, rule, target, "from_lan");
	sample_rule(story, SKALD_FAMILY_INET, "filter", "from_lan", 15,
		    SKALD_VERDICT_CONTINUE, "ct state new meta mark set 0x10");
	sample_mangle(story, SKALD_P_mark, &story->packet, &story->final,
		      "inet filter from_lan rule 15");
	event = sample_add(story, SKALD_RETURN);
	SKALD_SET(event, return, family, SKALD_FAMILY_INET);
	SKALD_SET(event, return, table, "filter");
	SKALD_SET(event, return, chain, "from_lan");
	event = sample_rule(story, SKALD_FAMILY_INET, "filter", "forward", 17,
			    SKALD_VERDICT_DROP, SAMPLE_DROP_RULE);
	SKALD_SET(event, rule, loaded, 12);
	event = sample_add(story, SKALD_DROP);
	SKALD_SET(event, drop, reason, "NETFILTER_DROP");
	SKALD_SET(event, drop, place, "forward");
	SKALD_SET(event, drop, by, "inet filter forward rule 17");
}

/* Lives in @story->arena: free with skald_story_done(). */
static inline void sample_story(struct skald_story *story)
{
	memset(story, 0, sizeof(*story));
	story->events =
		skald_arena_alloc(&story->arena, 32 * sizeof(*story->events));
	story->id = 17;
	story->start_ns = 1700000000120345000ull;
	story->source = SKALD_SOURCE_NFT;
	story->generation = 12;
	story->shape = 3;
	story->host = "gate";
	story->netns = "router";
	story->iif = "eth0";
	story->complete = true;
	sample_packets(story);
	sample_prerouting(story);
	sample_route(story);
	sample_forward(story);
	story->ending = (struct skald_ending){
		.kind = SKALD_ENDING_DROPPED,
		.hook = SKALD_HOOK_FORWARD,
		.family = SKALD_FAMILY_INET,
		.table = "filter",
		.chain = "forward",
		.handle = 17,
		.reason = "NETFILTER_DROP",
		.text = SAMPLE_DROP_RULE,
	};
}

#endif /* SKALD_TEST_SAMPLE_STORY_H */
