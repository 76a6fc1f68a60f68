/* outgoing: the outbox and what leaves it: sealed messages, copies for the
 * account's other devices, SMS (design: e2ee, Multi-device). An item is sealed
 * once and repeated octet for octet; only a stale device list seals anew. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "e2ee/envelope.h"
#include "e2ee/parcel.h"
#include "wire/cbor.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"
#include "wire/text64.h"

#define UNPROVED_MAX_S 900 /* the longest epoch, and half of it */
#define UNPROVED_ASK_S 60  /* a list that no slot shows: ask again */
#define TRIES_MAX 4        /* seals of one item against a moving device list */

/* One end of the sessions an item goes to: a contact or our own account. */
struct target {
	bool is_own;
	uint8_t account[16];
	struct e164 number;
	struct rd octets; /* signed list, empty when not known */
	struct device_list list;
};

static enum rc
item_find(const struct tacet *t, struct keep_out **ret_o)
{
	for (struct keep_out *o = t->k->outbox; o != NULL; o = o->next)
		if (o->kind == t->op.item_kind &&
		    memcmp(o->id, t->op.item, sizeof(o->id)) == 0) {
			*ret_o = o;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

enum rc
outgoing_queue(struct tacet *t, enum keep_out_kind kind,
    const struct e164 *number, struct rd text, const uint8_t id[static 16])
{
	struct keep_out *o = NULL;
	enum rc rc = RC_BUG;

	TRY(keep_out_add(t->k, &o));
	o->kind = kind;
	o->number = *number;
	o->time.s = t->now;
	memcpy(o->id, id, sizeof(o->id));
	t->changed = true;
	rc = buf_add_rd(&o->text, text);
	if (rc != RC_OK)
		keep_out_drop(t->k, o);
out:
	return rc;
}

/* Copies go to the other end only when there are other devices of ours. */
static bool
has_other_devices(const struct keep *k)
{
	struct device_list l = { 0 };

	return device_list_parse(buf_get(&k->list), &l) == RC_OK && l.n > 1;
}

static enum rc
target_get(const struct tacet *t, const struct keep_out *o, struct target *g)
{
	const struct keep *k = t->k;
	struct keep_contact *c = NULL;
	enum rc rc = RC_BUG;

	*g = (struct target){ .number = o->number };
	g->is_own = o->kind == KEEP_OUT_SYNC ||
	    (o->kind == KEEP_OUT_DEVICES && e164_is_eq(&o->number, &k->number));
	if (g->is_own) {
		memcpy(g->account, k->account, sizeof(g->account));
		g->number = k->number;
		g->octets = buf_get(&k->list);
	} else {
		TRY(keep_contact_find(k, &o->number, &c));
		CHECK(c->has_account, RC_NOT_FOUND);
		memcpy(g->account, c->account, sizeof(g->account));
		g->octets = buf_get(&c->list);
	}
	if (g->octets.left > 0)
		TRY(device_list_parse(g->octets, &g->list));
	rc = RC_OK;
out:
	return rc;
}

static bool
is_self(const struct tacet *t, const struct target *g, uint8_t device)
{
	return g->is_own && device == t->k->device;
}

/* The devices of g we have no session with, as "1,2"; n is their count. */
static size_t
missing_text(
    const struct tacet *t, const struct target *g, char *text, size_t size)
{
	struct keep_session *e = NULL;
	size_t n = 0, len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < g->list.n; i++) {
		uint8_t id = g->list.devices[i].id;

		if (is_self(t, g, id) ||
		    keep_session_find(t->k, g->account, id, &e) == RC_OK)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%u",
		    n == 0 ? "" : ",", (unsigned)id);
		n++;
	}
	return n;
}

static enum rc
fetch_ask(struct tacet *t, const struct target *g, const char *devices)
{
	char path[ENGINE_PATH_SIZE], account[TACET_ID_SIZE];
	enum rc rc = RC_BUG;

	engine_id_text(g->account, account);
	(void)snprintf(path, sizeof(path), "/v1/prekeys/%s%s%s", account,
	    devices[0] != '\0' ? "?devices=" : "", devices);
	TRY(engine_ask(t, ENGINE_STEP_FETCH, "GET", path));
out:
	return rc;
}

