// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest collector of skald.ko: marks packets, takes the records and adds
 * up. For the stress scenarios and the benches, which must not depend on what
 * a whole tracerd does with them.
 *
 *   collect [seconds N] [ring BYTES] [packets N] [without FEATURES]
 *	[none|udp|all] [slow MS]
 *	[points N] [rate N] [burst N] [sample N] [first N] [ttl SECONDS]
 *	[oif NAME] [socket BYTES] [idle] [rounds N MODULE]
 *   collect stats
 *
 * stats: what the module has counted, whoever collects. rounds: so many times
 * load MODULE, collect for up to 40 ms, unload; idle: at the end, wait until no
 * packet is known any more.
 *
 * none, udp, all: which packets are marked (udp); points and what follows: the
 * classifier's attributes of that name. slow: wait so long before each read.
 * Prints "collecting" when armed, and at its end, which SIGTERM brings about,
 * one line of JSON. Exit status 0 when what was received and what was reported
 * lost is what was emitted, and every number came in its turn.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>

#include "genl.h"
#include "skald/uapi.h"

#define MAX_CPUS 64
#define BUFFER (256 * 1024)
#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull
#define SETTLE_MS 20
#define SETTLE_NS (60 * NS_PER_S)
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
	unsigned int listed; /* classifiers that are there at the end */
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

	if (header->nlmsg_type == NLMSG_ERROR ||
	    header->nlmsg_type == NLMSG_DONE) {
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
	collector->listed += genl->cmd == SKALD_CMD_CLASSIFIER_GET;
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

static void put_limits(struct genl_request *request, char **argv)
{
	static const struct {
		const char *word;
		int type;
	} limits[] = {
		{ "points", SKALD_CLASSIFIER_A_POINTS },
		{ "rate", SKALD_CLASSIFIER_A_RATE },
		{ "burst", SKALD_CLASSIFIER_A_BURST },
		{ "sample", SKALD_CLASSIFIER_A_SAMPLE },
		{ "ttl", SKALD_CLASSIFIER_A_TTL },
	};
	const char *first = word_of(argv, "first"), *oif = word_of(argv, "oif"),
		   *value;
	uint64_t most = first ? strtoull(first, NULL, 0) : 0;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		value = word_of(argv, limits[i].word);
		if (value)
			genl_put_u32(request, limits[i].type,
				     strtoul(value, NULL, 0));
	}
	if (first)
		genl_put(request, SKALD_CLASSIFIER_A_FIRST, &most,
			 sizeof(most));
	if (oif)
		genl_put(request, SKALD_CLASSIFIER_A_OIF, oif, strlen(oif) + 1);
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
	put_limits(&request, argv);
	genl_end_nest(&request, nest);
	error = ask(collector, &request);
	if (error)
		genl_fail("classifier", -error);
}

static void start(struct collector *collector, char **argv)
{
	const char *ring = word_of(argv, "ring"),
		   *packets = word_of(argv, "packets"),
		   *without = word_of(argv, "without");
	uint64_t features = without ? strtoull(without, NULL, 0) : 0;
	struct genl_request request;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_START);
	if (ring)
		genl_put_u32(&request, SKALD_A_RING, strtoul(ring, NULL, 0));
	if (packets)
		genl_put_u32(&request, SKALD_A_PACKETS,
			     strtoul(packets, NULL, 0));
	if (without)
		genl_put(&request, SKALD_A_WITHOUT, &features,
			 sizeof(features));
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

static void collect(struct collector *collector, char **argv, uint64_t ns)
{
	const char *slow = word_of(argv, "slow");
	uint64_t start = now_ns();

	while (!is_over && now_ns() - start < ns) {
		if (slow)
			usleep(1000 * atoi(slow));
		read_soon(collector, ns < NS_PER_S ? 1 : 100);
	}
}

/* How many classifiers are in the table: those that are past their time go. */
static void list(struct collector *collector)
{
	struct genl_request request;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_CLASSIFIER_GET);
	request.header.nlmsg_flags |= NLM_F_DUMP;
	error = ask(collector, &request);
	if (error)
		genl_fail("list", -error);
}

static void count(struct collector *collector)
{
	struct genl_request request;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_STATS);
	error = ask(collector, &request);
	if (error)
		genl_fail("stats", -error);
}

