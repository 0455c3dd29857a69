/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: an examination under way
 *
 * What the checks of the doctor share: one function skald_check_<name>() for
 * each line of SKALD_CHECKS, each adds its row with skald_exam_row().
 * Everything that takes time or has to be compared before and after (traffic,
 * counters) is gathered first; then the checks look at it.
 */
#ifndef SKALD_LIB_DOCTOR_EXAM_H
#define SKALD_LIB_DOCTOR_EXAM_H

#include <libmnl/libmnl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "classifier.h"
#include "doctor.h"
#include "netns.h"

/**
 * struct skald_exam_link - an interface
 * @index: its number
 * @flags: IFF_*
 * @master: bridge, bond, ... it is a port of; 0: none
 * @xdp_prog: id of its XDP program
 * @xdp: XDP_ATTACHED_*; 0: none
 * @name: name
 * @kind: "bridge", "veth", ...; "" for devices
 * @port_kind: kind of its master, ""
 */
struct skald_exam_link {
	uint32_t index;
	uint32_t flags;
	uint32_t master;
	uint32_t xdp_prog;
	uint8_t xdp;
	char name[IFNAMSIZ];
	char kind[16];
	char port_kind[16];
};

/* Counters that say that packets died: X(member, file, group, name) */
#define SKALD_EXAM_COUNTERS(X)                                 \
	X(rp_filter, netstat, "TcpExt", "IPReversePathFilter") \
	X(header_errors, snmp, "Ip", "InHdrErrors")            \
	X(address_errors, snmp, "Ip", "InAddrErrors")          \
	X(discards, snmp, "Ip", "InDiscards")                  \
	X(forwarded, snmp, "Ip", "ForwDatagrams")              \
	X(no_routes, netstat, "IpExt", "InNoRoutes")           \
	X(checksum_errors, netstat, "IpExt", "InCsumErrors")

#define SKALD_EXAM_COUNTER_MEMBER(member, file, group, name) uint64_t member;
/**
 * struct skald_exam_counters - counters at one moment
 * @known: they could be read
 * @rx: packets all interfaces received
 * @tx: packets all interfaces sent
 * @invalid: packets that conntrack found invalid
 * @ct_drop: packets that conntrack dropped: table full, or no memory
 */
struct skald_exam_counters {
	bool known;
	uint64_t rx;
	uint64_t tx;
	uint64_t invalid;
	uint64_t ct_drop;
	SKALD_EXAM_COUNTERS(SKALD_EXAM_COUNTER_MEMBER)
};

/**
 * struct skald_exam_watch - what came while we looked
 * @wire_known: packets on the interfaces could be counted
 * @hooks_known: packets at the hooks could be counted
 * @in: matching packets that came in, for us or for everybody
 * @out: matching packets that were sent
 * @other: matching packets that came in for another link-layer address
 * @seen: matching packets at the first chains of prerouting and output
 * @in_index: an interface one of @in, else @other, came by
 * @out_index: an interface one of @out left by
 * @elapsed_ms: how long we looked
 * @wire_error: why not @wire_known
 * @hooks_error: why not @hooks_known
 */
struct skald_exam_watch {
	bool wire_known;
	bool hooks_known;
	uint64_t in;
	uint64_t out;
	uint64_t other;
	uint64_t seen;
	uint32_t in_index;
	uint32_t out_index;
	unsigned int elapsed_ms;
	struct skald_error wire_error;
	struct skald_error hooks_error;
};

/**
 * struct skald_exam - an examination
 * @wish: what was asked
 * @doctor: where the rows go
 * @netns: the namespace
 * @failed: no memory for a row
 * @nftables: 0: nf_tables answers in @netns; -errno
 * @links: interfaces
 * @n_links: how many
 * @links_error: 0, or why there are none
 * @has_classifier: @classifier is compiled
 * @classifier: of the expression
 * @classifier_error: why not
 * @classifier_status: 0, or -errno with @classifier_error
 * @before: counters before the watch
 * @after: counters after it
 * @watch: the watch
 */
struct skald_exam {
	const struct skald_doctor_wish *wish;
	struct skald_doctor *doctor;
	struct skald_netns netns;
	bool failed;
	int nftables;
	struct skald_exam_link *links;
	unsigned int n_links;
	int links_error;
	bool has_classifier;
	struct skald_classifier classifier;
	struct skald_error classifier_error;
	int classifier_status;
	struct skald_exam_counters before;
	struct skald_exam_counters after;
	struct skald_exam_watch watch;
};

/* Add a row. @help may be "". */
void skald_exam_row(struct skald_exam *exam, const char *name,
		    enum skald_check_state state, const char *help,
		    const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define SKALD_CHECK_DECLARE(name, help) \
	void skald_check_##name(struct skald_exam *exam);
SKALD_CHECKS(SKALD_CHECK_DECLARE)

/* doctor_netlink.c */

typedef int (*skald_exam_take)(void *user, const struct nlmsghdr *nlh);

/**
 * skald_exam_dump() - one netlink request and its answers
 * @netns: where
 * @protocol: NETLINK_ROUTE, NETLINK_NETFILTER
 * @request: the message, as for skald_call_do()
 * @take: called for each answer
 * @user: for @take
 *
 * Return: 0 or -errno, the kernel's own refusal included.
 */
int skald_exam_dump(const struct skald_netns *netns, int protocol,
		    struct nlmsghdr *request, skald_exam_take take, void *user);
/* Heap array; Return: 0 or -errno */
int skald_exam_links(const struct skald_netns *netns,
		     struct skald_exam_link **links, unsigned int *n);
/* The interface that has this address; -ENOENT: none. @family AF_INET[6] */
int skald_exam_address(const struct skald_netns *netns, int family,
		       const void *address, char *ifname);
/* 0: nf_tables answers; -EPERM, -EINVAL (no nf_tables), ... */
int skald_exam_nftables(const struct skald_netns *netns);
const struct skald_exam_link *skald_exam_link(const struct skald_exam *exam,
					      uint32_t index);

/* doctor_watch.c */
void skald_exam_count(struct skald_exam *exam,
		      struct skald_exam_counters *counters);
void skald_exam_watch(struct skald_exam *exam);

/* A list in words, for texts: "eth0, eth1". Cut with "..." when too long. */
struct skald_exam_names {
	char text[256];
	unsigned int n;
	bool is_cut;
};
void skald_exam_name(struct skald_exam_names *names, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* SKALD_LIB_DOCTOR_EXAM_H */
