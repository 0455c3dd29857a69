// SPDX-License-Identifier: GPL-2.0-only
/* Expressions that ask the world: meta, ct, fib, rt, socket, xfrm, tunnel, osf,
 * flow_offload. */
#include "rule_bench.h"

#define FORWARD NF_INET_FORWARD
/* Of ct->status: IPS_CONFIRMED. */
#define CONFIRMED 8

static void begin_at(struct bench *bench, u8 hook)
{
	bench_begin(bench, NFPROTO_IPV4, hook, "filter");
	bench->ct.known = SKALD_VM_CT_ALL;
	bench->ct.has_entry = true;
	bench->ct.l3num = NFPROTO_IPV4;
	bench->ct.l4num = IPPROTO_TCP;
}

static void begin(struct bench *bench)
{
	begin_at(bench, NF_INET_LOCAL_IN);
}

static void get_meta(struct bench *bench, u32 key, const void *want, u32 len)
{
	code_meta(&bench->code, key);
	bench_expect(bench, want, len);
}

static enum outcome meta(u32 key, const void *want, u32 len)
{
	struct bench bench;

	begin(&bench);
	strcpy(bench.link.name, "eth7");
	strcpy(bench.link.kind, "vlan");
	bench.link.type = 772;
	bench.link.group = 4;
	bench.mark = 0x55;
	bench.now = 1795422545222040767ull;
	get_meta(&bench, key, want, len);
	return bench_syn(&bench);
}

