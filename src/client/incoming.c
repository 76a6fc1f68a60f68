/* incoming: what the stream delivers becomes notes in the inbox. Everything is
 * stored before it is acknowledged, and what cannot be opened is counted and
 * acknowledged too, so that it does not block the mailbox. A receiver makes no
 * lookup: what a first message says of its sender is a claim until there is
 * key transparency. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "crypto/hpke.h"
#include "e2ee/envelope.h"
#include "e2ee/parcel.h"
#include "e2ee/safety.h"
#include "wire/e164_text.h"
#include "wire/sms_note.h"

#define SMS_INFO "tacet sms v1"

static enum rc
note_add(struct tacet *t, enum tacet_note_type type,
    const uint8_t id[static 16], struct wall time, struct keep_in **ret_i)
{
	enum rc rc = RC_BUG;

	TRY(keep_in_add(t->k, ret_i));
	(*ret_i)->type = (uint8_t)type;
	memcpy((*ret_i)->id, id, 16);
	(*ret_i)->time = time;
	t->changed = true;
out:
	return rc;
}

/* Names a note by what the relay delivered: a repeat has the same name. */
static void
octets_id(struct rd octets, uint8_t ret_id[static 16])
{
	(void)crypto_generichash(ret_id, 16, octets.p, octets.left, NULL, 0);
}

static enum rc
unopened_add(struct tacet *t, const struct relay_deliver *d)
{
	struct keep_in *i = NULL;
	uint8_t id[16];
	enum rc rc = RC_OK;

	octets_id(d->octets, id);
	if (keep_seen_has(t->k, id))
		goto out;
	TRY(note_add(t, TACET_NOTE_UNOPENED, id, d->time, &i));
	keep_seen_add(t->k, id);
	t->k->unopened++;
out:
	return rc;
}

/* What the sender's number is worth: the pin. A claim never moves a pin. */
static enum rc
sender_check(struct tacet *t, const struct keep_session *e, struct wall time)
{
	struct keep_contact *c = NULL;
	struct keep_in *i = NULL;
	uint8_t id[16];
	enum rc rc = RC_BUG;

	if (memcmp(e->account, t->k->account, 16) == 0)
		return RC_OK;
	TRY(keep_contact_add(t->k, &e->number, &c));
	if (!c->has_aik) {
		c->heard = true;
		c->has_aik = true;
		memcpy(c->aik, e->aik, sizeof(c->aik));
	} else if (memcmp(c->aik, e->aik, sizeof(c->aik)) != 0) {
		octets_id((struct rd){ e->aik, sizeof(e->aik) }, id);
		if (keep_seen_has(t->k, id))
			goto out;
		TRY(note_add(t, TACET_NOTE_IDENTITY, id, time, &i));
		keep_seen_add(t->k, id);
		i->number = e->number;
	}
out:
	return rc;
}

/* Own list: never older than ours, and by our own identity. */
static enum rc
own_devices_take(struct tacet *t, struct rd octets, const struct device_list *l,
    bool *ret_is_new)
{
	struct device_list mine = { 0 };
	uint8_t aik[32];
	enum rc rc = RC_BUG;

	*ret_is_new = false;
	(void)crypto_sign_ed25519_sk_to_pk(aik, t->k->aik_secret);
	CHECK(memcmp(aik, l->aik, sizeof(aik)) == 0, RC_DENIED);
	TRY(device_list_parse(buf_get(&t->k->list), &mine));
	if (l->version > mine.version) {
		TRY(keep_list_set(t->k, octets));
		keep_session_only(t->k, t->k->account, l);
		*ret_is_new = true;
	}
out:
	return rc;
}

static enum rc
contact_devices_take(struct tacet *t, const struct keep_session *e,
    struct rd octets, const struct device_list *l, bool *ret_is_new)
{
	struct device_list old = { 0 };
	struct keep_contact *c = NULL;
	enum rc rc = RC_BUG;

	*ret_is_new = false;
	TRY(keep_contact_find(t->k, &e->number, &c));
	CHECK(memcmp(c->aik, l->aik, sizeof(c->aik)) == 0, RC_DENIED);
	if (c->list.len > 0)
		TRY(device_list_parse(buf_get(&c->list), &old));
	if (l->version > old.version) {
		/* without an account from the directory there is no route yet
		 */
		if (c->has_account && memcmp(c->account, e->account, 16) == 0)
			TRY(keep_buf_set(&c->list, octets));
		c->devices = (uint8_t)l->n;
		*ret_is_new = true;
	}
out:
	return rc;
}

