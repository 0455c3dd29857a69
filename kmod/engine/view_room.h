/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: flat frames that can grow
 *
 * A view of a frame in a buffer that has room behind it, so that what is
 * written into it may be longer than what it replaces.
 */
#ifndef SKALD_ENGINE_VIEW_ROOM_H
#define SKALD_ENGINE_VIEW_ROOM_H

#include "view.h"

/**
 * struct skald_view_room - a frame and its buffer
 * @view: the view; its @owner is this structure, which must not move
 * @size: bytes of the buffer
 */
struct skald_view_room {
	struct skald_view view;
	u32 size;
};

/**
 * skald_view_room_init() - a frame without headers known yet
 * @room: written
 * @data: the buffer, borrowed
 * @size: its bytes
 * @known: bytes of the frame in it, <= @size
 * @len: bytes the frame had, >= @known
 */
void skald_view_room_init(struct skald_view_room *room, void *data, u32 size,
			  u32 known, u32 len);

#endif /* SKALD_ENGINE_VIEW_ROOM_H */
