// SPDX-License-Identifier: GPL-2.0-only
/*
 * The teller: texts, changes and their authors, endings, completeness.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "teller.h"
#include "trace.h"

#define RULE(number, in, words)                                               \
	{                                                                     \
		.family = SKALD_FAMILY_INET, .handle = number, .table = "fw", \
		.chain = in, .text = words                                    \
	}
#define CHAIN(of, at, prio, kind)                                       \
	{                                                               \
		.family = SKALD_FAMILY_INET, .table = "fw", .name = of, \
		.is_base = true, .hook = SKALD_HOOK_##at,               \
		.priority_name = prio, .type = kind                     \
	}

static struct skald_rule rules[] = {
	RULE(4, "pre", "tcp dport 8080 dnat to :80"),
	RULE(5, "fwd", "ip saddr @bad drop"),
	RULE(6, "m", "ip ttl set 3"),
	RULE(7, "m", "meta mark set 0x1"),
	RULE(8, "m", "ip ttl set 4"),
	RULE(9, "m", "ip ttl set 5"),
};
static struct skald_chain chains[] = {
	CHAIN("pre", PREROUTING, "dstnat", "nat"),
	CHAIN("fwd", FORWARD, "filter", "filter"),
	CHAIN("m", FORWARD, "mangle", "filter"),
};

/**
 * struct rig - a raw story in the making, and what it became
 */
struct rig {
	struct skald_rulebook *book;
	struct skald_teller *teller;
	struct skald_raw_story raw;
	struct skald_raw_event events[32];
	struct skald_snap snaps[16];
	struct skald_step steps[32];
	struct skald_story story;
};

static const struct skald_rulebook *rulebook(void *user, uint32_t netns,
					     uint32_t generation)
{
	struct rig *rig = user;

	return rig->book;
}

static const char *netns_name(void *user, uint32_t netns)
{
	return "router";
}

static const char *ifname(void *user, uint32_t netns, uint32_t index)
{
	return index == 2 ? "in" : "out";
}

static int route(void *user, uint32_t netns,
		 const struct skald_route_query *query,
		 struct skald_arena *arena, struct skald_event *event)
{
	SKALD_SET(event, route, table, "main");
	SKALD_SET(event, route, agrees, query->oif_seen == 3);
	return 0;
}

static const char *classifier(void *user, uint32_t id)
{
	return id == 1 ? "tcp" : NULL;
}

static uint64_t story_id(void *user, uint64_t serial)
{
	return serial + 100;
}

static const struct skald_teller_ops ops = {
	.rulebook = rulebook,
	.netns_name = netns_name,
	.ifname = ifname,
	.route = route,
	.classifier = classifier,
	.story_id = story_id,
};

static void rig_up(struct rig *rig)
{
	struct skald_ruleset ruleset = {
		.generation = 3,
		.chains = chains,
		.n_chains = sizeof(chains) / sizeof(*chains),
		.rules = rules,
		.n_rules = sizeof(rules) / sizeof(*rules),
	};
	struct skald_snap *snap = &rig->snaps[0];

	memset(rig, 0, sizeof(*rig));
	rig->book = skald_rulebook_new();
	cr_assert_eq(skald_rulebook_add(rig->book, &ruleset), 0);
	rig->teller = skald_teller_new(&ops, rig);
	rig->raw.events = rig->events;
	rig->raw.snaps = rig->snaps;
	rig->raw.has_mark = true;
	rig->raw.n_snaps = 1;
	rig->raw.start_ns = 1000;
	snap->ethertype = ETH_P_IP;
	snap->iif = 2;
	snap->nh_len = snap->th_len = 20;
	snap->nh[0] = 0x45;
	snap->nh[8] = 64;
	snap->nh[9] = 6;
	inet_pton(AF_INET, "10.1.0.2", snap->nh + 12);
	inet_pton(AF_INET, "10.1.0.1", snap->nh + 16);
	snap->th[0] = 40000 >> 8;
	snap->th[1] = 40000 & 255;
	snap->th[2] = 8080 >> 8;
	snap->th[3] = 8080 & 255;
}

static void rig_down(struct rig *rig)
{
	skald_story_done(&rig->story);
	skald_teller_free(rig->teller);
	skald_rulebook_free(rig->book);
}

static struct skald_snap *changed(struct rig *rig)
{
	struct skald_snap *snap = &rig->snaps[rig->raw.n_snaps++];

	*snap = snap[-1];
	return snap;
}

