// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic of every kind that the scenarios of tests/kernel need, in one program
 * without libraries, so that it starts quickly in an emulated machine.
 * What each command does stands in the table at the end; a command that waits
 * for others prints a line first, to be waited for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define NS_PER_S 1000000000ull
#define ANSWER_SECONDS 3
#define BUFFER (64 * 1024)

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

static char buffer[BUFFER];

static void fail(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Return: its length for bind() and connect() */
static socklen_t parse_address(const char *text, const char *port,
			       union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &ret->ip4.sin_addr) == 1) {
		ret->ip4.sin_family = AF_INET;
		ret->ip4.sin_port = htons(atoi(port));
		return sizeof(ret->ip4);
	}
	if (inet_pton(AF_INET6, text, &ret->ip6.sin6_addr) != 1) {
		fprintf(stderr, "traffic: no address: %s\n", text);
		exit(2);
	}
	ret->ip6.sin6_family = AF_INET6;
	ret->ip6.sin6_port = htons(atoi(port));
	return sizeof(ret->ip6);
}

static int socket_type(const char *word)
{
	return !strcmp(word, "tcp") ? SOCK_STREAM : SOCK_DGRAM;
}

/* A socket of both families that is bound to @port. */
static int bind_port(const char *port, int type)
{
	union address address;
	socklen_t len = parse_address("::", port, &address);
	int on = 1, off = 0, fd = socket(AF_INET6, type, 0);

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, &address.any, len))
		fail("bind");
	return fd;
}

static int connect_to(const char *text, const char *port, int type)
{
	struct timeval patience = { ANSWER_SECONDS, 0 };
	union address address;
	socklen_t len = parse_address(text, port, &address);
	int fd = socket(address.any.sa_family, type, 0);

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, &address.any, len))
		fail("connect");
	return fd;
}

static void serve_udp(int fd)
{
	union address from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, buffer, sizeof(buffer), 0, &from.any, &len);
		if (n >= 0)
			sendto(fd, buffer, n, 0, &from.any, len);
	}
}

/* Each connection is read to its end, and then told how much came. */
static void serve_tcp(int fd)
{
	unsigned long long sum;
	ssize_t n;
	int client;

	if (listen(fd, 16))
		fail("listen");
	for (;;) {
		client = accept(fd, NULL, NULL);
		for (sum = 0; (n = read(client, buffer, sizeof(buffer))) > 0;)
			sum += n;
		dprintf(client, "%llu\n", sum);
		close(client);
	}
}

static int serve(char **argv)
{
	int type = socket_type(argv[0]), fd = bind_port(argv[1], type);

	say("serving");
	if (type == SOCK_STREAM)
		serve_tcp(fd);
	else
		serve_udp(fd);
	return 0;
}

static void write_all(int fd, size_t count)
{
	size_t part;
	ssize_t n;

	while (count) {
		part = count < sizeof(buffer) ? count : sizeof(buffer);
		n = write(fd, buffer, part);
		if (n < 0)
			fail("write");
		count -= n;
	}
}

static int ask(char **argv)
{
	int type = socket_type(argv[0]);
	int fd = connect_to(argv[1], argv[2], type);
	ssize_t n, sum = 0;

	write_all(fd, argv[3] ? strtoul(argv[3], NULL, 0) : 5);
	if (type == SOCK_STREAM)
		shutdown(fd, SHUT_WR);
	do {
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n > 0)
			sum += n;
	} while (n > 0 && type == SOCK_STREAM);
	printf("answered %zd\n", sum);
	return n < 0;
}

static int send_many(char **argv)
{
	union address address;
	socklen_t len = parse_address(argv[0], argv[1], &address);
	int fd = socket(address.any.sa_family, SOCK_DGRAM, 0);
	size_t bytes = argv[3] ? strtoul(argv[3], NULL, 0) : 5;
	unsigned long i, sent = 0, count = strtoul(argv[2], NULL, 0);
	uint64_t start = now_ns();

	for (i = 0; i < count; i++)
		sent += sendto(fd, buffer, bytes, 0, &address.any, len) >= 0;
	printf("sent %lu in %llu ns\n", sent,
	       (unsigned long long)(now_ns() - start));
	return 0;
}

