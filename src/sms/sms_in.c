#include "sms/sms_in.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "crypto/hpke.h"
#include "proc/log.h"
#include "sms/sms_join.h"
#include "wire/cbor.h"
#include "wire/sms_note.h"

#define INFO "tacet sms v1" /* wire/sms_note.h */
#define DEVICES_MAX 8
#define DEVICE_SIZE (1 + HPKE_KEY_SIZE)
#define NOTE_MAX (SMS_NOTE_TEXT_MAX + 128)
#define ENVELOPES_MAX (DEVICES_MAX * (NOTE_MAX + HPKE_OVERHEAD + 16))
#define RECENT_MAX 256

struct pending {
	uint64_t req; /* 0: unused */
	bool is_late; /* a text with gaps: there is nothing to answer */
	uint64_t session;
	uint32_t seq;
	struct sms_join_key key;
	struct buf text;
	uint8_t name[16];
	uint32_t copies; /* of the same text before it, in this hour */
};

/* A text that was stored: the SMSC repeats one on a new session when our
 * answer was lost with the old one; on the same session it is another. */
struct recent {
	uint8_t name[16];
	uint64_t session;
	uint32_t copies;
};

struct sms_in {
	struct sms_in_hooks hooks;
	uint8_t key[32];
	uint64_t reqs;
	struct sms_join *join;
	struct pending pending[SMS_IN_PENDING_MAX];
	size_t recents;
	struct recent recent[RECENT_MAX];
};

enum rc
sms_in_new(const struct sms_in_hooks *hooks, const uint8_t key[static 32],
    struct sms_in **ret_in)
{
	struct sms_in *in = failmem_alloc(sizeof(*in));
	enum rc rc = RC_OK;

	CHECK(in != NULL, RC_NOMEM);
	in->hooks = *hooks;
	memcpy(in->key, key, sizeof(in->key));
	for (size_t i = 0; i < SMS_IN_PENDING_MAX; i++)
		buf_init(&in->pending[i].text, SMS_NOTE_TEXT_MAX);
	TRY(sms_join_new(&in->join));
	*ret_in = in;
	in = NULL;
out:
	sms_in_free(in);
	return rc;
}

static void
pending_clear(struct pending *p)
{
	struct buf text = p->text;

	buf_clear(&text);
	explicit_bzero(p, sizeof(*p));
	buf_init(&p->text, SMS_NOTE_TEXT_MAX);
}

void
sms_in_free(struct sms_in *in)
{
	if (in == NULL)
		return;
	for (size_t i = 0; i < SMS_IN_PENDING_MAX; i++)
		pending_clear(&in->pending[i]);
	sms_join_free(in->join);
	explicit_bzero(in, sizeof(*in));
	free(in);
}

/* req 0: an unused one. */
static struct pending *
pending_find(struct sms_in *in, uint64_t req)
{
	for (size_t i = 0; i < SMS_IN_PENDING_MAX; i++)
		if (in->pending[i].req == req)
			return &in->pending[i];
	return NULL;
}

/* The end of one delivery. */
static void
finish(struct sms_in *in, struct pending *p, enum smpp_pdu_status status)
{
	if (!p->is_late)
		in->hooks.on_answer(in->hooks.arg, p->session, p->seq, status);
	pending_clear(p);
}

static void
find(struct sms_in *in, struct pending *p)
{
	struct msg_sms_find msg = { .req = ++in->reqs, .number = p->key.to };

	p->req = msg.req;
	in->hooks.on_find(in->hooks.arg, &msg);
	explicit_bzero(&msg, sizeof(msg));
}

