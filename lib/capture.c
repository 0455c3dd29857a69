// SPDX-License-Identifier: GPL-2.0-only
/*
 * Captures through libpcap, and what its link layers say of the packet.
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture_names.h"
#include "pcapng.h"

#define NS_PER_S 1000000000ull
#define LINKTYPE_C_HDLC 104

struct skald_capture {
	pcap_t *pcap;
	int dlt;
	uint64_t n;
	char *path;
	struct skald_capture_names *names;
};

/* ---- the file ---- */

/**
 * struct source - a file whose frames are longer than its header says
 * @file: the file
 * @at: bytes read so far
 * @names: sees all of them, too; borrowed
 *
 * libpcap cuts frames to the snap length in the header of a pcap file. Frames
 * are what they are: the header that libpcap sees allows the longest.
 */
struct source {
	FILE *file;
	uint64_t at;
	struct skald_capture_names *names;
};

#define SNAPLEN_AT 16
#define SNAPLEN_MAX 262144

static bool is_pcap(const uint8_t *bytes)
{
	uint32_t magic = get_unaligned_be32(bytes);

	return magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 ||
	       magic == 0xa1b23c4d || magic == 0x4d3cb2a1;
}

static void patch_header(uint8_t *bytes)
{
	static const uint8_t big[4] = { 0, 4, 0, 0 };
	static const uint8_t little[4] = { 0, 0, 4, 0 };

	BUILD_BUG_ON(SNAPLEN_MAX != 0x40000);
	if (is_pcap(bytes))
		memcpy(bytes + SNAPLEN_AT, bytes[0] == 0xa1 ? big : little, 4);
}

static ssize_t read_source(void *cookie, char *buf, size_t size)
{
	struct source *source = cookie;
	size_t n = fread(buf, 1, size, source->file);

	if (!n && ferror(source->file))
		return -1;
	if (!source->at && n >= SNAPLEN_AT + 4)
		patch_header((uint8_t *)buf);
	skald_capture_names_feed(source->names, buf, n);
	source->at += n;
	return (ssize_t)n;
}

static int close_source(void *cookie)
{
	struct source *source = cookie;
	int ret = fclose(source->file);

	free(source);
	return ret;
}

/* "-": a descriptor of our own for standard input, to be closed like others. */
static FILE *open_file(const char *path)
{
	FILE *file;
	int fd;

	if (strcmp(path, "-") != 0)
		return fopen(path, "rbe");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "rb");
	if (!file)
		close(fd);
	return file;
}

/* Return: the stream, which libpcap closes; NULL with errno */
static FILE *open_source(const char *path, struct skald_capture_names *names)
{
	static const cookie_io_functions_t io = { .read = read_source,
						  .close = close_source };
	struct source *source = calloc(1, sizeof(*source));
	FILE *stream;

	if (!source)
		return NULL;
	source->names = names;
	source->file = open_file(path);
	if (!source->file) {
		free(source);
		return NULL;
	}
	stream = fopencookie(source, "rb", io);
	if (!stream)
		close_source(source);
	return stream;
}

static int open_pcap(struct skald_capture *capture, const char *path,
		     struct skald_error *error)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	FILE *stream = open_source(path, capture->names);

	if (!stream)
		return skald_error_set(error, errno, "cannot read %s: %s", path,
				       strerror(errno));
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(
		stream, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!capture->pcap) {
		fclose(stream);
		skald_error_set(error, EINVAL, "cannot read %s: %s", path,
				text);
		skald_error_help(error, "captures are pcap or pcapng files, as "
					"tcpdump -w and Wireshark write them");
		return -EINVAL;
	}
	capture->dlt = pcap_datalink(capture->pcap);
	return 0;
}

int skald_capture_open(const char *path, struct skald_capture **capture,
		       struct skald_error *error)
{
	struct skald_capture *made = calloc(1, sizeof(*made));
	int ret;

	if (!made)
		return skald_error_set(error, ENOMEM, "no memory");
	made->path = strdup(path);
	made->names = skald_capture_names_new();
	ret = made->path && made->names
		      ? open_pcap(made, path, error)
		      : skald_error_set(error, ENOMEM, "no memory");
	if (ret) {
		skald_capture_close(made);
		return ret;
	}
	*capture = made;
	return 0;
}

void skald_capture_close(struct skald_capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	skald_capture_names_free(capture->names);
	free(capture->path);
	free(capture);
}

