// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_agree: send packets through the rules of this network namespace, and
 * compare the path that the kernel tells of each with the engine's, base chain
 * by base chain, rule by rule.
 *   engine_agree PACKETS SEED TAP...
 * The ruleset is loaded, the taps are up, forwarding is on; packets come in by
 * the taps. Prints one line of counts, and the first disagreements.
 * Exit status 0: all agree; 1: some do not; 2: cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "aimed.h"
#include "load.h"
#include "netlink_call.h"
#include "nft_abi.h"
#include "ruleset_parts.h"
#include "tap.h"
#include "vm_pkt.h"

#include "parts/agree_clock.h"

#define TAPS_MAX 64
#define STEPS_MAX 256
#define SHOWN_MAX 3
/* x_tables counts in ticks of at most so many ns (CONFIG_HZ of 100). */
#define TICK_NS 10000000ull
#define MOMENTS 4

/* One step of a path: a rule that matched, a return, a policy. */
struct step {
	unsigned int type;
	char chain[64];
	unsigned long long handle;
	int verdict;
	char target[64];
};

struct path {
	struct step steps[STEPS_MAX];
	unsigned int n;
};

/* What the kernel said of one base chain. */
struct run {
	unsigned int family;
	char table[64];
	char chain[64];
	unsigned int nfproto;
	unsigned int iif;
	unsigned int oif;
	unsigned int mark;
	unsigned char nh[64];
	unsigned int nh_len;
	unsigned char th[64];
	unsigned int th_len;
	struct skald_vm_ct ct;
	struct path path;
};

struct tap {
	char name[IFNAMSIZ];
	int fd;
	unsigned int index;
	unsigned char mac[6];
};

struct agree {
	struct skald_vm *vm;
	struct tap taps[TAPS_MAX];
	unsigned int n_taps;
	int trace_fd;
	struct skald_call routes;
	struct run *run;
	struct path engine;
	struct aimed aimed;
	unsigned char frame[2048];
	unsigned int frame_len;
	unsigned long long now;
	unsigned long long until;
	unsigned long long clock;
	unsigned long n_runs;
	unsigned long n_same;
	unsigned long n_unknown;
	unsigned long n_clock;
	unsigned long n_other;
	unsigned long n_hits;
	unsigned int shown;
};

static void *must(void *memory)
{
	if (!memory)
		exit(2);
	return memory;
}

/* ---- the engine's path ---- */

static struct step *add_step(struct path *path)
{
	if (path->n == STEPS_MAX)
		return NULL;
	memset(&path->steps[path->n], 0, sizeof(path->steps[0]));
	return &path->steps[path->n++];
}

static void take_rule(void *tracer, const struct skald_vm_pkt *pkt,
		      const struct skald_vm_rule *rule,
		      const struct skald_verdict *verdict)
{
	struct agree *agree = tracer;
	struct step *step = add_step(&agree->engine);

	if (!step)
		return;
	step->type = NFT_TRACETYPE_RULE;
	snprintf(step->chain, sizeof(step->chain), "%s", rule->chain->name);
	step->handle = rule->handle;
	step->verdict = verdict->code;
	if (verdict->code == NFT_JUMP || verdict->code == NFT_GOTO)
		snprintf(step->target, sizeof(step->target), "%s",
			 verdict->chain->name);
	agree->n_hits++;
}

static void take_leave(void *tracer, const struct skald_vm_pkt *pkt,
		       const struct skald_vm_chain *chain,
		       const struct skald_vm_rule *rule)
{
	struct agree *agree = tracer;
	struct step *step = add_step(&agree->engine);

	if (!step)
		return;
	/* a chain's end is told as a rule without a handle */
	step->type = NFT_TRACETYPE_RULE;
	snprintf(step->chain, sizeof(step->chain), "%s", chain->name);
	step->handle = rule ? rule->handle : 0;
	step->verdict = rule ? NFT_RETURN : NFT_CONTINUE;
}

static void take_policy(void *tracer, const struct skald_vm_pkt *pkt,
			const struct skald_vm_chain *chain, u32 verdict)
{
	struct agree *agree = tracer;
	struct step *step = add_step(&agree->engine);

	if (!step)
		return;
	step->type = NFT_TRACETYPE_POLICY;
	snprintf(step->chain, sizeof(step->chain), "%s", chain->name);
	step->verdict = (int)verdict;
}

/* ---- the world ---- */

