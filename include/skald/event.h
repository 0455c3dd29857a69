/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the one list of event kinds
 *
 * Everything that skald can say about a packet is an *event*, and every kind of
 * event stands in this file once. The structures, the JSON keys, the text
 * printer, the packing of the store and docs/events.md are all made from it.
 *
 * To add a kind: write its SKALD_EV_<KIND>(F, k) field list and one line in
 * SKALD_EVENTS. Nothing else has to be told.
 *
 * A field is F(k, part, type, name, help); k is the kind's word, handed through
 * by whoever walks the list.
 *
 * part says where the field is stored:
 *   PATH  part of the *shape*: what packets that took the same way share
 *         (hook, chain, rule, verdict); interned, stored once
 *   OWN   belongs to this packet alone (ids, addresses, numbers)
 *
 * type is one of:
 *   NUM   an unsigned number                      uint64_t
 *   YES   a claim, true or false                  uint64_t, 0 or 1
 *   STR   a string, NULL when absent              const char *
 *   VAL   a typed value (address, MAC, number)    struct skald_value
 *   anything else is a list of words below (FAMILY, HOOK, VERDICT, ...),
 *   held as uint64_t and always printed as its word.
 *
 * A field may be absent; struct skald_event.present says which are there.
 * The order of kinds and fields is the order on disk: append, never reorder.
 */
#ifndef SKALD_EVENT_H
#define SKALD_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* clang-format off */

/* Word lists: W(list, NAME, number, "word") */

/* Protocol families, numbered as NFPROTO_*. */
#define SKALD_WORDS_FAMILY(W) \
	W(FAMILY, UNSPEC, 0, "unspec") \
	W(FAMILY, INET, 1, "inet") \
	W(FAMILY, IP, 2, "ip") \
	W(FAMILY, ARP, 3, "arp") \
	W(FAMILY, NETDEV, 5, "netdev") \
	W(FAMILY, BRIDGE, 7, "bridge") \
	W(FAMILY, IP6, 10, "ip6")

/* Hooks of every family in one list; see skald_hook_from_nft(). */
#define SKALD_WORDS_HOOK(W) \
	W(HOOK, NONE, 0, "none") \
	W(HOOK, INGRESS, 1, "ingress") \
	W(HOOK, PREROUTING, 2, "prerouting") \
	W(HOOK, INPUT, 3, "input") \
	W(HOOK, FORWARD, 4, "forward") \
	W(HOOK, OUTPUT, 5, "output") \
	W(HOOK, POSTROUTING, 6, "postrouting") \
	W(HOOK, EGRESS, 7, "egress")

#define SKALD_WORDS_VERDICT(W) \
	W(VERDICT, NONE, 0, "none") \
	W(VERDICT, ACCEPT, 1, "accept") \
	W(VERDICT, DROP, 2, "drop") \
	W(VERDICT, STOLEN, 3, "stolen") \
	W(VERDICT, QUEUE, 4, "queue") \
	W(VERDICT, REPEAT, 5, "repeat") \
	W(VERDICT, CONTINUE, 6, "continue") \
	W(VERDICT, BREAK, 7, "break") \
	W(VERDICT, JUMP, 8, "jump") \
	W(VERDICT, GOTO, 9, "goto") \
	W(VERDICT, RETURN, 10, "return")

#define SKALD_WORDS_CTSTATE(W) \
	W(CTSTATE, UNKNOWN, 0, "unknown") \
	W(CTSTATE, INVALID, 1, "invalid") \
	W(CTSTATE, ESTABLISHED, 2, "established") \
	W(CTSTATE, RELATED, 3, "related") \
	W(CTSTATE, NEW, 4, "new") \
	W(CTSTATE, UNTRACKED, 5, "untracked")

#define SKALD_WORDS_CTDIR(W) \
	W(CTDIR, ORIGINAL, 0, "original") \
	W(CTDIR, REPLY, 1, "reply")

#define SKALD_WORDS_NAT(W) \
	W(NAT, SNAT, 0, "snat") \
	W(NAT, DNAT, 1, "dnat") \
	W(NAT, MASQUERADE, 2, "masquerade") \
	W(NAT, REDIRECT, 3, "redirect") \
	W(NAT, REVERSE_SNAT, 4, "reverse_snat") \
	W(NAT, REVERSE_DNAT, 5, "reverse_dnat")

