// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP states, seen from the middle, as the kernel's nf_conntrack_proto_tcp.c: a
 * segment that might come from a connection that we do not know is let pass and
 * changes nothing; what the other side answers decides.
 */
#include "ct_tcp.h"

#define TCP_LEN 20

#define NO SKALD_CT_TCP_NONE
#define SS SKALD_CT_TCP_SYN_SENT
#define SR SKALD_CT_TCP_SYN_RECV
#define ES SKALD_CT_TCP_ESTABLISHED
#define FW SKALD_CT_TCP_FIN_WAIT
#define CW SKALD_CT_TCP_CLOSE_WAIT
#define LA SKALD_CT_TCP_LAST_ACK
#define TW SKALD_CT_TCP_TIME_WAIT
#define CL SKALD_CT_TCP_CLOSE
#define S2 SKALD_CT_TCP_SYN_SENT2
#define IV SKALD_CT_TCP_INVALID
#define IG SKALD_CT_TCP_IGNORE

/*
 * The next state, by direction, kind of segment and state:
 * NONE, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK,
 * TIME_WAIT, CLOSE, SYN_SENT2.
 */
/* clang-format off */
static const u8 states[SKALD_CT_DIRS][SKALD_CT_TCP_INDICES]
		      [SKALD_CT_TCP_STATES] = {
	{ /* original */
		{ SS, SS, IG, IG, IG, IG, IG, SS, SS, S2 }, /* SYN */
		{ IV, IV, SR, IV, IV, IV, IV, IV, IV, SR }, /* SYN/ACK */
		{ IV, IV, FW, FW, LA, LA, LA, TW, CL, IV }, /* FIN */
		{ ES, IV, ES, ES, CW, CW, TW, TW, CL, IV }, /* ACK */
		{ IV, CL, CL, CL, CL, CL, CL, CL, CL, CL }, /* RST */
		{ IV, IV, IV, IV, IV, IV, IV, IV, IV, IV }, /* none */
	},
	{ /* reply */
		{ IV, S2, IV, IV, IV, IV, IV, SS, IV, S2 }, /* SYN */
		{ IV, SR, IG, IG, IG, IG, IG, IG, IG, SR }, /* SYN/ACK */
		{ IV, IV, FW, FW, LA, LA, LA, TW, CL, IV }, /* FIN */
		{ IV, IG, SR, ES, CW, CW, TW, TW, CL, IG }, /* ACK */
		{ IV, CL, CL, CL, CL, CL, CL, CL, CL, CL }, /* RST */
		{ IV, IV, IV, IV, IV, IV, IV, IV, IV, IV }, /* none */
	},
};

/* The timeout of each state. */
static const u8 timeouts_of_states[SKALD_CT_TCP_STATES] = {
	[NO] = SKALD_CT_TIMEOUT_TCP_SYN_SENT,
	[SS] = SKALD_CT_TIMEOUT_TCP_SYN_SENT,
	[SR] = SKALD_CT_TIMEOUT_TCP_SYN_RECV,
	[ES] = SKALD_CT_TIMEOUT_TCP_ESTABLISHED,
	[FW] = SKALD_CT_TIMEOUT_TCP_FIN_WAIT,
	[CW] = SKALD_CT_TIMEOUT_TCP_CLOSE_WAIT,
	[LA] = SKALD_CT_TIMEOUT_TCP_LAST_ACK,
	[TW] = SKALD_CT_TIMEOUT_TCP_TIME_WAIT,
	[CL] = SKALD_CT_TIMEOUT_TCP_CLOSE,
	[S2] = SKALD_CT_TIMEOUT_TCP_SYN_SENT2,
};
/* clang-format on */

/**
 * struct step - a segment that may change a connection's state
 * @packet: the packet
 * @segment: the segment
 * @tcp: the connection
 * @dir: direction of the packet
 * @old: state before
 * @new: state after; IV, IG
 */
