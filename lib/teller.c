// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks the raw events of a story and says each of them in words.
 */
#include "teller.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shape_memo.h"
#include "telling.h"

#define NO_RAW UINT32_MAX

struct skald_teller {
	struct skald_telling telling;
	struct skald_shape_memo *memo;
	struct skald_arena arena;
	struct skald_buffer shape;
	struct skald_buffer own;
};

struct skald_teller *skald_teller_new(const struct skald_teller_ops *ops,
				      void *user)
{
	struct skald_teller *teller = calloc(1, sizeof(*teller));

	if (!teller)
		return NULL;
	teller->memo = skald_shape_memo_new();
	if (!teller->memo) {
		free(teller);
		return NULL;
	}
	teller->telling.ops = ops;
	teller->telling.user = user;
	return teller;
}

void skald_teller_free(struct skald_teller *teller)
{
	if (!teller)
		return;
	skald_shape_memo_free(teller->memo);
	skald_arena_done(&teller->telling.arena);
	skald_arena_done(&teller->arena);
	skald_buffer_done(&teller->shape);
	skald_buffer_done(&teller->own);
	free(teller->telling.events);
	free(teller->telling.rule_at);
	free(teller);
}

/* ---- the list of events ---- */

static int grow(struct skald_telling *telling)
{
	uint32_t size = telling->size_events ? telling->size_events * 2 : 64;
	struct skald_event *events;
	uint32_t *rule_at;

	if (telling->story.n_events < telling->size_events)
		return 0;
	events = realloc(telling->events, size * sizeof(*events));
	if (!events)
		return -ENOMEM;
	telling->events = events;
	rule_at = realloc(telling->rule_at, size * sizeof(*rule_at));
	if (!rule_at)
		return -ENOMEM;
	telling->rule_at = rule_at;
	telling->size_events = size;
	return 0;
}

static struct skald_event *put(struct skald_telling *telling, uint32_t place,
			       uint32_t raw, enum skald_event_kind kind)
{
	struct skald_event *event;
	uint32_t behind;

	if (grow(telling)) {
		telling->failed = true;
		return NULL;
	}
	behind = telling->story.n_events - place;
	event = telling->events + place;
	memmove(event + 1, event, behind * sizeof(*event));
	memmove(telling->rule_at + place + 1, telling->rule_at + place,
		behind * sizeof(*telling->rule_at));
	telling->story.n_events++;
	telling->rule_at[place] = raw;
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->t_ns = telling->raw->start_ns + telling->raw->events[raw].dt_ns;
	return event;
}

struct skald_event *skald_telling_add(struct skald_telling *telling,
				      enum skald_event_kind kind)
{
	return put(telling, telling->story.n_events, telling->at, kind);
}

struct skald_event *skald_telling_insert(struct skald_telling *telling,
					 uint32_t raw,
					 enum skald_event_kind kind)
{
	uint32_t place = telling->story.n_events;

	while (place && telling->rule_at[place - 1] > raw)
		place--;
	return put(telling, place, raw, kind);
}

/* ---- what a step is ---- */

/* Whether @text has the words of @phrase, as whole words. */
static bool has_phrase(const char *text, const char *phrase)
{
	size_t len = strlen(phrase);
	const char *at = text;

	while ((at = strstr(at, phrase))) {
		bool starts = at == text || at[-1] == ' ';
		bool ends = !at[len] || at[len] == ' ';

		if (starts && ends)
			return true;
		at += len;
	}
	return false;
}

/**
 * struct meaning - what a phrase in a rule's text says
 * @phrase: statement of nft, or target of iptables
 * @flags: enum skald_told_flags
 * @nat: enum skald_words_NAT, with SKALD_TOLD_NAT
 */
struct meaning {
	const char *phrase;
	unsigned int flags;
	unsigned int nat;
};

