// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of a live namespace: the ruleset through ruleset.c, everything else
 * as netlink dumps that are kept as received, sysctls from /proc.
 */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "netlink_call.h"
#include "proc.h"
#include "tool.h"
#include "world_parts.h"

#define TRIES 8
#define REQUEST_SIZE 64
#define SYSCTLS_MAX 65536
#define LEGACY_TIMEOUT_MS 10000

/* One dump: the request, and the section that its answer fills. */
struct dump {
	enum skald_world_section section;
	int protocol;
	uint16_t type;
	uint16_t answer;
	uint8_t family;
	const char *what;
};

/* clang-format off */
static const struct dump dumps[] = {
	{ SKALD_WORLD_LINKS, NETLINK_ROUTE, RTM_GETLINK, RTM_NEWLINK,
	  AF_UNSPEC, "links" },
	{ SKALD_WORLD_ADDRESSES, NETLINK_ROUTE, RTM_GETADDR, RTM_NEWADDR,
	  AF_UNSPEC, "addresses" },
	{ SKALD_WORLD_IP_RULES, NETLINK_ROUTE, RTM_GETRULE, RTM_NEWRULE,
	  AF_INET, "IPv4 rules" },
	{ SKALD_WORLD_IP_RULES, NETLINK_ROUTE, RTM_GETRULE, RTM_NEWRULE,
	  AF_INET6, "IPv6 rules" },
	{ SKALD_WORLD_ROUTES, NETLINK_ROUTE, RTM_GETROUTE, RTM_NEWROUTE,
	  AF_INET, "IPv4 routes" },
	{ SKALD_WORLD_ROUTES, NETLINK_ROUTE, RTM_GETROUTE, RTM_NEWROUTE,
	  AF_INET6, "IPv6 routes" },
	{ SKALD_WORLD_NEIGHBOURS, NETLINK_ROUTE, RTM_GETNEIGH, RTM_NEWNEIGH,
	  AF_UNSPEC, "neighbours" },
	{ SKALD_WORLD_BRIDGE_PORTS, NETLINK_ROUTE, RTM_GETNEIGH, RTM_NEWNEIGH,
	  AF_BRIDGE, "forwarding tables of bridges" },
	{ SKALD_WORLD_CONNTRACK, NETLINK_NETFILTER,
	  NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
	  NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, AF_UNSPEC,
	  "conntrack entries" },
	{ SKALD_WORLD_EXPECTATIONS, NETLINK_NETFILTER,
	  NFNL_SUBSYS_CTNETLINK_EXP << 8 | IPCTNL_MSG_EXP_GET,
	  NFNL_SUBSYS_CTNETLINK_EXP << 8 | IPCTNL_MSG_EXP_NEW, AF_UNSPEC,
	  "expectations" },
};

/* Directories of /proc/sys/net that matter whole. */
static const char *const sysctl_dirs[] = { "netfilter", "bridge" };
/* Directories with one directory for each interface, and what matters there */
static const char *const conf_dirs[] = { "ipv4/conf", "ipv6/conf" };
static const char *const conf_names[] = {
	"forwarding", "rp_filter", "accept_local", "route_localnet",
	"src_valid_mark", "accept_source_route", "bc_forwarding",
	"disable_ipv6", "mc_forwarding", "proxy_arp", "accept_redirects",
	"disable_policy", "send_redirects",
};
static const char *const single_names[] = {
	"ipv4/ip_forward", "ipv4/ip_default_ttl", "ipv4/ip_nonlocal_bind",
	"ipv4/fib_multipath_hash_policy", "ipv4/ip_early_demux",
	"ipv4/icmp_echo_ignore_all", "ipv4/icmp_echo_ignore_broadcasts",
	"ipv4/icmp_errors_use_inbound_ifaddr", "ipv4/ip_local_port_range",
	"ipv4/ip_forward_use_pmtu", "ipv4/fwmark_reflect",
	"ipv6/bindv6only", "ipv6/fib_multipath_hash_policy",
	"ipv6/flowlabel_consistency", "ipv6/fwmark_reflect",
};
/* clang-format on */

/* Where an answer's messages go. */
struct keeper {
	struct skald_buffer *buffer;
	uint16_t type;
};

static int keep(void *user, const struct nlmsghdr *nlh)
{
	struct keeper *keeper = user;

	if (nlh->nlmsg_type != keeper->type)
		return 0;
	skald_buffer_put(keeper->buffer, nlh, nlh->nlmsg_len);
	while (keeper->buffer->len % MNL_ALIGNTO && !keeper->buffer->failed)
		skald_buffer_put_u8(keeper->buffer, 0);
	return keeper->buffer->failed ? -ENOMEM : 0;
}