struct step {
	struct skald_ct_packet *packet;
	const struct skald_ct_segment *segment;
	struct skald_ct_tcp *tcp;
	u8 dir;
	u8 old;
	u8 new;
};

/**
 * enum next - what a state says is to be done with a segment
 * @NEXT_WINDOW: look at the windows
 * @NEXT_BELIEVE: do not, but take the new state
 * @NEXT_IGNORE: pass it, remember it, change nothing
 * @NEXT_PASS: pass it
 * @NEXT_REFUSE: it is invalid
 * @NEXT_REOPEN: the connection is over, this begins another one
 */
enum next {
	NEXT_WINDOW,
	NEXT_BELIEVE,
	NEXT_IGNORE,
	NEXT_PASS,
	NEXT_REFUSE,
	NEXT_REOPEN,
};

/* ---- the segment ---- */

static u8 index_of(u8 flags)
{
	if (flags & TCP_FLAG_RST)
		return SKALD_CT_TCP_IS_RST;
	if (flags & TCP_FLAG_SYN)
		return flags & TCP_FLAG_ACK ? SKALD_CT_TCP_IS_SYNACK
					    : SKALD_CT_TCP_IS_SYN;
	if (flags & TCP_FLAG_FIN)
		return SKALD_CT_TCP_IS_FIN;
	return flags & TCP_FLAG_ACK ? SKALD_CT_TCP_IS_ACK
				    : SKALD_CT_TCP_IS_NONE;
}

/* PUSH, ECE and CWR may be anywhere. */
static bool are_valid(u8 flags)
{
	switch (flags & (TCP_FLAG_FIN | TCP_FLAG_SYN | TCP_FLAG_RST |
			 TCP_FLAG_ACK | TCP_FLAG_URG)) {
	case TCP_FLAG_SYN:
	case TCP_FLAG_SYN | TCP_FLAG_URG:
	case TCP_FLAG_SYN | TCP_FLAG_ACK:
	case TCP_FLAG_RST:
	case TCP_FLAG_RST | TCP_FLAG_ACK:
	case TCP_FLAG_FIN | TCP_FLAG_ACK:
	case TCP_FLAG_FIN | TCP_FLAG_ACK | TCP_FLAG_URG:
	case TCP_FLAG_ACK:
	case TCP_FLAG_ACK | TCP_FLAG_URG:
		return true;
	default:
		return false;
	}
}

/* tcp_error() */
static enum skald_ct_reason read_segment(const struct skald_ct_packet *packet,
					 struct skald_ct_segment *segment)
{
	const struct skald_view *view = packet->view;
	u32 off = view->transport, len = view->end - view->transport, header;
	u8 buf[TCP_LEN];
	const u8 *tcp = skald_view_datagram(view, off, TCP_LEN, buf);

	if (!tcp)
		return SKALD_CT_REASON_SHORT;
	header = (u32)(tcp[12] >> 4) * 4;
	if (header < TCP_LEN || header > len)
		return SKALD_CT_REASON_TRUNCATED;
	segment->seq = get_unaligned_be32(tcp + 4);
	segment->ack = get_unaligned_be32(tcp + 8);
	segment->flags = tcp[13];
	segment->win = get_unaligned_be16(tcp + 14);
	segment->payload = len - header;
	segment->end = segment->seq + segment->payload +
		       !!(tcp[13] & TCP_FLAG_SYN) + !!(tcp[13] & TCP_FLAG_FIN);
	segment->options = off + TCP_LEN;
	segment->options_len = (u8)(header - TCP_LEN);
	segment->index = index_of(tcp[13]);
	if (skald_ct_sum_wrong(packet, IPPROTO_TCP, len))
		return SKALD_CT_REASON_CHECKSUM;
	if (!are_valid(tcp[13]))
		return SKALD_CT_REASON_TCP_FLAGS;
	return SKALD_CT_REASON_NONE;
}

/* ---- a new connection ---- */

