#include "wire/cbor.h"

#include "octets.h"

/* RFC 8949 appendix A. */
static const struct {
	int64_t v;
	uint8_t n;
	uint8_t octets[9];
} numbers[] = {
	{ 0, 1, { 0x00 } },
	{ 1, 1, { 0x01 } },
	{ 10, 1, { 0x0a } },
	{ 23, 1, { 0x17 } },
	{ 24, 2, { 0x18, 0x18 } },
	{ 100, 2, { 0x18, 0x64 } },
	{ 1000, 3, { 0x19, 0x03, 0xe8 } },
	{ 1000000, 5, { 0x1a, 0x00, 0x0f, 0x42, 0x40 } },
	{ 1000000000000, 9,
	    { 0x1b, 0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00 } },
	{ -1, 1, { 0x20 } },
	{ -10, 1, { 0x29 } },
	{ -100, 2, { 0x38, 0x63 } },
	{ -1000, 3, { 0x39, 0x03, 0xe7 } },
};

static enum rc
parse_i64(struct rd r)
{
	int64_t v;
	enum rc rc = cbor_get_i64(&r, &v);

	return rc == RC_OK ? rd_end(&r) : rc;
}

static void
the_integers_of_appendix_a_hold_both_ways(void)
{
	struct buf b;

	buf_init(&b, 16);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct rd r = { numbers[i].octets, numbers[i].n };
		struct rd u = r;
		uint64_t uv = 0;
		int64_t v = 0;

		octets_cut(r, parse_i64);
		T_RC(RC_OK, cbor_get_i64(&r, &v));
		T_OK(v == numbers[i].v && r.left == 0);
		T_RC(RC_OK, cbor_put_i64(&b, v));
		T_OK(octets_is_eq(
		    &b, (struct rd){ numbers[i].octets, numbers[i].n }));
		T_RC(v < 0 ? RC_MALFORMED : RC_OK, cbor_get_u64(&u, &uv));
		buf_clear(&b);
	}
}

static void
the_ends_of_the_ranges_hold(void)
{
	static const uint64_t edges[] = { 23, 24, 255, 256, 65535, 65536,
		UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX };
	static const uint8_t too_low[] = { 0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t lowest[] = { 0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff };
	struct rd r = OCTETS(too_low);
	struct buf b;
	uint64_t u = 0;
	int64_t v = 7;

	T_RC(RC_MALFORMED, cbor_get_i64(&r, &v));
	T_OK(v == 7 && r.left == sizeof(too_low));
	r = OCTETS(lowest);
	T_RC(RC_OK, cbor_get_i64(&r, &v));
	T_OK(v == INT64_MIN);
	buf_init(&b, 16);
	T_RC(RC_OK, cbor_put_i64(&b, INT64_MIN));
	T_OK(octets_is_eq(&b, OCTETS(lowest)));
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		buf_clear(&b);
		T_RC(RC_OK, cbor_put_u64(&b, edges[i]));
		r = buf_get(&b);
		T_RC(RC_OK, cbor_get_uint(&r, edges[i], &u));
		T_OK(u == edges[i] && r.left == 0);
		r = buf_get(&b);
		T_RC(RC_MALFORMED, cbor_get_uint(&r, edges[i] - 1, &u));
		T_OK(r.left == b.len);
	}
	buf_clear(&b);
}

static void
only_the_shortest_head_is_read(void)
{
	static const uint8_t longer[][9] = {
		{ 0x18, 23 },
		{ 0x19, 0, 255 },
		{ 0x1a, 0, 0, 255, 255 },
		{ 0x1b, 0, 0, 0, 0, 255, 255, 255, 255 },
		{ 0x1c },
		{ 0x1d },
		{ 0x1e },
		{ 0x1f },
	};
	uint64_t v = 5;
	struct rd s = { 0 };
	size_t n = 5;

	for (size_t i = 0; i < ARRAY_LEN(longer); i++) {
		uint8_t head[9];
		struct rd r = OCTETS(longer[i]);

		T_RC(RC_MALFORMED, cbor_get_u64(&r, &v));
		memcpy(head, longer[i], sizeof(head));
		head[0] |= 0x40; /* byte string; 0x5f: indefinite */
		r = OCTETS(head);
		T_RC(RC_MALFORMED, cbor_get_bytes(&r, SIZE_MAX, &s));
		head[0] ^= 0x40 | 0x80; /* array; 0x9f: indefinite */
		r = OCTETS(head);
		T_RC(RC_MALFORMED, cbor_get_array(&r, SIZE_MAX, &n));
		head[0] |= 0xa0; /* map */
		r = OCTETS(head);
		T_RC(RC_MALFORMED, cbor_get_map(&r, SIZE_MAX, &n));
		T_OK(r.left == sizeof(head));
	}
	T_OK(v == 5 && n == 5 && s.p == NULL);
}

static enum rc
parse_text(struct rd r)
{
	struct rd s;
	enum rc rc = cbor_get_text(&r, 4, &s);

	return rc == RC_OK ? rd_end(&r) : rc;
}

static enum rc
parse_bytes(struct rd r)
{
	struct rd s;
	enum rc rc = cbor_get_bytes(&r, 4, &s);

	return rc == RC_OK ? rd_end(&r) : rc;
}

