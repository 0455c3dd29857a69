// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample stories. Used by the unit tests of the browser, which hand them over
 * as they are, and by tests/tools/sample_store.c, which stores them.
 */
#include "sample.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>

#define MAX_EVENTS 24

const char sample_ruleset[] =
	"table ip nat { # handle 1\n"
	"\tchain pre { # handle 1\n"
	"\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
	"\t\ttcp dport 8080 dnat to 10.2.0.2:80 # handle 4\n"
	"\t}\n"
	"\n"
	"\tchain post { # handle 2\n"
	"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	"\t\toifname \"eth1\" masquerade # handle 5\n"
	"\t}\n"
	"}\n"
	"table inet filter { # handle 2\n"
	"\tset blocked { # handle 9\n"
	"\t\ttype ipv4_addr\n"
	"\t\telements = { 192.0.2.7, 192.0.2.9 }\n"
	"\t}\n"
	"\n"
	"\tchain input { # handle 1\n"
	"\t\ttype filter hook input priority filter; policy drop;\n"
	"\t\tct state established,related accept # handle 10\n"
	"\t\tmeta l4proto icmp accept # handle 11\n"
	"\t}\n"
	"\n"
	"\tchain forward { # handle 2\n"
	"\t\ttype filter hook forward priority filter; policy accept;\n"
	"\t\tct state established,related accept # handle 15\n"
	"\t\ttcp dport { 23, 2323 } counter packets 3 bytes 180 jump refuse # "
	"handle 16\n"
	"\t}\n"
	"\n"
	"\tchain refuse { # handle 3\n"
	"\t\tip saddr @blocked drop # handle 17\n"
	"\t\treject with icmp port-unreachable # handle 18\n"
	"\t}\n"
	"}\n";

/**
 * struct draft - a story that is being written
 * @story: the story
 * @number: of the story, from 0
 * @t_ns: time of the next event
 */
struct draft {
	struct skald_story *story;
	uint64_t number;
	uint64_t t_ns;
};

/* ---- packets ---- */

