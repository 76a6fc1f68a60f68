/*
 * promise: what the server signs after a change, until the directory shows it
 * (doc/protocol/directory.md, section 4): the text of a note. Pure.
 */
#ifndef PROMISE_H
#define PROMISE_H
#include "base/buf.h"
#include "directory/slot.h"

#define PROMISE_TEXT_MAX 256

struct promise {
	uint32_t place;
	uint32_t version;
	uint32_t max_epoch; /* by then the version, or a later one, is there */
	uint8_t sealed_hash[SLOT_HASH_SIZE];
};

/* text: of the note, with its newline. RC_MALFORMED. */
MUST_USE enum rc promise_parse(struct rd text, struct promise *ret_p);
MUST_USE enum rc promise_build(const struct promise *p, struct buf *b);
#endif