static void
strings_of_appendix_a_are_read_up_to_their_maximum(void)
{
	static const uint8_t bytes[] = { 0x44, 1, 2, 3, 4 };
	static const uint8_t ietf[] = { 0x64, 0x49, 0x45, 0x54, 0x46 };
	static const uint8_t huge[] = { 0x5b, 255, 255, 255, 255, 255, 255, 255,
		255, 1 };
	struct rd r = OCTETS(bytes);
	struct rd s = { 0 };
	uint8_t four[4];

	octets_cut(OCTETS(bytes), parse_bytes);
	octets_cut(OCTETS(ietf), parse_text);
	T_RC(RC_MALFORMED, cbor_get_bytes(&r, 3, &s));
	T_RC(RC_MALFORMED, cbor_get_fixed(&r, 3, four));
	T_RC(RC_MALFORMED, cbor_get_fixed(&r, 5, four));
	T_RC(RC_MALFORMED, cbor_get_text(&r, 4, &s));
	T_OK(r.left == sizeof(bytes));
	T_RC(RC_OK, cbor_get_fixed(&r, 4, four));
	T_MEM(bytes + 1, four, 4);
	r = OCTETS(ietf);
	T_RC(RC_MALFORMED, cbor_get_text(&r, 3, &s));
	T_RC(RC_OK, cbor_get_text(&r, 4, &s));
	T_OK(rd_is_eq(s, "IETF"));
	r = OCTETS(huge);
	T_RC(RC_MALFORMED, cbor_get_bytes(&r, SIZE_MAX, &s));
}

static void
text_is_utf_8_without_nul(void)
{
	static const struct {
		const char *text;
		bool good;
	} texts[] = {
		{ "", true },
		{ "\xc3\xbc", true },
		{ "\xe6\xb0\xb4", true },
		{ "\xf0\x90\x85\x91", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true },
		{ "\x80", false },
		{ "\xc3", false },
		{ "\xc1\xbf", false },         /* overlong */
		{ "\xe0\x9f\xbf", false },     /* overlong */
		{ "\xf0\x8f\xbf\xbf", false }, /* overlong */
		{ "\xed\xa0\x80", false },     /* surrogate */
		{ "\xf4\x90\x80\x80", false }, /* over U+10FFFF */
		{ "\xf5\x80\x80\x80", false },
		{ "\xe6\xb0", false },
		{ "\xe6\xb0 ", false },
		{ "\xff", false },
	};
	struct buf b;
	struct rd s = { 0 };

	buf_init(&b, 64);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct rd t = rd_str(texts[i].text);
		enum rc want = texts[i].good ? RC_OK : RC_MALFORMED;
		unsigned char *p;
		struct rd r;

		T_RC(want, cbor_put_text(&b, t));
		T_OK(texts[i].good || b.len == 0);
		buf_clear(&b);
		T_RC(RC_OK, buf_u8(&b, (uint8_t)(0x60 + t.left)));
		T_RC(RC_OK, buf_add_rd(&b, t));
		p = tap_block(b.p, b.len);
		r = (struct rd){ p, b.len };
		T_RC(want, cbor_get_text(&r, 64, &s));
		free(p);
		buf_clear(&b);
	}
	T_RC(RC_MALFORMED, cbor_put_text(&b, OCTETS_STR("a\0b")));
	buf_clear(&b);
}

static void
counts_keys_and_simple_values_are_read(void)
{
	/* {1: [true, false], 2: null} */
	static const uint8_t map[] = { 0xa2, 1, 0x82, 0xf5, 0xf4, 2, 0xf6 };
	struct rd r = OCTETS(map);
	struct buf b;
	bool v = false;
	size_t n = 0;

	T_RC(RC_MALFORMED, cbor_get_map(&r, 1, &n));
	T_RC(RC_OK, cbor_get_map(&r, 2, &n));
	T_OK(n == 2);
	T_RC(RC_MALFORMED, cbor_get_key(&r, 2));
	T_RC(RC_OK, cbor_get_key(&r, 1));
	T_RC(RC_MALFORMED, cbor_get_bool(&r, &v));
	T_RC(RC_MALFORMED, cbor_get_array(&r, 1, &n));
	T_RC(RC_OK, cbor_get_array(&r, 2, &n));
	T_OK(!cbor_is_null(&r));
	T_RC(RC_OK, cbor_get_bool(&r, &v));
	T_OK(v);
	T_RC(RC_OK, cbor_get_bool(&r, &v));
	T_OK(!v);
	T_RC(RC_OK, cbor_get_key(&r, 2));
	T_OK(cbor_is_null(&r) && !cbor_is_null(&r));
	T_RC(RC_MALFORMED, cbor_get_bool(&r, &v));
	T_RC(RC_OK, rd_end(&r));
	buf_init(&b, 16);
	T_RC(RC_OK, cbor_put_map(&b, 2));
	T_RC(RC_OK, cbor_put_u64(&b, 1));
	T_RC(RC_OK, cbor_put_array(&b, 2));
	T_RC(RC_OK, cbor_put_bool(&b, true));
	T_RC(RC_OK, cbor_put_bool(&b, false));
	T_RC(RC_OK, cbor_put_u64(&b, 2));
	T_RC(RC_OK, cbor_put_null(&b));
	T_OK(octets_is_eq(&b, OCTETS(map)));
	buf_clear(&b);
}

static enum rc
build_bytes(struct buf *b)
{
	return cbor_put_bytes(b, OCTETS_STR("twenty-four octets long!"));
}

static void
a_put_that_fails_appends_nothing(void)
{
	octets_starve(build_bytes);
}

int
main(void)
{
	TEST(the_integers_of_appendix_a_hold_both_ways);
	TEST(the_ends_of_the_ranges_hold);
	TEST(only_the_shortest_head_is_read);
	TEST(strings_of_appendix_a_are_read_up_to_their_maximum);
	TEST(text_is_utf_8_without_nul);
	TEST(counts_keys_and_simple_values_are_read);
	TEST(a_put_that_fails_appends_nothing);
	return tap_done();
}