static enum rc
devices_take(
    struct tacet *t, const struct keep_session *e, const struct content *c)
{
	struct device_list l = { 0 };
	struct keep_in *i = NULL;
	bool own = memcmp(e->account, t->k->account, 16) == 0;
	bool is_new = false;
	enum rc rc = RC_BUG;

	TRY(device_list_parse(c->body, &l));
	if (own)
		TRY(own_devices_take(t, c->body, &l, &is_new));
	else
		TRY(contact_devices_take(t, e, c->body, &l, &is_new));
	if (!is_new || l.n == 0)
		goto out;
	TRY(note_add(t, TACET_NOTE_DEVICE, c->id, c->time, &i));
	i->number = own ? t->k->number : e->number;
	/* ids ascend and are never used again: the last one is the new one */
	TRY(buf_add_str(&i->text, l.devices[l.n - 1].name));
out:
	return rc;
}

static enum rc
content_take(struct tacet *t, const struct keep_session *e, struct rd plain)
{
	struct content c = { 0 };
	struct keep_in *i = NULL;
	bool own = memcmp(e->account, t->k->account, 16) == 0;
	enum rc rc = RC_BUG;

	TRY(content_parse(plain, &c));
	if (keep_seen_has(t->k, c.id))
		goto out;
	keep_seen_add(t->k, c.id);
	t->changed = true;
	TRY(gossip_hear(t, &c));
	switch (c.type) {
	case CONTENT_TYPE_TEXT:
		CHECK(!own, RC_STATE);
		TRY(note_add(t, TACET_NOTE_MESSAGE, c.id, c.time, &i));
		i->number = e->number;
		TRY(buf_add_rd(&i->text, c.body));
		break;
	case CONTENT_TYPE_SYNC_TEXT:
		/* only another device of ours may say what we sent */
		CHECK(own, RC_STATE);
		TRY(note_add(t, TACET_NOTE_SENT, c.id, c.time, &i));
		TRY(e164_parse(c.to, &i->number));
		TRY(buf_add_rd(&i->text, c.body));
		break;
	case CONTENT_TYPE_DEVICES:
		TRY(devices_take(t, e, &c));
		break;
	}
out:
	return rc;
}

static enum rc
session_take(struct tacet *t, const struct session_intro *intro,
    const uint8_t own_hash[static 32], struct rd message, struct buf *plain)
{
	char own[E164_TEXT_SIZE];
	struct session_party self = { .device = t->k->device };
	struct session_secrets secrets;
	const struct keep_prekey *sig = NULL, *one = NULL;
	struct wall now = { t->now };
	struct keep_session *e = NULL;
	struct session *s = NULL;
	struct e164 number = { 0 };
	enum rc rc = RC_BUG;

	TRY(e164_parse(intro->handle, &number));
	TRY(keep_prekey_find(
	    t->k->signed_keys, t->k->n_signed, intro->signed_id, &sig));
	if (intro->one_time_id != 0)
		TRY(keep_prekey_find(t->k->one_time, t->k->n_one_time,
		    intro->one_time_id, &one));
	e164_text(&t->k->number, own);
	memcpy(self.account, t->k->account, sizeof(self.account));
	(void)crypto_sign_ed25519_sk_to_pk(self.aik, t->k->aik_secret);
	CHECK(crypto_scalarmult_base(self.dik, t->k->dik_secret) == 0, RC_BUG);
	memcpy(self.list_hash, own_hash, sizeof(self.list_hash));
	self.handle = rd_str(own);
	secrets = (struct session_secrets){ t->k->dik_secret, sig->secret,
		one != NULL ? one->secret : NULL };
	TRY(session_accept(&self, &secrets, intro, now, &s));
	TRY(session_open(s, message, now, plain));
	TRY(keep_session_add(t->k, s, &e));
	s = NULL;
	e->device = intro->device;
	e->number = number;
	memcpy(e->account, intro->account, sizeof(e->account));
	memcpy(e->aik, intro->aik, sizeof(e->aik));
	memcpy(e->base_key, intro->base_key, sizeof(e->base_key));
	keep_session_trim(t->k, e);
	if (one != NULL) {
		keep_prekey_drop(t->k, intro->one_time_id);
		if (t->k->one_time_left > 0)
			t->k->one_time_left--;
	}
	t->changed = true;
out:
	session_free(s);
	return rc;
}

/* A first message: its session is known already (a repeat, or the second
 * message before our answer), or begins now. Our device list may have moved
 * since the sender read it: the hashes we had are tried, newest first. */
