// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a rule asks for, taken apart, and what follows from it.
 */
#include "agree_atom.h"

#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#define ALL_STATES 0x4f

/* Expressions that ask nothing. */
static bool asks_nothing(const struct skald_vm_expr *expr)
{
	const struct skald_xt *xt = skald_expr_data(expr);
	const struct skald_payload *payload = skald_expr_data(expr);
	const struct skald_meta *meta = skald_expr_data(expr);

	if (expr->ops == &skald_expr_match)
		return !strcmp(xt->name, "comment");
	if (expr->ops == &skald_expr_payload)
		return payload->is_set;
	if (expr->ops == &skald_expr_meta)
		return meta->is_set;
	return expr->ops == &skald_expr_counter ||
	       expr->ops == &skald_expr_log ||
	       expr->ops == &skald_expr_immediate ||
	       expr->ops == &skald_expr_target ||
	       expr->ops == &skald_expr_reject ||
	       expr->ops == &skald_expr_notrack ||
	       expr->ops == &skald_expr_last || expr->ops == &skald_expr_nat ||
	       expr->ops == &skald_expr_masq || expr->ops == &skald_expr_redir;
}

/* Expressions that end an atom. */
static bool is_test(const struct skald_vm_expr *expr)
{
	return expr->ops == &skald_expr_cmp ||
	       expr->ops == &skald_expr_lookup ||
	       expr->ops == &skald_expr_range || expr->ops == &skald_expr_match;
}

/* Whether the same packet always gets the same answer. */
static bool is_steady(const struct skald_vm_expr *expr)
{
	static const char *const names[] = {
		"tcp",	 "udp",	      "icmp",	   "icmp6",
		"state", "conntrack", "multiport", "iprange",
		"mac",	 "addrtype",  "sctp"
	};
	const struct skald_xt *xt = skald_expr_data(expr);
	const struct skald_lookup *lookup = skald_expr_data(expr);

	if (expr->ops == &skald_expr_lookup)
		return !lookup->has_target &&
		       !(lookup->set->flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT));
	if (expr->ops == &skald_expr_match) {
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			if (!strcmp(xt->name, names[i]))
				return true;
		}
		return false;
	}
	return expr->ops == &skald_expr_payload ||
	       expr->ops == &skald_expr_meta || expr->ops == &skald_expr_ct ||
	       expr->ops == &skald_expr_bitwise ||
	       expr->ops == &skald_expr_cmp || expr->ops == &skald_expr_range ||
	       expr->ops == &skald_expr_fib;
}

/* What packets may lose or get on their way through chains is not certain. */
static bool is_mark(const struct skald_vm_expr *expr)
{
	const struct skald_meta *meta = skald_expr_data(expr);

	return expr->ops == &skald_expr_meta &&
	       (meta->key == NFT_META_MARK || meta->key == NFT_META_PRIORITY ||
		meta->key == NFT_META_NFTRACE);
}

/* Return: atoms of the rule, at most @most */
static unsigned int take_apart(const struct skald_vm_rule *rule,
			       struct atom *atoms, unsigned int most)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);
	struct atom atom = { .is_known = true };
	unsigned int n = 0;

	for (unsigned int i = 0; i < rule->n_exprs && n < most;
	     i++, expr = skald_expr_next(expr)) {
		if (asks_nothing(expr))
			continue;
		if (!atom.n++)
			atom.first = expr;
		atom.last = expr;
		atom.is_known &= is_steady(expr) && !is_mark(expr);
		if (!is_test(expr))
			continue;
		atoms[n++] = atom;
		atom = (struct atom){ .is_known = true };
	}
	if (atom.n && n < most) {
		atom.is_known = false;
		atoms[n++] = atom;
	}
	return n;
}

bool atoms_are_none(const struct skald_vm_rule *rule)
{
	struct atom atom;

	return take_apart(rule, &atom, 1) == 0;
}

/* ---- single values ---- */

/* A load, perhaps masked, that is compared with a value. */
struct plain {
	const struct skald_payload *payload;
	const struct skald_meta *meta;
	const struct skald_cmp *cmp;
	u8 mask[16];
};

static bool read_mask(const struct skald_vm_expr *expr, struct plain *plain)
{
	const struct skald_bitwise *bitwise = skald_expr_data(expr);

	if (expr->ops != &skald_expr_bitwise || bitwise->op ||
	    bitwise->source2 || bitwise->len > 16)
		return false;
	for (unsigned int i = 0; i < bitwise->len / 4u + 1 && i < 4; i++) {
		if (bitwise->xor [i])
			return false;
	}
	memcpy(plain->mask, bitwise->mask, bitwise->len);
	return true;
}

