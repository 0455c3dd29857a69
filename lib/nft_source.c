// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the ruleset and trace groups of one namespace. tracerd's reader thread
 * polls one of these for each namespace and does nothing else.
 *
 * Finding the place of a loss. When the kernel cannot queue a message, it
 * counts it and everything after it as dropped until the receive queue was
 * empty once (af_netlink.c: NETLINK_S_CONGESTED). Until then the queue is
 * frozen: nothing is added, so SK_MEMINFO_RMEM_ALLOC can only fall, by what we
 * read. We read as many messages as must still be frozen ones, then one at a
 * time; the moment the memory does not fall any more, or is 0, stands between
 * the last message before the loss and the first one after it.
 *
 * Only reading lets the kernel notice that the queue is empty: after a place we
 * read at once. What we ask ourselves goes another way: an answer that finds no
 * room would be counted with what was lost.
 */
#include "nft_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nft_abi.h"
#include "trace.h"

#define N_BUFFERS 256
#define BUFFER_SIZE 8192
#define RCVBUF_DEFAULT (64u << 20)
/* Memory that one queued message takes: at most, and at least. */
#define TRUESIZE_MAX (20 * 1024)
#define TRUESIZE_MIN 256
/* How often the memory is looked at before it counts as not falling. */
#define N_LOOKS 4
#define SUBSYS(type) (((NFNL_SUBSYS_NFTABLES) << 8) | (type))

/**
 * struct skald_nft - one namespace's event socket
 * @source: what others see
 * @fd: the socket, -1: offline
 * @query_fd: for questions, -1: offline
 * @index: of the namespace, towards the assembler
 * @drops: the kernel's drop counter when it was told last
 * @is_overrun: something was dropped, and its place is not reached yet
 * @stats: counters
 * @headers: for recvmmsg(2)
 * @vectors: for @headers
 * @senders: for @headers
 * @buffers: N_BUFFERS of BUFFER_SIZE; memory that is touched only when used
 */
struct skald_nft {
	struct skald_source source;
	int fd;
	int query_fd;
	uint32_t index;
	uint32_t drops;
	bool is_overrun;
	struct skald_source_stats stats;
	struct mmsghdr headers[N_BUFFERS];
	struct iovec vectors[N_BUFFERS];
	struct sockaddr_nl senders[N_BUFFERS];
	uint8_t *buffers;
};

static int source_fd(const struct skald_source *source)
{
	return skald_nft_fd((const struct skald_nft *)source);
}

static int source_drain(struct skald_source *source,
			struct skald_assembler *assembler, unsigned int budget)
{
	return skald_nft_drain((struct skald_nft *)source, assembler, budget);
}

static void source_stats(const struct skald_source *source,
			 struct skald_source_stats *stats)
{
	skald_nft_stats((const struct skald_nft *)source, stats);
}

static void source_close(struct skald_source *source)
{
	skald_nft_close((struct skald_nft *)source);
}

/* What was sent is in the socket: nothing is held back. */
static const struct skald_source_ops source_ops = {
	.fd = source_fd,
	.drain = source_drain,
	.stats = source_stats,
	.close = source_close,
};

struct skald_source *skald_nft_source(struct skald_nft *nft)
{
	return &nft->source;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

int skald_nft_offline(uint32_t index, struct skald_nft **nft)
{
	struct skald_nft *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->source.ops = &source_ops;
	made->fd = -1;
	made->query_fd = -1;
	made->index = index;
	*nft = made;
	return 0;
}

static int make_buffers(struct skald_nft *nft)
{
	unsigned int i;

	nft->buffers = malloc((size_t)N_BUFFERS * BUFFER_SIZE);
	if (!nft->buffers)
		return -ENOMEM;
	for (i = 0; i < N_BUFFERS; i++) {
		nft->vectors[i].iov_base = nft->buffers + i * BUFFER_SIZE;
		nft->vectors[i].iov_len = BUFFER_SIZE;
		nft->headers[i].msg_hdr.msg_iov = &nft->vectors[i];
		nft->headers[i].msg_hdr.msg_iovlen = 1;
		nft->headers[i].msg_hdr.msg_name = &nft->senders[i];
		nft->headers[i].msg_hdr.msg_namelen = sizeof(nft->senders[i]);
	}
	return 0;
}

static void set_buffer(int fd, size_t buffer)
{
	int size = buffer > INT32_MAX / 2 ? INT32_MAX / 2 : (int)buffer;

	if (!size)
		size = RCVBUF_DEFAULT;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
}

static int join(int fd, int group)
{
	return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			  sizeof(group))
		       ? -errno
		       : 0;
}

