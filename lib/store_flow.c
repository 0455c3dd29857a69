// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows and addresses: interned for stories' rows, so that stories are found by
 * address and port. A flow is remembered as long as the cache has room; after
 * that the same flow gets another row. That costs a few bytes and saves a
 * look-up for every new flow.
 */
#include "store_internal.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define ADDRESS_TEXT 48

/*
 * What a flow's row depends on, straight from the headers: taking the packet
 * apart is for flows that are new.
 */
struct flow_end {
	uint16_t ethertype;
	uint8_t nh_len;
	uint8_t th_len;
	uint8_t first_byte;
	uint8_t proto;
	uint8_t is_later_fragment;
	uint8_t pad;
	uint8_t addresses[32];
	uint8_t ports[4];
};

struct flow_key {
	struct flow_end first;
	struct flow_end last;
};

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_UDPLITE;
}

static void key_ports(const struct skald_snap *snap, unsigned int header,
		      struct flow_end *end)
{
	if (!has_ports(end->proto) || end->is_later_fragment)
		return;
	if (snap->th_len >= sizeof(end->ports))
		memcpy(end->ports, snap->th, sizeof(end->ports));
	else if (snap->nh_len >= header + sizeof(end->ports))
		memcpy(end->ports, snap->nh + header, sizeof(end->ports));
}

static void key_end(const struct skald_snap *snap, struct flow_end *end)
{
	const uint8_t *nh = snap->nh;

	end->ethertype = snap->ethertype;
	end->nh_len = snap->nh_len;
	end->th_len = snap->th_len;
	end->first_byte = nh[0];
	if (snap->ethertype == ETH_P_IP && snap->nh_len >= 20) {
		end->proto = nh[9];
		end->is_later_fragment = (nh[6] & 0x1f) || nh[7];
		memcpy(end->addresses, nh + 12, 8);
		key_ports(snap, (nh[0] & 0x0f) * 4, end);
	} else if (snap->ethertype == ETH_P_IPV6 && snap->nh_len >= 40) {
		end->proto = nh[6];
		memcpy(end->addresses, nh + 8, 32);
		key_ports(snap, 40, end);
	} else {
		/* The rare rest: every byte counts. */
		memcpy(end->addresses, nh, sizeof(end->addresses));
		end->proto = nh[32];
		memcpy(end->ports, nh + 33, sizeof(end->ports));
	}
}

static size_t address_len(const struct skald_value *value)
{
	switch (value->type) {
	case SKALD_VALUE_IP4:
		return 4;
	case SKALD_VALUE_IP6:
		return 16;
	}
	return 0;
}

/* Return: 1 found, 0 not there, -errno */
static int find_address(struct skald_store *store, const uint8_t *bytes,
			size_t len, int64_t *id, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_FIND_ADDRESS, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_blob(stmt, 1, bytes, len, SQLITE_STATIC);
	err = skald_store_step(store, stmt, "cannot find an address", error);
	if (err > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
	}
	return err;
}

static int add_address(struct skald_store *store,
		       const struct skald_value *value, size_t len, int64_t *id,
		       struct skald_error *error)
{
	char text[ADDRESS_TEXT];
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_ADD_ADDRESS, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_blob(stmt, 1, value->bytes, len, SQLITE_STATIC);
	skald_bind_string(stmt, 2,
			  skald_value_format(value, text, sizeof(text)));
	err = skald_store_run(store, stmt, "cannot add an address", error);
	if (!err)
		*id = sqlite3_last_insert_rowid(store->db);
	return err;
}

/* *@id is 0 for what is no address. */
static int intern_address(struct skald_store *store,
			  const struct skald_value *value, int64_t *id,
			  struct skald_error *error)
{
	size_t len = address_len(value);
	struct skald_intern_entry *entry;
	struct skald_intern_row row;
	uint64_t hash;
	int err;

	*id = 0;
	if (!len)
		return 0;
	hash = skald_hash64(value->bytes, len, 0);
	entry = skald_intern_find(&store->addresses, hash, value->bytes, len);
	if (entry) {
		*id = entry->id;
		return 0;
	}
	err = find_address(store, value->bytes, len, id, error);
	if (!err)
		err = add_address(store, value, len, id, error);
	if (err < 0)
		return err;
	entry = skald_intern_victim(&store->addresses, hash);
	row = (struct skald_intern_row){
		.hash = hash,
		.id = *id,
		.key = value->bytes,
		.key_len = len,
	};
	err = skald_intern_fill(entry, &row);
	return err ? skald_error_set(error, ENOMEM, "out of memory") : 0;
}

