// SPDX-License-Identifier: GPL-2.0-only
/* ct: the connection of a packet (nft_ct_get_eval(), nft_ct_set_eval()). */
#include "expr_parts.h"
#include "load.h"

#define DIR_NONE 2

struct ct {
	u8 key;
	u8 dir;
	u8 reg;
	u8 len;
	bool is_set;
};

/* When a key may, or must, have a direction. */
enum direction {
	DIR_NEVER,
	DIR_MAY,
	DIR_MUST,
};

/**
 * struct ct_key - a key
 * @number: NFT_CT_*
 * @len: bytes; 0: an address of the table's family
 * @kind: how it is read
 * @direction: see above
 * @can_set: it can be written
 * @needs: SKALD_CT_*: what must be known
 * @name: as nft writes it
 */
struct ct_key {
	u8 number;
	u8 len;
	u8 kind;
	u8 direction;
	bool can_set;
	u16 needs;
	const char *name;
};

/* clang-format off */
static const struct ct_key keys[] = {
	{ NFT_CT_STATE, 4, SKALD_AS_CTSTATE, DIR_NEVER, false,
	  SKALD_VM_CT_STATE, "ct state" },
	{ NFT_CT_DIRECTION, 1, SKALD_AS_CTDIR, DIR_NEVER, false,
	  SKALD_VM_CT_DIRECTION, "ct direction" },
	{ NFT_CT_STATUS, 4, SKALD_AS_CTSTATUS, DIR_NEVER, false,
	  SKALD_VM_CT_STATUS, "ct status" },
	{ NFT_CT_MARK, 4, SKALD_AS_MARK, DIR_NEVER, true, SKALD_VM_CT_MARK,
	  "ct mark" },
	{ NFT_CT_SECMARK, 4, SKALD_AS_NUMBER, DIR_NEVER, true,
	  SKALD_VM_CT_SECMARK, "ct secmark" },
	{ NFT_CT_EXPIRATION, 4, SKALD_AS_NUMBER, DIR_NEVER, false,
	  SKALD_VM_CT_EXPIRES, "ct expiration" },
	{ NFT_CT_HELPER, 16, SKALD_AS_STRING, DIR_NEVER, false,
	  SKALD_VM_CT_HELPER, "ct helper" },
	{ NFT_CT_L3PROTOCOL, 1, SKALD_AS_NFPROTO, DIR_MAY, false,
	  SKALD_VM_CT_TUPLES, "ct l3proto" },
	{ NFT_CT_SRC, 0, SKALD_AS_HEX, DIR_MUST, false, SKALD_VM_CT_TUPLES,
	  "ct saddr" },
	{ NFT_CT_DST, 0, SKALD_AS_HEX, DIR_MUST, false, SKALD_VM_CT_TUPLES,
	  "ct daddr" },
	{ NFT_CT_PROTOCOL, 1, SKALD_AS_PROTO, DIR_MAY, false,
	  SKALD_VM_CT_TUPLES, "ct protocol" },
	{ NFT_CT_PROTO_SRC, 2, SKALD_AS_BE, DIR_MUST, false,
	  SKALD_VM_CT_TUPLES, "ct proto-src" },
	{ NFT_CT_PROTO_DST, 2, SKALD_AS_BE, DIR_MUST, false,
	  SKALD_VM_CT_TUPLES, "ct proto-dst" },
	{ NFT_CT_LABELS, 16, SKALD_AS_HEX, DIR_NEVER, true,
	  SKALD_VM_CT_LABELS, "ct label" },
	{ NFT_CT_PKTS, 8, SKALD_AS_NUMBER, DIR_MAY, false,
	  SKALD_VM_CT_COUNTERS, "ct packets" },
	{ NFT_CT_BYTES, 8, SKALD_AS_NUMBER, DIR_MAY, false,
	  SKALD_VM_CT_COUNTERS, "ct bytes" },
	{ NFT_CT_AVGPKT, 8, SKALD_AS_NUMBER, DIR_MAY, false,
	  SKALD_VM_CT_COUNTERS, "ct avgpkt" },
	{ NFT_CT_ZONE, 2, SKALD_AS_NUMBER, DIR_MAY, true, SKALD_VM_CT_ZONE,
	  "ct zone" },
	{ NFT_CT_EVENTMASK, 4, SKALD_AS_MARK, DIR_NEVER, true, 0,
	  "ct event" },
	{ NFT_CT_SRC_IP, 4, SKALD_AS_IP, DIR_MUST, false, SKALD_VM_CT_TUPLES,
	  "ct ip saddr" },
	{ NFT_CT_DST_IP, 4, SKALD_AS_IP, DIR_MUST, false, SKALD_VM_CT_TUPLES,
	  "ct ip daddr" },
	{ NFT_CT_SRC_IP6, 16, SKALD_AS_IP6, DIR_MUST, false,
	  SKALD_VM_CT_TUPLES, "ct ip6 saddr" },
	{ NFT_CT_DST_IP6, 16, SKALD_AS_IP6, DIR_MUST, false,
	  SKALD_VM_CT_TUPLES, "ct ip6 daddr" },
	{ NFT_CT_ID, 4, SKALD_AS_MARK, DIR_NEVER, false, SKALD_VM_CT_ID,
	  "ct id" },
};

