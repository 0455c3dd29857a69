/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what rules ask the world, and do to it
 *
 * The rule machine knows neither conntrack nor routing nor interfaces: it asks
 * through struct skald_vm_world, and tells what rules want done through its
 * @effect. Every question is answered
 *
 *	0		the answer was written
 *	-ENOENT		there is none (no socket, no such interface): known
 *	-ENODATA	unknown: the rule becomes unknown, nothing is guessed
 *
 * A NULL member answers -ENODATA. Answers of one packet must not contradict
 * each other; conntrack is asked once a packet and hook.
 */
#ifndef SKALD_ENGINE_VM_WORLD_H
#define SKALD_ENGINE_VM_WORLD_H

#include "env.h"
#include "vm.h"

/* clang-format off */
/* Single facts: F(NAME, bytes, "what is missing") */
#define SKALD_FACTS(F) \
	F(PKTTYPE, 1, "packet type") \
	F(SKUID, 4, "socket owner") \
	F(SKGID, 4, "socket group") \
	F(SOCKET_FILE, 1, "whether the socket has a file") \
	F(CGROUP, 4, "control group") \
	F(RTCLASSID, 4, "routing realm") \
	F(SECMARK, 4, "security mark") \
	F(CPU, 4, "processor") \
	F(RANDOM, 4, "random number") \
	F(SECPATH, 1, "whether it came through IPsec") \
	F(SDIF, 4, "slave of an L3 master device") \
	F(BRI_PVID, 2, "port VLAN of the bridge") \
	F(BRI_PROTO, 2, "VLAN protocol of the bridge") \
	F(BRI_IIF, 4, "bridge of the input interface") \
	F(BRI_OIF, 4, "bridge of the output interface") \
	F(PHYSIN, 4, "input port of the bridge") \
	F(PHYSOUT, 4, "output port of the bridge") \
	F(IS_BRIDGED, 1, "whether it is bridged") \
	F(TIMEZONE, 4, "time zone of the kernel") \
	F(FLOW_HASH, 4, "flow hash") \
	F(TUNNEL, 8, "tunnel metadata") \
	F(OSF_GENRE, 32, "operating system fingerprint") \
	F(LOCAL_OUT, 1, "whether it was made here")
/* clang-format on */

#define SKALD_FACT_ENUM(name, bytes, words) SKALD_FACT_##name,
enum skald_fact {
	SKALD_FACTS(SKALD_FACT_ENUM) SKALD_FACT_END
};
#undef SKALD_FACT_ENUM

/* Members of struct skald_vm_ct that are known. */
#define SKALD_VM_CT_STATE (1 << 0)
#define SKALD_VM_CT_DIRECTION (1 << 1)
#define SKALD_VM_CT_STATUS (1 << 2)
#define SKALD_VM_CT_MARK (1 << 3)
#define SKALD_VM_CT_SECMARK (1 << 4)
#define SKALD_VM_CT_EXPIRES (1 << 5)
#define SKALD_VM_CT_HELPER (1 << 6)
#define SKALD_VM_CT_LABELS (1 << 7)
#define SKALD_VM_CT_COUNTERS (1 << 8)
#define SKALD_VM_CT_ZONE (1 << 9)
#define SKALD_VM_CT_ID (1 << 10)
#define SKALD_VM_CT_TUPLES (1 << 11)
#define SKALD_VM_CT_ALL ((1 << 12) - 1)

/**
 * struct skald_vm_tuple - one direction's addresses and ports
 * @src: source address; IPv4 in the first 4 bytes
 * @dst: destination address
 * @sport: source port or id, network order
 * @dport: destination port, or ICMP type and code, network order
 */
struct skald_vm_tuple {
	u8 src[16];
	u8 dst[16];
	u16 sport;
	u16 dport;
};

