// SPDX-License-Identifier: GPL-2.0-only
/*
 * world_send: packets directed at the rules of this network namespace, by its
 * taps and from its own raw sockets.
 *   world_send WORLD PACKETS SEED CAPTURE TAP...
 *   world_send -f FRAMES CAPTURE TAP...	those of a file: "TAP HEX" a
 * line world_send -r WORLD TAP...	routes by which rules are met, for ip
 * -batch WORLD is a snapshot of the namespace. What leaves by a tap is answered
 * there, so that connections go on in both directions of a translation.
 * CAPTURE, a pcapng file, gets every frame that was sent, in order, with the
 * tap's name; "local" are those of raw sockets. Exit status 0: sent; 2: cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "aimed_odd.h"
#include "aimed_routes.h"
#include "aimed_try.h"
#include "output.h"
#include "pcapng.h"
#include "tap.h"

#define TAPS_MAX 64
#define ANSWERS_MAX 32
#define FRAME_MAX 2048
#define ETHERNET 14
/* So many frames, then a pause: whoever records must keep up. */
#define BURST 50
#define PAUSE_NS 5000000

struct tap {
	int fd;
	unsigned char mac[6];
};

struct answer {
	unsigned int tap;
	unsigned int len;
	unsigned char ip[FRAME_MAX];
};

struct sender {
	struct aimed aimed;
	struct aim aim;
	struct tap taps[TAPS_MAX];
	unsigned int n_taps;
	int raw4;
	int raw6;
	struct answer answers[ANSWERS_MAX];
	unsigned int n_answers;
	unsigned char frame[FRAME_MAX];
	unsigned int len;
	const struct skald_output *output;
	struct skald_output_file *file;
};

static bool is_v6(const unsigned char *ip)
{
	return ip[0] >> 4 == 6;
}

/* ---- what comes out is turned round ---- */

static void answer_transport(unsigned char *th, unsigned char proto)
{
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_SCTP)
		swap_bytes(th, th + 2, 2);
	if (proto == IPPROTO_TCP) {
		unsigned char seq[4];

		memcpy(seq, th + 4, 4);
		memcpy(th + 4, th + 8, 4);
		memcpy(th + 8, seq, 4);
		th[11]++;
		th[13] = th[13] == 2 ? 18 : dice(4) ? 16 : 17;
	}
	if (proto == IPPROTO_ICMP && th[0] == 8)
		th[0] = 0;
	if (proto == IPPROTO_ICMPV6 && th[0] == 128)
		th[0] = 129;
}

static bool turn(unsigned char *ip, unsigned int len)
{
	unsigned int header = is_v6(ip) ? 40 : 20;
	unsigned char proto = ip[is_v6(ip) ? 6 : 9];

	if (len < header + 20 || (!is_v6(ip) && ip[0] != 0x45))
		return false;
	if (is_v6(ip))
		swap_bytes(ip + 8, ip + 24, 16);
	else
		swap_bytes(ip + 12, ip + 16, 4);
	answer_transport(ip + header, proto);
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		fix_transport(ip + header, len - header, proto,
			      ip + (is_v6(ip) ? 8 : 12), is_v6(ip) ? 32 : 8);
	return true;
}

static void take_answer(struct sender *sender, unsigned int tap,
			const unsigned char *frame, unsigned int len)
{
	struct answer *answer;

	if (len < 14 + 40)
		return;
	answer = &sender->answers[sender->n_answers < ANSWERS_MAX
					  ? sender->n_answers++
					  : dice(ANSWERS_MAX)];
	answer->tap = tap;
	answer->len = len - 14;
	memcpy(answer->ip, frame + 14, answer->len);
}

static void read_taps(struct sender *sender)
{
	unsigned char frame[FRAME_MAX];

	for (unsigned int i = 0; i < sender->n_taps; i++) {
		ssize_t got;

		while ((got = read(sender->taps[i].fd, frame, sizeof(frame))) >
		       0)
			take_answer(sender, i, frame, (unsigned int)got);
	}
}

