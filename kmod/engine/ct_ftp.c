// SPDX-License-Identifier: GPL-2.0-only
/*
 * FTP: the data connection is announced on the control connection, by the
 * client (PORT, EPRT) or by the server (227, 229). As nf_conntrack_ftp.c and
 * nf_nat_ftp.c, but for what ct_stream.h says of commands in pieces.
 */
#include "ct_ftp.h"
#include "ct_lines.h"
#include "ct_text.h"

/* Longer lines are only looked through for their end. */
#define LINE_ROOM 256
#define CODE_LEN 3

/**
 * struct ftp_data - what is remembered of a control connection
 * @lines: lines of either side
 * @multi: code of the reply of several lines that goes on; [0] 0: none does
 */
struct ftp_data {
	struct skald_lines lines;
	u8 multi[CODE_LEN];
};

/* Numbers with commas or dots between them, each of a byte. */
static u32 read_bytes(const u8 *text, u32 len, u8 *bytes, u32 n, u8 separator)
{
	u32 at = 0, digits, value, i;

	for (i = 0; i < n; i++) {
		if (i && (at >= len || text[at++] != separator))
			return 0;
		digits = skald_text_number(text + at, len - at, U8_MAX, &value);
		if (!digits)
			return 0;
		bytes[i] = (u8)value;
		at += digits;
	}
	return at;
}

/* h1,h2,h3,h4,p1,p2 */
static u32 read_host_port(const u8 *text, u32 len,
			  struct skald_ftp_command *command)
{
	u8 bytes[6];
	u32 n = read_bytes(text, len, bytes, sizeof(bytes), ',');

	if (!n || !get_unaligned_be16(bytes + 4))
		return 0;
	memset(&command->addr, 0, sizeof(command->addr));
	memcpy(command->addr.bytes, bytes, 4);
	command->port = get_unaligned_be16(bytes + 4);
	command->has_addr = true;
	return n;
}

static bool ends_line(const u8 *text, u32 len)
{
	return !len || text[0] == '\r' || text[0] == '\n';
}

static u32 read_port_command(const u8 *text, u32 len,
			     struct skald_ftp_command *command)
{
	u32 n = read_host_port(text, len, command);

	return n && ends_line(text + n, len - n) ? n : 0;
}

/* 227: the numbers stand anywhere in the text. */
static u32 read_pasv(const u8 *text, u32 len, struct skald_ftp_command *command)
{
	u32 at = 0, n;

	while (at < len) {
		if (!skald_text_is_digit(text[at])) {
			at++;
			continue;
		}
		n = read_host_port(text + at, len - at, command);
		if (n) {
			command->off += at;
			return n;
		}
		while (at < len && skald_text_is_digit(text[at]))
			at++;
	}
	return 0;
}

static bool is_delimiter(u8 c)
{
	return c >= 33 && c <= 126 && !skald_text_is_digit(c);
}

/* The port and the delimiter behind it. */
static u32 read_delimited_port(const u8 *text, u32 len, u8 delimiter, u16 *port)
{
	u32 value, n = skald_text_number(text, len, U16_MAX, &value);

	if (!n || !value || n >= len || text[n] != delimiter)
		return 0;
	*port = (u16)value;
	return n + 1;
}

/* |1|132.235.1.2|6275| */
static u32 read_eprt(const u8 *text, u32 len, u8 family,
		     struct skald_ftp_command *command)
{
	u8 delimiter, protocol = family == NFPROTO_IPV4 ? '1' : '2';
	u32 at = 3, n;

	if (len <= at)
		return 0;
	delimiter = text[0];
	if (!is_delimiter(delimiter) || text[1] != protocol ||
	    text[2] != delimiter)
		return 0;
	n = skald_text_addr(text + at, len - at, family, command->addr.bytes);
	at += n;
	if (!n || at >= len || text[at++] != delimiter)
		return 0;
	command->has_addr = true;
	n = read_delimited_port(text + at, len - at, delimiter, &command->port);
	return n ? at + n : 0;
}

