// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces: finding, holding and entering them. Sources, the debug
 * table and rulesets open their sockets through here.
 */
#include "netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN "/proc/thread-self/ns/net"
/*
 * The machine's own namespace is that of process 1. Who may not look at process
 * 1 (a container, hidepid) takes that of his own process, unless it has a name.
 */
#define INIT "/proc/1/ns/net"
#define INIT_INSTEAD "/proc/self/ns/net"
#define INODE_PREFIX "net:["

/* Where namespaces have names: ip-netns(8) and Docker. */
static const char *const name_dirs[] = { "/run/netns", "/run/docker/netns" };
#define N_NAME_DIRS (sizeof(name_dirs) / sizeof(name_dirs[0]))

static bool inode_of(const char *path, uint64_t *inode)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	*inode = st.st_ino;
	return true;
}

/* Finds the name a directory gives to a namespace. */
static bool name_in(const char *dir, uint64_t inode, char *name, size_t size)
{
	DIR *handle = opendir(dir);
	struct dirent *entry;
	bool found = false;
	struct stat st;

	while (handle && !found && (entry = readdir(handle))) {
		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(handle), entry->d_name, &st, 0) ||
		    st.st_ino != inode)
			continue;
		(void)snprintf(name, size, "%s", entry->d_name);
		found = true;
	}
	if (handle)
		closedir(handle);
	return found;
}

static void name_of(uint64_t inode, char *name, size_t size)
{
	uint64_t init;
	size_t i;

	bool knows_init = inode_of(INIT, &init);

	if (knows_init && init == inode) {
		(void)snprintf(name, size, "host");
		return;
	}
	for (i = 0; i < N_NAME_DIRS; i++) {
		if (name_in(name_dirs[i], inode, name, size))
			return;
	}
	if (!knows_init && inode_of(INIT_INSTEAD, &init) && init == inode)
		(void)snprintf(name, size, "host");
	else
		(void)snprintf(name, size, "net:[%" PRIu64 "]", inode);
}

/* Opens a path and makes sure that a network namespace is behind it. */
static int open_path(const char *path, struct skald_netns *netns)
{
	/* O_NONBLOCK: the path may be a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		close(fd);
		return -EINVAL;
	}
	netns->fd = fd;
	netns->inode = st.st_ino;
	netns->name[0] = '\0';
	return 0;
}

static int open_process(const char *pid, struct skald_netns *netns)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	return open_path(path, netns);
}

/* "net:[4026531840]", as readlink(2) and our own lists write it. */
static bool is_inode_name(const char *name, uint64_t *inode)
{
	size_t len = strlen(INODE_PREFIX);
	char *end;

	if (strncmp(name, INODE_PREFIX, len))
		return false;
	*inode = strtoull(name + len, &end, 10);
	return !strcmp(end, "]");
}

static int open_inode(uint64_t inode, struct skald_netns *netns)
{
	struct skald_netns *list;
	int err, found = -ENOENT;
	size_t i, n;

	err = skald_netns_list(&list, &n);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		if (list[i].inode == inode) {
			*netns = list[i];
			found = 0;
		} else {
			skald_netns_close(&list[i]);
		}
	}
	free(list);
	return found;
}

static int open_name(const char *name, struct skald_netns *netns)
{
	char path[PATH_MAX];
	uint64_t inode;
	size_t i;
	int err;

	if (strchr(name, '/'))
		return open_path(name, netns);
	if (is_inode_name(name, &inode))
		return open_inode(inode, netns);
	for (i = 0; i < N_NAME_DIRS; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", name_dirs[i], name);
		err = open_path(path, netns);
		if (err != -ENOENT)
			return err;
	}
	if (!strcmp(name, "host")) {
		err = open_path(INIT, netns);
		return err == -EACCES ? open_path(INIT_INSTEAD, netns) : err;
	}
	if (name[strspn(name, "0123456789")])
		return -ENOENT;
	return open_process(name, netns);
}

int skald_netns_open(const char *name, struct skald_netns *netns,
		     struct skald_error *error)
{
	struct skald_netns found = { .fd = -1 };
	int err;

	if (!name || !name[0])
		err = open_path(OWN, &found);
	else
		err = open_name(name, &found);
	if (err == -EINVAL)
		return skald_error_set(error, EINVAL,
				       "%s is not a network namespace",
				       name ? name : OWN);
	if (err) {
		(void)skald_error_set(error, -err,
				      "cannot open network namespace %s: %s",
				      name && name[0] ? name : OWN,
				      strerror(-err));
		skald_error_help(error, "give a name of \"ip netns list\", a "
					"process id, \"host\" or a path");
		return err;
	}
	if (!found.name[0])
		name_of(found.inode, found.name, sizeof(found.name));
	*netns = found;
	return 0;
}

