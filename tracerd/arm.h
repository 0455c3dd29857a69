/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: arming
 *
 * What makes an entry's packets be marked: rules in each namespace, or lines in
 * the module's debug table. Main thread only.
 */
#ifndef SKALD_TRACERD_ARM_H
#define SKALD_TRACERD_ARM_H

#include "entries.h"

/* Choose who marks: the module where it is wanted and answers. */
int skald_arm_source(struct skald_daemon *daemon, struct skald_entry *entry,
		     struct skald_error *error);
/* Arm wherever the entry is for. Return: 0; -errno with @error: some may be
 * armed already, give it to skald_disarm() */
int skald_arm(struct skald_daemon *daemon, struct skald_entry *entry,
	      struct skald_error *error);
/* In the namespaces that have come since, with nf_tables. */
int skald_arm_everywhere(struct skald_daemon *daemon, struct skald_entry *entry,
			 struct skald_error *error);
/* Everywhere, or in one space; what it did is added to @entry's count. */
void skald_disarm(struct skald_daemon *daemon, struct skald_entry *entry);
void skald_disarm_in(struct skald_daemon *daemon, struct skald_entry *entry,
		     uint32_t index);
/* Whether it is for every namespace, those to come included. */
bool skald_entry_is_for_all(const struct skald_entry *entry);

#endif /* SKALD_TRACERD_ARM_H */
