// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of connection tracking, and the defaults of its lists.
 */
#include "ct.h"

const char *skald_ct_reason_word(enum skald_ct_reason reason)
{
#define REASON_WORD(name, word, text) word,
	static const char *const words[] = { SKALD_CT_REASONS(REASON_WORD) };

	return reason < ARRAY_SIZE(words) ? words[reason] : "unknown";
}

const char *skald_ct_reason_text(enum skald_ct_reason reason)
{
#define REASON_TEXT(name, word, text) text,
	static const char *const texts[] = { SKALD_CT_REASONS(REASON_TEXT) };

	return reason < ARRAY_SIZE(texts) ? texts[reason] : "unknown";
}

const char *skald_ct_state_word(enum skald_ct_state state)
{
	switch (state) {
	case SKALD_CT_INVALID:
		return "invalid";
	case SKALD_CT_NEW:
		return "new";
	case SKALD_CT_ESTABLISHED:
		return "established";
	case SKALD_CT_RELATED:
		return "related";
	case SKALD_CT_UNTRACKED:
		return "untracked";
	}
	return "unknown";
}

char skald_ct_state_letter(enum skald_ct_state state)
{
	switch (state) {
	case SKALD_CT_INVALID:
		return 'I';
	case SKALD_CT_NEW:
		return 'N';
	case SKALD_CT_ESTABLISHED:
		return 'E';
	case SKALD_CT_RELATED:
		return 'R';
	case SKALD_CT_UNTRACKED:
		return 'U';
	}
	return '?';
}

const char *skald_ct_timeout_word(enum skald_ct_timeout timeout)
{
#define TIMEOUT_WORD(name, word, seconds) word,
	static const char *const words[] = { SKALD_CT_TIMEOUTS(TIMEOUT_WORD) };

	return timeout < ARRAY_SIZE(words) ? words[timeout] : "unknown";
}

void skald_ct_timeouts_default(struct skald_ct_timeouts *timeouts)
{
#define TIMEOUT_SECONDS(name, word, seconds) seconds,
	static const u32 seconds[] = { SKALD_CT_TIMEOUTS(TIMEOUT_SECONDS) };

	memcpy(timeouts->seconds, seconds, sizeof(seconds));
}

void skald_ct_settings_default(struct skald_ct_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->max = 262144;
	settings->buckets = 262144;
	settings->expect_max = 4096;
	settings->checksum = true;
	settings->tcp_loose = true;
	settings->tcp_max_retrans = 3;
	settings->dccp_loose = true;
	skald_ct_timeouts_default(&settings->timeouts);
}
