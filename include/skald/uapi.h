/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * DOC: what skald.ko and its collector say to each other
 *
 * Generic netlink family "skald", version 1. Numbers are in host byte order
 * unless a type says otherwise; a message that has an attribute of a wrong
 * type or length, or one that its command does not know, is refused, with a
 * text (NLMSGERR_ATTR_MSG) and, where there is one, the offending attribute.
 *
 * Who may ask: SKALD_CMD_INFO, _PROBES and _REASONS anybody. What concerns a
 * classifier needs CAP_NET_ADMIN in the user namespace that owns the network
 * namespace the classifier is for; for all namespaces, and for collecting
 * (records show packets of every namespace), in the initial user namespace.
 *
 * SKALD_CMD_INFO: what this module is and what it can do here. Answer:
 *
 *   SKALD_A_VERSION: NLA_U32, of this file: SKALD_VERSION
 *   SKALD_A_RELEASE: NLA_NUL_STRING, of the module
 *   SKALD_A_FEATURES: NLA_U64, bits of enum skald_feature: what can be told on
 *       this kernel, with the modules that are loaded now
 *   SKALD_A_ARMED: NLA_U32, port of the collector; absent when there is none
 *   SKALD_A_RING: NLA_U32, bytes of each CPU's ring
 *   SKALD_A_PACKETS: NLA_U32, marked packets that can be known at one time
 *   SKALD_A_CPUS: NLA_U32, possible CPUs
 *   SKALD_A_MAX_CLASSIFIERS: NLA_U32
 *   SKALD_A_MAX_PROGRAM: NLA_U32, instructions of a classifier's program
 *
 * SKALD_CMD_START: arms the trace points; records go to the asking socket and
 * to no other. Ends with SKALD_CMD_STOP from it, or with its death.
 *
 *   SKALD_A_RING: NLA_U32, optional: SKALD_RING_MIN..MAX, a power of two
 *   SKALD_A_PACKETS: NLA_U32, optional: SKALD_PACKETS_MIN..MAX, same
 *   SKALD_A_WITHOUT: NLA_U64, optional: features not to be armed, none of
 *       SKALD_FEATURE_ESSENTIAL
 *
 * Answer: SKALD_A_FEATURES, SKALD_A_RING and SKALD_A_PACKETS as they are now;
 * it comes before any record. -EBUSY when another socket collects,
 * -EOPNOTSUPP when this kernel cannot be traced.
 *
 * SKALD_CMD_STOP: disarms. What is in the rings is sent first, as far as the
 * socket takes it; then the answer, that of SKALD_CMD_STATS, final. Who wants
 * the last record flushes the classifiers, reads on until SKALD_CMD_STATS shows
 * rings of which nothing is used, and stops then; what remained is
 * emitted - lost - sent.
 *
 * SKALD_CMD_RECORDS: from the kernel, unasked, to the collector:
 *
 *   SKALD_A_BATCH: NLA_U64, counts the messages of this collection from 1
 *   SKALD_A_CPU: NLA_U32
 *   SKALD_A_RECORDS: NLA_BINARY, records (below), one after the other, all of
 *       that CPU, oldest first; at most SKALD_BATCH_MAX bytes
 * or
 *   SKALD_A_BATCH: NLA_U64
 *   SKALD_A_WATERMARK: NLA_U64, every record of every CPU with an earlier time
 *       has been sent: what came so far can be put in order
 *
 * Batches are kept while the socket is full: nothing is lost on the way, the
 * rings fill instead and say what they could not take, where it is missing.
 * SKALD_A_BATCH without a gap proves it. A socket should have
 * NETLINK_NO_ENOBUFS set: an overrun is no loss here.
 *
 * SKALD_CMD_CLASSIFIER_ADD: appends a line to the debug table.
 *
 *   SKALD_A_CLASSIFIER: NLA_NESTED
 *     SKALD_CLASSIFIER_A_L2: NLA_BINARY, struct sock_filter[]: classic BPF as
 *         libpcap compiles it for DLT_EN10MB; sees the frame from its
 *         link-layer header
 *     SKALD_CLASSIFIER_A_L3: NLA_BINARY, the same for DLT_RAW; sees the packet
 *         from its network header. At least one of the two
 *     SKALD_CLASSIFIER_A_POINTS: NLA_U32, bits of enum skald_point: where it
 *         looks. Default: RECEIVE and OUTPUT
 *     SKALD_CLASSIFIER_A_IIF: NLA_NUL_STRING, name of the interface the packet
 *         came in by; default: any
 *     SKALD_CLASSIFIER_A_OIF: NLA_NUL_STRING, ... goes out by, where that is
 *         known: OUTPUT and TRANSMIT
 *     SKALD_CLASSIFIER_A_NETNS: NLA_U32, inode number of the network
 *         namespace; 0: all. Default: the asking socket's
 *     SKALD_CLASSIFIER_A_RATE: NLA_U32, marks a second; 0: no limit
 *     SKALD_CLASSIFIER_A_BURST: NLA_U32, with it. Default: the rate
 *     SKALD_CLASSIFIER_A_SAMPLE: NLA_U32, of N matching packets mark one
 *     SKALD_CLASSIFIER_A_FIRST: NLA_U64, mark so many, then no more
 *     SKALD_CLASSIFIER_A_TTL: NLA_U32, seconds, then it goes by itself
 *     SKALD_CLASSIFIER_A_KEEP: NLA_FLAG, stays when its owner's socket closes;
 *         else it goes with it
 *     SKALD_CLASSIFIER_A_TEXT: NLA_NUL_STRING, the expression, for people
 *
 * Answer: SKALD_A_CLASSIFIER with SKALD_CLASSIFIER_A_ID.
 *
 * SKALD_CMD_CLASSIFIER_DEL: SKALD_A_CLASSIFIER with SKALD_CLASSIFIER_A_ID.
 * SKALD_CMD_CLASSIFIER_FLUSH: those of the asking socket; with
 * SKALD_CLASSIFIER_A_KEEP in SKALD_A_CLASSIFIER, all that it may change.
 *
 * SKALD_CMD_CLASSIFIER_GET: NLM_F_DUMP: one message for each, with all of the
 * above but the programs, and
 *
 *     SKALD_CLASSIFIER_A_ID: NLA_U32
 *     SKALD_CLASSIFIER_A_OWNER: NLA_U32, port of the socket that added it
 *     SKALD_CLASSIFIER_A_MATCHED: NLA_U64, packets its program took
 *     SKALD_CLASSIFIER_A_MARKED: NLA_U64, of these
 *     SKALD_CLASSIFIER_A_LIMITED: NLA_U64, not marked: rate, sample, first
 *     SKALD_CLASSIFIER_A_FULL: NLA_U64, not marked: no room for them
 *
 * SKALD_CMD_STATS: counters of this collection, or of the last. Answer:
 *
 *   SKALD_A_STATS: NLA_BINARY, struct skald_stats, sums
 *   SKALD_A_CPU_STATS: NLA_BINARY, struct skald_cpu_stats[], possible CPUs
 *
 * SKALD_CMD_PROBES: NLM_F_DUMP: what is looked at, and whether it was found:
 *
 *   SKALD_A_PROBE: NLA_NESTED
 *     SKALD_PROBE_A_NAME: NLA_NUL_STRING, function or tracepoint
 *     SKALD_PROBE_A_MODULE: NLA_NUL_STRING, absent for the kernel itself
 *     SKALD_PROBE_A_KIND: NLA_U32, enum skald_probe_kind
 *     SKALD_PROBE_A_STATE: NLA_U32, enum skald_probe_state
 *     SKALD_PROBE_A_FEATURE: NLA_U64, the feature it serves
 *
 * SKALD_CMD_REASONS: NLM_F_DUMP: the drop reasons of this kernel:
 *
 *   SKALD_A_REASON: NLA_NESTED
 *     SKALD_REASON_A_NUMBER: NLA_U32, as in struct skald_end
 *     SKALD_REASON_A_NAME: NLA_NUL_STRING, without SKB_DROP_REASON_
 *
 * Nothing here ever touches the nfmark. A mark is skb->nf_trace, which the
 * kernel hands on to clones and fragments, and a table beside it.
 */
