// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets in words. One table of words, each with what it sets; protocols
 * differ in how the transport header is written.
 */
#include "invent.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

#define WORD_MAX 80
#define TTL 64
#define WINDOW 64240
#define DATAGRAM_MAX 65535

/**
 * struct wanted - what the words say
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_*
 * @src: source address
 * @dst: destination address
 * @ports: source and destination port, host order
 * @has_ports: which of them were given
 * @flags: TCP flags
 * @number: values of enum number
 * @mac: source and destination link-layer address
 * @vlan: VLAN id, -1: none
 * @has_mac: @mac was given
 * @has_code: NUMBER_CODE was given
 */
struct wanted {
	int family;
	int proto;
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t ports[2];
	bool has_ports[2];
	uint8_t flags;
	uint32_t number[16];
	uint8_t mac[2][6];
	long vlan;
	bool has_mac;
};

enum number {
	NUMBER_TTL,
	NUMBER_MARK,
	NUMBER_LEN,
	NUMBER_SEQ,
	NUMBER_ACK,
	NUMBER_WINDOW,
	NUMBER_ID,
	NUMBER_DSCP,
	NUMBER_TYPE,
	NUMBER_CODE,
	NUMBER_ECHO_ID,
	NUMBER_ECHO_SEQ,
	NUMBER_PROTO,
	NUMBER_DF,
	NUMBER_MSS,
};

struct reader {
	const char *text;
	const char *at;
	char word[WORD_MAX];
	int column;
	struct wanted want;
	struct skald_error *error;
};

static int fail(struct reader *reader, const char *what)
{
	int err = skald_error_set(reader->error, EINVAL, "%s%s%.*s%s", what,
				  *reader->word ? " \"" : "",
				  (int)sizeof(reader->word), reader->word,
				  *reader->word ? "\"" : "");

	if (reader->error)
		reader->error->column = reader->column;
	return err;
}

/* The next word; "" at the end. Return: false when it is too long */
static bool next_word(struct reader *reader)
{
	size_t len;

	reader->at += strspn(reader->at, " \t\n,");
	reader->column = (int)(reader->at - reader->text) + 1;
	len = strcspn(reader->at, " \t\n,");
	if (len >= sizeof(reader->word)) {
		reader->word[0] = '\0';
		return false;
	}
	memcpy(reader->word, reader->at, len);
	reader->word[len] = '\0';
	reader->at += len;
	return true;
}

static const struct {
	const char *word;
	int proto;
	int family;
} protocols[] = {
	{ "tcp", IPPROTO_TCP, AF_UNSPEC },
	{ "udp", IPPROTO_UDP, AF_UNSPEC },
	{ "udplite", IPPROTO_UDPLITE, AF_UNSPEC },
	{ "sctp", IPPROTO_SCTP, AF_UNSPEC },
	{ "icmp", IPPROTO_ICMP, AF_INET },
	{ "icmp6", IPPROTO_ICMPV6, AF_INET6 },
	{ "ip", IPPROTO_RAW, AF_INET },
	{ "ip6", IPPROTO_RAW, AF_INET6 },
};

static int read_protocol(struct reader *reader)
{
	if (!next_word(reader) || !*reader->word)
		return fail(reader, "a packet begins with its protocol, not");
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (strcmp(protocols[i].word, reader->word) != 0)
			continue;
		reader->want.proto = protocols[i].proto;
		reader->want.family = protocols[i].family;
		return 0;
	}
	return fail(reader, "no protocol tcp, udp, udplite, sctp, icmp, icmp6, "
			    "ip, ip6:");
}

/* A number in decimal or with 0x. */
static bool read_number(const char *word, unsigned long max, uint32_t *number)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)*word))
		return false;
	errno = 0;
	value = strtoul(word, &end, 0);
	if (*end || errno || value > max)
		return false;
	*number = (uint32_t)value;
	return true;
}