static struct nlmsghdr *request_of(const struct dump *dump, void *room)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	uint8_t *header;
	size_t size = sizeof(struct nfgenmsg);

	/* every request of rtnetlink may begin with the longest header */
	if (dump->type == RTM_GETLINK)
		size = sizeof(struct ifinfomsg);
	else if (dump->type == RTM_GETADDR)
		size = sizeof(struct ifaddrmsg);
	else if (dump->protocol == NETLINK_ROUTE)
		size = sizeof(struct rtmsg);
	if (dump->type == RTM_GETNEIGH)
		size = sizeof(struct ndmsg);
	nlh->nlmsg_type = dump->type;
	nlh->nlmsg_flags = NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(nlh, size);
	header[0] = dump->family;
	/* counters are no part of a world */
	if (dump->type == RTM_GETLINK)
		mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nlh;
}

/* Kernels without IPv6, bridges or conntrack have none of it. */
static bool is_absent(const struct dump *dump, int err)
{
	return err == -EOPNOTSUPP || err == -EAFNOSUPPORT || err == -EINVAL ||
	       (dump->protocol == NETLINK_NETFILTER && err == -ENOENT);
}

static int do_dump(struct skald_call *call, const struct dump *dump,
		   struct skald_buffer *buffer, struct skald_error *error)
{
	struct keeper keeper = { .buffer = buffer, .type = dump->answer };
	uint8_t room[REQUEST_SIZE] __attribute__((aligned(8)));
	size_t before = buffer->len;
	int err = -EINTR;

	for (int i = 0; i < TRIES && err == -EINTR; i++) {
		buffer->len = before;
		err = skald_call_do(call, request_of(dump, room), keep,
				    &keeper);
	}
	if (!err || is_absent(dump, err))
		return 0;
	return skald_error_set(error, -err, "cannot dump %s: %s", dump->what,
			       strerror(-err));
}

static int take_dumps(const struct skald_netns *netns,
		      struct skald_world *world, bool all,
		      struct skald_error *error)
{
	struct skald_call calls[2] = { 0 };
	int err;

	err = skald_call_open(netns, NETLINK_ROUTE, &calls[0]);
	if (!err)
		err = skald_call_open(netns, NETLINK_NETFILTER, &calls[1]);
	if (err)
		err = skald_error_set(error, -err,
				      "cannot reach netlink in namespace %s: "
				      "%s",
				      netns->name, strerror(-err));
	for (size_t i = 0; i < sizeof(dumps) / sizeof(*dumps) && !err; i++) {
		if (!all && !skald_world_is_around(dumps[i].section))
			continue;
		err = do_dump(&calls[dumps[i].protocol == NETLINK_NETFILTER],
			      &dumps[i], &world->sections[dumps[i].section],
			      error);
	}
	skald_call_close(&calls[1]);
	skald_call_close(&calls[0]);
	return err;
}

static int add_sysctl(struct skald_world *world, const char *name,
		      const char *value, size_t len)
{
	struct skald_world_sysctl *all = world->sysctls;

	if (world->n_sysctls == SYSCTLS_MAX)
		return -E2BIG;
	if (!(world->n_sysctls & (world->n_sysctls - 1)))
		all = realloc(all, (world->n_sysctls ? world->n_sysctls : 1) *
					   2 * sizeof(*all));
	if (!all)
		return -ENOMEM;
	world->sysctls = all;
	all += world->n_sysctls;
	all->name = skald_arena_printf(&world->arena, "%s", name);
	all->value = skald_arena_strndup(&world->arena, value, len);
	if (!all->name || !all->value)
		return -ENOMEM;
	world->n_sysctls++;
	return 0;
}

/* A sysctl that cannot be read is not there: some are for writing only. */
static int take_sysctl(struct skald_world *world, const char *name)
{
	const char *below = "/proc/sys/";
	char path[512];
	char *value;
	size_t len;
	int err;

	snprintf(path, sizeof(path), "%snet/%s", below, name);
	value = skald_proc_read(NULL, path, &len);
	if (!value)
		return errno == ENOMEM ? -ENOMEM : 0;
	while (len && (value[len - 1] == '\n' || value[len - 1] == '\t'))
		len--;
	err = add_sysctl(world, path + strlen(below), value, len);
	free(value);
	return err;
}

/* The kernel's own idea of its time zone (sys_tz), which the C library does not
 * ask for. */
static int take_time_zone(struct skald_world *world)
{
	struct timezone zone = { 0 };
	char value[16];
	int len;

	if (syscall(SYS_gettimeofday, NULL, &zone))
		return 0;
	len = snprintf(value, sizeof(value), "%d", zone.tz_minuteswest);
	return add_sysctl(world, SKALD_WORLD_TIME_ZONE, value, (size_t)len);
}