static enum rc
content_make(struct tacet *t, const struct keep_out *o, struct buf *b)
{
	char to[E164_TEXT_SIZE];
	struct content c = { .time = o->time, .body = buf_get(&o->text) };
	enum rc rc = RC_BUG;

	c.type = CONTENT_TYPE_TEXT;
	if (o->kind == KEEP_OUT_DEVICES)
		c.type = CONTENT_TYPE_DEVICES;
	if (o->kind == KEEP_OUT_SYNC) {
		c.type = CONTENT_TYPE_SYNC_TEXT;
		e164_text(&o->number, to);
		c.to = rd_str(to);
	}
	memcpy(c.id, o->id, sizeof(c.id));
	gossip_tell(t, o, &c);
	TRY(content_build(&c, b));
out:
	return rc;
}

/* Seals the content for one device of g and appends its envelope to all. */
static enum rc
device_seal(struct tacet *t, const struct target *g,
    const struct device_list_entry *d, struct rd content, struct buf *envelope)
{
	struct wall now = { t->now };
	struct keep_session *e = NULL;
	struct parcel p = { .message = { 0 } };
	struct buf message, parcel;
	enum rc rc = RC_BUG;

	buf_init(&message, RELAY_ENVELOPE_MAX);
	buf_init(&parcel, RELAY_ENVELOPE_MAX);
	TRY(keep_session_find(t->k, g->account, d->id, &e));
	TRY(session_seal(e->s, content, now, &message));
	t->changed = true;
	p.message = buf_get(&message);
	if (!session_is_answered(e->s))
		p.device_list = buf_get(&t->k->list);
	TRY(parcel_build(&p, &parcel));
	TRY(envelope_seal(d->ek, buf_get(&parcel), envelope));
out:
	buf_clear(&parcel);
	buf_clear(&message);
	return rc;
}

static enum rc
item_seal(struct tacet *t, struct keep_out *o, const struct target *g)
{
	struct buf envelopes[DEVICE_LIST_MAX];
	struct relay_frame f = { .op = RELAY_OP_SEND };
	struct buf content;
	enum rc rc = RC_BUG;

	buf_init(&content, SESSION_PLAIN_MAX);
	for (size_t i = 0; i < DEVICE_LIST_MAX; i++)
		buf_init(&envelopes[i], RELAY_ENVELOPE_MAX);
	TRY(content_make(t, o, &content));
	memcpy(f.u.send.id, o->id, sizeof(o->id));
	memcpy(f.u.send.account, g->account, sizeof(g->account));
	f.u.send.list_version = g->list.version;
	for (size_t i = 0; i < g->list.n; i++) {
		const struct device_list_entry *d = &g->list.devices[i];
		size_t n = f.u.send.n;

		if (is_self(t, g, d->id))
			continue;
		TRY(device_seal(t, g, d, buf_get(&content), &envelopes[n]));
		f.u.send.to[n].device = d->id;
		f.u.send.to[n].envelope = buf_get(&envelopes[n]);
		f.u.send.n = n + 1;
	}
	buf_clear(&o->frame);
	TRY(relay_frame_build(&f, &o->frame));
out:
	buf_clear(&content);
	for (size_t i = 0; i < DEVICE_LIST_MAX; i++)
		buf_clear(&envelopes[i]);
	return rc;
}

static enum rc
message_ask(struct tacet *t, const struct keep_out *o)
{
	enum rc rc = RC_BUG;

	TRY(engine_ask(t, ENGINE_STEP_MESSAGE, "POST", "/v1/messages"));
	t->rq.type = "application/octet-stream";
	TRY(buf_add_rd(&t->rq.body, buf_get(&o->frame)));
out:
	return rc;
}

