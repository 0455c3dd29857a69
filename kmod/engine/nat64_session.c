// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bindings between IPv6 and IPv4 endpoints, and the sessions that use them
 * (RFC 6146). A session is an entry of connection tracking; a binding lives as
 * long as one of its sessions does.
 */
#include "ct_nat.h"
#include "ct_proto.h"
#include "nat64.h"

/* Ports that are tried on one address, and addresses. */
#define ATTEMPTS 128u
#define ADDRESSES 4u
#define PORT_USER 1024u
#define PORTS (U16_MAX + 1u)

#define ECHO4_REQUEST 8
#define ECHO4_REPLY 0
#define ECHO6_REQUEST 128
#define ECHO6_REPLY 129

/* ---- the translator ---- */

struct skald_nat64 *skald_nat64_new(struct skald_ct_table *table,
				    const struct skald_nat64_settings *settings)
{
	struct skald_nat64 *nat64;
	u32 i;

	if (!table->nat_data || skald_nat64_prefix_check(&settings->prefix) ||
	    ntohl(settings->pool_min.ip) > ntohl(settings->pool_max.ip) ||
	    settings->mtu6 < SKALD_NAT64_MTU6 || settings->mtu4 < 68)
		return NULL;
	nat64 = kvcalloc(1, sizeof(*nat64), GFP_KERNEL);
	if (!nat64)
		return NULL;
	nat64->settings = *settings;
	nat64->table = table;
	spin_lock_init(&nat64->lock);
	for (i = 0; i < ARRAY_SIZE(nat64->key.key); i++)
		nat64->key.key[i] = (u64)skald_ct_random(table) << 32 |
				    skald_ct_random(table);
	return nat64;
}

void skald_nat64_free(struct skald_nat64 *nat64)
{
	struct skald_nat64_binding *binding;
	struct hlist_node *next;
	u32 i;

	if (!nat64)
		return;
	for (i = 0; i < SKALD_NAT64_BUCKETS; i++) {
		hlist_for_each_entry_safe(binding, next, &nat64->by6[i], by6)
			kfree(binding);
	}
	kvfree(nat64);
}

void skald_nat64_timeouts(struct skald_ct_timeouts *timeouts)
{
	skald_ct_timeouts_default(timeouts);
	timeouts->seconds[SKALD_CT_TIMEOUT_ICMP] = 60;
	timeouts->seconds[SKALD_CT_TIMEOUT_ICMPV6] = 60;
	timeouts->seconds[SKALD_CT_TIMEOUT_UDP] = 300;
	timeouts->seconds[SKALD_CT_TIMEOUT_UDP_STREAM] = 300;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_SYN_SENT] = 240;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_SYN_RECV] = 240;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_SYN_SENT2] = 240;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_ESTABLISHED] = 7440;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_FIN_WAIT] = 7440;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_CLOSE_WAIT] = 7440;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_LAST_ACK] = 240;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_TIME_WAIT] = 240;
	timeouts->seconds[SKALD_CT_TIMEOUT_TCP_CLOSE] = 240;
}

static bool is_in_pool(const struct skald_nat64 *nat64,
		       const union skald_addr *addr)
{
	u32 ip = ntohl(addr->ip);

	return ip >= ntohl(nat64->settings.pool_min.ip) &&
	       ip <= ntohl(nat64->settings.pool_max.ip);
}

bool skald_nat64_wants(const struct skald_nat64 *nat64,
		       const struct skald_view *view)
{
	union skald_addr addr = { .words = { 0 } }, ip;
	bool is_ipv4 = view->family == NFPROTO_IPV4;
	u32 len = is_ipv4 ? 4 : sizeof(addr);
	const void *bytes;

	if (!is_ipv4 && view->family != NFPROTO_IPV6)
		return false;
	bytes = skald_view_bytes(view, view->network + (is_ipv4 ? 16 : 24), len,
				 &addr);
	if (!bytes)
		return false;
	if (bytes != &addr)
		memcpy(&addr, bytes, len);
	return is_ipv4 ? is_in_pool(nat64, &addr)
		       : skald_nat64_extract(&nat64->settings.prefix, &addr,
					     &ip);
}

/* ---- bindings; under the lock ---- */

static u32 bucket(const struct skald_nat64 *nat64, const union skald_addr *addr,
		  __be16 port, u8 proto)
{
	u64 words[3] = { addr->words[0], addr->words[1],
			 (u64)(__force u16)port << 8 | proto };

	return hsiphash(words, sizeof(words), &nat64->key) %
	       SKALD_NAT64_BUCKETS;
}

