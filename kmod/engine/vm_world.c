// SPDX-License-Identifier: GPL-2.0-only
/* Questions to the owner of the world, and what is said when it is silent. */
#include "vm_world.h"

const struct skald_vm_world skald_vm_nothing;

const char *skald_fact_words(enum skald_fact fact)
{
#define WORDS(name, bytes, words) words,
	static const char *const list[] = { SKALD_FACTS(WORDS) };
#undef WORDS

	return (u32)fact < ARRAY_SIZE(list) ? list[fact] : "unknown";
}

int skald_vm_fact(const struct skald_vm_pkt *pkt, enum skald_fact fact,
		  void *value)
{
	if (!pkt->world->fact)
		return -ENODATA;
	return pkt->world->fact(pkt->owner, pkt, fact, value);
}

int skald_vm_ct(struct skald_vm_pkt *pkt, const struct skald_vm_ct **ct)
{
	if (!(pkt->flags & SKALD_PKT_CT)) {
		pkt->ct_state = -ENODATA;
		if (pkt->world->ct)
			pkt->ct_state =
				pkt->world->ct(pkt->owner, pkt, &pkt->ct);
		pkt->flags |= SKALD_PKT_CT;
	}
	if (pkt->ct_state)
		return -ENODATA;
	*ct = pkt->ct;
	return 0;
}

void skald_vm_ct_forget(struct skald_vm_pkt *pkt)
{
	pkt->flags &= (u8)~SKALD_PKT_CT;
}

int skald_vm_link(const struct skald_vm_pkt *pkt, u32 ifindex,
		  struct skald_link_info *link)
{
	if (!ifindex)
		return -ENOENT;
	if (ifindex == SKALD_VIEW_UNKNOWN)
		return -ENODATA;
	if (!pkt->world->link)
		return -ENODATA;
	return pkt->world->link(pkt->owner, ifindex, link);
}

int skald_vm_effect(struct skald_vm_pkt *pkt, const struct skald_effect *effect)
{
	if (!pkt->world->effect)
		return effect->kind == SKALD_EFFECT_NAT ? NF_ACCEPT : 0;
	return pkt->world->effect(pkt->owner, pkt, effect);
}
