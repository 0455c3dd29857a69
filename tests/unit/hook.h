/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a netfilter hook in a test
 *
 * Random frames, what a hook knows about them, and two machines that run there:
 * one for classic BPF as the kernel runs it, one for native comparisons as
 * nf_tables runs them. With libpcap on the whole frame as the judge.
 */
#ifndef SKALD_TESTS_HOOK_H
#define SKALD_TESTS_HOOK_H

#include <criterion/criterion.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classifier.h"
#include "native.h"

#define HOOK_FRAME 512
#define HOOK_LINK 14

/**
 * struct hook_packet - a packet as it stands at a hook
 * @frame: the whole frame
 * @len: its length
 * @device: ARPHRD_* of its device
 * @has_device: whether it has one
 * @has_link: whether the link-layer header can be read
 */
struct hook_packet {
	uint8_t frame[HOOK_FRAME];
	unsigned int len;
	uint16_t device;
	bool has_device;
	bool has_link;
};

/**
 * struct hook_case - an expression that is tried
 * @expression: the expression
 * @is_foreign: has no form in native comparisons
 */
struct hook_case {
	const char *expression;
	bool is_foreign;
};

static const struct hook_case hook_cases[] = {
	{ "", false },
	{ "ip", false },
	{ "ip6", false },
	{ "arp", false },
	{ "rarp or arp", false },
	{ "not ip", false },
	{ "tcp", false },
	{ "udp or icmp", false },
	{ "ip proto 47 or ip6 proto 50", false },
	{ "host 10.0.0.1", false },
	{ "src host 10.0.0.1 and not dst host 10.0.0.2", false },
	{ "dst net 10.0.0.0/8", false },
	{ "not net 192.168.0.0/16", false },
	{ "net 10.0.0.0 mask 255.0.255.0", false },
	{ "host 2001:db8::1", false },
	{ "src net 2001:db8::/33", false },
	{ "not dst host fe80::2 and ip6", false },
	{ "port 53", false },
	{ "src port 443", false },
	{ "tcp dst port 80 or tcp dst port 443", false },
	{ "not port 22", false },
	{ "portrange 50-100", false },
	{ "udp src portrange 400-450", false },
	{ "tcp port 443 and host 10.0.0.1", false },
	{ "tcp[tcpflags] & (tcp-syn) != 0", false },
	{ "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", false },
	{ "tcp[tcpflags] & (tcp-rst|tcp-fin) == 0", false },
	{ "tcp[13] = 18", false },
	{ "tcp[0:2] > 100 and tcp[2:2] <= 443", false },
	{ "icmp[icmptype] = icmp-echo", false },
	{ "icmp[icmptype] != icmp-echo and icmp[icmptype] != 0", false },
	{ "icmp6[icmp6type] == 128", false },
	{ "ip6[40] = 128 or ip6[6] = 58", false },
	{ "ip[6:2] & 0x1fff != 0", false },
	{ "ip[6:2] & 0x3fff = 0", false },
	{ "ip[0] & 0xf != 5", false },
	{ "ip[0] >> 4 = 4 and ip[8] >> 2 > 15", false },
	{ "ip[8] < 64 and ip[8] >= 2", false },
	{ "ip[1] & 0xfc = 0xb8", false },
	{ "ip[2:2] > 60 and ip[2:2] < 100 and ip[2:2] != 77", false },
	{ "arp[6:2] = 1", false },
	{ "arp host 10.0.0.2", false },
	{ "ether host 02:00:00:00:00:01", false },
	{ "ether src 02:00:00:00:00:01 and tcp", false },
	{ "not ether dst 02:00:00:00:00:02", false },
	{ "tcp or ether src 02:00:00:00:00:01", false },
	{ "ether broadcast", false },
	{ "ether multicast", false },
	{ "ip multicast or ip6 multicast", false },
	{ "ether[0] & 1 = 1 and not ether broadcast", false },
	{ "ether[6:4] = 0x02000000", false },
	{ "ether proto 0x88cc", false },
	{ "ether[12:2] > 0x0800", false },
	{ "stp or llc", false },
	{ "less 64", false },
	{ "greater 100 and udp", false },
	{ "len = 60 or len > 200", false },
	{ "len >= 60", false },
	{ "len - 14 = ip[2:2]", true },
	{ "ip[2:2] - ((ip[0] & 0xf) << 2) > 20", true },
	{ "tcp[((tcp[12] & 0xf0) >> 2):2] != 0", true },
	{ "tcp[tcp[13] - 2] & 1 = 0", true },
	{ "not tcp[-((tcp[12] & 0xd0) >> 2)*2] != 0", true },
	{ "ip[8] = 64 or ip[ip[8] - 2 - 0x100000:2] != 0", true },
	{ "ip6[6] = 6 or ip6[ip6[7] * 0x4000000 - 0x200000] = 2", true },
	{ "udp[udp[1] ^ 0x35] = 0", true },
	{ "(tcp and port 80) or (udp and port 53) or (icmp and host 10.0.0.1)",
	  false },
	{ "not (tcp port 80 or udp port 53) and not arp", false },
	{ "(host 10.0.0.1 or host 10.0.0.2) and (tcp port 80 or 443)", false },
	{ "host 10.0.0.1 and host 10.0.0.2", false },
	{ "ip[9] = 6 and ip[12:4] = 0x0a000001 and ip[12] != 10 or udp",
	  false },
	{ "ip[10:2] % 7 = 3", true },
	{ "tcp[4:4] = tcp[8:4] or udp[4:2] = 8", true },
	{ "sctp port 80 or vrrp or ah or esp or igmp or pim", false },
};

