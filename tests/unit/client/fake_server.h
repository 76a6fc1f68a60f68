/*
 * fake_server: the API of doc/protocol/api.md as far as the client engine uses
 * it, in memory, for tests. It checks shapes, not signatures.
 */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "merkle/trust.h"
#include "tacet.h"
#include "wire/cbor.h"
#include "wire/device_list.h"
#include "wire/json_body.h"
#include "wire/prekey.h"
#include "wire/relay.h"
#include "wire/text64.h"

#define FAKE_ACCOUNTS 8
#define FAKE_MAIL 64

struct fake_device {
	struct prekey_upload keys;
	size_t taken; /* one-time keys given out */
	size_t n_mail;
	struct buf mail[FAKE_MAIL]; /* deliver frames */
};

struct fake_account {
	uint8_t id[16];
	char number[17];
	struct buf list;
	struct fake_device devices[DEVICE_LIST_MAX + 1]; /* by id */
};

struct fake {
	size_t n;
	struct fake_account accounts[FAKE_ACCOUNTS];
	struct buf offer, answer; /* of the one link under way */
	unsigned lookups, sms, sends, fetches;
	struct buf last_send;
	struct buf file; /* own rows, to be served */
	bool down;
	uint64_t seq;
	uint8_t policy_sk[64];
	struct trust trust;
};

struct fake_reply {
	uint16_t status;
	struct buf body;
};

static inline void
fake_must(enum rc rc)
{
	if (rc != RC_OK)
		abort();
}

/* Its policy is signed; its log is none. */
static inline void
fake_trust(struct fake *f)
{
	char origin[CHECKPOINT_ORIGIN_SIZE];
	uint8_t pk[32];

	(void)crypto_sign_keypair(pk, f->policy_sk);
	fake_must(
	    vkey_init(&f->trust.policy, "tacet-policy", VKEY_TYPE_ED25519, pk));
	checkpoint_origin(pk, origin);
	fake_must(vkey_init(&f->trust.log, origin, VKEY_TYPE_ED25519, pk));
}

static inline void
fake_init(struct fake *f)
{
	*f = (struct fake){ 0 };
	buf_init(&f->offer, 512);
	buf_init(&f->answer, 8192);
	buf_init(&f->last_send, RELAY_FRAME_MAX);
	buf_init(&f->file, 65536);
	fake_trust(f);
}

static inline void
fake_clear(struct fake *f)
{
	for (size_t i = 0; i < f->n; i++) {
		buf_clear(&f->accounts[i].list);
		for (size_t d = 0; d <= DEVICE_LIST_MAX; d++)
			for (size_t m = 0; m < FAKE_MAIL; m++)
				buf_clear(&f->accounts[i].devices[d].mail[m]);
	}
	buf_clear(&f->offer);
	buf_clear(&f->answer);
	buf_clear(&f->last_send);
	buf_clear(&f->file);
}

static inline struct fake_account *
fake_find(struct fake *f, const char *number)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->accounts[i].number, number) == 0)
			return &f->accounts[i];
	return NULL;
}

static inline struct fake_account *
fake_by_id(struct fake *f, const uint8_t id[static 16])
{
	for (size_t i = 0; i < f->n; i++)
		if (memcmp(f->accounts[i].id, id, 16) == 0)
			return &f->accounts[i];
	return NULL;
}

static inline void
fake_json(struct fake_reply *r, uint16_t status, json_t *o)
{
	r->status = status;
	fake_must(json_body_build(o, &r->body));
	json_body_free(o);
}

static inline const char *
fake_str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	if (s == NULL)
		abort();
	return s;
}

static inline void
fake_b64(const json_t *o, const char *name, struct buf *b)
{
	buf_init(b, 65536);
	fake_must(json_body_b64(o, name, 65536, b));
}

