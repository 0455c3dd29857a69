// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracerd's end of the control socket: flags:u8, then what a client sends.
 * Everything between the socket and the debug table is tracerd's own code; the
 * debug table, reader and writer are stood in for here.
 *
 * Flags: 1 the client is root; 2 stories come while it speaks; 4 what it sends
 * comes in two pieces; 8 it hangs up before its answers are there.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "fuzz.h"
#include "log.h"
#include "sample_story.h"

#define STREAM_MAX 65536
#define ENTRIES_MAX 20

enum flag {
	IS_ROOT = 1,
	HAS_STORIES = 2,
	IN_PIECES = 4,
	HANGS_UP = 8,
};

static struct skald_daemon daemon_;
static struct skald_packed story_;

/* ---- what stands in for the rest of the daemon ---- */

struct skald_entry *skald_entries_find(struct skald_daemon *daemon, uint32_t id)
{
	struct skald_entry *entry = daemon->entries.head;

	while (entry && entry->classifier.id != id)
		entry = entry->next;
	return entry;
}

int skald_entries_add(struct skald_daemon *daemon,
		      struct skald_entry_wish *wish,
		      const struct skald_entry **entry,
		      struct skald_error *error)
{
	struct skald_entry *made = calloc(1, sizeof(*made));

	fuzz_check(made && wish->classifier.expression);
	fuzz_check(!wish->netns || *wish->netns);
	if (daemon->entries.last_id == ENTRIES_MAX) {
		skald_classifier_done(&wish->classifier);
		free(made);
		return skald_error_set(error, ENOSPC, "enough");
	}
	made->classifier = wish->classifier;
	made->classifier.id = ++daemon->entries.last_id;
	made->owner = wish->owner;
	made->next = daemon->entries.head;
	daemon->entries.head = made;
	fuzz_check(!skald_publisher_add(daemon->publisher, made->classifier.id,
					made->classifier.first,
					wish->followers));
	*entry = made;
	return 0;
}

static void free_entry(struct skald_daemon *daemon, struct skald_entry **link)
{
	struct skald_entry *entry = *link;

	*link = entry->next;
	skald_publisher_remove(daemon->publisher, entry->classifier.id);
	skald_classifier_done(&entry->classifier);
	free(entry);
}

int skald_entries_delete(struct skald_daemon *daemon, uint32_t id,
			 const char *text, struct skald_classifier_count *count,
			 uint64_t *at)
{
	struct skald_entry **link = &daemon->entries.head;

	while (*link && (*link)->classifier.id != id)
		link = &(*link)->next;
	if (!*link)
		return -ENOENT;
	skald_server_ended(daemon, id, text ? text : "somebody deleted it");
	free_entry(daemon, link);
	count->seen = count->marked = id;
	*at = daemon->server.done + 1;
	return 0;
}

void skald_entries_drop(struct skald_daemon *daemon, const void *owner)
{
	struct skald_entry **link = &daemon->entries.head;

	while (*link) {
		if ((*link)->owner == owner)
			free_entry(daemon, link);
		else
			link = &(*link)->next;
	}
}

void skald_entries_progress(struct skald_daemon *daemon, uint64_t done)
{
}

void skald_entry_count(struct skald_daemon *daemon,
		       const struct skald_entry *entry,
		       struct skald_classifier_count *count)
{
	count->seen = count->marked = 1;
}

json_t *skald_entry_namespaces(struct skald_daemon *daemon,
			       const struct skald_entry *entry)
{
	return json_pack("[s]", "host");
}