/**
 * struct skald_vm_ct - the conntrack entry of a packet, as rules see it
 * @known: SKALD_CT_*: which members are known
 * @has_entry: the packet has one; without, only @state is meant
 * @is_template: it is a template ("ct zone set"): rules see no entry
 * @state: NF_CT_STATE_BIT() of its ctinfo; 1: invalid, 64: untracked
 * @direction: IP_CT_DIR_*
 * @l3num: NFPROTO_IPV4 or IPV6
 * @l4num: protocol
 * @status: IPS_*
 * @mark: mark
 * @secmark: security mark
 * @expires_ms: time left
 * @id: id
 * @zone: zone of each direction
 * @zone_id: zone id without a direction
 * @tuple: tuples, by direction
 * @bytes: counted, by direction
 * @packets: counted, by direction
 * @labels: labels
 * @helper: name of the helper of its master, "" none
 * @own_helper: name of its own helper, "" none
 */
struct skald_vm_ct {
	u32 known;
	bool has_entry;
	bool is_template;
	u8 state;
	u8 direction;
	u8 l3num;
	u8 l4num;
	u32 status;
	u32 mark;
	u32 secmark;
	u32 expires_ms;
	u32 id;
	u16 zone[2];
	u16 zone_id;
	struct skald_vm_tuple tuple[2];
	u64 bytes[2];
	u64 packets[2];
	u8 labels[16];
	char helper[16];
	char own_helper[16];
};

/**
 * struct skald_link_info - an interface
 * @name: name, padded with NUL
 * @kind: kind of rtnl ("bridge", "vlan"), "" none; padded
 * @type: ARPHRD_*
 * @group: group
 * @master: index of its bridge or L3 master, 0 none
 * @mac: link-layer address
 * @mac_len: its bytes; 0: none, or not known
 * @is_partial: only its name is known
 */
struct skald_link_info {
	char name[16];
	char kind[16];
	u16 type;
	u32 group;
	u32 master;
	u8 mac[6];
	u8 mac_len;
	bool is_partial;
};

/**
 * struct skald_fib_query - what a rule asks the routing tables
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @flags: NFTA_FIB_F_*; without _PRESENT
 * @oif: restrict to this output interface, 0 none
 * @iif: the lookup's own input interface, 0 none
 * @dev: interface whose addresses count for the type, 0 any
 * @mark: mark, 0 unless _F_MARK
 * @dscp: TOS or traffic class
 * @l4proto: protocol
 * @src: source of the lookup; IPv4 in the first 4 bytes
 * @dst: destination of the lookup
 * @is_type: the address type is wanted, not the interface
 * @takes_local: a local route is an answer like any other
 */
struct skald_fib_query {
	u8 family;
	u32 flags;
	u32 oif;
	u32 iif;
	u32 dev;
	u32 mark;
	u8 dscp;
	u8 l4proto;
	u8 src[16];
	u8 dst[16];
	bool is_type;
	bool takes_local;
};

/**
 * struct skald_fib_answer - what they say
 * @oif: output interface, 0 none
 * @type: RTN_*; RTN_UNSPEC when there is no route
 */
struct skald_fib_answer {
	u32 oif;
	u32 type;
};

/**
 * struct skald_route_info - the route that the packet has (skb_dst)
 * @classid: realm
 * @mtu: path MTU
 * @back_mtu: that of the way back to the source, 0: there is none
 *	(tcpmss_reverse_mtu())
 * @advmss: MSS that its routes allow, both ways (nft_rt's tcpmss)
 * @nexthop4: next hop for IPv4
 * @nexthop6: next hop for IPv6
 * @has_xfrm: it leads through IPsec
 */
struct skald_route_info {
	u32 classid;
	u32 mtu;
	u32 back_mtu;
	u32 advmss;
	u8 nexthop4[4];
	u8 nexthop6[16];
	bool has_xfrm;
};

/**
 * struct skald_socket_info - the socket that a packet belongs to
 * @transparent: IP_TRANSPARENT
 * @wildcard: bound to any address
 * @mark: SO_MARK
 * @cgroup: ids of its control groups, by level from the root
 * @n_cgroup: levels known
 * @is_full: a full socket, not a request or time wait
 */
struct skald_socket_info {
	bool transparent;
	bool wildcard;
	bool is_full;
	u32 mark;
	u64 cgroup[8];
	u32 n_cgroup;
};

