// SPDX-License-Identifier: GPL-2.0-only
/* Matches of x_tables, given the structures of the kernel's own headers: what
 * they match, what not, and what is too short for them. */
#include "rule_bench.h"

#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_cgroup.h>
#include <linux/netfilter/xt_cluster.h>
#include <linux/netfilter/xt_connbytes.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_cpu.h>
#include <linux/netfilter/xt_dccp.h>
#include <linux/netfilter/xt_devgroup.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_ipcomp.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_osf.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_policy.h>
#include <linux/netfilter/xt_quota.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_string.h>
#include <linux/netfilter/xt_tcpmss.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter/xt_time.h>
#include <linux/netfilter/xt_u32.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>

#include "xt.h"

static void begin(struct bench *bench)
{
	bench_begin(bench, NFPROTO_IPV4, NF_INET_LOCAL_IN, "filter");
	bench->ct.known = SKALD_VM_CT_ALL;
	bench->ct.has_entry = true;
	bench->ct.state = 2;
}

static void add(struct bench *bench, const char *name, u32 revision,
		const void *info, u32 len)
{
	ADD(bench, "match", ATEXT(NFTA_MATCH_NAME, name),
	    A32(NFTA_MATCH_REV, revision), ABYTES(NFTA_MATCH_INFO, info, len));
}

static enum outcome match(const char *name, u32 revision, const void *info,
			  u32 len)
{
	struct bench bench;

	begin(&bench);
	bench.mark = 0x55;
	add(&bench, name, revision, info, len);
	return bench_syn(&bench);
}

#define MATCH(name, revision, info) match(name, revision, &(info), sizeof(info))

/* Structures are padded to 8 bytes, as XT_ALIGN() does. Less is refused. */
Test(xt_match, structures_that_are_too_short_are_refused)
{
	const struct skald_xt_ops *ops;
	static const u8 zero[8192];
	u32 n;

	for (n = 0; (ops = skald_xt_kind(n)); n++) {
		if (!ops->match || !ops->size ||
		    (ops->family && ops->family != NFPROTO_IPV4))
			continue;
		cr_expect_eq(
			match(ops->name,
			      ops->revision == SKALD_XT_ANY ? 0 : ops->revision,
			      zero, ops->size - 1u),
			REFUSED, "%s", ops->name);
	}
}

Test(xt_match, one_without_an_entry_is_unknown)
{
	u64 info = 0;

	cr_expect_eq(MATCH("oracle", 0, info), UNKNOWN);
}

Test(xt_match, tcp)
{
	struct xt_tcp info = { .spts = { 12345, 12345 }, .dpts = { 80, 90 } };

	cr_expect_eq(MATCH("tcp", 0, info), MATCHED);
	info.dpts[0] = 81;
	cr_expect_eq(MATCH("tcp", 0, info), MISSED);
	info.invflags = XT_TCP_INV_DSTPT;
	cr_expect_eq(MATCH("tcp", 0, info), MATCHED);
	info.flg_mask = 0x17;
	info.flg_cmp = 0x02;
	cr_expect_eq(MATCH("tcp", 0, info), MATCHED, "SYN alone");
	info.flg_cmp = 0x12;
	cr_expect_eq(MATCH("tcp", 0, info), MISSED);
	info.invflags |= XT_TCP_INV_FLAGS;
	info.option = 2;
	cr_expect_eq(MATCH("tcp", 0, info), MATCHED, "MSS is there");
	info.option = 3;
	cr_expect_eq(MATCH("tcp", 0, info), MISSED);
}

Test(xt_match, multiport)
{
	struct xt_multiport_v1 info = {
		.flags = XT_MULTIPORT_DESTINATION,
		.count = 3,
		.ports = { 22, 79, 81 },
		.pflags = { 0, 1, 0 },
	};

	cr_expect_eq(MATCH("multiport", 1, info), MATCHED, "in 79 to 81");
	info.flags = XT_MULTIPORT_SOURCE;
	cr_expect_eq(MATCH("multiport", 1, info), MISSED);
	info.invert = 1;
	cr_expect_eq(MATCH("multiport", 1, info), MATCHED);
	info.flags = XT_MULTIPORT_EITHER;
	cr_expect_eq(MATCH("multiport", 1, info), MISSED);
}

