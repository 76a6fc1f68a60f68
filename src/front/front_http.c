/*
 * HTTP/1.1 on a connection: one whole request at a time to front_api.c, and
 * answers with the headers every answer has. After an error in the framing the
 * connection ends: where the next request would begin is unknown.
 */
#include <string.h>
#include <strings.h>

#include "front/front_internal.h"
#include "wire/json_body.h"

/* RFC 6797; the rest keeps browsers from making anything of an answer. */
#define SECURITY_FIELDS                                   \
	"Strict-Transport-Security: max-age=31536000\r\n" \
	"X-Content-Type-Options: nosniff\r\n"             \
	"Content-Security-Policy: default-src 'none'\r\n"
#define NO_STORE "no-store"

/* --- answers -------------------------------------------------------------- */

static enum rc
answer_add(struct conn *c, uint16_t status, const char *type, struct rd body,
    uint32_t retry_after)
{
	enum rc rc = RC_BUG;

	TRY(http1_status_build(&c->out, status));
	TRY(buf_add_str(&c->out, SECURITY_FIELDS));
	TRY(http1_field_build(&c->out, "Cache-Control",
	    rd_str(c->cache != NULL ? c->cache : NO_STORE)));
	if (!c->keep_alive)
		TRY(buf_add_str(&c->out, "Connection: close\r\n"));
	if (type != NULL)
		TRY(http1_field_build(&c->out, "Content-Type", rd_str(type)));
	if (retry_after > 0)
		TRY(buf_add_fmt(&c->out, "Retry-After: %u\r\n", retry_after));
	if (status == 405) /* RFC 9110 section 15.5.6 */
		TRY(http1_field_build(&c->out, "Allow", rd_str(c->allow)));
	if (status == 204) /* RFC 9110 section 8.6: no Content-Length */
		TRY(buf_add_str(&c->out, "\r\n"));
	else
		TRY(http1_end_build(&c->out, body.left));
	if (!c->is_head)
		TRY(buf_add_rd(&c->out, body));
out:
	return rc;
}

void
front_http_release(struct conn *c)
{
	if (c->is_large)
		c->front->n_large--;
	c->is_large = false;
}

void
front_http_answer(struct conn *c, uint16_t status, const char *type,
    struct rd body, uint32_t retry_after)
{
	if (c->dead)
		return;
	if (c->ohttp != NULL) {
		front_ohttp_answer(c, status, type, body, retry_after);
		return;
	}
	if (c->front->stopping)
		c->keep_alive = false;
	if (answer_add(c, status, type, body, retry_after) != RC_OK) {
		front_conn_close(c);
		return;
	}
	c->req = 0;
	c->cache = NULL;
	json_body_free(c->asked);
	c->asked = NULL;
	if (!c->keep_alive) {
		front_conn_last(c);
		return;
	}
	c->state = CONN_STATE_HTTP;
	front_conn_phase(c, CONN_PHASE_IDLE);
	front_conn_process(c); /* the next one may be there already */
}

void
front_http_upgrade(struct conn *c)
{
	if (buf_add_str(&c->out,
		"HTTP/1.1 101 Switching Protocols\r\n" SECURITY_FIELDS
		"Cache-Control: " NO_STORE "\r\n"
		"Upgrade: websocket\r\nConnection: Upgrade\r\n") != RC_OK ||
	    http1_field_build(
		&c->out, "Sec-WebSocket-Accept", rd_str(c->accept)) != RC_OK ||
	    buf_add_str(&c->out, "\r\n") != RC_OK) {
		front_conn_close(c);
		return;
	}
	c->state = CONN_STATE_STREAM;
	front_conn_phase(c, CONN_PHASE_PING);
	if (!c->dead)
		front_conn_process(c);
}

/* --- requests ------------------------------------------------------------- */

static void
refuse(struct conn *c, uint16_t status, const char *name, uint32_t retry_after)
{
	c->keep_alive = false;
	front_problem(c, status, name, retry_after);
}

void
front_http_timeout(struct conn *c)
{
	if (c->phase == CONN_PHASE_WAIT)
		front_problem(c, 503, "down", 1); /* a late reply is dropped */
	else if (c->in.len > 0)
		refuse(c, 408, "timeout", 0);
	else
		front_conn_close(c); /* connected and said nothing */
}

/* RFC 9110 section 10.1.1: who asks first is told to go on, once. */
static void
go_on(struct conn *c, const struct http1_head *h)
{
	struct rd expect;

	if (c->continued || h->minor == 0 ||
	    http1_find(h, "expect", &expect) != RC_OK || expect.left != 12 ||
	    strncasecmp((const char *)expect.p, "100-continue", 12) != 0)
		return;
	c->continued = true;
	if (buf_add_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n") != RC_OK)
		front_conn_close(c);
}

/* False: refused, and answered. */
static bool
is_welcome(struct conn *c, const struct http1_head *h)
{
	struct front *f = c->front;

	if (!h->has_length || h->length == 0)
		return true;
	if (h->length > front_api_max(f, h)) {
		refuse(c, 413, "too-large", 0);
		return false;
	}
	if (h->length <= FRONT_LARGE || c->is_large)
		return true;
	if (f->n_large >= FRONT_LARGE_MAX) {
		refuse(c, 503, "down", 1);
		return false;
	}
	c->is_large = true;
	f->n_large++;
	return true;
}

static void
run(struct conn *c, const struct http1_head *h, struct rd body)
{
	struct front *f = c->front;

	if (++f->generation == 0)
		f->generation = 1; /* a req is never 0 */
	c->keep_alive = h->keep_alive;
	c->is_head = rd_is_eq(h->method, "HEAD");
	c->continued = false;
	c->state = CONN_STATE_WAITING;
	c->req = (uint64_t)c->slot << 32 | f->generation;
	front_conn_phase(c, CONN_PHASE_WAIT);
	if (!c->dead)
		front_api_request(c, h, body);
}

bool
front_http_take(struct conn *c)
{
	struct rd r = buf_get(&c->in);
	struct http1_head h;
	struct rd body;
	size_t used;
	enum rc rc;

	if (r.left == 0)
		return false;
	c->is_head = false;
	rc = http1_request_parse(&r, &h);
	if (rc == RC_AGAIN) {
		front_conn_phase(c, CONN_PHASE_HEAD);
		return false;
	}
	if (rc != RC_OK) {
		refuse(c, rc == RC_LIMIT ? 431 : 400,
		    rc == RC_LIMIT ? "fields-too-large" : "malformed", 0);
		return false;
	}
	if (!is_welcome(c, &h))
		return false;
	if (rd_take(&r, h.has_length ? (size_t)h.length : 0, &body) != RC_OK) {
		front_conn_phase(c, CONN_PHASE_BODY);
		if (!c->dead)
			go_on(c, &h);
		return false;
	}
	used = c->in.len - r.left;
	run(c, &h, body);
	if (c->dead || c->state == CONN_STATE_LINGER)
		return false;
	front_http_release(c);
	explicit_bzero(c->in.p, used); /* it may hold numbers and texts */
	buf_consume(&c->in, used);
	return c->state == CONN_STATE_HTTP;
}
