// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ruleset's bytecode, and packets through every base chain of it: no crash,
 * no endless loop, and guards that change no verdict.
 *
 * Input: packet_len:u8 packet messages.
 */
#include "fuzz.h"
#include "load.h"

static unsigned int n_told;

static void take_miss(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_rule *rule,
		      const struct skald_miss *miss)
{
	fuzz_check(memchr(miss->field, 0, sizeof(miss->field)));
	fuzz_check(memchr(miss->expected, 0, sizeof(miss->expected)));
	fuzz_check(memchr(miss->actual, 0, sizeof(miss->actual)));
	fuzz_check(miss->index < rule->n_exprs);
	n_told++;
}

static const struct skald_vm_trace trace = {
	.miss = take_miss,
	.unknown = take_miss,
};

static void run(struct skald_vm_chain *chain, const uint8_t *packet, size_t len,
		bool is_traced)
{
	struct skald_vm_pkt pkt;
	struct skald_view view;
	uint8_t *frame = fuzz_copy(packet, len);
	uint16_t type = len && frame[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	uint8_t pf = chain->table->family;

	skald_view_init(&view, frame, (u32)len, (u32)len);
	if (skald_view_set_network(&view, 0, type) && pf != NFPROTO_NETDEV &&
	    pf != NFPROTO_BRIDGE && pf != NFPROTO_ARP) {
		free(frame);
		return;
	}
	if (pf == NFPROTO_INET)
		pf = view.family;
	view.iif = 1;
	skald_vm_pkt_init(&pkt, &view, pf, chain->base->hook, 1000);
	if (is_traced)
		pkt.trace = &trace;
	(void)skald_vm_run(chain, &pkt);
	free(frame);
}

static void walk(struct skald_vm *vm, const uint8_t *packet, size_t len)
{
	struct skald_vm_table *table;
	struct skald_vm_chain *chain;

	list_for_each_entry(table, &vm->tables, list) {
		list_for_each_entry(chain, &table->chains, list) {
			if (!chain->base)
				continue;
			run(chain, packet, len, false);
			run(chain, packet, len, true);
		}
	}
}

/* As the module gets them: one message a time, some of them deletions. */
static void transact(struct skald_vm *vm, const uint8_t *bytes, size_t len)
{
	struct skald_message message = { 0 };
	struct skald_load load;
	int err = 0;

	skald_load_begin(&load, vm, 1);
	while (len > 4 && !err) {
		size_t step = bytes[3] * 4u;

		if (step < 4 || step > len)
			step = len;
		message.type = bytes[0] % 34;
		message.family = bytes[1] % 12;
		message.flags = (uint16_t)(bytes[2] << 8);
		message.attrs = bytes + 4;
		message.len = (u32)(step - 4);
		err = skald_load_message(&load, &message);
		bytes += step;
		len -= step;
	}
	if (err)
		skald_load_abort(&load);
	else
		(void)skald_load_commit(&load);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	size_t packet_len = fuzz_take_u8(&input);
	struct skald_vm *vm = skald_vm_new();
	struct skald_load load;
	const uint8_t *packet;
	uint8_t *messages;
	size_t len;

	if (packet_len > input.size)
		packet_len = input.size;
	packet = input.data;
	len = input.size - packet_len;
	messages = fuzz_copy(input.data + packet_len, len);
	skald_load_begin(&load, vm, 1);
	vm->is_fresh = true;
	if (skald_load_dump(&load, messages, len))
		skald_load_abort(&load);
	else if (!skald_load_commit(&load))
		walk(vm, packet, packet_len);
	transact(vm, messages, len);
	walk(vm, packet, packet_len);
	skald_vm_free(vm);
	free(messages);
	return 0;
}
