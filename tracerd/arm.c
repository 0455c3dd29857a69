// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arming classifiers in the namespaces they are for: with nf_tables in a space
 * each, with skald.ko as lines of its debug table.
 */
#include "arm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "log.h"

#define ALL "all"

static bool is_armed_in(const struct skald_entry *entry, uint32_t space)
{
	size_t i;

	for (i = 0; i < entry->n_spaces; i++) {
		if (entry->spaces[i] == space)
			return true;
	}
	return false;
}

bool skald_entry_is_for_all(const struct skald_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->n_netns; i++) {
		if (entry->netns[i] && !strcmp(entry->netns[i], ALL))
			return true;
	}
	return false;
}

/* ---- in one space ---- */

static void leave(struct skald_daemon *daemon, struct skald_space *space)
{
	skald_log(LOG_DEBUG, "%s: nothing is followed there any more",
		  space->netns.name);
	skald_reader_remove(daemon->reader, &space->feed);
	skald_space_leave(&daemon->spaces, space,
			  skald_queue_pushed(daemon->queue));
}

/* Takes over @netns. Return: 0 and the space that is open for it, or -errno */
static int enter(struct skald_daemon *daemon, struct skald_netns *netns,
		 struct skald_space **space, struct skald_error *error)
{
	int err;

	*space = skald_spaces_of(&daemon->spaces, netns);
	if (*space) {
		skald_netns_close(netns);
		return 0;
	}
	err = skald_spaces_open(&daemon->spaces, netns, space, error);
	if (err) {
		skald_netns_close(netns);
		return err;
	}
	err = skald_reader_add(daemon->reader, &(*space)->feed);
	if (err) {
		skald_error_set(error, -err, "cannot read events of %s",
				(*space)->netns.name);
		leave(daemon, *space);
	}
	return err;
}

/* Takes over @netns. */
static int arm(struct skald_daemon *daemon, struct skald_entry *entry,
	       struct skald_netns *netns, struct skald_error *error)
{
	struct skald_space *space;
	uint32_t *spaces;
	int err;

	spaces = reallocarray(entry->spaces, entry->n_spaces + 1,
			      sizeof(*spaces));
	if (!spaces) {
		skald_netns_close(netns);
		return skald_error_set(error, ENOMEM, "no memory");
	}
	entry->spaces = spaces;
	err = enter(daemon, netns, &space, error);
	if (err)
		return err;
	if (is_armed_in(entry, space->index))
		return 0;
	err = skald_debug_table_add(space->table, &entry->classifier, error);
	if (!err) {
		spaces[entry->n_spaces++] = space->index;
		space->users++;
	}
	if (!space->users)
		leave(daemon, space);
	return err;
}

void skald_disarm_in(struct skald_daemon *daemon, struct skald_entry *entry,
		     uint32_t index)
{
	struct skald_space *space = skald_spaces_find(&daemon->spaces, index);
	struct skald_classifier_count count = { 0 };
	struct skald_error error = { 0 };

	if (!space || space->left)
		return;
	if (!skald_debug_table_count(space->table, entry->classifier.id,
				     &count)) {
		entry->count.seen += count.seen;
		entry->count.marked += count.marked;
	}
	if (skald_debug_table_delete(space->table, entry->classifier.id,
				     &error))
		skald_log(LOG_WARNING, "%s: cannot disarm classifier %u: %s",
			  space->netns.name, entry->classifier.id, error.text);
	/* With the last one the tables go altogether. */
	if (!--space->users)
		leave(daemon, space);
}

void skald_disarm(struct skald_daemon *daemon, struct skald_entry *entry)
{
	while (entry->n_lines)
		skald_module_delete(daemon, entry->lines[--entry->n_lines].line,
				    &entry->count);
	while (entry->n_spaces)
		skald_disarm_in(daemon, entry,
				entry->spaces[--entry->n_spaces]);
}

/* ---- in all that it is for ---- */

