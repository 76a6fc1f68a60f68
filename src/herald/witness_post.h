/*
 * witness_post: one HTTP request to one witness at a time, without blocking:
 * connects, posts, reads the answer, hangs up. Whatever the other side does, it
 * ends within ten seconds and 16 KiB.
 */
#ifndef WITNESS_POST_H
#define WITNESS_POST_H
#include "merkle/witness_line.h"
#include "proc/loop.h"

struct witness_post;

/* The end of a request. rc RC_OK: status and body, borrowed for the call.
 * RC_IO: no connection, or it ended; RC_AGAIN: too slow; RC_MALFORMED: no HTTP.
 */
typedef void (*witness_post_fn)(
    void *arg, enum rc rc, uint16_t status, struct rd body);

/* Looks the host's name up, which blocks and reads files: before the sandbox.
 * RC_NOT_FOUND: it has no address. */
MUST_USE enum rc witness_post_new(struct loop *l, const struct witness_line *w,
    witness_post_fn fn, void *arg, struct witness_post **ret_p);
void witness_post_free(struct witness_post *p); /* not in its own callback */
/* RC_STATE: one is under way. Every failure after RC_OK comes to fn. */
MUST_USE enum rc witness_post_start(struct witness_post *p, struct rd body);
#endif
