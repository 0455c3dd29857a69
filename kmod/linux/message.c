// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <skald/uapi.h>

#include "message.h"
#include "netlink.h"

struct sk_buff *skald_message_new(u8 cmd, size_t size, void **head)
{
	struct sk_buff *message;

	/* Each message has its number and a little more beside its content. */
	message = genlmsg_new(size + 64, GFP_KERNEL);
	if (!message)
		return NULL;
	*head = genlmsg_put(message, 0, 0, &skald_family, 0, cmd);
	if (*head)
		return message;
	nlmsg_free(message);
	return NULL;
}

struct sk_buff *skald_answer_new(struct genl_info *info, size_t size,
				 void **head)
{
	struct sk_buff *answer = genlmsg_new(size, GFP_KERNEL);

	if (!answer)
		return NULL;
	*head = genlmsg_put_reply(answer, info, &skald_family, 0,
				  info->genlhdr->cmd);
	if (*head)
		return answer;
	nlmsg_free(answer);
	return NULL;
}

int skald_answer_send(struct sk_buff *answer, void *head,
		      struct genl_info *info)
{
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

int skald_put_u64(struct sk_buff *message, int type, u64 value)
{
	return nla_put_u64_64bit(message, type, value, SKALD_A_PAD);
}

void *skald_dump_put(const struct skald_dump *dump, u8 cmd)
{
	return genlmsg_put(dump->message, NETLINK_CB(dump->cb->skb).portid,
			   dump->cb->nlh->nlmsg_seq, &skald_family, NLM_F_MULTI,
			   cmd);
}

/* One message; closes it, or takes it back when it does not fit. */
int skald_dump_end(const struct skald_dump *dump, void *head,
		   struct nlattr *nest, int err)
{
	if (err) {
		genlmsg_cancel(dump->message, head);
		return -EMSGSIZE;
	}
	nla_nest_end(dump->message, nest);
	genlmsg_end(dump->message, head);
	dump->cb->args[0]++;
	return 0;
}

/* A dump goes on while there is something in this message. */
int skald_dump_result(const struct sk_buff *message, int err)
{
	return err && !message->len ? err : message->len;
}
