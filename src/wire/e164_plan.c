#include "wire/e164_plan.h"

#include <string.h>

#include "wire/e164_match.h"
#include "wire/e164_table.h"

#define TYPED_MAX 64 /* octets a person types for one number */

static bool test_numbers; /* set once at start */

void
e164_plan_test_numbers(bool on)
{
	test_numbers = on;
}

const char *
e164_plan_version(void)
{
	return e164_table_version;
}

/* +1 555 01xx and +1 555 xxx xxxx. The latter has directory assistance and a
 * handful of national numbers in it, none of them a telephone. */
static bool
is_fiction(const struct e164 *e)
{
	if (e->n == 8)
		return memcmp(e->digits, "155501", 6) == 0;
	return e->n == 11 && memcmp(e->digits, "1555", 4) == 0;
}

static struct rd
national_of(const struct e164 *e, const struct e164_table_region *r)
{
	size_t n = strlen(r->code);

	return (struct rd){ e->digits + n, e->n - n };
}

static bool
is_code(const struct e164 *e, const struct e164_table_region *r)
{
	size_t n = strlen(r->code);

	return e->n > n && memcmp(e->digits, r->code, n) == 0;
}

/* Whether the national number is in use in that region. */
static bool
is_valid(const struct e164_table_region *r, struct rd national)
{
	if (national.left > E164_DIGITS_MAX ||
	    (r->lengths >> national.left & 1) == 0 ||
	    !e164_match_is_whole(r->plan, national))
		return false;
	for (const char *const *k = r->kinds; *k != NULL; k++)
		if (e164_match_is_whole(*k, national))
			return true;
	return false;
}

/* Whether that region is the one the number belongs to, as libphonenumber
 * decides between regions that share a calling code. */
static bool
is_of_region(const struct e164_table_region *r, struct rd national)
{
	size_t n;

	if (r->lead[0] != '\0')
		return e164_match_start(r->lead, national, &n) == RC_OK;
	return is_valid(r, national);
}

/* The region, or NULL. A calling code is no prefix of another. */
static const struct e164_table_region *
region_find(const struct e164 *e)
{
	for (size_t i = 0; i < e164_table_count; i++) {
		const struct e164_table_region *r = &e164_table_regions[i];

		if (is_code(e, r) && is_of_region(r, national_of(e, r)))
			return r;
	}
	return NULL;
}

enum rc
e164_plan_check(const struct e164 *e)
{
	const struct e164_table_region *r;
	enum rc rc = RC_OK;

	CHECK(e->n >= 7 && e->n <= E164_DIGITS_MAX, RC_MALFORMED);
	if (test_numbers && is_fiction(e))
		goto out;
	r = region_find(e);
	CHECK(r != NULL, RC_MALFORMED);
	CHECK(is_valid(r, national_of(e, r)), RC_MALFORMED);
out:
	return rc;
}

const char *
e164_plan_region(const struct e164 *e)
{
	const struct e164_table_region *r = NULL;

	if (e->n <= E164_DIGITS_MAX)
		r = region_find(e);
	if (r == NULL && e->n <= E164_DIGITS_MAX && is_fiction(e))
		return "US";
	return r == NULL ? "ZZ" : r->region;
}

static const struct e164_table_region *
region_named(const char *region)
{
	for (size_t i = 0; i < e164_table_count; i++)
		if (strcmp(e164_table_regions[i].region, region) == 0 &&
		    strcmp(region, "001") != 0)
			return &e164_table_regions[i];
	return NULL;
}

/* Digits of what was typed; one plus sign may come first. */
static enum rc
digits_take(struct rd typed, bool *ret_plus, struct buf *digits)
{
	bool plus = false;
	uint8_t c = 0;
	enum rc rc = RC_OK;

	CHECK(typed.left <= TYPED_MAX, RC_MALFORMED);
	while (typed.left > 0) {
		TRY(rd_u8(&typed, &c));
		if (c >= '0' && c <= '9') {
			TRY(buf_u8(digits, c));
		} else if (c == '+') {
			CHECK(!plus && digits->len == 0, RC_MALFORMED);
			plus = true;
		} else if (c == 0xc2) { /* U+00A0, pasted from a page */
			TRY(rd_u8(&typed, &c));
			CHECK(c == 0xa0, RC_MALFORMED);
		} else {
			CHECK(strchr(" -.()/\t", c) != NULL && c != '\0',
			    RC_MALFORMED);
		}
	}
	CHECK(digits->len > 0, RC_MALFORMED);
	*ret_plus = plus;
out:
	return rc;
}

