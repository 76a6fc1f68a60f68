/*
 * A question of nobody: its tokens are looked at, paid with, and its elements
 * evaluated. Tokens are spent, in the file too, before an octet of the answer
 * leaves; an unknown epoch, a wrong size or a false element costs none.
 */
#include <string.h>

#include <sodium.h>

#include "base/failmem.h"
#include "lookup/lookup_internal.h"
#include "proc/log.h"

#define NOT_OURS UINT32_MAX

static void
question_free(struct lookup_question *q)
{
	if (q == NULL)
		return;
	lookup_epochs_release(q->table);
	if (q->body != NULL)
		sodium_memzero(q->body, q->size);
	free(q->body);
	if (q->pairs != NULL)
		sodium_memzero(q->pairs, q->n * sizeof(q->pairs[0]));
	free(q->pairs);
	free(q->days);
	free(q->elements);
	free(q->evaluated);
	sodium_memzero(q, sizeof(*q));
	free(q);
}

enum msg_status
lookup_ask_status(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return MSG_STATUS_OK;
	case RC_MALFORMED:
		return MSG_STATUS_MALFORMED;
	case RC_EXISTS: /* spent */
	case RC_STATE:  /* of a day that is over */
	case RC_DENIED: /* not ours */
		return MSG_STATUS_TOKEN;
	case RC_NOT_FOUND:
		return MSG_STATUS_EPOCH_GONE;
	case RC_AGAIN:
	case RC_LIMIT:
	case RC_NOMEM:
	case RC_IO:
	case RC_NOSPACE:
	case RC_CORRUPT:
	case RC_BUG:
		break;
	}
	return MSG_STATUS_DOWN;
}

static void
answer(struct lookup *l, uint64_t req, enum msg_status status, struct rd body)
{
	const struct msg_private_reply m = { req, (uint8_t)status, body };

	child_send(l->child, PERMIT_ROLE_FRONT, MSG_PRIVATE_REPLY, &m);
}

void
lookup_ask_answer(
    struct lookup_question *q, enum msg_status status, struct rd body)
{
	struct lookup *l = q->lookup;

	if (status == MSG_STATUS_TOKEN)
		l->counts.refused++;
	answer(l, q->req, status, body);
	l->n_questions--;
	question_free(q);
}

static void
refuse(struct lookup_question *q, enum rc rc)
{
	lookup_ask_answer(q, lookup_ask_status(rc), (struct rd){ NULL, 0 });
}

/* --- third: what was paid for is evaluated
 * --------------------------------------- */

static void
evaluate_run(void *arg, unsigned part)
{
	struct lookup_question *q = arg;
	const struct voprf_batch batch = { q->n,
		(const uint8_t(*)[RGROUP_SIZE])q->elements, NULL };

	(void)part;
	q->rc = lookup_keys_evaluate(q->lookup->keys, LOOKUP_KEYS_DIRECTORY,
	    &batch, q->evaluated, q->proof);
}

static void
evaluate_done(void *arg)
{
	struct lookup_question *q = arg;
	struct buf b;

	if (q->rc != RC_OK) {
		refuse(q, q->rc);
		return;
	}
	q->lookup->counts.evaluations += q->n;
	if (q->kind == MSG_PRIVATE_LOOKUP) {
		lookup_scan(q);
		return;
	}
	buf_init(&b, q->n * RGROUP_SIZE + VOPRF_PROOF_SIZE);
	if (buf_add(&b, q->evaluated, q->n * RGROUP_SIZE) != RC_OK ||
	    buf_add(&b, q->proof, sizeof(q->proof)) != RC_OK)
		refuse(q, RC_NOMEM);
	else
		lookup_ask_answer(q, MSG_STATUS_OK, buf_get(&b));
	buf_clear(&b);
}

/* --- second: paid
 * ---------------------------------------------------------------- */

/* None is spent yet, and none stands twice in one question. */
static enum rc
are_unspent(const struct lookup_question *q)
{
	for (size_t i = 0; i < q->n; i++) {
		if (q->days[i] == NOT_OURS)
			return RC_DENIED;
		if (spent_has(q->lookup->spent, q->days[i], q->pairs[i].token))
			return RC_EXISTS;
		for (size_t k = 0; k < i; k++)
			if (memcmp(q->pairs[i].token, q->pairs[k].token,
				SPENT_ID_SIZE) == 0)
				return RC_EXISTS;
	}
	return RC_OK;
}

static enum rc
pay(struct lookup_question *q)
{
	struct lookup *l = q->lookup;
	enum rc rc = RC_BUG;

	CHECK(q->rc == RC_OK, q->rc);
	TRY(are_unspent(q));
	for (size_t i = 0; i < q->n; i++) {
		rc = spent_add(l->spent, q->days[i], q->pairs[i].token);
		if ((rc == RC_NOSPACE || rc == RC_IO || rc == RC_LIMIT) &&
		    !l->spent_failed) {
			l->spent_failed = true;
			log_event(LOG_TOKENS_ERROR, LOG_RC(rc));
		}
		CHECK(rc == RC_OK, rc);
		l->counts.redeemed++;
	}
out:
	return rc;
}

