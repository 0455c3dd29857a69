// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records the seeds that only a kernel can say: record_seeds DIR, as root.
 *
 * A router in a network namespace of its own: frames are put on the far ends of
 * its two cables, pass rulesets of several kinds, and what nf_tables says of
 * it becomes seeds: the trace messages of each packet, changes of the ruleset,
 * its dump, and its text.
 */
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>

#include "debug_table.h"
#include "hook.h"
#include "private_netns.h"
#include "ruleset.h"
#include "seeds.h"
#include "trace.h"

#define PACKETS_MAX 32
#define BUFFER_SIZE 8192
/* How long the kernel may keep us waiting for a message that will come */
#define PATIENCE_MS 2000

static struct skald_netns netns;

static void shell(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static void load(const char *ruleset)
{
	FILE *pipe = popen("nft -f -", "w");

	fuzz_check(pipe && fputs(ruleset, pipe) >= 0);
	fuzz_check(!pclose(pipe));
}

/* ---- frames ---- */

static uint32_t sum(const uint8_t *bytes, size_t len)
{
	uint32_t total = 0;
	size_t i;

	for (i = 0; i < len; i++)
		total += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
	return total;
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/**
 * struct wish - a packet to be sent
 * @from: far end that it comes from
 * @to: interface whose address it gets
 * @proto: IPPROTO_*
 * @saddr: source
 * @daddr: destination
 * @sport: source port, or type and code of ICMP
 * @dport: destination port, or identifier of ICMP
 * @flags: of TCP
 * @fragment: flags and offset
 */
struct wish {
	const char *from;
	const char *to;
	uint8_t proto;
	uint32_t saddr;
	uint32_t daddr;
	uint16_t sport;
	uint16_t dport;
	uint8_t flags;
	uint16_t fragment;
};

static void put_transport(uint8_t *frame, const struct wish *wish, size_t len)
{
	static const uint8_t at[] = {
		[IPPROTO_ICMP] = 2, [IPPROTO_TCP] = 16, [IPPROTO_UDP] = 6
	};
	uint8_t *th = frame + HOOK_LINK + 20;
	uint32_t pseudo = 0;

	hook_put(th, wish->sport, 2);
	hook_put(th + (wish->proto == IPPROTO_ICMP ? 4 : 2), wish->dport, 2);
	if (wish->proto == IPPROTO_TCP) {
		hook_put(th + 12, 0x5000 | wish->flags, 2);
		hook_put(th + 14, 64000, 2);
	}
	if (wish->proto == IPPROTO_UDP)
		hook_put(th + 4, len, 2);
	if (wish->proto != IPPROTO_ICMP)
		pseudo = sum(frame + HOOK_LINK + 12, 8) + wish->proto + len;
	hook_put(th + at[wish->proto], fold(sum(th, len) + pseudo), 2);
}

static size_t make_frame(uint8_t *frame, const struct wish *wish)
{
	const size_t len = 40;
	uint8_t *ip = frame + HOOK_LINK;

	memset(frame, 0, HOOK_LINK + 20 + len);
	hook_put(frame + 12, ETH_P_IP, 2);
	hook_put(ip, 0x45000000 + 20 + len, 4);
	hook_put(ip + 4, 0x1234, 2);
	hook_put(ip + 6, wish->fragment, 2);
	hook_put(ip + 8, 64, 1);
	hook_put(ip + 9, wish->proto, 1);
	hook_put(ip + 12, wish->saddr, 4);
	hook_put(ip + 16, wish->daddr, 4);
	hook_put(ip + 10, fold(sum(ip, 20)), 2);
	put_transport(frame, wish, len);
	return HOOK_LINK + 20 + len;
}

static void send_frame(const struct wish *wish)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	uint8_t frame[HOOK_FRAME];
	size_t len = make_frame(frame, wish);

	strcpy(request.ifr_name, wish->to);
	fuzz_check(!ioctl(fd, SIOCGIFHWADDR, &request));
	memcpy(frame, request.ifr_hwaddr.sa_data, 6);
	memcpy(frame + 6, "\x02\0\0\0\0\x09", 6);
	to.sll_ifindex = (int)if_nametoindex(wish->from);
	fuzz_check(sendto(fd, frame, len, 0, (struct sockaddr *)&to,
			  sizeof(to)) == (ssize_t)len);
	close(fd);
}

/* ---- what the kernel says ---- */

/**
 * struct record - the messages of one packet
 * @id: trace id
 * @data: the messages
 */
struct record {
	uint32_t id;
	struct skald_buffer data;
};

/**
 * struct recorder - a socket and what it heard
 * @fd: subscribed to traces and rulesets
 * @records: one for each packet
 * @n: how many
 * @changes: everything that is no trace
 */
struct recorder {
	int fd;
	struct record records[PACKETS_MAX];
	unsigned int n;
	struct skald_buffer changes;
};

static void subscribe(struct recorder *recorder)
{
	static const int groups[] = { NFNLGRP_NFTABLES, NFNLGRP_NFTRACE };
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	unsigned int i;

	recorder->fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	fuzz_check(!bind(recorder->fd, (const struct sockaddr *)&address,
			 sizeof(address)));
	for (i = 0; i < 2; i++)
		fuzz_check(!setsockopt(recorder->fd, SOL_NETLINK,
				       NETLINK_ADD_MEMBERSHIP, &groups[i],
				       sizeof(groups[i])));
}

static void take_trace(struct recorder *recorder, const struct nlmsghdr *nlh)
{
	struct skald_trace trace;
	unsigned int i = 0;

	fuzz_check(!skald_trace_parse(nlh, &trace));
	while (i < recorder->n && recorder->records[i].id != trace.id)
		i++;
	fuzz_check(i < PACKETS_MAX);
	recorder->records[i].id = trace.id;
	if (i == recorder->n)
		recorder->n++;
	skald_buffer_put(&recorder->records[i].data, nlh, nlh->nlmsg_len);
}

static void take(struct recorder *recorder, const struct nlmsghdr *nlh)
{
	const unsigned int trace = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;

	if (nlh->nlmsg_type == trace)
		take_trace(recorder, nlh);
	else
		skald_buffer_put(&recorder->changes, nlh, nlh->nlmsg_len);
}

/* Take what comes until nothing does for a while. */
static void listen_to(struct recorder *recorder, int patience_ms)
{
	struct pollfd poll_fd = { .fd = recorder->fd, .events = POLLIN };
	union {
		struct nlmsghdr nlh;
		uint8_t bytes[BUFFER_SIZE];
	} buffer;
	const struct nlmsghdr *nlh;
	unsigned int left;

	while (poll(&poll_fd, 1, patience_ms) > 0) {
		ssize_t n = recv(recorder->fd, &buffer, sizeof(buffer), 0);

		fuzz_check(n > 0);
		left = (unsigned int)n;
		for (nlh = &buffer.nlh; NLMSG_OK(nlh, left);
		     nlh = NLMSG_NEXT(nlh, left))
			take(recorder, nlh);
	}
}

/* ---- the router ---- */

static const char router[] =
	"ip link add sa type veth peer name sb\n"
	"ip link add oa type veth peer name ob\n"
	"for i in sa sb oa ob; do ip link set $i up; done\n"
	"ip addr add 10.1.0.1/24 dev sa\n"
	"ip addr add 10.2.0.1/24 dev oa\n"
	"ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:09 dev sa\n"
	"ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:09 dev oa\n"
	"echo 1 >/proc/sys/net/ipv4/ip_forward\n";

static const char firewall[] =
	"table inet fw {\n"
	"	set bad { type ipv4_addr; elements = { 10.1.0.66 }; }\n"
	"	chain pre { type nat hook prerouting priority dstnat;\n"
	"		tcp dport 8080 dnat ip to 10.2.0.2:80\n"
	"	}\n"
	"	chain across { type filter hook forward priority filter;\n"
	"		meta mark set 0x10\n"
	"		ip saddr @bad drop\n"
	"		udp dport 9 reject\n"
	"		jump side\n"
	"	}\n"
	"	chain post { type nat hook postrouting priority srcnat;\n"
	"		oifname \"oa\" masquerade\n"
	"	}\n"
	"	chain side { ip ttl set 5\n"
	"		ip protocol vmap { udp : accept, icmp : return }\n"
	"		goto other\n"
	"	}\n"
	"	chain other { ct state new counter accept\n"
	"	}\n"
	"}\n";

#define A 0x0a010002
#define B 0x0a020002
static const struct wish wishes[] = {
	{ "sb", "sa", IPPROTO_TCP, A, 0x0a010001, 40000, 8080, 2, 0 },
	{ "ob", "oa", IPPROTO_TCP, B, 0x0a020001, 80, 40000, 0x12, 0 },
	{ "sb", "sa", IPPROTO_UDP, A, B, 5000, 53, 0, 0 },
	{ "sb", "sa", IPPROTO_UDP, A, B, 5000, 9, 0, 0 },
	{ "sb", "sa", IPPROTO_UDP, A, B, 5000, 10, 0, 0 },
	{ "sb", "sa", IPPROTO_UDP, 0x0a010042, B, 5000, 11, 0, 0 },
	{ "sb", "sa", IPPROTO_ICMP, A, 0x0a010001, 0x0800, 7, 0, 0 },
	{ "sb", "sa", IPPROTO_UDP, A, B, 1, 2, 0, 0x2000 },
	{ "sb", "sa", IPPROTO_UDP, A, B, 1, 2, 0, 5 },
	{ "sb", "sa", 6, A, B, 3, 4, 0x10, 0 },
};

static struct skald_debug_table *arm(void)
{
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, UINT32_MAX) };
	/* The kernel speaks IPv6 by itself, at any time. */
	struct sock_filter udp6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct skald_classifier classifier = {
		.id = 1,
		.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT,
		.ip = { all, 1 },
		.ip6 = { udp6, 4 },
	};
	struct skald_debug_table *table;

	fuzz_check(!skald_debug_table_new(&netns, &table, NULL));
	fuzz_check(!skald_debug_table_add(table, &classifier, NULL));
	return table;
}