#define HOOK_CASES (sizeof(hook_cases) / sizeof(*hook_cases))

/* A generator of our own: the same packets everywhere */
static inline uint32_t hook_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

static inline uint32_t hook_pick(uint64_t *seed, const uint32_t *from,
				 unsigned int n)
{
	return from[hook_random(seed) % n];
}

#define HOOK_PICK(seed, ...)                                  \
	hook_pick(seed, (const uint32_t[]){ __VA_ARGS__ },    \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / \
			  sizeof(uint32_t))

static inline void hook_put(uint8_t *to, uint32_t number, unsigned int len)
{
	while (len--) {
		to[len] = number;
		number >>= 8;
	}
}

static inline uint32_t hook_get(const uint8_t *from, unsigned int len)
{
	uint32_t number = 0;

	while (len--)
		number = number << 8 | *from++;
	return number;
}

static inline void hook_mac(uint64_t *seed, uint8_t *to)
{
	memcpy(to, "\x02\0\0\0\0", 5);
	to[5] = HOOK_PICK(seed, 1, 2, 3);
	if (hook_random(seed) % 8 == 0)
		memset(to, 0xff, 6);
	else if (hook_random(seed) % 8 == 0)
		hook_put(to, 0x01005e01, 4);
}

static inline void hook_transport(uint64_t *seed, uint8_t *to)
{
	hook_put(to, HOOK_PICK(seed, 22, 53, 80, 443, 99, 101, 420, 40000), 2);
	hook_put(to + 2, HOOK_PICK(seed, 22, 53, 80, 443, 100, 49, 8888), 2);
	hook_put(to + 4, HOOK_PICK(seed, 8, 7, 0x10000), 4);
	hook_put(to + 8, HOOK_PICK(seed, 8, 7, 0x10000), 4);
	to[12] = HOOK_PICK(seed, 0x50, 0x60, 0x80);
	to[13] = HOOK_PICK(seed, 2, 0x12, 0x10, 0x18, 4, 1, 0);
}

static inline void hook_icmp(uint64_t *seed, uint8_t *to, bool is_six)
{
	to[0] = is_six ? HOOK_PICK(seed, 128, 129, 135, 1)
		       : HOOK_PICK(seed, 8, 0, 3, 11);
	to[1] = HOOK_PICK(seed, 0, 1, 3);
}

static inline void hook_ip(uint64_t *seed, uint8_t *to)
{
	const unsigned int words = HOOK_PICK(seed, 5, 5, 5, 6, 8, 15);

	to[0] = 0x40 | words;
	to[1] = HOOK_PICK(seed, 0, 0xb8, 0xb9, 0x10);
	hook_put(to + 2, HOOK_PICK(seed, 46, 60, 77, 84, 99, 1500), 2);
	hook_put(to + 6, HOOK_PICK(seed, 0, 0, 0x4000, 0x2000, 0x2064, 0x64),
		 2);
	to[8] = HOOK_PICK(seed, 1, 2, 63, 64, 255);
	to[9] = HOOK_PICK(seed, 6, 6, 6, 17, 17, 1, 1, 132, 47, 50, 51, 112);
	hook_put(to + 12,
		 HOOK_PICK(seed, 0x0a000001, 0x0a000002, 0x0a010001, 0xc0a80101,
			   0x08080808),
		 4);
	hook_put(to + 16,
		 HOOK_PICK(seed, 0x0a000001, 0x0a000002, 0xc0a80101, 0xe0000001,
			   0xffffffff),
		 4);
	if (to[9] == 1)
		hook_icmp(seed, to + words * 4, false);
	else
		hook_transport(seed, to + words * 4);
}

