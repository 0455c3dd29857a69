// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest collector of skald.ko: marks packets, takes the records and adds
 * up. For the stress scenarios and the benches, which must not depend on what
 * a whole tracerd does with them.
 *
 *   collect [seconds N] [ring BYTES] [packets N] [none|udp|all] [slow MS]
 *
 * none, udp, all: which packets are marked (udp). slow: wait so long before
 * each read. Prints "collecting" when armed, and at its end, which SIGTERM
 * brings about, one line of JSON. Exit status 0 when what was received and what
 * was reported lost is what was emitted, and every number came in its turn.
 */
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "genl.h"
#include "skald/uapi.h"

#define MAX_CPUS 64
#define BUFFER (256 * 1024)
#define NS_PER_S 1000000000ull
#define SETTLE_MS 300
#define SOCKET_BYTES (32 << 20)

struct collector {
	int fd;
	uint16_t family;
	uint64_t received; /* records, those about losses left out */
	uint64_t lost; /* what those say */
	uint64_t gaps; /* numbers that nothing accounts for */
	uint64_t backwards; /* records older than the one before */
	uint64_t batch; /* last number */
	uint64_t missing_batches;
	uint32_t next_seq[MAX_CPUS];
	uint64_t last_time[MAX_CPUS];
	struct skald_stats stats;
	bool has_stats;
	int error; /* of a refused request */
	bool is_acked;
};

static volatile sig_atomic_t is_over;

static void take_signal(int number)
{
	(void)number;
	is_over = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/*
 * A loss stands where its records would: it has the number of the first. Names
 * are put in when records are sent, and have no number.
 */
static void take_record(struct collector *collector, uint32_t cpu,
			const struct skald_r_record *record)
{
	const struct skald_r_lost *lost = (const void *)record;
	uint32_t *next = &collector->next_seq[cpu];
	uint64_t count = record->type == SKALD_R_LOST ? lost->count : 1;

	if (record->type == SKALD_R_NAME)
		return;
	if (record->seq != *next)
		collector->gaps += record->seq - *next;
	*next = record->seq + count;
	if (record->type == SKALD_R_LOST)
		collector->lost += count;
	else
		collector->received++;
	if (record->time < collector->last_time[cpu])
		collector->backwards++;
	collector->last_time[cpu] = record->time;
}

static void take_records(struct collector *collector, uint32_t cpu,
			 const struct nlattr *attr)
{
	const char *at = genl_data(attr), *end = at + genl_len(attr);
	const struct skald_r_record *record;

	for (; at + sizeof(*record) <= end; at += record->len) {
		record = (const void *)at;
		if (record->len < sizeof(*record) || cpu >= MAX_CPUS)
			genl_fail("record", EBADMSG);
		take_record(collector, cpu, record);
	}
}

static void take_batch(struct collector *collector,
		       const struct nlmsghdr *header)
{
	const struct nlattr *batch = genl_find(header, SKALD_A_BATCH);
	const struct nlattr *cpu = genl_find(header, SKALD_A_CPU);
	const struct nlattr *records = genl_find(header, SKALD_A_RECORDS);
	uint64_t number;

	if (batch) {
		memcpy(&number, genl_data(batch), sizeof(number));
		collector->missing_batches += number - collector->batch - 1;
		collector->batch = number;
	}
	if (cpu && records)
		take_records(collector, *(const uint32_t *)genl_data(cpu),
			     records);
}

static void take_message(struct collector *collector,
			 const struct nlmsghdr *header)
{
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	const struct nlmsgerr *error = NLMSG_DATA(header);
	const struct nlattr *stats;

	if (header->nlmsg_type == NLMSG_ERROR) {
		collector->error = error->error;
		collector->is_acked = true;
		return;
	}
	if (header->nlmsg_type != collector->family)
		return;
	if (genl->cmd == SKALD_CMD_RECORDS) {
		take_batch(collector, header);
		return;
	}
	stats = genl_find(header, SKALD_A_STATS);
	if (stats && genl_len(stats) >= sizeof(collector->stats)) {
		memcpy(&collector->stats, genl_data(stats),
		       sizeof(collector->stats));
		collector->has_stats = true;
	}
}

static void read_once(struct collector *collector)
{
	static char buffer[BUFFER];
	struct nlmsghdr *header = (void *)buffer;
	ssize_t n = recv(collector->fd, buffer, sizeof(buffer), 0);

	if (n < 0 && errno != EINTR && errno != ENOBUFS)
		genl_fail("recv", errno);
	for (; n > 0 && NLMSG_OK(header, n); header = NLMSG_NEXT(header, n))
		take_message(collector, header);
}

/* Send it and take what comes until it is answered. Return: 0 or -errno */
static int ask(struct collector *collector, const struct genl_request *request)
{
	collector->is_acked = false;
	collector->error = 0;
	genl_send(collector->fd, request);
	while (!collector->is_acked)
		read_once(collector);
	return collector->error;
}

static const char *word_of(char **argv, const char *name)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, name))
			return argv[1];
	return NULL;
}

