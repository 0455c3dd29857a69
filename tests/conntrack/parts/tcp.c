// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations over TCP: how they are opened, what is said, how they end and
 * what comes after. Both ends are honest, the network is not; what a dishonest
 * end does is in wild.c.
 */
#include "talk.h"

/* ---- single packets ---- */

static void say(struct talk *talk, int from, uint8_t flags, uint16_t len)
{
	struct end *end = &talk->end[from];
	struct segment segment = {
		.flags = flags,
		.seq = end->next,
		.ack = flags & ACK ? end->seen : 0,
		.window = end->window,
		.len = len,
		.has_syn_options = flags & SYN,
	};

	talk_tcp(talk, from, &segment);
	end->next += len + !!(flags & SYN) + !!(flags & FIN);
}

/* The other end has got everything. */
static void hear(struct talk *talk, int from)
{
	talk->end[!from].seen = talk->end[from].next;
}

static void answer(struct talk *talk, int from)
{
	talk->end[from].seen = talk->end[!from].next;
	say(talk, from, ACK, 0);
}

/* As @seq says; nothing moves on. */
static void stray(struct talk *talk, int from, uint8_t flags, uint32_t seq,
		  uint32_t ack, uint16_t len)
{
	struct segment segment = {
		.flags = flags,
		.seq = seq,
		.ack = ack,
		.window = talk->end[from].window,
		.len = len,
	};

	talk_tcp(talk, from, &segment);
}

static uint16_t some(struct talk *talk)
{
	return (uint16_t)(1 + talk_below(talk, TALK_PAYLOAD_MAX));
}

/* ---- opening ---- */

static void meet(struct talk *talk)
{
	struct end *client = &talk->end[0], *server = &talk->end[1];
	bool has_scale = talk_chance(talk, 750);
	bool has_stamp = talk_chance(talk, 500);
	int i;

	for (i = 0; i < 2; i++) {
		struct end *end = &talk->end[i];

		end->isn = talk_random(talk);
		if (talk_chance(talk, 150))
			end->isn = 0U - talk_below(talk, 3000);
		end->next = end->isn;
		end->seen = 0;
		end->window = (uint16_t)(1 + talk_below(talk, 65535));
		end->scale = has_scale ? (int)talk_below(talk, 16) : -1;
		end->may_sack = talk_chance(talk, 800);
		end->may_stamp = has_stamp;
	}
	if (talk_chance(talk, 100))
		client->scale = -1;
	if (talk_chance(talk, 100))
		server->scale = -1;
}

static void repeat_syn(struct talk *talk, int from, uint8_t flags)
{
	while (talk_chance(talk, 150)) {
		talk->end[from].next = talk->end[from].isn;
		say(talk, from, flags, 0);
	}
}

/* Three packets, some of them again. */
static void shake_hands(struct talk *talk)
{
	say(talk, 0, SYN, 0);
	repeat_syn(talk, 0, SYN);
	if (talk_chance(talk, 30))
		say(talk, 0, ACK | PSH, some(talk));
	hear(talk, 0);
	say(talk, 1, SYN | ACK, 0);
	repeat_syn(talk, 1, SYN | ACK);
	hear(talk, 1);
	if (talk_chance(talk, 950))
		say(talk, 0, ACK, 0);
}

/* Wrong answers before the right one (RFC 9293, 3.10.7.3). */
static void shake_hands_badly(struct talk *talk)
{
	struct end *client = &talk->end[0], *server = &talk->end[1];

	say(talk, 0, SYN, 0);
	switch (talk_below(talk, 5)) {
	case 0: /* challenge ACK of a connection that was */
		stray(talk, 1, ACK, talk_random(talk), talk_random(talk), 0);
		stray(talk, 0, RST, talk_random(talk), 0, 0);
		break;
	case 1: /* SYN/ACK of a connection that was */
		stray(talk, 1, SYN | ACK, talk_random(talk),
		      client->isn - talk_below(talk, 100000), 0);
		stray(talk, 0, RST, client->isn - 50, 0, 0);
		break;
	case 2: /* refused */
		stray(talk, 1, RST | ACK, 0, client->next, 0);
		break;
	case 3: /* RST that acknowledges something else */
		stray(talk, 1, RST | ACK, 0, client->next + 5, 0);
		break;
	default:
		stray(talk, 1, ACK, server->isn, client->next, 0);
	}
	client->next = client->isn;
	shake_hands(talk);
}

/* ---- talking ---- */

static void send_data(struct talk *talk, int from)
{
	uint32_t n = 1 + talk_below(talk, 4);

	while (n--)
		say(talk, from, talk_chance(talk, 300) ? ACK | PSH : ACK,
		    some(talk));
}

