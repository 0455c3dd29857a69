/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a story while it is being told
 *
 * Shared by the parts of the teller and nobody else: teller.c walks the raw
 * events, telling.c has the list that they become and what all sources tell
 * alike, telling_step.c looks rules up, telling_change.c turns differences into
 * mangle and nat events, telling_end.c finds the ending and checks that nothing
 * is missing.
 */
#ifndef SKALD_LIB_TELLING_H
#define SKALD_LIB_TELLING_H

#include "steps.h"
#include "teller.h"

struct skald_table_name;

/**
 * enum skald_told_flags - what the text of a rule says it can do
 * @SKALD_TOLD_NAT: translate addresses (dnat, snat, masquerade, redirect)
 * @SKALD_TOLD_MARK: set the packet's mark
 * @SKALD_TOLD_TTL: set the time to live or hop limit
 * @SKALD_TOLD_TOS: set DSCP or ECN bits
 * @SKALD_TOLD_WRITES: write something else
 */
enum skald_told_flags {
	SKALD_TOLD_NAT = 1,
	SKALD_TOLD_MARK = 2,
	SKALD_TOLD_TTL = 4,
	SKALD_TOLD_TOS = 8,
	SKALD_TOLD_WRITES = 16,
};

/**
 * struct skald_told - what the teller knows of a step; hangs on step->told
 * @generation: generation that was asked about
 * @newest: newest generation of the rulebook when it was looked up
 * @rule: the rule, or NULL
 * @chain: the chain, or NULL
 * @flags: enum skald_told_flags
 * @nat: enum skald_words_NAT, with SKALD_TOLD_NAT
 * @by: "inet fw pre rule 5", or NULL for what is no rule
 */
struct skald_told {
	uint32_t generation;
	uint32_t newest;
	const struct skald_rule *rule;
	const struct skald_chain *chain;
	unsigned int flags;
	unsigned int nat;
	const char *by;
};

/**
 * struct skald_telling - one story in the making
 * @ops: the world
 * @user: for @ops
 * @raw: what it is made from
 * @story: what it becomes; its events are in @events
 * @events: growing array, heap, kept between stories
 * @size_events: allocated
 * @rule_at: for each event the raw event it is from, or UINT32_MAX; same size
 * @arena: strings of this story
 * @at: raw event that is being told
 * @hook: enum skald_words_HOOK where the packet is
 * @is_routed: a route event is there
 * @has_ct: a conntrack event is there
 * @ct: the newest conntrack facts
 * @failed: no memory
 * @book: rules of the namespace, NULL: none known
 * @generation: that the story is told by
 * @lasting: memory that lives as long as the teller
 * @steps: what the rules of records are
 * @tables: names of routing tables, NULL: not asked for
 * @t_ns: time of what is being told, when it is a record
 */
struct skald_telling {
	const struct skald_teller_ops *ops;
	void *user;
	const struct skald_raw_story *raw;
	struct skald_story story;
	struct skald_event *events;
	uint32_t *rule_at;
	uint32_t size_events;
	struct skald_arena arena;
	uint32_t at;
	unsigned int hook;
	bool is_routed;
	bool has_ct;
	struct skald_raw_event ct;
	bool failed;
	const struct skald_rulebook *book;
	uint32_t generation;
	struct skald_arena *lasting;
	struct skald_steps *steps;
	const struct skald_table_name *tables;
	uint64_t t_ns;
};

/* Append an event that raw event @at made. Return: it, or NULL: no memory */
struct skald_event *skald_telling_add(struct skald_telling *telling,
				      enum skald_event_kind kind);
/* Insert one behind the events of raw event @raw. Return: as above */
struct skald_event *skald_telling_insert(struct skald_telling *telling,
					 uint32_t raw,
					 enum skald_event_kind kind);

/*
 * What is known of a step, as it was in the story's generation; looked up again
 * when that changes, and when the rulebook learnt something. NULL: no memory
 */
const struct skald_told *skald_telling_told(struct skald_telling *telling,
					    const struct skald_step *step);
/* What a rule with that text can do. @nat: enum skald_words_NAT */
void skald_telling_understand(const char *text, unsigned int *flags,
			      unsigned int *nat);
/* A base chain was entered. */
void skald_telling_chain(struct skald_telling *telling,
			 const struct skald_step *step,
			 const struct skald_told *told);
/* A message of one of the user's chains. */
void skald_telling_rule(struct skald_telling *telling,
			const struct skald_raw_event *raw,
			const struct skald_told *told);
/* "seen-reply,assured"; @status: IPS_* */
const char *skald_telling_status(struct skald_telling *telling,
				 uint32_t status);
/* Something is missing; @where lives as long as the story. */
void skald_telling_gap(struct skald_telling *telling, uint64_t count,
		       const char *where);
/* A link to another story; @id 0: its id is not known. */
void skald_telling_journey(struct skald_telling *telling, uint32_t kind,
			   uint64_t id);
void skald_telling_mangle(struct skald_telling *telling, uint32_t behind,
			  enum skald_packet_field field,
			  const struct skald_packet *old,
			  const struct skald_packet *new, const char *by);
/* "10.1.0.1:8080", "[2001:db8::1]:53", or the address alone */
const char *skald_telling_endpoint(struct skald_telling *telling,
				   const struct skald_value *address,
				   const struct skald_value *port);

/* The same for stories that are likely to have the same shape. */
uint64_t skald_telling_records_key(const struct skald_raw_story *raw);
/* Tell a story of records, telling_kmod.c. */
void skald_telling_records(struct skald_telling *telling);

/* The raw event that is being told shows snap @to, the one before it @from. */
void skald_telling_change(struct skald_telling *telling, uint32_t from,
			  uint32_t to);

/* All raw events are told: how did it end, and is it whole? */
void skald_telling_end(struct skald_telling *telling);

/* The link to the story that this one goes on from, behind raw event @behind.
 */
void skald_telling_link(struct skald_telling *telling, uint32_t behind);

/* The raw event that is being told sends the packet to user space. */
void skald_telling_queue(struct skald_telling *telling);
/* If raw event @prev did, then it came back before the one being told. */
void skald_telling_reinject(struct skald_telling *telling, uint32_t prev);
/*
 * Return: who may have changed the packet in user space between raw event
 * @first and the one being told, in words; NULL: it was not there.
 */
const char *skald_telling_queued(struct skald_telling *telling, uint32_t first);

/* The route of the packet as snap @snap shows it, behind raw event @behind. */
void skald_telling_route(struct skald_telling *telling, uint32_t behind,
			 uint32_t snap);

#endif /* SKALD_LIB_TELLING_H */
