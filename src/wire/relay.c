#include "wire/relay.h"

#include "wire/cbor.h"

#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z */

/* Items of each frame's array, the op among them; indexed by op. */
static const size_t frame_items[] = {
	[RELAY_OP_SEND] = 5,
	[RELAY_OP_ACK] = 2,
	[RELAY_OP_SENT] = 7,
	[RELAY_OP_DELIVER] = 5,
	[RELAY_OP_IDLE] = 1,
};

static enum rc
u32_get(struct rd *r, uint32_t *ret_v)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, UINT32_MAX, &v));
	*ret_v = (uint32_t)v;
out:
	return rc;
}

/* A device id above the one before it: ids ascend, 1 to 255. */
static enum rc
device_get(struct rd *r, uint8_t before, uint8_t *ret_id)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_uint(r, UINT8_MAX, &v));
	CHECK(v > before, RC_MALFORMED);
	*ret_id = (uint8_t)v;
out:
	return rc;
}

static enum rc
device_put(struct buf *b, uint8_t before, uint8_t id)
{
	return id > before ? cbor_put_u64(b, id) : RC_MALFORMED;
}

static enum rc
send_get(struct rd *r, struct relay_send *s)
{
	uint8_t last = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_fixed(r, sizeof(s->id), s->id));
	TRY(cbor_get_fixed(r, sizeof(s->account), s->account));
	TRY(u32_get(r, &s->list_version));
	TRY(cbor_get_array(r, DEVICE_LIST_MAX, &s->n));
	CHECK(s->n > 0, RC_MALFORMED);
	for (size_t i = 0; i < s->n; i++) {
		TRY(cbor_get_array(r, 2, &n));
		CHECK(n == 2, RC_MALFORMED);
		TRY(device_get(r, last, &s->to[i].device));
		last = s->to[i].device;
		TRY(cbor_get_bytes(r, RELAY_ENVELOPE_MAX, &s->to[i].envelope));
		CHECK(s->to[i].envelope.left > 0, RC_MALFORMED);
	}
out:
	return rc;
}

static enum rc
send_put(struct buf *b, const struct relay_send *s)
{
	uint8_t last = 0;
	enum rc rc = RC_BUG;

	CHECK(s->n > 0 && s->n <= DEVICE_LIST_MAX, RC_MALFORMED);
	TRY(cbor_put_bytes(b, (struct rd){ s->id, sizeof(s->id) }));
	TRY(cbor_put_bytes(b, (struct rd){ s->account, sizeof(s->account) }));
	TRY(cbor_put_u64(b, s->list_version));
	TRY(cbor_put_array(b, s->n));
	for (size_t i = 0; i < s->n; i++) {
		CHECK(s->to[i].envelope.left > 0 &&
			s->to[i].envelope.left <= RELAY_ENVELOPE_MAX,
		    RC_MALFORMED);
		TRY(cbor_put_array(b, 2));
		TRY(device_put(b, last, s->to[i].device));
		last = s->to[i].device;
		TRY(cbor_put_bytes(b, s->to[i].envelope));
	}
out:
	return rc;
}

static enum rc
ids_get(struct rd *r, uint8_t ids[DEVICE_LIST_MAX], size_t *ret_n)
{
	uint8_t last = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, DEVICE_LIST_MAX, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(device_get(r, last, &ids[i]));
		last = ids[i];
	}
	*ret_n = n;
out:
	return rc;
}

static enum rc
ids_put(struct buf *b, const uint8_t ids[DEVICE_LIST_MAX], size_t n)
{
	uint8_t last = 0;
	enum rc rc = RC_BUG;

	CHECK(n <= DEVICE_LIST_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, n));
	for (size_t i = 0; i < n; i++) {
		TRY(device_put(b, last, ids[i]));
		last = ids[i];
	}
out:
	return rc;
}

static enum rc
sent_get(struct rd *r, struct relay_sent *s)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_fixed(r, sizeof(s->id), s->id));
	TRY(cbor_get_uint(r, RELAY_STATUS_DOWN, &v));
	s->status = (enum relay_status)v;
	TRY(u32_get(r, &s->retry_after));
	TRY(ids_get(r, s->missing, &s->n_missing));
	TRY(ids_get(r, s->extra, &s->n_extra));
	TRY(u32_get(r, &s->list_version));
