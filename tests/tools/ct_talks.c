// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations with helpers, written as captures: ct_talks DIR
 *
 * One file a conversation, Ethernet, with the connections that were announced
 * and some that were not. For comparing what the kernel and the engine make of
 * them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT 0x0a000001 /* 10.0.0.1 */
#define SERVER 0xc0000201 /* 192.0.2.1 */
#define FIN 0x01
#define SYN 0x02
#define ACK 0x10
#define FRAME_MAX 1600

static const uint8_t h323_setup[] = {
	0x03, 0x00, 0x00, 0x59, 0x08, 0x02, 0x12, 0x34, 0x05, 0x04, 0x01, 0x88,
	0x7e, 0x00, 0x4a, 0x05, 0x00, 0x88, 0x06, 0x00, 0x08, 0x91, 0x4a, 0x00,
	0x04, 0x00, 0x00, 0xc0, 0x00, 0x02, 0x01, 0x06, 0xb8, 0x00, 0x30, 0x31,
	0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64,
	0x65, 0x66, 0x00, 0x34, 0x10, 0x07, 0x00, 0x0a, 0x00, 0x00, 0x01, 0x9c,
	0x41, 0x1b, 0x01, 0x19, 0x00, 0x00, 0x64, 0x0c, 0x20, 0x13, 0x80, 0x11,
	0x14, 0x00, 0x01, 0x00, 0x0a, 0x00, 0x00, 0x01, 0x13, 0x88, 0x00, 0x0a,
	0x00, 0x00, 0x01, 0x13, 0x89,
};

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

enum what {
	END,
	OPEN, /* client and server: a TCP connection to @port */
	CLIENT_SAYS,
	SERVER_SAYS,
	CALL, /* client to server: a SYN to @port */
	CALL_BACK, /* server to client */
	CLIENT_SENDS, /* a datagram, to @port from @from */
	SERVER_SENDS,
	CLIENT_GRE, /* with the key @port */
	SERVER_GRE,
};

struct step {
	enum what what;
	const void *bytes;
	uint32_t len;
	uint16_t port;
	uint16_t from;
};

#define TEXT(text) (text), sizeof(text) - 1
#define BYTES(bytes) (bytes), sizeof(bytes)

static const char invite[] =
	"INVITE sip:bob@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\n"
	"From: <sip:alice@10.0.0.1>\r\nTo: <sip:bob@192.0.2.1>\r\n"
	"CSeq: 1 INVITE\r\nContact: <sip:alice@10.0.0.1:5060>\r\n"
	"Content-Length: 95\r\n\r\nv=0\r\no=a 5 6 IN IP4 10.0.0.1\r\n"
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

