// SPDX-License-Identifier: GPL-2.0-only
/* Targets of x_tables, given the structures of the kernel's own headers: the
 * verdict, what is told to be done, and the packet's bytes. */
#include "rule_bench.h"

#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CLASSIFY.h>
#include <linux/netfilter/xt_CONNMARK.h>
#include <linux/netfilter/xt_CONNSECMARK.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_HMARK.h>
#include <linux/netfilter/xt_LOG.h>
#include <linux/netfilter/xt_MARK.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <linux/netfilter/xt_TCPOPTSTRIP.h>
#include <linux/netfilter/xt_TEE.h>
#include <linux/netfilter_ipv4/ipt_ECN.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>

#include "xt.h"

static void begin_at(struct bench *bench, u8 hook, const char *type)
{
	bench_begin(bench, NFPROTO_IPV4, hook, type);
	bench->ct.known = SKALD_VM_CT_ALL;
	bench->ct.has_entry = true;
}

static void add(struct bench *bench, const char *name, u32 revision,
		const void *info, u32 len)
{
	ADD(bench, "target", ATEXT(NFTA_TARGET_NAME, name),
	    A32(NFTA_TARGET_REV, revision),
	    ABYTES(NFTA_TARGET_INFO, info, len));
}

static enum outcome target(struct bench *bench, const char *name, u32 revision,
			   const void *info, u32 len, u8 *packet)
{
	enum outcome outcome = REFUSED;

	begin_at(bench, NF_INET_FORWARD, "filter");
	bench->mark = 0x55;
	add(bench, name, revision, info, len);
	bench_make_syn(packet);
	if (!bench_close(bench))
		outcome = bench_send(bench, packet, SYN_LEN);
	bench_done(bench);
	return outcome;
}

#define TARGET(bench, name, revision, info, packet) \
	target(bench, name, revision, &(info), sizeof(info), packet)

Test(xt_target, structures_that_are_too_short_are_refused)
{
	const struct skald_xt_ops *ops;
	static const u8 zero[8192];
	u8 packet[SYN_LEN];
	struct bench bench;
	u32 n;

	for (n = 0; (ops = skald_xt_kind(n)); n++) {
		if (ops->match || !ops->size ||
		    (ops->family && ops->family != NFPROTO_IPV4))
			continue;
		cr_expect_eq(target(&bench, ops->name,
				    ops->revision == SKALD_XT_ANY
					    ? 0
					    : ops->revision,
				    zero, ops->size - 1u, packet),
			     REFUSED, "%s", ops->name);
	}
}

Test(xt_target, one_without_an_entry_is_unknown)
{
	u8 packet[SYN_LEN];
	struct bench bench;
	u64 info = 0;

	cr_expect_eq(TARGET(&bench, "ORACLE", 0, info, packet), UNKNOWN);
}

Test(xt_target, marks_are_set)
{
	struct xt_mark_tginfo2 mark = { .mark = 0x0a, .mask = 0x0f };
	struct xt_connmark_tginfo1 save = {
		.mode = XT_CONNMARK_SAVE,
		.ctmask = ~0u,
		.nfmask = ~0u,
	};
	u8 packet[SYN_LEN];
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "MARK", 2, mark, packet), MATCHED);
	cr_expect_eq(bench.mark, 0x5a);
	cr_expect_eq(bench.verdict, NFT_CONTINUE);
	cr_expect_eq(TARGET(&bench, "CONNMARK", 1, save, packet), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_CT_MARK);
	cr_expect_eq(bench.effect.ct.value, 0x55);
}

Test(xt_target, priority_is_set)
{
	struct xt_classify_target_info info = { .priority = 0x10002 };
	u8 packet[SYN_LEN];
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "CLASSIFY", 0, info, packet), MATCHED);
	cr_expect_eq(bench.effect.meta.key, NFT_META_PRIORITY);
	cr_expect_eq(bench.effect.meta.value, 0x10002);
}

static u16 sum(const u8 *bytes, u32 len)
{
	u32 total = 0, i;

	for (i = 0; i < len; i += 2)
		total += get_unaligned_be16(bytes + i);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (u16)total;
}