#define META(key, type, value)                                            \
	({                                                                \
		type wanted = (value);                                    \
		cr_expect_eq(meta(key, &wanted, sizeof(wanted)), MATCHED, \
			     #key);                                       \
	})

Test(expr_world, meta_reads_what_is_known_of_the_packet)
{
	char name[16] = "eth7", kind[16] = "vlan";

	META(NFT_META_LEN, u32, SYN_LEN);
	META(NFT_META_PROTOCOL, u16, htons(ETH_P_IP));
	META(NFT_META_NFPROTO, u8, NFPROTO_IPV4);
	META(NFT_META_L4PROTO, u8, IPPROTO_TCP);
	META(NFT_META_MARK, u32, 0x55);
	META(NFT_META_IIF, u32, 1);
	META(NFT_META_OIF, u32, 2);
	META(NFT_META_IIFTYPE, u16, 772);
	META(NFT_META_OIFTYPE, u16, 772);
	META(NFT_META_IIFGROUP, u32, 4);
	META(NFT_META_OIFGROUP, u32, 4);
	META(NFT_META_TIME_NS, u64, 1795422545222040767ull);
	META(NFT_META_TIME_HOUR, u32, 1795422545u % 86400);
	cr_expect_eq(meta(NFT_META_IIFNAME, name, 16), MATCHED);
	cr_expect_eq(meta(NFT_META_OIFNAME, name, 16), MATCHED);
	cr_expect_eq(meta(NFT_META_IIFKIND, kind, 16), MATCHED);
	cr_expect_eq(meta(NFT_META_OIFKIND, kind, 16), MATCHED);
}

/* A fact of the world by its key, and what happens when it is not known. */
static void expect_fact(u32 key, enum skald_fact which, u32 len)
{
	struct bench bench;
	u8 value[32] = { 1 };

	begin(&bench);
	memcpy(bench.facts[which], value, sizeof(value));
	get_meta(&bench, key, value, len);
	cr_expect_eq(bench_syn(&bench), MATCHED, "key %u", key);
	begin(&bench);
	bench.missing = 1u << which;
	get_meta(&bench, key, value, len);
	cr_expect_eq(bench_syn(&bench), UNKNOWN, "key %u", key);
	cr_expect_not_null(bench.miss.missing);
}

Test(expr_world, meta_facts_are_asked_for)
{
	expect_fact(NFT_META_SKUID, SKALD_FACT_SKUID, 4);
	expect_fact(NFT_META_SKGID, SKALD_FACT_SKGID, 4);
	expect_fact(NFT_META_RTCLASSID, SKALD_FACT_RTCLASSID, 4);
	expect_fact(NFT_META_SECMARK, SKALD_FACT_SECMARK, 4);
	expect_fact(NFT_META_CPU, SKALD_FACT_CPU, 4);
	expect_fact(NFT_META_CGROUP, SKALD_FACT_CGROUP, 4);
	expect_fact(NFT_META_PRANDOM, SKALD_FACT_RANDOM, 4);
	expect_fact(NFT_META_SECPATH, SKALD_FACT_SECPATH, 1);
	expect_fact(NFT_META_PKTTYPE, SKALD_FACT_PKTTYPE, 1);
	expect_fact(NFT_META_SDIF, SKALD_FACT_SDIF, 4);
}

Test(expr_world, meta_day_is_of_the_kernels_time_zone)
{
	/* Sunday, 29 November 2026, 00:30 UTC, in a zone an hour to the west */
	u64 now = 1795912200ull * 1000000000ull;
	s32 west = 60;
	u8 saturday = 6, sunday = 0;
	struct bench bench;

	begin(&bench);
	FACT(&bench, TIMEZONE, west);
	bench.now = now;
	get_meta(&bench, NFT_META_TIME_DAY, &saturday, 1);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	bench.now = now;
	get_meta(&bench, NFT_META_TIME_DAY, &sunday, 1);
	cr_expect_eq(bench_syn(&bench), MATCHED);
}

static enum outcome set_meta(struct bench *bench, u32 key, u32 value)
{
	begin(bench);
	bench_load(bench, NFT_REG_1, &value, 4);
	ADD(bench, "meta", A32(NFTA_META_SREG, NFT_REG_1),
	    A32(NFTA_META_KEY, key));
	return bench_syn(bench);
}

Test(expr_world, meta_writes_some_and_reads_the_rest)
{
	struct bench bench;

	cr_expect_eq(set_meta(&bench, NFT_META_MARK, 7), MATCHED);
	cr_expect_eq(bench.mark, 7);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_META);
	cr_expect_eq(bench.effect.meta.key, NFT_META_MARK);
	cr_expect_eq(set_meta(&bench, NFT_META_PRIORITY, 3), MATCHED);
	cr_expect_eq(bench.effect.meta.value, 3);
	cr_expect_eq(set_meta(&bench, NFT_META_LEN, 7), REFUSED);
	cr_expect_eq(set_meta(&bench, NFT_META_IIF, 7), REFUSED);
	begin(&bench);
	ADD(&bench, "meta", A32(NFTA_META_SREG, NFT_REG_1),
	    A32(NFTA_META_DREG, NFT_REG_1), A32(NFTA_META_KEY, NFT_META_MARK));
	cr_expect_eq(bench_syn(&bench), REFUSED, "both ways at once");
}

static void get_ct(struct bench *bench, u32 key, int dir, const void *want,
		   u32 len)
{
	if (dir < 0)
		ADD(bench, "ct", A32(NFTA_CT_DREG, NFT_REG_1),
		    A32(NFTA_CT_KEY, key));
	else
		ADD(bench, "ct", A32(NFTA_CT_DREG, NFT_REG_1),
		    A32(NFTA_CT_KEY, key), A8(NFTA_CT_DIRECTION, (u8)dir));
	bench_expect(bench, want, len);
}

static void fill_ct(struct skald_vm_ct *ct)
{
	ct->state = 2;
	ct->direction = 1;
	ct->status = CONFIRMED;
	ct->mark = 0x11;
	ct->secmark = 0x12;
	ct->expires_ms = 5000;
	ct->id = 0x13;
	ct->zone[1] = 9;
	ct->zone_id = 3;
	ct->bytes[0] = 1000;
	ct->bytes[1] = 500;
	ct->packets[0] = 10;
	ct->packets[1] = 20;
	ct->labels[3] = 4;
	strcpy(ct->helper, "ftp");
	memcpy(ct->tuple[0].src, (u8[]){ 10, 0, 0, 1 }, 4);
	memcpy(ct->tuple[1].dst, (u8[]){ 10, 0, 0, 9 }, 4);
	ct->tuple[0].sport = htons(1234);
	ct->tuple[1].dport = htons(80);
}

