// SPDX-License-Identifier: GPL-2.0-only
/* Matches of connections: xt_conntrack.c, xt_state.c, xt_connmark.c,
 * xt_connlimit.c, xt_connbytes.c, xt_connlabel.c, xt_helper.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define STATE_SNAT (1 << 6)
#define STATE_DNAT (1 << 7)
#define STATE_UNTRACKED (1 << 8)
#define NFT_UNTRACKED 64
#define IPS_SNAT (1 << 4)
#define IPS_DNAT (1 << 5)

#define WANTS_STATE (1 << 0)
#define WANTS_PROTO (1 << 1)
#define WANTS_ORIGSRC (1 << 2)
#define WANTS_STATUS (1 << 6)
#define WANTS_EXPIRES (1 << 7)
#define WANTS_PORTS (1 << 8)
#define WANTS_DIRECTION (1 << 12)

struct conntrack_info {
	u8 addrs[8][16];
	u32 expires_min;
	u32 expires_max;
	u16 l4proto;
	u16 ports[4];
	u16 wants;
	u16 inverts;
	u16 state;
	u16 status;
	u16 ports_high[4];
};

struct mark_info {
	u32 mark;
	u32 mask;
	u8 invert;
};

struct connlimit_info {
	u8 mask[16];
	u32 limit;
	u32 flags;
};

struct connbytes_info {
	u64 from;
	u64 to;
	u8 what;
	u8 direction;
};

struct connlabel_info {
	u16 bit;
	u16 options;
};

struct helper_info {
	s32 invert;
	char name[30];
};

/* The entry, with what of it must be known. -ENOENT: there is none */
static int entry(struct skald_vm_pkt *pkt, u32 needs,
		 const struct skald_vm_ct **ct)
{
	int err = skald_vm_ct(pkt, ct);

	if (err || !((*ct)->known & SKALD_VM_CT_STATE))
		return -ENODATA;
	if (!(*ct)->has_entry)
		return -ENOENT;
	return ((*ct)->known & needs) == needs ? 0 : -ENODATA;
}

static u32 needs_of(const struct conntrack_info *info)
{
	u32 needs = 0, tuples = WANTS_PROTO | 0x3c | 0xf00;

	if (info->wants & tuples)
		needs |= SKALD_VM_CT_TUPLES;
	if (info->wants & WANTS_STATUS)
		needs |= SKALD_VM_CT_STATUS;
	if ((info->wants & WANTS_STATE) &&
	    (info->state & (STATE_SNAT | STATE_DNAT)))
		needs |= SKALD_VM_CT_STATUS;
	if (info->wants & WANTS_EXPIRES)
		needs |= SKALD_VM_CT_EXPIRES;
	if (info->wants & WANTS_DIRECTION)
		needs |= SKALD_VM_CT_DIRECTION;
	return needs;
}

static bool fails(const struct conntrack_info *info, u32 what, bool is)
{
	return (info->wants & what) && is == !!(info->inverts & what);
}

static u32 state_of(const struct skald_vm_ct *ct)
{
	u32 state = ct->state;

	if (state == NFT_UNTRACKED)
		return STATE_UNTRACKED;
	if (!ct->has_entry)
		return state;
	if (ct->status & IPS_SNAT)
		state |= STATE_SNAT;
	if (ct->status & IPS_DNAT)
		state |= STATE_DNAT;
	return state;
}

/* Addresses and ports: original source, destination, reply source,
 * destination. */
static bool tuples_fail(const struct skald_xt *xt,
			const struct conntrack_info *info,
			const struct skald_vm_ct *ct)
{
	u32 len = xt->family == NFPROTO_IPV6 ? 16 : 4, i;

	for (i = 0; i < 4; i++) {
		const struct skald_vm_tuple *tuple = &ct->tuple[i / 2];
		const u8 *addr = i % 2 ? tuple->dst : tuple->src;
		u16 port = ntohs(i % 2 ? tuple->dport : tuple->sport);
		u16 low = info->ports[i], high = info->ports_high[i];

		if (xt->revision < 3) {
			low = ntohs(low);
			high = low;
		}
		if (fails(info, WANTS_ORIGSRC << i,
			  skald_xt_is_masked(addr, info->addrs[i * 2],
					     info->addrs[i * 2 + 1], len)) ||
		    fails(info, WANTS_PORTS << i, port >= low && port <= high))
			return true;
	}
	return false;
}

