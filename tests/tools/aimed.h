/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets directed at a ruleset
 *
 * Addresses and ports come from what the rules compare with and from members of
 * their sets, from their neighbours, and from anywhere; connections are
 * answered and go on.
 */
#ifndef SKALD_TESTS_AIMED_H
#define SKALD_TESTS_AIMED_H

#include <stdlib.h>
#include <string.h>

#include "csum.h"
#include "expr_parts.h"
#include "set.h"

#define POOL_MAX 512

/* Values that rules ask for. */
struct pool {
	unsigned char bytes[POOL_MAX][16];
	unsigned int n;
};

/* A rule that leads to a chain. */
struct way {
	const struct skald_vm_chain *to;
	const struct skald_vm_rule *by;
};

/* What is known of the ruleset, and packets made before. @names: of the taps,
 * or NULL; @rules: all of them, @ways: by chain; heap */
struct aimed {
	const struct skald_vm *vm;
	unsigned int n_taps;
	char **names;
	unsigned char mac[6];
	bool has_mac;
	const struct skald_vm_rule **rules;
	unsigned int n_rules;
	struct way *ways;
	unsigned int n_ways;
	struct pool ip4;
	struct pool ip6;
	struct pool ports;
	unsigned char old[16][128];
	unsigned int n_old;
};

static unsigned long long random_state;

static unsigned int dice(unsigned int bound)
{
	random_state =
		random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)((random_state >> 33) % bound);
}

static void add_value(struct pool *pool, const void *bytes, unsigned int len)
{
	unsigned int at = pool->n < POOL_MAX ? pool->n++ : dice(POOL_MAX);

	memset(pool->bytes[at], 0, 16);
	memcpy(pool->bytes[at], bytes, len);
}

static void collect(struct aimed *aimed, const void *bytes, unsigned int len)
{
	if (len == 2)
		add_value(&aimed->ports, bytes, 2);
	else if (len == 4)
		add_value(&aimed->ip4, bytes, 4);
	else if (len == 16)
		add_value(&aimed->ip6, bytes, 16);
}

static void collect_set(struct aimed *aimed, const struct skald_vm_set *set)
{
	const struct skald_vm_elem *elem;
	unsigned int left = 64;

	list_for_each_entry(elem, &set->elems, list) {
		unsigned int at = 0;

		if (!left--)
			break;
		if (set->n_fields < 2)
			collect(aimed, elem->key, set->klen);
		for (unsigned int i = 0; i < set->n_fields; i++) {
			collect(aimed, elem->key + at, set->field_len[i]);
			at += (set->field_len[i] + 3u) & ~3u;
		}
	}
}

/* Values compared with, members of sets, ports of xt matches. */
static void collect_expr(struct aimed *aimed, const struct skald_vm_expr *expr)
{
	const unsigned char *info = skald_expr_data(expr);

	if (expr->ops == &skald_expr_cmp) {
		const struct skald_cmp *cmp = skald_expr_data(expr);

		collect(aimed, cmp->value, cmp->len);
	} else if (expr->ops == &skald_expr_match) {
		/* ports are in host order there: any pair of bytes will do */
		for (unsigned int i = 64; i + 2 < expr->size - 16 && i < 128;
		     i += 2) {
			unsigned char port[2] = { info[i + 1], info[i] };

			if (port[0] || port[1])
				add_value(&aimed->ports, port, 2);
		}
	}
}

static void collect_rule(struct aimed *aimed, const struct skald_vm_rule *rule)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	if (!(aimed->n_rules & (aimed->n_rules - 1)))
		aimed->rules =
			reallocarray(aimed->rules,
				     aimed->n_rules ? aimed->n_rules * 2 : 1,
				     sizeof(*aimed->rules));
	if (!aimed->rules)
		exit(2);
	aimed->rules[aimed->n_rules++] = rule;
	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		collect_expr(aimed, expr);
		expr = skald_expr_next(expr);
	}
}

static void collect_all(struct aimed *aimed)
{
	const struct skald_vm_table *table;
	const struct skald_vm_chain *chain;
	const struct skald_vm_set *set;
	const struct skald_vm_rule *rule;

	list_for_each_entry(table, &aimed->vm->tables, list) {
		list_for_each_entry(set, &table->sets, list)
			collect_set(aimed, set);
		list_for_each_entry(chain, &table->chains, list) {
			for (rule = skald_vm_rule_next(chain, NULL); rule;
			     rule = skald_vm_rule_next(chain, rule))
				collect_rule(aimed, rule);
		}
	}
}

