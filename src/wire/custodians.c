#include "wire/custodians.h"

#include <sodium.h>
#include <string.h>

#include "wire/json_body.h"
#include "wire/text64.h"

#define VERSION 2
#define KEY_TEXT 43 /* 32 octets of base64url */

bool
custodians_is_name(struct rd name)
{
	if (name.left < 1 || name.left >= CUSTODIANS_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.left; i++) {
		uint8_t c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '.' || c == '_' ||
			c == '-'))
			return false;
	}
	return true;
}

static enum rc
key_get(const json_t *o, const char *field,
    uint8_t ret_key[static CUSTODIANS_KEY_SIZE])
{
	struct rd s = { 0 };
	enum rc rc = RC_BUG;

	TRY(json_body_str(o, field, KEY_TEXT, &s));
	TRY(text64_fixed_parse(s, CUSTODIANS_KEY_SIZE, ret_key));
	CHECK(sodium_is_zero(ret_key, CUSTODIANS_KEY_SIZE) == 0, RC_MALFORMED);
out:
	return rc;
}

/* A point of ristretto255 other than the identity, which is all zero. The top
 * bit, which RFC 9496 section 4.3.1 refuses, libsodium 1.0.18 does not see. */
static enum rc
point_get(const json_t *o, const char *field,
    uint8_t ret_p[static CUSTODIANS_KEY_SIZE])
{
	enum rc rc = RC_BUG;

	TRY(key_get(o, field, ret_p));
	CHECK((ret_p[CUSTODIANS_KEY_SIZE - 1] & 0x80) == 0 &&
		crypto_core_ristretto255_is_valid_point(ret_p) == 1,
	    RC_MALFORMED);
out:
	return rc;
}

static bool
is_like(const struct custodians_member *a, const struct custodians_member *b)
{
	return strcmp(a->name, b->name) == 0 ||
	    memcmp(a->seal_key, b->seal_key, CUSTODIANS_KEY_SIZE) == 0 ||
	    memcmp(a->sign_key, b->sign_key, CUSTODIANS_KEY_SIZE) == 0;
}

static enum rc
member_parse(const json_t *o, struct custodians *c)
{
	static const char *const fields[] = { "index", "name",
		"verification_key", "seal_key", "sign_key" };
	struct custodians_member *m = &c->members[c->n];
	struct rd name = { 0 };
	uint64_t index = 0;
	enum rc rc = RC_BUG;

	CHECK(json_is_object(o), RC_MALFORMED);
	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(json_body_uint(o, "index", CUSTODIANS_MAX, &index));
	CHECK(index == c->n + 1u, RC_MALFORMED);
	TRY(json_body_str(o, "name", CUSTODIANS_NAME_SIZE - 1, &name));
	CHECK(custodians_is_name(name), RC_MALFORMED);
	memcpy(m->name, name.p, name.left);
	TRY(point_get(o, "verification_key", m->verification_key));
	TRY(key_get(o, "seal_key", m->seal_key));
	TRY(key_get(o, "sign_key", m->sign_key));
	for (size_t i = 0; i < c->n; i++)
		CHECK(!is_like(&c->members[i], m), RC_MALFORMED);
	c->n++;
out:
	return rc;
}

static enum rc
head_parse(const json_t *o, struct custodians *c)
{
	static const char *const fields[] = { "tacet", "version", "generation",
		"threshold", "public_key", "members" };
	struct rd kind = { 0 };
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(json_body_str(o, "tacet", 16, &kind));
	CHECK(rd_is_eq(kind, "custodians"), RC_MALFORMED);
	TRY(json_body_uint(o, "version", VERSION, &v));
	CHECK(v == VERSION, RC_MALFORMED);
	TRY(json_body_uint(o, "generation", UINT32_MAX, &v));
	CHECK(v >= 1, RC_MALFORMED);
	c->generation = (uint32_t)v;
	TRY(json_body_uint(o, "threshold", CUSTODIANS_MAX, &v));
	CHECK(v >= 1, RC_MALFORMED);
	c->threshold = (uint8_t)v;
	TRY(point_get(o, "public_key", c->public_key));
out:
	return rc;
}

enum rc
custodians_parse(struct rd text, struct custodians *ret_c)
{
	struct custodians c = { 0 };
	const json_t *a = NULL;
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	CHECK(text.left <= CUSTODIANS_FILE_MAX, RC_MALFORMED);
	CHECK(json_body_parse(text, &o) == RC_OK, RC_MALFORMED);
	TRY(head_parse(o, &c));
	TRY(json_body_array(o, "members", CUSTODIANS_MAX, &a));
	for (size_t i = 0; i < json_array_size(a); i++)
		TRY(member_parse(json_array_get(a, i), &c));
	CHECK(c.threshold <= c.n, RC_MALFORMED);
	*ret_c = c;
	rc = RC_OK;
out:
	json_body_free(o);
	return rc;
}

static enum rc
key_build(
    json_t *o, const char *field, const uint8_t key[static CUSTODIANS_KEY_SIZE])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, KEY_TEXT);
	TRY(text64_url_build(&b, (struct rd){ key, CUSTODIANS_KEY_SIZE }));
	CHECK(json_object_set_new(
		  o, field, json_stringn((const char *)b.p, b.len)) == 0,
	    RC_NOMEM);
out:
	buf_clear(&b);
	return rc;
}

/* Names in sorted order, as json_body_build keeps the order they are set. */
static enum rc
member_build(const struct custodians_member *m, size_t index, json_t *a)
{
	json_t *o = json_pack(
	    "{s:I,s:s}", "index", (json_int_t)index, "name", m->name);
	enum rc rc = RC_BUG;

	CHECK(o != NULL, RC_NOMEM);
	TRY(key_build(o, "seal_key", m->seal_key));
	TRY(key_build(o, "sign_key", m->sign_key));
	TRY(key_build(o, "verification_key", m->verification_key));
	CHECK(json_array_append(a, o) == 0, RC_NOMEM);
out:
	json_decref(o);
	return rc;
}

enum rc
custodians_build(const struct custodians *c, struct buf *b)
{
	json_t *a = json_array();
	json_t *o = json_pack(
	    "{s:I,s:O}", "generation", (json_int_t)c->generation, "members", a);
	enum rc rc = RC_BUG;

	CHECK(o != NULL, RC_NOMEM);
	for (size_t i = 0; i < c->n; i++)
		TRY(member_build(&c->members[i], i + 1, a));
	TRY(key_build(o, "public_key", c->public_key));
	CHECK(json_object_set_new(o, "tacet", json_string("custodians")) == 0 &&
		json_object_set_new(
		    o, "threshold", json_integer(c->threshold)) == 0 &&
		json_object_set_new(o, "version", json_integer(VERSION)) == 0,
	    RC_NOMEM);
	TRY(json_body_build(o, b));
out:
	json_decref(a);
	json_decref(o);
	return rc;
}

enum rc
custodians_hash(const struct custodians *c, uint8_t ret_hash[static 32])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	TRY(custodians_build(c, &b));
	crypto_hash_sha256(ret_hash, b.p, b.len);
out:
	buf_clear(&b);
	return rc;
}
