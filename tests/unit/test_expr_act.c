// SPDX-License-Identifier: GPL-2.0-only
/* Expressions that act: reject, queue, log, notrack, nat, masq, redir, tproxy,
 * synproxy, dup, fwd. */
#include "rule_bench.h"

static const u8 hop[4] = { 192, 0, 2, 1 };

static void begin_at(struct bench *bench, u8 hook, const char *type)
{
	bench_begin(bench, NFPROTO_IPV4, hook, type);
}

static void begin(struct bench *bench)
{
	begin_at(bench, NF_INET_LOCAL_IN, "filter");
}

static enum outcome reject(struct bench *bench, u32 type, u8 code)
{
	begin(bench);
	ADD(bench, "reject", A32(NFTA_REJECT_TYPE, type),
	    A8(NFTA_REJECT_ICMP_CODE, code));
	return bench_syn(bench);
}

Test(expr_act, reject_drops_and_tells)
{
	struct bench bench;

	cr_expect_eq(reject(&bench, NFT_REJECT_ICMP_UNREACH, 13), MATCHED);
	cr_expect_eq(bench.verdict, NF_DROP);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_REJECT);
	cr_expect_eq(bench.effect.reject.icmp_type, 3);
	cr_expect_eq(bench.effect.reject.icmp_code, 13);
	cr_expect_eq(reject(&bench, NFT_REJECT_ICMPX_UNREACH,
			    NFT_REJECT_ICMPX_ADMIN_PROHIBITED),
		     MATCHED);
	cr_expect_eq(bench.effect.reject.icmp_code, 13, "of this family");
	cr_expect_eq(reject(&bench, NFT_REJECT_ICMPX_UNREACH, 4), REFUSED);
	cr_expect_eq(reject(&bench, NFT_REJECT_TCP_RST, 0), MATCHED);
	cr_expect_eq(bench.effect.reject.type, NFT_REJECT_TCP_RST);
}

Test(expr_act, reject_is_of_certain_hooks)
{
	struct bench bench;

	begin_at(&bench, NF_INET_POST_ROUTING, "filter");
	ADD(&bench, "reject", A32(NFTA_REJECT_TYPE, NFT_REJECT_TCP_RST));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench);
	ADD(&bench, "reject", A32(NFTA_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH));
	cr_expect_eq(bench_syn(&bench), REFUSED, "a code is missing");
}

static enum outcome queue(struct bench *bench, u16 num, u16 total, u16 flags,
			  u32 cpu)
{
	begin(bench);
	FACT(bench, CPU, cpu);
	ADD(bench, "queue", A16(NFTA_QUEUE_NUM, num),
	    A16(NFTA_QUEUE_TOTAL, total), A16(NFTA_QUEUE_FLAGS, flags));
	return bench_syn(bench);
}

Test(expr_act, queue_has_number_and_flags_in_the_verdict)
{
	struct bench bench;

	cr_expect_eq(queue(&bench, 7, 1, 0, 0), MATCHED);
	cr_expect_eq(bench.verdict, NF_QUEUE | 7 << 16);
	cr_expect_eq(queue(&bench, 7, 1, NFT_QUEUE_FLAG_BYPASS, 0), MATCHED);
	cr_expect_eq(bench.verdict, NF_QUEUE | 7 << 16 | 0x8000);
	cr_expect_eq(queue(&bench, 7, 4, NFT_QUEUE_FLAG_CPU_FANOUT, 6),
		     MATCHED);
	cr_expect_eq(bench.verdict, NF_QUEUE | 9 << 16);
	cr_expect_eq(queue(&bench, 65535, 1, 0, 0), MATCHED);
	cr_expect_eq(queue(&bench, 65535, 2, 0, 0), REFUSED);
	cr_expect_eq(queue(&bench, 1, 0, 0, 0), REFUSED);
}

