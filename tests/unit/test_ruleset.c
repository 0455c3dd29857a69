// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots against the running kernel and the machine's own nft and iptables,
 * and the joining of texts with what no tool would ever print.
 */
#include "debug_table.h"
#include "ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "private_netns.h"
#include "ruleset_parts.h"
#include "tool.h"

#define TEXT_MAX (1 << 20)

static struct skald_netns netns;

static void setup(void)
{
	enter_private_netns(&netns);
}

static void teardown(void)
{
	skald_netns_close(&netns);
}

TestSuite(ruleset, .init = setup, .fini = teardown);
TestSuite(ruleset_join);

static void feed(const char *command, const char *input)
{
	FILE *pipe = popen(command, "w");

	cr_assert(pipe);
	(void)fputs(input, pipe);
	cr_assert_eq(pclose(pipe), 0, "%s", command);
}

static char *output_of(const char *command)
{
	char *text = calloc(1, TEXT_MAX);
	FILE *pipe = popen(command, "r");

	cr_assert(text && pipe);
	(void)fread(text, 1, TEXT_MAX - 1, pipe);
	cr_assert_eq(pclose(pipe), 0, "%s", command);
	return text;
}

static struct skald_ruleset take(void)
{
	struct skald_ruleset set;
	struct skald_error error = { 0 };

	cr_assert_eq(skald_ruleset_take(&netns, &set, &error), 0, "%s",
		     error.text);
	cr_assert_str_empty(error.text);
	return set;
}

static const struct skald_rule *find(const struct skald_ruleset *set,
				     const char *chain, const char *text)
{
	for (size_t i = 0; i < set->n_rules; i++) {
		if (strcmp(set->rules[i].chain, chain) == 0 &&
		    strcmp(set->rules[i].text, text) == 0)
			return &set->rules[i];
	}
	return NULL;
}

static const struct skald_chain *find_chain(const struct skald_ruleset *set,
					    const char *name)
{
	for (size_t i = 0; i < set->n_chains; i++) {
		if (strcmp(set->chains[i].name, name) == 0)
			return &set->chains[i];
	}
	return NULL;
}

/* Rulesets of many kinds, as people write them. */
static const char *const rulesets[] = {
	"table inet filter {\n"
	"	set blocked { type ipv4_addr; flags interval\n"
	"		elements = { 192.0.2.0/24, 198.51.100.7 }\n"
	"	}\n"
	"	chain input { type filter hook input priority 0; policy drop\n"
	"		ct state vmap { established : accept, invalid : drop }\n"
	"		ip saddr @blocked counter drop comment \"not # handle 3\"\n"
	"		tcp dport { 22, 80, 443 } accept\n"
	"		ip saddr . tcp dport { 192.0.2.1 . 1, 192.0.2.2 . 2 } accept\n"
	"		log prefix \"dropped: \" level debug\n"
	"	}\n"
	"	chain other { comment \"type filter\"\n"
	"		meta mark set ct mark & 0xff\n"
	"		return\n"
	"	}\n"
	"}\n",
	"table ip nat {\n"
	"	map forward { type inet_service : ipv4_addr . inet_service\n"
	"		elements = { 80 : 10.0.0.2 . 8080 }\n"
	"	}\n"
	"	chain pre { type nat hook prerouting priority dstnat\n"
	"		iifname \"lo\" dnat ip addr . port to tcp dport map @forward\n"
	"	}\n"
	"	chain post { type nat hook postrouting priority srcnat + 1\n"
	"		oifname { \"eth0\", \"eth1\" } masquerade random\n"
	"	}\n"
	"}\n",
	"table bridge b {\n"
	"	chain pre { type filter hook prerouting priority dstnat - 3\n"
	"		ether type arp accept\n"
	"	}\n"
	"	chain out { type filter hook output priority out; }\n"
	"	chain across { type filter hook forward priority 7; }\n"
	"}\n"
	"table arp a {\n"
	"	chain in { type filter hook input priority -5\n"
	"		arp operation request drop\n"
	"	}\n"
	"}\n"
	"table netdev n {\n"
	"	chain ingress { type filter hook ingress device lo priority -500\n"
	"		ip6 version 6 counter\n"
	"	}\n"
	"}\n",
	"table ip6 dyn {\n"
	"	set seen { type ipv6_addr; size 128; flags dynamic, timeout\n"
	"		timeout 1m\n"
	"	}\n"
	"	chain out { type route hook output priority mangle\n"
	"		update @seen { ip6 daddr limit rate 5/second } accept\n"
	"		ip6 daddr vmap { ::1 : goto last, fe80::/10 : accept }\n"
	"	}\n"
	"	chain last { reject with icmpv6 admin-prohibited\n"
	"	}\n"
	"}\n",
};

