// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of matches of IPv6 headers and of frames. Numbers of words are
 * those of the headers include/uapi/linux/netfilter_ipv6/ip6t_*.h and
 * netfilter_bridge/ebt_*.h. */
#include "xt_fields.h"

#define PLAIN SKALD_XT_PLAIN
#define LIMIT SKALD_XT_LIMIT
#define ONE_OF SKALD_XT_ONE_OF
#define FLAGS SKALD_XT_FLAGS

#define INVERT PLAIN("invert", "bool", "match what is not so")

/* clang-format off */
static const struct skald_param_word frag_flags[] = {
	{ 1, "id" }, { 2, "length" }, { 4, "reserved-zero" }, { 8, "first" },
	{ 16, "more" }, { 32, "last" }, { 0, NULL },
};
static const struct skald_xt_field frag[] = {
	PLAIN("id", "u32 range", "identification"),
	PLAIN("length", "u32", "bytes of the header"),
	FLAGS("flags", "u8", "what is looked at", frag_flags),
	INVERT,
};
static const struct skald_param_word rt_flags[] = {
	{ 1, "type" }, { 2, "segments" }, { 4, "length" }, { 8, "reserved" },
	{ 16, "addresses" }, { 32, "addresses-not-strict" }, { 0, NULL },
};
static const struct skald_xt_field rt[] = {
	PLAIN("type", "u32", "routing type"),
	PLAIN("segments", "u32 range", "segments left"),
	PLAIN("length", "u32", "bytes of the header"),
	FLAGS("flags", "u8", "what is looked at", rt_flags),
	PLAIN("addresses", "address list", "sixteen at most"), INVERT,
};
static const struct skald_param_word opts_flags[] = {
	{ 1, "length" }, { 2, "options" }, { 0, NULL },
};
static const struct skald_xt_field options[] = {
	PLAIN("length", "u32", "bytes of the header"),
	FLAGS("flags", "u8", "what is looked at", opts_flags),
	PLAIN("options", "option list",
		"type and length of each, sixteen at most"), INVERT,
};
static const struct skald_xt_field mh[] = {
	PLAIN("mh-type", "u8 range", "type of the message"), INVERT,
};
static const struct skald_param_word headers[] = {
	{ 1, "proto" }, { 2, "none" }, { 4, "esp" }, { 8, "ah" },
	{ 16, "frag" }, { 32, "route" }, { 64, "dst" }, { 128, "hop" },
	{ 0, NULL },
};
static const struct skald_xt_field ipv6header[] = {
	FLAGS("header", "u8", "headers that are there", headers),
	PLAIN("soft", "bool", "others may be there"), INVERT,
};
static const struct skald_xt_field srh[] = {
	PLAIN("srh-next-hdr", "u8", "what follows"),
	PLAIN("srh-hdr-len", "u8 comparison", "length in units of 8"),
	PLAIN("srh-segs-left", "u8 comparison", "segments left"),
	PLAIN("srh-last-entry", "u8 comparison", "index of the last segment"),
	PLAIN("srh-tag", "u16", "tag"),
	PLAIN("srh-psid", "prefix", "the segment before"),
	PLAIN("srh-nsid", "prefix", "the segment after"),
	PLAIN("srh-lsid", "prefix", "the last segment"), INVERT,
};
static const struct skald_xt_field llc[] = {
	PLAIN("802_3-sap", "u8", "service access point, of both sides"),
	PLAIN("802_3-type", "be16", "type behind a SNAP header"), INVERT,
};
static const struct skald_xt_field arp[] = {
	PLAIN("arp-opcode", "be16", "operation"),
	PLAIN("arp-htype", "be16", "type of the hardware"),
	PLAIN("arp-ptype", "be16", "type of the protocol"),
	PLAIN("arp-ip-src", "address/mask", "sender's address"),
	PLAIN("arp-ip-dst", "address/mask", "target's address"),
	PLAIN("arp-mac-src", "mac/mask", "sender's link-layer address"),
	PLAIN("arp-mac-dst", "mac/mask", "target's link-layer address"),
	PLAIN("arp-gratuitous", "bool", "sender and target are one"), INVERT,
};
static const struct skald_param_word mark_how[] = {
	{ 1, "all" }, { 2, "any" }, { 0, NULL },
};
static const struct skald_xt_field mark_m[] = {
	PLAIN("mark", "u32", "value"), PLAIN("mask", "u32", "bits looked at"),
	ONE_OF("bits", "u8", "equal, or any of the mask", mark_how), INVERT,
};
static const struct skald_xt_field stp[] = {
	PLAIN("stp-type", "u8", "type of the message"),
	PLAIN("stp-flags", "u8", "flags"),
	PLAIN("stp-root-prio", "u16 range", "priority of the root"),
	PLAIN("stp-root-addr", "mac/mask", "address of the root"),
	PLAIN("stp-root-cost", "u32 range", "cost of the way there"),
	PLAIN("stp-sender-prio", "u16 range", "priority of the sender"),
	PLAIN("stp-sender-addr", "mac/mask", "address of the sender"),
	PLAIN("stp-port", "u16 range", "port"),
	PLAIN("stp-times", "u16 range list",
		"message age, maximum age, hello time, forward delay"), INVERT,
};
static const struct skald_xt_field vlan[] = {
	LIMIT("vlan-id", "u16", "number", 4094),
	LIMIT("vlan-prio", "u8", "priority", 7),
	PLAIN("vlan-encap", "be16", "what the tag is in front of"), INVERT,
};
static const struct skald_xt_field ip[] = {
	PLAIN("source", "address/mask", "source"),
	PLAIN("destination", "address/mask", "destination"),
	PLAIN("tos", "u8", "type of service, traffic class"),
	PLAIN("protocol", "u8", "protocol"),
	LIMIT("source-port", "port range", "source port", 65535),
	LIMIT("destination-port", "port range", "destination port", 65535),
	PLAIN("icmp-type", "u8 range", "ICMP type and code"),
	PLAIN("igmp-type", "u8 range", "IGMP type; IPv4 alone"), INVERT,
};

const struct skald_xt_fields skald_xt_link_fields[] = {
	SKALD_XT_FIELDS("frag", false, frag),
	SKALD_XT_FIELDS("rt", false, rt),
	SKALD_XT_FIELDS("hbh", false, options),
	SKALD_XT_FIELDS("dst", false, options),
	SKALD_XT_FIELDS("mh", false, mh),
	SKALD_XT_FIELDS("ipv6header", false, ipv6header),
	{ .name = "eui64" },
	SKALD_XT_FIELDS("srh", false, srh),
	SKALD_XT_FIELDS("802_3", false, llc),
	SKALD_XT_FIELDS("arp", false, arp),
	SKALD_XT_FIELDS("mark_m", false, mark_m),
	SKALD_XT_FIELDS("stp", false, stp),
	SKALD_XT_FIELDS("vlan", false, vlan),
	SKALD_XT_FIELDS("ip", false, ip),
	SKALD_XT_FIELDS("ip6", false, ip),
	{ .name = NULL },
};
/* clang-format on */
