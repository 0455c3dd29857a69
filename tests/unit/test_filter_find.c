// SPDX-License-Identifier: GPL-2.0-only
/*
 * What filters find is what they say, whichever way the store goes to find it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "random_event.h"
#include "scratch_store.h"
#include "store_internal.h"

TestSuite(filter_find, .init = scratch_make, .fini = scratch_remove);

enum {
	N_STORIES = 500
};

static void make_ip6(struct skald_story *story, unsigned int n)
{
	static const uint8_t nh[40] = { 0x60, 0,    0,	  0,	0, 8, 58, 64,
					0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,  0,
					0,    0,    0,	  0,	0, 0, 0,  0,
					0x20, 0x01, 0x0d, 0xb8, 0, 1 };
	struct skald_snap *snap = &story->first;

	memset(snap, 0, sizeof(*snap));
	snap->ethertype = 0x86dd;
	snap->nh_len = 40;
	snap->th_len = 8;
	memcpy(snap->nh, nh, sizeof(nh));
	snap->nh[23] = n;
	snap->nh[39] = 1;
	snap->th[0] = n % 3 ? 128 : 129;
	story->last = *snap;
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
}

/* Variety for every field: chains, namespaces, interfaces, IPv6, frames. */
static void vary(struct skald_story *story, unsigned int n)
{
	static const char *const netns[] = { "router", "lan", NULL };
	static const char *const iif[] = { "eth0", "br-lan", "wg0", NULL };

	scratch_story(story, n);
	story->netns = netns[n % 3];
	story->iif = iif[n / 3 % 4];
	story->generation = 10 + n % 5;
	story->source = n % 11 ? SKALD_SOURCE_NFT : SKALD_SOURCE_ENGINE;
	story->first.lltype = 1;
	story->first.ll_len = 14;
	memcpy(story->first.ll, "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0", 14);
	story->first.ll[11] = n % 4;
	story->last.ll_len = 0;
	skald_packet_parse(&story->first, &story->packet);
	if (n % 13 == 5)
		make_ip6(story, n);
	if (n % 97 == 50)
		story->ending.kind = SKALD_ENDING_DELIVERED;
	if (n % 17 == 3) {
		/* The clock went back for a while. */
		story->start_ns -= 100 * SCRATCH_SECOND_NS;
		story->end_ns -= 100 * SCRATCH_SECOND_NS;
		for (unsigned int i = 0; i < story->n_events; i++)
			story->events[i].t_ns -= 100 * SCRATCH_SECOND_NS;
	}
	if (n % 19 == 7) {
		story->n_events = 1;
		story->ending = (struct skald_ending){ 0 };
	}
}

static struct skald_store *fill_varied(void)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_story story;

	/* Most of them are in postings, the last few in the tail. */
	store->tail_max = 120;
	for (unsigned int n = 0; n < N_STORIES;) {
		scratch_begin(store);
		do {
			vary(&story, n);
			(void)scratch_add(store, &story);
			skald_story_done(&story);
		} while (++n % 50);
		scratch_commit(store);
	}
	cr_assert_eq(skald_store_pin(store, 77, true, NULL), 0);
	return store;
}

static uint32_t ip4(const struct skald_packet *packet,
		    enum skald_packet_field field)
{
	uint32_t address;

	if (packet->value[field].type != SKALD_VALUE_IP4)
		return 0;
	memcpy(&address, packet->value[field].bytes, 4);
	return ntohl(address);
}

static uint64_t num(const struct skald_packet *packet,
		    enum skald_packet_field field)
{
	return packet->value[field].type == SKALD_VALUE_NUM
		       ? packet->value[field].num
		       : UINT64_MAX;
}

static bool met(const struct skald_story *story, const char *part)
{
	for (unsigned int i = 0; i < story->n_events; i++)
		if (story->events[i].kind == SKALD_RULE &&
		    strstr(story->events[i].ev_rule.text, part))
			return true;
	return false;
}

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

#define P (s->packet)
#define L (s->final)
#define DROPPED (s->ending.kind == SKALD_ENDING_DROPPED)
#define SENT (s->ending.kind == SKALD_ENDING_SENT)
#define LONG (s->n_events > 1)
#define IP4_NET(field, net, bits) (ip4(&P, field) >> (32 - (bits)) == (net))
#define START (SCRATCH_START_NS)

