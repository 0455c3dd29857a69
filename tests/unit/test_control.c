// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket's protocol: lines, calls, classifiers, packed stories.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"

/**
 * struct pair - a connection whose other end the test holds
 */
struct pair {
	struct skald_control *control;
	int peer;
};

static struct pair connected(void)
{
	struct pair pair;
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	cr_assert_eq(skald_control_adopt(ends[0], &pair.control), 0);
	pair.peer = ends[1];
	return pair;
}

static void disconnect(struct pair *pair)
{
	skald_control_close(pair->control);
	if (pair->peer >= 0)
		close(pair->peer);
}

static void peer_says(const struct pair *pair, const char *text)
{
	cr_assert_eq(write(pair->peer, text, strlen(text)),
		     (ssize_t)strlen(text));
}

static void peer_leaves(struct pair *pair)
{
	close(pair->peer);
	pair->peer = -1;
}

Test(control, a_line_in_pieces_is_one_line)
{
	struct pair pair = connected();
	struct skald_error error;
	json_t *line;

	peer_says(&pair, "{\"a\":");
	cr_assert_eq(skald_control_receive(pair.control, 0, &line, &error),
		     -EAGAIN);
	peer_says(&pair, "1}\n{\"a\":2}\n{");
	cr_assert_eq(skald_control_receive(pair.control, 0, &line, &error), 0);
	cr_assert_eq(json_integer_value(json_object_get(line, "a")), 1);
	json_decref(line);
	cr_assert_eq(skald_control_receive(pair.control, 0, &line, &error), 0);
	cr_assert_eq(json_integer_value(json_object_get(line, "a")), 2);
	json_decref(line);
	cr_assert_eq(skald_control_receive(pair.control, 0, &line, &error),
		     -EAGAIN);
	peer_leaves(&pair);
	cr_assert_eq(skald_control_receive(pair.control, -1, &line, &error),
		     -EPIPE);
	disconnect(&pair);
}

Test(control, what_is_no_object_is_a_bad_message)
{
	static const char *const bad[] = {
		"\n",	 "[]\n", "17\n", "{\"a\":}\n", "{\"a\":1,\"a\":2}\n",
		"\xff\n"
	};
	struct skald_error error;
	json_t *line;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pair pair = connected();

		peer_says(&pair, bad[i]);
		cr_assert_eq(skald_control_receive(pair.control, -1, &line,
						   &error),
			     -EBADMSG, "case %zu", i);
		cr_assert_neq(*error.text, '\0');
		disconnect(&pair);
	}
}