static bool has_word(char **argv, const char *name)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, name))
			return true;
	return false;
}

/* What libpcap makes of "ip proto 17", and of nothing at all. */
static void add_classifier(struct collector *collector, char **argv)
{
	const struct sock_filter udp[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const uint32_t wanted = has_word(argv, "all") ? 0xffff : 0;
	const struct sock_filter same[] = { BPF_STMT(BPF_RET | BPF_K, wanted) };
	struct genl_request request;
	struct nlattr *nest;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_CLASSIFIER_ADD);
	nest = genl_put(&request, SKALD_A_CLASSIFIER, NULL, 0);
	if (has_word(argv, "all") || has_word(argv, "none"))
		genl_put(&request, SKALD_CLASSIFIER_A_L3, same, sizeof(same));
	else
		genl_put(&request, SKALD_CLASSIFIER_A_L3, udp, sizeof(udp));
	genl_put_u32(&request, SKALD_CLASSIFIER_A_NETNS, 0);
	genl_end_nest(&request, nest);
	error = ask(collector, &request);
	if (error)
		genl_fail("classifier", -error);
}

static void start(struct collector *collector, char **argv)
{
	const char *ring = word_of(argv, "ring"),
		   *packets = word_of(argv, "packets");
	struct genl_request request;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_START);
	if (ring)
		genl_put_u32(&request, SKALD_A_RING, strtoul(ring, NULL, 0));
	if (packets)
		genl_put_u32(&request, SKALD_A_PACKETS,
			     strtoul(packets, NULL, 0));
	error = ask(collector, &request);
	if (error)
		genl_fail("start", -error);
}

static bool read_soon(struct collector *collector, int ms)
{
	struct pollfd poll_fd = { .fd = collector->fd, .events = POLLIN };

	if (poll(&poll_fd, 1, ms) <= 0)
		return false;
	read_once(collector);
	return true;
}

static void collect(struct collector *collector, char **argv)
{
	const char *seconds = word_of(argv, "seconds"),
		   *slow = word_of(argv, "slow");
	uint64_t end = seconds ? now_ns() + strtoul(seconds, NULL, 0) * NS_PER_S
			       : UINT64_MAX;

	while (!is_over && now_ns() < end) {
		if (slow)
			usleep(1000 * atoi(slow));
		read_soon(collector, 100);
	}
}

/*
 * No new packets first, so that what is in the rings finds room in the socket;
 * records that are sent before the answer are taken with it.
 */
static void stop(struct collector *collector)
{
	struct genl_request request;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_CLASSIFIER_FLUSH);
	error = ask(collector, &request);
	if (error)
		genl_fail("flush", -error);
	while (read_soon(collector, SETTLE_MS))
		continue;
	genl_begin(&request, collector->family, SKALD_CMD_STOP);
	error = ask(collector, &request);
	if (error)
		genl_fail("stop", -error);
}

static int report(const struct collector *c)
{
	const struct skald_stats *s = &c->stats;

	printf("{\"received\":%llu,\"lost\":%llu,\"gaps\":%llu,"
	       "\"backwards\":%llu,\"missing_batches\":%llu,",
	       (unsigned long long)c->received, (unsigned long long)c->lost,
	       (unsigned long long)c->gaps, (unsigned long long)c->backwards,
	       (unsigned long long)c->missing_batches);
	printf("\"emitted\":%llu,\"ring_lost\":%llu,\"sent\":%llu,"
	       "\"congested\":%llu,\"nmi\":%llu,",
	       (unsigned long long)s->emitted, (unsigned long long)s->lost,
	       (unsigned long long)s->sent, (unsigned long long)s->congested,
	       (unsigned long long)s->nmi);
	printf("\"marked\":%llu,\"born\":%llu,\"known\":%llu,\"full\":%llu,"
	       "\"orphans\":%llu,\"stale\":%llu,\"expired\":%llu}\n",
	       (unsigned long long)s->marked, (unsigned long long)s->born,
	       (unsigned long long)s->known, (unsigned long long)s->full,
	       (unsigned long long)s->orphans, (unsigned long long)s->stale,
	       (unsigned long long)s->expired);
	return !c->has_stats || c->received + c->lost != s->emitted ||
	       c->gaps || c->backwards || c->missing_batches;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = take_signal };
	struct collector collector = { .fd = genl_open() };
	int bytes = SOCKET_BYTES;
	size_t i;

	(void)argc;
	for (i = 0; i < MAX_CPUS; i++)
		collector.next_seq[i] = 1;
	collector.family = genl_family(collector.fd, SKALD_GENL_NAME);
	if (!collector.family) {
		fprintf(stderr, "collect: skald.ko is not loaded\n");
		return 2;
	}
	setsockopt(collector.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	add_classifier(&collector, argv + 1);
	start(&collector, argv + 1);
	puts("collecting");
	fflush(stdout);
	collect(&collector, argv + 1);
	stop(&collector);
	return report(&collector);
}
