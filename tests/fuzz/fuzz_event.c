// SPDX-License-Identifier: GPL-2.0-only
/*
 * One packed event: path_len:u8 path own.
 */
#include "fuzz.h"
#include "json.h"

static void pack(const struct skald_event *event, struct skald_buffer *path,
		 struct skald_buffer *own)
{
	path->len = own->len = 0;
	skald_event_pack_path(event, path);
	skald_event_pack_own(event, own);
	fuzz_check(!path->failed && !own->failed);
}

/* Return: skald_event_unpack(), and that the cursors stay in their bytes */
static int unpack(const uint8_t *path, size_t path_len, const uint8_t *own,
		  size_t own_len, struct skald_arena *arena,
		  struct skald_event *event)
{
	struct skald_cursor path_at = { path, path + path_len, false };
	struct skald_cursor own_at = { own, own ? own + own_len : NULL, false };
	int err = skald_event_unpack(&path_at, &own_at, arena, event);

	fuzz_check(path_at.data <= path_at.end && own_at.data <= own_at.end);
	return err;
}

static void tell(const struct skald_event *event)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];
	json_t *json = skald_json_event(event);
	unsigned int i, there = 0;
	char text[48];

	for (i = 0; i < kind->n_fields; i++) {
		const struct skald_field *field = &kind->fields[i];
		const char *said =
			skald_field_format(event, field, text, sizeof(text));

		fuzz_check(!said == !skald_field_present(event, field));
		fuzz_check(!said == !json_object_get(json, field->name));
		there += said != NULL;
	}
	/* and t_ns, and kind */
	fuzz_check(json_object_size(json) == there + 2);
	json_decref(json);
}

static void again(const struct skald_event *event, struct skald_arena *arena)
{
	struct skald_buffer path[2] = { { 0 } }, own[2] = { { 0 } };
	struct skald_event copy;
	unsigned int i;

	pack(event, &path[0], &own[0]);
	fuzz_check(!unpack(path[0].data, path[0].len, own[0].data, own[0].len,
			   arena, &copy));
	pack(&copy, &path[1], &own[1]);
	fuzz_check(path[0].len == path[1].len && own[0].len == own[1].len);
	fuzz_check(!memcmp(path[0].data, path[1].data, path[0].len));
	fuzz_check(!own[0].len ||
		   !memcmp(own[0].data, own[1].data, own[0].len));
	for (i = 0; i < 2; i++) {
		skald_buffer_done(&path[i]);
		skald_buffer_done(&own[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct skald_arena arena = { 0 };
	struct skald_event event;
	size_t path_len = fuzz_take_u8(&input);
	uint8_t *path, *own;

	if (path_len > input.size)
		path_len = input.size;
	path = fuzz_copy(input.data, path_len);
	own = fuzz_copy(input.data + path_len, input.size - path_len);
	if (!unpack(path, path_len, own, input.size - path_len, &arena,
		    &event)) {
		tell(&event);
		again(&event, &arena);
	}
	skald_arena_done(&arena);
	free(path);
	free(own);
	return 0;
}
