// SPDX-License-Identifier: GPL-2.0-only
/*
 * The match "recent" (xt_recent.c): addresses and when they were seen, in lists
 * that rules share by name.
 *
 * Kernels do not dump the lists with the ruleset. Of an address that did not
 * come by here, nothing is known, unless the ruleset was loaded just now.
 */
#include "expr_parts.h"
#include "load.h"
#include "names.h"
#include "vm_pkt.h"
#include "xt.h"

#define NS 1000000000ull
#define NAME_LEN 200
#define STAMPS 20
/* ip_list_tot of the kernel's module */
#define ENTRIES_MAX 100

#define CHECK 1
#define SET 2
#define UPDATE 4
#define REMOVE 8
#define TTL 16
#define REAP 32
#define SIDE_DEST 1

struct info {
	u32 seconds;
	u32 hits;
	u8 check;
	u8 invert;
	char name[NAME_LEN];
	u8 side;
	u8 pad;
	u8 mask[16];
};

/* An address and when it was seen, the last STAMPS times. */
struct entry {
	struct list_head list;
	struct hlist_node node;
	u8 addr[16];
	u8 ttl;
	u32 n;
	u32 next;
	u64 stamps[STAMPS];
};

/* A list; entries by address, and by when they were used last. */
struct recent {
	struct list_head list;
	struct list_head used;
	struct skald_names names;
	u32 use;
	bool starts_known;
	char name[NAME_LEN];
};

static u32 hash_bytes(const u8 *bytes, u32 len)
{
	u32 hash = 2166136261u, i;

	for (i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static u32 hash_entry(const struct hlist_node *node)
{
	return hash_bytes(container_of(node, struct entry, node)->addr, 16);
}

static struct recent *find_list(const struct skald_vm *vm, const char *name)
{
	struct recent *recent;

	list_for_each_entry(recent, &vm->recent, list) {
		if (strncmp(recent->name, name, NAME_LEN) == 0)
			return recent;
	}
	return NULL;
}

static struct recent *make_list(struct skald_load *load, const char *name)
{
	struct recent *recent = kzalloc(sizeof(*recent), GFP_KERNEL);

	if (!recent)
		return NULL;
	INIT_LIST_HEAD(&recent->used);
	recent->names.hash = hash_entry;
	recent->starts_known = !load->keeps_handles || load->vm->is_fresh;
	memcpy(recent->name, name, NAME_LEN - 1);
	list_add_tail(&recent->list, &load->vm->recent);
	return recent;
}

/* Revision 0 has no mask: all bits count. */
static int init(struct skald_xt *xt, struct skald_load *load)
{
	const struct info *info = (const void *)xt->info;
	struct recent *recent = find_list(load->vm, info->name);

	if (!recent)
		recent = make_list(load, info->name);
	if (!recent)
		return -ENOMEM;
	recent->use++;
	xt->more = recent;
	return 0;
}

static void drop(struct recent *recent, struct entry *entry)
{
	skald_names_remove(&recent->names, &entry->node);
	list_del(&entry->list);
	kfree(entry);
}

static void release(struct skald_xt *xt)
{
	struct recent *recent = xt->more;
	struct entry *entry, *next;

	if (--recent->use)
		return;
	list_for_each_entry_safe(entry, next, &recent->used, list)
		drop(recent, entry);
	skald_names_done(&recent->names);
	list_del(&recent->list);
	kfree(recent);
}

static int read_packet(const struct skald_xt *xt, const struct info *info,
		       const struct skald_vm_pkt *pkt, u8 *addr, u8 *ttl)
{
	u32 len = xt->family == NFPROTO_IPV6 ? 16 : 4, i;
	u32 start = skald_pkt_network(pkt);
	u32 at = start + (len == 4 ? 12 : 8);
	int err = skald_xt_pull(pkt, start + (len == 4 ? 8 : 7), 1, ttl);

	if (info->side == SIDE_DEST)
		at += len;
	memset(addr, 0, 16);
	if (!err)
		err = skald_xt_pull(pkt, at, len, addr);
	for (i = 0; xt->revision && i < 16; i++)
		addr[i] &= info->mask[i];
	/* as it was before it was lowered on the way through */
	if (pkt->view->oif && pkt->view->iif)
		(*ttl)++;
	return err;
}

static struct entry *find(const struct recent *recent, const u8 *addr)
{
	struct hlist_head *head =
		skald_names_bucket(&recent->names, hash_bytes(addr, 16));
	struct entry *entry;

	if (!head)
		return NULL;
	hlist_for_each_entry(entry, head, node) {
		if (memcmp(entry->addr, addr, 16) == 0)
			return entry;
	}
	return NULL;
}

static struct entry *make(struct recent *recent, const u8 *addr, u8 ttl,
			  u64 now)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry)
		return NULL;
	if (recent->names.n >= ENTRIES_MAX)
		drop(recent,
		     list_first_entry(&recent->used, struct entry, list));
	memcpy(entry->addr, addr, 16);
	entry->ttl = ttl;
	entry->stamps[0] = now;
	entry->n = 1;
	entry->next = 1;
	if (skald_names_add(&recent->names, &entry->node)) {
		kfree(entry);
		return NULL;
	}
	list_add_tail(&entry->list, &recent->used);
	return entry;
}

