/*
 * cbor: strict deterministic CBOR (RFC 8949 section 4.2.1): shortest heads,
 * definite lengths, map keys ascending by their encoding, no tags, no floats,
 * no simple values but false, true and null. One value has one encoding, so
 * hashes and signatures cover exactly what was read. Pure.
 *
 * Reading is by cursor: the caller states what it expects and every deviation
 * is RC_MALFORMED. Nothing recurses.
 */
#ifndef CBOR_H
#define CBOR_H
#include "base/buf.h"

MUST_USE enum rc cbor_get_u64(struct rd *r, uint64_t *ret_v);
/* As above, and RC_MALFORMED when the value is greater than max. */
MUST_USE enum rc cbor_get_uint(struct rd *r, uint64_t max, uint64_t *ret_v);
MUST_USE enum rc cbor_get_i64(struct rd *r, int64_t *ret_v);
MUST_USE enum rc cbor_get_bool(struct rd *r, bool *ret_v);
/* Byte and text strings of at most max octets; borrowed from r. Text must be
 * valid UTF-8 without U+0000. */
MUST_USE enum rc cbor_get_bytes(struct rd *r, size_t max, struct rd *ret_b);
MUST_USE enum rc cbor_get_text(struct rd *r, size_t max, struct rd *ret_t);
/* A byte string of exactly n octets. */
MUST_USE enum rc cbor_get_fixed(struct rd *r, size_t n, void *ret_bytes);
/* Heads: how many items (pairs) follow; at most max. */
MUST_USE enum rc cbor_get_array(struct rd *r, size_t max, size_t *ret_n);
MUST_USE enum rc cbor_get_map(struct rd *r, size_t max, size_t *ret_n);
/* RC_MALFORMED unless the next item is exactly this small integer: map keys. */
MUST_USE enum rc cbor_get_key(struct rd *r, uint64_t key);
/* Passes one whole item of at most 64 parts; nothing in it is checked but its
 * heads. */
MUST_USE enum rc cbor_skip(struct rd *r);
/* True when the next item is null, which is then consumed. */
bool cbor_is_null(struct rd *r);

MUST_USE enum rc cbor_put_u64(struct buf *b, uint64_t v);
MUST_USE enum rc cbor_put_i64(struct buf *b, int64_t v);
MUST_USE enum rc cbor_put_bool(struct buf *b, bool v);
MUST_USE enum rc cbor_put_null(struct buf *b);
MUST_USE enum rc cbor_put_bytes(struct buf *b, struct rd bytes);
MUST_USE enum rc cbor_put_text(struct buf *b, struct rd text);
MUST_USE enum rc cbor_put_array(struct buf *b, size_t n);
MUST_USE enum rc cbor_put_map(struct buf *b, size_t n);
#endif
