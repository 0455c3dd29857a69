// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "classifier.h"
#include "collector.h"
#include "fib.h"
#include "fragment.h"
#include "mark.h"
#include "message.h"
#include "netlink.h"
#include "netns.h"
#include "packet.h"
#include "place.h"
#include "probe.h"
#include "ring.h"
#include "table.h"
#include "wrap.h"

/* A record waits so long for company, a full socket is looked at so often. */
#define LINGER_MS 5
#define CONGESTED_MS 2
/* Housekeeping: idle packets, classifiers past their time, the watermark. */
#define TICK_MS 1000
/* At the end, what is left is offered so long to a full socket. */
#define LAST_WORDS_MS 500

#define RING_DEFAULT (1u << 19)
#define PACKETS_DEFAULT (1u << 13)

/**
 * struct collector - who gets the records
 * @lock: for starting and stopping
 * @sk: its socket, held; NULL: there is none. Changed under @lock
 * @portid: of that socket; 0: there is none. Changed under @lock, read without
 * @open: may be sent to
 * @how: sizes and features
 * @batch: number of the last message
 * @sent: records in messages that the socket took
 * @batches: those messages
 * @congested: times that it was full
 * @marked_until: what the last pass of the worker saw begin
 * @pass: sends what there is
 * @tick: housekeeping
 */
struct collector {
	struct mutex lock;
	struct sock *sk;
	u32 portid;
	bool open;
	struct skald_collection how;
	u64 batch;
	u64 sent;
	u64 batches;
	u64 congested;
	u64 marked_until;
	struct delayed_work pass;
	struct delayed_work tick;
};

static struct collector collector = {
	.lock = __MUTEX_INITIALIZER(collector.lock),
	.how = { RING_DEFAULT, PACKETS_DEFAULT, SKALD_FEATURE_ALL },
};

static struct workqueue_struct *workers;

/* ---- sending ---- */

static bool is_congested(void)
{
	const struct sock *sk = collector.sk;

	return atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf) / 2;
}

static int send(struct sk_buff *message, void *head)
{
	int err;

	genlmsg_end(message, head);
	err = genlmsg_unicast(sock_net(collector.sk), message,
			      collector.portid);
	if (err) {
		skald_place_forget();
		return err;
	}
	collector.batch++;
	collector.batches++;
	return 0;
}

/**
 * struct batch - a message while it is filled
 * @bytes: where records go
 * @used: of SKALD_BATCH_MAX
 * @read: bytes of the ring that are in it
 * @records: that count: neither names nor losses
 */
struct batch {
	u8 *bytes;
	u32 used;
	u32 read;
	u32 records;
};

static bool batch_add(struct batch *batch, const struct skald_r_record *record)
{
	bool all;

	batch->used += skald_place_names(record, batch->bytes + batch->used,
					 SKALD_BATCH_MAX - batch->used, &all);
	if (!all || batch->used + record->len > SKALD_BATCH_MAX)
		return false;
	memcpy(batch->bytes + batch->used, record, record->len);
	batch->used += record->len;
	batch->read += record->len;
	batch->records += record->type != SKALD_R_LOST;
	return true;
}

static void batch_fill(struct batch *batch, const struct skald_r_record *record,
		       u32 bytes)
{
	const u8 *end = (const u8 *)record + bytes;

	while ((const u8 *)record + sizeof(*record) <= end &&
	       record->type != SKALD_R_UNSPEC) {
		if (!batch_add(batch, record))
			return;
		record = (const void *)record + record->len;
	}
}

/* A message with what fits. Returns 0, or why it could not be sent. */
static int send_batch(unsigned int cpu, const struct skald_r_record *record,
		      u32 bytes)
{
	struct batch batch = {};
	struct sk_buff *message;
	struct nlattr *records;
	void *head;
	int err;

	message = skald_message_new(SKALD_CMD_RECORDS, SKALD_BATCH_MAX, &head);
	if (!message)
		return -ENOMEM;
	if (nla_put_u64_64bit(message, SKALD_A_BATCH, collector.batch + 1,
			      SKALD_A_PAD) ||
	    nla_put_u32(message, SKALD_A_CPU, cpu))
		goto err_size;
	records = nla_reserve(message, SKALD_A_RECORDS, SKALD_BATCH_MAX);
	if (!records)
		goto err_size;
	batch.bytes = nla_data(records);
	batch_fill(&batch, record, bytes);
	/* Give back what was not used; it is the last attribute. */
	nlmsg_trim(message, batch.bytes + batch.used);
	records->nla_len = nla_attr_size(batch.used);
	err = send(message, head);
	if (err)
		return err;
	skald_ring_skip(cpu, batch.read);
	collector.sent += batch.records;
	return 0;

err_size:
	nlmsg_free(message);
	return -EMSGSIZE;
}

