// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connection tracking and translation of packets in the engine: which of them
 * are tracked, nat chains in their place, and what rules see of an entry.
 */
#include "engine_priv.h"

#include <errno.h>
#include <stdio.h>

#include "conntrack_use.h"
#include "ct_helper.h"

#define BUCKETS 65536

/* xorshift64*: chance that repeats itself (G. Marsaglia, 2003). */
static u32 next_random(void *user)
{
	struct skald_engine *engine = user;
	uint64_t x = engine->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	engine->random = x;
	return (u32)(x * 0x2545f4914f6cdd1dull >> 32);
}

static u16 next_port(void *user, bool is_source)
{
	const struct skald_engine *engine = user;

	return engine->nat_ports[is_source];
}

static int64_t sysctl(const struct skald_engine *engine, const char *name,
		      int64_t absent)
{
	char path[192];

	(void)snprintf(path, sizeof(path), "net/netfilter/nf_conntrack_%s",
		       name);
	return skald_world_sysctl(engine->world, path, absent);
}

/* What the world's sysctls say; what they do not say is the kernel's default.
 */
static void read_settings(const struct skald_engine *engine,
			  struct skald_ct_settings *settings)
{
	static const char *const names[] = {
#define NAME(name, word, seconds) word,
		SKALD_CT_TIMEOUTS(NAME)
#undef NAME
	};
	char path[128];

	skald_ct_settings_default(settings);
	settings->buckets = BUCKETS;
	settings->max = (u32)sysctl(engine, "max", settings->max);
	settings->checksum = sysctl(engine, "checksum", 1);
	settings->tcp_loose = sysctl(engine, "tcp_loose", 1);
	settings->tcp_be_liberal = sysctl(engine, "tcp_be_liberal", 0);
	settings->tcp_ignore_invalid_rst =
		sysctl(engine, "tcp_ignore_invalid_rst", 0);
	settings->tcp_max_retrans = (u8)sysctl(engine, "tcp_max_retrans", 3);
	for (int i = 0; i < SKALD_CT_TIMEOUT_N; i++) {
		const char *state = strchr(names[i], '_');

		if (state)
			(void)snprintf(path, sizeof(path), "%.*s_timeout%s",
				       (int)(state - names[i]), names[i],
				       state);
		else
			(void)snprintf(path, sizeof(path), "%s_timeout",
				       names[i]);
		settings->timeouts.seconds[i] = (u32)sysctl(
			engine, path, settings->timeouts.seconds[i]);
	}
}

int skald_engine_ct_new(struct skald_engine *engine, struct skald_error *error)
{
	struct skald_ct_owner owner = { .user = engine,
					.random = next_random,
					.port = next_port };
	struct skald_defrag_settings defrag;
	struct skald_ct_settings settings;
	hsiphash_key_t key;

	read_settings(engine, &settings);
	engine->checks = settings.checksum;
	skald_defrag_settings_default(&defrag);
	key.key[0] = next_random(engine);
	key.key[1] = next_random(engine);
	engine->ct = skald_ct_table_new(&settings, &owner);
	engine->defrag = skald_defrag_new(&defrag, &key);
	if (engine->ct)
		engine->nat = skald_nat_new(engine->ct, 0);
	if (!engine->ct || !engine->nat || !engine->defrag)
		return skald_error_set(error, ENOMEM,
				       "no memory for connection tracking");
	return 0;
}

void skald_engine_ct_free(struct skald_engine *engine)
{
	skald_ct_table_free(engine->ct);
	skald_nat_free(engine->nat);
	skald_defrag_free(engine->defrag);
}

static bool is_tracked(const struct skald_passage *passage)
{
	return passage->engine->tracks[passage->pf == NFPROTO_IPV6];
}

int skald_passage_track(struct skald_passage *passage)
{
	struct skald_ct_input input = {
		.hook = passage->hook,
		.untracked = passage->is_untracked,
		.zone = { .id = passage->zone,
			  .dirs = passage->zone_dirs ? passage->zone_dirs
						     : SKALD_CT_ZONE_BOTH },
	};
	int verdict;

	if (!is_tracked(passage) || passage->has_ct) {
		passage->ct.hook = passage->hook;
		return NF_ACCEPT;
	}
	verdict = skald_ct_in(passage->engine->ct, skald_passage_view(passage),
			      &input, passage->input->t_ns, &passage->ct);
	passage->has_ct = true;
	skald_passage_view_ct(passage);
	skald_vm_ct_forget(&passage->pkt);
	skald_passage_tell_ct(passage);
	return verdict;
}

/* The nat chains of the hook, one after the other, until one binds. */
static int bind_by_chains(void *user, struct skald_ct_packet *packet, u8 hook)
{
	struct skald_passage *passage = user;
	enum skald_nat_manip manip = skald_nat_manip_of(hook);
	struct skald_vm_hook *chain = NULL;
	u32 verdict;

	for (;;) {
		chain = skald_vm_hook_next(passage->engine->vm, passage->pf,
					   hook, NULL, chain);
		if (!chain)
			return NF_ACCEPT;
		if (chain->chain->base->type != SKALD_CHAIN_NAT)
			continue;
		verdict = skald_vm_run(chain->chain, &passage->pkt);
		if ((verdict & NF_VERDICT_MASK) != NF_ACCEPT)
			return (int)verdict;
		if (skald_nat_is_bound(packet->ct, manip))
			return NF_ACCEPT;
	}
}

