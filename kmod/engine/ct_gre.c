// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRE (RFC 2784), and version 1 as PPTP has it (RFC 2637): a packet names the
 * key of its receiver alone; that of its sender is what the control connection
 * said. As nf_conntrack_proto_gre.c.
 */
#include "ct_helper.h"
#include "ct_proto.h"

#define GRE_LEN 4
#define GRE_PPTP_LEN 8
#define GRE_VERSION 7
#define GRE_PPP 0x880b

/**
 * struct skald_ct_gre_key - the sender's key for a tuple without one
 * @chain: in the table's hash, under expect_lock, read under RCU
 * @tuple: of the tunnel, with the sender's key
 * @rcu: for freeing
 */
struct skald_ct_gre_key {
	struct hlist_node chain;
	struct skald_ct_tuple tuple;
	struct rcu_head rcu;
};

static bool fits(const struct skald_ct_gre_key *key,
		 const struct skald_ct_tuple *tuple)
{
	return key->tuple.dport == tuple->dport &&
	       key->tuple.proto == tuple->proto &&
	       key->tuple.family == tuple->family &&
	       skald_addr_equal(&key->tuple.src, &tuple->src) &&
	       skald_addr_equal(&key->tuple.dst, &tuple->dst);
}

static struct hlist_head *bucket_of(struct skald_ct_table *table,
				    const struct skald_ct_tuple *tuple)
{
	struct skald_ct_tuple known = *tuple;

	known.sport = 0;
	return &table->gre_keys[skald_ct_tuple_hash(&known, 0, &table->key) %
				SKALD_CT_GRE_BUCKETS];
}

static __be16 find_key(struct skald_ct_table *table,
		       const struct skald_ct_tuple *tuple)
{
	struct skald_ct_gre_key *key;
	__be16 found = 0;

	rcu_read_lock();
	hlist_for_each_entry_rcu(key, bucket_of(table, tuple), chain) {
		if (fits(key, tuple)) {
			found = key->tuple.sport;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

int skald_ct_gre_key_add(struct skald_ct_table *table, struct skald_ct *ct,
			 enum skald_ct_dir dir,
			 const struct skald_ct_tuple *tuple)
{
	struct skald_ct_gre_key *key = kzalloc(sizeof(*key), GFP_ATOMIC);
	struct skald_ct_gre_key **slot = &ct->help->gre_keys[dir];
	int ret = 0;

	if (!key)
		return -ENOMEM;
	key->tuple = *tuple;
	spin_lock_bh(&table->expect_lock);
	if (!*slot) {
		*slot = key;
		hlist_add_head_rcu(&key->chain, bucket_of(table, tuple));
		key = NULL;
	} else if (!fits(*slot, tuple)) {
		ret = -EEXIST;
	}
	spin_unlock_bh(&table->expect_lock);
	kfree(key);
	return ret;
}

void skald_ct_gre_key_remove(struct skald_ct_table *table, struct skald_ct *ct)
{
	struct skald_ct_gre_key *key;
	unsigned int dir;

	spin_lock_bh(&table->expect_lock);
	for (dir = 0; dir < SKALD_CT_DIRS; dir++) {
		key = ct->help->gre_keys[dir];
		if (!key)
			continue;
		ct->help->gre_keys[dir] = NULL;
		hlist_del_rcu(&key->chain);
		kfree_rcu(key, rcu);
	}
	spin_unlock_bh(&table->expect_lock);
}

/* Other versions are counted only, as any protocol without ports. */
static bool gre_tuple(struct skald_ct_table *table,
		      const struct skald_view *view, u32 off,
		      struct skald_ct_tuple *tuple)
{
	u8 buf[GRE_PPTP_LEN];
	const u8 *gre = skald_view_datagram(view, off, GRE_LEN, buf);
	u16 protocol;

	if (!gre || (gre[1] & GRE_VERSION) != 1)
		return true;
	protocol = get_unaligned_be16(gre + 2);
	gre = skald_view_datagram(view, off, GRE_PPTP_LEN, buf);
	if (!gre)
		return true;
	if (protocol != GRE_PPP)
		return false;
	tuple->dport = htons(get_unaligned_be16(gre + 6));
	tuple->sport = find_key(table, tuple);
	return true;
}

static enum skald_ct_action gre_packet(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	const struct skald_ct_timeouts *timeouts =
		skald_ct_timeouts_of(packet->table, ct);

	if (!skald_ct_is(ct, SKALD_CT_CONFIRMED)) {
		ct->proto.gre.timeout = timeouts->seconds[SKALD_CT_TIMEOUT_GRE];
		ct->proto.gre.stream_timeout =
			timeouts->seconds[SKALD_CT_TIMEOUT_GRE_STREAM];
	}
	if (!skald_ct_is(ct, SKALD_CT_SEEN_REPLY)) {
		skald_ct_refresh(packet, ct->proto.gre.timeout);
		return SKALD_CT_PASS;
	}
	skald_ct_refresh(packet, ct->proto.gre.stream_timeout);
	if (!skald_ct_is(ct, SKALD_CT_NAT_CLASH) &&
	    skald_ct_mark(ct, SKALD_CT_ASSURED))
		skald_ct_changed(packet, SKALD_CT_CHANGE_ASSURED, 0,
				 skald_ct_left(packet));
	return SKALD_CT_PASS;
}

const struct skald_ct_proto skald_ct_proto_gre = {
	.name = "gre",
	.allow_clash = true,
	.tuple = gre_tuple,
	.invert = skald_ct_ports_invert,
	.packet = gre_packet,
};
