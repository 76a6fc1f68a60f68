/*
 * seal: from a row to frames. Holds the running part's keys in locked memory:
 * one K for each (handle, direction) and the key of the blind tags, all drawn
 * afresh for each part and wiped at its end. It can seal and not open: of the
 * custodians it has public keys only.
 */
#ifndef SEAL_H
#define SEAL_H
#include "wire/custodians.h"
#include "wire/journal.h"
#include "wire/row.h"

#define SEAL_ENVELOPES_MAX 200000 /* a part; then a new part */

struct seal;

struct seal_part { /* which part, and the key that hides its wraps on disk */
	uint32_t day;
	uint16_t part;
	uint64_t opened; /* seconds */
	uint8_t day_key[JOURNAL_KEY_SIZE];
};

/* Borrows nothing of g. Caller owns *ret_s. */
MUST_USE enum rc seal_new(const struct custodians *g, struct seal **ret_s);
void seal_free(struct seal *s); /* wipes; NULL is fine */
/* Wipes all keys, draws new ones and appends the SESSION frame. */
MUST_USE enum rc seal_begin(
    struct seal *s, const struct seal_part *p, struct buf *b);
/* Wipes every key; the next row needs a new part. */
void seal_forget(struct seal *s);
/* Appends the row under its source and its lookup handle to the open ROWS
 * frame, with an ENVELOPE frame first where one is new. own_key: the asker's,
 * X25519. RC_STATE: no part; RC_LIMIT: too many envelopes: begin a new part. On
 * failure b may hold part of it: the caller cuts it off and begins a new part.
 */
MUST_USE enum rc seal_row(struct seal *s, const struct row *w,
    const uint8_t own_key[static 32], const uint8_t locator[static 16],
    struct buf *b);
/* Ends the open ROWS frame, if there is one, and gives what b holds: whole
 * frames, to be appended to the journal. Then b may be emptied. */
struct rd seal_group(struct seal *s, struct buf *b);
#endif
