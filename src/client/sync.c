/* sync: the evaluations of a whole address book, in batches under one proof,
 * so that a later question for one of its numbers has nothing left to derive
 * (doc/protocol/directory.md, 5: oprf). What is done stays done. */
#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "client/engine.h"
#include "wire/e164_text.h"
#include "wire/private_lookup.h"

#define BATCH_MAX PRIVATE_LOOKUP_OPRF_MAX
#define SEALED_SIZE 16384 /* through a relay: any batch */

struct sync_batch {
	size_t n;
	struct e164 numbers[BATCH_MAX];
	struct voprf_blinded blinded[BATCH_MAX];
	struct private_lookup_pair pairs[BATCH_MAX];
};

void
sync_batch_free(struct sync_batch *b)
{
	if (b == NULL)
		return;
	sodium_memzero(b, sizeof(*b));
	free(b);
}

static bool
is_wanted(const struct keep_contact *c)
{
	return c->in_book && !c->has_y;
}

size_t
tacet_sync_left(const struct tacet *t)
{
	size_t n = 0;

	for (struct keep_contact *c = t->k->contacts; c != NULL; c = c->next)
		n += is_wanted(c) ? 1 : 0;
	return n;
}

static enum rc
input_get(const struct e164 *number, struct buf *b)
{
	char handle[E164_TEXT_SIZE];
	enum rc rc = RC_BUG;

	e164_text(number, handle);
	buf_clear(b);
	TRY(handle_keys_input(rd_str(handle), b));
out:
	sodium_memzero(handle, sizeof(handle));
	return rc;
}

/* One number with its token. */
static enum rc
one_add(struct tacet *t, struct sync_batch *b, const struct keep_contact *c)
{
	struct private_lookup_pair *p = &b->pairs[b->n];
	struct keep_token token = { 0 };
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, 64);
	TRY(input_get(&c->number, &input));
	TRY(voprf_blind(buf_get(&input), &b->blinded[b->n]));
	TRY(keep_view_token_take(&t->k->view, &token));
	memcpy(p->token, token.nonce, sizeof(token.nonce));
	memcpy(
	    p->token + sizeof(token.nonce), token.output, sizeof(token.output));
	memcpy(p->element, b->blinded[b->n].element, RGROUP_SIZE);
	b->numbers[b->n++] = c->number;
out:
	sodium_memzero(&token, sizeof(token));
	buf_clear(&input);
	return rc;
}

enum rc
sync_ask(struct tacet *t)
{
	struct sync_batch *b = failmem_alloc(sizeof(*b));
	size_t left = t->k->view.n_tokens;
	enum rc rc = RC_BUG;

	CHECK(b != NULL, RC_NOMEM);
	t->op.q.batch = b;
	if (left == 0) {
		engine_failed(t, TACET_LIMIT, "no-tokens");
		return RC_OK;
	}
	if (left > BATCH_MAX)
		left = BATCH_MAX;
	TRY(question_ask(t, ENGINE_STEP_SYNC, "POST", "/v1/directory/oprf"));
	t->rq.type = "application/octet-stream";
	for (struct keep_contact *c = t->k->contacts; c != NULL && b->n < left;
	     c = c->next)
		if (is_wanted(c))
			TRY(one_add(t, b, c));
	TRY(private_lookup_oprf_build(b->pairs, b->n, &t->rq.body));
	t->rq.sealed_size = SEALED_SIZE;
	t->changed = true;
out:
	return rc;
}

static enum rc
batch_take(struct tacet *t, const struct sync_batch *b, struct rd body)
{
	uint8_t blinded[BATCH_MAX][RGROUP_SIZE];
	uint8_t evaluated[BATCH_MAX][RGROUP_SIZE];
	uint8_t proof[VOPRF_PROOF_SIZE];
	const struct voprf_batch batch = { .n = b->n,
		.blinded = (const uint8_t(*)[RGROUP_SIZE])blinded,
		.evaluated = (const uint8_t(*)[RGROUP_SIZE])evaluated };
	struct keep_contact *c = NULL;
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, 64);
	for (size_t i = 0; i < b->n; i++)
		memcpy(blinded[i], b->blinded[i].element, RGROUP_SIZE);
	TRY(rd_copy(&body, b->n * RGROUP_SIZE, evaluated));
	TRY(rd_copy(&body, sizeof(proof), proof));
	TRY(rd_end(&body));
	TRY(voprf_check(t->op.q.entry.voprf, &batch, proof));
	for (size_t i = 0; i < b->n; i++) {
		TRY(keep_contact_find(t->k, &b->numbers[i], &c));
		TRY(input_get(&c->number, &input));
		TRY(voprf_finalize(
		    buf_get(&input), &b->blinded[i], evaluated[i], c->y));
		c->has_y = true;
	}
	t->changed = true;
out:
	buf_clear(&input);
	return rc;
}

enum rc
sync_on_answer(struct tacet *t, uint16_t status, struct rd body)
{
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	rc = batch_take(t, t->op.q.batch, body);
	if (rc == RC_DENIED || rc == RC_MALFORMED) {
		engine_failed(
		    t, TACET_SERVER, directory_check_name(DIRECTORY_CHECK_KEY));
		rc = RC_OK;
		goto out;
	}
	TRY(rc);
	engine_done(t);
out:
	return rc;
}

static enum rc
begin(struct tacet *t)
{
	if (!t->k->policy_private) {
		engine_failed(t, TACET_DENIED, "no-private");
		return RC_OK;
	}
	return question_begin(t, QUESTION_FOR_SYNC);
}

enum tacet_rc
tacet_sync(struct tacet *t, int64_t now)
{
	enum rc rc = RC_BUG;

	CHECK(tacet_sync_left(t) > 0, RC_NOT_FOUND);
	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	t->op.cause = TACET_CAUSE_CONTACT_SYNC;
	t->op.then = begin;
	TRY(pinned_then(t));
out:
	return engine_rc(rc);
}
