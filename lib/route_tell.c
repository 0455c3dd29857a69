// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the kernel's answer into a route event, as ip-route(8) would write it.
 */
#include "route_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Room for the strings of one event. */
#define WORDS_MAX 2048

#define IP4_BITS 32

/* local, main and default: fib_default_rules_init() */
#define DEFAULT_RULES 3

/* An answer being put into words. */
struct telling {
	struct skald_route_view *view;
	struct skald_kept *kept;
	char words[WORDS_MAX];
	size_t len;
};

/* Return: the word's place in the telling, NULL when it is full */
static const char *put_word(struct telling *telling, const char *word)
{
	size_t len = strlen(word) + 1;
	char *at = telling->words + telling->len;

	if (len > sizeof(telling->words) - telling->len)
		return NULL;
	memcpy(at, word, len);
	telling->len += len;
	return at;
}

#define TELL(telling, field, word)             \
	tell(telling, SKALD_BIT(route, field), \
	     &(telling)->kept->event.ev_route.field, word)

static void tell(struct telling *telling, uint32_t bit, const char **field,
		 const char *word)
{
	*field = word ? put_word(telling, word) : NULL;
	if (*field)
		telling->kept->event.present |= bit;
}

/* As ip-route(8) writes prefixes. @text: 64 bytes */
static void format_prefix(unsigned int family, const uint8_t *prefix,
			  unsigned int bits, char *text)
{
	size_t len;

	if (!bits) {
		(void)snprintf(text, 64, "default");
		return;
	}
	(void)inet_ntop(family, prefix, text, 64);
	len = strlen(text);
	if (bits < skald_addr_len(family) * 8)
		(void)snprintf(text + len, 64 - len, "/%u", bits);
}

/* Appends to a list in words; what does not fit is left out. */
static void append(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);

	if (len + strlen(word) + sizeof(", ") <= size)
		(void)snprintf(list + len, size - len, "%s%s", len ? ", " : "",
			       word);
}

static void tell_hops(struct telling *telling,
		      const struct skald_answer *answer)
{
	char oifs[WORDS_MAX / 4] = "";
	char vias[WORDS_MAX / 4] = "";
	const char *name;
	char word[64];

	for (unsigned int i = 0; i < answer->n_hops; i++) {
		const struct skald_hop *hop = &answer->hops[i];

		name = skald_route_link(telling->view, hop->oif);
		if (name)
			append(oifs, sizeof(oifs), name);
		if (!hop->family ||
		    !inet_ntop(hop->family, hop->via, word, sizeof(word)))
			continue;
		append(vias, sizeof(vias), word);
	}
	TELL(telling, oif, oifs[0] ? oifs : NULL);
	/* broadcasts go straight, even by a route that has a gateway */
	if (answer->type == RTN_UNICAST)
		TELL(telling, via, vias[0] ? vias : NULL);
}

static int keep_oifs(struct telling *telling, const struct skald_answer *answer)
{
	struct skald_kept *kept = telling->kept;

	kept->oifs =
		skald_arena_alloc(&telling->view->arena,
				  (answer->n_hops + 1) * sizeof(*kept->oifs));
	if (!kept->oifs)
		return -ENOMEM;
	for (unsigned int i = 0; i < answer->n_hops; i++)
		kept->oifs[kept->n_oifs++] = answer->hops[i].oif;
	/* what a host sends to itself goes round by loopback */
	if (!kept->flow.iif && answer->type == RTN_LOCAL)
		kept->oifs[kept->n_oifs++] = SKALD_LOOPBACK;
	kept->is_open = answer->is_cut || kept->flow.oif;
	return 0;
}

static void tell_place(struct telling *telling, uint32_t table,
		       const uint8_t *prefix, unsigned int bits)
{
	struct skald_route_view *view = telling->view;
	char text[64];

	TELL(telling, table,
	     skald_table_name(view->tables, table, &view->arena));
	format_prefix(telling->kept->flow.family, prefix, bits, text);
	TELL(telling, prefix, text);
}

/* The answer to a question without source, where rules ask for sources. */
static bool is_doubtful(const struct skald_answer *answer,
			const struct skald_iprules *rules)
{
	return answer->is_sourceless && rules->use_source;
}

static const char *reason_of(struct telling *telling,
			     const struct skald_answer *answer)
{
	const struct skald_flow *flow = &telling->kept->flow;

	if (answer->type == RTN_BLACKHOLE)
		return "blackhole";
	if (answer->type == RTN_UNREACHABLE)
		return "host unreachable";
	if (answer->type == RTN_PROHIBIT)
		return "prohibited";
	/* IPv4 refuses by itself */
	if (flow->family == AF_INET6 && flow->iif &&
	    answer->type == RTN_UNICAST &&
	    !skald_route_forwards(&telling->view->call, AF_INET6, flow->iif))
		return "forwarding is off";
	return NULL;
}

