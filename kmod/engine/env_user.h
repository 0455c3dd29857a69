/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the kernel's names in a process
 *
 * The few kernel names that the engine uses, for a process in which one thread
 * at a time works on one state: locks do nothing, and a grace period is over
 * as soon as it is asked for. Included by env.h alone.
 */
#ifndef SKALD_ENGINE_ENV_USER_H
#define SKALD_ENGINE_ENV_USER_H

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef int gfp_t;

#define U8_MAX UINT8_MAX
#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX
#define GFP_ATOMIC 0
#define GFP_KERNEL 0
#define __rcu
#define __force
#define fallthrough __attribute__((__fallthrough__))
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define prefetch(ptr) __builtin_prefetch(ptr)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define struct_size(ptr, member, n) \
	(sizeof(*(ptr)) + sizeof((ptr)->member[0]) * (size_t)(n))
#define min(a, b)                              \
	({                                     \
		__typeof__(a) min_a = (a);     \
		__typeof__(b) min_b = (b);     \
		min_a < min_b ? min_a : min_b; \
	})
#define max(a, b)                              \
	({                                     \
		__typeof__(a) max_a = (a);     \
		__typeof__(b) max_b = (b);     \
		max_a > max_b ? max_a : max_b; \
	})
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define swap(a, b)                            \
	do {                                  \
		__typeof__(a) swap_tmp = (a); \
		(a) = (b);                    \
		(b) = swap_tmp;               \
	} while (0)

/* Memory: what the engine allocates, its caller may let fail (see tests). */
static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return malloc(size);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return calloc(n, size);
}

/* From here on pages are large, as the kernel's are: a hash is read at random.
 */
#define SKALD_LARGE_PAGES (4u << 20)

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	void *memory = calloc(n, size);
	uintptr_t start = ((uintptr_t)memory + 4095) & ~(uintptr_t)4095;

	if (memory && n * size >= SKALD_LARGE_PAGES)
		(void)madvise((void *)start,
			      n * size - (start - (uintptr_t)memory),
			      MADV_HUGEPAGE);
	return memory;
}

static inline void *kmemdup(const void *source, size_t size, gfp_t gfp)
{
	void *copy = malloc(size);

	return copy ? memcpy(copy, source, size) : NULL;
}

static inline void kfree(const void *ptr)
{
	free((void *)ptr);
}

static inline void kvfree(const void *ptr)
{
	free((void *)ptr);
}

#ifdef __clang_analyzer__
/* An analyser that counts no references takes each for the last one. */
void skald_analyser_loses(const void *ptr);
#define kfree_rcu(ptr, field) skald_analyser_loses(ptr)
#else
#define kfree_rcu(ptr, field) kfree(ptr)
#endif
/* Memory that packets may still look at. */
#define skald_free_later(ptr) kfree(ptr)

/* Counts and bits of a single thread. */
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
typedef struct {
	unsigned int refs;
} refcount_t;

static inline int atomic_read(const atomic_t *v)
{
	return v->counter;
}

static inline void atomic_set(atomic_t *v, int i)
{
	v->counter = i;
}

static inline void atomic_inc(atomic_t *v)
{
	v->counter++;
}

static inline int atomic_inc_return(atomic_t *v)
{
	return ++v->counter;
}

static inline void atomic_dec(atomic_t *v)
{
	v->counter--;
}

static inline s64 atomic64_read(const atomic64_t *v)
{
	return v->counter;
}

static inline void atomic64_set(atomic64_t *v, s64 i)
{
	v->counter = i;
}

static inline void atomic64_add(s64 i, atomic64_t *v)
{
	v->counter += i;
}

static inline void atomic64_inc(atomic64_t *v)
{
	v->counter++;
}

static inline s64 atomic64_inc_return(atomic64_t *v)
{
	return ++v->counter;
}

static inline void refcount_set(refcount_t *r, unsigned int n)
{
	r->refs = n;
}

static inline void refcount_inc(refcount_t *r)
{
	r->refs++;
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	if (!r->refs)
		return false;
	r->refs++;
	return true;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	return !--r->refs;
}

#define BIT(n) (1UL << (n))

static inline bool test_bit(unsigned int n, const unsigned long *word)
{
	return *word >> n & 1;
}

static inline void set_bit(unsigned int n, unsigned long *word)
{
	*word |= BIT(n);
}

static inline void clear_bit(unsigned int n, unsigned long *word)
{
	*word &= ~BIT(n);
}

static inline bool test_and_set_bit(unsigned int n, unsigned long *word)
{
	bool was = test_bit(n, word);

	set_bit(n, word);
	return was;
}

/* Locks and RCU of a single thread. */
typedef struct {
	char unused;
} spinlock_t;
struct rcu_head {
	char unused;
};

#define spin_lock_init(lock) ((void)(lock))
#define spin_lock(lock) ((void)(lock))
#define spin_lock_nested(lock, depth) ((void)(lock))
#define spin_unlock(lock) ((void)(lock))
#define spin_lock_bh(lock) ((void)(lock))
#define spin_unlock_bh(lock) ((void)(lock))
#define lockdep_assert_held(lock) ((void)(lock))
#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_dereference(p) (p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_assign_pointer(p, v) ((p) = (v))

