// SPDX-License-Identifier: GPL-2.0-only
/*
 * Worlds: what is asked of them without knowing where they came from.
 */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t skald_world_sysctl(const struct skald_world *world, const char *name,
			   int64_t absent)
{
	for (size_t i = 0; i < world->n_sysctls; i++) {
		char *end;
		int64_t number;

		if (strcmp(world->sysctls[i].name, name) != 0)
			continue;
		number = strtoll(world->sysctls[i].value, &end, 10);
		return end == world->sysctls[i].value ? absent : number;
	}
	return absent;
}

int skald_world_put_sysctls(const struct skald_world *world,
			    struct skald_buffer *text)
{
	for (size_t i = 0; i < world->n_sysctls; i++) {
		const struct skald_world_sysctl *sysctl = &world->sysctls[i];

		skald_buffer_put(text, sysctl->name, strlen(sysctl->name));
		skald_buffer_put(text, " ", 1);
		skald_buffer_put(text, sysctl->value, strlen(sysctl->value));
		skald_buffer_put(text, "\n", 1);
	}
	return text->failed ? -ENOMEM : 0;
}

static int add_sysctl(struct skald_world *world, const char *line, size_t len)
{
	struct skald_world_sysctl *all = world->sysctls;
	const char *space = memchr(line, ' ', len);
	size_t n = world->n_sysctls;

	if (!space)
		return -EBADMSG;
	if (!(n & (n - 1)))
		all = reallocarray(all, n ? n * 2 : 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	world->sysctls = all;
	all[n].name = skald_arena_strndup(&world->arena, line,
					  (size_t)(space - line));
	all[n].value = skald_arena_strndup(&world->arena, space + 1,
					   len - (size_t)(space + 1 - line));
	if (!all[n].name || !all[n].value)
		return -ENOMEM;
	world->n_sysctls++;
	return 0;
}

int skald_world_get_sysctls(struct skald_world *world, const char *text,
			    size_t len)
{
	int err = 0;

	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		err = add_sysctl(world, text, line);
		line += !!end;
		text += line;
		len -= line;
	}
	return err;
}

void skald_world_done(struct skald_world *world)
{
	skald_ruleset_done(&world->ruleset);
	for (int i = 0; i < SKALD_WORLD_N_SECTIONS; i++)
		skald_buffer_done(&world->sections[i]);
	free(world->sysctls);
	skald_arena_done(&world->arena);
	memset(world, 0, sizeof(*world));
}

static int take_live(const char *name, struct skald_world *world,
		     struct skald_error *error)
{
	struct skald_netns netns;
	int err = skald_netns_open(name, &netns, error);

	if (err)
		return err;
	err = skald_world_take(&netns, world, error);
	skald_netns_close(&netns);
	return err;
}

/* The world without other rules. */
static int open_plain(const struct skald_world_source *source,
		      struct skald_world *world, struct skald_error *error)
{
	if (!source->world || strcmp(source->world, "live") == 0)
		return take_live(source->netns, world, error);
	return skald_world_load(source->world, world, error);
}

int skald_world_open(const struct skald_world_source *source,
		     struct skald_world *world, struct skald_error *error)
{
	struct skald_world_wish wish = { .rules = source->rules };
	struct skald_world around = { 0 };
	int err;

	if (!source->rules)
		return open_plain(source, world, error);
	if (source->world || source->netns) {
		err = open_plain(source, &around, error);
		if (err)
			return err;
		wish.links_of = &around;
	}
	err = skald_world_make(&wish, world, error);
	skald_world_done(&around);
	return err;
}
