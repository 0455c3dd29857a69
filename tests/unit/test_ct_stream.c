// SPDX-License-Identifier: GPL-2.0-only
/* Messages are joined, once each, however their bytes arrive. */
#include <criterion/criterion.h>

#include "ct_stream.h"
#include "fail_malloc.h"

#define ROOM 32

static const struct skald_stream_kind lines = {
	.frame = skald_stream_line,
	.room = ROOM,
	.by_line = true,
	.is_wary = true,
};

/* One byte says how many follow; 255 is nonsense. */
static u32 block(const u8 *bytes, u32 len)
{
	return bytes[0] == 255 ? SKALD_STREAM_NONSENSE : (u32)bytes[0] + 1;
}

static const struct skald_stream_kind blocks = { .frame = block, .room = ROOM };

/* What a stream said. */
struct told {
	char text[512];
	u32 messages;
	bool is_partial;
	bool repeats;
	bool gave_up;
	u32 rest;
};

static void feed(struct skald_stream *stream,
		 const struct skald_stream_kind *kind, u32 seq,
		 const char *payload, u32 len, struct told *told)
{
	/* of its own, so that reading on is seen */
	u8 *bytes = malloc(len);
	struct skald_stream_message message;
	struct skald_stream_walk walk;

	memcpy(bytes, payload, len);
	skald_stream_start(&walk, stream, kind, seq, bytes, len);
	while (skald_stream_next(&walk, &message)) {
		told->messages++;
		strncat(told->text, (const char *)message.bytes, message.len);
		cr_expect_leq(message.at + message.len - message.earlier, len);
		cr_expect_eq(memcmp(bytes + message.at,
				    message.bytes + message.earlier,
				    message.len - message.earlier),
			     0);
	}
	told->is_partial = walk.is_partial;
	told->repeats = walk.repeats;
	told->gave_up = walk.gave_up;
	told->rest = walk.rest;
	free(bytes);
}

static void say(struct skald_stream *stream, u32 *seq, const char *text,
		struct told *told)
{
	feed(stream, &lines, *seq, text, (u32)strlen(text), told);
	*seq += (u32)strlen(text);
}

Test(ct_stream, the_first_line_may_not_begin_where_it_seems)
{
	struct skald_stream stream = { 0 };
	struct told told = { 0 };
	u32 seq = 0xfffffff0;

	say(&stream, &seq, "half\r\nUSER x\r\n", &told);
	say(&stream, &seq, "PASS y\r\n", &told);
	cr_expect_str_eq(told.text, "USER x\r\nPASS y\r\n");
	cr_expect_not(told.is_partial);
	skald_stream_done(&stream);
}

Test(ct_stream, a_line_is_joined_wherever_it_is_cut)
{
	static const char text[] = "PORT 1,2,3,4,5,6\r\nLIST\r\n";
	u32 a, b, seq;

	for (a = 1; a < strlen(text); a++)
		for (b = a; b < strlen(text); b++) {
			struct skald_stream stream = { 0 };
			struct told told = { 0 };

			seq = 7;
			say(&stream, &seq, "\n", &told);
			feed(&stream, &lines, seq, text, a, &told);
			if (b > a)
				feed(&stream, &lines, seq + a, text + a, b - a,
				     &told);
			/* again, from before the cut */
			feed(&stream, &lines, seq + a - 1, text + a - 1,
			     (u32)strlen(text) - a + 1, &told);
			cr_expect_str_eq(told.text, text);
			cr_expect_eq(told.messages, 2u);
			skald_stream_done(&stream);
		}
}

Test(ct_stream, a_repeated_piece_is_told)
{
	struct skald_stream stream = { 0 };
	struct told told = { 0 };
	u32 seq = 1;

	say(&stream, &seq, "\n", &told);
	say(&stream, &seq, "PORT 1,2", &told);
	cr_expect(told.is_partial && !told.repeats);
	cr_expect_eq(told.rest, 8u);
	seq = 2;
	say(&stream, &seq, "PORT 1,2", &told);
	cr_expect(told.is_partial && told.repeats);
	say(&stream, &seq, ",3\r\n", &told);
	cr_expect_not(told.is_partial);
	cr_expect_str_eq(told.text, "PORT 1,2,3\r\n");
	skald_stream_done(&stream);
}

