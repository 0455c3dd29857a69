// SPDX-License-Identifier: GPL-2.0-only
/* A rule on the bench: see rule_bench.h. */
#include "../rule_bench.h"

static int fact(void *owner, const struct skald_vm_pkt *pkt,
		enum skald_fact which, void *value)
{
#define SIZE(name, bytes, words) bytes,
	static const u8 sizes[] = { SKALD_FACTS(SIZE) };
#undef SIZE
	struct bench *bench = owner;

	if (bench->missing & 1u << which)
		return -ENODATA;
	memcpy(value, bench->facts[which], sizes[which]);
	return 0;
}

static int ct(void *owner, const struct skald_vm_pkt *pkt,
	      const struct skald_vm_ct **entry)
{
	*entry = &((struct bench *)owner)->ct;
	return 0;
}

static int link_of(void *owner, u32 ifindex, struct skald_link_info *link)
{
	*link = ((struct bench *)owner)->link;
	return 0;
}

static int fib(void *owner, const struct skald_vm_pkt *pkt,
	       const struct skald_fib_query *query,
	       struct skald_fib_answer *answer)
{
	struct bench *bench = owner;

	bench->fib_query = *query;
	*answer = bench->fib;
	return bench->answer;
}

static int route(void *owner, const struct skald_vm_pkt *pkt,
		 struct skald_route_info *info)
{
	struct bench *bench = owner;

	*info = bench->route;
	return bench->answer;
}

static int socket_of(void *owner, const struct skald_vm_pkt *pkt,
		     struct skald_socket_info *info)
{
	struct bench *bench = owner;

	*info = bench->socket;
	return bench->answer;
}

static int xfrm(void *owner, const struct skald_vm_pkt *pkt,
		const struct skald_xfrm_query *query, u32 value[4])
{
	struct bench *bench = owner;

	memcpy(value, bench->xfrm, sizeof(bench->xfrm));
	return bench->answer;
}

static int connlimit(void *owner, const struct skald_vm_pkt *pkt,
		     const void *list, const void *key, u32 key_len, u32 *count)
{
	*count = ((struct bench *)owner)->connections;
	return 0;
}

static int effect(void *owner, struct skald_vm_pkt *pkt,
		  const struct skald_effect *done)
{
	struct bench *bench = owner;

	bench->effect = *done;
	bench->n_effects++;
	return bench->effect_answer;
}

static const struct skald_vm_world answers = {
	.fact = fact,
	.ct = ct,
	.link = link_of,
	.fib = fib,
	.route = route,
	.socket = socket_of,
	.xfrm = xfrm,
	.connlimit = connlimit,
	.effect = effect,
};

static void put(struct code *code, const struct attr *attr)
{
	u8 number[8];

	switch ((enum attr_kind)attr->kind) {
	case ATTR_U8:
		number[0] = (u8)attr->number;
		code_attr(code, attr->type, number, 1);
		return;
	case ATTR_U16:
		put_unaligned_be16((u16)attr->number, number);
		code_attr(code, attr->type, number, 2);
		return;
	case ATTR_U32:
		code_u32(code, attr->type, (u32)attr->number);
		return;
	case ATTR_U64:
		code_u64(code, attr->type, attr->number);
		return;
	case ATTR_TEXT:
		code_str(code, attr->type, attr->bytes);
		return;
	case ATTR_BYTES:
		code_attr(code, attr->type, attr->bytes, attr->len);
		return;
	case ATTR_VALUE:
		code_data(code, attr->type, attr->bytes, attr->len);
		return;
	case ATTR_VERDICT:
		code_verdict_data(code, attr->type, (int)attr->number, NULL);
		return;
	case ATTR_END:
		return;
	}
}

static void add_set(struct bench *bench, const char *name, u32 flags)
{
	code_set(&bench->code, bench->family, "t", name, flags, 4);
	if (flags & NFT_SET_OBJECT)
		code_u32(&bench->code, NFTA_SET_OBJ_TYPE, NFT_OBJECT_COUNTER);
	code_end(&bench->code);
}

