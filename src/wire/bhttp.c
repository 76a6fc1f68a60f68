#include "wire/bhttp.h"

#include <string.h>

#include "base/varint.h"

#define SIZE_LEAST 1024
#define SIZE_STEP 65536
#define INFORMATIONAL_MAX 8 /* ours: section 3.5.1 has no number */

/* Section 3.3; an odd one is a response. */
enum framing {
	FRAMING_REQUEST = 0,
	FRAMING_RESPONSE = 1,
	FRAMING_OPEN_REQUEST = 2,
	FRAMING_OPEN_RESPONSE = 3
};

/* Section 3.6; a pseudo-field's colon is in no token. Values as RFC 9113
 * section 8.2.1 has them. */
static bool
is_field(const struct http1_field *f)
{
	struct rd v = f->value;

	if (!http1_is_token(f->name) || !http1_is_value(v))
		return false;
	return v.left == 0 ||
	    (v.p[0] != ' ' && v.p[0] != '\t' && v.p[v.left - 1] != ' ' &&
		v.p[v.left - 1] != '\t');
}

/* --- reading -------------------------------------------------------------- */

/* One field line; RC_NOT_FOUND: the terminator of an open section. */
static enum rc
field_take(struct rd *r, struct http1_field *ret_f)
{
	struct http1_field f = { 0 };
	enum rc rc = RC_BUG;

	TRY(varint_take(r, &f.name));
	CHECK(f.name.left > 0, RC_NOT_FOUND);
	TRY(varint_take(r, &f.value));
	CHECK(is_field(&f), RC_MALFORMED);
	*ret_f = f;
out:
	return rc;
}

/* A field section into h, which may be NULL. One that is missing at the end of
 * the message is empty (section 3.8). */
static enum rc
fields_take(struct rd *r, bool is_open, struct http1_head *h)
{
	struct rd section = { r->p, 0 };
	struct rd *at = is_open ? r : &section;
	struct http1_field f;
	size_t n = 0;
	enum rc rc = RC_BUG;

	if (r->left == 0)
		return RC_OK;
	if (!is_open)
		TRY(varint_take(r, &section));
	while (is_open || section.left > 0) {
		rc = field_take(at, &f);
		if (rc == RC_NOT_FOUND && is_open)
			break;
		CHECK(rc == RC_OK, rc == RC_NOT_FOUND ? RC_MALFORMED : rc);
		CHECK(n < HTTP1_FIELDS_MAX, RC_LIMIT);
		if (h != NULL)
			h->fields[n] = f;
		n++;
	}
	if (h != NULL)
		h->n_fields = n;
	rc = RC_OK;
out:
	return rc;
}

/* Section 3.7, and 3.2 for content in pieces. */
static enum rc
content_take(struct rd *r, bool is_open, struct buf *joined, struct bhttp *m)
{
	struct rd piece = { 0 };
	enum rc rc = RC_BUG;

	m->content = (struct rd){ r->p, 0 };
	if (r->left == 0)
		return RC_OK;
	if (!is_open) {
		TRY(varint_take(r, &m->content));
		goto out;
	}
	for (;;) {
		TRY(varint_take(r, &piece));
		if (piece.left == 0)
			break;
		TRY(buf_add_rd(joined, piece));
	}
	m->content = buf_get(joined);
out:
	return rc;
}

/* What follows the control data of a final message. */
static enum rc
rest_parse(struct rd *r, bool is_open, struct buf *joined, struct bhttp *m)
{
	enum rc rc = RC_BUG;

	TRY(fields_take(r, is_open, &m->head));
	TRY(content_take(r, is_open, joined, m));
	TRY(fields_take(r, is_open, NULL)); /* the trailers */
	for (size_t i = 0; i < r->left; i++)
		CHECK(r->p[i] == 0, RC_MALFORMED);
	m->head.has_length = true;
	m->head.length = m->content.left;
	m->head.keep_alive = true;
	m->head.minor = 1;
	rc = RC_OK;
out:
	return rc;
}