Test(control, a_line_without_end_is_refused)
{
	static char bytes[SKALD_CONTROL_LINE];
	struct pair pair = connected();
	struct skald_error error;
	json_t *line;
	size_t sent = 0;
	int err = -EAGAIN;

	memset(bytes, 'x', sizeof(bytes));
	while (err == -EAGAIN && sent < 4 * sizeof(bytes)) {
		ssize_t n = send(pair.peer, bytes, sizeof(bytes), MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		err = skald_control_receive(pair.control, 0, &line, &error);
	}
	cr_assert_eq(err, -EBADMSG);
	cr_assert_geq(sent, sizeof(bytes));
	disconnect(&pair);
}

Test(control, a_long_line_gets_through)
{
	size_t len = 700000;
	struct pair pair = connected();
	struct skald_error error;
	char *text = malloc(len + 16);
	json_t *line;
	size_t sent = 0;
	size_t size;
	int err = -EAGAIN;

	memset(text, 'x', len + 16);
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + len, "\"}\n", 3);
	size = len + 3;
	while (err == -EAGAIN) {
		ssize_t n =
			send(pair.peer, text + sent, size - sent, MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		err = skald_control_receive(pair.control, 0, &line, &error);
	}
	cr_assert_eq(err, 0);
	cr_assert_eq(json_string_length(json_object_get(line, "a")), len - 6);
	json_decref(line);
	free(text);
	disconnect(&pair);
}

Test(control, a_call_returns_the_answer)
{
	struct pair pair = connected();
	json_t *request = json_pack("{s:s}", "cmd", "status");
	struct skald_error error;
	char sent[64] = "";
	json_t *answer;

	peer_says(&pair, "{\"ok\":true,\"pid\":9}\n");
	cr_assert_eq(skald_control_call(pair.control, request, &answer, &error),
		     0);
	cr_assert_eq(json_integer_value(json_object_get(answer, "pid")), 9);
	cr_assert_gt(read(pair.peer, sent, sizeof(sent) - 1), 0);
	cr_assert_str_eq(sent, "{\"cmd\":\"status\"}\n");
	json_decref(answer);
	json_decref(request);
	disconnect(&pair);
}

Test(control, a_refusal_keeps_its_words_number_and_place)
{
	struct pair pair = connected();
	json_t *request = json_pack("{s:s}", "cmd", "add");
	struct skald_error error = { 0 };
	json_t *answer;

	peer_says(&pair, "{\"ok\":false,\"error\":\"no\",\"help\":\"do\","
			 "\"errno\":1,\"column\":7}\n");
	cr_assert_eq(skald_control_call(pair.control, request, &answer, &error),
		     -EPERM);
	cr_assert_str_eq(error.text, "no");
	cr_assert_str_eq(error.help, "do");
	cr_assert_eq(error.column, 7);
	json_decref(request);
	disconnect(&pair);
}

Test(control, a_daemon_that_failed_to_start_is_heard)
{
	struct pair pair = connected();
	json_t *request = json_pack("{s:s}", "cmd", "add");
	struct skald_error error = { 0 };
	json_t *answer;

	peer_says(&pair, "{\"ok\":false,\"error\":\"store is corrupt\","
			 "\"errno\":74}\n");
	peer_leaves(&pair);
	cr_assert_eq(skald_control_call(pair.control, request, &answer, &error),
		     -EBADMSG);
	cr_assert_str_eq(error.text, "store is corrupt");
	json_decref(request);
	disconnect(&pair);
}

Test(control, no_daemon_is_told_with_help)
{
	struct skald_control *control;
	struct skald_error error = { 0 };

	cr_assert_eq(skald_control_connect("/nonexistent/socket", &control,
					   &error),
		     -ENOENT);
	cr_assert(strstr(error.text, "/nonexistent/socket"));
	cr_assert_neq(*error.help, '\0');
}

Test(control, a_path_that_is_too_long_is_refused)
{
	struct skald_control *control;
	struct skald_error error;
	char path[300];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(skald_control_connect(path, &control, &error),
		     -ENAMETOOLONG);
}

static void free_classifier(struct skald_classifier *classifier)
{
	free(classifier->expression);
	free(classifier->iif);
	free(classifier->oif);
}

Test(control, a_classifier_survives_the_way)
{
	struct skald_classifier there = {
		.id = 7,
		.expression = (char *)"tcp port 443",
		.iif = (char *)"eth0",
		.hooks = SKALD_AT_OUTPUT,
		.rate = 5,
		.sample = 10,
		.first = 3,
		.expires_ns = 1795421934038431748ULL,
	};
	json_t *json = skald_control_classifier(&there);
	struct skald_classifier back;
	struct skald_error error;

	cr_assert_not_null(json);
	cr_assert_eq(skald_control_parse_classifier(json, &back, &error), 0);
	cr_assert_str_eq(back.expression, there.expression);
	cr_assert_str_eq(back.iif, "eth0");
	cr_assert_null(back.oif);
	cr_assert_eq(back.hooks, SKALD_AT_OUTPUT);
	cr_assert_eq(back.rate, 5);
	cr_assert_eq(back.sample, 10);
	cr_assert_eq(back.first, 3);
	cr_assert_eq(back.expires_ns, there.expires_ns);
	free_classifier(&back);
	json_decref(json);
}

Test(control, an_empty_wish_is_everything_at_a_safe_rate)
{
	json_t *json = json_object();
	struct skald_classifier c;
	struct skald_error error;

	cr_assert_eq(skald_control_parse_classifier(json, &c, &error), 0);
	cr_assert_str_eq(c.expression, "");
	cr_assert_eq(c.hooks, SKALD_AT_PREROUTING | SKALD_AT_OUTPUT);
	cr_assert_eq(c.rate, SKALD_RATE_DEFAULT);
	free_classifier(&c);
	json_decref(json);
}

Test(control, wrong_wishes_are_refused_by_name)
{
	static const struct {
		const char *text;
		const char *word;
	} cases[] = {
		{ "{\"expression\":5}", "expression" },
		{ "{\"rate\":-1}", "rate" },
		{ "{\"rate\":4294967296}", "rate" },
		{ "{\"rate\":1.5}", "rate" },
		{ "{\"sample\":\"2\"}", "sample" },
		{ "{\"first\":[]}", "first" },
		{ "{\"expires_ns\":true}", "expires_ns" },
		{ "{\"iif\":\"0123456789abcdef\"}", "iif" },
		{ "{\"oif\":{}}", "oif" },
		{ "{\"hook\":\"input\"}", "hook" },
		{ "{\"hook\":3,\"expression\":\"tcp\"}", "hook" },
	};
	struct skald_classifier classifier;
	struct skald_error error;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = json_loads(cases[i].text, 0, NULL);

		cr_assert_eq(skald_control_parse_classifier(json, &classifier,
							    &error),
			     -EINVAL, "%s", cases[i].text);
		cr_assert(strstr(error.text, cases[i].word), "%s: %s",
			  cases[i].text, error.text);
		json_decref(json);
	}
}

