// SPDX-License-Identifier: GPL-2.0-only
/* Limits for each address or port: xt_hashlimit.c. Rules that name one table
 * count in it together; the first of them says how. */
#include "expr_parts.h"
#include "load.h"
#include "names.h"
#include "vm_pkt.h"
#include "xt.h"

#define NS 1000000000ull
/* Of x_tables: 16 (revision 1) or NAME_MAX bytes. */
#define NAME_LEN_V1 16
#define NAME_LEN 255

#define HASH_DIP 1
#define HASH_DPT 2
#define HASH_SIP 4
#define HASH_SPT 8
#define HASH_INVERT 16
#define HASH_BYTES 32
#define HASH_RATE 64
#define KEYS_MAX 65536
/* Bytes count in chunks of 16. */
#define BYTE_SHIFT 4
#define RATE_SCALE 1000000ull
/* With bytes a credit is a second in parts of 2^32. */
#define SECOND (1ull << 32)

/**
 * struct hashlimit - a table
 * @list: in the ruleset's list
 * @name: its name
 * @family: each family has its own
 * @use: rules that have it
 * @avg: time for a packet, in @unit; with bytes a share of the second
 * @burst: packets that may come at once, at first
 * @mode: HASH_*
 * @expire: ms without packets, then a bucket begins anew
 * @interval: s, of HASH_RATE
 * @srcmask: bits of the source that count
 * @dstmask: bits of the destination
 * @unit: ns
 * @starts_known: nothing was counted before
 * @keys: buckets
 */
struct hashlimit {
	struct list_head list;
	char name[NAME_LEN + 1];
	u8 family;
	u32 use;
	u64 avg;
	u64 burst;
	u32 mode;
	u32 expire;
	u32 interval;
	u8 srcmask;
	u8 dstmask;
	u64 unit;
	bool starts_known;
	struct skald_names keys;
};

/**
 * struct bucket - what one key has used
 * @node: by key
 * @credit: ns, or parts of a second; of HASH_RATE: counted in this interval
 * @refills: with bytes: how often the credit is filled up in advance
 * @was_over: of HASH_RATE: the interval before was over the rate
 * @last: ns
 * @used: ns; when it was asked last
 * @key: addresses and ports
 */