/* Whether the destination is another now. */
static bool goes_elsewhere(const struct skald_snap *before,
			   const struct skald_snap *after)
{
	unsigned int at = before->ethertype == ETH_P_IPV6 ? 24 : 16;
	unsigned int len = before->ethertype == ETH_P_IPV6 ? 16 : 4;

	return memcmp(before->nh + at, after->nh + at, len) != 0;
}

int skald_passage_nat(struct skald_passage *passage)
{
	struct skald_nat_rules rules = { .user = passage,
					 .bind = bind_by_chains };
	struct skald_snap before;
	int verdict;

	if (!is_tracked(passage) || !passage->has_ct || !passage->ct.ct)
		return NF_ACCEPT;
	passage->nat_rule = NULL;
	passage->in_nat = true;
	verdict = skald_nat(&passage->ct, passage->hook, &rules);
	skald_vm_pkt_refresh(&passage->pkt);
	skald_passage_view_ct(passage);
	skald_vm_ct_forget(&passage->pkt);
	before = passage->before;
	skald_passage_compare(passage, passage->nat_rule
					       ? passage->author
					       : "connection tracking");
	passage->in_nat = false;
	/* nf_nat_ipv4_local_fn(), nf_nat_ipv6_local_fn() */
	if (passage->hook == NF_INET_LOCAL_OUT && verdict == NF_ACCEPT &&
	    goes_elsewhere(&before, &passage->before))
		skald_passage_route_again(passage);
	return verdict;
}

int skald_passage_confirm(struct skald_passage *passage)
{
	int verdict;

	if (!passage->has_ct || !passage->ct.ct)
		return NF_ACCEPT;
	verdict = skald_ct_out(&passage->ct);
	if (verdict != NF_ACCEPT)
		passage->story.ending.text =
			passage->ct.reason
				? skald_ct_reason_text(passage->ct.reason)
				: "connection tracking";
	skald_passage_compare(passage, "connection tracking helper");
	return verdict;
}

static void view_tuple(const struct skald_ct_tuple *from,
		       struct skald_vm_tuple *to)
{
	memcpy(to->src, from->src.bytes, sizeof(to->src));
	memcpy(to->dst, from->dst.bytes, sizeof(to->dst));
	to->sport = (__force u16)from->sport;
	to->dport = (__force u16)from->dport;
}

/* NF_CT_STATE_BIT() and its relatives of include/uapi/linux/netfilter/
 * nf_conntrack_common.h */
static u8 state_bit(const struct skald_ct_packet *packet)
{
	switch (packet->state) {
	case SKALD_CT_INVALID:
		return 1;
	case SKALD_CT_ESTABLISHED:
		return 2;
	case SKALD_CT_RELATED:
		return 4;
	case SKALD_CT_NEW:
		return 8;
	case SKALD_CT_UNTRACKED:
		return 64;
	}
	return 1;
}

static const char *helper_of(const struct skald_ct *ct)
{
	return ct && ct->help && ct->help->helper ? ct->help->helper->name : "";
}

static void view_entry(const struct skald_passage *passage,
		       struct skald_vm_ct *seen)
{
	const struct skald_ct *ct = passage->ct.ct;
	uint64_t now = passage->input->t_ns;

	seen->has_entry = true;
	seen->direction = (u8)passage->ct.dir;
	seen->l3num = skald_ct_family(ct);
	seen->l4num = skald_ct_protonum(ct);
	seen->status = (u32)ct->status;
	seen->mark = ct->mark;
	seen->id = (u32)ct->id;
	seen->zone_id = ct->zone.id;
	seen->expires_ms = ct->expires_ns > now
				   ? (u32)((ct->expires_ns - now) / 1000000)
				   : 0;
	for (int dir = 0; dir < SKALD_CT_DIRS; dir++) {
		view_tuple(skald_ct_tuple(ct, dir), &seen->tuple[dir]);
		seen->zone[dir] = skald_ct_zone_id(&ct->zone, dir);
		seen->packets[dir] =
			(u64)atomic64_read(&ct->count[dir].packets);
		seen->bytes[dir] = (u64)atomic64_read(&ct->count[dir].bytes);
	}
	skald_engine_labels_of(passage->engine, ct, seen->labels);
	(void)snprintf(seen->own_helper, sizeof(seen->own_helper), "%s",
		       helper_of(ct));
	(void)snprintf(seen->helper, sizeof(seen->helper), "%s",
		       helper_of(ct->master));
}

void skald_passage_view_ct(struct skald_passage *passage)
{
	struct skald_vm_ct *seen = &passage->ct_view;

	memset(seen, 0, sizeof(*seen));
	seen->known = SKALD_VM_CT_ALL & ~(u32)SKALD_VM_CT_SECMARK;
	if (!passage->has_ct) {
		/* before conntrack, and where nobody tracks: no entry; a
		 * template is new */
		seen->state = passage->is_untracked ? 64
			      : passage->zone_dirs  ? 8
						    : 1;
		return;
	}
	seen->state = state_bit(&passage->ct);
	if (passage->ct.ct)
		view_entry(passage, seen);
}
