// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds of the helpers: what their protocols say.
 */
#include "ct_seeds.h"
#include "fuzz.h"

#include "../conntrack/helpers/h323_setup.h"

#define ORIGINAL 0
#define REPLY 1

static const char invite[] =
	"INVITE sip:b@192.0.2.1:5060 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 10.0.0.1:40001;rport=40001;maddr=10.0.0.1\r\n"
	"From: <sip:a@10.0.0.1:40001>\r\nt: sip:b@192.0.2.1:5060\r\n"
	"CSeq: 1 INVITE\r\nContact: <sip:a@10.0.0.1:40001>,\r\n"
	" <sip:c@10.0.0.1:6000;transport=udp>\r\nContent-Length: 88\r\n\r\n"
	"v=0\r\no=a 5 6 IN IP4 10.0.0.1\r\nc=IN IP4 10.0.0.1\r\n"
	"m=audio 3456 RTP/AVP 0\r\nm=video 3460 RTP\r\n";

static const char registering[] =
	"REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5061\r\n"
	"CSeq: 7 REGISTER\r\nContact: <sip:a@10.0.0.1:5070>;expires=9\r\n\r\n";

/* A line of text, what reads it, and how. */
static const struct {
	const char *name;
	uint8_t what;
	uint8_t how;
	const char *text;
} texts[] = {
	{ "ftp-port", 0, 0, "PORT 192,168,0,1,4,5\r\n" },
	{ "ftp-eprt", 0, 1, "EPRT |2|1080::8:800:200C:417A|5282|\r\n" },
	{ "ftp-pasv", 0, 2, "227 Passive (10,0,0,2,7,208).\r\n" },
	{ "ftp-epsv", 0, 2, "229 Extended (|||6446|)\r\n" },
	{ "irc", 1, 0, "PRIVMSG b :\1DCC SEND f 167772161 1029 42\1\r\n" },
	{ "amanda", 3, 0, "CONNECT DATA 1500 MESG 1501 INDEX 1502\n" },
	{ "sip-invite", 5, 0, invite },
	{ "sip-register", 5, 0, registering },
	{ "address4", 6, 0, "192.0.2.255:5060" },
	{ "address6", 6, 1, "2001:db8::192.0.2.1]" },
};

/* A conversation: which helper, how it is translated, and what is said. */
static const struct {
	const char *name;
	uint8_t port;
	uint8_t how;
	const char *said[6]; /* the client's begin with '>' */
} talks[] = {
	{ "ftp-active",
	  0,
	  1,
	  { "<220 hi\r\n", ">USER x\r\n", ">PORT 10,0,", ">0,1,4,5\r\n",
	    ">LIST\r\n" } },
	{ "ftp-passive",
	  0,
	  2,
	  { "<220 hi\r\n", ">USER x\r\n", "<227 (10,0,0,7,", "<7,208).\r\n" } },
	{ "ftp-ipv6",
	  0,
	  5,
	  { "<220 hi\r\n", ">USER x\r\n", ">EPRT |2|fd00::1|1029|\r\n" } },
	{ "irc",
	  1,
	  1,
	  { "<hi\r\n", ">NICK x\r\n",
	    ">PRIVMSG b :\1DCC CHAT c 167772161 1029\1\r\n" } },
	{ "amanda",
	  3,
	  2,
	  { ">SERVICE", "<CONNECT DATA 1500 MESG 1501 INDEX 1502\n" } },
	{ "sip", 8, 1, { registering } },
};

static void talk(unsigned int i)
{
	uint8_t data[1024] = { talks[i].port, talks[i].how };
	size_t size = 2, len;
	unsigned int j;

	for (j = 0; j < 6 && talks[i].said[j]; j++) {
		const char *said = talks[i].said[j];

		data[size++] = *said == '<' ? REPLY : ORIGINAL;
		said += *said == '<' || *said == '>';
		len = strlen(said);
		data[size++] = (uint8_t)len;
		memcpy(data + size, said, len);
		size += len;
	}
	ct_seed_save("ct_helper", talks[i].name, data, size);
}

/* H.323: to the parser without its TPKT, to the helper in a segment. */
static void h323(void)
{
	uint8_t data[128] = { 7, 0x81 };
	const size_t size = sizeof(h323_setup);

	memcpy(data + 2, h323_setup + 4, size - 4);
	ct_seed_save("ct_parse", "h323", data, size - 2);
	memcpy(data, "\x9\x1\0", 3);
	data[3] = (uint8_t)size;
	memcpy(data + 4, h323_setup, size);
	ct_seed_save("ct_helper", "h323", data, size + 4);
}

void ct_seeds(void)
{
	static const char cuts[] = { 1, 0, 'a', '\n', 'b', 'c', '\n', 'd',
				     0, 3, 4,	4,    2,   3,	0,    9 };
	uint8_t data[1024];
	unsigned int i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		data[0] = texts[i].what;
		data[1] = texts[i].how;
		memcpy(data + 2, texts[i].text, strlen(texts[i].text));
		ct_seed_save("ct_parse", texts[i].name, data,
			     2 + strlen(texts[i].text));
	}
	for (i = 0; i < sizeof(talks) / sizeof(talks[0]); i++)
		talk(i);
	h323();
	ct_seed_save("ct_stream", "cuts", cuts, sizeof(cuts));
}