enum rc
bhttp_request_parse(struct rd message, struct buf *joined, struct bhttp *ret_m)
{
	struct bhttp m = { 0 };
	uint64_t framing = 0;
	enum rc rc = RC_BUG;

	TRY(varint_get(&message, &framing));
	CHECK(framing == FRAMING_REQUEST || framing == FRAMING_OPEN_REQUEST,
	    RC_MALFORMED);
	TRY(varint_take(&message, &m.head.method));
	TRY(varint_take(&message, &m.scheme));
	TRY(varint_take(&message, &m.authority));
	TRY(varint_take(&message, &m.head.target));
	CHECK(http1_is_token(m.head.method) && http1_is_token(m.scheme) &&
		http1_is_value(m.authority),
	    RC_MALFORMED);
	CHECK(m.head.target.left <= HTTP1_TARGET_MAX, RC_LIMIT);
	CHECK(http1_is_target(m.head.target), RC_MALFORMED);
	TRY(rest_parse(&message, framing == FRAMING_OPEN_REQUEST, joined, &m));
	*ret_m = m;
out:
	return rc;
}

/* Section 3.5: informational responses first, each with its fields. */
static enum rc
status_take(struct rd *r, bool is_open, uint16_t *ret_status)
{
	uint64_t status = 0;
	enum rc rc = RC_BUG;

	for (size_t n = 0;; n++) {
		TRY(varint_get(r, &status));
		CHECK(status >= 100 && status <= 599, RC_MALFORMED);
		if (status >= 200)
			break;
		CHECK(n < INFORMATIONAL_MAX, RC_LIMIT);
		TRY(fields_take(r, is_open, NULL));
	}
	*ret_status = (uint16_t)status;
out:
	return rc;
}

enum rc
bhttp_response_parse(struct rd message, struct buf *joined, struct bhttp *ret_m)
{
	struct bhttp m = { 0 };
	uint64_t framing = 0;
	bool is_open;
	enum rc rc = RC_BUG;

	TRY(varint_get(&message, &framing));
	CHECK(framing == FRAMING_RESPONSE || framing == FRAMING_OPEN_RESPONSE,
	    RC_MALFORMED);
	is_open = framing == FRAMING_OPEN_RESPONSE;
	TRY(status_take(&message, is_open, &m.head.status));
	TRY(rest_parse(&message, is_open, joined, &m));
	*ret_m = m;
out:
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static enum rc
fields_build(const struct http1_head *h, struct buf *b)
{
	struct buf section;
	enum rc rc = RC_BUG;

	buf_init(&section, b->max);
	for (size_t i = 0; i < h->n_fields; i++) {
		CHECK(is_field(&h->fields[i]), RC_MALFORMED);
		TRY(varint_add_rd(&section, h->fields[i].name));
		TRY(varint_add_rd(&section, h->fields[i].value));
	}
	TRY(varint_add_rd(b, buf_get(&section)));
out:
	buf_clear(&section);
	return rc;
}

enum rc
bhttp_pad(struct buf *b, size_t n)
{
	uint8_t *p = NULL;
	enum rc rc = RC_BUG;

	CHECK(n <= b->max, RC_LIMIT);
	TRY(buf_reserve(b, n, &p));
	if (n > 0)
		memset(p, 0, n);
	buf_commit(b, n);
out:
	return rc;
}

size_t
bhttp_size(size_t n)
{
	size_t size = SIZE_LEAST;

	while (size < n && size < SIZE_STEP)
		size *= 2;
	return size >= n ? size : (n + SIZE_STEP - 1) / SIZE_STEP * SIZE_STEP;
}

static enum rc
rest_build(const struct bhttp *m, size_t end, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(fields_build(&m->head, b));
	TRY(varint_add_rd(b, m->content));
	TRY(varint_add(b, 0)); /* no trailers */
	if (b->len < end)
		TRY(bhttp_pad(b, end - b->len));
out:
	return rc;
}

enum rc
bhttp_request_build(const struct bhttp *m, size_t size, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(http1_is_token(m->head.method) && http1_is_token(m->scheme) &&
		http1_is_value(m->authority) &&
		http1_is_target(m->head.target) &&
		m->head.target.left <= HTTP1_TARGET_MAX,
	    RC_MALFORMED);
	CHECK(size <= b->max, RC_LIMIT);
	TRY(varint_add(b, FRAMING_REQUEST));
	TRY(varint_add_rd(b, m->head.method));
	TRY(varint_add_rd(b, m->scheme));
	TRY(varint_add_rd(b, m->authority));
	TRY(varint_add_rd(b, m->head.target));
	TRY(rest_build(m, before + size, b));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
bhttp_response_build(const struct bhttp *m, size_t size, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(m->head.status >= 200 && m->head.status <= 599, RC_MALFORMED);
	CHECK(size <= b->max, RC_LIMIT);
	TRY(varint_add(b, FRAMING_RESPONSE));
	TRY(varint_add(b, m->head.status));
	TRY(rest_build(m, before + size, b));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
