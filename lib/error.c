// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors with words: filled by whoever fails, shown by the programs.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int skald_error_set(struct skald_error *error, int code, const char *format,
		    ...)
{
	va_list args;

	if (!error)
		return -code;

	error->column = 0;
	error->help[0] = '\0';
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -code;
}

void skald_error_help(struct skald_error *error, const char *format, ...)
{
	va_list args;

	if (!error)
		return;

	va_start(args, format);
	(void)vsnprintf(error->help, sizeof(error->help), format, args);
	va_end(args);
}