static void exchange(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);

	send_data(talk, from);
	if (talk_chance(talk, 850))
		answer(talk, !from);
}

/* A segment is missing; what is behind it is acknowledged selectively. */
static void lose_and_sack(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from], *other = &talk->end[!from];
	uint32_t hole = end->next, at;
	uint16_t len = some(talk), behind = some(talk);
	struct segment segment = { .flags = ACK, .seq = other->next };

	at = hole + len;
	stray(talk, from, ACK, at, end->seen, behind);
	segment.ack = hole;
	segment.window = other->window;
	segment.n_sack = (uint8_t)(1 + talk_below(talk, 3));
	for (int i = 0; i < segment.n_sack; i++) {
		segment.sack[i][0] = at + (uint32_t)i * 17;
		segment.sack[i][1] = at + behind;
	}
	if (talk_chance(talk, 100))
		segment.sack[0][1] += talk_below(talk, 200000);
	talk_tcp(talk, !from, &segment);
	talk_tcp(talk, !from, &segment);
	stray(talk, from, ACK, hole, end->seen, len);
	end->next = at + behind;
	answer(talk, !from);
}

static void repeat_data(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from];
	uint32_t back = talk_below(talk, 3000);
	uint32_t n = 1 + talk_below(talk, 5);

	while (n--)
		stray(talk, from, ACK, end->next - back, end->seen, some(talk));
	if (talk_chance(talk, 600))
		answer(talk, !from);
}

/* RFC 9293, 3.8.4: one byte, or none, that is already acknowledged. */
static void keep_alive(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from];

	stray(talk, from, ACK, end->next - 1, end->seen,
	      (uint16_t)talk_below(talk, 2));
	answer(talk, !from);
}

/* A window closes, is probed and opens. */
static void close_window(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from], *other = &talk->end[!from];
	uint16_t window = end->window;
	uint32_t n = talk_below(talk, 5);

	end->window = 0;
	answer(talk, from);
	while (n--) {
		stray(talk, !from, ACK, other->next, other->seen, 1);
		stray(talk, from, ACK, end->next, end->seen, 0);
	}
	end->window = talk_chance(talk, 700) ? window
					     : (uint16_t)talk_below(talk, 3000);
	answer(talk, from);
}

/* Beyond what the other end allowed: near the edge, or far. */
static void go_beyond(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from], *other = &talk->end[!from];
	int scale = end->scale >= 0 && other->scale >= 0 ? other->scale : 0;
	uint32_t window = (uint32_t)other->window << (scale > 14 ? 14 : scale);
	uint32_t seq = end->next + window + talk_below(talk, 8) - 4;

	if (talk_chance(talk, 300))
		seq = talk_random(talk);
	if (talk_chance(talk, 300))
		seq = end->next - 66000 - talk_below(talk, 200000);
	stray(talk, from, ACK, seq, end->seen,
	      talk_chance(talk, 500) ? some(talk) : 0);
	if (talk_chance(talk, 500))
		answer(talk, !from);
}

static void acknowledge_strangely(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from];
	uint32_t ack = end->seen;

	switch (talk_below(talk, 4)) {
	case 0:
		ack += 1 + talk_below(talk, 10000);
		break;
	case 1:
		ack -= talk_below(talk, 140000);
		break;
	case 2:
		ack = talk_random(talk);
		break;
	default:
		ack = 0;
	}
	stray(talk, from, ACK, end->next, ack,
	      talk_chance(talk, 300) ? some(talk) : 0);
}

/* RFC 5961, 3: exact, in the window, outside; then life goes on. */
static void reset_somehow(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from];
	uint32_t seq = end->next;

	switch (talk_below(talk, 6)) {
	case 0:
		break;
	case 1:
		seq += 1 + talk_below(talk, 100);
		break;
	case 2:
		seq -= 1 + talk_below(talk, 3000);
		break;
	case 3:
		seq += talk_below(talk, 2000000);
		break;
	case 4:
		seq = talk_random(talk);
		break;
	default:
		seq = 0;
	}
	stray(talk, from, talk_chance(talk, 400) ? RST | ACK : RST, seq,
	      talk_chance(talk, 500) ? end->seen : 0, 0);
	if (talk_chance(talk, 300))
		answer(talk, !from);
}

/* RFC 5961, 4: a SYN in an open connection is answered with an ACK. */
static void challenge(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	uint32_t isn = talk_chance(talk, 500) ? talk_random(talk)
					      : talk->end[from].next;

	stray(talk, from, SYN, isn, 0, 0);
	if (talk_chance(talk, 800))
		stray(talk, !from, ACK, talk->end[!from].next,
		      talk->end[!from].seen, 0);
	if (talk_chance(talk, 400))
		stray(talk, from, RST, talk->end[!from].seen, 0, 0);
}