static int send_watermark(u64 time)
{
	struct sk_buff *message;
	void *head;

	message = skald_message_new(SKALD_CMD_RECORDS, 64, &head);
	if (!message)
		return -ENOMEM;
	if (nla_put_u64_64bit(message, SKALD_A_BATCH, collector.batch + 1,
			      SKALD_A_PAD) ||
	    nla_put_u64_64bit(message, SKALD_A_WATERMARK, time, SKALD_A_PAD)) {
		nlmsg_free(message);
		return -EMSGSIZE;
	}
	return send(message, head);
}

static int send_cpu(unsigned int cpu)
{
	const struct skald_r_record *record;
	u32 bytes;
	int err;

	skald_ring_rearm(cpu);
	skald_ring_quiesce(cpu);
	while ((record = skald_ring_peek(cpu, &bytes))) {
		if (is_congested()) {
			collector.congested++;
			return -EAGAIN;
		}
		err = send_batch(cpu, record, bytes);
		if (err)
			return err;
		cond_resched();
	}
	skald_ring_settle(cpu);
	return 0;
}

/*
 * All rings once. What was begun before the *previous* pass began is in them by
 * now, on every CPU, and so is sent: a store may be seen late by another CPU,
 * but not by a whole pass.
 */
static int send_all(void)
{
	u64 began = ktime_get_mono_fast_ns();
	unsigned int cpu;
	int err;

	for_each_possible_cpu(cpu) {
		err = send_cpu(cpu);
		if (err)
			return err;
	}
	err = collector.marked_until ? send_watermark(collector.marked_until)
				     : 0;
	if (!err)
		collector.marked_until = began;
	return err;
}

static void wake(bool urgent)
{
	if (READ_ONCE(collector.open))
		mod_delayed_work(workers, &collector.pass,
				 urgent ? 0 : msecs_to_jiffies(LINGER_MS));
}

static bool is_waiting(void)
{
	struct skald_cpu_stats stats;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		skald_ring_stats(cpu, &stats);
		if (stats.used)
			return true;
	}
	return false;
}

/* Once more after the last record, so that its watermark comes soon. */
static void pass(struct work_struct *work)
{
	u64 before = collector.sent;
	int err;

	if (!READ_ONCE(collector.open))
		return;
	err = send_all();
	if (err)
		queue_delayed_work(workers, &collector.pass,
				   msecs_to_jiffies(CONGESTED_MS));
	else if (collector.sent != before || is_waiting())
		queue_delayed_work(workers, &collector.pass,
				   msecs_to_jiffies(LINGER_MS));
}

static void tick(struct work_struct *work)
{
	if (!READ_ONCE(collector.open))
		return;
	skald_packet_sweep(false);
	skald_table_expire();
	queue_delayed_work(workers, &collector.pass, 0);
	queue_delayed_work(workers, &collector.tick, msecs_to_jiffies(TICK_MS));
}

/* ---- starting ---- */

static void stores_close(void)
{
	skald_wrap_close();
	skald_packet_close();
	skald_place_close();
	skald_ring_close();
}

static int stores_open(const struct skald_collection *how)
{
	int err;

	err = skald_ring_open(how->ring, wake);
	if (err)
		return err;
	err = skald_place_open();
	if (err)
		goto err_place;
	err = skald_packet_open(how->packets);
	if (err)
		goto err_packet;
	skald_wrap_open();
	skald_fragment_open();
	skald_fib_open();
	return 0;

err_packet:
	skald_place_close();
err_place:
	skald_ring_close();
	return err;
}

static int arm(const struct skald_collection *how,
	       struct netlink_ext_ack *extack)
{
	int err;

	err = stores_open(how);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for rings and packets");
		return err;
	}
	err = skald_probe_arm(how->features, extack);
	if (err)
		goto err_probe;
	err = skald_netns_arm();
	if (err) {
		NL_SET_ERR_MSG(extack, "no hook in a network namespace");
		goto err_netns;
	}
	return 0;

err_netns:
	skald_probe_disarm();
err_probe:
	stores_close();
	return err;
}

static int start(struct sock *sk, struct genl_info *info,
		 const struct skald_collection *wanted)
{
	int err;

	if (collector.sk) {
		NL_SET_ERR_MSG(info->extack, "another socket collects already");
		return -EBUSY;
	}
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	err = arm(wanted, info->extack);
	if (err) {
		module_put(THIS_MODULE);
		return err;
	}
	sock_hold(sk);
	collector.sk = sk;
	WRITE_ONCE(collector.portid, info->snd_portid);
	collector.how = *wanted;
	collector.batch = 0;
	collector.sent = 0;
	collector.batches = 0;
	collector.congested = 0;
	collector.marked_until = 0;
	WRITE_ONCE(skald_marking, true);
	return 0;
}

