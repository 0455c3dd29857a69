// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every kind of expression: an example that loads, and what must be refused of
 * it: attributes that are missing, of a wrong length or out of range, registers
 * that are none. A kind without an example fails.
 */
#include "rule_bench.h"

#define INPUT NF_INET_LOCAL_IN
#define ATTRS_MAX 9

static const u8 four[4] = { 1, 2, 3, 4 };

/**
 * struct example - an expression that the kernel takes
 * @name: its kind
 * @attrs: its attributes
 * @family: of the table, where not IPv4
 * @hook: of the chain, where not input
 * @type: of the chain, where not "filter"
 */
struct example {
	const char *name;
	struct attr attrs[ATTRS_MAX];
	u8 family;
	u8 hook;
	const char *type;
};

/* clang-format off */
static const u8 limit_info[8] = { 16, 39, 0, 0, 5 };
static const u8 trace_info[1];

static const struct example examples[] = {
	{ "bitwise", { A32(NFTA_BITWISE_SREG, 1), A32(NFTA_BITWISE_DREG, 2),
	  A32(NFTA_BITWISE_LEN, 4), A32(NFTA_BITWISE_OP, 0),
	  AVALUE(NFTA_BITWISE_MASK, four, 4),
	  AVALUE(NFTA_BITWISE_XOR, four, 4) }, .hook = INPUT },
	{ "byteorder", { A32(NFTA_BYTEORDER_SREG, 1),
	  A32(NFTA_BYTEORDER_DREG, 1), A32(NFTA_BYTEORDER_OP, 0),
	  A32(NFTA_BYTEORDER_LEN, 4), A32(NFTA_BYTEORDER_SIZE, 4) },
	  .hook = INPUT },
	{ "cmp", { A32(NFTA_CMP_SREG, 1), A32(NFTA_CMP_OP, NFT_CMP_EQ),
	  AVALUE(NFTA_CMP_DATA, four, 4) }, .hook = INPUT },
	{ "connlimit", { A32(NFTA_CONNLIMIT_COUNT, 3),
	  A32(NFTA_CONNLIMIT_FLAGS, 1) }, .hook = INPUT },
	{ "counter", { A64(NFTA_COUNTER_BYTES, 7),
	  A64(NFTA_COUNTER_PACKETS, 1) }, .hook = INPUT },
	{ "ct", { A32(NFTA_CT_DREG, 1), A32(NFTA_CT_KEY, NFT_CT_PKTS),
	  A8(NFTA_CT_DIRECTION, 1) }, .hook = INPUT },
	{ "dup", { A32(NFTA_DUP_SREG_ADDR, 1), A32(NFTA_DUP_SREG_DEV, 2) },
	  .hook = INPUT },
	{ "dynset", { ATEXT(NFTA_DYNSET_SET_NAME, "e"),
	  A32(NFTA_DYNSET_OP, NFT_DYNSET_OP_ADD),
	  A32(NFTA_DYNSET_SREG_KEY, 1), A64(NFTA_DYNSET_TIMEOUT, 5),
	  A32(NFTA_DYNSET_FLAGS, 0) }, .hook = INPUT },
	{ "exthdr", { A32(NFTA_EXTHDR_DREG, 1), A8(NFTA_EXTHDR_TYPE, 2),
	  A32(NFTA_EXTHDR_OFFSET, 2), A32(NFTA_EXTHDR_LEN, 2),
	  A32(NFTA_EXTHDR_FLAGS, 0),
	  A32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT) }, .hook = INPUT },
	{ "fib", { A32(NFTA_FIB_DREG, 1),
	  A32(NFTA_FIB_RESULT, NFT_FIB_RESULT_OIF),
	  A32(NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF) },
	  .hook = INPUT },
	{ "flow_offload", { ATEXT(NFTA_FLOW_TABLE_NAME, "f") },
	  .hook = NF_INET_FORWARD },
	{ "fwd", { A32(NFTA_FWD_SREG_DEV, 1), A32(NFTA_FWD_SREG_ADDR, 2),
	  A32(NFTA_FWD_NFPROTO, NFPROTO_IPV4) },
	  .family = NFPROTO_NETDEV, .hook = NF_NETDEV_INGRESS },
	{ "hash", { A32(NFTA_HASH_SREG, 1), A32(NFTA_HASH_DREG, 1),
	  A32(NFTA_HASH_LEN, 4), A32(NFTA_HASH_MODULUS, 2),
	  A32(NFTA_HASH_SEED, 7), A32(NFTA_HASH_OFFSET, 0),
	  A32(NFTA_HASH_TYPE, NFT_HASH_JENKINS) }, .hook = INPUT },
	{ "immediate", { A32(NFTA_IMMEDIATE_DREG, 1),
	  AVALUE(NFTA_IMMEDIATE_DATA, four, 4) }, .hook = INPUT },
	{ "last", { A32(NFTA_LAST_SET, 1), A64(NFTA_LAST_MSECS, 9) },
	  .hook = INPUT },
	{ "limit", { A64(NFTA_LIMIT_RATE, 10), A64(NFTA_LIMIT_UNIT, 1),
	  A32(NFTA_LIMIT_BURST, 5), A32(NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS),
	  A32(NFTA_LIMIT_FLAGS, 0) }, .hook = INPUT },
	{ "log", { ATEXT(NFTA_LOG_PREFIX, "p"), A32(NFTA_LOG_LEVEL, 4),
	  A32(NFTA_LOG_FLAGS, 1) }, .hook = INPUT },
	{ "lookup", { ATEXT(NFTA_LOOKUP_SET, "s"), A32(NFTA_LOOKUP_SREG, 1),
	  A32(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV) }, .hook = INPUT },
	{ "masq", { A32(NFTA_MASQ_FLAGS, 4), A32(NFTA_MASQ_REG_PROTO_MIN, 1),
	  A32(NFTA_MASQ_REG_PROTO_MAX, 2) }, NFPROTO_IPV4,
	  NF_INET_POST_ROUTING, "nat" },
	{ "match", { ATEXT(NFTA_MATCH_NAME, "limit"), A32(NFTA_MATCH_REV, 0),
	  ABYTES(NFTA_MATCH_INFO, limit_info, 8) }, .hook = INPUT },
	{ "meta", { A32(NFTA_META_DREG, 1), A32(NFTA_META_KEY, NFT_META_MARK) },
	  .hook = INPUT },
	{ "nat", { A32(NFTA_NAT_TYPE, NFT_NAT_DNAT),
	  A32(NFTA_NAT_FAMILY, NFPROTO_IPV4), A32(NFTA_NAT_REG_ADDR_MIN, 1),
	  A32(NFTA_NAT_REG_ADDR_MAX, 2), A32(NFTA_NAT_REG_PROTO_MIN, 3),
	  A32(NFTA_NAT_REG_PROTO_MAX, 4), A32(NFTA_NAT_FLAGS, 4) },
	  NFPROTO_IPV4, NF_INET_PRE_ROUTING, "nat" },
	{ "notrack", { { 0 } }, .hook = NF_INET_PRE_ROUTING },
	{ "numgen", { A32(NFTA_NG_DREG, 1), A32(NFTA_NG_MODULUS, 3),
	  A32(NFTA_NG_TYPE, NFT_NG_INCREMENTAL), A32(NFTA_NG_OFFSET, 1) },
	  .hook = INPUT },
	{ "objref", { A32(NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER),
	  ATEXT(NFTA_OBJREF_IMM_NAME, "c") }, .hook = INPUT },
	{ "osf", { A32(NFTA_OSF_DREG, 1), A8(NFTA_OSF_TTL, 1),
	  A32(NFTA_OSF_FLAGS, NFT_OSF_F_VERSION) }, .hook = INPUT },
	{ "payload", { A32(NFTA_PAYLOAD_DREG, 1),
	  A32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER),
	  A32(NFTA_PAYLOAD_OFFSET, 12), A32(NFTA_PAYLOAD_LEN, 4) },
	  .hook = INPUT },
	{ "queue", { A16(NFTA_QUEUE_NUM, 1), A16(NFTA_QUEUE_TOTAL, 2),
	  A16(NFTA_QUEUE_FLAGS, 1) }, .hook = INPUT },
	{ "quota", { A64(NFTA_QUOTA_BYTES, 100), A32(NFTA_QUOTA_FLAGS, 1),
	  A64(NFTA_QUOTA_CONSUMED, 1) }, .hook = INPUT },
	{ "range", { A32(NFTA_RANGE_SREG, 1), A32(NFTA_RANGE_OP, NFT_RANGE_EQ),
	  AVALUE(NFTA_RANGE_FROM_DATA, four, 4),
	  AVALUE(NFTA_RANGE_TO_DATA, four, 4) }, .hook = INPUT },
	{ "redir", { A32(NFTA_REDIR_FLAGS, 4), A32(NFTA_REDIR_REG_PROTO_MIN, 1),
	  A32(NFTA_REDIR_REG_PROTO_MAX, 2) }, NFPROTO_IPV4,
	  NF_INET_PRE_ROUTING, "nat" },
	{ "reject", { A32(NFTA_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH),
	  A8(NFTA_REJECT_ICMP_CODE, 3) }, .hook = INPUT },
	{ "rt", { A32(NFTA_RT_DREG, 1), A32(NFTA_RT_KEY, NFT_RT_CLASSID) },
	  .hook = INPUT },
	{ "socket", { A32(NFTA_SOCKET_KEY, NFT_SOCKET_MARK),
	  A32(NFTA_SOCKET_DREG, 1) }, .hook = INPUT },
	{ "synproxy", { A16(NFTA_SYNPROXY_MSS, 1460),
	  A8(NFTA_SYNPROXY_WSCALE, 7), A32(NFTA_SYNPROXY_FLAGS, 3) },
	  .hook = INPUT },
	{ "target", { ATEXT(NFTA_TARGET_NAME, "TRACE"), A32(NFTA_TARGET_REV, 0),
	  ABYTES(NFTA_TARGET_INFO, trace_info, 1) },
	  .hook = NF_INET_PRE_ROUTING },
	{ "tproxy", { A32(NFTA_TPROXY_FAMILY, NFPROTO_IPV4),
	  A32(NFTA_TPROXY_REG_ADDR, 1), A32(NFTA_TPROXY_REG_PORT, 2) },
	  .hook = NF_INET_PRE_ROUTING },
	{ "tunnel", { A32(NFTA_TUNNEL_KEY, NFT_TUNNEL_ID),
	  A32(NFTA_TUNNEL_DREG, 1), A32(NFTA_TUNNEL_MODE, 1) },
	  .hook = INPUT },
	{ "xfrm", { A32(NFTA_XFRM_DREG, 1),
	  A32(NFTA_XFRM_KEY, NFT_XFRM_KEY_REQID), A8(NFTA_XFRM_DIR, 0),
	  A32(NFTA_XFRM_SPNUM, 0) }, .hook = INPUT },
};
/* clang-format on */

