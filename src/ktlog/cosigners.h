/*
 * cosigners: the witnesses of this log as its writer knows them: what is sent
 * to them through herald, and which of what comes back belongs into the
 * checkpoint.
 */
#ifndef COSIGNERS_H
#define COSIGNERS_H
#include "merkle/log_dir.h"
#include "proc/child.h"

struct cosigners;

/* By the configuration. RC_MALFORMED: a witness line in it. */
MUST_USE enum rc cosigners_new(struct child *c, struct cosigners **ret_c);
void cosigners_free(struct cosigners *c); /* NULL is fine */
/* Tells herald of the checkpoint, where there is one and anybody to sign it. */
void cosigners_announce(struct cosigners *c, struct log_dir *d);
/* Answers herald with a consistency proof. */
void cosigners_prove(
    struct cosigners *c, struct log_dir *d, const struct msg_proof_get *m);
/* The checkpoint's note with one more line. RC_STATE: it is of another size;
 * RC_EXISTS: that witness's line is there; RC_DENIED, RC_MALFORMED: it is no
 * good line of a witness of ours. */
MUST_USE enum rc cosigners_add(struct cosigners *c, struct log_dir *d,
    uint64_t size, struct rd line, struct buf *ret_note);
#endif
