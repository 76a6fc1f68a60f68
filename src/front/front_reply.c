/*
 * The exchange's replies as HTTP answers and stream frames. A reply whose
 * connection is gone is dropped: what it acknowledges is durable, and the
 * client asks again under its own id.
 */
#include <string.h>
#include <unistd.h>

#include "front/front_internal.h"
#include "wire/cbor.h"
#include "wire/e164.h"
#include "wire/json_body.h"
#include "wire/relay.h"
#include "wire/row.h"
#include "wire/text64.h"

#define ANSWER_MAX (2u << 20)

struct reply {
	enum msg_type type;
	void (*fn)(struct front *f, struct conn *c, const void *msg);
};

/* Takes o. */
static void
answer_json(struct conn *c, uint16_t status, json_t *o)
{
	struct buf b;

	buf_init(&b, ANSWER_MAX);
	if (json_body_build(o, &b) != RC_OK)
		front_problem(c, 503, "down", 0);
	else
		front_http_answer(
		    c, status, "application/json", buf_get(&b), 0);
	json_body_free(o);
	buf_clear(&b);
}

static json_t *
hex(struct rd octets)
{
	struct buf b;
	json_t *s = NULL;

	buf_init(&b, 128);
	if (text64_hex_build(&b, octets) == RC_OK)
		s = json_stringn((const char *)b.p, b.len);
	buf_clear(&b);
	return s;
}

static json_t *
b64(struct rd octets)
{
	struct buf b;
	json_t *s = NULL;

	buf_init(&b, ANSWER_MAX);
	if (text64_url_build(&b, octets) == RC_OK)
		s = json_stringn(b.len == 0 ? "" : (const char *)b.p, b.len);
	buf_clear(&b);
	return s;
}

static void
on_reg(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_reg_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
	else if (c->shape == CONN_SHAPE_WAIT)
		answer_json(c, 202,
		    json_pack(
			"{s:I}", "retry_after", (json_int_t)m->retry_after));
	else
		answer_json(c, 202,
		    json_pack("{s:o,s:I}", "session",
			hex((struct rd){ m->session, sizeof(m->session) }),
			"retry_after", (json_int_t)m->retry_after));
}

static void
on_account(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_account_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
	else
		answer_json(c, 201,
		    json_pack("{s:o,s:i,s:I}", "account",
			hex((struct rd){ m->account, sizeof(m->account) }),
			"device", m->device, "epoch", (json_int_t)m->epoch));
}

/* "tel:" and the number as the asker wrote it. */
static json_t *
handle(const json_t *asked, const char *name)
{
	return json_sprintf(
	    "tel:%s", json_string_value(json_object_get(asked, name)));
}

static void
on_lookup(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_lookup_reply *m = msg;
	char time[MONO_RFC3339_SIZE] = "";
	struct rd account = { m->account, sizeof(m->account) };

	(void)f;
	if (m->status != MSG_STATUS_OK || c->asked == NULL ||
	    mono_rfc3339((struct wall){ (int64_t)m->time }, time) != RC_OK) {
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
		return;
	}
	answer_json(c, 200,
	    json_pack("{s:O,s:i,s:o,s:s,s:{s:s,s:s,s:o,s:o,s:i,s:O,s:I,s:I}}",
		"number", json_object_get(c->asked, "number"), "devices",
		m->devices, "account",
		m->devices == 0 ? json_null() : hex(account), "mode", "classic",
		"recorded", "query_time", time, "client_ip", c->addr,
		"source_handle", handle(c->asked, "as"), "lookup_handle",
		handle(c->asked, "number"), "lookup_devices", m->devices,
		"cause", json_object_get(c->asked, "cause"), "source_epoch",
		(json_int_t)m->source_epoch, "lookup_epoch",
		(json_int_t)m->lookup_epoch));
}

/* The bundles' CBOR array, item by item, each as its own octets. */
static json_t *
bundles(struct rd r)
{
	json_t *a = json_array();
	size_t n = 0;

	if (r.left == 0 || cbor_get_array(&r, 8, &n) != RC_OK)
		return a;
	for (size_t i = 0; i < n; i++) {
		struct rd item = { r.p, r.left };

		if (cbor_skip(&r) != RC_OK)
			break;
		item.left -= r.left;
		(void)json_array_append_new(a, b64(item));
	}
	return a;
}

