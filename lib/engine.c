// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine in a world: making it, and taking packets in.
 */
#include "engine.h"

#include "engine_priv.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "conntrack_use.h"

#define SEED 0x9e3779b97f4a7c15ull

static void note_hook(struct skald_engine *engine,
		      const struct skald_chain *chain)
{
	if (!chain->is_base)
		return;
	engine->has_forward |= chain->hook == SKALD_HOOK_FORWARD;
	engine->has_input |= chain->hook == SKALD_HOOK_INPUT;
	engine->has_bridge_out |= chain->family == SKALD_FAMILY_BRIDGE &&
				  (chain->hook == SKALD_HOOK_OUTPUT ||
				   chain->hook == SKALD_HOOK_POSTROUTING);
}

static int index_texts(struct skald_engine *engine)
{
	const struct skald_ruleset *ruleset = &engine->world->ruleset;
	int err = 0;

	skald_index_init(&engine->rules);
	skald_index_init(&engine->chains);
	skald_index_init(&engine->labels);
	for (size_t i = 0; i < ruleset->n_rules && !err; i++) {
		struct skald_rule *rule = &ruleset->rules[i];

		err = skald_index_add(&engine->rules,
				      skald_hash64(&rule->handle,
						   sizeof(rule->handle),
						   engine->rules.seed),
				      rule);
	}
	for (size_t i = 0; i < ruleset->n_chains && !err; i++) {
		struct skald_chain *chain = &ruleset->chains[i];

		note_hook(engine, chain);
		err = skald_index_add(&engine->chains,
				      skald_hash64(chain->name,
						   strlen(chain->name),
						   engine->chains.seed),
				      chain);
	}
	return err;
}

static int load_rules(struct skald_engine *engine, struct skald_error *error)
{
	const struct skald_ruleset *ruleset = &engine->world->ruleset;
	struct skald_load load;
	int err;

	engine->vm = skald_vm_new();
	if (!engine->vm)
		return skald_error_set(error, ENOMEM, "no memory for rules");
	engine->vm->is_fresh = engine->world->is_fresh;
	skald_load_begin(&load, engine->vm, engine->world->taken_ns);
	err = skald_load_dump(&load, ruleset->bytecode, ruleset->bytecode_len);
	if (!err)
		err = skald_load_commit(&load);
	else
		skald_load_abort(&load);
	if (err)
		return skald_error_set(error, -err,
				       "the engine does not take the ruleset: "
				       "%s",
				       *load.error ? load.error
						   : strerror(-err));
	return 0;
}

/* Rules that need it turn connection tracking on; entries prove it. */
static bool tracks(const struct skald_engine *engine, unsigned int family)
{
	const struct skald_ruleset *ruleset = &engine->world->ruleset;

	return engine->world->sections[SKALD_WORLD_CONNTRACK].len ||
	       skald_conntrack_used_in(ruleset->bytecode, ruleset->bytecode_len,
				       family);
}

/* Interfaces that were made up for rules have link-local addresses at most. */
static bool has_routes(const struct skald_engine *engine)
{
	const struct skald_links *links = &engine->links;

	if (!engine->world->rules_file)
		return true;
	for (size_t i = 0; i < links->n_addresses; i++) {
		if (links->addresses[i].scope == RT_SCOPE_UNIVERSE)
			return true;
	}
	return false;
}

static int read_world(struct skald_engine *engine, struct skald_error *error)
{
	int err = skald_links_read(engine->world, &engine->links);

	if (!err)
		err = skald_fib_new(engine->world, &engine->links,
				    &engine->fib);
	if (!err)
		err = skald_bridges_read(engine->world, &engine->bridges);
	if (!err)
		err = index_texts(engine);
	if (err)
		return skald_error_set(
			error, -err, "the world cannot be read: %s",
			err == -EBADMSG ? "it is damaged" : strerror(-err));
	engine->routes.world = engine->world;
	engine->routes.links = &engine->links;
	engine->routes.fib = engine->fib;
	engine->routes.settings = engine->settings;
	skald_brnf_read(engine->world, &engine->brnf);
	engine->has_routes = has_routes(engine);
	engine->tracks[0] = tracks(engine, NFPROTO_IPV4);
	engine->tracks[1] = tracks(engine, NFPROTO_IPV6);
	return 0;
}

