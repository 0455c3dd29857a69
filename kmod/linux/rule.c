// SPDX-License-Identifier: GPL-2.0-only
/*
 * nf_tables calls nft_trace_notify() for packets that have the nf_trace bit,
 * and only while its static key is on. The key is taken by symbol_get(), so
 * that skald.ko does not need nf_tables. ip_tables calls nf_log_trace() for
 * them.
 */
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_tables.h>
#include <net/netfilter/nf_tables_core.h>
#include <skald/uapi.h>

#include "compat.h"
#include "packet.h"
#include "ring.h"
#include "rule.h"

/* What is told of one step of an nf_tables packet. */
struct step {
	const struct sk_buff *skb;
	const struct nft_chain *chain;
	const struct nft_rule_dp *rule;
	const struct nft_base_chain *base;
	const struct nft_verdict *verdict;
	u8 type;
};

static struct static_key_false *nft_key;

static size_t name_length(const char *name)
{
	return name ? strnlen(name, NFT_NAME_MAXLEN) : 0;
}

static const char *target_of(const struct step *step)
{
	if (step->type == NFT_TRACETYPE_POLICY || !step->verdict)
		return NULL;
	if (step->verdict->code != NFT_JUMP && step->verdict->code != NFT_GOTO)
		return NULL;
	return step->verdict->chain->name;
}

static void nft_tell(const struct step *step, u64 id)
{
	const char *table = step->chain->table->name;
	const char *chain = step->chain->name;
	const char *target = target_of(step);
	size_t lens[] = { name_length(table), name_length(chain),
			  name_length(target) };
	struct skald_space space;
	struct skald_r_nft *nft;

	nft = skald_ring_begin(&space, id, SKALD_R_NFT,
			       sizeof(*nft) + lens[0] + lens[1] + lens[2]);
	if (!nft)
		return;
	if (step->rule && step->type != NFT_TRACETYPE_POLICY)
		nft->handle = step->rule->handle;
	nft->verdict = step->type == NFT_TRACETYPE_POLICY ? step->base->policy
		       : step->verdict			  ? step->verdict->code
							  : 0;
	nft->family = step->chain->table->family;
	nft->type = step->type;
	nft->table_len = lens[0];
	nft->chain_len = lens[1];
	nft->target_len = lens[2];
	memcpy(nft->names, table, lens[0]);
	memcpy(nft->names + lens[0], chain, lens[1]);
	if (target)
		memcpy(nft->names + lens[0] + lens[1], target, lens[2]);
	skald_ring_end(&space);
}

#ifdef SKALD_HAS_NFT_TRACE_PKTINFO

/* nft_trace_notify(pkt, verdict, rule, info): the chain is behind its rules. */
static void step_read(struct step *step, struct pt_regs *regs)
{
	const struct nft_pktinfo *pkt = skald_arg(regs, 0);
	const struct nft_traceinfo *info = skald_arg(regs, 3);
	const struct nft_rule_dp *last;

	step->skb = pkt->skb;
	step->verdict = skald_arg(regs, 1);
	step->rule = skald_arg(regs, 2);
	step->base = info->basechain;
	step->type = info->type;
	step->chain = &info->basechain->chain;
	if (!step->rule)
		return;
	last = step->rule;
	while (!last->is_last)
		last = (const void *)last->data + last->dlen;
	step->chain = ((const struct nft_rule_dp_last *)last)->chain;
	if (step->rule->is_last)
		step->rule = NULL;
}

#else

/* nft_trace_notify(info) */
static void step_read(struct step *step, struct pt_regs *regs)
{
	const struct nft_traceinfo *info = skald_arg(regs, 0);

	step->skb = info->pkt->skb;
	step->verdict = info->verdict;
	step->rule = info->rule;
	step->base = info->basechain;
	step->type = info->type;
	step->chain = info->chain;
}

#endif

