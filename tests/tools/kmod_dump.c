// SPDX-License-Identifier: GPL-2.0-only
/*
 * A raw collector for skald.ko: one line a record, as it comes.
 *
 *	kmod_dump [-t SECONDS] [-r RING] [-p PACKETS] [-f FIRST] [-W WITHOUT]
 *		[-x] [-q] [-s] [-T] [-N | EXPRESSION]
 *	kmod_dump -i | -l | -w
 *
 * -W leaves features out (bits), -T marks what is transmitted too, -N nothing,
 * -x reads nothing for -t seconds, -q prints no records, -s prints the final
 * counters; -i says what the module can do, -l its probes, -w the words of drop
 * reasons. Says "ready" on stderr when it is armed.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <skald/uapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "parts/kmod_print.h"

static struct mnl_socket *nl;
static uint16_t family;
static uint32_t seq;
static char buffer[1 << 16];
static volatile sig_atomic_t stopped;
static bool quiet;
static uint64_t seen, seen_lost, batch_last;
static bool batch_gap;

static void on_signal(int signal)
{
	stopped = 1;
}

static void on_records(uint32_t cpu, const uint8_t *bytes, size_t len)
{
	static uint32_t expected[1024];
	const struct skald_r_record *record;

	for (size_t at = 0; at + sizeof(*record) <= len; at += record->len) {
		record = (const void *)(bytes + at);
		if (record->len < sizeof(*record) || record->len > len - at)
			errx(1, "record of %u bytes", record->len);
		if (record->type == SKALD_R_NAME) {
			kmod_print_name((const void *)record);
			continue;
		}
		if (cpu < 1024 && expected[cpu] && record->seq != expected[cpu])
			printf("GAP on cpu %u: %u instead of %u\n", cpu,
			       record->seq, expected[cpu]);
		if (record->type == SKALD_R_LOST) {
			seen_lost +=
				((const struct skald_r_lost *)record)->count;
			expected[cpu % 1024] =
				record->seq +
				(uint32_t)((const struct skald_r_lost *)record)
					->count;
		} else {
			seen++;
			expected[cpu % 1024] = record->seq + 1;
		}
		if (quiet)
			continue;
		printf("%" PRIu64 ".%06" PRIu64 " cpu%u #%llu %s",
		       (uint64_t)record->time / 1000000000,
		       (uint64_t)record->time / 1000 % 1000000, cpu,
		       record->packet, kmod_print_type(record->type));
		kmod_print_body(record);
		printf("\n");
	}
}

static int on_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	int type = mnl_attr_get_type(attr);

	if (type <= SKALD_A_MAX)
		tb[type] = attr;
	return MNL_CB_OK;
}

static const struct nlattr *answer[SKALD_A_MAX + 1];
static char answer_copy[1 << 15];

static void on_batch(const struct nlattr **tb)
{
	uint64_t number =
		tb[SKALD_A_BATCH] ? mnl_attr_get_u64(tb[SKALD_A_BATCH]) : 0;

	if (number != batch_last + 1)
		batch_gap = true;
	batch_last = number;
	if (tb[SKALD_A_RECORDS] && tb[SKALD_A_CPU])
		on_records(mnl_attr_get_u32(tb[SKALD_A_CPU]),
			   mnl_attr_get_payload(tb[SKALD_A_RECORDS]),
			   mnl_attr_get_payload_len(tb[SKALD_A_RECORDS]));
}

static void on_probe(const struct nlattr *nest)
{
	static const char *const states[] = { "absent", "waiting", "found",
					      "armed" };
	const struct nlattr *attr;
	const char *name = "", *module = "";
	uint32_t state = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == SKALD_PROBE_A_NAME)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == SKALD_PROBE_A_MODULE)
			module = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == SKALD_PROBE_A_STATE)
			state = mnl_attr_get_u32(attr);
	}
	printf("probe %s %s %s\n", name, module,
	       state < 4 ? states[state] : "?");
}

static void on_reason(const struct nlattr *nest)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t number = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == SKALD_REASON_A_NUMBER)
			number = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == SKALD_REASON_A_NAME)
			name = mnl_attr_get_str(attr);
	}
	printf("reason %u %s\n", number, name);
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[SKALD_A_MAX + 1] = { NULL };

	mnl_attr_parse(nlh, sizeof(*genl), on_attr, tb);
	if (genl->cmd == SKALD_CMD_RECORDS) {
		on_batch(tb);
		return MNL_CB_OK;
	}
	if (tb[SKALD_A_PROBE])
		on_probe(tb[SKALD_A_PROBE]);
	if (tb[SKALD_A_REASON])
		on_reason(tb[SKALD_A_REASON]);
	if (nlh->nlmsg_len <= sizeof(answer_copy)) {
		memcpy(answer_copy, nlh, nlh->nlmsg_len);
		memset(answer, 0, sizeof(answer));
		mnl_attr_parse((struct nlmsghdr *)answer_copy, sizeof(*genl),
			       on_attr, answer);
	}
	return nlh->nlmsg_flags & NLM_F_MULTI ? MNL_CB_OK : MNL_CB_OK;
}

/* The kernel's own words about what it refuses. */
static const char *refusal(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*error);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += error->msg.nlmsg_len - sizeof(struct nlmsghdr);
	mnl_attr_for_each(attr, nlh, offset) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			return mnl_attr_get_str(attr);
	}
	return "";
}

