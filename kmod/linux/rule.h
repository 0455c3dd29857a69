/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rules of nf_tables and of the legacy tables
 */
#ifndef SKALD_RULE_H
#define SKALD_RULE_H

struct pt_regs;

/* nft_trace_notify(): each rule that matched, return and policy. */
void skald_rule_on_nft(struct pt_regs *regs, unsigned long parent);

/*
 * nft_trace_init(info, pkt, ...): with the static key on, nf_tables prepares to
 * trace every packet, and hashes its flow for that. Left out for packets that
 * have no bit while nobody but us has turned the key.
 */
void skald_rule_on_init(struct pt_regs *regs, unsigned long parent);

/* nf_tables_commit(net, skb): the ruleset is about to change. */
void skald_rule_on_commit(struct pt_regs *regs, unsigned long parent);

/* nf_log_trace(): each legacy rule that matched, return and policy. */
void skald_rule_on_xt(struct pt_regs *regs, unsigned long parent);

/**
 * skald_rule_arm() - make nf_tables report packets that have the bit
 *
 * Does nothing when nf_tables is not loaded, or reports already; to be called
 * again when it was. nf_tables stays loaded until skald_rule_disarm().
 */
void skald_rule_arm(void);
void skald_rule_disarm(void);

#endif /* SKALD_RULE_H */
