/*
 * segment_audit: that a segment is what the public log says of it: every leaf
 * is made again from its envelope and rows, and every hash of its tree (doc/
 * protocol/records.md, section 2). Needs the day key, which opens nothing.
 * Pure.
 */
#ifndef SEGMENT_AUDIT_H
#define SEGMENT_AUDIT_H
#include "wire/segment.h"
#include "wire/segment_entry.h"

/* RC_CORRUPT: *ret_why is a constant sentence. RC_NOMEM. */
MUST_USE enum rc segment_audit(struct rd file,
    const uint8_t day_key[static JOURNAL_KEY_SIZE],
    const struct segment_entry *e, const char **ret_why);
#endif