/* Puts a calling code or area code before national digits. */
static enum rc
join(const char *code, const char *area, struct rd national, struct e164 *ret_e)
{
	uint8_t all[TYPED_MAX + 16] = { 0 };
	size_t a = strlen(code), b = strlen(area);
	enum rc rc = RC_OK;

	CHECK(national.left <= TYPED_MAX, RC_MALFORMED);
	memcpy(all, code, a);
	memcpy(all + a, area, b);
	memcpy(all + a + b, national.p, national.left);
	TRY(e164_parse_digits(
	    (struct rd){ all, a + b + national.left }, ret_e));
out:
	explicit_bzero(all, sizeof(all));
	return rc;
}

/* "+44 (0)20 ...": people write the trunk prefix where it is not dialled. */
static void
trunk_drop(struct e164 *e)
{
	struct e164 without = { 0 };

	for (size_t i = 0; i < e164_table_count; i++) {
		const struct e164_table_region *r = &e164_table_regions[i];
		struct rd rest;
		size_t n;

		if (!is_code(e, r))
			continue;
		rest = national_of(e, r);
		if (r->trunk[0] == '\0' ||
		    e164_match_start(r->trunk, rest, &n) != RC_OK ||
		    rd_skip(&rest, n) != RC_OK ||
		    join(r->code, "", rest, &without) != RC_OK ||
		    e164_plan_check(&without) != RC_OK)
			continue;
		*e = without;
		break;
	}
	e164_clear(&without);
}

/* After a plus sign or what a region dials instead of one. A number that no
 * plan knows passes as typed: whether it exists is for the check to say. */
static enum rc
international(struct rd digits, struct e164 *ret_e)
{
	struct e164 e = { 0 };
	enum rc rc = RC_OK;

	TRY(e164_parse_digits(digits, &e));
	if (e164_plan_check(&e) != RC_OK)
		trunk_drop(&e);
	*ret_e = e;
out:
	e164_clear(&e);
	return rc;
}

/* National digits as dialled in that region. */
static enum rc
national(
    const struct e164_table_region *r, struct rd digits, struct e164 *ret_e)
{
	struct e164 e = { 0 };
	struct rd rest = digits;
	enum rc rc = RC_OK;
	size_t n;

	if (r->local[0] != '\0' && e164_match_is_whole(r->local, digits)) {
		TRY(join(r->code, r->local_prefix, digits, &e));
		if (e164_plan_check(&e) == RC_OK)
			goto found;
	}
	if (r->trunk[0] != '\0' &&
	    e164_match_start(r->trunk, digits, &n) == RC_OK &&
	    rd_skip(&rest, n) == RC_OK &&
	    join(r->code, "", rest, &e) == RC_OK &&
	    e164_plan_check(&e) == RC_OK)
		goto found;
	TRY(join(r->code, "", digits, &e));
	TRY(e164_plan_check(&e));
found:
	*ret_e = e;
out:
	e164_clear(&e);
	return rc;
}

enum rc
e164_plan_normalise(struct rd typed, const char *region, struct e164 *ret_e)
{
	const struct e164_table_region *r = NULL;
	struct buf digits;
	struct rd rest;
	bool plus = false;
	enum rc rc = RC_OK;
	size_t n;

	buf_init(&digits, E164_MATCH_DIGITS_MAX);
	rc = digits_take(typed, &plus, &digits);
	if (rc == RC_LIMIT)
		rc = RC_MALFORMED; /* more digits than any number has */
	if (rc != RC_OK)
		goto out;
	rest = buf_get(&digits);
	if (plus) {
		TRY(international(rest, ret_e));
		goto out;
	}
	CHECK(region != NULL, RC_MALFORMED);
	r = region_named(region);
	CHECK(r != NULL, RC_MALFORMED);
	if (national(r, rest, ret_e) == RC_OK)
		goto out;
	CHECK(r->idd[0] != '\0', RC_MALFORMED);
	CHECK(e164_match_start(r->idd, rest, &n) == RC_OK, RC_MALFORMED);
	TRY(rd_skip(&rest, n));
	TRY(international(rest, ret_e));
out:
	buf_clear(&digits);
	return rc;
}
