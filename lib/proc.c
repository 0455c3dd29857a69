// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of /proc. Called by the doctor and by reports.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP 16384
#define READ_MAX (4u << 20)

/* Files of /proc have no size: read until the end. */
static char *read_all(int fd, size_t *len)
{
	size_t used = 0, size = 0;
	char *text = NULL, *grown;
	ssize_t n;

	do {
		if (size - used < READ_STEP) {
			size += 2 * READ_STEP;
			grown = size <= READ_MAX ? realloc(text, size) : NULL;
			if (!grown)
				goto err_text;
			text = grown;
		}
		n = read(fd, text + used, size - used - 1);
		if (n < 0)
			goto err_text;
		used += (size_t)n;
	} while (n);
	text[used] = '\0';
	*len = used;
	return text;

err_text:
	free(text);
	return NULL;
}

char *skald_proc_read(const struct skald_netns *netns, const char *path,
		      size_t *len)
{
	int back = -1, fd, code;
	char *text = NULL;
	size_t n = 0;

	if (netns) {
		back = skald_netns_enter(netns);
		if (back < 0) {
			errno = -back;
			return NULL;
		}
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		text = read_all(fd, &n);
	code = errno;
	if (fd >= 0)
		close(fd);
	if (netns)
		skald_netns_leave(back);
	errno = code;
	if (text && len)
		*len = n;
	return text;
}

int skald_proc_number(const struct skald_netns *netns, const char *path,
		      uint64_t *number)
{
	char *text = skald_proc_read(netns, path, NULL);
	unsigned long long value;
	char *end;

	if (!text)
		return -errno;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text) {
		free(text);
		return -EINVAL;
	}
	free(text);
	*number = value;
	return 0;
}

/* Index of a word in a line, counted from 0; -1: it is not there. */
static int word_index(const char *line, const char *word)
{
	size_t len = strlen(word);
	int i;

	for (i = 0; *line && *line != '\n'; i++) {
		size_t n = strcspn(line, " \t\n");

		if (n == len && !memcmp(line, word, n))
			return i;
		line += n;
		line += strspn(line, " \t");
	}
	return -1;
}

/* The @index-th word of a line as a number, 0 when the line is shorter. */
static uint64_t number_at(const char *line, int index, int base)
{
	while (index-- > 0) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	return *line && *line != '\n' ? strtoull(line, NULL, base) : 0;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : NULL;
}

uint64_t skald_proc_counter(const char *text, const char *group,
			    const char *name)
{
	const char *names = text, *values;
	size_t len = strlen(group);
	int index;

	while (names) {
		values = next_line(names);
		if (!values)
			break;
		if (!strncmp(names, group, len) && names[len] == ':') {
			index = word_index(names, name);
			if (index > 0)
				return number_at(values, index, 10);
		}
		names = next_line(values);
	}
	return 0;
}

uint64_t skald_proc_column(const char *text, const char *name)
{
	int index = word_index(text, name);
	const char *line = text;
	uint64_t sum = 0;

	if (index < 0)
		return 0;
	while ((line = next_line(line)) && *line)
		sum += number_at(line, index, 16);
	return sum;
}
