// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations between the families: bindings, sessions, both directions.
 */
#include "ct_nat.h"
#include "nat64.h"

#include <criterion/criterion.h>

#include "ct_fixture.h"
#include "fail_malloc.h"
#include "nat64_packet.h"

#define SERVER6 "2001:db8:64::198.51.100.2"
#define SERVER4 "198.51.100.2"
#define HOST "2001:db8::1"

struct nat64_fixture {
	struct fixture f;
	struct skald_nat *nat;
	struct skald_nat64 *nat64;
	struct skald_ct_timeouts timeouts;
	char letter;
};

static void begin(struct nat64_fixture *n, const char *first, const char *last,
		  bool answers_only)
{
	struct skald_nat64_settings settings = { .mtu6 = 1500,
						 .mtu4 = 1500,
						 .answers_only = answers_only };

	memset(n, 0, sizeof(*n));
	fixture_init(&n->f, NULL);
	settings.prefix.len = 96;
	inet_pton(AF_INET6, "2001:db8:64::", &settings.prefix.addr);
	settings.pool_min.ip = inet_addr(first);
	settings.pool_max.ip = inet_addr(last);
	n->nat = skald_nat_new(n->f.table, 0);
	cr_assert_not_null(n->nat);
	n->nat64 = skald_nat64_new(n->f.table, &settings);
	cr_assert_not_null(n->nat64);
	skald_nat64_timeouts(&n->timeouts);
	n->f.input.timeouts = &n->timeouts;
}

static void end(struct nat64_fixture *n)
{
	fixture_done(&n->f);
	skald_nat64_free(n->nat64);
	skald_nat_free(n->nat);
}

/* A packet through the translator. */
static int through(struct nat64_fixture *n, struct packet *in,
		   struct packet *out)
{
	struct skald_nat64_job job = { .bytes = out->bytes,
				       .room = sizeof(out->bytes) };
	struct skald_ct_packet packet;
	struct skald_view view;
	int ret;

	packet_view(in, &view);
	cr_assert(skald_nat64_wants(n->nat64, &view));
	cr_assert_eq(skald_ct_in(n->f.table, &view, &n->f.input, n->f.now_ns,
				 &packet),
		     NF_ACCEPT);
	n->letter = skald_ct_state_letter(packet.state);
	ret = skald_nat64_packet(n->nat64, &packet, &job);
	if (!ret && skald_ct_out(&packet) != NF_ACCEPT)
		ret = -EPERM;
	skald_ct_done(&packet);
	out->len = job.len;
	if (!ret)
		packet_is_sound(out);
	return ret;
}

static void out_udp(struct nat64_fixture *n, const char *host, uint16_t sport,
		    const char *server, uint16_t dport, struct packet *out)
{
	struct packet in;

	packet_ipv6(&in, host, server, IPPROTO_UDP);
	packet_udp(&in, sport, dport, 5);
	cr_assert_eq(through(n, &in, out), 0);
}

static uint16_t port(const struct packet *packet, uint32_t off)
{
	return get_unaligned_be16(packet->bytes + packet_header(packet) + off);
}

/* The answer to what came out. */
static void answer_udp(const struct packet *out, struct packet *answer)
{
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, out->bytes + 16, src, sizeof(src));
	inet_ntop(AF_INET, out->bytes + 12, dst, sizeof(dst));
	packet_ipv4(answer, src, dst, IPPROTO_UDP);
	packet_udp(answer, port(out, 2), port(out, 0), 9);
}

static bool has_address(const uint8_t *bytes, const char *text)
{
	uint8_t addr[16];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, text, addr);
	return !memcmp(bytes, addr, family == AF_INET ? 4 : 16);
}

Test(nat64_session, udp_goes_out_and_its_answer_comes_back)
{
	struct nat64_fixture n;
	struct packet out, answer, back;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	out_udp(&n, HOST, 5000, SERVER6, 53, &out);
	cr_expect_eq(n.letter, 'N');
	cr_expect(has_address(out.bytes + 12, "192.0.2.1"));
	cr_expect(has_address(out.bytes + 16, SERVER4));
	cr_expect_eq(port(&out, 0), 5000);
	cr_expect_eq(port(&out, 2), 53);
	answer_udp(&out, &answer);
	cr_assert_eq(through(&n, &answer, &back), 0);
	cr_expect_eq(n.letter, 'E');
	cr_expect(has_address(back.bytes + 8, SERVER6));
	cr_expect(has_address(back.bytes + 24, HOST));
	cr_expect_eq(port(&back, 0), 53);
	cr_expect_eq(port(&back, 2), 5000);
	cr_expect_eq(atomic_read(&n.f.table->n), 1);
	end(&n);
}

