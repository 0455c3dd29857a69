// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words and kinds as tables, made from the lists in include/skald/event.h.
 */
#include "event.h"

#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <string.h>

#define WORD_ROW(list, name, number, word) { number, word },
#define WORD_LIST(list)                                     \
	const struct skald_word skald_words_of_##list[] = { \
		SKALD_WORDS_##list(WORD_ROW){ 0, NULL }     \
	};
SKALD_WORD_LISTS(WORD_LIST)

/* What a type as written in a field list is: every list of words is a WORD. */
#define WORD_TYPE(list) TYPE_OF_##list = SKALD_TYPE_WORD,
enum type_of {
	TYPE_OF_NUM = SKALD_TYPE_NUM,
	TYPE_OF_YES = SKALD_TYPE_YES,
	TYPE_OF_STR = SKALD_TYPE_STR,
	TYPE_OF_VAL = SKALD_TYPE_VAL,
	SKALD_WORD_LISTS(WORD_TYPE)
};

#define skald_words_of_NUM NULL
#define skald_words_of_YES NULL
#define skald_words_of_STR NULL
#define skald_words_of_VAL NULL

#define FIELD_ROW(k, part, type, name, help)     \
	{ #name,                                 \
	  help,                                  \
	  SKALD_PART_##part,                     \
	  (enum skald_field_type)TYPE_OF_##type, \
	  skald_words_of_##type,                 \
	  #type,                                 \
	  offsetof(struct skald_event, ev_##k.name) },
#define KIND_FIELDS(kind, word, fields, help)                          \
	static const struct skald_field fields_of_##word[] = { fields( \
		FIELD_ROW, word) };
SKALD_EVENTS(KIND_FIELDS)

#define PART_BIT(k, part, name, wanted) \
	| (SKALD_PART_##part == (wanted) ? SKALD_BIT(k, name) : 0)
#define PATH_BIT(k, part, type, name, help) \
	PART_BIT(k, part, name, SKALD_PART_PATH)
#define OWN_BIT(k, part, type, name, help) \
	PART_BIT(k, part, name, SKALD_PART_OWN)
#define KIND_ROW(kind, word, fields, help)                        \
	{ #word,                                                  \
	  help,                                                   \
	  sizeof(fields_of_##word) / sizeof(fields_of_##word[0]), \
	  0 fields(PATH_BIT, word),                               \
	  0 fields(OWN_BIT, word),                                \
	  fields_of_##word },
const struct skald_kind skald_kinds[SKALD_N_KINDS] = { SKALD_EVENTS(KIND_ROW) };

/* A presence bit for every field. */
#define KIND_FITS(kind, word, fields, help) \
	_Static_assert(sizeof(struct skald_bits_##word) <= 32, #word);
SKALD_EVENTS(KIND_FITS)

const char *skald_word(const struct skald_word *words, uint64_t number)
{
	for (; words->word; words++) {
		if (words->number == number)
			return words->word;
	}
	return "?";
}

bool skald_word_number(const struct skald_word *words, const char *word,
		       uint64_t *number)
{
	for (; words->word; words++) {
		if (strcmp(words->word, word) != 0)
			continue;
		*number = words->number;
		return true;
	}
	return false;
}

static const uint8_t inet_hooks[] = {
	[NF_INET_PRE_ROUTING] = SKALD_HOOK_PREROUTING,
	[NF_INET_LOCAL_IN] = SKALD_HOOK_INPUT,
	[NF_INET_FORWARD] = SKALD_HOOK_FORWARD,
	[NF_INET_LOCAL_OUT] = SKALD_HOOK_OUTPUT,
	[NF_INET_POST_ROUTING] = SKALD_HOOK_POSTROUTING,
	[NF_INET_INGRESS] = SKALD_HOOK_INGRESS,
};

static const uint8_t arp_hooks[] = {
	[NF_ARP_IN] = SKALD_HOOK_INPUT,
	[NF_ARP_OUT] = SKALD_HOOK_OUTPUT,
	[NF_ARP_FORWARD] = SKALD_HOOK_FORWARD,
};

static const uint8_t bridge_hooks[] = {
	[NF_BR_PRE_ROUTING] = SKALD_HOOK_PREROUTING,
	[NF_BR_LOCAL_IN] = SKALD_HOOK_INPUT,
	[NF_BR_FORWARD] = SKALD_HOOK_FORWARD,
	[NF_BR_LOCAL_OUT] = SKALD_HOOK_OUTPUT,
	[NF_BR_POST_ROUTING] = SKALD_HOOK_POSTROUTING,
};

static const uint8_t netdev_hooks[] = {
	[NF_NETDEV_INGRESS] = SKALD_HOOK_INGRESS,
	[NF_NETDEV_EGRESS] = SKALD_HOOK_EGRESS,
};

unsigned int skald_hook_from_nft(unsigned int family, unsigned int hooknum)
{
#define LOOK_UP(hooks) \
	(hooknum < sizeof(hooks) ? (hooks)[hooknum] : SKALD_HOOK_NONE)
	switch (family) {
	case NFPROTO_INET:
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
		return LOOK_UP(inet_hooks);
	case NFPROTO_ARP:
		return LOOK_UP(arp_hooks);
	case NFPROTO_BRIDGE:
		return LOOK_UP(bridge_hooks);
	case NFPROTO_NETDEV:
		return LOOK_UP(netdev_hooks);
	}
	return SKALD_HOOK_NONE;
#undef LOOK_UP
}
