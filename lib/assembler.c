// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups trace messages into raw stories. See assembler.h for what an identity
 * is here, and raw.h for what comes out.
 *
 * Every message is one of
 *  - the message of a mark chain: begins a story (or continues one: loopback,
 *    br_netfilter),
 *  - a message whose id has an open story: goes on with it,
 *  - an orphan: the packet goes on under another id (clone, reassembly), or the
 *    beginning was lost, or somebody else marked the packet.
 */
#include "assembler.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "kin.h"
#include "open_stories.h"
#include "steps.h"

#define NS_PER_MS 1000000ull
/* Clones and loopback follow at once; fragments wait for the last of them. */
#define KIN_AGE_NS (50 * NS_PER_MS)
#define DATAGRAM_AGE_NS (30000 * NS_PER_MS)
/* After a loss the rest of packets whose beginning was lost still comes. */
#define TAIL_NS (100 * NS_PER_MS)
#define IDS_REMEMBERED 65536
#define FRAGMENTS_JOINED 256
/* include/net/flow.h: the loopback device is the first in every namespace. */
#define LOOPBACK_IFINDEX 1

/**
 * struct space - what is known of a namespace
 * @own_table: name of our tables, NULL: not told yet
 * @generation: ruleset generation in force
 * @tail_until_ns: orphans until then had their beginning lost
 */
struct space {
	char *own_table;
	uint32_t generation;
	uint64_t tail_until_ns;
};

struct skald_assembler {
	struct skald_assembler_config config;
	struct skald_steps *steps;
	struct skald_open_stories open;
	struct skald_kin packets;
	struct skald_kin datagrams;
	struct skald_batch *batch;
	struct space *spaces;
	uint32_t n_spaces;
	uint64_t serial;
	uint32_t *ids;
	struct skald_assembler_stats stats;
};

/**
 * struct message - one trace message on its way through
 * @trace: the message
 * @step: what it stands for
 * @now_ns: when it came
 * @snap: the packet, when the message shows it
 */
struct message {
	const struct skald_trace *trace;
	const struct skald_step *step;
	uint64_t now_ns;
	struct skald_snap snap;
};

struct skald_assembler *
skald_assembler_new(const struct skald_assembler_config *config)
{
	struct skald_assembler *assembler = calloc(1, sizeof(*assembler));

	if (!assembler)
		return NULL;
	assembler->config = *config;
	assembler->steps = skald_steps_new();
	if (!assembler->steps)
		goto err_assembler;
	assembler->ids = calloc(IDS_REMEMBERED, sizeof(*assembler->ids));
	if (!assembler->ids)
		goto err_steps;
	if (skald_open_stories_init(&assembler->open, config->max_open))
		goto err_ids;
	return assembler;

err_ids:
	free(assembler->ids);
err_steps:
	skald_steps_free(assembler->steps);
err_assembler:
	free(assembler);
	return NULL;
}

void skald_assembler_free(struct skald_assembler *assembler)
{
	uint32_t i;

	if (!assembler)
		return;
	for (i = 0; i < assembler->n_spaces; i++)
		free(assembler->spaces[i].own_table);
	free(assembler->spaces);
	skald_batch_free(assembler->batch);
	skald_open_stories_done(&assembler->open);
	free(assembler->ids);
	skald_steps_free(assembler->steps);
	free(assembler);
}

/* Return: the namespace's entry, or NULL: no memory */
static struct space *space(struct skald_assembler *assembler, uint32_t netns)
{
	struct space *spaces;

	if (netns < assembler->n_spaces)
		return &assembler->spaces[netns];
	spaces = realloc(assembler->spaces, (netns + 1) * sizeof(*spaces));
	if (!spaces)
		return NULL;
	memset(spaces + assembler->n_spaces, 0,
	       (netns + 1 - assembler->n_spaces) * sizeof(*spaces));
	assembler->spaces = spaces;
	assembler->n_spaces = netns + 1;
	return &spaces[netns];
}

