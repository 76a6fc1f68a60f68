/*
 * prekey: what a device publishes so that others start sessions (design: e2ee,
 * Keys). Deterministic CBOR. Each signature is Ed25519 by the device's DSK over
 * a label, 0x00, and the typed key. Pure. KEM prekeys come with the KEM
 * ratchet.
 *
 *   signed:   [id, X25519 key 32, time, signature 64]
 *             label "tacet signed prekey v1", signs id u32 || time u64 || key
 *   one-time: [id, X25519 key 32, signature 64]
 *             label "tacet one-time prekey v1", signs id u32 || key
 *   upload:   [signed or null, [one-time, ...]]      (PUT /v1/prekeys)
 *   bundle:   [device id, signed, one-time or null]  (GET /v1/prekeys/..)
 */
#ifndef PREKEY_H
#define PREKEY_H
#include "base/buf.h"
#include "base/mono.h"

#define PREKEY_ONE_TIME_MAX 100
#define PREKEY_UPLOAD_SIZE_MAX 16384

struct prekey {
	uint32_t id;
	uint8_t key[32];
	struct wall time; /* signed prekeys; 0 else */
	uint8_t signature[64];
};

struct prekey_upload {
	bool has_signed;
	struct prekey signed_key;
	size_t n_one_time;
	struct prekey one_time[PREKEY_ONE_TIME_MAX];
};

struct prekey_bundle {
	uint8_t device;
	struct prekey signed_key;
	bool has_one_time;
	struct prekey one_time;
};

/* dsk: public key; every signature is checked: RC_DENIED, RC_MALFORMED. */
MUST_USE enum rc prekey_upload_parse(struct rd octets,
    const uint8_t dsk[static 32], struct prekey_upload *ret_u);
MUST_USE enum rc prekey_upload_build(
    const struct prekey_upload *u, struct buf *b);
MUST_USE enum rc prekey_bundle_parse(struct rd octets,
    const uint8_t dsk[static 32], struct prekey_bundle *ret_b);
MUST_USE enum rc prekey_bundle_build(
    const struct prekey_bundle *p, struct buf *b);
/* Fills p->signature with the label of its kind. */
MUST_USE enum rc prekey_sign(
    struct prekey *p, bool is_signed, const uint8_t dsk_secret[static 64]);
#endif
