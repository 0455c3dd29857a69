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
 *   SKALD_A_VERSION: NLA_U32, of this file: SKALD_UAPI_VERSION
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
 *     SKALD_REASON_A_NUMBER: NLA_U32, as in struct skald_r_end
 *     SKALD_REASON_A_NAME: NLA_NUL_STRING, without SKB_DROP_REASON_
 *
 * Nothing here ever touches the nfmark. A mark is skb->nf_trace, which the
 * kernel hands on to clones and fragments, and a table beside it.
 */
#ifndef SKALD_UAPI_H
#define SKALD_UAPI_H

#include <linux/types.h>

#include "record.h"
#include "record_net.h"

#define SKALD_GENL_NAME "skald"
#define SKALD_GENL_VERSION 1

/* Of this file: changes whenever an old reader would misread. */
#define SKALD_UAPI_VERSION 1

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

#endif /* SKALD_UAPI_H */
