// SPDX-License-Identifier: GPL-2.0-only
/*
 * A raw collector for skald.ko: one line a record, as it comes.
 *
 *	kmod_dump [-t SECONDS] [-r RING] [-p PACKETS] [-x] [-q] [-s] EXPRESSION
 *	kmod_dump -i | -l | -w
 *
 * -x drives the module from outside its limits: reads nothing for -t seconds.
 * -q prints no records, -s the final counters, -i what the module can do, -l
 *its probes, -w the words of drop reasons. Says "ready" on stderr when it is
 *armed.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <skald/uapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NAMES_MAX 4096

static struct mnl_socket *nl;
static uint16_t family;
static uint32_t seq;
static char buffer[1 << 16];
static volatile sig_atomic_t stopped;
static bool quiet;
static uint64_t seen, seen_lost, batch_last;
static bool batch_gap;

static struct {
	uint64_t place;
	char name[128];
} names[NAMES_MAX];
static size_t names_count;

static void on_signal(int signal)
{
	stopped = 1;
}

static const char *place_name(uint64_t place)
{
	static char unknown[32];

	if (!place)
		return "-";
	for (size_t i = 0; i < names_count; i++) {
		if (names[i].place == place)
			return names[i].name;
	}
	snprintf(unknown, sizeof(unknown), "?%" PRIx64, place);
	return unknown;
}

static void name_add(const struct skald_name *name)
{
	size_t i;

	for (i = 0; i < names_count && names[i].place != name->place; i++)
		;
	if (i == NAMES_MAX)
		return;
	names[i].place = name->place;
	snprintf(names[i].name, sizeof(names[i].name), "%s", name->name);
	if (i == names_count)
		names_count++;
}

static const char *address(uint8_t af, const struct skald_addr *addr)
{
	static char text[4][INET6_ADDRSTRLEN];
	static unsigned int next;
	char *to = text[next++ % 4];

	if (!inet_ntop(af == AF_INET6 ? AF_INET6 : AF_INET, addr->bytes, to,
		       INET6_ADDRSTRLEN))
		return "?";
	return to;
}

static void print_tuple(const char *what, const struct skald_tuple *t)
{
	printf(" %s %s:%u>%s:%u/%u", what, address(t->family, &t->src),
	       ntohs(t->sport), address(t->family, &t->dst), ntohs(t->dport),
	       t->protocol);
}

static void print_dev(const char *what, const struct skald_dev *dev)
{
	if (dev->ifindex)
		printf(" %s %.16s", what, dev->name);
}

static void print_ports(const uint8_t *l4, size_t left, uint8_t protocol)
{
	if (left >= 4 && (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP))
		printf(" %u>%u", l4[0] << 8 | l4[1], l4[2] << 8 | l4[3]);
	if (left >= 14 && protocol == IPPROTO_TCP)
		printf(" flags %#x", l4[13]);
}

static void print_snap(const struct skald_snap *snap)
{
	const uint8_t *b = snap->bytes;
	size_t n = snap->bytes_len;
	char src[64] = "", dst[64] = "";

	printf(" %04x len %u mark %u ll %u", ntohs(snap->protocol),
	       snap->length, snap->mark, snap->ll_len);
	if (snap->vlan)
		printf(" vlan %u", snap->vlan & 0xfff);
	if (n >= 20 && b[0] >> 4 == 4) {
		size_t hl = (size_t)(b[0] & 15) * 4;

		inet_ntop(AF_INET, b + 12, src, sizeof(src));
		inet_ntop(AF_INET, b + 16, dst, sizeof(dst));
		printf(" %s>%s proto %u ttl %u off %#x", src, dst, b[9], b[8],
		       b[6] << 8 | b[7]);
		if (!((b[6] & 0x1f) | b[7]) && n > hl)
			print_ports(b + hl, n - hl, b[9]);
	} else if (n >= 40 && b[0] >> 4 == 6) {
		inet_ntop(AF_INET6, b + 8, src, sizeof(src));
		inet_ntop(AF_INET6, b + 24, dst, sizeof(dst));
		printf(" %s>%s next %u hops %u", src, dst, b[6], b[7]);
		print_ports(b + 40, n - 40, b[6]);
	}
}

static const char *verdict_name(uint32_t verdict)
{
	static const char *const words[] = { "drop",  "accept", "stolen",
					     "queue", "repeat", "stop" };

	return (verdict & 0xff) < 6 ? words[verdict & 0xff] : "?";
}

static void print_hook(const struct skald_hook *hook)
{
	printf(" family %u hook %u net %u first %u%s%s", hook->family,
	       hook->hook, hook->netns, hook->first,
	       hook->flags & SKALD_HOOK_UNSEEN ? " unseen" : "",
	       hook->flags & SKALD_HOOK_MORE ? " more" : "");
	print_dev("in", &hook->in);
	print_dev("out", &hook->out);
	for (unsigned int i = 0; i < hook->count; i++)
		printf(" %s(%d)", place_name(hook->functions[i].place),
		       hook->functions[i].priority);
}

static void print_nft(const struct skald_nft *nft)
{
	const char *chain = nft->names + nft->table_len;

	printf(" %s family %u table %.*s chain %.*s handle %llu verdict %d",
	       nft->type == SKALD_NFT_RULE     ? "rule"
	       : nft->type == SKALD_NFT_POLICY ? "policy"
					       : "return",
	       nft->family, nft->table_len, nft->names, nft->chain_len, chain,
	       nft->handle, nft->verdict);
	if (nft->target_len)
		printf(" target %.*s", nft->target_len, chain + nft->chain_len);
}

static void print_xt(const struct skald_xt *xt)
{
	const char *chain = xt->names + xt->table_len;

	printf(" family %u hook %u table %.*s chain %.*s %.*s %u", xt->family,
	       xt->hook, xt->table_len, xt->names, xt->chain_len, chain,
	       xt->what_len, chain + xt->chain_len, xt->number);
}

static void print_conntrack(const struct skald_conntrack *ct)
{
	static const char *const states[] = { "invalid", "new", "established",
					      "related", "untracked" };

	printf(" %s", ct->state < 5 ? states[ct->state] : "?");
	if (!ct->id)
		return;
	printf(" id %u %s status %#x mark %u timeout %u ms zone %u tcp %u",
	       ct->id, ct->reply ? "reply" : "original", ct->status, ct->mark,
	       ct->timeout, ct->zone, ct->tcp);
	if (ct->helper[0])
		printf(" helper %.16s", ct->helper);
	print_tuple("original", &ct->original);
	print_tuple("answer", &ct->answer);
}

static void print_fib(const struct skald_fib *fib)
{
	printf(" table %u purpose %u error %d %s>%s", fib->table, fib->purpose,
	       fib->error, address(fib->family, &fib->src),
	       address(fib->family, &fib->dst));
	if (fib->error)
		return;
	printf(" prefix %s/%u type %u", address(fib->family, &fib->prefix),
	       fib->prefix_len, fib->type);
	if (fib->via_family)
		printf(" via %s", address(fib->via_family, &fib->via));
	print_dev("dev", &fib->dev);
}

static void print_route(const struct skald_route *route)
{
	printf(" to %s error %d type %u mtu %u", place_name(route->place),
	       route->error, route->type, route->mtu);
	if (route->via_family)
		printf(" via %s", address(route->via_family, &route->via));
	print_dev("dev", &route->dev);
}

static void print_socket(const struct skald_socket *s)
{
	printf(" by %s family %u type %u protocol %u state %u port %u>%u inode %llu uid %u cgroup %llu%s",
	       place_name(s->place), s->family, s->type, s->protocol, s->state,
	       ntohs(s->lport), ntohs(s->dport), s->inode, s->uid, s->cgroup,
	       s->backlog ? " backlog" : "");
	if (s->pid)
		printf(" pid %u %.16s", s->pid, s->command);
}

static void print_end(const struct skald_end *end)
{
	printf(" reason %u at %s", end->reason, place_name(end->place));
	if (end->pid)
		printf(" pid %u %.16s", end->pid, end->command);
}

static void print_neigh(const struct skald_neigh *n)
{
	printf(" %s state %#x", address(n->family, &n->address), n->state);
	print_dev("dev", &n->dev);
	for (unsigned int i = 0; i < n->lladdr_len && i < 32; i++)
		printf("%s%02x", i ? ":" : " ", n->lladdr[i]);
}

static void print_body(const struct skald_record *record)
{
	const void *r = record;

	switch (record->type) {
	case SKALD_R_LOST: {
		const struct skald_lost *lost = r;

		printf(" %llu packets %llx", lost->count, lost->packets);
		break;
	}
	case SKALD_R_RULESET:
		printf(" net %u", ((const struct skald_ruleset *)r)->netns);
		break;
	case SKALD_R_MARK: {
		const struct skald_mark *mark = r;

		printf(" classifier %u net %u point %u", mark->classifier,
		       mark->netns, mark->point);
		print_dev("in", &mark->in);
		print_dev("out", &mark->out);
		break;
	}
	case SKALD_R_LINK: {
		static const char *const how[] = {
			"?",	      "clone", "copy", "segment", "fragment",
			"reassemble", "netns", "loop", "encap",	  "decap"
		};
		const struct skald_link *link = r;

		printf(" %s of %llu net %u by %s cookie %llx",
		       link->how < 10 ? how[link->how] : "?", link->parent,
		       link->netns, place_name(link->place), link->cookie);
		break;
	}
	case SKALD_R_SNAP:
		print_snap(r);
		break;
	case SKALD_R_RECEIVE:
		printf(" net %u", ((const struct skald_receive *)r)->netns);
		print_dev("dev", &((const struct skald_receive *)r)->dev);
		break;
	case SKALD_R_HOOK:
		print_hook(r);
		break;
	case SKALD_R_STAGE: {
		const struct skald_stage *stage = r;

		printf(" %s(%d) %s %#x took %u ns%s%s%s",
		       place_name(stage->place), stage->priority,
		       verdict_name(stage->verdict), stage->verdict,
		       stage->took,
		       stage->changed & SKALD_CHANGED_HEADERS ? " headers" : "",
		       stage->changed & SKALD_CHANGED_CONNTRACK ? " conntrack"
								: "",
		       stage->changed & SKALD_CHANGED_ROUTE ? " route" : "");
		break;
	}
	case SKALD_R_NFT:
		print_nft(r);
		break;
	case SKALD_R_XT:
		print_xt(r);
		break;
	case SKALD_R_CONNTRACK:
		print_conntrack(r);
		break;
	case SKALD_R_INVALID: {
		const struct skald_invalid *invalid = r;

		printf(" id %u protocol %u tcp %u \"%.*s\"", invalid->id,
		       invalid->protocol, invalid->tcp, invalid->text_len,
		       invalid->text);
		break;
	}
	case SKALD_R_NAT: {
		const struct skald_nat *nat = r;

		printf(" id %u %s%s", nat->id,
		       nat->what ? "destination" : "source",
		       nat->reply ? " reply" : "");
		print_tuple("target", &nat->target);
		break;
	}
	case SKALD_R_EXPECT: {
		const struct skald_expect *expect = r;

		printf(" master %u helper %.16s", expect->master,
		       expect->helper);
		print_tuple("tuple", &expect->tuple);
		break;
	}
	case SKALD_R_IPRULE: {
		const struct skald_iprule *rule = r;

		printf(" %u table %u action %u purpose %u", rule->priority,
		       rule->table, rule->action, rule->purpose);
		break;
	}
	case SKALD_R_FIB:
		print_fib(r);
		break;
	case SKALD_R_ROUTE:
		print_route(r);
		break;
	case SKALD_R_NEIGH:
		print_neigh(r);
		break;
	case SKALD_R_FRAGMENT:
		printf(" len %u mtu %u",
		       ((const struct skald_fragment *)r)->length,
		       ((const struct skald_fragment *)r)->mtu);
		break;
	case SKALD_R_DEFRAG: {
		const struct skald_defrag *defrag = r;

		printf(" cookie %llx %u-%u", defrag->cookie, defrag->offset,
		       defrag->end);
		break;
	}
	case SKALD_R_SCRUB: {
		const struct skald_scrub *scrub = r;

		printf(" by %s foreign %u", place_name(scrub->place),
		       scrub->foreign);
		break;
	}
	case SKALD_R_QUEUE:
		printf(" number %u", ((const struct skald_queue *)r)->number);
		break;
	case SKALD_R_REINJECT:
		printf(" %s",
		       verdict_name(
			       ((const struct skald_reinject *)r)->verdict));
		break;
	case SKALD_R_BRIDGE: {
		static const char *const steps[] = { "?",      "input",
						     "decide", "forward",
						     "local",  "output" };
		const struct skald_bridge *bridge = r;

		printf(" %s", bridge->step < 6 ? steps[bridge->step] : "?");
		print_dev("dev", &bridge->dev);
		break;
	}
	case SKALD_R_TRANSMIT:
	case SKALD_R_SEND:
		printf(" len %u", ((const struct skald_transmit *)r)->length);
		print_dev("dev", &((const struct skald_transmit *)r)->dev);
		break;
	case SKALD_R_SENDER:
	case SKALD_R_DELIVER:
	case SKALD_R_TAP:
		print_socket(r);
		break;
	case SKALD_R_DROP:
	case SKALD_R_CONSUME:
	case SKALD_R_FREE:
		print_end(r);
		break;
	case SKALD_R_FORGET:
		printf(" why %u", ((const struct skald_forget *)r)->why);
		break;
	default:
		break;
	}
}

static const char *type_name(uint16_t type)
{
	static const char *const words[] = {
		"UNSPEC",   "LOST",	"NAME",	    "RULESET",	 "MARK",
		"LINK",	    "SNAP",	"SENDER",   "RECEIVE",	 "HOOK",
		"STAGE",    "NFT",	"XT",	    "CONNTRACK", "INVALID",
		"NAT",	    "EXPECT",	"IPRULE",   "FIB",	 "ROUTE",
		"NEIGH",    "FRAGMENT", "DEFRAG",   "SCRUB",	 "QUEUE",
		"REINJECT", "BRIDGE",	"TRANSMIT", "SEND",	 "DELIVER",
		"TAP",	    "DROP",	"CONSUME",  "FREE",	 "FORGET",
	};

	return type < sizeof(words) / sizeof(*words) ? words[type] : "?";
}

static void on_records(uint32_t cpu, const uint8_t *bytes, size_t len)
{
	static uint32_t expected[1024];
	const struct skald_record *record;

	for (size_t at = 0; at + sizeof(*record) <= len; at += record->len) {
		record = (const void *)(bytes + at);
		if (record->len < sizeof(*record) || record->len > len - at)
			errx(1, "record of %u bytes", record->len);
		if (record->type == SKALD_R_NAME) {
			name_add((const void *)record);
			continue;
		}
		if (cpu < 1024 && expected[cpu] && record->seq != expected[cpu])
			printf("GAP on cpu %u: %u instead of %u\n", cpu,
			       record->seq, expected[cpu]);
		if (record->type == SKALD_R_LOST) {
			seen_lost += ((const struct skald_lost *)record)->count;
			expected[cpu % 1024] =
				record->seq +
				(uint32_t)((const struct skald_lost *)record)
					->count;
		} else {
			seen++;
			expected[cpu % 1024] = record->seq + 1;
		}
		if (quiet)
			continue;
		printf("%" PRIu64 ".%06" PRIu64 " cpu%u #%llu %s",
		       (uint64_t)record->time / 1000000000,
		       (uint64_t)record->time / 1000 % 1000000, cpu,
		       record->packet, type_name(record->type));
		print_body(record);
		printf("\n");
	}
}

static int on_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	int type = mnl_attr_get_type(attr);

	if (type <= SKALD_A_MAX)
		tb[type] = attr;
	return MNL_CB_OK;
}

static const struct nlattr *answer[SKALD_A_MAX + 1];
static char answer_copy[1 << 15];

static void on_batch(const struct nlattr **tb)
{
	uint64_t number =
		tb[SKALD_A_BATCH] ? mnl_attr_get_u64(tb[SKALD_A_BATCH]) : 0;

	if (number != batch_last + 1)
		batch_gap = true;
	batch_last = number;
	if (tb[SKALD_A_RECORDS] && tb[SKALD_A_CPU])
		on_records(mnl_attr_get_u32(tb[SKALD_A_CPU]),
			   mnl_attr_get_payload(tb[SKALD_A_RECORDS]),
			   mnl_attr_get_payload_len(tb[SKALD_A_RECORDS]));
}

static void on_probe(const struct nlattr *nest)
{
	static const char *const states[] = { "absent", "waiting", "found",
					      "armed" };
	const struct nlattr *attr;
	const char *name = "", *module = "";
	uint32_t state = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == SKALD_PROBE_A_NAME)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == SKALD_PROBE_A_MODULE)
			module = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == SKALD_PROBE_A_STATE)
			state = mnl_attr_get_u32(attr);
	}
	printf("probe %s %s %s\n", name, module,
	       state < 4 ? states[state] : "?");
}

static void on_reason(const struct nlattr *nest)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t number = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == SKALD_REASON_A_NUMBER)
			number = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == SKALD_REASON_A_NAME)
			name = mnl_attr_get_str(attr);
	}
	printf("reason %u %s\n", number, name);
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[SKALD_A_MAX + 1] = { NULL };

	mnl_attr_parse(nlh, sizeof(*genl), on_attr, tb);
	if (genl->cmd == SKALD_CMD_RECORDS) {
		on_batch(tb);
		return MNL_CB_OK;
	}
	if (tb[SKALD_A_PROBE])
		on_probe(tb[SKALD_A_PROBE]);
	if (tb[SKALD_A_REASON])
		on_reason(tb[SKALD_A_REASON]);
	if (nlh->nlmsg_len <= sizeof(answer_copy)) {
		memcpy(answer_copy, nlh, nlh->nlmsg_len);
		memset(answer, 0, sizeof(answer));
		mnl_attr_parse((struct nlmsghdr *)answer_copy, sizeof(*genl),
			       on_attr, answer);
	}
	return nlh->nlmsg_flags & NLM_F_MULTI ? MNL_CB_OK : MNL_CB_OK;
}

/* The kernel's own words about what it refuses. */
static const char *refusal(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*error);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += error->msg.nlmsg_len - sizeof(struct nlmsghdr);
	mnl_attr_for_each(attr, nlh, offset) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			return mnl_attr_get_str(attr);
	}
	return "";
}

