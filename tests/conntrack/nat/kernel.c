// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's router: what is put on a wire, and what comes out.
 */
#include "oracle.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "../helpers/rules.h"
#include "../nflog.h"
#include "../space.h"

#define WAIT_MS 5000
#define STEP_MS 2
#define GROUP 7

static const char links[] =
	"link add client address 02:00:00:00:00:01 mtu 65535 type veth "
	"peer name left address 02:00:00:00:00:02 mtu 65535\n"
	"link add server address 02:00:00:00:00:03 mtu 65535 type veth "
	"peer name right address 02:00:00:00:00:04 mtu 65535\n"
	"link set client addrgenmode none\nlink set server addrgenmode none\n"
	"link set left addrgenmode none\nlink set right addrgenmode none\n"
	"link set left arp off\nlink set right arp off\n"
	"link set lo up\nlink set client up\nlink set server up\n"
	"link set left up\nlink set right up\n"
	"addr add " LEFT4 "/32 dev left\n"
	"addr add " LEFT6 "/128 dev left nodad\n"
	"addr add " ADDRESS4 "/24 dev right\n"
	"addr add " ADDRESS6 "/64 dev right nodad\n"
	"route add 10.0.0.0/8 dev left\nroute add 10.200.0.0/15 dev right\n"
	"route add 2001:db8::/96 dev left\n"
	"route add 2001:db8::c8:0/112 dev right\n"
	"route add 2001:db8:0:3::/64 dev right\n"
	"route add 2001:db8:0:4::/64 dev left\n"
	"route add 198.51.100.0/24 dev right\n";

/* A packet that goes through behind the others: it is followed by nothing. */
static const char base_rules[] =
	"table inet base {\n"
	" chain probe { type filter hook prerouting priority -310;\n"
	"  ip daddr 198.51.100.9 notrack\n }\n"
	/* conntrack is there as soon as a rule asks for it */
	" chain track { type filter hook forward priority 0;\n"
	"  ct state new counter\n }\n"
	" chain delivered { type filter hook input priority 200;\n"
	"  log group 7 snaplen 65535\n }\n"
	" chain output { type filter hook output priority -310; drop; }\n"
	"}\n";

/* ---- rules ---- */

static bool is_command(const char *rule)
{
	return strstr(rule, "tables-nft ");
}

/* Rules of one hook, behind @n bytes of @text. Return: bytes then */
static size_t put_chain(char *text, size_t size, size_t n,
			const struct ruleset *set, uint8_t hook)
{
	bool is_post = hook == NF_INET_POST_ROUTING;
	const struct rule *rule;

	n += (size_t)snprintf(text + n, size - n,
			      " chain %s { type nat hook %s priority %d;\n",
			      is_post ? "post" : "pre",
			      is_post ? "postrouting" : "prerouting",
			      is_post ? 100 : -100);
	for (rule = set->rules; rule < set->rules + RULES_MAX && rule->nft;
	     rule++)
		if (rule->hook == hook && !is_command(rule->nft))
			n += (size_t)snprintf(text + n, size - n, "  %s\n",
					      rule->nft);
	return n + (size_t)snprintf(text + n, size - n, " }\n");
}

static void load_chains(const struct ruleset *set)
{
	const struct rule *rule;
	char text[8192];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "table inet rules {\n");
	n = put_chain(text, sizeof(text), n, set, NF_INET_PRE_ROUTING);
	n = put_chain(text, sizeof(text), n, set, NF_INET_POST_ROUTING);
	snprintf(text + n, sizeof(text) - n, "}\n");
	space_load(text);
	for (rule = set->rules; rule < set->rules + RULES_MAX && rule->nft;
	     rule++)
		if (is_command(rule->nft) && system(rule->nft))
			space_die(rule->nft);
}

static void load_rules(const struct oracle_rules *rules)
{
	space_load(base_rules);
	if (rules->helpers)
		space_load(HELPER_RULES);
	load_chains(rules->set);
}

static void set_all(void)
{
	static const char *const ipv4[] = { "all", "left", "right" };
	char name[64];
	size_t i;

	space_set("ipv6/conf/client/disable_ipv6", "1");
	space_set("ipv6/conf/server/disable_ipv6", "1");
	space_set("ipv4/ip_forward", "1");
	space_set("ipv6/conf/all/forwarding", "1");
	for (i = 0; i < ARRAY_SIZE(ipv4); i++) {
		snprintf(name, sizeof(name), "ipv4/conf/%s/rp_filter", ipv4[i]);
		space_set(name, "0");
	}
	space_set("netfilter/nf_conntrack_checksum", "0");
}

/* Checksums are to be on the wire, not left to a device that there is not. */
static void finish_checksums(const char *name)
{
	struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq request = { .ifr_data = (void *)&off };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request))
		space_die("SIOCETHTOOL");
	close(fd);
}

/* ---- what is delivered ---- */

static struct mnl_socket *listen_to_log(void)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		space_die("netlink socket");
	nflog_listen(nl, GROUP, NFULNL_COPY_PACKET);
	return nl;
}

