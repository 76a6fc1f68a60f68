#include "wire/text64.h"

#include <sodium.h>
#include <string.h>

/* libsodium codes without a branch or an index on the bytes, and refuses bits
 * that are set behind the last octet and padding that is missing, early or too
 * much: one text for one value (RFC 4648 sections 3.5 and 4). */
#define CHUNK 48 /* octets that make 64 characters without padding */

/* Reserves the whole text first, so that a failure appends nothing. */
static enum rc
base64_build(struct buf *b, struct rd bytes, int variant)
{
	char text[CHUNK / 3 * 4 + 1];
	struct rd part;
	uint8_t *p;
	size_t n;
	enum rc rc = RC_OK;

	if (bytes.left > 0)
		TRY(buf_reserve(
		    b, sodium_base64_encoded_len(bytes.left, variant) - 1, &p));
	while (bytes.left > 0) {
		n = bytes.left < CHUNK ? bytes.left : CHUNK;
		TRY(rd_take(&bytes, n, &part));
		sodium_bin2base64(text, sizeof(text), part.p, n, variant);
		TRY(buf_add_str(b, text));
	}
out:
	sodium_memzero(text, sizeof(text));
	return rc;
}

enum rc
text64_std_build(struct buf *b, struct rd bytes)
{
	return base64_build(b, bytes, sodium_base64_VARIANT_ORIGINAL);
}

enum rc
text64_url_build(struct buf *b, struct rd bytes)
{
	return base64_build(b, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum rc
text64_hex_build(struct buf *b, struct rd bytes)
{
	char text[2 * CHUNK + 1];
	struct rd part;
	uint8_t *p;
	size_t n;
	enum rc rc = RC_OK;

	CHECK(bytes.left <= b->max / 2, RC_LIMIT);
	if (bytes.left > 0)
		TRY(buf_reserve(b, bytes.left * 2, &p));
	while (bytes.left > 0) {
		n = bytes.left < CHUNK ? bytes.left : CHUNK;
		TRY(rd_take(&bytes, n, &part));
		sodium_bin2hex(text, sizeof(text), part.p, n);
		TRY(buf_add_str(b, text));
	}
out:
	sodium_memzero(text, sizeof(text));
	return rc;
}

/* How many octets the text stands for, when it stands for any. */
static size_t
decoded_len(struct rd text, bool padded)
{
	size_t n = text.left;

	if (padded) {
		if (n > 0 && text.p[n - 1] == '=')
			n--;
		if (n > 0 && text.p[n - 1] == '=')
			n--;
	}
	return n / 4 * 3 + n % 4 * 3 / 4;
}

/* libsodium 1.0.18 takes its characters as signed and so reads some octets
 * from 0x80 on as digits. No branch on an octet, only on them all. */
static bool
is_ascii(struct rd text)
{
	uint8_t all = 0;

	for (size_t i = 0; i < text.left; i++)
		all |= text.p[i];
	return all < 0x80;
}

static enum rc
base64_parse(
    struct rd text, int variant, size_t max, uint8_t *ret_bytes, size_t *ret_n)
{
	bool padded = variant == sodium_base64_VARIANT_ORIGINAL;
	uint8_t none[1] = { 0 };
	size_t n = 0;
	enum rc rc = RC_OK;

	CHECK(!padded || text.left % 4 == 0, RC_MALFORMED);
	CHECK(is_ascii(text), RC_MALFORMED);
	CHECK(decoded_len(text, padded) <= max, RC_LIMIT);
	if (text.left > 0)
		CHECK(sodium_base642bin(max > 0 ? ret_bytes : none, max,
			  (const char *)text.p, text.left, NULL, &n, NULL,
			  variant) == 0,
		    RC_MALFORMED);
	*ret_n = n;
out:
	return rc;
}

enum rc
text64_std_parse(struct rd text, size_t max, uint8_t *ret_bytes, size_t *ret_n)
{
	return base64_parse(
	    text, sodium_base64_VARIANT_ORIGINAL, max, ret_bytes, ret_n);
}

enum rc
text64_url_parse(struct rd text, size_t max, uint8_t *ret_bytes, size_t *ret_n)
{
	return base64_parse(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, max,
	    ret_bytes, ret_n);
}

enum rc
text64_hex_parse(struct rd text, size_t n, void *ret_bytes)
{
	size_t got = 0;
	enum rc rc = RC_OK;

	CHECK(text.left % 2 == 0 && text.left / 2 == n, RC_MALFORMED);
	/* libsodium takes capitals too */
	for (size_t i = 0; i < text.left; i++)
		CHECK(text.p[i] < 'A' || text.p[i] > 'F', RC_MALFORMED);
	if (n > 0)
		CHECK(sodium_hex2bin(ret_bytes, n, (const char *)text.p,
			  text.left, NULL, &got, NULL) == 0 &&
			got == n,
		    RC_MALFORMED);
out:
	return rc;
}

enum rc
text64_fixed_parse(struct rd text, size_t n, void *ret_bytes)
{
	size_t got = 0;
	enum rc rc = RC_OK;

	CHECK(decoded_len(text, false) == n, RC_MALFORMED);
	TRY(text64_url_parse(text, n, ret_bytes, &got));
	CHECK(got == n, RC_MALFORMED);
out:
	return rc;
}