/* tcp_new(): SYN, or anything of a connection that began before we looked. */
static enum skald_ct_reason
new_connection(struct skald_ct_packet *packet,
	       const struct skald_ct_segment *segment)
{
	struct skald_ct_tcp *tcp = &packet->ct->proto.tcp;
	struct skald_ct_tcp_side *sender = &tcp->seen[SKALD_CT_ORIGINAL];
	u8 state = states[SKALD_CT_ORIGINAL][segment->index][NO];

	if (state >= SKALD_CT_TCP_STATES)
		return SKALD_CT_REASON_TCP_NEW;
	if (state != SS && !packet->table->settings.tcp_loose)
		return SKALD_CT_REASON_TCP_NOT_LOOSE;
	memset(tcp, 0, sizeof(*tcp));
	sender->end = segment->end;
	sender->maxwin = max_t(u32, segment->win, 1);
	sender->maxend = segment->end;
	if (state == SS) {
		skald_ct_tcp_options(packet->view, segment, sender);
	} else {
		sender->maxend += sender->maxwin;
		/* scale and SACK are not known: be liberal */
		tcp->seen[0].flags =
			SKALD_CT_TCP_SACK_PERM | SKALD_CT_TCP_BE_LIBERAL;
		tcp->seen[1].flags = tcp->seen[0].flags;
	}
	tcp->last_index = SKALD_CT_TCP_IS_NONE;
	return SKALD_CT_REASON_NONE;
}

/* ---- what a state says ---- */

/*
 * SYN after a connection: RFC 9293, 3.6.1 says when TIME_WAIT may be left; who
 * closed or aborted it does not matter to us.
 */
static bool may_reopen(const struct step *step)
{
	const struct skald_ct_tcp *tcp = step->tcp;

	return (tcp->seen[0].flags | tcp->seen[1].flags) &
		       SKALD_CT_TCP_CLOSE_INIT ||
	       (tcp->last_dir == step->dir &&
		tcp->last_index == SKALD_CT_TCP_IS_RST);
}

/* SYN/ACK that answers a SYN which we let pass: now we are in sync as well. */
static bool answers_ignored_syn(const struct step *step)
{
	const struct skald_ct_tcp *tcp = step->tcp;

	return step->segment->index == SKALD_CT_TCP_IS_SYNACK &&
	       tcp->last_index == SKALD_CT_TCP_IS_SYN &&
	       tcp->last_dir != step->dir &&
	       step->segment->ack == tcp->last_end;
}

static void sync_again(struct step *step)
{
	struct skald_ct_tcp *tcp = step->tcp;
	struct skald_ct_tcp_side *other = &tcp->seen[tcp->last_dir];
	struct skald_ct_tcp_side *mine = &tcp->seen[step->dir];

	step->old = SS;
	step->new = SR;
	tcp->last_flags &= (u8)~SKALD_CT_TCP_CHALLENGE;
	other->end = tcp->last_end;
	other->maxend = tcp->last_end;
	other->maxwin = max_t(u32, tcp->last_win, 1);
	other->scale = tcp->last_scale;
	other->flags = tcp->last_flags;
	mine->end = 0;
	mine->maxend = 0;
	mine->maxwin = 0;
	mine->maxack = 0;
	mine->scale = 0;
	mine->flags &= SKALD_CT_TCP_BE_LIBERAL;
}

/* What a SYN says that we let pass: perhaps it is answered. */
static void remember_syn(const struct step *step)
{
	struct skald_ct_tcp *tcp = step->tcp;
	struct skald_ct_tcp_side seen = { 0 };

	skald_ct_tcp_options(step->packet->view, step->segment, &seen);
	tcp->last_flags =
		seen.flags & (SKALD_CT_TCP_SCALE | SKALD_CT_TCP_SACK_PERM);
	tcp->last_scale = seen.scale;
	/* an answer may be a challenge ACK (RFC 5961, 4): not the last ACK */
	if (step->old == LA)
		tcp->last_flags |= SKALD_CT_TCP_CHALLENGE;
}

