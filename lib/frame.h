/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: snaps as frames
 *
 * A snap holds up to three pieces of a packet's beginning. Where they are known
 * to follow each other they make the truthful first bytes of a frame, which
 * other programs can dissect. Bytes are as the kernel had them: a checksum that
 * hardware was to fill in later is not corrected.
 */
#ifndef SKALD_LIB_FRAME_H
#define SKALD_LIB_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "story.h"

#define SKALD_FRAME_MAX (SKALD_SNAP_LL + SKALD_SNAP_NH + SKALD_SNAP_TH)

/**
 * struct skald_frame - the beginning of a frame
 * @linktype: SKALD_LINKTYPE_* of the first byte
 * @link_len: bytes in front of the network header
 * @captured: bytes in @bytes
 * @original: bytes the frame had, as far as its headers say; not less than
 *	@captured
 * @bytes: the bytes
 */
struct skald_frame {
	uint16_t linktype;
	uint16_t link_len;
	uint32_t captured;
	uint32_t original;
	uint8_t bytes[SKALD_FRAME_MAX];
};

/**
 * skald_frame_make() - put a frame together
 * @snap: what was seen; its lengths are not trusted
 * @with_link: use the link-layer header. A packet that was routed still
 *	carries the header it came in with: do not use it for the way out.
 * @frame: written whole
 *
 * Without a usable Ethernet header IP becomes LINKTYPE_RAW and everything else
 * LINKTYPE_LINUX_SLL. The transport header is left out when options or
 * extension headers that were not captured stand before it.
 */
void skald_frame_make(const struct skald_snap *snap, bool with_link,
		      struct skald_frame *frame);

/**
 * skald_frame_to_ethernet() - the same frame with an Ethernet header
 * @frame: of any link type; changed
 *
 * A header that was not seen has zero addresses, as those of loopback have:
 * libpcap reads files of one link type only.
 */
void skald_frame_to_ethernet(struct skald_frame *frame);

/* Whether the packet left this namespace by story->oif, as far as is known. */
bool skald_frame_left(const struct skald_story *story);
/* story->first and story->last as frames, with a link-layer header that fits */
void skald_frame_first(const struct skald_story *story,
		       struct skald_frame *frame);
void skald_frame_last(const struct skald_story *story,
		      struct skald_frame *frame);

#endif /* SKALD_LIB_FRAME_H */