static void pick(const struct pool *pool, unsigned char *to, unsigned int len)
{
	if (pool->n && dice(4)) {
		memcpy(to, pool->bytes[dice(pool->n)], len);
		/* a neighbour of it, now and then */
		if (dice(8) == 0)
			to[len - 1] ^= (unsigned char)(1 << dice(8));
		return;
	}
	for (unsigned int i = 0; i < len; i++)
		to[i] = (unsigned char)dice(256);
}

static void pick_ip4(const struct aimed *aimed, unsigned char *to)
{
	/* addresses of the taps and their nets: 10.77.<tap>.<host> */
	if (dice(3) == 0) {
		to[0] = 10;
		to[1] = 77;
		to[2] = (unsigned char)dice(aimed->n_taps);
		to[3] = (unsigned char)(dice(2) ? 1 : 2 + dice(250));
		return;
	}
	pick(&aimed->ip4, to, 4);
	if (to[0] == 0 || to[0] == 127 || to[0] >= 240)
		to[0] = (unsigned char)(1 + dice(120));
}

static void pick_ip6(const struct aimed *aimed, unsigned char *to)
{
	if (dice(3) == 0) {
		memset(to, 0, 16);
		to[0] = 0xfd;
		to[1] = 0x77;
		to[3] = (unsigned char)dice(aimed->n_taps);
		to[15] = (unsigned char)(dice(2) ? 1 : 2 + dice(250));
		return;
	}
	pick(&aimed->ip6, to, 16);
	if (to[0] == 0xff || to[0] == 0)
		to[0] = 0x20;
}

/* MSS; what a SYN of a host of today has; timestamps. Return: bytes */
static unsigned int put_tcp_options(unsigned char *tcp)
{
	static const unsigned char mss[] = { 2, 4, 5, 0xb4 };
	static const unsigned char syn[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
					     0, 1, 0, 0,    0, 0, 1, 3,	 3, 7 };
	static const unsigned char stamps[] = { 1, 1, 8, 10, 0, 0,
						0, 1, 0, 0,  0, 9 };
	bool is_syn = tcp[13] & 2;
	const unsigned char *options = is_syn ? mss : stamps;
	unsigned int len = is_syn ? sizeof(mss) : sizeof(stamps);

	if (dice(2))
		return 0;
	if (is_syn && dice(2)) {
		options = syn;
		len = sizeof(syn);
	}
	memcpy(tcp + 20, options, len);
	tcp[12] = (unsigned char)(0x50 + len * 4);
	return len;
}

static unsigned int make_transport(struct aimed *aimed, unsigned char *at,
				   unsigned char proto, bool is6)
{
	static const unsigned char flags[] = { 2,  2, 2,  18, 16, 24, 4,
					       17, 1, 20, 0,  63, 41 };
	static const unsigned char icmp[] = { 8, 0, 3, 11, 13, 5 };
	static const unsigned char icmp6[] = { 128, 129, 1,   2,  3,
					       135, 136, 133, 134 };
	unsigned int data = dice(3) ? dice(40) : 0;

	for (unsigned int i = 0; i < 64; i++)
		at[i] = (unsigned char)dice(256);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		at[0] = is6 ? icmp6[dice(sizeof(icmp6))]
			    : icmp[dice(sizeof(icmp))];
		at[1] = (unsigned char)(dice(3) ? 0 : dice(4));
		return 8 + data;
	}
	pick(&aimed->ports, at, 2);
	pick(&aimed->ports, at + 2, 2);
	if (proto == IPPROTO_TCP) {
		at[12] = 0x50;
		at[13] = flags[dice(sizeof(flags))];
		return 20 + put_tcp_options(at) + data;
	}
	if (proto == IPPROTO_SCTP) {
		/* data, init, init ack, sack, heartbeat, abort */
		at[12] = (unsigned char)dice(7);
		put_unaligned_be16((u16)(4 + data), at + 14);
		if (at[12] == 1)
			memset(at + 4, 0, 4);
		return 16 + data;
	}
	if (proto == IPPROTO_UDP)
		put_unaligned_be16((u16)(8 + data), at + 4);
	return 8 + data;
}

static void fix_transport(unsigned char *th, unsigned int len,
			  unsigned char proto, const unsigned char *addrs,
			  unsigned int addrs_len)
{
	unsigned int at = proto == IPPROTO_TCP	 ? 16
			  : proto == IPPROTO_UDP ? 6
						 : 2;
	u32 sum = 0;
	u16 made;

	th[at] = 0;
	th[at + 1] = 0;
	if (proto != IPPROTO_ICMP) {
		unsigned char pseudo[4] = { 0, proto, (unsigned char)(len >> 8),
					    (unsigned char)len };

		sum = skald_csum_add(addrs, addrs_len, 0);
		sum = skald_csum_add(pseudo, sizeof(pseudo), sum);
	}
	made = skald_csum_fold(skald_csum_add(th, len, sum));
	put_unaligned_be16(made ? made : 0xffff, th + at);
}

