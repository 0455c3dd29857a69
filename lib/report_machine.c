// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine in a report: versions, and the settings that decide about
 * packets. They are today's, and are labelled so: a story does not record them.
 */
#include "report_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "event.h"
#include "proc.h"
#include "tool.h"

#define TOOL_MS 3000

static void tool_version(struct skald_md *md, const char *name)
{
	const char *const argv[] = { name, "--version", NULL };
	struct skald_buffer output = { 0 };

	if (skald_tool_run(argv, TOOL_MS, &output) || !output.len) {
		skald_md_printf(md, "- %s: not installed\n", name);
	} else {
		output.data[strcspn((char *)output.data, "\n")] = '\0';
		skald_md_note(md, "- ", (char *)output.data);
		skald_md_printf(md, "\n");
	}
	skald_buffer_done(&output);
}

static void versions(struct skald_md *md)
{
	struct utsname name;
	char text[sizeof(name.sysname) + sizeof(name.release) +
		  sizeof(name.version) + sizeof(name.machine) + 4];

	if (!uname(&name)) {
		snprintf(text, sizeof(text), "%s %s %s %s", name.sysname,
			 name.release, name.version, name.machine);
		skald_md_note(md, "- Kernel: ", text);
		skald_md_printf(md, "\n");
	}
	skald_md_printf(md, "- skald " SKALD_VERSION "\n");
	tool_version(md, "nft");
	tool_version(md, "iptables");
}

static const char *const settings[] = {
	"ipv4/ip_forward",
	"ipv6/conf/all/forwarding",
	"ipv4/conf/all/rp_filter",
	"ipv4/conf/default/rp_filter",
	"ipv4/conf/all/accept_local",
	"ipv4/conf/all/route_localnet",
	"ipv4/conf/all/src_valid_mark",
	"bridge/bridge-nf-call-iptables",
	"bridge/bridge-nf-call-ip6tables",
	"bridge/bridge-nf-call-arptables",
	"netfilter/nf_conntrack_tcp_be_liberal",
	"netfilter/nf_conntrack_tcp_loose",
	"netfilter/nf_conntrack_tcp_ignore_invalid_rst",
	"netfilter/nf_conntrack_log_invalid",
	"netfilter/nf_conntrack_checksum",
	"netfilter/nf_conntrack_helper",
	"netfilter/nf_conntrack_max",
	"netfilter/nf_conntrack_count",
};

static void setting(struct skald_buffer *buffer,
		    const struct skald_netns *netns, const char *name)
{
	char path[128], line[192], *text;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	text = skald_proc_read(netns, path, NULL);
	if (!text)
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(line, sizeof(line), "net/%s = %.64s\n", name, text);
	skald_buffer_put(buffer, line, strlen(line));
	free(text);
}

static void device_setting(struct skald_buffer *buffer,
			   const struct skald_netns *netns, const char *device)
{
	char name[96];

	if (!device || strchr(device, '/'))
		return;
	snprintf(name, sizeof(name), "ipv4/conf/%s/rp_filter", device);
	setting(buffer, netns, name);
}

static void show_settings(struct skald_md *md, const struct skald_netns *netns,
			  const struct skald_story *story)
{
	struct skald_buffer buffer = { 0 };
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		setting(&buffer, netns, settings[i]);
	device_setting(&buffer, netns, story->iif);
	if (story->oif && (!story->iif || strcmp(story->iif, story->oif)))
		device_setting(&buffer, netns, story->oif);
	skald_buffer_put_u8(&buffer, '\0');
	if (buffer.failed)
		md->status = md->status ? md->status : -ENOMEM;
	else
		skald_md_block(md, (char *)buffer.data);
	skald_buffer_done(&buffer);
}

/* "nat\nfilter\n" becomes "nat filter" */
static void join_lines(char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	for (; *text; text++)
		if (*text == '\n')
			*text = ' ';
}

/* Tables of the other back end make two rulesets decide about one packet. */
static void legacy_now(struct skald_md *md, const struct skald_netns *netns)
{
	static const char *const files[] = { "ip_tables_names",
					     "ip6_tables_names",
					     "arp_tables_names" };
	char path[64], *text;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), SKALD_PROC_NET "%s", files[i]);
		text = skald_proc_read(netns, path, NULL);
		if (text && *text) {
			join_lines(text);
			skald_md_note(md,
				      "\nWarning: iptables-legacy tables "
				      "are present now: ",
				      text);
			skald_md_printf(md, " (%s)\n", files[i]);
		}
		free(text);
	}
}

static bool is_this_host(const struct skald_story *story)
{
	struct utsname name;

	return !story->host || !*story->host || uname(&name) ||
	       !strcmp(story->host, name.nodename);
}

void skald_report_machine(struct skald_md *md, const struct skald_story *story)
{
	struct skald_netns netns;

	skald_md_printf(md, "\n## Machine\n\n");
	versions(md);
	if (!is_this_host(story)) {
		skald_md_note(md,
			      "\nThese are of the machine that wrote the "
			      "report; the packet was seen on ",
			      story->host);
		skald_md_printf(md, ".\n");
		return;
	}
	skald_md_note(md, "\nSettings now, in namespace ", story->netns);
	if (skald_netns_open(story->netns, &netns, NULL)) {
		skald_md_printf(md, ": it cannot be entered any more.\n");
		return;
	}
	skald_md_printf(md, ":\n\n");
	show_settings(md, &netns, story);
	legacy_now(md, &netns);
	skald_netns_close(&netns);
}
