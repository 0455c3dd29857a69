// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP windows, seen from the middle: after Guido van Rooij, "Real Stateful TCP
 * Packet Filtering in IP Filter" (2000), as the kernel's tcp_in_window():
 *
 *	I	seq <= sender's maxend		data the receiver allowed
 *	II	end >= sender's end - receiver's maxwin
 *						data not acknowledged long ago
 *	III	sack <= receiver's end		acknowledges what was sent
 *	IV	sack >= receiver's end - window
 *						acknowledges not too late
 */
#include "ct_seqadj.h"
#include "ct_tcp.h"

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_SCALE 3
#define OPTION_SACK_PERM 4
#define OPTION_SACK 5
#define SCALE_LEN 3
#define SACK_PERM_LEN 2
#define SACK_BLOCK 8
#define SCALE_MAX 14 /* RFC 7323, 2.3 */
#define OPTIONS_MAX 40
#define TCP_LEN 20
/* NOP NOP TIMESTAMP 10: usually the only option */
#define OPTION_TIMESTAMP_ONLY 0x0101080a
#define TIMESTAMP_ONLY_LEN 12
/* The least window of check IV. */
#define ACK_WINDOW 66000u

/* ---- options ---- */

/*
 * The next option: its value at @at, @len bytes in all behind @at. Return: its
 * size with kind and length, 0: there are no more
 */
static u8 next_option(const u8 *at, u8 len, u8 *skip)
{
	*skip = 0;
	while (*skip < len && at[*skip] == OPTION_NOP)
		(*skip)++;
	at += *skip;
	len -= *skip;
	if (len < 2 || at[0] == OPTION_END || at[1] < 2 || at[1] > len)
		return 0;
	return at[1];
}

static void read_option(const u8 *option, u8 size,
			struct skald_ct_tcp_side *sender)
{
	if (option[0] == OPTION_SACK_PERM && size == SACK_PERM_LEN) {
		sender->flags |= SKALD_CT_TCP_SACK_PERM;
	} else if (option[0] == OPTION_SCALE && size == SCALE_LEN) {
		sender->scale = min_t(u8, option[2], SCALE_MAX);
		sender->flags |= SKALD_CT_TCP_SCALE;
	}
}

void skald_ct_tcp_options(const struct skald_view *view,
			  const struct skald_ct_segment *segment,
			  struct skald_ct_tcp_side *sender)
{
	u8 buf[OPTIONS_MAX], skip, size, len = segment->options_len;
	const u8 *at;

	if (!len)
		return;
	at = skald_view_datagram(view, segment->options, len, buf);
	if (!at)
		return;
	sender->scale = 0;
	sender->flags &= SKALD_CT_TCP_BE_LIBERAL;
	while ((size = next_option(at, len, &skip))) {
		at += skip;
		read_option(at, size, sender);
		at += size;
		len -= skip + size;
	}
}

/* The highest right edge in a SACK option, or @sack. */
static u32 highest_edge(const u8 *option, u8 size, u32 sack)
{
	u8 at;

	for (at = 2; at + SACK_BLOCK <= size; at += SACK_BLOCK) {
		u32 edge = get_unaligned_be32(option + at + 4);

		if (skald_seq_after(edge, sack))
			sack = edge;
	}
	return sack;
}

/* tcp_sack() */
static u32 read_sack(const struct skald_view *view,
		     const struct skald_ct_segment *segment, u32 sack)
{
	u8 buf[OPTIONS_MAX], skip, size, len = segment->options_len;
	const u8 *at;

	if (!len)
		return sack;
	at = skald_view_datagram(view, segment->options, len, buf);
	if (!at || (len == TIMESTAMP_ONLY_LEN &&
		    get_unaligned_be32(at) == OPTION_TIMESTAMP_ONLY))
		return sack;
	while ((size = next_option(at, len, &skip))) {
		at += skip;
		if (at[0] == OPTION_SACK && size >= 2 + SACK_BLOCK &&
		    !((size - 2) % SACK_BLOCK))
			return highest_edge(at, size, sack);
		at += size;
		len -= skip + size;
	}
	return sack;
}