/* ---- sending ---- */

static void note(struct sender *sender, unsigned int interface)
{
	struct skald_pcapng_packet packet = {
		.interface = interface,
		.data = sender->frame,
		.captured = sender->len,
		.original = sender->len,
	};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	packet.t_ns =
		(uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
	if (skald_pcapng_packet(sender->output, &packet))
		exit(2);
}

static void put_ethernet(struct sender *sender, const unsigned char *to,
			 unsigned int len)
{
	unsigned char *frame = sender->frame;

	memcpy(frame, to, 6);
	(void)group_mac(frame + ETHERNET, frame);
	memset(frame + 6, 0, 6);
	frame[6] = 2;
	frame[11] = 1;
	if (sender->aimed.has_mac)
		memcpy(frame + 6, sender->aimed.mac, 6);
	put_unaligned_be16(is_v6(frame + 14) ? ETH_P_IPV6 : ETH_P_IP,
			   frame + 12);
	sender->len = 14 + len;
}

/* The frame that was made, into a tap. */
static void write_frame(struct sender *sender, unsigned int tap)
{
	note(sender, tap);
	aim_see(&sender->aim, sender->frame, sender->len,
		sender->aimed.names[tap]);
	if (write(sender->taps[tap].fd, sender->frame, sender->len) < 0)
		return;
	read_taps(sender);
}

static void send_by_tap(struct sender *sender, unsigned int tap,
			unsigned int len)
{
	put_ethernet(sender, sender->taps[tap].mac, len);
	write_frame(sender, tap);
}

static void send_local(struct sender *sender, unsigned int len)
{
	static const unsigned char none[6];
	const unsigned char *ip = sender->frame + 14;
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in to4 = { .sin_family = AF_INET };

	put_ethernet(sender, none, len);
	note(sender, sender->n_taps);
	aim_see(&sender->aim, sender->frame, sender->len, NULL);
	memcpy(&to4.sin_addr, ip + 16, 4);
	memcpy(&to6.sin6_addr, ip + 24, 16);
	if (is_v6(ip))
		(void)sendto(sender->raw6, ip, len, 0, (void *)&to6,
			     sizeof(to6));
	else
		(void)sendto(sender->raw4, ip, len, 0, (void *)&to4,
			     sizeof(to4));
	read_taps(sender);
}

static void fix_network(unsigned char *ip)
{
	if (is_v6(ip))
		return;
	memset(ip + 10, 0, 2);
	put_unaligned_be16(skald_csum_fold(skald_csum_add(ip, 20, 0)), ip + 10);
}

/* Who has joined a group is not in a world. */
static void leave_groups(unsigned char *ip)
{
	if (is_v6(ip) ? ip[24] == 0xff : (ip[16] & 0xf0) == 0xe0)
		ip[is_v6(ip) ? 24 : 16] = 0x26;
	fix_network(ip);
}

/* A local packet has one of the taps' addresses as its source. */
static void own_source(struct sender *sender, unsigned int len)
{
	unsigned char *ip = sender->frame + 14;
	unsigned char tap = (unsigned char)dice(sender->n_taps);
	unsigned int header = is_v6(ip) ? 40 : 20;
	unsigned char proto = ip[is_v6(ip) ? 6 : 9];

	if (is_v6(ip)) {
		/* to a socket "no address" means this machine */
		ip[39] |= !ip[24];
		memset(ip + 8, 0, 16);
		ip[8] = 0xfd;
		ip[9] = 0x77;
		ip[11] = tap;
		ip[23] = 1;
	} else {
		memcpy(ip + 12, (unsigned char[]){ 10, 77, tap, 1 }, 4);
		memset(ip + 10, 0, 2);
		put_unaligned_be16(skald_csum_fold(skald_csum_add(ip, 20, 0)),
				   ip + 10);
	}
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		fix_transport(ip + header, len - header, proto,
			      ip + (is_v6(ip) ? 8 : 12), is_v6(ip) ? 32 : 8);
}

static bool send_answer(struct sender *sender)
{
	struct answer *answer;

	if (!sender->n_answers || dice(3))
		return false;
	answer = &sender->answers[dice(sender->n_answers)];
	memcpy(sender->frame + 14, answer->ip, answer->len);
	if (!turn(sender->frame + 14, answer->len))
		return false;
	send_by_tap(sender, answer->tap, answer->len);
	return true;
}

/* The last one, which whoever waits for all knows by its identification: an
 * echo reply, which nobody answers. */
static void send_end(struct sender *sender)
{
	static const unsigned char packet[] = {
		0x45, 0, 0,    28,   0xde, 0xad, 0,  0,	 64, IPPROTO_ICMP,
		0,    0, 10,   77,   0,	   77,	 10, 77, 0,  1,
		0,    0, 0xff, 0xff, 0,	   0,	 0,  0
	};
	unsigned char *ip = sender->frame + 14;

	memcpy(ip, packet, sizeof(packet));
	fix_network(ip);
	send_by_tap(sender, 0, sizeof(packet));
}

static bool send_error(struct sender *sender)
{
	struct answer *answer;
	unsigned int len;

	if (!sender->n_answers || dice(40))
		return false;
	answer = &sender->answers[dice(sender->n_answers)];
	if (answer->ip[0] != 0x45 && !is_v6(answer->ip))
		return false;
	len = make_error(answer->ip, answer->len, answer->tap,
			 sender->frame + ETHERNET);
	send_by_tap(sender, answer->tap, len);
	return true;
}

static void send_pieces(struct sender *sender, unsigned int tap,
			unsigned int len)
{
	static struct pieces pieces;
	static unsigned char whole[FRAME_MAX];

	memcpy(whole, sender->frame + ETHERNET, len);
	make_pieces(whole, len, &pieces);
	for (unsigned int i = 0; i < pieces.n; i++) {
		memcpy(sender->frame + ETHERNET, pieces.ip[i], pieces.len[i]);
		send_by_tap(sender, tap, pieces.len[i]);
	}
}

/* By a tap; some of them as few packets are. */
static void send_some(struct sender *sender, unsigned int tap, unsigned int len)
{
	unsigned char *ip = sender->frame + ETHERNET;

	switch (dice(48)) {
	case 0:
	case 1:
		send_pieces(sender, tap, len);
		return;
	case 2:
	case 3:
		send_to_all(ip, len, tap);
		break;
	case 4:
		spoil_checksum(ip);
		break;
	case 5:
		len = add_options(ip, len);
		break;
	default:
		break;
	}
	send_by_tap(sender, tap, len);
}

/* ---- packets for one rule ---- */

/* A packet for a rule, in its frame, as it will be sent. */
static void load_shot(struct sender *sender, const struct skald_vm_rule *rule,
		      struct shot *shot)
{
	static const unsigned char none[6];
	unsigned char *ip = sender->frame + ETHERNET;

	memset(sender->frame, 0, sizeof(sender->frame));
	make_aimed(&sender->aimed, rule, ip, shot);
	leave_groups(ip);
	if (shot->tap < 0)
		shot->tap = (int)dice(sender->n_taps);
	if (shot->is_local && !shot->keeps_source)
		own_source(sender, shot->len);
	put_ethernet(sender,
		     shot->is_local ? none : sender->taps[shot->tap].mac,
		     shot->len);
}

static void keep_shot(struct sender *sender)
{
	struct found *found = sender->aim.found;

	found->random_state = random_state;
	found->has_mac = sender->aimed.has_mac;
	memcpy(found->mac, sender->aimed.mac, sizeof(found->mac));
	memcpy(found->ip, sender->frame + ETHERNET, found->shot.len);
}

/* In a child: until one hits. */
static void try_shots(struct sender *sender, struct target *target)
{
	struct found *found = sender->aim.found;
	unsigned int before = target->hits;

	for (unsigned int i = 0; i < TRIES && !found->is_hit; i++) {
		load_shot(sender, target->rule, &found->shot);
		aim_see(&sender->aim, sender->frame, sender->len,
			found->shot.is_local
				? NULL
				: sender->aimed.names[found->shot.tap]);
		found->is_hit = target->hits > before;
	}
	keep_shot(sender);
	_exit(0);
}

static void fire(struct sender *sender)
{
	struct found *found = sender->aim.found;

	memcpy(sender->frame + ETHERNET, found->ip, found->shot.len);
	sender->aimed.has_mac = found->has_mac;
	memcpy(sender->aimed.mac, found->mac, sizeof(found->mac));
	remember(&sender->aimed, found->ip, found->shot.len);
	if (found->shot.is_local)
		send_local(sender, found->shot.len);
	else
		send_by_tap(sender, (unsigned int)found->shot.tap,
			    found->shot.len);
}

/* For the rule whose turn it is. */
static void send_aimed(struct sender *sender)
{
	struct target *target = next_target(&sender->aim);
	struct found *found = sender->aim.found;
	int status;
	pid_t child;

	found->is_hit = false;
	/* what was hit so often needs no help */
	if (target->hits >= HITS_ENOUGH) {
		found->is_hit = true;
		load_shot(sender, target->rule, &found->shot);
		keep_shot(sender);
		fire(sender);
		return;
	}
	child = fork();
	if (child < 0)
		exit(2);
	if (!child)
		try_shots(sender, target);
	if (waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "world_send: a try failed: %#x\n", status);
		exit(2);
	}
	random_state = found->random_state;
	target->tries += !found->is_hit;
	fire(sender);
}

