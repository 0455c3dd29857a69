// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames from snaps. Called by export_pcapng.c and report_bytes.c.
 */
#include "frame.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "pcapng.h"

#define IP6_HEADER 40
#define SLL_LEN 16

static unsigned int be16(const uint8_t *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

static size_t at_most(size_t len, size_t max)
{
	return len < max ? len : max;
}

static unsigned int ethertype(const struct skald_snap *snap, size_t nh_len)
{
	if (snap->ethertype || !nh_len)
		return snap->ethertype;
	switch (snap->nh[0] >> 4) {
	case 4:
		return ETH_P_IP;
	case 6:
		return ETH_P_IPV6;
	}
	return 0;
}

/*
 * nf_trace_fill_pkt_info() cuts at 20 bytes: longer link-layer headers
 * (PPPoE, two VLAN tags) do not reach the network header. Whole ones end in
 * the ethertype.
 */
static size_t link_len(const struct skald_snap *snap, unsigned int type)
{
	size_t len = at_most(snap->ll_len, SKALD_SNAP_LL);

	if (snap->lltype != ARPHRD_ETHER && snap->lltype != ARPHRD_LOOPBACK)
		return 0;
	if (len < ETH_HLEN || (type && be16(snap->ll + len - 2) != type))
		return 0;
	return len;
}

static bool is_extension(unsigned int next_header)
{
	switch (next_header) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
		return true;
	}
	return false;
}

/* Whether the transport header begins where the network header's bytes end. */
static bool follows(const struct skald_snap *snap, unsigned int type,
		    size_t nh_len)
{
	if (type == ETH_P_IP)
		return nh_len && nh_len == (snap->nh[0] & 0x0fu) * 4;
	if (type == ETH_P_IPV6)
		return nh_len == IP6_HEADER && !is_extension(snap->nh[6]);
	return false;
}

static void put(struct skald_frame *frame, const void *bytes, size_t len)
{
	memcpy(frame->bytes + frame->captured, bytes, len);
	frame->captured += (uint32_t)len;
}

/* A cooked header says what follows and claims no addresses. */
static void put_cooked(struct skald_frame *frame, const struct skald_snap *snap,
		       unsigned int type)
{
	uint8_t header[SLL_LEN] = { 0 };

	header[1] = snap->iif ? 0 : 4; /* to us, or sent by us */
	header[2] = (uint8_t)(ARPHRD_VOID >> 8);
	header[3] = (uint8_t)ARPHRD_VOID;
	header[14] = (uint8_t)(type >> 8);
	header[15] = (uint8_t)type;
	put(frame, header, sizeof(header));
}

static void put_link(struct skald_frame *frame, const struct skald_snap *snap,
		     unsigned int type, bool with_link)
{
	size_t len = with_link ? link_len(snap, type) : 0;

	if (len) {
		frame->linktype = SKALD_LINKTYPE_ETHERNET;
		put(frame, snap->ll, len);
	} else if (type == ETH_P_IP || type == ETH_P_IPV6) {
		frame->linktype = SKALD_LINKTYPE_RAW;
	} else {
		frame->linktype = SKALD_LINKTYPE_LINUX_SLL;
		put_cooked(frame, snap, type);
	}
	frame->link_len = (uint16_t)frame->captured;
}

/* Length from the network header on, as the header says; 0: it does not. */
static uint32_t stated_len(const struct skald_snap *snap, unsigned int type,
			   size_t nh_len)
{
	if (type == ETH_P_IP && nh_len >= 4)
		return be16(snap->nh + 2);
	if (type == ETH_P_IPV6 && nh_len >= 6)
		return IP6_HEADER + be16(snap->nh + 4);
	return 0;
}

void skald_frame_make(const struct skald_snap *snap, bool with_link,
		      struct skald_frame *frame)
{
	size_t nh_len = at_most(snap->nh_len, SKALD_SNAP_NH);
	size_t th_len = at_most(snap->th_len, SKALD_SNAP_TH);
	unsigned int type = ethertype(snap, nh_len);

	memset(frame, 0, sizeof(*frame));
	put_link(frame, snap, type, with_link);
	put(frame, snap->nh, nh_len);
	if (follows(snap, type, nh_len))
		put(frame, snap->th, th_len);
	frame->original = frame->link_len + stated_len(snap, type, nh_len);
	if (frame->original < frame->captured)
		frame->original = frame->captured;
}

/* What a header of @frame's link type says of the bytes behind it. */
static unsigned int frame_ethertype(const struct skald_frame *frame)
{
	if (frame->linktype == SKALD_LINKTYPE_LINUX_SLL)
		return be16(frame->bytes + SLL_LEN - 2);
	return frame->captured && frame->bytes[0] >> 4 == 6 ? ETH_P_IPV6
							    : ETH_P_IP;
}

void skald_frame_to_ethernet(struct skald_frame *frame)
{
	unsigned int type = frame_ethertype(frame);
	uint32_t payload = frame->captured - frame->link_len;

	if (frame->linktype == SKALD_LINKTYPE_ETHERNET)
		return;
	memmove(frame->bytes + ETH_HLEN, frame->bytes + frame->link_len,
		payload);
	memset(frame->bytes, 0, ETH_HLEN - 2);
	frame->bytes[ETH_HLEN - 2] = (uint8_t)(type >> 8);
	frame->bytes[ETH_HLEN - 1] = (uint8_t)type;
	frame->original = frame->original - frame->link_len + ETH_HLEN;
	frame->captured = payload + ETH_HLEN;
	frame->link_len = ETH_HLEN;
	frame->linktype = SKALD_LINKTYPE_ETHERNET;
}

bool skald_frame_left(const struct skald_story *story)
{
	return story->ending.kind == SKALD_ENDING_SENT && story->oif;
}

/*
 * Only a bridged packet leaves with the link-layer header it came with; a
 * routed one still has the old header in front when the last chain sees it.
 */
static bool is_bridged(const struct skald_story *story)
{
	const struct skald_event *event = story->events;

	return story->n_events && event->kind == SKALD_MARK &&
	       SKALD_HAS(event, mark, family) &&
	       (event->ev_mark.family == SKALD_FAMILY_BRIDGE ||
		event->ev_mark.family == SKALD_FAMILY_NETDEV);
}

void skald_frame_first(const struct skald_story *story,
		       struct skald_frame *frame)
{
	skald_frame_make(&story->first, true, frame);
}

void skald_frame_last(const struct skald_story *story,
		      struct skald_frame *frame)
{
	bool has_old_header =
		skald_frame_left(story) && story->iif && !is_bridged(story);

	skald_frame_make(&story->last, !has_old_header, frame);
}
