// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams of skald.ko's records (kmod_source.h), from the datagram to the told
 * story. What does not begin like a stream is taken for records of one CPU.
 */
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "kmod_record.h"
#include "kmod_source.h"
#include "tell.h"
#include "world.h"

#define START_NS 1700000000000000000ull
#define OFFSET_NS 1699999999000000000ull

/**
 * struct bench - everything between stream and story
 * @names: what numbers stand for
 * @source: fed by hand
 * @assembler: where raw stories go
 * @teller: tells them
 * @book: rules
 */
struct bench {
	struct skald_kmod_names *names;
	struct skald_source *source;
	struct skald_assembler *assembler;
	struct skald_teller *teller;
	struct skald_rulebook *book;
};

static uint32_t netns_of(void *user, uint32_t inode)
{
	return inode % 5;
}

static void begin(struct bench *bench)
{
	const struct skald_assembler_config config = { .max_open = 6 };
	struct skald_kmod_source_config kmod = {
		.max_open = 6,
		.netns = netns_of,
		.record_fd = -1,
	};

	bench->names = kmod.names = skald_kmod_names_new();
	bench->book = world_new();
	bench->teller = skald_teller_new(&world_ops, bench->book);
	bench->assembler = skald_assembler_new(&config);
	fuzz_check(bench->names && bench->teller && bench->assembler);
	fuzz_check(!skald_kmod_source_offline(&kmod, &bench->source));
}

static void end(struct bench *bench)
{
	bench->source->ops->close(bench->source);
	skald_assembler_free(bench->assembler);
	skald_teller_free(bench->teller);
	skald_rulebook_free(bench->book);
	skald_kmod_names_free(bench->names);
}

static void tell(struct bench *bench, const struct skald_raw_story *raw)
{
	struct skald_packed packed;
	struct skald_story story;
	unsigned int i;

	fuzz_check(raw->source == SKALD_SOURCE_KMOD && raw->n_bytes);
	/* What was told twice is remembered. */
	for (i = 0; i < 3; i++)
		fuzz_check(!skald_teller_tell(bench->teller, raw, &packed));
	fuzz_check(!skald_story_unpack(&packed, &story));
	fuzz_check(!(story.complete && (raw->was_lossy || story.n_gaps)));
	fuzz_check(story.complete || story.n_gaps);
	tell_once(&story);
	tell_again(&story);
	skald_story_done(&story);
}

static void tell_all(struct bench *bench)
{
	struct skald_batch *batch = skald_assembler_take(bench->assembler);
	uint32_t i;

	for (i = 0; batch && i < batch->n_items; i++)
		if (batch->items[i].type == SKALD_ITEM_STORY)
			tell(bench, batch->items[i].story);
	skald_batch_free(batch);
}

/* The numbers that make one batch of these bytes. */
static void feed_records(struct bench *bench, const uint8_t *data, size_t size)
{
	struct skald_stream_head head = { .now_ns = START_NS,
					  .offset_ns = OFFSET_NS };
	struct nlmsghdr *nlh;
	struct genlmsghdr *genl;
	char *buffer;

	if (size > SKALD_BATCH_MAX)
		return;
	buffer = malloc(size + 256);
	fuzz_check(buffer);
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = NLMSG_MIN_TYPE;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = SKALD_CMD_RECORDS;
	mnl_attr_put_u64(nlh, SKALD_A_BATCH, 1);
	mnl_attr_put_u32(nlh, SKALD_A_CPU, 0);
	mnl_attr_put(nlh, SKALD_A_RECORDS, size, data);
	mnl_attr_put_u64(nlh, SKALD_A_WATERMARK, UINT64_MAX);
	head.len = nlh->nlmsg_len;
	skald_kmod_source_feed(bench->source, bench->assembler, buffer,
			       nlh->nlmsg_len, &head);
	(void)bench->source->ops->tick(bench->source, bench->assembler,
				       START_NS + 1000000000);
	bench->source->ops->finish(bench->source, bench->assembler);
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t magic = sizeof(SKALD_STREAM_MAGIC) - 1;
	struct skald_source_stats stats;
	struct bench bench;

	begin(&bench);
	if (size >= magic && !memcmp(data, SKALD_STREAM_MAGIC, magic))
		(void)skald_kmod_source_replay(bench.source, bench.assembler,
					       data, size);
	else
		feed_records(&bench, data, size);
	tell_all(&bench);
	bench.source->ops->stats(bench.source, &stats);
	fuzz_check(!stats.open);
	end(&bench);
	return 0;
}
