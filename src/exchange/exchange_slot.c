/*
 * What the directory says of our accounts (doc/protocol/directory.md, 2). A
 * number is evaluated once, blinded, when it is registered first; from then on
 * its y is in the store and the number is not needed again. Each change of an
 * account makes the next version of its slot. Changed slots are in the store,
 * so that a kill loses none, and go to ktlog some at a time.
 */
#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "crypto/voprf.h"
#include "directory/directory_entry.h"
#include "directory/place.h"
#include "directory/promise.h"
#include "exchange/exchange_internal.h"
#include "proc/log.h"

#define FLIGHT_MAX 256 /* slots that wait for ktlog */
#define RETRY_MS 1000
#define REFUSED_MS 60000
#define NOTE_LINE_MAX 256
#define HANDLE_MAX (1 + E164_DIGITS_MAX)

/* A registration that waits for its number's evaluation. */
struct exchange_enrol {
	uint8_t handle[STORE_HASH_SIZE];
	uint8_t text[HANDLE_MAX]; /* "+" and digits */
	size_t n;
	struct voprf_blinded blinded;
};

/* One that waits for ktlog. */
struct flight {
	uint64_t req;
	struct store_slot slot; /* as it will be */
};

struct slots {
	struct flight flight[FLIGHT_MAX];
	size_t n;       /* of them are still to be answered */
	bool due;       /* there may be changed ones */
	uint32_t epoch; /* that a slot is made for, as far as we know */
	struct loop_timer *retry;
	bool has_key;
	uint8_t public[RGROUP_SIZE]; /* of lookup's evaluations */
};

enum rc
exchange_slots_new(struct exchange *x)
{
	x->slots = failmem_alloc(sizeof(*x->slots));
	if (x->slots == NULL)
		return RC_NOMEM;
	x->slots->due = true; /* what a start finds */
	x->slots->epoch = 1;
	return RC_OK;
}

void
exchange_slots_free(struct exchange *x)
{
	if (x->slots == NULL)
		return;
	loop_timer_del(&x->slots->retry);
	sodium_memzero(x->slots, sizeof(*x->slots));
	free(x->slots);
	x->slots = NULL;
}

/* --- the first time: y
 * ----------------------------------------------------------- */

void
exchange_on_lookup_keys(struct exchange *x, const void *msg)
{
	const struct msg_lookup_keys *m = msg;

	memcpy(x->slots->public, m->voprf, sizeof(x->slots->public));
	x->slots->has_key = true;
}

static enum rc
enrol_new(const uint8_t handle[static STORE_HASH_SIZE],
    const struct e164 *number, struct exchange_enrol **ret_e)
{
	struct exchange_enrol *e = failmem_alloc(sizeof(*e));
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, 64);
	CHECK(e != NULL, RC_NOMEM);
	memcpy(e->handle, handle, sizeof(e->handle));
	e->text[0] = '+';
	memcpy(e->text + 1, number->digits, number->n);
	e->n = 1 + (size_t)number->n;
	TRY(handle_keys_input((struct rd){ e->text, e->n }, &input));
	TRY(voprf_blind(buf_get(&input), &e->blinded));
	*ret_e = e;
	e = NULL;
out:
	exchange_enrol_free(e);
	buf_clear(&input);
	return rc;
}

void
exchange_enrol_free(struct exchange_enrol *e)
{
	if (e == NULL)
		return;
	sodium_memzero(e, sizeof(*e));
	free(e);
}

