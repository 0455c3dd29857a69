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
	unsigned char mac[6];
	bool has_mac;
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

static void wish_expr(struct wish *wish, const struct skald_vm_expr *expr,
		      const struct skald_vm_chain *to)
{
	const struct skald_cmp *cmp = skald_expr_data(expr);

	if (expr->ops == &skald_expr_cmp) {
		if (cmp->op == NFT_CMP_EQ || cmp->op == NFT_CMP_GTE)
			wish_register(wish, cmp->reg, cmp->value, cmp->len);
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

static bool leads_to(const struct skald_vm_rule *rule,
		     const struct skald_vm_chain *to)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_immediate *imm = skald_expr_data(expr);
		const struct skald_lookup *lookup = skald_expr_data(expr);

		if (expr->ops == &skald_expr_immediate && !imm->reg &&
		    imm->verdict.chain == to)
			return true;
		if (expr->ops == &skald_expr_lookup && lookup->has_target &&
		    lookup->set->dtype == NFT_DATA_VERDICT &&
		    member(lookup->set, to))
			return true;
		expr = skald_expr_next(expr);
	}
	return false;
}

/* A rule by which @chain is reached, or NULL. */
static const struct skald_vm_rule *way_to(const struct aimed *aimed,
					  const struct skald_vm_chain *chain)
{
	const struct skald_vm_rule *found = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; i < aimed->n_rules; i++) {
		if (aimed->rules[i]->chain->table == chain->table &&
		    leads_to(aimed->rules[i], chain) && dice(++n) == 0)
			found = aimed->rules[i];
	}
	return found;
}

/* Wishes of the way first: the rule's own overrule them. */
static void wish_way(struct wish *wish, const struct skald_vm_rule *rule)
{
	const struct skald_vm_rule *way[DEPTH_MAX];
	unsigned int n = 0;

	while (rule && n < DEPTH_MAX) {
		way[n++] = rule;
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

static void go_out_by(struct wish *wish, unsigned char *ip)
{
	if (wish->oif < 0)
		return;
	if (wish->is6 == 1) {
		memset(ip + 24, 0, 16);
		ip[24] = 0xfd;
		ip[25] = 0x77;
		ip[27] = (unsigned char)wish->oif;
		ip[39] = (unsigned char)(2 + dice(250));
	} else {
		memcpy(ip + 16,
		       (unsigned char[]){ 10, 77, (unsigned char)wish->oif,
					  (unsigned char)(2 + dice(250)) },
		       4);
	}
}

/* Return: length; @tap: written: where it must come in, or -1 */
static unsigned int make_aimed(struct aimed *aimed, unsigned char *ip, int *tap)
{
	struct wish wish = {
		.aimed = aimed, .proto = -1, .is6 = -1, .tap = -1, .oif = -1
	};
	/* each in its turn */
	const struct skald_vm_rule *rule =
		aimed->rules[aimed->next_rule++ % aimed->n_rules];
	unsigned int family = rule->chain->table->family, header, len;

	wish_way(&wish, rule);
	if (family == NFPROTO_IPV4 || family == NFPROTO_IPV6)
		wish.is6 = family == NFPROTO_IPV6;
	if (wish.is6 < 0)
		wish.is6 = dice(3) == 0;
	if (wish.proto < 0)
		wish.proto = pick_proto(wish.is6);
	len = wish.is6 ? make_ip6_of(aimed, ip, (unsigned char)wish.proto)
		       : make_ip4_of(aimed, ip, (unsigned char)wish.proto);
	header = wish.is6 ? 40 : 20;
	go_out_by(&wish, ip);
	for (unsigned int i = 0; i < wish.n_fields; i++)
		grant(&wish.fields[i], ip, header, len);
	fix_all(ip, len);
	*tap = wish.tap;
	aimed->has_mac = wish.has_mac;
	memcpy(aimed->mac, wish.mac, sizeof(aimed->mac));
	return len;
}

#endif /* SKALD_TESTS_AIMED_RULE_H */
