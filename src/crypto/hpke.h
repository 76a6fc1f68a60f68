/*
 * hpke: Hybrid Public Key Encryption (RFC 9180), base mode, with
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305. Single-shot.
 * Pure but for the random ephemeral key. Wipes what it derives.
 */
#ifndef HPKE_H
#define HPKE_H
#include "base/buf.h"

#define HPKE_KEY_SIZE 32
#define HPKE_ENC_SIZE 32
#define HPKE_TAG_SIZE 16
#define HPKE_OVERHEAD (HPKE_ENC_SIZE + HPKE_TAG_SIZE)

/* Appends enc (32) || ciphertext || tag (16). RC_DENIED: the public key gives
 * an all-zero secret (section 7.1.4). */
MUST_USE enum rc hpke_seal(const uint8_t public_key[static HPKE_KEY_SIZE],
    struct rd info, struct rd aad, struct rd plain, struct buf *b);
/* Appends the plaintext. RC_DENIED: not for this key, info and aad;
 * RC_MALFORMED: shorter than HPKE_OVERHEAD. */
MUST_USE enum rc hpke_open(const uint8_t secret_key[static HPKE_KEY_SIZE],
    struct rd info, struct rd aad, struct rd sealed, struct buf *b);
/* Section 4.1 DeriveKeyPair is not needed: X25519 pairs are random. */
void hpke_keypair(uint8_t ret_secret[static HPKE_KEY_SIZE],
    uint8_t ret_public[static HPKE_KEY_SIZE]);
/* Tests: the same with a stated ephemeral secret key (vectors). */
MUST_USE enum rc hpke_seal_with(const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct rd aad, struct rd plain, struct buf *b);
#endif