static void send_one(struct sender *sender)
{
	unsigned char *ip = sender->frame + ETHERNET;
	unsigned int len;

	memset(sender->frame, 0, sizeof(sender->frame));
	sender->aimed.has_mac = false;
	if (send_error(sender) || send_answer(sender))
		return;
	if (sender->aimed.n_rules && dice(3)) {
		send_aimed(sender);
		return;
	}
	if (sender->aimed.n_old && dice(2))
		len = make_again(&sender->aimed, ip);
	else if (dice(3))
		len = make_ip4(&sender->aimed, ip);
	else
		len = make_ip6(&sender->aimed, ip);
	leave_groups(ip);
	remember(&sender->aimed, ip, len);
	if (dice(8) == 0) {
		own_source(sender, len);
		send_local(sender, len);
		return;
	}
	send_some(sender, dice(sender->n_taps), len);
}

/* ---- beginning ---- */

static int open_raw(struct sender *sender)
{
	int on = 1;

	sender->raw4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	sender->raw6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (sender->raw4 < 0 || sender->raw6 < 0)
		return -errno;
	(void)setsockopt(sender->raw4, SOL_SOCKET, SO_BROADCAST, &on,
			 sizeof(on));
	(void)setsockopt(sender->raw6, IPPROTO_IPV6, IPV6_HDRINCL, &on,
			 sizeof(on));
	return 0;
}