/* The few DLT_* whose numbers are not those of LINKTYPE_*. */
uint16_t skald_capture_linktype(const struct skald_capture *capture)
{
	switch (capture->dlt) {
	case DLT_RAW:
		return SKALD_LINKTYPE_RAW;
	case DLT_C_HDLC:
		return LINKTYPE_C_HDLC;
	default:
		return (uint16_t)capture->dlt;
	}
}

int skald_capture_next(struct skald_capture *capture,
		       struct skald_capture_frame *frame,
		       struct skald_error *error)
{
	struct skald_capture_origin origin;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int ret = pcap_next_ex(capture->pcap, &header, &bytes);

	if (ret == PCAP_ERROR_BREAK)
		return 0;
	if (ret != 1)
		return skald_error_set(error, EINVAL, "%s, frame %llu: %s",
				       capture->path,
				       (unsigned long long)capture->n + 1,
				       pcap_geterr(capture->pcap));
	frame->number = ++capture->n;
	frame->t_ns = (uint64_t)header->ts.tv_sec * NS_PER_S +
		      (uint64_t)header->ts.tv_usec;
	frame->bytes = bytes;
	frame->captured = header->caplen;
	frame->original = max(header->len, header->caplen);
	skald_capture_names_next(capture->names, &origin);
	frame->interface = origin.interface;
	frame->id = origin.id;
	frame->is_outgoing = origin.is_outgoing;
	return 1;
}

/* ---- link layers ---- */

/**
 * struct place - the network header in a frame
 * @off: where it is
 * @ethertype: what it is
 * @by_version: its version says what it is
 */
struct place {
	uint32_t off;
	uint16_t ethertype;
	bool by_version;
};

static int ethertype_at(const struct skald_capture_frame *frame, uint32_t at,
			uint32_t off, struct place *place)
{
	if (frame->captured < off || frame->captured < at + 2)
		return -ENOMSG;
	place->off = off;
	place->ethertype = get_unaligned_be16(frame->bytes + at);
	return 0;
}

/* Address family of the BSD whose machine captured it, in its byte order. */
static int place_null(const struct skald_capture_frame *frame,
		      struct place *place)
{
	if (frame->captured < 4)
		return -ENOMSG;
	place->off = 4;
	place->by_version = true;
	return 0;
}

#define PPP_IP 0x0021
#define PPP_IPV6 0x0057

static int place_ppp(const struct skald_capture_frame *frame,
		     struct place *place)
{
	static const uint8_t framing[2] = { 0xff, 0x03 };
	uint32_t off = 0;
	uint16_t protocol;

	if (frame->captured >= 2 && !memcmp(frame->bytes, framing, 2))
		off = 2;
	if (frame->captured < off + 2)
		return -ENOMSG;
	protocol = get_unaligned_be16(frame->bytes + off);
	if (protocol != PPP_IP && protocol != PPP_IPV6)
		return -ENOMSG;
	place->off = off + 2;
	place->ethertype = protocol == PPP_IP ? ETH_P_IP : ETH_P_IPV6;
	return 0;
}

static int find_place(uint16_t linktype,
		      const struct skald_capture_frame *frame,
		      struct place *place)
{
	*place = (struct place){ 0 };
	switch (linktype) {
	case SKALD_LINKTYPE_ETHERNET:
		return ethertype_at(frame, 12, ETH_HLEN, place);
	case SKALD_LINKTYPE_LINUX_SLL:
		return ethertype_at(frame, 14, 16, place);
	case DLT_LINUX_SLL2:
		return ethertype_at(frame, 0, 20, place);
	case LINKTYPE_C_HDLC:
		return ethertype_at(frame, 2, 4, place);
	case SKALD_LINKTYPE_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		place->by_version = true;
		return 0;
	case DLT_NULL:
	case DLT_LOOP:
		return place_null(frame, place);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return place_ppp(frame, place);
	default:
		return -ENOMSG;
	}
}

static uint16_t ethertype_by_version(const struct skald_capture_frame *frame,
				     uint32_t off)
{
	uint8_t version = frame->captured > off ? frame->bytes[off] >> 4 : 0;

	return version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0;
}

int skald_capture_view(uint16_t linktype,
		       const struct skald_capture_frame *frame,
		       struct skald_view *view)
{
	struct place place;

	if (find_place(linktype, frame, &place))
		return -ENOMSG;
	if (place.by_version)
		place.ethertype = ethertype_by_version(frame, place.off);
	if (place.ethertype != ETH_P_IP && place.ethertype != ETH_P_IPV6)
		return -ENOMSG;
	skald_view_init(view, (void *)frame->bytes, frame->captured,
			frame->original);
	view->link = 0;
	return skald_view_set_network(view, place.off, place.ethertype);
}
