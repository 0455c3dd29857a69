// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that receives what a capture holds.
 */
#include "ct_replay.h"

#include <stdlib.h>

#include "ct_helpers.h"

/* Buckets that are looked through for garbage with each frame. */
#define GC_BUCKETS 4
/* The clock when it stands still. */
#define STILL_NS SKALD_NS_PER_S
/* The largest frame that a link can carry: 65535 bytes behind the header. */
#define FRAME_MAX (65535 + ETH_HLEN)

struct skald_ct_replay {
	struct skald_ct_replay_options options;
	const struct skald_ct_replay_ops *ops;
	struct skald_ct_table *table;
	struct skald_defrag *defrag;
	const struct skald_capture_frame *frame;
	uint64_t now_ns;
	uint64_t random;
	uint64_t n_cut;
};

void skald_ct_replay_options_default(struct skald_ct_replay_options *options)
{
	memset(options, 0, sizeof(*options));
	skald_ct_settings_default(&options->settings);
	options->settings.checksum = false;
	options->seed = 1;
}

/* xorshift64*: chance that repeats itself (G. Marsaglia, 2003). */
static u32 next_random(void *user)
{
	struct skald_ct_replay *replay = user;
	uint64_t x = replay->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	replay->random = x;
	return (u32)(x * 0x2545f4914f6cdd1dull >> 32);
}

static void tell(void *user, const struct skald_ct_note *note)
{
	struct skald_ct_replay *replay = user;

	replay->ops->note(replay->ops->user, replay->frame, note);
}

int skald_ct_replay_new(const struct skald_ct_replay_options *options,
			const struct skald_ct_replay_ops *ops,
			struct skald_ct_replay **replay)
{
	struct skald_ct_replay *made = calloc(1, sizeof(*made));
	struct skald_defrag_settings defrag;
	struct skald_ct_owner owner = { .user = made, .random = next_random };
	hsiphash_key_t key;

	if (!made)
		return -ENOMEM;
	made->options = *options;
	made->ops = ops;
	made->now_ns = STILL_NS;
	made->random = options->seed | 1;
	if (ops->note) {
		owner.tell = tell;
		owner.verbose = ops->verbose;
	}
	skald_defrag_settings_default(&defrag);
	key.key[0] = next_random(made);
	key.key[1] = next_random(made);
	made->table = skald_ct_table_new(&options->settings, &owner);
	made->defrag = skald_defrag_new(&defrag, &key);
	if (!made->table || !made->defrag) {
		skald_ct_replay_free(made);
		return -ENOMEM;
	}
	*replay = made;
	return 0;
}

void skald_ct_replay_free(struct skald_ct_replay *replay)
{
	if (!replay)
		return;
	replay->frame = NULL;
	skald_ct_table_free(replay->table);
	skald_defrag_free(replay->defrag);
	free(replay);
}

struct skald_ct_table *skald_ct_replay_table(struct skald_ct_replay *replay)
{
	return replay->table;
}

uint64_t skald_ct_replay_now(const struct skald_ct_replay *replay)
{
	return replay->now_ns;
}

uint64_t skald_ct_replay_cut(const struct skald_ct_replay *replay)
{
	return replay->n_cut;
}

/* ---- a packet ---- */

static void attach_helper(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	const struct skald_ct_tuple *tuple;
	const struct skald_ct_helper *helper;

	if (!ct || ct->help || skald_ct_is(ct, SKALD_CT_CONFIRMED))
		return;
	tuple = skald_ct_tuple(ct, SKALD_CT_ORIGINAL);
	helper = skald_ct_helper_by_port(tuple->family, tuple->proto,
					 ntohs(tuple->dport));
	if (helper)
		skald_ct_help_attach(ct, helper);
}

static bool is_multicast4(const uint8_t *addr)
{
	return (addr[0] & 0xf0) == 0xe0;
}

static bool is_broadcast4(const uint8_t *addr)
{
	return get_unaligned_be32(addr) == U32_MAX;
}

/* ip_route_input_slow(): addresses that come from or go nowhere. */
static bool is_delivered4(const uint8_t *ip)
{
	static const uint8_t all_hosts[4] = { 224, 0, 0, 1 };
	const uint8_t *src = ip + 12, *dst = ip + 16;

	if (is_multicast4(src) || is_broadcast4(src))
		return false;
	if (is_broadcast4(dst))
		return true;
	if (!src[0] || !dst[0])
		return false;
	return !is_multicast4(dst) || !memcmp(dst, all_hosts, 4);
}