void
sms_in_on_deliver(struct sms_in *in, uint64_t session, uint32_t seq,
    const struct smpp_deliver *d)
{
	struct pending *p = pending_find(in, 0);
	enum smpp_pdu_status refused = SMPP_PDU_STATUS_RX_T_APPN;
	struct sms_text_place place = { 0 };
	enum rc rc = RC_OK;

	CHECK(p != NULL, RC_LIMIT);
	refused = SMPP_PDU_STATUS_RINVDSTADR;
	CHECK(d->to.n > 0, RC_NOT_FOUND);
	/* Longer than a text of ours, or binary: no retry makes it fit. */
	refused = SMPP_PDU_STATUS_RX_P_APPN;
	TRY(sms_text_parse(
	    d->text, d->coding, d->has_header, &p->text, &place));
	p->session = session;
	p->seq = seq;
	p->key.from = d->from;
	p->key.to = d->to;
	memcpy(p->key.from_text, d->from_text, sizeof(p->key.from_text));
	p->key.place = place.total > 0 ? place : d->place;
	if (p->key.place.total > SMS_TEXT_PARTS_MAX)
		p->key.place = (struct sms_text_place){ 0 };
	find(in, p);
out:
	if (rc == RC_OK)
		return;
	if (rc == RC_NOMEM)
		refused = SMPP_PDU_STATUS_RX_T_APPN;
	if (p != NULL)
		pending_clear(p);
	in->hooks.on_answer(in->hooks.arg, session, seq, refused);
}

/* The part joins the others. RC_AGAIN: some are missing. */
static enum rc
join(struct sms_in *in, struct pending *p, struct mono now)
{
	struct buf whole;
	enum rc rc = RC_OK;

	buf_init(&whole, SMS_NOTE_TEXT_MAX);
	TRY(sms_join_add(in->join, &p->key, buf_get(&p->text), now, &whole));
	buf_clear(&p->text);
	TRY(buf_add_rd(&p->text, buf_get(&whole)));
out:
	buf_clear(&whole);
	return rc;
}

/* What the text is called in this hour: keyed, so that the exchange learns
 * nothing from it, and the same after a restart. */
static void
name_of(const struct sms_in *in, const struct pending *p, uint32_t copies,
    uint8_t ret_name[static 16])
{
	const struct sms_join_key *k = &p->key;
	uint64_t hour = (uint64_t)(mono_wall().s / 3600);
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, in->key, sizeof(in->key), 16);
	(void)crypto_generichash_update(
	    &h, (const uint8_t *)&k->from, sizeof(k->from));
	(void)crypto_generichash_update(
	    &h, (const uint8_t *)&k->to, sizeof(k->to));
	(void)crypto_generichash_update(
	    &h, (const uint8_t *)k->from_text, sizeof(k->from_text));
	(void)crypto_generichash_update(
	    &h, (const uint8_t *)&hour, sizeof(hour));
	(void)crypto_generichash_update(
	    &h, (const uint8_t *)&copies, sizeof(copies));
	(void)crypto_generichash_update(&h, p->text.p, p->text.len);
	(void)crypto_generichash_final(&h, ret_name, 16);
	sodium_memzero(&h, sizeof(h));
}

static struct recent *
recent_find(struct sms_in *in, const uint8_t name[static 16])
{
	for (size_t i = 0; i < RECENT_MAX; i++)
		if (memcmp(in->recent[i].name, name, 16) == 0)
			return &in->recent[i];
	return NULL;
}

/* Names p, and gives the name to store it under. */
static void
name(struct sms_in *in, struct pending *p, uint8_t ret_id[static 16])
{
	const struct recent *r;

	name_of(in, p, 0, p->name);
	r = recent_find(in, p->name);
	p->copies = r == NULL          ? 0
	    : r->session == p->session ? r->copies + 1
				       : r->copies;
	name_of(in, p, p->copies, ret_id);
}

static void
recent_put(struct sms_in *in, const struct pending *p)
{
	struct recent *r = recent_find(in, p->name);

	if (r == NULL) {
		r = &in->recent[in->recents];
		in->recents = (in->recents + 1) % RECENT_MAX;
	}
	memcpy(r->name, p->name, sizeof(r->name));
	r->session = p->session;
	r->copies = p->copies;
}

static enum rc
note_build(const struct pending *p, struct buf *b)
{
	struct sms_note_in note = { .from = p->key.from,
		.time = mono_wall(),
		.text = buf_get(&p->text) };
	enum rc rc = RC_OK;

	memcpy(note.from_text, p->key.from_text, sizeof(p->key.from_text));
	TRY(sms_note_in_build(&note, b));
out:
	explicit_bzero(&note, sizeof(note));
	return rc;
}

