#include "wire/prekey.h"

#include <sodium.h>
#include <string.h>

#include "wire/cbor.h"

/* Their NULs are the 0x00 of the format. */
#define LABEL_SIGNED "tacet signed prekey v1"
#define LABEL_ONE_TIME "tacet one-time prekey v1"
#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z */

/* The label, 0x00, and the typed key: what the signature covers. */
static enum rc
message_build(const struct prekey *p, bool is_signed, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(p->time.s >= 0 && p->time.s <= TIME_MAX, RC_MALFORMED);
	if (is_signed)
		TRY(buf_add(b, LABEL_SIGNED, sizeof(LABEL_SIGNED)));
	else
		TRY(buf_add(b, LABEL_ONE_TIME, sizeof(LABEL_ONE_TIME)));
	TRY(buf_u32(b, p->id));
	if (is_signed)
		TRY(buf_u64(b, (uint64_t)p->time.s));
	TRY(buf_add(b, p->key, sizeof(p->key)));
out:
	return rc;
}

static enum rc
key_check(const struct prekey *p, bool is_signed, const uint8_t dsk[static 32])
{
	struct buf m;
	enum rc rc = RC_BUG;

	buf_init(&m, 128);
	TRY(message_build(p, is_signed, &m));
	CHECK(crypto_sign_verify_detached(p->signature, m.p, m.len, dsk) == 0,
	    RC_DENIED);
out:
	buf_clear(&m);
	return rc;
}

enum rc
prekey_sign(
    struct prekey *p, bool is_signed, const uint8_t dsk_secret[static 64])
{
	struct buf m;
	enum rc rc = RC_BUG;

	buf_init(&m, 128);
	TRY(message_build(p, is_signed, &m));
	CHECK(crypto_sign_detached(
		  p->signature, NULL, m.p, m.len, dsk_secret) == 0,
	    RC_BUG);
out:
	buf_clear(&m);
	return rc;
}

/* Reads one key and checks it. */
static enum rc
key_get(struct rd *r, bool is_signed, const uint8_t dsk[static 32],
    struct prekey *p)
{
	uint64_t v = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, 4, &n));
	CHECK(n == (is_signed ? 4 : 3), RC_MALFORMED);
	TRY(cbor_get_uint(r, UINT32_MAX, &v));
	p->id = (uint32_t)v;
	TRY(cbor_get_fixed(r, sizeof(p->key), p->key));
	v = 0;
	if (is_signed)
		TRY(cbor_get_uint(r, TIME_MAX, &v));
	p->time.s = (int64_t)v;
	TRY(cbor_get_fixed(r, sizeof(p->signature), p->signature));
	TRY(key_check(p, is_signed, dsk));
out:
	return rc;
}

static enum rc
key_put(struct buf *b, bool is_signed, const struct prekey *p)
{
	enum rc rc = RC_BUG;

	CHECK(p->time.s >= 0 && p->time.s <= TIME_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, is_signed ? 4 : 3));
	TRY(cbor_put_u64(b, p->id));
	TRY(cbor_put_bytes(b, (struct rd){ p->key, sizeof(p->key) }));
	if (is_signed)
		TRY(cbor_put_u64(b, (uint64_t)p->time.s));
	TRY(cbor_put_bytes(
	    b, (struct rd){ p->signature, sizeof(p->signature) }));
out:
	return rc;
}

enum rc
prekey_upload_parse(
    struct rd octets, const uint8_t dsk[static 32], struct prekey_upload *ret_u)
{
	struct prekey_upload u = { .has_signed = false };
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(octets.left <= PREKEY_UPLOAD_SIZE_MAX, RC_MALFORMED);
	TRY(cbor_get_array(&octets, 2, &n));
	CHECK(n == 2, RC_MALFORMED);
	u.has_signed = !cbor_is_null(&octets);
	if (u.has_signed)
		TRY(key_get(&octets, true, dsk, &u.signed_key));
	TRY(cbor_get_array(&octets, PREKEY_ONE_TIME_MAX, &u.n_one_time));
	for (size_t i = 0; i < u.n_one_time; i++)
		TRY(key_get(&octets, false, dsk, &u.one_time[i]));
	TRY(rd_end(&octets));
	*ret_u = u;
out:
	return rc;
}

enum rc
prekey_upload_build(const struct prekey_upload *u, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(u->n_one_time <= PREKEY_ONE_TIME_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, 2));
	if (u->has_signed)
		TRY(key_put(b, true, &u->signed_key));
	else
		TRY(cbor_put_null(b));
	TRY(cbor_put_array(b, u->n_one_time));
	for (size_t i = 0; i < u->n_one_time; i++)
		TRY(key_put(b, false, &u->one_time[i]));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
prekey_bundle_parse(
    struct rd octets, const uint8_t dsk[static 32], struct prekey_bundle *ret_b)
{
	struct prekey_bundle p = { 0 };
	uint64_t v = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(&octets, 3, &n));
	CHECK(n == 3, RC_MALFORMED);
	TRY(cbor_get_uint(&octets, UINT8_MAX, &v));
	CHECK(v >= 1, RC_MALFORMED);
	p.device = (uint8_t)v;
	TRY(key_get(&octets, true, dsk, &p.signed_key));
	p.has_one_time = !cbor_is_null(&octets);
	if (p.has_one_time)
		TRY(key_get(&octets, false, dsk, &p.one_time));
	TRY(rd_end(&octets));
	*ret_b = p;
out:
	return rc;
}

enum rc
prekey_bundle_build(const struct prekey_bundle *p, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(p->device >= 1, RC_MALFORMED);
	TRY(cbor_put_array(b, 3));
	TRY(cbor_put_u64(b, p->device));
	TRY(key_put(b, true, &p->signed_key));
	if (p->has_one_time)
		TRY(key_put(b, false, &p->one_time));
	else
		TRY(cbor_put_null(b));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