static const struct {
	const char *name;
	struct step steps[16];
} talks[] = {
	{ "ftp-active",
	  { { OPEN, NULL, 0, 21, 0 },
	    { SERVER_SAYS, TEXT("220 hi\r\n"), 0, 0 },
	    { CLIENT_SAYS, TEXT("USER x\r\n"), 0, 0 },
	    { SERVER_SAYS, TEXT("331 go on\r\n"), 0, 0 },
	    { CLIENT_SAYS, TEXT("PORT 10,0,0,1,4,5\r\n"), 0, 0 },
	    { CALL_BACK, NULL, 0, 1029, 20 },
	    { CALL_BACK, NULL, 0, 1029, 21 },
	    { CLIENT_SAYS, TEXT("EPRT |1|10.0.0.1|1030|\r\n"), 0, 0 },
	    { CALL_BACK, NULL, 0, 1030, 20 },
	    { CLIENT_SAYS, TEXT("PORT 10,0,0,9,4,7\r\n"), 0, 0 },
	    { CALL_BACK, NULL, 0, 1031, 20 } } },
	{ "ftp-passive",
	  { { OPEN, NULL, 0, 21, 0 },
	    { SERVER_SAYS, TEXT("220 hi\r\n"), 0, 0 },
	    { CLIENT_SAYS, TEXT("USER x\r\n"), 0, 0 },
	    { SERVER_SAYS, TEXT("227 Passive (192,0,2,1,7,208).\r\n"), 0, 0 },
	    { CALL, NULL, 0, 2000, 50000 },
	    { CALL, NULL, 0, 2000, 50001 },
	    { SERVER_SAYS, TEXT("229 Passive (|||2001|).\r\n"), 0, 0 },
	    { CALL, NULL, 0, 2001, 50002 } } },
	{ "irc",
	  { { OPEN, NULL, 0, 6667, 0 },
	    { SERVER_SAYS, TEXT("NOTICE hi\r\n"), 0, 0 },
	    { CLIENT_SAYS,
	      TEXT("PRIVMSG b :\1DCC SEND f 167772161 1029 42\1\r\n"), 0, 0 },
	    { CALL_BACK, NULL, 0, 1029, 5555 },
	    { CLIENT_SAYS, TEXT("PRIVMSG b :\1DCC CHAT c 7 1030\1\r\n"), 0, 0 },
	    { CALL_BACK, NULL, 0, 1030, 5555 } } },
	{ "tftp",
	  { { CLIENT_SENDS, TEXT("\0\1file\0octet"), 69, 40001 },
	    { SERVER_SENDS, TEXT("\0\3\0\1data"), 40001, 3333 },
	    { SERVER_SENDS, TEXT("\0\3\0\1data"), 40001, 3334 },
	    { CLIENT_SENDS, TEXT("\0\4\0\1"), 3333, 40001 } } },
	{ "sip",
	  { { CLIENT_SENDS, TEXT(invite), 5060, 5060 },
	    { SERVER_SENDS, TEXT("rtp"), 3456, 9000 },
	    { SERVER_SENDS, TEXT("rtcp"), 3457, 9001 },
	    { SERVER_SENDS, TEXT("rtp"), 3460, 9002 },
	    { SERVER_SENDS, TEXT("other"), 3458, 9003 },
	    { CLIENT_SENDS, TEXT(bye), 5060, 5060 },
	    { SERVER_SENDS, TEXT("rtcp"), 3461, 9004 } } },
	{ "sip-refused",
	  { { CLIENT_SENDS, TEXT(no_cseq), 5060, 5060 },
	    { SERVER_SENDS, TEXT("SIP/2.0 200 OK\r\n\r\n"), 5060, 5060 },
	    { CLIENT_SENDS, TEXT(no_cseq), 5060, 5060 } } },
	{ "pptp",
	  { { OPEN, NULL, 0, 1723, 0 },
	    { CLIENT_SAYS, BYTES(pptp_start), 0, 0 },
	    { SERVER_SAYS, BYTES(pptp_started), 0, 0 },
	    { CLIENT_SAYS, BYTES(pptp_call), 0, 0 },
	    { SERVER_SAYS, BYTES(pptp_called), 0, 0 },
	    { SERVER_GRE, NULL, 0, 0x1111, 0 },
	    { CLIENT_GRE, NULL, 0, 0x2222, 0 },
	    { CLIENT_GRE, NULL, 0, 0x3333, 0 },
	    { SERVER_SAYS, BYTES(pptp_gone), 0, 0 },
	    { CLIENT_GRE, NULL, 0, 0x2222, 0 } } },
	{ "h323",
	  { { OPEN, NULL, 0, 1720, 0 },
	    { CLIENT_SAYS, BYTES(h323_setup), 0, 0 },
	    { SERVER_SENDS, TEXT("rtp"), 5000, 9000 },
	    { SERVER_SENDS, TEXT("rtcp"), 5001, 9001 },
	    { SERVER_SENDS, TEXT("other"), 5002, 9001 },
	    { SERVER_SAYS, BYTES(h323_connect), 0, 0 },
	    { CALL, NULL, 0, 6000, 50000 },
	    { CALL, NULL, 0, 6001, 50000 } } },
	{ "ras",
	  { { CLIENT_SENDS, BYTES(ras_request), 1719, 40001 },
	    { CALL_BACK, NULL, 0, 1720, 1111 },
	    { CALL_BACK, NULL, 0, 1720, 1112 },
	    { CALL_BACK, NULL, 0, 1721, 1113 } } },
};

/* ---- frames ---- */

/**
 * struct talk - a capture being written
 * @dumper: where to
 * @seq: next sequence number of client and server
 * @port: of the open connection
 */
struct talk {
	pcap_dumper_t *dumper;
	uint32_t seq[2];
	uint16_t port;
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

/* The frame's headers in front of @len bytes at frame + 34; checksum at @check
 * of the transport, 0: it has none. */
static void write_frame(struct talk *talk, uint8_t *frame, int from_server,
			uint8_t proto, uint32_t len, uint32_t check)
{
	struct pcap_pkthdr header = { .caplen = 34 + len, .len = 34 + len };
	uint8_t *ip = frame + 14;

	memset(frame, 0, 34);
	frame[0] = frame[6] = 2;
	frame[5] = from_server ? 1 : 2;
	frame[11] = from_server ? 2 : 1;
	put16(frame + 12, 0x800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + len);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, from_server ? SERVER : CLIENT);
	put32(ip + 16, from_server ? CLIENT : SERVER);
	put16(ip + 10, ~sum(0, ip, 20) & 0xffff);
	if (check)
		put16(ip + 20 + check,
		      ~sum(sum(proto + len, ip + 12, 8), ip + 20, len) &
			      0xffff);
	pcap_dump((u_char *)talk->dumper, &header, frame);
}