/* ---- numbers ---- */

/**
 * struct check - a segment between two windows
 * @packet: the packet
 * @segment: the segment
 * @tcp: state of the connection
 * @sender: who sent it
 * @receiver: the other side
 * @seq: as in the segment, or what stands for it
 * @end: as above
 * @ack: as above, without the offset of changed commands
 * @sack: highest edge
 * @bound: of the check that failed
 * @off: by how much
 */
struct check {
	struct skald_ct_packet *packet;
	const struct skald_ct_segment *segment;
	struct skald_ct_tcp *tcp;
	struct skald_ct_tcp_side *sender;
	struct skald_ct_tcp_side *receiver;
	u32 seq;
	u32 end;
	u32 ack;
	u32 sack;
	u32 bound;
	u32 off;
};

static void begin(struct check *check, struct skald_ct_packet *packet,
		  const struct skald_ct_segment *segment)
{
	struct skald_ct_tcp *tcp = &packet->ct->proto.tcp;
	s32 offset;

	check->packet = packet;
	check->segment = segment;
	check->tcp = tcp;
	check->sender = &tcp->seen[packet->dir];
	check->receiver = &tcp->seen[!packet->dir];
	check->seq = segment->seq;
	check->end = segment->end;
	check->ack = segment->ack;
	check->sack = segment->ack;
	check->bound = 0;
	check->off = 0;
	if (check->receiver->flags & SKALD_CT_TCP_SACK_PERM)
		check->sack = read_sack(packet->view, segment, check->sack);
	offset = skald_ct_seq_offset(packet->ct, !packet->dir, check->ack - 1);
	check->ack -= (u32)offset;
	check->sack -= (u32)offset;
}

static void fill(const struct check *check, struct skald_ct_window *window)
{
	const struct skald_ct_segment *segment = check->segment;

	window->seq = check->seq;
	window->end = check->end;
	window->ack = check->ack;
	window->sack = check->sack;
	window->win = segment->win;
	window->scaled = segment->flags & TCP_FLAG_SYN
				 ? segment->win
				 : (u32)segment->win << check->sender->scale;
	window->bound = check->bound;
	window->off = check->off;
	window->payload = segment->payload;
	window->tcp_flags = segment->flags;
	window->sender = *check->sender;
	window->receiver = *check->receiver;
}

void skald_ct_tcp_numbers(const struct skald_ct_packet *packet,
			  const struct skald_ct_segment *segment,
			  struct skald_ct_window *window)
{
	struct skald_ct_packet copy = *packet;
	struct check check;

	begin(&check, &copy, segment);
	fill(&check, window);
}

static u32 ack_window(const struct check *check)
{
	return max(check->sender->maxwin, ACK_WINDOW);
}

/* ---- a sender's first segment ---- */

/* tcp_init_sender(): SYN, SYN/ACK, or SYN of both sides. */
static void init_sender(const struct check *check)
{
	struct skald_ct_tcp_side *sender = check->sender;
	struct skald_ct_tcp_side *receiver = check->receiver;

	sender->end = check->end;
	sender->maxend = check->end;
	sender->maxwin = max_t(u32, check->segment->win, 1);
	skald_ct_tcp_options(check->packet->view, check->segment, sender);
	/* RFC 7323, 2.2: both sides must say it */
	if (check->packet->dir == SKALD_CT_REPLY &&
	    !(sender->flags & receiver->flags & SKALD_CT_TCP_SCALE)) {
		sender->scale = 0;
		receiver->scale = 0;
	}
}

