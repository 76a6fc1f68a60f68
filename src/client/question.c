/* question: the private way to the directory (doc/protocol/directory.md, 6):
 * the epoch and its proof, tokens, the stash, and one question that hides the
 * number. Whatever comes of a question, the requests are the same in number and
 * size; one that failed is not repeated at once. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "directory/place.h"
#include "directory/stash.h"
#include "wire/e164_text.h"
#include "wire/private_lookup.h"

#define AGAIN_S 60      /* the next try of a number that failed */
#define EPOCH_SYNC_S 10 /* how long an epoch serves an address book */
/* What goes through a relay is as large for every request of its route. */
#define SEALED_SIZE 1024
#define ANSWER_SIZE 16384
#define ANSWER_MORE 512  /* around the answer of the arithmetic */
#define WAITS_MAX 10     /* seconds, for a server that has just started */
#define TOKEN_DAYS_OFF 2 /* of the key's day to ours, by two clocks */
#define SHA256_OF_NOTHING                                                  \
	"\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8"                 \
	"\x99\x6f\xb9\x24\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b" \
	"\x78\x52\xb8\x55"

void
question_clear(struct engine_question *q)
{
	tokens_wanted_free(q->tokens);
	sync_batch_free(q->batch);
	pir_query_free(q->query);
	sodium_memzero(q, sizeof(*q));
}

enum rc
question_ask(struct tacet *t, enum engine_step step, const char *method,
    const char *path)
{
	enum rc rc = RC_BUG;

	TRY(engine_ask(t, step, method, path));
	t->rq.sign = ENGINE_SIGN_NONE;
	t->rq.is_anonymous = true;
	t->rq.sealed_size = SEALED_SIZE;
	t->rq.answer_size = ANSWER_SIZE;
out:
	return rc;
}

/* Whose number it is about: when it last failed. */
static struct wall *
tried_of(struct tacet *t)
{
	struct keep_contact *c = NULL;

	if (t->op.q.goal == QUESTION_FOR_OWNER)
		return &t->k->view.tried;
	if (t->op.q.goal != QUESTION_FOR_ROUTE)
		return NULL;
	if (keep_contact_find(t->k, &t->op.number, &c) != RC_OK)
		return NULL;
	return &c->tried;
}

void
question_failed(struct tacet *t, enum tacet_rc rc, const char *problem)
{
	struct wall *tried = tried_of(t);

	if (tried != NULL)
		tried->s = t->now;
	t->changed = true;
	engine_failed(t, rc, problem);
}

enum rc
question_begin(struct tacet *t, enum question_goal goal)
{
	struct keep_contact *c = NULL;
	struct wall *tried = NULL;
	int64_t since = 0;
	enum rc rc = RC_OK;

	t->op.q.goal = goal;
	if (t->k->view.relay[0] != '\0' && t->k->view.ohttp_keys.len == 0) {
		engine_failed(t, TACET_DENIED, "no-gateway");
		goto out;
	}
	if (goal == QUESTION_FOR_ROUTE) {
		TRY(keep_contact_add(t->k, &t->op.number, &c));
		t->changed = true;
	}
	tried = tried_of(t);
	since = tried != NULL ? t->now - tried->s : AGAIN_S;
	if (tried != NULL && tried->s > 0 && since >= 0 && since < AGAIN_S) {
		t->out.retry_after = (uint32_t)(AGAIN_S - since);
		engine_failed(t, TACET_LIMIT, "too-soon");
		goto out;
	}
	TRY(question_next(t));
out:
	return rc;
}

/* --- the epoch ---------------------------------------------------------------
 */

static enum rc
epoch_ask(struct tacet *t)
{
	char path[ENGINE_PATH_SIZE] = "/v1/directory/epoch";
	const struct keep_point *p = &t->k->view.point;

	if (p->size > 0 && !t->op.q.is_whole)
		(void)snprintf(path, sizeof(path),
		    "/v1/directory/epoch?from=%" PRIu64, p->size);
	return question_ask(t, ENGINE_STEP_EPOCH, "GET", path);
}

static enum rc
point_set(struct keep_point *p, const struct trust_point *from, struct rd note)
{
	p->size = from->size;
	memcpy(p->root, from->root, sizeof(p->root));
	return keep_buf_set(&p->note, note);
}

/* The checkpoint that was newest becomes the one before. */
static enum rc
point_take(struct keep_view *v, const struct trust_point *p, struct rd note)
{
	struct keep_point old = v->before;
	enum rc rc = RC_OK;

	if (v->point.size != p->size) {
		v->before = v->point;
		v->point = old;
	}
	TRY(point_set(&v->point, p, note));
out:
	return rc;
}

