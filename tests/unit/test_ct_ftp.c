// SPDX-License-Identifier: GPL-2.0-only
/*
 * FTP: what announces a connection and what does not, and that the connection
 * comes through, with and without NAT, however the command is cut.
 */
#include "ct_ftp.h"
#include "ct_wire.h"

struct ftp_case {
	const char *line;
	u8 dir;
	u16 port; /* 0: announces nothing */
	const char *addr; /* NULL: the speaker's */
};

static const struct ftp_case cases[] = {
	{ "PORT 192,168,0,1,4,5\r\n", 0, 1029, "192.168.0.1" },
	{ "port 192,168,0,1,4,5\n", 0, 1029, "192.168.0.1" },
	{ "PORT  192,168,0,1,4,5\r\n", 0, 1029, "192.168.0.1" },
	{ "PORT 192,168,0,1,4,5 \r\n", 0, 0, NULL },
	{ "PORT 192,168,0,1,4\r\n", 0, 0, NULL },
	{ "PORT 192,168,0,256,4,5\r\n", 0, 0, NULL },
	{ "PORT 192,168,0,1,0,0\r\n", 0, 0, NULL },
	{ "PORT 192,168,0,1,4,5,6\r\n", 0, 0, NULL },
	{ "PORT\r\n", 0, 0, NULL },
	{ "PORTUGAL\r\n", 0, 0, NULL },
	{ "EPRT |1|132.235.1.2|6275|\r\n", 0, 6275, "132.235.1.2" },
	{ "EPRT !1!132.235.1.2!6275!\r\n", 0, 6275, "132.235.1.2" },
	{ "EPRT |2|1080::8:800:200C:417A|5282|\r\n", 0, 0, NULL },
	{ "EPRT |1|132.235.1.2|6275\r\n", 0, 0, NULL },
	{ "EPRT |1|132.235.1.2|65536|\r\n", 0, 0, NULL },
	{ "EPRT |1|132.235.1.2|0|\r\n", 0, 0, NULL },
	{ "EPRT |\r\n", 0, 0, NULL },
	{ "EPRT 11132.235.1.216275|\r\n", 0, 0, NULL },
	{ "227 Entering Passive Mode (10,0,0,2,7,208)\r\n", 1, 2000,
	  "10.0.0.2" },
	{ "227 =10,0,0,2,7,208\r\n", 1, 2000, "10.0.0.2" },
	{ "227 Host 5 listens at 10,0,0,2,7,208.\r\n", 1, 2000, "10.0.0.2" },
	{ "227 Logout.\r\n", 1, 0, NULL },
	{ "227 \r\n", 1, 0, NULL },
	{ "227-10,0,0,2,7,208\r\n", 1, 0, NULL },
	{ "229 Entering Extended Passive Mode (|||6446|)\r\n", 1, 6446, NULL },
	{ "229 ok (!!!6446!)\r\n", 1, 6446, NULL },
	{ "229 ok (||6446|)\r\n", 1, 0, NULL },
	{ "229 ok (|||6446)\r\n", 1, 0, NULL },
	{ "229 ok (|||99999|)\r\n", 1, 0, NULL },
	{ "229 ok\r\n", 1, 0, NULL },
	{ "2290 (|||6446|)\r\n", 1, 0, NULL },
	{ "227 PORT 192,168,0,1,4,5\r\n", 0, 0, NULL },
	{ "PORT 192,168,0,1,4,5\r\n", 1, 0, NULL },
};

Test(ct_ftp, lines_are_commands_or_they_are_not)
{
	struct skald_ftp_command command;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ftp_case *c = &cases[i];
		u32 len = (u32)strlen(c->line);
		u8 *line = malloc(len);
		bool is_one;

		memcpy(line, c->line, len);
		is_one = skald_ftp_parse(line, len, c->dir, NFPROTO_IPV4,
					 &command);
		free(line);
		cr_expect_eq(is_one, c->port != 0, "%s", c->line);
		if (!is_one)
			continue;
		cr_expect_eq(command.port, c->port, "%s", c->line);
		cr_expect_eq(command.has_addr, c->addr != NULL);
		if (c->addr)
			cr_expect_eq(command.addr.ip, wire_addr(c->addr).ip);
	}
}

