// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIP under NAT: addresses and ports in messages become those that the other
 * side can use. As nf_nat_sip.c.
 */
#include "ct_mangle.h"
#include "ct_sip.h"
#include "ct_text.h"

static int write_at(struct skald_sip_look *look,
		    const struct skald_sip_place *place, const char *text,
		    int len)
{
	const struct skald_help_edit edit = { .off = look->off + place->off,
					      .old_len = place->len,
					      .text = text,
					      .len = (u32)len };
	struct skald_help_payload payload;
	int err = skald_help_write(look->packet, &edit);

	if (err)
		return err;
	if (!skald_help_payload(look->packet, &payload))
		return -ENODATA;
	look->text.bytes = payload.bytes + look->off;
	look->text.len += (u32)len - place->len;
	return 0;
}

static int put_addr(const struct skald_sip_look *look, char *buf, size_t size,
		    const union skald_addr *addr, bool in_brackets)
{
	char text[SKALD_TEXT_ADDR];

	if (look->text.family == NFPROTO_IPV4)
		return skald_text_put_ipv4(buf, size, addr->bytes);
	skald_text_put_ipv6(text, sizeof(text), addr->bytes, false);
	return snprintf(buf, size, in_brackets ? "[%s]" : "%s", text);
}

static int put_addr_port(const struct skald_sip_look *look, char *buf,
			 size_t size, const union skald_addr *addr, u16 port)
{
	int len = put_addr(look, buf, size, addr, true);

	return len + snprintf(buf + len, size - (size_t)len, ":%u", port);
}

/* ---- the message ---- */

/* map_addr(): an end of this connection becomes what the other side knows. */
static int map_uri(struct skald_sip_look *look, const struct skald_sip_uri *uri)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	const struct skald_ct_tuple *other = skald_help_other(look->packet);
	const union skald_addr *addr;
	char text[SKALD_TEXT_ADDR + 8];
	__be16 port = htons(uri->port), new_port;

	if (skald_addr_equal(&tuple->src, &uri->addr) && tuple->sport == port) {
		addr = &other->dst;
		new_port = other->dport;
	} else if (skald_addr_equal(&tuple->dst, &uri->addr) &&
		   tuple->dport == port) {
		addr = &other->src;
		new_port = look->data->forced_dport ? look->data->forced_dport
						    : other->sport;
	} else {
		return 0;
	}
	if (skald_addr_equal(addr, &uri->addr) && new_port == port)
		return 0;
	return write_at(look, &uri->place, text,
			put_addr_port(look, text, sizeof(text), addr,
				      ntohs(new_port)));
}

static int map_header(struct skald_sip_look *look, enum skald_sip_header type)
{
	struct skald_sip_uri uri;

	if (skald_sip_first_uri(&look->text, type, &uri) <= 0)
		return 0;
	return map_uri(look, &uri);
}

/* A parameter of Via: an address that is @old becomes @new. */
static int map_param(struct skald_sip_look *look, u32 from, const char *name,
		     const union skald_addr *old, const union skald_addr *new)
{
	bool in_brackets = !strcmp(name, "maddr=");
	char text[SKALD_TEXT_ADDR];
	struct skald_sip_uri uri;

	if (!skald_sip_param_addr(&look->text, from, name, in_brackets, &uri) ||
	    !skald_addr_equal(&uri.addr, old) ||
	    skald_addr_equal(&uri.addr, new))
		return 0;
	return write_at(look, &uri.place, text,
			put_addr(look, text, sizeof(text), new, in_brackets));
}

/* RFC 3581: the port the request came from. */
static int map_rport(struct skald_sip_look *look, u32 from)
{
	__be16 old = skald_help_tuple(look->packet)->dport;
	__be16 new = skald_help_other(look->packet)->sport;
	struct skald_sip_place place;
	char text[sizeof("65535")];
	u32 port;

	if (skald_sip_param_number(&look->text, from, "rport=", &place,
				   &port) <= 0 ||
	    port < SKALD_SIP_PORT_MIN || port > U16_MAX ||
	    htons((u16)port) != old || old == new)
		return 0;
	return write_at(look, &place, text,
			snprintf(text, sizeof(text), "%u", ntohs(new)));
}

/* The topmost Via, if it is of this connection, with its parameters. */
static int map_via(struct skald_sip_look *look, bool is_request)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	const struct skald_ct_tuple *other = skald_help_other(look->packet);
	u32 len = look->text.len, behind;
	struct skald_sip_uri via;
	int err;

	if (skald_sip_first_uri(&look->text,
				tuple->proto == IPPROTO_TCP ? SKALD_SIP_VIA_TCP
							    : SKALD_SIP_VIA_UDP,
				&via) <= 0)
		return 0;
	if (!skald_addr_equal(&via.addr,
			      is_request ? &tuple->src : &tuple->dst) ||
	    htons(via.port) != (is_request ? tuple->sport : tuple->dport))
		return 0;
	err = map_uri(look, &via);
	if (err)
		return err;
	behind = via.place.off + via.place.len + look->text.len - len;
	err = map_param(look, behind, "maddr=", &tuple->src, &other->dst);
	if (!err)
		err = map_param(look, behind, "received=", &tuple->dst,
				&other->src);
	return err ? err : map_rport(look, behind);
}

