/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: network address translation
 *
 * Translation belongs to an entry: before the entry is confirmed its reply
 * tuple is changed to what answers will look like, and from then on every
 * packet of it is rewritten to be the inverse of the other direction's tuple.
 * Once a hook of the first packet has passed without a rule the entry gets a
 * null binding there: it keeps its addresses, and a port is changed only where
 * two conversations could not be told apart.
 *
 * At prerouting and output destinations change, at postrouting and input
 * sources, as in the kernel:
 *
 *	skald_ct_in()  skald_nat() ... skald_nat()  skald_ct_out()
 *
 * What the kernel does in one row is in nf_nat_core.c (here ct_nat.c and
 * ct_nat_choose.c), nf_nat_proto.c (ct_nat_rewrite.c and ct_nat_icmp.c),
 * nf_nat_masquerade.c and nf_nat_redirect.c (ct_nat_rule.c).
 *
 * Locking: an entry that is not confirmed belongs to its packet. The hash of
 * sources is read under RCU and changed under its locks.
 */
#ifndef SKALD_ENGINE_CT_NAT_H
#define SKALD_ENGINE_CT_NAT_H

#include "ct.h"

struct skald_ct_expect;
struct skald_nat64_binding;

/* Flags of a range; the numbers are those of NF_NAT_RANGE_* in the uapi. */
#define SKALD_NAT_MAP_IPS 1u /* addresses are given */
#define SKALD_NAT_PROTO_SPECIFIED 2u /* ports are given */
#define SKALD_NAT_PROTO_RANDOM 4u
#define SKALD_NAT_PERSISTENT 8u /* one client, one address */
#define SKALD_NAT_PROTO_RANDOM_FULLY 16u
#define SKALD_NAT_PROTO_OFFSET 32u /* ports move by a distance */
#define SKALD_NAT_NETMAP 64u /* addresses keep their host part */
#define SKALD_NAT_RANDOM_ALL \
	(SKALD_NAT_PROTO_RANDOM | SKALD_NAT_PROTO_RANDOM_FULLY)

/* What is changed. */
enum skald_nat_manip {
	SKALD_NAT_SRC,
	SKALD_NAT_DST,
};

/**
 * struct skald_nat_range - what addresses and ports may become
 * @flags: SKALD_NAT_*
 * @min_addr: first address
 * @max_addr: last one
 * @min_proto: first port, or identifier, network order
 * @max_proto: last one
 * @base_proto: port that becomes @min_proto, with SKALD_NAT_PROTO_OFFSET
 *
 * struct nf_nat_range2.
 */
struct skald_nat_range {
	u32 flags;
	union skald_addr min_addr;
	union skald_addr max_addr;
	__be16 min_proto;
	__be16 max_proto;
	__be16 base_proto;
};

/**
 * struct skald_ct_nat - NAT's slot of an entry
 * @by_source: in the hash of sources, under its lock, read under RCU
 * @ct: the entry
 * @masq_index: interface whose address it was given, 0: none
 * @binding: its binding to the other family, see nat64.h; NULL: none
 * @rcu: for freeing
 */
struct skald_ct_nat {
	struct hlist_node by_source;
	struct skald_ct *ct;
	u32 masq_index;
	struct skald_nat64_binding *binding;
	struct rcu_head rcu;
};

/* Locks of the hash of sources. */
#define SKALD_NAT_LOCKS 64

/**
 * struct skald_nat - what NAT remembers of a table
 * @key: of the hash
 * @mask: buckets - 1
 * @locks: of buckets
 * @sources: entries by original source
 */
struct skald_nat {
	hsiphash_key_t key;
	u32 mask;
	spinlock_t locks[SKALD_NAT_LOCKS];
	struct hlist_head *sources;
};

/**
 * skald_nat_new() - NAT for a table
 * @table: the table, without entries and without NAT; it gets callbacks
 * @buckets: of the hash of sources, rounded up to a power of two; 0: as the
 *	table
 *
 * Return: to be freed after the table; NULL: no memory.
 */
