/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: talking to systemd
 */
#ifndef SKALD_TRACERD_NOTIFY_H
#define SKALD_TRACERD_NOTIFY_H

/*
 * sd_notify(3) by hand: "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...".
 * Does nothing when nobody listens.
 */
void skald_notify(const char *state);

#endif /* SKALD_TRACERD_NOTIFY_H */
