// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells a story from the records of skald.ko, record by record.
 *
 * What nftables says about a packet is told by the same functions as for the
 * nft source, so that a path through the rules is the same story from both.
 */
#include "telling_kmod.h"

#include <linux/netfilter.h>
#include <string.h>

#include "kmod_lives.h"
#include "kmod_names.h"
#include "text.h"
#include "trace.h"

/* Names of a hook's functions in one event. */
#define FUNCTIONS_TEXT 1024

/* ---- strings ---- */

const char *skald_records_text(struct skald_records *records, const char *text,
			       size_t len)
{
	const char *copy = skald_arena_strndup(&records->telling->arena, text,
					       strnlen(text, len));

	if (!copy)
		records->telling->failed = true;
	return copy;
}

const char *skald_records_place(struct skald_records *records, uint64_t place)
{
	return skald_kmod_place(records->names, place);
}

const char *skald_records_dev(struct skald_records *records,
			      const struct skald_r_dev *dev)
{
	if (!dev->ifindex || !dev->name[0])
		return NULL;
	return skald_records_text(records, dev->name, sizeof(dev->name));
}

struct skald_value skald_records_address(unsigned int family,
					 const struct skald_r_addr *address)
{
	struct skald_value value = { 0 };

	if (family == NFPROTO_IPV4) {
		value.type = SKALD_VALUE_IP4;
		memcpy(value.bytes, address->bytes, 4);
	} else if (family == NFPROTO_IPV6) {
		value.type = SKALD_VALUE_IP6;
		memcpy(value.bytes, address->bytes, 16);
	}
	return value;
}

/* ---- the way ---- */

static void note_dev(struct skald_records *records, const char **name,
		     const struct skald_r_dev *dev)
{
	if (dev->ifindex && dev->name[0])
		*name = skald_records_dev(records, dev);
}

/* Before prerouting is what a classifier calls prerouting. */
static unsigned int hook_of_point(const struct skald_r_mark *mark)
{
	switch (mark->point) {
	case SKALD_POINT_OUTPUT:
		return SKALD_HOOK_OUTPUT;
	case SKALD_POINT_RECEIVE:
		return SKALD_HOOK_PREROUTING;
	}
	return SKALD_HOOK_EGRESS;
}

static void tell_mark(struct skald_records *records,
		      const struct skald_r_mark *mark)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_MARK);
	const char *expression =
		telling->ops->classifier(telling->user, mark->classifier);

	note_dev(records, &records->iif, &mark->in);
	if (!event)
		return;
	if (expression)
		SKALD_SET(event, mark, classifier, expression);
	if (mark->family)
		SKALD_SET(event, mark, family, mark->family);
	SKALD_SET(event, mark, hook, hook_of_point(mark));
	if (mark->in.ifindex)
		SKALD_SET(event, mark, iif, records->iif);
	if (mark->out.ifindex)
		SKALD_SET(event, mark, oif,
			  skald_records_dev(records, &mark->out));
	SKALD_SET(event, mark, mark, 0);
}

static const char *words_of_link(unsigned int how)
{
	switch ((enum skald_link_how)how) {
	case SKALD_LINK_CLONE:
		return "shares its bytes";
	case SKALD_LINK_COPY:
		return "has a copy of its bytes";
	case SKALD_LINK_SEGMENT:
		return "is a segment of it";
	case SKALD_LINK_FRAGMENT:
		return "is a fragment of it";
	case SKALD_LINK_REASSEMBLE:
		return "is put together from it";
	case SKALD_LINK_NAMESPACE:
		return "came in by the peer of the device";
	case SKALD_LINK_LOOP:
		return "came round by the loopback device";
	case SKALD_LINK_ENCAP:
		return "carries it";
	case SKALD_LINK_DECAP:
		return "was carried by it";
	}
	return NULL;
}

