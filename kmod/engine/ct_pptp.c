// SPDX-License-Identifier: GPL-2.0-only
/*
 * PPTP (RFC 2637): the control connection agrees on the call ids that are the
 * keys of the GRE tunnel. As nf_conntrack_pptp.c and nf_nat_pptp.c: a session
 * has one call, and its client opened the control connection.
 */
#include "ct_pptp.h"
#include "ct_help.h"
#include "ct_stream.h"

#define HEADER_LEN 12
#define MESSAGE_ROOM 256
#define CONTROL_MESSAGE 1
#define MAGIC_COOKIE 0x1a2b3c4d
#define RESULT_OK 1
/* Timeouts of the tunnel's entry, seconds. */
#define GRE_TIMEOUT (10 * 60)
#define GRE_STREAM_TIMEOUT (5 * 3600)

enum pptp_session {
	SESSION_NONE,
	SESSION_ERROR,
	SESSION_STOP_ASKED,
	SESSION_ASKED,
	SESSION_CONFIRMED,
};

enum pptp_call {
	CALL_NONE,
	CALL_OUT_ASKED,
	CALL_OUT_CONFIRMED,
	CALL_IN_ASKED,
	CALL_IN_ANSWERED,
	CALL_IN_CONFIRMED,
	CALL_CLEAR_ASKED,
};

/**
 * struct pptp_data - what is remembered of a control connection
 * @stream: messages of either side
 * @session: enum pptp_session
 * @call: enum pptp_call
 * @pac: call id of the server, as it says
 * @pns: call id of the client, as the server knows it
 * @own_pac: call id of the server before NAT
 * @own_pns: call id of the client, as it says, under NAT
 */
struct pptp_data {
	struct skald_stream stream[SKALD_CT_DIRS];
	u8 session;
	u8 call;
	__be16 pac;
	__be16 pns;
	__be16 own_pac;
	__be16 own_pns;
};

/* Bytes of a message, offsets of its call ids and of its result code. */
struct pptp_layout {
	u8 len;
	u8 call_off;
	u8 peer_off;
	u8 result_off;
};

static const struct pptp_layout layouts[SKALD_PPTP_TYPES] = {
	[SKALD_PPTP_START_REQUEST] = { .len = 156 },
	[SKALD_PPTP_START_REPLY] = { .len = 156, .result_off = 14 },
	[SKALD_PPTP_STOP_REQUEST] = { .len = 16 },
	[SKALD_PPTP_STOP_REPLY] = { .len = 16, .result_off = 12 },
	[SKALD_PPTP_ECHO_REQUEST] = { .len = 12 },
	[SKALD_PPTP_ECHO_REPLY] = { .len = 12 },
	[SKALD_PPTP_OUT_CALL_REQUEST] = { .len = 168, .call_off = 12 },
	[SKALD_PPTP_OUT_CALL_REPLY] = { 32, 12, 14, 16 },
	[SKALD_PPTP_IN_CALL_REQUEST] = { .len = 220, .call_off = 12 },
	[SKALD_PPTP_IN_CALL_REPLY] = { 24, 12, 14, 16 },
	[SKALD_PPTP_IN_CALL_CONNECTED] = { .len = 28, .peer_off = 12 },
	[SKALD_PPTP_CALL_CLEAR_REQUEST] = { .len = 16, .call_off = 12 },
	[SKALD_PPTP_CALL_DISCONNECT] = { .len = 148, .call_off = 12 },
	[SKALD_PPTP_WAN_ERROR] = { .len = 40, .peer_off = 12 },
	[SKALD_PPTP_SET_LINK_INFO] = { .len = 24, .peer_off = 12 },
};

u32 skald_pptp_frame(const u8 *bytes, u32 len)
{
	u32 message;

	if (len < 2)
		return 0;
	message = get_unaligned_be16(bytes);
	if (message < HEADER_LEN)
		return SKALD_STREAM_NONSENSE;
	if (len >= 8 && (get_unaligned_be16(bytes + 2) != CONTROL_MESSAGE ||
			 get_unaligned_be32(bytes + 4) != MAGIC_COOKIE))
		return SKALD_STREAM_NONSENSE;
	return message;
}

