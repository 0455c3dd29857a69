/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: options of IPv4 and TCP, chunks of SCTP, options of DCCP */
#ifndef SKALD_ENGINE_OPTIONS_H
#define SKALD_ENGINE_OPTIONS_H

#include "env.h"
#include "vm.h"

/**
 * skald_options_tcp() - a TCP option
 * @tcp: the header with its options
 * @len: bytes of it
 * @type: kind of the option
 * @at: written: its offset
 * @size: written: its bytes, as it says; may go beyond @len
 *
 * The walk of nft_exthdr_tcp_eval(), which steps on by 1 where an option's
 * length is 0.
 *
 * Return: whether it is there.
 */
bool skald_options_tcp(const u8 *tcp, u32 len, u8 type, u32 *at, u32 *size);

/**
 * skald_options_ipv4() - an IPv4 option
 * @pkt: the context
 * @type: IPOPT_LSRR, _SSRR, _RR or _RA
 * @at: written: offset in the frame
 *
 * As ipv4_find_option(): the header's options must be in order as a whole.
 *
 * Return: 0; -ENOENT: it has none; -EINVAL: damaged, or of another type;
 * -ENODATA.
 */
int skald_options_ipv4(const struct skald_vm_pkt *pkt, u8 type, u32 *at);

/**
 * skald_options_sctp() - a chunk of SCTP
 * @pkt: the context
 * @type: its type
 * @any: only its presence matters
 * @need: bytes it must have
 * @at: written: offset in the frame
 */
int skald_options_sctp(const struct skald_vm_pkt *pkt, u8 type, bool any,
		       u32 need, u32 *at);

/* Where the options of DCCP begin, given the 12 bytes that all of its headers
 * have: __dccp_hdr_len(). */
u32 skald_options_dccp_start(const u8 *dccp);

/* Whether DCCP has an option. 0, -ENOENT, -ENODATA */
int skald_options_dccp(const struct skald_vm_pkt *pkt, u8 type);

#endif /* SKALD_ENGINE_OPTIONS_H */
