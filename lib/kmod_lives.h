/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: lives: from records to raw stories
 *
 * skald.ko gives every packet an id that is never used again, and says when it
 * ends. A *life* gathers the records of one id, from its mark or from the link
 * that it was born by to its end, and becomes a raw story.
 *
 * A packet that became another one (the next namespace, a tunnel) ends there.
 * A clone or fragment that ends before the packet it comes from waits for it:
 * stories are stored in the order in which one can name the other.
 *
 * Records must come in order (kmod_order.h). Single-threaded.
 */
#ifndef SKALD_LIB_KMOD_LIVES_H
#define SKALD_LIB_KMOD_LIVES_H

#include "assembler.h"
#include "kmod_record.h"

struct skald_kmod_lives;
struct skald_kmod_names;

/* Serials of these stories, so that they are not those of the nft source. */
#define SKALD_KMOD_SERIAL (UINT64_C(1) << 63)

/**
 * struct skald_kmod_lives_config - how to gather
 * @max: packets followed at once; above, the oldest is closed as lossy
 * @netns: index of the namespace with that inode number; may be called for
 *	every packet. NULL: all have index 0
 * @classifier: our number of a line of the module's debug table; NULL: the same
 * @user: for @netns and @classifier
 * @names: for the stories; borrowed
 */
struct skald_kmod_lives_config {
	unsigned int max;
	uint32_t (*netns)(void *user, uint32_t inode);
	uint32_t (*classifier)(void *user, uint32_t line);
	void *user;
	const struct skald_kmod_names *names;
};

/* Return: a new one, or NULL: no memory */
struct skald_kmod_lives *
skald_kmod_lives_new(const struct skald_kmod_lives_config *config);
void skald_kmod_lives_free(struct skald_kmod_lives *lives);

/**
 * struct skald_kmod_clock - the two clocks at one moment
 * @now_ns: CLOCK_REALTIME
 * @offset_ns: what to add to the kernel's CLOCK_MONOTONIC to get it
 */
struct skald_kmod_clock {
	uint64_t now_ns;
	uint64_t offset_ns;
};

/* One record, checked and in order. Return: 0, or -ENOMEM: it is lost */
int skald_kmod_lives_take(struct skald_kmod_lives *lives,
			  struct skald_assembler *assembler,
			  const struct skald_r_record *record,
			  const struct skald_kmod_clock *clock);

/*
 * Close what is over: delivered to a socket and quiet since. Return: when to
 * call again, 0: not needed
 */
uint64_t skald_kmod_lives_tick(struct skald_kmod_lives *lives,
			       struct skald_assembler *assembler,
			       uint64_t now_ns);
/* Close everything. */
void skald_kmod_lives_close(struct skald_kmod_lives *lives,
			    struct skald_assembler *assembler, uint64_t now_ns);

/* How many packets are followed now. */
unsigned int skald_kmod_lives_open(const struct skald_kmod_lives *lives);

#endif /* SKALD_LIB_KMOD_LIVES_H */