static enum rc
intro_open(struct tacet *t, const struct session_intro *intro,
    struct rd message, struct buf *plain)
{
	enum rc rc = RC_BUG;

	for (struct keep_session *e = t->k->sessions; e != NULL; e = e->next) {
		if (memcmp(e->base_key, intro->base_key, 32) != 0 ||
		    memcmp(e->account, intro->account, 16) != 0 ||
		    e->device != intro->device)
			continue;
		rc = session_open(
		    e->s, message, (struct wall){ t->now }, plain);
		if (rc == RC_OK)
			keep_session_front(t->k, e);
		return rc;
	}
	rc = RC_DENIED;
	for (size_t i = 0; i < t->k->n_hashes; i++) {
		rc = session_take(t, intro, t->k->hashes[i], message, plain);
		if (rc != RC_DENIED)
			break;
	}
	return rc;
}

/* The envelope hides the sender, so the session is found by trying; the one
 * used last is first, which is right nearly always. */
static enum rc
ordinary_open(struct tacet *t, struct rd message, struct buf *plain)
{
	struct wall now = { t->now };
	enum rc rc = RC_DENIED;

	for (struct keep_session *e = t->k->sessions; e != NULL; e = e->next) {
		rc = session_open(e->s, message, now, plain);
		if (rc == RC_OK) {
			keep_session_front(t->k, e);
			t->changed = true;
		}
		if (rc == RC_OK || rc == RC_EXISTS || rc == RC_NOMEM)
			break;
	}
	return rc;
}

static enum rc
message_take(struct tacet *t, const struct relay_deliver *d)
{
	struct session_intro intro = { 0 };
	struct parcel p = { .message = { 0 } };
	struct buf inner, plain;
	enum rc rc = RC_BUG;

	buf_init(&inner, RELAY_ENVELOPE_MAX);
	buf_init(&plain, RELAY_ENVELOPE_MAX);
	TRY(envelope_open(t->k->ek_secret, d->octets, &inner));
	TRY(parcel_parse(buf_get(&inner), &p));
	rc = session_intro_parse(p.message, &intro);
	if (rc == RC_OK) /* before any key of ours is used up */
		rc = parcel_check(&p, &intro);
	if (rc == RC_OK)
		rc = intro_open(t, &intro, p.message, &plain);
	else if (rc == RC_NOT_FOUND)
		rc = ordinary_open(t, p.message, &plain);
	if (rc != RC_OK)
		goto out;
	t->changed = true;
	TRY(sender_check(t, t->k->sessions, d->time));
	TRY(content_take(t, t->k->sessions, buf_get(&plain)));
out:
	buf_clear(&inner);
	buf_clear(&plain);
	return rc;
}

static enum rc
sms_take(struct tacet *t, const struct relay_deliver *d)
{
	struct sms_note_in n = { 0 };
	struct keep_in *i = NULL;
	struct buf plain;
	uint8_t id[16];
	enum rc rc = RC_BUG;

	buf_init(&plain, RELAY_ENVELOPE_MAX);
	octets_id(d->octets, id);
	TRY(hpke_open(t->k->ek_secret, rd_str(SMS_INFO), (struct rd){ 0 },
	    d->octets, &plain));
	TRY(sms_note_in_parse(buf_get(&plain), &n));
	if (keep_seen_has(t->k, id))
		goto out;
	TRY(note_add(t, TACET_NOTE_SMS, id, n.time, &i));
	keep_seen_add(t->k, id);
	i->number = n.from;
	i->is_sms = true;
	if (n.from.n == 0)
		(void)snprintf(i->from, sizeof(i->from), "%s", n.from_text);
	TRY(buf_add_rd(&i->text, n.text));
out:
	buf_clear(&plain);
	return rc;
}

static enum rc
sms_state_take(struct tacet *t, const struct relay_deliver *d)
{
	static const char *const names[] = { [SMS_NOTE_STATE_SENT] = "sent",
		[SMS_NOTE_STATE_DELIVERED] = "delivered",
		[SMS_NOTE_STATE_FAILED] = "failed" };
	struct sms_note_out n = { 0 };
	struct keep_in *i = NULL;
	uint8_t id[16];
	enum rc rc = RC_BUG;

	octets_id(d->octets, id);
	TRY(sms_note_out_parse(d->octets, &n));
	if (keep_seen_has(t->k, id))
		goto out;
	TRY(note_add(t, TACET_NOTE_SMS_STATE, n.id, d->time, &i));
	keep_seen_add(t->k, id);
	i->is_sms = true;
	TRY(buf_add_str(&i->text, names[n.state]));
out:
	return rc;
}