static enum rc
sms_ask(struct tacet *t, const struct keep_out *o)
{
	char id[TACET_ID_SIZE], own[E164_TEXT_SIZE], to[E164_TEXT_SIZE];
	json_t *j = NULL;
	enum rc rc = RC_BUG;

	engine_id_text(o->id, id);
	e164_text(&t->k->number, own);
	e164_text(&o->number, to);
	TRY(engine_ask(t, ENGINE_STEP_SMS, "POST", "/v1/sms"));
	t->rq.type = "application/json";
	j = json_pack("{s:s,s:s,s:s,s:s%}", "id", id, "as", own, "to", to,
	    "text", (const char *)o->text.p, o->text.len);
	TRY(json_body_build(j, &t->rq.body));
out:
	json_body_free(j);
	return rc;
}

/* The item leaves the outbox unsent. Its sender is told now or, when it was
 * left by an earlier run, by a note in the inbox. RC_AGAIN: the operation
 * goes on with the next item. */
static enum rc
item_drop(struct tacet *t, struct keep_out *o, const char *problem)
{
	bool is_ours = memcmp(o->id, t->op.id, 16) == 0 && t->op.is_send;
	struct keep_in *i = NULL;
	enum rc rc = RC_OK;

	t->changed = true;
	if (o->kind != KEEP_OUT_SYNC && o->kind != KEEP_OUT_DEVICES &&
	    !is_ours) {
		TRY(keep_in_add(t->k, &i));
		i->type = TACET_NOTE_NOT_SENT;
		memcpy(i->id, o->id, sizeof(i->id));
		i->number = o->number;
		i->time = o->time;
		i->is_sms = o->kind == KEEP_OUT_SMS;
		TRY(buf_add_rd(&i->text, buf_get(&o->text)));
	}
	keep_out_drop(t->k, o);
	t->op.has_item = false;
	if (is_ours) {
		engine_failed(t, TACET_DENIED, problem);
		goto out;
	}
	rc = RC_AGAIN;
out:
	return rc;
}

static enum rc
item_refused(struct tacet *t, struct keep_out *o, const char *problem)
{
	enum rc rc = item_drop(t, o, problem);

	return rc == RC_AGAIN ? outgoing_next(t) : rc;
}

/* RC_AGAIN: this one is gone, take the next. */
static enum rc
item_go(struct tacet *t, struct keep_out *o)
{
	char devices[DEVICE_LIST_MAX * 4 + 1];
	struct target g;
	enum rc rc = RC_BUG;

	if (o->kind == KEEP_OUT_SMS)
		return sms_ask(t, o);
	if (o->frame.len > 0)
		return message_ask(t, o);
	rc = target_get(t, o, &g);
	if (rc == RC_NOT_FOUND)
		return item_drop(t, o, "no-account");
	if (rc != RC_OK)
		goto out;
	if (g.octets.left == 0 ||
	    missing_text(t, &g, devices, sizeof(devices)) > 0) {
		if (t->op.tries++ >= TRIES_MAX) {
			engine_failed(t, TACET_SERVER, "devices-not-ready");
			goto out;
		}
		if (g.octets.left == 0)
			devices[0] = '\0';
		TRY(fetch_ask(t, &g, devices));
		goto out;
	}
	if (g.is_own && g.list.n <= 1) { /* the other devices are gone */
		keep_out_drop(t->k, o);
		t->op.has_item = false;
		t->changed = true;
		return RC_AGAIN;
	}
	TRY(item_seal(t, o, &g));
	TRY(message_ask(t, o));
out:
	return rc;
}

enum rc
outgoing_next(struct tacet *t)
{
	struct keep_out *o = NULL;
	enum rc rc = RC_AGAIN;

	while (rc == RC_AGAIN) {
		o = t->k->outbox;
		if (o == NULL) {
			engine_done(t);
			return RC_OK;
		}
		if (!t->op.has_item || t->op.item_kind != o->kind ||
		    memcmp(t->op.item, o->id, sizeof(o->id)) != 0)
			t->op.tries = 0;
		t->op.has_item = true;
		t->op.item_kind = (uint8_t)o->kind;
		memcpy(t->op.item, o->id, sizeof(o->id));
		rc = item_go(t, o);
	}
	return rc;
}