/* 229 text (|||6446|) */
static u32 read_epsv(const u8 *text, u32 len, struct skald_ftp_command *command)
{
	const u8 *open = memchr(text, '(', len);
	u32 at, n;
	u8 delimiter;

	if (!open)
		return 0;
	at = (u32)(open - text) + 1;
	if (len - at <= 3)
		return 0;
	delimiter = text[at];
	if (!is_delimiter(delimiter) || text[at + 1] != delimiter ||
	    text[at + 2] != delimiter)
		return 0;
	n = read_delimited_port(text + at + 3, len - at - 3, delimiter,
				&command->port);
	command->off += at;
	return n ? n + 3 : 0;
}

static const char *const words[SKALD_CT_DIRS][2] = {
	[SKALD_CT_ORIGINAL] = { "PORT ", "EPRT " },
	[SKALD_CT_REPLY] = { "227 ", "229 " },
};

static const enum skald_ftp_kind kinds[SKALD_CT_DIRS][2] = {
	[SKALD_CT_ORIGINAL] = { SKALD_FTP_PORT, SKALD_FTP_EPRT },
	[SKALD_CT_REPLY] = { SKALD_FTP_PASV, SKALD_FTP_EPSV },
};

static u32 read_kind(const u8 *text, u32 len, u8 family,
		     struct skald_ftp_command *command)
{
	switch (command->kind) {
	case SKALD_FTP_PORT:
		return read_port_command(text, len, command);
	case SKALD_FTP_EPRT:
		return read_eprt(text, len, family, command);
	case SKALD_FTP_PASV:
		return read_pasv(text, len, command);
	case SKALD_FTP_EPSV:
		return read_epsv(text, len, command);
	}
	return 0;
}

bool skald_ftp_parse(const u8 *line, u32 len, u8 dir, u8 family,
		     struct skald_ftp_command *command)
{
	struct skald_ftp_command found;
	u32 i, at;

	for (i = 0; i < ARRAY_SIZE(words[dir]); i++) {
		if (!skald_text_begins(line, len, words[dir][i]))
			continue;
		at = (u32)strlen(words[dir][i]);
		while (at < len && line[at] == ' ')
			at++;
		memset(&found, 0, sizeof(found));
		found.kind = kinds[dir][i];
		found.off = at;
		found.len = read_kind(line + at, len - at, family, &found);
		if (!found.len)
			return false;
		*command = found;
		return true;
	}
	return false;
}

bool skald_ftp_may_become(const u8 *piece, u32 len, u8 dir)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(words[dir]); i++)
		if (!strncasecmp((const char *)piece, words[dir][i],
				 min((size_t)len, strlen(words[dir][i]))))
			return true;
	return false;
}

static int write_eprt(const struct skald_ftp_command *command, u8 family,
		      char *buf, size_t size)
{
	char addr[SKALD_TEXT_ADDR];

	if (family == NFPROTO_IPV4)
		skald_text_put_ipv4(addr, sizeof(addr), command->addr.bytes);
	else
		skald_text_put_ipv6(addr, sizeof(addr), command->addr.bytes,
				    true);
	return snprintf(buf, size, "|%u|%s|%u|", family == NFPROTO_IPV4 ? 1 : 2,
			addr, command->port);
}

int skald_ftp_write(const struct skald_ftp_command *command, u8 family,
		    char *buf, size_t size)
{
	const u8 *ip = command->addr.bytes;

	switch (command->kind) {
	case SKALD_FTP_PORT:
	case SKALD_FTP_PASV:
		return snprintf(buf, size, "%u,%u,%u,%u,%u,%u", ip[0], ip[1],
				ip[2], ip[3], command->port >> 8,
				command->port & 0xff);
	case SKALD_FTP_EPRT:
		return write_eprt(command, family, buf, size);
	case SKALD_FTP_EPSV:
		return snprintf(buf, size, "|||%u|", command->port);
	}
	return 0;
}

