/*
 * preserved: what a preservation order froze: the envelopes of its handles in
 * the parts of its window, still sealed to the custodians, with their proofs,
 * and nothing else of the log. A file under its own key, DIR/orders/preserved/
 * ID.box and ID.key; the key is destroyed when the preservation ends (design:
 * records, section 3). Blocks on the disk.
 */
#ifndef PRESERVED_H
#define PRESERVED_H
#include <jansson.h>

#include "orders/request.h"
#include "orders/scope.h"

/* q: the request of stage OPEN that the custodians' first answers made. Caller
 * owns *ret_kept: {"tacet":"preserved","parts":[{"seq","session",
 * "session_path","items":[{"tag","direction","item"}]}]}. */
MUST_USE enum rc preserved_build(
    const struct scope *s, const struct request *q, json_t **ret_kept);
/* dir: the data directory. RC_EXISTS: that order froze its envelopes already.
 */
MUST_USE enum rc preserved_write(int dir, const char *id, const json_t *kept);
/* RC_NOT_FOUND: that order froze nothing, or it is over; RC_CORRUPT. */
MUST_USE enum rc preserved_read(int dir, const char *id, json_t **ret_kept);
/* The key first, then the file. RC_OK when neither was there. */
MUST_USE enum rc preserved_destroy(int dir, const char *id);
#endif
