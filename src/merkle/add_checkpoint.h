/*
 * add_checkpoint: what a log says to a witness, and the size that a witness
 * answers when it knows another one (c2sp.org/tlog-witness, add-checkpoint).
 * Pure.
 */
#ifndef ADD_CHECKPOINT_H
#define ADD_CHECKPOINT_H
#include "merkle/checkpoint.h"

#define ADD_CHECKPOINT_MAX (32 + 63 * 45 + 1 + CHECKPOINT_NOTE_MAX)
#define ADD_CHECKPOINT_SIZE_TYPE "text/x.tlog.size" /* of a 409 */

struct add_checkpoint {
	uint64_t old_size;
	struct tree_proof proof; /* at most 63 hashes */
	struct rd note;          /* borrowed, not looked into */
};

/* RC_MALFORMED. */
MUST_USE enum rc add_checkpoint_parse(
    struct rd body, struct add_checkpoint *ret_a);
MUST_USE enum rc add_checkpoint_build(
    const struct add_checkpoint *a, struct buf *b);
/* "SIZE\n". */
MUST_USE enum rc add_checkpoint_size_parse(struct rd body, uint64_t *ret_size);
MUST_USE enum rc add_checkpoint_size_build(uint64_t size, struct buf *b);
#endif