/**
 * struct skald_xfrm_query - a security association of the packet
 * @is_out: of its route, not of its past
 * @key: NFT_XFRM_KEY_*
 * @spnum: which, from 0
 */
struct skald_xfrm_query {
	bool is_out;
	u8 key;
	u8 spnum;
};

/* What the rule calls it: dnat and snat, masquerade, redirect, netmap. */
enum skald_vm_nat_kind {
	SKALD_VM_NAT_PLAIN,
	SKALD_VM_NAT_MASQUERADE,
	SKALD_VM_NAT_REDIRECT,
	SKALD_VM_NAT_NETMAP,
};

/**
 * struct skald_vm_nat - where a connection is to be translated to
 * @flags: NF_NAT_RANGE_*
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @is_dnat: the destination, not the source
 * @kind: how the rule says it, see enum skald_vm_nat_kind
 * @min_addr: lowest address; IPv4 in the first 4 bytes
 * @max_addr: highest address
 * @min_port: lowest port or id, network order
 * @max_port: highest port, network order
 * @base_port: for NF_NAT_RANGE_PROTO_OFFSET, network order
 */
struct skald_vm_nat {
	u32 flags;
	u8 family;
	bool is_dnat;
	enum skald_vm_nat_kind kind;
	u8 min_addr[16];
	u8 max_addr[16];
	u16 min_port;
	u16 max_port;
	u16 base_port;
};

enum skald_effect_kind {
	SKALD_EFFECT_NAT,
	SKALD_EFFECT_REJECT,
	SKALD_EFFECT_LOG,
	SKALD_EFFECT_DUP,
	SKALD_EFFECT_FWD,
	SKALD_EFFECT_TPROXY,
	SKALD_EFFECT_SYNPROXY,
	SKALD_EFFECT_NOTRACK,
	SKALD_EFFECT_CT_MARK,
	SKALD_EFFECT_CT_SECMARK,
	SKALD_EFFECT_CT_LABELS,
	SKALD_EFFECT_CT_EVENTS,
	SKALD_EFFECT_CT_ZONE,
	SKALD_EFFECT_CT_HELPER,
	SKALD_EFFECT_CT_TIMEOUT,
	SKALD_EFFECT_CT_EXPECT,
	SKALD_EFFECT_OFFLOAD,
	SKALD_EFFECT_TUNNEL,
	SKALD_EFFECT_SET,
	SKALD_EFFECT_META,
	SKALD_EFFECT_CHECKSUM,
};

/**
 * struct skald_effect - what a rule does beyond its verdict
 * @kind: what
 * @nat: NAT: @nat; the answer is the verdict
 * @reject: REJECT: NFT_REJECT_* and ICMP type and code of the packet's family
 * @log: LOG: prefix, level, group, flags
 * @dup: DUP, FWD: family, gateway, interface
 * @tproxy: TPROXY: address, port; the answer is -ENOENT: no socket
 * @synproxy: SYNPROXY: options; asked of every TCP packet: -EINVAL: a wrong
 *	checksum; -ENODATA: nobody knows whether its cookie is good
 * @ct: CT_*: value, zone direction, names
 * @set: SET: ipset to change
 * @meta: META: NFT_META_* that is not kept in the view, and its value
 */
struct skald_effect {
	enum skald_effect_kind kind;
	union {
		struct skald_vm_nat nat;
		struct {
			u8 type;
			u8 icmp_code;
			u8 icmp_type;
		} reject;
		struct {
			const char *prefix;
			u32 level;
			u32 flags;
			u16 group;
			u16 qthreshold;
			u32 snaplen;
			bool is_nflog;
		} log;
		struct {
			u8 family;
			u8 addr[16];
			u32 oif;
			bool has_addr;
		} dup;
		struct {
			u8 family;
			u8 addr[16];
			u16 port;
			bool has_addr;
			bool has_port;
		} tproxy;
		struct {
			u16 mss;
			u8 wscale;
			u32 flags;
		} synproxy;
		struct {
			u32 value;
			u32 mask;
			u8 direction;
			u8 l4proto;
			u16 l3num;
			u16 port;
			u32 timeout;
			u8 size;
			u8 labels[16];
			const char *name;
		} ct;
		struct {
			u16 index;
			u8 dim;
			u8 flags;
			bool is_del;
			u32 timeout;
		} set;
		struct {
			u32 key;
			u32 value;
		} meta;
	};
};

