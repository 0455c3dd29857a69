// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings: who gets which address and port, and what becomes of packets.
 */
#include "ct_nat.h"

#include <criterion/criterion.h>

#include "checksum.h"
#include "ct_expect.h"
#include "ct_fixture.h"
#include "fail_malloc.h"
#include "nat64_packet.h"

#define HOOKS 2

struct nat_fixture {
	struct fixture f;
	struct skald_nat *nat;
	struct skald_nat_range range[HOOKS]; /* of prerouting, of postrouting */
	bool has_rule[HOOKS];
	const union skald_addr *masquerade;
	char letter;
	uint32_t oif;
};

static void begin(struct nat_fixture *n)
{
	memset(n, 0, sizeof(*n));
	fixture_init(&n->f, NULL);
	n->nat = skald_nat_new(n->f.table, 0);
	cr_assert_not_null(n->nat);
	n->oif = 2;
}

static void end(struct nat_fixture *n)
{
	fixture_done(&n->f);
	skald_nat_free(n->nat);
}

static void set_range(struct skald_nat_range *range, const char *first,
		      const char *last, uint16_t low, uint16_t high)
{
	int family = strchr(first, ':') ? AF_INET6 : AF_INET;

	memset(range, 0, sizeof(*range));
	range->flags = SKALD_NAT_MAP_IPS;
	inet_pton(family, first, &range->min_addr);
	inet_pton(family, last, &range->max_addr);
	range->min_proto = htons(low);
	range->max_proto = htons(high);
	if (low)
		range->flags |= SKALD_NAT_PROTO_SPECIFIED;
}

static void snat(struct nat_fixture *n, const char *first, const char *last,
		 uint16_t low, uint16_t high)
{
	set_range(&n->range[1], first, last, low, high);
	n->has_rule[1] = true;
}

static void dnat(struct nat_fixture *n, const char *first, const char *last,
		 uint16_t low, uint16_t high)
{
	set_range(&n->range[0], first, last, low, high);
	n->has_rule[0] = true;
}

static int bind_rule(void *user, struct skald_ct_packet *packet, uint8_t hook)
{
	struct nat_fixture *n = user;
	int i = hook == NF_INET_POST_ROUTING;

	if (!n->has_rule[i])
		return NF_ACCEPT;
	if (i && n->masquerade)
		return skald_nat_masquerade(packet, &n->range[1], n->masquerade,
					    packet->view->oif);
	return skald_nat_setup(packet, &n->range[i], skald_nat_manip_of(hook));
}

/* A packet in and out again. Return: the verdict */
static int through(struct nat_fixture *n, struct packet *bytes)
{
	struct skald_nat_rules rules = { .user = n, .bind = bind_rule };
	struct skald_ct_packet packet;
	struct skald_view view;
	int verdict;

	packet_view(bytes, &view);
	verdict = skald_ct_in(n->f.table, &view, &n->f.input, n->f.now_ns,
			      &packet);
	cr_assert_eq(verdict, NF_ACCEPT);
	n->letter = skald_ct_state_letter(packet.state);
	verdict = skald_nat(&packet, NF_INET_PRE_ROUTING, &rules);
	view.oif = n->oif;
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&packet, NF_INET_POST_ROUTING, &rules);
	if (verdict == NF_ACCEPT)
		verdict = skald_ct_out(&packet);
	skald_ct_done(&packet);
	if (verdict == NF_ACCEPT)
		packet_is_sound(bytes);
	return verdict;
}

/* "a:1 > b:2" of a packet with ports */
static const char *words(const struct packet *packet)
{
	static char text[128];
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	bool six = packet_is_ipv6(packet);
	uint32_t at = packet_header(packet);

	inet_ntop(six ? AF_INET6 : AF_INET, packet->bytes + (six ? 8 : 12), src,
		  sizeof(src));
	inet_ntop(six ? AF_INET6 : AF_INET, packet->bytes + (six ? 24 : 16),
		  dst, sizeof(dst));
	snprintf(text, sizeof(text), "%s:%u > %s:%u", src,
		 get_unaligned_be16(packet->bytes + at), dst,
		 get_unaligned_be16(packet->bytes + at + 2));
	return text;
}