enum rc
exchange_slot_enrol(struct exchange *x,
    const uint8_t handle[static STORE_HASH_SIZE], const struct e164 *number,
    const struct msg_account_reply *reply)
{
	struct msg_evaluate ask = { .key = MSG_EVALUATE_DIRECTORY };
	struct exchange_pending *p = NULL;
	struct exchange_enrol *e = NULL;
	struct store_slot slot;
	enum rc rc = store_slot_get(x->store, handle, &slot);

	if (rc == RC_OK) {
		exchange_slot_change(x, handle);
		return RC_OK;
	}
	CHECK(rc == RC_NOT_FOUND, rc);
	TRY(enrol_new(handle, number, &e));
	p = exchange_pending_new(x, EXCHANGE_WAIT_ENROL);
	CHECK(p != NULL, RC_NOSPACE);
	p->reply.account = *reply;
	p->of.enrol = e;
	ask.req = p->req;
	ask.elements = (struct rd){ e->blinded.element, RGROUP_SIZE };
	e = NULL;
	/* behind the commit: an account that is not there has no slot */
	exchange_reply(x, PERMIT_ROLE_LOOKUP, MSG_EVALUATE, &ask);
	rc = RC_AGAIN;
out:
	exchange_enrol_free(e);
	return rc;
}

/* The proof must be by the key that lookup told, which the log has too. */
static enum rc
finish(struct exchange *x, const struct exchange_enrol *e,
    const struct msg_evaluated *m, struct store_slot *ret_slot)
{
	const struct voprf_batch batch = { 1, &e->blinded.element,
		(const uint8_t(*)[RGROUP_SIZE])m->evaluated.p };
	struct buf input;
	enum rc rc = RC_BUG;

	buf_init(&input, 64);
	CHECK(m->status == MSG_STATUS_OK && x->slots->has_key &&
		m->evaluated.left == RGROUP_SIZE,
	    RC_IO);
	CHECK(voprf_check(x->slots->public, &batch, m->proof) == RC_OK, RC_IO);
	TRY(handle_keys_input((struct rd){ e->text, e->n }, &input));
	TRY(voprf_finalize(
	    buf_get(&input), &e->blinded, m->evaluated.p, ret_slot->y));
	memcpy(ret_slot->handle, e->handle, sizeof(ret_slot->handle));
	ret_slot->place = place_of((struct rd){ e->text, e->n });
out:
	buf_clear(&input);
	return rc;
}

void
exchange_slot_evaluated(struct exchange *x, struct exchange_pending *p,
    const struct msg_evaluated *m)
{
	struct msg_account_reply reply = p->reply.account;
	struct store_slot slot = { 0 };
	struct store_account a;
	enum rc rc = RC_BUG;

	TRY(finish(x, p->of.enrol, m, &slot));
	/* meanwhile somebody else may have proved the number his */
	TRY(store_account_by_handle(x->store, slot.handle, &a));
	TRY(store_slot_add(x->store, &slot));
	x->slots->due = true;
out:
	if (rc != RC_OK)
		reply = (struct msg_account_reply){ .req = reply.req,
			.status = MSG_STATUS_DOWN };
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_ACCOUNT_REPLY, &reply);
	exchange_enrol_free(p->of.enrol);
	p->of.enrol = NULL;
	sodium_memzero(&slot, sizeof(slot));
}

/* --- each change: the next version
 * ----------------------------------------------- */

void
exchange_slot_change(
    struct exchange *x, const uint8_t handle[static STORE_HASH_SIZE])
{
	/* a failure bars the commit, and with it the change itself */
	if (store_slot_change(x->store, handle) == RC_OK)
		x->slots->due = true;
}

/* What the slot says now: of the account, or that there is none. */
static enum rc
plain_of(struct exchange *x, const uint8_t handle[static STORE_HASH_SIZE],
    struct slot_plain *ret_p, uint8_t *ret_devices)
{
	struct slot_plain p = { 0 };
	struct store_account a = { .devices = 0 };
	struct buf list;
	enum rc rc = store_account_by_handle(x->store, handle, &a);

	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK) {
		TRY(store_list_get(x->store, a.account, &list));
		memcpy(p.account, a.account, sizeof(p.account));
		memcpy(p.mailbox, a.account, sizeof(p.mailbox));
		memcpy(p.aik, a.aik, sizeof(p.aik));
		device_list_hash(buf_get(&list), p.device_list_hash);
	}
	*ret_p = p;
	*ret_devices = a.devices;
	rc = RC_OK;