static const struct meaning meanings[] = {
	{ "masquerade", SKALD_TOLD_NAT, SKALD_NAT_MASQUERADE },
	{ "MASQUERADE", SKALD_TOLD_NAT, SKALD_NAT_MASQUERADE },
	{ "redirect", SKALD_TOLD_NAT, SKALD_NAT_REDIRECT },
	{ "REDIRECT", SKALD_TOLD_NAT, SKALD_NAT_REDIRECT },
	{ "dnat", SKALD_TOLD_NAT, SKALD_NAT_DNAT },
	{ "DNAT", SKALD_TOLD_NAT, SKALD_NAT_DNAT },
	{ "snat", SKALD_TOLD_NAT, SKALD_NAT_SNAT },
	{ "SNAT", SKALD_TOLD_NAT, SKALD_NAT_SNAT },
	{ "NETMAP", SKALD_TOLD_NAT, SKALD_NAT_DNAT },
	{ "meta mark set", SKALD_TOLD_MARK, 0 },
	{ "mark set", SKALD_TOLD_MARK, 0 },
	{ "MARK", SKALD_TOLD_MARK, 0 },
	{ "CONNMARK", SKALD_TOLD_MARK, 0 },
	{ "TPROXY", SKALD_TOLD_MARK, 0 },
	{ "ttl set", SKALD_TOLD_TTL, 0 },
	{ "hoplimit set", SKALD_TOLD_TTL, 0 },
	{ "TTL", SKALD_TOLD_TTL, 0 },
	{ "HL", SKALD_TOLD_TTL, 0 },
	{ "dscp set", SKALD_TOLD_TOS, 0 },
	{ "ecn set", SKALD_TOLD_TOS, 0 },
	{ "DSCP", SKALD_TOLD_TOS, 0 },
	{ "TOS", SKALD_TOLD_TOS, 0 },
	{ "ECN", SKALD_TOLD_TOS, 0 },
	{ "set", SKALD_TOLD_WRITES, 0 },
	{ "TCPMSS", SKALD_TOLD_WRITES, 0 },
};

static void understand(struct skald_told *told, const char *text)
{
	size_t i;

	told->flags = 0;
	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!has_phrase(text, meanings[i].phrase))
			continue;
		if (!(told->flags & SKALD_TOLD_NAT))
			told->nat = meanings[i].nat;
		told->flags |= meanings[i].flags;
	}
}

static const char *word_of_family(unsigned int family)
{
	return skald_word(skald_words_of_FAMILY, family);
}

/*
 * What is known of a step, as it was in the story's generation; looked up again
 * when that changes, and when the rulebook learnt something.
 */
static const struct skald_told *told_of(struct skald_teller *teller,
					const struct skald_step *step,
					const struct skald_rulebook *book)
{
	uint32_t generation = teller->telling.raw->generation;
	uint32_t newest = book ? skald_rulebook_generation(book) : 0;
	struct skald_told *told = step->told;

	if (told && told->newest == newest && told->generation == generation)
		return told;
	if (!told)
		told = skald_arena_alloc(&teller->arena, sizeof(*told));
	if (!told)
		return NULL;
	((struct skald_step *)step)->told = told;
	told->generation = generation;
	told->newest = newest;
	if (book && step->handle)
		told->rule =
			skald_rulebook_rule(book, step->family, step->table,
					    step->handle, generation);
	if (book)
		told->chain = skald_rulebook_chain(book, step->family,
						   step->table, step->chain);
	if (told->rule && told->rule->text)
		understand(told, told->rule->text);
	if (step->handle && !told->by)
		told->by =
			skald_arena_printf(&teller->arena, "%s %s %s rule %llu",
					   word_of_family(step->family),
					   step->table, step->chain,
					   (unsigned long long)step->handle);
	return told;
}

/* ---- one raw event ---- */

static void tell_mark(struct skald_telling *telling,
		      const struct skald_step *step)
{
	const struct skald_teller_ops *ops = telling->ops;
	const struct skald_snap *snap = &telling->raw->snaps[0];
	uint32_t netns = telling->raw->netns;
	struct skald_event *event = skald_telling_add(telling, SKALD_MARK);
	const char *expression;

	if (!event)
		return;
	expression = ops->classifier(telling->user, step->value);
	if (expression)
		SKALD_SET(event, mark, classifier, expression);
	SKALD_SET(event, mark, family, step->family);
	SKALD_SET(event, mark, hook, step->witness->hook);
	if (snap->iif)
		SKALD_SET(event, mark, iif,
			  ops->ifname(telling->user, netns, snap->iif));
	if (snap->oif)
		SKALD_SET(event, mark, oif,
			  ops->ifname(telling->user, netns, snap->oif));
	SKALD_SET(event, mark, mark, snap->mark);
}

