/*
 * varint: QUIC's variable-length integers (RFC 9000 section 16), as Binary HTTP
 * and chunked Oblivious HTTP use them. Pure.
 */
#ifndef VARINT_H
#define VARINT_H
#include "base/buf.h"

#define VARINT_MAX ((1ULL << 62) - 1)

/* Any of the four lengths, also one longer than it need be, as section 16
 * allows. RC_MALFORMED: it is cut off; then *r is where it was. */
MUST_USE enum rc varint_get(struct rd *r, uint64_t *ret_v);
/* The shortest. RC_LIMIT: above VARINT_MAX, or the buffer's. */
MUST_USE enum rc varint_add(struct buf *b, uint64_t v);
/* Length and octets: *ret_sub borrows. */
MUST_USE enum rc varint_take(struct rd *r, struct rd *ret_sub);
MUST_USE enum rc varint_add_rd(struct buf *b, struct rd octets);
#endif
