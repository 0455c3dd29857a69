// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the story of a packet in the engine: what the rule machine tells, what
 * conntrack and routing say, and what changed in between.
 */
#include "engine_priv.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/netfilter/nf_tables.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAPS_MAX 64

struct skald_event *skald_passage_add(struct skald_passage *passage,
				      enum skald_event_kind kind)
{
	struct skald_event *event;

	if (passage->failed)
		return NULL;
	if (passage->story.n_events == passage->size_events) {
		size_t size =
			passage->size_events ? passage->size_events * 2 : 32;
		struct skald_event *events =
			reallocarray(passage->events, size, sizeof(*events));

		if (!events) {
			passage->failed = true;
			return NULL;
		}
		passage->events = events;
		passage->size_events = size;
	}
	event = &passage->events[passage->story.n_events++];
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->t_ns = passage->input->t_ns;
	return event;
}

static const char *keep(struct skald_passage *passage, const char *text)
{
	const char *copy =
		skald_arena_strndup(&passage->story.arena, text, strlen(text));

	if (!copy)
		passage->failed = true;
	return copy ? copy : "";
}

const char *skald_passage_ifname(struct skald_passage *passage, uint32_t index)
{
	const struct skald_iface *iface =
		skald_links_find(&passage->engine->links, index);

	return iface ? iface->name : NULL;
}