static const char *link_proof(uint32_t kind)
{
	switch (kind) {
	case SKALD_REASSEMBLE:
		return "same addresses, protocol and identification";
	case SKALD_LOOP:
		return "same bytes, on the way round";
	}
	return "same bytes at the same moment";
}

void skald_telling_link(struct skald_telling *telling, uint32_t behind)
{
	const struct skald_raw_story *raw = telling->raw;
	struct skald_event *event;
	struct skald_link *link;
	uint64_t id;

	if (!raw->link_serial)
		return;
	id = telling->ops->story_id(telling->user, raw->link_serial);
	event = skald_telling_insert(telling, behind, raw->link_kind);
	if (!event)
		return;
	if (id)
		SKALD_SET(event, loop, story, id);
	SKALD_SET(event, loop, how, link_proof(raw->link_kind));
	if (!id)
		return;
	link = skald_arena_alloc(&telling->arena, sizeof(*link));
	if (!link)
		return;
	link->kind = raw->link_kind;
	link->story = id;
	telling->story.journey = link;
	telling->story.n_journey = 1;
}

/* include/uapi/linux/netfilter/nf_conntrack_common.h: IPS_* */
static const struct skald_word status_bits[] = {
	{ IPS_EXPECTED, "expected" },
	{ IPS_SEEN_REPLY, "seen-reply" },
	{ IPS_ASSURED, "assured" },
	{ IPS_CONFIRMED, "confirmed" },
	{ IPS_SRC_NAT, "snat" },
	{ IPS_DST_NAT, "dnat" },
	{ IPS_SEQ_ADJUST, "seq-adjust" },
	{ IPS_DYING, "dying" },
	{ IPS_FIXED_TIMEOUT, "fixed-timeout" },
	{ 0, NULL },
};

static const char *status_text(struct skald_telling *telling, uint32_t status)
{
	const struct skald_word *bit;
	char text[160], *at = text;

	for (bit = status_bits; bit->word; bit++) {
		if (!(status & bit->number))
			continue;
		if (at > text)
			*at++ = ',';
		at = stpcpy(at, bit->word);
	}
	return skald_arena_strndup(&telling->arena, text, at - text);
}

/* The tracker's view: from the kernel's attributes, else from our rules. */
static void tell_conntrack(struct skald_telling *telling,
			   const struct skald_raw_event *raw)
{
	const struct skald_step *step = raw->step;
	bool is_rule = step->role == SKALD_ROLE_CT && step->handle;
	struct skald_event *event;
	unsigned int state = raw->has_ct ? raw->ct_state : step->value;

	if (!raw->has_ct && !is_rule)
		return;
	/* nobody tracks connections here */
	if (state == SKALD_CTSTATE_UNKNOWN)
		return;
	if (telling->has_ct && telling->ct.ct_state == state &&
	    telling->ct.ct_id == raw->ct_id)
		return;
	telling->has_ct = true;
	telling->ct = *raw;
	telling->ct.ct_state = state;
	event = skald_telling_add(telling, SKALD_CONNTRACK);
	if (!event)
		return;
	SKALD_SET(event, conntrack, state, state);
	if (!raw->has_ct || !raw->ct_id)
		return;
	SKALD_SET(event, conntrack, id, raw->ct_id);
	SKALD_SET(event, conntrack, direction, raw->ct_dir);
	if (raw->ct_status)
		SKALD_SET(event, conntrack, status,
			  status_text(telling, raw->ct_status));
}

static void tell_chain(struct skald_telling *telling,
		       const struct skald_step *step,
		       const struct skald_told *told)
{
	const struct skald_chain *chain = told->chain;
	struct skald_event *event = skald_telling_add(telling, SKALD_CHAIN);

	if (!event)
		return;
	SKALD_SET(event, chain, family, step->family);
	SKALD_SET(event, chain, table, step->table);
	SKALD_SET(event, chain, chain, step->chain);
	if (!chain || !chain->is_base)
		return;
	SKALD_SET(event, chain, hook, chain->hook);
	SKALD_SET(event, chain, priority, chain->priority_name);
	SKALD_SET(event, chain, type, chain->type);
}

