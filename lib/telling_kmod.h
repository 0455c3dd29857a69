/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a story of records while it is being told
 *
 * What the parts of telling_kmod*.c share: telling_kmod.c walks the records,
 * telling_kmod_rule.c tells rules and those between them, telling_kmod_change.c
 * what changed, telling_kmod_route.c routes and neighbours,
 * telling_kmod_end.c how it ended.
 */
#ifndef SKALD_LIB_TELLING_KMOD_H
#define SKALD_LIB_TELLING_KMOD_H

#include "kmod_record.h"
#include "telling.h"

/* Rules that one hook function is remembered to have matched. */
#define SKALD_RUN_RULES 16
/* nf_tables.h: NFT_JUMP_STACK_SIZE */
#define SKALD_RUN_DEPTH 16
#define SKALD_NO_EVENT UINT32_MAX

/**
 * struct skald_run_rule - a rule that matched
 * @family: of its table
 * @table: its table
 * @chain: its chain
 * @handle: its handle, or its number in a legacy chain
 * @text: its text, or NULL
 * @verdict: enum skald_words_VERDICT
 * @flags: enum skald_told_flags
 * @nat: enum skald_words_NAT, with SKALD_TOLD_NAT
 * @by: "inet fw pre rule 5", or NULL
 */
struct skald_run_rule {
	unsigned int family;
	const char *table;
	const char *chain;
	uint64_t handle;
	const char *text;
	unsigned int verdict;
	unsigned int flags;
	unsigned int nat;
	const char *by;
};

/**
 * struct skald_run - one hook function at work
 * @has_rules: it is, or runs, a chain
 * @is_policy: the last thing said was a policy
 * @rules: what matched so far
 * @n_rules: how many of them are kept
 * @policy: event of a policy whose verdict is not known yet
 * @at: by depth of jumps: the rule that is next; NULL: not known, or the end
 * @depth: jumps
 * @knows: @at is known, so that missed rules can be told
 */
struct skald_run {
	bool has_rules;
	bool is_policy;
	struct skald_run_rule rules[SKALD_RUN_RULES];
	unsigned int n_rules;
	uint32_t policy;
	const struct skald_rule *at[SKALD_RUN_DEPTH];
	unsigned int depth;
	bool knows;
};

/**
 * enum skald_fate - what has become of the packet so far
 * @SKALD_FATE_NONE: it is on its way
 * @SKALD_FATE_SENT: a driver has it
 * @SKALD_FATE_DELIVERED: a socket has it
 * @SKALD_FATE_TAPPED: a packet socket has it, and nobody else
 * @SKALD_FATE_CUT: fragments or segments go on in its place
 * @SKALD_FATE_WAITS: a fragment that waits for the others
 * @SKALD_FATE_QUEUED: user space has it
 */
enum skald_fate {
	SKALD_FATE_NONE,
	SKALD_FATE_SENT,
	SKALD_FATE_DELIVERED,
	SKALD_FATE_TAPPED,
	SKALD_FATE_CUT,
	SKALD_FATE_WAITS,
	SKALD_FATE_QUEUED,
};

/**
 * struct skald_records - a story of records in the making
 * @telling: the story
 * @names: what numbers stand for
 * @first: the packet as it was first seen
 * @snap: as it was last seen
 * @packet: @snap taken apart
 * @has_snap: @first and @snap are there
 * @is_cloned: it has its bytes from another packet, which has shown them
 * @iif: name of the interface it came in by, or NULL
 * @oif: name of the interface it leaves by, or NULL
 * @family: NFPROTO_* of the hook it is in
 * @run: the hook function at work
 * @stage: name of the one that has just come back, or NULL
 * @queue: number of the queue it waits in
 * @was_queued: it came back from there
 * @iprule: priority of the ip rule that the next lookup is for
 * @has_iprule: there is one
 * @route: event of the lookup that found something, SKALD_NO_EVENT: none
 * @deliver: event of the delivery, SKALD_NO_EVENT: none
 * @drop: the record that dropped it, or NULL
 * @last: the last record
 * @link: the record by which it went on as another packet, or NULL
 * @device: that was sent to last, or NULL
 * @invalid: why the tracker rejects it, or NULL
 * @fate: enum skald_fate
 */
struct skald_records {
	struct skald_telling *telling;
	const struct skald_kmod_names *names;
	struct skald_snap first;
	struct skald_snap snap;
	struct skald_packet packet;
	bool has_snap;
	bool is_cloned;
	const char *iif;
	const char *oif;
	unsigned int family;
	struct skald_run run;
	const char *stage;
	uint32_t queue;
	bool was_queued;
	uint32_t iprule;
	bool has_iprule;
	uint32_t route;
	uint32_t deliver;
	const struct skald_r_end *drop;
	const struct skald_r_record *last;
	const struct skald_r_link *link;
	const char *device;
	const char *invalid;
	enum skald_fate fate;
};

/* Strings of the story. NULL: no memory, or nothing to say */
const char *skald_records_place(struct skald_records *records, uint64_t place);
const char *skald_records_dev(struct skald_records *records,
			      const struct skald_r_dev *dev);
const char *skald_records_text(struct skald_records *records, const char *text,
			       size_t len);
/* "10.0.0.1", "2001:db8::1". @family: AF_* or NFPROTO_*, they are the same */
struct skald_value skald_records_address(unsigned int family,
					 const struct skald_r_addr *address);

/* A hook function begins. */
void skald_records_run(struct skald_records *records);

/* A step of nf_tables or of x_tables: what the function at work decided. */
void skald_records_nft(struct skald_records *records,
		       const struct skald_r_nft *nft);
void skald_records_xt(struct skald_records *records,
		      const struct skald_r_xt *xt);
/* The function has come back: what its policy was is known now. */
void skald_records_verdict(struct skald_records *records, unsigned int verdict);

/* Changes: the packet as it is now, and what became of its connection. */
void skald_records_snap(struct skald_records *records,
			const struct skald_r_snap *snap);
void skald_records_conntrack(struct skald_records *records,
			     const struct skald_r_conntrack *conntrack);
void skald_records_invalid(struct skald_records *records,
			   const struct skald_r_invalid *invalid);
void skald_records_nat(struct skald_records *records,
		       const struct skald_r_nat *nat);
void skald_records_expect(struct skald_records *records,
			  const struct skald_r_expect *expect);

/* Routing: rules and tables that were asked, the route, the neighbour. */
void skald_records_iprule(struct skald_records *records,
			  const struct skald_r_iprule *iprule);
void skald_records_fib(struct skald_records *records,
		       const struct skald_r_fib *fib);
void skald_records_route(struct skald_records *records,
			 const struct skald_r_route *route);
void skald_records_neigh(struct skald_records *records,
			 const struct skald_r_neigh *neigh);

/* The socket that made it, got it, or looks at it. */
void skald_records_socket(struct skald_records *records,
			  const struct skald_r_socket *socket);
void skald_records_lost(struct skald_records *records,
			const struct skald_r_lost *lost);
/* All records are told: how did it end, and is it whole? */
void skald_records_end(struct skald_records *records);

#endif /* SKALD_LIB_TELLING_KMOD_H */
