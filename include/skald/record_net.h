/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * DOC: records of what the network does to a packet
 *
 * Rules, connection tracking, translation, routing, neighbours, fragments,
 * tunnels, user space, bridges, devices, sockets, and the end.
 */
#ifndef SKALD_RECORD_NET_H
#define SKALD_RECORD_NET_H

#include "record.h"

/* As NFT_TRACETYPE_*. */
enum skald_nft_type {
	SKALD_NFT_POLICY = 1,
	SKALD_NFT_RETURN,
	SKALD_NFT_RULE,
};

/**
 * struct skald_r_nft - SKALD_R_NFT: nf_tables decided
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
struct skald_r_nft {
	struct skald_r_record record;
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
SKALD_SIZE(skald_r_nft, 48);

/**
 * struct skald_r_xt - SKALD_R_XT: a rule of a legacy table matched
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
struct skald_r_xt {
	struct skald_r_record record;
	__u32 number;
	__u8 family;
	__u8 hook;
	__u16 table_len;
	__u16 chain_len;
	__u16 what_len;
	__u32 _pad;
	char names[];
};
SKALD_SIZE(skald_r_xt, 40);

/* What the tracker thinks of the packet. */
enum skald_r_ct_state {
	SKALD_R_CT_INVALID,
	SKALD_R_CT_NEW,
	SKALD_R_CT_ESTABLISHED,
	SKALD_R_CT_RELATED,
	SKALD_R_CT_UNTRACKED,
};

/**
 * struct skald_r_conntrack - SKALD_R_CONNTRACK: the tracker has seen it
 * @record: head
 * @id: of the entry, as CTA_ID; 0: there is none
 * @status: IPS_*
 * @mark: connection mark
 * @timeout: milliseconds left; 0 before the entry is confirmed
 * @zone: of the original direction
 * @state: enum skald_r_ct_state
 * @reply: 1: the packet goes in reply direction
 * @tcp: TCP_CONNTRACK_*; 0 for other protocols
 * @helper: name of the helper, padded with zeros
 * @original: tuple
 * @answer: tuple of the reply
 */
struct skald_r_conntrack {
	struct skald_r_record record;
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
	struct skald_r_tuple original;
	struct skald_r_tuple answer;
};
SKALD_SIZE(skald_r_conntrack, 144);

/**
 * struct skald_r_window - what the tracker knows of one side (ip_ct_tcp_state)
 * @end: highest sequence number sent, plus length
 * @maxend: highest that the other side's window allows
 * @maxwin: largest window announced
 * @maxack: highest acknowledgement sent
 * @scale: window scale
 * @flags: IP_CT_TCP_FLAG_*
 * @_pad: 0
 */
struct skald_r_window {
	__u32 end;
	__u32 maxend;
	__u32 maxwin;
	__u32 maxack;
	__u8 scale;
	__u8 flags;
	__u16 _pad;
};
SKALD_SIZE(skald_r_window, 20);

/**
 * struct skald_r_invalid - SKALD_R_INVALID: the tracker rejects the packet
 * @record: head
 * @id: of the entry; 0: there is none
 * @protocol: IPPROTO_*
 * @reply: 1: the packet goes in reply direction
 * @tcp: TCP_CONNTRACK_* before it
 * @text_len: bytes of @text
 * @window: of both sides, sender first; zeros for other protocols
 * @text: why, in the kernel's words (a format, its values are not filled in)
 */
struct skald_r_invalid {
	struct skald_r_record record;
	__u32 id;
	__u8 protocol;
	__u8 reply;
	__u8 tcp;
	__u8 text_len;
	struct skald_r_window window[2];
	char text[];
};
SKALD_SIZE(skald_r_invalid, 72);

/* struct skald_r_nat.what, as enum nf_nat_manip_type */
enum skald_nat_what {
	SKALD_NAT_SOURCE,
	SKALD_NAT_DESTINATION,
};