static void tell_rule(struct skald_telling *telling,
		      const struct skald_step *step,
		      const struct skald_told *told)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_RULE);

	if (!event)
		return;
	SKALD_SET(event, rule, family, step->family);
	SKALD_SET(event, rule, table, step->table);
	SKALD_SET(event, rule, chain, step->chain);
	SKALD_SET(event, rule, handle, step->handle);
	SKALD_SET(event, rule, verdict, step->verdict);
	if (step->jump)
		SKALD_SET(event, rule, target, step->jump);
	if (!told->rule)
		return;
	SKALD_SET(event, rule, text, told->rule->text);
	SKALD_SET(event, rule, loaded, told->rule->loaded);
}

static void tell_policy(struct skald_telling *telling,
			const struct skald_step *step)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_POLICY);

	if (!event)
		return;
	SKALD_SET(event, policy, family, step->family);
	SKALD_SET(event, policy, table, step->table);
	SKALD_SET(event, policy, chain, step->chain);
	SKALD_SET(event, policy, verdict, step->verdict);
}

static void tell_return(struct skald_telling *telling,
			const struct skald_step *step,
			const struct skald_told *told)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_RETURN);

	if (!event)
		return;
	SKALD_SET(event, return, family, step->family);
	SKALD_SET(event, return, table, step->table);
	SKALD_SET(event, return, chain, step->chain);
	SKALD_SET(event, return, handle, step->handle);
	if (told->rule)
		SKALD_SET(event, return, text, told->rule->text);
}

static void tell_user_step(struct skald_telling *telling,
			   const struct skald_raw_event *raw,
			   const struct skald_told *told)
{
	const struct skald_step *step = raw->step;

	if (raw->enters)
		tell_chain(telling, step, told);
	switch (step->type) {
	case NFT_TRACETYPE_RULE:
		if (step->handle)
			tell_rule(telling, step, told);
		break;
	case NFT_TRACETYPE_POLICY:
		tell_policy(telling, step);
		break;
	case NFT_TRACETYPE_RETURN:
		tell_return(telling, step, told);
		break;
	}
	if (step->verdict == SKALD_VERDICT_QUEUE)
		skald_telling_queue(telling);
}

void skald_telling_route(struct skald_telling *telling, uint32_t behind,
			 uint32_t snap)
{
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_snap *seen = &raw->snaps[snap];
	struct skald_event answer = { .kind = SKALD_ROUTE };
	struct skald_packet packet;
	const struct skald_route_query query = {
		.packet = &packet,
		.iif = seen->iif,
		.oif_seen = raw->snaps[raw->n_snaps - 1].oif,
	};
	struct skald_event *event;

	telling->is_routed = true;
	skald_packet_parse(seen, &packet);
	if (telling->ops->route(telling->user, raw->netns, &query,
				&telling->arena, &answer))
		return;
	event = skald_telling_insert(telling, behind, SKALD_ROUTE);
	if (!event)
		return;
	answer.t_ns = event->t_ns;
	*event = answer;
}

/* The hook that this raw event is on; sub-chains stay where they are. */
static unsigned int hook_of(const struct skald_telling *telling,
			    const struct skald_raw_event *raw,
			    const struct skald_told *told)
{
	if (raw->step->witness)
		return raw->step->witness->hook;
	if (raw->enters && told->chain && told->chain->is_base)
		return told->chain->hook;
	return telling->hook;
}

/*
 * The route is chosen between prerouting and what follows; for packets of the
 * host itself before output.
 */
static void tell_route_between(struct skald_telling *telling, unsigned int hook,
			       uint32_t prev)
{
	const struct skald_raw_event *raw = &telling->raw->events[telling->at];

	if (telling->is_routed || raw->step->family == SKALD_FAMILY_ARP ||
	    raw->step->family == SKALD_FAMILY_BRIDGE)
		return;
	if (telling->hook == SKALD_HOOK_PREROUTING &&
	    (hook == SKALD_HOOK_INPUT || hook == SKALD_HOOK_FORWARD))
		skald_telling_route(telling, prev,
				    telling->raw->events[prev].snap);
}

