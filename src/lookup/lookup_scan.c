/*
 * Queries are answered together: while one batch is being read, what comes
 * waits, and becomes the next one. So a query that comes to an idle process is
 * answered at once, and a busy one reads its table once for up to sixteen.
 */
#include <string.h>

#include "lookup/lookup_internal.h"

/* How often a table is read for so many. */
static void
count(struct lookup *l, unsigned n)
{
	unsigned class = 0;

	while (class + 1 < MSG_COUNTS_BATCHES && n > 1u << class)
		class ++;
	l->counts.batches[class]++;
}

static void
answer_one(struct lookup_question *q, struct rd b_half)
{
	const struct rd a_half = pir_table_a_half(q->table->pir);
	struct private_lookup_answer head = { .epoch = q->epoch };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PRIVATE_LOOKUP_ANSWER_HEAD + a_half.left + b_half.left);
	memcpy(head.element, q->evaluated[0], sizeof(head.element));
	memcpy(head.proof, q->proof, sizeof(head.proof));
	head.answer = a_half;
	TRY(private_lookup_answer_build(&head, &b));
	TRY(buf_add_rd(&b, b_half));
	q->lookup->counts.lookups++;
out:
	lookup_ask_answer(q, lookup_ask_status(rc), buf_get(&b));
	buf_clear(&b);
}

/* --- one batch
 * ------------------------------------------------------------------- */

static void start(struct lookup *l);

static void
batch_end(struct lookup_batch *b)
{
	struct lookup *l = b->lookup;

	pir_job_free(b->job);
	b->job = NULL;
	b->n = 0;
	start(l);
}

static void
scan_run(void *arg, unsigned part)
{
	struct lookup_batch *b = arg;

	pir_job_part(b->job, part, b->work.parts);
}

static void
scan_done(void *arg)
{
	struct lookup_batch *b = arg;

	pir_job_finish(b->job);
	count(b->lookup, b->n);
	for (unsigned i = 0; i < b->n; i++)
		answer_one(b->questions[i], pir_job_b_half(b->job, i));
	batch_end(b);
}

/* In the crew: takes the queries in. */
static void
add_run(void *arg, unsigned part)
{
	struct lookup_batch *b = arg;
	enum rc rc = pir_job_new(b->questions[0]->table->pir, &b->job);

	(void)part;
	for (unsigned i = 0; i < b->n; i++) {
		struct lookup_question *q = b->questions[i];

		q->rc = rc == RC_OK ? pir_job_add(b->job, q->query) : rc;
	}
}

/* What was no query is out; the others keep the order of the job. */
static void
add_done(void *arg)
{
	struct lookup_batch *b = arg;
	unsigned n = 0;

	for (unsigned i = 0; i < b->n; i++) {
		struct lookup_question *q = b->questions[i];

		if (q->rc == RC_OK)
			b->questions[n++] = q;
		else
			lookup_ask_answer(q, lookup_ask_status(q->rc),
			    (struct rd){ NULL, 0 });
	}
	b->n = n;
	if (n == 0) {
		batch_end(b);
		return;
	}
	b->work = (struct crew_work){ .parts = crew_size(b->lookup->crew),
		.run = scan_run,
		.done = scan_done,
		.arg = b };
	crew_give(b->lookup->crew, &b->work);
}

/* Those that came first, of one table. */
static void
start(struct lookup *l)
{
	struct lookup_batch *b = &l->batch;
	struct lookup_question **at = &l->first;

	if (b->n > 0 || l->first == NULL)
		return;
	l->last = NULL;
	while (*at != NULL) {
		struct lookup_question *q = *at;

		if (b->n < PIR_JOB_MAX &&
		    (b->n == 0 || q->table == b->questions[0]->table)) {
			b->questions[b->n++] = q;
			*at = q->next;
		} else {
			l->last = q;
			at = &q->next;
		}
	}
	b->lookup = l;
	b->work = (struct crew_work){
		.parts = 1, .run = add_run, .done = add_done, .arg = b
	};
	crew_give(l->crew, &b->work);
}

void
lookup_scan(struct lookup_question *q)
{
	struct lookup *l = q->lookup;

	q->next = NULL;
	if (l->first == NULL)
		l->first = q;
	else
		l->last->next = q;
	l->last = q;
	start(l);
}
