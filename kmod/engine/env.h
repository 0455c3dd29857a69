/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the engine's only doorway
 *
 * The engine is compiled twice: into kernel modules and into libskald. It is a
 * function of (state, packet view, time, owner's callbacks): it knows no
 * sk_buff, no socket, no clock, no printing and no global. Its files include
 * this header and headers of the engine, nothing else; nothing else under
 * kmod/engine/ may ask whether it is in the kernel.
 *
 * What the engine may use is what env_user.h gives: the kernel's own names,
 * with the kernel's meaning.
 */
#ifndef SKALD_ENGINE_ENV_H
#define SKALD_ENGINE_ENV_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif
#include <linux/rcupdate.h>
#ifndef kfree_rcu_mightsleep
#define kfree_rcu_mightsleep(ptr) kvfree_rcu(ptr)
#endif
#define skald_free_later(ptr) kfree_rcu_mightsleep(ptr)
#else
#include "env_user.h"
#endif

/**
 * skald_random_below() - a number below a bound, from 32 random bits
 * @random: 32 random bits, which the caller's owner gave
 * @bound: the bound, > 0
 *
 * As reciprocal_scale() in the kernel: no division, and a bias below 2^-16 for
 * the bounds of ports and tables.
 */
static inline u32 skald_random_below(u32 random, u32 bound)
{
	return (u32)(((u64)random * bound) >> 32);
}

#endif /* SKALD_ENGINE_ENV_H */