static int match_conntrack(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct conntrack_info *info = (const void *)xt->info;
	const struct skald_vm_ct *ct;
	int err = entry(pkt, needs_of(info), &ct);

	if (err == -ENODATA)
		return err;
	if (fails(info, WANTS_STATE, info->state & state_of(ct)))
		return SKALD_XT_NO;
	if (err)
		return !!(info->wants & WANTS_STATE);
	if (fails(info, WANTS_DIRECTION, ct->direction == 0))
		return SKALD_XT_NO;
	if (fails(info, WANTS_PROTO, ct->l4num == info->l4proto) ||
	    tuples_fail(xt, info, ct) ||
	    fails(info, WANTS_STATUS, info->status & ct->status))
		return SKALD_XT_NO;
	return !fails(info, WANTS_EXPIRES,
		      ct->expires_ms / 1000 >= info->expires_min &&
			      ct->expires_ms / 1000 <= info->expires_max);
}

static void put_state(struct skald_phrase *phrase, u32 state)
{
	u32 word = state & 0xf;

	if (state & STATE_UNTRACKED)
		word |= NFT_UNTRACKED;
	skald_phrase_value(phrase, SKALD_AS_CTSTATE, &word, sizeof(word));
	if (state & STATE_SNAT)
		skald_phrase_str(phrase, ",snat");
	if (state & STATE_DNAT)
		skald_phrase_str(phrase, ",dnat");
}

static void explain_conntrack(const struct skald_xt *xt,
			      const struct skald_vm_pkt *pkt,
			      struct skald_miss *miss)
{
	const struct conntrack_info *info = (const void *)xt->info;
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "ctstate");
	if (!(info->wants & WANTS_STATE)) {
		skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
		skald_phrase_str(&phrase, xt->name);
		return;
	}
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, info->inverts & WANTS_STATE ? "not " : "");
	put_state(&phrase, info->state);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (pkt->ct && !pkt->ct_state)
		put_state(&phrase, state_of(pkt->ct));
}

static int match_state(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct skald_vm_ct *ct;
	u32 wanted;
	int err = entry(pkt, 0, &ct);

	if (err == -ENODATA)
		return err;
	memcpy(&wanted, xt->info, sizeof(wanted));
	return !!(wanted & ct->state);
}

static void explain_state(const struct skald_xt *xt,
			  const struct skald_vm_pkt *pkt,
			  struct skald_miss *miss)
{
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "state");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_value(&phrase, SKALD_AS_CTSTATE, xt->info, 4);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (pkt->ct && !pkt->ct_state)
		skald_phrase_value(&phrase, SKALD_AS_CTSTATE, &pkt->ct->state,
				   1);
}

static int match_connmark(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct mark_info *info = (const void *)xt->info;
	const struct skald_vm_ct *ct;
	int err = entry(pkt, SKALD_VM_CT_MARK, &ct);

	if (err)
		return err == -ENOENT ? SKALD_XT_NO : err;
	return ((ct->mark & info->mask) == info->mark) != !!info->invert;
}

#define CONNLIMIT_INVERT 1
#define CONNLIMIT_DADDR 2

static int match_connlimit(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct connlimit_info *info = (const void *)xt->info;
	u32 len = xt->family == NFPROTO_IPV6 ? 16 : 4, count, i;
	u32 at = skald_pkt_network(pkt) + (len == 4 ? 12 : 8);
	u8 key[16] = { 0 };
	int err;

	if (info->flags & CONNLIMIT_DADDR)
		at += len;
	err = skald_xt_pull(pkt, at, len, key);
	if (err)
		return err;
	for (i = 0; i < len; i++)
		key[i] &= info->mask[i];
	err = -ENODATA;
	if (pkt->world->connlimit)
		err = pkt->world->connlimit(pkt->owner, pkt, xt, key, len,
					    &count);
	if (err)
		return err == -ENODATA ? err : SKALD_XT_DROP;
	return (count > info->limit) != !!(info->flags & CONNLIMIT_INVERT);
}