static __be16 read_id(const u8 *bytes, u8 off)
{
	return off ? htons(get_unaligned_be16(bytes + off)) : 0;
}

bool skald_pptp_parse(const u8 *bytes, u32 len,
		      struct skald_pptp_message *message)
{
	const struct pptp_layout *layout;
	u16 type;

	if (len < HEADER_LEN ||
	    get_unaligned_be16(bytes + 2) != CONTROL_MESSAGE ||
	    get_unaligned_be32(bytes + 4) != MAGIC_COOKIE)
		return false;
	type = get_unaligned_be16(bytes + 8);
	if (!type || type >= SKALD_PPTP_TYPES)
		return false;
	layout = &layouts[type];
	if (len < layout->len)
		return false;
	message->type = (u8)type;
	message->call_off = layout->call_off;
	message->peer_off = layout->peer_off;
	message->call = read_id(bytes, layout->call_off);
	message->peer = read_id(bytes, layout->peer_off);
	message->result = layout->result_off ? bytes[layout->result_off] : 0;
	return true;
}

static struct pptp_data *data_of(struct skald_ct *ct)
{
	return skald_ct_help_data(ct, struct pptp_data);
}

/* ---- the tunnel ---- */

/* One direction of the tunnel is there: the other is not expected any more. */
static void forget_other(struct skald_ct_packet *packet,
			 const struct skald_ct_tuple *tuple)
{
	struct skald_ct_expect *other = skald_ct_expect_find(
		packet->table, &packet->ct->zone, tuple, packet->now_ns);

	if (!other)
		return;
	skald_ct_unexpect(packet->table, other, packet->now_ns);
	skald_ct_expect_put(other);
}

/* pptp_nat_expected(): the other direction, as its packets would come. */
static void other_under_nat(const struct skald_ct_expect *expect,
			    struct skald_ct_tuple *tuple)
{
	struct skald_ct *master = expect->master;
	const struct pptp_data *data = data_of(master);

	*tuple = *skald_ct_tuple(master, !expect->dir);
	tuple->proto = IPPROTO_GRE;
	tuple->dir = SKALD_CT_ORIGINAL;
	if (expect->dir == SKALD_CT_ORIGINAL) {
		tuple->sport = data->pac;
		tuple->dport = data->pns;
	} else {
		tuple->sport = data->own_pns;
		tuple->dport = data->own_pac;
	}
}

static void translate_tunnel(struct skald_ct_packet *packet,
			     const struct skald_ct_expect *expect)
{
	const struct skald_ct_tuple *peer =
		skald_ct_tuple(expect->master, !expect->dir);
	struct skald_help_bind bind = {
		.manip = SKALD_NAT_SRC,
		.has_port = expect->dir == SKALD_CT_ORIGINAL,
		.addr = peer->dst,
		.port = expect->saved_port,
	};

	skald_help_bind(packet, &bind);
	bind.manip = SKALD_NAT_DST;
	bind.has_port = expect->dir == SKALD_CT_REPLY;
	bind.addr = peer->src;
	skald_help_bind(packet, &bind);
}

static void expected(struct skald_ct_packet *packet,
		     struct skald_ct_expect *expect)
{
	struct skald_ct *ct = packet->ct;
	struct skald_ct_tuple other;

	ct->proto.gre.timeout = GRE_TIMEOUT;
	ct->proto.gre.stream_timeout = GRE_STREAM_TIMEOUT;
	if (skald_help_has_nat(expect->master)) {
		other_under_nat(expect, &other);
		forget_other(packet, &other);
		translate_tunnel(packet, expect);
	} else if (skald_ct_tuple_invert(&other, &expect->tuple)) {
		forget_other(packet, &other);
	}
}

/* The tunnel of a direction, or the expectation of it, goes. */
static void remove_tunnel(struct skald_ct_table *table, struct skald_ct *ct,
			  struct skald_ct_tuple tuple, u64 now_ns)
{
	struct skald_ct_expect *expect;
	struct skald_ct *tunnel;