static enum next ignore(struct step *step)
{
	const struct skald_ct_segment *segment = step->segment;
	struct skald_ct_tcp *tcp = step->tcp;

	if (answers_ignored_syn(step)) {
		sync_again(step);
		return NEXT_WINDOW;
	}
	tcp->last_index = segment->index;
	tcp->last_dir = step->dir;
	tcp->last_seq = segment->seq;
	tcp->last_end = segment->end;
	tcp->last_win = segment->win;
	if (segment->index == SKALD_CT_TCP_IS_SYN &&
	    step->dir == SKALD_CT_ORIGINAL)
		remember_syn(step);
	if (step->old == SS && segment->index == SKALD_CT_TCP_IS_ACK &&
	    step->dir == SKALD_CT_REPLY)
		tcp->last_ack = segment->ack;
	return NEXT_IGNORE;
}

static enum next to_syn_sent(struct step *step)
{
	if (step->old < TW)
		return NEXT_WINDOW;
	return may_reopen(step) ? NEXT_REOPEN : ignore(step);
}

/* RFC 5961, 4: a challenge ACK that answers a SYN does not answer the FIN. */
static enum next to_time_wait(struct step *step)
{
	struct skald_ct_tcp *tcp = step->tcp;

	if (step->old != LA || step->segment->index != SKALD_CT_TCP_IS_ACK ||
	    tcp->last_dir == step->dir ||
	    tcp->last_index != SKALD_CT_TCP_IS_SYN ||
	    !(tcp->last_flags & SKALD_CT_TCP_CHALLENGE))
		return NEXT_WINDOW;
	tcp->last_flags &= (u8)~SKALD_CT_TCP_CHALLENGE;
	return NEXT_PASS;
}

/* ACK of a connection that both sides opened. */
static enum next to_syn_recv(struct step *step)
{
	if (step->dir == SKALD_CT_REPLY &&
	    step->segment->index == SKALD_CT_TCP_IS_ACK &&
	    step->tcp->last_flags & SKALD_CT_TCP_SIMULTANEOUS)
		step->new = ES;
	return NEXT_WINDOW;
}

/* ---- RST ---- */

static bool is_closing(const struct skald_ct *ct)
{
	switch (ct->proto.tcp.state) {
	case FW:
	case LA:
	case TW:
	case CL:
	case CW:
		return true;
	default:
		return false;
	}
}

/* nf_conntrack_tcp_established() */
static bool is_established(const struct step *step)
{
	return step->tcp->state == ES &&
	       skald_ct_is(step->packet->ct, SKALD_CT_ASSURED);
}

/*
 * RFC 5961, 3: a reset with exactly the next number resets; one elsewhere in
 * the window is challenged, so the connection stays established here; one below
 * what was acknowledged is none. Return: true when @next is decided
 */
static bool judge_reset(struct step *step, enum next *next)
{
	const struct skald_ct_tcp *tcp = step->tcp;
	const struct skald_ct_tcp_side *other = &tcp->seen[!step->dir];
	u32 seq = step->segment->seq;

	*next = NEXT_WINDOW;
	/* it answers a SYN that we let pass */
	if (!seq && !is_established(step))
		return true;
	if (skald_seq_before(seq, other->maxack) &&
	    !step->packet->table->settings.tcp_ignore_invalid_rst) {
		*next = NEXT_REFUSE;
		return true;
	}
	if (!is_established(step) || seq == other->maxack)
		return true;
	/* right behind the sender's last segment */
	if (tcp->last_index == SKALD_CT_TCP_IS_ACK &&
	    tcp->last_dir == step->dir && seq == tcp->last_end)
		return true;
	step->new = step->old;
	return false;
}