void skald_passage_assume(struct skald_passage *passage, const char *format,
			  ...)
{
	char text[256];
	va_list args;

	if (passage->story.n_gaps == GAPS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (unsigned int i = 0; i < passage->story.n_gaps; i++) {
		if (strcmp(passage->gaps[i].where, text) == 0)
			return;
	}
	passage->gaps[passage->story.n_gaps].count = 0;
	passage->gaps[passage->story.n_gaps++].where = keep(passage, text);
}

static uint8_t take(const struct skald_view *view, uint32_t from, uint32_t to,
		    uint8_t most, uint8_t *bytes)
{
	uint32_t len = to > from ? to - from : 0;

	len = min_t(uint32_t, len, most);
	if (from > view->known)
		return 0;
	len = min_t(uint32_t, len, view->known - from);
	memcpy(bytes, view->data + from, len);
	return (uint8_t)len;
}

/* As nft_trace_notify() shows a packet. */
static void make_snap(struct skald_passage *passage, struct skald_snap *snap)
{
	const struct skald_view *view = skald_passage_view(passage);
	bool has_transport = view->transport != SKALD_VIEW_NONE;

	memset(snap, 0, sizeof(*snap));
	snap->iif = view->iif;
	snap->oif = view->oif;
	snap->mark = view->mark;
	snap->ethertype = view->ethertype;
	if (view->link != SKALD_VIEW_NONE) {
		snap->lltype = ARPHRD_ETHER;
		snap->ll_len = take(view, view->link, view->network,
				    SKALD_SNAP_LL, snap->ll);
	}
	snap->nh_len = take(view, view->network,
			    has_transport ? view->transport : view->end,
			    SKALD_SNAP_NH, snap->nh);
	if (has_transport)
		snap->th_len = take(view, view->transport, view->end,
				    SKALD_SNAP_TH, snap->th);
}

/* A packet that comes round again. */
static void tell_origin(struct skald_passage *passage)
{
	struct skald_story *story = &passage->story;
	struct skald_event *event;
	bool is_clone;

	if (!passage->came_of)
		return;
	is_clone = passage->came_of->is_answer || passage->came_of->bridge_to;
	event = skald_passage_add(passage, is_clone ? SKALD_CLONE : SKALD_LOOP);
	if (event && is_clone) {
		SKALD_SET(event, clone, story, passage->came_of->story);
		SKALD_SET(event, clone, how,
			  passage->came_of->is_answer
				  ? "made to answer a packet"
				  : "flooded to another port");
	} else if (event) {
		SKALD_SET(event, loop, story, passage->came_of->story);
		SKALD_SET(event, loop, how, "the same packet");
	}
	story->journey =
		skald_arena_alloc(&story->arena, sizeof(*story->journey));
	if (story->journey) {
		story->journey->kind = is_clone ? SKALD_CLONE : SKALD_LOOP;
		story->journey->story = passage->came_of->story;
		story->n_journey = 1;
	}
	skald_passage_view_ct(passage);
	skald_passage_tell_ct(passage);
}

void skald_passage_begin(struct skald_passage *passage)
{
	struct skald_story *story = &passage->story;
	const struct skald_view *view = skald_passage_view(passage);
	struct skald_event *event;

	passage->gaps = skald_arena_alloc(&story->arena,
					  GAPS_MAX * sizeof(*passage->gaps));
	if (!passage->gaps) {
		passage->failed = true;
		return;
	}
	make_snap(passage, &passage->before);
	story->first = passage->before;
	story->id = passage->engine->next_id++;
	story->source = SKALD_SOURCE_ENGINE;
	story->start_ns = passage->input->t_ns;
	story->end_ns = story->start_ns;
	story->generation = passage->engine->world->ruleset.generation;
	story->host = keep(passage, passage->engine->world->host);
	story->netns = keep(passage, passage->engine->world->netns);
	story->iif = skald_passage_ifname(passage, view->iif);
	if (passage->input->guesses_iif)
		skald_passage_assume(passage,
				     "where it came in is not said: the way "
				     "back to its source, %s",
				     story->iif	 ? story->iif
				     : view->iif ? "which is not known"
						 : "this machine");
	event = skald_passage_add(passage, SKALD_MARK);
	if (!event)
		return;
	SKALD_SET(event, mark, family, view->family);
	SKALD_SET(event, mark, hook,
		  passage->is_made_here ? SKALD_HOOK_OUTPUT
					: SKALD_HOOK_PREROUTING);
	if (story->iif)
		SKALD_SET(event, mark, iif, story->iif);
	SKALD_SET(event, mark, mark, view->mark);
	tell_origin(passage);
}

/* "10.1.0.1:8080", "[2001:db8::1]:53", or the address alone */
static const char *endpoint(struct skald_passage *passage,
			    const struct skald_packet *packet,
			    enum skald_packet_field address,
			    enum skald_packet_field port)
{
	const struct skald_value *at = &packet->value[address];
	unsigned int number = (unsigned int)packet->value[port].num;
	char text[64], whole[80];

	skald_value_format(at, text, sizeof(text));
	if (!packet->value[port].type)
		return keep(passage, text);
	if (at->type == SKALD_VALUE_IP6)
		(void)snprintf(whole, sizeof(whole), "[%s]:%u", text, number);
	else
		(void)snprintf(whole, sizeof(whole), "%s:%u", text, number);
	return keep(passage, whole);
}

static bool differs(const struct skald_packet *a, const struct skald_packet *b,
		    enum skald_packet_field field)
{
	return !skald_value_equal(&a->value[field], &b->value[field]);
}

static void tell_nat(struct skald_passage *passage,
		     const struct skald_packet *old,
		     const struct skald_packet *new, bool is_source)
{
	enum skald_packet_field address =
		is_source ? SKALD_P_saddr : SKALD_P_daddr;
	enum skald_packet_field port =
		is_source ? SKALD_P_sport : SKALD_P_dport;
	const struct skald_vm_rule *rule = passage->nat_rule;
	bool is_reply = passage->ct.dir == SKALD_CT_REPLY;
	struct skald_event *event;

	if (!differs(old, new, address) && !differs(old, new, port))
		return;
	event = skald_passage_add(passage, SKALD_NAT);
	if (!event)
		return;
	if (is_reply)
		SKALD_SET(event, nat, type,
			  is_source ? SKALD_NAT_REVERSE_DNAT
				    : SKALD_NAT_REVERSE_SNAT);
	else
		SKALD_SET(event, nat, type,
			  is_source ? passage->nat_kind[1]
				    : passage->nat_kind[0]);
	SKALD_SET(event, nat, old, endpoint(passage, old, address, port));
	SKALD_SET(event, nat, new, endpoint(passage, new, address, port));
	if (!rule)
		return;
	SKALD_SET(event, nat, family, rule->chain->table->family);
	SKALD_SET(event, nat, table, keep(passage, rule->chain->table->name));
	SKALD_SET(event, nat, chain, keep(passage, rule->chain->name));
	SKALD_SET(event, nat, handle, rule->handle);
}

void skald_passage_compare(struct skald_passage *passage, const char *by)
{
	struct skald_packet old, new;
	struct skald_snap now;

	make_snap(passage, &now);
	if (skald_snap_same(&passage->before, &now))
		return;
	skald_packet_parse(&passage->before, &old);
	skald_packet_parse(&now, &new);
	if (passage->in_nat) {
		tell_nat(passage, &old, &new, false);
		tell_nat(passage, &old, &new, true);
	}
	for (int field = 0; field < SKALD_N_P; field++) {
		struct skald_event *event;

		if (!skald_packet_descs[field].mangle ||
		    !old.value[field].type || !new.value[field].type ||
		    !differs(&old, &new, field))
			continue;
		event = skald_passage_add(passage, SKALD_MANGLE);
		if (!event)
			return;
		SKALD_SET(event, mangle, field, skald_packet_descs[field].name);
		SKALD_SET(event, mangle, old, old.value[field]);
		SKALD_SET(event, mangle, new, new.value[field]);
		if (by)
			SKALD_SET(event, mangle, by, keep(passage, by));
	}
	passage->before = now;
}

void skald_passage_becomes(struct skald_passage *passage)
{
	make_snap(passage, &passage->before);
}

void skald_passage_end(struct skald_passage *passage, unsigned int kind,
		       const char *reason)
{
	passage->story.ending.kind = kind;
	passage->story.ending.reason = reason;
	passage->ended = true;
}

int skald_passage_finish(struct skald_passage *passage,
			 struct skald_story *story)
{
	struct skald_story *made = &passage->story;
	const struct skald_view *view = skald_passage_view(passage);

	if (passage->failed) {
		skald_arena_done(&made->arena);
		return -ENOMEM;
	}
	made->events = skald_arena_alloc(&made->arena,
					 (made->n_events ? made->n_events : 1) *
						 sizeof(*made->events));
	if (!made->events) {
		skald_arena_done(&made->arena);
		return -ENOMEM;
	}
	memcpy(made->events, passage->events,
	       made->n_events * sizeof(*made->events));
	made->gaps = passage->gaps;
	made->complete = !made->n_gaps;
	made->oif = skald_passage_ifname(passage, view->oif);
	made->last = passage->before;
	skald_packet_parse(&made->first, &made->packet);
	skald_packet_parse(&made->last, &made->final);
	*story = *made;
	return 0;
}

/* ---- what the rule machine tells ---- */

/* Texts of the ruleset, found by what the rule machine knows. */
static bool is_rule(const void *entry, const void *key)
{
	const struct skald_rule *rule = entry;
	const struct skald_vm_rule *wanted = key;

	return rule->handle == wanted->handle &&
	       rule->family == wanted->chain->table->family &&
	       strcmp(rule->table, wanted->chain->table->name) == 0;
}

static bool is_chain(const void *entry, const void *key)
{
	const struct skald_chain *chain = entry;
	const struct skald_vm_chain *wanted = key;

	return chain->family == wanted->table->family &&
	       strcmp(chain->name, wanted->name) == 0 &&
	       strcmp(chain->table, wanted->table->name) == 0;
}

static const struct skald_rule *text_of(const struct skald_passage *passage,
					const struct skald_vm_rule *rule)
{
	const struct skald_index *index = &passage->engine->rules;
	uint64_t hash =
		skald_hash64(&rule->handle, sizeof(rule->handle), index->seed);
	struct skald_index_slot *slot =
		skald_index_find(index, hash, is_rule, rule);

	return slot ? slot->entry : NULL;
}

static const struct skald_chain *
about_chain(const struct skald_passage *passage,
	    const struct skald_vm_chain *chain)
{
	const struct skald_index *index = &passage->engine->chains;
	uint64_t hash =
		skald_hash64(chain->name, strlen(chain->name), index->seed);
	struct skald_index_slot *slot =
		skald_index_find(index, hash, is_chain, chain);

	return slot ? slot->entry : NULL;
}

static unsigned int verdict_word(s32 code)
{
	switch (code) {
	case NFT_CONTINUE:
		return SKALD_VERDICT_CONTINUE;
	case NFT_BREAK:
		return SKALD_VERDICT_BREAK;
	case NFT_JUMP:
		return SKALD_VERDICT_JUMP;
	case NFT_GOTO:
		return SKALD_VERDICT_GOTO;
	case NFT_RETURN:
		return SKALD_VERDICT_RETURN;
	}
	switch (code & NF_VERDICT_MASK) {
	case NF_DROP:
		return SKALD_VERDICT_DROP;
	case NF_ACCEPT:
		return SKALD_VERDICT_ACCEPT;
	case NF_STOLEN:
		return SKALD_VERDICT_STOLEN;
	case NF_QUEUE:
		return SKALD_VERDICT_QUEUE;
	case NF_REPEAT:
		return SKALD_VERDICT_REPEAT;
	}
	return SKALD_VERDICT_NONE;
}

static void on_chain(void *tracer, const struct skald_vm_pkt *pkt,
		     const struct skald_vm_chain *chain)
{
	struct skald_passage *passage = tracer;
	const struct skald_chain *about = about_chain(passage, chain);
	struct skald_event *event = skald_passage_add(passage, SKALD_CHAIN);

	if (!event)
		return;
	SKALD_SET(event, chain, family, chain->table->family);
	SKALD_SET(event, chain, table, keep(passage, chain->table->name));
	SKALD_SET(event, chain, chain, keep(passage, chain->name));
	if (!about || !about->is_base)
		return;
	SKALD_SET(event, chain, hook, about->hook);
	SKALD_SET(event, chain, priority, about->priority_name);
	SKALD_SET(event, chain, type, about->type);
}

static void set_end(struct skald_passage *passage,
		    const struct skald_vm_chain *chain, uint64_t handle,
		    const char *text)
{
	struct skald_ending *ending = &passage->story.ending;

	ending->family = chain->table->family;
	ending->table = keep(passage, chain->table->name);
	ending->chain = keep(passage, chain->name);
	ending->handle = handle;
	ending->text = text;
}

/* "inet fw pre rule 5", as the nft source names authors */
static void set_author(struct skald_passage *passage,
		       const struct skald_vm_rule *rule)
{
	(void)snprintf(passage->author, sizeof(passage->author),
		       "%s %.64s %.64s rule %llu",
		       skald_word(skald_words_of_FAMILY,
				  rule->chain->table->family),
		       rule->chain->table->name, rule->chain->name,
		       (unsigned long long)rule->handle);
}

static void on_rule(void *tracer, const struct skald_vm_pkt *pkt,
		    const struct skald_vm_rule *rule,
		    const struct skald_verdict *verdict)
{
	struct skald_passage *passage = tracer;
	const struct skald_rule *text = text_of(passage, rule);
	struct skald_event *event = skald_passage_add(passage, SKALD_RULE);
	unsigned int word = verdict_word(verdict->code);

	if (!event)
		return;
	SKALD_SET(event, rule, family, rule->chain->table->family);
	SKALD_SET(event, rule, table, keep(passage, rule->chain->table->name));
	SKALD_SET(event, rule, chain, keep(passage, rule->chain->name));
	SKALD_SET(event, rule, handle, rule->handle);
	SKALD_SET(event, rule, verdict, word);
	if (word == SKALD_VERDICT_JUMP || word == SKALD_VERDICT_GOTO)
		SKALD_SET(event, rule, target,
			  keep(passage, verdict->chain->name));
	if (text) {
		SKALD_SET(event, rule, text, text->text);
		SKALD_SET(event, rule, loaded, text->loaded);
	}
	set_author(passage, rule);
	passage->nat_rule = rule;
	if (word == SKALD_VERDICT_DROP || word == SKALD_VERDICT_QUEUE ||
	    word == SKALD_VERDICT_STOLEN)
		set_end(passage, rule->chain, rule->handle,
			text ? text->text : NULL);
	if (!passage->in_nat && !passage->is_reenacted)
		skald_passage_compare(passage, passage->author);
}

/* Rules compare interfaces by number; people know their names. */
static const char *miss_value(struct skald_passage *passage,
			      const struct skald_miss *miss, const char *value)
{
	const char *name = NULL;
	char *end;

	if (!strcmp(miss->field, "iif") || !strcmp(miss->field, "oif") ||
	    !strcmp(miss->field, "sdif")) {
		uint32_t index = (uint32_t)strtoul(value, &end, 10);

		if (end != value && !*end)
			name = skald_passage_ifname(passage, index);
	}
	return name ? name : keep(passage, value);
}

static void on_miss(void *tracer, const struct skald_vm_pkt *pkt,
		    const struct skald_vm_rule *rule,
		    const struct skald_miss *miss)
{
	struct skald_passage *passage = tracer;
	const struct skald_rule *text = text_of(passage, rule);
	struct skald_event *event = skald_passage_add(passage, SKALD_MISS);

	if (!event)
		return;
	SKALD_SET(event, miss, family, rule->chain->table->family);
	SKALD_SET(event, miss, table, keep(passage, rule->chain->table->name));
	SKALD_SET(event, miss, chain, keep(passage, rule->chain->name));
	SKALD_SET(event, miss, handle, rule->handle);
	if (text)
		SKALD_SET(event, miss, text, text->text);
	SKALD_SET(event, miss, expression, keep(passage, miss->expression));
	SKALD_SET(event, miss, field, keep(passage, miss->field));
	SKALD_SET(event, miss, expected,
		  miss_value(passage, miss, miss->expected));
	SKALD_SET(event, miss, actual,
		  miss->missing ? "unknown"
				: miss_value(passage, miss, miss->actual));
	if (passage->is_reenacted)
		skald_passage_note_miss(passage, rule, miss);
}

static void on_unknown(void *tracer, const struct skald_vm_pkt *pkt,
		       const struct skald_vm_rule *rule,
		       const struct skald_miss *miss)
{
	struct skald_passage *passage = tracer;

	on_miss(tracer, pkt, rule, miss);
	if (passage->is_reenacted)
		return;
	skald_passage_assume(
		passage,
		"%s %.40s %.40s rule %llu: %s is not known, passed over",
		skald_word(skald_words_of_FAMILY, rule->chain->table->family),
		rule->chain->table->name, rule->chain->name,
		(unsigned long long)rule->handle,
		miss->missing ? miss->missing : miss->expression);
}

static void on_leave(void *tracer, const struct skald_vm_pkt *pkt,
		     const struct skald_vm_chain *chain,
		     const struct skald_vm_rule *rule)
{
	struct skald_passage *passage = tracer;
	const struct skald_rule *text = rule ? text_of(passage, rule) : NULL;
	struct skald_event *event;

	/* a base chain's end: its policy says so */
	if (chain->base && !rule)
		return;
	event = skald_passage_add(passage, SKALD_RETURN);
	if (!event)
		return;
	SKALD_SET(event, return, family, chain->table->family);
	SKALD_SET(event, return, table, keep(passage, chain->table->name));
	SKALD_SET(event, return, chain, keep(passage, chain->name));
	SKALD_SET(event, return, handle, rule ? rule->handle : 0);
	if (text)
		SKALD_SET(event, return, text, text->text);
}

static void on_policy(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_chain *chain, u32 verdict)
{
	struct skald_passage *passage = tracer;
	struct skald_event *event = skald_passage_add(passage, SKALD_POLICY);
	unsigned int word = verdict_word((s32)verdict);

	if (!event)
		return;
	SKALD_SET(event, policy, family, chain->table->family);
	SKALD_SET(event, policy, table, keep(passage, chain->table->name));
	SKALD_SET(event, policy, chain, keep(passage, chain->name));
	SKALD_SET(event, policy, verdict, word);
	if (word == SKALD_VERDICT_DROP)
		set_end(passage, chain, 0, "policy drop");
}

const struct skald_vm_trace skald_engine_trace = {
	.chain = on_chain,
	.rule = on_rule,
	.unknown = on_unknown,
	.leave = on_leave,
	.policy = on_policy,
};

const struct skald_vm_trace skald_engine_trace_misses = {
	.chain = on_chain,
	.rule = on_rule,
	.miss = on_miss,
	.unknown = on_unknown,
	.leave = on_leave,
	.policy = on_policy,
};

/* ---- conntrack and routing ---- */

static unsigned int ct_word(enum skald_ct_state state)
{
	switch (state) {
	case SKALD_CT_INVALID:
		return SKALD_CTSTATE_INVALID;
	case SKALD_CT_NEW:
		return SKALD_CTSTATE_NEW;
	case SKALD_CT_ESTABLISHED:
		return SKALD_CTSTATE_ESTABLISHED;
	case SKALD_CT_RELATED:
		return SKALD_CTSTATE_RELATED;
	case SKALD_CT_UNTRACKED:
		return SKALD_CTSTATE_UNTRACKED;
	}
	return SKALD_CTSTATE_UNKNOWN;
}

static const char *status_words(struct skald_passage *passage, u32 status)
{
	static const char *const words[] = {
		"expected", "seen-reply", "assured",	  "confirmed",
		"snat",	    "dnat",	  "seq-adjust",	  NULL,
		NULL,	    "dying",	  "fixed-timeout"
	};
	char text[160] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i] && status & (1u << i))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s", len ? "," : "",
						words[i]);
	}
	return keep(passage, text);
}

