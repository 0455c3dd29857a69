// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said, and the frames of it.
 */
#include "talks.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "h323_setup.h"

#define SYN 0x02
#define ACK 0x10

static const uint8_t h323_connect[] = {
	0x03, 0x00, 0x00, 0x32, 0x08, 0x02, 0x12, 0x34, 0x07, 0x04,
	0x01, 0x88, 0x7e, 0x00, 0x23, 0x05, 0x02, 0x40, 0x06, 0x00,
	0x08, 0x91, 0x4a, 0x00, 0x04, 0x00, 0xc0, 0x00, 0x02, 0x01,
	0x17, 0x70, 0x00, 0x00, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35,
	0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
};

static const uint8_t ras_request[] = {
	0x0c, 0x00, 0x00, 0x07, 0x06, 0x00, 0x08, 0x91, 0x4a, 0x00, 0x04, 0x00,
	0x01, 0x00, 0x0a, 0x00, 0x00, 0x01, 0x06, 0xb8, 0x01, 0x00, 0x0a, 0x00,
	0x00, 0x01, 0x9c, 0x41, 0x00, 0x00, 0xb5, 0x00, 0x00, 0x01,
};

#define TEXT(text) (text), sizeof(text) - 1
#define BYTES(bytes) (bytes), sizeof(bytes)

static const char invite[] =
	"INVITE sip:bob@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\n"
	"From: <sip:alice@10.0.0.1>\r\nTo: <sip:bob@192.0.2.1>\r\n"
	"CSeq: 1 INVITE\r\nContact: <sip:alice@10.0.0.1:5060>\r\n"
	"Content-Length: 91\r\n\r\nv=0\r\no=a 5 6 IN IP4 10.0.0.1\r\n"
	"c=IN IP4 10.0.0.1\r\nm=audio 3456 RTP/AVP 0\r\nm=video 3460 RTP\r\n";
static const char bye[] = "BYE sip:bob@192.0.2.1 SIP/2.0\r\nCSeq: 2 BYE\r\n"
			  "Via: SIP/2.0/UDP 10.0.0.1:5060\r\n\r\n";
static const char no_cseq[] = "INVITE sip:bob@192.0.2.1 SIP/2.0\r\n\r\n";

static const uint8_t pptp_start[156] = { 0,    156,  0,	   1, 0x1a,
					 0x2b, 0x3c, 0x4d, 0, 1 };
static const uint8_t pptp_started[156] = { 0, 156, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d,
					   0, 2,   0, 0, 1,    0,    1 };
static const uint8_t pptp_call[168] = { 0,    168, 0, 1, 0x1a, 0x2b, 0x3c,
					0x4d, 0,   7, 0, 0,    0x11, 0x11 };
static const uint8_t pptp_called[32] = { 0,    32,   0,	   1,	 0x1a, 0x2b,
					 0x3c, 0x4d, 0,	   8,	 0,    0,
					 0x22, 0x22, 0x11, 0x11, 1 };
static const uint8_t pptp_gone[148] = { 0,    148, 0,  1, 0x1a, 0x2b, 0x3c,
					0x4d, 0,   13, 0, 0,	0x22, 0x22 };

static const uint8_t pptp_called_nat[32] = { 0,	   32,	 0,    1,    0x1a, 0x2b,
					     0x3c, 0x4d, 0,    8,    0,	   0,
					     0x22, 0x22, 0x9c, 0x41, 1 };

static const char sip_ok[] =
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\n"
	"From: <sip:alice@10.0.0.1>\r\nTo: <sip:bob@192.0.2.1>\r\n"
	"CSeq: 1 INVITE\r\nContact: <sip:bob@192.0.2.1:5060>\r\n"
	"Content-Length: 69\r\n\r\nv=0\r\no=b 7 8 IN IP4 192.0.2.1\r\n"
	"c=IN IP4 192.0.2.1\r\nm=audio 4456 RTP\r\n";
