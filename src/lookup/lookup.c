#include "lookup/lookup.h"

#include <sodium.h>
#include <unistd.h>

#include "base/file.h"
#include "lookup/lookup_keys.h"
#include "proc/child.h"
#include "proc/log.h"

#define DAY_MS 1000 /* how often the date is looked at */

struct lookup {
	struct child *child;
	struct lookup_keys *keys;
	uint32_t day;
	struct loop_timer *timer;
};

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

static void
on_timer(void *arg)
{
	struct lookup *l = arg;
	uint32_t day = today();
	enum rc rc = RC_OK;

	if (day > l->day) {
		rc = lookup_keys_day(l->keys, day);
		if (rc == RC_OK) {
			l->day = day;
			tell_keys(l);
		}
	}
	if (rc == RC_OK)
		rc = loop_timer_add(
		    child_loop(l->child), DAY_MS, on_timer, l, &l->timer);
	if (rc != RC_OK) {
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
		_exit(70);
	}
}

static void
on_begin(void *arg)
{
	tell_keys(arg);
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

/* --- questions
 * ------------------------------------------------------------------- */

static void
on_evaluate(struct lookup *l, const struct msg_evaluate *m)
{
	uint8_t evaluated[MSG_EVALUATE_MAX][RGROUP_SIZE];
	const struct voprf_batch batch = { m->elements.left / RGROUP_SIZE,
		(const uint8_t(*)[RGROUP_SIZE])m->elements.p, NULL };
	struct msg_evaluated answer = { .req = m->req };
	enum rc rc = RC_MALFORMED;

	if (m->elements.left % RGROUP_SIZE == 0 && m->key <= LOOKUP_KEYS_TOKEN)
		rc = lookup_keys_evaluate(l->keys,
		    (enum lookup_keys_which)m->key, &batch, evaluated,
		    answer.proof);
	answer.status = rc == RC_OK ? MSG_STATUS_OK
	    : rc == RC_NOMEM        ? MSG_STATUS_DOWN
				    : MSG_STATUS_MALFORMED;
	if (rc == RC_OK)
		answer.evaluated = (struct rd){ evaluated[0],
			batch.n * RGROUP_SIZE };
	child_send(l->child, PERMIT_ROLE_EXCHANGE, MSG_EVALUATED, &answer);
}

/* There is no snapshot: nothing is answered, and no token taken. */
static void
on_private(struct lookup *l, const struct msg_private *m)
{
	const struct msg_private_reply answer = { .req = m->req,
		.status = MSG_STATUS_NO_PRIVATE };

	child_send(l->child, PERMIT_ROLE_FRONT, MSG_PRIVATE_REPLY, &answer);
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	struct lookup *l = arg;
	struct msg_evaluate evaluate;
	struct msg_private ask;

	(void)from;
	if (fd >= 0)
		(void)close(fd);
	if (type == MSG_EVALUATE && msg_parse(type, body, &evaluate) == RC_OK)
		on_evaluate(l, &evaluate);
	else if (type == MSG_PRIVATE && msg_parse(type, body, &ask) == RC_OK)
		on_private(l, &ask);
	else
		_exit(70); /* not from our own */
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct lookup *l = arg;
	uint8_t seed[LOOKUP_KEYS_SEED_SIZE];
	enum rc rc = RC_BUG;

	l->child = c;
	l->day = today();
	TRY(read_seed(c, seed));
	TRY(lookup_keys_new(seed, l->day, &l->keys));
	TRY(loop_timer_add(child_loop(c), DAY_MS, on_timer, l, &l->timer));
	TRY(loop_defer(child_loop(c), on_begin, l));
out:
	sodium_memzero(seed, sizeof(seed));
	return rc;
}

int
lookup_main(void)
{
	struct lookup l = { 0 };
	const struct child_hooks hooks = { &l, on_start, on_msg, NULL, NULL };
	int status = child_run(PERMIT_ROLE_LOOKUP, &hooks);

	lookup_keys_free(l.keys);
	return status;
}