static struct skald_raw_event *say(struct rig *rig, const char *chain,
				   unsigned int type, uint64_t handle,
				   unsigned int verdict, bool enters)
{
	struct skald_raw_event *event = &rig->events[rig->raw.n_events];
	struct skald_step *step = &rig->steps[rig->raw.n_events++];

	step->family = SKALD_FAMILY_INET;
	step->type = type;
	step->handle = handle;
	step->verdict = verdict;
	step->table = "fw";
	step->chain = chain;
	event->step = step;
	event->enters = enters;
	event->snap = rig->raw.n_snaps - 1;
	event->dt_ns = rig->raw.n_events;
	return event;
}

static struct skald_raw_event *witness(struct rig *rig, const char *name)
{
	const struct skald_witness *all = skald_witnesses(SKALD_FAMILY_IP);
	struct skald_raw_event *event = say(rig, name, NFT_TRACETYPE_POLICY, 0,
					    SKALD_VERDICT_ACCEPT, true);
	struct skald_step *step = (struct skald_step *)event->step;

	while (strcmp(all->name, name))
		all++;
	step->family = SKALD_FAMILY_IP;
	step->table = "skald";
	step->witness = all;
	step->role = all->role;
	return event;
}

static void mark(struct rig *rig)
{
	struct skald_raw_event *event = witness(rig, "pre_mark");
	struct skald_step *step = (struct skald_step *)event->step;

	step->type = NFT_TRACETYPE_RULE;
	step->handle = 9;
	step->value = 1;
}

static void conntrack(struct rig *rig, unsigned int state)
{
	struct skald_raw_event *event = witness(rig, "pre_ct");
	struct skald_step *step = (struct skald_step *)event->step;

	step->type = NFT_TRACETYPE_RULE;
	step->handle = 10;
	step->value = state;
}

static void tell(struct rig *rig, enum skald_raw_end end)
{
	struct skald_packed packed;

	rig->raw.end = end;
	cr_assert_eq(skald_teller_tell(rig->teller, &rig->raw, &packed), 0);
	skald_story_done(&rig->story);
	cr_assert_eq(skald_story_unpack(&packed, &rig->story), 0);
}

/* The @n-th event of a kind, from 0. */
static const struct skald_event *
find(const struct rig *rig, enum skald_event_kind kind, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < rig->story.n_events; i++)
		if (rig->story.events[i].kind == kind && !n--)
			return &rig->story.events[i];
	return NULL;
}

static void forwarded(struct rig *rig)
{
	struct skald_snap *snap;

	mark(rig);
	conntrack(rig, SKALD_CTSTATE_NEW);
	say(rig, "pre", NFT_TRACETYPE_RULE, 4, SKALD_VERDICT_ACCEPT, true);
	snap = changed(rig);
	inet_pton(AF_INET, "10.2.0.2", snap->nh + 16);
	snap->th[2] = 0;
	snap->th[3] = 80;
	witness(rig, "pre_dnat");
	snap = changed(rig);
	snap->nh[8] = 63;
	snap->oif = 3;
	witness(rig, "fwd_first");
}

Test(teller, a_translation_is_told_behind_its_rule)
{
	const struct skald_event *event;
	char text[48];
	struct rig rig;

	rig_up(&rig);
	forwarded(&rig);
	say(&rig, "fwd", NFT_TRACETYPE_POLICY, 0, SKALD_VERDICT_DROP, true);
	tell(&rig, SKALD_RAW_DROPPED);

	event = find(&rig, SKALD_RULE, 0);
	cr_assert_str_eq(event->ev_rule.text, "tcp dport 8080 dnat to :80");
	cr_assert_eq(event[1].kind, SKALD_NAT);
	cr_assert_eq(event[1].ev_nat.type, SKALD_NAT_DNAT);
	cr_assert_str_eq(event[1].ev_nat.old, "10.1.0.1:8080");
	cr_assert_str_eq(event[1].ev_nat.new, "10.2.0.2:80");
	cr_assert_eq(event[1].ev_nat.handle, 4);
	cr_assert_eq(event[2].kind, SKALD_MANGLE);
	cr_assert_str_eq(event[2].ev_mangle.field, "daddr");
	cr_assert_str_eq(skald_value_format(&event[2].ev_mangle.new, text,
					    sizeof(text)),
			 "10.2.0.2");
	cr_assert_str_eq(event[2].ev_mangle.by, "inet fw pre rule 4");
	cr_assert_str_eq(event[3].ev_mangle.field, "dport");
	event = find(&rig, SKALD_MANGLE, 2);
	cr_assert_str_eq(event->ev_mangle.field, "ttl");
	cr_assert_str_eq(event->ev_mangle.by, "forwarding");
	rig_down(&rig);
}