/* Route types, numbered as RTN_*. */
#define SKALD_WORDS_RTTYPE(W) \
	W(RTTYPE, UNSPEC, 0, "unspec") \
	W(RTTYPE, UNICAST, 1, "unicast") \
	W(RTTYPE, LOCAL, 2, "local") \
	W(RTTYPE, BROADCAST, 3, "broadcast") \
	W(RTTYPE, ANYCAST, 4, "anycast") \
	W(RTTYPE, MULTICAST, 5, "multicast") \
	W(RTTYPE, BLACKHOLE, 6, "blackhole") \
	W(RTTYPE, UNREACHABLE, 7, "unreachable") \
	W(RTTYPE, PROHIBIT, 8, "prohibit") \
	W(RTTYPE, THROW, 9, "throw")

#define SKALD_WORDS_LOOKUP(W) \
	W(LOOKUP, INPUT, 1, "input") \
	W(LOOKUP, REVERSE, 2, "reverse") \
	W(LOOKUP, OUTPUT, 3, "output")

#define SKALD_WORDS_ORIGIN(W) \
	W(ORIGIN, OBSERVED, 0, "observed") \
	W(ORIGIN, RECOMPUTED, 1, "recomputed")

#define SKALD_WORDS_ENDING(W) \
	W(ENDING, UNKNOWN, 0, "unknown") \
	W(ENDING, DELIVERED, 1, "delivered") \
	W(ENDING, SENT, 2, "sent") \
	W(ENDING, DROPPED, 3, "dropped") \
	W(ENDING, CONSUMED, 4, "consumed")

#define SKALD_WORDS_SOURCE(W) \
	W(SOURCE, NFT, 0, "nft") \
	W(SOURCE, KMOD, 1, "kmod") \
	W(SOURCE, ENGINE, 2, "engine")

/* Every word list, for code that walks them: L(LIST). */
#define SKALD_WORD_LISTS(L) \
	L(FAMILY) L(HOOK) L(VERDICT) L(CTSTATE) L(CTDIR) L(NAT) L(RTTYPE) \
	L(ORIGIN) L(ENDING) L(SOURCE) L(LOOKUP)

/* The field lists, one for each kind. */

#define SKALD_EV_MARK(F, k) \
	F(k, PATH, STR, classifier, "the expression that chose the packet") \
	F(k, PATH, FAMILY, family, "family of the table that marked it") \
	F(k, PATH, HOOK, hook, "hook where it was marked") \
	F(k, PATH, STR, iif, "interface it came in by") \
	F(k, PATH, STR, oif, "interface it will leave by, if known yet") \
	F(k, OWN, NUM, mark, "nfmark at that moment")

#define SKALD_EV_CHAIN(F, k) \
	F(k, PATH, FAMILY, family, "family of the table") \
	F(k, PATH, STR, table, "table") \
	F(k, PATH, STR, chain, "base chain entered") \
	F(k, PATH, HOOK, hook, "hook it is attached to") \
	F(k, PATH, STR, priority, "priority, in words where it has a name") \
	F(k, PATH, STR, type, "filter, nat or route")

#define SKALD_EV_RULE(F, k) \
	F(k, PATH, FAMILY, family, "family of the table") \
	F(k, PATH, STR, table, "table") \
	F(k, PATH, STR, chain, "chain") \
	F(k, PATH, NUM, handle, "handle of the rule in its table") \
	F(k, PATH, VERDICT, verdict, "what the rule decided") \
	F(k, PATH, STR, target, "chain jumped or gone to") \
	F(k, PATH, STR, text, "the rule as the ruleset's own tool writes it") \
	F(k, PATH, NUM, loaded, "generation that brought the rule; 0: older")

#define SKALD_EV_MISS(F, k) \
	F(k, PATH, FAMILY, family, "family of the table") \
	F(k, PATH, STR, table, "table") \
	F(k, PATH, STR, chain, "chain") \
	F(k, PATH, NUM, handle, "handle of the rule that did not match") \
	F(k, PATH, STR, text, "its text") \
	F(k, PATH, STR, expression, "the first expression that failed") \
	F(k, PATH, STR, field, "what the expression looked at") \
	F(k, PATH, STR, expected, "what it wanted") \
	F(k, OWN, STR, actual, "what the packet had")

#define SKALD_EV_POLICY(F, k) \
	F(k, PATH, FAMILY, family, "family of the table") \
	F(k, PATH, STR, table, "table") \
	F(k, PATH, STR, chain, "base chain that ended") \
	F(k, PATH, VERDICT, verdict, "its policy")