Test(ct_stream, what_is_too_long_is_given_up_and_the_next_line_found)
{
	struct skald_stream stream = { 0 };
	struct told told = { 0 };
	u32 seq = 1;

	say(&stream, &seq, "\n0123456789012345678901234567890123456789", &told);
	cr_expect(told.gave_up && !told.is_partial);
	say(&stream, &seq, "still\nnext\n", &told);
	cr_expect_str_eq(told.text, "next\n");
	/* and so when the first piece had room */
	say(&stream, &seq, "0123456789", &told);
	cr_expect(told.is_partial);
	say(&stream, &seq, "0123456789012345678901234567890\nlast\n", &told);
	cr_expect_str_eq(told.text, "next\nlast\n");
	/* a line in one segment may be as long as it likes */
	say(&stream, &seq, "0123456789012345678901234567890123456789\n", &told);
	cr_expect_eq(told.messages, 3u);
	skald_stream_done(&stream);
}

Test(ct_stream, an_overtaken_segment_is_understood_when_it_comes)
{
	struct skald_stream stream = { 0 };
	struct told told = { 0 };

	feed(&stream, &lines, 0, "\n", 1, &told);
	feed(&stream, &lines, 5, "two\nthree\n", 10, &told);
	feed(&stream, &lines, 1, "one\n", 4, &told);
	feed(&stream, &lines, 1, "one\n", 4, &told);
	feed(&stream, &lines, 15, "four\n", 5, &told);
	cr_expect_str_eq(told.text, "three\none\nfour\n");
	skald_stream_done(&stream);
}

Test(ct_stream, blocks_are_joined)
{
	static const char text[] = "\3abc\1d\0\4efgh";
	u32 cut, len = sizeof(text) - 1;

	for (cut = 1; cut < len; cut++) {
		struct skald_stream stream = { 0 };
		struct told told = { 0 };

		feed(&stream, &blocks, 9, text, cut, &told);
		feed(&stream, &blocks, 9 + cut, text + cut, len - cut, &told);
		cr_expect_eq(told.messages, 4u, "cut at %u", cut);
		skald_stream_done(&stream);
	}
}

Test(ct_stream, nonsense_and_gaps_begin_anew)
{
	struct skald_stream stream = { 0 };
	struct told told = { 0 };

	feed(&stream, &blocks, 0, "\377xx\1a", 5, &told);
	cr_expect(told.gave_up);
	feed(&stream, &blocks, 5, "\1a", 2, &told);
	cr_expect_eq(told.messages, 1u);
	feed(&stream, &blocks, 7, "\7abc", 4, &told);
	feed(&stream, &blocks, 20, "\1b", 2, &told);
	cr_expect_eq(told.messages, 2u);
	/* longer than there is room for */
	feed(&stream, &blocks, 22, "\77abc", 4, &told);
	feed(&stream, &blocks, 26, "01234567890123456789012345678", 29, &told);
	cr_expect(told.gave_up);
	feed(&stream, &blocks, 55, "\1c", 2, &told);
	cr_expect_eq(told.messages, 3u);
	skald_stream_done(&stream);
}

Test(ct_stream, without_memory_a_piece_is_lost_and_nothing_else)
{
	struct skald_stream stream = { 0 };
	struct told told = { 0 };
	u32 seq = 1;

	say(&stream, &seq, "\n", &told);
	{
		struct skald_stream_message message;
		struct skald_stream_walk walk;

		skald_stream_start(&walk, &stream, &lines, seq,
				   (const u8 *)"PO", 2);
		fail_malloc_after = 0;
		cr_expect_not(skald_stream_next(&walk, &message));
		fail_malloc_after = -1;
		cr_expect(walk.gave_up && !walk.is_partial);
	}
	seq += 2;
	say(&stream, &seq, "RT 1\r\nLIST\r\n", &told);
	cr_expect_str_eq(told.text, "LIST\r\n");
	skald_stream_done(&stream);
	skald_stream_done(NULL);
}
