/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the fields of the filter language
 *
 * One list makes the parser, the SQL, help screens and docs/filter.md.
 *
 * F(name, type, scope, columns, help)
 *
 * type says what can be compared with it, and how:
 *   NUM ADDR TEXT YES TIME SPAN (a length of time) MAC
 *   END (an ending, with the aliases drop and accept)
 *   HOOK STATE SOURCE KIND (words of include/skald/event.h)
 *
 * scope says where the columns are:
 *   STORY  columns of story AS s
 *   SHAPE  columns of shape
 *   STEP   columns of step: true when any step of the story has it
 *   RULE   columns of rule: true when any rule that the story met has it
 *   FLOW   columns of flow; @ stands for the table
 *   PACKET a field of the packet, looked up in the story's own bytes:
 *          "field" as it came in, "+field" as it was last seen
 *   HOST   columns of host
 *
 * Columns are separated by "|": the term is true when it is for any of them.
 */
#ifndef SKALD_LIB_FILTER_FIELD_H
#define SKALD_LIB_FILTER_FIELD_H

#include <stddef.h>

#define SKALD_FILTER_TYPES(T)         \
	T(NUM, "number")              \
	T(ADDR, "address or network") \
	T(TEXT, "text")               \
	T(YES, "yes or no")           \
	T(TIME, "time")               \
	T(SPAN, "duration")           \
	T(MAC, "link-layer address")  \
	T(END, "ending")              \
	T(HOOK, "hook")               \
	T(STATE, "conntrack state")   \
	T(SOURCE, "source")           \
	T(KIND, "kind of event")

#define SKALD_FILTER_SCOPES(S) \
	S(STORY) S(SHAPE) S(STEP) S(RULE) S(FLOW) S(PACKET) S(HOST)

