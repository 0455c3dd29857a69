// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathers records into raw stories; see kmod_lives.h.
 */
#include "kmod_lives.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

#define NS_PER_MS UINT64_C(1000000)
/* A socket that refuses the packet after all does so at once. */
#define SETTLE_NS (100 * NS_PER_MS)
/* After a loss the end may be what was lost. */
#define LOSSY_NS (2000 * NS_PER_MS)
/* Else the module says when it gives up (SKALD_FORGET_IDLE), a little before */
#define IDLE_NS ((SKALD_IDLE_SECONDS + 10) * 1000 * NS_PER_MS)
/* What one packet may fill. */
#define LIFE_BYTES (1u << 20)
/* Clones of clones: deeper ones do not wait for each other. */
#define DEPTH_MAX 8
#define MIN_BUCKETS 1024
#define SPARE_BYTES 65536

/**
 * struct life - one packet
 * @raw: its story so far
 * @bytes: its records
 * @packet: id
 * @parent: packet it comes from, if that was followed when it was born; else 0
 * @born: counts births
 * @cookie: of the reassembly it waits for, 0: none
 * @snap: where its newest headers are in @bytes; with @has_snap
 * @has_snap: it has shown its headers
 * @inode: of its namespace, 0: not known yet
 * @depth: how many parents
 * @wait_ns: silence after which it is over
 * @last_ns: CLOCK_REALTIME when it was heard of
 * @is_tap: a copy that has nowhere to go but to who looks at it
 * @is_done: it has ended and waits for its parent; not in the order any more
 * @held: its children that have ended
 * @next: among its parent's children that have ended, or spare
 * @older: in the order of @last_ns
 * @newer: in the order of @last_ns
 * @chain: next with the same hash
 */
struct life {
	struct skald_raw_story raw;
	struct skald_buffer bytes;
	uint64_t packet;
	uint64_t parent;
	uint64_t born;
	uint64_t cookie;
	size_t snap;
	bool has_snap;
	uint32_t inode;
	unsigned int depth;
	uint64_t wait_ns;
	uint64_t last_ns;
	bool is_tap;
	bool is_done;
	struct life *held;
	struct life *next;
	struct life *older;
	struct life *newer;
	struct life *chain;
};

/**
 * struct skald_kmod_lives - all of them
 * @config: how
 * @buckets: hash table by id
 * @size: its size, a power of two
 * @oldest: longest not heard of
 * @newest: heard of last
 * @spare: lives that can be used again
 * @births: lives begun so far
 * @n: how many are in @buckets
 */
struct skald_kmod_lives {
	struct skald_kmod_lives_config config;
	struct life **buckets;
	uint32_t size;
	struct life *oldest;
	struct life *newest;
	struct life *spare;
	uint64_t births;
	unsigned int n;
};

struct skald_kmod_lives *
skald_kmod_lives_new(const struct skald_kmod_lives_config *config)
{
	struct skald_kmod_lives *lives = calloc(1, sizeof(*lives));
	uint32_t size = MIN_BUCKETS;

	if (!lives)
		return NULL;
	while (size < config->max)
		size *= 2;
	lives->config = *config;
	lives->size = size;
	lives->buckets = calloc(size, sizeof(struct life *));
	if (!lives->buckets) {
		free(lives);
		return NULL;
	}
	return lives;
}

static void life_free(struct life *life)
{
	skald_buffer_done(&life->bytes);
	free(life);
}

void skald_kmod_lives_free(struct skald_kmod_lives *lives)
{
	struct life *life;
	uint32_t i;

	if (!lives)
		return;
	for (i = 0; i < lives->size; i++) {
		while ((life = lives->buckets[i])) {
			lives->buckets[i] = life->chain;
			life_free(life);
		}
	}
	while ((life = lives->spare)) {
		lives->spare = life->next;
		life_free(life);
	}
	free(lives->buckets);
	free(lives);
}

