// SPDX-License-Identifier: GPL-2.0-only
#include "flips.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"

static size_t put_binding(char *text, size_t size,
			  const struct skald_outcome *outcome, bool is_source)
{
	const struct skald_binding *binding = &outcome->nat[is_source];
	static const uint8_t none[12];
	bool is_v4 = !memcmp(binding->address + 4, none, sizeof(none));
	char address[INET6_ADDRSTRLEN] = "";
	char port[16] = "";

	if (!binding->is_bound)
		return 0;
	if (binding->has_address)
		inet_ntop(is_v4 ? AF_INET : AF_INET6, binding->address, address,
			  sizeof(address));
	if (binding->has_port)
		snprintf(port, sizeof(port), ":%u", binding->port);
	return (size_t)snprintf(text, size, ", %s%s%s%s",
				skald_word(skald_words_of_NAT, binding->kind),
				*address || *port ? " to " : "", address, port);
}

static const char *kind_word(enum skald_outcome_kind kind)
{
	switch (kind) {
	case SKALD_OUTCOME_PASSES:
		return "passes";
	case SKALD_OUTCOME_DROPPED:
		return "dropped";
	case SKALD_OUTCOME_TAKEN:
		return "taken";
	}
	return "?";
}

void skald_outcome_text(const struct skald_outcome *outcome,
			char text[SKALD_OUTCOME_TEXT])
{
	const size_t size = SKALD_OUTCOME_TEXT;
	size_t len =
		(size_t)snprintf(text, size, "%s", kind_word(outcome->kind));

	if (outcome->kind != SKALD_OUTCOME_PASSES) {
		len += (size_t)snprintf(
			text + len, size - len, " in %s %.64s %.64s by ",
			skald_word(skald_words_of_FAMILY, outcome->family),
			outcome->table, outcome->chain);
		if (outcome->handle)
			snprintf(text + len, size - len, "rule %" PRIu64,
				 outcome->handle);
		else
			snprintf(text + len, size - len, "its policy");
		return;
	}
	len += put_binding(text + len, size - len, outcome, false);
	len += put_binding(text + len, size - len, outcome, true);
	if (outcome->mark)
		len += (size_t)snprintf(text + len, size - len, ", mark %#x",
					outcome->mark);
	if (outcome->is_elsewhere)
		snprintf(text + len, size - len, ", by another way");
}

/* ---- groups ---- */

static int grow_slots(struct skald_flips *flips)
{
	size_t n = flips->n_slots ? flips->n_slots * 2 : 256;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < flips->n; i++) {
		size_t at = flips->groups[i].hash & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(flips->slots);
	flips->slots = slots;
	flips->n_slots = n;
	return 0;
}

/* Room for one group more. */
static int grow(struct skald_flips *flips)
{
	struct skald_flip_group *groups;

	if (flips->n * 2 >= flips->n_slots && grow_slots(flips))
		return -ENOMEM;
	if (flips->n & (flips->n - 1))
		return 0;
	groups = reallocarray(flips->groups, flips->n ? flips->n * 2 : 1,
			      sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	flips->groups = groups;
	return 0;
}

static bool is_same(const struct skald_flip_group *a,
		    const struct skald_flip_group *b)
{
	return a->hash == b->hash && a->shape == b->shape &&
	       a->flips == b->flips && !strcmp(a->then, b->then) &&
	       !strcmp(a->now, b->now);
}

/* A new group at the end; its texts are copied. NULL: no memory */
static struct skald_flip_group *add_group(struct skald_flips *flips,
					  const struct skald_flip_group *like)
{
	struct skald_flip_group *group = &flips->groups[flips->n];

	*group = *like;
	group->then = strdup(like->then);
	group->now = strdup(like->now);
	if (group->then && group->now) {
		flips->n++;
		return group;
	}
	free(group->then);
	free(group->now);
	return NULL;
}

/* The group, a new one if need be. NULL: no memory */
static struct skald_flip_group *find_group(struct skald_flips *flips,
					   const struct skald_flip_group *like)
{
	struct skald_flip_group *group;
	size_t at;

	if (grow(flips))
		return NULL;
	at = like->hash & (flips->n_slots - 1);
	for (; flips->slots[at]; at = (at + 1) & (flips->n_slots - 1)) {
		group = &flips->groups[flips->slots[at] - 1];
		if (is_same(group, like))
			return group;
	}
	group = add_group(flips, like);
	if (group)
		flips->slots[at] = (uint32_t)flips->n;
	return group;
}

int skald_flips_add(struct skald_flips *flips, const struct skald_story *story,
		    const struct skald_outcome *then,
		    const struct skald_outcome *now, unsigned int bits)
{
	char then_text[SKALD_OUTCOME_TEXT], now_text[SKALD_OUTCOME_TEXT];
	struct skald_flip_group like = {
		.shape = story->shape,
		.flips = bits,
		.then = then_text,
		.now = now_text,
	};
	struct skald_flip_group *group;

	skald_outcome_text(then, then_text);
	skald_outcome_text(now, now_text);
	like.hash =
		skald_hash64(then_text, strlen(then_text), story->shape + bits);
	like.hash = skald_hash64(now_text, strlen(now_text), like.hash);
	group = find_group(flips, &like);
	if (!group)
		return -ENOMEM;
	if (!group->stories++)
		skald_packet_summary(&story->packet, group->packet,
				     sizeof(group->packet));
	group->example = story->id;
	return 0;
}

static int by_stories(const void *a, const void *b)
{
	const struct skald_flip_group *first = a, *second = b;

	if (first->stories != second->stories)
		return first->stories < second->stories ? 1 : -1;
	return first->shape < second->shape ? -1 : first->shape > second->shape;
}

void skald_flips_sort(struct skald_flips *flips)
{
	free(flips->slots);
	flips->slots = NULL;
	flips->n_slots = 0;
	if (flips->n)
		qsort(flips->groups, flips->n, sizeof(*flips->groups),
		      by_stories);
}

void skald_flips_done(struct skald_flips *flips)
{
	for (size_t i = 0; i < flips->n; i++) {
		free(flips->groups[i].then);
		free(flips->groups[i].now);
	}
	free(flips->groups);
	free(flips->slots);
	*flips = (struct skald_flips){ 0 };
}

const char *skald_flip_word(unsigned int n)
{
	static const char *const words[] = { "verdict", "nat", "route",
					     "mark" };

	return n < sizeof(words) / sizeof(*words) ? words[n] : NULL;
}
