/*
 * own_rows: the envelopes of one account, by its locators, as frames without
 * the layer of the day key: still sealed to the account's own key (doc/
 * protocol/records.md, section 3). Blocks on the disk.
 */
#ifndef OWN_ROWS_H
#define OWN_ROWS_H
#include "base/buf.h"

/* Appends, for each part that has any, its SESSION frame and then the asked
 * ENVELOPE frames with their ROW frames; of a closed part each ENVELOPE is
 * followed by a PROOF frame. locators: 16 octets each. RC_LIMIT: b is full, up
 * to a whole frame; RC_IO, RC_CORRUPT. */
MUST_USE enum rc own_rows_find(struct rd locators, struct buf *b);
#endif
