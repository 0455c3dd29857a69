// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for a tuple: an address of the range, and a port that makes the
 * conversation different from all others. As nf_nat_core.c.
 */
#include "ct_nat.h"

#include "ct_proto.h"

/* Ports that are tried at first, and from where on something may have to go
 * for it, as NF_NAT_MAX_ATTEMPTS and NF_NAT_HARDER_THRESH. */
#define ATTEMPTS 128u
#define ATTEMPTS_HARDER (ATTEMPTS / 4)
#define ATTEMPTS_MIN 16u

/* enum tcp_conntrack of the uapi */
#define TCP_SYN_SENT 1
#define TCP_TIME_WAIT 7

/* Ports below this are for those who may bind them. */
#define PORT_RESERVED 512u
#define PORT_PRIVILEGED 1024u
#define PORT_RESERVED_MIN 600u

/* ---- is it free? ---- */

static bool is_taken(const struct skald_ct_packet *packet,
		     const struct skald_ct_tuple *tuple)
{
	struct skald_ct_tuple reply;

	return skald_ct_tuple_invert(&reply, tuple) &&
	       skald_ct_taken(packet, &reply);
}

static bool is_translated(const struct skald_ct *ct)
{
	return skald_ct_is(ct, SKALD_CT_SRC_NAT) ||
	       skald_ct_is(ct, SKALD_CT_DST_NAT) ||
	       skald_ct_is(ct, SKALD_CT_SEQ_ADJUST);
}

/*
 * nf_nat_used_tuple_new(): two first packets of one conversation may meet, one
 * from each side. Then the tuple counts as free, and confirming resolves it.
 */
static bool is_taken_unchanged(const struct skald_ct_packet *packet,
			       const struct skald_ct_tuple *tuple)
{
	const struct skald_ct *mine = packet->ct;
	struct skald_ct_tuple reply;
	struct skald_ct *other;
	bool taken;

	if (!is_taken(packet, tuple))
		return false;
	if (!skald_ct_proto_find(skald_ct_protonum(mine))->allow_clash ||
	    is_translated(mine))
		return true;
	other = skald_ct_find(packet->table, &mine->zone, tuple, packet->now_ns,
			      NULL);
	if (!other && skald_ct_tuple_invert(&reply, tuple))
		other = skald_ct_find(packet->table, &mine->zone, &reply,
				      packet->now_ns, NULL);
	if (!other)
		return false;
	taken = is_translated(other) ||
		!skald_ct_tuple_equal(skald_ct_tuple(other, SKALD_CT_ORIGINAL),
				      skald_ct_tuple(mine, SKALD_CT_REPLY));
	skald_ct_put(packet->table, other);
	return taken;
}

/* nf_nat_may_kill() and nf_seq_has_advanced(): nobody needs it any more, and
 * late packets of it will not be taken for the new one's. */
static bool may_evict(const struct skald_ct *old, const struct skald_ct *mine)
{
	return READ_ONCE(old->proto.tcp.state) >= TCP_TIME_WAIT &&
	       !skald_ct_is(old, SKALD_CT_FIXED_TIMEOUT) &&
	       !skald_ct_is(old, SKALD_CT_DYING) &&
	       skald_ct_is(old, SKALD_CT_SRC_NAT) &&
	       (s32)(mine->proto.tcp.seen[SKALD_CT_ORIGINAL].end -
		     old->proto.tcp.seen[SKALD_CT_ORIGINAL].end) > 0;
}

/* nf_nat_used_tuple_harder(): with few attempts left an old connection goes. */
static bool is_taken_harder(const struct skald_ct_packet *packet,
			    const struct skald_ct_tuple *tuple, u32 left)
{
	const struct skald_ct *mine = packet->ct;
	struct skald_ct_tuple reply;
	enum skald_ct_dir dir;
	struct skald_ct *old;
	bool taken = true;

	if (left > ATTEMPTS_HARDER || tuple->proto != IPPROTO_TCP ||
	    mine->proto.tcp.state != TCP_SYN_SENT)
		return is_taken(packet, tuple);
	if (!skald_ct_tuple_invert(&reply, tuple))
		return true;
	old = skald_ct_find(packet->table, &mine->zone, &reply, packet->now_ns,
			    &dir);
	if (!old)
		return false;
	if (dir == SKALD_CT_REPLY && may_evict(old, mine) &&
	    skald_ct_kill(packet->table, old, packet->now_ns,
			  SKALD_CT_END_EVICTED))
		taken = false;
	skald_ct_put(packet->table, old);
	return taken;
}

