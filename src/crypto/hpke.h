/*
 * hpke: Hybrid Public Key Encryption (RFC 9180), base mode, with
 * DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256. Contexts (sections 5.1, 5.2, 5.3)
 * of any AEAD, and single shots of ChaCha20-Poly1305.
 * Pure but for the random ephemeral key. Wipes what it derives.
 */
#ifndef HPKE_H
#define HPKE_H
#include "base/buf.h"

#define HPKE_KEY_SIZE 32
#define HPKE_ENC_SIZE 32
#define HPKE_TAG_SIZE 16
#define HPKE_OVERHEAD (HPKE_ENC_SIZE + HPKE_TAG_SIZE)
#define HPKE_NONCE_SIZE 12
#define HPKE_AEAD_KEY_MAX 32
#define HPKE_SECRET_SIZE 32        /* Nh of HKDF-SHA256 */
#define HPKE_EXPORT_CONTEXT_MAX 64 /* ours: RFC 9180 7.2.1 allows 2^61 */
#define HPKE_EXPORT_MAX (255 * 32) /* section 5.3 */

/* An AEAD of section 7.3. */
struct hpke_aead {
	uint16_t id;
	size_t key_size;
	/* writes plain.left + HPKE_TAG_SIZE octets */
	enum rc (*seal)(const uint8_t *key, const uint8_t *nonce, struct rd aad,
	    struct rd plain, uint8_t *ret_sealed);
	/* writes sealed.left - HPKE_TAG_SIZE octets; sealed is no shorter than
	 * a tag. RC_DENIED: not sealed so */
	enum rc (*open)(const uint8_t *key, const uint8_t *nonce, struct rd aad,
	    struct rd sealed, uint8_t *ret_plain);
};

extern const struct hpke_aead hpke_chacha20_poly1305; /* 0x0003 */
extern const struct hpke_aead hpke_aes_128_gcm;       /* 0x0001; hpke_aes.c */

/* One direction of one sender (section 5.2): messages are opened in the order
 * in which they were sealed. Holds keys: hpke_context_clear. */
struct hpke_context {
	const struct hpke_aead *aead;
	uint8_t key[HPKE_AEAD_KEY_MAX];
	uint8_t base_nonce[HPKE_NONCE_SIZE];
	uint8_t exporter_secret[HPKE_SECRET_SIZE];
	uint64_t seq;
};

/* SetupBaseS. RC_DENIED: the public key gives an all-zero secret (section
 * 7.1.4). */
MUST_USE enum rc hpke_setup_sender(const struct hpke_aead *aead,
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct hpke_context *ret_context, uint8_t ret_enc[static HPKE_ENC_SIZE]);
/* SetupBaseR. RC_DENIED: enc gives an all-zero secret. That enc was made for
 * another key, or with another info, shows when a message is opened. */
MUST_USE enum rc hpke_setup_receiver(const struct hpke_aead *aead,
    const uint8_t secret_key[static HPKE_KEY_SIZE],
    const uint8_t enc[static HPKE_ENC_SIZE], struct rd info,
    struct hpke_context *ret_context);
/* Appends ciphertext || tag. RC_LIMIT: the buffer's, or 2^64 - 1 messages. */
MUST_USE enum rc hpke_context_seal(
    struct hpke_context *c, struct rd aad, struct rd plain, struct buf *b);
/* Appends the plaintext. RC_DENIED: not the next message; the context goes on
 * waiting for that. RC_MALFORMED: shorter than a tag. */
MUST_USE enum rc hpke_context_open(
    struct hpke_context *c, struct rd aad, struct rd sealed, struct buf *b);
/* Context.Export: n octets. RC_LIMIT: n or the context is too long. */
MUST_USE enum rc hpke_export(const struct hpke_context *c,
    struct rd exporter_context, size_t n, uint8_t *ret_secret);
void hpke_context_clear(struct hpke_context *c);

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
MUST_USE enum rc hpke_setup_sender_with(const struct hpke_aead *aead,
    const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct hpke_context *ret_context, uint8_t ret_enc[static HPKE_ENC_SIZE]);
MUST_USE enum rc hpke_seal_with(const uint8_t ephemeral[static HPKE_KEY_SIZE],
    const uint8_t public_key[static HPKE_KEY_SIZE], struct rd info,
    struct rd aad, struct rd plain, struct buf *b);
#endif