#ifndef SKALD_UAPI_H
#define SKALD_UAPI_H

#include <linux/types.h>

#define SKALD_GENL_NAME "skald"
#define SKALD_GENL_VERSION 1

/* Of this file: changes whenever an old reader would misread. */
#define SKALD_VERSION 1

#define SKALD_RING_MIN (1u << 14)
#define SKALD_RING_MAX (1u << 26)
#define SKALD_PACKETS_MIN (1u << 8)
#define SKALD_PACKETS_MAX (1u << 20)
#define SKALD_BATCH_MAX 8192

enum skald_cmd {
	SKALD_CMD_UNSPEC,
	SKALD_CMD_INFO,
	SKALD_CMD_START,
	SKALD_CMD_STOP,
	SKALD_CMD_RECORDS,
	SKALD_CMD_CLASSIFIER_ADD,
	SKALD_CMD_CLASSIFIER_DEL,
	SKALD_CMD_CLASSIFIER_FLUSH,
	SKALD_CMD_CLASSIFIER_GET,
	SKALD_CMD_STATS,
	SKALD_CMD_PROBES,
	SKALD_CMD_REASONS,
	__SKALD_CMD_LAST
};
#define SKALD_CMD_MAX (__SKALD_CMD_LAST - 1)

enum skald_attribute {
	SKALD_A_UNSPEC,
	SKALD_A_VERSION,
	SKALD_A_RELEASE,
	SKALD_A_FEATURES,
	SKALD_A_ARMED,
	SKALD_A_RING,
	SKALD_A_PACKETS,
	SKALD_A_CPUS,
	SKALD_A_MAX_CLASSIFIERS,
	SKALD_A_MAX_PROGRAM,
	SKALD_A_WITHOUT,
	SKALD_A_BATCH,
	SKALD_A_CPU,
	SKALD_A_RECORDS,
	SKALD_A_WATERMARK,
	SKALD_A_CLASSIFIER,
	SKALD_A_STATS,
	SKALD_A_CPU_STATS,
	SKALD_A_PROBE,
	SKALD_A_REASON,
	SKALD_A_PAD,
	__SKALD_A_LAST
};
#define SKALD_A_MAX (__SKALD_A_LAST - 1)

enum skald_classifier_attribute {
	SKALD_CLASSIFIER_A_UNSPEC,
	SKALD_CLASSIFIER_A_ID,
	SKALD_CLASSIFIER_A_L2,
	SKALD_CLASSIFIER_A_L3,
	SKALD_CLASSIFIER_A_POINTS,
	SKALD_CLASSIFIER_A_IIF,
	SKALD_CLASSIFIER_A_OIF,
	SKALD_CLASSIFIER_A_NETNS,
	SKALD_CLASSIFIER_A_RATE,
	SKALD_CLASSIFIER_A_BURST,
	SKALD_CLASSIFIER_A_SAMPLE,
	SKALD_CLASSIFIER_A_FIRST,
	SKALD_CLASSIFIER_A_TTL,
	SKALD_CLASSIFIER_A_KEEP,
	SKALD_CLASSIFIER_A_TEXT,
	SKALD_CLASSIFIER_A_OWNER,
	SKALD_CLASSIFIER_A_MATCHED,
	SKALD_CLASSIFIER_A_MARKED,
	SKALD_CLASSIFIER_A_LIMITED,
	SKALD_CLASSIFIER_A_FULL,
	SKALD_CLASSIFIER_A_PAD,
	__SKALD_CLASSIFIER_A_LAST
};
#define SKALD_CLASSIFIER_A_MAX (__SKALD_CLASSIFIER_A_LAST - 1)

