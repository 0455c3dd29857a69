// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCTP (RFC 9260): associations, and their other paths, which begin with a
 * HEARTBEAT. As nf_conntrack_proto_sctp.c.
 */
#include "ct_proto.h"

#include "checksum.h"

#define SCTP_LEN 12
#define CHUNK_LEN 4
#define CHUNK_FLAG_T 1
/* Only one HEARTBEAT with another tag may pass before it is answered. */
#define FLAG_HEARTBEAT_FAILED 1

enum sctp_chunk {
	CHUNK_DATA = 0,
	CHUNK_INIT = 1,
	CHUNK_INIT_ACK = 2,
	CHUNK_SACK = 3,
	CHUNK_HEARTBEAT = 4,
	CHUNK_HEARTBEAT_ACK = 5,
	CHUNK_ABORT = 6,
	CHUNK_SHUTDOWN = 7,
	CHUNK_SHUTDOWN_ACK = 8,
	CHUNK_ERROR = 9,
	CHUNK_COOKIE_ECHO = 10,
	CHUNK_COOKIE_ACK = 11,
	CHUNK_SHUTDOWN_COMPLETE = 14,
	CHUNK_KINDS = 15,
};

/* States, with the numbers of enum sctp_conntrack in the kernel's uapi. */
enum sctp_state {
	NO,
	CL, /* closed */
	CW, /* cookie wait */
	CE, /* cookie echoed */
	ES, /* established */
	SS, /* shutdown sent */
	SR, /* shutdown received */
	SA, /* shutdown ack sent */
	HS, /* heartbeat sent */
	STATES,
	IV = STATES,
};

/* The next state, by direction, chunk and state; chunks not here change none.
 */
