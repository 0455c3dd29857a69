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

/* Which side sends a segment. */
#define CLIENT 0
#define SERVER 1

/**
 * struct segment - a TCP segment of 10.0.0.1:40000 and 10.0.0.2:80
 * @from: CLIENT or SERVER
 * @flags: "S", "SA", "A", "FA", "R", ...
 * @seq: sequence number
 * @ack: acknowledgment number
 * @win: window, 0: 1000; NO_WINDOW: none
 * @len: bytes of data
 * @options: bytes of options
 * @n_options: a multiple of four
 */
struct segment {
	int from;
	const char *flags;
	uint32_t seq;
	uint32_t ack;
	uint32_t win;
	uint32_t len;
	const void *options;
	uint32_t n_options;
};
#define NO_WINDOW UINT32_MAX

static inline uint8_t fixture_flags(const char *text)
{
	static const char letters[] = "FSRPAUEC";
	uint8_t flags = 0;

	for (; *text; text++)
		flags |= (uint8_t)(1 << (strchr(letters, *text) - letters));
	return flags;
}

static inline char fixture_segment(struct fixture *f,
				   const struct segment *segment)
{
	static const char *const hosts[] = { "10.0.0.1", "10.0.0.2" };
	static const uint16_t ports[] = { 40000, 80 };
	uint32_t header = 20 + segment->n_options;
	uint8_t bytes[4096] = { 0 };
	uint8_t *tcp;

	tcp = bytes + fixture_ipv4(bytes, hosts[segment->from],
				   hosts[!segment->from], IPPROTO_TCP,
				   header + segment->len);
	put_unaligned_be16(ports[segment->from], tcp);
	put_unaligned_be16(ports[!segment->from], tcp + 2);
	put_unaligned_be32(segment->seq, tcp + 4);
	put_unaligned_be32(segment->ack, tcp + 8);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = fixture_flags(segment->flags);
	put_unaligned_be16(segment->win == NO_WINDOW ? 0
			   : segment->win	     ? (uint16_t)segment->win
						     : 1000,
			   tcp + 14);
	if (segment->n_options)
		memcpy(tcp + 20, segment->options, segment->n_options);
	return fixture_packet(f, bytes, 20 + header + segment->len);
}

/* What is not said is none. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define SEGMENT(f, ...) fixture_segment(f, &(struct segment){ __VA_ARGS__ })

/* The only entry of the table, not referenced; NULL: there is none. */
static inline bool fixture_take(void *user, struct skald_ct *ct)
{
	*(struct skald_ct **)user = ct;
	return true;
}

static inline struct skald_ct *fixture_entry(struct fixture *f)
{
	struct skald_ct *ct = NULL;

	skald_ct_each(f->table, f->now_ns, fixture_take, &ct);
	return ct;
}

#endif /* TEST_CT_FIXTURE_H */
