// SPDX-License-Identifier: GPL-2.0-only
/* Options of IPv4 and TCP, chunks of SCTP, options of DCCP. */
#include "options.h"

#include "expr_parts.h"
#include "vm_pkt.h"

#define TCP_MIN 20
#define IP_MIN 20
#define IP_OPTIONS_MAX 40
#define OPTION_END 0
#define OPTION_NOOP 1
#define OPTION_RR 7
#define OPTION_TIMESTAMP 68
#define OPTION_LSRR 131
#define OPTION_SSRR 137
#define OPTION_RA 148
#define DCCP_LONG_SEQ 0x01
#define DCCP_RESERVED_MAX 31

/* optlen(): end and no-operation, and damaged ones, are one byte long. */
static u32 tcp_option_len(const u8 *tcp, u32 at)
{
	if (tcp[at] <= 1 || !tcp[at + 1])
		return 1;
	return tcp[at + 1];
}

bool skald_options_tcp(const u8 *tcp, u32 len, u8 type, u32 *at, u32 *size)
{
	u32 i, step;

	for (i = TCP_MIN; i + 1 < len; i += step) {
		step = tcp_option_len(tcp, i);
		if (tcp[i] == type) {
			*at = i;
			*size = step;
			return true;
		}
	}
	return false;
}

/* What of an IPv4 header's options was seen so far; 0: not yet. */
struct seen {
	u32 source_route;
	u32 record_route;
	u32 timestamp;
	u32 alert;
	bool is_strict;
};

/* One option of __ip_options_compile(), as it checks a copy. */
static int see_option(struct seen *seen, const u8 *option, u32 len, u32 at)
{
	switch (option[0]) {
	case OPTION_SSRR:
	case OPTION_LSRR:
		if (len < 7 || option[2] != 4 || seen->source_route ||
		    ((len - 3) & 3))
			return -EINVAL;
		seen->is_strict = option[0] == OPTION_SSRR;
		seen->source_route = at;
		return 0;
	case OPTION_RR:
		if (seen->record_route || len < 3 || option[2] < 4 ||
		    (option[2] <= len && option[2] + 3u > len))
			return -EINVAL;
		seen->record_route = at;
		return 0;
	case OPTION_TIMESTAMP:
		if (seen->timestamp || len < 4 || option[2] < 5 ||
		    (option[2] <= len && option[2] + 3u > len))
			return -EINVAL;
		seen->timestamp = at;
		return 0;
	case OPTION_RA:
		if (len < 4)
			return -EINVAL;
		if (!option[2] && !option[3])
			seen->alert = at;
		return 0;
	default:
		return 0;
	}
}

static int see_options(struct seen *seen, const u8 *options, u32 len)
{
	u32 at, size;

	for (at = 0; at < len; at += size) {
		size = 1;
		if (options[at] == OPTION_END)
			return 0;
		if (options[at] == OPTION_NOOP)
			continue;
		if (len - at < 2)
			return -EINVAL;
		size = options[at + 1];
		if (size < 2 || size > len - at ||
		    see_option(seen, options + at, size, at + IP_MIN))
			return -EINVAL;
	}
	return 0;
}

int skald_options_ipv4(const struct skald_vm_pkt *pkt, u8 type, u32 *at)
{
	u32 network = skald_pkt_network(pkt), len, found = 0;
	u8 ip, options[IP_OPTIONS_MAX];
	struct seen seen = { 0 };
	int err = skald_pkt_copy(pkt, network, 1, &ip);

	if (err)
		return err;
	len = (u32)(ip & 0xf) * 4;
	if (len <= IP_MIN)
		return -ENOENT;
	len -= IP_MIN;
	err = skald_pkt_copy(pkt, network + IP_MIN, len, options);
	if (!err)
		err = see_options(&seen, options, len);
	if (err)
		return err;
	if (type == (seen.is_strict ? OPTION_SSRR : OPTION_LSRR))
		found = seen.source_route;
	else if (type == OPTION_RR)
		found = seen.record_route;
	else if (type == OPTION_RA)
		found = seen.alert;
	*at = network + found;
	return found ? 0 : -ENOENT;
}

int skald_options_sctp(const struct skald_vm_pkt *pkt, u8 type, bool any,
		       u32 need, u32 *at)
{
	u32 off = pkt->thoff + 12, len;
	u8 chunk[4];
	int err;

	do {
		err = skald_pkt_copy(pkt, off, sizeof(chunk), chunk);
		if (err)
			return err == -ENODATA ? err : -ENOENT;
		len = get_unaligned_be16(chunk + 2);
		if (!len)
			return -ENOENT;
		if (chunk[0] == type) {
			*at = off;
			if (any)
				return 0;
			return need <= len && off + len <= pkt->limit ? 0
								      : -ENOENT;
		}
		off += (len + 3) & ~3u;
	} while (off < pkt->limit);
	return -ENOENT;
}

/* __dccp_hdr_len(): header and what its packet type adds. */
u32 skald_options_dccp_start(const u8 *dccp)
{
	static const u8 more[16] = { 4, 8, 0, 8, 8, 8, 8, 12, 8, 8 };
	u32 base = dccp[8] & DCCP_LONG_SEQ ? 16 : 12;

	return base + more[dccp[8] >> 1 & 0xf];
}

int skald_options_dccp(const struct skald_vm_pkt *pkt, u8 type)
{
	u8 dccp[12], option[2];
	u32 at, end, left;
	int err = -ENOENT;

	if (pkt->tprot != IPPROTO_DCCP || pkt->fragoff)
		return -ENOENT;
	if (skald_pkt_copy(pkt, pkt->thoff, sizeof(dccp), dccp))
		return -ENOENT;
	at = skald_options_dccp_start(dccp);
	end = (u32)dccp[4] * 4;
	while (at < end) {
		left = min_t(u32, end - at, sizeof(option));
		err = skald_pkt_copy(pkt, pkt->thoff + at, left, option);
		if (err)
			return err == -ENODATA ? err : -ENOENT;
		if (option[0] == type)
			return 0;
		if (option[0] <= DCCP_RESERVED_MAX) {
			at++;
			continue;
		}
		if (left < 2 || option[1] < 2)
			return -ENOENT;
		at += option[1];
	}
	return -ENOENT;
}
