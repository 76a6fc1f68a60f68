/*
 * rd: the read cursor, the only thing that moves through untrusted bytes.
 * Pure. A failed read leaves the cursor where it was and the output untouched.
 * Integers are big-endian unless the name says le.
 */
#ifndef RD_H
#define RD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

struct rd {
	const uint8_t *p;
	size_t left;
};

/* A cursor over a NUL-terminated string, without its NUL. */
struct rd rd_str(const char *s);
/* Each: RC_MALFORMED when fewer bytes are left than asked for. */
MUST_USE enum rc rd_u8(struct rd *r, uint8_t *ret_v);
MUST_USE enum rc rd_u16(struct rd *r, uint16_t *ret_v);
MUST_USE enum rc rd_u32(struct rd *r, uint32_t *ret_v);
MUST_USE enum rc rd_u64(struct rd *r, uint64_t *ret_v);
MUST_USE enum rc rd_u32le(struct rd *r, uint32_t *ret_v);
MUST_USE enum rc rd_skip(struct rd *r, size_t n);
MUST_USE enum rc rd_copy(struct rd *r, size_t n, void *ret_bytes);
/* Borrows the next n bytes: valid as long as what r points into. */
MUST_USE enum rc rd_take(struct rd *r, size_t n, struct rd *ret_sub);
/* Copies a NUL-terminated string of at most max - 1 characters and its NUL. */
MUST_USE enum rc rd_cstr(struct rd *r, size_t max, char *ret_s);
MUST_USE enum rc rd_skip_cstr(struct rd *r, size_t max);
/* RC_MALFORMED unless every byte was read. */
MUST_USE enum rc rd_end(const struct rd *r);
bool rd_is_eq(struct rd r, const char *s); /* not for secrets: see ct_eq */
#endif
