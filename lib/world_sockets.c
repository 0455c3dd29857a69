// SPDX-License-Identifier: GPL-2.0-only
/* Who listens in a namespace, as sock_diag tells it. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "world_parts.h"

#define REQUEST_SIZE 128
#define TRIES 8

/* One dump: a protocol of a family. */
struct dump {
	enum skald_world_section section;
	uint8_t family;
	uint8_t protocol;
};

static const struct dump dumps[] = {
	{ SKALD_WORLD_TCP_SOCKETS, AF_INET, IPPROTO_TCP },
	{ SKALD_WORLD_TCP_SOCKETS, AF_INET6, IPPROTO_TCP },
	{ SKALD_WORLD_UDP_SOCKETS, AF_INET, IPPROTO_UDP },
	{ SKALD_WORLD_UDP_SOCKETS, AF_INET6, IPPROTO_UDP },
};

static int keep(void *user, const struct nlmsghdr *nlh)
{
	struct skald_buffer *buffer = user;

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	skald_buffer_put(buffer, nlh, nlh->nlmsg_len);
	while (buffer->len % MNL_ALIGNTO && !buffer->failed)
		skald_buffer_put_u8(buffer, 0);
	return buffer->failed ? -ENOMEM : 0;
}

static int do_dump(struct skald_call *call, const struct dump *dump,
		   struct skald_buffer *buffer)
{
	uint8_t room[REQUEST_SIZE] __attribute__((aligned(8)));
	struct inet_diag_req_v2 *request;
	size_t before = buffer->len;
	int err = -EINTR;

	for (int i = 0; i < TRIES && err == -EINTR; i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);

		buffer->len = before;
		nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
		nlh->nlmsg_flags = NLM_F_DUMP;
		request = mnl_nlmsg_put_extra_header(nlh, sizeof(*request));
		request->sdiag_family = dump->family;
		request->sdiag_protocol = dump->protocol;
		request->idiag_states = UINT32_MAX;
		err = skald_call_do(call, nlh, keep, buffer);
	}
	return err;
}

void skald_world_take_sockets(const struct skald_netns *netns,
			      struct skald_world *world)
{
	struct skald_call call;
	int err = skald_call_open(netns, NETLINK_SOCK_DIAG, &call);

	if (err)
		return;
	for (size_t i = 0; i < sizeof(dumps) / sizeof(*dumps) && !err; i++)
		err = do_dump(&call, &dumps[i],
			      &world->sections[dumps[i].section]);
	skald_call_close(&call);
	world->has_sockets = !err;
}