/* C(name, filter, the same in C) */
#define CASES(C)                                                               \
	C(all, "", true)                                                       \
	C(id, "id == 7", s->id == 7)                                           \
	C(ids, "id in {3, 5, 9000}", s->id == 3 || s->id == 5)                 \
	C(id_range, "id >= 10 and id < 20", s->id >= 10 && s->id < 20)         \
	C(drop, "verdict == drop", DROPPED)                                    \
	C(dropped, "ending == dropped", DROPPED)                               \
	C(not_drop, "verdict != drop", !DROPPED)                               \
	C(accept, "verdict == accept",                                         \
	  SENT || s->ending.kind == SKALD_ENDING_DELIVERED)                    \
	C(delivered, "verdict = delivered",                                    \
	  s->ending.kind == SKALD_ENDING_DELIVERED)                            \
	C(endings, "ending in {unknown, sent}",                                \
	  SENT || s->ending.kind == SKALD_ENDING_UNKNOWN)                      \
	C(reason, "reason == NETFILTER_DROP",                                  \
	  is(s->ending.reason, "NETFILTER_DROP"))                              \
	C(by, "by ~ \"TCP dport\"", s->ending.text != NULL)                    \
	C(end,                                                                 \
	  "end.hook == forward && end.table == filter && end.chain == "        \
	  "forward && end.handle == 17 && end.family == inet",                 \
	  s->ending.handle == 17)                                              \
	C(end_not, "end.chain != forward", !is(s->ending.chain, "forward"))    \
	C(rule, "rule ~ \"dnat to\"", met(s, "dnat to"))                       \
	C(rule_not, "rule !~ \"dnat to\"", !met(s, "dnat to"))                 \
	C(rule_like, "rule ~ \"%\"", false)                                    \
	C(rule_is, "rule == \"ct state new meta mark set 0x10\"", LONG)        \
	C(handle, "handle == 12", LONG)                                        \
	C(handles, "handle in {12, 99}", LONG)                                 \
	C(handle_max, "handle > 15", DROPPED || met(s, "drop"))                \
	C(table, "table == nat", LONG)                                         \
	C(chain, "chain == from_lan", LONG)                                    \
	C(hook, "hook == forward", LONG)                                       \
	C(event, "event == return", LONG)                                      \
	C(detail, "detail ~ \"field=ttl\"", LONG)                              \
	C(state, "state == new", LONG)                                         \
	C(nat, "nat", LONG)                                                    \
	C(nat_not, "!nat", !LONG)                                              \
	C(nat_no, "nat == no", !LONG)                                          \
	C(src, "ip.src == 10.1.0.33", ip4(&P, SKALD_P_saddr) == 0x0a010021)    \
	C(src_net, "ip.src == 10.1.1.0/24",                                    \
	  IP4_NET(SKALD_P_saddr, 0x0a0101, 24))                                \
	C(src_not, "ip.src != 10.1.0.0/16",                                    \
	  !IP4_NET(SKALD_P_saddr, 0x0a01, 16))                                 \
	C(src_in, "ip.src in {10.1.0.1, 10.1.1.128/25}",                       \
	  ip4(&P, SKALD_P_saddr) == 0x0a010001 ||                              \
		  IP4_NET(SKALD_P_saddr, 0x0a010180 >> 7, 25))                 \
	C(src_any, "ip.src == 0.0.0.0/0", ip4(&P, SKALD_P_saddr) != 0)         \
	C(dst, "ip.dst == 10.1.0.1", ip4(&P, SKALD_P_daddr) == 0x0a010001)     \
	C(addr_final, "ip.addr == 10.2.0.2",                                   \
	  ip4(&L, SKALD_P_daddr) == 0x0a020002)                                \
	C(final_dst, "final.dst == 10.2.0.0/24",                               \
	  ip4(&L, SKALD_P_daddr) >> 8 == 0x0a0200)                             \
	C(final_src, "final.src == 10.1.0.34",                                 \
	  ip4(&L, SKALD_P_saddr) == 0x0a010022)                                \
	C(ip6, "ip.src == 2001:db8::/64", is(P.family, "ip6"))                 \
	C(ip6_one, "ip.src == [2001:db8::5]",                                  \
	  is(P.family, "ip6") && s->first.nh[23] == 5)                         \
	C(ip6_not, "!(ip.addr == ::/0)", !is(P.family, "ip6"))                 \
	C(sport, "src.port == 20033", num(&P, SKALD_P_sport) == 20033)         \
	C(sport_range, "src.port >= 20100 && src.port <= 20110",               \
	  num(&P, SKALD_P_sport) >= 20100 && num(&P, SKALD_P_sport) <= 20110)  \
	C(sport_not, "src.port != 20033", num(&P, SKALD_P_sport) != 20033)     \
	C(dport, "dst.port == 8080", num(&P, SKALD_P_dport) == 8080)           \
	C(port_final, "port == 80", num(&L, SKALD_P_dport) == 80)              \
	C(final_dport, "final.dst.port < 1000", num(&L, SKALD_P_dport) < 1000) \
	C(final_sport, "final.src.port == 20044",                              \
	  num(&L, SKALD_P_sport) == 20044)                                     \
	C(proto, "proto == icmp6", is(P.proto, "icmp6"))                       \
	C(family, "family != ip", !is(P.family, "ip"))                         \
	C(len, "len == 60", num(&P, SKALD_P_len) == 60)                        \
	C(ttl, "ttl == 64 && final.ttl == 63",                                 \
	  num(&P, SKALD_P_ttl) == 64 && num(&L, SKALD_P_ttl) == 63)            \
	C(mark, "final.mark == 0x10", num(&L, SKALD_P_mark) == 16)             \
	C(flags, "tcp.flags == S", is(P.flags, "S"))                           \
	C(flags_not, "tcp.flags != S", !is(P.flags, "S"))                      \
	C(window, "tcp.window > 60000", num(&P, SKALD_P_window) != UINT64_MAX) \
	C(icmp, "icmp.type == 129", num(&P, SKALD_P_icmp_type) == 129)         \
	C(mac, "mac.src == 02:00:00:00:00:03",                                 \
	  P.value[SKALD_P_smac].type == SKALD_VALUE_MAC &&                     \
		  P.value[SKALD_P_smac].bytes[5] == 3)                         \
	C(iif, "iif == br-lan", is(s->iif, "br-lan"))                          \
	C(iif_like, "iif ~ ET", is(s->iif, "eth0"))                            \
	C(oif, "oif == eth1", is(s->oif, "eth1"))                              \
	C(netns, "netns in {lan, wan}", is(s->netns, "lan"))                   \
	C(netns_not, "netns != lan", !is(s->netns, "lan"))                     \
	C(host, "host == nobody", false)                                       \
	C(host_not, "host != nobody", true)                                    \
	C(source, "source == engine", s->source == SKALD_SOURCE_ENGINE)        \
	C(generation, "generation > 12", s->generation > 12)                   \
	C(path, "path ~ from_lan", LONG)                                       \
	C(events, "events == 1", s->n_events == 1)                             \
	C(complete, "complete", s->complete)                                   \
	C(complete_not, "complete != yes", !s->complete)                       \
	C(gap, "gap", !s->complete)                                            \
	C(gap_not, "not gap", s->complete)                                     \
	C(gap_any, "gap in {yes, no}", true)                                   \
	C(pinned, "pinned", s->pinned)                                         \
	C(time_min, "time > @1700000300",                                      \
	  s->start_ns > START + 300 * SCRATCH_SECOND_NS)                       \
	C(time_max, "time <= @1700000020",                                     \
	  s->start_ns <= START + 20 * SCRATCH_SECOND_NS)                       \
	C(time_range, "time >= @1700000100 && time < 2023-11-14T22:16:00Z",    \
	  s->start_ns >= START + 100 * SCRATCH_SECOND_NS &&                    \
		  s->start_ns < START + 160 * SCRATCH_SECOND_NS)               \
	C(time_not, "!(time > @1700000100)",                                   \
	  s->start_ns <= START + 100 * SCRATCH_SECOND_NS)                      \
	C(time_none, "time > @1900000000", false)                              \
	C(duration, "duration > 100us", s->end_ns - s->start_ns > 100000)      \
	C(and_or, "id < 50 && (src.port == 20007 || iif == wg0)",              \
	  s->id < 50 &&                                                        \
		  (num(&P, SKALD_P_sport) == 20007 || is(s->iif, "wg0")))      \
	C(precedence, "id == 1 || id == 2 && iif == nothing", s->id == 1)      \
	C(words, "id == 1 or not id > 3 and not gap",                          \
	  s->id == 1 || (s->id <= 3 && s->complete))                           \
	C(two_drivers,                                                         \
	  "verdict == drop && netns == lan && ip.src == 10.1.0.0/28",          \
	  DROPPED &&is(s->netns, "lan") &&                                     \
		  IP4_NET(SKALD_P_saddr, 0x0a01000, 28))                       \
	C(flow_or_shape, "src.port == 20100 || netns == lan",                  \
	  num(&P, SKALD_P_sport) == 20100 || is(s->netns, "lan"))