struct bucket {
	struct hlist_node node;
	u64 credit;
	u64 refills;
	bool was_over;
	u64 last;
	u64 used;
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
static void read_numbers(const struct skald_xt *xt, struct hashlimit *limit)
{
	const u8 *info = (const u8 *)xt->info;
	u32 numbers[3];

	limit->family = xt->family;
	if (xt->revision == 1) {
		memcpy(limit->name, info, NAME_LEN_V1 - 1);
		memcpy(numbers, info + 16, sizeof(numbers));
		limit->mode = numbers[0];
		limit->avg = numbers[1];
		limit->burst = numbers[2];
		memcpy(&limit->expire, info + 40, 4);
		limit->srcmask = info[44];
		limit->dstmask = info[45];
		limit->unit = NS / 10000;
		return;
	}
	memcpy(limit->name, info, NAME_LEN);
	memcpy(&limit->avg, info + 256, 8);
	memcpy(&limit->burst, info + 264, 8);
	memcpy(&limit->mode, info + 272, 4);
	memcpy(&limit->expire, info + 288, 4);
	if (xt->revision == 3)
		memcpy(&limit->interval, info + 292, 4);
	limit->srcmask = info[xt->revision == 3 ? 296 : 292];
	limit->dstmask = info[xt->revision == 3 ? 297 : 293];
	limit->unit = NS / 1000000;
}

/* hashlimit_mt_check_common() */
static int check_numbers(const struct hashlimit *limit)
{
	u64 most = U64_MAX / limit->unit;

	if (!limit->avg || !limit->expire)
		return -ERANGE;
	if (limit->mode & HASH_RATE)
		return limit->interval && limit->avg <= U32_MAX ? 0 : -EINVAL;
	if (limit->mode & HASH_BYTES)
		return limit->avg <= U32_MAX ? 0 : -EINVAL;
	return limit->burst && limit->avg <= most / limit->burst ? 0 : -ERANGE;
}

static struct hashlimit *find_table(const struct skald_vm *vm,
				    const struct hashlimit *like)
{
	struct hashlimit *limit;

	list_for_each_entry(limit, &vm->hashlimits, list) {
		if (limit->family == like->family &&
		    strcmp(limit->name, like->name) == 0)
			return limit;
	}
	return NULL;
}

static int init(struct skald_xt *xt, struct skald_load *load)
{
	struct hashlimit *made = kzalloc(sizeof(*made), GFP_KERNEL), *limit;
	int err;

	if (!made)
		return -ENOMEM;
	read_numbers(xt, made);
	err = check_numbers(made);
	limit = find_table(load->vm, made);
	if (!err && limit && (limit->mode ^ made->mode) & HASH_RATE)
		err = -EINVAL;
	if (err || limit) {
		kfree(made);
	} else {
		made->keys.hash = hash_bucket;
		made->starts_known = !load->keeps_handles || load->vm->is_fresh;
		list_add_tail(&made->list, &load->vm->hashlimits);
		limit = made;
	}
	if (err)
		return err;
	limit->use++;
	xt->more = limit;
	return 0;
}

static void release(struct skald_xt *xt)
{
	struct hashlimit *limit = xt->more;
	u32 i;

	if (--limit->use)
		return;
	for (i = 0; i < limit->keys.size; i++) {
		while (limit->keys.buckets[i].first) {
			struct hlist_node *node = limit->keys.buckets[i].first;

			skald_names_remove(&limit->keys, node);
			kfree(container_of(node, struct bucket, node));
		}
	}
	skald_names_done(&limit->keys);
	list_del(&limit->list);
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

/* rateinfo_init() */
static void begin(const struct hashlimit *limit, struct bucket *bucket, u64 now)
{
	bucket->last = now;
	bucket->used = now;
	bucket->was_over = false;
	bucket->refills = limit->burst;
	if (limit->mode & HASH_RATE)
		bucket->credit = 0;
	else if (limit->mode & HASH_BYTES)
		bucket->credit = SECOND;
	else
		bucket->credit = limit->avg * limit->unit * limit->burst;
}

static struct bucket *make_bucket(struct hashlimit *limit,
				  const struct bucket *like, u64 now)
{
	struct bucket *bucket;

	if (limit->keys.n >= KEYS_MAX)
		return NULL;
	bucket = kmemdup(like, sizeof(*like), GFP_ATOMIC);
	if (!bucket)
		return NULL;
	INIT_HLIST_NODE(&bucket->node);
	begin(limit, bucket, now);
	if (skald_names_add(&limit->keys, &bucket->node)) {
		kfree(bucket);
		return NULL;
	}
	return bucket;
}

/* user2rate(), user2rate_bytes() */
static u64 rate_of(const struct hashlimit *limit)
{
	if (limit->mode & HASH_BYTES)
		return ((u64)U32_MAX / limit->avg - 1) << BYTE_SHIFT;
	return RATE_SCALE / limit->avg;
}

/* rateinfo_recalc(); of HASH_RATE nothing happens within the interval */
static void go_on(const struct hashlimit *limit, struct bucket *bucket, u64 now)
{
	u64 passed = now > bucket->last ? now - bucket->last : 0, cap;

	if (limit->mode & HASH_RATE) {
		if (passed < limit->interval * NS)
			return;
		bucket->was_over =
			bucket->credit * limit->interval >
			passed / NS * rate_of(limit) +
				passed % NS / 1000 * rate_of(limit) / 1000000;
		bucket->credit = 0;
		bucket->last = now;
		return;
	}
	bucket->last = now;
	if (limit->mode & HASH_BYTES) {
		cap = SECOND;
		passed = passed >= NS ? SECOND : passed * SECOND / NS;
	} else {
		cap = limit->avg * limit->unit * limit->burst;
		passed = min(passed, cap);
	}
	bucket->credit = min_t(u64, bucket->credit + passed, cap);
}

/* hashlimit_byte_cost() */
static u64 cost_of_bytes(const struct hashlimit *limit, struct bucket *bucket,
			 u32 len)
{
	u64 cost = ((len >> BYTE_SHIFT) + 1ull) * limit->avg;

	cost = min_t(u64, cost, SECOND);
	if (bucket->credit < cost && bucket->refills) {
		bucket->refills--;
		bucket->credit = SECOND;
	}
	return cost;
}

/* Whether the packet is within the limit. @mode: the rule's own */
static bool is_within(const struct hashlimit *limit, struct bucket *bucket,
		      u32 mode, u32 len)
{
	u64 rate, burst, cost;

	if (mode & HASH_RATE) {
		rate = rate_of(limit);
		if (!(limit->mode & HASH_BYTES))
			burst = limit->burst + rate;
		else
			burst = limit->burst ? limit->burst * rate : rate;
		bucket->credit += mode & HASH_BYTES ? len : 1;
		return !bucket->was_over && bucket->credit <= burst;
	}
	cost = mode & HASH_BYTES ? cost_of_bytes(limit, bucket, len)
				 : limit->avg * limit->unit;
	if (bucket->credit < cost)
		return false;
	bucket->credit -= cost;
	return true;
}

/* The rule's own: the table's are the first rule's. */
static u32 mode_of(const struct skald_xt *xt)
{
	const u8 *info = (const u8 *)xt->info;
	u32 mode;

	memcpy(&mode, info + (xt->revision == 1 ? 16 : 272), sizeof(mode));
	return mode;
}

/* hashlimit_mt_common() */
static int match(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	struct hashlimit *limit = xt->more;
	u32 mode = mode_of(xt);
	struct bucket like = { .credit = 0 }, *bucket;
	int err = make_key(xt, limit, pkt, like.key);

	if (err)
		return err;
	if (!limit->starts_known)
		return -ENODATA;
	bucket = find_bucket(limit, &like);
	if (!bucket)
		bucket = make_bucket(limit, &like, pkt->now);
	else if (pkt->now > bucket->used + (u64)limit->expire * 1000000)
		begin(limit, bucket, pkt->now);
	else
		go_on(limit, bucket, pkt->now);
	if (!bucket)
		return SKALD_XT_DROP;
	bucket->used = pkt->now;
	return is_within(limit, bucket, mode, skald_pkt_len(pkt)) !=
	       !!(mode & HASH_INVERT);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_hashlimit[] = {
	{ .name = "hashlimit", .revision = 1, .size = 48,
	  .help = "up to a rate for each address or port",
	  .match = match, .init = init,
	  .free = release, .missing = "buckets of hashlimit" },
	{ .name = "hashlimit", .revision = 2, .size = 296,
	  .help = "up to a rate for each address or port",
	  .match = match, .init = init,
	  .free = release, .missing = "buckets of hashlimit" },
	{ .name = "hashlimit", .revision = 3, .size = 304,
	  .help = "up to a rate for each address or port",
	  .match = match, .init = init,
	  .free = release, .missing = "buckets of hashlimit" },
	{ .name = NULL },
};
/* clang-format on */
