/*
 * checkpoint: the text of a log's checkpoint (c2sp.org/tlog-checkpoint: origin,
 * size, root) and the cosignatures of witnesses on it
 * (c2sp.org/tlog-cosignature, cosignature/v1). The log's own signature is
 * note.h's. Pure.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H
#include "merkle/tree.h"
#include "merkle/vkey.h"

#define CHECKPOINT_TEXT_MAX 1024 /* of ours; longer ones are refused */
#define CHECKPOINT_NOTE_MAX 4096 /* with its lines: nine keys and more */
#define CHECKPOINT_ORIGIN_SIZE (sizeof("tacet.log/") + 16)

struct checkpoint {
	struct rd origin; /* borrowed */
	uint64_t size;
	uint8_t root[TREE_HASH_SIZE];
	struct rd more; /* extension lines, which nobody of us writes */
};

/* The origin of a log and the name of its key: doc/protocol/log.md. */
void checkpoint_origin(const uint8_t public_key[static 32],
    char ret_origin[static CHECKPOINT_ORIGIN_SIZE]);
/* Reads the text of a note, to its last newline. RC_MALFORMED. */
MUST_USE enum rc checkpoint_parse(struct rd text, struct checkpoint *ret_c);
/* RC_MALFORMED: what parse would refuse. */
MUST_USE enum rc checkpoint_build(const struct checkpoint *c, struct buf *b);

/* Appends the line of a witness, who saw this text at time (seconds UTC). */
MUST_USE enum rc checkpoint_cosign(struct rd text, const char *name,
    const uint8_t secret_key[static 64], uint64_t time, struct buf *b);
/* RC_NOT_FOUND: the line is of another key; RC_DENIED: it says it is of this
 * one, and is not. */
MUST_USE enum rc checkpoint_cosigned(const struct note_signature *s,
    struct rd text, const struct vkey *witness, uint64_t *ret_time);
#endif
