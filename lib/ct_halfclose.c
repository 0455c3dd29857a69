// SPDX-License-Identifier: GPL-2.0-only
/*
 * Half-closed connections: found by the FIN of either side.
 */
#include "ct_halfclose.h"

#include <stdlib.h>

#include "ct_tcp.h"

#define DAY_SECONDS 86400u
/* Longer than anything that is worth a histogram. */
#define KEEP_DAYS 30u

/**
 * struct skald_halfcloses - all of them
 * @timeouts: what the kernel's would have been
 * @rows: in order of their beginning, until the end
 * @n: how many
 * @room: for how many there is room
 * @first: first row of the table that is being looked at
 * @open: rows that are not over: index and one by hash of the entry's id,
 *	linear probing; 0: empty
 * @mask: slots of @open minus one
 * @n_slots: slots of @open in use
 */
struct skald_halfcloses {
	struct skald_ct_timeouts timeouts;
	struct skald_halfclose *rows;
	size_t n;
	size_t room;
	size_t first;
	size_t *open;
	size_t mask;
	size_t n_slots;
};

const char *skald_halfclose_end_word(enum skald_halfclose_end end)
{
	switch (end) {
	case SKALD_HALFCLOSE_CLOSED:
		return "closed";
	case SKALD_HALFCLOSE_RESET:
		return "reset";
	case SKALD_HALFCLOSE_GONE:
		return "gone";
	case SKALD_HALFCLOSE_OPEN:
		return "open";
	}
	return "unknown";
}

void skald_halfclose_timeouts(struct skald_ct_timeouts *timeouts)
{
	static const enum skald_ct_timeout cutting[] = {
		SKALD_CT_TIMEOUT_TCP_FIN_WAIT, SKALD_CT_TIMEOUT_TCP_CLOSE_WAIT,
		SKALD_CT_TIMEOUT_TCP_LAST_ACK, SKALD_CT_TIMEOUT_TCP_RETRANS,
		SKALD_CT_TIMEOUT_TCP_UNACK,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cutting); i++)
		timeouts->seconds[cutting[i]] = KEEP_DAYS * DAY_SECONDS;
}

struct skald_halfcloses *
skald_halfclose_new(const struct skald_ct_timeouts *timeouts)
{
	struct skald_halfcloses *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	all->timeouts = *timeouts;
	return all;
}

void skald_halfclose_free(struct skald_halfcloses *all)
{
	if (!all)
		return;
	free(all->open);
	free(all->rows);
	free(all);
}

/* ---- which are open ---- */

static size_t slot_of(const struct skald_halfcloses *all, uint64_t id)
{
	size_t slot = (size_t)(id * 0x9e3779b97f4a7c15ull >> 20) & all->mask;

	while (all->open[slot] && all->rows &&
	       all->rows[all->open[slot] - 1].id != id)
		slot = (slot + 1) & all->mask;
	return slot;
}

static struct skald_halfclose *find(const struct skald_halfcloses *all,
				    uint64_t id)
{
	size_t row = all->open && all->rows ? all->open[slot_of(all, id)] : 0;

	return row ? &all->rows[row - 1] : NULL;
}

/* Rows that are over stay in their slots: ids do not come again. */
static int grow_open(struct skald_halfcloses *all)
{
	size_t i, n = all->open ? (all->mask + 1) * 2 : 64;
	size_t *open = calloc(n, sizeof(*open));

	if (!open)
		return -ENOMEM;
	free(all->open);
	all->open = open;
	all->mask = n - 1;
	for (i = all->first; i < all->n; i++)
		open[slot_of(all, all->rows[i].id)] = i + 1;
	return 0;
}

