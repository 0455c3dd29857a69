/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: conversations with helpers
 *
 * What a client (10.0.0.1) and a server (192.0.2.1) say to each other, the
 * connections that they announce, and some that nobody announced. As captures
 * they are compared with the kernel; unit tests let them run out of memory.
 */
#ifndef SKALD_CONNTRACK_TALKS_H
#define SKALD_CONNTRACK_TALKS_H

#include <stdbool.h>
#include <stdint.h>

#define TALK_CLIENT 0x0a000001 /* 10.0.0.1 */
#define TALK_SERVER 0xc0000201 /* 192.0.2.1 */
#define TALK_BROADCAST 0x0a0000ff /* 10.0.0.255 */
#define TALK_STEPS 16
#define TALK_FRAME_MAX 1600

enum talk_step_kind {
	TALK_END,
	TALK_OPEN, /* client and server: a TCP connection to @port */
	TALK_CLIENT_SAYS,
	TALK_SERVER_SAYS,
	TALK_CALL, /* client to server: a SYN to @port */
	TALK_CALL_BACK, /* server to client */
	TALK_CLIENT_SENDS, /* a datagram, to @port from @from */
	TALK_SERVER_SENDS,
	TALK_CLIENT_ASKS_ALL, /* a datagram to 10.0.0.255 */
	TALK_CLIENT_GRE, /* with the key @port */
	TALK_SERVER_GRE,
};

struct talk_step {
	enum talk_step_kind kind;
	const void *bytes;
	uint32_t len;
	uint16_t port;
	uint16_t from;
};

/**
 * struct talk - a conversation
 * @name: of its capture
 * @only: TALK_ANYWHERE, or where it makes sense
 * @steps: what happens, TALK_END behind the last
 */
struct talk {
	const char *name;
	enum {
		TALK_ANYWHERE,
		TALK_HERE, /* broadcasts, which hosts have to send themselves */
		TALK_TRANSLATED, /* with what NAT makes of the client */
	} only;
	struct talk_step steps[TALK_STEPS];
};

extern const struct talk talks[];
extern const unsigned int n_talks;

/**
 * struct talk_player - who takes the frames
 * @frame: called for each: Ethernet, checksums are right
 * @user: passed to it
 * @client_seen: the client as the server knows it: where it sends to, and what
 *	it writes in text instead of 10.0.0.1
 * @server_seen: the server as the client knows it
 * @is_aimed: whoever takes the frames sees to where the server sends to
 */
struct talk_player {
	void (*frame)(void *user, const uint8_t *frame, uint32_t len);
	void *user;
	uint32_t client_seen;
	uint32_t server_seen;
	bool is_aimed;
};

void talk_play(const struct talk *talk, const struct talk_player *player);

#endif /* SKALD_CONNTRACK_TALKS_H */
