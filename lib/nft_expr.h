/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: nf_tables expressions, as far as the debug table's rules need them
 *
 * Each function appends one expression to the rule being built. All work on
 * register 1.
 */
#ifndef SKALD_LIB_NFT_EXPR_H
#define SKALD_LIB_NFT_EXPR_H

#include "classifier.h"
#include "nftnl.h"

/* Load into the register: NFT_META_*, NFT_CT_*, bytes of NFT_PAYLOAD_*. */
void skald_expr_put_meta(struct skald_nftnl_batch *batch, unsigned int key);
void skald_expr_put_ct(struct skald_nftnl_batch *batch, unsigned int key);
void skald_expr_put_payload(struct skald_nftnl_batch *batch, unsigned int base,
			    unsigned int offset, unsigned int len);
/* 0, 1, ... @modulus - 1, 0, ...: another one each time the rule comes here */
void skald_expr_put_numgen(struct skald_nftnl_batch *batch, uint32_t modulus);

/* Change it: @len bytes to network order; and-ed with a mask. */
void skald_expr_put_hton(struct skald_nftnl_batch *batch, unsigned int len);
void skald_expr_put_mask(struct skald_nftnl_batch *batch, const void *mask,
			 size_t len);

/* Compare it: NFT_CMP_*. Both are bytes as they stand in the register. */
void skald_expr_put_cmp(struct skald_nftnl_batch *batch, unsigned int op,
			const void *data, size_t len);

/* The bpf match of xtables: @program as it is, or @fd when that is not -1. */
void skald_expr_put_bpf(struct skald_nftnl_batch *batch,
			const struct skald_program *program, int fd);

/* "counter", from zero. */
void skald_expr_put_counter(struct skald_nftnl_batch *batch);
/* A named limit of the table. */
void skald_expr_put_limit(struct skald_nftnl_batch *batch, const char *name);
void skald_expr_put_nftrace(struct skald_nftnl_batch *batch);
void skald_expr_put_accept(struct skald_nftnl_batch *batch);

#endif /* SKALD_LIB_NFT_EXPR_H */
