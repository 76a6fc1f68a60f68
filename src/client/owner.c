/* owner: what the directory says of our own number, asked for as anybody asks,
 * so that the server cannot answer owners otherwise; and the promise that holds
 * until the directory shows a change (doc/protocol/directory.md, 4 and 6). */
#include <sodium.h>
#include <string.h>

#include "client/engine.h"
#include "directory/place.h"
#include "directory/promise.h"
#include "wire/e164_text.h"

#define WATCH_S 86400
#define AGAIN_S 60
#define PROMISE_AGAIN_S 5

/* Shown with the messages, once a day for one problem. */
enum rc
owner_alarm(struct tacet *t, const char *problem)
{
	struct keep_in *i = NULL;
	uint8_t id[16];
	int32_t day = mono_day((struct wall){ t->now });
	crypto_generichash_state state;
	enum rc rc = RC_OK;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(id));
	(void)crypto_generichash_update(
	    &state, (const uint8_t *)problem, strlen(problem));
	(void)crypto_generichash_update(
	    &state, (const uint8_t *)&day, sizeof(day));
	(void)crypto_generichash_final(&state, id, sizeof(id));
	if (keep_seen_has(t->k, id))
		goto out;
	TRY(keep_in_add(t->k, &i));
	keep_seen_add(t->k, id);
	i->type = TACET_NOTE_ALARM;
	memcpy(i->id, id, sizeof(i->id));
	i->number = t->k->number;
	i->time.s = t->now;
	TRY(buf_add_str(&i->text, problem));
	t->changed = true;
out:
	return rc;
}

/* The red alert: evidence is kept, and the person hears of it. */
static enum rc
caught(struct tacet *t, const char *problem, struct rd first)
{
	struct keep_view *v = &t->k->view;
	enum rc rc = RC_BUG;

	TRY(keep_view_prove(v, problem, (struct wall){ t->now }, first,
	    buf_get(&v->point.note)));
	TRY(owner_alarm(t, problem));
	v->watched.s = t->now;
	question_failed(t, TACET_SERVER, problem);
out:
	return rc;
}

/* --- the promise -------------------------------------------------------------
 */

static enum rc
promise_read(const struct keep_view *v, struct rd note, struct promise *ret_p)
{
	const struct vkey *key = &v->trust.policy;
	struct rd text = { 0 };
	enum rc rc = RC_BUG;

	TRY(note_parse(note, key->name, key->key, &text));
	TRY(promise_parse(text, ret_p));
out:
	return rc;
}

static uint32_t
own_place(const struct tacet *t)
{
	char handle[E164_TEXT_SIZE];

	e164_text(&t->k->number, handle);
	return place_of(rd_str(handle));
}

enum rc
owner_on_promise(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep_view *v = &t->k->view;
	struct promise p = { 0 };
	enum rc rc = RC_OK;

	v->promise_tried.s = t->now;
	t->changed = true;
	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	rc = promise_read(v, body, &p);
	if (rc == RC_DENIED || rc == RC_MALFORMED ||
	    (rc == RC_OK && p.place != own_place(t))) {
		engine_failed(t, TACET_SERVER, "promise-wrong");
		rc = RC_OK;
		goto out;
	}
	TRY(rc);
	TRY(keep_buf_set(&v->promise, body));
	engine_done(t);
out:
	return rc;
}

/* Whether the epoch that was promised went by without the slot. s: what is
 * there; NULL: nothing. */
static enum rc
promise_check(struct tacet *t, const struct keep_slot *s, bool *ret_broken)
{
	struct keep_view *v = &t->k->view;
	struct promise p = { 0 };
	bool is_kept = false;
	enum rc rc = RC_OK;

	*ret_broken = false;
	if (v->promise.len == 0)
		goto out;
	TRY(promise_read(v, buf_get(&v->promise), &p));
	is_kept = s != NULL && s->version >= p.version;
	*ret_broken = !is_kept && t->op.q.entry.epoch >= p.max_epoch;
	if (!is_kept)
		goto out;
	buf_clear(&v->promise);
	t->changed = true;
out:
	return rc;
}

/* --- the own number ----------------------------------------------------------
 */

static enum rc
nothing_there(struct tacet *t)
{
	struct keep_view *v = &t->k->view;
	bool is_broken = false;
	enum rc rc = RC_BUG;

	TRY(promise_check(t, NULL, &is_broken));
	if (is_broken)
		return caught(t, "promise-broken", buf_get(&v->promise));
	/* it was there once, and a slot is never removed */
	if (v->own.is_set)
		return caught(t, "own-gone", buf_get(&v->before.note));
	v->looked.s = t->now;
	t->changed = true;
	engine_failed(t, TACET_NOT_FOUND, "not-published");
out:
	return rc;
}