static void waiting_free(struct skald_engine *engine,
			 struct skald_waiting *waiting)
{
	if (waiting->has_ct)
		skald_ct_put(engine->ct, waiting->ct.ct);
	free(waiting);
}

static void forget_waiting(struct skald_engine *engine)
{
	struct skald_waiting *waiting;

	while ((waiting = engine->waiting)) {
		engine->waiting = waiting->next;
		waiting_free(engine, waiting);
	}
}

int skald_engine_new(const struct skald_world *world,
		     struct skald_engine **engine, struct skald_error *error)
{
	struct skald_engine *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return skald_error_set(error, ENOMEM, "no memory for rules");
	made->world = world;
	made->random = SEED;
	made->next_id = 1;
	err = read_world(made, error);
	if (!err)
		err = load_rules(made, error);
	if (!err)
		err = skald_engine_ct_new(made, error);
	if (!err)
		err = skald_engine_restore(made, error);
	if (err)
		skald_engine_free(made);
	else
		*engine = made;
	return err;
}

void skald_engine_free(struct skald_engine *engine)
{
	if (!engine)
		return;
	forget_waiting(engine);
	skald_engine_ct_free(engine);
	skald_engine_labels_free(engine);
	skald_vm_free(engine->vm);
	skald_index_done(&engine->rules);
	skald_index_done(&engine->chains);
	skald_fib_free(engine->fib);
	skald_bridges_done(&engine->bridges);
	skald_links_done(&engine->links);
	skald_buffer_done(&engine->made_up);
	skald_arena_done(&engine->names);
	free(engine);
}

static uint32_t make_up(struct skald_engine *engine, const char *name)
{
	uint32_t index = skald_links_make_up(&engine->links, name);
	struct skald_buffer *made_up = &engine->made_up;

	if (!index)
		return 0;
	if (made_up->len) {
		made_up->len--;
		skald_buffer_put(made_up, ", ", 2);
	}
	skald_buffer_put(made_up, name, strlen(name) + 1);
	return index;
}

uint32_t skald_engine_interface(struct skald_engine *engine, const char *name)
{
	const struct skald_iface *iface =
		skald_links_named(&engine->links, name);

	if (iface)
		return iface->index;
	return engine->has_routes ? 0 : make_up(engine, name);
}

const char *skald_engine_made_up(const struct skald_engine *engine)
{
	const struct skald_buffer *made_up = &engine->made_up;

	return made_up->len && !made_up->failed ? (const char *)made_up->data
						: "";
}

bool skald_engine_is_answer(const struct skald_engine *engine)
{
	return engine->is_answer;
}

uint32_t skald_engine_back(const struct skald_engine *engine,
			   const struct skald_view *view)
{
	bool is_v6 = view->family == NFPROTO_IPV6;
	const uint8_t *ip = view->data + view->network;
	struct skald_flow flow = { .family = is_v6 ? AF_INET6 : AF_INET };
	struct skald_fib_result result;
	uint32_t address_at = is_v6 ? 8 : 12;
	uint32_t len = is_v6 ? 16 : 4;

	if (view->network + address_at + len > view->linear)
		return SKALD_ENGINE_UNKNOWN;
	if (skald_links_has(&engine->links, 0, flow.family, ip + address_at))
		return 0;
	memcpy(flow.dst, ip + address_at, len);
	if (skald_fib_lookup(engine->fib, &flow, &result) || !result.hop ||
	    result.route->type != RTN_UNICAST)
		return SKALD_ENGINE_UNKNOWN;
	return result.hop->hop.oif;
}

