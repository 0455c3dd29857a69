// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children that work, crash, exit, hang, and write before they do.
 */
#include "child.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define LINE "so many bytes of a line\n"
#define LINES 131072
#define LONG_MS 60000

TestSuite(child);

static struct skald_buffer output;
static int ended;

static int run(skald_child_work *work, void *data, int timeout_ms)
{
	skald_buffer_done(&output);
	ended = -1;
	return skald_child_read(work, data, timeout_ms, &output, &ended);
}

/* No child is left behind, a dead one neither. */
static void no_child(void)
{
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_assert_eq(errno, ECHILD);
	skald_buffer_done(&output);
}

static int write_much(int fd, void *data)
{
	int err = 0;

	for (int i = 0; i < LINES && !err; i++)
		err = skald_child_write(fd, data, strlen(data));
	return err;
}

Test(child, what_it_writes_comes_whole)
{
	size_t len = strlen(LINE);

	cr_assert_eq(run(write_much, (char *)LINE, LONG_MS), 0);
	cr_assert_eq(output.len, len * LINES);
	cr_assert_eq(output.data[output.len], '\0');
	for (size_t i = 0; i < LINES; i++)
		cr_assert_eq(memcmp(output.data + i * len, LINE, len), 0);
	no_child();
}

static int return_it(int fd, void *data)
{
	return *(int *)data;
}

Test(child, its_result_is_told)
{
	int results[] = { 0, ENOENT, EIO, ECANCELED };
	int odd[] = { 255, 256, -1 };

	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
		cr_assert_eq(run(return_it, &results[i], LONG_MS), -results[i]);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		cr_assert_eq(run(return_it, &odd[i], LONG_MS), -EIO);
	cr_assert_eq(ended, -1);
	cr_assert_eq(output.len, 0);
	no_child();
}

static int abort_it(int fd, void *data)
{
	abort();
}

static int fault(int fd, void *data)
{
	return raise(SIGSEGV);
}

static int write_and_fault(int fd, void *data)
{
	(void)skald_child_write(fd, LINE, strlen(LINE));
	return raise(SIGSEGV);
}

/* The parent's handlers and masks do not matter. */
Test(child, a_signal_that_kills_it_is_told)
{
	signal(SIGSEGV, SIG_IGN);
	cr_assert_eq(run(abort_it, NULL, LONG_MS), -ECHILD);
	cr_assert_eq(ended, SIGABRT);
	cr_assert_eq(run(fault, NULL, LONG_MS), -ECHILD);
	cr_assert_eq(ended, SIGSEGV);
	cr_assert_eq(run(write_and_fault, NULL, LONG_MS), -ECHILD);
	cr_assert_eq(ended, SIGSEGV);
	cr_assert_str_eq((const char *)output.data, LINE);
	no_child();
}

static int exit_it(int fd, void *data)
{
	exit(*(int *)data);
}

static int at_exit_fd;

static void at_exit(void)
{
	(void)skald_child_write(at_exit_fd, "x", 1);
}

/* A library that calls exit(3) runs none of the parent's handlers and writes
 * none of what the parent's stdio holds. */
Test(child, an_exit_is_the_childs_alone)
{
	int statuses[] = { 0, 1, EIO };
	char name[] = "/tmp/skald-child-XXXXXX";
	int fd = mkstemp(name);
	FILE *file = fdopen(fd, "w");

	cr_assert(file);
	unlink(name);
	at_exit_fd = STDERR_FILENO;
	cr_assert_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	cr_assert_eq(atexit(at_exit), 0);
	cr_assert_gt(fprintf(file, LINE), 0);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		cr_assert_eq(run(exit_it, &statuses[i], LONG_MS), -ECHILD);
		cr_assert_eq(ended, 0);
	}
	cr_assert_eq(lseek(fd, 0, SEEK_END), 0);
	(void)fclose(file);
	no_child();
}

static int hang(int fd, void *data)
{
	return pause();
}

static int close_and_hang(int fd, void *data)
{
	close(fd);
	return hang(fd, data);
}

Test(child, one_that_never_ends_is_killed)
{
	cr_assert_eq(run(hang, NULL, 50), -ETIMEDOUT);
	cr_assert_eq(run(close_and_hang, NULL, 50), -ETIMEDOUT);
	cr_assert_eq(ended, -1);
	no_child();
}

static int write_for_ever(int fd, void *data)
{
	char block[65536] = { 0 };
	int err = 0;

	while (!err)
		err = skald_child_write(fd, block, sizeof(block));
	return err;
}

Test(child, one_that_writes_without_end_is_killed)
{
	cr_assert_eq(run(write_for_ever, NULL, LONG_MS), -EFBIG);
	no_child();
}

/* Return: 0: nothing is open that should not be */
static int list_files(int fd, void *data)
{
	for (int i = STDERR_FILENO + 1; i < 1024; i++) {
		if (i != fd && fcntl(i, F_GETFD) >= 0)
			return EEXIST;
	}
	return fcntl(fd, F_GETFD) >= 0 ? 0 : EBADF;
}

Test(child, it_has_no_file_but_its_own)
{
	int high = dup2(STDIN_FILENO, 100);

	cr_assert_eq(high, 100);
	cr_assert_eq(run(list_files, NULL, LONG_MS), 0);
	close(high);
	no_child();
}

/* How it ended cannot be told then: that is no success. */
Test(child, where_children_are_ignored_none_ends_well)
{
	const char *const argv[] = { "true", NULL };
	int zero = 0;

	signal(SIGCHLD, SIG_IGN);
	cr_assert_eq(run(return_it, &zero, LONG_MS), -ECHILD);
	cr_assert_eq(ended, 0);
	skald_buffer_done(&output);
	cr_assert_eq(skald_tool_run(argv, LONG_MS, &output), 0);
	no_child();
}