Test(teller, a_policy_drop_ends_the_story_whole)
{
	struct rig rig;

	rig_up(&rig);
	forwarded(&rig);
	say(&rig, "fwd", NFT_TRACETYPE_POLICY, 0, SKALD_VERDICT_DROP, true);
	tell(&rig, SKALD_RAW_DROPPED);
	cr_assert_eq(rig.story.ending.kind, SKALD_ENDING_DROPPED);
	cr_assert_eq(rig.story.ending.hook, SKALD_HOOK_FORWARD);
	cr_assert_str_eq(rig.story.ending.chain, "fwd");
	cr_assert_str_eq(rig.story.ending.text, "policy drop");
	cr_assert_str_eq(rig.story.ending.reason, "NETFILTER_DROP");
	cr_assert(rig.story.complete);
	cr_assert_str_eq(rig.story.iif, "in");
	cr_assert_str_eq(rig.story.oif, "out");
	cr_assert_str_eq(rig.story.netns, "router");
	cr_assert_eq(find(&rig, SKALD_CONNTRACK, 0)->ev_conntrack.state,
		     SKALD_CTSTATE_NEW);
	cr_assert_str_eq(find(&rig, SKALD_ROUTE, 0)->ev_route.table, "main");
	cr_assert_null(find(&rig, SKALD_ROUTE, 1));
	rig_down(&rig);
}

Test(teller, every_classifier_that_wanted_the_packet_is_told)
{
	struct rig rig;

	rig_up(&rig);
	mark(&rig);
	mark(&rig);
	conntrack(&rig, SKALD_CTSTATE_NEW);
	tell(&rig, SKALD_RAW_IDLE);
	cr_assert_not_null(find(&rig, SKALD_MARK, 1));
	cr_assert_null(find(&rig, SKALD_MARK, 2));
	rig_down(&rig);
}

Test(teller, a_silent_witness_is_a_gap)
{
	struct rig rig;

	rig_up(&rig);
	mark(&rig);
	/* pre_ct and pre_dnat say nothing */
	witness(&rig, "fwd_first");
	say(&rig, "fwd", NFT_TRACETYPE_POLICY, 0, SKALD_VERDICT_DROP, true);
	tell(&rig, SKALD_RAW_DROPPED);
	cr_assert_not(rig.story.complete);
	cr_assert_eq(rig.story.n_gaps, 1);
	cr_assert_eq(rig.story.gaps[0].count, 2);
	rig_down(&rig);
}

Test(teller, a_loss_is_a_gap)
{
	struct rig rig;

	rig_up(&rig);
	mark(&rig);
	rig.raw.was_lossy = true;
	rig.raw.lost = 5000;
	tell(&rig, SKALD_RAW_LOST);
	cr_assert_not(rig.story.complete);
	cr_assert_eq(rig.story.ending.kind, SKALD_ENDING_UNKNOWN);
	cr_assert_not_null(strstr(rig.story.gaps[0].where, "5000"));
	cr_assert_not_null(find(&rig, SKALD_LOST, 0));
	rig_down(&rig);
}

static const struct skald_event *ttl_after(struct rig *rig, uint64_t handle)
{
	struct skald_snap *snap;

	forwarded(rig);
	say(rig, "m", NFT_TRACETYPE_RULE, 7, SKALD_VERDICT_CONTINUE, true);
	say(rig, "m", NFT_TRACETYPE_RULE, 8, SKALD_VERDICT_CONTINUE, false);
	if (handle)
		say(rig, "m", NFT_TRACETYPE_RULE, handle,
		    SKALD_VERDICT_CONTINUE, false);
	snap = changed(rig);
	snap->nh[8] = 4;
	say(rig, "fwd", NFT_TRACETYPE_RULE, 5, SKALD_VERDICT_DROP, true);
	tell(rig, SKALD_RAW_DROPPED);
	cr_assert_eq(rig->story.ending.handle, 5);
	cr_assert_str_eq(rig->story.ending.text, "ip saddr @bad drop");
	return find(rig, SKALD_MANGLE, 3);
}

Test(teller, the_one_rule_that_can_have_done_it_is_named)
{
	const struct skald_event *event;
	struct rig rig;

	rig_up(&rig);
	event = ttl_after(&rig, 0);
	cr_assert_str_eq(event->ev_mangle.field, "ttl");
	cr_assert_str_eq(event->ev_mangle.by, "inet fw m rule 8");
	cr_assert_eq(event[-1].kind, SKALD_RULE);
	cr_assert_eq(event[-1].ev_rule.handle, 8);
	rig_down(&rig);
}

Test(teller, one_of_two_rules_is_not_guessed)
{
	const struct skald_event *event;
	struct rig rig;

	rig_up(&rig);
	event = ttl_after(&rig, 9);
	cr_assert_str_eq(event->ev_mangle.by, "one of 2 rules");
	rig_down(&rig);
}