static const struct example *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		if (!strcmp(examples[i].name, name))
			return &examples[i];
	}
	return NULL;
}

static int find_attr(const struct example *example, u16 type)
{
	int i;

	for (i = 0; example->attrs[i].kind; i++) {
		if (example->attrs[i].type == type)
			return i;
	}
	return -1;
}

/* One rule of one expression. Return: what loading said */
static int load(const struct example *example)
{
	struct bench bench;

	bench_begin(&bench, example->family ? example->family : NFPROTO_IPV4,
		    example->hook, example->type ? example->type : "filter");
	bench_add(&bench, example->name, example->attrs);
	(void)bench_close(&bench);
	bench_done(&bench);
	return bench.err;
}

static void expect_refused(const struct example *example,
			   const struct skald_param *param, const char *why)
{
	int err = load(example);

	cr_expect_lt(err, 0, "%s %s: %s", example->name, param->name, why);
}

static u32 width(u8 type)
{
	switch (type) {
	case SKALD_PARAM_U8:
		return 1;
	case SKALD_PARAM_BE16:
		return 2;
	case SKALD_PARAM_BE64:
		return 8;
	case SKALD_PARAM_BE32:
	case SKALD_PARAM_SREG:
	case SKALD_PARAM_DREG:
		return 4;
	default:
		return 0;
	}
}