/* A UDP packet; what it became is in words(). */
static const char *udp(struct nat_fixture *n, const char *src, uint16_t sport,
		       const char *dst, uint16_t dport)
{
	static struct packet packet;

	if (strchr(src, ':'))
		packet_ipv6(&packet, src, dst, IPPROTO_UDP);
	else
		packet_ipv4(&packet, src, dst, IPPROTO_UDP);
	packet_udp(&packet, sport, dport, 6);
	if (through(n, &packet) != NF_ACCEPT)
		return "dropped";
	return words(&packet);
}

Test(nat, a_source_is_changed_and_changed_back)
{
	struct nat_fixture n;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	cr_expect_str_eq(udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53),
			 "192.0.2.1:5000 > 10.9.0.1:53");
	cr_expect_str_eq(udp(&n, "10.9.0.1", 53, "192.0.2.1", 5000),
			 "10.9.0.1:53 > 10.0.0.1:5000");
	cr_expect_eq(n.letter, 'E');
	cr_expect_str_eq(udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53),
			 "192.0.2.1:5000 > 10.9.0.1:53");
	end(&n);
}

Test(nat, a_destination_is_changed_and_changed_back)
{
	struct nat_fixture n;

	begin(&n);
	dnat(&n, "10.9.0.7", "10.9.0.7", 8080, 8080);
	cr_expect_str_eq(udp(&n, "10.0.0.1", 5000, "192.0.2.1", 80),
			 "10.0.0.1:5000 > 10.9.0.7:8080");
	cr_expect_str_eq(udp(&n, "10.9.0.7", 8080, "10.0.0.1", 5000),
			 "192.0.2.1:80 > 10.0.0.1:5000");
	end(&n);
}

/* Client and server on one side: both change, or the answer goes past us. */
Test(nat, hairpin_changes_both)
{
	struct nat_fixture n;

	begin(&n);
	dnat(&n, "10.0.0.7", "10.0.0.7", 0, 0);
	snat(&n, "10.0.0.254", "10.0.0.254", 0, 0);
	cr_expect_str_eq(udp(&n, "10.0.0.1", 5000, "192.0.2.1", 80),
			 "10.0.0.254:5000 > 10.0.0.7:80");
	cr_expect_str_eq(udp(&n, "10.0.0.7", 80, "10.0.0.254", 5000),
			 "192.0.2.1:80 > 10.0.0.1:5000");
	end(&n);
}

Test(nat, ipv6_is_translated_as_well)
{
	struct nat_fixture n;

	begin(&n);
	snat(&n, "2001:db8::7", "2001:db8::7", 0, 0);
	cr_expect_str_eq(udp(&n, "fd00::1", 5000, "2001:db8::53", 53),
			 "2001:db8::7:5000 > 2001:db8::53:53");
	cr_expect_str_eq(udp(&n, "2001:db8::53", 53, "2001:db8::7", 5000),
			 "2001:db8::53:53 > fd00::1:5000");
	end(&n);
}

/* Two clients with one port: one of them gets another, of the same class. */
Test(nat, a_port_that_is_taken_is_replaced)
{
	struct nat_fixture n;
	unsigned int port, i;
	char src[32];
	static const struct {
		uint16_t port, first, last;
	} classes[] = {
		{ 5000, 1024, 65535 },
		{ 700, 600, 1023 },
		{ 300, 1, 511 },
	};

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		begin(&n);
		snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
		udp(&n, "10.0.0.1", classes[i].port, "10.9.0.1", 53);
		cr_assert_eq(sscanf(udp(&n, "10.0.0.2", classes[i].port,
					"10.9.0.1", 53),
				    "%31[0-9.]:%u", src, &port),
			     2);
		cr_expect_str_eq(src, "192.0.2.1");
		cr_expect_neq(port, classes[i].port);
		cr_expect(port >= classes[i].first && port <= classes[i].last,
			  "%u", port);
		/* another destination: nothing is taken there */
		cr_expect_str_eq(udp(&n, "10.0.0.3", 5000, "10.9.0.2", 53),
				 "192.0.2.1:5000 > 10.9.0.2:53");
		end(&n);
	}
}

