/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: entries that were there before
 *
 * Puts entries into a table that another table, the kernel's, has told of: as
 * ctnetlink_create_conntrack(). What was not told of is as of a connection that
 * was picked up: the windows of TCP are learnt from the next packets.
 */
#ifndef SKALD_ENGINE_CT_RESTORE_H
#define SKALD_ENGINE_CT_RESTORE_H

#include "ct.h"
#include "ct_nat.h"

/**
 * struct skald_ct_saved - an entry as it was told
 * @original: tuple of the original direction
 * @reply: tuple of the answers
 * @zone: zone
 * @status: bits of enum skald_ct_status
 * @mark: ctmark
 * @id: its id there; 0: any
 * @timeout_s: seconds it had left
 * @state: enum skald_ct_tcp_state, or the state of another protocol
 * @flags: SKALD_CT_TCP_* of each sender
 * @scale: window scale of each sender
 * @packets: of each direction
 * @bytes: likewise
 */
struct skald_ct_saved {
	struct skald_ct_tuple original;
	struct skald_ct_tuple reply;
	struct skald_ct_zone zone;
	u32 status;
	u32 mark;
	u64 id;
	u32 timeout_s;
	u8 state;
	u8 flags[SKALD_CT_DIRS];
	u8 scale[SKALD_CT_DIRS];
	u64 packets[SKALD_CT_DIRS];
	u64 bytes[SKALD_CT_DIRS];
};

/**
 * skald_ct_restore() - put an entry into a table
 * @table: the table
 * @saved: the entry
 * @now_ns: when it was told
 * @ct: written on success: the entry, referenced, so that a helper can be given
 *	to it; may be NULL
 *
 * Return: 0; -EEXIST: one of its tuples is taken; -ENFILE: no room; -ENOMEM.
 */
int skald_ct_restore(struct skald_ct_table *table,
		     const struct skald_ct_saved *saved, u64 now_ns,
		     struct skald_ct **ct);

#endif /* SKALD_ENGINE_CT_RESTORE_H */
