/*
 * One epoll, level-triggered. What is removed during a turn is only marked and
 * freed at the turn's end, so that an event already fetched for it finds a
 * dead entry and not freed memory.
 */
#include "proc/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/failmem.h"
#include "proc/log.h"

#define EVENTS_MAX 256
#define TIMERS_MAX (1u << 20)
#define DEFERS_MAX (1u << 16)
#define CHANS_MAX 8
#define EXIT_BROKEN 70 /* EX_SOFTWARE: the parent restarts the whole */

struct loop_io {
	struct loop *loop;
	int fd;
	bool dead;
	loop_io_fn fn;
	void *arg;
	struct loop_io *next_dead;
};

struct loop_timer {
	struct loop *loop;
	struct mono at;
	size_t slot; /* in the heap */
	loop_fn fn;
	void *arg;
	struct loop_timer **owner;
};

struct deferred {
	loop_fn fn;
	void *arg;
};

struct joined {
	struct loop *loop;
	struct chan *chan;
	struct loop_io *io;
	loop_msg_fn fn;
	void *arg;
	bool wants_out;
	bool closed; /* while forgiving */
};

struct loop {
	int ep;
	bool stop;
	bool forgiving;
	struct mono now;
	struct loop_io *dead;
	struct loop_timer **heap;
	size_t n_heap;
	size_t cap_heap;
	struct deferred *defers;
	size_t n_defers;
	size_t cap_defers;
	loop_fn turn_fn;
	void *turn_arg;
	struct joined joined[CHANS_MAX];
	size_t n_joined;
};

enum rc
loop_new(struct loop **ret_l)
{
	struct loop *l = failmem_alloc(sizeof(*l));

	if (l == NULL)
		return RC_NOMEM;
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	if (l->ep < 0) {
		free(l);
		return RC_IO;
	}
	l->now = mono_now();
	*ret_l = l;
	return RC_OK;
}

static void
free_dead(struct loop *l)
{
	struct loop_io *io;

	while ((io = l->dead) != NULL) {
		l->dead = io->next_dead;
		free(io);
	}
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n_joined; i++)
		loop_io_del(l->joined[i].io);
	for (size_t i = 0; i < l->n_heap; i++) {
		*l->heap[i]->owner = NULL;
		free(l->heap[i]);
	}
	free_dead(l);
	free(l->heap);
	free(l->defers);
	(void)close(l->ep);
	free(l);
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

struct mono
loop_now(const struct loop *l)
{
	return l->now;
}

enum rc
loop_io_add(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg,
    struct loop_io **ret_io)
{
	struct loop_io *io = failmem_alloc(sizeof(*io));
	struct epoll_event ev = { .events = events };

	if (io == NULL)
		return RC_NOMEM;
	*io = (struct loop_io){ l, fd, false, fn, arg, NULL };
	ev.data.ptr = io;
	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) < 0) {
		free(io);
		return RC_IO;
	}
	*ret_io = io;
	return RC_OK;
}

enum rc
loop_io_set(struct loop_io *io, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = io };

	return epoll_ctl(io->loop->ep, EPOLL_CTL_MOD, io->fd, &ev) < 0 ? RC_IO
								       : RC_OK;
}

void
loop_io_del(struct loop_io *io)
{
	if (io == NULL || io->dead)
		return;
	(void)epoll_ctl(io->loop->ep, EPOLL_CTL_DEL, io->fd, NULL);
	io->dead = true;
	io->next_dead = io->loop->dead;
	io->loop->dead = io;
}

/* --- timers: a binary heap by time -------------------------------------- */

static void
heap_put(struct loop *l, size_t slot, struct loop_timer *t)
{
	l->heap[slot] = t;
	t->slot = slot;
}

