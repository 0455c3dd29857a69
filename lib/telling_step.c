// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a step is: the rule and the chain as they were in the story's
 * generation, and what the rule's text says that it can do to a packet.
 */
#include "telling.h"

#include <string.h>

/* Whether @text has the words of @phrase, as whole words. */
static bool has_phrase(const char *text, const char *phrase)
{
	size_t len = strlen(phrase);
	const char *at = text;

	while ((at = strstr(at, phrase))) {
		bool starts = at == text || at[-1] == ' ';
		bool ends = !at[len] || at[len] == ' ';

		if (starts && ends)
			return true;
		at += len;
	}
	return false;
}

/**
 * struct meaning - what a phrase in a rule's text says
 * @phrase: statement of nft, or target of iptables
 * @flags: enum skald_told_flags
 * @nat: enum skald_words_NAT, with SKALD_TOLD_NAT
 */
struct meaning {
	const char *phrase;
	unsigned int flags;
	unsigned int nat;
};

static const struct meaning meanings[] = {
	{ "masquerade", SKALD_TOLD_NAT, SKALD_NAT_MASQUERADE },
	{ "MASQUERADE", SKALD_TOLD_NAT, SKALD_NAT_MASQUERADE },
	{ "redirect", SKALD_TOLD_NAT, SKALD_NAT_REDIRECT },
	{ "REDIRECT", SKALD_TOLD_NAT, SKALD_NAT_REDIRECT },
	{ "dnat", SKALD_TOLD_NAT, SKALD_NAT_DNAT },
	{ "DNAT", SKALD_TOLD_NAT, SKALD_NAT_DNAT },
	{ "snat", SKALD_TOLD_NAT, SKALD_NAT_SNAT },
	{ "SNAT", SKALD_TOLD_NAT, SKALD_NAT_SNAT },
	{ "NETMAP", SKALD_TOLD_NAT, SKALD_NAT_DNAT },
	{ "meta mark set", SKALD_TOLD_MARK, 0 },
	{ "mark set", SKALD_TOLD_MARK, 0 },
	{ "MARK", SKALD_TOLD_MARK, 0 },
	{ "CONNMARK", SKALD_TOLD_MARK, 0 },
	{ "TPROXY", SKALD_TOLD_MARK, 0 },
	{ "ttl set", SKALD_TOLD_TTL, 0 },
	{ "hoplimit set", SKALD_TOLD_TTL, 0 },
	{ "TTL", SKALD_TOLD_TTL, 0 },
	{ "HL", SKALD_TOLD_TTL, 0 },
	{ "dscp set", SKALD_TOLD_TOS, 0 },
	{ "ecn set", SKALD_TOLD_TOS, 0 },
	{ "DSCP", SKALD_TOLD_TOS, 0 },
	{ "TOS", SKALD_TOLD_TOS, 0 },
	{ "ECN", SKALD_TOLD_TOS, 0 },
	{ "set", SKALD_TOLD_WRITES, 0 },
	{ "TCPMSS", SKALD_TOLD_WRITES, 0 },
};

void skald_telling_understand(const char *text, unsigned int *flags,
			      unsigned int *nat)
{
	size_t i;

	*flags = 0;
	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!has_phrase(text, meanings[i].phrase))
			continue;
		if (!(*flags & SKALD_TOLD_NAT))
			*nat = meanings[i].nat;
		*flags |= meanings[i].flags;
	}
}

static const char *word_of_family(unsigned int family)
{
	return skald_word(skald_words_of_FAMILY, family);
}

const struct skald_told *skald_telling_told(struct skald_telling *telling,
					    const struct skald_step *step)
{
	const struct skald_rulebook *book = telling->book;
	uint32_t generation = telling->generation;
	uint32_t newest = book ? skald_rulebook_generation(book) : 0;
	struct skald_told *told = step->told;

	if (told && told->newest == newest && told->generation == generation)
		return told;
	if (!told)
		told = skald_arena_alloc(telling->lasting, sizeof(*told));
	if (!told)
		return NULL;
	((struct skald_step *)step)->told = told;
	told->generation = generation;
	told->newest = newest;
	if (book && step->handle)
		told->rule =
			skald_rulebook_rule(book, step->family, step->table,
					    step->handle, generation);
	if (book)
		told->chain = skald_rulebook_chain(book, step->family,
						   step->table, step->chain);
	if (told->rule && told->rule->text)
		skald_telling_understand(told->rule->text, &told->flags,
					 &told->nat);
	if (step->handle && !told->by)
		told->by = skald_arena_printf(telling->lasting,
					      "%s %s %s rule %llu",
					      word_of_family(step->family),
					      step->table, step->chain,
					      (unsigned long long)step->handle);
	return told;
}
