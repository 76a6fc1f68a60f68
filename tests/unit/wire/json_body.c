#include "wire/json_body.h"

#include "octets.h"

static enum rc
parse(struct rd r)
{
	json_t *o = NULL;
	enum rc rc = json_body_parse(r, &o);

	T_OK((o != NULL) == (rc == RC_OK));
	json_body_free(o);
	return rc;
}

static void
an_object_is_read_field_by_field(void)
{
	static const char *const names[] = { "number", "n", "id", "b", "a" };
	json_t *o = NULL;
	const json_t *a = NULL;
	struct rd s = { 0 };
	uint64_t v = 0;
	uint8_t id[2];
	struct buf b;

	buf_init(&b, 16);
	T_RC(RC_OK,
	    json_body_parse(rd_str("{\"number\":\"x\\u00fc\",\"n\":7,\"id\":"
				   "\"0aff\",\"b\":\"Zm9v\",\"a\":[1,2]}"),
		&o));
	T_RC(RC_OK, json_body_only(o, names, ARRAY_LEN(names)));
	T_RC(RC_MALFORMED, json_body_only(o, names, ARRAY_LEN(names) - 1));
	T_OK(json_body_has(o, "n") && !json_body_has(o, "m"));
	T_RC(RC_OK, json_body_str(o, "number", 3, &s));
	T_OK(rd_is_eq(s, "x\xc3\xbc"));
	T_RC(RC_MALFORMED, json_body_str(o, "number", 2, &s));
	T_RC(RC_MALFORMED, json_body_str(o, "n", 9, &s));
	T_RC(RC_MALFORMED, json_body_str(o, "none", 9, &s));
	T_RC(RC_OK, json_body_uint(o, "n", 7, &v));
	T_OK(v == 7);
	T_RC(RC_MALFORMED, json_body_uint(o, "n", 6, &v));
	T_RC(RC_MALFORMED, json_body_uint(o, "number", 6, &v));
	T_RC(RC_MALFORMED, json_body_uint(o, "none", 6, &v));
	T_RC(RC_OK, json_body_hex(o, "id", 2, id));
	T_OK(id[0] == 0x0a && id[1] == 0xff);
	T_RC(RC_MALFORMED, json_body_hex(o, "id", 1, id));
	T_RC(RC_MALFORMED, json_body_hex(o, "id", 3, id));
	T_RC(RC_MALFORMED, json_body_b64(o, "b", 2, &b));
	T_RC(RC_MALFORMED, json_body_b64(o, "number", 9, &b));
	T_OK(b.len == 0);
	T_RC(RC_OK, json_body_b64(o, "b", 3, &b));
	T_OK(octets_is_eq(&b, rd_str("foo")));
	T_RC(RC_OK, json_body_array(o, "a", 2, &a));
	T_OK(json_array_size(a) == 2);
	T_RC(RC_MALFORMED, json_body_array(o, "a", 1, &a));
	T_RC(RC_MALFORMED, json_body_array(o, "n", 1, &a));
	json_body_free(o);
	buf_clear(&b);
}

static void
every_truncation_and_a_trailing_octet_are_refused(void)
{
	octets_cut(
	    OCTETS_STR("{\"a\":[\"\\\"[\",{\"b\":null}],\"c\":-1}"), parse);
}

static void
what_is_not_one_strict_object_is_refused(void)
{
	static const char *const bad[] = { "", "[]", "1", "null", "\"x\"",
		"{\"a\":1,\"a\":2}", "{\"a\":1,}", "{'a':1}", "{a:1}", "{}{}",
		"{} x", "{\"a\":NaN}", "{\"a\":01}", "{\"a\":+1}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "{\"a\":\"\\ud800\"}",
		"{\"a\":\"\n\"}", "{\"a\":99999999999999999999}",
		"\xef\xbb\xbf{}", "{/**/}" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!tap_check(parse(rd_str(bad[i])) == RC_MALFORMED, "refused",
			__FILE__, __LINE__))
			printf("# row %zu\n", i);
	T_RC(RC_OK, parse(rd_str(" \r\n\t{} \n")));
}

static void
numbers_that_are_no_counts_are_refused(void)
{
	static const char *const bad[] = { "-1", "1.0", "1e2", "\"1\"", "true",
		"null" };
	uint64_t v = 9;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *o = NULL;
		struct buf b;

		buf_init(&b, 64);
		T_RC(RC_OK, buf_add_fmt(&b, "{\"n\":%s}", bad[i]));
		T_RC(RC_OK, json_body_parse(buf_get(&b), &o));
		T_RC(RC_MALFORMED, json_body_uint(o, "n", UINT64_MAX, &v));
		json_body_free(o);
		buf_clear(&b);
	}
	T_OK(v == 9);
}

static void
depth_and_size_are_limited_before_anything_is_built(void)
{
	static char text[JSON_BODY_MAX + 2];
	size_t n = 0;

	T_RC(RC_OK, parse(rd_str("{\"a\":[[[[[[[]]]]]]]}")));
	T_RC(RC_LIMIT, parse(rd_str("{\"a\":[[[[[[[[]]]]]]]]}")));
	T_RC(RC_OK, parse(rd_str("{\"a\":\"[[[[[[[[[\\\"[[\"}")));
	T_RC(RC_MALFORMED, parse(rd_str("]]]]{}")));
	T_RC(RC_OK, parse(rd_str("{\"a\":[[],[],[],[],[],[],[],[],[],[]]}")));
	memset(text, ' ', sizeof(text));
	text[0] = '{';
	n = JSON_BODY_MAX;
	text[n - 1] = '}';
	T_RC(RC_OK, parse((struct rd){ (uint8_t *)text, n }));
	text[n - 1] = ' ';
	text[n] = '}';
	T_RC(RC_LIMIT, parse((struct rd){ (uint8_t *)text, n + 1 }));
	memset(text, '[', sizeof(text));
	T_RC(RC_LIMIT, parse((struct rd){ (uint8_t *)text, n }));
}

static void
what_is_built_is_compact_and_in_order(void)
{
	json_t *o = json_pack("{s:s,s:i,s:n}", "z", "\xc3\xbc\n", "a", 1, "n");
	static const char want[] = "{\"z\":\"\xc3\xbc\\n\",\"a\":1,\"n\":null}";
	struct buf b;

	buf_init(&b, sizeof(want) - 1);
	T_RC(RC_OK, json_body_build(o, &b));
	T_OK(octets_is_eq(&b, OCTETS_STR(want)));
	T_RC(RC_OK, parse(buf_get(&b)));
	buf_clear(&b);
	for (size_t max = 0; max < sizeof(want) - 1; max++) {
		buf_init(&b, max);
		T_RC(RC_LIMIT, json_body_build(o, &b));
		T_OK(b.len == 0);
		buf_clear(&b);
	}
	T_RC(RC_NOMEM, json_body_build(NULL, &b));
	json_body_free(o);
	json_body_free(NULL);
}

int
main(void)
{
	TEST(an_object_is_read_field_by_field);
	TEST(every_truncation_and_a_trailing_octet_are_refused);
	TEST(what_is_not_one_strict_object_is_refused);
	TEST(numbers_that_are_no_counts_are_refused);
	TEST(depth_and_size_are_limited_before_anything_is_built);
	TEST(what_is_built_is_compact_and_in_order);
	return tap_done();
}
