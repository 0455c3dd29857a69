// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues of fragments, as the kernel's inet_fragment.c: found by a keyed hash,
 * killed by age, by contradiction, and when too much memory is held.
 */
#include "defrag_queue.h"

#define ECN_NOT 1 /* not ECN-capable */
#define ECN_CE 8

void skald_defrag_settings_default(struct skald_defrag_settings *settings)
{
	settings->memory = 4 << 20;
	settings->seconds4 = 30;
	settings->seconds6 = 60;
	settings->distance = 64;
}

struct skald_defrag *
skald_defrag_new(const struct skald_defrag_settings *settings,
		 const hsiphash_key_t *key)
{
	struct skald_defrag *defrag = kzalloc(sizeof(*defrag), GFP_KERNEL);

	if (!defrag)
		return NULL;
	defrag->settings = *settings;
	defrag->key = *key;
	INIT_LIST_HEAD(&defrag->ages[0]);
	INIT_LIST_HEAD(&defrag->ages[1]);
	return defrag;
}

void skald_defrag_free(struct skald_defrag *defrag)
{
	struct defrag_queue *queue, *next;
	unsigned int i;

	if (!defrag)
		return;
	for (i = 0; i < ARRAY_SIZE(defrag->ages); i++) {
		list_for_each_entry_safe(queue, next, &defrag->ages[i], age)
			defrag_kill(defrag, queue);
	}
	kfree(defrag);
}

void skald_datagram_done(struct skald_datagram *datagram)
{
	kfree(datagram->bytes);
	datagram->bytes = NULL;
}

/* ---- queues ---- */

static void hold(struct skald_defrag *defrag, struct defrag_queue *queue,
		 u32 bytes)
{
	defrag->memory += bytes;
	queue->memory += bytes;
}

void defrag_flush(struct skald_defrag *defrag, struct defrag_queue *queue)
{
	struct defrag_piece *piece;

	while (queue->pieces) {
		piece = queue->pieces;
		queue->pieces = piece->next;
		kfree(piece);
	}
	kfree(queue->header);
	queue->header = NULL;
	queue->header_len = 0;
	queue->len = 0;
	queue->meat = 0;
	queue->end = 0;
	queue->has_last = false;
	queue->ecn = 0;
	memset(queue->covered, 0, sizeof(queue->covered));
	memset(queue->begins, 0, sizeof(queue->begins));
	defrag->memory -= queue->memory;
	queue->memory = 0;
	hold(defrag, queue, sizeof(*queue));
}

void defrag_kill(struct skald_defrag *defrag, struct defrag_queue *queue)
{
	defrag_flush(defrag, queue);
	defrag->memory -= queue->memory;
	hlist_del(&queue->chain);
	list_del(&queue->age);
	kfree(queue);
}

static struct list_head *ages_of(struct skald_defrag *defrag, u8 family)
{
	return &defrag->ages[family == NFPROTO_IPV6];
}

static u32 expire_family(struct skald_defrag *defrag, struct list_head *ages,
			 u64 now_ns)
{
	struct defrag_queue *queue, *next;
	u32 n = 0;

	list_for_each_entry_safe(queue, next, ages, age) {
		if ((s64)(queue->expires_ns - now_ns) > 0)
			break;
		defrag_kill(defrag, queue);
		n++;
	}
	return n;
}

u32 skald_defrag_expire(struct skald_defrag *defrag, u64 now_ns)
{
	return expire_family(defrag, &defrag->ages[0], now_ns) +
	       expire_family(defrag, &defrag->ages[1], now_ns);
}

static struct defrag_queue *make_queue(struct skald_defrag *defrag,
				       struct hlist_head *bucket,
				       const struct defrag_key *key, u64 now_ns)
{
	struct defrag_queue *queue = kzalloc(sizeof(*queue), GFP_ATOMIC);
	u32 seconds = key->family == NFPROTO_IPV6 ? defrag->settings.seconds6
						  : defrag->settings.seconds4;

	if (!queue)
		return NULL;
	queue->key = *key;
	queue->expires_ns = now_ns + seconds * 1000000000ull;
	hlist_add_head(&queue->chain, bucket);
	list_add_tail(&queue->age, ages_of(defrag, key->family));
	hold(defrag, queue, sizeof(*queue));
	return queue;
}

static bool keys_equal(const struct defrag_key *a, const struct defrag_key *b)
{
	return a->id == b->id && a->iif == b->iif && a->zone == b->zone &&
	       a->family == b->family && a->proto == b->proto &&
	       skald_addr_equal(&a->src, &b->src) &&
	       skald_addr_equal(&a->dst, &b->dst);
}

struct defrag_queue *defrag_find(struct skald_defrag *defrag,
				 const struct defrag_key *key, u64 now_ns)
{
	u32 hash = hsiphash(key, sizeof(*key), &defrag->key);
	struct hlist_head *bucket = &defrag->buckets[hash % DEFRAG_BUCKETS];
	struct defrag_queue *queue;

	if (defrag->memory > defrag->settings.memory)
		return NULL;
	hlist_for_each_entry(queue, bucket, chain) {
		if (keys_equal(&queue->key, key))
			return queue;
	}
	return make_queue(defrag, bucket, key, now_ns);
}