void skald_passage_tell_ct(struct skald_passage *passage)
{
	const struct skald_ct *ct = passage->ct.ct;
	struct skald_event *event;

	if (!passage->has_ct || passage->ct_told == (int)passage->ct.state)
		return;
	passage->ct_told = (int)passage->ct.state;
	event = skald_passage_add(passage, SKALD_CONNTRACK);
	if (!event)
		return;
	SKALD_SET(event, conntrack, state, ct_word(passage->ct.state));
	if (passage->ct.state == SKALD_CT_INVALID)
		SKALD_SET(event, conntrack, reason,
			  skald_ct_reason_text(passage->ct.reason));
	if (!ct)
		return;
	SKALD_SET(event, conntrack, id, ct->id);
	SKALD_SET(event, conntrack, direction,
		  passage->ct.dir == SKALD_CT_REPLY ? SKALD_CTDIR_REPLY
						    : SKALD_CTDIR_ORIGINAL);
	if (ct->status)
		SKALD_SET(event, conntrack, status,
			  status_words(passage, (u32)ct->status));
	if (ct->zone.id)
		SKALD_SET(event, conntrack, zone, ct->zone.id);
	if (ct->mark)
		SKALD_SET(event, conntrack, mark, ct->mark);
}

static const char *address_text(struct skald_passage *passage,
				unsigned int family, const void *bytes,
				int bits)
{
	struct skald_value value = { .type = family == AF_INET6
						     ? SKALD_VALUE_IP6
						     : SKALD_VALUE_IP4 };
	char text[64], whole[80];

	memcpy(value.bytes, bytes, skald_addr_len(family));
	skald_value_format(&value, text, sizeof(text));
	if (bits < 0)
		return keep(passage, text);
	(void)snprintf(whole, sizeof(whole), "%s/%d", text, bits);
	return keep(passage, bits ? whole : "default");
}

