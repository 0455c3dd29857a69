// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of a stream: segments of one text, in any order and cut anyhow. A
 * message that is said to be there consists of bytes of the text, one behind
 * the other.
 */
#include "ct_stream.h"
#include "fuzz.h"

#define TEXT_MAX 512

static u32 block(const u8 *bytes, u32 len)
{
	return bytes[0] == 255 ? SKALD_STREAM_NONSENSE : (u32)bytes[0] % 64 + 1;
}

static const struct skald_stream_kind kinds[] = {
	{ .frame = skald_stream_line, .room = 48, .by_line = true },
	{ skald_stream_line, 48, true, true },
	{ .frame = block, .room = 48 },
	{ .frame = block, .room = 0 },
};

static void feed(struct skald_stream *stream,
		 const struct skald_stream_kind *kind, const u8 *text, u32 from,
		 u32 len, u32 isn)
{
	u8 *payload = fuzz_copy(text + from, len);
	struct skald_stream_message message;
	struct skald_stream_walk walk;
	u32 last = 0;

	skald_stream_start(&walk, stream, kind, isn + from, payload, len);
	while (skald_stream_next(&walk, &message)) {
		fuzz_check(message.len && message.earlier < message.len);
		fuzz_check(message.at >= last);
		last = message.at + message.len - message.earlier;
		fuzz_check(last <= len && message.earlier <= from + message.at);
		fuzz_check(!memcmp(message.bytes,
				   text + from + message.at - message.earlier,
				   message.len));
	}
	fuzz_check(stream->len <= kind->room);
	fuzz_check(walk.rest <= stream->len);
	fuzz_check(walk.is_partial == (stream->len != 0) || walk.is_aside);
	free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	const struct skald_stream_kind *kind = &kinds[fuzz_take_u8(&input) % 4];
	u32 isn = (u32)fuzz_take_u8(&input) - 128, from, len, total;
	struct skald_stream stream = { 0 };
	u8 text[TEXT_MAX];
	u32 steps = 0;

	total = (u32)(input.size < TEXT_MAX ? input.size : TEXT_MAX) / 2;
	if (!total)
		return 0;
	fuzz_take(&input, text, total);
	while (input.size && steps++ < 64) {
		from = fuzz_take_u8(&input) % total;
		len = fuzz_take_u8(&input) % (total - from) + 1;
		feed(&stream, kind, text, from, len, isn);
	}
	skald_stream_done(&stream);
	return 0;
}