static void tcp(struct talk *talk, int from_server, const uint16_t ports[2],
		uint8_t flags, const struct step *step)
{
	uint8_t frame[FRAME_MAX] = { 0 };
	uint8_t *header = frame + 34;
	uint32_t *seq = &talk->seq[from_server];

	put16(header, ports[0]);
	put16(header + 2, ports[1]);
	put32(header + 4, *seq);
	put32(header + 8, flags & ACK ? talk->seq[!from_server] : 0);
	header[12] = 0x50;
	header[13] = flags;
	put16(header + 14, 8192);
	if (step->len)
		memcpy(header + 20, step->bytes, step->len);
	*seq += step->len + (flags & SYN ? 1 : 0);
	write_frame(talk, frame, from_server, IPPROTO_TCP, 20 + step->len, 16);
}

static void say(struct talk *talk, int from_server, uint8_t flags,
		const struct step *step)
{
	const uint16_t there[2] = { 40001, talk->port };
	const uint16_t back[2] = { talk->port, 40001 };

	tcp(talk, from_server, from_server ? back : there, flags, step);
}

/* A SYN of another connection. */
static void call(struct talk *talk, int from_server, const struct step *step)
{
	const uint16_t ports[2] = { step->from, step->port };
	struct talk other = { .dumper = talk->dumper, .seq = { 77, 77 } };

	tcp(&other, from_server, ports, SYN, step);
}

static void datagram(struct talk *talk, int from_server,
		     const struct step *step)
{
	uint8_t frame[FRAME_MAX] = { 0 };
	uint8_t *header = frame + 34;

	put16(header, step->from);
	put16(header + 2, step->port);
	put16(header + 4, 8 + step->len);
	memcpy(header + 8, step->bytes, step->len);
	write_frame(talk, frame, from_server, IPPROTO_UDP, 8 + step->len, 6);
}

/* RFC 2637 section 4.1: version 1, a key, a sequence number. */
static void gre(struct talk *talk, int from_server, const struct step *step)
{
	uint8_t frame[FRAME_MAX] = { 0 };
	uint8_t *header = frame + 34;

	put16(header, 0x3001);
	put16(header + 2, 0x880b);
	put16(header + 6, step->port);
	write_frame(talk, frame, from_server, IPPROTO_GRE, 12, 0);
}

static void open_connection(struct talk *talk, const struct step *step)
{
	talk->port = step->port;
	say(talk, 0, SYN, step);
	say(talk, 1, SYN | ACK, step);
	say(talk, 0, ACK, step);
}

static void take(struct talk *talk, const struct step *step)
{
	switch (step->what) {
	case END:
		break;
	case OPEN:
		open_connection(talk, step);
		break;
	case CLIENT_SAYS:
	case SERVER_SAYS:
		say(talk, step->what == SERVER_SAYS, ACK, step);
		break;
	case CALL:
	case CALL_BACK:
		call(talk, step->what == CALL_BACK, step);
		break;
	case CLIENT_SENDS:
	case SERVER_SENDS:
		datagram(talk, step->what == SERVER_SENDS, step);
		break;
	case CLIENT_GRE:
	case SERVER_GRE:
		gre(talk, step->what == SERVER_GRE, step);
		break;
	}
}

int main(int argc, char **argv)
{
	unsigned int i, j;
	pcap_t *pcap;

	if (argc != 2) {
		fputs("usage: ct_talks DIR\n", stderr);
		return 2;
	}
	pcap = pcap_open_dead(DLT_EN10MB, FRAME_MAX);
	for (i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		struct talk talk = { .seq = { 1000, 5000 } };
		char path[512];

		snprintf(path, sizeof(path), "%s/%s.pcap", argv[1],
			 talks[i].name);
		talk.dumper = pcap ? pcap_dump_open(pcap, path) : NULL;
		if (!talk.dumper) {
			perror(path);
			return 3;
		}
		for (j = 0; j < 16; j++)
			take(&talk, &talks[i].steps[j]);
		pcap_dump_close(talk.dumper);
	}
	pcap_close(pcap);
	return 0;
}
