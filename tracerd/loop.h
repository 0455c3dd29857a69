/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the main thread's event loop
 */
#ifndef SKALD_TRACERD_LOOP_H
#define SKALD_TRACERD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct skald_watch - a descriptor somebody waits for
 * @fd: the descriptor
 * @ready: called with EPOLL* events; may delete and free the watch
 * @user: for @ready
 */
struct skald_watch {
	int fd;
	void (*ready)(struct skald_watch *watch, uint32_t events);
	void *user;
};

/**
 * struct skald_loop - the loop
 * @epoll_fd: epoll instance
 * @stopped: skald_loop_run() returns
 */
struct skald_loop {
	int epoll_fd;
	bool stopped;
};

int skald_loop_init(struct skald_loop *loop);
void skald_loop_done(struct skald_loop *loop);
/* @watch lives until it is deleted. */
int skald_loop_add(struct skald_loop *loop, struct skald_watch *watch,
		   uint32_t events);
int skald_loop_change(struct skald_loop *loop, struct skald_watch *watch,
		      uint32_t events);
void skald_loop_delete(struct skald_loop *loop, struct skald_watch *watch);
/* Until skald_loop_stop(). Return: 0 or -errno */
int skald_loop_run(struct skald_loop *loop);
void skald_loop_stop(struct skald_loop *loop);

#endif /* SKALD_TRACERD_LOOP_H */
