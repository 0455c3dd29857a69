/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stories as JSON
 *
 * The contract of "show --json", "follow --json" and "list --json" (see
 * docs/json.md). Made from the X-macro lists; jansson does the writing.
 */
#ifndef SKALD_LIB_JSON_H
#define SKALD_LIB_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "story.h"

/* Return: a new reference, or NULL when there is no memory */
json_t *skald_json_packet(const struct skald_packet *packet);
json_t *skald_json_event(const struct skald_event *event);
/* @with_events: false for "list --json" */
json_t *skald_json_story(const struct skald_story *story, bool with_events);
/* One line without newline, heap. */
char *skald_json_line(const struct skald_story *story, bool with_events);

#endif /* SKALD_LIB_JSON_H */