#define SKALD_FILTER_FIELDS(F)                                                 \
	F("id", NUM, STORY, "id", "number of the story")                       \
	F("time", TIME, STORY, "start_ns", "when the packet was marked")       \
	F("duration", SPAN, STORY, "duration_ns",                              \
	  "from the mark to the last event")                                   \
	F("verdict", END, STORY, "ending",                                     \
	  "how it ended: drop, accept (delivered or sent), or an ending")      \
	F("ending", END, STORY, "ending", "the same as verdict")               \
	F("reason", TEXT, SHAPE, "reason", "why it ended so")                  \
	F("by", TEXT, SHAPE, "text",                                           \
	  "text of the rule or policy that ended it")                          \
	F("end.hook", HOOK, SHAPE, "hook", "hook where it ended")              \
	F("end.family", TEXT, SHAPE, "family",                                 \
	  "family of the table that ended it")                                 \
	F("end.table", TEXT, SHAPE, "table_name", "table that ended it")       \
	F("end.chain", TEXT, SHAPE, "chain", "chain that ended it")            \
	F("end.handle", NUM, SHAPE, "handle", "rule that ended it")            \
	F("rule", TEXT, RULE, "text", "text of any rule that it met")          \
	F("handle", NUM, RULE, "handle", "handle of any rule that it met")     \
	F("table", TEXT, RULE, "table_name", "any table that it met")          \
	F("chain", TEXT, RULE, "chain", "any chain that it met")               \
	F("hook", HOOK, STEP, "hook", "any hook that it passed")               \
	F("event", KIND, STEP, "kind", "any kind of event that it has")        \
	F("detail", TEXT, STEP, "detail",                                      \
	  "other things its events say, as in the view events")                \
	F("state", STATE, STEP, "state",                                       \
	  "what the connection tracker thought of it")                         \
	F("nat", YES, SHAPE, "nat", "an address or port was translated")       \
	F("ip.src", ADDR, FLOW, "@saddr", "source address as it came in")      \
	F("ip.dst", ADDR, FLOW, "@daddr", "destination address as it came in") \
	F("ip.addr", ADDR, FLOW, "@saddr|@daddr|@final_saddr|@final_daddr",    \
	  "any address, before or after translation")                          \
	F("src.port", NUM, FLOW, "@sport", "source port as it came in")        \
	F("dst.port", NUM, FLOW, "@dport", "destination port as it came in")   \
	F("port", NUM, FLOW, "@sport|@dport|@final_sport|@final_dport",        \
	  "any port, before or after translation")                             \
	F("final.src", ADDR, FLOW, "coalesce(@final_saddr, @saddr)",           \
	  "source address as it left")                                         \
	F("final.dst", ADDR, FLOW, "coalesce(@final_daddr, @daddr)",           \
	  "destination address as it left")                                    \
	F("final.src.port", NUM, FLOW, "coalesce(@final_sport, @sport)",       \
	  "source port as it left")                                            \
	F("final.dst.port", NUM, FLOW, "coalesce(@final_dport, @dport)",       \
	  "destination port as it left")                                       \
	F("proto", TEXT, FLOW, "@proto", "tcp, udp, icmp, icmp6, ...")         \
	F("family", TEXT, FLOW, "@family", "ip, ip6, arp, ...")                \
	F("len", NUM, PACKET, "len", "length, network header on, bytes")       \
	F("ttl", NUM, PACKET, "ttl", "time to live or hop limit")              \
	F("dscp", NUM, PACKET, "dscp", "differentiated services code point")   \
	F("mark", NUM, PACKET, "mark", "nfmark as it came in")                 \
	F("ip.id", NUM, PACKET, "id", "IPv4 identification")                   \
	F("ip.frag", NUM, PACKET, "frag_offset", "offset of the fragment")     \
	F("tcp.flags", TEXT, PACKET, "flags",                                  \
	  "TCP flags as tcpdump writes them, \"S.\"")                          \
	F("tcp.seq", NUM, PACKET, "seq", "TCP sequence number")                \
	F("tcp.ack", NUM, PACKET, "ack", "TCP acknowledgement number")         \
	F("tcp.window", NUM, PACKET, "window", "TCP window, unscaled")         \
	F("icmp.type", NUM, PACKET, "icmp_type", "ICMP type")                  \
	F("icmp.code", NUM, PACKET, "icmp_code", "ICMP code")                  \
	F("icmp.id", NUM, PACKET, "icmp_id", "ICMP echo identifier")           \
	F("icmp.seq", NUM, PACKET, "icmp_seq", "ICMP echo sequence number")    \
	F("vlan", NUM, PACKET, "vlan", "VLAN id")                              \
	F("mac.src", MAC, PACKET, "smac", "source link-layer address")         \
	F("mac.dst", MAC, PACKET, "dmac", "destination link-layer address")    \
	F("final.ttl", NUM, PACKET, "+ttl", "time to live as it left")         \
	F("final.dscp", NUM, PACKET, "+dscp", "code point as it left")         \
	F("final.mark", NUM, PACKET, "+mark", "nfmark as it left")             \
	F("iif", TEXT, SHAPE, "iif", "interface it came in by")                \
	F("oif", TEXT, SHAPE, "oif", "interface it left by")                   \
	F("netns", TEXT, SHAPE, "netns", "network namespace")                  \
	F("host", TEXT, HOST, "name", "machine")                               \
	F("source", SOURCE, SHAPE, "source", "nft, kmod or engine")            \
	F("generation", NUM, STORY, "generation", "ruleset generation")        \
	F("shape", NUM, SHAPE, "id", "number of the shape")                    \
	F("path", TEXT, SHAPE, "path", "its path, as list --shapes shows it")  \
	F("events", NUM, SHAPE, "n_events", "number of events")                \
	F("complete", YES, STORY, "complete", "nothing is missing")            \
	F("gap", YES, STORY, "!complete", "something is missing")              \
	F("pinned", YES, STORY, "pinned", "retention leaves it alone")

#define SKALD_FILTER_TYPE_ENUM(name, words) SKALD_FILTER_##name,
enum skald_filter_type {
	SKALD_FILTER_TYPES(SKALD_FILTER_TYPE_ENUM)
};
#define SKALD_FILTER_SCOPE_ENUM(name) SKALD_SCOPE_##name,
enum skald_filter_scope {
	SKALD_FILTER_SCOPES(SKALD_FILTER_SCOPE_ENUM)
};

/**
 * struct skald_filter_desc - one field, for the compiler
 * @name: its name
 * @type: what it is compared with
 * @scope: where its columns are
 * @columns: the columns
 */
struct skald_filter_desc {
	const char *name;
	enum skald_filter_type type;
	enum skald_filter_scope scope;
	const char *columns;
};

/* Ended by a NULL name. */
extern const struct skald_filter_desc skald_filter_descs[];

/* Return: the field of that name, or NULL */
const struct skald_filter_desc *skald_filter_find(const char *name, size_t len);
/* Return: the name closest to one that is no field, or NULL */
const char *skald_filter_guess(const char *name, size_t len);

#endif /* SKALD_LIB_FILTER_FIELD_H */
