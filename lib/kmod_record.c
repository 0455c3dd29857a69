// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks records of skald.ko before anybody looks into them.
 */
#include "kmod_record.h"

#include <string.h>

#include "event.h"

/* clang-format off */
/* R(TYPE, structure) */
#define RECORDS(R) \
	R(LOST, skald_r_lost) \
	R(NAME, skald_r_name) \
	R(RULESET, skald_r_ruleset) \
	R(MARK, skald_r_mark) \
	R(LINK, skald_r_link) \
	R(SNAP, skald_r_snap) \
	R(SENDER, skald_r_socket) \
	R(RECEIVE, skald_r_receive) \
	R(HOOK, skald_r_hook) \
	R(STAGE, skald_r_stage) \
	R(NFT, skald_r_nft) \
	R(XT, skald_r_xt) \
	R(CONNTRACK, skald_r_conntrack) \
	R(INVALID, skald_r_invalid) \
	R(NAT, skald_r_nat) \
	R(EXPECT, skald_r_expect) \
	R(IPRULE, skald_r_iprule) \
	R(FIB, skald_r_fib) \
	R(ROUTE, skald_r_route) \
	R(NEIGH, skald_r_neigh) \
	R(FRAGMENT, skald_r_fragment) \
	R(DEFRAG, skald_r_defrag) \
	R(SCRUB, skald_r_scrub) \
	R(QUEUE, skald_r_queue) \
	R(REINJECT, skald_r_reinject) \
	R(BRIDGE, skald_r_bridge) \
	R(TRANSMIT, skald_r_transmit) \
	R(SEND, skald_r_transmit) \
	R(DELIVER, skald_r_socket) \
	R(TAP, skald_r_socket) \
	R(DROP, skald_r_end) \
	R(CONSUME, skald_r_end) \
	R(FREE, skald_r_end) \
	R(FORGET, skald_r_forget)
/* clang-format on */

#define RECORD_SIZE(type, structure) \
	[SKALD_R_##type] = sizeof(struct structure),

static const uint16_t sizes[SKALD_R_MAX + 1] = { RECORDS(RECORD_SIZE) };

/* Names are terminated and do not fill more than the record. */
static bool is_name(const struct skald_r_name *name)
{
	size_t room = name->record.len - sizeof(*name);

	return memchr(name->name, '\0', room) != NULL;
}

static bool is_snap(const struct skald_r_snap *snap)
{
	return snap->ll_len <= sizeof(snap->ll) &&
	       snap->bytes_len <= snap->record.len - sizeof(*snap);
}

static bool is_hook(const struct skald_r_hook *hook)
{
	return hook->count * sizeof(struct skald_r_function) <=
	       hook->record.len - sizeof(*hook);
}

static bool is_nft(const struct skald_r_nft *nft)
{
	size_t names = (size_t)nft->table_len + nft->chain_len;

	return names + nft->target_len <= nft->record.len - sizeof(*nft);
}

static bool is_xt(const struct skald_r_xt *xt)
{
	size_t names = (size_t)xt->table_len + xt->chain_len;

	return names + xt->what_len <= xt->record.len - sizeof(*xt);
}

static bool is_invalid(const struct skald_r_invalid *invalid)
{
	return invalid->text_len <= invalid->record.len - sizeof(*invalid);
}

/* Whether what lies behind the fixed part is inside the record. */
static bool is_filled(const struct skald_r_record *record)
{
	switch (record->type) {
	case SKALD_R_NAME:
		return is_name((const void *)record);
	case SKALD_R_SNAP:
		return is_snap((const void *)record);
	case SKALD_R_HOOK:
		return is_hook((const void *)record);
	case SKALD_R_NFT:
		return is_nft((const void *)record);
	case SKALD_R_XT:
		return is_xt((const void *)record);
	case SKALD_R_INVALID:
		return is_invalid((const void *)record);
	}
	return true;
}

size_t skald_record_check(const void *record, size_t len)
{
	const struct skald_r_record *head = record;

	if (len < sizeof(*head) || head->len < sizeof(*head) ||
	    head->len > len || head->len % 8 || head->len > SKALD_RECORD_MAX)
		return 0;
	if (head->type > SKALD_R_MAX)
		return head->len;
	if (!sizes[head->type] || head->len < sizes[head->type] ||
	    !is_filled(head))
		return 0;
	return head->len;
}

void skald_record_nft_names(const struct skald_r_nft *nft,
			    struct skald_record_names *names)
{
	names->table = nft->names;
	names->table_len = nft->table_len;
	names->chain = names->table + names->table_len;
	names->chain_len = nft->chain_len;
	names->last = names->chain + names->chain_len;
	names->last_len = nft->target_len;
}

void skald_record_xt_names(const struct skald_r_xt *xt,
			   struct skald_record_names *names)
{
	names->table = xt->names;
	names->table_len = xt->table_len;
	names->chain = names->table + names->table_len;
	names->chain_len = xt->chain_len;
	names->last = names->chain + names->chain_len;
	names->last_len = xt->what_len;
}

uint32_t skald_record_link_kind(unsigned int how)
{
	switch ((enum skald_link_how)how) {
	case SKALD_LINK_CLONE:
	case SKALD_LINK_COPY:
		return SKALD_CLONE;
	case SKALD_LINK_SEGMENT:
		return SKALD_SEGMENT;
	case SKALD_LINK_FRAGMENT:
		return SKALD_FRAGMENT;
	case SKALD_LINK_REASSEMBLE:
		return SKALD_REASSEMBLE;
	case SKALD_LINK_NAMESPACE:
		return SKALD_SCRUB;
	case SKALD_LINK_LOOP:
		return SKALD_LOOP;
	case SKALD_LINK_ENCAP:
		return SKALD_ENCAP;
	case SKALD_LINK_DECAP:
		return SKALD_DECAP;
	}
	return SKALD_CLONE;
}