static int world_fact(void *owner, const struct skald_vm_pkt *pkt,
		      enum skald_fact fact, void *value)
{
	switch (fact) {
	case SKALD_FACT_PKTTYPE:
		*(u8 *)value = 0;
		return 0;
	case SKALD_FACT_SKUID:
	case SKALD_FACT_SKGID:
	case SKALD_FACT_CGROUP:
		return -ENOENT;
	case SKALD_FACT_SECPATH:
	case SKALD_FACT_IS_BRIDGED:
		*(u8 *)value = 0;
		return 0;
	case SKALD_FACT_SDIF:
	case SKALD_FACT_BRI_IIF:
	case SKALD_FACT_BRI_OIF:
	case SKALD_FACT_PHYSIN:
	case SKALD_FACT_PHYSOUT:
	case SKALD_FACT_SECMARK:
		*(u32 *)value = 0;
		return 0;
	case SKALD_FACT_TIMEZONE:
		*(s32 *)value = 0;
		return 0;
	default:
		return -ENODATA;
	}
}

static int world_ct(void *owner, const struct skald_vm_pkt *pkt,
		    const struct skald_vm_ct **ct)
{
	struct agree *agree = owner;

	*ct = &agree->run->ct;
	return 0;
}

static int world_link(void *owner, u32 ifindex, struct skald_link_info *link)
{
	struct agree *agree = owner;

	memset(link, 0, sizeof(*link));
	if (!if_indextoname(ifindex, link->name))
		return -ENOENT;
	link->type = 772;
	for (unsigned int i = 0; i < agree->n_taps; i++) {
		if (agree->taps[i].index == ifindex)
			link->type = 1;
	}
	return 0;
}

static int take_route(void *user, const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct skald_fib_answer *answer = user;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	answer->type = rtm->rtm_type;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_OIF)
			answer->oif = mnl_attr_get_u32(attr);
	}
	return 0;
}