static const char sip_register[] =
	"REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\n"
	"CSeq: 7 REGISTER\r\n"
	"Contact: <sip:alice@10.0.0.1:5070>;expires=600\r\n\r\n";
static const char sip_registered[] =
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\n"
	"CSeq: 7 REGISTER\r\n"
	"Contact: <sip:alice@10.0.0.1:5070>;expires=600\r\n\r\n";
static const char amanda_ports[] =
	"Amanda 2.4 REP HANDLE 0\nCONNECT DATA 1500 MESG 1501 INDEX 1502\n"
	"OPTIONS ;\n";
/* RFC 3416: 10.0.0.2, 10.0.0.1 and 192.0.2.1, in a trap, a request and its
 * answer */
/* clang-format off */
#define SNMP(pdu) {							     \
	0x30, 0x51, 0x02, 0x01, 0x01, 0x04, 0x06, 0x70, 0x75, 0x62, 0x6c,    \
	0x69, 0x63, (pdu), 0x44, 0x02, 0x01, 0x07, 0x02, 0x01, 0x00, 0x02,   \
	0x01, 0x00, 0x30, 0x39, 0x30, 0x11, 0x06, 0x09, 0x2b, 0x06, 0x01,    \
	0x02, 0x01, 0x04, 0x14, 0x01, 0x01, 0x40, 0x04, 0x0a, 0x00, 0x00,    \
	0x02, 0x30, 0x11, 0x06, 0x09, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x04,    \
	0x14, 0x01, 0x01, 0x40, 0x04, 0x0a, 0x00, 0x00, 0x01, 0x30, 0x11,    \
	0x06, 0x09, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x04, 0x14, 0x01, 0x01,    \
	0x40, 0x04, 0xc0, 0x00, 0x02, 0x01,				     \
}
/* clang-format on */
static const uint8_t snmp_trap[] = SNMP(0xa7);
static const uint8_t snmp_set[] = SNMP(0xa3);
static const uint8_t snmp_answer[] = SNMP(0xa2);

