#include "wire/e164.h"

#include <string.h>

/* Recommendation E.164 section 6.1 allows 15 digits; no plan in use has
 * fewer than 7 with its country code. */
#define E164_DIGITS_MIN 7

enum rc
e164_parse_digits(struct rd digits, struct e164 *ret_e)
{
	struct e164 e = { 0 };
	enum rc rc = RC_OK;

	CHECK(digits.left >= E164_DIGITS_MIN, RC_MALFORMED);
	CHECK(digits.left <= E164_DIGITS_MAX, RC_MALFORMED);
	/* Country codes begin with 1 to 9 (section 6.2.1). */
	CHECK(digits.p[0] != '0', RC_MALFORMED);
	for (size_t i = 0; i < digits.left; i++) {
		CHECK(digits.p[i] >= '0' && digits.p[i] <= '9', RC_MALFORMED);
		e.digits[i] = digits.p[i];
	}
	e.n = (uint8_t)digits.left;
	*ret_e = e;
out:
	e164_clear(&e);
	return rc;
}

enum rc
e164_parse(struct rd text, struct e164 *ret_e)
{
	uint8_t plus = 0;
	enum rc rc = RC_OK;

	TRY(rd_u8(&text, &plus));
	CHECK(plus == '+', RC_MALFORMED);
	TRY(e164_parse_digits(text, ret_e));
out:
	return rc;
}

enum rc
e164_take(struct rd *r, struct e164 *ret_e)
{
	struct rd from = *r, digits;
	uint8_t n = 0;
	enum rc rc = RC_OK;

	TRY(rd_u8(&from, &n));
	TRY(rd_take(&from, n, &digits));
	TRY(e164_parse_digits(digits, ret_e));
	*r = from;
out:
	return rc;
}

enum rc
e164_build(const struct e164 *e, struct buf *b)
{
	uint8_t octets[1 + E164_DIGITS_MAX] = { 0 };
	enum rc rc = RC_OK;

	CHECK(e->n >= E164_DIGITS_MIN, RC_MALFORMED);
	CHECK(e->n <= E164_DIGITS_MAX, RC_MALFORMED);
	octets[0] = e->n;
	memcpy(octets + 1, e->digits, e->n);
	TRY(buf_add(b, octets, 1 + (size_t)e->n));
out:
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

bool
e164_is_eq(const struct e164 *a, const struct e164 *b)
{
	return a->n == b->n && a->n <= E164_DIGITS_MAX &&
	    memcmp(a->digits, b->digits, a->n) == 0;
}

uint64_t
e164_value(const struct e164 *e)
{
	uint64_t v = 0;

	for (size_t i = 0; i < e->n && i < E164_DIGITS_MAX; i++)
		v = v * 10 + (uint64_t)(e->digits[i] - '0');
	return v;
}

uint32_t
e164_prefix(const struct e164 *e)
{
	size_t n = e->n < 10 ? 6 : 7;
	uint32_t v = 0;

	for (size_t i = 0; i < n && i < e->n; i++)
		v = v * 10 + (uint32_t)(e->digits[i] - '0');
	return v;
}

void
e164_clear(struct e164 *e)
{
	explicit_bzero(e, sizeof(*e));
}