#define SKALD_EV_RETURN(F, k) \
	F(k, PATH, FAMILY, family, "family of the table") \
	F(k, PATH, STR, table, "table") \
	F(k, PATH, STR, chain, "chain that was left") \
	F(k, PATH, NUM, handle, "rule that returned; 0: the chain's end") \
	F(k, PATH, STR, text, "text of that rule")

#define SKALD_EV_STAGE(F, k) \
	F(k, PATH, STR, name, "hook function that ran") \
	F(k, PATH, HOOK, hook, "hook it is attached to") \
	F(k, PATH, VERDICT, verdict, "what it decided") \
	F(k, OWN, NUM, took_ns, "nanoseconds it took, if measured")

#define SKALD_EV_MANGLE(F, k) \
	F(k, PATH, STR, field, "what changed: a key of packet{}") \
	F(k, OWN, VAL, old, "value before") \
	F(k, OWN, VAL, new, "value after") \
	F(k, PATH, STR, by, "who changed it, as closely as is known")

#define SKALD_EV_CONNTRACK(F, k) \
	F(k, OWN, NUM, id, "id of the entry") \
	F(k, PATH, CTSTATE, state, "what the tracker thinks of the packet") \
	F(k, PATH, CTDIR, direction, "direction in the connection") \
	F(k, PATH, STR, status, "status bits of the entry") \
	F(k, PATH, NUM, zone, "zone") \
	F(k, OWN, NUM, mark, "connection mark") \
	F(k, OWN, NUM, timeout, "seconds the entry had left") \
	F(k, PATH, STR, reason, "why it is invalid")

#define SKALD_EV_NAT(F, k) \
	F(k, PATH, NAT, type, "kind of translation") \
	F(k, OWN, STR, old, "address and port before") \
	F(k, OWN, STR, new, "address and port after") \
	F(k, PATH, FAMILY, family, "family of the table of the rule") \
	F(k, PATH, STR, table, "table of the rule") \
	F(k, PATH, STR, chain, "chain of the rule") \
	F(k, PATH, NUM, handle, "rule that chose it; absent for known flows")

#define SKALD_EV_EXPECT(F, k) \
	F(k, PATH, STR, helper, "helper that expects") \
	F(k, OWN, STR, tuple, "connection expected")

#define SKALD_EV_ROUTE(F, k) \
	F(k, PATH, ORIGIN, origin, "seen in the kernel, or asked again after") \
	F(k, PATH, NUM, rule, "priority of the ip rule") \
	F(k, PATH, STR, table, "routing table") \
	F(k, PATH, STR, prefix, "prefix that matched") \
	F(k, PATH, STR, via, "next hop") \
	F(k, PATH, STR, oif, "interface") \
	F(k, PATH, STR, source, "preferred source address") \
	F(k, PATH, RTTYPE, type, "type of the route") \
	F(k, PATH, YES, agrees, "the packet really left by that interface") \
	F(k, PATH, STR, error, "why there is no route") \
	F(k, PATH, LOOKUP, purpose, "what it was looked up for; reverse: is " \
	  "there a way back to the sender")

#define SKALD_EV_NEIGH(F, k) \
	F(k, PATH, STR, device, "interface") \
	F(k, OWN, VAL, address, "next hop") \
	F(k, OWN, VAL, lladdr, "link-layer address") \
	F(k, PATH, STR, state, "state of the entry")

/* Journey links: story is the other one. */
#define SKALD_EV_LINK(F, k) \
	F(k, OWN, NUM, story, "id of the other story") \
	F(k, PATH, STR, place, "where it happened") \
	F(k, PATH, STR, how, "what proves the link")

#define SKALD_EV_QUEUE(F, k) \
	F(k, PATH, NUM, number, "queue") \
	F(k, PATH, HOOK, hook, "hook")

#define SKALD_EV_REINJECT(F, k) \
	F(k, PATH, NUM, number, "queue") \
	F(k, PATH, VERDICT, verdict, "verdict of user space") \
	F(k, PATH, YES, bypass, "or it never went: the rule lets packets pass " \
	  "when nobody listens")

#define SKALD_EV_DELIVER(F, k) \
	F(k, PATH, STR, protocol, "protocol of the socket") \
	F(k, PATH, NUM, port, "local port") \
	F(k, OWN, NUM, socket, "inode of the socket") \
	F(k, OWN, NUM, pid, "process") \
	F(k, PATH, STR, command, "its command")

#define SKALD_EV_SEND(F, k) \
	F(k, PATH, STR, device, "interface the packet was handed to")

