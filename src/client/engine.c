#include "client/engine.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/failmem.h"
#include "client/keep_blob.h"
#include "wire/e164_text.h"
#include "wire/httpsig.h"
#include "wire/json_body.h"
#include "wire/text64.h"

#define PROBLEM_BASE "https://tacet.example/problems/"

typedef enum rc (*answer_fn)(struct tacet *, uint16_t, struct rd);

static const answer_fn readers[ENGINE_STEP_COUNT] = {
	[ENGINE_STEP_REGISTER] = enroll_on_register,
	[ENGINE_STEP_ACCOUNT] = enroll_on_account,
	[ENGINE_STEP_PREKEYS] = enroll_on_prekeys,
	[ENGINE_STEP_TRUST] = pinned_on_trust,
	[ENGINE_STEP_POLICY] = pinned_on_policy,
	[ENGINE_STEP_EPOCH] = question_on_epoch,
	[ENGINE_STEP_TOKENS] = tokens_on_answer,
	[ENGINE_STEP_STASH] = question_on_stash,
	[ENGINE_STEP_QUESTION] = question_on_answer,
	[ENGINE_STEP_SLOT] = slots_on_answer,
	[ENGINE_STEP_PROMISE] = owner_on_promise,
	[ENGINE_STEP_COMPARE] = gossip_on_answer,
	[ENGINE_STEP_SYNC] = sync_on_answer,
	[ENGINE_STEP_LOOKUP] = route_on_lookup,
	[ENGINE_STEP_FETCH] = outgoing_on_fetch,
	[ENGINE_STEP_MESSAGE] = outgoing_on_message,
	[ENGINE_STEP_SMS] = outgoing_on_sms,
	[ENGINE_STEP_OFFER] = linkup_on_offer,
	[ENGINE_STEP_POLL] = linkup_on_poll,
	[ENGINE_STEP_OFFER_GET] = linkup_on_offer_get,
	[ENGINE_STEP_OWN_LIST] = linkup_on_own_list,
	[ENGINE_STEP_DEVICES] = linkup_on_devices,
	[ENGINE_STEP_ANSWER] = linkup_on_answer,
	[ENGINE_STEP_FILE] = dossier_on_file,
};

static const struct {
	enum rc rc;
	enum tacet_rc out;
	const char *name;
} codes[] = {
	{ RC_OK, TACET_OK, "ok" },
	{ RC_NOT_FOUND, TACET_NOT_FOUND, "not found" },
	{ RC_EXISTS, TACET_EXISTS, "exists already" },
	{ RC_LIMIT, TACET_LIMIT, "a limit is reached" },
	{ RC_MALFORMED, TACET_MALFORMED, "not valid" },
	{ RC_DENIED, TACET_DENIED, "refused" },
	{ RC_STATE, TACET_STATE, "not now" },
	{ RC_AGAIN, TACET_SERVER, "the server does not answer" },
	{ RC_NOMEM, TACET_NOMEM, "out of memory" },
	{ RC_CORRUPT, TACET_CORRUPT, "damaged" },
	{ RC_BUG, TACET_BUG, "a bug" },
};

enum tacet_rc
engine_rc(enum rc rc)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].rc == rc)
			return codes[i].out;
	return TACET_BUG;
}

enum rc
engine_from_rc(enum tacet_rc rc)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].out == rc)
			return codes[i].rc;
	return RC_BUG;
}

const char *
tacet_rc_name(enum tacet_rc rc)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].out == rc)
			return codes[i].name;
	return "unknown";
}

void
engine_id_text(const uint8_t id[static 16], char ret_text[static TACET_ID_SIZE])
{
	(void)sodium_bin2hex(ret_text, TACET_ID_SIZE, id, 16);
}

enum rc
engine_number(const char *text, struct e164 *ret_e)
{
	return text == NULL ? RC_MALFORMED : e164_parse(rd_str(text), ret_e);
}

enum rc
engine_out_text(struct tacet *t, struct rd text)
{
	enum rc rc = RC_BUG;

	buf_clear(&t->out_text);
	TRY(buf_add_rd(&t->out_text, text));
	TRY(buf_u8(&t->out_text, 0));
	t->out.text = (const char *)t->out_text.p;
out:
	return rc;
}

