// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks "legacy", "tracers" and "tracerd": who else is at work here.
 */
#include "doctor_exam.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "proc.h"

static void legacy_tables(struct skald_exam *exam, const char *family,
			  const char *file, struct skald_exam_names *names)
{
	char path[64], *text, *name, *rest = NULL;

	snprintf(path, sizeof(path), SKALD_PROC_NET "%s", file);
	text = skald_proc_read(&exam->netns, path, NULL);
	if (!text)
		return;
	for (name = strtok_r(text, "\n", &rest); name;
	     name = strtok_r(NULL, "\n", &rest))
		skald_exam_name(names, "%s %s", family, name);
	free(text);
}

void skald_check_legacy(struct skald_exam *exam)
{
	struct skald_exam_names names = { 0 };

	legacy_tables(exam, "ip", "ip_tables_names", &names);
	legacy_tables(exam, "ip6", "ip6_tables_names", &names);
	legacy_tables(exam, "arp", "arp_tables_names", &names);
	if (names.n)
		skald_exam_row(exam, "legacy", SKALD_CHECK_WARN,
			       "their rules are not traced: a packet that "
			       "vanishes between two chains may have been "
			       "dropped there (iptables-legacy-save -c)",
			       "iptables-legacy tables: %s", names.text);
	else
		skald_exam_row(exam, "legacy", SKALD_CHECK_OK, "",
			       "no iptables-legacy tables");
}

static void process_name(unsigned int pid, char *name, size_t size)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	text = skald_proc_read(NULL, path, NULL);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	snprintf(name, size, "%s", text && *text ? text : "a process");
	free(text);
}

/* A line of /proc/net/netlink: address, protocol, port id, groups, ... */
static void add_listener(char *line, struct skald_exam_names *names)
{
	char *rest = NULL, *words[4];
	unsigned long protocol, port, groups;
	char name[32];
	size_t i;

	for (i = 0; i < 4; i++, line = NULL) {
		words[i] = strtok_r(line, " ", &rest);
		if (!words[i])
			return;
	}
	protocol = strtoul(words[1], NULL, 10);
	port = strtoul(words[2], NULL, 10);
	groups = strtoul(words[3], NULL, 16);
	if (protocol != NETLINK_NETFILTER ||
	    !(groups >> (NFNLGRP_NFTRACE - 1) & 1) ||
	    port == (unsigned long)getpid())
		return;
	process_name((unsigned int)port, name, sizeof(name));
	skald_exam_name(names, "%s (port id %lu)", name, port);
}

void skald_check_tracers(struct skald_exam *exam)
{
	struct skald_exam_names names = { 0 };
	char *text, *line, *rest = NULL;

	text = skald_proc_read(&exam->netns, SKALD_PROC_NET "netlink", NULL);
	if (!text) {
		skald_exam_row(exam, "tracers", SKALD_CHECK_UNKNOWN, "",
			       "listeners cannot be listed: %s",
			       strerror(errno));
		return;
	}
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		add_listener(line, &names);
	free(text);
	skald_exam_row(exam, "tracers", SKALD_CHECK_OK, "",
		       names.n ? "listening for traces here: %s"
			       : "nobody listens for traces here%s",
		       names.text);
}

void skald_check_tracerd(struct skald_exam *exam)
{
	struct skald_error error = { 0 };
	struct skald_control *control;
	int ret;

	ret = skald_control_connect(NULL, &control, &error);
	if (!ret) {
		skald_control_close(control);
		skald_exam_row(exam, "tracerd", SKALD_CHECK_OK, "",
			       "runs; \"skald follow\" uses it");
	} else if (ret == -ENOENT || ret == -ECONNREFUSED) {
		skald_exam_row(exam, "tracerd", SKALD_CHECK_OK, "",
			       "does not run; \"skald follow\" starts one of "
			       "its own");
	} else {
		skald_exam_row(exam, "tracerd", SKALD_CHECK_WARN, error.help,
			       "%s", error.text);
	}
}
