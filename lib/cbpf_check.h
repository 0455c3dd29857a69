/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what can be moved to a hook
 *
 * Instructions of libpcap's programs, which stand on the Ethernet header: which
 * of them have a meaning where a netfilter hook sees the packet.
 */
#ifndef SKALD_LIB_CBPF_CHECK_H
#define SKALD_LIB_CBPF_CHECK_H

#include <stdbool.h>

#include "cbpf.h"

#define SKALD_CBPF_LINK_TYPE 12 /* where the ethertype is */

/* A load at a fixed offset. */
static inline bool skald_cbpf_is_absolute(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_LD &&
	       BPF_MODE(insn->code) == BPF_ABS;
}

/* The load of the ethertype. */
static inline bool skald_cbpf_is_type(const struct sock_filter *insn)
{
	return insn->code == (BPF_LD | BPF_H | BPF_ABS) &&
	       insn->k == SKALD_CBPF_LINK_TYPE;
}

/* Another load of the Ethernet header. */
static inline bool skald_cbpf_is_link(const struct sock_filter *insn)
{
	return skald_cbpf_is_absolute(insn) && insn->k < SKALD_CBPF_LINK &&
	       !skald_cbpf_is_type(insn);
}

/* A load at an offset that X moves. */
static inline bool skald_cbpf_is_indirect(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_LD &&
	       BPF_MODE(insn->code) == BPF_IND;
}

/* Bytes that a load takes. */
static inline unsigned int skald_cbpf_load_size(const struct sock_filter *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	default:
		return 4;
	}
}

/**
 * skald_cbpf_check() - whether an instruction can be moved
 * @insn: the instruction
 * @has_type: the accumulator may be the ethertype before it
 * @error: what the expression asks for that no hook has
 *
 * Return: 0; -EOPNOTSUPP; -EINVAL: libpcap does not make such an instruction.
 */
int skald_cbpf_check(const struct sock_filter *insn, bool has_type,
		     struct skald_error *error);

#endif /* SKALD_LIB_CBPF_CHECK_H */