/* As fast as it goes, so many seconds; ports go round, errors do not matter. */
static int flood(char **argv)
{
	union address address;
	socklen_t len = parse_address(argv[0], argv[1], &address);
	int fd = socket(address.any.sa_family, SOCK_DGRAM, 0);
	uint64_t end = now_ns() + strtoull(argv[2], NULL, 0) * NS_PER_S;
	unsigned long sent = 0;

	while (now_ns() < end)
		sent += sendto(fd, buffer, 16, 0, &address.any, len) >= 0;
	printf("sent %lu\n", sent);
	return 0;
}

static uint16_t checksum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *byte = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += byte[i] << 8 | byte[i + 1];
	if (len % 2)
		sum += byte[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	char payload[1400];
} __attribute__((packed));

/* RFC 768: over addresses, protocol, length, and the datagram. */
static uint16_t udp_checksum(const struct datagram *datagram, size_t len)
{
	uint32_t sum = IPPROTO_UDP + len;
	const uint8_t *address = (const void *)&datagram->ip.saddr;
	size_t i;

	for (i = 0; i < 8; i += 2)
		sum += address[i] << 8 | address[i + 1];
	return htons(checksum(&datagram->udp, len, sum));
}

static const char *word_of(char **argv, const char *name, const char *none)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, name))
			return argv[1] ? argv[1] : none;
	return none;
}

static bool has_word(char **argv, const char *name)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, name))
			return true;
	return false;
}

static size_t make_datagram(struct datagram *datagram, char **argv)
{
	size_t len = sizeof(datagram->udp) + atoi(word_of(argv, "len", "16"));

	memset(datagram, 0, sizeof(*datagram));
	datagram->ip.version = 4;
	datagram->ip.ihl = 5;
	datagram->ip.ttl = atoi(word_of(argv, "ttl", "64"));
	datagram->ip.protocol = IPPROTO_UDP;
	datagram->ip.id = htons(getpid());
	datagram->ip.frag_off = has_word(argv, "df") ? htons(IP_DF) : 0;
	datagram->ip.tot_len = htons(sizeof(datagram->ip) + len);
	inet_pton(AF_INET, argv[0], &datagram->ip.saddr);
	inet_pton(AF_INET, argv[1], &datagram->ip.daddr);
	datagram->udp.source = htons(atoi(word_of(argv, "sport", "4000")));
	datagram->udp.dest = htons(atoi(argv[2]));
	datagram->udp.len = htons(len);
	datagram->udp.check = udp_checksum(datagram, len);
	if (has_word(argv, "badsum"))
		datagram->udp.check ^= htons(0x5555);
	return sizeof(datagram->ip) + len;
}

static int send_raw(char **argv)
{
	union address to;
	struct datagram datagram;
	socklen_t to_len = parse_address(argv[1], "0", &to);
	size_t len = make_datagram(&datagram, argv);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0 || sendto(fd, &datagram, len, 0, &to.any, to_len) < 0)
		fail("sendto");
	return 0;
}

static int hold(char **argv)
{
	int fd = bind_port(argv[0], SOCK_DGRAM);
	int bytes = argv[1] ? atoi(argv[1]) : 1; /* the least there is */

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	say("holding");
	pause();
	return 0;
}

static int tap(char **argv)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = if_nametoindex(argv[0]) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)))
		fail("tap");
	say("tapping");
	while (recv(fd, buffer, sizeof(buffer), 0) >= 0)
		continue;
	return 0;
}

static const struct command {
	const char *name;
	int n_words;
	int (*run)(char **argv);
	const char *help;
} commands[] = {
	{ "serve", 2, serve, "udp|tcp PORT: echo datagrams, count streams" },
	{ "ask", 3, ask, "udp|tcp ADDRESS PORT [BYTES]: wait for the answer" },
	{ "send", 3, send_many, "ADDRESS PORT COUNT [BYTES]: UDP, no answer" },
	{ "flood", 3, flood, "ADDRESS PORT SECONDS: UDP, as fast as it goes" },
	{ "raw", 3, send_raw,
	  "SADDR DADDR PORT [sport N] [ttl N] [len N] [df] [badsum]: UDP" },
	{ "hold", 1, hold, "PORT [BYTES]: a UDP socket that nobody reads" },
	{ "tap", 1, tap, "DEVICE: read all its frames" },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < N_OF(commands); i++)
		if (argc > 1 + commands[i].n_words &&
		    !strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	for (i = 0; i < N_OF(commands); i++)
		fprintf(stderr, "traffic %s %s\n", commands[i].name,
			commands[i].help);
	return 2;
}