static bool is_settled(const struct collector *collector, bool idle)
{
	return collector->received + collector->lost ==
		       collector->stats.emitted &&
	       (!idle || !collector->stats.known);
}

/* All that the rings have has come; the report says so if it does not. */
static void settle(struct collector *collector, bool idle)
{
	uint64_t end = now_ns() + SETTLE_NS;

	do {
		while (read_soon(collector, SETTLE_MS))
			continue;
		count(collector);
	} while (!is_settled(collector, idle) && now_ns() < end);
}

/*
 * No new packets first, so that what is in the rings finds room in the socket;
 * records that are sent before the answer are taken with it.
 */
static void stop(struct collector *collector, bool idle)
{
	struct genl_request request;
	int error;

	genl_begin(&request, collector->family, SKALD_CMD_CLASSIFIER_FLUSH);
	error = ask(collector, &request);
	if (error)
		genl_fail("flush", -error);
	settle(collector, idle);
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
	       "\"orphans\":%llu,\"stale\":%llu,\"expired\":%llu,"
	       "\"listed\":%u}\n",
	       (unsigned long long)s->marked, (unsigned long long)s->born,
	       (unsigned long long)s->known, (unsigned long long)s->full,
	       (unsigned long long)s->orphans, (unsigned long long)s->stale,
	       (unsigned long long)s->expired, c->listed);
	return !c->has_stats || c->received + c->lost != s->emitted ||
	       c->gaps || c->backwards || c->missing_batches;
}

/* Return: 0, or an errno value */
static int collector_open(struct collector *collector, char **argv)
{
	const char *socket = word_of(argv, "socket");
	int bytes = socket ? (int)strtol(socket, NULL, 0) : SOCKET_BYTES;
	size_t i;

	memset(collector, 0, sizeof(*collector));
	for (i = 0; i < MAX_CPUS; i++)
		collector->next_seq[i] = 1;
	collector->fd = genl_open();
	collector->family = genl_family(collector->fd, SKALD_GENL_NAME);
	if (!collector->family)
		return ENOENT;
	setsockopt(collector->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
	return 0;
}

/* Return: 0 when everything adds up */
static int collect_once(char **argv, uint64_t ns)
{
	struct collector collector;
	int status;

	if (collector_open(&collector, argv))
		genl_fail(SKALD_GENL_NAME, ENOENT);
	add_classifier(&collector, argv);
	start(&collector, argv);
	puts("collecting");
	fflush(stdout);
	collect(&collector, argv, ns);
	list(&collector);
	stop(&collector, has_word(argv, "idle"));
	status = report(&collector);
	close(collector.fd);
	return status;
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		genl_fail(path, errno);
	close(fd);
}

/* A packet of the family's may still be on its way. */
static void unload(void)
{
	uint64_t end = now_ns() + SETTLE_NS;

	while (syscall(SYS_delete_module, "skald", O_NONBLOCK)) {
		if (now_ns() > end)
			genl_fail("unload", errno);
		usleep(1000);
	}
}

static int rounds_make(char **argv)
{
	FILE *log = fopen("/dev/kmsg", "we");
	const char *module;
	unsigned long i, n;

	while (strcmp(*argv, "rounds"))
		argv++;
	n = argv[1] ? strtoul(argv[1], NULL, 0) : 0;
	module = n ? argv[2] : NULL;
	for (i = 1; i <= n && !is_over; i++) {
		load(module);
		if (collect_once(argv, i % 5 * 10 * NS_PER_MS))
			return 1;
		unload();
		if (!log)
			continue;
		fprintf(log, "skald: round %lu\n", i);
		fflush(log);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = take_signal };
	const char *seconds = word_of(argv + 1, "seconds");
	struct collector collector;

	(void)argc;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (has_word(argv + 1, "rounds"))
		return rounds_make(argv + 1);
	if (!has_word(argv + 1, "stats"))
		return collect_once(
			argv + 1, seconds ? strtoul(seconds, NULL, 0) * NS_PER_S
					  : UINT64_MAX);
	if (collector_open(&collector, argv + 1))
		genl_fail(SKALD_GENL_NAME, ENOENT);
	count(&collector);
	list(&collector);
	(void)report(&collector);
	return 0;
}
