/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the debug table, as nftables rules
 *
 * The tables of skald in one namespace: the classifiers' rules and the witness
 * chains, made over one netlink socket with the owner flag. They live as long
 * as that socket and survive "nft flush ruleset".
 */
#ifndef SKALD_LIB_DEBUG_TABLE_H
#define SKALD_LIB_DEBUG_TABLE_H

#include "classifier.h"
#include "netns.h"
#include "witness.h"

struct skald_debug_table;

/**
 * struct skald_classifier_count - what a classifier did in one namespace
 * @seen: packets that matched the expression
 * @marked: packets of those that were marked: neither sampled out nor limited
 */
struct skald_classifier_count {
	uint64_t seen;
	uint64_t marked;
};

/**
 * skald_debug_table_new() - make the tables, with no classifier yet
 * @netns: namespace
 * @table: written on success
 * @error: names what the kernel refused
 *
 * Families whose chains the kernel refuses (no bridge, no arp) are left out;
 * without ip and ip6 it fails. Takes another name when a table of that name
 * has an owner already.
 */
int skald_debug_table_new(const struct skald_netns *netns,
			  struct skald_debug_table **table,
			  struct skald_error *error);
/* Deletes the tables. */
void skald_debug_table_free(struct skald_debug_table *table);

/* Name of its tables, the same in each family; lives as long as it. */
const char *skald_debug_table_name(const struct skald_debug_table *table);

/**
 * skald_debug_table_refresh() - look again what the ruleset is
 * @table: the table
 *
 * Chains that only tell rules apart which change packets stand where there are
 * such rules, see witness.h and writers.h.
 *
 * A "ct state" rule would turn the tracker on where nobody uses it, and with it
 * defragmentation and the limits of its table. So the CT chains have such rules
 * only in families where somebody else does, see conntrack_use.h; else they
 * tell nothing. To be called when the ruleset has changed (another generation);
 * skald_debug_table_add() does it too. Once on, the rules stay.
 *
 * Return: 0 or -errno; then it is as before.
 */
int skald_debug_table_refresh(struct skald_debug_table *table);

/**
 * skald_debug_table_add() - add a classifier's rules
 * @table: the table
 * @classifier: compiled; borrowed for the call
 * @error: what the kernel refused, in its own words where it has some
 *
 * All or nothing, one transaction. The rules go in front of those of older
 * classifiers and let these see the packet, too: each classifier counts and
 * marks what it wants, whoever else is there. Programs that are longer than the
 * bpf match takes go in as eBPF; families where the kernel has no bpf match get
 * comparisons.
 *
 * The rate holds for each family (ip, ip6, bridge, arp) as a whole, with a
 * burst of a tenth of it, at least 5. nf_tables has no "the first N packets":
 * who enforces @classifier->first deletes the classifier when N were marked,
 * and gets those too that came meanwhile; skald_debug_table_count() is exact.
 *
 * Return: 0, -EEXIST for an id that is there, -EINVAL when no packet of any
 * family could ever match, -EOPNOTSUPP, or the kernel's -errno.
 */
int skald_debug_table_add(struct skald_debug_table *table,
			  const struct skald_classifier *classifier,
			  struct skald_error *error);
/* Delete them: all or nothing. -ENOENT: there are none. */
int skald_debug_table_delete(struct skald_debug_table *table, uint32_t id,
			     struct skald_error *error);

/* Sum over the classifier's rules of this namespace, from the kernel.
 * -ENOENT: it has none; @count is written on success. */
int skald_debug_table_count(struct skald_debug_table *table, uint32_t id,
			    struct skald_classifier_count *count);

/**
 * skald_debug_table_value() - what a rule of ours stands for
 * @table: the table
 * @family: NFPROTO_*
 * @handle: the rule
 *
 * Return: classifier id or enum skald_words_CTSTATE; -1: no rule of ours.
 * May be called from another thread than the one that adds and deletes.
 */
int skald_debug_table_value(struct skald_debug_table *table,
			    unsigned int family, uint64_t handle);

#endif /* SKALD_LIB_DEBUG_TABLE_H */