/* --- first: each token, and each element
 * ----------------------------------------- */

static void
redeem_run(void *arg, unsigned part)
{
	struct lookup_question *q = arg;
	uint32_t day = NOT_OURS;

	if (lookup_keys_redeem(q->lookup->keys, q->pairs[part].token, &day) !=
	    RC_OK)
		day = NOT_OURS;
	q->days[part] = day;
}

static void
redeem_done(void *arg)
{
	struct lookup_question *q = arg;
	enum rc rc;

	for (size_t i = 0; i < q->n && q->rc == RC_OK; i++)
		q->rc = rgroup_point_check(q->elements[i]);
	rc = pay(q);
	if (rc != RC_OK) {
		refuse(q, rc);
		return;
	}
	q->work = (struct crew_work){
		.parts = 1, .run = evaluate_run, .done = evaluate_done, .arg = q
	};
	crew_give(q->lookup->crew, &q->work);
}

/* --- what comes
 * ------------------------------------------------------------------ */

static enum rc
parse_lookup(struct lookup_question *q, struct private_lookup_pair *ret_pair)
{
	struct private_lookup_ask ask;
	enum rc rc = RC_BUG;

	TRY(private_lookup_ask_parse((struct rd){ q->body, q->size }, &ask));
	q->table = lookup_epochs_take(q->lookup, ask.epoch);
	CHECK(q->table != NULL, RC_NOT_FOUND);
	CHECK(ask.query.left == pir_query_size(pir_table_shape(q->table->pir)),
	    RC_MALFORMED);
	q->epoch = ask.epoch;
	q->query = ask.query;
	*ret_pair = ask.pair;
	q->n = 1;
out:
	sodium_memzero(&ask, sizeof(ask));
	return rc;
}

static enum rc
question_fill(struct lookup_question *q)
{
	struct private_lookup_pair pairs[PRIVATE_LOOKUP_OPRF_MAX];
	enum rc rc = RC_BUG;

	if (q->kind == MSG_PRIVATE_LOOKUP)
		TRY(parse_lookup(q, pairs));
	else
		TRY(private_lookup_oprf_parse(
		    (struct rd){ q->body, q->size }, pairs, &q->n));
	q->pairs = failmem_array(q->n, sizeof(q->pairs[0]));
	q->days = failmem_array(q->n, sizeof(q->days[0]));
	q->elements = failmem_array(q->n, RGROUP_SIZE);
	q->evaluated = failmem_array(q->n, RGROUP_SIZE);
	CHECK(q->pairs != NULL && q->days != NULL && q->elements != NULL &&
		q->evaluated != NULL,
	    RC_NOMEM);
	memcpy(q->pairs, pairs, q->n * sizeof(pairs[0]));
	for (size_t i = 0; i < q->n; i++)
		memcpy(q->elements[i], pairs[i].element, RGROUP_SIZE);
	rc = RC_OK;
out:
	sodium_memzero(pairs, sizeof(pairs));
	return rc;
}

static enum rc
question_new(struct lookup *l, const struct msg_private *m,
    struct lookup_question **ret_q)
{
	struct lookup_question *q = NULL;
	enum rc rc = RC_BUG;

	CHECK(m->kind <= MSG_PRIVATE_OPRF && m->body.left > 0, RC_MALFORMED);
	CHECK(l->n_questions < LOOKUP_QUESTIONS, RC_LIMIT);
	q = failmem_alloc(sizeof(*q));
	CHECK(q != NULL, RC_NOMEM);
	q->lookup = l;
	q->req = m->req;
	q->kind = m->kind;
	q->body = failmem_alloc(m->body.left);
	CHECK(q->body != NULL, RC_NOMEM);
	q->size = m->body.left;
	memcpy(q->body, m->body.p, m->body.left);
	TRY(question_fill(q));
	*ret_q = q;
	q = NULL;
out:
	question_free(q);
	return rc;
}

void
lookup_ask(struct lookup *l, const struct msg_private *m)
{
	struct lookup_question *q = NULL;
	enum rc rc = RC_DENIED;

	if (!child_conf(l->child)->private) {
		answer(
		    l, m->req, MSG_STATUS_NO_PRIVATE, (struct rd){ NULL, 0 });
		return;
	}
	rc = question_new(l, m, &q);
	if (rc != RC_OK) {
		answer(
		    l, m->req, lookup_ask_status(rc), (struct rd){ NULL, 0 });
		return;
	}
	l->n_questions++;
	q->work = (struct crew_work){ .parts = (unsigned)q->n,
		.run = redeem_run,
		.done = redeem_done,
		.arg = q };
	crew_give(l->crew, &q->work);
}