/* Reads what comes; true when the answer to @wanted is complete. */
static bool receive(uint32_t wanted)
{
	ssize_t n = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	const struct nlmsghdr *nlh = (const void *)buffer;
	const struct nlmsgerr *error;
	int len = (int)n;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n < 0)
		err(1, "receive");
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == NLMSG_DONE)
			return true;
		if (nlh->nlmsg_type != NLMSG_ERROR) {
			on_message(nlh, NULL);
			continue;
		}
		error = mnl_nlmsg_get_payload(nlh);
		if (error->error) {
			errno = -error->error;
			err(1, "refused: %s", refusal(nlh));
		}
		if (nlh->nlmsg_seq == wanted)
			return true;
	}
	return false;
}

static struct nlmsghdr *request(uint16_t type, uint8_t cmd, uint16_t flags)
{
	static char bytes[1 << 16];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static void ask(struct nlmsghdr *nlh)
{
	memset(answer, 0, sizeof(answer));
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
	while (!receive(nlh->nlmsg_seq))
		;
}

static int on_family(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static void find_family(void)
{
	struct nlmsghdr *nlh = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	ssize_t n;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SKALD_GENL_NAME);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
	n = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	nlh = (struct nlmsghdr *)buffer;
	if (n < 0 || nlh->nlmsg_type == NLMSG_ERROR)
		errx(3, "skald.ko is not loaded");
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), on_family, NULL);
}