static bool read_plain(const struct atom *atom, struct plain *plain)
{
	const struct skald_vm_expr *expr = atom->first;

	memset(plain, 0, sizeof(*plain));
	memset(plain->mask, 0xff, sizeof(plain->mask));
	if (!atom->is_known || atom->n < 2 || atom->n > 3 ||
	    atom->last->ops != &skald_expr_cmp)
		return false;
	plain->cmp = skald_expr_data(atom->last);
	if (plain->cmp->len > 16 || plain->cmp->op > NFT_CMP_NEQ)
		return false;
	if (expr->ops == &skald_expr_payload)
		plain->payload = skald_expr_data(expr);
	else if (expr->ops == &skald_expr_meta)
		plain->meta = skald_expr_data(expr);
	else
		return false;
	if (atom->n == 3 && !read_mask(skald_expr_next(expr), plain))
		return false;
	if (plain->meta)
		return atom->n == 2 && plain->meta->key < METAS;
	return plain->payload->base < HEADERS &&
	       plain->payload->offset + plain->cmp->len <= HEADER_BYTES;
}

/* TTL and TOS may change between two rules. */
static bool may_change(const struct plain *plain)
{
	const struct skald_payload *payload = plain->payload;

	return payload && payload->base == NFT_PAYLOAD_NETWORK_HEADER &&
	       (payload->offset < 2 || (payload->offset <= 8 &&
					payload->offset + plain->cmp->len > 8));
}

static void know_byte(struct facts *facts, unsigned int base, unsigned int at,
		      u8 value, u8 mask)
{
	u8 both = facts->mask[base][at] & mask;

	if ((facts->value[base][at] ^ value) & both)
		facts->is_nothing = true;
	facts->value[base][at] |= value & mask;
	facts->mask[base][at] |= mask;
}

static void know_meta(struct facts *facts, unsigned int key, const void *value,
		      unsigned int len)
{
	unsigned int least =
		len < facts->meta_len[key] ? len : facts->meta_len[key];

	if (memcmp(facts->meta[key], value, least))
		facts->is_nothing = true;
	if (len <= facts->meta_len[key])
		return;
	memcpy(facts->meta[key], value, len);
	facts->meta_len[key] = (u8)len;
}

static void know_plain(struct facts *facts, const struct plain *plain)
{
	const u8 *value = (const u8 *)plain->cmp->value;

	if (plain->cmp->op != NFT_CMP_EQ || may_change(plain))
		return;
	if (plain->meta) {
		know_meta(facts, plain->meta->key, value, plain->cmp->len);
		return;
	}
	for (unsigned int i = 0; i < plain->cmp->len; i++)
		know_byte(facts, plain->payload->base,
			  plain->payload->offset + i, value[i], plain->mask[i]);
}

/* Return: 1: always so; 0: never; -1: neither is certain */
static int plain_holds(const struct facts *facts, const struct plain *plain)
{
	const u8 *value = (const u8 *)plain->cmp->value;
	bool is_sure = true;

	if (may_change(plain))
		return -1;
	if (plain->meta) {
		unsigned int len = facts->meta_len[plain->meta->key];
		unsigned int least =
			len < plain->cmp->len ? len : plain->cmp->len;

		if (memcmp(facts->meta[plain->meta->key], value, least))
			return 0;
		return len >= plain->cmp->len ? 1 : -1;
	}
	for (unsigned int i = 0; i < plain->cmp->len; i++) {
		unsigned int at = plain->payload->offset + i;
		u8 known = facts->mask[plain->payload->base][at];
		u8 is = facts->value[plain->payload->base][at];

		if ((is ^ value[i]) & known & plain->mask[i])
			return 0;
		is_sure &= !(plain->mask[i] & ~known);
	}
	return is_sure ? 1 : -1;
}

/* ---- matches of x_tables; structures as in xt_transport.c, xt_ct.c ---- */

/* Ports of "tcp" and "udp"; @inverted: something in it is. */
static bool read_ports(const struct skald_xt *xt, struct range16 *ports,
		       bool *inverted)
{
	const u8 *info = (const u8 *)xt->info;
	bool is_tcp = !strcmp(xt->name, "tcp");
	u16 raw[4];

	if (!is_tcp && strcmp(xt->name, "udp") != 0)
		return false;
	memcpy(raw, info, sizeof(raw));
	ports[0] = (struct range16){ raw[0], raw[1] };
	ports[1] = (struct range16){ raw[2], raw[3] };
	*inverted = is_tcp ? info[11] || info[8] : info[8];
	return true;
}

