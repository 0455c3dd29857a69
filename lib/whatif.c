// SPDX-License-Identifier: GPL-2.0-only
/* Recorded packets through the hooks, by other rules. */
#include "whatif.h"

#include "engine_priv.h"

#include <errno.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>
#include <sys/socket.h>

#include "engine_reenact.h"
#include "frame.h"
#include "pcapng.h"

/**
 * struct trial - one packet under one set of rules
 * @passage: what the rule machine's world asks; first
 * @input: of the passage
 * @story: the recording
 * @outcome: the result
 * @last: rule that ran last
 * @dnat: the recorded translation of the destination, NULL: none
 * @is_tracked: the connection's state is known from here on
 * @is_new: rules that translate are asked
 * @buffer: the frame
 */
struct trial {
	struct skald_passage passage;
	struct skald_engine_input input;
	const struct skald_story *story;
	struct skald_outcome *outcome;
	const struct skald_vm_rule *last;
	const struct skald_event *dnat;
	bool is_tracked;
	bool is_new;
	uint8_t buffer[SKALD_FRAME_MAX + SKALD_ENGINE_ROOM];
};

static struct trial *of_owner(void *owner)
{
	return container_of((struct skald_passage *)owner, struct trial,
			    passage);
}

/* ---- what rules do ---- */

static void bind_to(struct trial *trial, const struct skald_vm_nat *nat)
{
	struct skald_binding *binding = &trial->outcome->nat[!nat->is_dnat];

	if (binding->is_bound)
		return;
	binding->is_bound = true;
	binding->kind = nat->is_dnat ? SKALD_NAT_DNAT : SKALD_NAT_SNAT;
	if (nat->kind == SKALD_VM_NAT_MASQUERADE)
		binding->kind = SKALD_NAT_MASQUERADE;
	else if (nat->kind == SKALD_VM_NAT_REDIRECT)
		binding->kind = SKALD_NAT_REDIRECT;
	binding->has_address = nat->flags & NF_NAT_RANGE_MAP_IPS;
	binding->has_port = nat->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	if (binding->has_address)
		memcpy(binding->address, nat->min_addr,
		       sizeof(binding->address));
	if (binding->has_port)
		binding->port = ntohs((__force __be16)nat->min_port);
}

static int trial_effect(void *owner, struct skald_vm_pkt *pkt,
			const struct skald_effect *effect)
{
	struct trial *trial = of_owner(owner);
	struct skald_vm_ct *ct = &trial->passage.ct_view;

	switch (effect->kind) {
	case SKALD_EFFECT_NAT:
		bind_to(trial, &effect->nat);
		return NF_ACCEPT;
	case SKALD_EFFECT_NOTRACK:
		memset(ct, 0, sizeof(*ct));
		ct->known = SKALD_VM_CT_ALL;
		ct->state = 64;
		trial->passage.is_untracked = true;
		return 0;
	case SKALD_EFFECT_CT_MARK:
		ct->mark = effect->ct.value;
		ct->known |= SKALD_VM_CT_MARK;
		return 0;
	default:
		return 0;
	}
}

static void on_rule(void *tracer, const struct skald_vm_pkt *pkt,
		    const struct skald_vm_rule *rule,
		    const struct skald_verdict *verdict)
{
	((struct trial *)tracer)->last = rule;
}

static void on_policy(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_chain *chain, u32 verdict)
{
	((struct trial *)tracer)->last = NULL;
}

static const struct skald_vm_trace tracer = { .rule = on_rule,
					      .policy = on_policy };

static int trial_ct(void *owner, const struct skald_vm_pkt *pkt,
		    const struct skald_vm_ct **ct)
{
	return skald_reenact_world.ct(owner, pkt, ct);
}

static int trial_fact(void *owner, const struct skald_vm_pkt *pkt,
		      enum skald_fact fact, void *value)
{
	return skald_reenact_world.fact(owner, pkt, fact, value);
}

