/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the daemon's command line
 */
#ifndef SKALD_TRACERD_OPTIONS_H
#define SKALD_TRACERD_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "classifier.h"

#define SKALD_DAEMON_DB "/var/lib/skald/skald.db"

/* Largest buffer of an event socket; the kernel doubles it. */
#define SKALD_BUFFER_MAX (1UL << 30)

/**
 * struct skald_options - what the command line said
 * @db: store, NULL in a private daemon: a temporary one
 * @socket: control socket to listen at
 * @netns: namespaces that classifiers are for unless they say otherwise:
 *	names, "all", or NULL for the daemon's own
 * @n_netns: how many; at least one
 * @buffer: size of an event socket's buffer in bytes, 0: the source's default
 * @queue: memory for stories that wait to be written, bytes
 * @retain_size: the store stays under it, bytes, 0: any
 * @retain_age_ns: older stories are deleted, 0: never
 * @private_fd: serve only this connected socket, -1: a daemon for all
 * @source: for classifiers that do not say
 * @record: file to keep what the kernel module sends in, NULL: none; for tests
 * @writer_delay_us: microseconds to waste on each story; for overload tests
 */
struct skald_options {
	const char *db;
	const char *socket;
	const char **netns;
	size_t n_netns;
	size_t buffer;
	size_t queue;
	uint64_t retain_size;
	uint64_t retain_age_ns;
	int private_fd;
	enum skald_source_wish source;
	const char *record;
	unsigned int writer_delay_us;
};

/**
 * skald_options_parse() - read the command line
 * @argc: as main() has it
 * @argv: as main() has it
 * @options: written; free with skald_options_done()
 *
 * Prints help, version and errors itself. Return: -1: go on, else exit status
 */
int skald_options_parse(int argc, char **argv, struct skald_options *options);
void skald_options_done(struct skald_options *options);

#endif /* SKALD_TRACERD_OPTIONS_H */
