/*
 * trust: the trust file, DIR/trust.json (doc/protocol/log.md): the keys that
 * whoever checks this installation is given by hand, once; and the check of a
 * checkpoint by it. Pure.
 */
#ifndef TRUST_H
#define TRUST_H
#include "merkle/checkpoint.h"

#define TRUST_WITNESSES_MAX 8
#define TRUST_TEXT_MAX 4096

struct trust {
	struct vkey log;
	struct vkey policy;
	size_t n_witnesses;
	struct vkey witnesses[TRUST_WITNESSES_MAX];
	unsigned quorum; /* 0: nobody watches this log, and tools say so */
};

/* RC_MALFORMED, also: a key of the wrong type, a witness twice, a log's name
 * that is not its origin, a quorum above the number of witnesses. */
MUST_USE enum rc trust_parse(struct rd text, struct trust *ret_t);
/* RC_MALFORMED: what parse would refuse. One line. */
MUST_USE enum rc trust_build(const struct trust *t, struct buf *b);
/* What a checkpoint says, and who signed it. */
struct trust_point {
	uint64_t size;
	uint8_t root[TREE_HASH_SIZE];
	unsigned witnesses;
	uint64_t time; /* of the newest cosignature, seconds UTC; 0: none */
};

/* RC_DENIED: the log's signature or that of a known witness is wrong, or it is
 * another log's; RC_MALFORMED. Whether witnesses are enough is the caller's. */
MUST_USE enum rc trust_point_read(
    const struct trust *t, struct rd note, struct trust_point *ret_p);
/* Reads a checkpoint. RC_DENIED: the log's signature or that of a known
 * witness is wrong, fewer than quorum have signed, or it is another log's;
 * RC_MALFORMED. *ret_witnesses: how many signed. */
MUST_USE enum rc trust_checkpoint(const struct trust *t, struct rd note,
    uint64_t *ret_size, uint8_t ret_root[static TREE_HASH_SIZE],
    unsigned *ret_witnesses);
#endif