/* A first packet, in at prerouting and not yet out. */
static void meet(struct nat_fixture *n, struct packet *bytes,
		 struct skald_view *view, struct skald_ct_packet *packet,
		 bool is_first)
{
	packet_ipv4(bytes, is_first ? "10.0.0.1" : "10.9.0.1",
		    is_first ? "10.9.0.1" : "10.0.0.1", IPPROTO_UDP);
	packet_udp(bytes, is_first ? 5000 : 53, is_first ? 53 : 5000, 1);
	packet_view(bytes, view);
	cr_assert_eq(skald_ct_in(n->f.table, view, &n->f.input, n->f.now_ns,
				 packet),
		     NF_ACCEPT);
	cr_assert_eq(skald_nat(packet, NF_INET_PRE_ROUTING, NULL), NF_ACCEPT);
}

/* nf_nat_used_tuple_new(): both sides' first packets meet on the way. */
Test(nat, a_reverse_clash_changes_no_port)
{
	struct skald_ct_packet one, other;
	struct packet bytes[2];
	struct skald_view views[2];
	struct nat_fixture n;

	begin(&n);
	meet(&n, &bytes[0], &views[0], &one, true);
	meet(&n, &bytes[1], &views[1], &other, false);
	cr_assert_neq(one.ct, other.ct);
	cr_expect_eq(skald_nat(&one, NF_INET_POST_ROUTING, NULL), NF_ACCEPT);
	cr_expect_eq(skald_ct_out(&one), NF_ACCEPT);
	cr_expect_eq(skald_nat(&other, NF_INET_POST_ROUTING, NULL), NF_ACCEPT);
	cr_expect_eq(skald_ct_out(&other), NF_ACCEPT);
	cr_expect_eq(one.ct, other.ct, "one conversation");
	cr_expect_eq(get_unaligned_be16(bytes[1].bytes + 20), 53);
	cr_expect_eq(get_unaligned_be16(bytes[1].bytes + 22), 5000);
	skald_ct_done(&one);
	skald_ct_done(&other);
	cr_expect_eq(atomic_read(&n.f.table->n), 1);
	end(&n);
}

/* find_appropriate_src(): servers see a client as one. */
Test(nat, a_source_keeps_its_mapping_for_other_destinations)
{
	struct nat_fixture n;
	char first[64], second[64];

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 2000, 2999);
	sscanf(udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53), "%63s", first);
	sscanf(udp(&n, "10.0.0.1", 5000, "10.9.0.2", 99), "%63s", second);
	cr_expect_str_eq(first, second);
	end(&n);
}

Test(nat, all_ports_of_a_range_are_used_once)
{
	struct nat_fixture n;
	bool seen[64] = { false };
	char src[32];
	unsigned int i, port;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 4000, 4031);
	for (i = 1; i <= 32; i++) {
		snprintf(src, sizeof(src), "10.0.0.%u", i);
		cr_assert_eq(sscanf(udp(&n, src, 5000, "10.9.0.1", 53),
				    "192.0.2.1:%u", &port),
			     1);
		cr_assert(port >= 4000 && port <= 4031);
		cr_assert_not(seen[port - 4000]);
		seen[port - 4000] = true;
	}
	/* the table decides about one too many: it is the same conversation */
	cr_expect_str_eq(udp(&n, "10.0.0.99", 5000, "10.9.0.1", 53), "dropped");
	end(&n);
}

