// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ruleset generations. Most generations differ from the one before in a few
 * rules, so their texts and bytecode are cut into pieces at places that the
 * content itself chooses, and equal pieces are stored once.
 */
#include "store_internal.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* On average a piece has so many lines or messages; a power of two. */
#define PIECE_UNITS 32
#define PIECE_MAX 65536
/* A ruleset is recorded as soon as a story needs it, or so long after. */
#define LATE_NS 10000000000ull

enum part {
	PART_TEXT,
	PART_IPTABLES,
	PART_BYTECODE,
	N_PARTS
};

static const char *const part_names[N_PARTS] = { "text", "iptables",
						 "bytecode" };

/**
 * struct piecer - cutting one part of one generation
 * @store: the store
 * @generation: row of the generation
 * @part: its name
 * @position: next piece's position
 */
struct piecer {
	struct skald_store *store;
	int64_t generation;
	const char *part;
	int64_t position;
};

static int intern_piece(struct skald_store *store, const uint8_t *data,
			size_t len, int64_t *id, struct skald_error *error)
{
	int64_t hash = (int64_t)skald_hash64(data, len, 0);
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_FIND_PIECE, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, hash);
	sqlite3_bind_blob(stmt, 2, data, len, SQLITE_STATIC);
	err = skald_store_step(store, stmt, "cannot find a piece", error);
	if (err > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
		return 0;
	}
	if (err < 0)
		return err;
	stmt = skald_store_stmt(store, SKALD_STORE_ADD_PIECE, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, hash);
	sqlite3_bind_blob(stmt, 2, data, len, SQLITE_STATIC);
	err = skald_store_run(store, stmt, "cannot add a piece", error);
	if (!err)
		*id = sqlite3_last_insert_rowid(store->db);
	return err;
}

static int put_piece(struct piecer *piecer, const uint8_t *data, size_t len,
		     struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int64_t piece = 0;
	int err;

	err = intern_piece(piecer->store, data, len, &piece, error);
	if (err)
		return err;
	stmt = skald_store_stmt(piecer->store, SKALD_STORE_ADD_GENERATION_PIECE,
				error);
	if (!stmt)
		return skald_store_errno(piecer->store);
	sqlite3_bind_int64(stmt, 1, piecer->generation);
	skald_bind_string(stmt, 2, piecer->part);
	sqlite3_bind_int64(stmt, 3, piecer->position++);
	sqlite3_bind_int64(stmt, 4, piece);
	return skald_store_run(piecer->store, stmt, "cannot add a ruleset",
			       error);
}

/* Length of the line at @data, its newline included. */
static size_t line_len(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);

	return end ? (size_t)(end - data) + 1 : len;
}

/* Length of the netlink message at @data; what is no message is one unit. */
static size_t message_len(const uint8_t *data, size_t len)
{
	struct nlmsghdr header;
	size_t aligned;

	if (len < sizeof(header))
		return len;
	memcpy(&header, data, sizeof(header));
	aligned = NLMSG_ALIGN((size_t)header.nlmsg_len);
	return aligned < sizeof(header) || aligned > len ? len : aligned;
}

static int put_part(struct piecer *piecer, const uint8_t *data, size_t len,
		    size_t (*unit_len)(const uint8_t *data, size_t len),
		    struct skald_error *error)
{
	size_t from = 0, at = 0, unit;
	bool is_cut;
	int err;

	while (at < len) {
		unit = unit_len(data + at, len - at);
		is_cut =
			!(skald_hash64(data + at, unit, 1) & (PIECE_UNITS - 1));
		at += unit;
		if (!is_cut && at < len && at - from < PIECE_MAX)
			continue;
		err = put_piece(piecer, data + from, at - from, error);
		if (err)
			return err;
		from = at;
	}
	return 0;
}

/*
 * Numbers that belong to the dump and not to the ruleset: with them no two
 * dumps would have a piece in common.
 */
static void strip_dump(uint8_t *data, size_t len)
{
	struct nlmsghdr header;
	struct nfgenmsg nfgen;
	size_t unit;

	for (; len >= sizeof(header) + sizeof(nfgen);
	     data += unit, len -= unit) {
		unit = message_len(data, len);
		if (unit < sizeof(header) + sizeof(nfgen))
			continue;
		memcpy(&header, data, sizeof(header));
		header.nlmsg_seq = 0;
		header.nlmsg_pid = 0;
		memcpy(data, &header, sizeof(header));
		memcpy(&nfgen, data + sizeof(header), sizeof(nfgen));
		nfgen.res_id = 0;
		memcpy(data + sizeof(header), &nfgen, sizeof(nfgen));
	}
}

