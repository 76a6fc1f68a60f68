#include "custody/paper.h"

#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

#define VERSION 2
#define SIGNATURE_SIZE crypto_sign_BYTES
#define SIGNATURE "signature"

enum rc
paper_parse(struct rd text, const char *kind, json_t **ret_o)
{
	struct rd said = { 0 };
	uint64_t version = 0;
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	CHECK(json_body_parse(text, &o) == RC_OK, RC_MALFORMED);
	TRY(json_body_str(o, "tacet", 32, &said));
	CHECK(rd_is_eq(said, kind), RC_MALFORMED);
	TRY(json_body_uint(o, "version", VERSION, &version));
	CHECK(version == VERSION, RC_MALFORMED);
	*ret_o = o;
	o = NULL;
out:
	json_body_free(o);
	return rc;
}

static int
on_text(const char *text, size_t n, void *arg)
{
	return buf_add(arg, text, n) == RC_OK ? 0 : -1;
}

enum rc
paper_canonical(const json_t *o, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_OK;

	CHECK(o != NULL, RC_NOMEM);
	CHECK(json_dump_callback(
		  o, on_text, b, JSON_COMPACT | JSON_SORT_KEYS) == 0,
	    RC_LIMIT);
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

/* What is signed: "tacet KIND\n" and the canonical JSON without the signature;
 * kind NULL: the JSON alone, which is what is hashed. */
static enum rc
signed_octets(const json_t *o, const char *kind, struct buf *b)
{
	json_t *bare = json_copy((json_t *)(uintptr_t)o); /* shares values */
	enum rc rc = RC_BUG;

	CHECK(bare != NULL, RC_NOMEM);
	(void)json_object_del(bare, SIGNATURE);
	if (kind != NULL)
		TRY(buf_add_fmt(b, "tacet %s\n", kind));
	TRY(paper_canonical(bare, b));
out:
	json_decref(bare);
	return rc;
}

enum rc
paper_verify(const json_t *o, const char *kind,
    const uint8_t sign_key[static PAPER_KEY_SIZE])
{
	uint8_t signature[SIGNATURE_SIZE];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PAPER_MAX + 64);
	CHECK(paper_get(o, SIGNATURE, sizeof(signature), signature) == RC_OK,
	    RC_DENIED);
	TRY(signed_octets(o, kind, &b));
	CHECK(crypto_sign_verify_detached(signature, b.p, b.len, sign_key) == 0,
	    RC_DENIED);
out:
	buf_clear(&b);
	return rc;
}

enum rc
paper_build(json_t *o, const char *kind,
    const uint8_t sign_seed[static PAPER_KEY_SIZE], struct buf *b)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t signature[SIGNATURE_SIZE];
	struct buf text;
	enum rc rc = RC_BUG;

	buf_init(&text, PAPER_MAX + 64);
	CHECK(json_object_set_new(o, "tacet", json_string(kind)) == 0 &&
		json_object_set_new(o, "version", json_integer(VERSION)) == 0,
	    RC_NOMEM);
	TRY(signed_octets(o, kind, &text));
	ASSERT(
	    crypto_sign_seed_keypair(public_key, secret_key, sign_seed) == 0);
	ASSERT(crypto_sign_detached(
		   signature, NULL, text.p, text.len, secret_key) == 0);
	TRY(paper_set(
	    o, SIGNATURE, (struct rd){ signature, sizeof(signature) }));
	TRY(paper_canonical(o, b));
	TRY(buf_u8(b, '\n'));
out:
	sodium_memzero(secret_key, sizeof(secret_key));
	buf_clear(&text);
	return rc;
}

enum rc
paper_hash(const json_t *o, uint8_t ret_hash[static PAPER_HASH_SIZE])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PAPER_MAX);
	TRY(signed_octets(o, NULL, &b));
	crypto_hash_sha256(ret_hash, b.p, b.len);
out:
	buf_clear(&b);
	return rc;
}

static enum rc
octets_of(const json_t *v, size_t n, void *ret_bytes)
{
	if (!json_is_string(v))
		return RC_MALFORMED;
	return text64_fixed_parse(
	    (struct rd){
		(const uint8_t *)json_string_value(v), json_string_length(v) },
	    n, ret_bytes);
}

enum rc
paper_get(const json_t *o, const char *field, size_t n, void *ret_bytes)
{
	return octets_of(json_object_get(o, field), n, ret_bytes);
}

enum rc
paper_at(const json_t *a, size_t i, size_t n, void *ret_bytes)
{
	return octets_of(json_array_get(a, i), n, ret_bytes);
}

static enum rc
text_of(struct rd bytes, json_t **ret_v)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PAPER_MAX);
	TRY(text64_url_build(&b, bytes));
	*ret_v = json_stringn((const char *)b.p, b.len);
	CHECK(*ret_v != NULL, RC_NOMEM);
out:
	buf_clear(&b);
	return rc;
}

enum rc
paper_set(json_t *o, const char *field, struct rd bytes)
{
	json_t *v = NULL;
	enum rc rc = RC_BUG;

	TRY(text_of(bytes, &v));
	CHECK(json_object_set(o, field, v) == 0, RC_NOMEM);
out:
	json_decref(v);
	return rc;
}

enum rc
paper_append(json_t *a, struct rd bytes)
{
	json_t *v = NULL;
	enum rc rc = RC_BUG;

	TRY(text_of(bytes, &v));
	CHECK(json_array_append(a, v) == 0, RC_NOMEM);
out:
	json_decref(v);
	return rc;
}
