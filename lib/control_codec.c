// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifiers and packed stories as JSON, and back. What comes from a peer is
 * checked field by field.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

#define EXPRESSION_MAX 16384

static json_t *hooks_json(unsigned int hooks)
{
	switch (hooks) {
	case SKALD_AT_PREROUTING:
		return json_string("prerouting");
	case SKALD_AT_OUTPUT:
		return json_string("output");
	}
	return json_string("both");
}

json_t *skald_control_classifier(const struct skald_classifier *classifier)
{
	const char *expression = classifier->expression;

	return json_pack("{s:I, s:s, s:s*, s:s*, s:o, s:I, s:I, s:I, s:I, s:s}",
			 "id", (json_int_t)classifier->id, "expression",
			 expression ? expression : "", "iif", classifier->iif,
			 "oif", classifier->oif, "hook",
			 hooks_json(classifier->hooks), "rate",
			 (json_int_t)classifier->rate, "sample",
			 (json_int_t)classifier->sample, "first",
			 (json_int_t)classifier->first, "expires_ns",
			 (json_int_t)classifier->expires_ns, "source",
			 skald_source_wish_word(classifier->source));
}

/* Return: 0 and NULL when the key is absent */
static int get_string(const json_t *json, const char *key, size_t max,
		      char **value, struct skald_error *error)
{
	const json_t *member = json_object_get(json, key);
	char *copy;

	*value = NULL;
	if (!member || json_is_null(member))
		return 0;
	if (!json_is_string(member))
		return skald_error_set(error, EINVAL, "\"%s\" must be a string",
				       key);
	if (json_string_length(member) > max ||
	    strlen(json_string_value(member)) != json_string_length(member))
		return skald_error_set(error, EINVAL,
				       "\"%s\" is longer than %zu bytes or "
				       "holds a NUL",
				       key, max);
	copy = strdup(json_string_value(member));
	if (!copy)
		return skald_error_set(error, ENOMEM, "no memory");
	*value = copy;
	return 0;
}

static int get_number(const json_t *json, const char *key, uint64_t max,
		      uint64_t *value, struct skald_error *error)
{
	const json_t *member = json_object_get(json, key);
	json_int_t number = json_integer_value(member);

	if (!member || json_is_null(member))
		return 0;
	if (!json_is_integer(member) || number < 0 || (uint64_t)number > max)
		return skald_error_set(error, EINVAL,
				       "\"%s\" must be a number from 0 to %llu",
				       key, (unsigned long long)max);
	*value = (uint64_t)number;
	return 0;
}

static int get_hooks(const json_t *json, unsigned int *hooks,
		     struct skald_error *error)
{
	const json_t *member = json_object_get(json, "hook");
	const char *word = json_string_value(member);

	*hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT;
	if (!member || (word && !strcmp(word, "both")))
		return 0;
	if (word && !strcmp(word, "prerouting"))
		*hooks = SKALD_AT_PREROUTING;
	else if (word && !strcmp(word, "output"))
		*hooks = SKALD_AT_OUTPUT;
	else
		return skald_error_set(error, EINVAL,
				       "\"hook\" must be prerouting, output or "
				       "both");
	return 0;
}

static int get_source(const json_t *json, enum skald_source_wish *source,
		      struct skald_error *error)
{
	const json_t *member = json_object_get(json, "source");
	const char *word = json_string_value(member);

	*source = SKALD_SOURCE_WISH_AUTO;
	if (member && (!word || !skald_source_wish(word, source)))
		return skald_error_set(error, EINVAL,
				       "\"source\" must be auto, nft or kmod");
	return 0;
}

static int get_numbers(const json_t *json, struct skald_classifier *classifier,
		       struct skald_error *error)
{
	uint64_t rate = SKALD_RATE_DEFAULT;
	uint64_t sample = 0;
	int err;

	err = get_number(json, "rate", UINT32_MAX, &rate, error);
	if (!err)
		err = get_number(json, "sample", UINT32_MAX, &sample, error);
	if (!err)
		err = get_number(json, "first", INT64_MAX, &classifier->first,
				 error);
	if (!err)
		err = get_number(json, "expires_ns", INT64_MAX,
				 &classifier->expires_ns, error);
	if (err)
		return err;
	classifier->rate = (uint32_t)rate;
	classifier->sample = (uint32_t)sample;
	return 0;
}

