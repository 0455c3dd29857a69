// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes datagrams of skald.ko apart; see kmod_feed.h.
 */
#include "kmod_feed.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "kmod_family.h"
#include "kmod_order.h"

#define NS_PER_MS UINT64_C(1000000)
/* Without a watermark for so long, or with so much waiting, order is given up:
 * what is there goes on by its times. */
#define WINDOW_NS (500 * NS_PER_MS)
#define WINDOW_BYTES (32u << 20)

/**
 * struct skald_kmod_feed_cpu - what is known of one CPU's records
 * @seq: number of the newest, those of a loss included
 */
struct skald_kmod_feed_cpu {
	uint32_t seq;
};

int skald_kmod_feed_init(struct skald_kmod_feed *feed,
			 const struct skald_kmod_lives_config *config,
			 struct skald_kmod_names *names)
{
	*feed = (struct skald_kmod_feed){ .names = names };
	feed->order = skald_kmod_order_new();
	feed->lives = skald_kmod_lives_new(config);
	if (feed->order && feed->lives)
		return 0;
	skald_kmod_feed_done(feed);
	return -ENOMEM;
}

void skald_kmod_feed_done(struct skald_kmod_feed *feed)
{
	skald_kmod_order_free(feed->order);
	skald_kmod_lives_free(feed->lives);
	free(feed->cpus);
}

/* ---- records ---- */

static int grow_cpus(struct skald_kmod_feed *feed, uint32_t cpu)
{
	struct skald_kmod_feed_cpu *cpus;

	if (cpu < feed->n_cpus)
		return 0;
	if (cpu >= SKALD_ORDER_CPUS)
		return -EINVAL;
	cpus = reallocarray(feed->cpus, cpu + 1, sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	memset(cpus + feed->n_cpus, 0,
	       (cpu + 1 - feed->n_cpus) * sizeof(*cpus));
	feed->cpus = cpus;
	feed->n_cpus = cpu + 1;
	return 0;
}

/* A loss that the module does not know of: which packets is not known. */
static void put_loss(struct skald_kmod_feed *feed, uint32_t cpu, uint64_t time,
		     uint64_t count)
{
	const struct skald_r_lost lost = {
		.record = { .time = time,
			    .type = SKALD_R_LOST,
			    .len = sizeof(lost) },
		.count = count,
		.first = time,
		.last = time,
		.packets = UINT64_MAX,
	};

	feed->stats.lost += count;
	if (skald_kmod_order_add(feed->order, cpu, &lost.record))
		feed->stats.malformed++;
}

/*
 * Whether this record's number is the next one; if not, what is missing. The
 * record of a loss has the number of the first record that is missing.
 */
static void count_seq(struct skald_kmod_feed *feed, uint32_t cpu,
		      const struct skald_r_record *record)
{
	struct skald_kmod_feed_cpu *known = &feed->cpus[cpu];
	const struct skald_r_lost *lost = (const void *)record;
	uint32_t missing = record->seq - known->seq - 1;

	if (record->type == SKALD_R_NAME)
		return;
	if (missing)
		put_loss(feed, cpu, record->time, missing);
	known->seq = record->seq;
	if (record->type != SKALD_R_LOST)
		return;
	known->seq += (uint32_t)lost->count - 1;
	feed->stats.lost += lost->count;
	feed->stats.overruns++;
}

static void take_record(struct skald_kmod_feed *feed, uint32_t cpu)
{
	const struct skald_r_record *record = &feed->record.head;
	const struct skald_r_name *name = (const void *)record;

	feed->stats.traces++;
	count_seq(feed, cpu, record);
	/* a name may be needed by records that are older and not here yet */
	if (record->type == SKALD_R_NAME) {
		if (skald_kmod_names_place(feed->names, name->place,
					   name->name))
			feed->stats.malformed++;
		return;
	}
	if (skald_kmod_order_add(feed->order, cpu, record))
		put_loss(feed, cpu, record->time, 1);
}

/* Attributes are aligned for 4, records want 8: they are copied one by one. */
static void take_records(struct skald_kmod_feed *feed, uint32_t cpu,
			 const uint8_t *bytes, size_t len)
{
	size_t at = 0, size;

	while (at < len) {
		size = len - at < sizeof(feed->record) ? len - at
						       : sizeof(feed->record);
		memcpy(&feed->record, bytes + at, size);
		size = skald_record_check(&feed->record, size);
		if (!size) {
			feed->stats.malformed++;
			put_loss(feed, cpu, feed->watermark, 1);
			return;
		}
		take_record(feed, cpu);
		at += size;
	}
}

static void take_batch(struct skald_kmod_feed *feed,
		       const struct nlattr *const *tb)
{
	const struct nlattr *records = tb[SKALD_A_RECORDS];
	uint64_t batch = skald_attr_u64(tb[SKALD_A_BATCH]);
	uint64_t watermark = skald_attr_u64(tb[SKALD_A_WATERMARK]);
	uint32_t cpu = skald_attr_u32(tb[SKALD_A_CPU]);

	if (batch != feed->batch + 1)
		feed->stats.overruns++;
	feed->batch = batch;
	if (records && grow_cpus(feed, cpu)) {
		feed->stats.malformed++;
		return;
	}
	if (records)
		take_records(feed, cpu, mnl_attr_get_payload(records),
			     mnl_attr_get_payload_len(records));
	if (watermark > feed->watermark)
		feed->watermark = watermark;
}

static void take_reason(struct skald_kmod_feed *feed, const struct nlattr *nest)
{
	const struct nlattr *tb[SKALD_REASON_A_MAX + 1];
	const char *name;

	skald_attrs_parse_nested(nest, tb, SKALD_REASON_A_MAX + 1);
	name = skald_attr_string(tb[SKALD_REASON_A_NAME]);
	if (!name || !tb[SKALD_REASON_A_NUMBER] ||
	    skald_kmod_names_reason(feed->names,
				    skald_attr_u32(tb[SKALD_REASON_A_NUMBER]),
				    name))
		feed->stats.malformed++;
}

static void take_message(struct skald_kmod_feed *feed,
			 const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[SKALD_A_MAX + 1];
	const struct genlmsghdr *head = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	feed->stats.messages++;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*head)) {
		feed->stats.malformed++;
		return;
	}
	skald_kmod_attributes(nlh, tb);
	if (head->cmd == SKALD_CMD_RECORDS)
		take_batch(feed, tb);
	else if (head->cmd == SKALD_CMD_REASONS && tb[SKALD_A_REASON])
		take_reason(feed, tb[SKALD_A_REASON]);
}

