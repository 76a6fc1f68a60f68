/*
 * child: what every process but the parent does first: take its configuration,
 * descriptors and peers from the parent, drop to its own user, enter its
 * sandbox, report READY. And the parent's side of starting one.
 */
#ifndef CHILD_H
#define CHILD_H
#include "proc/conf.h"
#include "proc/loop.h"

#define CHILD_PARENT_FD 3 /* the channel to the parent, after exec */

struct child; /* one process's own view */

struct child_hooks { /* any may be NULL */
	void *arg;
	/* After CONFIG, FILEs and PEERs came, as the dropped user, before the
	 * sandbox: open what must be opened. An rc other than OK ends the
	 * process and, through the parent, tacetd with a clear line. */
	enum rc (*on_start)(void *arg, struct child *c);
	/* A message of a peer (never of the parent). */
	void (*on_msg)(void *arg, enum permit_role from, enum msg_type type,
	    struct rd body, int fd);
	/* New CONFIG and FILEs are in place (SIGHUP). */
	void (*on_reload)(void *arg, struct child *c);
	/* Finish; call child_done when durable. */
	void (*on_stop)(void *arg, struct child *c);
};

/* Runs the process to its end; returns its exit status. */
int child_run(enum permit_role self, const struct child_hooks *hooks);
struct loop *child_loop(struct child *c);
const struct conf *child_conf(const struct child *c); /* borrowed */
/* The descriptor given under that name; moved to the caller. RC_NOT_FOUND. */
MUST_USE enum rc child_file_take(
    struct child *c, const char *name, int *ret_fd);
/* Queues a message to a peer process. Ends the process when the channel is
 * full or gone: half-alive states do not exist. */
void child_send(
    struct child *c, enum permit_role to, enum msg_type type, const void *msg);
/* The same with a descriptor, which stays the caller's. */
void child_send_fd(struct child *c, enum permit_role to, enum msg_type type,
    const void *msg, int fd);
/* Bytes queued towards a peer. */
size_t child_queued(const struct child *c, enum permit_role to);
/* Durable: child_run waits until the others are too, then returns 0. */
void child_done(struct child *c);
#endif
