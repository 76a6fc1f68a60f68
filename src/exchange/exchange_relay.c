/*
 * The relay: quota, device list, durable, acknowledged; then delivered to the
 * device's stream in order until the device acknowledges. No sender is kept.
 */
#include <string.h>

#include "base/failmem.h"
#include "exchange/exchange_internal.h"
#include "wire/relay.h"

#define STREAMS_HASH 16384u
#define WINDOW_MESSAGES 64
#define WINDOW_OCTETS (1u << 20)
#define FRONT_QUEUE_MAX (32u << 20) /* beyond it delivery waits */

struct flight { /* one delivered, unacknowledged entry */
	uint64_t seq;
	uint32_t octets;
};

struct stream {
	uint64_t id;
	uint8_t account[16];
	uint8_t device;
	uint64_t delivered; /* the highest seq that was sent */
	struct flight flight[WINDOW_MESSAGES];
	size_t n_flight;
	size_t octets_flight;
	bool woken;     /* is in the list of streams to pump */
	bool idle_told; /* MSG_STREAM_IDLE was sent since the last delivery */
	struct stream *next_id; /* hash chains */
	struct stream *next_device;
	struct stream *next_woken;
};

struct streams {
	struct stream *by_id[STREAMS_HASH];
	struct stream *by_device[STREAMS_HASH];
	struct stream *woken;
	uint32_t n;
};

enum rc
exchange_streams_new(struct exchange *x)
{
	x->streams = failmem_alloc(sizeof(*x->streams));
	return x->streams == NULL ? RC_NOMEM : RC_OK;
}

void
exchange_streams_free(struct exchange *x)
{
	struct stream *s;

	if (x->streams == NULL)
		return;
	for (size_t i = 0; i < STREAMS_HASH; i++)
		while ((s = x->streams->by_id[i]) != NULL) {
			x->streams->by_id[i] = s->next_id;
			free(s);
		}
	free(x->streams);
	x->streams = NULL;
}

uint32_t
exchange_stream_count(const struct exchange *x)
{
	return x->streams->n;
}

static struct stream **
id_chain(struct streams *t, uint64_t id)
{
	return &t->by_id[id % STREAMS_HASH];
}

/* Account ids are random: their first octets are hash enough. */
static struct stream **
device_chain(
    struct streams *t, const uint8_t account[static 16], uint8_t device)
{
	uint32_t h;

	memcpy(&h, account, sizeof(h));
	return &t->by_device[(h + device) % STREAMS_HASH];
}

static struct stream *
by_id(struct streams *t, uint64_t id)
{
	struct stream *s = *id_chain(t, id);

	while (s != NULL && s->id != id)
		s = s->next_id;
	return s;
}

static struct stream *
by_device(struct streams *t, const uint8_t account[static 16], uint8_t device)
{
	struct stream *s = *device_chain(t, account, device);

	while (s != NULL &&
	    (s->device != device || memcmp(s->account, account, 16) != 0))
		s = s->next_device;
	return s;
}

static void
wake(struct streams *t, struct stream *s)
{
	if (s == NULL || s->woken)
		return;
	s->woken = true;
	s->next_woken = t->woken;
	t->woken = s;
}

static void
drop(struct streams *t, struct stream *s)
{
	struct stream **p;

	for (p = id_chain(t, s->id); *p != s; p = &(*p)->next_id)
		;
	*p = s->next_id;
	for (p = device_chain(t, s->account, s->device); *p != s;
	     p = &(*p)->next_device)
		;
	*p = s->next_device;
	if (s->woken) {
		for (p = &t->woken; *p != s; p = &(*p)->next_woken)
			;
		*p = s->next_woken;
	}
	t->n--;
	free(s);
}

/* --- delivery --- */

struct delivery {
	struct exchange *x;
	struct stream *s;
	bool full;
};

static enum rc
deliver(void *arg, const struct store_mail *m)
{
	struct delivery *d = arg;
	struct stream *s = d->s;
	struct relay_frame f = { .op = RELAY_OP_DELIVER };
	struct msg_deliver out = { .stream = s->id };
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, RELAY_ENVELOPE_MAX + 64);
	if (s->n_flight == WINDOW_MESSAGES ||
	    s->octets_flight >= WINDOW_OCTETS ||
	    child_queued(d->x->child, PERMIT_ROLE_FRONT) > FRONT_QUEUE_MAX) {
		d->full = true;
		return RC_LIMIT;
	}
	f.u.deliver = (struct relay_deliver){ .seq = m->seq,
		.time = m->time,
		.kind = m->kind,
		.octets = m->octets };
	TRY(relay_frame_build(&f, &b));
	out.frame = buf_get(&b);
	child_send(d->x->child, PERMIT_ROLE_FRONT, MSG_DELIVER, &out);
	s->flight[s->n_flight++] = (struct flight){ m->seq,
		(uint32_t)m->octets.left };
	s->octets_flight += m->octets.left;
	s->delivered = m->seq;
	s->idle_told = false;
out:
	buf_clear(&b);
	return rc;
}

