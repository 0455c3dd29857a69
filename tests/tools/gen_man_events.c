// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints docs/man/skald-events.7 from include/skald/event.h and lib/packet.h:
 * "gen_man_events > docs/man/skald-events.7". "make lint" compares.
 */
#include <ctype.h>
#include <stdio.h>

#include "event.h"
#include "mdoc.h"
#include "packet.h"

static const char head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	".\\\" Made by tests/tools/gen_man_events.c: change the lists there.\n"
	".Dd November 23, 2026\n"
	".Dt SKALD-EVENTS 7\n"
	".Os skald\n"
	".Sh NAME\n"
	".Nm skald-events\n"
	".Nd the events that packets' stories are made of\n"
	".Sh DESCRIPTION\n"
	"A story is a list of events, each of a\n"
	".Em kind .\n"
	"The names are the same in JSON, in the store, in filters and on "
	"screens.\n"
	"In JSON every event has the keys\n"
	".Ic t_ns ,\n"
	"nanoseconds since 1970, and\n"
	".Ic kind ;\n"
	"a field is absent when the source did not tell it.\n"
	".Ss Where events come from\n"
	"With the source\n"
	".Cm nft ,\n"
	"which works on every kernel that has nf_tables, the kernel reports\n"
	"chains, matching rules and verdicts.\n"
	"Translations, other changes and the state of the connection are found "
	"by\n"
	"comparing the packet between chains of skald's own.\n"
	"Routes are asked again afterwards: their\n"
	".Ic origin\n"
	"is\n"
	".Cm recomputed .\n"
	"Some kinds listed here are not seen by that source.\n"
	".Sh KINDS\n";

static void put_type(const struct skald_field *field)
{
	const char *list = field->list;

	switch (field->type) {
	case SKALD_TYPE_NUM:
		(void)printf("number");
		break;
	case SKALD_TYPE_YES:
		(void)printf("true or false");
		break;
	case SKALD_TYPE_STR:
		(void)printf("text");
		break;
	case SKALD_TYPE_VAL:
		(void)printf("value");
		break;
	case SKALD_TYPE_WORD:
		for (; *list; list++)
			(void)putchar(tolower(*list));
		break;
	}
}

static void put_kind(const struct skald_kind *kind)
{
	unsigned int i;

	(void)printf(".Ss %s\n", kind->word);
	mdoc_sentence(kind->help);
	if (!kind->n_fields)
		return;
	(void)printf(".Bl -tag -width classifier -compact\n");
	for (i = 0; i < kind->n_fields; i++) {
		(void)printf(".It Ic %s\n", kind->fields[i].name);
		mdoc_text(kind->fields[i].help);
		(void)printf(" (");
		put_type(&kind->fields[i]);
		(void)printf(")\n");
	}
	(void)printf(".El\n");
}

static void put_packet(void)
{
	unsigned int i;

	(void)printf(".Sh PACKET\n"
		     "The keys of\n"
		     ".Ic packet\n"
		     "(as it was marked) and\n"
		     ".Ic final\n"
		     "(as it was last seen), and what\n"
		     ".Ic field\n"
		     "of a mangle event names.\n"
		     "Before them stand\n"
		     ".Ic family ,\n"
		     ".Ic proto\n"
		     "and\n"
		     ".Ic flags .\n"
		     ".Bl -tag -width dont_fragment -compact\n");
	for (i = 0; i < SKALD_N_P; i++) {
		(void)printf(".It Ic %s\n", skald_packet_descs[i].name);
		mdoc_text(skald_packet_descs[i].help);
		(void)putchar('\n');
	}
	(void)printf(".El\n");
}

static void put_words(const char *name, const struct skald_word *words)
{
	(void)printf(".It ");
	for (; *name; name++)
		(void)putchar(tolower(*name));
	(void)putchar('\n');
	for (; words->word; words++)
		(void)printf("%s%s\n", words->word, words[1].word ? "," : "");
}

#define PUT_WORDS(list) put_words(#list, skald_words_of_##list);

int main(void)
{
	unsigned int i;

	(void)fputs(head, stdout);
	for (i = 0; i < SKALD_N_KINDS; i++)
		put_kind(&skald_kinds[i]);
	put_packet();
	(void)printf(".Sh WORDS\n"
		     "Enumerations are words, never numbers.\n"
		     ".Bl -tag -width verdict\n");
	SKALD_WORD_LISTS(PUT_WORDS)
	(void)printf(".El\n"
		     ".Sh SEE ALSO\n"
		     ".Xr skald 1 ,\n"
		     ".Xr skald-show 1 ,\n"
		     ".Xr skald-filter 7\n");
	return 0;
}
