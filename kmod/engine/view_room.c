// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames in a buffer with room behind them.
 */
#include "view_room.h"

static int resize(struct skald_view *view, u32 at, s32 delta)
{
	struct skald_view_room *room =
		container_of(view, struct skald_view_room, view);

	if (delta > 0 && (u32)delta > room->size - view->known)
		return -ENOMEM;
	memmove(view->data + at + delta, view->data + at, view->known - at);
	view->linear = view->known = view->known + (u32)delta;
	view->len += (u32)delta;
	return 0;
}

static const struct skald_view_ops ops = { .resize = resize };

void skald_view_room_init(struct skald_view_room *room, void *data, u32 size,
			  u32 known, u32 len)
{
	skald_view_init(&room->view, data, known, len);
	room->view.ops = &ops;
	room->view.owner = room;
	room->size = size;
}
