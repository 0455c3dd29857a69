// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event loop: epoll, one event at a time, so that a callback may free any
 * watch.
 */
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int skald_loop_init(struct skald_loop *loop)
{
	loop->stopped = false;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll_fd < 0 ? -errno : 0;
}

void skald_loop_done(struct skald_loop *loop)
{
	close(loop->epoll_fd);
}

static int control(struct skald_loop *loop, int what, struct skald_watch *watch,
		   uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll_fd, what, watch->fd, &event) ? -errno : 0;
}

int skald_loop_add(struct skald_loop *loop, struct skald_watch *watch,
		   uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, watch, events);
}

int skald_loop_change(struct skald_loop *loop, struct skald_watch *watch,
		      uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, watch, events);
}

void skald_loop_delete(struct skald_loop *loop, struct skald_watch *watch)
{
	(void)control(loop, EPOLL_CTL_DEL, watch, 0); /* gone is gone */
}

int skald_loop_run(struct skald_loop *loop)
{
	struct epoll_event event;
	struct skald_watch *watch;
	int n;

	while (!loop->stopped) {
		n = epoll_wait(loop->epoll_fd, &event, 1, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 1)
			continue;
		watch = event.data.ptr;
		watch->ready(watch, event.events);
	}
	return 0;
}

void skald_loop_stop(struct skald_loop *loop)
{
	loop->stopped = true;
}
