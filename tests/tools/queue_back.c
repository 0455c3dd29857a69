// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives the packets of a netfilter queue back, as they were or changed:
 *
 *   queue_back QUEUE accept
 *   queue_back QUEUE ttl N        with that time to live (IPv4)
 *   queue_back QUEUE repeat N     with that mark, to the same chain again
 *
 * Prints "listening" when it is bound, then a line for each packet.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM 65536
#define LONGEST_DUMP 8192

/**
 * struct job - what is done with packets
 * @nl: bound to the queue
 * @queue: its number
 * @verdict: NF_ACCEPT or NF_REPEAT
 * @mark: new mark, 0: none
 * @ttl: new time to live, 0: none
 */
struct job {
	struct mnl_socket *nl;
	uint16_t queue;
	uint32_t verdict;
	uint32_t mark;
	uint8_t ttl;
};

static struct nlmsghdr *begin(char *room, uint16_t queue, uint8_t type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(queue);
	return nlh;
}

static int bind_queue(const struct job *job, char *room)
{
	const struct nfqnl_msg_config_cmd cmd = {
		.command = NFQNL_CFG_CMD_BIND,
	};
	const struct nfqnl_msg_config_params params = {
		.copy_range = htonl(0xffff),
		.copy_mode = NFQNL_COPY_PACKET,
	};
	struct nlmsghdr *nlh = begin(room, job->queue, NFQNL_MSG_CONFIG);

	mnl_attr_put(nlh, NFQA_CFG_CMD, sizeof(cmd), &cmd);
	mnl_attr_put(nlh, NFQA_CFG_PARAMS, sizeof(params), &params);
	nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(job->nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	return mnl_cb_run(room, mnl_socket_recvfrom(job->nl, room, ROOM), 0,
			  mnl_socket_get_portid(job->nl), NULL, NULL);
}

/* RFC 1071 */
static uint16_t sum(const uint8_t *header, size_t len)
{
	uint32_t total = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		total += (uint32_t)header[i] << 8 | header[i + 1];
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons(~total);
}

static void set_ttl(struct nlmsghdr *nlh, const struct nlattr *payload,
		    uint8_t ttl)
{
	uint16_t len = mnl_attr_get_payload_len(payload);
	uint8_t bytes[LONGEST_DUMP];
	struct iphdr *ip = (struct iphdr *)bytes;

	if (len < sizeof(*ip) || len > sizeof(bytes))
		return;
	memcpy(bytes, mnl_attr_get_payload(payload), len);
	ip->ttl = ttl;
	ip->check = 0;
	ip->check = sum(bytes, ip->ihl * 4u);
	mnl_attr_put(nlh, NFQA_PAYLOAD, len, bytes);
}

static int find(const struct nlattr *attr, void *user)
{
	const struct nlattr **found = user;

	if (mnl_attr_get_type(attr) <= NFQA_MAX)
		found[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int give_back(const struct nlmsghdr *asked, void *user)
{
	const struct nlattr *attrs[NFQA_MAX + 1] = { NULL };
	const struct nfqnl_msg_packet_hdr *packet;
	struct nfqnl_msg_verdict_hdr verdict;
	const struct job *job = user;
	char room[2 * LONGEST_DUMP];
	struct nlmsghdr *nlh;

	if (mnl_attr_parse(asked, sizeof(struct nfgenmsg), find, attrs) < 0 ||
	    !attrs[NFQA_PACKET_HDR])
		return MNL_CB_OK;
	packet = mnl_attr_get_payload(attrs[NFQA_PACKET_HDR]);
	verdict.verdict = htonl(job->verdict);
	verdict.id = packet->packet_id;
	nlh = begin(room, job->queue, NFQNL_MSG_VERDICT);
	mnl_attr_put(nlh, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
	if (job->mark)
		mnl_attr_put_u32(nlh, NFQA_MARK, htonl(job->mark));
	if (job->ttl && attrs[NFQA_PAYLOAD])
		set_ttl(nlh, attrs[NFQA_PAYLOAD], job->ttl);
	if (mnl_socket_sendto(job->nl, nlh, nlh->nlmsg_len) < 0)
		return MNL_CB_ERROR;
	printf("packet %u\n", ntohl(packet->packet_id));
	fflush(stdout);
	return MNL_CB_OK;
}

static int listen_to(struct job *job, char *room)
{
	ssize_t len;

	if (bind_queue(job, room) < 0) {
		perror("queue_back: bind");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	while ((len = mnl_socket_recvfrom(job->nl, room, ROOM)) > 0)
		if (mnl_cb_run(room, len, 0, 0, give_back, job) < 0)
			break;
	perror("queue_back");
	return 1;
}

int main(int argc, char **argv)
{
	struct job job = { .verdict = NF_ACCEPT };
	const char *what = argc > 2 ? argv[2] : "";
	unsigned long number = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	static char room[ROOM];

	if (!strcmp(what, "repeat")) {
		job.verdict = NF_REPEAT;
		job.mark = number;
	} else if (!strcmp(what, "ttl")) {
		job.ttl = number;
	} else if (strcmp(what, "accept")) {
		fputs("queue_back QUEUE accept|ttl N|repeat N\n", stderr);
		return 2;
	}
	job.queue = strtoul(argv[1], NULL, 0);
	job.nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!job.nl || mnl_socket_bind(job.nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("queue_back");
		return 1;
	}
	return listen_to(&job, room);
}
