/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets directed at one rule
 *
 * What a rule, and the rules by which its chain is reached, compare with is
 * written into a packet: fields of headers, the protocol, members of sets, the
 * interface it comes in by, ports of x_tables' matches. What cannot be chosen
 * from outside (marks, states) is left to chance.
 */
#ifndef SKALD_TESTS_AIMED_RULE_H
#define SKALD_TESTS_AIMED_RULE_H

#include <linux/netfilter/nf_tables.h>

#include "aimed.h"
#include "xt.h"

#define FIELDS_MAX 64
#define DEPTH_MAX 8
#define REGS 24

/* What a field of the packet is to be. */
struct field {
	unsigned char base;
	unsigned char len;
	unsigned int offset;
	unsigned char value[16];
	unsigned char mask[16];
};

/* Where a register's value comes from. */
struct source {
	enum {
		FROM_NOTHING,
		FROM_PAYLOAD,
		FROM_META
	} from;
	unsigned int base;
	unsigned int offset;
	unsigned int len;
	unsigned char mask[16];
};

/* What is wanted of a packet. */
struct wish {
	const struct aimed *aimed;
	struct field fields[FIELDS_MAX];
	unsigned int n_fields;
	struct source regs[REGS];
	int proto;
	int is6;
	int tap;
	int oif;
	int hook;
	unsigned char mac[6];
	bool has_mac;
};

/* A packet that was made, and how it is to be sent. @tap: where it must come
 * in, or -1; @is_local: this machine sends it; @keeps_source: as it is */
struct shot {
	unsigned int len;
	int tap;
	bool is_local;
	bool keeps_source;
};

static void wish_field(struct wish *wish, unsigned int base,
		       unsigned int offset, unsigned int len, const void *value,
		       const unsigned char *mask)
{
	struct field *field = &wish->fields[wish->n_fields];

	if (wish->n_fields == FIELDS_MAX || !len || len > 16)
		return;
	wish->n_fields++;
	field->base = (unsigned char)base;
	field->offset = offset;
	field->len = (unsigned char)len;
	memcpy(field->value, value, len);
	memset(field->mask, 0xff, 16);
	if (mask)
		memcpy(field->mask, mask, 16);
	if (base != NFT_PAYLOAD_NETWORK_HEADER)
		return;
	if (len >= 16)
		wish->is6 = 1;
	else if (offset + len == 16 || offset + len == 20)
		wish->is6 = wish->is6 == 1;
	if (offset == 9 && len == 1)
		wish->proto = field->value[0];
}

static int tap_of(const struct aimed *aimed, const void *name, unsigned int len)
{
	for (unsigned int i = 0; i < aimed->n_taps && aimed->names; i++) {
		if (!strncmp(aimed->names[i], name, len < 16 ? len : 16))
			return (int)i;
	}
	return -1;
}

static void wish_meta(struct wish *wish, unsigned int key, const void *value,
		      unsigned int len)
{
	unsigned char first = *(const unsigned char *)value;

	switch (key) {
	case NFT_META_L4PROTO:
		wish->proto = first;
		break;
	case NFT_META_NFPROTO:
		wish->is6 = first == NFPROTO_IPV6;
		break;
	case NFT_META_IIFNAME:
		wish->tap = tap_of(wish->aimed, value, len);
		break;
	case NFT_META_OIFNAME:
		wish->oif = tap_of(wish->aimed, value, len);
		break;
	default:
		break;
	}
}

static void wish_register(struct wish *wish, unsigned int reg,
			  const void *value, unsigned int len)
{
	const struct source *source = &wish->regs[reg % REGS];

	if (source->from == FROM_PAYLOAD)
		wish_field(wish, source->base, source->offset,
			   len < source->len ? len : source->len, value,
			   source->mask);
	else if (source->from == FROM_META)
		wish_meta(wish, source->base, value, len);
}

/* A member of a set, or of a map the one that leads to @to. */
static const struct skald_vm_elem *member(const struct skald_vm_set *set,
					  const struct skald_vm_chain *to)
{
	const struct skald_vm_elem *elem, *found = NULL;
	unsigned int n = 0;

	list_for_each_entry(elem, &set->elems, list) {
		if ((elem->flags & NFT_SET_ELEM_INTERVAL_END) ||
		    (to && elem->verdict.chain != to))
			continue;
		if (!found || dice(++n) == 0)
			found = elem;
		if (n > 2000)
			break;
	}
	return found;
}