Test(control, a_packed_story_survives_the_way)
{
	uint8_t bytes[256];
	size_t shape_len;
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	/* Every remainder of base64, an empty part, and every byte. */
	for (shape_len = 0; shape_len < 256; shape_len++) {
		struct skald_packed there = {
			.id = 17,
			.start_ns = 1795421934038431748ULL,
			.duration_ns = 5,
			.generation = 9,
			.complete = true,
			.shape_id = 3,
			.shape = bytes,
			.shape_len = shape_len,
			.own = bytes + shape_len,
			.own_len = sizeof(bytes) - shape_len,
		};
		json_t *json = skald_control_packed(&there);
		struct skald_buffer buffer = { 0 };
		struct skald_packed back;

		cr_assert_eq(skald_control_parse_packed(json, &buffer, &back),
			     0);
		cr_assert_eq(back.id, 17);
		cr_assert_eq(back.start_ns, there.start_ns);
		cr_assert_eq(back.shape_id, 3);
		cr_assert(back.complete);
		cr_assert_eq(back.shape_len, shape_len);
		cr_assert_eq(back.own_len, there.own_len);
		cr_assert_arr_eq(back.shape, bytes, shape_len);
		cr_assert_arr_eq(back.own, bytes + shape_len, back.own_len);
		skald_buffer_done(&buffer);
		json_decref(json);
	}
}

Test(control, a_story_that_is_none_is_refused)
{
	static const char *const bad[] = {
		"{}",
		"{\"id\":1,\"start_ns\":1,\"duration_ns\":1,\"generation\":1,"
		"\"shape_id\":1,\"shape\":\"AAA\",\"own\":\"\"}",
		"{\"id\":1,\"start_ns\":1,\"duration_ns\":1,\"generation\":1,"
		"\"shape_id\":1,\"shape\":\"AA-A\",\"own\":\"\"}",
		"{\"id\":1,\"start_ns\":1,\"duration_ns\":1,\"generation\":1,"
		"\"shape_id\":1,\"shape\":\"AAAA\"}",
		"{\"id\":-1,\"start_ns\":1,\"duration_ns\":1,\"generation\":1,"
		"\"shape_id\":1,\"shape\":\"AAAA\",\"own\":\"\"}",
		"{\"id\":1.0,\"start_ns\":1,\"duration_ns\":1,\"generation\":1,"
		"\"shape_id\":1,\"shape\":\"AAAA\",\"own\":\"\"}",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *json = json_loads(bad[i], 0, NULL);
		struct skald_buffer buffer = { 0 };
		struct skald_packed packed;

		cr_assert_eq(skald_control_parse_packed(json, &buffer, &packed),
			     -EBADMSG, "case %zu", i);
		skald_buffer_done(&buffer);
		json_decref(json);
	}
}