/* What is written is read again as the same. */
Test(ct_ftp, commands_are_written_as_they_are_read)
{
	static const char *const words[] = { "PORT ", "EPRT ", "227 ",
					     "229 (" };
	struct skald_ftp_command command, again;
	char text[64], line[96];
	u32 kind, ipv6;

	for (kind = 0; kind < 4; kind++)
		for (ipv6 = 0; ipv6 < 2; ipv6++) {
			u8 family = ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

			if (ipv6 && kind != SKALD_FTP_EPRT)
				continue;
			command = (struct skald_ftp_command){
				.kind = kind,
				.addr = wire_addr(ipv6 ? "fd00::1:2"
						       : "10.1.2.3"),
				.port = 65535
			};
			skald_ftp_write(&command, family, text, sizeof(text));
			snprintf(line, sizeof(line), "%s%s\r\n", words[kind],
				 text);
			cr_assert(skald_ftp_parse((u8 *)line, (u32)strlen(line),
						  kind > 1, family, &again),
				  "%s", line);
			cr_expect_eq(again.port, 65535);
			cr_expect_eq(memcmp(line + again.off, text, again.len),
				     0);
			if (again.has_addr)
				cr_expect(skald_addr_equal(&again.addr,
							   &command.addr));
		}
}

/* ---- connections ---- */

static void login(struct wire *wire)
{
	cr_assert(wire_send(wire, &wire->server, "220 hello\r\n"));
	cr_assert(wire_send(wire, &wire->client, "USER x\r\n"));
	cr_assert(wire_send(wire, &wire->server, "331 go on\r\n"));
}

static void open_plain(struct wire *wire)
{
	wire_init(wire);
	wire_open(wire, "10.0.0.1", "192.0.2.1", 21);
	login(wire);
}

static void open_snat(struct wire *wire)
{
	wire_init(wire);
	wire->has_snat = true;
	wire->snat = wire_addr("198.51.100.5");
	wire_open(wire, "10.0.0.1", "192.0.2.1", 21);
	cr_assert_eq(wire->server.peer.ip, wire->snat.ip);
	login(wire);
}

static void open_dnat(struct wire *wire)
{
	wire_init(wire);
	wire->has_dnat = true;
	wire->dnat = wire_addr("10.0.0.2");
	wire_open(wire, "203.0.113.7", "198.51.100.5", 21);
	cr_assert_eq(wire->server.addr.ip, wire->dnat.ip);
	login(wire);
}

/* The data connection of a port that the client named. */
static void expect_active(struct wire *wire, const char *seen)
{
	struct skald_ftp_command command;
	union skald_addr to;

	cr_assert(skald_ftp_parse((const u8 *)seen, (u32)strlen(seen), 0,
				  wire->is_ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
				  &command),
		  "%s", seen);
	cr_expect(skald_addr_equal(&command.addr, &wire->server.peer));
	wire->has_snat = false;
	wire->has_dnat = false;
	cr_expect_eq(wire_syn(wire, &wire->server.addr, 20, &command.addr,
			      command.port),
		     'R');
	to = wire_packet_addr(&wire->last, false);
	cr_expect(skald_addr_equal(&to, &wire->client.addr));
	cr_expect_eq(get_unaligned_be16(wire->last.data +
					wire->last.room.view.transport + 2),
		     1029);
}

Test(ct_ftp, active_without_nat)
{
	struct wire wire;

	open_plain(&wire);
	cr_expect(wire_send(&wire, &wire.client, "PORT 10,0,0,1,4,5\r\n"));
	cr_expect_str_eq(wire.server.got, "USER x\r\nPORT 10,0,0,1,4,5\r\n");
	expect_active(&wire, "PORT 10,0,0,1,4,5\r\n");
	wire_done(&wire);
}

Test(ct_ftp, somebody_elses_address_makes_no_hole)
{
	struct wire wire;

	open_plain(&wire);
	cr_expect(wire_send(&wire, &wire.client, "PORT 10,0,0,9,4,5\r\n"));
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_done(&wire);
}

Test(ct_ftp, what_only_looks_like_a_reply_passes)
{
	struct wire wire;

	open_plain(&wire);
	cr_expect(wire_send(&wire, &wire.server, "227 Logout.\r\n"));
	cr_expect(wire_send(&wire, &wire.server, "229 bye\r\n"));
	cr_expect_eq(wire.n_told, 0u);
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_done(&wire);
}

Test(ct_ftp, a_line_inside_of_a_reply_is_text)
{
	struct wire wire;

	open_plain(&wire);
	wire_send(&wire, &wire.server, "214-help:\r\n");
	wire_send(&wire, &wire.server, "227 (192,0,2,1,4,5)\r\n");
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_send(&wire, &wire.server, "214 end\r\n");
	wire_send(&wire, &wire.server,
		  "227-so\r\n text\r\n227 (192,0,2,1,4,5)\r\n");
	cr_expect_eq(wire.table->n_expects, 1u);
	wire_done(&wire);
}

/* Cut in two, back to back, as when the sender does not wait. */
static void send_cut(struct wire *wire, struct wire_end *from,
		     struct wire_end *to, const char *text, u32 cut)
{
	u32 seq = from->next;

