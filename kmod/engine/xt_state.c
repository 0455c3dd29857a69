// SPDX-License-Identifier: GPL-2.0-only
/* Matches that count, and that look at the clock: xt_limit.c, xt_statistic.c,
 * xt_quota.c, xt_time.c, xt_hashlimit.c. */
#include "expr_parts.h"
#include "load.h"
#include "names.h"
#include "vm_pkt.h"
#include "xt.h"

#define NS 1000000000ull
#define DAY 86400u

struct limit_info {
	u32 avg;
	u32 burst;
};

struct statistic_info {
	u16 mode;
	u16 flags;
	u32 every;
	u32 packet;
	u32 count;
};

struct xt_quota_state {
	u32 flags;
	u32 pad;
	u64 quota;
};

struct time_info {
	u32 date_start;
	u32 date_stop;
	u32 day_start;
	u32 day_stop;
	u32 monthdays;
	u8 weekdays;
	u8 flags;
};

/* An average is ten-thousandths of a second a packet. */
static int init_limit(struct skald_xt *xt, struct skald_load *load)
{
	const struct limit_info *info = (const void *)xt->info;

	if (!info->avg || !info->burst)
		return -ERANGE;
	xt->state[0] = (u64)info->avg * 100000 * info->burst;
	xt->state[1] = load->now;
	return 0;
}

static int match_limit(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct limit_info *info = (const void *)xt->info;
	u64 cost = (u64)info->avg * 100000, cap = cost * info->burst;
	u64 passed = pkt->now > xt->state[1] ? pkt->now - xt->state[1] : 0;

	xt->state[1] = pkt->now;
	passed = min(passed, cap);
	xt->state[0] = min_t(u64, xt->state[0] + passed, cap);
	if (xt->state[0] < cost)
		return SKALD_XT_NO;
	xt->state[0] -= cost;
	return SKALD_XT_YES;
}

static void explain_limit(const struct skald_xt *xt,
			  const struct skald_vm_pkt *pkt,
			  struct skald_miss *miss)
{
	const struct limit_info *info = (const void *)xt->info;
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "limit");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, "one in ");
	skald_phrase_number(&phrase, info->avg / 10);
	skald_phrase_str(&phrase, " ms, burst ");
	skald_phrase_number(&phrase, info->burst);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_str(&phrase, "over");
}

#define STATISTIC_NTH 1
#define LOST U64_MAX

static int init_statistic(struct skald_xt *xt, struct skald_load *load)
{
	const struct statistic_info *info = (const void *)xt->info;

	xt->state[0] =
		load->keeps_handles && !load->vm->is_fresh ? LOST : info->count;
	return 0;
}

/* statistic_mt(); how far "nth" has counted is not dumped. */
static int match_statistic(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct statistic_info *info = (const void *)xt->info;
	bool invert = info->flags & 1;
	u32 random;

	if (info->mode != STATISTIC_NTH) {
		if (skald_vm_fact(pkt, SKALD_FACT_RANDOM, &random))
			return -ENODATA;
		return ((random & 0x7fffffff) < info->every) != invert;
	}
	if (xt->state[0] == LOST)
		return -ENODATA;
	xt->state[0] = xt->state[0] == info->every ? 0 : xt->state[0] + 1;
	return !xt->state[0] != invert;
}

static int init_quota(struct skald_xt *xt, struct skald_load *load)
{
	xt->state[0] =
		((const struct xt_quota_state *)(const void *)xt->info)->quota;
	return 0;
}

static int match_quota(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct xt_quota_state *info = (const void *)xt->info;
	u32 len = skald_pkt_len(pkt);
	bool invert = info->flags & 1;

	if (xt->state[0] >= len) {
		xt->state[0] -= len;
		return !invert;
	}
	xt->state[0] = 0;
	return invert;
}

#define TIME_LOCAL 1
#define TIME_CONTIGUOUS 2
#define ALL_MONTHDAYS 0xfffffffeu

/* Day of the month from days since 1970 ("civil from days", H. Hinnant). */
static u32 month_day(u32 days)
{
	u32 shifted = days + 719468, era = shifted / 146097;
	u32 doe = shifted - era * 146097;
	u32 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	u32 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	u32 mp = (5 * doy + 2) / 153;

	return doy - (153 * mp + 2) / 5 + 1;
}

