/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: interfaces of captures
 *
 * A pcapng file says of each packet which interface it was captured on, and may
 * say which way it went and which packet it is; libpcap reads that and does not
 * tell. This reads the same bytes beside it: whoever
 * hands a file to libpcap feeds them here too, in pieces of any size, and asks
 * once for each packet that libpcap returns. What is no pcapng has no names.
 */
#ifndef SKALD_LIB_CAPTURE_NAMES_H
#define SKALD_LIB_CAPTURE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct skald_capture_names;

/**
 * struct skald_capture_origin - what a file says of a packet beside its bytes
 * @interface: if_name, valid until the names are freed; NULL: not said
 * @id: epb_packetid; 0: not said
 * @is_outgoing: epb_flags say outbound
 */
struct skald_capture_origin {
	const char *interface;
	uint64_t id;
	bool is_outgoing;
};

/* Return: NULL: no memory */
struct skald_capture_names *skald_capture_names_new(void);
void skald_capture_names_free(struct skald_capture_names *names);

/* The next bytes of the file. */
void skald_capture_names_feed(struct skald_capture_names *names,
			      const void *bytes, size_t len);

/**
 * skald_capture_names_next() - where the next packet was captured
 * @names: fed up to that packet at least
 * @origin: written whole; of a file that does not say, all of it is 0
 *
 * Options that stand behind more than 4 KiB of packet are not seen.
 */
void skald_capture_names_next(struct skald_capture_names *names,
			      struct skald_capture_origin *origin);

#endif /* SKALD_LIB_CAPTURE_NAMES_H */
