#include "orders/json_field.h"

#include <string.h>

#include "wire/text64.h"

bool
json_field_is(const json_t *j, const char *name, const char *value)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL && strcmp(s, value) == 0;
}

enum rc
json_field_text(const json_t *j, const char *name, size_t size, char *ret_text)
{
	const json_t *v = json_object_get(j, name);
	size_t n = json_string_length(v);

	/* jansson keeps a NUL inside a string only when it is allowed to */
	if (!json_is_string(v) || n >= size)
		return RC_MALFORMED;
	memcpy(ret_text, json_string_value(v), n + 1);
	return RC_OK;
}

enum rc
json_field_element(const json_t *v, size_t n, uint8_t *ret_octets)
{
	if (!json_is_string(v))
		return RC_MALFORMED;
	return text64_fixed_parse(
	    (struct rd){
		(const uint8_t *)json_string_value(v), json_string_length(v) },
	    n, ret_octets);
}

enum rc
json_field_octets(
    const json_t *j, const char *name, size_t n, uint8_t *ret_octets)
{
	return json_field_element(json_object_get(j, name), n, ret_octets);
}

enum rc
json_field_bytes(const json_t *j, const char *name, struct buf *b)
{
	const json_t *v = json_object_get(j, name);
	size_t text = json_string_length(v);
	size_t n = text / 4 * 3 + text % 4 * 3 / 4; /* RFC 4648, no padding */
	uint8_t *p;
	enum rc rc = RC_BUG;

	CHECK(json_is_string(v), RC_MALFORMED);
	CHECK(text == 0 || n > 0, RC_MALFORMED);
	if (n > 0) {
		CHECK(buf_reserve(b, n, &p) == RC_OK, RC_MALFORMED);
		TRY(text64_url_parse(
		    (struct rd){ (const uint8_t *)json_string_value(v), text },
		    n, p, &n));
		buf_commit(b, n);
	}
	rc = RC_OK;
out:
	return rc;
}

enum rc
json_field_number(
    const json_t *j, const char *name, uint64_t end, uint64_t *ret_n)
{
	const json_t *v = json_object_get(j, name);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || (uint64_t)n >= end)
		return RC_MALFORMED;
	*ret_n = (uint64_t)n;
	return RC_OK;
}

enum rc
json_field_path(const json_t *a, struct tree_proof *ret_p)
{
	enum rc rc = RC_BUG;

	CHECK(json_is_array(a) && json_array_size(a) <= TREE_PROOF_MAX,
	    RC_MALFORMED);
	ret_p->n = json_array_size(a);
	rc = RC_OK;
	for (size_t i = 0; i < ret_p->n; i++)
		TRY(json_field_element(
		    json_array_get(a, i), 32, ret_p->hashes[i]));
out:
	return rc;
}

json_t *
json_field_base64(struct rd octets)
{
	struct buf b;
	json_t *v = NULL;

	if (octets.left == 0)
		return json_string("");
	buf_init(&b, octets.left * 2 + 16);
	if (text64_url_build(&b, octets) == RC_OK)
		v = json_stringn((const char *)b.p, b.len);
	buf_clear(&b);
	return v;
}

json_t *
json_field_path_json(const struct tree_proof *p)
{
	json_t *a = json_array();

	for (size_t i = 0; i < p->n; i++)
		(void)json_array_append_new(
		    a, json_field_base64((struct rd){ p->hashes[i], 32 }));
	return a;
}

enum rc
json_field_dump(const json_t *j, struct buf *b)
{
	char *text = json_dumps(j, JSON_SORT_KEYS | JSON_COMPACT);
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(text != NULL, RC_NOMEM);
	TRY(buf_add_str(b, text));
	TRY(buf_u8(b, '\n'));
out:
	if (rc != RC_OK)
		b->len = before;
	free(text);
	return rc;
}
