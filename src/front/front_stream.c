/*
 * WebSocket (RFC 6455) on a connection after the 101: binary messages, which
 * are relay frames, whole or in fragments; pings; a close on either side.
 */
#include "front/front_internal.h"
#include "wire/ws.h"

/* Unanswered ones, 30 s apart: dead 90 s after its last word. */
#define PINGS_MAX 2

/* Section 7.4.1. */
#define CODE_NORMAL 1000
#define CODE_PROTOCOL 1002
#define CODE_KIND 1003
#define CODE_SIZE 1009

void
front_stream_frame(struct conn *c, struct rd payload)
{
	if (ws_frame_build(&c->out, WS_OP_BINARY, NULL, payload) != RC_OK)
		front_conn_close(c); /* it does not read: its mail waits */
	else
		front_conn_flush(c);
}

void
front_stream_close(struct conn *c, uint16_t code, bool tell)
{
	const uint8_t be[2] = { (uint8_t)(code >> 8), (uint8_t)code };
	const struct msg_stream m = { c->req };

	if (c->dead || c->state != CONN_STATE_STREAM)
		return;
	if (tell)
		child_send(c->front->child, PERMIT_ROLE_EXCHANGE,
		    MSG_STREAM_CLOSE, &m);
	c->state = CONN_STATE_LAST; /* so that nobody tells it again */
	c->req = 0;
	if (ws_frame_build(&c->out, WS_OP_CLOSE, NULL,
		(struct rd){ be, sizeof(be) }) != RC_OK)
		front_conn_close(c);
	else
		front_conn_last(c);
}

void
front_stream_ping(struct conn *c)
{
	if (++c->unanswered_pings > PINGS_MAX ||
	    ws_frame_build(&c->out, WS_OP_PING, NULL, rd_str("")) != RC_OK) {
		front_conn_close(c);
		return;
	}
	front_conn_phase_again(c, CONN_PHASE_PING);
	if (!c->dead)
		front_conn_flush(c);
}

/* A data frame: a whole message, or a fragment of one (section 5.4). Returns
 * the code to close with, or 0. */
static uint16_t
on_data(struct conn *c, const struct ws_frame *f)
{
	uint16_t code = 0;

	if ((f->op == WS_OP_CONT) != c->in_message)
		return CODE_PROTOCOL;
	if (f->op == WS_OP_BINARY && f->fin)
		return front_api_message(c, f->payload) ? 0 : CODE_KIND;
	if (buf_add_rd(&c->message, f->payload) != RC_OK)
		return CODE_SIZE;
	c->in_message = !f->fin;
	if (!f->fin)
		return 0;
	if (!front_api_message(c, buf_get(&c->message)))
		code = CODE_KIND;
	buf_clear(&c->message);
	return code;
}

static uint16_t
on_frame(struct conn *c, const struct ws_frame *f)
{
	switch (f->op) {
	case WS_OP_CONT:
	case WS_OP_BINARY:
		return on_data(c, f);
	case WS_OP_TEXT:
		return CODE_KIND;
	case WS_OP_CLOSE:
		return CODE_NORMAL;
	case WS_OP_PING:
		if (ws_frame_build(&c->out, WS_OP_PONG, NULL, f->payload) !=
		    RC_OK)
			front_conn_close(c);
		return 0;
	case WS_OP_PONG:
		return 0;
	}
	return CODE_PROTOCOL;
}

bool
front_stream_take(struct conn *c)
{
	struct rd r = buf_get(&c->in);
	struct ws_frame f;
	uint16_t code;
	size_t used;
	enum rc rc;

	if (r.left == 0)
		return false;
	rc = ws_frame_parse(&r, true, RELAY_FRAME_MAX, &f);
	if (rc == RC_AGAIN)
		return false;
	if (rc != RC_OK) {
		front_stream_close(
		    c, rc == RC_LIMIT ? CODE_SIZE : CODE_PROTOCOL, true);
		return false;
	}
	used = c->in.len - r.left;
	ws_unmask(c->in.p + (used - f.payload.left), f.payload.left, f.mask);
	c->unanswered_pings = 0;
	code = on_frame(c, &f);
	if (c->dead)
		return false;
	buf_consume(&c->in, used);
	if (code != 0)
		front_stream_close(c, code, true);
	return code == 0;
}