unsigned int skald_kmod_lives_open(const struct skald_kmod_lives *lives)
{
	return lives->n;
}

/* ---- the table ---- */

static struct life **bucket(const struct skald_kmod_lives *lives,
			    uint64_t packet)
{
	uint64_t hash = packet * UINT64_C(0x9e3779b97f4a7c15);

	return &lives->buckets[(hash >> 32) & (lives->size - 1)];
}

static struct life *find(const struct skald_kmod_lives *lives, uint64_t packet)
{
	struct life *life = lives->newest;

	/* A packet's records come in a row, mostly. */
	if (life && life->packet == packet)
		return life;
	life = packet ? *bucket(lives, packet) : NULL;
	while (life && life->packet != packet)
		life = life->chain;
	return life;
}

static void unlink_age(struct skald_kmod_lives *lives, struct life *life)
{
	if (life->older)
		life->older->newer = life->newer;
	else
		lives->oldest = life->newer;
	if (life->newer)
		life->newer->older = life->older;
	else
		lives->newest = life->older;
}

static void link_newest(struct skald_kmod_lives *lives, struct life *life,
			uint64_t now_ns)
{
	life->last_ns = now_ns;
	life->newer = NULL;
	life->older = lives->newest;
	if (lives->newest)
		lives->newest->newer = life;
	else
		lives->oldest = life;
	lives->newest = life;
}

static void touch(struct skald_kmod_lives *lives, struct life *life,
		  uint64_t now_ns)
{
	unlink_age(lives, life);
	link_newest(lives, life, now_ns);
}

static struct life *take_spare(struct skald_kmod_lives *lives)
{
	struct life *life = lives->spare;
	struct skald_buffer kept;

	if (!life)
		return calloc(1, sizeof(*life));
	lives->spare = life->next;
	kept = life->bytes;
	kept.len = 0;
	*life = (struct life){ .bytes = kept };
	return life;
}

static void remove_life(struct skald_kmod_lives *lives, struct life *life)
{
	struct life **at = bucket(lives, life->packet);

	while (*at != life)
		at = &(*at)->chain;
	*at = life->chain;
	if (!life->is_done)
		unlink_age(lives, life);
	lives->n--;
	if (life->bytes.size > SPARE_BYTES)
		skald_buffer_done(&life->bytes);
	life->next = lives->spare;
	lives->spare = life;
}

/* ---- ends ---- */

static uint32_t netns_of(const struct skald_kmod_lives *lives, uint32_t inode)
{
	const struct skald_kmod_lives_config *config = &lives->config;

	return config->netns ? config->netns(config->user, inode) : 0;
}

/* Hand a life over as a story, and then those of its children that waited. */
static void emit(struct skald_kmod_lives *lives,
		 struct skald_assembler *assembler, struct life *life,
		 uint64_t now_ns)
{
	struct life *child = life->held, *next;

	life->raw.netns = netns_of(lives, life->inode);
	life->raw.records = life->bytes.data;
	life->raw.n_bytes = (uint32_t)life->bytes.len;
	life->raw.names = lives->config.names;
	if (life->raw.n_bytes)
		skald_assembler_put(assembler, &life->raw, now_ns);
	remove_life(lives, life);
	for (; child; child = next) {
		next = child->next;
		emit(lives, assembler, child, now_ns); /* DEPTH_MAX deep */
	}
}

/* Only who was there before it can be waited for: no two wait for each other */
static struct life *awaited(const struct skald_kmod_lives *lives,
			    const struct life *life)
{
	struct life *parent = find(lives, life->parent);

	if (!parent || parent->born >= life->born || life->depth >= DEPTH_MAX)
		return NULL;
	return parent;
}

static void end(struct skald_kmod_lives *lives,
		struct skald_assembler *assembler, struct life *life,
		enum skald_raw_end how, uint64_t now_ns)
{
	struct life *parent = awaited(lives, life);