/* That it is the kernel's choice, the live test of NAT says. */
Test(nat, the_address_of_a_range_follows_source_and_destination)
{
	struct nat_fixture n;
	char first[64], second[64];
	unsigned int i, same = 0, spread = 0;
	char dst[32];

	begin(&n);
	snat(&n, "192.0.2.10", "192.0.2.99", 0, 0);
	sscanf(udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53), "%63[0-9.]", first);
	for (i = 2; i < 40; i++) {
		snprintf(dst, sizeof(dst), "10.9.0.%u", i);
		sscanf(udp(&n, "10.0.0.1", 6000 + i, dst, 53), "%63[0-9.]",
		       second);
		spread += strcmp(first, second) != 0;
	}
	cr_expect_gt(spread, 30u);
	n.range[1].flags |= SKALD_NAT_PERSISTENT;
	sscanf(udp(&n, "10.0.0.2", 5000, "10.9.0.1", 53), "%63[0-9.]", first);
	for (i = 2; i < 40; i++) {
		snprintf(dst, sizeof(dst), "10.9.0.%u", i);
		sscanf(udp(&n, "10.0.0.2", 6000 + i, dst, 53), "%63[0-9.]",
		       second);
		same += !strcmp(first, second);
	}
	cr_expect_eq(same, 38u);
	end(&n);
}

Test(nat, ports_move_by_an_offset)
{
	struct nat_fixture n;

	begin(&n);
	dnat(&n, "10.9.0.7", "10.9.0.7", 2000, 2099);
	n.range[0].flags |= SKALD_NAT_PROTO_OFFSET;
	n.range[0].base_proto = htons(5000);
	cr_expect_str_eq(udp(&n, "10.0.0.1", 1, "192.0.2.1", 5042),
			 "10.0.0.1:1 > 10.9.0.7:2042");
	end(&n);
}

Test(nat, random_ports_are_random)
{
	struct nat_fixture n;
	unsigned int port, i, kept = 0;
	char src[32];

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	n.range[1].flags |= SKALD_NAT_PROTO_RANDOM_FULLY;
	for (i = 1; i < 50; i++) {
		snprintf(src, sizeof(src), "10.0.0.%u", i);
		cr_assert_eq(sscanf(udp(&n, src, 5000, "10.9.0.1", 53),
				    "192.0.2.1:%u", &port),
			     1);
		cr_assert_geq(port, 1024u);
		kept += port == 5000;
	}
	cr_expect_leq(kept, 1u);
	end(&n);
}

/* A null binding changes a port only when two would be one. */
Test(nat, a_host_of_its_own_makes_way_for_a_mapping)
{
	struct nat_fixture n;
	unsigned int port;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53);
	n.has_rule[1] = false;
	cr_assert_eq(sscanf(udp(&n, "192.0.2.1", 5000, "10.9.0.1", 53),
			    "192.0.2.1:%u", &port),
		     1);
	cr_expect_neq(port, 5000u);
	cr_expect_str_eq(udp(&n, "192.0.2.1", 5001, "10.9.0.1", 53),
			 "192.0.2.1:5001 > 10.9.0.1:53");
	end(&n);
}

Test(nat, masquerading_ends_with_the_interface)
{
	union skald_addr address = { .ip = inet_addr("192.0.2.1") };
	struct nat_fixture n;

	begin(&n);
	n.has_rule[1] = true;
	n.masquerade = &address;
	cr_expect_str_eq(udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53),
			 "192.0.2.1:5000 > 10.9.0.1:53");
	/* another way out: the mapping cannot go with it */
	n.oif = 3;
	cr_expect_str_eq(udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53), "dropped");
	cr_expect_eq(atomic_read(&n.f.table->n), 0);
	udp(&n, "10.0.0.1", 5000, "10.9.0.1", 53);
	udp(&n, "10.0.0.2", 5001, "10.9.0.1", 53);
	cr_expect_eq(skald_nat_masquerade_gone(n.f.table, 2, NULL, n.f.now_ns),
		     0u);
	address.ip = inet_addr("192.0.2.2");
	cr_expect_eq(skald_nat_masquerade_gone(n.f.table, 3, &address,
					       n.f.now_ns),
		     0u);
	cr_expect_eq(skald_nat_masquerade_gone(n.f.table, 3, NULL, n.f.now_ns),
		     2u);
	end(&n);
}

