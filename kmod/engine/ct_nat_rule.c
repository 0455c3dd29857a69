// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rules ask for that is more than a range: the interface's address, this
 * host, another prefix, the same as the master. As nf_nat_masquerade.c,
 * nf_nat_redirect.c, nft_nat.c and nf_nat_helper.c.
 */
#include "ct_expect.h"
#include "ct_nat.h"

#define LOOPBACK4 0x7f000001

static struct skald_nat_range with_address(const struct skald_nat_range *range,
					   const union skald_addr *address)
{
	struct skald_nat_range one = {
		.flags = range->flags | SKALD_NAT_MAP_IPS,
		.min_addr = *address,
		.max_addr = *address,
		.min_proto = range->min_proto,
		.max_proto = range->max_proto,
	};

	return one;
}

/* ---- masquerade ---- */

int skald_nat_masquerade(struct skald_ct_packet *packet,
			 const struct skald_nat_range *range,
			 const union skald_addr *address, u32 oif)
{
	struct skald_ct *ct = packet->ct;
	struct skald_nat_range one;
	int verdict;

	/* from 0.0.0.0: the host itself, which asks for an address */
	if (skald_ct_family(ct) == NFPROTO_IPV4 &&
	    !skald_ct_tuple(ct, SKALD_CT_ORIGINAL)->src.ip)
		return NF_ACCEPT;
	if (!address)
		return NF_DROP;
	one = with_address(range, address);
	verdict = skald_nat_setup(packet, &one, SKALD_NAT_SRC);
	if (verdict == NF_ACCEPT && ct->nat &&
	    !skald_ct_is(ct, SKALD_CT_CONFIRMED))
		ct->nat->masq_index = oif;
	return verdict;
}

struct gone {
	struct skald_ct_table *table;
	u32 ifindex;
	const union skald_addr *address;
	u64 now_ns;
	u32 n;
};

static bool kill_gone(void *user, struct skald_ct *ct)
{
	struct gone *gone = user;

	if (!ct->nat || ct->nat->masq_index != gone->ifindex)
		return true;
	if (gone->address &&
	    !skald_addr_equal(gone->address,
			      &skald_ct_tuple(ct, SKALD_CT_REPLY)->dst))
		return true;
	gone->n += skald_ct_kill(gone->table, ct, gone->now_ns,
				 SKALD_CT_END_DELETED);
	return true;
}

u32 skald_nat_masquerade_gone(struct skald_ct_table *table, u32 ifindex,
			      const union skald_addr *address, u64 now_ns)
{
	struct gone gone = { .table = table,
			     .ifindex = ifindex,
			     .address = address,
			     .now_ns = now_ns };

	skald_ct_each(table, now_ns, kill_gone, &gone);
	return gone.n;
}

/* ---- redirect ---- */

static void set_loopback(union skald_addr *addr, u8 family)
{
	memset(addr, 0, sizeof(*addr));
	if (family == NFPROTO_IPV4)
		addr->ip = htonl(LOOPBACK4);
	else
		addr->bytes[15] = 1;
}

int skald_nat_redirect(struct skald_ct_packet *packet,
		       const struct skald_nat_range *range, u8 hook,
		       const union skald_addr *address)
{
	union skald_addr loopback;
	struct skald_nat_range one;

	if (hook == NF_INET_LOCAL_OUT) {
		set_loopback(&loopback, skald_ct_family(packet->ct));
		address = &loopback;
	}
	if (!address)
		return NF_DROP;
	one = with_address(range, address);
	return skald_nat_setup(packet, &one, SKALD_NAT_DST);
}

/* ---- prefixes ---- */

void skald_nat_netmap(struct skald_nat_range *range,
		      const union skald_addr *address, u8 family)
{
	union skald_addr *to = &range->min_addr;
	u32 i, n = family == NFPROTO_IPV4 ? 1 : 4;
	__be32 mask;

	for (i = 0; i < n; i++) {
		/* bits in which first and last address agree */
		mask = ~(to->ip6[i] ^ range->max_addr.ip6[i]);
		to->ip6[i] = (to->ip6[i] & mask) | (address->ip6[i] & ~mask);
	}
	range->max_addr = *to;
}

/* ---- helpers ---- */

void skald_nat_follow_master(struct skald_ct_packet *packet,
			     struct skald_ct_expect *expect)
{
	const struct skald_ct_tuple *master = skald_ct_tuple(
		packet->ct->master, (enum skald_ct_dir) !expect->dir);
	struct skald_nat_range range = { .flags = SKALD_NAT_MAP_IPS };

	/* from whom the master's packets seem to come */
	range.min_addr = master->dst;
	range.max_addr = master->dst;
	skald_nat_setup(packet, &range, SKALD_NAT_SRC);
	/* and to where it was announced before it was changed */
	range.flags |= SKALD_NAT_PROTO_SPECIFIED;
	range.min_proto = expect->saved_port;
	range.max_proto = expect->saved_port;
	range.min_addr = master->src;
	range.max_addr = master->src;
	skald_nat_setup(packet, &range, SKALD_NAT_DST);
}
