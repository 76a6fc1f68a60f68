#include "crypto/hpke.h"

#include <sodium.h>
#include <string.h>

#include "crypto/hkdf.h"

/* RFC 9180 sections 7.1, 7.2: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256
 * 0x0001. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const char version[] = "HPKE-v1"; /* section 4 */

#define MODE_BASE 0x00 /* section 5, table 1 */
#define SUITE_SIZE 10
#define CONTEXT_SIZE (1 + 2 * HKDF_HASH_SIZE)
/* the longest info of an expansion: length, version, suite, "shared_secret",
 * and the key schedule's context */
#define INFO_MAX (2 + 7 + SUITE_SIZE + 13 + CONTEXT_SIZE)
_Static_assert(HPKE_EXPORT_CONTEXT_MAX <= CONTEXT_SIZE, "both fit INFO_MAX");
_Static_assert(HPKE_SECRET_SIZE == HKDF_HASH_SIZE, "Nh");

struct okm { /* where an expansion goes */
	uint8_t *p;
	size_t n;
};

static const uint8_t nothing[1];
static const struct rd empty = { nothing, 0 };

/* Section 4: Extract(salt, "HPKE-v1" || suite_id || label || ikm). By parts,
 * because ikm has no maximum. */
static void
labeled_extract(struct rd suite, struct rd salt, const char *label,
    struct rd ikm, uint8_t ret_prk[static HKDF_HASH_SIZE])
{
	crypto_auth_hmacsha256_state st;
	const struct rd parts[] = { rd_str(version), suite, rd_str(label),
		ikm };

	crypto_auth_hmacsha256_init(
	    &st, salt.p == NULL ? nothing : salt.p, salt.left);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].left > 0)
			crypto_auth_hmacsha256_update(
			    &st, parts[i].p, parts[i].left);
	crypto_auth_hmacsha256_final(&st, ret_prk);
	explicit_bzero(&st, sizeof(st));
}

/* Section 4: Expand(prk, I2OSP(L, 2) || "HPKE-v1" || suite_id || label ||
 * info, L). */
static void
labeled_expand(const uint8_t prk[static HKDF_HASH_SIZE], struct rd suite,
    const char *label, struct rd info, struct okm okm)
{
	uint8_t text[INFO_MAX];
	size_t n = 0;
	const struct rd parts[] = { rd_str(version), suite, rd_str(label),
		info };

	text[n++] = (uint8_t)(okm.n >> 8);
	text[n++] = (uint8_t)okm.n;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		ASSERT(parts[i].left <= sizeof(text) - n);
		memcpy(text + n, parts[i].p, parts[i].left);
		n += parts[i].left;
	}
	/* hpke_export has the limit of RFC 5869; all others ask for 32 at most
	 */
	ASSERT(hkdf_expand(prk, (struct rd){ text, n }, okm.n, okm.p) == RC_OK);
	explicit_bzero(text, sizeof(text));
}

/* Section 4.1, ExtractAndExpand; kem_context = enc || pkRm. */
static void
kem_secret(const uint8_t dh[static 32], const uint8_t enc[static HPKE_ENC_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE],
    uint8_t ret_shared[static 32])
{
	const struct rd suite = { kem_suite, sizeof(kem_suite) };
	uint8_t context[HPKE_ENC_SIZE + HPKE_KEY_SIZE];
	uint8_t prk[HKDF_HASH_SIZE];

	memcpy(context, enc, HPKE_ENC_SIZE);
	memcpy(context + HPKE_ENC_SIZE, public_key, HPKE_KEY_SIZE);
	labeled_extract(suite, empty, "eae_prk", (struct rd){ dh, 32 }, prk);
	labeled_expand(prk, suite, "shared_secret",
	    (struct rd){ context, sizeof(context) },
	    (struct okm){ ret_shared, 32 });
	explicit_bzero(prk, sizeof(prk));
}

/* Section 5.1: suite_id of the whole, "HPKE" || kem_id || kdf_id || aead_id. */
static void
suite_id(const struct hpke_aead *aead, uint8_t ret_id[static SUITE_SIZE])
{
	static const uint8_t start[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00,
		0x01 };

	memcpy(ret_id, start, sizeof(start));
	ret_id[sizeof(start)] = (uint8_t)(aead->id >> 8);
	ret_id[sizeof(start) + 1] = (uint8_t)aead->id;
}

/* Section 5.1, KeySchedule in base mode: psk and psk_id are empty. */
static void
key_schedule(const struct hpke_aead *aead, const uint8_t shared[static 32],
    struct rd info, struct hpke_context *ret_context)
{
	uint8_t id[SUITE_SIZE];
	const struct rd suite = { id, sizeof(id) };
	uint8_t context[CONTEXT_SIZE] = { MODE_BASE };
	uint8_t secret[HKDF_HASH_SIZE];
	const struct rd whole = { context, sizeof(context) };