static int put_bytecode(struct piecer *piecer,
			const struct skald_ruleset *ruleset,
			struct skald_error *error)
{
	uint8_t *copy;
	int err;

	if (!ruleset->bytecode_len)
		return 0;
	copy = malloc(ruleset->bytecode_len);
	if (!copy)
		return skald_error_set(error, ENOMEM, "out of memory");
	memcpy(copy, ruleset->bytecode, ruleset->bytecode_len);
	strip_dump(copy, ruleset->bytecode_len);
	err = put_part(piecer, copy, ruleset->bytecode_len, message_len, error);
	free(copy);
	return err;
}

static int put_parts(struct skald_store *store, int64_t generation,
		     const struct skald_ruleset *ruleset,
		     struct skald_error *error)
{
	const char *texts[] = { ruleset->text, ruleset->iptables };
	struct piecer piecer = { .store = store, .generation = generation };
	int err;

	for (int part = PART_TEXT; part <= PART_IPTABLES; part++) {
		const char *text = texts[part] ? texts[part] : "";

		piecer.part = part_names[part];
		piecer.position = 0;
		err = put_part(&piecer, (const uint8_t *)text, strlen(text),
			       line_len, error);
		if (err)
			return err;
	}
	piecer.part = part_names[PART_BYTECODE];
	piecer.position = 0;
	return put_bytecode(&piecer, ruleset, error);
}

/* Return: 1 when the store has the generation right before, 0, -errno */
static int follows(struct skald_store *store, const char *netns,
		   uint32_t generation, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int ret;

	stmt = skald_store_stmt(store, SKALD_STORE_LAST_GENERATION, error);
	if (!stmt)
		return skald_store_errno(store);
	skald_bind_string(stmt, 1, netns);
	ret = skald_store_step(store, stmt, "cannot read generations", error);
	if (ret > 0)
		ret = sqlite3_column_int64(stmt, 1) + 1 == generation;
	sqlite3_reset(stmt);
	return ret;
}

static int put_rules(struct skald_store *store,
		     const struct skald_rule_place *place,
		     const struct skald_ruleset *ruleset,
		     struct skald_error *error)
{
	int64_t id;
	int err;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		err = skald_store_rule(store, place, &ruleset->rules[i], &id,
				       error);
		if (err)
			return err;
	}
	return 0;
}

int skald_store_add_ruleset(struct skald_store *store,
			    const struct skald_ruleset *ruleset,
			    const struct skald_load *load,
			    struct skald_error *error)
{
	struct skald_rule_place place = { .netns = load->netns };
	sqlite3_stmt *stmt;
	int is_next, err;

	is_next = follows(store, load->netns, ruleset->generation, error);
	if (is_next < 0)
		return is_next;
	stmt = skald_store_stmt(store, SKALD_STORE_ADD_GENERATION, error);
	if (!stmt)
		return skald_store_errno(store);
	skald_bind_string(stmt, 1, load->netns);
	sqlite3_bind_int64(stmt, 2, ruleset->generation);
	sqlite3_bind_int64(stmt, 3, load->t_ns);
	sqlite3_bind_int64(stmt, 4, load->pid);
	skald_bind_text(stmt, 5, load->process);
	skald_bind_text(stmt, 6, ruleset->legacy);
	err = skald_store_run(store, stmt, "cannot add a generation", error);
	if (err)
		return err;
	place.seen = sqlite3_last_insert_rowid(store->db);
	store->newest_generation = place.seen;
	/* A rule without a row is new if no generation was missed. */
	place.loaded_if_new = is_next ? ruleset->generation : 0;
	return put_parts(store, place.seen, ruleset, error)
		       ?: put_rules(store, &place, ruleset, error);
}

/* Numbers of the dump, and ages, which are other ones each time. */
static void strip_route_message(struct nlmsghdr *nlh)
{
	struct nlattr *attr;
	size_t header;
	uint16_t age;

	nlh->nlmsg_seq = 0;
	nlh->nlmsg_pid = 0;
	switch (nlh->nlmsg_type) {
	case RTM_NEWADDR:
		header = sizeof(struct ifaddrmsg);
		age = IFA_CACHEINFO;
		break;
	case RTM_NEWROUTE:
		header = sizeof(struct rtmsg);
		age = RTA_CACHEINFO;
		break;
	default:
		return;
	}
	mnl_attr_for_each(attr, nlh, header) {
		if (mnl_attr_get_type(attr) == age)
			memset(mnl_attr_get_payload(attr), 0,
			       mnl_attr_get_payload_len(attr));
	}
}

