// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests: add, delete, list, status, follow.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "client.h"
#include "control.h"
#include "daemon.h"

/* Asks for the namespace of the process that asks. */
#define CALLERS "."

static int wrong(struct skald_error *error, const char *key, const char *must)
{
	return skald_error_set(error, EINVAL, "\"%s\" must be %s", key, must);
}

static int get_id(const json_t *request, uint32_t *id,
		  struct skald_error *error)
{
	const json_t *member = json_object_get(request, "id");
	json_int_t number = json_integer_value(member);

	if (!json_is_integer(member) || number < 1 || number > UINT32_MAX)
		return wrong(error, "id", "the number of a classifier");
	*id = (uint32_t)number;
	return 0;
}

static int get_flag(const json_t *request, const char *key, bool *flag,
		    struct skald_error *error)
{
	const json_t *member = json_object_get(request, key);

	if (member && !json_is_boolean(member))
		return wrong(error, key, "true or false");
	*flag = json_is_true(member);
	return 0;
}

static int no_such(uint32_t id, struct skald_error *error)
{
	skald_error_set(error, ENOENT, "there is no classifier %u", id);
	skald_error_help(error, "\"skald debug list\" shows them");
	return -ENOENT;
}

/* @own: for the caller's namespace, its pid in text */
static int get_netns(const struct skald_client *client, const json_t *request,
		     const char **netns, char own[16],
		     struct skald_error *error)
{
	const json_t *member = json_object_get(request, "netns");

	*netns = json_string_value(member);
	if (member && (!*netns || !**netns ||
		       strlen(*netns) != json_string_length(member)))
		return wrong(error, "netns", "the name of a namespace");
	if (*netns && !strcmp(*netns, CALLERS)) {
		snprintf(own, 16, "%d", (int)client->pid);
		*netns = own;
	}
	return 0;
}

/* How stories are wanted. @key: "form", or "follow" with "add" */
static int get_form(const json_t *request, const char *key, bool *is_packed,
		    struct skald_error *error)
{
	const json_t *member = json_object_get(request, key);
	const char *word = json_string_value(member);

	*is_packed = word && !strcmp(word, "packed");
	if (member && !*is_packed && (!word || strcmp(word, "story")))
		return wrong(error, key, "story or packed");
	return 0;
}

static int do_add(struct skald_client *client, const json_t *request,
		  struct skald_error *error)
{
	struct skald_entry_wish wish = { 0 };
	const struct skald_entry *entry;
	bool stays = false;
	bool is_packed;
	char own[16];
	int err;

	err = get_flag(request, "keep", &stays, error);
	if (!err)
		err = get_form(request, "follow", &is_packed, error);
	if (!err)
		err = get_netns(client, request, &wish.netns, own, error);
	if (!err)
		err = skald_control_parse_classifier(request, &wish.classifier,
						     error);
	if (err)
		return err;
	/* who does not say gets what the daemon was started with */
	if (!json_object_get(request, "source"))
		wish.classifier.source = client->daemon->options.source;
	wish.owner = stays ? NULL : client;
	wish.classifier.owner_uid = client->uid;
	wish.followers = json_object_get(request, "follow") ? 1 : 0;
	err = skald_entries_add(client->daemon, &wish, &entry, error);
	if (err)
		return err;
	if (wish.followers)
		skald_client_adopt(client, entry->classifier.id, is_packed);
	skald_client_say(
		client,
		json_pack("{s:b, s:I, s:s, s:o}", "ok", 1, "id",
			  (json_int_t)entry->classifier.id, "source",
			  entry->is_kmod ? "kmod" : "nft", "namespaces",
			  skald_entry_namespaces(client->daemon, entry)));
	return 0;
}

static int do_delete(struct skald_client *client, const json_t *request,
		     struct skald_error *error)
{
	struct skald_classifier_count count = { 0 };
	uint64_t at = 0;
	uint32_t id = 0;
	int err;

	err = get_id(request, &id, error);
	if (err)
		return err;
	if (skald_entries_delete(client->daemon, id, NULL, &count, &at))
		return no_such(id, error);
	skald_client_answer_later(client,
				  json_pack("{s:b, s:I, s:I}", "ok", 1, "seen",
					    (json_int_t)count.seen, "marked",
					    (json_int_t)count.marked),
				  at);
	return 0;
}

static int do_list(struct skald_client *client, const json_t *request,
		   struct skald_error *error)
{
	const struct skald_entry *entry = client->daemon->entries.head;
	json_t *list = json_array();

	for (; entry; entry = entry->next)
		json_array_insert_new(
			list, 0, skald_answer_entry(client->daemon, entry));
	skald_client_say(client,
			 json_pack("{s:b, s:o}", "ok", 1, "classifiers", list));
	return 0;
}

static int do_status(struct skald_client *client, const json_t *request,
		     struct skald_error *error)
{
	skald_client_say(client,
			 skald_answer_status(client->daemon, client->may_all));
	return 0;
}

static int do_follow(struct skald_client *client, const json_t *request,
		     struct skald_error *error)
{
	bool is_packed;
	uint32_t id = 0;
	int err;

	err = get_form(request, "form", &is_packed, error);
	if (!err)
		err = get_id(request, &id, error);
	if (err)
		return err;
	if (!skald_entries_find(client->daemon, id))
		return no_such(id, error);
	skald_client_follow(client, id, is_packed);
	skald_client_say(client, skald_answer_ok());
	return 0;
}

/**
 * struct command - one request
 * @name: value of "cmd"
 * @is_open: anybody may ask
 * @perform: does it and answers; -errno: answered by the caller
 */
struct command {
	const char *name;
	bool is_open;
	int (*perform)(struct skald_client *client, const json_t *request,
		       struct skald_error *error);
};

static const struct command commands[] = {
	{ "add", false, do_add },	{ "delete", false, do_delete },
	{ "list", false, do_list },	{ "status", true, do_status },
	{ "follow", false, do_follow },
};

static int perform(struct skald_client *client, const json_t *request,
		   struct skald_error *error)
{
	const char *name = json_string_value(json_object_get(request, "cmd"));
	size_t i;

	for (i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, name))
			continue;
		if (command->is_open || client->may_all)
			return command->perform(client, request, error);
		skald_error_set(error, EPERM,
				"only root and the owner of tracerd may do "
				"that");
		skald_error_help(error, "run it as root, e.g. with sudo");
		return -EPERM;
	}
	return wrong(error, "cmd", "add, delete, list, status or follow");
}

void skald_command(struct skald_client *client, const json_t *request)
{
	struct skald_error error = { 0 };
	int err = perform(client, request, &error);

	if (err)
		skald_client_refuse(client, err, &error, false);
}
