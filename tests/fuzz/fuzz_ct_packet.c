// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any packets through connection tracking, with all helpers: settings:u8, then
 * for each packet time:u8, what:u8, length:u8 and that many bytes, which are
 * the whole packet, or stand behind a header that begins well. Limits hold,
 * counts are right, and nothing is left when the table goes.
 */
#include "ct_helpers.h"
#include "defrag.h"
#include "fuzz.h"

#define MAX_ENTRIES 16
#define PACKET_MAX 400

static const uint16_t ports[] = { 21, 53, 80, 5060, 6667, 69, 1723, 1720 };
static const uint8_t protos[] = { IPPROTO_TCP,	  IPPROTO_UDP,	  IPPROTO_ICMP,
				  IPPROTO_ICMPV6, IPPROTO_SCTP,	  IPPROTO_DCCP,
				  IPPROTO_GRE,	  IPPROTO_UDPLITE };

struct world {
	struct skald_ct_table *table;
	struct skald_defrag *defrag;
	uint64_t now_ns;
	uint32_t random;
	int64_t n_new;
	int64_t n_gone;
};

static uint32_t next_random(void *user)
{
	struct world *world = user;

	world->random = world->random * 1664525u + 1013904223u;
	return world->random;
}

static void tell(void *user, const struct skald_ct_note *note)
{
	struct world *world = user;

	fuzz_check(*skald_ct_reason_word(note->reason));
	world->n_new += note->kind == SKALD_CT_NOTE_NEW;
	world->n_gone += note->kind == SKALD_CT_NOTE_DESTROY;
}

static void begin(struct world *world, uint8_t how)
{
	struct skald_defrag_settings defrag;
	struct skald_ct_settings settings;
	struct skald_ct_owner owner = { .user = world,
					.random = next_random,
					.tell = tell,
					.verbose = true };
	hsiphash_key_t key = { { 1, 2 } };

	*world = (struct world){ .now_ns = 1, .random = how };
	skald_ct_settings_default(&settings);
	settings.max = MAX_ENTRIES;
	settings.buckets = 16;
	settings.expect_max = 8;
	settings.checksum = how & 1;
	settings.tcp_be_liberal = how & 2;
	settings.tcp_loose = !(how & 4);
	settings.dccp = how & 8;
	world->table = skald_ct_table_new(&settings, &owner);
	skald_defrag_settings_default(&defrag);
	defrag.memory = 1 << 16;
	world->defrag = skald_defrag_new(&defrag, &key);
	fuzz_check(world->table && world->defrag);
}

/* A header that leads somewhere; what follows is the input's. */
static size_t write_header(uint8_t *packet, uint8_t what, size_t len)
{
	uint8_t proto = protos[what & 7];
	bool reply = what & 8;
	size_t at;

	if (what & 0x10) {
		packet[0] = 0x60;
		put_unaligned_be16((uint16_t)(len + 4), packet + 4);
		packet[6] = what & 0x20 ? IPPROTO_FRAGMENT : proto;
		packet[8] = 0x20;
		packet[24] = 0x20;
		packet[reply ? 39 : 23] = 1;
		at = 40;
	} else {
		packet[0] = 0x45;
		put_unaligned_be16((uint16_t)(len + 24), packet + 2);
		packet[6] = what & 0x20 ? 0x20 : 0;
		packet[9] = proto;
		packet[12] = 10;
		packet[16] = 10;
		packet[reply ? 19 : 15] = 1;
		at = 20;
	}
	put_unaligned_be16(4000, packet + at + (reply ? 2 : 0));
	put_unaligned_be16(ports[what >> 5], packet + at + (reply ? 0 : 2));
	return at + 4;
}

static size_t take_packet(struct fuzz_input *input, uint8_t *packet)
{
	uint8_t what = fuzz_take_u8(input);
	size_t len = fuzz_take_u8(input), at = 0;

	memset(packet, 0, PACKET_MAX);
	if (what != 0xff)
		at = write_header(packet, what, len);
	fuzz_take(input, packet + at, len);
	return at + len;
}

static void track(struct world *world, struct skald_view *view)
{
	struct skald_ct_input how = { .hook = NF_INET_PRE_ROUTING };
	struct skald_ct_packet packet;
	int verdict =
		skald_ct_in(world->table, view, &how, world->now_ns, &packet);
	const struct skald_ct_helper *helper;

	fuzz_check(!packet.ct || packet.state != SKALD_CT_INVALID);
	if (packet.ct && !packet.ct->help &&
	    !skald_ct_is(packet.ct, SKALD_CT_CONFIRMED)) {
		const struct skald_ct_tuple *tuple =
			skald_ct_tuple(packet.ct, SKALD_CT_ORIGINAL);

		helper = skald_ct_helper_by_port(tuple->family, tuple->proto,
						 ntohs(tuple->dport));
		if (helper)
			skald_ct_help_attach(packet.ct, helper);
	}
	if (verdict == NF_ACCEPT)
		verdict = skald_ct_out(&packet);
	fuzz_check(verdict == NF_ACCEPT || verdict == NF_DROP);
	skald_ct_done(&packet);
	fuzz_check(world->table->n_expects <= 8);
	/* masters of expected entries may be out of the table and still there
	 */
	fuzz_check(atomic_read(&world->table->n) <= 2 * MAX_ENTRIES);
}

static void receive(struct world *world, uint8_t *bytes, size_t len)
{
	struct skald_datagram datagram = { 0 };
	uint8_t *copy = fuzz_copy(bytes, len);
	struct skald_view view;
	uint16_t ethertype = *bytes >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	int ret = 0;

	skald_view_init(&view, copy, (uint32_t)len, (uint32_t)len);
	if (!skald_view_set_network(&view, 0, ethertype)) {
		(void)skald_view_received(&view);
		if (view.is_fragment)
			ret = skald_defrag_add(world->defrag, &view, 0,
					       world->now_ns, &datagram);
		if (!ret && datagram.bytes) {
			skald_view_init(&view, datagram.bytes, datagram.len,
					datagram.len);
			ret = skald_view_set_network(&view, 0, ethertype);
			fuzz_check(!ret);
		}
		if (!ret || ret == -ENOMSG)
			track(world, &view);
	}
	skald_datagram_done(&datagram);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t packet[PACKET_MAX];
	struct world world;

	begin(&world, fuzz_take_u8(&input));
	while (input.size) {
		uint64_t step = fuzz_take_u8(&input);

		world.now_ns += step * step * SKALD_NS_PER_S / 100;
		receive(&world, packet, take_packet(&input, packet));
		skald_ct_gc(world.table, world.now_ns, 2);
	}
	skald_ct_table_free(world.table);
	skald_defrag_free(world.defrag);
	fuzz_check(world.n_new == world.n_gone);
	return 0;
}