/**
 * struct skald_vm_world - the owner's answers
 * @fact: a single fact, as many bytes as SKALD_FACTS says, host order
 * @ct: the packet's conntrack entry; borrowed until the hook is left
 * @link: an interface by its index
 * @fib: a lookup in the routing tables
 * @route: the route that the packet has
 * @socket: the socket it belongs to (nf_sk_lookup_slow_v4(), _v6(), or its own)
 * @xfrm: a value of a security association; up to 16 bytes
 * @connlimit: connections that share the key; @tracked says whether the packet
 *	was counted; the list is @key's
 * @ipset: whether the packet is in a set of ipset; -ENOENT: it is not
 * @bpf: run a cBPF program (array of struct sock_filter) on the packet from
 *	its network header; the answer is its result
 * @effect: carry out what a rule does; NULL: nothing is, and NAT accepts.
 *	Returns 0, for NAT a verdict, or a negative errno: the rule breaks
 */
struct skald_vm_world {
	int (*fact)(void *owner, const struct skald_vm_pkt *pkt,
		    enum skald_fact fact, void *value);
	int (*ct)(void *owner, const struct skald_vm_pkt *pkt,
		  const struct skald_vm_ct **ct);
	int (*link)(void *owner, u32 ifindex, struct skald_link_info *link);
	int (*fib)(void *owner, const struct skald_vm_pkt *pkt,
		   const struct skald_fib_query *query,
		   struct skald_fib_answer *answer);
	int (*route)(void *owner, const struct skald_vm_pkt *pkt,
		     struct skald_route_info *route);
	int (*socket)(void *owner, const struct skald_vm_pkt *pkt,
		      struct skald_socket_info *socket);
	int (*xfrm)(void *owner, const struct skald_vm_pkt *pkt,
		    const struct skald_xfrm_query *query, u32 value[4]);
	int (*connlimit)(void *owner, const struct skald_vm_pkt *pkt,
			 const void *list, const void *key, u32 key_len,
			 u32 *count);
	int (*ipset)(void *owner, const struct skald_vm_pkt *pkt, u16 index,
		     u8 dim, u8 flags);
	int (*bpf)(void *owner, const struct skald_vm_pkt *pkt,
		   const void *program, u32 len, u32 *result);
	int (*effect)(void *owner, struct skald_vm_pkt *pkt,
		      const struct skald_effect *effect);
};

/* A world of which nothing is known, and nothing is done to. */
extern const struct skald_vm_world skald_vm_nothing;

/* Words for what a fact is, for people. */
const char *skald_fact_words(enum skald_fact fact);

/**
 * skald_vm_fact() - ask for a fact
 * @pkt: the context
 * @fact: which
 * @value: written on success
 *
 * Return: 0, -ENOENT or -ENODATA.
 */
int skald_vm_fact(const struct skald_vm_pkt *pkt, enum skald_fact fact,
		  void *value);

/**
 * skald_vm_ct() - the packet's conntrack entry
 * @pkt: the context; remembers it
 * @ct: written on success
 *
 * Return: 0 or -ENODATA.
 */
int skald_vm_ct(struct skald_vm_pkt *pkt, const struct skald_vm_ct **ct);

/* Conntrack changed under the context: ask again. */
void skald_vm_ct_forget(struct skald_vm_pkt *pkt);

/**
 * skald_vm_link() - an interface
 * @pkt: the context
 * @ifindex: its index; 0: -ENOENT
 * @link: written on success
 */
int skald_vm_link(const struct skald_vm_pkt *pkt, u32 ifindex,
		  struct skald_link_info *link);

/**
 * skald_vm_effect() - carry out what a rule does
 * @pkt: the context
 * @effect: what
 *
 * Return: 0, a verdict for NAT, or -errno.
 */
int skald_vm_effect(struct skald_vm_pkt *pkt,
		    const struct skald_effect *effect);

#endif /* SKALD_ENGINE_VM_WORLD_H */
