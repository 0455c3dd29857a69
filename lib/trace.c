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
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "event.h"
#include "nft_abi.h"
#include "packet.h"

/* One attribute's payload; NULL data: the message does not have it. */
struct payload {
	const uint8_t *data;
	unsigned int len;
};

/* Walks a run of attributes. Later ones win, as in the kernel. */
static int walk(const uint8_t *data, size_t len, struct payload *tb,
		unsigned int n_tb)
{
	struct nlattr attr;
	unsigned int type;
	size_t step;

	while (len >= sizeof(attr)) {
		memcpy(&attr, data, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > len)
			return -EBADMSG;
		type = attr.nla_type & NLA_TYPE_MASK;
		if (type < n_tb) {
			tb[type].data = data + NLA_HDRLEN;
			tb[type].len = attr.nla_len - NLA_HDRLEN;
		}
		step = NLA_ALIGN(attr.nla_len);
		if (step >= len)
			break;
		data += step;
		len -= step;
	}
	return 0;
}

/*
 * The getters leave the value alone when the attribute is absent, and set
 * *@bad when it is there but not of its size.
 */
static void get_u32(const struct payload *attr, bool *bad, uint32_t *value)
{
	if (!attr->data)
		return;
	if (attr->len != sizeof(*value)) {
		*bad = true;
		return;
	}
	memcpy(value, attr->data, sizeof(*value));
	*value = ntohl(*value);
}

static void get_u16(const struct payload *attr, bool *bad, uint16_t *value)
{
	if (!attr->data)
		return;
	if (attr->len != sizeof(*value)) {
		*bad = true;
		return;
	}
	memcpy(value, attr->data, sizeof(*value));
	*value = ntohs(*value);
}

static void get_u64(const struct payload *attr, bool *bad, uint64_t *value)
{
	if (!attr->data)
		return;
	if (attr->len != sizeof(*value)) {
		*bad = true;
		return;
	}
	memcpy(value, attr->data, sizeof(*value));
	*value = be64toh(*value);
}

static void get_string(const struct payload *attr, bool *bad,
		       const char **string)
{
	if (!attr->data)
		return;
	if (!attr->len || attr->data[attr->len - 1] != '\0') {
		*bad = true;
		return;
	}
	*string = (const char *)attr->data;
}

static void get_header(const struct payload *attr, unsigned int max,
		       const uint8_t **data, uint8_t *len)
{
	if (!attr->data || !attr->len)
		return;
	*data = attr->data;
	*len = attr->len < max ? attr->len : max;
}

/* enum skald_words_VERDICT of a verdict register (nf_tables.h, netfilter.h) */
static uint8_t verdict_word(int32_t code)
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

static void get_verdict(const struct payload *tb, bool *bad,
			struct skald_trace *trace)
{
	struct payload nest[NFTA_VERDICT_MAX + 1] = { { NULL, 0 } };
	const struct payload *attr = &tb[NFTA_TRACE_VERDICT];
	uint32_t code = 0;

	if (attr->data) {
		if (walk(attr->data, attr->len, nest, NFTA_VERDICT_MAX + 1) ||
		    !nest[NFTA_VERDICT_CODE].data)
			*bad = true;
		get_u32(&nest[NFTA_VERDICT_CODE], bad, &code);
		get_string(&nest[NFTA_VERDICT_CHAIN], bad, &trace->jump);
	} else if (tb[NFTA_TRACE_POLICY].data) {
		get_u32(&tb[NFTA_TRACE_POLICY], bad, &code);
	} else {
		return;
	}
	trace->verdict = verdict_word((int32_t)code);
	if (trace->verdict == SKALD_VERDICT_QUEUE)
		trace->queue = code >> NF_VERDICT_QBITS;
}

static void get_packet(const struct payload *tb, bool *bad,
		       struct skald_trace *trace)
{
	uint16_t iiftype = 0, oiftype = 0;

	get_header(&tb[NFTA_TRACE_NETWORK_HEADER], SKALD_SNAP_NH, &trace->nh,
		   &trace->nh_len);
	get_u32(&tb[NFTA_TRACE_IIF], bad, &trace->iif);
	get_u32(&tb[NFTA_TRACE_OIF], bad, &trace->oif);
	trace->has_headers = trace->nh || trace->iif || trace->oif;
	if (!trace->has_headers)
		return;
	get_header(&tb[NFTA_TRACE_TRANSPORT_HEADER], SKALD_SNAP_TH, &trace->th,
		   &trace->th_len);
	get_header(&tb[NFTA_TRACE_LL_HEADER], SKALD_SNAP_LL, &trace->ll,
		   &trace->ll_len);
	get_u16(&tb[NFTA_TRACE_IIFTYPE], bad, &iiftype);
	get_u16(&tb[NFTA_TRACE_OIFTYPE], bad, &oiftype);
	if (trace->ll)
		trace->lltype = trace->iif ? iiftype : oiftype;
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

static void get_conntrack(const struct payload *tb, bool *bad,
			  struct skald_trace *trace)
{
	const struct payload *dir = &tb[SKALD_NFTA_TRACE_CT_DIRECTION];
	uint32_t state = 0;

	if (!tb[SKALD_NFTA_TRACE_CT_STATE].data)
		return;
	get_u32(&tb[SKALD_NFTA_TRACE_CT_STATE], bad, &state);
	get_u32(&tb[SKALD_NFTA_TRACE_CT_ID], bad, &trace->ct_id);
	get_u32(&tb[SKALD_NFTA_TRACE_CT_STATUS], bad, &trace->ct_status);
	trace->has_ct = true;
	trace->ct_state = ct_state_word(state);
	if (!dir->data)
		return;
	if (dir->len == 1 && dir->data[0] <= SKALD_CTDIR_REPLY)
		trace->ct_dir = dir->data[0];
	else
		*bad = true;
}

int skald_trace_parse(const struct nlmsghdr *nlh, struct skald_trace *trace)
{
	struct payload tb[SKALD_NFTA_TRACE_END] = { { NULL, 0 } };
	struct skald_trace found = { .table = NULL };
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	const uint8_t *message = (const uint8_t *)nlh;
	uint32_t type = 0, nfproto = 0;
	bool bad = false;

	if (nlh->nlmsg_len < skip || walk(message + skip, nlh->nlmsg_len - skip,
					  tb, SKALD_NFTA_TRACE_END))
		return -EBADMSG;
	found.family = ((const struct nfgenmsg *)NLMSG_DATA(nlh))->nfgen_family;
	get_string(&tb[NFTA_TRACE_TABLE], &bad, &found.table);
	get_string(&tb[NFTA_TRACE_CHAIN], &bad, &found.chain);
	get_u32(&tb[NFTA_TRACE_TYPE], &bad, &type);
	get_u32(&tb[NFTA_TRACE_ID], &bad, &found.id);
	get_u64(&tb[NFTA_TRACE_RULE_HANDLE], &bad, &found.handle);
	get_u32(&tb[NFTA_TRACE_MARK], &bad, &found.mark);
	get_u32(&tb[NFTA_TRACE_NFPROTO], &bad, &nfproto);
	get_verdict(tb, &bad, &found);
	get_packet(tb, &bad, &found);
	get_conntrack(tb, &bad, &found);
	if (bad || !found.table || !found.chain || !tb[NFTA_TRACE_ID].data ||
	    type == NFT_TRACETYPE_UNSPEC || type > NFT_TRACETYPE_MAX)
		return -EBADMSG;
	found.type = type;
	found.nfproto = nfproto;
	*trace = found;
	return 0;
}