out:
	return rc;
}

static enum rc
sent_put(struct buf *b, const struct relay_sent *s)
{
	enum rc rc = RC_BUG;

	CHECK((unsigned int)s->status <= RELAY_STATUS_DOWN, RC_MALFORMED);
	TRY(cbor_put_bytes(b, (struct rd){ s->id, sizeof(s->id) }));
	TRY(cbor_put_u64(b, (uint64_t)s->status));
	TRY(cbor_put_u64(b, s->retry_after));
	TRY(ids_put(b, s->missing, s->n_missing));
	TRY(ids_put(b, s->extra, s->n_extra));
	TRY(cbor_put_u64(b, s->list_version));
out:
	return rc;
}

static enum rc
deliver_get(struct rd *r, struct relay_deliver *d)
{
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_u64(r, &d->seq));
	TRY(cbor_get_uint(r, TIME_MAX, &v));
	d->time.s = (int64_t)v;
	TRY(cbor_get_uint(r, RELAY_KIND_SMS_STATE, &v));
	CHECK(v >= RELAY_KIND_MESSAGE, RC_MALFORMED);
	d->kind = (enum relay_kind)v;
	TRY(cbor_get_bytes(r, RELAY_ENVELOPE_MAX, &d->octets));
out:
	return rc;
}

static enum rc
deliver_put(struct buf *b, const struct relay_deliver *d)
{
	enum rc rc = RC_BUG;

	CHECK(d->time.s >= 0 && d->time.s <= TIME_MAX, RC_MALFORMED);
	CHECK(d->kind >= RELAY_KIND_MESSAGE && d->kind <= RELAY_KIND_SMS_STATE,
	    RC_MALFORMED);
	CHECK(d->octets.left <= RELAY_ENVELOPE_MAX, RC_MALFORMED);
	TRY(cbor_put_u64(b, d->seq));
	TRY(cbor_put_u64(b, (uint64_t)d->time.s));
	TRY(cbor_put_u64(b, (uint64_t)d->kind));
	TRY(cbor_put_bytes(b, d->octets));
out:
	return rc;
}

static enum rc
frame_get(struct rd *r, struct relay_frame *f)
{
	switch (f->op) {
	case RELAY_OP_SEND:
		return send_get(r, &f->u.send);
	case RELAY_OP_ACK:
		return cbor_get_u64(r, &f->u.ack_seq);
	case RELAY_OP_SENT:
		return sent_get(r, &f->u.sent);
	case RELAY_OP_DELIVER:
		return deliver_get(r, &f->u.deliver);
	case RELAY_OP_IDLE:
		return RC_OK;
	}
	return RC_MALFORMED;
}

static enum rc
frame_put(struct buf *b, const struct relay_frame *f)
{
	switch (f->op) {
	case RELAY_OP_SEND:
		return send_put(b, &f->u.send);
	case RELAY_OP_ACK:
		return cbor_put_u64(b, f->u.ack_seq);
	case RELAY_OP_SENT:
		return sent_put(b, &f->u.sent);
	case RELAY_OP_DELIVER:
		return deliver_put(b, &f->u.deliver);
	case RELAY_OP_IDLE:
		return RC_OK;
	}
	return RC_MALFORMED;
}

enum rc
relay_frame_parse(struct rd octets, struct relay_frame *ret_f)
{
	struct relay_frame f = { .op = RELAY_OP_IDLE };
	uint64_t op = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(octets.left <= RELAY_FRAME_MAX, RC_MALFORMED);
	TRY(cbor_get_array(&octets, 7, &n));
	TRY(cbor_get_uint(&octets, RELAY_OP_IDLE, &op));
	CHECK(op >= RELAY_OP_SEND && n == frame_items[op], RC_MALFORMED);
	f.op = (enum relay_op)op;
	TRY(frame_get(&octets, &f));
	TRY(rd_end(&octets));
	*ret_f = f;
out:
	return rc;
}

enum rc
relay_frame_build(const struct relay_frame *f, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(f->op >= RELAY_OP_SEND && f->op <= RELAY_OP_IDLE, RC_MALFORMED);
	TRY(cbor_put_array(b, frame_items[f->op]));
	TRY(cbor_put_u64(b, (uint64_t)f->op));
	TRY(frame_put(b, f));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