/* ---- is it in the range? ---- */

/* Addresses compare as numbers in network order. */
static bool addr_in_range(const union skald_addr *addr,
			  const struct skald_nat_range *range, u8 family)
{
	size_t size = family == NFPROTO_IPV4 ? 4 : sizeof(*addr);

	return memcmp(addr, &range->min_addr, size) >= 0 &&
	       memcmp(addr, &range->max_addr, size) <= 0;
}

static bool has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_SCTP;
}

static bool is_icmp(u8 proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* l4proto_in_range() */
static bool proto_in_range(const struct skald_ct_tuple *tuple,
			   enum skald_nat_manip manip,
			   const struct skald_nat_range *range)
{
	u16 value;

	if (is_icmp(tuple->proto))
		value = ntohs(tuple->sport);
	else if (has_ports(tuple->proto) || tuple->proto == IPPROTO_GRE)
		value = ntohs(manip == SKALD_NAT_SRC ? tuple->sport
						     : tuple->dport);
	else
		return true;
	return value >= ntohs(range->min_proto) &&
	       value <= ntohs(range->max_proto);
}

/* nf_in_range() */
static bool source_in_range(const struct skald_ct_tuple *tuple,
			    const struct skald_nat_range *range)
{
	if ((range->flags & SKALD_NAT_MAP_IPS) &&
	    !addr_in_range(&tuple->src, range, tuple->family))
		return false;
	return !(range->flags & SKALD_NAT_PROTO_SPECIFIED) ||
	       proto_in_range(tuple, SKALD_NAT_SRC, range);
}

/* ---- the address ---- */

/* find_appropriate_src(): what this source was mapped to last. */
static bool find_mapping(const struct skald_ct_packet *packet,
			 const struct skald_ct_tuple *from,
			 const struct skald_nat_range *range,
			 struct skald_ct_tuple *tuple)
{
	const struct skald_nat *nat = packet->table->nat_data;
	const struct skald_ct_zone *zone = &packet->ct->zone;
	const struct skald_ct_tuple *original;
	struct skald_ct_nat *slot;

	hlist_for_each_entry_rcu(
		slot, &nat->sources[skald_nat_source_bucket(nat, zone, from)],
		by_source) {
		original = skald_ct_tuple(slot->ct, SKALD_CT_ORIGINAL);
		if (original->proto != from->proto ||
		    !skald_ct_tuple_src_equal(original, from) ||
		    skald_ct_zone_id(&slot->ct->zone, SKALD_CT_ORIGINAL) !=
			    skald_ct_zone_id(zone, SKALD_CT_ORIGINAL))
			continue;
		if (!skald_ct_tuple_invert(
			    tuple, skald_ct_tuple(slot->ct, SKALD_CT_REPLY)))
			continue;
		tuple->dst = from->dst;
		tuple->dport = from->dport;
		if (source_in_range(tuple, range))
			return true;
	}
	return false;
}

static void mix(u32 *a, u32 *b, u32 *c)
{
	static const u8 turns[] = { 4, 6, 8, 16, 19, 4 };
	u32 *x = a, *y = b, *z = c, *first;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		*x -= *z;
		*x ^= ror32(*z, 32 - turns[i]);
		*z += *y;
		first = x;
		x = y;
		y = z;
		z = first;
	}
}

static void mix_last(u32 *a, u32 *b, u32 *c)
{
	static const u8 turns[] = { 14, 11, 25, 16, 4, 14, 24 };
	u32 *x = c, *y = b, *z = a, *last;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		*x ^= *y;
		*x -= ror32(*y, 32 - turns[i]);
		/* c, a, b, c, a, b, c */
		last = x;
		x = z;
		z = y;
		y = last;
	}
}

