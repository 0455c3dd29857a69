/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: nftables trace messages
 *
 * One NFT_MSG_TRACE taken apart. Nothing is copied: strings and headers point
 * into the message.
 */
#ifndef SKALD_LIB_TRACE_H
#define SKALD_LIB_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct nlmsghdr;

/* Beside a queue's number: the packet passes where nobody listens. */
#define SKALD_QUEUE_BYPASS 0x10000u
#define SKALD_QUEUE_NUMBER 0x0ffffu

/**
 * struct skald_trace - one trace message
 * @family: NFPROTO_* of the table
 * @nfproto: NFPROTO_* of the packet, 0: not told
 * @type: NFT_TRACETYPE_*
 * @verdict: enum skald_words_VERDICT; of the policy for a policy event
 * @id: the kernel's trace id: groups events until the packet ends, no more
 * @handle: rule, 0: none
 * @table: table
 * @chain: chain
 * @jump: target of a jump or goto, or NULL
 * @mark: nfmark, 0 when the message has none
 * @queue: when the verdict is queue: its number, SKALD_QUEUE_BYPASS
 * @has_headers: the message is the first of a base chain and shows the packet
 * @iif: input interface, with @has_headers
 * @oif: output interface, with @has_headers
 * @lltype: ARPHRD_* of the interface @ll is from
 * @ll: link-layer header or NULL
 * @nh: network header or NULL
 * @th: transport header or NULL
 * @ll_len: bytes
 * @nh_len: bytes
 * @th_len: bytes
 * @has_ct: the kernel (6.16 and later) told the conntrack state
 * @ct_state: enum skald_words_CTSTATE
 * @ct_dir: enum skald_words_CTDIR; valid when @ct_id is not 0
 * @ct_id: id of the entry
 * @ct_status: IPS_* bits
 */
struct skald_trace {
	uint8_t family;
	uint8_t nfproto;
	uint8_t type;
	uint8_t verdict;
	uint32_t id;
	uint64_t handle;
	const char *table;
	const char *chain;
	const char *jump;
	uint32_t mark;
	uint32_t queue;
	bool has_headers;
	uint32_t iif;
	uint32_t oif;
	uint16_t lltype;
	const uint8_t *ll;
	const uint8_t *nh;
	const uint8_t *th;
	uint8_t ll_len;
	uint8_t nh_len;
	uint8_t th_len;
	bool has_ct;
	uint8_t ct_state;
	uint8_t ct_dir;
	uint32_t ct_id;
	uint32_t ct_status;
};

/**
 * skald_trace_parse() - take a trace message apart
 * @nlh: a whole NFT_MSG_TRACE; its inside is not trusted
 * @trace: written on success
 *
 * Return: 0, or -EBADMSG when attributes are missing, short or unterminated.
 */
int skald_trace_parse(const struct nlmsghdr *nlh, struct skald_trace *trace);

#endif /* SKALD_LIB_TRACE_H */
