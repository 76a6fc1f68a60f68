/*
 * closing: from a journal to a segment: grouped by envelope, sorted, with its
 * Merkle tree (doc/protocol/records.md, section 2). Needs no key but the day
 * key, which opens nothing. Blocks on the disk.
 */
#ifndef CLOSING_H
#define CLOSING_H
#include "records/shelf.h"
#include "wire/segment_entry.h"

struct closing { /* what the journal does not say */
	uint32_t day;
	uint16_t part;
	uint64_t seq;
	uint64_t closed;        /* seconds; the segment's own if it is there */
	uint8_t custodians[32]; /* hash of the group file */
};

/* Makes the segment, durably, and then removes the journal. After a crash it
 * is called again and goes on. *ret_e is what the public log is to say.
 * RC_NOT_FOUND: the journal has no whole group, and is removed: nothing was
 * acknowledged in it. RC_CORRUPT: the journal is not one, or the day key is
 * gone. RC_NOSPACE, RC_IO: it stays as it was. *ret_torn: octets behind the
 * last whole group, which a crash left and nobody was told of. */
MUST_USE enum rc closing_run(
    const struct closing *c, struct segment_entry *ret_e, uint64_t *ret_torn);
/* The entry of a segment that is there. RC_CORRUPT. */
MUST_USE enum rc closing_entry(
    uint32_t day, uint16_t part, struct segment_entry *ret_e);
#endif
