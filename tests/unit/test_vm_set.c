// SPDX-License-Identifier: GPL-2.0-only
/* Sets, maps and transactions of the rule machine. */
#include <criterion/criterion.h>

#include "bytecode.h"

#define IP NFPROTO_IPV4

static struct code code;
static struct skald_vm *vm;

static void begin(void)
{
	code_init(&code);
	code_table(&code, IP, "t");
	code_chain(&code, IP, "t", "in", NF_INET_LOCAL_IN, NF_ACCEPT);
}

static struct skald_vm_set *the_set(void)
{
	struct skald_vm_table *table = skald_vm_table(vm, IP, "t");

	return list_first_entry(&table->sets, struct skald_vm_set, list);
}

static bool has(const void *key)
{
	return skald_set_lookup(the_set(), key, skald_vm_now_bit(vm), 2);
}

static void load(void)
{
	vm = skald_vm_new();
	cr_assert_eq(code_load(&code, vm), 0);
}

static void done(void)
{
	skald_vm_free(vm);
	code_done(&code);
}

static int send_message(struct code *message, u16 flags, bool commit)
{
	struct skald_message parsed = {
		.type = message->bytes[4],
		.family = IP,
		.flags = flags,
		.attrs = message->bytes + 20,
		.len = message->len - 20,
	};
	struct skald_load transaction;
	int err;

	skald_load_begin(&transaction, vm, 1);
	err = skald_load_message(&transaction, &parsed);
	if (!err && commit)
		return skald_load_commit(&transaction);
	skald_load_abort(&transaction);
	return err;
}

Test(vm_set, keys_are_found_and_others_are_not)
{
	u32 i;

	begin();
	code_set(&code, IP, "t", "s", 0, 4);
	code_end(&code);
	code_elems(&code, NFT_MSG_NEWSETELEM, IP, "t", "s");
	for (i = 0; i < 1000; i++)
		code_elem(&code, BE(i * 3), 4, 0);
	code_elems_end(&code);
	load();
	for (i = 0; i < 3000; i++)
		cr_expect_eq(has(BE(i)), i % 3 == 0, "%u", i);
	done();
}

/* 10-19, 20-29 (they touch), 100-255; in no order */
Test(vm_set, intervals_have_both_ends)
{
	static const u32 ends[][2] = { { 256, 1 }, { 20, 0 }, { 10, 0 },
				       { 30, 1 },  { 20, 1 }, { 100, 0 } };
	size_t i;
	u32 key;

	begin();
	code_set(&code, IP, "t", "s", NFT_SET_INTERVAL, 4);
	code_end(&code);
	code_elems(&code, NFT_MSG_NEWSETELEM, IP, "t", "s");
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		code_elem(&code, BE(ends[i][0]), 4,
			  ends[i][1] ? NFT_SET_ELEM_INTERVAL_END : 0);
	code_elems_end(&code);
	load();
	for (key = 0; key < 300; key++)
		cr_expect_eq(has(BE(key)),
			     (key >= 10 && key < 30) ||
				     (key >= 100 && key < 256),
			     "%u", key);
	done();
}

static void ranged_elem(const u8 *from, const u8 *to)
{
	code_open(&code, NFTA_LIST_ELEM);
	code_data(&code, NFTA_SET_ELEM_KEY, from, 8);
	code_data(&code, NFTA_SET_ELEM_KEY_END, to, 8);
	code_close(&code);
}

Test(vm_set, ranges_in_two_fields_must_both_hold)
{
	static const u8 from[] = { 10, 0, 0, 0, 0, 80, 0, 0 };
	static const u8 to[] = { 10, 0, 0, 255, 0x03, 0xff, 0, 0 };
	static const u8 odd_from[] = { 172, 16, 3, 7, 0, 53, 0, 0 };
	static const u8 odd_to[] = { 172, 16, 9, 1, 0, 53, 0, 0 };
	u8 key[8] = { 10, 0, 0, 77, 0x01, 0xbb, 0, 0 };

	begin();
	code_set(&code, IP, "t", "s", NFT_SET_INTERVAL | NFT_SET_CONCAT, 8);
	code_open(&code, NFTA_SET_DESC);
	code_open(&code, NFTA_SET_DESC_CONCAT);
	code_open(&code, NFTA_LIST_ELEM);
	code_u32(&code, NFTA_SET_FIELD_LEN, 4);
	code_close(&code);
	code_open(&code, NFTA_LIST_ELEM);
	code_u32(&code, NFTA_SET_FIELD_LEN, 2);
	code_close(&code);
	code_close(&code);
	code_close(&code);
	code_end(&code);
	code_elems(&code, NFT_MSG_NEWSETELEM, IP, "t", "s");
	ranged_elem(from, to);
	ranged_elem(odd_from, odd_to);
	code_elems_end(&code);
	load();
	cr_expect(has(key));
	key[4] = 4;
	cr_expect_not(has(key));
	cr_expect(has((u8[]){ 172, 16, 5, 200, 0, 53, 0, 0 }));
	cr_expect_not(has((u8[]){ 172, 16, 3, 6, 0, 53, 0, 0 }));
	cr_expect_not(has((u8[]){ 172, 16, 9, 2, 0, 53, 0, 0 }));
	cr_expect_not(has((u8[]){ 172, 16, 5, 200, 0, 54, 0, 0 }));
	done();
}

