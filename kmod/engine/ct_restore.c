// SPDX-License-Identifier: GPL-2.0-only
/* Entries out of what somebody else's table told. */
#include "ct_restore.h"

#include "ct_table.h"
#include "ct_tcp.h"

/* Bits that the kernel gives an entry and we give one ourselves. */
#define OURS ((1u << SKALD_CT_CONFIRMED) | (1u << SKALD_CT_DYING))
#define NAT_DONE ((1u << SKALD_CT_SRC_NAT_DONE) | (1u << SKALD_CT_DST_NAT_DONE))

static void restore_tcp(struct skald_ct *ct, const struct skald_ct_saved *saved)
{
	struct skald_ct_tcp *tcp = &ct->proto.tcp;
	u32 dir;

	if (saved->state >= SKALD_CT_TCP_STATES)
		return;
	tcp->state = saved->state;
	for (dir = 0; dir < SKALD_CT_DIRS; dir++) {
		tcp->seen[dir].flags = saved->flags[dir];
		tcp->seen[dir].scale = saved->scale[dir];
	}
}

static void restore_proto(struct skald_ct *ct,
			  const struct skald_ct_saved *saved)
{
	if (saved->original.proto == IPPROTO_TCP)
		restore_tcp(ct, saved);
	else if (saved->original.proto == IPPROTO_SCTP)
		ct->proto.sctp.state = saved->state;
}

static void restore_counts(struct skald_ct *ct,
			   const struct skald_ct_saved *saved)
{
	u32 dir;

	for (dir = 0; dir < SKALD_CT_DIRS; dir++) {
		atomic64_set(&ct->count[dir].packets, (s64)saved->packets[dir]);
		atomic64_set(&ct->count[dir].bytes, (s64)saved->bytes[dir]);
	}
}

/* It looks for its binding no more. */
static int restore_nat(struct skald_ct *ct, const struct skald_ct_saved *saved)
{
	u32 nat = (1u << SKALD_CT_SRC_NAT) | (1u << SKALD_CT_DST_NAT);

	if (saved->status & nat && !skald_nat_slot(ct))
		return -ENOMEM;
	ct->status |= NAT_DONE;
	return 0;
}

int skald_ct_restore(struct skald_ct_table *table,
		     const struct skald_ct_saved *saved, u64 now_ns,
		     struct skald_ct **ct)
{
	struct skald_ct_packet packet = { .table = table,
					  .now_ns = now_ns,
					  .zone = saved->zone,
					  .dir = SKALD_CT_ORIGINAL };
	u16 zone = skald_ct_zone_id(&saved->zone, SKALD_CT_ORIGINAL);
	u32 hash = skald_ct_tuple_hash(&saved->original, zone, &table->key);
	struct skald_ct *made;
	int err = 0;

	made = skald_ct_new(&packet, &saved->original, &saved->reply, hash,
			    &err);
	if (!made)
		return err;
	made->nodes[SKALD_CT_ORIGINAL].tuple.dir = SKALD_CT_ORIGINAL;
	made->status = saved->status & ~(u32)OURS;
	made->mark = saved->mark;
	made->expires_ns = (u64)saved->timeout_s * SKALD_NS_PER_S;
	if (saved->id)
		made->id = saved->id;
	restore_proto(made, saved);
	restore_counts(made, saved);
	err = restore_nat(made, saved);
	packet.ct = made;
	if (!err && skald_ct_confirm(&packet) != NF_ACCEPT)
		err = -EEXIST;
	/* a clash that was resolved gave it another one's place */
	if (!err && packet.ct == made && ct)
		*ct = skald_ct_get(made);
	else if (!err && packet.ct != made)
		err = -EEXIST;
	skald_ct_put(table, packet.ct);
	return err;
}