static void put16(uint8_t *to, unsigned int value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void ip_header(struct skald_snap *snap, const char *saddr,
		      const char *daddr, uint8_t protocol, unsigned int id)
{
	static const uint8_t link[14] = { 0x02, 0, 0, 0, 0, 1, 0x02,
					  0,	0, 0, 0, 2, 8, 0 };

	snap->lltype = ARPHRD_ETHER;
	snap->ethertype = ETH_P_IP;
	snap->ll_len = sizeof(link);
	memcpy(snap->ll, link, sizeof(link));
	snap->nh_len = 20;
	snap->nh[0] = 0x45;
	put16(snap->nh + 2, 60);
	put16(snap->nh + 4, id);
	snap->nh[6] = 0x40;
	snap->nh[8] = 64;
	snap->nh[9] = protocol;
	inet_pton(AF_INET, saddr, snap->nh + 12);
	inet_pton(AF_INET, daddr, snap->nh + 16);
}

static void ports(struct skald_snap *snap, unsigned int sport,
		  unsigned int dport)
{
	snap->th_len = snap->nh[9] == IPPROTO_TCP ? 20 : 8;
	put16(snap->th, sport);
	put16(snap->th + 2, dport);
}

static void tcp_header(struct skald_snap *snap, unsigned int sport,
		       unsigned int dport, uint8_t flags)
{
	ports(snap, sport, dport);
	put16(snap->th + 4, 0x1122);
	put16(snap->th + 6, 0x3344);
	snap->th[12] = 0x50;
	snap->th[13] = flags;
	put16(snap->th + 14, 64240);
}

static void icmp_header(struct skald_snap *snap, unsigned int sequence)
{
	snap->th_len = 8;
	snap->th[0] = 8;
	put16(snap->th + 4, 77);
	put16(snap->th + 6, sequence);
}

static void ip6_udp(struct skald_snap *snap, unsigned int sport)
{
	snap->ethertype = ETH_P_IPV6;
	snap->nh_len = 40;
	snap->nh[0] = 0x60;
	put16(snap->nh + 4, 16);
	snap->nh[6] = IPPROTO_UDP;
	snap->nh[7] = 64;
	inet_pton(AF_INET6, "2001:db8::17", snap->nh + 8);
	inet_pton(AF_INET6, "2001:db8::53", snap->nh + 24);
	snap->th_len = 8;
	put16(snap->th, sport);
	put16(snap->th + 2, 53);
	put16(snap->th + 4, 16);
}

/* ---- events ---- */

static struct skald_event *event(struct draft *draft, unsigned int kind)
{
	struct skald_story *story = draft->story;
	struct skald_event *made = &story->events[story->n_events++];

	made->kind = kind;
	made->t_ns = draft->t_ns;
	draft->t_ns += 11000;
	return made;
}

static void mark(struct draft *draft, unsigned int hook, const char *iif)
{
	struct skald_event *made = event(draft, SKALD_MARK);

	SKALD_SET(made, mark, classifier, "host 10.1.0.2 or port 53");
	SKALD_SET(made, mark, family, SKALD_FAMILY_IP);
	SKALD_SET(made, mark, hook, hook);
	SKALD_SET(made, mark, iif, iif);
}

static void chain(struct draft *draft, unsigned int family, const char *table,
		  const char *name, unsigned int hook)
{
	struct skald_event *made = event(draft, SKALD_CHAIN);

	SKALD_SET(made, chain, family, family);
	SKALD_SET(made, chain, table, table);
	SKALD_SET(made, chain, chain, name);
	SKALD_SET(made, chain, hook, hook);
	SKALD_SET(made, chain, priority, "filter");
	SKALD_SET(made, chain, type, "filter");
}

static void rule(struct draft *draft, unsigned int family, const char *table,
		 const char *name, uint64_t handle, unsigned int verdict,
		 const char *text)
{
	struct skald_event *made = event(draft, SKALD_RULE);

	SKALD_SET(made, rule, family, family);
	SKALD_SET(made, rule, table, table);
	SKALD_SET(made, rule, chain, name);
	SKALD_SET(made, rule, handle, handle);
	SKALD_SET(made, rule, verdict, verdict);
	SKALD_SET(made, rule, text, text);
	if (verdict == SKALD_VERDICT_JUMP)
		SKALD_SET(made, rule, target, "refuse");
}

static void policy(struct draft *draft, unsigned int family, const char *table,
		   const char *name, unsigned int verdict)
{
	struct skald_event *made = event(draft, SKALD_POLICY);

	SKALD_SET(made, policy, family, family);
	SKALD_SET(made, policy, table, table);
	SKALD_SET(made, policy, chain, name);
	SKALD_SET(made, policy, verdict, verdict);
}

static void conntrack(struct draft *draft, unsigned int state,
		      unsigned int direction)
{
	struct skald_event *made = event(draft, SKALD_CONNTRACK);

	SKALD_SET(made, conntrack, id, 4000 + draft->number);
	SKALD_SET(made, conntrack, state, state);
	SKALD_SET(made, conntrack, direction, direction);
}

static void nat(struct draft *draft, unsigned int type, const char *before,
		const char *after)
{
	struct skald_event *made = event(draft, SKALD_NAT);

	SKALD_SET(made, nat, type, type);
	SKALD_SET(made, nat, old, before);
	SKALD_SET(made, nat, new, after);
}

static void mangle(struct draft *draft, const char *field, uint64_t before,
		   uint64_t after, const char *by)
{
	const struct skald_value old = { SKALD_VALUE_NUM, { before } };
	const struct skald_value new = { SKALD_VALUE_NUM, { after } };
	struct skald_event *made = event(draft, SKALD_MANGLE);

	SKALD_SET(made, mangle, field, field);
	SKALD_SET(made, mangle, old, old);
	SKALD_SET(made, mangle, new, new);
	SKALD_SET(made, mangle, by, by);
}

static void route(struct draft *draft, const char *prefix, const char *oif,
		  unsigned int type)
{
	struct skald_event *made = event(draft, SKALD_ROUTE);

	SKALD_SET(made, route, origin, SKALD_ORIGIN_RECOMPUTED);
	SKALD_SET(made, route, table, "main");
	SKALD_SET(made, route, prefix, prefix);
	SKALD_SET(made, route, oif, oif);
	SKALD_SET(made, route, type, type);
}

static void ends(struct draft *draft, unsigned int kind, unsigned int hook)
{
	draft->story->ending.kind = kind;
	draft->story->ending.hook = hook;
}

static void ends_by(struct draft *draft, const char *name, uint64_t handle,
		    const char *text)
{
	struct skald_ending *ending = &draft->story->ending;

	ending->family = SKALD_FAMILY_INET;
	ending->table = "filter";
	ending->chain = name;
	ending->handle = handle;
	ending->text = text;
}

/* ---- the six kinds ---- */

static void sent_with_nat(struct draft *draft)
{
	struct skald_story *story = draft->story;
	unsigned int port = 40000 + (unsigned int)(draft->number % 20000);
	struct skald_event *made;

	story->iif = "eth0";
	story->oif = "eth1";
	ip_header(&story->first, "10.1.0.2", "10.1.0.1", IPPROTO_TCP,
		  (unsigned int)draft->number);
	tcp_header(&story->first, port, 8080, 2);
	ip_header(&story->last, "10.2.0.1", "10.2.0.2", IPPROTO_TCP,
		  (unsigned int)draft->number);
	tcp_header(&story->last, port, 80, 2);
	story->last.nh[8] = 63;
	mark(draft, SKALD_HOOK_PREROUTING, "eth0");
	conntrack(draft, SKALD_CTSTATE_NEW, SKALD_CTDIR_ORIGINAL);
	chain(draft, SKALD_FAMILY_IP, "nat", "pre", SKALD_HOOK_PREROUTING);
	rule(draft, SKALD_FAMILY_IP, "nat", "pre", 4, SKALD_VERDICT_ACCEPT,
	     "tcp dport 8080 dnat to 10.2.0.2:80");
	nat(draft, SKALD_NAT_DNAT, "10.1.0.1:8080", "10.2.0.2:80");
	route(draft, "10.2.0.0/24", "eth1", SKALD_RTTYPE_UNICAST);
	mangle(draft, "ttl", 64, 63, "forwarding");
	chain(draft, SKALD_FAMILY_INET, "filter", "forward",
	      SKALD_HOOK_FORWARD);
	policy(draft, SKALD_FAMILY_INET, "filter", "forward",
	       SKALD_VERDICT_ACCEPT);
	chain(draft, SKALD_FAMILY_IP, "nat", "post", SKALD_HOOK_POSTROUTING);
	rule(draft, SKALD_FAMILY_IP, "nat", "post", 5, SKALD_VERDICT_ACCEPT,
	     "oifname \"eth1\" masquerade");
	nat(draft, SKALD_NAT_MASQUERADE, "10.1.0.2", "10.2.0.1");
	made = event(draft, SKALD_SEND);
	SKALD_SET(made, send, device, "eth1");
	ends(draft, SKALD_ENDING_SENT, SKALD_HOOK_POSTROUTING);
}

static void dropped_by_rule(struct draft *draft)
{
	struct skald_story *story = draft->story;

	story->iif = "eth0";
	story->oif = "eth1";
	ip_header(&story->first, "192.0.2.7", "10.2.0.2", IPPROTO_TCP,
		  (unsigned int)draft->number);
	tcp_header(&story->first, 50123, 23, 2);
	story->last = story->first;
	story->last.nh[8] = 63;
	mark(draft, SKALD_HOOK_PREROUTING, "eth0");
	conntrack(draft, SKALD_CTSTATE_NEW, SKALD_CTDIR_ORIGINAL);
	route(draft, "10.2.0.0/24", "eth1", SKALD_RTTYPE_UNICAST);
	mangle(draft, "ttl", 64, 63, "forwarding");
	chain(draft, SKALD_FAMILY_INET, "filter", "forward",
	      SKALD_HOOK_FORWARD);
	rule(draft, SKALD_FAMILY_INET, "filter", "forward", 16,
	     SKALD_VERDICT_JUMP,
	     "tcp dport { 23, 2323 } counter packets 3 bytes 180 jump refuse");
	rule(draft, SKALD_FAMILY_INET, "filter", "refuse", 17,
	     SKALD_VERDICT_DROP, "ip saddr @blocked drop");
	ends(draft, SKALD_ENDING_DROPPED, SKALD_HOOK_FORWARD);
	ends_by(draft, "refuse", 17, "ip saddr @blocked drop");
}

static void delivered(struct draft *draft)
{
	struct skald_story *story = draft->story;

	story->iif = "eth0";
	ip_header(&story->first, "10.1.0.2", "10.1.0.1", IPPROTO_ICMP,
		  (unsigned int)draft->number);
	icmp_header(&story->first, (unsigned int)draft->number);
	story->last = story->first;
	mark(draft, SKALD_HOOK_PREROUTING, "eth0");
	conntrack(draft, SKALD_CTSTATE_NEW, SKALD_CTDIR_ORIGINAL);
	route(draft, "10.1.0.1", "lo", SKALD_RTTYPE_LOCAL);
	chain(draft, SKALD_FAMILY_INET, "filter", "input", SKALD_HOOK_INPUT);
	rule(draft, SKALD_FAMILY_INET, "filter", "input", 11,
	     SKALD_VERDICT_ACCEPT, "meta l4proto icmp accept");
	ends(draft, SKALD_ENDING_DELIVERED, SKALD_HOOK_INPUT);
}

static void with_a_gap(struct draft *draft)
{
	struct skald_story *story = draft->story;
	struct skald_event *made;

	story->iif = "eth1";
	ip_header(&story->first, "10.2.0.2", "10.2.0.1", IPPROTO_TCP,
		  (unsigned int)draft->number);
	tcp_header(&story->first, 80, 40000, 0x12);
	story->last = story->first;
	story->complete = false;
	story->n_gaps = 1;
	story->gaps = skald_arena_alloc(&story->arena, sizeof(*story->gaps));
	if (!story->gaps)
		return;
	story->gaps[0].count = 3;
	story->gaps[0].where = "socket buffer overrun";
	mark(draft, SKALD_HOOK_PREROUTING, "eth1");
	made = event(draft, SKALD_LOST);
	SKALD_SET(made, lost, count, 3);
	SKALD_SET(made, lost, where, "socket buffer overrun");
	ends(draft, SKALD_ENDING_UNKNOWN, SKALD_HOOK_PREROUTING);
	story->ending.reason = "events were lost";
}

static void dropped_by_policy(struct draft *draft)
{
	struct skald_story *story = draft->story;

	story->iif = "eth0";
	ip6_udp(&story->first, 5353);
	story->last = story->first;
	mark(draft, SKALD_HOOK_PREROUTING, "eth0");
	route(draft, "2001:db8::53", "lo", SKALD_RTTYPE_LOCAL);
	chain(draft, SKALD_FAMILY_INET, "filter", "input", SKALD_HOOK_INPUT);
	policy(draft, SKALD_FAMILY_INET, "filter", "input", SKALD_VERDICT_DROP);
	ends(draft, SKALD_ENDING_DROPPED, SKALD_HOOK_INPUT);
	ends_by(draft, "input", 0, "policy drop");
}

/* The first kind's packet, come round by loopback: a journey. */
static void with_a_journey(struct draft *draft)
{
	struct skald_story *story = draft->story;
	struct skald_event *made;

	story->iif = "lo";
	ip_header(&story->first, "127.0.0.1", "127.0.0.1", IPPROTO_UDP,
		  (unsigned int)draft->number);
	ports(&story->first, 33000, 53);
	story->last = story->first;
	story->n_journey = 1;
	story->journey =
		skald_arena_alloc(&story->arena, sizeof(*story->journey));
	if (!story->journey)
		return;
	story->journey[0].kind = SKALD_LOOP;
	story->journey[0].story = draft->number;
	mark(draft, SKALD_HOOK_PREROUTING, "lo");
	made = event(draft, SKALD_LOOP);
	SKALD_SET(made, loop, story, draft->number);
	SKALD_SET(made, loop, place, "lo");
	SKALD_SET(made, loop, how, "same bytes");
	ends(draft, SKALD_ENDING_DELIVERED, SKALD_HOOK_INPUT);
}

int sample_story(uint64_t id, struct skald_story *story)
{
	static void (*const kinds[])(struct draft * draft) = {
		sent_with_nat, dropped_by_rule,	  delivered,
		with_a_gap,    dropped_by_policy, with_a_journey,
	};
	struct draft draft = {
		.story = story,
		.number = id - 1,
		.t_ns = SAMPLE_START_NS + (id - 1) * SAMPLE_STEP_NS,
	};

	memset(story, 0, sizeof(*story));
	story->id = id;
	story->start_ns = draft.t_ns;
	story->generation = SAMPLE_GENERATION;
	story->host = "host";
	story->netns = SAMPLE_NETNS;
	story->complete = true;
	story->events = skald_arena_alloc(&story->arena,
					  MAX_EVENTS * sizeof(*story->events));
	if (!story->events)
		return -ENOMEM;
	kinds[(id - 1) % 6](&draft);
	story->end_ns = story->events[story->n_events - 1].t_ns;
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
	return 0;
}
