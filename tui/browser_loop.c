// SPDX-License-Identifier: GPL-2.0-only
/*
 * The browser on a terminal: keys and the mouse as they come, work in between,
 * a look at the store four times a second.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "browser.h"
#include "keys.h"

#define POLL_MS 250
/* Counting takes at most one part in so many of the time. */
#define COUNT_SHARE 50
#define DOUBLE_CLICK_MS 400
/* Keys taken in before the screen is drawn again. */
#define KEYS_AT_ONCE 32

/**
 * struct loop - the loop's memory
 * @browser: the browser
 * @poll_ms: when to look at the store again, CLOCK_MONOTONIC
 * @count_ms: when to count what is in it again
 * @click_ms: when the last click was
 * @click_y: where
 */
struct loop {
	struct skald_browser *browser;
	long poll_ms;
	long count_ms;
	long click_ms;
	int click_y;
};

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take_mouse(struct loop *loop)
{
	enum skald_mouse mouse = SKALD_MOUSE_CLICK;
	long now = now_ms();
	MEVENT event;

	if (getmouse(&event) != OK)
		return;
	if (event.bstate & BUTTON4_PRESSED) {
		mouse = SKALD_MOUSE_WHEEL_UP;
	} else if (event.bstate & BUTTON5_PRESSED) {
		mouse = SKALD_MOUSE_WHEEL_DOWN;
	} else {
		if (event.y == loop->click_y &&
		    now - loop->click_ms < DOUBLE_CLICK_MS)
			mouse = SKALD_MOUSE_DOUBLE;
		loop->click_y = event.y;
		loop->click_ms = now;
	}
	skald_browser_mouse(loop->browser, mouse, event.y, event.x);
}

/* Return: false when no key is waiting */
static bool take_key(struct loop *loop)
{
	wint_t key;
	int kind = get_wch(&key);

	if (kind == ERR)
		return false;
	if (kind == KEY_CODE_YES && key == KEY_RESIZE)
		skald_screen_resized(&loop->browser->screen);
	else if (kind == KEY_CODE_YES && key == KEY_MOUSE)
		take_mouse(loop);
	else if (kind == KEY_CODE_YES)
		skald_browser_key(loop->browser, SKALD_KEY_CODE + (int)key);
	else
		skald_browser_key(loop->browser, (int)key);
	return true;
}

/* Return: 1 input, 0 none in time, -EIO the terminal is gone */
static int wait_input(long timeout_ms)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int n = poll(&fd, 1, (int)timeout_ms);

	if (n < 0)
		return errno == EINTR ? 1 : -EIO;
	if (fd.revents & (POLLHUP | POLLERR | POLLNVAL))
		return -EIO;
	return n;
}

static long time_left(const struct loop *loop)
{
	long left = loop->poll_ms - now_ms();

	return left > 0 ? left : 0;
}

static void look_at_store(struct loop *loop)
{
	long start = now_ms();

	skald_browser_poll(loop->browser);
	loop->poll_ms = start + POLL_MS;
	if (start < loop->count_ms)
		return;
	skald_browser_count(loop->browser);
	loop->count_ms = now_ms() + POLL_MS + COUNT_SHARE * (now_ms() - start);
}

static int turn(struct loop *loop, bool busy)
{
	int input = wait_input(busy ? 0 : time_left(loop));
	int keys;

	if (input < 0)
		return input;
	for (keys = 0; input && keys < KEYS_AT_ONCE; keys++) {
		if (loop->browser->quit || !take_key(loop))
			break;
	}
	if (!time_left(loop))
		look_at_store(loop);
	return 0;
}

int skald_browser_run(struct skald_browser *browser)
{
	struct loop loop = { .browser = browser };
	bool busy = true;
	int err = 0;

	while (!browser->quit && !err) {
		skald_browser_draw(browser);
		err = turn(&loop, busy);
		if (!err && !browser->quit)
			busy = skald_browser_work(browser);
	}
	return err;
}
