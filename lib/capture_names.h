/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: interfaces of captures
 *
 * A pcapng file says of each packet which interface it was captured on; libpcap
 * reads that and does not tell. This reads the same bytes beside it: whoever
 * hands a file to libpcap feeds them here too, in pieces of any size, and asks
 * once for each packet that libpcap returns. What is no pcapng has no names.
 */
#ifndef SKALD_LIB_CAPTURE_NAMES_H
#define SKALD_LIB_CAPTURE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct skald_capture_names;

/* Return: NULL: no memory */
struct skald_capture_names *skald_capture_names_new(void);
void skald_capture_names_free(struct skald_capture_names *names);

/* The next bytes of the file. */
void skald_capture_names_feed(struct skald_capture_names *names,
			      const void *bytes, size_t len);

/**
 * skald_capture_names_next() - where the next packet was captured
 * @names: fed up to that packet at least
 *
 * Return: if_name of its interface, valid until @names is freed; NULL: the file
 * does not say.
 */
const char *skald_capture_names_next(struct skald_capture_names *names);

#endif /* SKALD_LIB_CAPTURE_NAMES_H */