/* Bytes. */
static inline u16 get_unaligned_be16(const void *ptr)
{
	const u8 *byte = ptr;

	return (u16)(byte[0] << 8 | byte[1]);
}

static inline u32 get_unaligned_be32(const void *ptr)
{
	const u8 *byte = ptr;

	return (u32)byte[0] << 24 | (u32)byte[1] << 16 | (u32)byte[2] << 8 |
	       byte[3];
}

static inline u64 get_unaligned_be64(const void *ptr)
{
	return (u64)get_unaligned_be32(ptr) << 32 |
	       get_unaligned_be32((const u8 *)ptr + 4);
}

static inline void put_unaligned_be16(u16 value, void *ptr)
{
	u8 *byte = ptr;

	byte[0] = (u8)(value >> 8);
	byte[1] = (u8)value;
}

static inline void put_unaligned_be32(u32 value, void *ptr)
{
	put_unaligned_be16((u16)(value >> 16), ptr);
	put_unaligned_be16((u16)value, (u8 *)ptr + 2);
}

static inline void put_unaligned_be64(u64 value, void *ptr)
{
	put_unaligned_be32((u32)(value >> 32), ptr);
	put_unaligned_be32((u32)value, (u8 *)ptr + 4);
}

#define get_unaligned(ptr)                                        \
	({                                                        \
		__typeof__(*(ptr)) unaligned_v;                   \
		memcpy(&unaligned_v, (ptr), sizeof(unaligned_v)); \
		unaligned_v;                                      \
	})

static inline u32 ror32(u32 word, unsigned int shift)
{
	return word >> (shift & 31) | word << (-shift & 31);
}

static inline int fls(u32 word)
{
	return word ? 32 - __builtin_clz(word) : 0;
}

static inline int ilog2(u64 value)
{
	return 63 - __builtin_clzll(value);
}

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline void sort(void *base, size_t n, size_t size,
			int (*compare)(const void *, const void *),
			void (*swap_func)(void *, void *, int))
{
	qsort(base, n, size, compare);
}

/* Keyed hash, SipHash-1-3 as hsiphash() of 64-bit kernels (J.-P. Aumasson and
 * D. J. Bernstein, "SipHash: a fast short-input PRF", 2012). */
typedef struct {
	u64 key[2];
} hsiphash_key_t;

u32 hsiphash(const void *data, size_t len, const hsiphash_key_t *key);

/* Doubly linked lists. */
struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add(struct list_head *node, struct list_head *head)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	node->next = head->next;
	node->prev = head;
	head->next->prev = node;
	head->next = node;
}

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	list_add(node, head->prev);
}

static inline void list_del(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

static inline void list_del_init(struct list_head *node)
{
	list_del(node);
	INIT_LIST_HEAD(node);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head->prev;
	head->prev->next = list->next;
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

static inline void list_replace(struct list_head *old, struct list_head *node)
{
	node->next = old->next;
	node->prev = old->prev;
	node->next->prev = node;
	node->prev->next = node;
}

#define list_replace_rcu list_replace
#define list_add_rcu list_add
#define list_add_tail_rcu list_add_tail
#define list_del_rcu list_del
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_for_each_entry(pos, head, member)                         \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head);                                   \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_rcu list_for_each_entry
#define list_for_each_entry_safe(pos, tmp, head, member)                  \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),    \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); pos = tmp,                           \
	    tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

/* Hash chains. */
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};

static inline void INIT_HLIST_HEAD(struct hlist_head *head)
{
	head->first = NULL;
}

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !head->first;
}

static inline void hlist_add_head(struct hlist_node *node,
				  struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
}

static inline void hlist_del(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	hlist_del(node);
	INIT_HLIST_NODE(node);
}

#define hlist_add_head_rcu hlist_add_head
#define hlist_del_rcu hlist_del
#define hlist_del_init_rcu hlist_del_init
#define hlist_entry(node, type, member) container_of(node, type, member)
#define hlist_entry_or_null(node, type, member) \
	((node) ? container_of(node, type, member) : NULL)
#define hlist_for_each_entry(pos, head, member)                         \
	for (pos = hlist_entry_or_null((head)->first, __typeof__(*pos), \
				       member);                         \
	     pos; pos = hlist_entry_or_null((pos)->member.next,         \
					    __typeof__(*pos), member))
#define hlist_for_each_entry_rcu hlist_for_each_entry
#define hlist_for_each_entry_safe(pos, tmp, head, member)               \
	for (pos = hlist_entry_or_null((head)->first, __typeof__(*pos), \
				       member);                         \
	     pos && ((tmp) = (pos)->member.next, 1);                    \
	     pos = hlist_entry_or_null(tmp, __typeof__(*pos), member))

#endif /* SKALD_ENGINE_ENV_USER_H */
