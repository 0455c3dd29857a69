// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules, as ever seen: by a story or in a ruleset. A rule with handle 0 stands
 * for its chain: for what the chain itself says (entered, left, policy).
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>

static uint64_t hash_rule(const char *netns, const struct skald_rule *rule)
{
	uint64_t hash = skald_hash64(netns, strlen(netns), rule->family);

	hash = skald_hash64(rule->table, strlen(rule->table), hash);
	hash = skald_hash64(rule->chain, strlen(rule->chain), hash);
	hash = skald_hash64(&rule->handle, sizeof(rule->handle), hash);
	return skald_hash64(rule->text, strlen(rule->text), hash);
}

static void bind_rule(sqlite3_stmt *stmt, uint64_t hash, const char *netns,
		      const struct skald_rule *rule)
{
	sqlite3_bind_int64(stmt, 1, (int64_t)hash);
	skald_bind_string(stmt, 2, netns);
	skald_bind_string(stmt, 3,
			  skald_word(skald_words_of_FAMILY, rule->family));
	skald_bind_string(stmt, 4, rule->table);
	skald_bind_string(stmt, 5, rule->chain);
	sqlite3_bind_int64(stmt, 6, rule->handle);
	skald_bind_string(stmt, 7, rule->text);
}

/* Return: 1 found, 0 not there, -errno */
static int find_rule(struct skald_store *store, uint64_t hash,
		     const char *netns, const struct skald_rule *rule,
		     int64_t *id, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_FIND_RULE, error);
	if (!stmt)
		return skald_store_errno(store);
	bind_rule(stmt, hash, netns, rule);
	err = skald_store_step(store, stmt, "cannot find a rule", error);
	if (err > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
	}
	return err;
}

static int add_rule(struct skald_store *store, uint64_t hash,
		    const struct skald_rule_place *place,
		    const struct skald_rule *rule, int64_t *id,
		    struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_ADD_RULE, error);
	if (!stmt)
		return skald_store_errno(store);
	bind_rule(stmt, hash, place->netns, rule);
	sqlite3_bind_int64(stmt, 8,
			   rule->loaded ? rule->loaded : place->loaded_if_new);
	if (place->seen)
		sqlite3_bind_int64(stmt, 9, place->seen);
	else
		sqlite3_bind_null(stmt, 9);
	err = skald_store_run(store, stmt, "cannot add a rule", error);
	if (!err)
		*id = sqlite3_last_insert_rowid(store->db);
	return err;
}

static int update_rule(struct skald_store *store,
		       enum skald_store_statement which, int64_t id,
		       int64_t number, struct skald_error *error)
{
	sqlite3_stmt *stmt = skald_store_stmt(store, which, error);

	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, number);
	return skald_store_run(store, stmt, "cannot update a rule", error);
}

int skald_store_rule(struct skald_store *store,
		     const struct skald_rule_place *place,
		     const struct skald_rule *rule, int64_t *id,
		     struct skald_error *error)
{
	struct skald_rule_place known = *place;
	struct skald_rule whole = *rule;
	uint64_t hash;
	int err;

	known.netns = known.netns ? known.netns : "";
	whole.table = whole.table ? whole.table : "";
	whole.chain = whole.chain ? whole.chain : "";
	whole.text = whole.text ? whole.text : "";
	hash = hash_rule(known.netns, &whole);
	err = find_rule(store, hash, known.netns, &whole, id, error);
	if (err < 0)
		return err;
	if (!err)
		return add_rule(store, hash, &known, &whole, id, error);
	err = 0;
	if (known.seen)
		err = update_rule(store, SKALD_STORE_SEE_RULE, *id, known.seen,
				  error);
	if (!err && whole.loaded)
		err = update_rule(store, SKALD_STORE_DATE_RULE, *id,
				  whole.loaded, error);
	return err;
}