static int open_capture(struct sender *sender, const char *path, char **taps)
{
	struct skald_pcapng_section section = { .program = "world_send" };
	struct skald_error error = { 0 };
	int err = skald_output_open(path, &sender->file, &error);

	if (err)
		return err;
	sender->output = skald_output_of(sender->file);
	err = skald_pcapng_section(sender->output, &section);
	for (unsigned int i = 0; i <= sender->n_taps && !err; i++) {
		struct skald_pcapng_interface interface = {
			.linktype = SKALD_LINKTYPE_ETHERNET,
			.name = i < sender->n_taps ? taps[i] : "local",
		};

		err = skald_pcapng_interface(sender->output, &interface);
	}
	return err;
}

/* ---- frames of a file ---- */

static int tap_named(const struct sender *sender, char **taps, const char *name)
{
	for (unsigned int i = 0; i < sender->n_taps; i++) {
		if (!strcmp(taps[i], name))
			return (int)i;
	}
	return -1;
}

static unsigned int read_hex(const char *hex, unsigned char *to)
{
	unsigned int len = 0, byte;

	while (len < FRAME_MAX && sscanf(hex + 2 * len, "%2x", &byte) == 1)
		to[len++] = (unsigned char)byte;
	return len;
}

/* Addresses of taps are new each time: one that was a tap's still is. */
static void send_frame(struct sender *sender, int tap, unsigned int len)
{
	if (tap < 0) {
		send_local(sender, len - ETHERNET);
		return;
	}
	if (!(sender->frame[0] & 1))
		memcpy(sender->frame, sender->taps[tap].mac, 6);
	sender->len = len;
	write_frame(sender, (unsigned int)tap);
}