Test(vm_set, an_abort_leaves_what_was_there)
{
	struct code message;
	u32 generation;

	begin();
	code_set(&code, IP, "t", "s", 0, 4);
	code_end(&code);
	code_elems(&code, NFT_MSG_NEWSETELEM, IP, "t", "s");
	code_elem(&code, BE(1), 4, 0);
	code_elems_end(&code);
	load();
	generation = vm->generation;
	code_init(&message);
	code_elems(&message, NFT_MSG_DELSETELEM, IP, "t", "s");
	code_elem(&message, BE(1), 4, 0);
	code_elems_end(&message);
	message.bytes[4] = NFT_MSG_DELSETELEM;
	cr_expect_eq(send_message(&message, 0, false), 0);
	cr_expect(has(BE(1)));
	cr_expect_eq(vm->generation, generation);
	cr_expect_eq(send_message(&message, 0, true), 0);
	cr_expect_not(has(BE(1)));
	cr_expect_eq(send_message(&message, 0, true), -ENOENT);
	code_done(&message);
	done();
}

Test(vm_set, a_set_in_use_is_not_deleted)
{
	struct code message;

	begin();
	code_set(&code, IP, "t", "s", 0, 4);
	code_end(&code);
	code_rule(&code, IP, "t", "in");
	code_payload(&code, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	code_lookup(&code, "s", -1);
	code_rule_end(&code);
	load();
	code_init(&message);
	code_begin(&message, NFT_MSG_DELSET, IP);
	code_str(&message, NFTA_SET_TABLE, "t");
	code_str(&message, NFTA_SET_NAME, "s");
	code_end(&message);
	cr_expect_eq(send_message(&message, 0, true), -EBUSY);
	code_done(&message);
	done();
}

static u32 count_rules(const struct skald_vm_chain *chain, u64 *handles)
{
	struct skald_vm_rule *rule = NULL;
	u32 n = 0;

	while ((rule = skald_vm_rule_next(chain, rule)))
		handles[n++] = rule->handle;
	return n;
}

static void rule_message(struct code *message, u8 type, u64 handle,
			 u64 position)
{
	message->len = 0;
	memset(message->bytes, 0, 4096);
	code_begin(message, type, IP);
	code_str(message, NFTA_RULE_TABLE, "t");
	code_str(message, NFTA_RULE_CHAIN, "in");
	if (handle)
		code_u64(message, NFTA_RULE_HANDLE, handle);
	if (position)
		code_u64(message, NFTA_RULE_POSITION, position);
	code_end(message);
}

/* Rules at the front, at the end, in the middle and deleted, against an array
 * that is changed the same way. */
Test(vm_set, rules_stay_in_order_whatever_is_done)
{
	static u64 want[2048], got[2048];
	struct skald_vm_chain *chain;
	struct code message;
	u32 n = 0, step, at, seed = 1;

	begin();
	load();
	code_init(&message);
	chain = skald_vm_chain(skald_vm_table(vm, IP, "t"), "in");
	for (step = 0; step < 1500; step++) {
		seed = seed * 1103515245 + 12345;
		at = n ? (seed >> 8) % n : 0;
		if (n > 4 && step % 5 == 4) {
			rule_message(&message, NFT_MSG_DELRULE, want[at], 0);
			cr_assert_eq(send_message(&message, 0, true), 0);
			memmove(want + at, want + at + 1, (--n - at) * 8);
		} else if (step % 3 == 0 || !n) {
			rule_message(&message, NFT_MSG_NEWRULE, 0, 0);
			cr_assert_eq(send_message(&message,
						  step % 2 ? NLM_F_APPEND : 0,
						  true),
				     0);
			at = step % 2 ? n : 0;
			memmove(want + at + 1, want + at, (n++ - at) * 8);
			want[at] = chain->table->next_handle;
		} else {
			rule_message(&message, NFT_MSG_NEWRULE, 0, want[at]);
			cr_assert_eq(send_message(&message,
						  step % 2 ? NLM_F_APPEND : 0,
						  true),
				     0);
			at += step % 2;
			memmove(want + at + 1, want + at, (n++ - at) * 8);
			want[at] = chain->table->next_handle;
		}
	}
	cr_assert_eq(count_rules(chain, got), n);
	cr_assert_eq(chain->n_rules, n);
	cr_expect_eq(memcmp(got, want, n * 8), 0);
	code_done(&message);
	done();
}