out:
	buf_clear(&list);
	return rc;
}

/* f->slot is as the store has it, and becomes what it will be. */
static enum rc
slot_send(struct exchange *x, struct flight *f)
{
	struct msg_slot_put m = { .req = f->req, .place = f->slot.place };
	struct slot s = { .version = f->slot.version + 1,
		.epoch_changed = x->slots->epoch };
	struct directory_entry e;
	struct slot_plain plain;
	struct slot_head head;
	uint8_t devices;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, sizeof(m.slot));
	TRY(plain_of(x, f->slot.handle, &plain, &devices));
	TRY(store_epoch(x->store, f->slot.handle, &s.number_epoch));
	memcpy(s.hist_prev, f->slot.commitment, sizeof(s.hist_prev));
	slot_seal(f->slot.y, &plain, &s);
	directory_entry_make(f->slot.y, &s, devices, &e);
	slot_head_of(&s, &head);
	TRY(slot_build(&s, &b));
	memcpy(m.slot, b.p, sizeof(m.slot));
	memcpy(m.entry, &e, sizeof(m.entry));
	f->slot.version = s.version;
	f->slot.epoch = s.epoch_changed;
	memcpy(f->slot.commitment, e.commitment, sizeof(f->slot.commitment));
	memcpy(
	    f->slot.sealed_hash, head.sealed_hash, sizeof(f->slot.sealed_hash));
	child_send(x->child, PERMIT_ROLE_KTLOG, MSG_SLOT_PUT, &m);
out:
	sodium_memzero(&plain, sizeof(plain));
	buf_clear(&b);
	return rc;
}

static void
on_retry(void *arg)
{
	struct exchange *x = arg;

	x->slots->due = true;
	exchange_slots_send(x);
}

static void
retry_later(struct exchange *x, int64_t ms)
{
	if (x->slots->retry == NULL &&
	    loop_timer_add(child_loop(x->child), ms, on_retry, x,
		&x->slots->retry) != RC_OK)
		log_event(LOG_OUT_OF_LUCK, LOG_RC(RC_NOMEM));
}

void
exchange_slots_send(struct exchange *x)
{
	static struct store_slot changed[FLIGHT_MAX]; /* 54 KiB; one thread */
	struct slots *s = x->slots;
	size_t n = 0;
	enum rc rc = RC_BUG;

	if (s->n > 0 || !s->due || s->retry != NULL)
		return;
	TRY(store_slots_changed(x->store, FLIGHT_MAX, changed, &n));
	s->due = n == FLIGHT_MAX;
	for (size_t i = 0; i < n; i++) {
		s->flight[s->n] = (struct flight){ x->next_req++, changed[i] };
		TRY(slot_send(x, &s->flight[s->n]));
		s->n++;
	}
out:
	sodium_memzero(changed, n * sizeof(changed[0]));
	if (rc != RC_OK) {
		log_event(LOG_STORE_ERROR, LOG_RC(rc));
		retry_later(x, RETRY_MS);
	}
}

void
exchange_slots_undone(struct exchange *x)
{
	retry_later(x, RETRY_MS);
}

static struct flight *
flight_find(struct slots *s, uint64_t req)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->flight[i].req == req)
			return &s->flight[i];
	return NULL;
}

static void
flight_end(struct slots *s, struct flight *f)
{
	*f = s->flight[--s->n];
	sodium_memzero(&s->flight[s->n], sizeof(s->flight[s->n]));
}