/* [[device, sealed note], ...] */
static enum rc
envelopes_build(const struct pending *p, struct rd devices, struct buf *b)
{
	const struct rd info = rd_str(INFO), aad = { NULL, 0 };
	struct buf note, sealed;
	uint8_t device = 0;
	struct rd ek;
	enum rc rc = RC_OK;

	buf_init(&note, NOTE_MAX);
	buf_init(&sealed, NOTE_MAX + HPKE_OVERHEAD);
	CHECK(devices.left % DEVICE_SIZE == 0, RC_MALFORMED);
	CHECK(devices.left / DEVICE_SIZE >= 1, RC_NOT_FOUND);
	CHECK(devices.left / DEVICE_SIZE <= DEVICES_MAX, RC_MALFORMED);
	TRY(note_build(p, &note));
	TRY(cbor_put_array(b, devices.left / DEVICE_SIZE));
	while (devices.left > 0) {
		TRY(rd_u8(&devices, &device));
		TRY(rd_take(&devices, HPKE_KEY_SIZE, &ek));
		buf_clear(&sealed);
		TRY(hpke_seal(ek.p, info, aad, buf_get(&note), &sealed));
		TRY(cbor_put_array(b, 2));
		TRY(cbor_put_u64(b, device));
		TRY(cbor_put_bytes(b, buf_get(&sealed)));
	}
out:
	buf_clear(&note);
	buf_clear(&sealed);
	return rc;
}

static enum rc
store(struct sms_in *in, struct pending *p, const struct msg_sms_devices *to)
{
	struct msg_sms_in msg = { .req = p->req };
	struct buf envelopes;
	enum rc rc = RC_OK;

	buf_init(&envelopes, ENVELOPES_MAX);
	TRY(envelopes_build(p, to->devices, &envelopes));
	memcpy(msg.account, to->account, sizeof(msg.account));
	name(in, p, msg.id);
	msg.envelopes = buf_get(&envelopes);
	in->hooks.on_store(in->hooks.arg, &msg);
out:
	buf_clear(&envelopes);
	return rc;
}

void
sms_in_on_devices(
    struct sms_in *in, const struct msg_sms_devices *msg, struct mono now)
{
	struct pending *p = msg->req == 0 ? NULL : pending_find(in, msg->req);
	enum smpp_pdu_status status = SMPP_PDU_STATUS_RX_T_APPN;
	enum rc rc = RC_OK;

	if (p == NULL)
		return;
	if (msg->status == MSG_STATUS_NOT_FOUND) {
		sms_join_done(in->join, &p->key);
		status = SMPP_PDU_STATUS_RINVDSTADR;
	}
	CHECK(msg->status == MSG_STATUS_OK, RC_NOT_FOUND);
	if (p->key.place.total > 1 && !p->is_late)
		TRY(join(in, p, now));
	TRY(store(in, p, msg));
out:
	if (rc == RC_OK)
		return;
	if (rc == RC_AGAIN)
		status = SMPP_PDU_STATUS_ROK; /* held until the rest is here */
	else if (rc == RC_MALFORMED)
		status = SMPP_PDU_STATUS_RX_P_APPN;
	finish(in, p, status);
}

void
sms_in_on_done(struct sms_in *in, const struct msg_sms_in_done *msg)
{
	struct pending *p = msg->req == 0 ? NULL : pending_find(in, msg->req);
	bool ok = msg->status == MSG_STATUS_OK;

	if (p == NULL)
		return;
	if (ok) {
		log_event(LOG_SMS_IN);
		recent_put(in, p);
		sms_join_done(in->join, &p->key);
	}
	/* A full mailbox or disk is no end of the text: the SMSC keeps it. */
	finish(in, p, ok ? SMPP_PDU_STATUS_ROK : SMPP_PDU_STATUS_RX_T_APPN);
}

void
sms_in_on_tick(struct sms_in *in, struct mono now)
{
	struct pending *p = pending_find(in, 0);

	if (p == NULL)
		return;
	if (sms_join_expired(
		in->join, now, SMS_IN_JOIN_MS, &p->key, &p->text) != RC_OK) {
		pending_clear(p);
		return;
	}
	p->is_late = true;
	find(in, p);
}
