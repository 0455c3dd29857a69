// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions over a netfilter netlink socket. The debug table makes its
 * tables, chains and rules with it.
 *
 * nfnetlink works inside sendmsg(2): when that returns, every answer stands in
 * our receive queue. So nothing here ever waits.
 */
#include "nftnl.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH_SIZE (2 * 1024 * 1024)
/* A dump hands out at most 32 KiB at a time (af_netlink.c). */
#define RECEIVE_SIZE (32 * 1024)
#define SOCKET_SIZE (4 * 1024 * 1024)
#define SUBSYS(type) (((NFNL_SUBSYS_NFTABLES) << 8) | (type))

static int set_option(int fd, int option)
{
	int one = 1;

	return setsockopt(fd, SOL_NETLINK, option, &one, sizeof(one));
}

static void set_buffer(int fd, int force, int option)
{
	int size = SOCKET_SIZE;

	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

static int bind_port(int fd, uint32_t *portid)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(address);

	if (bind(fd, (struct sockaddr *)&address, len) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		return -errno;
	*portid = address.nl_pid;
	return 0;
}

int skald_nftnl_open(const struct skald_netns *netns, struct skald_nftnl *nl,
		     struct skald_error *error)
{
	uint32_t portid = 0;
	int fd, err;

	fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (fd < 0)
		return skald_error_set(error, -fd,
				       "cannot open a netfilter socket in "
				       "network namespace %s: %s",
				       netns->name, strerror(-fd));
	/* Both are comfort: old kernels have neither. */
	(void)set_option(fd, NETLINK_EXT_ACK);
	(void)set_option(fd, NETLINK_CAP_ACK);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	err = bind_port(fd, &portid);
	if (err) {
		close(fd);
		return skald_error_set(error, -err,
				       "cannot bind a netfilter socket: %s",
				       strerror(-err));
	}
	nl->fd = fd;
	nl->portid = portid;
	nl->seq = 0;
	return 0;
}

void skald_nftnl_close(struct skald_nftnl *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

/* Room for one more message or attribute of @len payload bytes? */
static bool has_room(struct skald_nftnl_batch *batch, size_t len)
{
	if (batch->is_full || len > BATCH_SIZE ||
	    batch->len + MNL_ALIGN(len) + 2 * MNL_NLMSG_HDRLEN +
			    sizeof(struct nfgenmsg) >
		    BATCH_SIZE)
		batch->is_full = true;
	return !batch->is_full;
}

static void put_header(struct skald_nftnl_batch *batch, unsigned int type,
		       unsigned int family, unsigned int flags)
{
	struct nfgenmsg *head;

	batch->message = mnl_nlmsg_put_header(batch->data + batch->len);
	batch->message->nlmsg_type = type;
	batch->message->nlmsg_flags = NLM_F_REQUEST | flags;
	batch->message->nlmsg_seq = batch->seq;
	head = mnl_nlmsg_put_extra_header(batch->message, sizeof(*head));
	head->nfgen_family = family;
	head->version = NFNETLINK_V0;
	batch->len += batch->message->nlmsg_len;
}

static void put_bracket(struct skald_nftnl_batch *batch, unsigned int type)
{
	struct nfgenmsg *head;

	batch->seq++;
	put_header(batch, type, AF_UNSPEC, 0);
	head = mnl_nlmsg_get_payload(batch->message);
	head->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

int skald_nftnl_batch_init(struct skald_nftnl_batch *batch,
			   struct skald_nftnl *nl)
{
	struct skald_nftnl_batch made = { .seq = nl->seq };

	made.data = malloc(BATCH_SIZE);
	if (!made.data)
		return -ENOMEM;
	made.first_seq = nl->seq + 1;
	put_bracket(&made, NFNL_MSG_BATCH_BEGIN);
	*batch = made;
	return 0;
}

void skald_nftnl_batch_done(struct skald_nftnl_batch *batch)
{
	free(batch->data);
	batch->data = NULL;
}

void skald_nftnl_message(struct skald_nftnl_batch *batch, unsigned int type,
			 unsigned int family, unsigned int flags)
{
	if (!has_room(batch, 0))
		return;
	batch->seq++;
	batch->n++;
	put_header(batch, SUBSYS(type), family, flags);
}

void skald_nftnl_put(struct skald_nftnl_batch *batch, unsigned int type,
		     const void *data, size_t len)
{
	if (!has_room(batch, len))
		return;
	batch->len -= batch->message->nlmsg_len;
	mnl_attr_put(batch->message, type, len, data);
	batch->len += batch->message->nlmsg_len;
}

void skald_nftnl_put_u32(struct skald_nftnl_batch *batch, unsigned int type,
			 uint32_t number)
{
	number = htonl(number);
	skald_nftnl_put(batch, type, &number, sizeof(number));
}

void skald_nftnl_put_u64(struct skald_nftnl_batch *batch, unsigned int type,
			 uint64_t number)
{
	number = htobe64(number);
	skald_nftnl_put(batch, type, &number, sizeof(number));
}

void skald_nftnl_put_string(struct skald_nftnl_batch *batch, unsigned int type,
			    const char *string)
{
	skald_nftnl_put(batch, type, string, strlen(string) + 1);
}

struct nlattr *skald_nftnl_nest(struct skald_nftnl_batch *batch,
				unsigned int type)
{
	struct nlattr *nest;

	if (!has_room(batch, 0))
		return NULL;
	nest = mnl_nlmsg_get_payload_tail(batch->message);
	skald_nftnl_put(batch, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void skald_nftnl_unnest(struct skald_nftnl_batch *batch, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(batch->message, nest);
}

static int send_all(struct skald_nftnl *nl, const void *data, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent;

	do {
		sent = sendto(nl->fd, data, len, 0, (struct sockaddr *)&kernel,
			      sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Return: bytes of the next answer, 0: no more, or -errno. */
static ssize_t receive(struct skald_nftnl *nl, void *buffer, size_t size)
{
	struct sockaddr_nl from = { .nl_family = AF_UNSPEC };
	socklen_t from_len;
	ssize_t len;

	do {
		from_len = sizeof(from);
		len = recvfrom(nl->fd, buffer, size, MSG_DONTWAIT | MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);
		/* Only the kernel has the port 0; others are not heard. */
	} while ((len < 0 && errno == EINTR) || (len >= 0 && from.nl_pid));
	if (len < 0)
		return errno == EAGAIN ? 0 : -errno;
	return (size_t)len > size ? -EMSGSIZE : len;
}

/* Finds a message of ours in the batch by its sequence number. */
static const struct nlmsghdr *find(const struct skald_nftnl_batch *batch,
				   uint32_t seq)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)batch->data;
	int left = (int)batch->len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq == seq)
			return nlh;
	}
	return NULL;
}

/* Name of the expression in a list element, its match's name if it has one. */
static void name_expression(const struct nlattr *elem,
			    struct skald_nftnl_refusal *refusal)
{
	const struct nlattr *attr, *data = NULL;
	const char *name = NULL;

	mnl_attr_for_each_nested(attr, elem) {
		if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA)
			data = attr;
	}
	if (name && data && !strcmp(name, "match")) {
		mnl_attr_for_each_nested(attr, data) {
			if (mnl_attr_get_type(attr) == NFTA_MATCH_NAME)
				name = mnl_attr_get_str(attr);
		}
	}
	(void)snprintf(refusal->expression, sizeof(refusal->expression), "%s",
		       name ? name : "");
}

/* The expression that contains the byte of our message the kernel points at. */
static void blame(const struct nlmsghdr *ours, uint32_t offset,
		  struct skald_nftnl_refusal *refusal)
{
	const char *at = (const char *)ours + offset;
	const struct nlattr *attr, *elem;

	mnl_attr_for_each(attr, ours, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_RULE_EXPRESSIONS)
			continue;
		mnl_attr_for_each_nested(elem, attr) {
			if (at >= (const char *)elem &&
			    at < (const char *)mnl_attr_next(elem))
				name_expression(elem, refusal);
		}
	}
}

/* Reads an NLMSG_ERROR with a code in it. */
static void read_refusal(const struct nlmsghdr *nlh, int code,
			 const struct nlmsghdr *ours,
			 struct skald_nftnl_refusal *refusal)
{
	size_t skip = sizeof(struct nlmsgerr);
	const struct nfgenmsg *head;
	const struct nlattr *attr;

	*refusal = (struct skald_nftnl_refusal){ .code = code, .type = -1 };
	if (ours && NFNL_SUBSYS_ID(ours->nlmsg_type) == NFNL_SUBSYS_NFTABLES) {
		head = mnl_nlmsg_get_payload(ours);
		refusal->type = NFNL_MSG_TYPE(ours->nlmsg_type);
		refusal->family = head->nfgen_family;
	}
	/* Without NETLINK_CAP_ACK our message comes back whole. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) || !ours ||
	    !(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			(void)snprintf(refusal->text, sizeof(refusal->text),
				       "%s", mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
			 mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 &&
			 refusal->type == NFT_MSG_NEWRULE)
			blame(ours, mnl_attr_get_u32(attr), refusal);
	}
}

/* What has come back so far: the first refusal, and whether all is done. */
struct outcome {
	const struct skald_nftnl_batch *batch;
	struct skald_nftnl_refusal refusal;
	uint32_t last_seq;
	bool is_done;
};

static void take_answer(const struct nlmsghdr *nlh, struct outcome *outcome)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*answer))
		return;
	if (!answer->error)
		outcome->is_done |= nlh->nlmsg_seq == outcome->last_seq;
	else if (!outcome->refusal.code)
		read_refusal(nlh, -answer->error,
			     find(outcome->batch, nlh->nlmsg_seq),
			     &outcome->refusal);
}