int skald_assembler_netns(struct skald_assembler *assembler, uint32_t netns,
			  const char *own_table, uint32_t generation)
{
	struct space *known = space(assembler, netns);
	char *name = strdup(own_table);

	if (!known || !name) {
		free(name);
		return -ENOMEM;
	}
	free(known->own_table);
	known->own_table = name;
	known->generation = generation;
	skald_steps_forget(assembler->steps, netns, 0, NULL);
	return 0;
}

static struct skald_item *add_item(struct skald_assembler *assembler,
				   enum skald_item_type type, uint32_t netns,
				   uint64_t now_ns)
{
	struct skald_item *item;

	if (!assembler->batch)
		assembler->batch = skald_batch_new();
	if (!assembler->batch)
		return NULL;
	item = skald_batch_add(assembler->batch);
	if (!item)
		return NULL;
	item->type = type;
	item->netns = netns;
	item->t_ns = now_ns;
	return item;
}

int skald_assembler_generation(struct skald_assembler *assembler,
			       uint32_t netns, uint32_t generation,
			       uint32_t pid, const char *process,
			       uint64_t now_ns)
{
	struct space *known = space(assembler, netns);
	struct skald_item *item;

	if (!known)
		return -ENOMEM;
	known->generation = generation;
	item = add_item(assembler, SKALD_ITEM_GENERATION, netns, now_ns);
	if (!item)
		return -ENOMEM;
	item->generation = generation;
	item->pid = pid;
	if (process)
		item->process = skald_arena_strndup(&assembler->batch->arena,
						    process, strlen(process));
	return 0;
}

void skald_assembler_forget_table(struct skald_assembler *assembler,
				  uint32_t netns, unsigned int family,
				  const char *table)
{
	skald_steps_forget(assembler->steps, netns, family, table);
}

/* ---- closing ---- */

/* A copy of the story in the batch. Return: NULL when there is no memory */
static struct skald_raw_story *copy_story(struct skald_batch *batch,
					  const struct skald_raw_story *raw)
{
	size_t events = raw->n_events * sizeof(*raw->events);
	size_t snaps = raw->n_snaps * sizeof(*raw->snaps);
	struct skald_raw_story *copy = skald_arena_alloc(
		&batch->arena, sizeof(*copy) + events + snaps);

	if (!copy)
		return NULL;
	*copy = *raw;
	copy->events = (void *)(copy + 1);
	copy->snaps = (void *)((char *)copy->events + events);
	memcpy(copy->events, raw->events, events);
	memcpy(copy->snaps, raw->snaps, snaps);
	batch->bytes += sizeof(*copy) + events + snaps;
	return copy;
}

static void count_lost(struct skald_assembler *assembler, uint32_t netns,
		       uint64_t count, const char *where, uint64_t now_ns)
{
	struct skald_batch *batch = assembler->batch;
	struct skald_item *item = NULL;

	if (batch && batch->n_items)
		item = &batch->items[batch->n_items - 1];
	if (!item || item->type != SKALD_ITEM_LOSS || item->netns != netns ||
	    item->where != where)
		item = add_item(assembler, SKALD_ITEM_LOSS, netns, now_ns);
	if (!item)
		return;
	item->count += count;
	item->where = where;
}

/* A packet that leaves is remembered: it may come again. */
static void note_packet(struct skald_assembler *assembler,
			const struct skald_open *story, uint64_t now_ns)
{
	const struct skald_raw_story *raw = &story->raw;
	struct skald_kin_entry entry = {
		.key = skald_kin_packet_key(raw->netns,
					    &raw->snaps[raw->n_snaps - 1]),
		.serial = raw->serial,
		.t_ns = now_ns,
		.hook = story->hook,
		.family = raw->events[raw->n_events - 1].step->family,
	};

	skald_kin_note(&assembler->packets, &entry);
}

static void close_story(struct skald_assembler *assembler,
			struct skald_open *story, enum skald_raw_end end,
			uint64_t now_ns)
{
	struct skald_item *item =
		add_item(assembler, SKALD_ITEM_STORY, story->raw.netns, now_ns);

	story->raw.end = end;
	note_packet(assembler, story, now_ns);
	if (item)
		item->story = copy_story(assembler->batch, &story->raw);
	if (item && item->story) {
		assembler->batch->n_events += story->raw.n_messages;
		assembler->stats.stories++;
	} else {
		if (item)
			assembler->batch->n_items--;
		count_lost(assembler, story->raw.netns, story->raw.n_messages,
			   "no memory", now_ns);
	}
	skald_open_remove(&assembler->open, story);
}

