// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doctor, in private network namespaces: each test makes one fault and sees
 * it named. Without privilege only the parts that need none are tested.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "proc.h"

#define PORT 4444
#define TCX_INGRESS 46

#define ROW(name, help) #name,
static const char *const names[] = { SKALD_CHECKS(ROW) };
#define N_ROWS (sizeof(names) / sizeof(names[0]))

static void run(const char *format, ...)
{
	char command[256];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void private_namespace(void)
{
	if (unshare(CLONE_NEWNET))
		cr_skip_test("no privilege to make a network namespace");
	run("ip link set lo up");
}

static const struct skald_check *find(const struct skald_doctor *doctor,
				      const char *name)
{
	unsigned int i;

	for (i = 0; i < doctor->n_checks; i++)
		if (!strcmp(doctor->checks[i].name, name))
			return &doctor->checks[i];
	cr_assert_fail("no row %s", name);
	return NULL;
}

static void check_row(const struct skald_doctor *doctor, const char *name,
		      enum skald_check_state state, const char *part)
{
	const struct skald_check *check = find(doctor, name);

	cr_assert_eq(check->state, state, "%s is %s: %s", name,
		     skald_check_state_word(check->state), check->text);
	cr_assert(strstr(check->text, part), "%s: \"%s\" has no \"%s\"", name,
		  check->text, part);
}

static void examine(const char *device, const char *expression,
		    unsigned int watch_ms, struct skald_doctor *doctor)
{
	const struct skald_doctor_wish wish = {
		.device = device,
		.expression = expression,
		.watch_ms = watch_ms,
	};
	struct skald_error error = { 0 };

	cr_assert_eq(skald_doctor_examine(&wish, doctor, &error), 0, "%s",
		     error.text);
}

/* Sends a datagram every millisecond until it is told to stop. */
struct sender {
	const char *to;
	volatile bool stop;
	pthread_t thread;
};

static void *send_on(void *user)
{
	struct sender *sender = user;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = inet_addr(sender->to),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	while (!sender->stop) {
		(void)sendto(fd, "x", 1, 0, (const struct sockaddr *)&to,
			     sizeof(to));
		usleep(1000);
	}
	close(fd);
	return NULL;
}

static void start(struct sender *sender)
{
	cr_assert_eq(pthread_create(&sender->thread, NULL, send_on, sender), 0);
}

static void stop(struct sender *sender)
{
	sender->stop = true;
	pthread_join(sender->thread, NULL);
}

Test(doctor, every_check_has_one_row_in_order)
{
	struct skald_doctor doctor;
	unsigned int i;

	private_namespace();
	examine(NULL, NULL, 10, &doctor);
	cr_assert_eq(doctor.n_checks, N_ROWS);
	for (i = 0; i < N_ROWS; i++)
		cr_assert_str_eq(doctor.checks[i].name, names[i]);
	skald_doctor_done(&doctor);
}

Test(doctor, missing_namespace_is_an_error)
{
	const struct skald_doctor_wish wish = { .netns = "no-such-netns" };
	struct skald_error error = { 0 };
	struct skald_doctor doctor;

	cr_assert_eq(skald_doctor_examine(&wish, &doctor, &error), -ENOENT);
	cr_assert(strstr(error.text, "no-such-netns"));
}

Test(doctor, bad_expression_is_bad_with_its_column)
{
	struct skald_doctor doctor;

	private_namespace();
	examine(NULL, "tcp prt 5", 10, &doctor);
	check_row(&doctor, "expression", SKALD_CHECK_BAD, "column 5");
	cr_assert_eq(doctor.column, 5);
	cr_assert_eq(doctor.likely, find(&doctor, "expression"));
	skald_doctor_done(&doctor);
}

Test(doctor, traffic_at_the_hooks_is_all_right)
{
	struct skald_doctor doctor;
	struct sender sender = { .to = "127.0.0.1" };

	private_namespace();
	start(&sender);
	examine(NULL, "udp port 4444", 3000, &doctor);
	stop(&sender);
	check_row(&doctor, "kernel", SKALD_CHECK_OK, "work");
	check_row(&doctor, "traffic", SKALD_CHECK_OK, "at the first chains");
	cr_assert_null(doctor.likely);
	skald_doctor_done(&doctor);
}

Test(doctor, silence_is_the_likely_cause)
{
	struct skald_doctor doctor;

	private_namespace();
	examine(NULL, "udp port 4444", 200, &doctor);
	check_row(&doctor, "traffic", SKALD_CHECK_BAD, "no matching packet");
	cr_assert_eq(doctor.likely, find(&doctor, "traffic"));
	skald_doctor_done(&doctor);
}

Test(doctor, only_translated_packets_match)
{
	struct skald_doctor doctor;
	struct sender sender = { .to = "192.0.2.8" };

	private_namespace();
	run("ip link add v0 type veth peer name v1 && "
	    "ip addr add 192.0.2.1/24 dev v0 && ip link set v0 up && "
	    "ip link set v1 up && ip route add default dev v0");
	run("ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0");
	run("nft 'add table ip t; add chain ip t o { type nat hook output "
	    "priority -100; }; add rule ip t o udp dport 4444 dnat to "
	    "192.0.2.9'");
	start(&sender);
	examine("v0", "udp and dst host 192.0.2.9", 500, &doctor);
	stop(&sender);
	check_row(&doctor, "traffic", SKALD_CHECK_BAD, "left by v0");
	cr_assert(strstr(find(&doctor, "traffic")->help, "before NAT"));
	skald_doctor_done(&doctor);
}

Test(doctor, drop_at_ingress_is_found)
{
	struct skald_doctor doctor;
	struct sender sender = { .to = "127.0.0.1" };

	private_namespace();
	run("nft 'add table netdev t; add chain netdev t in { type filter "
	    "hook ingress device lo priority 0; }; add rule netdev t in udp "
	    "dport 4444 drop'");
	start(&sender);
	examine("lo", "udp port 4444", 500, &doctor);
	stop(&sender);
	check_row(&doctor, "ingress", SKALD_CHECK_WARN, "netdev t in");
	check_row(&doctor, "traffic", SKALD_CHECK_BAD, "came in by lo");
	cr_assert(strstr(find(&doctor, "traffic")->help, "netdev t in"));
	skald_doctor_done(&doctor);
}

Test(doctor, missing_and_down_interfaces_are_bad)
{
	struct skald_doctor doctor;

	private_namespace();
	examine("skaldtest9", NULL, 10, &doctor);
	check_row(&doctor, "interfaces", SKALD_CHECK_BAD,
		  "no interface skaldtest9");
	skald_doctor_done(&doctor);
	run("ip link set lo down");
	examine("lo", NULL, 10, &doctor);
	check_row(&doctor, "interfaces", SKALD_CHECK_BAD, "lo is down");
	skald_doctor_done(&doctor);
}

/* A process that holds a namespace with an address, until it is killed. */
static pid_t hold_namespace(const char *address)
{
	int ends[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET))
			_exit(1);
		run("ip link set lo up && ip addr add %s/32 dev lo", address);
		(void)!write(ends[1], "x", 1);
		pause();
		_exit(0);
	}
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