static int trial_link(void *owner, u32 index, struct skald_link_info *info)
{
	return skald_reenact_world.link(owner, index, info);
}

static int trial_fib(void *owner, const struct skald_vm_pkt *pkt,
		     const struct skald_fib_query *query,
		     struct skald_fib_answer *answer)
{
	return skald_reenact_world.fib(owner, pkt, query, answer);
}

static const struct skald_vm_world trial_world = {
	.fact = trial_fact,
	.ct = trial_ct,
	.link = trial_link,
	.fib = trial_fib,
	.effect = trial_effect,
};

/* ---- one hook ---- */

/* Address and port of a binding into the packet. */
static void translate(struct trial *trial, bool is_source)
{
	const struct skald_binding *to = &trial->outcome->nat[is_source];
	struct skald_view *view = skald_passage_view(&trial->passage);
	bool is_v6 = view->family == NFPROTO_IPV6;
	uint32_t at = view->network +
		      (is_v6 ? (is_source ? 8 : 24) : (is_source ? 12 : 16));
	uint32_t len = is_v6 ? 16 : 4;

	if (to->has_address && at + len <= view->known)
		memcpy(view->data + at, to->address, len);
	if (to->has_port && view->transport != SKALD_VIEW_NONE &&
	    view->transport + 4 <= view->known)
		put_unaligned_be16(to->port, view->data + view->transport +
						     (is_source ? 0 : 2));
}

static uint32_t run(struct trial *trial, struct skald_vm_chain *chain)
{
	struct skald_outcome *outcome = trial->outcome;
	struct skald_vm_pkt *pkt = &trial->passage.pkt;
	uint32_t n_unknown = pkt->n_unknown;
	uint32_t verdict;

	trial->last = NULL;
	verdict = skald_vm_run(chain, pkt);
	outcome->is_unknown |= pkt->n_unknown != n_unknown;
	if ((verdict & NF_VERDICT_MASK) == NF_ACCEPT)
		return verdict;
	outcome->kind = (verdict & NF_VERDICT_MASK) == NF_DROP
				? SKALD_OUTCOME_DROPPED
				: SKALD_OUTCOME_TAKEN;
	outcome->family = chain->table->family;
	outcome->table = chain->table->name;
	outcome->chain = trial->last ? trial->last->chain->name : chain->name;
	outcome->handle = trial->last ? trial->last->handle : 0;
	return verdict;
}

/* Rules that translate: for new connections, until one binds. */
static bool asks_nat(const struct trial *trial, const struct skald_vm_chain *c)
{
	bool is_source = c->base->hook == NF_INET_POST_ROUTING ||
			 c->base->hook == NF_INET_LOCAL_IN;

	return trial->is_new && !trial->passage.is_untracked &&
	       !trial->outcome->nat[is_source].is_bound;
}

static void learn_state(struct trial *trial)
{
	if (trial->is_tracked || trial->passage.is_untracked)
		return;
	trial->is_tracked = true;
	skald_reenact_state(trial->story, &trial->passage.ct_view);
	trial->is_new = trial->passage.ct_view.state == 8 ||
			trial->passage.ct_view.state == 4;
	skald_vm_ct_forget(&trial->passage.pkt);
}

static void enter(struct trial *trial, uint8_t hook)
{
	struct skald_passage *passage = &trial->passage;
	struct skald_view *view = skald_passage_view(passage);

	passage->pf = view->family;
	passage->hook = hook;
	trial->outcome->hook = skald_hook_from_nft(passage->pf, hook);
	skald_vm_pkt_init(&passage->pkt, view, passage->pf, hook,
			  trial->input.t_ns);
	passage->pkt.world = &trial_world;
	passage->pkt.owner = passage;
	passage->pkt.trace = &tracer;
	passage->pkt.tracer = trial;
}

