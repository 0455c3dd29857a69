/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: connection tracking as JSON
 *
 * Entries, expectations and events, as docs/json.md has them.
 */
#ifndef SKALD_LIB_CT_JSON_H
#define SKALD_LIB_CT_JSON_H

#include <jansson.h>

#include "ct_expect.h"

struct skald_ct_table;

/* All return a new reference, or NULL when there is no memory. */
json_t *skald_json_ct_tuple(const struct skald_ct_tuple *tuple);
/* @frame: number of the frame, 0: none */
json_t *skald_json_ct_note(const struct skald_ct_table *table,
			   const struct skald_ct_note *note, uint64_t frame);
/* All entries and all expectations of a table. */
json_t *skald_json_ct_entries(struct skald_ct_table *table, uint64_t now_ns);
json_t *skald_json_ct_expects(struct skald_ct_table *table, uint64_t now_ns);

#endif /* SKALD_LIB_CT_JSON_H */
