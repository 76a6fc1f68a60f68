/* enroll: how an account and its keys begin: registration by a code, and the
 * prekeys others need (design: e2ee, Keys). */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"
#include "wire/prekey.h"
#include "wire/text64.h"

#define ONE_TIME_WANTED PREKEY_ONE_TIME_MAX
#define ONE_TIME_LOW 20
#define ROTATE_S (7 * 86400) /* signed prekey: rotate 7 d, keep 30 d */
#define KEEP_S (30 * 86400)

/* A fresh device: keys of this device alone. */
enum rc
enroll_keys_make(struct tacet *t, const char *name)
{
	uint8_t pub[32];
	struct keep *k = t->k;
	enum rc rc = RC_BUG;

	CHECK(name != NULL && name[0] != '\0' && strlen(name) <= KEEP_NAME_MAX,
	    RC_MALFORMED);
	(void)snprintf(k->name, sizeof(k->name), "%s", name);
	crypto_sign_keypair(pub, k->dsk_secret);
	(void)crypto_box_keypair(pub, k->dik_secret);
	(void)crypto_box_keypair(pub, k->ek_secret);
	rc = RC_OK;
out:
	return rc;
}

static enum rc
own_entry(const struct keep *k, struct device_list_entry *e)
{
	enum rc rc = RC_BUG;

	*e = (struct device_list_entry){ .id = k->device };
	(void)crypto_sign_ed25519_sk_to_pk(e->dsk, k->dsk_secret);
	CHECK(crypto_scalarmult_base(e->dik, k->dik_secret) == 0 &&
		crypto_scalarmult_base(e->ek, k->ek_secret) == 0,
	    RC_BUG);
	(void)snprintf(e->name, sizeof(e->name), "%s", k->name);
	rc = RC_OK;
out:
	return rc;
}

/* The account's identity and its first device list, version 1. */
static enum rc
identity_make(struct keep *k, int64_t now)
{
	struct device_list l = { .version = 1, .time = { now }, .n = 1 };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, DEVICE_LIST_SIZE_MAX);
	crypto_sign_keypair(l.aik, k->aik_secret);
	(void)crypto_box_keypair(l.records_key, k->records_secret);
	k->device = 1;
	TRY(own_entry(k, &l.devices[0]));
	TRY(device_list_build(&l, k->aik_secret, &b));
	TRY(keep_list_set(k, buf_get(&b)));
	k->has_aik = true;
out:
	buf_clear(&b);
	return rc;
}

static enum rc
prekey_make(struct keep *k, bool is_signed, int64_t now, struct prekey *p)
{
	struct keep_prekey s = { .id = k->next_prekey, .time = { now } };
	enum rc rc = RC_BUG;

	*p = (struct prekey){ .id = s.id };
	if (is_signed)
		p->time.s = now;
	(void)crypto_box_keypair(p->key, s.secret);
	TRY(prekey_sign(p, is_signed, k->dsk_secret));
	k->next_prekey++;
	if (is_signed) {
		/* the oldest is beyond its 30 days long before it must go */
		if (k->n_signed == KEEP_SIGNED_MAX) {
			memmove(&k->signed_keys[0], &k->signed_keys[1],
			    sizeof(k->signed_keys) - sizeof(s));
			k->n_signed--;
		}
		k->signed_keys[k->n_signed++] = s;
	} else {
		if (k->n_one_time == KEEP_ONE_TIME_MAX)
			keep_prekey_drop(k, k->one_time[0].id);
		k->one_time[k->n_one_time++] = s;
	}
out:
	sodium_memzero(&s, sizeof(s));
	return rc;
}

static bool
is_rotation_due(const struct keep *k, int64_t now)
{
	return k->n_signed == 0 ||
	    now - k->signed_keys[k->n_signed - 1].time.s >= ROTATE_S;
}