struct skald_nat *skald_nat_new(struct skald_ct_table *table, u32 buckets);
/* NULL is fine. */
void skald_nat_free(struct skald_nat *nat);

/**
 * skald_nat_manip_of() - what a hook changes
 * @hook: enum nf_inet_hooks
 *
 * HOOK2MANIP().
 */
static inline enum skald_nat_manip skald_nat_manip_of(u8 hook)
{
	return hook == NF_INET_POST_ROUTING || hook == NF_INET_LOCAL_IN
		       ? SKALD_NAT_SRC
		       : SKALD_NAT_DST;
}

/* Whether an entry has its binding, null or not; as nf_nat_initialized(). */
static inline bool skald_nat_is_bound(const struct skald_ct *ct,
				      enum skald_nat_manip manip)
{
	return skald_ct_is(ct, manip == SKALD_NAT_SRC ? SKALD_CT_SRC_NAT_DONE
						      : SKALD_CT_DST_NAT_DONE);
}

/* Whether a packet is changed by the binding of its entry, as nf_nat_packet():
 * what is the source's in one direction is the destination's in the other. */
static inline bool skald_nat_is_changed(const struct skald_ct_packet *packet,
					enum skald_nat_manip manip)
{
	bool source =
		(manip == SKALD_NAT_SRC) ^ (packet->dir == SKALD_CT_REPLY);

	return skald_ct_is(packet->ct,
			   source ? SKALD_CT_SRC_NAT : SKALD_CT_DST_NAT);
}

/**
 * skald_nat_setup() - bind an entry
 * @packet: its packet; the entry is not confirmed and not bound
 * @range: what is allowed
 * @manip: what is changed
 *
 * As nf_nat_setup_info().
 *
 * Return: NF_ACCEPT, also for confirmed entries, which stay as they are;
 * NF_DROP: bound already, or no memory. When the range is used up the entry
 * gets a tuple that is taken, and is dropped when it is confirmed.
 */
int skald_nat_setup(struct skald_ct_packet *packet,
		    const struct skald_nat_range *range,
		    enum skald_nat_manip manip);

/* NAT's slot of an entry that is not confirmed, made when there is none; NULL:
 * no memory. */
struct skald_ct_nat *skald_nat_slot(struct skald_ct *ct);

/**
 * skald_nat_choose_tuple() - a tuple within a range that nobody has
 * @packet: packet of the entry that wants it
 * @from: the tuple as it is
 * @range: what is allowed
 * @manip: what is changed
 * @tuple: filled in; taken nevertheless when nothing was free
 *
 * As get_unique_tuple().
 */
void skald_nat_choose_tuple(const struct skald_ct_packet *packet,
			    const struct skald_ct_tuple *from,
			    const struct skald_nat_range *range,
			    enum skald_nat_manip manip,
			    struct skald_ct_tuple *tuple);

/* Bucket of a tuple's source; for ct_nat.c and ct_nat_choose.c. */
u32 skald_nat_source_bucket(const struct skald_nat *nat,
			    const struct skald_ct_zone *zone,
			    const struct skald_ct_tuple *tuple);

/**
 * struct skald_nat_rules - the rules of a NAT hook
 * @user: for @bind
 * @bind: called for the first packet of an entry that is not bound at @hook;
 *	may call skald_nat_setup() and its relatives; NF_ACCEPT or a verdict
 */
struct skald_nat_rules {
	void *user;
	int (*bind)(void *user, struct skald_ct_packet *packet, u8 hook);
};

/**
 * skald_nat() - a packet at a hook
 * @packet: as skald_ct_in() left it
 * @hook: enum nf_inet_hooks
 * @rules: NULL: none, bindings are null
 *
 * Binds the entry if this is its first packet there, and rewrites the packet,
 * which must be writable. As nf_nat_ipv4_fn(), nf_nat_ipv6_fn() and
 * nf_nat_inet_fn().
 *
 * Return: NF_ACCEPT, NF_DROP, or the verdict of @rules.
 */