void skald_rule_on_nft(struct pt_regs *regs, unsigned long parent)
{
	struct skald_packet *packet;
	struct step step;

	BUILD_BUG_ON((int)SKALD_NFT_POLICY != NFT_TRACETYPE_POLICY);
	BUILD_BUG_ON((int)SKALD_NFT_RETURN != NFT_TRACETYPE_RETURN);
	BUILD_BUG_ON((int)SKALD_NFT_RULE != NFT_TRACETYPE_RULE);
	BUILD_BUG_ON(sizeof(struct skald_r_nft) + 3 * NFT_NAME_MAXLEN >
		     SKALD_RECORD_MAX);
	step_read(&step, regs);
	packet = skald_packet_get(step.skb);
	if (packet && step.chain)
		nft_tell(&step, packet->id);
}

/* Leaves the caller's info as it is when the key is off: not traced. */
static void no_init(void)
{
}

void skald_rule_on_init(struct pt_regs *regs, unsigned long parent)
{
	const struct nft_pktinfo *pkt = skald_arg(regs, 1);

	if (pkt->skb->nf_trace || static_key_count(&nft_key->key) > 1)
		return;
	instruction_pointer_set(regs, (unsigned long)no_init);
}

void skald_rule_on_commit(struct pt_regs *regs, unsigned long parent)
{
	const struct net *net = skald_arg(regs, 0);
	struct skald_r_ruleset *ruleset;
	struct skald_space space;

	ruleset =
		skald_ring_begin(&space, 0, SKALD_R_RULESET, sizeof(*ruleset));
	if (!ruleset)
		return;
	ruleset->netns = net->ns.inum;
	skald_ring_end(&space);
}

static void xt_tell(u64 id, u8 family, u8 hook, const char *const names[3],
		    u32 number)
{
	size_t lens[] = { name_length(names[0]), name_length(names[1]),
			  name_length(names[2]) };
	struct skald_space space;
	struct skald_r_xt *xt;

	xt = skald_ring_begin(&space, id, SKALD_R_XT,
			      sizeof(*xt) + lens[0] + lens[1] + lens[2]);
	if (!xt)
		return;
	xt->number = number;
	xt->family = family;
	xt->hook = hook;
	xt->table_len = lens[0];
	xt->chain_len = lens[1];
	xt->what_len = lens[2];
	memcpy(xt->names, names[0], lens[0]);
	memcpy(xt->names + lens[0], names[1], lens[1]);
	memcpy(xt->names + lens[0] + lens[1], names[2], lens[2]);
	skald_ring_end(&space);
}

/*
 * nf_log_trace(net, pf, hook, skb, in, out, info, format, ...), as
 * trace_packet() of ip_tables and ip6_tables calls it, with "TRACE: %s:%s:%s:%u
 * ": table, chain, what, number are on the stack. Nothing else calls it with
 * that format; what is no such call is left alone.
 */
void skald_rule_on_xt(struct pt_regs *regs, unsigned long parent)
{
	static const char expected[] = "TRACE: %s:%s:%s:%u ";
	struct skald_packet *packet = skald_packet_get(skald_arg(regs, 3));
	const char *names[3];
	unsigned int i;

	if (!packet || strcmp(skald_arg(regs, 7), expected))
		return;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = skald_arg(regs, 8 + i);
	xt_tell(packet->id, skald_arg_u32(regs, 1), skald_arg_u32(regs, 2),
		names, skald_arg_u32(regs, 11));
	/*
	 * The kernel's log is not to be flooded with what is told here: nobody
	 * logs for a packet of no family.
	 */
	regs->si = NFPROTO_UNSPEC;
}

void skald_rule_arm(void)
{
	if (nft_key)
		return;
	nft_key = symbol_get(nft_trace_enabled);
	if (nft_key)
		static_branch_inc(nft_key);
}

void skald_rule_disarm(void)
{
	if (!nft_key)
		return;
	static_branch_dec(nft_key);
	symbol_put(nft_trace_enabled);
	nft_key = NULL;
}
