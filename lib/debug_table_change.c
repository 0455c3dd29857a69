// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes the rules in the debug table: a classifier's come and go.
 *
 * New rules go in front of older ones: a packet that two classifiers want is
 * marked by the newer, so that whoever asked last sees what he asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_bpf.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "debug_table_priv.h"
#include "ebpf.h"
#include "event.h"
#include "native.h"

/**
 * struct means - how one family's program gets into the kernel
 * @program: the program; no instructions: not at all
 * @fd: as eBPF, -1: not
 * @is_native: as comparisons
 * @native: those
 */
struct means {
	const struct skald_program *program;
	int fd;
	bool is_native;
	struct skald_native native;
};

static const struct skald_program *
program_of(const struct skald_classifier *classifier,
	   enum skald_table_family family)
{
	switch (family) {
	case SKALD_TABLE_IP:
		return &classifier->ip;
	case SKALD_TABLE_IP6:
		return &classifier->ip6;
	case SKALD_TABLE_BRIDGE:
		return &classifier->any;
	case SKALD_TABLE_ARP:
	case SKALD_TABLE_N:
		break;
	}
	return &classifier->arp;
}

static void means_done(struct means *means)
{
	int family;

	for (family = 0; family < SKALD_TABLE_N; family++) {
		if (means[family].fd >= 0)
			close(means[family].fd);
		skald_native_done(&means[family].native);
	}
}

static int no_means(enum skald_table_family family, struct skald_error *error)
{
	const char *word = skald_word(skald_words_of_FAMILY,
				      skald_debug_table_nfproto(family));
	char why[SKALD_ERROR_TEXT];

	(void)snprintf(why, sizeof(why), "%s", error ? error->text : "");
	(void)skald_error_set(error, EOPNOTSUPP,
			      "the expression is too much for a kernel that "
			      "has no bpf match for %s packets: %s",
			      word, why);
	skald_error_help(error,
			 family == SKALD_TABLE_ARP
				 ? "add \"and not arp\" to it"
				 : "modprobe nft_compat xt_bpf, or ask for "
				   "less");
	return -EOPNOTSUPP;
}

/* Long programs go in as eBPF, or as comparisons where that is refused. */
static int means_one(struct means *means, enum skald_table_family family,
		     bool has_bpf, struct skald_error *error)
{
	struct skald_error spare;

	if (has_bpf && means->program->n_insns <= XT_BPF_MAX_NUM_INSTR)
		return 0;
	if (has_bpf) {
		means->fd = skald_ebpf_load(means->program->insns,
					    means->program->n_insns, error);
		if (means->fd >= 0)
			return 0;
	}
	means->is_native = !skald_native_translate(
		means->program, &means->native, has_bpf ? &spare : error);
	if (means->is_native)
		return 0;
	return has_bpf ? means->fd : no_means(family, error);
}

static int means_init(struct means *means,
		      const struct skald_debug_table *table,
		      const struct skald_classifier *classifier,
		      struct skald_error *error)
{
	int family, err = 0;

	for (family = 0; family < SKALD_TABLE_N; family++) {
		means[family] = (struct means){
			.program = program_of(classifier, family),
			.fd = -1,
		};
		if (!err && table->is_made[family] &&
		    means[family].program->n_insns)
			err = means_one(&means[family], family,
					table->has_bpf[family], error);
	}
	if (err)
		means_done(means);
	return err;
}

/* Whether a classifier looks at what passes a chain. */
static bool is_wanted(const struct skald_classifier *classifier,
		      const struct skald_witness *chain)
{
	unsigned int at = chain->hook == SKALD_HOOK_OUTPUT
				  ? SKALD_AT_OUTPUT
				  : SKALD_AT_PREROUTING;

	if (chain->role != SKALD_ROLE_MARK)
		return false;
	if (classifier->hooks && !(classifier->hooks & at))
		return false;
	/* Each interface is known on one of the two sides only. */
	return at == SKALD_AT_OUTPUT ? !classifier->iif : !classifier->oif;
}

