/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: one rule of the debug table
 *
 * Builds the rules of MARK and CT chains, and reads them back. What a rule is
 * stands in its comment, which "nft list ruleset" shows: "skald mark 3",
 * "skald ct new", "skald look".
 */
#ifndef SKALD_LIB_DEBUG_RULE_H
#define SKALD_LIB_DEBUG_RULE_H

#include <stdint.h>

#include "classifier.h"
#include "nftnl.h"
#include "witness.h"

struct skald_native_rule;

/* libnftnl's type-length-value in a rule's user data; the longest comment */
#define SKALD_RULE_UDATA_COMMENT 0
#define SKALD_RULE_COMMENT 32

/**
 * struct skald_rule_place - where rules go
 * @table: name of the table
 * @family: NFPROTO_*
 * @chain: the chain
 * @goes_on: rules of other classifiers stand behind: a rule that marks must let
 *	them see the packet, too
 */
struct skald_rule_place {
	const char *table;
	unsigned int family;
	const struct skald_witness *chain;
	bool goes_on;
};

/* CT chains: one accept rule for each conntrack state. */
void skald_debug_rule_put_states(struct skald_nftnl_batch *batch,
				 const struct skald_rule_place *place);
/* SEEN and LAST chains, CT chains where nothing is tracked: an accept rule. */
void skald_debug_rule_put_look(struct skald_nftnl_batch *batch,
			       const struct skald_rule_place *place);

/**
 * skald_debug_rule_put_limit() - the rate that a classifier's rules share
 * @batch: where to
 * @place: its table; the chain does not matter
 * @classifier: with a rate
 */
void skald_debug_rule_put_limit(struct skald_nftnl_batch *batch,
				const struct skald_rule_place *place,
				const struct skald_classifier *classifier);
void skald_debug_rule_put_unlimit(struct skald_nftnl_batch *batch,
				  const struct skald_rule_place *place,
				  uint32_t id);

/**
 * skald_debug_rule_put_mark() - a rule that marks
 * @batch: where to
 * @place: a MARK chain; the rule becomes its first
 * @classifier: interfaces, sample, rate and id
 * @program: at most XT_BPF_MAX_NUM_INSTR instructions, unless @fd is there
 * @fd: the program as eBPF, -1: none; must stay open until the commit
 */
void skald_debug_rule_put_mark(struct skald_nftnl_batch *batch,
			       const struct skald_rule_place *place,
			       const struct skald_classifier *classifier,
			       const struct skald_program *program, int fd);

/* The same for kernels without the bpf match. */
void skald_debug_rule_put_native(struct skald_nftnl_batch *batch,
				 const struct skald_rule_place *place,
				 const struct skald_classifier *classifier,
				 const struct skald_native_rule *native);

/**
 * struct skald_debug_rule - a rule as the kernel has it
 * @handle: handle
 * @family: NFPROTO_*
 * @role: SKALD_ROLE_MARK or SKALD_ROLE_CT, that of @chain
 * @value: classifier's id or enum skald_words_CTSTATE
 * @chain: the chain
 * @is_limited: it refers to its classifier's limit
 * @seen: with SKALD_ROLE_MARK: packets that matched
 * @marked: packets that were marked
 */
struct skald_debug_rule {
	uint64_t handle;
	uint8_t family;
	enum skald_role role;
	uint32_t value;
	const struct skald_witness *chain;
	bool is_limited;
	uint64_t seen;
	uint64_t marked;
};

/**
 * skald_debug_rule_parse() - read a NFT_MSG_NEWRULE
 * @nlh: the message
 * @rule: written on success
 *
 * Return: 0, -ENOENT for a rule that is not of ours, -EBADMSG.
 */
int skald_debug_rule_parse(const struct nlmsghdr *nlh,
			   struct skald_debug_rule *rule);

#endif /* SKALD_LIB_DEBUG_RULE_H */
