// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection to the control socket: buffers, posts, sending.
 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "command.h"
#include "control.h"
#include "daemon.h"
#include "json.h"
#include "log.h"
#include "story.h"

/* A line of those that may only ask for the status. */
#define LINE_OTHERS 4096
#define READ_SIZE 65536
/* Posts are turned into lines as long as less than this waits to be sent. */
#define OUT_LOW ((size_t)256 << 10)
/* Who lets this much wait is dropped. */
#define OUT_MAX ((size_t)8 << 20)
/* Memory for posts that a client has not read. */
#define WAITING_MAX ((size_t)256 << 20)
/* How much of what comes after a fatal error is read, and thrown away. */
#define IGNORED_MAX ((size_t)16 << 20)

/* ---- posts ---- */

static void release(struct skald_post *post)
{
	if (!--post->refs)
		free(post);
}

static bool is_wanted(const struct skald_client *client,
		      const struct skald_post *post)
{
	unsigned int i;

	if (!client->follows)
		return false;
	if (post->kind != SKALD_POST_STORY)
		return true;
	for (i = 0; i < post->n_ids; i++) {
		if (post->ids[i] == client->follows)
			return true;
	}
	return false;
}

void skald_client_post(struct skald_client *client, struct skald_post *post)
{
	struct skald_waiting *waiting;

	if (client->is_closing || !is_wanted(client, post))
		return;
	if (post->kind == SKALD_POST_STORY &&
	    client->waiting_bytes > WAITING_MAX) {
		client->missed++;
		return;
	}
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting) {
		client->missed++;
		return;
	}
	waiting->post = post;
	post->refs++;
	client->waiting_bytes += post->size;
	if (client->last)
		client->last->next = waiting;
	else
		client->first = waiting;
	client->last = waiting;
}

static struct skald_post *next_post(struct skald_client *client)
{
	struct skald_waiting *waiting = client->first;
	struct skald_post *post = waiting->post;

	client->first = waiting->next;
	if (!client->first)
		client->last = NULL;
	client->waiting_bytes -= post->size;
	free(waiting);
	return post;
}

static json_t *told_json(const struct skald_client *client,
			 const struct skald_packed *packed)
{
	struct skald_story story;
	json_t *json;

	if (skald_story_unpack(packed, &story))
		return NULL;
	story.host = client->daemon->host;
	story.shape = packed->shape_id;
	json = skald_json_story(&story, true);
	skald_story_done(&story);
	return json;
}

static json_t *post_json(const struct skald_client *client,
			 const struct skald_post *post)
{
	switch (post->kind) {
	case SKALD_POST_STORY:
		if (client->is_packed)
			return json_pack("{s:o}", "packed",
					 skald_control_packed(&post->packed));
		return json_pack("{s:o}", "story",
				 told_json(client, &post->packed));
	case SKALD_POST_LOSS:
		return json_pack("{s:{s:o, s:I, s:o}}", "loss", "netns",
				 skald_answer_text(post->netns), "count",
				 (json_int_t)post->count, "where",
				 skald_answer_text(post->text));
	case SKALD_POST_NOTICE:
		return json_pack("{s:o}", "notice",
				 skald_answer_text(post->text));
	case SKALD_POST_END:
		return json_pack("{s:o, s:b}", "notice",
				 skald_answer_text(post->text), "ended", 1);
	}
	return NULL;
}

/* ---- lines out ---- */

static int append_json(const char *data, size_t len, void *user)
{
	skald_buffer_put(user, data, len);
	return 0;
}

void skald_client_say(struct skald_client *client, json_t *line)
{
	if (line)
		json_dump_callback(line, append_json, &client->out,
				   JSON_COMPACT);
	if (line)
		skald_buffer_put_u8(&client->out, '\n');
	else
		skald_log(LOG_ERR, "no memory for a line to a client");
	json_decref(line);
	if (client->out.failed || client->out.len > OUT_MAX) {
		skald_log(LOG_WARNING,
			  "dropped a client that does not read (pid %d)",
			  (int)client->pid);
		client->is_gone = true;
	}
}