Test(xt_match, iprange_and_length)
{
	struct xt_iprange_mtinfo range = {
		.src_min.ip = htonl(0x0a000001),
		.src_max.ip = htonl(0x0a000001),
		.flags = IPRANGE_SRC,
	};
	struct xt_length_info length = { .min = SYN_LEN, .max = SYN_LEN };

	cr_expect_eq(MATCH("iprange", 1, range), MATCHED);
	range.flags |= IPRANGE_SRC_INV;
	cr_expect_eq(MATCH("iprange", 1, range), MISSED);
	cr_expect_eq(MATCH("length", 0, length), MATCHED);
	length.min = SYN_LEN + 1;
	length.max = 65535;
	cr_expect_eq(MATCH("length", 0, length), MISSED);
	length.invert = 1;
	cr_expect_eq(MATCH("length", 0, length), MATCHED);
}

Test(xt_match, ttl_tos_dscp_and_mss)
{
	struct ipt_ttl_info ttl = { .mode = IPT_TTL_EQ, .ttl = 64 };
	struct xt_dscp_info dscp = { .dscp = 0 };
	struct xt_tos_match_info tos = { .tos_mask = 0xff, .tos_value = 0 };
	struct xt_tcpmss_match_info mss = { .mss_min = 1460, .mss_max = 1460 };

	cr_expect_eq(MATCH("ttl", 0, ttl), MATCHED);
	ttl.mode = IPT_TTL_LT;
	cr_expect_eq(MATCH("ttl", 0, ttl), MISSED);
	ttl.ttl = 65;
	cr_expect_eq(MATCH("ttl", 0, ttl), MATCHED);
	cr_expect_eq(MATCH("dscp", 0, dscp), MATCHED);
	dscp.dscp = 1;
	cr_expect_eq(MATCH("dscp", 0, dscp), MISSED);
	cr_expect_eq(MATCH("tos", 1, tos), MATCHED);
	tos.invert = 1;
	cr_expect_eq(MATCH("tos", 1, tos), MISSED);
	cr_expect_eq(MATCH("tcpmss", 0, mss), MATCHED);
	mss.mss_min = 1461;
	mss.mss_max = 1500;
	cr_expect_eq(MATCH("tcpmss", 0, mss), MISSED);
}

Test(xt_match, string_and_u32)
{
	struct xt_string_info info = {
		.from_offset = 0,
		.to_offset = 65535,
		.algo = "bm",
		.pattern = { 0x02, 0x04, 0x05, 0xb4 },
		.patlen = 4,
	};
	struct xt_u32 test = {
		.tests[0] = {
			.location[0] = { .number = 12 },
			.value[0] = { 0x0a000001, 0x0a000001 },
			.nnums = 1,
			.nvalues = 1,
		},
		.ntests = 1,
	};

	cr_expect_eq(MATCH("string", 1, info), MATCHED);
	info.u.v1.flags = XT_STRING_FLAG_INVERT;
	cr_expect_eq(MATCH("string", 1, info), MISSED);
	info.u.v1.flags = 0;
	info.from_offset = 41;
	cr_expect_eq(MATCH("string", 1, info), MISSED, "it begins before");
	cr_expect_eq(MATCH("u32", 0, test), MATCHED);
	test.invert = 1;
	cr_expect_eq(MATCH("u32", 0, test), MISSED);
}

Test(xt_match, conntrack_and_state)
{
	struct xt_conntrack_mtinfo3 info = {
		.match_flags = XT_CONNTRACK_STATE,
		.state_mask = 2,
	};
	struct xt_state_info state = { .statemask = 2 };

	cr_expect_eq(MATCH("conntrack", 3, info), MATCHED);
	info.state_mask = 8;
	cr_expect_eq(MATCH("conntrack", 3, info), MISSED);
	info.invert_flags = XT_CONNTRACK_STATE;
	cr_expect_eq(MATCH("conntrack", 3, info), MATCHED);
	cr_expect_eq(MATCH("state", 0, state), MATCHED);
	state.statemask = 8;
	cr_expect_eq(MATCH("state", 0, state), MISSED);
}