static const struct skald_param_word words[] = {
	{ NFT_CT_STATE, "state" }, { NFT_CT_DIRECTION, "direction" },
	{ NFT_CT_STATUS, "status" }, { NFT_CT_MARK, "mark" },
	{ NFT_CT_SECMARK, "secmark" }, { NFT_CT_EXPIRATION, "expiration" },
	{ NFT_CT_HELPER, "helper" }, { NFT_CT_L3PROTOCOL, "l3proto" },
	{ NFT_CT_SRC, "saddr" }, { NFT_CT_DST, "daddr" },
	{ NFT_CT_PROTOCOL, "protocol" }, { NFT_CT_PROTO_SRC, "proto-src" },
	{ NFT_CT_PROTO_DST, "proto-dst" }, { NFT_CT_LABELS, "label" },
	{ NFT_CT_PKTS, "packets" }, { NFT_CT_BYTES, "bytes" },
	{ NFT_CT_AVGPKT, "avgpkt" }, { NFT_CT_ZONE, "zone" },
	{ NFT_CT_EVENTMASK, "event" }, { NFT_CT_SRC_IP, "ip saddr" },
	{ NFT_CT_DST_IP, "ip daddr" }, { NFT_CT_SRC_IP6, "ip6 saddr" },
	{ NFT_CT_DST_IP6, "ip6 daddr" }, { NFT_CT_ID, "id" }, { 0, NULL },
};
static const struct skald_param_word directions[] = {
	{ 0, "original" }, { 1, "reply" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_CT_DREG, .type = SKALD_PARAM_DREG, .name = "dreg",
	  .help = "register read into" },
	{ .attr = NFTA_CT_KEY, .type = SKALD_PARAM_BE32, .is_required = true,
	  .name = "key", .help = "what", .words = words },
	{ .attr = NFTA_CT_DIRECTION, .type = SKALD_PARAM_U8,
	  .name = "direction", .help = "of which direction",
	  .words = directions },
	{ .attr = NFTA_CT_SREG, .type = SKALD_PARAM_SREG, .name = "sreg",
	  .help = "register written from" },
};
/* clang-format on */

static const struct ct_key *find_key(u32 number)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].number == number)
			return &keys[i];
	}
	return NULL;
}

