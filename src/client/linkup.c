/* linkup: a second device for an account (src/e2ee/link.h): the new one
 * publishes an offer and waits; the old one reads the code from its person,
 * checks the offer by it, signs the longer device list, and answers with what
 * the account's devices share. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "crypto/hpke.h"
#include "e2ee/safety.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"

static enum rc
link_ask(struct tacet *t, enum engine_step step, const char *method,
    const char *what)
{
	char path[ENGINE_PATH_SIZE], id[TACET_ID_SIZE];
	enum rc rc = RC_BUG;

	engine_id_text(t->op.link_id, id);
	(void)snprintf(path, sizeof(path), "/v1/link/%s/%s", id, what);
	TRY(engine_ask(t, step, method, path));
	t->rq.sign = ENGINE_SIGN_NONE;
	if (strcmp(method, "PUT") == 0)
		t->rq.type = "application/octet-stream";
out:
	return rc;
}

enum tacet_rc
tacet_link(struct tacet *t, const char *device_name)
{
	char code[LINK_CODE_SIZE];
	struct link_offer o = { 0 };
	struct keep *k = t->k;
	enum rc rc = RC_BUG;

	TRY(engine_start(t, KEEP_STAGE_EMPTY));
	TRY(enroll_keys_make(t, device_name));
	hpke_keypair(t->op.link_secret, o.link_key);
	(void)crypto_sign_ed25519_sk_to_pk(o.dsk, k->dsk_secret);
	CHECK(crypto_scalarmult_base(o.dik, k->dik_secret) == 0 &&
		crypto_scalarmult_base(o.ek, k->ek_secret) == 0,
	    RC_BUG);
	(void)snprintf(o.name, sizeof(o.name), "%s", k->name);
	TRY(link_offer_build(&o, &t->op.offer));
	link_code(buf_get(&t->op.offer), code);
	TRY(link_code_parse(rd_str(code), t->op.hash, t->op.link_id));
	TRY(engine_out_text(t, rd_str(code)));
	TRY(link_ask(t, ENGINE_STEP_OFFER, "PUT", "offer"));
	TRY(buf_add_rd(&t->rq.body, buf_get(&t->op.offer)));
out:
	return engine_rc(rc);
}

enum rc
linkup_on_offer(struct tacet *t, uint16_t status, struct rd body)
{
	enum rc rc = RC_OK;

	if (status != 204) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(link_ask(t, ENGINE_STEP_POLL, "GET", "answer"));
	t->op.waits = true;
out:
	return rc;
}

static enum rc
account_take(struct tacet *t, const struct link_answer *a)
{
	const struct device_list_entry *d = NULL;
	struct device_list l = { 0 };
	struct keep *k = t->k;
	uint8_t key[32];
	enum rc rc = RC_BUG;

	TRY(e164_parse(rd_str(a->number), &k->number));
	TRY(device_list_parse(a->device_list, &l));
	TRY(device_list_find(&l, a->device, &d));
	(void)crypto_sign_ed25519_sk_to_pk(key, k->dsk_secret);
	CHECK(memcmp(key, d->dsk, sizeof(key)) == 0, RC_DENIED);
	(void)crypto_sign_ed25519_sk_to_pk(key, a->aik_secret);
	CHECK(memcmp(key, l.aik, sizeof(key)) == 0, RC_DENIED);
	memcpy(k->account, a->account, sizeof(k->account));
	memcpy(k->aik_secret, a->aik_secret, sizeof(k->aik_secret));
	memcpy(k->records_secret, a->records_secret, sizeof(k->records_secret));
	k->has_aik = true;
	k->device = a->device;
	TRY(keep_list_set(k, a->device_list));
	k->stage = KEEP_STAGE_REGISTERED;
	t->changed = true;
out:
	return rc;
}

enum rc
linkup_on_poll(struct tacet *t, uint16_t status, struct rd body)
{
	char sas[SAFETY_SAS_SIZE];
	struct link_answer a = { 0 };
	struct buf plain;
	enum rc rc = RC_BUG;

	buf_init(&plain, LINK_ANSWER_MAX);
	if (status == 404) {
		TRY(link_ask(t, ENGINE_STEP_POLL, "GET", "answer"));
		t->op.waits = true;
		goto out;
	}
	if (status != 200) {
		engine_refused(t, status, body);
		rc = RC_OK;
		goto out;
	}
	TRY(link_answer_open(
	    buf_get(&t->op.offer), t->op.link_secret, body, &plain, &a));
	TRY(account_take(t, &a));
	safety_sas(buf_get(&t->op.offer), buf_get(&t->k->list), sas);
	TRY(engine_out_text(t, rd_str(sas)));
	e164_text(&t->k->number, t->out.number);
	engine_id_text(t->k->account, t->out.account);
	t->out.device = t->k->device;
	TRY(enroll_prekeys_ask(t));
out:
	sodium_memzero(&a, sizeof(a));
	buf_clear(&plain);
	return rc;
}

enum tacet_rc
tacet_link_accept(struct tacet *t, int64_t now, const char *code)
{
	enum rc rc = RC_BUG;

	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	TRY(link_code_parse(rd_str(code), t->op.hash, t->op.link_id));
	TRY(link_ask(t, ENGINE_STEP_OFFER_GET, "GET", "offer"));
out:
	return engine_rc(rc);
}

/* Appends the offered device to the list, signed anew; 0 when it is there
 * already, then its id. */
