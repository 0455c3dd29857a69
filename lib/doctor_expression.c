// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks "expression", "interfaces" and "addresses": whether what was asked for
 * can be there at all, and if not here, where.
 */
#include "doctor_exam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void bad_expression(struct skald_exam *exam)
{
	const struct skald_error *error = &exam->classifier_error;
	const char *help = error->help;
	char where[64];

	if (!error->column) {
		skald_exam_row(exam, "expression", SKALD_CHECK_BAD, help, "%s",
			       error->text);
		return;
	}
	snprintf(where, sizeof(where), "at column %d", error->column);
	skald_exam_row(exam, "expression", SKALD_CHECK_BAD, help, "%s, %s",
		       error->text, where);
}

void skald_check_expression(struct skald_exam *exam)
{
	const struct skald_classifier *classifier = &exam->classifier;
	struct skald_exam_names names = { 0 };

	if (!exam->wish->expression) {
		skald_exam_row(exam, "expression", SKALD_CHECK_OK, "",
			       "none given: every packet matches");
		return;
	}
	if (!exam->has_classifier) {
		bad_expression(exam);
		return;
	}
	if (classifier->ip.n_insns)
		skald_exam_name(&names, "IPv4");
	if (classifier->ip6.n_insns)
		skald_exam_name(&names, "IPv6");
	if (classifier->arp.n_insns)
		skald_exam_name(&names, "ARP");
	if (names.n)
		skald_exam_row(exam, "expression", SKALD_CHECK_OK, "",
			       "can match %s", names.text);
	else
		skald_exam_row(exam, "expression", SKALD_CHECK_BAD,
			       "no chain sees other protocols, unless they "
			       "are bridged",
			       "can match neither IPv4, IPv6 nor ARP");
}

/* Which other namespace has what we look for: calls @has for each. */
static bool elsewhere(const struct skald_exam *exam,
		      bool (*has)(const struct skald_netns *netns, void *user),
		      void *user, char *name, size_t size)
{
	struct skald_netns *list;
	bool found = false;
	size_t i, n;

	if (skald_netns_list(&list, &n))
		return false;
	for (i = 0; i < n; i++) {
		if (!found && list[i].inode != exam->netns.inode &&
		    has(&list[i], user)) {
			snprintf(name, size, "%s", list[i].name);
			found = true;
		}
		skald_netns_close(&list[i]);
	}
	free(list);
	return found;
}

static bool has_device(const struct skald_netns *netns, void *user)
{
	const char *device = user;
	struct skald_exam_link *links;
	bool found = false;
	unsigned int i, n;

	if (skald_exam_links(netns, &links, &n))
		return false;
	for (i = 0; i < n; i++)
		found = found || !strcmp(links[i].name, device);
	free(links);
	return found;
}

static void missing_device(struct skald_exam *exam, const char *device)
{
	char other[256], help[600], copy[IFNAMSIZ];

	snprintf(copy, sizeof(copy), "%s", device);
	if (elsewhere(exam, has_device, copy, other, sizeof(other)))
		snprintf(help, sizeof(help),
			 "namespace %s has an interface of that name: "
			 "--netns %s",
			 other, other);
	else
		snprintf(help, sizeof(help), "\"ip link\" lists those it has");
	skald_exam_row(exam, "interfaces", SKALD_CHECK_BAD, help,
		       "namespace %s has no interface %s", exam->netns.name,
		       device);
}

static void one_device(struct skald_exam *exam, const char *device)
{
	const struct skald_exam_link *link = NULL;
	unsigned int i;

	for (i = 0; i < exam->n_links; i++)
		if (!strcmp(exam->links[i].name, device))
			link = &exam->links[i];
	if (!link)
		missing_device(exam, device);
	else if (!(link->flags & IFF_UP))
		skald_exam_row(exam, "interfaces", SKALD_CHECK_BAD,
			       "ip link set it up", "%s is down", device);
	else if (!(link->flags & IFF_RUNNING))
		skald_exam_row(exam, "interfaces", SKALD_CHECK_BAD,
			       "check cable, peer or switch",
			       "%s is up but has no carrier", device);
	else
		skald_exam_row(exam, "interfaces", SKALD_CHECK_OK, "",
			       "%s is up", device);
}