/**
 * struct skald_r_nat - SKALD_R_NAT: addresses are about to be written
 * @record: head
 * @id: of the conntrack entry
 * @what: enum skald_nat_what
 * @reply: 1: the packet goes in reply direction: it is translated back
 * @_pad: 0
 * @target: what the packet will have: its source for SOURCE, else destination
 */
struct skald_r_nat {
	struct skald_r_record record;
	__u32 id;
	__u8 what;
	__u8 reply;
	__u16 _pad;
	struct skald_r_tuple target;
};
SKALD_SIZE(skald_r_nat, 72);

/**
 * struct skald_r_expect - SKALD_R_EXPECT: a helper expects a connection
 * @record: head; of the packet that made it
 * @master: id of the connection that it belongs to
 * @_pad: 0
 * @helper: name, padded with zeros
 * @tuple: expected; source address or port 0: any
 */
struct skald_r_expect {
	struct skald_r_record record;
	__u32 master;
	__u32 _pad;
	char helper[16];
	struct skald_r_tuple tuple;
};
SKALD_SIZE(skald_r_expect, 88);

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
 * struct skald_r_iprule - SKALD_R_IPRULE: an ip rule matched
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
struct skald_r_iprule {
	struct skald_r_record record;
	__u32 priority;
	__u32 table;
	__u8 action;
	__u8 family;
	__u8 purpose;
	__u8 _pad[5];
};
SKALD_SIZE(skald_r_iprule, 40);

/**
 * struct skald_r_fib - SKALD_R_FIB: a routing table was searched
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
 * @mark: of the flow, that rules look at
 * @src: address looked up from
 * @dst: address looked up
 * @prefix: that matched
 * @via: next hop
 */
struct skald_r_fib {
	struct skald_r_record record;
	__u32 table;
	__s32 error;
	__u8 family;
	__u8 purpose;
	__u8 prefix_len;
	__u8 type;
	__u8 via_family;
	__u8 _pad[7];
	struct skald_r_dev dev;
	__u32 mark;
	struct skald_r_addr src;
	struct skald_r_addr dst;
	struct skald_r_addr prefix;
	struct skald_r_addr via;
};
SKALD_SIZE(skald_r_fib, 136);

/**
 * struct skald_r_route - SKALD_R_ROUTE: the route that the packet has now
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
struct skald_r_route {
	struct skald_r_record record;
	__u64 place;
	__s32 error;
	__u32 mtu;
	__u8 family;
	__u8 purpose;
	__u8 type;
	__u8 via_family;
	struct skald_r_dev dev;
	struct skald_r_addr via;
	struct skald_r_addr source;
};
SKALD_SIZE(skald_r_route, 96);

/**
 * struct skald_r_neigh - SKALD_R_NEIGH: it is about to go to a neighbour
 * @record: head
 * @dev: interface
 * @family: AF_*
 * @state: NUD_*; 0: there is no entry yet
 * @lladdr_len: bytes of @lladdr
 * @_pad: 0
 * @address: the neighbour's
 * @lladdr: link-layer address, as far as it is known
 */
struct skald_r_neigh {
	struct skald_r_record record;
	struct skald_r_dev dev;
	__u8 family;
	__u8 state;
	__u8 lladdr_len;
	__u8 _pad;
	struct skald_r_addr address;
	__u8 lladdr[32];
};
SKALD_SIZE(skald_r_neigh, 96);

/**
 * struct skald_r_fragment - SKALD_R_FRAGMENT: it is too large and will be cut
 * @record: head
 * @length: bytes from the network header on
 * @mtu: of the way, as far as it is known
 *
 * The fragments' SKALD_R_LINK name it.
 */
struct skald_r_fragment {
	struct skald_r_record record;
	__u32 length;
	__u32 mtu;
};
SKALD_SIZE(skald_r_fragment, 32);

/**
 * struct skald_r_defrag - SKALD_R_DEFRAG: a fragment waits for the others
 * @record: head
 * @cookie: the same for all fragments of a packet, and in the LINK of the whole
 * @offset: bytes before it
 * @end: offset of the first byte after it
 */
