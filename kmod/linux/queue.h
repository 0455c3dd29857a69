/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_QUEUE_H
#define SKALD_QUEUE_H

struct pt_regs;

/* nfqnl_reinject(entry, verdict): back from user space */
void skald_queue_on_reinject(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_QUEUE_H */