static int on_log(const struct nlmsghdr *nlh, void *data)
{
	static struct oracle_packet got = { .side = HERE };
	const struct nlattr *attr;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFULA_PAYLOAD)
			continue;
		got.len = mnl_attr_get_payload_len(attr);
		memcpy(got.bytes, mnl_attr_get_payload(attr), got.len);
		if (!fragment_join(data, &got))
			*(struct oracle_packet *)data = got;
	}
	return MNL_CB_OK;
}

static bool read_log(const struct kernel *kernel, struct oracle_packet *packet)
{
	static char buffer[2 * ORACLE_PACKET_MAX];
	bool has_one = false;
	ssize_t len;

	for (;;) {
		len = recv(mnl_socket_get_fd(kernel->log), buffer,
			   sizeof(buffer), MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return has_one;
		if (len < 0 ||
		    mnl_cb_run(buffer, (size_t)len, 0, 0, on_log, packet) < 0)
			space_die("log");
		has_one = true;
	}
}

/* ---- wires ---- */

static void put_ethernet(uint8_t *frame, enum side side, uint8_t version)
{
	static const uint8_t addresses[SIDES][12] = {
		{ 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 },
		{ 2, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 3 },
	};

	memcpy(frame, addresses[side], 12);
	frame[12] = version == 6 ? 0x86 : 0x08;
	frame[13] = version == 6 ? 0xdd : 0x00;
}

void kernel_send(const struct kernel *kernel,
		 const struct oracle_packet *packet)
{
	static uint8_t frame[ETH_HLEN + ORACLE_PACKET_MAX];

	put_ethernet(frame, packet->side, packet->bytes[0] >> 4);
	memcpy(frame + ETH_HLEN, packet->bytes, packet->len);
	if (send(kernel->to[packet->side], frame, ETH_HLEN + packet->len, 0) <
	    0)
		space_die("send");
}

static bool is_probe(const struct oracle_packet *packet)
{
	return packet->len >= 20 && packet->bytes[0] >> 4 == 4 &&
	       !memcmp(packet->bytes + 16, "\xc6\x33\x64\x09", 4);
}

/* What came out on either side; false: nothing. */
static bool receive(const struct kernel *kernel, struct oracle_packet *packet)
{
	static uint8_t frame[ETH_HLEN + ORACLE_PACKET_MAX];
	ssize_t len;
	int side;

	for (side = 0; side < SIDES; side++) {
		len = recv(kernel->from[side], frame, sizeof(frame),
			   MSG_DONTWAIT);
		if (len <= ETH_HLEN)
			continue;
		packet->side = (enum side)side;
		packet->len = (uint32_t)len - ETH_HLEN;
		memcpy(packet->bytes, frame + ETH_HLEN, packet->len);
		return true;
	}
	return false;
}

static void send_probe(const struct kernel *kernel)
{
	/* clang-format off */
	static const struct oracle_packet probe = {
		.side = LEFT,
		.len = 28,
		.bytes = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0xe2, 0xce,
			   10, 99, 99, 99, 198, 51, 100, 9,
			   0, 9, 0, 9, 0, 8, 0, 0 },
	};
	/* clang-format on */

	kernel_send(kernel, &probe);
}

/*
 * A probe is sent behind the others, and read until it comes: then all that
 * they led to has come.
 */
bool kernel_collect(const struct kernel *kernel, struct oracle_packet *out)
{
	static struct oracle_packet got;
	struct pollfd poller = { .fd = kernel->from[RIGHT], .events = POLLIN };
	bool has_one = false;
	int waited;

	send_probe(kernel);
	for (waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		while (receive(kernel, &got)) {
			if (is_probe(&got))
				return read_log(kernel, out) || has_one;
			if (!fragment_join(out, &got))
				*out = got;
			has_one = true;
		}
		poll(&poller, 1, STEP_MS);
	}
	errno = ETIMEDOUT;
	space_die("a probe");
	return false;
}

/* A link that is up drops what is sent until its queue is in place. */
static void begin(const struct kernel *kernel)
{
	static struct oracle_packet got;
	struct pollfd poller = { .fd = kernel->from[RIGHT], .events = POLLIN };
	int waited;

	for (waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		send_probe(kernel);
		poll(&poller, 1, STEP_MS);
		while (receive(kernel, &got)) {
			if (is_probe(&got))
				waited = WAIT_MS;
		}
	}
	/* and the other way, and no late probe */
	do {
		poll(&poller, 1, 50);
	} while (receive(kernel, &got));
	read_log(kernel, &got);
}

void kernel_start(struct kernel *kernel, const struct oracle_rules *rules)
{
	int i, one = 1;

	space_enter(links);
	set_all();
	finish_checksums("left");
	finish_checksums("right");
	load_rules(rules);
	kernel->log = listen_to_log();
	kernel->to[LEFT] = kernel->from[LEFT] =
		space_open("client", htons(ETH_P_ALL));
	kernel->to[RIGHT] = kernel->from[RIGHT] =
		space_open("server", htons(ETH_P_ALL));
	for (i = 0; i < SIDES; i++) {
		if (setsockopt(kernel->from[i], SOL_PACKET,
			       PACKET_IGNORE_OUTGOING, &one, sizeof(one)))
			space_die("PACKET_IGNORE_OUTGOING");
	}
	begin(kernel);
}

void kernel_stop(struct kernel *kernel)
{
	close(kernel->to[LEFT]);
	close(kernel->to[RIGHT]);
	mnl_socket_close(kernel->log);
}
