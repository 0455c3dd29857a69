// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guards: the first comparisons of a rule, taken out of it. Only rows of
 * "load, mask, compare for equality" are looked at, from the rule's beginning
 * up to the first expression that is anything else.
 */
#include "guard.h"

#include "expr_parts.h"
#include "table.h"
#include "vm_pkt.h"

/* A value on its way from the packet to a comparison. */
struct loaded {
	u16 at;
	u8 region;
	u8 start;
	u8 len;
	u8 reg;
	bool is_masked;
	u8 mask[SKALD_DATA_MAX];
	u8 xor [SKALD_DATA_MAX];
};

/* The n-th expression onwards. */
struct row {
	const struct skald_vm_expr *expr;
	u32 left;
};

static const struct skald_vm_expr *take(struct row *row)
{
	const struct skald_vm_expr *expr = row->expr;

	if (!row->left)
		return NULL;
	row->left--;
	row->expr = skald_expr_next(expr);
	return expr;
}

static bool place(struct loaded *loaded, u32 region, u32 base, u32 off, u32 len)
{
	loaded->region = (u8)region;
	loaded->start = (u8)off;
	loaded->len = (u8)len;
	loaded->at = (u16)(base + off);
	return true;
}

static bool load_payload(const struct skald_payload *payload,
			 struct loaded *loaded)
{
	u32 end = payload->offset + payload->len;

	if (payload->is_set || payload->offset > SKALD_BLOCK_LEN ||
	    !payload->len || payload->len > SKALD_DATA_MAX)
		return false;
	loaded->reg = payload->reg;
	if (payload->base == NFT_PAYLOAD_NETWORK_HEADER &&
	    end <= SKALD_BLOCK_TRANSPORT - SKALD_BLOCK_NETWORK)
		return place(loaded, SKALD_REGION_NETWORK, SKALD_BLOCK_NETWORK,
			     payload->offset, payload->len);
	if (payload->base == NFT_PAYLOAD_TRANSPORT_HEADER &&
	    end <= SKALD_BLOCK_LEN - 4 - SKALD_BLOCK_TRANSPORT)
		return place(loaded, SKALD_REGION_TRANSPORT,
			     SKALD_BLOCK_TRANSPORT, payload->offset,
			     payload->len);
	return false;
}

static bool load_meta(const struct skald_meta *meta, struct loaded *loaded)
{
	if (meta->is_set)
		return false;
	loaded->reg = meta->reg;
	switch (meta->key) {
	case NFT_META_IIF:
		return place(loaded, SKALD_REGION_FACTS, 0,
			     offsetof(struct skald_vm_facts, iif), 4);
	case NFT_META_OIF:
		return place(loaded, SKALD_REGION_FACTS, 0,
			     offsetof(struct skald_vm_facts, oif), 4);
	case NFT_META_MARK:
		return place(loaded, SKALD_REGION_FACTS, 0,
			     offsetof(struct skald_vm_facts, mark), 4);
	case NFT_META_PROTOCOL:
		return place(loaded, SKALD_REGION_FACTS, 0,
			     offsetof(struct skald_vm_facts, protocol), 2);
	case NFT_META_NFPROTO:
		return place(loaded, SKALD_REGION_FACTS, 0,
			     offsetof(struct skald_vm_facts, nfproto), 1);
	case NFT_META_L4PROTO:
		return place(loaded, SKALD_REGION_FACTS, 0,
			     offsetof(struct skald_vm_facts, l4proto), 1);
	case NFT_META_IIFNAME:
		return place(loaded, SKALD_REGION_NAMES, SKALD_BLOCK_NAMES, 0,
			     16);
	case NFT_META_OIFNAME:
		return place(loaded, SKALD_REGION_NAMES, SKALD_BLOCK_NAMES, 16,
			     16);
	default:
		return false;
	}
}

static bool load(const struct skald_vm_expr *expr, struct loaded *loaded)
{
	loaded->is_masked = false;
	if (expr->ops == &skald_expr_payload)
		return load_payload(skald_expr_data(expr), loaded);
	if (expr->ops == &skald_expr_meta)
		return load_meta(skald_expr_data(expr), loaded);
	return false;
}

/* Return: whether the expression masks what was loaded */
static bool mask(const struct skald_vm_expr *expr, struct loaded *loaded)
{
	const struct skald_bitwise *bitwise = skald_expr_data(expr);

	if (expr->ops != &skald_expr_bitwise || bitwise->op ||
	    bitwise->source != loaded->reg || bitwise->len > loaded->len)
		return false;
	loaded->is_masked = true;
	loaded->reg = bitwise->target;
	loaded->len = bitwise->len;
	memcpy(loaded->mask, bitwise->mask, bitwise->len);
	memcpy(loaded->xor, bitwise->xor, bitwise->len);
	return true;
}

/* The last four bytes that tell most: names differ at their end. */
static u32 window(const struct skald_cmp *cmp)
{
	const u8 *value = (const u8 *)cmp->value;
	u32 end = cmp->len;

	while (end > 4 && !value[end - 1])
		end--;
	return end > 4 ? end - 4 : 0;
}

