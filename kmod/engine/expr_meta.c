// SPDX-License-Identifier: GPL-2.0-only
/* meta: what is known of a packet beside its bytes (nft_meta_get_eval(),
 * nft_meta_set_eval(), nft_meta_bridge_get_eval()). */
#include "explain.h"
#include "expr_parts.h"
#include "guard.h"
#include "vm_pkt.h"

#define KEY_BRI_BROUTE 35
#define NS 1000000000ull
#define DAY 86400ull
#define PACKET_LOOPBACK_TYPE 5
#define NAME_LEN 16

/**
 * struct meta_key - a key
 * @number: NFT_META_*
 * @len: bytes
 * @kind: how it is read
 * @can_set: it can be written
 * @name: as nft writes it
 */
struct meta_key {
	u8 number;
	u8 len;
	u8 kind;
	bool can_set;
	const char *name;
};

/* clang-format off */
static const struct meta_key keys[] = {
	{ NFT_META_LEN, 4, SKALD_AS_NUMBER, false, "meta length" },
	{ NFT_META_PROTOCOL, 2, SKALD_AS_ETHERTYPE, false,
	  "meta protocol" },
	{ NFT_META_PRIORITY, 4, SKALD_AS_MARK, true, "meta priority" },
	{ NFT_META_MARK, 4, SKALD_AS_MARK, true, "meta mark" },
	{ NFT_META_IIF, 4, SKALD_AS_NUMBER, false, "iif" },
	{ NFT_META_OIF, 4, SKALD_AS_NUMBER, false, "oif" },
	{ NFT_META_IIFNAME, 16, SKALD_AS_STRING, false, "iifname" },
	{ NFT_META_OIFNAME, 16, SKALD_AS_STRING, false, "oifname" },
	{ NFT_META_IIFTYPE, 2, SKALD_AS_NUMBER, false, "iiftype" },
	{ NFT_META_OIFTYPE, 2, SKALD_AS_NUMBER, false, "oiftype" },
	{ NFT_META_SKUID, 4, SKALD_AS_NUMBER, false, "skuid" },
	{ NFT_META_SKGID, 4, SKALD_AS_NUMBER, false, "skgid" },
	{ NFT_META_NFTRACE, 1, SKALD_AS_NUMBER, true, "nftrace" },
	{ NFT_META_RTCLASSID, 4, SKALD_AS_NUMBER, false, "rtclassid" },
	{ NFT_META_SECMARK, 4, SKALD_AS_NUMBER, true, "secmark" },
	{ NFT_META_NFPROTO, 1, SKALD_AS_NFPROTO, false, "meta nfproto" },
	{ NFT_META_L4PROTO, 1, SKALD_AS_PROTO, false, "meta l4proto" },
	{ NFT_META_BRI_IIFNAME, 16, SKALD_AS_STRING, false, "ibrname" },
	{ NFT_META_BRI_OIFNAME, 16, SKALD_AS_STRING, false, "obrname" },
	{ NFT_META_PKTTYPE, 1, SKALD_AS_PKTTYPE, true, "pkttype" },
	{ NFT_META_CPU, 4, SKALD_AS_NUMBER, false, "cpu" },
	{ NFT_META_IIFGROUP, 4, SKALD_AS_NUMBER, false, "iifgroup" },
	{ NFT_META_OIFGROUP, 4, SKALD_AS_NUMBER, false, "oifgroup" },
	{ NFT_META_CGROUP, 4, SKALD_AS_NUMBER, false, "cgroup" },
	{ NFT_META_PRANDOM, 4, SKALD_AS_NUMBER, false, "random" },
	{ NFT_META_SECPATH, 1, SKALD_AS_YES, false, "ipsec" },
	{ NFT_META_IIFKIND, 16, SKALD_AS_STRING, false, "iifkind" },
	{ NFT_META_OIFKIND, 16, SKALD_AS_STRING, false, "oifkind" },
	{ NFT_META_BRI_IIFPVID, 2, SKALD_AS_NUMBER, false, "ibrpvid" },
	{ NFT_META_BRI_IIFVPROTO, 2, SKALD_AS_ETHERTYPE, false,
	  "ibrvproto" },
	{ NFT_META_TIME_NS, 8, SKALD_AS_NUMBER, false, "time" },
	{ NFT_META_TIME_DAY, 1, SKALD_AS_NUMBER, false, "day" },
	{ NFT_META_TIME_HOUR, 4, SKALD_AS_NUMBER, false, "hour" },
	{ NFT_META_SDIF, 4, SKALD_AS_NUMBER, false, "sdif" },
	{ NFT_META_SDIFNAME, 16, SKALD_AS_STRING, false, "sdifname" },
	{ KEY_BRI_BROUTE, 1, SKALD_AS_NUMBER, true, "broute" },
};

