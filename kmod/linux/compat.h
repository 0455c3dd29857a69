/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what differs between kernels, in one place
 *
 * SKALD_HAS_* come from Kbuild, which looks into the headers that the module is
 * built against. Where an answer is wrong, a static assertion or the type check
 * of a tracepoint's callback fails: nothing is misread at run time.
 */
#ifndef SKALD_COMPAT_H
#define SKALD_COMPAT_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_extend.h>

#ifndef CONFIG_X86_64
#error "skald reads arguments as x86-64 passes them"
#endif
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
#error "skald needs a kernel with CONFIG_DYNAMIC_FTRACE_WITH_ARGS"
#endif
#ifndef CONFIG_KPROBES
#error "skald needs a kernel with CONFIG_KPROBES, to find functions"
#endif
#if !IS_ENABLED(CONFIG_NF_TABLES) && \
	!IS_ENABLED(CONFIG_NETFILTER_XT_TARGET_TRACE)
#error "this kernel's packets have no nf_trace bit"
#endif

/**
 * skald_regs() - a traced function's registers
 * @fregs: as ftrace hands them over
 *
 * Only the argument registers, the stack and the instruction pointer are
 * there: ftrace saves no more at a function's entry. What is changed in them
 * the function gets.
 */
static inline struct pt_regs *skald_regs(struct ftrace_regs *fregs)
{
#ifdef SKALD_HAS_ARCH_FTRACE_REGS
	return &arch_ftrace_regs(fregs)->regs;
#else
	return &fregs->regs;
#endif
}

/* The arguments of a function at its entry, counted from 0. */
#define skald_arg(regs, n) ((void *)regs_get_kernel_argument(regs, n))
#define skald_arg_u32(regs, n) ((u32)regs_get_kernel_argument(regs, n))

/**
 * skald_nfct() - the conntrack entry and state of a packet, as one word
 * @skb: packet
 *
 * 0 when the tracker has not seen it, or finds it invalid.
 */
static inline unsigned long skald_nfct(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	return skb->_nfct;
#else
	return 0;
#endif
}

/**
 * skald_ct_extension() - part of a conntrack entry
 * @ct: entry
 * @id: enum nf_ct_ext_id
 *
 * As nf_ct_ext_find(), which would link to the tracker: it checks entries that
 * are not confirmed against modules that were unloaded. Those have none here.
 */
static inline const void *skald_ct_extension(const struct nf_conn *ct, u8 id)
{
	const struct nf_ct_ext *ext = ct->ext;

	if (!ext || !ext->offset[id])
		return NULL;
#ifdef SKALD_HAS_CT_GENERATION
	if (ext->gen_id)
		return NULL;
#endif
	return (const void *)ext + ext->offset[id];
}

#endif /* SKALD_COMPAT_H */