/* Whether "text # handle N" stands in the listing. */
static bool is_listed(const char *listing, const struct skald_rule *rule)
{
	char *line;
	bool found;

	cr_assert(asprintf(&line, "\t\t%s # handle %llu\n", rule->text,
			   (unsigned long long)rule->handle) > 0);
	found = strstr(listing, line) != NULL;
	free(line);
	return found;
}

Test(ruleset, text_and_rules_are_what_nft_prints)
{
	for (size_t i = 0; i < sizeof(rulesets) / sizeof(*rulesets); i++) {
		struct skald_ruleset set;
		char *listing;

		feed("nft -f -", rulesets[i]);
		set = take();
		listing = output_of("nft -sa list ruleset");
		cr_assert_str_eq(set.text, listing, "ruleset %zu", i);
		cr_assert_gt(set.n_rules, 0);
		for (size_t j = 0; j < set.n_rules; j++)
			cr_assert(is_listed(listing, &set.rules[j]),
				  "ruleset %zu: '%s'", i, set.rules[j].text);
		cr_assert_str_empty(set.iptables);
		free(listing);
		skald_ruleset_done(&set);
	}
}

Test(ruleset, rules_stand_in_order_with_their_chains)
{
	struct skald_ruleset set;

	feed("nft -f -", rulesets[0]);
	set = take();
	cr_assert_eq(set.n_rules, 7);
	for (size_t i = 0; i < set.n_rules; i++) {
		cr_assert_eq(set.rules[i].family, NFPROTO_INET);
		cr_assert_str_eq(set.rules[i].table, "filter");
		cr_assert_str_eq(set.rules[i].chain, i < 5 ? "input" : "other");
		cr_assert_gt(set.rules[i].table_handle, 0);
		cr_assert_eq(set.rules[i].loaded, 0);
	}
	cr_assert_str_eq(set.rules[1].text, "ip saddr @blocked counter drop "
					    "comment \"not # handle 3\"");
	cr_assert_str_eq(set.rules[6].text, "return");
	skald_ruleset_done(&set);
}

Test(ruleset, chains_have_hook_priority_type_and_policy)
{
	static const struct {
		const char *name, *priority_name, *type;
		int priority;
		unsigned int hook, policy;
	} expected[] = {
		{ "input", "filter", "filter", 0, SKALD_HOOK_INPUT,
		  SKALD_VERDICT_DROP },
		{ "pre", "dstnat - 3", "filter", -303, SKALD_HOOK_PREROUTING,
		  SKALD_VERDICT_ACCEPT },
		{ "out", "out", "filter", 100, SKALD_HOOK_OUTPUT,
		  SKALD_VERDICT_ACCEPT },
		{ "across", "7", "filter", 7, SKALD_HOOK_FORWARD,
		  SKALD_VERDICT_ACCEPT },
		{ "in", "filter - 5", "filter", -5, SKALD_HOOK_INPUT,
		  SKALD_VERDICT_ACCEPT },
		{ "ingress", "-500", "filter", -500, SKALD_HOOK_INGRESS,
		  SKALD_VERDICT_ACCEPT },
	};
	struct skald_ruleset set;

	feed("nft -f -", rulesets[0]);
	feed("nft -f -", rulesets[2]);
	set = take();
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		const struct skald_chain *chain =
			find_chain(&set, expected[i].name);

		cr_assert(chain && chain->is_base, "%s", expected[i].name);
		cr_assert_str_eq(chain->priority_name,
				 expected[i].priority_name);
		cr_assert_str_eq(chain->type, expected[i].type);
		cr_assert_eq(chain->priority, expected[i].priority);
		cr_assert_eq(chain->hook, expected[i].hook, "%s", chain->name);
		cr_assert_eq(chain->policy, expected[i].policy);
	}
	cr_assert(!find_chain(&set, "other")->is_base);
	skald_ruleset_done(&set);
}

