/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what the numbers of skald.ko stand for
 *
 * Records name functions by a number (a place) and drops by a reason's number;
 * the names come once, before their first use. The reader thread learns them,
 * the writer thread asks for them: the table has a lock, and what it handed out
 * stays as long as it does.
 */
#ifndef SKALD_LIB_KMOD_NAMES_H
#define SKALD_LIB_KMOD_NAMES_H

#include <stdint.h>

struct skald_kmod_names;

/* Return: an empty table, or NULL: no memory */
struct skald_kmod_names *skald_kmod_names_new(void);
void skald_kmod_names_free(struct skald_kmod_names *names);

/* Learn a name; a place that has one keeps it. Return: 0, -ENOMEM, -ENOSPC */
int skald_kmod_names_place(struct skald_kmod_names *names, uint64_t place,
			   const char *name);
int skald_kmod_names_reason(struct skald_kmod_names *names, uint32_t reason,
			    const char *name);

/* Return: the name, or NULL: not known; places 0 have none */
const char *skald_kmod_place(const struct skald_kmod_names *names,
			     uint64_t place);
const char *skald_kmod_reason(const struct skald_kmod_names *names,
			      uint32_t reason);

#endif /* SKALD_LIB_KMOD_NAMES_H */