	life->raw.end = how;
	if (!parent || how == SKALD_RAW_LOST || how == SKALD_RAW_CLOSED) {
		emit(lives, assembler, life, now_ns);
		return;
	}
	unlink_age(lives, life);
	life->is_done = true;
	life->next = parent->held;
	parent->held = life;
}

/* ---- records ---- */

static void append(struct life *life, const struct skald_r_record *record)
{
	if (life->bytes.len + record->len > LIFE_BYTES) {
		life->raw.was_lossy = true;
		return;
	}
	skald_buffer_put(&life->bytes, record, record->len);
	if (life->bytes.failed) {
		life->bytes.failed = false;
		life->raw.was_lossy = true;
	}
}

/* What shares its parent's bytes has its parent's headers. */
static void copy_snap(struct life *life, const struct life *parent,
		      const struct skald_r_record *record)
{
	union {
		struct skald_r_record head;
		uint8_t bytes[SKALD_RECORD_MAX];
	} r;
	const struct skald_r_record *from;

	if (!parent->has_snap)
		return;
	from = (const void *)(parent->bytes.data + parent->snap);
	memcpy(&r, from, from->len);
	r.head.time = record->time;
	r.head.packet = record->packet;
	append(life, &r.head);
	life->has_snap = true;
	life->snap = life->bytes.len - from->len;
}

static struct life *begin(struct skald_kmod_lives *lives,
			  struct skald_assembler *assembler,
			  const struct skald_r_record *record,
			  const struct skald_kmod_clock *clock)
{
	struct life *oldest = lives->oldest;
	struct life **head, *life;

	if (lives->n >= lives->config.max && oldest) {
		oldest->raw.was_lossy = true;
		end(lives, assembler, oldest, SKALD_RAW_LOST, clock->now_ns);
	}
	life = take_spare(lives);
	if (!life)
		return NULL;
	life->packet = record->packet;
	life->born = ++lives->births;
	life->wait_ns = IDLE_NS;
	life->raw.source = SKALD_SOURCE_KMOD;
	life->raw.serial = record->packet | SKALD_KMOD_SERIAL;
	life->raw.start_ns = record->time + clock->offset_ns;
	head = bucket(lives, life->packet);
	life->chain = *head;
	*head = life;
	link_newest(lives, life, clock->now_ns);
	lives->n++;
	return life;
}

static void add_id(struct life *life, uint32_t id)
{
	struct skald_raw_story *raw = &life->raw;
	uint32_t i;

	for (i = 0; i < raw->n_ids; i++)
		if (raw->ids[i] == id)
			return;
	if (raw->n_ids < SKALD_RAW_IDS)
		raw->ids[raw->n_ids++] = id;
}

/* Where a packet is, as any of its records tells. */
static void note_place(struct life *life, const struct skald_r_record *record)
{
	if (life->inode)
		return;
	if (record->type == SKALD_R_RECEIVE)
		life->inode = ((const struct skald_r_receive *)record)->netns;
	else if (record->type == SKALD_R_HOOK)
		life->inode = ((const struct skald_r_hook *)record)->netns;
}

/* In our copy the classifier has our number. */
static void take_mark(const struct skald_kmod_lives *lives, struct life *life,
		      const struct skald_r_mark *mark)
{
	const struct skald_kmod_lives_config *config = &lives->config;
	struct skald_r_mark *copy;
	uint32_t id = mark->classifier;

	if (config->classifier)
		id = config->classifier(config->user, id);
	life->raw.has_mark = true;
	life->inode = mark->netns;
	add_id(life, id);
	if (life->bytes.len < mark->record.len || life->raw.was_lossy)
		return;
	copy = (void *)(life->bytes.data + life->bytes.len - mark->record.len);
	copy->classifier = id;
}

