/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: IPv6 <-> IPv4
 *
 * Three parts that know nothing of each other but what is here: addresses of
 * one family inside addresses of the other (RFC 6052, nat64_prefix.c), packets
 * made over (RFC 7915, nat64_translate.c and nat64_icmp.c), and who is who when
 * there are fewer IPv4 addresses than hosts (RFC 6146, nat64_session.c).
 *
 * A translated conversation is one entry of connection tracking: its original
 * tuple is of one family, its reply tuple of the other. Whatever tracks the
 * conversation sees both directions, and NAT64 is NAT whose target tuple
 * happens to be of another family.
 */
#ifndef SKALD_ENGINE_NAT64_H
#define SKALD_ENGINE_NAT64_H

#include "ct.h"

struct skald_nat64;

/* ---- addresses (RFC 6052) ---- */

/**
 * struct skald_nat64_prefix - where IPv4 addresses lie in IPv6
 * @addr: prefix, zero behind @len
 * @len: 32, 40, 48, 56, 64 or 96 bits
 */
struct skald_nat64_prefix {
	union skald_addr addr;
	u8 len;
};

/* 64:ff9b::/96, RFC 6052, 2.1 */
void skald_nat64_prefix_well_known(struct skald_nat64_prefix *prefix);

/**
 * skald_nat64_prefix_check() - whether it is a prefix
 * @prefix: the prefix
 *
 * Return: 0; -EINVAL: another length, bits behind it, or octet 8 not zero.
 */
int skald_nat64_prefix_check(const struct skald_nat64_prefix *prefix);

/**
 * skald_nat64_embed() - an IPv4 address as an IPv6 address
 * @prefix: the prefix
 * @ip: the IPv4 address, network order
 * @addr: filled in
 *
 * Return: 0; -EADDRNOTAVAIL: an address of no global meaning in the well-known
 * prefix (RFC 6052, 3.1).
 */
int skald_nat64_embed(const struct skald_nat64_prefix *prefix, __be32 ip,
		      union skald_addr *addr);

/**
 * skald_nat64_extract() - the IPv4 address in an IPv6 address
 * @prefix: the prefix
 * @addr: the IPv6 address
 * @ip: filled in, the rest of the union is zero
 *
 * Bits of the suffix are not looked at, octet 8 neither (RFC 6052, 2.2).
 *
 * Return: whether it has the prefix.
 */
bool skald_nat64_extract(const struct skald_nat64_prefix *prefix,
			 const union skald_addr *addr, union skald_addr *ip);

/**
 * skald_nat64_tuple() - a tuple of one family as one of the other
 * @prefix: the prefix
 * @from: the tuple
 * @to: filled in: both addresses embedded or extracted, ports as they are
 *
 * Without state (RFC 7915 with RFC 6052 alone).
 *
 * Return: 0; -EADDRNOTAVAIL: an address has no counterpart.
 */
int skald_nat64_tuple(const struct skald_nat64_prefix *prefix,
		      const struct skald_ct_tuple *from,
		      struct skald_ct_tuple *to);

/* ---- packets (RFC 7915) ---- */

/* Smallest MTU of IPv6; packets that may be fragmented are cut to it. */
#define SKALD_NAT64_MTU6 1280u
/* Translated headers are that much longer than what they are made of. */
#define SKALD_NAT64_GROWTH 64u

/**
 * struct skald_nat64_job - a translation
 * @prefix: for addresses of routers that report errors
 * @target: tuple that the packet is to look like; of the other family
 * @quoted: for ICMP errors: tuple that the quoted packet is to look like
 * @id: IPv4 identification of packets that have none
 * @mtu6: MTU of the IPv6 side
 * @mtu4: MTU of the IPv4 side
 * @bytes: room for the packet, from the network header on
 * @room: bytes at @bytes; the packet's length and SKALD_NAT64_GROWTH, twice for
 *	ICMP errors, is enough
 * @len: filled in
 * @may_fragment: filled in: packet is IPv6, longer than SKALD_NAT64_MTU6 and
 *	was allowed to be fragmented
 * @icmp_type: filled in with -EHOSTUNREACH: what to answer, in the packet's
 *	own family
 * @icmp_code: the same
 * @icmp_value: pointer or MTU
 */
struct skald_nat64_job {
	const struct skald_nat64_prefix *prefix;
	const struct skald_ct_tuple *target;
	const struct skald_ct_tuple *quoted;
	u16 id;
	u32 mtu6;
	u32 mtu4;
	u8 *bytes;
	u32 room;
	u32 len;
	bool may_fragment;
	u8 icmp_type;
	u8 icmp_code;
	u32 icmp_value;
};

/**
 * skald_nat64_translate() - a packet of one family as one of the other
 * @view: the packet, headers known; a fragment is one afterwards
 * @job: what to make of it
 *
 * TTL and hop limit count the translator as a router. TCP, UDP, UDP-Lite and
 * DCCP keep their checksums by difference, SCTP its CRC; other protocols are
 * passed on as they are. An UDP checksum that is missing is made.
 *
 * Return: 0; -ENOENT: it has no counterpart, drop it silently; -EHOSTUNREACH:
 * drop it and answer with @job->icmp_*; -ENODATA: bytes are not known;
 * -ENOBUFS: no room.
 */
