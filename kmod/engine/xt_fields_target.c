// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of x_tables' targets. Numbers of words are those of the headers
 * include/uapi/linux/netfilter/xt_*.h, ipt_REJECT.h, nf_nat.h. */
#include "xt_fields.h"

#define PLAIN SKALD_XT_PLAIN
#define LIMIT SKALD_XT_LIMIT
#define ONE_OF SKALD_XT_ONE_OF
#define FLAGS SKALD_XT_FLAGS

/* clang-format off */
static const struct skald_param_word rejects[] = {
	{ 0, "icmp-net-unreachable" }, { 1, "icmp-host-unreachable" },
	{ 2, "icmp-proto-unreachable" }, { 3, "icmp-port-unreachable" },
	{ 5, "icmp-net-prohibited" }, { 6, "icmp-host-prohibited" },
	{ 7, "tcp-reset" }, { 8, "icmp-admin-prohibited" }, { 0, NULL },
};
static const struct skald_xt_field reject[] = {
	ONE_OF("reject-with", "u32",
		"how the sender is told; IPv6 has numbers of "
	  "its own", rejects),
};
static const struct skald_param_word levels[] = {
	{ 0, "emerg" }, { 1, "alert" }, { 2, "crit" }, { 3, "error" },
	{ 4, "warning" }, { 5, "notice" }, { 6, "info" }, { 7, "debug" },
	{ 0, NULL },
};
static const struct skald_param_word log_flags[] = {
	{ 1, "tcp-sequence" }, { 2, "tcp-options" }, { 4, "ip-options" },
	{ 8, "uid" }, { 32, "macdecode" }, { 0, NULL },
};
static const struct skald_xt_field logs[] = {
	ONE_OF("level", "u8", "importance", levels),
	FLAGS("flags", "u8", "what is told as well", log_flags),
	LIMIT("prefix", "text", "in front of the line", 29),
};
static const struct skald_xt_field nflog[] = {
	PLAIN("nflog-group", "u16", "group that is told"),
	PLAIN("nflog-size", "u32", "bytes of the packet that are told"),
	PLAIN("nflog-threshold", "u16", "packets that are told at once"),
	LIMIT("nflog-prefix", "text", "in front of it", 63),
};
static const struct skald_param_word queue_flags[] = {
	{ 1, "bypass" }, { 2, "cpu-fanout" }, { 0, NULL },
};
static const struct skald_xt_field nfqueue[] = {
	PLAIN("queue-num", "u16", "first queue"),
	PLAIN("queues", "u16", "number of queues"),
	FLAGS("flags", "u16", "bypass: accept when nobody listens",
		queue_flags),
};
static const struct skald_param_word ct_flags[] = {
	{ 1, "notrack" }, { 2, "notrack-alias" }, { 4, "zone-orig" },
	{ 8, "zone-reply" }, { 16, "zone-mark" }, { 0, NULL },
};
static const struct skald_xt_field ct[] = {
	FLAGS("flags", "u16", "flags", ct_flags),
	PLAIN("zone", "u16", "zone of the connection"),
	PLAIN("ctevents", "bitmap", "events that are told"),
	PLAIN("expevents", "bitmap", "events of expectations that are told"),
	LIMIT("helper", "text", "name of the helper", 15),
	LIMIT("timeout", "text", "name of the policy", 31),
};
static const struct skald_xt_field tproxy[] = {
	PLAIN("on-ip", "address", "of the socket; 0: the interface's"),
	PLAIN("on-port", "u16", "of the socket; 0: the packet's"),
	PLAIN("tproxy-mark", "u32", "mark the packet gets"),
	PLAIN("mask", "u32", "bits of the mark that change"),
};
static const struct skald_xt_field tee[] = {
	PLAIN("gateway", "address", "next hop of the copy"),
	PLAIN("oif", "interface", "way out of the copy"),
};
static const struct skald_param_word sum_operations[] = {
	{ 1, "fill" }, { 0, NULL },
};
static const struct skald_xt_field checksum[] = {
	FLAGS("operation", "u8", "fill in what is left to the device",
		sum_operations),
};
static const struct skald_xt_field set[] = {
	PLAIN("add-set", "u16", "number of the set it is added to"),
	PLAIN("del-set", "u16", "number of the set it is taken from"),
	PLAIN("map-set", "u16", "number of the set whose marks it gets"),
	PLAIN("timeout", "u32", "seconds of new elements"),
};
static const struct skald_param_word synproxy_flags[] = {
	{ 1, "mss" }, { 2, "wscale" }, { 4, "sack-perm" }, { 8, "timestamp" },
	{ 16, "ecn" }, { 0, NULL },
};
static const struct skald_xt_field synproxy[] = {
	FLAGS("options", "u8", "options the server has", synproxy_flags),
	LIMIT("wscale", "u8", "the server's window scale", 14),
	PLAIN("mss", "u16", "the server's maximum segment size"),
};
static const struct skald_param_word audit_types[] = {
	{ 0, "accept" }, { 1, "drop" }, { 2, "reject" }, { 0, NULL },
};
static const struct skald_xt_field audit[] = {
	ONE_OF("type", "u8", "what is told", audit_types),
};
static const struct skald_param_word nat_flags[] = {
	{ 1, "addresses" }, { 2, "ports" }, { 4, "random" },
	{ 8, "persistent" }, { 16, "random-fully" }, { 32, "port-offset" },
	{ 64, "netmap" }, { 0, NULL },
};
static const struct skald_xt_field nat[] = {
	PLAIN("addresses", "address range", "what it is translated to"),
	LIMIT("ports", "port range", "ports to choose from", 65535),
	PLAIN("base", "u16", "port that the first of them stands for"),
	FLAGS("flags", "u32", "flags", nat_flags),
};
static const struct skald_xt_field ports[] = {
	LIMIT("to-ports", "port range", "ports to choose from", 65535),
	FLAGS("flags", "u32", "flags", nat_flags),
};
static const struct skald_xt_field netmap[] = {
	PLAIN("to", "prefix", "network that the bits of the host stay in"),
};
static const struct skald_xt_field mark[] = {
	PLAIN("mark", "u32", "bits flipped"), PLAIN("mask", "u32",
		"bits cleared"),
};
static const struct skald_param_word connmark_modes[] = {
	{ 0, "set" }, { 1, "save" }, { 2, "restore" }, { 0, NULL },
};
static const struct skald_param_word shift_dirs[] = {
	{ 0, "left" }, { 1, "right" }, { 0, NULL },
};
static const struct skald_xt_field connmark[] = {
	ONE_OF("mode", "u8", "from where to where", connmark_modes),
	PLAIN("ctmark", "u32", "value that is set"),
	PLAIN("ctmask", "u32", "bits of the connection's mark"),
	PLAIN("nfmask", "u32", "bits of the packet's mark"),
	ONE_OF("shift-dir", "u8", "direction of the shift", shift_dirs),
	LIMIT("shift-bits", "u8", "bits it is shifted by", 31),
};
static const struct skald_xt_field classify[] = {
	PLAIN("set-class", "u32", "priority of the packet"),
};
static const struct skald_xt_field dscp[] = {
	LIMIT("set-dscp", "u8", "code point", 63),
};
static const struct skald_xt_field tos[] = {
	PLAIN("set-tos", "u8", "bits flipped"), PLAIN("mask", "u8",
		"bits cleared"),
};
static const struct skald_param_word ttl_modes[] = {
	{ 0, "set" }, { 1, "inc" }, { 2, "dec" }, { 0, NULL },
};
static const struct skald_xt_field ttl[] = {
	ONE_OF("mode", "u8", "what is done", ttl_modes),
	PLAIN("ttl", "u8", "value, or by how much"),
};
static const struct skald_xt_field tcpmss[] = {
	PLAIN("set-mss", "u16", "the most; 65535: what the way there allows"),
};
static const struct skald_xt_field tcpoptstrip[] = {
	LIMIT("strip-options", "bitmap", "options that become no operation",
		255),
};