static void
pump_one(struct exchange *x, struct stream *s)
{
	struct delivery d = { x, s, false };
	const struct msg_stream idle = { s->id };

	if (store_mail_each(x->store, s->account, s->device, s->delivered,
		deliver, &d) != RC_OK) {
		x->n_failures++;
		return; /* the next message or acknowledgement tries again */
	}
	/* it waits for front, and no acknowledgement will wake it */
	if (d.full && s->n_flight == 0)
		wake(x->streams, s);
	/* empty: nothing to deliver and nothing unacknowledged */
	if (!d.full && s->n_flight == 0 && !s->idle_told) {
		s->idle_told = true;
		child_send(x->child, PERMIT_ROLE_FRONT, MSG_STREAM_IDLE, &idle);
	}
}

void
exchange_pump(struct exchange *x)
{
	struct stream *s = x->streams->woken;
	struct stream *next;

	x->streams->woken = NULL; /* who is woken now has its next turn */
	for (; s != NULL; s = next) {
		next = s->next_woken;
		s->woken = false;
		pump_one(x, s);
	}
}

void
exchange_streams_check(struct exchange *x, const uint8_t account[static 16])
{
	struct store_device d[DEVICE_LIST_MAX];
	struct msg_stream closed;
	struct stream *s;
	size_t n = 0;
	size_t i;

	if (store_devices(x->store, account, d, &n) != RC_OK)
		n = 0; /* all close; those that may open again */
	for (unsigned id = 1; id <= UINT8_MAX; id++) {
		s = by_device(x->streams, account, (uint8_t)id);
		for (i = 0; i < n && d[i].id != id; i++)
			;
		if (s == NULL || i < n)
			continue;
		closed.stream = s->id;
		child_send(
		    x->child, PERMIT_ROLE_FRONT, MSG_STREAM_CLOSE, &closed);
		drop(x->streams, s);
	}
}

static enum rc
has_room(struct exchange *x, const uint8_t account[static 16], uint8_t device,
    size_t more)
{
	const struct conf *c = child_conf(x->child);
	uint64_t n = 0;
	uint64_t octets = 0;
	enum rc rc = RC_BUG;

	TRY(store_mail_count(x->store, account, device, &n, &octets));
	CHECK(n < c->mailbox_messages && octets + more <= c->mailbox_bytes,
	    RC_LIMIT);
out:
	return rc;
}

enum rc
exchange_mail(struct exchange *x, const uint8_t account[static 16],
    uint8_t device, const uint8_t id[static 16], const struct store_mail *m)
{
	enum rc rc = RC_BUG;

	TRY(has_room(x, account, device, m->octets.left));
	rc = store_mail_append(x->store, account, device, id, m);
	CHECK(rc == RC_OK || rc == RC_EXISTS, rc);
	rc = RC_OK;
	wake(x->streams, by_device(x->streams, account, device));
out:
	return rc;
}

/* --- sending --- */

/* Compares the addressed devices with the account's own list. The sender's own
 * device need not be addressed when he writes to his other ones. */
static bool
is_current(const struct relay_send *send, const struct store_device *d,
    size_t n, uint8_t own, struct relay_sent *ret_s)
{
	bool found;

	for (size_t i = 0; i < n; i++) {
		found = d[i].id == own;
		for (size_t j = 0; j < send->n; j++)
			found = found || send->to[j].device == d[i].id;
		if (!found)
			ret_s->missing[ret_s->n_missing++] = d[i].id;
	}
	for (size_t j = 0; j < send->n; j++) {
		found = false;
		for (size_t i = 0; i < n; i++)
			found = found || send->to[j].device == d[i].id;
		if (!found)
			ret_s->extra[ret_s->n_extra++] = send->to[j].device;
	}
	return ret_s->n_missing == 0 && ret_s->n_extra == 0;
}

static enum rc
store_all(struct exchange *x, const struct relay_send *send)
{
	struct store_mail m = { .kind = RELAY_KIND_MESSAGE,
		.time = mono_wall() };
	enum rc rc = RC_OK;

	/* all devices or none: one that is full refuses for all */
	for (size_t i = 0; i < send->n; i++)
		TRY(has_room(x, send->account, send->to[i].device,
		    send->to[i].envelope.left));
	for (size_t i = 0; i < send->n; i++) {
		m.octets = send->to[i].envelope;
		TRY(exchange_mail(
		    x, send->account, send->to[i].device, send->id, &m));
	}
	x->n_messages++;
out:
	return rc;
}