static void
heap_up(struct loop *l, size_t i, struct loop_timer *t)
{
	while (i > 0 && mono_is_after(l->heap[(i - 1) / 2]->at, t->at)) {
		heap_put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(l, i, t);
}

static void
heap_down(struct loop *l, size_t i, struct loop_timer *t)
{
	size_t kid;

	while ((kid = 2 * i + 1) < l->n_heap) {
		if (kid + 1 < l->n_heap &&
		    mono_is_after(l->heap[kid]->at, l->heap[kid + 1]->at))
			kid++;
		if (!mono_is_after(t->at, l->heap[kid]->at))
			break;
		heap_put(l, i, l->heap[kid]);
		i = kid;
	}
	heap_put(l, i, t);
}

static void
heap_remove(struct loop *l, size_t slot)
{
	struct loop_timer *last = l->heap[--l->n_heap];

	if (slot == l->n_heap)
		return;
	heap_up(l, slot, last);
	heap_down(l, last->slot, last);
}

enum rc
loop_timer_add(struct loop *l, int64_t ms, loop_fn fn, void *arg,
    struct loop_timer **ret_t)
{
	struct loop_timer *t;
	struct loop_timer **heap;
	size_t cap;

	if (l->n_heap == l->cap_heap) {
		cap = l->cap_heap == 0 ? 64 : l->cap_heap * 2;
		if (cap > TIMERS_MAX)
			return RC_LIMIT;
		heap = failmem_array(cap, sizeof(struct loop_timer *));
		if (heap == NULL)
			return RC_NOMEM;
		if (l->n_heap > 0)
			memcpy(heap, l->heap, l->n_heap * sizeof(*heap));
		free(l->heap);
		l->heap = heap;
		l->cap_heap = cap;
	}
	t = failmem_alloc(sizeof(*t));
	if (t == NULL)
		return RC_NOMEM;
	*t = (struct loop_timer){ l, mono_add_ms(mono_now(), ms), 0, fn, arg,
		ret_t };
	l->n_heap++;
	heap_up(l, l->n_heap - 1, t);
	*ret_t = t;
	return RC_OK;
}

void
loop_timer_del(struct loop_timer **t)
{
	struct loop_timer *dead = *t;

	if (dead == NULL)
		return;
	heap_remove(dead->loop, dead->slot);
	*t = NULL;
	free(dead);
}

static void
run_timers(struct loop *l)
{
	struct loop_timer *t;
	loop_fn fn;
	void *arg;

	while (l->n_heap > 0 && !mono_is_after(l->heap[0]->at, l->now)) {
		t = l->heap[0];
		fn = t->fn;
		arg = t->arg;
		heap_remove(l, 0);
		*t->owner = NULL;
		free(t);
		fn(arg);
	}
}

static int
wait_ms(const struct loop *l)
{
	int64_t ms;

	if (l->n_heap == 0)
		return -1;
	ms = mono_diff_ms(l->heap[0]->at, mono_now()) + 1;
	if (ms < 0)
		return 0;
	return ms > 60000 ? 60000 : (int)ms;
}

/* --- the end of a turn ---------------------------------------------------- */

enum rc
loop_defer(struct loop *l, loop_fn fn, void *arg)
{
	struct deferred *d;
	size_t cap;

	if (l->n_defers == l->cap_defers) {
		cap = l->cap_defers == 0 ? 64 : l->cap_defers * 2;
		if (cap > DEFERS_MAX)
			return RC_LIMIT;
		d = failmem_array(cap, sizeof(*d));
		if (d == NULL)
			return RC_NOMEM;
		if (l->n_defers > 0)
			memcpy(d, l->defers, l->n_defers * sizeof(*d));
		free(l->defers);
		l->defers = d;
		l->cap_defers = cap;
	}
	l->defers[l->n_defers++] = (struct deferred){ fn, arg };
	return RC_OK;
}

void
loop_on_turn(struct loop *l, loop_fn fn, void *arg)
{
	l->turn_fn = fn;
	l->turn_arg = arg;
}

void
loop_forgive(struct loop *l)
{
	l->forgiving = true;
}

/* Ends the process, unless all are ending. */
static void
broken(struct joined *j, enum log_event ev, enum rc rc)
{
	if (j->loop->forgiving && ev == LOG_PEER_CLOSED) {
		loop_io_del(j->io);
		j->io = NULL;
		j->closed = true;
		return;
	}
	log_event(ev, LOG_ROLE(chan_peer(j->chan)), LOG_RC(rc));
	_exit(EXIT_BROKEN);
}

static void
flush_chans(struct loop *l)
{
	for (size_t i = 0; i < l->n_joined; i++) {
		struct joined *j = &l->joined[i];
		enum rc rc = RC_OK;
		bool more;

		if (j->closed)
			continue;
		chan_forget(j->chan);
		if (chan_has_output(j->chan))
			rc = chan_flush(j->chan);
		if (rc != RC_OK && rc != RC_AGAIN) {
			broken(j, LOG_PEER_CLOSED, rc);
			continue;
		}
		more = rc == RC_AGAIN;
		if (more != j->wants_out) {
			j->wants_out = more;
			rc = loop_io_set(
			    j->io, EPOLLIN | (more ? (uint32_t)EPOLLOUT : 0));
			if (rc != RC_OK)
				broken(j, LOG_PEER_CLOSED, rc);
		}
	}
}

static void
end_turn(struct loop *l)
{
	if (l->turn_fn != NULL)
		l->turn_fn(l->turn_arg);
	/* a deferred call may defer again: that one runs in this turn too */
	for (size_t i = 0; i < l->n_defers; i++)
		l->defers[i].fn(l->defers[i].arg);
	l->n_defers = 0;
	flush_chans(l);
	free_dead(l);
}

enum rc
loop_run(struct loop *l)
{
	struct epoll_event ev[EVENTS_MAX];
	int n;

	end_turn(l); /* what was queued before the first turn */
	while (!l->stop) {
		n = epoll_wait(l->ep, ev, EVENTS_MAX, wait_ms(l));
		if (n < 0 && errno != EINTR)
			return RC_IO;
		l->now = mono_now();
		for (int i = 0; i < n; i++) {
			struct loop_io *io = ev[i].data.ptr;

			if (!io->dead)
				io->fn(io->arg, ev[i].events);
		}
		run_timers(l);
		end_turn(l);
	}
	return RC_OK;
}

/* --- channels ---------------------------------------------------------------
 */

static void
on_chan(void *arg, uint32_t events)
{
	struct joined *j = arg;
	enum msg_type type;
	struct rd body;
	int fd;
	enum rc rc;

	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
		return; /* room to write: the end of the turn flushes */
	rc = chan_fill(j->chan);
	if (rc == RC_AGAIN)
		return;
	if (rc != RC_OK) {
		broken(j, LOG_PEER_CLOSED, rc);
		return;
	}
	while ((rc = chan_next(j->chan, &type, &body, &fd)) == RC_OK)
		j->fn(j->arg, type, body, fd);
	if (rc != RC_AGAIN)
		broken(j, LOG_PERMIT_BROKEN, rc);
}

enum rc
loop_chan_add(struct loop *l, struct chan *c, loop_msg_fn fn, void *arg)
{
	struct joined *j = &l->joined[l->n_joined];
	enum rc rc = RC_BUG;

	CHECK(l->n_joined < CHANS_MAX, RC_LIMIT);
	*j = (struct joined){ l, c, NULL, fn, arg, false, false };
	TRY(loop_io_add(l, chan_fd(c), EPOLLIN, on_chan, j, &j->io));
	l->n_joined++;
out:
	return rc;
}
