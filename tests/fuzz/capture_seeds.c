// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds of captures: capture_seeds DIR. Conversations of helpers as pcap, of
 * several link types, and as pcapng.
 */
#include <errno.h>
#include <pcap/pcap.h>

#include "pcapng.h"
#include "seeds.h"

#include "../conntrack/helpers/talks.h"

#define ETHERNET 14

/**
 * struct making - a capture being made
 * @text: of the file
 * @len: bytes
 * @stream: writes it
 * @dumper: of a pcap
 * @skip: bytes of a frame that the link layer has not
 * @n: frames so far
 */
struct making {
	char *text;
	size_t len;
	FILE *stream;
	pcap_dumper_t *dumper;
	uint32_t skip;
	uint32_t n;
};

static void start(struct making *making)
{
	memset(making, 0, sizeof(*making));
	making->stream = open_memstream(&making->text, &making->len);
	fuzz_check(making->stream);
	/* how the fuzzer goes about it */
	fputc(0, making->stream);
}

static void save(struct making *making, const char *name)
{
	fflush(making->stream);
	seed_save("capture", name, making->text, making->len);
}

static const struct talk *talk_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_talks; i++)
		if (!strcmp(talks[i].name, name))
			return &talks[i];
	fuzz_check(false);
	return NULL;
}

static void play(struct making *making, const char *name,
		 void (*frame)(void *user, const uint8_t *frame, uint32_t len))
{
	const struct talk_player player = { .frame = frame,
					    .user = making,
					    .client_seen = TALK_CLIENT,
					    .server_seen = TALK_SERVER };

	talk_play(talk_of(name), &player);
}

static void dump(void *user, const uint8_t *frame, uint32_t len)
{
	struct making *making = user;
	struct pcap_pkthdr header = { .ts = { .tv_sec = ++making->n },
				      .caplen = len - making->skip,
				      .len = len - making->skip };

	pcap_dump((u_char *)making->dumper, &header, frame + making->skip);
}

static void make_pcap(const char *talk, const char *name, int dlt)
{
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(
		dlt, TALK_FRAME_MAX,
		dlt == DLT_RAW ? PCAP_TSTAMP_PRECISION_NANO
			       : PCAP_TSTAMP_PRECISION_MICRO);
	struct making making;

	start(&making);
	making.skip = dlt == DLT_RAW ? ETHERNET : 0;
	making.dumper = pcap_dump_fopen(pcap, making.stream);
	fuzz_check(making.dumper);
	play(&making, talk, dump);
	pcap_dump_flush(making.dumper);
	save(&making, name);
	pcap_dump_close(making.dumper);
	pcap_close(pcap);
	free(making.text);
}

static int put(void *user, const void *data, size_t size)
{
	struct making *making = user;

	return fwrite(data, 1, size, making->stream) == size ? 0 : -EIO;
}

static void put_packet(void *user, const uint8_t *frame, uint32_t len)
{
	struct making *making = user;
	const struct skald_output output = { .write = put, .user = making };
	const struct skald_pcapng_packet packet = {
		.t_ns = ++making->n * 1000000000ull,
		.data = frame,
		.captured = len,
		.original = len,
		.comment = "a comment",
	};

	fuzz_check(!skald_pcapng_packet(&output, &packet));
}

static void make_pcapng(const char *talk, const char *name)
{
	static const struct skald_pcapng_section section = { .os = "Linux" };
	static const struct skald_pcapng_interface interface = {
		.linktype = SKALD_LINKTYPE_ETHERNET, .name = "eth0"
	};
	struct making making;
	const struct skald_output output = { .write = put, .user = &making };

	start(&making);
	fuzz_check(!skald_pcapng_section(&output, &section) &&
		   !skald_pcapng_interface(&output, &interface));
	play(&making, talk, put_packet);
	save(&making, name);
	fclose(making.stream);
	free(making.text);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: capture_seeds DIR\n", stderr);
		return 2;
	}
	seed_dir = argv[1];
	make_pcap("ftp-active", "ftp-ethernet", DLT_EN10MB);
	make_pcap("pptp", "pptp-raw", DLT_RAW);
	make_pcap("sip-tcp", "sip-ethernet", DLT_EN10MB);
	make_pcapng("h323", "h323-pcapng");
	make_pcapng("tftp", "tftp-pcapng");
	return 0;
}