static int map_contacts(struct skald_sip_look *look)
{
	struct skald_sip_walk walk = { 0 };
	struct skald_sip_uri uri;
	u32 len;
	int err;

	while (skald_sip_next_uri(&look->text, &walk, SKALD_SIP_CONTACT, &uri) >
	       0) {
		len = look->text.len;
		err = map_uri(look, &uri);
		if (err)
			return err;
		walk.at += look->text.len - len;
	}
	return 0;
}

/* Telephones that listen on another port than they send from. */
static int force_port(struct skald_sip_look *look)
{
	struct skald_view *view = look->packet->view;
	u32 word;

	if (look->packet->dir != SKALD_CT_REPLY || !look->data->forced_dport)
		return 0;
	if (view->l4proto != IPPROTO_UDP)
		return -EINVAL;
	word = get_unaligned_be32(view->data + view->transport);
	word = (word & 0xffff0000) | ntohs(look->data->forced_dport);
	skald_mangle_be32(view, view->transport, word);
	return 0;
}

int skald_sip_nat_message(struct skald_sip_look *look)
{
	bool is_request =
		!skald_text_begins(look->text.bytes, look->text.len, "SIP/2.0");
	struct skald_sip_uri uri;
	int err = 0;

	if (is_request && skald_sip_request_uri(&look->text, &uri) > 0)
		err = map_uri(look, &uri);
	if (!err)
		err = map_via(look, is_request);
	if (!err)
		err = map_contacts(look);
	if (!err)
		err = map_header(look, SKALD_SIP_FROM);
	if (!err)
		err = map_header(look, SKALD_SIP_TO);
	return err ? err : force_port(look);
}

/* ---- session descriptions ---- */

/* The body may be of another length now. */
static int fix_content_length(struct skald_sip_look *look)
{
	struct skald_sip_place place;
	char text[sizeof("4294967295")];
	u32 len;

	if (skald_sdp_find(&look->text, 0, SKALD_SDP_VERSION, SKALD_SDP_NONE,
			   &place) <= 0)
		return -EINVAL;
	len = look->text.len - place.off + 2; /* with its "v=" */
	if (skald_sip_find(&look->text, 0, SKALD_SIP_CONTENT_LENGTH, &place) <=
	    0)
		return -EINVAL;
	return write_at(look, &place, text,
			snprintf(text, sizeof(text), "%u", len));
}

static int write_sdp_addr(struct skald_sip_look *look, u32 from,
			  enum skald_sdp_header type,
			  const union skald_addr *addr)
{
	char text[SKALD_TEXT_ADDR];
	struct skald_sip_place place;

	if (skald_sdp_find(&look->text, from, type, SKALD_SDP_MEDIA, &place) <=
	    0)
		return -ENOENT;
	return write_at(look, &place, text,
			put_addr(look, text, sizeof(text), addr, false));
}

int skald_sip_nat_media_addr(struct skald_sip_look *look, u32 from,
			     const union skald_addr *addr)
{
	int err = write_sdp_addr(look, from, SKALD_SDP_CONNECTION, addr);

	return err ? err : fix_content_length(look);
}

int skald_sip_nat_session(struct skald_sip_look *look, u32 from,
			  const union skald_addr *addr)
{
	int err = write_sdp_addr(look, from, SKALD_SDP_OWNER, addr);

	if (err)
		return err;
	/* a session whose media have their own needs none */
	err = write_sdp_addr(look, from, SKALD_SDP_CONNECTION, addr);
	if (err && err != -ENOENT)
		return err;
	return fix_content_length(look);
}

int skald_sip_nat_port(struct skald_sip_look *look,
		       const struct skald_sip_place *place, u16 port)
{
	char text[sizeof("65535")];
	int err = write_at(look, place, text,
			   snprintf(text, sizeof(text), "%u", port));

	return err ? err : fix_content_length(look);
}

/* ---- expected connections ---- */

/* The other end of the media stream is expected as well, translated. */
static bool find_pair(const struct skald_ct_packet *packet,
		      struct skald_ct *master, struct skald_help_bind *bind)
{
	const struct skald_ct_tuple *tuple =
		skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	struct skald_ct_expect *expect;
	bool is_found = false;