	tuple.proto = IPPROTO_GRE;
	tunnel = skald_ct_find(table, &ct->zone, &tuple, now_ns, NULL);
	if (tunnel) {
		skald_ct_kill(table, tunnel, now_ns, SKALD_CT_END_DELETED);
		skald_ct_put(table, tunnel);
		return;
	}
	expect = skald_ct_expect_find(table, &ct->zone, &tuple, now_ns);
	if (expect) {
		skald_ct_unexpect(table, expect, now_ns);
		skald_ct_expect_put(expect);
	}
}

/* pptp_destroy_siblings() */
static void remove_tunnels(struct skald_ct_table *table, struct skald_ct *ct,
			   u64 now_ns)
{
	const struct pptp_data *data = data_of(ct);
	struct skald_ct_tuple tuple;

	skald_ct_gre_key_remove(table, ct);
	tuple = *skald_ct_tuple(ct, SKALD_CT_ORIGINAL);
	tuple.sport = data->pns;
	tuple.dport = data->pac;
	remove_tunnel(table, ct, tuple, now_ns);
	tuple = *skald_ct_tuple(ct, SKALD_CT_REPLY);
	tuple.sport = data->pac;
	tuple.dport = data->pns;
	remove_tunnel(table, ct, tuple, now_ns);
}

static struct skald_ct_expect *
expect_direction(const struct skald_ct_packet *packet, enum skald_ct_dir dir)
{
	const struct pptp_data *data = data_of(packet->ct);
	const struct skald_ct_tuple *tuple = skald_ct_tuple(packet->ct, dir);
	bool is_original = dir == SKALD_CT_ORIGINAL;
	const struct skald_help_wish wish = {
		.src = &tuple->src,
		.dst = &tuple->dst,
		.proto = IPPROTO_GRE,
		.sport = is_original ? data->pns : data->pac,
		.dport = is_original ? data->pac : data->pns,
	};
	struct skald_ct_expect *expect = skald_help_expect_new(packet, &wish);

	if (!expect)
		return NULL;
	expect->expectfn = expected;
	expect->dir = dir;
	return expect;
}

/* nf_nat_pptp.c's pptp_exp_gre(): keys as each side's packets have them. */
static void translate_keys(struct pptp_data *data,
			   struct skald_ct_expect *original,
			   struct skald_ct_expect *reply)
{
	data->own_pac = data->pac;
	original->saved_port = data->pns;
	original->tuple.sport = data->own_pns;
	original->tuple.dport = data->pac;
	reply->saved_port = data->own_pns;
	reply->tuple.sport = data->own_pac;
	reply->tuple.dport = data->pns;
}

/* Both or none, with the keys that packets do not say. */
static int add_tunnel(struct skald_ct_packet *packet,
		      struct skald_ct_expect *original,
		      struct skald_ct_expect *reply)
{
	int err = skald_ct_expect_related(packet, original, false);

	if (err)
		return err;
	err = skald_ct_expect_related(packet, reply, false);
	if (err)
		goto err_reply;
	err = skald_ct_gre_key_add(packet->table, packet->ct, SKALD_CT_ORIGINAL,
				   &original->tuple);
	if (!err)
		err = skald_ct_gre_key_add(packet->table, packet->ct,
					   SKALD_CT_REPLY, &reply->tuple);
	if (err)
		goto err_key;
	return 0;

err_key:
	skald_ct_gre_key_remove(packet->table, packet->ct);
	skald_ct_unexpect(packet->table, reply, packet->now_ns);
err_reply:
	skald_ct_unexpect(packet->table, original, packet->now_ns);
	return err;
}

/* exp_gre() */
static void expect_tunnel(struct skald_ct_packet *packet)
{
	struct skald_ct_expect *original, *reply;

	original = expect_direction(packet, SKALD_CT_ORIGINAL);
	reply = expect_direction(packet, SKALD_CT_REPLY);
	if (original && reply) {
		if (skald_help_has_nat(packet->ct))
			translate_keys(data_of(packet->ct), original, reply);
		if (add_tunnel(packet, original, reply))
			skald_ct_help_tell(packet, "cannot be expected");
	}
	skald_ct_expect_put(original);
	skald_ct_expect_put(reply);
}

