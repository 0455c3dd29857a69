// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks records of skald.ko before anybody looks into them.
 */
#include "kmod_record.h"

#include <string.h>

#include "event.h"

/* clang-format off */
/* R(TYPE, word, structure) */
#define RECORDS(R) \
	R(LOST, lost, skald_r_lost) \
	R(NAME, name, skald_r_name) \
	R(RULESET, ruleset, skald_r_ruleset) \
	R(MARK, mark, skald_r_mark) \
	R(LINK, link, skald_r_link) \
	R(SNAP, snap, skald_r_snap) \
	R(SENDER, sender, skald_r_socket) \
	R(RECEIVE, receive, skald_r_receive) \
	R(HOOK, hook, skald_r_hook) \
	R(STAGE, stage, skald_r_stage) \
	R(NFT, nft, skald_r_nft) \
	R(XT, xt, skald_r_xt) \
	R(CONNTRACK, conntrack, skald_r_conntrack) \
	R(INVALID, invalid, skald_r_invalid) \
	R(NAT, nat, skald_r_nat) \
	R(EXPECT, expect, skald_r_expect) \
	R(IPRULE, iprule, skald_r_iprule) \
	R(FIB, fib, skald_r_fib) \
	R(ROUTE, route, skald_r_route) \
	R(NEIGH, neigh, skald_r_neigh) \
	R(FRAGMENT, fragment, skald_r_fragment) \
	R(DEFRAG, defrag, skald_r_defrag) \
	R(SCRUB, scrub, skald_r_scrub) \
	R(QUEUE, queue, skald_r_queue) \
	R(REINJECT, reinject, skald_r_reinject) \
	R(BRIDGE, bridge, skald_r_bridge) \
	R(TRANSMIT, transmit, skald_r_transmit) \
	R(SEND, send, skald_r_transmit) \
	R(DELIVER, deliver, skald_r_socket) \
	R(TAP, tap, skald_r_socket) \
	R(DROP, drop, skald_r_end) \
	R(CONSUME, consume, skald_r_end) \
	R(FREE, free, skald_r_end) \
	R(FORGET, forget, skald_r_forget)
/* clang-format on */

#define RECORD_SIZE(type, word, structure) \
	[SKALD_R_##type] = sizeof(struct structure),
#define RECORD_WORD(type, word, structure) [SKALD_R_##type] = #word,

static const uint16_t sizes[SKALD_R_MAX + 1] = { RECORDS(RECORD_SIZE) };

const char *skald_record_type(unsigned int type)
{
	static const char *const words[SKALD_R_MAX + 1] = { RECORDS(
		RECORD_WORD) };

	return type <= SKALD_R_MAX && words[type] ? words[type] : "?";
}

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

char *skald_record_name16(const char name[16], char text[17])
{
	memcpy(text, name, 16);
	text[16] = '\0';
	return text;
}

char *skald_record_dev(const struct skald_r_dev *dev, char text[17])
{
	return skald_record_name16(dev->name, text);
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
