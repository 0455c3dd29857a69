// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this machine's conntrack says of every packet of a capture.
 *
 * ct_oracle [--liberal] [--checksum] [--helpers-by-port] [--frames]
 *	[--expects] FILE...
 *
 * Prints FILE<TAB>SEQUENCE: one letter for each network-layer packet that came
 * to PREROUTING behind defragmentation, N E R I U. With --frames one line a
 * packet: FILE, number of the frame it came in (of a reassembled packet: of the
 * fragment with its header), letter. With --expects what it still expects at
 * the end follows, as in /proc.
 *
 * Each file gets a network namespace of its own. Its frames are put on a veth
 * as they are, but for the destination's hardware address; every address is
 * local at the other end, so that entries are confirmed; what the host itself
 * sends is dropped before conntrack sees it. The frame's number travels as the
 * packet's mark, the letter comes back as the prefix of an NFLOG message, in
 * the order in which packets were looked at. All frames are sent at once:
 * no timeout fires.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <libmnl/libmnl.h>
#include <net/ethernet.h>
#include <pcap.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../conntrack/helpers/rules.h"
#include "../conntrack/nflog.h"
#include "../conntrack/space.h"

#define GROUP 7
#define START_MARK 0xfffffffeU
#define END_MARK 0xffffffffU
#define WAIT_MS 20000
#define STEP_MS 2
#define BUFFER (256 * 1024)

struct options {
	bool liberal;
	bool checksum;
	bool helpers;
	bool frames;
	bool expects;
};

struct letter {
	uint32_t frame;
	char letter;
};

struct oracle {
	const struct options *options;
	const char *file;
	struct mnl_socket *nl;
	int packet;
	struct letter *letters;
	size_t n;
	size_t room;
	bool is_on;
	bool is_over;
};

static const char links[] =
	"link add inject address 02:00:00:00:00:01 mtu 65535 type veth "
	"peer name hear address 02:00:00:00:00:02 mtu 65535\n"
	"link set inject addrgenmode none\nlink set hear addrgenmode none\n"
	"link set lo up\nlink set inject up\nlink set hear up\n"
	"route add local 0.0.0.0/0 dev lo table local\n"
	"route add local ::/0 dev lo table local\n";

static const char rules[] =
	"table inet oracle {\n"
	" chain end { type filter hook prerouting priority -450;\n"
	"  meta mark 0xfffffffe log prefix \",\" group 7 drop\n"
	"  meta mark 0xffffffff log prefix \".\" group 7 drop\n }\n"
	" chain states { type filter hook prerouting priority -150;\n"
	"  ct state invalid log prefix \"I\" group 7\n"
	"  ct state new log prefix \"N\" group 7\n"
	"  ct state established log prefix \"E\" group 7\n"
	"  ct state related log prefix \"R\" group 7\n"
	"  ct state untracked log prefix \"U\" group 7\n }\n"
	" chain output { type filter hook output priority -310; drop; }\n"
	"}\n";

static void set_all(const struct options *options)
{
	space_set("ipv6/conf/inject/disable_ipv6", "1");
	space_set("ipv6/conf/hear/accept_ra", "0");
	space_set("ipv4/conf/all/rp_filter", "0");
	space_set("ipv4/conf/hear/rp_filter", "0");
	space_set("ipv4/conf/all/accept_local", "1");
	space_set("ipv4/conf/hear/accept_local", "1");
	space_set("ipv4/conf/all/route_localnet", "1");
	space_set("ipv4/conf/hear/route_localnet", "1");
	space_set("netfilter/nf_conntrack_checksum",
		  options->checksum ? "1" : "0");
	space_set("netfilter/nf_conntrack_tcp_be_liberal",
		  options->liberal ? "1" : "0");
	space_set("netfilter/nf_conntrack_tcp_loose", "1");
}

/* One message a packet, as soon as it was seen, without its bytes. */
static struct mnl_socket *listen_to_log(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	int size = 64 << 20;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		space_die("netlink socket");
	if (setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)))
		space_die("SO_RCVBUFFORCE");
	nflog_listen(nl, GROUP, NFULNL_COPY_META);
	return nl;
}