static enum rc
watched(struct tacet *t)
{
	struct keep_view *v = &t->k->view;

	v->watched.s = t->now;
	v->tried.s = 0;
	t->changed = true;
	e164_text(&t->k->number, t->out.number);
	t->out.epoch = t->op.q.entry.epoch;
	t->out.version = v->own.version;
	t->out.devices = t->op.q.found.devices;
	t->out.verified = true;
	t->out.is_private = true;
	engine_done(t);
	return RC_OK;
}

static bool
list_is_known(const struct keep *k, const uint8_t hash[static 32])
{
	for (size_t i = 0; i < k->n_hashes; i++)
		if (memcmp(k->hashes[i], hash, 32) == 0)
			return true;
	return false;
}

enum rc
owner_slot(struct tacet *t, const struct keep_slot *s)
{
	struct keep *k = t->k;
	struct keep_view *v = &k->view;
	bool is_broken = false;
	uint8_t aik[32];
	enum rc rc = RC_BUG;

	(void)crypto_sign_ed25519_sk_to_pk(aik, k->aik_secret);
	if (memcmp(s->account, k->account, sizeof(k->account)) != 0 ||
	    memcmp(s->aik, aik, sizeof(aik)) != 0)
		return caught(t, "own-number-taken", buf_get(&v->before.note));
	if (!list_is_known(k, s->list_hash))
		return caught(t, "own-devices", buf_get(&v->before.note));
	TRY(promise_check(t, s, &is_broken));
	if (is_broken)
		return caught(t, "promise-broken", buf_get(&v->promise));
	v->own = *s;
	TRY(watched(t));
out:
	return rc;
}

enum rc
owner_answered(struct tacet *t)
{
	const struct directory_check_found *f = &t->op.q.found;
	struct keep_view *v = &t->k->view;

	if (!f->is_there)
		return nothing_there(t);
	if (f->devices == 0)
		return caught(t, "own-gone", buf_get(&v->before.note));
	if (v->own.is_set && memcmp(v->own.commitment, f->commitment, 32) == 0)
		return owner_slot(t, &v->own);
	return slots_ask(t, f->commitment);
}

static enum rc
own_ask(struct tacet *t)
{
	if (!t->k->policy_private) {
		engine_failed(t, TACET_DENIED, "no-private");
		return RC_OK;
	}
	return question_begin(t, QUESTION_FOR_OWNER);
}

static enum rc
promise_ask(struct tacet *t)
{
	if (!t->k->policy_private) {
		engine_failed(t, TACET_DENIED, "no-private");
		return RC_OK;
	}
	return engine_ask(t, ENGINE_STEP_PROMISE, "GET", "/v1/promise");
}

static bool
is_due(int64_t now, struct wall last, int64_t every)
{
	return last.s == 0 || now < last.s || now - last.s >= every;
}

/* The list that the server has of us is not yet in a slot that we saw. */
static bool
is_promise_due(const struct tacet *t)
{
	const struct keep *k = t->k;

	return k->view.promise.len == 0 &&
	    is_due(t->now, k->view.promise_tried, PROMISE_AGAIN_S) &&
	    (!k->view.own.is_set ||
		memcmp(k->view.own.list_hash, k->hashes[0], 32) != 0);
}

enum rc
owner_chore(struct tacet *t)
{
	const struct keep_view *v = &t->k->view;
	bool asks = v->promise.len > 0 || !v->own.is_set ||
	    is_due(t->now, v->watched, WATCH_S);
	enum rc rc = RC_NOT_FOUND;

	/* known not to be offered: until the policy is read again */
	if (t->k->policy_read.s > 0 && !t->k->policy_private &&
	    t->now - t->k->policy_read.s < ENGINE_REFRESH_S)
		return RC_NOT_FOUND;
	if (is_promise_due(t)) {
		TRY(engine_start(t, KEEP_STAGE_REGISTERED));
		t->op.then = promise_ask;
	} else if (asks && is_due(t->now, v->tried, AGAIN_S) &&
	    is_due(t->now, v->looked, AGAIN_S)) {
		TRY(engine_start(t, KEEP_STAGE_REGISTERED));
		t->op.then = own_ask;
	} else {
		return gossip_chore(t);
	}
	TRY(pinned_then(t));
out:
	return rc;
}

enum tacet_rc
tacet_watch(struct tacet *t, int64_t now)
{
	enum rc rc = RC_BUG;

	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	t->op.then = own_ask;
	TRY(pinned_then(t));
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_evidence_at(const struct tacet *t, size_t i, struct tacet_evidence *ret_e)
{
	const struct keep_proof *p = t->k->view.proofs;

	while (p != NULL && i-- > 0)
		p = p->next;
	if (p == NULL)
		return TACET_NOT_FOUND;
	*ret_e = (struct tacet_evidence){ .problem = p->problem,
		.time = p->time.s,
		.first = (const char *)p->first.p,
		.first_len = p->first.len,
		.second = (const char *)p->second.p,
		.second_len = p->second.len };
	return TACET_OK;
}
