// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives back what a netfilter queue hands out, for the scenarios:
 * reinject QUEUE accept|drop. Prints "queue N" when the queue is its own, then
 * a line for every packet.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What linux/netlink.h has no macro for. */
#define ATTR_DATA(attr) ((void *)((char *)(attr) + NLA_HDRLEN))
#define BUFFER 65536

struct message {
	struct nlmsghdr header;
	struct nfgenmsg family;
	char attributes[64];
};

static void begin(struct message *message, int type, uint16_t queue, int flags)
{
	memset(message, 0, sizeof(*message));
	message->header.nlmsg_len =
		sizeof(message->header) + sizeof(message->family);
	message->header.nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	message->header.nlmsg_flags = NLM_F_REQUEST | flags;
	message->family.version = NFNETLINK_V0;
	message->family.res_id = htons(queue);
}

static void put(struct message *message, int type, const void *data, size_t len)
{
	struct nlattr *attr =
		(void *)((char *)message + message->header.nlmsg_len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy(ATTR_DATA(attr), data, len);
	message->header.nlmsg_len += NLA_ALIGN(attr->nla_len);
}

static int tell(int fd, const struct message *message)
{
	return send(fd, message, message->header.nlmsg_len, 0) < 0 ? -errno : 0;
}

static int confirmed(int fd)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[256];
	} answer;

	if (recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.error.error;
}

/* Bind the queue, whole packets copied. Return: 0 or -errno */
static int configure(int fd, uint16_t queue)
{
	const struct nfqnl_msg_config_cmd bind = { .command =
							   NFQNL_CFG_CMD_BIND };
	const struct nfqnl_msg_config_params params = {
		.copy_range = htonl(BUFFER / 2), .copy_mode = NFQNL_COPY_PACKET
	};
	struct message message;
	int status;

	begin(&message, NFQNL_MSG_CONFIG, queue, NLM_F_ACK);
	put(&message, NFQA_CFG_CMD, &bind, sizeof(bind));
	status = tell(fd, &message);
	if (!status)
		status = confirmed(fd);
	if (status)
		return status;
	begin(&message, NFQNL_MSG_CONFIG, queue, NLM_F_ACK);
	put(&message, NFQA_CFG_PARAMS, &params, sizeof(params));
	status = tell(fd, &message);
	return status ? status : confirmed(fd);
}

/* Return: the packet header's attribute, NULL when there is none */
static const struct nfqnl_msg_packet_hdr *packet_header(char *data, ssize_t len)
{
	struct nlmsghdr *header = (void *)data;
	struct nlattr *attr = (void *)(data + NLMSG_HDRLEN +
				       NLMSG_ALIGN(sizeof(struct nfgenmsg)));
	char *end = data + len;

	if (header->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
		return NULL;
	while ((char *)attr + NLA_HDRLEN <= end && attr->nla_len) {
		if ((attr->nla_type & NLA_TYPE_MASK) == NFQA_PACKET_HDR)
			return ATTR_DATA(attr);
		attr = (void *)((char *)attr + NLA_ALIGN(attr->nla_len));
	}
	return NULL;
}

static void serve(int fd, uint16_t queue, uint32_t verdict)
{
	static char data[BUFFER];
	const struct nfqnl_msg_packet_hdr *packet;
	struct nfqnl_msg_verdict_hdr answer = { .verdict = htonl(verdict) };
	struct message message;
	ssize_t len;

	while ((len = recv(fd, data, sizeof(data), 0)) > 0) {
		packet = packet_header(data, len);
		if (!packet)
			continue;
		answer.id = packet->packet_id;
		begin(&message, NFQNL_MSG_VERDICT, queue, 0);
		put(&message, NFQA_VERDICT_HDR, &answer, sizeof(answer));
		tell(fd, &message);
		printf("packet %u\n", ntohl(answer.id));
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), status;

	if (argc != 3) {
		fprintf(stderr, "usage: reinject QUEUE accept|drop\n");
		return 2;
	}
	status = configure(fd, atoi(argv[1]));
	if (status) {
		fprintf(stderr, "reinject: %s\n", strerror(-status));
		return 1;
	}
	printf("queue %s\n", argv[1]);
	fflush(stdout);
	serve(fd, atoi(argv[1]), strcmp(argv[2], "drop") ? NF_ACCEPT : NF_DROP);
	return 0;
}
