/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: seeing each hook function's verdict
 *
 * nf_hook_slow() is handed an array of functions. For a packet that is followed
 * it is handed another, of the same length, in which each function is replaced
 * by one of ours that calls it and tells what it returned and changed. So every
 * function of every module is seen, no function is patched, and a packet that
 * is not followed pays nothing.
 *
 * Arrays are made when they are first needed and kept by content: the same
 * functions with the same private data in the same order are the same array, in
 * whatever namespace. One that is used stays until readers under RCU are gone.
 */
#ifndef SKALD_WRAP_H
#define SKALD_WRAP_H

#include <linux/types.h>

struct nf_hook_entries;

/**
 * skald_wrap() - the array to run instead
 * @entries: the hook's own
 *
 * Return: an array that is good while the caller's RCU section lasts; NULL, and
 * counted, when there is no memory.
 */
const struct nf_hook_entries *skald_wrap(const struct nf_hook_entries *entries);

/* A collection begins. */
void skald_wrap_open(void);

/* Nobody may enter a hook with an array of ours any more. */
void skald_wrap_close(void);

/**
 * skald_wrap_running() - the packet whose hook function runs here
 * @nfct: conntrack entry that it had when the function was called
 *
 * Return: its id; 0 when it is not followed, or not known.
 */
u64 skald_wrap_running(const void *nfct);

struct skald_stats;
/* Fills in what this room counts. Any context. */
void skald_wrap_stats(struct skald_stats *stats);

#endif /* SKALD_WRAP_H */