static void open_socket(void)
{
	int one = 1, bytes = 4 << 20;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl, NETLINK_NO_ENOBUFS, &one, sizeof(one));
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
	find_family();
}

static void put_program(struct nlmsghdr *nlh, int type, int dlt,
			const char *expression)
{
	pcap_t *pcap = pcap_open_dead(dlt, 65535);
	struct bpf_program program;

	if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN))
		errx(2, "%s", pcap_geterr(pcap));
	mnl_attr_put(nlh, (uint16_t)type,
		     program.bf_len * sizeof(struct sock_filter),
		     program.bf_insns);
	pcap_freecode(&program);
	pcap_close(pcap);
}

static void add_classifier(const char *expression, uint32_t first,
			   bool transmit)
{
	struct nlmsghdr *nlh =
		request(family, SKALD_CMD_CLASSIFIER_ADD, NLM_F_ACK);
	struct nlattr *nest = mnl_attr_nest_start(nlh, SKALD_A_CLASSIFIER);

	put_program(nlh, SKALD_CLASSIFIER_A_L2, DLT_EN10MB, expression);
	put_program(nlh, SKALD_CLASSIFIER_A_L3, DLT_RAW, expression);
	mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_NETNS, 0);
	if (first)
		mnl_attr_put_u64(nlh, SKALD_CLASSIFIER_A_FIRST, first);
	if (transmit)
		mnl_attr_put_u32(nlh, SKALD_CLASSIFIER_A_POINTS,
				 SKALD_POINT_ALL);
	mnl_attr_put_strz(nlh, SKALD_CLASSIFIER_A_TEXT, expression);
	mnl_attr_nest_end(nlh, nest);
	ask(nlh);
}

