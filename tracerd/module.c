// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arming and disarming the kernel module.
 */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "kmod_source.h"
#include "log.h"

#define OPEN_MAX 65536

int skald_module_init(struct skald_module *module, const char *record)
{
	*module = (struct skald_module){ .record_fd = -1 };
	module->names = skald_kmod_names_new();
	if (!module->names)
		return -ENOMEM;
	if (record)
		module->record_fd = open(
			record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return -pthread_mutex_init(&module->lock, NULL);
}

/* After every story was told: they refer to the names. */
void skald_module_done(struct skald_module *module)
{
	if (!module->names)
		return;
	if (module->record_fd >= 0)
		close(module->record_fd);
	skald_kmod_names_free(module->names);
	pthread_mutex_destroy(&module->lock);
}

/* ---- what the reader asks ---- */

static uint32_t netns_of(void *user, uint32_t inode)
{
	struct skald_daemon *daemon = user;

	return skald_spaces_visit(&daemon->spaces, inode);
}

static uint32_t classifier_of(void *user, uint32_t number)
{
	struct skald_module *module = &((struct skald_daemon *)user)->module;
	const struct skald_module_line *line =
		&module->lines[number % SKALD_MODULE_LINES];
	uint32_t id;

	pthread_mutex_lock(&module->lock);
	id = line->line == number ? line->id : 0;
	pthread_mutex_unlock(&module->lock);
	return id;
}

/* ---- arming ---- */

static int open_source(struct skald_daemon *daemon, struct skald_error *error)
{
	struct skald_module *module = &daemon->module;
	const struct skald_kmod_source_config config = {
		.buffer = daemon->options.buffer,
		.max_open = OPEN_MAX,
		.netns = netns_of,
		.classifier = classifier_of,
		.user = daemon,
		.names = module->names,
		.record_fd = module->record_fd,
	};
	int err;

	err = skald_kmod_source_open(&config, &module->feed.source, error);
	if (err)
		return err;
	module->feed.index = skald_spaces_index(&daemon->spaces);
	module->feed.name = "skald.ko";
	err = skald_reader_add(daemon->reader, &module->feed);
	if (!err)
		return 0;
	module->feed.source->ops->close(module->feed.source);
	module->feed.source = NULL;
	return skald_error_set(error, -err, "cannot read skald.ko's records");
}

int skald_module_use(struct skald_daemon *daemon, struct skald_error *error)
{
	struct skald_module *module = &daemon->module;
	int err;

	if (module->is_armed)
		return 0;
	err = skald_kmod_open(&module->kmod, error);
	if (err)
		return err;
	err = skald_kmod_info(&module->kmod, &module->info, error);
	if (!err)
		err = open_source(daemon, error);
	if (err) {
		skald_kmod_close(&module->kmod);
		return err;
	}
	module->is_armed = true;
	skald_log(LOG_INFO, "skald.ko %s is armed", module->info.release);
	return 0;
}

void skald_module_leave(struct skald_daemon *daemon)
{
	struct skald_module *module = &daemon->module;

	if (!module->is_armed || module->users)
		return;
	skald_reader_remove(daemon->reader, &module->feed);
	skald_kmod_close(&module->kmod);
	module->is_armed = false;
	skald_log(LOG_INFO, "skald.ko is disarmed");
}

int skald_module_add(struct skald_daemon *daemon,
		     const struct skald_classifier *classifier, uint32_t netns,
		     uint32_t *line, struct skald_error *error)
{
	struct skald_module *module = &daemon->module;
	struct skald_module_line *entry;
	int err;

	pthread_mutex_lock(&module->lock);
	err = skald_kmod_debug_add(&module->kmod, classifier, netns, line,
				   error);
	if (!err) {
		entry = &module->lines[*line % SKALD_MODULE_LINES];
		entry->line = *line;
		entry->id = classifier->id;
		module->users++;
	}
	pthread_mutex_unlock(&module->lock);
	return err;
}

void skald_module_delete(struct skald_daemon *daemon, uint32_t line,
			 struct skald_classifier_count *count)
{
	struct skald_module *module = &daemon->module;
	struct skald_classifier_count here = { 0 };
	struct skald_error error = { 0 };

	if (!skald_kmod_debug_count(&module->kmod, line, &here)) {
		count->seen += here.seen;
		count->marked += here.marked;
	}
	/* one whose time was over has gone by itself */
	if (skald_kmod_debug_delete(&module->kmod, line, &error))
		skald_log(LOG_DEBUG, "skald.ko: cannot delete line %u: %s",
			  line, error.text);
	module->users--;
	skald_module_leave(daemon);
}

json_t *skald_module_json(struct skald_daemon *daemon)
{
	struct skald_module *module = &daemon->module;
	struct skald_stats s = { 0 };

	if (!module->is_armed)
		return NULL;
	(void)skald_kmod_stats(&module->kmod, &s, NULL); /* zeros then */
	return json_pack(
		"{s:s, s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"release", module->info.release, "features",
		(json_int_t)module->info.features, "classifiers",
		(int)module->users, "marked", (json_int_t)s.marked, "born",
		(json_int_t)s.born, "known", (json_int_t)s.known, "full",
		(json_int_t)s.full, "orphans", (json_int_t)s.orphans, "stale",
		(json_int_t)s.stale, "unwrapped", (json_int_t)s.unwrapped,
		"emitted", (json_int_t)s.emitted, "lost", (json_int_t)s.lost);
}
