/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what the control socket answers
 */
#ifndef SKALD_TRACERD_ANSWER_H
#define SKALD_TRACERD_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "entries.h"
#include "error.h"

struct skald_daemon;

/* Return: any text as a JSON string; what is no UTF-8 becomes '?' */
json_t *skald_answer_text(const char *text);
/* {"ok":true} */
json_t *skald_answer_ok(void);
/* {"ok":false,"error":...}; @err: -errno */
json_t *skald_answer_error(int err, const struct skald_error *error);
/* One classifier with its counters. */
json_t *skald_answer_entry(struct skald_daemon *daemon,
			   const struct skald_entry *entry);
/* The daemon's counters; @with_entries: who asks may know the classifiers */
json_t *skald_answer_status(struct skald_daemon *daemon, bool with_entries);

#endif /* SKALD_TRACERD_ANSWER_H */