int skald_control_parse_classifier(const json_t *json,
				   struct skald_classifier *classifier,
				   struct skald_error *error)
{
	struct skald_classifier c = { 0 };
	int err;

	if (!json_is_object(json))
		return skald_error_set(error, EINVAL, "no object");
	err = get_hooks(json, &c.hooks, error);
	if (!err)
		err = get_source(json, &c.source, error);
	if (!err)
		err = get_numbers(json, &c, error);
	if (!err)
		err = get_string(json, "expression", EXPRESSION_MAX,
				 &c.expression, error);
	if (!err)
		err = get_string(json, "iif", IFNAMSIZ - 1, &c.iif, error);
	if (!err)
		err = get_string(json, "oif", IFNAMSIZ - 1, &c.oif, error);
	if (!err && !c.expression) {
		c.expression = strdup("");
		if (!c.expression)
			err = skald_error_set(error, ENOMEM, "no memory");
	}
	if (err) {
		free(c.expression);
		free(c.iif);
		free(c.oif);
		return err;
	}
	*classifier = c;
	return 0;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

static json_t *base64_json(const uint8_t *data, size_t len)
{
	size_t size = (len + 2) / 3 * 4;
	char *text = malloc(size + 1);
	char *out = text;
	json_t *json;
	size_t i;

	if (!text)
		return NULL;
	for (i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			bits |= data[i + 2];
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*out++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	json = json_stringn_nocheck(text, size);
	free(text);
	return json;
}

/* Return: 0 to 63, or -1 for a character that is no digit */
static int digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Append the bytes of base64 text. Return: how many, or -EBADMSG */
static ssize_t base64_read(const json_t *json, struct skald_buffer *bytes)
{
	const char *text = json_string_value(json);
	size_t len = json_string_length(json);
	size_t before = bytes->len;
	uint32_t bits = 0;
	size_t i;

	if (!text || len % 4)
		return -EBADMSG;
	while (len && text[len - 1] == '=')
		len--;
	for (i = 0; i < len; i++) {
		int value = digit_value(text[i]);

		if (value < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			skald_buffer_put_u8(bytes,
					    (uint8_t)(bits >> (6 - i % 4 * 2)));
	}
	return (ssize_t)(bytes->len - before);
}

json_t *skald_control_packed(const struct skald_packed *packed)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:o}", "id",
			 (json_int_t)packed->id, "start_ns",
			 (json_int_t)packed->start_ns, "duration_ns",
			 (json_int_t)packed->duration_ns, "generation",
			 (json_int_t)packed->generation, "complete",
			 (int)packed->complete, "shape_id",
			 (json_int_t)packed->shape_id, "shape",
			 base64_json(packed->shape, packed->shape_len), "own",
			 base64_json(packed->own, packed->own_len));
}

/* Numbers of a packed story. Return: false when one is missing or negative */
static bool packed_numbers(const json_t *json, struct skald_packed *packed)
{
	struct {
		const char *key;
		uint64_t *value;
	} numbers[] = {
		{ "id", &packed->id },
		{ "start_ns", &packed->start_ns },
		{ "duration_ns", &packed->duration_ns },
		{ "generation", &packed->generation },
		{ "shape_id", &packed->shape_id },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const json_t *member = json_object_get(json, numbers[i].key);

		if (!json_is_integer(member) || json_integer_value(member) < 0)
			return false;
		*numbers[i].value = (uint64_t)json_integer_value(member);
	}
	return true;
}

int skald_control_parse_packed(const json_t *json, struct skald_buffer *bytes,
			       struct skald_packed *packed)
{
	struct skald_packed p = { 0 };
	ssize_t shape_len;
	ssize_t own_len;

	bytes->len = 0;
	if (!packed_numbers(json, &p))
		return -EBADMSG;
	p.complete = json_is_true(json_object_get(json, "complete"));
	shape_len = base64_read(json_object_get(json, "shape"), bytes);
	if (shape_len < 0)
		return -EBADMSG;
	own_len = base64_read(json_object_get(json, "own"), bytes);
	if (own_len < 0)
		return -EBADMSG;
	if (bytes->failed)
		return -ENOMEM;
	p.shape = bytes->data;
	p.shape_len = (size_t)shape_len;
	p.own = bytes->data + p.shape_len;
	p.own_len = (size_t)own_len;
	p.shape_hash = skald_hash64(p.shape, p.shape_len, 0);
	*packed = p;
	return 0;
}