Test(teller, a_mark_is_seen_at_the_rule_that_sets_it)
{
	const struct skald_event *event;
	struct skald_snap *snap;
	struct rig rig;

	rig_up(&rig);
	forwarded(&rig);
	say(&rig, "m", NFT_TRACETYPE_RULE, 6, SKALD_VERDICT_CONTINUE, true);
	snap = changed(&rig);
	snap->mark = 1;
	say(&rig, "m", NFT_TRACETYPE_RULE, 7, SKALD_VERDICT_CONTINUE, false);
	say(&rig, "fwd", NFT_TRACETYPE_RULE, 5, SKALD_VERDICT_DROP, true);
	tell(&rig, SKALD_RAW_DROPPED);
	event = find(&rig, SKALD_MANGLE, 3);
	cr_assert_str_eq(event->ev_mangle.field, "mark");
	cr_assert_str_eq(event->ev_mangle.by, "inet fw m rule 7");
	cr_assert_eq(event[-1].ev_rule.handle, 7);
	rig_down(&rig);
}

/* A rule of chain "m" that sends to user space, and the packet back again. */
static const struct skald_event *queued(struct rig *rig, uint32_t queue,
					const char *next)
{
	struct skald_step *step;
	struct skald_snap *snap;

	forwarded(rig);
	say(rig, "m", NFT_TRACETYPE_RULE, 7, SKALD_VERDICT_QUEUE, true);
	step = &rig->steps[rig->raw.n_events - 1];
	step->value = queue;
	snap = changed(rig);
	snap->nh[8] = 4;
	say(rig, next, NFT_TRACETYPE_RULE, 5, SKALD_VERDICT_DROP, true);
	tell(rig, SKALD_RAW_DROPPED);
	return find(rig, SKALD_REINJECT, 0);
}

Test(teller, a_queued_packet_comes_back)
{
	const struct skald_event *event;
	struct rig rig;

	rig_up(&rig);
	event = queued(&rig, 5, "fwd");
	cr_assert_not_null(event);
	cr_assert_eq(event[-1].kind, SKALD_QUEUE);
	cr_assert_eq(event[-1].ev_queue.number, 5);
	cr_assert_eq(event[-1].ev_queue.hook, SKALD_HOOK_FORWARD);
	cr_assert_eq(event->ev_reinject.number, 5);
	cr_assert_eq(event->ev_reinject.verdict, SKALD_VERDICT_ACCEPT);
	cr_assert_not(SKALD_HAS(event, reinject, bypass));
	cr_assert_eq(event->t_ns, event[2].t_ns);
	cr_assert_eq(event[1].kind, SKALD_MANGLE);
	cr_assert_str_eq(event[1].ev_mangle.by, "user space (queue 5)");
	cr_assert_null(find(&rig, SKALD_REINJECT, 1));
	rig_down(&rig);
}

Test(teller, a_queued_packet_may_enter_its_chain_again)
{
	const struct skald_event *event;
	struct rig rig;

	rig_up(&rig);
	event = queued(&rig, 5, "m");
	cr_assert_eq(event->ev_reinject.verdict, SKALD_VERDICT_REPEAT);
	rig_down(&rig);
}

Test(teller, a_queue_with_bypass_may_have_had_no_listener)
{
	const struct skald_event *event;
	struct rig rig;

	rig_up(&rig);
	event = queued(&rig, 5 | SKALD_QUEUE_BYPASS, "fwd");
	cr_assert_eq(event->ev_reinject.number, 5);
	cr_assert(event->ev_reinject.bypass);
	cr_assert_eq(event[-1].ev_queue.number, 5);
	rig_down(&rig);
}

Test(teller, what_stays_in_user_space_is_not_told_to_come_back)
{
	struct rig rig;

	rig_up(&rig);
	forwarded(&rig);
	say(&rig, "m", NFT_TRACETYPE_RULE, 7, SKALD_VERDICT_QUEUE, true);
	tell(&rig, SKALD_RAW_QUEUED);
	cr_assert_not_null(find(&rig, SKALD_QUEUE, 0));
	cr_assert_null(find(&rig, SKALD_REINJECT, 0));
	rig_down(&rig);
}

Test(teller, a_link_is_told_with_the_other_story)
{
	struct rig rig;

	rig_up(&rig);
	rig.raw.link_kind = SKALD_LOOP;
	rig.raw.link_serial = 7;
	mark(&rig);
	tell(&rig, SKALD_RAW_IDLE);
	cr_assert_eq(rig.story.n_journey, 1);
	cr_assert_eq(rig.story.journey[0].story, 107);
	cr_assert_eq(find(&rig, SKALD_LOOP, 0)->ev_loop.story, 107);
	cr_assert_str_eq(rig.story.ending.reason,
			 "left netfilter at prerouting");
	rig_down(&rig);
}