#define CASE_FUNCTION(name, text, expression)                \
	static bool case_##name(const struct skald_story *s) \
	{                                                    \
		return expression;                           \
	}
CASES(CASE_FUNCTION)

#define CASE_ROW(name, text, expression) { #name, text, case_##name },
static const struct {
	const char *name;
	const char *text;
	bool (*is_true)(const struct skald_story *s);
} cases[] = { CASES(CASE_ROW) };

/**
 * struct expecting - the stories that a filter should find
 */
struct expecting {
	bool (*is_true)(const struct skald_story *s);
	struct scratch_ids ids;
};

static bool expect_if_true(void *user, const struct skald_story *story)
{
	struct expecting *expecting = user;

	if (expecting->is_true(story))
		expecting->ids.ids[expecting->ids.n++] = story->id;
	return true;
}

static void assert_same_ids(const char *name, const struct scratch_ids *a,
			    const struct scratch_ids *b)
{
	cr_assert_eq(a->n, b->n, "%s: %zu instead of %zu", name, b->n, a->n);
	cr_assert(!a->n || !memcmp(a->ids, b->ids, a->n * sizeof(*a->ids)),
		  "%s", name);
}

Test(filter_find, finds_what_it_says)
{
	static struct expecting expecting;
	static struct scratch_ids found;
	struct skald_store *store = fill_varied();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct skald_filter *filter = scratch_compile(cases[i].text);
		struct skald_list_query query = { 0 };

		expecting.is_true = cases[i].is_true;
		expecting.ids.n = 0;
		cr_assert_eq(skald_store_list(store, &query, expect_if_true,
					      &expecting, NULL),
			     0);
		query.filter = filter;
		scratch_list(store, &query, &found);
		assert_same_ids(cases[i].name, &expecting.ids, &found);
		skald_filter_free(filter);
	}
	skald_store_close(store);
}