static int collect(struct skald_nftnl *nl, struct outcome *outcome)
{
	char buffer[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nlh;
	ssize_t len;
	int left;

	while ((len = receive(nl, buffer, sizeof(buffer))) > 0) {
		nlh = (const struct nlmsghdr *)buffer;
		left = (int)len;
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			take_answer(nlh, outcome);
	}
	return (int)len;
}

int skald_nftnl_commit(struct skald_nftnl *nl, struct skald_nftnl_batch *batch,
		       struct skald_nftnl_refusal *refusal)
{
	struct outcome outcome = { .batch = batch, .refusal = { .type = -1 } };
	int err;

	/* The last message's acknowledgement says that the commit was done. */
	batch->message->nlmsg_flags |= NLM_F_ACK;
	outcome.last_seq = batch->seq;
	if (has_room(batch, 0))
		put_bracket(batch, NFNL_MSG_BATCH_END);
	nl->seq = batch->seq;
	err = batch->is_full ? -EMSGSIZE
			     : send_all(nl, batch->data, batch->len);
	if (!err)
		err = collect(nl, &outcome);
	if (!err && !outcome.refusal.code && outcome.is_done)
		return 0;
	if (!outcome.refusal.code)
		outcome.refusal.code = err ? -err : EPROTO;
	*refusal = outcome.refusal;
	return -refusal->code;
}

static const char *message_word(int type)
{
	switch (type) {
	case NFT_MSG_NEWTABLE:
		return "the table";
	case NFT_MSG_NEWCHAIN:
		return "a chain";
	case NFT_MSG_NEWRULE:
		return "a rule";
	case NFT_MSG_NEWOBJ:
		return "a limit";
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELOBJ:
	case NFT_MSG_DELTABLE:
		return "to delete";
	default:
		return "the transaction";
	}
}

int skald_nftnl_error(const struct skald_nftnl_refusal *refusal,
		      const char *what, struct skald_error *error)
{
	const char *reason = refusal->text;

	if (!reason[0])
		reason = strerror(refusal->code);
	(void)skald_error_set(error, refusal->code,
			      "the kernel refuses %s of %s%s%s%s: %s",
			      message_word(refusal->type), what,
			      refusal->expression[0] ? " (expression \"" : "",
			      refusal->expression,
			      refusal->expression[0] ? "\")" : "", reason);
	if (refusal->code == EPERM)
		skald_error_help(error, "this takes CAP_NET_ADMIN in the "
					"network namespace: run it as root");
	else if (refusal->code == ENOENT && refusal->expression[0])
		skald_error_help(error,
				 "the kernel lacks the module for \"%s\"; with "
				 "Debian's kernels, modprobe nft_compat xt_bpf",
				 refusal->expression);
	else if (refusal->code == EOPNOTSUPP)
		skald_error_help(error, "the kernel is too old or was built "
					"without that part of nf_tables");
	return -refusal->code;
}

/* What one datagram of a dump says: 1: done, 0: goes on, or -errno. */
static int take_part(const char *buffer, ssize_t len, uint32_t seq,
		     skald_nftnl_take take, void *user)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buffer;
	const struct nlmsgerr *answer;
	int left = (int)len, err;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq != seq)
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EINTR;
		if (nlh->nlmsg_type == NLMSG_DONE)
			return 1;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			answer = mnl_nlmsg_get_payload(nlh);
			return mnl_nlmsg_get_payload_len(nlh) < sizeof(*answer)
				       ? -EBADMSG
				       : answer->error;
		}
		err = take(nlh, user);
		if (err)
			return err;
	}
	return 0;
}

/* Leaves nothing of an interrupted dump behind. */
static void discard(struct skald_nftnl *nl)
{
	char buffer[RECEIVE_SIZE];

	while (receive(nl, buffer, sizeof(buffer)) > 0)
		;
}

int skald_nftnl_dump(struct skald_nftnl *nl, struct skald_nftnl_batch *request,
		     skald_nftnl_take take, void *user)
{
	char buffer[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len;
	int err;

	if (request->is_full)
		return -EMSGSIZE;
	nl->seq = request->seq;
	request->message->nlmsg_flags |= NLM_F_DUMP;
	err = send_all(nl, request->message, request->message->nlmsg_len);
	while (!err) {
		len = receive(nl, buffer, sizeof(buffer));
		if (len <= 0)
			return len ? (int)len : -EPROTO;
		err = take_part(buffer, len, request->seq, take, user);
	}
	if (err < 0)
		discard(nl);
	return err < 0 ? err : 0;
}
