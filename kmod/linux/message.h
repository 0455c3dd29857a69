/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: messages of the family
 */
#ifndef SKALD_MESSAGE_H
#define SKALD_MESSAGE_H

#include <linux/types.h>

struct genl_info;
struct netlink_callback;
struct nlattr;
struct sk_buff;

/**
 * skald_message_new() - begin a message that nobody asked for
 * @cmd: enum skald_cmd
 * @size: bytes of its attributes, a number and a little more left out
 * @head: out: for genlmsg_end()
 *
 * Return: it, or NULL: no memory. Process context.
 */
struct sk_buff *skald_message_new(u8 cmd, size_t size, void **head);

/**
 * skald_answer_new() - begin the answer to a request
 * @info: the request
 * @size: bytes of its attributes
 * @head: out: for skald_answer_send()
 *
 * Return: it, or NULL: no memory. Process context.
 */
struct sk_buff *skald_answer_new(struct genl_info *info, size_t size,
				 void **head);
/* Return: 0 or -errno; the answer is gone in any case. */
int skald_answer_send(struct sk_buff *answer, void *head,
		      struct genl_info *info);

/* Return: 0 or -EMSGSIZE */
int skald_put_u64(struct sk_buff *message, int type, u64 value);

/**
 * struct skald_dump - a list that is being sent
 * @message: as much of it as fits
 * @cb: args[0] counts what was sent
 */
struct skald_dump {
	struct sk_buff *message;
	struct netlink_callback *cb;
};

/* The next message of a list. Return: its head, or NULL: it does not fit. */
void *skald_dump_put(const struct skald_dump *dump, u8 cmd);

/**
 * skald_dump_end() - one message of a list is complete
 * @dump: the list
 * @head: from skald_dump_put()
 * @nest: that it holds, or NULL
 * @err: not 0: it did not fit and is taken back
 *
 * Return: 0 or -EMSGSIZE.
 */
int skald_dump_end(const struct skald_dump *dump, void *head,
		   struct nlattr *nest, int err);

/* What a dump returns: it goes on while there is something in @message. */
int skald_dump_result(const struct sk_buff *message, int err);

#endif /* SKALD_MESSAGE_H */
