/* dossier: everything the server holds about us. Our own rows come sealed, in
 * the frames of doc/protocol/records.md; each is opened here by the account's
 * records key, and nowhere else. */
#include <sodium.h>
#include <string.h>

#include "client/engine.h"
#include "crypto/hpke.h"
#include "wire/json_body.h"
#include "wire/row_json.h"
#include "wire/segment.h"
#include "wire/journal.h"
#include "wire/text64.h"

#define DAYS 26 /* retention_days and the running one (design: records) */
#define ROWS_MAX (1024 * 1024)
#define ENVELOPES_MAX 64 /* source envelopes of ours in one part */
#define RECORDS_INFO "tacet records v2"

struct envelope_key {
	uint32_t number;
	uint8_t label[JOURNAL_LABEL_SIZE];
	uint8_t key[32];
	/* what its leaf in the part's segment says */
	struct journal_envelope frame;
	struct journal_proof proof; /* size 0: the part still runs */
	uint32_t rows;
	crypto_hash_sha256_state digest;
};

struct reader {
	struct journal_session session;
	bool has_session;
	size_t n;
	struct envelope_key keys[ENVELOPES_MAX];
	json_t *rows;
	json_t *proofs;
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
envelope_take(
    const struct keep *k, struct reader *d, const struct journal_envelope *f)
{
	struct envelope_key *e = &d->keys[d->n];
	struct buf plain;
	enum rc rc = RC_BUG;

	buf_init(&plain, sizeof(e->key));
	CHECK(d->has_session && d->n < ENVELOPES_MAX, RC_MALFORMED);
	journal_label(&d->session, f->tag, f->direction, e->label);
	e->number = f->number;
	TRY(hpke_open(k->records_secret, rd_str(RECORDS_INFO),
	    (struct rd){ e->label, sizeof(e->label) }, f->own, &plain));
	CHECK(plain.len == sizeof(e->key), RC_MALFORMED);
	memcpy(e->key, plain.p, sizeof(e->key));
	e->frame = *f;
	e->proof = (struct journal_proof){ 0 };
	e->rows = 0;
	(void)crypto_hash_sha256_init(&e->digest);
	d->n++;
out:
	buf_clear(&plain);
	return rc;
}

static enum rc
row_take(struct reader *d, uint32_t envelope, struct rd sealed)
{
	uint8_t plain[ROW_SIZE];
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct envelope_key *e = NULL;
	struct row w = { 0 };
	json_t *o;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < d->n && e == NULL; i++)
		if (d->keys[i].number == envelope)
			e = &d->keys[i];
	CHECK(e != NULL, RC_MALFORMED);
	(void)crypto_hash_sha256(hash, sealed.p, sealed.left);
	(void)crypto_hash_sha256_update(&e->digest, hash, sizeof(hash));
	TRY(journal_row_open(sealed, e->rows++, e->label, e->key, plain));
	TRY(row_parse((struct rd){ plain, sizeof(plain) }, &w));
	o = row_json(&w);
	CHECK(o != NULL && json_array_append_new(d->rows, o) == 0, RC_NOMEM);
out:
	sodium_memzero(plain, sizeof(plain));
	row_clear(&w);
	return rc;
}

/* Hex: this goes to a person's file, and to programs of his. */
static json_t *
hex_json(const uint8_t *p, size_t n)
{
	const struct rd octets = { p, n };
	json_t *j = NULL;
	struct buf b;

	buf_init(&b, 2 * SEGMENT_LEAF_SIZE);
	if (text64_hex_build(&b, octets) == RC_OK)
		j = json_stringn((const char *)b.p, b.len);
	buf_clear(&b);
	return j;
}