/* The header's checksum follows: what the sum was, it stays. */
Test(xt_target, ttl_and_dscp_are_changed)
{
	struct ipt_TTL_info ttl = { .mode = IPT_TTL_SET, .ttl = 7 };
	struct xt_DSCP_info dscp = { .dscp = 46 };
	u8 packet[SYN_LEN];
	struct bench bench;
	u16 before;

	bench_make_syn(packet);
	before = sum(packet, 20);
	cr_expect_eq(TARGET(&bench, "TTL", 0, ttl, packet), MATCHED);
	cr_expect_eq(packet[8], 7);
	cr_expect_eq(sum(packet, 20), before);
	ttl.mode = IPT_TTL_DEC;
	cr_expect_eq(TARGET(&bench, "TTL", 0, ttl, packet), MATCHED);
	cr_expect_eq(packet[8], 57);
	ttl.mode = IPT_TTL_INC;
	ttl.ttl = 255;
	cr_expect_eq(TARGET(&bench, "TTL", 0, ttl, packet), MATCHED);
	cr_expect_eq(packet[8], 255, "no more than that");
	cr_expect_eq(TARGET(&bench, "DSCP", 0, dscp, packet), MATCHED);
	cr_expect_eq(packet[1], 46 << 2);
	cr_expect_eq(sum(packet, 20), before);
}

Test(xt_target, options_of_tcp_are_changed)
{
	struct xt_tcpmss_info mss = { .mss = 1200 };
	struct xt_tcpoptstrip_target_info strip = { .strip_bmap[0] = 1 << 2 };
	u8 packet[SYN_LEN], nops[4] = { 1, 1, 1, 1 };
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "TCPMSS", 0, mss, packet), MATCHED);
	cr_expect_eq(get_unaligned_be16(packet + 42), 1200);
	mss.mss = 1461;
	cr_expect_eq(TARGET(&bench, "TCPMSS", 0, mss, packet), MATCHED);
	cr_expect_eq(get_unaligned_be16(packet + 42), 1460, "never raised");
	cr_expect_eq(TARGET(&bench, "TCPOPTSTRIP", 0, strip, packet), MATCHED);
	cr_expect_arr_eq(packet + 40, nops, 4);
}

Test(xt_target, log_and_nflog_tell)
{
	struct xt_log_info log = { .level = 5, .prefix = "x" };
	struct xt_nflog_info nflog = { .group = 7 };
	u8 packet[SYN_LEN];
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "LOG", 0, log, packet), MATCHED);
	cr_expect_eq(bench.effect.log.level, 5);
	cr_expect_not(bench.effect.log.is_nflog);
	cr_expect_eq(bench.verdict, NFT_CONTINUE);
	cr_expect_eq(TARGET(&bench, "NFLOG", 0, nflog, packet), MATCHED);
	cr_expect(bench.effect.log.is_nflog);
	cr_expect_eq(bench.effect.log.group, 7);
}

Test(xt_target, queue_and_reject_decide)
{
	struct xt_NFQ_info_v3 queue = {
		.queuenum = 3,
		.queues_total = 1,
		.flags = NFQ_FLAG_BYPASS,
	};
	struct ipt_reject_info reject = { .with = IPT_ICMP_ADMIN_PROHIBITED };
	u8 packet[SYN_LEN];
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "NFQUEUE", 3, queue, packet), MATCHED);
	cr_expect_eq(bench.verdict, NF_QUEUE | 3 << 16 | 0x8000);
	cr_expect_eq(TARGET(&bench, "REJECT", 0, reject, packet), MATCHED);
	cr_expect_eq(bench.verdict, NF_DROP);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_REJECT);
	cr_expect_eq(bench.effect.reject.icmp_code, 13);
	reject.with = IPT_TCP_RESET;
	cr_expect_eq(TARGET(&bench, "REJECT", 0, reject, packet), MATCHED);
	cr_expect_eq(bench.effect.reject.type, NFT_REJECT_TCP_RST);
}

Test(xt_target, tee_copies)
{
	struct xt_tee_tginfo tee = { .gw.ip = htonl(0xc0000201) };
	u8 packet[SYN_LEN];
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "TEE", 1, tee, packet), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_DUP);
	cr_expect_arr_eq(bench.effect.dup.addr, &tee.gw.ip, 4);
}

Test(xt_target, ct_keeps_from_tracking)
{
	struct xt_ct_target_info_v1 info = { .flags = XT_CT_NOTRACK };
	struct bench bench;

	begin_at(&bench, NF_INET_PRE_ROUTING, "filter");
	bench.ct.has_entry = false;
	add(&bench, "CT", 2, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_NOTRACK);
}

static enum outcome nat(struct bench *bench, u8 hook, const char *name,
			u32 revision, const void *info, u32 len)
{
	begin_at(bench, hook, "nat");
	bench->effect_answer = NF_ACCEPT;
	add(bench, name, revision, info, len);
	return bench_syn(bench);
}