/* "192.0.2.1:80", "[2001:db8::1]:53", or an address alone. */
static bool read_endpoint(struct reader *reader, bool is_source)
{
	struct wanted *want = &reader->want;
	uint8_t *address = is_source ? want->src : want->dst;
	char text[WORD_MAX];
	char *port = NULL, *bracket;
	uint32_t number;
	int family;

	memcpy(text, reader->word, sizeof(text));
	bracket = strchr(text, ']');
	if (*text == '[' && bracket) {
		port = bracket[1] == ':' ? bracket + 2 : NULL;
		*bracket = '\0';
		memmove(text, text + 1, strlen(text));
		family = AF_INET6;
		port = port ? port : NULL;
	} else {
		char *first = strchr(text, ':');

		family = first && strchr(first + 1, ':') ? AF_INET6 : AF_INET;
		if (first && family == AF_INET) {
			*first = '\0';
			port = first + 1;
		}
	}
	if ((want->family != AF_UNSPEC && want->family != family) ||
	    inet_pton(family, text, address) != 1)
		return false;
	want->family = family;
	if (!port)
		return true;
	if (!read_number(port, UINT16_MAX, &number))
		return false;
	want->ports[!is_source] = (uint16_t)number;
	want->has_ports[!is_source] = true;
	return true;
}

static int read_endpoints(struct reader *reader)
{
	struct wanted *want = &reader->want;

	if (!next_word(reader) || !read_endpoint(reader, true))
		return fail(reader, "no source address of that family:");
	if (!next_word(reader) ||
	    (strcmp(reader->word, ">") != 0 && strcmp(reader->word, "to") != 0))
		return fail(reader, "a \">\" stands between the addresses, "
				    "not");
	if (!next_word(reader) || !read_endpoint(reader, false))
		return fail(reader, "no destination address of that family:");
	if (want->has_ports[0] != want->has_ports[1]) {
		reader->word[0] = '\0';
		return fail(reader, "one of the two ports is missing");
	}
	return 0;
}

/* "S", "SA", "S.", "none": as tcpdump writes them, in any order. */
static bool read_flags(const char *word, uint8_t *flags)
{
	static const char letters[] = "FSRPAUEC";

	*flags = 0;
	if (strcmp(word, "none") == 0)
		return true;
	for (; *word; word++) {
		char letter = *word == '.' ? 'A' : *word == 'W' ? 'C' : *word;
		const char *found =
			strchr(letters, toupper((unsigned char)letter));

		if (!found)
			return false;
		*flags |= (uint8_t)(1 << (found - letters));
	}
	return true;
}

static const struct {
	const char *word;
	int family;
	uint32_t type;
} icmp_types[] = {
	{ "echo-reply", AF_INET, 0 },
	{ "destination-unreachable", AF_INET, 3 },
	{ "redirect", AF_INET, 5 },
	{ "echo-request", AF_INET, 8 },
	{ "router-advertisement", AF_INET, 9 },
	{ "router-solicitation", AF_INET, 10 },
	{ "time-exceeded", AF_INET, 11 },
	{ "parameter-problem", AF_INET, 12 },
	{ "timestamp-request", AF_INET, 13 },
	{ "timestamp-reply", AF_INET, 14 },
	{ "destination-unreachable", AF_INET6, 1 },
	{ "packet-too-big", AF_INET6, 2 },
	{ "time-exceeded", AF_INET6, 3 },
	{ "parameter-problem", AF_INET6, 4 },
	{ "echo-request", AF_INET6, 128 },
	{ "echo-reply", AF_INET6, 129 },
	{ "nd-router-solicit", AF_INET6, 133 },
	{ "nd-router-advert", AF_INET6, 134 },
	{ "nd-neighbor-solicit", AF_INET6, 135 },
	{ "nd-neighbor-advert", AF_INET6, 136 },
};

static bool read_type(const struct wanted *want, const char *word,
		      uint32_t *type)
{
	for (size_t i = 0; i < sizeof(icmp_types) / sizeof(*icmp_types); i++) {
		if (icmp_types[i].family == want->family &&
		    strcmp(icmp_types[i].word, word) == 0) {
			*type = icmp_types[i].type;
			return true;
		}
	}
	return read_number(word, UINT8_MAX, type);
}

static bool read_mac(const char *word, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long byte = strtoul(word, &end, 16);

		if (!isxdigit((unsigned char)*word) || byte > UINT8_MAX ||
		    *end != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)byte;
		word = end + 1;
	}
	return true;
}

/* "mac A > B", and the ">" may be left out. */
static int read_macs(struct reader *reader)
{
	struct wanted *want = &reader->want;

	if (!read_mac(reader->word, want->mac[0]))
		return fail(reader, "no link-layer address:");
	if (!next_word(reader))
		return fail(reader, "no link-layer address:");
	if (strcmp(reader->word, ">") == 0 && !next_word(reader))
		return fail(reader, "no link-layer address:");
	if (!read_mac(reader->word, want->mac[1]))
		return fail(reader, "no link-layer address:");
	want->has_mac = true;
	return 0;
}

