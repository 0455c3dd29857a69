// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values of the filter language, each read as what its field is.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_internal.h"

#define EXPECTED_MAX 400

static int expected(const struct skald_filter_desc *desc,
		    const struct skald_token *token, const char *what,
		    struct skald_error *error)
{
	int err = skald_error_set(error, EINVAL,
				  "\"%.60s\" is no value for %s: expected %s",
				  token->text, desc->name, what);

	if (error)
		error->column = token->column;
	return err;
}

static bool read_number(const char *text, int64_t *number)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	/* Never octal: people write 080. */
	n = strtoull(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
	if (errno || *end || n > INT64_MAX)
		return false;
	*number = n;
	return true;
}

static void mask_address(struct skald_filter_value *value, unsigned int prefix)
{
	for (unsigned int bit = prefix; bit < value->len * 8; bit++) {
		value->low[bit / 8] &= ~(0x80 >> bit % 8);
		value->high[bit / 8] |= 0x80 >> bit % 8;
	}
}

static bool read_address(const char *text, struct skald_filter_value *value)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	int64_t prefix;

	/* "[2001:db8::1]", as addresses stand beside ports */
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, value->low) == 1)
		value->len = 4;
	else if (inet_pton(AF_INET6, address, value->low) == 1)
		value->len = 16;
	else
		return false;
	memcpy(value->high, value->low, sizeof(value->high));
	if (!slash)
		return true;
	if (!read_number(slash + 1, &prefix) || prefix > value->len * 8)
		return false;
	mask_address(value, prefix);
	return true;
}

static bool read_mac(const char *text, struct skald_filter_value *value)
{
	char *end;

	for (int i = 0; i < 6; i++) {
		if (!isxdigit((unsigned char)*text))
			return false;
		value->low[i] = strtoul(text, &end, 16);
		if (end - text > 2 || *end != (i < 5 ? ':' : '\0'))
			return false;
		text = end + 1;
	}
	value->len = 6;
	return true;
}

static bool read_yes(const char *text, int64_t *number)
{
	static const char *const yes[] = { "yes", "true", "1" };
	static const char *const no[] = { "no", "false", "0" };

	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*number = !strcmp(text, yes[i]);
			return true;
		}
	}
	return false;
}

static bool read_ending(const char *text, unsigned int *endings)
{
	uint64_t number;

	if (!strcmp(text, "drop"))
		*endings = 1u << SKALD_ENDING_DROPPED;
	else if (!strcmp(text, "accept") || !strcmp(text, "accepted"))
		*endings =
			1u << SKALD_ENDING_DELIVERED | 1u << SKALD_ENDING_SENT;
	else if (skald_word_number(skald_words_of_ENDING, text, &number))
		*endings = 1u << number;
	else
		return false;
	return true;
}

static void list_words(const struct skald_word *words, const char *first,
		       char text[EXPECTED_MAX])
{
	int len = snprintf(text, EXPECTED_MAX, "%s", first);

	for (; words->word && len < EXPECTED_MAX; words++)
		len += snprintf(text + len, EXPECTED_MAX - len, "%s%s",
				len ? ", " : "", words->word);
}

static int read_word(const struct skald_filter_desc *desc,
		     const struct skald_token *token,
		     const struct skald_word *words, struct skald_error *error)
{
	char text[EXPECTED_MAX];
	uint64_t number;

	if (skald_word_number(words, token->text, &number))
		return 0;
	list_words(words, "", text);
	return expected(desc, token, text, error);
}

static int read_kind(const struct skald_filter_desc *desc,
		     const struct skald_token *token, struct skald_error *error)
{
	for (int i = 0; i < SKALD_N_KINDS; i++)
		if (!strcmp(skald_kinds[i].word, token->text))
			return 0;
	return expected(desc, token, "a kind of event, such as rule or mangle",
			error);
}

/* What a type that is not a list of words looks like. */
static const char *const looks[] = {
	[SKALD_FILTER_NUM] = "a number",
	[SKALD_FILTER_ADDR] = "an address or a network such as 10.0.0.0/8",
	[SKALD_FILTER_MAC] = "six bytes such as 02:00:5e:00:53:01",
	[SKALD_FILTER_YES] = "yes or no",
	[SKALD_FILTER_TIME] =
		"a time such as -10m, 12:03 or 2024-05-01T12:03:11",
	[SKALD_FILTER_SPAN] = "a duration with its unit, such as 10ms",
};

static int read_ending_word(const struct skald_filter_desc *desc,
			    const struct skald_token *token,
			    struct skald_filter_value *value,
			    struct skald_error *error)
{
	char words[EXPECTED_MAX];

	if (read_ending(token->text, &value->endings))
		return 0;
	list_words(skald_words_of_ENDING, "drop, accept", words);
	return expected(desc, token, words, error);
}

int skald_filter_value(const struct skald_filter_desc *desc,
		       const struct skald_token *token, int64_t now_ns,
		       struct skald_filter_value *value,
		       struct skald_error *error)
{
	const char *text = token->text;
	bool is_good = false;

	memset(value, 0, sizeof(*value));
	value->text = text;
	switch (desc->type) {
	case SKALD_FILTER_TEXT:
		is_good = true;
		break;
	case SKALD_FILTER_NUM:
		is_good = read_number(text, &value->number);
		break;
	case SKALD_FILTER_ADDR:
		is_good = read_address(text, value);
		break;
	case SKALD_FILTER_MAC:
		is_good = read_mac(text, value);
		break;
	case SKALD_FILTER_YES:
		is_good = read_yes(text, &value->number);
		break;
	case SKALD_FILTER_TIME:
		is_good = skald_filter_time(text, now_ns, &value->number);
		break;
	case SKALD_FILTER_SPAN:
		is_good = skald_filter_duration(text, &value->number);
		break;
	case SKALD_FILTER_END:
		return read_ending_word(desc, token, value, error);
	case SKALD_FILTER_HOOK:
		return read_word(desc, token, skald_words_of_HOOK, error);
	case SKALD_FILTER_STATE:
		return read_word(desc, token, skald_words_of_CTSTATE, error);
	case SKALD_FILTER_SOURCE:
		return read_word(desc, token, skald_words_of_SOURCE, error);
	case SKALD_FILTER_KIND:
		return read_kind(desc, token, error);
	}
	return is_good ? 0 : expected(desc, token, looks[desc->type], error);
}
