// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reasons are numbered anew in each kernel; since 6.3 subsystems have their
 * own, and their number in the upper half.
 */
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/dropreason.h>

#include "reason.h"

struct walk {
	int (*visit)(u32 number, const char *name, void *data);
	void *data;
	unsigned int skip;
};

static int walk_list(struct walk *walk, u32 base, const char *const *names,
		     size_t count)
{
	size_t i;
	int err;

	for (i = 0; i < count; i++) {
		if (!names[i])
			continue;
		if (walk->skip) {
			walk->skip--;
			continue;
		}
		err = walk->visit(base + i, names[i], walk->data);
		if (err)
			return err;
	}
	return 0;
}

#ifdef SKALD_HAS_DROP_SUBSYSTEMS

static int walk_all(struct walk *walk)
{
	const struct drop_reason_list *list;
	unsigned int i;
	int err = 0;

	rcu_read_lock();
	for (i = 0; i < SKB_DROP_REASON_SUBSYS_NUM && !err; i++) {
		list = rcu_dereference(drop_reasons_by_subsys[i]);
		if (list)
			err = walk_list(walk, i << SKB_DROP_REASON_SUBSYS_SHIFT,
					list->reasons, list->n_reasons);
	}
	rcu_read_unlock();
	return err;
}

#else

static int walk_all(struct walk *walk)
{
	return walk_list(walk, 0, drop_reasons, SKB_DROP_REASON_MAX);
}

#endif

int skald_reason_each(int (*visit)(u32 number, const char *name, void *data),
		      unsigned int from, void *data)
{
	struct walk walk = { .visit = visit, .data = data, .skip = from };

	return walk_all(&walk);
}