static void be_odd(struct talk *talk)
{
	static const uint8_t odd[] = {
		0,
		FIN,
		PSH,
		URG,
		SYN | FIN,
		SYN | RST,
		SYN | FIN | ACK,
		FIN | RST,
		PSH | URG,
		FIN | PSH | URG,
		SYN | PSH,
		SYN | URG,
		0x3f,
		ACK | URG | PSH,
		0x40 | ACK,
		0x80 | SYN,
		0xc0 | SYN,
		RST | PSH,
		RST | ACK | PSH,
		FIN | ACK | URG,
	};
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from];
	struct segment segment = {
		.flags = odd[talk_below(talk, sizeof(odd))],
		.seq = end->next,
		.ack = end->seen,
		.window = end->window,
		.has_bad_options = talk_chance(talk, 300),
		.has_syn_options = talk_chance(talk, 100),
		.offset = talk_chance(talk, 200) ? (uint8_t)talk_below(talk, 16)
						 : 0,
	};

	talk_tcp(talk, from, &segment);
}

static void rescale(struct talk *talk)
{
	talk->end[talk_below(talk, 2)].window = (uint16_t)talk_random(talk);
}

static void err(struct talk *talk)
{
	static const uint8_t types[2][5] = { { 3, 4, 5, 11, 12 },
					     { 1, 2, 3, 4, 137 } };
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from];
	struct segment segment = { .flags = ACK,
				   .seq = end->next,
				   .ack = end->seen };
	uint8_t packet[TALK_FRAME_MAX];
	size_t len = talk_build_tcp(talk, from, &segment, packet);

	if (talk_chance(talk, 300))
		len = (talk->is_ipv6 ? 40 : 20) + talk_below(talk, 20);
	talk_error(talk, !from, types[talk->is_ipv6][talk_below(talk, 5)],
		   (uint8_t)talk_below(talk, 5), packet, len);
}

static void step(struct talk *talk)
{
	static void (*const steps[])(struct talk *) = {
		exchange,      exchange,
		exchange,      exchange,
		lose_and_sack, repeat_data,
		keep_alive,    close_window,
		go_beyond,     acknowledge_strangely,
		rescale,       err,
	};

	steps[talk_below(talk, sizeof(steps) / sizeof(steps[0]))](talk);
}

static void chat(struct talk *talk, uint32_t most)
{
	uint32_t n = talk_below(talk, most);

	while (n--) {
		step(talk);
		if (talk_chance(talk, 25))
			reset_somehow(talk);
		if (talk_chance(talk, 20))
			challenge(talk);
		if (talk_chance(talk, 30))
			be_odd(talk);
	}
}

/* ---- ending ---- */

static void close_one(struct talk *talk, int from)
{
	say(talk, from, FIN | ACK, talk_chance(talk, 200) ? some(talk) : 0);
	if (talk_chance(talk, 100)) {
		talk->end[from].next--;
		say(talk, from, FIN | ACK, 0);
	}
}

static void close_both(struct talk *talk, int first)
{
	close_one(talk, first);
	if (talk_chance(talk, 700))
		answer(talk, !first);
	hear(talk, first);
	while (talk_chance(talk, 400)) /* half closed */
		say(talk, !first, ACK, some(talk));
	if (talk_chance(talk, 400))
		answer(talk, first);
	close_one(talk, !first);
	if (talk_chance(talk, 900))
		answer(talk, first);
}

static void close_at_once(struct talk *talk)
{
	close_one(talk, 0);
	close_one(talk, 1);
	answer(talk, 0);
	answer(talk, 1);
}

static void end(struct talk *talk)
{
	switch (talk_below(talk, 8)) {
	case 0:
		reset_somehow(talk);
		break;
	case 1:
		close_at_once(talk);
		break;
	case 2:
		close_one(talk, (int)talk_below(talk, 2));
		break;
	case 3:
		break;
	default:
		close_both(talk, (int)talk_below(talk, 2));
	}
}

/* What comes after: late segments, late resets, the same again. */
static void linger(struct talk *talk)
{
	uint32_t n = talk_below(talk, 5);

	while (n--) {
		switch (talk_below(talk, 5)) {
		case 0:
			repeat_data(talk);
			break;
		case 1:
			reset_somehow(talk);
			break;
		case 2:
			answer(talk, (int)talk_below(talk, 2));
			break;
		case 3:
			close_one(talk, (int)talk_below(talk, 2));
			break;
		default:
			be_odd(talk);
		}
	}
}

/* ---- scripts ---- */

void script_tcp(struct talk *talk)
{
	meet(talk);
	if (talk_chance(talk, 200))
		shake_hands_badly(talk);
	else
		shake_hands(talk);
	chat(talk, 16);
	end(talk);
	linger(talk);
}