enum rc
enroll_prekeys_make(struct tacet *t, struct buf *b)
{
	struct prekey_upload u = { 0 };
	struct keep *k = t->k;
	enum rc rc = RC_BUG;

	while (k->n_signed > 1 && t->now - k->signed_keys[0].time.s > KEEP_S) {
		k->n_signed--;
		memmove(&k->signed_keys[0], &k->signed_keys[1],
		    k->n_signed * sizeof(k->signed_keys[0]));
		sodium_memzero(
		    &k->signed_keys[k->n_signed], sizeof(k->signed_keys[0]));
	}
	u.has_signed = is_rotation_due(k, t->now);
	if (u.has_signed)
		TRY(prekey_make(k, true, t->now, &u.signed_key));
	while (k->one_time_left + u.n_one_time < ONE_TIME_WANTED) {
		TRY(prekey_make(k, false, t->now, &u.one_time[u.n_one_time]));
		u.n_one_time++;
	}
	TRY(prekey_upload_build(&u, b));
	t->changed = true;
out:
	return rc;
}

enum rc
enroll_prekeys_ask(struct tacet *t)
{
	enum rc rc = RC_BUG;

	TRY(engine_ask(t, ENGINE_STEP_PREKEYS, "PUT", "/v1/prekeys"));
	t->rq.type = "application/octet-stream";
	TRY(enroll_prekeys_make(t, &t->rq.body));
out:
	return rc;
}

enum rc
enroll_on_prekeys(struct tacet *t, uint16_t status, struct rd body)
{
	json_t *o = NULL;
	uint64_t left = 0;
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(json_body_parse(body, &o));
	TRY(json_body_uint(o, "one_time_left", UINT32_MAX, &left));
	t->k->one_time_left = (uint32_t)left;
	t->k->replenished.s = t->now;
	t->changed = true;
	engine_done(t);
out:
	json_body_free(o);
	return rc;
}

enum tacet_rc
tacet_maintain(struct tacet *t, int64_t now)
{
	enum rc rc = RC_BUG;

	t->now = now;
	CHECK(t->k->stage == KEEP_STAGE_REGISTERED, RC_STATE);
	/* once a day the server's count is read: others may have fetched
	 * prekeys and never written */
	if (t->k->one_time_left >= ONE_TIME_LOW &&
	    !is_rotation_due(t->k, now) &&
	    now - t->k->replenished.s < ENGINE_REFRESH_S)
		return engine_rc(owner_chore(t));
	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	TRY(enroll_prekeys_ask(t));
out:
	return engine_rc(rc);
}

static enum rc
register_ask(struct tacet *t)
{
	char text[E164_TEXT_SIZE];
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	e164_text(&t->op.number, text);
	TRY(engine_ask(t, ENGINE_STEP_REGISTER, "POST", "/v1/registration"));
	t->rq.sign = ENGINE_SIGN_NONE;
	t->rq.type = "application/json";
	o = json_pack("{s:s}", "number", text);
	TRY(json_body_build(o, &t->rq.body));
out:
	json_body_free(o);
	return rc;
}

enum tacet_rc
tacet_register(struct tacet *t, const char *number, const char *device_name)
{
	struct e164 e = { 0 };
	enum rc rc = RC_BUG;

	TRY(engine_number(number, &e));
	CHECK(t->k->stage != KEEP_STAGE_REGISTERED, RC_EXISTS);
	TRY(engine_start(t, t->k->stage));
	/* keys of an attempt whose answer was lost are used again, so that the
	 * server knows the repeat for one */
	if (t->k->stage == KEEP_STAGE_EMPTY || !e164_is_eq(&t->k->number, &e)) {
		TRY(enroll_keys_make(t, device_name));
		t->k->stage = KEEP_STAGE_EMPTY;
		t->k->number = e;
	}
	t->op.number = e;
	t->changed = true;
	TRY(register_ask(t));
out:
	return engine_rc(rc);
}

enum rc
enroll_on_register(struct tacet *t, uint16_t status, struct rd body)
{
	json_t *o = NULL;
	uint64_t after = 0;
	enum rc rc = RC_OK;

	if (status != 202) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(json_body_parse(body, &o));
	TRY(json_body_hex(o, "session", sizeof(t->op.session), t->op.session));
	TRY(json_body_uint(o, "retry_after", UINT32_MAX, &after));
	t->out.retry_after = (uint32_t)after;
	t->op.step = ENGINE_STEP_CODE;
out:
	json_body_free(o);
	return rc;
}

