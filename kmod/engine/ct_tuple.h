/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: tuples
 *
 * A tuple names one direction of a conversation: addresses of either family,
 * protocol, and what the protocol has for ports. All fields are in network
 * order; what a protocol does not use is zero, so tuples compare and hash as
 * bytes.
 */
#ifndef SKALD_ENGINE_CT_TUPLE_H
#define SKALD_ENGINE_CT_TUPLE_H

#include "view.h"

/**
 * union skald_addr - an address of either family
 * @ip: IPv4, network order; the rest is zero
 * @ip6: IPv6, network order
 * @words: for comparing
 * @bytes: in order
 */
union skald_addr {
	__be32 ip;
	__be32 ip6[4];
	u64 words[2];
	u8 bytes[16];
};

static inline bool skald_addr_equal(const union skald_addr *a,
				    const union skald_addr *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* Directions of a conversation: of its first packet, and the other one. */
enum skald_ct_dir {
	SKALD_CT_ORIGINAL,
	SKALD_CT_REPLY,
	SKALD_CT_DIRS,
};

/**
 * struct skald_ct_tuple - one direction of a conversation
 * @src: source address
 * @dst: destination address
 * @sport: source port; ICMP: the query's id; GRE: the key of the other side
 * @dport: destination port; ICMP: type and code, one byte each; GRE: the key
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @proto: IP protocol
 * @dir: enum skald_ct_dir of this tuple in its entry; not compared, not hashed
 * @zero: always 0
 */
struct skald_ct_tuple {
	union skald_addr src;
	union skald_addr dst;
	__be16 sport;
	__be16 dport;
	u8 family;
	u8 proto;
	u8 dir;
	u8 zero;
};

/**
 * struct skald_ct_mask - which bits of the source an expectation compares
 * @src: bits of the source address
 * @sport: bits of the source port
 */
struct skald_ct_mask {
	union skald_addr src;
	__be16 sport;
};

static inline u8 skald_ct_icmp_type(const struct skald_ct_tuple *tuple)
{
	return (u8)(ntohs(tuple->dport) >> 8);
}

static inline u8 skald_ct_icmp_code(const struct skald_ct_tuple *tuple)
{
	return (u8)ntohs(tuple->dport);
}

/* Everything of two tuples but the direction. */
static inline bool skald_ct_tuple_equal(const struct skald_ct_tuple *a,
					const struct skald_ct_tuple *b)
{
	return a->sport == b->sport && a->dport == b->dport &&
	       a->proto == b->proto && a->family == b->family &&
	       skald_addr_equal(&a->src, &b->src) &&
	       skald_addr_equal(&a->dst, &b->dst);
}

/* The source of two tuples, as nf_ct_tuple_src_equal(). */
static inline bool skald_ct_tuple_src_equal(const struct skald_ct_tuple *a,
					    const struct skald_ct_tuple *b)
{
	return a->sport == b->sport && a->family == b->family &&
	       skald_addr_equal(&a->src, &b->src);
}

/**
 * skald_ct_tuple_masked_equal() - whether a packet is the expected one
 * @tuple: of the packet
 * @expected: of the expectation
 * @mask: which bits of the source count; the destination counts whole
 */
bool skald_ct_tuple_masked_equal(const struct skald_ct_tuple *tuple,
				 const struct skald_ct_tuple *expected,
				 const struct skald_ct_mask *mask);

/**
 * skald_ct_tuple_hash() - keyed hash of a tuple
 * @tuple: the tuple
 * @zone: id of the zone in the tuple's direction
 * @key: the table's key
 *
 * Return: 32 bits.
 */
u32 skald_ct_tuple_hash(const struct skald_ct_tuple *tuple, u16 zone,
			const hsiphash_key_t *key);

struct skald_ct_table;

/**
 * skald_ct_tuple_of() - the tuple of a packet
 * @table: for protocols whose tuples depend on more than the packet (GRE)
 * @view: the packet, headers known
 * @tuple: filled in, direction original
 *
 * Return: true; false when the header that names the ports is not there, as
 * nf_ct_get_tuple().
 */
bool skald_ct_tuple_of(struct skald_ct_table *table,
		       const struct skald_view *view,
		       struct skald_ct_tuple *tuple);

/**
 * skald_ct_tuple_embedded() - the tuple of a packet inside a packet
 * @table: as above
 * @view: the packet that quotes another one
 * @off: offset of the quoted packet's network header
 * @tuple: filled in, direction original
 *
 * The quoted packet may be cut short, as nf_ct_get_tuplepr(). Fragments but
 * the first have no tuple.
 */
bool skald_ct_tuple_embedded(struct skald_ct_table *table,
			     const struct skald_view *view, u32 off,
			     struct skald_ct_tuple *tuple);

/**
 * skald_ct_tuple_invert() - the tuple of the answers
 * @inverse: filled in, the other direction
 * @tuple: the tuple
 *
 * Return: false when there are no answers to it (an ICMP message that is no
 * query), as nf_ct_invert_tuple().
 */
bool skald_ct_tuple_invert(struct skald_ct_tuple *inverse,
			   const struct skald_ct_tuple *tuple);

#endif /* SKALD_ENGINE_CT_TUPLE_H */
