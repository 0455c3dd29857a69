// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log lines to stderr; any thread.
 */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int limit = LOG_INFO;

void skald_log_limit(int level)
{
	limit = level;
}

void skald_log(int level, const char *format, ...)
{
	char line[2048];
	int len;
	va_list args;

	if (level > limit)
		return;
	if (getenv("JOURNAL_STREAM"))
		len = snprintf(line, sizeof(line), "<%d>", level);
	else
		len = snprintf(line, sizeof(line), "tracerd: ");
	va_start(args, format);
	len += vsnprintf(line + len, sizeof(line) - (size_t)len - 1, format,
			 args);
	va_end(args);
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	/* One write a line, so that lines of threads do not mix. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}