Test(nat, a_prefix_takes_the_place_of_a_prefix)
{
	struct skald_nat_range range;
	union skald_addr address = { .ip = inet_addr("10.1.2.3") };

	set_range(&range, "192.0.0.0", "192.0.255.255", 0, 0);
	skald_nat_netmap(&range, &address, NFPROTO_IPV4);
	cr_expect_eq(range.min_addr.ip, inet_addr("192.0.2.3"));
	cr_expect(skald_addr_equal(&range.min_addr, &range.max_addr));
	set_range(&range, "2001:db8::", "2001:db8::ffff", 0, 0);
	inet_pton(AF_INET6, "fd00::1:2345", &address);
	skald_nat_netmap(&range, &address, NFPROTO_IPV6);
	inet_pton(AF_INET6, "2001:db8::2345", &address);
	cr_expect(skald_addr_equal(&range.min_addr, &address));
}

/* A packet at one hook, its entry not confirmed. */
static void at_hook(struct nat_fixture *n, struct packet *bytes,
		    struct skald_view *view, struct skald_ct_packet *packet)
{
	packet_view(bytes, view);
	cr_assert_eq(skald_ct_in(n->f.table, view, &n->f.input, n->f.now_ns,
				 packet),
		     NF_ACCEPT);
}

Test(nat, a_redirection_comes_to_this_host)
{
	struct skald_nat_range range = { .flags = SKALD_NAT_PROTO_SPECIFIED,
					 .min_proto = htons(3128),
					 .max_proto = htons(3128) };
	union skald_addr own = { .ip = inet_addr("192.0.2.1") };
	struct skald_ct_packet packet;
	struct skald_view view;
	struct packet bytes;
	struct nat_fixture n;
	int i;

	for (i = 0; i < 3; i++) {
		begin(&n);
		packet_ipv4(&bytes, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
		packet_udp(&bytes, 5000, 80, 2);
		at_hook(&n, &bytes, &view, &packet);
		cr_expect_eq(skald_nat_redirect(&packet, &range,
						i == 1 ? NF_INET_LOCAL_OUT
						       : NF_INET_PRE_ROUTING,
						i == 2 ? NULL : &own),
			     i == 2 ? NF_DROP : NF_ACCEPT);
		if (i < 2) {
			skald_nat(&packet, NF_INET_PRE_ROUTING, NULL);
			cr_expect_str_eq(words(&bytes),
					 i ? "10.0.0.1:5000 > 127.0.0.1:3128"
					   : "10.0.0.1:5000 > 192.0.2.1:3128");
		}
		skald_ct_done(&packet);
		end(&n);
	}
}

/* The error quotes what the server saw; the client reads what it sent. */
Test(nat, errors_quote_what_their_receiver_knows)
{
	struct packet sent, error, quoted = { .len = 0 };
	struct nat_fixture n;
	int i;

	for (i = 0; i < 2; i++) {
		begin(&n);
		snat(&n, i ? "2001:db8::7" : "192.0.2.1",
		     i ? "2001:db8::7" : "192.0.2.1", 2000, 2000);
		if (i)
			packet_ipv6(&sent, "fd00::1", "2001:db8::9",
				    IPPROTO_UDP);
		else
			packet_ipv4(&sent, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
		packet_udp(&sent, 5000, 53, 8);
		cr_assert_eq(through(&n, &sent), NF_ACCEPT);
		if (i) {
			packet_ipv6(&error, "2001:db8::abc", "2001:db8::7",
				    IPPROTO_ICMPV6);
			packet_icmp(&error, 1, 4, 0, sent.bytes, sent.len);
		} else {
			packet_ipv4(&error, "10.8.0.8", "192.0.2.1",
				    IPPROTO_ICMP);
			packet_icmp(&error, 3, 3, 0, sent.bytes, sent.len);
		}
		cr_assert_eq(through(&n, &error), NF_ACCEPT);
		cr_expect_eq(n.letter, 'R');
		quoted.len = sent.len;
		memcpy(quoted.bytes, error.bytes + (i ? 48 : 28), sent.len);
		packet_is_sound(&quoted);
		cr_expect_str_eq(words(&quoted),
				 i ? "fd00::1:5000 > 2001:db8::9:53"
				   : "10.0.0.1:5000 > 10.9.0.1:53");
		/* a damaged one may not be told on */
		error.bytes[error.len - 1] ^= 1;
		end(&n);
	}
}

Test(nat, an_error_with_a_wrong_checksum_is_dropped)
{
	struct packet sent, error;
	struct nat_fixture n;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	packet_ipv4(&sent, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
	packet_udp(&sent, 5000, 53, 8);
	cr_assert_eq(through(&n, &sent), NF_ACCEPT);
	packet_ipv4(&error, "10.8.0.8", "192.0.2.1", IPPROTO_ICMP);
	packet_icmp(&error, 3, 3, 0, sent.bytes, sent.len);
	error.bytes[error.len - 1] ^= 1;
	cr_expect_eq(through(&n, &error), NF_DROP);
	end(&n);
}

Test(nat, no_udp_checksum_stays_none)
{
	struct nat_fixture n;
	struct packet packet;
	struct skald_ct_packet ct;
	struct skald_view view;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	packet_ipv4(&packet, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
	packet_udp(&packet, 5000, 53, 8);
	put_unaligned_be16(0, packet.bytes + 26);
	at_hook(&n, &packet, &view, &ct);
	cr_assert_eq(skald_nat_setup(&ct, &n.range[1], SKALD_NAT_SRC),
		     NF_ACCEPT);
	cr_assert_eq(skald_nat(&ct, NF_INET_POST_ROUTING, NULL), NF_ACCEPT);
	cr_expect_str_eq(words(&packet), "192.0.2.1:5000 > 10.9.0.1:53");
	cr_expect_eq(get_unaligned_be16(packet.bytes + 26), 0);
	skald_ct_done(&ct);
	end(&n);
}

/* RFC 768: 0 would say that there is none; of all packets some come to it. */
Test(nat, a_udp_checksum_never_becomes_none)
{
	struct nat_fixture n;
	struct packet packet;
	unsigned int i, full = 0;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	for (i = 0; i < 65536; i++) {
		packet_ipv4(&packet, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
		packet_udp(&packet, 5000, 53, 2);
		put_unaligned_be16((uint16_t)i, packet.bytes + 28);
		packet_finish(&packet);
		if (!get_unaligned_be16(packet.bytes + 26))
			continue;
		cr_assert_eq(through(&n, &packet), NF_ACCEPT);
		cr_assert_neq(get_unaligned_be16(packet.bytes + 26), 0);
		full += get_unaligned_be16(packet.bytes + 26) == 0xffff;
	}
	cr_expect_eq(full, 1u);
	end(&n);
}

/* RFC 9260, 6.8: the CRC covers the ports. */
Test(nat, sctp_gets_its_crc_anew)
{
	static const uint8_t init[] = { 0x13, 0x88, 0, 80, 0,  0, 0, 0, 0, 0, 0,
					0,    1,    0, 0,  20, 0, 0, 0, 9, 0, 0,
					16,   0,    0, 1,  0,  1, 0, 0, 0, 1 };
	struct packet packet;
	struct skald_view view;
	struct nat_fixture n;
	uint32_t crc, i;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 2000, 2000);
	packet_ipv4(&packet, "10.0.0.1", "10.9.0.1", IPPROTO_SCTP);
	packet_add(&packet, init, sizeof(init));
	packet_finish(&packet);
	cr_assert_eq(through(&n, &packet), NF_ACCEPT);
	cr_expect_eq(n.letter, 'N');
	cr_expect_eq(get_unaligned_be16(packet.bytes + 20), 2000);
	packet_view(&packet, &view);
	cr_assert_eq(skald_crc32c_view(&view, 20, sizeof(init), 28, &crc), 0);
	for (i = 0; i < 4; i++)
		cr_expect_eq(packet.bytes[28 + i], (uint8_t)(crc >> 8 * i));
	end(&n);
}

/* What is expected goes where its master goes. */
Test(nat, an_expected_entry_follows_its_master)
{
	struct skald_ct_expect expect = { .dir = SKALD_CT_REPLY,
					  .saved_port = htons(20) };
	struct skald_ct_packet master, packet;
	struct skald_view master_view, view;
	struct packet first, second;
	struct nat_fixture n;

	begin(&n);
	/* the client is behind 192.0.2.1; the server connects to it */
	packet_ipv4(&first, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
	packet_udp(&first, 5000, 21, 1);
	at_hook(&n, &first, &master_view, &master);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	skald_nat_setup(&master, &n.range[1], SKALD_NAT_SRC);
	packet_ipv4(&second, "10.9.0.1", "192.0.2.1", IPPROTO_UDP);
	packet_udp(&second, 20, 777, 1);
	at_hook(&n, &second, &view, &packet);
	packet.ct->master = skald_ct_get(master.ct);
	expect.dir = SKALD_CT_ORIGINAL;
	expect.saved_port = htons(666);
	skald_nat_follow_master(&packet, &expect);
	cr_expect(skald_nat_is_bound(packet.ct, SKALD_NAT_SRC));
	cr_expect(skald_nat_is_bound(packet.ct, SKALD_NAT_DST));
	skald_nat(&packet, NF_INET_PRE_ROUTING, NULL);
	skald_nat(&packet, NF_INET_POST_ROUTING, NULL);
	cr_expect_str_eq(words(&second), "192.0.2.1:20 > 10.9.0.1:666");
	skald_ct_done(&packet);
	skald_ct_done(&master);
	end(&n);
}

Test(nat, a_binding_is_for_life)
{
	struct skald_ct_packet packet;
	struct skald_view view;
	struct packet bytes;
	struct nat_fixture n;

	begin(&n);
	snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
	packet_ipv4(&bytes, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
	packet_udp(&bytes, 5000, 53, 1);
	at_hook(&n, &bytes, &view, &packet);
	cr_expect_eq(skald_nat_setup(&packet, &n.range[1], SKALD_NAT_SRC),
		     NF_ACCEPT);
	cr_expect_eq(skald_nat_setup(&packet, &n.range[1], SKALD_NAT_SRC),
		     NF_DROP);
	cr_expect_eq(skald_ct_out(&packet), NF_ACCEPT);
	cr_expect_eq(skald_nat_setup(&packet, &n.range[1], SKALD_NAT_DST),
		     NF_ACCEPT);
	cr_expect_not(skald_ct_is(packet.ct, SKALD_CT_DST_NAT));
	skald_ct_done(&packet);
	end(&n);
}

/* Without memory a packet is dropped, and nothing is left behind. */
Test(nat, every_allocation_may_fail)
{
	struct nat_fixture n;
	long after, passed = 0;

	for (after = 0; after < 6 && !passed; after++) {
		struct packet packet;
		struct skald_ct_packet ct;
		struct skald_view view;

		begin(&n);
		snat(&n, "192.0.2.1", "192.0.2.1", 0, 0);
		packet_ipv4(&packet, "10.0.0.1", "10.9.0.1", IPPROTO_UDP);
		packet_udp(&packet, 5000, 53, 1);
		packet_view(&packet, &view);
		fail_malloc_after = after;
		if (skald_ct_in(n.f.table, &view, &n.f.input, n.f.now_ns,
				&ct) == NF_ACCEPT &&
		    skald_nat_setup(&ct, &n.range[1], SKALD_NAT_SRC) ==
			    NF_ACCEPT)
			passed = after;
		fail_malloc_after = -1;
		if (passed)
			cr_expect_eq(skald_ct_out(&ct), NF_ACCEPT);
		skald_ct_done(&ct);
		cr_expect_eq(atomic_read(&n.f.table->n), passed ? 1 : 0);
		end(&n);
	}
	cr_expect_eq(passed, 2, "an entry, and NAT's slot");
	begin(&n);
	for (after = 0; after < 2; after++) {
		fail_malloc_after = after;
		cr_expect_null(skald_nat_new(n.f.table, 16));
	}
	fail_malloc_after = -1;
	end(&n);
}