/* RFC 6146, 3.5.1: one endpoint, one binding, whomever it speaks to. */
Test(nat64_session, a_binding_is_the_same_for_all_destinations)
{
	struct nat64_fixture n;
	struct packet first, other;

	begin(&n, "192.0.2.1", "192.0.2.9", true);
	out_udp(&n, HOST, 5000, SERVER6, 53, &first);
	out_udp(&n, HOST, 5000, "2001:db8:64::203.0.113.5", 99, &other);
	cr_expect_eq(memcmp(first.bytes + 12, other.bytes + 12, 4), 0);
	cr_expect_eq(port(&first, 0), port(&other, 0));
	cr_expect_eq(n.nat64->n, 1u);
	cr_expect_eq(atomic_read(&n.f.table->n), 2);
	end(&n);
}

/* RFC 6146, 3.5.1.1: ports of UDP keep their parity and their class. */
Test(nat64_session, two_hosts_never_share_an_endpoint)
{
	struct nat64_fixture n;
	struct packet out;
	bool taken[65536] = { false };
	char host[64];
	unsigned int i;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	for (i = 1; i <= 200; i++) {
		snprintf(host, sizeof(host), "2001:db8::%x", i);
		out_udp(&n, host, 5001, SERVER6, 53, &out);
		cr_assert_not(taken[port(&out, 0)]);
		taken[port(&out, 0)] = true;
		cr_assert(port(&out, 0) & 1, "odd stays odd");
		cr_assert_geq(port(&out, 0), 1024);
	}
	end(&n);
}

Test(nat64_session, echoes_have_their_identifier_changed_and_back)
{
	struct nat64_fixture n;
	struct packet in, out, answer, back;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	/* another host has the identifier already */
	packet_ipv6(&in, "2001:db8::99", SERVER6, IPPROTO_ICMPV6);
	packet_icmp(&in, 128, 0, 0x00070001, "ping", 4);
	cr_assert_eq(through(&n, &in, &out), 0);
	packet_ipv6(&in, HOST, SERVER6, IPPROTO_ICMPV6);
	packet_icmp(&in, 128, 0, 0x00070001, "ping", 4);
	cr_assert_eq(through(&n, &in, &out), 0);
	cr_expect_eq(n.letter, 'N');
	cr_expect_eq(out.bytes[9], IPPROTO_ICMP);
	cr_expect_eq(out.bytes[20], 8);
	cr_expect_neq(port(&out, 4), 7);
	packet_ipv4(&answer, SERVER4, "192.0.2.1", IPPROTO_ICMP);
	packet_icmp(&answer, 0, 0, get_unaligned_be32(out.bytes + 24), "ping",
		    4);
	cr_assert_eq(through(&n, &answer, &back), 0);
	cr_expect_eq(n.letter, 'E');
	cr_expect_eq(back.bytes[40], 129);
	cr_expect_eq(get_unaligned_be32(back.bytes + 44), 0x00070001u);
	cr_expect(has_address(back.bytes + 24, HOST));
	end(&n);
}

Test(nat64_session, tcp_is_tracked_across_families)
{
	struct nat64_fixture n;
	struct packet in, out;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	packet_ipv6(&in, HOST, SERVER6, IPPROTO_TCP);
	packet_tcp(&in, 5000, 80, 0x02);
	cr_assert_eq(through(&n, &in, &out), 0);
	packet_ipv4(&in, SERVER4, "192.0.2.1", IPPROTO_TCP);
	packet_tcp(&in, 80, port(&out, 0), 0x12);
	put_unaligned_be32(1001, in.bytes + 28);
	packet_finish(&in);
	cr_assert_eq(through(&n, &in, &out), 0);
	cr_expect_eq(n.letter, 'E');
	cr_expect_eq(out.bytes[53], 0x12);
	/* a reset far outside the window is not of this connection */
	packet_ipv4(&in, SERVER4, "192.0.2.1", IPPROTO_TCP);
	packet_tcp(&in, 80, 5000, 0x04);
	put_unaligned_be32(900000, in.bytes + 24);
	packet_finish(&in);
	cr_expect_eq(through(&n, &in, &out), -ENOENT);
	cr_expect_eq(n.letter, 'I');
	end(&n);
}

