// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes NFT_MSG_TRACE messages apart. This runs for every event there is: one
 * pass over the attributes, no calls, nothing copied.
 */
#include "trace.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "event.h"
#include "nft_abi.h"
#include "packet.h"

/**
 * struct run - attributes that are still to be looked at
 * @data: the next one
 * @len: bytes left
 */
struct run {
	const uint8_t *data;
	size_t len;
};

/**
 * struct attribute - one of them
 * @type: without flags
 * @data: payload
 * @len: of @data
 */
struct attribute {
	unsigned int type;
	const uint8_t *data;
	size_t len;
};

/**
 * struct parsed - a message while it is taken apart
 * @trace: what becomes of it
 * @there: bits by NFTA_TRACE_*: what the message has
 * @type: NFT_TRACETYPE_*
 * @nfproto: NFPROTO_*
 * @verdict: the verdict's code
 * @policy: the same of the chain's policy
 * @ct_state: enum skald_nft_ct_state_bits
 * @iiftype: ARPHRD_* of the input interface
 * @oiftype: ARPHRD_* of the output interface
 */
struct parsed {
	struct skald_trace trace;
	uint32_t there;
	uint32_t type;
	uint32_t nfproto;
	uint32_t verdict;
	uint32_t policy;
	uint32_t ct_state;
	uint16_t iiftype;
	uint16_t oiftype;
};

#define THERE(attribute) (1u << (attribute))
_Static_assert(SKALD_NFTA_TRACE_END < 32, "struct parsed has a bit for each");
#define NEEDED                                               \
	(THERE(NFTA_TRACE_TABLE) | THERE(NFTA_TRACE_CHAIN) | \
	 THERE(NFTA_TRACE_ID) | THERE(NFTA_TRACE_TYPE))

/* Return: 1 there is one more, 0 no more, -EBADMSG */
static inline int next(struct run *run, struct attribute *attribute)
{
	struct nlattr head;
	size_t step;

	if (run->len < sizeof(head))
		return 0;
	memcpy(&head, run->data, sizeof(head));
	if (head.nla_len < NLA_HDRLEN || head.nla_len > run->len)
		return -EBADMSG;
	attribute->type = head.nla_type & NLA_TYPE_MASK;
	attribute->data = run->data + NLA_HDRLEN;
	attribute->len = head.nla_len - NLA_HDRLEN;
	step = NLA_ALIGN((size_t)head.nla_len);
	if (step > run->len)
		step = run->len;
	run->data += step;
	run->len -= step;
	return 1;
}

/* The getters return -EBADMSG for what is not of its size. */
static int get_u32(const struct attribute *attribute, uint32_t *value)
{
	if (attribute->len != sizeof(*value))
		return -EBADMSG;
	memcpy(value, attribute->data, sizeof(*value));
	*value = ntohl(*value);
	return 0;
}

static int get_u16(const struct attribute *attribute, uint16_t *value)
{
	if (attribute->len != sizeof(*value))
		return -EBADMSG;
	memcpy(value, attribute->data, sizeof(*value));
	*value = ntohs(*value);
	return 0;
}

static int get_u64(const struct attribute *attribute, uint64_t *value)
{
	if (attribute->len != sizeof(*value))
		return -EBADMSG;
	memcpy(value, attribute->data, sizeof(*value));
	*value = be64toh(*value);
	return 0;
}

static int get_string(const struct attribute *attribute, const char **string)
{
	if (!attribute->len || attribute->data[attribute->len - 1] != '\0')
		return -EBADMSG;
	*string = (const char *)attribute->data;
	return 0;
}

static int get_header(const struct attribute *attribute, size_t max,
		      const uint8_t **data, uint8_t *len)
{
	*data = attribute->len ? attribute->data : NULL;
	*len = attribute->len < max ? attribute->len : max;
	return 0;
}

static int get_direction(const struct attribute *attribute, uint8_t *direction)
{
	if (attribute->len != 1 || attribute->data[0] > SKALD_CTDIR_REPLY)
		return -EBADMSG;
	*direction = attribute->data[0];
	return 0;
}

