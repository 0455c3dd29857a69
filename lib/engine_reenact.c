// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recorded story through the rule machine, base chain by base chain, with the
 * packet and its connection as the recording has them there.
 */
#include "reenact.h"

#include "engine_priv.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>

#include "engine_reenact.h"
#include "frame.h"
#include "pcapng.h"
#include "snap_set.h"

/**
 * struct reenactment - a story on its way
 * @passage: writes the story; first: the rule machine's owner is the passage
 * @input: of the passage
 * @recorded: what the kernel told
 * @now: the packet as it was last seen
 * @oif: index of the output interface, 0: not there yet
 * @reenacted: the result
 * @size_misses: allocated
 * @heap_misses: growing
 * @heap_scenes: growing
 * @has_ct: connection tracking has spoken
 * @buffer: the frame at hand
 */
struct reenactment {
	struct skald_passage passage;
	struct skald_engine_input input;
	const struct skald_story *recorded;
	struct skald_snap now;
	uint32_t oif;
	struct skald_reenacted *reenacted;
	struct skald_near_miss *misses;
	struct skald_scene *scenes;
	size_t size_misses;
	size_t size_scenes;
	bool has_ct;
	uint8_t buffer[SKALD_FRAME_MAX + SKALD_ENGINE_ROOM];
};

static struct reenactment *of_passage(struct skald_passage *passage)
{
	return container_of(passage, struct reenactment, passage);
}

/* Room for one more of an array that doubles. Return: it, or NULL */
static void *more(void **items, size_t *size, unsigned int n, size_t each)
{
	void *all = *items;

	if (n < *size)
		return (char *)all + n * each;
	all = reallocarray(all, *size ? *size * 2 : 16, each);
	if (!all)
		return NULL;
	*items = all;
	*size = *size ? *size * 2 : 16;
	return (char *)all + n * each;
}

/* ---- what rules ask ---- */

static int recorded_ct(void *owner, const struct skald_vm_pkt *pkt,
		       const struct skald_vm_ct **seen)
{
	struct skald_passage *passage = owner;

	*seen = &passage->ct_view;
	return 0;
}

static int recorded_route(void *owner, const struct skald_vm_pkt *pkt,
			  struct skald_route_info *info)
{
	return -ENODATA;
}

static int recorded_effect(void *owner, struct skald_vm_pkt *pkt,
			   const struct skald_effect *effect)
{
	struct skald_passage *passage = owner;

	if (effect->kind == SKALD_EFFECT_NAT)
		return NF_ACCEPT;
	if (effect->kind == SKALD_EFFECT_CT_MARK) {
		passage->ct_view.mark = effect->ct.value;
		passage->ct_view.known |= SKALD_VM_CT_MARK;
	}
	return 0;
}

static int recorded_fact(void *owner, const struct skald_vm_pkt *pkt,
			 enum skald_fact which, void *value)
{
	/* the engine's chance is not the kernel's */
	if (which == SKALD_FACT_RANDOM)
		return -ENODATA;
	return skald_engine_world.fact(owner, pkt, which, value);
}

static int recorded_link(void *owner, u32 index, struct skald_link_info *info)
{
	return skald_engine_world.link(owner, index, info);
}

static int recorded_fib(void *owner, const struct skald_vm_pkt *pkt,
			const struct skald_fib_query *query,
			struct skald_fib_answer *answer)
{
	return skald_engine_world.fib(owner, pkt, query, answer);
}

const struct skald_vm_world skald_reenact_world = {
	.fact = recorded_fact,
	.ct = recorded_ct,
	.link = recorded_link,
	.fib = recorded_fib,
	.route = recorded_route,
	.effect = recorded_effect,
};

/* ---- what the recording says ---- */

