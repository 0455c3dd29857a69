// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the seeds of the fuzzers that are made from lists and structures:
 * make_seeds DIR. Those that the kernel says are recorded by record_seeds.c.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <sys/stat.h>

#include "control.h"
#include "ct_seeds.h"
#include "damage.h"
#include "filter.h"
#include "fuzz.h"
#include "hook.h"
#include "packed.h"
#include "random_event.h"
#include "seeds.h"
#include "store_diff.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	return size;
}

static void save_packed(const struct skald_packed *packed, const char *name)
{
	uint8_t data[16384];
	size_t size = packed_write(packed, data, sizeof(data));

	fuzz_check(size);
	seed_save("story", name, data, size);
}

static void save_story(const struct skald_story *story, const char *name)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_packed packed;
	json_t *json;
	char *line;

	fuzz_check(!skald_story_pack(story, &shape, &own, &packed));
	save_packed(&packed, name);
	json = skald_control_packed(&packed);
	line = json_dumps(json, JSON_COMPACT);
	seed_printf("control", name, "{\"packed\":%s}\n", line);
	free(line);
	json_decref(json);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
}

static void stories(void)
{
	struct skald_story story;
	struct dice dice = { 7 };
	char name[32];
	unsigned int i;

	sample_story(&story);
	save_story(&story, "sample");
	skald_story_done(&story);
	for (i = 0; i < 6; i++) {
		roll_story(&dice, &story);
		if (story.n_events > 8)
			story.n_events = 8;
		snprintf(name, sizeof(name), "random-%u", i);
		save_story(&story, name);
		skald_story_done(&story);
	}
}

static void events(void)
{
	struct skald_arena arena = { 0 };
	struct dice dice = { 3 };
	uint32_t kind;

	for (kind = 0; kind < SKALD_N_KINDS; kind++) {
		struct skald_buffer data = { 0 }, own = { 0 };
		struct skald_event event;

		do {
			data.len = own.len = 0;
			roll_event(&dice, &arena, kind, &event);
			skald_buffer_put_u8(&data, 0);
			skald_event_pack_path(&event, &data);
			skald_event_pack_own(&event, &own);
		} while (data.len > 120 || own.len > 120);
		data.data[0] = data.len - 1;
		skald_buffer_put(&data, own.data, own.len);
		seed_save("event", skald_kinds[kind].word, data.data, data.len);
		skald_buffer_done(&data);
		skald_buffer_done(&own);
	}
	skald_arena_done(&arena);
}

static void snaps(void)
{
	static const char base[] = "the same first bytes, then others";
	static const char other[] = "the same first bytes, and then more";
	struct skald_buffer data = { 0 };
	struct skald_story story;

	sample_story(&story);
	skald_buffer_put_u8(&data, 0);
	skald_snap_pack(&story.first, &data);
	skald_snap_pack_diff(&story.first, &story.last, &data);
	seed_save("snap", "sample", data.data, data.len);
	data.len = 0;
	skald_buffer_put_u8(&data, sizeof(base));
	skald_buffer_put(&data, base, sizeof(base));
	skald_diff_encode((const uint8_t *)base, sizeof(base),
			  (const uint8_t *)other, sizeof(other), &data);
	seed_save("snap", "diff", data.data, data.len);
	skald_buffer_done(&data);
	skald_story_done(&story);
}

/* With the bit for Ethernet, a number that modulo 5 is that of its list */
static uint8_t type_of(uint32_t protocol)
{
	switch (protocol) {
	case ETH_P_IP:
		return 3;
	case ETH_P_IPV6:
		return 4;
	case ETH_P_ARP:
		return 5;
	default:
		return 6;
	}
}