static void remember(struct oracle *oracle, uint32_t frame, char letter)
{
	oracle->is_on |= letter == ',';
	oracle->is_over |= letter == '.';
	if (letter == ',' || letter == '.')
		return;
	if (oracle->n == oracle->room) {
		oracle->room = oracle->room ? oracle->room * 2 : 1024;
		oracle->letters =
			realloc(oracle->letters,
				oracle->room * sizeof(*oracle->letters));
		if (!oracle->letters)
			space_die("memory");
	}
	oracle->letters[oracle->n].frame = frame;
	oracle->letters[oracle->n++].letter = letter;
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	uint32_t frame = 0;
	char letter = 0;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == NFULA_MARK)
			frame = ntohl(mnl_attr_get_u32(attr));
		else if (mnl_attr_get_type(attr) == NFULA_PREFIX)
			letter = mnl_attr_get_str(attr)[0];
	}
	remember(data, frame, letter);
	return MNL_CB_OK;
}

/* Read what is there; everything that was lost would shift the sequence. */
static void hear(struct oracle *oracle)
{
	static char buffer[BUFFER];
	ssize_t len;

	for (;;) {
		len = recv(mnl_socket_get_fd(oracle->nl), buffer,
			   sizeof(buffer), MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return;
		if (len < 0)
			space_die("messages were lost");
		if (mnl_cb_run(buffer, (size_t)len, 0, 0, on_message, oracle) <
		    0)
			space_die("message");
	}
}

static int inject(struct oracle *oracle, const void *bytes, size_t len,
		  uint32_t mark)
{
	char control[CMSG_SPACE(sizeof(mark))] = "";
	struct iovec vector = { .iov_base = (void *)bytes, .iov_len = len };
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SO_MARK;
	cmsg->cmsg_len = CMSG_LEN(sizeof(mark));
	memcpy(CMSG_DATA(cmsg), &mark, sizeof(mark));
	if (sendmsg(oracle->packet, &message, 0) < 0)
		return -errno;
	hear(oracle);
	return 0;
}

/* Bytes in front of the network header; -1: this link type is not known. */
static int link_len(int linktype, const uint8_t *bytes, size_t len)
{
	switch (linktype) {
	case DLT_EN10MB:
		return len >= ETH_HLEN ? ETH_HLEN : -1;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return 0;
	case DLT_NULL:
	case DLT_LOOP:
		return 4;
	case DLT_LINUX_SLL:
		return 16;
	case DLT_LINUX_SLL2:
		return 20;
	default:
		return -1;
	}
}

static uint16_t ethertype_of(int linktype, const uint8_t *bytes, int header,
			     size_t len)
{
	if (linktype == DLT_EN10MB)
		return (uint16_t)(bytes[12] << 8 | bytes[13]);
	if (linktype == DLT_LINUX_SLL)
		return (uint16_t)(bytes[14] << 8 | bytes[15]);
	if (linktype == DLT_LINUX_SLL2)
		return (uint16_t)(bytes[0] << 8 | bytes[1]);
	if ((size_t)header < len && bytes[header] >> 4 == 6)
		return ETHERTYPE_IPV6;
	return ETHERTYPE_IP;
}

static void play_frame(struct oracle *oracle, int linktype,
		       const struct pcap_pkthdr *header, const uint8_t *bytes,
		       uint32_t number)
{
	static uint8_t frame[1 << 18];
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 2,
					       2, 0, 0, 0, 0, 1 };
	int skip = link_len(linktype, bytes, header->caplen);
	uint16_t ethertype;
	size_t len;

	if (skip < 0 || (size_t)skip > header->caplen ||
	    header->caplen > sizeof(frame) - ETH_HLEN)
		return;
	ethertype = ethertype_of(linktype, bytes, skip, header->caplen);
	len = header->caplen - (size_t)skip;
	memcpy(frame, addresses, sizeof(addresses));
	frame[12] = (uint8_t)(ethertype >> 8);
	frame[13] = (uint8_t)ethertype;
	memcpy(frame + ETH_HLEN, bytes + skip, len);
	(void)inject(oracle, frame, ETH_HLEN + len, number);
}