static const struct {
	const char *word;
	enum number number;
	unsigned long max;
} numbers[] = {
	{ "ttl", NUMBER_TTL, 255 },
	{ "hoplimit", NUMBER_TTL, 255 },
	{ "mark", NUMBER_MARK, UINT32_MAX },
	{ "len", NUMBER_LEN, DATAGRAM_MAX },
	{ "seq", NUMBER_SEQ, UINT32_MAX },
	{ "ack", NUMBER_ACK, UINT32_MAX },
	{ "win", NUMBER_WINDOW, UINT16_MAX },
	{ "id", NUMBER_ID, UINT16_MAX },
	{ "dscp", NUMBER_DSCP, 63 },
	{ "code", NUMBER_CODE, 255 },
	{ "echo-id", NUMBER_ECHO_ID, UINT16_MAX },
	{ "echo-seq", NUMBER_ECHO_SEQ, UINT16_MAX },
	{ "proto", NUMBER_PROTO, 255 },
	{ "mss", NUMBER_MSS, UINT16_MAX },
};

/* The value behind a word. Return: 0, -EINVAL told, or 1: no such word */
static int read_value(struct reader *reader, const char *word)
{
	struct wanted *want = &reader->want;
	uint32_t number;

	if (strcmp(word, "flags") == 0)
		return read_flags(reader->word, &want->flags)
			       ? 0
			       : fail(reader, "no TCP flags:");
	if (strcmp(word, "type") == 0)
		return read_type(want, reader->word, &want->number[NUMBER_TYPE])
			       ? 0
			       : fail(reader, "no ICMP type:");
	if (strcmp(word, "mac") == 0)
		return read_macs(reader);
	if (strcmp(word, "vlan") == 0) {
		if (!read_number(reader->word, 4095, &number))
			return fail(reader, "no VLAN id:");
		want->vlan = number;
		return 0;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (strcmp(numbers[i].word, word) != 0)
			continue;
		if (!read_number(reader->word, numbers[i].max, &number))
			return fail(reader, "not a number that fits:");
		want->number[numbers[i].number] = number;
		return 0;
	}
	return 1;
}

static int read_options(struct reader *reader)
{
	for (;;) {
		char word[WORD_MAX];
		int column, err;

		if (!next_word(reader))
			return fail(reader, "a word too long");
		if (!*reader->word)
			return 0;
		if (strcmp(reader->word, "df") == 0) {
			reader->want.number[NUMBER_DF] = 1;
			continue;
		}
		memcpy(word, reader->word, sizeof(word));
		column = reader->column;
		if (!next_word(reader))
			return fail(reader, "a word too long");
		err = read_value(reader, word);
		if (err == 1) {
			memcpy(reader->word, word, sizeof(word));
			reader->column = column;
			return fail(reader, "what is");
		}
		if (err)
			return err;
	}
}

/* ---- writing ---- */

static size_t write_tcp(const struct wanted *want, uint8_t *to)
{
	size_t len = want->number[NUMBER_MSS] ? 24 : 20;

	put_unaligned_be16(want->ports[0], to);
	put_unaligned_be16(want->ports[1], to + 2);
	put_unaligned_be32(want->number[NUMBER_SEQ], to + 4);
	put_unaligned_be32(want->number[NUMBER_ACK], to + 8);
	to[12] = (uint8_t)(len / 4 << 4);
	to[13] = want->flags;
	put_unaligned_be16((uint16_t)want->number[NUMBER_WINDOW], to + 14);
	if (len > 20) {
		to[20] = 2; /* maximum segment size, RFC 9293 */
		to[21] = 4;
		put_unaligned_be16((uint16_t)want->number[NUMBER_MSS], to + 22);
	}
	return len;
}

static size_t write_icmp(const struct wanted *want, uint8_t *to)
{
	to[0] = (uint8_t)want->number[NUMBER_TYPE];
	to[1] = (uint8_t)want->number[NUMBER_CODE];
	put_unaligned_be16((uint16_t)want->number[NUMBER_ECHO_ID], to + 4);
	put_unaligned_be16((uint16_t)want->number[NUMBER_ECHO_SEQ], to + 6);
	return 8;
}