/* A reset that answers a SYN or ACK which we let pass. */
static bool answers_ignored(const struct step *step)
{
	const struct skald_ct_tcp *tcp = step->tcp;
	const struct skald_ct *ct = step->packet->ct;
	bool syn = skald_ct_is(ct, SKALD_CT_SEEN_REPLY) &&
		   tcp->last_index == SKALD_CT_TCP_IS_SYN &&
		   tcp->last_dir != step->dir;
	bool ack = !skald_ct_is(ct, SKALD_CT_ASSURED) &&
		   tcp->last_index == SKALD_CT_TCP_IS_ACK;

	return (syn || ack) && step->segment->ack == tcp->last_end;
}

static bool answers_challenge(const struct step *step)
{
	const struct skald_ct_tcp *tcp = step->tcp;

	return step->old == SS && tcp->last_index == SKALD_CT_TCP_IS_ACK &&
	       tcp->last_dir == SKALD_CT_REPLY &&
	       step->segment->seq == tcp->last_ack;
}

static enum next to_close(struct step *step)
{
	const struct skald_ct_tcp *tcp = step->tcp;
	enum next next;

	if (step->segment->index != SKALD_CT_TCP_IS_RST)
		return NEXT_WINDOW;
	/* the numbers may be those of a connection before */
	if (is_closing(step->packet->ct))
		return NEXT_BELIEVE;
	if (tcp->seen[!step->dir].flags & SKALD_CT_TCP_MAXACK_SET &&
	    tcp->last_index != SKALD_CT_TCP_IS_SYN && judge_reset(step, &next))
		return next;
	if (answers_ignored(step) || answers_challenge(step))
		return NEXT_BELIEVE;
	return NEXT_WINDOW;
}

static enum next look_at_state(struct step *step)
{
	switch (step->new) {
	case SS:
		return to_syn_sent(step);
	case IG:
		return ignore(step);
	case IV:
		return NEXT_REFUSE;
	case TW:
		return to_time_wait(step);
	case S2:
		step->tcp->last_flags |= SKALD_CT_TCP_SIMULTANEOUS;
		return NEXT_WINDOW;
	case SR:
		return to_syn_recv(step);
	case CL:
		return to_close(step);
	default:
		return NEXT_WINDOW;
	}
}

/* ---- telling ---- */

static void tell(const struct step *step, enum skald_ct_note_kind kind,
		 enum skald_ct_reason reason,
		 const struct skald_ct_window *window)
{
	struct skald_ct_packet *packet = step->packet;
	const struct skald_ct_owner *owner = &packet->table->owner;
	struct skald_ct_note note = { .kind = kind, .reason = reason };
	struct skald_ct_window numbers;

	packet->reason = reason;
	if (likely(!owner->tell))
		return;
	if (owner->verbose && !window) {
		skald_ct_tcp_numbers(packet, step->segment, &numbers);
		if (reason == SKALD_CT_REASON_TCP_RST) {
			numbers.bound = step->tcp->seen[!step->dir].maxack;
			numbers.off = numbers.bound - numbers.seq;
		}
		window = &numbers;
	}
	note.window = owner->verbose ? window : NULL;
	note.old_state = step->old;
	note.new_state = step->old;
	skald_ct_tell(packet, &note);
}

/* ---- timeouts ---- */

/*
 * nf_tcp_handle_invalid(): FIN or RST out of the window of both directions: we
 * are out of sync, the entry need not live for days.
 */
static void shorten(const struct step *step)
{
	const struct skald_ct_packet *packet = step->packet;
	struct skald_ct *ct = packet->ct;
	struct skald_ct_tcp *tcp = step->tcp;
	u8 index = step->segment->index;
	u64 unacked_ns = skald_ct_timeouts_of(packet->table, ct)
				 ->seconds[SKALD_CT_TIMEOUT_TCP_UNACK] *
			 SKALD_NS_PER_S;
	s64 left = (s64)(ct->expires_ns - packet->now_ns);

	if (!skald_ct_is(ct, SKALD_CT_ASSURED) ||
	    skald_ct_is(ct, SKALD_CT_FIXED_TIMEOUT) ||
	    (index != SKALD_CT_TCP_IS_RST && index != SKALD_CT_TCP_IS_FIN))
		return;
	if (tcp->last_dir == step->dir ||
	    (tcp->last_index != SKALD_CT_TCP_IS_FIN &&
	     tcp->last_index != SKALD_CT_TCP_IS_RST)) {
		tcp->last_index = index;
		tcp->last_dir = step->dir;
		return;
	}
	if (left >= (s64)(120 * SKALD_NS_PER_S) && left > (s64)unacked_ns)
		ct->expires_ns = packet->now_ns + unacked_ns;
}

