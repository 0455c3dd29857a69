// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of x_tables' matches. Numbers of words are those of the headers
 * include/uapi/linux/netfilter/xt_*.h. */
#include "xt_fields.h"

#define PLAIN SKALD_XT_PLAIN
#define LIMIT SKALD_XT_LIMIT
#define ONE_OF SKALD_XT_ONE_OF
#define FLAGS SKALD_XT_FLAGS

#define INVERT PLAIN("invert", "bool", "match what is not so")
#define PORTS "port range"

/* clang-format off */
static const struct skald_param_word tcp_flags[] = {
	{ 1, "fin" }, { 2, "syn" }, { 4, "rst" }, { 8, "psh" }, { 16, "ack" },
	{ 32, "urg" }, { 64, "ece" }, { 128, "cwr" }, { 0, NULL },
};
static const struct skald_xt_field tcp[] = {
	LIMIT("sport", PORTS, "source port", 65535),
	LIMIT("dport", PORTS, "destination port", 65535),
	FLAGS("mask", "u8", "flags that are looked at", tcp_flags),
	FLAGS("flags", "u8", "those of them that are set", tcp_flags),
	PLAIN("tcp-option", "u8", "an option that is there; 0: any packet"),
	INVERT,
};
static const struct skald_xt_field udp[] = {
	LIMIT("sport", PORTS, "source port", 65535),
	LIMIT("dport", PORTS, "destination port", 65535),
	INVERT,
};
static const struct skald_xt_field icmp[] = {
	PLAIN("type", "u8", "type; 255: any, where the protocol is IPv4's"),
	PLAIN("code", "u8 range", "codes of the type"),
	INVERT,
};
static const struct skald_param_word chunk_rules[] = {
	{ 1, "any" }, { 2, "all" }, { 4, "only" }, { 0, NULL },
};
static const struct skald_xt_field sctp[] = {
	LIMIT("sport", PORTS, "source port", 65535),
	LIMIT("dport", PORTS, "destination port", 65535),
	LIMIT("chunks", "bitmap", "types of chunks", 255),
	ONE_OF("chunk-match", "u32", "how many of them must be there",
		chunk_rules),
	PLAIN("chunk-flags", "u8 list", "flags and mask of a type of chunk"),
	INVERT,
};
static const struct skald_param_word port_sides[] = {
	{ 0, "source" }, { 1, "destination" }, { 2, "either" }, { 0, NULL },
};
static const struct skald_xt_field multiport[] = {
	ONE_OF("side", "u8", "whose ports", port_sides),
	LIMIT("ports", "port range list", "fifteen at most", 65535),
	INVERT,
};
static const struct skald_xt_field spi[] = {
	PLAIN("spi", "u32 range", "security parameter index"), INVERT,
};
static const struct skald_xt_field iprange[] = {
	PLAIN("src-range", "address range", "source"),
	PLAIN("dst-range", "address range", "destination"), INVERT,
};
static const struct skald_xt_field length[] = {
	PLAIN("length", "u16 range", "bytes from the network header on"),
		INVERT,
};
static const struct skald_param_word ttl_modes[] = {
	{ 0, "==" }, { 1, "!=" }, { 2, "<" }, { 3, ">" }, { 0, NULL },
};
static const struct skald_xt_field ttl[] = {
	ONE_OF("mode", "u8", "operator", ttl_modes),
	PLAIN("ttl", "u8", "what it is compared with"),
};
static const struct skald_xt_field tos[] = {
	PLAIN("tos", "u8", "type of service"), PLAIN("mask", "u8",
		"bits looked at"),
	INVERT,
};
static const struct skald_xt_field dscp[] = {
	LIMIT("dscp", "u8", "code point", 63), INVERT,
};
static const struct skald_xt_field tcpmss[] = {
	PLAIN("mss", "u16 range", "maximum segment size of the option"), INVERT,
};
static const struct skald_param_word ecn_bits[] = {
	{ 1, "ip-ect" }, { 16, "tcp-ece" }, { 32, "tcp-cwr" }, { 0, NULL },
};
static const struct skald_xt_field ecn[] = {
	FLAGS("operation", "u8", "what is looked at", ecn_bits),
	LIMIT("ip-ect", "u8", "code point of the IP header", 3),
	INVERT,
};
static const struct skald_xt_field comment[] = {
	LIMIT("comment", "text", "for people; every packet matches", 255),
};
static const struct skald_param_word string_flags[] = {
	{ 1, "invert" }, { 2, "ignore-case" }, { 0, NULL },
};
static const struct skald_xt_field string[] = {
	PLAIN("from", "u16", "first offset where it may begin"),
	PLAIN("to", "u16", "last one"),
	LIMIT("algo", "text", "bm or kmp: no difference here", 15),
	LIMIT("pattern", "bytes", "what is searched", 128),
	FLAGS("flags", "u8", "flags", string_flags),
};
static const struct skald_xt_field u32_tests[] = {
	PLAIN("tests", "u32 program", "locations and ranges, eleven at most"),
	INVERT,
};
static const struct skald_xt_field bpf[] = {
	PLAIN("bytecode", "cBPF program", "64 instructions at most"),
};
static const struct skald_param_word states[] = {
	{ 1, "invalid" }, { 2, "established" }, { 4, "related" }, { 8, "new" },
	{ 0, NULL },
};
static const struct skald_param_word ctstates[] = {
	{ 1, "invalid" }, { 2, "established" }, { 4, "related" }, { 8, "new" },
	{ 64, "snat" }, { 128, "dnat" }, { 256, "untracked" }, { 0, NULL },
};
static const struct skald_param_word statuses[] = {
	{ 1, "expected" }, { 2, "seen_reply" }, { 4, "assured" },
	{ 8, "confirmed" }, { 0, NULL },
};
static const struct skald_param_word ctdirs[] = {
	{ 0, "original" }, { 1, "reply" }, { 0, NULL },
};
static const struct skald_xt_field conntrack[] = {
	FLAGS("ctstate", "u16", "state of the packet", ctstates),
	LIMIT("ctproto", "u16", "protocol", 255),
	PLAIN("ctorigsrc", "prefix", "source when it began"),
	PLAIN("ctorigdst", "prefix", "destination when it began"),
	PLAIN("ctreplsrc", "prefix", "source of replies"),
	PLAIN("ctrepldst", "prefix", "destination of replies"),
	PLAIN("ctorigsrcport", PORTS, "source port when it began"),
	PLAIN("ctorigdstport", PORTS, "destination port when it began"),
	PLAIN("ctreplsrcport", PORTS, "source port of replies"),
	PLAIN("ctrepldstport", PORTS, "destination port of replies"),
	FLAGS("ctstatus", "u16", "status", statuses),
	PLAIN("ctexpire", "u32 range", "seconds that are left"),
	ONE_OF("ctdir", "u16", "direction of the packet", ctdirs),
	INVERT,
};
static const struct skald_xt_field state[] = {
	FLAGS("state", "u32", "state of the packet", states),
};
static const struct skald_xt_field mark[] = {
	PLAIN("mark", "u32", "value under the mask"),
	PLAIN("mask", "u32", "bits looked at"), INVERT,
};
static const struct skald_param_word connlimit_flags[] = {
	{ 1, "upto" }, { 2, "daddr" }, { 0, NULL },
};
static const struct skald_xt_field connlimit[] = {
	PLAIN("mask", "address", "of addresses that are counted together"),
	PLAIN("limit", "u32", "connections"),
	FLAGS("flags", "u32", "upto: match up to the limit; daddr: count "
	  "destinations", connlimit_flags),
};
static const struct skald_param_word connbytes_modes[] = {
	{ 0, "packets" }, { 1, "bytes" }, { 2, "avgpkt" }, { 0, NULL },
};
static const struct skald_param_word connbytes_dirs[] = {
	{ 0, "original" }, { 1, "reply" }, { 2, "both" }, { 0, NULL },
};
static const struct skald_xt_field connbytes[] = {
	PLAIN("connbytes", "u64 range", "how much"),
	ONE_OF("mode", "u8", "of what", connbytes_modes),
	ONE_OF("dir", "u8", "direction", connbytes_dirs),
};
static const struct skald_param_word label_options[] = {
	{ 1, "invert" }, { 2, "set" }, { 0, NULL },
};
static const struct skald_xt_field connlabel[] = {
	LIMIT("label", "u16", "number of the bit", 127),
	FLAGS("options", "u16", "set: add it as well", label_options),
};
static const struct skald_xt_field helper[] = {
	LIMIT("helper", "text", "name of the helper; empty: any", 29),
	INVERT,
};
static const struct skald_xt_field mac[] = {
	PLAIN("mac-source", "link address", "source"), INVERT,
};
static const struct skald_param_word pkttypes[] = {
	{ 0, "unicast" }, { 1, "broadcast" }, { 2, "multicast" }, { 0, NULL },
};
static const struct skald_xt_field pkttype[] = {
	ONE_OF("pkt-type", "u32", "for whom the frame is", pkttypes),
	INVERT,
};
static const struct skald_param_word owner_flags[] = {
	{ 1, "uid" }, { 2, "gid" }, { 4, "socket" }, { 8, "suppl-groups" },
	{ 0, NULL },
};
static const struct skald_xt_field owner[] = {
	PLAIN("uid-owner", "u32 range", "user of the socket"),
	PLAIN("gid-owner", "u32 range", "group of the socket"),
	FLAGS("match", "u8", "what is looked at", owner_flags), INVERT,
};
static const struct skald_param_word addrtypes[] = {
	{ 1, "unspec" }, { 2, "unicast" }, { 4, "local" }, { 8, "broadcast" },
	{ 16, "anycast" }, { 32, "multicast" }, { 64, "blackhole" },
	{ 128, "unreachable" }, { 256, "prohibit" }, { 512, "throw" },
	{ 1024, "nat" }, { 2048, "xresolve" }, { 0, NULL },
};
static const struct skald_param_word addrtype_flags[] = {
	{ 1, "invert-source" }, { 2, "invert-dest" }, { 4, "limit-iface-in" },
	{ 8, "limit-iface-out" }, { 0, NULL },
};
static const struct skald_xt_field addrtype[] = {
	FLAGS("src-type", "u16", "what the source is here", addrtypes),
	FLAGS("dst-type", "u16", "what the destination is", addrtypes),
	FLAGS("flags", "u32", "flags", addrtype_flags),
};
static const struct skald_param_word rpfilter_flags[] = {
	{ 1, "loose" }, { 2, "validmark" }, { 4, "accept-local" },
	{ 8, "invert" }, { 0, NULL },
};
static const struct skald_xt_field rpfilter[] = {
	FLAGS("flags", "u8", "how the way back is looked up", rpfilter_flags),
};
static const struct skald_param_word physdev_flags[] = {
	{ 1, "physdev-in" }, { 2, "physdev-out" }, { 4, "physdev-is-bridged" },
	{ 8, "physdev-is-in" }, { 16, "physdev-is-out" }, { 0, NULL },
};
static const struct skald_xt_field physdev[] = {
	PLAIN("physdev-in", "interface", "port of the bridge it came by"),
	PLAIN("physdev-out", "interface", "port of the bridge it leaves by"),
	FLAGS("match", "u8", "what is looked at", physdev_flags), INVERT,
};
static const struct skald_xt_field cgroup[] = {
	PLAIN("cgroup", "u32", "net_cls class of the socket"), INVERT,
};
static const struct skald_xt_field cpu[] = {
	PLAIN("cpu", "u32", "number of the processor"), INVERT,
};
static const struct skald_xt_field realm[] = {
	PLAIN("realm", "u32", "realm of the route"),
	PLAIN("mask", "u32", "bits looked at"), INVERT,
};
static const struct skald_xt_field devgroup[] = {
	PLAIN("src-group", "u32", "group of the input interface, with a mask"),
	PLAIN("dst-group", "u32", "group of the output interface, with a mask"),
	INVERT,
};
static const struct skald_param_word socket_flags[] = {
	{ 1, "transparent" }, { 2, "nowildcard" }, { 4, "restore-skmark" },
	{ 0, NULL },
};
static const struct skald_xt_field sockets[] = {
	FLAGS("flags", "u8", "flags", socket_flags),
};
static const struct skald_xt_field set[] = {
	PLAIN("match-set", "u16", "number of the set"),
	LIMIT("dim", "u8", "fields of its elements", 6),
	PLAIN("flags", "u8", "of which side each field is"), INVERT,
};
static const struct skald_xt_field limit[] = {
	PLAIN("limit", "u32", "ten-thousandths of a second for a packet"),
	PLAIN("limit-burst", "u32", "packets above that"),
};
static const struct skald_param_word statistic_modes[] = {
	{ 0, "random" }, { 1, "nth" }, { 0, NULL },
};
static const struct skald_xt_field statistic[] = {
	ONE_OF("mode", "u16", "by chance, or by turns", statistic_modes),
	PLAIN("probability", "u32", "of 0x80000000"),
	PLAIN("every", "u32", "one of how many"),
	PLAIN("packet", "u32", "which of them"), INVERT,
};
static const struct skald_xt_field quota[] = {
	PLAIN("quota", "u64", "bytes"), INVERT,
};
static const struct skald_param_word time_flags[] = {
	{ 1, "kerneltz" }, { 2, "contiguous" }, { 0, NULL },
};
static const struct skald_xt_field times[] = {
	PLAIN("date", "u32 range", "seconds since 1970"),
	LIMIT("time", "u32 range", "seconds since midnight", 86400),
	LIMIT("monthdays", "bitmap", "days of the month", 31),
	LIMIT("weekdays", "bitmap", "days of the week, 1 is Monday", 7),
	FLAGS("flags", "u8", "flags", time_flags),
};
static const struct skald_param_word hash_modes[] = {
	{ 1, "dstip" }, { 2, "dstport" }, { 4, "srcip" }, { 8, "srcport" },
	{ 16, "above" }, { 32, "bytes" }, { 64, "rate-match" }, { 0, NULL },
};
static const struct skald_xt_field hashlimit[] = {
	LIMIT("hashlimit-name", "text", "name of the table", 254),
	PLAIN("hashlimit", "u64", "the rate"),
	PLAIN("hashlimit-burst", "u64", "packets above that"),
	FLAGS("hashlimit-mode", "u32", "what has a limit of its own",
		hash_modes),
	PLAIN("hashlimit-htable-expire", "u32", "ms until one is forgotten"),
	LIMIT("hashlimit-srcmask", "u8", "bits of sources", 128),
	LIMIT("hashlimit-dstmask", "u8", "bits of destinations", 128),
};
static const struct skald_param_word recent_checks[] = {
	{ 1, "rcheck" }, { 2, "set" }, { 4, "update" }, { 8, "remove" },
	{ 16, "rttl" }, { 32, "reap" }, { 0, NULL },
};
static const struct skald_param_word recent_sides[] = {
	{ 0, "rsource" }, { 1, "rdest" }, { 0, NULL },
};
static const struct skald_xt_field recent[] = {
	FLAGS("check", "u8", "what to do", recent_checks),
	LIMIT("name", "text", "name of the list", 199),
	PLAIN("seconds", "u32", "seen within so many"),
	PLAIN("hitcount", "u32", "seen so often"),
	ONE_OF("side", "u8", "which address", recent_sides),
	PLAIN("mask", "address", "of addresses that count as one"), INVERT,
};

