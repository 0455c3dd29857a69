/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: work that may end its process
 *
 * Libraries that crash or exit on odd input do so in a child, which writes what
 * it found into a pipe. What can be run as a program of its own is for tool.h.
 */
#ifndef SKALD_LIB_CHILD_H
#define SKALD_LIB_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "event.h"

/**
 * typedef skald_child_work - what is done in the child
 * @fd: the output goes there
 * @data: the caller's, as it was when the child was made
 *
 * The child has the network namespace and the credentials of the thread that
 * made it, standard input, output and error, and no other file.
 *
 * Return: 0, or a positive errno.
 */
typedef int skald_child_work(int fd, void *data);

/**
 * skald_child_read() - have a child do work and take what it writes
 * @work: the work
 * @data: for @work
 * @timeout_ms: after that it is killed
 * @output: what @work wrote is appended, whatever became of it, with a NUL
 *	behind it that @output's len does not count
 * @ended: written for -ECHILD only: the signal that killed it, or 0: it called
 *	exit(3)
 *
 * Thread-safe. Locks of other threads stay locked in the child for ever: the
 * caller holds those that @work needs, but for malloc's and stdio's, which
 * fork(2) of glibc takes care of.
 *
 * Return: 0; -ECHILD when the child ended otherwise than by returning from
 * @work, -ETIMEDOUT, -EFBIG when it writes without end, what @work returned,
 * negated, or another -errno.
 */
int skald_child_read(skald_child_work *work, void *data, int timeout_ms,
		     struct skald_buffer *output, int *ended);

/* Writes all of it, for a skald_child_work. Return: 0 or a positive errno */
int skald_child_write(int fd, const void *bytes, size_t len);

/* CLOCK_MONOTONIC in milliseconds, in so many of them. */
int64_t skald_child_deadline(int timeout_ms);

/**
 * skald_child_drain() - take what a child writes, up to its end
 * @pid: the child; it is reaped
 * @fd: the reading end of its pipe
 * @deadline: of skald_child_deadline()
 * @output: appended to, with a NUL behind it that its len does not count
 * @status: written on success, that of waitpid(2), or -1: somebody else reaps
 *	or ignores children
 *
 * Return: 0, -ETIMEDOUT, -EFBIG, -ENOMEM, or another -errno.
 */
int skald_child_drain(pid_t pid, int fd, int64_t deadline,
		      struct skald_buffer *output, int *status);

#endif /* SKALD_LIB_CHILD_H */
