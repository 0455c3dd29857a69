// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet in one line, as people write it.
 */
#include "packet.h"
#include "text.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

/* Words of nft's icmp and icmpv6 type. */
static const struct skald_word icmp_types[] = {
	{ 0, "echo-reply" },	       { 3, "destination-unreachable" },
	{ 4, "source-quench" },	       { 5, "redirect" },
	{ 8, "echo-request" },	       { 9, "router-advertisement" },
	{ 10, "router-solicitation" }, { 11, "time-exceeded" },
	{ 12, "parameter-problem" },   { 13, "timestamp-request" },
	{ 14, "timestamp-reply" },     { 0, NULL },
};

static const struct skald_word icmp6_types[] = {
	{ 1, "destination-unreachable" }, { 2, "packet-too-big" },
	{ 3, "time-exceeded" },		  { 4, "parameter-problem" },
	{ 128, "echo-request" },	  { 129, "echo-reply" },
	{ 130, "mld-listener-query" },	  { 131, "mld-listener-report" },
	{ 132, "mld-listener-done" },	  { 133, "nd-router-solicit" },
	{ 134, "nd-router-advert" },	  { 135, "nd-neighbor-solicit" },
	{ 136, "nd-neighbor-advert" },	  { 137, "nd-redirect" },
	{ 143, "mld2-listener-report" },  { 0, NULL },
};

static bool has(const struct skald_packet *packet,
		enum skald_packet_field field)
{
	return packet->value[field].type != SKALD_VALUE_NONE;
}

static void add_number(const struct skald_packet *packet,
		       enum skald_packet_field field, const char *name,
		       char *text, size_t size)
{
	if (has(packet, field))
		skald_text_add(text, size, " %s %" PRIu64, name,
			       packet->value[field].num);
}

static void add_end(const struct skald_packet *packet,
		    enum skald_packet_field address,
		    enum skald_packet_field port, char *text, size_t size)
{
	const struct skald_value *value = &packet->value[address];
	char plain[INET6_ADDRSTRLEN + 2];

	skald_value_format(value, plain, sizeof(plain));
	if (!has(packet, port))
		skald_text_add(text, size, " %s", plain);
	else if (value->type == SKALD_VALUE_IP6)
		skald_text_add(text, size, " [%s]:%" PRIu64, plain,
			       packet->value[port].num);
	else
		skald_text_add(text, size, " %s:%" PRIu64, plain,
			       packet->value[port].num);
}

static void add_icmp(const struct skald_packet *packet, char *text, size_t size)
{
	uint64_t type = packet->value[SKALD_P_icmp_type].num;
	const struct skald_word *words =
		packet->protonum == IPPROTO_ICMPV6 ? icmp6_types : icmp_types;
	const char *word = skald_word(words, type);

	if (*word == '?')
		skald_text_add(text, size, " type %" PRIu64, type);
	else
		skald_text_add(text, size, " %s", word);
	if (packet->value[SKALD_P_icmp_code].num)
		add_number(packet, SKALD_P_icmp_code, "code", text, size);
	add_number(packet, SKALD_P_icmp_id, "id", text, size);
	add_number(packet, SKALD_P_icmp_seq, "seq", text, size);
}

static void add_fragment(const struct skald_packet *packet, char *text,
			 size_t size)
{
	uint64_t offset = packet->value[SKALD_P_frag_offset].num;
	bool more = packet->value[SKALD_P_frag_more].num;

	if (has(packet, SKALD_P_frag_offset) && (offset || more))
		skald_text_add(text, size, " frag %" PRIu64 "%s", offset,
			       more ? "+" : "");
}

static void add_arp(const struct skald_packet *packet, char *text, size_t size)
{
	char source[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN];
	uint64_t op = packet->value[SKALD_P_arp_op].num;

	skald_value_format(&packet->value[SKALD_P_saddr], source,
			   sizeof(source));
	skald_value_format(&packet->value[SKALD_P_daddr], target,
			   sizeof(target));
	if (!has(packet, SKALD_P_saddr))
		skald_text_add(text, size, " op %" PRIu64, op);
	else if (op == 1)
		skald_text_add(text, size, " who-has %s tell %s", target,
			       source);
	else if (op == 2)
		skald_text_add(text, size, " reply %s > %s", source, target);
	else
		skald_text_add(text, size, " op %" PRIu64 " %s > %s", op,
			       source, target);
}

static void add_link(const struct skald_packet *packet, char *text, size_t size)
{
	char source[20], target[20];

	if (has(packet, SKALD_P_smac)) {
		skald_value_format(&packet->value[SKALD_P_smac], source,
				   sizeof(source));
		skald_value_format(&packet->value[SKALD_P_dmac], target,
				   sizeof(target));
		skald_text_add(text, size, " %s > %s", source, target);
	}
	/* an IPv6 fragment of which nobody showed the addresses */
	add_number(packet, SKALD_P_len, "len", text, size);
}

static void add_ip(const struct skald_packet *packet, char *text, size_t size)
{
	add_end(packet, SKALD_P_saddr, SKALD_P_sport, text, size);
	skald_text_add(text, size, " >");
	add_end(packet, SKALD_P_daddr, SKALD_P_dport, text, size);
	if (*packet->flags)
		skald_text_add(text, size, " [%s]", packet->flags);
	if (has(packet, SKALD_P_icmp_type))
		add_icmp(packet, text, size);
	add_fragment(packet, text, size);
	add_number(packet, SKALD_P_len, "len", text, size);
}

char *skald_packet_summary(const struct skald_packet *packet, char *text,
			   size_t size)
{
	const char *name = *packet->proto    ? packet->proto
			   : *packet->family ? packet->family
					     : "packet";

	if (!size)
		return text;
	text[0] = '\0';
	/* a bare number would not say what it is */
	if (name[0] >= '1' && name[0] <= '9')
		skald_text_add(text, size, "proto ");
	skald_text_add(text, size, "%s", name);
	if (strcmp(packet->family, "arp") == 0)
		add_arp(packet, text, size);
	else if (has(packet, SKALD_P_saddr))
		add_ip(packet, text, size);
	else
		add_link(packet, text, size);
	return text;
}