void
exchange_on_slot_done(struct exchange *x, const void *msg)
{
	const struct msg_slot_done *m = msg;
	struct slots *s = x->slots;
	struct flight *f = flight_find(s, m->req);
	enum rc rc = RC_OK;

	if (f == NULL)
		return;
	if (m->status == MSG_STATUS_OK || m->status == MSG_STATUS_STALE)
		s->epoch = m->epoch;
	if (m->status == MSG_STATUS_STALE) {
		/* made again for what is there: the change is still to come */
		f->slot.version = m->version;
		memcpy(f->slot.commitment, m->hist_prev,
		    sizeof(f->slot.commitment));
		f->slot.changes = 0;
		s->due = true;
	}
	if (m->status == MSG_STATUS_OK || m->status == MSG_STATUS_STALE) {
		rc = store_slot_done(x->store, &f->slot);
	} else {
		log_event(LOG_SLOT_REFUSED, LOG_U("status", m->status));
		retry_later(
		    x, m->status == MSG_STATUS_DOWN ? RETRY_MS : REFUSED_MS);
	}
	if (rc != RC_OK) /* the turn will be undone, and the slot sent again */
		log_event(LOG_STORE_ERROR, LOG_RC(rc));
	flight_end(s, f);
}

void
exchange_on_epoch(struct exchange *x, const void *msg)
{
	const struct msg_epoch *m = msg;

	x->epoch = *m;
	if (x->slots->epoch <= m->epoch)
		x->slots->epoch = m->epoch + 1;
}

/* --- promises
 * -------------------------------------------------------------------- */

static enum rc
promise_of(struct exchange *x, const uint8_t handle[static STORE_HASH_SIZE],
    struct promise *ret_p)
{
	struct store_slot slot;
	enum rc rc = RC_BUG;

	TRY(store_slot_get(x->store, handle, &slot));
	CHECK(slot.version > 0 && slot.changes == 0, RC_NOT_FOUND);
	*ret_p = (struct promise){ .place = slot.place,
		.version = slot.version,
		.max_epoch = slot.epoch };
	memcpy(
	    ret_p->sealed_hash, slot.sealed_hash, sizeof(ret_p->sealed_hash));
out:
	sodium_memzero(&slot, sizeof(slot));
	return rc;
}

void
exchange_on_promise_get(struct exchange *x, const void *msg)
{
	const struct msg_put *m = msg;
	struct msg_octets_reply reply = { .req = m->req };
	struct msg_sign_manifest sign = { 0 };
	struct exchange_pending *p;
	struct promise promise;
	struct store_account self;
	struct buf text;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	buf_init(&text, PROMISE_TEXT_MAX);
	if (status != MSG_STATUS_OK)
		goto out;
	TRY(promise_of(x, self.handle, &promise));
	TRY(promise_build(&promise, &text));
	p = exchange_pending_new(x, EXCHANGE_WAIT_PROMISE);
	CHECK(p != NULL, RC_NOSPACE);
	p->reply.front = m->req;
	p->of.promise = promise;
	sign.req = p->req;
	sign.text = buf_get(&text);
	child_send(x->child, PERMIT_ROLE_KEYS, MSG_SIGN_MANIFEST, &sign);
	buf_clear(&text);
	return; /* the answer waits for MSG_SIGNED */
out:
	reply.status = (uint8_t)(status != MSG_STATUS_OK ? status
							 : exchange_status(rc));
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_OCTETS_REPLY, &reply);
	buf_clear(&text);
}

/* A note: the text, a blank line, the signature's line. */
bool
exchange_promise_signed(struct exchange *x, const struct msg_signed *m)
{
	struct exchange_pending *p = exchange_pending_take(
	    x, EXCHANGE_WAIT_PROMISE, m->req);
	struct msg_octets_reply reply = { .status = MSG_STATUS_DOWN };
	struct buf note;
	enum rc rc = RC_BUG;

	if (p == NULL)
		return false;
	reply.req = p->reply.front;
	buf_init(&note, PROMISE_TEXT_MAX + NOTE_LINE_MAX);
	CHECK(m->status == MSG_STATUS_OK, RC_IO);
	TRY(promise_build(&p->of.promise, &note));
	TRY(buf_u8(&note, '\n'));
	TRY(buf_add_rd(&note, m->octets));
	reply.status = MSG_STATUS_OK;
	reply.octets = buf_get(&note);
out:
	(void)rc;
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_OCTETS_REPLY, &reply);
	buf_clear(&note);
	return true;
}