Test(xt_match, marks)
{
	struct xt_mark_mtinfo1 mark = { .mark = 5, .mask = 0xf };
	struct xt_connmark_mtinfo1 connmark = { .mark = 0, .mask = 0xf };

	cr_expect_eq(MATCH("mark", 1, mark), MATCHED);
	mark.invert = 1;
	cr_expect_eq(MATCH("mark", 1, mark), MISSED);
	cr_expect_eq(MATCH("connmark", 1, connmark), MATCHED);
	connmark.mark = 1;
	cr_expect_eq(MATCH("connmark", 1, connmark), MISSED);
}

Test(xt_match, what_the_host_knows)
{
	struct xt_pkttype_info type = { .pkttype = 0 };
	struct xt_addrtype_info_v1 local = {
		.dest = XT_ADDRTYPE_LOCAL,
	};
	struct xt_cpu_info cpu = { .cpu = 0 };
	struct xt_devgroup_info group = {
		.flags = XT_DEVGROUP_MATCH_SRC,
		.src_mask = ~0u,
	};
	struct bench bench;

	cr_expect_eq(MATCH("pkttype", 0, type), MATCHED);
	type.pkttype = 1;
	cr_expect_eq(MATCH("pkttype", 0, type), MISSED);
	begin(&bench);
	bench.fib.type = 2;
	add(&bench, "addrtype", 1, &local, sizeof(local));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	bench.fib.type = 1;
	add(&bench, "addrtype", 1, &local, sizeof(local));
	cr_expect_eq(bench_syn(&bench), MISSED);
	cr_expect_eq(MATCH("cpu", 0, cpu), MATCHED);
	cpu.cpu = 1;
	cr_expect_eq(MATCH("cpu", 0, cpu), MISSED);
	cr_expect_eq(MATCH("devgroup", 0, group), MATCHED);
	group.src_group = 1;
	cr_expect_eq(MATCH("devgroup", 0, group), MISSED);
}

static enum outcome one(struct bench *bench)
{
	u8 packet[SYN_LEN];

	bench_make_syn(packet);
	return bench_send(bench, packet, sizeof(packet));
}

Test(xt_match, limit_and_quota_run_out)
{
	/* ten in a second, two at once */
	struct xt_rateinfo limit = { .avg = 1000, .burst = 2 };
	struct xt_quota_info quota = { .quota = SYN_LEN };
	struct bench bench;

	begin(&bench);
	add(&bench, "limit", 0, &limit, sizeof(limit));
	cr_assert_eq(bench_close(&bench), 0);
	bench.now += 1000000000;
	cr_expect_eq(one(&bench), MATCHED);
	cr_expect_eq(one(&bench), MATCHED);
	cr_expect_eq(one(&bench), MISSED);
	bench.now += 100000000;
	cr_expect_eq(one(&bench), MATCHED);
	bench_done(&bench);
	begin(&bench);
	add(&bench, "quota", 0, &quota, sizeof(quota));
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(one(&bench), MATCHED);
	cr_expect_eq(one(&bench), MISSED);
	bench_done(&bench);
	limit.avg = 0;
	cr_expect_eq(MATCH("limit", 0, limit), REFUSED);
}

Test(xt_match, time_is_the_clocks)
{
	struct xt_time_info info = {
		.date_start = 100,
		.date_stop = 200,
		.daytime_stop = XT_TIME_MAX_DAYTIME,
		.monthdays_match = XT_TIME_ALL_MONTHDAYS,
		.weekdays_match = XT_TIME_ALL_WEEKDAYS,
	};
	struct bench bench;

	begin(&bench);
	add(&bench, "time", 0, &info, sizeof(info));
	cr_assert_eq(bench_close(&bench), 0);
	bench.now = 150000000000ull;
	cr_expect_eq(one(&bench), MATCHED);
	bench.now = 200000000000ull;
	cr_expect_eq(one(&bench), MATCHED, "the end is in it");
	bench.now = 201000000000ull;
	cr_expect_eq(one(&bench), MISSED);
	bench.now = 99000000000ull;
	cr_expect_eq(one(&bench), MISSED);
	bench_done(&bench);
}

