// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace messages: each attribute, and bytes that nobody vouches for.
 */
#include "trace.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "nft_abi.h"

static char buffer[1024] __attribute__((aligned(8)));
static struct nlmsghdr *nlh;

static void put_u32(unsigned int type, uint32_t number)
{
	mnl_attr_put_u32(nlh, type, htonl(number));
}

static void begin(uint32_t type)
{
	struct nfgenmsg *head;

	memset(buffer, 0, sizeof(buffer));
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_TRACE;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(nlh, NFTA_TRACE_TABLE, "fw");
	mnl_attr_put_strz(nlh, NFTA_TRACE_CHAIN, "forward");
	put_u32(NFTA_TRACE_TYPE, type);
	put_u32(NFTA_TRACE_ID, 0x12345678);
}

static void put_verdict(int32_t code, const char *target)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_TRACE_VERDICT);

	put_u32(NFTA_VERDICT_CODE, (uint32_t)code);
	if (target)
		mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, target);
	mnl_attr_nest_end(nlh, nest);
}

static struct skald_trace parse(void)
{
	struct skald_trace trace;

	cr_assert_eq(skald_trace_parse(nlh, &trace), 0);
	return trace;
}

Test(trace, a_rule_that_jumps)
{
	struct skald_trace trace;

	begin(NFT_TRACETYPE_RULE);
	mnl_attr_put_u64(nlh, NFTA_TRACE_RULE_HANDLE,
			 htobe64(0x123456789abull));
	put_verdict(NFT_JUMP, "svc");
	put_u32(NFTA_TRACE_NFPROTO, NFPROTO_IPV6);
	put_u32(NFTA_TRACE_MARK, 0xcafe);
	trace = parse();
	cr_expect_eq(trace.family, NFPROTO_INET);
	cr_expect_eq(trace.nfproto, NFPROTO_IPV6);
	cr_expect_eq(trace.type, NFT_TRACETYPE_RULE);
	cr_expect_eq(trace.verdict, SKALD_VERDICT_JUMP);
	cr_expect_eq(trace.id, 0x12345678);
	cr_expect_eq(trace.handle, 0x123456789abull);
	cr_expect_eq(trace.mark, 0xcafe);
	cr_expect_str_eq(trace.table, "fw");
	cr_expect_str_eq(trace.chain, "forward");
	cr_expect_str_eq(trace.jump, "svc");
	cr_expect_not(trace.has_headers);
	cr_expect_not(trace.has_ct);
}

Test(trace, verdicts_have_their_words)
{
	static const struct {
		int32_t code;
		unsigned int word;
	} verdicts[] = {
		{ NF_DROP, SKALD_VERDICT_DROP },
		{ NF_ACCEPT, SKALD_VERDICT_ACCEPT },
		{ NF_STOLEN, SKALD_VERDICT_STOLEN },
		{ NF_QUEUE, SKALD_VERDICT_QUEUE },
		{ NF_REPEAT, SKALD_VERDICT_REPEAT },
		{ NFT_CONTINUE, SKALD_VERDICT_CONTINUE },
		{ NFT_BREAK, SKALD_VERDICT_BREAK },
		{ NFT_GOTO, SKALD_VERDICT_GOTO },
		{ NFT_RETURN, SKALD_VERDICT_RETURN },
		/* an errno, or a drop reason, in the upper half */
		{ (113 << 16) | NF_DROP, SKALD_VERDICT_DROP },
		{ 99, SKALD_VERDICT_NONE },
	};
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		begin(NFT_TRACETYPE_RULE);
		put_verdict(verdicts[i].code, NULL);
		cr_expect_eq(parse().verdict, verdicts[i].word, "code %d",
			     verdicts[i].code);
		cr_expect_null(parse().jump);
	}
}

Test(trace, a_queue_verdict_has_its_number)
{
	begin(NFT_TRACETYPE_RULE);
	/* NF_QUEUE_NR(513) | NF_VERDICT_FLAG_QUEUE_BYPASS */
	put_verdict((513 << 16) | 0x8000 | NF_QUEUE, NULL);
	cr_expect_eq(parse().verdict, SKALD_VERDICT_QUEUE);
	cr_expect_eq(parse().queue, 513 | SKALD_QUEUE_BYPASS);
	begin(NFT_TRACETYPE_RULE);
	put_verdict((513 << 16) | NF_QUEUE, NULL);
	cr_expect_eq(parse().queue, 513);
}