const struct talk talks[] = {
	{ "ftp-active",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 21, 0 },
	    { TALK_SERVER_SAYS, TEXT("220 hi\r\n"), 0, 0 },
	    { TALK_CLIENT_SAYS, TEXT("USER x\r\n"), 0, 0 },
	    { TALK_SERVER_SAYS, TEXT("331 go on\r\n"), 0, 0 },
	    { TALK_CLIENT_SAYS, TEXT("PORT 10,0,0,1,4,5\r\n"), 0, 0 },
	    { TALK_CALL_BACK, NULL, 0, 1029, 20 },
	    { TALK_CALL_BACK, NULL, 0, 1029, 21 },
	    { TALK_CLIENT_SAYS, TEXT("EPRT |1|10.0.0.1|1030|\r\n"), 0, 0 },
	    { TALK_CALL_BACK, NULL, 0, 1030, 20 },
	    { TALK_CLIENT_SAYS, TEXT("PORT 10,0,0,9,4,7\r\n"), 0, 0 },
	    { TALK_CALL_BACK, NULL, 0, 1031, 20 } } },
	{ "ftp-passive",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 21, 0 },
	    { TALK_SERVER_SAYS, TEXT("220 hi\r\n"), 0, 0 },
	    { TALK_CLIENT_SAYS, TEXT("USER x\r\n"), 0, 0 },
	    { TALK_SERVER_SAYS, TEXT("227 Passive (192,0,2,1,7,208).\r\n"), 0,
	      0 },
	    { TALK_CALL, NULL, 0, 2000, 50000 },
	    { TALK_CALL, NULL, 0, 2000, 50001 },
	    { TALK_SERVER_SAYS, TEXT("229 Passive (|||2001|).\r\n"), 0, 0 },
	    { TALK_CALL, NULL, 0, 2001, 50002 } } },
	{ "irc",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 6667, 0 },
	    { TALK_SERVER_SAYS, TEXT("NOTICE hi\r\n"), 0, 0 },
	    { TALK_CLIENT_SAYS,
	      TEXT("PRIVMSG b :\1DCC SEND f 167772161 1029 42\1\r\n"), 0, 0 },
	    { TALK_CALL_BACK, NULL, 0, 1029, 5555 },
	    { TALK_CLIENT_SAYS, TEXT("PRIVMSG b :\1DCC CHAT c 7 1030\1\r\n"), 0,
	      0 },
	    { TALK_CALL_BACK, NULL, 0, 1030, 5555 } } },
	{ "tftp",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, TEXT("\0\1file\0octet"), 69, 40001 },
	    { TALK_SERVER_SENDS, TEXT("\0\3\0\1data"), 40001, 3333 },
	    { TALK_SERVER_SENDS, TEXT("\0\3\0\1data"), 40001, 3334 },
	    { TALK_CLIENT_SENDS, TEXT("\0\4\0\1"), 3333, 40001 } } },
	{ "sip",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, TEXT(invite), 5060, 5060 },
	    { TALK_SERVER_SENDS, TEXT("rtp"), 3456, 9000 },
	    { TALK_SERVER_SENDS, TEXT("rtcp"), 3457, 9001 },
	    { TALK_SERVER_SENDS, TEXT("rtp"), 3460, 9002 },
	    { TALK_SERVER_SENDS, TEXT("other"), 3458, 9003 },
	    { TALK_CLIENT_SENDS, TEXT(bye), 5060, 5060 },
	    { TALK_SERVER_SENDS, TEXT("rtcp"), 3461, 9004 } } },
	{ "sip-refused",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, TEXT(no_cseq), 5060, 5060 },
	    { TALK_SERVER_SENDS, TEXT("SIP/2.0 200 OK\r\n\r\n"), 5060, 5060 },
	    { TALK_CLIENT_SENDS, TEXT(no_cseq), 5060, 5060 } } },
	{ "pptp",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 1723, 0 },
	    { TALK_CLIENT_SAYS, BYTES(pptp_start), 0, 0 },
	    { TALK_SERVER_SAYS, BYTES(pptp_started), 0, 0 },
	    { TALK_CLIENT_SAYS, BYTES(pptp_call), 0, 0 },
	    { TALK_SERVER_SAYS, BYTES(pptp_called), 0, 0 },
	    { TALK_SERVER_GRE, NULL, 0, 0x1111, 0 },
	    { TALK_CLIENT_GRE, NULL, 0, 0x2222, 0 },
	    { TALK_CLIENT_GRE, NULL, 0, 0x3333, 0 },
	    { TALK_SERVER_SAYS, BYTES(pptp_gone), 0, 0 },
	    { TALK_CLIENT_GRE, NULL, 0, 0x2222, 0 } } },
	{ "h323",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 1720, 0 },
	    { TALK_CLIENT_SAYS, BYTES(h323_setup), 0, 0 },
	    { TALK_SERVER_SENDS, TEXT("rtp"), 5000, 9000 },
	    { TALK_SERVER_SENDS, TEXT("rtcp"), 5001, 9001 },
	    { TALK_SERVER_SENDS, TEXT("other"), 5002, 9001 },
	    { TALK_SERVER_SAYS, BYTES(h323_connect), 0, 0 },
	    { TALK_CALL, NULL, 0, 6000, 50000 },
	    { TALK_CALL, NULL, 0, 6001, 50000 } } },
	{ "ras",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, BYTES(ras_request), 1719, 40001 },
	    { TALK_CALL_BACK, NULL, 0, 1720, 1111 },
	    { TALK_CALL_BACK, NULL, 0, 1720, 1112 },
	    { TALK_CALL_BACK, NULL, 0, 1721, 1113 } } },
	{ "pptp-translated",
	  TALK_TRANSLATED,
	  { { TALK_OPEN, NULL, 0, 1723, 0 },
	    { TALK_CLIENT_SAYS, BYTES(pptp_start), 0, 0 },
	    { TALK_SERVER_SAYS, BYTES(pptp_started), 0, 0 },
	    { TALK_CLIENT_SAYS, BYTES(pptp_call), 0, 0 },
	    { TALK_SERVER_SAYS, BYTES(pptp_called_nat), 0, 0 },
	    { TALK_SERVER_GRE, NULL, 0, 0x9c41, 0 },
	    { TALK_CLIENT_GRE, NULL, 0, 0x2222, 0 },
	    { TALK_SERVER_GRE, NULL, 0, 0x9c41, 0 },
	    { TALK_SERVER_SAYS, BYTES(pptp_gone), 0, 0 },
	    { TALK_CLIENT_GRE, NULL, 0, 0x2222, 0 } } },
	{ "sip-answered",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, TEXT(invite), 5060, 5060 },
	    { TALK_SERVER_SENDS, TEXT(sip_ok), 5060, 5060 },
	    { TALK_CLIENT_SENDS, TEXT("rtp"), 4456, 3456 },
	    { TALK_SERVER_SENDS, TEXT("rtp"), 3456, 4456 },
	    { TALK_CLIENT_SENDS, TEXT("rtcp"), 4457, 3457 },
	    { TALK_CLIENT_SENDS, TEXT(bye), 5060, 5060 } } },
	{ "sip-registered",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, TEXT(sip_register), 5060, 5060 },
	    { TALK_SERVER_SENDS, TEXT("too early"), 5070, 5060 },
	    { TALK_SERVER_SENDS, TEXT(sip_registered), 5060, 5060 },
	    { TALK_SERVER_SENDS, TEXT("INVITE sip:a"), 5070, 5061 } } },
	{ "sip-tcp",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 5060, 0 },
	    { TALK_CLIENT_SAYS, TEXT(invite), 0, 0 },
	    { TALK_SERVER_SAYS, TEXT(sip_ok), 0, 0 },
	    { TALK_CLIENT_SENDS, TEXT("rtp"), 4456, 3456 },
	    { TALK_SERVER_SENDS, TEXT("rtcp"), 3457, 4457 },
	    { TALK_CLIENT_SAYS, TEXT(bye), 0, 0 } } },
	{ "amanda",
	  TALK_ANYWHERE,
	  { { TALK_CLIENT_SENDS, TEXT("SERVICE"), 10080, 40001 },
	    { TALK_SERVER_SENDS, TEXT(amanda_ports), 40001, 10080 },
	    { TALK_CALL, NULL, 0, 1500, 1000 },
	    { TALK_CALL, NULL, 0, 1501, 1000 },
	    { TALK_CALL, NULL, 0, 1503, 1000 },
	    { TALK_CALL, NULL, 0, 1502, 1001 } } },
	{ "sane",
	  TALK_ANYWHERE,
	  { { TALK_OPEN, NULL, 0, 6566, 0 },
	    { TALK_SERVER_SAYS, TEXT("\0\0\0\0\0\0\4\5"), 0, 0 },
	    { TALK_CLIENT_SAYS, TEXT("\0\0\0\7\0\0\0\1"), 0, 0 },
	    { TALK_SERVER_SAYS, TEXT("\0\0\0\0\0\0\4\5\0\0\0\0"), 0, 0 },
	    { TALK_CALL, NULL, 0, 1029, 50000 },
	    { TALK_CALL, NULL, 0, 1030, 50000 } } },
	{ "snmp-trap",
	  TALK_TRANSLATED,
	  { { TALK_CLIENT_SENDS, BYTES(snmp_trap), 162, 40001 },
	    { TALK_SERVER_SENDS, BYTES(snmp_trap), 40001, 162 } } },
	{ "snmp-set",
	  TALK_TRANSLATED,
	  { { TALK_CLIENT_SENDS, BYTES(snmp_set), 161, 40001 },
	    { TALK_SERVER_SENDS, BYTES(snmp_answer), 40001, 161 } } },
	{ "netbios",
	  TALK_HERE,
	  { { TALK_CLIENT_ASKS_ALL, TEXT("query"), 137, 137 },
	    { TALK_SERVER_SENDS, TEXT("other"), 137, 137 } } },
	{ "snmp",
	  TALK_HERE,
	  { { TALK_CLIENT_ASKS_ALL, TEXT("get"), 161, 40001 },
	    { TALK_SERVER_SENDS, TEXT("other"), 40001, 161 } } },
};