struct skald_r_defrag {
	struct skald_r_record record;
	__u64 cookie;
	__u32 offset;
	__u32 end;
};
SKALD_SIZE(skald_r_defrag, 40);

/**
 * struct skald_r_scrub - SKALD_R_SCRUB: the packet is made anonymous
 * @record: head
 * @place: who asked: a tunnel, a veth, ...
 * @foreign: 1: it goes to another namespace, its nfmark is cleared as well
 * @_pad: 0
 */
struct skald_r_scrub {
	struct skald_r_record record;
	__u64 place;
	__u32 foreign;
	__u32 _pad;
};
SKALD_SIZE(skald_r_scrub, 40);

/**
 * struct skald_r_queue - SKALD_R_QUEUE: it goes to user space
 * @record: head
 * @number: of the queue
 * @family: NFPROTO_*
 * @hook: as in SKALD_R_HOOK
 * @bypass: 1: it goes on when nobody listens
 * @index: of the function that sent it there
 */
struct skald_r_queue {
	struct skald_r_record record;
	__u32 number;
	__u8 family;
	__u8 hook;
	__u8 bypass;
	__u8 index;
};
SKALD_SIZE(skald_r_queue, 32);

/**
 * struct skald_r_reinject - SKALD_R_REINJECT: it comes back
 * @record: head
 * @verdict: of user space, NF_*
 * @family: NFPROTO_*
 * @hook: as in SKALD_R_HOOK
 * @index: of the function that had sent it
 * @_pad: 0
 *
 * A SKALD_R_HOOK with what is left of the hook follows, SKALD_HOOK_UNSEEN.
 */
struct skald_r_reinject {
	struct skald_r_record record;
	__u32 verdict;
	__u8 family;
	__u8 hook;
	__u8 index;
	__u8 _pad;
};
SKALD_SIZE(skald_r_reinject, 32);

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
 * struct skald_r_bridge - SKALD_R_BRIDGE
 * @record: head
 * @step: enum skald_bridge_step
 * @dev: port or bridge
 */
struct skald_r_bridge {
	struct skald_r_record record;
	__u32 step;
	struct skald_r_dev dev;
};
SKALD_SIZE(skald_r_bridge, 48);

/**
 * struct skald_r_transmit - SKALD_R_TRANSMIT, SKALD_R_SEND
 * @record: head
 * @length: bytes of the frame
 * @dev: device
 *
 * TRANSMIT: handed to the device's queue; SEND: handed to its driver.
 */
struct skald_r_transmit {
	struct skald_r_record record;
	__u32 length;
	struct skald_r_dev dev;
};
SKALD_SIZE(skald_r_transmit, 48);

/**
 * struct skald_r_socket - SKALD_R_SENDER, SKALD_R_DELIVER, SKALD_R_TAP
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
struct skald_r_socket {
	struct skald_r_record record;
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
SKALD_SIZE(skald_r_socket, 96);

/**
 * struct skald_r_end - SKALD_R_DROP, SKALD_R_CONSUME, SKALD_R_FREE
 * @record: head; the packet's last, but for a FREE after a DROP or CONSUME
 * @place: where, as far as the kernel tells
 * @reason: of a DROP: SKALD_CMD_REASONS has the words; else 0
 * @pid: of the process at work, when it was in one; else 0
 * @command: its name, padded with zeros
 *
 * DROP: kfree_skb(). CONSUME: consume_skb(), it was used up as it should be.
 * FREE: its memory goes without either: socket buffers of TCP, merged frames.
 */
struct skald_r_end {
	struct skald_r_record record;
	__u64 place;
	__u32 reason;
	__u32 pid;
	char command[16];
};
SKALD_SIZE(skald_r_end, 56);

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
 * struct skald_r_forget - SKALD_R_FORGET
 * @record: head
 * @why: enum skald_forget_why
 * @_pad: 0
 */
struct skald_r_forget {
	struct skald_r_record record;
	__u32 why;
	__u32 _pad;
};
SKALD_SIZE(skald_r_forget, 32);

#endif /* SKALD_RECORD_NET_H */