/* @id: of the other story, 0: not known */
static void add_link(struct skald_records *records,
		     const struct skald_r_link *link, uint64_t id)
{
	const char *place = skald_records_place(records, link->place);
	const char *how = words_of_link(link->how);
	struct skald_event *event = skald_telling_add(
		records->telling, skald_record_link_kind(link->how));

	if (!event)
		return;
	if (id)
		SKALD_SET(event, clone, story, id);
	if (place)
		SKALD_SET(event, clone, place, place);
	if (how)
		SKALD_SET(event, clone, how, how);
}

/* The packet goes on, or went on, as another one. */
static void tell_child(struct skald_records *records,
		       const struct skald_r_link *link)
{
	records->link = link;
	/* the head may be sent as the first fragment, before the others are
	 * made */
	if (records->fate != SKALD_FATE_SENT &&
	    (link->how == SKALD_LINK_SEGMENT ||
	     link->how == SKALD_LINK_FRAGMENT))
		records->fate = SKALD_FATE_CUT;
	/* the ending says it, and the next story */
	if (records->telling->raw->end != SKALD_RAW_PASSED ||
	    link->how < SKALD_LINK_REASSEMBLE)
		add_link(records, link, 0);
}

static void tell_journey(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	uint32_t i;

	for (i = 0; i < raw->n_kin; i++)
		skald_telling_journey(
			telling, raw->kin[i].kind,
			telling->ops->story_id(telling->user,
					       raw->kin[i].serial));
}

/* Its mark was taken on the way and is given back: it is still followed. */
static void tell_marked_again(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;
	const struct skald_raw_story *raw = telling->raw;
	struct skald_event *event;
	const char *expression;
	uint32_t i;

	for (i = 0; i < raw->n_ids; i++) {
		event = skald_telling_add(telling, SKALD_MARK);
		if (!event)
			return;
		expression =
			telling->ops->classifier(telling->user, raw->ids[i]);
		if (expression)
			SKALD_SET(event, mark, classifier, expression);
		SKALD_SET(event, mark, hook, SKALD_HOOK_PREROUTING);
	}
}

static void tell_link(struct skald_records *records,
		      const struct skald_r_link *link)
{
	struct skald_telling *telling = records->telling;
	uint64_t parent = link->parent | SKALD_KMOD_SERIAL;

	if ((link->record.packet | SKALD_KMOD_SERIAL) != telling->raw->serial) {
		tell_child(records, link);
		return;
	}
	records->is_cloned = link->how <= SKALD_LINK_SEGMENT;
	add_link(records, link, telling->ops->story_id(telling->user, parent));
	tell_journey(telling);
	if (link->how == SKALD_LINK_NAMESPACE || link->how == SKALD_LINK_LOOP)
		tell_marked_again(records);
}

/* A mark that was given back is told before the device. */
static void mark_iif(struct skald_telling *telling, const char *name)
{
	unsigned int i;

	for (i = 0; name && i < telling->story.n_events; i++) {
		struct skald_event *event = &telling->events[i];

		if (event->kind == SKALD_MARK &&
		    event->ev_mark.hook == SKALD_HOOK_PREROUTING &&
		    !SKALD_HAS(event, mark, iif))
			SKALD_SET(event, mark, iif, name);
	}
}

static void tell_receive(struct skald_records *records,
			 const struct skald_r_receive *receive)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_RECEIVE);
	const char *name = skald_records_dev(records, &receive->dev);

	if (!records->iif)
		records->iif = name;
	mark_iif(telling, name);
	records->fate = SKALD_FATE_NONE;
	records->telling->hook = SKALD_HOOK_NONE;
	if (event && name)
		SKALD_SET(event, receive, device, name);
}