/* One of a list that could not be armed is no reason to give up the others. */
static int arm_listed(struct skald_daemon *daemon, struct skald_entry *entry,
		      struct skald_netns *list, size_t n,
		      struct skald_error *error)
{
	int first_err = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct skald_space *space =
			skald_spaces_of(&daemon->spaces, &list[i]);
		struct skald_error why = { 0 };
		int err;

		if (space && is_armed_in(entry, space->index)) {
			skald_netns_close(&list[i]);
			continue;
		}
		err = arm(daemon, entry, &list[i], &why);
		if (err && !first_err) {
			first_err = err;
			*error = why;
		}
		if (err)
			skald_log(LOG_DEBUG, "left out: %s", why.text);
	}
	return entry->n_spaces ? 0 : first_err;
}

int skald_arm_everywhere(struct skald_daemon *daemon, struct skald_entry *entry,
			 struct skald_error *error)
{
	struct skald_netns *list;
	size_t n;
	int err;

	err = skald_netns_list(&list, &n);
	if (err)
		return skald_error_set(error, -err,
				       "cannot list the network namespaces: %s",
				       strerror(-err));
	err = arm_listed(daemon, entry, list, n, error);
	free(list);
	return err;
}

/* One line of the module's debug table. @netns: NULL: all namespaces */
static int arm_line(struct skald_daemon *daemon, struct skald_entry *entry,
		    const struct skald_netns *netns, struct skald_error *error)
{
	struct skald_entry_line *lines =
		reallocarray(entry->lines, entry->n_lines + 1, sizeof(*lines));
	struct skald_entry_line *line;
	int err;

	if (!lines)
		return skald_error_set(error, ENOMEM, "no memory");
	entry->lines = lines;
	line = &lines[entry->n_lines];
	snprintf(line->netns, sizeof(line->netns), "%s",
		 netns ? netns->name : ALL);
	err = skald_module_add(daemon, &entry->classifier,
			       netns ? (uint32_t)netns->inode : 0, &line->line,
			       error);
	if (!err)
		entry->n_lines++;
	return err;
}

static int arm_lines(struct skald_daemon *daemon, struct skald_entry *entry,
		     struct skald_error *error)
{
	struct skald_netns netns;
	size_t i;
	int err = 0;

	for (i = 0; i < entry->n_netns && !err; i++) {
		if (entry->netns[i] && !strcmp(entry->netns[i], ALL)) {
			err = arm_line(daemon, entry, NULL, error);
			continue;
		}
		err = skald_netns_open(entry->netns[i], &netns, error);
		if (err)
			break;
		err = arm_line(daemon, entry, &netns, error);
		skald_netns_close(&netns);
	}
	return err;
}

int skald_arm_source(struct skald_daemon *daemon, struct skald_entry *entry,
		     struct skald_error *error)
{
	enum skald_source_wish wish = entry->classifier.source;
	struct skald_error why = { 0 };
	int err;

	if (wish == SKALD_SOURCE_WISH_NFT)
		return 0;
	err = skald_module_use(daemon, &why);
	if (!err) {
		entry->is_kmod = true;
		return 0;
	}
	if (wish == SKALD_SOURCE_WISH_KMOD) {
		*error = why;
		return err;
	}
	if (err != -ENOENT)
		skald_log(LOG_WARNING, "nf_tables is used instead: %s",
			  why.text);
	return 0;
}

int skald_arm(struct skald_daemon *daemon, struct skald_entry *entry,
	      struct skald_error *error)
{
	struct skald_netns netns;
	size_t i;
	int err = 0;

	if (entry->is_kmod)
		return arm_lines(daemon, entry, error);
	for (i = 0; i < entry->n_netns && !err; i++) {
		if (entry->netns[i] && !strcmp(entry->netns[i], ALL)) {
			err = skald_arm_everywhere(daemon, entry, error);
			continue;
		}
		err = skald_netns_open(entry->netns[i], &netns, error);
		if (!err)
			err = arm(daemon, entry, &netns, error);
	}
	return err;
}