static const struct {
	unsigned int state;
	uint8_t bit;
} state_bits[] = {
	{ SKALD_CTSTATE_INVALID, 1 },	 { SKALD_CTSTATE_ESTABLISHED, 2 },
	{ SKALD_CTSTATE_RELATED, 4 },	 { SKALD_CTSTATE_NEW, 8 },
	{ SKALD_CTSTATE_UNTRACKED, 64 },
};

static const struct skald_word status_words[] = {
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

static uint32_t status_of(const char *text)
{
	char word[32];
	uint64_t bit;
	uint32_t status = 0;

	while (text && *text) {
		size_t len = strcspn(text, ",");

		if (len < sizeof(word)) {
			memcpy(word, text, len);
			word[len] = '\0';
			if (skald_word_number(status_words, word, &bit))
				status |= (uint32_t)bit;
		}
		text += len + (text[len] == ',');
	}
	return status;
}

/* Sources that tell an entry's id tell its status, too: none means no bit. */
/* A conntrack event as rules see the entry. @source: of its story */
static void read_ct(const struct skald_event *event, unsigned int source,
		    struct skald_vm_ct *ct)
{
	bool is_engine = source == SKALD_SOURCE_ENGINE;

	memset(ct, 0, sizeof(*ct));
	for (size_t i = 0; i < ARRAY_SIZE(state_bits); i++) {
		if (state_bits[i].state == event->ev_conntrack.state)
			ct->state = state_bits[i].bit;
	}
	if (!ct->state)
		return;
	ct->known = SKALD_VM_CT_STATE;
	ct->has_entry = ct->state != 1 && ct->state != 64;
	if (!ct->has_entry) {
		ct->known = SKALD_VM_CT_ALL;
		return;
	}
	if (SKALD_HAS(event, conntrack, direction)) {
		ct->direction = (u8)event->ev_conntrack.direction;
		ct->known |= SKALD_VM_CT_DIRECTION;
	}
	if (SKALD_HAS(event, conntrack, id)) {
		ct->id = (u32)event->ev_conntrack.id;
		ct->status = status_of(SKALD_HAS(event, conntrack, status)
					       ? event->ev_conntrack.status
					       : NULL);
		ct->known |= SKALD_VM_CT_ID | SKALD_VM_CT_STATUS;
	}
	if (SKALD_HAS(event, conntrack, mark) || is_engine) {
		ct->mark = (u32)event->ev_conntrack.mark;
		ct->known |= SKALD_VM_CT_MARK;
	}
	if (SKALD_HAS(event, conntrack, zone) || is_engine) {
		ct->zone_id = (u16)event->ev_conntrack.zone;
		ct->known |= SKALD_VM_CT_ZONE;
	}
}

void skald_reenact_state(const struct skald_story *story,
			 struct skald_vm_ct *ct)
{
	memset(ct, 0, sizeof(*ct));
	for (unsigned int i = 0; i < story->n_events; i++) {
		if (story->events[i].kind != SKALD_CONNTRACK)
			continue;
		read_ct(&story->events[i], story->source, ct);
		return;
	}
}

static void learn_ct(struct reenactment *act, const struct skald_event *event)
{
	read_ct(event, act->recorded->source, &act->passage.ct_view);
	act->has_ct = true;
}

/* A translation that was bound shows in the entry's status. */
static void learn_nat(struct reenactment *act, const struct skald_event *event)
{
	switch ((enum skald_words_NAT)event->ev_nat.type) {
	case SKALD_NAT_SNAT:
	case SKALD_NAT_MASQUERADE:
		act->passage.ct_view.status |= IPS_SRC_NAT;
		break;
	case SKALD_NAT_DNAT:
	case SKALD_NAT_REDIRECT:
		act->passage.ct_view.status |= IPS_DST_NAT;
		break;
	case SKALD_NAT_REVERSE_SNAT:
	case SKALD_NAT_REVERSE_DNAT:
		break;
	}
}

static uint32_t index_of(struct reenactment *act, const char *name)
{
	struct skald_engine *engine = act->passage.engine;
	const struct skald_iface *iface =
		skald_links_named(&engine->links, name);

	return iface ? iface->index : SKALD_VIEW_UNKNOWN;
}

static void learn(struct reenactment *act, const struct skald_event *event)
{
	switch ((enum skald_event_kind)event->kind) {
	case SKALD_CONNTRACK:
		learn_ct(act, event);
		break;
	case SKALD_NAT:
		learn_nat(act, event);
		break;
	case SKALD_MANGLE:
		skald_snap_set(&act->now, event->ev_mangle.field,
			       &event->ev_mangle.new);
		break;
	case SKALD_ROUTE:
		if (act->passage.is_made_here &&
		    event->ev_route.type == SKALD_RTTYPE_LOCAL)
			act->oif = SKALD_LOOPBACK;
		else if (skald_story_way_out(event))
			act->oif = index_of(act, skald_story_way_out(event));
		break;
	case SKALD_MARK:
		if (SKALD_HAS(event, mark, oif))
			act->oif = index_of(act, event->ev_mark.oif);
		break;
	default:
		/* nothing that a rule can ask for */
		break;
	}
}

/* Interfaces that the recording names and the world does not have. */
static void learn_names(struct reenactment *act)
{
	struct skald_links *links = &act->passage.engine->links;
	const struct skald_story *story = act->recorded;

	if (story->iif && story->first.iif)
		skald_links_learn(links, story->iif, story->first.iif);
	if (story->oif && story->last.oif)
		skald_links_learn(links, story->oif, story->last.oif);
}

/* ---- the walk ---- */

/* The interface a packet leaves by, at a hook where it has one. */
static uint32_t oif_at(const struct reenactment *act, uint8_t hook)
{
	if (hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_IN)
		return 0;
	/* it may be routed again behind this */
	if (hook == NF_INET_LOCAL_OUT && act->oif)
		return act->oif;
	if (act->recorded->oif && act->recorded->last.oif)
		return act->recorded->last.oif;
	return act->oif ? act->oif : SKALD_VIEW_UNKNOWN;
}

static int make_view(struct reenactment *act, struct skald_view *view)
{
	struct skald_frame frame;

	skald_frame_make(&act->now, true, &frame);
	memcpy(act->buffer, frame.bytes, frame.captured);
	skald_view_room_init(&act->passage.room, act->buffer,
			     sizeof(act->buffer), frame.captured,
			     frame.original);
	if (frame.linktype == SKALD_LINKTYPE_ETHERNET)
		return skald_view_set_ethernet(view);
	return skald_view_set_network(view, frame.link_len, act->now.ethertype);
}

static uint8_t pf_of(const struct skald_vm_chain *chain,
		     const struct skald_view *view)
{
	if (chain->table->family != NFPROTO_INET)
		return chain->table->family;
	return view->family == NFPROTO_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* Before connection tracking has seen it a packet has no entry; where nobody
 * said anything about it, nothing is known. */
static void set_ct(struct reenactment *act, const struct skald_vm_chain *chain)
{
	if (act->has_ct)
		return;
	memset(&act->passage.ct_view, 0, sizeof(act->passage.ct_view));
	act->passage.ct_view.state = 1;
	if (chain->base->priority <= NF_IP_PRI_CONNTRACK)
		act->passage.ct_view.known = SKALD_VM_CT_ALL;
}

/* Return: rules passed over, or -errno */
static int run(struct reenactment *act, struct skald_vm_chain *chain)
{
	struct skald_passage *passage = &act->passage;
	struct skald_view *view = skald_passage_view(passage);
	struct skald_vm_pkt *pkt = &passage->pkt;
	int err = make_view(act, view);

	if (err)
		return err;
	passage->pf = pf_of(chain, view);
	passage->hook = chain->base->hook;
	view->iif = act->recorded->iif || act->now.iif ? act->now.iif : 0;
	view->mark = act->now.mark;
	view->oif = oif_at(act, passage->hook);
	skald_reenact_bridge(passage, act->recorded);
	set_ct(act, chain);
	skald_vm_pkt_init(pkt, view, passage->pf, passage->hook,
			  act->input.t_ns);
	pkt->world = &skald_reenact_world;
	pkt->owner = passage;
	pkt->trace = act->input.tells_misses ? &skald_engine_trace_misses
					     : &skald_engine_trace;
	pkt->tracer = passage;
	(void)skald_vm_run(chain, pkt);
	return (int)pkt->n_unknown;
}

void skald_passage_note_miss(struct skald_passage *passage,
			     const struct skald_vm_rule *rule,
			     const struct skald_miss *miss)
{
	struct reenactment *act = of_passage(passage);
	struct skald_reenacted *made = act->reenacted;
	struct skald_near_miss *near =
		more((void **)&act->misses, &act->size_misses, made->n_misses,
		     sizeof(*near));
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	if (!near || !passage->story.n_events) {
		passage->failed = true;
		return;
	}
	memset(near, 0, sizeof(*near));
	near->event = passage->story.n_events - 1;
	near->scene = made->n_scenes - 1;
	near->is_unknown = miss->missing;
	for (u32 i = 0; i < rule->n_exprs; i++) {
		if (expr->ops->explain || expr->ops == &skald_expr_match) {
			near->conditions++;
			near->passed += i < miss->index;
		}
		expr = skald_expr_next(expr);
	}
	made->n_misses++;
}

static struct skald_vm_chain *find_chain(const struct skald_engine *engine,
					 const struct skald_event *event)
{
	struct skald_vm_table *table = skald_vm_table(
		engine->vm, (u8)event->ev_chain.family, event->ev_chain.table);
	struct skald_vm_chain *chain =
		table ? skald_vm_chain(table, event->ev_chain.chain) : NULL;

	return chain && chain->base ? chain : NULL;
}

static bool is_walk(const struct skald_event *event)
{
	return event->kind == SKALD_RULE || event->kind == SKALD_RETURN ||
	       event->kind == SKALD_POLICY || event->kind == SKALD_MISS;
}

static void copy(struct reenactment *act, const struct skald_event *event)
{
	struct skald_event *made = skald_passage_add(
		&act->passage, (enum skald_event_kind)event->kind);

	if (made)
		*made = *event;
}

/* A base chain: runs it. Return: 0, -ENOENT: its rules are not at hand */
static int enter(struct reenactment *act, unsigned int at)
{
	const struct skald_event *event = &act->recorded->events[at];
	struct skald_vm_chain *chain = find_chain(act->passage.engine, event);
	struct skald_reenacted *made = act->reenacted;
	struct skald_scene *scene =
		more((void **)&act->scenes, &act->size_scenes, made->n_scenes,
		     sizeof(*scene));
	int n_unknown = -ENOENT;

	if (!scene)
		return -ENOMEM;
	memset(scene, 0, sizeof(*scene));
	made->n_scenes++;
	scene->then = at;
	scene->n_then = 1;
	while (at + scene->n_then < act->recorded->n_events &&
	       act->recorded->events[at + scene->n_then].kind != SKALD_CHAIN)
		scene->n_then++;
	scene->now = act->passage.story.n_events;
	if (chain)
		n_unknown = run(act, chain);
	if (n_unknown < 0) {
		scene->agreement = SKALD_AGREEMENT_UNKNOWN;
		scene->because = chain ? "the packet's headers do not fit"
				       : "its rules were not recorded";
		act->passage.story.n_events = scene->now;
		copy(act, event);
		return -ENOENT;
	}
	/* its walk; what the kernel told behind it is not the engine's */
	scene->n_now = act->passage.story.n_events - scene->now;
	act->passage.story.events = act->passage.events;
	skald_reenact_compare(act->passage.engine, act->recorded,
			      &act->passage.story, scene,
			      (unsigned int)n_unknown);
	return 0;
}

static int walk(struct reenactment *act)
{
	bool is_ours = false;
	int err;

	for (unsigned int i = 0; i < act->recorded->n_events; i++) {
		const struct skald_event *event = &act->recorded->events[i];

		act->input.t_ns = event->t_ns;
		if (event->kind == SKALD_CHAIN) {
			err = enter(act, i);
			if (err == -ENOMEM)
				return err;
			is_ours = !err;
			continue;
		}
		if (is_walk(event) && is_ours)
			continue;
		copy(act, event);
		learn(act, event);
	}
	return act->passage.failed ? -ENOMEM : 0;
}

static void *keep_array(struct skald_arena *arena, const void *items,
			size_t bytes)
{
	void *copy_of = skald_arena_alloc(arena, bytes ? bytes : 1);

	if (copy_of && bytes)
		memcpy(copy_of, items, bytes);
	return copy_of;
}

/* What grew on the heap goes into the story's memory. */
static int put_together(struct reenactment *act)
{
	struct skald_reenacted *made = act->reenacted;
	struct skald_story *story = &act->passage.story;
	struct skald_arena *arena = &story->arena;

	story->events = keep_array(arena, act->passage.events,
				   story->n_events * sizeof(*story->events));
	made->scenes = keep_array(arena, act->scenes,
				  made->n_scenes * sizeof(*made->scenes));
	made->misses = keep_array(arena, act->misses,
				  made->n_misses * sizeof(*made->misses));
	if (!story->events || !made->scenes || !made->misses)
		return -ENOMEM;
	return 0;
}

/* A difference counts more than what is not known. */
static enum skald_agreement worst(const struct skald_reenacted *made)
{
	enum skald_agreement agreement = SKALD_AGREES;

	for (unsigned int i = 0; i < made->n_scenes; i++) {
		if (made->scenes[i].agreement == SKALD_DISAGREES)
			return SKALD_DISAGREES;
		if (made->scenes[i].agreement == SKALD_AGREEMENT_UNKNOWN)
			agreement = SKALD_AGREEMENT_UNKNOWN;
	}
	return agreement;
}

static void begin(struct reenactment *act, struct skald_engine *engine,
		  const struct skald_story *recorded)
{
	struct skald_story *story = &act->passage.story;

	act->recorded = recorded;
	act->now = recorded->first;
	act->passage.engine = engine;
	act->passage.input = &act->input;
	act->passage.is_reenacted = true;
	act->passage.is_made_here = !recorded->iif && !recorded->first.iif;
	act->passage.ct_told = -1;
	*story = *recorded;
	story->arena = (struct skald_arena){ 0 };
	story->events = NULL;
	story->n_events = 0;
	act->passage.gaps = recorded->gaps;
	learn_names(act);
}

int skald_reenact(struct skald_engine *engine,
		  const struct skald_story *recorded, bool tells_misses,
		  struct skald_reenacted *reenacted)
{
	struct reenactment act = { .reenacted = reenacted };
	int err;

	memset(reenacted, 0, sizeof(*reenacted));
	begin(&act, engine, recorded);
	act.input.tells_misses = tells_misses;
	err = walk(&act);
	if (!err)
		err = put_together(&act);
	if (!err) {
		act.passage.story.ending = recorded->ending;
		reenacted->story = act.passage.story;
		reenacted->agreement = worst(reenacted);
	} else {
		skald_arena_done(&act.passage.story.arena);
		memset(reenacted, 0, sizeof(*reenacted));
	}
	free(act.passage.events);
	free(act.misses);
	free(act.scenes);
	return err;
}

void skald_reenacted_done(struct skald_reenacted *reenacted)
{
	skald_arena_done(&reenacted->story.arena);
	memset(reenacted, 0, sizeof(*reenacted));
}