static u32 timeout_of(const struct step *step)
{
	const struct skald_ct_packet *packet = step->packet;
	const u32 *seconds =
		skald_ct_timeouts_of(packet->table, packet->ct)->seconds;
	const struct skald_ct_tcp *tcp = step->tcp;
	u32 usual = seconds[timeouts_of_states[step->new]];
	u32 retrans = seconds[SKALD_CT_TIMEOUT_TCP_RETRANS];
	u32 unacked = seconds[SKALD_CT_TIMEOUT_TCP_UNACK];

	if (tcp->retrans >= packet->table->settings.tcp_max_retrans &&
	    usual > retrans)
		return retrans;
	if (step->segment->index == SKALD_CT_TCP_IS_RST &&
	    step->new == ES &&usual > unacked)
		return unacked;
	if ((tcp->seen[0].flags | tcp->seen[1].flags) & SKALD_CT_TCP_UNACKED &&
	    usual > unacked)
		return unacked;
	if (!tcp->last_win && usual > retrans)
		return retrans;
	return usual;
}

/* ---- what the segment changes ---- */

/* Nobody answered yet. Return: false when the timeout stays as it is */
static bool without_reply(const struct step *step, u32 *timeout)
{
	struct skald_ct_packet *packet = step->packet;
	u32 unacked = skald_ct_timeouts_of(packet->table, packet->ct)
			      ->seconds[SKALD_CT_TIMEOUT_TCP_UNACK];

	/* the only answer is a reset: there is no connection */
	if (step->segment->flags & TCP_FLAG_RST) {
		skald_ct_account(packet);
		skald_ct_kill(packet->table, packet->ct, packet->now_ns,
			      SKALD_CT_END_RESET);
		return false;
	}
	/* whoever repeats SYN for ever must not keep the entry for ever */
	if (step->segment->index == SKALD_CT_TCP_IS_SYN && step->old == SS)
		return false;
	if (step->new == ES)
		*timeout = min(*timeout, unacked);
	return true;
}

static u32 changes_of(const struct step *step)
{
	u32 changes = step->new != step->old ? SKALD_CT_CHANGE_STATE : 0;

	if (skald_ct_is(step->packet->ct, SKALD_CT_SEEN_REPLY) &&
	    (step->old == SR || step->old == ES) && step->new == ES &&
	    skald_ct_mark(step->packet->ct, SKALD_CT_ASSURED))
		changes |= SKALD_CT_CHANGE_ASSURED;
	return changes;
}

static void take_state(struct step *step)
{
	struct skald_ct_tcp *tcp = step->tcp;

	tcp->last_index = step->segment->index;
	tcp->last_dir = step->dir;
	tcp->state = step->new;
	if (step->old != step->new && step->new == FW)
		tcp->seen[step->dir].flags |= SKALD_CT_TCP_CLOSE_INIT;
}

static enum skald_ct_action believe(struct step *step)
{
	struct skald_ct_packet *packet = step->packet;
	struct skald_ct *ct = packet->ct;
	s64 left = skald_ct_left(packet);
	u32 timeout, changes;
	bool refresh = true;

	take_state(step);
	timeout = timeout_of(step);
	spin_unlock_bh(&ct->lock);
	changes = changes_of(step);
	if (!skald_ct_is(ct, SKALD_CT_SEEN_REPLY))
		refresh = without_reply(step, &timeout);
	if (refresh)
		skald_ct_refresh(packet, timeout);
	if (changes)
		skald_ct_changed(packet, changes, step->old, left);
	return SKALD_CT_PASS;
}

