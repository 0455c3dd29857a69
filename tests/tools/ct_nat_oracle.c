// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same packets through this kernel's NAT and through the engine's.
 *
 * ct_nat_oracle [--show N] [--only NAME]... [--helpers-by-port]
 *	[--fragment BYTES] CAPTURE...
 *
 * A router between two wires, in a namespace of its own for each ruleset and
 * capture. Packets go in on the side of their sender; what comes out, or is
 * delivered to the router itself, is the kernel's answer, byte for byte what
 * the engine has to make of the same packet under the same rules. The server of
 * a conversation answers to what it saw: answers are rewritten before they go
 * in. With --fragment they are then cut into pieces, and what comes out is put
 * together again. What the kernel chose at random is offered to the engine as
 * its chance, so that it must find the kernel's choice allowed, and free.
 *
 * Prints a line for each difference, and a sum; exit status 0: none.
 */
#include <errno.h>
#include <getopt.h>
#include <net/ethernet.h>
#include <pcap.h>

#include "../conntrack/nat/aim.h"
#include "../conntrack/space.h"

#define ONLY_MAX 8

struct options {
	const char *only[ONLY_MAX];
	unsigned int n_only;
	bool helpers;
	uint32_t fragment;
	uint32_t show;
};

struct oracle {
	const struct options *options;
	const struct ruleset *set;
	const char *file;
	struct kernel kernel;
	struct engine engine;
	struct aims aims;
	uint32_t packets;
	uint32_t changed;
	uint32_t differ;
};

/* Chance, so that the engine tries first what the kernel chose. */
static uint32_t chance_for(const struct oracle *oracle,
			   const struct oracle_packet *in,
			   const struct oracle_packet *out)
{
	const struct rule *rule;
	struct flow from, to;
	uint32_t first;

	if (!flow_read(in->bytes, in->len, &from) ||
	    !flow_read(out->bytes, out->len, &to))
		return 0;
	first = from.port[0] < 512 ? 1 : from.port[0] < 1024 ? 600 : 1024;
	if (from.proto == IPPROTO_ICMP || from.proto == IPPROTO_ICMPV6)
		first = 0;
	for (rule = oracle->set->rules; in->side == LEFT && rule->nft; rule++) {
		if (rule->hook == NF_INET_POST_ROUTING && rule->port[0] &&
		    rule->family == from.family && rule->proto == from.proto)
			first = rule->port[0];
	}
	return (uint16_t)(to.port[0] - first);
}

static void print_packet(const char *who, const struct oracle_packet *packet)
{
	static const char *const sides[] = { "left", "right", "here" };
	uint32_t i;

	printf("    %s %s ", who, packet ? sides[packet->side] : "nothing");
	for (i = 0; packet && i < packet->len && i < 120; i++)
		printf("%02x%s", packet->bytes[i], i % 4 == 3 ? " " : "");
	if (packet && packet->len > 120)
		printf(" of %u bytes", packet->len);
	putchar('\n');
}

static void compare(struct oracle *oracle, uint32_t number,
		    const struct oracle_packet *in,
		    const struct oracle_packet *kernel,
		    const struct oracle_packet *engine)
{
	if (!kernel && !engine)
		return;
	if (kernel && engine && kernel->side == engine->side &&
	    kernel->len == engine->len &&
	    !memcmp(kernel->bytes, engine->bytes, kernel->len))
		return;
	if (oracle->differ++ >= oracle->options->show)
		return;
	printf("%s, frame %u of %s:\n", oracle->set->name, number,
	       oracle->file);
	print_packet("in    ", in);
	print_packet("kernel", kernel);
	print_packet("engine", engine);
}

/* Whole, or in pieces. */
static bool ask_kernel(const struct oracle *oracle, uint32_t number,
		       const struct oracle_packet *in,
		       struct oracle_packet *out)
{
	static struct oracle_packet fragment;
	uint32_t size = oracle->options->fragment, at = 0;

	if (!size)
		kernel_send(&oracle->kernel, in);
	while (size) {
		at = fragment_cut(in, at, size, number, &fragment);
		kernel_send(&oracle->kernel, &fragment);
		if (!at)
			break;
	}
	return kernel_collect(&oracle->kernel, out);
}