static void start(uint32_t ring, uint32_t packets)
{
	struct nlmsghdr *nlh = request(family, SKALD_CMD_START, NLM_F_ACK);

	if (ring)
		mnl_attr_put_u32(nlh, SKALD_A_RING, ring);
	if (packets)
		mnl_attr_put_u32(nlh, SKALD_A_PACKETS, packets);
	ask(nlh);
	fprintf(stderr, "ready\n");
}

static void print_stats(void)
{
	const struct nlattr *attr = answer[SKALD_A_STATS];
	struct skald_stats s;

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(s))
		errx(1, "no counters");
	memcpy(&s, mnl_attr_get_payload(attr), sizeof(s));
	printf("stats marked %llu born %llu known %llu full %llu orphans %llu stale %llu expired %llu unwrapped %llu\n",
	       s.marked, s.born, s.known, s.full, s.orphans, s.stale, s.expired,
	       s.unwrapped);
	printf("stats emitted %llu lost %llu sent %llu batches %llu congested %llu nmi %llu\n",
	       s.emitted, s.lost, s.sent, s.batches, s.congested, s.nmi);
	printf("stats seen %" PRIu64 " told lost %" PRIu64
	       " batch gap %d balance %s\n",
	       seen, seen_lost, batch_gap,
	       s.emitted == seen + seen_lost ? "ok" : "WRONG");
}

