// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rulesets, in nft's words and in the engine's.
 */
#include "rules.h"

#include <arpa/inet.h>

#define PRE NF_INET_PRE_ROUTING
#define POST NF_INET_POST_ROUTING

/* clang-format off */
const struct ruleset rulesets[] = {
	{ "nothing", { { 0 } } },
	{ "one address", {
		{ POST, 4, LEFT, RIGHT, 0, 0, RANGE, { "192.0.2.7", "192.0.2.7" }, { 0 },
		  "iifname left oifname right snat ip to 192.0.2.7" },
		{ POST, 6, LEFT, RIGHT, 0, 0, RANGE,
		  { "2001:db8:0:2::7", "2001:db8:0:2::7" }, { 0 },
		  "iifname left oifname right snat ip6 to 2001:db8:0:2::7" } } },
	{ "addresses", {
		{ POST, 4, LEFT, RIGHT, 0, 0, RANGE, { "192.0.2.10", "192.0.2.99" }, { 0 },
		  "iifname left oifname right snat ip to 192.0.2.10-192.0.2.99" },
		{ POST, 6, LEFT, RIGHT, 0, 0, RANGE,
		  { "2001:db8:0:2::10", "2001:db8:0:2:5::ff" }, { 0 },
		  "iifname left oifname right snat ip6 to 2001:db8:0:2::10-2001:db8:0:2:5::ff" } } },
	{ "persistent addresses", {
		{ POST, 4, LEFT, RIGHT, 0, SKALD_NAT_PERSISTENT, RANGE,
		  { "192.0.2.10", "192.0.2.99" }, { 0 },
		  "iifname left oifname right snat ip to 192.0.2.10-192.0.2.99 persistent" },
		{ POST, 6, LEFT, RIGHT, 0, SKALD_NAT_PERSISTENT, RANGE,
		  { "2001:db8:0:2::10", "2001:db8:0:2::ffff" }, { 0 },
		  "iifname left oifname right snat ip6 to 2001:db8:0:2::10-2001:db8:0:2::ffff persistent" } } },
	{ "ports", {
		{ POST, 4, LEFT, RIGHT, 6, 0, RANGE, { "192.0.2.7", "192.0.2.7" }, { 2000, 2999 },
		  "iifname left oifname right ip protocol tcp snat ip to 192.0.2.7:2000-2999" },
		{ POST, 4, LEFT, RIGHT, 17, 0, RANGE, { "192.0.2.8", "192.0.2.9" }, { 3000, 3999 },
		  "iifname left oifname right ip protocol udp snat ip to 192.0.2.8-192.0.2.9:3000-3999" },
		{ POST, 6, LEFT, RIGHT, 6, 0, RANGE,
		  { "2001:db8:0:2::7", "2001:db8:0:2::7" }, { 2000, 2999 },
		  "iifname left oifname right meta nfproto ipv6 meta l4proto tcp snat ip6 to [2001:db8:0:2::7]:2000-2999" } } },
	{ "random ports", {
		{ POST, 4, LEFT, RIGHT, 0, SKALD_NAT_PROTO_RANDOM, RANGE,
		  { "192.0.2.7", "192.0.2.7" }, { 0 },
		  "iifname left oifname right snat ip to 192.0.2.7 random" },
		{ POST, 6, LEFT, RIGHT, 0, SKALD_NAT_PROTO_RANDOM_FULLY, RANGE,
		  { "2001:db8:0:2::7", "2001:db8:0:2::7" }, { 0 },
		  "iifname left oifname right snat ip6 to 2001:db8:0:2::7 fully-random" } } },
	{ "masquerade", {
		{ POST, 4, LEFT, RIGHT, 0, 0, MASQUERADE, { 0 }, { 0 },
		  "meta nfproto ipv4 iifname left oifname right masquerade" },
		{ POST, 6, LEFT, RIGHT, 0, 0, MASQUERADE, { 0 }, { 0 },
		  "meta nfproto ipv6 iifname left oifname right masquerade" } } },
	{ "masquerade on few ports", {
		{ POST, 4, LEFT, RIGHT, 6, 0, MASQUERADE, { 0 }, { 5000, 5063 },
		  "ip protocol tcp iifname left oifname right masquerade to :5000-5063" },
		{ POST, 4, LEFT, RIGHT, 0, 0, MASQUERADE, { 0 }, { 0 },
		  "meta nfproto ipv4 iifname left oifname right masquerade" } } },
	{ "destination", {
		{ PRE, 4, LEFT, RIGHT, 0, 0, RANGE, { "10.201.0.1", "10.201.0.1" }, { 0 },
		  "iifname left dnat ip to 10.201.0.1" },
		{ PRE, 6, LEFT, RIGHT, 0, 0, RANGE,
		  { "2001:db8:0:3::1", "2001:db8:0:3::1" }, { 0 },
		  "iifname left dnat ip6 to 2001:db8:0:3::1" } } },
	{ "destination ports", {
		{ PRE, 4, LEFT, RIGHT, 6, 0, RANGE, { "10.201.0.1", "10.201.0.9" }, { 8000, 8000 },
		  "iifname left ip protocol tcp dnat ip to 10.201.0.1-10.201.0.9:8000" },
		{ PRE, 4, LEFT, RIGHT, 17, 0, RANGE, { "10.201.0.1", "10.201.0.1" }, { 53, 60 },
		  "iifname left ip protocol udp dnat ip to 10.201.0.1:53-60" },
		{ PRE, 6, LEFT, RIGHT, 6, 0, RANGE,
		  { "2001:db8:0:3::1", "2001:db8:0:3::9" }, { 8000, 8000 },
		  "iifname left meta nfproto ipv6 meta l4proto tcp dnat ip6 to [2001:db8:0:3::1]-[2001:db8:0:3::9]:8000" } } },
	{ "both", {
		{ PRE, 4, LEFT, RIGHT, 0, 0, RANGE, { "10.201.0.1", "10.201.0.5" }, { 0 },
		  "iifname left dnat ip to 10.201.0.1-10.201.0.5" },
		{ PRE, 6, LEFT, RIGHT, 0, 0, RANGE,
		  { "2001:db8:0:3::1", "2001:db8:0:3::5" }, { 0 },
		  "iifname left dnat ip6 to 2001:db8:0:3::1-2001:db8:0:3::5" },
		{ POST, 4, LEFT, RIGHT, 0, 0, MASQUERADE, { 0 }, { 0 },
		  "meta nfproto ipv4 iifname left oifname right masquerade" },
		{ POST, 6, LEFT, RIGHT, 0, 0, RANGE,
		  { "2001:db8:0:2::7", "2001:db8:0:2::8" }, { 0 },
		  "iifname left oifname right snat ip6 to 2001:db8:0:2::7-2001:db8:0:2::8" } } },
	{ "public", {
		{ PRE, 4, LEFT, RIGHT, 0, 0, RANGE, { "192.0.2.1", "192.0.2.1" }, { 0 },
		  "iifname left dnat ip to 192.0.2.1" } } },
	{ "redirect", {
		{ PRE, 4, LEFT, RIGHT, 6, 0, REDIRECT, { 0 }, { 8080, 8080 },
		  "iifname left meta nfproto ipv4 meta l4proto tcp redirect to :8080" },
		{ PRE, 4, LEFT, RIGHT, 0, 0, REDIRECT, { 0 }, { 0 },
		  "iifname left meta nfproto ipv4 redirect" },
		{ PRE, 6, LEFT, RIGHT, 17, 0, REDIRECT, { 0 }, { 5353, 5360 },
		  "iifname left meta nfproto ipv6 meta l4proto udp redirect to :5353-5360" },
		{ PRE, 6, LEFT, RIGHT, 0, 0, REDIRECT, { 0 }, { 0 },
		  "iifname left meta nfproto ipv6 redirect" } } },
	{ "prefixes", {
		{ PRE, 4, LEFT, RIGHT, 0, SKALD_NAT_NETMAP, NETMAP, { "10.201.0.0", "10.201.255.255" }, { 0 },
		  "iifname left dnat ip prefix to ip daddr map { 10.200.0.0/16 : 10.201.0.0/16 }" },
		{ POST, 4, LEFT, RIGHT, 0, SKALD_NAT_NETMAP, NETMAP, { "192.0.2.0", "192.0.2.127" }, { 0 },
		  "iifname left oifname right snat ip prefix to ip saddr map { 10.0.0.0/9 : 192.0.2.0/25 }" },
		{ POST, 6, LEFT, RIGHT, 0, SKALD_NAT_NETMAP, NETMAP,
		  { "2001:db8:0:2::", "2001:db8:0:2:ffff:ffff:ffff:ffff" }, { 0 },
		  "iifname left oifname right snat ip6 prefix to ip6 saddr map { 2001:db8::/64 : 2001:db8:0:2::/64 }" } } },
	{ "shifted ports", {
		{ PRE, 4, LEFT, RIGHT, 6, SKALD_NAT_PROTO_OFFSET, RANGE, { "10.201.0.1", "10.201.0.1" }, { 2000, 65000, 20 },
		  "iptables-nft -t nat -A PREROUTING -i left -p tcp -j DNAT --to-destination 10.201.0.1:2000-65000/20" },
		{ PRE, 4, LEFT, RIGHT, 17, SKALD_NAT_PROTO_OFFSET, RANGE, { "10.201.0.1", "10.201.0.1" }, { 3000, 3099, 50 },
		  "iptables-nft -t nat -A PREROUTING -i left -p udp -j DNAT --to-destination 10.201.0.1:3000-3099/50" },
		{ PRE, 6, LEFT, RIGHT, 6, SKALD_NAT_PROTO_OFFSET, RANGE,
		  { "2001:db8:0:3::1", "2001:db8:0:3::1" }, { 2000, 65000, 20 },
		  "ip6tables-nft -t nat -A PREROUTING -i left -p tcp -j DNAT --to-destination [2001:db8:0:3::1]:2000-65000/20" } } },
	{ "hairpin", {
		{ PRE, 4, LEFT, LEFT, 0, 0, RANGE, { "10.64.0.1", "10.64.0.1" }, { 0 },
		  "iifname left dnat ip to 10.64.0.1" },
		{ PRE, 6, LEFT, LEFT, 0, 0, RANGE,
		  { "2001:db8:0:4::1", "2001:db8:0:4::1" }, { 0 },
		  "iifname left dnat ip6 to 2001:db8:0:4::1" },
		{ POST, 4, LEFT, LEFT, 0, 0, RANGE, { "10.65.0.1", "10.65.0.1" }, { 0 },
		  "iifname left oifname left snat ip to 10.65.0.1" },
		{ POST, 6, LEFT, LEFT, 0, 0, RANGE,
		  { "2001:db8:0:4::2", "2001:db8:0:4::2" }, { 0 },
		  "iifname left oifname left snat ip6 to 2001:db8:0:4::2" } } },
};
/* clang-format on */

