/*
 * The snapshots that are answered from. A table is read whole when it comes, to
 * find damage, by a thread of the crew; the epochs before go on meanwhile.
 */
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "lookup/lookup_internal.h"
#include "proc/log.h"

/* One that came and is not served yet. */
struct lookup_arrival {
	struct lookup *lookup;
	struct msg_snapshot m;
	int fd;
	struct pir_table *pir;
	enum rc rc;
	struct crew_work work;
	struct lookup_arrival *next;
};

/* --- use
 * ------------------------------------------------------------------------- */

struct lookup_table *
lookup_epochs_take(struct lookup *l, uint32_t epoch)
{
	for (size_t i = 0; i < LOOKUP_EPOCHS; i++)
		if (l->epochs[i].table != NULL &&
		    l->epochs[i].m.epoch == epoch) {
			l->epochs[i].table->users++;
			return l->epochs[i].table;
		}
	return NULL;
}

void
lookup_epochs_release(struct lookup_table *t)
{
	if (t == NULL || --t->users > 0)
		return;
	pir_table_free(t->pir);
	free(t);
}

void
lookup_epochs_clear(struct lookup *l)
{
	for (size_t i = 0; i < LOOKUP_EPOCHS; i++) {
		lookup_epochs_release(l->epochs[i].table);
		l->epochs[i].table = NULL;
	}
	while (l->arrivals != NULL) {
		struct lookup_arrival *a = l->arrivals;

		l->arrivals = a->next;
		pir_table_free(a->pir);
		(void)close(a->fd);
		free(a);
	}
}

/* What the largest question of any of them is. */
static void
tell_limit(struct lookup *l)
{
	struct msg_private_limit m = { 0 };

	for (size_t i = 0; i < LOOKUP_EPOCHS; i++) {
		const struct lookup_table *t = l->epochs[i].table;
		size_t n = 0;

		if (t != NULL)
			n = PRIVATE_LOOKUP_ASK_HEAD +
			    pir_query_size(pir_table_shape(t->pir));
		if (n > m.max)
			m.max = (uint32_t)n;
	}
	child_send(l->child, PERMIT_ROLE_FRONT, MSG_PRIVATE_LIMIT, &m);
}

/* --- arrival
 * --------------------------------------------------------------------- */

static void
ready(struct lookup *l, const struct msg_snapshot *m, enum rc rc)
{
	const struct msg_snapshot_ready answer = { m->epoch,
		rc == RC_OK              ? MSG_STATUS_OK
		    : rc == RC_MALFORMED ? MSG_STATUS_MALFORMED
					 : MSG_STATUS_DOWN };

	if (rc == RC_OK)
		log_event(LOG_SNAPSHOT, LOG_U("epoch", m->epoch),
		    LOG_U("columns", m->columns), LOG_U("blocks", m->blocks));
	else
		log_event(
		    LOG_SNAPSHOT_REFUSED, LOG_U("epoch", m->epoch), LOG_RC(rc));
	child_send(l->child, PERMIT_ROLE_KTLOG, MSG_SNAPSHOT_READY, &answer);
}

/* Takes a user of t. From this moment on the epoch is the newest. */
static void
serve(struct lookup *l, const struct msg_snapshot *m, struct lookup_table *t)
{
	struct lookup_table *oldest = l->epochs[LOOKUP_EPOCHS - 1].table;

	for (size_t i = LOOKUP_EPOCHS - 1; i > 0; i--)
		l->epochs[i] = l->epochs[i - 1];
	l->epochs[0] = (struct lookup_epoch){ *m, t };
	if (m->token_day != 0)
		lookup_keys_issue(l->keys, m->token_day);
	lookup_epochs_release(oldest);
	l->limit_due = true;
	ready(l, m, RC_OK);
}

/* In the crew: reads all of it. */
static void
arrival_run(void *arg, unsigned part)
{
	struct lookup_arrival *a = arg;
	const struct pir_shape *shape;

	(void)part;
	a->rc = pir_table_map(a->fd, 0, &a->pir);
	if (a->rc != RC_OK)
		return;
	shape = pir_table_shape(a->pir);
	if (shape->columns != a->m.columns || shape->blocks != a->m.blocks)
		a->rc = RC_MALFORMED;
}

/* The same entries in the same shape are the same table. */
static bool
is_as_before(const struct lookup_epoch *e, const struct msg_snapshot *m)
{
	return e->table != NULL && e->m.columns == m->columns &&
	    e->m.blocks == m->blocks &&
	    memcmp(e->m.root, m->root, sizeof(m->root)) == 0;
}

static void begin(struct lookup *l);

/* The first of those that wait is done with, well or not. */
static void
arrival_end(struct lookup *l)
{
	struct lookup_arrival *a = l->arrivals;

	l->arrivals = a->next;
	pir_table_free(a->pir);
	(void)close(a->fd);
	free(a);
	begin(l);
}

static void
arrival_done(void *arg)
{
	struct lookup_arrival *a = arg;
	struct lookup_table *t = NULL;

	if (a->rc == RC_OK) {
		t = failmem_alloc(sizeof(*t));
		if (t == NULL)
			a->rc = RC_NOMEM;
	}
	if (a->rc == RC_OK) {
		*t = (struct lookup_table){ a->pir, 1 };
		a->pir = NULL;
		serve(a->lookup, &a->m, t);
	} else {
		ready(a->lookup, &a->m, a->rc);
	}
	arrival_end(a->lookup);
}

/* One after the other: a small table must not overtake the one before it. */
static void
begin(struct lookup *l)
{
	struct lookup_arrival *a = l->arrivals;

	if (a == NULL) {
		/* after the newest of several: on it front begins to accept */
		if (l->limit_due)
			tell_limit(l);
		l->limit_due = false;
		return;
	}
	if (is_as_before(&l->epochs[0], &a->m)) {
		l->epochs[0].table->users++;
		serve(l, &a->m, l->epochs[0].table);
		arrival_end(l);
		return;
	}
	a->work = (struct crew_work){
		.parts = 1, .run = arrival_run, .done = arrival_done, .arg = a
	};
	crew_give(l->crew, &a->work);
}

void
lookup_epochs_add(struct lookup *l, const struct msg_snapshot *m, int fd)
{
	struct lookup_arrival **at = &l->arrivals;
	struct lookup_arrival *a = failmem_alloc(sizeof(*a));

	if (a == NULL) {
		ready(l, m, RC_NOMEM);
		(void)close(fd);
		return;
	}
	*a = (struct lookup_arrival){ .lookup = l, .m = *m, .fd = fd };
	while (*at != NULL)
		at = &(*at)->next;
	*at = a;
	if (l->arrivals == a)
		begin(l);
}