int skald_nat(struct skald_ct_packet *packet, u8 hook,
	      const struct skald_nat_rules *rules);

/**
 * skald_nat_rewrite() - rewrite a header to look like a tuple
 * @view: the packet
 * @network: offset of the network header: the packet's, or of a quoted packet
 * @target: what it is to look like
 * @manip: which half of it
 *
 * Checksums follow by difference. As nf_nat_ipv4_manip_pkt() and
 * nf_nat_ipv6_manip_pkt().
 *
 * Return: false when headers are not there; the packet may not go on then.
 */
bool skald_nat_rewrite(struct skald_view *view, u32 network,
		       const struct skald_ct_tuple *target,
		       enum skald_nat_manip manip);

/**
 * skald_nat_icmp_error() - translate an ICMP error and what it quotes
 * @packet: the error, SKALD_CT_RELATED
 * @hook: enum nf_inet_hooks
 *
 * As nf_nat_icmp_reply_translation() and nf_nat_icmpv6_reply_translation().
 *
 * Return: false: it must not go on.
 */
bool skald_nat_icmp_error(struct skald_ct_packet *packet, u8 hook);

/* Checksum after bytes with a sum were replaced, RFC 1624; never becomes
 * 0xffff, as the kernel's csum_fold(). Sums are not folded. */
static inline u16 skald_nat_checksum(u16 check, u64 from, u64 to)
{
	u64 sum = (u64)(u16)~check + 0xffff;

	while (from >> 16)
		from = (from & 0xffff) + (from >> 16);
	sum += 0xffff - from + to;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/**
 * skald_nat_masquerade() - bind the source to an interface's address
 * @packet: packet at postrouting
 * @range: ports and flags; its addresses are not read
 * @address: address of the interface, as the owner's world chose it; NULL:
 *	there is none
 * @oif: index of the interface; when packets leave by another one later the
 *	entry is killed
 *
 * As nf_nat_masquerade_ipv4() and nf_nat_masquerade_ipv6().
 *
 * Return: NF_ACCEPT, NF_DROP.
 */
int skald_nat_masquerade(struct skald_ct_packet *packet,
			 const struct skald_nat_range *range,
			 const union skald_addr *address, u32 oif);

/**
 * skald_nat_masquerade_gone() - an interface or one of its addresses went away
 * @table: the table
 * @ifindex: the interface
 * @address: the address; NULL: the interface itself
 * @now_ns: the time
 *
 * As masq_device_event() and masq_inet_event().
 *
 * Return: how many entries were killed.
 */
u32 skald_nat_masquerade_gone(struct skald_ct_table *table, u32 ifindex,
			      const union skald_addr *address, u64 now_ns);

/**
 * skald_nat_redirect() - bind the destination to this host
 * @packet: packet at prerouting or output
 * @range: ports and flags; its addresses are not read
 * @hook: enum nf_inet_hooks; at output it becomes the loopback address
 * @address: first address of the input interface, NULL: there is none
 *
 * As nf_nat_redirect_ipv4() and nf_nat_redirect_ipv6().
 *
 * Return: NF_ACCEPT, NF_DROP.
 */
int skald_nat_redirect(struct skald_ct_packet *packet,
		       const struct skald_nat_range *range, u8 hook,
		       const union skald_addr *address);

/**
 * skald_nat_netmap() - a range of one address, with the host part of another
 * @range: the prefix, as its first and last address; becomes one address
 * @address: whose host part is kept
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * As nft_nat_setup_netmap().
 */
void skald_nat_netmap(struct skald_nat_range *range,
		      const union skald_addr *address, u8 family);

/**
 * skald_nat_follow_master() - bind an expected entry as its master is
 * @packet: packet of the new entry, which has a master
 * @expect: what came true; @saved_port is the port before translation
 *
 * As nf_nat_follow_master(), an expectfn.
 */
void skald_nat_follow_master(struct skald_ct_packet *packet,
			     struct skald_ct_expect *expect);

#endif /* SKALD_ENGINE_CT_NAT_H */
