// SPDX-License-Identifier: GPL-2.0-only
/*
 * A router made of the engine, between two namespaces:
 *
 *   ct_router [--snat ADDR] [--dnat ADDR] [--cut WORD]... [-w CAPTURE] CLIENT
 * SERVER
 *
 * It makes a device "tun" in either namespace (their names, as of ip netns)
 * and passes packets between them, tracked, with the helpers usual for the
 * ports. Conversations that the client begins get another source or another
 * destination address.
 *
 * --cut WORD: a TCP segment that begins with WORD is cut in two; the first time
 * behind its first byte, the next behind the second, and so on. "cut N of LEN"
 * is printed for each. Packets as they came in are written to CAPTURE.
 *
 * Prints "ready" when both devices are up; ends when it is told to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "checksum.h"
#include "ct_helpers.h"
#include "ct_nat.h"
#include "ct_seqadj.h"
#include "view_room.h"

#define PACKET_MAX 65536
#define ROOM 512
#define CUTS_MAX 8

struct cut {
	const char *word;
	u32 at;
};

struct router {
	int ends[2]; /* client, server */
	struct skald_ct_table *table;
	struct skald_nat *nat;
	bool has_snat;
	bool has_dnat;
	union skald_addr snat;
	union skald_addr dnat;
	struct cut cuts[CUTS_MAX];
	unsigned int n_cuts;
	pcap_dumper_t *capture;
};

static volatile sig_atomic_t is_over;

static void end(int signal)
{
	is_over = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "ct_router: %s: %s\n", what, strerror(errno));
	exit(3);
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * SKALD_NS_PER_S + (u64)now.tv_nsec;
}

static u32 random_bits(void *user)
{
	return (u32)random() << 16 ^ (u32)random();
}

static void tell(void *user, const struct skald_ct_note *note)
{
	if (note->text)
		printf("%s: %s\n", note->helper ? note->helper->name : "drop",
		       note->text);
}

static int bind_new(void *user, struct skald_ct_packet *packet, u8 hook)
{
	struct router *router = user;
	bool is_source = hook == NF_INET_POST_ROUTING;
	struct skald_nat_range range = { .flags = SKALD_NAT_MAP_IPS };

	if (packet->ct->master || packet->view->iif != 1 ||
	    !(is_source ? router->has_snat : router->has_dnat))
		return NF_ACCEPT;
	range.min_addr = range.max_addr =
		is_source ? router->snat : router->dnat;
	return skald_nat_setup(packet, &range,
			       is_source ? SKALD_NAT_SRC : SKALD_NAT_DST);
}

static void attach(struct skald_ct_packet *packet)
{
	const struct skald_ct_helper *helper;
	const struct skald_ct_tuple *tuple;

	if (!packet->ct || packet->ct->help ||
	    skald_ct_is(packet->ct, SKALD_CT_CONFIRMED))
		return;
	tuple = skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	helper = skald_ct_helper_by_port(tuple->family, tuple->proto,
					 ntohs(tuple->dport));
	if (helper)
		skald_ct_help_attach(packet->ct, helper);
}

static bool pass(struct router *router, struct skald_view *view)
{
	const struct skald_nat_rules rules = { .user = router,
					       .bind = bind_new };
	struct skald_ct_packet packet;
	int verdict;

	verdict = skald_ct_in(router->table, view, NULL, now_ns(), &packet);
	attach(&packet);
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&packet, NF_INET_PRE_ROUTING, &rules);
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&packet, NF_INET_POST_ROUTING, &rules);
	if (verdict == NF_ACCEPT)
		verdict = skald_ct_out(&packet);
	skald_ct_done(&packet);
	return verdict == NF_ACCEPT;
}

static u16 ethertype_of(const u8 *packet)
{
	return packet[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
}

/* Through the engine, and out on the other side. */
static void forward(struct router *router, unsigned int from, const u8 *bytes,
		    u32 len)
{
	static u8 data[PACKET_MAX + ROOM];
	struct skald_view_room room;

	memcpy(data, bytes, len);
	skald_view_room_init(&room, data, sizeof(data), len, len);
	room.view.iif = from + 1;
	if (skald_view_set_network(&room.view, 0, ethertype_of(bytes)))
		return;
	if (pass(router, &room.view) &&
	    write(router->ends[!from], data, room.view.len) < 0)
		perror("ct_router: write");
}

/* ---- cutting ---- */

static void set_checksums(struct skald_view *view)
{
	u8 *ip = view->data, *tcp = view->data + view->transport;
	u32 len = view->end - view->transport;
	u16 sum;

	if (view->family == NFPROTO_IPV4) {
		put_unaligned_be16((u16)view->len, ip + 2);
		put_unaligned_be16(0, ip + 10);
		put_unaligned_be16(skald_checksum_fold(skald_checksum_add(
					   ip, view->transport, 0)),
				   ip + 10);
	} else {
		put_unaligned_be16((u16)(view->len - 40), ip + 4);
	}
	put_unaligned_be16(0, tcp + 16);
	if (!skald_checksum_transport(view, IPPROTO_TCP, len, &sum))
		put_unaligned_be16(sum, tcp + 16);
}

/* The bytes from @from to @to of a segment's payload as a segment of its own.
 */
static void forward_part(struct router *router, unsigned int side,
			 const struct skald_view *whole, u32 from, u32 to)
{
	u8 part[PACKET_MAX];
	struct skald_view view;
	u32 at, len, seq;

	skald_seqadj_payload(whole, &at, &len, &seq);
	memcpy(part, whole->data, at);
	memcpy(part + at, whole->data + at + from, to - from);
	put_unaligned_be32(seq + from, part + whole->transport + 4);
	skald_view_init(&view, part, at + to - from, at + to - from);
	view.network = 0;
	view.transport = whole->transport;
	view.family = whole->family;
	view.l4proto = whole->l4proto;
	view.end = view.len;
	set_checksums(&view);
	forward(router, side, part, view.len);
}

/* Whether it was cut, and both pieces sent on. */
static bool cut(struct router *router, unsigned int side, u8 *bytes, u32 len)
{
	struct skald_view view;
	u32 at, payload, seq, i;

	skald_view_init(&view, bytes, len, len);
	if (skald_view_set_network(&view, 0, ethertype_of(bytes)) ||
	    !skald_seqadj_payload(&view, &at, &payload, &seq))
		return false;
	for (i = 0; i < router->n_cuts; i++) {
		struct cut *c = &router->cuts[i];

		if (payload <= strlen(c->word) ||
		    memcmp(bytes + at, c->word, strlen(c->word)) ||
		    c->at + 1 >= payload)
			continue;
		c->at++;
		printf("cut %s %u of %u\n", c->word, c->at, payload);
		forward_part(router, side, &view, 0, c->at);
		forward_part(router, side, &view, c->at, payload);
		return true;
	}
	return false;
}

/* ---- devices ---- */

static void enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static int make_device(const char *space)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd;

	enter(space);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	strcpy(request.ifr_name, "tun");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die("/dev/net/tun");
	return fd;
}

