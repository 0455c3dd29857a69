// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connection tracking as JSON. Functions that set keys return 0 or -1 as
 * jansson's do; an object that lacks a key is not returned.
 */
#include "ct_json.h"

#include <stdio.h>

#include "ct_helper.h"
#include "ct_print.h"
#include "ct_proto.h"

/* A key whose value is made on the spot; NULL fails. */
static int set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static int set_number(json_t *object, const char *key, uint64_t number)
{
	return set(object, key, json_integer((json_int_t)number));
}

static int set_word(json_t *object, const char *key, const char *word)
{
	return set(object, key, word ? json_string(word) : json_null());
}

static json_t *done(json_t *object, int failed)
{
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

/* ---- tuples ---- */

static int set_addr(json_t *object, const char *key,
		    const struct skald_ct_tuple *tuple,
		    const union skald_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return set_word(object, key,
			skald_ct_addr_text(addr, tuple->family, text,
					   sizeof(text)));
}

static int set_proto(json_t *object, uint8_t proto)
{
	const struct skald_ct_proto *ops = skald_ct_proto_find(proto);
	char number[8];

	if (ops != &skald_ct_proto_generic)
		return set_word(object, "proto", ops->name);
	snprintf(number, sizeof(number), "%u", proto);
	return set_word(object, "proto", number);
}

static int set_ends(json_t *object, const struct skald_ct_tuple *tuple)
{
	switch (tuple->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return set_number(object, "icmp_type",
				  skald_ct_icmp_type(tuple)) ||
		       set_number(object, "icmp_code",
				  skald_ct_icmp_code(tuple)) ||
		       set_number(object, "icmp_id", ntohs(tuple->sport));
	case IPPROTO_GRE:
		return set_number(object, "src_key", ntohs(tuple->sport)) ||
		       set_number(object, "dst_key", ntohs(tuple->dport));
	default:
		if (!tuple->sport && !tuple->dport)
			return 0;
		return set_number(object, "sport", ntohs(tuple->sport)) ||
		       set_number(object, "dport", ntohs(tuple->dport));
	}
}

json_t *skald_json_ct_tuple(const struct skald_ct_tuple *tuple)
{
	json_t *object = json_object();
	int failed = set_addr(object, "saddr", tuple, &tuple->src) ||
		     set_addr(object, "daddr", tuple, &tuple->dst) ||
		     set_ends(object, tuple);

	return done(object, failed);
}

static int set_family(json_t *object, const struct skald_ct_tuple *tuple)
{
	return set_word(object, "family",
			tuple->family == NFPROTO_IPV6 ? "ip6" : "ip") ||
	       set_proto(object, tuple->proto);
}

/* ---- entries ---- */

static json_t *direction(const struct skald_ct *ct, enum skald_ct_dir dir)
{
	const struct skald_ct_count *count = &ct->count[dir];
	json_t *object = skald_json_ct_tuple(skald_ct_tuple(ct, dir));
	int failed = set_number(object, "packets",
				(uint64_t)atomic64_read(&count->packets)) ||
		     set_number(object, "bytes",
				(uint64_t)atomic64_read(&count->bytes));

	return done(object, failed);
}

static json_t *status_words(const struct skald_ct *ct)
{
	json_t *array = json_array();
	int bit, failed = !array;

	for (bit = 0; bit <= SKALD_CT_HELPER && !failed; bit++) {
		const char *word =
			skald_ct_status_word((enum skald_ct_status)bit);

		if (word && skald_ct_is(ct, (enum skald_ct_status)bit))
			failed =
				json_array_append_new(array, json_string(word));
	}
	return done(array, failed);
}

static const char *state_word(const struct skald_ct_table *table,
			      const struct skald_ct *ct)
{
	const struct skald_ct_proto *proto =
		skald_ct_proto_of(table, skald_ct_protonum(ct));

	return proto->state ? proto->state_word(proto->state(ct)) : NULL;
}

static const char *helper_name(const struct skald_ct *ct)
{
	return ct->help && ct->help->helper ? ct->help->helper->name : NULL;
}

static json_t *entry_object(const struct skald_ct_table *table,
			    const struct skald_ct *ct, uint64_t now_ns)
{
	json_t *object = json_object();
	uint64_t left =
		skald_ct_expired(ct, now_ns) ? 0 : ct->expires_ns - now_ns;
	int failed =
		set_number(object, "id", ct->id) ||
		set_family(object, skald_ct_tuple(ct, SKALD_CT_ORIGINAL)) ||
		set_word(object, "state", state_word(table, ct)) ||
		set_number(object, "left_ns", left) ||
		set(object, "original", direction(ct, SKALD_CT_ORIGINAL)) ||
		set(object, "reply", direction(ct, SKALD_CT_REPLY)) ||
		set(object, "status", status_words(ct)) ||
		set_number(object, "mark", ct->mark) ||
		set_number(object, "zone", ct->zone.id) ||
		set_word(object, "helper", helper_name(ct)) ||
		set(object, "master",
		    ct->master ? json_integer((json_int_t)ct->master->id)
			       : json_null());

	return done(object, failed);
}

static json_t *expect_object(const struct skald_ct_expect *expect,
			     uint64_t now_ns)
{
	static const union skald_addr any;
	json_t *object = json_object();
	s64 left = (s64)(expect->expires_ns - now_ns);
	bool any_src = skald_addr_equal(&expect->mask.src, &any);
	int failed =
		set_number(object, "master", expect->master->id) ||
		set_family(object, &expect->tuple) ||
		set_word(object, "helper",
			 expect->helper ? expect->helper->name : NULL) ||
		set_number(object, "class", expect->class) ||
		set_number(object, "left_ns", left > 0 ? (uint64_t)left : 0) ||
		set(object, "tuple", skald_json_ct_tuple(&expect->tuple)) ||
		set(object, "any_saddr", json_boolean(any_src)) ||
		set(object, "any_sport", json_boolean(!expect->mask.sport));

	return done(object, failed);
}

/* ---- events ---- */

static json_t *side(const struct skald_ct_tcp_side *numbers)
{
	json_t *object = json_object();
	int failed =
		set_number(object, "end", numbers->end) ||
		set_number(object, "maxend", numbers->maxend) ||
		set_number(object, "maxwin", numbers->maxwin) ||
		set_number(object, "maxack", numbers->maxack) ||
		set_number(object, "scale", numbers->scale) ||
		set(object, "sack_perm",
		    json_boolean(numbers->flags & SKALD_CT_TCP_SACK_PERM)) ||
		set(object, "liberal",
		    json_boolean(numbers->flags & SKALD_CT_TCP_BE_LIBERAL));

	return done(object, failed);
}

static json_t *window_of(const struct skald_ct_window *window)
{
	json_t *object = json_object();
	char flags[12];
	int failed = set_word(object, "flags",
			      skald_ct_flags_text(window->tcp_flags, flags,
						  sizeof(flags))) ||
		     set_number(object, "seq", window->seq) ||
		     set_number(object, "end", window->end) ||
		     set_number(object, "ack", window->ack) ||
		     set_number(object, "sack", window->sack) ||
		     set_number(object, "win", window->win) ||
		     set_number(object, "scaled", window->scaled) ||
		     set_number(object, "payload", window->payload) ||
		     set_number(object, "bound", window->bound) ||
		     set_number(object, "off", window->off) ||
		     set(object, "sender", side(&window->sender)) ||
		     set(object, "receiver", side(&window->receiver));

	return done(object, failed);
}

static int set_reason(json_t *object, const struct skald_ct_note *note)
{
	if (set_word(object, "reason", skald_ct_reason_word(note->reason)))
		return -1;
	if (note->window)
		return set(object, "window", window_of(note->window));
	return 0;
}

static const char *state_of(const struct skald_ct_table *table,
			    const struct skald_ct_note *note, uint8_t state)
{
	const struct skald_ct_proto *proto =
		skald_ct_proto_of(table, skald_ct_protonum(note->ct));

	return proto->state_word ? proto->state_word(state) : NULL;
}

static int set_update(json_t *object, const struct skald_ct_table *table,
		      const struct skald_ct_note *note)
{
	uint32_t changes = note->changes;

	return set_word(object, "old_state",
			state_of(table, note, note->old_state)) ||
	       set_word(object, "state",
			state_of(table, note, note->new_state)) ||
	       set(object, "replied",
		   json_boolean(changes & SKALD_CT_CHANGE_REPLY)) ||
	       set(object, "assured",
		   json_boolean(changes & SKALD_CT_CHANGE_ASSURED)) ||
	       set(object, "left_ns", json_integer(note->left_ns));
}

static int set_details(json_t *object, const struct skald_ct_table *table,
		       const struct skald_ct_note *note)
{
	switch (note->kind) {
	case SKALD_CT_NOTE_INVALID:
	case SKALD_CT_NOTE_IGNORED:
	case SKALD_CT_NOTE_DROP:
		return set_reason(object, note);
	case SKALD_CT_NOTE_UPDATE:
		return set_update(object, table, note);
	case SKALD_CT_NOTE_DESTROY:
		return set_word(object, "end", skald_ct_end_word(note->end)) ||
		       set_word(object, "state",
				state_of(table, note, note->new_state)) ||
		       set(object, "left_ns", json_integer(note->left_ns));
	case SKALD_CT_NOTE_NEW:
		return set_word(object, "state",
				state_of(table, note, note->new_state));
	case SKALD_CT_NOTE_EXPECT:
	case SKALD_CT_NOTE_UNEXPECT:
		return set(object, "expect",
			   expect_object(note->expect, note->now_ns));
	case SKALD_CT_NOTE_HELPER:
	case SKALD_CT_NOTE_CLASH:
		return 0;
	}
	return 0;
}

static int set_entry(json_t *object, const struct skald_ct_note *note)
{
	const struct skald_ct_tuple *tuple;

	if (!note->ct)
		return 0;
	tuple = skald_ct_tuple(note->ct, note->dir);
	return set_number(object, "id", note->ct->id) ||
	       set_word(object, "direction",
			note->dir == SKALD_CT_REPLY ? "reply" : "original") ||
	       set_family(object, tuple) ||
	       set(object, "tuple", skald_json_ct_tuple(tuple));
}

json_t *skald_json_ct_note(const struct skald_ct_table *table,
			   const struct skald_ct_note *note, uint64_t frame)
{
	json_t *object = json_object();
	int failed =
		set_word(object, "kind", skald_ct_note_word(note->kind)) ||
		set(object, "frame",
		    frame ? json_integer((json_int_t)frame) : json_null()) ||
		set_number(object, "t_ns", note->now_ns) ||
		set_details(object, table, note) || set_entry(object, note);

	if (!failed && note->helper)
		failed = set_word(object, "helper", note->helper->name);
	if (!failed && note->text)
		failed = set_word(object, "text", note->text);
	return done(object, failed);
}

/* ---- tables ---- */

/* Walks stop where there is no memory. */
struct list {
	const struct skald_ct_table *table;
	uint64_t now_ns;
	json_t *array;
	bool failed;
};

static bool add_entry(void *user, struct skald_ct *ct)
{
	struct list *list = user;

	list->failed = json_array_append_new(
		list->array, entry_object(list->table, ct, list->now_ns));
	return !list->failed;
}

static bool add_expect(void *user, struct skald_ct_expect *expect)
{
	struct list *list = user;

	list->failed = json_array_append_new(
		list->array, expect_object(expect, list->now_ns));
	return !list->failed;
}

json_t *skald_json_ct_entries(struct skald_ct_table *table, uint64_t now_ns)
{
	struct list list = { .table = table,
			     .now_ns = now_ns,
			     .array = json_array() };

	if (!list.array)
		return NULL;
	skald_ct_each(table, now_ns, add_entry, &list);
	return done(list.array, list.failed);
}

json_t *skald_json_ct_expects(struct skald_ct_table *table, uint64_t now_ns)
{
	struct list list = { .now_ns = now_ns, .array = json_array() };

	if (!list.array)
		return NULL;
	skald_ct_expect_each(table, now_ns, add_expect, &list);
	return done(list.array, list.failed);
}
