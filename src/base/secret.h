/*
 * secret: long-term key bytes in guarded, locked memory that is wiped when
 * released (sodium_malloc). Holds secrets; never logs.
 */
#ifndef SECRET_H
#define SECRET_H
#include "base/rd.h"

struct secret;

/* n zero bytes; the caller owns *ret_s. RC_NOMEM also when the limit on
 * locked memory is reached. */
MUST_USE enum rc secret_new(size_t n, struct secret **ret_s);
/* n random bytes. */
MUST_USE enum rc secret_random(size_t n, struct secret **ret_s);
/* Copies bytes; the caller still wipes its own. */
MUST_USE enum rc secret_copy(struct rd bytes, struct secret **ret_s);
/* Borrowed until secret_free. */
uint8_t *secret_bytes(struct secret *s);
struct rd secret_get(const struct secret *s);
void secret_free(struct secret *s); /* wipes; NULL is fine */
#endif
