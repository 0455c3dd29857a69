/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the control socket's protocol
 *
 * A Unix stream socket, one JSON object a line in both directions; a line is at
 * most SKALD_CONTROL_LINE bytes. Requests carry "cmd"; answers carry "ok", and
 * on failure "error", "help" and "code" (an exit status). docs/control.md has
 * every command. Peer credentials: root and the owner of the daemon may do
 * everything, others only "status".
 *
 *	{"cmd":"add","expression":"tcp port 443","rate":1000,...}
 *		-> {"ok":true,"id":3,"namespaces":["host"]}
 *		with "follow":"story" or "packed": as if "follow" came with it
 *	{"cmd":"delete","id":3}	-> {"ok":true,"seen":12,"marked":12}
 *	{"cmd":"list"}		-> {"ok":true,"classifiers":[...]}
 *	{"cmd":"status"}	-> {"ok":true,...}
 *	{"cmd":"follow","id":3}	-> {"ok":true}, then one line a story:
 *		{"story":{...}} as each ends, {"loss":{...}}, {"notice":"..."};
 *		with "form":"packed" {"packed":{...}} instead of "story";
 *		the classifiers made on the same connection go with it
 */
#ifndef SKALD_LIB_CONTROL_H
#define SKALD_LIB_CONTROL_H

#include <jansson.h>

#include "classifier.h"
#include "error.h"
#include "story.h"

#define SKALD_CONTROL_PATH "/run/skald/tracerd.sock"
#define SKALD_CONTROL_LINE (1 << 20)

struct skald_control;

/* Connect to a daemon. @path NULL: $SKALD_SOCKET, else SKALD_CONTROL_PATH. */
int skald_control_connect(const char *path, struct skald_control **control,
			  struct skald_error *error);
/* Take over a connected socket (socketpair of a private tracerd). */
int skald_control_adopt(int fd, struct skald_control **control);
void skald_control_close(struct skald_control *control);
int skald_control_fd(const struct skald_control *control);

/* Send one request. Borrows @request. */
int skald_control_send(struct skald_control *control, const json_t *request,
		       struct skald_error *error);
/**
 * skald_control_receive() - next line
 * @control: the connection
 * @timeout_ms: -1: for ever
 * @line: a new reference
 * @error: in words
 *
 * Return: 0, -EAGAIN when the time is up, -EPIPE when the peer is gone,
 * -EBADMSG when it does not speak the protocol.
 */
int skald_control_receive(struct skald_control *control, int timeout_ms,
			  json_t **line, struct skald_error *error);
/* Send, and wait for the answer. Return: 0, or -errno of the peer's refusal
 * with its words */
int skald_control_call(struct skald_control *control, const json_t *request,
		       json_t **answer, struct skald_error *error);

/* A classifier's wishes as JSON, and back. The programs are not in it. */
json_t *skald_control_classifier(const struct skald_classifier *classifier);
int skald_control_parse_classifier(const json_t *json,
				   struct skald_classifier *classifier,
				   struct skald_error *error);

/**
 * skald_control_packed() - a packed story as JSON
 * @packed: the story
 *
 * Its bytes as base64: a tenth of the size of the told story, and unpacked by
 * the one function that also reads the store.
 *
 * Return: a new reference, or NULL when there is no memory
 */
json_t *skald_control_packed(const struct skald_packed *packed);
/**
 * skald_control_parse_packed() - and back
 * @json: from the peer, not trusted
 * @bytes: emptied, then holds what @packed points into
 * @packed: written on success
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int skald_control_parse_packed(const json_t *json, struct skald_buffer *bytes,
			       struct skald_packed *packed);

#endif /* SKALD_LIB_CONTROL_H */
