// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_arp.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/net_namespace.h>
#include <skald/uapi.h>

#include "classifier.h"

struct skald_classifier *skald_classifier_new(void)
{
	struct skald_classifier *classifier;

	classifier = kzalloc(sizeof(*classifier), GFP_KERNEL);
	if (classifier)
		INIT_LIST_HEAD(&classifier->list);
	return classifier;
}

void skald_classifier_free(struct skald_classifier *classifier)
{
	if (!classifier)
		return;
	if (classifier->l2)
		bpf_prog_destroy(classifier->l2);
	if (classifier->l3)
		bpf_prog_destroy(classifier->l3);
	kfree(classifier->text);
	kfree(classifier);
}

int skald_classifier_program(struct bpf_prog **program, const void *code,
			     unsigned int bytes)
{
	struct sock_fprog_kern fprog = {
		.len = bytes / sizeof(struct sock_filter),
		.filter = (struct sock_filter *)code,
	};

	if (!bytes || bytes % sizeof(struct sock_filter) ||
	    fprog.len > BPF_MAXINSNS)
		return -EINVAL;
	return bpf_prog_create(program, &fprog);
}

bool skald_classifier_expired(const struct skald_classifier *classifier)
{
	return classifier->expires &&
	       ktime_get_boottime_seconds() >= classifier->expires;
}

static bool is_named(const struct net_device *dev, const char *name)
{
	return !name[0] || (dev && !strncmp(dev->name, name, IFNAMSIZ));
}

static bool is_there(const struct skald_classifier *classifier,
		     const struct skald_where *where)
{
	if (!(classifier->points & where->point))
		return false;
	if (classifier->netns && classifier->netns != where->net->ns.inum)
		return false;
	return is_named(where->in, classifier->iif) &&
	       is_named(where->out, classifier->oif);
}

static bool is_ethernet(const struct net_device *dev)
{
	return dev &&
	       (dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK);
}

/*
 * Run @program with skb->data moved by @offset, as packet sockets do
 * (packet_rcv): the rest of the stack never sees it moved. Trace points run
 * with preemption off, as programs want it.
 */
static bool run_at(const struct bpf_prog *program, struct sk_buff *skb,
		   int offset)
{
	bool taken;

	if (offset > 0 && skb_headlen(skb) < offset)
		return false;
	if (offset < 0)
		__skb_push(skb, -offset);
	else if (offset > 0)
		__skb_pull(skb, offset);
	taken = bpf_prog_run(program, skb);
	if (offset < 0)
		__skb_pull(skb, -offset);
	else if (offset > 0)
		__skb_push(skb, offset);
	return taken;
}

/* On reception skb->data is behind the link-layer header, on transmission not.
 */
static bool run(const struct skald_classifier *classifier, struct sk_buff *skb,
		const struct skald_where *where)
{
	const struct net_device *dev = where->in ?: where->out;

	if (where->point != SKALD_POINT_OUTPUT && classifier->l2 &&
	    is_ethernet(dev) && skb_mac_header_was_set(skb))
		return run_at(classifier->l2, skb, skb_mac_offset(skb));
	if (!classifier->l3)
		return false;
	if (where->point == SKALD_POINT_TRANSMIT)
		return run_at(classifier->l3, skb, skb_network_offset(skb));
	return run_at(classifier->l3, skb, 0);
}

/* Generic cell rate algorithm (ITU-T I.371): one word, no lock. */
static bool is_due(struct skald_classifier *classifier)
{
	s64 cost = div_u64(NSEC_PER_SEC, classifier->rate);
	s64 now = ktime_get_mono_fast_ns();
	s64 ahead = cost * (classifier->burst - 1);
	s64 due, next;

	due = atomic64_read(&classifier->due);
	do {
		if (due > now + ahead)
			return false;
		next = max(due, now) + cost;
	} while (!atomic64_try_cmpxchg(&classifier->due, &due, next));
	return true;
}

/* Counted before it is done, so that two processors cannot both be the last. */
static bool claim(struct skald_classifier *classifier)
{
	s64 most = classifier->first;

	if (most)
		return atomic64_fetch_add_unless(&classifier->marked, 1,
						 most) != most;
	atomic64_inc(&classifier->marked);
	return true;
}

static bool is_wanted(struct skald_classifier *classifier, u64 nth)
{
	u32 rest;

	if (classifier->sample > 1) {
		div_u64_rem(nth - 1, classifier->sample, &rest);
		if (rest)
			return false;
	}
	if (classifier->rate && !is_due(classifier))
		return false;
	return claim(classifier);
}

bool skald_classifier_takes(struct skald_classifier *classifier,
			    struct sk_buff *skb,
			    const struct skald_where *where)
{
	if (!is_there(classifier, where) ||
	    skald_classifier_expired(classifier))
		return false;
	if (!run(classifier, skb, where))
		return false;
	if (is_wanted(classifier, atomic64_inc_return(&classifier->matched)))
		return true;
	atomic64_inc(&classifier->limited);
	return false;
}
