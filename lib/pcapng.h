/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: writing pcapng
 *
 * The blocks of draft-ietf-opsawg-pcapng that skald needs: one section,
 * interfaces as they turn up, enhanced packets with comments. Numbers are in
 * the machine's byte order, times in nanoseconds.
 */
#ifndef SKALD_LIB_PCAPNG_H
#define SKALD_LIB_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"

/* Link types, https://www.tcpdump.org/linktypes.html */
#define SKALD_LINKTYPE_ETHERNET 1
#define SKALD_LINKTYPE_RAW 101
#define SKALD_LINKTYPE_LINUX_SLL 113

/* Longest comment; longer ones are cut at a character and end in "...". */
#define SKALD_PCAPNG_COMMENT 8192

/**
 * struct skald_pcapng_section - the section header's options; NULL: left out
 * @hardware: machine
 * @os: operating system
 * @program: who writes
 * @comment: about the whole file
 */
struct skald_pcapng_section {
	const char *hardware;
	const char *os;
	const char *program;
	const char *comment;
};

/**
 * struct skald_pcapng_interface - an interface
 * @linktype: SKALD_LINKTYPE_*
 * @name: if_name
 * @description: if_description, or NULL
 */
struct skald_pcapng_interface {
	uint16_t linktype;
	const char *name;
	const char *description;
};

/* epb_flags, bits 0-1 */
enum skald_pcapng_direction {
	SKALD_PCAPNG_UNKNOWN = 0,
	SKALD_PCAPNG_IN = 1,
	SKALD_PCAPNG_OUT = 2,
};

/* epb_verdict, first octet */
enum skald_pcapng_verdict {
	SKALD_PCAPNG_VERDICT_HARDWARE = 0,
	SKALD_PCAPNG_VERDICT_TC = 1, /* then TC_ACT_*, 64 bits */
	SKALD_PCAPNG_VERDICT_XDP = 2,
};

/**
 * struct skald_pcapng_packet - a packet
 * @interface: what skald_pcapng_interface() said
 * @direction: enum skald_pcapng_direction
 * @t_ns: nanoseconds since the epoch
 * @data: captured bytes
 * @captured: how many
 * @original: how many there were; at least @captured
 * @id: epb_packetid: the same packet has the same number
 * @has_dropcount: @dropcount is known
 * @has_verdict: @verdict is known
 * @dropcount: epb_dropcount
 * @verdict: TC_ACT_* with the same effect, written as a traffic control verdict
 * @comment: opt_comment, UTF-8, or NULL
 */
struct skald_pcapng_packet {
	uint32_t interface;
	enum skald_pcapng_direction direction;
	uint64_t t_ns;
	const void *data;
	uint32_t captured;
	uint32_t original;
	uint64_t id;
	bool has_dropcount;
	bool has_verdict;
	uint64_t dropcount;
	uint64_t verdict;
	const char *comment;
};

/* Each writes one block, whole. Return: 0, -ENOMEM or what @output says */
int skald_pcapng_section(const struct skald_output *output,
			 const struct skald_pcapng_section *section);
/* The caller counts them: the first of a section is number 0. */
int skald_pcapng_interface(const struct skald_output *output,
			   const struct skald_pcapng_interface *interface);
int skald_pcapng_packet(const struct skald_output *output,
			const struct skald_pcapng_packet *packet);

#endif /* SKALD_LIB_PCAPNG_H */