static const struct skald_xt_field npt[] = {
	LIMIT("src-pfx", "prefix", "prefix that is changed", 64),
	LIMIT("dst-pfx", "prefix", "what it becomes", 64),
};
static const struct skald_param_word hmark_flags[] = {
	{ 1 << 12, "ct" }, { 1 << 13, "layer-3" }, { 1 << 14, "layer-4" },
	{ 0, NULL },
};
static const struct skald_xt_field hmark[] = {
	PLAIN("src-mask", "mask", "bits of the source that count"),
	PLAIN("dst-mask", "mask", "bits of the destination that count"),
	PLAIN("port-mask", "u16 pair", "bits of the ports that count"),
	PLAIN("port-set", "u16 pair", "bits of the ports that are set"),
	FLAGS("tuple", "u32", "packet or connection, and which headers",
		hmark_flags),
	PLAIN("proto-mask", "u16", "bits of the protocol that count"),
	PLAIN("rnd", "u32", "seed of the hash"),
	PLAIN("mod", "u32", "how many marks there are"),
	PLAIN("offset", "u32", "the first of them"),
};
static const struct skald_param_word ecn_what[] = {
	{ 1, "ip-ect" }, { 16, "tcp-ece" }, { 32, "tcp-cwr" }, { 0, NULL },
};
static const struct skald_xt_field ecn[] = {
	FLAGS("operation", "u8", "what is set", ecn_what),
	LIMIT("ip-ect", "u8", "code point", 3),
	LIMIT("tcp", "u8", "1: ECE, 2: CWR", 3),
};
static const struct skald_param_word secmark_modes[] = {
	{ 1, "save" }, { 2, "restore" }, { 0, NULL },
};
static const struct skald_xt_field connsecmark[] = {
	ONE_OF("mode", "u8", "from where to where", secmark_modes),
};
static const struct skald_param_word verdicts[] = {
	{ -1U, "accept" }, { -2U, "drop" }, { -3U, "continue" },
	{ -4U, "return" }, { 0, NULL },
};
static const struct skald_xt_field mac[] = {
	PLAIN("mac", "mac", "the address"),
	ONE_OF("target", "u32", "what becomes of the frame", verdicts),
};
static const struct skald_xt_field link_redirect[] = {
	ONE_OF("target", "u32", "what becomes of the frame", verdicts),
};
static const struct skald_xt_field link_mark[] = {
	PLAIN("mark", "u32", "value"),
	PLAIN("target", "u32", "set, or, and, xor; what becomes of the frame"),
};
static const struct skald_param_word mangles[] = {
	{ 1, "mac-src" }, { 2, "mac-dst" }, { 4, "ip-src" }, { 8, "ip-dst" },
	{ 0, NULL },
};
static const struct skald_xt_field mangle[] = {
	FLAGS("fields", "u8", "what is changed", mangles),
	PLAIN("mac-src", "mac", "sender's link-layer address"),
	PLAIN("mac-dst", "mac", "target's link-layer address"),
	PLAIN("ip-src", "address", "sender's address"),
	PLAIN("ip-dst", "address", "target's address"),
};