static json_t *
proof_json(const struct envelope_key *e)
{
	struct segment_body body = { .locator = e->frame.locator,
		.wrap = e->frame.wrap,
		.own = e->frame.own,
		.rows = e->rows };
	crypto_hash_sha256_state digest = e->digest;
	uint8_t key[SEGMENT_KEY_SIZE];
	uint8_t leaf[SEGMENT_LEAF_SIZE];
	json_t *path = json_array();

	for (uint8_t i = 0; i < e->proof.n; i++)
		(void)json_array_append_new(
		    path, hex_json(e->proof.hashes + (size_t)i * 32, 32));
	(void)crypto_hash_sha256_final(&digest, body.digest);
	segment_key(e->frame.tag, e->frame.direction, key);
	segment_leaf(key, &body, leaf);
	return json_pack("{s:I,s:I,s:I,s:i,s:o,s:o}", "seq",
	    (json_int_t)e->proof.seq, "size", (json_int_t)e->proof.size,
	    "index", (json_int_t)e->proof.index, "rows", (int)e->rows, "leaf",
	    hex_json(leaf, sizeof(leaf)), "path", path);
}

/* Of the part that ends here: its frames are all read. */
static enum rc
proofs_take(struct reader *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->keys[i].proof.size > 0 &&
		    json_array_append_new(d->proofs, proof_json(&d->keys[i])) !=
			0)
			return RC_NOMEM;
	return RC_OK;
}

static enum rc
frame_take(const struct keep *k, struct reader *d, struct rd *r)
{
	struct journal_frame f;
	struct rd sealed;
	uint32_t envelope;
	enum rc rc = RC_BUG;

	rc = journal_frame_parse(r, &f);
	CHECK(rc == RC_OK, RC_MALFORMED); /* a part of a frame is none here */
	switch (f.type) {
	case JOURNAL_TYPE_SESSION:
		TRY(proofs_take(d));
		d->session = f.u.session;
		d->has_session = true;
		d->n = 0;
		break;
	case JOURNAL_TYPE_ENVELOPE:
		TRY(envelope_take(k, d, &f.u.envelope));
		break;
	case JOURNAL_TYPE_ROWS:
		while (f.u.rows.left > 0) {
			TRY(journal_entry_parse(&f.u.rows, &envelope, &sealed));
			TRY(row_take(d, envelope, sealed));
		}
		break;
	case JOURNAL_TYPE_PROOF:
		CHECK(d->n > 0, RC_MALFORMED);
		d->keys[d->n - 1].proof = f.u.proof;
		break;
	case JOURNAL_TYPE_CHAIN: /* not part of the answer */
		rc = RC_MALFORMED;
		break;
	}
out:
	return rc;
}

static enum rc
rows_open(const struct keep *k, struct rd frames, json_t *rows, json_t *proofs)
{
	struct reader *d = NULL;
	enum rc rc = RC_BUG;

	d = sodium_malloc(sizeof(struct reader));
	CHECK(d != NULL, RC_NOMEM);
	sodium_memzero(d, sizeof(*d));
	d->rows = rows;
	d->proofs = proofs;
	while (frames.left > 0)
		TRY(frame_take(k, d, &frames));
	TRY(proofs_take(d));
out:
	sodium_free(d);
	return rc;
}

static enum rc
file_text(struct tacet *t, json_t *rows, json_t *proofs, json_t *subscriber)
{
	json_t *o = json_pack("{s:O,s:O,s:O}", "rows", rows, "proofs", proofs,
	    "subscriber", subscriber);
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
	json_t *o = NULL, *subscriber = NULL, *rows = json_array(),
	       *proofs = json_array();
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
	CHECK(rows != NULL && proofs != NULL, RC_NOMEM);
	o = json_loadb(
	    (const char *)body.p, body.left, JSON_REJECT_DUPLICATES, NULL);
	subscriber = json_object_get(o, "subscriber");
	text = json_string_value(json_object_get(o, "rows"));
	CHECK(json_is_object(subscriber) && text != NULL, RC_MALFORMED);
	TRY(buf_reserve(&frames, ROWS_MAX, &p));
	TRY(text64_url_parse(rd_str(text), ROWS_MAX, p, &n));
	buf_commit(&frames, n);
	TRY(rows_open(t->k, buf_get(&frames), rows, proofs));
	TRY(file_text(t, rows, proofs, subscriber));
	engine_done(t);
out:
	json_decref(rows);
	json_decref(proofs);
	json_decref(o);
	buf_clear(&frames);
	return rc;
}
