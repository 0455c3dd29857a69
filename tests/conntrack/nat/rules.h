/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rules that the kernel and the engine are both given
 */
#ifndef SKALD_CONNTRACK_RULES_H
#define SKALD_CONNTRACK_RULES_H

#include "ct_nat.h"

#define SIDES 2

enum side {
	LEFT,
	RIGHT,
	HERE, /* delivered */
};

/**
 * struct rule - one statement
 * @hook: NF_INET_PRE_ROUTING or NF_INET_POST_ROUTING
 * @family: 4 or 6
 * @iif: only packets that came in on this side
 * @oif: only packets that leave on this side; postrouting
 * @proto: only this protocol; 0: any
 * @flags: SKALD_NAT_* but for addresses and ports
 * @kind: where the address comes from: the range; the interface it leaves by;
 *	the one it came in by; the range, but for the host part
 * @addr: first and last address; NULL: as it is
 * @port: first and last port, 0: as it is; the one that becomes the first,
 *	with SKALD_NAT_PROTO_OFFSET
 * @nft: the same for nft; a command of iptables where nft has no words for it
 */
struct rule {
	uint8_t hook;
	uint8_t family;
	enum side iif;
	enum side oif;
	uint8_t proto;
	uint32_t flags;
	enum {
		RANGE,
		MASQUERADE,
		REDIRECT,
		NETMAP
	} kind;
	const char *addr[2];
	uint16_t port[3];
	const char *nft;
};

#define RULES_MAX 4

/**
 * struct ruleset - rules that are loaded together
 * @name: for people
 * @rules: the rules, @nft NULL behind the last
 */
struct ruleset {
	const char *name;
	struct rule rules[RULES_MAX];
};

extern const struct ruleset rulesets[];
extern const unsigned int n_rulesets;

/* The router's own, on the right side; for masquerading. */
#define ADDRESS4 "192.0.2.254"
#define ADDRESS6 "2001:db8:0:2::1"
/* And on the left side; for redirecting. */
#define LEFT4 "10.127.255.254"
#define LEFT6 "2001:db8:0:4::fe"

/* Apply the first rule that matches; NF_ACCEPT or what the engine says. */
int ruleset_bind(const struct ruleset *set, struct skald_ct_packet *packet,
		 uint8_t hook, enum side iif, enum side oif);

#endif /* SKALD_CONNTRACK_RULES_H */