enum skald_probe_attribute {
	SKALD_PROBE_A_UNSPEC,
	SKALD_PROBE_A_NAME,
	SKALD_PROBE_A_MODULE,
	SKALD_PROBE_A_KIND,
	SKALD_PROBE_A_STATE,
	SKALD_PROBE_A_FEATURE,
	SKALD_PROBE_A_PAD,
	__SKALD_PROBE_A_LAST
};
#define SKALD_PROBE_A_MAX (__SKALD_PROBE_A_LAST - 1)

enum skald_reason_attribute {
	SKALD_REASON_A_UNSPEC,
	SKALD_REASON_A_NUMBER,
	SKALD_REASON_A_NAME,
	__SKALD_REASON_A_LAST
};
#define SKALD_REASON_A_MAX (__SKALD_REASON_A_LAST - 1)

/**
 * enum skald_point - where classifiers look, as bits
 * @SKALD_POINT_RECEIVE: a device's frame enters the stack, before taps, tc and
 *	the generic XDP hook (__netif_receive_skb_core)
 * @SKALD_POINT_OUTPUT: a packet of this host enters the output hook, before all
 *	other functions of that hook (IPv4, IPv6, ARP)
 * @SKALD_POINT_TRANSMIT: a frame is handed to a device's queue
 *	(__dev_queue_xmit): sees what neither of the others does, such as frames
 *	from packet sockets
 */
enum skald_point {
	SKALD_POINT_RECEIVE = 1 << 0,
	SKALD_POINT_OUTPUT = 1 << 1,
	SKALD_POINT_TRANSMIT = 1 << 2,
};
#define SKALD_POINT_ALL 0x7u

/**
 * enum skald_feature - what can be told, as bits
 * @SKALD_FEATURE_MARK: marking, receive, transmit, send
 * @SKALD_FEATURE_HOOKS: hook entries, each function's verdict and changes
 * @SKALD_FEATURE_NFT: rules of nf_tables
 * @SKALD_FEATURE_XT: rules of the legacy tables
 * @SKALD_FEATURE_CONNTRACK: entries, and why a packet is invalid
 * @SKALD_FEATURE_NAT: translations
 * @SKALD_FEATURE_ROUTE4: IPv4 rules, lookups and results
 * @SKALD_FEATURE_ROUTE6: the same of IPv6
 * @SKALD_FEATURE_NEIGH: neighbours
 * @SKALD_FEATURE_LINEAGE: clones, copies, segments, fragments, reassembly
 * @SKALD_FEATURE_SCRUB: other namespaces and tunnels
 * @SKALD_FEATURE_QUEUE: queueing and reinjection
 * @SKALD_FEATURE_BRIDGE: steps of a bridge
 * @SKALD_FEATURE_DELIVER: sockets and taps
 * @SKALD_FEATURE_DROP: drops with their reason
 * @SKALD_FEATURE_FREE: every other end of a packet
 */
enum skald_feature {
	SKALD_FEATURE_MARK = 1 << 0,
	SKALD_FEATURE_HOOKS = 1 << 1,
	SKALD_FEATURE_NFT = 1 << 2,
	SKALD_FEATURE_XT = 1 << 3,
	SKALD_FEATURE_CONNTRACK = 1 << 4,
	SKALD_FEATURE_NAT = 1 << 5,
	SKALD_FEATURE_ROUTE4 = 1 << 6,
	SKALD_FEATURE_ROUTE6 = 1 << 7,
	SKALD_FEATURE_NEIGH = 1 << 8,
	SKALD_FEATURE_LINEAGE = 1 << 9,
	SKALD_FEATURE_SCRUB = 1 << 10,
	SKALD_FEATURE_QUEUE = 1 << 11,
	SKALD_FEATURE_BRIDGE = 1 << 12,
	SKALD_FEATURE_DELIVER = 1 << 13,
	SKALD_FEATURE_DROP = 1 << 14,
	SKALD_FEATURE_FREE = 1 << 15,
};
#define SKALD_FEATURE_ALL 0xffffu

/* Without these no story could be trusted: SKALD_A_WITHOUT may not name them.
 */
#define SKALD_FEATURE_ESSENTIAL                                             \
	(SKALD_FEATURE_MARK | SKALD_FEATURE_HOOKS | SKALD_FEATURE_LINEAGE | \
	 SKALD_FEATURE_SCRUB | SKALD_FEATURE_DROP | SKALD_FEATURE_FREE)

/* Functions are watched by ftrace at their entry. */
enum skald_probe_kind {
	SKALD_PROBE_FUNCTION,
	SKALD_PROBE_TRACEPOINT,
};

/**
 * enum skald_probe_state - of a probe
 * @SKALD_PROBE_ABSENT: this kernel has nothing of that name
 * @SKALD_PROBE_WAITING: its module is not loaded
 * @SKALD_PROBE_FOUND: there, not armed
 * @SKALD_PROBE_ARMED: speaks
 */
enum skald_probe_state {
	SKALD_PROBE_ABSENT,
	SKALD_PROBE_WAITING,
	SKALD_PROBE_FOUND,
	SKALD_PROBE_ARMED,
};