	cr_assert(wire_send_at(wire, from, seq, text, cut));
	cr_assert(wire_send_at(wire, from, seq + cut, text + cut,
			       (u32)strlen(text) - cut));
	cr_assert(wire_send_at(wire, to, to->next, "", 0));
	cr_expect_eq(from->acked, from->next);
	/* what comes behind it goes through as well */
	cr_assert(wire_send(wire, from, "NOOP\r\n"));
	cr_expect_eq(from->acked, from->next);
}

static void active_cut(void (*open)(struct wire *wire), const char *text,
		       const char *seen)
{
	char expected[256];
	struct wire wire;
	u32 cut;

	snprintf(expected, sizeof(expected), "USER x\r\n%sNOOP\r\n", seen);
	for (cut = 1; cut < strlen(text); cut++) {
		open(&wire);
		send_cut(&wire, &wire.client, &wire.server, text, cut);
		cr_expect_str_eq(wire.server.got, expected, "cut at %u", cut);
		cr_expect_eq(wire.n_told, 0u);
		expect_active(&wire, seen);
		wire_done(&wire);
	}
}

Test(ct_ftp, a_port_command_is_cut_anywhere)
{
	active_cut(open_plain, "PORT 10,0,0,1,4,5\r\n",
		   "PORT 10,0,0,1,4,5\r\n");
}

Test(ct_ftp, a_port_command_is_cut_anywhere_under_snat)
{
	active_cut(open_snat, "PORT 10,0,0,1,4,5\r\n",
		   "PORT 198,51,100,5,4,5\r\n");
	active_cut(open_snat, "EPRT |1|10.0.0.1|1029|\r\n",
		   "EPRT |1|198.51.100.5|1029|\r\n");
}

Test(ct_ftp, a_port_command_is_cut_anywhere_under_dnat)
{
	active_cut(open_dnat, "PORT 203,0,113,7,4,5\r\n",
		   "PORT 203,0,113,7,4,5\r\n");
}

static void open_snat6(struct wire *wire)
{
	wire_init(wire);
	wire->has_snat = true;
	wire->snat = wire_addr("2001:db8::5");
	wire_open(wire, "fd00::1", "2001:db8:1::1", 21);
	login(wire);
}

Test(ct_ftp, eprt_of_ipv6_is_cut_anywhere_under_snat)
{
	active_cut(open_snat6, "EPRT |2|fd00::1|1029|\r\n",
		   "EPRT |2|2001:0db8:0000:0000:0000:0000:0000:0005|1029|\r\n");
}

/* The data connection to a port that the server named. */
static void expect_passive(struct wire *wire, u16 port)
{
	union skald_addr to;

	wire->has_snat = false;
	wire->has_dnat = false;
	cr_expect_eq(wire_syn(wire, &wire->client.addr, 50000,
			      &wire->client.peer, port),
		     'R');
	to = wire_packet_addr(&wire->last, false);
	cr_expect(skald_addr_equal(&to, &wire->server.addr));
	cr_expect_eq(get_unaligned_be16(wire->last.data +
					wire->last.room.view.transport + 2),
		     2000);
	to = wire_packet_addr(&wire->last, true);
	cr_expect(skald_addr_equal(&to, &wire->server.peer));
}

static void passive_cut(void (*open)(struct wire *wire), const char *text,
			const char *seen)
{
	char expected[256];
	struct wire wire;
	u32 cut;

	snprintf(expected, sizeof(expected),
		 "220 hello\r\n331 go on\r\n%sNOOP\r\n", seen);
	for (cut = 1; cut < strlen(text); cut++) {
		open(&wire);
		send_cut(&wire, &wire.server, &wire.client, text, cut);
		cr_expect_str_eq(wire.client.got, expected, "cut at %u", cut);
		expect_passive(&wire, 2000);
		wire_done(&wire);
	}
}

Test(ct_ftp, passive_replies_are_cut_anywhere)
{
	passive_cut(open_plain, "227 Passive (192,0,2,1,7,208).\r\n",
		    "227 Passive (192,0,2,1,7,208).\r\n");
	passive_cut(open_snat, "227 Passive (192,0,2,1,7,208).\r\n",
		    "227 Passive (192,0,2,1,7,208).\r\n");
	passive_cut(open_dnat, "227 Passive (10,0,0,2,7,208).\r\n",
		    "227 Passive (198,51,100,5,7,208).\r\n");
	passive_cut(open_dnat, "229 Passive (|||2000|).\r\n",
		    "229 Passive (|||2000|).\r\n");
}