/* Every entry of a directory below /proc/sys/net, with @tails behind it. */
static int take_dir(struct skald_world *world, const char *dir,
		    const char *const *tails, size_t n)
{
	char path[512];
	struct dirent *entry;
	DIR *handle;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", dir);
	handle = opendir(path);
	while (handle && !err && (entry = readdir(handle))) {
		if (entry->d_name[0] == '.')
			continue;
		for (size_t i = 0; i < n && !err; i++) {
			snprintf(path, sizeof(path), "%s/%s%s%s", dir,
				 entry->d_name, *tails[i] ? "/" : "", tails[i]);
			err = take_sysctl(world, path);
		}
	}
	if (handle)
		closedir(handle);
	return err;
}

static int take_sysctls(struct skald_world *world)
{
	static const char *const none[] = { "" };
	int err = 0;

	for (size_t i = 0; i < sizeof(single_names) / sizeof(*single_names);
	     i++)
		err = err ? err : take_sysctl(world, single_names[i]);
	for (size_t i = 0; i < sizeof(sysctl_dirs) / sizeof(*sysctl_dirs); i++)
		err = err ? err : take_dir(world, sysctl_dirs[i], none, 1);
	for (size_t i = 0; i < sizeof(conf_dirs) / sizeof(*conf_dirs); i++)
		err = err ? err
			  : take_dir(world, conf_dirs[i], conf_names,
				     sizeof(conf_names) / sizeof(*conf_names));
	return err ? err : take_time_zone(world);
}

/* What iptables-legacy holds, in its own words; without its tools, nothing. */
static int take_legacy(struct skald_world *world)
{
	static const char *const tools[] = { "iptables-legacy-save",
					     "ip6tables-legacy-save" };
	struct skald_buffer text = { 0 };
	int err = 0;

	for (size_t i = 0; world->ruleset.legacy && *world->ruleset.legacy &&
			   i < sizeof(tools) / sizeof(*tools) && !err;
	     i++) {
		const char *const argv[] = { tools[i], "-c", NULL };

		err = skald_tool_run(argv, LEGACY_TIMEOUT_MS, &text);
		err = err == -ENOMEM ? err : 0;
	}
	world->legacy_rules = skald_arena_strndup(
		&world->arena, text.data ? (char *)text.data : "", text.len);
	skald_buffer_done(&text);
	return world->legacy_rules ? err : -ENOMEM;
}

static int take_names(const struct skald_netns *netns,
		      struct skald_world *world)
{
	struct utsname name;
	struct timespec now;

	if (uname(&name) < 0)
		return -errno;
	clock_gettime(CLOCK_REALTIME, &now);
	world->taken_ns = (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	world->host = skald_arena_printf(&world->arena, "%s", name.nodename);
	world->kernel = skald_arena_printf(&world->arena, "%s", name.release);
	world->netns = skald_arena_printf(&world->arena, "%s", netns->name);
	world->made_up = "";
	return world->host && world->kernel && world->netns ? 0 : -ENOMEM;
}

static int take_inside(const struct skald_netns *netns,
		       struct skald_world *world, struct skald_error *error)
{
	int back = skald_netns_enter(netns);
	int err;

	if (back < 0)
		return skald_error_set(error, -back,
				       "cannot enter namespace %s: %s",
				       netns->name, strerror(-back));
	err = take_sysctls(world);
	if (!err)
		err = take_legacy(world);
	skald_netns_leave(back);
	if (err)
		return skald_error_set(error, -err,
				       "cannot read the sysctls of namespace "
				       "%s: %s",
				       netns->name, strerror(-err));
	return 0;
}

int skald_world_take(const struct skald_netns *netns, struct skald_world *world,
		     struct skald_error *error)
{
	struct skald_world made = { 0 };
	int err = take_names(netns, &made);

	if (err)
		err = skald_error_set(error, -err, "no memory for a world");
	if (!err)
		err = skald_ruleset_take(netns, &made.ruleset, error);
	if (!err)
		err = take_dumps(netns, &made, true, error);
	if (!err)
		skald_world_take_sockets(netns, &made);
	if (!err)
		err = take_inside(netns, &made, error);
	if (err)
		skald_world_done(&made);
	else
		*world = made;
	return err;
}

int skald_world_take_around(const struct skald_netns *netns,
			    struct skald_world *world,
			    struct skald_error *error)
{
	struct skald_world made = { 0 };
	int err = take_names(netns, &made);

	if (err)
		err = skald_error_set(error, -err, "no memory for a world");
	if (!err)
		err = take_dumps(netns, &made, false, error);
	if (!err)
		err = take_inside(netns, &made, error);
	if (err)
		skald_world_done(&made);
	else
		*world = made;
	return err;
}
