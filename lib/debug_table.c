// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of skald in one namespace. tracerd makes one for each namespace
 * that is followed; the reader thread asks what a rule's handle stands for.
 *
 * Kernels before 5.12 have no owner flag: there the tables are plain ones, are
 * deleted by skald_debug_table_free(), and stay after a kill -9 until somebody
 * deletes them; the next instance takes another name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conntrack_use.h"
#include "debug_table_priv.h"
#include "event.h"
#include "writers.h"

/* Names tried: skald, skald-<pid>, skald-<pid>-2 ... */
#define N_NAMES 10

static const unsigned int families[SKALD_TABLE_N] = {
	[SKALD_TABLE_IP] = NFPROTO_IPV4,
	[SKALD_TABLE_IP6] = NFPROTO_IPV6,
	[SKALD_TABLE_BRIDGE] = NFPROTO_BRIDGE,
	[SKALD_TABLE_ARP] = NFPROTO_ARP,
};

unsigned int skald_debug_table_nfproto(enum skald_table_family family)
{
	return families[family];
}

static struct skald_rule_place place_of(const struct skald_debug_table *table,
					int family,
					const struct skald_witness *chain)
{
	return (struct skald_rule_place){
		.table = table->name,
		.family = families[family],
		.chain = chain,
	};
}

/* The kernel's number of a hook (netfilter.h, netfilter_arp.h). */
static uint32_t hook_number(int family, unsigned int hook)
{
	bool is_arp = family == SKALD_TABLE_ARP;

	switch ((enum skald_words_HOOK)hook) {
	case SKALD_HOOK_PREROUTING:
		return NF_INET_PRE_ROUTING;
	case SKALD_HOOK_INPUT:
		return is_arp ? 0 : NF_INET_LOCAL_IN;
	case SKALD_HOOK_OUTPUT:
		return is_arp ? 1 : NF_INET_LOCAL_OUT;
	case SKALD_HOOK_FORWARD:
		return NF_INET_FORWARD;
	case SKALD_HOOK_POSTROUTING:
		return NF_INET_POST_ROUTING;
	case SKALD_HOOK_NONE:
	case SKALD_HOOK_INGRESS:
	case SKALD_HOOK_EGRESS:
		break;
	}
	return NF_INET_NUMHOOKS;
}

static void put_table(struct skald_nftnl_batch *batch,
		      const struct skald_debug_table *table, int family)
{
	skald_nftnl_message(batch, NFT_MSG_NEWTABLE, families[family],
			    NLM_F_CREATE | NLM_F_EXCL);
	skald_nftnl_put_string(batch, NFTA_TABLE_NAME, table->name);
	skald_nftnl_put_u32(batch, NFTA_TABLE_FLAGS,
			    table->has_owner ? NFT_TABLE_F_OWNER : 0);
}

static void put_chain(struct skald_nftnl_batch *batch,
		      const struct skald_rule_place *place, int family)
{
	struct nlattr *hook;

	skald_nftnl_message(batch, NFT_MSG_NEWCHAIN, place->family,
			    NLM_F_CREATE | NLM_F_EXCL);
	skald_nftnl_put_string(batch, NFTA_CHAIN_TABLE, place->table);
	skald_nftnl_put_string(batch, NFTA_CHAIN_NAME, place->chain->name);
	hook = skald_nftnl_nest(batch, NFTA_CHAIN_HOOK);
	skald_nftnl_put_u32(batch, NFTA_HOOK_HOOKNUM,
			    hook_number(family, place->chain->hook));
	skald_nftnl_put_u32(batch, NFTA_HOOK_PRIORITY,
			    (uint32_t)place->chain->priority);
	skald_nftnl_unnest(batch, hook);
	skald_nftnl_put_u32(batch, NFTA_CHAIN_POLICY, NF_ACCEPT);
	skald_nftnl_put_string(batch, NFTA_CHAIN_TYPE, "filter");
}

static void put_witness_rules(struct skald_nftnl_batch *batch,
			      const struct skald_rule_place *place,
			      bool has_states)
{
	switch (place->chain->role) {
	case SKALD_ROLE_CT:
		if (has_states)
			skald_debug_rule_put_states(batch, place);
		else
			skald_debug_rule_put_look(batch, place);
		break;
	case SKALD_ROLE_SEEN:
	case SKALD_ROLE_LAST:
		skald_debug_rule_put_look(batch, place);
		break;
	case SKALD_ROLE_MARK:
	case SKALD_ROLE_USER:
	case SKALD_ROLE_FOREIGN:
		break;
	}
}