/* Groups that every host is in; hosts on the link are not this one. */
static bool is_delivered6(const uint8_t *ip6)
{
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
	const uint8_t *dst = ip6 + 24;

	if (dst[0] == 0xff)
		return !memcmp(dst, all_nodes, sizeof(all_nodes));
	return dst[0] != 0xfe || (dst[1] & 0xc0) != 0x80;
}

/*
 * Whether a host to which all addresses are local takes it in. What it does not
 * take in was tracked, but begins no connection.
 */
static bool is_delivered(const struct skald_view *view)
{
	uint8_t buf[40];
	uint32_t len = view->family == NFPROTO_IPV6 ? 40 : 20;
	const uint8_t *header = skald_view_bytes(view, view->network, len, buf);

	if (!header)
		return false;
	return view->family == NFPROTO_IPV6 ? is_delivered6(header)
					    : is_delivered4(header);
}

static void track(struct skald_ct_replay *replay, struct skald_view *view)
{
	const struct skald_ct_replay_ops *ops = replay->ops;
	struct skald_ct_packet packet;
	struct skald_ct_replay_packet result = { .frame = replay->frame,
						 .packet = &packet };
	int verdict =
		skald_ct_in(replay->table, view, NULL, replay->now_ns, &packet);

	if (verdict == NF_ACCEPT) {
		if (replay->options.helpers_by_port)
			attach_helper(&packet);
		if (is_delivered(view))
			verdict = skald_ct_out(&packet);
	}
	result.dropped = verdict != NF_ACCEPT;
	if (ops->packet)
		ops->packet(ops->user, &result);
	skald_ct_done(&packet);
}

/* Fragments wait for each other. Return: whether there is a packet */
static bool reassemble(struct skald_ct_replay *replay, struct skald_view *view,
		       struct skald_datagram *datagram)
{
	uint16_t ethertype = view->ethertype;
	int ret = skald_defrag_add(replay->defrag, view, 0, replay->now_ns,
				   datagram);

	if (ret == -ENOMSG)
		return true;
	if (ret)
		return false;
	skald_view_init(view, datagram->bytes, datagram->len, datagram->len);
	return !skald_view_set_network(view, 0, ethertype);
}

/* ---- a frame ---- */

/* Files merged from several may go back in time: the clock does not. */
static void set_clock(struct skald_ct_replay *replay,
		      const struct skald_capture_frame *frame)
{
	if (!replay->options.no_time && frame->t_ns > replay->now_ns)
		replay->now_ns = frame->t_ns;
}

static bool is_received(const struct skald_ct_replay *replay,
			struct skald_view *view)
{
	int ret;

	if (replay->frame->captured > FRAME_MAX)
		return false;
	ret = skald_view_received(view);
	return !ret || (ret == -ENODATA && replay->options.cut);
}

int skald_ct_replay_frame(struct skald_ct_replay *replay, uint16_t linktype,
			  const struct skald_capture_frame *frame)
{
	struct skald_capture_frame received = *frame;
	struct skald_datagram datagram = { 0 };
	struct skald_view view;

	/* what the snap length cut off, a host would never have got */
	if (!replay->options.cut)
		received.original = frame->captured;
	replay->frame = frame;
	set_clock(replay, frame);
	skald_ct_gc(replay->table, replay->now_ns, GC_BUCKETS);
	if (skald_capture_view(linktype, &received, &view) ||
	    !is_received(replay, &view)) {
		replay->n_cut += received.original < frame->original;
		return 0;
	}
	if (!view.is_fragment || reassemble(replay, &view, &datagram))
		track(replay, &view);
	skald_datagram_done(&datagram);
	return 0;
}

int skald_ct_replay_file(struct skald_ct_replay *replay, const char *path,
			 struct skald_error *error)
{
	struct skald_capture_frame frame;
	struct skald_capture *capture;
	int ret = skald_capture_open(path, &capture, error);

	if (ret)
		return ret;
	while ((ret = skald_capture_next(capture, &frame, error)) > 0) {
		ret = skald_ct_replay_frame(
			replay, skald_capture_linktype(capture), &frame);
		if (ret)
			break;
	}
	replay->frame = NULL;
	skald_capture_close(capture);
	return ret;
}