static inline void hook_ip6(uint64_t *seed, uint8_t *to)
{
	to[0] = 0x60;
	to[6] = HOOK_PICK(seed, 6, 6, 17, 17, 58, 58, 44, 0, 50, 132);
	to[7] = HOOK_PICK(seed, 1, 64, 255);
	hook_put(to + 8, HOOK_PICK(seed, 0x20010db8, 0xfe800000), 4);
	hook_put(to + 20, HOOK_PICK(seed, 1, 2), 4);
	hook_put(to + 24, HOOK_PICK(seed, 0x20010db8, 0xfe800000, 0xff020000),
		 4);
	hook_put(to + 36, HOOK_PICK(seed, 1, 2), 4);
	if (to[6] == 58)
		hook_icmp(seed, to + 40, true);
	else
		hook_transport(seed, to + 40);
}

static inline void hook_arp(uint64_t *seed, uint8_t *to)
{
	hook_put(to, 0x00010800, 4);
	hook_put(to + 4, 0x0604, 2);
	hook_put(to + 6, HOOK_PICK(seed, 1, 2), 2);
	hook_put(to + 14, HOOK_PICK(seed, 0x0a000001, 0x0a000002), 4);
	hook_put(to + 24, HOOK_PICK(seed, 0x0a000001, 0x0a000002), 4);
}

/* A frame of any kind, sometimes spoilt, sometimes cut short. */
static inline void hook_packet(uint64_t *seed, struct hook_packet *packet)
{
	const uint32_t type =
		HOOK_PICK(seed, ETH_P_IP, ETH_P_IP, ETH_P_IP, ETH_P_IP,
			  ETH_P_IPV6, ETH_P_IPV6, ETH_P_ARP, ETH_P_RARP,
			  ETH_P_LLDP, 0x26);
	uint8_t *network = packet->frame + HOOK_LINK;
	unsigned int spoilt;

	memset(packet, 0, sizeof(*packet));
	hook_mac(seed, packet->frame);
	hook_mac(seed, packet->frame + 6);
	hook_put(packet->frame + 12, type, 2);
	if (type == ETH_P_IP)
		hook_ip(seed, network);
	else if (type == ETH_P_IPV6)
		hook_ip6(seed, network);
	else if (type == ETH_P_ARP || type == ETH_P_RARP)
		hook_arp(seed, network);
	else
		hook_put(network, HOOK_PICK(seed, 0x424203, 0xaaaa03, 0xffff00),
			 3);
	packet->len = HOOK_PICK(seed, 60, 74, 114, 200, 300);
	if (hook_random(seed) % 8 == 0)
		packet->len = HOOK_LINK + hook_random(seed) % 60;
	for (spoilt = hook_random(seed) % 4; spoilt > 1; spoilt--)
		network[hook_random(seed) % 60] = hook_random(seed);
	packet->device = ARPHRD_ETHER;
	packet->has_device = packet->has_link = true;
}

/* What eth_type_trans() puts in skb->protocol */
static inline uint32_t hook_protocol(const struct hook_packet *packet)
{
	const uint32_t type = hook_get(packet->frame + 12, 2);

	if (type >= ETH_P_802_3_MIN)
		return type;
	if (packet->len >= HOOK_LINK + 2 &&
	    hook_get(packet->frame + HOOK_LINK, 2) == 0xffff)
		return ETH_P_802_3;
	return ETH_P_802_2;
}

/*
 * Below zero the kernel counts from the network header or from the link layer
 * (bpf_internal_load_pointer_neg_helper() in kernel/bpf/core.c).
 * Return: false when the packet does not have the bytes.
 */
static inline bool hook_bytes(const struct hook_packet *packet, int64_t at,
			      unsigned int size, uint32_t *number)
{
	int64_t place = at + HOOK_LINK;

	if (at < SKF_LL_OFF)
		return false;
	if (at < SKF_NET_OFF) {
		place = at - SKF_LL_OFF;
		if (!packet->has_link)
			return false;
	} else if (at < 0) {
		place = at - SKF_NET_OFF + HOOK_LINK;
	}
	if (place < 0 || place + size > packet->len)
		return false;
	*number = hook_get(packet->frame + place, size);
	return true;
}

