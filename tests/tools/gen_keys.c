// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the browser's keys from tui/request.h: "gen_keys > docs/keys.md" as
 * Markdown, "gen_keys mdoc > docs/man/skald-keys.7" as a manual page.
 * "make lint" and tests/tui compare.
 */
#include <stdio.h>
#include <string.h>

#include "../../tui/keys.h"

static const char markdown_head[] =
	"# Keys of the browser\n"
	"\n"
	"`skald browse` is explained in [browser.md](browser.md); `?` in it "
	"shows this list.\n"
	"This page is made from `tui/request.h` by `tests/tools/gen_keys.c`; "
	"change the\n"
	"list, not the page. `C-x` is Control-x.\n";

static const char mdoc_head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-only\n"
	".\\\" Made from tui/request.h by tests/tools/gen_keys.c.\n"
	".Dd November 23, 2026\n"
	".Dt SKALD-KEYS 7\n"
	".Os skald\n"
	".Sh NAME\n"
	".Nm skald-keys\n"
	".Nd keys of the skald browser\n"
	".Sh DESCRIPTION\n"
	"What the keys of\n"
	".Ic skald browse\n"
	"do.\n"
	".Sq C-x\n"
	"is Control-x.\n"
	"A click selects a line, a double click opens it, the wheel scrolls.\n";

static const char mdoc_foot[] = ".Sh SEE ALSO\n"
				".Xr skald 1 ,\n"
				".Xr skald-filter 7\n";

static const char *typed_name(const struct skald_typed_desc *typed)
{
	return strcmp(typed->name, "NUMBER") ? typed->name : "";
}

static void escaped(const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			putchar('\\');
		putchar(*text);
	}
}

/* ---- Markdown ---- */

static void markdown_row(const char *keys, const char *help)
{
	printf("| `");
	escaped(keys, "|");
	printf("` | ");
	escaped(help, "|");
	printf(" |\n");
}

static void markdown(void)
{
	const struct skald_typed_desc *typed;
	unsigned int group;
	int request;

	printf("%s", markdown_head);
	for (group = 0; group < SKALD_N_REQ_GROUPS; group++) {
		printf("\n## %s\n\n| keys | |\n|---|---|\n",
		       skald_request_groups[group]);
		for (request = 1; request < SKALD_N_REQ; request++) {
			if (skald_requests[request].group == group)
				markdown_row(skald_requests[request].keys,
					     skald_requests[request].help);
		}
	}
	printf("\n## Commands\n\n| typed | |\n|---|---|\n");
	for (typed = skald_typed; typed->name; typed++) {
		char text[64];

		snprintf(text, sizeof(text), ":%s%s%s", typed_name(typed),
			 *typed_name(typed) && *typed->arguments ? " " : "",
			 typed->arguments);
		markdown_row(text, typed->help);
	}
}

/* ---- mdoc ---- */

/* Keys that mdoc would take for punctuation or macros are escaped by \&. */
static void mdoc_keys(const char *keys)
{
	const char *separator = ".It ";

	while (*keys) {
		size_t len = strcspn(keys, " ");

		printf("%sIc \\&%.*s", separator, (int)len, keys);
		separator = " ,  ";
		keys += len;
		keys += strspn(keys, " ");
	}
	putchar('\n');
}

static void mdoc(void)
{
	const struct skald_typed_desc *typed;
	unsigned int group;
	int request;

	printf("%s", mdoc_head);
	for (group = 0; group < SKALD_N_REQ_GROUPS; group++) {
		printf(".Ss \\&%s\n.Bl -tag -width 14n -compact\n",
		       skald_request_groups[group]);
		for (request = 1; request < SKALD_N_REQ; request++) {
			if (skald_requests[request].group != group)
				continue;
			mdoc_keys(skald_requests[request].keys);
			printf("%s\n", skald_requests[request].help);
		}
		printf(".El\n");
	}
	printf(".Ss Commands\n.Bl -tag -width 14n -compact\n");
	for (typed = skald_typed; typed->name; typed++) {
		printf(".It Ic \\&:%s", typed_name(typed));
		if (*typed->arguments)
			printf(" Ar %s", typed->arguments);
		printf("\n%s\n", typed->help);
	}
	printf(".El\n%s", mdoc_foot);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "mdoc"))
		mdoc();
	else
		markdown();
	return 0;
}
