#include "wire/device_list.h"

#include <sodium.h>
#include <string.h>

#include "wire/cbor.h"

#define LABEL "tacet device list v1" /* its NUL is the 0x00 of the format */
#define BODY_FIELDS 5
#define DEVICE_FIELDS 6
#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z */

struct message { /* what the signature covers */
	uint8_t octets[sizeof(LABEL) + DEVICE_LIST_SIZE_MAX];
	size_t n;
};

static void
message_init(struct message *m, struct rd body)
{
	ASSERT(body.left <= DEVICE_LIST_SIZE_MAX);
	memcpy(m->octets, LABEL, sizeof(LABEL));
	if (body.left > 0)
		memcpy(m->octets + sizeof(LABEL), body.p, body.left);
	m->n = sizeof(LABEL) + body.left;
}

/* A name is shown on terminals: no C0, DEL or C1 control (U+0080..U+009F). */
static bool
is_name(struct rd name)
{
	for (size_t i = 0; i < name.left; i++) {
		if (name.p[i] < ' ' || name.p[i] == 0x7f)
			return false;
		if (i > 0 && name.p[i - 1] == 0xc2 && name.p[i] < 0xa0)
			return false;
	}
	return name.left <= DEVICE_LIST_NAME_MAX;
}

static enum rc
entry_get(struct rd *r, struct device_list_entry *d)
{
	struct rd name = { 0 };
	uint64_t v = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, DEVICE_FIELDS, &n));
	CHECK(n == DEVICE_FIELDS, RC_MALFORMED);
	TRY(cbor_get_uint(r, UINT8_MAX, &v));
	d->id = (uint8_t)v;
	TRY(cbor_get_fixed(r, sizeof(d->dsk), d->dsk));
	TRY(cbor_get_fixed(r, sizeof(d->dik), d->dik));
	TRY(cbor_get_fixed(r, sizeof(d->ek), d->ek));
	TRY(cbor_get_uint(r, UINT32_MAX, &v));
	d->caps = (uint32_t)v;
	TRY(cbor_get_text(r, DEVICE_LIST_NAME_MAX, &name));
	CHECK(is_name(name), RC_MALFORMED);
	memcpy(d->name, name.p, name.left);
out:
	return rc;
}

static enum rc
entry_put(struct buf *b, const struct device_list_entry *d)
{
	enum rc rc = RC_BUG;

	CHECK(is_name(rd_str(d->name)), RC_MALFORMED);
	TRY(cbor_put_array(b, DEVICE_FIELDS));
	TRY(cbor_put_u64(b, d->id));
	TRY(cbor_put_bytes(b, (struct rd){ d->dsk, sizeof(d->dsk) }));
	TRY(cbor_put_bytes(b, (struct rd){ d->dik, sizeof(d->dik) }));
	TRY(cbor_put_bytes(b, (struct rd){ d->ek, sizeof(d->ek) }));
	TRY(cbor_put_u64(b, d->caps));
	TRY(cbor_put_text(b, rd_str(d->name)));
out:
	return rc;
}

/* What the format asks of the values: at least one device, ids ascending
 * from 1, so that one set of devices has one encoding. */
static bool
is_valid(const struct device_list *l)
{
	if (l->n < 1 || l->n > DEVICE_LIST_MAX || l->version < 1 ||
	    l->time.s < 0 || l->time.s > TIME_MAX)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->devices[i].id <= (i == 0 ? 0 : l->devices[i - 1].id))
			return false;
	return true;
}

