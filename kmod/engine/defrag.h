/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: reassembly
 *
 * Fragments of IPv4 (RFC 791) and IPv6 (RFC 8200, 4.5) become datagrams again,
 * with the kernel's policy: a fragment that overlaps another one destroys its
 * datagram (RFC 5722), one that is a part of what is there already is a
 * duplicate and ignored.
 *
 * Memory is bounded for all datagrams together, as is the time each may take,
 * and how far apart in its sender's packets its fragments may be (IPv4).
 * No locks: the owner lets one packet in at a time.
 */
#ifndef SKALD_ENGINE_DEFRAG_H
#define SKALD_ENGINE_DEFRAG_H

#include "ct_tuple.h"

/**
 * struct skald_defrag_settings - limits
 * @memory: bytes that may be held, ipfrag_high_thresh
 * @seconds4: time for an IPv4 datagram, ipfrag_time
 * @seconds6: time for an IPv6 datagram, nf_conntrack_frag6_timeout
 * @distance: IPv4: fragments that the sender may send meanwhile, 0: any;
 *	ipfrag_max_dist
 */
struct skald_defrag_settings {
	u32 memory;
	u32 seconds4;
	u32 seconds6;
	u32 distance;
};

/* The kernel's defaults. */
void skald_defrag_settings_default(struct skald_defrag_settings *settings);

struct skald_defrag;

/**
 * skald_defrag_new() - nothing to reassemble yet
 * @settings: copied
 * @key: of the hash; must be secret where senders are hostile
 *
 * Return: the object, NULL: no memory.
 */
struct skald_defrag *
skald_defrag_new(const struct skald_defrag_settings *settings,
		 const hsiphash_key_t *key);
void skald_defrag_free(struct skald_defrag *defrag);

/**
 * struct skald_datagram - a reassembled datagram
 * @bytes: from the network header on; the receiver's to free with
 *	skald_datagram_done()
 * @len: bytes
 */
struct skald_datagram {
	u8 *bytes;
	u32 len;
};

void skald_datagram_done(struct skald_datagram *datagram);

/**
 * skald_defrag_add() - a packet comes in
 * @defrag: the object
 * @view: the packet, headers known, @view->is_fragment
 * @zone: fragments of different zones do not meet
 * @now_ns: the time
 * @datagram: filled in when it is complete
 *
 * As nf_ct_ipv4_gather_frags() and nf_ct_frag6_gather().
 *
 * Return: 0: @datagram is complete; -EINPROGRESS: it was kept, or it was there
 * already; -ENOMSG: it goes on as it is; -EINVAL, -ENOMEM, -ENODATA: it was
 * dropped, and with it perhaps what it belonged to.
 */
int skald_defrag_add(struct skald_defrag *defrag, const struct skald_view *view,
		     u16 zone, u64 now_ns, struct skald_datagram *datagram);

/* Datagrams that took too long go. Return: how many */
u32 skald_defrag_expire(struct skald_defrag *defrag, u64 now_ns);

#endif /* SKALD_ENGINE_DEFRAG_H */