static enum outcome ct(u32 key, int dir, const void *want, u32 len)
{
	struct bench bench;

	begin(&bench);
	fill_ct(&bench.ct);
	get_ct(&bench, key, dir, want, len);
	return bench_syn(&bench);
}

#define CT(key, dir, type, value)                                            \
	({                                                                   \
		type wanted = (value);                                       \
		cr_expect_eq(ct(key, dir, &wanted, sizeof(wanted)), MATCHED, \
			     #key);                                          \
	})

Test(expr_world, ct_reads_the_entry)
{
	u8 labels[16] = { 0, 0, 0, 4 };
	char helper[16] = "ftp";

	CT(NFT_CT_STATE, -1, u32, 2);
	CT(NFT_CT_DIRECTION, -1, u8, 1);
	CT(NFT_CT_STATUS, -1, u32, CONFIRMED);
	CT(NFT_CT_MARK, -1, u32, 0x11);
	CT(NFT_CT_SECMARK, -1, u32, 0x12);
	CT(NFT_CT_EXPIRATION, -1, u32, 5000);
	CT(NFT_CT_ID, -1, u32, 0x13);
	CT(NFT_CT_L3PROTOCOL, -1, u8, NFPROTO_IPV4);
	CT(NFT_CT_PROTOCOL, 0, u8, IPPROTO_TCP);
	CT(NFT_CT_ZONE, -1, u16, 3);
	CT(NFT_CT_ZONE, 1, u16, 9);
	CT(NFT_CT_PKTS, -1, u64, 30);
	CT(NFT_CT_PKTS, 1, u64, 20);
	CT(NFT_CT_BYTES, 0, u64, 1000);
	CT(NFT_CT_AVGPKT, 1, u64, 25);
	CT(NFT_CT_SRC_IP, 0, u32, htonl(0x0a000001));
	CT(NFT_CT_DST, 1, u32, htonl(0x0a000009));
	CT(NFT_CT_PROTO_SRC, 0, u16, htons(1234));
	CT(NFT_CT_PROTO_DST, 1, u16, htons(80));
	cr_expect_eq(ct(NFT_CT_LABELS, -1, labels, 16), MATCHED);
	cr_expect_eq(ct(NFT_CT_HELPER, -1, helper, 16), MATCHED);
	cr_expect_eq(ct(NFT_CT_DST_IP6, 0, labels, 16), MISSED,
		     "it is of IPv4");
}

Test(expr_world, ct_directions_are_asked_for_where_they_must)
{
	u32 zero = 0;

	cr_expect_eq(ct(NFT_CT_STATE, 0, &zero, 4), REFUSED);
	cr_expect_eq(ct(NFT_CT_PROTO_SRC, -1, &zero, 2), REFUSED);
	cr_expect_eq(ct(NFT_CT_PROTO_SRC, 2, &zero, 2), REFUSED);
	cr_expect_eq(ct(NFT_CT_EVENTMASK, -1, &zero, 4), REFUSED);
}

Test(expr_world, ct_without_an_entry_has_a_state_alone)
{
	u32 untracked = 64, zero = 0;
	struct bench bench;

	begin(&bench);
	bench.ct.has_entry = false;
	bench.ct.state = 64;
	get_ct(&bench, NFT_CT_STATE, -1, &untracked, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	bench.ct.has_entry = false;
	get_ct(&bench, NFT_CT_MARK, -1, &zero, 4);
	cr_expect_eq(bench_syn(&bench), MISSED);
}

Test(expr_world, ct_that_is_not_known_is_unknown)
{
	u32 zero = 0;
	struct bench bench;

	begin(&bench);
	bench.world.ct = NULL;
	get_ct(&bench, NFT_CT_STATE, -1, &zero, 4);
	cr_expect_eq(bench_syn(&bench), UNKNOWN);
	begin(&bench);
	bench.ct.known = SKALD_VM_CT_STATE;
	get_ct(&bench, NFT_CT_MARK, -1, &zero, 4);
	cr_expect_eq(bench_syn(&bench), UNKNOWN);
	cr_expect_str_eq(bench.miss.missing, "ct mark");
}

Test(expr_world, ct_writes_marks_and_zones)
{
	struct bench bench;
	u32 mark = 0x77;
	u16 zone = 5;

	begin(&bench);
	bench_load(&bench, NFT_REG_1, &mark, 4);
	ADD(&bench, "ct", A32(NFTA_CT_SREG, NFT_REG_1),
	    A32(NFTA_CT_KEY, NFT_CT_MARK));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_CT_MARK);
	cr_expect_eq(bench.effect.ct.value, 0x77);
	begin_at(&bench, NF_INET_PRE_ROUTING);
	bench.ct.has_entry = false;
	bench_load(&bench, NFT_REG_1, &zone, 2);
	ADD(&bench, "ct", A32(NFTA_CT_SREG, NFT_REG_1),
	    A32(NFTA_CT_KEY, NFT_CT_ZONE));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.effect.kind, SKALD_EFFECT_CT_ZONE);
	cr_expect_eq(bench.effect.ct.value, 5);
	begin(&bench);
	ADD(&bench, "ct", A32(NFTA_CT_SREG, NFT_REG_1),
	    A32(NFTA_CT_KEY, NFT_CT_STATUS));
	cr_expect_eq(bench_syn(&bench), REFUSED, "it can only be read");
}