/* time_mt() */
static int match_time(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct time_info *info = (const void *)xt->info;
	s64 stamp = (s64)div64_u64(pkt->now, NS);
	u32 days, second, weekday;
	s32 west;

	if (info->flags & TIME_LOCAL) {
		if (skald_vm_fact(pkt, SKALD_FACT_TIMEZONE, &west))
			return -ENODATA;
		stamp -= 60 * (s64)west;
	}
	if (stamp < info->date_start || stamp > info->date_stop)
		return SKALD_XT_NO;
	days = (u32)div64_u64((u64)stamp, DAY);
	second = (u32)((u64)stamp - (u64)days * DAY);
	if (info->day_start < info->day_stop) {
		if (second < info->day_start || second > info->day_stop)
			return SKALD_XT_NO;
	} else {
		if (second < info->day_start && second > info->day_stop)
			return SKALD_XT_NO;
		if ((info->flags & TIME_CONTIGUOUS) && days &&
		    second <= info->day_stop)
			days--;
	}
	/* 1970 began on a Thursday; Sunday is 7 */
	weekday = (4 + days) % 7;
	if (!(info->weekdays & 1u << (weekday ? weekday : 7)))
		return SKALD_XT_NO;
	return info->monthdays == ALL_MONTHDAYS ||
	       (info->monthdays & 1u << month_day(days));
}

#define HASH_DIP 1
#define HASH_DPT 2
#define HASH_SIP 4
#define HASH_SPT 8
#define HASH_INVERT 16
#define HASH_BYTES 32
#define HASH_RATE 64
#define KEYS_MAX 65536

/* Revisions 1 to 3, brought to one form. */
struct hashlimit {
	u64 avg;
	u64 burst;
	u32 mode;
	u32 expire;
	u8 srcmask;
	u8 dstmask;
	u64 unit;
	bool starts_known;
	struct skald_names keys;
};

struct bucket {
	struct hlist_node node;
	u64 credit;
	u64 last;
	u8 key[36];
};

static u32 hash_bucket(const struct hlist_node *node)
{
	const struct bucket *bucket = container_of(node, struct bucket, node);
	u32 hash = 2166136261u, i;

	for (i = 0; i < sizeof(bucket->key); i++)
		hash = (hash ^ bucket->key[i]) * 16777619u;
	return hash ^ hash >> 15;
}

/* Where revisions have their members: name, then numbers. */
static int read_hashlimit(const struct skald_xt *xt, struct hashlimit *limit)
{
	const u8 *info = (const u8 *)xt->info;
	u32 numbers[3];

	if (xt->revision == 1) {
		memcpy(numbers, info + 16, sizeof(numbers));
		limit->mode = numbers[0];
		limit->avg = numbers[1];
		limit->burst = numbers[2];
		memcpy(&limit->expire, info + 40, 4);
		limit->srcmask = info[44];
		limit->dstmask = info[45];
		limit->unit = NS / 10000;
		return 0;
	}
	memcpy(&limit->avg, info + 256, 8);
	memcpy(&limit->burst, info + 264, 8);
	memcpy(&limit->mode, info + 272, 4);
	memcpy(&limit->expire, info + 288, 4);
	limit->srcmask = info[xt->revision == 3 ? 296 : 292];
	limit->dstmask = info[xt->revision == 3 ? 297 : 293];
	limit->unit = NS / 1000000;
	return 0;
}

static int init_hashlimit(struct skald_xt *xt, struct skald_load *load)
{
	struct hashlimit *limit = kzalloc(sizeof(*limit), GFP_KERNEL);

	if (!limit)
		return -ENOMEM;
	(void)read_hashlimit(xt, limit);
	limit->keys.hash = hash_bucket;
	limit->starts_known = !load->keeps_handles || load->vm->is_fresh;
	/* hashlimit_mt_check_common(): bytes need no burst */
	if (!(limit->mode & HASH_BYTES) && (!limit->avg || !limit->burst)) {
		kfree(limit);
		return -ERANGE;
	}
	xt->more = limit;
	return 0;
}

static void free_hashlimit(struct skald_xt *xt)
{
	struct hashlimit *limit = xt->more;
	u32 i;

	for (i = 0; i < limit->keys.size; i++) {
		while (limit->keys.buckets[i].first) {
			struct hlist_node *node = limit->keys.buckets[i].first;

			skald_names_remove(&limit->keys, node);
			kfree(container_of(node, struct bucket, node));
		}
	}
	skald_names_done(&limit->keys);
	kfree(limit);
}

static void keep_bits(u8 *addr, u32 len, u32 bits)
{
	u32 i;

	for (i = 0; i < len; i++) {
		u32 here = bits > i * 8 ? min_t(u32, bits - i * 8, 8) : 0;

		addr[i] &= (u8)(0xff00 >> here);
	}
}

