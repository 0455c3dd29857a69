// SPDX-License-Identifier: GPL-2.0-only
/* Matches that count, and that look at the clock: xt_limit.c, xt_statistic.c,
 * xt_quota.c, xt_time.c. */
#include "expr_parts.h"
#include "load.h"
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
	{ .name = NULL },
};
/* clang-format on */
