// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP packets of ends that keep no rule: any flags, and numbers near the edges
 * where a tracker decides.
 */
#include "talk.h"

static uint8_t any_flags(struct talk *talk)
{
	static const uint8_t common[] = { SYN, SYN | ACK, ACK, ACK,
					  ACK, FIN | ACK, RST, RST | ACK };

	if (talk_chance(talk, 850))
		return common[talk_below(talk, sizeof(common))];
	return (uint8_t)talk_below(talk, 256);
}

/* Near @base: at it, beside it, a window away, anywhere. */
static uint32_t near(struct talk *talk, uint32_t base, uint32_t window)
{
	switch (talk_below(talk, 10)) {
	case 0:
		return base + 1;
	case 1:
		return base - 1;
	case 2:
		return base + window;
	case 3:
		return base + window + 1;
	case 4:
		return base - talk_below(talk, 70000);
	case 5:
		return base + talk_below(talk, 70000);
	case 6:
		return talk_chance(talk, 200) ? talk_random(talk) : base;
	default:
		return base;
	}
}

static void put_sack(struct talk *talk, struct segment *segment, uint32_t base)
{
	int i;

	segment->n_sack = (uint8_t)(1 + talk_below(talk, 4));
	for (i = 0; i < segment->n_sack; i++) {
		segment->sack[i][0] = near(talk, base, 1000);
		segment->sack[i][1] = near(talk, base, 3000);
	}
}

static void send_one(struct talk *talk)
{
	int from = (int)talk_below(talk, 2);
	struct end *end = &talk->end[from], *other = &talk->end[!from];
	struct segment segment = { .flags = any_flags(talk) };

	segment.seq = near(talk, end->next, other->window);
	if (segment.flags & ACK || talk_chance(talk, 50))
		segment.ack = near(talk, other->next, end->window);
	segment.window = end->window;
	if (talk_chance(talk, 400))
		segment.len = (uint16_t)talk_below(talk, TALK_PAYLOAD_MAX);
	if (talk_chance(talk, 100))
		put_sack(talk, &segment, other->next);
	segment.has_syn_options =
		!!(segment.flags & SYN) ^ talk_chance(talk, 20);
	segment.has_bad_options = talk_chance(talk, 30);
	if (talk_chance(talk, 10))
		segment.offset = (uint8_t)talk_below(talk, 16);
	talk_tcp(talk, from, &segment);
	if (talk_chance(talk, 800))
		end->next = segment.seq + segment.len +
			    !!(segment.flags & SYN) + !!(segment.flags & FIN);
}

void script_tcp_wild(struct talk *talk)
{
	uint32_t n = 2 + talk_below(talk, 30);
	int i;

	for (i = 0; i < 2; i++) {
		talk->end[i].next = talk_random(talk);
		if (talk_chance(talk, 200))
			talk->end[i].next = 0U - talk_below(talk, 5000);
		talk->end[i].window = (uint16_t)talk_below(talk, 65536);
		talk->end[i].scale = (int)talk_below(talk, 17) - 1;
		talk->end[i].may_sack = talk_chance(talk, 700);
		talk->end[i].may_stamp = talk_chance(talk, 300);
	}
	while (n--) {
		send_one(talk);
		if (talk_chance(talk, 100))
			talk->end[talk_below(talk, 2)].window =
				(uint16_t)talk_random(talk);
	}
}