Test(xt_match, statistic_counts_or_asks_chance)
{
	struct xt_statistic_info nth = {
		.mode = XT_STATISTIC_MODE_NTH,
		.u.nth = { .every = 1, .packet = 0 },
	};
	struct xt_statistic_info chance = {
		.mode = XT_STATISTIC_MODE_RANDOM,
		.u.random.probability = 0x40000000,
	};
	struct bench bench;
	u32 random = 0x3fffffff;

	begin(&bench);
	add(&bench, "statistic", 0, &nth, sizeof(nth));
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_neq(one(&bench), one(&bench), "every other one");
	bench_done(&bench);
	begin(&bench);
	FACT(&bench, RANDOM, random);
	add(&bench, "statistic", 0, &chance, sizeof(chance));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	begin(&bench);
	bench.missing = 1u << SKALD_FACT_RANDOM;
	add(&bench, "statistic", 0, &chance, sizeof(chance));
	cr_expect_eq(bench_syn(&bench), UNKNOWN);
}

Test(xt_match, recent_remembers)
{
	struct xt_recent_mtinfo_v1 set = {
		.check_set = XT_RECENT_SET,
		.name = "seen",
		.mask.all = { ~0u, ~0u, ~0u, ~0u },
	};
	struct xt_recent_mtinfo_v1 check = set;
	struct bench bench;

	check.check_set = XT_RECENT_CHECK;
	check.hit_count = 2;
	begin(&bench);
	add(&bench, "recent", 1, &set, sizeof(set));
	add(&bench, "recent", 1, &check, sizeof(check));
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(one(&bench), MISSED, "once is not twice");
	cr_expect_eq(one(&bench), MATCHED);
	bench_done(&bench);
}

/* A packet of a protocol: an IPv4 header, then these bytes. */
static enum outcome carry(const char *name, const void *info, u32 len, u8 proto,
			  const void *bytes, u32 n)
{
	u8 packet[128] = { 0x45, 0, 0,	0, 0, 1, 0,  0, 64, proto,
			   0,	 0, 10, 0, 0, 1, 10, 0, 0,  2 };
	enum outcome outcome = REFUSED;
	struct bench bench;

	packet[3] = (u8)(20 + n);
	memcpy(packet + 20, bytes, n);
	begin(&bench);
	add(&bench, name, 0, info, len);
	if (!bench_close(&bench))
		outcome = bench_send(&bench, packet, 20 + n);
	bench_done(&bench);
	return outcome;
}

#define CARRY(name, info, proto, bytes) \
	carry(name, &(info), sizeof(info), proto, bytes, sizeof(bytes))

Test(xt_match, dccp)
{
	/* a request: type 0, long sequence numbers, 24 bytes of options */
	static const u8 request[44] = {
		0x13, 0x88, 0, 53, 11, 0, 0, 0, 1, [20] = 1, 32, 4, 9, 9, 7, 0,
	};
	struct xt_dccp_info info = {
		.flags = XT_DCCP_DEST_PORTS,
		.dpts = { 50, 60 },
	};

	cr_expect_eq(CARRY("dccp", info, IPPROTO_DCCP, request), MATCHED);
	info.flags |= XT_DCCP_TYPE;
	info.typemask = 2;
	cr_expect_eq(CARRY("dccp", info, IPPROTO_DCCP, request), MISSED);
	info.invflags = XT_DCCP_TYPE;
	cr_expect_eq(CARRY("dccp", info, IPPROTO_DCCP, request), MATCHED);
	info.flags |= XT_DCCP_OPTION;
	info.option = 32;
	cr_expect_eq(CARRY("dccp", info, IPPROTO_DCCP, request), MATCHED);
	info.option = 9;
	cr_expect_eq(CARRY("dccp", info, IPPROTO_DCCP, request), MISSED,
		     "inside another one");
	info.option = 7;
	cr_expect_eq(CARRY("dccp", info, IPPROTO_DCCP, request), MATCHED,
		     "a length of 0 is stepped over");
}

