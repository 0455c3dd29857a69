// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks "privilege" and "kernel": whether we may trace, and whether the kernel
 * can. The kernel's features are tried out with the code that "skald follow"
 * uses, in a network namespace that nobody else sees.
 */
#include "doctor_exam.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debug_table.h"
#include "proc.h"

static uint64_t effective_capabilities(void)
{
	char *text = skald_proc_read(NULL, "/proc/thread-self/status", NULL);
	const char *line;
	uint64_t set = 0;

	if (!text)
		return 0;
	line = strstr(text, "\nCapEff:");
	if (line)
		set = strtoull(line + sizeof("\nCapEff:") - 1, NULL, 16);
	free(text);
	return set;
}

void skald_check_privilege(struct skald_exam *exam)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} needed[] = {
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_NET_RAW, "CAP_NET_RAW" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
	};
	uint64_t set = effective_capabilities();
	struct skald_exam_names missing = { 0 };
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!(set >> needed[i].bit & 1))
			skald_exam_name(&missing, "%s", needed[i].name);
	if (exam->nftables == -EPERM)
		skald_exam_row(exam, "privilege", SKALD_CHECK_BAD,
			       "run it as root, or with sudo",
			       "the kernel refuses us nf_tables here%s%s",
			       missing.n ? "; we lack " : "", missing.text);
	else if (missing.n)
		skald_exam_row(exam, "privilege", SKALD_CHECK_WARN,
			       "run it as root to see everything",
			       "enough to trace, but we lack %s", missing.text);
	else
		skald_exam_row(exam, "privilege", SKALD_CHECK_OK, "",
			       "enough to trace, in every namespace");
}

/* The namespace lives as long as its descriptor; the thread need not. */
static void *make_namespace(void *user)
{
	int *fd = user;

	if (unshare(CLONE_NEWNET))
		*fd = -errno;
	else
		*fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return NULL;
}

static int private_namespace(struct skald_netns *netns)
{
	pthread_t thread;
	struct stat st;
	int fd = -1;
	int ret;

	ret = pthread_create(&thread, NULL, make_namespace, &fd);
	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	netns->fd = fd;
	netns->inode = st.st_ino;
	snprintf(netns->name, sizeof(netns->name), "net:[%llu]",
		 (unsigned long long)st.st_ino);
	return 0;
}

static int try_trace_group(const struct skald_netns *netns,
			   struct skald_error *error)
{
	int fd, group = NFNLGRP_NFTRACE, ret = 0;

	fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (fd < 0)
		return skald_error_set(error, -fd, "no netfilter socket: %s",
				       strerror(-fd));
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		ret = skald_error_set(error, errno,
				      "the kernel has no trace group: %s",
				      strerror(errno));
	close(fd);
	return ret;
}

static int try_classifier(const struct skald_netns *netns,
			  struct skald_error *error)
{
	struct skald_classifier classifier = {
		.id = 1,
		.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT,
		.rate = 1,
	};
	struct skald_debug_table *table;
	int ret;

	classifier.expression = strdup("tcp port 1 and host 192.0.2.1");
	if (!classifier.expression)
		return -ENOMEM;
	ret = skald_classifier_compile(&classifier, error);
	if (ret)
		goto out;
	ret = skald_debug_table_new(netns, &table, error);
	if (ret)
		goto out;
	ret = skald_debug_table_add(table, &classifier, error);
	skald_debug_table_free(table);
out:
	skald_classifier_done(&classifier);
	return ret;
}

static void report_read_only(struct skald_exam *exam)
{
	if (!exam->nftables)
		skald_exam_row(
			exam, "kernel", SKALD_CHECK_UNKNOWN,
			"run it as root to have the features tried out",
			"nf_tables answers; nothing more could be tried");
	else
		skald_exam_row(exam, "kernel", SKALD_CHECK_UNKNOWN,
			       "run it as root",
			       "nothing could be tried without privilege");
}

void skald_check_kernel(struct skald_exam *exam)
{
	struct skald_error error = { 0 };
	struct skald_netns netns;
	int ret;

	if (exam->nftables && exam->nftables != -EPERM) {
		skald_exam_row(exam, "kernel", SKALD_CHECK_BAD,
			       "load the module nf_tables, or use a kernel "
			       "that has it",
			       "no nf_tables: %s", strerror(-exam->nftables));
		return;
	}
	if (private_namespace(&netns)) {
		report_read_only(exam);
		return;
	}
	ret = try_trace_group(&netns, &error);
	if (!ret)
		ret = try_classifier(&netns, &error);
	skald_netns_close(&netns);
	if (ret)
		skald_exam_row(exam, "kernel", SKALD_CHECK_BAD, error.help,
			       "%s", error.text);
	else
		skald_exam_row(exam, "kernel", SKALD_CHECK_OK, "",
			       "nf_tables, owned tables, cBPF match and trace "
			       "group work");
}