static void
op_clear(struct engine_op *op)
{
	buf_clear(&op->text);
	buf_clear(&op->offer);
	question_clear(&op->q);
	sodium_memzero(op, sizeof(*op));
	buf_init(&op->text, CONTENT_TEXT_MAX);
	buf_init(&op->offer, LINK_OFFER_MAX);
}

enum rc
engine_start(struct tacet *t, enum keep_stage stage)
{
	enum rc rc = RC_BUG;

	CHECK(t->op.step == ENGINE_STEP_NONE, RC_STATE);
	CHECK(t->k->stage == stage, RC_STATE);
	op_clear(&t->op);
	buf_clear(&t->rq.body);
	buf_clear(&t->out_text);
	t->out = (struct tacet_outcome){ .rc = TACET_BUG };
	rc = RC_OK;
out:
	return rc;
}

enum rc
engine_ask(struct tacet *t, enum engine_step step, const char *method,
    const char *path)
{
	enum rc rc = RC_BUG;

	CHECK(strlen(path) < sizeof(t->rq.path), RC_BUG);
	(void)snprintf(t->rq.path, sizeof(t->rq.path), "%s", path);
	t->rq.method = method;
	t->rq.type = NULL;
	t->rq.sign = ENGINE_SIGN_DEVICE;
	t->rq.is_anonymous = false;
	t->rq.is_ready = true;
	buf_clear(&t->rq.body);
	t->op.step = step;
	rc = RC_OK;
out:
	return rc;
}

void
engine_done(struct tacet *t)
{
	op_clear(&t->op);
	t->rq.is_ready = false;
	buf_clear(&t->rq.body);
	t->out.rc = TACET_OK;
}

void
engine_failed(struct tacet *t, enum tacet_rc rc, const char *problem)
{
	engine_done(t);
	t->out.rc = rc;
	if (t->out.problem[0] == '\0')
		(void)snprintf(
		    t->out.problem, sizeof(t->out.problem), "%s", problem);
}

static enum tacet_rc
status_rc(uint16_t status)
{
	switch (status) {
	case 401:
	case 403:
		return TACET_DENIED;
	case 404:
		return TACET_NOT_FOUND;
	case 409:
		return TACET_EXISTS;
	case 429:
		return TACET_LIMIT;
	default:
		return status >= 500 ? TACET_SERVER : TACET_MALFORMED;
	}
}

/* Problem names are ours alone (api.md): letters and dashes, else dropped. */
static void
problem_take(struct tacet *t, json_t *o)
{
	struct rd type = { 0 };
	uint64_t after = 0;
	size_t base = strlen(PROBLEM_BASE);

	if (json_body_uint(o, "retry_after", UINT32_MAX, &after) == RC_OK)
		t->out.retry_after = (uint32_t)after;
	if (json_body_str(o, "type", 200, &type) != RC_OK ||
	    type.left <= base || memcmp(type.p, PROBLEM_BASE, base) != 0 ||
	    type.left - base >= sizeof(t->out.problem))
		return;
	for (size_t i = base; i < type.left; i++)
		if (type.p[i] != '-' && (type.p[i] < 'a' || type.p[i] > 'z'))
			return;
	(void)snprintf(t->out.problem, sizeof(t->out.problem), "%.*s",
	    (int)(type.left - base), (const char *)type.p + base);
}

void
engine_refused(struct tacet *t, uint16_t status, struct rd body)
{
	json_t *o = NULL;

	t->out.problem[0] = '\0';
	if (json_body_parse(body, &o) == RC_OK)
		problem_take(t, o);
	json_body_free(o);
	engine_failed(t, status_rc(status), "unknown");
}

enum tacet_rc
tacet_open(const uint8_t *blob, size_t n, struct tacet **ret_t)
{
	struct tacet *t = failmem_alloc(sizeof(*t));
	enum rc rc = RC_BUG;

	CHECK(t != NULL, RC_NOMEM);
	buf_init(&t->blob, KEEP_BLOB_MAX);
	buf_init(&t->rq.body, ENGINE_BODY_MAX);
	buf_init(&t->fields, 2048);
	buf_init(&t->out_text, ENGINE_BODY_MAX);
	buf_init(&t->frame, RELAY_FRAME_MAX);
	buf_init(&t->sealed, ENGINE_BODY_MAX);
	op_clear(&t->op);
	if (blob == NULL || n == 0)
		TRY(keep_new(&t->k));
	else
		TRY(keep_blob_parse((struct rd){ blob, n }, &t->k));
	*ret_t = t;
	t = NULL;
out:
	tacet_free(t);
	return engine_rc(rc);
}