static uint64_t deadline(const struct skald_assembler *assembler,
			 const struct skald_open *story)
{
	return story->last_ns + (story->is_queued ? assembler->config.queue_ns
						  : assembler->config.idle_ns);
}

/* What a story that just went silent is taken for. */
static enum skald_raw_end silent_end(const struct skald_open *story)
{
	if (story->is_queued)
		return SKALD_RAW_QUEUED;
	return story->is_bridged ? SKALD_RAW_LAST : SKALD_RAW_IDLE;
}

uint64_t skald_assembler_tick(struct skald_assembler *assembler,
			      uint64_t now_ns)
{
	struct skald_open *story = assembler->open.oldest, *next;
	uint64_t soonest = 0;

	for (; story; story = next) {
		uint64_t due = deadline(assembler, story);

		next = story->newer;
		if (due <= now_ns) {
			close_story(assembler, story, silent_end(story),
				    now_ns);
			continue;
		}
		if (!soonest || due < soonest)
			soonest = due;
		/* the others are younger, and only queued ones wait longer */
		if (!story->is_queued)
			break;
	}
	return soonest;
}

void skald_assembler_close(struct skald_assembler *assembler, uint32_t netns,
			   uint64_t now_ns)
{
	struct skald_open *story = assembler->open.oldest, *next;

	for (; story; story = next) {
		next = story->newer;
		if (netns == UINT32_MAX || story->raw.netns == netns)
			close_story(assembler, story,
				    story->is_bridged ? SKALD_RAW_LAST
						      : SKALD_RAW_CLOSED,
				    now_ns);
	}
}

int skald_assembler_lost(struct skald_assembler *assembler, uint32_t netns,
			 uint64_t count, const char *where, uint64_t now_ns)
{
	struct space *known = space(assembler, netns);
	struct skald_open *story = assembler->open.oldest, *next;

	if (!known)
		return -ENOMEM;
	known->tail_until_ns = now_ns + TAIL_NS;
	for (; story; story = next) {
		next = story->newer;
		if (story->raw.netns != netns)
			continue;
		story->raw.was_lossy = true;
		story->raw.lost = count;
		close_story(assembler, story, SKALD_RAW_LOST, now_ns);
	}
	count_lost(assembler, netns, count, where, now_ns);
	return 0;
}

/* ---- opening ---- */

static void remember_id(struct skald_assembler *assembler, uint32_t id)
{
	uint32_t *slot = &assembler->ids[id % IDS_REMEMBERED];

	if (*slot == id)
		assembler->stats.reused_ids++;
	*slot = id;
}

static struct skald_open *open_story(struct skald_assembler *assembler,
				     const struct message *message)
{
	uint32_t netns = message->step->netns;
	struct skald_open *story;

	if (assembler->config.max_open &&
	    assembler->open.n >= assembler->config.max_open) {
		struct skald_open *oldest = assembler->open.oldest;

		oldest->raw.was_lossy = true;
		close_story(assembler, oldest, SKALD_RAW_LOST, message->now_ns);
	}
	story = skald_open_add(&assembler->open, netns, message->trace->id,
			       message->now_ns);
	if (!story)
		return NULL;
	story->raw.serial = ++assembler->serial;
	story->raw.generation = assembler->spaces[netns].generation;
	remember_id(assembler, message->trace->id);
	return story;
}

static void link_story(struct skald_open *story, uint32_t kind,
		       const struct skald_kin_entry *kin)
{
	story->raw.link_kind = kind;
	story->raw.link_serial = kin->serial;
}