static u64 sum(const u64 *counters, u8 direction)
{
	return direction < 2 ? counters[direction] : counters[0] + counters[1];
}

/* Packets, bytes, or bytes a packet; both bounds turned round: not within. */
static int match_connbytes(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct connbytes_info *info = (const void *)xt->info;
	const struct skald_vm_ct *ct;
	u64 packets, value;
	int err = entry(pkt, SKALD_VM_CT_COUNTERS, &ct);

	if (err)
		return err == -ENOENT ? SKALD_XT_NO : err;
	packets = sum(ct->packets, info->direction);
	value = sum(ct->bytes, info->direction);
	if (info->what == 0)
		value = packets;
	else if (info->what == 2)
		value = packets ? div64_u64(value, packets) : 0;
	if (info->to >= info->from)
		return value <= info->to && value >= info->from;
	return value < info->to || value > info->from;
}

static int match_connlabel(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct connlabel_info *info = (const void *)xt->info;
	bool invert = info->options & 1, is;
	const struct skald_vm_ct *ct;
	int err = entry(pkt, SKALD_VM_CT_LABELS, &ct);

	/* --set changes the label: not followed here */
	if (err == -ENODATA || (info->options & 2) || info->bit > 127)
		return -ENODATA;
	is = !err && (ct->labels[info->bit / 8] & 1 << info->bit % 8);
	return is != invert;
}

static int match_helper(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct helper_info *info = (const void *)xt->info;
	const struct skald_vm_ct *ct;
	bool is;
	int err = entry(pkt, SKALD_VM_CT_HELPER, &ct);

	if (err == -ENODATA)
		return err;
	if (err || !ct->helper[0])
		return !!info->invert;
	is = !info->name[0] ||
	     strncmp(ct->helper, info->name, strnlen(info->name, 15)) == 0;
	return is != !!info->invert;
}

#define CONNTRACK_V2_SIZE 154

/* clang-format off */
const struct skald_xt_ops skald_xt_ct[] = {
	{ .name = "conntrack", .revision = 3,
	  .size = sizeof(struct conntrack_info),
	  .help = "state, tuples and status of the connection",
	  .match = match_conntrack, .missing = "conntrack entry",
	  .explain = explain_conntrack },
	{ .name = "conntrack", .revision = 2, .size = CONNTRACK_V2_SIZE,
	  .help = "state, tuples and status of the connection",
	  .match = match_conntrack, .missing = "conntrack entry",
	  .explain = explain_conntrack },
	{ .name = "state", .revision = 0, .size = 4,
	  .help = "state of the connection", .match = match_state,
	  .missing = "conntrack entry", .explain = explain_state },
	{ .name = "connmark", .revision = 1, .size = sizeof(struct mark_info),
	  .help = "mark of the connection", .match = match_connmark,
	  .missing = "connection mark" },
	{ .name = "connlimit", .revision = 1,
	  .size = sizeof(struct connlimit_info),
	  .help = "connections of a host or net", .match = match_connlimit,
	  .missing = "number of connections" },
	{ .name = "connbytes", .revision = 0,
	  .size = sizeof(struct connbytes_info),
	  .help = "bytes and packets of the connection",
	  .match = match_connbytes, .missing = "counters of the connection" },
	{ .name = "connlabel", .revision = 0,
	  .size = sizeof(struct connlabel_info),
	  .help = "labels of the connection", .match = match_connlabel,
	  .missing = "labels of the connection" },
	{ .name = "helper", .revision = 0, .size = sizeof(struct helper_info),
	  .help = "helper of the connection's master", .match = match_helper,
	  .missing = "helper of the connection" },
	{ .name = NULL },
};
/* clang-format on */
