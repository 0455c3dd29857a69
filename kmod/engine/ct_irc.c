// SPDX-License-Identifier: GPL-2.0-only
/*
 * IRC: clients offer each other connections, with an address and a port, in
 * messages that go through the server. As nf_conntrack_irc.c and nf_nat_irc.c.
 */
#include "ct_irc.h"
#include "ct_lines.h"
#include "ct_text.h"

/* RFC 1459 section 2.3 allows 512; what has no room is given up. */
#define LINE_ROOM SKALD_SEQADJ_TEXT
#define OFFER_MARK " :\1DCC "

static const char *const verbs[] = { "SEND ", "CHAT ", "MOVE ", "TSEND ",
				     "SCHAT " };

struct irc_data {
	struct skald_lines lines;
};

static u32 skip_blanks(const u8 *line, u32 len)
{
	u32 at = 0;

	while (at < len && (line[at] == ' ' || line[at] == '\r'))
		at++;
	return at;
}

/* Where the message itself begins, behind " :\1DCC "; 0: it is none. */
static u32 find_offer(const u8 *line, u32 len)
{
	const u32 mark = sizeof(OFFER_MARK) - 1;
	u32 at = skip_blanks(line, len);

	if (!skald_text_begins(line + at, len - at, "PRIVMSG "))
		return 0;
	/* the first " :" counts, and nothing behind it */
	for (at += 7; at + mark <= len; at++)
		if (line[at] == ' ' && line[at + 1] == ':')
			return memcmp(line + at, OFFER_MARK, mark) ? 0
								   : at + mark;
	return 0;
}

static u32 find_verb(const u8 *text, u32 len)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (len >= strlen(verbs[i]) &&
		    !memcmp(text, verbs[i], strlen(verbs[i])))
			return (u32)strlen(verbs[i]);
	return 0;
}

/* The file's name: to the next blank, or in quotes. */
static u32 skip_name(const u8 *text, u32 len)
{
	const u8 *end;
	u32 at = 0;

	if (len && text[0] == '"') {
		end = memchr(text + 1, '"', len - 1);
		if (!end)
			return 0;
		at = (u32)(end - text) + 1;
	}
	end = at < len ? memchr(text + at, ' ', len - at) : NULL;
	return end ? (u32)(end - text) + 1 : 0;
}

bool skald_irc_parse(const u8 *line, u32 len, struct skald_irc_offer *offer)
{
	u32 at = find_offer(line, len), n, off, ip, port;

	n = at ? find_verb(line + at, len - at) : 0;
	if (!n)
		return false;
	at += n;
	n = skip_name(line + at, len - at);
	if (!n)
		return false;
	at += n;
	off = at;
	n = skald_text_number(line + at, len - at, U32_MAX, &ip);
	at += n;
	if (!n || at >= len || line[at] != ' ')
		return false;
	while (at < len && line[at] == ' ')
		at++;
	n = skald_text_number(line + at, len - at, U16_MAX, &port);
	if (!n || !port)
		return false;
	*offer = (struct skald_irc_offer){
		.ip = ip, .port = (u16)port, .off = off, .len = at + n - off
	};
	return true;
}

bool skald_irc_may_become(const u8 *piece, u32 len, u8 dir)
{
	return dir == SKALD_CT_ORIGINAL && find_offer(piece, len);
}

static bool is_own(const struct skald_ct_packet *packet, u32 ip)
{
	return skald_help_tuple(packet)->src.ip == htonl(ip) ||
	       skald_help_other(packet)->dst.ip == htonl(ip);
}

static int announce_nat(struct skald_lines_look *look,
			const struct skald_stream_message *line,
			const struct skald_help_wish *wish,
			const struct skald_irc_offer *offer)
{
	char text[sizeof("4294967295 65535")];
	struct skald_help_edit edit = { .off = offer->off,
					.old_len = offer->len,
					.text = text };
	u16 port;
	int verdict = skald_lines_expect(look, wish, &port);

	if (verdict != NF_ACCEPT)
		return verdict;
	edit.len = (u32)snprintf(text, sizeof(text), "%u %u",
				 ntohl(wish->dst->ip), port);
	return skald_lines_replace(look, line, &edit);
}

static int take(struct skald_lines_look *look,
		const struct skald_stream_message *line)
{
	struct skald_ct_packet *packet = look->packet;
	struct skald_irc_offer offer;
	struct skald_help_wish wish = {
		.dst = &skald_help_other(packet)->dst,
		.proto = IPPROTO_TCP,
	};

	if (!skald_irc_parse(line->bytes, line->len, &offer))
		return skald_lines_pass(look, line);
	if (!is_own(packet, offer.ip)) {
		skald_ct_help_tell(packet, "offers somebody else's address");
		return skald_lines_pass(look, line);
	}
	wish.dport = htons(offer.port);
	if (look->has_nat)
		return announce_nat(look, line, &wish, &offer);
	return skald_help_expect(packet, &wish);
}

static const struct skald_lines_ops lines_ops = {
	.kind = { .frame = skald_stream_line,
		  .room = LINE_ROOM,
		  .by_line = true },
	.take = take,
	.may_become = skald_irc_may_become,
};

static int help(struct skald_ct_packet *packet)
{
	struct irc_data *data = skald_ct_help_data(packet->ct, struct irc_data);

	if (packet->dir != SKALD_CT_ORIGINAL)
		return NF_ACCEPT;
	return skald_lines_help(packet, &data->lines, &lines_ops);
}

static void destroy(struct skald_ct_table *table, struct skald_ct *ct)
{
	skald_lines_done(&skald_ct_help_data(ct, struct irc_data)->lines);
}

static const u16 ports[] = { 6667, 6668, 6669, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "irc",
	.max = 8,
	.timeout = 300,
};

const struct skald_ct_helper skald_ct_helper_irc = {
	.name = "irc",
	.text = "DCC offers",
	.family = NFPROTO_IPV4,
	.proto = IPPROTO_TCP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
	.destroy = destroy,
};
