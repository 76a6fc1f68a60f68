#include "lookup/crew.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/failmem.h"

struct list {
	struct crew_work *first;
	struct crew_work *last;
};

struct crew {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t given;
	struct list waiting; /* the first has parts that nobody began */
	struct list ended;   /* for the loop's thread */
	bool stop;
	int event; /* read by the loop */
	struct loop_io *io;
	unsigned n;
	pthread_t threads[CREW_MAX];
};

static void
list_put(struct list *l, struct crew_work *w)
{
	w->next = NULL;
	if (l->first == NULL)
		l->first = w;
	else
		l->last->next = w;
	l->last = w;
}

static struct crew_work *
list_take(struct list *l)
{
	struct crew_work *w = l->first;

	if (w != NULL)
		l->first = w->next;
	return w;
}

/* Does one part, with the lock held before and after. */
static void
do_part(struct crew *c)
{
	static const uint64_t one = 1;
	struct crew_work *w = c->waiting.first;
	unsigned part = w->begun++;

	if (w->begun == w->parts)
		(void)list_take(&c->waiting);
	(void)pthread_mutex_unlock(&c->lock);
	w->run(w->arg, part);
	(void)pthread_mutex_lock(&c->lock);
	if (++w->ended < w->parts)
		return;
	list_put(&c->ended, w);
	(void)!write(c->event, &one, sizeof(one));
}

static void *
thread_main(void *arg)
{
	struct crew *c = arg;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		if (c->waiting.first == NULL)
			(void)pthread_cond_wait(&c->given, &c->lock);
		else
			do_part(c);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void
on_event(void *arg, uint32_t events)
{
	struct crew *c = arg;
	struct crew_work *w;
	uint64_t n;

	(void)events;
	(void)!read(c->event, &n, sizeof(n));
	for (;;) {
		(void)pthread_mutex_lock(&c->lock);
		w = list_take(&c->ended);
		(void)pthread_mutex_unlock(&c->lock);
		if (w == NULL)
			return;
		w->done(w->arg);
	}
}

unsigned
crew_cores(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > CREW_MAX ? CREW_MAX : (unsigned)n;
}

enum rc
crew_new(struct loop *l, unsigned n, struct crew **ret_c)
{
	struct crew *c = NULL;
	enum rc rc = RC_BUG;

	CHECK(n >= 1 && n <= CREW_MAX, RC_LIMIT);
	c = failmem_alloc(sizeof(*c));
	CHECK(c != NULL, RC_NOMEM);
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->given, NULL);
	c->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK(c->event >= 0, RC_IO);
	TRY(loop_io_add(l, c->event, EPOLLIN, on_event, c, &c->io));
	for (; c->n < n; c->n++)
		CHECK(pthread_create(&c->threads[c->n], NULL, thread_main, c) ==
			0,
		    RC_NOMEM);
	*ret_c = c;
	c = NULL;
out:
	crew_free(c);
	return rc;
}

unsigned
crew_size(const struct crew *c)
{
	return c->n;
}

void
crew_give(struct crew *c, struct crew_work *w)
{
	w->begun = 0;
	w->ended = 0;
	(void)pthread_mutex_lock(&c->lock);
	list_put(&c->waiting, w);
	(void)pthread_cond_broadcast(&c->given);
	(void)pthread_mutex_unlock(&c->lock);
}

void
crew_free(struct crew *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->given);
	(void)pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->n; i++)
		(void)pthread_join(c->threads[i], NULL);
	loop_io_del(c->io);
	if (c->event >= 0)
		(void)close(c->event);
	(void)pthread_cond_destroy(&c->given);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
