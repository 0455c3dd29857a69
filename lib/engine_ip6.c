// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 packets that no hook sees: what ip6_rcv_core() drops.
 */
#include <string.h>

#include "engine_priv.h"

#define IP6_LEN 40
#define OPTION_PAD1 0
#define OPTION_PADN 1
#define OPTION_ROUTER_ALERT 5
#define OPTION_IOAM 0x31
#define OPTION_JUMBO 0xc2
/* ip6_parse_tlv(): RFC 4942 section 2.1.9.5, and net.ipv6.max_hbh_opts_number
 */
#define PADDING_MAX 7
#define OPTIONS_MAX 8

static bool is_loopback(const uint8_t *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return memcmp(address, loopback, sizeof(loopback)) == 0;
}

static const char *wrong_address(const struct skald_view *view)
{
	const uint8_t *source = view->data + view->network + 8;
	const uint8_t *target = source + 16;

	if (view->iif != SKALD_LOOPBACK &&
	    (is_loopback(source) || is_loopback(target)))
		return "loopback address from outside";
	if (source[0] == 0xff)
		return "source address is a group";
	if (target[0] == 0xff &&
	    ((target[1] & 0xf) == 0 ||
	     ((target[1] & 0xf) == 1 && view->iif != SKALD_LOOPBACK)))
		return "a group that does not leave its interface";
	return NULL;
}

/* Padding, where @len bytes are left. Return: its length, 0: it is wrong */
static unsigned int padding(const uint8_t *option, unsigned int len)
{
	unsigned int i, size;

	if (option[0] == OPTION_PAD1)
		return 1;
	size = option[1] + 2u;
	for (i = 2; i < size && i < len; i++) {
		if (option[i])
			return 0;
	}
	return size;
}

/*
 * Whether the kernel takes an option: ipv6_hop_ra(), ipv6_hop_jumbo() with a
 * packet of less than 64 KiB, ipv6_hop_ioam(), ip6_tlvopt_unknown().
 * @at is counted from the IPv6 header on.
 */
static bool is_taken(const uint8_t *option, unsigned int at)
{
	switch (option[0]) {
	case OPTION_ROUTER_ALERT:
		return option[1] == 2;
	case OPTION_JUMBO:
		return false;
	case OPTION_IOAM:
		return (at & 3) == 0;
	default:
		return (option[0] & 0xc0) == 0;
	}
}

/* ip6_parse_tlv() */
static bool are_options_taken(const uint8_t *header, unsigned int end)
{
	unsigned int at = IP6_LEN + 2, n = 0, padded = 0, size;

	for (; at < end; at += size) {
		const uint8_t *option = header + at;
		bool is_padding = option[0] <= OPTION_PADN;

		if (option[0] != OPTION_PAD1 &&
		    (end - at < 2 || option[1] + 2u > end - at))
			return false;
		size = is_padding ? padding(option, end - at) : option[1] + 2u;
		padded = is_padding ? padded + size : 0;
		n += !is_padding;
		if (!size || padded > PADDING_MAX || n > OPTIONS_MAX ||
		    (!is_padding && !is_taken(option, at)))
			return false;
	}
	return true;
}

/* ipv6_parse_hopopts() */
static bool is_hop_by_hop_wrong(const struct skald_view *view)
{
	const uint8_t *header = view->data + view->network;
	unsigned int end;

	if (header[6] != IPPROTO_HOPOPTS)
		return false;
	if (view->end < view->network + IP6_LEN + 8)
		return true;
	/* what a capture has cut off is not judged */
	if (view->linear < view->network + IP6_LEN + 8)
		return false;
	end = IP6_LEN + (header[IP6_LEN + 1] + 1u) * 8;
	if (view->end < view->network + end)
		return true;
	return view->linear >= view->network + end &&
	       !are_options_taken(header, end);
}

bool skald_passage_takes_ip6(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	const char *wrong = wrong_address(view);

	if (wrong)
		skald_passage_drop(passage, "IP_INADDRERRORS", wrong);
	else if (is_hop_by_hop_wrong(view))
		skald_passage_drop(passage, "IP_INHDR",
				   "wrong hop-by-hop options");
	else
		return true;
	return false;
}
