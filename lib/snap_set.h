/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: snaps as they were later
 *
 * A mangle event says what became of a field; here it is put into a snap, so
 * that the packet is as the event left it.
 */
#ifndef SKALD_LIB_SNAP_SET_H
#define SKALD_LIB_SNAP_SET_H

#include "packet.h"

/**
 * skald_snap_set() - give a field another value
 * @snap: the packet
 * @field: a key of packet{}
 * @value: its value
 *
 * Checksums are left as they are. A field whose header the snap does not have
 * stays away.
 */
void skald_snap_set(struct skald_snap *snap, const char *field,
		    const struct skald_value *value);

#endif /* SKALD_LIB_SNAP_SET_H */
