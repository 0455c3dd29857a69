/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: translation from within
 *
 * What nat64_translate.c and nat64_icmp.c share; nobody else's business.
 */
#ifndef SKALD_ENGINE_NAT64_PARTS_H
#define SKALD_ENGINE_NAT64_PARTS_H

#include "nat64.h"

#define NAT64_IPV4_LEN 20u
#define NAT64_IPV6_LEN 40u
#define NAT64_FRAGMENT_LEN 8u
#define NAT64_ICMP_LEN 8u

/**
 * struct nat64_part - a packet that is being translated
 * @view: the frame it is in
 * @job: the job
 * @network: offset of its network header
 * @end: where its bytes end
 * @is_quoted: it is quoted in an ICMP error, perhaps not whole
 * @target: what it is to look like
 * @transport: found: offset of what follows the network header
 * @proto: found: protocol of that
 * @payload: found: bytes behind @transport that the packet had
 * @offset: found: fragment offset, in bytes
 * @more: found: more fragments follow
 * @is_fragment: found
 * @out: offset of the translated transport header in @job->bytes
 */
struct nat64_part {
	const struct skald_view *view;
	struct skald_nat64_job *job;
	u32 network;
	u32 end;
	bool is_quoted;
	const struct skald_ct_tuple *target;
	u32 transport;
	u8 proto;
	u32 payload;
	u16 offset;
	bool more;
	bool is_fragment;
	u32 out;
};

/* Drop it, and answer so. */
static inline int nat64_refuse(struct skald_nat64_job *job, u8 type, u8 code,
			       u32 value)
{
	job->icmp_type = type;
	job->icmp_code = code;
	job->icmp_value = value;
	return -EHOSTUNREACH;
}

/* Append bytes of the frame to the job. */
int skald_nat64_copy(struct skald_nat64_job *job, const struct skald_view *view,
		     u32 off, u32 len);

/**
 * skald_nat64_part() - append a translated packet to the job
 * @part: what is not found
 *
 * Return: as skald_nat64_translate().
 */
int skald_nat64_part(struct nat64_part *part);

/* The ICMP message of a part, whose network header is appended already. */
int skald_nat64_icmp(struct nat64_part *part);

#endif /* SKALD_ENGINE_NAT64_PARTS_H */
