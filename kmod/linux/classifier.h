/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: one line of the debug table
 *
 * A classifier says which packets get a story, and how many of them. Its
 * programs are classic BPF, checked and translated by the kernel itself.
 */
#ifndef SKALD_CLASSIFIER_H
#define SKALD_CLASSIFIER_H

#include <linux/filter.h>
#include <linux/if.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/types.h>

#define SKALD_TEXT_MAX 1024

/**
 * struct skald_where - where a packet is looked at
 * @net: namespace
 * @in: interface it came in by, or NULL
 * @out: interface it goes out by, or NULL
 * @point: one of enum skald_point
 * @family: NFPROTO_* of the output hook, else 0
 */
struct skald_where {
	const struct net *net;
	const struct net_device *in;
	const struct net_device *out;
	u16 point;
	u8 family;
};

/**
 * struct skald_classifier - a line of the debug table
 * @list: in the table; under RCU
 * @id: unique until the module is unloaded
 * @l2: sees frames from their link-layer header, or NULL
 * @l3: sees packets from their network header, or NULL
 * @points: enum skald_point
 * @iif: padded with zeros, empty: any
 * @oif: the same
 * @netns: inode number; 0: all
 * @rate: marks a second, 0: no limit
 * @burst: with it
 * @sample: one of so many, 0: all
 * @first: so many and no more, 0: no limit
 * @expires: ktime_get_boottime_seconds() at which it goes, 0: never
 * @keep: outlives its owner
 * @owner: port of the socket that added it
 * @owner_net: namespace of that socket, an inode number
 * @text: the expression, or NULL
 * @due: when the next mark is due (generic cell rate), CLOCK_MONOTONIC ns
 * @matched: packets that the program took
 * @marked: of them
 * @limited: of them, refused by rate, sample or first
 * @full: of them, with no room in the table of packets
 *
 * All but the counters and @due are constant once it is in the table.
 */
struct skald_classifier {
	struct list_head list;
	u32 id;
	struct bpf_prog *l2;
	struct bpf_prog *l3;
	u32 points;
	char iif[IFNAMSIZ];
	char oif[IFNAMSIZ];
	u32 netns;
	u32 rate;
	u32 burst;
	u32 sample;
	u64 first;
	u64 expires;
	bool keep;
	u32 owner;
	u32 owner_net;
	char *text;
	atomic64_t due;
	atomic64_t matched;
	atomic64_t marked;
	atomic64_t limited;
	atomic64_t full;
};

struct skald_classifier *skald_classifier_new(void);
/* Nobody may run it any more. NULL is fine. */
void skald_classifier_free(struct skald_classifier *classifier);

/**
 * skald_classifier_program() - translate a program
 * @program: out: to be freed with the classifier
 * @code: struct sock_filter[], from outside
 * @bytes: of it
 *
 * Return: 0, -EINVAL when the kernel finds it unsound, or -ENOMEM.
 */
int skald_classifier_program(struct bpf_prog **program, const void *code,
			     unsigned int bytes);

/**
 * skald_classifier_takes() - is it a packet that the classifier is for
 * @classifier: under RCU
 * @skb: in the caller's hand; unchanged when it returns
 * @where: it is
 *
 * Counts, @marked too: whoever cannot mark it takes that back. Return: whether
 * to mark it.
 */
bool skald_classifier_takes(struct skald_classifier *classifier,
			    struct sk_buff *skb,
			    const struct skald_where *where);

/* Whether its time to live is over. Any context. */
bool skald_classifier_expired(const struct skald_classifier *classifier);

#endif /* SKALD_CLASSIFIER_H */
