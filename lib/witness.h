/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the chains of our own
 *
 * nftables shows a packet's headers once for each base chain. Chains of ours
 * between the stages of the stack therefore see what NAT and others did: this
 * list says which, and what the assembler learns from each.
 *
 * W(name, hook, priority, role, need). All of them are in a table "skald"
 * (another instance in the same namespace: "skald-<pid>") of each family they
 * serve.
 *
 * MARK chains come first on their hook, hold the classifiers' rules and start
 * a story when one of them matched. CT chains stand right behind conntrack and
 * have one rule for each state. SEEN chains only look. LAST chains end a story.
 * SEEN and LAST chains hold one rule, "accept": an empty chain would cost two
 * trace messages a packet (its end, then its policy), this costs one.
 *
 * Each chain costs every packet of the machine, marked or not. The need says
 * where it pays: an ALWAYS chain stands everywhere; a WRITERS chain where some
 * rule can change a packet, and so must be told from its neighbours; a SPEAKER
 * chain there, too, and where no other chain on its hook would speak.
 */
#ifndef SKALD_LIB_WITNESS_H
#define SKALD_LIB_WITNESS_H

#include <limits.h>
#include <stdbool.h>

#define SKALD_TABLE "skald"

/* clang-format off */

/* ip and ip6 */
#define SKALD_WITNESSES_IP(W) \
	W(pre_mark, PREROUTING, INT_MIN, MARK, ALWAYS) \
	W(pre_ct, PREROUTING, -199, CT, ALWAYS) \
	W(pre_dnat, PREROUTING, -99, SEEN, ALWAYS) \
	W(in_last, INPUT, INT_MAX, LAST, ALWAYS) \
	W(fwd_first, FORWARD, INT_MIN, SEEN, SPEAKER) \
	W(fwd_last, FORWARD, INT_MAX, SEEN, WRITERS) \
	W(out_mark, OUTPUT, INT_MIN, MARK, ALWAYS) \
	W(out_ct, OUTPUT, -199, CT, ALWAYS) \
	W(out_dnat, OUTPUT, -99, SEEN, ALWAYS) \
	W(post_first, POSTROUTING, INT_MIN, SEEN, WRITERS) \
	W(post_last, POSTROUTING, INT_MAX, LAST, ALWAYS)

/* bridge: frames that are bridged and never routed */
#define SKALD_WITNESSES_BRIDGE(W) \
	W(br_pre_mark, PREROUTING, INT_MIN, MARK, ALWAYS) \
	W(br_in_last, INPUT, INT_MAX, LAST, ALWAYS) \
	W(br_fwd_last, FORWARD, INT_MAX, SEEN, ALWAYS) \
	W(br_out_mark, OUTPUT, INT_MIN, MARK, ALWAYS) \
	W(br_post_last, POSTROUTING, INT_MAX, LAST, ALWAYS)

/* arp */
#define SKALD_WITNESSES_ARP(W) \
	W(arp_in_mark, INPUT, INT_MIN, MARK, ALWAYS) \
	W(arp_in_last, INPUT, INT_MAX, LAST, ALWAYS) \
	W(arp_out_mark, OUTPUT, INT_MIN, MARK, ALWAYS) \
	W(arp_out_last, OUTPUT, INT_MAX, LAST, ALWAYS)

/* clang-format on */

/**
 * enum skald_role - what a chain is to the assembler
 * @SKALD_ROLE_USER: a chain of the user's
 * @SKALD_ROLE_MARK: first on its hook, marks
 * @SKALD_ROLE_CT: behind conntrack, tells the state by the rule that matched
 * @SKALD_ROLE_SEEN: looks
 * @SKALD_ROLE_LAST: last on its hook: the story ends behind it
 * @SKALD_ROLE_FOREIGN: belongs to another skald: ignored
 */
enum skald_role {
	SKALD_ROLE_USER,
	SKALD_ROLE_MARK,
	SKALD_ROLE_CT,
	SKALD_ROLE_SEEN,
	SKALD_ROLE_LAST,
	SKALD_ROLE_FOREIGN,
};

/**
 * enum skald_need - where a chain of ours stands
 * @SKALD_NEED_ALWAYS: everywhere
 * @SKALD_NEED_WRITERS: where rules can change packets
 * @SKALD_NEED_SPEAKER: there, and where no other chain is on its hook
 */
enum skald_need {
	SKALD_NEED_ALWAYS,
	SKALD_NEED_WRITERS,
	SKALD_NEED_SPEAKER,
};

/**
 * struct skald_witness - one chain of ours
 * @name: its name
 * @family: NFPROTO_IPV4 stands for ip and ip6
 * @hook: enum skald_words_HOOK
 * @priority: priority
 * @role: enum skald_role
 * @need: enum skald_need
 */
struct skald_witness {
	const char *name;
	unsigned int family;
	unsigned int hook;
	int priority;
	enum skald_role role;
	enum skald_need need;
};

/* The chains of one family, ended by a NULL name; NULL: none. */
const struct skald_witness *skald_witnesses(unsigned int family);

/**
 * skald_witness_find() - what a chain is
 * @own_table: name of this instance's tables
 * @family: NFPROTO_*
 * @table: table of the chain
 * @chain: its name
 * @role: written: SKALD_ROLE_USER for tables that are nobody's of ours
 *
 * Return: the witness for chains of our own tables, else NULL.
 */
const struct skald_witness *
skald_witness_find(const char *own_table, unsigned int family,
		   const char *table, const char *chain, enum skald_role *role);

/*
 * Rules of CT chains carry this prefix and the state in their user data
 * comment ("skald ct new"); rules of MARK chains "skald mark <classifier id>";
 * those of the others "skald look". The handles are learnt when the table is
 * made; see skald_debug_table_value().
 */

#endif /* SKALD_LIB_WITNESS_H */
