#include "crypto/hpke.h"

#include <sodium.h>
#include <string.h>

#include "crypto/hkdf.h"

/* RFC 9180 sections 7.1, 7.2, 7.3: DHKEM(X25519, HKDF-SHA256) 0x0020,
 * HKDF-SHA256 0x0001, ChaCha20-Poly1305 0x0003. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t hpke_suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00,
	0x01, 0x00, 0x03 };
static const char version[] = "HPKE-v1"; /* section 4 */

#define MODE_BASE 0x00 /* section 5, table 1 */
#define KEY_SIZE crypto_aead_chacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define CONTEXT_SIZE (1 + 2 * HKDF_HASH_SIZE)
/* the longest info of an expansion: length, version, suite, "shared_secret",
 * and the key schedule's context */
#define INFO_MAX (2 + 7 + 10 + 13 + CONTEXT_SIZE)

struct aead {
	uint8_t key[KEY_SIZE];
	uint8_t nonce[NONCE_SIZE];
};

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
	/* at most 32 octets are asked for: never past RFC 5869's limit */
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

/* Section 5.1, KeySchedule in base mode: psk and psk_id are empty. The nonce
 * of the one message is base_nonce (section 5.2, sequence number 0). */
static void
key_schedule(
    const uint8_t shared[static 32], struct rd info, struct aead *ret_aead)
{
	const struct rd suite = { hpke_suite, sizeof(hpke_suite) };
	uint8_t context[CONTEXT_SIZE] = { MODE_BASE };
	uint8_t secret[HKDF_HASH_SIZE];
	const struct rd whole = { context, sizeof(context) };

	labeled_extract(suite, empty, "psk_id_hash", empty, context + 1);
	labeled_extract(
	    suite, empty, "info_hash", info, context + 1 + HKDF_HASH_SIZE);
	labeled_extract(
	    suite, (struct rd){ shared, 32 }, "secret", empty, secret);
	labeled_expand(secret, suite, "key", whole,
	    (struct okm){ ret_aead->key, sizeof(ret_aead->key) });
	labeled_expand(secret, suite, "base_nonce", whole,
	    (struct okm){ ret_aead->nonce, sizeof(ret_aead->nonce) });
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
hpke_seal_with(const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct rd aad, struct rd plain, struct buf *b)
{
	struct aead aead = { 0 };
	uint8_t dh[32] = { 0 };
	uint8_t shared[32] = { 0 };
	uint8_t enc[HPKE_ENC_SIZE];
	uint8_t *p = NULL;
	enum rc rc = RC_BUG;

	CHECK(plain.left <= b->max, RC_LIMIT); /* the sum below is exact */
	ASSERT(crypto_scalarmult_base(enc, ephemeral) == 0);
	/* -1: the all-zero output that section 7.1.4 refuses */
	CHECK(crypto_scalarmult(dh, ephemeral, public_key) == 0, RC_DENIED);
	TRY(buf_reserve(b, HPKE_OVERHEAD + plain.left, &p));
	kem_secret(dh, enc, public_key, shared);
	key_schedule(shared, info, &aead);
	memcpy(p, enc, sizeof(enc));
	CHECK(crypto_aead_chacha20poly1305_ietf_encrypt(p + HPKE_ENC_SIZE, NULL,
		  plain.p, plain.left, aad.p, aad.left, NULL, aead.nonce,
		  aead.key) == 0,
	    RC_BUG);
	buf_commit(b, HPKE_OVERHEAD + plain.left);
out:
	explicit_bzero(&aead, sizeof(aead));
	explicit_bzero(dh, sizeof(dh));
	explicit_bzero(shared, sizeof(shared));
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
	struct aead aead = { 0 };
	uint8_t dh[32] = { 0 };
	uint8_t shared[32] = { 0 };
	uint8_t enc[HPKE_ENC_SIZE] = { 0 };
	uint8_t public_key[HPKE_KEY_SIZE];
	uint8_t *p = NULL;
	size_t n;
	enum rc rc = RC_BUG;

	CHECK(sealed.left >= HPKE_OVERHEAD, RC_MALFORMED);
	n = sealed.left - HPKE_OVERHEAD;
	TRY(rd_copy(&sealed, sizeof(enc), enc));
	ASSERT(crypto_scalarmult_base(public_key, secret_key) == 0);
	CHECK(crypto_scalarmult(dh, secret_key, enc) == 0, RC_DENIED);
	TRY(buf_reserve(b, n, &p));
	kem_secret(dh, enc, public_key, shared);
	key_schedule(shared, info, &aead);
	CHECK(crypto_aead_chacha20poly1305_ietf_decrypt(p, NULL, NULL, sealed.p,
		  sealed.left, aad.p, aad.left, aead.nonce, aead.key) == 0,
	    RC_DENIED);
	buf_commit(b, n);
out:
	explicit_bzero(&aead, sizeof(aead));
	explicit_bzero(dh, sizeof(dh));
	explicit_bzero(shared, sizeof(shared));
	return rc;
}