static const struct skald_xt_field dccp[] = {
	LIMIT("sport", "port range", "source port", 65535),
	LIMIT("dport", "port range", "destination port", 65535),
	LIMIT("dccp-types", "bitmap", "types of the packet", 15),
	PLAIN("dccp-option", "u8", "option that is there"), INVERT,
};
static const struct skald_param_word policy_flags[] = {
	{ 1, "in" }, { 2, "out" }, { 4, "none" }, { 8, "strict" }, { 0, NULL },
};
static const struct skald_xt_field policy[] = {
	FLAGS("flags", "u16", "past or route; none at all; in this order",
		policy_flags),
	PLAIN("tunnel-src", "address/mask", "source of the association"),
	PLAIN("tunnel-dst", "address/mask", "destination of the association"),
	PLAIN("spi", "be32", "its SPI"),
	PLAIN("reqid", "u32", "its request id"),
	PLAIN("proto", "u8", "its protocol"),
	PLAIN("mode", "u8", "transport or tunnel"),
	LIMIT("elements", "u16", "associations that are described", 4), INVERT,
};
static const struct skald_param_word osf_flags[] = {
	{ 1, "genre" }, { 2, "ttl" }, { 4, "log" }, { 8, "invert" },
	{ 0, NULL },
};
static const struct skald_xt_field osf[] = {
	LIMIT("genre", "text", "operating system", 31),
	FLAGS("flags", "u32", "what is looked at", osf_flags),
};
static const struct skald_xt_field cluster[] = {
	LIMIT("cluster-total-nodes", "u32", "nodes that there are", 32),
	PLAIN("cluster-local-nodemask", "u32", "nodes that this one is"),
	PLAIN("cluster-hash-seed", "u32", "seed of the hash"), INVERT,
};

