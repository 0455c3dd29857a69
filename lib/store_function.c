// SPDX-License-Identifier: GPL-2.0-only
/*
 * skald_packet(shape, own, field, final): a field of a story's packet, for
 * filters on what has no column. NULL when the packet has no such field.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>

static void result_value(sqlite3_context *context,
			 const struct skald_value *value)
{
	switch (value->type) {
	case SKALD_VALUE_NUM:
		sqlite3_result_int64(context, value->num);
		return;
	case SKALD_VALUE_IP4:
		sqlite3_result_blob(context, value->bytes, 4, SQLITE_TRANSIENT);
		return;
	case SKALD_VALUE_IP6:
		sqlite3_result_blob(context, value->bytes, 16,
				    SQLITE_TRANSIENT);
		return;
	case SKALD_VALUE_MAC:
		sqlite3_result_blob(context, value->bytes, 6, SQLITE_TRANSIENT);
		return;
	}
	sqlite3_result_null(context);
}

static int unpack_packet(const struct skald_buffer *own, bool is_final,
			 struct skald_packet *packet)
{
	struct skald_cursor cursor = { own->data, own->data + own->len, false };
	struct skald_snap first, last;

	if (!own->len || skald_snap_unpack(&cursor, &first) < 0)
		return -EBADMSG;
	if (!is_final) {
		skald_packet_parse(&first, packet);
		return 0;
	}
	if (skald_snap_unpack_diff(&cursor, &first, &last) < 0)
		return -EBADMSG;
	skald_packet_parse(&last, packet);
	return 0;
}

static void packet_function(sqlite3_context *context, int argc,
			    sqlite3_value **argv)
{
	struct skald_store *store = sqlite3_user_data(context);
	struct skald_buffer own = { 0 };
	struct skald_packet packet;
	int field = sqlite3_value_int(argv[2]);
	int err;

	err = skald_store_own(store, sqlite3_value_int64(argv[0]),
			      sqlite3_value_blob(argv[1]),
			      sqlite3_value_bytes(argv[1]), &own, NULL);
	if (!err)
		err = unpack_packet(&own, sqlite3_value_int(argv[3]), &packet);
	skald_buffer_done(&own);
	switch (err) {
	case 0:
		break;
	case -ENOMEM:
		sqlite3_result_error_nomem(context);
		return;
	default:
		sqlite3_result_error(context, "a story cannot be told", -1);
		sqlite3_result_error_code(context, SQLITE_CORRUPT);
		return;
	}
	if (field == SKALD_N_P && *packet.flags)
		sqlite3_result_text(context, packet.flags, -1,
				    SQLITE_TRANSIENT);
	else if (field >= 0 && field < SKALD_N_P)
		result_value(context, &packet.value[field]);
}

int skald_store_functions(struct skald_store *store, struct skald_error *error)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

	if (sqlite3_create_function(store->db, "skald_packet", 4, flags, store,
				    packet_function, NULL, NULL) != SQLITE_OK)
		return skald_store_fail(store, "cannot add a function", error);
	return 0;
}
