/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the rule machine
 *
 * Executes nf_tables bytecode as nft_do_chain() of the kernel does, on a packet
 * view. A packet is put into a *context* (struct skald_vm_pkt), and the context
 * through one base chain after the other:
 *
 *	skald_vm_pkt_init(&pkt, view, NFPROTO_IPV4, NF_INET_LOCAL_IN, now);
 *	pkt.world = &ops; pkt.owner = ...; pkt.trace = &tracer;
 *	verdict = skald_vm_run(chain, &pkt);
 *
 * Registers are the kernel's: sixteen words of 4 bytes, which the four legacy
 * registers of 16 bytes overlay, behind the verdict register. Numbers lie in
 * them as on a little-endian host.
 *
 * What a rule needs from outside the packet comes from struct skald_vm_world.
 * Each question may be answered "unknown" (-ENODATA). An unknown value marks
 * the words of its register; a rule that depends on them is *unknown* unless
 * another of its expressions fails anyhow. Effects of such a rule are not
 * carried out, and the walk goes on as if it had not matched: the rule is told
 * to the tracer and counted in @n_unknown, so an assumption is always visible.
 */
#ifndef SKALD_ENGINE_VM_H
#define SKALD_ENGINE_VM_H

#include "env.h"
#include "view.h"

struct skald_vm_chain;
struct skald_vm_rule;
struct skald_vm_expr;
struct skald_vm_pkt;
struct skald_effect;
struct skald_fib_query;
struct skald_fib_answer;
struct skald_route_info;
struct skald_socket_info;
struct skald_xfrm_query;
struct skald_link_info;
struct skald_vm_ct;

/* Words of the register file: the verdict's four, then sixteen. */
#define SKALD_VM_WORDS 20
#define SKALD_VM_VERDICT_WORDS 4
/* Jumps that may be open at once (NFT_JUMP_STACK_SIZE). */
#define SKALD_VM_DEPTH 16

/**
 * struct skald_verdict - what a rule decided
 * @code: NF_ACCEPT, NF_DROP, NF_STOLEN, NF_QUEUE (with number and flags in the
 *	upper bits, as the kernel's) or one of enum nft_verdicts
 * @chain: where NFT_JUMP and NFT_GOTO lead
 */
struct skald_verdict {
	s32 code;
	struct skald_vm_chain *chain;
};

/**
 * struct skald_regs - the register file of one rule walk
 * @data: words; the verdict lies over the first four
 * @verdict: verdict
 * @unknown: bit n: word n is not known; what it depends on is @missing
 * @maybe: an expression could not decide; the rule is unknown unless a later
 *	one fails
 * @missing: what was asked for and not known, for people, or NULL
 */
struct skald_regs {
	union {
		u32 data[SKALD_VM_WORDS];
		struct skald_verdict verdict;
	};
	u32 unknown;
	bool maybe;
	const char *missing;
};

/**
 * struct skald_miss - why a rule did not match, or cannot be decided
 * @expr: the first expression that failed, or that lacked something
 * @index: its place in the rule, from 0
 * @expression: its name ("cmp", "lookup", "tcp" of xt)
 * @missing: what is not known; NULL: nothing, the rule did not match
 * @field: what it looked at ("ip saddr", "ct state")
 * @expected: what it wanted
 * @actual: what the packet had; "" when it had no such thing
 */
struct skald_miss {
	const struct skald_vm_expr *expr;
	u32 index;
	const char *expression;
	const char *missing;
	char field[64];
	char expected[128];
	char actual[96];
};

/**
 * struct skald_vm_trace - who is told how a packet went
 * @chain: a base chain is entered
 * @rule: a rule matched; @verdict is what it decided (NFT_CONTINUE: nothing)
 * @miss: a rule did not match
 * @unknown: a rule could not be decided and was passed over
 * @leave: a chain was left for its caller, or a base chain fell through to its
 *	policy; @rule returned, NULL: the chain's end
 * @policy: a base chain's policy decided
 *
 * Any may be NULL: then it costs nothing. @miss makes the walk look at each
 *rule in full. @trace of the context is handed to each as first argument. Order
 *and places are those of the kernel's nft_trace_notify(); @miss and
 * @unknown, which the kernel does not have, come where the rule was tried.
 */