/* ---- fragments ---- */

int defrag_extent(struct defrag_queue *queue, const struct defrag_part *part)
{
	if (!part->more) {
		if (part->end < queue->len ||
		    (queue->has_last && part->end != queue->len))
			return -EINVAL;
		queue->has_last = true;
		queue->len = part->end;
	} else if (part->end > queue->len) {
		if (queue->has_last)
			return -EINVAL;
		queue->len = part->end;
	}
	return 0;
}

static bool get_bit(const u64 *words, u32 unit)
{
	return words[unit / 64] >> unit % 64 & 1;
}

static void put_bit(u64 *words, u32 unit)
{
	words[unit / 64] |= 1ull << unit % 64;
}

/* Whether a part of one run of fragments covers it whole. */
static bool is_duplicate(const struct defrag_queue *queue, u32 first, u32 last)
{
	u32 unit;

	for (unit = first; unit <= last; unit++) {
		if (!get_bit(queue->covered, unit) ||
		    (unit > first && get_bit(queue->begins, unit)))
			return false;
	}
	return true;
}

static bool is_free(const struct defrag_queue *queue, u32 first, u32 last)
{
	u32 unit;

	for (unit = first; unit <= last; unit++) {
		if (get_bit(queue->covered, unit))
			return false;
	}
	return true;
}

/* inet_frag_queue_insert() without its tree. Return: 0, -EEXIST, -EINVAL */
static int find_room(const struct defrag_queue *queue,
		     const struct defrag_part *part)
{
	u32 first = part->offset / 8, last = (part->end - 1) / 8;

	if (part->end > queue->end)
		return part->offset < queue->end ? -EINVAL : 0;
	if (is_free(queue, first, last))
		return 0;
	return is_duplicate(queue, first, last) ? -EEXIST : -EINVAL;
}

static int keep(struct skald_defrag *defrag, struct defrag_queue *queue,
		const struct defrag_part *part)
{
	u32 len = part->end - part->offset;
	struct defrag_piece *piece = kmalloc(sizeof(*piece) + len, GFP_ATOMIC);
	const void *bytes;

	if (!piece)
		return -ENOMEM;
	bytes = skald_view_datagram(part->view, part->data, len, piece->bytes);
	if (!bytes) {
		kfree(piece);
		return -ENODATA;
	}
	if (bytes != piece->bytes)
		memcpy(piece->bytes, bytes, len);
	piece->offset = part->offset;
	piece->len = len;
	piece->next = queue->pieces;
	queue->pieces = piece;
	hold(defrag, queue, sizeof(*piece) + len);
	return 0;
}

int defrag_insert(struct skald_defrag *defrag, struct defrag_queue *queue,
		  const struct defrag_part *part)
{
	u32 unit, first = part->offset / 8, last = (part->end - 1) / 8;
	int ret = find_room(queue, part);

	if (!ret)
		ret = keep(defrag, queue, part);
	if (ret)
		return ret;
	/* what follows the last one directly goes on with its run */
	if (!queue->meat || part->offset != queue->end)
		put_bit(queue->begins, first);
	for (unit = first; unit <= last; unit++)
		put_bit(queue->covered, unit);
	queue->end = max(queue->end, part->end);
	queue->meat += part->end - part->offset;
	queue->ecn |= (u8)(1 << (part->tos & 3));
	return 0;
}

int defrag_set_header(struct skald_defrag *defrag, struct defrag_queue *queue,
		      const struct skald_view *view, u32 len)
{
	u8 *header = kmalloc(len, GFP_ATOMIC);
	const void *bytes;

	if (!header)
		return -ENOMEM;
	bytes = skald_view_datagram(view, view->network, len, header);
	if (!bytes) {
		kfree(header);
		return -ENODATA;
	}
	if (bytes != header)
		memcpy(header, bytes, len);
	kfree(queue->header);
	queue->header = header;
	queue->header_len = len;
	hold(defrag, queue, len);
	return 0;
}

/* ip_frag_ecn_table (RFC 3168, 5.3). */
u8 defrag_ecn(u8 seen)
{
	if (seen & ECN_NOT && seen != ECN_NOT)
		return 0xff;
	return seen & ECN_CE && seen != ECN_CE ? 3 : 0;
}

int defrag_join(const struct defrag_queue *queue,
		struct skald_datagram *datagram)
{
	u32 len = queue->header_len + queue->len;
	const struct defrag_piece *piece;
	u8 *bytes = kmalloc(len, GFP_ATOMIC);

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, queue->header, queue->header_len);
	for (piece = queue->pieces; piece; piece = piece->next)
		memcpy(bytes + queue->header_len + piece->offset, piece->bytes,
		       piece->len);
	datagram->bytes = bytes;
	datagram->len = len;
	return 0;
}

int skald_defrag_add(struct skald_defrag *defrag, const struct skald_view *view,
		     u16 zone, u64 now_ns, struct skald_datagram *datagram)
{
	skald_defrag_expire(defrag, now_ns);
	if (view->family == NFPROTO_IPV4)
		return defrag4_add(defrag, view, zone, now_ns, datagram);
	if (view->family == NFPROTO_IPV6)
		return defrag6_add(defrag, view, zone, now_ns, datagram);
	return -ENOMSG;
}
