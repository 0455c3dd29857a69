// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces of this machine: by name, pid, path; in and out.
 */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "private_netns.h"

static char name[64];

/* A namespace with a name, as ip-netns(8) makes them. */
static void setup(void)
{
	char command[128];

	if (geteuid())
		cr_skip_test("needs root: cannot make a network namespace");
	(void)snprintf(name, sizeof(name), "skald-test-%d", (int)getpid());
	(void)snprintf(command, sizeof(command), "ip netns add %s", name);
	cr_assert_eq(system(command), 0);
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "ip netns del %s", name);
	if (name[0])
		(void)!system(command);
}

TestSuite(netns, .init = setup, .fini = teardown);

static struct skald_netns open_or_fail(const char *which)
{
	struct skald_error error = { .text = "" };
	struct skald_netns netns;

	cr_assert_eq(skald_netns_open(which, &netns, &error), 0, "%s: %s",
		     which, error.text);
	return netns;
}

static uint64_t own_inode(void)
{
	struct stat st;

	cr_assert_eq(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

Test(netns, opens_its_own_and_the_hosts)
{
	struct skald_netns own = open_or_fail(NULL);
	struct skald_netns host = open_or_fail("host");
	struct stat st;

	cr_expect_eq(own.inode, own_inode());
	cr_expect_str_eq(host.name, "host");
	if (!stat("/proc/1/ns/net", &st))
		cr_expect_eq(host.inode, st.st_ino);
	cr_expect(fcntl(own.fd, F_GETFD) & FD_CLOEXEC);
	skald_netns_close(&own);
	skald_netns_close(&host);
	cr_expect_eq(own.fd, -1);
}

Test(netns, opens_by_name_path_and_inode)
{
	struct skald_netns by_name = open_or_fail(name);
	struct skald_netns by_path, by_inode;
	char text[128];

	cr_expect_str_eq(by_name.name, name);
	(void)snprintf(text, sizeof(text), "/run/netns/%s", name);
	by_path = open_or_fail(text);
	cr_expect_eq(by_path.inode, by_name.inode);
	cr_expect_str_eq(by_path.name, name);
	(void)snprintf(text, sizeof(text), "net:[%lu]",
		       (unsigned long)by_name.inode);
	by_inode = open_or_fail(text);
	cr_expect_eq(by_inode.inode, by_name.inode);
	cr_expect_str_eq(by_inode.name, name);
	skald_netns_close(&by_name);
	skald_netns_close(&by_path);
	skald_netns_close(&by_inode);
}

Test(netns, says_what_is_not_there_or_no_namespace)
{
	static const struct {
		const char *name;
		int err;
	} bad[] = {
		{ "no-such-namespace", -ENOENT },
		{ "99999999", -ENOENT },
		{ "/no/such/path", -ENOENT },
		{ "net:[1]", -ENOENT },
		{ "/etc/passwd", -EINVAL },
		{ "/proc/self/ns/mnt", -EINVAL },
		{ "..", -EINVAL },
	};
	struct skald_netns netns = { .fd = 77 };
	struct skald_error error;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error.text[0] = '\0';
		cr_expect_eq(skald_netns_open(bad[i].name, &netns, &error),
			     bad[i].err, "%s", bad[i].name);
		cr_expect(strstr(error.text, bad[i].name), "%s", error.text);
		cr_expect_eq(netns.fd, 77, "written on failure");
	}
}

Test(netns, a_thread_goes_in_and_comes_back)
{
	struct skald_netns netns = open_or_fail(name);
	uint64_t before = own_inode();
	int back = skald_netns_enter(&netns);

	cr_assert_geq(back, 0);
	cr_expect_eq(own_inode(), netns.inode);
	skald_netns_leave(back);
	cr_expect_eq(own_inode(), before);
	skald_netns_close(&netns);
}

Test(netns, sockets_stay_where_they_were_made)
{
	struct skald_netns netns = open_or_fail(name);
	uint64_t before = own_inode();
	struct ifreq request = { .ifr_name = "skv0" };
	char command[128];
	int fd;

	(void)snprintf(command, sizeof(command),
		       "ip -n %s link add skv0 type veth peer name skv1", name);
	cr_assert_eq(system(command), 0);
	fd = skald_netns_socket(&netns, AF_INET, SOCK_DGRAM, 0);
	cr_assert_geq(fd, 0);
	cr_expect_eq(own_inode(), before);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_expect_eq(ioctl(fd, SIOCGIFINDEX, &request), 0);
	close(fd);
	skald_netns_close(&netns);
}

Test(netns, names_interfaces)
{
	struct skald_netns netns = open_or_fail(name);
	char ifname[IFNAMSIZ];

	cr_assert_eq(skald_netns_ifname(&netns, 1, ifname, sizeof(ifname)), 0);
	cr_expect_str_eq(ifname, "lo");
	cr_assert_eq(skald_netns_ifname(&netns, 4711, ifname, sizeof(ifname)),
		     0);
	cr_expect_str_eq(ifname, "if4711");
	skald_netns_close(&netns);
}

/* How often a namespace is in the list; its name there. */
static unsigned int count_listed(uint64_t inode, char *listed, size_t size)
{
	struct skald_netns *list;
	unsigned int found = 0;
	size_t i, n;

	cr_assert_eq(skald_netns_list(&list, &n), 0);
	for (i = 0; i < n; i++) {
		if (list[i].inode == inode) {
			(void)snprintf(listed, size, "%s", list[i].name);
			found++;
		}
		skald_netns_close(&list[i]);
	}
	free(list);
	return found;
}

Test(netns, lists_each_namespace_once_with_its_name)
{
	struct skald_netns netns = open_or_fail(name);
	struct skald_netns host = open_or_fail("host");
	char listed[256] = "";

	cr_expect_eq(count_listed(netns.inode, listed, sizeof(listed)), 1);
	cr_expect_str_eq(listed, name);
	cr_expect_eq(count_listed(host.inode, listed, sizeof(listed)), 1);
	cr_expect_str_eq(listed, "host");
	skald_netns_close(&netns);
	skald_netns_close(&host);
}

Test(netns, lists_a_process_without_a_name_while_it_lives)
{
	char listed[256] = "", pid_text[16], ready;
	struct skald_netns netns;
	int pipes[2];
	pid_t pid;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		ready = unshare(CLONE_NEWNET) ? 'n' : 'y';
		(void)!write(pipes[1], &ready, 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(pipes[0], &ready, 1), 1);
	cr_assert_eq(ready, 'y');
	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	netns = open_or_fail(pid_text);
	cr_expect_eq(count_listed(netns.inode, listed, sizeof(listed)), 1);
	cr_expect_eq(strncmp(listed, "net:[", 5), 0, "%s", listed);
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_eq(count_listed(netns.inode, listed, sizeof(listed)), 0);
	skald_netns_close(&netns);
}

Test(netns, needs_no_privilege_to_stay_where_it_is)
{
	struct skald_netns own = open_or_fail(NULL);
	struct skald_netns other = open_or_fail(name);
	int fd;

	cr_assert_eq(setresuid(65534, 65534, 0), 0);
	fd = skald_netns_socket(&own, AF_INET, SOCK_DGRAM, 0);
	cr_expect_geq(fd, 0);
	cr_expect_eq(skald_netns_socket(&other, AF_INET, SOCK_DGRAM, 0),
		     -EPERM);
	cr_assert_eq(setresuid(0, 0, 0), 0);
	close(fd);
	skald_netns_close(&own);
	skald_netns_close(&other);
}
