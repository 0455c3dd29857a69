// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of H.323, as tables for ct_per.h. A table ends where nothing
 * more is wanted; runs of BOOLEAN are one field of so many bits.
 */
#include "ct_h323_types.h"

/* clang-format off */
#define FIELD(t) { &(t), 0, false }
#define OPTION(t) { &(t), 0, true }
#define MARKED(t, m) { &(t), SKALD_H323_##m, false }
#define MARKED_OPTION(t, m) { &(t), SKALD_H323_##m, true }
#define SKIPPED { NULL, 0, false }

/* A table of a type: EXT or FIXED, its optional components or bits of its
 * index, its root components, and all that are known. */
#define EXT true
#define FIXED false
#define TYPE(name, what, ext, n, root, ...) \
	static const struct skald_per_field name##_fields[] = { __VA_ARGS__ }; \
	static const struct skald_per_type name = { \
		.kind = SKALD_PER_##what, .a = (n), .is_extensible = (ext), \
		.n_root = (root), .n_fields = ARRAY_SIZE(name##_fields), \
		.fields = name##_fields }
#define LEAF(name, what, x, y) \
	static const struct skald_per_type name = { \
		.kind = SKALD_PER_##what, .a = (x), .b = (y) }
/* Many alternatives that are empty. */
#define EMPTY_CHOICE(name, bits, root, ...) \
	TYPE(name, CHOICE, EXT, bits, root, __VA_ARGS__)

LEAF(null, NULL, 0, 0);
LEAF(bit, BITS, 1, 0);
LEAF(bits2, BITS, 2, 0);
LEAF(bits4, BITS, 4, 0);
LEAF(bits5, BITS, 5, 0);
LEAF(bits7, BITS, 7, 0);
LEAF(bits8, BITS, 8, 0);
LEAF(bits11, BITS, 11, 0);
LEAF(bits19, BITS, 19, 0);
LEAF(bits20, BITS, 20, 0);
LEAF(byte, BYTE, 0, 0);
LEAF(word, WORD, 0, 0);
LEAF(number, NUMBER, 0, 0);
LEAF(number1, NUMBER, 1, 0);
LEAF(oid, OID, 0, 0);
LEAF(octets2, OCTETS, 2, 0);
LEAF(octets4, OCTETS, 4, 0);
LEAF(octets6, OCTETS, 6, 0);
LEAF(octets16, OCTETS, 16, 0);
LEAF(string20, STRING, 5, 1);
LEAF(string256, STRING, 8, 1);
LEAF(octets, LONG, 0, 0);
LEAF(digits16, DIGITS, 4, 1);
LEAF(digits128, DIGITS, 7, 1);
LEAF(wide128, WIDE, 7, 1);
LEAF(wide256, WIDE, 8, 1);
LEAF(ipv4, IPV4, 0, 0);
LEAF(ipv6, IPV6, 0, 0);
LEAF(unknown, UNKNOWN, 0, 0);

/* ---- H.225.0, addresses and who somebody is ---- */

TYPE(h221, SEQUENCE, EXT, 0, 3, FIELD(byte), FIELD(byte), FIELD(word));
TYPE(non_standard_id, CHOICE, EXT, 1, 2, FIELD(oid), FIELD(h221));
TYPE(non_standard, SEQUENCE, FIXED, 0, 2, FIELD(non_standard_id),
     FIELD(octets));

TYPE(ip_address, SEQUENCE, FIXED, 0, 1, FIELD(ipv4));
TYPE(ip6_address, SEQUENCE, EXT, 0, 1, FIELD(ipv6));
TYPE(ipx_address, SEQUENCE, FIXED, 0, 3, FIELD(octets6), FIELD(octets4),
     FIELD(octets2));
TYPE(route, LIST, FIXED, 0, 1, FIELD(octets4));
EMPTY_CHOICE(routing, 1, 2, FIELD(null), FIELD(null));
TYPE(source_route, SEQUENCE, EXT, 0, 4, FIELD(octets4), FIELD(word),
     FIELD(route), FIELD(routing));
TYPE(transport_address, CHOICE, EXT, 3, 7, FIELD(ip_address),
     FIELD(source_route), FIELD(ipx_address), FIELD(ip6_address),
     FIELD(octets16), FIELD(string20), FIELD(non_standard));
TYPE(transport_addresses, LIST, FIXED, 0, 1, FIELD(transport_address));
TYPE(alias, CHOICE, EXT, 1, 2, FIELD(digits128), FIELD(wide256));
TYPE(aliases, LIST, FIXED, 0, 1, FIELD(alias));
TYPE(words, LIST, FIXED, 0, 1, FIELD(word));

TYPE(vendor, SEQUENCE, EXT, 2, 3, FIELD(h221), OPTION(string256),
     OPTION(string256));
/* gatekeeper, terminal, and each of the protocols a gateway may know */
TYPE(plain_info, SEQUENCE, EXT, 1, 1, OPTION(non_standard));
TYPE(protocol, CHOICE, EXT, 4, 9, FIELD(non_standard), FIELD(plain_info),
     FIELD(plain_info), FIELD(plain_info), FIELD(plain_info),
     FIELD(plain_info), FIELD(plain_info), FIELD(plain_info),
     FIELD(plain_info));
TYPE(protocols, LIST, FIXED, 0, 1, FIELD(protocol));
TYPE(gateway, SEQUENCE, EXT, 2, 2, OPTION(protocols), OPTION(non_standard));
TYPE(endpoint, SEQUENCE, EXT, 6, 8, OPTION(non_standard), OPTION(vendor),
     OPTION(plain_info), OPTION(gateway), OPTION(plain_info),
     OPTION(plain_info), FIELD(bit), FIELD(bit));

/* ---- H.245, kinds of media ---- */

TYPE(h245_h221, SEQUENCE, FIXED, 0, 3, FIELD(byte), FIELD(byte), FIELD(word));
TYPE(h245_id, CHOICE, FIXED, 1, 2, FIELD(oid), FIELD(h245_h221));
TYPE(h245_non_standard, SEQUENCE, FIXED, 0, 2, FIELD(h245_id), FIELD(octets));
TYPE(h245_non_standards, LIST, FIXED, 0, 1, FIELD(h245_non_standard));

TYPE(h261, SEQUENCE, EXT, 2, 5, OPTION(bits2), OPTION(bits2), FIELD(bit),
     FIELD(word), FIELD(bit));
TYPE(h262, SEQUENCE, EXT, 6, 7, FIELD(bits11), OPTION(number),
     OPTION(number), OPTION(word), OPTION(word), OPTION(bits4),
     OPTION(number));
TYPE(h263, SEQUENCE, EXT, 7, 9, OPTION(bits5), OPTION(bits5), OPTION(bits5),
     OPTION(bits5), OPTION(bits5), FIELD(number1), FIELD(bits5),
     OPTION(number), OPTION(word));
TYPE(is11172_video, SEQUENCE, EXT, 6, 7, FIELD(bit), OPTION(number),
     OPTION(number), OPTION(word), OPTION(word), OPTION(bits4),
     OPTION(number));
TYPE(video, CHOICE, EXT, 3, 5, FIELD(h245_non_standard), FIELD(h261),
     FIELD(h262), FIELD(h263), FIELD(is11172_video));
TYPE(g7231, SEQUENCE, FIXED, 0, 2, FIELD(byte), FIELD(bit));
TYPE(is11172_audio, SEQUENCE, EXT, 0, 2, FIELD(bits8), FIELD(word));
TYPE(is13818_audio, SEQUENCE, EXT, 0, 2, FIELD(bits20), FIELD(word));
TYPE(audio, CHOICE, EXT, 4, 14, FIELD(h245_non_standard), FIELD(byte),
     FIELD(byte), FIELD(byte), FIELD(byte), FIELD(byte), FIELD(byte),
     FIELD(byte), FIELD(g7231), FIELD(byte), FIELD(byte), FIELD(byte),
     FIELD(is11172_audio), FIELD(is13818_audio));
TYPE(data_protocol, INDEX, EXT, 3, 7, FIELD(h245_non_standard), FIELD(null),
     FIELD(null), FIELD(null), FIELD(null), FIELD(null), FIELD(null));
TYPE(t84_restricted, SEQUENCE, EXT, 0, 1, FIELD(bits19));
TYPE(t84_profile, CHOICE, FIXED, 1, 2, FIELD(null), FIELD(t84_restricted));
TYPE(t84, SEQUENCE, FIXED, 0, 2, FIELD(data_protocol), FIELD(t84_profile));
TYPE(nlpid, SEQUENCE, FIXED, 0, 2, FIELD(data_protocol), FIELD(octets));
TYPE(application, CHOICE, EXT, 4, 10, FIELD(h245_non_standard),
     MARKED(data_protocol, PROTOCOL), FIELD(data_protocol),
     FIELD(data_protocol), FIELD(t84), FIELD(data_protocol),
     FIELD(data_protocol), FIELD(nlpid), FIELD(null), FIELD(data_protocol));
TYPE(data, SEQUENCE, EXT, 0, 2, FIELD(application), FIELD(number));
TYPE(encryption, CHOICE, EXT, 1, 2, FIELD(h245_non_standard), FIELD(null));
TYPE(data_type, CHOICE, EXT, 3, 6, FIELD(h245_non_standard), FIELD(null),
     FIELD(video), FIELD(audio), FIELD(data), FIELD(encryption));

/* ---- H.245, channels ---- */

TYPE(h245_ip, SEQUENCE, EXT, 0, 1, FIELD(ipv4));
TYPE(h245_ip6, SEQUENCE, EXT, 0, 1, FIELD(ipv6));
TYPE(h245_ipx, SEQUENCE, EXT, 0, 3, FIELD(octets6), FIELD(octets4),
     FIELD(octets2));
TYPE(h245_routing, CHOICE, FIXED, 1, 2, FIELD(null), FIELD(null));
TYPE(h245_source_route, SEQUENCE, EXT, 0, 4, FIELD(h245_routing),
     FIELD(octets4), FIELD(word), FIELD(route));
TYPE(unicast, CHOICE, EXT, 3, 5, FIELD(h245_ip), FIELD(h245_ipx),
     FIELD(h245_ip6), FIELD(octets16), FIELD(h245_source_route));
TYPE(multicast_ip, SEQUENCE, EXT, 0, 2, FIELD(octets4), FIELD(word));
TYPE(multicast_ip6, SEQUENCE, EXT, 0, 2, FIELD(octets16), FIELD(word));
TYPE(multicast, CHOICE, EXT, 1, 2, FIELD(multicast_ip), FIELD(multicast_ip6));
TYPE(h245_address, CHOICE, EXT, 1, 2, FIELD(unicast), FIELD(multicast));

TYPE(h2250, SEQUENCE, EXT, 10, 7, OPTION(h245_non_standards), FIELD(byte),
     OPTION(bits8), MARKED_OPTION(h245_address, MEDIA), OPTION(bit),
     MARKED_OPTION(h245_address, MEDIA), FIELD(unknown));
TYPE(h2250_ack, SEQUENCE, EXT, 5, 5, OPTION(h245_non_standards),
     OPTION(bits8), MARKED_OPTION(h245_address, MEDIA),
     MARKED_OPTION(h245_address, MEDIA), OPTION(bits5));
TYPE(h222, SEQUENCE, EXT, 3, 5, FIELD(word), FIELD(word), OPTION(word),
     OPTION(octets), OPTION(octets));
/* channels of other networks than ours: the walk ends */
TYPE(forward_multiplex, CHOICE, EXT, 2, 3, FIELD(h222), FIELD(unknown),
     FIELD(unknown), FIELD(h2250));
TYPE(reverse_multiplex, CHOICE, EXT, 1, 2, FIELD(unknown), FIELD(unknown),
     FIELD(h2250));
TYPE(ack_multiplex, CHOICE, EXT, 0, 1, FIELD(h222), FIELD(h2250));
TYPE(forward, SEQUENCE, EXT, 1, 3, OPTION(word), FIELD(data_type),
     FIELD(forward_multiplex));
TYPE(reverse, SEQUENCE, EXT, 1, 2, FIELD(data_type),
     OPTION(reverse_multiplex));
TYPE(ack_reverse, SEQUENCE, EXT, 2, 3, FIELD(word), OPTION(word),
     OPTION(ack_multiplex));

EMPTY_CHOICE(distribution, 1, 2, FIELD(null), FIELD(null));
TYPE(q2931_number, CHOICE, EXT, 1, 2, FIELD(digits16), FIELD(string20));
TYPE(q2931, SEQUENCE, EXT, 1, 2, FIELD(q2931_number), OPTION(string20));
TYPE(network_address, CHOICE, EXT, 2, 3, FIELD(q2931), FIELD(digits128),
     FIELD(h245_address));
TYPE(stack, SEQUENCE, EXT, 2, 3, OPTION(distribution), FIELD(network_address),
     FIELD(unknown));

TYPE(open_channel, SEQUENCE, EXT, 1, 3, FIELD(word), FIELD(forward),
     OPTION(reverse), MARKED(stack, STACK));
TYPE(ack_forward, CHOICE, EXT, 0, 1, FIELD(h2250_ack));
TYPE(open_channel_ack, SEQUENCE, EXT, 1, 2, FIELD(word), OPTION(ack_reverse),
     MARKED(stack, ACK_STACK), FIELD(ack_forward));
TYPE(request, CHOICE, EXT, 4, 11, FIELD(unknown), FIELD(unknown),
     FIELD(unknown), FIELD(open_channel), FIELD(unknown), FIELD(unknown),
     FIELD(unknown), FIELD(unknown), FIELD(unknown), FIELD(unknown),
     FIELD(unknown));
TYPE(response, CHOICE, EXT, 5, 19, FIELD(unknown), FIELD(unknown),
     FIELD(unknown), FIELD(unknown), FIELD(unknown), FIELD(open_channel_ack),
     FIELD(unknown), FIELD(unknown), FIELD(unknown), FIELD(unknown),
     FIELD(unknown), FIELD(unknown), FIELD(unknown), FIELD(unknown),
     FIELD(unknown), FIELD(unknown), FIELD(unknown), FIELD(unknown),
     FIELD(unknown));
static const struct skald_per_field control_fields[] = {
	FIELD(request), FIELD(response), FIELD(unknown), FIELD(unknown) };
const struct skald_per_type skald_h323_control = {
	.kind = SKALD_PER_CHOICE, .a = 2, .is_extensible = true, .n_root = 4,
	.n_fields = 4, .fields = control_fields };

/* ---- H.225.0, call signalling ---- */

TYPE(fast_channel, OPEN, FIXED, 0, 1, FIELD(open_channel));
TYPE(fast_start, LIST, FIXED, 0, 1, FIELD(fast_channel));

EMPTY_CHOICE(goal, 2, 3, FIELD(null), FIELD(null), FIELD(null));
EMPTY_CHOICE(call_type, 2, 4, FIELD(null), FIELD(null), FIELD(null),
	     FIELD(null));
TYPE(q954, SEQUENCE, EXT, 0, 1, FIELD(bits2));
TYPE(q_options, SEQUENCE, EXT, 0, 2, FIELD(bits7), FIELD(q954));
TYPE(setup, SEQUENCE, EXT, 7, 13, FIELD(oid),
     MARKED_OPTION(transport_address, H245), OPTION(aliases), FIELD(endpoint),
     OPTION(aliases), MARKED_OPTION(transport_address, DEST_SIGNAL),
     OPTION(aliases), OPTION(words), FIELD(bit), FIELD(octets16), FIELD(goal),
     OPTION(q_options), FIELD(call_type),
     MARKED(transport_address, SOURCE_SIGNAL), SKIPPED, SKIPPED, SKIPPED,
     SKIPPED, SKIPPED, FIELD(fast_start));
/* call proceeding, alerting */
TYPE(proceeding, SEQUENCE, EXT, 1, 3, FIELD(oid), FIELD(endpoint),
     MARKED_OPTION(transport_address, H245), SKIPPED, SKIPPED, SKIPPED,
     SKIPPED, FIELD(fast_start));
TYPE(connected, SEQUENCE, EXT, 1, 4, FIELD(oid),
     MARKED_OPTION(transport_address, H245), FIELD(endpoint), FIELD(octets16),
     SKIPPED, SKIPPED, SKIPPED, SKIPPED, FIELD(fast_start));
TYPE(information, SEQUENCE, EXT, 0, 1, FIELD(oid));
EMPTY_CHOICE(release_reason, 4, 12, FIELD(null), FIELD(null), FIELD(null),
	     FIELD(null), FIELD(null), FIELD(null), FIELD(null), FIELD(null),
	     FIELD(null), FIELD(null), FIELD(null), FIELD(null));
TYPE(release, SEQUENCE, EXT, 1, 2, FIELD(oid), OPTION(release_reason));
TYPE(facility_reason, INDEX, EXT, 2, 4, FIELD(null), FIELD(null), FIELD(null),
	     FIELD(null));
TYPE(facility, SEQUENCE, EXT, 3, 5, FIELD(oid),
     MARKED_OPTION(transport_address, ALTERNATIVE), OPTION(aliases),
     OPTION(octets16), MARKED(facility_reason, REASON), SKIPPED, SKIPPED,
     SKIPPED, SKIPPED, SKIPPED, SKIPPED, MARKED(transport_address, H245),
     FIELD(fast_start));
TYPE(call_identifier, SEQUENCE, EXT, 0, 1, FIELD(octets16));
/* with security or tokens, its media are not read */
TYPE(progress, SEQUENCE, EXT, 5, 8, FIELD(oid), FIELD(endpoint),
     MARKED_OPTION(transport_address, H245), FIELD(call_identifier),
     OPTION(unknown), OPTION(unknown), OPTION(unknown), OPTION(fast_start));
TYPE(body, INDEX, EXT, 3, 7, FIELD(setup), FIELD(proceeding), FIELD(connected),
     FIELD(proceeding), FIELD(information), FIELD(release), FIELD(facility),
     FIELD(progress));
TYPE(tunnelled, OPEN, FIXED, 0, 1, { &skald_h323_control, 0, false });
TYPE(tunnelled_list, LIST, FIXED, 0, 1, FIELD(tunnelled));
TYPE(pdu, SEQUENCE, EXT, 1, 2, MARKED(body, MESSAGE), OPTION(non_standard),
     SKIPPED, SKIPPED, FIELD(tunnelled_list));
static const struct skald_per_field user_fields[] = {
	FIELD(pdu), FIELD(unknown) };
const struct skald_per_type skald_h323_user_information = {
	.kind = SKALD_PER_SEQUENCE, .a = 1, .is_extensible = true, .n_root = 2,
	.n_fields = 2, .fields = user_fields };

/* ---- H.225.0, registration, admission and status ---- */

TYPE(grq, SEQUENCE, EXT, 4, 5, FIELD(word), FIELD(oid), OPTION(non_standard),
     MARKED(transport_address, RAS), FIELD(unknown));
TYPE(gcf, SEQUENCE, EXT, 2, 5, FIELD(word), FIELD(oid), OPTION(non_standard),
     OPTION(wide128), MARKED(transport_address, RAS));
TYPE(rrq, SEQUENCE, EXT, 3, 10, FIELD(word), FIELD(oid), OPTION(non_standard),
     FIELD(bit), MARKED(transport_addresses, SIGNAL),
     MARKED(transport_addresses, RAS), FIELD(endpoint), OPTION(aliases),
     OPTION(wide128), FIELD(vendor), SKIPPED, MARKED(number1, TIME_TO_LIVE));
TYPE(rcf, SEQUENCE, EXT, 3, 7, FIELD(word), FIELD(oid), OPTION(non_standard),
     MARKED(transport_addresses, SIGNAL), OPTION(aliases), OPTION(wide128),
     FIELD(wide128), SKIPPED, MARKED(number1, TIME_TO_LIVE));
TYPE(urq, SEQUENCE, EXT, 3, 3, FIELD(word),
     MARKED(transport_addresses, SIGNAL), FIELD(unknown));
EMPTY_CHOICE(call_model, 1, 2, FIELD(null), FIELD(null));
TYPE(arq, SEQUENCE, EXT, 7, 10, FIELD(word), FIELD(call_type),
     OPTION(call_model), FIELD(wide128), OPTION(aliases),
     MARKED_OPTION(transport_address, DEST_SIGNAL), OPTION(aliases),
     FIELD(aliases), MARKED_OPTION(transport_address, SOURCE_SIGNAL),
     FIELD(unknown));
TYPE(acf, SEQUENCE, EXT, 2, 5, FIELD(word), FIELD(number), FIELD(call_model),
     MARKED(transport_address, DEST_SIGNAL), FIELD(unknown));
TYPE(lrq, SEQUENCE, EXT, 2, 5, FIELD(word), OPTION(wide128), FIELD(aliases),
     OPTION(non_standard), MARKED(transport_address, RAS));
TYPE(lcf, SEQUENCE, EXT, 1, 4, FIELD(word), MARKED(transport_address, SIGNAL),
     MARKED(transport_address, RAS), FIELD(unknown));
TYPE(irr, SEQUENCE, EXT, 3, 7, OPTION(non_standard), FIELD(word),
     FIELD(endpoint), FIELD(wide128), MARKED(transport_address, RAS),
     MARKED(transport_addresses, SIGNAL), FIELD(unknown));
static const struct skald_per_field ras_fields[] = {
	FIELD(grq), FIELD(gcf), FIELD(unknown), FIELD(rrq), FIELD(rcf),
	FIELD(unknown), FIELD(urq), FIELD(unknown), FIELD(unknown),
	FIELD(arq), FIELD(acf), FIELD(unknown), FIELD(unknown),
	FIELD(unknown), FIELD(unknown), FIELD(unknown), FIELD(unknown),
	FIELD(unknown), FIELD(lrq), FIELD(lcf), FIELD(unknown),
	FIELD(unknown), FIELD(irr), FIELD(unknown) };
static const struct skald_per_type ras_message = {
	.kind = SKALD_PER_INDEX, .a = 5, .is_extensible = true, .n_root = 24,
	.n_fields = 24, .fields = ras_fields };
/* so that the index of the message itself is noted */
static const struct skald_per_field ras_field[] = {
	MARKED(ras_message, MESSAGE) };
const struct skald_per_type skald_h323_ras = {
	.kind = SKALD_PER_SEQUENCE, .n_root = 1, .n_fields = 1,
	.fields = ras_field };
/* clang-format on */