static void get_fib(struct bench *bench, u32 result, u32 flags,
		    const void *want, u32 len)
{
	ADD(bench, "fib", A32(NFTA_FIB_DREG, NFT_REG_1),
	    A32(NFTA_FIB_RESULT, result), A32(NFTA_FIB_FLAGS, flags));
	bench_expect(bench, want, len);
}

Test(expr_world, fib_asks_for_the_way_back)
{
	struct bench bench;
	u32 oif = 5, zero = 0;
	u8 yes = 1;

	begin(&bench);
	bench.fib.oif = 5;
	get_fib(&bench, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF,
		&oif, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.fib_query.dst[3], 1, "the source is looked up");
	cr_expect_eq(bench.fib_query.dev, 1);
	begin(&bench);
	bench.answer = -ENOENT;
	get_fib(&bench, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR, &zero, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED, "no way: 0");
	begin(&bench);
	bench.answer = -ENODATA;
	get_fib(&bench, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR, &zero, 4);
	cr_expect_eq(bench_syn(&bench), UNKNOWN);
	begin(&bench);
	bench.fib.oif = 5;
	get_fib(&bench, NFT_FIB_RESULT_OIF,
		NFTA_FIB_F_SADDR | NFTA_FIB_F_PRESENT, &yes, 1);
	cr_expect_eq(bench_syn(&bench), MATCHED);
}

Test(expr_world, fib_types_are_of_the_address)
{
	struct bench bench;
	u32 local = 2;

	begin(&bench);
	bench.fib.type = 2;
	get_fib(&bench, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, &local, 4);
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(bench.fib_query.dst[3], 2);
	cr_expect(bench.fib_query.is_type);
	begin_at(&bench, NF_INET_LOCAL_OUT);
	get_fib(&bench, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR, &local, 4);
	cr_expect_eq(bench_syn(&bench), REFUSED, "not at output");
}

static enum outcome rt(u32 key, const void *want, u32 len, int answer)
{
	struct bench bench;

	begin_at(&bench, FORWARD);
	bench.answer = answer;
	bench.route.classid = 6;
	bench.route.advmss = 1400;
	bench.route.nexthop4[3] = 7;
	bench.route.has_xfrm = true;
	ADD(&bench, "rt", A32(NFTA_RT_DREG, NFT_REG_1), A32(NFTA_RT_KEY, key));
	bench_expect(&bench, want, len);
	return bench_syn(&bench);
}