/* A structure of the wire: its size never changes by accident. */
#define SKALD_SIZE(name, bytes) \
	_Static_assert(sizeof(struct name) == (bytes), #name " has " #bytes)

/**
 * struct skald_stats - sums of one collection
 * @marked: packets that were given a story
 * @born: packets that came from a marked one: clones, fragments, the next
 *	namespace
 * @known: of these, how many have not ended yet
 * @full: packets not marked, or not followed, since the table was full
 * @orphans: packets that had the bit but were not ours: another tracer's, or
 *	made in a way that is not watched
 * @stale: packets that ended unseen and were found out later
 * @expired: packets that did not move for SKALD_IDLE_SECONDS
 * @unwrapped: hook traversals whose functions could not be told apart
 * @emitted: records, those of @lost included
 * @lost: records for which a ring had no room
 * @sent: records in batches that the collector's socket took
 * @batches: those batches, watermarks included
 * @congested: times that the socket was full
 * @nmi: records refused because they came in a non-maskable interrupt
 */
struct skald_stats {
	__u64 marked;
	__u64 born;
	__u64 known;
	__u64 full;
	__u64 orphans;
	__u64 stale;
	__u64 expired;
	__u64 unwrapped;
	__u64 emitted;
	__u64 lost;
	__u64 sent;
	__u64 batches;
	__u64 congested;
	__u64 nmi;
};
SKALD_SIZE(skald_stats, 112);

#define SKALD_IDLE_SECONDS 120

/**
 * struct skald_cpu_stats - of one CPU's ring
 * @cpu: which
 * @_pad: 0
 * @emitted: records, those of @lost included
 * @lost: records for which there was no room
 * @used: bytes waiting
 * @peak: most that ever waited
 */
struct skald_cpu_stats {
	__u32 cpu;
	__u32 _pad;
	__u64 emitted;
	__u64 lost;
	__u64 used;
	__u64 peak;
};
SKALD_SIZE(skald_cpu_stats, 40);

/* ---- records ---- */

/**
 * struct skald_record - what every record begins with
 * @time: CLOCK_MONOTONIC, nanoseconds
 * @packet: its id, unique until the module is unloaded; 0: about no packet
 * @seq: counts this CPU's records from 1, the lost ones included
 * @type: enum skald_record_type
 * @len: bytes of the whole record, a multiple of 8; padded with zeros
 *
 * Records of one packet are in order of @time; of two CPUs, after a watermark.
 */
struct skald_record {
	__u64 time;
	__u64 packet;
	__u32 seq;
	__u16 type;
	__u16 len;
};
SKALD_SIZE(skald_record, 24);

#define SKALD_RECORD_MAX 1024

/* In the life of a packet, more or less in this order. */
enum skald_record_type {
	SKALD_R_UNSPEC,
	SKALD_R_LOST,
	SKALD_R_NAME,
	SKALD_R_RULESET,
	SKALD_R_MARK,
	SKALD_R_LINK,
	SKALD_R_SNAP,
	SKALD_R_SENDER,
	SKALD_R_RECEIVE,
	SKALD_R_HOOK,
	SKALD_R_STAGE,
	SKALD_R_NFT,
	SKALD_R_XT,
	SKALD_R_CONNTRACK,
	SKALD_R_INVALID,
	SKALD_R_NAT,
	SKALD_R_EXPECT,
	SKALD_R_IPRULE,
	SKALD_R_FIB,
	SKALD_R_ROUTE,
	SKALD_R_NEIGH,
	SKALD_R_FRAGMENT,
	SKALD_R_DEFRAG,
	SKALD_R_SCRUB,
	SKALD_R_QUEUE,
	SKALD_R_REINJECT,
	SKALD_R_BRIDGE,
	SKALD_R_TRANSMIT,
	SKALD_R_SEND,
	SKALD_R_DELIVER,
	SKALD_R_TAP,
	SKALD_R_DROP,
	SKALD_R_CONSUME,
	SKALD_R_FREE,
	SKALD_R_FORGET,
	__SKALD_R_LAST
};
#define SKALD_R_MAX (__SKALD_R_LAST - 1)

/**
 * struct skald_dev - an interface
 * @ifindex: its index in its namespace; 0: none
 * @name: its name, padded with zeros, not terminated when it is 16 long
 */
struct skald_dev {
	__u32 ifindex;
	char name[16];
};
SKALD_SIZE(skald_dev, 20);

/* An address: all 16 bytes for IPv6, the first 4 for IPv4; network order. */
struct skald_addr {
	__u8 bytes[16];
};
SKALD_SIZE(skald_addr, 16);

/**
 * struct skald_tuple - one direction of a connection
 * @src: source
 * @dst: destination
 * @sport: source port, or ICMP id; network order
 * @dport: destination port, or ICMP type and code; network order
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @protocol: IPPROTO_*
 * @_pad: 0
 */
struct skald_tuple {
	struct skald_addr src;
	struct skald_addr dst;
	__be16 sport;
	__be16 dport;
	__u8 family;
	__u8 protocol;
	__u16 _pad;
};
SKALD_SIZE(skald_tuple, 40);

/**
 * struct skald_lost - SKALD_R_LOST: here records are missing
 * @record: head; of packet 0
 * @count: how many
 * @first: time of the first
 * @last: time of the last
 * @packets: bit (id % 64) is set for each packet that lost one: others are
 *	whole as far as this CPU is concerned
 */
struct skald_lost {
	struct skald_record record;
	__u64 count;
	__u64 first;
	__u64 last;
	__u64 packets;
};
SKALD_SIZE(skald_lost, 56);

/**
 * struct skald_name - SKALD_R_NAME: what a place is called
 * @record: head; of packet 0, and without a number in @seq
 * @place: the number that stands for it in other records: not an address
 * @name: "function+0x1c/0x50 [module]" as the kernel prints it, without the
 *	offset where it is the beginning; terminated
 *
 * Stands before the first record that has the place.
 */
struct skald_name {
	struct skald_record record;
	__u64 place;
	char name[];
};
SKALD_SIZE(skald_name, 32);

/**
 * struct skald_ruleset - SKALD_R_RULESET: nf_tables commits a transaction
 * @record: head; of packet 0
 * @netns: where
 * @_pad: 0
 */
struct skald_ruleset {
	struct skald_record record;
	__u32 netns;
	__u32 _pad;
};
SKALD_SIZE(skald_ruleset, 32);

/**
 * struct skald_mark - SKALD_R_MARK: a story begins
 * @record: head
 * @classifier: that chose the packet
 * @netns: inode number of the namespace
 * @in: interface it came in by
 * @out: interface it goes out by
 * @point: enum skald_point
 * @family: NFPROTO_*, of the output hook; else 0
 * @_pad: 0
 *
 * A SKALD_R_SNAP follows at once.
 */
struct skald_mark {
	struct skald_record record;
	__u32 classifier;
	__u32 netns;
	struct skald_dev in;
	struct skald_dev out;
	__u16 point;
	__u8 family;
	__u8 _pad[5];
};
SKALD_SIZE(skald_mark, 80);

/**
 * enum skald_link_how - why one packet comes from another
 * @SKALD_LINK_CLONE: shares its bytes: skb_clone()
 * @SKALD_LINK_COPY: has its own: skb_copy(), pskb_copy()
 * @SKALD_LINK_SEGMENT: a part of a large one: skb_segment()
 * @SKALD_LINK_FRAGMENT: ip_fragment()
 * @SKALD_LINK_REASSEMBLE: the whole, out of its fragments; @cookie of struct
 *	skald_link is that of their struct skald_defrag
 * @SKALD_LINK_NAMESPACE: it left by a device and came in by its peer's
 * @SKALD_LINK_LOOP: it left by the loopback device and came in by it
 * @SKALD_LINK_ENCAP: it became what a tunnel carries
 * @SKALD_LINK_DECAP: it was what a tunnel carried
 */
enum skald_link_how {
	SKALD_LINK_CLONE = 1,
	SKALD_LINK_COPY,
	SKALD_LINK_SEGMENT,
	SKALD_LINK_FRAGMENT,
	SKALD_LINK_REASSEMBLE,
	SKALD_LINK_NAMESPACE,
	SKALD_LINK_LOOP,
	SKALD_LINK_ENCAP,
	SKALD_LINK_DECAP,
};

/**
 * struct skald_link - SKALD_R_LINK: a story begins that belongs to another
 * @record: head; of the new packet
 * @parent: the packet that it comes from. It goes on, except where the
 *	new one is the same frame in another life: NAMESPACE, LOOP, ENCAP, DECAP
 * @place: who did it
 * @cookie: of the reassembly; else 0
 * @netns: the new packet's namespace; 0: its parent's
 * @how: enum skald_link_how
 * @_pad: 0
 *
 * A SKALD_R_SNAP follows at once where the headers are settled: NAMESPACE,
 * LOOP, DECAP, mostly ENCAP and FRAGMENT. A clone's are its parent's.
 */
struct skald_link {
	struct skald_record record;
	__u64 parent;
	__u64 place;
	__u64 cookie;
	__u32 netns;
	__u16 how;
	__u16 _pad;
};
SKALD_SIZE(skald_link, 56);

#define SKALD_SNAP_LL 18
#define SKALD_SNAP_MAX 128

/**
 * struct skald_snap - SKALD_R_SNAP: the headers at this moment
 * @record: head
 * @length: bytes of the packet from its network header on
 * @mark: skb->mark
 * @priority: skb->priority
 * @protocol: ethertype; network order
 * @vlan: tag beside the frame, 0x1000 set; 0: none
 * @ll_len: bytes of @ll that count; 0: there is no link-layer header
 * @type: PACKET_HOST, ... of the frame
 * @bytes_len: bytes of @bytes that count
 * @ll: the link-layer header as it is on the wire
 * @_pad: 0
 * @bytes: from the network header on, as many as there are, at most
 *	SKALD_SNAP_MAX
 */
struct skald_snap {
	struct skald_record record;
	__u32 length;
	__u32 mark;
	__u32 priority;
	__be16 protocol;
	__u16 vlan;
	__u8 ll_len;
	__u8 type;
	__u16 bytes_len;
	__u8 ll[SKALD_SNAP_LL];
	__u8 _pad[2];
	__u8 bytes[];
};
SKALD_SIZE(skald_snap, 64);

/**
 * struct skald_receive - SKALD_R_RECEIVE: the stack got it from a device
 * @record: head
 * @netns: namespace
 * @dev: the device
 */
struct skald_receive {
	struct skald_record record;
	__u32 netns;
	struct skald_dev dev;
};
SKALD_SIZE(skald_receive, 48);

/* enum nf_hook_ops_type, where this kernel tells it. */
enum skald_hook_kind {
	SKALD_HOOK_OTHER,
	SKALD_HOOK_NFT,
	SKALD_HOOK_BPF,
};

/**
 * struct skald_function - a function of a hook
 * @place: which
 * @priority: where it stands
 * @kind: enum skald_hook_kind
 */
struct skald_function {
	__u64 place;
	__s32 priority;
	__u32 kind;
};
SKALD_SIZE(skald_function, 16);

/* struct skald_hook.flags */
#define SKALD_HOOK_UNSEEN 1 /* their verdicts will not be told */
#define SKALD_HOOK_MORE 2 /* there are more than fit */

/**
 * struct skald_hook - SKALD_R_HOOK: a netfilter hook is entered
 * @record: head
 * @netns: namespace of the hook
 * @in: interface it came in by
 * @out: interface it goes out by
 * @family: NFPROTO_*
 * @hook: NF_INET_*, NF_ARP_*, NF_BR_* or NF_NETDEV_*
 * @first: index of the first function that will run
 * @count: how many of them stand in @functions
 * @flags: SKALD_HOOK_*
 * @_pad: 0
 * @functions: what will run, in order; skald's own is left out
 */
struct skald_hook {
	struct skald_record record;
	__u32 netns;
	struct skald_dev in;
	struct skald_dev out;
	__u8 family;
	__u8 hook;
	__u8 first;
	__u8 count;
	__u32 flags;
	__u32 _pad;
	struct skald_function functions[];
};
SKALD_SIZE(skald_hook, 80);

/* struct skald_stage.changed */
#define SKALD_CHANGED_HEADERS 1 /* a SKALD_R_SNAP follows */
#define SKALD_CHANGED_CONNTRACK 2 /* a SKALD_R_CONNTRACK follows */
#define SKALD_CHANGED_ROUTE 4 /* a SKALD_R_ROUTE follows */

/**
 * struct skald_stage - SKALD_R_STAGE: a hook function came back
 * @record: head
 * @place: the function
 * @priority: where it stands
 * @verdict: as returned: NF_* in the low byte, a queue number or an errno
 *	above it
 * @took: nanoseconds
 * @family: as in the SKALD_R_HOOK
 * @hook: as there
 * @index: of the function, counted like @first there
 * @changed: SKALD_CHANGED_*
 *
 * What it did in between, such as matching rules, was told before; also that it
 * dropped the packet itself: then this comes behind the SKALD_R_DROP.
 */
struct skald_stage {
	struct skald_record record;
	__u64 place;
	__s32 priority;
	__u32 verdict;
	__u32 took;
	__u8 family;
	__u8 hook;
	__u8 index;
	__u8 changed;
};
SKALD_SIZE(skald_stage, 48);

/* As NFT_TRACETYPE_*. */
enum skald_nft_type {
	SKALD_NFT_POLICY = 1,
	SKALD_NFT_RETURN,
	SKALD_NFT_RULE,
};

/**
 * struct skald_nft - SKALD_R_NFT: nf_tables decided
 * @record: head
 * @handle: of the rule; 0 for a policy, and at a chain's end
 * @verdict: NF_* or NFT_*, as in struct nft_verdict; for a policy, the policy
 * @family: of the table
 * @type: enum skald_nft_type
 * @table_len: bytes of the table's name
 * @chain_len: bytes of the chain's name
 * @target_len: bytes of the name of the chain jumped to
 * @_pad: 0
 * @names: the three, one after the other, not terminated
 *
 * Rules that did not match are not told: they stand between those that did, in
 * the ruleset of that moment.
 */
struct skald_nft {
	struct skald_record record;
	__u64 handle;
	__s32 verdict;
	__u8 family;
	__u8 type;
	__u16 table_len;
	__u16 chain_len;
	__u16 target_len;
	__u32 _pad;
	char names[];
};
SKALD_SIZE(skald_nft, 48);

/**
 * struct skald_xt - SKALD_R_XT: a rule of a legacy table matched
 * @record: head
 * @number: of the rule in its chain, from 1
 * @family: NFPROTO_*
 * @hook: NF_INET_*
 * @table_len: bytes of the table's name
 * @chain_len: bytes of the chain's name
 * @what_len: bytes of "rule", "return" or "policy"
 * @_pad: 0
 * @names: the three, one after the other, not terminated
 */
struct skald_xt {
	struct skald_record record;
	__u32 number;
	__u8 family;
	__u8 hook;
	__u16 table_len;
	__u16 chain_len;
	__u16 what_len;
	__u32 _pad;
	char names[];
};
SKALD_SIZE(skald_xt, 40);

/* What the tracker thinks of the packet. */
enum skald_ct_state {
	SKALD_CT_INVALID,
	SKALD_CT_NEW,
	SKALD_CT_ESTABLISHED,
	SKALD_CT_RELATED,
	SKALD_CT_UNTRACKED,
};

/**
 * struct skald_conntrack - SKALD_R_CONNTRACK: the tracker has seen it
 * @record: head
 * @id: of the entry, as CTA_ID; 0: there is none
 * @status: IPS_*
 * @mark: connection mark
 * @timeout: milliseconds left; 0 before the entry is confirmed
 * @zone: of the original direction
 * @state: enum skald_ct_state
 * @reply: 1: the packet goes in reply direction
 * @tcp: TCP_CONNTRACK_*; 0 for other protocols
 * @helper: name of the helper, padded with zeros
 * @original: tuple
 * @answer: tuple of the reply
 */
struct skald_conntrack {
	struct skald_record record;
	__u32 id;
	__u32 status;
	__u32 mark;
	__u32 timeout;
	__u16 zone;
	__u8 state;
	__u8 reply;
	__u8 tcp;
	__u8 _pad[3];
	char helper[16];
	struct skald_tuple original;
	struct skald_tuple answer;
};
SKALD_SIZE(skald_conntrack, 144);

/**
 * struct skald_window - what the tracker knows of one side (ip_ct_tcp_state)
 * @end: highest sequence number sent, plus length
 * @maxend: highest that the other side's window allows
 * @maxwin: largest window announced
 * @maxack: highest acknowledgement sent
 * @scale: window scale
 * @flags: IP_CT_TCP_FLAG_*
 * @_pad: 0
 */
struct skald_window {
	__u32 end;
	__u32 maxend;
	__u32 maxwin;
	__u32 maxack;
	__u8 scale;
	__u8 flags;
	__u16 _pad;
};
SKALD_SIZE(skald_window, 20);

/**
 * struct skald_invalid - SKALD_R_INVALID: the tracker rejects the packet
 * @record: head
 * @id: of the entry; 0: there is none
 * @protocol: IPPROTO_*
 * @reply: 1: the packet goes in reply direction
 * @tcp: TCP_CONNTRACK_* before it
 * @text_len: bytes of @text
 * @window: of both sides, sender first; zeros for other protocols
 * @text: why, in the kernel's words (a format, its values are not filled in)
 */
struct skald_invalid {
	struct skald_record record;
	__u32 id;
	__u8 protocol;
	__u8 reply;
	__u8 tcp;
	__u8 text_len;
	struct skald_window window[2];
	char text[];
};
SKALD_SIZE(skald_invalid, 72);

/* struct skald_nat.what, as enum nf_nat_manip_type */
enum skald_nat_what {
	SKALD_NAT_SOURCE,
	SKALD_NAT_DESTINATION,
};

/**
 * struct skald_nat - SKALD_R_NAT: addresses are about to be written
 * @record: head
 * @id: of the conntrack entry
 * @what: enum skald_nat_what
 * @reply: 1: the packet goes in reply direction: it is translated back
 * @_pad: 0
 * @target: what the packet will have: its source for SOURCE, else destination
 */
struct skald_nat {
	struct skald_record record;
	__u32 id;
	__u8 what;
	__u8 reply;
	__u16 _pad;
	struct skald_tuple target;
};
SKALD_SIZE(skald_nat, 72);

/**
 * struct skald_expect - SKALD_R_EXPECT: a helper expects a connection
 * @record: head; of the packet that made it
 * @master: id of the connection that it belongs to
 * @_pad: 0
 * @helper: name, padded with zeros
 * @tuple: expected; source address or port 0: any
 */
struct skald_expect {
	struct skald_record record;
	__u32 master;
	__u32 _pad;
	char helper[16];
	struct skald_tuple tuple;
};
SKALD_SIZE(skald_expect, 88);

/**
 * enum skald_purpose - what a route is looked up for
 * @SKALD_PURPOSE_INPUT: a packet that came in
 * @SKALD_PURPOSE_REVERSE: is there a way back to its sender (rp_filter)
 * @SKALD_PURPOSE_OUTPUT: a packet of this host, or a changed one
 */
enum skald_purpose {
	SKALD_PURPOSE_INPUT = 1,
	SKALD_PURPOSE_REVERSE,
	SKALD_PURPOSE_OUTPUT,
};

/**
 * struct skald_iprule - SKALD_R_IPRULE: an ip rule matched
 * @record: head
 * @priority: of the rule
 * @table: it points to
 * @action: FR_ACT_*
 * @family: AF_INET or AF_INET6
 * @purpose: enum skald_purpose
 * @_pad: 0
 *
 * The lookup in its table follows. Not told where the namespace has none but
 * the built-in rules: the kernel then does not look at rules.
 */
struct skald_iprule {
	struct skald_record record;
	__u32 priority;
	__u32 table;
	__u8 action;
	__u8 family;
	__u8 purpose;
	__u8 _pad[5];
};
SKALD_SIZE(skald_iprule, 40);

/**
 * struct skald_fib - SKALD_R_FIB: a routing table was searched
 * @record: head
 * @table: which
 * @error: 0, or a negative errno: -EAGAIN for no match
 * @family: AF_INET or AF_INET6
 * @purpose: enum skald_purpose
 * @prefix_len: of @prefix; 255: not known
 * @type: RTN_*; 0: not known
 * @via_family: of @via; 0: directly connected
 * @_pad: 0
 * @dev: interface
 * @src: address looked up from
 * @dst: address looked up
 * @prefix: that matched
 * @via: next hop
 */
struct skald_fib {
	struct skald_record record;
	__u32 table;
	__s32 error;
	__u8 family;
	__u8 purpose;
	__u8 prefix_len;
	__u8 type;
	__u8 via_family;
	__u8 _pad[7];
	struct skald_dev dev;
	__u32 mark;
	struct skald_addr src;
	struct skald_addr dst;
	struct skald_addr prefix;
	struct skald_addr via;
};
SKALD_SIZE(skald_fib, 136);

/**
 * struct skald_route - SKALD_R_ROUTE: the route that the packet has now
 * @record: head
 * @place: function it goes to: ip_forward, ip_local_deliver, ip_output, ...
 * @error: 0, or a negative errno: there is no route
 * @mtu: of the path
 * @family: AF_INET or AF_INET6
 * @purpose: SKALD_PURPOSE_INPUT or _OUTPUT
 * @type: RTN_*
 * @via_family: of @via; 0: directly connected
 * @dev: interface
 * @via: next hop
 * @source: preferred source address, zeros when not known
 */
struct skald_route {
	struct skald_record record;
	__u64 place;
	__s32 error;
	__u32 mtu;
	__u8 family;
	__u8 purpose;
	__u8 type;
	__u8 via_family;
	struct skald_dev dev;
	struct skald_addr via;
	struct skald_addr source;
};
SKALD_SIZE(skald_route, 96);

/**
 * struct skald_neigh - SKALD_R_NEIGH: it is about to go to a neighbour
 * @record: head
 * @dev: interface
 * @family: AF_*
 * @state: NUD_*; 0: there is no entry yet
 * @lladdr_len: bytes of @lladdr
 * @_pad: 0
 * @address: the neighbour's
 * @lladdr: link-layer address, as far as it is known
 */
struct skald_neigh {
	struct skald_record record;
	struct skald_dev dev;
	__u8 family;
	__u8 state;
	__u8 lladdr_len;
	__u8 _pad;
	struct skald_addr address;
	__u8 lladdr[32];
};
SKALD_SIZE(skald_neigh, 96);

/**
 * struct skald_fragment - SKALD_R_FRAGMENT: it is too large and will be cut
 * @record: head
 * @length: bytes from the network header on
 * @mtu: of the way, as far as it is known
 *
 * The fragments' SKALD_R_LINK name it.
 */
struct skald_fragment {
	struct skald_record record;
	__u32 length;
	__u32 mtu;
};
SKALD_SIZE(skald_fragment, 32);

/**
 * struct skald_defrag - SKALD_R_DEFRAG: a fragment waits for the others
 * @record: head
 * @cookie: the same for all fragments of a packet, and in the LINK of the whole
 * @offset: bytes before it
 * @end: offset of the first byte after it
 */
struct skald_defrag {
	struct skald_record record;
	__u64 cookie;
	__u32 offset;
	__u32 end;
};
SKALD_SIZE(skald_defrag, 40);

/**
 * struct skald_scrub - SKALD_R_SCRUB: the packet is made anonymous
 * @record: head
 * @place: who asked: a tunnel, a veth, ...
 * @foreign: 1: it goes to another namespace, its nfmark is cleared as well
 * @_pad: 0
 */
struct skald_scrub {
	struct skald_record record;
	__u64 place;
	__u32 foreign;
	__u32 _pad;
};
SKALD_SIZE(skald_scrub, 40);

/**
 * struct skald_queue - SKALD_R_QUEUE: it goes to user space
 * @record: head
 * @number: of the queue
 * @family: NFPROTO_*
 * @hook: as in SKALD_R_HOOK
 * @bypass: 1: it goes on when nobody listens
 * @index: of the function that sent it there
 */
struct skald_queue {
	struct skald_record record;
	__u32 number;
	__u8 family;
	__u8 hook;
	__u8 bypass;
	__u8 index;
};
SKALD_SIZE(skald_queue, 32);

/**
 * struct skald_reinject - SKALD_R_REINJECT: it comes back
 * @record: head
 * @verdict: of user space, NF_*
 * @family: NFPROTO_*
 * @hook: as in SKALD_R_HOOK
 * @index: of the function that had sent it
 * @_pad: 0
 *
 * A SKALD_R_HOOK with what is left of the hook follows, SKALD_HOOK_UNSEEN.
 */
struct skald_reinject {
	struct skald_record record;
	__u32 verdict;
	__u8 family;
	__u8 hook;
	__u8 index;
	__u8 _pad;
};
SKALD_SIZE(skald_reinject, 32);

/**
 * enum skald_bridge_step - where in a bridge
 * @SKALD_BRIDGE_INPUT: a port took it (br_handle_frame)
 * @SKALD_BRIDGE_DECIDE: past prerouting (br_handle_frame_finish)
 * @SKALD_BRIDGE_FORWARD: past the forward hook (br_forward_finish)
 * @SKALD_BRIDGE_LOCAL: up to the bridge's own stack (br_netif_receive_skb)
 * @SKALD_BRIDGE_OUTPUT: to a port's device (br_dev_queue_push_xmit)
 */
enum skald_bridge_step {
	SKALD_BRIDGE_INPUT = 1,
	SKALD_BRIDGE_DECIDE,
	SKALD_BRIDGE_FORWARD,
	SKALD_BRIDGE_LOCAL,
	SKALD_BRIDGE_OUTPUT,
};

/**
 * struct skald_bridge - SKALD_R_BRIDGE
 * @record: head
 * @step: enum skald_bridge_step
 * @dev: port or bridge
 */
struct skald_bridge {
	struct skald_record record;
	__u32 step;
	struct skald_dev dev;
};
SKALD_SIZE(skald_bridge, 48);

/**
 * struct skald_transmit - SKALD_R_TRANSMIT, SKALD_R_SEND
 * @record: head
 * @length: bytes of the frame
 * @dev: device
 *
 * TRANSMIT: handed to the device's queue; SEND: handed to its driver.
 */
struct skald_transmit {
	struct skald_record record;
	__u32 length;
	struct skald_dev dev;
};
SKALD_SIZE(skald_transmit, 48);

/**
 * struct skald_socket - SKALD_R_SENDER, SKALD_R_DELIVER, SKALD_R_TAP
 * @record: head
 * @inode: of the socket, as in /proc/PID/fd; 0: it has none, or not yet
 * @cookie: SO_COOKIE; 0: nobody asked for it yet
 * @cgroup: id of the socket's cgroup; 0: not known
 * @uid: of the socket's owner, in the initial user namespace
 * @pid: of the running process, where one is at work; else 0
 * @command: its name, padded with zeros
 * @family: AF_*
 * @type: SOCK_*; 0: the kernel itself took it (ICMP, IGMP, ARP)
 * @protocol: IPPROTO_*; 0 for packet sockets
 * @state: TCP_*
 * @backlog: 1: its owner is busy with the socket: it waits there
 * @lport: local port; network order
 * @dport: remote port; network order
 * @place: the function that was called with it
 *
 * SENDER: the socket that made the packet. DELIVER: the one that gets it. TAP:
 * a packet socket looks at it, it goes on.
 */
struct skald_socket {
	struct skald_record record;
	__u64 inode;
	__u64 cookie;
	__u64 cgroup;
	__u64 place;
	__u32 uid;
	__u32 pid;
	char command[16];
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u8 state;
	__u8 backlog;
	__be16 lport;
	__be16 dport;
	__u32 _pad;
};
SKALD_SIZE(skald_socket, 96);

/**
 * struct skald_end - SKALD_R_DROP, SKALD_R_CONSUME, SKALD_R_FREE
 * @record: head; the packet's last, but for a FREE after a DROP or CONSUME
 * @place: where, as far as the kernel tells
 * @reason: of a DROP: SKALD_CMD_REASONS has the words; else 0
 * @pid: of the process at work, when it was in one; else 0
 * @command: its name, padded with zeros
 *
 * DROP: kfree_skb(). CONSUME: consume_skb(), it was used up as it should be.
 * FREE: its memory goes without either: socket buffers of TCP, merged frames.
 */
struct skald_end {
	struct skald_record record;
	__u64 place;
	__u32 reason;
	__u32 pid;
	char command[16];
};
SKALD_SIZE(skald_end, 56);

/**
 * enum skald_forget_why - why a packet is not followed any more
 * @SKALD_FORGET_STALE: its memory was found to be another's: it ended unseen
 * @SKALD_FORGET_IDLE: it did not move for SKALD_IDLE_SECONDS
 * @SKALD_FORGET_STOP: the collection ends
 */
enum skald_forget_why {
	SKALD_FORGET_STALE = 1,
	SKALD_FORGET_IDLE,
	SKALD_FORGET_STOP,
};

/**
 * struct skald_forget - SKALD_R_FORGET
 * @record: head
 * @why: enum skald_forget_why
 * @_pad: 0
 */
struct skald_forget {
	struct skald_record record;
	__u32 why;
	__u32 _pad;
};
SKALD_SIZE(skald_forget, 32);

#endif /* SKALD_UAPI_H */
