/*
 * The SMS route: out, with its states as mailbox entries of the sender, and in,
 * already sealed by the sms process.
 */
#include <string.h>

#include "exchange/exchange_internal.h"
#include "wire/cbor.h"
#include "wire/e164_plan.h"
#include "wire/sms_note.h"

#define DAY_S 86400

void
exchange_on_sms_send(struct exchange *x, const void *msg)
{
	const struct msg_sms_send *m = msg;
	const struct conf *c = child_conf(x->child);
	struct mono now = loop_now(child_loop(x->child));
	struct msg_reply reply = { .req = m->req };
	struct msg_sms_out out = {
		.to = m->to, .from = m->source, .text = m->text
	};
	uint8_t own[STORE_HASH_SIZE];
	struct store_account self;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	if (status != MSG_STATUS_OK)
		goto out;
	TRY(e164_plan_check(&m->to));
	store_handle(x->store, &m->source, own);
	CHECK(memcmp(own, self.handle, sizeof(own)) == 0, RC_DENIED);
	TRY(limits_window(x->limits,
	    (struct limits_rule){ LIMITS_SMS_DAY, c->sms_day, DAY_S, 1 },
	    (struct rd){ self.account, 16 }, now, &reply.retry_after));
	TRY(limits_bucket(x->limits,
	    (struct limits_rule){
		LIMITS_SMS, c->sms_burst, DAY_S * 1000 / c->sms_day, 1 },
	    (struct rd){ self.account, 16 }, now, &reply.retry_after));
	rc = store_sms_put(x->store, m->id, self.account, mono_wall());
	CHECK(rc == RC_OK || rc == RC_EXISTS, rc);
	if (rc == RC_OK) {
		memcpy(out.id, m->id, sizeof(out.id));
		exchange_reply(x, PERMIT_ROLE_SMS, MSG_SMS_OUT, &out);
	}
	rc = RC_OK; /* a repeat is sent once */
out:
	explicit_bzero(&out, sizeof(out));
	reply.status = (uint8_t)(status != MSG_STATUS_OK ? status
							 : exchange_status(rc));
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_REPLY, &reply);
}

/* One entry id a state, so that "sent" and "delivered" are two entries and a
 * repeat of either is none. */
void
exchange_on_sms_state(struct exchange *x, const void *msg)
{
	const struct msg_sms_state *m = msg;
	struct sms_note_out note = { .state = SMS_NOTE_STATE_FAILED };
	struct store_mail mail = { .kind = RELAY_KIND_SMS_STATE,
		.time = mono_wall() };
	struct store_device d[DEVICE_LIST_MAX];
	uint8_t account[STORE_ID_SIZE];
	uint8_t id[16];
	struct buf b;
	size_t n = 0;
	enum rc rc = RC_BUG;

	buf_init(&b, 64);
	/* a code's id is not known here: nobody waits for its state */
	TRY(store_sms_get(x->store, m->id, account));
	memcpy(note.id, m->id, sizeof(note.id));
	if (m->state != 0)
		note.state = (enum sms_note_state)m->state;
	TRY(sms_note_out_build(&note, &b));
	mail.octets = buf_get(&b);
	memcpy(id, m->id, sizeof(id));
	id[15] ^= (uint8_t)note.state;
	TRY(store_devices(x->store, account, d, &n));
	for (size_t i = 0; i < n; i++)
		TRY(exchange_mail(x, account, d[i].id, id, &mail));
out:
	buf_clear(&b);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		x->n_failures++;
}

void
exchange_on_sms_find(struct exchange *x, const void *msg)
{
	const struct msg_sms_find *m = msg;
	struct msg_sms_devices reply = { .req = m->req };
	struct store_device d[DEVICE_LIST_MAX];
	uint8_t handle[STORE_HASH_SIZE];
	uint8_t devices[DEVICE_LIST_MAX * 33];
	struct store_account a;
	size_t n = 0;
	enum rc rc = RC_BUG;

	store_handle(x->store, &m->number, handle);
	TRY(store_account_by_handle(x->store, handle, &a));
	TRY(store_devices(x->store, a.account, d, &n));
	for (size_t i = 0; i < n; i++) {
		devices[i * 33] = d[i].id;
		memcpy(devices + i * 33 + 1, d[i].ek, 32);
	}
	memcpy(reply.account, a.account, sizeof(reply.account));
	reply.devices = (struct rd){ devices, n * 33 };
out:
	reply.status = (uint8_t)exchange_status(rc);
	exchange_reply(x, PERMIT_ROLE_SMS, MSG_SMS_DEVICES, &reply);
}

void
exchange_on_sms_in(struct exchange *x, const void *msg)
{
	const struct msg_sms_in *m = msg;
	struct msg_sms_in_done reply = { .req = m->req };
	struct store_mail mail = { .kind = RELAY_KIND_SMS,
		.time = mono_wall() };
	struct rd r = m->envelopes;
	uint64_t device;
	size_t n = 0;
	size_t two = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(&r, DEVICE_LIST_MAX, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(cbor_get_array(&r, 2, &two));
		CHECK(two == 2, RC_MALFORMED);
		TRY(cbor_get_uint(&r, 255, &device));
		TRY(cbor_get_bytes(&r, RELAY_ENVELOPE_MAX, &mail.octets));
		rc = exchange_mail(
		    x, m->account, (uint8_t)device, m->id, &mail);
		/* a device that was removed meanwhile gets none */
		CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	}
	TRY(rd_end(&r));
out:
	reply.status = (uint8_t)exchange_status(rc);
	exchange_reply(x, PERMIT_ROLE_SMS, MSG_SMS_IN_DONE, &reply);
}
