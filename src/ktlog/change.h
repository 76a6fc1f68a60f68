/*
 * change: one record of the directory's changes file: a slot, its entry, and
 * which record had it before. Pure.
 */
#ifndef CHANGE_H
#define CHANGE_H
#include "directory/directory_entry.h"

#define CHANGE_NONE UINT32_MAX /* no record before it */
#define CHANGE_SIZE (4 + 4 + 4 + DIRECTORY_ENTRY_SIZE + SLOT_SIZE)

struct change {
	uint32_t prev;
	uint32_t place;
	struct directory_entry entry;
	struct slot slot;
};

/* Takes a record from the front of r. RC_AGAIN: cut short; RC_MALFORMED: not
 * what was written. */
MUST_USE enum rc change_parse(struct rd *r, struct change *ret_c);
MUST_USE enum rc change_build(const struct change *c, struct buf *b);
/* Entry and slot as they came from outside. RC_MALFORMED: they do not belong
 * together. */
MUST_USE enum rc change_of(
    uint32_t place, struct rd entry, struct rd slot, struct change *ret_c);
#endif
