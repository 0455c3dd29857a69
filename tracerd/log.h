/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the daemon's log
 *
 * Lines on stderr. Under systemd (JOURNAL_STREAM is set) they carry journald's
 * "<N>" levels. Levels go by consequence: error, the daemon cannot do its work;
 * warning, data was lost or ignored; info, start, stop, configuration; debug,
 * the rest.
 */
#ifndef SKALD_TRACERD_LOG_H
#define SKALD_TRACERD_LOG_H

#include <syslog.h>

/* Show lines up to @level, LOG_ERR to LOG_DEBUG; LOG_INFO at first. */
void skald_log_limit(int level);
void skald_log(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* SKALD_TRACERD_LOG_H */
