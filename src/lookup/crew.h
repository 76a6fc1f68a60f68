/*
 * crew: threads that compute, one a core, for a process whose own thread has
 * the loop. Work is cut into parts that may run at the same time; when all are
 * done the loop's thread hears of it. The threads share memory and nothing
 * else: they open, send and log nothing.
 */
#ifndef CREW_H
#define CREW_H
#include "proc/loop.h"

#define CREW_MAX 64 /* threads */

struct crew;

struct crew_work {
	unsigned parts; /* at least 1 */
	/* In any thread, for each part from 0 up. */
	void (*run)(void *arg, unsigned part);
	/* In the loop's thread, after the last; w may be given again here. */
	void (*done)(void *arg);
	void *arg;
	/* the crew's: */
	unsigned begun;
	unsigned ended;
	struct crew_work *next;
};

/* Starts n threads; they inherit what their maker may do, so it has entered its
 * sandbox before. RC_LIMIT: n is 0 or over CREW_MAX; RC_NOMEM, RC_IO. */
MUST_USE enum rc crew_new(struct loop *l, unsigned n, struct crew **ret_c);
/* The cores this process may run on, at most CREW_MAX. Before the sandbox. */
unsigned crew_cores(void);
unsigned crew_size(const struct crew *c);
/* Queues it behind what was given before; w is the crew's until done. */
void crew_give(struct crew *c, struct crew_work *w);
/* Waits for what is being computed; what waits is dropped. NULL is fine. */
void crew_free(struct crew *c);
#endif
