// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the debug table, expression by expression:
 *
 *	[iifname] [oifname] match "bpf" (or native tests), counter "seen",
 *	[numgen inc mod N == 0], [limit], counter "marked", nftrace set, accept
 *
 * and for conntrack states: ct state & STATE != 0, accept. Reading them back is
 * in debug_rule_parse.c.
 */
#include "debug_rule.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "event.h"
#include "native.h"
#include "nft_abi.h"
#include "nft_expr.h"

/*
 * The bucket holds a tenth of a second, but what one connection needs at once:
 * in any second at most rate + burst packets pass.
 */
#define BURST_PART 10
#define BURST_MIN 5

struct state {
	uint32_t bit;
	uint32_t word;
};

static const struct state states[] = {
	{ SKALD_NFT_CT_ESTABLISHED, SKALD_CTSTATE_ESTABLISHED },
	{ SKALD_NFT_CT_NEW, SKALD_CTSTATE_NEW },
	{ SKALD_NFT_CT_RELATED, SKALD_CTSTATE_RELATED },
	{ SKALD_NFT_CT_INVALID, SKALD_CTSTATE_INVALID },
	{ SKALD_NFT_CT_UNTRACKED, SKALD_CTSTATE_UNTRACKED },
};
#define N_STATES (sizeof(states) / sizeof(states[0]))

static void put_interface(struct skald_nftnl_batch *batch, unsigned int key,
			  const char *name)
{
	char padded[IFNAMSIZ] = "";

	if (!name)
		return;
	(void)snprintf(padded, sizeof(padded), "%s", name);
	skald_expr_put_meta(batch, key);
	skald_expr_put_cmp(batch, NFT_CMP_EQ, padded, sizeof(padded));
}

static void limit_name(uint32_t id, char *name, size_t size)
{
	(void)snprintf(name, size, "mark-%" PRIu32, id);
}

static void put_sample(struct skald_nftnl_batch *batch, uint32_t sample)
{
	static const uint32_t zero;

	if (sample < 2)
		return;
	skald_expr_put_numgen(batch, sample);
	skald_expr_put_cmp(batch, NFT_CMP_EQ, &zero, sizeof(zero));
}

static void put_limit(struct skald_nftnl_batch *batch,
		      const struct skald_classifier *classifier)
{
	char name[SKALD_RULE_COMMENT];

	if (!classifier->rate)
		return;
	limit_name(classifier->id, name, sizeof(name));
	skald_expr_put_limit(batch, name);
}

static void put_comment(struct skald_nftnl_batch *batch, const char *comment)
{
	size_t len = strlen(comment) + 1;
	uint8_t udata[2 + SKALD_RULE_COMMENT] = { SKALD_RULE_UDATA_COMMENT,
						  len };

	memcpy(udata + 2, comment, len);
	skald_nftnl_put(batch, NFTA_RULE_USERDATA, udata, 2 + len);
}

/* Starts a rule and its list of expressions. */
static struct nlattr *rule_begin(struct skald_nftnl_batch *batch,
				 const struct skald_rule_place *place,
				 unsigned int flags, const char *comment)
{
	skald_nftnl_message(batch, NFT_MSG_NEWRULE, place->family,
			    NLM_F_CREATE | flags);
	skald_nftnl_put_string(batch, NFTA_RULE_TABLE, place->table);
	skald_nftnl_put_string(batch, NFTA_RULE_CHAIN, place->chain->name);
	put_comment(batch, comment);
	return skald_nftnl_nest(batch, NFTA_RULE_EXPRESSIONS);
}

static void put_state(struct skald_nftnl_batch *batch,
		      const struct skald_rule_place *place,
		      const struct state *state)
{
	static const uint32_t zero;
	char comment[SKALD_RULE_COMMENT];
	struct nlattr *list;

	(void)snprintf(comment, sizeof(comment), "skald ct %s",
		       skald_word(skald_words_of_CTSTATE, state->word));
	list = rule_begin(batch, place, NLM_F_APPEND, comment);
	skald_expr_put_ct(batch, NFT_CT_STATE);
	skald_expr_put_mask(batch, &state->bit, sizeof(state->bit));
	skald_expr_put_cmp(batch, NFT_CMP_NEQ, &zero, sizeof(zero));
	skald_expr_put_accept(batch);
	skald_nftnl_unnest(batch, list);
}

void skald_debug_rule_put_states(struct skald_nftnl_batch *batch,
				 const struct skald_rule_place *place)
{
	size_t i;

	for (i = 0; i < N_STATES; i++)
		put_state(batch, place, &states[i]);
}

void skald_debug_rule_put_look(struct skald_nftnl_batch *batch,
			       const struct skald_rule_place *place)
{
	struct nlattr *list =
		rule_begin(batch, place, NLM_F_APPEND, "skald look");

	skald_expr_put_accept(batch);
	skald_nftnl_unnest(batch, list);
}

static void put_object(struct skald_nftnl_batch *batch, unsigned int type,
		       unsigned int flags, const struct skald_rule_place *place,
		       uint32_t id)
{
	char name[SKALD_RULE_COMMENT];

	limit_name(id, name, sizeof(name));
	skald_nftnl_message(batch, type, place->family, flags);
	skald_nftnl_put_string(batch, NFTA_OBJ_TABLE, place->table);
	skald_nftnl_put_string(batch, NFTA_OBJ_NAME, name);
	skald_nftnl_put_u32(batch, NFTA_OBJ_TYPE, NFT_OBJECT_LIMIT);
}