Test(trace, a_policy_is_a_verdict)
{
	begin(NFT_TRACETYPE_POLICY);
	put_u32(NFTA_TRACE_POLICY, NF_DROP);
	cr_expect_eq(parse().type, NFT_TRACETYPE_POLICY);
	cr_expect_eq(parse().verdict, SKALD_VERDICT_DROP);
	cr_expect_eq(parse().handle, 0);
}

Test(trace, the_first_message_of_a_chain_shows_the_packet)
{
	uint8_t header[64] = { 0x45 };
	struct skald_trace trace;

	begin(NFT_TRACETYPE_RULE);
	put_verdict(NF_ACCEPT, NULL);
	put_u32(NFTA_TRACE_IIF, 5);
	mnl_attr_put_u16(nlh, NFTA_TRACE_IIFTYPE, htons(1));
	put_u32(NFTA_TRACE_OIF, 6);
	mnl_attr_put_u16(nlh, NFTA_TRACE_OIFTYPE, htons(772));
	mnl_attr_put(nlh, NFTA_TRACE_LL_HEADER, 14, header);
	mnl_attr_put(nlh, NFTA_TRACE_NETWORK_HEADER, 20, header);
	mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, 8, header);
	trace = parse();
	cr_expect(trace.has_headers);
	cr_expect_eq(trace.iif, 5);
	cr_expect_eq(trace.oif, 6);
	cr_expect_eq(trace.lltype, 1);
	cr_expect_eq(trace.ll_len, 14);
	cr_expect_eq(trace.nh_len, 20);
	cr_expect_eq(trace.th_len, 8);
	cr_expect_eq(trace.nh[0], 0x45);
}

Test(trace, the_header_of_an_ip6_fragment_is_in_the_wrong_place)
{
	const uint8_t header[20] = { 0x60, 0x0c, 0xcc, 0x9a, 5, 0xb0, 44, 64 };
	struct skald_trace trace;

	begin(NFT_TRACETYPE_RULE);
	put_u32(NFTA_TRACE_IIF, 5);
	mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, 20, header);
	trace = parse();
	cr_expect_eq(trace.nh_len, 20);
	cr_expect_eq(trace.th_len, 0);
	cr_expect_eq(memcmp(trace.nh, header, 20), 0);
}

Test(trace, headers_longer_than_a_snap_are_cut)
{
	uint8_t header[200] = { 0x60 };

	begin(NFT_TRACETYPE_RULE);
	mnl_attr_put(nlh, NFTA_TRACE_LL_HEADER, 200, header);
	mnl_attr_put(nlh, NFTA_TRACE_NETWORK_HEADER, 200, header);
	mnl_attr_put(nlh, NFTA_TRACE_TRANSPORT_HEADER, 200, header);
	cr_expect_eq(parse().ll_len, 20);
	cr_expect_eq(parse().nh_len, 40);
	cr_expect_eq(parse().th_len, 20);
}

Test(trace, conntrack_as_new_kernels_tell_it)
{
	begin(NFT_TRACETYPE_RULE);
	put_u32(SKALD_NFTA_TRACE_CT_STATE, SKALD_NFT_CT_ESTABLISHED);
	put_u32(SKALD_NFTA_TRACE_CT_ID, 77);
	put_u32(SKALD_NFTA_TRACE_CT_STATUS, 0xe);
	mnl_attr_put_u8(nlh, SKALD_NFTA_TRACE_CT_DIRECTION, 1);
	cr_expect(parse().has_ct);
	cr_expect_eq(parse().ct_state, SKALD_CTSTATE_ESTABLISHED);
	cr_expect_eq(parse().ct_dir, SKALD_CTDIR_REPLY);
	cr_expect_eq(parse().ct_id, 77);
	cr_expect_eq(parse().ct_status, 0xe);
}

Test(trace, untracked_has_a_state_and_no_entry)
{
	begin(NFT_TRACETYPE_RULE);
	put_u32(SKALD_NFTA_TRACE_CT_STATE, SKALD_NFT_CT_UNTRACKED);
	cr_expect(parse().has_ct);
	cr_expect_eq(parse().ct_state, SKALD_CTSTATE_UNTRACKED);
	cr_expect_eq(parse().ct_id, 0);
}

/* What "ct zone set" and -j CT hang on a packet before it is tracked. */
Test(trace, a_template_is_no_connection)
{
	begin(NFT_TRACETYPE_RULE);
	put_u32(SKALD_NFTA_TRACE_CT_STATE, SKALD_NFT_CT_NEW);
	put_u32(SKALD_NFTA_TRACE_CT_ID, 77);
	put_u32(SKALD_NFTA_TRACE_CT_STATUS, 0x808);
	cr_expect_not(parse().has_ct);
	cr_expect_eq(parse().ct_id, 0);
	cr_expect_eq(parse().ct_status, 0);
}