static bool is_needed(const struct skald_witness *chain,
		      const struct skald_writers *writers, int family)
{
	const uint32_t hook = 1u << hook_number(family, chain->hook);

	switch (chain->need) {
	case SKALD_NEED_ALWAYS:
		return true;
	case SKALD_NEED_WRITERS:
		return writers->writes;
	case SKALD_NEED_SPEAKER:
		return writers->writes || !(writers->hooks & hook);
	}
	return true;
}

/* The chains that pay in the ruleset of now, bits as in @placed */
static uint32_t wanted_chains(const struct skald_debug_table *table, int family)
{
	const struct skald_witness *chains = skald_witnesses(families[family]);
	struct skald_writers writers = { .writes = true };
	uint32_t wanted = 0;
	unsigned int i;
	int err = 0;

	if (family == SKALD_TABLE_IP || family == SKALD_TABLE_IP6)
		err = skald_writers_find(&table->netns, families[family],
					 &writers);
	/* Who cannot be asked may do anything; later on, what he did before. */
	if (err && table->placed[family])
		return table->placed[family];
	for (i = 0; chains[i].name; i++)
		if (is_needed(&chains[i], &writers, family))
			wanted |= 1u << i;
	return wanted;
}

/* Makes one family's table in one transaction. */
static int make_once(struct skald_debug_table *table, int family,
		     struct skald_nftnl_refusal *refusal)
{
	const struct skald_witness *first = skald_witnesses(families[family]);
	const struct skald_witness *chain;
	struct skald_nftnl_batch batch;
	struct skald_rule_place place;
	int err;

	*refusal = (struct skald_nftnl_refusal){ .code = ENOMEM, .type = -1 };
	err = skald_nftnl_batch_init(&batch, &table->nl);
	if (err)
		return err;
	put_table(&batch, table, family);
	for (chain = first; chain->name; chain++) {
		if (!(table->placed[family] & 1u << (chain - first)))
			continue;
		place = place_of(table, family, chain);
		put_chain(&batch, &place, family);
		put_witness_rules(&batch, &place, table->has_states[family]);
	}
	err = skald_nftnl_commit(&table->nl, &batch, refusal);
	skald_nftnl_batch_done(&batch);
	return err;
}

/* What a kernel lacks and we can do without is left out. */
static int make_family(struct skald_debug_table *table, int family,
		       struct skald_nftnl_refusal *refusal)
{
	int err = make_once(table, family, refusal);

	if (err && table->has_owner && refusal->type == NFT_MSG_NEWTABLE &&
	    (refusal->code == EOPNOTSUPP || refusal->code == EINVAL)) {
		table->has_owner = false;
		err = make_once(table, family, refusal);
	}
	if (err && table->has_states[family] &&
	    refusal->type == NFT_MSG_NEWRULE) {
		table->has_ct = false;
		table->has_states[family] = false;
		err = make_once(table, family, refusal);
	}
	if (!err)
		table->is_made[family] = true;
	return err;
}

static void delete_all(struct skald_debug_table *table)
{
	struct skald_nftnl_refusal refusal;
	struct skald_nftnl_batch batch;
	int family;

	for (family = 0; family < SKALD_TABLE_N; family++) {
		if (!table->is_made[family] ||
		    skald_nftnl_batch_init(&batch, &table->nl))
			continue;
		skald_nftnl_message(&batch, NFT_MSG_DELTABLE, families[family],
				    0);
		skald_nftnl_put_string(&batch, NFTA_TABLE_NAME, table->name);
		/* An owner's table goes with the socket at the latest. */
		(void)skald_nftnl_commit(&table->nl, &batch, &refusal);
		skald_nftnl_batch_done(&batch);
		table->is_made[family] = false;
	}
}

/* Another socket's table answers EPERM, but so does a missing privilege. */
static bool is_taken(const struct skald_nftnl_refusal *refusal)
{
	return refusal->type == NFT_MSG_NEWTABLE &&
	       (refusal->code == EEXIST || refusal->code == EPERM);
}

