// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets: a snap taken apart into named fields. Every byte and every length
 * comes from outside; what does not fit is left absent rather than guessed.
 */
#include "packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define IP_MIN 20
#define IP6_LEN 40
#define IP6_LIMIT 8 /* behind the hop limit: all before the addresses */
#define TCP_MIN 20
#define ARP_FIXED 8
#define ETHER_LEN 14
#define ETHER_VLAN_LEN 18

#define MANGLE_YES true
#define MANGLE_NO false
#define IS_NUMBER_NUM true
#define IS_NUMBER_VAL false
#define DESC_ROW(type, name, mangle, help) \
	{ #name, help, IS_NUMBER_##type, MANGLE_##mangle },
const struct skald_packet_desc skald_packet_descs[SKALD_N_P] = {
	SKALD_PACKET_FIELDS(DESC_ROW)
};

/* Names as IANA's list and the ecosystem's tools have them. */
static const struct skald_word protocols[] = {
	{ IPPROTO_ICMP, "icmp" },
	{ IPPROTO_IGMP, "igmp" },
	{ IPPROTO_IPIP, "ipip" },
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_DCCP, "dccp" },
	{ IPPROTO_IPV6, "ipv6" },
	{ IPPROTO_GRE, "gre" },
	{ IPPROTO_ESP, "esp" },
	{ IPPROTO_AH, "ah" },
	{ IPPROTO_ICMPV6, "icmp6" },
	{ 89, "ospf" },
	{ IPPROTO_PIM, "pim" },
	{ 112, "vrrp" },
	{ 115, "l2tp" },
	{ IPPROTO_SCTP, "sctp" },
	{ IPPROTO_UDPLITE, "udplite" },
	{ 0, NULL },
};

/* IPv6 extension headers: what follows them is not in the snap. */
static const struct skald_word extensions[] = {
	{ IPPROTO_HOPOPTS, "hopopt" },	   { IPPROTO_ROUTING, "ipv6-route" },
	{ IPPROTO_FRAGMENT, "ipv6-frag" }, { IPPROTO_AH, "ah" },
	{ IPPROTO_NONE, "ipv6-nonxt" },	   { IPPROTO_DSTOPTS, "ipv6-opts" },
	{ IPPROTO_MH, "mobility" },	   { 0, NULL },
};

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)be16(bytes) << 16 | be16(bytes + 2);
}

static void set_num(struct skald_packet *packet, enum skald_packet_field field,
		    uint64_t number)
{
	packet->value[field].type = SKALD_VALUE_NUM;
	packet->value[field].num = number;
}

static void set_bytes(struct skald_packet *packet,
		      enum skald_packet_field field, enum skald_value_type type,
		      const uint8_t *bytes)
{
	static const uint8_t len[] = {
		[SKALD_VALUE_IP4] = 4,
		[SKALD_VALUE_IP6] = 16,
		[SKALD_VALUE_MAC] = 6,
	};

	packet->value[field].type = type;
	memcpy(packet->value[field].bytes, bytes, len[type]);
}

/* Into a string that is all zero so far. */
static void set_word(char *string, size_t size, const char *word)
{
	(void)strncpy(string, word, size - 1);
}

static void set_proto(struct skald_packet *packet,
		      const struct skald_word *words, unsigned int number)
{
	const char *word = skald_word(words, number);

	if (*word != '?')
		set_word(packet->proto, sizeof(packet->proto), word);
	else
		(void)snprintf(packet->proto, sizeof(packet->proto), "%u",
			       number);
}

/* As tcpdump writes them (tcp_flag_values in print-tcp.c). */
static void set_tcp_flags(struct skald_packet *packet, uint8_t flags)
{
	static const char letters[] = "FSRP.UEW";
	char *at = packet->flags;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		if (flags & 1u << i)
			*at++ = letters[i];
	}
	*at = '\0';
	if (!flags)
		set_word(packet->flags, sizeof(packet->flags), "none");
	set_num(packet, SKALD_P_tcp_flags, flags);
}

static void parse_ports(const uint8_t *th, uint8_t len,
			struct skald_packet *packet)
{
	if (len < 4)
		return;
	set_num(packet, SKALD_P_sport, be16(th));
	set_num(packet, SKALD_P_dport, be16(th + 2));
}

/*
 * Options begin behind the 20 bytes that a snap has room for: the maximum
 * segment size is never among them.
 */
