/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who has a socket open
 *
 * A socket knows its inode number, processes know theirs by /proc/PID/fd. Going
 * through all of them takes time: what was found is kept for a while, and so is
 * that nothing was. Writer thread only.
 */
#ifndef SKALD_TRACERD_OWNER_H
#define SKALD_TRACERD_OWNER_H

#include <stdint.h>

#define SKALD_OWNERS 1024

/**
 * struct skald_owner - one socket
 * @inode: its inode number, 0: none here
 * @until_ns: CLOCK_MONOTONIC up to which it is trusted
 * @pid: a process that has it open, 0: none was found
 * @command: its name
 */
struct skald_owner {
	uint64_t inode;
	uint64_t until_ns;
	uint32_t pid;
	char command[16];
};

/**
 * struct skald_owners - what is known
 * @entries: one for each hash of an inode number
 * @scan_ns: CLOCK_MONOTONIC before which processes are not gone through
 */
struct skald_owners {
	struct skald_owner entries[SKALD_OWNERS];
	uint64_t scan_ns;
};

/* Return: pid, and @command written; 0: not known */
uint32_t skald_owners_find(struct skald_owners *owners, uint64_t inode,
			   char command[16]);

/* Somebody has seen that process at work with the socket. */
void skald_owners_learn(struct skald_owners *owners, uint64_t inode,
			uint32_t pid, const char command[16]);

#endif /* SKALD_TRACERD_OWNER_H */