static enum skald_ct_action check_window(struct step *step)
{
	struct skald_ct_packet *packet = step->packet;
	struct skald_ct_window window;
	int ret = skald_ct_tcp_window(packet, step->segment, &window);

	if (likely(!ret))
		return believe(step);
	if (ret == -EINVAL)
		shorten(step);
	spin_unlock_bh(&packet->ct->lock);
	if (ret == -EAGAIN) {
		tell(step, SKALD_CT_NOTE_IGNORED, packet->reason, &window);
		return SKALD_CT_PASS;
	}
	tell(step, SKALD_CT_NOTE_INVALID, packet->reason, &window);
	return SKALD_CT_REFUSE;
}

/* Unlocks the entry. */
static enum skald_ct_action do_next(struct step *step, enum next next)
{
	struct skald_ct_packet *packet = step->packet;

	switch (next) {
	case NEXT_WINDOW:
		return check_window(step);
	case NEXT_BELIEVE:
		return believe(step);
	case NEXT_IGNORE:
		spin_unlock_bh(&packet->ct->lock);
		tell(step, SKALD_CT_NOTE_IGNORED, SKALD_CT_REASON_TCP_IGNORED,
		     NULL);
		return SKALD_CT_PASS;
	case NEXT_PASS:
		spin_unlock_bh(&packet->ct->lock);
		tell(step, SKALD_CT_NOTE_IGNORED, SKALD_CT_REASON_TCP_CHALLENGE,
		     NULL);
		return SKALD_CT_PASS;
	case NEXT_REFUSE:
		spin_unlock_bh(&packet->ct->lock);
		tell(step, SKALD_CT_NOTE_INVALID,
		     step->new == IV ? SKALD_CT_REASON_TCP_STATE
				     : SKALD_CT_REASON_TCP_RST,
		     NULL);
		return SKALD_CT_REFUSE;
	case NEXT_REOPEN:
		spin_unlock_bh(&packet->ct->lock);
		return skald_ct_kill(packet->table, packet->ct, packet->now_ns,
				     SKALD_CT_END_REOPENED)
			       ? SKALD_CT_REPEAT
			       : SKALD_CT_DROP;
	}
	return SKALD_CT_REFUSE;
}

/* nf_conntrack_tcp_packet() */
static enum skald_ct_action tcp_packet(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	struct skald_ct_segment segment;
	struct step step = {
		.packet = packet,
		.segment = &segment,
		.tcp = &ct->proto.tcp,
		.dir = (u8)packet->dir,
	};
	enum skald_ct_reason reason = read_segment(packet, &segment);

	if (!reason && !skald_ct_is(ct, SKALD_CT_CONFIRMED))
		reason = new_connection(packet, &segment);
	if (reason) {
		skald_ct_refuse(packet, reason);
		return SKALD_CT_REFUSE;
	}
	spin_lock_bh(&ct->lock);
	step.old = ct->proto.tcp.state;
	step.new = states[step.dir][segment.index][step.old];
	return do_next(&step, look_at_state(&step));
}

/* ---- the ops ---- */

static u8 tcp_state(const struct skald_ct *ct)
{
	return ct->proto.tcp.state;
}

static const char *tcp_state_word(u8 state)
{
	static const char *const words[SKALD_CT_TCP_STATES] = {
		"NONE",	    "SYN_SENT",	  "SYN_RECV", "ESTABLISHED",
		"FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
		"CLOSE",    "SYN_SENT2",
	};

	return state < SKALD_CT_TCP_STATES ? words[state] : "?";
}

const struct skald_ct_proto skald_ct_proto_tcp = {
	.name = "tcp",
	.tuple = skald_ct_ports_tuple,
	.invert = skald_ct_ports_invert,
	.packet = tcp_packet,
	.can_early_drop = is_closing,
	.state = tcp_state,
	.state_word = tcp_state_word,
};
