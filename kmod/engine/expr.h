/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: expressions
 *
 * A rule is a row of expressions. Each kind is one ops table in one file,
 * expr_<name>.c; the list of all (SKALD_EXPRS) is the registry behind
 * "skald filter help". The table of parameters both describes an expression
 * to people and checks the attributes that come in.
 *
 * An expression lies inside its rule's block: struct skald_vm_expr, then the
 * private bytes of its kind. Parsing happens in two steps, as in the kernel:
 * sort attributes and ask for the size, then fill in.
 */
#ifndef SKALD_ENGINE_EXPR_H
#define SKALD_ENGINE_EXPR_H

#include "env.h"
#include "nla.h"
#include "phrase.h"
#include "vm.h"
#include "vm_world.h"

struct skald_load;
struct skald_vm_set;

/* What a parameter holds. */
enum skald_param_type {
	SKALD_PARAM_U8,
	SKALD_PARAM_BE16,
	SKALD_PARAM_BE32,
	SKALD_PARAM_BE64,
	SKALD_PARAM_STRING,
	SKALD_PARAM_DATA,
	SKALD_PARAM_SREG,
	SKALD_PARAM_DREG,
	SKALD_PARAM_NEST,
	SKALD_PARAM_BLOB,
};

/**
 * struct skald_param_word - a valid value and what it is called
 * @number: value
 * @word: as the ecosystem calls it
 */
struct skald_param_word {
	u32 number;
	const char *word;
};

/**
 * struct skald_param - a parameter: one attribute
 * @attr: NFTA_*
 * @type: what it holds
 * @is_required: it must be there
 * @is_flags: a combination of @words, not one of them
 * @name: its name
 * @help: one line
 * @words: valid values, ended by a NULL word; NULL: any number
 * @most: greatest number, or longest value in bytes; 0: no limit
 */
struct skald_param {
	u16 attr;
	u8 type;
	bool is_required;
	bool is_flags;
	const char *name;
	const char *help;
	const struct skald_param_word *words;
	u32 most;
};

/**
 * struct skald_vm_expr - an expression in its rule
 * @ops: its kind
 * @size: bytes with this header, a multiple of 8
 * @data: private bytes
 */
struct skald_vm_expr {
	const struct skald_expr_ops *ops;
	u32 size;
	u64 data[];
};

static inline struct skald_vm_expr *
skald_expr_next(const struct skald_vm_expr *expr)
{
	return (struct skald_vm_expr *)((u8 *)expr + expr->size);
}

/* Private bytes are at most this long; xt blobs are the longest. */
#define SKALD_EXPR_MAX 8192
/* Attributes of one expression. */
#define SKALD_EXPR_ATTRS 16

static inline void *skald_expr_data(const struct skald_vm_expr *expr)
{
	return (void *)expr->data;
}

/* Whom an expression is for: flags of struct skald_expr_ops. */
/* It may stand in a set's element, or be told by a set for each of them. */
#define SKALD_EXPR_STATEFUL (1 << 0)
/* It can send the packet on: its rule's chain must be looked at for loops. */
#define SKALD_EXPR_JUMPS (1 << 1)
/* It changes nothing but registers, or looks itself whether the rule is sure.
 */
#define SKALD_EXPR_PURE (1 << 2)

/**
 * struct skald_expr_ops - a kind of expression
 * @name: NFTA_EXPR_NAME
 * @help: one line
 * @size: private bytes
 * @flags: SKALD_EXPR_*
 * @n_params: parameters
 * @params: parameters
 * @get_size: private bytes of this one, where @size is 0
 * @parse: fills private bytes, which are zero, from attributes that were
 *	checked against @params; on failure nothing is kept
 * @eval: what it does, as the kernel's
 * @hold: takes (1) or gives up (-1) its references of chains, sets and objects;
 *	@parse has taken them; may be NULL: it has none
 * @free: gives back memory that @parse took; may be NULL
 * @validate: whether it may stand in a chain that is reached from the base
 *	chain @base; -EOPNOTSUPP as the kernel's ->validate(); may be NULL
 * @clone: private bytes for one more element of a set; may be NULL: copied
 * @field: name of what it writes to its register, for people; the answer is
 *	enum skald_phrase_kind; may be NULL: what its source holds
 * @get_target: word it writes to, 0: none
 * @get_source: word it makes that from, 0: from none
 * @explain: why it broke: writes field, expected and actual of @miss; may be
 *	NULL: the name says all
 */
