// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following packets through a tracerd, ours or the machine's.
 */
#include "follow.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "json.h"
#include "print.h"
#include "private.h"
#include "story.h"

/* The namespace of the process that asks. */
#define CALLERS_NETNS "."

/**
 * struct session - one run
 * @follow: what was asked for
 * @control: connection
 * @pid: our private tracerd, 0: it is not ours
 * @signal_fd: SIGINT and SIGTERM
 * @id: our classifier
 * @deadline_ms: CLOCK_MONOTONIC, 0: none
 * @sink: where stories are told
 * @host: name of this machine
 * @bytes: of the story at hand
 * @stories: stories shown
 * @incomplete: those with a gap
 * @lost: events lost
 * @missed: stories tracerd left out because we were slow
 * @over: the session ends
 * @is_broken: stdout takes nothing more
 */
struct session {
	const struct skald_follow *follow;
	struct skald_control *control;
	pid_t pid;
	int signal_fd;
	uint32_t id;
	int64_t deadline_ms;
	struct skald_sink sink;
	char host[256];
	struct skald_buffer bytes;
	uint64_t stories;
	uint64_t incomplete;
	uint64_t lost;
	uint64_t missed;
	bool over;
	bool is_broken;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- what comes back ---- */

static void show(struct session *session, const struct skald_story *story)
{
	char *line;

	if (!session->follow->is_json) {
		skald_print_story(story, &session->sink);
		putchar('\n');
	} else {
		line = skald_json_line(story, true);
		if (line)
			puts(line);
		free(line);
	}
	session->stories++;
	session->incomplete += !story->complete;
	if (session->follow->stories &&
	    session->stories >= session->follow->stories)
		session->over = true;
}

static int take_story(struct session *session, const json_t *json,
		      struct skald_error *error)
{
	uint64_t wanted = session->follow->stories;
	struct skald_packed packed;
	struct skald_story story;
	int err;

	if (wanted && session->stories >= wanted)
		return 0;
	err = skald_control_parse_packed(json, &session->bytes, &packed);
	if (!err)
		err = skald_story_unpack(&packed, &story);
	if (err)
		return skald_error_set(error, -err,
				       "tracerd sent a story that is none");
	story.host = session->host;
	story.shape = packed.shape_id;
	show(session, &story);
	skald_story_done(&story);
	return 0;
}

static void take_loss(struct session *session, const json_t *loss)
{
	const char *netns = json_string_value(json_object_get(loss, "netns"));
	const char *where = json_string_value(json_object_get(loss, "where"));
	json_int_t count = json_integer_value(json_object_get(loss, "count"));

	if (count < 0)
		return;
	session->lost += (uint64_t)count;
	fprintf(stderr, "skald: %s: %lld events lost: %s\n",
		netns ? netns : "?", (long long)count, where ? where : "?");
}

static void take_notice(struct session *session, const json_t *line,
			const json_t *notice)
{
	json_int_t missed = json_integer_value(json_object_get(line, "missed"));

	if (missed > 0)
		session->missed += (uint64_t)missed;
	fprintf(stderr, "skald: %s\n", json_string_value(notice));
	if (json_is_true(json_object_get(line, "ended")))
		session->over = true;
}

/* Return: 0, or -errno for a line that makes no sense */
static int take_line(struct session *session, const json_t *line,
		     struct skald_error *error)
{
	const json_t *packed = json_object_get(line, "packed");
	const json_t *loss = json_object_get(line, "loss");
	const json_t *notice = json_object_get(line, "notice");