/* Nothing reaches the server before all of it is there, then all does. */
Test(ct_ftp, retransmissions_of_a_changed_command_are_the_same)
{
	static const char text[] = "PORT 10,0,0,1,4,5\r\n";
	static const char seen[] = "USER x\r\nPORT 198,51,100,5,4,5\r\n";
	u32 len = sizeof(text) - 1, a, b, seq;
	struct wire wire;

	for (a = 1; a < len; a++)
		for (b = a + 1; b <= len; b += 3) {
			open_snat(&wire);
			seq = wire.client.next;
			wire_send_at(&wire, &wire.client, seq, text, a);
			wire_send_at(&wire, &wire.client, seq, text, b);
			wire_send_at(&wire, &wire.client, seq, text, a);
			wire_send_at(&wire, &wire.client, seq + a, text + a,
				     len - a);
			wire_send_at(&wire, &wire.client, seq + b / 2,
				     text + b / 2, len - b / 2);
			wire_send_at(&wire, &wire.client, seq, text, len);
			wire_send_at(&wire, &wire.server, wire.server.next, "",
				     0);
			cr_expect_str_eq(wire.server.got, seen);
			cr_expect_eq(wire.client.acked, wire.client.next);
			cr_expect_eq(wire.table->n_expects, 1u);
			wire_done(&wire);
		}
}

Test(ct_ftp, a_piece_that_is_repeated_is_told_and_let_go)
{
	struct wire wire;
	u32 seq;

	open_snat(&wire);
	seq = wire.client.next;
	wire_send_at(&wire, &wire.client, seq, "PORT 10,0", 9);
	cr_expect_eq(wire.n_told, 0u);
	cr_expect_str_eq(wire.server.got, "USER x\r\n");
	wire_send_at(&wire, &wire.client, seq, "PORT 10,0", 9);
	cr_expect(wire_was_told(&wire, "partial match"));
	cr_expect_str_eq(wire.server.got, "USER x\r\n");
	wire_send_at(&wire, &wire.client, seq, "PORT 10,0", 9);
	cr_expect_str_eq(wire.server.got, "USER x\r\nPORT 10,0");
	/* it cannot be changed any more, but nothing gets stuck */
	wire_send(&wire, &wire.client, ",0,1,4,5\r\n");
	wire_send(&wire, &wire.client, "NOOP\r\n");
	cr_expect_str_eq(wire.server.got,
			 "USER x\r\nPORT 10,0,0,1,4,5\r\nNOOP\r\n");
	cr_expect(wire_was_told(&wire, "half of the command"));
	cr_expect_eq(wire.client.acked, wire.client.next);
	wire_done(&wire);
}

Test(ct_ftp, what_was_held_and_is_no_command_goes_on)
{
	struct wire wire;
	u32 seq;

	open_snat(&wire);
	seq = wire.client.next;
	wire_send_at(&wire, &wire.client, seq, "P", 1);
	wire_send_at(&wire, &wire.client, seq + 1, "WD\r\nNOOP\r\n", 10);
	wire_send_at(&wire, &wire.server, wire.server.next, "", 0);
	cr_expect_str_eq(wire.server.got, "USER x\r\nPWD\r\nNOOP\r\n");
	cr_expect_eq(wire.client.acked, wire.client.next);
	wire_done(&wire);
}

Test(ct_ftp, a_taken_port_becomes_another)
{
	struct skald_ftp_command command;
	struct wire wire;

	open_snat(&wire);
	/* the port of the public address belongs to somebody else's call */
	wire_send(&wire, &wire.client, "PORT 10,0,0,1,4,5\r\n");
	expect_active(&wire, wire.server.got + 8);
	wire.has_snat = true;
	wire.snat = wire_addr("198.51.100.5");
	wire_send(&wire, &wire.client, "PORT 10,0,0,1,4,5\r\n");
	cr_assert(skald_ftp_parse((u8 *)wire.server.got + 31,
				  wire.server.len - 31, 0, NFPROTO_IPV4,
				  &command));
	cr_expect_eq(command.addr.ip, wire.snat.ip);
	cr_expect_eq(wire.client.acked, wire.client.next);
	wire_done(&wire);
}

Test(ct_ftp, two_commands_follow_each_other)
{
	struct wire wire;

	open_snat(&wire);
	wire_send(&wire, &wire.client, "PORT 10,0,0,1,4,5\r\n");
	wire_send(&wire, &wire.client, "PORT 10,0,0,1,4,6\r\n");
	wire_send(&wire, &wire.client, "QUIT\r\n");
	cr_expect_str_eq(wire.server.got, "USER x\r\nPORT 198,51,100,5,4,5\r\n"
					  "PORT 198,51,100,5,4,6\r\nQUIT\r\n");
	cr_expect_eq(wire.client.acked, wire.client.next);
	cr_expect_eq(wire.table->n_expects, 1u);
	wire_done(&wire);
}
