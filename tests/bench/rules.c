// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules: what rules, sets and changes cost in the engine, in ns.
 *   rules walk N [scrambled]   a rule that does not match, of N in one chain
 *   rules set KIND N           a look-up among N keys: hash, interval, concat
 *   rules add N                one rule more in a chain of N, as a transaction
 *   rules kernel-add N         the same in the kernel of this network
 * namespace, through libnftables, its own part included Prints the median of
 * several rounds.
 */
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

#define ROUNDS 9
#define BUFFER_SIZE 4096

/* A message in the making. */
struct message {
	u8 bytes[BUFFER_SIZE];
	u32 len;
};

static struct skald_vm *vm;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static u32 attr(struct message *message, u16 type, const void *value, u32 len)
{
	u32 at = message->len;
	u16 header[2] = { (u16)(len + 4), type };

	memcpy(message->bytes + at, header, sizeof(header));
	memcpy(message->bytes + at + 4, value, len);
	message->len += (len + 7) & ~3u;
	return at;
}

static void end(struct message *message, u32 at)
{
	u16 len = (u16)(message->len - at);

	memcpy(message->bytes + at, &len, sizeof(len));
}

static void number(struct message *message, u16 type, u32 value)
{
	u32 be = htonl(value);

	attr(message, type, &be, sizeof(be));
}

static void string(struct message *message, u16 type, const char *value)
{
	attr(message, type, value, (u32)strlen(value) + 1);
}

static void send_in(struct skald_load *load, u8 type, u16 flags,
		    const struct message *message)
{
	struct skald_message parsed = {
		.type = type,
		.family = NFPROTO_IPV4,
		.flags = flags,
		.attrs = message->bytes,
		.len = message->len,
	};

	if (skald_load_message(load, &parsed)) {
		fprintf(stderr, "rules: refused: %s\n", load->error);
		exit(2);
	}
}

static void commit(struct skald_load *load)
{
	if (skald_load_commit(load))
		exit(2);
}

