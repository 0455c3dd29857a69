/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: classifiers
 *
 * A classifier is a tcpdump expression and a few limits. libpcap compiles the
 * expression for Ethernet; the program is then rewritten for a netfilter hook:
 * the ethertype comes from skb->protocol, loads from the link-layer header
 * become SKF_LL_OFF ones, everything behind it is counted from the network
 * header (where skb->data stands in every hook). One compiler, tcpdump's exact
 * meaning, and the link layer for free.
 */
#ifndef SKALD_LIB_CLASSIFIER_H
#define SKALD_LIB_CLASSIFIER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/**
 * struct skald_program - cBPF for one family
 * @insns: instructions, heap
 * @n_insns: how many; 0: the expression can never be true in this family
 */
struct skald_program {
	struct sock_filter *insns;
	unsigned int n_insns;
};

/* What is followed, in struct skald_classifier.hooks */
enum skald_classifier_hooks {
	SKALD_AT_PREROUTING = 1,
	SKALD_AT_OUTPUT = 2,
};

#define SKALD_RATE_DEFAULT 1000

/**
 * enum skald_source_wish - which source a classifier is for
 * @SKALD_SOURCE_WISH_AUTO: the kernel module where it answers, else nf_tables
 * @SKALD_SOURCE_WISH_NFT: nf_tables
 * @SKALD_SOURCE_WISH_KMOD: the kernel module
 */
enum skald_source_wish {
	SKALD_SOURCE_WISH_AUTO,
	SKALD_SOURCE_WISH_NFT,
	SKALD_SOURCE_WISH_KMOD,
};

/* "auto", "nft", "kmod". Return: false: none of them, nothing written */
bool skald_source_wish(const char *word, enum skald_source_wish *wish);
const char *skald_source_wish_word(enum skald_source_wish wish);

/**
 * struct skald_classifier - one entry of the debug table
 * @id: number, unique in the debug table, from 1
 * @expression: tcpdump expression; "" is everything
 * @iif: only packets that came in by it; NULL: any
 * @oif: only packets that go out by it (known in output only); NULL: any
 * @hooks: enum skald_classifier_hooks
 * @rate: packets a second that are marked at most, 0: no limit
 * @sample: mark one packet in so many, 0 and 1: every one
 * @first: mark so many packets, then no more; 0: no limit
 * @expires_ns: CLOCK_REALTIME after which it is deleted, 0: never
 * @owner_uid: who asked for it
 * @source: who is to mark and tell
 * @ip: program for IPv4
 * @ip6: program for IPv6
 * @arp: program for ARP
 * @any: program for the bridge family, where all of them pass
 */
struct skald_classifier {
	uint32_t id;
	char *expression;
	char *iif;
	char *oif;
	unsigned int hooks;
	uint32_t rate;
	uint32_t sample;
	uint64_t first;
	uint64_t expires_ns;
	uint32_t owner_uid;
	enum skald_source_wish source;
	struct skald_program ip;
	struct skald_program ip6;
	struct skald_program arp;
	struct skald_program any;
};

/**
 * skald_classifier_compile() - compile the expression into the programs
 * @classifier: @expression is set
 * @error: libpcap's words; @column points at the place where that is known
 *
 * Return: 0, -EINVAL for a bad expression, -EOPNOTSUPP for one that cannot be
 * seen at a hook (vlan, mpls, pppoe: says which and what to do), -ENOMEM.
 */
int skald_classifier_compile(struct skald_classifier *classifier,
			     struct skald_error *error);

/**
 * skald_expression_compile() - compile an expression as libpcap does
 * @expression: tcpdump expression; "" is everything
 * @has_link: for Ethernet frames (DLT_EN10MB); else for what begins with the
 *	network header (DLT_RAW)
 * @program: written on success; free with skald_cbpf_done()
 * @error: as for skald_classifier_compile()
 *
 * Return: 0, -EINVAL for a bad expression, -ENOMEM.
 */
int skald_expression_compile(const char *expression, bool has_link,
			     struct skald_program *program,
			     struct skald_error *error);
void skald_classifier_done(struct skald_classifier *classifier);

#endif /* SKALD_LIB_CLASSIFIER_H */