/* The same frame goes on as another packet: this one is over. */
static bool is_next_life(unsigned int how)
{
	return how == SKALD_LINK_NAMESPACE || how == SKALD_LINK_LOOP ||
	       how == SKALD_LINK_ENCAP || how == SKALD_LINK_DECAP;
}

/* Fragments that waited under this cookie became one packet. */
static void join(struct skald_kmod_lives *lives,
		 struct skald_assembler *assembler,
		 const struct skald_r_link *link, uint64_t now_ns)
{
	struct life *life = lives->oldest, *next;

	for (; life; life = next) {
		next = life->newer;
		if (!link->cookie || life->cookie != link->cookie ||
		    life->packet == link->record.packet)
			continue;
		append(life, &link->record);
		end(lives, assembler, life, SKALD_RAW_JOINED, now_ns);
	}
}

static void add_kin(struct life *life, uint32_t kind, uint64_t serial)
{
	struct skald_raw_story *raw = &life->raw;

	if (raw->n_kin < SKALD_RAW_KIN)
		raw->kin[raw->n_kin++] = (struct skald_raw_kin){ kind, serial };
}

static void inherit(struct life *life, const struct life *parent)
{
	uint32_t i;

	for (i = 0; i < parent->raw.n_kin; i++)
		add_kin(life, parent->raw.kin[i].kind,
			parent->raw.kin[i].serial);
	life->depth = parent->depth + 1;
	if (!life->inode)
		life->inode = parent->inode;
	for (i = 0; i < parent->raw.n_ids; i++)
		add_id(life, parent->raw.ids[i]);
}

static void take_link(struct skald_kmod_lives *lives,
		      struct skald_assembler *assembler, struct life *life,
		      const struct skald_r_link *link,
		      const struct skald_kmod_clock *clock)
{
	struct life *parent = find(lives, link->parent);

	/* a packet is born once */
	if (life->raw.n_messages > 1)
		return;
	life->raw.link_serial = link->parent | SKALD_KMOD_SERIAL;
	add_kin(life, skald_record_link_kind(link->how), life->raw.link_serial);
	life->is_tap =
		link->how == SKALD_LINK_CLONE || link->how == SKALD_LINK_COPY;
	if (link->netns)
		life->inode = link->netns;
	if (parent && parent != life) {
		life->parent = link->parent;
		inherit(life, parent);
		if (link->how == SKALD_LINK_CLONE ||
		    link->how == SKALD_LINK_COPY)
			copy_snap(life, parent, &link->record);
		if (!parent->is_done && link->how != SKALD_LINK_REASSEMBLE) {
			parent->raw.n_messages++;
			append(parent, &link->record);
		}
		if (!parent->is_done && is_next_life(link->how))
			end(lives, assembler, parent, SKALD_RAW_PASSED,
			    clock->now_ns);
	}
	if (link->how == SKALD_LINK_REASSEMBLE)
		join(lives, assembler, link, clock->now_ns);
}

static bool is_end(unsigned int type)
{
	return type == SKALD_R_DROP || type == SKALD_R_CONSUME ||
	       type == SKALD_R_FREE || type == SKALD_R_FORGET;
}

/* How long to wait for what comes after this record. */
static uint64_t patience(const struct life *life, unsigned int type)
{
	if (type == SKALD_R_DELIVER || (type == SKALD_R_TAP && life->is_tap))
		return SETTLE_NS;
	return life->raw.was_lossy ? LOSSY_NS : IDLE_NS;
}