/* A fragment is remembered so that its datagram can name it. */
static void note_fragment(struct skald_assembler *assembler,
			  struct skald_open *story,
			  const struct message *message)
{
	struct skald_kin_entry entry = {
		.serial = story->raw.serial,
		.t_ns = message->now_ns,
	};

	if (!skald_kin_is_fragment(&message->snap))
		return;
	story->datagram_key =
		skald_kin_datagram_key(story->raw.netns, &message->snap);
	entry.key = story->datagram_key;
	if (!skald_kin_find(&assembler->datagrams, entry.key, entry.t_ns,
			    DATAGRAM_AGE_NS))
		skald_kin_note(&assembler->datagrams, &entry);
}

static void join_fragments(struct skald_assembler *assembler, uint64_t key,
			   const struct skald_open *whole, uint64_t now_ns)
{
	struct skald_open *story = assembler->open.newest, *next;
	unsigned int n;

	for (n = 0; story && n < FRAGMENTS_JOINED; story = next, n++) {
		next = story->older;
		if (story != whole && story->datagram_key == key)
			close_story(assembler, story, SKALD_RAW_JOINED, now_ns);
	}
}

/*
 * Whether a packet with the bytes of one that just left may be that one: by the
 * loopback device, from a bridge up to the host, or from the host into a
 * bridge.
 */
static bool comes_round(const struct skald_kin_entry *kin,
			const struct message *message)
{
	if (message->step->family == NFPROTO_BRIDGE)
		return kin->family != NFPROTO_BRIDGE &&
		       kin->hook == SKALD_HOOK_POSTROUTING;
	if (kin->family == NFPROTO_BRIDGE)
		return kin->hook == SKALD_HOOK_INPUT;
	return kin->hook == SKALD_HOOK_POSTROUTING &&
	       message->snap.iif == LOOPBACK_IFINDEX;
}

/* The chain that comes first on its hook speaks: a packet begins here. */
static struct skald_open *begin(struct skald_assembler *assembler,
				const struct message *message)
{
	const struct skald_step *step = message->step;
	const struct skald_kin_entry *kin;
	struct skald_open *story;
	bool is_marked = step->type == NFT_TRACETYPE_RULE && step->handle;

	kin = skald_kin_find(&assembler->packets,
			     skald_kin_packet_key(step->netns, &message->snap),
			     message->now_ns, KIN_AGE_NS);
	if (kin && !comes_round(kin, message))
		kin = NULL;
	if (!is_marked && !kin)
		return NULL;
	story = open_story(assembler, message);
	if (!story)
		return NULL;
	story->raw.has_mark = is_marked;
	if (kin)
		link_story(story, SKALD_LOOP, kin);
	note_fragment(assembler, story, message);
	return story;
}

/* A packet that goes on under another id, if that can be proved. */
static struct skald_open *adopt(struct skald_assembler *assembler,
				const struct message *message)
{
	uint32_t netns = message->step->netns;
	uint64_t key = skald_kin_datagram_key(netns, &message->snap);
	const struct skald_kin_entry *kin;
	struct skald_open *story;
	uint32_t kind = SKALD_REASSEMBLE;

	if (!message->trace->has_headers ||
	    skald_kin_is_fragment(&message->snap))
		return NULL;
	kin = skald_kin_find(&assembler->datagrams, key, message->now_ns,
			     DATAGRAM_AGE_NS);
	if (!kin) {
		kind = SKALD_CLONE;
		kin = skald_kin_find(&assembler->packets,
				     skald_kin_packet_key(netns,
							  &message->snap),
				     message->now_ns, KIN_AGE_NS);
	}
	if (!kin)
		return NULL;
	story = open_story(assembler, message);
	if (!story)
		return NULL;
	link_story(story, kind, kin);
	if (kind == SKALD_REASSEMBLE)
		join_fragments(assembler, key, story, message->now_ns);
	return story;
}

/*
 * br_netfilter shows a bridged frame to the chains of ip in the middle of its
 * way through the bridge: the mark chain of ip then begins nothing.
 */
static bool goes_on(const struct skald_open *story,
		    const struct skald_step *step)
{
	const struct skald_step *first = story->raw.events[0].step;

	return first->family == NFPROTO_BRIDGE &&
	       step->family != NFPROTO_BRIDGE &&
	       story->hook == SKALD_HOOK_PREROUTING;
}

