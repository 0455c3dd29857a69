// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message is added to its story: what it says, and what it shows of the
 * packet if that is news.
 */
#include "assembler_priv.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

void skald_assembler_snap(const struct skald_trace *trace,
			  struct skald_snap *snap)
{
	static const uint16_t ethertypes[] = {
		[NFPROTO_IPV4] = ETH_P_IP,
		[NFPROTO_IPV6] = ETH_P_IPV6,
		[NFPROTO_ARP] = ETH_P_ARP,
	};
	unsigned int family = trace->nfproto ? trace->nfproto : trace->family;

	memset(snap, 0, sizeof(*snap));
	snap->iif = trace->iif;
	snap->oif = trace->oif;
	snap->mark = trace->mark;
	snap->lltype = trace->lltype;
	if (family < sizeof(ethertypes) / sizeof(*ethertypes))
		snap->ethertype = ethertypes[family];
	snap->ll_len = trace->ll_len;
	snap->nh_len = trace->nh_len;
	snap->th_len = trace->th_len;
	memcpy(snap->ll, trace->ll ? trace->ll : snap->ll, trace->ll_len);
	memcpy(snap->nh, trace->nh ? trace->nh : snap->nh, trace->nh_len);
	memcpy(snap->th, trace->th ? trace->th : snap->th, trace->th_len);
}

/*
 * A header that this message lacks (no link-layer header in output) is taken
 * from before: it did not go away.
 */
static void fill_missing(struct skald_snap *snap, const struct skald_snap *last)
{
	if (!snap->ll_len) {
		memcpy(snap->ll, last->ll, last->ll_len);
		snap->ll_len = last->ll_len;
		snap->lltype = last->lltype;
	}
	if (!snap->iif)
		snap->iif = last->iif;
	if (!snap->oif)
		snap->oif = last->oif;
	if (!snap->ethertype)
		snap->ethertype = last->ethertype;
}

/* Keep what the message shows, if it is news. Return: 0 or -ENOMEM */
static int add_snap(struct skald_open *story,
		    const struct skald_message *message)
{
	struct skald_raw_story *raw = &story->raw;
	const struct skald_snap *last =
		raw->n_snaps ? &raw->snaps[raw->n_snaps - 1] : NULL;
	struct skald_snap seen, *snap;

	if (message->trace->has_headers) {
		seen = message->snap;
		if (last)
			fill_missing(&seen, last);
	} else {
		if (!last || last->mark == message->trace->mark)
			return 0;
		seen = *last;
		seen.mark = message->trace->mark;
	}
	if (last && last->iif == seen.iif && last->oif == seen.oif &&
	    skald_snap_same(last, &seen))
		return 0;
	snap = skald_open_snap(story);
	if (!snap)
		return -ENOMEM;
	*snap = seen;
	return 0;
}

/* Whether a base chain begins here. Of a packet that a rule has taken the
 * kernel shows no headers (nft_trace_notify()), even where it is the chain's
 * first. */
static bool is_entered(const struct skald_open *story,
		       const struct skald_message *message)
{
	const struct skald_step *last;

	if (message->trace->has_headers)
		return true;
	if (message->step->verdict != SKALD_VERDICT_STOLEN ||
	    !story->raw.n_events)
		return false;
	last = story->raw.events[story->raw.n_events - 1].step;
	return last->type == NFT_TRACETYPE_POLICY ||
	       last->verdict == SKALD_VERDICT_ACCEPT;
}

static int add_event(struct skald_open *story,
		     const struct skald_message *message)
{
	const struct skald_trace *trace = message->trace;
	struct skald_raw_event *event;
	bool enters;

	if (add_snap(story, message))
		return -ENOMEM;
	/* the end of a base chain's rules: no rule, and nothing happened */
	if (trace->type == NFT_TRACETYPE_RULE && !trace->handle &&
	    !trace->has_headers)
		return 0;
	enters = is_entered(story, message);
	event = skald_open_event(story);
	if (!event)
		return -ENOMEM;
	event->step = message->step;
	event->dt_ns = message->now_ns > story->raw.start_ns
			       ? message->now_ns - story->raw.start_ns
			       : 0;
	event->snap = story->raw.n_snaps - 1;
	event->enters = enters;
	event->has_ct = trace->has_ct;
	event->ct_state = trace->ct_state;
	event->ct_dir = trace->ct_dir;
	event->ct_id = trace->ct_id;
	event->ct_status = trace->ct_status;
	return 0;
}

/* Whether this message ends the story, and how. */
static bool is_end(struct skald_open *story, const struct skald_step *step,
		   enum skald_raw_end *end)
{
	story->is_queued = step->verdict == SKALD_VERDICT_QUEUE;
	if (step->verdict == SKALD_VERDICT_DROP) {
		*end = SKALD_RAW_DROPPED;
		return true;
	}
	if (step->verdict == SKALD_VERDICT_STOLEN) {
		*end = SKALD_RAW_STOLEN;
		return true;
	}
	if (step->role != SKALD_ROLE_LAST ||
	    step->verdict != SKALD_VERDICT_ACCEPT)
		return false;
	if (step->family == NFPROTO_BRIDGE) {
		story->is_bridged = true;
		return false;
	}
	*end = SKALD_RAW_LAST;
	return true;
}

int skald_assembler_go_on(struct skald_assembler *assembler,
			  struct skald_open *story,
			  const struct skald_message *message)
{
	enum skald_raw_end end;

	skald_assembler_put_together(assembler, story, message);
	story->raw.n_messages++;
	if (message->step->witness)
		story->hook = message->step->witness->hook;
	if (add_event(story, message))
		goto err_lossy;
	if (is_end(story, message->step, &end))
		skald_assembler_end(assembler, story, end, message->now_ns);
	else
		skald_open_touch(&assembler->open, story, message->now_ns);
	return 0;

err_lossy:
	story->raw.was_lossy = true;
	if (!story->raw.n_events || !story->raw.n_snaps)
		skald_open_remove(&assembler->open, story);
	return -ENOMEM;
}
