/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: reports for other people
 *
 * A Markdown page that says without skald what happened to a packet: answer,
 * path with the rules' texts, changes, route, connection tracking, bytes, the
 * ruleset of that moment and who loaded it, what is missing, and the machine.
 * It reads well in a mail or an issue tracker as it stands.
 */
#ifndef SKALD_LIB_REPORT_H
#define SKALD_LIB_REPORT_H

#include "error.h"
#include "output.h"
#include "store.h"

/**
 * struct skald_report_wish - what to report
 * @store: where the stories are
 * @store_path: its name, for the command that shows them again
 * @ids: the stories, in the order of the report
 * @n_ids: how many
 */
struct skald_report_wish {
	struct skald_store *store;
	const char *store_path;
	const uint64_t *ids;
	size_t n_ids;
};

/**
 * skald_report_write() - write a report
 * @wish: what
 * @output: where to
 * @error: in words
 *
 * Return: 0, -ENOENT when a story is not in the store, what @output says, or
 * another -errno.
 */
int skald_report_write(const struct skald_report_wish *wish,
		       const struct skald_output *output,
		       struct skald_error *error);

#endif /* SKALD_LIB_REPORT_H */