static void try_lengths(const struct example *example,
			const struct skald_param *param, int at)
{
	struct example changed = *example;
	static const u8 zero[16];
	u32 len = width(param->type);

	if (!len)
		return;
	changed.attrs[at].kind = ATTR_BYTES;
	changed.attrs[at].bytes = zero;
	changed.attrs[at].len = len - 1;
	expect_refused(&changed, param, "a byte less");
	changed.attrs[at].len = len + 1;
	expect_refused(&changed, param, "a byte more");
	changed.attrs[at].len = 0;
	expect_refused(&changed, param, "no byte");
}

static void try_registers(const struct example *example,
			  const struct skald_param *param, int at)
{
	static const u32 none[] = { 5, 6, 7, 24, 25, 255, 0xffffffff };
	struct example changed = *example;
	unsigned int i;

	if (param->type != SKALD_PARAM_SREG && param->type != SKALD_PARAM_DREG)
		return;
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		changed.attrs[at].number = none[i];
		expect_refused(&changed, param, "a register that is none");
	}
	changed.attrs[at].number = NFT_REG_VERDICT;
	expect_refused(&changed, param, "the verdict for a value");
}

static void try_values(const struct example *example,
		       const struct skald_param *param, int at)
{
	struct example changed = *example;

	if (param->type > SKALD_PARAM_BE64)
		return;
	if (param->words) {
		changed.attrs[at].number =
			param->type == SKALD_PARAM_U8 ? 0xee : 0x6eee;
		expect_refused(&changed, param, "no word for it");
	}
	if (param->most && param->type != SKALD_PARAM_U8) {
		changed.attrs[at].number = param->most + 1ull;
		expect_refused(&changed, param, "beyond the most");
	}
}

