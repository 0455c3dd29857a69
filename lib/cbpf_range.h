/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how large the registers of a classic BPF program can be
 *
 * What is known before an instruction, on every path that comes there: the
 * largest number that each register may hold. A number below zero is a large
 * one, as in the machine itself. With it the rewriting knows which computed
 * index needs a check (cbpf.c).
 */
#ifndef SKALD_LIB_CBPF_RANGE_H
#define SKALD_LIB_CBPF_RANGE_H

#include <linux/filter.h>
#include <stdint.h>

/**
 * struct skald_cbpf_range - the largest numbers
 * @a: of the accumulator
 * @x: of the index register
 * @mem: of the scratch memory
 */
struct skald_cbpf_range {
	uint32_t a;
	uint32_t x;
	uint32_t mem[BPF_MEMWORDS];
};

/* Nothing is known */
void skald_cbpf_range_init(struct skald_cbpf_range *range);

/**
 * skald_cbpf_range_step() - what an instruction makes of the registers
 * @range: before it; becomes what is known after it
 * @insn: a valid instruction
 */
void skald_cbpf_range_step(struct skald_cbpf_range *range,
			   const struct sock_filter *insn);

/* Another path comes to the same place, with @other. */
void skald_cbpf_range_join(struct skald_cbpf_range *range,
			   const struct skald_cbpf_range *other);

#endif /* SKALD_LIB_CBPF_RANGE_H */
