/* tokens: anonymous tokens, each good for one question. The account asks for
 * them, blinded; what is spent later cannot be told from anybody else's
 * (doc/protocol/directory.md, 5). */
#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "client/engine.h"

#define LABEL "tacet token v1"
#define LABEL_SIZE (sizeof(LABEL) - 1)
#define NONCE_SIZE 32
#define RESERVE 20 /* fewer: more are asked for, before they are needed */
#define STOCK 40
#define STOCK_SYNC 100 /* an address book; one request's maximum */

struct tokens_wanted {
	size_t n;
	uint32_t day;
	uint8_t key[RGROUP_SIZE];
	uint8_t nonces[STOCK_SYNC][NONCE_SIZE];
	struct voprf_blinded blinded[STOCK_SYNC];
};

void
tokens_wanted_free(struct tokens_wanted *w)
{
	if (w == NULL)
		return;
	sodium_memzero(w, sizeof(*w));
	free(w);
}

static void
input_make(const uint8_t nonce[static NONCE_SIZE],
    uint8_t ret_input[static LABEL_SIZE + NONCE_SIZE])
{
	memcpy(ret_input, LABEL, LABEL_SIZE);
	memcpy(ret_input + LABEL_SIZE, nonce, NONCE_SIZE);
}

static enum rc
wanted_make(struct tacet *t, size_t n, struct tokens_wanted **ret_w)
{
	struct tokens_wanted *w = failmem_alloc(sizeof(*w));
	uint8_t input[LABEL_SIZE + NONCE_SIZE];
	enum rc rc = RC_BUG;

	CHECK(w != NULL, RC_NOMEM);
	w->n = n;
	w->day = t->k->view.token_day;
	memcpy(w->key, t->op.q.entry.token, sizeof(w->key));
	for (size_t i = 0; i < n; i++) {
		randombytes_buf(w->nonces[i], NONCE_SIZE);
		input_make(w->nonces[i], input);
		TRY(voprf_blind(
		    (struct rd){ input, sizeof(input) }, &w->blinded[i]));
	}
	*ret_w = w;
	w = NULL;
	rc = RC_OK;
out:
	tokens_wanted_free(w);
	return rc;
}

/* RC_NOT_FOUND: there are enough. */
enum rc
tokens_ask(struct tacet *t)
{
	struct keep_view *v = &t->k->view;
	size_t want = t->op.cause == TACET_CAUSE_CONTACT_SYNC ? STOCK_SYNC
							      : STOCK;
	enum rc rc = RC_BUG;

	keep_view_tokens_trim(v, v->token_day);
	if (v->n_tokens >= RESERVE || t->op.q.tokens_asked)
		return RC_NOT_FOUND;
	TRY(wanted_make(t, want - v->n_tokens, &t->op.q.tokens));
	TRY(engine_ask(t, ENGINE_STEP_TOKENS, "POST", "/v1/tokens"));
	t->rq.type = "application/octet-stream";
	for (size_t i = 0; i < t->op.q.tokens->n; i++)
		TRY(buf_add(&t->rq.body, t->op.q.tokens->blinded[i].element,
		    RGROUP_SIZE));
	t->op.q.tokens_asked = true;
out:
	return rc;
}

/* All of one batch are under the key that the log names, or none is taken: a
 * key of our own would mark our questions. */
static enum rc
batch_take(struct tacet *t, struct tokens_wanted *w, struct rd body)
{
	uint8_t blinded[STOCK_SYNC][RGROUP_SIZE];
	uint8_t evaluated[STOCK_SYNC][RGROUP_SIZE];
	uint8_t input[LABEL_SIZE + NONCE_SIZE];
	uint8_t proof[VOPRF_PROOF_SIZE];
	const struct voprf_batch batch = { .n = w->n,
		.blinded = (const uint8_t(*)[RGROUP_SIZE])blinded,
		.evaluated = (const uint8_t(*)[RGROUP_SIZE])evaluated };
	struct keep_view *v = &t->k->view;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < w->n; i++)
		memcpy(blinded[i], w->blinded[i].element, RGROUP_SIZE);
	TRY(rd_copy(&body, w->n * RGROUP_SIZE, evaluated));
	TRY(rd_copy(&body, sizeof(proof), proof));
	TRY(rd_end(&body));
	TRY(voprf_check(w->key, &batch, proof));
	for (size_t i = 0; i < w->n && v->n_tokens < KEEP_TOKENS_MAX; i++) {
		struct keep_token *k = &v->tokens[v->n_tokens];

		input_make(w->nonces[i], input);
		TRY(voprf_finalize((struct rd){ input, sizeof(input) },
		    &w->blinded[i], evaluated[i], k->output));
		memcpy(k->nonce, w->nonces[i], NONCE_SIZE);
		k->day = w->day;
		v->n_tokens++;
	}
	t->changed = true;
out:
	return rc;
}

enum rc
tokens_on_answer(struct tacet *t, uint16_t status, struct rd body)
{
	enum rc rc = RC_OK;

	/* what is in stock serves while the account's budget is used up */
	if (status == 429 && t->k->view.n_tokens > 0)
		return question_next(t);
	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	rc = batch_take(t, t->op.q.tokens, body);
	if (rc == RC_DENIED || rc == RC_MALFORMED) {
		engine_failed(t, TACET_SERVER,
		    directory_check_name(DIRECTORY_CHECK_TOKEN));
		rc = RC_OK;
		goto out;
	}
	TRY(rc);
	tokens_wanted_free(t->op.q.tokens);
	t->op.q.tokens = NULL;
	TRY(question_next(t));
out:
	return rc;
}
