/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stories
 *
 * A story has two forms. *Packed* is what travels from the assembler to the
 * store and lies on disk: a shape, shared by all packets that took the same
 * way, and a few bytes of its own. *Told* is what people and programs look at:
 * every event with its strings. Screens, JSON and exports only ever see told
 * stories, and they are only ever made by skald_story_unpack(): what is shown
 * is what is stored.
 *
 * Shape bytes:
 *	version:u8 = 1
 *	source:varint netns:string iif:string oif:string
 *	ending: kind:varint reason:string hook:varint family:varint
 *		table:string chain:string handle:varint text:string
 *	n_events:varint, then the PATH part of every event
 * Own bytes:
 *	snap (first), diff (last against first)
 *	n_gaps:varint {count:varint where:string}
 *	n_journey:varint {kind:varint story:varint}
 *	then for every event: time since the one before:varint, OWN part
 */
#ifndef SKALD_LIB_STORY_H
#define SKALD_LIB_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "packet.h"

/**
 * struct skald_ending - how the story ended, and who ended it
 * @kind: enum skald_words_ENDING
 * @reason: a few words; the kernel's drop reason where there is one
 * @hook: enum skald_words_HOOK, SKALD_HOOK_NONE when it does not apply
 * @family: enum skald_words_FAMILY of the rule or policy, or UNSPEC
 * @table: its table, or NULL
 * @chain: its chain, or NULL
 * @handle: the rule, or 0
 * @text: text of the rule, or "policy drop", or NULL
 */
struct skald_ending {
	uint32_t kind;
	uint32_t hook;
	uint32_t family;
	uint64_t handle;
	const char *reason;
	const char *table;
	const char *chain;
	const char *text;
};

/**
 * struct skald_gap - events that are missing from a story
 * @count: how many, 0: unknown
 * @where: where they were lost, and why
 */
struct skald_gap {
	uint64_t count;
	const char *where;
};

/**
 * struct skald_link - one link of a journey
 * @kind: the event kind that links: SKALD_LOOP, SKALD_REASSEMBLE, ...
 * @story: the other story's id
 */
struct skald_link {
	uint32_t kind;
	uint64_t story;
};

/**
 * struct skald_story - a told story
 * @id: the packet's id, never reused within a store
 * @start_ns: CLOCK_REALTIME of the mark
 * @end_ns: CLOCK_REALTIME of the last event
 * @source: enum skald_words_SOURCE
 * @generation: ruleset generation in force at the mark (the kernel's number)
 * @host: machine
 * @netns: network namespace: a name, or "net:[inode]"
 * @iif: interface it came in by, or NULL
 * @oif: interface it left by, or NULL
 * @first: as it was marked
 * @last: as it was last seen
 * @packet: @first taken apart
 * @final: @last taken apart
 * @ending: how it ended
 * @complete: every event from mark to ending is here
 * @pinned: retention leaves it alone
 * @shape: id of the shape
 * @gaps: what is missing
 * @n_gaps: how many gaps
 * @journey: stories that belong together with this one
 * @n_journey: how many
 * @events: the events, in order
 * @n_events: how many
 * @arena: owns every string and array above
 */
struct skald_story {
	uint64_t id;
	uint64_t start_ns;
	uint64_t end_ns;
	uint32_t source;
	uint64_t generation;
	const char *host;
	const char *netns;
	const char *iif;
	const char *oif;
	struct skald_snap first;
	struct skald_snap last;
	struct skald_packet packet;
	struct skald_packet final;
	struct skald_ending ending;
	bool complete;
	bool pinned;
	uint64_t shape;
	struct skald_gap *gaps;
	unsigned int n_gaps;
	struct skald_link *journey;
	unsigned int n_journey;
	struct skald_event *events;
	unsigned int n_events;
	struct skald_arena arena;
};