Test(expr_act, queue_by_register)
{
	u32 number = 12;
	struct bench bench;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, &number, 4);
	ADD(&bench, "queue", A32(NFTA_QUEUE_SREG_QNUM, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.verdict, NF_QUEUE | 12 << 16);
	begin(&bench);
	ADD(&bench, "queue", A32(NFTA_QUEUE_SREG_QNUM, NFT_REG_1),
	    A16(NFTA_QUEUE_NUM, 1));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

Test(expr_act, log_goes_to_one_of_two_places)
{
	struct bench bench;

	begin(&bench);
	ADD(&bench, "log", ATEXT(NFTA_LOG_PREFIX, "seen: "),
	    A32(NFTA_LOG_LEVEL, 6), A32(NFTA_LOG_FLAGS, 3));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_LOG);
	cr_expect_eq(bench.effect.log.level, 6);
	cr_expect_not(bench.effect.log.is_nflog);
	begin(&bench);
	ADD(&bench, "log", A16(NFTA_LOG_GROUP, 9), A32(NFTA_LOG_SNAPLEN, 64));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect(bench.effect.log.is_nflog);
	cr_expect_eq(bench.effect.log.group, 9);
	cr_expect_eq(bench.effect.log.snaplen, 64);
	begin(&bench);
	ADD(&bench, "log", A16(NFTA_LOG_GROUP, 9), A32(NFTA_LOG_LEVEL, 6));
	cr_expect_eq(bench_syn(&bench), REFUSED, "both at once");
}

/* NF_LOG_PREFIXLEN: 127 letters and an end. */
Test(expr_act, log_prefixes_have_a_longest)
{
	char prefix[130];
	struct bench bench;

	memset(prefix, 'x', sizeof(prefix));
	prefix[127] = '\0';
	begin(&bench);
	ADD(&bench, "log", ATEXT(NFTA_LOG_PREFIX, prefix));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	prefix[127] = 'x';
	prefix[128] = '\0';
	begin(&bench);
	ADD(&bench, "log", ATEXT(NFTA_LOG_PREFIX, prefix));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

Test(expr_act, notrack_is_done)
{
	struct bench bench;

	begin_at(&bench, NF_INET_PRE_ROUTING, "filter");
	bench_add(&bench, "notrack", ATTRS({ 0 }));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_NOTRACK);
}

static void add_nat(struct bench *bench, u32 type, u32 port_to)
{
	u8 port[2] = { 0x1f, 0x90 }, high[2] = { 0x20, 0 };

	bench_load(bench, NFT_REG_1, hop, 4);
	bench_load(bench, NFT_REG_2, port, 2);
	bench_load(bench, NFT_REG_3, high, 2);
	ADD(bench, "nat", A32(NFTA_NAT_TYPE, type),
	    A32(NFTA_NAT_FAMILY, NFPROTO_IPV4),
	    A32(NFTA_NAT_REG_ADDR_MIN, NFT_REG_1),
	    A32(NFTA_NAT_REG_PROTO_MIN, NFT_REG_2),
	    A32(NFTA_NAT_REG_PROTO_MAX, port_to));
}

Test(expr_act, nat_tells_where_to)
{
	struct bench bench;

	begin_at(&bench, NF_INET_PRE_ROUTING, "nat");
	bench.effect_answer = NF_ACCEPT;
	add_nat(&bench, NFT_NAT_DNAT, NFT_REG_3);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.verdict, NF_ACCEPT);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_NAT);
	cr_expect(bench.effect.nat.is_dnat);
	cr_expect_arr_eq(bench.effect.nat.min_addr, hop, 4);
	cr_expect_arr_eq(bench.effect.nat.max_addr, hop, 4);
	cr_expect_eq(bench.effect.nat.min_port, htons(8080));
	cr_expect_eq(bench.effect.nat.max_port, htons(8192));
	cr_expect_eq(bench.effect.nat.flags, 3);
}

