/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what all fuzzers share
 *
 * A fuzzer is one file fuzz_<target>.c with LLVMFuzzerTestOneInput(). It aborts
 * by fuzz_check() where a promise of the library does not hold; the sanitizers
 * do the rest. tests/fuzz/run builds and runs them.
 */
#ifndef SKALD_FUZZ_H
#define SKALD_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's interface, https://llvm.org/docs/LibFuzzer.html */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#define fuzz_check(condition)                                         \
	do {                                                          \
		if (!(condition)) {                                   \
			fprintf(stderr, "%s:%d: does not hold: %s\n", \
				__FILE__, __LINE__, #condition);      \
			abort();                                      \
		}                                                     \
	} while (0)

/**
 * struct fuzz_input - bytes not taken yet
 * @data: the next byte
 * @size: how many
 */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* The next @size bytes, 0 where there are no more. */
static inline void fuzz_take(struct fuzz_input *input, void *to, size_t size)
{
	size_t there = size < input->size ? size : input->size;

	memset(to, 0, size);
	if (there)
		memcpy(to, input->data, there);
	input->data += there;
	input->size -= there;
}

static inline uint8_t fuzz_take_u8(struct fuzz_input *input)
{
	uint8_t number;

	fuzz_take(input, &number, sizeof(number));
	return number;
}

static inline uint64_t fuzz_take_u64(struct fuzz_input *input)
{
	uint64_t number;

	fuzz_take(input, &number, sizeof(number));
	return number;
}

/* A copy of its own, so that one byte too far is seen; free() it. */
static inline void *fuzz_copy(const void *data, size_t size)
{
	void *copy = malloc(size);

	fuzz_check(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

/* The same as a string. */
static inline char *fuzz_string(const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	fuzz_check(copy);
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

#endif /* SKALD_FUZZ_H */
