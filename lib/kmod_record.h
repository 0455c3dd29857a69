/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: records of skald.ko, checked
 *
 * Everything behind the kernel's socket is distrusted, and recorded streams
 * come from anywhere: a record is used only after skald_record_check() said
 * that it is as long as its type asks for and that what lies behind its fixed
 * part (names, functions, bytes) is inside it.
 */
#ifndef SKALD_LIB_KMOD_RECORD_H
#define SKALD_LIB_KMOD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "skald/uapi.h"

/**
 * skald_record_check() - whether bytes are one whole record
 * @record: aligned for 8
 * @len: bytes there, from the record's first on
 *
 * Of types that this library does not know only the head is checked.
 *
 * Return: length of the record, 0: it is none.
 */
size_t skald_record_check(const void *record, size_t len);

/**
 * struct skald_record_names - the names of a rule's record
 * @table: not terminated
 * @chain: not terminated
 * @last: target of a jump (NFT), or what matched (XT); not terminated
 * @table_len: bytes
 * @chain_len: bytes
 * @last_len: bytes
 */
struct skald_record_names {
	const char *table;
	const char *chain;
	const char *last;
	size_t table_len;
	size_t chain_len;
	size_t last_len;
};

/* Of records that skald_record_check() found good. */
void skald_record_nft_names(const struct skald_r_nft *nft,
			    struct skald_record_names *names);
void skald_record_xt_names(const struct skald_r_xt *xt,
			   struct skald_record_names *names);

/* The event kind that tells of a link: enum skald_event_kind */
uint32_t skald_record_link_kind(unsigned int how);

#endif /* SKALD_LIB_KMOD_RECORD_H */
