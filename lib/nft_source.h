/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the nft source
 *
 * One event socket a namespace, subscribed to the ruleset and trace groups: a
 * ruleset change and the traces after it arrive in order. When the kernel
 * overruns the socket it delivers nothing more until everything queued has been
 * read (NETLINK_S_CONGESTED), so a loss has one place in the stream, and
 * SO_MEMINFO's drop counter says exactly how many messages it was.
 */
#ifndef SKALD_LIB_NFT_SOURCE_H
#define SKALD_LIB_NFT_SOURCE_H

#include "error.h"
#include "netns.h"
#include "source.h"

struct skald_nft;

/**
 * skald_nft_open() - subscribe
 * @netns: namespace
 * @index: its index towards the assembler
 * @buffer: socket buffer asked for, bytes; 0: 64 MiB
 * @nft: written on success
 * @error: in words
 */
int skald_nft_open(const struct skald_netns *netns, uint32_t index,
		   size_t buffer, struct skald_nft **nft,
		   struct skald_error *error);
void skald_nft_close(struct skald_nft *nft);
int skald_nft_fd(const struct skald_nft *nft);

/**
 * skald_nft_drain() - read what is there, feed the assembler
 * @nft: the source
 * @assembler: fed with traces, generations, forgotten tables and losses
 * @budget: messages to read at most, so that one namespace cannot starve others
 *
 * Never blocks. Return: messages read, 0: nothing there, or -errno when the
 * socket is dead.
 */
int skald_nft_drain(struct skald_nft *nft, struct skald_assembler *assembler,
		    unsigned int budget);
void skald_nft_stats(const struct skald_nft *nft,
		     struct skald_source_stats *stats);
/* The same as any source; closing it closes @nft. */
struct skald_source *skald_nft_source(struct skald_nft *nft);

/* A source without a socket, to be fed by hand. Return: 0 or -ENOMEM. */
int skald_nft_offline(uint32_t index, struct skald_nft **nft);
/* For replaying recorded messages, and for fuzzing: one buffer as received. */
void skald_nft_feed(struct skald_nft *nft, struct skald_assembler *assembler,
		    const void *data, size_t len, uint64_t t_ns);

/* The ruleset generation in force. Return: 0, or -errno: nothing written */
int skald_nft_generation(const struct skald_netns *netns, uint32_t *generation);

#endif /* SKALD_LIB_NFT_SOURCE_H */