/* Reads what comes; true when the answer to @wanted is complete. */
static bool receive(uint32_t wanted)
{
	ssize_t n = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	const struct nlmsghdr *nlh = (const void *)buffer;
	const struct nlmsgerr *error;
	int len = (int)n;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n < 0)
		err(1, "receive");
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == NLMSG_DONE)
			return true;
		if (nlh->nlmsg_type != NLMSG_ERROR) {
			on_message(nlh, NULL);
			continue;
		}
		error = mnl_nlmsg_get_payload(nlh);
		if (error->error) {
			errno = -error->error;
			err(1, "refused: %s", refusal(nlh));
		}
		if (nlh->nlmsg_seq == wanted)
			return true;
	}
	return false;
}

static struct nlmsghdr *request(uint16_t type, uint8_t cmd, uint16_t flags)
{
	static char bytes[1 << 16];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static void ask(struct nlmsghdr *nlh)
{
	memset(answer, 0, sizeof(answer));
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
	while (!receive(nlh->nlmsg_seq))
		;
}

static int on_family(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static void find_family(void)
{
	struct nlmsghdr *nlh = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	ssize_t n;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SKALD_GENL_NAME);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
	n = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	nlh = (struct nlmsghdr *)buffer;
	if (n < 0 || nlh->nlmsg_type == NLMSG_ERROR)
		errx(3, "skald.ko is not loaded");
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), on_family, NULL);
}

static void open_socket(void)
{
	int one = 1, bytes = 4 << 20;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl, NETLINK_NO_ENOBUFS, &one, sizeof(one));
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
	find_family();
}

static void put_program(struct nlmsghdr *nlh, int type, int dlt,
			const char *expression)
{
	pcap_t *pcap = pcap_open_dead(dlt, 65535);
	struct bpf_program program;

	if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN)) {
		/* Such as ARP, which is not seen from a network header. */
		if (strstr(pcap_geterr(pcap), "rejects all packets"))
			return;
		errx(2, "%s", pcap_geterr(pcap));
	}
	mnl_attr_put(nlh, (uint16_t)type,
		     program.bf_len * sizeof(struct sock_filter),
		     program.bf_insns);
	pcap_freecode(&program);
	pcap_close(pcap);
}

static void add_classifier(const char *expression, uint32_t first,
			   bool transmit)
{
	struct nlmsghdr *nlh =
		request(family, SKALD_CMD_CLASSIFIER_ADD, NLM_F_ACK);
	struct nlattr *nest = mnl_attr_nest_start(nlh, SKALD_A_CLASSIFIER);

	put_program(nlh, SKALD_CLASSIFIER_A_L2, DLT_EN10MB, expression);
	put_program(nlh, SKALD_CLASSIFIER_A_L3, DLT_RAW, expression);
	mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_NETNS, 0);
	if (first)
		mnl_attr_put_u64(nlh, SKALD_CLASSIFIER_A_FIRST, first);
	if (transmit)
		mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_POINTS,
				 SKALD_POINT_ALL);
	mnl_attr_put_strz(nlh, SKALD_CLASSIFIER_A_TEXT, expression);
	mnl_attr_nest_end(nlh, nest);
	ask(nlh);
}

static void start(uint32_t ring, uint32_t packets, uint64_t without)
{
	struct nlmsghdr *nlh = request(family, SKALD_CMD_START, NLM_F_ACK);

	if (ring)
		mnl_attr_put_u32(nlh, SKALD_A_RING, ring);
	if (packets)
		mnl_attr_put_u32(nlh, SKALD_A_PACKETS, packets);
	if (without)
		mnl_attr_put_u64(nlh, SKALD_A_WITHOUT, without);
	ask(nlh);
	fprintf(stderr, "ready\n");
}