/* An INIT chunk, as an association begins. */
static size_t write_sctp(const struct wanted *want, uint8_t *to)
{
	put_unaligned_be16(want->ports[0], to);
	put_unaligned_be16(want->ports[1], to + 2);
	to[12] = 1;
	put_unaligned_be16(20, to + 14);
	put_unaligned_be32(1, to + 16);
	put_unaligned_be32(65535, to + 20);
	put_unaligned_be16(1, to + 24);
	put_unaligned_be16(1, to + 26);
	put_unaligned_be32(want->number[NUMBER_SEQ], to + 28);
	return 32;
}

static size_t transport_len(const struct wanted *want, uint8_t *to)
{
	switch (want->proto) {
	case IPPROTO_TCP:
		return write_tcp(want, to);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		put_unaligned_be16(want->ports[0], to);
		put_unaligned_be16(want->ports[1], to + 2);
		return 8;
	case IPPROTO_SCTP:
		return write_sctp(want, to);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return write_icmp(want, to);
	default:
		return 0;
	}
}

static void finish_transport(const struct wanted *want, struct skald_view *view,
			     size_t len)
{
	uint8_t *to = view->data + view->transport;
	uint64_t sum;
	uint32_t crc;
	size_t at;

	switch (want->proto) {
	case IPPROTO_UDP:
		put_unaligned_be16((uint16_t)len, to + 4);
		at = 6;
		break;
	case IPPROTO_UDPLITE:
		at = 6;
		break;
	case IPPROTO_TCP:
		at = 16;
		break;
	case IPPROTO_ICMP:
		put_unaligned_be16(skald_checksum_fold(
					   skald_checksum_add(to, (u32)len, 0)),
				   to + 2);
		return;
	case IPPROTO_ICMPV6:
		at = 2;
		break;
	case IPPROTO_SCTP:
		if (!skald_crc32c_view(view, view->transport, (u32)len, 8,
				       &crc)) {
			to[8] = (uint8_t)crc;
			to[9] = (uint8_t)(crc >> 8);
			to[10] = (uint8_t)(crc >> 16);
			to[11] = (uint8_t)(crc >> 24);
		}
		return;
	default:
		return;
	}
	sum = skald_checksum_pseudo(view, (u8)want->proto, (u32)len);
	sum = skald_checksum_add(to, (u32)len, sum);
	put_unaligned_be16(skald_checksum_fold(sum) ? skald_checksum_fold(sum)
						    : 0xffff,
			   to + at);
}

static void write_ip4(const struct wanted *want, uint8_t *to, size_t len)
{
	to[0] = 0x45;
	to[1] = (uint8_t)(want->number[NUMBER_DSCP] << 2);
	put_unaligned_be16((uint16_t)len, to + 2);
	put_unaligned_be16((uint16_t)want->number[NUMBER_ID], to + 4);
	put_unaligned_be16(want->number[NUMBER_DF] ? 0x4000 : 0, to + 6);
	to[8] = (uint8_t)want->number[NUMBER_TTL];
	to[9] = (uint8_t)(want->proto == IPPROTO_RAW
				  ? want->number[NUMBER_PROTO]
				  : (uint32_t)want->proto);
	memcpy(to + 12, want->src, 4);
	memcpy(to + 16, want->dst, 4);
	put_unaligned_be16(skald_checksum_fold(skald_checksum_add(to, 20, 0)),
			   to + 10);
}

static void write_ip6(const struct wanted *want, uint8_t *to, size_t len)
{
	put_unaligned_be32(6u << 28 | want->number[NUMBER_DSCP] << 22, to);
	put_unaligned_be16((uint16_t)(len - 40), to + 4);
	to[6] = (uint8_t)(want->proto == IPPROTO_RAW
				  ? want->number[NUMBER_PROTO]
				  : (uint32_t)want->proto);
	to[7] = (uint8_t)want->number[NUMBER_TTL];
	memcpy(to + 8, want->src, 16);
	memcpy(to + 24, want->dst, 16);
}

