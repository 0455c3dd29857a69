// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which places were named in this collection: a hash of numbers. When it is
 * full it is emptied, and names are told again.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/once.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

#include "place.h"

#define NAMED_BITS 12
#define NAMED_MAX (1 << NAMED_BITS)

unsigned long skald_place_secret __read_mostly;
static u64 *named;
static unsigned int named_count;

int skald_place_open(void)
{
	get_random_once(&skald_place_secret, sizeof(skald_place_secret));
	named = vcalloc(NAMED_MAX, sizeof(*named));
	named_count = 0;
	return named ? 0 : -ENOMEM;
}

void skald_place_close(void)
{
	vfree(named);
	named = NULL;
}

/* The slot that has @place, or the one where it belongs. */
static u64 *named_slot(u64 place)
{
	u32 at = hash_64(place, NAMED_BITS);

	while (named[at] && named[at] != place)
		at = (at + 1) % NAMED_MAX;
	return &named[at];
}

void skald_place_forget(void)
{
	memset(named, 0, NAMED_MAX * sizeof(*named));
	named_count = 0;
}

static void remember(u64 place)
{
	if (named_count >= NAMED_MAX / 2)
		skald_place_forget();
	*named_slot(place) = place;
	named_count++;
}

/*
 * A function's entry, or ftrace's call in it, which may stand behind an
 * instruction of 4 bytes (endbr64); no call ends as early as that.
 */
static bool is_entry(const char *text)
{
	return strstr(text, "+0x0/") || strstr(text, "+0x4/");
}

/* The kernel's own writing. */
static int name_write(u64 place, const struct skald_r_record *for_record,
		      u8 *bytes, u32 max)
{
	struct skald_r_name *name = (void *)bytes;
	void *address = (void *)(unsigned long)(place ^ skald_place_secret);
	char text[SKALD_NAME_MAX - sizeof(*name)];
	size_t len;

	scnprintf(text, sizeof(text), "%pS", address);
	if (is_entry(text))
		scnprintf(text, sizeof(text), "%ps", address);
	len = ALIGN(sizeof(*name) + strlen(text) + 1, 8);
	if (len > max)
		return -ENOSPC;
	memset(bytes, 0, len);
	name->record.time = for_record->time;
	name->record.type = SKALD_R_NAME;
	name->record.len = len;
	name->place = place;
	strcpy(name->name, text);
	return len;
}

/* A record that mentions one place. */
#define FOR_FIXED(type, kind, member) \
	case type:                    \
		return visit(((const struct kind *)record)->member, record, to)

struct target {
	u8 *bytes;
	u32 max;
	u32 used;
};

static int visit(u64 place, const struct skald_r_record *record,
		 struct target *to)
{
	int len;

	if (!place || *named_slot(place) == place)
		return 0;
	len = name_write(place, record, to->bytes + to->used,
			 to->max - to->used);
	if (len < 0)
		return len;
	to->used += len;
	remember(place);
	return 0;
}

static int visit_functions(const struct skald_r_record *record,
			   struct target *to)
{
	const struct skald_r_hook *hook = (const void *)record;
	unsigned int i;
	int err;

	for (i = 0; i < hook->count; i++) {
		err = visit(hook->functions[i].place, record, to);
		if (err)
			return err;
	}
	return 0;
}

static int visit_places(const struct skald_r_record *record, struct target *to)
{
	switch (record->type) {
		FOR_FIXED(SKALD_R_LINK, skald_r_link, place);
		FOR_FIXED(SKALD_R_STAGE, skald_r_stage, place);
		FOR_FIXED(SKALD_R_ROUTE, skald_r_route, place);
		FOR_FIXED(SKALD_R_SCRUB, skald_r_scrub, place);
		FOR_FIXED(SKALD_R_SENDER, skald_r_socket, place);
		FOR_FIXED(SKALD_R_DELIVER, skald_r_socket, place);
		FOR_FIXED(SKALD_R_TAP, skald_r_socket, place);
		FOR_FIXED(SKALD_R_DROP, skald_r_end, place);
		FOR_FIXED(SKALD_R_CONSUME, skald_r_end, place);
		FOR_FIXED(SKALD_R_FREE, skald_r_end, place);
	case SKALD_R_HOOK:
		return visit_functions(record, to);
	default:
		return 0;
	}
}

u32 skald_place_names(const struct skald_r_record *record, u8 *bytes, u32 max,
		      bool *all)
{
	struct target to = { .bytes = bytes, .max = max };

	*all = !visit_places(record, &to);
	return to.used;
}