/* Types of addresses alone; interfaces depend on more than the kernel tells. */
static int world_fib(void *owner, const struct skald_vm_pkt *pkt,
		     const struct skald_fib_query *query,
		     struct skald_fib_answer *answer)
{
	struct agree *agree = owner;
	char room[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct rtmsg *rtm;
	u32 len = query->family == NFPROTO_IPV4 ? 4 : 16;
	int err;

	if (!query->is_type || query->dev)
		return -ENODATA;
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	memset(rtm, 0, sizeof(*rtm));
	rtm->rtm_family = query->family == NFPROTO_IPV4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = (unsigned char)(len * 8);
	mnl_attr_put(nlh, RTA_DST, len, query->dst);
	memset(answer, 0, sizeof(*answer));
	err = skald_call_do(&agree->routes, nlh, take_route, answer);
	return err ? -ENODATA : 0;
}

static const struct skald_vm_world world = {
	.fact = world_fact,
	.ct = world_ct,
	.link = world_link,
	.fib = world_fib,
};

/* ---- the kernel's path ---- */

static void take_string(const struct nlattr *attr, char *to, size_t size)
{
	if (attr)
		snprintf(to, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
}

static unsigned int number(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static void take_bytes(const struct nlattr *attr, unsigned char *to,
		       unsigned int *len)
{
	*len = 0;
	if (!attr || mnl_attr_get_payload_len(attr) > 64)
		return;
	*len = mnl_attr_get_payload_len(attr);
	memcpy(to, mnl_attr_get_payload(attr), *len);
}

static void take_ct(const struct nlattr **tb, struct skald_vm_ct *ct)
{
	unsigned int state = number(tb[SKALD_NFTA_TRACE_CT_STATE]);

	memset(ct, 0, sizeof(*ct));
	ct->known = SKALD_VM_CT_STATE;
	ct->state = 1;
	if (!tb[SKALD_NFTA_TRACE_CT_STATE])
		return;
	ct->state = (u8)state;
	if (state == SKALD_NFT_CT_UNTRACKED || !tb[SKALD_NFTA_TRACE_CT_ID])
		return;
	ct->has_entry = true;
	ct->known |=
		SKALD_VM_CT_DIRECTION | SKALD_VM_CT_STATUS | SKALD_VM_CT_ID;
	ct->id = number(tb[SKALD_NFTA_TRACE_CT_ID]);
	ct->status = number(tb[SKALD_NFTA_TRACE_CT_STATUS]);
	if (tb[SKALD_NFTA_TRACE_CT_DIRECTION])
		ct->direction =
			mnl_attr_get_u8(tb[SKALD_NFTA_TRACE_CT_DIRECTION]);
}

static void take_verdict(const struct nlattr *nest, struct step *step)
{
	const struct nlattr *tb[NFTA_VERDICT_MAX + 1];

	if (!nest)
		return;
	skald_attrs_parse_nested(nest, tb, NFTA_VERDICT_MAX + 1);
	step->verdict = (int)number(tb[NFTA_VERDICT_CODE]);
	take_string(tb[NFTA_VERDICT_CHAIN], step->target, sizeof(step->target));
}

static void begin_run(struct run *run, const struct nlmsghdr *nlh,
		      const struct nlattr **tb)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	memset(run, 0, sizeof(*run));
	run->family = nfg->nfgen_family;
	take_string(tb[NFTA_TRACE_TABLE], run->table, sizeof(run->table));
	take_string(tb[NFTA_TRACE_CHAIN], run->chain, sizeof(run->chain));
	run->nfproto = number(tb[NFTA_TRACE_NFPROTO]);
	run->iif = number(tb[NFTA_TRACE_IIF]);
	run->oif = number(tb[NFTA_TRACE_OIF]);
	run->mark = number(tb[NFTA_TRACE_MARK]);
	take_bytes(tb[NFTA_TRACE_NETWORK_HEADER], run->nh, &run->nh_len);
	take_bytes(tb[NFTA_TRACE_TRANSPORT_HEADER], run->th, &run->th_len);
	take_ct(tb, &run->ct);
}

static void take_step(struct run *run, const struct nlattr **tb)
{
	struct step *step = add_step(&run->path);

	if (!step)
		return;
	step->type = number(tb[NFTA_TRACE_TYPE]);
	/* kernels differ in what they call a rule that returns */
	if (step->type == NFT_TRACETYPE_RETURN)
		step->type = NFT_TRACETYPE_RULE;
	take_string(tb[NFTA_TRACE_CHAIN], step->chain, sizeof(step->chain));
	if (tb[NFTA_TRACE_RULE_HANDLE])
		step->handle =
			be64toh(mnl_attr_get_u64(tb[NFTA_TRACE_RULE_HANDLE]));
	if (step->type == NFT_TRACETYPE_POLICY)
		step->verdict = (int)number(tb[NFTA_TRACE_POLICY]);
	else
		take_verdict(tb[NFTA_TRACE_VERDICT], step);
}

/* ---- comparing ---- */

static bool is_same_step(const struct step *a, const struct step *b)
{
	return a->type == b->type && a->handle == b->handle &&
	       a->verdict == b->verdict && strcmp(a->chain, b->chain) == 0 &&
	       strcmp(a->target, b->target) == 0;
}

static bool is_same(const struct path *a, const struct path *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++) {
		if (!is_same_step(&a->steps[i], &b->steps[i]))
			return false;
	}
	return true;
}

static void print_path(const char *who, const struct path *path)
{
	printf("  %s:", who);
	for (unsigned int i = 0; i < path->n; i++) {
		const struct step *step = &path->steps[i];

		printf(" [%u %s %llu %d%s%s]", step->type, step->chain,
		       step->handle, step->verdict, step->target[0] ? " " : "",
		       step->target);
	}
	printf("\n");
}

static void print_bytes(const char *what, const unsigned char *bytes,
			unsigned int len)
{
	printf("  %s ", what);
	for (unsigned int i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void show(struct agree *agree, const struct run *run)
{
	if (agree->shown++ >= SHOWN_MAX)
		return;
	printf("disagreement in %s %s (iif %u oif %u mark %#x ct %u)\n",
	       run->table, run->chain, run->iif, run->oif, run->mark,
	       run->ct.state);
	print_path("kernel", &run->path);
	print_path("engine", &agree->engine);
	print_bytes("nh", run->nh, run->nh_len);
	print_bytes("th", run->th, run->th_len);
}

static const struct skald_vm_trace tracer = {
	.rule = take_rule,
	.leave = take_leave,
	.policy = take_policy,
};

/* What was sent, with the headers that the kernel saw there. */
static bool make_view(struct agree *agree, const struct run *run,
		      unsigned char *bytes, struct skald_view *view)
{
	u16 type = run->nfproto == NFPROTO_IPV4	  ? ETH_P_IP
		   : run->nfproto == NFPROTO_IPV6 ? ETH_P_IPV6
						  : 0;

	if (!run->nh_len)
		return false;
	memcpy(bytes, agree->frame, agree->frame_len);
	memcpy(bytes + 14, run->nh, run->nh_len);
	skald_view_init(view, bytes, agree->frame_len, agree->frame_len);
	if (skald_view_set_ethernet(view) || (type && view->ethertype != type))
		return false;
	if (view->transport != SKALD_VIEW_NONE &&
	    view->transport + run->th_len <= agree->frame_len)
		memcpy(bytes + view->transport, run->th, run->th_len);
	view->iif = run->iif;
	view->oif = run->oif;
	view->mark = run->mark;
	return true;
}

static struct skald_vm_chain *find_chain(const struct agree *agree,
					 const struct run *run)
{
	struct skald_vm_table *table =
		skald_vm_table(agree->vm, (u8)run->family, run->table);
	struct skald_vm_chain *chain =
		table ? skald_vm_chain(table, run->chain) : NULL;

	return chain && chain->base ? chain : NULL;
}

/* ---- limits ---- */

/* Whether a table's chains may say otherwise a moment later. */
static bool has_limits(const struct skald_vm_table *table)
{
	const struct skald_vm_chain *chain;
	const struct skald_vm_rule *rule;

	list_for_each_entry(chain, &table->chains, list) {
		for (rule = skald_vm_rule_next(chain, NULL); rule;
		     rule = skald_vm_rule_next(chain, rule)) {
			if (agree_has_limit(rule))
				return true;
		}
	}
	return false;
}

/* The engine's path, as of a moment. Return: rules that were unknown */
static unsigned int run_at(struct agree *agree, struct run *run,
			   struct skald_vm_chain *chain,
			   unsigned long long moment)
{
	unsigned char bytes[2048];
	struct skald_vm_pkt pkt;
	struct skald_view view;

	(void)make_view(agree, run, bytes, &view);
	agree->run = run;
	agree->engine.n = 0;
	skald_vm_pkt_init(&pkt, &view, (u8)run->nfproto, chain->base->hook,
			  moment);
	pkt.world = &world;
	pkt.owner = agree;
	pkt.trace = &tracer;
	pkt.tracer = agree;
	(void)skald_vm_run(chain, &pkt);
	return pkt.n_unknown;
}

/* The same in a child: limits are not used up. */
static bool is_same_at(struct agree *agree, struct run *run,
		       struct skald_vm_chain *chain, unsigned long long moment)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		(void)run_at(agree, run, chain, moment);
		_exit(!is_same(&run->path, &agree->engine));
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

/*
 * When the kernel looked at its clock: between the moments before and after the
 * packet was sent, give or take a tick. Return: the first of these at which the
 * engine takes the same path, else the first.
 */
static unsigned long long moment_of(struct agree *agree, struct run *run,
				    struct skald_vm_chain *chain)
{
	const unsigned long long moments[MOMENTS] = { agree->now, agree->until,
						      agree->until + TICK_NS,
						      agree->now - TICK_NS };

	for (int i = 0; i < MOMENTS; i++) {
		unsigned long long moment =
			moments[i] > agree->clock ? moments[i] : agree->clock;

		if (!is_same_at(agree, run, chain, moment))
			continue;
		agree->n_clock += i != 0;
		agree->clock = moment;
		return moment;
	}
	return agree->now > agree->clock ? agree->now : agree->clock;
}

static void compare(struct agree *agree, struct run *run)
{
	struct skald_vm_chain *chain = find_chain(agree, run);
	unsigned char bytes[2048];
	unsigned long long moment = agree->now;
	unsigned int n_unknown;
	struct skald_view view;

	if (!run->path.n || !chain)
		return;
	if (!make_view(agree, run, bytes, &view))
		return;
	if (has_limits(chain->table))
		moment = moment_of(agree, run, chain);
	n_unknown = run_at(agree, run, chain, moment);
	agree->n_runs++;
	if (is_same(&run->path, &agree->engine)) {
		agree->n_same++;
	} else if (n_unknown) {
		agree->n_unknown++;
	} else {
		agree->n_other++;
		show(agree, run);
	}
}

static void read_traces(struct agree *agree)
{
	static char buffer[1 << 18];
	struct run run = { 0 };
	struct pollfd ready = { .fd = agree->trace_fd, .events = POLLIN };

	while (poll(&ready, 1, 0) == 1) {
		ssize_t got = recv(agree->trace_fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *nlh = (const void *)buffer;
		int left = (int)got;

		if (got <= 0)
			break;
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlattr *tb[SKALD_NFTA_TRACE_END];

			if ((nlh->nlmsg_type & 0xff) != NFT_MSG_TRACE)
				continue;
			skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb,
					  SKALD_NFTA_TRACE_END);
			if (tb[NFTA_TRACE_NETWORK_HEADER]) {
				compare(agree, &run);
				begin_run(&run, nlh, tb);
			}
			take_step(&run, tb);
		}
	}
	compare(agree, &run);
}

/* ---- packets ---- */

static void send_one(struct agree *agree)
{
	const struct tap *tap = &agree->taps[dice(agree->n_taps)];
	unsigned char *ip = agree->frame + 14;
	struct timespec now;
	unsigned int len;
	bool is6;

	memset(agree->frame, 0, sizeof(agree->frame));
	if (agree->aimed.n_old && dice(3) == 0)
		len = make_again(&agree->aimed, ip);
	else if (dice(3))
		len = make_ip4(&agree->aimed, ip);
	else
		len = make_ip6(&agree->aimed, ip);
	remember(&agree->aimed, ip, len);
	is6 = ip[0] >> 4 == 6;
	memcpy(agree->frame, tap->mac, 6);
	agree->frame[6] = 2;
	agree->frame[11] = (unsigned char)dice(8);
	put_unaligned_be16(is6 ? ETH_P_IPV6 : ETH_P_IP, agree->frame + 12);
	agree->frame_len = 14 + len;
	clock_gettime(CLOCK_REALTIME, &now);
	agree->now = (unsigned long long)now.tv_sec * 1000000000ull +
		     (unsigned long long)now.tv_nsec;
	if (write(tap->fd, agree->frame, agree->frame_len) < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	agree->until = (unsigned long long)now.tv_sec * 1000000000ull +
		       (unsigned long long)now.tv_nsec;
	read_traces(agree);
}

/* ---- beginning ---- */

static int open_tap(struct tap *tap, const char *name)
{
	tap->fd = tap_open(name, tap->mac);
	if (tap->fd < 0)
		return tap->fd;
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	tap->index = if_nametoindex(name);
	return 0;
}

static int open_traces(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int group = NFNLGRP_NFTRACE, size = 8 << 20;

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static int load(struct agree *agree)
{
	struct skald_error error = { 0 };
	struct skald_netns netns;
	struct skald_parts parts;
	struct skald_load load;
	struct skald_call call;
	int err;

	skald_parts_init(&parts);
	err = skald_netns_open(NULL, &netns, &error);
	if (!err)
		err = skald_call_open(&netns, NETLINK_NETFILTER, &call);
	if (!err)
		err = skald_call_open(&netns, NETLINK_ROUTE, &agree->routes);
	if (!err)
		err = skald_ruleset_dump(&call, &parts, &error);
	if (err)
		return err;
	agree->vm->is_fresh = true;
	skald_load_begin(&load, agree->vm, agree->now);
	err = skald_load_dump(&load, parts.bytecode.data, parts.bytecode.len);
	if (err)
		skald_load_abort(&load);
	else
		err = skald_load_commit(&load);
	if (err)
		printf("refused: %s\n", load.error);
	skald_parts_done(&parts);
	skald_call_close(&call);
	return err;
}

int main(int argc, char **argv)
{
	static struct agree agree;
	unsigned long packets, i;
	struct timespec now;

	if (argc < 4)
		return 2;
	packets = strtoul(argv[1], NULL, 10);
	random_state = strtoull(argv[2], NULL, 10);
	for (int tap = 3; tap < argc && agree.n_taps < TAPS_MAX; tap++) {
		if (open_tap(&agree.taps[agree.n_taps++], argv[tap])) {
			fprintf(stderr, "engine_agree: no tap %s\n", argv[tap]);
			return 2;
		}
	}
	clock_gettime(CLOCK_REALTIME, &now);
	agree.now = (unsigned long long)now.tv_sec * 1000000000ull;
	agree.vm = must(skald_vm_new());
	agree.trace_fd = open_traces();
	if (agree.trace_fd < 0 || load(&agree))
		return 2;
	agree.aimed.vm = agree.vm;
	agree.aimed.n_taps = agree.n_taps;
	collect_all(&agree.aimed);
	for (i = 0; i < packets; i++)
		send_one(&agree);
	printf("%lu packets, %lu chains entered, %lu rules hit: %lu agree, "
	       "%lu unknown, %lu disagree, %lu limits decided by the clock's window "
	       "(seed %s)\n",
	       packets, agree.n_runs, agree.n_hits, agree.n_same,
	       agree.n_unknown, agree.n_other, agree.n_clock, argv[2]);
	return agree.n_other ? 1 : 0;
}