/* The story a message belongs to, begun if need be. NULL: none */
static struct skald_open *story_of(struct skald_assembler *assembler,
				   const struct message *message)
{
	const struct skald_step *step = message->step;
	struct skald_open *story = skald_open_find(
		&assembler->open, step->netns, message->trace->id);

	if (step->role != SKALD_ROLE_MARK || !message->trace->has_headers)
		return story ? story : adopt(assembler, message);
	if (story && goes_on(story, step))
		return story;
	if (story)
		close_story(assembler, story,
			    story->is_bridged ? SKALD_RAW_LAST
					      : SKALD_RAW_REUSED,
			    message->now_ns);
	return begin(assembler, message);
}

/* ---- going on ---- */

static void fill_snap(const struct skald_trace *trace, struct skald_snap *snap)
{
	static const uint16_t ethertypes[] = {
		[NFPROTO_IPV4] = ETH_P_IP,
		[NFPROTO_IPV6] = ETH_P_IPV6,
		[NFPROTO_ARP] = ETH_P_ARP,
	};
	unsigned int family = trace->nfproto ? trace->nfproto : trace->family;

	memset(snap, 0, sizeof(*snap));
	snap->iif = trace->iif;
	snap->oif = trace->oif;
	snap->mark = trace->mark;
	snap->lltype = trace->lltype;
	if (family < sizeof(ethertypes) / sizeof(*ethertypes))
		snap->ethertype = ethertypes[family];
	snap->ll_len = trace->ll_len;
	snap->nh_len = trace->nh_len;
	snap->th_len = trace->th_len;
	memcpy(snap->ll, trace->ll ? trace->ll : snap->ll, trace->ll_len);
	memcpy(snap->nh, trace->nh ? trace->nh : snap->nh, trace->nh_len);
	memcpy(snap->th, trace->th ? trace->th : snap->th, trace->th_len);
}

/*
 * A header that this message lacks (no link-layer header in output) is taken
 * from before: it did not go away.
 */
static void fill_missing(struct skald_snap *snap, const struct skald_snap *last)
{
	if (!snap->ll_len) {
		memcpy(snap->ll, last->ll, last->ll_len);
		snap->ll_len = last->ll_len;
		snap->lltype = last->lltype;
	}
	if (!snap->iif)
		snap->iif = last->iif;
	if (!snap->oif)
		snap->oif = last->oif;
	if (!snap->ethertype)
		snap->ethertype = last->ethertype;
}

/* Keep what the message shows, if it is news. Return: 0 or -ENOMEM */
static int add_snap(struct skald_open *story, const struct message *message)
{
	struct skald_raw_story *raw = &story->raw;
	const struct skald_snap *last =
		raw->n_snaps ? &raw->snaps[raw->n_snaps - 1] : NULL;
	struct skald_snap seen, *snap;

	if (message->trace->has_headers) {
		seen = message->snap;
		if (last)
			fill_missing(&seen, last);
	} else {
		if (!last || last->mark == message->trace->mark)
			return 0;
		seen = *last;
		seen.mark = message->trace->mark;
	}
	if (last && last->iif == seen.iif && last->oif == seen.oif &&
	    skald_snap_same(last, &seen))
		return 0;
	snap = skald_open_snap(story);
	if (!snap)
		return -ENOMEM;
	*snap = seen;
	return 0;
}

static int add_event(struct skald_open *story, const struct message *message)
{
	const struct skald_trace *trace = message->trace;
	struct skald_raw_event *event;

	if (add_snap(story, message))
		return -ENOMEM;
	/* the end of a base chain's rules: no rule, and nothing happened */
	if (trace->type == NFT_TRACETYPE_RULE && !trace->handle &&
	    !trace->has_headers)
		return 0;
	event = skald_open_event(story);
	if (!event)
		return -ENOMEM;
	event->step = message->step;
	event->dt_ns = message->now_ns - story->raw.start_ns;
	event->snap = story->raw.n_snaps - 1;
	event->enters = trace->has_headers;
	event->has_ct = trace->has_ct;
	event->ct_state = trace->ct_state;
	event->ct_dir = trace->ct_dir;
	event->ct_id = trace->ct_id;
	event->ct_status = trace->ct_status;
	return 0;
}

