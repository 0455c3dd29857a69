/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: an assembler that only writes down what it is told
 *
 * Takes the place of lib/assembler.c in the programs that include it.
 */
#ifndef SKALD_TESTS_FAKE_ASSEMBLER_H
#define SKALD_TESTS_FAKE_ASSEMBLER_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "assembler.h"

enum told_type {
	TOLD_TRACE,
	TOLD_GENERATION,
	TOLD_FORGET,
	TOLD_LOST
};

struct told {
	enum told_type type;
	uint32_t netns;
	struct skald_trace trace;
	char table[64];
	char chain[64];
	char text[64];
	uint64_t number;
	uint32_t pid;
};

#define TOLD_MAX 131072

struct skald_assembler {
	struct told told[TOLD_MAX];
	unsigned int n;
	int trace_error;
};

static inline struct told *told_add(struct skald_assembler *assembler,
				    enum told_type type, uint32_t netns)
{
	struct told *told = &assembler->told[assembler->n];

	cr_assert_lt(assembler->n, TOLD_MAX);
	assembler->n++;
	memset(told, 0, sizeof(*told));
	told->type = type;
	told->netns = netns;
	return told;
}

int skald_assembler_trace(struct skald_assembler *assembler, uint32_t netns,
			  const struct skald_trace *trace, uint64_t now_ns)
{
	struct told *told = told_add(assembler, TOLD_TRACE, netns);

	told->trace = *trace;
	(void)snprintf(told->table, sizeof(told->table), "%s", trace->table);
	(void)snprintf(told->chain, sizeof(told->chain), "%s", trace->chain);
	return assembler->trace_error;
}

int skald_assembler_generation(struct skald_assembler *assembler,
			       uint32_t netns, uint32_t generation,
			       uint32_t pid, const char *process,
			       uint64_t now_ns)
{
	struct told *told = told_add(assembler, TOLD_GENERATION, netns);

	told->number = generation;
	told->pid = pid;
	(void)snprintf(told->text, sizeof(told->text), "%s",
		       process ? process : "");
	return 0;
}

void skald_assembler_forget_table(struct skald_assembler *assembler,
				  uint32_t netns, unsigned int family,
				  const char *table)
{
	struct told *told = told_add(assembler, TOLD_FORGET, netns);

	told->number = family;
	(void)snprintf(told->table, sizeof(told->table), "%s", table);
}

int skald_assembler_lost(struct skald_assembler *assembler, uint32_t netns,
			 uint64_t count, const char *where, uint64_t now_ns)
{
	struct told *told = told_add(assembler, TOLD_LOST, netns);

	told->number = count;
	(void)snprintf(told->text, sizeof(told->text), "%s", where);
	return 0;
}

#endif /* SKALD_TESTS_FAKE_ASSEMBLER_H */
