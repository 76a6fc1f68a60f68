#include "wire/json_body.h"

#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

/* Jansson recurses to a depth of 2048, so the depth is counted before it sees
 * anything. Only strings can hold a bracket that is none. */
static bool
is_shallow(struct rd octets)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < octets.left; i++) {
		uint8_t c = octets.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_BODY_DEPTH)
				return false;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

enum rc
json_body_parse(struct rd octets, json_t **ret_o)
{
	json_t *o = NULL;
	json_error_t error;
	enum rc rc = RC_BUG;

	CHECK(octets.left > 0, RC_MALFORMED);
	CHECK(octets.left <= JSON_BODY_MAX, RC_LIMIT);
	CHECK(is_shallow(octets), RC_LIMIT);
	/* without JSON_ALLOW_NUL jansson refuses \u0000 in strings, without
	 * JSON_DISABLE_EOF_CHECK anything behind the value */
	o = json_loadb((const char *)octets.p, octets.left,
	    JSON_REJECT_DUPLICATES, &error);
	sodium_memzero(&error, sizeof(error)); /* it quotes the input */
	CHECK(json_is_object(o), RC_MALFORMED);
	*ret_o = o;
	o = NULL;
	rc = RC_OK;
out:
	json_body_free(o);
	return rc;
}

enum rc
json_body_only(const json_t *o, const char *const names[], size_t n)
{
	void *it = json_object_iter((json_t *)(uintptr_t)o);

	while (it != NULL) {
		const char *key = json_object_iter_key(it);
		size_t i = 0;

		while (i < n && strcmp(names[i], key) != 0)
			i++;
		if (i == n)
			return RC_MALFORMED;
		it = json_object_iter_next((json_t *)(uintptr_t)o, it);
	}
	return RC_OK;
}

bool
json_body_has(const json_t *o, const char *name)
{
	return json_object_get(o, name) != NULL;
}

enum rc
json_body_str(const json_t *o, const char *name, size_t max, struct rd *ret_s)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v) || json_string_length(v) > max)
		return RC_MALFORMED;
	*ret_s = (struct rd){ (const uint8_t *)json_string_value(v),
		json_string_length(v) };
	return RC_OK;
}

enum rc
json_body_uint(const json_t *o, const char *name, uint64_t max, uint64_t *ret_v)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > max)
		return RC_MALFORMED;
	*ret_v = (uint64_t)json_integer_value(v);
	return RC_OK;
}

enum rc
json_body_hex(const json_t *o, const char *name, size_t n, void *ret_bytes)
{
	struct rd s = { 0 };
	enum rc rc = RC_BUG;

	TRY(json_body_str(o, name, 2 * n, &s));
	TRY(text64_hex_parse(s, n, ret_bytes));
out:
	return rc;
}

enum rc
json_body_b64(const json_t *o, const char *name, size_t max, struct buf *b)
{
	struct rd s = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_str(o, name, JSON_BODY_MAX, &s));
	/* four characters carry three octets */
	n = s.left / 4 * 3 + s.left % 4 * 3 / 4;
	CHECK(n <= max, RC_MALFORMED);
	if (n > 0)
		TRY(buf_reserve(b, n, &p));
	TRY(text64_url_parse(s, n, p, &n));
	if (n > 0)
		buf_commit(b, n);
out:
	return rc;
}

enum rc
json_body_array(
    const json_t *o, const char *name, size_t max, const json_t **ret_a)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_array(v) || json_array_size(v) > max)
		return RC_MALFORMED;
	*ret_a = v;
	return RC_OK;
}

static int
on_text(const char *text, size_t n, void *arg)
{
	return buf_add(arg, text, n) == RC_OK ? 0 : -1;
}

enum rc
json_body_build(const json_t *o, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_OK;

	CHECK(o != NULL, RC_NOMEM);
	CHECK(json_dump_callback(o, on_text, b, JSON_COMPACT) == 0, RC_LIMIT);
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

void
json_body_free(json_t *o)
{
	json_decref(o);
}