static int get_verdict(const struct attribute *nest, struct parsed *parsed)
{
	struct run run = { nest->data, nest->len };
	struct attribute attribute;
	bool has_code = false;
	int ret;

	while ((ret = next(&run, &attribute)) > 0) {
		if (attribute.type == NFTA_VERDICT_CODE) {
			ret = get_u32(&attribute, &parsed->verdict);
			has_code = true;
		} else if (attribute.type == NFTA_VERDICT_CHAIN) {
			ret = get_string(&attribute, &parsed->trace.jump);
		}
		if (ret < 0)
			return ret;
	}
	return has_code ? ret : -EBADMSG;
}

static int take(const struct attribute *attribute, struct parsed *parsed)
{
	struct skald_trace *trace = &parsed->trace;

	switch (attribute->type) {
	case NFTA_TRACE_TABLE:
		return get_string(attribute, &trace->table);
	case NFTA_TRACE_CHAIN:
		return get_string(attribute, &trace->chain);
	case NFTA_TRACE_RULE_HANDLE:
		return get_u64(attribute, &trace->handle);
	case NFTA_TRACE_TYPE:
		return get_u32(attribute, &parsed->type);
	case NFTA_TRACE_VERDICT:
		return get_verdict(attribute, parsed);
	case NFTA_TRACE_ID:
		return get_u32(attribute, &trace->id);
	case NFTA_TRACE_LL_HEADER:
		return get_header(attribute, SKALD_SNAP_LL, &trace->ll,
				  &trace->ll_len);
	case NFTA_TRACE_NETWORK_HEADER:
		return get_header(attribute, SKALD_SNAP_NH, &trace->nh,
				  &trace->nh_len);
	case NFTA_TRACE_TRANSPORT_HEADER:
		return get_header(attribute, SKALD_SNAP_TH, &trace->th,
				  &trace->th_len);
	case NFTA_TRACE_IIF:
		return get_u32(attribute, &trace->iif);
	case NFTA_TRACE_IIFTYPE:
		return get_u16(attribute, &parsed->iiftype);
	case NFTA_TRACE_OIF:
		return get_u32(attribute, &trace->oif);
	case NFTA_TRACE_OIFTYPE:
		return get_u16(attribute, &parsed->oiftype);
	case NFTA_TRACE_MARK:
		return get_u32(attribute, &trace->mark);
	case NFTA_TRACE_NFPROTO:
		return get_u32(attribute, &parsed->nfproto);
	case NFTA_TRACE_POLICY:
		return get_u32(attribute, &parsed->policy);
	case SKALD_NFTA_TRACE_CT_ID:
		return get_u32(attribute, &trace->ct_id);
	case SKALD_NFTA_TRACE_CT_DIRECTION:
		return get_direction(attribute, &trace->ct_dir);
	case SKALD_NFTA_TRACE_CT_STATUS:
		return get_u32(attribute, &trace->ct_status);
	case SKALD_NFTA_TRACE_CT_STATE:
		return get_u32(attribute, &parsed->ct_state);
	default:
		return 0;
	}
}

static int take_all(struct run *run, struct parsed *parsed)
{
	struct attribute attribute;
	int ret;

	while ((ret = next(run, &attribute)) > 0) {
		ret = take(&attribute, parsed);
		if (ret < 0)
			return ret;
		if (attribute.type < SKALD_NFTA_TRACE_END)
			parsed->there |= THERE(attribute.type);
	}
	return ret;
}

uint8_t skald_trace_verdict(int32_t code)
{
	switch (code) {
	case NFT_CONTINUE:
		return SKALD_VERDICT_CONTINUE;
	case NFT_BREAK:
		return SKALD_VERDICT_BREAK;
	case NFT_JUMP:
		return SKALD_VERDICT_JUMP;
	case NFT_GOTO:
		return SKALD_VERDICT_GOTO;
	case NFT_RETURN:
		return SKALD_VERDICT_RETURN;
	default:
		break;
	}
	switch (code & NF_VERDICT_MASK) {
	case NF_DROP:
		return SKALD_VERDICT_DROP;
	case NF_ACCEPT:
		return SKALD_VERDICT_ACCEPT;
	case NF_STOLEN:
		return SKALD_VERDICT_STOLEN;
	case NF_QUEUE:
		return SKALD_VERDICT_QUEUE;
	case NF_REPEAT:
		return SKALD_VERDICT_REPEAT;
	default:
		return SKALD_VERDICT_NONE;
	}
}

