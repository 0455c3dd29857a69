// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks the messages of a story and says each of them in words; stories of
 * records are telling_kmod.c's.
 */
#include "teller.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdlib.h>
#include <string.h>

#include "shape_memo.h"
#include "telling.h"

struct skald_teller {
	struct skald_telling telling;
	struct skald_steps *steps;
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
	teller->steps = skald_steps_new();
	if (!teller->memo || !teller->steps) {
		skald_teller_free(teller);
		return NULL;
	}
	teller->telling.ops = ops;
	teller->telling.user = user;
	teller->telling.lasting = &teller->arena;
	teller->telling.steps = teller->steps;
	return teller;
}

void skald_teller_free(struct skald_teller *teller)
{
	if (!teller)
		return;
	skald_shape_memo_free(teller->memo);
	skald_steps_free(teller->steps);
	skald_arena_done(&teller->telling.arena);
	skald_arena_done(&teller->arena);
	skald_buffer_done(&teller->shape);
	skald_buffer_done(&teller->own);
	free(teller->telling.events);
	free(teller->telling.rule_at);
	free(teller);
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

const char *skald_telling_status(struct skald_telling *telling, uint32_t status)
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
			  skald_telling_status(telling, raw->ct_status));
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
	    (hook == SKALD_HOOK_INPUT || hook == SKALD_HOOK_FORWARD ||
	     hook == SKALD_HOOK_POSTROUTING))
		skald_telling_route(telling, prev,
				    telling->raw->events[prev].snap);
}

static void tell_event(struct skald_telling *telling, uint32_t prev)
{
	const struct skald_raw_event *raw = &telling->raw->events[telling->at];
	const struct skald_step *step = raw->step;
	const struct skald_told *told = skald_telling_told(telling, step);
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
		skald_telling_rule(telling, raw, told);
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

static void tell_messages(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	struct skald_story *story = &telling->story;
	uint32_t i;

	tell_beginning(telling);
	for (i = 0; i < raw->n_events; i++) {
		telling->at = i;
		tell_event(telling, i ? i - 1 : 0);
	}
	skald_telling_end(telling);
	story->end_ns = raw->start_ns + raw->events[raw->n_events - 1].dt_ns;
	story->first = raw->snaps[0];
	story->last = raw->snaps[raw->n_snaps - 1];
	story->iif = ifname(telling, story->first.iif);
	story->oif = ifname(telling, story->last.oif);
}

static void begin(struct skald_telling *telling,
		  const struct skald_raw_story *raw)
{
	const struct skald_teller_ops *ops = telling->ops;

	skald_arena_reuse(&telling->arena);
	telling->raw = raw;
	telling->story = (struct skald_story){
		.start_ns = raw->start_ns,
		.source = raw->source,
	};
	telling->hook = SKALD_HOOK_NONE;
	telling->is_routed = telling->has_ct = telling->failed = false;
	telling->at = 0;
	telling->book =
		ops->rulebook(telling->user, raw->netns, raw->generation);
	telling->generation = raw->generation;
	/* a source that does not know which: as the ruleset is now */
	if (raw->source == SKALD_SOURCE_KMOD && !raw->generation &&
	    telling->book)
		telling->generation = skald_rulebook_generation(telling->book);
	telling->story.generation = telling->generation;
	telling->story.netns = ops->netns_name(telling->user, raw->netns);
}

/* Stories that went through the same steps mostly have the same shape. */
static uint64_t path_key(const struct skald_raw_story *raw)
{
	uint64_t key = raw->end;
	uint32_t i;

	if (raw->source == SKALD_SOURCE_KMOD)
		return skald_telling_records_key(raw);
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

	begin(telling, raw);
	if (raw->source == SKALD_SOURCE_KMOD)
		skald_telling_records(telling);
	else
		tell_messages(telling);
	telling->story.events = telling->events;
	if (telling->failed)
		return -ENOMEM;
	return skald_shape_memo_pack(teller->memo, path_key(raw),
				     &telling->story, &teller->shape,
				     &teller->own, packed);
}