/* Bits of "state", which are those of NFT_CT_STATE. */
static bool read_states(const struct skald_xt *xt, u32 *states)
{
	if (strcmp(xt->name, "state") != 0)
		return false;
	memcpy(states, xt->info, sizeof(*states));
	return true;
}

static void know_match(struct facts *facts, const struct skald_xt *xt)
{
	const u8 *info = (const u8 *)xt->info;
	struct range16 ports[2];
	bool inverted;
	u32 states;

	if (read_states(xt, &states)) {
		facts->states &= states;
		facts->is_nothing |= !facts->states;
	}
	if (!read_ports(xt, ports, &inverted))
		return;
	facts->ports_of = xt->name[0];
	if (inverted)
		return;
	for (int i = 0; i < 2; i++) {
		if (ports[i].low > facts->port[i].low)
			facts->port[i].low = ports[i].low;
		if (ports[i].high < facts->port[i].high)
			facts->port[i].high = ports[i].high;
		facts->is_nothing |= facts->port[i].low > facts->port[i].high;
	}
	if (strcmp(xt->name, "tcp") != 0)
		return;
	facts->is_nothing |=
		((facts->flags ^ info[10]) & facts->flags_mask & info[9]) != 0;
	facts->flags |= info[10] & info[9];
	facts->flags_mask |= info[9];
}

static bool match_holds(const struct facts *facts, const struct skald_xt *xt)
{
	const u8 *info = (const u8 *)xt->info;
	struct range16 ports[2];
	bool inverted;
	u32 states;

	if (read_states(xt, &states))
		return !(facts->states & ~states);
	/* fragments have no ports: who asks for none takes them, too */
	if (!read_ports(xt, ports, &inverted) || inverted ||
	    facts->ports_of != xt->name[0])
		return false;
	for (int i = 0; i < 2; i++) {
		if (facts->port[i].low < ports[i].low ||
		    facts->port[i].high > ports[i].high)
			return false;
	}
	return strcmp(xt->name, "tcp") != 0 ||
	       (!(info[9] & ~facts->flags_mask) &&
		!((facts->flags ^ info[10]) & info[9]));
}

/* ---- whole rules ---- */

static bool is_same(const struct atom *a, const struct atom *b)
{
	const struct skald_vm_expr *one = a->first, *other = b->first;

	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++) {
		if (one->ops != other->ops || one->size != other->size ||
		    memcmp(skald_expr_data(one), skald_expr_data(other),
			   one->size - sizeof(*one)) != 0)
			return false;
		one = skald_expr_next(one);
		other = skald_expr_next(other);
	}
	return true;
}

void facts_init(struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->port[0].high = U16_MAX;
	facts->port[1].high = U16_MAX;
	facts->states = ALL_STATES;
}

void facts_add(struct facts *facts, const struct skald_vm_rule *rule)
{
	struct atom atoms[ATOMS_MAX];
	unsigned int n = take_apart(rule, atoms, ATOMS_MAX);
	struct plain plain;

	for (unsigned int i = 0; i < n; i++) {
		if (facts->n_atoms < ATOMS_MAX)
			facts->atoms[facts->n_atoms++] = atoms[i];
		if (read_plain(&atoms[i], &plain))
			know_plain(facts, &plain);
		else if (atoms[i].is_known &&
			 atoms[i].last->ops == &skald_expr_match)
			know_match(facts, skald_expr_data(atoms[i].last));
	}
}

static bool holds(const struct facts *facts, const struct atom *atom)
{
	struct plain plain;

	if (!atom->is_known)
		return false;
	for (unsigned int i = 0; i < facts->n_atoms; i++) {
		if (is_same(&facts->atoms[i], atom))
			return true;
	}
	if (read_plain(atom, &plain))
		return plain_holds(facts, &plain) ==
		       (plain.cmp->op == NFT_CMP_EQ);
	return atom->last->ops == &skald_expr_match &&
	       match_holds(facts, skald_expr_data(atom->last));
}

bool facts_imply(const struct facts *facts, const struct skald_vm_rule *rule)
{
	struct atom atoms[ATOMS_MAX];
	unsigned int n = take_apart(rule, atoms, ATOMS_MAX);

	if (n == ATOMS_MAX)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		if (!holds(facts, &atoms[i]))
			return false;
	}
	return true;
}
