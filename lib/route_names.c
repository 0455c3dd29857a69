// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of routing tables, from iproute2's files, and of interfaces.
 */
#include "route_parts.h"

#include <dirent.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128
#define FRAGMENTS "/etc/iproute2/rt_tables.d"

static void add_name(struct skald_arena *arena,
		     const struct skald_table_name **names, uint32_t id,
		     const char *name)
{
	struct skald_table_name *entry =
		skald_arena_alloc(arena, sizeof(*entry));

	if (!entry)
		return;
	entry->id = id;
	entry->name = skald_arena_strndup(arena, name, strlen(name));
	entry->next = (struct skald_table_name *)*names;
	if (entry->name)
		*names = entry;
}

/* Lines "254 main" or "0xfe main"; what does not look so is no name. */
static void read_file(struct skald_arena *arena,
		      const struct skald_table_name **names, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		char name[64];
		char *end;
		unsigned long id = strtoul(line, &end, 0);

		if (end != line && id && id <= UINT32_MAX && *line != '#' &&
		    sscanf(end, " %63[^ \t\n#]", name) == 1)
			add_name(arena, names, (uint32_t)id, name);
	}
	if (file)
		(void)fclose(file);
}

static void read_fragments(struct skald_arena *arena,
			   const struct skald_table_name **names)
{
	DIR *dir = opendir(FRAGMENTS);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		(void)snprintf(path, sizeof(path), FRAGMENTS "/%s",
			       entry->d_name);
		read_file(arena, names, path);
	}
	if (dir)
		closedir(dir);
}

const struct skald_table_name *skald_table_names(struct skald_arena *arena)
{
	const struct skald_table_name *names = NULL;

	add_name(arena, &names, RT_TABLE_DEFAULT, "default");
	add_name(arena, &names, RT_TABLE_MAIN, "main");
	add_name(arena, &names, RT_TABLE_LOCAL, "local");
	read_file(arena, &names, "/usr/lib/iproute2/rt_tables");
	read_file(arena, &names, "/usr/share/iproute2/rt_tables");
	read_file(arena, &names, "/etc/iproute2/rt_tables");
	read_fragments(arena, &names);
	return names;
}

const char *skald_table_name(const struct skald_table_name *names, uint32_t id,
			     struct skald_arena *arena)
{
	for (; names; names = names->next) {
		if (names->id == id)
			return names->name;
	}
	return skald_arena_printf(arena, "%u", id);
}

static int take_link(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[IFLA_IFNAME + 1];
	const char *name;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	skald_attrs_parse(nlh, sizeof(struct ifinfomsg), tb, IFLA_IFNAME + 1);
	name = skald_attr_string(tb[IFLA_IFNAME]);
	if (name)
		(void)snprintf(user, IF_NAMESIZE, "%s", name);
	return 0;
}

static void ask_link(struct skald_call *call, uint32_t index, char *name)
{
	char room[REQUEST_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_GETLINK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)index;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);

	(void)snprintf(name, IF_NAMESIZE, "if%u", index);
	(void)skald_call_do(call, nlh, take_link, name);
}

const char *skald_route_link(struct skald_route_view *view, uint32_t index)
{
	struct skald_link_name *link = view->links;

	while (link && link->index != index)
		link = link->next;
	if (link)
		return link->name;

	link = skald_arena_alloc(&view->arena, sizeof(*link));
	if (!link)
		return NULL;
	link->index = index;
	ask_link(&view->call, index, link->name);
	link->next = view->links;
	view->links = link;
	return link->name;
}