#define SKALD_EV_DROP(F, k) \
	F(k, PATH, STR, reason, "drop reason, in the kernel's words") \
	F(k, PATH, STR, place, "where") \
	F(k, PATH, STR, by, "rule, policy or function")

#define SKALD_EV_CONSUME(F, k) \
	F(k, PATH, STR, by, "who took the packet")

#define SKALD_EV_LOST(F, k) \
	F(k, OWN, NUM, count, "events that are missing; 0: unknown") \
	F(k, PATH, STR, where, "buffer that overran, or what is not known")

#define SKALD_EV_RECEIVE(F, k) \
	F(k, PATH, STR, device, "interface it came in by")

#define SKALD_EV_HOOK(F, k) \
	F(k, PATH, FAMILY, family, "family of the hook") \
	F(k, PATH, HOOK, hook, "the hook") \
	F(k, PATH, STR, functions, "what will run there, in order")

#define SKALD_EV_BRIDGE(F, k) \
	F(k, PATH, STR, step, "where in the bridge") \
	F(k, PATH, STR, device, "port, or the bridge")

#define SKALD_EV_TRANSMIT(F, k) \
	F(k, PATH, STR, device, "interface whose queue it goes to")

#define SKALD_EV_SOCKET(F, k) \
	F(k, PATH, STR, protocol, "protocol of the socket") \
	F(k, PATH, NUM, port, "local port") \
	F(k, OWN, NUM, socket, "inode of the socket") \
	F(k, OWN, NUM, pid, "process") \
	F(k, PATH, STR, command, "its command")

/* The kinds: K(NAME, word, field list, help) */
#define SKALD_EVENTS(K) \
	K(MARK, mark, SKALD_EV_MARK, "a classifier chose the packet") \
	K(CHAIN, chain, SKALD_EV_CHAIN, "a base chain was entered") \
	K(RULE, rule, SKALD_EV_RULE, "a rule matched") \
	K(MISS, miss, SKALD_EV_MISS, "a rule did not match") \
	K(POLICY, policy, SKALD_EV_POLICY, "a base chain's policy decided") \
	K(RETURN, return, SKALD_EV_RETURN, "a chain was left for its caller") \
	K(STAGE, stage, SKALD_EV_STAGE, \
	  "a hook function that is no chain ran") \
	K(MANGLE, mangle, SKALD_EV_MANGLE, "something in the packet changed") \
	K(CONNTRACK, conntrack, SKALD_EV_CONNTRACK, \
	  "the connection tracker saw the packet") \
	K(NAT, nat, SKALD_EV_NAT, "an address or port was translated") \
	K(EXPECT, expect, SKALD_EV_EXPECT, "a helper expects a connection") \
	K(ROUTE, route, SKALD_EV_ROUTE, "a route was chosen") \
	K(NEIGH, neigh, SKALD_EV_NEIGH, "a neighbour was resolved") \
	K(CLONE, clone, SKALD_EV_LINK, "the packet was cloned") \
	K(FRAGMENT, fragment, SKALD_EV_LINK, "the packet was fragmented") \
	K(REASSEMBLE, reassemble, SKALD_EV_LINK, "fragments became one") \
	K(SEGMENT, segment, SKALD_EV_LINK, "the packet was segmented") \
	K(ENCAP, encap, SKALD_EV_LINK, "the packet entered a tunnel") \
	K(DECAP, decap, SKALD_EV_LINK, "the packet left a tunnel") \
	K(SCRUB, scrub, SKALD_EV_LINK, "the packet entered a namespace") \
	K(LOOP, loop, SKALD_EV_LINK, "the packet came round by loopback") \
	K(QUEUE, queue, SKALD_EV_QUEUE, "the packet went to user space") \
	K(REINJECT, reinject, SKALD_EV_REINJECT, "it came back") \
	K(DELIVER, deliver, SKALD_EV_DELIVER, "a socket got the packet") \
	K(SEND, send, SKALD_EV_SEND, "a device got the packet") \
	K(DROP, drop, SKALD_EV_DROP, "the packet was dropped") \
	K(CONSUME, consume, SKALD_EV_CONSUME, "the packet was consumed") \
	K(LOST, lost, SKALD_EV_LOST, "events are missing here") \
	K(RECEIVE, receive, SKALD_EV_RECEIVE, "the stack got it from a device") \
	K(HOOK, hook, SKALD_EV_HOOK, "a netfilter hook was entered") \
	K(BRIDGE, bridge, SKALD_EV_BRIDGE, "a step in a bridge") \
	K(TRANSMIT, transmit, SKALD_EV_TRANSMIT, \
	  "it was put into a device's queue") \
	K(SENDER, sender, SKALD_EV_SOCKET, "the socket that made it") \
	K(TAP, tap, SKALD_EV_SOCKET, "a packet socket looked at it")

