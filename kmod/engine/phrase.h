/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: phrases
 *
 * Text for people, put together in a buffer of its reader's: what a rule looked
 * at, what it wanted and what it got. What finds no room is cut off.
 */
#ifndef SKALD_ENGINE_PHRASE_H
#define SKALD_ENGINE_PHRASE_H

#include "env.h"

/**
 * struct skald_phrase - text in the making
 * @at: where it goes on; always a NUL there
 * @left: room, the NUL included
 */
struct skald_phrase {
	char *at;
	u32 left;
};

/* How bytes of a register are to be read. */
enum skald_phrase_kind {
	SKALD_PHRASE_HEX,
	SKALD_PHRASE_NUMBER,
	SKALD_PHRASE_BE,
	SKALD_PHRASE_MARK,
	SKALD_PHRASE_IP,
	SKALD_PHRASE_IP6,
	SKALD_PHRASE_MAC,
	SKALD_PHRASE_STRING,
	SKALD_PHRASE_PROTO,
	SKALD_PHRASE_ETHERTYPE,
	SKALD_PHRASE_NFPROTO,
	SKALD_PHRASE_CTSTATE,
	SKALD_PHRASE_CTSTATUS,
	SKALD_PHRASE_CTDIR,
	SKALD_PHRASE_PKTTYPE,
	SKALD_PHRASE_FIBTYPE,
	SKALD_PHRASE_TCPFLAGS,
	SKALD_PHRASE_YES,
};

void skald_phrase_init(struct skald_phrase *phrase, char *buf, u32 size);
void skald_phrase_str(struct skald_phrase *phrase, const char *string);
void skald_phrase_number(struct skald_phrase *phrase, u64 number);
void skald_phrase_hex(struct skald_phrase *phrase, u64 number);

/**
 * skald_phrase_value() - bytes as what they mean
 * @phrase: where to
 * @kind: enum skald_phrase_kind
 * @bytes: the bytes, as in a register
 * @len: how many
 */
void skald_phrase_value(struct skald_phrase *phrase, u8 kind, const void *bytes,
			u32 len);

#endif /* SKALD_ENGINE_PHRASE_H */
