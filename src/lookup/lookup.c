#include "lookup/lookup.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "lookup/lookup_internal.h"
#include "proc/log.h"

#define TURN_MS 1000 /* how often the date is looked at, and tokens synced */

/* --- keys and days
 * --------------------------------------------------------------- */

static uint32_t
today(void)
{
	int32_t day = mono_day(mono_wall());

	return day < 0 ? 0 : (uint32_t)day;
}

static void
tell_keys(struct lookup *l)
{
	struct msg_lookup_keys m = { .day = l->day };

	lookup_keys_public(l->keys, LOOKUP_KEYS_DIRECTORY, m.voprf);
	lookup_keys_public(l->keys, LOOKUP_KEYS_TOKEN, m.token);
	child_send(l->child, PERMIT_ROLE_KTLOG, MSG_LOOKUP_KEYS, &m);
	child_send(l->child, PERMIT_ROLE_EXCHANGE, MSG_LOOKUP_KEYS, &m);
}

/* Days go forward only: a clock that was set back opens no token again. */
static enum rc
turn_day(struct lookup *l)
{
	uint32_t day = today();
	enum rc rc = RC_OK;

	if (day <= l->day)
		goto out;
	TRY(lookup_keys_day(l->keys, day));
	l->day = day;
	tell_keys(l);
out:
	return rc;
}

static void
sync_tokens(struct lookup *l)
{
	enum rc rc = spent_sync(l->spent);

	if (rc != RC_OK && !l->spent_failed)
		log_event(LOG_TOKENS_ERROR, LOG_RC(rc));
	l->spent_failed = rc != RC_OK;
}

static void
on_timer(void *arg)
{
	struct lookup *l = arg;
	enum rc rc = turn_day(l);

	sync_tokens(l);
	if (rc == RC_OK)
		rc = loop_timer_add(
		    child_loop(l->child), TURN_MS, on_timer, l, &l->timer);
	if (rc != RC_OK) {
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
		_exit(70);
	}
}

/* --- evaluations for the exchange
 * ------------------------------------------------ */

struct evaluation {
	struct lookup *lookup;
	uint64_t req;
	enum lookup_keys_which which;
	size_t n;
	uint8_t blinded[MSG_EVALUATE_MAX][RGROUP_SIZE];
	uint8_t evaluated[MSG_EVALUATE_MAX][RGROUP_SIZE];
	uint8_t proof[VOPRF_PROOF_SIZE];
	enum rc rc;
	struct crew_work work;
};

static void
evaluation_run(void *arg, unsigned part)
{
	struct evaluation *e = arg;
	const struct voprf_batch batch = { e->n,
		(const uint8_t(*)[RGROUP_SIZE])e->blinded, NULL };

	(void)part;
	e->rc = lookup_keys_evaluate(
	    e->lookup->keys, e->which, &batch, e->evaluated, e->proof);
}

static void
evaluated(
    struct lookup *l, uint64_t req, enum rc rc, const struct evaluation *e)
{
	struct msg_evaluated m = { .req = req,
		.status = rc == RC_OK ? MSG_STATUS_OK
		    : rc == RC_NOMEM  ? MSG_STATUS_DOWN
				      : MSG_STATUS_MALFORMED };

	if (rc == RC_OK) {
		m.evaluated = (struct rd){ e->evaluated[0],
			e->n * RGROUP_SIZE };
		memcpy(m.proof, e->proof, sizeof(m.proof));
	}
	child_send(l->child, PERMIT_ROLE_EXCHANGE, MSG_EVALUATED, &m);
}

static void
evaluation_done(void *arg)
{
	struct evaluation *e = arg;

	if (e->rc == RC_OK && e->which == LOOKUP_KEYS_TOKEN)
		e->lookup->counts.issued += e->n;
	evaluated(e->lookup, e->req, e->rc, e);
	free(e);
}

static void
on_evaluate(struct lookup *l, const struct msg_evaluate *m)
{
	struct evaluation *e = NULL;
	enum rc rc = RC_BUG;

	CHECK(m->elements.left % RGROUP_SIZE == 0 && m->elements.left > 0 &&
		m->key <= LOOKUP_KEYS_TOKEN,
	    RC_MALFORMED);
	e = failmem_alloc(sizeof(*e));
	CHECK(e != NULL, RC_NOMEM);
	e->lookup = l;
	e->req = m->req;
	e->which = (enum lookup_keys_which)m->key;
	e->n = m->elements.left / RGROUP_SIZE;
	memcpy(e->blinded, m->elements.p, m->elements.left);
	e->work = (struct crew_work){ .parts = 1,
		.run = evaluation_run,
		.done = evaluation_done,
		.arg = e };
	crew_give(l->crew, &e->work);
	return;
out:
	evaluated(l, m->req, rc, NULL);
}