static unsigned char pick_proto(bool is6)
{
	static const unsigned char protos[] = { 6, 6, 6,   17, 17,
						1, 1, 132, 50, 47 };
	unsigned char proto = protos[dice(sizeof(protos))];

	return proto == IPPROTO_ICMP && is6 ? IPPROTO_ICMPV6 : proto;
}

/* Checksums of a packet that is whole. */
static void fix_all(unsigned char *ip, unsigned int len)
{
	bool is6 = ip[0] >> 4 == 6;
	unsigned int header = is6 ? 40 : 20;
	unsigned char proto = ip[is6 ? 6 : 9];

	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		fix_transport(ip + header, len - header, proto,
			      ip + (is6 ? 8 : 12), is6 ? 32 : 8);
	if (is6)
		return;
	memset(ip + 10, 0, 2);
	put_unaligned_be16(skald_csum_fold(skald_csum_add(ip, 20, 0)), ip + 10);
}

static unsigned int make_ip4_of(struct aimed *aimed, unsigned char *ip,
				unsigned char proto)
{
	unsigned int len = make_transport(aimed, ip + 20, proto, false);

	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = (unsigned char)(dice(4) ? 0 : dice(256));
	put_unaligned_be16((u16)(20 + len), ip + 2);
	put_unaligned_be16((u16)dice(65536), ip + 4);
	ip[6] = 0x40;
	ip[8] = (unsigned char)(2 + dice(200));
	ip[9] = proto;
	pick_ip4(aimed, ip + 12);
	pick_ip4(aimed, ip + 16);
	fix_all(ip, 20 + len);
	return 20 + len;
}

static unsigned int make_ip4(struct aimed *aimed, unsigned char *ip)
{
	return make_ip4_of(aimed, ip, pick_proto(false));
}

static unsigned int make_ip6_of(struct aimed *aimed, unsigned char *ip,
				unsigned char proto)
{
	unsigned int len = make_transport(aimed, ip + 40, proto, true);

	memset(ip, 0, 40);
	ip[0] = 0x60;
	put_unaligned_be16((u16)len, ip + 4);
	ip[6] = proto;
	ip[7] = (unsigned char)(2 + dice(200));
	pick_ip6(aimed, ip + 8);
	pick_ip6(aimed, ip + 24);
	fix_all(ip, 40 + len);
	return 40 + len;
}

static unsigned int make_ip6(struct aimed *aimed, unsigned char *ip)
{
	return make_ip6_of(aimed, ip, pick_proto(true));
}

static void swap_bytes(unsigned char *a, unsigned char *b, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++) {
		unsigned char c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

/* The answer to an earlier packet, or more of the same: connections. */
static unsigned int make_again(struct aimed *aimed, unsigned char *ip)
{
	unsigned char *old = aimed->old[dice(aimed->n_old)];
	bool is6 = old[0] >> 4 == 6;
	unsigned int header = is6 ? 40 : 20;
	unsigned int len = is6 ? get_unaligned_be16(old + 4) + 40u
			       : get_unaligned_be16(old + 2);
	unsigned char proto = old[is6 ? 6 : 9], *th = ip + header;

	if (len > sizeof(aimed->old[0]))
		len = sizeof(aimed->old[0]);
	memcpy(ip, old, len);
	if (dice(2)) {
		if (is6)
			swap_bytes(ip + 8, ip + 24, 16);
		else
			swap_bytes(ip + 12, ip + 16, 4);
		if (proto == 6 || proto == 17 || proto == 132)
			swap_bytes(th, th + 2, 2);
		if (proto == 6) {
			th[13] = dice(2) ? 18 : 16;
			memcpy(th + 8, old + header + 4, 4);
			th[11]++;
		}
		if (proto == 1 && th[0] == 8)
			th[0] = 0;
		if (proto == IPPROTO_ICMPV6 && th[0] == 128)
			th[0] = 129;
	} else if (proto == 6) {
		th[13] = dice(2) ? 16 : 24;
	}
	if (proto == 6 || proto == 17 || proto == 1 || proto == IPPROTO_ICMPV6)
		fix_transport(th, len - header, proto, ip + (is6 ? 8 : 12),
			      is6 ? 32 : 8);
	return len;
}

static void remember(struct aimed *aimed, const unsigned char *ip,
		     unsigned int len)
{
	unsigned int at = aimed->n_old < 16 ? aimed->n_old++ : dice(16);

	if (len <= sizeof(aimed->old[0]))
		memcpy(aimed->old[at], ip, len);
	else if (at == aimed->n_old - 1 && aimed->n_old < 16)
		aimed->n_old--;
}

#endif /* SKALD_TESTS_AIMED_H */