/* A list by the identity that the directory names, and the very list or, for
 * as long as an epoch may take, a newer one. RC_DENIED: *ret_problem. */
static enum rc
list_check(const struct tacet *t, struct keep_contact *c, struct rd octets,
    const struct device_list *l, const char **ret_problem)
{
	uint8_t hash[32];
	enum rc rc = RC_OK;

	if (!c->is_proved || !c->slot.is_set)
		goto out;
	*ret_problem = "wrong-identity";
	CHECK(memcmp(l->aik, c->slot.aik, sizeof(l->aik)) == 0, RC_DENIED);
	device_list_hash(octets, hash);
	if (memcmp(hash, c->slot.list_hash, sizeof(hash)) == 0) {
		c->unproved.s = 0;
		goto out;
	}
	if (c->unproved.s == 0)
		c->unproved.s = t->now;
	*ret_problem = "wrong-devices";
	CHECK(t->now - c->unproved.s <= UNPROVED_MAX_S, RC_DENIED);
out:
	return rc;
}

/* A list by the account's pinned identity, not older than ours. RC_DENIED:
 * another identity; *ret_is_new tells that there was none before. */
static enum rc
list_take(struct tacet *t, const struct keep_out *o, const struct target *g,
    struct rd octets, struct device_list *ret_l, const char **ret_problem)
{
	struct keep_contact *c = NULL;
	uint8_t aik[32];
	enum rc rc = RC_BUG;

	TRY(device_list_parse(octets, ret_l));
	CHECK(g->octets.left == 0 || ret_l->version >= g->list.version,
	    RC_MALFORMED);
	if (g->is_own) {
		(void)crypto_sign_ed25519_sk_to_pk(aik, t->k->aik_secret);
		CHECK(memcmp(aik, ret_l->aik, sizeof(aik)) == 0, RC_MALFORMED);
		TRY(keep_list_set(t->k, octets));
	} else {
		TRY(keep_contact_find(t->k, &o->number, &c));
		TRY(list_check(t, c, octets, ret_l, ret_problem));
		if (c->has_aik && memcmp(c->aik, ret_l->aik, 32) != 0) {
			/* stop once; the next send is the person's consent */
			memcpy(c->aik, ret_l->aik, sizeof(c->aik));
			buf_clear(&c->list);
			keep_session_only(
			    t->k, g->account, &(struct device_list){ 0 });
			t->changed = true;
			rc = RC_STATE;
			goto out;
		}
		c->has_aik = true;
		memcpy(c->aik, ret_l->aik, sizeof(c->aik));
		TRY(keep_buf_set(&c->list, octets));
		c->devices = (uint8_t)ret_l->n;
	}
	keep_session_only(t->k, g->account, ret_l);
	t->changed = true;
out:
	return rc;
}

static void
own_party(const struct keep *k, const char *number, struct session_party *p)
{
	*p = (struct session_party){ .device = k->device };
	memcpy(p->account, k->account, sizeof(p->account));
	(void)crypto_sign_ed25519_sk_to_pk(p->aik, k->aik_secret);
	(void)crypto_scalarmult_base(p->dik, k->dik_secret);
	memcpy(p->list_hash, k->hashes[0], sizeof(p->list_hash));
	p->handle = rd_str(number);
}