static bool ask_engine(struct oracle *oracle, uint32_t number,
		       const struct oracle_packet *in,
		       struct oracle_packet *out)
{
	static struct oracle_packet fragment, piece;
	uint32_t size = oracle->options->fragment, at = 0;
	bool leaves = false;

	if (!size)
		return engine_pass(&oracle->engine, in, out);
	do {
		at = fragment_cut(in, at, size, number, &fragment);
		if (!engine_pass(&oracle->engine, &fragment, &piece))
			continue;
		leaves = true;
		if (!fragment_join(out, &piece))
			*out = piece;
	} while (at);
	return leaves;
}

static void play_packet(struct oracle *oracle, uint32_t number,
			struct oracle_packet *in)
{
	static struct oracle_packet kernel, engine;
	bool is_answer, passed, leaves;

	in->side = oracle_route(in->bytes) == LEFT ? RIGHT : LEFT;
	is_answer = aim_packet(&oracle->aims, in);
	passed = ask_kernel(oracle, number, in, &kernel);
	oracle->engine.chance = passed ? chance_for(oracle, in, &kernel) : 0;
	leaves = ask_engine(oracle, number, in, &engine);
	compare(oracle, number, in, passed ? &kernel : NULL,
		leaves ? &engine : NULL);
	oracle->packets++;
	if (!passed)
		return;
	aim_learn(&oracle->aims, in, &kernel, is_answer);
	if (kernel.len != in->len ||
	    memcmp(kernel.bytes + 12, in->bytes + 12, in->len - 12) != 0)
		oracle->changed++;
}

/* ---- one ruleset, one capture ---- */

static void play_file(struct oracle *oracle)
{
	static struct oracle_packet in;
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(oracle->file, error);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	uint32_t number = 0;

	if (!pcap) {
		fprintf(stderr, "ct_nat_oracle: %s\n", error);
		exit(1);
	}
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		number++;
		if (header->caplen < ETH_HLEN + 20 ||
		    header->caplen > ORACLE_PACKET_MAX)
			continue;
		in.len = header->caplen - ETH_HLEN;
		memcpy(in.bytes, bytes + ETH_HLEN, in.len);
		play_packet(oracle, number, &in);
	}
	pcap_close(pcap);
}

/* Return: how many differ */
static uint32_t play(const struct options *options, const struct ruleset *set,
		     const char *file)
{
	const struct oracle_rules rules = { .set = set,
					    .helpers = options->helpers };
	struct oracle oracle = { .options = options, .set = set, .file = file };

	kernel_start(&oracle.kernel, &rules);
	engine_start(&oracle.engine, &rules);
	play_file(&oracle);
	engine_stop(&oracle.engine);
	kernel_stop(&oracle.kernel);
	free(oracle.aims.mappings);
	printf("%s: %u packets, %u changed, %u differ\n", set->name,
	       oracle.packets, oracle.changed, oracle.differ);
	return oracle.differ;
}

static bool is_wanted(const struct options *options, const struct ruleset *set)
{
	unsigned int i;

	for (i = 0; i < options->n_only; i++) {
		if (!strcmp(set->name, options->only[i]))
			return true;
	}
	return !options->n_only;
}

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "show", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ "helpers-by-port", no_argument, NULL, 'h' },
		{ "fragment", required_argument, NULL, 'f' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's')
			options->show = (uint32_t)strtoul(optarg, NULL, 0);
		else if (c == 'o' && options->n_only < ONLY_MAX)
			options->only[options->n_only++] = optarg;
		else if (c == 'h')
			options->helpers = true;
		else if (c == 'f')
			options->fragment =
				(uint32_t)strtoul(optarg, NULL, 0) & ~7U;
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = { .show = 5 };
	uint32_t differ = 0;
	unsigned int i;

	if (!read_options(argc, argv, &options))
		return 2;
	space_stay_here();
	for (; optind < argc; optind++) {
		for (i = 0; i < n_rulesets; i++) {
			if (is_wanted(&options, &rulesets[i]))
				differ += play(&options, &rulesets[i],
					       argv[optind]);
		}
	}
	return differ != 0;
}