static struct skald_nat64_binding *find6(struct skald_nat64 *nat64, u8 proto,
					 const union skald_addr *addr,
					 __be16 port)
{
	struct skald_nat64_binding *binding;

	hlist_for_each_entry(
		binding, &nat64->by6[bucket(nat64, addr, port, proto)], by6) {
		if (binding->proto == proto && binding->port6 == port &&
		    skald_addr_equal(&binding->addr6, addr))
			return binding;
	}
	return NULL;
}

static struct skald_nat64_binding *find4(struct skald_nat64 *nat64, u8 proto,
					 const union skald_addr *addr,
					 __be16 port)
{
	struct skald_nat64_binding *binding;

	hlist_for_each_entry(
		binding, &nat64->by4[bucket(nat64, addr, port, proto)], by4) {
		if (binding->proto == proto && binding->port4 == port &&
		    skald_addr_equal(&binding->addr4, addr))
			return binding;
	}
	return NULL;
}

/* @model: both endpoints and the protocol */
static struct skald_nat64_binding *
insert(struct skald_nat64 *nat64, const struct skald_nat64_binding *model)
{
	struct skald_nat64_binding *binding;

	if (nat64->settings.max && nat64->n >= nat64->settings.max)
		return NULL;
	binding = kzalloc(sizeof(*binding), GFP_ATOMIC);
	if (!binding)
		return NULL;
	*binding = *model;
	binding->owner = nat64;
	hlist_add_head(&binding->by6,
		       &nat64->by6[bucket(nat64, &binding->addr6,
					  binding->port6, binding->proto)]);
	hlist_add_head(&binding->by4,
		       &nat64->by4[bucket(nat64, &binding->addr4,
					  binding->port4, binding->proto)]);
	nat64->n++;
	return binding;
}

/* Well-known ports stay such, and odd ones odd (RFC 6146, 3.5.1.1). */
static void find_ports(const struct skald_nat64_binding *model, u32 *first,
		       u32 *size, u32 *step)
{
	u32 port = ntohs(model->port6);

	*first = port < PORT_USER ? 0 : PORT_USER;
	*size = port < PORT_USER ? PORT_USER : PORTS - PORT_USER;
	*step = 1;
	if (model->proto == IPPROTO_ICMP) {
		*first = 0;
		*size = PORTS;
	} else if (model->proto == IPPROTO_UDP) {
		*first += port & 1;
		*step = 2;
	}
}

static bool choose_port(struct skald_nat64 *nat64,
			struct skald_nat64_binding *model)
{
	u32 first, size, step, i, off;

	model->port4 = model->port6;
	if (!find4(nat64, model->proto, &model->addr4, model->port4))
		return true;
	find_ports(model, &first, &size, &step);
	size /= step;
	off = skald_random_below(skald_ct_random(nat64->table), size);
	for (i = 0; i < ATTEMPTS; i++, off++) {
		model->port4 = htons((u16)(first + off % size * step));
		if (!find4(nat64, model->proto, &model->addr4, model->port4))
			return true;
	}
	return false;
}

/* One host has one address as long as there are ports (RFC 6146, 3.5.1.1). */
static bool choose(struct skald_nat64 *nat64, struct skald_nat64_binding *model)
{
	u32 low = ntohl(nat64->settings.pool_min.ip);
	u32 n = ntohl(nat64->settings.pool_max.ip) - low, i, off;

	off = hsiphash(&model->addr6, sizeof(model->addr6), &nat64->key);
	off = n == U32_MAX ? off : off % (n + 1);
	memset(&model->addr4, 0, sizeof(model->addr4));
	for (i = 0; i < ADDRESSES && i <= n; i++) {
		model->addr4.ip = htonl(low + off);
		if (choose_port(nat64, model))
			return true;
		off = off == n ? 0 : off + 1;
	}
	return false;
}

static void fill_model(struct skald_nat64_binding *model, u8 proto,
		       const union skald_addr *addr6, __be16 port6)
{
	memset(model, 0, sizeof(*model));
	model->proto = proto;
	model->addr6 = *addr6;
	model->port6 = port6;
}

