/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the parts of a report
 *
 * Each writes its sections, heading included. Used by report.c only.
 */
#ifndef SKALD_LIB_REPORT_PARTS_H
#define SKALD_LIB_REPORT_PARTS_H

#include "markdown.h"
#include "netns.h"
#include "store.h"
#include "story.h"

/* report_story.c: answer, path, changes, route, conntrack, rules */
void skald_report_story(struct skald_md *md, struct skald_store *store,
			const struct skald_story *story);

/* report_bytes.c: the packet in hex, first and last, changed bytes marked */
void skald_report_bytes(struct skald_md *md, const struct skald_story *story);

/* report_ruleset.c: the generation in force, whole or the chains touched */
void skald_report_ruleset(struct skald_md *md, struct skald_store *store,
			  const struct skald_story *story);
/* " (loaded 12:03:11 by ufw, pid 991)", or that it is not known */
void skald_report_loader(struct skald_md *md, struct skald_store *store,
			 const struct skald_story *story, uint64_t generation);

/* report_machine.c: versions, back ends, settings as of now */
void skald_report_machine(struct skald_md *md, const struct skald_story *story);

#endif /* SKALD_LIB_REPORT_PARTS_H */
