/*
 * The gateway of Oblivious HTTP (RFC 9458; doc/protocol/ohttp.md): opens what a
 * relay brings, has it answered like any other request of the routes that are
 * for it, and seals the answer. It knows the relay's address and the request;
 * the relay knows the client's address.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "front/front_internal.h"
#include "wire/bhttp.h"
#include "wire/ohttp_config.h"

static const char *const request_types[] = {
	[OHTTP_FORM_WHOLE] = "message/ohttp-req",
	[OHTTP_FORM_CHUNKED] = "message/ohttp-chunked-req",
};
static const char *const answer_types[] = {
	[OHTTP_FORM_WHOLE] = "message/ohttp-res",
	[OHTTP_FORM_CHUNKED] = "message/ohttp-chunked-res",
};

/* --- keys ----------------------------------------------------------------- */

/* All that are valid, as clients get them and as requests are opened. */
static enum rc
keys_take(struct front *f, struct rd text)
{
	struct ohttp_config_key keys[OHTTP_CONFIG_KEYS];
	struct ohttp_config c;
	struct ohttp_key *key;
	struct secret *s = NULL;
	struct buf list;
	size_t n = 0;
	enum rc rc = RC_BUG;

	buf_init(&list, OHTTP_CONFIG_KEYS * OHTTP_CONFIG_SIZE);
	CHECK(ohttp_config_file_parse(text, keys, &n) == RC_OK, RC_CORRUPT);
	TRY(secret_new(n * sizeof(*key), &s));
	key = (struct ohttp_key *)(void *)secret_bytes(s);
	for (size_t i = 0; i < n; i++) {
		key[i] = (struct ohttp_key){ .id = keys[i].id,
			.aeads = {
			    &hpke_chacha20_poly1305, &hpke_aes_128_gcm } };
		memcpy(key[i].secret_key, keys[i].secret_key,
		    sizeof(key[i].secret_key));
		ohttp_config_of(&keys[i], &c);
		TRY(ohttp_config_build(&c, &list));
	}
	secret_free(f->ohttp_keys);
	buf_clear(&f->ohttp_list);
	f->ohttp_keys = s;
	f->ohttp_list = list; /* moved */
	f->n_ohttp_keys = n;
	s = NULL;
	buf_init(&list, 0);
out:
	explicit_bzero(keys, sizeof(keys));
	secret_free(s);
	buf_clear(&list);
	return rc;
}

enum rc
front_ohttp_load(struct front *f)
{
	struct buf text;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&text, OHTTP_CONFIG_FILE_MAX);
	TRY(child_file_take(f->child, "ohttp.key", &fd));
	TRY(file_read(fd, &text));
	TRY(keys_take(f, buf_get(&text)));
out:
	buf_clear(&text);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

void
front_ohttp_clear(struct front *f)
{
	secret_free(f->ohttp_keys);
	f->ohttp_keys = NULL;
	buf_clear(&f->ohttp_list);
}

/* --- requests ------------------------------------------------------------- */

/* What the client wants the answer to be as large as, whatever it is; 0: it
 * did not say. */
static size_t
asked_size(const struct http1_head *h)
{
	struct rd v;
	size_t n = 0;

	if (http1_find(h, BHTTP_ANSWER_SIZE, &v) != RC_OK || v.left > 7)
		return 0;
	for (size_t i = 0; i < v.left; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return 0;
		n = n * 10 + (size_t)(v.p[i] - '0');
	}
	return n <= FRONT_OHTTP_ANSWER_MAX ? n : FRONT_OHTTP_ANSWER_MAX;
}

/* The request inside. From here on every answer is sealed, so that the relay
 * does not see which it was. */
static void
run(struct request *r, struct front_ohttp *o, struct rd octets)
{
	struct conn *c = r->conn;
	struct bhttp m;
	struct buf joined;

	buf_init(&joined, octets.left);
	c->ohttp = o;
	if (bhttp_request_parse(octets, &joined, &m) != RC_OK ||
	    !rd_is_eq(m.scheme, "https")) {
		front_problem(c, 400, "malformed", 0);
	} else {
		o->size = asked_size(&m.head);
		front_api_request(c, &m.head, m.content);
	}
	buf_clear(&joined);
}