Test(ruleset, nothing_is_a_ruleset_too)
{
	struct skald_ruleset set = take();

	cr_assert_str_empty(set.text);
	cr_assert_str_empty(set.legacy);
	cr_assert_eq(set.n_rules, 0);
	cr_assert_eq(set.n_chains, 0);
	skald_ruleset_done(&set);
}

Test(ruleset, rules_in_braces_have_their_text)
{
	struct skald_ruleset set;

	feed("nft -f -", "table inet t {\n"
			 "	chain c { type filter hook input priority 0;\n"
			 "		tcp dport 22 jump {\n"
			 "			ip saddr 192.0.2.1 accept\n"
			 "			drop\n"
			 "		}\n"
			 "		accept\n"
			 "	}\n"
			 "}\n");
	set = take();
	cr_assert_eq(set.n_rules, 4);
	cr_assert(find(&set, "c",
		       "tcp dport 22 jump { ip saddr 192.0.2.1 accept; "
		       "drop; }"));
	cr_assert(find(&set, "c", "accept"));
	for (size_t i = 0; i < set.n_rules; i++)
		cr_assert_str_not_empty(set.rules[i].text);
	skald_ruleset_done(&set);
}

Test(ruleset, own_tables_are_left_out_and_no_others)
{
	struct skald_ruleset set;
	char *listing;

	feed("nft -f -", "table ip a { chain c {\n accept\n }\n}\n");
	listing = output_of("nft -sa list ruleset");
	feed("nft -f -", "table ip skald { set s { type ipv4_addr; }\n"
			 " chain c {\n accept\n }\n}\n"
			 "table inet skald-4711 { chain c {\n drop\n }\n}\n");
	set = take();
	cr_assert_str_eq(set.text, listing);
	cr_assert_eq(set.n_rules, 1);
	cr_assert_eq(set.n_chains, 1);
	cr_assert_null(memmem(set.bytecode, set.bytecode_len, "skald", 5));
	skald_ruleset_done(&set);
	free(listing);

	feed("nft -f -", "table ip skald-x { }\ntable ip skaldic { }\n");
	set = take();
	cr_assert(strstr(set.text, "table ip skald-x {"));
	cr_assert(strstr(set.text, "table ip skaldic {"));
	skald_ruleset_done(&set);
}

/* nft writes the owner behind their handle. */
Test(ruleset, own_tables_are_known_by_their_owner_too)
{
	struct skald_debug_table *table;
	struct skald_error error;
	struct skald_ruleset set;

	cr_assert_eq(skald_debug_table_new(&netns, &table, &error), 0, "%s",
		     error.text);
	set = take();
	cr_assert_str_eq(set.text, "");
	skald_ruleset_done(&set);
	skald_debug_table_free(table);
}

/* Counts the messages of one type, and checks that the bytes are messages. */
static unsigned int count(const struct skald_ruleset *set, unsigned int type)
{
	const struct nlmsghdr *nlh = (const void *)set->bytecode;
	int left = (int)set->bytecode_len;
	unsigned int n = 0;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		cr_assert_eq(nlh->nlmsg_type >> 8, NFNL_SUBSYS_NFTABLES);
		n += (nlh->nlmsg_type & 0xff) == type;
	}
	cr_assert_eq(left, 0, "%d bytes are no message", left);
	return n;
}

Test(ruleset, bytecode_has_every_kind_of_object)
{
	struct skald_ruleset set;

	feed("nft -f -", "table inet t {\n"
			 "	counter c { }\n"
			 "	set s { type mark; elements = { 1, 2 }\n"
			 "	}\n"
			 "	chain d { meta mark @s counter name c accept\n"
			 "	meta mark { 3, 4 } drop\n"
			 "	}\n"
			 "}\n");
	set = take();
	cr_assert_eq(count(&set, NFT_MSG_NEWTABLE), 1);
	cr_assert_eq(count(&set, NFT_MSG_NEWCHAIN), 1);
	cr_assert_eq(count(&set, NFT_MSG_NEWSET), 2);
	cr_assert_geq(count(&set, NFT_MSG_NEWSETELEM), 2);
	cr_assert_eq(count(&set, NFT_MSG_NEWRULE), 2);
	cr_assert_eq(count(&set, NFT_MSG_NEWOBJ), 1);
	skald_ruleset_done(&set);
}