static const struct skald_param_word words[] = {
	{ NFT_META_LEN, "length" }, { NFT_META_PROTOCOL, "protocol" },
	{ NFT_META_PRIORITY, "priority" }, { NFT_META_MARK, "mark" },
	{ NFT_META_IIF, "iif" }, { NFT_META_OIF, "oif" },
	{ NFT_META_IIFNAME, "iifname" }, { NFT_META_OIFNAME, "oifname" },
	{ NFT_META_IIFTYPE, "iiftype" }, { NFT_META_OIFTYPE, "oiftype" },
	{ NFT_META_SKUID, "skuid" }, { NFT_META_SKGID, "skgid" },
	{ NFT_META_NFTRACE, "nftrace" }, { NFT_META_RTCLASSID, "rtclassid" },
	{ NFT_META_SECMARK, "secmark" }, { NFT_META_NFPROTO, "nfproto" },
	{ NFT_META_L4PROTO, "l4proto" }, { NFT_META_BRI_IIFNAME, "ibrname" },
	{ NFT_META_BRI_OIFNAME, "obrname" }, { NFT_META_PKTTYPE, "pkttype" },
	{ NFT_META_CPU, "cpu" }, { NFT_META_IIFGROUP, "iifgroup" },
	{ NFT_META_OIFGROUP, "oifgroup" }, { NFT_META_CGROUP, "cgroup" },
	{ NFT_META_PRANDOM, "random" }, { NFT_META_SECPATH, "ipsec" },
	{ NFT_META_IIFKIND, "iifkind" }, { NFT_META_OIFKIND, "oifkind" },
	{ NFT_META_BRI_IIFPVID, "ibrpvid" },
	{ NFT_META_BRI_IIFVPROTO, "ibrvproto" }, { NFT_META_TIME_NS, "time" },
	{ NFT_META_TIME_DAY, "day" }, { NFT_META_TIME_HOUR, "hour" },
	{ NFT_META_SDIF, "sdif" }, { NFT_META_SDIFNAME, "sdifname" },
	{ KEY_BRI_BROUTE, "broute" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_META_DREG, .type = SKALD_PARAM_DREG, .name = "dreg",
	  .help = "register read into" },
	{ .attr = NFTA_META_KEY, .type = SKALD_PARAM_BE32, .is_required = true,
	  .name = "key", .help = "what", .words = words },
	{ .attr = NFTA_META_SREG, .type = SKALD_PARAM_SREG, .name = "sreg",
	  .help = "register written from" },
};
/* clang-format on */

static const struct meta_key *find_key(u32 number)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].number == number)
			return &keys[i];
	}
	return NULL;
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_meta *meta = skald_expr_data(expr);
	const struct meta_key *key =
		find_key(skald_nla_be32(tb[NFTA_META_KEY]));

	if (!key || !tb[NFTA_META_DREG] == !tb[NFTA_META_SREG])
		return -EINVAL;
	meta->key = key->number;
	meta->len = key->len;
	meta->is_set = tb[NFTA_META_SREG];
	if (!meta->is_set)
		return key->number == NFT_META_NFTRACE ||
				       key->number == KEY_BRI_BROUTE
			       ? -EOPNOTSUPP
			       : skald_reg_target(tb[NFTA_META_DREG], key->len,
						  &meta->reg);
	if (!key->can_set)
		return -EOPNOTSUPP;
	return skald_reg_source(tb[NFTA_META_SREG], key->len, &meta->reg);
}

/* What of the interface a key wants. */
static int get_link(const struct skald_vm_pkt *pkt, u32 key, u32 *to)
{
	struct skald_link_info link;
	u32 index = pkt->view->iif;
	int err;

	if (key == NFT_META_OIFNAME || key == NFT_META_OIFTYPE ||
	    key == NFT_META_OIFGROUP || key == NFT_META_OIFKIND)
		index = pkt->view->oif;
	/* the type of skb->dev: the input interface's, or the output's */
	if (key == NFT_META_IIFTYPE && !index)
		index = pkt->view->oif;
	err = skald_vm_link(pkt, index, &link);
	if (!err && link.is_partial && key != NFT_META_IIFNAME &&
	    key != NFT_META_OIFNAME)
		return -ENODATA;
	switch (key) {
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
		if (err == -ENODATA)
			return err;
		memset(to, 0, NAME_LEN);
		if (!err)
			memcpy(to, link.name, NAME_LEN);
		return 0;
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
		if (!err)
			skald_reg_store16(to, link.type);
		return err;
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP:
		if (!err)
			*to = link.group;
		return err;
	default:
		if (!err && !link.kind[0])
			return -ENOENT;
		if (!err)
			memcpy(to, link.kind, NAME_LEN);
		return err;
	}
}