/* Whether a family's CT chains may have their rules. */
static bool may_have_states(const struct skald_debug_table *table, int family)
{
	bool is_used = false;

	if (!table->has_ct ||
	    (family != SKALD_TABLE_IP && family != SKALD_TABLE_IP6))
		return false;
	/* Who cannot be asked is left alone. */
	(void)skald_conntrack_used(&table->netns, families[family], &is_used);
	return is_used;
}

/* Return: 0, -EEXIST: try another name, or -errno. */
static int make_all(struct skald_debug_table *table, struct skald_error *error)
{
	struct skald_nftnl_refusal refusal;
	char what[SKALD_TABLE_NAME_SIZE + 16];
	int family, err = 0;

	for (family = 0; family < SKALD_TABLE_N; family++) {
		table->has_states[family] = may_have_states(table, family);
		table->placed[family] = wanted_chains(table, family);
		err = make_family(table, family, &refusal);
		if (!err)
			continue;
		if (is_taken(&refusal)) {
			err = -EEXIST;
			break;
		}
		if (family == SKALD_TABLE_IP || err == -ENOMEM)
			break;
		err = 0;
	}
	if (!err)
		return 0;
	(void)snprintf(what, sizeof(what), "table %s %s",
		       skald_word(skald_words_of_FAMILY, families[family]),
		       table->name);
	(void)skald_nftnl_error(&refusal, what, error);
	delete_all(table);
	return err;
}

static void choose_name(struct skald_debug_table *table, int turn)
{
	if (turn == 0)
		(void)snprintf(table->name, sizeof(table->name), SKALD_TABLE);
	else if (turn == 1)
		(void)snprintf(table->name, sizeof(table->name),
			       SKALD_TABLE "-%d", (int)getpid());
	else
		(void)snprintf(table->name, sizeof(table->name),
			       SKALD_TABLE "-%d-%d", (int)getpid(), turn);
}

static int make_named(struct skald_debug_table *table,
		      struct skald_error *error)
{
	int turn, err = -EEXIST;

	for (turn = 0; turn < N_NAMES && err == -EEXIST; turn++) {
		choose_name(table, turn);
		err = make_all(table, error);
	}
	return err;
}

/* The rules of a family's CT chains give way to those for the states. */
static int give_states(struct skald_debug_table *table, int family)
{
	const struct skald_witness *chain = skald_witnesses(families[family]);
	struct skald_nftnl_refusal refusal;
	struct skald_nftnl_batch batch;
	struct skald_rule_place place;
	int err;

	err = skald_nftnl_batch_init(&batch, &table->nl);
	if (err)
		return err;
	for (; chain->name; chain++) {
		if (chain->role != SKALD_ROLE_CT)
			continue;
		place = place_of(table, family, chain);
		skald_nftnl_message(&batch, NFT_MSG_DELRULE, place.family, 0);
		skald_nftnl_put_string(&batch, NFTA_RULE_TABLE, place.table);
		skald_nftnl_put_string(&batch, NFTA_RULE_CHAIN, chain->name);
		skald_debug_rule_put_states(&batch, &place);
	}
	err = skald_nftnl_commit(&table->nl, &batch, &refusal);
	skald_nftnl_batch_done(&batch);
	if (err && refusal.type == NFT_MSG_NEWRULE)
		table->has_ct = false;
	if (!err)
		table->has_states[family] = true;
	return err;
}

static void put_removal(struct skald_nftnl_batch *batch,
			const struct skald_rule_place *place)
{
	skald_nftnl_message(batch, NFT_MSG_DELRULE, place->family, 0);
	skald_nftnl_put_string(batch, NFTA_RULE_TABLE, place->table);
	skald_nftnl_put_string(batch, NFTA_RULE_CHAIN, place->chain->name);
	skald_nftnl_message(batch, NFT_MSG_DELCHAIN, place->family, 0);
	skald_nftnl_put_string(batch, NFTA_CHAIN_TABLE, place->table);
	skald_nftnl_put_string(batch, NFTA_CHAIN_NAME, place->chain->name);
}

