/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the collector
 *
 * One socket gets the records. While there is one, everything is armed and the
 * module stays loaded; when it closes, or says so, everything is disarmed.
 *
 * Records are sent by a worker. A full socket is waited for: the rings fill and
 * account for what they could not take.
 */
#ifndef SKALD_COLLECTOR_H
#define SKALD_COLLECTOR_H

#include <linux/types.h>
#include <skald/uapi.h>

struct genl_info;
struct net;
struct sock;

/**
 * struct skald_collection - how to collect
 * @ring: bytes of each CPU's ring
 * @packets: that can be known
 * @features: to arm
 */
struct skald_collection {
	u32 ring;
	u32 packets;
	u64 features;
};

/* Module load and unload. */
int skald_collector_init(void);
void skald_collector_exit(void);

/**
 * skald_collector_start() - arm, for the socket that asks
 * @sk: that socket
 * @info: its request
 * @wanted: sizes and features, valid
 *
 * Nothing is sent before skald_collector_release(): so the answer is the first.
 *
 * Return: 0 or -errno with a text in @info, then nothing is armed.
 */
int skald_collector_start(struct sock *sk, struct genl_info *info,
			  const struct skald_collection *wanted);
void skald_collector_release(void);

/**
 * skald_collector_stop() - disarm, and send what is left
 * @net: namespace of the socket that asks
 * @portid: its port
 *
 * Return: 0, or -ENOENT when it is not the collector.
 */
int skald_collector_stop(const struct net *net, u32 portid);

/* Port of the collector, 0: none; and what it collects, or would by default. */
u32 skald_collector_port(void);
struct skald_collection skald_collector_current(void);

/* Of this collection, or of the last. */
void skald_collector_stats(struct skald_stats *stats);

#endif /* SKALD_COLLECTOR_H */