/* "ipv4_conntrack_in(-200) nf_nat_ipv4_pre_routing(-100)" */
static const char *functions_of(struct skald_records *records,
				const struct skald_r_hook *hook)
{
	char text[FUNCTIONS_TEXT] = "";
	unsigned int i;

	for (i = 0; i < hook->count; i++) {
		const struct skald_r_function *function = &hook->functions[i];
		const char *name =
			skald_records_place(records, function->place);

		skald_text_add(text, sizeof(text), "%s%s(%d)", i ? " " : "",
			       name ? name : "?", function->priority);
	}
	if (hook->flags & SKALD_HOOK_MORE)
		skald_text_add(text, sizeof(text), " ...");
	return skald_records_text(records, text, sizeof(text));
}

/* Functions whose verdict nobody will tell, with all else that is known. */
static void tell_unseen(struct skald_records *records,
			const struct skald_r_hook *hook)
{
	struct skald_telling *telling = records->telling;

	if (records->was_queued || !hook->count)
		return;
	skald_telling_gap(telling, hook->count,
			  "the functions of a hook could not be told apart");
}

static void tell_hook(struct skald_records *records,
		      const struct skald_r_hook *hook)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = NULL;

	/* entered for skald's own function: without it there would be no hook
	 */
	if (hook->count)
		event = skald_telling_add(telling, SKALD_HOOK);
	note_dev(records, &records->oif, &hook->out);
	if (!records->iif)
		note_dev(records, &records->iif, &hook->in);
	records->family = hook->family;
	telling->hook = skald_hook_from_nft(hook->family, hook->hook);
	skald_records_run(records);
	if (!event)
		return;
	SKALD_SET(event, hook, family, hook->family);
	SKALD_SET(event, hook, hook, telling->hook);
	SKALD_SET(event, hook, functions, functions_of(records, hook));
	if (hook->flags & SKALD_HOOK_UNSEEN)
		tell_unseen(records, hook);
	records->was_queued = false;
}

static void tell_stage(struct skald_records *records,
		       const struct skald_r_stage *stage)
{
	struct skald_telling *telling = records->telling;
	const char *name = skald_records_place(records, stage->place);
	unsigned int verdict = skald_trace_verdict(
		(int32_t)(stage->verdict & NF_VERDICT_MASK));
	struct skald_event *event;

	skald_records_verdict(records, verdict);
	telling->hook = skald_hook_from_nft(stage->family, stage->hook);
	records->stage = name;
	event = skald_telling_add(telling, SKALD_STAGE);
	if (!event)
		return;
	if (name)
		SKALD_SET(event, stage, name, name);
	SKALD_SET(event, stage, hook, telling->hook);
	SKALD_SET(event, stage, verdict, verdict);
	if (stage->took)
		SKALD_SET(event, stage, took_ns, stage->took);
}

static void tell_bridge(struct skald_records *records,
			const struct skald_r_bridge *bridge)
{
	static const char *const steps[] = {
		[SKALD_BRIDGE_INPUT] = "a port took it",
		[SKALD_BRIDGE_DECIDE] = "past prerouting",
		[SKALD_BRIDGE_FORWARD] = "past forward",
		[SKALD_BRIDGE_LOCAL] = "up to the bridge's own stack",
		[SKALD_BRIDGE_OUTPUT] = "out to a port",
	};
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_BRIDGE);
	const char *name = skald_records_dev(records, &bridge->dev);

	if (!event)
		return;
	if (bridge->step < sizeof(steps) / sizeof(steps[0]) &&
	    steps[bridge->step])
		SKALD_SET(event, bridge, step, steps[bridge->step]);
	if (name)
		SKALD_SET(event, bridge, device, name);
}

static void tell_transmit(struct skald_records *records,
			  const struct skald_r_transmit *transmit)
{
	bool is_sent = transmit->record.type == SKALD_R_SEND;
	struct skald_event *event = skald_telling_add(
		records->telling, is_sent ? SKALD_SEND : SKALD_TRANSMIT);
	const char *name = skald_records_dev(records, &transmit->dev);

	if (name)
		records->oif = name;
	if (is_sent) {
		records->fate = SKALD_FATE_SENT;
		records->device = name;
	}
	if (event && name && is_sent)
		SKALD_SET(event, send, device, name);
	else if (event && name)
		SKALD_SET(event, transmit, device, name);
}

