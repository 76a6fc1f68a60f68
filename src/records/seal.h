/*
 * seal: from a row to frames. Holds the running day's keys in locked memory:
 * one K for each (handle, direction), and the key of the blind tags; all are
 * drawn afresh at each start and each day and wiped at the day's end. It can
 * seal and not open: it has the public key only.
 */
#ifndef SEAL_H
#define SEAL_H
#include "wire/row.h"
#include "wire/segment.h"

#define SEAL_ENVELOPES_MAX 200000 /* a day and start; then a new session */

struct seal;

/* records_key: the log's public key, X25519. Caller owns *ret_s. */
MUST_USE enum rc seal_new(
    const uint8_t records_key[static 32], struct seal **ret_s);
void seal_free(struct seal *s); /* wipes; NULL is fine */
/* Wipes all keys, draws new ones and appends the SESSION frame. */
MUST_USE enum rc seal_session(struct seal *s, uint32_t day, struct buf *b);
/* Wipes every key; the next row needs a new session. */
void seal_forget(struct seal *s);
bool seal_is_day(const struct seal *s, uint32_t day);
/* Appends the row under its source and its lookup handle, with an ENVELOPE
 * frame first where one is new. RC_STATE: no session. RC_LIMIT: too many
 * envelopes: begin a new session. On failure b may hold part of it: the caller
 * cuts it off and begins a new session. */
MUST_USE enum rc seal_row(struct seal *s, struct rd row,
    const uint8_t own_key[static 32], const uint8_t locator[static 16],
    struct buf *b);
#endif