void
tacet_free(struct tacet *t)
{
	if (t == NULL)
		return;
	op_clear(&t->op);
	keep_free(t->k);
	buf_clear(&t->blob);
	buf_clear(&t->rq.body);
	buf_clear(&t->fields);
	buf_clear(&t->out_text);
	buf_clear(&t->frame);
	pir_public_free(t->public);
	buf_clear(&t->sealed);
	sodium_memzero(t, sizeof(*t));
	free(t);
}

bool
tacet_is_changed(const struct tacet *t)
{
	return t->changed;
}

enum tacet_rc
tacet_state(struct tacet *t, const uint8_t **ret_blob, size_t *ret_n)
{
	enum rc rc = RC_BUG;

	buf_clear(&t->blob);
	TRY(keep_blob_build(t->k, &t->blob));
	*ret_blob = t->blob.p;
	*ret_n = t->blob.len;
out:
	return engine_rc(rc);
}

void
tacet_persisted(struct tacet *t)
{
	t->changed = false;
	buf_clear(&t->blob);
}

enum tacet_doing
tacet_doing(const struct tacet *t)
{
	if (t->op.step == ENGINE_STEP_NONE)
		return TACET_DOING_NOTHING;
	if (t->op.step == ENGINE_STEP_CODE)
		return TACET_DOING_CODE;
	return t->op.waits ? TACET_DOING_WAIT : TACET_DOING_REQUEST;
}

/* Signs by the device's key: src/wire/httpsig.h. */
static enum rc
sign(struct tacet *t, const char *method, const char *path, struct rd body,
    enum engine_sign how)
{
	struct httpsig s = { .is_new = how == ENGINE_SIGN_NEW };
	struct buf base;
	enum rc rc = RC_OK;

	buf_init(&base, HTTPSIG_BASE_MAX);
	buf_clear(&t->fields);
	if (how == ENGINE_SIGN_NONE)
		goto out;
	s.device = s.is_new ? 1 : t->k->device;
	s.created = (uint64_t)t->now;
	if (!s.is_new)
		memcpy(s.account, t->k->account, sizeof(s.account));
	randombytes_buf(s.nonce, sizeof(s.nonce));
	TRY(httpsig_base_build(&s, method, path, body, &base));
	CHECK(crypto_sign_detached(
		  s.signature, NULL, base.p, base.len, t->k->dsk_secret) == 0,
	    RC_BUG);
	TRY(httpsig_fields_build(&s, body, &t->fields));
out:
	buf_clear(&base);
	return rc;
}

static void
request_fill(const struct tacet *t, struct tacet_request *q)
{
	q->fields = t->fields.len > 0 ? (const char *)t->fields.p : "";
	q->fields_len = t->fields.len;
}

/* Sealed to the gateway, for the relay to carry. */
static enum rc
seal(struct tacet *t, struct tacet_request *q)
{
	const struct keep_view *v = &t->k->view;
	const struct ohttp_client_request inner = { .method = q->method,
		.path = q->path,
		.type = q->type,
		.body = { q->body, q->body_len },
		.request_size = t->rq.sealed_size,
		.answer_size = t->rq.answer_size };
	enum rc rc = RC_BUG;

	ohttp_reply_clear(&t->reply);
	buf_clear(&t->sealed);
	TRY(ohttp_client_seal(
	    buf_get(&v->ohttp_keys), &inner, &t->reply, &t->sealed));
	*q = (struct tacet_request){ .method = "POST",
		.path = "",
		.relay = v->relay,
		.type = OHTTP_CLIENT_REQUEST_TYPE,
		.body = t->sealed.p,
		.body_len = t->sealed.len,
		.is_anonymous = true };
	request_fill(t, q);
	t->is_sealed = true;
out:
	return rc;
}

