// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times and durations as people write them in filters.
 *
 * A time is "now", "-10m" (ago), "@1700000000.5" (Unix), "12:03" or "12:03:11"
 * (today), "2024-05-01", or "2024-05-01T12:03:11.120" with "Z", "+02:00" or
 * nothing (local time) behind it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter_internal.h"

#define NS_PER_S 1000000000LL
/* 2262: the last year whose nanoseconds fit in 63 bits */
#define MAX_S (INT64_MAX / NS_PER_S - 1)

static const struct {
	const char *unit;
	int64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", NS_PER_S },
	{ "m", 60 * NS_PER_S },
	{ "h", 3600 * NS_PER_S },
	{ "d", 86400 * NS_PER_S },
	{ "w", 7 * 86400 * NS_PER_S },
};

static int64_t find_unit(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strlen(units[i].unit) == len &&
		    !memcmp(units[i].unit, text, len))
			return units[i].ns;
	return 0;
}

/* Digits at *@at. Return: false when there are none, or too many */
static bool read_digits(const char **at, int64_t max, int64_t *number)
{
	const char *from = *at;

	*number = 0;
	for (; isdigit((unsigned char)**at); ++*at) {
		if (*number > (max - 9) / 10)
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return *at > from;
}

/* ".120" as nanoseconds; nothing is 0. */
static bool read_fraction(const char **at, int64_t *ns)
{
	int64_t unit = NS_PER_S / 10;

	*ns = 0;
	if (**at != '.')
		return true;
	++*at;
	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); ++*at, unit /= 10)
		*ns += (**at - '0') * unit;
	return true;
}

bool skald_filter_duration(const char *text, int64_t *ns)
{
	int64_t number, unit, sum = 0, part;
	size_t len;

	do {
		if (!read_digits(&text, INT64_MAX, &number))
			return false;
		len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
		unit = find_unit(text, len);
		text += len;
		if (!unit || __builtin_mul_overflow(number, unit, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
	} while (*text);
	*ns = sum;
	return true;
}

/* "12:03", "12:03:11", "12:03:11.120" */
static bool read_clock(const char **at, struct tm *tm, int64_t *ns)
{
	int64_t hour, minute, second = 0;

	*ns = 0;
	if (!read_digits(at, 99, &hour) || *(*at)++ != ':' ||
	    !read_digits(at, 99, &minute))
		return false;
	if (**at == ':') {
		++*at;
		if (!read_digits(at, 99, &second) || !read_fraction(at, ns))
			return false;
	}
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	tm->tm_hour = hour;
	tm->tm_min = minute;
	tm->tm_sec = second;
	return true;
}

static bool read_date(const char **at, struct tm *tm)
{
	int64_t year, month, day;

	if (!read_digits(at, 9999, &year) || *(*at)++ != '-' ||
	    !read_digits(at, 99, &month) || *(*at)++ != '-' ||
	    !read_digits(at, 99, &day))
		return false;
	if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 ||
	    day > 31)
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* "Z", "+02:00", or nothing: local time. Return: false for anything else */
static bool read_zone(const char *at, struct tm *tm, int64_t *seconds)
{
	int64_t hours, minutes = 0;
	int sign = *at == '-' ? -1 : 1;

	tm->tm_isdst = -1;
	if (!*at) {
		*seconds = mktime(tm);
		return true;
	}
	*seconds = timegm(tm);
	if (!strcmp(at, "Z"))
		return true;
	if (*at != '+' && *at != '-')
		return false;
	at++;
	if (!read_digits(&at, 99, &hours))
		return false;
	if (*at == ':' && (at++, !read_digits(&at, 99, &minutes)))
		return false;
	*seconds -= sign * (hours * 3600 + minutes * 60);
	return !*at && hours < 24 && minutes < 60;
}

static bool read_unix(const char *at, int64_t *t_ns)
{
	int64_t seconds, ns;

	if (!read_digits(&at, MAX_S, &seconds) || !read_fraction(&at, &ns) ||
	    *at)
		return false;
	*t_ns = seconds * NS_PER_S + ns;
	return true;
}

static bool read_calendar(const char *text, int64_t now_ns, int64_t *t_ns)
{
	time_t now = now_ns / NS_PER_S;
	int64_t ns = 0, seconds;
	const char *at = text;
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return false;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (strlen(text) > 4 && text[4] == '-') {
		if (!read_date(&at, &tm))
			return false;
		if ((*at == 'T' || *at == ' ') &&
		    (at++, !read_clock(&at, &tm, &ns)))
			return false;
	} else if (!read_clock(&at, &tm, &ns)) {
		return false;
	}
	if (!read_zone(at, &tm, &seconds) || seconds < 0 || seconds > MAX_S)
		return false;
	*t_ns = seconds * NS_PER_S + ns;
	return true;
}

bool skald_filter_time(const char *text, int64_t now_ns, int64_t *t_ns)
{
	int64_t ago;

	if (!strcmp(text, "now")) {
		*t_ns = now_ns;
		return true;
	}
	if (*text == '@')
		return read_unix(text + 1, t_ns);
	if (*text != '-')
		return read_calendar(text, now_ns, t_ns);
	if (!skald_filter_duration(text + 1, &ago))
		return false;
	*t_ns = ago < now_ns ? now_ns - ago : 0;
	return true;
}
