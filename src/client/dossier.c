/* dossier: everything the server holds about us. Our own rows come sealed, in
 * the frames of doc/protocol/records.md; each is opened here by the account's
 * records key, and nowhere else. */
#include <sodium.h>
#include <string.h>

#include "base/crc32c.h"
#include "client/engine.h"
#include "crypto/hpke.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"
#include "wire/row.h"
#include "wire/text64.h"

#define DAYS 26 /* retention_days and the running one (design: records) */
#define ROWS_MAX (1024 * 1024)
#define ENVELOPES_MAX 64 /* source envelopes of ours in one session */
#define RECORDS_INFO "tacet records v1"
#define CLASS_TEXT "TRAFFIC_QUERY"
#define FRAME_SESSION 1
#define FRAME_ENVELOPE 2
#define FRAME_ROW 3
#define LABEL_SIZE (4 + 16 + 1 + sizeof(CLASS_TEXT) - 1)

struct envelope_key {
	uint32_t number;
	uint8_t label[LABEL_SIZE];
	uint8_t key[32];
};

struct reader {
	uint8_t day[4];
	bool has_session;
	size_t n;
	struct envelope_key keys[ENVELOPES_MAX];
	json_t *rows;
};

enum tacet_rc
tacet_file(struct tacet *t, int64_t now)
{
	json_t *o = json_object(), *list = json_array();
	enum rc rc = RC_BUG;

	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	for (int i = 0; i < DAYS; i++) {
		char text[TACET_ID_SIZE];
		uint8_t locator[16];

		route_locator(t->k, now - (int64_t)i * 86400, locator);
		engine_id_text(locator, text);
		CHECK(json_array_append_new(list, json_string(text)) == 0,
		    RC_NOMEM);
	}
	CHECK(json_object_set(o, "locators", list) == 0, RC_NOMEM);
	TRY(engine_ask(t, ENGINE_STEP_FILE, "POST", "/v1/file"));
	t->rq.type = "application/json";
	TRY(json_body_build(o, &t->rq.body));
out:
	json_decref(list);
	json_body_free(o);
	return engine_rc(rc);
}

static enum rc
wrap_take(struct rd *r, struct rd *ret_wrap)
{
	uint16_t n = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u16(r, &n));
	TRY(rd_take(r, n, ret_wrap));
out:
	return rc;
}

static enum rc
session_take(struct reader *d, struct rd body)
{
	uint8_t version = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&body, &version));
	CHECK(version == 1, RC_MALFORMED);
	TRY(rd_copy(&body, sizeof(d->day), d->day));
	d->has_session = true;
	d->n = 0;
out:
	return rc;
}

static enum rc
envelope_take(const struct keep *k, struct reader *d, struct rd body)
{
	struct envelope_key *e = &d->keys[d->n];
	struct rd wrap = { 0 }, own = { 0 };
	struct buf plain;
	uint8_t locator[16];
	enum rc rc = RC_BUG;

	buf_init(&plain, sizeof(e->key));
	CHECK(d->has_session && d->n < ENVELOPES_MAX, RC_MALFORMED);
	memcpy(e->label, d->day, 4);
	TRY(rd_copy(&body, 17, e->label + 4)); /* tag, direction */
	memcpy(e->label + 21, CLASS_TEXT, sizeof(CLASS_TEXT) - 1);
	TRY(rd_u32(&body, &e->number));
	TRY(rd_copy(&body, sizeof(locator), locator));
	TRY(wrap_take(&body, &wrap));
	TRY(wrap_take(&body, &own));
	TRY(rd_end(&body));
	TRY(hpke_open(k->records_secret, rd_str(RECORDS_INFO),
	    (struct rd){ e->label, sizeof(e->label) }, own, &plain));
	CHECK(plain.len == sizeof(e->key), RC_MALFORMED);
	memcpy(e->key, plain.p, sizeof(e->key));
	d->n++;
out:
	buf_clear(&plain);
	return rc;
}

static enum rc
row_json(const struct row *w, json_t *rows)
{
	char time[MONO_RFC3339_SIZE];
	char source[E164_TEXT_SIZE], lookup[E164_TEXT_SIZE];
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	TRY(mono_rfc3339(w->query_time, time));
	e164_text(&w->source, source);
	e164_text(&w->lookup, lookup);
	o = json_pack("{s:s,s:s,s:s+,s:s+,s:i,s:s,s:I,s:I}", "query_time", time,
	    "client_ip", w->client_ip, "source_handle", "tel:", source,
	    "lookup_handle", "tel:", lookup, "lookup_devices", (int)w->devices,
	    "cause", row_cause_text(w->cause), "source_epoch",
	    (json_int_t)w->source_epoch, "lookup_epoch",
	    (json_int_t)w->lookup_epoch);
	CHECK(o != NULL && json_array_append_new(rows, o) == 0, RC_NOMEM);
out:
	return rc;
}