static inline void
fake_account_put(struct fake *f, const json_t *o, struct fake_reply *r)
{
	struct fake_account *a = fake_find(f, fake_str(o, "number"));
	struct device_list l;
	struct buf keys;
	char id[33];

	if (strcmp(fake_str(o, "code"), "123456") != 0) {
		fake_json(r, 403,
		    json_pack("{s:s}", "type",
			"https://tacet.example/problems/wrong-code"));
		return;
	}
	if (a == NULL)
		a = &f->accounts[f->n++];
	buf_clear(&a->list);
	fake_b64(o, "device_list", &a->list);
	fake_b64(o, "prekeys", &keys);
	fake_must(device_list_parse(buf_get(&a->list), &l));
	a->id[0]++; /* another account id at each registration */
	a->id[15] = (uint8_t)(f->n);
	(void)snprintf(
	    a->number, sizeof(a->number), "%s", fake_str(o, "number"));
	a->devices[1].taken = 0;
	fake_must(prekey_upload_parse(
	    buf_get(&keys), l.devices[0].dsk, &a->devices[1].keys));
	buf_clear(&keys);
	for (int i = 0; i < 16; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", a->id[i]);
	fake_json(r, 201,
	    json_pack("{s:s,s:i,s:i}", "account", id, "device", 1, "epoch", 1));
}

static inline void
fake_lookup(struct fake *f, const json_t *o, struct fake_reply *r)
{
	struct fake_account *a = fake_find(f, fake_str(o, "number"));
	struct device_list l = { 0 };
	char id[33] = "";

	f->lookups++;
	if (a != NULL)
		fake_must(device_list_parse(buf_get(&a->list), &l));
	for (int i = 0; a != NULL && i < 16; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", a->id[i]);
	fake_json(r, 200,
	    json_pack("{s:s,s:i,s:s?,s:s,s:{s:s}}", "number",
		fake_str(o, "number"), "devices", (int)l.n, "account",
		a != NULL ? id : NULL, "mode", "classic", "recorded", "cause",
		fake_str(o, "cause")));
}

static inline void
fake_prekeys_get(struct fake *f, const char *path, struct fake_reply *r)
{
	uint8_t id[16];
	struct fake_account *a = NULL;
	struct device_list l;
	struct buf text, octets;
	json_t *bundles = json_array();
	const char *wanted = strstr(path, "?devices=");

	f->fetches++;
	fake_must(text64_hex_parse(
	    (struct rd){ (const uint8_t *)path + 12, 32 }, 16, id));
	a = fake_by_id(f, id);
	if (a == NULL) {
		r->status = 404;
		json_decref(bundles);
		return;
	}
	buf_init(&text, 65536);
	buf_init(&octets, 4096);
	fake_must(device_list_parse(buf_get(&a->list), &l));
	for (size_t i = 0; i < l.n; i++) {
		struct fake_device *d = &a->devices[l.devices[i].id];
		struct prekey_bundle b = { .device = l.devices[i].id };

		if (!d->keys.has_signed ||
		    (wanted != NULL &&
			strchr(wanted + 9, '0' + b.device) == NULL))
			continue;
		b.signed_key = d->keys.signed_key;
		b.has_one_time = d->taken < d->keys.n_one_time;
		if (b.has_one_time)
			b.one_time = d->keys.one_time[d->taken++];
		buf_clear(&octets);
		buf_clear(&text);
		fake_must(prekey_bundle_build(&b, &octets));
		fake_must(text64_url_build(&text, buf_get(&octets)));
		json_array_append_new(
		    bundles, json_stringn((const char *)text.p, text.len));
	}
	buf_clear(&text);
	fake_must(text64_url_build(&text, buf_get(&a->list)));
	fake_must(buf_u8(&text, 0));
	fake_json(r, 200,
	    json_pack("{s:s,s:o}", "device_list", (char *)text.p, "bundles",
		bundles));
	buf_clear(&text);
	buf_clear(&octets);
}

/* Every device of the account but the sender's own must be named. */
static inline bool
fake_is_fresh(const struct device_list *l, const struct relay_send *s,
    uint8_t self, struct relay_sent *sent)
{
	for (size_t i = 0; i < l->n; i++) {
		bool named = l->devices[i].id == self;

		for (size_t k = 0; k < s->n; k++)
			named |= s->to[k].device == l->devices[i].id;
		if (!named)
			sent->missing[sent->n_missing++] = l->devices[i].id;
	}
	return sent->n_missing == 0;
}

static inline void
fake_send(struct fake *f, const struct fake_account *from, uint8_t self,
    struct rd body, struct fake_reply *r)
{
	struct relay_frame in, out = { .op = RELAY_OP_SENT };
	struct fake_account *a = NULL;
	struct device_list l;

	f->sends++;
	buf_clear(&f->last_send);
	fake_must(buf_add_rd(&f->last_send, body));
	fake_must(relay_frame_parse(body, &in));
	memcpy(out.u.sent.id, in.u.send.id, 16);
	a = fake_by_id(f, in.u.send.account);
	if (a == NULL) {
		out.u.sent.status = RELAY_STATUS_NO_ACCOUNT;
	} else {
		fake_must(device_list_parse(buf_get(&a->list), &l));
		out.u.sent.list_version = l.version;
		if (!fake_is_fresh(
			&l, &in.u.send, a == from ? self : 0, &out.u.sent))
			out.u.sent.status = RELAY_STATUS_STALE;
	}
	for (size_t i = 0;
	     out.u.sent.status == RELAY_STATUS_OK && i < in.u.send.n; i++) {
		struct fake_device *d = &a->devices[in.u.send.to[i].device];
		struct relay_frame m = { .op = RELAY_OP_DELIVER };

		m.u.deliver.seq = ++f->seq;
		m.u.deliver.time.s = 1000;
		m.u.deliver.kind = RELAY_KIND_MESSAGE;
		m.u.deliver.octets = in.u.send.to[i].envelope;
		buf_init(&d->mail[d->n_mail], RELAY_FRAME_MAX);
		fake_must(relay_frame_build(&m, &d->mail[d->n_mail++]));
	}
	r->status = 200;
	fake_must(relay_frame_build(&out, &r->body));
}

static inline void
fake_octets(struct fake *f, struct fake_account *from, uint8_t self,
    const struct tacet_request *q, struct fake_reply *r)
{
	struct rd body = { q->body, q->body_len };
	struct device_list l;
	bool put = strcmp(q->method, "PUT") == 0;
	struct buf *slot = strstr(q->path, "/offer") != NULL ? &f->offer
							     : &f->answer;

	r->status = 204;
	if (strcmp(q->path, "/v1/messages") == 0) {
		fake_send(f, from, self, body, r);
	} else if (strcmp(q->path, "/v1/devices") == 0) {
		fake_must(device_list_parse(body, &l));
		buf_clear(&from->list);
		fake_must(buf_add_rd(&from->list, body));
	} else if (strcmp(q->path, "/v1/prekeys") == 0) {
		fake_must(device_list_parse(buf_get(&from->list), &l));
		for (size_t i = 0; i < l.n; i++)
			if (l.devices[i].id == self)
				fake_must(
				    prekey_upload_parse(body, l.devices[i].dsk,
					&from->devices[self].keys));
		fake_json(r, 200, json_pack("{s:i}", "one_time_left", 100));
	} else if (put) {
		fake_must(buf_add_rd(slot, body));
	} else if (slot->len == 0) {
		r->status = 404;
	} else {
		r->status = 200;
		fake_must(buf_add_rd(&r->body, buf_get(slot)));
	}
}

/* from: the account that asks, NULL before there is one; self: its device. */
static inline void
fake_serve(struct fake *f, struct fake_account *from, uint8_t self,
    const struct tacet_request *q, struct fake_reply *r)
{
	json_t *o = NULL;

	buf_init(&r->body, 2 * 1024 * 1024);
	if (strcmp(q->path, "/v1/trust") == 0) {
		r->status = 200;
		fake_must(trust_build(&f->trust, &r->body));
		return;
	}
	if (strcmp(q->path, "/v1/policy") == 0) {
		r->status = 200;
		fake_must(note_build(
		    rd_str("{\"version\":1,\"modes\":[\"classic\"]}\n"),
		    "tacet-policy", f->policy_sk, &r->body));
		return;
	}
	if (strncmp(q->path, "/v1/prekeys/", 12) == 0) {
		fake_prekeys_get(f, q->path, r);
		return;
	}
	if (q->type == NULL || strcmp(q->type, "application/json") != 0) {
		fake_octets(f, from, self, q, r);
		return;
	}
	fake_must(json_body_parse((struct rd){ q->body, q->body_len }, &o));
	if (strcmp(q->path, "/v1/registration") == 0)
		fake_json(r, 202,
		    json_pack("{s:s,s:i}", "session",
			"000102030405060708090a0b0c0d0e0f", "retry_after", 60));
	else if (strcmp(q->path, "/v1/accounts") == 0)
		fake_account_put(f, o, r);
	else if (strcmp(q->path, "/v1/lookups") == 0)
		fake_lookup(f, o, r);
	else if (strcmp(q->path, "/v1/sms") == 0) {
		f->sms++;
		fake_json(r, 202, json_object());
	} else if (strcmp(q->path, "/v1/file") == 0) {
		struct buf text;

		buf_init(&text, 65536);
		fake_must(text64_url_build(&text, buf_get(&f->file)));
		fake_must(buf_u8(&text, 0));
		fake_json(r, 200,
		    json_pack("{s:{s:i},s:s}", "subscriber", "epoch", 1, "rows",
			(char *)text.p));
		buf_clear(&text);
	} else {
		abort();
	}
	json_body_free(o);
}
#endif
