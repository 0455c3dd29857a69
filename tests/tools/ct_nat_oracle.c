// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same packets through this kernel's NAT and through the engine's.
 *
 * ct_nat_oracle [--show N] [--only WORD] CAPTURE...
 *
 * A router between two wires, in a namespace of its own for each ruleset and
 * capture. Packets go in on the side of their sender; what comes out is the
 * kernel's answer, byte for byte what the engine has to make of the same
 * packet under the same rules. The server of a conversation answers to what
 * it saw: answers are rewritten before they go in. What the kernel chose at
 * random is offered to the engine as its chance, so that it must find the
 * kernel's choice allowed, and free.
 *
 * Prints a line for each difference, and a sum; exit status 0: none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <net/ethernet.h>
#include <pcap.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "../conntrack/nat/flow.h"
#include "../conntrack/nat/rules.h"
#include "../conntrack/space.h"

#define PACKET_MAX 65536
#define WAIT_MS 5000
#define STEP_MS 2
#define NOW_NS (1000 * 1000000000ULL)

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
	"addr add " ADDRESS4 "/24 dev right\n"
	"addr add " ADDRESS6 "/64 dev right nodad\n"
	"route add 10.0.0.0/8 dev left\nroute add 10.200.0.0/15 dev right\n"
	"route add 2001:db8::/96 dev left\n"
	"route add 2001:db8::c8:0/112 dev right\n"
	"route add 2001:db8:0:3::/64 dev right\n"
	"route add 2001:db8:0:4::/64 dev left\n"
	"route add 198.51.100.0/24 dev right\n";

/* A packet that goes through before the others: it is followed by nothing. */
static const char base_rules[] =
	"table inet base {\n"
	" chain probe { type filter hook prerouting priority -310;\n"
	"  ip daddr 198.51.100.9 notrack\n }\n"
	/* conntrack is there as soon as a rule asks for it */
	" chain track { type filter hook forward priority 0;\n"
	"  ct state new counter\n }\n"
	" chain output { type filter hook output priority -310; drop; }\n"
	"}\n";

struct mapping {
	struct flow in;
	struct flow out;
	enum side side;
};

struct packet {
	enum side side;
	uint32_t len;
	uint8_t bytes[PACKET_MAX];
};

struct oracle {
	const struct ruleset *set;
	const char *file;
	int to[SIDES];
	int from[SIDES];
	struct skald_ct_table *table;
	struct skald_nat *nat;
	uint32_t chance;
	struct mapping *mappings;
	size_t n;
	uint32_t packets;
	uint32_t changed;
	uint32_t differ;
	uint32_t show;
};

/* ---- the kernel ---- */

