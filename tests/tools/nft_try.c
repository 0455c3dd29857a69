// SPDX-License-Identifier: GPL-2.0-only
/*
 * nft_try: what the kernel of this network namespace loads, into the engine.
 * Requests on standard input, an answer to each on standard output:
 *   run LEN, then LEN bytes   nft's commands: "ok" or "no"
 *   load 0                    the ruleset that is there, into a fresh engine:
 *                             "ok" and matches and targets that are not known
 *                             there, or "refused" and what was refused
 * Commands go through libnftables, as nft(8) does it.
 */
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "load.h"
#include "netlink_call.h"
#include "ruleset_parts.h"
#include "xt.h"

#define COMMANDS_MAX (64u << 20)

/* What was loaded without being known: it stays unknown to every packet. */
static void note_unknown(const struct skald_vm_rule *rule, FILE *unknown)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_xt *xt = skald_expr_data(expr);

		if ((expr->ops == &skald_expr_match ||
		     expr->ops == &skald_expr_target) &&
		    !xt->ops)
			fprintf(unknown, ", %s %s %u", expr->ops->name,
				xt->name, xt->revision);
		expr = skald_expr_next(expr);
	}
}

static unsigned int count_rules(const struct skald_vm *vm, FILE *unknown)
{
	const struct skald_vm_table *table;
	const struct skald_vm_chain *chain;
	struct skald_vm_rule *rule;
	unsigned int n = 0;

	list_for_each_entry(table, &vm->tables, list) {
		list_for_each_entry(chain, &table->chains, list) {
			for (rule = skald_vm_rule_next(chain, NULL); rule;
			     rule = skald_vm_rule_next(chain, rule)) {
				note_unknown(rule, unknown);
				n++;
			}
		}
	}
	return n;
}

static void tell(const struct skald_vm *vm, size_t n_rules)
{
	char *text = NULL;
	size_t size = 0;
	FILE *unknown = open_memstream(&text, &size);
	unsigned int n;

	if (!unknown) {
		puts("refused no memory");
		return;
	}
	n = count_rules(vm, unknown);
	fclose(unknown);
	if (n != n_rules)
		printf("refused %zu rules, %u came in\n", n_rules, n);
	else
		printf("ok%s\n", *text ? text + 1 : "");
	free(text);
}

static void load(const struct skald_parts *parts)
{
	struct skald_vm *vm = skald_vm_new();
	struct skald_load load;
	int err = -ENOMEM;

	if (!vm) {
		puts("refused no memory");
		return;
	}
	skald_load_begin(&load, vm, 1);
	err = skald_load_dump(&load, parts->bytecode.data, parts->bytecode.len);
	if (err)
		skald_load_abort(&load);
	else
		err = skald_load_commit(&load);
	if (err)
		printf("refused %s (%s)\n", load.error, strerror(-err));
	else
		tell(vm, parts->n_rules);
	skald_vm_free(vm);
}

static void dump_and_load(struct skald_call *call)
{
	struct skald_error error = { 0 };
	struct skald_parts parts;

	skald_parts_init(&parts);
	if (skald_ruleset_dump(call, &parts, &error))
		printf("refused no dump: %s\n", error.text);
	else
		load(&parts);
	skald_parts_done(&parts);
}

/* The library's own words go to its buffers, and away. */
static void run(struct nft_ctx *nft, size_t len)
{
	char *commands = calloc(1, len + 1);

	if (!commands || fread(commands, 1, len, stdin) != len)
		puts("no");
	else
		puts(nft_run_cmd_from_buffer(nft, commands) ? "no" : "ok");
	free(commands);
}

static struct nft_ctx *open_nft(void)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (nft && (nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft))) {
		nft_ctx_free(nft);
		return NULL;
	}
	return nft;
}

int main(void)
{
	struct skald_error error = { 0 };
	struct skald_netns netns;
	struct skald_call call;
	struct nft_ctx *nft = open_nft();
	char line[64], verb[16];
	size_t len;

	if (!nft || skald_netns_open(NULL, &netns, &error) ||
	    skald_call_open(&netns, NETLINK_NETFILTER, &call)) {
		fprintf(stderr, "nft_try: cannot begin: %s\n", error.text);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %zu", verb, &len) != 2 ||
		    len > COMMANDS_MAX)
			return 2;
		if (!strcmp(verb, "run"))
			run(nft, len);
		else
			dump_and_load(&call);
		fflush(stdout);
	}
	skald_call_close(&call);
	skald_netns_close(&netns);
	nft_ctx_free(nft);
	return 0;
}