static void
on_counts_get(struct lookup *l, const struct msg_counts_get *m)
{
	struct msg_counts answer = l->counts;

	answer.req = m->req;
	answer.kind = m->kind;
	answer.spent = spent_count(l->spent);
	answer.epoch = l->epochs[0].m.epoch;
	answer.cores = crew_size(l->crew);
	answer.kernel = rd_str(pir_kernel_name());
	child_send(l->child, PERMIT_ROLE_EXCHANGE, MSG_COUNTS, &answer);
}

/* --- messages
 * -------------------------------------------------------------------- */

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	struct lookup *l = arg;
	union {
		struct msg_evaluate evaluate;
		struct msg_private ask;
		struct msg_snapshot snapshot;
		struct msg_counts_get counts_get;
	} m;

	(void)from;
	if (msg_size(type) > sizeof(m) || msg_parse(type, body, &m) != RC_OK)
		_exit(70); /* not from our own */
	if (type == MSG_EVALUATE) {
		on_evaluate(l, &m.evaluate);
	} else if (type == MSG_PRIVATE) {
		lookup_ask(l, &m.ask);
	} else if (type == MSG_COUNTS_GET) {
		on_counts_get(l, &m.counts_get);
	} else if (type == MSG_SNAPSHOT) {
		lookup_epochs_add(l, &m.snapshot, fd);
		fd = -1;
	}
	if (fd >= 0)
		(void)close(fd);
}

/* --- life
 * ------------------------------------------------------------------------ */

/* Inside the sandbox, which the threads inherit. */
static void
on_begin(void *arg)
{
	struct lookup *l = arg;
	enum rc rc = crew_new(child_loop(l->child), l->cores, &l->crew);

	if (rc != RC_OK) {
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
		_exit(70);
	}
	tell_keys(l);
}

static enum rc
read_seed(struct child *c, uint8_t ret_seed[static LOOKUP_KEYS_SEED_SIZE])
{
	struct buf b;
	struct rd r;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, LOOKUP_KEYS_SEED_SIZE + 1);
	TRY(child_file_take(c, "lookup.key", &fd));
	TRY(file_read(fd, &b));
	r = buf_get(&b);
	CHECK(r.left == LOOKUP_KEYS_SEED_SIZE, RC_CORRUPT);
	TRY(rd_copy(&r, LOOKUP_KEYS_SEED_SIZE, ret_seed));
out:
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_CORRUPT;
}

static enum rc
open_spent(struct lookup *l)
{
	int fds[2] = { -1, -1 };
	enum rc rc = RC_BUG;

	TRY(child_file_take(l->child, "token.spent.0", &fds[0]));
	TRY(child_file_take(l->child, "token.spent.1", &fds[1]));
	rc = spent_open(fds, &l->spent);
	fds[0] = fds[1] = -1;
	CHECK(rc == RC_OK, rc);
	log_event(LOG_TOKENS_OPEN, LOG_U("spent", spent_count(l->spent)),
	    LOG_U("torn", spent_torn(l->spent)));
out:
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	return rc;
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct lookup *l = arg;
	uint8_t seed[LOOKUP_KEYS_SEED_SIZE];
	enum rc rc = RC_BUG;

	l->child = c;
	l->cores = crew_cores();
	TRY(open_spent(l));
	l->day = today();
	if (spent_day(l->spent) > l->day)
		l->day = spent_day(l->spent);
	TRY(read_seed(c, seed));
	TRY(lookup_keys_new(seed, l->day, &l->keys));
	TRY(loop_timer_add(child_loop(c), TURN_MS, on_timer, l, &l->timer));
	TRY(loop_defer(child_loop(c), on_begin, l));
out:
	sodium_memzero(seed, sizeof(seed));
	return rc;
}

/* Who waits for an answer is told nothing: front ends as well. */
static void
on_stop(void *arg, struct child *c)
{
	struct lookup *l = arg;

	crew_free(l->crew);
	l->crew = NULL;
	sync_tokens(l);
	child_done(c);
}

int
lookup_main(void)
{
	struct lookup l = { 0 };
	const struct child_hooks hooks = { &l, on_start, on_msg, NULL,
		on_stop };
	int status = child_run(PERMIT_ROLE_LOOKUP, &hooks);

	lookup_epochs_clear(&l);
	spent_close(l.spent);
	lookup_keys_free(l.keys);
	return status;
}
