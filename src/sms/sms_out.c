#include "sms/sms_out.h"

#include <string.h>

#include "base/failmem.h"
#include "proc/log.h"
#include "sms/sms_text.h"
#include "sms/sms_track.h"
#include "sms/smpp_submit.h"

#define NOT_TAKEN 0 /* MSG_SMS_STATE: the exchange may ask for another code */

struct sms_out {
	struct sms_out_hooks hooks;
	struct sms_sink *sink;
	struct smsc_client *client;
	struct sms_track *track;
	char sender[SMPP_PDU_ADDR_MAX];
	uint8_t ref; /* of the last text in parts */
};

enum rc
sms_out_new(const struct sms_out_hooks *hooks, struct sms_out **ret_o)
{
	struct sms_out *o = failmem_alloc(sizeof(*o));
	enum rc rc = RC_OK;

	CHECK(o != NULL, RC_NOMEM);
	o->hooks = *hooks;
	TRY(sms_track_new(&o->track));
	*ret_o = o;
	o = NULL;
out:
	sms_out_free(o);
	return rc;
}

void
sms_out_free(struct sms_out *o)
{
	if (o == NULL)
		return;
	sms_track_free(o->track);
	free(o);
}

void
sms_out_to(struct sms_out *o, struct sms_sink *sink, struct smsc_client *client)
{
	o->sink = sink;
	o->client = client;
}

void
sms_out_sender(struct sms_out *o, const char *sender)
{
	size_t n = strnlen(sender, sizeof(o->sender) - 1);

	explicit_bzero(o->sender, sizeof(o->sender));
	memcpy(o->sender, sender, n);
}

static void
say(const struct sms_out *o, const uint8_t id[static 16], uint8_t state)
{
	o->hooks.on_state(o->hooks.arg, id, state);
}

static void
sink_put(struct sms_out *o, const struct msg_sms_out *text)
{
	enum rc rc = sms_sink_put(o->sink, &text->to, text->text);

	if (rc == RC_OK)
		log_event(LOG_SMS_SENT, LOG_U("parts", 1));
	else
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
	say(o, text->id, rc == RC_OK ? SMS_NOTE_STATE_SENT : NOT_TAKEN);
}

static enum rc
part_submit(struct sms_out *o, const struct msg_sms_out *text,
    const struct sms_text *t, size_t i, uint64_t token)
{
	struct smpp_submit s = { .from = text->from,
		.sender = o->sender,
		.to = text->to,
		.has_header = t->n > 1,
		.coding = (uint8_t)t->coding,
		.text = { t->part[i].octets, t->part[i].len } };
	struct buf body;
	enum rc rc = RC_OK;

	buf_init(&body, SMPP_PDU_MAX - SMPP_PDU_HEAD);
	TRY(smpp_submit_build(&s, &body));
	TRY(smsc_client_submit(o->client, token, buf_get(&body)));
out:
	explicit_bzero(&s, sizeof(s));
	buf_clear(&body);
	return rc;
}

/* RC_STATE, RC_LIMIT: not taken. */
static enum rc
parts_submit(struct sms_out *o, const struct msg_sms_out *text)
{
	struct sms_note_out note = { 0 };
	struct sms_text t = { .n = 0 };
	uint64_t token;
	enum rc rc = RC_OK;

	TRY(sms_text_build(text->text, ++o->ref, &t));
	CHECK(smsc_client_room(o->client) >= t.n, RC_STATE);
	token = sms_track_add(o->track, text->id, t.n);
	for (size_t i = 0; i < t.n; i++) {
		rc = part_submit(o, text, &t, i, token);
		if (rc == RC_OK)
			continue;
		/* The end of the parts before it is then no news. */
		CHECK(
		    sms_track_failed(o->track, token, &note) == RC_OK, RC_BUG);
		break;
	}
out:
	sms_text_clear(&t);
	return rc;
}

void
sms_out_on_text(struct sms_out *o, const struct msg_sms_out *text)
{
	enum rc rc;

	if (o->sink != NULL) {
		sink_put(o, text);
		return;
	}
	if (o->client == NULL) {
		say(o, text->id, NOT_TAKEN);
		return;
	}
	rc = parts_submit(o, text);
	if (rc == RC_MALFORMED || rc == RC_LIMIT) /* it can never be sent */
		say(o, text->id, SMS_NOTE_STATE_FAILED);
	else if (rc != RC_OK)
		say(o, text->id, NOT_TAKEN);
}

void
sms_out_on_submitted(
    struct sms_out *o, uint64_t token, enum rc rc, const char *id)
{
	struct sms_note_out note = { 0 };

	if (rc == RC_OK) {
		log_event(LOG_SMS_SENT, LOG_U("parts", 1));
		if (sms_track_sent(o->track, token, id, &note) == RC_OK)
			say(o, note.id, (uint8_t)note.state);
		return;
	}
	if (sms_track_failed(o->track, token, &note) == RC_OK)
		say(o, note.id,
		    rc == RC_DENIED ? SMS_NOTE_STATE_FAILED : NOT_TAKEN);
}

void
sms_out_on_receipt(struct sms_out *o, const struct smpp_receipt *receipt)
{
	struct sms_note_out note = { 0 };

	if (sms_track_receipt(o->track, receipt, &note) == RC_OK)
		say(o, note.id, (uint8_t)note.state);
}