static void load_rules(const struct ruleset *set)
{
	char text[8192];
	size_t n;
	int pass, i;

	space_load(base_rules);
	n = (size_t)snprintf(text, sizeof(text), "table inet rules {\n");
	for (pass = 0; pass < 2; pass++) {
		n += (size_t)snprintf(
			text + n, sizeof(text) - n,
			" chain %s { type nat hook %s priority %d;\n",
			pass ? "post" : "pre",
			pass ? "postrouting" : "prerouting", pass ? 100 : -100);
		for (i = 0; i < RULES_MAX && set->rules[i].nft; i++) {
			if ((set->rules[i].hook == NF_INET_POST_ROUTING) ==
			    pass)
				n += (size_t)snprintf(text + n,
						      sizeof(text) - n,
						      "  %s\n",
						      set->rules[i].nft);
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, " }\n");
	}
	snprintf(text + n, sizeof(text) - n, "}\n");
	space_load(text);
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

static void send_packet(const struct oracle *oracle,
			const struct packet *packet)
{
	static uint8_t frame[ETH_HLEN + PACKET_MAX];

	put_ethernet(frame, packet->side, packet->bytes[0] >> 4);
	memcpy(frame + ETH_HLEN, packet->bytes, packet->len);
	if (send(oracle->to[packet->side], frame, ETH_HLEN + packet->len, 0) <
	    0)
		space_die("send");
}

static bool is_probe(const uint8_t *packet, uint32_t len)
{
	return len >= 20 && packet[0] >> 4 == 4 &&
	       !memcmp(packet + 16, "\xc6\x33\x64\x09", 4);
}

/* What came out on either side; false: nothing. */
static bool receive(const struct oracle *oracle, struct packet *packet)
{
	static uint8_t frame[ETH_HLEN + PACKET_MAX];
	ssize_t len;
	int side;

	for (side = 0; side < SIDES; side++) {
		len = recv(oracle->from[side], frame, sizeof(frame),
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

static void send_probe(const struct oracle *oracle)
{
	/* clang-format off */
	static const struct packet probe = {
		.side = LEFT,
		.len = 28,
		.bytes = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0xe2, 0xce,
			   10, 99, 99, 99, 198, 51, 100, 9,
			   0, 9, 0, 9, 0, 8, 0, 0 },
	};
	/* clang-format on */

	send_packet(oracle, &probe);
}

/*
 * Send a probe behind a packet and read until it comes: then all that the
 * packet led to has come. Return: false: nothing came but the probe
 */
static bool collect(struct oracle *oracle, struct packet *answer)
{
	static struct packet got;
	struct pollfd poller = { .fd = oracle->from[RIGHT], .events = POLLIN };
	bool has_answer = false;
	int waited;

	send_probe(oracle);
	for (waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		while (receive(oracle, &got)) {
			if (is_probe(got.bytes, got.len))
				return has_answer;
			*answer = got;
			has_answer = true;
		}
		poll(&poller, 1, STEP_MS);
	}
	errno = ETIMEDOUT;
	space_die("a probe");
	return false;
}

/* A link that is up drops what is sent until its queue is in place. */
static void begin(struct oracle *oracle)
{
	static struct packet got;
	struct pollfd poller = { .fd = oracle->from[RIGHT], .events = POLLIN };
	int waited;

	for (waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		send_probe(oracle);
		poll(&poller, 1, STEP_MS);
		while (receive(oracle, &got)) {
			if (is_probe(got.bytes, got.len))
				waited = WAIT_MS;
		}
	}
	/* and the other way, and no late probe */
	do {
		poll(&poller, 1, 50);
	} while (receive(oracle, &got));
}

/* ---- the engine ---- */

static uint32_t chance(void *user)
{
	const struct oracle *oracle = user;

	return oracle->chance;
}

/* Where a packet goes, as the routes above. */
static enum side route(const uint8_t *packet)
{
	const uint8_t *to = packet + (packet[0] >> 4 == 6 ? 24 : 16);
	uint8_t own[16];

	if (packet[0] >> 4 == 4) {
		inet_pton(AF_INET, ADDRESS4, own);
		if (!memcmp(to, own, 4))
			return HERE;
		return to[0] == 10 && (to[1] & 0xfe) != 200 ? LEFT : RIGHT;
	}
	inet_pton(AF_INET6, ADDRESS6, own);
	if (!memcmp(to, own, 16))
		return HERE;
	if (to[7])
		return to[7] == 4 ? LEFT : RIGHT;
	return to[13] == 0xc8 ? RIGHT : LEFT;
}

static void forward(uint8_t *packet)
{
	uint8_t *check = packet + 10;
	uint32_t sum;

	if (packet[0] >> 4 == 6) {
		packet[7]--;
		return;
	}
	/* ip_decrease_ttl() */
	sum = get_unaligned_be16(check) + 0x0100U;
	put_unaligned_be16((uint16_t)(sum + (sum >= 0xffff)), check);
	packet[8]--;
}

struct bound {
	const struct ruleset *set;
	enum side iif;
	enum side oif;
};

static int bind_rules(void *user, struct skald_ct_packet *packet, uint8_t hook)
{
	const struct bound *bound = user;

	return ruleset_bind(bound->set, packet, hook, bound->iif, bound->oif);
}

/* Return: whether the packet leaves */
static bool run_engine(struct oracle *oracle, const struct packet *in,
		       struct packet *out)
{
	struct bound bound = { .set = oracle->set, .iif = in->side };
	struct skald_nat_rules rules = { .user = &bound, .bind = bind_rules };
	struct skald_ct_packet packet;
	struct skald_view view;
	bool leaves = false;

	*out = *in;
	skald_view_init(&view, out->bytes, out->len, out->len);
	if (skald_view_set_network(
		    &view, 0, in->bytes[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP))
		return false;
	view.iif = in->side + 1;
	if (skald_ct_in(oracle->table, &view, NULL, NOW_NS, &packet) !=
	    NF_ACCEPT)
		goto done;
	if (skald_nat(&packet, NF_INET_PRE_ROUTING, &rules) != NF_ACCEPT)
		goto done;
	bound.oif = out->side = route(out->bytes);
	if (out->side == HERE) {
		if (skald_nat(&packet, NF_INET_LOCAL_IN, &rules) == NF_ACCEPT)
			skald_ct_out(&packet);
		goto done;
	}
	forward(out->bytes);
	view.oif = out->side + 1;
	leaves =
		skald_nat(&packet, NF_INET_POST_ROUTING, &rules) == NF_ACCEPT &&
		skald_ct_out(&packet) == NF_ACCEPT;
done:
	skald_ct_done(&packet);
	return leaves;
}

/* ---- conversations ---- */

static const struct mapping *find_mapping(const struct oracle *oracle,
					  const struct flow *flow)
{
	size_t i;

	for (i = oracle->n; i > 0; i--) {
		if (flow_equal(&oracle->mappings[i - 1].in, flow))
			return &oracle->mappings[i - 1];
	}
	return NULL;
}

static void learn(struct oracle *oracle, const struct flow *in,
		  const struct packet *out)
{
	struct mapping mapping = { .in = *in, .side = out->side };
	const struct mapping *known = find_mapping(oracle, in);

	if (!flow_read(out->bytes, out->len, &mapping.out) ||
	    (known && flow_equal(&known->out, &mapping.out)))
		return;
	oracle->mappings =
		realloc(oracle->mappings, (oracle->n + 1) * sizeof(mapping));
	if (!oracle->mappings)
		space_die("memory");
	oracle->mappings[oracle->n++] = mapping;
}

/* An answer, as whoever sends it would have it. Return: whether it is one */
static bool aim_answer(const struct oracle *oracle, struct packet *packet)
{
	const struct mapping *mapping;
	struct flow flow, inverse, to;

	if (!flow_read(packet->bytes, packet->len, &flow))
		return false;
	flow_invert(&inverse, &flow);
	mapping = find_mapping(oracle, &inverse);
	if (!mapping)
		return false;
	flow_invert(&to, &mapping->out);
	flow_write(packet->bytes, packet->len, &flow, &to);
	packet->side = mapping->side;
	return true;
}

/* An error about a packet that the other end sent, as it was seen here. */
static void aim_error(const struct oracle *oracle, struct packet *packet,
		      uint32_t quoted)
{
	static uint8_t before[PACKET_MAX];
	uint8_t *bytes = packet->bytes;
	const struct mapping *mapping;
	struct flow flow, outer = { 0 }, to;
	uint32_t size;

	if (quoted >= packet->len ||
	    !flow_read(bytes + quoted, packet->len - quoted, &flow))
		return;
	mapping = find_mapping(oracle, &flow);
	if (!mapping)
		return;
	memcpy(before, bytes, packet->len);
	flow_write(bytes + quoted, packet->len - quoted, &flow, &mapping->out);
	flow_fix_error(bytes, packet->len, before);
	outer.family = flow.family;
	outer.proto = flow.family == 6 ? 58 : 1;
	size = flow.family == 6 ? 16 : 4;
	memcpy(outer.address[0], bytes + (size == 16 ? 8 : 12), size);
	memcpy(outer.address[1], bytes + (size == 16 ? 24 : 16), size);
	to = outer;
	memcpy(to.address[0], mapping->out.address[1], 16);
	memcpy(to.address[1], mapping->out.address[0], 16);
	flow_write(bytes, packet->len, &outer, &to);
	packet->side = mapping->side;
}

/* Chance, so that the engine tries first what the kernel chose. */
static uint32_t chance_for(const struct oracle *oracle, const struct packet *in,
			   const struct packet *out)
{
	const struct rule *rule;
	struct flow from, to;
	uint32_t first;

	if (!flow_read(in->bytes, in->len, &from) ||
	    !flow_read(out->bytes, out->len, &to))
		return 0;
	first = from.port[0] < 512 ? 1 : from.port[0] < 1024 ? 600 : 1024;
	if (from.proto == IPPROTO_ICMP || from.proto == IPPROTO_ICMPV6)
		first = 0;
	for (rule = oracle->set->rules; in->side == LEFT && rule->nft; rule++) {
		if (rule->hook == NF_INET_POST_ROUTING && rule->port[0] &&
		    rule->family == from.family && rule->proto == from.proto)
			first = rule->port[0];
	}
	return (uint16_t)(to.port[0] - first);
}

static void print_packet(const char *who, const struct packet *packet)
{
	uint32_t i;

	printf("    %s %s ", who,
	       !packet		      ? "nothing"
	       : packet->side == LEFT ? "left"
				      : "right");
	for (i = 0; packet && i < packet->len && i < 80; i++)
		printf("%02x%s", packet->bytes[i], i % 4 == 3 ? " " : "");
	putchar('\n');
}

static void compare(struct oracle *oracle, uint32_t number,
		    const struct packet *in, const struct packet *kernel,
		    const struct packet *engine)
{
	if (!kernel && !engine)
		return;
	if (kernel && engine && kernel->side == engine->side &&
	    kernel->len == engine->len &&
	    !memcmp(kernel->bytes, engine->bytes, kernel->len))
		return;
	if (oracle->differ++ >= oracle->show)
		return;
	printf("%s, frame %u of %s:\n", oracle->set->name, number,
	       oracle->file);
	print_packet("in    ", in);
	print_packet("kernel", kernel);
	print_packet("engine", engine);
}

static void play_packet(struct oracle *oracle, uint32_t number,
			struct packet *in)
{
	static struct packet kernel, engine;
	uint32_t quoted = flow_quoted(in->bytes, in->len);
	bool is_answer = false, passed, leaves;
	struct flow flow;

	in->side = route(in->bytes) == LEFT ? RIGHT : LEFT;
	if (quoted)
		aim_error(oracle, in, quoted);
	else
		is_answer = aim_answer(oracle, in);
	send_packet(oracle, in);
	passed = collect(oracle, &kernel);
	oracle->chance = passed ? chance_for(oracle, in, &kernel) : 0;
	leaves = run_engine(oracle, in, &engine);
	compare(oracle, number, in, passed ? &kernel : NULL,
		leaves ? &engine : NULL);
	oracle->packets++;
	if (passed && !quoted && !is_answer &&
	    flow_read(in->bytes, in->len, &flow))
		learn(oracle, &flow, &kernel);
	if (passed &&
	    memcmp(kernel.bytes + 12, in->bytes + 12, in->len >= 40 ? 28 : 8))
		oracle->changed++;
}

/* ---- one ruleset, one capture ---- */

static void make_engine(struct oracle *oracle)
{
	struct skald_ct_owner owner = { .user = oracle, .random = chance };
	struct skald_ct_settings settings;

	skald_ct_settings_default(&settings);
	settings.checksum = false;
	oracle->table = skald_ct_table_new(&settings, &owner);
	if (!oracle->table)
		space_die("memory");
	oracle->nat = skald_nat_new(oracle->table, 0);
	if (!oracle->nat)
		space_die("memory");
}

static void make_kernel(struct oracle *oracle)
{
	space_enter(links);
	set_all();
	load_rules(oracle->set);
	oracle->to[LEFT] = oracle->from[LEFT] =
		space_open("client", htons(ETH_P_ALL));
	oracle->to[RIGHT] = oracle->from[RIGHT] =
		space_open("server", htons(ETH_P_ALL));
	for (int i = 0; i < SIDES; i++) {
		int one = 1;

		if (setsockopt(oracle->from[i], SOL_PACKET,
			       PACKET_IGNORE_OUTGOING, &one, sizeof(one)))
			space_die("PACKET_IGNORE_OUTGOING");
	}
}

static void play(struct oracle *oracle)
{
	static struct packet in;
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(oracle->file, error);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	uint32_t number = 0;

	if (!pcap) {
		fprintf(stderr, "ct_nat_oracle: %s\n", error);
		exit(1);
	}
	make_kernel(oracle);
	make_engine(oracle);
	begin(oracle);
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		number++;
		if (header->caplen < ETH_HLEN + 20 ||
		    header->caplen > PACKET_MAX)
			continue;
		in.len = header->caplen - ETH_HLEN;
		memcpy(in.bytes, bytes + ETH_HLEN, in.len);
		play_packet(oracle, number, &in);
	}
	pcap_close(pcap);
	skald_ct_table_free(oracle->table);
	skald_nat_free(oracle->nat);
	close(oracle->to[LEFT]);
	close(oracle->to[RIGHT]);
	free(oracle->mappings);
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "show", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ 0 },
	};
	uint32_t show = 5, differ = 0;
	const char *only = "";
	unsigned int i;
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's')
			show = (uint32_t)strtoul(optarg, NULL, 0);
		else if (c == 'o')
			only = optarg;
		else
			return 2;
	}
	space_stay_here();
	for (; optind < argc; optind++) {
		for (i = 0; i < n_rulesets; i++) {
			struct oracle oracle = { .set = &rulesets[i],
						 .file = argv[optind],
						 .show = show };

			if (!strstr(rulesets[i].name, only))
				continue;
			play(&oracle);
			differ += oracle.differ;
			printf("%s: %u packets, %u changed, %u differ\n",
			       oracle.set->name, oracle.packets, oracle.changed,
			       oracle.differ);
		}
	}
	return differ != 0;
}
