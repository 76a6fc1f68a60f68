/*
 * held: what a part of the log holds of one handle in one direction, still
 * sealed, with its proof: an item of proof.json before it is opened (doc/
 * protocol/records.md, section 6). From the part's segment, or from what a
 * preservation kept of it. Pure.
 */
#ifndef HELD_H
#define HELD_H
#include <jansson.h>

#include "orders/scope.h"

/* {"state":"held","leaf","path","locator","wrap","own","rows":[sealed, ...]},
 * wraps without the layer of the day key; or {"state":"none","left","right"}.
 * Caller owns *ret_item. RC_NOT_FOUND: a preservation that did not name it. */
MUST_USE enum rc held_item(const struct scope_part *p,
    const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction, json_t **ret_item);
/* Sets "session" and "session_path" in j. */
MUST_USE enum rc held_session(const struct scope_part *p, json_t *j);
/* The wrap of an item that is held. RC_NOT_FOUND: none is; RC_CORRUPT. */
MUST_USE enum rc held_wrap(
    const json_t *item, uint8_t ret_wrap[static JOURNAL_WRAP_SIZE]);
#endif
