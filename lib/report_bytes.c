// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet's bytes in a report: as it was marked and as it was last seen.
 */
#include "report_parts.h"

#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "pcapng.h"

#define ROW 16

static const char *link_words(const struct skald_frame *frame)
{
	switch (frame->linktype) {
	case SKALD_LINKTYPE_ETHERNET:
		return "from the Ethernet header on";
	case SKALD_LINKTYPE_LINUX_SLL:
		return "behind a cooked link-layer header";
	}
	return "from the IP header on";
}

/* Where the network headers stand in two frames, bytes are comparable. */
static bool is_changed(const struct skald_frame *frame, uint32_t at,
		       const struct skald_frame *other)
{
	int64_t there = (int64_t)at - frame->link_len + other->link_len;

	if (at < frame->link_len && !other->link_len)
		return false;
	return there >= 0 && there < other->captured &&
	       frame->bytes[at] != other->bytes[there];
}

static void row(char *line, size_t size, const struct skald_frame *frame,
		uint32_t start, const struct skald_frame *other)
{
	size_t used = (size_t)snprintf(line, size, "%04x ", start);
	uint32_t at;

	for (at = start; at < start + ROW && at < frame->captured; at++) {
		bool mark = other && is_changed(frame, at, other);

		used += (size_t)snprintf(line + used, size - used, "%s%02x",
					 mark ? "*" : " ", frame->bytes[at]);
	}
	snprintf(line + used, size - used, "\n");
}

static void dump(struct skald_md *md, const struct skald_frame *frame,
		 const struct skald_frame *other)
{
	char text[SKALD_FRAME_MAX * 4 + 64] = "", line[ROW * 4 + 16];
	uint32_t at;

	for (at = 0; at < frame->captured; at += ROW) {
		row(line, sizeof(line), frame, at, other);
		strncat(text, line, sizeof(text) - strlen(text) - 1);
	}
	skald_md_block(md, text);
}

static void headline(struct skald_md *md, const char *what,
		     const struct skald_frame *frame)
{
	skald_md_printf(md, "%s: %u of %u bytes, %s.\n\n", what,
			frame->captured, frame->original, link_words(frame));
}

void skald_report_bytes(struct skald_md *md, const struct skald_story *story)
{
	struct skald_frame first, last;

	skald_frame_first(story, &first);
	skald_frame_last(story, &last);
	skald_md_printf(md, "\n### Bytes\n\n");
	headline(md, "As it was marked", &first);
	dump(md, &first, NULL);
	if (skald_snap_same(&story->first, &story->last)) {
		skald_md_printf(md, "\nNo byte changed until it was last "
				    "seen.\n");
		return;
	}
	skald_md_printf(md, "\n");
	headline(md, "As it was last seen, changed bytes marked with *", &last);
	dump(md, &last, &first);
}