static void add_elem(struct bench *bench, const char *set, bool is_map)
{
	struct code *code = &bench->code;

	code_elems(code, NFT_MSG_NEWSETELEM, bench->family, "t", set);
	code_open(code, NFTA_LIST_ELEM);
	code_data(code, NFTA_SET_ELEM_KEY, (u8[]){ 10, 0, 0, 1 }, 4);
	if (is_map)
		code_str(code, NFTA_SET_ELEM_OBJREF, "c");
	code_close(code);
	code_elems_end(code);
}

/* What expressions refer to. */
static void add_surroundings(struct bench *bench)
{
	struct code *code = &bench->code;

	code_begin(code, NFT_MSG_NEWOBJ, bench->family);
	code_str(code, NFTA_OBJ_TABLE, "t");
	code_str(code, NFTA_OBJ_NAME, "c");
	code_u32(code, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	code_open(code, NFTA_OBJ_DATA);
	code_close(code);
	code_end(code);
	code_begin(code, NFT_MSG_NEWFLOWTABLE, bench->family);
	code_str(code, NFTA_FLOWTABLE_TABLE, "t");
	code_str(code, NFTA_FLOWTABLE_NAME, "f");
	code_open(code, NFTA_FLOWTABLE_HOOK);
	code_u32(code, NFTA_FLOWTABLE_HOOK_NUM, 0);
	code_u32(code, NFTA_FLOWTABLE_HOOK_PRIORITY, 0);
	code_close(code);
	code_end(code);
	add_set(bench, "s", 0);
	add_elem(bench, "s", false);
	add_set(bench, "o", NFT_SET_OBJECT);
	add_elem(bench, "o", true);
	add_set(bench, "d", NFT_SET_EVAL);
	add_set(bench, "e", NFT_SET_EVAL | NFT_SET_TIMEOUT);
}

void bench_begin(struct bench *bench, u8 family, u8 hook, const char *type)
{
	struct code *code = &bench->code;

	memset(bench, 0, sizeof(*bench));
	bench->world = answers;
	bench->family = family;
	bench->hook = hook;
	bench->now = 1000000000ull;
	bench->iif = 1;
	bench->oif = 2;
	code_init(code);
	code_table(code, family, "t");
	code_begin(code, NFT_MSG_NEWCHAIN, family);
	code_str(code, NFTA_CHAIN_TABLE, "t");
	code_str(code, NFTA_CHAIN_NAME, "in");
	code_u64(code, NFTA_CHAIN_HANDLE, ++code->handle);
	code_open(code, NFTA_CHAIN_HOOK);
	code_u32(code, NFTA_HOOK_HOOKNUM, hook);
	code_u32(code, NFTA_HOOK_PRIORITY, 0);
	if (family == NFPROTO_NETDEV)
		code_str(code, NFTA_HOOK_DEV, "lo");
	code_close(code);
	code_u32(code, NFTA_CHAIN_POLICY, NF_ACCEPT);
	code_str(code, NFTA_CHAIN_TYPE, type);
	code_end(code);
	add_surroundings(bench);
	code_rule(code, family, "t", "in");
}

void bench_add(struct bench *bench, const char *name, const struct attr *attrs)
{
	code_expr(&bench->code, name);
	for (; attrs->kind != ATTR_END; attrs++)
		put(&bench->code, attrs);
	code_expr_end(&bench->code);
}

void bench_expect(struct bench *bench, const void *bytes, u32 len)
{
	code_cmp(&bench->code, NFT_CMP_EQ, bytes, len);
}

void bench_load(struct bench *bench, u32 reg, const void *bytes, u32 len)
{
	ADD(bench, "immediate", A32(NFTA_IMMEDIATE_DREG, reg),
	    AVALUE(NFTA_IMMEDIATE_DATA, bytes, len));
}

int bench_close(struct bench *bench)
{
	code_rule_end(&bench->code);
	bench->vm = skald_vm_new();
	cr_assert_not_null(bench->vm);
	bench->vm->is_fresh = true;
	bench->err = code_load(&bench->code, bench->vm);
	code_done(&bench->code);
	return bench->err;
}

static void take_rule(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_rule *rule,
		      const struct skald_verdict *verdict)
{
	struct bench *bench = tracer;

	bench->outcome = MATCHED;
	bench->verdict = verdict->code;
}

static void take_miss(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_rule *rule,
		      const struct skald_miss *miss)
{
	struct bench *bench = tracer;

	bench->outcome = MISSED;
	bench->miss = *miss;
}

static void take_unknown(void *tracer, const struct skald_vm_pkt *pkt,
			 const struct skald_vm_rule *rule,
			 const struct skald_miss *miss)
{
	struct bench *bench = tracer;

	bench->outcome = UNKNOWN;
	bench->miss = *miss;
}

/* Of the rule that returned, or of the end of the chain. */
static void take_leave(void *tracer, const struct skald_vm_pkt *pkt,
		       const struct skald_vm_chain *chain,
		       const struct skald_vm_rule *rule)
{
	struct bench *bench = tracer;

	if (!rule)
		return;
	bench->outcome = MATCHED;
	bench->verdict = NFT_RETURN;
}

static const struct skald_vm_trace trace = {
	.leave = take_leave,
	.rule = take_rule,
	.miss = take_miss,
	.unknown = take_unknown,
};

enum outcome bench_send(struct bench *bench, u8 *packet, u32 len)
{
	struct skald_vm_table *table =
		skald_vm_table(bench->vm, bench->family, "t");
	u16 type = bench->family == NFPROTO_ARP ? ETH_P_ARP
		   : packet[0] >> 4 == 6	? ETH_P_IPV6
						: ETH_P_IP;
	u8 pf = bench->family;
	struct skald_vm_pkt pkt;
	struct skald_view view;

	if (bench->err)
		return REFUSED;
	skald_view_init(&view, packet, len, len);
	/* what it carries may be no packet of IP */
	if (bench->is_framed)
		(void)skald_view_set_ethernet(&view);
	else
		cr_assert_eq(skald_view_set_network(&view, 0, type), 0);
	view.mark = bench->mark;
	view.iif = bench->iif;
	view.oif = bench->oif;
	if (pf == NFPROTO_INET)
		pf = view.family;
	skald_vm_pkt_init(&pkt, &view, pf, bench->hook, bench->now);
	pkt.world = &bench->world;
	pkt.owner = bench;
	pkt.trace = &trace;
	pkt.tracer = bench;
	bench->outcome = REFUSED;
	(void)skald_vm_run(skald_vm_chain(table, "in"), &pkt);
	bench->mark = view.mark;
	return bench->outcome;
}

void bench_done(struct bench *bench)
{
	skald_vm_free(bench->vm);
	bench->vm = NULL;
}

enum outcome bench_syn(struct bench *bench)
{
	u8 packet[SYN_LEN];
	enum outcome outcome = REFUSED;

	bench_make_syn(packet);
	if (!bench_close(bench))
		outcome = bench_send(bench, packet, sizeof(packet));
	bench_done(bench);
	return outcome;
}

/* clang-format off */
void bench_make_syn(u8 packet[SYN_LEN])
{
	static const u8 syn[SYN_LEN] = {
		0x45, 0, 0, SYN_LEN, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2,
		0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0,
		0x60, 2, 1, 0, 0, 0, 0, 0, 2, 4, 0x05, 0xb4,
	};

	memcpy(packet, syn, sizeof(syn));
}

void bench_make_udp(u8 packet[UDP_LEN])
{
	static const u8 udp[UDP_LEN] = {
		0x45, 0, 0, UDP_LEN, 0, 1, 0, 0, 64, 17, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2,
		0x13, 0x88, 0, 53, 0, 16, 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8,
	};

	memcpy(packet, udp, sizeof(udp));
}

void bench_make_six(u8 packet[SIX_LEN])
{
	static const u8 six[SIX_LEN] = {
		0x60, 0, 0, 0, 0, 28, 0, 64,
		0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
		6, 0, 1, 4, 0, 0, 0, 0,
		0x30, 0x39, 1, 187, 0, 0, 0, 1, 0, 0, 0, 0,
		0x50, 2, 1, 0, 0, 0, 0, 0,
	};

	memcpy(packet, six, sizeof(six));
}
/* clang-format on */