int skald_nat64_translate(const struct skald_view *view,
			  struct skald_nat64_job *job);

/**
 * skald_nat64_fragment() - cut an IPv6 packet into fragments
 * @job: translated; its packet is not changed
 * @id: fragment identification
 * @at: where the next fragment begins; 0 at first
 * @bytes: room for SKALD_NAT64_MTU6 bytes
 * @len: filled in: bytes of this fragment
 *
 * RFC 7915, 4: as if the IPv4 packet had been fragmented first.
 *
 * Return: @at for the next call; 0: this was the last one.
 */
u32 skald_nat64_fragment(const struct skald_nat64_job *job, u32 id, u32 at,
			 u8 *bytes, u32 *len);

/* ---- bindings and sessions (RFC 6146) ---- */

/**
 * struct skald_nat64_settings - a stateful translator
 * @prefix: of IPv4 addresses, on the IPv6 side
 * @pool_min: first IPv4 address that IPv6 hosts get
 * @pool_max: last one
 * @max: bindings, 0: no limit
 * @answers_only: from the IPv4 side only answers are heard (RFC 4787, 5:
 *	address and port-dependent filtering); false: whoever knows the binding
 * @mtu6: MTU of the IPv6 side
 * @mtu4: MTU of the IPv4 side
 */
struct skald_nat64_settings {
	struct skald_nat64_prefix prefix;
	union skald_addr pool_min;
	union skald_addr pool_max;
	u32 max;
	bool answers_only;
	u32 mtu6;
	u32 mtu4;
};

/**
 * struct skald_nat64_binding - who is who (BIB entry)
 * @by6: in the hash of IPv6 endpoints, under the translator's lock
 * @by4: in the hash of IPv4 endpoints, under the translator's lock
 * @owner: the translator
 * @addr6: address of the IPv6 host
 * @addr4: its IPv4 address
 * @port6: its port or identifier, network order
 * @port4: the same on the IPv4 side
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_ICMP
 * @is_static: stays without sessions
 * @sessions: entries of connection tracking that use it
 */
struct skald_nat64_binding {
	struct hlist_node by6;
	struct hlist_node by4;
	struct skald_nat64 *owner;
	union skald_addr addr6;
	union skald_addr addr4;
	__be16 port6;
	__be16 port4;
	u8 proto;
	bool is_static;
	u32 sessions;
};

#define SKALD_NAT64_BUCKETS 4096

/**
 * struct skald_nat64 - a stateful translator
 * @settings: what it was told
 * @table: its sessions
 * @key: of the hashes
 * @lock: for bindings
 * @n: bindings
 * @by6: by IPv6 endpoint
 * @by4: by IPv4 endpoint
 */
struct skald_nat64 {
	struct skald_nat64_settings settings;
	struct skald_ct_table *table;
	hsiphash_key_t key;
	spinlock_t lock;
	u32 n;
	struct hlist_head by6[SKALD_NAT64_BUCKETS];
	struct hlist_head by4[SKALD_NAT64_BUCKETS];
};

/**
 * skald_nat64_new() - a stateful translator
 * @table: table of its sessions, which has NAT (see skald_nat_new())
 * @settings: copied
 *
 * Return: to be freed after the table; NULL: no memory, or settings that cannot
 * be.
 */
struct skald_nat64 *
skald_nat64_new(struct skald_ct_table *table,
		const struct skald_nat64_settings *settings);
/* NULL is fine. */
void skald_nat64_free(struct skald_nat64 *nat64);

/* Timeouts of RFC 6146, 4: for @timeouts of struct skald_ct_input. */
void skald_nat64_timeouts(struct skald_ct_timeouts *timeouts);

/**
 * skald_nat64_bind() - a binding that stays
 * @nat64: the translator
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_ICMP
 * @host: IPv6 source of the tuple, and its port
 * @outside: IPv4 source of the tuple, and its port
 *
 * Return: 0; -EEXIST: one of both endpoints is bound; -ENOMEM, -ENFILE.
 */
int skald_nat64_bind(struct skald_nat64 *nat64, u8 proto,
		     const struct skald_ct_tuple *host,
		     const struct skald_ct_tuple *outside);

/* Whether a packet is for the translator: to the prefix, or to the pool. */
bool skald_nat64_wants(const struct skald_nat64 *nat64,
		       const struct skald_view *view);

/**
 * skald_nat64_packet() - translate a packet with state
 * @nat64: the translator
 * @packet: as skald_ct_in() left it; skald_ct_out() is still to come
 * @job: @bytes and @room; the rest is filled in
 *
 * The first packet of a conversation is bound (RFC 6146, 3.5); packets of TCP,
 * UDP and ICMP echo alone.
 *
 * Return: as skald_nat64_translate(); -ENOMEM; -ENOENT also when nobody is
 * bound, no binding is left, or the packet belongs to nothing. A packet to the
 * pool that comes from the prefix comes out as one to the pool again: give it
 * in again.
 */
int skald_nat64_packet(struct skald_nat64 *nat64,
		       struct skald_ct_packet *packet,
		       struct skald_nat64_job *job);

/* A session ends: for ct_nat.c. NULL is fine. */
void skald_nat64_release(struct skald_nat64_binding *binding);

#endif /* SKALD_ENGINE_NAT64_H */