Test(doctor, address_of_another_namespace_is_found)
{
	struct skald_doctor doctor;
	pid_t pid;

	private_namespace();
	pid = hold_namespace("198.51.100.77");
	examine(NULL, "host 198.51.100.77", 150, &doctor);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check_row(&doctor, "addresses", SKALD_CHECK_BAD,
		  "198.51.100.77 is on lo in namespace");
	cr_assert(strstr(find(&doctor, "addresses")->help, "--netns"));
	skald_doctor_done(&doctor);
}

Test(doctor, bridge_without_ip_chains_is_told)
{
	struct skald_doctor doctor;

	private_namespace();
	run("ip link add br0 type bridge");
	if (access("/proc/sys/net/bridge/bridge-nf-call-iptables", W_OK) == 0)
		run("echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables");
	examine(NULL, NULL, 10, &doctor);
	check_row(&doctor, "bridge", SKALD_CHECK_WARN, "br0");
	skald_doctor_done(&doctor);
}

Test(doctor, another_tracer_is_named)
{
	struct skald_doctor doctor;
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int fd, group = NFNLGRP_NFTRACE;
	pid_t pid;
	int ends[2];
	char byte;

	private_namespace();
	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
		if (bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
		    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			       sizeof(group)))
			_exit(1);
		(void)!write(ends[1], "x", 1);
		pause();
	}
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	examine(NULL, NULL, 10, &doctor);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check_row(&doctor, "tracers", SKALD_CHECK_OK, "listening for traces");
	skald_doctor_done(&doctor);
}