/* Copies the frame to where it can be written. */
static int take_in(struct skald_passage *passage)
{
	const struct skald_engine_input *input = passage->input;
	struct skald_view *view = skald_passage_view(passage);
	uint32_t frame = skald_passage_frame_room(passage);
	size_t size = frame + input->known + SKALD_ENGINE_ROOM;
	int err;

	passage->buffer = malloc(size);
	if (!passage->buffer)
		return -ENOMEM;
	memcpy(passage->buffer + frame, input->bytes, input->known);
	if (frame)
		skald_passage_frame(passage, passage->buffer);
	skald_view_room_init(&passage->room, passage->buffer, (u32)size,
			     frame + (u32)input->known,
			     frame + (u32)input->len);
	view->iif = input->iif;
	view->mark = input->mark;
	if (input->has_link || frame)
		err = skald_view_set_ethernet(view);
	else
		err = skald_view_set_network(view, 0, input->ethertype);
	/* a bridge takes what it does not understand */
	if (!err && view->family != NFPROTO_IPV4 &&
	    view->family != NFPROTO_IPV6 && !passage->bridging.port)
		err = -EPROTONOSUPPORT;
	return err;
}

void skald_engine_wait(struct skald_engine *engine,
		       struct skald_waiting *waiting)
{
	struct skald_waiting **last = &engine->waiting;

	while (*last)
		last = &(*last)->next;
	*last = waiting;
}

void skald_passage_wait(struct skald_passage *passage, uint32_t iif)
{
	const struct skald_view *view = skald_passage_view(passage);
	uint32_t known = view->known - view->network;
	struct skald_waiting *waiting = calloc(1, sizeof(*waiting) + known);

	if (!waiting) {
		passage->failed = true;
		return;
	}
	memcpy(waiting->bytes, view->data + view->network, known);
	waiting->input = *passage->input;
	waiting->input.bytes = waiting->bytes;
	waiting->input.known = known;
	waiting->input.len = view->len - view->network;
	waiting->input.has_link = false;
	waiting->input.ethertype = view->ethertype;
	waiting->input.iif = iif;
	waiting->input.oif = 0;
	waiting->input.mark = view->mark;
	waiting->story = passage->story.id;
	/* what is invalid has no entry, and is looked at again */
	waiting->has_ct = passage->has_ct && passage->ct.ct;
	waiting->is_untracked = passage->is_untracked;
	waiting->has_route = passage->is_routed;
	waiting->left_by = passage->routing.fib;
	if (waiting->has_ct) {
		waiting->ct = passage->ct;
		(void)skald_ct_get(waiting->ct.ct);
	}
	skald_engine_wait(passage->engine, waiting);
}

static int run(struct skald_engine *engine,
	       const struct skald_engine_input *input,
	       struct skald_waiting *came_of, struct skald_story *story)
{
	struct skald_passage passage = { .engine = engine,
					 .input = input,
					 .is_made_here = !input->iif,
					 .came_of = came_of,
					 .nat_kind = { SKALD_NAT_DNAT,
						       SKALD_NAT_SNAT },
					 .ct_told = -1 };
	int err;

	skald_passage_bridge_begin(&passage);
	err = take_in(&passage);
	if (err)
		goto out;
	if (came_of && came_of->has_ct) {
		passage.ct = came_of->ct;
		passage.ct.view = skald_passage_view(&passage);
		passage.has_ct = true;
		came_of->has_ct = false;
	}
	passage.is_untracked = came_of && came_of->is_untracked;
	engine->is_answer = came_of && came_of->is_answer;
	memcpy(engine->nat_ports, input->nat_ports, sizeof(engine->nat_ports));
	engine->ct->settings.checksum =
		engine->checks && !input->trusts_checksums;
	skald_passage_begin(&passage);
	skald_passage_tell_frame(&passage);
	skald_passage_walk(&passage);
	err = skald_passage_finish(&passage, story);
	if (passage.has_ct)
		skald_ct_done(&passage.ct);
out:
	free(passage.events);
	free(passage.buffer);
	return err;
}

int skald_engine_run(struct skald_engine *engine,
		     const struct skald_engine_input *input,
		     struct skald_story *story)
{
	forget_waiting(engine);
	return run(engine, input, NULL, story);
}

int skald_engine_next(struct skald_engine *engine, struct skald_story *story)
{
	struct skald_waiting *waiting = engine->waiting;
	int err;

	if (!waiting)
		return 0;
	engine->waiting = waiting->next;
	err = run(engine, &waiting->input, waiting, story);
	waiting_free(engine, waiting);
	return err ? err : 1;
}
