/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: captures
 *
 * Frames of pcap and pcapng files, read by libpcap, with times in nanoseconds;
 * and the IP packet of a frame, whatever its link layer.
 */
#ifndef SKALD_LIB_CAPTURE_H
#define SKALD_LIB_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "view.h"

struct skald_capture;

/**
 * struct skald_capture_frame - a frame
 * @number: from 1 on
 * @t_ns: nanoseconds since the epoch
 * @bytes: as captured; borrowed until the next frame
 * @captured: how many
 * @original: how many there were, at least @captured
 * @interface: name of the interface it was captured on, as a pcapng file says;
 *	NULL: it does not
 * @id: a pcapng file's number of the packet, which other frames of the same
 *	packet have, too; 0: it does not say
 * @is_outgoing: a pcapng file says that the host sent it
 */
struct skald_capture_frame {
	uint64_t number;
	uint64_t t_ns;
	const uint8_t *bytes;
	uint32_t captured;
	uint32_t original;
	const char *interface;
	uint64_t id;
	bool is_outgoing;
};

/* @path: "-" is standard input. Return: 0, -errno with @error. */
int skald_capture_open(const char *path, struct skald_capture **capture,
		       struct skald_error *error);
void skald_capture_close(struct skald_capture *capture);

/* LINKTYPE_* of its frames, as pcapng has it. */
uint16_t skald_capture_linktype(const struct skald_capture *capture);

/**
 * skald_capture_next() - the next frame
 * @capture: the capture
 * @frame: filled in
 * @error: what is wrong with the file
 *
 * Return: 1: a frame; 0: that was all; -errno.
 */
int skald_capture_next(struct skald_capture *capture,
		       struct skald_capture_frame *frame,
		       struct skald_error *error);

/**
 * skald_capture_view() - the IP packet of a frame
 * @linktype: LINKTYPE_* of its first byte
 * @frame: the frame
 * @view: filled in, headers known; borrows @frame's bytes, which nobody
 *	writes to
 *
 * Packets inside VLAN tags, MPLS or PPPoE are not the host's that saw the
 * frame: it has none.
 *
 * Return: 0; -ENOMSG: there is none; -EINVAL: ip_rcv() or ip6_rcv_core() would
 * refuse it for its lengths.
 */
int skald_capture_view(uint16_t linktype,
		       const struct skald_capture_frame *frame,
		       struct skald_view *view);

#endif /* SKALD_LIB_CAPTURE_H */