/*
 * Hash of the four words of a source address: hashword() of B. Jenkins,
 * "lookup3" (2006), as the kernel's jhash2(). Not keyed: a client keeps its
 * address when the machine restarts.
 */
static u32 hash_address(const union skald_addr *addr, u32 seed)
{
	u32 a = 0xdeadbeef + (4u << 2) + seed, b = a, c = a;

	a += (__force u32)addr->ip6[0];
	b += (__force u32)addr->ip6[1];
	c += (__force u32)addr->ip6[2];
	mix(&a, &b, &c);
	a += (__force u32)addr->ip6[3];
	mix_last(&a, &b, &c);
	return c;
}

/*
 * find_best_ips_proto(): the hash of the source, and of the destination unless
 * the choice is to be persistent, says which address of the range it is.
 */
static void choose_address(const struct skald_ct_packet *packet,
			   const struct skald_nat_range *range,
			   enum skald_nat_manip manip,
			   struct skald_ct_tuple *tuple)
{
	union skald_addr *addr =
		manip == SKALD_NAT_SRC ? &tuple->src : &tuple->dst;
	bool persistent = range->flags & SKALD_NAT_PERSISTENT;
	u32 i, last = tuple->family == NFPROTO_IPV4 ? 0 : 3;
	u32 j, low, size;
	bool is_full = false;

	if (!(range->flags & SKALD_NAT_MAP_IPS))
		return;
	if (skald_addr_equal(&range->min_addr, &range->max_addr)) {
		*addr = range->min_addr;
		return;
	}
	j = hash_address(&tuple->src,
			 persistent ? 0
				    : (__force u32)tuple->dst.ip6[last] ^
					      packet->ct->zone.id);
	for (i = 0; i <= last; i++) {
		/* behind a word below the last one all values are allowed */
		low = is_full ? 0 : ntohl(range->min_addr.ip6[i]);
		size = is_full ? ~0u : ntohl(range->max_addr.ip6[i]) - low + 1;
		addr->ip6[i] = htonl(low + skald_random_below(j, size));
		if (addr->ip6[i] != range->max_addr.ip6[i])
			is_full = true;
		if (!persistent)
			j ^= (__force u32)tuple->dst.ip6[i];
	}
}

/* ---- the port ---- */

/**
 * struct ports - where to look for a port
 * @key: the field of the tuple
 * @min: first one
 * @size: how many
 */
struct ports {
	__be16 *key;
	u32 min;
	u32 size;
};

static void set_ports(struct ports *ports, u32 first, u32 behind)
{
	ports->min = first;
	ports->size = behind - first;
}

/* Ports of the range, or the class that the port is from. */
static bool ports_of(const struct skald_nat_range *range,
		     enum skald_nat_manip manip, struct ports *ports)
{
	u32 port = ntohs(*ports->key), low, high;

	if (range->flags & SKALD_NAT_PROTO_SPECIFIED) {
		low = ntohs(range->min_proto);
		high = ntohs(range->max_proto);
		set_ports(ports, min(low, high), max(low, high) + 1);
		return true;
	}
	if (manip == SKALD_NAT_DST)
		return false;
	set_ports(ports, port < PORT_RESERVED ? 1 : PORT_RESERVED_MIN,
		  port < PORT_RESERVED ? PORT_RESERVED : PORT_PRIVILEGED);
	if (port >= PORT_PRIVILEGED)
		set_ports(ports, PORT_PRIVILEGED, U16_MAX + 1);
	return true;
}

/* Identifiers and keys: any will do. @first: the lowest */
static bool keys_of(const struct skald_nat_range *range, u32 first,
		    struct ports *ports)
{
	set_ports(ports, first, U16_MAX + 1);
	if (range->flags & SKALD_NAT_PROTO_SPECIFIED) {
		ports->min = ntohs(range->min_proto);
		/* 16 bits: an empty range is as large as any */
		ports->size = (u16)(ntohs(range->max_proto) - ports->min) + 1u;
	}
	return true;
}

