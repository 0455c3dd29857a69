/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the kernel module, while classifiers use it
 *
 * The counterpart of a space for the kmod source: one for all namespaces. It is
 * armed with the first classifier and disarmed with the last. Main thread, but
 * for what the reader asks.
 */
#ifndef SKALD_TRACERD_MODULE_H
#define SKALD_TRACERD_MODULE_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "kmod_debug.h"
#include "kmod_names.h"
#include "reader.h"

struct skald_daemon;

#define SKALD_MODULE_LINES 4096

/**
 * struct skald_module_line - a line of the module's debug table that is ours
 * @line: its number there, 0: none
 * @id: classifier
 */
struct skald_module_line {
	uint32_t line;
	uint32_t id;
};

/**
 * struct skald_module - the module
 * @feed: its records
 * @kmod: connection that owns our lines; valid while @feed has been added
 * @info: what it said of itself
 * @names: what its numbers stand for; lives as long as the daemon
 * @users: lines in use
 * @is_armed: @feed is the reader's
 * @record_fd: where what it sends is kept, -1: nowhere
 * @lock: protects @lines; held while one is made, so that nobody asks for a
 *	line before it has an entry
 * @lines: by number modulo their count
 */
struct skald_module {
	struct skald_feed feed;
	struct skald_kmod kmod;
	struct skald_kmod_info info;
	struct skald_kmod_names *names;
	unsigned int users;
	bool is_armed;
	int record_fd;
	pthread_mutex_t lock;
	struct skald_module_line lines[SKALD_MODULE_LINES];
};

/* @record: file to keep what the module sends in, NULL: none. 0 or -ENOMEM */
int skald_module_init(struct skald_module *module, const char *record);
void skald_module_done(struct skald_module *module);

/* Arm it, unless it is. Return: 0, -ENOENT: not loaded, or another -errno */
int skald_module_use(struct skald_daemon *daemon, struct skald_error *error);
/* Disarm it when nothing uses it. */
void skald_module_leave(struct skald_daemon *daemon);

/* Add a line for a classifier. @netns: inode number, 0: all */
int skald_module_add(struct skald_daemon *daemon,
		     const struct skald_classifier *classifier, uint32_t netns,
		     uint32_t *line, struct skald_error *error);
/* Take it away; what it did is added to @count. */
void skald_module_delete(struct skald_daemon *daemon, uint32_t line,
			 struct skald_classifier_count *count);

/* {"release":…,"features":…,"classifiers":…}; NULL: not armed */
json_t *skald_module_json(struct skald_daemon *daemon);

#endif /* SKALD_TRACERD_MODULE_H */
