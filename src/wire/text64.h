/*
 * text64: base64 (standard, padded), base64url (unpadded) and lower-case hex,
 * strict: one text for one value. Pure.
 */
#ifndef TEXT64_H
#define TEXT64_H
#include "base/buf.h"

MUST_USE enum rc text64_std_build(struct buf *b, struct rd bytes);
MUST_USE enum rc text64_url_build(struct buf *b, struct rd bytes);
MUST_USE enum rc text64_hex_build(struct buf *b, struct rd bytes);
/* Decodes all of text into at most max octets. RC_MALFORMED, RC_LIMIT; then
 * ret_bytes may hold a part. */
MUST_USE enum rc text64_std_parse(
    struct rd text, size_t max, uint8_t *ret_bytes, size_t *ret_n);
MUST_USE enum rc text64_url_parse(
    struct rd text, size_t max, uint8_t *ret_bytes, size_t *ret_n);
/* Exactly n octets of hex. */
MUST_USE enum rc text64_hex_parse(struct rd text, size_t n, void *ret_bytes);
/* Exactly n octets of base64url. */
MUST_USE enum rc text64_fixed_parse(struct rd text, size_t n, void *ret_bytes);
#endif