static void write_capture(struct router *router, const u8 *bytes, u32 len)
{
	struct pcap_pkthdr header = { .caplen = len, .len = len };
	u64 now = now_ns();

	if (!router->capture)
		return;
	header.ts.tv_sec = (time_t)(now / SKALD_NS_PER_S);
	header.ts.tv_usec = (suseconds_t)(now % SKALD_NS_PER_S / 1000);
	pcap_dump((u_char *)router->capture, &header, bytes);
}

static void read_device(struct router *router, unsigned int side)
{
	static u8 bytes[PACKET_MAX];
	ssize_t len = read(router->ends[side], bytes, sizeof(bytes));

	if (len <= 0)
		return;
	write_capture(router, bytes, (u32)len);
	if (!cut(router, side, bytes, (u32)len))
		forward(router, side, bytes, (u32)len);
}

static void run(struct router *router)
{
	struct pollfd fds[2] = { { router->ends[0], POLLIN, 0 },
				 { router->ends[1], POLLIN, 0 } };

	while (!is_over) {
		if (poll(fds, 2, 1000) < 0)
			continue;
		if (fds[0].revents & POLLIN)
			read_device(router, 0);
		if (fds[1].revents & POLLIN)
			read_device(router, 1);
		skald_ct_gc(router->table, now_ns(), 16);
		fflush(stdout);
	}
}

/* ---- the program ---- */

static union skald_addr read_addr(const char *text)
{
	union skald_addr addr = { .words = { 0 } };

	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text,
		      addr.bytes) != 1) {
		fprintf(stderr, "ct_router: %s is no address\n", text);
		exit(2);
	}
	return addr;
}

static void usage(void)
{
	fputs("usage: ct_router [--snat ADDR] [--dnat ADDR] [--cut WORD]... "
	      "[-w CAPTURE] CLIENT SERVER\n",
	      stderr);
	exit(2);
}

static void open_capture(struct router *router, const char *path)
{
	pcap_t *pcap = pcap_open_dead(DLT_RAW, PACKET_MAX);

	router->capture = pcap ? pcap_dump_open(pcap, path) : NULL;
	if (!router->capture)
		die(path);
}

static void read_options(struct router *router, int argc, char **argv)
{
	static const struct option options[] = {
		{ "snat", required_argument, NULL, 's' },
		{ "dnat", required_argument, NULL, 'd' },
		{ "cut", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "w:", options, NULL)) != -1) {
		if (option == 's') {
			router->has_snat = true;
			router->snat = read_addr(optarg);
		} else if (option == 'd') {
			router->has_dnat = true;
			router->dnat = read_addr(optarg);
		} else if (option == 'c' && router->n_cuts < CUTS_MAX) {
			router->cuts[router->n_cuts++].word = optarg;
		} else if (option == 'w') {
			open_capture(router, optarg);
		} else {
			usage();
		}
	}
	if (argc - optind != 2)
		usage();
}

int main(int argc, char **argv)
{
	struct skald_ct_owner owner = { .random = random_bits, .tell = tell };
	struct sigaction action = { .sa_handler = end };
	struct skald_ct_settings settings;
	struct router router = { 0 };

	read_options(&router, argc, argv);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	skald_ct_settings_default(&settings);
	settings.buckets = 1024;
	router.table = skald_ct_table_new(&settings, &owner);
	router.nat = router.table ? skald_nat_new(router.table, 0) : NULL;
	if (!router.nat)
		die("table");
	router.ends[0] = make_device(argv[optind]);
	router.ends[1] = make_device(argv[optind + 1]);
	puts("ready");
	fflush(stdout);
	run(&router);
	if (router.capture)
		pcap_dump_close(router.capture);
	skald_ct_table_free(router.table);
	skald_nat_free(router.nat);
	return 0;
}