const struct skald_xt_fields skald_xt_target_fields[] = {
	SKALD_XT_FIELDS("REJECT", true, reject),
	SKALD_XT_FIELDS("LOG", true, logs),
	SKALD_XT_FIELDS("NFLOG", true, nflog),
	SKALD_XT_FIELDS("NFQUEUE", true, nfqueue),
	SKALD_XT_FIELDS("CT", true, ct),
	{ .name = "NOTRACK", .is_target = true },
	{ .name = "TRACE", .is_target = true },
	SKALD_XT_FIELDS("TPROXY", true, tproxy),
	SKALD_XT_FIELDS("TEE", true, tee),
	SKALD_XT_FIELDS("CHECKSUM", true, checksum),
	SKALD_XT_FIELDS("SET", true, set),
	SKALD_XT_FIELDS("SYNPROXY", true, synproxy),
	SKALD_XT_FIELDS("AUDIT", true, audit),
	SKALD_XT_FIELDS("SNAT", true, nat),
	SKALD_XT_FIELDS("DNAT", true, nat),
	SKALD_XT_FIELDS("MASQUERADE", true, ports),
	SKALD_XT_FIELDS("REDIRECT", true, ports),
	SKALD_XT_FIELDS("NETMAP", true, netmap),
	SKALD_XT_FIELDS("MARK", true, mark),
	SKALD_XT_FIELDS("CONNMARK", true, connmark),
	SKALD_XT_FIELDS("CLASSIFY", true, classify),
	SKALD_XT_FIELDS("DSCP", true, dscp),
	SKALD_XT_FIELDS("TOS", true, tos),
	SKALD_XT_FIELDS("TTL", true, ttl),
	SKALD_XT_FIELDS("HL", true, ttl),
	SKALD_XT_FIELDS("ECN", true, ecn),
	SKALD_XT_FIELDS("HMARK", true, hmark),
	SKALD_XT_FIELDS("SNPT", true, npt),
	SKALD_XT_FIELDS("DNPT", true, npt),
	SKALD_XT_FIELDS("CONNSECMARK", true, connsecmark),
	{ .name = "IDLETIMER", .is_target = true },
	{ .name = "RATEEST", .is_target = true },
	{ .name = "LED", .is_target = true },
	SKALD_XT_FIELDS("arpreply", true, mac),
	SKALD_XT_FIELDS("dnat", true, mac),
	SKALD_XT_FIELDS("snat", true, mac),
	SKALD_XT_FIELDS("redirect", true, link_redirect),
	SKALD_XT_FIELDS("mark", true, link_mark),
	SKALD_XT_FIELDS("log", true, logs),
	SKALD_XT_FIELDS("nflog", true, nflog),
	SKALD_XT_FIELDS("mangle", true, mangle),
	SKALD_XT_FIELDS("TCPMSS", true, tcpmss),
	SKALD_XT_FIELDS("TCPOPTSTRIP", true, tcpoptstrip),
	{ .name = NULL },
};
/* clang-format on */
