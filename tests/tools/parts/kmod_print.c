// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kmod_print.h"

#define NAMES_MAX 4096

static struct {
	uint64_t place;
	char name[128];
} names[NAMES_MAX];
static size_t names_count;

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

void kmod_print_name(const struct skald_r_name *name)
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

static const char *address(uint8_t af, const struct skald_r_addr *addr)
{
	static char text[4][INET6_ADDRSTRLEN];
	static unsigned int next;
	char *to = text[next++ % 4];

	if (!inet_ntop(af == AF_INET6 ? AF_INET6 : AF_INET, addr->bytes, to,
		       INET6_ADDRSTRLEN))
		return "?";
	return to;
}

static void print_tuple(const char *what, const struct skald_r_tuple *t)
{
	printf(" %s %s:%u>%s:%u/%u", what, address(t->family, &t->src),
	       ntohs(t->sport), address(t->family, &t->dst), ntohs(t->dport),
	       t->protocol);
}

static void print_dev(const char *what, const struct skald_r_dev *dev)
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

static void print_snap(const struct skald_r_snap *snap)
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

static void print_hook(const struct skald_r_hook *hook)
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

static void print_nft(const struct skald_r_nft *nft)
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

static void print_xt(const struct skald_r_xt *xt)
{
	const char *chain = xt->names + xt->table_len;

	printf(" family %u hook %u table %.*s chain %.*s %.*s %u", xt->family,
	       xt->hook, xt->table_len, xt->names, xt->chain_len, chain,
	       xt->what_len, chain + xt->chain_len, xt->number);
}

static void print_conntrack(const struct skald_r_conntrack *ct)
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

static void print_fib(const struct skald_r_fib *fib)
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

static void print_route(const struct skald_r_route *route)
{
	printf(" to %s error %d type %u mtu %u", place_name(route->place),
	       route->error, route->type, route->mtu);
	if (route->via_family)
		printf(" via %s", address(route->via_family, &route->via));
	print_dev("dev", &route->dev);
}

static void print_socket(const struct skald_r_socket *s)
{
	printf(" by %s family %u type %u protocol %u state %u port %u>%u inode %llu uid %u cgroup %llu%s",
	       place_name(s->place), s->family, s->type, s->protocol, s->state,
	       ntohs(s->lport), ntohs(s->dport), s->inode, s->uid, s->cgroup,
	       s->backlog ? " backlog" : "");
	if (s->pid)
		printf(" pid %u %.16s", s->pid, s->command);
}

static void print_end(const struct skald_r_end *end)
{
	printf(" reason %u at %s", end->reason, place_name(end->place));
	if (end->pid)
		printf(" pid %u %.16s", end->pid, end->command);
}

static void print_neigh(const struct skald_r_neigh *n)
{
	printf(" %s state %#x", address(n->family, &n->address), n->state);
	print_dev("dev", &n->dev);
	for (unsigned int i = 0; i < n->lladdr_len && i < 32; i++)
		printf("%s%02x", i ? ":" : " ", n->lladdr[i]);
}

void kmod_print_body(const struct skald_r_record *record)
{
	const void *r = record;

	switch (record->type) {
	case SKALD_R_LOST: {
		const struct skald_r_lost *lost = r;

		printf(" %llu packets %llx", lost->count, lost->packets);
		break;
	}
	case SKALD_R_RULESET:
		printf(" net %u", ((const struct skald_r_ruleset *)r)->netns);
		break;
	case SKALD_R_MARK: {
		const struct skald_r_mark *mark = r;

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
		const struct skald_r_link *link = r;

		printf(" %s of %llu net %u by %s cookie %llx",
		       link->how < 10 ? how[link->how] : "?", link->parent,
		       link->netns, place_name(link->place), link->cookie);
		break;
	}
	case SKALD_R_SNAP:
		print_snap(r);
		break;
	case SKALD_R_RECEIVE:
		printf(" net %u", ((const struct skald_r_receive *)r)->netns);
		print_dev("dev", &((const struct skald_r_receive *)r)->dev);
		break;
	case SKALD_R_HOOK:
		print_hook(r);
		break;
	case SKALD_R_STAGE: {
		const struct skald_r_stage *stage = r;

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
		const struct skald_r_invalid *invalid = r;

		printf(" id %u protocol %u tcp %u \"%.*s\"", invalid->id,
		       invalid->protocol, invalid->tcp, invalid->text_len,
		       invalid->text);
		break;
	}
	case SKALD_R_NAT: {
		const struct skald_r_nat *nat = r;

		printf(" id %u %s%s", nat->id,
		       nat->what ? "destination" : "source",
		       nat->reply ? " reply" : "");
		print_tuple("target", &nat->target);
		break;
	}
	case SKALD_R_EXPECT: {
		const struct skald_r_expect *expect = r;

		printf(" master %u helper %.16s", expect->master,
		       expect->helper);
		print_tuple("tuple", &expect->tuple);
		break;
	}
	case SKALD_R_IPRULE: {
		const struct skald_r_iprule *rule = r;

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
		       ((const struct skald_r_fragment *)r)->length,
		       ((const struct skald_r_fragment *)r)->mtu);
		break;
	case SKALD_R_DEFRAG: {
		const struct skald_r_defrag *defrag = r;

		printf(" cookie %llx %u-%u", defrag->cookie, defrag->offset,
		       defrag->end);
		break;
	}
	case SKALD_R_SCRUB: {
		const struct skald_r_scrub *scrub = r;

		printf(" by %s foreign %u", place_name(scrub->place),
		       scrub->foreign);
		break;
	}
	case SKALD_R_QUEUE:
		printf(" number %u", ((const struct skald_r_queue *)r)->number);
		break;
	case SKALD_R_REINJECT:
		printf(" %s",
		       verdict_name(
			       ((const struct skald_r_reinject *)r)->verdict));
		break;
	case SKALD_R_BRIDGE: {
		static const char *const steps[] = { "?",      "input",
						     "decide", "forward",
						     "local",  "output" };
		const struct skald_r_bridge *bridge = r;

		printf(" %s", bridge->step < 6 ? steps[bridge->step] : "?");
		print_dev("dev", &bridge->dev);
		break;
	}
	case SKALD_R_TRANSMIT:
	case SKALD_R_SEND:
		printf(" len %u", ((const struct skald_r_transmit *)r)->length);
		print_dev("dev", &((const struct skald_r_transmit *)r)->dev);
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
		printf(" why %u", ((const struct skald_r_forget *)r)->why);
		break;
	default:
		break;
	}
}

const char *kmod_print_type(uint16_t type)
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
