// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints docs/man/skald-filter.7 from the list in lib/filter_field.h:
 * "gen_man_filter > docs/man/skald-filter.7", and with "markdown" the table of
 * fields in docs/filter.md. "make lint" compares.
 */
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "mdoc.h"

static const char head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	".\\\" Made by tests/tools/gen_man_filter.c from lib/filter_field.h.\n"
	".Dd November 23, 2026\n"
	".Dt SKALD-FILTER 7\n"
	".Os skald\n"
	".Sh NAME\n"
	".Nm skald-filter\n"
	".Nd choosing stories\n"
	".Sh SYNOPSIS\n"
	".Nm skald list\n"
	".Fl w Ar filter\n"
	".Pp\n"
	".Dl ip.dst == 10.0.0.0/8 && verdict == drop && rule \\(ti "
	"\\(dqreject\\(dq\n"
	".Sh DESCRIPTION\n"
	"A filter is a condition on recorded stories; the empty filter is true "
	"for all.\n"
	"It is compiled to SQL with bound parameters.\n"
	".Pp\n"
	"Filters choose among what was recorded.\n"
	"What is recorded is chosen by tcpdump expressions, see\n"
	".Xr skald-follow 1 .\n"
	".Ss Grammar\n"
	".Bl -tag -width Ds -compact\n"
	".It Ar field Ar op Ar value\n"
	"compares.\n"
	"The operators are\n"
	".Cm == , != , < , <= , > , >=\n"
	"and, for text,\n"
	".Cm \\(ti\n"
	"(contains, upper and lower case alike) and\n"
	".Cm !\\(ti\n"
	"(does not contain).\n"
	".It Ar field Cm in Brq Ar value , Ar ...\n"
	"is any of them.\n"
	".It Ar field\n"
	"alone is true when the story has it, or when it is a yes.\n"
	".It Cm \\&! Ar condition , Cm not Ar condition\n"
	"is true when the condition is not.\n"
	".It Ar condition Cm && Ar condition\n"
	"both; also\n"
	".Cm and .\n"
	".It Ar condition Cm || Ar condition\n"
	"one of them; also\n"
	".Cm or .\n"
	".Cm &&\n"
	"binds tighter; parentheses group.\n"
	".El\n"
	".Pp\n"
	"Text with spaces or signs stands in double or single quotes; a "
	"backslash\n"
	"takes the sign behind it as it is.\n"
	".Ss Values\n"
	".Bl -tag -width Ds -compact\n"
	".It address or network\n"
	"192.0.2.1, 10.0.0.0/8, 2001:db8::/32\n"
	".It time\n"
	"now, -10m (ago), 12:03, 12:03:11 (today), 2026-11-23,\n"
	"2026-11-23T12:03:11.120, with Z or +02:00 behind it when it is not "
	"local time,\n"
	"@1700000000.5 (seconds since 1970)\n"
	".It duration\n"
	"with a unit: ns us ms s m h d w, as in 10ms or 1h30m\n"
	".It ending\n"
	"drop, accept (delivered or sent), delivered, sent, dropped, consumed, "
	"unknown\n"
	".It yes or no\n"
	"also true or false, 1 or 0\n"
	".It link-layer address\n"
	"02:00:5e:00:53:01\n"
	".El\n"
	".Pp\n"
	"The words of hooks, states, sources and kinds of events are in\n"
	".Xr skald-events 7 .\n"
	".Sh FIELDS\n"
	".Bl -tag -width final.dst.port\n";

static const char tail[] =
	".El\n"
	".Sh EXAMPLES\n"
	"What was dropped in the last ten minutes, and not by a policy:\n"
	".Pp\n"
	".Dl verdict == drop && time > -10m && by !\\(ti \\(dqpolicy\\(dq\n"
	".Pp\n"
	"Everything about one connection, before or after translation:\n"
	".Pp\n"
	".Dl ip.addr == 10.1.0.2 && port == 8080\n"
	".Pp\n"
	"Packets that the connection tracker called invalid and that were sent "
	"all the same:\n"
	".Pp\n"
	".Dl state == invalid && verdict == sent\n"
	".Pp\n"
	"Stories that cannot be trusted to be whole:\n"
	".Pp\n"
	".Dl gap\n"
	".Sh SEE ALSO\n"
	".Xr skald-browse 1 ,\n"
	".Xr skald-export 1 ,\n"
	".Xr skald-list 1 ,\n"
	".Xr skald-events 7\n";

static void markdown(void)
{
	const struct skald_filter_field *field;

	(void)puts("| field | value | what it is |\n|---|---|---|");
	for (field = skald_filter_fields; field->name; field++)
		(void)printf("| `%s` | %s | %s |\n", field->name, field->type,
			     field->help);
}

static void mdoc(void)
{
	const struct skald_filter_field *field;

	(void)fputs(head, stdout);
	for (field = skald_filter_fields; field->name; field++) {
		(void)printf(".It Ic %s\n", field->name);
		mdoc_text(field->help);
		(void)printf(" (%s)\n", field->type);
	}
	(void)fputs(tail, stdout);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "markdown"))
		markdown();
	else
		mdoc();
	return 0;
}