/* The files with the names are read once. */
static const char *table_name(struct skald_passage *passage, uint32_t id)
{
	struct skald_engine *engine = passage->engine;

	if (!engine->tables)
		engine->tables = skald_table_names(&engine->names);
	return skald_table_name(engine->tables, id, &passage->story.arena);
}

static void tell_found(struct skald_passage *passage, struct skald_event *event)
{
	const struct skald_fib_result *fib = &passage->routing.fib;
	const struct skald_fib_route *route = fib->route;
	const char *name;

	SKALD_SET(event, route, table, table_name(passage, route->table));
	SKALD_SET(event, route, prefix,
		  address_text(passage, route->family, route->dst,
			       route->dst_len));
	SKALD_SET(event, route, type, route->type);
	if (route->has_source)
		SKALD_SET(event, route, source,
			  address_text(passage, route->family, route->source,
				       -1));
	if (!fib->hop)
		return;
	if (fib->hop->hop.family)
		SKALD_SET(event, route, via,
			  address_text(passage, fib->hop->hop.family,
				       fib->hop->hop.via, -1));
	name = skald_passage_ifname(passage, fib->hop->hop.oif);
	if (name)
		SKALD_SET(event, route, oif, name);
}

void skald_passage_tell_route(struct skald_passage *passage)
{
	const struct skald_routing *routing = &passage->routing;
	struct skald_event *event = skald_passage_add(passage, SKALD_ROUTE);

	if (!event)
		return;
	SKALD_SET(event, route, origin, SKALD_ORIGIN_RECOMPUTED);
	if (routing->fib.rule)
		SKALD_SET(event, route, rule, routing->fib.rule->priority);
	if (routing->fib.route)
		tell_found(passage, event);
	if (routing->way == SKALD_ROUTING_REFUSED)
		SKALD_SET(event, route, error, routing->words);
	if (routing->unknown)
		skald_passage_assume(passage, "route: %s is not known",
				     routing->unknown);
}