Test(xt_match, ipcomp)
{
	static const u8 header[4] = { 4, 0, 0x12, 0x34 };
	struct xt_ipcomp info = { .spis = { 0x1234, 0x1234 } };

	cr_expect_eq(CARRY("ipcomp", info, IPPROTO_COMP, header), MATCHED);
	info.invflags = XT_IPCOMP_INV_SPI;
	cr_expect_eq(CARRY("ipcomp", info, IPPROTO_COMP, header), MISSED);
}

Test(xt_match, policy_asks_for_associations)
{
	struct xt_policy_info info = {
		.flags = XT_POLICY_MATCH_IN | XT_POLICY_MATCH_NONE,
	};
	struct bench bench;
	u8 has = 1;

	cr_expect_eq(MATCH("policy", 0, info), MATCHED, "it came plain");
	begin(&bench);
	FACT(&bench, SECPATH, has);
	add(&bench, "policy", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MISSED);
	begin(&bench);
	bench.missing = 1u << SKALD_FACT_SECPATH;
	add(&bench, "policy", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), UNKNOWN);
	info.flags = XT_POLICY_MATCH_IN;
	info.len = 1;
	info.pol[0].match.reqid = 1;
	info.pol[0].reqid = 7;
	cr_expect_eq(MATCH("policy", 0, info), MISSED, "it came plain");
	begin(&bench);
	FACT(&bench, SECPATH, has);
	bench.xfrm[0] = 7;
	add(&bench, "policy", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	info.pol[0].match.mode = 1;
	begin(&bench);
	FACT(&bench, SECPATH, has);
	bench.xfrm[0] = 7;
	add(&bench, "policy", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), UNKNOWN, "modes are not told");
	info.pol[0].invert.reqid = 1;
	begin(&bench);
	FACT(&bench, SECPATH, has);
	bench.xfrm[0] = 7;
	add(&bench, "policy", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MISSED, "whatever the mode");
}

Test(xt_match, cluster_hashes_the_source)
{
	/* jhash_1word(10.0.0.1, 1) scaled to 4 nodes is one of them */
	struct xt_cluster_match_info info = {
		.total_nodes = 4,
		.hash_seed = 1,
	};
	u32 node, mine = 0;
	struct bench bench;

	for (node = 0; node < 4; node++) {
		info.node_mask = 1u << node;
		begin(&bench);
		memcpy(bench.ct.tuple[0].src, "\x0a\0\0\x01", 4);
		bench.ct.l3num = NFPROTO_IPV4;
		add(&bench, "cluster", 0, &info, sizeof(info));
		mine += bench_syn(&bench) == MATCHED;
	}
	cr_expect_eq(mine, 1);
	info.node_mask = 15;
	cr_expect_eq(MATCH("cluster", 0, info), MATCHED);
	info.flags = XT_CLUSTER_F_INV;
	cr_expect_eq(MATCH("cluster", 0, info), MISSED);
	begin(&bench);
	bench.ct.status = 1;
	add(&bench, "cluster", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), UNKNOWN, "the master counts");
}

Test(xt_match, cgroup_by_class_and_by_path)
{
	struct xt_cgroup_info_v2 info = { .has_classid = 1, .classid = 9 };
	struct bench bench;
	u32 class = 9;

	begin(&bench);
	FACT(&bench, CGROUP, class);
	add(&bench, "cgroup", 2, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	info.invert_classid = 1;
	begin(&bench);
	FACT(&bench, CGROUP, class);
	add(&bench, "cgroup", 2, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MISSED);
	memset(&info, 0, sizeof(info));
	info.has_path = 1;
	cr_expect_eq(MATCH("cgroup", 2, info), UNKNOWN);
}

Test(xt_match, osf_of_a_syn)
{
	struct xt_osf_info info = { .genre = "Linux", .flags = XT_OSF_GENRE };
	char genre[32] = "Linux";
	struct bench bench;

	begin(&bench);
	FACT(&bench, OSF_GENRE, genre);
	add(&bench, "osf", 0, &info, sizeof(info));
	cr_expect_eq(bench_syn(&bench), MATCHED);
	cr_expect_eq(MATCH("osf", 0, info), MISSED);
	info.flags |= XT_OSF_INVERT;
	cr_expect_eq(MATCH("osf", 0, info), MATCHED);
}