void skald_netns_close(struct skald_netns *netns)
{
	if (netns->fd >= 0)
		close(netns->fd);
	netns->fd = -1;
}

/*
 * Who is there already does not call setns(2): that needs CAP_SYS_ADMIN, and
 * CAP_NET_ADMIN is enough for everything else.
 */
int skald_netns_enter(const struct skald_netns *netns)
{
	int back = open(OWN, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int err = 0;

	if (back < 0)
		return -errno;
	if (fstat(back, &st) || st.st_ino != netns->inode)
		err = setns(netns->fd, CLONE_NEWNET) ? -errno : 0;
	if (!err)
		return back;
	close(back);
	return err;
}

void skald_netns_leave(int back)
{
	uint64_t here;
	struct stat st;

	if (fstat(back, &st) || !inode_of(OWN, &here) || here != st.st_ino)
		(void)setns(back, CLONE_NEWNET);
	close(back);
}

int skald_netns_socket(const struct skald_netns *netns, int domain, int type,
		       int protocol)
{
	int back = skald_netns_enter(netns);
	int fd;

	if (back < 0)
		return back;
	fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		fd = -errno;
	skald_netns_leave(back);
	return fd;
}

/* A list that grows. */
struct list {
	struct skald_netns *items;
	size_t n;
	size_t size;
};

static bool has_inode(const struct list *list, uint64_t inode)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (list->items[i].inode == inode)
			return true;
	}
	return false;
}

/*
 * Adds the namespace at a path unless it is there. What cannot be opened has
 * gone, or is not ours to see: both are no error. Return: 0 or -ENOMEM.
 */
static int list_add(struct list *list, const char *path, const char *name)
{
	struct skald_netns *items = list->items;
	uint64_t inode;

	if (!inode_of(path, &inode) || has_inode(list, inode))
		return 0;
	if (list->n == list->size) {
		list->size = list->size ? list->size * 2 : 16;
		items = realloc(items, list->size * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
	}
	items += list->n;
	if (open_path(path, items))
		return 0;
	if (has_inode(list, items->inode)) {
		skald_netns_close(items);
		return 0;
	}
	if (name)
		(void)snprintf(items->name, sizeof(items->name), "%s", name);
	else
		(void)snprintf(items->name, sizeof(items->name),
			       "net:[%" PRIu64 "]", items->inode);
	list->n++;
	return 0;
}

static int list_names(struct list *list, const char *dir)
{
	DIR *handle = opendir(dir);
	struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;

	while (handle && !err && (entry = readdir(handle))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		err = list_add(list, path, entry->d_name);
	}
	if (handle)
		closedir(handle);
	return err;
}

static int list_processes(struct list *list)
{
	DIR *handle = opendir("/proc");
	struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;

	while (handle && !err && (entry = readdir(handle))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/ns/net",
			       entry->d_name);
		err = list_add(list, path, NULL);
	}
	if (handle)
		closedir(handle);
	return err;
}

int skald_netns_list(struct skald_netns **list, size_t *n)
{
	struct list found = { .items = NULL };
	uint64_t init;
	bool knows_init = inode_of(INIT, &init);
	size_t i;
	int err;

	err = list_add(&found, INIT, "host");
	for (i = 0; i < N_NAME_DIRS && !err; i++)
		err = list_names(&found, name_dirs[i]);
	if (!err)
		err = list_add(&found, INIT_INSTEAD,
			       knows_init ? NULL : "host");
	if (!err)
		err = list_processes(&found);
	if (err)
		goto err_list;
	*list = found.items;
	*n = found.n;
	return 0;

err_list:
	for (i = 0; i < found.n; i++)
		skald_netns_close(&found.items[i]);
	free(found.items);
	return err;
}

int skald_netns_ifname(const struct skald_netns *netns, uint32_t index,
		       char *name, size_t size)
{
	struct ifreq request = { .ifr_ifindex = (int)index };
	int fd = skald_netns_socket(netns, AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0)
		return fd;
	if (index && !ioctl(fd, SIOCGIFNAME, &request))
		(void)snprintf(name, size, "%.*s", IFNAMSIZ, request.ifr_name);
	else
		(void)snprintf(name, size, "if%" PRIu32, index);
	close(fd);
	return 0;
}