static void print_info(void)
{
	ask(request(family, SKALD_CMD_INFO, NLM_F_ACK));
	printf("version %u release %s features %#" PRIx64 " cpus %u armed %u\n",
	       mnl_attr_get_u32(answer[SKALD_A_VERSION]),
	       mnl_attr_get_str(answer[SKALD_A_RELEASE]),
	       mnl_attr_get_u64(answer[SKALD_A_FEATURES]),
	       mnl_attr_get_u32(answer[SKALD_A_CPUS]),
	       answer[SKALD_A_ARMED] ? mnl_attr_get_u32(answer[SKALD_A_ARMED])
				     : 0);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void collect(double seconds, bool deaf)
{
	struct pollfd poller = { .fd = mnl_socket_get_fd(nl),
				 .events = POLLIN };
	double end = now() + seconds;

	while (!stopped && now() < end) {
		if (deaf) {
			usleep(50000);
			continue;
		}
		if (poll(&poller, 1, 50) > 0)
			receive(0);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	uint32_t ring = 0, packets = 0, first = 0;
	bool deaf = false, stats = false, transmit = false;
	double seconds = 1e9;
	int option;

	open_socket();
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	while ((option = getopt(argc, argv, "t:r:p:f:xqsTilw")) != -1) {
		switch (option) {
		case 't':
			seconds = atof(optarg);
			break;
		case 'r':
			ring = (uint32_t)atol(optarg);
			break;
		case 'p':
			packets = (uint32_t)atol(optarg);
			break;
		case 'f':
			first = (uint32_t)atol(optarg);
			break;
		case 'x':
			deaf = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 's':
			stats = true;
			break;
		case 'T':
			transmit = true;
			break;
		case 'i':
			print_info();
			return 0;
		case 'l':
			ask(request(family, SKALD_CMD_PROBES, NLM_F_DUMP));
			return 0;
		case 'w':
			ask(request(family, SKALD_CMD_REASONS, NLM_F_DUMP));
			return 0;
		default:
			return 2;
		}
	}
	add_classifier(optind < argc ? argv[optind] : "", first, transmit);
	start(ring, packets);
	collect(seconds, deaf);
	ask(request(family, SKALD_CMD_STOP, NLM_F_ACK));
	if (stats)
		print_stats();
	return 0;
}
