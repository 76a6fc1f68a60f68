/*
 * epoch_entry: what the public log says of one epoch of the directory, as
 * canonical JSON (doc/protocol/directory.md, section 4). Pure.
 */
#ifndef EPOCH_ENTRY_H
#define EPOCH_ENTRY_H
#include "base/buf.h"
#include "directory/directory_shape.h"

#define EPOCH_ENTRY_MAX 1024

struct epoch_entry {
	uint32_t epoch;   /* 1, 2, ... */
	uint64_t time_ms; /* since 1970 */
	struct directory_shape shape;
	uint8_t label[32];  /* of the arithmetic's public a */
	uint8_t policy[32]; /* hash of the policy's text */
	uint8_t root[32];
	uint8_t stash[32];  /* hash of the stash */
	uint8_t filter[32]; /* hash of the filter */
	uint8_t diff[32];   /* hash of the diff */
	uint8_t voprf[32];  /* public key */
	uint8_t token[32];  /* public key of a day's tokens */
};

/* RC_MALFORMED: a field missing, unknown or out of range, or not in canonical
 * form; RC_NOT_FOUND: an entry of another type. */
MUST_USE enum rc epoch_entry_parse(struct rd entry, struct epoch_entry *ret_e);
MUST_USE enum rc epoch_entry_build(const struct epoch_entry *e, struct buf *b);
/* The one label there is. */
void epoch_entry_label(uint8_t ret_label[static 32]);
#endif
