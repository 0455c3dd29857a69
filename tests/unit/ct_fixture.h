/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table with a clock that tests drive, chance that repeats itself, and
 * packets written by hand.
 */
#ifndef TEST_CT_FIXTURE_H
#define TEST_CT_FIXTURE_H

#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "ct.h"

#define FIXTURE_NOTES 64

struct fixture {
	struct skald_ct_table *table;
	struct skald_ct_input input;
	uint64_t now_ns;
	uint32_t random;
	unsigned int n_notes;
	struct skald_ct_note notes[FIXTURE_NOTES];
	struct skald_ct_window window; /* of the last note that had one */
	enum skald_ct_reason reason; /* of the last packet */
	int verdict; /* of the last packet */
};

static inline uint32_t fixture_random(void *user)
{
	struct fixture *f = user;

	f->random = f->random * 1664525u + 1013904223u;
	return f->random ^ f->random >> 16;
}

static inline void fixture_tell(void *user, const struct skald_ct_note *note)
{
	struct fixture *f = user;

	if (note->window)
		f->window = *note->window;
	f->notes[f->n_notes++ % FIXTURE_NOTES] = *note;
}

static inline void fixture_init(struct fixture *f,
				const struct skald_ct_settings *settings)
{
	struct skald_ct_owner owner = { .user = f,
					.random = fixture_random,
					.tell = fixture_tell,
					.verbose = true };
	struct skald_ct_settings defaults;

	*f = (struct fixture){ .now_ns = 1000 * SKALD_NS_PER_S, .random = 1 };
	f->input.hook = NF_INET_PRE_ROUTING;
	skald_ct_settings_default(&defaults);
	defaults.buckets = 1024;
	defaults.checksum = false;
	f->table = skald_ct_table_new(settings ? settings : &defaults, &owner);
	cr_assert_not_null(f->table);
}

static inline void fixture_done(struct fixture *f)
{
	skald_ct_table_free(f->table);
}

/* The letter of a packet that begins with its network header. */
static inline char fixture_packet(struct fixture *f, void *bytes, uint32_t len)
{
	uint16_t ethertype =
		*(uint8_t *)bytes >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	struct skald_ct_packet packet;
	struct skald_view view;
	char letter;

	skald_view_init(&view, bytes, len, len);
	cr_assert_eq(skald_view_set_network(&view, 0, ethertype), 0);
	f->verdict =
		skald_ct_in(f->table, &view, &f->input, f->now_ns, &packet);
	letter = skald_ct_state_letter(packet.state);
	f->reason = packet.reason;
	if (f->verdict == NF_ACCEPT)
		f->verdict = skald_ct_out(&packet);
	skald_ct_done(&packet);
	return letter;
}

/* An IPv4 header for @len bytes of @proto behind it. Return: its length */
static inline uint32_t fixture_ipv4(uint8_t *at, const char *src,
				    const char *dst, uint8_t proto,
				    uint32_t len)
{
	memset(at, 0, 20);
	at[0] = 0x45;
	put_unaligned_be16((uint16_t)(20 + len), at + 2);
	at[8] = 64;
	at[9] = proto;
	cr_assert_eq(inet_pton(AF_INET, src, at + 12), 1);
	cr_assert_eq(inet_pton(AF_INET, dst, at + 16), 1);
	return 20;
}

static inline char fixture_udp(struct fixture *f, const char *src,
			       uint16_t sport, const char *dst, uint16_t dport)
{
	uint8_t bytes[64];
	uint8_t *udp = bytes + fixture_ipv4(bytes, src, dst, IPPROTO_UDP, 12);

	put_unaligned_be16(sport, udp);
	put_unaligned_be16(dport, udp + 2);
	put_unaligned_be16(12, udp + 4);
	put_unaligned_be16(0, udp + 6);
	memcpy(udp + 8, "body", 4);
	return fixture_packet(f, bytes, 32);
}

#endif /* TEST_CT_FIXTURE_H */