/* From here on everything is made from the lists. */

#define SKALD_WORD_ENUM(list, name, number, word) \
	SKALD_##list##_##name = number,
#define SKALD_WORD_LIST_ENUM(list) \
	enum skald_words_##list { SKALD_WORDS_##list(SKALD_WORD_ENUM) };
SKALD_WORD_LISTS(SKALD_WORD_LIST_ENUM)

/* clang-format on */

#define SKALD_KIND_ENUM(name, word, fields, help) SKALD_##name,
enum skald_event_kind {
	SKALD_EVENTS(SKALD_KIND_ENUM) SKALD_N_KINDS
};

/* Longest value: an IPv6 address. */
#define SKALD_VALUE_MAX 16

/**
 * enum skald_value_type - what the bytes of a value are
 * @SKALD_VALUE_NONE: nothing
 * @SKALD_VALUE_NUM: a number, held in skald_value.num
 * @SKALD_VALUE_IP4: 4 bytes, network order
 * @SKALD_VALUE_IP6: 16 bytes, network order
 * @SKALD_VALUE_MAC: 6 bytes
 */
enum skald_value_type {
	SKALD_VALUE_NONE,
	SKALD_VALUE_NUM,
	SKALD_VALUE_IP4,
	SKALD_VALUE_IP6,
	SKALD_VALUE_MAC,
};

/**
 * struct skald_value - one value of a packet's field
 * @type: enum skald_value_type
 * @num: the number, for SKALD_VALUE_NUM
 * @bytes: the address, for the other types; network order
 */
struct skald_value {
	uint8_t type;
	union {
		uint64_t num;
		uint8_t bytes[SKALD_VALUE_MAX];
	};
};

#define SKALD_CTYPE_NUM uint64_t
#define SKALD_CTYPE_YES uint64_t
#define SKALD_CTYPE_STR const char *
#define SKALD_CTYPE_VAL struct skald_value
#define SKALD_CTYPE_FAMILY uint64_t
#define SKALD_CTYPE_HOOK uint64_t
#define SKALD_CTYPE_VERDICT uint64_t
#define SKALD_CTYPE_CTSTATE uint64_t
#define SKALD_CTYPE_CTDIR uint64_t
#define SKALD_CTYPE_NAT uint64_t
#define SKALD_CTYPE_RTTYPE uint64_t
#define SKALD_CTYPE_ORIGIN uint64_t
#define SKALD_CTYPE_LOOKUP uint64_t

#define SKALD_FIELD_MEMBER(k, part, type, name, help) SKALD_CTYPE_##type name;
#define SKALD_KIND_STRUCT(kind, word, fields, help) \
	struct {                                    \
		fields(SKALD_FIELD_MEMBER, word)    \
	} ev_##word;

/**
 * struct skald_event - one step of a packet
 * @t_ns: CLOCK_REALTIME in nanoseconds
 * @kind: enum skald_event_kind
 * @present: bit i is set when field i of the kind's list has a value
 *
 * The fields of kind "rule" are in @ev_rule, and so on. Strings are borrowed.
 */
struct skald_event {
	uint64_t t_ns;
	uint32_t kind;
	uint32_t present;
	union {
		SKALD_EVENTS(SKALD_KIND_STRUCT)
	};
};

/* Presence bits: a field's bit is its place in its kind's list. */
#define SKALD_FIELD_BYTE(k, part, type, name, help) char name;
#define SKALD_KIND_BITS(kind, word, fields, help) \
	struct skald_bits_##word {                \
		fields(SKALD_FIELD_BYTE, word)    \
	};
SKALD_EVENTS(SKALD_KIND_BITS)

/* SKALD_BIT(rule, handle): the presence bit of a field. */
#define SKALD_BIT(word, field) (1u << offsetof(struct skald_bits_##word, field))
#define SKALD_HAS(event, word, field) \
	(((event)->present & SKALD_BIT(word, field)) != 0)

/* SKALD_SET(event, rule, handle, 7): gives a field its value. */
#define SKALD_SET(event, word, field, value) \
	((event)->ev_##word.field = (value), \
	 (event)->present |= SKALD_BIT(word, field))

#endif /* SKALD_EVENT_H */