Test(ruleset, bytecode_can_be_read_back)
{
	struct skald_parts again;
	struct skald_ruleset set;

	for (size_t i = 0; i < sizeof(rulesets) / sizeof(*rulesets); i++)
		feed("nft -f -", rulesets[i]);
	set = take();
	skald_parts_init(&again);
	cr_assert_eq(skald_ruleset_read(&again, set.bytecode, set.bytecode_len),
		     0);
	cr_assert_eq(again.n_rules, set.n_rules);
	cr_assert_eq(again.n_chains, set.n_chains);
	cr_assert_eq(again.bytecode.len, set.bytecode_len);
	cr_assert_arr_eq(again.bytecode.data, set.bytecode, set.bytecode_len);
	for (size_t i = 0; i < set.n_rules; i++)
		cr_assert_eq(again.rules[i].rule.handle, set.rules[i].handle);
	skald_parts_done(&again);
	skald_ruleset_done(&set);
}

Test(ruleset, cut_bytecode_is_refused_or_shorter)
{
	struct skald_ruleset set;

	feed("nft -f -", rulesets[1]);
	set = take();
	for (size_t len = 0; len < set.bytecode_len; len++) {
		struct skald_parts again;
		int err;

		skald_parts_init(&again);
		err = skald_ruleset_read(&again, set.bytecode, len);
		cr_assert(!err || err == -EBADMSG, "%zu bytes: %d", len, err);
		cr_assert_leq(again.bytecode.len, len);
		skald_parts_done(&again);
	}
	skald_ruleset_done(&set);
}

Test(ruleset, the_generation_is_the_kernels)
{
	struct skald_ruleset first, second;

	first = take();
	feed("nft -f -", "table ip a { }\n");
	second = take();
	cr_assert_eq(second.generation, first.generation + 1);
	skald_ruleset_done(&first);
	skald_ruleset_done(&second);
}

Test(ruleset, iptables_rules_are_in_iptables_words)
{
	static const char *const lines[] = {
		"-A INPUT -m conntrack --ctstate INVALID -m comment "
		"--comment \"two words\" -j DROP",
		"-A INPUT -p tcp -m tcp --dport 22 -j mine",
		"-A mine -j ACCEPT",
	};
	struct skald_ruleset set;
	char *saved;

	if (system("iptables-nft-save >/dev/null 2>&1") != 0)
		cr_skip_test("iptables-nft is not installed");
	feed("iptables-nft-restore",
	     "*filter\n:INPUT DROP\n:mine -\n"
	     "-A INPUT -m conntrack --ctstate INVALID -m comment "
	     "--comment \"two words\" -j DROP\n"
	     "-A INPUT -p tcp --dport 22 -j mine\n-A mine -j ACCEPT\n"
	     "COMMIT\n");
	feed("ip6tables-nft-restore", "*raw\n:PREROUTING ACCEPT\n"
				      "-A PREROUTING -p udp -j NOTRACK\n"
				      "COMMIT\n");
	feed("nft -f -", "table ip own { chain c {\n tcp dport 22 accept\n}\n"
			 "}\n");
	set = take();
	cr_assert_eq(set.n_rules, 5);
	cr_assert(find(&set, "INPUT", lines[0]));
	cr_assert(find(&set, "INPUT", lines[1]));
	cr_assert(find(&set, "mine", lines[2]));
	cr_assert(find(&set, "PREROUTING",
		       "-A PREROUTING -p udp -j CT "
		       "--notrack") ||
		  find(&set, "PREROUTING", "-A PREROUTING -p udp -j NOTRACK"));
	cr_assert(find(&set, "c", "tcp dport 22 accept"));

	saved = output_of("iptables-nft-save");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		cr_assert(strstr(saved, lines[i]));
		cr_assert(strstr(set.iptables, lines[i]));
	}
	cr_assert(strstr(set.iptables, "# iptables-nft-save\n*filter\n"));
	cr_assert(strstr(set.iptables, "# ip6tables-nft-save\n*raw\n"));
	free(saved);
	skald_ruleset_done(&set);
}