/* The error's author keeps its address; what it quotes is the host's again. */
Test(nat64_session, errors_find_the_host)
{
	struct nat64_fixture n;
	struct packet out, error, back, quoted = { .len = 0 };

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	out_udp(&n, HOST, 5000, SERVER6, 53, &out);
	packet_ipv4(&error, "203.0.113.77", "192.0.2.1", IPPROTO_ICMP);
	packet_icmp(&error, 11, 0, 0, out.bytes, out.len);
	cr_assert_eq(through(&n, &error, &back), 0);
	cr_expect_eq(n.letter, 'R');
	cr_expect(has_address(back.bytes + 8, "2001:db8:64::203.0.113.77"));
	cr_expect(has_address(back.bytes + 24, HOST));
	quoted.len = back.len - 48;
	memcpy(quoted.bytes, back.bytes + 48, quoted.len);
	cr_expect(has_address(quoted.bytes + 8, HOST));
	cr_expect(has_address(quoted.bytes + 24, SERVER6));
	cr_expect_eq(port(&quoted, 0), 5000);
	packet_is_sound(&quoted);
	end(&n);
}

/* RFC 6146, 3.5.2: who knows a binding may speak to it, or not. */
Test(nat64_session, from_outside_only_to_bindings)
{
	struct nat64_fixture n;
	struct packet in, out;
	int i;

	for (i = 0; i < 2; i++) {
		begin(&n, "192.0.2.1", "192.0.2.1", i);
		packet_ipv4(&in, "203.0.113.9", "192.0.2.1", IPPROTO_UDP);
		packet_udp(&in, 777, 5000, 3);
		cr_expect_eq(through(&n, &in, &out), -ENOENT);
		out_udp(&n, HOST, 5000, SERVER6, 53, &out);
		packet_ipv4(&in, "203.0.113.9", "192.0.2.1", IPPROTO_UDP);
		packet_udp(&in, 777, 5000, 3);
		cr_expect_eq(through(&n, &in, &out), i ? -ENOENT : 0);
		if (!i) {
			cr_expect(has_address(out.bytes + 8,
					      "2001:db8:64::203.0.113.9"));
			cr_expect(has_address(out.bytes + 24, HOST));
		}
		end(&n);
	}
}

Test(nat64_session, a_static_binding_is_reached_from_outside)
{
	struct skald_ct_tuple host = { .sport = htons(80) };
	struct skald_ct_tuple outside = { .sport = htons(8080) };
	struct nat64_fixture n;
	struct packet in, out;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	inet_pton(AF_INET6, HOST, &host.src);
	outside.src.ip = inet_addr("192.0.2.1");
	cr_assert_eq(skald_nat64_bind(n.nat64, IPPROTO_TCP, &host, &outside),
		     0);
	cr_expect_eq(skald_nat64_bind(n.nat64, IPPROTO_TCP, &host, &outside),
		     -EEXIST);
	packet_ipv4(&in, "203.0.113.9", "192.0.2.1", IPPROTO_TCP);
	packet_tcp(&in, 1234, 8080, 0x02);
	cr_assert_eq(through(&n, &in, &out), 0);
	cr_expect(has_address(out.bytes + 24, HOST));
	cr_expect_eq(port(&out, 2), 80);
	packet_ipv6(&in, HOST, "2001:db8:64::203.0.113.9", IPPROTO_TCP);
	packet_tcp(&in, 80, 1234, 0x12);
	put_unaligned_be32(1001, in.bytes + 48);
	packet_finish(&in);
	cr_assert_eq(through(&n, &in, &out), 0);
	cr_expect_eq(n.letter, 'E');
	cr_expect(has_address(out.bytes + 12, "192.0.2.1"));
	cr_expect_eq(port(&out, 0), 8080);
	end(&n);
}

/* RFC 6146, 3.8: both hosts are behind the translator. */
Test(nat64_session, two_hosts_behind_the_translator_meet)
{
	struct nat64_fixture n;
	struct packet out, between, in;

	begin(&n, "198.51.100.7", "198.51.100.7", false);
	out_udp(&n, "2001:db8::b", 7000, "2001:db8:64::203.0.113.1", 1, &out);
	packet_ipv6(&in, "2001:db8::a", "2001:db8:64::198.51.100.7",
		    IPPROTO_UDP);
	packet_udp(&in, 6000, 7000, 4);
	cr_assert_eq(through(&n, &in, &between), 0);
	cr_expect(has_address(between.bytes + 16, "198.51.100.7"));
	cr_assert_eq(through(&n, &between, &out), 0);
	cr_expect(has_address(out.bytes + 24, "2001:db8::b"));
	cr_expect(has_address(out.bytes + 8, "2001:db8:64::198.51.100.7"));
	cr_expect_eq(port(&out, 2), 7000);
	end(&n);
}

