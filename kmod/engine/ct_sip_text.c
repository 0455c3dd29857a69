// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of SIP and SDP.
 */
#include "ct_sip_text.h"
#include "ct_stream.h"
#include "ct_text.h"

#define NOWHERE U32_MAX

static bool is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

static bool is_newline(u8 c)
{
	return c == '\r' || c == '\n';
}

static bool begins_at(const struct skald_sip_text *text, u32 off,
		      const char *word)
{
	return off <= text->len &&
	       skald_text_begins(text->bytes + off, text->len - off, word);
}

u32 skald_sip_number(const struct skald_sip_text *text, u32 off, u32 *value)
{
	u32 n;

	if (off >= text->len)
		return 0;
	n = skald_text_number(text->bytes + off, text->len - off, U32_MAX,
			      value);
	if (!n)
		*value = 0;
	return n;
}

/* ---- addresses ---- */

/* sip_parse_addr(): IPv6 in brackets, which must be there if @in_brackets. */
static u32 read_addr(const struct skald_sip_text *text, u32 off,
		     bool in_brackets, union skald_addr *addr)
{
	u32 at = off, n;
	bool has_open;

	if (off >= text->len)
		return 0;
	has_open = text->family == NFPROTO_IPV6 && text->bytes[at] == '[';
	if (text->family == NFPROTO_IPV6 && in_brackets && !has_open)
		return 0;
	at += has_open;
	n = skald_text_addr(text->bytes + at, text->len - at, text->family,
			    addr->bytes);
	if (!n)
		return 0;
	at += n;
	if (text->family == NFPROTO_IPV6 && at < text->len &&
	    text->bytes[at] == ']')
		at++;
	else if (text->family == NFPROTO_IPV6 && in_brackets)
		return 0;
	return at - off;
}

/*
 * sip_parse_port(): the port behind an address; without one it is SIP's. A
 * message does not end here.
 */
static bool read_port(const struct skald_sip_text *text, u32 *off, u16 *port)
{
	u32 n, value;

	if (*off >= text->len)
		return false;
	if (text->bytes[*off] != ':') {
		*port = SKALD_SIP_PORT;
		return true;
	}
	n = skald_sip_number(text, *off + 1, &value);
	if (!n || n > 5 || *off + 1 + n >= text->len ||
	    value < SKALD_SIP_PORT_MIN || value > U16_MAX)
		return false;
	*off += 1 + n;
	*port = (u16)value;
	return true;
}

static u32 addr_port_len(const struct skald_sip_text *text, u32 off)
{
	union skald_addr addr;
	u32 end = off, n;
	u16 port;

	n = read_addr(text, off, true, &addr);
	end += n;
	return n && read_port(text, &end, &port) ? end - off : 0;
}

/* ---- what headers have ---- */

static struct skald_sip_place place_of(u32 off, u32 len)
{
	return (struct skald_sip_place){ .off = off, .len = len };
}

static struct skald_sip_place read_digits(const struct skald_sip_text *text,
					  u32 off)
{
	u32 at = off;

	while (at < text->len && skald_text_is_digit(text->bytes[at]))
		at++;
	return place_of(off, at - off);
}

static struct skald_sip_place read_host(const struct skald_sip_text *text,
					u32 off)
{
	return place_of(off, addr_port_len(text, off));
}

/* "user@" does not belong to it. */
static struct skald_sip_place read_uri(const struct skald_sip_text *text,
				       u32 off)
{
	u32 at = off;

	while (at < text->len && text->bytes[at] != '@' &&
	       !is_newline(text->bytes[at]))
		at++;
	if (at < text->len && text->bytes[at] == '@')
		off = at + 1;
	return read_host(text, off);
}

/* "audio 5004" */
static struct skald_sip_place read_media(const struct skald_sip_text *text,
					 u32 off)
{
	u32 at = off;

	while (at < text->len && skald_text_is_alpha(text->bytes[at]))
		at++;
	if (at >= text->len || text->bytes[at] != ' ')
		return place_of(off, 0);
	at++;
	return place_of(off, at - off + read_digits(text, at).len);
}

static struct skald_sip_place read_sdp_addr(const struct skald_sip_text *text,
					    u32 off)
{
	union skald_addr addr;

	if (off >= text->len)
		return place_of(off, 0);
	return place_of(off, skald_text_addr(text->bytes + off, text->len - off,
					     text->family, addr.bytes));
}