Test(ruleset, a_table_that_nft_made_keeps_nfts_words)
{
	static const char made[] =
		"table ip filter {\n"
		"	chain input { type filter hook input priority 0;\n"
		"		tcp dport { 22, 23 } accept\n"
		"	}\n"
		"}\n";
	struct skald_ruleset set;

	feed("nft -f -", made);
	set = take();
	cr_assert(find(&set, "input", "tcp dport { 22, 23 } accept"));
	cr_assert_str_empty(set.iptables);
	skald_ruleset_done(&set);
}

/* Loads and empties a ruleset, as fast as it can. */
static void *churn(void *stop)
{
	while (!atomic_load((atomic_bool *)stop))
		(void)system("nft 'add table ip t; add chain ip t c; "
			     "add rule ip t c accept; delete table ip t; "
			     "add table ip t; add chain ip t d; "
			     "add rule ip t d drop; add rule ip t d drop'; "
			     "nft delete table ip t");
	return NULL;
}

Test(ruleset, a_ruleset_that_changes_is_one_generation_or_none)
{
	atomic_bool stop = false;
	unsigned int taken = 0;
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, churn, &stop), 0);
	for (int i = 0; i < 200; i++) {
		struct skald_ruleset set;
		struct skald_error error;
		int err = skald_ruleset_take(&netns, &set, &error);

		cr_assert(!err || err == -EAGAIN, "%s", error.text);
		if (err)
			continue;
		taken++;
		cr_assert(set.n_rules == 0 || set.n_rules == 2);
		for (size_t j = 0; j < set.n_rules; j++)
			cr_assert_str_eq(set.rules[j].text, "drop");
		cr_assert_eq(strstr(set.text, "drop") != NULL, set.n_rules > 0);
		skald_ruleset_done(&set);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	cr_assert_gt(taken, 0);
}

Test(ruleset, a_tool_that_is_not_there_is_said_so)
{
	const char *const argv[] = { "skald-no-such-tool", NULL };
	struct skald_buffer output = { 0 };

	cr_assert_eq(skald_tool_run(argv, 1000, &output), -ENOENT);
	skald_buffer_done(&output);
}

Test(ruleset, a_tool_that_hangs_is_killed)
{
	const char *const argv[] = { "sleep", "1000", NULL };
	struct skald_buffer output = { 0 };

	cr_assert_eq(skald_tool_run(argv, 50, &output), -ETIMEDOUT);
	skald_buffer_done(&output);
}

Test(ruleset, a_tool_inherits_nothing_but_its_output)
{
	const char *const argv[] = { "sh", "-c",
				     "ls /proc/$$/fd; echo \"<$HOME>\"", NULL };
	const char *const fails[] = { "false", NULL };
	struct skald_buffer output = { 0 };
	int inherited = dup2(STDIN_FILENO, 100);

	cr_assert_eq(skald_tool_run(argv, 10000, &output), 0);
	cr_assert_str_eq((char *)output.data, "0\n1\n2\n<>\n");
	cr_assert_eq(skald_tool_run(fails, 10000, &output), -ECHILD);
	skald_buffer_done(&output);
	close(inherited);
}

/* A ruleset in the making: table ip t, chains a and __chain0. */
static struct skald_parts parts;

static void make_chain(const char *name, unsigned int n, const char *inner)
{
	static uint64_t handle;
	struct skald_part_chain chain = {
		.chain = { .family = NFPROTO_IPV4, .table = "t", .name = name },
		.table = skald_parts_table(&parts, NFPROTO_IPV4, "t"),
	};

	cr_assert_eq(skald_parts_add_chain(&parts, &chain), 0);
	while (n--) {
		struct skald_part_rule rule = {
			.rule = { .family = NFPROTO_IPV4,
				  .table = "t",
				  .chain = name,
				  .handle = ++handle },
			.inner = inner,
		};

		cr_assert_eq(skald_parts_add_rule(&parts, &rule), 0);
	}
}

static void make_parts(void)
{
	const struct skald_part_table table = { .family = NFPROTO_IPV4,
						.handle = 1,
						.name = "t",
						.is_iptables = true };

	skald_parts_init(&parts);
	cr_assert_eq(skald_parts_add_table(&parts, &table), 0);
	make_chain("a", 3, "__chain0");
	make_chain("__chain0", 2, NULL);
	cr_assert_eq(skald_parts_index_rules(&parts), 0);
}