void skald_client_refuse(struct skald_client *client, int err,
			 const struct skald_error *error, bool is_fatal)
{
	skald_client_say(client, skald_answer_error(err, error));
	if (is_fatal)
		client->is_closing = true;
}

void skald_client_answer_later(struct skald_client *client, json_t *answer,
			       uint64_t at)
{
	client->answer = answer;
	client->answer_at = at;
}

static void say_missed(struct skald_client *client)
{
	skald_client_say(client,
			 json_pack("{s:s, s:I}", "notice",
				   "stories were left out here because they "
				   "were not read fast enough; the store has "
				   "them",
				   "missed", (json_int_t)client->missed));
	client->missed = 0;
}

/* Turn posts, or the answer behind them, into lines. */
static void fill(struct skald_client *client)
{
	while (client->first && client->out.len < OUT_LOW) {
		struct skald_post *post = next_post(client);

		skald_client_say(client, post_json(client, post));
		release(post);
	}
	if (client->first)
		return;
	if (client->missed)
		say_missed(client);
	if (client->answer &&
	    client->answer_at <= client->daemon->server.done) {
		skald_client_say(client, client->answer);
		client->answer = NULL;
	}
}

/* Return: whether everything was sent */
static bool send_out(struct skald_client *client)
{
	struct skald_buffer *out = &client->out;

	while (client->sent < out->len) {
		ssize_t n = send(client->watch.fd, out->data + client->sent,
				 out->len - client->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			client->is_gone |= errno != EAGAIN;
			return false;
		}
		client->sent += (size_t)n;
	}
	out->len = 0;
	client->sent = 0;
	return true;
}

/* ---- lines in ---- */

static size_t line_max(const struct skald_client *client)
{
	return client->may_all ? SKALD_CONTROL_LINE : LINE_OTHERS;
}

static void take_line(struct skald_client *client, const char *text, size_t len)
{
	struct skald_error error = { 0 };
	json_error_t why;
	json_t *request = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (json_is_object(request)) {
		skald_command(client, request);
	} else {
		skald_error_set(&error, EINVAL,
				"the line is no JSON object%s%s",
				request ? "" : ": ", request ? "" : why.text);
		skald_error_help(&error, "see docs/control.md");
		skald_client_refuse(client, -EINVAL, &error, true);
	}
	json_decref(request);
}

static void take_lines(struct skald_client *client)
{
	struct skald_buffer *in = &client->in;
	struct skald_error error = { 0 };
	size_t start = 0;

	while (!client->is_closing && !client->is_gone && !client->answer) {
		const uint8_t *end =
			memchr(in->data + start, '\n', in->len - start);

		if (!end || (size_t)(end - in->data) - start > line_max(client))
			break;
		take_line(client, (const char *)in->data + start,
			  (size_t)(end - in->data) - start);
		start = (size_t)(end + 1 - in->data);
	}
	in->len -= start;
	memmove(in->data, in->data + start, in->len);
	if (in->len > line_max(client) && !client->is_closing) {
		skald_error_set(&error, EMSGSIZE,
				"the line is longer than %zu bytes",
				line_max(client));
		skald_client_refuse(client, -EINVAL, &error, true);
	}
}

/* The peer says no more, but may still listen for its answers. */
static void read_end(struct skald_client *client)
{
	struct skald_error error = { 0 };

	client->has_ended = true;
	if (client->in.len && !client->is_closing) {
		skald_error_set(&error, EINVAL, "the line has no end");
		skald_client_refuse(client, -EINVAL, &error, true);
	}
	client->is_closing = true;
}

