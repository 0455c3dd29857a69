/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: asking the kernel over netlink
 *
 * A *call* is a socket on which one request at a time is sent and its answer
 * read to the end: one message, or a dump of many.
 */
#ifndef SKALD_LIB_NETLINK_CALL_H
#define SKALD_LIB_NETLINK_CALL_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "error.h"
#include "netns.h"

/**
 * struct skald_call - a socket for asking
 * @fd: netlink socket
 * @seq: number of the newest request
 * @buffer: what was received last, heap
 * @unasked: called with messages that answer nothing while an answer is waited
 *	for; NULL: they are thrown away
 * @user: for @unasked
 */
struct skald_call {
	int fd;
	uint32_t seq;
	uint8_t *buffer;
	void (*unasked)(void *user, const struct nlmsghdr *nlh);
	void *user;
};

/**
 * skald_call_open() - make the socket in a namespace
 * @netns: the namespace
 * @protocol: NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_GENERIC
 * @call: written on success; give to skald_call_close()
 *
 * Return: 0 or -errno.
 */
int skald_call_open(const struct skald_netns *netns, int protocol,
		    struct skald_call *call);
void skald_call_close(struct skald_call *call);

/**
 * skald_call_do() - ask, and read the whole answer
 * @call: the socket
 * @request: with NLM_F_DUMP in its flags when it is to be a dump; its flags
 *	and sequence number are completed
 * @take: called with each message of the answer; the messages' attributes are
 *	not checked. Not 0: no more of it is wanted; the rest is read and thrown
 *	away. May be NULL.
 * @user: for @take
 *
 * Return: what @take returned when that is not 0; 0; the kernel's refusal as
 * -errno; -EINTR when what was dumped changed meanwhile; -EBADMSG when the
 * answer makes no sense.
 */
int skald_call_do(struct skald_call *call, struct nlmsghdr *request,
		  int (*take)(void *user, const struct nlmsghdr *nlh),
		  void *user);

/**
 * skald_call_ask() - skald_call_do() that tells why it was refused
 * @call: as there
 * @request: as there
 * @take: as there
 * @user: as there
 * @error: gets the kernel's words (NLMSGERR_ATTR_MSG), or those of strerror(3);
 *	what was asked is the caller's to say, before and behind them
 *
 * Return: as skald_call_do().
 */
int skald_call_ask(struct skald_call *call, struct nlmsghdr *request,
		   int (*take)(void *user, const struct nlmsghdr *nlh),
		   void *user, struct skald_error *error);

/**
 * skald_message_next() - messages that lie one after the other
 * @at: where the next one is; moved behind it
 * @left: bytes from there on; made smaller
 *
 * Unlike mnl_nlmsg_ok() it does not take a length above INT_MAX for a negative
 * one. Return: the message, whole; NULL when there is none: then @left is 0,
 * or the bytes there are no message.
 */
const struct nlmsghdr *skald_message_next(const uint8_t **at, size_t *left);

/**
 * skald_attrs_parse() - attributes by their type
 * @nlh: message
 * @header: bytes of the family's header before the attributes
 * @tb: written whole: the attribute of each type, NULL: not there
 * @n: size of @tb; attributes of higher types are left out
 */
void skald_attrs_parse(const struct nlmsghdr *nlh, size_t header,
		       const struct nlattr **tb, size_t n);
void skald_attrs_parse_nested(const struct nlattr *nest,
			      const struct nlattr **tb, size_t n);
/* The same for attributes that lie in @len bytes from @first on. */
void skald_attrs_parse_bytes(const void *first, size_t len,
			     const struct nlattr **tb, size_t n);

/* Values. Absent or of another length: NULL or 0. */
const char *skald_attr_string(const struct nlattr *attr);
uint8_t skald_attr_u8(const struct nlattr *attr);
uint32_t skald_attr_u32(const struct nlattr *attr);
/* Payload of exactly @len bytes, or NULL */
const void *skald_attr_bytes(const struct nlattr *attr, size_t len);

#endif /* SKALD_LIB_NETLINK_CALL_H */
