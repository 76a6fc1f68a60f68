/*
 * buf: a growing byte buffer with a maximum, and the write cursor of the tree.
 * Everything held for a peer sits in a buf whose maximum was charged to it.
 * Not for long-term secrets (see secret.h), but buf_clear wipes what it held.
 */
#ifndef BUF_H
#define BUF_H
#include "base/rd.h"

struct buf {
	uint8_t *p; /* NULL until the first byte */
	size_t len;
	size_t cap;
	size_t max;
};

/* max in bytes; no allocation happens yet. */
void buf_init(struct buf *b, size_t max);
/* Wipes and releases; b is empty and usable again, with the same maximum. */
void buf_clear(struct buf *b);
/* Each append: RC_LIMIT past the maximum, RC_NOMEM; then b is unchanged. */
MUST_USE enum rc buf_add(struct buf *b, const void *bytes, size_t n);
MUST_USE enum rc buf_add_rd(struct buf *b, struct rd r);
MUST_USE enum rc buf_add_str(struct buf *b, const char *s);
MUST_USE enum rc buf_add_fmt(struct buf *b, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
MUST_USE enum rc buf_u8(struct buf *b, uint8_t v);
MUST_USE enum rc buf_u16(struct buf *b, uint16_t v);
MUST_USE enum rc buf_u32(struct buf *b, uint32_t v);
MUST_USE enum rc buf_u64(struct buf *b, uint64_t v);
/* Makes room for n bytes and lends it; then tell how many were written. */
MUST_USE enum rc buf_reserve(struct buf *b, size_t n, uint8_t **ret_p);
void buf_commit(struct buf *b, size_t n);
/* Drops n bytes from the front. */
void buf_consume(struct buf *b, size_t n);
/* Borrowed until b changes. */
struct rd buf_get(const struct buf *b);
#endif