/**
 * struct hook_cpu - classic BPF at a hook
 * @a: accumulator
 * @x: index
 * @mem: scratch memory
 */
struct hook_cpu {
	uint32_t a;
	uint32_t x;
	uint32_t mem[BPF_MEMWORDS];
};

/* Return: false when the program ends here, with cpu->a as its answer. */
static inline bool hook_load(const struct hook_packet *packet,
			     struct hook_cpu *cpu,
			     const struct sock_filter *insn)
{
	const bool is_x = BPF_CLASS(insn->code) == BPF_LDX;
	const unsigned int size = BPF_SIZE(insn->code) == BPF_B	  ? 1
				  : BPF_SIZE(insn->code) == BPF_H ? 2
								  : 4;
	uint32_t *to = is_x ? &cpu->x : &cpu->a;
	int32_t at = insn->k;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		*to = insn->k;
		return true;
	case BPF_MEM:
		*to = cpu->mem[insn->k];
		return true;
	case BPF_LEN:
		*to = packet->len - HOOK_LINK;
		return true;
	case BPF_IND:
		at += cpu->x;
		break;
	default:
		if (at == SKF_AD_OFF + SKF_AD_PROTOCOL) {
			*to = hook_protocol(packet);
			return true;
		}
		if (at == SKF_AD_OFF + SKF_AD_HATYPE) {
			if (packet->has_device)
				*to = packet->device;
			return packet->has_device;
		}
	}
	if (!hook_bytes(packet, at, size, to)) {
		cpu->a = 0;
		return false;
	}
	if (BPF_MODE(insn->code) == BPF_MSH)
		*to = (*to & 0xf) * 4;
	return true;
}

/* Return: false when it divides by zero. */
static inline bool hook_calculate(struct hook_cpu *cpu,
				  const struct sock_filter *insn)
{
	const uint32_t by = BPF_SRC(insn->code) == BPF_X ? cpu->x : insn->k;
	const uint16_t op = BPF_OP(insn->code);

	if (!by && (op == BPF_DIV || op == BPF_MOD)) {
		cpu->a = 0;
		return false;
	}
	cpu->a = op == BPF_ADD	 ? cpu->a + by
		 : op == BPF_SUB ? cpu->a - by
		 : op == BPF_MUL ? cpu->a * by
		 : op == BPF_DIV ? cpu->a / by
		 : op == BPF_MOD ? cpu->a % by
		 : op == BPF_AND ? (cpu->a & by)
		 : op == BPF_OR	 ? (cpu->a | by)
		 : op == BPF_XOR ? cpu->a ^ by
		 : op == BPF_LSH ? cpu->a << (by & 31)
		 : op == BPF_RSH ? cpu->a >> (by & 31)
				 : -cpu->a;
	return true;
}

static inline uint32_t hook_jump(const struct hook_cpu *cpu,
				 const struct sock_filter *insn)
{
	const uint32_t with = BPF_SRC(insn->code) == BPF_X ? cpu->x : insn->k;
	bool is_true;

	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		return insn->k;
	case BPF_JEQ:
		is_true = cpu->a == with;
		break;
	case BPF_JGT:
		is_true = cpu->a > with;
		break;
	case BPF_JGE:
		is_true = cpu->a >= with;
		break;
	default:
		is_true = cpu->a & with;
		break;
	}
	return is_true ? insn->jt : insn->jf;
}

/* Run a rewritten program, which must not leave its bounds. */
static inline uint32_t hook_answer(const struct skald_program *program,
				   const struct hook_packet *packet)
{
	struct hook_cpu cpu = { 0 };
	unsigned int i;

	for (i = 0; i < program->n_insns; i++) {
		const struct sock_filter *insn = &program->insns[i];

		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
		case BPF_LDX:
			if (!hook_load(packet, &cpu, insn))
				return cpu.a;
			break;
		case BPF_ST:
			cpu.mem[insn->k] = cpu.a;
			break;
		case BPF_STX:
			cpu.mem[insn->k] = cpu.x;
			break;
		case BPF_ALU:
			if (!hook_calculate(&cpu, insn))
				return 0;
			break;
		case BPF_JMP:
			i += hook_jump(&cpu, insn);
			break;
		case BPF_RET:
			return BPF_RVAL(insn->code) == BPF_A ? cpu.a : insn->k;
		default:
			if (BPF_MISCOP(insn->code) == BPF_TAX)
				cpu.x = cpu.a;
			else
				cpu.a = cpu.x;
		}
	}
	cr_assert_eq(program->n_insns, 0, "the program runs over its end");
	return 0;
}

