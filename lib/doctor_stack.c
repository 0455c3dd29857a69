// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks "rp_filter", "ip" and "conntrack": what the stack drops on its own,
 * from its counters before and after the watch.
 */
#include "doctor_exam.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proc.h"

#define CT "/proc/sys/net/netfilter/"
#define CT_NEARLY_FULL 90

static uint64_t conf_number(struct skald_exam *exam, const char *device,
			    const char *name)
{
	char path[128];
	uint64_t number = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", device,
		 name);
	if (strchr(device, '/') ||
	    skald_proc_number(&exam->netns, path, &number))
		return 0;
	return number;
}

/* ip-sysctl: the larger one of conf/all and conf/<interface> counts. */
static void strict_links(struct skald_exam *exam,
			 struct skald_exam_names *names)
{
	uint64_t all = conf_number(exam, "all", "rp_filter");
	unsigned int i;

	for (i = 0; i < exam->n_links; i++) {
		const struct skald_exam_link *link = &exam->links[i];
		uint64_t own = conf_number(exam, link->name, "rp_filter");

		if (link->flags & IFF_LOOPBACK)
			continue;
		if ((own > all ? own : all) == 1)
			skald_exam_name(names, "%s", link->name);
	}
}

void skald_check_rp_filter(struct skald_exam *exam)
{
	uint64_t total = exam->after.rp_filter;
	uint64_t grown = total - exam->before.rp_filter;
	struct skald_exam_names strict = { 0 };
	enum skald_check_state state = SKALD_CHECK_OK;

	if (!exam->after.known) {
		skald_exam_row(exam, "rp_filter", SKALD_CHECK_UNKNOWN, "",
			       "the counters cannot be read");
		return;
	}
	strict_links(exam, &strict);
	if (grown)
		state = SKALD_CHECK_BAD;
	else if (total)
		state = SKALD_CHECK_WARN;
	skald_exam_row(exam, "rp_filter", state,
		       total ? "the source is reached by another interface: "
			       "fix the route back, or rp_filter = 2"
			     : "",
		       "%" PRIu64 " packets dropped since boot, %" PRIu64
		       " just now; strict on: %s",
		       total, grown, strict.n ? strict.text : "none");
}

struct ip_losses {
	struct skald_exam_names since_boot;
	struct skald_exam_names now;
};

static void add_loss(struct ip_losses *losses, const char *name,
		     uint64_t before, uint64_t after)
{
	if (after > before)
		skald_exam_name(&losses->now, "%" PRIu64 " %s", after - before,
				name);
	else if (after)
		skald_exam_name(&losses->since_boot, "%" PRIu64 " %s", after,
				name);
}

#define IP_LOSSES(L)                                        \
	L(header_errors, "bad headers or TTL")              \
	L(address_errors, "to addresses that are not ours") \
	L(no_routes, "without a route")                     \
	L(checksum_errors, "bad checksums")                 \
	L(discards, "discarded")

#define ADD_LOSS(member, words) \
	add_loss(losses, words, exam->before.member, exam->after.member);
static void find_losses(const struct skald_exam *exam, struct ip_losses *losses)
{
	IP_LOSSES(ADD_LOSS)
}

void skald_check_ip(struct skald_exam *exam)
{
	struct ip_losses losses = { 0 };
	uint64_t forward = 0;
	const char *help = "";
	int ret;

	ret = skald_proc_number(&exam->netns, "/proc/sys/net/ipv4/ip_forward",
				&forward);
	if (ret || !exam->after.known) {
		skald_exam_row(exam, "ip", SKALD_CHECK_UNKNOWN, "",
			       "the counters cannot be read");
		return;
	}
	find_losses(exam, &losses);
	if (losses.now.n && !forward)
		help = "sysctl -w net.ipv4.ip_forward=1, if they are to be "
		       "forwarded";
	else if (losses.now.n)
		help = "\"nstat -az\" tells the counters apart";
	skald_exam_row(exam, "ip",
		       losses.now.n ? SKALD_CHECK_BAD : SKALD_CHECK_OK, help,
		       "forwarding is %s; dropped just now: %s%s%s",
		       forward ? "on" : "off",
		       losses.now.n ? losses.now.text : "none",
		       losses.since_boot.n ? "; since boot: " : "",
		       losses.since_boot.text);
}

static void conntrack_room(struct skald_exam *exam, uint64_t count,
			   uint64_t max)
{
	uint64_t invalid = exam->after.invalid - exam->before.invalid;
	uint64_t dropped = exam->after.ct_drop - exam->before.ct_drop;
	enum skald_check_state state = SKALD_CHECK_OK;
	const char *help = "";

	if (dropped || (max && count >= max)) {
		state = SKALD_CHECK_BAD;
		help = "new connections are dropped: raise nf_conntrack_max, "
		       "or find who fills the table";
	} else if (max && count * 100 >= max * CT_NEARLY_FULL) {
		state = SKALD_CHECK_WARN;
		help = "the table is nearly full: raise nf_conntrack_max";
	} else if (invalid) {
		state = SKALD_CHECK_WARN;
		help = "invalid packets are not translated by NAT; "
		       "nf_conntrack_log_invalid = 255 logs the reason";
	}
	skald_exam_row(exam, "conntrack", state, help,
		       "%" PRIu64 " of %" PRIu64 " entries; %" PRIu64
		       " invalid and %" PRIu64 " dropped since boot, %" PRIu64
		       " and %" PRIu64 " just now",
		       count, max, exam->after.invalid, exam->after.ct_drop,
		       invalid, dropped);
}

void skald_check_conntrack(struct skald_exam *exam)
{
	uint64_t count, max;

	if (skald_proc_number(&exam->netns, CT "nf_conntrack_count", &count) ||
	    skald_proc_number(&exam->netns, CT "nf_conntrack_max", &max))
		skald_exam_row(exam, "conntrack", SKALD_CHECK_OK, "",
			       "not loaded");
	else
		conntrack_room(exam, count, max);
}
