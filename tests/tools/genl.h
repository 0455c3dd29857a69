/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink for tools without libraries: one request, its attributes, and
 * walking through an answer. Everything fails with a line and exit status 1.
 */
#ifndef SKALD_TESTS_GENL_H
#define SKALD_TESTS_GENL_H

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GENL_BYTES 4096

struct genl_request {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	char attributes[GENL_BYTES];
};

static inline void genl_fail(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error));
	exit(1);
}

static inline int genl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)))
		genl_fail("generic netlink", errno);
	return fd;
}

static inline void genl_begin(struct genl_request *request, uint16_t family,
			      uint8_t command)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len =
		sizeof(request->header) + sizeof(request->genl);
	request->header.nlmsg_type = family;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->header.nlmsg_seq = 1;
	request->genl.cmd = command;
	request->genl.version = 1;
}

static inline struct nlattr *genl_put(struct genl_request *request, int type,
				      const void *data, size_t len)
{
	struct nlattr *attr =
		(void *)((char *)request + request->header.nlmsg_len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	request->header.nlmsg_len += NLA_ALIGN(attr->nla_len);
	return attr;
}

static inline void genl_put_u32(struct genl_request *request, int type,
				uint32_t value)
{
	genl_put(request, type, &value, sizeof(value));
}

/* The attributes put since then are inside of @nest. */
static inline void genl_end_nest(struct genl_request *request,
				 struct nlattr *nest)
{
	nest->nla_type |= NLA_F_NESTED;
	nest->nla_len =
		(char *)request + request->header.nlmsg_len - (char *)nest;
}

static inline void genl_send(int fd, const struct genl_request *request)
{
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		genl_fail("send", errno);
}

/* Return: the attribute of that type in a message, NULL when it has none */
static inline const struct nlattr *genl_find(const struct nlmsghdr *header,
					     int type)
{
	const char *at =
		(const char *)header + NLMSG_HDRLEN + sizeof(struct genlmsghdr);
	const char *end = (const char *)header + header->nlmsg_len;
	const struct nlattr *attr;

	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)at;
		if (attr->nla_len < NLA_HDRLEN)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	return NULL;
}

static inline const void *genl_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline size_t genl_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/* Return: id of a family; 0: there is none */
static inline uint16_t genl_family(int fd, const char *name)
{
	static char answer[16384];
	const struct nlmsghdr *header = (const void *)answer;
	struct genl_request request;
	const struct nlattr *attr;

	genl_begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	request.header.nlmsg_flags = NLM_F_REQUEST;
	genl_put(&request, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	genl_send(fd, &request);
	if (recv(fd, answer, sizeof(answer), 0) < 0)
		genl_fail("recv", errno);
	if (header->nlmsg_type == NLMSG_ERROR)
		return 0;
	attr = genl_find(header, CTRL_ATTR_FAMILY_ID);
	return attr ? *(const uint16_t *)genl_data(attr) : 0;
}

#endif /* SKALD_TESTS_GENL_H */