/* ---- random filters ---- */

static const char *const atoms[] = {
	"verdict == drop",
	"verdict == accept",
	"src.port == 20033",
	"ip.src == 10.1.0.0/26",
	"ip.addr == 10.2.0.2",
	"port > 20400",
	"rule ~ dnat",
	"chain == from_lan",
	"netns == lan",
	"iif != eth0",
	"gap",
	"complete",
	"time > @1700000250",
	"id < 100",
	"len == 60",
	"tcp.flags == S",
	"generation in {11, 13}",
	"nat",
	"final.ttl == 63",
	"proto == tcp",
	"state == new",
	"source == engine",
	"host == x",
	"final.dst.port == 80",
	"pinned",
	"event == drop",
	"hook != forward",
	"ip.dst == 2001:db8:1::1",
	"shape < 5",
	"handle == 17",
};

static char *roll_filter(struct dice *dice, int depth, char *to)
{
	static const char *const joins[] = { " && ", " || ", " and ", " or " };

	if (!depth || !roll_below(dice, 3))
		return stpcpy(to,
			      atoms[roll_below(dice, sizeof(atoms) /
							     sizeof(*atoms))]);
	if (!roll_below(dice, 4)) {
		to = stpcpy(to, roll_below(dice, 2) ? "!(" : "not (");
		to = roll_filter(dice, depth - 1, to);
		return stpcpy(to, ")");
	}
	to = stpcpy(to, "(");
	to = roll_filter(dice, depth - 1, to);
	to = stpcpy(to, joins[roll_below(dice, 4)]);
	to = roll_filter(dice, depth - 1, to);
	return stpcpy(to, ")");
}

