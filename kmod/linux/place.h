/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: places in the kernel's text
 *
 * Records name a place by a number that stands for an address without telling
 * it. What it is called is found out when the record is sent, in the worker,
 * where there is time: never in a trace point.
 */
#ifndef SKALD_PLACE_H
#define SKALD_PLACE_H

#include <linux/types.h>
#include <skald/uapi.h>

/* Longest SKALD_R_NAME: a symbol, its offset, its module. */
#define SKALD_NAME_MAX (sizeof(struct skald_r_name) + 256)

extern unsigned long skald_place_secret;

/* The number of an address; 0 stays 0. */
static inline u64 skald_place(unsigned long address)
{
	return address ? address ^ skald_place_secret : 0;
}

/**
 * skald_place_open() - begin a collection in which nothing was named yet
 *
 * Return: 0 or -ENOMEM.
 */
int skald_place_open(void);
void skald_place_close(void);

/* What was named did not arrive: name it again. */
void skald_place_forget(void);

/**
 * skald_place_names() - name what a record mentions for the first time
 * @record: about to be sent
 * @bytes: where the SKALD_R_NAMEs go
 * @max: room there
 * @all: out: all fitted; else what was written counts, and another call, with
 *	new room, goes on
 *
 * Return: bytes written. Only the collector's worker calls this.
 */
u32 skald_place_names(const struct skald_r_record *record, u8 *bytes, u32 max,
		      bool *all);

#endif /* SKALD_PLACE_H */