/* Return: false when a protocol has nothing to change. */
static bool find_ports(const struct skald_ct *ct,
		       const struct skald_nat_range *range,
		       enum skald_nat_manip manip, struct skald_ct_tuple *tuple,
		       struct ports *ports)
{
	ports->key = manip == SKALD_NAT_SRC ? &tuple->sport : &tuple->dport;
	if (is_icmp(tuple->proto)) {
		ports->key = &tuple->sport;
		return keys_of(range, 0, ports);
	}
	/* without a master it is not PPTP */
	if (tuple->proto == IPPROTO_GRE)
		return ct->master && keys_of(range, 1, ports);
	return has_ports(tuple->proto) && ports_of(range, manip, ports);
}

/* Where the search begins: anywhere, or where the owner says. */
static u16 somewhere(const struct skald_ct_packet *packet,
		     enum skald_nat_manip manip, const struct ports *ports)
{
	const struct skald_ct_owner *owner = &packet->table->owner;
	u16 port = owner->port
			   ? owner->port(owner->user, manip == SKALD_NAT_SRC)
			   : 0;

	if (port && port >= ports->min && port - ports->min < ports->size)
		return (u16)(port - ports->min);
	return (u16)skald_ct_random(packet->table);
}

/*
 * nf_nat_l4proto_unique_tuple(): from some port on, one after the other, for a
 * bounded number of attempts; then from another one.
 */
static void choose_port(const struct skald_ct_packet *packet,
			const struct skald_nat_range *range,
			enum skald_nat_manip manip,
			struct skald_ct_tuple *tuple)
{
	struct ports ports;
	u32 attempts, i;
	u16 off = 0;

	if (!find_ports(packet->ct, range, manip, tuple, &ports))
		return;
	if (range->flags & SKALD_NAT_PROTO_OFFSET)
		off = (u16)(ntohs(*ports.key) - ntohs(range->base_proto));
	else if ((range->flags & SKALD_NAT_RANDOM_ALL) ||
		 manip != SKALD_NAT_DST)
		off = somewhere(packet, manip, &ports);
	attempts = min(ports.size, ATTEMPTS);
	for (;;) {
		for (i = 0; i < attempts; i++, off++) {
			*ports.key = htons((u16)(ports.min + off % ports.size));
			if (!is_taken_harder(packet, tuple, attempts - i))
				return;
		}
		if (attempts >= ports.size || attempts < ATTEMPTS_MIN)
			return;
		attempts /= 2;
		off = somewhere(packet, manip, &ports);
	}
}

/* ---- all of it ---- */

/* The source as it is, or as it was mapped before, if that is free. */
static bool keep_source(const struct skald_ct_packet *packet,
			const struct skald_ct_tuple *from,
			const struct skald_nat_range *range,
			struct skald_ct_tuple *tuple)
{
	if (source_in_range(from, range)) {
		*tuple = *from;
		return !is_taken_unchanged(packet, from);
	}
	return find_mapping(packet, from, range, tuple) &&
	       !is_taken(packet, tuple);
}

/* With the address chosen, the port may stay. */
static bool keep_port(const struct skald_ct_packet *packet,
		      const struct skald_nat_range *range,
		      enum skald_nat_manip manip,
		      const struct skald_ct_tuple *tuple)
{
	if (range->flags & SKALD_NAT_RANDOM_ALL)
		return false;
	if (!(range->flags & SKALD_NAT_PROTO_SPECIFIED))
		return !is_taken(packet, tuple);
	return !(range->flags & SKALD_NAT_PROTO_OFFSET) &&
	       proto_in_range(tuple, manip, range) &&
	       (range->min_proto == range->max_proto ||
		!is_taken(packet, tuple));
}

void skald_nat_choose_tuple(const struct skald_ct_packet *packet,
			    const struct skald_ct_tuple *from,
			    const struct skald_nat_range *range,
			    enum skald_nat_manip manip,
			    struct skald_ct_tuple *tuple)
{
	if (manip == SKALD_NAT_SRC && !(range->flags & SKALD_NAT_RANDOM_ALL) &&
	    keep_source(packet, from, range, tuple))
		return;
	*tuple = *from;
	choose_address(packet, range, manip, tuple);
	if (!keep_port(packet, range, manip, tuple))
		choose_port(packet, range, manip, tuple);
}
