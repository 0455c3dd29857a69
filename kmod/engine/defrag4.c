// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments of IPv4, as the kernel's ip_fragment.c.
 */
#include "checksum.h"
#include "defrag_queue.h"

#define IPV4_MIN 20
#define IPV4_TOTAL 2
#define IPV4_ID 4
#define IPV4_FRAGMENT 6
#define IPV4_CHECK 10
#define IPV4_SADDR 12
#define IPV4_DADDR 16
#define IPV4_DF 0x4000
#define IPV4_LEN_MAX 65535

/* ip_frag_too_far(): what is as old as that was not meant. */
static bool is_too_far(struct skald_defrag *defrag, struct defrag_queue *queue)
{
	u32 hash =
		hsiphash(&queue->key.src, sizeof(queue->key.src), &defrag->key);
	u32 *rid = &defrag->peers[hash % DEFRAG_PEERS];
	u32 before = queue->rid;

	if (!defrag->settings.distance)
		return false;
	queue->rid = ++*rid;
	return queue->meat && queue->rid - before > defrag->settings.distance;
}

static void begin_again(struct skald_defrag *defrag, struct defrag_queue *queue,
			u64 now_ns)
{
	defrag_flush(defrag, queue);
	queue->expires_ns = now_ns + defrag->settings.seconds4 * 1000000000ull;
	list_del(&queue->age);
	list_add_tail(&queue->age, &defrag->ages[0]);
}

static void read_part(const struct skald_view *view, const u8 *ip,
		      struct defrag_part *part)
{
	u32 header = (u32)(ip[0] & 0xf) * 4;

	part->view = view;
	part->data = view->network + header;
	part->offset = view->frag_offset;
	part->end = part->offset + (view->end - part->data);
	part->more = view->frag_more;
	part->tos = ip[1];
	/* all but the last are multiples of eight */
	if (part->more)
		part->end &= ~7u;
}

/* Return: 0: kept; -EEXIST: a duplicate; else the datagram is lost */
static int add_part(struct skald_defrag *defrag, struct defrag_queue *queue,
		    const struct defrag_part *part, const u8 *ip)
{
	u32 header = part->data - part->view->network;
	u32 size = part->end - part->offset + header;
	int ret = defrag_extent(queue, part);

	if (ret)
		return ret;
	if (part->end == part->offset || part->end > IPV4_LEN_MAX)
		return -EINVAL;
	ret = defrag_insert(defrag, queue, part);
	if (ret)
		return ret;
	queue->max_size = max(queue->max_size, size);
	if (get_unaligned_be16(ip + IPV4_FRAGMENT) & IPV4_DF)
		queue->max_df_size = max(queue->max_df_size, size);
	if (part->offset)
		return 0;
	return defrag_set_header(defrag, queue, part->view, header);
}

/* ip_frag_reasm() */
static int join(struct defrag_queue *queue, struct skald_datagram *datagram)
{
	u8 ecn = defrag_ecn(queue->ecn);
	u32 header = queue->header_len;
	u8 *ip;
	int ret;

	if (ecn == 0xff || header + queue->len > IPV4_LEN_MAX)
		return -EINVAL;
	ret = defrag_join(queue, datagram);
	if (ret)
		return ret;
	ip = datagram->bytes;
	ip[1] |= ecn;
	put_unaligned_be16((u16)datagram->len, ip + IPV4_TOTAL);
	put_unaligned_be16(queue->max_df_size == queue->max_size ? IPV4_DF : 0,
			   ip + IPV4_FRAGMENT);
	put_unaligned_be16(0, ip + IPV4_CHECK);
	put_unaligned_be16(
		skald_checksum_fold(skald_checksum_add(ip, header, 0)),
		ip + IPV4_CHECK);
	return 0;
}

int defrag4_add(struct skald_defrag *defrag, const struct skald_view *view,
		u16 zone, u64 now_ns, struct skald_datagram *datagram)
{
	u8 buf[IPV4_MIN];
	const u8 *ip = skald_view_datagram(view, view->network, IPV4_MIN, buf);
	struct defrag_key key = { .family = NFPROTO_IPV4, .zone = zone };
	struct defrag_queue *queue;
	struct defrag_part part;
	int ret;

	if (!ip)
		return -ENODATA;
	memcpy(&key.src, ip + IPV4_SADDR, 4);
	memcpy(&key.dst, ip + IPV4_DADDR, 4);
	key.id = get_unaligned_be16(ip + IPV4_ID);
	key.proto = view->l4proto;
	queue = defrag_find(defrag, &key, now_ns);
	if (!queue)
		return -ENOMEM;
	if (is_too_far(defrag, queue))
		begin_again(defrag, queue, now_ns);
	read_part(view, ip, &part);
	ret = add_part(defrag, queue, &part, ip);
	if (ret == -EEXIST)
		return -EINPROGRESS;
	if (!ret && !defrag_is_complete(queue))
		return -EINPROGRESS;
	if (!ret)
		ret = join(queue, datagram);
	defrag_kill(defrag, queue);
	return ret;
}