void skald_reader_stats(struct skald_reader *reader,
			struct skald_reader_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

void skald_writer_stats(struct skald_writer *writer,
			struct skald_writer_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

json_t *skald_module_json(struct skald_daemon *daemon)
{
	return NULL;
}

/* ---- the client ---- */

static void check_line(const char *text, size_t len)
{
	json_error_t error;
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	const json_t *ok = json_object_get(line, "ok");

	fuzz_check(json_is_object(line));
	fuzz_check(ok || json_object_get(line, "story") ||
		   json_object_get(line, "packed") ||
		   json_object_get(line, "loss") ||
		   json_object_get(line, "notice"));
	if (json_is_false(ok))
		fuzz_check(*json_string_value(json_object_get(line, "error")));
	json_decref(line);
}

/* Read what has come so far, whole lines but for the last. */
static void hear(int fd, struct skald_buffer *heard)
{
	size_t start = 0;
	uint8_t piece[16384];
	uint8_t *end;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		skald_buffer_put(heard, piece, (size_t)n);
	while (heard->len > start &&
	       (end = memchr(heard->data + start, '\n', heard->len - start))) {
		check_line((const char *)heard->data + start,
			   (size_t)(end - heard->data) - start);
		start = (size_t)(end + 1 - heard->data);
	}
	if (start)
		memmove(heard->data, heard->data + start, heard->len - start);
	heard->len -= start;
}

static void publish(void)
{
	const uint32_t ids[] = { 1, 2 };
	struct skald_post *posts = NULL;

	if (skald_publisher_count(daemon_.publisher, ids, 2, true)) {
		posts = skald_post_story(&story_, ids, 2);
		posts->next = skald_post_text(SKALD_POST_LOSS, 7, "host",
					      "netlink\xff");
	}
	skald_publisher_put(daemon_.publisher, posts, daemon_.server.done + 1);
	skald_server_distribute(&daemon_);
}

/* One round: the daemon reads what is there and answers. */
static void turn(int fd, unsigned int flags, struct skald_buffer *heard)
{
	struct skald_client *client = daemon_.server.clients;

	if (client)
		client->watch.ready(&client->watch, EPOLLIN);
	if (flags & HAS_STORIES)
		publish();
	hear(fd, heard);
}

static void speak(int fd, const uint8_t *data, size_t size)
{
	/* The daemon may have hung up already. */
	ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	fuzz_check(n == (ssize_t)size || !daemon_.server.clients);
}

static void talk(int fd, unsigned int flags, struct fuzz_input *input)
{
	size_t half = flags & IN_PIECES ? input->size / 2 : input->size;
	struct skald_buffer heard = { 0 };
	unsigned int i;

	speak(fd, input->data, half);
	turn(fd, flags, &heard);
	speak(fd, input->data + half, input->size - half);
	turn(fd, flags, &heard);
	(void)shutdown(fd, flags & HANGS_UP ? SHUT_RDWR : SHUT_WR);
	for (i = 0; daemon_.server.clients; i++) {
		fuzz_check(i < STREAM_MAX);
		turn(fd, flags, &heard);
		publish();
	}
	hear(fd, &heard);
	fuzz_check(flags & HANGS_UP || !heard.len);
	skald_buffer_done(&heard);
}

static void make_story(void)
{
	static struct skald_buffer shape, own;
	struct skald_story story;

	sample_story(&story);
	fuzz_check(!skald_story_pack(&story, &shape, &own, &story_));
	skald_story_done(&story);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	skald_log_limit(-1);
	make_story();
	daemon_.options.private_fd = -1;
	daemon_.server.listening.fd = -1;
	strcpy(daemon_.host, "host");
	fuzz_check(!skald_loop_init(&daemon_.loop));
	fuzz_check(!skald_queue_new(1 << 20, &daemon_.queue));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	unsigned int flags = fuzz_take_u8(&input);
	struct skald_client *client;
	int fds[2];

	if (size > STREAM_MAX)
		return 0;
	fuzz_check(!skald_publisher_new(&daemon_.publisher));
	fuzz_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	fuzz_check(!skald_client_new(&daemon_, fds[0], &client));
	client->may_all = flags & IS_ROOT;
	talk(fds[1], flags, &input);
	close(fds[1]);
	while (daemon_.entries.head)
		free_entry(&daemon_, &daemon_.entries.head);
	daemon_.entries.last_id = 0;
	daemon_.server.done = 0;
	skald_publisher_free(daemon_.publisher);
	return 0;
}
