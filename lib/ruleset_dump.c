// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel holds of a ruleset, dumped over netlink: kept as received,
 * and taken apart as far as names, handles, hooks and order go.
 */
#include "ruleset_parts.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* The table's name is attribute 1 of every object of nf_tables. */
#define ATTR_TABLE 1

/* Room for one request: headers, and the names of a table and a set. */
#define REQUEST_SIZE 1024

/* A set, to ask for its elements. */
struct set {
	unsigned int family;
	const char *table;
	const char *name;
	struct set *next;
};

struct dump {
	struct skald_parts *parts;
	struct set *sets;
};

static struct nlmsghdr *request(char *room, unsigned int type,
				unsigned int family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | type;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = 0;
	return nlh;
}

static unsigned int family_of(const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	return nfg->nfgen_family;
}

static void parse(const struct nlmsghdr *nlh, const struct nlattr **tb,
		  size_t n)
{
	skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb, n);
}

static uint64_t u64_of(const struct nlattr *attr)
{
	const void *bytes = skald_attr_bytes(attr, sizeof(uint64_t));
	uint64_t number = 0;

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return ntohl(skald_attr_u32(attr));
}

static const char *copy(struct dump *dump, const char *string)
{
	return skald_arena_strndup(&dump->parts->arena, string, strlen(string));
}

/*
 * Whether the message counts: every object names its table. Keeps it, with the
 * padding that the next one needs.
 */
static bool keep(struct dump *dump, const struct nlmsghdr *nlh,
		 const struct nlattr *table)
{
	const char *name = skald_attr_string(table);

	if (!name || skald_parts_is_own(name))
		return false;
	skald_buffer_put(&dump->parts->bytecode, nlh, nlh->nlmsg_len);
	while (dump->parts->bytecode.len % MNL_ALIGNTO &&
	       !dump->parts->bytecode.failed)
		skald_buffer_put_u8(&dump->parts->bytecode, 0);
	return true;
}

static int take_table(struct dump *dump, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NFTA_TABLE_HANDLE + 1];
	struct skald_part_table table = { 0 };

	parse(nlh, tb, NFTA_TABLE_HANDLE + 1);
	if (!keep(dump, nlh, tb[NFTA_TABLE_NAME]))
		return 0;

	table.family = family_of(nlh);
	table.handle = u64_of(tb[NFTA_TABLE_HANDLE]);
	table.name = copy(dump, mnl_attr_get_str(tb[NFTA_TABLE_NAME]));
	if (!table.name)
		return -ENOMEM;
	return skald_parts_add_table(dump->parts, &table);
}

/* Whether iptables-nft would call a table of its own so. */
static bool is_iptables_table(unsigned int family, const char *name)
{
	static const char *const ip[] = { "filter", "nat",	"mangle",
					  "raw",    "security", NULL };
	static const char *const bridge[] = { "filter", "nat", "broute", NULL };
	static const char *const arp[] = { "filter", NULL };
	const char *const *names = NULL;

	if (family == NFPROTO_IPV4 || family == NFPROTO_IPV6)
		names = ip;
	else if (family == NFPROTO_BRIDGE)
		names = bridge;
	else if (family == NFPROTO_ARP)
		names = arp;
	while (names && *names && strcmp(*names, name) != 0)
		names++;
	return names && *names;
}

static bool is_iptables_chain(const struct skald_chain *chain)
{
	static const char *const names[] = { "PREROUTING",  "INPUT",
					     "FORWARD",	    "OUTPUT",
					     "POSTROUTING", "BROUTING" };

	if (!chain->is_base || !is_iptables_table(chain->family, chain->table))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], chain->name) == 0)
			return true;
	}
	return false;
}

static int take_hook(struct dump *dump, const struct nlattr **chain_tb,
		     struct skald_chain *chain)
{
	const struct nlattr *tb[NFTA_HOOK_PRIORITY + 1];
	const char *type = skald_attr_string(chain_tb[NFTA_CHAIN_TYPE]);

	if (!chain_tb[NFTA_CHAIN_HOOK])
		return 0;
	skald_attrs_parse_nested(chain_tb[NFTA_CHAIN_HOOK], tb,
				 NFTA_HOOK_PRIORITY + 1);
	chain->is_base = true;
	chain->hook = skald_hook_from_nft(chain->family,
					  u32_of(tb[NFTA_HOOK_HOOKNUM]));
	chain->priority = (int)u32_of(tb[NFTA_HOOK_PRIORITY]);
	chain->policy = u32_of(chain_tb[NFTA_CHAIN_POLICY]) == NF_DROP
				? SKALD_VERDICT_DROP
				: SKALD_VERDICT_ACCEPT;
	chain->type = copy(dump, type ? type : "filter");
	return chain->type ? 0 : -ENOMEM;
}