/* A binding lives as long as its last session. */
Test(nat64_session, bindings_go_with_their_sessions)
{
	struct nat64_fixture n;
	struct packet out;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	out_udp(&n, HOST, 5000, SERVER6, 53, &out);
	n.f.now_ns += 200 * SKALD_NS_PER_S;
	out_udp(&n, HOST, 5000, "2001:db8:64::203.0.113.5", 53, &out);
	n.f.now_ns += 101 * SKALD_NS_PER_S;
	skald_ct_gc(n.f.table, n.f.now_ns, U32_MAX);
	cr_expect_eq(n.nat64->n, 1u);
	cr_expect_eq(atomic_read(&n.f.table->n), 1);
	n.f.now_ns += 200 * SKALD_NS_PER_S;
	skald_ct_gc(n.f.table, n.f.now_ns, U32_MAX);
	cr_expect_eq(n.nat64->n, 0u);
	cr_expect_eq(atomic_read(&n.f.table->n), 0);
	end(&n);
}

Test(nat64_session, loops_and_other_protocols_are_dropped)
{
	struct nat64_fixture n;
	struct packet in, out;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	packet_ipv6(&in, "2001:db8:64::10.0.0.1", SERVER6, IPPROTO_UDP);
	packet_udp(&in, 1, 2, 3);
	cr_expect_eq(through(&n, &in, &out), -ENOENT);
	packet_ipv6(&in, HOST, SERVER6, IPPROTO_GRE);
	packet_add(&in, "\0\0\10\0body", 8);
	packet_finish(&in);
	cr_expect_eq(through(&n, &in, &out), -ENOENT);
	cr_expect_eq(n.nat64->n, 0u);
	end(&n);
}

Test(nat64_session, a_pool_that_is_used_up_is_not_searched_for_ever)
{
	struct nat64_fixture n;
	struct packet in, out;
	unsigned int i, failed = 0;
	char host[64];

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	for (i = 1; i < 1200; i++) {
		snprintf(host, sizeof(host), "2001:db8::%x", i);
		packet_ipv6(&in, host, SERVER6, IPPROTO_TCP);
		packet_tcp(&in, 25, 25, 0x02);
		failed += through(&n, &in, &out) != 0;
	}
	cr_expect_geq(failed, 1199u - 1024);
	cr_expect_leq(n.nat64->n, 1024u);
	end(&n);
}

/* ---- no memory ---- */

/* Return: whether a packet of a new host came out with that much memory. */
static bool starve(struct nat64_fixture *n, long after)
{
	struct skald_nat64_job job = { .room = PACKET_ROOM };
	struct skald_ct_packet packet;
	struct packet in, out;
	struct skald_view view;
	bool passed;

	packet_ipv6(&in, HOST, SERVER6, IPPROTO_UDP);
	packet_udp(&in, 5000, 53, 5);
	packet_view(&in, &view);
	job.bytes = out.bytes;
	fail_malloc_after = after;
	passed = skald_ct_in(n->f.table, &view, &n->f.input, n->f.now_ns,
			     &packet) == NF_ACCEPT &&
		 !skald_nat64_packet(n->nat64, &packet, &job) &&
		 skald_ct_out(&packet) == NF_ACCEPT;
	fail_malloc_after = -1;
	skald_ct_done(&packet);
	cr_expect_eq(atomic_read(&n->f.table->n), passed);
	cr_expect_eq(n->nat64->n, (u32)passed);
	return passed;
}

/* A packet is dropped, and the same one passes as soon as there is memory. */
Test(nat64_session, every_allocation_may_fail)
{
	struct nat64_fixture n;
	bool passed = false;
	long after, once;

	for (once = 0; once < 2; once++) {
		fail_malloc_once = once;
		passed = false;
		for (after = 0; !passed && after < 16; after++) {
			begin(&n, "192.0.2.1", "192.0.2.1", true);
			passed = starve(&n, after);
			if (!passed)
				cr_expect(starve(&n, 16));
			end(&n);
		}
		cr_expect_eq(after, 4, "an entry, NAT's slot, a binding: %ld",
			     after);
	}
}

Test(nat64_session, what_is_made_at_first_may_fail)
{
	struct skald_ct_tuple host = { .sport = htons(80) };
	struct skald_ct_tuple outside = { .sport = htons(8080) };
	struct skald_nat64_settings settings;
	struct nat64_fixture n;

	begin(&n, "192.0.2.1", "192.0.2.1", true);
	settings = n.nat64->settings;
	fail_malloc_after = 0;
	cr_expect_null(skald_nat64_new(n.f.table, &settings));
	cr_expect_eq(skald_nat64_bind(n.nat64, IPPROTO_TCP, &host, &outside),
		     -ENOMEM);
	fail_malloc_after = -1;
	cr_expect_eq(n.nat64->n, 0u);
	cr_expect_eq(skald_nat64_bind(n.nat64, IPPROTO_TCP, &host, &outside),
		     0);
	end(&n);
}