/* As fuzz_packet.c takes them */
static void packets(void)
{
	uint8_t seed_bytes[4 + SKALD_SNAP_NH + SKALD_SNAP_TH + SKALD_SNAP_LL];
	struct hook_packet packet;
	unsigned int i, n = 0;
	uint64_t seed = 7;
	char name[32];

	for (i = 0; i < 40 && n < 12; i++) {
		hook_packet(&seed, &packet);
		if (packet.len < 80)
			continue;
		seed_bytes[0] = 0x80 | type_of(hook_protocol(&packet));
		seed_bytes[1] = HOOK_LINK;
		seed_bytes[2] = SKALD_SNAP_NH;
		seed_bytes[3] = SKALD_SNAP_TH;
		memcpy(seed_bytes + 4, packet.frame + HOOK_LINK, SKALD_SNAP_NH);
		memcpy(seed_bytes + 44, packet.frame + HOOK_LINK + 20,
		       SKALD_SNAP_TH);
		memset(seed_bytes + 64, 0, SKALD_SNAP_LL);
		memcpy(seed_bytes + 64, packet.frame, HOOK_LINK);
		snprintf(name, sizeof(name), "frame-%u", n++);
		seed_save("packet", name, seed_bytes, sizeof(seed_bytes));
	}
}

/* A value that every type of the language reads */
static const char *value_of(const char *type)
{
	static const char *const values[][2] = {
		{ "number", "17" },
		{ "address or network", "{ 10.1.0.0/16, 2001:db8::1 }" },
		{ "text", "\"forward\"" },
		{ "yes or no", "yes" },
		{ "time", "2023-11-14" },
		{ "duration", "1ms" },
		{ "link-layer address", "02:00:00:00:00:01" },
		{ "ending", "drop" },
		{ "hook", "forward" },
		{ "conntrack state", "new" },
		{ "source", "nft" },
		{ "kind of event", "mangle" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		if (!strcmp(values[i][0], type))
			return values[i][1];
	}
	fuzz_check(!"a known type");
	return NULL;
}

static const char *const filters[] = {
	"",
	"ip.dst == 10.0.0.0/8 && verdict == drop && rule ~ \"reject\"",
	"!(tcp.flags == \"S\" || port in { 80, 443 }) and not gap",
	"time > 5m ago && duration >= 1h30m or time < 2023-11-14T22:13:20Z",
	"rule !~ \"50%_\\\\\\\"\" || detail ~ saddr",
	"host != \"a\" && (ending == { dropped, sent } || complete == no)",
	"mac.src == 02:00:00:00:00:00/24 && len <= 0x40",
};

static void filter_seeds(void)
{
	const struct skald_filter_field *one = skald_filter_fields, *other;
	char name[32];
	unsigned int i;

	for (; one->name; one = other->name ? other + 1 : other) {
		other = one + 1;
		seed_printf("filter", one->name, "%s == %s%s%s%s%s", one->name,
			    value_of(one->type), other->name ? " or " : "",
			    other->name ? other->name : "",
			    other->name ? " != " : "",
			    other->name ? value_of(other->type) : "");
	}
	for (i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		snprintf(name, sizeof(name), "filter-%u", i);
		seed_printf("filter", name, "%s", filters[i]);
	}
}

static const char *const requests[] = {
	"{\"cmd\":\"add\",\"expression\":\"tcp port 443\",\"rate\":10,"
	"\"follow\":\"story\",\"iif\":\"eth0\",\"hook\":\"output\"}\n",
	"{\"cmd\":\"add\",\"netns\":\".\",\"follow\":\"packed\",\"first\":2}\n"
	"{\"cmd\":\"list\"}\n{\"cmd\":\"delete\",\"id\":1}\n"
	"{\"cmd\":\"status\"}\n",
	"{\"cmd\":\"add\",\"keep\":true,\"sample\":7,\"expires_ns\":1}\n"
	"{\"cmd\":\"follow\",\"id\":1,\"form\":\"packed\"}\n",
	"{\"cmd\":\"status\"}\n{\"cmd\":\"x\"}\n[1]\n",
};

static const char *const answers[] = {
	"{\"ok\":true,\"id\":3,\"namespaces\":[\"host\"]}\n",
	"{\"ok\":false,\"error\":\"no\",\"help\":\"try\",\"errno\":22,"
	"\"code\":2,\"column\":3}\n{\"notice\":\"x\"}\n",
	"{\"expression\":\"tcp\",\"iif\":\"eth0\",\"oif\":null,\"rate\":1,"
	"\"hook\":\"both\",\"sample\":2,\"first\":3,\"expires_ns\":4}\n",
};

static void lines(void)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < 2 * sizeof(requests) / sizeof(*requests); i++) {
		snprintf(name, sizeof(name), "talk-%u", i);
		seed_printf("request", name, "%c%s", i % 2 ? 15 - i : 3,
			    requests[i / 2]);
	}
	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		snprintf(name, sizeof(name), "answer-%u", i);
		seed_printf("control", name, "%s", answers[i]);
	}
}