static void tell_scrub(struct skald_records *records,
		       const struct skald_r_scrub *scrub)
{
	struct skald_event *event =
		skald_telling_add(records->telling, SKALD_SCRUB);
	const char *place = skald_records_place(records, scrub->place);

	if (!event)
		return;
	if (place)
		SKALD_SET(event, scrub, place, place);
	SKALD_SET(event, scrub, how,
		  scrub->foreign ? "its mark is cleared, it goes to another "
				   "namespace"
				 : "what is known of it is cleared");
}

static void tell_fragment(struct skald_records *records,
			  const struct skald_r_fragment *fragment)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_FRAGMENT);

	records->fate = SKALD_FATE_CUT;
	if (!event)
		return;
	SKALD_SET(event, fragment, how,
		  skald_arena_printf(&telling->arena,
				     "%u bytes are more than %u: it is cut",
				     fragment->length, fragment->mtu));
}

static void tell_defrag(struct skald_records *records,
			const struct skald_r_defrag *defrag)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event =
		skald_telling_add(telling, SKALD_REASSEMBLE);

	records->fate = SKALD_FATE_WAITS;
	if (!event)
		return;
	SKALD_SET(event, reassemble, how,
		  skald_arena_printf(&telling->arena,
				     "bytes %u to %u wait for the others",
				     defrag->offset, defrag->end));
}

static void tell_queue(struct skald_records *records,
		       const struct skald_r_queue *queue)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_QUEUE);

	records->queue = queue->number;
	records->fate = SKALD_FATE_QUEUED;
	if (!event)
		return;
	SKALD_SET(event, queue, number, queue->number);
	SKALD_SET(event, queue, hook,
		  skald_hook_from_nft(queue->family, queue->hook));
}

static void tell_reinject(struct skald_records *records,
			  const struct skald_r_reinject *reinject)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_REINJECT);

	records->was_queued = true;
	records->fate = SKALD_FATE_NONE;
	telling->hook = skald_hook_from_nft(reinject->family, reinject->hook);
	if (!event)
		return;
	SKALD_SET(event, reinject, number, records->queue);
	SKALD_SET(event, reinject, verdict,
		  skald_trace_verdict(
			  (int32_t)(reinject->verdict & NF_VERDICT_MASK)));
}

/* ---- all of them ---- */

static void tell_record(struct skald_records *records,
			const struct skald_r_record *record)
{
	const void *r = record;

	switch (record->type) {
	case SKALD_R_LOST:
		skald_records_lost(records, r);
		break;
	case SKALD_R_MARK:
		tell_mark(records, r);
		break;
	case SKALD_R_LINK:
		tell_link(records, r);
		break;
	case SKALD_R_SNAP:
		skald_records_snap(records, r);
		break;
	case SKALD_R_RECEIVE:
		tell_receive(records, r);
		break;
	case SKALD_R_HOOK:
		tell_hook(records, r);
		break;
	case SKALD_R_STAGE:
		tell_stage(records, r);
		break;
	case SKALD_R_NFT:
		skald_records_nft(records, r);
		break;
	case SKALD_R_XT:
		skald_records_xt(records, r);
		break;
	}
}

static void tell_verdicts(struct skald_records *records,
			  const struct skald_r_record *record)
{
	const void *r = record;

	switch (record->type) {
	case SKALD_R_CONNTRACK:
		skald_records_conntrack(records, r);
		break;
	case SKALD_R_INVALID:
		skald_records_invalid(records, r);
		break;
	case SKALD_R_NAT:
		skald_records_nat(records, r);
		break;
	case SKALD_R_EXPECT:
		skald_records_expect(records, r);
		break;
	case SKALD_R_IPRULE:
		skald_records_iprule(records, r);
		break;
	case SKALD_R_FIB:
		skald_records_fib(records, r);
		break;
	case SKALD_R_ROUTE:
		skald_records_route(records, r);
		break;
	case SKALD_R_NEIGH:
		skald_records_neigh(records, r);
		break;
	}
}