/* ---- order ---- */

void skald_kmod_feed_release(struct skald_kmod_feed *feed,
			     struct skald_assembler *assembler, uint64_t before)
{
	const struct skald_r_record *record;

	while ((record = skald_kmod_order_next(feed->order, before))) {
		if (!skald_kmod_lives_take(feed->lives, assembler, record,
					   &feed->clock))
			continue;
		feed->stats.lost++;
		skald_assembler_count_lost(assembler, 0, 1, "no memory",
					   feed->clock.now_ns);
	}
	if (!skald_kmod_order_bytes(feed->order))
		feed->waiting_ns = 0;
	else if (!feed->waiting_ns)
		feed->waiting_ns = feed->clock.now_ns;
}

void skald_kmod_feed_settle(struct skald_kmod_feed *feed,
			    struct skald_assembler *assembler)
{
	uint64_t before = feed->watermark;

	if (skald_kmod_order_bytes(feed->order) > WINDOW_BYTES)
		before = UINT64_MAX;
	skald_kmod_feed_release(feed, assembler, before);
}

void skald_kmod_feed_take(struct skald_kmod_feed *feed, const void *data,
			  size_t len, const struct skald_stream_head *head)
{
	const uint8_t *at = data;
	const struct nlmsghdr *nlh;

	feed->clock.now_ns = head->now_ns;
	feed->clock.offset_ns = head->offset_ns;
	while ((nlh = skald_message_next(&at, &len)))
		take_message(feed, nlh);
	if (len)
		feed->stats.malformed++;
}

uint64_t skald_kmod_feed_tick(struct skald_kmod_feed *feed,
			      struct skald_assembler *assembler,
			      uint64_t now_ns)
{
	uint64_t due = feed->waiting_ns + WINDOW_NS, soonest;

	if (feed->waiting_ns && due <= now_ns)
		skald_kmod_feed_release(feed, assembler, UINT64_MAX);
	soonest = skald_kmod_lives_tick(feed->lives, assembler, now_ns);
	if (!feed->waiting_ns)
		return soonest;
	due = feed->waiting_ns + WINDOW_NS;
	return soonest && soonest < due ? soonest : due;
}