static void parse_tcp(const uint8_t *th, uint8_t len,
		      struct skald_packet *packet)
{
	parse_ports(th, len, packet);
	if (len < TCP_MIN)
		return;
	set_num(packet, SKALD_P_seq, be32(th + 4));
	set_num(packet, SKALD_P_ack, be32(th + 8));
	set_tcp_flags(packet, th[13]);
	set_num(packet, SKALD_P_window, be16(th + 14));
}

static void parse_icmp(const uint8_t *th, uint8_t len, bool is_v6,
		       struct skald_packet *packet)
{
	bool is_echo;

	if (len < 2)
		return;
	is_echo =
		is_v6 ? th[0] == 128 || th[0] == 129 : th[0] == 0 || th[0] == 8;
	set_num(packet, SKALD_P_icmp_type, th[0]);
	set_num(packet, SKALD_P_icmp_code, th[1]);
	if (!is_echo || len < 8)
		return;
	set_num(packet, SKALD_P_icmp_id, be16(th + 4));
	set_num(packet, SKALD_P_icmp_seq, be16(th + 6));
}

static void parse_transport(const uint8_t *th, uint8_t len,
			    struct skald_packet *packet)
{
	switch (packet->protonum) {
	case IPPROTO_TCP:
		parse_tcp(th, len, packet);
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		parse_ports(th, len, packet);
		break;
	case IPPROTO_ICMP:
		parse_icmp(th, len, false, packet);
		break;
	case IPPROTO_ICMPV6:
		parse_icmp(th, len, true, packet);
		break;
	}
}

static void set_traffic_class(struct skald_packet *packet, uint8_t tos)
{
	set_num(packet, SKALD_P_dscp, tos >> 2);
	set_num(packet, SKALD_P_ecn, tos & 3);
}

/* What is known of the transport header: @th, else what lies in @nh. */
static void parse_ip_transport(const struct skald_snap *snap, uint8_t nh_len,
			       uint8_t th_len, struct skald_packet *packet)
{
	uint8_t header = (snap->nh[0] & 0x0f) * 4;

	if (th_len)
		parse_transport(snap->th, th_len, packet);
	else if (header < nh_len)
		parse_transport(snap->nh + header, nh_len - header, packet);
}

static void parse_ip(const struct skald_snap *snap, uint8_t nh_len,
		     uint8_t th_len, struct skald_packet *packet)
{
	const uint8_t *nh = snap->nh;
	uint16_t fragment, len;

	set_word(packet->family, sizeof(packet->family), "ip");
	if (nh_len < IP_MIN || nh[0] >> 4 != 4 || (nh[0] & 0x0f) < 5)
		return;

	len = be16(nh + 2);
	fragment = be16(nh + 6);
	set_traffic_class(packet, nh[1]);
	/* 0 when it is longer than the field can say (BIG TCP) */
	if (len)
		set_num(packet, SKALD_P_len, len);
	set_num(packet, SKALD_P_id, be16(nh + 4));
	set_num(packet, SKALD_P_dont_fragment, (fragment >> 14) & 1);
	set_num(packet, SKALD_P_frag_more, (fragment >> 13) & 1);
	set_num(packet, SKALD_P_frag_offset, (fragment & 0x1fff) * 8);
	set_num(packet, SKALD_P_ttl, nh[8]);
	set_bytes(packet, SKALD_P_saddr, SKALD_VALUE_IP4, nh + 12);
	set_bytes(packet, SKALD_P_daddr, SKALD_VALUE_IP4, nh + 16);
	packet->protonum = nh[9];
	set_proto(packet, protocols, nh[9]);
	if (!(fragment & 0x1fff))
		parse_ip_transport(snap, nh_len, th_len, packet);
}