/* In the middle of a connection: the segment says how far it is. */
static void pick_up(const struct check *check)
{
	struct skald_ct_tcp_side *sender = check->sender;
	struct skald_ct_tcp_side *receiver = check->receiver;
	u32 win = (u32)check->segment->win << sender->scale;

	sender->end = check->end;
	sender->maxwin = max_t(u32, win, 1);
	sender->maxend = check->end + sender->maxwin;
	if (!receiver->maxwin) {
		/* nothing seen of it: let checks III and IV pass */
		receiver->end = check->sack;
		receiver->maxend = check->sack;
	} else if (check->sack == receiver->end + 1) {
		/* probably the answer to a keep-alive */
		receiver->end++;
	}
}

/* A SYN in place of one that was seen: begins anew (RFC 9293, 3.4.3). */
static bool is_new_syn(const struct check *check)
{
	u8 state = check->tcp->state;

	return check->segment->flags & TCP_FLAG_SYN &&
	       skald_seq_after(check->end, check->sender->end) &&
	       (state == SKALD_CT_TCP_SYN_SENT ||
		state == SKALD_CT_TCP_SYN_RECV);
}

/* Return: true when nothing more is to be checked */
static bool first_of_sender(const struct check *check)
{
	u8 flags = check->segment->flags;

	if (!check->sender->maxwin) {
		if (!(flags & TCP_FLAG_SYN)) {
			pick_up(check);
			return false;
		}
		init_sender(check);
		return !(flags & TCP_FLAG_ACK);
	}
	if (!is_new_syn(check))
		return false;
	init_sender(check);
	return check->packet->dir == SKALD_CT_REPLY && !(flags & TCP_FLAG_ACK);
}

/* Numbers that are not there, or broken, stand for the expected ones. */
static void mend(struct check *check)
{
	u8 flags = check->segment->flags;

	if (!(flags & TCP_FLAG_ACK) || (flags & TCP_FLAG_RST && !check->ack)) {
		check->ack = check->receiver->end;
		check->sack = check->receiver->end;
	}
	/* RST that answers a SYN */
	if (flags & TCP_FLAG_RST && !check->seq &&
	    check->tcp->state == SKALD_CT_TCP_SYN_SENT) {
		check->seq = check->sender->end;
		check->end = check->sender->end;
	}
}

/* ---- the checks ---- */

/* nf_tcp_store_invalid() */
static int fail(struct check *check, enum skald_ct_reason reason, int ret,
		u32 bound, u32 off)
{
	if (check->sender->flags & SKALD_CT_TCP_BE_LIBERAL ||
	    check->packet->table->settings.tcp_be_liberal)
		return 1;
	check->packet->reason = reason;
	check->bound = bound;
	check->off = off;
	return ret;
}

/*
 * Check I failed. Hosts that send a little more than they may are believed when
 * all else is right: the other side may acknowledge it.
 */
static int seq_over(struct check *check)
{
	struct skald_ct_tcp_side *sender = check->sender;
	const struct skald_ct_tcp_side *receiver = check->receiver;
	u32 overshot = check->end - sender->maxend + 1;
	u32 bound = sender->maxend + 1;

	if (receiver->maxwin &&
	    skald_seq_after(check->end, sender->end - receiver->maxwin - 1) &&
	    skald_seq_after(check->sack,
			    receiver->end - ack_window(check) - 1) &&
	    overshot <= receiver->maxwin &&
	    skald_seq_before(check->sack, receiver->end + 1)) {
		sender->end = check->end;
		sender->flags |= SKALD_CT_TCP_UNACKED;
		return fail(check, SKALD_CT_REASON_TCP_OVERSHOT, -EAGAIN, bound,
			    overshot);
	}
	return fail(check, SKALD_CT_REASON_TCP_SEQ_OVER, -EINVAL, bound,
		    check->seq - sender->maxend);
}

