/*
 * segment_entry: what the public log says of a closed part of the query log
 * (doc/protocol/records.md, section 2), as canonical JSON. Pure.
 */
#ifndef SEGMENT_ENTRY_H
#define SEGMENT_ENTRY_H
#include "base/buf.h"

struct segment_entry {
	uint64_t seq; /* counts all segments, without a gap */
	uint32_t day; /* days since 1970 */
	uint16_t part;
	uint64_t opened; /* seconds */
	uint64_t closed;
	uint32_t envelopes; /* leaves but the first */
	uint64_t rows;
	uint8_t root[32];
	uint8_t custodians[32]; /* hash of the group file */
};

/* RC_MALFORMED: not this type of entry, a field missing, unknown or out of
 * range, or not in canonical form. RC_NOT_FOUND: an entry of another type. */
MUST_USE enum rc segment_entry_parse(
    struct rd entry, struct segment_entry *ret_e);
MUST_USE enum rc segment_entry_build(
    const struct segment_entry *e, struct buf *b);
/* The last second that a row of the part can have: a part has rows of its own
 * day alone, though it may close after the day, or days later after a crash. */
int64_t segment_entry_until(const struct segment_entry *e);
#endif
