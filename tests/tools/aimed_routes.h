/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: routes by which rules are met
 *
 * A rule that names an interface to go out by and a destination is met where
 * the routes lead there; one at input that names a destination, where that is
 * an address of the machine's own.
 */
#ifndef SKALD_TESTS_AIMED_ROUTES_H
#define SKALD_TESTS_AIMED_ROUTES_H

#include <arpa/inet.h>
#include <stdio.h>

#include "aimed_rule.h"

/* Bits of a prefix; -1: it is none that a route may have. */
static int prefix_len(const unsigned char *value, const unsigned char *mask,
		      unsigned int len)
{
	unsigned int bits = 0;

	while (bits < len * 8 && mask[bits / 8] & (0x80 >> bits % 8))
		bits++;
	for (unsigned int i = bits; i < len * 8; i++) {
		if (mask[i / 8] & (0x80 >> i % 8))
			return -1;
	}
	if (!bits || !value[0] || value[0] == 0xff || value[0] == 0xfe)
		return -1;
	if (len == 4 && (value[0] == 127 || value[0] >= 224))
		return -1;
	/* the taps' own networks */
	if ((len == 4 && value[0] == 10 && value[1] == 77) ||
	    (len == 16 && value[0] == 0xfd && value[1] == 0x77))
		return -1;
	return (int)bits;
}

/* How many rules want an address, here and elsewhere. */
struct wanted {
	unsigned char address[16];
	bool is6;
	unsigned int here;
	unsigned int elsewhere;
};

struct route_plan {
	struct wanted *all;
	unsigned int n;
};

static struct wanted *wanted_of(struct route_plan *plan, bool is6,
				const unsigned char *address)
{
	struct wanted *wanted;

	for (unsigned int i = 0; i < plan->n; i++) {
		if (plan->all[i].is6 == is6 &&
		    !memcmp(plan->all[i].address, address, is6 ? 16 : 4))
			return &plan->all[i];
	}
	plan->all = reallocarray(plan->all, plan->n + 1, sizeof(*plan->all));
	if (!plan->all)
		exit(2);
	wanted = &plan->all[plan->n++];
	memset(wanted, 0, sizeof(*wanted));
	memcpy(wanted->address, address, is6 ? 16 : 4);
	wanted->is6 = is6;
	return wanted;
}

static void plan_route(struct route_plan *plan, const struct wish *wish)
{
	unsigned int len = wish->is6 ? 16 : 4;
	unsigned char value[16], mask[16];
	char text[INET6_ADDRSTRLEN];
	int bits;

	if (!wish_address(wish, wish->is6 ? 24 : 16, len, value, mask))
		return;
	bits = prefix_len(value, mask, len);
	if (bits < 0)
		return;
	if (wish->hook == NF_INET_LOCAL_IN) {
		if (bits < (int)len * 8)
			value[len - 1] |= 1;
		wanted_of(plan, wish->is6, value)->here++;
		return;
	}
	if (bits == (int)len * 8)
		wanted_of(plan, wish->is6, value)->elsewhere++;
	if (wish->oif < 0)
		return;
	inet_ntop(wish->is6 ? AF_INET6 : AF_INET, value, text, sizeof(text));
	printf("-%c route add %s/%d dev %s\n", wish->is6 ? '6' : '4', text,
	       bits, wish->aimed->names[wish->oif]);
}

/* "-4 route add ...", a line each; some of them more than once */
static void routes_print(struct aimed *aimed)
{
	struct route_plan plan = { 0 };
	char text[INET6_ADDRSTRLEN];
	struct wish wish;

	for (unsigned int i = 0; i < aimed->n_rules; i++) {
		wish_all(aimed, aimed->rules[i], &wish);
		plan_route(&plan, &wish);
	}
	for (unsigned int i = 0; i < plan.n; i++) {
		const struct wanted *wanted = &plan.all[i];

		if (wanted->here <= wanted->elsewhere)
			continue;
		inet_ntop(wanted->is6 ? AF_INET6 : AF_INET, wanted->address,
			  text, sizeof(text));
		printf("-%c route add local %s dev lo table local\n",
		       wanted->is6 ? '6' : '4', text);
	}
	free(plan.all);
}

#endif /* SKALD_TESTS_AIMED_ROUTES_H */