Test(expr_act, nat_is_of_certain_hooks_and_chains)
{
	struct bench bench;

	begin_at(&bench, NF_INET_POST_ROUTING, "nat");
	add_nat(&bench, NFT_NAT_DNAT, NFT_REG_2);
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin_at(&bench, NF_INET_PRE_ROUTING, "nat");
	add_nat(&bench, NFT_NAT_SNAT, NFT_REG_2);
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin_at(&bench, NF_INET_PRE_ROUTING, "filter");
	add_nat(&bench, NFT_NAT_DNAT, NFT_REG_2);
	cr_expect_eq(bench_syn(&bench), REFUSED, "a chain for filters");
	begin_at(&bench, NF_INET_PRE_ROUTING, "nat");
	ADD(&bench, "nat", A32(NFTA_NAT_TYPE, NFT_NAT_DNAT),
	    A32(NFTA_NAT_FAMILY, NFPROTO_IPV4));
	cr_expect_eq(bench_syn(&bench), REFUSED, "nothing to translate to");
	begin_at(&bench, NF_INET_PRE_ROUTING, "nat");
	ADD(&bench, "nat", A32(NFTA_NAT_TYPE, NFT_NAT_DNAT),
	    A32(NFTA_NAT_FAMILY, NFPROTO_IPV6),
	    A32(NFTA_NAT_REG_ADDR_MIN, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), REFUSED, "the other family");
}

Test(expr_act, masq_and_redir_leave_the_address_to_the_host)
{
	struct bench bench;

	begin_at(&bench, NF_INET_POST_ROUTING, "nat");
	bench.effect_answer = NF_ACCEPT;
	ADD(&bench, "masq", A32(NFTA_MASQ_FLAGS, 4));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.nat.kind, SKALD_VM_NAT_MASQUERADE);
	cr_expect_eq(bench.effect.nat.flags, 4);
	cr_expect_not(bench.effect.nat.is_dnat);
	begin_at(&bench, NF_INET_PRE_ROUTING, "nat");
	bench.effect_answer = NF_ACCEPT;
	bench_load(&bench, NFT_REG_1, (u8[]){ 0, 99 }, 2);
	ADD(&bench, "redir", A32(NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.nat.kind, SKALD_VM_NAT_REDIRECT);
	cr_expect_eq(bench.effect.nat.min_port, htons(99));
	cr_expect_eq(bench.effect.nat.max_port, htons(99));
	begin_at(&bench, NF_INET_PRE_ROUTING, "nat");
	bench_add(&bench, "masq", ATTRS({ 0 }));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin_at(&bench, NF_INET_POST_ROUTING, "nat");
	bench_add(&bench, "redir", ATTRS({ 0 }));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

static enum outcome tproxy(struct bench *bench, u32 family, int answer)
{
	begin_at(bench, NF_INET_PRE_ROUTING, "filter");
	bench->effect_answer = answer;
	bench_load(bench, NFT_REG_1, (u8[]){ 0, 99 }, 2);
	ADD(bench, "tproxy", A32(NFTA_TPROXY_FAMILY, family),
	    A32(NFTA_TPROXY_REG_PORT, NFT_REG_1));
	return bench_syn(bench);
}

Test(expr_act, tproxy_needs_a_socket)
{
	struct bench bench;

	cr_expect_eq(tproxy(&bench, NFPROTO_IPV4, 0), MATCHED);
	cr_expect_eq(bench.effect.tproxy.port, htons(99));
	cr_expect_not(bench.effect.tproxy.has_addr);
	cr_expect_eq(tproxy(&bench, NFPROTO_IPV4, -ENOENT), MISSED);
	cr_expect_eq(tproxy(&bench, NFPROTO_IPV4, -ENODATA), UNKNOWN);
	cr_expect_eq(tproxy(&bench, NFPROTO_IPV6, 0), REFUSED);
	begin(&bench);
	ADD(&bench, "tproxy", A32(NFTA_TPROXY_FAMILY, NFPROTO_IPV4),
	    A32(NFTA_TPROXY_REG_PORT, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), REFUSED, "not at input");
}

static enum outcome synproxy(struct bench *bench, u8 flags_of_tcp, int answer)
{
	u8 packet[SYN_LEN];
	enum outcome outcome;

	begin(bench);
	bench->effect_answer = answer;
	ADD(bench, "synproxy", A16(NFTA_SYNPROXY_MSS, 1400),
	    A8(NFTA_SYNPROXY_WSCALE, 14), A32(NFTA_SYNPROXY_FLAGS, 3));
	cr_assert_eq(bench_close(bench), 0);
	bench_make_syn(packet);
	packet[33] = flags_of_tcp;
	outcome = bench_send(bench, packet, sizeof(packet));
	bench_done(bench);
	return outcome;
}

Test(expr_act, synproxy_answers_syns_itself)
{
	struct bench bench;

	cr_expect_eq(synproxy(&bench, 2, 0), MATCHED);
	cr_expect_eq(bench.verdict, NF_STOLEN);
	cr_expect_eq(bench.effect.synproxy.mss, 1400);
	cr_expect_eq(bench.effect.synproxy.wscale, 14);
	cr_expect_eq(synproxy(&bench, 16, -ENOENT), MATCHED);
	cr_expect_eq(bench.verdict, NF_DROP, "no cookie of ours");
	cr_expect_eq(synproxy(&bench, 16, -ENODATA), UNKNOWN);
	cr_expect_eq(synproxy(&bench, 2, -ENODATA), MATCHED);
	cr_expect_eq(bench.verdict, NF_STOLEN, "a SYN has no cookie");
	cr_expect_eq(synproxy(&bench, 1, -ENODATA), MATCHED);
	cr_expect_neq(bench.verdict, NF_DROP, "a FIN alone is let be");
	cr_expect_eq(synproxy(&bench, 1, -EINVAL), MATCHED);
	cr_expect_eq(bench.verdict, NF_DROP, "but not with a wrong checksum");
	begin(&bench);
	ADD(&bench, "synproxy", A8(NFTA_SYNPROXY_WSCALE, 15));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}

Test(expr_act, dup_sends_a_copy_on)
{
	struct bench bench;
	u32 dev = 3;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, hop, 4);
	bench_load(&bench, NFT_REG_2, &dev, 4);
	ADD(&bench, "dup", A32(NFTA_DUP_SREG_ADDR, NFT_REG_1),
	    A32(NFTA_DUP_SREG_DEV, NFT_REG_2));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_DUP);
	cr_expect_arr_eq(bench.effect.dup.addr, hop, 4);
	cr_expect_eq(bench.effect.dup.oif, 3);
	begin(&bench);
	ADD(&bench, "dup", A32(NFTA_DUP_SREG_DEV, NFT_REG_2));
	cr_expect_eq(bench_syn(&bench), REFUSED, "an address is missing");
}