Test(expr_world, rt_reads_the_route)
{
	u32 classid = 6;
	u16 mss = 1400;
	u8 yes = 1, hop[16] = { 0, 0, 0, 7 };

	cr_expect_eq(rt(NFT_RT_CLASSID, &classid, 4, 0), MATCHED);
	cr_expect_eq(rt(NFT_RT_TCPMSS, &mss, 2, 0), MATCHED);
	cr_expect_eq(rt(NFT_RT_NEXTHOP4, hop, 4, 0), MATCHED);
	cr_expect_eq(rt(NFT_RT_NEXTHOP6, hop, 16, 0), MISSED, "it is IPv4");
	cr_expect_eq(rt(NFT_RT_XFRM, &yes, 1, 0), MATCHED);
	cr_expect_eq(rt(NFT_RT_CLASSID, &classid, 4, -ENOENT), MISSED);
	cr_expect_eq(rt(NFT_RT_CLASSID, &classid, 4, -ENODATA), UNKNOWN);
}

static enum outcome sock(u32 key, const void *want, u32 len, u32 level,
			 int answer)
{
	struct bench bench;

	begin(&bench);
	bench.answer = answer;
	bench.socket.transparent = true;
	bench.socket.is_full = true;
	bench.socket.mark = 8;
	bench.socket.cgroup[1] = 77;
	bench.socket.n_cgroup = 2;
	ADD(&bench, "socket", A32(NFTA_SOCKET_DREG, NFT_REG_1),
	    A32(NFTA_SOCKET_KEY, key), A32(NFTA_SOCKET_LEVEL, level));
	bench_expect(&bench, want, len);
	return bench_syn(&bench);
}

Test(expr_world, socket_reads_the_socket)
{
	u8 yes = 1, no = 0;
	u32 mark = 8;
	u64 group = 77;

	cr_expect_eq(sock(NFT_SOCKET_TRANSPARENT, &yes, 1, 0, 0), MATCHED);
	cr_expect_eq(sock(NFT_SOCKET_WILDCARD, &no, 1, 0, 0), MATCHED);
	cr_expect_eq(sock(NFT_SOCKET_MARK, &mark, 4, 0, 0), MATCHED);
	cr_expect_eq(sock(NFT_SOCKET_CGROUPV2, &group, 8, 1, 0), MATCHED);
	cr_expect_eq(sock(NFT_SOCKET_CGROUPV2, &group, 8, 2, 0), MISSED);
	cr_expect_eq(sock(NFT_SOCKET_CGROUPV2, &group, 8, 255, 0), MISSED);
	cr_expect_eq(sock(NFT_SOCKET_MARK, &mark, 4, 0, -ENOENT), MISSED);
	cr_expect_eq(sock(NFT_SOCKET_MARK, &mark, 4, 0, -ENODATA), UNKNOWN);
}

static enum outcome xfrm(u32 key, u32 len, int answer)
{
	u32 value[4] = { 1, 2, 3, 4 };
	struct bench bench;

	begin(&bench);
	bench.answer = answer;
	memcpy(bench.xfrm, value, sizeof(value));
	ADD(&bench, "xfrm", A32(NFTA_XFRM_DREG, NFT_REG_1),
	    A32(NFTA_XFRM_KEY, key), A8(NFTA_XFRM_DIR, 0));
	bench_expect(&bench, value, len);
	return bench_syn(&bench);
}

Test(expr_world, xfrm_reads_associations)
{
	cr_expect_eq(xfrm(NFT_XFRM_KEY_REQID, 4, 0), MATCHED);
	cr_expect_eq(xfrm(NFT_XFRM_KEY_SADDR_IP6, 16, 0), MATCHED);
	cr_expect_eq(xfrm(NFT_XFRM_KEY_SPI, 4, -ENOENT), MISSED);
	cr_expect_eq(xfrm(NFT_XFRM_KEY_SPI, 4, -ENODATA), UNKNOWN);
}

/* Bit 32: there is one; bit 33: for sending. */
static enum outcome tunnel(u64 info, u32 key, u32 mode, u32 want)
{
	struct bench bench;

