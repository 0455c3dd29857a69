/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: an engine in a world of its own
 *
 * The world is a snapshot of a namespace that the test makes with ip(8) and
 * nft(8); packets are told in words.
 */
#ifndef SKALD_TESTS_ENGINE_BENCH_H
#define SKALD_TESTS_ENGINE_BENCH_H

#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "invent.h"
#include "private_netns.h"

static struct skald_world world;
static struct skald_engine *engine;

/* @setup: commands, the last is NULL; @rules: of nft(8) */
static inline void bench_enter(const char *const *setup, const char *rules)
{
	struct skald_netns netns;
	struct skald_error error = { 0 };
	char path[] = "/tmp/skald-engine-XXXXXX";
	char load[64];
	FILE *file;
	int fd;

	enter_private_netns(&netns);
	for (; *setup; setup++)
		cr_assert_eq(system(*setup), 0, "%s", *setup);
	fd = mkstemp(path);
	file = fdopen(fd, "w");
	fputs(rules, file);
	fclose(file);
	snprintf(load, sizeof(load), "nft -f %s", path);
	cr_assert_eq(system(load), 0);
	unlink(path);
	cr_assert_eq(skald_world_take(&netns, &world, &error), 0, "%s",
		     error.text);
	cr_assert_eq(skald_engine_new(&world, &engine, &error), 0, "%s",
		     error.text);
	skald_netns_close(&netns);
}

static inline void bench_leave(void)
{
	skald_engine_free(engine);
	skald_world_done(&world);
}

/* Fill in what words say. */
static inline void bench_invent(const char *words, const char *iif,
				struct skald_engine_input *input)
{
	static struct skald_invented packet;
	struct skald_error error = { 0 };

	cr_assert_eq(skald_invent(words, &packet, &error), 0, "%s", error.text);
	input->t_ns = world.taken_ns;
	input->bytes = packet.bytes;
	input->known = packet.len;
	input->len = packet.len;
	input->ethertype = packet.ethertype;
	input->has_link = packet.has_link;
	input->mark = packet.mark;
	input->iif = iif ? skald_engine_interface(engine, iif) : 0;
}

/* First event of a kind behind @from, or -1. */
static inline int bench_find(const struct skald_story *story, unsigned int kind,
			     int from)
{
	for (unsigned int i = (unsigned int)from; i < story->n_events; i++) {
		if (story->events[i].kind == kind)
			return (int)i;
	}
	return -1;
}

#endif /* SKALD_TESTS_ENGINE_BENCH_H */