/* Opens a socket that takes part in the namespace's nfnetlink. */
static int open_socket(const struct skald_netns *netns)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd, err;

	fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK,
				NETLINK_NETFILTER);
	if (fd < 0)
		return fd;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int open_failed(const struct skald_netns *netns, int err,
		       struct skald_error *error)
{
	(void)skald_error_set(error, -err,
			      "cannot listen to nf_tables in network namespace "
			      "%s: %s",
			      netns->name, strerror(-err));
	if (err == -EPERM)
		skald_error_help(error, "this takes CAP_NET_ADMIN in the "
					"network namespace: run it as root");
	else if (err == -EPROTONOSUPPORT)
		skald_error_help(error, "the kernel has no nfnetlink: modprobe "
					"nfnetlink nf_tables");
	return err;
}

int skald_nft_open(const struct skald_netns *netns, uint32_t index,
		   size_t buffer, struct skald_nft **nft,
		   struct skald_error *error)
{
	struct skald_nft *made;
	int err;

	err = skald_nft_offline(index, &made);
	if (err)
		return open_failed(netns, err, error);
	err = make_buffers(made);
	if (err)
		goto err_nft;
	err = open_socket(netns);
	if (err < 0)
		goto err_nft;
	made->fd = err;
	err = open_socket(netns);
	if (err < 0)
		goto err_nft;
	made->query_fd = err;
	set_buffer(made->fd, buffer);
	err = join(made->fd, NFNLGRP_NFTABLES);
	if (!err)
		err = join(made->fd, NFNLGRP_NFTRACE);
	if (err)
		goto err_nft;
	*nft = made;
	return 0;

err_nft:
	skald_nft_close(made);
	return open_failed(netns, err, error);
}

void skald_nft_close(struct skald_nft *nft)
{
	if (!nft)
		return;
	if (nft->fd >= 0)
		close(nft->fd);
	if (nft->query_fd >= 0)
		close(nft->query_fd);
	free(nft->buffers);
	free(nft);
}

int skald_nft_fd(const struct skald_nft *nft)
{
	return nft->fd;
}

void skald_nft_stats(const struct skald_nft *nft,
		     struct skald_source_stats *stats)
{
	*stats = nft->stats;
}

static int send_getgen(int fd)
{
	struct {
		struct nlmsghdr nlh;
		struct nfgenmsg head;
	} request = {
		.nlh = { .nlmsg_len = sizeof(request),
			 .nlmsg_type = SUBSYS(NFT_MSG_GETGEN),
			 .nlmsg_flags = NLM_F_REQUEST },
		.head = { .version = NFNETLINK_V0 },
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static const uint8_t *find_attribute(const struct nlmsghdr *nlh,
				     unsigned int wanted, size_t *len)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	const uint8_t *message = (const uint8_t *)nlh;
	struct nlattr attr;

	while (at + sizeof(attr) <= nlh->nlmsg_len) {
		memcpy(&attr, message + at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN ||
		    attr.nla_len > nlh->nlmsg_len - at)
			return NULL;
		if ((attr.nla_type & NLA_TYPE_MASK) == wanted) {
			*len = attr.nla_len - NLA_HDRLEN;
			return message + at + NLA_HDRLEN;
		}
		at += NLA_ALIGN(attr.nla_len);
	}
	return NULL;
}

static bool find_u32(const struct nlmsghdr *nlh, unsigned int wanted,
		     uint32_t *number)
{
	size_t len;
	const uint8_t *data = find_attribute(nlh, wanted, &len);

	if (!data || len != sizeof(*number))
		return false;
	memcpy(number, data, sizeof(*number));
	*number = ntohl(*number);
	return true;
}

static const char *find_string(const struct nlmsghdr *nlh, unsigned int wanted)
{
	size_t len;
	const uint8_t *data = find_attribute(nlh, wanted, &len);

	if (!data || !len || data[len - 1])
		return NULL;
	return (const char *)data;
}

static void tell_lost(struct skald_nft *nft, struct skald_assembler *assembler,
		      uint64_t count, const char *where, uint64_t t_ns)
{
	nft->stats.lost += count;
	(void)skald_assembler_lost(assembler, nft->index, count, where, t_ns);
}

static void take_trace(struct skald_nft *nft, struct skald_assembler *assembler,
		       const struct nlmsghdr *nlh, uint64_t t_ns)
{
	struct skald_trace trace;

	nft->stats.traces++;
	if (skald_trace_parse(nlh, &trace)) {
		nft->stats.malformed++;
		tell_lost(nft, assembler, 1, "malformed trace message", t_ns);
		return;
	}
	if (skald_assembler_trace(assembler, nft->index, &trace, t_ns))
		tell_lost(nft, assembler, 1, "out of memory", t_ns);
}

static void take_generation(struct skald_nft *nft,
			    struct skald_assembler *assembler,
			    const struct nlmsghdr *nlh, uint64_t t_ns)
{
	uint32_t generation, pid = 0;

	if (!find_u32(nlh, NFTA_GEN_ID, &generation)) {
		nft->stats.malformed++;
		return;
	}
	(void)find_u32(nlh, NFTA_GEN_PROC_PID, &pid);
	if (skald_assembler_generation(assembler, nft->index, generation, pid,
				       find_string(nlh, NFTA_GEN_PROC_NAME),
				       t_ns))
		tell_lost(nft, assembler, 0, "out of memory", t_ns);
}

static void take_table(struct skald_nft *nft, struct skald_assembler *assembler,
		       const struct nlmsghdr *nlh)
{
	const char *name = find_string(nlh, NFTA_TABLE_NAME);
	const struct nfgenmsg *head = NLMSG_DATA(nlh);

	if (!name) {
		nft->stats.malformed++;
		return;
	}
	skald_assembler_forget_table(assembler, nft->index, head->nfgen_family,
				     name);
}

static void take_message(struct skald_nft *nft,
			 struct skald_assembler *assembler,
			 const struct nlmsghdr *nlh, uint64_t t_ns)
{
	nft->stats.messages++;
	if (nlh->nlmsg_type == SUBSYS(NFT_MSG_TRACE)) {
		take_trace(nft, assembler, nlh, t_ns);
		return;
	}
	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return;
	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg))) {
		nft->stats.malformed++;
		return;
	}
	switch (NFNL_MSG_TYPE(nlh->nlmsg_type)) {
	case NFT_MSG_NEWGEN:
		take_generation(nft, assembler, nlh, t_ns);
		break;
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_DELTABLE:
		take_table(nft, assembler, nlh);
		break;
	default:
		break;
	}
}