static enum outcome fwd(struct bench *bench, u8 ttl)
{
	u8 packet[SYN_LEN];
	enum outcome outcome;
	u32 dev = 3;

	bench_begin(bench, NFPROTO_NETDEV, NF_NETDEV_INGRESS, "filter");
	bench_load(bench, NFT_REG_1, &dev, 4);
	bench_load(bench, NFT_REG_2, hop, 4);
	ADD(bench, "fwd", A32(NFTA_FWD_SREG_DEV, NFT_REG_1),
	    A32(NFTA_FWD_SREG_ADDR, NFT_REG_2),
	    A32(NFTA_FWD_NFPROTO, NFPROTO_IPV4));
	cr_assert_eq(bench_close(bench), 0);
	bench_make_syn(packet);
	packet[8] = ttl;
	outcome = bench_send(bench, packet, sizeof(packet));
	bench_done(bench);
	return outcome;
}

Test(expr_act, fwd_takes_the_packet_away)
{
	struct bench bench;

	cr_expect_eq(fwd(&bench, 64), MATCHED);
	cr_expect_eq(bench.verdict, NF_STOLEN);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_FWD);
	cr_expect_eq(bench.effect.dup.oif, 3);
	cr_expect_eq(fwd(&bench, 1), MATCHED);
	cr_expect_eq(bench.verdict, NF_DROP, "its time is over");
	begin(&bench);
	ADD(&bench, "fwd", A32(NFTA_FWD_SREG_DEV, NFT_REG_1));
	cr_expect_eq(bench_syn(&bench), REFUSED, "not at input");
	bench_begin(&bench, NFPROTO_NETDEV, NF_NETDEV_INGRESS, "filter");
	ADD(&bench, "fwd", A32(NFTA_FWD_SREG_DEV, NFT_REG_1),
	    A32(NFTA_FWD_SREG_ADDR, NFT_REG_2));
	cr_expect_eq(bench_syn(&bench), REFUSED, "a family is missing");
}