/* Return: whether the packet goes on */
static bool pass_hook(struct trial *trial, uint8_t hook)
{
	struct skald_passage *passage = &trial->passage;
	bool is_source =
		hook == NF_INET_POST_ROUTING || hook == NF_INET_LOCAL_IN;
	struct skald_vm_hook *at = NULL;

	enter(trial, hook);
	while ((at = skald_vm_hook_next(passage->engine->vm, passage->pf, hook,
					NULL, at))) {
		struct skald_vm_chain *chain = at->chain;
		bool was_bound = trial->outcome->nat[is_source].is_bound;

		if (chain->base->priority > NF_IP_PRI_CONNTRACK)
			learn_state(trial);
		if (chain->base->type == SKALD_CHAIN_NAT &&
		    !asks_nat(trial, chain))
			continue;
		if ((run(trial, chain) & NF_VERDICT_MASK) != NF_ACCEPT)
			return false;
		if (trial->outcome->nat[is_source].is_bound && !was_bound) {
			translate(trial, is_source);
			skald_vm_pkt_refresh(&passage->pkt);
		}
	}
	learn_state(trial);
	return true;
}

/* ---- the way ---- */

/* The hook behind the routing decision, as it was recorded. */
static uint8_t way_of(const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_ROUTE && SKALD_HAS(event, route, type))
			return event->ev_route.type == SKALD_RTTYPE_LOCAL ||
					       event->ev_route.type ==
						       SKALD_RTTYPE_BROADCAST
				       ? NF_INET_LOCAL_IN
				       : NF_INET_FORWARD;
		if (event->kind != SKALD_CHAIN)
			continue;
		if (event->ev_chain.hook == SKALD_HOOK_INPUT)
			return NF_INET_LOCAL_IN;
		if (event->ev_chain.hook == SKALD_HOOK_FORWARD)
			return NF_INET_FORWARD;
	}
	return story->ending.hook == SKALD_HOOK_INPUT ? NF_INET_LOCAL_IN
						      : NF_INET_FORWARD;
}

/* The recorded translation of the destination, which an old connection keeps
 * and a new one is compared with. */
static const struct skald_event *find_dnat(const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_NAT &&
		    (event->ev_nat.type == SKALD_NAT_DNAT ||
		     event->ev_nat.type == SKALD_NAT_REDIRECT ||
		     event->ev_nat.type == SKALD_NAT_REVERSE_SNAT))
			return event;
	}
	return NULL;
}

/* Packets of old connections are as they were behind the translation. */
static void keep_translation(struct trial *trial)
{
	const struct skald_story *story = trial->story;
	struct skald_view *view = skald_passage_view(&trial->passage);
	static const enum skald_packet_field fields[] = { SKALD_P_daddr,
							  SKALD_P_dport };
	bool is_v6 = view->family == NFPROTO_IPV6;
	const struct skald_value *address = &story->final.value[fields[0]];
	const struct skald_value *port = &story->final.value[fields[1]];

	if (!trial->dnat || trial->is_new)
		return;
	if (address->type == (is_v6 ? SKALD_VALUE_IP6 : SKALD_VALUE_IP4))
		memcpy(view->data + view->network + (is_v6 ? 24 : 16),
		       address->bytes, is_v6 ? 16 : 4);
	if (port->type && view->transport != SKALD_VIEW_NONE &&
	    view->transport + 4 <= view->known)
		put_unaligned_be16((uint16_t)port->num,
				   view->data + view->transport + 2);
}

/* A new destination that is not the recorded one goes another way. */
static void check_way(struct trial *trial)
{
	const struct skald_binding *to = &trial->outcome->nat[0];
	bool had = trial->dnat && trial->is_new;
	const struct skald_value *final =
		&trial->story->final.value[SKALD_P_daddr];

	if (!trial->is_new || to->is_bound == had) {
		if (to->is_bound && to->has_address && final->type &&
		    memcmp(to->address, final->bytes,
			   final->type == SKALD_VALUE_IP6 ? 16 : 4))
			trial->outcome->is_elsewhere = true;
		return;
	}
	trial->outcome->is_elsewhere = true;
}

