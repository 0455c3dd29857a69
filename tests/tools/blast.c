// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends a counted number of UDP packets at a rate, for the live tests and
 * benches: blast DEV DMAC SADDR DADDR DPORT RATE COUNT [FLOWS [STRIDE]]
 *
 * Frames go out through AF_PACKET: every one has its own IPv4 identification
 * and its number in the payload. RATE 0 is as fast as possible. With FLOWS the
 * source port goes round, and behind FLOWS_EACH of them the source address, in
 * steps of STRIDE flows. Prints "sent N", how long it took, and the CPU time a
 * packet, which has the whole path in it where that runs on the sender's CPU.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define FIRST_PORT 20000
#define FLOWS_EACH 40000
#define NS_PER_S 1000000000ull

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	uint32_t number;
	uint8_t padding[14];
} __attribute__((packed));

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *byte = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += byte[i] << 8 | byte[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

struct flows {
	uint32_t n;
	uint32_t stride;
};

static void number_frame(struct frame *frame, uint32_t number,
			 const struct flows *flows)
{
	uint32_t flow = (uint64_t)number * flows->stride % flows->n;

	frame->ip.id = htons(number);
	frame->ip.saddr = htonl(ntohl(frame->ip.saddr) + flow / FLOWS_EACH);
	frame->ip.check = 0;
	frame->ip.check = checksum(&frame->ip, sizeof(frame->ip));
	frame->udp.source = htons(FIRST_PORT + flow % FLOWS_EACH);
	frame->number = htonl(number);
}

static void fill_frame(struct frame *frame, char **argv, const uint8_t *smac)
{
	unsigned int mac[ETH_ALEN], i;

	memset(frame, 0, sizeof(*frame));
	if (sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5]) != ETH_ALEN) {
		fprintf(stderr, "blast: bad address %s\n", argv[2]);
		exit(2);
	}
	for (i = 0; i < ETH_ALEN; i++)
		frame->eth.h_dest[i] = mac[i];
	memcpy(frame->eth.h_source, smac, ETH_ALEN);
	frame->eth.h_proto = htons(ETH_P_IP);
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.ttl = 64;
	frame->ip.protocol = IPPROTO_UDP;
	frame->ip.tot_len = htons(sizeof(*frame) - sizeof(frame->eth));
	inet_pton(AF_INET, argv[3], &frame->ip.saddr);
	inet_pton(AF_INET, argv[4], &frame->ip.daddr);
	frame->udp.dest = htons(atoi(argv[5]));
	frame->udp.len =
		htons(sizeof(*frame) - sizeof(frame->eth) - sizeof(frame->ip));
}

static int open_device(const char *name, uint8_t *mac)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	struct ifreq request = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	address.sll_ifindex = if_nametoindex(name);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) ||
	    bind(fd, (void *)&address, sizeof(address))) {
		perror(name);
		exit(1);
	}
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

/* Sleep until packet @sent is due. */
static void pace(uint64_t start, uint64_t sent, uint64_t rate)
{
	uint64_t due = start + sent * NS_PER_S / rate;
	struct timespec until = { due / NS_PER_S, due % NS_PER_S };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static uint64_t blast(int fd, struct frame *frame, uint64_t rate,
		      uint64_t count, const struct flows *flows)
{
	struct frame frames[BATCH];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	uint64_t sent = 0, start = now_ns();
	int i, n, done;

	while (sent < count) {
		n = count - sent < BATCH ? count - sent : BATCH;
		for (i = 0; i < n; i++) {
			frames[i] = *frame;
			number_frame(&frames[i], sent + i, flows);
			vectors[i].iov_base = &frames[i];
			vectors[i].iov_len = sizeof(frames[i]);
			messages[i].msg_hdr.msg_iov = &vectors[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		if (rate)
			pace(start, sent, rate);
		for (i = 0; i < n; i += done) {
			done = sendmmsg(fd, messages + i, n - i, 0);
			if (done < 0 && errno != ENOBUFS)
				return sent + i;
			if (done < 0)
				done = 0;
		}
		sent += n;
	}
	return sent;
}

int main(int argc, char **argv)
{
	struct flows flows = { 1, 1 };
	uint8_t mac[ETH_ALEN];
	struct frame frame;
	uint64_t start, sent;
	int fd;

	if (argc < 8) {
		fprintf(stderr, "usage: blast DEV DMAC SADDR DADDR DPORT RATE "
				"COUNT [FLOWS [STRIDE]]\n");
		return 2;
	}
	if (argc > 8)
		flows.n = (uint32_t)atoi(argv[8]);
	if (argc > 9)
		flows.stride = (uint32_t)atoi(argv[9]);
	if (!flows.n)
		return 2;
	fd = open_device(argv[1], mac);
	fill_frame(&frame, argv, mac);
	start = now_ns();
	sent = blast(fd, &frame, strtoull(argv[6], NULL, 0),
		     strtoull(argv[7], NULL, 0), &flows);
	printf("sent %llu in %.3f s, %.0f ns a packet\n",
	       (unsigned long long)sent, (now_ns() - start) / 1e9,
	       sent ? cpu_ns() / (double)sent : 0);
	close(fd);
	return 0;
}
