// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of pcapng files. Called by export_pcapng.c.
 */
#include "pcapng.h"

#include <errno.h>
#include <string.h>

enum block {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
};

enum option {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	EPB_PACKETID = 5,
	EPB_VERDICT = 7,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define TSRESOL_NS 9
#define LENGTH_AT 4

static void put_u16(struct skald_buffer *buffer, uint16_t number)
{
	skald_buffer_put(buffer, &number, sizeof(number));
}

static void put_u32(struct skald_buffer *buffer, uint32_t number)
{
	skald_buffer_put(buffer, &number, sizeof(number));
}

static void put_u64(struct skald_buffer *buffer, uint64_t number)
{
	skald_buffer_put(buffer, &number, sizeof(number));
}

static void put_padding(struct skald_buffer *buffer)
{
	while (buffer->len % 4 && !buffer->failed)
		skald_buffer_put_u8(buffer, 0);
}

static void put_option(struct skald_buffer *buffer, enum option code,
		       const void *data, size_t len)
{
	put_u16(buffer, (uint16_t)code);
	put_u16(buffer, (uint16_t)len);
	skald_buffer_put(buffer, data, len);
	put_padding(buffer);
}

/* Length of the part that fits, not cutting through a UTF-8 character. */
static size_t fitting(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	len = max;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void put_text(struct skald_buffer *buffer, enum option code,
		     const char *text)
{
	static const char dots[] = { '.', '.', '.' };
	size_t len;

	if (!text || !*text)
		return;
	len = strnlen(text, SKALD_PCAPNG_COMMENT + 1);
	if (len <= SKALD_PCAPNG_COMMENT) {
		put_option(buffer, code, text, len);
		return;
	}
	len = fitting(text, SKALD_PCAPNG_COMMENT - sizeof(dots));
	put_u16(buffer, (uint16_t)code);
	put_u16(buffer, (uint16_t)(len + sizeof(dots)));
	skald_buffer_put(buffer, text, len);
	skald_buffer_put(buffer, dots, sizeof(dots));
	put_padding(buffer);
}

static void begin(struct skald_buffer *buffer, enum block type)
{
	put_u32(buffer, type);
	put_u32(buffer, 0);
}

/* Total length, in front and behind; then the block goes out in one piece. */
static int finish(struct skald_buffer *buffer,
		  const struct skald_output *output)
{
	uint32_t total;
	int ret;

	put_option(buffer, OPT_END, NULL, 0);
	total = (uint32_t)buffer->len + sizeof(total);
	put_u32(buffer, total);
	if (buffer->failed) {
		ret = -ENOMEM;
	} else {
		memcpy(buffer->data + LENGTH_AT, &total, sizeof(total));
		ret = skald_output_write(output, buffer->data, buffer->len);
	}
	skald_buffer_done(buffer);
	return ret;
}

int skald_pcapng_section(const struct skald_output *output,
			 const struct skald_pcapng_section *section)
{
	struct skald_buffer buffer = { 0 };

	begin(&buffer, BLOCK_SECTION);
	put_u32(&buffer, BYTE_ORDER_MAGIC);
	put_u16(&buffer, 1);
	put_u16(&buffer, 0);
	put_u64(&buffer, UINT64_MAX); /* length of the section: not known */
	put_text(&buffer, OPT_COMMENT, section->comment);
	put_text(&buffer, SHB_HARDWARE, section->hardware);
	put_text(&buffer, SHB_OS, section->os);
	put_text(&buffer, SHB_USERAPPL, section->program);
	return finish(&buffer, output);
}

int skald_pcapng_interface(const struct skald_output *output,
			   const struct skald_pcapng_interface *interface)
{
	struct skald_buffer buffer = { 0 };
	uint8_t resolution = TSRESOL_NS;

	begin(&buffer, BLOCK_INTERFACE);
	put_u16(&buffer, interface->linktype);
	put_u16(&buffer, 0);
	put_u32(&buffer, 0); /* snap length: no limit */
	put_text(&buffer, IF_NAME, interface->name);
	put_text(&buffer, IF_DESCRIPTION, interface->description);
	put_option(&buffer, IF_TSRESOL, &resolution, sizeof(resolution));
	return finish(&buffer, output);
}

static void put_verdict(struct skald_buffer *buffer, uint64_t verdict)
{
	uint8_t octets[1 + sizeof(verdict)] = { SKALD_PCAPNG_VERDICT_TC };

	memcpy(octets + 1, &verdict, sizeof(verdict));
	put_option(buffer, EPB_VERDICT, octets, sizeof(octets));
}

int skald_pcapng_packet(const struct skald_output *output,
			const struct skald_pcapng_packet *packet)
{
	struct skald_buffer buffer = { 0 };
	uint32_t flags = packet->direction;

	begin(&buffer, BLOCK_PACKET);
	put_u32(&buffer, packet->interface);
	put_u32(&buffer, (uint32_t)(packet->t_ns >> 32));
	put_u32(&buffer, (uint32_t)packet->t_ns);
	put_u32(&buffer, packet->captured);
	put_u32(&buffer, packet->original);
	skald_buffer_put(&buffer, packet->data, packet->captured);
	put_padding(&buffer);
	put_option(&buffer, EPB_FLAGS, &flags, sizeof(flags));
	if (packet->has_dropcount)
		put_option(&buffer, EPB_DROPCOUNT, &packet->dropcount,
			   sizeof(packet->dropcount));
	put_option(&buffer, EPB_PACKETID, &packet->id, sizeof(packet->id));
	if (packet->has_verdict)
		put_verdict(&buffer, packet->verdict);
	/* the longest comes last: readers may look at a block's beginning */
	put_text(&buffer, OPT_COMMENT, packet->comment);
	return finish(&buffer, output);
}
