/*
 * epoch_answer: the answer to GET /v1/directory/epoch: the newest epoch with
 * its way into the public log (doc/protocol/directory.md, 5). Pure.
 */
#ifndef EPOCH_ANSWER_H
#define EPOCH_ANSWER_H
#include "base/buf.h"
#include "merkle/checkpoint.h"

struct epoch_answer {
	struct buf note;  /* the checkpoint */
	struct buf entry; /* of the log, as octets */
	uint64_t index;   /* of the entry */
	struct tree_proof path;
	struct tree_proof consistency; /* from the size that was asked for */
	uint32_t token_day;
};

void epoch_answer_init(struct epoch_answer *a);
void epoch_answer_clear(struct epoch_answer *a);
/* Nothing is checked but the form. a is a fresh one. RC_MALFORMED, RC_LIMIT. */
MUST_USE enum rc epoch_answer_parse(struct rd body, struct epoch_answer *a);
MUST_USE enum rc epoch_answer_build(
    const struct epoch_answer *a, struct buf *b);
#endif
