// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks skald.ko for what it must refuse, and for what it must not: a line each,
 * "name ERRNO text", with the text of the extended acknowledgement.
 *
 *   refuse           as root of the machine
 *   refuse user      as nobody
 *   refuse container as root of a user and a network namespace of its own
 */
#include <linux/filter.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "genl.h"
#include "skald/uapi.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define BUFFER 65536
#define NOBODY 65534
#define ADMIT 0xffff

static int fd;
static uint16_t family;

static const struct sock_filter sound[] = { BPF_STMT(BPF_RET | BPF_K, ADMIT) };
static const struct sock_filter unsound[] = {
	BPF_JUMP(BPF_JMP | BPF_JA, 100, 0, 0),
	BPF_STMT(BPF_RET | BPF_K, ADMIT),
};

/* One that is told why, and not all that it asked for. */
static int socket_open(void)
{
	const int on = 1;
	int made = genl_open();

	if (setsockopt(made, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(made, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		genl_fail("socket options", errno);
	return made;
}

/* Behind the head of what was refused, which NETLINK_CAP_ACK leaves of it. */
static const char *text_of(const struct nlmsghdr *header)
{
	const char *at =
		(const char *)header + NLMSG_HDRLEN + sizeof(struct nlmsgerr);
	const char *end = (const char *)header + header->nlmsg_len;
	const struct nlattr *attr;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)at;
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			return genl_data(attr);
	}
	return "";
}

/* Takes what comes until the request is answered, and prints the answer. */
static void answer(const char *name)
{
	static char buffer[BUFFER];
	const struct nlmsghdr *header;
	const struct nlmsgerr *error;
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		header = (const void *)buffer;
		for (; NLMSG_OK(header, n); header = NLMSG_NEXT(header, n)) {
			error = NLMSG_DATA(header);
			if (header->nlmsg_type != NLMSG_ERROR &&
			    header->nlmsg_type != NLMSG_DONE)
				continue;
			printf("%s %s %s\n", name,
			       error->error ? strerrorname_np(-error->error)
					    : "OK",
			       text_of(header));
			return;
		}
	}
	genl_fail(name, n < 0 ? errno : EPIPE);
}

static void ask(const char *name, const struct genl_request *request)
{
	genl_send(fd, request);
	answer(name);
}

static void ask_bare(const char *name, uint8_t command, unsigned int flags)
{
	struct genl_request request;

	genl_begin(&request, family, command);
	request.header.nlmsg_flags |= flags;
	ask(name, &request);
}

/* A request with one attribute. */
static void ask_u32(const char *name, uint8_t command, int type, uint32_t value)
{
	struct genl_request request;

	genl_begin(&request, family, command);
	genl_put_u32(&request, type, value);
	ask(name, &request);
}

static void ask_without(const char *name, uint64_t features)
{
	struct genl_request request;

	genl_begin(&request, family, SKALD_CMD_START);
	genl_put(&request, SKALD_A_WITHOUT, &features, sizeof(features));
	ask(name, &request);
}

/* A classifier, with one attribute more unless @type is 0. */
static void ask_add(const char *name, int type, const void *value, size_t len)
{
	struct genl_request request;
	struct nlattr *nest;

	genl_begin(&request, family, SKALD_CMD_CLASSIFIER_ADD);
	nest = genl_put(&request, SKALD_A_CLASSIFIER, NULL, 0);
	genl_put(&request, SKALD_CLASSIFIER_A_L3, sound, sizeof(sound));
	if (type)
		genl_put(&request, type, value, len);
	genl_end_nest(&request, nest);
	ask(name, &request);
}

static void ask_add_u32(const char *name, int type, uint32_t value)
{
	ask_add(name, type, &value, sizeof(value));
}

static void ask_add_program(const char *name, const void *program, size_t len)
{
	struct genl_request request;
	struct nlattr *nest;

	genl_begin(&request, family, SKALD_CMD_CLASSIFIER_ADD);
	nest = genl_put(&request, SKALD_A_CLASSIFIER, NULL, 0);
	if (len)
		genl_put(&request, SKALD_CLASSIFIER_A_L3, program, len);
	genl_end_nest(&request, nest);
	ask(name, &request);
}