/* A name of a bridge, or of an L3 slave: "" when there is none. */
static int get_name(const struct skald_vm_pkt *pkt, enum skald_fact fact,
		    u32 *to)
{
	struct skald_link_info link;
	u32 index = 0;
	int err = skald_vm_fact(pkt, fact, &index);

	if (err == -ENODATA)
		return err;
	memset(to, 0, NAME_LEN);
	if (err || !index)
		return 0;
	err = skald_vm_link(pkt, index, &link);
	if (!err)
		memcpy(to, link.name, NAME_LEN);
	return err == -ENODATA ? err : 0;
}

/* nft_meta_get_eval_pkttype_lo() */
static int loopback_type(const struct skald_vm_pkt *pkt, u8 *type)
{
	u8 to;
	int err;

	*type = 2;
	if (pkt->pf == NFPROTO_IPV6)
		return 0;
	if (pkt->pf != NFPROTO_IPV4 && pkt->pf != NFPROTO_NETDEV)
		return -EINVAL;
	if (skald_pkt_protocol(pkt) == ETH_P_IPV6)
		return 0;
	if (skald_pkt_protocol(pkt) != ETH_P_IP)
		return -EINVAL;
	err = skald_pkt_copy(pkt, skald_pkt_network(pkt) + 16, 1, &to);
	if (!err && (to & 0xf0) != 0xe0)
		*type = 1;
	return err;
}

static int get_pkttype(const struct skald_vm_pkt *pkt, u32 *to)
{
	u8 type;
	int err = skald_vm_fact(pkt, SKALD_FACT_PKTTYPE, &type);

	if (!err && type == PACKET_LOOPBACK_TYPE)
		err = loopback_type(pkt, &type);
	if (!err)
		skald_reg_store8(to, type);
	return err;
}

/* nft_meta_weekday() and nft_meta_hour() */
static int get_time(const struct skald_vm_pkt *pkt, u32 key, u32 *to)
{
	u64 seconds = div64_u64(pkt->now, NS);
	s32 west;
	int err;

	if (key == NFT_META_TIME_NS) {
		memcpy(to, &pkt->now, sizeof(pkt->now));
		return 0;
	}
	if (key == NFT_META_TIME_HOUR) {
		*to = (u32)(seconds - div64_u64(seconds, DAY) * DAY);
		return 0;
	}
	err = skald_vm_fact(pkt, SKALD_FACT_TIMEZONE, &west);
	if (err)
		return err;
	seconds -= (u64)((s64)west * 60);
	seconds = div64_u64(seconds, DAY) + 4;
	skald_reg_store8(to, (u8)(seconds - div64_u64(seconds, 7) * 7));
	return 0;
}

static int get_u32(const struct skald_vm_pkt *pkt, enum skald_fact fact,
		   u32 *to)
{
	return skald_vm_fact(pkt, fact, to);
}

static int get_u16(const struct skald_vm_pkt *pkt, enum skald_fact fact,
		   bool is_net, u32 *to)
{
	u16 value;
	int err = skald_vm_fact(pkt, fact, &value);

	if (!err)
		skald_reg_store16(to, is_net ? htons(value) : value);
	return err;
}

static int get_secpath(const struct skald_vm_pkt *pkt, u32 *to)
{
	u8 value;
	int err = skald_vm_fact(pkt, SKALD_FACT_SECPATH, &value);

	if (!err)
		skald_reg_store8(to, !!value);
	return err;
}