static void put_steering(struct skald_buffer *data, unsigned int type,
			 uint32_t number)
{
	const struct nlmsghdr nlh = { .nlmsg_len = sizeof(nlh),
				      .nlmsg_type = type,
				      .nlmsg_seq = number };

	skald_buffer_put(data, &nlh, sizeof(nlh));
}

/* Half a packet, a loss, another packet, silence: see fuzz_trace.c. */
static void save_gap(const struct recorder *recorder)
{
	const struct skald_buffer *one = &recorder->records[0].data;
	const struct skald_buffer *other = &recorder->records[2].data;
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)one->data;
	struct skald_buffer data = { 0 };

	skald_buffer_put(&data, nlh, nlh->nlmsg_len);
	put_steering(&data, NLMSG_OVERRUN, 5);
	nlh = (const struct nlmsghdr *)other->data;
	skald_buffer_put(&data, nlh, nlh->nlmsg_len);
	put_steering(&data, NLMSG_NOOP, 6000);
	skald_buffer_put(&data, one->data, one->len);
	put_steering(&data, NLMSG_DONE, 0);
	seed_save("trace", "gap", data.data, data.len);
	skald_buffer_done(&data);
}

static void save_records(struct recorder *recorder)
{
	char name[32];
	unsigned int i;

	fuzz_check(recorder->n > 2);
	save_gap(recorder);
	for (i = 0; i < recorder->n; i++) {
		snprintf(name, sizeof(name), "packet-%u", i);
		seed_save("trace", name, recorder->records[i].data.data,
			  recorder->records[i].data.len);
		skald_buffer_done(&recorder->records[i].data);
	}
	recorder->n = 0;
}