static enum rc
deliver_take(struct tacet *t, const struct relay_deliver *d)
{
	enum rc rc = RC_BUG;

	switch (d->kind) {
	case RELAY_KIND_MESSAGE:
		rc = message_take(t, d);
		break;
	case RELAY_KIND_SMS:
		rc = sms_take(t, d);
		break;
	case RELAY_KIND_SMS_STATE:
		rc = sms_state_take(t, d);
		break;
	}
	switch (rc) {
	case RC_OK:
	case RC_EXISTS: /* a repeat: it was stored before */
		rc = RC_OK;
		break;
	case RC_MALFORMED:
	case RC_DENIED:
	case RC_STATE:
	case RC_LIMIT:
	case RC_NOT_FOUND:
		/* one reaction to every bad message */
		rc = unopened_add(t, d);
		break;
	case RC_AGAIN:
	case RC_NOMEM:
	case RC_IO:
	case RC_NOSPACE:
	case RC_CORRUPT:
	case RC_BUG:
		break; /* ours: not acknowledged, it comes again */
	}
	return rc;
}

enum tacet_rc
tacet_frame(struct tacet *t, int64_t now, const uint8_t *frame, size_t n,
    bool *ret_idle)
{
	struct relay_frame f = { 0 };
	enum rc rc = RC_BUG;

	t->now = now;
	*ret_idle = false;
	TRY(relay_frame_parse((struct rd){ frame, n }, &f));
	CHECK(f.op == RELAY_OP_DELIVER || f.op == RELAY_OP_IDLE, RC_MALFORMED);
	if (f.op == RELAY_OP_IDLE) {
		*ret_idle = true;
		goto out;
	}
	TRY(deliver_take(t, &f.u.deliver));
	t->ack_due = true;
	t->ack_seq = f.u.deliver.seq;
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_frame_next(struct tacet *t, const uint8_t **ret_frame, size_t *ret_n)
{
	struct relay_frame f = { .op = RELAY_OP_ACK };
	enum rc rc = RC_BUG;

	CHECK(t->ack_due, RC_NOT_FOUND);
	CHECK(!t->changed, RC_STATE);
	f.u.ack_seq = t->ack_seq;
	buf_clear(&t->frame);
	TRY(relay_frame_build(&f, &t->frame));
	t->ack_due = false;
	*ret_frame = t->frame.p;
	*ret_n = t->frame.len;
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_inbox(struct tacet *t, size_t i, struct tacet_note *ret_n)
{
	struct keep_in *in = t->k->inbox;

	while (in != NULL && i-- > 0)
		in = in->next;
	if (in == NULL)
		return TACET_NOT_FOUND;
	*ret_n = (struct tacet_note){ .type = (enum tacet_note_type)in->type,
		.from = in->from,
		.time = in->time.s,
		.text = in->text.len > 0 ? (const char *)in->text.p : "",
		.text_len = in->text.len,
		.route = in->is_sms ? TACET_ROUTE_SMS : TACET_ROUTE_ENCRYPTED };
	engine_id_text(in->id, ret_n->id);
	if (in->number.n > 0)
		e164_text(&in->number, ret_n->number);
	return TACET_OK;
}

void
tacet_shown(struct tacet *t, const char *id)
{
	uint8_t bytes[16];
	size_t n = 0;

	if (strlen(id) != 32 ||
	    sodium_hex2bin(bytes, 16, id, 32, NULL, &n, NULL) != 0)
		return;
	keep_in_drop(t->k, bytes);
	t->changed = true;
}

enum tacet_rc
tacet_safety(
    const struct tacet *t, const char *number, char ret_text[TACET_SAFETY_SIZE])
{
	char own[E164_TEXT_SIZE], other[E164_TEXT_SIZE];
	struct keep_contact *c = NULL;
	struct e164 e = { 0 };
	uint8_t aik[32];
	enum rc rc = RC_BUG;

	_Static_assert(TACET_SAFETY_SIZE == SAFETY_SIZE, "tacet.h");
	CHECK(t->k->stage == KEEP_STAGE_REGISTERED, RC_STATE);
	TRY(engine_number(number, &e));
	TRY(keep_contact_find(t->k, &e, &c));
	CHECK(c->has_aik, RC_NOT_FOUND);
	(void)crypto_sign_ed25519_sk_to_pk(aik, t->k->aik_secret);
	e164_text(&t->k->number, own);
	e164_text(&e, other);
	safety_number(aik, rd_str(own), c->aik, rd_str(other), ret_text);
out:
	return engine_rc(rc);
}
