/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: why nothing arrives
 *
 * The doctor looks at everything that can keep a packet from being followed, or
 * from arriving at all, and says for each what it found. "skald doctor" shows
 * it; "skald follow" asks for it when nothing comes.
 */
#ifndef SKALD_LIB_DOCTOR_H
#define SKALD_LIB_DOCTOR_H

#include <jansson.h>

#include "error.h"
#include "event.h"

/* S(NAME, word) */
#define SKALD_CHECK_STATES(S) \
	S(OK, "ok") S(WARN, "warn") S(BAD, "bad") S(UNKNOWN, "unknown")

#define SKALD_CHECK_STATE_ENUM(name, word) SKALD_CHECK_##name,
enum skald_check_state {
	SKALD_CHECK_STATES(SKALD_CHECK_STATE_ENUM) SKALD_N_CHECK_STATES
};

/*
 * The checks, in the order of their rows: C(name, what it looks at). The first
 * bad row is what the doctor thinks most likely, so causes stand before their
 * consequences.
 */
#define SKALD_CHECKS(C)                                                      \
	C(privilege, "what we are allowed to do")                            \
	C(kernel, "nf_tables, table owners, the bpf match, the trace group") \
	C(expression, "the expression compiles, and what it can match")      \
	C(interfaces, "the interfaces exist and are up")                     \
	C(addresses, "the namespace that has the expression's addresses")    \
	C(offload, "flowtables that take flows around the chains")           \
	C(xdp, "XDP programs, which run before everything")                  \
	C(tc, "traffic control programs and filters at ingress")             \
	C(ingress, "nftables chains at ingress, which run before the marks") \
	C(rp_filter, "packets dropped by the reverse path filter")           \
	C(ip, "packets dropped by the IP layer, forwarding")                 \
	C(bridge, "bridges, and whether ip chains see their packets")        \
	C(traffic, "matching packets on the wire and at the hooks")          \
	C(conntrack, "full table, invalid packets")                          \
	C(legacy, "iptables-legacy tables beside nf_tables")                 \
	C(module, "the kernel module skald.ko, for the kmod source")         \
	C(tracers, "others who trace")                                       \
	C(tracerd, "a running daemon")

/**
 * struct skald_check - one row
 * @name: name of the check
 * @state: enum skald_check_state
 * @text: what was found, one sentence
 * @help: what would help, or ""
 */
struct skald_check {
	const char *name;
	enum skald_check_state state;
	const char *text;
	const char *help;
};

/**
 * struct skald_doctor_wish - what to look at
 * @netns: namespace as skald_netns_open() takes it, NULL: ours
 * @device: only this interface, NULL: all
 * @expression: tcpdump expression, NULL: none
 * @watch_ms: look at the traffic for at most so long
 */
struct skald_doctor_wish {
	const char *netns;
	const char *device;
	const char *expression;
	unsigned int watch_ms;
};

#define SKALD_DOCTOR_WATCH_MS 3000

/**
 * struct skald_doctor - what was found
 * @netns: name of the namespace
 * @checks: the rows
 * @n_checks: how many
 * @likely: the row that explains most; NULL: nothing is wrong
 * @column: where the expression has its error, from 1; 0: nowhere
 * @arena: owns the strings
 */
struct skald_doctor {
	const char *netns;
	struct skald_check *checks;
	unsigned int n_checks;
	const struct skald_check *likely;
	int column;
	struct skald_arena arena;
};

/**
 * skald_doctor_examine() - look
 * @wish: what at
 * @doctor: written on success; free with skald_doctor_done()
 * @error: in words
 *
 * Takes up to @wish->watch_ms. With privilege it makes a table of its own in
 * the namespace for that time, as "skald follow" does, and a private namespace
 * to try the kernel's features in; nothing else is changed.
 *
 * Return: 0, -ENOENT (no such namespace), -ENOMEM or another -errno.
 */
int skald_doctor_examine(const struct skald_doctor_wish *wish,
			 struct skald_doctor *doctor,
			 struct skald_error *error);
void skald_doctor_done(struct skald_doctor *doctor);

const char *skald_check_state_word(enum skald_check_state state);
/* {"netns":…,"likely":…,"checks":[{name,state,text,help}]}. New reference. */
json_t *skald_doctor_json(const struct skald_doctor *doctor);

#endif /* SKALD_LIB_DOCTOR_H */