static enum rc
session_begin(struct tacet *t, const struct target *g, struct rd list,
    const struct device_list *l, struct rd octets)
{
	char own[E164_TEXT_SIZE], peer_number[E164_TEXT_SIZE];
	const struct device_list_entry *d = NULL;
	struct session_party self, peer = { 0 };
	struct prekey_bundle bundle = { 0 };
	struct keep_session *e = NULL;
	struct session *s = NULL;
	struct rd peek = octets;
	uint64_t device = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	/* whose key checks it stands inside: read the id first */
	TRY(cbor_get_array(&peek, 3, &n));
	TRY(cbor_get_uint(&peek, UINT8_MAX, &device));
	TRY(device_list_find(l, (uint8_t)device, &d));
	if (is_self(t, g, d->id) ||
	    keep_session_find(t->k, g->account, d->id, &e) == RC_OK)
		goto out;
	TRY(prekey_bundle_parse(octets, d->dsk, &bundle));
	e164_text(&t->k->number, own);
	e164_text(&g->number, peer_number);
	own_party(t->k, own, &self);
	peer.device = d->id;
	peer.handle = rd_str(peer_number);
	memcpy(peer.account, g->account, sizeof(peer.account));
	memcpy(peer.aik, l->aik, sizeof(peer.aik));
	memcpy(peer.dik, d->dik, sizeof(peer.dik));
	device_list_hash(list, peer.list_hash);
	TRY(session_start(&self, t->k->dik_secret, &peer, &bundle,
	    (struct wall){ t->now }, &s));
	TRY(keep_session_add(t->k, s, &e));
	s = NULL;
	e->device = d->id;
	e->number = g->number;
	memcpy(e->account, g->account, sizeof(e->account));
	memcpy(e->aik, l->aik, sizeof(e->aik));
	t->changed = true;
out:
	session_free(s);
	return rc;
}

static enum rc
bundles_take(struct tacet *t, const struct target *g, struct rd list,
    const struct device_list *l, const json_t *bundles)
{
	struct buf b;
	enum rc rc = RC_OK;

	buf_init(&b, 1024);
	for (size_t i = 0; i < json_array_size(bundles); i++) {
		const char *text = json_string_value(
		    json_array_get(bundles, i));
		uint8_t *p = NULL;
		size_t n = 0;

		CHECK(text != NULL, RC_MALFORMED);
		buf_clear(&b);
		TRY(buf_reserve(&b, 1024, &p));
		TRY(text64_url_parse(rd_str(text), 1024, p, &n));
		buf_commit(&b, n);
		TRY(session_begin(t, g, list, l, buf_get(&b)));
	}
out:
	buf_clear(&b);
	return rc;
}

enum rc
outgoing_on_fetch(struct tacet *t, uint16_t status, struct rd body)
{
	const json_t *bundles = NULL;
	struct device_list l = { 0 };
	struct keep_out *o = NULL;
	const char *problem = NULL;
	struct target g;
	struct buf list;
	json_t *j = NULL;
	enum rc rc = RC_BUG;

	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	TRY(item_find(t, &o));
	if (status == 404) {
		rc = item_refused(t, o, "no-account");
		goto out;
	}
	if (status != 200) {
		engine_refused(t, status, body);
		rc = RC_OK;
		goto out;
	}
	TRY(target_get(t, o, &g));
	TRY(json_body_parse(body, &j));
	TRY(json_body_b64(j, "device_list", DEVICE_LIST_SIZE_MAX, &list));
	TRY(json_body_array(j, "bundles", DEVICE_LIST_MAX, &bundles));
	rc = list_take(t, o, &g, buf_get(&list), &l, &problem);
	if (rc == RC_DENIED && problem != NULL) {
		engine_failed(t, TACET_SERVER, problem);
		rc = RC_OK;
		goto out;
	}
	if (rc == RC_STATE) {
		rc = item_refused(t, o, "identity-changed");
		goto out;
	}
	CHECK(rc == RC_OK, rc);
	TRY(bundles_take(t, &g, buf_get(&list), &l, bundles));
	TRY(outgoing_next(t));
out:
	json_body_free(j);
	buf_clear(&list);
	return rc;
}

/* The list moved under us: fetch it, with prekeys of the devices we missed,
 * and seal the item again. The list we hold stays, so that none older than it
 * is taken. */
