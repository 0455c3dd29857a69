// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client's end of the control socket: lines of a daemon that is not one.
 * What is a classifier or a packed story is read, written and read again.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "tell.h"

/* What a socket takes at once, with room to spare */
#define STREAM_MAX 65536

static void free_classifier(struct skald_classifier *classifier)
{
	free(classifier->expression);
	free(classifier->iif);
	free(classifier->oif);
}

static void try_classifier(const json_t *line)
{
	struct skald_classifier classifier, again;
	struct skald_error error = { 0 };
	json_t *json, *json_again;

	if (skald_control_parse_classifier(line, &classifier, &error)) {
		fuzz_check(*error.text);
		return;
	}
	json = skald_control_classifier(&classifier);
	fuzz_check(json);
	fuzz_check(!skald_control_parse_classifier(json, &again, &error));
	json_again = skald_control_classifier(&again);
	fuzz_check(json_equal(json, json_again));
	json_decref(json);
	json_decref(json_again);
	free_classifier(&classifier);
	free_classifier(&again);
}

static void try_packed(const json_t *line)
{
	struct skald_buffer bytes = { 0 }, bytes_again = { 0 };
	struct skald_packed packed, again;
	struct skald_story story;
	json_t *json;

	if (!skald_control_parse_packed(line, &bytes, &packed)) {
		json = skald_control_packed(&packed);
		fuzz_check(json);
		fuzz_check(!skald_control_parse_packed(json, &bytes_again,
						       &again));
		fuzz_check(packed.shape_hash == again.shape_hash);
		fuzz_check(bytes.len == bytes_again.len);
		fuzz_check(!bytes.len ||
			   !memcmp(bytes.data, bytes_again.data, bytes.len));
		json_decref(json);
		if (!skald_story_unpack(&packed, &story)) {
			tell_people(&story);
			skald_story_done(&story);
		}
	}
	skald_buffer_done(&bytes);
	skald_buffer_done(&bytes_again);
}

static void try_line(json_t *line)
{
	const json_t *packed = json_object_get(line, "packed");

	try_classifier(line);
	try_packed(packed ? packed : line);
	json_decref(line);
}

static struct skald_control *connect_to(const uint8_t *data, size_t size)
{
	struct skald_control *control;
	int fds[2];

	fuzz_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	fuzz_check(send(fds[1], data, size, MSG_DONTWAIT) == (ssize_t)size);
	/* Nothing more comes, but requests can be sent. */
	fuzz_check(!shutdown(fds[1], SHUT_WR));
	fuzz_check(!skald_control_adopt(fds[0], &control));
	close(fds[1]);
	return control;
}

/* The first line as an answer; its peer is gone already. */
static void call(const uint8_t *data, size_t size)
{
	struct skald_control *control = connect_to(data, size);
	struct skald_error error = { 0 };
	json_t *request = json_object();
	json_t *answer = NULL;
	int err = skald_control_call(control, request, &answer, &error);

	fuzz_check(!err == (answer != NULL));
	fuzz_check(!err || *error.text);
	json_decref(request);
	json_decref(answer);
	skald_control_close(control);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_control *control;
	struct skald_error error = { 0 };
	json_t *line;
	int err;

	if (size > STREAM_MAX)
		return 0;
	call(data, size);
	control = connect_to(data, size);
	do {
		err = skald_control_receive(control, 0, &line, &error);
		if (!err)
			try_line(line);
	} while (!err || err == -EBADMSG);
	fuzz_check(err == -EPIPE);
	skald_control_close(control);
	return 0;
}