void skald_nft_feed(struct skald_nft *nft, struct skald_assembler *assembler,
		    const void *data, size_t len, uint64_t t_ns)
{
	const struct nlmsghdr *nlh = data;

	while (len >= sizeof(*nlh)) {
		if (nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > len)
			break;
		take_message(nft, assembler, nlh, t_ns);
		if (NLMSG_ALIGN((size_t)nlh->nlmsg_len) >= len)
			return;
		len -= NLMSG_ALIGN((size_t)nlh->nlmsg_len);
		nlh = (const struct nlmsghdr *)((const uint8_t *)nlh +
						NLMSG_ALIGN(nlh->nlmsg_len));
	}
	if (len)
		nft->stats.malformed++;
}

/* Waits for nothing: nfnetlink answers inside send(2). */
static int ask_generation(int fd, uint32_t *generation)
{
	union {
		struct nlmsghdr nlh;
		uint8_t bytes[BUFFER_SIZE];
	} answer;
	ssize_t len;
	int err;

	err = send_getgen(fd);
	if (err)
		return err;
	len = recv(fd, &answer, sizeof(answer), 0);
	if (len < 0)
		return -errno;
	if ((size_t)len < NLMSG_HDRLEN + sizeof(struct nlmsgerr) ||
	    answer.nlh.nlmsg_len > (size_t)len)
		return -EBADMSG;
	if (answer.nlh.nlmsg_type == NLMSG_ERROR) {
		err = ((const struct nlmsgerr *)NLMSG_DATA(&answer.nlh))->error;
		return err < 0 ? err : -EBADMSG;
	}
	return find_u32(&answer.nlh, NFTA_GEN_ID, generation) ? 0 : -EBADMSG;
}

/* Changes of the ruleset may be among what was lost. */
static void tell_generation(struct skald_nft *nft,
			    struct skald_assembler *assembler, uint64_t t_ns)
{
	uint32_t generation = 0;

	if (ask_generation(nft->query_fd, &generation) ||
	    skald_assembler_generation(assembler, nft->index, generation, 0,
				       NULL, t_ns))
		tell_lost(nft, assembler, 0, "ruleset not known", t_ns);
}

/* One datagram: what does not come from the kernel is not heard. */
static void take_datagram(struct skald_nft *nft,
			  struct skald_assembler *assembler, unsigned int i,
			  uint64_t t_ns)
{
	const struct mmsghdr *header = &nft->headers[i];

	if (nft->senders[i].nl_pid)
		return;
	if (header->msg_hdr.msg_flags & MSG_TRUNC) {
		nft->stats.malformed++;
		tell_lost(nft, assembler, 0, "netlink message too long", t_ns);
		tell_generation(nft, assembler, t_ns);
		return;
	}
	skald_nft_feed(nft, assembler, nft->vectors[i].iov_base,
		       header->msg_len, t_ns);
}

