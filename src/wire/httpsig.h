/*
 * httpsig: the profile of HTTP message signatures (RFC 9421, Ed25519) by which
 * a device signs each request:
 *
 *   Content-Digest: sha-256=:BASE64:              (RFC 9530; always present)
 *   Signature-Input: tacet=("@method" "@path" "content-digest")
 *       ;created=UNIX;nonce="BASE64URL22";keyid="ACCOUNT/DEVICE";alg="ed25519"
 *   Signature: tacet=:BASE64:
 *
 * with exactly these components in this order. ACCOUNT is 32 lower-case hex
 * digits, DEVICE decimal 1..255; keyid "new/1" signs a registration. Pure.
 */
#ifndef HTTPSIG_H
#define HTTPSIG_H
#include "wire/http1.h"

#define HTTPSIG_BASE_MAX 2048

struct httpsig {
	bool is_new; /* keyid "new/1": account is all zero */
	uint8_t account[16];
	uint8_t device;
	uint64_t created; /* seconds since 1970, UTC */
	uint8_t nonce[16];
	uint8_t signature[64];
};

/* Reads the three fields, checks Content-Digest against body, and appends the
 * signature base (section 2.5) to base. RC_NOT_FOUND: not signed; RC_DENIED:
 * the digest does not match; RC_MALFORMED. Verifying is the caller's. */
MUST_USE enum rc httpsig_parse(const struct http1_head *h, struct rd body,
    struct httpsig *ret_s, struct buf *base);
/* Appends the signature base for a request that is to be signed. */
MUST_USE enum rc httpsig_base_build(const struct httpsig *s, const char *method,
    const char *path, struct rd body, struct buf *base);
/* Appends the three fields (name, colon, value, CRLF each). */
MUST_USE enum rc httpsig_fields_build(
    const struct httpsig *s, struct rd body, struct buf *fields);
#endif
