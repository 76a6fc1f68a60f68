#include <sodium.h>
#include <string.h>

#include "dial/dial_internal.h"
#include "wire/http1.h"
#include "wire/text64.h"
#include "wire/ws.h"

#define OUT_MAX (DIAL_BODY_MAX + 64)

static enum rc
handshake_send(
    struct dial *d, const char *target, struct rd fields, struct buf *key)
{
	uint8_t nonce[16];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, HTTP1_HEAD_MAX);
	randombytes_buf(nonce, sizeof(nonce));
	TRY(text64_std_build(key, (struct rd){ nonce, sizeof(nonce) }));
	TRY(http1_request_build(&b, "GET", target, d->url.authority));
	TRY(http1_field_build(&b, "Upgrade", rd_str("websocket")));
	TRY(http1_field_build(&b, "Connection", rd_str("Upgrade")));
	TRY(http1_field_build(&b, "Sec-WebSocket-Version", rd_str("13")));
	TRY(http1_field_build(&b, "Sec-WebSocket-Key", buf_get(key)));
	TRY(buf_add_rd(&b, fields));
	TRY(buf_add_str(&b, "\r\n"));
	TRY(dial_internal_write(d, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

/* RFC 6455 section 4.1: status 101, the upgrade, and our key's answer. */
static enum rc
handshake_check(struct dial *d, const struct http1_head *h, struct rd key)
{
	char want[WS_ACCEPT_SIZE];
	struct rd got = { 0 };
	enum rc rc = RC_BUG;

	CHECK(h->upgrade_websocket, RC_MALFORMED);
	TRY(ws_accept(key, want));
	TRY(http1_find(h, "Sec-WebSocket-Accept", &got));
	CHECK(rd_is_eq(got, want), RC_MALFORMED);
out:
	if (rc != RC_OK)
		rc = dial_internal_fail(
		    d, RC_MALFORMED, "not a WebSocket answer");
	return rc;
}

static enum rc
handshake_read(struct dial *d, struct rd key, uint16_t *ret_status)
{
	struct mono end = mono_add_ms(mono_now(), d->timeout_ms);
	struct http1_head h = { 0 };
	struct rd in = { 0 };
	enum rc rc = RC_BUG;

	for (;;) {
		int64_t left = mono_diff_ms(end, mono_now());

		in = buf_get(&d->in);
		rc = in.left > 0 ? http1_response_parse(&in, &h) : RC_AGAIN;
		if (rc == RC_OK)
			break;
		CHECK(rc == RC_AGAIN,
		    dial_internal_fail(d, RC_MALFORMED, "not an HTTP answer"));
		CHECK(left > 0,
		    dial_internal_fail(d, RC_IO, "no answer in time"));
		rc = dial_internal_read(d, (int)left);
		CHECK(rc == RC_OK || rc == RC_AGAIN, rc);
	}
	*ret_status = h.status;
	CHECK(h.status == 101, RC_STATE);
	TRY(handshake_check(d, &h, key));
	buf_consume(&d->in, d->in.len - in.left);
out:
	return rc;
}

enum rc
dial_ws_start(
    struct dial *d, const char *target, struct rd fields, uint16_t *ret_status)
{
	struct buf key;
	enum rc rc = RC_BUG;

	buf_init(&key, 64);
	*ret_status = 0;
	TRY(dial_internal_connect(d));
	TRY(handshake_send(d, target, fields, &key));
	TRY(handshake_read(d, buf_get(&key), ret_status));
	d->is_stream = true;
out:
	buf_clear(&key);
	if (rc != RC_OK)
		dial_hang_up(d);
	return rc;
}

static enum rc
frame_send(struct dial *d, enum ws_op op, struct rd payload)
{
	uint8_t mask[4];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, OUT_MAX);
	CHECK(d->is_stream && d->ssl != NULL, RC_IO);
	/* fresh and unpredictable for each frame: section 5.3 */
	randombytes_buf(mask, sizeof(mask));
	TRY(ws_frame_build(&b, op, mask, payload));
	TRY(dial_internal_write(d, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

enum rc
dial_ws_send(struct dial *d, struct rd message)
{
	return frame_send(d, WS_OP_BINARY, message);
}

enum rc
dial_ws_ping(struct dial *d)
{
	return frame_send(d, WS_OP_PING, rd_str("tacet"));
}

/* One frame that is here. RC_OK with ret->p set: a message is whole; with p
 * NULL: go on reading. */
static enum rc
frame_take(struct dial *d, const struct ws_frame *f, struct rd *ret)
{
	enum rc rc = RC_OK;

	*ret = (struct rd){ 0 };
	switch (f->op) {
	case WS_OP_PING:
		TRY(frame_send(d, WS_OP_PONG, f->payload));
		break;
	case WS_OP_PONG:
		break;
	case WS_OP_CLOSE:
		rc = dial_internal_fail(
		    d, RC_IO, "the server closed the stream");
		break;
	case WS_OP_TEXT:
		rc = dial_internal_fail(
		    d, RC_MALFORMED, "a text frame in the stream");
		break;
	case WS_OP_BINARY:
	case WS_OP_CONT:
		if (f->op == WS_OP_BINARY && f->fin) {
			*ret = f->payload;
			if (ret->p == NULL)
				ret->p = d->in.p;
			break;
		}
		TRY(buf_add_rd(&d->joined, f->payload));
		d->joined_lent = f->fin;
		if (f->fin)
			*ret = buf_get(&d->joined);
		break;
	}
out:
	return rc;
}

/* Drops what the caller was lent before. */
static void
lent_drop(struct dial *d)
{
	if (d->in_used > 0)
		buf_consume(&d->in, d->in_used);
	d->in_used = 0;
	if (d->joined_lent)
		buf_clear(&d->joined);
	d->joined_lent = false;
}

enum rc
dial_ws_next(struct dial *d, int wait_ms, struct rd *ret_message)
{
	struct mono end = mono_add_ms(mono_now(), wait_ms);
	struct rd message = { 0 };
	bool first = true;
	enum rc rc = RC_BUG;

	CHECK(d->is_stream && d->ssl != NULL, RC_IO);
	for (;;) {
		struct ws_frame f = { 0 };
		struct rd in = { 0 };
		int64_t left = mono_diff_ms(end, mono_now());

		lent_drop(d);
		in = buf_get(&d->in);
		rc = in.left > 0 ? ws_frame_parse(&in, false, DIAL_BODY_MAX, &f)
				 : RC_AGAIN;
		if (rc == RC_AGAIN) {
			/* once at least, so that a wait of 0 ms can read */
			if (left <= 0 && !first)
				goto out;
			first = false;
			rc = dial_internal_read(d, left > 0 ? (int)left : 0);
			if (rc != RC_OK)
				goto out;
			continue;
		}
		CHECK(rc == RC_OK,
		    dial_internal_fail(d, RC_MALFORMED, "not a WebSocket"));
		d->in_used = d->in.len - in.left;
		TRY(frame_take(d, &f, &message));
		if (message.p != NULL)
			break;
	}
	*ret_message = message;
out:
	if (rc != RC_OK && rc != RC_AGAIN)
		dial_hang_up(d);
	return rc;
}