static int take_chain(struct dump *dump, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NFTA_CHAIN_TYPE + 1];
	struct skald_part_chain chain = { 0 };
	const char *name;
	int err;

	parse(nlh, tb, NFTA_CHAIN_TYPE + 1);
	name = skald_attr_string(tb[NFTA_CHAIN_NAME]);
	if (!name || !keep(dump, nlh, tb[NFTA_CHAIN_TABLE]))
		return 0;

	chain.table = skald_parts_table(dump->parts, family_of(nlh),
					mnl_attr_get_str(tb[NFTA_CHAIN_TABLE]));
	if (!chain.table)
		return -EINTR;
	chain.chain.family = chain.table->family;
	chain.chain.table = chain.table->name;
	chain.chain.name = copy(dump, name);
	if (!chain.chain.name)
		return -ENOMEM;
	err = take_hook(dump, tb, &chain.chain);
	if (err)
		return err;
	if (is_iptables_chain(&chain.chain))
		chain.table->is_iptables = true;
	return skald_parts_add_chain(dump->parts, &chain);
}

static int take_set(struct dump *dump, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NFTA_SET_NAME + 1];
	const char *name;
	struct set *set;

	parse(nlh, tb, NFTA_SET_NAME + 1);
	name = skald_attr_string(tb[NFTA_SET_NAME]);
	if (!name || !keep(dump, nlh, tb[NFTA_SET_TABLE]))
		return 0;

	set = skald_arena_alloc(&dump->parts->arena, sizeof(*set));
	if (!set)
		return -ENOMEM;
	set->family = family_of(nlh);
	set->table = copy(dump, mnl_attr_get_str(tb[NFTA_SET_TABLE]));
	set->name = copy(dump, name);
	set->next = dump->sets;
	dump->sets = set;
	return set->table && set->name ? 0 : -ENOMEM;
}

/* Chain that an expression jumps or goes to, or NULL. */
static const char *target_of(const struct nlattr *data)
{
	const struct nlattr *imm[NFTA_IMMEDIATE_DATA + 1];
	const struct nlattr *value[NFTA_DATA_VERDICT + 1];
	const struct nlattr *verdict[NFTA_VERDICT_CHAIN + 1];

	skald_attrs_parse_nested(data, imm, NFTA_IMMEDIATE_DATA + 1);
	if (!imm[NFTA_IMMEDIATE_DATA])
		return NULL;
	skald_attrs_parse_nested(imm[NFTA_IMMEDIATE_DATA], value,
				 NFTA_DATA_VERDICT + 1);
	if (!value[NFTA_DATA_VERDICT])
		return NULL;
	skald_attrs_parse_nested(value[NFTA_DATA_VERDICT], verdict,
				 NFTA_VERDICT_CHAIN + 1);
	return skald_attr_string(verdict[NFTA_VERDICT_CHAIN]);
}

/* Finds an anonymous chain's jump, and expressions only iptables makes. */
static void take_expressions(const struct nlattr *list, const char **target,
			     bool *is_xt)
{
	const struct nlattr *tb[NFTA_EXPR_DATA + 1];
	const struct nlattr *elem;

	mnl_attr_for_each_nested(elem, list) {
		const char *name;

		skald_attrs_parse_nested(elem, tb, NFTA_EXPR_DATA + 1);
		name = skald_attr_string(tb[NFTA_EXPR_NAME]);
		if (!name)
			continue;
		if (strcmp(name, "match") == 0 || strcmp(name, "target") == 0)
			*is_xt = true;
		else if (strcmp(name, "immediate") == 0 && tb[NFTA_EXPR_DATA])
			*target = target_of(tb[NFTA_EXPR_DATA]);
	}
}

static int add_rule(struct dump *dump, unsigned int family,
		    const struct nlattr **tb, const char *chain)
{
	struct skald_part_rule rule = { 0 };
	struct skald_part_table *table;
	const char *target = NULL;
	bool is_xt = false;

	rule.rule.family = family;
	rule.rule.handle = u64_of(tb[NFTA_RULE_HANDLE]);
	rule.rule.table = mnl_attr_get_str(tb[NFTA_RULE_TABLE]);
	rule.rule.chain = chain;
	if (tb[NFTA_RULE_EXPRESSIONS])
		take_expressions(tb[NFTA_RULE_EXPRESSIONS], &target, &is_xt);
	if (target) {
		rule.inner = copy(dump, target);
		if (!rule.inner)
			return -ENOMEM;
	}
	table = skald_parts_table(dump->parts, family, rule.rule.table);
	if (table && is_xt && is_iptables_table(family, table->name))
		table->is_iptables = true;
	return skald_parts_add_rule(dump->parts, &rule);
}

static int take_rule(struct dump *dump, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NFTA_RULE_EXPRESSIONS + 1];
	const char *chain;

	parse(nlh, tb, NFTA_RULE_EXPRESSIONS + 1);
	chain = skald_attr_string(tb[NFTA_RULE_CHAIN]);
	if (!chain || !keep(dump, nlh, tb[NFTA_RULE_TABLE]))
		return 0;
	return add_rule(dump, family_of(nlh), tb, chain);
}