static void program(const char *expression, const char *name)
{
	struct bpf_program compiled;
	uint8_t data[4096] = { 7 };
	size_t size = sizeof(uint64_t);
	unsigned int i;

	hook_judge(expression, &compiled);
	for (i = 0; i < compiled.bf_len && size + 8 <= sizeof(data); i++) {
		memcpy(data + size, &compiled.bf_insns[i], 8);
		size += 8;
	}
	pcap_freecode(&compiled);
	seed_save("cbpf", name, data, size);
}

static void expressions(void)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < HOOK_CASES; i += 4) {
		snprintf(name, sizeof(name), "case-%u", i);
		seed_printf("expression", name, "%s", hook_cases[i].expression);
		if (i % 8 == 0)
			program(hook_cases[i].expression, name);
	}
}

/* A value of the column that is really there, for fuzz_damage.c */
static void column(void *user, const char *table, const char *name)
{
	struct skald_buffer data = { 0 };
	sqlite3_stmt *stmt;
	int64_t number;
	char *text = sqlite3_mprintf("SELECT \"%w\" FROM \"%w\" LIMIT 1", name,
				     table);

	fuzz_check(!sqlite3_prepare_v2(user, text, -1, &stmt, NULL));
	sqlite3_free(text);
	text = sqlite3_mprintf("%s.%s", table, name);
	skald_buffer_put(&data, text, strlen(text) + 1);
	skald_buffer_put_u8(&data, 0);
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_type(stmt, 0) == SQLITE_BLOB) {
		skald_buffer_put_u8(&data, 'b');
		skald_buffer_put(&data, sqlite3_column_blob(stmt, 0),
				 (size_t)sqlite3_column_bytes(stmt, 0));
		seed_save("damage", text, data.data, data.len);
	} else if (sqlite3_column_type(stmt, 0) == SQLITE_INTEGER) {
		number = sqlite3_column_int64(stmt, 0);
		skald_buffer_put_u8(&data, 'i');
		skald_buffer_put(&data, &number, sizeof(number));
		if (strstr(name, "_id") || !strcmp(table, "story"))
			seed_save("damage", text, data.data, data.len);
	}
	sqlite3_finalize(stmt);
	sqlite3_free(text);
	skald_buffer_done(&data);
}

static void damages(void)
{
	sqlite3 *db;

	damage_make();
	fuzz_check(!sqlite3_open(scratch_path, &db));
	damage_columns(db, column, db);
	sqlite3_close(db);
	scratch_remove();
}

void ct_seed_save(const char *target, const char *name, const void *data,
		  size_t size)
{
	seed_save(target, name, data, size);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: make_seeds DIR\n", stderr);
		return 2;
	}
	seed_dir = argv[1];
	stories();
	events();
	snaps();
	packets();
	filter_seeds();
	lines();
	expressions();
	damages();
	ct_seeds();
	ct_track_seeds();
	return 0;
}