static enum rc
b64_text(struct rd octets, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(text64_url_build(b, octets));
	TRY(buf_u8(b, 0));
out:
	return rc;
}

static enum rc
account_body(struct tacet *t, const char *code, struct rd prekeys)
{
	char session[TACET_ID_SIZE], number[E164_TEXT_SIZE];
	struct buf list, keys;
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	buf_init(&list, 2 * DEVICE_LIST_SIZE_MAX);
	buf_init(&keys, 2 * PREKEY_UPLOAD_SIZE_MAX);
	engine_id_text(t->op.session, session);
	e164_text(&t->op.number, number);
	TRY(b64_text(buf_get(&t->k->list), &list));
	TRY(b64_text(prekeys, &keys));
	o = json_pack("{s:s,s:s,s:s,s:s,s:s}", "session", session, "code", code,
	    "number", number, "device_list", (const char *)list.p, "prekeys",
	    (const char *)keys.p);
	TRY(json_body_build(o, &t->rq.body));
out:
	json_body_free(o);
	buf_clear(&list);
	buf_clear(&keys);
	return rc;
}

enum tacet_rc
tacet_register_code(struct tacet *t, int64_t now, const char *code)
{
	struct buf prekeys;
	size_t n = strlen(code);
	enum rc rc = RC_BUG;

	buf_init(&prekeys, PREKEY_UPLOAD_SIZE_MAX);
	t->now = now;
	CHECK(t->op.step == ENGINE_STEP_CODE, RC_STATE);
	CHECK((n == 6 || n == 8) && strspn(code, "0123456789") == n,
	    RC_MALFORMED);
	if (t->k->stage == KEEP_STAGE_EMPTY) {
		TRY(identity_make(t->k, now));
		t->k->stage = KEEP_STAGE_KEYS;
	}
	t->k->one_time_left = 0;
	t->k->n_signed = 0;
	t->k->n_one_time = 0;
	TRY(enroll_prekeys_make(t, &prekeys));
	t->out.problem[0] = '\0';
	TRY(engine_ask(t, ENGINE_STEP_ACCOUNT, "POST", "/v1/accounts"));
	t->rq.sign = ENGINE_SIGN_NEW;
	t->rq.type = "application/json";
	TRY(account_body(t, code, buf_get(&prekeys)));
	t->changed = true;
out:
	buf_clear(&prekeys);
	return engine_rc(rc);
}

enum rc
enroll_on_account(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep *k = t->k;
	json_t *o = NULL;
	uint64_t device = 0, epoch = 0;
	enum rc rc = RC_OK;

	if (status != 201) {
		struct engine_op op = t->op;

		/* the session stays: a person may mistype (api.md: wrong-code)
		 */
		buf_init(&t->op.text, 0);
		buf_init(&t->op.offer, 0);
		engine_refused(t, status, body);
		if (strcmp(t->out.problem, "wrong-code") == 0) {
			t->op = op;
			t->op.step = ENGINE_STEP_CODE;
		}
		goto out;
	}
	TRY(json_body_parse(body, &o));
	TRY(json_body_hex(o, "account", sizeof(k->account), k->account));
	TRY(json_body_uint(o, "device", UINT8_MAX, &device));
	TRY(json_body_uint(o, "epoch", UINT32_MAX, &epoch));
	CHECK(device == 1, RC_MALFORMED);
	k->device = (uint8_t)device;
	k->epoch = (uint32_t)epoch;
	k->stage = KEEP_STAGE_REGISTERED;
	k->one_time_left = (uint32_t)k->n_one_time;
	k->replenished.s = t->now;
	e164_text(&k->number, t->out.number);
	engine_id_text(k->account, t->out.account);
	t->out.device = k->device;
	t->changed = true;
	engine_done(t);
out:
	json_body_free(o);
	return rc;
}