/* Return: whether a guard was made; false too where nothing is gained */
static bool make(const struct loaded *loaded, const struct skald_cmp *cmp,
		 struct skald_guard *guard)
{
	const u8 *wanted = (const u8 *)cmp->value;
	u8 bits[4] = { 0 }, value[4] = { 0 };
	u32 from, i;

	if (cmp->op != NFT_CMP_EQ || !cmp->len || cmp->len > loaded->len)
		return false;
	from = window(cmp);
	for (i = 0; i < 4 && from + i < cmp->len; i++) {
		u8 keep = loaded->is_masked ? loaded->mask[from + i] : 0xff;
		u8 flip = loaded->is_masked ? loaded->xor [from + i] : 0;

		bits[i] = keep;
		value[i] = wanted[from + i] ^ flip;
	}
	memcpy(&guard->mask, bits, sizeof(bits));
	memcpy(&guard->value, value, sizeof(value));
	guard->at = (u16)(loaded->at + from);
	guard->region = loaded->region;
	guard->end = (u8)(loaded->start + loaded->len);
	return true;
}

void skald_guard_make(const struct skald_vm_rule *rule,
		      struct skald_guard *first, struct skald_guard *second)
{
	struct row row = { skald_rule_first(rule), rule->n_exprs };
	struct skald_guard *guards[2] = { first, second };
	const struct skald_vm_expr *expr;
	struct loaded loaded;
	u32 n = 0;

	memset(first, 0, sizeof(*first));
	memset(second, 0, sizeof(*second));
	while (n < 2 && (expr = take(&row)) && load(expr, &loaded)) {
		const struct skald_cmp *cmp;

		expr = take(&row);
		if (expr && mask(expr, &loaded))
			expr = take(&row);
		if (!expr || expr->ops != &skald_expr_cmp)
			return;
		cmp = skald_expr_data(expr);
		if (cmp->reg != loaded.reg)
			return;
		if (make(&loaded, cmp, guards[n]))
			n++;
	}
}

static u8 fill_names(struct skald_vm_pkt *pkt)
{
	struct skald_link_info link;
	u8 *names = pkt->block + SKALD_BLOCK_NAMES;
	int err;

	memset(names, 0, 32);
	err = skald_vm_link(pkt, pkt->view->iif, &link);
	if (err == -ENODATA)
		return 0;
	if (!err)
		memcpy(names, link.name, 16);
	err = skald_vm_link(pkt, pkt->view->oif, &link);
	if (err == -ENODATA)
		return 16;
	if (!err)
		memcpy(names + 16, link.name, 16);
	return 32;
}

static u8 fill_bytes(const struct skald_vm_pkt *pkt, u32 off, u32 most, u8 *to)
{
	const struct skald_view *view = pkt->view;
	u32 end = min(pkt->limit, view->linear);
	u32 len;

	if (off >= end)
		return 0;
	len = min(end - off, most);
	memcpy(to, view->data + off, len);
	return (u8)len;
}

void skald_guard_fill(struct skald_vm_pkt *pkt)
{
	struct skald_vm_facts *facts = &pkt->facts;
	u32 off;

	facts->iif = pkt->view->iif;
	facts->oif = pkt->view->oif;
	facts->mark = pkt->view->mark;
	facts->protocol = htons(skald_pkt_protocol(pkt));
	facts->nfproto = pkt->pf;
	facts->l4proto = pkt->tprot;
	pkt->have[SKALD_REGION_FACTS] =
		offsetof(struct skald_vm_facts, l4proto) +
		!!(pkt->flags & SKALD_PKT_L4PROTO);
	/* what is not known is looked at in full */
	if (facts->iif == SKALD_VIEW_UNKNOWN ||
	    facts->oif == SKALD_VIEW_UNKNOWN)
		pkt->have[SKALD_REGION_FACTS] = 0;
	pkt->have[SKALD_REGION_NAMES] = fill_names(pkt);
	pkt->have[SKALD_REGION_NETWORK] = 0;
	pkt->have[SKALD_REGION_TRANSPORT] = 0;
	if (!skald_pkt_base(pkt, NFT_PAYLOAD_NETWORK_HEADER, &off))
		pkt->have[SKALD_REGION_NETWORK] =
			fill_bytes(pkt, off,
				   SKALD_BLOCK_TRANSPORT - SKALD_BLOCK_NETWORK,
				   pkt->block + SKALD_BLOCK_NETWORK);
	if (!skald_pkt_base(pkt, NFT_PAYLOAD_TRANSPORT_HEADER, &off))
		pkt->have[SKALD_REGION_TRANSPORT] =
			fill_bytes(pkt, off,
				   SKALD_BLOCK_LEN - 4 - SKALD_BLOCK_TRANSPORT,
				   pkt->block + SKALD_BLOCK_TRANSPORT);
	pkt->flags |= SKALD_PKT_BLOCK;
}
