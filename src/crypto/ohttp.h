/*
 * ohttp: encapsulation of Oblivious HTTP (RFC 9458 section 4), whole and in
 * chunks (draft-ietf-ohai-chunked-ohttp): HPKE with X25519 and HKDF-SHA256, and
 * either AEAD of hpke.h. What is inside is the caller's (bhttp).
 * Pure but for random keys and nonces. Wipes what it derives.
 *
 * The answer to a request that was taken twice (a replay) is sealed under
 * another nonce; that it is harmless is the routes' business (ohttp.md).
 */
#ifndef OHTTP_H
#define OHTTP_H
#include "crypto/hpke.h"

#define OHTTP_HEADER_SIZE 7 /* key id, KEM, KDF, AEAD */
#define OHTTP_REQUEST_OVERHEAD \
	(OHTTP_HEADER_SIZE + HPKE_ENC_SIZE + HPKE_TAG_SIZE)
/* of an answer that is whole, with the longer nonce; each chunk adds 20 */
#define OHTTP_RESPONSE_OVERHEAD (HPKE_AEAD_KEY_MAX + HPKE_TAG_SIZE)
#define OHTTP_CHUNK 16384 /* every receiver takes it (section 3) */

enum ohttp_form {
	OHTTP_FORM_WHOLE,  /* message/ohttp-req, message/ohttp-res */
	OHTTP_FORM_CHUNKED /* message/ohttp-chunked-req, -res */
};

/* What a client seals to. */
struct ohttp_to {
	uint8_t key_id;
	uint8_t public_key[HPKE_KEY_SIZE];
	const struct hpke_aead *aead;
	enum ohttp_form form;
};

#define OHTTP_AEADS 2

struct ohttp_key {
	uint8_t id;
	uint8_t secret_key[HPKE_KEY_SIZE];
	/* that it is offered with; NULL behind the last. Named here, so that
	 * who has one of them alone is not linked to the other */
	const struct hpke_aead *aeads[OHTTP_AEADS];
};

/* What both sides keep for the answer. Secret: ohttp_reply_clear. */
struct ohttp_reply {
	const struct hpke_aead *aead;
	enum ohttp_form form;
	uint8_t enc[HPKE_ENC_SIZE];
	uint8_t secret[HPKE_AEAD_KEY_MAX];
};

/* Appends the encapsulated request; the answer to it is opened by *ret_reply.
 * RC_DENIED: the public key is none; RC_LIMIT. */
MUST_USE enum rc ohttp_request_seal(const struct ohttp_to *to,
    struct rd request, struct ohttp_reply *ret_reply, struct buf *b);
/* Appends the request. RC_NOT_FOUND: no key of that id, or another suite;
 * RC_DENIED: not sealed to that key, or changed; RC_MALFORMED: cut off. */
MUST_USE enum rc ohttp_request_open(const struct ohttp_key *keys, size_t n,
    enum ohttp_form form, struct rd sealed, struct ohttp_reply *ret_reply,
    struct buf *b);
/* Appends the encapsulated answer. */
MUST_USE enum rc ohttp_response_seal(
    const struct ohttp_reply *reply, struct rd response, struct buf *b);
/* Appends the answer, when all of it is there and nothing was changed:
 * RC_DENIED, RC_MALFORMED otherwise, and b is unchanged. */
MUST_USE enum rc ohttp_response_open(
    const struct ohttp_reply *reply, struct rd sealed, struct buf *b);
void ohttp_reply_clear(struct ohttp_reply *reply);
/* Tests: stated randomness (vectors). */
MUST_USE enum rc ohttp_request_seal_with(
    const uint8_t ephemeral[static HPKE_KEY_SIZE], const struct ohttp_to *to,
    struct rd request, struct ohttp_reply *ret_reply, struct buf *b);
MUST_USE enum rc ohttp_response_seal_with(const uint8_t *nonce,
    const struct ohttp_reply *reply, struct rd response, struct buf *b);
#endif