static const char *text_of(size_t i)
{
	return parts.rules[i].rule.text;
}

/* nft that dies of any ruleset with a table "bad", and of that table. */
static unsigned int lists;

static int fragile(char *command, struct skald_buffer *output,
		   struct skald_error *error)
{
	static const char good[] = "table ip t { # handle 1\n"
				   "\tchain a { # handle 1\n"
				   "\t\taccept # handle 1\n"
				   "\t}\n}\n";

	lists++;
	if (strcmp(command, "list table ip drop") == 0)
		return skald_error_set(error, EIO, "syntax error");
	if (strcmp(command, "list table ip t") != 0)
		return -ECHILD;
	skald_buffer_put(output, good, sizeof(good));
	output->len--;
	return 0;
}

static int without_memory(char *command, struct skald_buffer *output,
			  struct skald_error *error)
{
	return strcmp(command, "list ruleset") == 0 ? -ECHILD : -ENOMEM;
}

static int refusing(char *command, struct skald_buffer *output,
		    struct skald_error *error)
{
	return skald_error_set(error, EIO, "it refuses");
}

Test(ruleset_join, a_table_that_kills_nft_is_without_text)
{
	static const char *const names[] = { "bad", "drop",
					     "t; flush\nruleset" };
	struct skald_error error = { 0 };

	make_parts();
	for (size_t i = 0; i < 3; i++) {
		const struct skald_part_table table = { .family = NFPROTO_IPV4,
							.handle = 2 + i,
							.name = names[i] };

		cr_assert_eq(skald_parts_add_table(&parts, &table), 0);
	}
	cr_assert_eq(skald_ruleset_write_by(&parts, fragile, &error), 0);
	cr_assert_eq(lists, 4); /* the last name is no word of a command */
	cr_assert_str_eq(text_of(0), "accept");
	cr_assert_null(text_of(1));
	skald_buffer_put_u8(&parts.textless, '\0');
	cr_assert_str_eq((char *)parts.textless.data,
			 "ip bad, ip drop, ip t; flush?ruleset");
	skald_buffer_put_u8(&parts.text, '\0');
	cr_assert_str_eq((char *)parts.text.data,
			 "table ip t { # handle 1\n"
			 "\tchain a { # handle 1\n"
			 "\t\taccept # handle 1\n"
			 "\t}\n}\n"
			 "# table ip bad: libnftables cannot list it\n"
			 "# table ip drop: libnftables cannot list it\n"
			 "# table ip t; flush?ruleset: libnftables cannot list "
			 "it\n");
	skald_parts_done(&parts);
}

Test(ruleset_join, what_nft_refuses_is_an_error)
{
	struct skald_error error = { 0 };

	make_parts();
	cr_assert_eq(skald_ruleset_write_by(&parts, refusing, &error), -EIO);
	cr_assert_str_eq(error.text, "it refuses");
	cr_assert_eq(skald_ruleset_write_by(&parts, without_memory, &error),
		     -ENOMEM);
	cr_assert_eq(parts.textless.len, 0);
	skald_parts_done(&parts);
}

Test(ruleset_join, a_message_longer_than_its_bytes_is_refused)
{
	static const uint32_t lengths[] = { 0,	1,	     15,
					    17, INT32_MAX,   0x80000000u,
					    64, 0xfffffffdu, UINT32_MAX };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct nlmsghdr nlh = {
			.nlmsg_len = lengths[i],
			.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8,
		};

		skald_parts_init(&parts);
		cr_assert_eq(skald_ruleset_read(&parts, &nlh, sizeof(nlh)),
			     -EBADMSG, "length %u", lengths[i]);
		skald_parts_done(&parts);
	}
}

