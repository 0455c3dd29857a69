/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: streams of records, made up
 *
 * Builds what skald.ko sends, datagram by datagram, in the form of a recorded
 * stream (kmod_source.h).
 */
#ifndef SKALD_TESTS_KMOD_STREAM_H
#define SKALD_TESTS_KMOD_STREAM_H

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <string.h>

#include "event.h"
#include "kmod_source.h"

#define STREAM_NOW UINT64_C(1700000000000000000)
#define STREAM_OFFSET UINT64_C(1699999999000000000)
#define STREAM_FAMILY 42
#define STREAM_CPUS 4

#define PLACE_NAT 500
#define PLACE_CHAIN 501
#define PLACE_DROP 502

/**
 * struct stream - a stream in the making
 * @bytes: so far
 * @records: of the batch that is being filled
 * @cpu: whose
 * @batch: newest batch
 * @seq: newest record of each CPU
 * @time: of the next record, CLOCK_MONOTONIC
 */
struct stream {
	struct skald_buffer bytes;
	struct skald_buffer records;
	uint32_t cpu;
	uint64_t batch;
	uint32_t seq[STREAM_CPUS];
	uint64_t time;
};

static inline void stream_begin(struct stream *stream)
{
	memset(stream, 0, sizeof(*stream));
	stream->time = 1000000;
	skald_buffer_put(&stream->bytes, SKALD_STREAM_MAGIC,
			 sizeof(SKALD_STREAM_MAGIC) - 1);
}

static inline void stream_done(struct stream *stream)
{
	skald_buffer_done(&stream->bytes);
	skald_buffer_done(&stream->records);
}

static inline void stream_datagram(struct stream *stream,
				   const struct nlmsghdr *nlh)
{
	const struct skald_stream_head head = {
		.len = nlh->nlmsg_len,
		.now_ns = STREAM_OFFSET + stream->time,
		.offset_ns = STREAM_OFFSET,
	};

	skald_buffer_put(&stream->bytes, &head, sizeof(head));
	skald_buffer_put(&stream->bytes, nlh, nlh->nlmsg_len);
}

static inline struct nlmsghdr *stream_message(void *buffer, uint8_t command)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *head;

	nlh->nlmsg_type = STREAM_FAMILY;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->cmd = command;
	return nlh;
}

/* Send what was put. */
static inline void stream_flush(struct stream *stream)
{
	char buffer[16384] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	if (!stream->records.len)
		return;
	nlh = stream_message(buffer, SKALD_CMD_RECORDS);
	mnl_attr_put_u64(nlh, SKALD_A_BATCH, ++stream->batch);
	mnl_attr_put_u32(nlh, SKALD_A_CPU, stream->cpu);
	mnl_attr_put(nlh, SKALD_A_RECORDS, stream->records.len,
		     stream->records.data);
	stream->records.len = 0;
	stream_datagram(stream, nlh);
}

/* Everything so far can be put in order. */
static inline void stream_watermark(struct stream *stream)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	stream_flush(stream);
	nlh = stream_message(buffer, SKALD_CMD_RECORDS);
	mnl_attr_put_u64(nlh, SKALD_A_BATCH, ++stream->batch);
	mnl_attr_put_u64(nlh, SKALD_A_WATERMARK, stream->time);
	stream_datagram(stream, nlh);
}

static inline void stream_reason(struct stream *stream, uint32_t number,
				 const char *name)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = stream_message(buffer, SKALD_CMD_REASONS);
	struct nlattr *nest = mnl_attr_nest_start(nlh, SKALD_A_REASON);

	mnl_attr_put_u32(nlh, SKALD_REASON_A_NUMBER, number);
	mnl_attr_put_strz(nlh, SKALD_REASON_A_NAME, name);
	mnl_attr_nest_end(nlh, nest);
	stream_datagram(stream, nlh);
}

static inline void stream_cpu(struct stream *stream, uint32_t cpu)
{
	stream_flush(stream);
	stream->cpu = cpu;
}

/* @record: with its own part filled; its head is completed. @len: of all */
static inline void stream_put(struct stream *stream, uint64_t packet,
			      uint16_t type, void *record, size_t len)
{
	struct skald_r_record *head = record;
	static const uint8_t zeros[8];

	head->time = stream->time++;
	head->packet = packet;
	head->type = type;
	head->seq = type == SKALD_R_NAME ? 0 : ++stream->seq[stream->cpu];
	head->len = (uint16_t)((len + 7) & ~7u);
	skald_buffer_put(&stream->records, record, len);
	skald_buffer_put(&stream->records, zeros, head->len - len);
}

static inline void stream_name(struct stream *stream, uint64_t place,
			       const char *text)
{
	union {
		struct skald_r_name name;
		uint8_t bytes[256];
	} r = { .name = { .place = place } };

	memcpy(r.name.name, text, strlen(text) + 1);
	stream_put(stream, 0, SKALD_R_NAME, &r,
		   sizeof(r.name) + strlen(text) + 1);
}

static inline struct skald_r_dev stream_dev(uint32_t index, const char *name)
{
	struct skald_r_dev dev = { .ifindex = index };

	strncpy(dev.name, name, sizeof(dev.name) - 1);
	return dev;
}

static inline void stream_mark(struct stream *stream, uint64_t packet)
{
	struct skald_r_mark mark = {
		.classifier = 1,
		.netns = 7,
		.in = stream_dev(2, "in"),
		.point = SKALD_POINT_RECEIVE,
	};

	stream_put(stream, packet, SKALD_R_MARK, &mark, sizeof(mark));
}