static int take_other(struct dump *dump, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[ATTR_TABLE + 1];

	parse(nlh, tb, ATTR_TABLE + 1);
	(void)keep(dump, nlh, tb[ATTR_TABLE]);
	return 0;
}

static int take(void *user, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return 0;
	switch (nlh->nlmsg_type & 0xff) {
	case NFT_MSG_NEWTABLE:
		return take_table(user, nlh);
	case NFT_MSG_NEWCHAIN:
		return take_chain(user, nlh);
	case NFT_MSG_NEWSET:
		return take_set(user, nlh);
	case NFT_MSG_NEWRULE:
		return take_rule(user, nlh);
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_NEWOBJ:
	case NFT_MSG_NEWFLOWTABLE:
		return take_other(user, nlh);
	default:
		return 0;
	}
}

static int take_generation(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NFTA_GEN_ID + 1];
	uint32_t *generation = user;

	if (nlh->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN))
		return 0;
	parse(nlh, tb, NFTA_GEN_ID + 1);
	if (!tb[NFTA_GEN_ID])
		return -EBADMSG;
	*generation = u32_of(tb[NFTA_GEN_ID]);
	return 0;
}

int skald_ruleset_generation(struct skald_call *call, uint32_t *generation)
{
	char room[REQUEST_SIZE];
	uint32_t number = 0;
	int err;

	err = skald_call_do(call, request(room, NFT_MSG_GETGEN, AF_UNSPEC),
			    take_generation, &number);
	if (!err)
		*generation = number;
	return err;
}

static int dump_elements(struct skald_call *call, struct dump *dump)
{
	char room[REQUEST_SIZE];
	int err = 0;

	for (const struct set *set = dump->sets; set && !err; set = set->next) {
		struct nlmsghdr *nlh =
			request(room, NFT_MSG_GETSETELEM, set->family);

		nlh->nlmsg_flags = NLM_F_DUMP;
		if (!mnl_attr_put_strz_check(nlh, sizeof(room),
					     NFTA_SET_ELEM_LIST_TABLE,
					     set->table) ||
		    !mnl_attr_put_strz_check(nlh, sizeof(room),
					     NFTA_SET_ELEM_LIST_SET, set->name))
			return -EMSGSIZE;
		err = skald_call_do(call, nlh, take, dump);
	}
	/* the set was there a moment ago */
	return err == -ENOENT ? -EINTR : err;
}

/* One pass over the kernel's objects of one kind. */
struct pass {
	const char *what;
	unsigned int type;
	bool is_optional;
};

/* Kernels that do not know an optional kind of object have none of it. */
static int do_pass(struct skald_call *call, struct dump *dump,
		   const struct pass *pass)
{
	char room[REQUEST_SIZE];
	struct nlmsghdr *nlh = request(room, pass->type, AF_UNSPEC);
	int err;

	if (pass->type == NFT_MSG_GETSETELEM)
		return dump_elements(call, dump);

	nlh->nlmsg_flags = NLM_F_DUMP;
	err = skald_call_do(call, nlh, take, dump);
	if (pass->is_optional && (err == -EOPNOTSUPP || err == -EINVAL))
		return 0;
	return err;
}

int skald_ruleset_dump(struct skald_call *call, struct skald_parts *parts,
		       struct skald_error *error)
{
	static const struct pass passes[] = {
		{ "tables", NFT_MSG_GETTABLE, false },
		{ "chains", NFT_MSG_GETCHAIN, false },
		{ "sets", NFT_MSG_GETSET, false },
		{ "set elements", NFT_MSG_GETSETELEM, false },
		{ "rules", NFT_MSG_GETRULE, false },
		{ "objects", NFT_MSG_GETOBJ, true },
		{ "flowtables", NFT_MSG_GETFLOWTABLE, true },
	};
	struct dump dump = { .parts = parts };

	for (size_t i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
		int err = do_pass(call, &dump, &passes[i]);

		if (!err && parts->bytecode.failed)
			err = -ENOMEM;
		if (err)
			return skald_error_set(
				error, -err,
				"cannot dump the %s of nf_tables: %s",
				passes[i].what, strerror(-err));
	}
	return skald_parts_index_rules(parts);
}

int skald_ruleset_read(struct skald_parts *parts, const void *bytes, size_t len)
{
	struct dump dump = { .parts = parts };
	const struct nlmsghdr *nlh;
	const uint8_t *at = bytes;

	while ((nlh = skald_message_next(&at, &len))) {
		int err = take(&dump, nlh);

		if (err)
			return err == -EINTR ? -EBADMSG : err;
	}
	if (len)
		return -EBADMSG;
	if (parts->bytecode.failed)
		return -ENOMEM;
	return skald_parts_index_rules(parts);
}
