// SPDX-License-Identifier: GPL-2.0-only
/*
 * Amanda: a backup client's answer names TCP ports that the server connects
 * to. As nf_conntrack_amanda.c and nf_nat_amanda.c.
 */
#include "ct_amanda.h"
#include "ct_help.h"
#include "ct_helpers.h"
#include "ct_text.h"

/* Answers may come late, seconds. */
#define MASTER_TIMEOUT 300

static const char connect_word[] = "CONNECT ";
static const char *const words[] = { "DATA ", "MESG ", "INDEX ", "STATE " };

static u32 find(const u8 *bytes, u32 len, const char *word)
{
	u32 word_len = (u32)strlen(word), at;

	for (at = 0; at + word_len <= len; at++)
		if (!memcmp(bytes + at, word, word_len))
			return at + word_len;
	return 0;
}

bool skald_amanda_parse(const u8 *bytes, u32 len, u32 stream,
			struct skald_amanda_port *port)
{
	u32 start = find(bytes, len, connect_word);
	u32 end = start ? find(bytes + start, len - start, "\n") : 0;
	u32 at, value, digits;

	if (!end || stream >= ARRAY_SIZE(words))
		return false;
	at = find(bytes + start, end - 1, words[stream]);
	if (!at)
		return false;
	at += start;
	digits = skald_text_number(bytes + at, start + end - at, U16_MAX,
				   &value);
	if (!digits || digits > 5 || !value)
		return false;
	port->port = (u16)value;
	port->off = at;
	port->len = digits;
	return true;
}

static int announce_nat(struct skald_ct_packet *packet,
			const struct skald_help_wish *wish,
			const struct skald_amanda_port *port)
{
	struct skald_ct_expect *expect = skald_help_expect_new(packet, wish);
	char text[sizeof("65535")];
	struct skald_help_edit edit = { .off = port->off,
					.old_len = port->len,
					.text = text };
	u16 found;
	int verdict = NF_ACCEPT;

	if (!expect)
		return skald_ct_help_drop(packet, "no memory for what follows");
	expect->saved_port = expect->tuple.dport;
	expect->dir = SKALD_CT_ORIGINAL;
	found = skald_help_expect_port(packet, expect, port->port);
	edit.len = (u32)snprintf(text, sizeof(text), "%u", found);
	if (!found) {
		verdict = skald_ct_help_drop(packet, "cannot be expected");
	} else if (skald_help_write(packet, &edit)) {
		verdict = skald_ct_help_drop(packet, "cannot mangle packet");
		skald_ct_unexpect(packet->table, expect, packet->now_ns);
	}
	skald_ct_expect_put(expect);
	return verdict;
}

static int announce(struct skald_ct_packet *packet,
		    const struct skald_amanda_port *port)
{
	const struct skald_ct_tuple *tuple =
		skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	const struct skald_help_wish wish = {
		.src = &tuple->src,
		.dst = &tuple->dst,
		.proto = IPPROTO_TCP,
		.dport = htons(port->port),
	};

	if (skald_help_has_nat(packet->ct))
		return announce_nat(packet, &wish, port);
	return skald_help_expect(packet, &wish);
}

static int help(struct skald_ct_packet *packet)
{
	struct skald_help_payload payload;
	struct skald_amanda_port port;
	int verdict = NF_ACCEPT;
	u32 i;

	if (packet->dir == SKALD_CT_ORIGINAL)
		return NF_ACCEPT;
	skald_ct_refresh(packet, MASTER_TIMEOUT);
	for (i = 0; i < ARRAY_SIZE(words) && verdict == NF_ACCEPT; i++)
		/* again each time: a port may have become longer */
		if (skald_help_payload(packet, &payload) &&
		    skald_amanda_parse(payload.bytes, payload.len, i, &port))
			verdict = announce(packet, &port);
	return verdict;
}

static const u16 ports[] = { 10080, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "amanda",
	.max = 4,
	.timeout = 180,
};

const struct skald_ct_helper skald_ct_helper_amanda = {
	.name = "amanda",
	.text = "CONNECT DATA, MESG, INDEX, STATE",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
};
