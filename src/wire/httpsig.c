#include "wire/httpsig.h"

#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

#define DIGEST_START "sha-256=:"
#define COVERED "(\"@method\" \"@path\" \"content-digest\")"
#define ALG ";alg=\"ed25519\""
#define CREATED_DIGITS_MAX 15 /* sf-integer, RFC 9651 section 3.3.1 */
#define STD_LEN(n) (((n) + 2) / 3 * 4)

/* Every failure of a _build appends nothing. */

static enum rc
expect(struct rd *r, const char *text)
{
	struct rd at = *r; /* moved on a match only: callers try again */
	struct rd s = { 0 };
	enum rc rc = RC_BUG;

	TRY(rd_take(&at, strlen(text), &s));
	CHECK(rd_is_eq(s, text), RC_MALFORMED);
	*r = at;
out:
	return rc;
}

/* Decimal without leading zeros, of at most max digits. */
static enum rc
decimal(struct rd *r, size_t max, uint64_t *ret_v)
{
	struct rd digits = { 0 };
	uint64_t v = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	while (n < r->left && r->p[n] >= '0' && r->p[n] <= '9')
		n++;
	CHECK(n > 0 && n <= max && (n == 1 || r->p[0] != '0'), RC_MALFORMED);
	TRY(rd_take(r, n, &digits));
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(digits.p[i] - '0');
	*ret_v = v;
out:
	return rc;
}

/* "sha-256=:BASE64:" alone (RFC 9530 section 2). */
static enum rc
digest_check(struct rd value, struct rd body)
{
	uint8_t want[crypto_hash_sha256_BYTES];
	uint8_t got[crypto_hash_sha256_BYTES];
	struct rd text = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(expect(&value, DIGEST_START));
	TRY(rd_take(&value, STD_LEN(sizeof(want)), &text));
	TRY(expect(&value, ":"));
	TRY(rd_end(&value));
	CHECK(text64_std_parse(text, sizeof(want), want, &n) == RC_OK &&
		n == sizeof(want),
	    RC_MALFORMED);
	crypto_hash_sha256(got, body.p, body.left);
	CHECK(memcmp(want, got, sizeof(got)) == 0, RC_DENIED);
out:
	return rc;
}

static enum rc
digest_build(struct rd body, struct buf *b)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	enum rc rc = RC_BUG;

	crypto_hash_sha256(hash, body.p, body.left);
	TRY(buf_add_str(b, DIGEST_START));
	TRY(text64_std_build(b, (struct rd){ hash, sizeof(hash) }));
	TRY(buf_u8(b, ':'));
out:
	return rc;
}

static enum rc
keyid_parse(struct rd *r, struct httpsig *s)
{
	struct rd account = { 0 };
	uint64_t device = 0;
	enum rc rc = RC_BUG;

	s->is_new = expect(r, "new/") == RC_OK;
	if (!s->is_new) {
		TRY(rd_take(r, 2 * sizeof(s->account), &account));
		TRY(text64_hex_parse(account, sizeof(s->account), s->account));
		TRY(expect(r, "/"));
	}
	TRY(decimal(r, 3, &device));
	CHECK(device >= 1 && device <= UINT8_MAX, RC_MALFORMED);
	CHECK(!s->is_new || device == 1, RC_MALFORMED);
	s->device = (uint8_t)device;
out:
	return rc;
}

/* One form only, so what params_build makes of it is what was read. */
static enum rc
params_parse(struct rd value, struct httpsig *s)
{
	struct rd nonce = { 0 };
	enum rc rc = RC_BUG;

	TRY(expect(&value, "tacet=" COVERED ";created="));
	TRY(decimal(&value, CREATED_DIGITS_MAX, &s->created));
	TRY(expect(&value, ";nonce=\""));
	TRY(rd_take(&value, 22, &nonce));
	TRY(text64_fixed_parse(nonce, sizeof(s->nonce), s->nonce));
	TRY(expect(&value, "\";keyid=\""));
	TRY(keyid_parse(&value, s));
	TRY(expect(&value, "\"" ALG));
	TRY(rd_end(&value));
out:
	return rc;
}