/* What the owner has to be asked for. */
static int get_asked(const struct skald_vm_pkt *pkt, u32 key, u32 *to)
{
	switch (key) {
	case NFT_META_SKUID:
		return get_u32(pkt, SKALD_FACT_SKUID, to);
	case NFT_META_SKGID:
		return get_u32(pkt, SKALD_FACT_SKGID, to);
	case NFT_META_RTCLASSID:
		return get_u32(pkt, SKALD_FACT_RTCLASSID, to);
	case NFT_META_SECMARK:
		return get_u32(pkt, SKALD_FACT_SECMARK, to);
	case NFT_META_CPU:
		return get_u32(pkt, SKALD_FACT_CPU, to);
	case NFT_META_CGROUP:
		return get_u32(pkt, SKALD_FACT_CGROUP, to);
	case NFT_META_PRANDOM:
		return get_u32(pkt, SKALD_FACT_RANDOM, to);
	case NFT_META_SDIF:
		return get_u32(pkt, SKALD_FACT_SDIF, to);
	case NFT_META_SECPATH:
		return get_secpath(pkt, to);
	case NFT_META_PKTTYPE:
		return get_pkttype(pkt, to);
	case NFT_META_BRI_IIFPVID:
		return get_u16(pkt, SKALD_FACT_BRI_PVID, false, to);
	case NFT_META_BRI_IIFVPROTO:
		return get_u16(pkt, SKALD_FACT_BRI_PROTO, true, to);
	case NFT_META_BRI_IIFNAME:
		return get_name(pkt, SKALD_FACT_BRI_IIF, to);
	case NFT_META_BRI_OIFNAME:
		return get_name(pkt, SKALD_FACT_BRI_OIF, to);
	case NFT_META_SDIFNAME:
		return get_name(pkt, SKALD_FACT_SDIF, to);
	case NFT_META_TIME_NS:
	case NFT_META_TIME_DAY:
	case NFT_META_TIME_HOUR:
		return get_time(pkt, key, to);
	default:
		return get_link(pkt, key, to);
	}
}

static int get(const struct skald_vm_pkt *pkt, u32 key, u32 *to)
{
	switch (key) {
	case NFT_META_LEN:
		*to = skald_pkt_len(pkt);
		return 0;
	case NFT_META_PROTOCOL:
		skald_reg_store16(to, htons(skald_pkt_protocol(pkt)));
		return 0;
	case NFT_META_NFPROTO:
		skald_reg_store8(to, pkt->pf);
		return 0;
	case NFT_META_L4PROTO:
		if (pkt->flags & SKALD_PKT_LACKS)
			return -ENODATA;
		if (!(pkt->flags & SKALD_PKT_L4PROTO))
			return -EINVAL;
		skald_reg_store8(to, pkt->tprot);
		return 0;
	case NFT_META_PRIORITY:
		*to = pkt->view->priority;
		return 0;
	case NFT_META_MARK:
		*to = pkt->view->mark;
		return 0;
	case NFT_META_IIF:
		*to = pkt->view->iif;
		return *to == SKALD_VIEW_UNKNOWN ? -ENODATA : 0;
	case NFT_META_OIF:
		*to = pkt->view->oif;
		return *to == SKALD_VIEW_UNKNOWN ? -ENODATA : 0;
	default:
		return get_asked(pkt, key, to);
	}
}

static const char *missing(u32 key)
{
	const struct meta_key *found = find_key(key);

	return found ? found->name : "meta";
}

static void set(const struct skald_meta *meta, const u32 *from,
		struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_META };

	switch (meta->key) {
	case NFT_META_MARK:
		pkt->view->mark = *from;
		pkt->facts.mark = *from;
		break;
	case NFT_META_PRIORITY:
		pkt->view->priority = *from;
		break;
	case NFT_META_NFTRACE:
		pkt->nftrace = skald_reg_load8(from);
		break;
	default:
		break;
	}
	effect.meta.key = meta->key;
	effect.meta.value = meta->len == 1 ? skald_reg_load8(from) : *from;
	(void)skald_vm_effect(pkt, &effect);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_meta *meta = skald_expr_data(expr);
	int err;

	if (!meta->is_set) {
		err = get(pkt, meta->key, &regs->data[meta->reg]);
		skald_regs_loaded(regs, err, meta->reg, meta->len,
				  err ? missing(meta->key) : NULL);
		return;
	}
	if (skald_regs_is_unknown(regs, meta->reg, meta->len))
		skald_regs_maybe(regs, NULL);
	else if (skald_regs_is_sure(regs))
		set(meta, &regs->data[meta->reg], pkt);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	const struct skald_meta *meta = skald_expr_data(expr);

	return meta->is_set ? 0 : meta->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct skald_meta *meta = skald_expr_data(expr);
	const struct meta_key *key = find_key(meta->key);

	skald_phrase_str(name, key ? key->name : "meta");
	return key ? key->kind : SKALD_AS_HEX;
}

const struct skald_expr_ops skald_expr_meta = {
	.name = "meta",
	.help = "read or write what is known of a packet beside its bytes",
	.size = sizeof(struct skald_meta),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.get_target = get_target,
};