static int inject_mark(struct oracle *oracle, uint32_t mark)
{
	/* clang-format off */
	static const uint8_t frame[ETH_HLEN + 28] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0xf6, 0xcd,
		192, 0, 2, 1, 192, 0, 2, 2, 0, 9, 0, 9, 0, 8, 0, 0,
	};
	/* clang-format on */

	return inject(oracle, frame, sizeof(frame), mark);
}

static void wait_for(struct oracle *oracle, const bool *flag, uint32_t again)
{
	struct pollfd poller = {
		.fd = mnl_socket_get_fd(oracle->nl),
		.events = POLLIN,
	};
	int waited;

	for (waited = 0; !*flag && waited < WAIT_MS; waited += STEP_MS) {
		if (again)
			(void)inject_mark(oracle, again);
		poll(&poller, 1, STEP_MS);
		hear(oracle);
	}
	if (*flag)
		return;
	errno = ETIMEDOUT;
	space_die("a frame of our own");
}

/* A link that is up drops what is sent until its queue is in place. */
static void begin(struct oracle *oracle)
{
	wait_for(oracle, &oracle->is_on, START_MARK);
}

/* When the last frame is heard everything before it was. */
static void finish(struct oracle *oracle)
{
	if (inject_mark(oracle, END_MARK))
		space_die("last frame");
	wait_for(oracle, &oracle->is_over, 0);
}

static void print(const struct oracle *oracle)
{
	size_t i;

	if (!oracle->options->frames)
		printf("%s\t", oracle->file);
	for (i = 0; i < oracle->n; i++) {
		if (oracle->options->frames)
			printf("%s\t%u\t%c\n", oracle->file,
			       oracle->letters[i].frame,
			       oracle->letters[i].letter);
		else
			putchar(oracle->letters[i].letter);
	}
	if (!oracle->options->frames)
		putchar('\n');
}

static void print_expects(void)
{
	FILE *file = fopen("/proc/thread-self/net/nf_conntrack_expect", "r");
	char line[512];

	if (!file)
		space_die("nf_conntrack_expect");
	while (fgets(line, sizeof(line), file))
		fputs(line, stdout);
	fclose(file);
}

static void make_space(struct oracle *oracle)
{
	space_enter(links);
	set_all(oracle->options);
	space_load(rules);
	if (oracle->options->helpers)
		space_load(HELPER_RULES);
	oracle->nl = listen_to_log();
	oracle->packet = space_open("inject", 0);
}

static int play(const struct options *options, const char *file)
{
	struct oracle oracle = { .options = options, .file = file };
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(file, error);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	uint32_t number = 0;

	if (!pcap) {
		fprintf(stderr, "ct_oracle: %s: %s\n", file, error);
		return 1;
	}
	make_space(&oracle);
	begin(&oracle);
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		play_frame(&oracle, pcap_datalink(pcap), header, bytes,
			   ++number);
	finish(&oracle);
	print(&oracle);
	if (options->expects)
		print_expects();
	pcap_close(pcap);
	close(oracle.packet);
	mnl_socket_close(oracle.nl);
	free(oracle.letters);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "liberal", no_argument, NULL, 'l' },
		{ "checksum", no_argument, NULL, 'c' },
		{ "helpers-by-port", no_argument, NULL, 'h' },
		{ "frames", no_argument, NULL, 'f' },
		{ "expects", no_argument, NULL, 'e' },
		{ 0 },
	};
	struct options options = { 0 };
	int c, failed = 0;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		options.liberal |= c == 'l';
		options.checksum |= c == 'c';
		options.helpers |= c == 'h';
		options.frames |= c == 'f';
		options.expects |= c == 'e';
		if (c == '?')
			return 2;
	}
	space_stay_here();
	for (; optind < argc; optind++)
		failed |= play(&options, argv[optind]);
	return failed;
}
