// SPDX-License-Identifier: GPL-2.0-only
/* Matches of what packets carry: xt_string.c, xt_u32.c, xt_bpf.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define PATTERN_MAX 128
#define STRING_INVERT 1
#define STRING_ICASE 2
#define U32_MAX_TESTS 11
#define BPF_BYTECODE 0

struct string_info {
	u16 from;
	u16 to;
	char algo[16];
	u8 pattern[PATTERN_MAX];
	u8 patlen;
	u8 flags;
};

struct u32_test {
	struct {
		u32 number;
		u8 op;
	} location[U32_MAX_TESTS];
	struct {
		u32 min;
		u32 max;
	} value[U32_MAX_TESTS];
	u8 n_locations;
	u8 n_values;
};

struct u32_info {
	struct u32_test tests[U32_MAX_TESTS];
	u8 n;
	u8 invert;
};

struct bpf_info_v1 {
	u16 mode;
	u16 n;
	s32 fd;
	u64 program[];
};

static u8 lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? (u8)(c + 32) : c;
}

static bool is_same(const u8 *a, const u8 *b, u32 len, bool icase)
{
	u32 i;

	if (!icase)
		return memcmp(a, b, len) == 0;
	for (i = 0; i < len; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

/* skb_find_text(): the pattern lies between two offsets from the network
 * header. What is not known may hold it. */
static int match_text(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct string_info *info = (const void *)xt->info;
	u32 start = skald_pkt_network(pkt), len = skald_pkt_len(pkt), at;
	u32 end = min_t(u32, info->to, len);
	bool icase = info->flags & STRING_ICASE, lacks = false;
	u8 bytes[PATTERN_MAX];

	if (!info->patlen || info->patlen > PATTERN_MAX)
		return SKALD_XT_NO;
	for (at = info->from; at + info->patlen <= end; at++) {
		if (skald_pkt_copy(pkt, start + at, info->patlen, bytes)) {
			lacks = true;
			break;
		}
		if (is_same(bytes, info->pattern, info->patlen, icase))
			return !(info->flags & STRING_INVERT);
	}
	return lacks ? -ENODATA : !!(info->flags & STRING_INVERT);
}

static void explain_string(const struct skald_xt *xt,
			   const struct skald_vm_pkt *pkt,
			   struct skald_miss *miss)
{
	const struct string_info *info = (const void *)xt->info;
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "string");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, info->flags & STRING_INVERT ? "not " : "");
	skald_phrase_value(&phrase, SKALD_AS_STRING, info->pattern,
			   min_t(u32, info->patlen, PATTERN_MAX));
}

/* Four bytes of the packet as a number. 1: read, 0: beyond its end, -ENODATA */
static int read_number(const struct skald_vm_pkt *pkt, u32 at, u32 pos,
		       u32 *value)
{
	u32 len = skald_pkt_len(pkt);
	u8 bytes[4];

	if (at + 4 < at || len < at + 4 || pos > len - at - 4)
		return 0;
	if (skald_pkt_copy(pkt, skald_pkt_network(pkt) + at + pos, 4, bytes))
		return -ENODATA;
	*value = get_unaligned_be32(bytes);
	return 1;
}

/* And, shift left, shift right; or go on to where the number points. */
static int step(const struct skald_vm_pkt *pkt, u8 op, u32 number, u32 *at,
		u32 *value)
{
	switch (op) {
	case 0:
		*value &= number;
		return 1;
	case 1:
		*value = number < 32 ? *value << number : 0;
		return 1;
	case 2:
		*value = number < 32 ? *value >> number : 0;
		return 1;
	default:
		if (*at + *value < *at)
			return 0;
		*at += *value;
		return read_number(pkt, *at, number, value);
	}
}

/* One test of u32_match_it(). 0: fails, 1: holds, -ENODATA */
static int holds(const struct u32_test *test, const struct skald_vm_pkt *pkt)
{
	u32 at = 0, value = 0, i;
	int went = read_number(pkt, 0, test->location[0].number, &value);

	for (i = 1; i < test->n_locations && i < U32_MAX_TESTS; i++) {
		if (went != 1)
			return went;
		went = step(pkt, test->location[i].op, test->location[i].number,
			    &at, &value);
	}
	if (went != 1)
		return went;
	for (i = 0; i < test->n_values && i < U32_MAX_TESTS; i++) {
		if (value >= test->value[i].min && value <= test->value[i].max)
			return 1;
	}
	return 0;
}

static int match_u32(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct u32_info *info = (const void *)xt->info;
	u32 i;
	int answer;

	for (i = 0; i < info->n && i < U32_MAX_TESTS; i++) {
		answer = holds(&info->tests[i], pkt);
		if (answer < 0)
			return answer;
		if (!answer)
			return !!info->invert;
	}
	return !info->invert;
}

static int run_bpf(const struct skald_vm_pkt *pkt, const void *program, u32 len)
{
	u32 result;
	int err = -ENODATA;

	if (pkt->world->bpf)
		err = pkt->world->bpf(pkt->owner, pkt, program, len, &result);
	return err ? -ENODATA : !!result;
}

static int match_bpf(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const u8 *info = (const u8 *)xt->info;
	u16 n;

	memcpy(&n, info, sizeof(n));
	if (4 + n * 8u > xt->len)
		return -ENODATA;
	return run_bpf(pkt, info + 4, n);
}

static int match_bpf_v1(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct bpf_info_v1 *info = (const void *)xt->info;

	if (info->mode != BPF_BYTECODE || 8 + info->n * 8u > xt->len)
		return -ENODATA;
	return run_bpf(pkt, info->program, info->n);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_content[] = {
	{ .name = "string", .revision = 1, .size = sizeof(struct string_info),
	  .help = "text in the packet", .match = match_text,
	  .missing = "bytes of the packet", .explain = explain_string },
	{ .name = "u32", .revision = 0, .size = sizeof(struct u32_info),
	  .help = "numbers anywhere in the packet", .match = match_u32,
	  .missing = "bytes of the packet" },
	{ .name = "bpf", .revision = 0, .size = 4,
	  .help = "a program of classic BPF", .match = match_bpf,
	  .missing = "result of a BPF program" },
	{ .name = "bpf", .revision = 1, .size = sizeof(struct bpf_info_v1),
	  .help = "a program of classic BPF, or a pinned one",
	  .match = match_bpf_v1, .missing = "result of a BPF program" },
	{ .name = NULL },
};
/* clang-format on */