static enum rc
epoch_take(struct tacet *t, const struct epoch_answer *a,
    const struct directory_check_epoch *e)
{
	struct keep *k = t->k;
	struct keep_view *v = &k->view;
	enum rc rc = RC_BUG;

	TRY(point_take(v, &e->point, buf_get(&a->note)));
	TRY(keep_buf_set(&v->entry, buf_get(&a->entry)));
	v->entry_index = a->index;
	v->token_day = a->token_day;
	v->fetched.s = t->now;
	v->has_voprf = true;
	memcpy(v->voprf, e->entry.voprf, sizeof(v->voprf));
	/* the policy that the log names is another one: read it next time */
	if (memcmp(k->policy_hash, e->entry.policy, 32) != 0)
		k->policy_read.s = 0;
	t->op.q.entry = e->entry;
	t->op.q.has_epoch = true;
	t->changed = true;
out:
	return rc;
}

/* Both of them, signed: what somebody else can judge. */
static enum rc
evidence_keep(struct tacet *t, enum directory_check_problem p, struct rd note)
{
	if (p != DIRECTORY_CHECK_SPLIT && p != DIRECTORY_CHECK_BACK)
		return RC_OK;
	t->changed = true;
	return keep_view_prove(&t->k->view, directory_check_name(p),
	    (struct wall){ t->now }, buf_get(&t->k->view.point.note), note);
}

enum rc
question_on_epoch(struct tacet *t, uint16_t status, struct rd body)
{
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	struct directory_check_epoch e = { .point = { 0 } };
	struct epoch_answer a;
	int64_t day = 0;
	enum rc rc = RC_OK;

	epoch_answer_init(&a);
	/* its log is shorter than the one we believed: what does it sign? */
	if (status == 404 && t->k->view.point.size > 0 && !t->op.q.is_whole) {
		t->op.q.is_whole = true;
		TRY(epoch_ask(t));
		goto out;
	}
	/* asks about no number, so it may be asked again */
	if (status == 503 && t->op.q.waits++ < WAITS_MAX) {
		TRY(epoch_ask(t));
		t->op.waits = true;
		goto out;
	}
	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(epoch_answer_parse(body, &a));
	day = (int64_t)a.token_day - mono_day((struct wall){ t->now });
	CHECK(day >= -TOKEN_DAYS_OFF && day <= TOKEN_DAYS_OFF, RC_MALFORMED);
	rc = directory_check_epoch(&t->k->view, t->now, &a, &e, &p);
	if (rc == RC_DENIED) {
		TRY(evidence_keep(t, p, buf_get(&a.note)));
		engine_failed(t, TACET_SERVER, directory_check_name(p));
		goto out;
	}
	TRY(rc);
	TRY(epoch_take(t, &a, &e));
	TRY(question_next(t));
out:
	epoch_answer_clear(&a);
	return rc;
}

/* --- the stash ---------------------------------------------------------------
 */

/* RC_NOT_FOUND: it is here. */
static enum rc
stash_ask(struct tacet *t)
{
	char path[ENGINE_PATH_SIZE], hex[2 * 32 + 1];
	const uint8_t *hash = t->op.q.entry.stash;
	struct keep_view *v = &t->k->view;
	enum rc rc = RC_BUG;

	if (v->has_stash && memcmp(v->stash_hash, hash, 32) == 0)
		return RC_NOT_FOUND;
	if (memcmp(hash, SHA256_OF_NOTHING, 32) == 0) {
		buf_clear(&v->stash);
		memcpy(v->stash_hash, hash, 32);
		v->has_stash = true;
		t->changed = true;
		return RC_NOT_FOUND;
	}
	(void)sodium_bin2hex(hex, sizeof(hex), hash, 32);
	(void)snprintf(path, sizeof(path), "/v1/directory/stash/%s", hex);
	TRY(question_ask(t, ENGINE_STEP_STASH, "GET", path));
	t->rq.answer_size = STASH_SIZE_MAX + ANSWER_MORE;
out:
	return rc;
}

enum rc
question_on_stash(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep_view *v = &t->k->view;
	uint8_t hash[32];
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	(void)crypto_hash_sha256(hash, body.p, body.left);
	if (memcmp(hash, t->op.q.entry.stash, sizeof(hash)) != 0) {
		engine_failed(t, TACET_SERVER,
		    directory_check_name(DIRECTORY_CHECK_STASH));
		goto out;
	}
	TRY(keep_buf_set(&v->stash, body));
	memcpy(v->stash_hash, hash, sizeof(hash));
	v->has_stash = true;
	t->changed = true;
	TRY(question_next(t));
out:
	return rc;
}

