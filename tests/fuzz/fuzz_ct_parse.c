// SPDX-License-Identifier: GPL-2.0-only
/*
 * What helpers read, taken apart: the first byte says by which parser. What is
 * found lies within what was given.
 */
#include "ct_amanda.h"
#include "ct_ftp.h"
#include "ct_h323.h"
#include "ct_irc.h"
#include "ct_pptp.h"
#include "ct_sip_text.h"
#include "ct_snmp.h"
#include "ct_text.h"
#include "fuzz.h"

static void ftp(const u8 *bytes, u32 len, u8 how)
{
	u8 family = how & 1 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	struct skald_ftp_command command;

	if (len)
		(void)skald_ftp_may_become(bytes, len, how >> 1 & 1);
	if (!skald_ftp_parse(bytes, len, how >> 1 & 1, family, &command))
		return;
	fuzz_check(command.port);
	fuzz_check(command.off <= len && command.len <= len - command.off);
}

static void irc(const u8 *bytes, u32 len, u8 how)
{
	struct skald_irc_offer offer;

	(void)skald_irc_may_become(bytes, len, 0);
	if (!skald_irc_parse(bytes, len, &offer))
		return;
	fuzz_check(offer.port);
	fuzz_check(offer.off <= len && offer.len <= len - offer.off);
}

static void pptp(const u8 *bytes, u32 len, u8 how)
{
	struct skald_pptp_message message;

	if (len)
		(void)skald_pptp_frame(bytes, len);
	if (!skald_pptp_parse(bytes, len, &message))
		return;
	fuzz_check(message.call_off + 2u <= len);
	fuzz_check(message.peer_off + 2u <= len);
}

static void amanda(const u8 *bytes, u32 len, u8 how)
{
	struct skald_amanda_port port;

	if (skald_amanda_parse(bytes, len, how % SKALD_AMANDA_STREAMS, &port))
		fuzz_check(port.off <= len && port.len <= len - port.off);
}

static void snmp(const u8 *bytes, u32 len, u8 how)
{
	u32 at = 0, addr;

	(void)skald_snmp_is_basic(bytes, len);
	while (skald_snmp_find_addr(bytes, len, at, &addr)) {
		fuzz_check(addr >= at && addr <= len && len - addr >= 4);
		at = addr + 4;
	}
}

static void check_place(const struct skald_sip_text *text,
			const struct skald_sip_place *place)
{
	fuzz_check(place->len);
	fuzz_check(place->off <= text->len &&
		   place->len <= text->len - place->off);
}

static void sip_params(const struct skald_sip_text *text, u32 from)
{
	struct skald_sip_place place;
	struct skald_sip_uri uri;
	u32 number = 7;

	if (skald_sip_param(text, from, "transport=", &place))
		fuzz_check(place.off <= text->len);
	if (skald_sip_param_number(text, from, "rport=", &place, &number) > 0)
		check_place(text, &place);
	if (skald_sip_param_addr(text, from, "maddr=", true, &uri))
		check_place(text, &uri.place);
}

static void sip(const u8 *bytes, u32 len, u8 how)
{
	struct skald_sip_text text = { bytes, len,
				       how & 1 ? NFPROTO_IPV6 : NFPROTO_IPV4 };
	struct skald_sip_walk walk = { 0 };
	struct skald_sip_place place;
	struct skald_sip_uri uri;
	u32 type, last = 0;

	if (len)
		(void)skald_sip_frame(bytes, len);
	for (type = 0; type < SKALD_SIP_HEADERS; type++)
		if (skald_sip_find(&text, 0, type, &place) > 0)
			check_place(&text, &place);
	while (skald_sip_next_uri(&text, &walk, SKALD_SIP_CONTACT, &uri) > 0) {
		check_place(&text, &uri.place);
		fuzz_check(walk.at > last);
		last = walk.at;
		sip_params(&text, walk.at);
	}
	if (skald_sip_request_uri(&text, &uri) > 0)
		check_place(&text, &uri.place);
	for (type = 1; type < SKALD_SDP_HEADERS; type++)
		if (skald_sdp_find(&text, how >> 1, type, SKALD_SDP_NONE,
				   &place) > 0)
			check_place(&text, &place);
	(void)skald_sdp_addr(&text, 0, SKALD_SDP_OWNER, SKALD_SDP_MEDIA, &uri);
}

/* What is read and written is read as the same again. */
static void addresses(const u8 *bytes, u32 len, u8 how)
{
	u8 family = how & 1 ? NFPROTO_IPV6 : NFPROTO_IPV4, addr[16], again[16];
	char text[SKALD_TEXT_ADDR];
	int n;

	if (!skald_text_addr(bytes, len, family, addr))
		return;
	n = family == NFPROTO_IPV6
		    ? skald_text_put_ipv6(text, sizeof(text), addr, how & 2)
		    : skald_text_put_ipv4(text, sizeof(text), addr);
	fuzz_check(n > 0 && (size_t)n == strlen(text));
	fuzz_check(skald_text_addr((u8 *)text, (u32)n, family, again) ==
		   (u32)n);
	fuzz_check(!memcmp(addr, again, 16));
}

/* H.323: by any of its tables, or as a message of call signalling. */
static void h323(const u8 *bytes, u32 len, u8 how)
{
	static const struct skald_per_type *const types[] = {
		&skald_h323_ras, &skald_h323_user_information,
		&skald_h323_control
	};
	struct skald_per_notes notes;
	u32 start = 0, end = len, i;

	if (len)
		(void)skald_tpkt_frame(bytes, len);
	if (how & 0x80)
		start = skald_q931_find_user(bytes, len, &end);
	fuzz_check(start <= end && end <= len);
	(void)skald_per_walk(bytes, end, start, types[how % 3], &notes);
	for (i = 0; i < notes.n; i++) {
		const struct skald_per_note *note = &notes.note[i];
		u32 size = note->kind == SKALD_PER_IPV4 ? 6 : 18;

		fuzz_check(note->mark);
		if (note->kind == SKALD_PER_IPV4 ||
		    note->kind == SKALD_PER_IPV6)
			fuzz_check(note->off >= start &&
				   note->off + size <= end);
	}
}

static void (*const parsers[])(const u8 *bytes, u32 len, u8 how) = {
	ftp, irc, pptp, amanda, snmp, sip, addresses, h323,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	u8 what = fuzz_take_u8(&input);
	u8 how = fuzz_take_u8(&input);
	u8 *bytes = fuzz_copy(input.data, input.size);

	parsers[what % ARRAY_SIZE(parsers)](bytes, (u32)input.size, how);
	free(bytes);
	return 0;
}
