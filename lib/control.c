// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client's end of the control socket: lines of JSON out and in.
 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE 65536

/**
 * struct skald_control - a connection to a daemon
 * @fd: stream socket
 * @data: what was read and is not taken yet
 * @start: first byte of it
 * @len: bytes read, from the buffer's beginning
 * @scanned: bytes that hold no line end
 * @size: allocated
 */
struct skald_control {
	int fd;
	char *data;
	size_t start;
	size_t len;
	size_t scanned;
	size_t size;
};

static const char *control_path(const char *path)
{
	const char *env = getenv("SKALD_SOCKET");

	if (path)
		return path;
	return env && *env ? env : SKALD_CONTROL_PATH;
}

int skald_control_connect(const char *path, struct skald_control **control,
			  struct skald_error *error)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;
	int err;

	path = control_path(path);
	if (strlen(path) >= sizeof(addr.sun_path))
		return skald_error_set(error, ENAMETOOLONG,
				       "the socket path %s is too long", path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return skald_error_set(error, errno,
				       "cannot make a socket: %m");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		err = skald_error_set(error, errno,
				      "no tracerd answers at %s: %m", path);
		if (err != -EACCES)
			skald_error_help(error,
					 "start one: systemctl start tracerd");
		goto err_close;
	}
	err = skald_control_adopt(fd, control);
	if (!err)
		return 0;
	err = skald_error_set(error, -err, "no memory");
err_close:
	close(fd);
	return err;
}

int skald_control_adopt(int fd, struct skald_control **control)
{
	struct skald_control *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fd = fd;
	*control = c;
	return 0;
}

void skald_control_close(struct skald_control *control)
{
	if (!control)
		return;
	close(control->fd);
	free(control->data);
	free(control);
}

int skald_control_fd(const struct skald_control *control)
{
	return control->fd;
}

static int send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int skald_control_send(struct skald_control *control, const json_t *request,
		       struct skald_error *error)
{
	char *line = json_dumps(request, JSON_COMPACT);
	size_t len;
	int err;

	if (!line)
		return skald_error_set(error, ENOMEM, "no memory");
	len = strlen(line);
	line[len] = '\n';
	err = send_all(control->fd, line, len + 1);
	free(line);
	if (err)
		return skald_error_set(error, -err, "cannot reach tracerd: %s",
				       strerror(-err));
	return 0;
}

/* Make room behind what was read; what was taken goes away. */
static int make_room(struct skald_control *control)
{
	size_t size = control->size ? control->size * 2 : READ_SIZE;
	char *data;

	if (control->start) {
		control->len -= control->start;
		control->scanned -= control->start;
		memmove(control->data, control->data + control->start,
			control->len);
		control->start = 0;
	}
	if (control->len < control->size)
		return 0;
	if (control->size >= 2 * SKALD_CONTROL_LINE)
		return -EBADMSG;
	data = realloc(control->data, size);
	if (!data)
		return -ENOMEM;
	control->data = data;
	control->size = size;
	return 0;
}

/* Return: a line, terminated, valid until the next read, or NULL: not whole */
static char *take_line(struct skald_control *control, size_t *len)
{
	char *line;
	char *end;

	if (control->scanned == control->len)
		return NULL;
	end = memchr(control->data + control->scanned, '\n',
		     control->len - control->scanned);
	if (!end) {
		control->scanned = control->len;
		return NULL;
	}
	line = control->data + control->start;
	*len = (size_t)(end - line);
	*end = '\0';
	control->start = (size_t)(end + 1 - control->data);
	control->scanned = control->start;
	return line;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int wait_readable(int fd, int64_t deadline_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int64_t left = deadline_ms < 0 ? -1 : deadline_ms - now_ms();
	int n;

	if (deadline_ms >= 0 && left < 0)
		left = 0;
	n = poll(&poll_fd, 1, (int)left);
	if (n < 0)
		return -errno;
	return n ? 0 : -EAGAIN;
}

static int read_more(struct skald_control *control, int64_t deadline_ms)
{
	ssize_t n;
	int err;

	err = make_room(control);
	if (err)
		return err;
	err = wait_readable(control->fd, deadline_ms);
	if (err)
		return err;
	n = recv(control->fd, control->data + control->len,
		 control->size - control->len, 0);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (!n)
		return -EPIPE;
	control->len += (size_t)n;
	return 0;
}

static int parse_line(const char *text, size_t len, json_t **line,
		      struct skald_error *error)
{
	json_error_t why;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!json)
		return skald_error_set(error, EBADMSG,
				       "tracerd sent a line that is no JSON: "
				       "%s",
				       why.text);
	if (!json_is_object(json)) {
		json_decref(json);
		return skald_error_set(error, EBADMSG,
				       "tracerd sent a line that is no object");
	}
	*line = json;
	return 0;
}

static int receive_error(int err, struct skald_error *error)
{
	switch (-err) {
	case EAGAIN:
		return skald_error_set(error, EAGAIN,
				       "tracerd did not answer in time");
	case EPIPE:
		return skald_error_set(error, EPIPE,
				       "tracerd closed the connection");
	case EBADMSG:
		return skald_error_set(error, EBADMSG,
				       "tracerd sent a line of more than %d "
				       "bytes",
				       SKALD_CONTROL_LINE);
	}
	return skald_error_set(error, -err, "cannot read from tracerd: %s",
			       strerror(-err));
}

int skald_control_receive(struct skald_control *control, int timeout_ms,
			  json_t **line, struct skald_error *error)
{
	int64_t deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	size_t len;
	char *text;
	int err;

	for (;;) {
		text = take_line(control, &len);
		if (text)
			return parse_line(text, len, line, error);
		err = read_more(control, deadline_ms);
		if (err)
			return receive_error(err, error);
	}
}

/* Turn a refusal into our words. Return: its errno, at least EREMOTEIO */
static int refusal(const json_t *answer, struct skald_error *error)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	const char *help = json_string_value(json_object_get(answer, "help"));
	const json_t *column = json_object_get(answer, "column");
	json_int_t number =
		json_integer_value(json_object_get(answer, "errno"));
	int err;

	err = skald_error_set(
		error, number > 0 && number < 4096 ? (int)number : EREMOTEIO,
		"%s", text ? text : "tracerd refused");
	if (help && *help)
		skald_error_help(error, "%s", help);
	if (error && json_is_integer(column) && json_integer_value(column) > 0)
		error->column = (int)json_integer_value(column);
	return err;
}

int skald_control_call(struct skald_control *control, const json_t *request,
		       json_t **answer, struct skald_error *error)
{
	json_t *line = NULL;
	int err;

	err = skald_control_send(control, request, error);
	/* A daemon that refuses before it reads has said why. */
	if (err && err != -EPIPE)
		return err;
	err = skald_control_receive(control, -1, &line, error);
	if (err)
		return err;
	if (!json_is_true(json_object_get(line, "ok"))) {
		err = refusal(line, error);
		json_decref(line);
		return err;
	}
	*answer = line;
	return 0;
}