void
front_ohttp_request(struct request *r)
{
	struct front *f = r->conn->front;
	const struct ohttp_key *keys =
	    (const void *)secret_get(f->ohttp_keys).p;
	struct front_ohttp *o = NULL;
	enum ohttp_form form = OHTTP_FORM_CHUNKED;
	struct buf inner;
	enum rc rc = RC_BUG;

	buf_init(&inner, r->body.left);
	if (front_api_is_type(r->head, request_types[OHTTP_FORM_WHOLE]))
		form = OHTTP_FORM_WHOLE;
	else
		CHECK(
		    front_api_is_type(r->head, request_types[form]), RC_STATE);
	o = failmem_alloc(sizeof(*o));
	CHECK(o != NULL, RC_NOMEM);
	TRY(ohttp_request_open(
	    keys, f->n_ohttp_keys, form, r->body, &o->reply, &inner));
	run(r, o, buf_get(&inner));
	o = NULL; /* the connection's, or gone with its answer */
out:
	free(o);
	buf_clear(&inner);
	if (rc == RC_STATE)
		front_problem(r->conn, 415, "media-type", 0);
	else if (rc == RC_NOT_FOUND) /* RFC 9458 section 5.3 */
		front_problem(r->conn, 422, "ohttp-key", 0);
	else if (rc == RC_DENIED || rc == RC_MALFORMED)
		front_problem(r->conn, 400, "malformed", 0);
	else if (rc != RC_OK)
		front_problem(r->conn, 503, "down", 1);
}

void
front_ohttp_keys(struct request *r)
{
	r->conn->cache = "public, max-age=300";
	front_http_answer(r->conn, 200, OHTTP_CONFIG_TYPE,
	    buf_get(&r->conn->front->ohttp_list), 0);
}

/* --- answers -------------------------------------------------------------- */

static void
field(struct bhttp *m, const char *name, const char *value)
{
	m->head.fields[m->head.n_fields++] = (struct http1_field){ rd_str(name),
		rd_str(value) };
}

static enum rc
answer_seal(const struct conn *c, const struct bhttp *m, struct buf *b)
{
	const struct front_ohttp *o = c->ohttp;
	struct buf plain;
	size_t n;
	enum rc rc = RC_BUG;

	buf_init(&plain, FRONT_OUT_MAX);
	TRY(bhttp_response_build(m, o->size, &plain));
	n = plain.len;
	if (n > o->size)
		TRY(bhttp_pad(&plain, bhttp_size(n) - n));
	TRY(ohttp_response_seal(&o->reply, buf_get(&plain), b));
out:
	buf_clear(&plain);
	return rc;
}

void
front_ohttp_free(struct conn *c)
{
	if (c->ohttp == NULL)
		return;
	ohttp_reply_clear(&c->ohttp->reply);
	free(c->ohttp);
	c->ohttp = NULL;
}

void
front_ohttp_answer(struct conn *c, uint16_t status, const char *type,
    struct rd body, uint32_t retry_after)
{
	const char *outer = answer_types[c->ohttp->reply.form];
	struct bhttp m = { .head.status = status, .content = body };
	char seconds[16];
	struct buf sealed;
	enum rc rc;

	buf_init(&sealed, FRONT_OUT_MAX);
	(void)snprintf(seconds, sizeof(seconds), "%u", retry_after);
	if (type != NULL)
		field(&m, "content-type", type);
	if (c->cache != NULL)
		field(&m, "cache-control", c->cache);
	if (retry_after > 0)
		field(&m, "retry-after", seconds);
	if (status == 405)
		field(&m, "allow", c->allow);
	rc = answer_seal(c, &m, &sealed);
	front_ohttp_free(c);
	c->cache = NULL; /* RFC 9458 section 6.4: nobody keeps it */
	if (rc == RC_OK)
		front_http_answer(c, 200, outer, buf_get(&sealed), 0);
	else
		front_conn_close(c);
	buf_clear(&sealed);
}