struct skald_vm_trace {
	void (*chain)(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_chain *chain);
	void (*rule)(void *tracer, const struct skald_vm_pkt *pkt,
		     const struct skald_vm_rule *rule,
		     const struct skald_verdict *verdict);
	void (*miss)(void *tracer, const struct skald_vm_pkt *pkt,
		     const struct skald_vm_rule *rule,
		     const struct skald_miss *miss);
	void (*unknown)(void *tracer, const struct skald_vm_pkt *pkt,
			const struct skald_vm_rule *rule,
			const struct skald_miss *miss);
	void (*leave)(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_chain *chain,
		      const struct skald_vm_rule *rule);
	void (*policy)(void *tracer, const struct skald_vm_pkt *pkt,
		       const struct skald_vm_chain *chain, u32 verdict);
};

/* Guards compare words of a block: what is asked most, names of interfaces,
 * then the headers. */
#define SKALD_BLOCK_FACTS 0
#define SKALD_BLOCK_NAMES 16
#define SKALD_BLOCK_NETWORK 48
#define SKALD_BLOCK_TRANSPORT 96
#define SKALD_BLOCK_LEN 132

/* Regions of the block. */
enum skald_block_region {
	SKALD_REGION_FACTS,
	SKALD_REGION_NAMES,
	SKALD_REGION_NETWORK,
	SKALD_REGION_TRANSPORT,
	SKALD_REGION_END,
};

/**
 * struct skald_vm_facts - the part of the block that is not header
 * @iif: index of the input interface
 * @oif: index of the output interface
 * @mark: nfmark
 * @protocol: ethertype, network order
 * @nfproto: family of the hook
 * @l4proto: protocol; last, for it is not always there
 */
struct skald_vm_facts {
	u32 iif;
	u32 oif;
	u32 mark;
	u16 protocol;
	u8 nfproto;
	u8 l4proto;
};

/* @l4proto, @thoff and @fragoff are valid (NFT_PKTINFO_L4PROTO). */
#define SKALD_PKT_L4PROTO (1 << 0)
/* The packet's inner header was looked for (NFT_PKTINFO_INNER). */
#define SKALD_PKT_INNER (1 << 1)
/* @ct was asked for. */
#define SKALD_PKT_CT (1 << 2)
/* The block is filled. */
#define SKALD_PKT_BLOCK (1 << 3)
/* The transport protocol is not known: the headers before it are not. */
#define SKALD_PKT_LACKS (1 << 4)

/**
 * struct skald_vm_pkt - a packet at a hook
 * @view: the frame; mark, priority, iif and oif are read and written there
 * @world: where to ask; never NULL (skald_vm_nothing: nothing is known)
 * @owner: for @world
 * @trace: who is told, or NULL
 * @tracer: for @trace
 * @now: wall clock, ns since 1970; also drives timeouts and limits
 * @ct: the packet's conntrack entry, asked for once; NULL: not asked, unknown
 * @ct_state: 0: known; -ENODATA: unknown
 * @pf: family of the hook: NFPROTO_IPV4, IPV6, ARP, BRIDGE, NETDEV
 * @hook: NF_INET_*, NF_BR_*, NF_ARP_*, NF_NETDEV_*
 * @flags: SKALD_PKT_*
 * @tprot: transport protocol
 * @fragoff: offset of a fragment: 0 for the first
 * @thoff: offset of the transport header in the frame
 * @inneroff: offset of what the transport header carries
 * @limit: bytes that the kernel's skb would have at this hook: to the end of
 *	the datagram for ip and ip6, of the frame elsewhere
 * @rule: the rule that is tried, or was last; NULL: none yet
 * @nftrace: the packet is traced ("meta nftrace")
 * @n_rules: rules tried so far
 * @n_unknown: rules passed over because something was not known
 * @have: bytes of the block's regions that are filled
 * @facts: the beginning of the block
 * @block: facts and first header bytes, see guard.h; the last four bytes are
 *	there to be read over
 */
