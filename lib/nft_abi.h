/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: kernel constants newer than the oldest headers we build with
 *
 * Under names of our own: the kernel's are enumerators, which the preprocessor
 * cannot ask for.
 */
#ifndef SKALD_LIB_NFT_ABI_H
#define SKALD_LIB_NFT_ABI_H

#include <linux/netfilter/nf_tables.h>

/**
 * enum skald_nft_trace_attributes - enum nft_trace_attributes since Linux 6.16
 * @SKALD_NFTA_TRACE_CT_ID: id of the entry, as CTA_ID (be32)
 * @SKALD_NFTA_TRACE_CT_DIRECTION: IP_CT_DIR_* (u8)
 * @SKALD_NFTA_TRACE_CT_STATUS: IPS_* (be32); absent when 0
 * @SKALD_NFTA_TRACE_CT_STATE: one of enum skald_nft_ct_state_bits (be32)
 *
 * All are absent for packets that conntrack has not seen or calls invalid; id,
 * direction and status also for untracked ones.
 */
enum skald_nft_trace_attributes {
	SKALD_NFTA_TRACE_CT_ID = NFTA_TRACE_PAD + 1,
	SKALD_NFTA_TRACE_CT_DIRECTION,
	SKALD_NFTA_TRACE_CT_STATUS,
	SKALD_NFTA_TRACE_CT_STATE,
	SKALD_NFTA_TRACE_END,
};

/* NF_CT_STATE_*: values of "ct state", and of SKALD_NFTA_TRACE_CT_STATE */
enum skald_nft_ct_state_bits {
	SKALD_NFT_CT_INVALID = 1 << 0,
	SKALD_NFT_CT_ESTABLISHED = 1 << 1,
	SKALD_NFT_CT_RELATED = 1 << 2,
	SKALD_NFT_CT_NEW = 1 << 3,
	SKALD_NFT_CT_UNTRACKED = 1 << 6,
};

#endif /* SKALD_LIB_NFT_ABI_H */