/**
 * struct skald_packed - a packed story
 * @id: 0 until the store gives one
 * @start_ns: CLOCK_REALTIME of the mark
 * @duration_ns: from mark to last event
 * @generation: ruleset generation at the mark
 * @complete: nothing is missing
 * @shape_id: id of the shape in the store, 0 until the store gives one
 * @shape: bytes of the shape
 * @shape_len: their length
 * @shape_hash: skald_hash64() of them
 * @own: own bytes
 * @own_len: their length
 *
 * @shape and @own are borrowed from whoever made the struct.
 */
struct skald_packed {
	uint64_t id;
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t generation;
	bool complete;
	uint64_t shape_id;
	const uint8_t *shape;
	size_t shape_len;
	uint64_t shape_hash;
	const uint8_t *own;
	size_t own_len;
};

/**
 * skald_story_pack() - pack a told story
 * @story: the story; @first, @last and everything outside packet/final counts
 * @shape: appended to: shape bytes
 * @own: appended to: own bytes
 * @packed: written; points into the two buffers
 *
 * Return: 0 or -ENOMEM.
 */
int skald_story_pack(const struct skald_story *story,
		     struct skald_buffer *shape, struct skald_buffer *own,
		     struct skald_packed *packed);

/**
 * skald_story_pack_own() - pack a told story whose shape is packed already
 * @story: the story
 * @shape: its shape bytes
 * @shape_len: their length
 * @shape_hash: skald_hash64() of them
 * @own: appended to: own bytes
 * @packed: written; points to @shape and into @own
 *
 * Return: 0 or -ENOMEM.
 */
int skald_story_pack_own(const struct skald_story *story, const uint8_t *shape,
			 size_t shape_len, uint64_t shape_hash,
			 struct skald_buffer *own, struct skald_packed *packed);

/**
 * skald_story_unpack() - tell a packed story
 * @packed: bytes that are not trusted
 * @story: written whole on success, free with skald_story_done();
 *	host is left NULL: the store knows it
 *
 * Return: 0, -EBADMSG when the bytes make no story, -ENOMEM.
 */
int skald_story_unpack(const struct skald_packed *packed,
		       struct skald_story *story);

/**
 * skald_story_unpack_shape() - what all stories of a shape have in common
 * @bytes: bytes of the shape, not trusted
 * @len: their length
 * @shape: written whole on success: a story without own bytes; free with
 *	skald_story_done()
 *
 * Return: as skald_story_unpack().
 */
int skald_story_unpack_shape(const uint8_t *bytes, size_t len,
			     struct skald_story *shape);

/**
 * skald_story_unpack_own() - tell one of many stories of a shape
 * @packed: its own bytes, not trusted; the shape's are not read
 * @shape: from skald_story_unpack_shape(), of the same shape; the story points
 *	into it
 * @story: zeroed, or one that this function wrote before: its memory is used
 *	again; not whole on failure, but skald_story_done() frees it always
 *
 * Return: as skald_story_unpack().
 */
int skald_story_unpack_own(const struct skald_packed *packed,
			   const struct skald_story *shape,
			   struct skald_story *story);

/* Frees what a story owns; a zeroed or half-made story is fine. */
void skald_story_done(struct skald_story *story);

/* A hash for interning, hash.c: whoever uses it compares the bytes, too. */
uint64_t skald_hash64(const void *data, size_t len, uint64_t seed);

/**
 * skald_story_answer() - the answer in one line
 * @story: the story
 * @text: buffer
 * @size: its size
 *
 * "DROPPED in inet filter forward by rule 17 \"...\"". Return: @text.
 */
char *skald_story_answer(const struct skald_story *story, char *text,
			 size_t size);

/**
 * skald_story_loaded() - which generation brought the rule that ended a story
 * @story: the story
 *
 * Return: the generation; 0 when no rule ended it, or the rule is older than
 * the recording.
 */
uint64_t skald_story_loaded(const struct skald_story *story);

/**
 * skald_story_way_out() - the interface that an event sends a packet to
 * @event: of any kind
 *
 * Return: its name; NULL when it is no route, one without an interface, or one
 * of the way back to the sender (rp_filter).
 */
const char *skald_story_way_out(const struct skald_event *event);

#endif /* SKALD_LIB_STORY_H */