struct skald_vm_pkt {
	struct skald_view *view;
	const struct skald_vm_world *world;
	void *owner;
	const struct skald_vm_trace *trace;
	void *tracer;
	u64 now;
	const struct skald_vm_ct *ct;
	int ct_state;
	u8 pf;
	u8 hook;
	u8 flags;
	u8 tprot;
	u16 fragoff;
	u32 thoff;
	u32 inneroff;
	u32 limit;
	const struct skald_vm_rule *rule;
	bool nftrace;
	u32 n_rules;
	u32 n_unknown;
	u8 have[SKALD_REGION_END];
	union {
		struct skald_vm_facts facts;
		u8 block[SKALD_BLOCK_LEN];
	};
};

/**
 * skald_vm_pkt_init() - put a packet at a hook
 * @pkt: the context; all of it is written; @trace and @tracer are NULL, @world
 *	answers everything with "unknown"
 * @view: the frame, its headers found; borrowed
 * @pf: family of the hook
 * @hook: hook
 * @now: wall clock, ns
 *
 * Finds transport protocol and offsets as nft_set_pktinfo_ipv4() and its
 * relatives do.
 */
void skald_vm_pkt_init(struct skald_vm_pkt *pkt, struct skald_view *view, u8 pf,
		       u8 hook, u64 now);

/* Read the headers again: after bytes, mark or interfaces were changed. */
void skald_vm_pkt_refresh(struct skald_vm_pkt *pkt);

/**
 * skald_vm_run() - a packet through a base chain
 * @chain: the chain; must be a base chain
 * @pkt: the context
 *
 * As nft_do_chain(). In the kernel under rcu_read_lock().
 *
 * Return: NF_ACCEPT, NF_DROP, NF_STOLEN or NF_QUEUE with its number; the
 * policy when no rule decided.
 */
u32 skald_vm_run(struct skald_vm_chain *chain, struct skald_vm_pkt *pkt);

/* What a guard or an expression says: this rule does not match (NFT_BREAK). */
static inline void skald_regs_break(struct skald_regs *regs)
{
	regs->verdict.code = -2;
}

/* Words that @len bytes at word @reg take. */
static inline u32 skald_regs_mask(u32 reg, u32 len)
{
	return ((1u << ((len + 3) / 4)) - 1) << reg;
}

/* @len bytes at word @reg are known from now on. */
static inline void skald_regs_known(struct skald_regs *regs, u32 reg, u32 len)
{
	if (unlikely(regs->unknown))
		regs->unknown &= ~skald_regs_mask(reg, len);
}

/* @len bytes at word @reg are not known, for want of @missing. */
static inline void skald_regs_lack(struct skald_regs *regs, u32 reg, u32 len,
				   const char *missing)
{
	regs->unknown |= skald_regs_mask(reg, len);
	if (!regs->missing)
		regs->missing = missing;
}

/* Whether any of @len bytes at word @reg is not known. */
static inline bool skald_regs_is_unknown(const struct skald_regs *regs, u32 reg,
					 u32 len)
{
	return unlikely(regs->unknown) &&
	       (regs->unknown & skald_regs_mask(reg, len));
}

/* An expression cannot decide, for want of @missing. */
static inline void skald_regs_maybe(struct skald_regs *regs,
				    const char *missing)
{
	regs->maybe = true;
	if (!regs->missing)
		regs->missing = missing;
}

/* Whether effects are to be carried out: the rule is decided so far. */
static inline bool skald_regs_is_sure(const struct skald_regs *regs)
{
	return !regs->maybe;
}

#endif /* SKALD_ENGINE_VM_H */