Test(ruleset_join, lines_of_one_rule_become_one)
{
	make_parts();
	cr_assert_eq(skald_ruleset_join(
			     &parts, "table ip t { # handle 1\n"
				     "\tchain a { # handle 1\n"
				     "\t\tip saddr { 192.0.2.1,\n"
				     "\t\t\t     192.0.2.2 } drop # handle 1\n"
				     "\t\tjump {\n"
				     "\t\t\taccept comment \"}\"\n"
				     "\t\t\tdrop\n"
				     "\t\t} # handle 2\n"
				     "\t\taccept # handle 3\n"
				     "\t}\n"
				     "}\n"),
		     0);
	cr_assert_str_eq(text_of(0), "ip saddr { 192.0.2.1, 192.0.2.2 } drop");
	cr_assert_str_eq(text_of(1), "jump { accept comment \"}\"; drop; }");
	cr_assert_str_eq(text_of(2), "accept");
	cr_assert_str_eq(text_of(3), "accept comment \"}\"");
	cr_assert_str_eq(text_of(4), "drop");
	skald_parts_done(&parts);
}

Test(ruleset_join, nonsense_ends_and_harms_nothing)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"table",
		"table ",
		"table {",
		"table ip {",
		"table ip t {",
		"table ip t { # handle 1\n\tchain a {\n\t\tjump {",
		"table ip t {\n\tchain a {\n\t\tjump {\n\t\t\tgoto {",
		"table ip t {\n\tchain a {\n\t\tjump {\n\t\t\tgoto {\n",
		"table ip t {\n\tchain a {\n\t\tjump {\n}\n",
		"table ip t {\n\tchain a {\n\t\t # handle 1",
		"table ip t {\n\tchain a {\n\t\tx # handle "
		"99999999999999999999999999\n\t}\n}\n",
		"table ip t {\n\tchain a {\n\t\tjump {\n\t\t\tx\n\t\t\tx\n"
		"\t\t\tx\n\t\t} # handle 2\n\t}\n}\n",
		"table ip t {\n\tchain  {\n\t\ttype  priority \n\t}\n}\n",
		"table ip t {\n\tchain a {\n\t\ttype priority\n}\n}\n}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		make_parts();
		cr_assert_eq(skald_ruleset_join(&parts, texts[i]), 0, "%zu", i);
		skald_parts_done(&parts);
	}
}

Test(ruleset_join, iptables_lines_count_or_are_left_alone)
{
	make_parts();
	cr_assert_eq(skald_ruleset_join_iptables(
			     &parts, NFPROTO_IPV4, "iptables-nft-save",
			     "# Generated\n*t\n:a ACCEPT [0:0]\n"
			     "-A a -j one\n-A __chain0 -j other\n-A a -j two\n"
			     "-A a\n-A nobody -j DROP\nCOMMIT\n# Completed\n"
			     "*other\n-A a -j four\n"),
		     0);
	cr_assert_str_eq(text_of(0), "-A a -j one");
	cr_assert_str_eq(text_of(1), "-A a -j two");
	cr_assert_str_eq(text_of(2), "-A a");
	cr_assert_null(text_of(3), "one line for two rules");
	skald_buffer_put_u8(&parts.iptables, '\0');
	cr_assert_str_eq((char *)parts.iptables.data,
			 "# iptables-nft-save\n*t\n:a ACCEPT [0:0]\n"
			 "-A a -j one\n-A __chain0 -j other\n-A a -j two\n"
			 "-A a\n-A nobody -j DROP\nCOMMIT\n");
	skald_parts_done(&parts);
}

Test(ruleset_join, iptables_nonsense_harms_nothing)
{
	static const char *const texts[] = {
		"",    "*",	 "*t",	   "*t\n-A", "*t\n-A ", "*t\n-A a",
		"\n*", "*t\n*t", "*t\n\n", "-A a\n", "*\n-A a",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		make_parts();
		cr_assert_eq(skald_ruleset_join_iptables(&parts, NFPROTO_IPV4,
							 "x", texts[i]),
			     0);
		cr_assert_null(text_of(0), "'%s'", texts[i]);
		skald_parts_done(&parts);
	}
}

Test(ruleset_join, own_tables_are_known_by_name)
{
	static const char *const own[] = { "skald", "skald-1", "skald-98765" };
	static const char *const others[] = { "",	"skal",	   "skalds",
					      "skald-", "skald-x", "skald-1x",
					      "Skald",	"xskald" };

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		cr_assert(skald_parts_is_own(own[i]), "%s", own[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		cr_assert(!skald_parts_is_own(others[i]), "%s", others[i]);
}