static size_t write_link(const struct wanted *want, uint8_t *to,
			 uint16_t ethertype)
{
	size_t len = 12;

	if (!want->has_mac && want->vlan < 0)
		return 0;
	memcpy(to, want->mac[1], 6);
	memcpy(to + 6, want->mac[0], 6);
	if (want->vlan >= 0) {
		put_unaligned_be16(ETH_P_8021Q, to + len);
		put_unaligned_be16((uint16_t)want->vlan, to + len + 2);
		len += 4;
	}
	put_unaligned_be16(ethertype, to + len);
	return len + 2;
}

static void assemble(const struct wanted *want, struct skald_invented *packet)
{
	size_t network, header = want->family == AF_INET6 ? 40 : 20;
	size_t transport, len;
	struct skald_view view;

	memset(packet, 0, sizeof(*packet));
	packet->ethertype = want->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP;
	packet->mark = want->number[NUMBER_MARK];
	network = write_link(want, packet->bytes, packet->ethertype);
	packet->has_link = network;
	transport = transport_len(want, packet->bytes + network + header);
	len = header + transport;
	if (want->number[NUMBER_LEN] > len)
		len = want->number[NUMBER_LEN];
	if (want->family == AF_INET6)
		write_ip6(want, packet->bytes + network, len);
	else
		write_ip4(want, packet->bytes + network, len);
	packet->len = network + len;
	skald_view_init(&view, packet->bytes, (u32)packet->len,
			(u32)packet->len);
	if (!skald_view_set_network(&view, (u32)network, packet->ethertype) &&
	    view.transport != SKALD_VIEW_NONE)
		finish_transport(want, &view, len - header);
}

static void set_defaults(struct wanted *want)
{
	want->number[NUMBER_TTL] = TTL;
	want->number[NUMBER_WINDOW] = WINDOW;
	want->number[NUMBER_TYPE] = want->proto == IPPROTO_ICMPV6 ? 128 : 8;
	want->number[NUMBER_PROTO] = 253; /* RFC 3692: for experiments */
	want->flags = 0x02;
	want->vlan = -1;
}

static int check(struct reader *reader)
{
	const struct wanted *want = &reader->want;
	bool wants_ports =
		want->proto == IPPROTO_TCP || want->proto == IPPROTO_UDP ||
		want->proto == IPPROTO_UDPLITE || want->proto == IPPROTO_SCTP;

	reader->word[0] = '\0';
	reader->column = 0;
	if (wants_ports && !want->has_ports[0])
		return fail(reader, "a port stands behind each address: "
				    "10.0.0.1:80");
	if (!wants_ports && want->has_ports[0])
		return fail(reader, "this protocol has no ports");
	return 0;
}

int skald_invent(const char *text, struct skald_invented *packet,
		 struct skald_error *error)
{
	struct reader reader = { .text = text, .at = text, .error = error };
	int err = read_protocol(&reader);

	if (!err) {
		set_defaults(&reader.want);
		err = read_endpoints(&reader);
	}
	if (!err)
		err = read_options(&reader);
	if (!err)
		err = check(&reader);
	if (!err)
		assemble(&reader.want, packet);
	return err;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = strchr(digits, tolower((unsigned char)c));

	return c && found ? (int)(found - digits) : -1;
}

static bool is_network(const struct skald_invented *packet, uint16_t ethertype)
{
	struct skald_view view;

	skald_view_init(&view, (void *)packet->bytes, (u32)packet->len,
			(u32)packet->len);
	return !skald_view_set_network(&view, 0, ethertype);
}

int skald_invent_hex(const char *text, struct skald_invented *packet,
		     struct skald_error *error)
{
	memset(packet, 0, sizeof(*packet));
	for (const char *at = text; *at;) {
		int high, low;

		if (strchr(" :\n\t", *at)) {
			at++;
			continue;
		}
		high = digit_of(at[0]);
		low = high < 0 ? -1 : digit_of(at[1]);
		if (low < 0 || packet->len == SKALD_INVENTED_MAX) {
			skald_error_set(error, EINVAL,
					"bytes are two hexadecimal digits "
					"each, at most %d",
					SKALD_INVENTED_MAX);
			if (error)
				error->column = (int)(at - text) + 1;
			return -EINVAL;
		}
		packet->bytes[packet->len++] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	if (is_network(packet, ETH_P_IP))
		packet->ethertype = ETH_P_IP;
	else if (is_network(packet, ETH_P_IPV6))
		packet->ethertype = ETH_P_IPV6;
	else
		packet->has_link = true;
	return 0;
}
