// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_load: load the ruleset of this network namespace into the engine.
 *   engine_load          says what was loaded, or what was refused
 *   engine_load FILE     a dump that was kept in a file
 *   engine_load -w FILE  keep the dump, load nothing
 * Exit status 0: loaded; 1: refused; 2: cannot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr_parts.h"
#include "load.h"
#include "netlink_call.h"
#include "ruleset_parts.h"
#include "xt.h"

static int dump(struct skald_parts *parts)
{
	struct skald_error error = { 0 };
	struct skald_netns netns;
	struct skald_call call;
	int err;

	err = skald_netns_open(NULL, &netns, &error);
	if (!err)
		err = skald_call_open(&netns, NETLINK_NETFILTER, &call);
	if (err)
		return err;
	err = skald_ruleset_dump(&call, parts, &error);
	skald_call_close(&call);
	skald_netns_close(&netns);
	if (err)
		fprintf(stderr, "engine_load: %s\n", error.text);
	return err;
}

static int read_file(const char *path, struct skald_buffer *buffer)
{
	FILE *file = fopen(path, "rb");
	char bytes[65536];
	size_t n;

	if (!file)
		return -errno;
	while ((n = fread(bytes, 1, sizeof(bytes), file)))
		skald_buffer_put(buffer, bytes, n);
	fclose(file);
	return buffer->failed ? -ENOMEM : 0;
}

static int write_file(const char *path, const struct skald_buffer *buffer)
{
	FILE *file = fopen(path, "wb");
	int err = 0;

	if (!file)
		return -errno;
	if (fwrite(buffer->data, 1, buffer->len, file) != buffer->len)
		err = -EIO;
	if (fclose(file))
		err = -EIO;
	return err;
}

/* What was loaded without being known: it stays unknown to every packet. */
static void tell_unknown(const struct skald_vm_rule *rule)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_xt *xt = skald_expr_data(expr);

		if ((expr->ops == &skald_expr_match ||
		     expr->ops == &skald_expr_target) &&
		    !xt->ops)
			printf("unknown: %s %s revision %u\n", expr->ops->name,
			       xt->name, xt->revision);
		expr = skald_expr_next(expr);
	}
}

static void tell(const struct skald_vm *vm)
{
	unsigned int n_tables = 0, n_chains = 0, n_rules = 0, n_elems = 0;
	const struct skald_vm_table *table;
	const struct skald_vm_chain *chain;
	const struct skald_vm_set *set;
	struct skald_vm_rule *rule;

	list_for_each_entry(table, &vm->tables, list) {
		n_tables++;
		list_for_each_entry(chain, &table->chains, list) {
			n_chains++;
			for (rule = skald_vm_rule_next(chain, NULL); rule;
			     rule = skald_vm_rule_next(chain, rule)) {
				n_rules++;
				tell_unknown(rule);
			}
		}
		list_for_each_entry(set, &table->sets, list)
			n_elems += set->n;
	}
	printf("loaded: %u tables, %u chains, %u rules, %u elements\n",
	       n_tables, n_chains, n_rules, n_elems);
}

static int load_bytes(const void *bytes, size_t len)
{
	struct skald_vm *vm = skald_vm_new();
	struct skald_load load;
	int err;

	if (!vm)
		return -ENOMEM;
	skald_load_begin(&load, vm, 1);
	err = skald_load_dump(&load, bytes, len);
	if (err)
		skald_load_abort(&load);
	else
		err = skald_load_commit(&load);
	if (err)
		printf("refused: %s (%s)\n", load.error, strerror(-err));
	else
		tell(vm);
	skald_vm_free(vm);
	return err;
}

int main(int argc, char **argv)
{
	bool keeps = argc == 3 && strcmp(argv[1], "-w") == 0;
	struct skald_parts parts;
	int err;

	if (argc > 2 && !keeps)
		return 2;
	skald_parts_init(&parts);
	if (argc == 2)
		err = read_file(argv[1], &parts.bytecode);
	else
		err = dump(&parts);
	if (!err && keeps)
		err = write_file(argv[2], &parts.bytecode);
	else if (!err)
		err = load_bytes(parts.bytecode.data, parts.bytecode.len) ? 1
									  : 0;
	if (err < 0)
		fprintf(stderr, "engine_load: %s\n", strerror(-err));
	skald_parts_done(&parts);
	return err < 0 ? 2 : err;
}
