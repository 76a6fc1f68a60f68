#include "wire/cbor.h"

/* Major types (RFC 8949 section 3.1). */
enum major {
	MAJOR_UINT = 0,
	MAJOR_NINT = 1,
	MAJOR_BYTES = 2,
	MAJOR_TEXT = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
};

/* Simple values (section 3.3), as whole items. */
enum simple {
	SIMPLE_FALSE = 0xf4,
	SIMPLE_TRUE = 0xf5,
	SIMPLE_NULL = 0xf6,
};

/* One head of the given major type, in its shortest form (section 4.2.1);
 * additional information 24 to 27 says how wide the argument is (section 3).
 * On failure r stays where it was. */
static enum rc
head_get(struct rd *r, enum major major, uint64_t *ret_v)
{
	struct rd at = *r;
	uint8_t first = 0;
	uint8_t v8 = 0;
	uint16_t v16 = 0;
	uint32_t v32 = 0;
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&at, &first));
	CHECK(first >> 5 == (int)major, RC_MALFORMED);
	v = first & 31;
	if (v == 24) {
		TRY(rd_u8(&at, &v8));
		v = v8;
		CHECK(v >= 24, RC_MALFORMED);
	} else if (v == 25) {
		TRY(rd_u16(&at, &v16));
		v = v16;
		CHECK(v > UINT8_MAX, RC_MALFORMED);
	} else if (v == 26) {
		TRY(rd_u32(&at, &v32));
		v = v32;
		CHECK(v > UINT16_MAX, RC_MALFORMED);
	} else if (v == 27) {
		TRY(rd_u64(&at, &v));
		CHECK(v > UINT32_MAX, RC_MALFORMED);
	} else {
		CHECK(v < 24, RC_MALFORMED);
	}
	*r = at;
	*ret_v = v;
out:
	return rc;
}