static uint8_t ct_state_word(uint32_t state)
{
	switch (state) {
	case SKALD_NFT_CT_INVALID:
		return SKALD_CTSTATE_INVALID;
	case SKALD_NFT_CT_ESTABLISHED:
		return SKALD_CTSTATE_ESTABLISHED;
	case SKALD_NFT_CT_RELATED:
		return SKALD_CTSTATE_RELATED;
	case SKALD_NFT_CT_NEW:
		return SKALD_CTSTATE_NEW;
	case SKALD_NFT_CT_UNTRACKED:
		return SKALD_CTSTATE_UNTRACKED;
	default:
		return SKALD_CTSTATE_UNKNOWN;
	}
}

static void tell_verdict(struct parsed *parsed)
{
	struct skald_trace *trace = &parsed->trace;
	uint32_t code = parsed->verdict;

	if (!(parsed->there & THERE(NFTA_TRACE_VERDICT))) {
		if (!(parsed->there & THERE(NFTA_TRACE_POLICY)))
			return;
		code = parsed->policy;
	}
	trace->verdict = skald_trace_verdict((int32_t)code);
	if (trace->verdict != SKALD_VERDICT_QUEUE)
		return;
	trace->queue = code >> NF_VERDICT_QBITS;
	if (code & NF_VERDICT_FLAG_QUEUE_BYPASS)
		trace->queue |= SKALD_QUEUE_BYPASS;
}

/*
 * Of an IPv6 fragment behind the first the kernel shows the beginning of the
 * network header and calls it the transport header: ipv6_find_hdr() finds a
 * protocol there, but no place (nft_set_pktinfo_ipv6()).
 */
static void find_network_header(struct skald_trace *trace)
{
	if (trace->nh || !trace->th || trace->th[0] >> 4 != 6)
		return;
	trace->nh = trace->th;
	trace->nh_len = trace->th_len;
	trace->th = NULL;
	trace->th_len = 0;
}

static void tell_packet(struct parsed *parsed)
{
	struct skald_trace *trace = &parsed->trace;

	find_network_header(trace);
	trace->has_headers = trace->nh || trace->iif || trace->oif;
	if (!trace->has_headers) {
		trace->ll = trace->th = NULL;
		trace->ll_len = trace->th_len = 0;
	}
	if (trace->ll)
		trace->lltype = trace->iif ? parsed->iiftype : parsed->oiftype;
}

static void tell_conntrack(struct parsed *parsed)
{
	struct skald_trace *trace = &parsed->trace;

	/* a template stands for no connection: it says how one is to begin */
	trace->has_ct = (parsed->there & THERE(SKALD_NFTA_TRACE_CT_STATE)) &&
			!(trace->ct_status & IPS_TEMPLATE);
	if (trace->has_ct)
		trace->ct_state = ct_state_word(parsed->ct_state);
	else
		trace->ct_id = trace->ct_status = trace->ct_dir = 0;
}

int skald_trace_parse(const struct nlmsghdr *nlh, struct skald_trace *trace)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	struct run run = { (const uint8_t *)nlh + skip, 0 };
	struct parsed parsed = { .there = 0 };

	if (nlh->nlmsg_len < skip)
		return -EBADMSG;
	run.len = nlh->nlmsg_len - skip;
	if (take_all(&run, &parsed) || (parsed.there & NEEDED) != NEEDED ||
	    parsed.type == NFT_TRACETYPE_UNSPEC ||
	    parsed.type > NFT_TRACETYPE_MAX)
		return -EBADMSG;
	parsed.trace.family =
		((const struct nfgenmsg *)NLMSG_DATA(nlh))->nfgen_family;
	parsed.trace.type = parsed.type;
	parsed.trace.nfproto = parsed.nfproto;
	tell_verdict(&parsed);
	tell_packet(&parsed);
	tell_conntrack(&parsed);
	*trace = parsed.trace;
	return 0;
}