const struct skald_xt_fields skald_xt_match_fields[] = {
	SKALD_XT_FIELDS("tcp", false, tcp),
	SKALD_XT_FIELDS("udp", false, udp),
	SKALD_XT_FIELDS("udplite", false, udp),
	SKALD_XT_FIELDS("icmp", false, icmp),
	SKALD_XT_FIELDS("icmp6", false, icmp),
	SKALD_XT_FIELDS("sctp", false, sctp),
	SKALD_XT_FIELDS("multiport", false, multiport),
	SKALD_XT_FIELDS("dccp", false, dccp),
	SKALD_XT_FIELDS("esp", false, spi),
	SKALD_XT_FIELDS("ah", false, spi),
	SKALD_XT_FIELDS("ipcomp", false, spi),
	SKALD_XT_FIELDS("policy", false, policy),
	SKALD_XT_FIELDS("iprange", false, iprange),
	SKALD_XT_FIELDS("length", false, length),
	SKALD_XT_FIELDS("ttl", false, ttl),
	SKALD_XT_FIELDS("hl", false, ttl),
	SKALD_XT_FIELDS("tos", false, tos),
	SKALD_XT_FIELDS("dscp", false, dscp),
	SKALD_XT_FIELDS("tcpmss", false, tcpmss),
	SKALD_XT_FIELDS("ecn", false, ecn),
	SKALD_XT_FIELDS("comment", false, comment),
	SKALD_XT_FIELDS("string", false, string),
	SKALD_XT_FIELDS("u32", false, u32_tests),
	SKALD_XT_FIELDS("bpf", false, bpf),
	SKALD_XT_FIELDS("conntrack", false, conntrack),
	SKALD_XT_FIELDS("state", false, state),
	SKALD_XT_FIELDS("connmark", false, mark),
	SKALD_XT_FIELDS("connlimit", false, connlimit),
	SKALD_XT_FIELDS("connbytes", false, connbytes),
	SKALD_XT_FIELDS("connlabel", false, connlabel),
	SKALD_XT_FIELDS("helper", false, helper),
	SKALD_XT_FIELDS("cluster", false, cluster),
	SKALD_XT_FIELDS("mark", false, mark),
	SKALD_XT_FIELDS("mac", false, mac),
	SKALD_XT_FIELDS("pkttype", false, pkttype),
	SKALD_XT_FIELDS("owner", false, owner),
	SKALD_XT_FIELDS("addrtype", false, addrtype),
	SKALD_XT_FIELDS("rpfilter", false, rpfilter),
	SKALD_XT_FIELDS("physdev", false, physdev),
	SKALD_XT_FIELDS("cgroup", false, cgroup),
	SKALD_XT_FIELDS("osf", false, osf),
	SKALD_XT_FIELDS("cpu", false, cpu),
	SKALD_XT_FIELDS("realm", false, realm),
	SKALD_XT_FIELDS("devgroup", false, devgroup),
	SKALD_XT_FIELDS("socket", false, sockets),
	SKALD_XT_FIELDS("set", false, set),
	SKALD_XT_FIELDS("limit", false, limit),
	SKALD_XT_FIELDS("statistic", false, statistic),
	SKALD_XT_FIELDS("quota", false, quota),
	SKALD_XT_FIELDS("time", false, times),
	SKALD_XT_FIELDS("hashlimit", false, hashlimit),
	SKALD_XT_FIELDS("recent", false, recent),
	{ .name = NULL },
};
/* clang-format on */
