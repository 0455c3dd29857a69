// SPDX-License-Identifier: GPL-2.0-only
/* socket: the socket that a packet belongs to (nft_socket_eval()). */
#include "expr_parts.h"
#include "place.h"

struct socket_expr {
	u8 key;
	u8 reg;
	u8 len;
	u8 level;
};

/* clang-format off */
static const struct skald_param_word keys[] = {
	{ NFT_SOCKET_TRANSPARENT, "transparent" }, { NFT_SOCKET_MARK, "mark" },
	{ NFT_SOCKET_WILDCARD, "wildcard" },
	{ NFT_SOCKET_CGROUPV2, "cgroupv2" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_SOCKET_KEY, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "key", .help = "what of the socket",
	  .words = keys },
	{ .attr = NFTA_SOCKET_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_SOCKET_LEVEL, .type = SKALD_PARAM_BE32,
	  .name = "level", .help = "level of the control group", .most = 255 },
};
/* clang-format on */

static const u8 lens[] = { 1, 4, 1, 8 };

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct socket_expr *sock = skald_expr_data(expr);

	sock->key = (u8)skald_nla_be32(tb[NFTA_SOCKET_KEY]);
	sock->len = lens[sock->key];
	sock->level = (u8)skald_nla_be32(tb[NFTA_SOCKET_LEVEL]);
	return skald_reg_target(tb[NFTA_SOCKET_DREG], sock->len, &sock->reg);
}

static int get(const struct socket_expr *sock, const struct skald_vm_pkt *pkt,
	       u32 *to)
{
	struct skald_socket_info info = { 0 };
	int err = -ENODATA;

	if (pkt->world->socket)
		err = pkt->world->socket(pkt->owner, pkt, &info);
	if (err)
		return err;
	if (sock->key == NFT_SOCKET_TRANSPARENT) {
		skald_reg_store8(to, info.transparent);
		return 0;
	}
	if (!info.is_full)
		return -EINVAL;
	switch (sock->key) {
	case NFT_SOCKET_MARK:
		*to = info.mark;
		return 0;
	case NFT_SOCKET_WILDCARD:
		skald_reg_store8(to, info.wildcard);
		return 0;
	default:
		if (sock->level >=
		    min_t(u32, info.n_cgroup, ARRAY_SIZE(info.cgroup)))
			return -EINVAL;
		memcpy(to, &info.cgroup[sock->level], 8);
		return 0;
	}
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct socket_expr *sock = skald_expr_data(expr);
	int err = get(sock, pkt, &regs->data[sock->reg]);

	skald_regs_loaded(regs, err, sock->reg, sock->len, "socket");
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	return skald_place_hooks(base, SKALD_AT(NF_INET_PRE_ROUTING) |
					       SKALD_AT(NF_INET_LOCAL_IN) |
					       SKALD_AT(NF_INET_LOCAL_OUT));
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct socket_expr *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct socket_expr *sock = skald_expr_data(expr);

	skald_phrase_str(name, "socket ");
	skald_phrase_str(name, keys[sock->key].word);
	return sock->key == NFT_SOCKET_MARK ? SKALD_AS_MARK : SKALD_AS_NUMBER;
}

const struct skald_expr_ops skald_expr_socket = {
	.name = "socket",
	.help = "look at the socket that the packet belongs to",
	.size = sizeof(struct socket_expr),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
	.field = field,
	.get_target = get_target,
};
