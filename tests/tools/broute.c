// SPDX-License-Identifier: GPL-2.0-only
/*
 * broute TABLE CHAIN: has a chain of nf_tables' bridge family give frames to
 * the port's own stack, as "meta broute set 1" does for an nft that knows it
 * (1.0.8). Linux has it since 6.4. Exit status 1 where the kernel refuses.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "genl.h"

/* NFT_META_BRI_BROUTE, which older headers do not have. */
#define META_BROUTE 35

/* struct nfgenmsg is as long as genetlink's own header. */
static void message_begin(struct genl_request *request, uint16_t type,
			  uint16_t flags)
{
	struct nfgenmsg *head = (void *)&request->genl;

	_Static_assert(sizeof(*head) == sizeof(request->genl), "header");
	genl_begin(request, type, 0);
	request->header.nlmsg_flags = NLM_F_REQUEST | flags;
	head->nfgen_family = NFPROTO_BRIDGE;
	head->version = NFNETLINK_V0;
	head->res_id = 0;
}

static void put_number(struct genl_request *request, int type, uint32_t value)
{
	genl_put_u32(request, type, htonl(value));
}

static void put_word(struct genl_request *request, int type, const char *word)
{
	genl_put(request, type, word, strlen(word) + 1);
}

/* A one in register 1. */
static void put_immediate(struct genl_request *request)
{
	const uint8_t one = 1;
	struct nlattr *expr = genl_put(request, NFTA_LIST_ELEM, NULL, 0);
	struct nlattr *data, *value;

	put_word(request, NFTA_EXPR_NAME, "immediate");
	data = genl_put(request, NFTA_EXPR_DATA, NULL, 0);
	put_number(request, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	value = genl_put(request, NFTA_IMMEDIATE_DATA, NULL, 0);
	genl_put(request, NFTA_DATA_VALUE, &one, sizeof(one));
	genl_end_nest(request, value);
	genl_end_nest(request, data);
	genl_end_nest(request, expr);
}

static void put_meta(struct genl_request *request)
{
	struct nlattr *expr = genl_put(request, NFTA_LIST_ELEM, NULL, 0);
	struct nlattr *data;

	put_word(request, NFTA_EXPR_NAME, "meta");
	data = genl_put(request, NFTA_EXPR_DATA, NULL, 0);
	put_number(request, NFTA_META_KEY, META_BROUTE);
	put_number(request, NFTA_META_SREG, NFT_REG_1);
	genl_end_nest(request, data);
	genl_end_nest(request, expr);
}

static void put_rule(struct genl_request *request, char **argv)
{
	struct nlattr *exprs;

	message_begin(request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
		      NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND);
	put_word(request, NFTA_RULE_TABLE, argv[1]);
	put_word(request, NFTA_RULE_CHAIN, argv[2]);
	exprs = genl_put(request, NFTA_RULE_EXPRESSIONS, NULL, 0);
	put_immediate(request);
	put_meta(request);
	genl_end_nest(request, exprs);
}

static void bound(struct genl_request *request, uint16_t type)
{
	struct nfgenmsg *head = (void *)&request->genl;

	message_begin(request, type, 0);
	head->nfgen_family = AF_UNSPEC;
	head->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

/* Return: 0 or the errno value that the kernel answered with */
static int send_batch(int fd, char **argv)
{
	char batch[3 * GENL_BYTES];
	struct genl_request requests[3];
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[GENL_BYTES];
	} answer;
	size_t i, used = 0;

	bound(&requests[0], NFNL_MSG_BATCH_BEGIN);
	put_rule(&requests[1], argv);
	bound(&requests[2], NFNL_MSG_BATCH_END);
	for (i = 0; i < 3; i++) {
		memcpy(batch + used, &requests[i],
		       requests[i].header.nlmsg_len);
		used += requests[i].header.nlmsg_len;
	}
	if (send(fd, batch, used, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		return errno;
	return -answer.error.error;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int error;

	if (argc != 3) {
		fputs("usage: broute TABLE CHAIN\n", stderr);
		return 2;
	}
	error = fd < 0 ? errno : send_batch(fd, argv);
	if (error)
		genl_fail("broute", error);
	return 0;
}
