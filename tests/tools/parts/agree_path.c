// SPDX-License-Identifier: GPL-2.0-only
/*
 * A story as a line of text that can be compared with another source's.
 */
#include "agree_path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define PATH_MAX_LEN 16384

static void add_event(const struct skald_event *event, char *text, size_t size)
{
	switch (event->kind) {
	case SKALD_CHAIN:
		if (!strcmp(event->ev_chain.table, AGREE_QUIET))
			break;
		skald_text_add(text, size, "\n %s %s %s:",
			       skald_word(skald_words_of_FAMILY,
					  event->ev_chain.family),
			       event->ev_chain.table, event->ev_chain.chain);
		break;
	case SKALD_RULE:
		if (!strcmp(event->ev_rule.table, AGREE_QUIET))
			break;
		skald_text_add(text, size, " %s/%" PRIu64 " %s%s%s",
			       event->ev_rule.chain, event->ev_rule.handle,
			       skald_word(skald_words_of_VERDICT,
					  event->ev_rule.verdict),
			       event->ev_rule.target ? " " : "",
			       event->ev_rule.target ? event->ev_rule.target
						     : "");
		break;
	case SKALD_RETURN:
		if (event->ev_return.handle)
			skald_text_add(text, size, " %s/%" PRIu64 " return",
				       event->ev_return.chain,
				       event->ev_return.handle);
		break;
	case SKALD_POLICY:
		skald_text_add(text, size, " policy %s",
			       skald_word(skald_words_of_VERDICT,
					  event->ev_policy.verdict));
		break;
	case SKALD_NAT:
		skald_text_add(text, size, "\n nat %s %s > %s",
			       skald_word(skald_words_of_NAT,
					  event->ev_nat.type),
			       event->ev_nat.old, event->ev_nat.new);
		break;
	default:
		break;
	}
}

/* The connection's state: sources differ in when they tell it, and before it
 * the kernel tells that of a template (the target CT), which is new. */
static void add_state(const struct skald_story *story, char *text, size_t size)
{
	const struct skald_event *event = NULL;

	for (unsigned int i = 0; i < story->n_events; i++) {
		if (story->events[i].kind == SKALD_CONNTRACK)
			event = &story->events[i];
	}
	if (!event)
		return;
	skald_text_add(text, size, "\n ct %s",
		       skald_word(skald_words_of_CTSTATE,
				  event->ev_conntrack.state));
	if (SKALD_HAS(event, conntrack, direction))
		skald_text_add(text, size, " %s",
			       skald_word(skald_words_of_CTDIR,
					  event->ev_conntrack.direction));
}

static bool has_spoken(const struct skald_story *story, unsigned int hook)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		if (story->events[i].kind == SKALD_CHAIN &&
		    story->events[i].ev_chain.hook == hook)
			return true;
	}
	return false;
}

/* The hook before, where a packet that could not be confirmed was last seen if
 * no chain of the hook was asked before it was dropped. */
static unsigned int last_seen(const struct skald_story *story, bool is_early)
{
	unsigned int hook = story->ending.hook;

	if (!is_early || story->ending.kind != SKALD_ENDING_DROPPED ||
	    has_spoken(story, hook))
		return hook;
	if (hook == SKALD_HOOK_INPUT)
		return SKALD_HOOK_PREROUTING;
	if (hook == SKALD_HOOK_POSTROUTING)
		return story->iif ? SKALD_HOOK_FORWARD : SKALD_HOOK_OUTPUT;
	return hook;
}

/* Where it ended, as both can see it: the kernel's source does not see what is
 * not netfilter. */
static void add_end(const struct skald_story *story, bool is_early, char *text,
		    size_t size)
{
	const struct skald_ending *ending = &story->ending;
	bool is_rule = ending->kind == SKALD_ENDING_DROPPED && ending->table;
	char mark[32] = "";
	const struct skald_value *value = &story->final.value[SKALD_P_mark];

	if (value->num)
		snprintf(mark, sizeof(mark), " mark %" PRIu64, value->num);
	skald_text_add(
		text, size, "\n %s at %s%s%s%s", is_rule ? "dropped" : "left",
		skald_word(skald_words_of_HOOK, last_seen(story, is_early)),
		story->oif && !is_rule ? " by " : "",
		story->oif && !is_rule ? story->oif : "", mark);
}

char *agree_path(const struct skald_story *story, bool is_early)
{
	char *text = calloc(1, PATH_MAX_LEN);

	if (!text)
		exit(2);
	add_state(story, text, PATH_MAX_LEN);
	for (unsigned int i = 0; i < story->n_events; i++)
		add_event(&story->events[i], text, PATH_MAX_LEN);
	add_end(story, is_early, text, PATH_MAX_LEN);
	return text;
}

static bool is_address(const char *field)
{
	static const char *const names[] = { "saddr", "daddr", "sport", "dport",
					     "icmp_id" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(field, names[i]))
			return true;
	}
	return false;
}

bool agree_is_rewritten(const struct skald_story *story)
{
	bool in_nat = false;

	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind != SKALD_MANGLE)
			in_nat = event->kind == SKALD_NAT;
		else if (!in_nat && is_address(event->ev_mangle.field))
			return true;
	}
	return false;
}

void agree_leave_nat(char *path)
{
	char *nat;

	while ((nat = strstr(path, "\n nat "))) {
		char *end = strchr(nat + 1, '\n');

		if (end)
			memmove(nat, end, strlen(end) + 1);
		else
			*nat = '\0';
	}
}

void agree_name(const struct skald_packet *packet, const char *iif, char *text,
		size_t size)
{
	uint64_t id = packet->value[SKALD_P_id].num;

	/* of later IPv6 fragments the kernel shows 20 bytes, see docs/json.md
	 */
	if (!strcmp(packet->family, "ip6") &&
	    (!strcmp(packet->proto, "ipv6-frag") ||
	     packet->value[SKALD_P_daddr].type == SKALD_VALUE_NONE)) {
		(void)snprintf(text, size, "IPv6 fragment by %s ttl %" PRIu64,
			       iif ? iif : "-", packet->value[SKALD_P_ttl].num);
		return;
	}
	skald_packet_summary(packet, text, size);
	/* the kernel chooses the identification of its errors */
	if ((!iif || !strcmp(iif, "lo")) &&
	    packet->value[SKALD_P_icmp_type].type &&
	    (packet->value[SKALD_P_icmp_type].num == 3 ||
	     packet->value[SKALD_P_icmp_type].num == 11))
		id = 0;
	skald_text_add(text, size,
		       " by %s ttl %" PRIu64 " id %" PRIu64 " seq %" PRIu64,
		       iif ? iif : "-", packet->value[SKALD_P_ttl].num, id,
		       packet->value[SKALD_P_seq].num);
}