/**
 * struct header - how a header is found
 * @name: its name
 * @short_name: its compact form, NULL: none
 * @search: what stands before the value, NULL: nothing
 * @read: where its value is, from an offset on; length 0: there is none
 */
struct header {
	const char *name;
	const char *short_name;
	const char *search;
	struct skald_sip_place (*read)(const struct skald_sip_text *text,
				       u32 off);
};

static const struct header headers[SKALD_SIP_HEADERS] = {
	[SKALD_SIP_CSEQ] = { "CSeq", NULL, NULL, read_digits },
	[SKALD_SIP_FROM] = { "From", "f", "sip:", read_uri },
	[SKALD_SIP_TO] = { "To", "t", "sip:", read_uri },
	[SKALD_SIP_CONTACT] = { "Contact", "m", "sip:", read_uri },
	[SKALD_SIP_VIA_UDP] = { "Via", "v", "UDP ", read_host },
	[SKALD_SIP_VIA_TCP] = { "Via", "v", "TCP ", read_host },
	[SKALD_SIP_EXPIRES] = { "Expires", NULL, NULL, read_digits },
	[SKALD_SIP_CONTENT_LENGTH] = { "Content-Length", "l", NULL,
				       read_digits },
};

static const struct header sdp_headers[SKALD_SDP_HEADERS] = {
	[SKALD_SDP_VERSION] = { "v=", NULL, NULL, read_digits },
	[SKALD_SDP_OWNER] = { "o=", NULL, "IN IP4 ", read_sdp_addr },
	[SKALD_SDP_CONNECTION] = { "c=", NULL, "IN IP4 ", read_sdp_addr },
	[SKALD_SDP_MEDIA] = { "m=", NULL, NULL, read_media },
};

/* ---- lines ---- */

/* Behind a newline, a continued line: its first character; else NOWHERE. */
static u32 continuation(const struct skald_sip_text *text, u32 at)
{
	if (++at >= text->len)
		return NOWHERE;
	if (text->bytes[at - 1] == '\r' && text->bytes[at] == '\n' &&
	    ++at >= text->len)
		return NOWHERE;
	if (!is_blank(text->bytes[at]))
		return NOWHERE;
	while (at < text->len && is_blank(text->bytes[at]))
		at++;
	return at;
}

static u32 skip_space(const struct skald_sip_text *text, u32 at)
{
	while (at < text->len && is_blank(text->bytes[at]))
		at++;
	if (at < text->len && is_newline(text->bytes[at]))
		at = continuation(text, at);
	return at < text->len ? at : NOWHERE;
}

/* Search in the value of a header, which may go on in the next line. */
static u32 search(const struct skald_sip_text *text, u32 at, u32 end,
		  const char *needle)
{
	u32 len = (u32)strlen(needle);

	while (at < end && end - at > len) {
		if (is_newline(text->bytes[at])) {
			at = continuation(text, at);
			if (at == NOWHERE)
				return NOWHERE;
			at++;
			continue;
		}
		if (skald_text_begins(text->bytes + at, end - at, needle))
			return at;
		at++;
	}
	return NOWHERE;
}

/* The beginning of the next line that begins behind @at. */
static u32 next_line(const struct skald_sip_text *text, u32 at)
{
	while (at < text->len && !is_newline(text->bytes[at]))
		at++;
	if (at >= text->len || ++at >= text->len)
		return NOWHERE;
	if (text->bytes[at - 1] == '\r' && text->bytes[at] == '\n')
		at++;
	return at < text->len ? at : NOWHERE;
}

/* Behind the header's name; 0: it is another one. */
static u32 match_name(const struct skald_sip_text *text, u32 at,
		      const struct header *header)
{
	u32 n;

	if (begins_at(text, at, header->name))
		return at + (u32)strlen(header->name);
	if (!header->short_name || !begins_at(text, at, header->short_name))
		return 0;
	n = (u32)strlen(header->short_name);
	if (at + n >= text->len || skald_text_is_alpha(text->bytes[at + n]))
		return 0;
	return at + n;
}

/* Behind the colon and what is blank there. */
static u32 skip_colon(const struct skald_sip_text *text, u32 at)
{
	at = skip_space(text, at);
	if (at == NOWHERE || text->bytes[at] != ':' || at + 1 >= text->len)
		return NOWHERE;
	return skip_space(text, at + 1);
}