static void touch(struct recent *recent, struct entry *entry, u8 ttl, u64 now)
{
	entry->stamps[entry->next] = now;
	entry->next = (entry->next + 1) % STAMPS;
	entry->n = min_t(u32, entry->n + 1, STAMPS);
	entry->ttl = ttl;
	list_del(&entry->list);
	list_add_tail(&entry->list, &recent->used);
}

static bool is_recent(const struct info *info, const struct entry *entry,
		      u64 now)
{
	u64 span = (u64)info->seconds * NS;
	u32 hits = 0, i;

	for (i = 0; i < entry->n; i++) {
		if (span && now > span && now - span > entry->stamps[i])
			continue;
		if (!info->hits || ++hits >= info->hits)
			return true;
	}
	return false;
}

/* recent_mt() for an address that is in the list. */
static bool meet(struct recent *recent, const struct info *info,
		 struct entry *entry, u8 ttl, u64 now)
{
	bool is = false;

	if (info->check & SET) {
		touch(recent, entry, ttl, now);
		return true;
	}
	if (info->check & REMOVE) {
		drop(recent, entry);
		return true;
	}
	if (info->check & (CHECK | UPDATE))
		is = is_recent(info, entry, now);
	if ((info->check & UPDATE) && is != !!info->invert)
		touch(recent, entry, ttl, now);
	return is;
}

static int match(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct info *info = (const void *)xt->info;
	struct recent *recent = xt->more;
	struct entry *entry;
	u8 addr[16], ttl;
	int err = read_packet(xt, info, pkt, addr, &ttl);

	if (err)
		return err;
	entry = find(recent, addr);
	if (entry && (info->check & TTL) && entry->ttl != ttl)
		entry = NULL;
	if (entry)
		return meet(recent, info, entry, ttl, pkt->now) !=
		       !!info->invert;
	if (info->check & SET)
		return make(recent, addr, ttl, pkt->now) ? !info->invert
							 : SKALD_XT_DROP;
	return recent->starts_known ? !!info->invert : -ENODATA;
}

#define SIZE_V0 (offsetof(struct info, side) + 1)

/* clang-format off */
const struct skald_xt_ops skald_xt_recent[] = {
	{ .name = "recent", .revision = 1, .size = sizeof(struct info),
	  .help = "addresses seen lately", .match = match, .init = init,
	  .free = release, .missing = "list of recent addresses" },
	{ .name = "recent", .revision = 0, .size = SIZE_V0,
	  .help = "addresses seen lately", .match = match, .init = init,
	  .free = release, .missing = "list of recent addresses" },
	{ .name = NULL },
};
/* clang-format on */