static void
on_prekeys(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_prekeys_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
	else
		answer_json(c, 200,
		    json_pack("{s:o,s:o}", "device_list", b64(m->device_list),
			"bundles", bundles(m->bundles)));
}

static void
on_link(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_link_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(c, (enum msg_status)m->status, 0);
	else
		front_http_answer(
		    c, 200, "application/octet-stream", m->octets, 0);
}

static void
on_file(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_file_reply *m = msg;
	char registered[MONO_RFC3339_SIZE] = "";
	char last[MONO_DATE_SIZE] = "";

	(void)f;
	if (m->status != MSG_STATUS_OK ||
	    mono_rfc3339((struct wall){ (int64_t)m->registered }, registered) !=
		RC_OK ||
	    mono_date((int32_t)m->last_day, last) != RC_OK) {
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
		return;
	}
	answer_json(c, 200,
	    json_pack("{s:{s:s,s:s,s:I,s:i,s:I},s:o}", "subscriber",
		"registered", registered, "last_connection", last, "epoch",
		(json_int_t)m->epoch, "devices", m->devices, "mailbox",
		(json_int_t)m->mailbox, "rows", b64(m->rows)));
}

/* PREKEYS_PUT says how many keys are left; the others have no words. */
static void
on_plain(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
	else if (c->shape == CONN_SHAPE_LEFT)
		answer_json(c, 200,
		    json_pack("{s:I}", "one_time_left", (json_int_t)m->left));
	else if (c->shape == CONN_SHAPE_EMPTY)
		answer_json(c, 202, json_object());
	else
		front_http_answer(c, 204, NULL, rd_str(""), 0);
}

/* A full tile never changes; a partial one is that of its width for ever, but
 * may be taken away; the checkpoint is the newest (tlog-tiles, Parameters). */
static void
on_log_file(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_log_file *m = msg;
	bool is_json = c->shape == CONN_SHAPE_EPOCH;
	bool is_text = c->shape == CONN_SHAPE_CHECKPOINT;

	(void)f;
	if (m->status != MSG_STATUS_OK) {
		front_problem_status(c, (enum msg_status)m->status,
		    m->status == MSG_STATUS_DOWN ? 1 : 0);
		return;
	}
	c->cache = m->fixed      ? "public, max-age=31536000, immutable"
	    : is_text || is_json ? "public, max-age=1"
				 : "public, max-age=60";
	front_http_answer(c, 200,
	    is_json       ? "application/json"
		: is_text ? "text/plain; charset=utf-8"
			  : "application/octet-stream",
	    m->octets, 0);
}

/* Evaluated tokens, or a promise. */
static void
on_octets(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_octets_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(
		    c, (enum msg_status)m->status, m->retry_after);
	else
		front_http_answer(c, 200,
		    c->shape == CONN_SHAPE_NOTE ? "text/plain; charset=utf-8"
						: "application/octet-stream",
		    m->octets, 0);
}

static void
on_private(struct front *f, struct conn *c, const void *msg)
{
	const struct msg_private_reply *m = msg;

	(void)f;
	if (m->status != MSG_STATUS_OK)
		front_problem_status(c, (enum msg_status)m->status,
		    m->status == MSG_STATUS_DOWN ? 1 : 0);
	else
		front_http_answer(
		    c, 200, "application/octet-stream", m->body, 0);
}

static void
on_sent(struct front *f, const struct msg_sent *m)
{
	struct conn *c = front_conn_find(
	    f, m->stream != 0 ? m->stream : m->req);
	struct relay_frame in;

	if (c == NULL)
		return;
	if (m->stream == 0 && m->status != MSG_STATUS_OK) {
		front_problem_status(c, (enum msg_status)m->status, 0);
		return;
	}
	if (m->stream == 0) {
		front_http_answer(c, 200, "application/cbor", m->frame, 0);
		return;
	}
	if (c->state != CONN_STATE_STREAM)
		return;
	if (m->status == MSG_STATUS_OK) {
		front_stream_frame(c, m->frame);
		return;
	}
	/* the turn was undone: say that this message is not taken */
	if (relay_frame_parse(m->frame, &in) == RC_OK &&
	    in.op == RELAY_OP_SENT) {
		struct buf b;

		buf_init(&b, 256);
		in.u.sent.status = RELAY_STATUS_DOWN;
		if (relay_frame_build(&in, &b) == RC_OK)
			front_stream_frame(c, buf_get(&b));
		buf_clear(&b);
	}
}