static int put_section(struct piecer *piecer,
		       const struct skald_buffer *section,
		       struct skald_error *error)
{
	uint8_t *copy = malloc(section->len ? section->len : 1);
	size_t at = 0;
	int err;

	if (!copy)
		return skald_error_set(error, ENOMEM, "out of memory");
	if (section->len)
		memcpy(copy, section->data, section->len);
	while (at + sizeof(struct nlmsghdr) <= section->len) {
		size_t unit = message_len(copy + at, section->len - at);

		if (((struct nlmsghdr *)(copy + at))->nlmsg_len <= unit)
			strip_route_message((struct nlmsghdr *)(copy + at));
		at += unit;
	}
	err = put_part(piecer, copy, section->len, message_len, error);
	free(copy);
	return err;
}

int skald_store_add_around(struct skald_store *store,
			   const struct skald_world *world,
			   struct skald_error *error)
{
	struct piecer piecer = { .store = store,
				 .generation = store->newest_generation };
	struct skald_buffer sysctls = { 0 };
	int err = 0;

	for (int i = 0; i < SKALD_WORLD_N_SECTIONS && !err; i++) {
		if (!skald_world_is_around((enum skald_world_section)i))
			continue;
		piecer.part =
			skald_world_section_word((enum skald_world_section)i);
		piecer.position = 0;
		err = put_section(&piecer, &world->sections[i], error);
	}
	if (!err && skald_world_put_sysctls(world, &sysctls))
		err = skald_error_set(error, ENOMEM, "out of memory");
	piecer.part = "sysctls";
	piecer.position = 0;
	if (!err)
		err = put_part(&piecer, sysctls.data, sysctls.len, line_len,
			       error);
	skald_buffer_done(&sysctls);
	return err;
}

/* A statement about two rows of generations. */
static int about_two(struct skald_store *store,
		     enum skald_store_statement which, int64_t first,
		     int64_t second, struct skald_error *error)
{
	sqlite3_stmt *stmt = skald_store_stmt(store, which, error);

	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, first);
	sqlite3_bind_int64(stmt, 2, second);
	return skald_store_run(store, stmt, "cannot add a generation", error);
}

/* Whether two generations have the same pieces. Return: 1, 0, -errno */
static int is_same_around(struct skald_store *store, int64_t first,
			  int64_t second, struct skald_error *error)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(store, SKALD_STORE_COUNT_OTHER_PIECES, error);
	int ret;

	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, first);
	sqlite3_bind_int64(stmt, 2, second);
	ret = skald_store_step(store, stmt, "cannot read generations", error);
	if (ret > 0)
		ret = sqlite3_column_int64(stmt, 0) == 0;
	sqlite3_reset(stmt);
	return ret;
}

static int drop_row(struct skald_store *store, int64_t id,
		    struct skald_error *error)
{
	static const enum skald_store_statement both[] = {
		SKALD_STORE_DELETE_GENERATION_PIECES,
		SKALD_STORE_DELETE_GENERATION,
	};
	sqlite3_stmt *stmt;
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		stmt = skald_store_stmt(store, both[i], error);
		if (!stmt)
			return skald_store_errno(store);
		sqlite3_bind_int64(stmt, 1, id);
		err = skald_store_run(store, stmt, "cannot add a generation",
				      error);
	}
	return err;
}

/* The row recorded last for a namespace. Return: 1, 0: none, -errno */
static int last_row(struct skald_store *store, const char *netns, int64_t *id,
		    struct skald_error *error)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(store, SKALD_STORE_LAST_GENERATION, error);
	int ret;

	if (!stmt)
		return skald_store_errno(store);
	skald_bind_string(stmt, 1, netns);
	ret = skald_store_step(store, stmt, "cannot read generations", error);
	if (ret > 0)
		*id = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return ret;
}

int skald_store_renew_around(struct skald_store *store, const char *netns,
			     uint64_t t_ns, const struct skald_world *world,
			     struct skald_error *error)
{
	int64_t old = 0, new;
	int ret = last_row(store, netns, &old, error);

