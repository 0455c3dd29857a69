/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: classic BPF, moved from the wire to a netfilter hook
 *
 * libpcap compiles for a frame that begins with its Ethernet header. At every
 * hook skb->data stands at the network header, and the link-layer header is in
 * front of it or not there at all. The rewriting is
 *
 *	ldh [12]		skb->protocol (SKF_AD_PROTOCOL)
 *	ld [k], k < 14		SKF_LL_OFF + k, after a check that the packet's
 *				device has Ethernet headers (SKF_AD_HATYPE);
 *				otherwise the program says "no match"
 *	ld [k], k >= 14		k - 14; the same for [x + k] and 4*([k]&0xf)
 *	ld [x + k]		also, where x may be so large that it stands for
 *				a negative index: "no match" when it is, as in
 *				libpcap's own machine (bpf_filter())
 *	ld len			skb->len + 14
 *
 * What cannot be moved is refused: VLAN tags, MPLS labels and PPPoE headers
 * (they are stripped or hide the packet), packet direction, and loops.
 */
#ifndef SKALD_LIB_CBPF_H
#define SKALD_LIB_CBPF_H

#include <linux/filter.h>
#include <stdint.h>

#include "classifier.h"
#include "error.h"

/* Length of the header that libpcap counts and the hooks do not */
#define SKALD_CBPF_LINK 14

/* What the bpf match of nf_tables takes at most (XT_BPF_MAX_NUM_INSTR) */
#define SKALD_CBPF_MATCH_MAX 64

/**
 * skald_cbpf_rewrite() - move a program to the hooks
 * @insns: libpcap's program for DLT_EN10MB, borrowed
 * @n: how many instructions
 * @program: written on success; skald_cbpf_done() frees it
 * @error: what could not be moved
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL for a program that is no valid BPF, -ENOMEM.
 */
int skald_cbpf_rewrite(const struct sock_filter *insns, unsigned int n,
		       struct skald_program *program,
		       struct skald_error *error);
void skald_cbpf_done(struct skald_program *program);

/**
 * skald_cbpf_text() - an instruction in tcpdump's words, for messages
 * @insn: the instruction
 * @text: where to write it
 * @size: bytes in @text
 */
void skald_cbpf_text(const struct sock_filter *insn, char *text,
		     unsigned int size);

#endif /* SKALD_LIB_CBPF_H */