/* Return: datagrams read, or -errno; -ENOBUFS for an overrun just noticed. */
static int receive(struct skald_nft *nft, struct skald_assembler *assembler,
		   unsigned int max)
{
	uint64_t t_ns;
	int i, n;

	do {
		n = recvmmsg(nft->fd, nft->headers, max, MSG_DONTWAIT, NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	t_ns = now_ns();
	for (i = 0; i < n; i++)
		take_datagram(nft, assembler, i, t_ns);
	return n;
}

struct memory {
	uint32_t queued;
	uint32_t drops;
};

static int get_memory(const struct skald_nft *nft, struct memory *memory)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(nft->fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return -errno;
	memory->queued = info[SK_MEMINFO_RMEM_ALLOC];
	memory->drops = info[SK_MEMINFO_DROPS];
	return 0;
}

/*
 * A message that finds no room is in the sum for a moment, since Linux 6.16:
 * what does not fall below @before is looked at again.
 */
static int get_lowest_memory(const struct skald_nft *nft, uint32_t before,
			     struct memory *memory)
{
	struct memory lowest = { .queued = UINT32_MAX };
	unsigned int i;
	int err;

	for (i = 0; i < N_LOOKS; i++) {
		err = get_memory(nft, memory);
		if (err)
			return err;
		if (memory->queued < lowest.queued)
			lowest = *memory;
		if (lowest.queued + TRUESIZE_MIN <= before)
			break;
	}
	*memory = lowest;
	return 0;
}

/* The loss stands here: tell it, and ask what else we missed. */
static void tell_overrun(struct skald_nft *nft,
			 struct skald_assembler *assembler, uint32_t drops)
{
	uint64_t t_ns = now_ns();

	tell_lost(nft, assembler, drops - nft->drops, "netlink socket overrun",
		  t_ns);
	nft->drops = drops;
	nft->is_overrun = false;
	tell_generation(nft, assembler, t_ns);
}

/*
 * Reads on towards the place of a loss. Return: datagrams read, or -errno.
 * @nft->is_overrun is false when the place was reached.
 */
static int approach(struct skald_nft *nft, struct skald_assembler *assembler,
		    unsigned int budget)
{
	struct memory before = { 0 }, after = { 0 };
	unsigned int step;
	int n, err;

	err = get_memory(nft, &before);
	if (err)
		return err;
	step = before.queued / TRUESIZE_MAX;
	if (step > budget)
		step = budget;
	if (step > N_BUFFERS)
		step = N_BUFFERS;
	if (!before.queued) {
		tell_overrun(nft, assembler, before.drops);
		step = budget < N_BUFFERS ? budget : N_BUFFERS;
	}
	n = receive(nft, assembler, step ? step : 1);
	if (n < 0)
		return n == -ENOBUFS ? 0 : n;
	if (!nft->is_overrun)
		return n;
	err = get_lowest_memory(nft, before.queued, &after);
	if (err)
		return err;
	if (!n || !after.queued ||
	    (n == 1 && after.queued + TRUESIZE_MIN > before.queued))
		tell_overrun(nft, assembler, after.drops);
	return n;
}

/* Some losses come without ENOBUFS: another error took its place. */
static int look_for_drops(struct skald_nft *nft)
{
	struct memory memory = { 0 };
	int err = get_memory(nft, &memory);

	if (!err && memory.drops != nft->drops) {
		nft->stats.overruns++;
		nft->is_overrun = true;
	}
	return err;
}

int skald_nft_drain(struct skald_nft *nft, struct skald_assembler *assembler,
		    unsigned int budget)
{
	unsigned int total = 0, want;
	int n = 0;

	while (nft->fd >= 0 && total < budget) {
		want = budget - total < N_BUFFERS ? budget - total : N_BUFFERS;
		if (nft->is_overrun)
			n = approach(nft, assembler, want);
		else
			n = receive(nft, assembler, want);
		if (n == -ENOBUFS) {
			nft->stats.overruns++;
			nft->is_overrun = true;
			continue;
		}
		if (n < 0)
			return n;
		total += n;
		if (nft->is_overrun || (unsigned int)n == want)
			continue;
		n = look_for_drops(nft);
		if (n || !nft->is_overrun)
			break;
	}
	return n < 0 ? n : (int)total;
}

int skald_nft_generation(const struct skald_netns *netns, uint32_t *generation)
{
	int fd, err;

	fd = open_socket(netns);
	if (fd < 0)
		return fd;
	err = ask_generation(fd, generation);
	close(fd);
	return err;
}