/* The messages about rules: the debug table reads its own. */
static void save_rules(const struct skald_buffer *changes)
{
	const unsigned int rule = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE;
	unsigned int left = changes->len, seen = 0, n = 0;
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)changes->data;
	char name[32];

	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		if (nlh->nlmsg_type != rule || seen++ % 8)
			continue;
		snprintf(name, sizeof(name), "own-rule-%u", n++);
		seed_save("ruleset", name, nlh, nlh->nlmsg_len);
	}
}

static void traces(void)
{
	struct recorder recorder = { .fd = -1 };
	struct skald_debug_table *table;
	unsigned int i;

	shell(router);
	load(firewall);
	subscribe(&recorder);
	table = arm();
	listen_to(&recorder, 200);
	save_rules(&recorder.changes);
	recorder.changes.len = 0;
	for (i = 0; i < sizeof(wishes) / sizeof(*wishes); i++)
		send_frame(&wishes[i]);
	send_udp(AF_INET, 9);
	send_udp(AF_INET6, 9);
	listen_to(&recorder, PATIENCE_MS);
	save_records(&recorder);
	shell("nft add table inet x");
	shell("nft delete table inet x");
	listen_to(&recorder, 200);
	seed_save("trace", "changes", recorder.changes.data,
		  recorder.changes.len);
	skald_buffer_done(&recorder.changes);
	close(recorder.fd);
	skald_debug_table_free(table);
}