/* hashlimit_init_dst() */
static int make_key(const struct skald_xt *xt, const struct hashlimit *limit,
		    const struct skald_vm_pkt *pkt, u8 *key)
{
	u32 len = xt->family == NFPROTO_IPV6 ? 16 : 4;
	u32 at = skald_pkt_network(pkt) + (len == 4 ? 12 : 8);
	u8 ports[4] = { 0 };
	int err;

	memset(key, 0, 36);
	err = skald_xt_pull(pkt, at, len, key);
	if (!err)
		err = skald_xt_pull(pkt, at + len, len, key + 16);
	if (err)
		return err;
	keep_bits(key, len, limit->mode & HASH_SIP ? limit->srcmask : 0);
	keep_bits(key + 16, len, limit->mode & HASH_DIP ? limit->dstmask : 0);
	if (!(limit->mode & (HASH_SPT | HASH_DPT)))
		return 0;
	switch (pkt->tprot) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		err = skald_xt_pull(pkt, pkt->thoff, sizeof(ports), ports);
		break;
	default:
		break;
	}
	if (limit->mode & HASH_SPT)
		memcpy(key + 32, ports, 2);
	if (limit->mode & HASH_DPT)
		memcpy(key + 34, ports + 2, 2);
	return err;
}

static struct bucket *find_bucket(const struct hashlimit *limit,
				  const struct bucket *like)
{
	struct hlist_head *head =
		skald_names_bucket(&limit->keys, hash_bucket(&like->node));
	struct bucket *bucket;

	if (!head)
		return NULL;
	hlist_for_each_entry(bucket, head, node) {
		if (memcmp(bucket->key, like->key, sizeof(like->key)) == 0)
			return bucket;
	}
	return NULL;
}

static struct bucket *make_bucket(struct hashlimit *limit,
				  const struct bucket *like, u64 cap, u64 now)
{
	struct bucket *bucket;

	if (limit->keys.n >= KEYS_MAX)
		return NULL;
	bucket = kmemdup(like, sizeof(*like), GFP_ATOMIC);
	if (!bucket)
		return NULL;
	INIT_HLIST_NODE(&bucket->node);
	bucket->credit = cap;
	bucket->last = now;
	if (skald_names_add(&limit->keys, &bucket->node)) {
		kfree(bucket);
		return NULL;
	}
	return bucket;
}

/* hashlimit_mt_common() for packets; bytes and the rate match are not followed.
 * A bucket that was not used for its time of expiry begins anew. */
static int match_hashlimit(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	struct hashlimit *limit = xt->more;
	u64 cost = limit->avg * limit->unit, cap = cost * limit->burst, passed;
	bool invert = limit->mode & HASH_INVERT;
	struct bucket like = { .credit = 0 }, *bucket;
	int err = make_key(xt, limit, pkt, like.key);

	if (err)
		return err;
	if ((limit->mode & (HASH_BYTES | HASH_RATE)) || !limit->starts_known)
		return -ENODATA;
	bucket = find_bucket(limit, &like);
	if (!bucket)
		bucket = make_bucket(limit, &like, cap, pkt->now);
	if (!bucket)
		return SKALD_XT_DROP;
	passed = pkt->now > bucket->last ? pkt->now - bucket->last : 0;
	bucket->last = pkt->now;
	if (passed > (u64)limit->expire * 1000000)
		bucket->credit = cap;
	passed = min(passed, cap);
	bucket->credit = min_t(u64, bucket->credit + passed, cap);
	if (bucket->credit < cost)
		return invert;
	bucket->credit -= cost;
	return !invert;
}

/* clang-format off */
const struct skald_xt_ops skald_xt_state[] = {
	{ .name = "limit", .revision = 0, .size = sizeof(struct limit_info),
	  .help = "up to a rate", .match = match_limit, .init = init_limit,
	  .explain = explain_limit },
	{ .name = "statistic", .revision = 0,
	  .size = sizeof(struct statistic_info),
	  .help = "every nth packet, or some at random",
	  .match = match_statistic, .init = init_statistic,
	  .missing = "random number, or how far was counted" },
	{ .name = "quota", .revision = 0, .size = sizeof(struct xt_quota_state),
	  .help = "up to a number of bytes", .match = match_quota,
	  .init = init_quota },
	{ .name = "time", .revision = 0, .size = sizeof(struct time_info),
	  .help = "date and time", .match = match_time,
	  .missing = "time zone of the kernel" },
	{ .name = "hashlimit", .revision = 1, .size = 48,
	  .help = "up to a rate for each address or port",
	  .match = match_hashlimit, .init = init_hashlimit,
	  .free = free_hashlimit, .missing = "buckets of hashlimit" },
	{ .name = "hashlimit", .revision = 2, .size = 296,
	  .help = "up to a rate for each address or port",
	  .match = match_hashlimit, .init = init_hashlimit,
	  .free = free_hashlimit, .missing = "buckets of hashlimit" },
	{ .name = "hashlimit", .revision = 3, .size = 304,
	  .help = "up to a rate for each address or port",
	  .match = match_hashlimit, .init = init_hashlimit,
	  .free = free_hashlimit, .missing = "buckets of hashlimit" },
	{ .name = NULL },
};
/* clang-format on */
