// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments and the datagrams they become. Each fragment is a packet with a
 * story; the one that came last goes on as the whole, the others end in it.
 *
 * IPv4 has an identification in every header. That of IPv6 is in a header that
 * no trace shows, so there the fragments of one flow that wait are taken for
 * the datagram's if, and only if, their lengths add up to its own.
 */
#include "assembler_priv.h"

#define FRAGMENTS_JOINED 256

void skald_assembler_link(struct skald_open *story, uint32_t kind,
			  uint64_t serial)
{
	story->raw.link_kind = kind;
	story->raw.link_serial = serial;
}

void skald_assembler_fragment(struct skald_assembler *assembler,
			      struct skald_open *story,
			      const struct skald_message *message)
{
	struct skald_kin_entry entry = {
		.serial = story->raw.serial,
		.t_ns = message->now_ns,
	};

	if (!skald_kin_is_fragment(&message->snap))
		return;
	entry.key = skald_kin_datagram_key(story->raw.netns, &message->snap);
	if (!entry.key) {
		story->datagram_key =
			skald_kin_likely_key(story->raw.netns, &message->snap);
		return;
	}
	story->datagram_key = entry.key;
	if (!skald_kin_find(&assembler->datagrams, entry.key, entry.t_ns,
			    SKALD_DATAGRAM_AGE_NS))
		skald_kin_note(&assembler->datagrams, &entry);
}

static void close_fragments(struct skald_assembler *assembler, uint64_t key,
			    const struct skald_open *whole, uint64_t now_ns)
{
	struct skald_open *story = assembler->open.newest, *next;
	unsigned int n;

	for (n = 0; story && n < FRAGMENTS_JOINED; story = next, n++) {
		next = story->older;
		if (story != whole && story->datagram_key == key)
			skald_assembler_end(assembler, story, SKALD_RAW_JOINED,
					    now_ns);
	}
}

void skald_assembler_join(struct skald_assembler *assembler, uint64_t key,
			  struct skald_open *whole, uint64_t now_ns)
{
	const struct skald_kin_entry *first = skald_kin_find(
		&assembler->datagrams, key, now_ns, SKALD_DATAGRAM_AGE_NS);

	if (first && first->serial != whole->raw.serial)
		skald_assembler_link(whole, SKALD_REASSEMBLE, first->serial);
	close_fragments(assembler, key, whole, now_ns);
}

/* As skald_assembler_join(), where the key is no proof by itself */
static void join_likely(struct skald_assembler *assembler, uint64_t key,
			struct skald_open *whole,
			const struct skald_message *message)
{
	const struct skald_open *story = assembler->open.newest;
	uint32_t carried = skald_kin_carried(&whole->raw.snaps[0]);
	uint64_t first = 0;
	unsigned int n;

	for (n = 0; story && n < FRAGMENTS_JOINED; story = story->older, n++) {
		if (story == whole || story->datagram_key != key)
			continue;
		carried += skald_kin_carried(&story->raw.snaps[0]);
		if (!first || story->raw.serial < first)
			first = story->raw.serial;
	}
	if (!first || carried != skald_kin_carried(&message->snap))
		return;
	skald_assembler_link(whole, SKALD_REASSEMBLE, first);
	close_fragments(assembler, key, whole, message->now_ns);
}

/*
 * inet_frag_reasm_prepare(): the fragment that came last goes on as the whole
 * datagram, in the same skb and so under the same trace id.
 */
void skald_assembler_put_together(struct skald_assembler *assembler,
				  struct skald_open *story,
				  const struct skald_message *message)
{
	const uint64_t key = story->datagram_key;

	if (!key || !message->trace->has_headers ||
	    skald_kin_is_fragment(&message->snap))
		return;
	story->datagram_key = 0;
	if (skald_kin_datagram_key(story->raw.netns, &message->snap))
		skald_assembler_join(assembler, key, story, message->now_ns);
	else
		join_likely(assembler, key, story, message);
}
