// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mutex.h>
#include <linux/rculist.h>

#include "classifier.h"
#include "table.h"

u32 skald_table_points __read_mostly;
static LIST_HEAD(classifiers);
static DEFINE_MUTEX(table_lock);
static unsigned int table_count;
static u32 last_id;

static void points_update(void)
{
	const struct skald_classifier *classifier;
	u32 points = 0;

	lockdep_assert_held(&table_lock);
	list_for_each_entry(classifier, &classifiers, list)
		points |= classifier->points;
	WRITE_ONCE(skald_table_points, points);
}

int skald_table_add(struct skald_classifier *classifier, u32 *id)
{
	int err = -ENOSPC;

	skald_table_expire();
	mutex_lock(&table_lock);
	if (table_count < SKALD_TABLE_MAX) {
		classifier->id = ++last_id;
		*id = last_id;
		list_add_tail_rcu(&classifier->list, &classifiers);
		table_count++;
		points_update();
		err = 0;
	}
	mutex_unlock(&table_lock);
	return err;
}

unsigned int skald_table_remove(bool (*chosen)(const struct skald_classifier *,
					       void *),
				void *data)
{
	struct skald_classifier *classifier, *next;
	struct skald_classifier *removed[SKALD_TABLE_MAX];
	unsigned int i, n = 0;

	mutex_lock(&table_lock);
	list_for_each_entry_safe(classifier, next, &classifiers, list) {
		if (!chosen(classifier, data))
			continue;
		list_del_rcu(&classifier->list);
		removed[n++] = classifier;
	}
	table_count -= n;
	points_update();
	mutex_unlock(&table_lock);
	if (n)
		synchronize_rcu();
	for (i = 0; i < n; i++)
		skald_classifier_free(removed[i]);
	return n;
}

static bool is_past(const struct skald_classifier *classifier, void *data)
{
	return skald_classifier_expired(classifier);
}

void skald_table_expire(void)
{
	skald_table_remove(is_past, NULL);
}

int skald_table_each(int (*visit)(const struct skald_classifier *, void *),
		     unsigned int from, void *data)
{
	const struct skald_classifier *classifier;
	unsigned int i = 0;
	int err = 0;

	mutex_lock(&table_lock);
	list_for_each_entry(classifier, &classifiers, list) {
		if (i++ < from)
			continue;
		err = visit(classifier, data);
		if (err)
			break;
	}
	mutex_unlock(&table_lock);
	return err;
}

struct skald_classifier *skald_table_match(struct sk_buff *skb,
					   const struct skald_where *where)
{
	struct skald_classifier *classifier;

	list_for_each_entry_rcu(classifier, &classifiers, list) {
		if (skald_classifier_takes(classifier, skb, where))
			return classifier;
	}
	return NULL;
}