static enum rc
list_extend(struct tacet *t, bool *ret_is_there)
{
	struct device_list l = { 0 };
	struct device_list_entry *d = NULL;
	struct link_offer o = { 0 };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, DEVICE_LIST_SIZE_MAX);
	TRY(device_list_parse(buf_get(&t->k->list), &l));
	TRY(link_offer_parse(buf_get(&t->op.offer), &o));
	for (size_t i = 0; i < l.n; i++)
		if (memcmp(l.devices[i].dsk, o.dsk, sizeof(o.dsk)) == 0) {
			t->op.new_device = l.devices[i].id;
			*ret_is_there = true;
			goto out;
		}
	CHECK(l.n < DEVICE_LIST_MAX &&
		(l.n == 0 || l.devices[l.n - 1].id < UINT8_MAX),
	    RC_LIMIT);
	d = &l.devices[l.n];
	d->id = (uint8_t)(l.n == 0 ? 1 : l.devices[l.n - 1].id + 1);
	memcpy(d->dsk, o.dsk, sizeof(d->dsk));
	memcpy(d->dik, o.dik, sizeof(d->dik));
	memcpy(d->ek, o.ek, sizeof(d->ek));
	(void)snprintf(d->name, sizeof(d->name), "%s", o.name);
	l.n++;
	l.version++;
	l.time.s = t->now;
	t->op.new_device = d->id;
	TRY(device_list_build(&l, t->k->aik_secret, &b));
	TRY(keep_list_set(t->k, buf_get(&b)));
	t->changed = true;
	*ret_is_there = false;
out:
	buf_clear(&b);
	return rc;
}

static enum rc
devices_ask(struct tacet *t)
{
	enum rc rc = RC_BUG;

	TRY(engine_ask(t, ENGINE_STEP_DEVICES, "PUT", "/v1/devices"));
	t->rq.type = "application/octet-stream";
	TRY(buf_add_rd(&t->rq.body, buf_get(&t->k->list)));
out:
	return rc;
}

static enum rc
answer_ask(struct tacet *t)
{
	struct link_answer a = { .device = t->op.new_device };
	enum rc rc = RC_BUG;

	e164_text(&t->k->number, a.number);
	memcpy(a.account, t->k->account, sizeof(a.account));
	memcpy(a.aik_secret, t->k->aik_secret, sizeof(a.aik_secret));
	memcpy(
	    a.records_secret, t->k->records_secret, sizeof(a.records_secret));
	a.device_list = buf_get(&t->k->list);
	TRY(link_ask(t, ENGINE_STEP_ANSWER, "PUT", "answer"));
	TRY(link_answer_seal(buf_get(&t->op.offer), &a, &t->rq.body));
out:
	sodium_memzero(&a, sizeof(a));
	return rc;
}

