/*
 * smsc_queue: submit_sm bodies in the order they came, each waiting or on its
 * way (sent, unanswered). Bounded. It holds numbers and texts: what leaves it
 * is wiped. Pure.
 */
#ifndef SMSC_QUEUE_H
#define SMSC_QUEUE_H
#include "base/buf.h"
#include "base/mono.h"

struct smsc_queue;

struct smsc_queue_item {
	uint64_t token;
	struct buf body;
	struct mono born;
	struct mono sent; /* when seq is not 0 */
	uint32_t seq;     /* 0: waiting */
	uint32_t tries;
};

MUST_USE enum rc smsc_queue_new(size_t max, struct smsc_queue **ret_q);
void smsc_queue_free(struct smsc_queue *q); /* NULL is fine */
/* RC_LIMIT, RC_NOMEM. */
MUST_USE enum rc smsc_queue_add(
    struct smsc_queue *q, uint64_t token, struct rd body, struct mono now);
size_t smsc_queue_count(const struct smsc_queue *q);
size_t smsc_queue_sent(const struct smsc_queue *q);
size_t smsc_queue_room(const struct smsc_queue *q);
/* The oldest / the oldest that waits / the oldest that is on its way / the one
 * with that seq, or NULL. Owned by q. */
struct smsc_queue_item *smsc_queue_first(struct smsc_queue *q);
struct smsc_queue_item *smsc_queue_waiting(struct smsc_queue *q);
struct smsc_queue_item *smsc_queue_oldest_sent(struct smsc_queue *q);
struct smsc_queue_item *smsc_queue_find(struct smsc_queue *q, uint32_t seq);
/* Everything waits again: the link is gone. */
void smsc_queue_rewind(struct smsc_queue *q);
/* Out of the queue, wiped and freed. */
void smsc_queue_remove(struct smsc_queue *q, struct smsc_queue_item *item);
#endif
