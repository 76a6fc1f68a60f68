/*
 * utf8: one character at a time, strictly (RFC 3629 section 4: no surrogates,
 * no overlong forms). Pure.
 */
#ifndef UTF8_H
#define UTF8_H
#include "base/buf.h"

/* The next character; r moves past it. RC_MALFORMED. */
MUST_USE enum rc utf8_take(struct rd *r, uint32_t *ret_c);
/* Appends it. RC_MALFORMED: no character; RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc utf8_put(struct buf *b, uint32_t c);
#endif
