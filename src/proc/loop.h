/*
 * loop: one thread, one epoll, one clock reading per turn. Callbacks never
 * block and never free their own caller: loop_defer runs at the end of the
 * turn, after every callback; group commits hang there (loop_on_turn).
 */
#ifndef LOOP_H
#define LOOP_H
#include "base/mono.h"
#include "ipc/chan.h"

struct loop;
struct loop_io;    /* one watched descriptor */
struct loop_timer; /* one shot */

typedef void (*loop_io_fn)(void *arg, uint32_t events); /* EPOLLIN, .. */
typedef void (*loop_fn)(void *arg);
/* A message that passed the permit table and was received whole. body is
 * borrowed for the call; fd is the callee's, or -1. */
typedef void (*loop_msg_fn)(
    void *arg, enum msg_type type, struct rd body, int fd);

MUST_USE enum rc loop_new(struct loop **ret_l);
void loop_free(struct loop *l);
/* Runs until loop_stop. RC_IO when epoll fails. */
MUST_USE enum rc loop_run(struct loop *l);
void loop_stop(struct loop *l);
struct mono loop_now(const struct loop *l); /* start of this turn */

MUST_USE enum rc loop_io_add(struct loop *l, int fd, uint32_t events,
    loop_io_fn fn, void *arg, struct loop_io **ret_io);
MUST_USE enum rc loop_io_set(struct loop_io *io, uint32_t events);
void loop_io_del(struct loop_io *io); /* safe inside its own callback */

/* Timers are cheap (heap). A fired or cancelled timer is gone: the pointer in
 * *ret_t is set to NULL by loop_timer_del and before fn is called. */
MUST_USE enum rc loop_timer_add(struct loop *l, int64_t ms, loop_fn fn,
    void *arg, struct loop_timer **ret_t);
void loop_timer_del(struct loop_timer **t); /* NULL inside is fine */

/* Runs once, after all callbacks of this turn. */
MUST_USE enum rc loop_defer(struct loop *l, loop_fn fn, void *arg);
/* Runs at the end of every turn that had any event, before output is
 * flushed: where a group commit belongs. One per loop. */
void loop_on_turn(struct loop *l, loop_fn fn, void *arg);

/* Joins a channel: fn gets each message; output queued during a turn is
 * flushed at its end, after loop_on_turn. A channel that closes or breaks the
 * permit table ends this process (exit 70): the parent restarts the whole. */
MUST_USE enum rc loop_chan_add(
    struct loop *l, struct chan *c, loop_msg_fn fn, void *arg);
/* From now on a channel that closes is let go of in silence: every process is
 * ending, and this one still has to make its state durable. */
void loop_forgive(struct loop *l);
#endif