static void reverse(struct scratch_ids *list)
{
	for (size_t i = 0; i < list->n / 2; i++) {
		uint64_t id = list->ids[i];

		list->ids[i] = list->ids[list->n - 1 - i];
		list->ids[list->n - 1 - i] = id;
	}
}

/* The same found by shape or flow as by a scan, forwards, in pages. */
static void check_ways(struct skald_store *store, const char *text)
{
	static struct scratch_ids found, other;
	struct skald_list_query all = { 0 }, page = { .limit = 7 };
	char scan[4096];

	scratch_list_text(store, text, all, &found);
	snprintf(scan, sizeof(scan), "(%s) || id == 0", text);
	scratch_list_text(store, scan, all, &other);
	assert_same_ids(text, &other, &found);

	snprintf(scan, sizeof(scan), "not (%s)", text);
	scratch_list_text(store, scan, all, &other);
	cr_assert_eq(found.n + other.n, N_STORIES, "%s", text);

	all.oldest_first = true;
	scratch_list_text(store, text, all, &other);
	reverse(&other);
	assert_same_ids(text, &found, &other);

	for (size_t at = 0; at < found.n; at += 7) {
		scratch_list_text(store, text, page, &other);
		cr_assert_eq(other.n, found.n - at < 7 ? found.n - at : 7, "%s",
			     text);
		cr_assert_eq(memcmp(other.ids, found.ids + at,
				    other.n * sizeof(*other.ids)),
			     0, "%s", text);
		page.before = other.ids[other.n - 1];
	}
}

static bool add_stories(void *user, const struct skald_shape_row *row)
{
	*(uint64_t *)user += row->stories;
	return true;
}

static void check_shapes(struct skald_store *store, const char *text)
{
	static struct scratch_ids found;
	struct skald_list_query all = { 0 };
	struct skald_filter *filter = scratch_compile(text);
	uint64_t stories = 0;

	scratch_list_text(store, text, all, &found);
	cr_assert_eq(skald_store_shapes(store, filter, add_stories, &stories,
					NULL),
		     0);
	cr_assert_eq(stories, found.n, "%s", text);
	skald_filter_free(filter);
}

Test(filter_find, every_way_finds_the_same)
{
	struct skald_store *store = fill_varied();
	struct dice dice = { 31 };
	char text[4096];

	for (size_t i = 0; i < sizeof(atoms) / sizeof(*atoms); i++) {
		check_ways(store, atoms[i]);
		check_shapes(store, atoms[i]);
	}
	for (int round = 0; round < 120; round++) {
		roll_filter(&dice, 4, text);
		check_ways(store, text);
		check_shapes(store, text);
	}
	skald_store_close(store);
}

/* Several rows of postings for each key. */
Test(filter_find, a_merge_fetches_on)
{
	static struct scratch_ids found;
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_list_query all = { 0 };
	struct skald_story story;

	store->tail_max = 700;
	for (unsigned int n = 0; n < 6000;) {
		scratch_begin(store);
		do {
			scratch_story(&story, n % 5);
			story.netns = n % 3 ? "a" : "b";
			(void)scratch_add(store, &story);
			skald_story_done(&story);
		} while (++n % 100);
		scratch_commit(store);
	}
	scratch_list_text(store, "src.port == 20001", all, &found);
	cr_assert_eq(found.n, 1200);
	for (size_t i = 1; i < found.n; i++)
		cr_assert_eq(found.ids[i], found.ids[i - 1] - 5);
	scratch_list_text(store, "netns == b", all, &found);
	cr_assert_eq(found.n, 2000);
	scratch_list_text(store, "netns == b && src.port in {20001, 20004}",
			  all, &found);
	cr_assert_eq(found.n, 800);
	skald_store_close(store);
}