Test(trace, attributes_of_later_kernels_are_passed_over)
{
	begin(NFT_TRACETYPE_RULE);
	mnl_attr_put_u64(nlh, SKALD_NFTA_TRACE_END + 3, 1);
	put_verdict(NF_ACCEPT, NULL);
	cr_expect_eq(parse().verdict, SKALD_VERDICT_ACCEPT);
}

/* Fills in what begin() wrote again, without one attribute. */
static void begin_without(unsigned int type)
{
	struct nlattr *attr;

	begin(NFT_TRACETYPE_RULE);
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == type)
			attr->nla_type = SKALD_NFTA_TRACE_END;
	}
}

Test(trace, what_every_message_has_must_be_there)
{
	static const unsigned int needed[] = { NFTA_TRACE_TABLE,
					       NFTA_TRACE_CHAIN,
					       NFTA_TRACE_TYPE, NFTA_TRACE_ID };
	struct skald_trace trace;
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		begin_without(needed[i]);
		cr_expect_eq(skald_trace_parse(nlh, &trace), -EBADMSG,
			     "attribute %u", needed[i]);
	}
}

Test(trace, wrong_lengths_are_refused)
{
	struct skald_trace trace;

	begin(NFT_TRACETYPE_RULE);
	mnl_attr_put_u16(nlh, NFTA_TRACE_MARK, 1);
	cr_expect_eq(skald_trace_parse(nlh, &trace), -EBADMSG);
	begin(NFT_TRACETYPE_RULE);
	put_u32(NFTA_TRACE_RULE_HANDLE, 1);
	cr_expect_eq(skald_trace_parse(nlh, &trace), -EBADMSG);
	begin(NFT_TRACETYPE_RULE);
	mnl_attr_put_str(nlh, NFTA_TRACE_CHAIN, "no end");
	cr_expect_eq(skald_trace_parse(nlh, &trace), -EBADMSG);
	begin(NFT_TRACETYPE_RULE);
	put_u32(SKALD_NFTA_TRACE_CT_STATE, SKALD_NFT_CT_NEW);
	mnl_attr_put_u8(nlh, SKALD_NFTA_TRACE_CT_DIRECTION, 2);
	cr_expect_eq(skald_trace_parse(nlh, &trace), -EBADMSG);
}

/* A whole message, copied to where a sanitizer sees the first byte too many. */
static int parse_copy(const void *data, size_t len)
{
	struct nlmsghdr *copy = malloc(len);
	struct skald_trace trace;
	int err;

	memcpy(copy, data, len);
	copy->nlmsg_len = len;
	err = skald_trace_parse(copy, &trace);
	free(copy);
	return err;
}

static void begin_full(void)
{
	uint8_t header[40] = { 0x45 };

	begin(NFT_TRACETYPE_RULE);
	mnl_attr_put(nlh, NFTA_TRACE_NETWORK_HEADER, 20, header);
	put_u32(NFTA_TRACE_IIF, 5);
	put_verdict(NFT_GOTO, "target");
	put_u32(SKALD_NFTA_TRACE_CT_STATE, SKALD_NFT_CT_NEW);
}

Test(trace, a_message_cut_anywhere_does_no_harm)
{
	size_t len;

	begin_full();
	cr_expect_eq(parse_copy(buffer, nlh->nlmsg_len), 0);
	for (len = sizeof(*nlh); len < NLMSG_LENGTH(sizeof(struct nfgenmsg));
	     len++)
		cr_expect_eq(parse_copy(buffer, len), -EBADMSG);
	for (; len < nlh->nlmsg_len; len++)
		(void)parse_copy(buffer, len);
}

Test(trace, a_message_with_any_byte_changed_does_no_harm)
{
	static const uint8_t values[] = { 0, 1, 3, 4, 5, 0x7f, 0x80, 0xff };
	size_t at, i;
	char kept;

	begin_full();
	for (at = sizeof(*nlh); at < nlh->nlmsg_len; at++) {
		kept = buffer[at];
		for (i = 0; i < sizeof(values); i++) {
			buffer[at] = (char)values[i];
			(void)parse_copy(buffer, nlh->nlmsg_len);
		}
		buffer[at] = kept;
	}
	cr_expect_eq(parse_copy(buffer, nlh->nlmsg_len), 0);
}