static void tell_passage(struct skald_records *records,
			 const struct skald_r_record *record)
{
	const void *r = record;

	switch (record->type) {
	case SKALD_R_FRAGMENT:
		tell_fragment(records, r);
		break;
	case SKALD_R_DEFRAG:
		tell_defrag(records, r);
		break;
	case SKALD_R_SCRUB:
		tell_scrub(records, r);
		break;
	case SKALD_R_QUEUE:
		tell_queue(records, r);
		break;
	case SKALD_R_REINJECT:
		tell_reinject(records, r);
		break;
	case SKALD_R_BRIDGE:
		tell_bridge(records, r);
		break;
	case SKALD_R_TRANSMIT:
	case SKALD_R_SEND:
		tell_transmit(records, r);
		break;
	case SKALD_R_SENDER:
	case SKALD_R_DELIVER:
	case SKALD_R_TAP:
		skald_records_socket(records, r);
		break;
	case SKALD_R_DROP:
		records->drop = r;
		break;
	}
}

/* Headers that changed belong to the function that came back before them. */
static bool is_aftermath(unsigned int type)
{
	return type == SKALD_R_SNAP || type == SKALD_R_CONNTRACK ||
	       type == SKALD_R_ROUTE;
}

/* What dropped the packet may have been its last rule. */
static void leave_stage(struct skald_records *records, unsigned int type)
{
	records->stage = NULL;
	if (type != SKALD_R_DROP && type != SKALD_R_CONSUME &&
	    type != SKALD_R_FREE)
		skald_records_run(records);
}

static void walk(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_r_record *record, *first = NULL;
	uint32_t at = 0;
	size_t len;

	while (at < raw->n_bytes) {
		record = (const void *)(raw->records + at);
		len = skald_record_check(record, raw->n_bytes - at);
		if (!len)
			break;
		if (!first)
			first = record;
		telling->at++;
		/* a loss is told where it was found, perhaps a little late */
		if (record->type != SKALD_R_LOST && record->time >= first->time)
			telling->t_ns =
				raw->start_ns + (record->time - first->time);
		if (!is_aftermath(record->type) && records->stage)
			leave_stage(records, record->type);
		tell_record(records, record);
		tell_verdicts(records, record);
		tell_passage(records, record);
		records->last = record;
		at += (uint32_t)len;
	}
}

static const char *name_of(struct skald_telling *telling, uint32_t index)
{
	return index ? telling->ops->ifname(telling->user, telling->raw->netns,
					    index)
		     : NULL;
}

void skald_telling_records(struct skald_telling *telling)
{
	struct skald_records records = {
		.telling = telling,
		.names = telling->raw->names,
		.route = SKALD_NO_EVENT,
		.deliver = SKALD_NO_EVENT,
	};
	struct skald_story *story = &telling->story;

	telling->t_ns = telling->raw->start_ns;
	skald_records_run(&records);
	walk(&records);
	skald_records_end(&records);
	story->end_ns = telling->t_ns;
	story->first = records.first;
	story->last = records.snap;
	story->iif =
		records.iif ? records.iif : name_of(telling, records.first.iif);
	story->oif = records.fate == SKALD_FATE_SENT ? records.oif : NULL;
}

/* What most packets of the same way have in common. */
uint64_t skald_telling_records_key(const struct skald_raw_story *raw)
{
	const struct skald_r_record *record;
	uint64_t key = raw->end;
	uint32_t at = 0;

	while (at < raw->n_bytes) {
		record = (const void *)(raw->records + at);
		key = (key ^ record->type) * 0x9e3779b97f4a7c15u;
		if (record->type == SKALD_R_NFT)
			key ^= ((const struct skald_r_nft *)record)->handle;
		at += record->len;
	}
	return key;
}