static enum rc
item_stale(struct tacet *t, struct keep_out *o, const struct relay_sent *sent)
{
	char devices[DEVICE_LIST_MAX * 4 + 1] = "";
	struct target g;
	size_t len = 0;
	enum rc rc = RC_BUG;

	TRY(target_get(t, o, &g));
	buf_clear(&o->frame);
	t->changed = true;
	if (t->op.tries++ >= TRIES_MAX) {
		engine_failed(t, TACET_SERVER, "stale");
		goto out;
	}
	for (size_t i = 0; i < sent->n_missing; i++)
		len += (size_t)snprintf(devices + len, sizeof(devices) - len,
		    "%s%u", i == 0 ? "" : ",", (unsigned)sent->missing[i]);
	TRY(fetch_ask(t, &g, devices));
out:
	return rc;
}

/* The number has no account any more: the route failed, ask once more. */
static enum rc
item_moved(struct tacet *t, struct keep_out *o)
{
	struct keep_contact *c = NULL;
	enum rc rc = RC_BUG;

	if (o->kind != KEEP_OUT_TEXT || t->op.refreshed || !t->op.is_send ||
	    memcmp(o->id, t->op.id, 16) != 0)
		return item_refused(t, o, "no-account");
	TRY(keep_contact_find(t->k, &o->number, &c));
	c->route = KEEP_ROUTE_UNKNOWN;
	buf_clear(&o->frame);
	keep_out_drop(t->k, o);
	t->changed = true;
	t->op.has_item = false;
	t->op.refreshed = true;
	t->op.cause = TACET_CAUSE_REFRESH;
	TRY(route_ask(t));
out:
	return rc;
}

static enum rc
item_sent(struct tacet *t, struct keep_out *o)
{
	keep_out_drop(t->k, o);
	t->op.has_item = false;
	t->changed = true;
	return outgoing_next(t);
}

enum rc
outgoing_on_message(struct tacet *t, uint16_t status, struct rd body)
{
	struct relay_frame f = { 0 };
	struct keep_out *o = NULL;
	enum rc rc = RC_BUG;

	TRY(item_find(t, &o));
	/* the relay's word is in the frame, whatever the status around it */
	if (relay_frame_parse(body, &f) != RC_OK || f.op != RELAY_OP_SENT) {
		CHECK(status != 200, RC_MALFORMED);
		if (status == 413 || status == 400 || status == 422)
			return item_refused(t, o, "refused");
		engine_refused(t, status, body);
		return RC_OK;
	}
	CHECK(memcmp(f.u.sent.id, o->id, sizeof(o->id)) == 0, RC_MALFORMED);
	switch (f.u.sent.status) {
	case RELAY_STATUS_OK:
		return item_sent(t, o);
	case RELAY_STATUS_STALE:
		return item_stale(t, o, &f.u.sent);
	case RELAY_STATUS_NO_ACCOUNT:
		return item_moved(t, o);
	case RELAY_STATUS_FULL:
		return item_refused(t, o, "full");
	case RELAY_STATUS_REFUSED:
		return item_refused(t, o, "refused");
	case RELAY_STATUS_LIMIT:
		t->out.retry_after = f.u.sent.retry_after;
		engine_failed(t, TACET_LIMIT, "limit");
		return RC_OK;
	case RELAY_STATUS_DOWN:
		engine_failed(t, TACET_SERVER, "down");
		return RC_OK;
	}
out:
	return rc;
}

enum rc
outgoing_on_sms(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep_out *o = NULL;
	enum rc rc = RC_BUG;

	TRY(item_find(t, &o));
	if (status == 202)
		return item_sent(t, o);
	if (status >= 500 || status == 429 || status == 401) {
		engine_refused(t, status, body);
		goto out;
	}
	rc = item_refused(t, o, status == 403 ? "forbidden" : "refused");
out:
	return rc;
}