int skald_nat64_bind(struct skald_nat64 *nat64, u8 proto,
		     const struct skald_ct_tuple *host,
		     const struct skald_ct_tuple *outside)
{
	struct skald_nat64_binding model;
	int ret = -EEXIST;

	fill_model(&model, proto, &host->src, host->sport);
	model.addr4 = outside->src;
	model.port4 = outside->sport;
	model.is_static = true;
	spin_lock_bh(&nat64->lock);
	if (!find6(nat64, proto, &model.addr6, model.port6) &&
	    !find4(nat64, proto, &model.addr4, model.port4)) {
		if (nat64->settings.max && nat64->n >= nat64->settings.max)
			ret = -ENFILE;
		else
			ret = insert(nat64, &model) ? 0 : -ENOMEM;
	}
	spin_unlock_bh(&nat64->lock);
	return ret;
}

void skald_nat64_release(struct skald_nat64_binding *binding)
{
	struct skald_nat64 *nat64 = binding ? binding->owner : NULL;

	if (!nat64)
		return;
	spin_lock_bh(&nat64->lock);
	if (!--binding->sessions && !binding->is_static) {
		hlist_del(&binding->by6);
		hlist_del(&binding->by4);
		nat64->n--;
		kfree(binding);
	}
	spin_unlock_bh(&nat64->lock);
}

/* ---- sessions ---- */

/* The protocol of a binding; 0: it is not translated. */
static u8 binding_proto(const struct skald_ct_tuple *tuple)
{
	u8 type = skald_ct_icmp_type(tuple);

	switch (tuple->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return tuple->proto;
	case IPPROTO_ICMP:
		return type == ECHO4_REQUEST ? IPPROTO_ICMP : 0;
	case IPPROTO_ICMPV6:
		return type == ECHO6_REQUEST ? IPPROTO_ICMP : 0;
	default:
		return 0;
	}
}

/* Answers of a conversation, in the other family; addresses are there. */
static void fill_reply(struct skald_ct_tuple *reply,
		       const struct skald_ct_tuple *from, u8 family)
{
	bool is_ipv4 = family == NFPROTO_IPV4;
	u8 code = skald_ct_icmp_code(from);

	reply->family = family;
	reply->proto = from->proto;
	reply->dir = SKALD_CT_REPLY;
	if (from->proto != IPPROTO_ICMP && from->proto != IPPROTO_ICMPV6)
		return;
	reply->proto = is_ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	reply->dport =
		htons((u16)((is_ipv4 ? ECHO4_REPLY : ECHO6_REPLY) << 8 | code));
}

static bool is_echo(const struct skald_ct_tuple *tuple)
{
	return tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6;
}

/* Outbound: the host gets an IPv4 endpoint, or has one. */
static struct skald_nat64_binding *reply_of6(struct skald_nat64 *nat64,
					     const struct skald_ct_tuple *from,
					     struct skald_ct_tuple *reply)
{
	const struct skald_nat64_prefix *prefix = &nat64->settings.prefix;
	struct skald_nat64_binding *binding, model;
	u8 proto = binding_proto(from);
	union skald_addr loop;

	/* from the prefix to the prefix: a loop (RFC 6146, 3.5) */
	if (!proto || skald_nat64_extract(prefix, &from->src, &loop) ||
	    !skald_nat64_extract(prefix, &from->dst, &reply->src))
		return NULL;
	binding = find6(nat64, proto, &from->src, from->sport);
	if (!binding) {
		fill_model(&model, proto, &from->src, from->sport);
		if (!choose(nat64, &model))
			return NULL;
		binding = insert(nat64, &model);
	}
	if (!binding)
		return NULL;
	reply->dst = binding->addr4;
	reply->sport = is_echo(from) ? binding->port4 : from->dport;
	reply->dport = binding->port4;
	fill_reply(reply, from, NFPROTO_IPV4);
	return binding;
}

/* Inbound: only to those who are bound. */
static struct skald_nat64_binding *reply_of4(struct skald_nat64 *nat64,
					     const struct skald_ct_tuple *from,
					     struct skald_ct_tuple *reply)
{
	struct skald_nat64_binding *binding;
	u8 proto = binding_proto(from);

	if (!proto)
		return NULL;
	binding = find4(nat64, proto, &from->dst,
			is_echo(from) ? from->sport : from->dport);
	if (!binding || (nat64->settings.answers_only && !binding->is_static) ||
	    skald_nat64_embed(&nat64->settings.prefix, from->src.ip,
			      &reply->dst))
		return NULL;
	reply->src = binding->addr6;
	reply->sport = binding->port6;
	reply->dport = from->sport;
	fill_reply(reply, from, NFPROTO_IPV6);
	return binding;
}