/* A UDP packet 10.1.0.2:40000 > @daddr:@dport. */
static inline void stream_snap(struct stream *stream, uint64_t packet,
			       const char *daddr, uint16_t dport, uint8_t ttl)
{
	union {
		struct skald_r_snap snap;
		uint8_t bytes[sizeof(struct skald_r_snap) + 32];
	} r = { .snap = { .protocol = htons(ETH_P_IP), .length = 32 } };
	uint8_t *ip = r.snap.bytes;

	r.snap.bytes_len = 28;
	ip[0] = 0x45;
	ip[3] = 32;
	ip[8] = ttl;
	ip[9] = 17;
	inet_pton(AF_INET, "10.1.0.2", ip + 12);
	inet_pton(AF_INET, daddr, ip + 16);
	ip[20] = 40000 >> 8;
	ip[21] = 40000 & 255;
	ip[22] = dport >> 8;
	ip[23] = dport & 255;
	stream_put(stream, packet, SKALD_R_SNAP, &r, sizeof(r.snap) + 28);
}

static inline void stream_hook(struct stream *stream, uint64_t packet,
			       uint8_t hook, uint64_t place, int32_t priority)
{
	union {
		struct skald_r_hook hook;
		uint8_t bytes[sizeof(struct skald_r_hook) +
			      sizeof(struct skald_r_function)];
	} r = { .hook = { .netns = 7, .family = 2, .hook = hook, .count = 1 } };

	r.hook.functions[0].place = place;
	r.hook.functions[0].priority = priority;
	stream_put(stream, packet, SKALD_R_HOOK, &r, sizeof(r));
}

static inline void stream_stage(struct stream *stream, uint64_t packet,
				uint8_t hook, uint64_t place, uint32_t verdict,
				uint8_t changed)
{
	struct skald_r_stage stage = {
		.place = place,
		.verdict = verdict,
		.took = 5,
		.family = 2,
		.hook = hook,
		.changed = changed,
	};

	stream_put(stream, packet, SKALD_R_STAGE, &stage, sizeof(stage));
}

/* @handle 0: the policy */
static inline void stream_nft(struct stream *stream, uint64_t packet,
			      const char *chain, uint64_t handle,
			      int32_t verdict, const char *target)
{
	union {
		struct skald_r_nft nft;
		uint8_t bytes[128];
	} r = { .nft = { .handle = handle, .verdict = verdict, .family = 1 } };

	r.nft.type = handle ? SKALD_NFT_RULE : SKALD_NFT_POLICY;
	r.nft.table_len = 2;
	r.nft.chain_len = (uint16_t)strlen(chain);
	r.nft.target_len = (uint16_t)strlen(target);
	memcpy(r.nft.names, "fw", 2);
	memcpy(r.nft.names + 2, chain, strlen(chain));
	memcpy(r.nft.names + 2 + strlen(chain), target, strlen(target));
	stream_put(stream, packet, SKALD_R_NFT, &r,
		   sizeof(r.nft) + 2 + strlen(chain) + strlen(target));
}

static inline void stream_link(struct stream *stream, uint64_t packet,
			       uint64_t parent, uint16_t how)
{
	struct skald_r_link link = {
		.parent = parent,
		.how = how,
		.netns = how == SKALD_LINK_NAMESPACE ? 8 : 7,
	};

	stream_put(stream, packet, SKALD_R_LINK, &link, sizeof(link));
}

static inline void stream_send(struct stream *stream, uint64_t packet)
{
	struct skald_r_transmit send = { .dev = stream_dev(3, "out") };

	stream_put(stream, packet, SKALD_R_SEND, &send, sizeof(send));
}

static inline void stream_deliver(struct stream *stream, uint64_t packet)
{
	struct skald_r_socket socket = {
		.inode = 99,
		.family = AF_INET,
		.type = SOCK_DGRAM,
		.protocol = IPPROTO_UDP,
		.lport = htons(6000),
	};

	stream_put(stream, packet, SKALD_R_DELIVER, &socket, sizeof(socket));
}

/* @type: SKALD_R_DROP, _CONSUME or _FREE */
static inline void stream_end(struct stream *stream, uint64_t packet,
			      uint16_t type, uint32_t reason, uint64_t place)
{
	struct skald_r_end end = { .reason = reason, .place = place };

	if (type != SKALD_R_DROP) {
		end.pid = 1234;
		memcpy(end.command, "server", 6);
	}
	stream_put(stream, packet, type, &end, sizeof(end));
}

/* @packets: bits of those that lost one */
static inline void stream_lost(struct stream *stream, uint64_t count,
			       uint64_t packets)
{
	struct skald_r_lost lost = { .count = count, .packets = packets };

	stream_put(stream, 0, SKALD_R_LOST, &lost, sizeof(lost));
	stream->seq[stream->cpu] += (uint32_t)count - 1;
}

/* A packet that is marked, forwarded through the chains and sent. */
static inline void stream_forward(struct stream *stream, uint64_t packet)
{
	stream_mark(stream, packet);
	stream_snap(stream, packet, "10.2.0.2", 6000, 64);
	stream_hook(stream, packet, 2, PLACE_CHAIN, 0);
	stream_nft(stream, packet, "fwd", 5, -3, "side");
	stream_nft(stream, packet, "side", 8, 1, "");
	stream_stage(stream, packet, 2, PLACE_CHAIN, 1, 0);
	stream_send(stream, packet);
	stream_end(stream, packet, SKALD_R_CONSUME, 0, 0);
}

static inline void stream_names(struct stream *stream)
{
	stream_name(stream, PLACE_CHAIN, "nft_do_chain_inet [nf_tables]");
	stream_name(stream, PLACE_NAT, "nf_nat_ipv4_pre_routing [nf_nat]");
	stream_name(stream, PLACE_DROP, "ip_rcv_core+0x10/0x20");
}

#endif /* SKALD_TESTS_KMOD_STREAM_H */