/* The route of op.number is known: into the outbox with the message. */
enum rc
outgoing_routed(struct tacet *t)
{
	struct keep_contact *c = NULL;
	struct rd text = buf_get(&t->op.text);
	uint8_t *id = t->op.id; /* drawn when the operation began */
	bool sms = false;
	enum rc rc = RC_BUG;

	TRY(keep_contact_find(t->k, &t->op.number, &c));
	sms = c->route == KEEP_ROUTE_SMS;
	e164_text(&c->number, t->out.number);
	t->out.route = (enum tacet_route)c->route;
	t->out.devices = c->devices;
	if (sms && (t->op.flags & TACET_FLAG_SMS) == 0) {
		engine_failed(t, TACET_DENIED, "sms-consent");
		goto out;
	}
	TRY(outgoing_queue(
	    t, sms ? KEEP_OUT_SMS : KEEP_OUT_TEXT, &t->op.number, text, id));
	if (has_other_devices(t->k))
		TRY(outgoing_queue(t, KEEP_OUT_SYNC, &t->op.number, text, id));
	engine_id_text(id, t->out.id);
	TRY(outgoing_next(t));
out:
	return rc;
}

/* A route that is proved names a slot, and the slot an account. */
enum rc
outgoing_proved(struct tacet *t)
{
	struct keep_contact *c = NULL;
	enum rc rc = RC_BUG;

	TRY(keep_contact_find(t->k, &t->op.number, &c));
	if (c->is_proved && c->route == KEEP_ROUTE_ENCRYPTED &&
	    (!c->slot.is_set ||
		memcmp(c->slot.commitment, c->commitment, 32) != 0))
		return slots_ask(t, c->commitment);
	TRY(outgoing_routed(t));
out:
	return rc;
}

static bool
is_old(const struct keep_contact *c, int64_t now)
{
	int64_t age = now - c->fetched.s;

	return age >= ENGINE_REFRESH_S ||
	    (c->unproved.s > 0 && age >= UNPROVED_ASK_S);
}

enum tacet_rc
tacet_send(struct tacet *t, int64_t now, const char *number, const char *text,
    unsigned flags)
{
	struct keep_contact *c = NULL;
	struct e164 e = { 0 };
	enum rc rc = RC_BUG;

	TRY(engine_number(number, &e));
	CHECK(text != NULL && text[0] != '\0', RC_MALFORMED);
	CHECK(strlen(text) <= TACET_TEXT_MAX, RC_LIMIT);
	CHECK(!e164_is_eq(&e, &t->k->number), RC_MALFORMED);
	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	t->op.is_send = true;
	t->op.number = e;
	t->op.flags = flags;
	TRY(buf_add_str(&t->op.text, text));
	randombytes_buf(t->op.id, sizeof(t->op.id));
	if (keep_contact_find(t->k, &e, &c) != RC_OK) {
		t->op.cause = TACET_CAUSE_BEFORE_SEND;
		TRY(route_ask(t));
	} else if (c->route == KEEP_ROUTE_UNKNOWN) {
		t->op.cause = c->heard ? TACET_CAUSE_AFTER_RECEIPT
				       : TACET_CAUSE_BEFORE_SEND;
		TRY(route_ask(t));
	} else if (is_old(c, now)) {
		t->op.cause = TACET_CAUSE_REFRESH;
		TRY(route_ask(t));
	} else {
		t->out.cached = true;
		TRY(outgoing_proved(t));
	}
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_flush(struct tacet *t, int64_t now)
{
	enum rc rc = RC_BUG;

	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	TRY(outgoing_next(t));
out:
	return engine_rc(rc);
}

bool
tacet_outbox_has(const struct tacet *t, const char *id)
{
	char text[TACET_ID_SIZE];

	for (const struct keep_out *o = t->k->outbox; o != NULL; o = o->next) {
		engine_id_text(o->id, text);
		if (strcmp(text, id) == 0 && o->kind != KEEP_OUT_SYNC)
			return true;
	}
	return false;
}

size_t
tacet_outbox_count(const struct tacet *t)
{
	size_t n = 0;

	for (const struct keep_out *o = t->k->outbox; o != NULL; o = o->next)
		n++;
	return n;
}
