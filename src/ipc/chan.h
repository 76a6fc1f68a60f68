/*
 * chan: one end of a socket pair that carries messages and descriptors. It
 * buffers both ways, never blocks, and checks every message against permit.h
 * in both directions. Owned by a loop through proc/loop.h.
 */
#ifndef CHAN_H
#define CHAN_H
#include "ipc/permit.h"

#define CHAN_OUT_MAX                                         \
	(64u << 20) /* our own processes; a peer's bytes are \
		     * charged where they enter, in front */

struct chan;

/* Takes fd (non-blocking from now on). Caller owns *ret_c. */
MUST_USE enum rc chan_new(
    int fd, enum permit_role self, enum permit_role peer, struct chan **ret_c);
void chan_free(struct chan *c); /* closes */
int chan_fd(const struct chan *c);
enum permit_role chan_peer(const struct chan *c);
void chan_serving(struct chan *c, bool serving); /* past START */

/* Queues one message. send_fd -1: none; else it is duplicated by the kernel
 * and stays the caller's. RC_LIMIT when CHAN_OUT_MAX would be passed. An
 * attempt to send what permit.h forbids is RC_BUG. */
MUST_USE enum rc chan_send(
    struct chan *c, enum msg_type type, const void *msg, int send_fd);
/* Writes what it can. RC_AGAIN: more is left; RC_IO: the peer is gone. */
MUST_USE enum rc chan_flush(struct chan *c);
bool chan_has_output(const struct chan *c);
/* Bytes waiting to be written: for back pressure. */
size_t chan_queued(const struct chan *c);
/* Reads what there is. RC_AGAIN: nothing more now; RC_IO: closed. */
MUST_USE enum rc chan_fill(struct chan *c);
/* Takes the next whole message: borrowed until the next chan_fill or
 * chan_forget. ret_fd is -1 or the caller's. RC_AGAIN: none; RC_DENIED: not
 * permitted; RC_MALFORMED. */
MUST_USE enum rc chan_next(
    struct chan *c, enum msg_type *ret_type, struct rd *ret_body, int *ret_fd);
/* Wipes the messages that were taken: the loop does at the end of each turn. */
void chan_forget(struct chan *c);
#endif