/* ---- the server's messages ---- */

static bool out_call_reply(struct skald_ct_packet *packet,
			   struct pptp_data *data,
			   const struct skald_pptp_message *message)
{
	if (data->session != SESSION_CONFIRMED ||
	    (data->call != CALL_OUT_ASKED &&
	     data->call != CALL_OUT_CONFIRMED) ||
	    data->pns != message->peer)
		return false;
	if (message->result != RESULT_OK) {
		data->call = CALL_NONE;
		return true;
	}
	data->call = CALL_OUT_CONFIRMED;
	data->pac = message->call;
	expect_tunnel(packet);
	return true;
}

static bool in_call_connected(struct skald_ct_packet *packet,
			      struct pptp_data *data,
			      const struct skald_pptp_message *message)
{
	if (data->session != SESSION_CONFIRMED ||
	    (data->call != CALL_IN_ANSWERED &&
	     data->call != CALL_IN_CONFIRMED) ||
	    data->pns != message->peer)
		return false;
	data->call = CALL_IN_CONFIRMED;
	expect_tunnel(packet);
	return true;
}

/* Return: false when the message does not belong here. */
static bool from_server(struct skald_ct_packet *packet, struct pptp_data *data,
			const struct skald_pptp_message *message)
{
	switch (message->type) {
	case SKALD_PPTP_START_REPLY:
		if (data->session < SESSION_ASKED)
			return false;
		data->session = message->result == RESULT_OK ? SESSION_CONFIRMED
							     : SESSION_ERROR;
		return true;
	case SKALD_PPTP_STOP_REPLY:
		if (data->session > SESSION_STOP_ASKED)
			return false;
		data->session = message->result == RESULT_OK ? SESSION_NONE
							     : SESSION_ERROR;
		return true;
	case SKALD_PPTP_OUT_CALL_REPLY:
		return out_call_reply(packet, data, message);
	case SKALD_PPTP_IN_CALL_REQUEST:
		if (data->session != SESSION_CONFIRMED)
			return false;
		data->call = CALL_IN_ASKED;
		data->pac = message->call;
		return true;
	case SKALD_PPTP_IN_CALL_CONNECTED:
		return in_call_connected(packet, data, message);
	case SKALD_PPTP_CALL_DISCONNECT:
		data->call = CALL_NONE;
		remove_tunnels(packet->table, packet->ct, packet->now_ns);
		return true;
	default:
		return message->type == SKALD_PPTP_WAN_ERROR ||
		       message->type == SKALD_PPTP_SET_LINK_INFO;
	}
}

/* ---- the client's messages ---- */

static bool in_call_reply(struct pptp_data *data,
			  const struct skald_pptp_message *message)
{
	if ((data->call != CALL_IN_ASKED && data->call != CALL_IN_ANSWERED) ||
	    data->pac != message->peer)
		return false;
	if (message->result != RESULT_OK) {
		data->call = CALL_NONE;
		return true;
	}
	data->call = CALL_IN_ANSWERED;
	data->pns = message->call;
	return true;
}

static bool from_client(struct pptp_data *data,
			const struct skald_pptp_message *message)
{
	switch (message->type) {
	case SKALD_PPTP_START_REQUEST:
		if (data->session != SESSION_NONE)
			return false;
		data->session = SESSION_ASKED;
		return true;
	case SKALD_PPTP_STOP_REQUEST:
		data->session = SESSION_STOP_ASKED;
		return true;
	case SKALD_PPTP_OUT_CALL_REQUEST:
		if (data->session != SESSION_CONFIRMED)
			return false;
		data->call = CALL_OUT_ASKED;
		data->pns = message->call;
		return true;
	case SKALD_PPTP_IN_CALL_REPLY:
		return in_call_reply(data, message);
	case SKALD_PPTP_CALL_CLEAR_REQUEST:
		if (data->session != SESSION_CONFIRMED)
			return false;
		data->call = CALL_CLEAR_ASKED;
		return true;
	default:
		return message->type == SKALD_PPTP_SET_LINK_INFO;
	}
}

/* ---- NAT ---- */

