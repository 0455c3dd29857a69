/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: classifiers as eBPF
 *
 * The bpf match takes 64 instructions of classic BPF. A longer program is
 * translated to extended BPF here, loaded, and handed to the match by its file
 * descriptor or a pinned path.
 */
#ifndef SKALD_LIB_EBPF_H
#define SKALD_LIB_EBPF_H

#include <linux/filter.h>

#include "error.h"

/**
 * skald_ebpf_load() - load a rewritten program as a BPF socket filter
 * @insns: classic BPF as skald_cbpf_rewrite() made it
 * @n: how many instructions
 * @error: what could not be translated, or the verifier's last words
 *
 * It does at a netfilter hook what @insns would do there, with one difference
 * in means: extended BPF cannot see the type of the device, so the presence of
 * a link-layer header is proven by the network header that follows it.
 *
 * Return: a file descriptor, close-on-exec, BPF_PROG_TYPE_SOCKET_FILTER;
 * -EOPNOTSUPP for an instruction that has no translation, -EPERM, -ENOMEM,
 * or another -errno of bpf(2).
 */
int skald_ebpf_load(const struct sock_filter *insns, unsigned int n,
		    struct skald_error *error);

#endif /* SKALD_LIB_EBPF_H */
