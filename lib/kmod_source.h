/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the kmod source
 *
 * Collects the records of skald.ko: one socket for all namespaces, one message
 * for many records of one CPU. They are checked, counted (a CPU numbers its
 * records, the collection its messages), put in order and gathered into
 * stories. Live messages and recorded ones go the same way.
 *
 * A recorded stream is SKALD_STREAM_MAGIC, then for each netlink datagram as it
 * was received a struct skald_stream_head and its bytes.
 */
#ifndef SKALD_LIB_KMOD_SOURCE_H
#define SKALD_LIB_KMOD_SOURCE_H

#include <stddef.h>

#include "error.h"
#include "kmod_family.h"
#include "kmod_names.h"
#include "source.h"

#define SKALD_STREAM_MAGIC "skald records 1\n"

/**
 * struct skald_stream_head - before each datagram of a recorded stream
 * @len: bytes of the datagram
 * @_pad: 0
 * @now_ns: CLOCK_REALTIME when it was received
 * @offset_ns: CLOCK_REALTIME - CLOCK_MONOTONIC then
 *
 * In the byte order of the machine that recorded it, as are the messages.
 */
struct skald_stream_head {
	uint32_t len;
	uint32_t _pad;
	uint64_t now_ns;
	uint64_t offset_ns;
};

/**
 * struct skald_kmod_source_config - how to collect
 * @buffer: socket buffer in bytes, 0: 64 MiB
 * @max_open: packets followed at once
 * @netns: index of the namespace with that inode number, see kmod_lives.h
 * @classifier: our number of a line of the module's debug table; NULL: the same
 * @user: for @netns and @classifier
 * @names: learns what numbers stand for; outlives the source and its stories
 * @record_fd: what is received is written there as well, -1: nowhere; borrowed
 */
struct skald_kmod_source_config {
	size_t buffer;
	unsigned int max_open;
	uint32_t (*netns)(void *user, uint32_t inode);
	uint32_t (*classifier)(void *user, uint32_t line);
	void *user;
	struct skald_kmod_names *names;
	int record_fd;
};

/**
 * skald_kmod_source_open() - begin to collect
 * @config: how
 * @source: written on success
 * @error: why not, and what would help
 *
 * Arms the module's trace points. Return: 0, -ENOENT: not loaded, -EBUSY:
 * another collects, -EPROTO: another version, or another -errno.
 */
int skald_kmod_source_open(const struct skald_kmod_source_config *config,
			   struct skald_source **source,
			   struct skald_error *error);

/* A source without a socket, to be fed by hand. Return: 0 or -ENOMEM */
int skald_kmod_source_offline(const struct skald_kmod_source_config *config,
			      struct skald_source **source);
/* One datagram, as received. Hands over what is in order after it. */
void skald_kmod_source_feed(struct skald_source *source,
			    struct skald_assembler *assembler, const void *data,
			    size_t len, const struct skald_stream_head *head);
/**
 * skald_kmod_source_replay() - feed a recorded stream
 * @source: made by skald_kmod_source_offline()
 * @assembler: gets its stories, all of them: nothing stays open
 * @data: the stream, not trusted
 * @len: its length
 *
 * Return: 0, -EBADMSG when it is none or ends early: what came before counts.
 */
int skald_kmod_source_replay(struct skald_source *source,
			     struct skald_assembler *assembler,
			     const uint8_t *data, size_t len);

#endif /* SKALD_LIB_KMOD_SOURCE_H */