static enum rc
params_build(const struct httpsig *s, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(s->created < 1000000000000000, RC_MALFORMED);
	CHECK(s->device >= 1 && (!s->is_new || s->device == 1), RC_MALFORMED);
	TRY(buf_add_str(b, COVERED ";created="));
	TRY(buf_add_fmt(b, "%llu", (unsigned long long)s->created));
	TRY(buf_add_str(b, ";nonce=\""));
	TRY(text64_url_build(b, (struct rd){ s->nonce, sizeof(s->nonce) }));
	TRY(buf_add_str(b, "\";keyid=\""));
	if (s->is_new)
		TRY(buf_add_str(b, "new"));
	else
		TRY(text64_hex_build(
		    b, (struct rd){ s->account, sizeof(s->account) }));
	TRY(buf_add_fmt(b, "/%u", (unsigned int)s->device));
	TRY(buf_add_str(b, "\"" ALG));
out:
	return rc;
}

static enum rc
signature_parse(struct rd value, struct httpsig *s)
{
	struct rd text = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(expect(&value, "tacet=:"));
	TRY(rd_take(&value, STD_LEN(sizeof(s->signature)), &text));
	TRY(expect(&value, ":"));
	TRY(rd_end(&value));
	CHECK(text64_std_parse(text, sizeof(s->signature), s->signature, &n) ==
		    RC_OK &&
		n == sizeof(s->signature),
	    RC_MALFORMED);
out:
	return rc;
}

/* RFC 9421 section 2.5; @path is the target without its query (2.2.6). */
static enum rc
base_build(const struct httpsig *s, struct rd method, struct rd target,
    struct rd body, struct buf *base)
{
	size_t before = base->len;
	const uint8_t *query = NULL;
	enum rc rc = RC_BUG;

	CHECK(method.left > 0 && target.left > 0 && target.p[0] == '/',
	    RC_MALFORMED);
	query = memchr(target.p, '?', target.left);
	if (query != NULL)
		target.left = (size_t)(query - target.p);
	TRY(buf_add_str(base, "\"@method\": "));
	TRY(buf_add_rd(base, method));
	TRY(buf_add_str(base, "\n\"@path\": "));
	TRY(buf_add_rd(base, target));
	TRY(buf_add_str(base, "\n\"content-digest\": "));
	TRY(digest_build(body, base));
	TRY(buf_add_str(base, "\n\"@signature-params\": "));
	TRY(params_build(s, base));
out:
	if (rc != RC_OK)
		base->len = before;
	return rc;
}

/* RC_NOT_FOUND: none of the two fields that sign, RC_MALFORMED: not all. */
static enum rc
fields_find(const struct http1_head *h, struct rd *digest, struct rd *input,
    struct rd *signature)
{
	enum rc d = http1_find(h, "content-digest", digest);
	enum rc i = http1_find(h, "signature-input", input);
	enum rc s = http1_find(h, "signature", signature);

	if (i == RC_NOT_FOUND && s == RC_NOT_FOUND)
		return RC_NOT_FOUND;
	return d == RC_OK && i == RC_OK && s == RC_OK ? RC_OK : RC_MALFORMED;
}

enum rc
httpsig_parse(const struct http1_head *h, struct rd body, struct httpsig *ret_s,
    struct buf *base)
{
	struct httpsig s = { 0 };
	struct rd digest = { 0 };
	struct rd input = { 0 };
	struct rd signature = { 0 };
	enum rc rc = RC_BUG;

	TRY(fields_find(h, &digest, &input, &signature));
	TRY(params_parse(input, &s));
	TRY(signature_parse(signature, &s));
	TRY(digest_check(digest, body));
	TRY(base_build(&s, h->method, h->target, body, base));
	*ret_s = s;
out:
	return rc;
}

enum rc
httpsig_base_build(const struct httpsig *s, const char *method,
    const char *path, struct rd body, struct buf *base)
{
	return base_build(s, rd_str(method), rd_str(path), body, base);
}

enum rc
httpsig_fields_build(
    const struct httpsig *s, struct rd body, struct buf *fields)
{
	size_t before = fields->len;
	enum rc rc = RC_BUG;

	TRY(buf_add_str(fields, "Content-Digest: "));
	TRY(digest_build(body, fields));
	TRY(buf_add_str(fields, "\r\nSignature-Input: tacet="));
	TRY(params_build(s, fields));
	TRY(buf_add_str(fields, "\r\nSignature: tacet=:"));
	TRY(text64_std_build(
	    fields, (struct rd){ s->signature, sizeof(s->signature) }));
	TRY(buf_add_str(fields, ":\r\n"));
out:
	if (rc != RC_OK)
		fields->len = before;
	return rc;
}