static void ask_del(const char *name, uint32_t id)
{
	struct genl_request request;
	struct nlattr *nest;

	genl_begin(&request, family, SKALD_CMD_CLASSIFIER_DEL);
	nest = genl_put(&request, SKALD_A_CLASSIFIER, NULL, 0);
	genl_put_u32(&request, SKALD_CLASSIFIER_A_ID, id);
	genl_end_nest(&request, nest);
	ask(name, &request);
}

static void classifiers(void)
{
	char name[32];
	unsigned int i;

	ask_add_program("add-no-program", NULL, 0);
	ask_add_program("add-unsound", unsound, sizeof(unsound));
	ask_add_u32("add-no-netns", SKALD_CLASSIFIER_A_NETNS, 1);
	ask_add_u32("add-points", SKALD_CLASSIFIER_A_POINTS, 1u << 30);
	ask_add_u32("add-no-burst", SKALD_CLASSIFIER_A_BURST, 0);
	ask_add_u32("add-no-sample", SKALD_CLASSIFIER_A_SAMPLE, 0);
	ask_add("add-long-name", SKALD_CLASSIFIER_A_IIF, "a-name-of-seventeen",
		sizeof("a-name-of-seventeen"));
	ask_add_u32("add-unknown", SKALD_CLASSIFIER_A_MAX + 1, 0);
	ask_bare("del-which", SKALD_CMD_CLASSIFIER_DEL, 0);
	ask_del("del-none", UINT32_MAX);
	for (i = 1; i <= 65; i++) {
		snprintf(name, sizeof(name), "add-%u", i);
		ask_add(name, 0, NULL, 0);
	}
	ask_bare("flush", SKALD_CMD_CLASSIFIER_FLUSH, 0);
}

static void collections(void)
{
	int other = fd;

	ask_u32("start-ring-odd", SKALD_CMD_START, SKALD_A_RING, 65537);
	ask_u32("start-ring-small", SKALD_CMD_START, SKALD_A_RING, 2);
	ask_u32("start-packets-many", SKALD_CMD_START, SKALD_A_PACKETS,
		1u << 31);
	ask_without("start-essential", SKALD_FEATURE_ESSENTIAL);
	ask_without("start-unknown", UINT64_C(1) << 63);
	ask_bare("stop-none", SKALD_CMD_STOP, 0);
	ask_bare("start", SKALD_CMD_START, 0);
	fd = socket_open();
	ask_bare("start-second", SKALD_CMD_START, 0);
	ask_bare("stop-other", SKALD_CMD_STOP, 0);
	close(fd);
	fd = other;
	ask_bare("stop", SKALD_CMD_STOP, 0);
}

static uint32_t netns_here(void)
{
	struct stat netns;

	if (stat("/proc/self/ns/net", &netns))
		genl_fail("netns", errno);
	return netns.st_ino;
}

/* What somebody may who is not root of the machine, or may not. */
static void strangers(uint32_t theirs)
{
	ask_bare("info", SKALD_CMD_INFO, 0);
	ask_bare("start", SKALD_CMD_START, 0);
	ask_add("add-here", 0, NULL, 0);
	ask_add_u32("add-theirs", SKALD_CLASSIFIER_A_NETNS, theirs);
	ask_add_u32("add-everywhere", SKALD_CLASSIFIER_A_NETNS, 0);
	ask_del("del-theirs", 1);
	ask_bare("list", SKALD_CMD_CLASSIFIER_GET, NLM_F_DUMP);
	ask_bare("stats", SKALD_CMD_STATS, 0);
}

static void become(const char *who)
{
	if (!strcmp(who, "user") && (setgid(NOBODY) || setuid(NOBODY)))
		genl_fail("setuid", errno);
	if (!strcmp(who, "container") && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		genl_fail("unshare", errno);
}

int main(int argc, char **argv)
{
	const uint32_t theirs = netns_here();

	if (argc > 1)
		become(argv[1]);
	fd = socket_open();
	family = genl_family(fd, SKALD_GENL_NAME);
	if (!family)
		genl_fail(SKALD_GENL_NAME, ENOENT);
	if (argc > 1) {
		strangers(theirs);
		return 0;
	}
	classifiers();
	collections();
	return 0;
}