/* Where the new destination is, if there are routes. */
static uint32_t look_up(const struct trial *trial)
{
	const struct skald_engine *engine = trial->passage.engine;
	const struct skald_view *view = &trial->passage.room.view;
	bool is_v6 = view->family == NFPROTO_IPV6;
	struct skald_flow flow = { .family = is_v6 ? AF_INET6 : AF_INET,
				   .iif = view->iif,
				   .mark = view->mark,
				   .proto = view->l4proto };
	struct skald_fib_result result;

	if (!engine->has_routes)
		return SKALD_VIEW_UNKNOWN;
	memcpy(flow.src, view->data + view->network + (is_v6 ? 8 : 12),
	       is_v6 ? 16 : 4);
	memcpy(flow.dst, view->data + view->network + (is_v6 ? 24 : 16),
	       is_v6 ? 16 : 4);
	if (skald_fib_lookup(engine->fib, &flow, &result) || result.is_open ||
	    !result.hop || result.n_alive > 1)
		return SKALD_VIEW_UNKNOWN;
	return result.hop->hop.oif;
}

static uint32_t oif_of(const struct trial *trial, bool is_then)
{
	const struct skald_story *story = trial->story;
	struct skald_links *links = &trial->passage.engine->links;
	const char *name = story->oif;
	const struct skald_iface *iface;

	for (unsigned int i = 0; i < story->n_events && !name; i++)
		name = skald_story_way_out(&story->events[i]);
	if (trial->outcome->is_elsewhere)
		return look_up(trial);
	if (!name)
		return SKALD_VIEW_UNKNOWN;
	if (is_then && story->last.oif) {
		skald_links_learn(links, name, story->last.oif);
		return story->last.oif;
	}
	iface = skald_links_named(links, name);
	return iface ? iface->index : skald_links_make_up(links, name);
}

static uint32_t iif_of(const struct trial *trial, bool is_then)
{
	const struct skald_story *story = trial->story;
	struct skald_links *links = &trial->passage.engine->links;
	const struct skald_iface *iface;

	if (!story->iif)
		return 0;
	if (is_then) {
		skald_links_learn(links, story->iif, story->first.iif);
		return story->first.iif;
	}
	iface = skald_links_named(links, story->iif);
	return iface ? iface->index : skald_links_make_up(links, story->iif);
}

static int make_view(struct trial *trial)
{
	struct skald_view *view = skald_passage_view(&trial->passage);
	struct skald_frame frame;
	int err;

	skald_frame_make(&trial->story->first, true, &frame);
	memcpy(trial->buffer, frame.bytes, frame.captured);
	skald_view_room_init(&trial->passage.room, trial->buffer,
			     sizeof(trial->buffer), frame.captured,
			     frame.original);
	if (frame.linktype == SKALD_LINKTYPE_ETHERNET)
		err = skald_view_set_ethernet(view);
	else
		err = skald_view_set_network(view, frame.link_len,
					     trial->story->first.ethertype);
	if (err ||
	    (view->family != NFPROTO_IPV4 && view->family != NFPROTO_IPV6))
		return -ENOMSG;
	return 0;
}

/* ip_forward() */
static void age(struct trial *trial)
{
	struct skald_view *view = skald_passage_view(&trial->passage);
	uint32_t at = view->network + (view->family == NFPROTO_IPV6 ? 7 : 8);

	if (at < view->known && view->data[at])
		view->data[at]--;
}

/* It was seen no further, and netfilter was not the reason. */
static bool is_lost(const struct skald_story *story)
{
	return story->ending.hook == SKALD_HOOK_PREROUTING &&
	       !story->ending.table;
}