/* A program that returns @result, attached to an interface. -1: cannot */
static int attach(uint32_t type, uint32_t where, uint32_t flags, int result)
{
	struct bpf_insn code[] = {
		{ .code = 0xb7, .imm = result }, /* r0 = result */
		{ .code = 0x95 }, /* exit */
	};
	union bpf_attr attr = { 0 };
	int program;

	attr.prog_type = type;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "GPL";
	attr.expected_attach_type = where == TCX_INGRESS ? 0 : where;
	program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (program < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = if_nametoindex("lo");
	attr.link_create.attach_type = where;
	attr.link_create.flags = flags;
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

Test(doctor, xdp_program_is_told)
{
	struct skald_doctor doctor;
	int link;

	private_namespace();
	link = attach(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_FLAGS_SKB_MODE, XDP_PASS);
	if (link < 0)
		cr_skip_test("the kernel attaches no XDP program here");
	examine(NULL, NULL, 10, &doctor);
	close(link);
	check_row(&doctor, "xdp", SKALD_CHECK_WARN, "lo (program ");
	skald_doctor_done(&doctor);
}

Test(doctor, tcx_program_is_told)
{
	struct skald_doctor doctor;
	int link;

	private_namespace();
	link = attach(BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS, 0, -1);
	if (link < 0)
		cr_skip_test("the kernel has no tcx");
	examine(NULL, NULL, 10, &doctor);
	close(link);
	check_row(&doctor, "tc", SKALD_CHECK_WARN, "tcx on lo");
	skald_doctor_done(&doctor);
}

Test(doctor, without_privilege_it_says_so)
{
	struct skald_doctor doctor;

	private_namespace();
	cr_assert_eq(setuid(65534), 0);
	examine(NULL, "udp", 50, &doctor);
	check_row(&doctor, "privilege", SKALD_CHECK_BAD, "CAP_NET_ADMIN");
	cr_assert_eq(doctor.likely, find(&doctor, "privilege"));
	skald_doctor_done(&doctor);
}

Test(doctor, json_has_every_row)
{
	struct skald_doctor doctor;
	json_t *json, *row;

	private_namespace();
	examine("skaldtest9", NULL, 10, &doctor);
	json = skald_doctor_json(&doctor);
	cr_assert(json);
	cr_assert_eq(json_array_size(json_object_get(json, "checks")), N_ROWS);
	cr_assert(strstr(json_string_value(json_object_get(json, "likely")),
			 "skaldtest9"));
	row = json_array_get(json_object_get(json, "checks"), 3);
	cr_assert_str_eq(json_string_value(json_object_get(row, "name")),
			 "interfaces");
	cr_assert_str_eq(json_string_value(json_object_get(row, "state")),
			 "bad");
	cr_assert(json_object_get(row, "text"));
	cr_assert(json_object_get(row, "help"));
	json_decref(json);
	skald_doctor_done(&doctor);
}

Test(proc, counter_is_found_under_its_group_and_name)
{
	static const char text[] = "Ip: A Drops B\nIp: 1 22 3\n"
				   "TcpExt: Drops X\nTcpExt: 7 8\n";

	cr_assert_eq(skald_proc_counter(text, "Ip", "Drops"), 22);
	cr_assert_eq(skald_proc_counter(text, "TcpExt", "Drops"), 7);
	cr_assert_eq(skald_proc_counter(text, "TcpExt", "X"), 8);
	cr_assert_eq(skald_proc_counter(text, "Ip", "X"), 0);
	cr_assert_eq(skald_proc_counter("Ip: A\n", "Ip", "A"), 0);
	cr_assert_eq(skald_proc_counter("", "Ip", "A"), 0);
}

Test(proc, column_is_summed_over_processors)
{
	static const char text[] = "entries  clashres found\n"
				   "00000001  00000002 0000000a\n"
				   "00000001  00000003 00000010\n";

	cr_assert_eq(skald_proc_column(text, "found"), 26);
	cr_assert_eq(skald_proc_column(text, "clashres"), 5);
	cr_assert_eq(skald_proc_column(text, "none"), 0);
	cr_assert_eq(skald_proc_column("found\n", "found"), 0);
}