static void print_stats(void)
{
	const struct nlattr *attr = answer[SKALD_A_STATS];
	struct skald_stats s;

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(s))
		errx(1, "no counters");
	memcpy(&s, mnl_attr_get_payload(attr), sizeof(s));
	printf("stats marked %llu born %llu known %llu full %llu orphans %llu stale %llu expired %llu unwrapped %llu\n",
	       s.marked, s.born, s.known, s.full, s.orphans, s.stale, s.expired,
	       s.unwrapped);
	printf("stats emitted %llu lost %llu sent %llu batches %llu congested %llu nmi %llu\n",
	       s.emitted, s.lost, s.sent, s.batches, s.congested, s.nmi);
	printf("stats seen %" PRIu64 " told lost %" PRIu64
	       " batch gap %d balance %s\n",
	       seen, seen_lost, batch_gap,
	       s.emitted == seen + seen_lost ? "ok" : "WRONG");
}

static void print_info(void)
{
	ask(request(family, SKALD_CMD_INFO, NLM_F_ACK));
	printf("version %u release %s features %#" PRIx64 " cpus %u armed %u\n",
	       mnl_attr_get_u32(answer[SKALD_A_VERSION]),
	       mnl_attr_get_str(answer[SKALD_A_RELEASE]),
	       mnl_attr_get_u64(answer[SKALD_A_FEATURES]),
	       mnl_attr_get_u32(answer[SKALD_A_CPUS]),
	       answer[SKALD_A_ARMED] ? mnl_attr_get_u32(answer[SKALD_A_ARMED])
				     : 0);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void collect(double seconds, bool deaf)
{
	struct pollfd poller = { .fd = mnl_socket_get_fd(nl),
				 .events = POLLIN };
	double end = now() + seconds;

	while (!stopped && now() < end) {
		if (deaf) {
			usleep(50000);
			continue;
		}
		if (poll(&poller, 1, 50) > 0)
			receive(0);
		fflush(stdout);
	}
}

static uint64_t bytes_waiting(void)
{
	const struct nlattr *attr = answer[SKALD_A_CPU_STATS];
	size_t n = attr ? mnl_attr_get_payload_len(attr) : 0;
	struct skald_cpu_stats stats;
	uint64_t waiting = 0;

	for (size_t at = 0; at + sizeof(stats) <= n; at += sizeof(stats)) {
		memcpy(&stats, (char *)mnl_attr_get_payload(attr) + at,
		       sizeof(stats));
		waiting += stats.used;
	}
	return waiting;
}

/* Nothing more is marked; read until the rings are empty. */
static void drain(void)
{
	double end = now() + 20;

	ask(request(family, SKALD_CMD_CLASSIFIER_FLUSH, NLM_F_ACK));
	stopped = 0;
	do {
		collect(0.1, false);
		ask(request(family, SKALD_CMD_STATS, NLM_F_ACK));
	} while (bytes_waiting() && now() < end && !stopped);
}

int main(int argc, char **argv)
{
	uint32_t ring = 0, packets = 0, first = 0;
	uint64_t without = 0;
	bool marking = true;
	bool deaf = false, stats = false, transmit = false;
	double seconds = 1e9;
	int option;

	open_socket();
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	while ((option = getopt(argc, argv, "t:r:p:f:W:xqsNTilw")) != -1) {
		switch (option) {
		case 't':
			seconds = atof(optarg);
			break;
		case 'r':
			ring = (uint32_t)atol(optarg);
			break;
		case 'p':
			packets = (uint32_t)atol(optarg);
			break;
		case 'f':
			first = (uint32_t)atol(optarg);
			break;
		case 'W':
			without = strtoull(optarg, NULL, 0);
			break;
		case 'N':
			marking = false;
			break;
		case 'x':
			deaf = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 's':
			stats = true;
			break;
		case 'T':
			transmit = true;
			break;
		case 'i':
			print_info();
			return 0;
		case 'l':
			ask(request(family, SKALD_CMD_PROBES, NLM_F_DUMP));
			return 0;
		case 'w':
			ask(request(family, SKALD_CMD_REASONS, NLM_F_DUMP));
			return 0;
		default:
			return 2;
		}
	}
	if (marking)
		add_classifier(optind < argc ? argv[optind] : "", first,
			       transmit);
	start(ring, packets, without);
	collect(seconds, deaf);
	drain();
	ask(request(family, SKALD_CMD_STOP, NLM_F_ACK));
	if (stats)
		print_stats();
	return 0;
}