/* Whether this message ends the story, and how. */
static bool is_end(struct skald_open *story, const struct skald_step *step,
		   enum skald_raw_end *end)
{
	story->is_queued = step->verdict == SKALD_VERDICT_QUEUE;
	if (step->verdict == SKALD_VERDICT_DROP) {
		*end = SKALD_RAW_DROPPED;
		return true;
	}
	if (step->verdict == SKALD_VERDICT_STOLEN) {
		*end = SKALD_RAW_STOLEN;
		return true;
	}
	if (step->role != SKALD_ROLE_LAST ||
	    step->verdict != SKALD_VERDICT_ACCEPT)
		return false;
	if (step->family == NFPROTO_BRIDGE) {
		story->is_bridged = true;
		return false;
	}
	*end = SKALD_RAW_LAST;
	return true;
}

static int go_on(struct skald_assembler *assembler, struct skald_open *story,
		 const struct message *message)
{
	enum skald_raw_end end;

	story->raw.n_messages++;
	if (message->step->witness)
		story->hook = message->step->witness->hook;
	if (add_event(story, message))
		goto err_lossy;
	if (is_end(story, message->step, &end))
		close_story(assembler, story, end, message->now_ns);
	else
		skald_open_touch(&assembler->open, story, message->now_ns);
	return 0;

err_lossy:
	story->raw.was_lossy = true;
	if (!story->raw.n_events || !story->raw.n_snaps)
		skald_open_remove(&assembler->open, story);
	return -ENOMEM;
}

/* The step of a message; learns what it is when it is new. */
static struct skald_step *step_of(struct skald_assembler *assembler,
				  uint32_t netns,
				  const struct skald_trace *trace)
{
	const char *own = assembler->spaces[netns].own_table;
	struct skald_step *step =
		skald_steps_find(assembler->steps, netns, trace);
	enum skald_role role;
	int value = -1;

	if (step)
		return step;
	step = skald_steps_add(assembler->steps, netns, trace);
	if (!step)
		return NULL;
	step->witness = skald_witness_find(own, trace->family, trace->table,
					   trace->chain, &role);
	step->role = role;
	step->value = trace->queue;
	if (step->witness && trace->handle && assembler->config.rule_value)
		value = assembler->config.rule_value(assembler->config.user,
						     netns, trace->family,
						     trace->handle);
	if (value >= 0)
		step->value = value;
	return step;
}

int skald_assembler_trace(struct skald_assembler *assembler, uint32_t netns,
			  const struct skald_trace *trace, uint64_t now_ns)
{
	struct space *known = space(assembler, netns);
	struct message message = { .trace = trace, .now_ns = now_ns };
	struct skald_open *story;

	assembler->stats.messages++;
	if (!known)
		return -ENOMEM;
	message.step = step_of(assembler, netns, trace);
	if (!message.step)
		return -ENOMEM;
	if (trace->has_headers)
		fill_snap(trace, &message.snap);
	story = message.step->role == SKALD_ROLE_FOREIGN
			? NULL
			: story_of(assembler, &message);
	if (story) {
		assembler->stats.ours++;
		return go_on(assembler, story, &message);
	}
	if (message.step->role != SKALD_ROLE_FOREIGN &&
	    now_ns < known->tail_until_ns)
		count_lost(assembler, netns, 1,
			   "the packet's beginning was lost", now_ns);
	else
		assembler->stats.foreign++;
	return 0;
}

struct skald_batch *skald_assembler_take(struct skald_assembler *assembler)
{
	struct skald_batch *batch = assembler->batch;

	if (!batch || !batch->n_items)
		return NULL;
	assembler->batch = NULL;
	return batch;
}

void skald_assembler_stats(const struct skald_assembler *assembler,
			   struct skald_assembler_stats *stats)
{
	*stats = assembler->stats;
	stats->open = assembler->open.n;
}