static int parse_len(struct skald_load *load, const struct ct_key *key, u8 *len)
{
	u8 family = load->family;

	*len = key->len;
	if (*len)
		return 0;
	if (family == NFPROTO_IPV4)
		*len = 4;
	else if (family == NFPROTO_IPV6 || family == NFPROTO_INET)
		*len = 16;
	else
		return -EAFNOSUPPORT;
	return 0;
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct ct *ct = skald_expr_data(expr);
	const struct ct_key *key = find_key(skald_nla_be32(tb[NFTA_CT_KEY]));
	bool has_dir = tb[NFTA_CT_DIRECTION];
	int err;

	if (!key || !tb[NFTA_CT_DREG] == !tb[NFTA_CT_SREG])
		return -EINVAL;
	if ((key->direction == DIR_NEVER && has_dir) ||
	    (key->direction == DIR_MUST && !has_dir))
		return -EINVAL;
	ct->key = key->number;
	ct->dir = has_dir ? skald_nla_u8(tb[NFTA_CT_DIRECTION]) : DIR_NONE;
	ct->is_set = tb[NFTA_CT_SREG];
	err = parse_len(load, key, &ct->len);
	if (err)
		return err;
	if (ct->is_set)
		return key->can_set ? skald_reg_source(tb[NFTA_CT_SREG],
						       ct->len, &ct->reg)
				    : -EOPNOTSUPP;
	if (ct->key == NFT_CT_EVENTMASK)
		return -EOPNOTSUPP;
	return skald_reg_target(tb[NFTA_CT_DREG], ct->len, &ct->reg);
}

static u64 count(const u64 *counters, u8 dir)
{
	return dir < DIR_NONE ? counters[dir] : counters[0] + counters[1];
}

static void get_count(const struct ct *ct, const struct skald_vm_ct *entry,
		      u32 *to)
{
	u64 bytes = count(entry->bytes, ct->dir);
	u64 packets = count(entry->packets, ct->dir);
	u64 value = bytes;

	if (ct->key == NFT_CT_PKTS)
		value = packets;
	else if (ct->key == NFT_CT_AVGPKT)
		value = packets ? div64_u64(bytes, packets) : 0;
	memcpy(to, &value, sizeof(value));
}

static int get_address(const struct ct *ct, const struct skald_vm_ct *entry,
		       u32 *to)
{
	const struct skald_vm_tuple *tuple = &entry->tuple[ct->dir & 1];
	bool is_src = ct->key == NFT_CT_SRC || ct->key == NFT_CT_SRC_IP ||
		      ct->key == NFT_CT_SRC_IP6;

	if ((ct->key == NFT_CT_SRC_IP || ct->key == NFT_CT_DST_IP) &&
	    entry->l3num != NFPROTO_IPV4)
		return -EINVAL;
	if ((ct->key == NFT_CT_SRC_IP6 || ct->key == NFT_CT_DST_IP6) &&
	    entry->l3num != NFPROTO_IPV6)
		return -EINVAL;
	memcpy(to, is_src ? tuple->src : tuple->dst, ct->len);
	return 0;
}

static int get_rest(const struct ct *ct, const struct skald_vm_ct *entry,
		    u32 *to)
{
	switch (ct->key) {
	case NFT_CT_HELPER:
		if (!entry->helper[0])
			return -EINVAL;
		memcpy(to, entry->helper, sizeof(entry->helper));
		return 0;
	case NFT_CT_LABELS:
		memcpy(to, entry->labels, sizeof(entry->labels));
		return 0;
	case NFT_CT_L3PROTOCOL:
		skald_reg_store8(to, entry->l3num);
		return 0;
	case NFT_CT_PROTOCOL:
		skald_reg_store8(to, entry->l4num);
		return 0;
	case NFT_CT_ZONE:
		skald_reg_store16(to, ct->dir < DIR_NONE ? entry->zone[ct->dir]
							 : entry->zone_id);
		return 0;
	case NFT_CT_PROTO_SRC:
		skald_reg_store16(to, entry->tuple[ct->dir & 1].sport);
		return 0;
	case NFT_CT_PROTO_DST:
		skald_reg_store16(to, entry->tuple[ct->dir & 1].dport);
		return 0;
	case NFT_CT_PKTS:
	case NFT_CT_BYTES:
	case NFT_CT_AVGPKT:
		get_count(ct, entry, to);
		return 0;
	default:
		return get_address(ct, entry, to);
	}
}

