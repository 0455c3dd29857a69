// SPDX-License-Identifier: GPL-2.0-only
/*
 * One ring a CPU: written with interrupts off by whoever runs there, read by
 * the collector's worker. head and tail count bytes and never wrap by
 * themselves; a record that would not fit before the buffer's end is put at its
 * beginning, behind a filler of type SKALD_R_UNSPEC.
 */
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "ring.h"

enum woken {
	ASLEEP,
	WOKEN,
	WOKEN_URGENTLY,
};

/**
 * struct ring - of one CPU
 * @bytes: the buffer; NULL when closed
 * @size: of it
 * @head: end of what was written; only this CPU moves it
 * @seq: number of the last record, lost ones included
 * @woken: enum woken
 * @writing: a record is being written
 * @loss: records that were refused since the last that was not
 * @loss.seq: number of the first of them
 * @emitted: records since the ring was opened, lost ones included
 * @lost: of them
 * @peak: most bytes that waited
 * @work: leads out of a trace point, where nothing may be queued
 * @tail: end of what was read; only the reader moves it
 */
struct ring {
	u8 *bytes;
	u32 size;
	u32 head;
	u32 seq;
	u8 woken;
	bool writing;
	struct {
		u64 count;
		u64 first;
		u64 last;
		u64 packets;
		u32 seq;
	} loss;
	u64 emitted;
	u64 lost;
	u64 peak;
	struct irq_work work;
	u32 tail ____cacheline_aligned_in_smp;
};

static DEFINE_PER_CPU(struct ring, rings);
static void (*wake_reader)(bool urgent);
static atomic64_t refused;

static void ring_wake(struct irq_work *work)
{
	struct ring *ring = container_of(work, struct ring, work);

	wake_reader(READ_ONCE(ring->woken) == WOKEN_URGENTLY);
}

int skald_ring_open(u32 bytes, void (*wake)(bool urgent))
{
	unsigned int cpu;

	wake_reader = wake;
	atomic64_set(&refused, 0);
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		memset(ring, 0, sizeof(*ring));
		init_irq_work(&ring->work, ring_wake);
		ring->size = bytes;
		ring->bytes = vzalloc_node(bytes, cpu_to_node(cpu));
		if (!ring->bytes)
			goto err_bytes;
	}
	return 0;

err_bytes:
	skald_ring_close();
	return -ENOMEM;
}

void skald_ring_close(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		if (!ring->size)
			continue;
		irq_work_sync(&ring->work);
		vfree(ring->bytes);
		ring->bytes = NULL;
	}
}

static void record_head(void *at, u64 time, u64 packet, u32 seq, u16 type,
			u16 len)
{
	struct skald_r_record *record = at;

	record->time = time;
	record->packet = packet;
	record->seq = seq;
	record->type = type;
	record->len = len;
}

/*
 * Where @len bytes would go, given that the ring ends at *@head, which moves
 * behind them. NULL when they do not fit.
 */
static void *ring_place(struct ring *ring, u32 *head, u32 len)
{
	u32 offset = *head & (ring->size - 1);
	u32 filler = offset + len > ring->size ? ring->size - offset : 0;
	u32 used = *head - smp_load_acquire(&ring->tail);

	if (used + filler + len > ring->size)
		return NULL;
	if (filler >= sizeof(struct skald_r_record))
		record_head(ring->bytes + offset, 0, 0, 0, SKALD_R_UNSPEC,
			    min_t(u32, filler, U16_MAX & ~7));
	*head += filler + len;
	return ring->bytes + ((*head - len) & (ring->size - 1));
}

static void ring_lose(struct ring *ring, u64 time, u64 packet)
{
	if (!ring->loss.count) {
		ring->loss.first = time;
		ring->loss.seq = ring->seq;
	}
	ring->loss.last = time;
	ring->loss.count++;
	ring->loss.packets |= packet ? 1ull << (packet % 64) : 0;
	ring->lost++;
}

/* Put the account of what was lost at *@head. */
static bool ring_confess(struct ring *ring, u32 *head, u64 time)
{
	struct skald_r_lost *lost = ring_place(ring, head, sizeof(*lost));

	if (!lost)
		return false;
	record_head(lost, time, 0, ring->loss.seq, SKALD_R_LOST, sizeof(*lost));
	lost->count = ring->loss.count;
	lost->first = ring->loss.first;
	lost->last = ring->loss.last;
	lost->packets = ring->loss.packets;
	return true;
}

