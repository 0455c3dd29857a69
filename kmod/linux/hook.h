/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: netfilter hooks
 *
 * Every hook but one is run by nf_hook_slow(), which is watched. The exception,
 * prerouting of a bridge, is run by the bridge itself: see bridge.h.
 */
#ifndef SKALD_HOOK_H
#define SKALD_HOOK_H

#include <linux/netfilter.h>
#include <linux/types.h>

/* nf_hook_slow(skb, state, entries, first): also where output is marked. */
void skald_hook_on_entry(struct pt_regs *regs, unsigned long parent);

/**
 * skald_hook_tell() - tell what a hook will run
 * @id: packet
 * @state: hook, interfaces, namespace
 * @entries: its functions, or NULL
 * @first: index of the first that runs
 * @flags: SKALD_HOOK_*
 */
void skald_hook_tell(u64 id, const struct nf_hook_state *state,
		     const struct nf_hook_entries *entries, unsigned int first,
		     u32 flags);

/* Is it one that this module has put into a hook? */
bool skald_hook_is_ours(nf_hookfn *hook);

/* Makes nf_hook_slow() run where nobody else has a hook; accepts everything. */
unsigned int skald_hook_nothing(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);

#endif /* SKALD_HOOK_H */