	spin_lock_bh(&packet->table->expect_lock);
	hlist_for_each_entry(expect, &master->help->expects, sibling) {
		if (expect->tuple.family != tuple->family ||
		    expect->tuple.proto != tuple->proto ||
		    !skald_addr_equal(&expect->saved_addr, &tuple->src) ||
		    expect->saved_port != tuple->sport)
			continue;
		bind->has_port = true;
		bind->addr = expect->tuple.dst;
		bind->port = expect->tuple.dport;
		is_found = true;
		break;
	}
	spin_unlock_bh(&packet->table->expect_lock);
	return is_found;
}

/* nf_nat_sip_expected() */
static void expected(struct skald_ct_packet *packet,
		     struct skald_ct_expect *expect)
{
	struct skald_ct *master = expect->master;
	struct skald_help_bind bind = { .manip = SKALD_NAT_DST,
					.has_port = true,
					.addr = expect->saved_addr,
					.port = expect->saved_port };
	const union skald_addr *src =
		&skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL)->src;

	skald_help_bind(packet, &bind);
	bind.manip = SKALD_NAT_SRC;
	bind.has_port = false;
	if (expect->class == SKALD_SIP_SIGNALLING ||
	    !find_pair(packet, master, &bind)) {
		if (!skald_addr_equal(
			    src, &skald_ct_tuple(master, expect->dir)->src))
			return;
		bind.addr = skald_ct_tuple(master, !expect->dir)->dst;
	}
	skald_help_bind(packet, &bind);
}

/* Where the speaker can be reached, seen from the other side. */
static const union skald_addr *reachable(const struct skald_sip_look *look,
					 const struct skald_ct_expect *expect)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	const struct skald_ct_tuple *other = skald_help_other(look->packet);

	return skald_addr_equal(&tuple->src, &other->dst) ? &expect->tuple.dst
							  : &other->dst;
}

static void prepare(const struct skald_sip_look *look,
		    struct skald_ct_expect *expect,
		    const union skald_addr *addr)
{
	expect->saved_addr = expect->tuple.dst;
	expect->saved_port = expect->tuple.dport;
	expect->tuple.dst = *addr;
	expect->dir = !look->packet->dir;
	expect->expectfn = expected;
}

int skald_sip_nat_expect(struct skald_sip_look *look,
			 struct skald_ct_expect *expect,
			 const struct skald_sip_place *contact)
{
	struct skald_ct_packet *packet = look->packet;
	const struct skald_ct_tuple *tuple = skald_help_tuple(packet);
	const union skald_addr addr = *reachable(look, expect);
	__be16 own = look->data->forced_dport ? look->data->forced_dport
					      : tuple->sport;
	char text[SKALD_TEXT_ADDR + 8];
	u16 port = ntohs(expect->tuple.dport);
	int err;

	if (expect->tuple.dport == own)
		port = ntohs(skald_help_other(packet)->dport);
	prepare(look, expect, &addr);
	port = skald_help_expect_port(packet, expect, port);
	if (!port)
		return -EBUSY;
	if (skald_addr_equal(&expect->tuple.dst, &expect->saved_addr) &&
	    expect->tuple.dport == expect->saved_port)
		return 0;
	err = write_at(look, contact, text,
		       put_addr_port(look, text, sizeof(text), &addr, port));
	if (err)
		skald_ct_unexpect(packet->table, expect, packet->now_ns);
	return err;
}

/* Two free ports that follow each other; 0: there are none. */
static u16 find_ports(struct skald_ct_packet *packet,
		      struct skald_ct_expect *const pair[2])
{
	u32 port;
	int err;

	for (port = ntohs(pair[0]->tuple.dport); port < U16_MAX; port += 2) {
		pair[0]->tuple.dport = htons((u16)port);
		pair[1]->tuple.dport = htons((u16)(port + 1));
		err = skald_ct_expect_related(packet, pair[0], true);
		if (!err) {
			err = skald_ct_expect_related(packet, pair[1], true);
			if (!err)
				return (u16)port;
			skald_ct_unexpect(packet->table, pair[0],
					  packet->now_ns);
		}
		if (err != -EBUSY)
			return 0;
	}
	return 0;
}

int skald_sip_nat_media(struct skald_sip_look *look,
			struct skald_ct_expect *const pair[2],
			const struct skald_sip_place *port,
			union skald_addr *addr)
{
	struct skald_ct_packet *packet = look->packet;
	u16 found;
	int err;

	*addr = *reachable(look, pair[0]);
	prepare(look, pair[0], addr);
	prepare(look, pair[1], addr);
	found = find_ports(packet, pair);
	if (!found)
		return -EBUSY;
	if (pair[0]->tuple.dport == pair[0]->saved_port)
		return 0;
	err = skald_sip_nat_port(look, port, found);
	if (err) {
		skald_ct_unexpect(packet->table, pair[0], packet->now_ns);
		skald_ct_unexpect(packet->table, pair[1], packet->now_ns);
	}
	return err;
}
