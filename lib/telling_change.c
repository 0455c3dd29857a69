// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changed between two looks at a packet, and who did it.
 *
 * nftables shows headers once for each base chain, after the chain's first
 * matching rule has run. A change between two looks was therefore made by one
 * of the rules that matched in between, or by the stack itself. A rule is named
 * only when it is the only one whose text can make such a change; translation
 * happens when a nat chain is left, so its first rule counts too.
 */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "telling.h"

#define NOBODY UINT32_MAX

/**
 * struct author - who changed something
 * @raw: raw event of the rule, or NOBODY
 * @n: how many rules could have been it
 * @told: the rule
 */
struct author {
	uint32_t raw;
	unsigned int n;
	const struct skald_told *told;
};

static void find_author(const struct skald_telling *telling, uint32_t first,
			uint32_t last, unsigned int flag, struct author *author)
{
	uint32_t i;

	*author = (struct author){ .raw = NOBODY };
	for (i = first; i <= last; i++) {
		const struct skald_step *step = telling->raw->events[i].step;
		const struct skald_told *told = step->told;

		if (step->role != SKALD_ROLE_USER || !told ||
		    !(told->flags & flag) || step->type != NFT_TRACETYPE_RULE)
			continue;
		author->raw = i;
		author->told = told;
		author->n++;
	}
}

static bool is_address(enum skald_packet_field field)
{
	return field == SKALD_P_saddr || field == SKALD_P_daddr ||
	       field == SKALD_P_sport || field == SKALD_P_dport ||
	       field == SKALD_P_icmp_id;
}

/* ip_forward() and ip6_forward() take one from the time to live. */
static bool is_forwarding(const struct skald_packet *old,
			  const struct skald_packet *new,
			  enum skald_packet_field field)
{
	return field == SKALD_P_ttl &&
	       old->value[field].num == new->value[field].num + 1;
}

static const char *author_text(struct skald_telling *telling,
			       const struct author *author)
{
	if (author->n == 1)
		return author->told->by;
	return skald_arena_printf(&telling->arena, "one of %u rules",
				  author->n);
}

/* What user space may have done instead of @by, or of nobody else */
static const char *or_queued(struct skald_telling *telling, uint32_t look,
			     const char *by)
{
	const char *queued = skald_telling_queued(telling, look);

	if (!queued)
		return by;
	if (!by)
		return queued;
	return skald_arena_printf(&telling->arena, "%s or %s", by, queued);
}

static void add_mangle(struct skald_telling *telling, uint32_t behind,
		       enum skald_packet_field field,
		       const struct skald_packet *old,
		       const struct skald_packet *new, const char *by)
{
	struct skald_event *event =
		skald_telling_insert(telling, behind, SKALD_MANGLE);

	if (!event)
		return;
	SKALD_SET(event, mangle, field, skald_packet_descs[field].name);
	if (old->value[field].type)
		SKALD_SET(event, mangle, old, old->value[field]);
	if (new->value[field].type)
		SKALD_SET(event, mangle, new, new->value[field]);
	if (by)
		SKALD_SET(event, mangle, by, by);
}

static bool differs(const struct skald_packet *old,
		    const struct skald_packet *new,
		    enum skald_packet_field field)
{
	return !skald_value_equal(&old->value[field], &new->value[field]);
}

/* "10.1.0.1:8080", "[2001:db8::1]:53", or the address alone */
static const char *endpoint(struct skald_telling *telling,
			    const struct skald_value *address,
			    const struct skald_value *port)
{
	unsigned long long number = port->num;
	char text[48];

	skald_value_format(address, text, sizeof(text));
	if (!port->type)
		return skald_arena_strndup(&telling->arena, text, strlen(text));
	if (address->type == SKALD_VALUE_IP6)
		return skald_arena_printf(&telling->arena, "[%s]:%llu", text,
					  number);
	return skald_arena_printf(&telling->arena, "%s:%llu", text, number);
}

/**
 * struct side - one end of a packet: what NAT translates together
 * @address: field
 * @port: field
 * @nat: kind when the packet goes in the connection's original direction
 * @reverse: kind when it is a reply, whose other side was translated
 */
struct side {
	enum skald_packet_field address;
	enum skald_packet_field port;
	unsigned int nat;
	unsigned int reverse;
};

static const struct side sides[] = {
	{ SKALD_P_saddr, SKALD_P_sport, SKALD_NAT_SNAT,
	  SKALD_NAT_REVERSE_DNAT },
	{ SKALD_P_daddr, SKALD_P_dport, SKALD_NAT_DNAT,
	  SKALD_NAT_REVERSE_SNAT },
};

/*
 * The kind of a translation that no rule made now: the connection's direction
 * decides, which kernels before 6.16 do not tell.
 */
static bool known_kind(const struct skald_telling *telling,
		       const struct side *side, unsigned int *kind)
{
	if (!telling->ct.has_ct || !telling->ct.ct_id)
		return false;
	*kind = telling->ct.ct_dir == SKALD_CTDIR_REPLY ? side->reverse
							: side->nat;
	return true;
}