static void read_in(struct skald_client *client)
{
	uint8_t data[READ_SIZE];
	ssize_t n = recv(client->watch.fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0) {
		client->is_gone |= errno != EAGAIN;
		return;
	}
	if (!n) {
		read_end(client);
		return;
	}
	if (client->is_closing) {
		client->ignored += (size_t)n;
		client->is_gone |= client->ignored > IGNORED_MAX;
		return;
	}
	skald_buffer_put(&client->in, data, (size_t)n);
	if (client->in.failed)
		client->is_gone = true;
	else
		take_lines(client);
}

/* Requests that waited for an answer. Return: whether they made lines */
static bool resume(struct skald_client *client)
{
	if (client->answer || !client->in.len || client->is_closing)
		return false;
	take_lines(client);
	return client->out.len != 0;
}

/*
 * All is said. A peer that is still writing would stumble over a closed socket
 * before it reads why: it is listened to, a while.
 */
static void part(struct skald_client *client)
{
	if (client->has_ended || shutdown(client->watch.fd, SHUT_WR)) {
		client->is_gone = true;
		return;
	}
	skald_client_follow(client, 0, false);
	skald_entries_drop(client->daemon, client);
}

void skald_client_pump(struct skald_client *client)
{
	uint32_t events = client->has_ended ? 0 : EPOLLIN;

	do {
		fill(client);
		if (!send_out(client)) {
			events |= EPOLLOUT;
			break;
		}
	} while (client->first || resume(client));
	if (client->is_closing && !client->out.len && !client->answer)
		part(client);
	if (skald_loop_change(&client->daemon->loop, &client->watch, events))
		client->is_gone = true;
}

static void ready(struct skald_watch *watch, uint32_t events)
{
	struct skald_client *client = watch->user;

	/* Both directions are closed: there is nobody. */
	if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN))
		client->is_gone = true;
	if (events & EPOLLIN)
		read_in(client);
	if (!client->is_gone)
		skald_client_pump(client);
	if (client->is_gone)
		skald_client_free(client);
}

/* ---- life ---- */

static int peer(struct skald_client *client)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(client->watch.fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	client->pid = cred.pid;
	client->uid = cred.uid;
	client->may_all = !cred.uid || cred.uid == geteuid();
	return 0;
}

int skald_client_new(struct skald_daemon *daemon, int fd,
		     struct skald_client **client)
{
	struct skald_client *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->daemon = daemon;
	c->watch = (struct skald_watch){ .fd = fd, .ready = ready, .user = c };
	err = peer(c);
	if (!err)
		err = skald_loop_add(&daemon->loop, &c->watch, EPOLLIN);
	if (err) {
		free(c);
		return err;
	}
	c->next = daemon->server.clients;
	daemon->server.clients = c;
	daemon->server.n_clients++;
	*client = c;
	return 0;
}

void skald_client_adopt(struct skald_client *client, uint32_t id,
			bool is_packed)
{
	if (client->follows)
		skald_publisher_follow(client->daemon->publisher,
				       client->follows, -1);
	client->follows = id;
	client->is_packed = is_packed;
}

void skald_client_follow(struct skald_client *client, uint32_t id,
			 bool is_packed)
{
	skald_client_adopt(client, id, is_packed);
	if (id)
		skald_publisher_follow(client->daemon->publisher, id, 1);
}

static void unlink_client(struct skald_client *client)
{
	struct skald_client **link = &client->daemon->server.clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->daemon->server.n_clients--;
}

void skald_client_free(struct skald_client *client)
{
	struct skald_daemon *daemon = client->daemon;

	skald_loop_delete(&daemon->loop, &client->watch);
	unlink_client(client);
	skald_client_follow(client, 0, false);
	skald_entries_drop(daemon, client);
	while (client->first)
		release(next_post(client));
	close(client->watch.fd);
	skald_buffer_done(&client->in);
	skald_buffer_done(&client->out);
	json_decref(client->answer);
	free(client);
	if (daemon->options.private_fd >= 0)
		skald_loop_stop(&daemon->loop);
}