/**
 * find_id() - the call id that the other side must read instead
 * @packet: the packet
 * @data: of its connection
 * @message: a message that was understood
 * @id: written: the id
 *
 * As nf_nat_pptp.c: the client's id becomes the port that the server sees.
 *
 * Return: where it stands in the message, 0: nothing changes.
 */
static u8 find_id(const struct skald_ct_packet *packet, struct pptp_data *data,
		  const struct skald_pptp_message *message, __be16 *id)
{
	if (packet->dir == SKALD_CT_REPLY) {
		*id = data->own_pns;
		if (message->type == SKALD_PPTP_CALL_DISCONNECT)
			return message->call_off;
		return message->peer_off;
	}
	if (message->type == SKALD_PPTP_OUT_CALL_REQUEST) {
		data->own_pns = data->pns;
		data->pns = skald_ct_tuple(packet->ct, SKALD_CT_REPLY)->dport;
	}
	*id = data->pns;
	return message->type == SKALD_PPTP_OUT_CALL_REQUEST ||
			       message->type == SKALD_PPTP_IN_CALL_REPLY ||
			       message->type == SKALD_PPTP_CALL_CLEAR_REQUEST
		       ? message->call_off
		       : 0;
}

static int translate(struct skald_ct_packet *packet, u32 start,
		     const struct skald_pptp_message *message)
{
	__be16 id;
	u8 off = find_id(packet, data_of(packet->ct), message, &id);

	if (!off)
		return NF_ACCEPT;
	start += off;
	if (skald_help_replace(packet, start, start + sizeof(id), &id,
			       sizeof(id)))
		return skald_ct_help_drop(packet, "cannot mangle packet");
	return NF_ACCEPT;
}

/* ---- segments ---- */

static const struct skald_stream_kind kind = {
	.frame = skald_pptp_frame,
	.room = MESSAGE_ROOM,
};

static bool take(struct skald_ct_packet *packet,
		 const struct skald_pptp_message *message)
{
	struct pptp_data *data = data_of(packet->ct);

	if (message->type == SKALD_PPTP_ECHO_REQUEST ||
	    message->type == SKALD_PPTP_ECHO_REPLY)
		return false;
	return packet->dir == SKALD_CT_ORIGINAL
		       ? from_client(data, message)
		       : from_server(packet, data, message);
}

static int take_all(struct skald_ct_packet *packet,
		    const struct skald_help_payload *payload)
{
	struct skald_stream *stream = &data_of(packet->ct)->stream[packet->dir];
	struct skald_ct_seqadj *adj = packet->ct->seqadj;
	struct skald_stream_message bytes;
	struct skald_pptp_message message, last = { 0 };
	struct skald_stream_walk walk;
	bool has_nat = skald_help_has_nat(packet->ct), has_last = false;
	u32 start = 0;

	skald_stream_start(&walk, stream, &kind, payload->seq, payload->bytes,
			   payload->len);
	while (skald_stream_next(&walk, &bytes)) {
		if (!skald_pptp_parse(bytes.bytes, bytes.len, &message) ||
		    !take(packet, &message))
			continue;
		has_last = true;
		last = message;
		start = payload->seq + bytes.at - bytes.earlier;
	}
	if (has_nat && has_last)
		return translate(packet, start, &last);
	if (has_nat && adj &&
	    skald_seqadj_repeat(adj, packet->view, packet->dir))
		return skald_ct_help_drop(packet, "cannot mangle packet");
	return NF_ACCEPT;
}

static int help(struct skald_ct_packet *packet)
{
	return skald_help_segment(packet, take_all);
}

static void destroy(struct skald_ct_table *table, struct skald_ct *ct)
{
	skald_streams_done(data_of(ct)->stream);
}

static const u16 ports[] = { 1723, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "pptp",
	.max = 2,
	.timeout = 5 * 60,
};

const struct skald_ct_helper skald_ct_helper_pptp = {
	.name = "pptp",
	.text = "the GRE tunnel of a call",
	.family = NFPROTO_IPV4,
	.proto = IPPROTO_TCP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
	.gone = remove_tunnels,
	.destroy = destroy,
};