/* --- the question ------------------------------------------------------------
 */

static enum rc
public_get(struct tacet *t, struct pir_shape *shape)
{
	const struct epoch_entry *e = &t->op.q.entry;
	enum rc rc = RC_OK;

	*shape = (struct pir_shape){ .columns = e->shape.columns,
		.blocks = e->shape.blocks };
	memcpy(shape->label, e->label, sizeof(shape->label));
	if (t->public != NULL &&
	    pir_shape_is_eq(pir_public_shape(t->public), shape))
		return RC_OK;
	pir_public_free(t->public);
	t->public = NULL;
	TRY(pir_public_new(shape, &t->public));
out:
	return rc;
}

static const struct e164 *
number_of(const struct tacet *t)
{
	return t->op.q.goal == QUESTION_FOR_OWNER ? &t->k->number
						  : &t->op.number;
}

static const uint8_t *
y_known(const struct tacet *t)
{
	struct keep_contact *c = NULL;

	if (t->op.q.goal == QUESTION_FOR_OWNER)
		return t->k->view.has_y ? t->k->view.y : NULL;
	if (keep_contact_find(t->k, &t->op.number, &c) == RC_OK && c->has_y)
		return c->y;
	return NULL;
}

/* The number's element or, where y is known, one of nothing: they look alike.
 */
static enum rc
element_make(struct tacet *t, const char *handle)
{
	struct engine_question *q = &t->op.q;
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, sizeof(q->input));
	q->is_random = y_known(t) != NULL;
	if (q->is_random) {
		randombytes_buf(q->input, 32);
		q->input_len = 32;
	} else {
		TRY(handle_keys_input(rd_str(handle), &input));
		memcpy(q->input, input.p, input.len);
		q->input_len = input.len;
	}
	TRY(voprf_blind((struct rd){ q->input, q->input_len }, &q->blinded));
out:
	buf_clear(&input);
	return rc;
}

static enum rc
number_ask(struct tacet *t)
{
	char handle[E164_TEXT_SIZE];
	struct engine_question *q = &t->op.q;
	struct private_lookup_ask ask = { .epoch = 0 };
	struct keep_token token = { 0 };
	struct pir_shape shape;
	struct buf query;
	uint32_t bucket = 0;
	enum rc rc = RC_BUG;

	buf_init(&query, ENGINE_BODY_MAX);
	rc = keep_view_token_take(&t->k->view, &token);
	if (rc == RC_NOT_FOUND) {
		engine_failed(t, TACET_LIMIT, "no-tokens");
		rc = RC_OK;
		goto out;
	}
	t->changed = true;
	TRY(public_get(t, &shape));
	e164_text(number_of(t), handle);
	TRY(element_make(t, handle));
	bucket = place_bucket(place_of(rd_str(handle)), shape.columns);
	TRY(question_ask(
	    t, ENGINE_STEP_QUESTION, "POST", "/v1/directory/lookup"));
	t->rq.type = "application/octet-stream";
	ask.epoch = q->entry.epoch;
	memcpy(ask.pair.token, token.nonce, sizeof(token.nonce));
	memcpy(ask.pair.token + sizeof(token.nonce), token.output,
	    sizeof(token.output));
	memcpy(ask.pair.element, q->blinded.element, RGROUP_SIZE);
	pir_query_free(q->query);
	q->query = NULL;
	TRY(pir_query_new(t->public, bucket, &q->query, &query));
	ask.query = buf_get(&query);
	TRY(private_lookup_ask_build(&ask, &t->rq.body));
	t->rq.sealed_size = t->rq.body.len + ANSWER_MORE;
	t->rq.answer_size = pir_answer_size(&shape) + ANSWER_MORE;
out:
	buf_clear(&query);
	sodium_memzero(&ask, sizeof(ask));
	sodium_memzero(&token, sizeof(token));
	sodium_memzero(handle, sizeof(handle));
	return rc;
}

/* An epoch that was read a moment ago serves a whole address book. */
static enum rc
epoch_recall(struct tacet *t)
{
	struct keep_view *v = &t->k->view;
	int64_t age = t->now - v->fetched.s;
	enum rc rc = RC_NOT_FOUND;

	CHECK(t->op.cause == TACET_CAUSE_CONTACT_SYNC && v->fetched.s > 0 &&
		age >= 0 && age < EPOCH_SYNC_S && v->entry.len > 0,
	    RC_NOT_FOUND);
	TRY(epoch_entry_parse(buf_get(&v->entry), &t->op.q.entry));
	t->op.q.has_epoch = true;
out:
	return rc;
}

