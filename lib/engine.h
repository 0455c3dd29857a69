/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the engine in a world
 *
 * Takes the place of the kernel for packets that are invented, recorded or
 * captured: the ruleset's bytecode runs in the engine's rule machine, packets
 * meet its connection tracking and NAT, and between the hooks stands a small IP
 * path that decides by the world's routing tables. What comes out is a story
 * with the same events as a followed packet's, of source "engine", and the
 * rules that did not match with the reason why.
 *
 * What the world does not know is never guessed. A rule that depends on it is
 * passed over as if it had not matched, and the story has a gap that says so.
 *
 * One engine is used by one thread at a time. Its state (conntrack entries,
 * limits, dynamic sets) goes on from packet to packet.
 */
#ifndef SKALD_LIB_ENGINE_H
#define SKALD_LIB_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "story.h"
#include "view.h"
#include "world.h"

struct skald_engine;
struct skald_view;
struct skald_vm_rule;

/**
 * skald_engine_new() - put an engine into a world
 * @world: the world; borrowed while the engine lives
 * @engine: written on success
 * @error: in words: what of the world the engine does not take
 *
 * Return: 0; -EOPNOTSUPP: the ruleset has an expression that the engine does
 * not know, named in @error; -EBADMSG: damaged; -ENOMEM.
 */
int skald_engine_new(const struct skald_world *world,
		     struct skald_engine **engine, struct skald_error *error);
void skald_engine_free(struct skald_engine *engine);

/* An interface: there is one, and nobody knows which. */
#define SKALD_ENGINE_UNKNOWN UINT32_MAX

/**
 * struct skald_engine_input - a packet that comes by
 * @bytes: from the link-layer header on, or from the network header
 * @known: bytes that are there
 * @len: bytes the packet has, >= @known
 * @has_link: @bytes begin with an Ethernet header
 * @ethertype: without one: of the network header, host order
 * @iif: index of the interface it comes in by; 0: it is made here;
 *	SKALD_ENGINE_UNKNOWN
 * @oif: index of the interface it goes out by, whatever the routes say; 0: they
 *	decide
 * @mark: nfmark
 * @nat_ports: ports or ids that the kernel found where it searched for one from
 *	anywhere on, the destination's and the source's; 0: not known, the
 *	engine takes one of its own
 * @chance: what the kernel's random number was when it tried a rule, where that
 *	is known; false, or NULL: the engine takes one of its own. Not asked
 *	when the packet comes round again
 * @chance_user: for @chance
 * @has_owner: of a packet that is made here: whose socket it is, is known
 * @uid: user
 * @gid: group
 * @t_ns: CLOCK_REALTIME; must not go back from packet to packet
 * @trusts_checksums: a wrong checksum is one that hardware was to fill in
 * @is_for_us: a link-layer address of another host is ours: the frame was
 *	recorded elsewhere
 * @guesses_iif: @iif is skald_engine_back()'s: the story says so
 * @doubts_sockets: it is of another time than the world: whether a socket takes
 *	what does not begin a connection is not known
 * @tells_answers: what rules and forwarding send back are stories, too
 * @tells_misses: rules that did not match become events, too
 */
struct skald_engine_input {
	const uint8_t *bytes;
	size_t known;
	size_t len;
	bool has_link;
	uint16_t ethertype;
	uint32_t iif;
	uint32_t oif;
	uint32_t mark;
	uint16_t nat_ports[2];
	bool (*chance)(void *user, const struct skald_vm_rule *rule,
		       uint32_t *number);
	void *chance_user;
	bool has_owner;
	uint32_t uid;
	uint32_t gid;
	uint64_t t_ns;
	bool trusts_checksums;
	bool is_for_us;
	bool guesses_iif;
	bool doubts_sockets;
	bool tells_answers;
	bool tells_misses;
};

/**
 * skald_engine_run() - one packet through the world
 * @engine: the engine
 * @input: the packet
 * @story: written on success; free with skald_story_done()
 *
 * A fragment that waits for the others of its datagram has a story of its own,
 * which ends as consumed; the last one goes on as the whole datagram.
 *
 * Return: 0; -EINVAL: that is no packet that a host would take; -ENOMEM.
 */
int skald_engine_run(struct skald_engine *engine,
		     const struct skald_engine_input *input,
		     struct skald_story *story);

/**
 * skald_engine_next() - what came of the packet
 * @engine: behind skald_engine_run(), or this
 * @story: written when there is one; free with skald_story_done()
 *
 * What a machine sends to itself comes in again by its loopback interface, and
 * what is sent back to whom it refuses goes its own way: those are other
 * stories, of the same journey.
 *
 * Return: 1: a story; 0: that was all; -ENOMEM.
 */
int skald_engine_next(struct skald_engine *engine, struct skald_story *story);

/* Whether the newest story is of a packet that was made to answer another. */
bool skald_engine_is_answer(const struct skald_engine *engine);

/**
 * skald_engine_back() - where a packet came in, as its source address says
 * @engine: the engine
 * @view: the packet, headers known
 *
 * For captures that do not say it: the interface of the route back to its
 * source. Somebody who uses it says so.
 *
 * Return: index; 0: the source is one of the world's own addresses;
 * SKALD_ENGINE_UNKNOWN: there is no such route.
 */
uint32_t skald_engine_back(const struct skald_engine *engine,
			   const struct skald_view *view);

/**
 * skald_engine_interface() - the interface of that name
 * @engine: the engine
 * @name: its name
 *
 * Rules that have no world around them have no interfaces either: there it is
 * made up, see skald_engine_made_up().
 *
 * Return: its index, 0: there is none.
 */
uint32_t skald_engine_interface(struct skald_engine *engine, const char *name);

/* Names of interfaces that were made up, with commas between; "": none. */
const char *skald_engine_made_up(const struct skald_engine *engine);

#endif /* SKALD_LIB_ENGINE_H */
