// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink requests with their answers, for ruleset snapshots and routes.
 */
#include "netlink_call.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills at most 32 KiB of a dump at once. */
#define BUFFER_SIZE 65536

/* More than -MAX_ERRNO as error code of a message: nonsense. */
#define ERRNO_MAX 4095

/* The state of one answer. */
struct answer {
	int (*take)(void *user, const struct nlmsghdr *nlh);
	void *user;
	int result;
	bool was_interrupted;
	bool is_done;
};

int skald_call_open(const struct skald_netns *netns, int protocol,
		    struct skald_call *call)
{
	const struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	struct skald_call made = { 0 };
	int err;

	made.buffer = malloc(BUFFER_SIZE);
	if (!made.buffer)
		return -ENOMEM;
	made.fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW, protocol);
	if (made.fd < 0) {
		err = made.fd;
		goto err_buffer;
	}
	if (bind(made.fd, (const struct sockaddr *)&local, sizeof(local)) < 0) {
		err = -errno;
		goto err_fd;
	}
	*call = made;
	return 0;

err_fd:
	close(made.fd);
err_buffer:
	free(made.buffer);
	return err;
}

void skald_call_close(struct skald_call *call)
{
	if (!call->buffer)
		return;
	close(call->fd);
	free(call->buffer);
	memset(call, 0, sizeof(*call));
}

static int send_request(struct skald_call *call, struct nlmsghdr *request)
{
	ssize_t n;

	request->nlmsg_flags |= NLM_F_REQUEST;
	/* one bit of a dump's two is NLM_F_EXCL of a change */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	request->nlmsg_seq = ++call->seq;
	request->nlmsg_pid = 0;
	do {
		n = send(call->fd, request, request->nlmsg_len, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int receive(struct skald_call *call, size_t *len)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { call->buffer, BUFFER_SIZE };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1 };
	ssize_t n;

	do {
		n = recvmsg(call->fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (msg.msg_flags & MSG_TRUNC)
		return -EBADMSG;
	/* Any process may send to a netlink socket; only the kernel is 0. */
	*len = from.nl_pid ? 0 : (size_t)n;
	return 0;
}

/* NLMSG_ERROR and NLMSG_DONE: the code is 0 or a negative errno. */
static int end_code(const struct nlmsghdr *nlh)
{
	int code;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(code))
		return nlh->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&code, mnl_nlmsg_get_payload(nlh), sizeof(code));
	return code <= 0 && code >= -ERRNO_MAX ? code : -EBADMSG;
}

static void take_message(struct answer *answer, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->was_interrupted = true;

	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		int code = end_code(nlh);

		answer->is_done = true;
		if (!answer->result)
			answer->result = code;
		return;
	}
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE || answer->result)
		return;
	if (answer->take)
		answer->result = answer->take(answer->user, nlh);
}

const struct nlmsghdr *skald_message_next(const uint8_t **at, size_t *left)
{
	const struct nlmsghdr *nlh = (const void *)*at;
	size_t step;

	if (*left < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
	    nlh->nlmsg_len > *left)
		return NULL;
	step = MNL_ALIGN((size_t)nlh->nlmsg_len);
	if (step > *left)
		step = *left;
	*at += step;
	*left -= step;
	return nlh;
}

int skald_call_do(struct skald_call *call, struct nlmsghdr *request,
		  int (*take)(void *user, const struct nlmsghdr *nlh),
		  void *user)
{
	struct answer answer = { .take = take, .user = user };
	int err = send_request(call, request);

	while (!err && !answer.is_done) {
		const uint8_t *at = call->buffer;
		const struct nlmsghdr *nlh;
		size_t left = 0;

		err = receive(call, &left);
		while (!err && (nlh = skald_message_next(&at, &left))) {
			if (nlh->nlmsg_seq == call->seq)
				take_message(&answer, nlh);
		}
	}
	if (err)
		return err;
	if (answer.was_interrupted && !answer.result)
		return -EINTR;
	return answer.result;
}

void skald_attrs_parse_bytes(const void *first, size_t len,
			     const struct nlattr **tb, size_t n)
{
	const char *end = (const char *)first + len;
	const struct nlattr *attr = first;

	for (size_t i = 0; i < n; i++)
		tb[i] = NULL;
	while (mnl_attr_ok(attr, (int)(end - (const char *)attr))) {
		if (mnl_attr_get_type(attr) < n)
			tb[mnl_attr_get_type(attr)] = attr;
		attr = mnl_attr_next(attr);
	}
}

void skald_attrs_parse(const struct nlmsghdr *nlh, size_t header,
		       const struct nlattr **tb, size_t n)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	header = MNL_ALIGN(header);
	skald_attrs_parse_bytes(mnl_nlmsg_get_payload_offset(nlh, header),
				len > header ? len - header : 0, tb, n);
}

void skald_attrs_parse_nested(const struct nlattr *nest,
			      const struct nlattr **tb, size_t n)
{
	skald_attrs_parse_bytes(mnl_attr_get_payload(nest),
				mnl_attr_get_payload_len(nest), tb, n);
}

const char *skald_attr_string(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(attr);
}

const void *skald_attr_bytes(const struct nlattr *attr, size_t len)
{
	if (!attr || mnl_attr_get_payload_len(attr) != len)
		return NULL;
	return mnl_attr_get_payload(attr);
}

uint8_t skald_attr_u8(const struct nlattr *attr)
{
	const uint8_t *bytes = skald_attr_bytes(attr, sizeof(*bytes));

	return bytes ? *bytes : 0;
}

uint32_t skald_attr_u32(const struct nlattr *attr)
{
	const void *bytes = skald_attr_bytes(attr, sizeof(uint32_t));
	uint32_t number = 0;

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return number;
}