	if (packed)
		return take_story(session, packed, error);
	if (loss)
		take_loss(session, loss);
	else if (json_is_string(notice))
		take_notice(session, line, notice);
	return 0;
}

/* ---- waiting ---- */

static int patience(const struct session *session)
{
	int64_t left;

	if (!session->deadline_ms)
		return -1;
	left = session->deadline_ms - now_ms();
	if (left < 0)
		return 0;
	return left < INT32_MAX ? (int)left : INT32_MAX;
}

/* Wait for a line, a signal, the end of time or of whoever reads us. */
static void wait_for(struct session *session)
{
	struct pollfd fds[] = {
		{ .fd = skald_control_fd(session->control), .events = POLLIN },
		{ .fd = session->signal_fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	int timeout = patience(session);

	if (fflush(stdout) || ferror(stdout))
		session->is_broken = true;
	if (!session->is_broken && poll(fds, 3, timeout) > 0) {
		session->over |= fds[1].revents != 0;
		session->is_broken |= (fds[2].revents & POLLERR) != 0;
	}
	session->over |= session->is_broken || !patience(session);
}

static int listen_for_stories(struct session *session,
			      struct skald_error *error)
{
	json_t *line;
	int err;

	while (!session->over) {
		err = skald_control_receive(session->control, 0, &line, error);
		if (err == -EAGAIN || err == -EINTR) {
			wait_for(session);
			continue;
		}
		if (err)
			return err;
		err = take_line(session, line, error);
		json_decref(line);
		if (err)
			return err;
		session->over |= !patience(session);
	}
	return 0;
}

/* ---- beginning and end ---- */

/* With a store of one's own, or where none runs, a private one. */
static int reach(struct session *session, struct skald_error *error)
{
	int err = -ENOENT;

	if (!session->follow->db)
		err = skald_control_connect(NULL, &session->control, error);
	if (err == -ENOENT || err == -ECONNREFUSED)
		err = skald_private_start(session->follow->db,
					  &session->control, &session->pid,
					  error);
	return err;
}

static int arm(struct session *session, json_t **answer,
	       struct skald_error *error)
{
	json_t *request = skald_wish_request(&session->follow->wish);
	json_int_t id;
	int err;

	if (!request)
		return skald_error_set(error, ENOMEM, "no memory");
	if (!session->follow->wish.netns)
		json_object_set_new(request, "netns",
				    json_string(CALLERS_NETNS));
	json_object_set_new(request, "follow", json_string("packed"));
	err = skald_control_call(session->control, request, answer, error);
	json_decref(request);
	if (err)
		return err;
	id = json_integer_value(json_object_get(*answer, "id"));
	session->id = (uint32_t)id;
	return 0;
}

/* "in netns a, b", "in 12 network namespaces" */
static void say_following(const struct session *session, const json_t *answer)
{
	const char *expression = session->follow->wish.expression;
	const json_t *names = json_object_get(answer, "namespaces");
	const char *source =
		json_string_value(json_object_get(answer, "source"));
	size_t n = json_array_size(names);
	size_t i;

	fprintf(stderr, "following %s%s%s in ", *expression ? "\"" : "",
		*expression ? expression : "everything",
		*expression ? "\"" : "");
	if (n > 4)
		fprintf(stderr, "%zu network namespaces", n);
	else
		fprintf(stderr, "netns ");
	for (i = 0; n <= 4 && i < n; i++) {
		const char *name = json_string_value(json_array_get(names, i));

		fprintf(stderr, "%s%s", i ? ", " : "", name ? name : "?");
	}
	fprintf(stderr, " by %s (Ctrl-C ends)\n",
		source && !strcmp(source, "kmod") ? "skald.ko" : "nf_tables");
}

/* It may come yet, but is more likely misspelt. */
static void say_missing(const struct skald_wish *wish, const char *device)
{
	if (device && !wish->netns && !if_nametoindex(device))
		fprintf(stderr,
			"skald: there is no interface \"%s\" here yet\n",
			device);
}

/* Take the classifier away and the last stories in. @answer: NULL: gone */
static int disarm(struct session *session, json_t **answer,
		  struct skald_error *error)
{
	json_t *request = json_pack("{s:s, s:I}", "cmd", "delete", "id",
				    (json_int_t)session->id);
	json_t *line;
	int err;

	*answer = NULL;
	err = skald_control_send(session->control, request, error);
	json_decref(request);
	while (!err && !*answer) {
		err = skald_control_receive(session->control, -1, &line, error);
		if (err)
			break;
		if (json_object_get(line, "ok")) {
			*answer = line;
			break;
		}
		err = take_line(session, line, error);
		json_decref(line);
	}
	return err;
}

static void say_summary(const struct session *session, const json_t *answer)
{
	json_int_t seen = json_integer_value(json_object_get(answer, "seen"));
	json_int_t marked =
		json_integer_value(json_object_get(answer, "marked"));

	fprintf(stderr,
		"skald: %" PRIu64 " stories, %" PRIu64 " incomplete, %" PRIu64
		" events lost",
		session->stories, session->incomplete, session->lost);
	if (session->missed)
		fprintf(stderr, ", %" PRIu64 " stories not shown",
			session->missed);
	if (seen > marked)
		fprintf(stderr, ", %lld packets not marked (%s)",
			(long long)(seen - marked),
			session->follow->wish.sample > 1
				? "sampling, rate limit"
				: "rate limit, see -r");
	fputc('\n', stderr);
	if (!session->stories && !seen)
		fprintf(stderr, "skald: no packet came; \"skald doctor\" may "
				"know why\n");
}

static int watch_signals(struct session *session)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	session->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return session->signal_fd < 0 ? -errno : 0;
}

/* From here on a second Ctrl-C is deadly again. */
static void unwatch_signals(struct session *session)
{
	struct signalfd_siginfo info;
	sigset_t set;

	/* The one that ended us must not come again. */
	while (read(session->signal_fd, &info, sizeof(info)) > 0)
		;
	close(session->signal_fd);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int follow(struct session *session, struct skald_error *error)
{
	uint64_t seconds = session->follow->seconds;
	json_t *answer = NULL;
	int err;

	err = arm(session, &answer, error);
	if (err)
		return err;
	say_following(session, answer);
	say_missing(&session->follow->wish, session->follow->wish.iif);
	say_missing(&session->follow->wish, session->follow->wish.oif);
	json_decref(answer);
	if (seconds)
		session->deadline_ms = now_ms() + (int64_t)(seconds * 1000);
	err = listen_for_stories(session, error);
	unwatch_signals(session);
	if (!err)
		err = disarm(session, &answer, error);
	if (err)
		return err;
	say_summary(session, answer);
	json_decref(answer);
	return 0;
}

static int failed(const struct session *session, int err,
		  const struct skald_error *error)
{
	const char *db = session->follow->db;

	(void)skald_fail(error);
	skald_show_place(session->follow->wish.expression, error->column);
	if (err == -EPIPE)
		fprintf(stderr,
			"skald: it was ended or killed; %" PRIu64
			" stories came before%s%s\n",
			session->stories, db ? ", and are in " : "",
			db ? db : "");
	return err == -EINVAL ? SKALD_EXIT_USAGE : SKALD_EXIT_CANNOT;
}

int skald_follow_run(const struct skald_follow *wish)
{
	struct session session = { .follow = wish };
	struct skald_error error = { 0 };
	int err;

	skald_term_sink(&session.sink, stdout);
	session.sink.verbose = wish->is_verbose;
	if (gethostname(session.host, sizeof(session.host) - 1))
		strcpy(session.host, "localhost");
	if (watch_signals(&session)) {
		perror("skald: signalfd");
		return SKALD_EXIT_CANNOT;
	}
	err = reach(&session, &error);
	if (!err)
		err = follow(&session, &error);
	skald_control_close(session.control);
	if (session.pid)
		skald_private_wait(session.pid);
	skald_buffer_done(&session.bytes);
	if (err)
		return failed(&session, err, &error);
	return session.stories ? SKALD_EXIT_DONE : SKALD_EXIT_NOTHING;
}