int skald_collector_start(struct sock *sk, struct genl_info *info,
			  const struct skald_collection *wanted)
{
	int err;

	mutex_lock(&collector.lock);
	err = start(sk, info, wanted);
	mutex_unlock(&collector.lock);
	return err;
}

void skald_collector_release(void)
{
	mutex_lock(&collector.lock);
	if (collector.sk) {
		WRITE_ONCE(collector.open, true);
		queue_delayed_work(workers, &collector.pass, 0);
		queue_delayed_work(workers, &collector.tick,
				   msecs_to_jiffies(TICK_MS));
	}
	mutex_unlock(&collector.lock);
}

/* ---- stopping ---- */

static void disarm(void)
{
	WRITE_ONCE(skald_marking, false);
	skald_netns_disarm();
	skald_probe_disarm();
	/* Hook functions that were called through ours come back. */
	synchronize_rcu();
}

/* Two passes: the second moves the watermark behind the last record. */
static void send_last(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(LAST_WORDS_MS);
	unsigned int passes = 0;

	skald_packet_sweep(true);
	while (passes < 2 && time_before(jiffies, end)) {
		if (!send_all())
			passes++;
		else
			msleep(CONGESTED_MS);
	}
}

static void stop(bool alive)
{
	lockdep_assert_held(&collector.lock);
	disarm();
	WRITE_ONCE(collector.open, false);
	cancel_delayed_work_sync(&collector.tick);
	cancel_delayed_work_sync(&collector.pass);
	if (alive)
		send_last();
	sock_put(collector.sk);
	collector.sk = NULL;
	WRITE_ONCE(collector.portid, 0);
	stores_close();
	module_put(THIS_MODULE);
}

static bool is_collector(const struct net *net, u32 portid)
{
	return collector.sk && sock_net(collector.sk) == net &&
	       collector.portid == portid;
}

int skald_collector_stop(const struct net *net, u32 portid)
{
	int err = -ENOENT;

	mutex_lock(&collector.lock);
	if (is_collector(net, portid)) {
		stop(true);
		err = 0;
	}
	mutex_unlock(&collector.lock);
	return err;
}

/* ---- a socket closes ---- */

struct owner {
	const struct net *net;
	u32 portid;
};

static bool is_left_behind(const struct skald_classifier *classifier,
			   void *data)
{
	const struct owner *owner = data;

	return !classifier->keep && classifier->owner == owner->portid &&
	       classifier->owner_net == owner->net->ns.inum;
}

static void stop_for_good(const struct owner *owner)
{
	mutex_lock(&collector.lock);
	if (is_collector(owner->net, owner->portid))
		stop(false);
	mutex_unlock(&collector.lock);
}

/*
 * Every generic netlink socket of the machine comes here when it closes. Only
 * the collector's own has a reason to wait for the lock, which whoever disarms
 * may hold for long.
 */
static int socket_closed(struct notifier_block *block, unsigned long event,
			 void *data)
{
	const struct netlink_notify *notify = data;
	struct owner owner = { notify->net, notify->portid };

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	if (skald_collector_port() == owner.portid)
		stop_for_good(&owner);
	skald_table_remove(is_left_behind, &owner);
	return NOTIFY_OK;
}

static struct notifier_block socket_block = { .notifier_call = socket_closed };

/* ---- asking ---- */

u32 skald_collector_port(void)
{
	return READ_ONCE(collector.portid);
}

struct skald_collection skald_collector_current(void)
{
	struct skald_collection how;

	mutex_lock(&collector.lock);
	how = collector.how;
	mutex_unlock(&collector.lock);
	return how;
}

void skald_collector_stats(struct skald_stats *stats)
{
	struct skald_cpu_stats cpu_stats;
	unsigned int cpu;

	memset(stats, 0, sizeof(*stats));
	skald_packet_stats(stats);
	skald_wrap_stats(stats);
	for_each_possible_cpu(cpu) {
		skald_ring_stats(cpu, &cpu_stats);
		stats->emitted += cpu_stats.emitted;
		stats->lost += cpu_stats.lost;
	}
	stats->nmi = skald_ring_refused();
	stats->sent = READ_ONCE(collector.sent);
	stats->batches = READ_ONCE(collector.batches);
	stats->congested = READ_ONCE(collector.congested);
}

int skald_collector_init(void)
{
	int err;

	INIT_DELAYED_WORK(&collector.pass, pass);
	INIT_DELAYED_WORK(&collector.tick, tick);
	workers = alloc_ordered_workqueue("skald", 0);
	if (!workers)
		return -ENOMEM;
	err = netlink_register_notifier(&socket_block);
	if (err)
		destroy_workqueue(workers);
	return err;
}

void skald_collector_exit(void)
{
	netlink_unregister_notifier(&socket_block);
	destroy_workqueue(workers);
}
