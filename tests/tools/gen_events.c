// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints docs/events.md from the lists in include/skald/event.h and
 * lib/packet.h: "gen_events > docs/events.md". "make lint" compares.
 */
#include <ctype.h>
#include <stdio.h>

#include "event.h"
#include "packet.h"

static const char head[] =
	"# Events\n"
	"\n"
	"Everything that skald can say about a packet is an *event*; a story "
	"is a list of\n"
	"them. This page is made from `include/skald/event.h` by\n"
	"`tests/tools/gen_events.c`; change the list, not the page.\n"
	"\n"
	"The names are the same everywhere: in JSON (`docs/json.md`), in the "
	"store, in\n"
	"filters and on screens. A field may be absent when the source did "
	"not tell it.\n"
	"\n"
	"*Where* says how a field is stored: **path** fields belong to the "
	"shape that all\n"
	"packets of the same way share, **own** fields to the packet alone.\n"
	"\n"
	"*Type* is `number`, `claim` (true or false), `text`, `value` (an "
	"address as text\n"
	"or a number), or one of the lists of words at the end.\n";

static const char *type_name(const struct skald_field *field)
{
	switch (field->type) {
	case SKALD_TYPE_NUM:
		return "number";
	case SKALD_TYPE_YES:
		return "claim";
	case SKALD_TYPE_STR:
		return "text";
	case SKALD_TYPE_VAL:
		return "value";
	case SKALD_TYPE_WORD:
		return "word";
	}
	return "?";
}

static void put_lower(const char *text)
{
	for (; *text; text++)
		(void)putchar(tolower(*text));
}

static void put_type(const struct skald_field *field)
{
	if (field->type != SKALD_TYPE_WORD) {
		(void)printf("%s", type_name(field));
		return;
	}
	(void)printf("[");
	put_lower(field->list);
	(void)printf("](#words-");
	put_lower(field->list);
	(void)printf(")");
}

static void put_kind(const struct skald_kind *kind)
{
	unsigned int i;

	(void)printf("\n### %s\n\n%c%s.\n\n", kind->word, toupper(*kind->help),
		     kind->help + 1);
	(void)printf("| field | type | where | meaning |\n"
		     "|---|---|---|---|\n");
	for (i = 0; i < kind->n_fields; i++) {
		const struct skald_field *field = &kind->fields[i];

		(void)printf("| `%s` | ", field->name);
		put_type(field);
		(void)printf(" | %s | %s |\n",
			     field->part == SKALD_PART_PATH ? "path" : "own",
			     field->help);
	}
}

static void put_packet(void)
{
	unsigned int i;

	(void)printf("\n## Fields of a packet\n\n"
		     "The keys of `packet` and `final`, and what `field` of a "
		     "`mangle` event names.\n"
		     "`family`, `proto` and, for TCP, `flags` stand before "
		     "them as text.\n\n"
		     "| field | type | a change is a mangle event | meaning |\n"
		     "|---|---|---|---|\n");
	for (i = 0; i < SKALD_N_P; i++)
		(void)printf(
			"| `%s` | %s | %s | %s |\n", skald_packet_descs[i].name,
			skald_packet_descs[i].is_number ? "number" : "address",
			skald_packet_descs[i].mangle ? "yes" : "no",
			skald_packet_descs[i].help);
}

static void put_words(const char *name, const struct skald_word *words)
{
	const char *comma = "";

	(void)printf("\n### words: ");
	put_lower(name);
	(void)printf("\n\n");
	for (; words->word; words++, comma = ", ")
		(void)printf("%s`%s`", comma, words->word);
	(void)printf("\n");
}

#define PUT_WORDS(list) put_words(#list, skald_words_of_##list);

int main(void)
{
	uint32_t kind;

	(void)fputs(head, stdout);
	(void)printf("\n## Kinds\n");
	for (kind = 0; kind < SKALD_N_KINDS; kind++)
		put_kind(&skald_kinds[kind]);
	put_packet();
	(void)printf("\n## Words\n");
	SKALD_WORD_LISTS(PUT_WORDS)
	return 0;
}