const unsigned int n_rulesets = ARRAY_SIZE(rulesets);

static bool matches(const struct rule *rule,
		    const struct skald_ct_packet *packet, uint8_t hook,
		    enum side iif, enum side oif)
{
	uint8_t family = packet->view->family == NFPROTO_IPV4 ? 4 : 6;

	return rule->hook == hook && rule->family == family &&
	       rule->iif == iif && (hook == PRE || rule->oif == oif) &&
	       (!rule->proto || rule->proto == packet->view->l4proto);
}

static void read_address(const struct rule *rule, const char *text,
			 union skald_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (text)
		inet_pton(rule->family == 4 ? AF_INET : AF_INET6, text, addr);
}

static int apply(const struct rule *rule, struct skald_ct_packet *packet,
		 uint8_t hook)
{
	struct skald_nat_range range = { .flags = rule->flags };
	enum skald_nat_manip manip = skald_nat_manip_of(hook);
	const struct skald_ct_tuple *tuple =
		skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	bool is_ipv4 = rule->family == 4;
	union skald_addr address;

	read_address(rule, rule->addr[0], &range.min_addr);
	read_address(rule, rule->addr[1], &range.max_addr);
	range.min_proto = htons(rule->port[0]);
	range.max_proto = htons(rule->port[1]);
	range.base_proto = htons(rule->port[2]);
	if (rule->addr[0])
		range.flags |= SKALD_NAT_MAP_IPS;
	if (rule->port[0])
		range.flags |= SKALD_NAT_PROTO_SPECIFIED;
	switch (rule->kind) {
	case RANGE:
		break;
	case MASQUERADE:
		read_address(rule, is_ipv4 ? ADDRESS4 : ADDRESS6, &address);
		return skald_nat_masquerade(packet, &range, &address,
					    packet->view->oif);
	case REDIRECT:
		read_address(rule, is_ipv4 ? LEFT4 : LEFT6, &address);
		return skald_nat_redirect(packet, &range, hook, &address);
	case NETMAP:
		skald_nat_netmap(&range,
				 manip == SKALD_NAT_SRC ? &tuple->src
							: &tuple->dst,
				 packet->view->family);
		break;
	}
	return skald_nat_setup(packet, &range, manip);
}

int ruleset_bind(const struct ruleset *set, struct skald_ct_packet *packet,
		 uint8_t hook, enum side iif, enum side oif)
{
	const struct rule *rule;

	for (rule = set->rules; rule < set->rules + RULES_MAX && rule->nft;
	     rule++) {
		if (matches(rule, packet, hook, iif, oif))
			return apply(rule, packet, hook);
	}
	return NF_ACCEPT;
}