static enum rc
head_put(struct buf *b, enum major major, uint64_t v)
{
	uint8_t head[9];
	size_t n = 0;
	uint8_t top = (uint8_t)(major << 5);

	if (v < 24) {
		head[0] = (uint8_t)(top | v);
	} else if (v <= UINT8_MAX) {
		head[0] = top | 24;
		n = 1;
	} else if (v <= UINT16_MAX) {
		head[0] = top | 25;
		n = 2;
	} else if (v <= UINT32_MAX) {
		head[0] = top | 26;
		n = 4;
	} else {
		head[0] = top | 27;
		n = 8;
	}
	for (size_t i = 0; i < n; i++)
		head[1 + i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return buf_add(b, head, 1 + n);
}

/* Well-formed by RFC 3629 section 4, without U+0000: no overlong form, no
 * surrogate, nothing over U+10FFFF. */
static bool
is_text(struct rd t)
{
	size_t i = 0;

	while (i < t.left) {
		uint8_t c = t.p[i++];
		uint8_t low = 0x80;
		uint8_t high = 0xbf;
		size_t more;

		if (c == 0)
			return false;
		if (c < 0x80)
			continue;
		if (c < 0xc2 || c > 0xf4)
			return false;
		more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		if (c == 0xe0)
			low = 0xa0;
		if (c == 0xed)
			high = 0x9f;
		if (c == 0xf0)
			low = 0x90;
		if (c == 0xf4)
			high = 0x8f;
		for (; more > 0; more--) {
			if (i == t.left || t.p[i] < low || t.p[i] > high)
				return false;
			i++;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}

enum rc
cbor_get_u64(struct rd *r, uint64_t *ret_v)
{
	return head_get(r, MAJOR_UINT, ret_v);
}

enum rc
cbor_get_uint(struct rd *r, uint64_t max, uint64_t *ret_v)
{
	struct rd at = *r;
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(head_get(&at, MAJOR_UINT, &v));
	CHECK(v <= max, RC_MALFORMED);
	*r = at;
	*ret_v = v;
out:
	return rc;
}

enum rc
cbor_get_i64(struct rd *r, int64_t *ret_v)
{
	struct rd at = *r;
	uint64_t v = 0;
	bool negative = r->left > 0 && r->p[0] >> 5 == MAJOR_NINT;
	enum rc rc = RC_BUG;

	TRY(head_get(&at, negative ? MAJOR_NINT : MAJOR_UINT, &v));
	CHECK(v <= INT64_MAX, RC_MALFORMED);
	*r = at;
	*ret_v = negative ? -1 - (int64_t)v : (int64_t)v;
out:
	return rc;
}

enum rc
cbor_get_bool(struct rd *r, bool *ret_v)
{
	uint8_t v;

	if (r->left == 0 || (r->p[0] != SIMPLE_FALSE && r->p[0] != SIMPLE_TRUE))
		return RC_MALFORMED;
	*ret_v = r->p[0] == SIMPLE_TRUE;
	return rd_u8(r, &v);
}

static enum rc
string_get(struct rd *r, enum major major, size_t max, struct rd *ret_s)
{
	struct rd at = *r;
	struct rd s = { 0 };
	uint64_t n = 0;
	enum rc rc = RC_BUG;

	TRY(head_get(&at, major, &n));
	CHECK(n <= max && n <= at.left, RC_MALFORMED);
	TRY(rd_take(&at, (size_t)n, &s));
	CHECK(major != MAJOR_TEXT || is_text(s), RC_MALFORMED);
	*r = at;
	*ret_s = s;
out:
	return rc;
}

enum rc
cbor_get_bytes(struct rd *r, size_t max, struct rd *ret_b)
{
	return string_get(r, MAJOR_BYTES, max, ret_b);
}

enum rc
cbor_get_text(struct rd *r, size_t max, struct rd *ret_t)
{
	return string_get(r, MAJOR_TEXT, max, ret_t);
}

enum rc
cbor_get_fixed(struct rd *r, size_t n, void *ret_bytes)
{
	struct rd at = *r;
	struct rd s = { 0 };
	enum rc rc = RC_BUG;

	TRY(string_get(&at, MAJOR_BYTES, n, &s));
	CHECK(s.left == n, RC_MALFORMED);
	TRY(rd_copy(&s, n, ret_bytes));
	*r = at;
out:
	return rc;
}

static enum rc
count_get(struct rd *r, enum major major, size_t max, size_t *ret_n)
{
	struct rd at = *r;
	uint64_t n = 0;
	enum rc rc = RC_BUG;

	TRY(head_get(&at, major, &n));
	CHECK(n <= max, RC_MALFORMED);
	*r = at;
	*ret_n = (size_t)n;
out:
	return rc;
}

enum rc
cbor_get_array(struct rd *r, size_t max, size_t *ret_n)
{
	return count_get(r, MAJOR_ARRAY, max, ret_n);
}

enum rc
cbor_get_map(struct rd *r, size_t max, size_t *ret_n)
{
	return count_get(r, MAJOR_MAP, max, ret_n);
}

enum rc
cbor_get_key(struct rd *r, uint64_t key)
{
	struct rd at = *r;
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(head_get(&at, MAJOR_UINT, &v));
	CHECK(v == key, RC_MALFORMED);
	*r = at;
out:
	return rc;
}

bool
cbor_is_null(struct rd *r)
{
	uint8_t v;

	if (r->left == 0 || r->p[0] != SIMPLE_NULL)
		return false;
	return rd_u8(r, &v) == RC_OK;
}

enum rc
cbor_put_u64(struct buf *b, uint64_t v)
{
	return head_put(b, MAJOR_UINT, v);
}

enum rc
cbor_put_i64(struct buf *b, int64_t v)
{
	if (v >= 0)
		return head_put(b, MAJOR_UINT, (uint64_t)v);
	return head_put(b, MAJOR_NINT, (uint64_t)(-1 - v));
}

enum rc
cbor_put_bool(struct buf *b, bool v)
{
	return buf_u8(b, v ? SIMPLE_TRUE : SIMPLE_FALSE);
}

enum rc
cbor_put_null(struct buf *b)
{
	return buf_u8(b, SIMPLE_NULL);
}

/* Head and octets, or, when they do not fit, neither. */
static enum rc
string_put(struct buf *b, enum major major, struct rd s)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(major != MAJOR_TEXT || is_text(s), RC_MALFORMED);
	TRY(head_put(b, major, s.left));
	TRY(buf_add_rd(b, s));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
cbor_put_bytes(struct buf *b, struct rd bytes)
{
	return string_put(b, MAJOR_BYTES, bytes);
}

enum rc
cbor_put_text(struct buf *b, struct rd text)
{
	return string_put(b, MAJOR_TEXT, text);
}

enum rc
cbor_put_array(struct buf *b, size_t n)
{
	return head_put(b, MAJOR_ARRAY, n);
}

enum rc
cbor_put_map(struct buf *b, size_t n)
{
	return head_put(b, MAJOR_MAP, n);
}

enum rc
cbor_skip(struct rd *r)
{
	struct rd at = *r;
	uint64_t items = 1; /* still to pass */
	uint64_t v = 0;
	enum major major;
	enum rc rc = RC_BUG;

	for (size_t part = 0; items > 0; part++, items--) {
		CHECK(part < 64 && at.left > 0, RC_MALFORMED);
		if (at.p[0] == SIMPLE_FALSE || at.p[0] == SIMPLE_TRUE ||
		    at.p[0] == SIMPLE_NULL) {
			TRY(rd_skip(&at, 1));
			continue;
		}
		major = (enum major)(at.p[0] >> 5);
		CHECK(major <= MAJOR_MAP, RC_MALFORMED);
		TRY(head_get(&at, major, &v));
		if (major == MAJOR_BYTES || major == MAJOR_TEXT) {
			CHECK(v <= at.left, RC_MALFORMED);
			TRY(rd_skip(&at, (size_t)v));
		} else if (major == MAJOR_ARRAY || major == MAJOR_MAP) {
			CHECK(v <= 64, RC_MALFORMED);
			items += major == MAJOR_MAP ? 2 * v : v;
		}
	}
	*r = at;
	rc = RC_OK;
out:
	return rc;
}
