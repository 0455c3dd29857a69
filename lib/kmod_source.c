// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects records of skald.ko. tracerd's reader thread polls it.
 */
#include "kmod_source.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kmod_feed.h"

#define N_BUFFERS 64
#define BUFFER_SIZE 16384
#define RCVBUF_DEFAULT (64u << 20)
#define NS_PER_MS UINT64_C(1000000)
/* A packet that a socket took is over after a tenth of a second. */
#define FLUSH_NS (400 * NS_PER_MS)
#define FLUSH_STEP_MS 10

/**
 * struct skald_kmod_source - the source
 * @source: what others see
 * @kmod: the socket that collects; its call.fd is -1 offline
 * @feed: what is made of it
 * @record_fd: see config
 * @headers: for recvmmsg(2)
 * @vectors: for @headers
 * @senders: for @headers
 * @buffers: N_BUFFERS of BUFFER_SIZE
 */
struct skald_kmod_source {
	struct skald_source source;
	struct skald_kmod kmod;
	struct skald_kmod_feed feed;
	int record_fd;
	struct mmsghdr headers[N_BUFFERS];
	struct iovec vectors[N_BUFFERS];
	struct sockaddr_nl senders[N_BUFFERS];
	uint8_t *buffers;
};

static struct skald_kmod_source *of(const struct skald_source *source)
{
	return (struct skald_kmod_source *)source;
}

/* ---- time ---- */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)now.tv_nsec;
}

/* Measured at each reading: CLOCK_REALTIME may be set meanwhile. */
static struct skald_stream_head stamp(void)
{
	uint64_t now_ns = clock_ns(CLOCK_REALTIME);

	return (struct skald_stream_head){
		.now_ns = now_ns,
		.offset_ns = now_ns - clock_ns(CLOCK_MONOTONIC),
	};
}

/* ---- by hand ---- */

void skald_kmod_source_feed(struct skald_source *source,
			    struct skald_assembler *assembler, const void *data,
			    size_t len, const struct skald_stream_head *head)
{
	skald_kmod_feed_take(&of(source)->feed, data, len, head);
	skald_kmod_feed_settle(&of(source)->feed, assembler);
}

int skald_kmod_source_replay(struct skald_source *source,
			     struct skald_assembler *assembler,
			     const uint8_t *data, size_t len)
{
	const size_t magic = sizeof(SKALD_STREAM_MAGIC) - 1;
	struct skald_stream_head head;
	size_t at = magic;
	void *copy;

	if (len < magic || memcmp(data, SKALD_STREAM_MAGIC, magic))
		return -EBADMSG;
	while (len - at >= sizeof(head)) {
		memcpy(&head, data + at, sizeof(head));
		at += sizeof(head);
		if (head.len > len - at)
			break;
		/* as aligned as what a socket gives */
		copy = malloc(head.len + 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, data + at, head.len);
		skald_kmod_source_feed(source, assembler, copy, head.len,
				       &head);
		(void)source->ops->tick(source, assembler, head.now_ns);
		free(copy);
		at += head.len;
	}
	source->ops->finish(source, assembler);
	return at == len ? 0 : -EBADMSG;
}

/* ---- the socket ---- */

/* A recording that cannot be written ends there. */
static void keep(struct skald_kmod_source *source, const void *data,
		 const struct skald_stream_head *head)
{
	if (source->record_fd < 0)
		return;
	if (write(source->record_fd, head, sizeof(*head)) !=
		    (ssize_t)sizeof(*head) ||
	    write(source->record_fd, data, head->len) != (ssize_t)head->len)
		source->record_fd = -1;
}

static void take_datagram(struct skald_kmod_source *source, unsigned int i,
			  struct skald_stream_head head)
{
	const struct mmsghdr *header = &source->headers[i];

	if (source->senders[i].nl_pid)
		return;
	if (header->msg_hdr.msg_flags & MSG_TRUNC) {
		source->feed.stats.malformed++;
		return;
	}
	head.len = header->msg_len;
	keep(source, source->vectors[i].iov_base, &head);
	skald_kmod_feed_take(&source->feed, source->vectors[i].iov_base,
			     header->msg_len, &head);
}