/* clang-format off */
#define KEEP { NO, CL, CW, CE, ES, SS, SR, SA, HS }
static const u8 states[SKALD_CT_DIRS][CHUNK_KINDS][STATES] = {
	{ /* original */
		[CHUNK_DATA] = KEEP,
		[CHUNK_INIT] =		{ CL, CL, CW, CE, ES, CL, CL, SA, CW },
		[CHUNK_INIT_ACK] =	{ CL, CL, CW, CE, ES, SS, SR, SA, CL },
		[CHUNK_SACK] = KEEP,
		[CHUNK_HEARTBEAT] =	{ HS, CL, CW, CE, ES, SS, SR, SA, HS },
		[CHUNK_HEARTBEAT_ACK] =	{ CL, CL, CW, CE, ES, SS, SR, SA, HS },
		[CHUNK_ABORT] =		{ CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[CHUNK_SHUTDOWN] =	{ CL, CL, CW, CE, SS, SS, SR, SA, CL },
		[CHUNK_SHUTDOWN_ACK] =	{ SA, CL, CW, CE, ES, SA, SA, SA, SA },
		[CHUNK_ERROR] =		{ CL, CL, CW, CE, ES, SS, SR, SA, CL },
		[CHUNK_COOKIE_ECHO] =	{ CL, CL, CE, CE, ES, SS, SR, SA, CL },
		[CHUNK_COOKIE_ACK] =	{ CL, CL, CW, ES, ES, SS, SR, SA, CL },
		[12] = KEEP,
		[13] = KEEP,
		[CHUNK_SHUTDOWN_COMPLETE] =
					{ CL, CL, CW, CE, ES, SS, SR, CL, CL },
	},
	{ /* reply */
		[CHUNK_DATA] = KEEP,
		[CHUNK_INIT] =		{ IV, CL, CW, CE, ES, SS, SR, SA, IV },
		[CHUNK_INIT_ACK] =	{ IV, CW, CW, CE, ES, SS, SR, SA, IV },
		[CHUNK_SACK] = KEEP,
		[CHUNK_HEARTBEAT] =	{ IV, CL, CW, CE, ES, SS, SR, SA, HS },
		[CHUNK_HEARTBEAT_ACK] =	{ IV, CL, CW, CE, ES, SS, SR, SA, ES },
		[CHUNK_ABORT] =		{ IV, CL, CL, CL, CL, CL, CL, CL, IV },
		[CHUNK_SHUTDOWN] =	{ IV, CL, CW, CE, SR, SS, SR, SA, IV },
		[CHUNK_SHUTDOWN_ACK] =	{ IV, CL, CW, CE, ES, SA, SA, SA, IV },
		[CHUNK_ERROR] =		{ IV, CL, CW, CL, ES, SS, SR, SA, IV },
		[CHUNK_COOKIE_ECHO] =	{ IV, CL, CE, CE, ES, SS, SR, SA, IV },
		[CHUNK_COOKIE_ACK] =	{ IV, CL, CW, ES, ES, SS, SR, SA, IV },
		[12] = KEEP,
		[13] = KEEP,
		[CHUNK_SHUTDOWN_COMPLETE] =
					{ IV, CL, CW, CE, ES, SS, SR, CL, IV },
	},
};

static const u8 timeouts_of_states[STATES] = {
	[NO] = SKALD_CT_TIMEOUT_SCTP_CLOSED,
	[CL] = SKALD_CT_TIMEOUT_SCTP_CLOSED,
	[CW] = SKALD_CT_TIMEOUT_SCTP_COOKIE_WAIT,
	[CE] = SKALD_CT_TIMEOUT_SCTP_COOKIE_ECHOED,
	[ES] = SKALD_CT_TIMEOUT_SCTP_ESTABLISHED,
	[SS] = SKALD_CT_TIMEOUT_SCTP_SHUTDOWN_SENT,
	[SR] = SKALD_CT_TIMEOUT_SCTP_SHUTDOWN_RECD,
	[SA] = SKALD_CT_TIMEOUT_SCTP_SHUTDOWN_ACK_SENT,
	[HS] = SKALD_CT_TIMEOUT_SCTP_HEARTBEAT_SENT,
};
/* clang-format on */

/**
 * struct walk - the chunks of a packet, one after the other
 * @packet: the packet
 * @sctp: the association
 * @dir: direction of the packet
 * @vtag: verification tag in its header
 * @kinds: bit for each kind of chunk below CHUNK_KINDS that it has
 * @off: offset of this chunk
 * @n: chunks before this one
 * @kind: of this chunk
 * @flags: of this chunk
 * @len: of this chunk, as it says
 * @old: state before this chunk
 * @new: state after it
 * @ignore: the entry is not to be refreshed
 * @reason: why it is invalid
 */
struct walk {
	struct skald_ct_packet *packet;
	struct skald_ct_sctp *sctp;
	u8 dir;
	__be32 vtag;
	u16 kinds;
	u32 off;
	u32 n;
	u8 kind;
	u8 flags;
	u16 len;
	u8 old;
	u8 new;
	bool ignore;
	enum skald_ct_reason reason;
};

static bool has(const struct walk *walk, enum sctp_chunk kind)
{
	return walk->kinds & 1u << kind;
}

/* The chunk at @off. Return: false when there are no more */
static bool read_chunk(struct walk *walk)
{
	u8 buf[CHUNK_LEN];
	const u8 *chunk = skald_view_datagram(walk->packet->view, walk->off,
					      CHUNK_LEN, buf);

	if (!chunk)
		return false;
	walk->kind = chunk[0];
	walk->flags = chunk[1];
	walk->len = get_unaligned_be16(chunk + 2);
	return true;
}

static bool first_chunk(struct walk *walk)
{
	walk->off = walk->packet->view->transport + SCTP_LEN;
	walk->n = 0;
	return read_chunk(walk);
}

static bool next_chunk(struct walk *walk)
{
	walk->off += (walk->len + 3u) & ~3u;
	walk->n++;
	return read_chunk(walk);
}

/* do_basic_checks(): chunks that must be alone, or first. */
static bool are_well_formed(struct walk *walk)
{
	bool alone = false;
	bool more;

	for (more = first_chunk(walk); more; more = next_chunk(walk)) {
		alone |= walk->kind == CHUNK_INIT ||
			 walk->kind == CHUNK_INIT_ACK ||
			 walk->kind == CHUNK_SHUTDOWN_COMPLETE;
		if (walk->n && (alone || walk->kind == CHUNK_COOKIE_ACK ||
				walk->kind == CHUNK_COOKIE_ECHO))
			return false;
		if (!walk->len)
			return false;
		if (walk->kind < CHUNK_KINDS)
			walk->kinds |= (u16)(1u << walk->kind);
	}
	return walk->n;
}

static u8 next_state(const struct walk *walk, u8 dir, u8 state)
{
	return walk->kind < CHUNK_KINDS ? states[dir][walk->kind][state]
					: state;
}

/* The tag that an INIT or INIT ACK gives to the other side. */
static bool read_init_tag(const struct walk *walk, __be32 *tag)
{
	u8 buf[16];
	const u8 *init = skald_view_datagram(
		walk->packet->view, walk->off + CHUNK_LEN, sizeof(buf), buf);

	if (!init)
		return false;
	memcpy(tag, init, sizeof(*tag));
	return true;
}

/* ---- a new association ---- */

/* RFC 9260, 8.4: packets out of the blue that begin nothing. */
static bool begins_nothing(const struct walk *walk)
{
	return has(walk, CHUNK_ABORT) || has(walk, CHUNK_SHUTDOWN_COMPLETE) ||
	       has(walk, CHUNK_COOKIE_ACK);
}

static bool new_chunk(struct walk *walk)
{
	struct skald_ct_sctp *sctp = walk->sctp;
	u8 state = next_state(walk, SKALD_CT_ORIGINAL, NO);

	if (state == NO || state == IV)
		return false;
	switch (walk->kind) {
	case CHUNK_INIT:
		/* 8.5.1 (A) */
		return !walk->vtag &&
		       read_init_tag(walk, &sctp->vtag[SKALD_CT_REPLY]);
	case CHUNK_HEARTBEAT:
		sctp->vtag[SKALD_CT_ORIGINAL] = walk->vtag;
		return true;
	case CHUNK_SHUTDOWN_ACK:
		/* 8.4 (5): SHUTDOWN COMPLETE will come back */
		sctp->vtag[SKALD_CT_REPLY] = walk->vtag;
		return true;
	default:
		return true;
	}
}

static bool new_association(struct walk *walk)
{
	bool more;

	if (begins_nothing(walk))
		return false;
	memset(walk->sctp, 0, sizeof(*walk->sctp));
	for (more = first_chunk(walk); more; more = next_chunk(walk)) {
		if (!new_chunk(walk))
			return false;
	}
	return true;
}

/* ---- verification tags ---- */

/* Chunks with rules of their own for the tag (RFC 9260, 8.5.1). */
#define OWN_RULES                                           \
	(1u << CHUNK_INIT | 1u << CHUNK_SHUTDOWN_COMPLETE | \
	 1u << CHUNK_COOKIE_ECHO | 1u << CHUNK_ABORT |      \
	 1u << CHUNK_SHUTDOWN_ACK | 1u << CHUNK_HEARTBEAT | \
	 1u << CHUNK_HEARTBEAT_ACK)

static bool is_tag_right(const struct walk *walk)
{
	return walk->kinds & OWN_RULES ||
	       walk->vtag == walk->sctp->vtag[walk->dir];
}

/* Own tag, or with the T flag the other side's. */
static bool is_tag_reflected(const struct walk *walk)
{
	u8 dir = walk->flags & CHUNK_FLAG_T ? !walk->dir : walk->dir;

	return walk->vtag == walk->sctp->vtag[dir];
}

/* A HEARTBEAT with another tag: another path, if it is answered. */
static bool try_heartbeat(struct walk *walk)
{
	struct skald_ct_sctp *sctp = walk->sctp;

	if (!sctp->vtag[walk->dir]) {
		sctp->vtag[walk->dir] = walk->vtag;
	} else if (walk->vtag != sctp->vtag[walk->dir]) {
		if (has(walk, CHUNK_DATA) || walk->ignore)
			return false;
		sctp->flags |= FLAG_HEARTBEAT_FAILED;
		sctp->last_dir = walk->dir;
		walk->ignore = true;
		walk->new = IV; /* the chunk is passed over */
	} else {
		sctp->flags &= (u8)~FLAG_HEARTBEAT_FAILED;
	}
	return true;
}

static bool try_heartbeat_ack(struct walk *walk)
{
	struct skald_ct_sctp *sctp = walk->sctp;

	if (!sctp->vtag[walk->dir]) {
		sctp->vtag[walk->dir] = walk->vtag;
	} else if (walk->vtag != sctp->vtag[walk->dir]) {
		if (has(walk, CHUNK_DATA) || walk->ignore ||
		    !(sctp->flags & FLAG_HEARTBEAT_FAILED) ||
		    sctp->last_dir == walk->dir)
			return false;
		sctp->flags &= (u8)~FLAG_HEARTBEAT_FAILED;
		sctp->vtag[walk->dir] = walk->vtag;
		sctp->vtag[!walk->dir] = 0;
	} else {
		sctp->flags &= (u8)~FLAG_HEARTBEAT_FAILED;
	}
	return true;
}

/* Return: false when the tag is wrong; @new is IV to pass over the chunk */
static bool check_tag(struct walk *walk)
{
	struct skald_ct_sctp *sctp = walk->sctp;

	walk->new = NO;
	switch (walk->kind) {
	case CHUNK_INIT:
		return !walk->vtag;
	case CHUNK_ABORT:
	case CHUNK_SHUTDOWN_COMPLETE:
		return is_tag_reflected(walk);
	case CHUNK_COOKIE_ECHO:
		return walk->vtag == sctp->vtag[walk->dir];
	case CHUNK_COOKIE_ACK:
		sctp->init[0] = 0;
		sctp->init[1] = 0;
		return true;
	case CHUNK_HEARTBEAT:
		return try_heartbeat(walk);
	case CHUNK_HEARTBEAT_ACK:
		return try_heartbeat_ack(walk);
	default:
		return true;
	}
}

/* ---- chunks ---- */

static bool take_init(struct walk *walk)
{
	struct skald_ct_sctp *sctp = walk->sctp;
	u8 dir = walk->dir;
	__be32 tag;

	if (!read_init_tag(walk, &tag))
		return false;
	/* the same once more is not another one */
	if (walk->old == NO || sctp->vtag[!dir] != tag) {
		if (sctp->init[dir] && sctp->init[!dir])
			sctp->init[!dir] = 0;
		sctp->init[dir] = 1;
	}
	sctp->vtag[!dir] = tag;
	/* whoever repeats INIT for ever must not keep the entry for ever */
	if (walk->new == CL &&
	    walk->old == CL &&skald_ct_is(walk->packet->ct, SKALD_CT_CONFIRMED))
		walk->ignore = true;
	return true;
}

static bool take_init_ack(struct walk *walk)
{
	struct skald_ct_sctp *sctp = walk->sctp;
	u8 dir = walk->dir;
	__be32 tag, known = sctp->vtag[!dir];

	if (!read_init_tag(walk, &tag))
		return false;
	if (!sctp->init[!dir] && known && known != tag)
		return false;
	/* both sent INIT */
	if (sctp->init[dir] && sctp->init[!dir] && known != tag)
		return false;
	sctp->vtag[!dir] = tag;
	return true;
}

/* Return: false: the packet is invalid */
static bool take_chunk(struct walk *walk)
{
	walk->reason = SKALD_CT_REASON_SCTP_VTAG;
	if (!check_tag(walk))
		return false;
	if (walk->new == IV)
		return true;
	walk->old = walk->sctp->state;
	walk->new = next_state(walk, walk->dir, walk->old);
	if (walk->new == IV) {
		walk->reason = SKALD_CT_REASON_SCTP_STATE;
		return false;
	}
	if (walk->kind == CHUNK_INIT && !take_init(walk))
		return false;
	if (walk->kind == CHUNK_INIT_ACK && !take_init_ack(walk))
		return false;
	walk->sctp->state = walk->new;
	return true;
}

static bool take_chunks(struct walk *walk)
{
	u8 last = NO;
	bool more;

	for (more = first_chunk(walk); more; more = next_chunk(walk)) {
		if (!take_chunk(walk))
			return false;
		if (walk->new != IV)
			last = walk->new;
	}
	walk->new = last;
	return true;
}

/* ---- the packet ---- */

static bool is_crc_wrong(const struct skald_ct_packet *packet, const u8 *sctp)
{
	const struct skald_view *view = packet->view;
	u32 crc;

	if (!packet->table->settings.checksum ||
	    packet->hook != NF_INET_PRE_ROUTING ||
	    skald_crc32c_view(view, view->transport,
			      view->end - view->transport, view->transport + 8,
			      &crc))
		return false;
	/* the first octet is the lowest */
	return sctp[8] != (u8)crc || sctp[9] != (u8)(crc >> 8) ||
	       sctp[10] != (u8)(crc >> 16) || sctp[11] != (u8)(crc >> 24);
}

static enum skald_ct_reason check_packet(struct walk *walk)
{
	const struct skald_ct_packet *packet = walk->packet;
	u8 buf[SCTP_LEN];
	const u8 *sctp = skald_view_datagram(
		packet->view, packet->view->transport, SCTP_LEN, buf);

	if (!sctp)
		return SKALD_CT_REASON_SHORT;
	if (is_crc_wrong(packet, sctp))
		return SKALD_CT_REASON_CHECKSUM;
	memcpy(&walk->vtag, sctp + 4, sizeof(walk->vtag));
	if (!are_well_formed(walk))
		return SKALD_CT_REASON_SCTP_CHUNKS;
	if (!skald_ct_is(packet->ct, SKALD_CT_CONFIRMED) &&
	    !new_association(walk))
		return SKALD_CT_REASON_SCTP_NEW;
	return is_tag_right(walk) ? SKALD_CT_REASON_NONE
				  : SKALD_CT_REASON_SCTP_VTAG;
}

static enum skald_ct_action refuse(struct skald_ct_packet *packet,
				   enum skald_ct_reason reason)
{
	skald_ct_refuse(packet, reason);
	return SKALD_CT_REFUSE;
}

static void tell_changes(struct skald_ct_packet *packet, u8 before, s64 left)
{
	u8 after = packet->ct->proto.sctp.state;
	u32 changes = before != after ? SKALD_CT_CHANGE_STATE : 0;

	if (changes && after == ES &&
	    skald_ct_mark(packet->ct, SKALD_CT_ASSURED))
		changes |= SKALD_CT_CHANGE_ASSURED;
	if (changes)
		skald_ct_changed(packet, changes, before, left);
}

static enum skald_ct_action sctp_packet(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	struct walk walk = { .packet = packet,
			     .sctp = &ct->proto.sctp,
			     .dir = (u8)packet->dir };
	s64 left = skald_ct_left(packet);
	u8 before;
	bool valid;

	walk.reason = check_packet(&walk);
	if (walk.reason)
		return refuse(packet, walk.reason);
	spin_lock_bh(&ct->lock);
	before = ct->proto.sctp.state;
	valid = take_chunks(&walk);
	spin_unlock_bh(&ct->lock);
	if (valid && !walk.ignore)
		skald_ct_refresh(
			packet,
			skald_ct_timeouts_of(packet->table, ct)
				->seconds[timeouts_of_states[walk.new]]);
	tell_changes(packet, before, left);
	return valid ? SKALD_CT_PASS : refuse(packet, walk.reason);
}

static bool can_early_drop(const struct skald_ct *ct)
{
	u8 state = ct->proto.sctp.state;

	return state == SS || state == SR || state == SA;
}

static u8 sctp_state(const struct skald_ct *ct)
{
	return ct->proto.sctp.state;
}

static const char *sctp_state_word(u8 state)
{
	static const char *const words[STATES] = {
		"NONE",		  "CLOSED",
		"COOKIE_WAIT",	  "COOKIE_ECHOED",
		"ESTABLISHED",	  "SHUTDOWN_SENT",
		"SHUTDOWN_RECD",  "SHUTDOWN_ACK_SENT",
		"HEARTBEAT_SENT",
	};

	return state < STATES ? words[state] : "?";
}

const struct skald_ct_proto skald_ct_proto_sctp = {
	.name = "sctp",
	.tuple = skald_ct_ports_tuple,
	.invert = skald_ct_ports_invert,
	.packet = sctp_packet,
	.can_early_drop = can_early_drop,
	.state = sctp_state,
	.state_word = sctp_state_word,
};
