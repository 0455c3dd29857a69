/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: interned steps
 *
 * A ruleset says the same few things over and over: this table holds each of
 * them once, so that a raw event is a pointer and a story's path can be
 * compared and cached by pointers.
 */
#ifndef SKALD_LIB_STEPS_H
#define SKALD_LIB_STEPS_H

#include "raw.h"
#include "trace.h"

struct skald_steps;

struct skald_steps *skald_steps_new(void);
void skald_steps_free(struct skald_steps *steps);

/**
 * skald_steps_find() - the step a message stands for
 * @steps: the table
 * @netns: index of the namespace
 * @trace: the message
 *
 * Return: the step, or NULL: not there yet.
 */
struct skald_step *skald_steps_find(struct skald_steps *steps, uint32_t netns,
				    const struct skald_trace *trace);

/* Enter it; copies the strings. Return: the new step, or NULL: no memory */
struct skald_step *skald_steps_add(struct skald_steps *steps, uint32_t netns,
				   const struct skald_trace *trace);

/**
 * skald_steps_forget() - the steps of a table are not to be found again
 * @steps: the table
 * @netns: index of the namespace
 * @family: NFPROTO_*
 * @name: the nftables table that went away; NULL: all of the namespace
 *
 * Stories on their way still refer to them, so they stay in memory.
 */
void skald_steps_forget(struct skald_steps *steps, uint32_t netns,
			unsigned int family, const char *name);

#endif /* SKALD_LIB_STEPS_H */