static void wish_lookup(struct wish *wish, const struct skald_lookup *lookup,
			const struct skald_vm_chain *to)
{
	const struct skald_vm_set *set = lookup->set;
	const struct skald_vm_elem *elem = member(set, to);
	unsigned int at = 0;

	if (!elem || lookup->is_inverted)
		return;
	if (set->n_fields < 2) {
		wish_register(wish, lookup->source, elem->key, set->klen);
		return;
	}
	for (unsigned int i = 0; i < set->n_fields; i++) {
		wish_register(wish, lookup->source + at / 4, elem->key + at,
			      set->field_len[i]);
		at += (set->field_len[i] + 3u) & ~3u;
	}
}

static void wish_port(struct wish *wish, unsigned int offset, unsigned int from,
		      unsigned int to)
{
	unsigned int port = from + (to > from ? dice(to - from + 1) : 0);
	unsigned char value[2] = { (unsigned char)(port >> 8),
				   (unsigned char)port };

	if (from || to != 65535)
		wish_field(wish, NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2, value,
			   NULL);
}

/* struct xt_tcp, xt_udp, xt_multiport_v1 and ipt_icmp of the uapi */
static void wish_match(struct wish *wish, const struct skald_xt *xt)
{
	const unsigned char *info = (const void *)xt->info;
	unsigned short ports[4];

	memcpy(ports, info, sizeof(ports));
	if (!strcmp(xt->name, "tcp") || !strcmp(xt->name, "udp")) {
		wish->proto = xt->name[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
		wish_port(wish, 0, ports[0], ports[1]);
		wish_port(wish, 2, ports[2], ports[3]);
		if (wish->proto == IPPROTO_TCP && info[9])
			wish_field(wish, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1,
				   info + 10, (unsigned char[16]){ info[9] });
	} else if (!strcmp(xt->name, "multiport") && info[1]) {
		unsigned int side = info[0] == 0 ? 0 : 2;

		memcpy(ports, info + 2 + 2 * dice(info[1]), 2);
		wish_port(wish, side, ports[0], ports[0]);
	} else if (!strcmp(xt->name, "mac") && !info[8]) {
		memcpy(wish->mac, info, 6);
		wish->has_mac = true;
	} else if (!strcmp(xt->name, "icmp") || !strcmp(xt->name, "icmp6")) {
		wish->proto = xt->name[4] ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		if (info[0] != 0xff)
			wish_field(wish, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1,
				   info, NULL);
	}
}

static void wish_load(struct wish *wish, const struct skald_vm_expr *expr)
{
	const struct skald_payload *payload = skald_expr_data(expr);
	const struct skald_meta *meta = skald_expr_data(expr);
	struct source *source;

	if (expr->ops == &skald_expr_payload && !payload->is_set) {
		source = &wish->regs[payload->reg % REGS];
		source->from = FROM_PAYLOAD;
		source->base = payload->base;
		source->offset = payload->offset;
		source->len = payload->len;
		memset(source->mask, 0xff, 16);
	} else if (expr->ops == &skald_expr_meta && !meta->is_set) {
		source = &wish->regs[meta->reg % REGS];
		source->from = FROM_META;
		source->base = meta->key;
	}
}

static void wish_mask(struct wish *wish, const struct skald_bitwise *bitwise)
{
	struct source *source = &wish->regs[bitwise->target % REGS];

	if (bitwise->source != bitwise->target || bitwise->len > 16)
		return;
	memcpy(source->mask, bitwise->mask, bitwise->len);
}

/* A port between two, else one of both. */
static void wish_range(struct wish *wish, const struct skald_range *range)
{
	const unsigned char *from = (const unsigned char *)range->from;
	const unsigned char *to = (const unsigned char *)range->to;
	unsigned int low, high, value;
	unsigned char port[2];

	if (range->op != NFT_RANGE_EQ)
		return;
	if (range->len != 2) {
		wish_register(wish, range->reg, dice(2) ? from : to,
			      range->len);
		return;
	}
	low = from[0] * 256u + from[1];
	high = to[0] * 256u + to[1];
	value = low + (high > low ? dice(high - low + 1) : 0);
	port[0] = (unsigned char)(value >> 8);
	port[1] = (unsigned char)value;
	wish_register(wish, range->reg, port, 2);
}

/* The value itself, or the nearest that fits. */
static void wish_cmp(struct wish *wish, const struct skald_cmp *cmp)
{
	unsigned char value[SKALD_DATA_MAX];
	unsigned int last = cmp->len - 1u;

	if (cmp->op == NFT_CMP_NEQ || !cmp->len)
		return;
	memcpy(value, cmp->value, cmp->len);
	if (cmp->op == NFT_CMP_LT)
		value[last]--;
	else if (cmp->op == NFT_CMP_GT)
		value[last]++;
	wish_register(wish, cmp->reg, value, cmp->len);
}

static void wish_expr(struct wish *wish, const struct skald_vm_expr *expr,
		      const struct skald_vm_chain *to)
{
	if (expr->ops == &skald_expr_cmp) {
		wish_cmp(wish, skald_expr_data(expr));
	} else if (expr->ops == &skald_expr_range) {
		wish_range(wish, skald_expr_data(expr));
	} else if (expr->ops == &skald_expr_bitwise) {
		wish_mask(wish, skald_expr_data(expr));
	} else if (expr->ops == &skald_expr_lookup) {
		wish_lookup(wish, skald_expr_data(expr), to);
	} else if (expr->ops == &skald_expr_match) {
		wish_match(wish, skald_expr_data(expr));
	} else {
		wish_load(wish, expr);
	}
}

static void wish_rule(struct wish *wish, const struct skald_vm_rule *rule,
		      const struct skald_vm_chain *to)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	memset(wish->regs, 0, sizeof(wish->regs));
	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		wish_expr(wish, expr, to);
		expr = skald_expr_next(expr);
	}
}