static struct skald_nat64_binding *
take_binding(struct skald_nat64 *nat64, const struct skald_ct_tuple *from,
	     struct skald_ct_tuple *reply)
{
	struct skald_nat64_binding *binding;

	spin_lock_bh(&nat64->lock);
	binding = from->family == NFPROTO_IPV6 ? reply_of6(nat64, from, reply)
					       : reply_of4(nat64, from, reply);
	if (binding)
		binding->sessions++;
	spin_unlock_bh(&nat64->lock);
	return binding;
}

static void mark_bound(struct skald_ct *ct)
{
	set_bit(SKALD_CT_SRC_NAT, &ct->status);
	set_bit(SKALD_CT_DST_NAT, &ct->status);
	set_bit(SKALD_CT_SRC_NAT_DONE, &ct->status);
	set_bit(SKALD_CT_DST_NAT_DONE, &ct->status);
}

static int begin_session(struct skald_nat64 *nat64,
			 struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	struct skald_ct_nat *slot = skald_nat_slot(ct);
	struct skald_nat64_binding *binding;
	struct skald_ct_tuple reply;

	if (!slot)
		return -ENOMEM;
	memset(&reply, 0, sizeof(reply));
	binding = take_binding(nat64, skald_ct_tuple(ct, SKALD_CT_ORIGINAL),
			       &reply);
	if (!binding)
		return -ENOENT;
	if (skald_ct_taken(packet, &reply)) {
		skald_nat64_release(binding);
		return -ENOENT;
	}
	slot->binding = binding;
	skald_ct_set_reply(ct, &reply);
	mark_bound(ct);
	return 0;
}

static bool is_error(const struct skald_ct_packet *packet)
{
	return packet->state == SKALD_CT_RELATED &&
	       (packet->view->l4proto == IPPROTO_ICMP ||
		packet->view->l4proto == IPPROTO_ICMPV6);
}

/* Whoever reports an error has an address as well. */
static void name_reporter(const struct skald_nat64 *nat64,
			  const struct skald_view *view,
			  struct skald_ct_tuple *target)
{
	bool is_ipv4 = view->family == NFPROTO_IPV4;
	union skald_addr from = { .words = { 0 } }, to;
	u32 len = is_ipv4 ? 4 : sizeof(from);
	const void *bytes = skald_view_bytes(
		view, view->network + (is_ipv4 ? 12 : 8), len, &from);

	if (!bytes)
		return;
	if (bytes != &from)
		memcpy(&from, bytes, len);
	/* a router of the IPv6 side has none but the host's */
	if (is_ipv4 ? !skald_nat64_embed(&nat64->settings.prefix, from.ip, &to)
		    : skald_nat64_extract(&nat64->settings.prefix, &from, &to))
		target->src = to;
}

int skald_nat64_packet(struct skald_nat64 *nat64,
		       struct skald_ct_packet *packet,
		       struct skald_nat64_job *job)
{
	const struct skald_nat64_settings *settings = &nat64->settings;
	struct skald_ct *ct = packet->ct;
	struct skald_ct_tuple target, quoted;
	int ret = 0;

	if (!ct)
		return -ENOENT;
	if (!ct->nat || !ct->nat->binding) {
		if (skald_ct_is(ct, SKALD_CT_CONFIRMED) || is_error(packet) ||
		    skald_ct_is(ct, SKALD_CT_SRC_NAT_DONE) ||
		    skald_ct_is(ct, SKALD_CT_DST_NAT_DONE))
			return -ENOENT;
		ret = begin_session(nat64, packet);
	}
	if (ret)
		return ret;
	quoted = *skald_ct_tuple(ct, !packet->dir);
	if (!skald_ct_tuple_invert(&target, &quoted))
		return -ENOENT;
	job->prefix = &settings->prefix;
	job->target = &target;
	job->quoted = NULL;
	job->id = (u16)skald_ct_random(packet->table);
	job->mtu6 = settings->mtu6;
	job->mtu4 = settings->mtu4;
	if (is_error(packet)) {
		job->quoted = &quoted;
		name_reporter(nat64, packet->view, &target);
	}
	ret = skald_nat64_translate(packet->view, job);
	job->target = NULL;
	job->quoted = NULL;
	return ret;
}
