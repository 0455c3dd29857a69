// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of classifiers: how they come, and why they go.
 */
#include "entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "arm.h"
#include "clock.h"
#include "daemon.h"
#include "log.h"

/* Looking for namespaces takes at most one part in so many of the time. */
#define SCAN_SHARE 50

struct skald_entry *skald_entries_find(struct skald_daemon *daemon, uint32_t id)
{
	struct skald_entry *entry = daemon->entries.head;

	while (entry && entry->classifier.id != id)
		entry = entry->next;
	return entry;
}

static int copy_targets(struct skald_entry *entry, const char *const *names,
			size_t n)
{
	size_t i;

	entry->netns = calloc(n, sizeof(*entry->netns));
	if (!entry->netns)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		entry->netns[i] = names[i] ? strdup(names[i]) : NULL;
		if (names[i] && !entry->netns[i])
			return -ENOMEM;
		entry->n_netns++;
	}
	return 0;
}

/* ---- entries ---- */

static void entry_free(struct skald_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->n_netns; i++)
		free(entry->netns[i]);
	free(entry->netns);
	free(entry->spaces);
	free(entry->lines);
	skald_classifier_done(&entry->classifier);
	free(entry);
}

static struct skald_entry *entry_new(struct skald_daemon *daemon,
				     struct skald_entry_wish *wish)
{
	const struct skald_options *options = &daemon->options;
	struct skald_entry *entry = calloc(1, sizeof(*entry));
	int err;

	if (!entry) {
		skald_classifier_done(&wish->classifier);
		return NULL;
	}
	entry->classifier = wish->classifier;
	entry->owner = wish->owner;
	if (wish->netns)
		err = copy_targets(entry, &wish->netns, 1);
	else
		err = copy_targets(entry, options->netns, options->n_netns);
	if (!err)
		return entry;
	entry_free(entry);
	return NULL;
}

int skald_entries_add(struct skald_daemon *daemon,
		      struct skald_entry_wish *wish,
		      const struct skald_entry **entry,
		      struct skald_error *error)
{
	struct skald_entry *e = entry_new(daemon, wish);
	struct skald_classifier *classifier;
	int err;

	if (!e)
		return skald_error_set(error, ENOMEM, "no memory");
	classifier = &e->classifier;
	err = skald_arm_source(daemon, e, error);
	/* the module compiles for itself */
	if (!err && !e->is_kmod)
		err = skald_classifier_compile(classifier, error);
	if (err)
		goto err_entry;
	classifier->id = ++daemon->entries.last_id;
	if (skald_world_classifier(daemon->world, classifier->id,
				   classifier->expression) ||
	    skald_publisher_add(daemon->publisher, classifier->id,
				classifier->first, wish->followers)) {
		err = skald_error_set(error, ENOMEM, "no memory");
		goto err_entry;
	}
	err = skald_arm(daemon, e, error);
	if (err)
		goto err_publisher;
	e->next = daemon->entries.head;
	daemon->entries.head = e;
	*entry = e;
	return 0;

err_publisher:
	skald_disarm(daemon, e);
	skald_publisher_remove(daemon->publisher, classifier->id);
err_entry:
	skald_module_leave(daemon);
	entry_free(e);
	return err;
}

static void unlink_entry(struct skald_daemon *daemon, struct skald_entry *entry)
{
	struct skald_entry **link = &daemon->entries.head;

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
}

static void note_end(struct skald_daemon *daemon, uint32_t id, const char *text,
		     uint64_t at)
{
	struct skald_ended *ended = calloc(1, sizeof(*ended));

	if (!ended) {
		skald_publisher_remove(daemon->publisher, id);
		return;
	}
	ended->id = id;
	ended->text = text;
	ended->at = at;
	ended->next = daemon->entries.ended;
	daemon->entries.ended = ended;
	skald_writer_hurry(daemon->writer);
}

int skald_entries_delete(struct skald_daemon *daemon, uint32_t id,
			 const char *text, struct skald_classifier_count *count,
			 uint64_t *at)
{
	struct skald_entry *entry = skald_entries_find(daemon, id);
	uint64_t last;

	if (!entry)
		return -ENOENT;
	skald_disarm(daemon, entry);
	skald_reader_flush(daemon->reader);
	last = skald_queue_pushed(daemon->queue);
	if (count)
		*count = entry->count;
	if (at)
		*at = last;
	unlink_entry(daemon, entry);
	entry_free(entry);
	note_end(daemon, id, text, last);
	return 0;
}

void skald_entries_drop(struct skald_daemon *daemon, const void *owner)
{
	struct skald_entry *entry = daemon->entries.head;

	while (entry) {
		struct skald_entry *next = entry->next;

		if (entry->owner == owner)
			(void)skald_entries_delete(daemon, entry->classifier.id,
						   NULL, NULL, NULL);
		entry = next;
	}
}

void skald_entry_count(struct skald_daemon *daemon,
		       const struct skald_entry *entry,
		       struct skald_classifier_count *count)
{
	struct skald_classifier_count sum = entry->count;
	size_t i;