enum rc
linkup_on_offer_get(struct tacet *t, uint16_t status, struct rd body)
{
	bool is_there = false;
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(link_code_check(t->op.hash, body));
	TRY(keep_buf_set(&t->op.offer, body));
	TRY(list_extend(t, &is_there));
	/* also when it is there: the server may not have it */
	TRY(devices_ask(t));
out:
	return rc;
}

enum rc
linkup_on_devices(struct tacet *t, uint16_t status, struct rd body)
{
	char path[ENGINE_PATH_SIZE], account[TACET_ID_SIZE];
	enum rc rc = RC_OK;

	if (status == 409 && t->op.tries++ < 3) {
		/* another device signed a newer list: begin from that one */
		engine_id_text(t->k->account, account);
		(void)snprintf(path, sizeof(path), "/v1/prekeys/%s", account);
		TRY(engine_ask(t, ENGINE_STEP_OWN_LIST, "GET", path));
		goto out;
	}
	if (status != 204) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(answer_ask(t));
out:
	return rc;
}

enum rc
linkup_on_own_list(struct tacet *t, uint16_t status, struct rd body)
{
	struct device_list l = { 0 };
	struct buf list;
	json_t *o = NULL;
	uint8_t aik[32];
	bool is_there = false;
	enum rc rc = RC_OK;

	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(json_body_parse(body, &o));
	TRY(json_body_b64(o, "device_list", DEVICE_LIST_SIZE_MAX, &list));
	TRY(device_list_parse(buf_get(&list), &l));
	(void)crypto_sign_ed25519_sk_to_pk(aik, t->k->aik_secret);
	CHECK(memcmp(aik, l.aik, sizeof(aik)) == 0, RC_DENIED);
	TRY(keep_list_set(t->k, buf_get(&list)));
	t->changed = true;
	TRY(list_extend(t, &is_there));
	if (is_there)
		TRY(answer_ask(t));
	else
		TRY(devices_ask(t));
out:
	json_body_free(o);
	buf_clear(&list);
	return rc;
}

/* Contacts and our other devices are told (design: e2ee, Multi-device). */
static enum rc
tell(struct tacet *t)
{
	struct rd list = buf_get(&t->k->list);
	struct keep_session *e = NULL;
	uint8_t id[16];
	enum rc rc = RC_BUG;

	randombytes_buf(id, sizeof(id));
	TRY(outgoing_queue(t, KEEP_OUT_DEVICES, &t->k->number, list, id));
	for (struct keep_contact *c = t->k->contacts; c != NULL; c = c->next) {
		if (!c->has_account || c->list.len == 0 ||
		    keep_session_find(t->k, c->account, 1, &e) != RC_OK)
			continue;
		randombytes_buf(id, sizeof(id));
		TRY(outgoing_queue(t, KEEP_OUT_DEVICES, &c->number, list, id));
	}
out:
	return rc;
}

enum rc
linkup_on_answer(struct tacet *t, uint16_t status, struct rd body)
{
	struct device_list l = { 0 };
	char sas[SAFETY_SAS_SIZE];
	enum rc rc = RC_OK;

	if (status != 204) {
		engine_refused(t, status, body);
		goto out;
	}
	safety_sas(buf_get(&t->op.offer), buf_get(&t->k->list), sas);
	TRY(engine_out_text(t, rd_str(sas)));
	t->out.device = t->op.new_device;
	TRY(device_list_parse(buf_get(&t->k->list), &l));
	t->out.devices = (uint8_t)l.n;
	/* sent by the next run, when the new device has its prekeys there */
	TRY(tell(t));
	engine_done(t);
out:
	return rc;
}

enum tacet_rc
tacet_device_at(const struct tacet *t, size_t i, struct tacet_device *ret_d)
{
	struct device_list l = { 0 };
	enum rc rc = RC_BUG;

	CHECK(t->k->list.len > 0, RC_NOT_FOUND);
	TRY(device_list_parse(buf_get(&t->k->list), &l));
	CHECK(i < l.n, RC_NOT_FOUND);
	*ret_d = (struct tacet_device){ .id = l.devices[i].id,
		.is_this = l.devices[i].id == t->k->device };
	(void)snprintf(
	    ret_d->name, sizeof(ret_d->name), "%s", l.devices[i].name);
out:
	return engine_rc(rc);
}