/* ---- rulesets ---- */

static const char *const rulesets[] = {
	"table ip nat {\n"
	"	map to { type inet_service : ipv4_addr . inet_service\n"
	"		elements = { 80 : 10.0.0.2 . 8080 }\n"
	"	}\n"
	"	chain pre { type nat hook prerouting priority dstnat\n"
	"		dnat ip addr . port to tcp dport map @to\n"
	"	}\n"
	"	chain post { type nat hook postrouting priority srcnat + 1\n"
	"		oifname { \"eth0\", \"eth1\" } masquerade random\n"
	"	}\n"
	"}\n",
	"table bridge b {\n"
	"	chain x { type filter hook prerouting priority dstnat - 3\n"
	"		ether type arp accept comment \"not # handle 3\"\n"
	"	}\n"
	"}\n"
	"table inet fw {\n"
	"	chain across { type filter hook forward priority 0; policy drop\n"
	"		tcp dport 80 jump {\n"
	"			ip saddr 10.0.0.1 accept\n"
	"			counter drop\n"
	"		}\n"
	"	}\n"
	"}\n",
};

/* The ruleset with a packet to walk through it: a SYN from 10.0.0.1 to port 80
 * of 10.0.0.2. */
static void save_bytecode(const char *name, const struct skald_ruleset *ruleset)
{
	/* clang-format off */
	static const uint8_t syn[] = {
		0x45, 0, 0, 40, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, 0, 80,
		0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0,
	};
	/* clang-format on */
	struct skald_buffer seed = { 0 };

	skald_buffer_put_u8(&seed, sizeof(syn));
	skald_buffer_put(&seed, syn, sizeof(syn));
	skald_buffer_put(&seed, ruleset->bytecode, ruleset->bytecode_len);
	seed_save("bytecode", name, seed.data, seed.len);
	skald_buffer_done(&seed);
}

static void save_ruleset(const char *name)
{
	struct skald_ruleset ruleset;
	struct skald_buffer text = { 0 };
	struct skald_error error = { 0 };

	fuzz_check(!skald_ruleset_take(&netns, &ruleset, &error));
	seed_save("ruleset", name, ruleset.bytecode, ruleset.bytecode_len);
	save_bytecode(name, &ruleset);
	/* the listing, a NUL byte, what iptables-save printed */
	skald_buffer_put(&text, ruleset.text, strlen(ruleset.text) + 1);
	skald_buffer_put(&text, ruleset.iptables, strlen(ruleset.iptables));
	seed_save("ruleset_text", name, text.data, text.len);
	skald_buffer_done(&text);
	skald_ruleset_done(&ruleset);
}

static void dumps(void)
{
	save_ruleset("fw");
	shell("nft flush ruleset");
	load(rulesets[0]);
	save_ruleset("nat");
	shell("nft flush ruleset");
	load(rulesets[1]);
	save_ruleset("braces");
	shell("nft flush ruleset");
	shell("iptables-nft -A INPUT -p tcp --dport 22 -m comment "
	      "--comment 'a b' -j ACCEPT");
	shell("iptables-nft -A FORWARD -m conntrack --ctstate NEW -j DROP");
	shell("iptables-nft -t nat -A POSTROUTING -o eth0 -j MASQUERADE");
	save_ruleset("iptables");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: record_seeds DIR\n", stderr);
		return 2;
	}
	seed_dir = argv[1];
	enter_private_netns(&netns);
	traces();
	dumps();
	return 0;
}