static int take_value(const struct skald_sip_text *text,
		      const struct header *header, u32 at,
		      struct skald_sip_place *place)
{
	struct skald_sip_place value;

	place->off = at;
	if (header->search) {
		at = search(text, at, text->len, header->search);
		if (at == NOWHERE)
			return -EINVAL;
		at += (u32)strlen(header->search);
	}
	value = header->read(text, at);
	if (!value.len)
		return -EINVAL;
	*place = value;
	return 1;
}

int skald_sip_find(const struct skald_sip_text *text, u32 from,
		   enum skald_sip_header type, struct skald_sip_place *place)
{
	const struct header *header = &headers[type];
	u32 at = from, value;

	for (;;) {
		at = next_line(text, at);
		if (at == NOWHERE)
			return 0;
		value = match_name(text, at, header);
		if (!value)
			continue;
		value = skip_colon(text, value);
		if (value == NOWHERE)
			return 0;
		return take_value(text, header, value, place);
	}
}

/* The next of a list with commas, ct_sip_next_header(). */
static int find_next(const struct skald_sip_text *text, u32 at,
		     enum skald_sip_header type, struct skald_sip_place *place)
{
	struct skald_sip_place value;
	const struct header *header = &headers[type];

	at = search(text, at, text->len, ",");
	if (at == NOWHERE)
		return 0;
	at = search(text, at, text->len, header->search);
	if (at == NOWHERE)
		return 0;
	at += (u32)strlen(header->search);
	place->off = at;
	value = header->read(text, at);
	if (!value.len)
		return -EINVAL;
	*place = value;
	return 1;
}

/* ct_sip_walk_headers(): until one is found that counts. */
static bool walk_to(const struct skald_sip_text *text,
		    struct skald_sip_walk *walk, enum skald_sip_header type,
		    struct skald_sip_place *place)
{
	u32 at = walk->at;
	int ret;

	while (walk->in_header) {
		ret = find_next(text, at, type, place);
		if (ret > 0)
			return true;
		if (!ret)
			walk->in_header = false;
		else
			at = place->off;
	}
	for (;;) {
		ret = skald_sip_find(text, at, type, place);
		if (!ret)
			return false;
		if (ret > 0)
			break;
		at = place->off;
	}
	walk->in_header = true;
	return true;
}

int skald_sip_next_uri(const struct skald_sip_text *text,
		       struct skald_sip_walk *walk, enum skald_sip_header type,
		       struct skald_sip_uri *uri)
{
	u32 end, n;

	if (!walk_to(text, walk, type, &uri->place))
		return 0;
	end = uri->place.off;
	n = read_addr(text, end, true, &uri->addr);
	end += n;
	if (!n || !read_port(text, &end, &uri->port))
		return -EINVAL;
	walk->at = end;
	return 1;
}

int skald_sip_first_uri(const struct skald_sip_text *text,
			enum skald_sip_header type, struct skald_sip_uri *uri)
{
	struct skald_sip_walk walk = { 0 };

	return skald_sip_next_uri(text, &walk, type, uri);
}

int skald_sip_request_uri(const struct skald_sip_text *text,
			  struct skald_sip_uri *uri)
{
	struct skald_sip_place place;
	u32 at = 0, end;

	while (at < text->len && skald_text_is_alpha(text->bytes[at]))
		at++;
	if (!at || ++at >= text->len)
		return 0;
	while (!begins_at(text, at, "sip:")) {
		if (is_newline(text->bytes[at]))
			return -EINVAL;
		if (++at + 4 >= text->len)
			return 0;
	}
	at += 4;
	place = read_uri(text, at);
	if (!place.len)
		return 0;
	at = place.off;
	end = at + read_addr(text, at, true, &uri->addr);
	if (!read_port(text, &end, &uri->port))
		return -EINVAL;
	uri->place.off = at;
	uri->place.len = end - at;
	return 1;
}

/* Where the value of a parameter begins; @end: of the URI's parameters. */
static u32 find_param(const struct skald_sip_text *text, u32 from,
		      const char *name, u32 *end)
{
	u32 at;

	*end = search(text, from, text->len, ",");
	if (*end == NOWHERE)
		*end = text->len;
	at = search(text, from, *end, name);
	return at == NOWHERE ? NOWHERE : at + (u32)strlen(name);
}

