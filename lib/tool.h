/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: other people's programs
 */
#ifndef SKALD_LIB_TOOL_H
#define SKALD_LIB_TOOL_H

#include "event.h"

/**
 * skald_tool_run() - run a program and take what it prints
 * @argv: its name and arguments, ended by NULL; looked for in the usual
 *	directories of system tools, $PATH does not count
 * @timeout_ms: after that it is killed
 * @output: its standard output is appended, with a NUL behind it that
 *	@output's len does not count
 *
 * It runs in the network namespace of the calling thread, with nothing open
 * but its output, no input, and a clean environment.
 *
 * Return: 0 when it ended well; -ENOENT when it is not installed, -ETIMEDOUT,
 * -EFBIG when it prints without end, -ECHILD when it failed, or another -errno.
 */
int skald_tool_run(const char *const argv[], int timeout_ms,
		   struct skald_buffer *output);

/* The same, and what it complains about is appended as well. */
int skald_tool_run_loud(const char *const argv[], int timeout_ms,
			struct skald_buffer *output);

#endif /* SKALD_LIB_TOOL_H */