static void parse_ip6(const struct skald_snap *snap, uint8_t nh_len,
		      uint8_t th_len, struct skald_packet *packet)
{
	const uint8_t *nh = snap->nh;
	uint16_t payload;

	set_word(packet->family, sizeof(packet->family), "ip6");
	if (nh_len < IP6_LIMIT || nh[0] >> 4 != 6)
		return;

	payload = be16(nh + 4);
	set_traffic_class(packet, be16(nh) >> 4 & 0xff);
	set_num(packet, SKALD_P_flow_label, be32(nh) & 0xfffff);
	/* 0 when it is longer than the field can say (jumbogram, BIG TCP) */
	if (payload || nh[6] == IPPROTO_NONE)
		set_num(packet, SKALD_P_len, payload + IP6_LEN);
	set_num(packet, SKALD_P_ttl, nh[7]);
	if (nh_len >= IP6_LEN) {
		set_bytes(packet, SKALD_P_saddr, SKALD_VALUE_IP6, nh + 8);
		set_bytes(packet, SKALD_P_daddr, SKALD_VALUE_IP6, nh + 24);
	}

	/* Without the extension's own bytes there is no successor either. */
	if (*skald_word(extensions, nh[6]) != '?') {
		set_proto(packet, extensions, nh[6]);
		return;
	}
	packet->protonum = nh[6];
	set_proto(packet, protocols, nh[6]);
	parse_transport(snap->th, th_len, packet);
}

/* Ethernet and IPv4, RFC 826; other ARP has no addresses that we can name. */
static void parse_arp(const struct skald_snap *snap, uint8_t nh_len,
		      struct skald_packet *packet)
{
	const uint8_t *nh = snap->nh;
	unsigned int len;

	set_word(packet->family, sizeof(packet->family), "arp");
	set_word(packet->proto, sizeof(packet->proto), "arp");
	if (nh_len < ARP_FIXED)
		return;
	len = ARP_FIXED + 2 * (nh[4] + nh[5]);
	set_num(packet, SKALD_P_arp_op, be16(nh + 6));
	set_num(packet, SKALD_P_len, len);
	if (be16(nh + 2) != ETH_P_IP || nh[5] != 4 || len > nh_len)
		return;
	set_bytes(packet, SKALD_P_saddr, SKALD_VALUE_IP4,
		  nh + ARP_FIXED + nh[4]);
	set_bytes(packet, SKALD_P_daddr, SKALD_VALUE_IP4,
		  nh + ARP_FIXED + 2 * nh[4] + 4);
}

static void parse_link(const struct skald_snap *snap, uint8_t ll_len,
		       struct skald_packet *packet)
{
	const uint8_t *ll = snap->ll;
	uint16_t type;

	if (snap->lltype != ARPHRD_ETHER || ll_len < ETHER_LEN)
		return;
	set_bytes(packet, SKALD_P_dmac, SKALD_VALUE_MAC, ll);
	set_bytes(packet, SKALD_P_smac, SKALD_VALUE_MAC, ll + 6);
	type = be16(ll + 12);
	if (ll_len >= ETHER_VLAN_LEN &&
	    (type == ETH_P_8021Q || type == ETH_P_8021AD))
		set_num(packet, SKALD_P_vlan, be16(ll + 14) & 0xfff);
}

/* For sources that do not tell: IP says what it is. */
static uint16_t guess_ethertype(const struct skald_snap *snap, uint8_t nh_len)
{
	if (nh_len >= IP_MIN && snap->nh[0] >> 4 == 4)
		return ETH_P_IP;
	if (nh_len >= IP6_LEN && snap->nh[0] >> 4 == 6)
		return ETH_P_IPV6;
	return 0;
}

static uint8_t at_most(uint8_t len, uint8_t most)
{
	return len < most ? len : most;
}

void skald_packet_parse(const struct skald_snap *snap,
			struct skald_packet *packet)
{
	uint8_t nh_len = at_most(snap->nh_len, SKALD_SNAP_NH);
	uint8_t th_len = at_most(snap->th_len, SKALD_SNAP_TH);
	uint16_t type = snap->ethertype;

	memset(packet, 0, sizeof(*packet));
	packet->protonum = -1;
	if (!type)
		type = guess_ethertype(snap, nh_len);
	switch (type) {
	case 0:
		break;
	case ETH_P_IP:
		parse_ip(snap, nh_len, th_len, packet);
		break;
	case ETH_P_IPV6:
		parse_ip6(snap, nh_len, th_len, packet);
		break;
	case ETH_P_ARP:
		parse_arp(snap, nh_len, packet);
		break;
	default:
		(void)snprintf(packet->family, sizeof(packet->family), "0x%04x",
			       type);
		break;
	}
	parse_link(snap, at_most(snap->ll_len, SKALD_SNAP_LL), packet);
	set_num(packet, SKALD_P_mark, snap->mark);
}