static void bind_id(sqlite3_stmt *stmt, int index, int64_t id)
{
	if (id)
		sqlite3_bind_int64(stmt, index, id);
	else
		sqlite3_bind_null(stmt, index);
}

static void bind_port(sqlite3_stmt *stmt, int index,
		      const struct skald_value *value)
{
	if (value->type == SKALD_VALUE_NUM)
		sqlite3_bind_int64(stmt, index, value->num);
	else
		sqlite3_bind_null(stmt, index);
}

/* Ends in the order of the columns: source and destination, then final. */
static const uint8_t flow_ends[][2] = {
	{ SKALD_P_saddr, SKALD_P_sport },
	{ SKALD_P_daddr, SKALD_P_dport },
};

static int bind_ends(struct skald_store *store, sqlite3_stmt *stmt,
		     const struct skald_packet *packet,
		     const struct skald_packet *before, int index,
		     struct skald_error *error)
{
	int64_t id;
	int err;

	for (int i = 0; i < 2; i++, index += 2) {
		const struct skald_value *address =
			&packet->value[flow_ends[i][0]];
		const struct skald_value *port =
			&packet->value[flow_ends[i][1]];

		sqlite3_bind_null(stmt, index);
		sqlite3_bind_null(stmt, index + 1);
		/* What did not change is not said twice. */
		if (!before ||
		    !skald_value_equal(address,
				       &before->value[flow_ends[i][0]])) {
			err = intern_address(store, address, &id, error);
			if (err)
				return err;
			bind_id(stmt, index, id);
		}
		if (!before ||
		    !skald_value_equal(port, &before->value[flow_ends[i][1]]))
			bind_port(stmt, index + 1, port);
	}
	return 0;
}

static int add_flow(struct skald_store *store, const struct skald_snap *first,
		    const struct skald_snap *last, int64_t *id,
		    struct skald_error *error)
{
	struct skald_packet packet, final;
	sqlite3_stmt *stmt;
	int err;

	skald_packet_parse(first, &packet);
	skald_packet_parse(last, &final);
	stmt = skald_store_stmt(store, SKALD_STORE_ADD_FLOW, error);
	if (!stmt)
		return skald_store_errno(store);
	skald_bind_text(stmt, 1, packet.family);
	skald_bind_text(stmt, 2, packet.proto);
	err = bind_ends(store, stmt, &packet, NULL, 3, error);
	if (!err)
		err = bind_ends(store, stmt, &final, &packet, 7, error);
	if (err)
		return err;
	err = skald_store_run(store, stmt, "cannot add a flow", error);
	if (!err)
		*id = sqlite3_last_insert_rowid(store->db);
	return err;
}

int skald_store_flow(struct skald_store *store,
		     const struct skald_packed *packed, int64_t *id,
		     struct skald_error *error)
{
	struct skald_cursor cursor = { packed->own,
				       packed->own + packed->own_len, false };
	struct skald_intern_entry *entry;
	struct skald_intern_row row;
	struct skald_snap first, last;
	struct flow_key key;
	uint64_t hash;
	int err;

	if (!packed->own_len || skald_snap_unpack(&cursor, &first) < 0 ||
	    skald_snap_unpack_diff(&cursor, &first, &last) < 0)
		return skald_error_set(error, EBADMSG,
				       "a story's own bytes make no story");
	memset(&key, 0, sizeof(key));
	key_end(&first, &key.first);
	key_end(&last, &key.last);
	hash = skald_hash64(&key, sizeof(key), 0);
	entry = skald_intern_find(&store->flows, hash, &key, sizeof(key));
	if (entry) {
		*id = entry->id;
		return 0;
	}
	err = add_flow(store, &first, &last, id, error);
	if (err)
		return err;
	entry = skald_intern_victim(&store->flows, hash);
	row = (struct skald_intern_row){
		.hash = hash,
		.id = *id,
		.key = &key,
		.key_len = sizeof(key),
	};
	err = skald_intern_fill(entry, &row);
	return err ? skald_error_set(error, -err, "out of memory") : 0;
}
