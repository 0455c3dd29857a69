// SPDX-License-Identifier: GPL-2.0-only
/* osf: the sender's operating system, by its SYN (nft_osf_eval()). */
#include "expr_parts.h"
#include "place.h"

#define GENRE_LEN 16
#define FLAG_SYN 0x02

struct osf {
	u8 reg;
	u8 ttl;
	u32 flags;
};

/* clang-format off */
static const struct skald_param_word ttls[] = {
	{ 0, "true" }, { 1, "loose" }, { 2, "skip" }, { 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ NFT_OSF_F_VERSION, "version" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_OSF_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_OSF_TTL, .type = SKALD_PARAM_U8, .name = "ttl",
	  .help = "how the TTL is compared", .words = ttls },
	{ .attr = NFTA_OSF_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "version: name the version as well", .is_flags = true,
	  .words = flags },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct osf *osf = skald_expr_data(expr);

	osf->ttl = skald_nla_u8(tb[NFTA_OSF_TTL]);
	osf->flags = skald_nla_be32(tb[NFTA_OSF_FLAGS]);
	return skald_reg_target(tb[NFTA_OSF_DREG], GENRE_LEN, &osf->reg);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct osf *osf = skald_expr_data(expr);
	char genre[32] = { 0 };
	u8 tcp[20];
	int err;

	if (pkt->pf != NFPROTO_IPV4 || pkt->tprot != IPPROTO_TCP ||
	    skald_pkt_copy(pkt, pkt->thoff, sizeof(tcp), tcp) ||
	    !(tcp[13] & FLAG_SYN)) {
		skald_regs_break(regs);
		return;
	}
	err = skald_vm_fact(pkt, SKALD_FACT_OSF_GENRE, genre);
	if (err) {
		skald_regs_lack(regs, osf->reg, GENRE_LEN,
				skald_fact_words(SKALD_FACT_OSF_GENRE));
		return;
	}
	memcpy(&regs->data[osf->reg], genre, GENRE_LEN);
	skald_regs_known(regs, osf->reg, GENRE_LEN);
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	return skald_place_hooks(base, SKALD_AT(NF_INET_LOCAL_IN) |
					       SKALD_AT(NF_INET_PRE_ROUTING) |
					       SKALD_AT(NF_INET_FORWARD));
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct osf *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	skald_phrase_str(name, "osf name");
	return SKALD_PHRASE_STRING;
}

const struct skald_expr_ops skald_expr_osf = {
	.name = "osf",
	.help = "tell the sender's operating system by its SYN",
	.size = sizeof(struct osf),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
	.field = field,
	.get_target = get_target,
};