	suite_id(aead, id);
	*ret_context = (struct hpke_context){ .aead = aead };
	labeled_extract(suite, empty, "psk_id_hash", empty, context + 1);
	labeled_extract(
	    suite, empty, "info_hash", info, context + 1 + HKDF_HASH_SIZE);
	labeled_extract(
	    suite, (struct rd){ shared, 32 }, "secret", empty, secret);
	labeled_expand(secret, suite, "key", whole,
	    (struct okm){ ret_context->key, aead->key_size });
	labeled_expand(secret, suite, "base_nonce", whole,
	    (struct okm){ ret_context->base_nonce, HPKE_NONCE_SIZE });
	labeled_expand(secret, suite, "exp", whole,
	    (struct okm){ ret_context->exporter_secret, HPKE_SECRET_SIZE });
	explicit_bzero(secret, sizeof(secret));
}

void
hpke_keypair(uint8_t ret_secret[static HPKE_KEY_SIZE],
    uint8_t ret_public[static HPKE_KEY_SIZE])
{
	randombytes_buf(ret_secret, HPKE_KEY_SIZE);
	/* fails for no secret: the base point is not of low order */
	ASSERT(crypto_scalarmult_base(ret_public, ret_secret) == 0);
}

enum rc
hpke_setup_sender_with(const struct hpke_aead *aead,
    const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct hpke_context *ret_context, uint8_t ret_enc[static HPKE_ENC_SIZE])
{
	uint8_t dh[32] = { 0 };
	uint8_t shared[32] = { 0 };
	enum rc rc = RC_BUG;

	ASSERT(crypto_scalarmult_base(ret_enc, ephemeral) == 0);
	/* -1: the all-zero output that section 7.1.4 refuses */
	CHECK(crypto_scalarmult(dh, ephemeral, public_key) == 0, RC_DENIED);
	kem_secret(dh, ret_enc, public_key, shared);
	key_schedule(aead, shared, info, ret_context);
	rc = RC_OK;
out:
	explicit_bzero(dh, sizeof(dh));
	explicit_bzero(shared, sizeof(shared));
	return rc;
}

enum rc
hpke_setup_sender(const struct hpke_aead *aead,
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct hpke_context *ret_context, uint8_t ret_enc[static HPKE_ENC_SIZE])
{
	uint8_t ephemeral[HPKE_KEY_SIZE];
	enum rc rc;

	randombytes_buf(ephemeral, sizeof(ephemeral));
	rc = hpke_setup_sender_with(
	    aead, ephemeral, public_key, info, ret_context, ret_enc);
	explicit_bzero(ephemeral, sizeof(ephemeral));
	return rc;
}

enum rc
hpke_setup_receiver(const struct hpke_aead *aead,
    const uint8_t secret_key[static HPKE_KEY_SIZE],
    const uint8_t enc[static HPKE_ENC_SIZE], struct rd info,
    struct hpke_context *ret_context)
{
	uint8_t dh[32] = { 0 };
	uint8_t shared[32] = { 0 };
	uint8_t public_key[HPKE_KEY_SIZE];
	enum rc rc = RC_BUG;

	ASSERT(crypto_scalarmult_base(public_key, secret_key) == 0);
	CHECK(crypto_scalarmult(dh, secret_key, enc) == 0, RC_DENIED);
	kem_secret(dh, enc, public_key, shared);
	key_schedule(aead, shared, info, ret_context);
	rc = RC_OK;
out:
	explicit_bzero(dh, sizeof(dh));
	explicit_bzero(shared, sizeof(shared));
	return rc;
}

/* Section 5.2, ComputeNonce: base_nonce XOR I2OSP(seq, 12). */
static void
message_nonce(
    const struct hpke_context *c, uint8_t ret_nonce[static HPKE_NONCE_SIZE])
{
	memcpy(ret_nonce, c->base_nonce, HPKE_NONCE_SIZE);
	for (size_t i = 0; i < sizeof(c->seq); i++)
		ret_nonce[HPKE_NONCE_SIZE - 1 - i] ^= (uint8_t)(c->seq >>
		    (8 * i));
}

enum rc
hpke_context_seal(
    struct hpke_context *c, struct rd aad, struct rd plain, struct buf *b)
{
	uint8_t nonce[HPKE_NONCE_SIZE];
	uint8_t *p = NULL;
	enum rc rc = RC_BUG;

	CHECK(c->seq < UINT64_MAX, RC_LIMIT);
	CHECK(plain.left <= b->max, RC_LIMIT); /* the sum below is exact */
	TRY(buf_reserve(b, plain.left + HPKE_TAG_SIZE, &p));
	message_nonce(c, nonce);
	TRY(c->aead->seal(c->key, nonce, aad, plain, p));
	buf_commit(b, plain.left + HPKE_TAG_SIZE);
	c->seq++;
out:
	return rc;
}

