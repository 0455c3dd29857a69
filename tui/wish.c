// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifiers as the command line describes them.
 */
#include "wish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classifier.h"

void skald_wish_init(struct skald_wish *wish)
{
	*wish = (struct skald_wish){ .rate = SKALD_RATE_DEFAULT };
}

void skald_wish_done(struct skald_wish *wish)
{
	free(wish->expression);
}

bool skald_wish_number(const char *text, uint64_t *number)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end)
		return false;
	*number = value;
	return true;
}

static bool is_hook(const char *word)
{
	return !strcmp(word, "prerouting") || !strcmp(word, "output") ||
	       !strcmp(word, "both");
}

bool skald_wish_option(struct skald_wish *wish, int option, const char *value)
{
	enum skald_source_wish source;

	switch (option) {
	case 'r':
		return skald_wish_number(value, &wish->rate);
	case 'i':
		wish->iif = value;
		return true;
	case 'o':
		wish->oif = value;
		return true;
	case SKALD_WISH_SAMPLE:
		return skald_wish_number(value, &wish->sample);
	case SKALD_WISH_HOOK:
		wish->hook = value;
		return is_hook(value);
	case SKALD_WISH_NETNS:
		wish->netns = value;
		return *value;
	case SKALD_WISH_SOURCE:
		wish->source = value;
		return skald_source_wish(value, &source);
	}
	return false;
}

json_t *skald_wish_request(const struct skald_wish *wish)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:s*, s:s*, s:s*, s:s*, s:s*}",
			 "cmd", "add", "expression", wish->expression, "rate",
			 (json_int_t)wish->rate, "sample",
			 (json_int_t)wish->sample, "iif", wish->iif, "oif",
			 wish->oif, "hook", wish->hook, "netns", wish->netns,
			 "source", wish->source);
}