/* Return: datagrams read, 0: none there, or -errno */
static int receive(struct skald_kmod_source *source, unsigned int max)
{
	struct skald_stream_head head;
	int i, n;

	do {
		n = recvmmsg(source->kmod.call.fd, source->headers, max,
			     MSG_DONTWAIT, NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	head = stamp();
	for (i = 0; i < n; i++)
		take_datagram(source, (unsigned int)i, head);
	return n;
}

static int source_drain(struct skald_source *base,
			struct skald_assembler *assembler, unsigned int budget)
{
	struct skald_kmod_source *source = of(base);
	unsigned int total = 0, want;
	int n = 0;

	while (total < budget && source->kmod.call.fd >= 0) {
		want = budget - total < N_BUFFERS ? budget - total : N_BUFFERS;
		n = receive(source, want);
		/* the numbers of the records say what is missing */
		if (n == -ENOBUFS) {
			source->feed.stats.overruns++;
			continue;
		}
		if (n <= 0)
			break;
		total += (unsigned int)n;
		skald_kmod_feed_settle(&source->feed, assembler);
	}
	return n < 0 ? n : (int)total;
}

static uint64_t source_tick(struct skald_source *base,
			    struct skald_assembler *assembler, uint64_t now_ns)
{
	return skald_kmod_feed_tick(&of(base)->feed, assembler, now_ns);
}

/* Until the module has told all that is older than now. */
static void source_flush(struct skald_source *base,
			 struct skald_assembler *assembler)
{
	struct skald_kmod_source *source = of(base);
	uint64_t start_ns = clock_ns(CLOCK_MONOTONIC), now_ns;
	struct pollfd ready = { .fd = source->kmod.call.fd, .events = POLLIN };

	do {
		now_ns = clock_ns(CLOCK_MONOTONIC);
		if (source_drain(base, assembler, UINT32_MAX) < 0)
			return;
		(void)source_tick(base, assembler, clock_ns(CLOCK_REALTIME));
		if (source->feed.watermark >= start_ns &&
		    !skald_kmod_lives_open(source->feed.lives))
			return;
		(void)poll(&ready, 1, FLUSH_STEP_MS);
	} while (now_ns - start_ns < FLUSH_NS);
}

static int take_answer(void *user, const struct nlmsghdr *nlh)
{
	struct skald_kmod_source *source = user;
	struct skald_stream_head head = stamp();

	head.len = nlh->nlmsg_len;
	keep(source, nlh, &head);
	skald_kmod_feed_take(&source->feed, nlh, nlh->nlmsg_len, &head);
	return 0;
}

static void take_unasked(void *user, const struct nlmsghdr *nlh)
{
	(void)take_answer(user, nlh); /* always 0 */
}

/* The rings come before the answer. */
static void stop(struct skald_kmod_source *source)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh =
		skald_kmod_request(&source->kmod, buffer, SKALD_CMD_STOP);

	if (skald_call_do(&source->kmod.call, nlh, NULL, NULL))
		source->feed.stats.overruns++;
}

static void source_finish(struct skald_source *base,
			  struct skald_assembler *assembler)
{
	struct skald_kmod_source *source = of(base);

	if (source->kmod.call.fd >= 0) {
		source_flush(base, assembler);
		stop(source);
		source->feed.clock.now_ns = clock_ns(CLOCK_REALTIME);
	}
	skald_kmod_feed_release(&source->feed, assembler, UINT64_MAX);
	skald_kmod_lives_close(source->feed.lives, assembler,
			       source->feed.clock.now_ns);
}

static void source_stats(const struct skald_source *base,
			 struct skald_source_stats *stats)
{
	*stats = of(base)->feed.stats;
	stats->open = skald_kmod_lives_open(of(base)->feed.lives);
}

static int source_fd(const struct skald_source *base)
{
	return of(base)->kmod.call.fd;
}

static void source_close(struct skald_source *base)
{
	struct skald_kmod_source *source = of(base);

	if (source->kmod.call.fd >= 0)
		skald_kmod_close(&source->kmod);
	skald_kmod_feed_done(&source->feed);
	free(source->buffers);
	free(source);
}

static const struct skald_source_ops ops = {
	.fd = source_fd,
	.drain = source_drain,
	.tick = source_tick,
	.flush = source_flush,
	.finish = source_finish,
	.stats = source_stats,
	.close = source_close,
};

/* ---- beginning ---- */

int skald_kmod_source_offline(const struct skald_kmod_source_config *config,
			      struct skald_source **source)
{
	const struct skald_kmod_lives_config lives = {
		.max = config->max_open,
		.netns = config->netns,
		.classifier = config->classifier,
		.user = config->user,
		.names = config->names,
	};
	struct skald_kmod_source *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->source.ops = &ops;
	made->kmod.call.fd = -1;
	made->record_fd = config->record_fd;
	if (skald_kmod_feed_init(&made->feed, &lives, config->names)) {
		free(made);
		return -ENOMEM;
	}
	*source = &made->source;
	return 0;
}

static int make_buffers(struct skald_kmod_source *source)
{
	unsigned int i;

	source->buffers = malloc((size_t)N_BUFFERS * BUFFER_SIZE);
	if (!source->buffers)
		return -ENOMEM;
	for (i = 0; i < N_BUFFERS; i++) {
		struct msghdr *header = &source->headers[i].msg_hdr;

		source->vectors[i].iov_base = source->buffers + i * BUFFER_SIZE;
		source->vectors[i].iov_len = BUFFER_SIZE;
		header->msg_iov = &source->vectors[i];
		header->msg_iovlen = 1;
		header->msg_name = &source->senders[i];
		header->msg_namelen = sizeof(source->senders[i]);
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

static int ask(struct skald_kmod_source *source, uint8_t command,
	       unsigned int flags, struct skald_error *error)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh =
		skald_kmod_request(&source->kmod, buffer, command);

	nlh->nlmsg_flags |= flags;
	return skald_call_ask(&source->kmod.call, nlh, take_answer, source,
			      error);
}

static int start(struct skald_kmod_source *source, struct skald_error *error)
{
	struct skald_error why = { 0 };
	int err;

	if (source->record_fd >= 0 &&
	    write(source->record_fd, SKALD_STREAM_MAGIC,
		  sizeof(SKALD_STREAM_MAGIC) - 1) < 0)
		source->record_fd = -1;
	/* without the words drops have numbers */
	(void)ask(source, SKALD_CMD_REASONS, NLM_F_DUMP, NULL);
	err = ask(source, SKALD_CMD_START, 0, &why);
	if (!err)
		return 0;
	(void)skald_error_set(error, -err, "skald.ko cannot be armed: %s",
			      why.text);
	if (err == -EBUSY)
		skald_error_help(error, "it serves one tracerd at a time: "
					"\"skald status\" shows the machine's");
	else if (err == -EPERM)
		skald_error_help(error, "it shows packets of every namespace: "
					"run it as root of the machine");
	return err;
}

/* Return: 0 when there is a module that we understand */
static int greet(struct skald_kmod_source *source, struct skald_error *error)
{
	struct skald_kmod_info info;
	int err = skald_kmod_open(&source->kmod, error);

	if (err) {
		source->kmod.call.fd = -1;
		return err;
	}
	source->kmod.call.unasked = take_unasked;
	source->kmod.call.user = source;
	return skald_kmod_info(&source->kmod, &info, error);
}

int skald_kmod_source_open(const struct skald_kmod_source_config *config,
			   struct skald_source **source,
			   struct skald_error *error)
{
	struct skald_source *base;
	struct skald_kmod_source *made;
	int err = skald_kmod_source_offline(config, &base);

	if (err)
		return skald_error_set(error, -err, "no memory");
	made = of(base);
	err = make_buffers(made);
	if (err) {
		(void)skald_error_set(error, -err, "no memory");
		goto err_source;
	}
	err = greet(made, error);
	if (err)
		goto err_source;
	set_buffer(made->kmod.call.fd, config->buffer);
	err = start(made, error);
	if (err)
		goto err_source;
	*source = base;
	return 0;

err_source:
	source_close(base);
	return err;
}