	if (ret <= 0)
		return ret;
	ret = about_two(store, SKALD_STORE_RENEW_GENERATION, old, (int64_t)t_ns,
			error);
	if (ret)
		return ret;
	new = sqlite3_last_insert_rowid(store->db);
	store->newest_generation = new;
	ret = about_two(store, SKALD_STORE_RENEW_PIECES, old, new, error)
		      ?: skald_store_add_around(store, world, error)
		      ?: is_same_around(store, old, new, error);
	if (ret > 0) {
		store->newest_generation = old;
		return drop_row(store, new, error);
	}
	return ret
		       ?: about_two(store, SKALD_STORE_RENEW_RULES, old, new,
				    error);
}

static int get_part(struct skald_store *store, int64_t generation,
		    const char *part, struct skald_buffer *buffer,
		    struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_GET_PIECES, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, generation);
	skald_bind_string(stmt, 2, part);
	while ((err = skald_store_step(store, stmt, "cannot read a ruleset",
				       error)) > 0)
		skald_buffer_put(buffer, sqlite3_column_blob(stmt, 0),
				 sqlite3_column_bytes(stmt, 0));
	if (!err && (!strcmp(part, part_names[PART_TEXT]) ||
		     !strcmp(part, part_names[PART_IPTABLES])))
		skald_buffer_put_u8(buffer, '\0');
	if (buffer->failed)
		return skald_error_set(error, ENOMEM, "out of memory");
	return err;
}

/* What was around it. Return: 1: it was recorded, 0, -errno */
static int get_around(struct skald_store *store, int64_t generation,
		      struct skald_world *around, struct skald_error *error)
{
	struct skald_buffer sysctls = { 0 };
	int err = 0;

	for (int i = 0; i < SKALD_WORLD_N_SECTIONS && !err; i++) {
		enum skald_world_section section = (enum skald_world_section)i;

		if (skald_world_is_around(section))
			err = get_part(store, generation,
				       skald_world_section_word(section),
				       &around->sections[i], error);
	}
	if (!err)
		err = get_part(store, generation, "sysctls", &sysctls, error);
	if (!err && sysctls.len &&
	    skald_world_get_sysctls(around, (const char *)sysctls.data,
				    sysctls.len))
		err = skald_error_set(error, EBADMSG,
				      "sysctls in %s are damaged", store->path);
	skald_buffer_done(&sysctls);
	return err ? err : around->sections[SKALD_WORLD_LINKS].len > 0;
}

static int give_generation(struct skald_store *store, sqlite3_stmt *stmt,
			   struct skald_generation_row *row,
			   void (*each)(void *user,
					const struct skald_generation_row *row),
			   void *user, struct skald_error *error)
{
	struct skald_buffer parts[N_PARTS] = { 0 };
	int64_t id = sqlite3_column_int64(stmt, 0);
	struct skald_world around = { 0 };
	int err = 0;

	row->t_ns = sqlite3_column_int64(stmt, 6);
	row->pid = sqlite3_column_int64(stmt, 2);
	row->process = (const char *)sqlite3_column_text(stmt, 3);
	row->legacy = (const char *)sqlite3_column_text(stmt, 4);
	row->number = (uint32_t)sqlite3_column_int64(stmt, 5);
	for (int part = 0; part < N_PARTS && !err; part++)
		err = get_part(store, id, part_names[part], &parts[part],
			       error);
	if (!err)
		err = get_around(store, id, &around, error);
	if (err > 0) {
		around.taken_ns = row->t_ns;
		around.netns = row->netns;
		around.host = "";
		around.kernel = "";
		/* for the callback alone; the row is over when it returns */
		/* cppcheck-suppress autoVariables */
		row->around = &around;
	}
	if (err >= 0) {
		err = 0;
		row->legacy = row->legacy ? row->legacy : "";
		row->text = (const char *)parts[PART_TEXT].data;
		row->iptables = (const char *)parts[PART_IPTABLES].data;
		row->bytecode = parts[PART_BYTECODE].data;
		row->bytecode_len = parts[PART_BYTECODE].len;
		each(user, row);
	}
	for (int part = 0; part < N_PARTS; part++)
		skald_buffer_done(&parts[part]);
	skald_world_done(&around);
	return err;
}

static sqlite3_stmt *bound(struct skald_store *store,
			   enum skald_store_statement which,
			   const struct skald_generation_key *key,
			   struct skald_error *error)
{
	sqlite3_stmt *stmt = skald_store_stmt(store, which, error);
	int64_t until_ns = INT64_MAX;

	if (!stmt)
		return NULL;
	if (key->t_ns < INT64_MAX - LATE_NS)
		until_ns = (int64_t)(key->t_ns + LATE_NS);
	skald_bind_string(stmt, 1, key->netns);
	sqlite3_bind_int64(stmt, 2, key->number);
	sqlite3_bind_int64(stmt, 3, until_ns);
	return stmt;
}