/* Return: 0: all are right; 1: wrong, but be liberal; -EAGAIN; -EINVAL */
static int check_bounds(struct check *check)
{
	const struct skald_ct_tcp_side *sender = check->sender;
	const struct skald_ct_tcp_side *receiver = check->receiver;
	u32 bound;

	if (!skald_seq_before(check->seq, sender->maxend + 1))
		return seq_over(check);
	if (!skald_seq_before(check->sack, receiver->end + 1))
		return fail(check, SKALD_CT_REASON_TCP_ACK_OVER, -EINVAL,
			    receiver->end + 1, check->sack - receiver->end);
	bound = sender->end - receiver->maxwin - 1;
	if (receiver->maxwin && !skald_seq_after(check->end, bound))
		return fail(check, SKALD_CT_REASON_TCP_SEQ_UNDER, -EAGAIN,
			    bound, bound + 1 - check->end);
	bound = receiver->end - ack_window(check) - 1;
	if (!skald_seq_after(check->sack, bound))
		return fail(check, SKALD_CT_REASON_TCP_ACK_UNDER, -EAGAIN,
			    bound, bound + 1 - check->sack);
	return 0;
}

/* ---- what it teaches ---- */

static void learn_sender(const struct check *check, u32 win)
{
	struct skald_ct_tcp_side *sender = check->sender;

	win += check->sack - check->ack;
	if (sender->maxwin < win)
		sender->maxwin = win;
	if (skald_seq_after(check->end, sender->end)) {
		sender->end = check->end;
		sender->flags |= SKALD_CT_TCP_UNACKED;
	}
	if (!(check->segment->flags & TCP_FLAG_ACK))
		return;
	if (!(sender->flags & SKALD_CT_TCP_MAXACK_SET) ||
	    skald_seq_after(check->ack, sender->maxack)) {
		sender->maxack = check->ack;
		sender->flags |= SKALD_CT_TCP_MAXACK_SET;
	}
}

static void learn_receiver(const struct check *check, u32 win)
{
	const struct skald_ct_tcp_side *sender = check->sender;
	struct skald_ct_tcp_side *receiver = check->receiver;

	if (receiver->maxwin && skald_seq_after(check->end, sender->maxend))
		receiver->maxwin += check->end - sender->maxend;
	if (skald_seq_after(check->sack + win, receiver->maxend - 1)) {
		receiver->maxend = check->sack + win;
		if (!win)
			receiver->maxend++;
	}
	if (check->ack == receiver->end)
		receiver->flags &= ~SKALD_CT_TCP_UNACKED;
}

static void count_retransmissions(const struct check *check)
{
	struct skald_ct_tcp *tcp = check->tcp;
	u8 dir = (u8)check->packet->dir;

	if (tcp->last_dir == dir && tcp->last_seq == check->seq &&
	    tcp->last_ack == check->ack && tcp->last_end == check->end &&
	    tcp->last_win == check->segment->win) {
		tcp->retrans++;
		return;
	}
	tcp->last_dir = dir;
	tcp->last_seq = check->seq;
	tcp->last_ack = check->ack;
	tcp->last_end = check->end;
	tcp->last_win = check->segment->win;
	tcp->retrans = 0;
}

static void learn(const struct check *check)
{
	u32 win = check->segment->win;

	if (!(check->segment->flags & TCP_FLAG_SYN))
		win <<= check->sender->scale;
	learn_sender(check, win);
	learn_receiver(check, win);
	if (check->segment->index == SKALD_CT_TCP_IS_ACK)
		count_retransmissions(check);
}

int skald_ct_tcp_window(struct skald_ct_packet *packet,
			const struct skald_ct_segment *segment,
			struct skald_ct_window *window)
{
	const struct skald_ct_owner *owner = &packet->table->owner;
	bool verbose = owner->tell && owner->verbose;
	struct check check;
	int ret;

	begin(&check, packet, segment);
	if (first_of_sender(&check))
		return 0;
	mend(&check);
	if (unlikely(verbose))
		fill(&check, window);
	ret = check_bounds(&check);
	if (likely(!ret)) {
		learn(&check);
		return 0;
	}
	if (verbose) {
		window->bound = check.bound;
		window->off = check.off;
	}
	return ret > 0 ? 0 : ret;
}
