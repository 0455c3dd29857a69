// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snaps: comparing and packing what a source saw of a packet.
 */
#include "packet.h"

#include <errno.h>
#include <string.h>

/*
 * A snap as plain bytes, the same on every machine; what a header does not
 * have is zero. Differences are runs of these bytes.
 */
#define FLAT_LEN \
	(3 * 4 + 2 * 2 + 3 + SKALD_SNAP_LL + SKALD_SNAP_NH + SKALD_SNAP_TH)

/* Starting a run costs two bytes: shorter stretches of equal bytes stay in. */
#define RUN_GAP 2

/* With the length of @th: its start is the end of @nh once more. */
#define TH_FOLLOWS 0x80

static bool header_same(const uint8_t *a, uint8_t a_len, const uint8_t *b,
			uint8_t b_len)
{
	if (!a_len || !b_len)
		return true;
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

bool skald_snap_same(const struct skald_snap *a, const struct skald_snap *b)
{
	return a->mark == b->mark &&
	       header_same(a->nh, a->nh_len, b->nh, b->nh_len) &&
	       header_same(a->th, a->th_len, b->th, b->th_len) &&
	       header_same(a->ll, a->ll_len, b->ll, b->ll_len);
}

static uint8_t *put_be(uint8_t *at, uint32_t number, unsigned int bytes)
{
	while (bytes--)
		*at++ = (uint8_t)(number >> (8 * bytes));
	return at;
}

static const uint8_t *get_be(const uint8_t *at, uint32_t *number,
			     unsigned int bytes)
{
	*number = 0;
	while (bytes--)
		*number = *number << 8 | *at++;
	return at;
}

static uint8_t at_most(uint8_t len, uint8_t most)
{
	return len < most ? len : most;
}

static void flatten(const struct skald_snap *snap, uint8_t flat[FLAT_LEN])
{
	uint8_t ll_len = at_most(snap->ll_len, SKALD_SNAP_LL);
	uint8_t nh_len = at_most(snap->nh_len, SKALD_SNAP_NH);
	uint8_t th_len = at_most(snap->th_len, SKALD_SNAP_TH);
	uint8_t *at = flat;

	memset(flat, 0, FLAT_LEN);
	at = put_be(at, snap->iif, 4);
	at = put_be(at, snap->oif, 4);
	at = put_be(at, snap->mark, 4);
	at = put_be(at, snap->lltype, 2);
	at = put_be(at, snap->ethertype, 2);
	*at++ = ll_len;
	*at++ = nh_len;
	*at++ = th_len;
	memcpy(at, snap->ll, ll_len);
	at += SKALD_SNAP_LL;
	memcpy(at, snap->nh, nh_len);
	at += SKALD_SNAP_NH;
	memcpy(at, snap->th, th_len);
}

static int unflatten(const uint8_t flat[FLAT_LEN], struct skald_snap *snap)
{
	struct skald_snap read = { 0 };
	const uint8_t *at = flat;
	uint32_t number;

	at = get_be(at, &read.iif, 4);
	at = get_be(at, &read.oif, 4);
	at = get_be(at, &read.mark, 4);
	at = get_be(at, &number, 2);
	read.lltype = number;
	at = get_be(at, &number, 2);
	read.ethertype = number;
	read.ll_len = *at++;
	read.nh_len = *at++;
	read.th_len = *at++;
	if (read.ll_len > SKALD_SNAP_LL || read.nh_len > SKALD_SNAP_NH ||
	    read.th_len > SKALD_SNAP_TH)
		return -EBADMSG;
	memcpy(read.ll, at, read.ll_len);
	at += SKALD_SNAP_LL;
	memcpy(read.nh, at, read.nh_len);
	at += SKALD_SNAP_NH;
	memcpy(read.th, at, read.th_len);
	*snap = read;
	return 0;
}

/*
 * The network header's 40 bytes usually reach into the transport header.
 * Return: how many bytes of @nh lie behind an IPv4 header.
 */
static uint8_t nh_tail(const uint8_t *nh, uint8_t nh_len, uint8_t th_len)
{
	uint8_t header = nh_len ? (nh[0] & 0x0f) * 4 : 0;

	if (!nh_len || nh[0] >> 4 != 4 || header < 20 || header >= nh_len)
		return 0;
	return at_most(nh_len - header, th_len);
}

void skald_snap_pack(const struct skald_snap *snap, struct skald_buffer *buffer)
{
	uint8_t ll_len = at_most(snap->ll_len, SKALD_SNAP_LL);
	uint8_t nh_len = at_most(snap->nh_len, SKALD_SNAP_NH);
	uint8_t th_len = at_most(snap->th_len, SKALD_SNAP_TH);
	uint8_t skip = nh_tail(snap->nh, nh_len, th_len);
	uint8_t header = skip ? (snap->nh[0] & 0x0f) * 4 : 0;

	if (skip && memcmp(snap->nh + header, snap->th, skip) != 0)
		skip = 0;

	skald_buffer_put_varint(buffer, snap->iif);
	skald_buffer_put_varint(buffer, snap->oif);
	skald_buffer_put_varint(buffer, snap->mark);
	skald_buffer_put_varint(buffer, snap->lltype);
	skald_buffer_put_varint(buffer, snap->ethertype);
	skald_buffer_put_u8(buffer, ll_len);
	skald_buffer_put_u8(buffer, nh_len);
	skald_buffer_put_u8(buffer, skip ? th_len | TH_FOLLOWS : th_len);
	skald_buffer_put(buffer, snap->ll, ll_len);
	skald_buffer_put(buffer, snap->nh, nh_len);
	skald_buffer_put(buffer, snap->th + skip, th_len - skip);
}

static int unpack_bytes(struct skald_cursor *cursor, uint8_t *to, uint8_t len)
{
	const uint8_t *bytes = skald_cursor_bytes(cursor, len);

	if (!bytes)
		return -EBADMSG;
	memcpy(to, bytes, len);
	return 0;
}

static int unpack_th(struct skald_cursor *cursor, struct skald_snap *snap,
		     bool follows)
{
	uint8_t skip = 0;

	if (follows)
		skip = nh_tail(snap->nh, snap->nh_len, snap->th_len);
	if (skip) {
		memcpy(snap->th, snap->nh + (snap->nh[0] & 0x0f) * 4, skip);
	}
	return unpack_bytes(cursor, snap->th + skip, snap->th_len - skip);
}

int skald_snap_unpack(struct skald_cursor *cursor, struct skald_snap *snap)
{
	struct skald_snap read = { 0 };
	bool follows;

	read.iif = skald_cursor_varint(cursor);
	read.oif = skald_cursor_varint(cursor);
	read.mark = skald_cursor_varint(cursor);
	read.lltype = skald_cursor_varint(cursor);
	read.ethertype = skald_cursor_varint(cursor);
	read.ll_len = skald_cursor_u8(cursor);
	read.nh_len = skald_cursor_u8(cursor);
	read.th_len = skald_cursor_u8(cursor);
	follows = read.th_len & TH_FOLLOWS;
	read.th_len &= ~TH_FOLLOWS;
	if (read.ll_len > SKALD_SNAP_LL || read.nh_len > SKALD_SNAP_NH ||
	    read.th_len > SKALD_SNAP_TH)
		return -EBADMSG;
	if (unpack_bytes(cursor, read.ll, read.ll_len) < 0 ||
	    unpack_bytes(cursor, read.nh, read.nh_len) < 0 ||
	    unpack_th(cursor, &read, follows) < 0)
		return -EBADMSG;
	*snap = read;
	return 0;
}

/* End of the run of differences that starts at @from. */
static unsigned int run_end(const uint8_t *a, const uint8_t *b,
			    unsigned int from)
{
	unsigned int end = from, i;

	for (i = from; i < FLAT_LEN && i <= end + RUN_GAP; i++) {
		if (a[i] != b[i])
			end = i + 1;
	}
	return end;
}

/* The first byte from @from on that differs, or FLAT_LEN. */
static unsigned int first_difference(const uint8_t *a, const uint8_t *b,
				     unsigned int from)
{
	uint64_t x, y;

	for (; from + sizeof(x) <= FLAT_LEN; from += sizeof(x)) {
		memcpy(&x, a + from, sizeof(x));
		memcpy(&y, b + from, sizeof(y));
		if (x != y)
			break;
	}
	while (from < FLAT_LEN && a[from] == b[from])
		from++;
	return from;
}

/* n:varint {skip:u8 len:u8 bytes} over the flat form */
void skald_snap_pack_diff(const struct skald_snap *base,
			  const struct skald_snap *snap,
			  struct skald_buffer *buffer)
{
	uint8_t a[FLAT_LEN], b[FLAT_LEN];
	uint8_t runs[2 * FLAT_LEN];
	unsigned int i, end, at = 0, used = 0, n = 0;

	flatten(base, a);
	flatten(snap, b);
	for (i = first_difference(a, b, 0); i < FLAT_LEN;
	     i = first_difference(a, b, end)) {
		end = run_end(a, b, i);
		runs[used++] = i - at;
		runs[used++] = end - i;
		memcpy(runs + used, b + i, end - i);
		used += end - i;
		n++;
		at = end;
	}
	skald_buffer_put_varint(buffer, n);
	skald_buffer_put(buffer, runs, used);
}

int skald_snap_unpack_diff(struct skald_cursor *cursor,
			   const struct skald_snap *base,
			   struct skald_snap *snap)
{
	uint64_t n = skald_cursor_varint(cursor);
	uint8_t flat[FLAT_LEN];
	const uint8_t *bytes;
	size_t at = 0;
	uint8_t len;

	flatten(base, flat);
	while (n-- && !cursor->failed) {
		at += skald_cursor_u8(cursor);
		len = skald_cursor_u8(cursor);
		bytes = skald_cursor_bytes(cursor, len);
		if (!bytes || at + len > FLAT_LEN)
			return -EBADMSG;
		memcpy(flat + at, bytes, len);
		at += len;
	}
	if (cursor->failed)
		return -EBADMSG;
	return unflatten(flat, snap);
}
