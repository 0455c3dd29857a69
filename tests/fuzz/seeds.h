/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: writing seeds
 */
#ifndef SKALD_FUZZ_SEEDS_H
#define SKALD_FUZZ_SEEDS_H

#include <stdarg.h>
#include <sys/stat.h>

#include "fuzz.h"

/* Where the seeds of all targets are */
static const char *seed_dir;

static inline void seed_save(const char *target, const char *name,
			     const void *data, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", seed_dir, target);
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", seed_dir, target, name);
	file = fopen(path, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static inline void __attribute__((format(printf, 3, 4)))
seed_printf(const char *target, const char *name, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	fuzz_check(len >= 0);
	seed_save(target, name, text, (size_t)len);
	free(text);
}

#endif /* SKALD_FUZZ_SEEDS_H */
