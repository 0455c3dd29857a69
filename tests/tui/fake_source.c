// SPDX-License-Identifier: GPL-2.0-only
/* A source for the browser's unit tests; see fake_source.h. */
#include "fake_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"

#define KINDS 6

static bool is_drop(uint64_t id)
{
	return (id - 1) % KINDS == 1 || (id - 1) % KINDS == 4;
}

static bool matches(const struct fake_source *fake, uint64_t id)
{
	if (fake->only && id != fake->only)
		return false;
	if (fake->drops && !is_drop(id))
		return false;
	return fake->kind < 0 || (id - 1) % KINDS == (uint64_t)fake->kind;
}

static int broken(struct skald_error *error)
{
	return skald_error_set(error, EIO, "the disk is on fire");
}

static int fake_range(void *source, uint64_t *oldest, uint64_t *newest,
		      struct skald_error *error)
{
	const struct fake_source *fake = source;

	if (fake->broken)
		return broken(error);
	*oldest = fake->newest ? fake->oldest : 0;
	*newest = fake->newest;
	return 0;
}

static int fake_filter(void *source, const char *text,
		       struct skald_error *error)
{
	struct fake_source *fake = source;
	bool drops = false;
	int kind = -1;
	uint64_t only = 0;

	if (strstr(text, "verdict == drop"))
		drops = true;
	else if (*text && sscanf(text, "kind == %d", &kind) != 1 &&
		 sscanf(text, "shape == %d", &kind) != 1 &&
		 sscanf(text, "id == %" SCNu64, &only) != 1) {
		skald_error_set(error, EINVAL, "unknown field");
		if (error)
			error->column = 5;
		return -EINVAL;
	}
	if (drops && *text == '(')
		sscanf(text, "(kind == %d)", &kind);
	fake->drops = drops;
	fake->kind = kind;
	fake->only = only;
	return 0;
}

static int tell(struct fake_source *fake, uint64_t id,
		struct skald_story *story)
{
	int err = sample_story(id, story);

	if (err)
		return err;
	story->pinned = id == fake->pinned;
	if (fake->title)
		story->netns = fake->title;
	fake->told++;
	return 0;
}

static int fake_list(void *source, struct skald_list_query *query,
		     bool (*each)(void *user, const struct skald_story *story),
		     void *user, struct skald_error *error)
{
	struct fake_source *fake = source;
	uint64_t high = query->before ? query->before - 1 : fake->newest;
	uint64_t low = query->after + 1;
	uint64_t looked_at = 0;
	uint64_t found = 0;
	bool more = true;

	if (fake->broken)
		return broken(error);
	high = high < fake->newest ? high : fake->newest;
	low = low > fake->oldest ? low : fake->oldest;
	while (more && low <= high && (!query->limit || found < query->limit)) {
		uint64_t id = query->oldest_first ? low++ : high--;
		struct skald_story story;

		looked_at++;
		if (!matches(fake, id))
			continue;
		if (tell(fake, id, &story))
			return -ENOMEM;
		more = each(user, &story);
		skald_story_done(&story);
		found++;
	}
	fake->looked_at += looked_at;
	if (looked_at > fake->most)
		fake->most = looked_at;
	return 0;
}

static int fake_story(void *source, uint64_t id, struct skald_story *story,
		      struct skald_error *error)
{
	struct fake_source *fake = source;

	if (fake->broken)
		return broken(error);
	if (id < fake->oldest || id > fake->newest)
		return skald_error_set(error, ENOENT, "no story %" PRIu64, id);
	return tell(fake, id, story);
}

static int fake_shapes(void *source,
		       bool (*each)(void *user,
				    const struct skald_shape_row *row),
		       void *user, struct skald_error *error)
{
	struct fake_source *fake = source;
	int kind;

	if (fake->broken)
		return broken(error);
	for (kind = KINDS - 1; kind >= 0; kind--) {
		const struct skald_shape_row row = {
			.shape = (uint64_t)kind,
			.stories = fake->newest / KINDS,
			.last_ns = SAMPLE_START_NS,
			.example = fake->newest,
			.answer = kind == 1 ? "DROPPED in inet filter refuse"
					    : "SENT to eth1",
			.path = "prerouting: nat pre 4 > forward",
		};

		if (!each(user, &row))
			break;
	}
	return 0;
}

static int fake_generation(void *source, const struct skald_generation_key *key,
			   void (*each)(void *user,
					const struct skald_generation_row *row),
			   void *user, struct skald_error *error)
{
	const struct skald_generation_row row = {
		.netns = key->netns,
		.number = key->number,
		.t_ns = SAMPLE_START_NS,
		.pid = 991,
		.process = "nft",
		.text = sample_ruleset,
	};
	struct fake_source *fake = source;

	if (fake->broken)
		return broken(error);
	if (key->number != SAMPLE_GENERATION)
		return -ENOENT;
	each(user, &row);
	return 0;
}

static int fake_summary(void *source, struct skald_store_summary *summary,
			struct skald_error *error)
{
	const struct fake_source *fake = source;

	memset(summary, 0, sizeof(*summary));
	summary->stories = fake->newest ? fake->newest - fake->oldest + 1 : 0;
	summary->newest_id = fake->newest;
	return 0;
}

static int fake_pin(void *source, uint64_t id, bool pinned,
		    struct skald_error *error)
{
	struct fake_source *fake = source;

	if (fake->read_only)
		return skald_error_set(error, EBUSY,
				       "tracerd is writing to it");
	fake->pinned = pinned ? id : 0;
	return 0;
}

struct skald_browser_source fake_source(struct fake_source *fake,
					uint64_t newest)
{
	static const struct skald_browser_source_ops ops = {
		.range = fake_range,
		.filter = fake_filter,
		.list = fake_list,
		.story = fake_story,
		.shapes = fake_shapes,
		.generation = fake_generation,
		.summary = fake_summary,
		.pin = fake_pin,
	};

	*fake = (struct fake_source){
		.oldest = 1,
		.newest = newest,
		.kind = -1,
	};
	return (struct skald_browser_source){ &ops, fake, "fake.db" };
}