static enum rc
row_take(struct reader *d, struct rd body)
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES] = { 0 };
	uint8_t plain[256];
	unsigned long long n = 0;
	const struct envelope_key *e = NULL;
	struct row w = { 0 };
	uint32_t number = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u32(&body, &number));
	TRY(rd_copy(&body, 4, nonce + 20));
	for (size_t i = 0; i < d->n && e == NULL; i++)
		if (d->keys[i].number == number)
			e = &d->keys[i];
	CHECK(e != NULL && body.left <= sizeof(plain), RC_MALFORMED);
	CHECK(
	    crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &n, NULL, body.p,
		body.left, e->label, sizeof(e->label), nonce, e->key) == 0,
	    RC_DENIED);
	TRY(row_parse((struct rd){ plain, (size_t)n }, &w));
	TRY(row_json(&w, d->rows));
out:
	sodium_memzero(plain, sizeof(plain));
	row_clear(&w);
	return rc;
}

static enum rc
frame_take(const struct keep *k, struct reader *d, struct rd *r)
{
	uint32_t length = 0, crc = 0;
	struct rd body = { 0 };
	uint8_t type = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u32(r, &length));
	TRY(rd_u32(r, &crc));
	TRY(rd_take(r, length, &body));
	CHECK(crc32c(0, body.p, body.left) == crc, RC_MALFORMED);
	TRY(rd_u8(&body, &type));
	switch (type) {
	case FRAME_SESSION:
		TRY(session_take(d, body));
		break;
	case FRAME_ENVELOPE:
		TRY(envelope_take(k, d, body));
		break;
	case FRAME_ROW:
		TRY(row_take(d, body));
		break;
	default:
		rc = RC_MALFORMED;
		break;
	}
out:
	return rc;
}

static enum rc
rows_open(const struct keep *k, struct rd frames, json_t *rows)
{
	struct reader *d = NULL;
	enum rc rc = RC_BUG;

	d = sodium_malloc(sizeof(struct reader));
	CHECK(d != NULL, RC_NOMEM);
	sodium_memzero(d, sizeof(*d));
	d->rows = rows;
	rc = RC_OK;
	while (frames.left > 0)
		TRY(frame_take(k, d, &frames));
out:
	sodium_free(d);
	return rc;
}

static enum rc
file_text(struct tacet *t, json_t *rows, json_t *subscriber)
{
	json_t *o = json_pack(
	    "{s:O,s:O}", "rows", rows, "subscriber", subscriber);
	char *text = NULL;
	enum rc rc = RC_BUG;

	CHECK(o != NULL, RC_NOMEM);
	text = json_dumps(o, JSON_COMPACT);
	CHECK(text != NULL, RC_NOMEM);
	TRY(engine_out_text(t, rd_str(text)));
out:
	free(text);
	json_decref(o);
	return rc;
}

/* The rows make this body larger than json_body_parse takes, so the parser
 * beneath it is called, as strictly. */
enum rc
dossier_on_file(struct tacet *t, uint16_t status, struct rd body)
{
	json_t *o = NULL, *subscriber = NULL, *rows = json_array();
	struct buf frames;
	uint8_t *p = NULL;
	size_t n = 0;
	const char *text = NULL;
	enum rc rc = RC_OK;

	buf_init(&frames, ROWS_MAX);
	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	CHECK(rows != NULL, RC_NOMEM);
	o = json_loadb(
	    (const char *)body.p, body.left, JSON_REJECT_DUPLICATES, NULL);
	subscriber = json_object_get(o, "subscriber");
	text = json_string_value(json_object_get(o, "rows"));
	CHECK(json_is_object(subscriber) && text != NULL, RC_MALFORMED);
	TRY(buf_reserve(&frames, ROWS_MAX, &p));
	TRY(text64_url_parse(rd_str(text), ROWS_MAX, p, &n));
	buf_commit(&frames, n);
	TRY(rows_open(t->k, buf_get(&frames), rows));
	TRY(file_text(t, rows, subscriber));
	engine_done(t);
out:
	json_decref(rows);
	json_decref(o);
	buf_clear(&frames);
	return rc;
}
