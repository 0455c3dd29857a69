// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has libnftables list the ruleset, in a child: it crashes on expressions that
 * are younger than itself, and exits when memory runs out. What crashes as a
 * whole is listed table by table, so that only the rules of the tables at fault
 * are without text.
 *
 * libnftables and the libxtables below it keep lists of interfaces and
 * extensions for the whole process, without locks; nobody but children touches
 * them, so that every child begins with them empty.
 */
#include "ruleset_parts.h"

#include <ctype.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "child.h"

#define TIMEOUT_MS 120000
/* "list table netdev " and a name of NFT_NAME_MAXLEN */
#define COMMAND_SIZE 320

/* Writes @words with a length. Return: 0 or a positive errno */
static int put(int fd, const char *words)
{
	return words ? skald_child_write(fd, words, strlen(words)) : 0;
}

/* In the child. EIO: what it wrote are libnftables' last words. */
static int list(int fd, void *command)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!nft || nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft))
		return ENOMEM;
	/* counters would make every look at a rule another text */
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_HANDLE |
					      NFT_CTX_OUTPUT_STATELESS);
	if (nft_run_cmd_from_buffer(nft, command)) {
		(void)put(fd, nft_ctx_get_error_buffer(nft));
		return EIO;
	}
	return put(fd, nft_ctx_get_output_buffer(nft));
}

/* The lister proper, see skald_ruleset_lister. */
static int list_in_child(char *command, struct skald_buffer *output,
			 struct skald_error *error)
{
	const char *words;
	int ended = 0;
	int err = skald_child_read(list, command, TIMEOUT_MS, output, &ended);

	if (err == -ETIMEDOUT)
		err = -ECHILD;
	if (err == -EIO) {
		words = (const char *)output->data;
		return skald_error_set(error, EIO,
				       "libnftables cannot list: %.*s",
				       (int)strcspn(words, "\n"), words);
	}
	return err ? skald_error_set(error, -err, "libnftables cannot list: %s",
				     strerror(-err))
		   : 0;
}

/* What nft's grammar takes for a name without quotes; it knows no others. */
static bool is_plain(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	while (isalnum((unsigned char)*name) ||
	       (*name && strchr("/-_.", *name)))
		name++;
	return !*name;
}

/* A name may hold any byte. */
static void put_name(struct skald_buffer *buffer, const char *name)
{
	for (; *name; name++) {
		bool is_shown = isprint((unsigned char)*name);

		skald_buffer_put_u8(buffer, (uint8_t)(is_shown ? *name : '?'));
	}
}

static const char *family_of(const struct skald_part_table *table)
{
	return skald_word(skald_words_of_FAMILY, table->family);
}

/* Says so in the text, as a comment of nft's. */
static void give_up(struct skald_parts *parts,
		    const struct skald_part_table *table)
{
	static const char why[] = ": libnftables cannot list it\n";
	struct skald_buffer *names = &parts->textless;
	size_t from;

	if (names->len)
		skald_buffer_put(names, ", ", 2);
	from = names->len;
	skald_buffer_put(names, family_of(table), strlen(family_of(table)));
	skald_buffer_put(names, " ", 1);
	put_name(names, table->name);

	skald_buffer_put(&parts->text, "# table ", strlen("# table "));
	if (!names->failed)
		skald_buffer_put(&parts->text, names->data + from,
				 names->len - from);
	skald_buffer_put(&parts->text, why, strlen(why));
}

static int write_table(struct skald_parts *parts,
		       const struct skald_part_table *table,
		       skald_ruleset_lister *lister, struct skald_error *error)
{
	struct skald_buffer output = { 0 };
	char command[COMMAND_SIZE];
	int err = -EIO;
	int len = snprintf(command, sizeof(command), "list table %s %s",
			   family_of(table), table->name);

	if (len > 0 && (size_t)len < sizeof(command) && is_plain(table->name))
		err = lister(command, &output, error);
	if (!err)
		err = skald_ruleset_join(parts, (const char *)output.data);
	else if (err == -ECHILD || err == -EIO) {
		/* a name can be a word of the grammar */
		give_up(parts, table);
		err = 0;
	}
	skald_buffer_done(&output);
	return err;
}

static int write_tables(struct skald_parts *parts, skald_ruleset_lister *lister,
			struct skald_error *error)
{
	const struct skald_part_table *table;
	int err = 0;

	for (table = parts->tables; table && !err; table = table->next)
		err = write_table(parts, table, lister, error);
	return parts->textless.failed ? -ENOMEM : err;
}

int skald_ruleset_write_by(struct skald_parts *parts,
			   skald_ruleset_lister *lister,
			   struct skald_error *error)
{
	char command[] = "list ruleset";
	struct skald_buffer output = { 0 };
	int err = lister(command, &output, error);

	if (!err)
		err = skald_ruleset_join(parts, (const char *)output.data);
	else if (err == -ECHILD)
		err = write_tables(parts, lister, error);
	skald_buffer_done(&output);
	return err;
}

int skald_ruleset_write(struct skald_parts *parts, struct skald_error *error)
{
	return skald_ruleset_write_by(parts, list_in_child, error);
}