	begin(&bench);
	FACT(&bench, TUNNEL, info);
	ADD(&bench, "tunnel", A32(NFTA_TUNNEL_DREG, NFT_REG_1),
	    A32(NFTA_TUNNEL_KEY, key), A32(NFTA_TUNNEL_MODE, mode));
	bench_expect(&bench, &want, key == NFT_TUNNEL_ID ? 4 : 1);
	return bench_syn(&bench);
}

Test(expr_world, tunnel_reads_its_id)
{
	const u64 received = 1ull << 32 | 42, sent = 3ull << 32 | 42;

	cr_expect_eq(tunnel(received, NFT_TUNNEL_ID, 0, 42), MATCHED);
	cr_expect_eq(tunnel(received, NFT_TUNNEL_ID, 1, 42), MATCHED);
	cr_expect_eq(tunnel(received, NFT_TUNNEL_ID, 2, 42), MISSED);
	cr_expect_eq(tunnel(sent, NFT_TUNNEL_ID, 2, 42), MATCHED);
	cr_expect_eq(tunnel(sent, NFT_TUNNEL_PATH, 1, 0), MATCHED);
	cr_expect_eq(tunnel(sent, NFT_TUNNEL_PATH, 0, 1), MATCHED);
	cr_expect_eq(tunnel(0, NFT_TUNNEL_PATH, 0, 0), MATCHED);
	cr_expect_eq(tunnel(0, NFT_TUNNEL_ID, 0, 0), MISSED);
}

static enum outcome osf(u8 flags_of_tcp, u32 missing)
{
	char genre[16] = "Linux";
	u8 packet[SYN_LEN];
	struct bench bench;
	enum outcome outcome;

	begin(&bench);
	memcpy(bench.facts[SKALD_FACT_OSF_GENRE], genre, sizeof(genre));
	bench.missing = missing;
	ADD(&bench, "osf", A32(NFTA_OSF_DREG, NFT_REG_1));
	bench_expect(&bench, genre, 16);
	cr_assert_eq(bench_close(&bench), 0);
	bench_make_syn(packet);
	packet[33] = flags_of_tcp;
	outcome = bench_send(&bench, packet, sizeof(packet));
	bench_done(&bench);
	return outcome;
}

Test(expr_world, osf_looks_at_syns_alone)
{
	cr_expect_eq(osf(2, 0), MATCHED);
	cr_expect_eq(osf(16, 0), MISSED);
	cr_expect_eq(osf(2, 1u << SKALD_FACT_OSF_GENRE), UNKNOWN);
}

static enum outcome offload(u32 status, u8 flags_of_tcp, const char *helper)
{
	u8 packet[SYN_LEN];
	struct bench bench;
	enum outcome outcome;

	begin_at(&bench, FORWARD);
	bench.ct.status = status;
	strcpy(bench.ct.own_helper, helper);
	ADD(&bench, "flow_offload", ATEXT(NFTA_FLOW_TABLE_NAME, "f"));
	cr_assert_eq(bench_close(&bench), 0);
	bench_make_syn(packet);
	packet[33] = flags_of_tcp;
	outcome = bench_send(&bench, packet, sizeof(packet));
	bench_done(&bench);
	return outcome;
}

Test(expr_world, flow_offload_takes_confirmed_flows)
{
	struct bench bench;

	cr_expect_eq(offload(CONFIRMED, 16, ""), MATCHED);
	cr_expect_eq(offload(0, 16, ""), MISSED);
	cr_expect_eq(offload(CONFIRMED, 17, ""), MISSED, "FIN");
	cr_expect_eq(offload(CONFIRMED, 4, ""), MISSED, "RST");
	cr_expect_eq(offload(CONFIRMED, 16, "ftp"), MISSED);
	begin(&bench);
	ADD(&bench, "flow_offload", ATEXT(NFTA_FLOW_TABLE_NAME, "f"));
	cr_expect_eq(bench_syn(&bench), REFUSED, "not at input");
	begin_at(&bench, FORWARD);
	ADD(&bench, "flow_offload", ATEXT(NFTA_FLOW_TABLE_NAME, "nowhere"));
	cr_expect_eq(bench_syn(&bench), REFUSED);
}
