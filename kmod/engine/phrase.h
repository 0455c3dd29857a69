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
enum skald_value_kind {
	SKALD_VALUE_HEX,
	SKALD_VALUE_NUMBER,
	SKALD_VALUE_BE,
	SKALD_VALUE_MARK,
	SKALD_VALUE_IP,
	SKALD_VALUE_IP6,
	SKALD_VALUE_MAC,
	SKALD_VALUE_STRING,
	SKALD_VALUE_PROTO,
	SKALD_VALUE_ETHERTYPE,
	SKALD_VALUE_NFPROTO,
	SKALD_VALUE_CTSTATE,
	SKALD_VALUE_CTSTATUS,
	SKALD_VALUE_CTDIR,
	SKALD_VALUE_PKTTYPE,
	SKALD_VALUE_FIBTYPE,
	SKALD_VALUE_TCPFLAGS,
	SKALD_VALUE_YES,
};

void skald_phrase_init(struct skald_phrase *phrase, char *buf, u32 size);
void skald_phrase_str(struct skald_phrase *phrase, const char *string);
void skald_phrase_number(struct skald_phrase *phrase, u64 number);
void skald_phrase_hex(struct skald_phrase *phrase, u64 number);

/**
 * skald_phrase_value() - bytes as what they mean
 * @phrase: where to
 * @kind: enum skald_value_kind
 * @bytes: the bytes, as in a register
 * @len: how many
 */
void skald_phrase_value(struct skald_phrase *phrase, u8 kind, const void *bytes,
			u32 len);

#endif /* SKALD_ENGINE_PHRASE_H */