/*
 * How many of the newest rows that it can be are to be passed over: those read
 * after the moment that is asked for, where an older one can be meant. They are
 * of the same ruleset in other surroundings, or of a namespace that was made
 * anew just then: numbers only fall from one namespace to the next.
 * Return: how many, -errno
 */
static int count_later(struct skald_store *store, sqlite3_stmt *stmt,
		       const struct skald_generation_key *key,
		       struct skald_error *error)
{
	int later = 0, err;

	while ((uint64_t)sqlite3_column_int64(stmt, 1) > key->t_ns) {
		int64_t number = sqlite3_column_int64(stmt, 5);

		err = skald_store_step(store, stmt, "cannot read a generation",
				       error);
		if (err < 0)
			return err;
		if (!err || sqlite3_column_int64(stmt, 5) < number)
			break;
		later++;
	}
	return later;
}

/* Return: 1 and the row in *@ret_stmt, 0: there is none, -errno */
static int find_generation(struct skald_store *store,
			   const struct skald_generation_key *key,
			   sqlite3_stmt **ret_stmt, struct skald_error *error)
{
	enum skald_store_statement which = SKALD_STORE_GET_GENERATION;
	static const char what[] = "cannot read a generation";
	sqlite3_stmt *stmt = bound(store, which, key, error);
	int later, err;

	*ret_stmt = stmt;
	if (!stmt)
		return skald_store_errno(store);
	err = skald_store_step(store, stmt, what, error);
	if (err < 0)
		return err;
	if (!err) {
		/* Recording began later: the first that was read. */
		which = SKALD_STORE_GET_GENERATION_AFTER;
		stmt = bound(store, which, key, error);
		*ret_stmt = stmt;
		if (!stmt)
			return skald_store_errno(store);
		return skald_store_step(store, stmt, what, error);
	}
	later = count_later(store, stmt, key, error);
	if (later < 0)
		return later;
	/* Back to the first row, and on from there. */
	sqlite3_reset(stmt);
	do {
		err = skald_store_step(store, stmt, what, error);
	} while (err > 0 && later-- > 0);
	return err;
}

int skald_store_generation(struct skald_store *store,
			   const struct skald_generation_key *key,
			   void (*each)(void *user,
					const struct skald_generation_row *row),
			   void *user, struct skald_error *error)
{
	struct skald_generation_row row = { .netns = key->netns };
	sqlite3_stmt *stmt = NULL;
	int begun, err;

	begun = skald_store_snapshot(store, error);
	if (begun < 0)
		return begun;
	err = find_generation(store, key, &stmt, error);
	if (err > 0)
		err = give_generation(store, stmt, &row, each, user, error);
	else if (!err)
		err = skald_error_set(error, ENOENT,
				      "%s has no generation %u of namespace %s",
				      store->path, key->number, key->netns);
	sqlite3_reset(stmt);
	if (begun)
		skald_store_snapshot_end(store);
	return err;
}

int skald_store_generation_id(struct skald_store *store,
			      const struct skald_generation_key *key,
			      int64_t *id, struct skald_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int begun, err;

	begun = skald_store_snapshot(store, error);
	if (begun < 0)
		return begun;
	err = find_generation(store, key, &stmt, error);
	if (err > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		err = 0;
	} else if (!err) {
		err = skald_error_set(error, ENOENT,
				      "%s has no generation %u of namespace %s",
				      store->path, key->number, key->netns);
	}
	sqlite3_reset(stmt);
	if (begun)
		skald_store_snapshot_end(store);
	return err;
}

int skald_store_generation_until(struct skald_store *store,
				 const struct skald_generation_key *key,
				 uint64_t *until_ns, struct skald_error *error)
{
	sqlite3_stmt *stmt = skald_store_stmt(
		store, SKALD_STORE_NEXT_GENERATION_TIME, error);
	int ret;

	if (!stmt)
		return skald_store_errno(store);
	skald_bind_string(stmt, 1, key->netns);
	sqlite3_bind_int64(stmt, 2, (int64_t)key->t_ns);
	ret = skald_store_step(store, stmt, "cannot read a generation", error);
	if (ret >= 0) {
		*until_ns = UINT64_MAX;
		if (ret && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
			*until_ns = (uint64_t)sqlite3_column_int64(stmt, 0);
		ret = 0;
	}
	sqlite3_reset(stmt);
	return ret;
}
