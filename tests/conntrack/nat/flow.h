/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who talks to whom, for the ends of a translated conversation
 *
 * Whoever plays the server behind a translator answers to the addresses that it
 * sees. These functions read the addresses of a packet and put others in their
 * place. They are the test's own, so that the engine is not its own witness.
 */
#ifndef SKALD_CONNTRACK_FLOW_H
#define SKALD_CONNTRACK_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct flow - one direction of a conversation
 * @address: source and destination; IPv4 in the first four bytes
 * @port: source and destination port; an echo's identifier in both
 * @family: 4 or 6
 * @proto: IP protocol
 */
struct flow {
	uint8_t address[2][16];
	uint16_t port[2];
	uint8_t family;
	uint8_t proto;
};

/**
 * flow_read() - the flow of a packet
 * @packet: its network header
 * @len: bytes that are there
 * @flow: written on success
 *
 * Return: false when it has no ports.
 */
bool flow_read(const uint8_t *packet, uint32_t len, struct flow *flow);

/* The addresses of any packet; ports are 0. */
void flow_read_ends(const uint8_t *packet, uint32_t len, struct flow *flow);

bool flow_equal(const struct flow *a, const struct flow *b);
void flow_invert(struct flow *inverse, const struct flow *flow);

/**
 * flow_write() - give a packet another flow
 * @packet: its network header
 * @len: bytes that are there
 * @from: the flow it has
 * @to: the flow it gets
 *
 * Checksums that were right are right afterwards, others stay wrong.
 */
void flow_write(uint8_t *packet, uint32_t len, const struct flow *from,
		const struct flow *to);

/* A TCP segment acknowledges so many bytes more. */
void flow_shift_ack(uint8_t *packet, uint32_t len, int32_t bytes);

/* Offset of the packet that an ICMP error quotes; 0: it is no error. */
uint32_t flow_quoted(const uint8_t *packet, uint32_t len);

/* The ICMP error's checksum, after its quoted packet changed from @before. */
void flow_fix_error(uint8_t *packet, uint32_t len, const uint8_t *before);

#endif /* SKALD_CONNTRACK_FLOW_H */