static inline bool hook_run(const struct skald_program *program,
			    const struct hook_packet *packet)
{
	return hook_answer(program, packet) != 0;
}

/* What nf_tables loads. Return: false for its NFT_BREAK. */
static inline bool hook_native_load(const struct hook_packet *packet,
				    const struct skald_native_test *test,
				    uint32_t *number)
{
	uint32_t header, fragment;

	switch ((enum skald_native_base)test->base) {
	case SKALD_NATIVE_LL:
		return hook_bytes(packet, SKF_LL_OFF + (int64_t)test->offset,
				  test->len, number);
	case SKALD_NATIVE_NH:
		return hook_bytes(packet, test->offset, test->len, number);
	case SKALD_NATIVE_TH:
		if (!hook_bytes(packet, 0, 1, &header) ||
		    !hook_bytes(packet, 6, 2, &fragment) || fragment & 0x1fff)
			return false;
		return hook_bytes(packet, (header & 0xf) * 4 + test->offset,
				  test->len, number);
	case SKALD_NATIVE_PROTOCOL:
		*number = hook_protocol(packet);
		return true;
	case SKALD_NATIVE_IIFTYPE:
		*number = packet->device;
		return packet->has_device;
	case SKALD_NATIVE_LEN:
		*number = packet->len - HOOK_LINK;
		return true;
	}
	return false;
}

static inline bool hook_native_test(const struct hook_packet *packet,
				    const struct skald_native_test *test)
{
	uint32_t number;

	if (!hook_native_load(packet, test, &number))
		return false;
	number &= test->mask;
	switch ((enum skald_native_op)test->op) {
	case SKALD_NATIVE_EQ:
		return number == test->value;
	case SKALD_NATIVE_NE:
		return number != test->value;
	case SKALD_NATIVE_LT:
		return number < test->value;
	case SKALD_NATIVE_LE:
		return number <= test->value;
	case SKALD_NATIVE_GT:
		return number > test->value;
	case SKALD_NATIVE_GE:
		return number >= test->value;
	}
	return false;
}

/* Return: how many of the rules match. */
static inline unsigned int hook_native(const struct skald_native *native,
				       const struct hook_packet *packet)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < native->n_rules; i++) {
		const struct skald_native_rule *rule = &native->rules[i];

		for (j = 0; j < rule->n_tests; j++)
			if (!hook_native_test(packet, &rule->tests[j]))
				break;
		n += j == rule->n_tests;
	}
	return n;
}

/* The judge: libpcap's own program on the whole frame */
static inline void hook_judge(const char *expression, struct bpf_program *judge)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);

	cr_assert_not_null(pcap);
	cr_assert_eq(pcap_compile(pcap, judge, expression, 1,
				  PCAP_NETMASK_UNKNOWN),
		     0, "%s: %s", expression, pcap_geterr(pcap));
	pcap_close(pcap);
}

static inline bool hook_verdict(const struct bpf_program *judge,
				const struct hook_packet *packet)
{
	return bpf_filter(judge->bf_insns, packet->frame, packet->len,
			  packet->len) != 0;
}

/* Compile, and die when it fails. */
static inline void hook_compile(const char *expression,
				struct skald_classifier *classifier)
{
	struct skald_error error = { 0 };

	*classifier = (struct skald_classifier){ 0 };
	classifier->expression = strdup(expression);
	cr_assert_eq(skald_classifier_compile(classifier, &error), 0,
		     "%s: column %d: %s", expression, error.column, error.text);
}

/* The programs that see packets with this protocol, the family's own first */
static inline const struct skald_program *
hook_family(const struct skald_classifier *classifier, uint32_t protocol)
{
	switch (protocol) {
	case ETH_P_IP:
		return &classifier->ip;
	case ETH_P_IPV6:
		return &classifier->ip6;
	case ETH_P_ARP:
		return &classifier->arp;
	default:
		return NULL;
	}
}

#endif /* SKALD_TESTS_HOOK_H */
