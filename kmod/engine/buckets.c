// SPDX-License-Identifier: GPL-2.0-only
/* Elements by the hash of their keys. */
#include "buckets.h"

#define SIZE_FIRST 8

static void grow(struct skald_buckets *buckets)
{
	u32 size = buckets->size ? buckets->size * 2 : SIZE_FIRST, i;
	struct hlist_head *heads = kvcalloc(size, sizeof(*heads), GFP_ATOMIC);

	if (!heads)
		return;
	for (i = 0; i < buckets->size; i++) {
		struct hlist_node *node;

		while ((node = buckets->heads[i].first)) {
			struct skald_vm_elem *elem =
				container_of(node, struct skald_vm_elem, node);

			hlist_del(node);
			hlist_add_head(node, &heads[elem->hash & (size - 1)]);
		}
	}
	kvfree(buckets->heads);
	buckets->heads = heads;
	buckets->size = size;
}

int skald_buckets_add(struct skald_buckets *buckets, struct skald_vm_elem *elem)
{
	if (buckets->n >= buckets->size)
		grow(buckets);
	if (!buckets->size)
		return -ENOMEM;
	hlist_add_head_rcu(&elem->node,
			   &buckets->heads[elem->hash & (buckets->size - 1)]);
	buckets->n++;
	return 0;
}

void skald_buckets_remove(struct skald_buckets *buckets,
			  struct skald_vm_elem *elem)
{
	hlist_del_rcu(&elem->node);
	buckets->n--;
}

void skald_buckets_done(struct skald_buckets *buckets)
{
	kvfree(buckets->heads);
	buckets->heads = NULL;
	buckets->size = 0;
}