static void tell_event(struct skald_teller *teller, uint32_t prev,
		       const struct skald_rulebook *book)
{
	struct skald_telling *telling = &teller->telling;
	const struct skald_raw_event *raw = &telling->raw->events[telling->at];
	const struct skald_step *step = raw->step;
	const struct skald_told *told = told_of(teller, step, book);
	unsigned int hook;

	if (!told) {
		telling->failed = true;
		return;
	}
	hook = hook_of(telling, raw, told);
	if (telling->at)
		skald_telling_reinject(telling, prev);
	tell_route_between(telling, hook, prev);
	telling->hook = hook;
	if (raw->has_ct || step->role == SKALD_ROLE_CT)
		tell_conntrack(telling, raw);
	if (step->role == SKALD_ROLE_USER)
		tell_user_step(telling, raw, told);
	if (telling->at && telling->raw->events[prev].snap != raw->snap)
		skald_telling_change(telling, telling->raw->events[prev].snap,
				     raw->snap);
}

/* Several classifiers may want one packet; each has its rule in the chain. */
static void tell_marks(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_witness *witness = raw->events[0].step->witness;
	uint32_t i;

	for (i = 0; i < raw->n_events; i++) {
		const struct skald_step *step = raw->events[i].step;

		if (step->role != SKALD_ROLE_MARK || step->witness != witness ||
		    !step->handle)
			break;
		tell_mark(telling, step);
	}
}

static void tell_beginning(struct skald_telling *telling)
{
	const struct skald_step *first = telling->raw->events[0].step;

	if (telling->raw->has_mark)
		tell_marks(telling);
	/* a fragment that was marked becomes the whole datagram later */
	if (!telling->raw->has_mark ||
	    telling->raw->link_kind != SKALD_REASSEMBLE)
		skald_telling_link(telling, 0);
	if (first->witness && first->witness->hook == SKALD_HOOK_OUTPUT &&
	    first->family != SKALD_FAMILY_ARP &&
	    first->family != SKALD_FAMILY_BRIDGE)
		skald_telling_route(telling, 0, 0);
}

static const char *ifname(struct skald_telling *telling, uint32_t index)
{
	return index ? telling->ops->ifname(telling->user, telling->raw->netns,
					    index)
		     : NULL;
}

static void fill_story(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	struct skald_story *story = &telling->story;

	story->start_ns = raw->start_ns;
	story->end_ns = raw->start_ns + raw->events[raw->n_events - 1].dt_ns;
	story->source = SKALD_SOURCE_NFT;
	story->generation = raw->generation;
	story->netns = telling->ops->netns_name(telling->user, raw->netns);
	story->first = raw->snaps[0];
	story->last = raw->snaps[raw->n_snaps - 1];
	story->iif = ifname(telling, story->first.iif);
	story->oif = ifname(telling, story->last.oif);
	story->events = telling->events;
}

/* Stories that went through the same steps mostly have the same shape. */
static uint64_t path_key(const struct skald_raw_story *raw)
{
	uint64_t key = raw->end;
	uint32_t i;

	for (i = 0; i < raw->n_events; i++)
		key = (key ^ (uintptr_t)raw->events[i].step) *
		      0x9e3779b97f4a7c15u;
	return key;
}

int skald_teller_tell(struct skald_teller *teller,
		      const struct skald_raw_story *raw,
		      struct skald_packed *packed)
{
	struct skald_telling *telling = &teller->telling;
	const struct skald_rulebook *book;
	uint32_t i;

	skald_arena_reuse(&telling->arena);
	telling->raw = raw;
	telling->story = (struct skald_story){ 0 };
	telling->hook = SKALD_HOOK_NONE;
	telling->is_routed = telling->has_ct = telling->failed = false;
	telling->at = 0;
	book = telling->ops->rulebook(telling->user, raw->netns,
				      raw->generation);
	tell_beginning(telling);
	for (i = 0; i < raw->n_events; i++) {
		telling->at = i;
		tell_event(teller, i ? i - 1 : 0, book);
	}
	skald_telling_end(telling);
	fill_story(telling);
	if (telling->failed)
		return -ENOMEM;
	return skald_shape_memo_pack(teller->memo, path_key(raw),
				     &telling->story, &teller->shape,
				     &teller->own, packed);
}
