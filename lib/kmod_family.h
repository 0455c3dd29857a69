/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: talking to skald.ko
 *
 * The generic netlink family of include/skald/uapi.h: finding it, asking what
 * it is, building requests. A connection is a socket for asking; the records
 * come by a socket of their own (kmod_source.h).
 */
#ifndef SKALD_LIB_KMOD_FAMILY_H
#define SKALD_LIB_KMOD_FAMILY_H

#include <stdint.h>

#include "error.h"
#include "netlink_call.h"
#include "skald/uapi.h"

/* Larger than any request: programs of classifiers are the longest. */
#define SKALD_KMOD_REQUEST 73728

/**
 * struct skald_kmod - a connection
 * @call: the socket
 * @family: number of the family
 */
struct skald_kmod {
	struct skald_call call;
	uint16_t family;
};

/**
 * struct skald_kmod_info - what the module says of itself
 * @version: of uapi.h, as it was built
 * @release: of the module
 * @features: enum skald_feature, bits
 * @collector: netlink port of who collects, 0: nobody
 * @ring: bytes of each CPU's ring
 * @packets: marked packets known at one time
 * @cpus: possible CPUs
 * @max_classifiers: lines of the debug table
 * @max_program: instructions of a program
 */
struct skald_kmod_info {
	uint32_t version;
	char release[64];
	uint64_t features;
	uint32_t collector;
	uint32_t ring;
	uint32_t packets;
	uint32_t cpus;
	uint32_t max_classifiers;
	uint32_t max_program;
};

/**
 * skald_kmod_open() - find the family
 * @kmod: written on success
 * @error: why not, and what would help
 *
 * Return: 0, -ENOENT when the module is not loaded, or another -errno.
 */
int skald_kmod_open(struct skald_kmod *kmod, struct skald_error *error);
void skald_kmod_close(struct skald_kmod *kmod);

/**
 * skald_kmod_info() - ask what it is
 * @kmod: the family
 * @info: written on success
 * @error: in words
 *
 * Return: 0; -EPROTO when it speaks another version of uapi.h: @info is
 * written, too; or another -errno.
 */
int skald_kmod_info(struct skald_kmod *kmod, struct skald_kmod_info *info,
		    struct skald_error *error);
/* Ask for the counters of this collection, or of the last. */
int skald_kmod_stats(struct skald_kmod *kmod, struct skald_stats *stats,
		     struct skald_error *error);

/**
 * skald_kmod_request() - begin a request
 * @kmod: connection
 * @buffer: SKALD_KMOD_REQUEST bytes
 * @command: enum skald_cmd
 *
 * Return: the message; attributes are put behind it with libmnl.
 */
struct nlmsghdr *skald_kmod_request(const struct skald_kmod *kmod, void *buffer,
				    uint8_t command);
/* Attributes of an answer; @tb has SKALD_A_MAX + 1 elements. */
void skald_kmod_attributes(const struct nlmsghdr *nlh,
			   const struct nlattr **tb);
uint64_t skald_attr_u64(const struct nlattr *attr);

#endif /* SKALD_LIB_KMOD_FAMILY_H */