static void add_nat(struct skald_telling *telling, uint32_t behind,
		    const struct side *side, const struct author *author,
		    const struct skald_packet *old,
		    const struct skald_packet *new)
{
	struct skald_event *event =
		skald_telling_insert(telling, behind, SKALD_NAT);
	const struct skald_step *step;
	unsigned int kind;

	if (!event)
		return;
	SKALD_SET(event, nat, old,
		  endpoint(telling, &old->value[side->address],
			   &old->value[side->port]));
	SKALD_SET(event, nat, new,
		  endpoint(telling, &new->value[side->address],
			   &new->value[side->port]));
	if (author->n != 1) {
		if (known_kind(telling, side, &kind))
			SKALD_SET(event, nat, type, kind);
		return;
	}
	step = telling->raw->events[author->raw].step;
	SKALD_SET(event, nat, type, author->told->nat);
	SKALD_SET(event, nat, family, step->family);
	SKALD_SET(event, nat, table, step->table);
	SKALD_SET(event, nat, chain, step->chain);
	SKALD_SET(event, nat, handle, step->handle);
}

/* Addresses and ports: NAT, by a rule or as the connection was set up. */
static void tell_addresses(struct skald_telling *telling, uint32_t look,
			   const struct skald_packet *old,
			   const struct skald_packet *new)
{
	struct author author;
	const char *by = "connection tracking";
	uint32_t behind;
	size_t i;
	int field;

	find_author(telling, look, telling->at - 1, SKALD_TOLD_NAT, &author);
	behind = author.n == 1 ? author.raw : telling->at - 1;
	if (author.n)
		by = author_text(telling, &author);
	by = or_queued(telling, look, by);
	for (i = 0; i < sizeof(sides) / sizeof(*sides); i++)
		if (differs(old, new, sides[i].address) ||
		    differs(old, new, sides[i].port))
			add_nat(telling, behind, &sides[i], &author, old, new);
	for (field = 0; field < SKALD_N_P; field++)
		if (is_address(field) && differs(old, new, field))
			add_mangle(telling, behind, field, old, new, by);
}

/* What a rule must be able to do to have changed this field. */
static unsigned int flag_of(enum skald_packet_field field)
{
	switch (field) {
	case SKALD_P_mark:
		return SKALD_TOLD_MARK;
	case SKALD_P_ttl:
		return SKALD_TOLD_TTL;
	case SKALD_P_dscp:
	case SKALD_P_ecn:
		return SKALD_TOLD_TOS;
	default:
		return SKALD_TOLD_WRITES;
	}
}

static void tell_field(struct skald_telling *telling, uint32_t look,
		       enum skald_packet_field field,
		       const struct skald_packet *old,
		       const struct skald_packet *new)
{
	struct author author;
	const char *by = NULL;
	uint32_t behind = telling->at ? telling->at - 1 : 0;

	find_author(telling, look + 1, telling->at, flag_of(field), &author);
	if (!author.n && is_forwarding(old, new, field))
		by = "forwarding";
	else if (!author.n)
		find_author(telling, look + 1, telling->at, SKALD_TOLD_WRITES,
			    &author);
	if (author.n)
		by = author_text(telling, &author);
	if (author.n == 1)
		behind = author.raw;
	by = or_queued(telling, look, by);
	add_mangle(telling, behind, field, old, new, by);
}

/*
 * The raw event that looked at the packet before this one. Every message shows
 * the mark; the headers are shown when a base chain is entered.
 */
static uint32_t last_look(const struct skald_telling *telling,
			  enum skald_packet_field field)
{
	uint32_t look = telling->at - 1;

	while (field != SKALD_P_mark && look &&
	       !telling->raw->events[look].enters)
		look--;
	return look;
}

/*
 * A header that one look lacks tells nothing: only what both show can have
 * changed.
 */
static bool both_show(const struct skald_packet *old,
		      const struct skald_packet *new,
		      enum skald_packet_field field)
{
	return old->value[field].type && new->value[field].type;
}

static bool is_fragment(const struct skald_packet *packet)
{
	return packet->value[SKALD_P_frag_offset].num ||
	       packet->value[SKALD_P_frag_more].num;
}

/* What differs between a fragment and its datagram is no change. */
static bool is_of_fragment(enum skald_packet_field field)
{
	return field == SKALD_P_len || field == SKALD_P_frag_offset ||
	       field == SKALD_P_frag_more;
}

void skald_telling_change(struct skald_telling *telling, uint32_t from,
			  uint32_t to)
{
	struct skald_packet old, new;
	const struct skald_snap *snaps = telling->raw->snaps;
	bool has_address = false, is_whole;
	int field;

	/* another interface is no change of the packet */
	if (skald_snap_same(&snaps[from], &snaps[to]))
		return;
	skald_packet_parse(&snaps[from], &old);
	skald_packet_parse(&snaps[to], &new);
	is_whole = is_fragment(&old) && !is_fragment(&new);
	if (is_whole)
		skald_telling_link(telling, telling->at - 1);
	for (field = 0; field < SKALD_N_P; field++) {
		if (!skald_packet_descs[field].mangle ||
		    !differs(&old, &new, field) ||
		    !both_show(&old, &new, field) ||
		    (is_whole && is_of_fragment(field)))
			continue;
		if (is_address(field))
			has_address = true;
		else
			tell_field(telling, last_look(telling, field), field,
				   &old, &new);
	}
	if (has_address)
		tell_addresses(telling, last_look(telling, SKALD_P_saddr), &old,
			       &new);
}
