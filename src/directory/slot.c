#include "directory/slot.h"

#include <sodium.h>
#include <string.h>

#include "base/ct.h"

/* Of the associated data and of the commitment's hash. */
static const uint8_t label[] = "tacet slot v1";
#define LABEL_SIZE (sizeof(label) - 1)

static enum rc
front_parse(struct rd *r, struct slot_head *h)
{
	enum rc rc = RC_BUG;

	TRY(rd_u32(r, &h->version));
	TRY(rd_u32(r, &h->epoch_changed));
	TRY(rd_u32(r, &h->number_epoch));
	TRY(rd_copy(r, SLOT_HASH_SIZE, h->hist_prev));
	CHECK(h->version > 0, RC_MALFORMED);
	CHECK(h->version > 1 || sodium_is_zero(h->hist_prev, SLOT_HASH_SIZE),
	    RC_MALFORMED);
out:
	return rc;
}

static enum rc
front_build(const struct slot_head *h, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_u32(b, h->version));
	TRY(buf_u32(b, h->epoch_changed));
	TRY(buf_u32(b, h->number_epoch));
	TRY(buf_add(b, h->hist_prev, SLOT_HASH_SIZE));
out:
	return rc;
}

enum rc
slot_parse(struct rd *r, struct slot *ret_s)
{
	struct slot_head h;
	struct rd at = *r;
	enum rc rc = RC_BUG;

	TRY(front_parse(&at, &h));
	TRY(rd_copy(&at, SLOT_SEALED_SIZE, ret_s->sealed));
	ret_s->version = h.version;
	ret_s->epoch_changed = h.epoch_changed;
	ret_s->number_epoch = h.number_epoch;
	memcpy(ret_s->hist_prev, h.hist_prev, SLOT_HASH_SIZE);
	*r = at;
out:
	return rc;
}

enum rc
slot_build(const struct slot *s, struct buf *b)
{
	struct slot_head h;
	enum rc rc = RC_BUG;

	slot_head_of(s, &h);
	TRY(front_build(&h, b));
	TRY(buf_add(b, s->sealed, SLOT_SEALED_SIZE));
out:
	return rc;
}

enum rc
slot_head_parse(struct rd *r, struct slot_head *ret_h)
{
	struct slot_head h;
	struct rd at = *r;
	enum rc rc = RC_BUG;

	TRY(front_parse(&at, &h));
	TRY(rd_copy(&at, SLOT_HASH_SIZE, h.sealed_hash));
	*ret_h = h;
	*r = at;
out:
	return rc;
}

enum rc
slot_head_build(const struct slot_head *h, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(front_build(h, b));
	TRY(buf_add(b, h->sealed_hash, SLOT_HASH_SIZE));
out:
	return rc;
}

void
slot_head_of(const struct slot *s, struct slot_head *ret_h)
{
	ret_h->version = s->version;
	ret_h->epoch_changed = s->epoch_changed;
	ret_h->number_epoch = s->number_epoch;
	memcpy(ret_h->hist_prev, s->hist_prev, SLOT_HASH_SIZE);
	(void)crypto_hash_sha256(
	    ret_h->sealed_hash, s->sealed, sizeof(s->sealed));
}

void
slot_head_commitment(
    const struct slot_head *h, uint8_t ret_commitment[static SLOT_HASH_SIZE])
{
	crypto_hash_sha256_state st;
	struct buf b;

	buf_init(&b, SLOT_HEAD_SIZE);
	ASSERT(slot_head_build(h, &b) == RC_OK);
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, label, LABEL_SIZE);
	crypto_hash_sha256_update(&st, b.p, b.len);
	crypto_hash_sha256_final(&st, ret_commitment);
	buf_clear(&b);
}

void
slot_commitment(
    const struct slot *s, uint8_t ret_commitment[static SLOT_HASH_SIZE])
{
	struct slot_head h;

	slot_head_of(s, &h);
	slot_head_commitment(&h, ret_commitment);
}

bool
slot_head_follows(const struct slot_head *h, uint32_t old_version,
    const uint8_t old_commitment[static SLOT_HASH_SIZE])
{
	return old_version < UINT32_MAX && h->version == old_version + 1 &&
	    memcmp(h->hist_prev, old_commitment, SLOT_HASH_SIZE) == 0;
}

static const uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void
slot_seal(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const struct slot_plain *plain, struct slot *s)
{
	uint8_t key[HANDLE_KEYS_SEAL_SIZE];

	handle_keys_seal(y, s->version, key);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(s->sealed, NULL,
	    (const uint8_t *)plain, SLOT_PLAIN_SIZE, label, LABEL_SIZE, NULL,
	    nonce, key);
	explicit_bzero(key, sizeof(key));
}

enum rc
slot_open(const uint8_t y[static HANDLE_KEYS_Y_SIZE], const struct slot *s,
    struct slot_plain *ret_plain)
{
	uint8_t key[HANDLE_KEYS_SEAL_SIZE];
	struct slot_plain plain;
	enum rc rc = RC_BUG;

	handle_keys_seal(y, s->version, key);
	CHECK(crypto_aead_chacha20poly1305_ietf_decrypt((uint8_t *)&plain, NULL,
		  NULL, s->sealed, SLOT_SEALED_SIZE, label, LABEL_SIZE, nonce,
		  key) == 0,
	    RC_DENIED);
	*ret_plain = plain;
	rc = RC_OK;
out:
	explicit_bzero(key, sizeof(key));
	explicit_bzero(&plain, sizeof(plain));
	return rc;
}

bool
slot_is_tombstone(const struct slot_plain *plain)
{
	static const struct slot_plain none;

	return ct_eq(plain, &none, sizeof(none));
}