static void put_rules(struct skald_nftnl_batch *batch,
		      const struct skald_rule_place *place,
		      const struct skald_classifier *classifier,
		      const struct means *means)
{
	unsigned int i;

	if (!means->is_native)
		skald_debug_rule_put_mark(batch, place, classifier,
					  means->program, means->fd);
	for (i = 0; means->is_native && i < means->native.n_rules; i++)
		skald_debug_rule_put_native(batch, place, classifier,
					    &means->native.rules[i]);
}

/* Whether rules that mark stand in a chain; new ones are put before them. */
static bool has_marks(const struct skald_debug_table *table,
		      const struct skald_rule_place *place)
{
	const struct skald_known_rule *known = table->rules.items;
	size_t i;

	for (i = 0; i < table->rules.n; i++, known++) {
		if (!known->gone_ns && known->rule.role == SKALD_ROLE_MARK &&
		    known->rule.family == place->family &&
		    known->rule.chain == place->chain)
			return true;
	}
	return false;
}

static void put_family(struct skald_nftnl_batch *batch,
		       const struct skald_debug_table *table,
		       enum skald_table_family family,
		       const struct skald_classifier *classifier,
		       const struct means *means)
{
	struct skald_rule_place place = {
		.table = table->name,
		.family = skald_debug_table_nfproto(family),
	};
	const struct skald_witness *chain = skald_witnesses(place.family);
	bool is_limited = false;

	if (!table->is_made[family] || !means->program->n_insns)
		return;
	for (; chain->name; chain++) {
		if (!is_wanted(classifier, chain))
			continue;
		place.chain = chain;
		place.goes_on = has_marks(table, &place);
		if (classifier->rate && !is_limited)
			skald_debug_rule_put_limit(batch, &place, classifier);
		is_limited = true;
		put_rules(batch, &place, classifier, means);
	}
}

/* One attempt, with the means the kernel is thought to have. */
static int add_once(struct skald_debug_table *table,
		    const struct skald_classifier *classifier,
		    struct skald_nftnl_refusal *refusal,
		    struct skald_error *error)
{
	struct means means[SKALD_TABLE_N];
	struct skald_nftnl_batch batch;
	int family, err;

	err = means_init(means, table, classifier, error);
	if (err)
		return err;
	err = skald_nftnl_batch_init(&batch, &table->nl);
	if (err)
		goto err_means;
	for (family = 0; family < SKALD_TABLE_N; family++)
		put_family(&batch, table, family, classifier, &means[family]);
	if (batch.n)
		err = skald_nftnl_commit(&table->nl, &batch, refusal);
	else
		err = -ENODATA;
	skald_nftnl_batch_done(&batch);
err_means:
	means_done(means);
	return err;
}

static int nothing_to_add(const struct skald_classifier *classifier,
			  struct skald_error *error)
{
	if (classifier->iif && classifier->oif)
		return skald_error_set(
			error, EINVAL,
			"no hook that marks knows both the input "
			"and the output interface");
	return skald_error_set(error, EINVAL,
			       "no packet of a family that this kernel filters "
			       "can match \"%s\" at the hooks and interfaces "
			       "that were asked for",
			       classifier->expression ? classifier->expression
						      : "");
}

/* A family that refuses the bpf match gets comparisons from now on. */
static bool has_learnt(struct skald_debug_table *table,
		       const struct skald_nftnl_refusal *refusal)
{
	int family;

	if (strcmp(refusal->expression, "bpf") ||
	    (refusal->code != ENOENT && refusal->code != EINVAL))
		return false;
	for (family = 0; family < SKALD_TABLE_N; family++) {
		if (skald_debug_table_nfproto(family) != refusal->family ||
		    !table->has_bpf[family])
			continue;
		table->has_bpf[family] = false;
		return true;
	}
	return false;
}

/* The lock is held for writing. */
static int add(struct skald_debug_table *table,
	       const struct skald_classifier *classifier,
	       struct skald_error *error)
{
	struct skald_nftnl_refusal refusal;
	char what[64];
	int err;

	do {
		refusal = (struct skald_nftnl_refusal){ .code = 0 };
		err = add_once(table, classifier, &refusal, error);
	} while (err && has_learnt(table, &refusal));
	if (err == -ENODATA)
		return nothing_to_add(classifier, error);
	if (err && refusal.code) {
		(void)snprintf(what, sizeof(what),
			       "classifier %" PRIu32 " in table %s",
			       classifier->id, table->name);
		return skald_nftnl_error(&refusal, what, error);
	}
	return err;
}