/*
 * As long as there are no ip rules but the three of old, the kernel keeps the
 * tables local and main as one (fib_trie_unmerge()) and calls both main.
 */
static uint32_t table_of(const struct skald_answer *answer,
			 const struct skald_iprules *rules)
{
	bool is_local =
		answer->type == RTN_LOCAL || (answer->type == RTN_BROADCAST &&
					      answer->prefix_len == IP4_BITS);

	if (is_local && answer->table == RT_TABLE_MAIN && rules->is_loaded &&
	    rules->n <= DEFAULT_RULES)
		return RT_TABLE_LOCAL;
	return answer->table;
}

/* Where the route stands: the ip rule, the table and the prefix. */
static void tell_found(struct telling *telling, const char *iif,
		       const struct skald_answer *answer,
		       const struct skald_iprules *rules)
{
	struct skald_kept *kept = telling->kept;
	const struct skald_iprule *rule =
		skald_iprules_find(rules, &kept->flow, iif, answer);

	if (rule)
		SKALD_SET(&kept->event, route, rule, rule->priority);
	if (answer->has_prefix && answer->table)
		tell_place(telling, answer->table, answer->prefix,
			   answer->prefix_len);
}

static int tell_answer(struct telling *telling, const char *iif,
		       struct skald_answer *answer)
{
	struct skald_kept *kept = telling->kept;
	const struct skald_iprules *rules =
		skald_route_rules(telling->view, kept->flow.family);
	char source[INET6_ADDRSTRLEN];

	if (is_doubtful(answer, rules)) {
		TELL(telling, error, "the source address is not local");
		kept->is_open = true;
		return 0;
	}
	answer->table = table_of(answer, rules);
	tell_found(telling, iif, answer, rules);
	tell_hops(telling, answer);
	if (answer->has_source && inet_ntop(kept->flow.family, answer->source,
					    source, sizeof(source)))
		TELL(telling, source, source);
	SKALD_SET(&kept->event, route, type, answer->type);
	TELL(telling, error, reason_of(telling, answer));
	return keep_oifs(telling, answer);
}

static void tell_refusal(struct telling *telling, const char *iif, int err)
{
	struct skald_route_view *view = telling->view;
	struct skald_kept *kept = telling->kept;
	struct skald_refusal refusal;

	skald_route_refused(&view->call, &kept->flow, iif,
			    skald_route_rules(view, kept->flow.family), err,
			    &refusal);
	if (refusal.rule)
		SKALD_SET(&kept->event, route, rule, refusal.rule->priority);
	if (refusal.table)
		tell_place(telling, refusal.table, refusal.prefix,
			   refusal.prefix_len);
	if (refusal.type != RTN_UNSPEC)
		SKALD_SET(&kept->event, route, type, refusal.type);
	TELL(telling, error, refusal.words);
}

/* Errors of the question, not of the route. */
static bool is_failure(int err)
{
	return err == -ENOMEM || err == -EBADMSG || err == -ENOBUFS ||
	       err == -EPERM || err == -EBADF;
}

void skald_route_move(struct skald_event *event, const char *from,
		      const char *to)
{
	const char **fields[] = {
		&event->ev_route.table,	 &event->ev_route.prefix,
		&event->ev_route.via,	 &event->ev_route.oif,
		&event->ev_route.source, &event->ev_route.error,
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (*fields[i])
			*fields[i] = to + (*fields[i] - from);
	}
}

int skald_route_tell(struct skald_route_view *view, struct skald_kept *kept)
{
	struct telling telling = { .view = view, .kept = kept };
	struct skald_answer answer;
	const char *iif = NULL;
	int err;

	if (kept->flow.iif) {
		iif = skald_route_link(view, kept->flow.iif);
		if (!iif)
			return -ENOMEM;
	}
	kept->event.kind = SKALD_ROUTE;
	SKALD_SET(&kept->event, route, origin, SKALD_ORIGIN_RECOMPUTED);
	err = skald_route_query(&view->call, &kept->flow, &answer);
	if (is_failure(err))
		return err;
	if (err)
		tell_refusal(&telling, iif, -err);
	else if (tell_answer(&telling, iif, &answer))
		return -ENOMEM;

	kept->len = telling.len;
	kept->words =
		skald_arena_strndup(&view->arena, telling.words, telling.len);
	if (!kept->words)
		return -ENOMEM;
	skald_route_move(&kept->event, telling.words, kept->words);
	return 0;
}
