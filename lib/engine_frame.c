// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet without a link-layer header at a port of a bridge: the header that
 * its sender would have made. Whom it is for, the world's neighbours tell;
 * without them it is for the bridge itself.
 */
#include "engine_priv.h"

#include <sys/socket.h>

#include "neighbour.h"

#define ETHERNET 14u

uint32_t skald_passage_frame_room(const struct skald_passage *passage)
{
	const struct skald_engine_input *input = passage->input;
	bool is_v6 = input->ethertype == ETH_P_IPV6;

	if (!passage->bridging.port || input->has_link ||
	    (!is_v6 && input->ethertype != ETH_P_IP) ||
	    input->known < (is_v6 ? 40 : 20))
		return 0;
	return ETHERNET;
}

static const uint8_t *neighbour(const struct skald_passage *passage,
				const uint8_t *address)
{
	return skald_neighbour_find(
		passage->engine->world, passage->bridging.bridge->index,
		passage->input->ethertype == ETH_P_IPV6 ? AF_INET6 : AF_INET,
		address);
}

/* RFC 1112 6.4, RFC 2464 7; and IPv4's limited broadcast */
static bool put_group(uint8_t *mac, const uint8_t *address, bool is_v6)
{
	if (is_v6 && address[0] == 0xff) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, address + 12, 4);
	} else if (!is_v6 && (address[0] & 0xf0) == 0xe0) {
		mac[0] = 0x01;
		mac[1] = 0;
		mac[2] = 0x5e;
		mac[3] = address[1] & 0x7f;
		memcpy(mac + 4, address + 2, 2);
	} else if (!is_v6 && !memcmp(address, "\xff\xff\xff\xff", 4)) {
		memset(mac, 0xff, SKALD_MAC);
	} else {
		return false;
	}
	return true;
}

void skald_passage_frame(struct skald_passage *passage, uint8_t *bytes)
{
	static const uint8_t somebody[SKALD_MAC] = { 2, 0, 0, 0, 0, 1 };
	bool is_v6 = passage->input->ethertype == ETH_P_IPV6;
	const uint8_t *ip = bytes + ETHERNET;
	const uint8_t *target = ip + (is_v6 ? 24 : 16);
	const uint8_t *from = neighbour(passage, ip + (is_v6 ? 8 : 12));
	const struct skald_iface *bridge = skald_links_find(
		&passage->engine->links, passage->bridging.bridge->index);
	const uint8_t *to = neighbour(passage, target);

	memset(bytes, 0, ETHERNET);
	if (!put_group(bytes, target, is_v6)) {
		if (to)
			memcpy(bytes, to, SKALD_MAC);
		else if (bridge && bridge->mac_len == SKALD_MAC)
			memcpy(bytes, bridge->mac, SKALD_MAC);
	}
	memcpy(bytes + SKALD_MAC, from ? from : somebody, SKALD_MAC);
	put_unaligned_be16(passage->input->ethertype, bytes + 12);
	passage->bridging.is_framed = true;
}

void skald_passage_tell_frame(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	const uint8_t *mac = view->data + view->link;

	if (!passage->bridging.is_framed)
		return;
	skald_passage_assume(passage,
			     "link-layer addresses are not said: taken to be "
			     "for %02x:%02x:%02x:%02x:%02x:%02x",
			     mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}
