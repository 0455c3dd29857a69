// SPDX-License-Identifier: GPL-2.0-only
/* Names of header fields, as nft writes them. */
#include "explain.h"
#include "vm_pkt.h"

struct named_field {
	u8 offset;
	u8 len;
	u8 kind;
	const char *name;
};

/* clang-format off */
static const struct named_field ether[] = {
	{ 0, 6, SKALD_PHRASE_MAC, "ether daddr" },
	{ 6, 6, SKALD_PHRASE_MAC, "ether saddr" },
	{ 12, 2, SKALD_PHRASE_ETHERTYPE, "ether type" },
	{ 14, 2, SKALD_PHRASE_HEX, "vlan id" },
	{ 16, 2, SKALD_PHRASE_ETHERTYPE, "vlan type" },
	{ 0, 0, 0, NULL },
};
static const struct named_field ip[] = {
	{ 0, 1, SKALD_PHRASE_HEX, "ip version" },
	{ 1, 1, SKALD_PHRASE_HEX, "ip dscp" },
	{ 2, 2, SKALD_PHRASE_BE, "ip length" },
	{ 4, 2, SKALD_PHRASE_BE, "ip id" },
	{ 6, 2, SKALD_PHRASE_HEX, "ip frag-off" },
	{ 8, 1, SKALD_PHRASE_BE, "ip ttl" },
	{ 9, 1, SKALD_PHRASE_PROTO, "ip protocol" },
	{ 10, 2, SKALD_PHRASE_HEX, "ip checksum" },
	{ 12, 4, SKALD_PHRASE_IP, "ip saddr" },
	{ 16, 4, SKALD_PHRASE_IP, "ip daddr" },
	{ 0, 0, 0, NULL },
};
static const struct named_field ip6[] = {
	{ 0, 2, SKALD_PHRASE_HEX, "ip6 dscp" },
	{ 0, 4, SKALD_PHRASE_HEX, "ip6 flowlabel" },
	{ 4, 2, SKALD_PHRASE_BE, "ip6 length" },
	{ 6, 1, SKALD_PHRASE_PROTO, "ip6 nexthdr" },
	{ 7, 1, SKALD_PHRASE_BE, "ip6 hoplimit" },
	{ 8, 16, SKALD_PHRASE_IP6, "ip6 saddr" },
	{ 24, 16, SKALD_PHRASE_IP6, "ip6 daddr" },
	{ 0, 0, 0, NULL },
};
static const struct named_field arp[] = {
	{ 0, 2, SKALD_PHRASE_BE, "arp htype" },
	{ 2, 2, SKALD_PHRASE_ETHERTYPE, "arp ptype" },
	{ 6, 2, SKALD_PHRASE_BE, "arp operation" },
	{ 8, 6, SKALD_PHRASE_MAC, "arp saddr ether" },
	{ 14, 4, SKALD_PHRASE_IP, "arp saddr ip" },
	{ 18, 6, SKALD_PHRASE_MAC, "arp daddr ether" },
	{ 24, 4, SKALD_PHRASE_IP, "arp daddr ip" },
	{ 0, 0, 0, NULL },
};
static const struct named_field tcp[] = {
	{ 0, 2, SKALD_PHRASE_BE, "tcp sport" },
	{ 2, 2, SKALD_PHRASE_BE, "tcp dport" },
	{ 4, 4, SKALD_PHRASE_BE, "tcp sequence" },
	{ 8, 4, SKALD_PHRASE_BE, "tcp ackseq" },
	{ 13, 1, SKALD_PHRASE_TCPFLAGS, "tcp flags" },
	{ 14, 2, SKALD_PHRASE_BE, "tcp window" },
	{ 0, 0, 0, NULL },
};
static const struct named_field udp[] = {
	{ 0, 2, SKALD_PHRASE_BE, "udp sport" },
	{ 2, 2, SKALD_PHRASE_BE, "udp dport" },
	{ 4, 2, SKALD_PHRASE_BE, "udp length" },
	{ 6, 2, SKALD_PHRASE_HEX, "udp checksum" },
	{ 0, 0, 0, NULL },
};
static const struct named_field sctp[] = {
	{ 0, 2, SKALD_PHRASE_BE, "sctp sport" },
	{ 2, 2, SKALD_PHRASE_BE, "sctp dport" },
	{ 4, 4, SKALD_PHRASE_BE, "sctp vtag" },
	{ 0, 0, 0, NULL },
};
static const struct named_field icmp[] = {
	{ 0, 1, SKALD_PHRASE_BE, "icmp type" },
	{ 1, 1, SKALD_PHRASE_BE, "icmp code" },
	{ 4, 2, SKALD_PHRASE_BE, "icmp id" },
	{ 6, 2, SKALD_PHRASE_BE, "icmp sequence" },
	{ 0, 0, 0, NULL },
};
static const struct named_field icmp6[] = {
	{ 0, 1, SKALD_PHRASE_BE, "icmpv6 type" },
	{ 1, 1, SKALD_PHRASE_BE, "icmpv6 code" },
	{ 4, 2, SKALD_PHRASE_BE, "icmpv6 id" },
	{ 0, 0, 0, NULL },
};
static const struct named_field transport[] = {
	{ 0, 2, SKALD_PHRASE_BE, "th sport" },
	{ 2, 2, SKALD_PHRASE_BE, "th dport" },
	{ 0, 0, 0, NULL },
};
/* clang-format on */

static const struct named_field *network_fields(const struct skald_vm_pkt *pkt)
{
	switch (skald_pkt_protocol(pkt)) {
	case ETH_P_IP:
		return ip;
	case ETH_P_IPV6:
		return ip6;
	case ETH_P_ARP:
		return arp;
	default:
		return NULL;
	}
}

static const struct named_field *
transport_fields(const struct skald_vm_pkt *pkt)
{
	switch (pkt->tprot) {
	case IPPROTO_TCP:
		return tcp;
	case IPPROTO_UDP:
		return udp;
	case IPPROTO_SCTP:
		return sctp;
	case IPPROTO_ICMP:
		return icmp;
	case IPPROTO_ICMPV6:
		return icmp6;
	default:
		return transport;
	}
}

static u8 put_raw(struct skald_phrase *name, const char *base, u32 offset,
		  u32 len)
{
	skald_phrase_str(name, "@");
	skald_phrase_str(name, base);
	skald_phrase_str(name, ",");
	skald_phrase_number(name, (u64)offset * 8);
	skald_phrase_str(name, ",");
	skald_phrase_number(name, (u64)len * 8);
	return SKALD_PHRASE_HEX;
}

u8 skald_field_name(const struct skald_vm_pkt *pkt, u8 base, u32 offset,
		    u32 len, struct skald_phrase *name)
{
	const char *bases[] = { "ll", "nh", "th", "ih" };
	const struct named_field *fields = NULL;

	if (base == NFT_PAYLOAD_LL_HEADER)
		fields = ether;
	else if (base == NFT_PAYLOAD_NETWORK_HEADER)
		fields = network_fields(pkt);
	else if (base == NFT_PAYLOAD_TRANSPORT_HEADER)
		fields = transport_fields(pkt);
	for (; fields && fields->name; fields++) {
		if (fields->offset == offset && fields->len == len) {
			skald_phrase_str(name, fields->name);
			return fields->kind;
		}
	}
	return put_raw(name, base < ARRAY_SIZE(bases) ? bases[base] : "?",
		       offset, len);
}
