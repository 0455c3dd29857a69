// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family of skald.ko.
 */
#include "kmod_family.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

uint64_t skald_attr_u64(const struct nlattr *attr)
{
	const void *bytes = skald_attr_bytes(attr, sizeof(uint64_t));
	uint64_t number = 0;

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return number;
}

static struct nlmsghdr *begin(void *buffer, uint16_t type, uint8_t command,
			      uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *head;

	nlh->nlmsg_type = type;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->cmd = command;
	head->version = version;
	return nlh;
}

struct nlmsghdr *skald_kmod_request(const struct skald_kmod *kmod, void *buffer,
				    uint8_t command)
{
	return begin(buffer, kmod->family, command, SKALD_GENL_VERSION);
}

void skald_kmod_attributes(const struct nlmsghdr *nlh, const struct nlattr **tb)
{
	skald_attrs_parse(nlh, sizeof(struct genlmsghdr), tb, SKALD_A_MAX + 1);
}

/* net/netlink/genetlink.c: ctrl_getfamily() */
static int take_family(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[CTRL_ATTR_FAMILY_ID + 1];
	const uint16_t *number;
	uint16_t *family = user;

	skald_attrs_parse(nlh, sizeof(struct genlmsghdr), tb,
			  CTRL_ATTR_FAMILY_ID + 1);
	number = skald_attr_bytes(tb[CTRL_ATTR_FAMILY_ID], sizeof(*number));
	if (!number || *number < NLMSG_MIN_TYPE)
		return -EBADMSG;
	*family = *number;
	return 0;
}

static int find_family(struct skald_kmod *kmod, struct skald_error *error)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh =
		begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SKALD_GENL_NAME);
	return skald_call_ask(&kmod->call, nlh, take_family, &kmod->family,
			      error);
}

int skald_kmod_open(struct skald_kmod *kmod, struct skald_error *error)
{
	struct skald_kmod made = { 0 };
	struct skald_error why = { 0 };
	struct skald_netns own;
	int err;

	err = skald_netns_open(NULL, &own, error);
	if (err)
		return err;
	err = skald_call_open(&own, NETLINK_GENERIC, &made.call);
	skald_netns_close(&own);
	if (err)
		return skald_error_set(error, -err,
				       "no generic netlink here: %s",
				       strerror(-err));
	err = find_family(&made, &why);
	if (!err && !made.family)
		err = -ENOENT;
	if (!err) {
		*kmod = made;
		return 0;
	}
	skald_call_close(&made.call);
	if (err != -ENOENT)
		return skald_error_set(error, -err,
				       "cannot ask for skald.ko: %s", why.text);
	(void)skald_error_set(error, ENOENT, "skald.ko is not loaded");
	skald_error_help(error, "modprobe skald; \"skald doctor\" says what "
				"it needs; --source nft works without");
	return -ENOENT;
}

void skald_kmod_close(struct skald_kmod *kmod)
{
	skald_call_close(&kmod->call);
}

static int take_info(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[SKALD_A_MAX + 1];
	struct skald_kmod_info *info = user;
	const char *release;

	skald_kmod_attributes(nlh, tb);
	release = skald_attr_string(tb[SKALD_A_RELEASE]);
	info->version = skald_attr_u32(tb[SKALD_A_VERSION]);
	(void)snprintf(info->release, sizeof(info->release), "%s",
		       release ? release : "?");
	info->features = skald_attr_u64(tb[SKALD_A_FEATURES]);
	info->collector = skald_attr_u32(tb[SKALD_A_ARMED]);
	info->ring = skald_attr_u32(tb[SKALD_A_RING]);
	info->packets = skald_attr_u32(tb[SKALD_A_PACKETS]);
	info->cpus = skald_attr_u32(tb[SKALD_A_CPUS]);
	info->max_classifiers = skald_attr_u32(tb[SKALD_A_MAX_CLASSIFIERS]);
	info->max_program = skald_attr_u32(tb[SKALD_A_MAX_PROGRAM]);
	return 0;
}

int skald_kmod_info(struct skald_kmod *kmod, struct skald_kmod_info *info,
		    struct skald_error *error)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = skald_kmod_request(kmod, buffer, SKALD_CMD_INFO);
	struct skald_kmod_info answer = { 0 };
	int err = skald_call_ask(&kmod->call, nlh, take_info, &answer, error);

	if (err)
		return err;
	*info = answer;
	if (answer.version == SKALD_UAPI_VERSION)
		return 0;
	(void)skald_error_set(error, EPROTO,
			      "skald.ko %s speaks version %u of its language, "
			      "this skald version %u",
			      answer.release, answer.version,
			      (unsigned int)SKALD_UAPI_VERSION);
	skald_error_help(error, "build and load the module of this version: "
				"make kmod kmod-install; modprobe -r skald; "
				"modprobe skald");
	return -EPROTO;
}

static int take_stats(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[SKALD_A_MAX + 1];
	const void *bytes;

	skald_kmod_attributes(nlh, tb);
	bytes = skald_attr_bytes(tb[SKALD_A_STATS], sizeof(struct skald_stats));
	if (!bytes)
		return -EBADMSG;
	memcpy(user, bytes, sizeof(struct skald_stats));
	return 0;
}

int skald_kmod_stats(struct skald_kmod *kmod, struct skald_stats *stats,
		     struct skald_error *error)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh =
		skald_kmod_request(kmod, buffer, SKALD_CMD_STATS);
	struct skald_stats answer = { 0 };
	int err = skald_call_ask(&kmod->call, nlh, take_stats, &answer, error);

	if (!err)
		*stats = answer;
	return err;
}
