// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk through chains, as nft_do_chain(): rule by rule, expression by
 * expression, with jumps and returns.
 */
#include "vm.h"

#include "explain.h"
#include "expr.h"
#include "guard.h"
#include "table.h"

/* Where a walk goes on. */
struct place {
	struct skald_vm_chain *chain;
	struct skald_vm_chunk *chunk;
	u32 at;
};

struct walk {
	struct place here;
	struct place stack[SKALD_VM_DEPTH];
	u32 depth;
	u8 bit;
	bool tells_misses;
	struct skald_regs regs;
	struct skald_vm_pkt *pkt;
};

/* What came of a rule: where it failed, and what was missing first. */
struct outcome {
	const struct skald_vm_expr *failed;
	const struct skald_vm_expr *lacking;
	u32 failed_at;
	u32 lacking_at;
};

static struct skald_vm_chunk *next_chunk(const struct list_head *at,
					 const struct skald_vm_chain *chain)
{
	struct list_head *next = READ_ONCE(at->next);

	if (next == &chain->chunks)
		return NULL;
	return list_entry(next, struct skald_vm_chunk, list);
}

static void enter(struct walk *walk, struct skald_vm_chain *chain)
{
	walk->here.chain = chain;
	walk->here.chunk = next_chunk(&chain->chunks, chain);
	walk->here.at = 0;
}

/* The guards of the chunk behind this one, if there is one: they are needed
 * soon. */
static void fetch_next(const struct skald_vm_chunk *chunk,
		       const struct skald_vm_chain *chain)
{
	const struct skald_vm_chunk *next = next_chunk(&chunk->list, chain);
	u32 at;

	for (at = 0; next && at < sizeof(chunk->first); at += 64)
		prefetch((const u8 *)next->first + at);
}

/* The next rule that is worth looking at. */
static struct skald_vm_rule *next_rule(struct walk *walk)
{
	struct skald_vm_chunk *chunk = walk->here.chunk;
	struct skald_vm_pkt *pkt = walk->pkt;
	struct skald_vm_rule *rule;
	u32 at = walk->here.at;

	while (chunk) {
		u32 n = READ_ONCE(chunk->n);
		u32 from = at;

		if (!at)
			fetch_next(chunk, walk->here.chain);

		while (at < n) {
			u32 i = at++;

			if (!walk->tells_misses &&
			    (skald_guard_fails(&chunk->first[i], pkt) ||
			     skald_guard_fails(&chunk->second[i], pkt)))
				continue;
			rule = READ_ONCE(chunk->rules[i]);
			if (!rule || (rule->genmask & walk->bit))
				continue;
			pkt->n_rules += at - from;
			walk->here.chunk = chunk;
			walk->here.at = at;
			return rule;
		}
		pkt->n_rules += at - from;
		chunk = next_chunk(&chunk->list, walk->here.chain);
		at = 0;
	}
	walk->here.chunk = NULL;
	return NULL;
}

/* The rule is not sure any more: note where that began. Return: whether the
 * expression is to be tried all the same, for it may still fail */
static bool goes_on(const struct skald_vm_expr *expr, struct outcome *outcome)
{
	if (!outcome->lacking) {
		outcome->lacking = outcome->failed;
		outcome->lacking_at = outcome->failed_at;
	}
	return expr->ops->flags & SKALD_EXPR_PURE;
}

static void evaluate(struct walk *walk, const struct skald_vm_rule *rule,
		     struct outcome *outcome)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);
	struct skald_regs *regs = &walk->regs;
	u32 i;

	regs->verdict.code = NFT_CONTINUE;
	regs->maybe = false;
	regs->missing = NULL;
	walk->pkt->rule = rule;
	memset(outcome, 0, sizeof(*outcome));
	for (i = 0; i < rule->n_exprs; i++, expr = skald_expr_next(expr)) {
		if (unlikely(regs->maybe) && !goes_on(expr, outcome))
			continue;
		outcome->failed = expr;
		outcome->failed_at = i;
		expr->ops->eval(expr, regs, walk->pkt);
		if (regs->verdict.code != NFT_CONTINUE)
			return;
	}
	if (unlikely(regs->maybe) && !outcome->lacking) {
		outcome->lacking = outcome->failed;
		outcome->lacking_at = outcome->failed_at;
	}
}

static void tell_miss(struct walk *walk, const struct skald_vm_rule *rule,
		      const struct outcome *outcome)
{
	const struct skald_vm_trace *trace = walk->pkt->trace;
	struct skald_miss miss;

	if (!trace || !trace->miss)
		return;
	skald_explain(rule, outcome->failed, &walk->regs, walk->pkt, &miss);
	miss.index = outcome->failed_at;
	miss.missing = NULL;
	trace->miss(walk->pkt->tracer, walk->pkt, rule, &miss);
}

