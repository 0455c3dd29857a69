/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who answers to what
 *
 * A capture knows nothing of NAT. Answers in it are given the addresses and the
 * sequence numbers that whoever answers has seen.
 */
#ifndef SKALD_CONNTRACK_AIM_H
#define SKALD_CONNTRACK_AIM_H

#include "flow.h"
#include "oracle.h"

/**
 * struct mapping - a conversation and what NAT made of it
 * @in: as it came in
 * @out: as it went out
 * @side: where it went to
 * @grown: bytes that were added, by who began it and by who answers
 */
struct mapping {
	struct flow in;
	struct flow out;
	enum side side;
	int32_t grown[2];
};

struct aims {
	struct mapping *mappings;
	size_t n;
};

/* Return: whether it is an answer, or an error */
bool aim_packet(struct aims *aims, struct oracle_packet *packet);

/* A packet came out: @in as it was sent; @is_answer as aim_packet() says. */
void aim_learn(struct aims *aims, const struct oracle_packet *in,
	       const struct oracle_packet *out, bool is_answer);

#endif /* SKALD_CONNTRACK_AIM_H */
