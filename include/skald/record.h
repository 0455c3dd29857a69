/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * DOC: records of skald.ko
 *
 * What batches carry: a head, and behind it what the type says. This file has
 * the head, the types and the packet's own life; record_net.h has what the
 * network does to it. The story that they make is told in docs/kernel.md.
 */
#ifndef SKALD_RECORD_H
#define SKALD_RECORD_H

#include <linux/types.h>

/* A structure of the wire: its size never changes by accident. */
#define SKALD_SIZE(name, bytes) \
	_Static_assert(sizeof(struct name) == (bytes), #name " has " #bytes)

/**
 * struct skald_r_record - what every record begins with
 * @time: CLOCK_MONOTONIC, nanoseconds
 * @packet: its id, unique until the module is unloaded; 0: about no packet
 * @seq: counts this CPU's records from 1, the lost ones included
 * @type: enum skald_record_type
 * @len: bytes of the whole record, a multiple of 8; padded with zeros
 *
 * Records of one packet are in order of @time; of two CPUs, after a watermark.
 */
struct skald_r_record {
	__u64 time;
	__u64 packet;
	__u32 seq;
	__u16 type;
	__u16 len;
};
SKALD_SIZE(skald_r_record, 24);

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
 * struct skald_r_dev - an interface
 * @ifindex: its index in its namespace; 0: none
 * @name: its name, padded with zeros, not terminated when it is 16 long
 */
struct skald_r_dev {
	__u32 ifindex;
	char name[16];
};
SKALD_SIZE(skald_r_dev, 20);

/* An address: all 16 bytes for IPv6, the first 4 for IPv4; network order. */
struct skald_r_addr {
	__u8 bytes[16];
};
SKALD_SIZE(skald_r_addr, 16);

/**
 * struct skald_r_tuple - one direction of a connection
 * @src: source
 * @dst: destination
 * @sport: source port, or ICMP id; network order
 * @dport: destination port, or ICMP type and code; network order
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @protocol: IPPROTO_*
 * @_pad: 0
 */
struct skald_r_tuple {
	struct skald_r_addr src;
	struct skald_r_addr dst;
	__be16 sport;
	__be16 dport;
	__u8 family;
	__u8 protocol;
	__u16 _pad;
};
SKALD_SIZE(skald_r_tuple, 40);

/**
 * struct skald_r_lost - SKALD_R_LOST: here records are missing
 * @record: head; of packet 0
 * @count: how many
 * @first: time of the first
 * @last: time of the last
 * @packets: bit (id % 64) is set for each packet that lost one: others are
 *	whole as far as this CPU is concerned
 */
struct skald_r_lost {
	struct skald_r_record record;
	__u64 count;
	__u64 first;
	__u64 last;
	__u64 packets;
};
SKALD_SIZE(skald_r_lost, 56);

/**
 * struct skald_r_name - SKALD_R_NAME: what a place is called
 * @record: head; of packet 0, and without a number in @seq
 * @place: the number that stands for it in other records: not an address
 * @name: "function+0x1c/0x50 [module]" as the kernel prints it, without the
 *	offset where it is the beginning; terminated
 *
 * Stands before the first record that has the place.
 */
struct skald_r_name {
	struct skald_r_record record;
	__u64 place;
	char name[];
};
SKALD_SIZE(skald_r_name, 32);

/**
 * struct skald_r_ruleset - SKALD_R_RULESET: nf_tables commits a transaction
 * @record: head; of packet 0
 * @netns: where
 * @_pad: 0
 */
struct skald_r_ruleset {
	struct skald_r_record record;
	__u32 netns;
	__u32 _pad;
};
SKALD_SIZE(skald_r_ruleset, 32);

/**
 * struct skald_r_mark - SKALD_R_MARK: a story begins
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
struct skald_r_mark {
	struct skald_r_record record;
	__u32 classifier;
	__u32 netns;
	struct skald_r_dev in;
	struct skald_r_dev out;
	__u16 point;
	__u8 family;
	__u8 _pad[5];
};
SKALD_SIZE(skald_r_mark, 80);

/**
 * enum skald_link_how - why one packet comes from another
 * @SKALD_LINK_CLONE: shares its bytes: skb_clone()
 * @SKALD_LINK_COPY: has its own: skb_copy(), pskb_copy()
 * @SKALD_LINK_SEGMENT: a part of a large one: skb_segment()
 * @SKALD_LINK_FRAGMENT: ip_fragment()
 * @SKALD_LINK_REASSEMBLE: the whole, out of its fragments; @cookie of struct
 *	skald_link is that of their struct skald_r_defrag
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
 * struct skald_r_link - SKALD_R_LINK: a story begins that belongs to another
 * @record: head; of the new packet
 * @parent: the packet that it comes from. It goes on, except where the
 *	new one is the same frame in another life: NAMESPACE, LOOP, ENCAP, DECAP
 * @place: who did it
 * @cookie: of the reassembly; else 0
 * @netns: the new packet's namespace; 0: its parent's
 * @how: enum skald_link_how
 * @_pad: 0
 *
 * A SKALD_R_SNAP follows: at once where the headers are settled (NAMESPACE,
 * LOOP, DECAP, REASSEMBLE, mostly ENCAP), else before the packet goes out or
 * ends (FRAGMENT, SEGMENT). A clone's and a copy's are its parent's.
 */
struct skald_r_link {
	struct skald_r_record record;
	__u64 parent;
	__u64 place;
	__u64 cookie;
	__u32 netns;
	__u16 how;
	__u16 _pad;
};
SKALD_SIZE(skald_r_link, 56);

#define SKALD_R_SNAP_LL 18
#define SKALD_R_SNAP_MAX 128

/**
 * struct skald_r_snap - SKALD_R_SNAP: the headers at this moment
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
 *	SKALD_R_SNAP_MAX
 */
struct skald_r_snap {
	struct skald_r_record record;
	__u32 length;
	__u32 mark;
	__u32 priority;
	__be16 protocol;
	__u16 vlan;
	__u8 ll_len;
	__u8 type;
	__u16 bytes_len;
	__u8 ll[SKALD_R_SNAP_LL];
	__u8 _pad[2];
	__u8 bytes[];
};
SKALD_SIZE(skald_r_snap, 64);

/**
 * struct skald_r_receive - SKALD_R_RECEIVE: the stack got it from a device
 * @record: head
 * @netns: namespace
 * @dev: the device
 */
struct skald_r_receive {
	struct skald_r_record record;
	__u32 netns;
	struct skald_r_dev dev;
};
SKALD_SIZE(skald_r_receive, 48);

/* enum nf_hook_ops_type, where this kernel tells it. */
enum skald_hook_kind {
	SKALD_HOOK_OTHER,
	SKALD_HOOK_NFT,
	SKALD_HOOK_BPF,
};

/**
 * struct skald_r_function - a function of a hook
 * @place: which
 * @priority: where it stands
 * @kind: enum skald_hook_kind
 */
struct skald_r_function {
	__u64 place;
	__s32 priority;
	__u32 kind;
};
SKALD_SIZE(skald_r_function, 16);

/* struct skald_r_hook.flags */
#define SKALD_HOOK_UNSEEN 1 /* their verdicts will not be told */
#define SKALD_HOOK_MORE 2 /* there are more than fit */

/**
 * struct skald_r_hook - SKALD_R_HOOK: a netfilter hook is entered
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
struct skald_r_hook {
	struct skald_r_record record;
	__u32 netns;
	struct skald_r_dev in;
	struct skald_r_dev out;
	__u8 family;
	__u8 hook;
	__u8 first;
	__u8 count;
	__u32 flags;
	__u32 _pad;
	struct skald_r_function functions[];
};
SKALD_SIZE(skald_r_hook, 80);

/* struct skald_r_stage.changed */
#define SKALD_CHANGED_HEADERS 1 /* a SKALD_R_SNAP follows */
#define SKALD_CHANGED_CONNTRACK 2 /* a SKALD_R_CONNTRACK follows */
#define SKALD_CHANGED_ROUTE 4 /* a SKALD_R_ROUTE follows */

/**
 * struct skald_r_stage - SKALD_R_STAGE: a hook function came back
 * @record: head
 * @place: the function
 * @priority: where it stands
 * @verdict: as returned: NF_* in the low byte, a queue number or an errno
 *	above it
 * @took: nanoseconds; 0 where it ran before it could be watched: the functions
 *	before ours in a bridge's prerouting
 * @family: as in the SKALD_R_HOOK
 * @hook: as there
 * @index: of the function, counted like @first there
 * @changed: SKALD_CHANGED_*
 *
 * What it did in between, such as matching rules, was told before; also that it
 * dropped the packet itself: then this comes behind the SKALD_R_DROP.
 */
struct skald_r_stage {
	struct skald_r_record record;
	__u64 place;
	__s32 priority;
	__u32 verdict;
	__u32 took;
	__u8 family;
	__u8 hook;
	__u8 index;
	__u8 changed;
};
SKALD_SIZE(skald_r_stage, 48);

#endif /* SKALD_RECORD_H */