enum tacet_rc
tacet_request(struct tacet *t, int64_t now, struct tacet_request *ret_q)
{
	struct engine_request *rq = &t->rq;
	enum rc rc = RC_BUG;

	t->now = now;
	CHECK(rq->is_ready && !t->op.waits, RC_NOT_FOUND);
	CHECK(!t->changed, RC_STATE);
	TRY(sign(t, rq->method, rq->path, buf_get(&rq->body), rq->sign));
	*ret_q = (struct tacet_request){ .method = rq->method,
		.path = rq->path,
		.type = rq->type,
		.body = rq->body.p,
		.body_len = rq->body.len,
		.is_anonymous = rq->is_anonymous };
	request_fill(t, ret_q);
	t->is_sealed = false;
	if (rq->is_anonymous && t->k->view.relay[0] != '\0')
		TRY(seal(t, ret_q));
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_stream(struct tacet *t, int64_t now, struct tacet_request *ret_q)
{
	enum rc rc = RC_BUG;

	t->now = now;
	CHECK(t->k->stage == KEEP_STAGE_REGISTERED, RC_STATE);
	TRY(sign(t, "GET", "/v1/stream", (struct rd){ 0 }, ENGINE_SIGN_DEVICE));
	t->ack_due = false;
	*ret_q = (struct tacet_request){ .method = "GET",
		.path = "/v1/stream" };
	request_fill(t, ret_q);
out:
	return engine_rc(rc);
}

/* The answer inside the relay's. What the relay did wrong is its name. */
static enum rc
unseal(struct tacet *t, uint16_t status, struct rd body)
{
	bool asked = t->op.step == ENGINE_STEP_QUESTION;
	struct ohttp_client_answer a;
	const char *problem = "relay-down";
	enum rc rc = RC_OK;

	ohttp_client_init(&a);
	t->is_sealed = false;
	if (status == 200) {
		problem = "relay-wrong";
		rc = ohttp_client_open(&t->reply, body, ENGINE_BODY_MAX, &a);
	}
	if (status == 200 && rc == RC_OK) {
		t->out.status = a.status;
		t->out.retry_after = a.retry_after;
		rc = readers[t->op.step](t, a.status, buf_get(&a.body));
		goto out;
	}
	CHECK(rc == RC_OK || rc == RC_DENIED || rc == RC_MALFORMED ||
		rc == RC_LIMIT,
	    rc);
	/* 422: the gateway has another key; the policy names it */
	if (status == 422)
		t->k->policy_read.s = 0;
	t->changed = true;
	rc = RC_OK;
	if (asked)
		question_failed(t, TACET_SERVER, problem);
	else
		engine_failed(t, TACET_SERVER, problem);
out:
	ohttp_client_clear(&a);
	return rc;
}

enum tacet_rc
tacet_answer(struct tacet *t, int64_t now, uint16_t status, const uint8_t *body,
    size_t n)
{
	enum rc rc = RC_BUG;

	t->now = now;
	CHECK(t->rq.is_ready && readers[t->op.step] != NULL, RC_STATE);
	t->rq.is_ready = false;
	t->out.status = status;
	rc = t->is_sealed
	    ? unseal(t, status, (struct rd){ body, n })
	    : readers[t->op.step](t, status, (struct rd){ body, n });
	if (rc == RC_MALFORMED || rc == RC_DENIED || rc == RC_CORRUPT) {
		/* what the server said is wrong; not our caller's fault */
		engine_failed(t, TACET_SERVER, "bad-answer");
		rc = RC_OK;
	} else if (rc != RC_OK) {
		engine_failed(t, engine_rc(rc), "client");
	}
out:
	return engine_rc(rc);
}

void
tacet_wait_over(struct tacet *t)
{
	t->op.waits = false;
}

const struct tacet_outcome *
tacet_outcome(const struct tacet *t)
{
	return &t->out;
}

void
tacet_cancel(struct tacet *t)
{
	if (t->op.step == ENGINE_STEP_NONE)
		return;
	if (t->op.step == ENGINE_STEP_QUESTION)
		question_failed(t, TACET_SERVER, "cancelled");
	else
		engine_failed(t, TACET_SERVER, "cancelled");
}

bool
tacet_is_registered(const struct tacet *t)
{
	return t->k->stage == KEEP_STAGE_REGISTERED;
}

const char *
tacet_number(const struct tacet *t)
{
	struct tacet *own = (struct tacet *)t;

	if (t->k->number.n == 0)
		return "";
	e164_text(&t->k->number, own->number_text);
	return t->number_text;
}
