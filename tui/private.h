/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a private tracerd
 *
 * Where no tracerd runs, "skald follow" starts one for its own lifetime. They
 * talk over a socketpair; when this end closes, even by SIGKILL, the daemon
 * takes its tables away and ends.
 */
#ifndef SKALD_TUI_PRIVATE_H
#define SKALD_TUI_PRIVATE_H

#include <sys/types.h>

#include "control.h"

/**
 * skald_private_start() - start one
 * @db: store to write, NULL: a temporary one
 * @control: written on success; close it, then call skald_private_wait()
 * @pid: written on success
 * @error: in words
 *
 * That it cannot do its work (no privilege, store refused) is the answer to
 * the first request.
 */
int skald_private_start(const char *db, struct skald_control **control,
			pid_t *pid, struct skald_error *error);
/* Until it has ended. Interrupted by a signal it is left alone. */
void skald_private_wait(pid_t pid);

#endif /* SKALD_TUI_PRIVATE_H */
