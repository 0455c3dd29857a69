// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of the control socket as JSON; docs/control.md describes them.
 */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "daemon.h"
#include "text.h"

/* Exit statuses that a client passes on. */
#define CODE_USAGE 2
#define CODE_CANNOT 3

json_t *skald_answer_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json)
		return json;
	copy = strdup(text);
	if (!copy)
		return NULL;
	json = json_string(skald_text_clean(copy));
	free(copy);
	return json;
}

json_t *skald_answer_ok(void)
{
	return json_pack("{s:b}", "ok", 1);
}

json_t *skald_answer_error(int err, const struct skald_error *error)
{
	json_t *answer =
		json_pack("{s:b, s:o, s:i, s:i}", "ok", 0, "error",
			  skald_answer_text(error->text), "errno", -err, "code",
			  err == -EINVAL ? CODE_USAGE : CODE_CANNOT);

	if (*error->help)
		json_object_set_new(answer, "help",
				    skald_answer_text(error->help));
	if (error->column)
		json_object_set_new(answer, "column",
				    json_integer(error->column));
	return answer;
}

json_t *skald_answer_entry(struct skald_daemon *daemon,
			   const struct skald_entry *entry)
{
	json_t *json = skald_control_classifier(&entry->classifier);
	struct skald_classifier_count count;
	uint32_t id = entry->classifier.id;

	skald_entry_count(daemon, entry, &count);
	json_object_set_new(json, "seen", json_integer((json_int_t)count.seen));
	json_object_set_new(json, "marked",
			    json_integer((json_int_t)count.marked));
	json_object_set_new(json, "stories",
			    json_integer((json_int_t)skald_publisher_stories(
				    daemon->publisher, id)));
	json_object_set_new(json, "namespaces",
			    skald_entry_namespaces(daemon, entry));
	json_object_set_new(json, "temporary", json_boolean(entry->owner));
	json_object_set_new(json, "source",
			    json_string(entry->is_kmod ? "kmod" : "nft"));
	return json;
}

static json_t *reader_json(struct skald_daemon *daemon)
{
	struct skald_reader_stats s;

	skald_reader_stats(daemon->reader, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "messages", (json_int_t)s.sources.messages, "traces",
			 (json_int_t)s.sources.traces, "lost",
			 (json_int_t)s.sources.lost, "overruns",
			 (json_int_t)s.sources.overruns, "malformed",
			 (json_int_t)s.sources.malformed, "foreign",
			 (json_int_t)s.assembler.foreign, "open",
			 (json_int_t)s.assembler.open, "reused_ids",
			 (json_int_t)s.assembler.reused_ids, "shed_stories",
			 (json_int_t)s.shed_stories, "shed_events",
			 (json_int_t)s.shed_events);
}

static json_t *writer_json(struct skald_daemon *daemon)
{
	struct skald_writer_stats s;

	skald_writer_stats(daemon->writer, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "stories",
			 (json_int_t)s.stories, "incomplete",
			 (json_int_t)s.incomplete, "messages",
			 (json_int_t)s.messages, "surplus",
			 (json_int_t)s.surplus, "lost", (json_int_t)s.lost,
			 "transactions", (json_int_t)s.transactions, "deleted",
			 (json_int_t)s.deleted, "paused", (int)s.is_paused);
}

static json_t *queue_json(struct skald_daemon *daemon)
{
	struct skald_queue_stats s;

	skald_queue_stats(daemon->queue, &s);
	return json_pack("{s:I, s:I, s:I}", "batches", (json_int_t)s.pushed,
			 "bytes", (json_int_t)s.bytes, "max_bytes",
			 (json_int_t)s.max_bytes);
}

static json_t *spaces_json(struct skald_daemon *daemon)
{
	const struct skald_space *space;
	json_t *names = json_array();

	for (space = daemon->spaces.head; space; space = space->next) {
		if (space->left)
			continue;
		json_array_append_new(
			names,
			json_pack("{s:o, s:s, s:i}", "name",
				  skald_answer_text(space->netns.name), "table",
				  skald_debug_table_name(space->table),
				  "classifiers", (int)space->users));
	}
	return names;
}

json_t *skald_answer_status(struct skald_daemon *daemon, bool with_entries)
{
	uint64_t up_ns = skald_clock_monotonic() - daemon->start_ns;
	const struct skald_entry *entry;
	json_t *list;
	json_t *json = json_pack(
		"{s:b, s:s, s:i, s:I, s:o, s:b, s:i, s:o, s:o?, s:o, s:o, s:o}",
		"ok", 1, "version", SKALD_VERSION, "pid", (int)getpid(),
		"uptime_s", (json_int_t)(up_ns / SKALD_NS_PER_SECOND), "db",
		skald_answer_text(daemon->db), "private",
		daemon->options.private_fd >= 0, "clients",
		(int)daemon->server.n_clients, "namespaces",
		spaces_json(daemon), "module", skald_module_json(daemon),
		"reader", reader_json(daemon), "queue", queue_json(daemon),
		"writer", writer_json(daemon));

	if (!with_entries)
		return json;
	list = json_array();
	for (entry = daemon->entries.head; entry; entry = entry->next)
		json_array_append_new(list, skald_answer_entry(daemon, entry));
	json_object_set_new(json, "classifiers", list);
	return json;
}