static void tell_unknown(struct walk *walk, const struct skald_vm_rule *rule,
			 const struct outcome *outcome)
{
	const struct skald_vm_trace *trace = walk->pkt->trace;
	struct skald_miss miss;

	walk->pkt->n_unknown++;
	if (!trace || !trace->unknown)
		return;
	skald_explain(rule, outcome->lacking, &walk->regs, walk->pkt, &miss);
	miss.index = outcome->lacking_at;
	miss.missing = walk->regs.missing ? walk->regs.missing : "unknown";
	miss.actual[0] = '\0';
	trace->unknown(walk->pkt->tracer, walk->pkt, rule, &miss);
}

static void tell_rule(struct walk *walk, const struct skald_vm_rule *rule)
{
	const struct skald_vm_trace *trace = walk->pkt->trace;

	if (trace && trace->rule)
		trace->rule(walk->pkt->tracer, walk->pkt, rule,
			    &walk->regs.verdict);
}

static void tell_leave(struct walk *walk, const struct skald_vm_rule *rule)
{
	const struct skald_vm_trace *trace = walk->pkt->trace;

	if (trace && trace->leave)
		trace->leave(walk->pkt->tracer, walk->pkt, walk->here.chain,
			     rule);
}

/*
 * Rules of the chain from here on, until one decides. Return: that rule, its
 * verdict in the registers; NULL with NFT_CONTINUE: the chain's end.
 */
static const struct skald_vm_rule *try_rules(struct walk *walk)
{
	const struct skald_vm_rule *rule;
	struct outcome outcome;

	while ((rule = next_rule(walk))) {
		evaluate(walk, rule, &outcome);
		if (walk->regs.verdict.code == NFT_BREAK)
			tell_miss(walk, rule, &outcome);
		else if (unlikely(walk->regs.maybe))
			tell_unknown(walk, rule, &outcome);
		else if (walk->regs.verdict.code == NFT_CONTINUE)
			tell_rule(walk, rule);
		else
			return rule;
	}
	walk->regs.verdict.code = NFT_CONTINUE;
	return NULL;
}

static bool is_final(s32 code)
{
	switch (code & NF_VERDICT_MASK) {
	case NF_ACCEPT:
	case NF_DROP:
	case NF_QUEUE:
	case NF_STOLEN:
		return true;
	default:
		return false;
	}
}

static u32 policy(struct walk *walk, struct skald_vm_chain *chain)
{
	const struct skald_vm_trace *trace = walk->pkt->trace;
	struct skald_vm_base *base = chain->base;
	u32 verdict = READ_ONCE(base->policy);

	if (trace && trace->policy)
		trace->policy(walk->pkt->tracer, walk->pkt, chain, verdict);
	if (base->has_counters) {
		base->packets++;
		base->bytes += walk->pkt->limit - walk->pkt->view->network;
	}
	return verdict;
}

/* Return: false: no room for another open jump, the packet is dropped */
static bool follow(struct walk *walk)
{
	if (walk->regs.verdict.code == NFT_JUMP) {
		if (walk->depth >= SKALD_VM_DEPTH)
			return false;
		walk->stack[walk->depth++] = walk->here;
	}
	enter(walk, walk->regs.verdict.chain);
	return true;
}

u32 skald_vm_run(struct skald_vm_chain *chain, struct skald_vm_pkt *pkt)
{
	const struct skald_vm_trace *trace = pkt->trace;
	const struct skald_vm_rule *rule;
	struct walk walk;
	s32 code;

	/* in two pieces: compilers make one of this size a slow string store */
	memset(walk.regs.data, 0, SKALD_VM_WORDS / 2 * 4);
	memset(walk.regs.data + SKALD_VM_WORDS / 2, 0, SKALD_VM_WORDS / 2 * 4);
	walk.regs.unknown = 0;
	walk.regs.maybe = false;
	walk.regs.missing = NULL;
	walk.depth = 0;
	walk.pkt = pkt;
	walk.bit = skald_vm_now_bit(chain->table->vm);
	walk.tells_misses = trace && trace->miss;
	if (!(pkt->flags & SKALD_PKT_BLOCK))
		skald_guard_fill(pkt);
	if (trace && trace->chain)
		trace->chain(pkt->tracer, pkt, chain);
	enter(&walk, chain);
	for (;;) {
		rule = try_rules(&walk);
		code = walk.regs.verdict.code;
		if (is_final(code)) {
			tell_rule(&walk, rule);
			return (u32)code;
		}
		if (code == NFT_JUMP || code == NFT_GOTO) {
			tell_rule(&walk, rule);
			if (!follow(&walk))
				return NF_DROP;
			continue;
		}
		tell_leave(&walk, rule);
		if (!walk.depth)
			return policy(&walk, chain);
		walk.here = walk.stack[--walk.depth];
	}
}