/* ---- which rules lead to which chains ---- */

static void add_way(struct aimed *aimed, const struct skald_vm_chain *to,
		    const struct skald_vm_rule *by)
{
	if (!to)
		return;
	if (!(aimed->n_ways & (aimed->n_ways - 1)))
		aimed->ways =
			reallocarray(aimed->ways,
				     aimed->n_ways ? aimed->n_ways * 2 : 1,
				     sizeof(*aimed->ways));
	if (!aimed->ways)
		exit(2);
	aimed->ways[aimed->n_ways++] = (struct way){ to, by };
}

static void add_ways(struct aimed *aimed, const struct skald_vm_rule *rule)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);
	const struct skald_vm_elem *elem;

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_immediate *imm = skald_expr_data(expr);
		const struct skald_lookup *lookup = skald_expr_data(expr);

		if (expr->ops == &skald_expr_immediate && !imm->reg)
			add_way(aimed, imm->verdict.chain, rule);
		if (expr->ops == &skald_expr_lookup && lookup->has_target &&
		    lookup->set->dtype == NFT_DATA_VERDICT) {
			list_for_each_entry(elem, &lookup->set->elems, list)
				add_way(aimed, elem->verdict.chain, rule);
		}
		expr = skald_expr_next(expr);
	}
}

static int by_chain(const void *a, const void *b)
{
	const struct way *first = a, *second = b;

	return first->to < second->to ? -1 : first->to > second->to;
}

static void collect_ways(struct aimed *aimed)
{
	for (unsigned int i = 0; i < aimed->n_rules; i++)
		add_ways(aimed, aimed->rules[i]);
	if (aimed->n_ways)
		qsort(aimed->ways, aimed->n_ways, sizeof(*aimed->ways),
		      by_chain);
}

/* A rule by which @chain is reached, or NULL. */
static const struct skald_vm_rule *way_to(const struct aimed *aimed,
					  const struct skald_vm_chain *chain)
{
	unsigned int low = 0, high = aimed->n_ways, n = 0;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (aimed->ways[middle].to < chain)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < aimed->n_ways && aimed->ways[low + n].to == chain)
		n++;
	return n ? aimed->ways[low + dice(n)].by : NULL;
}

/* Wishes of the way first: the rule's own overrule them. */
static void wish_way(struct wish *wish, const struct skald_vm_rule *rule)
{
	const struct skald_vm_rule *way[DEPTH_MAX];
	unsigned int n = 0;

	while (rule && n < DEPTH_MAX) {
		way[n++] = rule;
		if (rule->chain->base)
			wish->hook = rule->chain->base->hook;
		rule = rule->chain->base ? NULL
					 : way_to(wish->aimed, rule->chain);
	}
	while (n--)
		wish_rule(wish, way[n], n ? way[n - 1]->chain : NULL);
}

static void grant(const struct field *field, unsigned char *ip,
		  unsigned int header, unsigned int len)
{
	unsigned int at = field->base == NFT_PAYLOAD_NETWORK_HEADER	? 0
			  : field->base == NFT_PAYLOAD_TRANSPORT_HEADER ? header
									: len;

	for (unsigned int i = 0; i < field->len; i++) {
		unsigned int byte = at + field->offset + i;

		/* versions and lengths stay what they are */
		if (byte >= len || byte == 0 || (header == 20 && byte / 2 == 1))
			continue;
		ip[byte] = (unsigned char)((field->value[i] & field->mask[i]) |
					   (ip[byte] & ~field->mask[i]));
	}
}