static void
on_stream_reply(struct front *f, const struct msg_stream_reply *m)
{
	const struct msg_stream closed = { m->stream };
	struct conn *c = front_conn_find(f, m->stream);

	if (c == NULL) {
		if (m->status == MSG_STATUS_OK)
			child_send(f->child, PERMIT_ROLE_EXCHANGE,
			    MSG_STREAM_CLOSE, &closed);
		return;
	}
	if (m->status == MSG_STATUS_OK)
		front_http_upgrade(c);
	else
		front_problem_status(c, (enum msg_status)m->status, 0);
}

static void
on_idle(struct front *f, uint64_t stream)
{
	const struct relay_frame frame = { .op = RELAY_OP_IDLE };
	struct conn *c = front_conn_find(f, stream);
	struct buf b;

	buf_init(&b, 16);
	if (c != NULL && c->state == CONN_STATE_STREAM &&
	    relay_frame_build(&frame, &b) == RC_OK)
		front_stream_frame(c, buf_get(&b));
	buf_clear(&b);
}

static const struct reply replies[] = {
	{ MSG_REG_REPLY, on_reg },
	{ MSG_ACCOUNT_REPLY, on_account },
	{ MSG_LOOKUP_REPLY, on_lookup },
	{ MSG_PREKEYS_REPLY, on_prekeys },
	{ MSG_LINK_REPLY, on_link },
	{ MSG_FILE_REPLY, on_file },
	{ MSG_REPLY, on_plain },
	{ MSG_LOG_FILE, on_log_file },
	{ MSG_OCTETS_REPLY, on_octets },
	{ MSG_PRIVATE_REPLY, on_private },
};

union any_reply {
	uint64_t req; /* first in each of the table above */
	struct msg_account_reply account;
	struct msg_lookup_reply lookup;
	struct msg_prekeys_reply prekeys;
	struct msg_file_reply file;
	struct msg_log_file log_file;
	struct msg_octets_reply octets;
	struct msg_private_reply private;
	struct msg_private_limit private_limit;
	struct msg_sent sent;
	struct msg_stream_reply stream_reply;
	struct msg_stream stream;
	struct msg_deliver deliver;
	uint8_t room[256];
};

void
front_reply(struct front *f, enum msg_type type, struct rd body)
{
	union any_reply m;
	struct conn *c;

	if (msg_parse(type, body, &m) != RC_OK)
		_exit(70); /* not from our exchange */
	if (type == MSG_SENT) {
		on_sent(f, &m.sent);
	} else if (type == MSG_STREAM_REPLY) {
		on_stream_reply(f, &m.stream_reply);
	} else if (type == MSG_PRIVATE_LIMIT) {
		front_private_limit(f, m.private_limit.max);
	} else if (type == MSG_STREAM_IDLE) {
		on_idle(f, m.stream.stream);
	} else if (type == MSG_DELIVER || type == MSG_STREAM_CLOSE) {
		c = front_conn_find(f, m.deliver.stream);
		if (c != NULL && c->state == CONN_STATE_STREAM) {
			if (type == MSG_DELIVER)
				front_stream_frame(c, m.deliver.frame);
			else
				/* a newer stream of the device took over */
				front_stream_close(c, 1000, false);
		}
	} else {
		if (type == MSG_LOG_FILE && f->n_log > 0)
			f->n_log--;
		if (type == MSG_PRIVATE_REPLY && f->n_private > 0)
			f->n_private--;
		c = front_conn_find(f, m.req);
		for (size_t i = 0; c != NULL && i < ARRAY_LEN(replies); i++)
			if (replies[i].type == type)
				replies[i].fn(f, c, &m);
	}
	explicit_bzero(&m, sizeof(m));
}