static enum rc
body_get(struct rd r, struct device_list *l)
{
	uint64_t v = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_map(&r, BODY_FIELDS, &n));
	CHECK(n == BODY_FIELDS, RC_MALFORMED);
	TRY(cbor_get_key(&r, 1));
	TRY(cbor_get_fixed(&r, sizeof(l->aik), l->aik));
	TRY(cbor_get_key(&r, 2));
	TRY(cbor_get_uint(&r, UINT32_MAX, &v));
	l->version = (uint32_t)v;
	TRY(cbor_get_key(&r, 3));
	TRY(cbor_get_uint(&r, TIME_MAX, &v));
	l->time.s = (int64_t)v;
	TRY(cbor_get_key(&r, 4));
	TRY(cbor_get_fixed(&r, sizeof(l->records_key), l->records_key));
	TRY(cbor_get_key(&r, 5));
	TRY(cbor_get_array(&r, DEVICE_LIST_MAX, &l->n));
	for (size_t i = 0; i < l->n; i++)
		TRY(entry_get(&r, &l->devices[i]));
	TRY(rd_end(&r));
	CHECK(is_valid(l), RC_MALFORMED);
out:
	return rc;
}

static enum rc
body_put(struct buf *b, const struct device_list *l)
{
	enum rc rc = RC_BUG;

	TRY(cbor_put_map(b, BODY_FIELDS));
	TRY(cbor_put_u64(b, 1));
	TRY(cbor_put_bytes(b, (struct rd){ l->aik, sizeof(l->aik) }));
	TRY(cbor_put_u64(b, 2));
	TRY(cbor_put_u64(b, l->version));
	TRY(cbor_put_u64(b, 3));
	TRY(cbor_put_u64(b, (uint64_t)l->time.s));
	TRY(cbor_put_u64(b, 4));
	TRY(cbor_put_bytes(
	    b, (struct rd){ l->records_key, sizeof(l->records_key) }));
	TRY(cbor_put_u64(b, 5));
	TRY(cbor_put_array(b, l->n));
	for (size_t i = 0; i < l->n; i++)
		TRY(entry_put(b, &l->devices[i]));
out:
	return rc;
}

enum rc
device_list_parse(struct rd octets, struct device_list *ret_l)
{
	struct device_list l = { .n = 0 };
	uint8_t signature[crypto_sign_BYTES];
	struct rd body = { 0 };
	struct message m;
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(octets.left <= DEVICE_LIST_SIZE_MAX, RC_MALFORMED);
	TRY(cbor_get_array(&octets, 2, &n));
	CHECK(n == 2, RC_MALFORMED);
	TRY(cbor_get_bytes(&octets, DEVICE_LIST_SIZE_MAX, &body));
	TRY(cbor_get_fixed(&octets, sizeof(signature), signature));
	TRY(rd_end(&octets));
	TRY(body_get(body, &l));
	message_init(&m, body);
	CHECK(crypto_sign_verify_detached(signature, m.octets, m.n, l.aik) == 0,
	    RC_DENIED);
	*ret_l = l;
out:
	return rc;
}

enum rc
device_list_build(const struct device_list *l,
    const uint8_t aik_secret[static 64], struct buf *b)
{
	uint8_t signature[crypto_sign_BYTES];
	size_t before = b->len;
	struct message m;
	struct buf body;
	enum rc rc = RC_BUG;

	buf_init(&body, DEVICE_LIST_SIZE_MAX);
	/* libsodium's secret key ends with the public one */
	CHECK(is_valid(l) && memcmp(l->aik, aik_secret + 32, 32) == 0,
	    RC_MALFORMED);
	TRY(body_put(&body, l));
	message_init(&m, buf_get(&body));
	CHECK(crypto_sign_detached(
		  signature, NULL, m.octets, m.n, aik_secret) == 0,
	    RC_BUG);
	TRY(cbor_put_array(b, 2));
	TRY(cbor_put_bytes(b, buf_get(&body)));
	TRY(cbor_put_bytes(b, (struct rd){ signature, sizeof(signature) }));
out:
	if (rc != RC_OK)
		b->len = before;
	buf_clear(&body);
	return rc;
}

void
device_list_hash(struct rd octets, uint8_t ret_hash[static 32])
{
	crypto_hash_sha256(ret_hash, octets.p, octets.left);
}

enum rc
device_list_find(const struct device_list *l, uint8_t id,
    const struct device_list_entry **ret_d)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->devices[i].id != id)
			continue;
		*ret_d = &l->devices[i];
		return RC_OK;
	}
	return RC_NOT_FOUND;
}