static enum relay_status
send_now(struct exchange *x, const uint8_t account[static 16], uint8_t device,
    const struct relay_send *send, struct relay_sent *ret_s)
{
	const struct conf *c = child_conf(x->child);
	struct store_device d[DEVICE_LIST_MAX];
	struct store_account to;
	uint8_t key[17];
	size_t n = 0;
	enum rc rc;

	memcpy(key, account, 16);
	key[16] = device;
	if (limits_bucket(x->limits,
		(struct limits_rule){ LIMITS_MESSAGES, c->message_burst,
		    1000 / c->message_rate, 1 },
		(struct rd){ key, sizeof(key) }, loop_now(child_loop(x->child)),
		&ret_s->retry_after) != RC_OK)
		return RELAY_STATUS_LIMIT;
	rc = store_account_get(x->store, send->account, &to);
	if (rc == RC_NOT_FOUND)
		return RELAY_STATUS_NO_ACCOUNT;
	if (rc != RC_OK ||
	    store_devices(x->store, send->account, d, &n) != RC_OK)
		return RELAY_STATUS_DOWN;
	ret_s->list_version = to.list_version;
	if (!is_current(send, d, n,
		memcmp(account, send->account, 16) == 0 ? device : 0, ret_s))
		return RELAY_STATUS_STALE;
	rc = store_all(x, send);
	return rc == RC_OK   ? RELAY_STATUS_OK
	    : rc == RC_LIMIT ? RELAY_STATUS_FULL
			     : RELAY_STATUS_DOWN;
}

void
exchange_on_send(struct exchange *x, const void *msg)
{
	const struct msg_send *m = msg;
	struct msg_sent reply = { .req = m->req, .stream = m->stream };
	struct relay_frame in;
	struct relay_frame f = { .op = RELAY_OP_SENT };
	struct store_account self = { 0 };
	struct stream *s = NULL;
	struct buf b;
	enum msg_status status = MSG_STATUS_OK;
	enum rc rc = RC_BUG;

	buf_init(&b, 256);
	if (m->stream != 0) {
		s = by_id(x->streams, m->stream);
		if (s == NULL)
			return; /* closed meanwhile: nobody waits */
	} else {
		status = exchange_auth(x, &m->auth, &self);
	}
	if (status != MSG_STATUS_OK) {
		reply.status = (uint8_t)status;
		exchange_reply(x, PERMIT_ROLE_FRONT, MSG_SENT, &reply);
		return;
	}
	f.u.sent.status = RELAY_STATUS_REFUSED;
	if (relay_frame_parse(m->frame, &in) == RC_OK &&
	    in.op == RELAY_OP_SEND) {
		memcpy(f.u.sent.id, in.u.send.id, 16);
		f.u.sent.status = send_now(x,
		    s != NULL ? s->account : self.account,
		    s != NULL ? s->device : m->auth.device, &in.u.send,
		    &f.u.sent);
	}
	TRY(relay_frame_build(&f, &b));
	reply.frame = buf_get(&b);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_SENT, &reply);
out:
	buf_clear(&b);
}

/* --- streams
 * -----------------------------------------------------------------------------
 */

static enum rc
stream_add(struct exchange *x, uint64_t id, const uint8_t account[static 16],
    uint8_t device)
{
	struct streams *t = x->streams;
	struct stream *old = by_device(t, account, device);
	struct msg_stream closed;
	struct stream *s;

	if (old != NULL) { /* a device has one stream: the newest */
		closed.stream = old->id;
		child_send(
		    x->child, PERMIT_ROLE_FRONT, MSG_STREAM_CLOSE, &closed);
		drop(t, old);
	}
	s = failmem_alloc(sizeof(*s));
	if (s == NULL)
		return RC_NOMEM;
	s->id = id;
	memcpy(s->account, account, 16);
	s->device = device;
	s->next_id = *id_chain(t, id);
	*id_chain(t, id) = s;
	s->next_device = *device_chain(t, account, device);
	*device_chain(t, account, device) = s;
	t->n++;
	wake(t, s);
	return RC_OK;
}

void
exchange_on_stream_open(struct exchange *x, const void *msg)
{
	const struct msg_stream_open *m = msg;
	struct msg_stream_reply reply = { .stream = m->stream };
	struct store_account self;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_OK;

	if (status == MSG_STATUS_OK && by_id(x->streams, m->stream) != NULL)
		status = MSG_STATUS_DOWN; /* front names a stream once */
	if (status == MSG_STATUS_OK) {
		/* on a full disk the day is lost, and messages still come */
		if (store_seen(x->store, self.account, mono_day(mono_wall())) !=
		    RC_OK)
			x->n_failures++;
		rc = stream_add(x, m->stream, self.account, m->auth.device);
		status = exchange_status(rc);
	}
	reply.status = (uint8_t)status;
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_STREAM_REPLY, &reply);
}

void
exchange_on_stream_close(struct exchange *x, const void *msg)
{
	const struct msg_stream *m = msg;
	struct stream *s = by_id(x->streams, m->stream);

	if (s != NULL)
		drop(x->streams, s);
}

void
exchange_on_ack(struct exchange *x, const void *msg)
{
	const struct msg_ack *m = msg;
	struct stream *s = by_id(x->streams, m->stream);
	size_t kept = 0;

	/* nobody acknowledges what was not delivered to him */
	if (s == NULL || m->seq > s->delivered)
		return;
	if (store_mail_ack(x->store, s->account, s->device, m->seq) != RC_OK)
		return; /* delivered again later, opened once */
	for (size_t i = 0; i < s->n_flight; i++) {
		if (s->flight[i].seq <= m->seq)
			s->octets_flight -= s->flight[i].octets;
		else
			s->flight[kept++] = s->flight[i];
	}
	s->n_flight = kept;
	wake(x->streams, s);
}