static int send_file(struct sender *sender, const char *path, char **taps)
{
	static char line[2 * FRAME_MAX + 64];
	FILE *file = fopen(path, "r");
	char name[64];
	int at;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		unsigned int len;

		if (line[0] == '#' || sscanf(line, "%63s %n", name, &at) != 1)
			continue;
		memset(sender->frame, 0, sizeof(sender->frame));
		len = read_hex(line + at, sender->frame);
		if (len > ETHERNET)
			send_frame(sender, tap_named(sender, taps, name), len);
	}
	(void)fclose(file);
	return 0;
}

static void send_all(struct sender *sender, unsigned long packets)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	for (unsigned long i = 0; i < packets; i++) {
		send_one(sender);
		if (i % BURST == BURST - 1)
			nanosleep(&pause, NULL);
	}
}

static int open_taps(struct sender *sender, char **names, int n)
{
	for (int i = 0; i < n && sender->n_taps < TAPS_MAX; i++) {
		struct tap *tap = &sender->taps[sender->n_taps++];

		tap->fd = tap_open(names[i], tap->mac);
		if (tap->fd < 0) {
			fprintf(stderr, "world_send: no tap %s\n", names[i]);
			return tap->fd;
		}
	}
	return 0;
}

/* Return: whether the packets were sent */
static bool shoot(struct sender *sender, bool is_file, char **args)
{
	char **taps = sender->aimed.names;

	if (open_raw(sender))
		return false;
	if (is_file) {
		random_state = 1;
		if (open_capture(sender, args[1], taps) ||
		    send_file(sender, args[0], taps))
			return false;
	} else {
		random_state = strtoull(args[2], NULL, 10);
		if (aim_open(&sender->aim, &sender->aimed, args[0]) ||
		    open_capture(sender, args[3], taps))
			return false;
		send_all(sender, strtoul(args[1], NULL, 10));
		aim_close(&sender->aim);
		sender->aim.engine = NULL;
	}
	send_end(sender);
	return true;
}

static int print_routes(struct sender *sender, const char *world)
{
	if (aim_open(&sender->aim, &sender->aimed, world))
		return 2;
	random_state = 1;
	routes_print(&sender->aimed);
	aim_close(&sender->aim);
	return 0;
}

int main(int argc, char **argv)
{
	static struct sender sender;
	struct skald_error error = { 0 };
	bool is_file = argc > 1 && !strcmp(argv[1], "-f");
	bool is_routes = argc > 1 && !strcmp(argv[1], "-r");
	int first = is_routes ? 3 : is_file ? 4 : 5;

	if (argc <= first)
		return 2;
	sender.aimed.names = argv + first;
	if (is_routes) {
		sender.aimed.n_taps = (unsigned int)(argc - first);
		return print_routes(&sender, argv[2]);
	}
	if (open_taps(&sender, argv + first, argc - first))
		return 2;
	sender.aimed.n_taps = sender.n_taps;
	if (!shoot(&sender, is_file, argv + (is_file ? 2 : 1)))
		return 2;
	return skald_output_commit(sender.file, &error) ? 2 : 0;
}