	for (i = 0; i < entry->n_spaces; i++) {
		struct skald_space *space =
			skald_spaces_find(&daemon->spaces, entry->spaces[i]);
		struct skald_classifier_count here;

		if (!space || space->left ||
		    skald_debug_table_count(space->table, entry->classifier.id,
					    &here))
			continue;
		sum.seen += here.seen;
		sum.marked += here.marked;
	}
	for (i = 0; i < entry->n_lines; i++) {
		struct skald_classifier_count here;

		if (skald_kmod_debug_count(&daemon->module.kmod,
					   entry->lines[i].line, &here))
			continue;
		sum.seen += here.seen;
		sum.marked += here.marked;
	}
	*count = sum;
}

json_t *skald_entry_namespaces(struct skald_daemon *daemon,
			       const struct skald_entry *entry)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < entry->n_spaces; i++) {
		const struct skald_space *space =
			skald_spaces_find(&daemon->spaces, entry->spaces[i]);

		if (space)
			json_array_append_new(
				names, skald_answer_text(space->netns.name));
	}
	for (i = 0; i < entry->n_lines; i++)
		json_array_append_new(names,
				      skald_answer_text(entry->lines[i].netns));
	return names;
}

/* ---- time ---- */

static void expire(struct skald_daemon *daemon)
{
	struct skald_entry *entry = daemon->entries.head;
	uint64_t now_ns = skald_clock_realtime();

	while (entry) {
		struct skald_entry *next = entry->next;
		uint64_t expires_ns = entry->classifier.expires_ns;

		if (expires_ns && expires_ns <= now_ns)
			(void)skald_entries_delete(daemon, entry->classifier.id,
						   "its time is over", NULL,
						   NULL);
		entry = next;
	}
}

static bool is_listed(const struct skald_netns *list, size_t n, uint64_t inode)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].inode == inode)
			return true;
	}
	return false;
}

/* Namespaces that only we hold open are gone. */
static void leave_gone(struct skald_daemon *daemon, struct skald_entry *entry,
		       const struct skald_netns *list, size_t n)
{
	size_t i = 0;

	while (i < entry->n_spaces) {
		uint32_t index = entry->spaces[i];
		const struct skald_space *space =
			skald_spaces_find(&daemon->spaces, index);

		if (!space || is_listed(list, n, space->netns.inode)) {
			i++;
			continue;
		}
		entry->spaces[i] = entry->spaces[--entry->n_spaces];
		skald_server_gone(daemon, entry, space->netns.name);
		skald_disarm_in(daemon, entry, index);
	}
}

/* Classifiers of namespaces that were named, and are gone. */
static void delete_homeless(struct skald_daemon *daemon)
{
	struct skald_entry *entry = daemon->entries.head;

	while (entry) {
		struct skald_entry *next = entry->next;

		if (!entry->is_kmod && !entry->n_spaces &&
		    !skald_entry_is_for_all(entry))
			(void)skald_entries_delete(daemon, entry->classifier.id,
						   "its network namespace is "
						   "gone",
						   NULL, NULL);
		entry = next;
	}
}

/* Our own namespace neither comes nor goes. */
static bool needs_scan(struct skald_daemon *daemon)
{
	const struct skald_entry *entry = daemon->entries.head;
	const struct skald_space *space = daemon->spaces.head;

	for (; entry; entry = entry->next) {
		if (skald_entry_is_for_all(entry) && !entry->is_kmod)
			return true;
	}
	for (; space; space = space->next) {
		if (!space->left && space->netns.inode != daemon->own_netns)
			return true;
	}
	return false;
}

static void rescan(struct skald_daemon *daemon)
{
	uint64_t start_ns = skald_clock_monotonic();
	struct skald_error error = { 0 };
	struct skald_entry *entry;
	struct skald_netns *list;
	size_t n;
	size_t i;

	if (start_ns < daemon->entries.scan_ns || !needs_scan(daemon) ||
	    skald_netns_list(&list, &n))
		return;
	for (entry = daemon->entries.head; entry; entry = entry->next)
		leave_gone(daemon, entry, list, n);
	for (i = 0; i < n; i++)
		skald_netns_close(&list[i]);
	free(list);
	for (entry = daemon->entries.head; entry; entry = entry->next) {
		if (skald_entry_is_for_all(entry) && !entry->is_kmod)
			(void)skald_arm_everywhere(daemon, entry, &error);
	}
	delete_homeless(daemon);
	daemon->entries.scan_ns =
		start_ns + (skald_clock_monotonic() - start_ns) * SCAN_SHARE;
}

void skald_entries_tick(struct skald_daemon *daemon)
{
	expire(daemon);
	rescan(daemon);
}

void skald_entries_progress(struct skald_daemon *daemon, uint64_t done)
{
	struct skald_ended **link = &daemon->entries.ended;
	uint32_t id;

	while ((id = skald_publisher_spent(daemon->publisher)))
		(void)skald_entries_delete(
			daemon, id, "it has its number of stories", NULL, NULL);
	while (*link) {
		struct skald_ended *ended = *link;

		if (ended->at > done) {
			link = &ended->next;
			continue;
		}
		skald_publisher_remove(daemon->publisher, ended->id);
		skald_server_ended(daemon, ended->id, ended->text);
		*link = ended->next;
		free(ended);
	}
}

void skald_entries_done(struct skald_daemon *daemon)
{
	while (daemon->entries.head) {
		struct skald_entry *entry = daemon->entries.head;

		daemon->entries.head = entry->next;
		skald_disarm(daemon, entry);
		entry_free(entry);
	}
	while (daemon->entries.ended) {
		struct skald_ended *ended = daemon->entries.ended;

		daemon->entries.ended = ended->next;
		free(ended);
	}
}