enum rc
question_next(struct tacet *t)
{
	enum rc rc = RC_OK;

	if (!t->op.q.has_epoch && !t->op.q.has_again)
		rc = epoch_recall(t);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (!t->op.q.has_epoch)
		return epoch_ask(t);
	if (t->op.q.goal == QUESTION_FOR_GOSSIP)
		return gossip_ask(t);
	rc = tokens_ask(t);
	if (rc == RC_NOT_FOUND && t->op.q.goal == QUESTION_FOR_SYNC)
		return sync_ask(t);
	if (rc == RC_NOT_FOUND)
		rc = stash_ask(t);
	if (rc == RC_NOT_FOUND)
		rc = number_ask(t);
	return rc;
}

/* All checks, in the order of the page. RC_DENIED with *ret_p. */
static enum rc
answer_check(struct tacet *t, struct rd body,
    uint8_t ret_y[static VOPRF_OUTPUT_SIZE],
    enum directory_check_problem *ret_p)
{
	char handle[E164_TEXT_SIZE];
	struct engine_question *q = &t->op.q;
	struct directory_check_question ask = { .entry = &q->entry,
		.y = ret_y,
		.stash = buf_get(&t->k->view.stash) };
	size_t n = directory_shape_column(&q->entry.shape);
	const uint8_t *known = y_known(t);
	struct private_lookup_answer answer;
	uint8_t *at = NULL;
	struct buf column;
	enum rc rc = RC_BUG;

	buf_init(&column, n);
	*ret_p = DIRECTORY_CHECK_EPOCH;
	TRY(private_lookup_answer_parse(body, &answer));
	CHECK(answer.epoch == q->entry.epoch, RC_DENIED);
	rc = directory_check_element(q->entry.voprf,
	    (struct rd){ q->input, q->input_len }, &q->blinded,
	    (struct rd){ body.p, RGROUP_SIZE + VOPRF_PROOF_SIZE }, ret_y);
	*ret_p = DIRECTORY_CHECK_KEY;
	TRY(rc);
	if (known != NULL)
		memcpy(ret_y, known, VOPRF_OUTPUT_SIZE);
	e164_text(number_of(t), handle);
	ask.place = place_of(rd_str(handle));
	TRY(buf_reserve(&column, n, &at));
	*ret_p = DIRECTORY_CHECK_BUCKET;
	TRY(pir_query_open(q->query, answer.answer, at));
	buf_commit(&column, n);
	ask.column = buf_get(&column);
	TRY(directory_check_answer(&ask, &q->found, ret_p));
out:
	buf_clear(&column);
	return rc == RC_MALFORMED ? RC_DENIED : rc;
}

static enum rc
answered(struct tacet *t)
{
	switch (t->op.q.goal) {
	case QUESTION_FOR_ROUTE:
		return route_answered(t);
	case QUESTION_FOR_OWNER:
		return owner_answered(t);
	case QUESTION_FOR_SYNC:
	case QUESTION_FOR_GOSSIP: /* ask about no number */
	case QUESTION_FOR_NOTHING:
		break;
	}
	return RC_BUG;
}

static enum rc
y_keep(struct tacet *t, const uint8_t y[static VOPRF_OUTPUT_SIZE])
{
	struct keep_contact *c = NULL;
	enum rc rc = RC_BUG;

	if (t->op.q.goal == QUESTION_FOR_OWNER) {
		memcpy(t->k->view.y, y, VOPRF_OUTPUT_SIZE);
		t->k->view.has_y = true;
	} else {
		TRY(keep_contact_find(t->k, &t->op.number, &c));
		memcpy(c->y, y, VOPRF_OUTPUT_SIZE);
		c->has_y = true;
	}
	t->changed = true;
	rc = RC_OK;
out:
	return rc;
}

enum rc
question_on_answer(struct tacet *t, uint16_t status, struct rd body)
{
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	uint8_t y[VOPRF_OUTPUT_SIZE];
	enum rc rc = RC_OK;

	/* the same for every number: the epoch went by while we asked */
	if (status == 410 && !t->op.q.has_again) {
		t->op.q.has_again = true;
		t->op.q.has_epoch = false;
		return question_next(t);
	}
	if (status != 200) {
		struct wall *tried = tried_of(t);

		if (tried != NULL)
			tried->s = t->now;
		t->changed = true;
		engine_refused(t, status, body);
		goto out;
	}
	rc = answer_check(t, body, y, &p);
	if (rc == RC_DENIED) {
		question_failed(t, TACET_SERVER, directory_check_name(p));
		rc = RC_OK;
		goto out;
	}
	TRY(rc);
	TRY(y_keep(t, y));
	TRY(answered(t));
out:
	sodium_memzero(y, sizeof(y));
	return rc;
}