enum rc
hpke_context_open(
    struct hpke_context *c, struct rd aad, struct rd sealed, struct buf *b)
{
	uint8_t nonce[HPKE_NONCE_SIZE];
	uint8_t *p = NULL;
	enum rc rc = RC_BUG;

	CHECK(c->seq < UINT64_MAX, RC_LIMIT);
	CHECK(sealed.left >= HPKE_TAG_SIZE, RC_MALFORMED);
	TRY(buf_reserve(b, sealed.left - HPKE_TAG_SIZE, &p));
	message_nonce(c, nonce);
	TRY(c->aead->open(c->key, nonce, aad, sealed, p));
	buf_commit(b, sealed.left - HPKE_TAG_SIZE);
	c->seq++;
out:
	return rc;
}

/* Section 5.3. */
enum rc
hpke_export(const struct hpke_context *c, struct rd exporter_context, size_t n,
    uint8_t *ret_secret)
{
	uint8_t id[SUITE_SIZE];

	if (n > HPKE_EXPORT_MAX ||
	    exporter_context.left > HPKE_EXPORT_CONTEXT_MAX)
		return RC_LIMIT;
	suite_id(c->aead, id);
	labeled_expand(c->exporter_secret, (struct rd){ id, sizeof(id) }, "sec",
	    exporter_context, (struct okm){ ret_secret, n });
	return RC_OK;
}

void
hpke_context_clear(struct hpke_context *c)
{
	explicit_bzero(c, sizeof(*c));
}

static enum rc
chacha20_poly1305_seal(const uint8_t *key, const uint8_t *nonce, struct rd aad,
    struct rd plain, uint8_t *ret_sealed)
{
	return crypto_aead_chacha20poly1305_ietf_encrypt(ret_sealed, NULL,
		   plain.p, plain.left, aad.p, aad.left, NULL, nonce, key) == 0
	    ? RC_OK
	    : RC_BUG;
}

static enum rc
chacha20_poly1305_open(const uint8_t *key, const uint8_t *nonce, struct rd aad,
    struct rd sealed, uint8_t *ret_plain)
{
	return crypto_aead_chacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL,
		   sealed.p, sealed.left, aad.p, aad.left, nonce, key) == 0
	    ? RC_OK
	    : RC_DENIED;
}

const struct hpke_aead hpke_chacha20_poly1305 = { 0x0003,
	crypto_aead_chacha20poly1305_ietf_KEYBYTES, chacha20_poly1305_seal,
	chacha20_poly1305_open };

/* --- single shots (section 6.1) ------------------------------------------- */

enum rc
hpke_seal_with(const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct rd aad, struct rd plain, struct buf *b)
{
	struct hpke_context c = { 0 };
	uint8_t enc[HPKE_ENC_SIZE];
	size_t len = b->len;
	uint8_t *all = NULL;
	enum rc rc = RC_BUG;

	CHECK(plain.left <= b->max, RC_LIMIT); /* the sum below is exact */
	TRY(buf_reserve(b, HPKE_OVERHEAD + plain.left, &all));
	TRY(hpke_setup_sender_with(
	    &hpke_chacha20_poly1305, ephemeral, public_key, info, &c, enc));
	TRY(buf_add(b, enc, sizeof(enc)));
	TRY(hpke_context_seal(&c, aad, plain, b));
out:
	if (rc != RC_OK)
		b->len = len;
	hpke_context_clear(&c);
	return rc;
}

enum rc
hpke_seal(const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct rd aad, struct rd plain, struct buf *b)
{
	uint8_t ephemeral[HPKE_KEY_SIZE];
	enum rc rc;

	randombytes_buf(ephemeral, sizeof(ephemeral));
	rc = hpke_seal_with(ephemeral, public_key, info, aad, plain, b);
	explicit_bzero(ephemeral, sizeof(ephemeral));
	return rc;
}

enum rc
hpke_open(const uint8_t secret_key[static HPKE_KEY_SIZE], struct rd info,
    struct rd aad, struct rd sealed, struct buf *b)
{
	struct hpke_context c = { 0 };
	uint8_t enc[HPKE_ENC_SIZE] = { 0 };
	enum rc rc = RC_BUG;

	CHECK(sealed.left >= HPKE_OVERHEAD, RC_MALFORMED);
	TRY(rd_copy(&sealed, sizeof(enc), enc));
	TRY(hpke_setup_receiver(
	    &hpke_chacha20_poly1305, secret_key, enc, info, &c));
	TRY(hpke_context_open(&c, aad, sealed, b));
out:
	hpke_context_clear(&c);
	return rc;
}