/* Chains come and go in one transaction: no packet meets half of it. */
static int place_chains(struct skald_debug_table *table, int family,
			uint32_t wanted)
{
	const struct skald_witness *chains = skald_witnesses(families[family]);
	const uint32_t changed = wanted ^ table->placed[family];
	struct skald_nftnl_refusal refusal;
	struct skald_nftnl_batch batch;
	struct skald_rule_place place;
	unsigned int i;
	int err;

	err = skald_nftnl_batch_init(&batch, &table->nl);
	if (err)
		return err;
	for (i = 0; chains[i].name; i++) {
		if (!(changed & 1u << i))
			continue;
		place = place_of(table, family, &chains[i]);
		if (wanted & 1u << i) {
			put_chain(&batch, &place, family);
			put_witness_rules(&batch, &place,
					  table->has_states[family]);
		} else {
			put_removal(&batch, &place);
		}
	}
	err = skald_nftnl_commit(&table->nl, &batch, &refusal);
	skald_nftnl_batch_done(&batch);
	if (!err)
		table->placed[family] = wanted;
	return err;
}

static int refresh_family(struct skald_debug_table *table, int family)
{
	const bool gets_states =
		!table->has_states[family] && may_have_states(table, family);
	const uint32_t wanted = wanted_chains(table, family);
	int err = 0;

	if (!gets_states && wanted == table->placed[family])
		return 0;
	pthread_rwlock_wrlock(&table->lock);
	if (gets_states)
		err = give_states(table, family);
	if (!err && wanted != table->placed[family])
		err = place_chains(table, family, wanted);
	if (!err)
		err = skald_debug_table_learn(table);
	pthread_rwlock_unlock(&table->lock);
	return err;
}

int skald_debug_table_refresh(struct skald_debug_table *table)
{
	int family, err = 0;

	for (family = 0; family < SKALD_TABLE_N && !err; family++) {
		if (table->is_made[family])
			err = refresh_family(table, family);
	}
	return err;
}

static int hold_netns(const struct skald_netns *netns, struct skald_netns *held)
{
	*held = *netns;
	held->fd = fcntl(netns->fd, F_DUPFD_CLOEXEC, 0);
	return held->fd < 0 ? -errno : 0;
}

static int make(struct skald_debug_table *table, struct skald_error *error)
{
	int err;

	err = skald_nftnl_open(&table->netns, &table->nl, error);
	if (err)
		return err;
	err = make_named(table, error);
	if (err)
		goto err_nl;
	err = skald_debug_table_learn(table);
	if (err)
		goto err_tables;
	return 0;

err_tables:
	(void)skald_error_set(error, -err, "cannot read table %s back: %s",
			      table->name, strerror(-err));
	delete_all(table);
	free(table->rules.items);
err_nl:
	skald_nftnl_close(&table->nl);
	return err;
}

int skald_debug_table_new(const struct skald_netns *netns,
			  struct skald_debug_table **table,
			  struct skald_error *error)
{
	struct skald_debug_table *made = calloc(1, sizeof(*made));
	int family, err;

	if (!made)
		return skald_error_set(error, ENOMEM, "out of memory");
	made->has_owner = true;
	made->has_ct = true;
	/* arp: kernels of late refuse all matches that serve every family. */
	for (family = 0; family < SKALD_TABLE_N; family++)
		made->has_bpf[family] = family != SKALD_TABLE_ARP;
	err = hold_netns(netns, &made->netns);
	if (err) {
		(void)skald_error_set(error, -err,
				      "cannot hold network namespace %s: %s",
				      netns->name, strerror(-err));
		goto err_table;
	}
	err = -pthread_rwlock_init(&made->lock, NULL);
	if (err) {
		(void)skald_error_set(error, -err, "cannot make a lock: %s",
				      strerror(-err));
		goto err_netns;
	}
	err = make(made, error);
	if (err)
		goto err_lock;
	*table = made;
	return 0;

err_lock:
	pthread_rwlock_destroy(&made->lock);
err_netns:
	skald_netns_close(&made->netns);
err_table:
	free(made);
	return err;
}

void skald_debug_table_free(struct skald_debug_table *table)
{
	if (!table)
		return;
	delete_all(table);
	skald_nftnl_close(&table->nl);
	pthread_rwlock_destroy(&table->lock);
	skald_netns_close(&table->netns);
	free(table->rules.items);
	free(table);
}

const char *skald_debug_table_name(const struct skald_debug_table *table)
{
	return table->name;
}
