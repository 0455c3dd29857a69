// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers to who was seen.
 */
#include "aim.h"

#include "../space.h"

static struct mapping *find(const struct aims *aims, const struct flow *flow)
{
	size_t i;

	for (i = aims->n; i > 0; i--) {
		if (flow_equal(&aims->mappings[i - 1].in, flow))
			return &aims->mappings[i - 1];
	}
	return NULL;
}

/* A conversation of the same two, whatever its ports. */
static const struct mapping *find_ends(const struct aims *aims,
				       const struct flow *flow)
{
	size_t i;

	for (i = aims->n; i > 0; i--) {
		const struct flow *in = &aims->mappings[i - 1].in;

		if (in->family == flow->family &&
		    !memcmp(in->address, flow->address, sizeof(in->address)))
			return &aims->mappings[i - 1];
	}
	return NULL;
}

/* Return: whether it is one */
static bool aim_answer(const struct aims *aims, struct oracle_packet *packet)
{
	const struct mapping *mapping;
	struct flow flow, inverse, to;

	if (!flow_read(packet->bytes, packet->len, &flow))
		return false;
	mapping = find(aims, &flow);
	if (mapping) {
		flow_shift_ack(packet->bytes, packet->len, mapping->grown[1]);
		return false;
	}
	flow_invert(&inverse, &flow);
	mapping = find(aims, &inverse);
	if (!mapping)
		return false;
	flow_shift_ack(packet->bytes, packet->len, mapping->grown[0]);
	flow_invert(&to, &mapping->out);
	flow_write(packet->bytes, packet->len, &flow, &to);
	packet->side = mapping->side;
	return true;
}

/* Who answers may begin something as well: to whom it saw. */
static void aim_call_back(const struct aims *aims, struct oracle_packet *packet)
{
	const struct mapping *mapping;
	struct flow from, to, inverse;
	int i;

	if (!flow_read(packet->bytes, packet->len, &from))
		flow_read_ends(packet->bytes, packet->len, &from);
	flow_invert(&inverse, &from);
	mapping = find_ends(aims, &inverse);
	if (!mapping)
		return;
	to = from;
	for (i = 0; i < 2; i++)
		memcpy(to.address[i], mapping->out.address[!i], 16);
	flow_write(packet->bytes, packet->len, &from, &to);
	packet->side = mapping->side;
}

/* An error about a packet that the other end sent, as it was seen here. */
static void aim_error(const struct aims *aims, struct oracle_packet *packet,
		      uint32_t quoted)
{
	static uint8_t before[ORACLE_PACKET_MAX];
	uint8_t *bytes = packet->bytes;
	const struct mapping *mapping;
	struct flow flow, outer, to;

	if (quoted >= packet->len ||
	    !flow_read(bytes + quoted, packet->len - quoted, &flow))
		return;
	mapping = find(aims, &flow);
	if (!mapping)
		return;
	memcpy(before, bytes, packet->len);
	flow_write(bytes + quoted, packet->len - quoted, &flow, &mapping->out);
	flow_fix_error(bytes, packet->len, before);
	flow_read_ends(bytes, packet->len, &outer);
	to = outer;
	memcpy(to.address[0], mapping->out.address[1], 16);
	memcpy(to.address[1], mapping->out.address[0], 16);
	flow_write(bytes, packet->len, &outer, &to);
	packet->side = mapping->side;
}

bool aim_packet(struct aims *aims, struct oracle_packet *packet)
{
	uint32_t quoted = flow_quoted(packet->bytes, packet->len);

	if (quoted) {
		aim_error(aims, packet, quoted);
		return true;
	}
	if (aim_answer(aims, packet))
		return true;
	if (packet->side == RIGHT)
		aim_call_back(aims, packet);
	return false;
}

static struct mapping *add(struct aims *aims)
{
	aims->mappings = realloc(aims->mappings,
				 (aims->n + 1) * sizeof(*aims->mappings));
	if (!aims->mappings)
		space_die("memory");
	return &aims->mappings[aims->n++];
}

/* Bytes that a packet of a known conversation has more than it had. */
static void learn_growth(struct aims *aims, const struct oracle_packet *in,
			 const struct oracle_packet *out)
{
	struct flow flow, inverse;
	size_t i;

	if (in->len == out->len || !flow_read(in->bytes, in->len, &flow))
		return;
	flow_invert(&inverse, &flow);
	for (i = 0; i < aims->n; i++) {
		struct mapping *mapping = &aims->mappings[i];

		if (flow_equal(&mapping->in, &flow))
			mapping->grown[0] += (int32_t)(out->len - in->len);
		else if (flow_equal(&mapping->out, &inverse))
			mapping->grown[1] += (int32_t)(out->len - in->len);
	}
}

void aim_learn(struct aims *aims, const struct oracle_packet *in,
	       const struct oracle_packet *out, bool is_answer)
{
	struct mapping mapping = { .side = out->side };
	const struct mapping *known;

	learn_growth(aims, in, out);
	if (is_answer || out->side == HERE ||
	    !flow_read(in->bytes, in->len, &mapping.in) ||
	    !flow_read(out->bytes, out->len, &mapping.out))
		return;
	known = find(aims, &mapping.in);
	if (!known || !flow_equal(&known->out, &mapping.out))
		*add(aims) = mapping;
}