/* nf_nat_ftp(): the other side sees the translated address and a free port. */
static int announce_nat(struct skald_lines_look *look,
			const struct skald_stream_message *line,
			const struct skald_help_wish *wish,
			struct skald_ftp_command *command)
{
	struct skald_ct_packet *packet = look->packet;
	char text[SKALD_TEXT_ADDR + 8];
	struct skald_help_edit edit = { .off = command->off,
					.old_len = command->len,
					.text = text };
	int verdict = skald_lines_expect(look, wish, &command->port);

	if (verdict != NF_ACCEPT)
		return verdict;
	command->addr = skald_help_other(packet)->dst;
	edit.len = (u32)skald_ftp_write(command, skald_ct_family(packet->ct),
					text, sizeof(text));
	return skald_lines_replace(look, line, &edit);
}

static int announce(struct skald_lines_look *look,
		    const struct skald_stream_message *line,
		    struct skald_ftp_command *command)
{
	struct skald_ct_packet *packet = look->packet;
	const struct skald_ct_tuple *other = skald_help_other(packet);
	const struct skald_help_wish wish = {
		.src = &other->src,
		.dst = &other->dst,
		.proto = IPPROTO_TCP,
		.dport = htons(command->port),
	};

	/* somebody else's address: a hole to another host, not ours to make */
	if (command->has_addr &&
	    !skald_addr_equal(&command->addr, &skald_help_tuple(packet)->src))
		return skald_lines_pass(look, line);
	if (look->has_nat)
		return announce_nat(look, line, &wish, command);
	return skald_help_expect(packet, &wish);
}

/* RFC 959 section 4.2: "227-" begins a reply that "227 " ends. */
static bool is_inside_reply(struct ftp_data *data, const u8 *line, u32 len)
{
	if (len <= CODE_LEN)
		return data->multi[0];
	if (data->multi[0]) {
		if (memcmp(line, data->multi, CODE_LEN) ||
		    line[CODE_LEN] != ' ')
			return true;
		data->multi[0] = 0;
		return false;
	}
	if (line[CODE_LEN] == '-' && skald_text_is_digit(line[0]) &&
	    skald_text_is_digit(line[1]) && skald_text_is_digit(line[2]))
		memcpy(data->multi, line, CODE_LEN);
	return data->multi[0];
}

static int take(struct skald_lines_look *look,
		const struct skald_stream_message *line)
{
	struct ftp_data *data =
		skald_ct_help_data(look->packet->ct, struct ftp_data);
	struct skald_ftp_command command;
	u8 dir = look->packet->dir;

	if (dir == SKALD_CT_REPLY && !line->is_aside) {
		if (look->began_anew)
			data->multi[0] = 0;
		look->began_anew = false;
		if (is_inside_reply(data, line->bytes, line->len))
			return skald_lines_pass(look, line);
	}
	if (!skald_ftp_parse(line->bytes, line->len, dir,
			     skald_ct_family(look->packet->ct), &command))
		return skald_lines_pass(look, line);
	return announce(look, line, &command);
}

static const struct skald_lines_ops lines_ops = {
	.kind = { .frame = skald_stream_line,
		  .room = LINE_ROOM,
		  .by_line = true,
		  .is_wary = true },
	.take = take,
	.may_become = skald_ftp_may_become,
};

static int help(struct skald_ct_packet *packet)
{
	struct ftp_data *data = skald_ct_help_data(packet->ct, struct ftp_data);

	return skald_lines_help(packet, &data->lines, &lines_ops);
}

static void destroy(struct skald_ct_table *table, struct skald_ct *ct)
{
	skald_lines_done(&skald_ct_help_data(ct, struct ftp_data)->lines);
}

static const u16 ports[] = { 21, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "ftp",
	.max = 1,
	.timeout = 5 * 60,
};

const struct skald_ct_helper skald_ct_helper_ftp = {
	.name = "ftp",
	.text = "PORT, EPRT, PASV and EPSV",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_TCP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
	.destroy = destroy,
};