static void drop_attr(struct example *example, int at)
{
	for (; example->attrs[at].kind; at++)
		example->attrs[at] = example->attrs[at + 1];
}

static void try_all(const struct example *example,
		    const struct skald_expr_ops *ops)
{
	struct example changed;
	unsigned int i;
	int at;

	for (i = 0; i < ops->n_params; i++) {
		const struct skald_param *param = &ops->params[i];

		at = find_attr(example, param->attr);
		cr_expect(at >= 0 || !param->is_required, "%s: no %s",
			  ops->name, param->name);
		if (at < 0)
			continue;
		try_lengths(example, param, at);
		try_registers(example, param, at);
		try_values(example, param, at);
		changed = *example;
		drop_attr(&changed, at);
		if (param->is_required)
			expect_refused(&changed, param, "it is missing");
	}
}

Test(expr, every_kind_has_an_example_that_loads)
{
	const struct skald_expr_ops *ops;
	u32 n;

	for (n = 0; (ops = skald_expr_kind(n)); n++) {
		cr_assert_not_null(find(ops->name), "%s", ops->name);
		cr_expect_eq(load(find(ops->name)), 0, "%s: %d", ops->name,
			     load(find(ops->name)));
	}
	cr_expect_eq(n, ARRAY_SIZE(examples));
}

Test(expr, what_is_wrong_with_attributes_is_refused)
{
	const struct skald_expr_ops *ops;
	u32 n;

	for (n = 0; (ops = skald_expr_kind(n)); n++)
		try_all(find(ops->name), ops);
}

Test(expr, every_kind_bears_a_world_that_knows_nothing)
{
	u8 packet[SYN_LEN];
	struct bench bench;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *example = &examples[i];

		bench_begin(&bench,
			    example->family ? example->family : NFPROTO_IPV4,
			    example->hook,
			    example->type ? example->type : "filter");
		bench.world = skald_vm_nothing;
		bench_add(&bench, example->name, example->attrs);
		cr_assert_eq(bench_close(&bench), 0, "%s", example->name);
		bench_make_syn(packet);
		cr_expect_neq(bench_send(&bench, packet, sizeof(packet)),
			      REFUSED, "%s", example->name);
		bench_done(&bench);
	}
}

/* Bytes are cut off one by one: what is not there is not read. */
Test(expr, every_kind_bears_packets_that_end_early)
{
	u8 packet[SYN_LEN], *cut;
	struct bench bench;
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *example = &examples[i];

		bench_begin(&bench,
			    example->family ? example->family : NFPROTO_IPV4,
			    example->hook,
			    example->type ? example->type : "filter");
		bench_add(&bench, example->name, example->attrs);
		cr_assert_eq(bench_close(&bench), 0, "%s", example->name);
		for (len = 20; len < SYN_LEN; len++) {
			bench_make_syn(packet);
			packet[3] = (u8)len;
			cut = malloc(len);
			memcpy(cut, packet, len);
			cr_expect_neq(bench_send(&bench, cut, len), REFUSED);
			free(cut);
		}
		bench_done(&bench);
	}
}
