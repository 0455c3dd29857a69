/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: reassembly from within
 *
 * What defrag.c (queues), defrag4.c and defrag6.c share.
 */
#ifndef SKALD_ENGINE_DEFRAG_QUEUE_H
#define SKALD_ENGINE_DEFRAG_QUEUE_H

#include "defrag.h"

#define DEFRAG_BUCKETS 1024
#define DEFRAG_PEERS 4096
/* Offsets count in eighths of bytes; a datagram has at most so many. */
#define DEFRAG_UNITS 8192
#define DEFRAG_WORDS (DEFRAG_UNITS / 64)

/**
 * struct defrag_key - which fragments belong together
 * @src: source
 * @dst: destination
 * @id: identification
 * @iif: input interface, where addresses are link-local
 * @zone: zone
 * @family: NFPROTO_*
 * @proto: IPv4: protocol
 * @zero: always 0; keys are hashed as bytes
 */
struct defrag_key {
	union skald_addr src;
	union skald_addr dst;
	u32 id;
	u32 iif;
	u16 zone;
	u8 family;
	u8 proto;
	u32 zero;
};

/* A fragment's data. */
struct defrag_piece {
	struct defrag_piece *next;
	u32 offset;
	u32 len;
	u8 bytes[];
};

/**
 * struct defrag_queue - a datagram that is not complete
 * @chain: in its bucket
 * @age: among those of its family, oldest first
 * @key: what it is
 * @expires_ns: when it is too late
 * @pieces: data
 * @header: network header and extensions before the data, of the first
 *	fragment
 * @header_len: bytes of it, 0: not there yet
 * @next_at: IPv6: offset in @header of the type of what follows
 * @len: bytes of the datagram, as far as known
 * @meat: bytes that are there
 * @end: highest end of a fragment
 * @has_last: @len is final
 * @ecn: bit for each ECN code seen (RFC 3168)
 * @max_size: largest fragment
 * @max_df_size: IPv4: largest one that forbids fragmentation
 * @rid: IPv4: its sender's count at the last fragment
 * @memory: bytes it holds
 * @covered: units that are there
 * @begins: units where a run of fragments that came in order begins
 */
struct defrag_queue {
	struct hlist_node chain;
	struct list_head age;
	struct defrag_key key;
	u64 expires_ns;
	struct defrag_piece *pieces;
	u8 *header;
	u32 header_len;
	u32 next_at;
	u32 len;
	u32 meat;
	u32 end;
	bool has_last;
	u8 ecn;
	u32 max_size;
	u32 max_df_size;
	u32 rid;
	u32 memory;
	u64 covered[DEFRAG_WORDS];
	u64 begins[DEFRAG_WORDS];
};

/**
 * struct skald_defrag - datagrams that are not complete
 * @settings: limits
 * @key: of the hash
 * @memory: bytes held
 * @ages: queues by age: IPv4, IPv6
 * @buckets: queues by key
 * @peers: fragments of each IPv4 sender, by hash
 */
struct skald_defrag {
	struct skald_defrag_settings settings;
	hsiphash_key_t key;
	u32 memory;
	struct list_head ages[2];
	struct hlist_head buckets[DEFRAG_BUCKETS];
	u32 peers[DEFRAG_PEERS];
};

/**
 * struct defrag_part - a fragment
 * @view: the packet
 * @data: offset of its data in the frame
 * @offset: of its data in the datagram
 * @end: behind its data in the datagram
 * @more: more follow
 * @tos: traffic class
 */
struct defrag_part {
	const struct skald_view *view;
	u32 data;
	u32 offset;
	u32 end;
	bool more;
	u8 tos;
};

/* Find or make the queue of a key; NULL: no memory, or too much is held. */
struct defrag_queue *defrag_find(struct skald_defrag *defrag,
				 const struct defrag_key *key, u64 now_ns);
void defrag_kill(struct skald_defrag *defrag, struct defrag_queue *queue);
/* Forget what came, not that it comes. */
void defrag_flush(struct skald_defrag *defrag, struct defrag_queue *queue);

/**
 * defrag_extent() - what a fragment says of the datagram's length
 * @queue: the datagram
 * @part: the fragment
 *
 * Return: 0; -EINVAL: it contradicts another one.
 */
int defrag_extent(struct defrag_queue *queue, const struct defrag_part *part);

/**
 * defrag_insert() - keep a fragment's data
 * @defrag: the object
 * @queue: the datagram
 * @part: the fragment
 *
 * Return: 0; -EEXIST: a duplicate; -EINVAL: overlaps; -ENOMEM; -ENODATA: not
 * all of its bytes are known.
 */
int defrag_insert(struct skald_defrag *defrag, struct defrag_queue *queue,
		  const struct defrag_part *part);

/* Keep @len bytes from the network header on as the datagram's header. */
int defrag_set_header(struct skald_defrag *defrag, struct defrag_queue *queue,
		      const struct skald_view *view, u32 len);

static inline bool defrag_is_complete(const struct defrag_queue *queue)
{
	return queue->header_len && queue->has_last &&
	       queue->meat == queue->len;
}

/* ECN of a datagram whose fragments had these; 0xff: it must be dropped. */
u8 defrag_ecn(u8 seen);

/* Header and data, one after the other. Return: 0, -ENOMEM */
int defrag_join(const struct defrag_queue *queue,
		struct skald_datagram *datagram);

int defrag4_add(struct skald_defrag *defrag, const struct skald_view *view,
		u16 zone, u64 now_ns, struct skald_datagram *datagram);
int defrag6_add(struct skald_defrag *defrag, const struct skald_view *view,
		u16 zone, u64 now_ns, struct skald_datagram *datagram);

#endif /* SKALD_ENGINE_DEFRAG_QUEUE_H */