static bool has_id(const struct skald_debug_table *table, uint32_t id)
{
	size_t i;

	for (i = 0; i < table->rules.n; i++) {
		if (skald_known_rule_is(&table->rules.items[i], id))
			return true;
	}
	return false;
}

int skald_debug_table_add(struct skald_debug_table *table,
			  const struct skald_classifier *classifier,
			  struct skald_error *error)
{
	int err;

	if (has_id(table, classifier->id))
		return skald_error_set(error, EEXIST,
				       "classifier %" PRIu32 " is in table %s "
				       "already",
				       classifier->id, table->name);
	/* Not to know the state of connections is no reason to refuse. */
	(void)skald_debug_table_refresh(table);
	pthread_rwlock_wrlock(&table->lock);
	err = add(table, classifier, error);
	if (err)
		goto out;
	err = skald_debug_table_learn(table);
	if (err)
		(void)skald_error_set(error, -err,
				      "cannot read the rules of classifier "
				      "%" PRIu32 " back: %s",
				      classifier->id, strerror(-err));
out:
	pthread_rwlock_unlock(&table->lock);
	return err;
}

/* Rules first, then the limits that they share, each once a table. */
static void put_deletes(struct skald_nftnl_batch *batch,
			const struct skald_debug_table *table, uint32_t id)
{
	const struct skald_debug_rule *rule;
	struct skald_rule_place place;
	unsigned int last = NFPROTO_UNSPEC;
	size_t i;

	for (i = 0; i < table->rules.n; i++) {
		rule = &table->rules.items[i].rule;
		if (!skald_known_rule_is(&table->rules.items[i], id))
			continue;
		skald_nftnl_message(batch, NFT_MSG_DELRULE, rule->family, 0);
		skald_nftnl_put_string(batch, NFTA_RULE_TABLE, table->name);
		skald_nftnl_put_string(batch, NFTA_RULE_CHAIN,
				       rule->chain->name);
		skald_nftnl_put_u64(batch, NFTA_RULE_HANDLE, rule->handle);
	}
	for (i = 0; i < table->rules.n; i++) {
		rule = &table->rules.items[i].rule;
		if (!skald_known_rule_is(&table->rules.items[i], id) ||
		    !rule->is_limited || rule->family == last)
			continue;
		last = rule->family;
		place = (struct skald_rule_place){ .table = table->name,
						   .family = rule->family };
		skald_debug_rule_put_unlimit(batch, &place, id);
	}
}

static int delete (struct skald_debug_table *table, uint32_t id,
		   struct skald_nftnl_refusal *refusal)
{
	struct skald_nftnl_batch batch;
	uint64_t now = skald_table_now_ns();
	size_t i;
	int err;

	err = skald_nftnl_batch_init(&batch, &table->nl);
	if (err)
		return err;
	put_deletes(&batch, table, id);
	err = skald_nftnl_commit(&table->nl, &batch, refusal);
	skald_nftnl_batch_done(&batch);
	if (err)
		return err;
	pthread_rwlock_wrlock(&table->lock);
	for (i = 0; i < table->rules.n; i++) {
		if (skald_known_rule_is(&table->rules.items[i], id))
			table->rules.items[i].gone_ns = now;
	}
	pthread_rwlock_unlock(&table->lock);
	return 0;
}

int skald_debug_table_delete(struct skald_debug_table *table, uint32_t id,
			     struct skald_error *error)
{
	struct skald_nftnl_refusal refusal = { .code = ENOMEM, .type = -1 };
	char what[64];

	if (!has_id(table, id))
		return skald_error_set(error, ENOENT,
				       "there is no classifier %" PRIu32
				       " in table %s",
				       id, table->name);
	if (!delete (table, id, &refusal))
		return 0;
	(void)snprintf(what, sizeof(what), "classifier %" PRIu32 " in table %s",
		       id, table->name);
	return skald_nftnl_error(&refusal, what, error);
}