/* An address of a tap's network; the tap's own is 1. */
static void put_net(unsigned char *ip, bool is6, unsigned int tap,
		    unsigned int host)
{
	if (is6) {
		memset(ip + 24, 0, 16);
		ip[24] = 0xfd;
		ip[25] = 0x77;
		ip[27] = (unsigned char)tap;
		ip[39] = (unsigned char)host;
	} else {
		memcpy(ip + 16,
		       (unsigned char[]){ 10, 77, (unsigned char)tap,
					  (unsigned char)host },
		       4);
	}
}

/* What the wishes say of an address; @mask: which bits of it. false: they
 * contradict each other */
static bool wish_address(const struct wish *wish, unsigned int offset,
			 unsigned int len, unsigned char *value,
			 unsigned char *mask)
{
	bool is_one = true;

	memset(value, 0, len);
	memset(mask, 0, len);
	for (unsigned int i = 0; i < wish->n_fields; i++) {
		const struct field *field = &wish->fields[i];

		if (field->base != NFT_PAYLOAD_NETWORK_HEADER)
			continue;
		for (unsigned int n = 0; n < field->len; n++) {
			unsigned int at = field->offset + n - offset;

			if (at >= len)
				continue;
			is_one &= !((value[at] ^ field->value[n]) & mask[at] &
				    field->mask[n]);
			value[at] =
				(unsigned char)((value[at] & ~field->mask[n]) |
						(field->value[n] &
						 field->mask[n]));
			mask[at] |= field->mask[n];
		}
	}
	return is_one;
}

/* To where the hook is met: this machine, or a network that a tap has. */
static void put_destination(const struct wish *wish, unsigned char *ip)
{
	unsigned int len = wish->is6 ? 16 : 4, at = wish->is6 ? 24 : 16;
	unsigned char value[16], mask[16];

	if (wish->hook != NF_INET_LOCAL_IN) {
		if (wish->oif >= 0)
			put_net(ip, wish->is6, (unsigned int)wish->oif,
				2 + dice(250));
		return;
	}
	put_net(ip, wish->is6,
		wish->tap >= 0 ? (unsigned int)wish->tap
			       : dice(wish->aimed->n_taps),
		1);
	(void)wish_address(wish, at, len, value, mask);
	/* the host 1 of a network that is asked for is this machine, too */
	if (mask[0]) {
		memset(ip + at, 0, len);
		ip[at + len - 1] = 1;
	}
}

/* What a rule, and a way to it, want. */
static void wish_all(struct aimed *aimed, const struct skald_vm_rule *rule,
		     struct wish *wish)
{
	unsigned int family = rule->chain->table->family;

	memset(wish, 0, sizeof(*wish));
	wish->aimed = aimed;
	wish->proto = -1;
	wish->is6 = -1;
	wish->tap = -1;
	wish->oif = -1;
	wish->hook = -1;
	wish_way(wish, rule);
	if (family == NFPROTO_IPV4 || family == NFPROTO_IPV6)
		wish->is6 = family == NFPROTO_IPV6;
	if (wish->is6 < 0)
		wish->is6 = dice(3) == 0;
}

/* A packet for @rule, by one of the ways to it. */
static void make_aimed(struct aimed *aimed, const struct skald_vm_rule *rule,
		       unsigned char *ip, struct shot *shot)
{
	unsigned char value[16], mask[16];
	struct wish wish;
	unsigned int len;

	wish_all(aimed, rule, &wish);
	if (wish.proto < 0)
		wish.proto = pick_proto(wish.is6);
	len = wish.is6 ? make_ip6_of(aimed, ip, (unsigned char)wish.proto)
		       : make_ip4_of(aimed, ip, (unsigned char)wish.proto);
	put_destination(&wish, ip);
	for (unsigned int i = 0; i < wish.n_fields; i++)
		grant(&wish.fields[i], ip, wish.is6 ? 40 : 20, len);
	fix_all(ip, len);
	(void)wish_address(&wish, wish.is6 ? 8 : 12, wish.is6 ? 16 : 4, value,
			   mask);
	shot->len = len;
	shot->tap = wish.tap;
	shot->is_local = wish.hook == NF_INET_LOCAL_OUT ||
			 (wish.hook == NF_INET_POST_ROUTING && wish.tap < 0 &&
			  dice(4) == 0);
	shot->keeps_source = mask[0] != 0;
	aimed->has_mac = wish.has_mac;
	memcpy(aimed->mac, wish.mac, sizeof(aimed->mac));
}

#endif /* SKALD_TESTS_AIMED_RULE_H */
