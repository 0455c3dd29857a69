/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: finding, arming and disarming what is watched
 *
 * Functions are found once, when the module is loaded, and those of another
 * module whenever that is loaded. Found is not armed: a function that is found
 * costs nothing.
 *
 * Arming patches all functions in one go (one ftrace_ops with a list of them),
 * and the tracepoints after it; disarming goes the other way round and returns
 * when no handler runs any more on any CPU
 * (tracepoint_synchronize_unregister(); unregister_ftrace_function() waits for
 * all tasks that were in a trampoline).
 */
#ifndef SKALD_PROBE_H
#define SKALD_PROBE_H

#include <linux/types.h>
#include <skald/uapi.h>

struct netlink_ext_ack;
struct pt_regs;

/**
 * struct skald_probe - something that is watched
 * @name: function or tracepoint
 * @module: where it lives; "": the kernel itself
 * @feature: one of enum skald_feature
 * @kind: enum skald_probe_kind
 * @state: enum skald_probe_state
 */
struct skald_probe {
	const char *name;
	const char *module;
	u64 feature;
	u8 kind;
	u8 state;
};

/* Module load and unload. Return: 0 or -errno. */
int skald_probe_init(void);
void skald_probe_exit(void);

/**
 * skald_probe_arm() - watch
 * @features: what is wanted, enum skald_feature
 * @extack: for what went wrong
 *
 * Return: 0 or -errno, then nothing is armed. Process context.
 */
int skald_probe_arm(u64 features, struct netlink_ext_ack *extack);
void skald_probe_disarm(void);

/* What is found, and of that, while armed, what was wanted. */
u64 skald_probe_features(void);

/**
 * skald_probe_get() - the probes, one by one
 * @i: which, counted from 0
 * @probe: out
 *
 * Return: false when there are no more.
 */
bool skald_probe_get(unsigned int i, struct skald_probe *probe);

#endif /* SKALD_PROBE_H */
