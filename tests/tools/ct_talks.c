// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations with helpers, written as captures:
 * ct_talks [--translated ADDRESS] [--public ADDRESS] DIR
 *
 * One file a conversation, Ethernet. For comparing what the kernel and the
 * engine make of them. With --translated the server knows the client by that
 * address, and writes so; headers have the client's own all the same. With
 * --public the client knows the server by that address.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "../conntrack/helpers/talks.h"

static void dump(void *user, const uint8_t *frame, uint32_t len)
{
	struct pcap_pkthdr header = { .caplen = len, .len = len };

	pcap_dump(user, &header, frame);
}

static int write_talk(pcap_t *pcap, const char *dir, const struct talk *talk,
		      const struct talk_player *model)
{
	struct talk_player player = *model;
	pcap_dumper_t *dumper;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.pcap", dir, talk->name);
	dumper = pcap ? pcap_dump_open(pcap, path) : NULL;
	if (!dumper) {
		perror(path);
		return 3;
	}
	player.user = dumper;
	talk_play(talk, &player);
	pcap_dump_close(dumper);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "translated", required_argument, NULL, 't' },
		{ "public", required_argument, NULL, 'p' },
		{ 0 },
	};
	struct talk_player player = { .frame = dump,
				      .client_seen = TALK_CLIENT,
				      .server_seen = TALK_SERVER,
				      .is_aimed = true };
	bool is_translated = false;
	struct in_addr addr;
	unsigned int i;
	pcap_t *pcap;
	int c, err = 0;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == '?' || inet_pton(AF_INET, optarg, &addr) != 1)
			break;
		if (c == 't')
			player.client_seen = ntohl(addr.s_addr);
		else
			player.server_seen = ntohl(addr.s_addr);
		is_translated = true;
	}
	if (c != -1 || optind + 1 != argc) {
		fputs("usage: ct_talks [--translated ADDRESS] "
		      "[--public ADDRESS] DIR\n",
		      stderr);
		return 2;
	}
	pcap = pcap_open_dead(DLT_EN10MB, TALK_FRAME_MAX);
	for (i = 0; i < n_talks && !err; i++) {
		if (talks[i].only == TALK_HERE ||
		    (talks[i].only == TALK_TRANSLATED && !is_translated))
			continue;
		err = write_talk(pcap, argv[optind], &talks[i], &player);
	}
	pcap_close(pcap);
	return err;
}