void skald_debug_rule_put_limit(struct skald_nftnl_batch *batch,
				const struct skald_rule_place *place,
				const struct skald_classifier *classifier)
{
	uint32_t burst = classifier->rate / BURST_PART;
	struct nlattr *data;

	put_object(batch, NFT_MSG_NEWOBJ, NLM_F_CREATE | NLM_F_EXCL, place,
		   classifier->id);
	data = skald_nftnl_nest(batch, NFTA_OBJ_DATA);
	skald_nftnl_put_u64(batch, NFTA_LIMIT_RATE, classifier->rate);
	skald_nftnl_put_u64(batch, NFTA_LIMIT_UNIT, 1);
	skald_nftnl_put_u32(batch, NFTA_LIMIT_BURST,
			    burst < BURST_MIN ? BURST_MIN : burst);
	skald_nftnl_put_u32(batch, NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
	skald_nftnl_put_u32(batch, NFTA_LIMIT_FLAGS, 0);
	skald_nftnl_unnest(batch, data);
}

void skald_debug_rule_put_unlimit(struct skald_nftnl_batch *batch,
				  const struct skald_rule_place *place,
				  uint32_t id)
{
	put_object(batch, NFT_MSG_DELOBJ, 0, place, id);
}

static struct nlattr *mark_begin(struct skald_nftnl_batch *batch,
				 const struct skald_rule_place *place,
				 const struct skald_classifier *classifier)
{
	char comment[SKALD_RULE_COMMENT];
	struct nlattr *list;

	(void)snprintf(comment, sizeof(comment), "skald mark %" PRIu32,
		       classifier->id);
	list = rule_begin(batch, place, 0, comment);
	put_interface(batch, NFT_META_IIFNAME, classifier->iif);
	put_interface(batch, NFT_META_OIFNAME, classifier->oif);
	return list;
}

/* The last rule of a chain saves the event of the chain's end. */
static void mark_end(struct skald_nftnl_batch *batch,
		     const struct skald_rule_place *place,
		     const struct skald_classifier *classifier,
		     struct nlattr *list)
{
	skald_expr_put_counter(batch);
	put_sample(batch, classifier->sample);
	put_limit(batch, classifier);
	skald_expr_put_counter(batch);
	skald_expr_put_nftrace(batch);
	if (!place->goes_on)
		skald_expr_put_accept(batch);
	skald_nftnl_unnest(batch, list);
}

void skald_debug_rule_put_mark(struct skald_nftnl_batch *batch,
			       const struct skald_rule_place *place,
			       const struct skald_classifier *classifier,
			       const struct skald_program *program, int fd)
{
	struct nlattr *list = mark_begin(batch, place, classifier);

	skald_expr_put_bpf(batch, program, fd);
	mark_end(batch, place, classifier, list);
}

static unsigned int native_cmp(const struct skald_native_test *test)
{
	switch ((enum skald_native_op)test->op) {
	case SKALD_NATIVE_EQ:
		return NFT_CMP_EQ;
	case SKALD_NATIVE_NE:
		return NFT_CMP_NEQ;
	case SKALD_NATIVE_LT:
		return NFT_CMP_LT;
	case SKALD_NATIVE_LE:
		return NFT_CMP_LTE;
	case SKALD_NATIVE_GT:
		return NFT_CMP_GT;
	case SKALD_NATIVE_GE:
		return NFT_CMP_GTE;
	}
	return NFT_CMP_EQ;
}

/* Loads what a test looks at, in network order. */
static void put_native_load(struct skald_nftnl_batch *batch,
			    const struct skald_native_test *test)
{
	switch ((enum skald_native_base)test->base) {
	case SKALD_NATIVE_LL:
		skald_expr_put_payload(batch, NFT_PAYLOAD_LL_HEADER,
				       test->offset, test->len);
		break;
	case SKALD_NATIVE_NH:
		skald_expr_put_payload(batch, NFT_PAYLOAD_NETWORK_HEADER,
				       test->offset, test->len);
		break;
	case SKALD_NATIVE_TH:
		skald_expr_put_payload(batch, NFT_PAYLOAD_TRANSPORT_HEADER,
				       test->offset, test->len);
		break;
	case SKALD_NATIVE_PROTOCOL:
		skald_expr_put_meta(batch, NFT_META_PROTOCOL);
		break;
	case SKALD_NATIVE_IIFTYPE:
		skald_expr_put_meta(batch, NFT_META_IIFTYPE);
		skald_expr_put_hton(batch, test->len);
		break;
	case SKALD_NATIVE_LEN:
		skald_expr_put_meta(batch, NFT_META_LEN);
		skald_expr_put_hton(batch, test->len);
		break;
	}
}

static void put_native_test(struct skald_nftnl_batch *batch,
			    const struct skald_native_test *test)
{
	unsigned int shift = 8 * (sizeof(uint32_t) - test->len);
	uint32_t mask = htonl(test->mask << shift);
	uint32_t value = htonl(test->value << shift);

	put_native_load(batch, test);
	if (test->mask << shift != UINT32_MAX << shift)
		skald_expr_put_mask(batch, &mask, test->len);
	skald_expr_put_cmp(batch, native_cmp(test), &value, test->len);
}

void skald_debug_rule_put_native(struct skald_nftnl_batch *batch,
				 const struct skald_rule_place *place,
				 const struct skald_classifier *classifier,
				 const struct skald_native_rule *native)
{
	struct nlattr *list = mark_begin(batch, place, classifier);
	unsigned int i;

	for (i = 0; i < native->n_tests; i++)
		put_native_test(batch, &native->tests[i]);
	mark_end(batch, place, classifier, list);
}
