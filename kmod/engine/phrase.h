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
	SKALD_AS_HEX,
	SKALD_AS_NUMBER,
	SKALD_AS_BE,
	SKALD_AS_MARK,
	SKALD_AS_IP,
	SKALD_AS_IP6,
	SKALD_AS_MAC,
	SKALD_AS_STRING,
	SKALD_AS_PROTO,
	SKALD_AS_ETHERTYPE,
	SKALD_AS_NFPROTO,
	SKALD_AS_CTSTATE,
	SKALD_AS_CTSTATUS,
	SKALD_AS_CTDIR,
	SKALD_AS_PKTTYPE,
	SKALD_AS_FIBTYPE,
	SKALD_AS_TCPFLAGS,
	SKALD_AS_YES,
};

/* Words put behind each other; what finds no room in @buf is left out. */
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
