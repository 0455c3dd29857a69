/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a client of the control socket
 *
 * Lines in, lines out. What a client does not read waits in bounded memory:
 * stories beyond it are left out, counted and said; a client that does not read
 * its answers is dropped.
 */
#ifndef SKALD_TRACERD_CLIENT_H
#define SKALD_TRACERD_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "event.h"
#include "loop.h"
#include "publish.h"

struct skald_daemon;

/**
 * struct skald_waiting - a post that waits for a client
 * @next: in the client's list
 * @post: counted reference
 */
struct skald_waiting {
	struct skald_waiting *next;
	struct skald_post *post;
};

/**
 * struct skald_client - a connection
 * @watch: its socket
 * @daemon: whose client
 * @next: in the server's list
 * @pid: process at the other end, in our pid namespace
 * @uid: its user
 * @may_all: may do more than ask for the status
 * @in: bytes read, not yet taken
 * @out: lines to send
 * @sent: bytes of @out that are sent
 * @first: oldest post that waits
 * @last: newest one
 * @waiting_bytes: memory of the posts
 * @missed: stories left out since the last notice
 * @follows: classifier, 0: none
 * @is_packed: wants packed stories
 * @has_ended: says no more
 * @is_closing: to be closed when everything is sent
 * @ignored: bytes that came after a fatal error
 * @is_gone: to be freed
 * @answer: answer that waits for stories, or NULL
 * @answer_at: batch of the queue whose stories come before it
 */
struct skald_client {
	struct skald_watch watch;
	struct skald_daemon *daemon;
	struct skald_client *next;
	pid_t pid;
	uid_t uid;
	bool may_all;
	struct skald_buffer in;
	struct skald_buffer out;
	size_t sent;
	struct skald_waiting *first;
	struct skald_waiting *last;
	size_t waiting_bytes;
	uint64_t missed;
	uint32_t follows;
	bool is_packed;
	bool has_ended;
	bool is_closing;
	size_t ignored;
	bool is_gone;
	json_t *answer;
	uint64_t answer_at;
};

/* Takes over @fd on success. */
int skald_client_new(struct skald_daemon *daemon, int fd,
		     struct skald_client **client);
/* Also disarms what goes with it. */
void skald_client_free(struct skald_client *client);

/* Queue a line. Takes over the reference @line. */
void skald_client_say(struct skald_client *client, json_t *line);
/* {"ok":false,...}; @is_fatal: then close */
void skald_client_refuse(struct skald_client *client, int err,
			 const struct skald_error *error, bool is_fatal);
/* Queue an answer behind all stories up to a batch. Takes over @answer. */
void skald_client_answer_later(struct skald_client *client, json_t *answer,
			       uint64_t at);
/* Give it a post, unless it is a story of a classifier it does not follow. */
void skald_client_post(struct skald_client *client, struct skald_post *post);
void skald_client_follow(struct skald_client *client, uint32_t id,
			 bool is_packed);
/* The same for a classifier that counts it as a follower already. */
void skald_client_adopt(struct skald_client *client, uint32_t id,
			bool is_packed);
/* Send what can be sent without waiting. */
void skald_client_pump(struct skald_client *client);

#endif /* SKALD_TRACERD_CLIENT_H */
