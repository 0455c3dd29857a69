// SPDX-License-Identifier: GPL-2.0-only
/*
 * Worlds made from a file of rules: a private namespace, interfaces, the real
 * tools, a snapshot; and around it the world the rules are to be tried in.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "world_parts.h"

static int copy_section(const struct skald_buffer *from,
			struct skald_buffer *to)
{
	to->len = 0;
	skald_buffer_put(to, from->data, from->len);
	return to->failed ? -ENOMEM : 0;
}

static int copy_sysctls(const struct skald_world *from, struct skald_world *to)
{
	size_t n = from->n_sysctls;
	struct skald_world_sysctl *sysctls =
		calloc(n ? n : 1, sizeof(*sysctls));

	if (!sysctls)
		return -ENOMEM;
	free(to->sysctls);
	to->sysctls = sysctls;
	to->n_sysctls = 0;
	for (size_t i = 0; i < n; i++) {
		sysctls[i].name = skald_arena_printf(&to->arena, "%s",
						     from->sysctls[i].name);
		sysctls[i].value = skald_arena_printf(&to->arena, "%s",
						      from->sysctls[i].value);
		if (!sysctls[i].name || !sysctls[i].value)
			return -ENOMEM;
		to->n_sysctls++;
	}
	return 0;
}

int skald_world_surround(struct skald_world *world,
			 const struct skald_world *around)
{
	int err = copy_sysctls(around, world);

	for (int i = 0; i < SKALD_WORLD_N_SECTIONS && !err; i++)
		err = copy_section(&around->sections[i], &world->sections[i]);
	world->has_sockets = around->has_sockets;
	world->taken_ns = around->taken_ns;
	world->host = skald_arena_printf(&world->arena, "%s", around->host);
	world->kernel = skald_arena_printf(&world->arena, "%s", around->kernel);
	world->netns = skald_arena_printf(&world->arena, "%s", around->netns);
	return err || !world->host || !world->kernel || !world->netns ? -ENOMEM
								      : 0;
}

static int complete(const struct skald_world_wish *wish,
		    const struct skald_buffer *made_up,
		    struct skald_world *world)
{
	world->rules_file =
		skald_arena_printf(&world->arena, "%s", wish->rules);
	world->made_up =
		skald_arena_strndup(&world->arena,
				    made_up->data ? (char *)made_up->data : "",
				    made_up->len);
	world->is_fresh = true;
	/* nobody listens in a namespace that rules are loaded in */
	world->has_sockets = false;
	if (!world->rules_file || !world->made_up)
		return -ENOMEM;
	return wish->links_of ? skald_world_surround(world, wish->links_of) : 0;
}

/* In the private namespace. */
static int make(const struct skald_world_wish *wish, struct skald_world *world,
		struct skald_error *error)
{
	struct skald_buffer made_up = { 0 };
	struct skald_netns netns;
	struct skald_call call;
	int err = skald_netns_open(NULL, &netns, error);

	if (err)
		return err;
	err = skald_call_open(&netns, NETLINK_ROUTE, &call);
	if (err) {
		err = skald_error_set(error, -err, "cannot reach rtnetlink: %s",
				      strerror(-err));
		goto out;
	}
	if (wish->links_of)
		err = skald_world_add_links(&call, wish->links_of, error);
	if (!err)
		err = skald_world_load_rules(wish->rules, &call, &made_up,
					     error);
	if (!err)
		err = skald_world_take(&netns, world, error);
	skald_call_close(&call);
	if (!err && complete(wish, &made_up, world)) {
		skald_world_done(world);
		err = skald_error_set(error, ENOMEM, "no memory for a world");
	}
out:
	skald_buffer_done(&made_up);
	skald_netns_close(&netns);
	return err;
}

int skald_world_make(const struct skald_world_wish *wish,
		     struct skald_world *world, struct skald_error *error)
{
	int back;
	int err = skald_world_leave(&back, error);

	if (err)
		return err;
	err = make(wish, world, error);
	skald_world_return(back);
	return err;
}
