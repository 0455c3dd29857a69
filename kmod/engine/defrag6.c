// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments of IPv6, as the kernel's nf_conntrack_reasm.c.
 */
#include "defrag_queue.h"

#define IPV6_LEN 40
#define IPV6_PAYLOAD 4
#define IPV6_NEXT 6
#define IPV6_SADDR 8
#define IPV6_DADDR 24
#define IPV6_LEN_MAX 65535
#define FRAGMENT_LEN 8
#define FRAGMENT_OFFSET 0xfff8
#define FRAGMENT_MORE 1

/**
 * struct place - where a fragment header is
 * @fragment: offset of it
 * @next_at: offset of the byte that says so
 * @next: type of what it is a fragment of
 */
struct place {
	u32 fragment;
	u32 next_at;
	u8 next;
};

/* find_prev_fhdr() */
static bool find_fragment(const struct skald_view *view, struct place *place)
{
	u32 at = view->network + IPV6_LEN;
	u8 buf[2];
	const u8 *bytes;
	u8 type;

	place->next_at = view->network + IPV6_NEXT;
	bytes = skald_view_datagram(view, place->next_at, 1, buf);
	if (!bytes)
		return false;
	for (type = bytes[0]; type != IPPROTO_FRAGMENT; type = bytes[0]) {
		if (type != IPPROTO_HOPOPTS && type != IPPROTO_ROUTING &&
		    type != IPPROTO_DSTOPTS && type != IPPROTO_AH)
			return false;
		bytes = skald_view_datagram(view, at, 2, buf);
		if (!bytes)
			return false;
		place->next_at = at;
		at += type == IPPROTO_AH ? (bytes[1] + 2u) * 4
					 : (bytes[1] + 1u) * 8;
	}
	place->fragment = at;
	return at <= view->end;
}

/* RFC 8200, 4.5: the first fragment must have all headers. */
static bool is_cut_short(const struct skald_view *view, u32 fragment)
{
	u8 type = IPPROTO_FRAGMENT;
	u16 last;
	u32 at = skald_view_skip_extensions(view, fragment, &type, &last);

	if (!at || last & FRAGMENT_OFFSET)
		return false;
	switch (type) {
	case IPPROTO_TCP:
		at += 20;
		break;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		at += 8;
		break;
	default:
		at++;
	}
	return at > view->end;
}

static bool is_local(const union skald_addr *addr)
{
	return addr->bytes[0] == 0xff ||
	       (addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80);
}

static void read_key(const struct skald_view *view, const u8 *ip6, u16 zone,
		     const u8 *fragment, struct defrag_key *key)
{
	memset(key, 0, sizeof(*key));
	key->family = NFPROTO_IPV6;
	key->zone = zone;
	memcpy(&key->src, ip6 + IPV6_SADDR, sizeof(key->src));
	memcpy(&key->dst, ip6 + IPV6_DADDR, sizeof(key->dst));
	key->id = get_unaligned_be32(fragment + 4);
	if (is_local(&key->dst))
		key->iif = view->iif;
}

static void read_part(const struct skald_view *view, const u8 *ip6,
		      const u8 *fragment, u32 at, struct defrag_part *part)
{
	u16 offset = get_unaligned_be16(fragment + 2);

	part->view = view;
	part->data = at + FRAGMENT_LEN;
	part->offset = offset & FRAGMENT_OFFSET;
	part->end = part->offset + (view->end - part->data);
	part->more = offset & FRAGMENT_MORE;
	part->tos = (u8)(ip6[0] << 4 | ip6[1] >> 4);
}

/* The first fragment's headers stand for the datagram's. */
static int set_header(struct skald_defrag *defrag, struct defrag_queue *queue,
		      const struct skald_view *view, const struct place *place)
{
	int ret = defrag_set_header(defrag, queue, view,
				    place->fragment - view->network);

	if (ret)
		return ret;
	queue->next_at = place->next_at - view->network;
	queue->header[queue->next_at] = place->next;
	return 0;
}

/* nf_ct_frag6_reasm() */
static int join(struct defrag_queue *queue, struct skald_datagram *datagram)
{
	u8 ecn = defrag_ecn(queue->ecn);
	u32 payload = queue->header_len - IPV6_LEN + queue->len;
	u8 *ip6;
	int ret;

	if (ecn == 0xff || payload > IPV6_LEN_MAX)
		return -EINVAL;
	ret = defrag_join(queue, datagram);
	if (ret)
		return ret;
	ip6 = datagram->bytes;
	put_unaligned_be16((u16)payload, ip6 + IPV6_PAYLOAD);
	ip6[1] |= (u8)(ecn << 4);
	return 0;
}

/*
 * Contradictions make the fragment vanish, the datagram goes on to wait;
 * overlaps kill it. Return: 0: kept
 */
static int add_part(struct skald_defrag *defrag, struct defrag_queue *queue,
		    const struct defrag_part *part)
{
	int ret;

	if (part->end > IPV6_LEN_MAX)
		return -EINVAL;
	if (part->more && part->end & 7) {
		defrag_kill(defrag, queue);
		return -ENOMSG;
	}
	if (defrag_extent(queue, part) || part->end == part->offset)
		return -EINVAL;
	ret = defrag_insert(defrag, queue, part);
	if (ret == -EEXIST)
		return -EINPROGRESS;
	if (ret)
		defrag_kill(defrag, queue);
	return ret;
}

static int add(struct skald_defrag *defrag, const struct defrag_key *key,
	       const struct defrag_part *part, const struct place *place,
	       u64 now_ns, struct skald_datagram *datagram)
{
	struct defrag_queue *queue = defrag_find(defrag, key, now_ns);
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = add_part(defrag, queue, part);
	if (ret)
		return ret;
	if (!part->offset)
		ret = set_header(defrag, queue, part->view, place);
	if (!ret && !defrag_is_complete(queue))
		return -EINPROGRESS;
	if (!ret)
		ret = join(queue, datagram);
	defrag_kill(defrag, queue);
	return ret;
}

int defrag6_add(struct skald_defrag *defrag, const struct skald_view *view,
		u16 zone, u64 now_ns, struct skald_datagram *datagram)
{
	u8 buf[IPV6_LEN], fragment_buf[FRAGMENT_LEN];
	const u8 *ip6 = skald_view_datagram(view, view->network, IPV6_LEN, buf);
	const u8 *fragment;
	struct defrag_part part;
	struct defrag_key key;
	struct place place;

	if (!ip6)
		return -ENODATA;
	if (!get_unaligned_be16(ip6 + IPV6_PAYLOAD) ||
	    !find_fragment(view, &place) || is_cut_short(view, place.fragment))
		return -ENOMSG;
	fragment = skald_view_datagram(view, place.fragment, FRAGMENT_LEN,
				       fragment_buf);
	if (!fragment)
		return -ENOMEM;
	read_key(view, ip6, zone, fragment, &key);
	read_part(view, ip6, fragment, place.fragment, &part);
	place.next = fragment[0];
	return add(defrag, &key, &part, &place, now_ns, datagram);
}