static void make_chain(void)
{
	struct message table = { .len = 0 }, chain = { .len = 0 };
	struct skald_load load;
	u32 hook;

	skald_load_begin(&load, vm, 1);
	string(&table, NFTA_TABLE_NAME, "t");
	send_in(&load, NFT_MSG_NEWTABLE, 0, &table);
	string(&chain, NFTA_CHAIN_TABLE, "t");
	string(&chain, NFTA_CHAIN_NAME, "c");
	hook = attr(&chain, NFTA_CHAIN_HOOK, "", 0);
	number(&chain, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
	number(&chain, NFTA_HOOK_PRIORITY, 0);
	end(&chain, hook);
	send_in(&load, NFT_MSG_NEWCHAIN, 0, &chain);
	commit(&load);
}

/* "ip saddr ADDRESS drop": payload, cmp, immediate. */
static void rule_message(struct message *message, u32 address, u64 position)
{
	u8 be[8];
	u32 list, elem, data, value, verdict;

	message->len = 0;
	string(message, NFTA_RULE_TABLE, "t");
	string(message, NFTA_RULE_CHAIN, "c");
	if (position) {
		put_unaligned_be64(position, be);
		attr(message, NFTA_RULE_POSITION, be, sizeof(be));
	}
	list = attr(message, NFTA_RULE_EXPRESSIONS, "", 0);
	elem = attr(message, NFTA_LIST_ELEM, "", 0);
	string(message, NFTA_EXPR_NAME, "payload");
	data = attr(message, NFTA_EXPR_DATA, "", 0);
	number(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
	number(message, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	number(message, NFTA_PAYLOAD_OFFSET, 12);
	number(message, NFTA_PAYLOAD_LEN, 4);
	end(message, data);
	end(message, elem);
	elem = attr(message, NFTA_LIST_ELEM, "", 0);
	string(message, NFTA_EXPR_NAME, "cmp");
	data = attr(message, NFTA_EXPR_DATA, "", 0);
	number(message, NFTA_CMP_SREG, NFT_REG_1);
	number(message, NFTA_CMP_OP, NFT_CMP_EQ);
	value = attr(message, NFTA_CMP_DATA, "", 0);
	number(message, NFTA_DATA_VALUE, address);
	end(message, value);
	end(message, data);
	end(message, elem);
	elem = attr(message, NFTA_LIST_ELEM, "", 0);
	string(message, NFTA_EXPR_NAME, "immediate");
	data = attr(message, NFTA_EXPR_DATA, "", 0);
	number(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	value = attr(message, NFTA_IMMEDIATE_DATA, "", 0);
	verdict = attr(message, NFTA_DATA_VERDICT, "", 0);
	number(message, NFTA_VERDICT_CODE, NF_DROP);
	end(message, verdict);
	end(message, value);
	end(message, data);
	end(message, elem);
	end(message, list);
}

/* In order, or each beside one that is there already, picked at random. */
static void make_rules(u32 n, bool is_scrambled)
{
	struct message message;
	struct skald_load load;
	u64 first = 0, seed = 1;

	skald_load_begin(&load, vm, 1);
	for (u32 i = 0; i < n; i++) {
		u64 beside = 0;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		if (is_scrambled && i)
			beside = first + (seed >> 33) % i;
		rule_message(&message, 0x0a000000 + i, beside);
		send_in(&load, NFT_MSG_NEWRULE, NLM_F_APPEND, &message);
		if (!first)
			first = list_first_entry(&vm->tables,
						 struct skald_vm_table, list)
					->next_handle;
	}
	commit(&load);
}

static const u8 udp[] = {
	0x45, 0, 0, 32, 0, 0, 0x40, 0,	64, 17, 0, 0, 192, 0,	2,   1,
	192,  0, 2, 2,	4, 0, 0,    53, 0,  12, 0, 0, 'a', 'b', 'c', 'd',
};

static double walk_once(struct skald_vm_chain *chain, u32 times)
{
	u8 bytes[sizeof(udp)];
	struct skald_view view;
	struct skald_vm_pkt pkt;
	double start = now_ns();

	memcpy(bytes, udp, sizeof(bytes));
	for (u32 i = 0; i < times; i++) {
		skald_view_init(&view, bytes, sizeof(bytes), sizeof(bytes));
		if (skald_view_set_network(&view, 0, ETH_P_IP))
			exit(2);
		skald_vm_pkt_init(&pkt, &view, NFPROTO_IPV4, NF_INET_LOCAL_IN,
				  1000);
		if (skald_vm_run(chain, &pkt) != NF_ACCEPT)
			exit(2);
	}
	return (now_ns() - start) / times;
}

static struct skald_vm_chain *the_chain(void)
{
	return skald_vm_chain(skald_vm_table(vm, NFPROTO_IPV4, "t"), "c");
}

static int walk(u32 n, bool is_scrambled)
{
	double rounds[ROUNDS], base;
	u32 times = 20000000 / (n + 1000) + 1;

	make_chain();
	base = walk_once(the_chain(), 200000);
	make_rules(n, is_scrambled);
	for (u32 i = 0; i < ROUNDS; i++)
		rounds[i] = (walk_once(the_chain(), times) - base) / n;
	printf("%.2f\n", median(rounds, ROUNDS));
	return 0;
}

static int add(u32 n)
{
	double rounds[ROUNDS];
	struct message message;
	struct skald_load load;

	make_chain();
	make_rules(n, false);
	for (u32 i = 0; i < ROUNDS; i++) {
		double start = now_ns();

		for (u32 j = 0; j < 1000; j++) {
			rule_message(&message, j, 0);
			skald_load_begin(&load, vm, 1);
			send_in(&load, NFT_MSG_NEWRULE, NLM_F_APPEND, &message);
			commit(&load);
		}
		rounds[i] = (now_ns() - start) / 1000;
	}
	printf("%.0f\n", median(rounds, ROUNDS));
	return 0;
}

/* Rules are given by their hundreds: one command for each would take long. */
static void kernel_rules(struct nft_ctx *nft, u32 n)
{
	char *commands = malloc(n * 64ull + 256), *end = commands;

	if (!commands)
		exit(2);
	end += sprintf(end, "flush ruleset\nadd table t\nadd chain t c\n");
	for (u32 i = 0; i < n; i++)
		end += sprintf(end, "add rule t c ip saddr 10.%u.%u.%u drop\n",
			       i >> 16 & 255, i >> 8 & 255, i & 255);
	if (nft_run_cmd_from_buffer(nft, commands))
		exit(2);
	free(commands);
}

static int kernel_add(u32 n)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	double rounds[ROUNDS];

	if (!nft)
		return 2;
	kernel_rules(nft, n);
	for (u32 i = 0; i < ROUNDS; i++) {
		double start = now_ns();

		if (nft_run_cmd_from_buffer(
			    nft, "add rule t c ip saddr 192.0.2.1 drop"))
			return 2;
		rounds[i] = now_ns() - start;
	}
	nft_ctx_free(nft);
	printf("%.0f\n", median(rounds, ROUNDS));
	return 0;
}

static struct skald_vm_set *make_set(u32 flags, u32 klen, u32 fields)
{
	struct skald_load load;
	struct message message = { .len = 0 };
	u32 desc, concat, field;

	string(&message, NFTA_SET_TABLE, "t");
	string(&message, NFTA_SET_NAME, "s");
	number(&message, NFTA_SET_FLAGS, flags);
	number(&message, NFTA_SET_KEY_LEN, klen);
	if (fields) {
		desc = attr(&message, NFTA_SET_DESC, "", 0);
		concat = attr(&message, NFTA_SET_DESC_CONCAT, "", 0);
		for (u32 i = 0; i < fields; i++) {
			field = attr(&message, NFTA_LIST_ELEM, "", 0);
			number(&message, NFTA_SET_FIELD_LEN, i ? 2 : 4);
			end(&message, field);
		}
		end(&message, concat);
		end(&message, desc);
	}
	skald_load_begin(&load, vm, 1);
	send_in(&load, NFT_MSG_NEWSET, 0, &message);
	commit(&load);
	return list_first_entry(&skald_vm_table(vm, NFPROTO_IPV4, "t")->sets,
				struct skald_vm_set, list);
}

static u32 key_of(u32 i)
{
	return i * 2654435761u;
}

static void fill(struct skald_vm_set *set, u32 n)
{
	bool is_tree = set->ops == &skald_set_tree;

	for (u32 i = 0; i < n; i++) {
		u8 key[8] = { 0 }, upper[8] = { 0 };
		struct skald_vm_elem *elem;

		put_unaligned_be32(is_tree ? i * 4 : key_of(i), key);
		put_unaligned_be16((u16)i, key + 4);
		memcpy(upper, key, 8);
		upper[3] |= 3;
		elem = skald_elem_new(set, key, upper, NULL);
		if (!elem || skald_set_insert(set, elem))
			exit(2);
		if (!is_tree)
			continue;
		put_unaligned_be32(i * 4 + 2, key);
		elem = skald_elem_new(set, key, NULL, NULL);
		if (!elem)
			exit(2);
		elem->flags = NFT_SET_ELEM_INTERVAL_END;
		if (skald_set_insert(set, elem))
			exit(2);
	}
	if (set->ops->settle && set->ops->settle(set))
		exit(2);
}

static int look_up(const char *kind, u32 n)
{
	bool is_tree = strcmp(kind, "interval") == 0;
	bool is_concat = strcmp(kind, "concat") == 0;
	struct skald_vm_set *set;
	double rounds[ROUNDS];
	u32 found = 0, seed = 1;

	make_chain();
	set = make_set(is_tree	   ? NFT_SET_INTERVAL
		       : is_concat ? NFT_SET_INTERVAL | NFT_SET_CONCAT
				   : 0,
		       is_concat ? 8 : 4, is_concat ? 2 : 0);
	fill(set, n);
	for (u32 i = 0; i < ROUNDS; i++) {
		double start = now_ns();

		for (u32 j = 0; j < 500000; j++) {
			u8 key[8] = { 0 };
			u32 which;

			seed = seed * 1664525 + 1013904223;
			which = (u32)(((u64)seed * n) >> 32);
			put_unaligned_be32(is_tree ? which * 4 : key_of(which),
					   key);
			put_unaligned_be16((u16)which, key + 4);
			found += !!skald_set_lookup(set, key, 1, 2);
		}
		rounds[i] = (now_ns() - start) / 500000;
	}
	if (found != ROUNDS * 500000)
		exit(2);
	printf("%.1f\n", median(rounds, ROUNDS));
	return 0;
}

int main(int argc, char **argv)
{
	u32 n = argc > 2 ? (u32)strtoul(
				   argv[argc > 3 && argv[1][0] == 's' ? 3 : 2],
				   NULL, 10)
			 : 0;
	int status = 2;

	vm = skald_vm_new();
	if (!vm || !n)
		return 2;
	if (strcmp(argv[1], "walk") == 0)
		status = walk(n, argc > 3);
	else if (strcmp(argv[1], "add") == 0)
		status = add(n);
	else if (strcmp(argv[1], "kernel-add") == 0)
		status = kernel_add(n);
	else if (strcmp(argv[1], "set") == 0)
		status = look_up(argv[2], n);
	skald_vm_free(vm);
	return status;
}
