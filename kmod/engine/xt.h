/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: matches and targets of x_tables
 *
 * iptables-nft puts most of what iptables can do into rules as it is: the name
 * of a match or target, its revision, and the structure of its kernel module.
 * Each is one entry of a table; the tables together are a registry of their own
 * beside that of expressions. What has no entry is loaded all the same and is
 * unknown to every packet, so it stays visible.
 *
 * Structures are those of a 64-bit little-endian kernel.
 */
#ifndef SKALD_ENGINE_XT_H
#define SKALD_ENGINE_XT_H

#include "env.h"
#include "expr.h"
#include "vm.h"

#define SKALD_XT_NAME 32
/* Any revision. */
#define SKALD_XT_ANY U8_MAX

/* What a match says, beside -ENODATA: unknown. */
#define SKALD_XT_NO 0
#define SKALD_XT_YES 1
#define SKALD_XT_DROP 2

struct skald_xt;

/**
 * struct skald_xt_ops - a match or target
 * @name: its name
 * @revision: revision, or SKALD_XT_ANY
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6 alone; 0: any
 * @size: bytes that its structure has at least
 * @help: one line
 * @missing: what is not known when it says so
 * @match: whether the packet matches; NULL for targets
 * @target: does it, and sets the verdict if it has one; NULL for matches
 * @init: prepares state from the structure; may be NULL
 * @free: gives back what @init took; may be NULL
 * @explain: why it did not match; may be NULL
 */
struct skald_xt_ops {
	const char *name;
	u8 revision;
	u8 family;
	u16 size;
	const char *help;
	const char *missing;
	int (*match)(struct skald_xt *xt, struct skald_vm_pkt *pkt);
	void (*target)(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt);
	int (*init)(struct skald_xt *xt, struct skald_load *load);
	void (*free)(struct skald_xt *xt);
	void (*explain)(const struct skald_xt *xt,
			const struct skald_vm_pkt *pkt,
			struct skald_miss *miss);
};

/**
 * struct skald_xt - a match or target in a rule
 * @ops: what it is; NULL: nothing that is known here
 * @name: its name
 * @revision: its revision
 * @family: of the table
 * @state: for @ops
 * @more: for @ops, memory of its own
 * @len: bytes of the structure
 * @info: the structure
 */
struct skald_xt {
	const struct skald_xt_ops *ops;
	char name[SKALD_XT_NAME];
	u8 revision;
	u8 family;
	u64 state[2];
	void *more;
	u32 len;
	u64 info[];
};

/* Tables, ended by an entry without a name. */
extern const struct skald_xt_ops skald_xt_transport[];
extern const struct skald_xt_ops skald_xt_network[];
extern const struct skald_xt_ops skald_xt_ipv6[];
extern const struct skald_xt_ops skald_xt_srh[];
extern const struct skald_xt_ops skald_xt_ipsec[];
extern const struct skald_xt_ops skald_xt_content[];
extern const struct skald_xt_ops skald_xt_ct[];
extern const struct skald_xt_ops skald_xt_host[];
extern const struct skald_xt_ops skald_xt_socket[];
extern const struct skald_xt_ops skald_xt_spread_matches[];
extern const struct skald_xt_ops skald_xt_bridge[];
extern const struct skald_xt_ops skald_xt_bridge_ip[];
extern const struct skald_xt_ops skald_xt_state[];
extern const struct skald_xt_ops skald_xt_hashlimit[];
extern const struct skald_xt_ops skald_xt_recent[];
extern const struct skald_xt_ops skald_xt_targets[];
extern const struct skald_xt_ops skald_xt_nat[];
extern const struct skald_xt_ops skald_xt_mangle[];
extern const struct skald_xt_ops skald_xt_npt[];
extern const struct skald_xt_ops skald_xt_spread_targets[];
extern const struct skald_xt_ops skald_xt_link_targets[];

/* The registry: matches first. Return: the n-th; NULL: no more */
const struct skald_xt_ops *skald_xt_kind(u32 n);

/* Whether a port is in a range. */
static inline bool skald_xt_port(u16 min, u16 max, u16 port, bool invert)
{
	return (port >= min && port <= max) != invert;
}

/* Whether bytes are those wanted, where the mask has bits. */
bool skald_xt_is_masked(const u8 *bytes, const u8 *want, const u8 *mask,
			u32 len);

/* The packet's mark, which rules and the owner are told of. */
void skald_xt_set_mark(struct skald_vm_pkt *pkt, u32 mark);

/* Bytes of the packet: 0, SKALD_XT_DROP where the kernel would drop it for
 * being too short, -ENODATA */
int skald_xt_pull(const struct skald_vm_pkt *pkt, u32 off, u32 len, void *to);

#endif /* SKALD_ENGINE_XT_H */
