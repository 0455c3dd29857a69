/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: changing nf_tables
 *
 * A socket that transactions go through, and batches of messages to send. A
 * batch is all or nothing. Building never fails at once: what did not fit is
 * told by skald_nftnl_commit(), so that builders need no checks.
 */
#ifndef SKALD_LIB_NFTNL_H
#define SKALD_LIB_NFTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "netns.h"

struct nlattr;
struct nlmsghdr;

/**
 * struct skald_nftnl - a netfilter netlink socket
 * @fd: close-on-exec
 * @portid: its address; tables with the owner flag belong to it
 * @seq: sequence number used last
 */
struct skald_nftnl {
	int fd;
	uint32_t portid;
	uint32_t seq;
};

/* A socket in @netns. Return: 0, or -errno with @error; @nl is written on
 * success */
int skald_nftnl_open(const struct skald_netns *netns, struct skald_nftnl *nl,
		     struct skald_error *error);
void skald_nftnl_close(struct skald_nftnl *nl);

/**
 * struct skald_nftnl_batch - messages of one transaction
 * @data: heap
 * @len: bytes used
 * @first_seq: sequence number of the first message
 * @seq: sequence number of the last message
 * @message: message being built, inside @data
 * @n: messages between begin and end
 * @is_full: something did not fit
 */
struct skald_nftnl_batch {
	char *data;
	size_t len;
	uint32_t first_seq;
	uint32_t seq;
	struct nlmsghdr *message;
	unsigned int n;
	bool is_full;
};

/* Return: 0 or -ENOMEM. */
int skald_nftnl_batch_init(struct skald_nftnl_batch *batch,
			   struct skald_nftnl *nl);
void skald_nftnl_batch_done(struct skald_nftnl_batch *batch);

/* Start a message: NFT_MSG_*, NFPROTO_*, NLM_F_* beside NLM_F_REQUEST. */
void skald_nftnl_message(struct skald_nftnl_batch *batch, unsigned int type,
			 unsigned int family, unsigned int flags);

/* Attributes of the message started last. Numbers become big-endian. */
void skald_nftnl_put(struct skald_nftnl_batch *batch, unsigned int type,
		     const void *data, size_t len);
void skald_nftnl_put_u32(struct skald_nftnl_batch *batch, unsigned int type,
			 uint32_t number);
void skald_nftnl_put_u64(struct skald_nftnl_batch *batch, unsigned int type,
			 uint64_t number);
void skald_nftnl_put_string(struct skald_nftnl_batch *batch, unsigned int type,
			    const char *string);
/* Return: what skald_nftnl_unnest() wants; NULL when the batch is full. */
struct nlattr *skald_nftnl_nest(struct skald_nftnl_batch *batch,
				unsigned int type);
void skald_nftnl_unnest(struct skald_nftnl_batch *batch, struct nlattr *nest);

/**
 * struct skald_nftnl_refusal - which message the kernel refused, and why
 * @code: positive errno
 * @type: NFT_MSG_* of the message; -1: the batch as a whole
 * @family: NFPROTO_* of the message
 * @expression: name of the expression that it stumbled over, or ""
 * @text: the kernel's own words (extended acknowledgement), or ""
 */
struct skald_nftnl_refusal {
	int code;
	int type;
	unsigned int family;
	char expression[32];
	char text[160];
};

/**
 * skald_nftnl_commit() - run the transaction
 * @nl: the socket
 * @batch: at least one message; still to be freed by the caller
 * @refusal: filled on failure; its first cause
 *
 * Return: 0, or -errno: nothing was changed.
 */
int skald_nftnl_commit(struct skald_nftnl *nl, struct skald_nftnl_batch *batch,
		       struct skald_nftnl_refusal *refusal);

/* A refusal in words: "the kernel refuses ...". Return: -code. */
int skald_nftnl_error(const struct skald_nftnl_refusal *refusal,
		      const char *what, struct skald_error *error);

/* Takes one message of a dump. Return: 0, or -errno to give up. */
typedef int (*skald_nftnl_take)(const struct nlmsghdr *nlh, void *user);

/**
 * skald_nftnl_dump() - ask for all objects of a kind
 * @nl: the socket
 * @request: a batch with that one message; sent without begin and end
 * @take: called for each object
 * @user: for @take
 *
 * Return: 0, -EINTR when the ruleset changed meanwhile (ask again), or -errno.
 */
int skald_nftnl_dump(struct skald_nftnl *nl, struct skald_nftnl_batch *request,
		     skald_nftnl_take take, void *user);

#endif /* SKALD_LIB_NFTNL_H */