static int get(const struct ct *ct, const struct skald_vm_ct *entry, u32 *to)
{
	if (ct->key == NFT_CT_STATE) {
		*to = entry->state;
		return 0;
	}
	if (!entry->has_entry || entry->is_template)
		return -EINVAL;
	switch (ct->key) {
	case NFT_CT_DIRECTION:
		skald_reg_store8(to, entry->direction);
		return 0;
	case NFT_CT_STATUS:
		*to = entry->status;
		return 0;
	case NFT_CT_MARK:
		*to = entry->mark;
		return 0;
	case NFT_CT_SECMARK:
		*to = entry->secmark;
		return 0;
	case NFT_CT_EXPIRATION:
		*to = entry->expires_ms;
		return 0;
	case NFT_CT_ID:
		*to = entry->id;
		return 0;
	default:
		return get_rest(ct, entry, to);
	}
}

static bool is_known(const struct ct *ct, const struct skald_vm_ct *entry)
{
	const struct ct_key *key = find_key(ct->key);

	if (!(entry->known & SKALD_VM_CT_STATE))
		return false;
	if (!entry->has_entry || entry->is_template)
		return true;
	return (entry->known & key->needs) == key->needs;
}

static void eval_get(const struct ct *ct, struct skald_regs *regs,
		     struct skald_vm_pkt *pkt)
{
	const struct skald_vm_ct *entry;
	int err = skald_vm_ct(pkt, &entry);

	if (!err && !is_known(ct, entry))
		err = -ENODATA;
	if (!err)
		err = get(ct, entry, &regs->data[ct->reg]);
	skald_regs_loaded(regs, err, ct->reg, ct->len,
			  err ? find_key(ct->key)->name : NULL);
}

static enum skald_effect_kind effect_kind(u8 key)
{
	switch (key) {
	case NFT_CT_MARK:
		return SKALD_EFFECT_CT_MARK;
	case NFT_CT_SECMARK:
		return SKALD_EFFECT_CT_SECMARK;
	case NFT_CT_LABELS:
		return SKALD_EFFECT_CT_LABELS;
	case NFT_CT_ZONE:
		return SKALD_EFFECT_CT_ZONE;
	default:
		return SKALD_EFFECT_CT_EVENTS;
	}
}

/* A zone is for packets without an entry, all else for those with one. */
static void eval_set(const struct ct *ct, struct skald_regs *regs,
		     struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = effect_kind(ct->key) };
	const u32 *from = &regs->data[ct->reg];
	const struct skald_vm_ct *entry;
	int err = skald_vm_ct(pkt, &entry);

	if (err || !(entry->known & SKALD_VM_CT_STATE) ||
	    skald_regs_is_unknown(regs, ct->reg, ct->len)) {
		skald_regs_maybe(regs, "conntrack entry");
		return;
	}
	if (!skald_regs_is_sure(regs))
		return;
	if (ct->key == NFT_CT_ZONE) {
		if (entry->has_entry)
			return;
		effect.ct.value = skald_reg_load16(from);
	} else {
		if (!entry->has_entry || entry->is_template)
			return;
		effect.ct.value = *from;
		effect.ct.mask = U32_MAX;
		if (ct->key == NFT_CT_LABELS)
			memcpy(effect.ct.labels, from, 16);
	}
	effect.ct.direction = ct->dir;
	err = skald_vm_effect(pkt, &effect);
	if (err == -ENOMEM)
		regs->verdict.code = NF_DROP;
	skald_vm_ct_forget(pkt);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct ct *ct = skald_expr_data(expr);

	if (ct->is_set)
		eval_set(ct, regs, pkt);
	else
		eval_get(ct, regs, pkt);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	const struct ct *ct = skald_expr_data(expr);

	return ct->is_set ? 0 : ct->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct ct *ct = skald_expr_data(expr);
	const struct ct_key *key = find_key(ct->key);

	if (ct->dir < DIR_NONE) {
		skald_phrase_str(name, "ct ");
		skald_phrase_str(name, directions[ct->dir].word);
		skald_phrase_str(name, key->name + 2);
	} else {
		skald_phrase_str(name, key->name);
	}
	if (ct->key == NFT_CT_SRC || ct->key == NFT_CT_DST)
		return ct->len == 4 ? SKALD_AS_IP : SKALD_AS_IP6;
	return key->kind;
}

const struct skald_expr_ops skald_expr_ct = {
	.name = "ct",
	.help = "read or write what the connection tracker knows",
	.size = sizeof(struct ct),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.get_target = get_target,
};
