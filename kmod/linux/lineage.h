/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets that come from packets
 *
 * __copy_skb_header() makes every clone, copy and segment, and hands the bit
 * on. It does not know what is being made, so its callers are watched too: they
 * note that on their CPU just before.
 */
#ifndef SKALD_LINEAGE_H
#define SKALD_LINEAGE_H

struct pt_regs;

/* __copy_skb_header(new, old) */
void skald_lineage_on_header(struct pt_regs *regs, unsigned long parent);

/* Functions whose first argument is what is cloned, copied or segmented. */
void skald_lineage_on_clone(struct pt_regs *regs, unsigned long parent);
void skald_lineage_on_copy(struct pt_regs *regs, unsigned long parent);
void skald_lineage_on_segment(struct pt_regs *regs, unsigned long parent);

/* skb_morph(new, old): a reassembled packet takes its last fragment's place. */
void skald_lineage_on_morph(struct pt_regs *regs, unsigned long parent);

/* skb_scrub_packet(skb, foreign) */
void skald_lineage_on_scrub(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_LINEAGE_H */