bool skald_sip_param(const struct skald_sip_text *text, u32 from,
		     const char *name, struct skald_sip_place *place)
{
	u32 end, at = find_param(text, from, name, &end), semicolon;

	if (at == NOWHERE)
		return false;
	semicolon = search(text, at, end, ";");
	place->off = at;
	place->len = (semicolon == NOWHERE ? end : semicolon) - at;
	return true;
}

int skald_sip_param_number(const struct skald_sip_text *text, u32 from,
			   const char *name, struct skald_sip_place *place,
			   u32 *value)
{
	u32 end, at = find_param(text, from, name, &end);

	if (at == NOWHERE)
		return 0;
	place->off = at;
	place->len = skald_sip_number(text, at, value);
	return place->len ? 1 : -EINVAL;
}

bool skald_sip_param_addr(const struct skald_sip_text *text, u32 from,
			  const char *name, bool in_brackets,
			  struct skald_sip_uri *uri)
{
	u32 end, at = find_param(text, from, name, &end);

	if (at == NOWHERE)
		return false;
	uri->place.off = at;
	uri->place.len = read_addr(text, at, in_brackets, &uri->addr);
	return uri->place.len;
}

/* ---- session descriptions ---- */

/* Only in this line. */
static u32 search_line(const struct skald_sip_text *text, u32 at,
		       const char *needle)
{
	u32 len = (u32)strlen(needle);

	for (; at < text->len && text->len - at > len; at++) {
		if (is_newline(text->bytes[at]))
			break;
		if (!memcmp(text->bytes + at, needle, len))
			return at;
	}
	return NOWHERE;
}

static int take_sdp_value(const struct skald_sip_text *text,
			  const struct header *header, u32 at,
			  struct skald_sip_place *place)
{
	struct skald_sip_place value;

	place->off = at;
	if (header->search) {
		at = search_line(text, at,
				 text->family == NFPROTO_IPV4 ? "IN IP4 "
							      : "IN IP6 ");
		if (at == NOWHERE)
			return -EINVAL;
		at += (u32)strlen(header->search);
	}
	value = header->read(text, at);
	if (!value.len)
		return -EINVAL;
	*place = value;
	return 1;
}

int skald_sdp_find(const struct skald_sip_text *text, u32 from,
		   enum skald_sdp_header type, enum skald_sdp_header until,
		   struct skald_sip_place *place)
{
	const struct header *header = &sdp_headers[type];
	u32 at = from;

	for (;;) {
		at = next_line(text, at);
		if (at == NOWHERE)
			return 0;
		if (until != SKALD_SDP_NONE &&
		    begins_at(text, at, sdp_headers[until].name))
			return 0;
		if (begins_at(text, at, header->name))
			return take_sdp_value(text, header,
					      at + (u32)strlen(header->name),
					      place);
	}
}

int skald_sdp_addr(const struct skald_sip_text *text, u32 from,
		   enum skald_sdp_header type, enum skald_sdp_header until,
		   struct skald_sip_uri *uri)
{
	int ret = skald_sdp_find(text, from, type, until, &uri->place);

	if (ret <= 0)
		return ret;
	return skald_text_addr(text->bytes + uri->place.off, uri->place.len,
			       text->family, uri->addr.bytes)
		       ? 1
		       : -EINVAL;
}

/* ---- streams ---- */

/* Behind the empty line that ends the headers; 0: it is not there yet. */
static u32 headers_len(const u8 *bytes, u32 len)
{
	u32 at;

	for (at = 0; at + 4 <= len; at++)
		if (!memcmp(bytes + at, "\r\n\r\n", 4))
			return at + 4;
	return 0;
}

u32 skald_sip_frame(const u8 *bytes, u32 len)
{
	struct skald_sip_text text = { .bytes = bytes, .family = NFPROTO_IPV4 };
	struct skald_sip_place place;
	u32 end = 0, body;

	while (end < len && is_newline(bytes[end]))
		end++;
	if (end)
		return end;
	end = headers_len(bytes, len);
	if (!end)
		return 0;
	text.len = end;
	if (skald_sip_find(&text, 0, SKALD_SIP_CONTENT_LENGTH, &place) <= 0 ||
	    !skald_sip_number(&text, place.off, &body) || body > U16_MAX)
		return SKALD_STREAM_NONSENSE;
	return end + body;
}