/* The way it went, hook by hook. */
static void walk(struct trial *trial, bool is_then)
{
	struct skald_view *view = skald_passage_view(&trial->passage);
	uint8_t way = NF_INET_LOCAL_OUT;

	if (trial->story->iif) {
		if (!pass_hook(trial, NF_INET_PRE_ROUTING) ||
		    is_lost(trial->story))
			return;
		way = way_of(trial->story);
	} else {
		view->oif = oif_of(trial, is_then);
	}
	trial->outcome->is_way_sure = !trial->outcome->is_unknown;
	keep_translation(trial);
	if (way != NF_INET_LOCAL_OUT)
		check_way(trial);
	if (way == NF_INET_FORWARD) {
		age(trial);
		view->oif = oif_of(trial, is_then);
	}
	if (!pass_hook(trial, way) || way == NF_INET_LOCAL_IN)
		return;
	(void)pass_hook(trial, NF_INET_POST_ROUTING);
}

/* Nothing that is not IP meets a rule. */
static bool is_untouched(const struct skald_engine *engine)
{
	for (int hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		if (skald_vm_hook_next(engine->vm, NFPROTO_ARP, (uint8_t)hook,
				       NULL, NULL) ||
		    skald_vm_hook_next(engine->vm, NFPROTO_BRIDGE, hook, NULL,
				       NULL))
			return false;
	}
	return true;
}

int skald_whatif(struct skald_engine *engine, bool is_then,
		 const struct skald_story *story, struct skald_outcome *outcome)
{
	struct trial trial = { .story = story, .outcome = outcome };
	struct skald_view *view = skald_passage_view(&trial.passage);
	int err;

	memset(outcome, 0, sizeof(*outcome));
	trial.input.t_ns = story->start_ns;
	trial.passage.engine = engine;
	trial.passage.input = &trial.input;
	trial.passage.is_reenacted = true;
	trial.passage.is_made_here = !story->iif;
	trial.passage.ct_view.known = SKALD_VM_CT_ALL;
	trial.passage.ct_view.state = 1;
	trial.dnat = find_dnat(story);
	err = make_view(&trial);
	if (err)
		return is_untouched(engine) ? 0 : err;
	view->iif = iif_of(&trial, is_then);
	view->mark = story->first.mark;
	walk(&trial, is_then);
	outcome->mark = view->mark;
	return 0;
}

static bool is_same_binding(const struct skald_binding *a,
			    const struct skald_binding *b)
{
	if (a->is_bound != b->is_bound)
		return false;
	return !a->is_bound ||
	       (a->kind == b->kind && a->has_address == b->has_address &&
		a->has_port == b->has_port && a->port == b->port &&
		!memcmp(a->address, b->address, sizeof(a->address)));
}

bool skald_outcome_flips(const struct skald_outcome *then,
			 const struct skald_outcome *now, unsigned int *flips)
{
	bool is_same_way = is_same_binding(&then->nat[0], &now->nat[0]);

	*flips = 0;
	if (then->kind != now->kind)
		*flips = SKALD_FLIP_VERDICT;
	else if (then->kind != SKALD_OUTCOME_PASSES)
		return true;
	if (!*flips &&
	    !(is_same_way && is_same_binding(&then->nat[1], &now->nat[1])))
		*flips |= SKALD_FLIP_NAT;
	if (!(*flips & SKALD_FLIP_VERDICT) && then->mark != now->mark)
		*flips |= SKALD_FLIP_MARK;
	if (then->is_elsewhere != now->is_elsewhere &&
	    !(*flips & SKALD_FLIP_VERDICT))
		*flips |= SKALD_FLIP_ROUTE;
	if (!*flips || (!then->is_unknown && !now->is_unknown))
		return true;
	/* what became of it behind the decision is not known, but that */
	if (is_same_way || !then->is_way_sure || !now->is_way_sure)
		return false;
	*flips = SKALD_FLIP_NAT |
		 (then->is_elsewhere != now->is_elsewhere ? SKALD_FLIP_ROUTE
							  : 0);
	return true;
}
