// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine's router.
 */
#include "oracle.h"

#include <arpa/inet.h>

#include "ct_helpers.h"
#include "view_room.h"

#include "../space.h"

#define NOW_NS (1000 * 1000000000ULL)

static uint32_t chance(void *user)
{
	const struct engine *engine = user;

	return engine->chance;
}

static bool is_own(const uint8_t *to, const char *text)
{
	uint8_t own[16];
	bool is_ipv6 = strchr(text, ':');

	inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, own);
	return !memcmp(to, own, is_ipv6 ? 16 : 4);
}

enum side oracle_route(const uint8_t *packet)
{
	const uint8_t *to = packet + (packet[0] >> 4 == 6 ? 24 : 16);

	if (packet[0] >> 4 == 4) {
		if (is_own(to, ADDRESS4) || is_own(to, LEFT4))
			return HERE;
		return to[0] == 10 && (to[1] & 0xfe) != 200 ? LEFT : RIGHT;
	}
	if (is_own(to, ADDRESS6) || is_own(to, LEFT6))
		return HERE;
	if (to[7])
		return to[7] == 4 ? LEFT : RIGHT;
	return to[13] == 0xc8 ? RIGHT : LEFT;
}

static void forward(uint8_t *packet)
{
	uint8_t *check = packet + 10;
	uint32_t sum;

	if (packet[0] >> 4 == 6) {
		packet[7]--;
		return;
	}
	/* ip_decrease_ttl() */
	sum = get_unaligned_be16(check) + 0x0100U;
	put_unaligned_be16((uint16_t)(sum + (sum >= 0xffff)), check);
	packet[8]--;
}

/* ---- rules ---- */

struct bound {
	const struct ruleset *set;
	enum side iif;
	enum side oif;
};

static int bind_rules(void *user, struct skald_ct_packet *packet, uint8_t hook)
{
	const struct bound *bound = user;

	return ruleset_bind(bound->set, packet, hook, bound->iif, bound->oif);
}

static void attach_helper(const struct skald_ct_packet *packet)
{
	const struct skald_ct_helper *helper;
	const struct skald_ct_tuple *tuple;

	if (!packet->ct || packet->ct->help ||
	    packet->dir != SKALD_CT_ORIGINAL ||
	    skald_ct_is(packet->ct, SKALD_CT_CONFIRMED))
		return;
	tuple = skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	helper = skald_ct_helper_by_port(tuple->family, tuple->proto,
					 ntohs(tuple->dport));
	if (helper)
		skald_ct_help_attach(packet->ct, helper);
}

/* Behind conntrack: NAT and routing. Return: whether it goes on */
static bool go_through(struct engine *engine, struct skald_ct_packet *packet,
		       struct oracle_packet *out)
{
	struct bound bound = { .set = engine->rules->set, .iif = out->side };
	struct skald_nat_rules rules = { .user = &bound, .bind = bind_rules };
	uint8_t hook = NF_INET_POST_ROUTING;

	if (engine->rules->helpers)
		attach_helper(packet);
	if (skald_nat(packet, NF_INET_PRE_ROUTING, &rules) != NF_ACCEPT)
		return false;
	bound.oif = out->side = oracle_route(out->bytes);
	if (out->side == HERE) {
		hook = NF_INET_LOCAL_IN;
	} else {
		forward(out->bytes);
		packet->view->oif = out->side + 1;
	}
	return skald_nat(packet, hook, &rules) == NF_ACCEPT &&
	       skald_ct_out(packet) == NF_ACCEPT;
}

/* Fragments wait for each other. Return: whether there is a packet */
static bool reassemble(struct engine *engine, struct oracle_packet *packet)
{
	struct skald_datagram datagram;
	struct skald_view view;
	int ret;

	skald_view_init(&view, packet->bytes, packet->len, packet->len);
	if (skald_view_set_network(&view, 0,
				   packet->bytes[0] >> 4 == 6 ? ETH_P_IPV6
							      : ETH_P_IP))
		return false;
	if (!view.is_fragment)
		return true;
	ret = skald_defrag_add(engine->defrag, &view, 0, NOW_NS, &datagram);
	if (ret)
		return ret == -ENOMSG;
	packet->len = datagram.len;
	memcpy(packet->bytes, datagram.bytes, datagram.len);
	skald_datagram_done(&datagram);
	return true;
}

bool engine_pass(struct engine *engine, const struct oracle_packet *in,
		 struct oracle_packet *out)
{
	struct skald_ct_packet packet;
	struct skald_view_room room;
	bool goes_on;

	*out = *in;
	if (!reassemble(engine, out))
		return false;
	skald_view_room_init(&room, out->bytes, sizeof(out->bytes), out->len,
			     out->len);
	if (skald_view_set_network(&room.view, 0,
				   out->bytes[0] >> 4 == 6 ? ETH_P_IPV6
							   : ETH_P_IP))
		return false;
	room.view.iif = in->side + 1;
	goes_on = skald_ct_in(engine->table, &room.view, NULL, NOW_NS,
			      &packet) == NF_ACCEPT &&
		  go_through(engine, &packet, out);
	skald_ct_done(&packet);
	out->len = room.view.len;
	return goes_on;
}

void engine_start(struct engine *engine, const struct oracle_rules *rules)
{
	struct skald_ct_owner owner = { .user = engine, .random = chance };
	struct skald_defrag_settings fragments;
	struct skald_ct_settings settings;
	hsiphash_key_t key = { .key = { 1 } };

	skald_ct_settings_default(&settings);
	skald_defrag_settings_default(&fragments);
	settings.checksum = false;
	engine->rules = rules;
	engine->chance = 0;
	engine->table = skald_ct_table_new(&settings, &owner);
	engine->defrag = skald_defrag_new(&fragments, &key);
	if (!engine->table || !engine->defrag)
		space_die("memory");
	engine->nat = skald_nat_new(engine->table, 0);
	if (!engine->nat)
		space_die("memory");
}

void engine_stop(struct engine *engine)
{
	skald_ct_table_free(engine->table);
	skald_nat_free(engine->nat);
	skald_defrag_free(engine->defrag);
}
