/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets at devices
 *
 * Here packets are marked as they come in, and found again that were scrubbed
 * on their way from another namespace or out of a tunnel.
 */
#ifndef SKALD_DEVICE_H
#define SKALD_DEVICE_H

struct net_device;
struct sk_buff;

/* Tracepoints net:netif_receive_skb, net_dev_queue and net_dev_start_xmit. */
void skald_device_on_receive(void *data, struct sk_buff *skb);
void skald_device_on_queue(void *data, struct sk_buff *skb);
void skald_device_on_send(void *data, const struct sk_buff *skb,
			  const struct net_device *dev);

#endif /* SKALD_DEVICE_H */
