// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports of whatever unpacks: pcapng in whole blocks, CSV with as many
 * columns in every row, JSON line by line.
 */
#include "export.h"
#include "packed.h"
#include "tell.h"

static void export_as(const char *name, const struct skald_story *story,
		      struct skald_buffer *made)
{
	const struct skald_export_format *format = skald_export_find(name);
	struct skald_output output = skald_output_buffer(made);
	struct skald_export *export;

	made->len = 0;
	fuzz_check(format);
	fuzz_check(!skald_export_new(format, &output, &export));
	/* Twice: the second finds what the first left behind. */
	fuzz_check(!skald_export_add(export, story));
	fuzz_check(!skald_export_add(export, story));
	fuzz_check(!skald_export_end(export));
	skald_export_free(export);
}

static uint32_t number(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Options up to the one that ends them, and nothing behind it. */
static void check_options(const uint8_t *at, const uint8_t *end)
{
	uint16_t code, len;

	do {
		fuzz_check(end - at >= 4);
		memcpy(&code, at, 2);
		memcpy(&len, at + 2, 2);
		at += 4;
		fuzz_check((end - at) >= (len + 3) / 4 * 4);
		at += (len + 3) / 4 * 4;
	} while (code);
	fuzz_check(at == end);
}

static void check_block(const uint8_t *block, uint32_t len,
			uint32_t *interfaces)
{
	const uint8_t *end = block + len - 4;
	uint32_t captured;

	switch (number(block)) {
	case 0x0a0d0d0a:
		check_options(block + 24, end);
		break;
	case 1:
		++*interfaces;
		check_options(block + 16, end);
		break;
	case 6:
		fuzz_check(len >= 32 && number(block + 8) < *interfaces);
		captured = number(block + 20);
		fuzz_check(captured <= number(block + 24));
		fuzz_check(captured <= len - 32);
		check_options(block + 28 + (captured + 3) / 4 * 4, end);
		break;
	default:
		fuzz_check(!"a known block");
	}
}

static void check_pcapng(const struct skald_buffer *made)
{
	uint32_t interfaces = 0, len;
	size_t at;

	for (at = 0; at < made->len; at += len) {
		fuzz_check(made->len - at >= 12);
		len = number(made->data + at + 4);
		fuzz_check(len >= 12 && len % 4 == 0 && len <= made->len - at);
		fuzz_check(number(made->data + at + len - 4) == len);
		check_block(made->data + at, len, &interfaces);
	}
	fuzz_check(interfaces);
}

/* RFC 4180. Return: columns of the row; *@at is moved behind it */
static unsigned int row(const char **at, const char *end)
{
	bool is_quoted = false;
	unsigned int n = 1;

	for (; *at < end && (is_quoted || **at != '\n'); ++*at) {
		if (**at == '"')
			is_quoted = !is_quoted;
		else if (**at == ',' && !is_quoted)
			n++;
	}
	fuzz_check(*at < end && !is_quoted);
	++*at;
	return n;
}

static void check_csv(const struct skald_buffer *made)
{
	const char *at = (const char *)made->data;
	const char *end = at + made->len;
	unsigned int columns = row(&at, end), rows = 0;

	for (; at < end; rows++)
		fuzz_check(row(&at, end) == columns);
	fuzz_check(rows == 2);
}

static void check_json(const struct skald_buffer *made,
		       const struct skald_story *story)
{
	char *line = tell_json(story);
	size_t len = strlen(line);

	fuzz_check(made->len == 2 * (len + 1));
	fuzz_check(!memcmp(made->data, line, len));
	fuzz_check(made->data[len] == '\n');
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_buffer made = { 0 };
	struct skald_packed packed;
	struct skald_story story;

	if (!packed_read(data, size, &packed))
		return 0;
	if (!skald_story_unpack(&packed, &story)) {
		story.host = "host, \"quoted\"";
		export_as("pcapng", &story, &made);
		check_pcapng(&made);
		export_as("csv", &story, &made);
		check_csv(&made);
		export_as("json", &story, &made);
		check_json(&made, &story);
		skald_buffer_done(&made);
		skald_story_done(&story);
	}
	packed_done(&packed);
	return 0;
}