void skald_check_interfaces(struct skald_exam *exam)
{
	struct skald_exam_names up = { 0 }, down = { 0 };
	unsigned int i;

	if (exam->links_error) {
		skald_exam_row(exam, "interfaces", SKALD_CHECK_UNKNOWN, "",
			       "cannot be listed: %s",
			       strerror(-exam->links_error));
		return;
	}
	if (exam->wish->device) {
		one_device(exam, exam->wish->device);
		return;
	}
	for (i = 0; i < exam->n_links; i++) {
		const struct skald_exam_link *link = &exam->links[i];
		bool runs = link->flags & IFF_UP && link->flags & IFF_RUNNING;

		skald_exam_name(runs ? &up : &down, "%s", link->name);
	}
	skald_exam_row(exam, "interfaces",
		       up.n ? SKALD_CHECK_OK : SKALD_CHECK_BAD,
		       up.n ? ""
			    : "is this the right namespace? --netns NAME "
			      "looks at another",
		       "in namespace %s up: %s%s%s", exam->netns.name,
		       up.n ? up.text : "none", down.n ? "; down: " : "",
		       down.text);
}

struct address {
	int family;
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];
	char device[IFNAMSIZ];
};

static bool has_address(const struct skald_netns *netns, void *user)
{
	struct address *address = user;

	return !skald_exam_address(netns, address->family, address->bytes,
				   address->device);
}

/* A word of the expression, if it is the address of one host. */
static bool parse_address(const char *word, size_t len, struct address *address)
{
	if (len < 2 || len >= sizeof(address->text))
		return false;
	memcpy(address->text, word, len);
	address->text[len] = '\0';
	address->family = strchr(address->text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(address->family, address->text, address->bytes) == 1;
}

struct address_places {
	struct skald_exam_names here;
	struct skald_exam_names there;
	unsigned int n_addresses;
	char netns[256];
};

static void place_address(const struct skald_exam *exam,
			  struct address *address,
			  struct address_places *places)
{
	char netns[256];

	if (has_address(&exam->netns, address)) {
		skald_exam_name(&places->here, "%s is on %s", address->text,
				address->device);
	} else if (elsewhere(exam, has_address, address, netns,
			     sizeof(netns))) {
		skald_exam_name(&places->there, "%s is on %s in namespace %s",
				address->text, address->device, netns);
		snprintf(places->netns, sizeof(places->netns), "%s", netns);
	}
}

static void place_addresses(const struct skald_exam *exam,
			    struct address_places *places)
{
	static const char characters[] = "0123456789abcdefABCDEF:.";
	const char *word = exam->wish->expression;
	struct address address;

	while (*word) {
		size_t len = strspn(word, characters);

		if (parse_address(word, len, &address) && word[len] != '/') {
			places->n_addresses++;
			place_address(exam, &address, places);
		}
		word += len;
		word += strcspn(word, " \t\n()!&|[]");
		word += strspn(word, " \t\n()!&|[]");
	}
}

static bool nothing_came(const struct skald_exam_watch *watch)
{
	return !watch->in && !watch->out && !watch->other && !watch->seen;
}

void skald_check_addresses(struct skald_exam *exam)
{
	struct address_places places = { 0 };
	char help[320];

	if (exam->wish->expression)
		place_addresses(exam, &places);
	if (places.there.n && !places.here.n && nothing_came(&exam->watch)) {
		snprintf(help, sizeof(help), "follow it there: --netns %s",
			 places.netns);
		skald_exam_row(exam, "addresses", SKALD_CHECK_BAD, help,
			       "no matching packet here, but %s",
			       places.there.text);
	} else if (places.there.n || places.here.n) {
		skald_exam_row(exam, "addresses", SKALD_CHECK_OK, "", "%s%s%s",
			       places.here.text,
			       places.here.n && places.there.n ? "; " : "",
			       places.there.text);
	} else {
		skald_exam_row(exam, "addresses", SKALD_CHECK_OK, "",
			       places.n_addresses
				       ? "no namespace of this machine has an "
					 "address of the expression"
				       : "no host address to look for");
	}
}