struct skald_expr_ops {
	const char *name;
	const char *help;
	u16 size;
	u8 flags;
	u8 n_params;
	const struct skald_param *params;
	int (*get_size)(struct skald_load *load, const struct skald_nla **tb);
	int (*parse)(struct skald_load *load, struct skald_vm_expr *expr,
		     const struct skald_nla **tb);
	void (*eval)(const struct skald_vm_expr *expr, struct skald_regs *regs,
		     struct skald_vm_pkt *pkt);
	void (*hold)(const struct skald_vm_expr *expr, int delta);
	void (*free)(struct skald_vm_expr *expr);
	int (*validate)(const struct skald_vm_expr *expr,
			const struct skald_vm_chain *base);
	int (*clone)(struct skald_vm_expr *to,
		     const struct skald_vm_expr *from);
	u8 (*field)(const struct skald_vm_expr *expr,
		    const struct skald_vm_pkt *pkt, struct skald_phrase *name);
	u8 (*get_target)(const struct skald_vm_expr *expr);
	u8 (*get_source)(const struct skald_vm_expr *expr);
	void (*explain)(const struct skald_vm_expr *expr,
			const struct skald_vm_rule *rule,
			const struct skald_regs *regs,
			const struct skald_vm_pkt *pkt,
			struct skald_miss *miss);
};

/* clang-format off */
/* Every kind of expression: E(name) stands for skald_expr_<name>. */
#define SKALD_EXPRS(E) \
	E(bitwise) E(byteorder) E(cmp) E(connlimit) E(counter) E(ct) \
	E(dup) E(dynset) E(exthdr) E(fib) E(flow_offload) E(fwd) E(hash) \
	E(immediate) E(last) E(limit) E(log) E(lookup) E(masq) E(match) \
	E(meta) E(nat) E(notrack) E(numgen) E(objref) E(osf) E(payload) \
	E(queue) E(quota) E(range) E(redir) E(reject) E(rt) E(socket) \
	E(synproxy) E(target) E(tproxy) E(tunnel) E(xfrm)
/* clang-format on */

#define SKALD_EXPR_DECLARE(name) \
	extern const struct skald_expr_ops skald_expr_##name;
SKALD_EXPRS(SKALD_EXPR_DECLARE)
#undef SKALD_EXPR_DECLARE

/* What only named objects do. */
extern const struct skald_expr_ops skald_obj_ct_helper;
extern const struct skald_expr_ops skald_obj_ct_timeout;
extern const struct skald_expr_ops skald_obj_ct_expect;
extern const struct skald_expr_ops skald_obj_secmark;
extern const struct skald_expr_ops skald_obj_tunnel;

/* The registry. Return: the n-th kind, by name's order; NULL: no more */
const struct skald_expr_ops *skald_expr_kind(u32 n);
/* Return: the kind of that name, or NULL */
const struct skald_expr_ops *skald_expr_find(const char *name);

/* Return: what named objects of a type (NFT_OBJECT_*) do, or NULL */
const struct skald_expr_ops *skald_obj_kind(u32 type);

/**
 * struct skald_expr_info - an expression on its way into memory
 * @ops: its kind
 * @tb: its attributes, by type
 * @size: bytes it will take, header included, a multiple of 8
 */
struct skald_expr_info {
	const struct skald_expr_ops *ops;
	const struct skald_nla *tb[SKALD_EXPR_ATTRS];
	u32 size;
};

/**
 * skald_expr_prepare() - first step: kind, attributes, size
 * @load: what it is loaded into
 * @nest: NFTA_LIST_ELEM or the like, with NFTA_EXPR_NAME and _DATA
 * @info: written on success
 *
 * Return: 0; -ENOENT: no such kind (@load names it); -EINVAL: an attribute is
 * missing or not valid; others of @get_size.
 */
int skald_expr_prepare(struct skald_load *load, const struct skald_nla *nest,
		       struct skald_expr_info *info);

/* Second step: fill @expr, @info->size zeroed bytes. */
int skald_expr_fill(struct skald_load *load, const struct skald_expr_info *info,
		    struct skald_vm_expr *expr);

/* An expression in memory of its own, as sets and elements have them. */
struct skald_vm_expr *skald_expr_new(struct skald_load *load,
				     const struct skald_nla *nest, int *err);
struct skald_vm_expr *skald_expr_new_kind(struct skald_load *load,
					  const struct skald_expr_ops *ops,
					  const struct skald_nla *data,
					  int *err);
struct skald_vm_expr *skald_expr_clone(const struct skald_vm_expr *expr);
/* References and memory; the second for those inside other memory. */
void skald_expr_free(struct skald_vm_expr *expr);
void skald_expr_done(struct skald_vm_expr *expr);
void skald_expr_hold(const struct skald_vm_expr *expr, int delta);

/* Registers: NFTA numbers to words, checked. */
int skald_reg_source(const struct skald_nla *nla, u32 len, u8 *reg);
int skald_reg_target(const struct skald_nla *nla, u32 len, u8 *reg);

/**
 * skald_data_value() - NFTA_DATA_VALUE of a nested datum
 * @nest: the datum
 * @most: bytes it may have
 * @value: written on success
 * @len: written on success: bytes
 */
int skald_data_value(const struct skald_nla *nest, u32 most, void *value,
		     u32 *len);
/* NFTA_DATA_VERDICT; takes a reference of the chain. */
int skald_data_verdict(struct skald_load *load, const struct skald_nla *nest,
		       struct skald_verdict *verdict);

#endif /* SKALD_ENGINE_EXPR_H */