const unsigned int n_talks = sizeof(talks) / sizeof(talks[0]);

/* ---- frames ---- */

/**
 * struct line - a conversation that goes on
 * @player: who takes the frames
 * @seq: next sequence number of client and server
 * @port: of the open connection
 */
struct line {
	const struct talk_player *player;
	uint32_t seq[2];
	uint16_t port;
};

/* Who a frame is from and to. */
struct way {
	bool from_server;
	uint32_t src;
	uint32_t dst;
	uint16_t sport;
	uint16_t dport;
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static uint32_t sum(uint32_t sum, const uint8_t *bytes, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static struct way way_of(const struct line *line, bool from_server,
			 uint16_t sport, uint16_t dport)
{
	const struct talk_player *player = line->player;
	struct way way = { .from_server = from_server,
			   .src = TALK_CLIENT,
			   .dst = player->server_seen,
			   .sport = sport,
			   .dport = dport };

	if (from_server) {
		way.src = player->is_aimed ? player->server_seen : TALK_SERVER;
		way.dst = player->is_aimed ? TALK_CLIENT : player->client_seen;
	}
	return way;
}

/* The frame's headers in front of @len bytes at frame + 34; checksum at @check
 * of the transport, 0: it has none. */
static void write_frame(const struct line *line, uint8_t *frame,
			const struct way *way, uint8_t proto, uint32_t len,
			uint32_t check)
{
	uint8_t *ip = frame + 14;

	memset(frame, 0, 34);
	frame[0] = frame[6] = 2;
	frame[5] = way->from_server ? 1 : 2;
	frame[11] = way->from_server ? 2 : 1;
	put16(frame + 12, 0x800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + len);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, way->src);
	put32(ip + 16, way->dst);
	put16(ip + 10, ~sum(0, ip, 20) & 0xffff);
	if (check)
		put16(ip + 20 + check,
		      ~sum(sum(proto + len, ip + 12, 8), ip + 20, len) &
			      0xffff);
	line->player->frame(line->player->user, frame, 34 + len);
}

/* What is said; a server knows the client by another address. */
static uint32_t write_text(const struct line *line, uint8_t *to,
			   bool from_server, const struct talk_step *step)
{
	static const char own[] = "10.0.0.1";
	const uint32_t n = sizeof(own) - 1;
	const uint8_t *from = step->bytes;
	uint32_t seen = line->player->client_seen, at = 0, len = 0;

	while (at < step->len) {
		if (from_server && at + n <= step->len &&
		    !memcmp(from + at, own, n)) {
			len += (uint32_t)sprintf((char *)to + len,
						 "%u.%u.%u.%u", seen >> 24,
						 seen >> 16 & 255,
						 seen >> 8 & 255, seen & 255);
			at += n;
			continue;
		}
		to[len++] = from[at++];
	}
	return len;
}

static void tcp(struct line *line, const struct way *way, uint8_t flags,
		const struct talk_step *step)
{
	uint8_t frame[TALK_FRAME_MAX] = { 0 };
	uint8_t *header = frame + 34;
	uint32_t *seq = &line->seq[way->from_server], len;

	put16(header, way->sport);
	put16(header + 2, way->dport);
	put32(header + 4, *seq);
	put32(header + 8, flags & ACK ? line->seq[!way->from_server] : 0);
	header[12] = 0x50;
	header[13] = flags;
	put16(header + 14, 8192);
	len = write_text(line, header + 20, way->from_server, step);
	*seq += len + (flags & SYN ? 1 : 0);
	write_frame(line, frame, way, IPPROTO_TCP, 20 + len, 16);
}

static void say(struct line *line, bool from_server, uint8_t flags,
		const struct talk_step *step)
{
	const struct way way =
		way_of(line, from_server, from_server ? line->port : 40001,
		       from_server ? 40001 : line->port);

	tcp(line, &way, flags, step);
}

/* A SYN of another connection. */
static void call(const struct line *line, bool from_server,
		 const struct talk_step *step)
{
	const struct way way =
		way_of(line, from_server, step->from, step->port);
	struct line other = { .player = line->player, .seq = { 77, 77 } };

	tcp(&other, &way, SYN, step);
}

static void datagram(const struct line *line, const struct way *way,
		     const struct talk_step *step)
{
	uint8_t frame[TALK_FRAME_MAX] = { 0 };
	uint8_t *header = frame + 34;
	uint32_t len = write_text(line, header + 8, way->from_server, step);

	put16(header, way->sport);
	put16(header + 2, way->dport);
	put16(header + 4, 8 + len);
	write_frame(line, frame, way, IPPROTO_UDP, 8 + len, 6);
}

static void send_datagram(const struct line *line, bool from_server,
			  const struct talk_step *step)
{
	const struct way way =
		way_of(line, from_server, step->from, step->port);

	datagram(line, &way, step);
}

static void ask_all(const struct line *line, const struct talk_step *step)
{
	struct way way = way_of(line, false, step->from, step->port);

	way.dst = TALK_BROADCAST;
	datagram(line, &way, step);
}

/* RFC 2637 section 4.1: version 1, a key, a sequence number. */
static void gre(const struct line *line, bool from_server,
		const struct talk_step *step)
{
	const struct way way = way_of(line, from_server, 0, 0);
	uint8_t frame[TALK_FRAME_MAX] = { 0 };
	uint8_t *header = frame + 34;

	put16(header, 0x3001);
	put16(header + 2, 0x880b);
	put16(header + 6, step->port);
	write_frame(line, frame, &way, IPPROTO_GRE, 12, 0);
}

static void open_connection(struct line *line, const struct talk_step *step)
{
	line->port = step->port;
	say(line, false, SYN, step);
	say(line, true, SYN | ACK, step);
	say(line, false, ACK, step);
}

static void take_step(struct line *line, const struct talk_step *step)
{
	switch (step->kind) {
	case TALK_END:
		break;
	case TALK_OPEN:
		open_connection(line, step);
		break;
	case TALK_CLIENT_SAYS:
	case TALK_SERVER_SAYS:
		say(line, step->kind == TALK_SERVER_SAYS, ACK, step);
		break;
	case TALK_CALL:
	case TALK_CALL_BACK:
		call(line, step->kind == TALK_CALL_BACK, step);
		break;
	case TALK_CLIENT_SENDS:
	case TALK_SERVER_SENDS:
		send_datagram(line, step->kind == TALK_SERVER_SENDS, step);
		break;
	case TALK_CLIENT_ASKS_ALL:
		ask_all(line, step);
		break;
	case TALK_CLIENT_GRE:
	case TALK_SERVER_GRE:
		gre(line, step->kind == TALK_SERVER_GRE, step);
		break;
	}
}

void talk_play(const struct talk *talk, const struct talk_player *player)
{
	struct line line = { .player = player, .seq = { 1000, 5000 } };
	unsigned int i;

	for (i = 0; i < TALK_STEPS; i++)
		take_step(&line, &talk->steps[i]);
}