/* RFC 9293, 3.5: both send a SYN before they see the other's. */
void script_tcp_simultaneous(struct talk *talk)
{
	meet(talk);
	say(talk, 0, SYN, 0);
	repeat_syn(talk, 0, SYN);
	say(talk, 1, SYN, 0);
	repeat_syn(talk, 1, SYN);
	hear(talk, 0);
	hear(talk, 1);
	for (int i = 0; i < 2; i++) {
		if (talk_chance(talk, 850))
			stray(talk, i, SYN | ACK, talk->end[i].isn,
			      talk->end[i].seen, 0);
		else
			answer(talk, i);
	}
	if (talk_chance(talk, 500))
		answer(talk, 0);
	if (talk_chance(talk, 500))
		answer(talk, 1);
	chat(talk, 8);
	end(talk);
	linger(talk);
}

/* The tracker was not there when it began. */
void script_tcp_middle(struct talk *talk)
{
	meet(talk);
	talk->end[0].seen = talk->end[1].next;
	talk->end[1].seen = talk->end[0].next;
	if (talk_chance(talk, 200)) {
		talk->end[1].next++;
		stray(talk, 1, SYN | ACK, talk->end[1].isn, talk->end[0].next,
		      0);
	}
	if (talk_chance(talk, 200))
		close_one(talk, (int)talk_below(talk, 2));
	chat(talk, 16);
	end(talk);
	linger(talk);
}

/* The other direction goes another way. */
void script_tcp_one_way(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from], *other = &talk->end[!from];
	uint32_t n = 1 + talk_below(talk, 10);

	meet(talk);
	say(talk, from, from ? SYN | ACK : SYN, 0);
	other->next = other->isn + 1;
	while (n--) {
		end->seen = other->next;
		say(talk, from, ACK, talk_chance(talk, 700) ? some(talk) : 0);
		other->next += talk_below(talk, 4000);
		if (talk_chance(talk, 60))
			stray(talk, from, SYN, end->isn, 0, 0);
	}
	if (talk_chance(talk, 500))
		say(talk, from, FIN | ACK, 0);
	if (talk_chance(talk, 500))
		say(talk, from, ACK, 0);
	if (talk_chance(talk, 200))
		stray(talk, from, RST, end->next, 0, 0);
}

/* The same ports again, after and before the end of the first connection. */
void script_tcp_reuse(struct talk *talk)
{
	uint32_t n = 2 + talk_below(talk, 3);

	while (n--) {
		uint32_t old[2] = { talk->end[0].next, talk->end[1].next };

		meet(talk);
		if (talk_chance(talk, 400)) {
			talk->end[0].isn = old[0] + talk_below(talk, 100000);
			talk->end[0].next = talk->end[0].isn;
		}
		if (talk_chance(talk, 150)) {
			struct end first = talk->end[0];

			talk->end[0] = talk->end[1];
			talk->end[1] = first;
		}
		if (talk_chance(talk, 200))
			shake_hands_badly(talk);
		else
			shake_hands(talk);
		chat(talk, 4);
		end(talk);
		if (talk_chance(talk, 300))
			linger(talk);
	}
}

/* A client that lost its memory comes back with the same ports. */
void script_tcp_challenge(struct talk *talk)
{
	struct end *client = &talk->end[0], *server = &talk->end[1];
	uint32_t old_seen, old_next;

	meet(talk);
	shake_hands(talk);
	chat(talk, 4);
	old_seen = server->seen;
	old_next = server->next;
	client->isn = talk_random(talk);
	client->next = client->isn;
	say(talk, 0, SYN, 0);
	repeat_syn(talk, 0, SYN);
	if (talk_chance(talk, 850))
		stray(talk, 1, ACK, old_next, old_seen, 0);
	if (talk_chance(talk, 850))
		stray(talk, 0, RST, old_seen, 0, 0);
	if (talk_chance(talk, 300))
		repeat_data(talk);
	client->next = client->isn;
	server->isn = talk_random(talk);
	server->next = server->isn;
	shake_hands(talk);
	chat(talk, 6);
	end(talk);
	linger(talk);
}

/* Steps in any order, whatever the state. */
void script_tcp_walk(struct talk *talk)
{
	static void (*const steps[])(struct talk *) = {
		shake_hands,
		shake_hands_badly,
		exchange,
		lose_and_sack,
		repeat_data,
		keep_alive,
		close_window,
		go_beyond,
		rescale,
		reset_somehow,
		challenge,
		be_odd,
		err,
		close_at_once,
		end,
		linger,
		acknowledge_strangely,
	};
	uint32_t n = 3 + talk_below(talk, 15);

	meet(talk);
	while (n--)
		steps[talk_below(talk, sizeof(steps) / sizeof(steps[0]))](talk);
}