Test(xt_target, translations_tell_where_to)
{
	struct nf_nat_range2 range = {
		.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
		.min_addr.ip = htonl(0xc0000201),
		.max_addr.ip = htonl(0xc0000209),
		.min_proto.all = htons(8080),
		.max_proto.all = htons(8089),
	};
	struct nf_nat_ipv4_multi_range_compat old = { .rangesize = 1 };
	struct bench bench;

	cr_expect_eq(nat(&bench, NF_INET_PRE_ROUTING, "DNAT", 2, &range,
			 sizeof(range)),
		     MATCHED);
	cr_expect_eq(bench.verdict, NF_ACCEPT);
	cr_expect(bench.effect.nat.is_dnat);
	cr_expect_arr_eq(bench.effect.nat.min_addr, &range.min_addr.ip, 4);
	cr_expect_arr_eq(bench.effect.nat.max_addr, &range.max_addr.ip, 4);
	cr_expect_eq(bench.effect.nat.min_port, htons(8080));
	cr_expect_eq(bench.effect.nat.max_port, htons(8089));
	old.range[0].min.all = htons(99);
	old.range[0].max.all = htons(99);
	old.range[0].flags = NF_NAT_RANGE_PROTO_SPECIFIED;
	cr_expect_eq(nat(&bench, NF_INET_PRE_ROUTING, "REDIRECT", 0, &old,
			 sizeof(old)),
		     MATCHED);
	cr_expect_eq(bench.effect.nat.kind, SKALD_VM_NAT_REDIRECT);
	cr_expect_eq(bench.effect.nat.min_port, htons(99));
	cr_expect_eq(nat(&bench, NF_INET_POST_ROUTING, "MASQUERADE", 0, &old,
			 sizeof(old)),
		     MATCHED);
	cr_expect_eq(bench.effect.nat.kind, SKALD_VM_NAT_MASQUERADE);
}

Test(xt_target, ecn_of_both_headers)
{
	struct ipt_ECN_info info = {
		.operation = IPT_ECN_OP_SET_IP,
		.ip_ect = 2,
	};
	u8 packet[SYN_LEN];
	struct bench bench;

	cr_expect_eq(TARGET(&bench, "ECN", 0, info, packet), MATCHED);
	cr_expect_eq(packet[1], 2);
	info.operation = IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR;
	info.proto.tcp.cwr = 1;
	cr_expect_eq(TARGET(&bench, "ECN", 0, info, packet), MATCHED);
	cr_expect_eq(packet[1], 0);
	cr_expect_eq(packet[33], 0x82, "SYN, CWR");
}

Test(xt_target, hmark_is_the_same_both_ways)
{
	struct xt_hmark_info info = {
		.src_mask.all = { ~0u, ~0u, ~0u, ~0u },
		.dst_mask.all = { ~0u, ~0u, ~0u, ~0u },
		.port_mask.v32 = ~0u,
		.proto_mask = 0xffff,
		.hashrnd = 0xfeed,
		.hmodulus = 1000,
		.hoffset = 5000,
	};
	u8 there[SYN_LEN], back[SYN_LEN], bytes[4];
	struct bench bench;
	u32 mark;

	cr_expect_eq(TARGET(&bench, "HMARK", 0, info, there), MATCHED);
	mark = bench.mark;
	cr_expect(mark >= 5000 && mark < 6000);
	begin_at(&bench, NF_INET_FORWARD, "filter");
	add(&bench, "HMARK", 0, &info, sizeof(info));
	cr_assert_eq(bench_close(&bench), 0);
	bench_make_syn(back);
	memcpy(bytes, back + 12, 4);
	memcpy(back + 12, back + 16, 4);
	memcpy(back + 16, bytes, 4);
	memcpy(bytes, back + 20, 2);
	memcpy(back + 20, back + 22, 2);
	memcpy(back + 22, bytes, 2);
	cr_expect_eq(bench_send(&bench, back, sizeof(back)), MATCHED);
	cr_expect_eq(bench.mark, mark);
	back[23]++;
	cr_expect_eq(bench_send(&bench, back, sizeof(back)), MATCHED);
	cr_expect_neq(bench.mark, mark, "another port");
	bench_done(&bench);
}

Test(xt_target, security_marks_are_saved_once)
{
	struct xt_connsecmark_target_info info = { .mode = CONNSECMARK_SAVE };
	struct bench bench;
	u32 mark = 3;

	begin_at(&bench, NF_INET_FORWARD, "filter");
	FACT(&bench, SECMARK, mark);
	add(&bench, "CONNSECMARK", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.n_effects, 1);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_CT_SECMARK);
	cr_expect_eq(bench.effect.ct.value, 3);
	begin_at(&bench, NF_INET_FORWARD, "filter");
	FACT(&bench, SECMARK, mark);
	bench.ct.secmark = 4;
	add(&bench, "CONNSECMARK", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.n_effects, 0, "it has one");
	info.mode = CONNSECMARK_RESTORE;
	begin_at(&bench, NF_INET_FORWARD, "filter");
	bench.ct.secmark = 4;
	add(&bench, "CONNSECMARK", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.meta.key, NFT_META_SECMARK);
	cr_expect_eq(bench.effect.meta.value, 4);
}