void *skald_ring_begin(struct skald_space *space, u64 packet, u16 type,
		       size_t len)
{
	u32 size = ALIGN(len, 8);
	struct ring *ring;
	void *record = NULL;
	u64 time;

	if (in_nmi()) {
		atomic64_inc(&refused);
		return NULL;
	}
	local_irq_save(space->flags);
	ring = this_cpu_ptr(&rings);
	if (unlikely(!ring->bytes))
		goto out;
	WRITE_ONCE(ring->writing, true);
	time = ktime_get_mono_fast_ns();
	ring->seq++;
	ring->emitted++;
	space->ring = ring;
	space->head = ring->head;
	if (likely(!ring->loss.count) || ring_confess(ring, &space->head, time))
		record = ring_place(ring, &space->head, size);
	if (unlikely(!record)) {
		ring_lose(ring, time, packet);
		WRITE_ONCE(ring->writing, false);
		goto out;
	}
	memset(record, 0, size);
	record_head(record, time, packet, ring->seq, type, size);
	return record;
out:
	local_irq_restore(space->flags);
	return NULL;
}

/* Woken once for the first record, and once more when it becomes tight. */
static void ring_call(struct ring *ring, u32 used)
{
	u8 wanted = used > ring->size / 4 ? WOKEN_URGENTLY : WOKEN;

	if (READ_ONCE(ring->woken) >= wanted)
		return;
	WRITE_ONCE(ring->woken, wanted);
	irq_work_queue(&ring->work);
}

void skald_ring_end(struct skald_space *space)
{
	struct ring *ring = space->ring;
	u32 used = space->head - READ_ONCE(ring->tail);

	ring->loss.count = 0;
	ring->loss.packets = 0;
	if (used > ring->peak)
		ring->peak = used;
	smp_store_release(&ring->head, space->head);
	WRITE_ONCE(ring->writing, false);
	ring_call(ring, used);
	local_irq_restore(space->flags);
}

const struct skald_r_record *skald_ring_peek(unsigned int cpu, u32 *bytes)
{
	struct ring *ring = per_cpu_ptr(&rings, cpu);
	u32 head = smp_load_acquire(&ring->head);
	const struct skald_r_record *record;
	u32 offset;

	while (head != ring->tail) {
		offset = ring->tail & (ring->size - 1);
		record = (void *)ring->bytes + offset;
		if (ring->size - offset >= sizeof(*record) &&
		    record->type != SKALD_R_UNSPEC) {
			*bytes = min(head - ring->tail, ring->size - offset);
			return record;
		}
		smp_store_release(&ring->tail,
				  ring->tail + ring->size - offset);
	}
	return NULL;
}

void skald_ring_skip(unsigned int cpu, u32 bytes)
{
	struct ring *ring = per_cpu_ptr(&rings, cpu);

	smp_store_release(&ring->tail, ring->tail + bytes);
}

void skald_ring_quiesce(unsigned int cpu)
{
	struct ring *ring = per_cpu_ptr(&rings, cpu);

	while (READ_ONCE(ring->writing))
		cpu_relax();
}

static void settle(void *data)
{
	struct ring *ring = data;
	unsigned long flags;
	u32 head;

	local_irq_save(flags);
	head = ring->head;
	if (ring->loss.count &&
	    ring_confess(ring, &head, ktime_get_mono_fast_ns())) {
		ring->loss.count = 0;
		ring->loss.packets = 0;
		smp_store_release(&ring->head, head);
	}
	local_irq_restore(flags);
}

void skald_ring_settle(unsigned int cpu)
{
	struct ring *ring = per_cpu_ptr(&rings, cpu);

	if (!READ_ONCE(ring->loss.count))
		return;
	/* Nobody writes there when it is offline. */
	if (smp_call_function_single(cpu, settle, ring, 1))
		settle(ring);
}

void skald_ring_rearm(unsigned int cpu)
{
	WRITE_ONCE(per_cpu_ptr(&rings, cpu)->woken, ASLEEP);
}

void skald_ring_stats(unsigned int cpu, struct skald_cpu_stats *stats)
{
	const struct ring *ring = per_cpu_ptr(&rings, cpu);

	memset(stats, 0, sizeof(*stats));
	stats->cpu = cpu;
	stats->emitted = READ_ONCE(ring->emitted);
	stats->lost = READ_ONCE(ring->lost);
	stats->used = READ_ONCE(ring->head) - READ_ONCE(ring->tail);
	stats->peak = READ_ONCE(ring->peak);
}

u64 skald_ring_refused(void)
{
	return atomic64_read(&refused);
}
