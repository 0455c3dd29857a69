// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the debug table's rules back from the kernel: their handles, what they
 * stand for, and their counters.
 */
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "debug_rule.h"
#include "event.h"

/* Expressions and user data of a rule. */
struct parts {
	const char *chain;
	uint64_t handle;
	char comment[SKALD_RULE_COMMENT];
	uint64_t counters[2];
	unsigned int n_counters;
	bool is_limited;
};

static void read_comment(const struct nlattr *attr, struct parts *parts)
{
	const uint8_t *udata = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr), len;

	while (left >= 2 && left - 2 >= udata[1]) {
		len = udata[1];
		if (udata[0] == SKALD_RULE_UDATA_COMMENT &&
		    len < SKALD_RULE_COMMENT) {
			memcpy(parts->comment, udata + 2, len);
			parts->comment[len] = '\0';
		}
		udata += 2 + len;
		left -= 2 + len;
	}
}

/* The first and the last counter of a rule are the ones that are told. */
static void read_counter(const struct nlattr *data, struct parts *parts)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data) {
		if (mnl_attr_get_type(attr) != NFTA_COUNTER_PACKETS ||
		    mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
			continue;
		parts->counters[parts->n_counters > 0] =
			be64toh(mnl_attr_get_u64(attr));
		parts->n_counters++;
	}
}

static void read_expression(const struct nlattr *elem, struct parts *parts)
{
	const struct nlattr *attr, *data = NULL;
	const char *name = "";

	mnl_attr_for_each_nested(attr, elem) {
		if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA)
			data = attr;
		else if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME &&
			 mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
	}
	if (!strcmp(name, "objref"))
		parts->is_limited = true;
	if (!strcmp(name, "counter") && data)
		read_counter(data, parts);
}

static void read_attribute(const struct nlattr *attr, struct parts *parts)
{
	const struct nlattr *elem;

	switch (mnl_attr_get_type(attr)) {
	case NFTA_RULE_CHAIN:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			parts->chain = mnl_attr_get_str(attr);
		break;
	case NFTA_RULE_HANDLE:
		if (mnl_attr_validate(attr, MNL_TYPE_U64) >= 0)
			parts->handle = be64toh(mnl_attr_get_u64(attr));
		break;
	case NFTA_RULE_USERDATA:
		read_comment(attr, parts);
		break;
	case NFTA_RULE_EXPRESSIONS:
		mnl_attr_for_each_nested(elem, attr)
			read_expression(elem, parts);
		break;
	default:
		break;
	}
}

static const struct skald_witness *chain_of(unsigned int family,
					    const char *name)
{
	const struct skald_witness *chain = skald_witnesses(family);

	while (chain && chain->name && strcmp(chain->name, name))
		chain++;
	return chain && chain->name ? chain : NULL;
}

/* What stands behind a prefix, or NULL. */
static const char *behind(const char *comment, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(comment, prefix, len) ? NULL : comment + len;
}

/* "skald mark 3", "skald ct new" */
static int read_meaning(const char *comment, struct skald_debug_rule *rule)
{
	const char *id = behind(comment, "skald mark ");
	const char *word = behind(comment, "skald ct ");
	uint64_t number;
	char *end;

	if (id && *id) {
		rule->role = SKALD_ROLE_MARK;
		rule->value = strtoul(id, &end, 10);
		return *end ? -ENOENT : 0;
	}
	if (word && skald_word_number(skald_words_of_CTSTATE, word, &number)) {
		rule->role = SKALD_ROLE_CT;
		rule->value = number;
		return 0;
	}
	return -ENOENT;
}

int skald_debug_rule_parse(const struct nlmsghdr *nlh,
			   struct skald_debug_rule *rule)
{
	struct skald_debug_rule found = { .handle = 0 };
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	struct parts parts = { .chain = NULL };
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*head))
		return -EBADMSG;
	mnl_attr_for_each(attr, nlh, sizeof(*head))
		read_attribute(attr, &parts);
	if (!parts.chain || !parts.handle)
		return -EBADMSG;
	found.handle = parts.handle;
	found.family = head->nfgen_family;
	found.chain = chain_of(found.family, parts.chain);
	if (!found.chain || read_meaning(parts.comment, &found) ||
	    found.role != found.chain->role)
		return -ENOENT;
	found.is_limited = parts.is_limited;
	found.seen = parts.counters[0];
	found.marked = parts.counters[1];
	*rule = found;
	return 0;
}