static void go_on(struct skald_kmod_lives *lives,
		  struct skald_assembler *assembler, struct life *life,
		  const struct skald_r_record *record,
		  const struct skald_kmod_clock *clock)
{
	unsigned int type = record->type;

	life->raw.n_messages++;
	append(life, record);
	if (type == SKALD_R_SNAP && !life->raw.was_lossy) {
		life->has_snap = true;
		life->snap = life->bytes.len - record->len;
	}
	note_place(life, record);
	if (type == SKALD_R_MARK)
		take_mark(lives, life, (const void *)record);
	else if (type == SKALD_R_LINK)
		take_link(lives, assembler, life, (const void *)record, clock);
	else if (type == SKALD_R_DEFRAG)
		life->cookie = ((const struct skald_r_defrag *)record)->cookie;
	if (is_end(type)) {
		end(lives, assembler, life, SKALD_RAW_ENDED, clock->now_ns);
		return;
	}
	life->wait_ns = patience(life, type);
	touch(lives, life, clock->now_ns);
}

static void take_lost(struct skald_kmod_lives *lives,
		      struct skald_assembler *assembler,
		      const struct skald_r_lost *lost,
		      const struct skald_kmod_clock *clock)
{
	struct life *life;

	for (life = lives->oldest; life; life = life->newer) {
		if (!(lost->packets >> life->packet % 64 & 1))
			continue;
		life->raw.was_lossy = true;
		append(life, &lost->record);
		if (life->wait_ns > LOSSY_NS)
			life->wait_ns = LOSSY_NS;
	}
	skald_assembler_count_lost(assembler, netns_of(lives, 0), lost->count,
				   "skald.ko's ring overran", clock->now_ns);
}

static int take_ruleset(struct skald_kmod_lives *lives,
			struct skald_assembler *assembler,
			const struct skald_r_ruleset *ruleset,
			const struct skald_kmod_clock *clock)
{
	uint32_t netns = lives->config.netns
				 ? lives->config.netns(lives->config.user,
						       ruleset->netns)
				 : 0;

	return skald_assembler_generation(assembler, netns, 0, 0, NULL,
					  ruleset->record.time +
						  clock->offset_ns);
}

int skald_kmod_lives_take(struct skald_kmod_lives *lives,
			  struct skald_assembler *assembler,
			  const struct skald_r_record *record,
			  const struct skald_kmod_clock *clock)
{
	struct life *life;

	switch (record->type) {
	case SKALD_R_LOST:
		take_lost(lives, assembler, (const void *)record, clock);
		return 0;
	case SKALD_R_RULESET:
		return take_ruleset(lives, assembler, (const void *)record,
				    clock);
	}
	if (!record->packet)
		return 0;
	life = find(lives, record->packet);
	if (life && life->is_done)
		return 0;
	/* what a socket or a drop has done with it was told already */
	if (!life && is_end(record->type))
		return 0;
	if (!life)
		life = begin(lives, assembler, record, clock);
	if (!life)
		return -ENOMEM;
	go_on(lives, assembler, life, record, clock);
	return 0;
}

/* ---- time ---- */

/* What a life that went silent is taken for. */
static enum skald_raw_end silent_end(const struct life *life,
				     enum skald_raw_end otherwise)
{
	return life->wait_ns == SETTLE_NS ? SKALD_RAW_ENDED : otherwise;
}

uint64_t skald_kmod_lives_tick(struct skald_kmod_lives *lives,
			       struct skald_assembler *assembler,
			       uint64_t now_ns)
{
	struct life *life = lives->oldest, *next;
	uint64_t soonest = 0, due;

	for (; life; life = next) {
		next = life->newer;
		due = life->last_ns + life->wait_ns;
		if (due <= now_ns) {
			end(lives, assembler, life,
			    silent_end(life, SKALD_RAW_IDLE), now_ns);
			continue;
		}
		if (!soonest || due < soonest)
			soonest = due;
		/* the others are younger, and nobody waits shorter */
		if (life->last_ns + SETTLE_NS > now_ns)
			break;
	}
	return soonest;
}

void skald_kmod_lives_close(struct skald_kmod_lives *lives,
			    struct skald_assembler *assembler, uint64_t now_ns)
{
	while (lives->oldest)
		end(lives, assembler, lives->oldest,
		    silent_end(lives->oldest, SKALD_RAW_CLOSED), now_ns);
}