static int grow_rows(struct skald_halfcloses *all)
{
	size_t room = all->room ? all->room * 2 : 64;
	struct skald_halfclose *rows =
		reallocarray(all->rows, room, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	all->rows = rows;
	all->room = room;
	return 0;
}

static int begin(struct skald_halfcloses *all,
		 const struct skald_ct_packet *packet)
{
	const struct skald_ct *ct = packet->ct;

	if ((!all->rows || all->n == all->room) && grow_rows(all))
		return -ENOMEM;
	if ((!all->open || all->n_slots * 2 > all->mask) && grow_open(all))
		return -ENOMEM;
	all->rows[all->n] = (struct skald_halfclose){
		.id = ct->id,
		.tuple = *skald_ct_tuple(ct, packet->dir),
		.begin_ns = packet->now_ns,
		.last_ns = packet->now_ns,
		.state = ct->proto.tcp.state,
		.end = SKALD_HALFCLOSE_OPEN,
	};
	all->open[slot_of(all, ct->id)] = ++all->n;
	all->n_slots++;
	return 0;
}

/* ---- what happens to them ---- */

static int64_t left_of(const struct skald_halfcloses *all,
		       const struct skald_halfclose *row, uint64_t now_ns)
{
	enum skald_ct_timeout timeout = SKALD_CT_TIMEOUT_TCP_CLOSE_WAIT;

	if (row->state == SKALD_CT_TCP_FIN_WAIT)
		timeout = SKALD_CT_TIMEOUT_TCP_FIN_WAIT;
	else if (row->state == SKALD_CT_TCP_LAST_ACK)
		timeout = SKALD_CT_TIMEOUT_TCP_LAST_ACK;
	return (int64_t)(all->timeouts.seconds[timeout] * SKALD_NS_PER_S) -
	       (int64_t)(now_ns - row->last_ns);
}

static void touch(struct skald_halfclose *row, uint64_t now_ns)
{
	row->gap_ns = max(row->gap_ns, now_ns - row->last_ns);
	row->lasted_ns = now_ns - row->begin_ns;
}

static void end(const struct skald_halfcloses *all, struct skald_halfclose *row,
		uint64_t now_ns, enum skald_halfclose_end how)
{
	touch(row, now_ns);
	row->left_ns = left_of(all, row, now_ns);
	row->end = how;
}

static uint8_t flags_of(const struct skald_view *view)
{
	uint8_t buf[1];
	const uint8_t *flags =
		skald_view_datagram(view, view->transport + 13, 1, buf);

	return flags ? *flags : 0;
}

static void go_on(struct skald_halfcloses *all, struct skald_halfclose *row,
		  const struct skald_ct_packet *packet, uint8_t flags)
{
	bool other = row->tuple.dir != packet->dir;

	if (flags & TCP_FLAG_RST) {
		end(all, row, packet->now_ns, SKALD_HALFCLOSE_RESET);
	} else if (flags & TCP_FLAG_FIN && other) {
		end(all, row, packet->now_ns, SKALD_HALFCLOSE_CLOSED);
	} else {
		touch(row, packet->now_ns);
		row->last_ns = packet->now_ns;
		row->state = packet->ct->proto.tcp.state;
	}
}

int skald_halfclose_packet(struct skald_halfcloses *all,
			   const struct skald_ct_packet *packet)
{
	const struct skald_ct *ct = packet->ct;
	struct skald_halfclose *row;
	uint8_t flags;

	if (!ct || packet->state == SKALD_CT_RELATED ||
	    skald_ct_protonum(ct) != IPPROTO_TCP ||
	    packet->view->l4proto != IPPROTO_TCP || packet->reason)
		return 0;
	flags = flags_of(packet->view);
	row = find(all, ct->id);
	if (row && row->end == SKALD_HALFCLOSE_OPEN)
		go_on(all, row, packet, flags);
	else if (!row && flags & TCP_FLAG_FIN && !(flags & TCP_FLAG_RST))
		return begin(all, packet);
	return 0;
}

void skald_halfclose_note(struct skald_halfcloses *all,
			  const struct skald_ct_note *note)
{
	struct skald_halfclose *row;

	if (note->kind != SKALD_CT_NOTE_DESTROY ||
	    note->end == SKALD_CT_END_TABLE)
		return;
	row = find(all, note->ct->id);
	if (row && row->end == SKALD_HALFCLOSE_OPEN)
		end(all, row, note->now_ns, SKALD_HALFCLOSE_GONE);
}

static int compare(const void *a, const void *b)
{
	const struct skald_halfclose *one = a;
	const struct skald_halfclose *other = b;

	return (one->lasted_ns > other->lasted_ns) -
	       (one->lasted_ns < other->lasted_ns);
}

void skald_halfclose_finish(struct skald_halfcloses *all, uint64_t now_ns)
{
	size_t i;

	for (i = all->first; i < all->n; i++) {
		if (all->rows[i].end == SKALD_HALFCLOSE_OPEN)
			end(all, &all->rows[i], now_ns, SKALD_HALFCLOSE_OPEN);
	}
	if (all->n)
		qsort(all->rows, all->n, sizeof(*all->rows), compare);
	free(all->open);
	all->open = NULL;
	all->n_slots = 0;
	all->first = all->n;
}

/* ---- what they say ---- */

const struct skald_halfclose *
skald_halfclose_all(const struct skald_halfcloses *all, size_t *n)
{
	*n = all->n;
	return all->rows;
}

/* Nearest rank. */
uint64_t skald_halfclose_percentile(const struct skald_halfcloses *all,
				    double percent)
{
	size_t rank = (size_t)((double)all->n * percent / 100 + 0.999999);

	if (!all->n)
		return 0;
	rank = rank ? rank : 1;
	return all->rows[min(rank, all->n) - 1].lasted_ns;
}

size_t skald_halfclose_cut(const struct skald_halfcloses *all,
			   uint64_t timeout_ns)
{
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		n += all->rows[i].gap_ns > timeout_ns;
	return n;
}
